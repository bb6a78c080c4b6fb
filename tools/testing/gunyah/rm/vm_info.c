// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: queries, and what VMs report about themselves
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

/* The GUID is all zeroes if none was given */
static const uint8_t *vm_guid(const struct rm_vm *vm)
{
	static const uint8_t none[16];

	return vm->cfg ? vm->cfg->guid : none;
}

/* A VM may ask about itself, its owner, VMs it owns, and its peers */
static bool visible(const struct rm_vm *asks, const struct rm_vm *vm)
{
	return asks == vm || vm->owner == asks->vmid ||
	       asks->owner == vm->vmid || vm_is_peer(vm, asks->vmid);
}

/* VM of a query; VMID 0 is the caller */
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
		return rm_refuse(rm, RM_ERR_NORESOURCE, "there is no such VM");
	if (!visible(call->vm, vm))
		return rm_refuse(rm, RM_ERR_DENIED, "not the caller's VM");
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
		return rm_refuse(rm, RM_ERR_DENIED,
				 "only for VMs with a fixed VMID");
	if (call->in[1] > 7)
		return rm_refuse(rm, RM_ERR_ARG, "unknown state");
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

	if (!vm || (!visible(call->vm, vm) && vm != &rm->self))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "there is no such VM for the caller");
	if (vm == &rm->self ||
	    (vm->state != RM_STATE_READY && vm->state != RM_STATE_RUNNING &&
	     vm->state != RM_STATE_PAUSED))
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM has no identity yet");
	name = vm_name(rm, vm);
	uri = vm_uri(vm);
	count = rm_out(call, 4);
	n += put_id(call, ID_GUID, vm_guid(vm), 16);
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
		return rm_refuse(rm, RM_ERR_ARG, "empty");
	if (call->len < 4)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	len = rm_get16(call->in);
	if (!len || len >= RM_MAX_NAME)
		return rm_refuse(rm, RM_ERR_ARG, "no such name is possible");
	if (call->len != 4 + rm_align_up(len, 4))
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	for (i = 4 + len; i < call->len; i++)
		if (call->in[i])
			return rm_refuse(rm, RM_ERR_MSG, "padding is not zero");

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
		return rm_refuse(rm, RM_ERR_ARG, "empty");
	if (call->len != 16)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	count = rm_out(call, 4);
	for (i = 0; i <= RM_MAX_VMID; i++) {
		const struct rm_vm *vm = rm->vms[i];

		/* The host can be found by its GUID of zeroes, guests cannot */
		if (vm && visible(call->vm, vm) &&
		    (vm == &rm->host || (vm->cfg && vm->cfg->has_guid)) &&
		    !memcmp(vm_guid(vm), call->in, 16))
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
	rm_out32(call, call->vm == &rm->host ? RM_VMID_RM : call->vm->owner);
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
		if (!rm->vms[i] || !vm_is_peer(call->vm, (uint16_t)i))
			continue;
		rm_out32(call, (uint32_t)i);
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

	if (call->len < 4)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	len = rm_get16(call->in);
	if (len > RM_MAX_CRASH_MSG)
		return rm_refuse(rm, RM_ERR_ARG, "too long");
	if (call->len != 4 + len && call->len != 4 + rm_align_up(len, 4))
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	call->vm->crash_len = (uint16_t)len;
	memcpy(call->vm->crash, call->in + 4, len);
	return RM_OK;
}

/**
 * vm_set_time_base() - VM_SET_TIME_BASE
 * @rm: resource manager
 * @call: request
 *
 * The clock is made by VM_INIT: before that there is none.
 *
 * Return: error code of the reply
 */
uint32_t vm_set_time_base(struct rm *rm, struct rm_call *call)
{
	const struct rm_vm *vm = queried(rm, call);
	const uint8_t *in = call->in;

	if (!vm)
		return rm_refuse(rm, RM_ERR_NORESOURCE, "there is no such VM");
	if (!visible(call->vm, vm))
		return rm_refuse(rm, RM_ERR_DENIED, "not the caller's VM");
	if (vm->state != RM_STATE_INIT && vm->state != RM_STATE_READY)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "only between CONFIG_IMAGE and START");
	if (!vm->cfg->has_rtc)
		return rm_refuse(rm, RM_ERR_ARG, "the VM has no clock");
	rm->ops->rtc_set(rm->ctx, vm->vmid, rm_get64(in + 4),
			 rm_get64(in + 12));
	return RM_OK;
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

#define IPA_HEADER		16
#define IPA_RANGES_MAX		30
#define IPA_CONSTRAINTS		0x7f	/* generic constraints that exist */

/* Allocating fails for the host, whose address space is not tracked */
static uint32_t reserve_range(struct rm *rm, struct rm_call *call,
			      const uint8_t *entry)
{
	bool fixed = call->in[0] == RM_IPA_FIXED;
	uint64_t base = rm_get64(entry);
	uint64_t size = rm_get64(entry + (fixed ? 8 : 16));
	uint64_t align = fixed ? RM_PAGE_SIZE : rm_get64(entry + 24);
	uint8_t *out;

	if (!size || !rm_page_aligned(size) || !rm_page_aligned(base) ||
	    !align || align & (align - 1) || !rm_page_aligned(align))
		return rm_refuse(rm, RM_ERR_ARG, "range is not of pages");
	if (fixed ? !ipa_reserve(rm, call->vm, base, size) :
		    !ipa_alloc(rm, call->vm, size, align, &base))
		return rm_refuse(rm, RM_ERR_NORESOURCE, "range is not free");
	out = rm_out(call, 16);
	rm_put64(out, base);
	rm_put64(out + 8, size);
	return RM_OK;
}

/**
 * vm_ipa_reserve() - IPA_RESERVE
 * @rm: resource manager
 * @call: request
 *
 * Ranges stay reserved until the VM is reset.
 *
 * Return: error code of the reply
 */
uint32_t vm_ipa_reserve(struct rm *rm, struct rm_call *call)
{
	const uint8_t *in = call->in;
	uint32_t i, n, err = RM_OK;
	const uint8_t *out;
	size_t entry;

	if (call->len < IPA_HEADER)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	if (in[0] > RM_IPA_ALLOCATE)
		return rm_refuse(rm, RM_ERR_ARG, "unknown kind");
	entry = in[0] == RM_IPA_FIXED ? 16 : 32;
	n = rm_get32(in + 12);
	if (!n || n > IPA_RANGES_MAX)
		return rm_refuse(rm, RM_ERR_ARG, "number of ranges");
	if (call->len != IPA_HEADER + n * entry)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	if (rm_get32(in + 4) & ~IPA_CONSTRAINTS)
		return rm_refuse(rm, RM_ERR_ARG, "unknown constraint");
	rm_out32(call, n);
	for (i = 0; i < n && !err; i++)
		err = reserve_range(rm, call, in + IPA_HEADER + i * entry);
	for (out = call->out + 4; err && out < call->out + call->out_len;
	     out += 16)
		ipa_release(rm, call->vm, rm_get64(out), rm_get64(out + 8));
	return err;
}
