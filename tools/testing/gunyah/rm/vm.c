// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: state machine, and the requests that drive it
 *
 * Peers are notified of each change of state, except of the first one, and before
 * the request that caused it is replied to.
 */
#include "rm_core.h"

/**
 * vm_owned() - find the VM of a request that only its owner may make
 * @rm: resource manager
 * @call: request, starts with the VMID
 * @err: result: error if there is none
 *
 * Return: the VM; NULL if it is unknown or not the caller's
 */
struct rm_vm *vm_owned(struct rm *rm, struct rm_call *call, uint32_t *err)
{
	struct rm_vm *vm = vm_get(rm, rm_get16(call->in));

	if (vm && vm->owner == call->vm->vmid)
		return vm;
	*err = vm ? rm_refuse(rm, RM_ERR_DENIED, "not the caller's VM") :
		    rm_refuse(rm, RM_ERR_VMID, "there is no such VM");
	return NULL;
}

static void notify_status(struct rm *rm, const struct rm_vm *vm)
{
	uint8_t data[8] = { 0 };
	uint16_t i;

	rm_put16(data, vm->vmid);
	data[4] = vm->state;
	data[5] = vm->os_state;
	rm_put16(data + 6, vm->app_status);
	for (i = 0; i <= RM_MAX_VMID; i++)
		if (vm_is_peer(vm, i))
			rpc_notify_peer(rm, i, RM_N_VM_STATUS, data,
					sizeof(data));
}

/**
 * vm_set_state() - change the state of a VM, and tell its peers
 * @rm: resource manager
 * @vm: VM
 * @state: enum rm_vm_state
 */
void vm_set_state(struct rm *rm, struct rm_vm *vm, uint8_t state)
{
	vm->state = state;
	notify_status(rm, vm);
}

/**
 * vm_kill_vcpus() - stop all vCPUs of a VM for good
 * @rm: resource manager
 * @vm: VM
 */
void vm_kill_vcpus(struct rm *rm, struct rm_vm *vm)
{
	uint32_t i;

	for (i = 0; i < vm->cfg->nvcpus; i++)
		if (vm->cfg->vcpu[i].created)
			rm->ops->vcpu_kill(rm->ctx, vm->vmid, (uint8_t)i);
}

/* A running VM ends: @reason as it stands in VM_EXITED */
static void vm_exited(struct rm *rm, struct rm_vm *vm, uint16_t type,
		      uint32_t reason)
{
	bool reset2 = type == RM_HALT_RESET2;
	uint8_t data[24] = { 0 };

	vm->halted = false;
	if (rm->config.fatal_static && !vm->cfg->proxy)
		rm_die(rm, "assertion: end of a VM that the hypervisor schedules");
	vm_kill_vcpus(rm, vm);
	vm_set_state(rm, vm, RM_STATE_EXITED);

	rm_put16(data, vm->vmid);
	rm_put16(data + 2, type);
	rm_put32(data + 4, reset2 ? 16 : 4);
	rm_put32(data + 8, reason);
	if (reset2) {
		rm_put32(data + 12, vm->halt_type);
		rm_put64(data + 16, vm->halt_cookie);
	}
	rpc_notify(rm, vm->owner, RM_N_VM_EXITED, data, reset2 ? 24 : 12);
}

/**
 * vm_halts() - handle one VM's halt
 * @rm: resource manager
 *
 * Return: false if there is none
 */
bool vm_halts(struct rm *rm)
{
	unsigned int i;

	for (i = 0; i <= RM_MAX_VMID; i++) {
		struct rm_vm *vm = rm->vms[i];

		if (!vm || !vm->halted)
			continue;
		vm_exited(rm, vm, vm->halt_reason,
			  vm->halt_reason == RM_HALT_RESET2 && vm->halt_smc64 ?
			  RM_EXIT_SMC64 : 0);
		return true;
	}
	return false;
}

/* Returns 0 if there is no VMID to be had */
static uint16_t pick_vmid(struct rm *rm, uint16_t wanted)
{
	uint16_t vmid;

	if (wanted)
		return wanted >= RM_SECONDARY_FIRST &&
		       wanted <= RM_SECONDARY_LAST && !rm->vms[wanted] ?
		       wanted : 0;
	for (vmid = RM_DYNAMIC_FIRST; vmid <= RM_DYNAMIC_LAST; vmid++)
		if (!rm->vms[vmid])
			return vmid;
	return 0;
}

/**
 * vm_alloc() - VM_ALLOC_VMID
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_alloc(struct rm *rm, struct rm_call *call)
{
	uint16_t wanted = rm_get16(call->in);
	uint16_t vmid = pick_vmid(rm, wanted);
	struct rm_vm *vm;

	if (!vmid)
		return rm_refuse(rm, RM_ERR_NORESOURCE, wanted ?
				 "this VMID cannot be had" : "no VMID is free");
	vm = rm_alloc(rm, sizeof(*vm));
	if (!vm)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	vm->vmid = vmid;
	vm->owner = call->vm->vmid;
	vm->state = RM_STATE_LOAD;
	rm->vms[vmid] = vm;
	vm_make_peers(vm, call->vm);
	rm->stats.vmids++;
	if (!wanted)
		rm_out32(call, vmid);
	return RM_OK;
}

static bool is_released(const struct rm_vm *vm)
{
	return vm->state == RM_STATE_LOAD || vm->state == RM_STATE_RESET;
}

static void vm_free(struct rm *rm, struct rm_vm *vm)
{
	vm_drop_peers(rm, vm);
	rm->vms[vm->vmid] = NULL;
	rm->stats.vmids--;
	rm_free(rm, vm, sizeof(*vm));
}

static void take_back(struct rm *rm, const struct rm_vm *vm)
{
	struct rm_parcel *p, *next;

	for (p = rm->parcels; p; p = next) {
		next = p->next;
		if (p->owner != rm->host.vmid || !parcel_acl(p, vm->vmid) ||
		    parcel_accepted(p))
			continue;
		parcel_give_back(rm, p, p->sanitize_on_reclaim);
		parcel_unlink(rm, p);
		parcel_free(rm, p);
	}
}

/**
 * rm_forget() - take back what the host has given up
 * @rm: resource manager
 *
 * All VMs of the host go that were not configured yet, or were reset, with the
 * parcels for them.
 */
void rm_forget(struct rm *rm)
{
	struct rm_vm *vm;
	unsigned int i;

	for (i = 0; i <= RM_MAX_VMID; i++) {
		vm = rm->vms[i];
		if (!vm || vm->owner != rm->host.vmid || !is_released(vm))
			continue;
		take_back(rm, vm);
		vm_free(rm, vm);
	}
}

/**
 * vm_dealloc() - VM_DEALLOC_VMID
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_dealloc(struct rm *rm, struct rm_call *call)
{
	uint32_t err;
	struct rm_vm *vm = vm_owned(rm, call, &err);

	if (!vm && err == RM_ERR_VMID)
		rm_die(rm, "assertion: DEALLOC of an unknown VM");
	if (!vm)
		return err;
	if (!is_released(vm))
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM was not reset");
	vm_free(rm, vm);
	return RM_OK;
}

/**
 * vm_stop() - VM_STOP
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_stop(struct rm *rm, struct rm_call *call)
{
	uint32_t err;
	struct rm_vm *vm = vm_owned(rm, call, &err);
	uint8_t reason[4];

	if (!vm)
		return RM_ERR_VMID;
	if (vm->state != RM_STATE_RUNNING)
		return rm_refuse(rm, RM_ERR_VM_STATE, "the VM does not run");
	if (vm->cfg->attrs & (RM_ATTR_NO_SHUTDOWN | RM_ATTR_CRASH_FATAL))
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "its attributes do not allow it");
	if (call->in[2] & 1) {
		vm_exited(rm, vm, RM_EXIT_STOPPED, 0);
	} else {
		memcpy(reason, call->in + 4, sizeof(reason));
		rpc_notify(rm, vm->vmid, RM_N_VM_SHUTDOWN, reason,
			   sizeof(reason));
	}
	return RM_OK;
}

/**
 * vm_exit() - VM_EXIT: the caller ends itself
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_exit(struct rm *rm, struct rm_call *call)
{
	struct rm_vm *vm = call->vm;
	uint8_t code = call->in[2];

	if (!vm->cfg)
		return rm_refuse(rm, RM_ERR_DENIED, "not for the host");
	if (code > 4 || code == 2)
		return rm_refuse(rm, RM_ERR_MSG, "unknown exit code");
	if (vm->cfg->attrs & RM_ATTR_CRASH_FATAL)
		return rm_refuse(rm, RM_ERR_ARG,
				 "its attributes do not allow it");
	vm_exited(rm, vm, RM_EXIT_SELF,
		  rm_get16(call->in) | (uint32_t)code << 16);
	return RM_OK;
}

static bool range_fits(uint64_t offset, uint64_t size, uint64_t total)
{
	return offset <= total && size <= total - offset;
}

static uint32_t do_config(struct rm *rm, struct rm_vm *vm,
			  struct rm_call *call)
{
	const uint8_t *in = call->in;
	struct rm_parcel *p = parcel_find(rm, rm_get32(in + 4));
	struct rm_vm_config *cfg;
	int err;

	if (!p || !parcel_acl(p, vm->vmid))
		return rm_refuse(rm, RM_ERR_MEM,
				 "the image is no parcel of this VM");
	if (!range_fits(rm_get64(in + 8), rm_get64(in + 16), p->size) ||
	    !range_fits(rm_get64(in + 24), rm_get64(in + 32), p->size))
		return rm_refuse(rm, RM_ERR_ARG,
				 "image or devicetree is not in the parcel");
	if (rm_get16(in + 2) > RM_AUTH_ANDROID)
		return rm_refuse(rm, RM_ERR_ARG, "unknown authentication");

	cfg = rm_alloc(rm, sizeof(*cfg));
	if (!cfg)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	err = rm->ops->vm_create(rm->ctx, vm->vmid);
	if (err) {
		rm_free(rm, cfg, sizeof(*cfg));
		call->hyp_error = err;
		return rm_refuse(rm, rm_error_of(err),
				 "the hypervisor makes no VM");
	}
	cfg->auth = rm_get16(in + 2);
	cfg->image_handle = p->handle;
	cfg->image_offset = rm_get64(in + 8);
	cfg->image_size = rm_get64(in + 16);
	cfg->dt_offset = rm_get64(in + 24);
	cfg->dt_size = rm_get64(in + 32);
	cfg->vdevs_tail = &cfg->vdevs;
	vm->cfg = cfg;
	return RM_OK;
}

/**
 * vm_config() - VM_CONFIG_IMAGE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_config(struct rm *rm, struct rm_call *call)
{
	uint32_t err;
	struct rm_vm *vm = vm_owned(rm, call, &err);

	if (!vm)
		return err;
	if (vm->state != RM_STATE_LOAD && vm->state != RM_STATE_RESET)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM is configured already");
	err = do_config(rm, vm, call);
	if (err)
		vm_set_state(rm, vm, RM_STATE_INIT_FAILED);
	else if (vm->cfg->auth == RM_AUTH_PLATFORM)
		vm_set_state(rm, vm, RM_STATE_AUTH);
	else
		vm_set_state(rm, vm, RM_STATE_INIT);
	return err;
}

/**
 * vm_auth() - VM_AUTH_IMAGE
 * @rm: resource manager
 * @call: request
 *
 * Authentication always succeeds, as on the published QEMU platform.
 *
 * Return: error code of the reply
 */
uint32_t vm_auth(struct rm *rm, struct rm_call *call)
{
	struct rm_vm *vm;
	uint32_t err;

	if (call->len < 4 ||
	    call->len != 4 + 8 * (size_t)rm_get16(call->in + 2))
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	vm = vm_owned(rm, call, &err);
	if (!vm)
		return err;
	if (vm->state != RM_STATE_AUTH)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM does not wait for it");
	vm_set_state(rm, vm, RM_STATE_INIT);
	return RM_OK;
}
