// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual devices: their description in the devicetree, the objects they are
 * made of
 */
#include <libfdt.h>

#include "rm_core.h"

#define GENERATE_MAX	256
#define PUSH_MAX	512
#define PUSH_STRINGS	6
#define MSG_SIZE_MAX	1024

/**
 * struct type_name - a string of vdevice-type
 * @name: the string
 * @type: enum rm_vdev_type
 */
struct type_name {
	const char *name;
	uint8_t type;
};

static const struct type_name type_names[] = {
	{ "rm-rpc", RM_VDEV_RPC },
	{ "doorbell", RM_VDEV_BELL },
	{ "doorbell-source", RM_VDEV_BELL_SOURCE },
	{ "message-queue", RM_VDEV_MSGQ },
	{ "message-queue-pair", RM_VDEV_MSGQ_PAIR },
	{ "shm", RM_VDEV_SHM },
	{ "shm-doorbell", RM_VDEV_SHM_BELL },
};

/* Known to the published one, which needs what the model does not have */
static const char *const unsupported[] = {
	"virtio-mmio", "iomem", "vsmmu-v2", "vrtc-pl031",
};

static uint32_t find_type(const char *name, uint8_t *type)
{
	size_t i;

	for (i = 0; i < RM_ARRAY_SIZE(type_names); i++) {
		if (!strcmp(name, type_names[i].name)) {
			*type = type_names[i].type;
			return RM_OK;
		}
	}
	for (i = 0; i < RM_ARRAY_SIZE(unsupported); i++)
		if (!strcmp(name, unsupported[i]))
			return RM_ERR_NORESOURCE;
	return RM_ERR_ARG;
}

static bool has_prop(const void *fdt, int node, const char *name)
{
	return fdt_getprop(fdt, node, name, NULL);
}

static bool read_label(const void *fdt, int node, uint32_t *label)
{
	uint64_t v;

	if (dt_number(fdt, node, "qcom,label", 1, &v) &&
	    dt_number(fdt, node, "label", 1, &v))
		return false;
	*label = (uint32_t)v;
	return true;
}

/* The peer must be the owner, by default or by name */
static uint32_t check_peer(struct rm *rm, struct rm_vdev *v, const void *fdt,
			   int node)
{
	char peer[RM_MAX_NAME + 8];
	int len;

	if (v->type == RM_VDEV_RPC || has_prop(fdt, node, "peer-default"))
		return RM_OK;
	if (v->type == RM_VDEV_MSGQ || v->type == RM_VDEV_SHM ||
	    v->type == RM_VDEV_SHM_BELL)
		return RM_ERR_ARG;
	len = dt_string(fdt, node, "peer", peer, sizeof(peer));
	if (len < 0)
		return RM_ERR_ARG;
	/* The model does not connect VMs that one owner has */
	if (len > 8 && !memcmp(peer, "vm-name:", 8) && rm->config.host_name &&
	    !strcmp(peer + 8, rm->config.host_name))
		return RM_OK;
	return RM_ERR_NORESOURCE;
}

/* A triple that makes no sense means: allocate one */
static void parse_irq(const uint8_t *cells, struct rm_irq *irq)
{
	uint32_t class = (uint32_t)dt_cells(cells, 1);
	uint32_t number = (uint32_t)dt_cells(cells + 4, 1);
	uint32_t type = (uint32_t)dt_cells(cells + 8, 1);

	if (type != 1 && type != 4)
		return;
	if (class == 0 && number < 988)
		irq->intid = 32 + number;
	else if (class == 1 && number < 16)
		irq->intid = 16 + number;
	else if (class == 2 && number < 1024)
		irq->intid = 4096 + number;
	else if (class == 3 && number < 64)
		irq->intid = 1056 + number;
	else
		return;
	irq->level = type == 4;
}

static void parse_irqs(struct rm_vdev *v, const void *fdt, int node)
{
	int i, len;
	const uint8_t *p = fdt_getprop(fdt, node, "interrupts", &len);

	for (i = 0; p && i < 2 && len >= 12 * (i + 1); i++)
		parse_irq(p + 12 * i, &v->irq[i]);
}

static uint32_t parse_queue(struct rm_vdev *v, const void *fdt, int node)
{
	uint64_t size = RM_MSG_SIZE, depth = RM_QUEUE_DEPTH;

	if (dt_number(fdt, node, "message-size", 1, &size) == -2 ||
	    dt_number(fdt, node, "queue-depth", 1, &depth) == -2 ||
	    !size || size > MSG_SIZE_MAX || !depth || depth > 255)
		return RM_ERR_ARG;
	if (v->type == RM_VDEV_RPC && size != RM_MSG_SIZE)
		return RM_ERR_ARG;
	v->msg_size = (uint16_t)size;
	v->depth = (uint8_t)depth;
	if (v->type != RM_VDEV_MSGQ)
		return RM_OK;
	v->sender = has_prop(fdt, node, "is-sender");
	return v->sender != has_prop(fdt, node, "is-receiver") ? RM_OK :
								 RM_ERR_ARG;
}

static uint32_t parse_shm(struct rm_vdev *v, const void *fdt, int node)
{
	int child, mem = -1, base;
	const char *name;

	fdt_for_each_subnode(child, fdt, node) {
		name = fdt_get_name(fdt, child, NULL);
		if (mem >= 0 || !name || strcmp(name, "memory"))
			return RM_ERR_ARG;
		mem = child;
	}
	if (mem < 0)
		return RM_ERR_ARG;
	if (!read_label(fdt, node, &v->mem_label) &&
	    !read_label(fdt, mem, &v->mem_label))
		return RM_ERR_ARG;
	v->label = v->mem_label;
	base = dt_number(fdt, mem, "base", fdt_address_cells(fdt, mem),
			 &v->base);
	if (base == -2 || !rm_page_aligned(v->base) ||
	    !base == has_prop(fdt, mem, "allocate-base"))
		return RM_ERR_ARG;
	v->has_base = !base;
	v->optional = has_prop(fdt, mem, "optional");
	base = dt_number(fdt, node, "dma_base", 2, &v->dma_base);
	v->has_dma_base = !base;
	return base == -2 ? RM_ERR_ARG : RM_OK;
}

static bool is_shm(const struct rm_vdev *v)
{
	return v->type == RM_VDEV_SHM || v->type == RM_VDEV_SHM_BELL;
}

static uint32_t parse_props(struct rm *rm, struct rm_vdev *v, const void *fdt,
			    int node)
{
	uint32_t err = check_peer(rm, v, fdt, node);

	if (err)
		return err;
	parse_irqs(v, fdt, node);
	v->source_can_clear = has_prop(fdt, node, "source-can-clear");
	v->console = has_prop(fdt, node, "console-dev");
	if (is_shm(v))
		return parse_shm(v, fdt, node);
	if (!read_label(fdt, node, &v->label) && v->type != RM_VDEV_RPC)
		return RM_ERR_ARG;
	if (v->type == RM_VDEV_BELL || v->type == RM_VDEV_BELL_SOURCE)
		return RM_OK;
	return parse_queue(v, fdt, node);
}

/* Path of the node to create: as given, or /hypervisor/<name of this node> */
static int generate_path(const void *fdt, int node, char *buf)
{
	int len = dt_string(fdt, node, "generate", buf, GENERATE_MAX);
	const char *name;

	if (len != -1)
		return len > 1 && buf[0] == '/' && buf[len - 1] != '/' ? len :
									 -2;
	name = fdt_get_name(fdt, node, &len);
	if (!name || len < 1 || len > GENERATE_MAX - 16)
		return -2;
	memcpy(buf, "/hypervisor/", 12);
	memcpy(buf + 12, name, len);
	name = memchr(buf + 12, '@', len);
	return name ? (int)(name - buf) : len + 12;
}

static uint32_t parse_one(struct rm *rm, struct rm_vm *vm, const void *fdt,
			  int node, uint8_t type)
{
	char path[GENERATE_MAX];
	int len = generate_path(fdt, node, path), push_len = 0;
	const char *push = fdt_getprop(fdt, node, "push-compatible", &push_len);
	struct rm_vdev *v;
	size_t size;
	uint32_t err;

	if (!push)
		push_len = 0;
	else if (fdt_stringlist_count(fdt, node, "push-compatible") < 0 ||
		 fdt_stringlist_count(fdt, node, "push-compatible") >
		 PUSH_STRINGS || push_len > PUSH_MAX)
		return RM_ERR_ARG;
	if (len < 0)
		return RM_ERR_ARG;
	size = sizeof(*v) + len + push_len;
	v = rm_alloc(rm, size);
	if (!v)
		return RM_ERR_NOMEM;
	v->alloc_size = size;
	v->type = type;
	v->generate_len = len;
	v->push_len = push_len;
	memcpy(v->data, path, len);
	if (push_len)
		memcpy(v->data + len, push, push_len);
	err = parse_props(rm, v, fdt, node);
	if (err) {
		rm_free(rm, v, size);
		return err;
	}
	*vm->cfg->vdevs_tail = v;
	vm->cfg->vdevs_tail = &v->next;
	return RM_OK;
}

/**
 * vdev_parse_all() - read the virtual devices in a devicetree
 * @rm: resource manager
 * @vm: VM
 * @fdt: devicetree, valid
 *
 * Return: what VM_INIT answers
 */
uint32_t vdev_parse_all(struct rm *rm, struct rm_vm *vm, const void *fdt)
{
	unsigned int rpcs = 0;
	char name[32];
	uint8_t type;
	uint32_t err;
	int node, len;

	for (node = fdt_next_node(fdt, -1, NULL); node >= 0;
	     node = fdt_next_node(fdt, node, NULL)) {
		len = dt_string(fdt, node, "vdevice-type", name, sizeof(name));
		if (len == -1)
			continue;
		err = len < 0 ? RM_ERR_ARG : find_type(name, &type);
		if (!err && type == RM_VDEV_RPC && rpcs++)
			err = RM_ERR_ARG;
		if (!err)
			err = parse_one(rm, vm, fdt, node, type);
		if (err) {
			rm_log(rm, "virtual device refused, VM", vm->vmid);
			return err;
		}
	}
	return RM_OK;
}

/* Creation -------------------------------------------------------------- */

static int create_link(struct rm *rm, struct rm_vm *vm, struct rm_vdev *v,
		       enum rm_object kind, bool vm_sends,
		       const struct rm_irq *irq)
{
	uint16_t peer = v->type == RM_VDEV_RPC ? RM_VMID_RM : vm->owner;
	struct rm_link *l = &v->link[v->nlinks];
	/* A doorbell's sender gets no interrupt, both ends of a queue do */
	uint32_t none = kind == RM_OBJ_MSGQ ? 0 : RM_VIRQ_NONE;
	uint32_t own_virq = !vm_sends || kind == RM_OBJ_MSGQ ? irq->intid :
							       RM_VIRQ_NONE;
	uint32_t peer_virq = peer == RM_VMID_RM ? RM_VIRQ_NONE :
			     vm_sends ? 0 : none;
	struct rm_object_params params = {
		.kind = kind,
		.from_vmid = vm_sends ? vm->vmid : peer,
		.to_vmid = vm_sends ? peer : vm->vmid,
		.from_virq = vm_sends ? own_virq : peer_virq,
		.to_virq = vm_sends ? peer_virq : own_virq,
		.from_level = vm_sends && irq->level,
		.to_level = !vm_sends && irq->level,
		.source_can_clear = v->source_can_clear,
		.msg_size = kind == RM_OBJ_MSGQ ? v->msg_size : 0,
		.depth = kind == RM_OBJ_MSGQ ? v->depth : 0,
	};
	int err;

	if (kind == RM_OBJ_DOORBELL)
		l->peer_type = vm_sends ? RM_RES_BELL_RX : RM_RES_BELL_TX;
	else
		l->peer_type = vm_sends ? RM_RES_MSGQ_RX : RM_RES_MSGQ_TX;
	l->level = irq->level;
	err = rm->ops->object_create(rm->ctx, &params, &l->handle,
				     vm_sends ? &l->own : &l->peer,
				     vm_sends ? &l->peer : &l->own);
	if (!err)
		v->nlinks++;
	return err;
}

static int create_links(struct rm *rm, struct rm_vm *vm, struct rm_vdev *v)
{
	static const struct rm_irq no_irq;
	int err;

	switch (v->type) {
	case RM_VDEV_BELL:
		return create_link(rm, vm, v, RM_OBJ_DOORBELL, false,
				   &v->irq[0]);
	case RM_VDEV_BELL_SOURCE:
		return create_link(rm, vm, v, RM_OBJ_DOORBELL, true, &no_irq);
	case RM_VDEV_MSGQ:
		return create_link(rm, vm, v, RM_OBJ_MSGQ, v->sender,
				   &v->irq[0]);
	case RM_VDEV_RPC:
	case RM_VDEV_MSGQ_PAIR:
		err = create_link(rm, vm, v, RM_OBJ_MSGQ, true, &v->irq[0]);
		if (!err)
			err = create_link(rm, vm, v, RM_OBJ_MSGQ, false,
					  &v->irq[1]);
		return err;
	case RM_VDEV_SHM_BELL:
		err = create_link(rm, vm, v, RM_OBJ_DOORBELL, true, &no_irq);
		if (!err)
			err = create_link(rm, vm, v, RM_OBJ_DOORBELL, false,
					  &v->irq[0]);
		return err;
	default:
		return 0;
	}
}

static bool create_channel(struct rm *rm, struct rm_vm *vm,
			   const struct rm_vdev *v)
{
	vm->chan = rm_alloc(rm, sizeof(*vm->chan));
	if (!vm->chan)
		return false;
	rpc_init(vm->chan);
	vm->cfg->has_console = v->console;
	return true;
}

static void destroy_channel(struct rm *rm, struct rm_vm *vm)
{
	if (!vm->chan)
		return;
	rpc_drop(rm, vm->chan);
	rm_free(rm, vm->chan, sizeof(*vm->chan));
	vm->chan = NULL;
	vm->cfg->has_console = false;
}

/**
 * vdev_create_all() - create the virtual devices that were read
 * @rm: resource manager
 * @vm: VM
 *
 * Return: error code, RM_OK for none
 */
uint32_t vdev_create_all(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vdev *v;

	for (v = vm->cfg->vdevs; v; v = v->next) {
		if (rm->config.max_vdevices &&
		    rm->vdevs >= rm->config.max_vdevices) {
			rm_die(rm, "out of heap: virtual devices");
			return RM_ERR_NORESOURCE;
		}
		v->counted = true;
		rm->vdevs++;
		if (create_links(rm, vm, v))
			return RM_ERR_NORESOURCE;
		if (v->type == RM_VDEV_RPC && !create_channel(rm, vm, v))
			return RM_ERR_NORESOURCE;
	}
	return RM_OK;
}

/**
 * vdev_destroy_one() - destroy a VM's first virtual device
 * @rm: resource manager
 * @vm: VM
 *
 * Return: false if it has none
 */
bool vdev_destroy_one(struct rm *rm, struct rm_vm *vm)
{
	struct rm_vdev *v = vm->cfg->vdevs;

	if (!v)
		return false;
	if (v->type == RM_VDEV_RPC)
		destroy_channel(rm, vm);
	while (v->nlinks)
		rm->ops->object_destroy(rm->ctx, v->link[--v->nlinks].handle);
	if (v->counted)
		rm->vdevs--;
	vm->cfg->vdevs = v->next;
	if (!v->next)
		vm->cfg->vdevs_tail = &vm->cfg->vdevs;
	rm_free(rm, v, v->alloc_size);
	return true;
}

/**
 * vdev_find_shm() - find the shared memory device for parcels with a label
 * @vm: VM
 * @label: label
 *
 * Return: device; NULL: there is none
 */
struct rm_vdev *vdev_find_shm(struct rm_vm *vm, uint32_t label)
{
	struct rm_vdev *v;

	for (v = vm->cfg ? vm->cfg->vdevs : NULL; v; v = v->next)
		if (is_shm(v) && v->mem_label == label)
			return v;
	return NULL;
}
