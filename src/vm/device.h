/* What a VM file says of the other devices; part of vm.h. */
#ifndef VMRUN_VM_DEVICE_H
#define VMRUN_VM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#endif
