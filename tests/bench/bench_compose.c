/* How long it takes to read, check and compose 10,000 VM files of 60 lines that were read before;
 * see README.md. bench_compose [FILES [ROUNDS]]. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argv_case.h"
#include "bench.h"
#include "conf/conf.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

#define FILES     10000
#define ROUNDS    5
#define WANTED    1500.0 /* ms for FILES */
#define NAMES_MAX 64

/* 60 lines, %1$u being the VM's number. */
static const char text[] = "# The database of customer %1$u, as a good neighbour writes it.\n"
			   "description = \"database of customer %1$u\";\n"
			   "tags = [ \"prod\", \"database\", \"customer%1$u\" ];\n"
			   "\n"
			   "# Processors and memory.\n"
			   "memory = \"16G\";\n"
			   "cpus = {\n"
			   "\tsockets = 1;\n"
			   "\tcores = 4;\n"
			   "\tthreads = 2;\n"
			   "};\n"
			   "machine = \"q35\";\n"
			   "accel = \"auto\";\n"
			   "uuid = \"0b9d4f4c-1f6e-4a52-9d0e-3a7c%1$08x\";\n"
			   "\n"
			   "# The system, the data, the log, and a place to restore to.\n"
			   "disks = (\n"
			   "\t{\n"
			   "\t\tfile = \"/srv/vm/db%1$u/root.qcow2\";\n"
			   "\t\tserial = \"db%1$u-root\";\n"
			   "\t},\n"
			   "\t{\n"
			   "\t\tfile = \"/srv/vm/db%1$u/data.raw\";\n"
			   "\t\tbus = \"scsi\";\n"
			   "\t\tcache = \"none\";\n"
			   "\t\tserial = \"db%1$u-data\";\n"
			   "\t},\n"
			   "\t{\n"
			   "\t\tfile = \"/srv/vm/db%1$u/log.raw\";\n"
			   "\t\tbus = \"scsi\";\n"
			   "\t\tcache = \"directsync\";\n"
			   "\t},\n"
			   "\t{ file = \"/srv/vm/db%1$u/restore.qcow2\"; readonly = true; }\n"
			   ");\n"
			   "cdrom = \"/srv/iso/debian.iso\";\n"
			   "boot = [ \"disk\", \"network\" ];\n"
			   "\n"
			   "# The service's network, and that of the backups.\n"
			   "nics = (\n"
			   "\t{\n"
			   "\t\tbridge = \"br0\";\n"
			   "\t\tvlan = 10;\n"
			   "\t\tisolated = true;\n"
			   "\t},\n"
			   "\t{\n"
			   "\t\tbridge = \"backup\";\n"
			   "\t\tmtu = 9000;\n"
			   "\t\tmodel = \"virtio\";\n"
			   "\t}\n"
			   ");\n"
			   "\n"
			   "display = {\n"
			   "\tvnc = \"127.0.0.1:%1$u\";\n"
			   "};\n"
			   "serial = \"socket\";\n"
			   "balloon = true;\n"
			   "rng = true;\n"
			   "\n"
			   "stop_timeout = \"2m\";\n"
			   "restart = { policy = \"on-failure\"; limit = 3; delay = \"10s\"; };\n";

struct paper {
	struct handle_source source;
	char *names[NAMES_MAX];
	size_t n;
};

static struct qemu_handle
get(struct handle_source *s, enum handle_kind kind, const char *name)
{
	struct paper *p = (struct paper *)s;

	if (p->n == NAMES_MAX)
		errx(1, "too many names");
	p->names[p->n] = xstrdup(name);
	return (struct qemu_handle){ .fd = -1, .name = p->names[p->n++] };
}

static char *
file_of(const char *folder, unsigned i)
{
	return xasprintf("%s/db%u.conf", folder, i);
}

static void
write_files(const char *folder, unsigned files)
{
	for (unsigned i = 0; i < files; i++) {
		char *path = file_of(folder, i);
		FILE *f = fopen(path, "we");

		if (f == NULL || fprintf(f, text, i) < 0 || fclose(f) != 0)
			err(1, "%s", path);
		free(path);
	}
}

static void
compose_file(const char *path, size_t *ret_arguments)
{
	struct paper p = { .source.get = get };
	struct argv_case c = { 0 };
	struct argv argv = { 0 };
	struct diag d = { 0 };

	if (argv_case_load(&d, path, &p.source, &c) == -1 ||
	    qemu_argv(&d, &c.vm, &c.facts, &argv) == -1)
		errx(1, "%s: %s", path, d.text);
	*ret_arguments += argv.n;
	argv_free(&argv);
	argv_case_free(&c);
	while (p.n > 0)
		free(p.names[--p.n]);
	diag_free(&d);
}

static void
remove_files(const char *folder, unsigned files)
{
	for (unsigned i = 0; i < files; i++) {
		char *path = file_of(folder, i);

		unlink(path);
		free(path);
	}
	rmdir(folder);
}

int
main(int argc, char **argv)
{
	unsigned files = argc > 1 ? (unsigned)strtonum(argv[1], 1, 1000000, NULL) : FILES;
	unsigned rounds = argc > 2 ? (unsigned)strtonum(argv[2], 1, 1000, NULL) : ROUNDS;
	char folder[] = "vmrun-bench-compose.XXXXXX";
	struct series all = { 0 };
	size_t arguments = 0;

	if (files == 0 || rounds == 0)
		errx(64, "usage: bench_compose [FILES [ROUNDS]]");
	if (mkdtemp(folder) == NULL)
		err(1, "%s", folder);
	write_files(folder, files);
	for (unsigned round = 0; round <= rounds; round++) {
		double start = clock_ms();

		for (unsigned i = 0; i < files; i++) {
			char *path = file_of(folder, i);

			compose_file(path, &arguments);
			free(path);
		}
		if (round > 0) /* the first is to warm up */
			series_add(&all, clock_ms() - start);
	}
	remove_files(folder, files);
	report("compose", "all files, read, checked and composed", "ms", &all);
	report_wanted("compose", "the same of 10,000", "ms", series_median(&all) * FILES / files,
	    WANTED, false);
	report_value(
	    "compose", "arguments of a VM", "", (double)(arguments / (rounds + 1)) / files);
	series_free(&all);
	return 0;
}
