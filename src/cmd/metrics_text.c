/* The figures of VMs as Prometheus reads them: families of lines, each with what it is before it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/metrics.h"
#include "cmd/sample.h"
#include "super/super.h"
#include "util/buf.h"
#include "util/loop.h"

static const char *const states[] = { "running", "paused", "starting", "stopping", "stopped", "failed",
	"restarting", "unknown" };
static const char last_end[] = "vmrun_vm_last_end_timestamp_seconds";

#define STATES (sizeof(states) / sizeof(states[0]))

/* A label's value: this language's escaper. */
static void
add_value(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '"')
			buf_addf(b, "\\%c", *s);
		else if (*s == '\n')
			buf_add(b, "\\n");
		else
			buf_addc(b, *s);
	}
}

/* name{vm="web1",key="value",…} up to the value of the line; pairs end with NULL. */
static void
add_labels(struct buf *b, const char *family, const char *vm, const char *const *pairs)
{
	buf_addf(b, "%s{vm=\"", family);
	add_value(b, vm);
	for (; pairs != NULL && pairs[0] != NULL; pairs += 2) {
		buf_addf(b, "\",%s=\"", pairs[0]);
		add_value(b, pairs[1]);
	}
	buf_add(b, "\"} ");
}

static void
add_number(struct buf *b, const char *family, const char *vm, const char *const *pairs, double n)
{
	add_labels(b, family, vm, pairs);
	buf_addf(b, "%.15g\n", n);
}

static void
add_counter(
    struct buf *b, const char *family, const char *vm, const char *const *pairs, uint64_t n)
{
	add_labels(b, family, vm, pairs);
	buf_addf(b, "%llu\n", (unsigned long long)n);
}

static void
add_help(struct buf *b, const char *family, const char *type, const char *help)
{
	buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", family, help, family, type);
}

/* --- one VM in one family --- */

static void
add_up(struct buf *b, const char *family, const struct sample *s)
{
	add_counter(b, family, s->name, NULL, s->used && strcmp(s->state, "unknown") != 0);
}

static void
add_state(struct buf *b, const char *family, const struct sample *s)
{
	for (size_t i = 0; i < STATES; i++) {
		const char *const pairs[] = { "state", states[i], NULL };

		add_counter(b, family, s->name, pairs, strcmp(s->state, states[i]) == 0);
	}
}

static void
add_fact(struct buf *b, const char *family, const struct sample *s, const char *key)
{
	const json_t *fact = json_object_get(s->answer, key);

	if (json_is_integer(fact))
		add_counter(b, family, s->name, NULL, (uint64_t)json_integer_value(fact));
}

static void
add_start(struct buf *b, const char *family, const struct sample *s)
{
	add_fact(b, family, s, "started");
}

static void
add_restarts(struct buf *b, const char *family, const struct sample *s)
{
	add_fact(b, family, s, "restarts");
}

static void
add_cpus(struct buf *b, const char *family, const struct sample *s)
{
	add_fact(b, family, s, "cpus");
}

static void
add_memory(struct buf *b, const char *family, const struct sample *s)
{
	add_fact(b, family, s, "memory");
}

static void
add_resident(struct buf *b, const char *family, const struct sample *s)
{
	if (s->used)
		add_counter(b, family, s->name, NULL, s->use.resident);
}

static void
add_cpu(struct buf *b, const char *family, const struct sample *s)
{
	static const char *const vcpu[] = { "kind", "vcpu", NULL }, *const io[] = { "kind", "io", NULL },
				 *const both[] = { "kind", "all", NULL };

	if (s->split) {
		add_number(b, family, s->name, vcpu, (double)s->vcpu / 1e9);
		add_number(b, family, s->name, io, (double)(s->use.cpu - s->vcpu) / 1e9);
	} else if (s->used) {
		add_number(b, family, s->name, both, (double)s->use.cpu / 1e9);
	}
}

static void
add_disks(struct buf *b, const char *family, const struct sample *s, const char *key)
{
	const json_t *disks = json_object_get(s->answer, "disks"), *disk;
	size_t i;

	json_array_foreach(disks, i, disk)
	{
		const char *const pairs[] = { "disk", json_text(disk, "name"), NULL };

		add_counter(b, family, s->name, pairs,
		    (uint64_t)json_integer_value(json_object_get(disk, key)));
	}
}

/* What the host has received is what the guest has sent. */
static void
add_nics(struct buf *b, const char *family, const struct sample *s, size_t offset)
{
	for (size_t i = 0; i < s->nnics; i++) {
		char number[24];
		const char *const pairs[] = { "nic", number, "interface",
			json_text(s->nics[i].nic, "tap"), "bridge",
			json_text(s->nics[i].nic, "bridge"), NULL };

		if (!s->nics[i].known)
			continue;
		snprintf(number, sizeof(number), "%zu", i);
		add_counter(b, family, s->name, pairs,
		    *(const uint64_t *)((const char *)&s->nics[i].traffic + offset));
	}
}

/* --- all families --- */

#define AT(member) offsetof(struct os_traffic, member)

static const struct family {
	const char *name, *type, *help;
	void (*add)(struct buf *b, const char *family, const struct sample *s);
	const char *disk; /* a counter of each disk */
	size_t nic;       /* where in struct os_traffic a counter of each NIC is */
} families[] = {
	{ "vmrun_vm_up", "gauge", "Whether a VM has a QEMU that answers.", add_up },
	{ "vmrun_vm_state", "gauge", "The state of a VM, which is 1 and all others 0.", add_state },
	{ "vmrun_vm_start_time_seconds", "gauge", "When the VM's QEMU was started, since 1970.",
	    add_start },
	{ "vmrun_vm_restarts_total", "counter",
	    "How often the VM was restarted by its policy since it was started; a restart after a run that "
	    "settled is the first again.", add_restarts },
	{ "vmrun_vm_cpus", "gauge", "CPUs of the guest.", add_cpus },
	{ "vmrun_vm_memory_bytes", "gauge", "Memory of the guest.", add_memory },
	{ "vmrun_vm_resident_memory_bytes", "gauge", "Memory of the host that the VM's QEMU has.",
	    add_resident },
	{ "vmrun_vm_cpu_seconds_total", "counter",
	    "CPU time of the VM's QEMU: vcpu is of the threads that are the guest's CPUs, io of all "
	    "others; all where that cannot be told apart.",
	    add_cpu },
	{ "vmrun_vm_disk_read_bytes_total", "counter", "What the guest has read.",
	    .disk = "read_bytes" },
	{ "vmrun_vm_disk_written_bytes_total", "counter", "What the guest has written.",
	    .disk = "written_bytes" },
	{ "vmrun_vm_disk_reads_total", "counter", "Reads that are done.", .disk = "reads" },
	{ "vmrun_vm_disk_writes_total", "counter", "Writes that are done.", .disk = "writes" },
	{ "vmrun_vm_disk_flushes_total", "counter", "Flushes that are done.", .disk = "flushes" },
	{ "vmrun_vm_network_receive_bytes_total", "counter", "What the guest has got.",
	    .nic = AT(tx_bytes) },
	{ "vmrun_vm_network_transmit_bytes_total", "counter", "What the guest has sent.",
	    .nic = AT(rx_bytes) },
	{ "vmrun_vm_network_receive_packets_total", "counter", "Frames that the guest has got.",
	    .nic = AT(tx_packets) },
	{ "vmrun_vm_network_transmit_packets_total", "counter", "Frames that the guest has sent.",
	    .nic = AT(rx_packets) },
	{ "vmrun_vm_network_receive_drop_total", "counter",
	    "Frames to the guest that were lost, mostly because it took none.",
	    .nic = AT(tx_dropped) },
	{ "vmrun_vm_network_transmit_drop_total", "counter",
	    "Frames of the guest that the host has lost.", .nic = AT(rx_dropped) },
};

static void
add_family(struct buf *b, const struct family *f, const struct samples *all)
{
	size_t before = b->len, head;

	add_help(b, f->name, f->type, f->help);
	head = b->len;
	for (size_t i = 0; i < all->n; i++) {
		const struct sample *s = &all->v[i];

		if (f->add != NULL)
			f->add(b, f->name, s);
		else if (f->disk != NULL)
			add_disks(b, f->name, s, f->disk);
		else
			add_nics(b, f->name, s, f->nic);
	}
	if (b->len == head) { /* nothing to be told of */
		b->len = before;
		b->s[before] = '\0';
	}
}

/* Of a VM that has never ended, or that nobody has seen end, there is none. */
static void
add_last(struct buf *b, const struct context *c, const struct sample *s)
{
	json_t *last = super_last(c, s->name);
	const char *const pairs[] = { "state", json_text(last, "state"), "cause",
		json_text(last, "cause"), NULL };
	struct tm tm = { 0 };

	if (last != NULL && strptime(json_text(last, "time"), "%Y-%m-%dT%H:%M:%S", &tm) != NULL)
		add_counter(b, last_end, s->name, pairs, (uint64_t)timegm(&tm));
	json_decref(last);
}

static void
add_lasts(struct buf *b, const struct context *c, const struct samples *all)
{
	struct buf lines = { 0 };

	for (size_t i = 0; i < all->n; i++)
		add_last(&lines, c, &all->v[i]);
	if (lines.len > 0) {
		add_help(b, last_end, "gauge",
		    "When the VM last ended, since 1970, and how: its state after that, and why.");
		buf_add(b, lines.s);
	}
	buf_free(&lines);
}

int
metrics_text(struct cmd *cmd, bool loud, struct buf *ret)
{
	int64_t from = now_ms();
	struct samples all;

	if (samples_take(cmd, SAMPLE_ALL, false, loud, &all) == -1)
		return -1;
	add_help(ret, "vmrun_build_info", "gauge", "Which vmrun this is.");
	buf_add(ret, "vmrun_build_info{version=\"" VMRUN_VERSION "\"} 1\n");
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		add_family(ret, &families[i], &all);
	add_lasts(ret, &cmd->c, &all);
	add_help(ret, "vmrun_scrape_errors", "gauge", "VMs that did not answer this time.");
	buf_addf(ret, "vmrun_scrape_errors %zu\n", all.silent);
	add_help(ret, "vmrun_scrape_duration_seconds", "gauge", "How long all of this took to learn.");
	buf_addf(ret, "vmrun_scrape_duration_seconds %.3f\n", (double)(now_ms() - from) / 1000);
	samples_free(&all);
	return 0;
}
