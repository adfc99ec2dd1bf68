/* Rules of the TPM; see internal.h. */
#include "conf/conf.h"
#include "vm/internal.h"

static bool
crb_of_1_2(const struct vm *vm, size_t i)
{
	return vm->tpm.version == TPM_1_2 && vm->tpm.model == TPM_CRB;
}

static const struct rule rules[] = {
	{ "tpm.model", crb_of_1_2, "tpm-crb is of version 2.0; one of version 1.2 is tpm-tis" },
	{ 0 },
};

void
rules_tpm(struct rules *r)
{
	/* Whoever says anything of a TPM wants one. */
	if (!rule_given(r, "tpm.version") && conf_is_group(r->doc, "tpm"))
		r->vm->tpm.version = TPM_2_0;
	rules_check(r, rules, NULL, 0);
}
