/* What the files of vm/ share. */
#ifndef VMRUN_VM_INTERNAL_H
#define VMRUN_VM_INTERNAL_H

#include <stddef.h>

#include "vm/vm.h"

#define VM_CPUS_MAX 4096

/* values.c: CONF_CUSTOM parsers, see conf/conf.h. */
int parse_mac(const char *s, void *field, const char **ret_expected);    /* struct mac */
int parse_host_pci(
    const char *s, void *field, const char **ret_expected); /* struct vm_host_pci */
int parse_ip(const char *s, void *field, const char **ret_expected);      /* struct ip */
int parse_ip4(const char *s, void *field, const char **ret_expected);     /* struct ip */
int parse_ip4_net(const char *s, void *field, const char **ret_expected); /* struct ip_net */
int parse_ip6_net(const char *s, void *field, const char **ret_expected); /* struct ip_net */
int parse_ip6(const char *s, void *field, const char **ret_expected);      /* struct ip */
int parse_network4(const char *s, void *field, const char **ret_expected); /* struct ip_net */
int parse_guest4(const char *s, void *field, const char **ret_expected);   /* struct ip_net */
int parse_network6(const char *s, void *field, const char **ret_expected); /* struct ip_net */
int parse_peer(const char *s, void *field, const char **ret_expected); /* struct vm_peer */
int parse_forward(
    const char *s, void *field, const char **ret_expected); /* struct vm_forward */
int parse_uuid(const char *s, void *field, const char **ret_expected);   /* struct vm_uuid */
int parse_vmnet(const char *s, void *field, const char **ret_expected);  /* enum vm_vmnet as int */
int parse_gdb(const char *s, void *field, const char **ret_expected);   /* struct vm_gdb */
int parse_vnc(const char *s, void *field, const char **ret_expected);    /* struct vm_listen */
int parse_intset(const char *s, void *field, const char **ret_expected); /* struct intset */
int parse_url(const char *s, void *field, const char **ret_expected);   /* struct vm_url */
int parse_addresses(const char *s, void *field, const char **ret_expected); /* struct ip_net */
int parse_ready(
    const char *s, void *field, const char **ret_expected); /* struct vm_ready_sign */
int parse_wwn(const char *s, void *field, const char **ret_expected);    /* uint64_t */
int parse_smbios_release(
    const char *s, void *field, const char **ret_expected); /* struct vm_smbios_release */
int parse_spice(const char *s, void *field, const char **ret_expected);      /* struct vm_listen */
int parse_resolution(const char *s, void *field, const char **ret_expected); /* vm_resolution */
int parse_usb_host(const char *s, void *field, const char **ret_expected); /* struct vm_usb_host */
int parse_pci_address(
    const char *s, void *field, const char **ret_expected); /* struct vm_pci_address */
/* Only letters, digits and '-', '_', '.'. */
bool is_word(const char *s);
/* Without what no system allows in the name of an interface; its length is the row's matter. */
bool is_interface_name(const char *s);
/* Both given, and the same. */
bool same_text(const char *a, const char *b);

/* Of the tables in keys*.c, one a class of devices; vm_keys in keys.c is the top. */
#define AT(type, member)    .offset = offsetof(struct type, member)
#define COUNT(type, member) .count_offset = offsetof(struct type, member)
#define MIB                 (INT64_C(1) << 20)
#define TIB                 (INT64_C(1) << 40)
#define DAY                 INT64_C(86400000) /* ms */

extern const struct conf_key machine_keys[]; /* keys_machine.c: struct vm_machine */
extern const struct conf_key cpus_keys[];    /* struct vm_cpus */
extern const struct conf_key rtc_keys[];     /* struct vm_rtc */
extern const struct conf_key memory_keys[];  /* keys_memory.c: struct vm_memory */
extern const struct conf_key balloon_keys[]; /* struct vm_balloon */
extern const struct conf_key numa_keys[];    /* struct vm_numa */
extern const struct conf_key disk_keys[];    /* keys_disk.c: struct vm_disk */
extern const struct conf_key cdrom_keys[];   /* struct vm_cdrom */
extern const struct conf_key floppy_keys[];  /* struct vm_floppy */
extern const struct conf_key nic_keys[];     /* keys_nic.c: struct vm_nic */
extern const struct conf_key nic_user_keys[];    /* keys_nic_way.c: struct vm_user */
extern const struct conf_key nic_passt_keys[]; /* likewise, struct vm_passt */
extern const struct conf_key nic_stream_keys[]; /* likewise, struct vm_stream */
extern const struct conf_key nic_dgram_keys[]; /* likewise, struct vm_dgram */
extern const struct conf_key display_keys[]; /* keys_display.c: struct vm_display */
extern const struct conf_key firmware_keys[]; /* keys_firmware.c: struct vm_firmware */
extern const struct conf_key boot_keys[];    /* keys_firmware.c: struct vm_boot */
extern const struct conf_key smbios_keys[];  /* keys_firmware.c: struct vm_smbios */
extern const struct conf_key credential_keys[]; /* keys_firmware.c: struct vm_credential */
extern const struct conf_key fw_cfg_keys[];  /* keys_firmware.c: struct vm_fw_cfg */
extern const struct conf_key hostdev_keys[]; /* keys_hostdev.c: struct vm_hostdev */
extern const struct conf_key share_keys[];   /* keys_share.c: struct vm_share */
extern const struct conf_key tpm_keys[];     /* keys_tpm.c: struct vm_tpm */
extern const struct conf_key watchdog_keys[]; /* keys_device.c: struct vm_watchdog */
extern const char *const watchdog_words[];   /* of enum vm_watchdog_action */
extern const struct conf_key restart_keys[]; /* keys_life.c: struct vm_restart_policy */
extern const struct conf_key hook_keys[];    /* likewise, struct vm_hook */
extern const struct conf_key cloud_init_keys[]; /* keys_cloud_init.c: struct vm_cloud_init */
extern const struct conf_key ivshmem_keys[];  /* keys_device.c: struct vm_ivshmem */
extern const struct conf_key rng_keys[];      /* keys_device.c: struct vm_rng */
extern const struct conf_key vsock_keys[];    /* keys_device.c: struct vm_vsock */
extern const struct conf_key serial_keys[];  /* keys_channel.c: struct vm_channel */
extern const struct conf_key console_keys[]; /* likewise */
extern const struct conf_key port_keys[];    /* likewise */

extern const struct conf_key ready_keys[]; /* keys_order.c: struct vm_ready */
extern const struct conf_key audio_keys[]; /* keys_audio.c: struct vm_audio */
extern const struct conf_key video_keys[]; /* keys_display.c: struct vm_video */
extern const struct conf_key bridge_keys[]; /* keys_bridge.c: struct host_bridge, of vmrun.conf */
extern const struct conf_key input_keys[]; /* keys_usb.c: struct vm_input */
extern const struct conf_key usb_keys[];   /* keys_usb.c: struct vm_usb */

/* keys_policy.c: of the host config, struct policy_rule; and what is between the keys of a rule. */
extern const struct conf_key allow_keys[], deny_keys[];
void rules_policy(struct conf_doc *doc, const struct host *host);

/* instance.c: what one word of `instances` stands for, at most max; freed with strings_free(). -1: more
 * than that, or no instance is called so. And how many that are, 0 if none is called so. */
size_t vm_instances_count(const char *word);
int vm_instances_of(const char *word, size_t max, char ***ret, size_t *ret_n);

/* vm.c: what "%" means in the files of a VM; NULL: nothing. */
void vm_expand(struct conf_doc *doc, const struct conf_vars *vars);

/* rules*.c: what no single key can tell. */
struct rules {
	struct vm *vm;
	struct conf_doc *doc, *host_doc; /* host_doc: whose `defaults` hold for vm; may be NULL */
};
/* Is path ("nics[0].mac") written in the VM's own file? In that, a template or the defaults, where
 * it counts? */
bool rule_own(const struct rules *r, const char *path);
bool rule_given(const struct rules *r, const char *path);
/* Is it the VM's own file that says what something else rules out? That is an error; what is inherited
 * is without effect, and noted so. */
bool rule_insists(const struct rules *r, const char *path);
/* How strong the word is that is said of it: 0 in the defaults, more in a template, the most in the
 * VM's own file; -1: none is. */
int rule_strength(const struct rules *r, const char *path);
/* Is a group given, and as such? As a bare value? */
bool rule_is_group(const struct rules *r, const char *path);
bool rule_bare(const struct rules *r, const char *path);
/* Of a group's bare value: the path that it is written at. */
const char *rule_scalar(const struct rules *r, const char *group, const char *path);
/* Notes a problem in the file that says path. */
void rule_broken(const struct rules *r, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A rule as data: it is broken where broken() says so of the VM, or of the i-th element of list. */
struct rule {
	const char *key; /* within the element, or from the top */
	bool (*broken)(const struct vm *vm, size_t i);
	const char *words; /* what is wrong, and what to write instead */
};
/* Each rule of the table, which a row without a key ends. list NULL: the keys are the file's own, i
 * is not used. */
void rules_check(const struct rules *r, const struct rule *table, const char *list, size_t i);

/* One function a class, each with its own file. rules_disks() also gives each disk its format. */
void rules_machine(struct rules *r);
void rules_cpus(struct rules *r);
void rules_memory(struct rules *r);
void rules_firmware(struct rules *r);
void rules_disks(struct rules *r);
void rules_nics(struct rules *r);
void rules_nic_way(struct rules *r, size_t i);
void rules_peer(struct rules *r, size_t i);
void rules_user(struct rules *r, size_t i); /* decides whether a NIC is in user mode, too */ /* where nics[i] leads */
void rules_display(struct rules *r);
void rules_usb(struct rules *r);
void rules_hostdevs(struct rules *r);
void rules_shares(struct rules *r);
/* Of a disk; rules_image() also decides its formats. */
void rules_image(struct rules *r, size_t i);
void rules_limits(struct rules *r, size_t i);
void rules_template(struct rules *r);
void rules_tpm(struct rules *r);
void rules_order(struct rules *r);
void rules_devices(struct rules *r);
void rules_life(struct rules *r); /* after the devices: also has the word on the watchdog's action */
void rules_cloud_init(struct rules *r);
void rules_channels(struct rules *r); /* a serial port that is "none" goes */

/* Of the host config; also decides what is left unsaid: what each bridge serves, and its range. */
void rules_bridges(struct conf_doc *doc, struct host *host);

/* All of them; notes problems in doc or, for what comes from its `defaults`, in host_doc. */
void vm_rules(struct vm *vm, struct conf_doc *doc, struct conf_doc *host_doc);

#endif
