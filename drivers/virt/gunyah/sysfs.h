/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysfs: what the firmware is, and news of VMs
 */

#ifndef _GUNYAH_SYSFS_H
#define _GUNYAH_SYSFS_H

struct attribute_group;
struct gunyah_vm;

extern const struct attribute_group *gunyah_sysfs_groups[];

void gunyah_sysfs_vm_started(struct gunyah_vm *vm);
void gunyah_sysfs_vm_ended(struct gunyah_vm *vm);

#endif /* _GUNYAH_SYSFS_H */
