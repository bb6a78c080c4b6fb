// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the resource manager adds to a VM's devicetree before the VM starts
 *
 * Changes invalidate node offsets, so every function looks its node up by path or
 * by name. Errors are those of libfdt, and fail the start.
 */
#include <libfdt.h>

#include "rm_core.h"

#define PATH_MAX_LEN	320

static char *put_hex(char *p, uint64_t v)
{
	int shift = 60;

	while (shift && !(v >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[v >> shift & 15];
	*p = 0;
	return p;
}

static char *put_str(char *p, const char *s)
{
	size_t len = strlen(s);

	memcpy(p, s, len + 1);
	return p + len;
}

/* Append a string list: a literal, whose size includes the last zero */
#define APPEND_LIST(fdt, node, name, list) \
	fdt_appendprop(fdt, node, name, list, sizeof(list))

static int put_cells(void *fdt, int node, const char *name, uint64_t v,
		     int cells)
{
	if (cells == 2)
		return fdt_appendprop_u64(fdt, node, name, v);
	if (cells != 1 || v > UINT32_MAX)
		return -FDT_ERR_BADNCELLS;
	return fdt_appendprop_u32(fdt, node, name, (uint32_t)v);
}

/* Empty bus node with 2 address cells */
static int add_bus(void *fdt, const char *name, uint32_t size_cells)
{
	int node = fdt_add_subnode(fdt, 0, name);

	if (node < 0 ||
	    fdt_setprop_u32(fdt, node, "#address-cells", 2) ||
	    fdt_setprop_u32(fdt, node, "#size-cells", size_cells))
		return -1;
	return node;
}

/* /hypervisor ------------------------------------------------------------- */

static int add_vm_id(struct rm *rm, const struct rm_vm *vm, void *fdt, int hyp)
{
	const struct rm_vm_config *cfg = vm->cfg;
	int node = fdt_add_subnode(fdt, hyp, "qcom,gunyah-vm");
	static const char compat[] =
		"qcom,gunyah-vm-id-1.0\0qcom,gunyah-vm-id";
	int err;

	(void)rm;
	if (node < 0)
		return node;
	err = APPEND_LIST(fdt, node, "compatible", compat);
	err = err ? err : fdt_setprop_u32(fdt, node, "qcom,vmid", vm->vmid);
	err = err ? err : fdt_setprop_u32(fdt, node, "qcom,owner-vmid",
					  vm->owner);
	err = err ? err : fdt_setprop_string(fdt, node, "qcom,vendor",
					     cfg->vendor[0] ? cfg->vendor :
							      "Qualcomm");
	err = err ? err : fdt_setprop_string(fdt, node, "qcom,image-name",
					     cfg->name);
	if (!err && cfg->uri[0])
		err = fdt_setprop_string(fdt, node, "qcom,vm-uri", cfg->uri);
	if (!err && cfg->has_guid)
		err = fdt_setprop(fdt, node, "qcom,vm-guid", cfg->guid, 16);
	return err;
}

static int add_hypervisor(struct rm *rm, const struct rm_vm *vm, void *fdt)
{
	static const char compat[] = "gunyah-hypervisor\0"
		"qcom,gunyah-hypervisor-1.0\0qcom,gunyah-hypervisor\0simple-bus";
	int node;

	if (fdt_path_offset(fdt, "/hypervisor") >= 0) {
		rm_refuse(rm, RM_ERR_NORESOURCE, "there is a /hypervisor");
		return -FDT_ERR_EXISTS;
	}
	node = add_bus(fdt, "hypervisor", 0);
	if (node < 0 || APPEND_LIST(fdt, node, "compatible", compat))
		return -1;
	return add_vm_id(rm, vm, fdt, fdt_path_offset(fdt, "/hypervisor"));
}

/* Create the node of a virtual device, and missing parents */
static int add_generated(void *fdt, const struct rm_vdev *v)
{
	const char *at = v->data, *end = v->data + v->generate_len, *next;
	char name[PATH_MAX_LEN], *p = name;
	int node = 0, child;

	if (v->generate_len > PATH_MAX_LEN - 32)
		return -FDT_ERR_BADPATH;
	while (at < end) {
		at++;
		next = memchr(at, '/', end - at);
		if (!next)
			next = end;
		if (next == at)
			return -FDT_ERR_BADPATH;
		memcpy(name, at, next - at);
		p = name + (next - at);
		*p = 0;
		at = next;
		if (next == end)
			break;
		child = dt_exact_subnode(fdt, node, name);
		node = child < 0 ? fdt_add_subnode(fdt, node, name) : child;
		if (node < 0)
			return node;
	}
	/* The unit address is the last capability, or the address of memory */
	if (v->nlinks) {
		p = put_str(p, "@");
		put_hex(p, v->link[v->nlinks - 1].own.cap);
	} else if (v->has_base) {
		p = put_str(p, "@");
		put_hex(p, v->base);
	}
	return fdt_add_subnode(fdt, node, name);
}

static int put_interrupt(void *fdt, int node, const struct rm_link *l)
{
	uint32_t intid = l->own.virq, class, number;

	if (intid == RM_VIRQ_NONE)
		return 0;
	if (intid >= 4096) {
		class = 2;
		number = intid - 4096;
	} else if (intid >= 1056) {
		class = 3;
		number = intid - 1056;
	} else if (intid >= 32) {
		class = 0;
		number = intid - 32;
	} else {
		class = 1;
		number = intid - 16;
	}
	if (fdt_appendprop_u32(fdt, node, "interrupts", class) ||
	    fdt_appendprop_u32(fdt, node, "interrupts", number))
		return -1;
	return fdt_appendprop_u32(fdt, node, "interrupts", l->level ? 4 : 1);
}

static int put_type(void *fdt, int node, const struct rm_vdev *v)
{
	static const char rpc[] = "gunyah-resource-manager\0"
		"qcom,resource-manager\0qcom,resource-manager-1-0\0"
		"qcom,gunyah-message-queue\0qcom,gunyah-capability";
	static const char bell[] =
		"qcom,gunyah-doorbell\0qcom,gunyah-capability";
	static const char source[] =
		"qcom,gunyah-doorbell-source\0qcom,gunyah-capability";
	static const char msgq[] =
		"qcom,gunyah-message-queue\0qcom,gunyah-capability";
	static const char shm[] = "qcom,shared-memory";
	static const char rtc[] = "arm,pl031\0arm,primecell";

	if (v->push_len &&
	    fdt_appendprop(fdt, node, "compatible", v->data + v->generate_len,
			   (int)v->push_len))
		return -1;
	switch (v->type) {
	case RM_VDEV_RPC:
		return APPEND_LIST(fdt, node, "compatible", rpc);
	case RM_VDEV_BELL:
		return APPEND_LIST(fdt, node, "compatible", bell);
	case RM_VDEV_BELL_SOURCE:
		return APPEND_LIST(fdt, node, "compatible", source);
	case RM_VDEV_MSGQ:
	case RM_VDEV_MSGQ_PAIR:
		return APPEND_LIST(fdt, node, "compatible", msgq);
	case RM_VDEV_RTC:
		return APPEND_LIST(fdt, node, "compatible", rtc);
	default:
		return APPEND_LIST(fdt, node, "compatible", shm);
	}
}

static int put_queue(void *fdt, int node, const struct rm_vdev *v)
{
	bool pair = v->type != RM_VDEV_MSGQ;
	bool tx = pair || v->sender, rx = pair || !v->sender;
	int err = 0;

	if (tx)
		err = fdt_setprop_u32(fdt, node, "qcom,tx-message-size",
				      v->msg_size);
	if (tx && !err)
		err = fdt_setprop_u32(fdt, node, "qcom,tx-queue-depth",
				      v->depth);
	if (rx && !err)
		err = fdt_setprop_u32(fdt, node, "qcom,rx-message-size",
				      v->msg_size);
	if (rx && !err)
		err = fdt_setprop_u32(fdt, node, "qcom,rx-queue-depth",
				      v->depth);
	if (pair && !err)
		err = fdt_setprop_empty(fdt, node, "qcom,is-full-duplex");
	if (!pair && !err)
		err = fdt_setprop_empty(fdt, node,
					v->sender ? "is-sender" : "is-receiver");
	if (v->type == RM_VDEV_RPC && !err)
		err = fdt_setprop_u32(fdt, node, "qcom,free-irq-start", 0);
	if (v->type == RM_VDEV_RPC && !err)
		err = fdt_setprop_u32(fdt, node, "qcom,vdevice-handle", 0);
	return err;
}

static int add_vdev(struct rm *rm, void *fdt, const struct rm_vdev *v)
{
	uint32_t i;
	int node, err;

	if (v->relative) {
		rm_die(rm, "assertion: generate is a relative path");
		return -FDT_ERR_BADPATH;
	}
	if (v->generate_len == 1)
		return 0;
	node = add_generated(fdt, v);
	if (node < 0)
		return node;
	err = put_type(fdt, node, v);
	for (i = 0; i < v->nlinks && !err; i++)
		err = fdt_appendprop_u64(fdt, node, "reg", v->link[i].own.cap);
	for (i = 0; i < v->nlinks && !err; i++)
		err = put_interrupt(fdt, node, &v->link[i]);
	if (!err && v->type == RM_VDEV_RTC)
		err = fdt_appendprop_u64(fdt, node, "reg", v->base);
	if (!err && v->type == RM_VDEV_RTC)
		err = fdt_appendprop_u64(fdt, node, "reg", RM_PAGE_SIZE);
	if (!err && v->msg_size)
		err = put_queue(fdt, node, v);
	if (!err && v->has_dma_base)
		err = fdt_setprop_u64(fdt, node, "dma_base", v->dma_base);
	if (err || v->type == RM_VDEV_RPC)
		return err;
	err = fdt_setprop_u32(fdt, node, "qcom,label", v->label);
	return err ? err : fdt_setprop_u32(fdt, node, "label", v->label);
}

/* Memory ------------------------------------------------------------------ */

/* Is it an accepted parcel of normal memory, and not firmware? */
static bool is_memory(struct rm_parcel *p, const struct rm_vm *vm)
{
	const struct rm_acl *acl = parcel_acl(p, vm->vmid);
	const struct rm_vm_config *cfg = vm->cfg;

	return acl && acl->state == RM_ACCEPTED &&
	       p->mem_type == RM_MEM_TYPE_NORMAL &&
	       !(cfg->has_fw && p->handle == cfg->fw_handle &&
		 cfg->fw_handle != cfg->image_handle);
}

/*
 * The next parcel or range with demand paging. All parcels are contiguous here:
 * only a running guest can scatter one. One that is in a paged range begins
 * there or later.
 */
static bool next_memory(struct rm *rm, const struct rm_vm *vm, uint64_t from,
			uint64_t *start, uint64_t *end)
{
	const struct rm_guest_range *r = vm->cfg->paged;
	struct rm_parcel *p;
	bool found = false;
	uint32_t i;

	for (i = 0; i < vm->cfg->num_paged && !found; i++) {
		*start = r[i].ipa;
		*end = r[i].ipa + r[i].size;
		found = *start >= from;
	}
	for (p = rm->parcels; p; p = p->next) {
		const struct rm_acl *acl = parcel_acl(p, vm->vmid);

		if (!is_memory(p, vm) || acl->base < from ||
		    (found && acl->base >= *start))
			continue;
		*start = acl->base;
		*end = acl->base + p->size;
		found = true;
	}
	return found;
}

static int patch_memory(struct rm *rm, const struct rm_vm *vm, void *fdt)
{
	int ac = fdt_address_cells(fdt, 0), sc = fdt_size_cells(fdt, 0);
	int node = dt_exact_subnode(fdt, 0, "memory");
	uint64_t start, end, next_start, next_end;
	int err;

	if (node < 0)
		node = fdt_add_subnode(fdt, 0, "memory");
	if (node < 0)
		return node;
	err = fdt_setprop_string(fdt, node, "device_type", "memory");
	if (!err)
		err = fdt_setprop(fdt, node, "reg", NULL, 0);
	if (err || !next_memory(rm, vm, 0, &start, &end))
		return err ? err : -1;
	for (;;) {
		bool more = next_memory(rm, vm, end, &next_start, &next_end);

		if (more && next_start == end) {
			end = next_end;
			continue;
		}
		err = put_cells(fdt, node, "reg", start, ac);
		if (!err)
			err = put_cells(fdt, node, "reg", end - start, sc);
		if (err || !more)
			return err;
		start = next_start;
		end = next_end;
	}
}

/* /reserved-memory ---------------------------------------------------------- */

/* Find the parcel of a child of /reserved-memory by label or address */
static struct rm_parcel *static_parcel(struct rm *rm, const struct rm_vm *vm,
				       const void *fdt, int node)
{
	uint64_t label, addr, size;
	bool by_label = !dt_number(fdt, node, "qcom,label", 1, &label);
	struct rm_parcel *p;

	if (!by_label && !dt_reg(fdt, node, 0, &addr, &size))
		return NULL;
	for (p = rm->parcels; p; p = p->next) {
		struct rm_acl *acl = parcel_acl(p, vm->vmid);

		if (!acl || acl->state != RM_ACCEPTED)
			continue;
		if (by_label ? p->label == label :
			       accept_matches(p, acl, addr, size))
			return p;
	}
	return NULL;
}

/* Children without a parcel are only allowed if the guest allocates them */
static int patch_static(struct rm *rm, const struct rm_vm *vm, void *fdt)
{
	int parent = dt_exact_subnode(fdt, 0, "reserved-memory");
	int node, err;

	for (node = fdt_first_subnode(fdt, parent); node >= 0;
	     node = fdt_next_subnode(fdt, node)) {
		struct rm_parcel *p = static_parcel(rm, vm, fdt, node);
		uint32_t phandle;

		if (!p) {
			if (fdt_getprop(fdt, node, "size", NULL) &&
			    !fdt_getprop(fdt, node, "reg", NULL))
				continue;
			rm_refuse(rm, RM_ERR_NORESOURCE,
				  "a child of /reserved-memory has no parcel");
			return -FDT_ERR_NOTFOUND;
		}
		/* Adding properties does not move the node's own offset */
		err = fdt_setprop_u32(fdt, node, "qcom,rm-mem-handle",
				      p->handle);
		if (err)
			return err;
		if (fdt_get_phandle(fdt, node))
			continue;
		err = fdt_generate_phandle(fdt, &phandle);
		err = err ? err : fdt_setprop_u32(fdt, node, "phandle",
						  phandle);
		if (err)
			return err;
	}
	return 0;
}

static bool has_static_node(const void *fdt, uint32_t handle)
{
	int parent = dt_exact_subnode(fdt, 0, "reserved-memory");
	uint64_t v;
	int node;

	fdt_for_each_subnode(node, fdt, parent)
		if (!dt_number(fdt, node, "qcom,rm-mem-handle", 1, &v) &&
		    v == handle)
			return true;
	return false;
}

static int add_buffer(const struct rm_vm *vm, void *fdt, struct rm_parcel *p)
{
	int parent = dt_exact_subnode(fdt, 0, "reserved-memory");
	int ac = fdt_address_cells(fdt, parent);
	int sc = fdt_size_cells(fdt, parent);
	const struct rm_acl *acl = parcel_acl(p, vm->vmid);
	uint32_t phandle, i;
	char name[32];
	int node, err;

	put_hex(put_str(name, "buffer@"), acl->base);
	err = fdt_generate_phandle(fdt, &phandle);
	node = err ? err : fdt_add_subnode(fdt, parent, name);
	if (node < 0)
		return node;
	err = fdt_setprop_string(fdt, node, "compatible",
				 "qcom,shared-memory");
	err = err ? err : put_cells(fdt, node, "reg", acl->base, ac);
	err = err ? err : put_cells(fdt, node, "reg", p->size, sc);
	err = err ? err : fdt_setprop_empty(fdt, node, "no-map");
	for (i = 0; i < p->nacl && !err; i++)
		if (p->acl[i].vmid != vm->vmid)
			err = fdt_appendprop_u32(fdt, node, "peers",
						 p->acl[i].vmid);
	err = err ? err : fdt_setprop_u32(fdt, node, "qcom,rm-mem-handle",
					  p->handle);
	err = err ? err : fdt_setprop_u32(fdt, node, "qcom,label", p->label);
	return err ? err : fdt_setprop_u32(fdt, node, "phandle", phandle);
}

static int add_firmware(const struct rm_vm *vm, void *fdt)
{
	const struct rm_vm_config *cfg = vm->cfg;
	int parent = dt_exact_subnode(fdt, 0, "reserved-memory");
	int ac = fdt_address_cells(fdt, parent);
	int sc = fdt_size_cells(fdt, parent);
	char name[32];
	int node, err;

	if (!cfg->has_fw)
		return 0;
	put_hex(put_str(name, "firmware@"), cfg->fw_base);
	node = fdt_add_subnode(fdt, parent, name);
	if (node < 0)
		return node;
	err = fdt_setprop_string(fdt, node, "compatible", "qcom,vm-firmware");
	err = err ? err : put_cells(fdt, node, "reg", cfg->fw_base, ac);
	err = err ? err : put_cells(fdt, node, "reg", cfg->fw_size, sc);
	return err ? err : fdt_setprop_empty(fdt, node, "no-map");
}

/*
 * Parcels that the guest must not use as RAM: all except private ones and the
 * image. An image with a label is reserved as well.
 */
static bool wants_buffer(struct rm_parcel *p, const struct rm_vm *vm)
{
	if (!is_memory(p, vm) || start_is_private(p, vm->vmid))
		return false;
	return p->handle != vm->cfg->image_handle || p->label;
}

static int patch_reserved(struct rm *rm, const struct rm_vm *vm, void *fdt)
{
	struct rm_parcel *p;
	int node, err;

	if (dt_exact_subnode(fdt, 0, "reserved-memory") < 0) {
		node = add_bus(fdt, "reserved-memory", 2);
		if (node < 0 || fdt_setprop_empty(fdt, node, "ranges"))
			return -1;
	}
	err = patch_static(rm, vm, fdt);
	for (p = rm->parcels; p && !err; p = p->next)
		if (wants_buffer(p, vm) && !has_static_node(fdt, p->handle))
			err = add_buffer(vm, fdt, p);
	return err ? err : add_firmware(vm, fdt);
}

/* The rest ------------------------------------------------------------------ */

static int patch_chosen(struct rm *rm, void *fdt)
{
	int node = fdt_path_offset(fdt, "/chosen");

	if (node < 0) {
		rm_refuse(rm, RM_ERR_NORESOURCE, "there is no /chosen");
		return node;
	}
	return fdt_setprop_u64(fdt, node, "kaslr-seed",
			       rm->ops->random(rm->ctx));
}

static int add_vsoc(void *fdt)
{
	int node;

	if (dt_exact_subnode(fdt, 0, "vsoc") >= 0)
		return 0;
	node = add_bus(fdt, "vsoc", 2);
	if (node < 0 ||
	    fdt_setprop_string(fdt, node, "compatible", "simple-bus"))
		return -1;
	return fdt_setprop_empty(fdt, node, "ranges");
}

static int patch_gic(struct rm *rm, const struct rm_vm *vm, void *fdt)
{
	const struct rm_vm_config *cfg = vm->cfg;
	int gic = config_gic_node(rm, fdt), parent, ac, sc, err;

	if (!cfg->gic_allocate)
		return 0;
	parent = gic < 0 ? gic : fdt_parent_offset(fdt, gic);
	if (parent < 0)
		return parent;
	ac = fdt_address_cells(fdt, parent);
	sc = fdt_size_cells(fdt, parent);
	err = put_cells(fdt, gic, "reg", cfg->gicd, ac);
	err = err ? err : put_cells(fdt, gic, "reg", RM_GIC_FRAME, sc);
	err = err ? err : put_cells(fdt, gic, "reg", cfg->gicr, ac);
	err = err ? err : put_cells(fdt, gic, "reg",
				    cfg->gicr_stride * cfg->nvcpus, sc);
	err = err ? err : fdt_setprop_u64(fdt, gic, "redistributor-stride",
					  cfg->gicr_stride);
	return err ? err : fdt_setprop_u32(fdt, gic, "#redistributor-regions",
					   1);
}

/* Without PSCI a guest starts its vCPUs with their capabilities */
static int patch_cpus(const struct rm_vm *vm, void *fdt)
{
	int err = 0, cpu = -1;
	uint32_t i;

	for (i = 0; i < vm->cfg->nvcpus && !vm->cfg->psci && !err; i++) {
		cpu = config_next_cpu(fdt, cpu);
		if (cpu < 0)
			return cpu;
		err = fdt_setprop_u64(fdt, cpu, "qcom,gunyah-capability",
				      vm->cfg->vcpu[i].own.cap);
	}
	return err;
}

/**
 * vm_dt_patch() - make a VM's devicetree complete
 * @rm: resource manager
 * @vm: VM, its memory is mapped
 * @fdt: its devicetree, valid, opened with room to grow
 *
 * Return: error code
 */
uint32_t vm_dt_patch(struct rm *rm, struct rm_vm *vm, void *fdt)
{
	const struct rm_vdev *v;
	int err = patch_chosen(rm, fdt);

	if (!err)
		err = add_hypervisor(rm, vm, fdt);
	for (v = vm->cfg->vdevs; v && !err; v = v->next)
		err = add_vdev(rm, fdt, v);
	if (!err)
		err = patch_memory(rm, vm, fdt);
	if (!err)
		err = patch_reserved(rm, vm, fdt);
	if (!err)
		err = add_vsoc(fdt);
	if (!err)
		err = patch_gic(rm, vm, fdt);
	if (!err)
		err = patch_cpus(vm, fdt);
	return err ? rm_refuse(rm, RM_ERR_NORESOURCE, fdt_strerror(err)) :
		     RM_OK;
}
