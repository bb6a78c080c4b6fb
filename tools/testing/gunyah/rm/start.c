// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM_INIT and VM_START: from a configured VM to a running one
 */
#include <libfdt.h>

#include "rm_core.h"

/* Published firmware assembles a finished devicetree of up to this size on its heap */
#define OVERLAY_HEAP	(16U << 10)

/**
 * struct dt - copy of a devicetree
 * @blob: the devicetree, its size rounded up
 * @size: its size as the owner has it
 * @capacity: bytes at @blob
 */
struct dt {
	void *blob;
	uint32_t size;
	size_t capacity;
};

static void dt_free(struct rm *rm, struct dt *dt)
{
	rm_free(rm, dt->blob, dt->capacity);
	dt->blob = NULL;
}

/* Upper limit for what vm_dt_patch() adds */
static size_t dt_room(struct rm *rm, const struct rm_vm *vm)
{
	const struct rm_vdev *v;
	const struct rm_parcel *p;
	size_t room = OVERLAY_HEAP;

	for (v = vm->cfg->vdevs; v; v = v->next)
		room += 512 + v->generate_len + v->push_len;
	for (p = rm->parcels; p; p = p->next)
		room += 512;
	return room + 16 * (size_t)vm->cfg->num_paged;
}

/* Work on a copy, because the owner may still write to the original */
static uint32_t dt_read(struct rm *rm, const struct rm_vm *vm, struct rm_parcel *p,
			size_t room, struct dt *dt)
{
	const struct rm_vm_config *cfg = vm->cfg;
	struct fdt_header header;
	uint32_t size;

	if (!rm_page_aligned(cfg->dt_offset) ||
	    !rm_page_aligned(cfg->dt_size) || cfg->dt_size < sizeof(header) ||
	    parcel_read(rm, p, cfg->dt_offset, &header, sizeof(header)))
		return rm_refuse(rm, RM_ERR_MEM,
				 "room for the devicetree is not of pages");
	size = fdt_totalsize(&header);
	if (fdt_magic(&header) != FDT_MAGIC || size < sizeof(header) ||
	    size > cfg->dt_size || size > RM_MAX_DT)
		return rm_refuse(rm, RM_ERR_MEM,
				 "no devicetree, or larger than its room");
	dt->size = size;
	/* libfdt may build the new tree behind the old one, which must be aligned */
	dt->capacity = rm_align_up(size, 8) + room;
	dt->blob = rm_alloc(rm, dt->capacity);
	if (!dt->blob)
		return rm_refuse(rm, RM_ERR_MEM, "no memory");
	if (parcel_read(rm, p, cfg->dt_offset, dt->blob, size) ||
	    !dt_valid(rm, dt->blob, size)) {
		dt_free(rm, dt);
		return rm_refuse(rm, RM_ERR_MEM, "damaged devicetree");
	}
	fdt_set_totalsize(dt->blob, rm_align_up(size, 8));
	return RM_OK;
}

static struct rm_parcel *image_parcel(struct rm *rm, const struct rm_vm *vm)
{
	struct rm_parcel *p = parcel_find(rm, vm->cfg->image_handle);

	return p && parcel_acl(p, vm->vmid) ? p : NULL;
}

/* VM_INIT --------------------------------------------------------------- */

static bool create_gic(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vm_config *cfg = vm->cfg;
	uint64_t redist = cfg->gicr_stride * cfg->nvcpus;

	if (cfg->gic_allocate) {
		if (!ipa_alloc(rm, vm, RM_GIC_FRAME, RM_GIC_FRAME,
			       &cfg->gicd) ||
		    !ipa_alloc(rm, vm, redist, RM_GIC_FRAME, &cfg->gicr))
			return false;
	} else if (!ipa_reserve(rm, vm, cfg->gicd, RM_GIC_FRAME) ||
		   !ipa_reserve(rm, vm, cfg->gicr, redist)) {
		return false;
	}
	return !rm->ops->gic_create(rm->ctx, vm->vmid, cfg->gicd, cfg->gicr,
				    cfg->gicr_stride, cfg->nvcpus);
}

static bool create_vcpus(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vm_config *cfg = vm->cfg;
	uint32_t i;

	for (i = 0; i < cfg->nvcpus; i++) {
		struct rm_vcpu *vcpu = &cfg->vcpu[i];
		struct rm_vcpu_params params = {
			.vmid = vm->vmid,
			.index = (uint8_t)i,
			.proxy = cfg->proxy,
			.affinity = vcpu->affinity,
			.timeslice_us = cfg->timeslice,
			.psci = cfg->psci,
		};

		if (rm->ops->vcpu_create(rm->ctx, &params, &vcpu->owner,
					 &vcpu->own))
			return false;
		vcpu->created = true;
	}
	return true;
}

static uint32_t do_init(struct rm *rm, struct rm_vm *vm)
{
	struct rm_parcel *p = image_parcel(rm, vm);
	struct dt dt;
	uint32_t err;

	if (!p)
		return rm_refuse(rm, RM_ERR_MEM, "the image is gone");
	err = dt_read(rm, vm, p, 0, &dt);
	if (err)
		return err;
	err = config_parse(rm, vm, dt.blob);
	dt_free(rm, &dt);
	if (!err)
		err = paging_config(rm, vm);
	if (err)
		return err;
	if (rm->late_inits) {
		rm->late_inits--;
		vm->cfg->refused_late = true;
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "objects of an ended VM are not free yet");
	}
	if (vm->cfg->auth != RM_AUTH_PLATFORM &&
	    rm->ops->vmmio_add(rm->ctx, vm->vmid, 0, RM_VMMIO_END))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "the hypervisor refuses the MMIO range");
	if (!create_gic(rm, vm))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "the hypervisor makes no such GIC");
	if (!create_vcpus(rm, vm))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "the hypervisor makes no such vCPU");
	if (!paging_create(rm, vm))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "the hypervisor refuses demand paging");
	boot_defaults(vm->cfg, &vm->cfg->boot);
	return vdev_create_all(rm, vm);
}

/**
 * vm_init() - VM_INIT
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_init(struct rm *rm, struct rm_call *call)
{
	struct rm_vm *vm;
	uint32_t err;

	if (rm_get16(call->in + 2))
		return rm_refuse(rm, RM_ERR_MSG, "padding is not zero");
	vm = vm_owned(rm, call, &err);
	if (!vm)
		return err;
	if (vm->state != RM_STATE_INIT)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM is not just configured");
	err = do_init(rm, vm);
	vm_set_state(rm, vm, err ? RM_STATE_INIT_FAILED : RM_STATE_READY);
	return err;
}

/* VM_START -------------------------------------------------------------- */

static bool exclusive_rwx(const struct rm_parcel *p, uint16_t vmid)
{
	return p->mem_type == RM_MEM_TYPE_NORMAL && p->kind == RM_MEM_LEND &&
	       p->nacl == 1 && p->acl[0].vmid == vmid &&
	       p->acl[0].rights == (RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X);
}

/**
 * start_is_private() - is a parcel private memory of a VM?
 * @p: parcel
 * @vmid: VMID
 *
 * Return: true if it is plain RAM, which goes next to the image
 */
bool start_is_private(const struct rm_parcel *p, uint16_t vmid)
{
	return !p->label && exclusive_rwx(p, vmid);
}

static uint32_t start_image(struct rm *rm, struct rm_vm *vm,
			    struct rm_parcel *p)
{
	struct rm_vm_config *cfg = vm->cfg;

	if (!rm->config.debug && !exclusive_rwx(p, vm->vmid))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "the image must be lent, to this VM alone");
	/* size-max does not limit the image, as in published firmware */
	if (accept_at(rm, p, vm, cfg->image_base))
		return RM_ERR_NORESOURCE;
	cfg->private_size = p->size;
	return RM_OK;
}

static struct rm_parcel *shm_parcel(struct rm *rm, const struct rm_vm *vm,
				    const struct rm_vdev *v)
{
	struct rm_parcel *p;

	for (p = rm->parcels; p; p = p->next)
		if (!p->gone && p->owner == vm->owner &&
		    p->label == v->mem_label && parcel_acl(p, vm->vmid) &&
		    p->handle != vm->cfg->image_handle)
			return p;
	return NULL;
}

static uint32_t start_shm(struct rm *rm, struct rm_vm *vm)
{
	const struct rm_vdev *v;

	for (v = vm->cfg->vdevs; v; v = v->next) {
		struct rm_parcel *p;

		if (v->type != RM_VDEV_SHM && v->type != RM_VDEV_SHM_BELL)
			continue;
		p = shm_parcel(rm, vm, v);
		if (!p && v->optional)
			continue;
		if (!p)
			return rm_refuse(rm, RM_ERR_NORESOURCE,
					 "no parcel for a shared memory device");
		/* Already accepted if the owner has sent MEM_NOTIFY */
		if (parcel_acl(p, vm->vmid)->state == RM_ACCEPTED)
			continue;
		if (v->has_base ? accept_at(rm, p, vm, v->base) :
				  accept_anywhere(rm, p, vm))
			return RM_ERR_NORESOURCE;
	}
	return RM_OK;
}

/* Map the other private parcels behind the image; true if there were any */
static bool start_private(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vm_config *cfg = vm->cfg;
	struct rm_parcel *p;
	bool any = false;

	for (p = rm->parcels; p; p = p->next) {
		if (p->gone || !start_is_private(p, vm->vmid) ||
		    p->acl[0].state != RM_NOT_ACCEPTED)
			continue;
		if (cfg->private_size + p->size > cfg->size_max) {
			rm_log(rm, "no room within size-max for private parcel",
			       p->handle);
			continue;
		}
		if (accept_at(rm, p, vm,
			      cfg->image_base + cfg->private_size)) {
			rm_pass_over(rm, "private parcel not mapped",
				     p->handle);
			continue;
		}
		cfg->private_size += p->size;
		any = true;
	}
	return any;
}

/* Map all other parcels at addresses of our choice */
static void start_others(struct rm *rm, struct rm_vm *vm)
{
	struct rm_parcel *p;

	for (p = rm->parcels; p; p = p->next) {
		struct rm_acl *acl = parcel_acl(p, vm->vmid);

		if (acl && !p->gone && p->owner != vm->vmid &&
		    acl->state == RM_NOT_ACCEPTED &&
		    accept_auto(rm, p, vm))
			rm_pass_over(rm, "parcel not mapped", p->handle);
	}
}

/*
 * Replace the owner's devicetree. A large one needs twice its size, because
 * published firmware builds it behind the original.
 */
static uint32_t dt_write(struct rm *rm, struct rm_vm *vm, struct rm_parcel *p,
			 struct dt *dt)
{
	uint64_t size, need;

	if (fdt_pack(dt->blob))
		return rm_refuse(rm, RM_ERR_NORESOURCE, "damaged devicetree");
	size = fdt_totalsize(dt->blob);
	need = size <= OVERLAY_HEAP ? size : 2 * size;
	if (need > vm->cfg->dt_size) {
		rm_log(rm, "finished devicetree needs bytes", need);
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "no room for the finished devicetree");
	}
	if (parcel_write(rm, p, vm->cfg->dt_offset, dt->blob, size))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "the devicetree cannot be written");
	return RM_OK;
}

static uint32_t start_dt(struct rm *rm, struct rm_vm *vm, struct rm_parcel *p)
{
	struct dt dt;
	uint32_t err;

	if (dt_read(rm, vm, p, dt_room(rm, vm), &dt))
		return RM_ERR_NORESOURCE;
	/* Published firmware puts an overlay behind it, which must be aligned */
	if (dt.size % 8)
		err = rm_refuse(rm, RM_ERR_NORESOURCE,
				"the devicetree's size is no multiple of 8");
	else if (fdt_open_into(dt.blob, dt.blob, (int)dt.capacity))
		err = rm_refuse(rm, RM_ERR_NORESOURCE, "damaged devicetree");
	else
		err = vm_dt_patch(rm, vm, dt.blob);
	if (!err)
		err = dt_write(rm, vm, p, &dt);
	dt_free(rm, &dt);
	return err;
}

static uint32_t do_start(struct rm *rm, struct rm_vm *vm)
{
	struct rm_parcel *p = image_parcel(rm, vm);
	bool more_private;
	uint32_t err;

	if (!p)
		return rm_refuse(rm, RM_ERR_NORESOURCE, "the image is gone");
	err = start_image(rm, vm, p);
	if (!err)
		err = fw_accept(rm, vm);
	if (!err)
		err = start_shm(rm, vm);
	if (err)
		return err;
	more_private = start_private(rm, vm);
	start_others(rm, vm);
	err = start_dt(rm, vm, p);
	if (err)
		return err;
	/* Published firmware flushes all private memory through the image parcel */
	if (more_private && vm->cfg->auth != RM_AUTH_PLATFORM)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "a private parcel besides the image");
	err = fw_load(rm, vm);
	return err ? err : boot_power_on(rm, vm);
}

/**
 * vm_start() - VM_START
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t vm_start(struct rm *rm, struct rm_call *call)
{
	uint32_t err;
	struct rm_vm *vm = vm_owned(rm, call, &err);

	if (!vm)
		return err;
	if (vm->state != RM_STATE_READY)
		return rm_refuse(rm, RM_ERR_VM_STATE,
				 "the VM is not initialised");
	err = do_start(rm, vm);
	vm_set_state(rm, vm, err ? RM_STATE_INIT_FAILED : RM_STATE_RUNNING);
	return err;
}
