/* Before a NIC goes up: is its MAC on the wire already? See wire.h. */
#include "net/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/diag.h"
#include "util/loop.h"
#include "util/mem.h"

#define MOMENT_MS 30000 /* a guest that is there says something within that, mostly */
#define ANSWER_MS 400   /* on an Ethernet an answer takes a few at most */
#define LOOK_MS   20
#define ASKED_MAX 8

struct sight {
	const struct os_link *bridge;
	unsigned own;
	struct mac mac;
	struct os_heard heard;
	struct os_link *links; /* looked up when first needed */
	size_t nlinks;
	struct os_neighbour asked[ASKED_MAX];
	size_t nasked;
};

static const struct os_link *
link_of(struct sight *s, unsigned index)
{
	struct diag ignored = { 0 };

	if (s->links == NULL)
		(void)os_links(&ignored, &s->links, &s->nlinks);
	diag_free(&ignored);
	for (size_t i = 0; i < s->nlinks; i++) {
		if (s->links[i].index == index)
			return &s->links[i];
	}
	return NULL;
}

/* What our own VM left in the neighbour table when it ran here tells nothing: so it must have been
 * heard on a bridge by another port than ours, or be on a network without one. */
static int
is_worth_asking(struct diag *d, struct sight *s, const struct os_neighbour *n)
{
	const struct os_link *link;
	struct os_heard heard;

	if (!mac_equal(n->mac, s->mac) || n->index == s->own)
		return 0;
	if (n->index == s->bridge->index && s->bridge->is_bridge)
		return s->heard.port != 0;
	link = link_of(s, n->index);
	if (link == NULL || !link->is_bridge)
		return link != NULL;
	if (os_bridge_heard(d, link, s->mac, s->own, &heard) == -1)
		return -1;
	return heard.port != 0;
}

static int
find_neighbours(struct diag *d, struct sight *s)
{
	struct os_neighbour *all;
	size_t n;
	int worth = 0;

	if (os_neighbours(d, &all, &n) == -1)
		return -1;
	for (size_t i = 0; worth != -1 && i < n && s->nasked < ASKED_MAX; i++) {
		worth = is_worth_asking(d, s, &all[i]);
		if (worth == 1)
			s->asked[s->nasked++] = all[i];
	}
	free(all);
	return worth == -1 ? -1 : 0;
}

static const struct os_neighbour *
that_answered(const struct sight *s, const struct os_neighbour *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; all[i].reachable && k < s->nasked; k++) {
			if (all[i].index == s->asked[k].index && mac_equal(all[i].mac, s->mac) &&
			    strcmp(all[i].address, s->asked[k].address) == 0)
				return &s->asked[k];
		}
	}
	return NULL;
}

/* NULL: nobody, or nobody could be asked. */
static const struct os_neighbour *
ask(struct sight *s)
{
	const struct os_neighbour *found = NULL;
	struct diag ignored = { 0 };
	int64_t deadline = now_ms() + ANSWER_MS;
	bool asked = false;

	for (size_t i = 0; i < s->nasked; i++)
		asked = os_neighbour_probe(&ignored, &s->asked[i]) == 0 || asked;
	while (asked && found == NULL && now_ms() < deadline) {
		struct os_neighbour *all;
		size_t n;

		sleep_ms(LOOK_MS);
		if (os_neighbours(&ignored, &all, &n) == -1)
			break;
		found = that_answered(s, all, n);
		free(all);
	}
	diag_free(&ignored);
	return found;
}

static void
add_visible(struct buf *b, const char *s)
{
	buf_add_visible(b, s, strlen(s));
}

/* "port eth0 of bridge br0, where 10.0.0.5 has it" */
static int
refuse(struct diag *d, struct sight *s, const struct os_neighbour *who)
{
	unsigned index = s->heard.port != 0 ? s->heard.port : who->index;
	const struct os_link *link = link_of(s, index);
	char mac[MAC_TEXT];
	struct buf b = { 0 };

	buf_addf(&b, "MAC %s is in use on the network: ", mac_format(s->mac, mac));
	if (who != NULL)
		buf_addf(&b, "%s has it, ", who->address);
	if (s->heard.port != 0)
		buf_addf(&b, "behind port ");
	else
		buf_add(&b, "behind ");
	add_visible(&b, link != NULL ? link->name : "?");
	if (link != NULL && link->alias[0] != '\0') {
		buf_add(&b, " (");
		add_visible(&b, link->alias);
		buf_addc(&b, ')');
	}
	if (s->heard.port != 0)
		buf_addf(&b, " of bridge %s", s->bridge->name);
	if (s->heard.age >= 0 && s->heard.port != 0)
		buf_addf(&b, ", heard %d s ago", (int)(s->heard.age / 1000));
	if (s->heard.age >= 0 && s->heard.port != 0 && s->heard.age < MOMENT_MS)
		buf_addf(&b, " (if that was this VM, which has moved here: try again in %d s)",
		    (int)((MOMENT_MS - s->heard.age) / 1000) + 1);
	fail(d, "%s", b.s);
	buf_free(&b);
	errno = EADDRINUSE;
	return -1;
}

static int
look(struct diag *d, struct sight *s)
{
	const struct os_neighbour *who;

	if ((s->bridge->is_bridge &&
		os_bridge_heard(d, s->bridge, s->mac, s->own, &s->heard) == -1) ||
	    find_neighbours(d, s) == -1)
		return -1;
	if (s->heard.port != 0 && s->heard.age < MOMENT_MS) {
		for (size_t i = 0; i < s->nasked; i++) {
			if (s->asked[i].index == s->bridge->index)
				return refuse(d, s, &s->asked[i]);
		}
		return refuse(d, s, NULL);
	}
	who = ask(s);
	if (who == NULL)
		return 0;
	if (who->index != s->bridge->index)
		s->heard.port = 0;
	return refuse(d, s, who);
}

int
wire_check(struct diag *d, const struct os_link *bridge, unsigned own, struct mac mac)
{
	struct sight s = { .bridge = bridge, .own = own, .mac = mac };
	int result = look(d, &s);

	free(s.links);
	return result;
}
