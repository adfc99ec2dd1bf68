/* Build-time program: prints what is made from a key table. keydoc vm|host mdoc|sample, and
 * keydoc vm|host fill FILE: FILE with the line "@KEYS@" replaced by the mdoc list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "vm/vm.h"

#define PAGE_MAX (1u << 20) /* bytes */

static const char vm_head[] = "# A VM file with every key, see vmrun-vm.conf(5). One file is one "
			      "VM; its name is the VM's name.\n"
			      "# What is commented out is optional.\n\n";
static const char host_head[] =
    "# The host config of vmrun, see vmrun.conf(5). Everything in it is optional.\n\n";

static int
fill(struct buf *out, const struct conf_key *table, const char *path)
{
	static const char mark[] = "@KEYS@\n";
	struct diag d = { 0 };
	char *page, *at;
	size_t len;

	if (file_read(&d, path, PAGE_MAX, &page, &len) == -1) {
		fputs(d.text, stderr);
		diag_free(&d);
		return -1;
	}
	at = strstr(page, mark);
	if (at == NULL) {
		fprintf(stderr, "%s: no line @KEYS@\n", path);
		free(page);
		return -1;
	}
	buf_addn(out, page, (size_t)(at - page));
	conf_print_mdoc(out, table);
	buf_add(out, at + sizeof(mark) - 1);
	free(page);
	return 0;
}

int
main(int argc, char **argv)
{
	bool host = argc > 2 && strcmp(argv[1], "host") == 0;
	const struct conf_key *table = host ? host_keys : vm_keys;
	struct buf out = { 0 };
	int result = 0;

	if (argc == 3 && strcmp(argv[2], "mdoc") == 0) {
		conf_print_mdoc(&out, table);
	} else if (argc == 3 && strcmp(argv[2], "sample") == 0) {
		buf_add(&out, host ? host_head : vm_head);
		conf_print_sample(&out, table);
	} else if (argc == 4 && strcmp(argv[2], "fill") == 0) {
		result = fill(&out, table, argv[3]);
	} else {
		fprintf(stderr, "usage: keydoc vm|host mdoc|sample|fill [FILE]\n");
		return DIAG_USAGE;
	}
	if (result == 0 && fwrite(out.s, 1, out.len, stdout) != out.len)
		result = -1;
	buf_free(&out);
	return result == -1 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
