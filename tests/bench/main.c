/* bench --vmrun PROGRAM --make-guest PROGRAM [--rounds N] [--json FILE] [SECTION...]
 * Measures vmrun beside QEMU without it, and reports medians and ratios. See README.md. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 21

static const struct {
	const char *name;
	void (*run)(const struct world *w, unsigned rounds);
} sections[] = { { "life", bench_life }, { "disk", bench_disk }, { "fleet", bench_fleet },
	{ "list", bench_list }, { "fleet200", bench_fleet200 }, { "reserve", bench_reserve }, { "throughput", bench_throughput },
	{ "kinds", bench_kinds } };

static unsigned rounds = ROUNDS;
static const char *json;
static char **chosen;

static bool
is_chosen(const char *name)
{
	for (char **c = chosen; *c != NULL; c++) {
		if (strcmp(*c, name) == 0)
			return true;
	}
	return *chosen == NULL;
}

static void
describe_machine(void)
{
	struct utsname u;
	char text[512];
	double load = 0;

	uname(&u);
	(void)getloadavg(&load, 1);
	snprintf(text, sizeof(text), "%ld CPUs, %s %s, load %.2f before",
	    sysconf(_SC_NPROCESSORS_ONLN), u.sysname, u.release, load);
	report_note("machine", "machine", text);
}

static void
work(const struct world *w)
{
	describe_machine();
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (is_chosen(sections[i].name))
			sections[i].run(w, rounds);
	}
	report_json(json);
}

static void
check_names(void)
{
	for (char **c = chosen; *c != NULL; c++) {
		bool known = false;

		for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
			known = known || strcmp(*c, sections[i].name) == 0;
		if (!known)
			errx(64, "there is no section %s", *c);
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "vmrun", required_argument, NULL, 'v' },
		{ "make-guest", required_argument, NULL, 'g' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "json", required_argument, NULL, 'j' }, { NULL, 0, NULL, 0 } };
	struct world w = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'v':
			w.vmrun = optarg;
			break;
		case 'g':
			w.make_guest = optarg;
			break;
		case 'r':
			rounds = (unsigned)strtonum(optarg, 1, 10000, NULL);
			break;
		case 'j':
			json = optarg;
			break;
		default:
			return 64;
		}
	}
	chosen = argv + optind;
	check_names();
	if (w.vmrun == NULL || w.make_guest == NULL || rounds == 0)
		errx(64,
		    "usage: bench --vmrun PROGRAM --make-guest PROGRAM [--rounds N] [--json FILE] "
		    "[SECTION...]");
	if (geteuid() != 0)
		errx(77, "it makes taps and namespaces, and must be root");
	return world_run(&w, work);
}
