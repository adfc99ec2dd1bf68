/* The keys of disks; see internal.h. */
#include "vm/internal.h"

static const char *const format_words[] = { [FORMAT_AUTO] = "auto",
	[FORMAT_RAW] = "raw",
	[FORMAT_QCOW2] = "qcow2",
	[FORMAT_VMDK] = "vmdk",
	[FORMAT_VDI] = "vdi",
	[FORMAT_VHDX] = "vhdx",
	NULL };
static const char *const bus_words[] = {
	[BUS_VIRTIO] = "virtio", [BUS_SCSI] = "scsi", [BUS_NVME] = "nvme", [BUS_IDE] = "ide", NULL
};
static const char *const cache_words[] = { [CACHE_WRITEBACK] = "writeback",
	[CACHE_NONE] = "none",
	[CACHE_WRITETHROUGH] = "writethrough",
	[CACHE_DIRECTSYNC] = "directsync",
	[CACHE_UNSAFE] = "unsafe",
	NULL };

const struct conf_key disk_keys[] = {
	{ "file", CONF_PATH, AT(vm_disk, file), .required = true, .example = "/srv/vm/web1.qcow2",
	    .help =
		"Image file or block device; opened by vmrun, so that QEMU itself needs no right "
		"to it" },
	{ "format", CONF_CHOICE, AT(vm_disk, format), .choices = format_words, .def = "auto",
	    .help = "Format of the image; auto goes by the name (.qcow2, .img, .raw, .vmdk, .vdi, "
		    ".vhdx, none: raw), never by the content, which a guest could forge" },
	{ "bus", CONF_CHOICE, AT(vm_disk, bus), .choices = bus_words, .def = "virtio",
	    .help =
		"What the disk hangs on; ide and nvme need no driver that an old guest may lack" },
	{ "readonly", CONF_BOOL, AT(vm_disk, readonly), .def = "false",
	    .help = "Nothing is ever written to the image, and several VMs may share it" },
	{ "cache", CONF_CHOICE, AT(vm_disk, cache), .choices = cache_words, .def = "writeback",
	    .help =
		"Host cache mode, as in QEMU; none bypasses the host's page cache, unsafe ignores "
		"the guest's flushes" },
	{ "serial", CONF_STRING, AT(vm_disk, serial), .min = 1, .max = 36, .example = "web1-root",
	    .help =
		"Serial number that the guest sees, as in /dev/disk/by-id; at most 20 bytes but "
		"on bus scsi" },
	{ 0 },
};
