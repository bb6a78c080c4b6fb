// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand paging and address layout: memory that the owner of a VM gives it page
 * by page while it runs, in ranges that it has named before VM_INIT, and with
 * hypercalls of its own. No parcel is in such a range but the image and the
 * firmware, where VM_SET_ADDRESS_LAYOUT puts them.
 *
 * No published firmware has it. These are assumptions, each the strictest one:
 * - ranges are set once, in ascending order, before any layout; there is at
 *   least one;
 * - a VM that the hypervisor schedules, or a platform VM, has none;
 * - they are within base-address and size-max, if the devicetree has these, and
 *   all else in there that is not mapped is emulated by the owner;
 * - a layout range is in one of them or overlaps none; it has the size of its
 *   parcel, and a firmware parcel of its own;
 * - the devicetree's memory is all these ranges and the parcels;
 * - VM_RESET is refused until every page was taken back.
 */
#include "rm_core.h"

static bool overlaps(const struct rm_guest_range *r, uint64_t start,
		     uint64_t end)
{
	return r->size && start < r->ipa + r->size && r->ipa < end;
}

static bool contains(const struct rm_guest_range *r, uint64_t start,
		     uint64_t end)
{
	return r->size && start >= r->ipa && end <= r->ipa + r->size;
}

/* The first paged range that overlaps; NULL: none does */
static const struct rm_guest_range *
find_overlap(const struct rm_vm_config *cfg, uint64_t start, uint64_t end)
{
	uint32_t i;

	for (i = 0; i < cfg->num_paged; i++)
		if (overlaps(&cfg->paged[i], start, end))
			return &cfg->paged[i];
	return NULL;
}

/**
 * paging_blocks() - is a range kept free for demand paging?
 * @vm: VM
 * @start: first address
 * @end: first address behind it
 *
 * Return: false also for what VM_SET_ADDRESS_LAYOUT puts there
 */
bool paging_blocks(const struct rm_vm *vm, uint64_t start, uint64_t end)
{
	const struct rm_vm_config *cfg = vm->cfg;
	unsigned int i;

	if (!cfg)
		return false;
	for (i = 0; i < RM_LAYOUTS; i++)
		if (contains(&cfg->layout[i], start, end))
			return false;
	return find_overlap(cfg, start, end);
}

/**
 * paging_skip() - where may something go that has no fixed address?
 * @vm: VM
 * @start: first address
 * @end: first address behind it
 *
 * Return: the end of a paged or layout range that is in the way; 0: none is
 */
uint64_t paging_skip(const struct rm_vm *vm, uint64_t start, uint64_t end)
{
	const struct rm_vm_config *cfg = vm->cfg;
	const struct rm_guest_range *r = find_overlap(cfg, start, end);
	unsigned int i;

	for (i = 0; i < RM_LAYOUTS && !r; i++)
		if (overlaps(&cfg->layout[i], start, end))
			r = &cfg->layout[i];
	return r ? r->ipa + r->size : 0;
}

/* Checks for a request about a VM that is configured and not initialised */
static struct rm_vm *vm_to_lay_out(struct rm *rm, struct rm_call *call,
				   uint32_t *err)
{
	struct rm_vm *vm;

	if (rm_get16(call->in + 2)) {
		*err = rm_refuse(rm, RM_ERR_MSG, "padding is not zero");
		return NULL;
	}
	vm = vm_owned(rm, call, err);
	if (!vm)
		return NULL;
	if (vm->state != RM_STATE_INIT) {
		*err = rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM is not just configured");
		return NULL;
	}
	if (vm->cfg->auth == RM_AUTH_PLATFORM) {
		*err = rm_refuse(rm, RM_ERR_DENIED, "not for a platform VM");
		return NULL;
	}
	return vm;
}

static bool parse_ranges(const struct rm_vm *vm, const uint8_t *in,
			 uint32_t count, struct rm_guest_range *ranges)
{
	uint64_t end = 0;
	uint32_t i;

	for (i = 0; i < count; i++, in += 16) {
		ranges[i].ipa = rm_get64(in);
		ranges[i].size = rm_get64(in + 8);
		if (!ipa_memory_ok(vm, ranges[i].ipa, ranges[i].size) ||
		    ranges[i].ipa < end)
			return false;
		end = ranges[i].ipa + ranges[i].size;
	}
	return true;
}

/**
 * vm_set_paging() - VM_SET_DEMAND_PAGING
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_set_paging(struct rm *rm, struct rm_call *call)
{
	struct rm_guest_range *ranges;
	uint32_t count, err;
	struct rm_vm *vm;
	size_t size;

	if (call->len < 8)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	count = rm_get32(call->in + 4);
	if (call->len != 8 + 16 * (uint64_t)count)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	vm = vm_to_lay_out(rm, call, &err);
	if (!vm)
		return err;
	if (!count || vm->cfg->num_paged || vm->cfg->layout[0].size ||
	    vm->cfg->layout[1].size)
		return rm_refuse(rm, RM_ERR_ARG,
				 "no ranges, or not the first ones");
	size = count * sizeof(*ranges);
	ranges = rm_alloc(rm, size);
	if (!ranges)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	if (!parse_ranges(vm, call->in + 8, count, ranges)) {
		rm_free(rm, ranges, size);
		return rm_refuse(rm, RM_ERR_ARG,
				 "ranges that are not of pages, or not ascending");
	}
	vm->cfg->paged = ranges;
	vm->cfg->num_paged = count;
	return RM_OK;
}

/* Size of the parcel that a layout range is for; 0: there is none */
static uint64_t layout_size(struct rm *rm, const struct rm_vm *vm, uint32_t id)
{
	const struct rm_vm_config *cfg = vm->cfg;
	const struct rm_parcel *p = parcel_find(rm, id == RM_LAYOUT_IMAGE ?
						cfg->image_handle :
						cfg->fw_handle);

	return p ? p->size : 0;
}

/**
 * vm_set_layout() - VM_SET_ADDRESS_LAYOUT
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_set_layout(struct rm *rm, struct rm_call *call)
{
	struct rm_guest_range r = {
		rm_get64(call->in + 8), rm_get64(call->in + 16),
	};
	uint32_t id = rm_get32(call->in + 4), err;
	struct rm_vm *vm = vm_to_lay_out(rm, call, &err);
	const struct rm_guest_range *paged;
	struct rm_vm_config *cfg;

	if (!vm)
		return err;
	cfg = vm->cfg;
	if (id >= RM_LAYOUTS || !ipa_memory_ok(vm, r.ipa, r.size))
		return rm_refuse(rm, RM_ERR_ARG, "unknown or bad range");
	if (cfg->layout[id].size)
		return rm_refuse(rm, RM_ERR_ARG, "this range is set already");
	if (id == RM_LAYOUT_FIRMWARE &&
	    (!cfg->has_fw || cfg->fw_handle == cfg->image_handle))
		return rm_refuse(rm, RM_ERR_DENIED, "no firmware parcel");
	if (r.size != layout_size(rm, vm, id))
		return rm_refuse(rm, RM_ERR_ARG, "not the parcel's size");
	paged = find_overlap(cfg, r.ipa, r.ipa + r.size);
	if ((paged && !contains(paged, r.ipa, r.ipa + r.size)) ||
	    overlaps(&cfg->layout[!id], r.ipa, r.ipa + r.size))
		return rm_refuse(rm, RM_ERR_ARG, "the range overlaps another");
	cfg->layout[id] = r;
	return RM_OK;
}

/**
 * paging_config() - bring the ranges and the devicetree together
 * @rm: resource manager
 * @vm: VM whose devicetree has been read
 *
 * Return: what VM_INIT answers
 */
uint32_t paging_config(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vm_config *cfg = vm->cfg;
	const struct rm_guest_range *image = &cfg->layout[RM_LAYOUT_IMAGE];
	const struct rm_guest_range *fw = &cfg->layout[RM_LAYOUT_FIRMWARE];
	uint32_t i;

	cfg->image_base = image->size ? image->ipa : cfg->base;
	if (fw->size) {
		cfg->fw_base = fw->ipa;
		cfg->fw_size_max = fw->size;
	}
	if (!cfg->num_paged)
		return RM_OK;
	if (!cfg->proxy)
		return rm_refuse(rm, RM_ERR_ARG,
				 "paging of a VM that the hypervisor schedules");
	for (i = 0; cfg->has_base && i < cfg->num_paged; i++)
		if (cfg->paged[i].ipa < cfg->base ||
		    cfg->paged[i].ipa + cfg->paged[i].size >
		    cfg->base + cfg->size_max)
			return rm_refuse(rm, RM_ERR_ARG,
					 "paging beyond base-address or size-max");
	return RM_OK;
}

/**
 * paging_create() - the hypervisor's objects for demand paging
 * @rm: resource manager
 * @vm: VM
 *
 * Return: false if the hypervisor refuses
 */
bool paging_create(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vm_config *cfg = vm->cfg;

	if (!cfg->num_paged)
		return true;
	if (cfg->has_base && cfg->size_max &&
	    rm->ops->vmmio_add(rm->ctx, vm->vmid, cfg->base, cfg->size_max))
		return false;
	if (rm->ops->paging_create(rm->ctx, vm->vmid, cfg->paged,
				   cfg->num_paged, &cfg->paging))
		return false;
	cfg->has_paging = true;
	return true;
}

/**
 * paging_in_use() - does a VM have pages of its owner?
 * @rm: resource manager
 * @vm: VM with a configuration
 *
 * Return: true if so
 */
bool paging_in_use(struct rm *rm, const struct rm_vm *vm)
{
	return vm->cfg->has_paging &&
	       rm->ops->paging_pages(rm->ctx, vm->vmid);
}

/**
 * paging_destroy() - undo paging_create()
 * @rm: resource manager
 * @vm: VM with a configuration and without pages
 */
void paging_destroy(struct rm *rm, struct rm_vm *vm)
{
	if (vm->cfg->has_paging)
		rm->ops->paging_destroy(rm->ctx, vm->vmid);
	vm->cfg->has_paging = false;
}

/**
 * paging_free() - forget the ranges
 * @rm: resource manager
 * @cfg: configuration
 */
void paging_free(struct rm *rm, struct rm_vm_config *cfg)
{
	rm_free(rm, cfg->paged, cfg->num_paged * sizeof(*cfg->paged));
	cfg->paged = NULL;
	cfg->num_paged = 0;
}
