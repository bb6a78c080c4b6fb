// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM_RESET: tears a VM down, one step per turn of the event loop
 */
#include "rm_core.h"

/**
 * config_free() - free a VM's configuration
 * @rm: resource manager
 * @vm: VM
 */
void config_free(struct rm *rm, struct rm_vm *vm)
{
	paging_free(rm, vm->cfg);
	rm_free(rm, vm->cfg, sizeof(*vm->cfg));
	vm->cfg = NULL;
}

/**
 * vm_reset() - VM_RESET
 * @rm: resource manager
 * @call: request
 *
 * The reply only acknowledges the start. reset_turn() does the work.
 *
 * Return: error code of the reply
 */
uint32_t vm_reset(struct rm *rm, struct rm_call *call)
{
	uint32_t err;
	struct rm_vm *vm = vm_owned(rm, call, &err);

	if (!vm)
		return RM_ERR_VMID;
	if (!vm->cfg) {
		rm_die(rm, "assertion: RESET of a VM without configuration");
		return RM_ERR_VM_STATE;
	}
	if (vm->cfg->attrs & RM_ATTR_NO_RESET)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "its attributes do not allow it");
	if (vm->state != RM_STATE_EXITED && vm->state != RM_STATE_READY &&
	    vm->state != RM_STATE_INIT_FAILED)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "in this state a VM cannot be reset");
	if (paging_in_use(rm, vm))
		return rm_refuse(rm, RM_ERR_MEM_INUSE,
				 "the VM still has pages of its owner");
	vm_set_state(rm, vm, RM_STATE_RESETTING);
	if (rm->lose_resets) {
		rm->lose_resets--;
		vm->reset_lost = true;
		return RM_OK;
	}
	if (rm->fail_resets) {
		rm->fail_resets--;
		vm->reset_fails = true;
	} else {
		/* At once, so that no page can be given to the VM any more */
		paging_destroy(rm, vm);
	}
	rm->ops->kick(rm->ctx);
	return RM_OK;
}

/*
 * Release one parcel that the VM has accepted; false if there is none. Donated
 * memory has no owner afterwards.
 */
static bool release_parcel(struct rm *rm, struct rm_vm *vm)
{
	struct rm_parcel *p;
	struct rm_acl *acl;

	for (p = rm->parcels; p; p = p->next) {
		acl = parcel_acl(p, vm->vmid);
		if (!acl || acl->state == RM_NOT_ACCEPTED)
			continue;
		accept_undo(rm, p, acl);
		if (p->gone) {
			parcel_unlink(rm, p);
			parcel_free(rm, p);
		} else {
			mem_notify_released(rm, p, vm->vmid,
					    RM_N_MEM_RELEASED);
		}
		return true;
	}
	return false;
}

/* Take back one parcel that the VM owns; false if there is none */
static bool recall_parcel(struct rm *rm, struct rm_vm *vm)
{
	struct rm_parcel *p;
	uint32_t i;

	for (p = rm->parcels; p; p = p->next) {
		if (p->owner != vm->vmid || p->gone)
			continue;
		for (i = 0; i < p->nacl; i++)
			accept_undo(rm, p, &p->acl[i]);
		parcel_give_back(rm, p, p->sanitize_on_reclaim);
		parcel_unlink(rm, p);
		parcel_free(rm, p);
		return true;
	}
	return false;
}

static void destroy(struct rm *rm, struct rm_vm *vm)
{
	uint32_t i;

	for (i = 0; i < vm->cfg->nvcpus; i++)
		if (vm->cfg->vcpu[i].created)
			rm->ops->vcpu_destroy(rm->ctx, vm->vmid, (uint8_t)i);
	/* Else every retry would be refused */
	if (!vm->cfg->refused_late)
		rm->late_inits = rm->config.late;
	irq_forget(rm, vm->vmid);
	rm->ops->vm_destroy(rm->ctx, vm->vmid);
	ipa_free_all(rm, vm);
	config_free(rm, vm);
	vm->crash_len = 0;
	vm->os_state = 0;
	vm->app_status = 0;
}

static void reset_step(struct rm *rm, struct rm_vm *vm)
{
	if (vm->reset_fails) {
		vm->reset_fails = false;
		vm_set_state(rm, vm, RM_STATE_INIT_FAILED);
	} else if (!vm->cfg) {
		vm_set_state(rm, vm, RM_STATE_RESET);
		/* The owner too, so nobody is notified if the VMID is reused */
		vm_drop_peers(rm, vm);
	} else if (!vdev_destroy_one(rm, vm) && !release_parcel(rm, vm) &&
		   !recall_parcel(rm, vm)) {
		destroy(rm, vm);
	}
}

static bool resetting(const struct rm_vm *vm)
{
	return vm && vm->state == RM_STATE_RESETTING && !vm->reset_lost;
}

/**
 * reset_turn() - do a step of a reset, of all VMs in turn
 * @rm: resource manager
 *
 * Return: true if there is more to do
 */
bool reset_turn(struct rm *rm)
{
	unsigned int i, vmid;

	for (i = 1; i <= RM_MAX_VMID + 1; i++) {
		vmid = (rm->reset_turn + i) % (RM_MAX_VMID + 1);
		if (!resetting(rm->vms[vmid]))
			continue;
		rm->reset_turn = (uint16_t)vmid;
		reset_step(rm, rm->vms[vmid]);
		break;
	}
	for (i = 0; i <= RM_MAX_VMID; i++)
		if (resetting(rm->vms[i]))
			return true;
	return false;
}
