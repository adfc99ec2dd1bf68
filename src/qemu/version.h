/* QEMU versions, and the one table of what differs between them (7.2 to 10.2). */
#ifndef VMRUN_QEMU_VERSION_H
#define VMRUN_QEMU_VERSION_H

#include <stdbool.h>

struct qemu_version {
	int major, minor;
};

/* From the text of --version: "QEMU emulator version 7.2.22 (Debian …)". -1 if it is not there. */
int qemu_version_parse(const char *text, struct qemu_version *ret);

enum qemu_feature {
	QEMU_SUPPORTED,        /* 7.2: the oldest that vmrun takes */
	QEMU_RISCV_ACPI,       /* 8.1: -machine virt,acpi= on riscv64 */
	QEMU_Q35_CPUS,         /* 8.1: more than 288 CPUs on q35 */
	QEMU_RISCV_MAX,        /* 8.2: -cpu max on riscv64 */
	QEMU_STREAM_RECONNECT, /* 8.0: -netdev stream,…,reconnect= */
	QEMU_IOMMUFD,          /* 9.0: -object iommufd, and -device vfio-pci,fd= */
	QEMU_PIPEWIRE,         /* 8.1: -audiodev pipewire */
	QEMU_VIRTIO_SOUND,     /* 8.2: -device virtio-sound-pci */
	QEMU_IGB,              /* 8.0: -device igb */
	QEMU_RISCV_FLASH,      /* 8.1: UEFI in the flash of riscv64's virt, with OpenSBI below */
	QEMU_RISCV_SMBIOS,     /* 9.0: -smbios on riscv64 */
	QEMU_RUN_WITH_USER,    /* 9.1: -run-with user= instead of -runas, which 10.0 removed */
	QEMU_RECONNECT_MS,     /* 9.2: reconnect-ms= instead of reconnect= */
	QEMU_NFEATURES,
};
bool qemu_has(struct qemu_version v, enum qemu_feature f);

#endif
