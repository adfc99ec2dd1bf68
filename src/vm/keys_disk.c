/* The keys of disks; see internal.h. */
#include "vm/internal.h"

#define BOOT_INDEX_MAX 1000000
#define RATE_MAX       INT64_C(1000000000000000) /* QEMU's own limit, 10^15 in a second */

static const char *const format_words[] = { [FORMAT_AUTO] = "auto",
	[FORMAT_RAW] = "raw",
	[FORMAT_QCOW2] = "qcow2",
	[FORMAT_VMDK] = "vmdk",
	[FORMAT_VDI] = "vdi",
	[FORMAT_VHDX] = "vhdx",
	[FORMAT_LUKS] = "luks",
	NULL };
static const char *const base_format_words[] = { [FORMAT_AUTO] = "auto",
	[FORMAT_RAW] = "raw",
	[FORMAT_QCOW2] = "qcow2",
	[FORMAT_VMDK] = "vmdk",
	[FORMAT_VDI] = "vdi",
	[FORMAT_VHDX] = "vhdx",
	NULL };
static const char *const bus_words[] = { [BUS_VIRTIO] = "virtio",
	[BUS_SCSI] = "scsi",
	[BUS_NVME] = "nvme",
	[BUS_IDE] = "ide",
	[BUS_SATA] = "sata",
	[BUS_USB] = "usb",
	NULL };
static const char *const cache_words[] = { [CACHE_WRITEBACK] = "writeback",
	[CACHE_NONE] = "none",
	[CACHE_WRITETHROUGH] = "writethrough",
	[CACHE_DIRECTSYNC] = "directsync",
	[CACHE_UNSAFE] = "unsafe",
	NULL };
static const char *const aio_words[] = {
	[AIO_THREADS] = "threads", [AIO_NATIVE] = "native", [AIO_IO_URING] = "io_uring", NULL
};
static const char *const discard_words[] = {
	[DISCARD_UNMAP] = "unmap", [DISCARD_IGNORE] = "ignore", NULL
};
static const char *const detect_zeroes_words[] = { [DETECT_ZEROES_OFF] = "off",
	[DETECT_ZEROES_ON] = "on",
	[DETECT_ZEROES_UNMAP] = "unmap",
	NULL };
static const char *const read_error_words[] = { [READ_ERROR_REPORT] = "report",
	[READ_ERROR_STOP] = "stop",
	[READ_ERROR_IGNORE] = "ignore",
	NULL };
static const char *const write_error_words[] = { [WRITE_ERROR_ENOSPC] = "enospc",
	[WRITE_ERROR_REPORT] = "report",
	[WRITE_ERROR_STOP] = "stop",
	[WRITE_ERROR_IGNORE] = "ignore",
	NULL };

/* Three rows of a rate: what is allowed, what for a while, and for how long. */
#define RATE(word, kind_, index, part, example_, burst_example, unit_, what)                       \
	{ word, kind_, AT(vm_limits, of[index].rate), .min = 1, .max = RATE_MAX,                   \
		.example = example_, .unit = unit_, .alternative = part,                           \
		.help = what " in a second" },                                                     \
	    { word "_burst", kind_, AT(vm_limits, of[index].burst), .min = 1, .max = RATE_MAX,     \
		    .example = burst_example, .unit = unit_, .alternative = part,                  \
		    .help = "The same in a burst, after a while of less than " word },             \
	{                                                                                          \
		word "_burst_length", CONF_INT, AT(vm_limits, of[index].burst_length),             \
		    .min = 1, .max = INT32_MAX, .example = "10", .unit = "seconds",                \
		    .alternative = part, .help = "How long such a burst may last; 1 if not given"  \
	}

static const struct conf_key limits_keys[] = {
	{ "group", CONF_STRING, AT(vm_limits, group), .min = 1, .max = 32, .example = "database",
	    .help = "Disks that name the same group share its limits, which one of them gives" },
	RATE("bps", CONF_SIZE, RATE_BPS, false, "100M", "200M", "bytes", "Bytes read and written"),
	RATE("bps_read", CONF_SIZE, RATE_BPS_READ, true, "100M", "200M", "bytes", "Bytes read"),
	RATE("bps_write", CONF_SIZE, RATE_BPS_WRITE, true, "50M", "100M", "bytes", "Bytes written"),
	RATE("iops", CONF_INT, RATE_IOPS, false, "2000", "4000", "requests", "Requests"),
	RATE("iops_read", CONF_INT, RATE_IOPS_READ, true, "2000", "4000", "requests",
	    "Reading requests"),
	RATE("iops_write", CONF_INT, RATE_IOPS_WRITE, true, "1000", "2000", "requests",
	    "Writing requests"),
	{ "iops_size", CONF_SIZE, AT(vm_limits, iops_size), .min = 512, .max = RATE_MAX,
	    .example = "16K",
	    .help = "A request of more counts as several, so that large ones do not get round "
		    "iops" },
	{ 0 },
};

const struct conf_key disk_keys[] = {
	{ "file", CONF_PATH, AT(vm_disk, file), .example = "/srv/vm/web1.qcow2",
	    .help =
		"Image file or block device; opened by vmrun, so that QEMU itself needs no right "
		"to it" },
	{ "url", CONF_CUSTOM, AT(vm_disk, url), .parse = parse_url, .unit = "URL",
	    .example = "nbd://storage/web1", .alternative = true,
	    .help =
		"Instead of file an image that a server has, by nbd, nbd+unix, ssh or iscsi, or "
		"to be read alone by http, https, ftp or ftps; Debian has all but nbd in the "
		"package qemu-block-extra; a qcow2 image has no backing file there" },
	{ "password_file", CONF_PATH, AT(vm_disk, password_file), .access = ACCESS_SECRET,
	    .example = "/etc/vmrun/storage.password", .alternative = true,
	    .help = "File with the password for the user in url, of iscsi, http, https, ftp or "
		    "ftps; ssh asks the user's agent and key files" },
	{ "format", CONF_CHOICE, AT(vm_disk, format), .choices = format_words, .def = "auto",
	    .help = "Format of the image; auto goes by the name (.qcow2, .img, .raw, .vmdk, .vdi, "
		    ".vhdx, .luks, none: raw), never by the content, which a guest could forge" },
	{ "size", CONF_SIZE, AT(vm_disk, size), .min = MIB, .max = 64 * TIB, .example = "20G",
	    .help = "A missing image is made with this size (by qemu-img), sparse; one that is "
		    "there is left as it is" },
	{ "base", CONF_PATH, AT(vm_disk, base), .example = "/srv/vm/debian.qcow2",
	    .help =
		"A missing image, which must be qcow2, is made as an overlay of this one, and "
		"holds only what differs from it; the base is only read, by any number of VMs" },
	{ "base_format", CONF_CHOICE, AT(vm_disk, base_format), .choices = base_format_words,
	    .def = "auto", .help = "Format of base; auto goes by the name, as format does" },
	{ "temporary", CONF_BOOL, AT(vm_disk, temporary), .def = "false",
	    .help = "Whatever the guest writes is thrown away when the VM ends, the image is only "
		    "read; meanwhile it takes room in the state folder" },
	{ "secret_file", CONF_PATH, AT(vm_disk, secret_file), .access = ACCESS_SECRET,
	    .example = "/etc/vmrun/web1.passphrase",
	    .help = "File with the passphrase of an encrypted image, of format luks or qcow2; it "
		    "may be one of systemd's credentials, below /run/credentials" },
	{ "bus", CONF_CHOICE, AT(vm_disk, bus), .choices = bus_words, .def = "virtio",
	    .help =
		"What the disk hangs on; virtio is the fastest, ide, sata, nvme and usb need no "
		"driver that an old guest may lack, scsi has room for many disks on one "
		"controller" },
	{ "readonly", CONF_BOOL, AT(vm_disk, readonly), .def = "false",
	    .help = "Nothing is ever written to the image, and several VMs may share it" },
	{ "shareable", CONF_BOOL, AT(vm_disk, shareable), .def = "false",
	    .help = "Several running VMs may write to the image, each with this key: for file "
		    "systems of clusters alone, others are destroyed by it" },
	{ "cache", CONF_CHOICE, AT(vm_disk, cache), .choices = cache_words, .def = "writeback",
	    .help =
		"Host cache mode, as in QEMU; none bypasses the host's page cache, unsafe ignores "
		"the guest's flushes" },
	{ "aio", CONF_CHOICE, AT(vm_disk, aio), .choices = aio_words, .def = "threads",
	    .help = "How the host does the input and output; threads works everywhere, io_uring "
		    "and native (with cache none or directsync) are of Linux and cost less "
		    "processor time" },
	{ "discard", CONF_CHOICE, AT(vm_disk, discard), .choices = discard_words, .def = "unmap",
	    .help = "What the guest discards is given back to the host's file system (unmap), so "
		    "that the image shrinks, or kept (ignore)" },
	{ "detect_zeroes", CONF_CHOICE, AT(vm_disk, detect_zeroes), .choices = detect_zeroes_words,
	    .def = "off",
	    .help = "What becomes of zeroes that the guest writes: on makes them take no time, "
		    "unmap no "
		    "room either; off, because looking for them costs time" },
	{ "read_error", CONF_CHOICE, AT(vm_disk, read_error), .choices = read_error_words,
	    .def = "report",
	    .help = "What an error of reading becomes: reported to the guest, the VM stopped until "
		    "'vmrun resume', or ignored" },
	{ "write_error", CONF_CHOICE, AT(vm_disk, write_error), .choices = write_error_words,
	    .def = "enospc",
	    .help = "The same of writing; enospc stops the VM where the host's disk is full, so "
		    "that it goes on once there is room, and reports all else" },
	{ "iothread", CONF_STRING, AT(vm_disk, iothread), .min = 1, .max = 32, .example = "own",
	    .help = "A thread of QEMU for the disk, beside the main loop that serves all devices: "
		    "own is one for it alone, disks that give another word share one of that "
		    "name; on bus scsi each thread has a controller" },
	{ "queues", CONF_INT, AT(vm_disk, queues), .min = 1, .max = 1022, .example = "4",
	    .help = "Request queues of the disk, or of its controller on bus scsi; one for each "
		    "CPU if not given, so that none waits for another" },
	{ "limits", CONF_GROUP, AT(vm_disk, limits), .sub = limits_keys, .scalar = "group",
	    .help = "What the guest may take of the disk's bandwidth at most; a total excludes "
		    "its reading and writing parts" },
	{ "serial", CONF_STRING, AT(vm_disk, serial), .min = 1, .max = 36, .example = "web1-root",
	    .help =
		"Serial number that the guest sees, as in /dev/disk/by-id; at most 20 bytes but "
		"on bus scsi and usb" },
	{ "wwn", CONF_CUSTOM, AT(vm_disk, wwn), .parse = parse_wwn, .unit = "16 hex digits",
	    .example = "5000c500a1b2c3d4", .alternative = true,
	    .help = "World Wide Name that the guest sees, on bus scsi, ide and sata" },
	{ "logical_block_size", CONF_SIZE, AT(vm_disk, logical_block_size), .min = 512,
	    .max = 2 * MIB, .example = "4096",
	    .help = "Smallest unit that the guest can read or write, a power of two; 512 if not "
		    "given, which every guest can boot from" },
	{ "physical_block_size", CONF_SIZE, AT(vm_disk, physical_block_size), .min = 512,
	    .max = 2 * MIB, .example = "4096",
	    .help = "Unit that the guest should read and write in, a power of two; "
		    "logical_block_size if not given" },
	{ "rotation_rate", CONF_INT, AT(vm_disk, rotation_rate), .min = 1, .max = 65534,
	    .example = "1", .alternative = true,
	    .help = "Turns in a minute that the guest is told, 1 for an SSD; on bus scsi, ide and "
		    "sata" },
	{ "boot_index", CONF_INT, AT(vm_disk, boot_index), .min = 1, .max = 1000000, .example = "1",
	    .help = "Place in the boot order; devices with one come first, the lowest of all, "
		    "then what boot names" },
	{ 0 },
};

static const char *const cdrom_bus_words[] = { [CDROM_AUTO] = "auto",
	[CDROM_IDE] = "ide",
	[CDROM_SATA] = "sata",
	[CDROM_SCSI] = "scsi",
	[CDROM_USB] = "usb",
	NULL };

const struct conf_key cdrom_keys[] = {
	{ "file", CONF_PATH, AT(vm_cdrom, file), .example = "/srv/iso/debian.iso",
	    .help = "ISO image, or a CD-ROM drive of the host; without it the drive is empty" },
	{ "url", CONF_CUSTOM, AT(vm_cdrom, url), .parse = parse_url, .unit = "URL",
	    .example = "https://example.org/debian.iso", .alternative = true,
	    .help = "Instead of file an ISO image that a server has, as of a disk" },
	{ "bus", CONF_CHOICE, AT(vm_cdrom, bus), .choices = cdrom_bus_words, .def = "auto",
	    .help = "What the drive hangs on; auto is ide on a PC, which every installer knows, "
		    "and scsi elsewhere" },
	{ "boot_index", CONF_INT, AT(vm_cdrom, boot_index), .min = 1, .max = BOOT_INDEX_MAX,
	    .example = "3", .help = "Place in the boot order, as of a disk" },
	{ 0 },
};

const struct conf_key floppy_keys[] = {
	{ "file", CONF_PATH, AT(vm_floppy, file), .example = "/srv/vm/drivers.img",
	    .help = "Image of a floppy disk; without it the drive is empty" },
	{ "readonly", CONF_BOOL, AT(vm_floppy, readonly), .def = "false",
	    .help = "Nothing is ever written to the image" },
	{ "boot_index", CONF_INT, AT(vm_floppy, boot_index), .min = 1, .max = BOOT_INDEX_MAX,
	    .example = "4", .help = "Place in the boot order, as of a disk" },
	{ 0 },
};
