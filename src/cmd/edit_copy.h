/* The copy of a file that an editor works on, beside the file, and the editor. */
#ifndef VMRUN_CMD_EDIT_COPY_H
#define VMRUN_CMD_EDIT_COPY_H

struct buf;
struct cmd;
struct diag;

/* Its name begins with a dot, so that it is no VM file, and ends as the file's own, so that editors know
 * what is in it. *ret is to be freed; the copy is the caller's to remove. */
int edit_copy_make(struct diag *d, const char *path, const struct buf *text, char **ret);
/* Copies of the file at path that an edit left which was killed: those without anything of their own are
 * removed, the others named to the user. */
void edit_copies_sweep(struct cmd *cmd, const char *name, const char *path, const struct buf *text);
/* $VISUAL, $EDITOR or vi, until it ends. -1 if that was in failure. */
int editor_run(struct diag *d, const char *path);

#endif
