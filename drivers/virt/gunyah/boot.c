// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot context: initial registers of the vCPU that boots
 *
 * Not every resource manager has a message for them. Two registers do not need
 * it: the PC, if it lies in the image, because the entry point is part of the
 * configuration; and X0, if it has the address of the devicetree, because that
 * is what the resource manager puts there.
 *
 * A protected VM starts in its firmware, whatever its creator has set.
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/lockdep.h>

#include "boot.h"
#include "parcel.h"
#include "rm_call.h"
#include "vm.h"

/* Index of a register in struct gunyah_boot_context, or -EINVAL */
static int boot_reg(u32 reg)
{
	u32 set = reg >> 8, index = reg & 0xff;

	switch (set) {
	case GH_VM_BOOT_CONTEXT_SET_X:
		return index < GUNYAH_BOOT_NUM_X ? index : -EINVAL;
	case GH_VM_BOOT_CONTEXT_SET_PC:
		return index ? -EINVAL : GUNYAH_BOOT_PC;
	case GH_VM_BOOT_CONTEXT_SET_SP:
		return index < GUNYAH_BOOT_NUM_SP ? GUNYAH_BOOT_SP + index :
						    -EINVAL;
	default:
		return -EINVAL;
	}
}

/**
 * gunyah_boot_set() - GH_VM_SET_BOOT_CONTEXT
 * @vm: the VM
 * @arg: the user's request
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -ERESTARTSYS.
 */
int gunyah_boot_set(struct gunyah_vm *vm, const struct gh_vm_boot_context *arg)
{
	int reg = boot_reg(arg->reg);
	int ret;

	if (reg < 0 || arg->padding)
		return -EINVAL;

	ret = gunyah_vm_lock_new(vm);
	if (ret)
		return ret == -EBUSY ? -EINVAL : ret;
	vm->context.value[reg] = arg->value;
	vm->context.valid |= BIT_ULL(reg);
	mutex_unlock(&vm->lock);
	return 0;
}

/**
 * gunyah_boot_offset() - entry point of a VM, relative to its image
 * @vm: VM, its lock is held
 * @image: parcel with the image
 *
 * Context: Process context or worker.
 * Return: offset in bytes; 0 if the PC was not set or does not count, or is
 * outside the image.
 */
u64 gunyah_boot_offset(struct gunyah_vm *vm,
		       const struct gunyah_parcel *image)
{
	u64 pc = vm->context.value[GUNYAH_BOOT_PC];

	lockdep_assert_held(&vm->lock);

	if (vm->fw_size || !(vm->context.valid & BIT_ULL(GUNYAH_BOOT_PC)) ||
	    pc < image->gpa || pc - image->gpa >= image->size)
		return 0;
	return pc - image->gpa;
}

static int boot_apply(struct gunyah_vm *vm, unsigned int reg)
{
	u8 set = GH_VM_BOOT_CONTEXT_SET_X;
	u8 index = reg;

	if (reg >= GUNYAH_BOOT_SP) {
		set = GH_VM_BOOT_CONTEXT_SET_SP;
		index = reg - GUNYAH_BOOT_SP;
	} else if (reg == GUNYAH_BOOT_PC) {
		set = GH_VM_BOOT_CONTEXT_SET_PC;
		index = 0;
	}
	return gunyah_rm_vm_set_boot_context(&vm->rm, vm->vmid, set, index,
					     vm->context.value[reg]);
}

/**
 * gunyah_boot_apply() - set the registers that need a message
 * @vm: VM, its lock is held; configured with gunyah_boot_offset(), initialised
 * @image: parcel with the image
 *
 * Context: Worker, may sleep.
 * Return: 0, -EOPNOTSUPP (the resource manager does not have the message), or
 * another negative errno.
 */
int gunyah_boot_apply(struct gunyah_vm *vm,
		      const struct gunyah_parcel *image)
{
	const struct gunyah_boot_context *context = &vm->context;
	unsigned int reg;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (vm->fw_size)
		return 0;
	for (reg = 0; reg < GUNYAH_BOOT_NUM_REGS; reg++) {
		if (!(context->valid & BIT_ULL(reg)))
			continue;
		if (reg == 0 && context->value[reg] == vm->dtb_gpa)
			continue;
		if (reg == GUNYAH_BOOT_PC && context->value[reg] ==
		    image->gpa + gunyah_boot_offset(vm, image))
			continue;
		ret = boot_apply(vm, reg);
		if (ret)
			return ret;
	}
	return 0;
}
