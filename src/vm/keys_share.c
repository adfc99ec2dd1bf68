/* The keys of shared folders; see internal.h. */
#include "vm/internal.h"

static const char *const type_words[] = { [SHARE_VIRTIOFS] = "virtiofs", [SHARE_9P] = "9p", NULL };
static const char *const cache_words[] = { [SHARE_CACHE_AUTO] = "auto",
	[SHARE_CACHE_ALWAYS] = "always",
	[SHARE_CACHE_METADATA] = "metadata",
	[SHARE_CACHE_NEVER] = "never",
	NULL };
static const char *const security_words[] = { [SECURITY_MAPPED_XATTR] = "mapped-xattr",
	[SECURITY_MAPPED_FILE] = "mapped-file",
	[SECURITY_NONE] = "none",
	NULL };

const struct conf_key share_keys[] = {
	{ "path", CONF_PATH, AT(vm_share, path), .required = true, .example = "/srv/data",
	    .help = "Folder of the host" },
	{ "tag", CONF_STRING, AT(vm_share, tag), .min = 1, .max = 36, .example = "data",
	    .help = "What the guest mounts it by, as in 'mount -t virtiofs data /mnt'; share0 for "
		    "the first, and so on, if not given" },
	{ "type", CONF_CHOICE, AT(vm_share, type), .choices = type_words, .def = "virtiofs",
	    .help = "virtiofs is fast and behaves as a local file system, by program virtiofsd; 9p "
		    "is slower and done by QEMU itself, with no more rights than its user has" },
	{ "readonly", CONF_BOOL, AT(vm_share, readonly), .def = "false",
	    .help = "The guest can change nothing in it" },
	{ "cache", CONF_CHOICE, AT(vm_share, cache), .choices = cache_words, .def = "auto",
	    .help = "What a virtiofs guest may keep of the files: auto for a short time, always as "
		    "long as nobody else changes them, metadata no contents, never nothing" },
	{ "xattr", CONF_BOOL, AT(vm_share, xattr), .def = "false",
	    .help = "Extended attributes of files for a virtiofs guest, at the price of a look at "
		    "each" },
	{ "security_model", CONF_CHOICE, AT(vm_share, security_model), .choices = security_words,
	    .def = "mapped-xattr",
	    .help = "Where 9p keeps owner and mode of the guest's files: in an extended attribute, "
		    "in hidden files, or nowhere: all belong to QEMU's user; passthrough is not "
		    "there, because QEMU is never root" },
	{ 0 },
};
