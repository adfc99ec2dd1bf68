/*
 * struct vm: what one VM file describes, fully parsed; no string in it means a number.
 * struct host: what vmrun.conf says. Pure: no clock, no file, no random number.
 */
#ifndef VMRUN_VM_VM_H
#define VMRUN_VM_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "proto/policy.h"
#include "util/mac.h"
#include "vm/audio.h"
#include "vm/channel.h"
#include "vm/cloud_init.h"
#include "vm/device.h"
#include "vm/disk.h"
#include "vm/display.h"
#include "vm/firmware.h"
#include "vm/host_bridge.h"
#include "vm/machine.h"
#include "vm/life.h"
#include "vm/memory.h"
#include "vm/nic.h"
#include "vm/quota.h"
#include "vm/ready.h"
#include "vm/share.h"
#include "vm/tpm.h"
#include "vm/usb.h"

struct os_facts;

/* Bytes of a VM's name: letters, digits, '-', '_' and '.', the first one a letter or digit; and of
 * an instance such as "worker@1" an '@' between two of the kind. */
#define VM_NAME_MAX 64

#define UUID_TEXT 37 /* bytes of uuid_format() with its NUL */

struct vm_uuid {
	bool set;
	uint8_t b[16];
};

#include "vm/hostdev.h" /* has a struct vm_uuid */

struct vm {
	char *name;
	char *file; /* where it was read from, absolute; NULL: from memory */
	struct vm_memory memory;
	struct vm_cpus cpus;
	struct vm_numa *numa;
	size_t nnuma;
	int arch; /* enum vm_arch */
	struct vm_machine machine;
	struct vm_rtc rtc;
	int accel;  /* enum vm_accel */
	char *qemu; /* binary, a name or a path; NULL: by architecture, see vm_qemu() */
	struct vm_disk *disks;
	size_t ndisks;
	struct vm_cdrom *cdroms;
	size_t ncdroms;
	struct vm_floppy *floppies;
	size_t nfloppies;
	struct vm_nic *nics;
	size_t nnics;
	struct vm_firmware firmware;
	char *kernel, *initrd, *cmdline; /* NULL: none */
	char *dtb;                       /* NULL: the machine's own */
	struct vm_boot boot;
	struct vm_smbios smbios;
	struct vm_fw_cfg *fw_cfg;
	size_t nfw_cfg;
	char *ignition; /* NULL: none */
	struct vm_credential *credentials;
	size_t ncredentials;
	struct vm_display display;
	struct vm_video video;
	struct vm_audio audio;
	struct vm_channel *serials, *consoles, *ports;
	size_t nserials, nconsoles, nports;
	bool agent; /* the guest agent's channel */
	bool input_given; /* else it is what goes with the screen */
	struct vm_input *input;
	size_t ninput;
	struct vm_usb usb;
	struct vm_balloon balloon;
	struct vm_rng rng;
	struct vm_watchdog watchdog;
	bool pvpanic, vmcoreinfo, crypto;
	struct vm_vsock vsock;
	struct vm_ivshmem *ivshmem;
	size_t nivshmem;
	struct vm_gdb gdb;
	struct vm_cloud_init cloud_init;
	char **trace; /* patterns of names of events */
	size_t ntrace;
	char *incoming; /* NULL: the guest boots */
	struct vm_hostdev *hostdevs;
	size_t nhostdevs;
	struct vm_share *shares;
	size_t nshares;
	struct vm_tpm tpm;
	struct vm_uuid uuid;
	char *description;
	char **tags;
	size_t ntags;
	char **templates, **instances;
	size_t ntemplates, ninstances;
	bool autostart;
	char **after, **requires; /* VM names, globs and @tags */
	size_t nafter, nrequires;
	int64_t priority;    /* the higher one first */
	int64_t start_delay; /* ms */
	struct vm_ready ready;
	int64_t stop_timeout; /* ms */
	struct vm_restart_policy restart;
	int on_panic;  /* enum vm_on_panic */
	int on_reboot; /* enum vm_on_reboot */
	int on_watchdog; /* enum vm_watchdog_action; after vm_load() the same as watchdog.action */
	struct vm_hook *hooks;
	size_t nhooks;
	bool sandbox;
	int64_t nice;
	struct vm_quota quota;
	char **environment; /* "NAME=VALUE" */
	size_t nenvironment;
	char **args; /* raw QEMU arguments, passed as they are, last */
	size_t nargs;
};

/* Rows of every key of a VM file, in the order of the manual; ended by a row without a name. */
extern const struct conf_key vm_keys[];

/* 0 or -1 with the reason as a message without a place. */
int vm_name_check(struct diag *d, const char *name);
/* "1" of "worker@1", lent; NULL: it is no instance. "worker@", to be freed, or NULL likewise. */
const char *vm_instance(const char *name);
char *vm_instance_file(const char *name);
/* Is it the name of a file of instances, "worker@"? */
bool vm_is_instance_file(const char *name);
/* The instances that a file of them names: each word is one, or a range as in "1..40". Sorted, each
 * once. -1: not all words are right, and *ret has what the others stand for. Freed with
 * strings_free(). */
#define VM_INSTANCES_MAX 65536
int vm_instances(const struct vm *vm, char ***ret, size_t *ret_n);
/* Defaults, then host's `defaults` group (host_doc may be NULL), then what doc inherits from, its
 * templates, then doc; then the rules between keys. Reports everything that is wrong. On failure *ret holds what could be read (for fleet-wide
 * checks). */
int vm_load(struct diag *d, const char *name, struct conf_doc *doc, struct conf_doc *host_doc,
    struct vm *ret);
void vm_free(struct vm *vm);
/* How many CPUs the guest starts with, and how many it can have. */
unsigned vm_cpu_count(const struct vm *vm);
unsigned vm_cpu_max(const struct vm *vm);
/* Must other processes be able to map the guest's memory? */
bool vm_memory_shared(const struct vm *vm);
/* Memory that is locked cannot be given back. */
bool vm_has_balloon(const struct vm *vm);
const char *uuid_format(const uint8_t uuid[16], char text[UUID_TEXT]);
/* "0000:01:00.0", or a mediated device's UUID: what the host calls it. */
const char *vm_hostdev_text(const struct vm_hostdev *dev, char text[VM_HOSTDEV_TEXT]);
bool vm_has_screen(const struct vm *vm);
/* Where the sound goes on that system, never AUDIO_AUTO; and QEMU's words for it. */
int vm_audio_backend(const struct vm *vm, const struct os_facts *os);
extern const char *const vm_audio_backends[];
bool vm_has_window(const struct vm *vm); /* on the desktop */
/* How many USB devices the VM has, if a screen by itself brings no more than a tablet. */
size_t vm_usb_devices(const struct vm *vm);
/* What the os floor looks for; lends host's port. */
struct os_usb_wish;
struct os_usb_wish vm_usb_wish(const struct vm_usb_host *host);
/* "046d:c52b" or "1-2.3". */
#define VM_USB_TEXT 32
const char *vm_usb_text(const struct vm_usb_host *host, char ret[VM_USB_TEXT]);
/* Do both disks hang on bus scsi, on one controller? */
bool vm_disk_same_controller(const struct vm_disk *a, const struct vm_disk *b);
/* The disk that gives the limits of this one: itself, or another of its group; NULL: it has none.
 */
const struct vm_disk *vm_limits_giver(const struct vm *vm, const struct vm_disk *disk);
/* Of a NIC that has passed the rules, where it leads. */
enum vm_nic_way vm_nic_way(const struct vm_nic *nic);
/* Is it QEMU's vmnet that this NIC leads to on that system? */
bool vm_nic_on_vmnet(const struct vm_nic *nic, const struct os_facts *os);
/* Does vmrun make or take an interface of the host for it there: tap or macvtap? */
bool vm_nic_has_port(const struct vm_nic *nic, const struct os_facts *os);
/* What this VM asks of a system that does not have it, as conf_fail() of its keys in doc; for
 * conf_report(). -1 if there is anything. */
int vm_system_check(struct conf_doc *doc, const struct vm *vm, const struct os_facts *os);

struct host_mac_range {
	struct mac first, last; /* both within 52:54:00 */
};

struct host {
	char *vm_dir, *state_dir, *run_dir, *log_dir; /* NULL: the built-in place */
	char *disk_dir, *template_dir;                /* likewise */
	char *qemu_user;                              /* "auto", or a user's name */
	char **image_dirs;
	size_t nimage_dirs;
	struct host_mac_range mac;
	struct host_bridge *bridges;
	size_t nbridges;
	struct policy policy; /* allow and deny; what vmrun-net makes of them */
};

extern const struct conf_key host_keys[];

/* doc NULL: all defaults. Checks the `defaults` group as well. */
int host_load(struct diag *d, struct conf_doc *doc, struct host *ret);
void host_free(struct host *host);
/* What the host config says of that bridge; NULL: nothing. */
const struct host_bridge *host_bridge_find(const struct host *host, const char *name);
/* Why no guest there can have that address ("the host's own"); NULL: it can. */
const char *host_bridge_reserves(const struct host_bridge *b, const struct ip_net *address);

#endif
