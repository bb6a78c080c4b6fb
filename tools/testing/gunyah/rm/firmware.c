// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware of protected VMs. The host, or what has started it, registers an image
 * once. VM_START copies it into the VM's firmware memory, and the VM starts in it.
 */
#include "rm_core.h"

/**
 * fw_milestone() - FW_MILESTONE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t fw_milestone(struct rm *rm, struct rm_call *call)
{
	(void)call;
	rm->milestone = true;
	return RM_OK;
}

/**
 * fw_set_firmware() - FW_SET_VM_FIRMWARE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t fw_set_firmware(struct rm *rm, struct rm_call *call)
{
	const uint8_t *in = call->in;
	struct rm_parcel *p = parcel_find(rm, rm_get32(in + 4));
	uint64_t size = rm_get64(in + 16);

	if (rm_get16(in + 2))
		return rm_refuse(rm, RM_ERR_MSG, "padding is not zero");
	if (rm_get16(in) != RM_AUTH_ANDROID || rm_get64(in + 8))
		return rm_refuse(rm, RM_ERR_ARG, "unknown authentication or offset");
	if (!p || p->owner != call->vm->vmid)
		return rm_refuse(rm, RM_ERR_HANDLE, "no parcel of the caller");
	if (!parcel_acl(p, RM_VMID_RM))
		return rm_refuse(rm, RM_ERR_VMID,
				 "the parcel is not for the resource manager");
	if (!size || size > p->size)
		return rm_refuse(rm, RM_ERR_ARG, "not in the parcel");
	if (rm->fw_size)
		return rm_refuse(rm, RM_ERR_DENIED, "there is one already");
	rm->fw_handle = p->handle;
	rm->fw_size = size;
	return RM_OK;
}

static struct rm_parcel *fw_parcel(struct rm *rm, struct rm_vm *vm,
				   uint32_t handle)
{
	struct rm_parcel *p = parcel_find(rm, handle);

	return p && parcel_acl(p, vm->vmid) ? p : NULL;
}

static bool fw_fits(const struct rm_parcel *p, uint64_t offset, uint64_t size)
{
	return size && rm_page_aligned(offset) && rm_page_aligned(size) &&
	       offset <= p->size && size <= p->size - offset;
}

/**
 * vm_set_fw_mem() - VM_SET_FIRMWARE_MEM
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_set_fw_mem(struct rm *rm, struct rm_call *call)
{
	const uint8_t *in = call->in;
	struct rm_vm *vm = vm_get(rm, rm_get16(in));
	struct rm_parcel *p;

	if (rm_get16(in + 2))
		return rm_refuse(rm, RM_ERR_MSG, "padding is not zero");
	if (!vm)
		return rm_refuse(rm, RM_ERR_NORESOURCE, "there is no such VM");
	if (vm->owner != call->vm->vmid)
		return rm_refuse(rm, RM_ERR_DENIED, "not the caller's VM");
	if (vm->state != RM_STATE_INIT)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM is not just configured");
	if (vm->cfg->auth != RM_AUTH_ANDROID || !rm->fw_size)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "no protected VM, or no firmware registered");
	p = fw_parcel(rm, vm, rm_get32(in + 4));
	if (!p)
		return rm_refuse(rm, RM_ERR_HANDLE, "no parcel of the VM");
	if (!fw_fits(p, rm_get64(in + 8), rm_get64(in + 16)))
		return rm_refuse(rm, RM_ERR_ARG, "not in the parcel");
	vm->cfg->has_fw = true;
	vm->cfg->fw_handle = p->handle;
	vm->cfg->fw_offset = rm_get64(in + 8);
	vm->cfg->fw_size = rm_get64(in + 16);
	return RM_OK;
}

/**
 * fw_accept() - map the firmware memory of a VM that has it
 * @rm: resource manager
 * @vm: VM
 *
 * Part of VM_START.
 *
 * Return: error code, RM_OK for none
 */
uint32_t fw_accept(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vm_config *cfg = vm->cfg;
	struct rm_parcel *p;

	if (cfg->auth != RM_AUTH_ANDROID)
		return RM_OK;
	if (!cfg->has_fw)
		return rm_refuse(rm, RM_ERR_DENIED, "no firmware memory");
	if (cfg->fw_handle == cfg->image_handle) {
		cfg->fw_base = cfg->image_base + cfg->fw_offset;
		return RM_OK;
	}
	p = fw_parcel(rm, vm, cfg->fw_handle);
	if (!p || p->kind != RM_MEM_LEND || p->nacl != 1 ||
	    p->acl[0].rights != (RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X) ||
	    p->size > cfg->fw_size_max || accept_at(rm, p, vm, cfg->fw_base))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "firmware memory cannot be mapped");
	cfg->fw_base += cfg->fw_offset;
	return RM_OK;
}

/* Read from the registered image; @from is its parcel, NULL if it has none */
static int fw_read(struct rm *rm, struct rm_parcel *from, uint64_t offset,
		   void *buf, size_t size)
{
	if (from)
		return parcel_read(rm, from, offset, buf, size);
	memcpy(buf, (const uint8_t *)rm->config.firmware + offset, size);
	return RM_HYP_OK;
}

/**
 * fw_load() - copy the registered image into a VM's firmware memory
 * @rm: resource manager
 * @vm: VM
 *
 * Part of VM_START.
 *
 * Return: error code, RM_OK for none
 */
uint32_t fw_load(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vm_config *cfg = vm->cfg;
	struct rm_parcel *from = NULL, *to;
	uint64_t done, part;
	uint32_t err = RM_OK;
	uint8_t *page;

	if (cfg->auth != RM_AUTH_ANDROID)
		return RM_OK;
	if (!rm->config.firmware)
		from = parcel_find(rm, rm->fw_handle);
	to = fw_parcel(rm, vm, cfg->fw_handle);
	if (!rm->milestone || (!from && !rm->config.firmware) || !to ||
	    rm->fw_size > cfg->fw_size ||
	    !fw_fits(to, cfg->fw_offset, cfg->fw_size))
		return rm_refuse(rm, RM_ERR_DENIED,
				 "no milestone, or no place for the firmware");
	page = rm_alloc(rm, RM_PAGE_SIZE);
	if (!page)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	for (done = 0; done < rm->fw_size && !err; done += part) {
		part = rm->fw_size - done;
		if (part > RM_PAGE_SIZE)
			part = RM_PAGE_SIZE;
		if (fw_read(rm, from, done, page, part) ||
		    parcel_write(rm, to, cfg->fw_offset + done, page, part))
			err = rm_refuse(rm, RM_ERR_MEM,
					"firmware cannot be copied");
	}
	rm_free(rm, page, RM_PAGE_SIZE);
	return err;
}
