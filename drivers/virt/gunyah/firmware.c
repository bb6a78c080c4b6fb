// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware of protected VMs
 *
 * A protected VM starts in firmware that its creator has not chosen: the resource
 * manager has the image, and copies it to memory of the VM. The creator only says
 * where. A region of its own becomes a parcel of its own, because the image's
 * begins at the base address of the VM's devicetree. In the region that contains
 * the devicetree it is a part of the image.
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/overflow.h>
#include <linux/sizes.h>

#include "firmware.h"
#include "parcel.h"
#include "region.h"
#include "rm_call.h"
#include "vm.h"

#define FIRMWARE_MEM_FLAGS	(GH_MEM_LENT | GH_MEM_ALLOW_READ | \
				 GH_MEM_ALLOW_WRITE | GH_MEM_ALLOW_EXEC)

/**
 * gunyah_firmware_set() - GH_VM_ANDROID_SET_FW_CONFIG
 * @vm: the VM
 * @config: where the firmware goes
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EOVERFLOW, -EBUSY, -ERESTARTSYS.
 */
int gunyah_firmware_set(struct gunyah_vm *vm,
			const struct gh_vm_firmware_config *config)
{
	u64 end;
	int ret;

	/* The resource manager takes whole pages of 4 KiB */
	if (!config->size ||
	    !IS_ALIGNED(config->guest_phys_addr | config->size, SZ_4K))
		return -EINVAL;
	if (check_add_overflow(config->guest_phys_addr, config->size, &end))
		return -EOVERFLOW;

	ret = gunyah_vm_lock_new(vm);
	if (ret)
		return ret;
	vm->fw_gpa = config->guest_phys_addr;
	vm->fw_size = config->size;
	mutex_unlock(&vm->lock);
	return 0;
}

static bool firmware_has_gpa(const struct gunyah_mem_region *region, u64 gpa)
{
	return gpa >= region->gpa && gpa - region->gpa < region->size;
}

/**
 * gunyah_firmware_is_in() - whether a region is for the firmware only
 * @vm: VM, its lock is held
 * @region: one of its regions
 *
 * Context: Process context or worker.
 * Return: true if it must not become a part of the image.
 */
bool gunyah_firmware_is_in(const struct gunyah_vm *vm,
			   const struct gunyah_mem_region *region)
{
	return vm->fw_size && firmware_has_gpa(region, vm->fw_gpa) &&
	       !firmware_has_gpa(region, vm->dtb_gpa);
}

/**
 * gunyah_firmware_check() - whether the firmware has memory that it can be in
 * @vm: VM, its lock is held
 *
 * Context: Process context.
 * Return: 0, or -EINVAL, see gunyah_vm.start_reason.
 */
int gunyah_firmware_check(struct gunyah_vm *vm)
{
	const struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	if (!vm->fw_size)
		return 0;
	region = gunyah_region_find_gpa(vm, vm->fw_gpa);
	if (region && (region->flags & (FIRMWARE_MEM_FLAGS | GH_MEM_PAGED)) ==
	    FIRMWARE_MEM_FLAGS &&
	    vm->fw_size <= region->size - (vm->fw_gpa - region->gpa))
		return 0;
	gunyah_vm_refuse_start(vm, GH_VM_START_REASON_FIRMWARE,
			       region ? region->label : 0);
	return -EINVAL;
}

/* Where the firmware goes: the image, or a parcel of its own */
static const struct gunyah_parcel *firmware_parcel(struct gunyah_vm *vm)
{
	return gunyah_region_find_gpa(vm, vm->fw_gpa)->parcel;
}

/**
 * gunyah_firmware_give() - make a VM start in its firmware, if it has any
 * @vm: VM, its lock is held; it was configured as protected
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno; -EPERM: the resource manager has no firmware,
 * see gunyah_vm.start_reason.
 */
int gunyah_firmware_give(struct gunyah_vm *vm)
{
	const struct gunyah_parcel *parcel;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!vm->fw_size)
		return 0;
	gunyah_vm_set_step(vm, GH_VM_START_STEP_FIRMWARE);
	parcel = firmware_parcel(vm);
	ret = gunyah_rm_vm_set_firmware_mem(&vm->rm, vm->vmid,
					    parcel->rm.handle,
					    vm->fw_gpa - parcel->gpa,
					    vm->fw_size);
	if (ret == -EPERM)
		gunyah_vm_refuse_start(vm, GH_VM_START_REASON_NO_FIRMWARE, 0);
	return ret;
}

/**
 * gunyah_firmware_place() - set the address of the firmware's parcel in a VM
 * @vm: VM, its lock is held; after gunyah_firmware_give()
 *
 * Older resource managers take it from the devicetree.
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_firmware_place(struct gunyah_vm *vm)
{
	const struct gunyah_parcel *parcel;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!vm->fw_size)
		return 0;
	parcel = firmware_parcel(vm);
	if (parcel == vm->image)
		return 0;
	gunyah_vm_set_step(vm, GH_VM_START_STEP_FIRMWARE);
	ret = gunyah_rm_vm_set_address_layout(&vm->rm, vm->vmid,
					      GUNYAH_RM_RANGE_FIRMWARE,
					      parcel->gpa, parcel->size);
	return ret == -EOPNOTSUPP ? 0 : ret;
}
