/* What a VM file says of firmware: what it is, what it boots, and what the guest reads through it;
 * part of vm.h. */
#ifndef VMRUN_VM_FIRMWARE_H
#define VMRUN_VM_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_firmware_kind { FIRMWARE_AUTO, FIRMWARE_BIOS, FIRMWARE_UEFI, FIRMWARE_UEFI_SECURE };

struct vm_firmware {
	int kind;       /* enum vm_firmware_kind */
	char *code;     /* NULL: found through QEMU's descriptors */
	char *template; /* NULL: likewise */
	char *vars;     /* NULL: in the state folder */
};

enum vm_boot_device { BOOT_DISK, BOOT_CDROM, BOOT_NETWORK, BOOT_FLOPPY };

struct vm_boot {
	int *order; /* enum vm_boot_device */
	size_t norder;
	int *once; /* likewise; before order, until the guest is reset */
	size_t nonce;
	bool menu;
	int64_t timeout; /* ms that the menu's prompt waits */
};

/* Of each table of the SMBIOS that can be set; NULL: as QEMU says. */
struct vm_smbios_release {
	bool set;
	uint8_t major, minor;
};

struct vm_smbios_bios {
	char *vendor, *version, *date;
	struct vm_smbios_release release;
};

struct vm_smbios_system {
	char *manufacturer, *product, *version, *serial, *sku, *family;
};

struct vm_smbios_base {
	char *manufacturer, *product, *version, *serial, *asset, *location;
};

struct vm_smbios_chassis {
	char *manufacturer, *version, *serial, *asset, *sku;
};

struct vm_smbios_processor {
	char *socket, *manufacturer, *version, *serial, *asset, *part;
};

struct vm_smbios {
	struct vm_smbios_bios bios;
	struct vm_smbios_system system;
	struct vm_smbios_base base;
	struct vm_smbios_chassis chassis;
	struct vm_smbios_processor processor;
	char **oem_strings;
	size_t noem_strings;
	char **files; /* whole structures */
	size_t nfiles;
};

/* Exactly one of string and file. */
struct vm_fw_cfg {
	char *name; /* "opt/…" */
	char *string, *file;
};

/* For systemd in the guest. Exactly one of value and file. */
struct vm_credential {
	char *name;
	char *value, *file;
};

#endif
