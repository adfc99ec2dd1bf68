/*
 * One golden case: a VM file, and the facts that are composed with it.
 *
 * Facts are fixed (Linux, QEMU 7.2, x86_64, tcg, the sandbox, names for handles), except for what
 * comment lines of the file say (firmware is found through the descriptors in the folder firmware
 * beside that of the case):
 *
 *	#! os darwin              a system as in os_facts(), without the sandbox unless it is Linux
 *	#! version 9.2
 *	#! arch aarch64
 *	#! accel kvm
 *	#! descriptors            everything that QEMU opens is a descriptor
 *	#! no-sandbox
 *	#! run-as 501 20          uid and gid
 *	#! vhost                  the kernel moves the frames of the taps
 *	#! mtu 9000               of the bridges
 *	#! backing 0 FILE         what the last image of disk 0 is based on
 *	#! unknown -OPTION [NAME]: REASON
 *	                          for a case of another system or version: what the schema of the QEMU
 *	                          that tests it cannot know; see ask/schema.py
 */
#ifndef VMRUN_TESTS_GOLDEN_ARGV_CASE_H
#define VMRUN_TESTS_GOLDEN_ARGV_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "qemu/argv.h"
#include "qemu/firmware.h"
#include "vm/vm.h"

struct conf_doc;
struct diag;

/* What a handle is for: how a real one is made. */
enum handle_kind {
	HANDLE_IMAGE,
	HANDLE_FIRMWARE, /* an image that is only read */
	HANDLE_FILE,
	HANDLE_PASSWORD,
	HANDLE_KERNEL,
	HANDLE_DTB, /* of aarch64's virt */
	HANDLE_TAP,
	HANDLE_QUEUE, /* another of the last tap */
	HANDLE_VHOST,
	HANDLE_VSOCK,
	HANDLE_OWN_FOLDER, /* that QEMU may write in */
	HANDLE_TLS,        /* a folder with certificates */
	HANDLE_USB,        /* of a host's device */
	HANDLE_STREAM,     /* of a daemon that listens */
	HANDLE_SOCKET,
	HANDLE_SWTPM,     /* of a swtpm */
	HANDLE_VIRTIOFSD, /* of a virtiofsd */
	HANDLE_FOLDER,
	HANDLE_RANDOM,  /* a source of random numbers */
	HANDLE_OUTPUT,  /* written to, at its end */
	HANDLE_TERMINAL /* a serial port of the host */
};

/* A case's way to get handles: numbers and names on paper, or real descriptors. */
struct handle_source {
	struct qemu_handle (*get)(struct handle_source *s, enum handle_kind kind, const char *name);
	bool descriptors; /* as the case says */
	/* For HANDLE_IMAGE and HANDLE_FIRMWARE: its format, size, access, and the image below it
	 * (NULL: none). */
	int format, backing_format;
	const char *size; /* NULL: of a disk */
	bool readonly, encrypted;
	const char *backing;
	bool multi_queue;             /* for HANDLE_TAP */
	bool tpm2;                    /* for HANDLE_SWTPM */
	const struct vm_share *share; /* for HANDLE_VIRTIOFSD */
};

struct argv_case {
	struct vm vm;
	struct conf_doc *doc;
	char *text; /* of the file */
	char *binary, *arch, *accel;
	struct firmware firmware;
	struct qemu_facts facts;
};

/* Loads the file, reads its directives and gets every handle from s. */
int argv_case_load(
    struct diag *d, const char *path, struct handle_source *s, struct argv_case *ret);
/* The same of text that is in no file, so that no other is included. */
int argv_case_text(struct diag *d, const char *name, const char *text, size_t n,
    struct handle_source *s, struct argv_case *ret);
/* case_firmware.c: what the VM of the case at path starts with. */
int case_firmware(struct diag *d, const struct vm *vm, const struct qemu_facts *facts,
    const char *path, struct firmware *ret);
void argv_case_free(struct argv_case *c);

#endif
