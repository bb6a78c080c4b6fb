// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual devices: parsing their nodes, creating and destroying their objects
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
	{ "vrtc-pl031", RM_VDEV_RTC },
};

/* Types of the published firmware that need objects the model does not have */
static const char *const unsupported[] = {
	"virtio-mmio", "iomem", "vsmmu-v2",
};

static const struct type_name *find_type(const char *name)
{
	size_t i;

	for (i = 0; i < RM_ARRAY_SIZE(type_names); i++)
		if (!strcmp(name, type_names[i].name))
			return &type_names[i];
	return NULL;
}

static bool is_unsupported(const struct rm *rm, const char *name)
{
	size_t i;

	if (!rm->ops->rtc_create && !strcmp(name, "vrtc-pl031"))
		return true;
	for (i = 0; i < RM_ARRAY_SIZE(unsupported); i++)
		if (!strcmp(name, unsupported[i]))
			return true;
	return false;
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

/*
 * The peer is the owner, by default or by name, or another VM. Devices are not
 * connected to another VM, but the two become peers.
 */
static uint32_t check_peer(struct rm *rm, struct rm_vm *vm, struct rm_vdev *v,
			   const void *fdt, int node)
{
	char name[RM_MAX_NAME + 8];
	struct rm_vm *peer;

	if (v->type == RM_VDEV_RPC || v->type == RM_VDEV_RTC ||
	    has_prop(fdt, node, "peer-default"))
		return RM_OK;
	if (v->type == RM_VDEV_MSGQ || v->type == RM_VDEV_SHM ||
	    v->type == RM_VDEV_SHM_BELL ||
	    dt_string(fdt, node, "peer", name, sizeof(name)) < 0)
		return rm_refuse(rm, RM_ERR_MEM,
				 "virtual device without peer-default");
	peer = vm_by_name(rm, name);
	v->alone = !peer || peer->vmid != vm->owner;
	if (peer && peer != vm)
		vm_make_peers(vm, peer);
	else
		rm_log(rm, "virtual device with a peer that is not there, VM",
		       vm->vmid);
	return RM_OK;
}

/* An invalid triple means that an interrupt is to be allocated */
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

static uint32_t parse_queue(struct rm *rm, struct rm_vdev *v, const void *fdt,
			    int node)
{
	uint64_t size = RM_MSG_SIZE, depth = RM_QUEUE_DEPTH;

	if (dt_number(fdt, node, "message-size", 1, &size) == -2 ||
	    dt_number(fdt, node, "queue-depth", 1, &depth) == -2 ||
	    !size || size > MSG_SIZE_MAX || !depth || depth > 255 ||
	    (v->type == RM_VDEV_RPC && size != RM_MSG_SIZE))
		return rm_refuse(rm, v->type == RM_VDEV_RPC ?
				 RM_ERR_NORESOURCE : RM_ERR_ARG,
				 "bad message-size or queue-depth");
	v->msg_size = (uint16_t)size;
	v->depth = (uint8_t)depth;
	if (v->type != RM_VDEV_MSGQ)
		return RM_OK;
	v->sender = has_prop(fdt, node, "is-sender");
	if (v->sender == has_prop(fdt, node, "is-receiver"))
		return rm_refuse(rm, RM_ERR_ARG,
				 "message-queue must either send or receive");
	return RM_OK;
}

static bool parse_shm(struct rm_vdev *v, const void *fdt, int node)
{
	int child, mem = -1, base;
	const char *name;

	fdt_for_each_subnode(child, fdt, node) {
		name = fdt_get_name(fdt, child, NULL);
		if (mem >= 0 || !name || strcmp(name, "memory"))
			return false;
		mem = child;
	}
	if (mem < 0)
		return false;
	if (!read_label(fdt, node, &v->mem_label) &&
	    !read_label(fdt, mem, &v->mem_label))
		return false;
	v->label = v->mem_label;
	base = dt_number(fdt, mem, "base", fdt_address_cells(fdt, mem),
			 &v->base);
	if (base == -2 || !rm_page_aligned(v->base) ||
	    !base == has_prop(fdt, mem, "allocate-base"))
		return false;
	v->has_base = !base;
	v->optional = has_prop(fdt, mem, "optional");
	base = dt_number(fdt, node, "dma_base", 2, &v->dma_base);
	v->has_dma_base = !base;
	return base != -2;
}

static bool is_shm(const struct rm_vdev *v)
{
	return v->type == RM_VDEV_SHM || v->type == RM_VDEV_SHM_BELL;
}

static uint32_t parse_props(struct rm *rm, struct rm_vm *vm, struct rm_vdev *v,
			    const void *fdt, int node)
{
	bool is_bell = v->type == RM_VDEV_BELL || v->type == RM_VDEV_BELL_SOURCE;
	uint32_t err = check_peer(rm, vm, v, fdt, node);

	if (err)
		return err;
	parse_irqs(v, fdt, node);
	v->source_can_clear = has_prop(fdt, node, "source-can-clear");
	v->console = has_prop(fdt, node, "console-dev");
	if (is_shm(v))
		return parse_shm(v, fdt, node) ? RM_OK :
		       rm_refuse(rm, RM_ERR_MEM, "bad shared memory device");
	/* The label of a doorbell defaults to 0 */
	if (!read_label(fdt, node, &v->label) && v->type != RM_VDEV_RPC &&
	    v->type != RM_VDEV_RTC && !is_bell)
		return rm_refuse(rm, RM_ERR_ARG,
				 "virtual device without label");
	return is_bell || v->type == RM_VDEV_RTC ? RM_OK :
						   parse_queue(rm, v, fdt, node);
}

/*
 * Path of the node to create, /hypervisor/<name of this node> by default. No
 * node is created for "/".
 */
static int generate_path(const void *fdt, int node, char *buf)
{
	int len = dt_string(fdt, node, "generate", buf, GENERATE_MAX);
	const char *name;

	if (len != -1)
		return len > 1 && buf[0] == '/' && buf[len - 1] == '/' ? -2 :
									 len;
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
		return rm_refuse(rm, RM_ERR_ARG, "bad push-compatible");
	if (len < 0)
		return rm_refuse(rm, RM_ERR_ARG, "bad generate");
	size = sizeof(*v) + len + push_len;
	v = rm_alloc(rm, size);
	if (!v)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	v->alloc_size = size;
	v->type = type;
	v->relative = !len || path[0] != '/';
	v->generate_len = len;
	v->push_len = push_len;
	memcpy(v->data, path, len);
	if (push_len)
		memcpy(v->data + len, push, push_len);
	err = parse_props(rm, vm, v, fdt, node);
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
	const struct type_name *type;
	unsigned int rpcs = 0;
	uint32_t err = RM_OK;
	char name[32];
	int node, len;

	for (node = fdt_next_node(fdt, -1, NULL); node >= 0 && !err;
	     node = fdt_next_node(fdt, node, NULL)) {
		len = dt_string(fdt, node, "vdevice-type", name, sizeof(name));
		if (len == -1)
			continue;
		if (len < 0)
			return rm_refuse(rm, RM_ERR_ARG, "bad vdevice-type");
		if (is_unsupported(rm, name))
			return rm_refuse(rm, RM_ERR_NORESOURCE,
					 "the model has no such virtual device");
		type = find_type(name);
		if (!type) {
			rm_log(rm, "unknown vdevice-type passed over, VM",
			       vm->vmid);
			continue;
		}
		if (type->type == RM_VDEV_RPC && rpcs++)
			return rm_refuse(rm, RM_ERR_ARG, "two rm-rpc");
		err = parse_one(rm, vm, fdt, node, type->type);
	}
	return err;
}

/* Creation -------------------------------------------------------------- */

static int create_link(struct rm *rm, struct rm_vm *vm, struct rm_vdev *v,
		       enum rm_object kind, bool vm_sends,
		       const struct rm_irq *irq)
{
	/* The resource manager holds the other end of an unconnected device */
	uint16_t peer = v->type == RM_VDEV_RPC || v->alone ? RM_VMID_RM :
							     vm->owner;
	struct rm_link *l = &v->link[v->nlinks];
	/* Both ends of a queue have an interrupt, of a doorbell only the receiver */
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
		if (v->alone)
			return 0;
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

/*
 * One page of registers at an address of our choice, which the node has as its
 * "reg", with two cells each for address and size. What published firmware writes
 * there is not known.
 */
static bool create_rtc(struct rm *rm, struct rm_vm *vm, struct rm_vdev *v)
{
	if (vm->cfg->has_rtc ||
	    !ipa_alloc(rm, vm, RM_PAGE_SIZE, RM_PAGE_SIZE, &v->base) ||
	    rm->ops->rtc_create(rm->ctx, vm->vmid, v->base))
		return false;
	v->has_base = true;
	vm->cfg->has_rtc = true;
	return true;
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
			rm_die(rm, "out of heap: too many virtual devices");
			return RM_ERR_NORESOURCE;
		}
		v->counted = true;
		rm->vdevs++;
		if (create_links(rm, vm, v))
			return rm_refuse(rm, RM_ERR_NORESOURCE,
					 "the hypervisor makes no such device");
		if (v->type == RM_VDEV_RTC && !create_rtc(rm, vm, v))
			return rm_refuse(rm, RM_ERR_NORESOURCE,
					 "no place for a clock, or a second one");
		if (v->type == RM_VDEV_RPC && !create_channel(rm, vm, v))
			return rm_refuse(rm, RM_ERR_NORESOURCE, "no memory");
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
