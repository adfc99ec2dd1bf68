/*
 * The composer: (VM, host facts, handles) in, the whole argument list out. Pure: no file, no clock.
 * One file a device class adds its part.
 */
#ifndef VMRUN_QEMU_ARGV_H
#define VMRUN_QEMU_ARGV_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "qemu/version.h"
#include "util/mac.h"
#include "vm/vm.h"

struct conf_doc;
struct diag;
struct os_facts;

/* Something that QEMU is to open: a descriptor that it inherits (fd >= 0), or, for people who paste
 * the line into a shell, a name. */
struct qemu_handle {
	int fd;           /* -1: use name */
	const char *name; /* path, or interface name for a tap */
};

/* A file of a key with access (conf/conf.h). path is that of struct vm, which it is known by. */
struct qemu_file {
	const char *path;
	struct qemu_handle handle;
};

/* One file of an image: [0] is the image itself, [1] what it is based on, and so on. */
struct qemu_image {
	struct qemu_handle handle;
	int format;     /* enum vm_format */
	bool device;    /* a block device, not a regular file */
	bool encrypted; /* as its qcow2 header says */
	const struct vm_url *url; /* a server has it, and handle is for its UNIX socket; NULL */
};

struct qemu_disk_chain {
	struct qemu_image *image;
	size_t n;
};

struct qemu_nic_facts {
	struct qemu_handle tap;    /* of a NIC on a bridge */
	int *queues;               /* of such a tap: one descriptor for each of nic->queues, the
				    * first is the tap's own; NULL where it is a name */
	bool vhost;                /* the kernel moves its frames */
	int *vhosts;               /* the same number of descriptors for that; NULL likewise */
	struct qemu_handle socket; /* of one on a socket: connected, or its path */
	struct mac mac;
	unsigned mtu; /* for host_mtu; 0: not said to the guest */
};

/* A serial port, console or virtio port. */
struct qemu_channel {
	struct qemu_handle end; /* a listening UNIX socket, or the file or device */
	struct qemu_handle log; /* of one with a log */
};

/* A device of the host that the guest has for itself. */
struct qemu_hostdev_facts {
	int fd; /* of iommufd: the device, open; -1: QEMU finds it by its name */
};

/* A folder that is shared. */
struct qemu_share_facts {
	struct qemu_handle socket; /* virtiofs: virtiofsd's, connected, or its path */
	struct qemu_handle dir;    /* 9p: the folder, open, or its path */
};

/* What starts the machine. Zeroed: QEMU's own, if it has one. */
struct qemu_firmware {
	const char *code;             /* path, for file_path(); NULL: none */
	int format;                   /* of code: enum vm_format */
	bool flash;                   /* it lies in the flash; else it is loaded into memory */
	bool smm;                     /* only code in system management mode may write the flash */
	struct qemu_disk_chain *vars; /* its variables, in a second flash; n == 0: none */
};

/* Everything the composer needs that is not in the VM file. */
struct qemu_facts {
	const char *binary; /* path */
	const char *arch;   /* "x86_64", "aarch64", … from the binary's name */
	struct qemu_version version;
	const char *accel; /* "kvm", "tcg", "hvf" */
	uint8_t uuid[16];
	bool sandbox;              /* this QEMU was built with seccomp */
	const struct os_facts *os; /* the system that it runs on */
	struct {
		bool on;
		uid_t uid;
		gid_t gid;
	} run_as; /* whom QEMU is to become by itself, once it has what only root can have */
	struct qemu_disk_chain *disks;             /* vm->ndisks of them */
	struct qemu_disk_chain *cdroms, *floppies; /* likewise; n == 0: the drive is empty */
	struct qemu_firmware firmware;
	struct qemu_handle *credentials; /* vm->ncredentials of them, as the guest reads them */
	struct qemu_nic_facts *nics;   /* vm->nnics of them */
	/* Folders: where QEMU makes its VNC_SOCKET and SPICE_SOCKET, and with what TLS needs. */
	struct qemu_handle display_dir, tls_dir;
	struct qemu_handle render_node;
	struct qemu_handle *usb;       /* vm->usb.ndevices of them; fd -1: by its key */
	struct qemu_file *files;       /* one not among them goes by its path */
	size_t nfiles;
	struct qemu_handle qmp, qmp_user, monitor; /* listening UNIX sockets */
	struct qemu_channel *channels;             /* of each that vm_channel() counts */
	struct qemu_hostdev_facts *hostdevs; /* vm->nhostdevs of them */
	int iommufd;                         /* /dev/iommu, open; -1: QEMU opens it */
	struct qemu_share_facts *shares; /* vm->nshares of them */
	struct qemu_handle gdb;        /* a listening UNIX socket */
	struct qemu_handle rng, vsock; /* character devices */
	struct qemu_handle *ivshmem;   /* vm->nivshmem of them: a file, or a connected UNIX socket */
	uint32_t cid;                  /* of a VM with a vsock */
	struct qemu_image seed;        /* of a VM with cloud_init */
	struct qemu_handle tpm; /* swtpm's control channel: connected, or a socket's path */
};

#define VNC_SOCKET   "vnc.sock"
#define SPICE_SOCKET "spice.sock"

struct argv {
	char **v; /* ended by NULL; v[0] is the binary */
	size_t n;
};

void argv_add(struct argv *a, const char *s);
void argv_addf(struct argv *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void argv_free(struct argv *a);

/* What vm asks that a QEMU of this version for arch does not have, as conf_fail() of its keys in
 * doc, for conf_report(). -1 if there is anything. */
int qemu_check(
    struct conf_doc *doc, const struct vm *vm, const char *arch, struct qemu_version version);
/* For a VM that boots from something once: the arguments of each qom-set(QMP) that gives the devices
 * their places for all later boots; owned by the caller. The firmware reads the order when the guest
 * is reset, so it may be said as soon as QEMU runs. */
json_t *qemu_boot_later(const struct vm *vm);
/* Of a QEMU that runs: the object that limits the i-th disk, if it was started with one, to be freed;
 * all the limits as its property, with a 0 for those that are not; and the same, but for "id", for
 * block_set_io_throttle(QMP), which a disk is told that was started without. */
char *qemu_limits_id(const struct vm_disk *disk, size_t i);
json_t *qemu_limits(const struct vm_limits *limits);
json_t *qemu_throttle(const struct vm_limits *limits);
/* What it does when its guest panics, reboots or is silent, for set-action(QMP). */
json_t *qemu_actions(const struct vm *vm);
/* QEMU's word for the watchdog's; NULL: there is none. */
const char *qemu_watchdog_action(const struct vm *vm);
/* Are the VM's credentials for systemd strings of its SMBIOS? Else they are files of fw_cfg. */
bool credentials_in_smbios(const struct vm *vm, const char *arch);
/* Has the board so many places for devices that they need not be counted? */
bool slots_suffice(const struct vm *vm, const char *arch);
/* Of a VM that qemu_check() lets pass. -1 as well if the board has not enough places for devices.
 */
int qemu_argv(struct diag *d, const struct vm *vm, const struct qemu_facts *f, struct argv *ret);
/* For a shell: one option with its value a line, " \" between the lines. */
struct buf;
void argv_print(struct buf *b, const struct argv *a);

#endif
