/*
 * Where everything lives for this run of vmrun, what the host config says, and the VM files.
 * The one place below cmd/ that lists folders of config files.
 */
#ifndef VMRUN_LAUNCH_CONTEXT_H
#define VMRUN_LAUNCH_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "vm/fleet.h"
#include "vm/vm.h"

struct conf_doc;
struct diag;
struct layers;

/* A file as it would be: what is loaded through the context reads text in the place of the file at path, one
 * of vm_dir, there or not. */
struct context_draft {
	const char *path;
	const char *text;
	size_t len;
};

struct vm_ready_sign;

struct context {
	/* One look whether a VM is up: 1 if it is, 0 if not yet, with what is in the way in d, -1 if it
	 * does not run any more. It may take seconds. It is of the floor of commands, which sets it; NULL:
	 * nobody can look. */
	int (*ready_look)(const struct context *c, const char *name, const struct vm_ready_sign *sign,
	    struct diag *d);
	char *root;      /* --root; NULL: the system's or the user's own places */
	char *host_root; /* stands for the root of the host's file system: "", or with --root a
			    folder below that, so that a trial changes nothing of the host's */
	char *host_file; /* vmrun.conf */
	char *vm_dir, *state_dir, *run_dir, *log_dir; /* absolute */
	char *template_dir;                           /* likewise */
	char *disk_dir;                               /* where new disks are to be */
	char *ledger;                                 /* state_dir/ledger */
	struct conf_doc *host_doc;                    /* NULL: there is no host config */
	struct host host;
	struct layers *layers;         /* what was read of templates and of files of instances */
	const struct context_draft *draft; /* borrowed; NULL: all files are as they are */
};

/* root and host_file may be NULL. A host_file that was named must exist. */
int context_open(struct diag *d, const char *root, const char *host_file, struct context *ret);
void context_close(struct context *c);

/* A word that names a VM file by its path ("./web1.conf", "/etc/x/web1.conf") rather than a VM. */
bool context_is_path(const char *word);
/* "web1" of "/etc/x/web1.conf"; to be freed by the caller. */
char *context_name_of(const char *path);
/* Is there a file that describes it: its own, or that of the instances it is one of? */
bool context_has_file(const struct context *c, const char *name);
/* And is it one of the fleet, so of instances one that is listed? */
bool context_is_member(const struct context *c, const char *name);
/* The file that a word means, a VM's name or a path: of an instance that has none of its own that of
 * the instances. It need not be there. And the word that means the VM called name that was read from
 * file: the file, or a path of its own for an instance. Both to be freed. */
char *context_file_of(const struct context *c, const char *word);
char *context_word(const char *name, const char *file);
/* A config file, or its draft. */
int context_read(
    struct diag *d, const struct context *c, const char *path, struct conf_doc **ret);
bool context_is_there(const struct context *c, const char *path);
bool context_same_file(const char *a, const char *b);
/* The VM called name, or of the file at that path. 0, or -1 with all that is wrong with it. */
int context_load(
    struct diag *d, const struct context *c, const char *word, struct fleet_member *ret);
/* Every VM that has a file, sorted by name: of instances those that are listed, and those that run.
 * A file of instances that lists none is a member without a doc, loaded if it could be read at all. Files that are wrong are members with loaded false, and all that
 * is wrong is in d; -1 only if the folder itself cannot be read. */
int context_fleet(struct diag *d, const struct context *c, struct fleet *ret);
/* Names of VMs that have a file, and of the folders in run_dir, each sorted; freed with strings_free().
 * Instances are those that their file lists; what is wrong with such a file is in d, and is no reason
 * for -1. */
int context_vm_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n);
/* The same with "worker@" for a file of instances that lists none, of which CONTEXT_SAMPLE stands for
 * any; and besides in *ret_more instances that run without being listed. */
#define CONTEXT_SAMPLE "1"
int context_checked_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n);
int context_fleet_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n,
    char ***ret_more, size_t *ret_nmore);
int context_run_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n);
/* Entries of any folder that end in suffix, without it, sorted; a folder that is missing is empty.
 */
int context_names_in(
    struct diag *d, const char *dir, const char *suffix, char ***ret, size_t *ret_n);
/* The VM's log; to be freed by the caller. */
char *context_log(const struct context *c, const char *name);

#endif
