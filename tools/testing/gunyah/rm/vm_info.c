// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: what can be asked and told about them
 */
#include "rm_core.h"

#define HOST_TYPE_QEMU	0x01000164

/** enum id_type - entries of VM_GET_ID */
enum id_type {
	ID_GUID = 0,
	ID_URI = 1,
	ID_NAME = 2,
	ID_SIGN_AUTH = 3,
};

/**
 * vm_name() - name of a VM
 * @rm: resource manager
 * @vm: VM
 *
 * Return: name; NULL: it has none
 */
const char *vm_name(const struct rm *rm, const struct rm_vm *vm)
{
	if (vm == &rm->host)
		return rm->config.host_name;
	return vm->cfg && vm->cfg->name[0] ? vm->cfg->name : NULL;
}

static const char *vm_uri(const struct rm_vm *vm)
{
	return vm->cfg && vm->cfg->uri[0] ? vm->cfg->uri : NULL;
}

/* A VM may ask about itself, its owner, and VMs it owns */
static bool visible(const struct rm_vm *asks, const struct rm_vm *vm)
{
	return asks == vm || vm->owner == asks->vmid ||
	       asks->owner == vm->vmid;
}

/* VM that a query names, 0 is the caller */
static struct rm_vm *queried(struct rm *rm, struct rm_call *call)
{
	uint16_t vmid = rm_get16(call->in);

	return vmid ? vm_get(rm, vmid) : call->vm;
}

/**
 * vm_get_state() - VM_GET_STATE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_get_state(struct rm *rm, struct rm_call *call)
{
	const struct rm_vm *vm = queried(rm, call);
	uint8_t *out;

	if (!vm)
		return RM_ERR_NORESOURCE;
	if (!visible(call->vm, vm))
		return RM_ERR_DENIED;
	out = rm_out(call, 4);
	out[0] = vm->state;
	out[1] = vm->os_state;
	rm_put16(out + 2, vm->app_status);
	return RM_OK;
}

/**
 * vm_set_status() - VM_SET_STATUS
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_set_status(struct rm *rm, struct rm_call *call)
{
	struct rm_vm *vm = call->vm;

	if (vm->vmid < RM_SECONDARY_FIRST || vm->vmid > RM_SECONDARY_LAST)
		return RM_ERR_DENIED;
	if (call->in[1] > 7)
		return RM_ERR_ARG;
	if (call->in[1])
		vm->os_state = call->in[1];
	vm->app_status = rm_get16(call->in + 2);
	vm_set_state(rm, vm, vm->state);
	return RM_OK;
}

static bool put_id(struct rm_call *call, enum id_type type, const void *data,
		   size_t len)
{
	uint8_t *out = rm_out(call, 4 + rm_align_up(len, 4));

	if (!out)
		return false;
	out[0] = type;
	rm_put16(out + 2, (uint16_t)len);
	memcpy(out + 4, data, len);
	return true;
}

/**
 * vm_get_id() - VM_GET_ID
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_get_id(struct rm *rm, struct rm_call *call)
{
	const struct rm_vm *vm = queried(rm, call);
	const char *name, *uri;
	uint8_t *count;
	uint32_t n = 0;

	if (!vm || !visible(call->vm, vm))
		return RM_ERR_NORESOURCE;
	if (vm->state != RM_STATE_READY && vm->state != RM_STATE_RUNNING &&
	    vm->state != RM_STATE_PAUSED)
		return RM_ERR_VM_STATE;
	name = vm_name(rm, vm);
	uri = vm_uri(vm);
	count = rm_out(call, 4);
	if (vm->cfg && vm->cfg->has_guid)
		n += put_id(call, ID_GUID, vm->cfg->guid, 16);
	if (name)
		n += put_id(call, ID_NAME, name, strlen(name));
	if (uri)
		n += put_id(call, ID_URI, uri, strlen(uri));
	n += put_id(call, ID_SIGN_AUTH, "N/A", 3);
	rm_put32(count, n);
	return RM_OK;
}

static void put_vm(struct rm_call *call, uint8_t *count, uint16_t vmid)
{
	uint8_t *out = rm_out(call, 4);

	if (!out)
		return;
	rm_put16(out, vmid);
	rm_put32(count, rm_get32(count) + 1);
}

/**
 * vm_lookup() - VM_LOOKUP_URI, VM_LOOKUP_NAME
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_lookup(struct rm *rm, struct rm_call *call)
{
	size_t len, i;
	uint8_t *count;

	if (!call->len)
		return RM_ERR_ARG;
	if (call->len < 4)
		return RM_ERR_MSG;
	len = rm_get16(call->in);
	if (!len || len >= RM_MAX_NAME)
		return RM_ERR_ARG;
	if (call->len != 4 + rm_align_up(len, 4))
		return RM_ERR_MSG;
	for (i = 4 + len; i < call->len; i++)
		if (call->in[i])
			return RM_ERR_MSG;

	count = rm_out(call, 4);
	for (i = 0; i <= RM_MAX_VMID; i++) {
		const struct rm_vm *vm = rm->vms[i];
		const char *s;

		if (!vm || !visible(call->vm, vm))
			continue;
		s = call->id == RM_VM_LOOKUP_NAME_ID ? vm_name(rm, vm) :
						       vm_uri(vm);
		if (s && strlen(s) == len && !memcmp(s, call->in + 4, len))
			put_vm(call, count, vm->vmid);
	}
	return RM_OK;
}

/**
 * vm_lookup_guid() - VM_LOOKUP_GUID
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_lookup_guid(struct rm *rm, struct rm_call *call)
{
	uint8_t *count;
	size_t i;

	if (!call->len)
		return RM_ERR_ARG;
	if (call->len != 16)
		return RM_ERR_MSG;
	count = rm_out(call, 4);
	for (i = 0; i <= RM_MAX_VMID; i++) {
		const struct rm_vm *vm = rm->vms[i];

		if (vm && visible(call->vm, vm) && vm->cfg &&
		    vm->cfg->has_guid && !memcmp(vm->cfg->guid, call->in, 16))
			put_vm(call, count, vm->vmid);
	}
	return RM_OK;
}

/**
 * vm_get_owner() - VM_GET_OWNER
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_get_owner(struct rm *rm, struct rm_call *call)
{
	(void)rm;
	rm_out32(call, call->vm->owner);
	return RM_OK;
}

/**
 * vm_get_vmid() - VM_GET_VMID
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_get_vmid(struct rm *rm, struct rm_call *call)
{
	(void)rm;
	rm_out32(call, call->vm->vmid);
	return RM_OK;
}

/**
 * vm_get_peers() - VM_GET_PEERS
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_get_peers(struct rm *rm, struct rm_call *call)
{
	uint8_t *count = rm_out(call, 4);
	uint32_t n = 0;
	size_t i;

	for (i = 0; i <= RM_MAX_VMID; i++) {
		const struct rm_vm *vm = rm->vms[i];

		if (!vm || vm == call->vm || vm == &rm->self ||
		    !visible(call->vm, vm))
			continue;
		rm_out32(call, vm->vmid);
		n++;
	}
	rm_put32(count, n);
	return RM_OK;
}

/**
 * vm_get_crash() - VM_GET_CRASH_MSG
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_get_crash(struct rm *rm, struct rm_call *call)
{
	uint32_t err;
	const struct rm_vm *vm = vm_owned(rm, call, &err);
	uint8_t *out;

	if (!vm)
		return RM_ERR_VMID;
	out = rm_out(call, 4 + rm_align_up(vm->crash_len, 4));
	rm_put16(out, vm->crash_len);
	memcpy(out + 4, vm->crash, vm->crash_len);
	return RM_OK;
}

/**
 * vm_set_crash() - VM_SET_CRASH_MSG
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_set_crash(struct rm *rm, struct rm_call *call)
{
	size_t len;

	(void)rm;
	if (call->len < 4)
		return RM_ERR_MSG;
	len = rm_get16(call->in);
	if (len > RM_MAX_CRASH_MSG)
		return RM_ERR_ARG;
	if (call->len != 4 + len && call->len != 4 + rm_align_up(len, 4))
		return RM_ERR_MSG;
	call->vm->crash_len = (uint16_t)len;
	memcpy(call->vm->crash, call->in + 4, len);
	return RM_OK;
}

/**
 * vm_set_time_base() - VM_SET_TIME_BASE
 * @rm: resource manager
 * @call: request
 *
 * No VM of the model has a virtual real-time clock.
 *
 * Return: error code of the reply
 */
uint32_t vm_set_time_base(struct rm *rm, struct rm_call *call)
{
	const struct rm_vm *vm = queried(rm, call);

	if (!vm)
		return RM_ERR_NORESOURCE;
	if (!visible(call->vm, vm))
		return RM_ERR_DENIED;
	if (vm->state != RM_STATE_INIT && vm->state != RM_STATE_READY)
		return RM_ERR_VM_STATE;
	return RM_ERR_ARG;
}

/**
 * vm_host_type() - VM_HOST_GET_TYPE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_host_type(struct rm *rm, struct rm_call *call)
{
	(void)rm;
	rm_out32(call, HOST_TYPE_QEMU);
	return RM_OK;
}
