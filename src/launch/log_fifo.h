/*
 * QEMU's words go into a FIFO in the runtime folder, so that the supervisor can stamp and bound
 * them, and one that replaces it can go on reading. QEMU's end never blocks: with nobody reading,
 * words are lost, not time.
 */
#ifndef VMRUN_LAUNCH_LOG_FIFO_H
#define VMRUN_LAUNCH_LOG_FIFO_H

struct diag;

#define LOG_FIFO "log.fifo" /* QEMU's */

/* Make the FIFO if it is not there, and open an end of it, non-blocking. The reader comes first. */
int log_fifo_reader(struct diag *d, const char *dir, const char *file);
int log_fifo_writer(struct diag *d, const char *dir, const char *file);

#endif
