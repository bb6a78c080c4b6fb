// SPDX-License-Identifier: GPL-2.0-only
/*
 * GET_HYP_RESOURCES: resources of a VM, with the caller's capabilities
 */
#include "rm_core.h"

/**
 * struct resource - an entry of a resource list
 * @type: enum rm_resource_type
 * @partner: VM at the other end
 * @label: label
 * @cap: capability of the caller
 * @virq: its interrupt
 */
struct resource {
	uint8_t type;
	uint16_t partner;
	uint32_t label;
	uint64_t cap;
	uint32_t virq;
};

static bool put_resource(struct rm_call *call, const struct resource *r)
{
	uint8_t *out = rm_out(call, RM_RES_ENTRY_SIZE);

	if (!out)
		return false;
	out[0] = r->type;
	rm_put16(out + 2, r->partner);
	rm_put32(out + 8, r->label);
	rm_put64(out + 12, r->cap);
	rm_put32(out + 24, r->virq);
	return true;
}

/* Only a VM's owner sees its vCPUs */
static bool put_vcpus(struct rm_call *call, const struct rm_vm *vm, uint32_t *n)
{
	uint32_t i;

	for (i = 0; vm->owner == call->vm->vmid && i < vm->cfg->nvcpus; i++) {
		const struct rm_vcpu *vcpu = &vm->cfg->vcpu[i];
		struct resource r = {
			.type = RM_RES_VCPU,
			.label = vm->cfg->proxy ? i : vcpu->affinity,
			.cap = vcpu->owner.cap,
			.virq = vcpu->owner.virq,
		};

		if (!vcpu->created)
			continue;
		if (!put_resource(call, &r))
			return false;
		(*n)++;
	}
	return true;
}

/* Likewise what it pages the VM's memory with */
static bool put_paging(struct rm_call *call, const struct rm_vm *vm,
		       uint32_t *n)
{
	const struct rm_paging_caps *caps = &vm->cfg->paging;
	struct resource r = { .type = RM_RES_ADDRSPACE, .cap = caps->space };
	uint32_t i;

	if (vm->owner != call->vm->vmid || !vm->cfg->has_paging)
		return true;
	if (!put_resource(call, &r))
		return false;
	(*n)++;
	r.type = RM_RES_MEMEXTENT;
	for (i = 0; i < RM_EXTENTS; i++) {
		r.label = i;
		r.cap = caps->extent[i];
		if (!put_resource(call, &r))
			return false;
		(*n)++;
	}
	return true;
}

/* The clock is set by a message: its entry has no capability */
static bool put_rtc(struct rm_call *call, const struct rm_vm *vm, uint32_t *n)
{
	const struct resource r = { .type = RM_RES_RTC, .cap = RM_CAP_NONE };

	if (vm->owner != call->vm->vmid || !vm->cfg->has_rtc)
		return true;
	(*n)++;
	return put_resource(call, &r);
}

/*
 * The host also owns the vCPU of the resource manager. The model has no vCPU, so
 * that the entry has no capability.
 */
static bool put_self(struct rm_call *call, uint32_t *n)
{
	const struct resource r = {
		.type = RM_RES_VCPU,
		.cap = RM_CAP_NONE,
		.virq = RM_VIRQ_NONE,
	};

	(*n)++;
	return put_resource(call, &r);
}

/* Sender and receiver have complementary types */
static uint8_t own_type(uint8_t peer_type)
{
	return peer_type ^ 1;
}

/* @as_peer: list the owner's ends of the devices, else @vm's own */
static bool put_vdevs(struct rm_call *call, const struct rm_vm *vm,
		      bool as_peer, uint32_t *n)
{
	const struct rm_vdev *v;
	uint32_t i;

	for (v = vm->cfg->vdevs; v; v = v->next) {
		if (v->type == RM_VDEV_RPC || v->alone)
			continue;
		for (i = 0; i < v->nlinks; i++) {
			const struct rm_link *l = &v->link[i];
			const struct rm_endpoint *e = as_peer ? &l->peer :
								&l->own;
			struct resource r = {
				.type = as_peer ? l->peer_type :
						  own_type(l->peer_type),
				.partner = as_peer ? vm->vmid : vm->owner,
				.label = v->label,
				.cap = e->cap,
				.virq = e->virq == RM_VIRQ_NONE ? 0 : e->virq,
			};

			if (!put_resource(call, &r))
				return false;
			(*n)++;
		}
	}
	return true;
}

/**
 * vm_get_resources() - VM_GET_HYP_RESOURCES
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_get_resources(struct rm *rm, struct rm_call *call)
{
	const struct rm_vm *vm = vm_get(rm, rm_get16(call->in));
	const struct rm_vm *caller = call->vm;
	uint8_t *count;
	uint32_t n = 0;
	bool ok = true;

	if (!vm)
		return rm_refuse(rm, RM_ERR_ARG, "there is no such VM");
	/* Host and resource manager exist without a configuration */
	if (!vm->cfg && vm != &rm->host && vm != &rm->self)
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "the VM is not configured");
	count = rm_out(call, 4);
	if (vm == &rm->self && caller == &rm->host)
		ok = put_self(call, &n);
	if (vm->cfg)
		ok = put_vcpus(call, vm, &n) && put_paging(call, vm, &n) &&
		     put_rtc(call, vm, &n);
	if (ok && caller->cfg && caller->owner == vm->vmid)
		ok = put_vdevs(call, caller, false, &n);
	if (ok && vm->cfg && vm->owner == caller->vmid)
		ok = put_vdevs(call, vm, true, &n);
	if (!ok)
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "they do not fit into a message");
	rm_put32(count, n);
	return RM_OK;
}
