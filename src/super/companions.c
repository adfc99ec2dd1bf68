/* What the supervisor hears of the processes beside QEMU: their words go into the log, and so does
 * the end of one that the VM still needs. */
#include <poll.h>
#include <stdlib.h>

#include "super/machine.h"
#include "util/loop.h"
#include "util/mem.h"

#define END_MS 300 /* one that ends because its QEMU does is nothing to tell */

struct beside {
	struct super *s;
	struct companion *c; /* of the launch */
	struct voice voice;
};

static void
take_words(int fd, short revents, void *arg)
{
	struct beside *b = arg;

	log_drain(&b->s->log, &b->voice, fd);
	if ((revents & POLLIN) == 0) /* as with QEMU's own */
		loop_remove(b->s->loop, fd);
}

static void
end_due(void *arg)
{
	struct beside *b = arg;
	struct super *s = b->s;
	struct diag d = { 0 };
	char how[64];

	log_drain(&s->log, &b->voice, b->c->words);
	log_fall_silent(&s->log, &b->voice);
	companion_ended(b->c, s->launch.record, how);
	log_say(&s->log, "%s has ended (%s), and the VM goes on without it", b->c->name, how);
	/* Whoever adopts the VM would only find out anew. */
	(void)record_write(&d, &s->runtime, s->launch.record);
	diag_free(&d);
}

static void
take_end(int fd, short revents, void *arg)
{
	struct beside *b = arg;

	loop_remove(b->s->loop, fd);
	loop_timer(b->s->loop, now_ms() + END_MS, end_due, b);
}

int
super_companions_watch(struct super *s, struct diag *d)
{
	struct companions *cs = &s->launch.companions;

	if (companions_open(d, &s->runtime, cs) == -1)
		return -1;
	if (cs->n == 0)
		return 0;
	s->beside = xcalloc(cs->n, sizeof(*s->beside));
	for (size_t i = 0; i < cs->n; i++) {
		struct beside *b = &s->beside[i];

		*b = (struct beside){ .s = s, .c = &cs->v[i] };
		b->voice.name = b->voice.title = b->c->name;
		loop_add(s->loop, b->c->words, POLLIN, take_words, b);
		if (b->c->fd != -1)
			loop_add(s->loop, b->c->fd, POLLIN, take_end, b);
		else
			loop_timer(s->loop, now_ms() + END_MS, end_due, b);
	}
	return 0;
}

void
super_companions_forget(struct super *s)
{
	struct companions *cs = &s->launch.companions;

	for (size_t i = 0; s->beside != NULL && i < cs->n; i++) {
		struct beside *b = &s->beside[i];

		loop_timer_cancel(s->loop, end_due, b);
		loop_remove(s->loop, b->c->words);
		if (b->c->fd != -1)
			loop_remove(s->loop, b->c->fd);
		log_drain(&s->log, &b->voice, b->c->words);
		log_fall_silent(&s->log, &b->voice);
	}
	free(s->beside);
	s->beside = NULL;
}
