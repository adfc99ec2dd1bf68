/* Ctrl-C, and what else asks a command to end (SIGINT, SIGTERM, SIGHUP), as an event of its loop. A
 * second one ends the process at once. */
#ifndef VMRUN_CMD_INTERRUPT_H
#define VMRUN_CMD_INTERRUPT_H

struct loop;

/* One at a time. fn is called once, from the loop, at the first of them. */
void interrupt_catch(struct loop *loop, void (*fn)(void *arg), void *arg);
/* As it was before. */
void interrupt_release(struct loop *loop);
/* In a child process that ends with its parent: what the terminal sends to both is its parent's. */
void interrupt_ignore(void);

#endif
