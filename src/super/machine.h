/* The supervisor's inside: what it holds, its states and events. Only super/ includes this. */
#ifndef VMRUN_SUPER_MACHINE_H
#define VMRUN_SUPER_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "launch/context.h"
#include "launch/launch.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "os/os.h"
#include "super/event.h"
#include "super/log.h"
#include "super/network.h"
#include "super/policy.h"
#include "super/super.h"
#include "util/diag.h"

struct loop;
struct qmp;

enum state {
	S_STARTING,
	S_RUNNING,
	S_PAUSED,
	S_STOPPING,
	S_STOPPED,
	S_FAILED,
	S_RESTARTING, /* between two runs: there is no QEMU */
	S_COUNT
};

enum event {
	E_RUNNING,  /* QEMU says that the guest runs */
	E_PAUSED,   /* QEMU says that the guest is paused */
	E_STOP,     /* asked: guest shutdown, then, unless only that was asked, quit and kill */
	E_QUIT,     /* asked: quit, then kill */
	E_KILL,     /* asked: kill */
	E_DEADLINE, /* what was begun took too long */
	E_RETRY,    /* the delay before a restart is over */
	E_EXIT,     /* the process has ended */
	E_COUNT,
};

enum stage { STAGE_ASK, STAGE_QUIT, STAGE_KILL }; /* of S_STOPPING */

#define CLIENTS_MAX 64
#define REQUEST_MAX 4096 /* bytes of a control request */
#define REQUEST_MS  5000 /* a client's time to say what it wants */
#define STOP_MAX_MS (365 * 86400000LL)
#define ANSWER_MS   500 /* QEMU's time to answer query-status before it counts as silent */
#define PROBE_MS    100 /* after a look at many VMs, so as not to be in their way */
#define STARTUP_MS  120000
#define QUIT_MS     5000
#define KILL_MS     10000
#define AGAIN_MS    100   /* before what could not be done is tried again */
#define REPEAT_MS   10000 /* a guest that is still booting misses the first power button */
#define IDLE_MS     300   /* after the last bustle, memory that it needed is given back */
#define RESTART_MAX_MS 86400000 /* as long as a pause before a restart can be */
#define BITTEN_MS   300000 /* a guest whose watchdog has had it shut down takes no longer */
#define SETTLED_MS  60000 /* a companion's run of this length starts the count of its restarts anew */

struct client;

struct super {
	const struct context *c;
	char *name;
	char *word; /* what the VM is loaded by again: its name, or the path of its file */
	struct runtime runtime;
	struct launch launch;
	struct network_uses networks;
	struct loop *loop;
	struct log log;
	struct voice qemu;
	struct beside *beside; /* the VM's companions, as they are watched; NULL: none */
	struct qmp *qmp;
	bool silent;       /* QEMU has not answered the last probe in time */
	bool told;         /* QEMU said its state over this connection */
	int64_t qmp_since; /* now_ms() of its connection */
	uint64_t asks;     /* of super_qmp_ask() that there ever were */
	json_t *answer;    /* to the last of them; NULL: none yet */
	int proc, control, fifo;
	int hunger;                         /* of quota_watch(); -1: the VM has no group */
	bool starved;                       /* the kernel killed a process of it for want of memory */
	int guards;                         /* of os_guard_watch(); -1: no port has one */
	uint64_t clients;                   /* that there ever were: the next one's number */
	struct client *client[CLIENTS_MAX]; /* NULL: free */

	enum state state;
	enum stage stage;
	bool soft_only; /* the stop under way gives up instead of quitting */
	bool kill_sent; /* SIGKILL is on its way */
	bool asked;     /* somebody asked for the end: no restart */
	enum vm_cause asked_as;
	bool inmigrate; /* the guest has not come in yet */
	int watchdog;   /* how often the guest's has fired */
	bool up;        /* this QEMU has been running */
	bool foreground;
	char reason[24];      /* why it is paused; see qmp_side.c */
	char *notify;      /* the socket of a service manager that wants to be told; NULL: none */
	int64_t notify_ms; /* how long it waits for a sign of life; 0: it does not */
	char broken[160];     /* why this process ended QEMU unasked; "": it did not */
	char end[64];         /* the reason in QMP's SHUTDOWN; "": none was said */
	int64_t watchdog_at; /* now_ms() when the guest's watchdog fired, to end the guest; 0: it did not */
	enum vm_cause pause_cause; /* what has happened just before the guest was paused */
	struct os_oom oom;    /* when this run began */
	int64_t stop_timeout; /* ms, of the stop under way */
	int64_t stop_deadline;
	int64_t started; /* now_ms() of this run */
	bool is_ready;       /* this run is what the file calls ready, or its QEMU had been before us */
	struct looker *looker; /* who looks for that, see ready.c; NULL: nobody */
	struct shot *shot;   /* see screenshot.c; NULL: none was taken yet */
	struct stats *stats; /* what QEMU told of its disks and threads; NULL: nothing yet */
	struct restart_history history;
	struct restart_policy policy;
	json_t *between;   /* the record between two runs; NULL: there is a QEMU */
	json_t *hook_list; /* "hooks" of the record */
	struct hooks *hooks; /* those that run and wait; NULL: there was none */
	bool leaving;        /* the VM has ended, and only hooks are waited for */

	int64_t policy_timeout; /* ms, from the record */

	/* Called once, when QEMU runs (d NULL) or could not be started (d says why); then set to
	 * NULL. */
	void (*report)(struct super *s, struct diag *d);
	int report_fd;            /* the pipe of super_start() */
	struct super_ready ready; /* of a supervisor in the foreground */
	struct diag *ready_diag;
	struct super_ballast ballast; /* drop NULL: none, or dropped */
	int result;                   /* of the whole: 0, or -1 in failure */
};

/* machine.c */
void super_event(struct super *s, enum event e);
void super_break(struct super *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *state_name(enum state s);
void super_startup_deadline(struct super *s);
void super_cancel_deadlines(struct super *s);
void super_bustle(struct super *s); /* something was done; it is idle IDLE_MS after the last call */

/* guards.c: from super_watch() to the end of QEMU. */
void super_guards_watch(struct super *s);
void super_guards_forget(struct super *s);

/* hunger.c: likewise. Has the kernel killed a process of the VM because it had no more memory? */
void super_hunger_watch(struct super *s);
bool super_starved(struct super *s);
void super_hunger_forget(struct super *s);

/* shelter.c: have its QEMU outlive the session that it was started in. */
void super_shelter(struct super *s);

/* ready.c: of a run that has come up, of one that was adopted, of one whose file says something else now;
 * and at its end. */
void super_ready_begin(struct super *s);
void super_ready_adopt(struct super *s);
void super_ready_change(struct super *s);
void super_ready_forget(struct super *s);

/* notify.c: telling a service manager, of a supervisor in the foreground. how: what has led to the state; NULL: nothing
 * to be told. */
void super_notify_open(struct super *s);
void super_notify_close(struct super *s);
void super_notify(struct super *s, const char *how);
void super_notify_ready(struct super *s);

/* supervise.c */
int super_launch(struct super *s, struct diag *d, struct plan *p); /* takes over p */
int super_watch(
    struct super *s, struct diag *d); /* a QEMU that is there: its process and its QMP */
/* What the record says of stopping and restarting: the same for a launch, an adoption and a change. */
void super_read_policy(struct super *s);
void super_take_down(struct super *s, struct diag *d); /* all that a QEMU that is gone had beside it */
/* Tell of an event: the log, the events file, the journal, the hooks. See event_say() for the rest. */
void super_say(struct super *s, enum vm_event event, enum vm_cause cause, json_t *facts, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
void super_tell(struct super *s, const json_t *record);
void super_asked(struct super *s, enum vm_cause cause); /* somebody wants the end; and not any more */
void super_asked_no_more(struct super *s);
void super_read_life(struct super *s, const json_t *record); /* policy, history, hooks */
int super_run(struct super *s);    /* until the VM has ended */
void super_init(struct super *s, const struct context *c, const char *name, struct runtime *r);
int super_open(struct super *s, struct diag *d); /* log, control socket, signals */
void super_free(struct super *s);

/* ending.c */
void super_ended(struct super *s); /* QEMU is gone: tidy up, restart or finish */
void super_relaunch(struct super *s);
void super_restart_due(void *arg); /* timer */
void super_leave(struct super *s);
/* What is kept of a record between two runs, and writing it with the time of the next one. */
json_t *super_between(const json_t *record);
int super_between_write(struct diag *d, struct runtime *r, json_t *between,
    const struct restart_history *h, int64_t delay);
int64_t super_until_due(const json_t *between); /* ms; less than 0: it is late */
struct buf;
void super_add_restart(struct buf *text, int n, int64_t delay); /* "; restart 1 follows in 2 s" */

/* hooks.c */
void hooks_tell(struct super *s, const json_t *record);
bool hooks_busy(const struct super *s);
void hooks_forget(struct super *s); /* those that run are killed */

/* start.c: fork a supervisor for a VM without a QEMU, whose next start is due, as its record says. Takes
 * over r. */
int super_resume(struct diag *d, const struct context *c, const char *name, struct runtime *r);
/* Run the hooks of the record for an event, in a process that ends with the last of them. */
void super_hooks_alone(
    const struct context *c, const char *name, const json_t *record, const json_t *event);
/* fork a supervisor for the QEMU that the record in r's folder names. Takes over r. */
int super_adopt(struct diag *d, const struct context *c, const char *name, struct runtime *r);
/* The same in this process; see super_recover_foreground(). */
int super_adopt_foreground(struct diag *d, const struct context *c, const char *name,
    struct runtime *r, const struct super_ready *ready);

/* companions.c: the processes beside QEMU, of a launch or an adoption */
int super_companions_watch(struct super *s, struct diag *d);
void super_companions_forget(struct super *s); /* what they still said goes into the log */

/* Whoever is behind a NIC learns of the guest, which may have nothing to send. */
void super_announce(struct super *s, size_t nic);
bool super_passt_lives(struct super *s, size_t nic);
/* Have the passt of a NIC forward these (texts, borrowed), and no others. -1: it forwards what it did,
 * or, if the log says so, is gone. */
int super_passt_forwards(struct super *s, struct diag *d, size_t nic, json_t *list);

/* pin.c: bind the guest's CPUs as the record says; first ask QEMU which threads they are. */
bool super_pins(const struct super *s);
void super_pin(struct super *s, const json_t *answer);

/* links.c: the cables of NICs. A client's request; and over a new connection, all that QEMU may not
 * know. */
void control_link(struct client *k, const json_t *request);
void links_tell(struct super *s);

/* note.c: what a command has changed, kept beside what the VM's file said when it was started. */
struct vm_forward;
void super_note_link(struct super *s, size_t nic, bool up);
void super_note_forward(struct super *s, size_t nic, const struct vm_forward *f, bool add);

/* rejoin.c: the answer to a client */
json_t *super_rejoin(struct super *s);

/* qmp_side.c */
void super_qmp_try(struct super *s);               /* connect, now or as soon as QEMU takes it */
void super_probe(struct super *s);                 /* soon, ask QEMU whether it still answers */
void super_qmp_await(struct super *s, int64_t ms); /* for QEMU's first word, or its end */
void super_qmp_send(struct super *s, const char *command, json_t *args, uint64_t id);
/* The same with a descriptor. -1: it was not sent. */
int super_qmp_send_fd(struct super *s, const char *command, json_t *args, uint64_t id, int fd);
/* Why the guest does not run, from an answer to query-status: s->reason is QEMU's word ("watchdog",
 * "io-error"), or "" where it runs or somebody paused it. */
void super_reason(struct super *s, const json_t *m);
void super_qmp_drain(struct super *s); /* what QEMU still said before it ended */
void super_qmp_close(struct super *s);
#define ID_CAPABILITIES 1
#define ID_FIRST_STATUS 2
#define ID_IGNORE       3
#define ID_PROBE        4
#define ID_CHARDEVS     5
#define ID_CPUS         6
#define ID_LINK         7
#define ID_STATS        8
#define ID_STATS_CPUS   9
#define ID_SHOT         10
#define ID_CLIENT       100 /* + the client's number */
#define ID_ASK          (UINT64_C(1) << 40) /* + how many were asked before */
void super_qmp_await_answer(struct super *s, int64_t ms); /* to the last ID_ASK: s->answer */

/* qmp_ask.c: a command, its args taken over, and its answer, awaited. fd: that goes along, -1: none.
 * NULL, or -1, with QEMU's own words, or that it says none. Events are taken meanwhile. */
json_t *super_qmp_ask(
    struct super *s, struct diag *d, const char *command, json_t *args, int fd);
int super_qmp_do(struct super *s, struct diag *d, const char *command, json_t *args);

/* change_qemu.c: how much memory the guest is to do with, said over each connection. */
void super_balloon(struct super *s);
/* change.c: what the VM's file says now, made so as far as that can be while it runs. */
void control_change(struct client *k, const json_t *request);

/* control.c */
int control_open(struct super *s, struct diag *d);
void control_close(struct super *s);
/* QEMU's answer to something a client asked for. */
void control_answer(struct super *s, uint64_t client, const json_t *answer);
/* QEMU said its state over a new connection: what was asked over the old one is not answered there.
 */
void control_connected(struct super *s);
/* The state has changed: answer whoever waits for it. */
void control_state(struct super *s);
/* Whoever waits for the end of a stop: it was given up, or is stuck. */
void control_stop_failed(struct super *s, const char *why);
/* The VM has ended: the last answer to all. */
void control_end(struct super *s, const char *how);

/* For requests that have a file of their own. Each of the first three is the last of a client. */
typedef void client_told(struct client *k, const json_t *answer, const json_t *request);
void client_answer(struct client *k, json_t *answer); /* takes over answer */
void client_error(struct client *k, const char *why);
/* Ask QEMU, args taken over; told is called with its answer, unless that is an error. */
void client_ask(struct client *k, const char *command, json_t *args, client_told *told,
    const json_t *request);
struct super *client_super(const struct client *k);
/* Can QEMU be asked something now? If not, the client has been answered. */
bool client_can_ask(struct client *k);
/* That came with the request and is closed with the client; -1: none did. */
int client_descriptor(const struct client *k);
typedef void client_request(struct client *k, const json_t *request);
/* k waits, with others perhaps, for what is the same for all who made that request. */
void client_wait_for(struct client *k, client_request *what);
/* Each of them is answered; answer is called for each. */
void control_answer_all(struct super *s, client_request *what, json_t *(*answer)(struct client *k));
/* agent.c, forward.c */
void control_agent(struct client *k, const json_t *request);
void control_forward(struct client *k, const json_t *request);

/* screenshot.c: pictures of QEMU's screens. */
void control_screenshot_request(struct client *k, const json_t *request);
void shot_told(struct super *s, const json_t *m); /* QEMU's answer */
void shot_forget(struct super *s);                /* the connection is closed */

/* stats.c: what QEMU's disks and threads do. */
void control_stats_request(struct client *k, const json_t *request);
void stats_soon(struct super *s);                           /* ask QEMU, some time after a start */
void stats_told(struct super *s, int id, const json_t *m); /* its answer */
void stats_forget(struct super *s);                         /* the connection is closed */

/* ended.c: the mark of a failure in the state folder, and the record of the last end */
void last_write(const struct context *c, const char *name, const json_t *event);
void failure_mark(const struct context *c, const char *name, const char *why);
void failure_clear(const struct context *c, const char *name);

#endif
