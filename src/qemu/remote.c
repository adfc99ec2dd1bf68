/* The protocol node of an image that a server has. */
#include <string.h>

#include "qemu/disk.h"

static void
add_text(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, ",%s=", key);
	buf_add_optarg(b, value);
}

static void
nbd(struct buf *b, const struct qemu_image *image)
{
	const struct vm_url *url = image->url;

	buf_add(b, "driver=nbd");
	if (url->scheme == URL_NBD) {
		add_text(b, "server.host", url->host);
		buf_addf(b, ",server.type=inet,server.port=%u", url->port);
	} else if (image->handle.fd >= 0) {
		buf_addf(b, ",server.type=fd,server.str=%d", image->handle.fd);
	} else {
		buf_add(b, ",server.type=unix");
		add_text(b, "server.path", image->handle.name);
	}
	if (url->path[0] != '\0')
		add_text(b, "export", url->path);
}

/* The server's key must be among the known hosts, as QEMU has it without a word. */
static void
ssh(struct buf *b, const struct vm_url *url)
{
	buf_add(b, "driver=ssh");
	add_text(b, "server.host", url->host);
	buf_addf(b, ",server.port=%u", url->port);
	add_text(b, "path", url->path);
	if (url->user[0] != '\0')
		add_text(b, "user", url->user);
}

/* With its port, and an IPv6 address in brackets. */
static void
add_server(struct buf *b, const struct vm_url *url)
{
	if (strchr(url->host, ':') == NULL)
		buf_addf(b, "%s:%u", url->host, url->port);
	else
		buf_addf(b, "[%s]:%u", url->host, url->port);
}

static void
iscsi(struct buf *b, const struct vm_url *url, const char *password)
{
	buf_add(b, "driver=iscsi,transport=tcp,portal=");
	add_server(b, url);
	add_text(b, "target", url->target);
	buf_addf(b, ",lun=%u", url->lun);
	if (url->user[0] != '\0')
		add_text(b, "user", url->user);
	if (password != NULL)
		add_text(b, "password-secret", password);
}

static void
web(struct buf *b, const struct vm_url *url, const char *password)
{
	const char *scheme = vm_url_scheme(url);

	buf_addf(b, "driver=%s,url=%s://", scheme, scheme);
	add_server(b, url);
	buf_add_optarg(b, url->path);
	if (url->user[0] != '\0')
		add_text(b, "username", url->user);
	if (password != NULL)
		add_text(b, "password-secret", password);
}

void
add_remote(struct buf *b, const struct qemu_image *image, const char *password)
{
	switch ((enum vm_url_scheme)image->url->scheme) {
	case URL_NONE:
		break;
	case URL_NBD:
	case URL_NBD_UNIX:
		nbd(b, image);
		break;
	case URL_SSH:
		ssh(b, image->url);
		break;
	case URL_ISCSI:
		iscsi(b, image->url, password);
		break;
	case URL_HTTP:
	case URL_HTTPS:
	case URL_FTP:
	case URL_FTPS:
		web(b, image->url, password);
		break;
	}
}
