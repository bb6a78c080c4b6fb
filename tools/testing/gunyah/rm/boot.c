// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers that a VM boots with
 */
#include "rm_core.h"

/**
 * boot_defaults() - registers of a vCPU before VM_SET_BOOT_CONTEXT
 * @cfg: its VM, read from the devicetree
 * @regs: result
 */
void boot_defaults(const struct rm_vm_config *cfg, struct rm_boot_regs *regs)
{
	bool android = cfg->auth == RM_AUTH_ANDROID;

	memset(regs, 0, sizeof(*regs));
	regs->pc = android ? cfg->fw_base : cfg->image_base + cfg->image_offset;
	regs->x[0] = cfg->image_base + cfg->dt_offset;
	if (android) {
		regs->x[1] = cfg->image_base;
		regs->x[2] = cfg->image_size;
	}
}

/**
 * boot_power_on() - start the vCPUs that run from the start
 * @rm: resource manager
 * @vm: VM
 *
 * Return: error code, RM_OK for none
 */
uint32_t boot_power_on(struct rm *rm, struct rm_vm *vm)
{
	const struct rm_vm_config *cfg = vm->cfg;
	bool android = cfg->auth == RM_AUTH_ANDROID;
	struct rm_boot_regs regs = cfg->boot;
	uint32_t i, booted = 0;

	/* The address of the firmware is only known since VM_SET_FIRMWARE_MEM */
	if (android)
		boot_defaults(cfg, &regs);
	for (i = 0; i < cfg->nvcpus; i++) {
		if (!cfg->vcpu[i].boot)
			continue;
		if ((android && booted) ||
		    rm->ops->vcpu_power_on(rm->ctx, vm->vmid, (uint8_t)i,
					   &regs)) {
			vm_kill_vcpus(rm, vm);
			return rm_refuse(rm, RM_ERR_NORESOURCE,
					 "a vCPU cannot be powered on");
		}
		/* Only the first vCPU gets the boot context */
		if (!booted++)
			boot_defaults(cfg, &regs);
	}
	return RM_OK;
}

/* Find a register by set and index of the message; NULL if there is none */
static uint64_t *boot_reg(struct rm_boot_regs *regs, uint8_t set, uint8_t index)
{
	switch (set) {
	case RM_BOOT_X:
		return index < RM_ARRAY_SIZE(regs->x) ? &regs->x[index] : NULL;
	case RM_BOOT_PC:
		return index ? NULL : &regs->pc;
	case RM_BOOT_SP:
		return index < RM_ARRAY_SIZE(regs->sp) ? &regs->sp[index] :
							 NULL;
	default:
		return NULL;
	}
}

/**
 * vm_set_boot() - VM_SET_BOOT_CONTEXT
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_set_boot(struct rm *rm, struct rm_call *call)
{
	const uint8_t *in = call->in;
	struct rm_vm *vm;
	uint64_t *reg;
	uint32_t err;

	if (rm_get32(in + 4))
		return rm_refuse(rm, RM_ERR_MSG, "padding is not zero");
	vm = vm_owned(rm, call, &err);
	if (!vm)
		return err;
	if (vm->state != RM_STATE_READY)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "only between INIT and START");
	if (vm->cfg->auth != RM_AUTH_NONE)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "an authenticated VM starts in its firmware");
	reg = boot_reg(&vm->cfg->boot, in[2], in[3]);
	if (!reg)
		return rm_refuse(rm, RM_ERR_ARG, "there is no such register");
	*reg = rm_get64(in + 8);
	return RM_OK;
}
