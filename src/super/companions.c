/* What the supervisor hears of the processes beside QEMU: their words go into the log, and so does
 * the end of one that the VM still needs. */
#include <poll.h>
#include <stdlib.h>

#include "launch/companion.h"
#include "launch/passt.h"
#include "launch/record.h"
#include "super/machine.h"
#include "util/loop.h"
#include "util/mem.h"

#define END_MS       300 /* one that ends because its QEMU does is nothing to tell */
#define RESTARTS_MAX 5   /* in a row, without a run of SETTLED_MS between */

struct beside {
	struct super *s;
	struct companion *c; /* of the launch */
	struct voice voice;
	int64_t since; /* now_ms() of this run */
	int restarts;
};

static void watch(struct beside *b);
static void end_due(void *arg);

static void
take_words(int fd, short revents, void *arg)
{
	struct beside *b = arg;

	log_drain(&b->s->log, &b->voice, fd);
	if ((revents & POLLIN) == 0) /* as with QEMU's own */
		loop_remove(b->s->loop, fd);
}

/* Its words go into the log, and nothing of it is watched any longer. */
static void
forget(struct beside *b)
{
	struct super *s = b->s;

	loop_timer_cancel(s->loop, end_due, b);
	loop_remove(s->loop, b->c->words);
	if (b->c->fd != -1)
		loop_remove(s->loop, b->c->fd);
	log_drain(&s->log, &b->voice, b->c->words);
	log_fall_silent(&s->log, &b->voice);
}

/* A new passt does not know the guest's MAC before it has seen a frame of it, and a guest that only
 * waits sends none. QEMU does in its place, a few times. */
void
super_announce(struct super *s, size_t nic)
{
	json_t *args = json_pack("{s:i,s:i,s:i,s:i,s:[o]}", "initial", 10, "max", 500, "rounds", 8,
	    "step", 50, "interfaces", json_sprintf("net%zu", nic));

	super_qmp_send(s, "announce-self", args, ID_IGNORE);
}

/* A passt has nothing to lose but connections, so another one can take its place. */
static bool
restart(struct beside *b, const char *how)
{
	struct super *s = b->s;
	struct diag d = { 0 };
	int result;
	size_t nic;

	if (!passt_is(b->c->name, &nic) || (s->state != S_RUNNING && s->state != S_PAUSED))
		return false;
	if (now_ms() - b->since >= SETTLED_MS)
		b->restarts = 0;
	if (b->restarts == RESTARTS_MAX) {
		log_say(&s->log,
		    "%s has ended (%s), was restarted %d times already, and nics[%zu] "
		    "leads nowhere",
		    b->c->name, how, RESTARTS_MAX, nic);
		return true;
	}
	b->restarts++;
	companion_close(b->c);
	result = passt_again(&d, &s->runtime, s->launch.record, nic, b->c);
	if (result == 0)
		log_say(&s->log, "%s had ended (%s), and was restarted, pid %d", b->c->name, how,
		    (int)b->c->proc.pid);
	else
		log_say(&s->log, "%s has ended (%s), and could not be restarted", b->c->name, how);
	log_diag(&s->log, &d);
	diag_free(&d);
	watch(b);
	super_announce(s, nic);
	return true;
}

static void
end_due(void *arg)
{
	struct beside *b = arg;
	struct super *s = b->s;
	struct diag d = { 0 };
	char how[64];

	forget(b);
	companion_ended(b->c, s->launch.record, how);
	if (!restart(b, how))
		log_say(
		    &s->log, "%s has ended (%s), and the VM goes on without it", b->c->name, how);
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

static void
watch(struct beside *b)
{
	struct super *s = b->s;

	b->since = now_ms();
	b->voice.name = b->voice.title = b->c->name;
	if (b->c->words != -1)
		loop_add(s->loop, b->c->words, POLLIN, take_words, b);
	if (b->c->fd != -1)
		loop_add(s->loop, b->c->fd, POLLIN, take_end, b);
}

static struct beside *
find(struct super *s, size_t nic)
{
	for (size_t i = 0; s->beside != NULL && i < s->launch.companions.n; i++) {
		size_t other;

		if (passt_is(s->beside[i].c->name, &other) && other == nic)
			return &s->beside[i];
	}
	return NULL;
}

bool
super_passt_lives(struct super *s, size_t nic)
{
	const struct beside *b = find(s, nic);

	return b != NULL && !b->c->ended && b->c->fd != -1;
}

/* list: what it forwards, until now and from now on. */
static int
begin_anew(struct super *s, struct diag *d, struct beside *b, size_t nic, json_t *list)
{
	json_t *nics = json_object_get(s->launch.record, "nics");

	forget(b);
	if (companion_stop(d, b->c, s->launch.record) == -1) {
		watch(b);
		return -1;
	}
	json_object_set(json_array_get(nics, nic), PASST_FORWARDS, list);
	if (passt_again(d, &s->runtime, s->launch.record, nic, b->c) == -1) {
		watch(b);
		return -1;
	}
	b->restarts = 0;
	watch(b);
	super_announce(s, nic);
	return 0;
}

int
super_passt_forwards(struct super *s, struct diag *d, size_t nic, json_t *list)
{
	json_t *nics = json_object_get(s->launch.record, "nics"), *old;
	struct beside *b = find(s, nic);
	struct diag again = { 0 };
	int result;

	if (b == NULL)
		return fail(d, "its passt%zu is not known", nic);
	old = json_deep_copy(json_object_get(json_array_get(nics, nic), PASST_FORWARDS));
	result = begin_anew(s, d, b, nic, list);
	if (result == -1 && begin_anew(s, &again, b, nic, old) == -1)
		log_diag(&s->log, &again);
	json_decref(old);
	diag_free(&again);
	return result;
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
		watch(b);
		if (b->c->fd == -1)
			loop_timer(s->loop, now_ms() + END_MS, end_due, b);
	}
	return 0;
}

void
super_companions_forget(struct super *s)
{
	struct companions *cs = &s->launch.companions;

	for (size_t i = 0; s->beside != NULL && i < cs->n; i++)
		forget(&s->beside[i]);
	free(s->beside);
	s->beside = NULL;
}
