/* URLs of images; see url.h and vm/internal.h. */
#include "vm/url.h"

#include <stdio.h>
#include <string.h>

#include "util/num.h"
#include "vm/internal.h"

static const struct scheme {
	const char *name;
	unsigned port;
	bool readonly;
} schemes[] = {
	[URL_NBD] = { "nbd", 10809 },
	[URL_NBD_UNIX] = { "nbd+unix", 0 },
	[URL_SSH] = { "ssh", 22 },
	[URL_ISCSI] = { "iscsi", 3260 },
	[URL_HTTP] = { "http", 80, true },
	[URL_HTTPS] = { "https", 443, true },
	[URL_FTP] = { "ftp", 21, true },
	[URL_FTPS] = { "ftps", 990, true },
};

/* What is behind "scheme://"; NULL: no scheme that is known. */
static const char *
take_scheme(const char *s, int *ret)
{
	for (size_t i = URL_NBD; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i].name);

		if (strncmp(s, schemes[i].name, n) == 0 && strncmp(s + n, "://", 3) == 0) {
			*ret = (int)i;
			return s + n + 3;
		}
	}
	return NULL;
}

/* n bytes of s into a field; false: there is no room for them. */
static bool
take(char *field, size_t size, const char *s, size_t n)
{
	if (n >= size)
		return false;
	memcpy(field, s, n);
	field[n] = '\0';
	return true;
}

/* "[user@]host[:port]", n bytes of it. */
static bool
take_server(struct vm_url *url, const char *s, size_t n)
{
	const char *end = s + n, *at = memchr(s, '@', n), *host = at != NULL ? at + 1 : s;
	const char *colon, *close;
	char port[8];
	int64_t number;

	if (at != NULL && (memchr(s, ':', (size_t)(at - s)) != NULL || at == s ||
			      !take(url->user, sizeof(url->user), s, (size_t)(at - s))))
		return false;
	close = host < end && *host == '[' ? memchr(host, ']', (size_t)(end - host)) : NULL;
	colon = memchr(
	    close != NULL ? close : host, ':', (size_t)(end - (close != NULL ? close : host)));
	if (colon != NULL) {
		if (!take(port, sizeof(port), colon + 1, (size_t)(end - colon) - 1) ||
		    int_parse(port, 1, 65535, &number) == -1)
			return false;
		url->port = (unsigned)number;
		end = colon;
	}
	if (close != NULL && end != close + 1)
		return false;
	if (close != NULL)
		return take(url->host, sizeof(url->host), host + 1, (size_t)(close - host) - 1);
	return host < end && take(url->host, sizeof(url->host), host, (size_t)(end - host)) &&
	       is_word(url->host);
}

/* "/TARGET/LUN" */
static bool
take_target(struct vm_url *url, const char *path)
{
	const char *slash = strchr(path + 1, '/');
	int64_t lun;

	if (slash == NULL || int_parse(slash + 1, 0, 16383, &lun) == -1)
		return false;
	url->lun = (unsigned)lun;
	return slash > path + 1 &&
	       take(url->target, sizeof(url->target), path + 1, (size_t)(slash - path) - 1);
}

/* "/EXPORT?socket=PATH" */
static bool
take_socket(struct vm_url *url, const char *s)
{
	const char *query = strstr(s, "?socket=/");

	return s[0] == '/' && query != NULL &&
	       take(url->path, sizeof(url->path), s + 1, (size_t)(query - s) - 1) &&
	       take(url->socket, sizeof(url->socket), query + 8, strlen(query + 8));
}

static bool
parse(const char *s, struct vm_url *url)
{
	const char *rest = take_scheme(s, &url->scheme), *path;
	static const char none[] = "/";

	if (rest == NULL)
		return false;
	if (url->scheme == URL_NBD_UNIX)
		return take_socket(url, rest);
	url->port = schemes[url->scheme].port;
	path = rest + strcspn(rest, "/");
	if (!take_server(url, rest, (size_t)(path - rest)))
		return false;
	if (*path == '\0')
		path = none;
	switch ((enum vm_url_scheme)url->scheme) {
	case URL_NBD:
		return take(url->path, sizeof(url->path), path + 1, strlen(path + 1));
	case URL_ISCSI:
		return take_target(url, path);
	default:
		return path[1] != '\0' && take(url->path, sizeof(url->path), path, strlen(path));
	}
}

int
parse_url(const char *s, void *field, const char **ret_expected)
{
	struct vm_url url = { 0 };

	*ret_expected =
	    "an image's URL without a password: nbd://HOST/EXPORT, "
	    "nbd+unix:///EXPORT?socket=PATH, ssh://USER@HOST/PATH, iscsi://HOST/TARGET/LUN, or "
	    "http, https, ftp, ftps";
	/* QEMU would not decode what is only a name to it. */
	if (!parse(s, &url) || (strchr(s, '%') != NULL && !vm_url_readonly(&url)))
		return -1;
	*(struct vm_url *)field = url;
	return 0;
}

bool
vm_url_readonly(const struct vm_url *url)
{
	return schemes[url->scheme].readonly;
}

const char *
vm_url_scheme(const struct vm_url *url)
{
	return schemes[url->scheme].name;
}
