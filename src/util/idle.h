/*
 * What a supervisor that waits runs through. Functions marked IDLE_PATH are laid side by side in the
 * program file, so that once start-up's pages are given back (os_memory_trim()) one window of the
 * kernel's fault-around (64 KiB) holds all that is still needed.
 */
#ifndef VMRUN_UTIL_IDLE_H
#define VMRUN_UTIL_IDLE_H

#define IDLE_PATH __attribute__((hot))

#endif
