/* Each kind of network that a NIC can have, beside a tap without a bridge and QEMU without vmrun.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "util/mem.h"

#define BYTES   (32 << 20)
#define WARM_UP (4 << 20)
#define TRIPS   200
#define ROUNDS  5
#define FORWARDS(base)                                                                             \
	"forward = [ \"tcp:127.0.0.1:" #base "09:9\", \"tcp:127.0.0.1:" #base "19:19\", "          \
	"\"tcp:127.0.0.1:" #base "07:7\" ];"
#define GUEST(address)                                                                             \
	{                                                                                          \
		address, 9, 19, 7                                                                  \
	}
#define ON_BR0 "vmrun.ip=10.99.0.2/24"

static const struct kind {
	const char *name;
	const char *nic;   /* of the VM's file; NULL: the tap without vmrun */
	const char *words; /* of the guest's command line */
	struct peer peer;
	const char *needs; /* a device or program; NULL: nothing that may be missing */
	bool far;          /* heard at the other end of the tunnel */
	bool hangs;        /* by what is sent to the guest as fast as can be; see README.md */
} kinds[] = {
	{ "a tap, QEMU without vmrun", NULL, NULL, GUEST("10.99.0.2"), NULL },
	{ "bridge", "bridge = \"br0\";", ON_BR0, GUEST("10.99.0.2"), NULL },
	{ "bridge, vhost", "bridge = \"br0\"; vhost = true;", ON_BR0, GUEST("10.99.0.2"),
	    "/dev/vhost-net" },
	{ "bridge, isolated", "bridge = \"br0\"; isolated = true;", ON_BR0, GUEST("10.99.0.2"),
	    NULL },
	{ "bridge, guard", "bridge = \"br0\"; guard = true; addresses = [ \"10.99.0.2\" ];", ON_BR0,
	    GUEST("10.99.0.2"), NULL },
	{ "bridge, rate of 10 Gbit/s", "bridge = \"br0\"; rate = { in = \"10G\"; out = \"10G\"; };",
	    ON_BR0, GUEST("10.99.0.2"), NULL },
	{ "nat", "bridge = \"nat0\";", "vmrun.ip=10.88.0.2/24", GUEST("10.88.0.2"), NULL },
	{ "vxlan", "bridge = \"span\";", "vmrun.ip=10.89.0.2/24", GUEST("10.89.0.2"), NULL,
	    .far = true },
	{ "macvtap", "macvtap = \"uplink\";", "vmrun.ip=10.97.0.2/24", GUEST("10.97.0.2"), NULL },
	{ "user", "user = true; " FORWARDS(100), "vmrun.ip=10.0.2.15/24 vmrun.gw=10.0.2.2",
	    { "127.0.0.1", 10009, 10019, 10007 }, NULL },
	{ "passt",
	    "passt = { address = \"10.0.2.15/24\"; gateway = \"10.0.2.2\"; }; " FORWARDS(110),
	    "vmrun.ip=10.0.2.15/24 vmrun.gw=10.0.2.2", { "127.0.0.1", 11009, 11019, 11007 },
	    "passt", .hangs = true },
	{ "a tap that is there", "tap = \"ready\";", "vmrun.ip=10.92.0.2/24", GUEST("10.92.0.2"),
	    NULL },
	{ "stream", "stream = \"127.0.0.1:5001\";", "vmrun.ip=10.93.0.2/24", GUEST("10.93.0.2"),
	    NULL },
	{ "socket", "socket = \"link.sock\";", "vmrun.ip=10.94.0.2/24", GUEST("10.94.0.2"), NULL },
	{ "dgram", "dgram = { local = \"127.0.0.1:5002\"; remote = \"127.0.0.1:5003\"; };",
	    "vmrun.ip=10.95.0.2/24", GUEST("10.95.0.2"), NULL },
	{ "vde", "vde = \"switch\";", "vmrun.ip=10.96.0.2/24", GUEST("10.96.0.2"), "vde_switch" },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct measured {
	struct series to, from, trip;
};

static int here, far; /* network namespaces: the world's, and that of the tunnel's far end */

static int
open_namespace(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		err(1, "/proc/self/ns/net");
	return fd;
}

static void
enter(int namespace)
{
	if (setns(namespace, CLONE_NEWNET) == -1)
		err(1, "setns");
}

/* A second host, with a wire to this one and the far end of the tunnel: a network namespace that
 * lasts as long as its descriptor. This one is that of the world's first process. */
static void
prepare_far(const struct world *w)
{
	here = open_namespace();
	if (unshare(CLONE_NEWNET) == -1)
		err(1, "no network namespace for the far end of a tunnel");
	far = open_namespace();
	run_ip(w, "link add under type veth peer name under netns 1");
	run_ip(w, "addr add 192.0.2.2/24 dev under");
	run_ip(w, "link set under up");
	run_ip(w, "link add tunnel type vxlan id 42 local 192.0.2.2 remote 192.0.2.1 dstport 4789 "
		  "dev under");
	run_ip(w, "addr add 10.89.0.1/24 dev tunnel");
	run_ip(w, "link set tunnel up");
	enter(here);
	run_ip(w, "addr add 192.0.2.1/24 dev under");
	run_ip(w, "link set under up");
}

/* What the links without a bridge lead to. */
static void
prepare_links(const struct world *w)
{
	char *socket = world_path(w, "etc/vms/link.sock"),
	     *folder = world_path(w, "etc/vms/switch");
	char *vde_switch = world_program("vde_switch");

	link_tap(w, "ready", "10.92.0.1/24");
	link_stream(w, "link_stream", "10.93.0.1/24", 5001);
	link_socket(w, "link_socket", "10.94.0.1/24", socket);
	link_dgram(w, "link_dgram", "10.95.0.1/24", 5003, 5002);
	if (vde_switch != NULL) {
		link_tap(w, "link_vde", "10.96.0.1/24");
		run_program(w, (char *[]){ vde_switch, "-d", "-s", folder, "-m", "666", "-t",
				   "link_vde", NULL });
	}
	free(socket);
	free(folder);
	free(vde_switch);
}

/* The host's side of a macvtap: what its uplink leads to. And a network that vmrun makes. */
static void
prepare(const struct world *w)
{
	run_ip(w, "link add uplink type veth peer name wire");
	run_ip(w, "link set uplink up");
	run_ip(w, "addr add 10.97.0.1/24 dev wire");
	run_ip(w, "link set wire up");
	/* passt wants one to learn from what the host's network is. */
	run_ip(w, "route add default via 10.97.0.254 dev wire");
	world_write(w, "etc/vmrun.conf",
	    "defaults = { accel = \"tcg\"; };\n"
	    "bridges = ( { name = \"nat0\"; create = \"auto\"; address = \"10.88.0.1/24\"; nat = "
	    "true; },\n"
	    "{ name = \"span\"; create = \"auto\"; uplink = { vxlan = 42; "
	    "peers = [ \"192.0.2.1\", \"192.0.2.2\" ]; }; } );\n");
	prepare_links(w);
	prepare_far(w);
}

static bool
is_there(const struct kind *k)
{
	char *program;
	bool there;

	if (k->needs == NULL || k->needs[0] == '/')
		return k->needs == NULL || access(k->needs, F_OK) == 0;
	program = world_program(k->needs);
	there = program != NULL;
	free(program);
	return there;
}

static void
pass_traffic(const struct kind *k, struct measured *m)
{
	struct series trips = { 0 };

	wait_for_peer(&k->peer);
	if (!k->hangs) {
		send_bytes(&k->peer, WARM_UP);
		series_add(&m->to, send_bytes(&k->peer, BYTES));
	}
	receive_bytes(&k->peer, WARM_UP);
	series_add(&m->from, receive_bytes(&k->peer, BYTES));
	round_trips(&k->peer, TRIPS, &trips);
	series_add(&m->trip, series_median(&trips));
	series_free(&trips);
}

/* The address of br0 goes to the tap itself meanwhile. */
static void
measure_raw(const struct world *w, const struct kind *k, struct bare *b, struct measured *m)
{
	char *leave, *addr;

	bare_prepare(b);
	leave = xasprintf("link set %s nomaster", b->tap);
	addr = xasprintf("addr add 10.99.0.1/24 dev %s", b->tap);
	run_ip(w, "addr flush dev br0");
	run_ip(w, leave);
	run_ip(w, addr);
	bare_exec(b);
	bare_wait_running(b);
	pass_traffic(k, m);
	bare_kill(b);
	bare_wait_gone(b);
	run_ip(w, "addr add 10.99.0.1/24 dev br0");
	free(leave);
	free(addr);
}

static void
measure(const struct world *w, unsigned i, struct bare *raw, struct measured *m)
{
	const struct kind *k = &kinds[i];
	char name[16];

	if (k->nic == NULL) {
		measure_raw(w, k, raw, m);
		return;
	}
	snprintf(name, sizeof(name), "kind%u", i);
	run_vmrun(w, "start", name, NULL);
	if (k->far)
		enter(far);
	pass_traffic(k, m);
	if (k->far)
		enter(here);
	run_vmrun(w, "kill", name, NULL);
}

static void
tell(const struct kind *k, struct measured *m, struct measured *raw)
{
	static const char *const what[] = { "to the guest", "from the guest", "there and back" };
	struct series *of[] = { &m->to, &m->from, &m->trip };
	struct series *beside[] = { &raw->to, &raw->from, &raw->trip };

	for (size_t i = 0; i < 3; i++) {
		char *text = xasprintf("%s, %s", k->name, what[i]);

		if (of[i]->n == 0) {
			report_note("kinds", text, "not measured, see README.md");
			free(text);
			continue;
		}
		report("kinds", text, i < 2 ? "MB/s" : "µs", of[i]);
		if (m != raw) {
			free(text);
			text = xasprintf("%s, %s / a tap", k->name, what[i]);
			report_value(
			    "kinds", text, "", series_median(of[i]) / series_median(beside[i]));
		}
		free(text);
	}
}

void
bench_kinds(const struct world *w, unsigned rounds)
{
	struct measured m[KINDS] = { 0 };
	struct bare raw;
	char name[16];

	prepare(w);
	for (unsigned i = 1; i < KINDS; i++) {
		snprintf(name, sizeof(name), "kind%u", i);
		if (is_there(&kinds[i]))
			world_guest_on(w, name, kinds[i].nic, kinds[i].words, "");
	}
	run_vmrun(w, "start", "kind1", NULL);
	bare_learn(w, "kind1", NULL, BARE_READY, 0, &raw);
	run_vmrun(w, "kill", "kind1", NULL);
	for (unsigned round = 0; round < (rounds < ROUNDS ? rounds : ROUNDS); round++) {
		for (unsigned i = 0; i < KINDS; i++) {
			unsigned k = (round + i) % KINDS;

			if (is_there(&kinds[k]))
				measure(w, k, &raw, &m[k]);
		}
	}
	for (unsigned i = 0; i < KINDS; i++) {
		if (is_there(&kinds[i]))
			tell(&kinds[i], &m[i], &m[0]);
		else
			report_note("kinds", kinds[i].name, "not here");
	}
	for (unsigned i = 0; i < KINDS; i++) {
		series_free(&m[i].to);
		series_free(&m[i].from);
		series_free(&m[i].trip);
	}
	bare_free(&raw);
	close(here);
	close(far);
	world_forget(w);
}
