// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs by VMID and by name, and the peers that are notified of their states
 */
#include "rm_core.h"

/**
 * vm_get() - find a VM
 * @rm: resource manager
 * @vmid: VMID
 *
 * Return: VM; NULL: the id is not allocated
 */
struct rm_vm *vm_get(struct rm *rm, uint32_t vmid)
{
	return vmid <= RM_MAX_VMID ? rm->vms[vmid] : NULL;
}

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

/**
 * vm_uri() - URI of a VM
 * @vm: VM
 *
 * Return: URI; NULL: it has none
 */
const char *vm_uri(const struct rm_vm *vm)
{
	return vm->cfg && vm->cfg->uri[0] ? vm->cfg->uri : NULL;
}

/**
 * vm_make_peers() - notify two VMs of each other's states
 * @a: VM
 * @b: another one
 */
void vm_make_peers(struct rm_vm *a, struct rm_vm *b)
{
	a->peers[b->vmid / 64] |= 1ULL << b->vmid % 64;
	b->peers[a->vmid / 64] |= 1ULL << a->vmid % 64;
}

/**
 * vm_is_peer() - are two VMs peers?
 * @vm: one
 * @vmid: the other one
 *
 * Return: true if so
 */
bool vm_is_peer(const struct rm_vm *vm, uint16_t vmid)
{
	return vmid <= RM_MAX_VMID && vm->peers[vmid / 64] >> vmid % 64 & 1;
}

/**
 * vm_drop_peers() - remove a VM from its peers' lists, and them from its own
 * @rm: resource manager
 * @vm: VM
 */
void vm_drop_peers(struct rm *rm, struct rm_vm *vm)
{
	unsigned int i;

	for (i = 0; i <= RM_MAX_VMID; i++)
		if (rm->vms[i])
			rm->vms[i]->peers[vm->vmid / 64] &=
				~(1ULL << vm->vmid % 64);
	memset(vm->peers, 0, sizeof(vm->peers));
}

/**
 * vm_by_name() - find a VM as a devicetree names it
 * @rm: resource manager
 * @name: "vm-name:" or "vm-uri:" and what it is
 *
 * Return: VM; NULL: there is none
 */
struct rm_vm *vm_by_name(struct rm *rm, const char *name)
{
	bool uri = !strncmp(name, "vm-uri:", 7);
	unsigned int i;

	if (!uri && strncmp(name, "vm-name:", 8))
		return NULL;
	name += uri ? 7 : 8;
	for (i = 0; i <= RM_MAX_VMID; i++) {
		struct rm_vm *vm = rm->vms[i];
		const char *s = NULL;

		if (vm)
			s = uri ? vm_uri(vm) : vm_name(rm, vm);
		if (s && !strcmp(s, name))
			return vm;
	}
	return NULL;
}
