/*
 * Files that are of several VMs: templates, and files of instances. Each is parsed once, however
 * many VMs it is of, and again once it has changed.
 */
#ifndef VMRUN_LAUNCH_LAYERS_H
#define VMRUN_LAUNCH_LAYERS_H

#include <stdbool.h>

struct conf_doc;
struct context;
struct diag;
struct stat;

struct layers;
struct layers *layers_new(void);
void layers_free(struct layers *l);
/* Forget what was read, for whoever stays for long. */
void layers_forget(const struct context *c);

/* A document of its own of the file at path; closed by the caller. */
int layers_open(struct diag *d, const struct context *c, const char *path, struct conf_doc **ret);
/* Is it one of those that were read, or part of one? */
bool layers_have(const struct context *c, const struct stat *st);
/* Have doc, a VM's file, inherit from the templates that it names, or that the defaults for all VMs
 * do. A template may name some itself, which are weaker than it; one that is named twice counts
 * where it is the weakest. -1 if not all of them could be had: what is wrong with a name
 * is noted in the file that has it, for conf_report(), and what is wrong with a file is in d. */
int layers_inherit(struct diag *d, const struct context *c, struct conf_doc *doc);

#endif
