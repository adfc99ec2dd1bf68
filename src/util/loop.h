/*
 * A poll(2) loop: descriptors with a callback, timers with a callback, nothing else.
 * Callbacks may add and remove anything, themselves included. Time is CLOCK_MONOTONIC in ms.
 */
#ifndef VMRUN_UTIL_LOOP_H
#define VMRUN_UTIL_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

int64_t now_ms(void);
void sleep_ms(int64_t ms); /* or until a signal comes */

struct loop *loop_new(void);
void loop_free(struct loop *l); /* does not close the descriptors */
/* events: POLLIN, POLLOUT or both. One callback a descriptor; adding again replaces it. */
void loop_add(struct loop *l, int fd, short events, void (*fn)(int fd, short revents, void *arg),
    void *arg);
void loop_remove(struct loop *l, int fd);
/* Calls fn(arg) once at the time given; the same fn and arg again moves it. */
void loop_timer(struct loop *l, int64_t at_ms, void (*fn)(void *arg), void *arg);
void loop_timer_cancel(struct loop *l, void (*fn)(void *arg), void *arg);
/* Runs until loop_stop(), or until nothing is left to wait for. -1 with errno if poll fails. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
