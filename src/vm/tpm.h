/* What a VM file says of its TPM; part of vm.h. */
#ifndef VMRUN_VM_TPM_H
#define VMRUN_VM_TPM_H

enum vm_tpm_version { TPM_NONE, TPM_1_2, TPM_2_0 };
enum vm_tpm_model { TPM_AUTO, TPM_TIS, TPM_CRB };

struct vm_tpm {
	int version; /* enum vm_tpm_version */
	int model;   /* enum vm_tpm_model */
};

#endif
