/* The keys of what is booted, and of what the guest reads through its firmware; see internal.h. */
#include "vm/internal.h"

#define SMBIOS_TEXT 255   /* bytes; readers of SMBIOS are not prepared for much more */
#define BOOT_WAIT   65000 /* ms, as QEMU can say it */

static const char *const boot_words[] = { [BOOT_DISK] = "disk",
	[BOOT_CDROM] = "cdrom",
	[BOOT_NETWORK] = "network",
	[BOOT_FLOPPY] = "floppy",
	NULL };

static const char *const firmware_words[] = { [FIRMWARE_AUTO] = "auto",
	[FIRMWARE_BIOS] = "bios",
	[FIRMWARE_UEFI] = "uefi",
	[FIRMWARE_UEFI_SECURE] = "uefi-secure",
	NULL };

const struct conf_key firmware_keys[] = {
	{ "kind", CONF_CHOICE, AT(vm_firmware, kind), .choices = firmware_words, .def = "auto",
	    .example = "uefi",
	    .help = "bios is what QEMU brings; uefi-secure is uefi with secure boot switched on, "
		    "for systems that Microsoft's keys have signed; auto is uefi on Arm without a "
		    "kernel, because nothing else starts there, and bios elsewhere" },
	{ "code", CONF_PATH, AT(vm_firmware, code), .access = ACCESS_READ, .alternative = true,
	    .example = "/usr/share/OVMF/OVMF_CODE_4M.fd",
	    .help = "Image of the firmware; if not given that of kind uefi is the first for the "
		    "machine among QEMU's firmware descriptors" },
	{ "template", CONF_PATH, AT(vm_firmware, template), .alternative = true,
	    .example = "/usr/share/OVMF/OVMF_VARS_4M.fd",
	    .help = "What the VM's variable store is made from when it is first started; that of "
		    "the descriptor if not given" },
	{ "vars", CONF_PATH, AT(vm_firmware, vars), .alternative = true,
	    .example = "/srv/vm/web1.vars",
	    .help = "The VM's own variable store, with its boot entries and keys; kept in the "
		    "state folder if not given" },
	{ 0 },
};

const struct conf_key boot_keys[] = {
	{ "order", CONF_CHOICES, AT(vm_boot, order), COUNT(vm_boot, norder), .choices = boot_words,
	    .single = true, .def = "disk, cdrom",
	    .help = "The kinds of devices that are tried, in this order, and no others" },
	{ "once", CONF_CHOICES, AT(vm_boot, once), COUNT(vm_boot, nonce), .choices = boot_words,
	    .single = true, .alternative = true, .example = "cdrom",
	    .help = "What is tried before order each time the VM is started, until the guest "
		    "reboots: an installer on a CD-ROM reboots into what it has installed" },
	{ "menu", CONF_BOOL, AT(vm_boot, menu), .def = "false", .example = "true",
	    .help = "The firmware offers a menu of the devices; off, because it waits for a key at "
		    "each boot" },
	{ "timeout", CONF_DURATION, AT(vm_boot, timeout), .max = BOOT_WAIT, .def = "3s",
	    .help = "How long the menu's prompt waits for a key" },
	{ 0 },
};

#define SMBIOS_ROW(type, member, option_example, option_help)                                      \
	{                                                                                          \
#member, CONF_STRING, AT(type, member),                                            \
		    .min = 1, .max = SMBIOS_TEXT, .example = option_example, .help = option_help   \
	}

static const struct conf_key smbios_bios_keys[] = {
	SMBIOS_ROW(vm_smbios_bios, vendor, "Example", "Who made the firmware"),
	SMBIOS_ROW(vm_smbios_bios, version, "1.0", "Version of the firmware"),
	SMBIOS_ROW(vm_smbios_bios, date, "01/31/2026", "Its date, as month/day/year"),
	{ "release", CONF_CUSTOM, AT(vm_smbios_bios, release), .parse = parse_smbios_release,
	    .unit = "MAJOR.MINOR", .example = "1.0", .help = "Its release, as two numbers" },
	{ 0 },
};

static const struct conf_key smbios_system_keys[] = {
	SMBIOS_ROW(vm_smbios_system, manufacturer, "Example", "Who made the machine"),
	SMBIOS_ROW(vm_smbios_system, product, "Server", "What it is called"),
	SMBIOS_ROW(vm_smbios_system, version, "2", "Which edition of it"),
	SMBIOS_ROW(
	    vm_smbios_system, serial, "S-0001", "Its serial number; many licences look at it"),
	SMBIOS_ROW(vm_smbios_system, sku, "SKU-1", "The number under which it is sold"),
	SMBIOS_ROW(vm_smbios_system, family, "Servers", "The family of machines that it is of"),
	{ 0 },
};

static const struct conf_key smbios_base_keys[] = {
	SMBIOS_ROW(vm_smbios_base, manufacturer, "Example", "Who made the board"),
	SMBIOS_ROW(vm_smbios_base, product, "Board", "What it is called"),
	SMBIOS_ROW(vm_smbios_base, version, "1", "Which edition of it"),
	SMBIOS_ROW(vm_smbios_base, serial, "B-0001", "Its serial number"),
	SMBIOS_ROW(vm_smbios_base, asset, "A-0001", "Its owner's inventory number"),
	SMBIOS_ROW(vm_smbios_base, location, "Slot 1", "Where in the chassis it is"),
	{ 0 },
};

static const struct conf_key smbios_chassis_keys[] = {
	SMBIOS_ROW(vm_smbios_chassis, manufacturer, "Example", "Who made the chassis"),
	SMBIOS_ROW(vm_smbios_chassis, version, "1", "Which edition of it"),
	SMBIOS_ROW(vm_smbios_chassis, serial, "C-0001", "Its serial number"),
	SMBIOS_ROW(vm_smbios_chassis, asset, "A-0002", "Its owner's inventory number"),
	SMBIOS_ROW(vm_smbios_chassis, sku, "SKU-2", "The number under which it is sold"),
	{ 0 },
};

static const struct conf_key smbios_processor_keys[] = {
	SMBIOS_ROW(
	    vm_smbios_processor, socket, "CPU", "What the sockets are called, before a number"),
	SMBIOS_ROW(vm_smbios_processor, manufacturer, "Example", "Who made the processors"),
	SMBIOS_ROW(vm_smbios_processor, version, "1", "Which edition of them"),
	SMBIOS_ROW(vm_smbios_processor, serial, "P-0001", "Their serial number"),
	SMBIOS_ROW(vm_smbios_processor, asset, "A-0003", "Their owner's inventory number"),
	SMBIOS_ROW(vm_smbios_processor, part, "PART-1", "Their part number"),
	{ 0 },
};

const struct conf_key smbios_keys[] = {
	{ "bios", CONF_GROUP, AT(vm_smbios, bios), .sub = smbios_bios_keys,
	    .help = "The firmware, table 0" },
	{ "system", CONF_GROUP, AT(vm_smbios, system), .sub = smbios_system_keys,
	    .help = "The machine as a whole, table 1; its UUID is that of the VM" },
	{ "base", CONF_GROUP, AT(vm_smbios, base), .sub = smbios_base_keys,
	    .help = "The board, table 2" },
	{ "chassis", CONF_GROUP, AT(vm_smbios, chassis), .sub = smbios_chassis_keys,
	    .help = "The chassis, table 3" },
	{ "processor", CONF_GROUP, AT(vm_smbios, processor), .sub = smbios_processor_keys,
	    .help = "Each socket's processor, table 4" },
	{ "oem_strings", CONF_STRINGS, AT(vm_smbios, oem_strings), COUNT(vm_smbios, noem_strings),
	    .single = true, .max = 64, .example = "cloud-init:ds=nocloud-net;s=http://10.0.0.1/",
	    .help = "Strings for programs in the guest, table 11; whoever can list the host's "
		    "processes can read them" },
	{ "files", CONF_PATHS, AT(vm_smbios, files), COUNT(vm_smbios, nfiles), .single = true,
	    .max = 64, .access = ACCESS_READ, .example = "/etc/vmrun/slots.bin",
	    .help = "Whole tables, each a file in the binary form of the SMBIOS specification" },
	{ 0 },
};

const struct conf_key credential_keys[] = {
	{ "name", CONF_STRING, AT(vm_credential, name), .min = 1, .max = 255, .required = true,
	    .example = "passwd.hashed-password.root",
	    .help = "What the guest's units know it by; many names mean something to systemd" },
	{ "value", CONF_STRING, AT(vm_credential, value), .min = 1, .max = 65535,
	    .access = ACCESS_SECRET,
	    .alternative = true, .example = "$y$j9T$",
	    .help = "What it is, for those who may read this file" },
	{ "file", CONF_PATH, AT(vm_credential, file), .access = ACCESS_OWN,
	    .example = "/etc/vmrun/web1.root-password",
	    .help = "The file that holds it, each byte of which counts" },
	{ 0 },
};

const struct conf_key fw_cfg_keys[] = {
	{ "name", CONF_STRING, AT(vm_fw_cfg, name), .min = 1, .max = 55, .required = true,
	    .example = "opt/org.example/role",
	    .help = "What the guest knows it by, below opt/ and there below a name of yours" },
	{ "string", CONF_STRING, AT(vm_fw_cfg, string), .min = 1, .max = 65535, .example = "web",
	    .help = "What is in it; whoever can list the host's processes can read it" },
	{ "file", CONF_PATH, AT(vm_fw_cfg, file), .access = ACCESS_READ, .alternative = true,
	    .example = "/etc/vmrun/role",
	    .help = "The file whose content is in it, as it is when the VM starts" },
	{ 0 },
};
