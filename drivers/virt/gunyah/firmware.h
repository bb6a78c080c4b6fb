/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware of protected VMs
 */

#ifndef _GUNYAH_FIRMWARE_H
#define _GUNYAH_FIRMWARE_H

#include <linux/types.h>

struct gh_vm_firmware_config;
struct gunyah_mem_region;
struct gunyah_vm;

int gunyah_firmware_set(struct gunyah_vm *vm,
			const struct gh_vm_firmware_config *config);
bool gunyah_firmware_is_in(const struct gunyah_vm *vm,
			   const struct gunyah_mem_region *region);
int gunyah_firmware_check(struct gunyah_vm *vm);
int gunyah_firmware_give(struct gunyah_vm *vm);
int gunyah_firmware_place(struct gunyah_vm *vm);

#endif /* _GUNYAH_FIRMWARE_H */
