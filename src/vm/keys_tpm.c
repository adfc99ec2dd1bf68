/* The keys of the TPM; see internal.h. */
#include "vm/internal.h"

static const char *const version_words[] = {
	[TPM_NONE] = "none", [TPM_1_2] = "1.2", [TPM_2_0] = "2.0", NULL
};
static const char *const model_words[] = {
	[TPM_AUTO] = "auto", [TPM_TIS] = "tpm-tis", [TPM_CRB] = "tpm-crb", NULL
};

const struct conf_key tpm_keys[] = {
	{ "version", CONF_CHOICE, AT(vm_tpm, version), .choices = version_words, .def = "none",
	    .example = "2.0",
	    .help = "Version of the TPM, which program swtpm is; its state stays in the state "
		    "folder for good; 2.0 where only the model is given, 1.2 is for guests that "
		    "know no other" },
	{ "model", CONF_CHOICE, AT(vm_tpm, model), .choices = model_words, .def = "auto",
	    .help = "What the guest sees; auto is tpm-crb for version 2.0 on x86, else tpm-tis, "
		    "which every machine with a TPM has" },
	{ 0 },
};
