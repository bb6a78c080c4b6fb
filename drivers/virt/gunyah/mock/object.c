// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities, doorbells and message queues
 *
 * All functions but those that allocate and free need mock.lock.
 */

#include <linux/lockdep.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mock.h"

#define MSGQ_MAX_SIZE	1023

static u64 cap_base(const struct mock_vm *vm)
{
	return vm == &mock.host ? MOCK_CAP_BASE << 32 : 0;
}

static struct mock_cap *cap_at(struct mock_vm *vm, u64 id)
{
	id -= cap_base(vm);
	return id < vm->max_caps ? &vm->caps[id] : NULL;
}

/**
 * mock_caps_init() - make the table of a VM's capabilities
 * @vm: VM
 * @max: size
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int mock_caps_init(struct mock_vm *vm, u32 max)
{
	vm->caps = kvcalloc(max, sizeof(*vm->caps), GFP_KERNEL);
	if (!vm->caps)
		return -ENOMEM;
	vm->max_caps = max;
	return 0;
}

/**
 * mock_caps_exit() - free the table of a VM's capabilities
 * @vm: VM
 *
 * Context: Process context, may sleep.
 */
void mock_caps_exit(struct mock_vm *vm)
{
	kvfree(vm->caps);
}

/**
 * mock_cap_add() - give a VM access to an object
 * @vm: VM
 * @type: of the object
 * @rights: what it may do with it
 * @object: the object
 * @last: with a high id: the resource manager gives vCPUs after virtual devices
 * @id: set to the capability id
 *
 * Return: an enum rm_hyp_error.
 */
int mock_cap_add(struct mock_vm *vm, enum mock_type type, u32 rights,
		 void *object, bool last, u64 *id)
{
	struct mock_cap *cap;
	u32 i, index;

	lockdep_assert_held(&mock.lock);

	for (i = 0; i < vm->max_caps; i++) {
		index = last ? vm->max_caps - 1 - i : i;
		cap = &vm->caps[index];
		if (cap->type != MOCK_NONE)
			continue;
		cap->type = type;
		cap->rights = rights;
		cap->object = object;
		vm->num_caps++;
		*id = cap_base(vm) + index;
		return RM_HYP_OK;
	}
	return RM_HYP_NORESOURCES;
}

/**
 * mock_cap_remove() - take access away
 * @vm: VM
 * @id: capability id; nothing is done if it is that of no capability
 */
void mock_cap_remove(struct mock_vm *vm, u64 id)
{
	struct mock_cap *cap = cap_at(vm, id);

	lockdep_assert_held(&mock.lock);

	if (!cap || cap->type == MOCK_NONE)
		return;
	cap->type = MOCK_NONE;
	vm->num_caps--;
}

/**
 * mock_cap_find() - find what a VM means by a capability id
 * @vm: VM
 * @id: the id
 * @type: type of object that it must be
 * @rights: what the VM must be allowed to do
 * @object: set to the object
 *
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_ARG_INVALID, GUNYAH_ERROR_CAP_NULL,
 * GUNYAH_ERROR_CAP_TYPE or GUNYAH_ERROR_CAP_RIGHTS.
 */
enum gunyah_error mock_cap_find(struct mock_vm *vm, u64 id, enum mock_type type,
				u32 rights, void **object)
{
	struct mock_cap *cap = cap_at(vm, id);

	lockdep_assert_held(&mock.lock);

	if (!cap)
		return GUNYAH_ERROR_ARG_INVALID;
	if (cap->type == MOCK_NONE)
		return GUNYAH_ERROR_CAP_NULL;
	if (cap->type != type)
		return GUNYAH_ERROR_CAP_TYPE;
	if ((cap->rights & rights) != rights)
		return GUNYAH_ERROR_CAP_RIGHTS;
	*object = cap->object;
	return GUNYAH_ERROR_OK;
}

/*
 * Doorbells
 */

static bool bell_asserted(struct mock_irq *irq)
{
	struct mock_bell *bell = container_of(irq, struct mock_bell, irq);

	return bell->flags & bell->enable;
}

/**
 * mock_bell_new() - make a doorbell
 *
 * Context: Process context, may sleep.
 * Return: the doorbell, or NULL.
 */
struct mock_bell *mock_bell_new(void)
{
	struct mock_bell *bell = kzalloc(sizeof(*bell), GFP_KERNEL);

	if (!bell)
		return NULL;
	bell->irq.asserted = bell_asserted;
	bell->enable = ~0ULL;
	return bell;
}

/**
 * mock_bell_free() - free a doorbell
 * @bell: disconnected, without capabilities; or NULL
 *
 * Context: Process context.
 */
void mock_bell_free(struct mock_bell *bell)
{
	kfree(bell);
}

/* The interrupt was raised: some flags have done their work */
static void bell_acknowledge(struct mock_bell *bell)
{
	if (bell->flags & bell->ack)
		bell->irq.latched = true;
	bell->flags &= ~bell->ack;
}

/**
 * mock_bell_send() - ring a doorbell
 * @bell: doorbell
 * @flags: to set
 *
 * Each ring raises the interrupt, even if all @flags are set already. If no
 * enabled flag is set, only one that is edge triggered.
 */
void mock_bell_send(struct mock_bell *bell, u64 flags)
{
	bool asserted;

	lockdep_assert_held(&mock.lock);

	bell->flags |= flags;
	asserted = bell->flags & bell->enable;
	mock_irq_raise(&bell->irq, !asserted);
	if (asserted)
		bell_acknowledge(bell);
}

/**
 * mock_bell_receive() - clear flags of a doorbell
 * @bell: doorbell
 * @flags: to clear
 *
 * Return: flags before.
 */
u64 mock_bell_receive(struct mock_bell *bell, u64 flags)
{
	u64 old = bell->flags;

	lockdep_assert_held(&mock.lock);

	bell->flags &= ~flags;
	return old;
}

/**
 * mock_bell_mask() - set the masks of a doorbell
 * @bell: doorbell
 * @enable: flags that raise the interrupt
 * @ack: flags that are cleared as it is raised
 */
void mock_bell_mask(struct mock_bell *bell, u64 enable, u64 ack)
{
	bool was = bell->flags & bell->enable, is = bell->flags & enable;

	lockdep_assert_held(&mock.lock);

	bell->enable = enable;
	bell->ack = ack;
	if (was && !is)
		mock_irq_clear(&bell->irq);
	else if (is && !was)
		mock_irq_raise(&bell->irq, false);
	if (is)
		bell_acknowledge(bell);
}

/*
 * Message queues
 */

/**
 * mock_msgq_new() - make a message queue
 * @params: what the resource manager wants
 *
 * Context: Process context, may sleep.
 * Return: the queue, or NULL: no memory, or a bad argument.
 */
struct mock_msgq *mock_msgq_new(const struct rm_object_params *params)
{
	struct mock_msgq *msgq;

	if (!params->msg_size || params->msg_size > MSGQ_MAX_SIZE ||
	    !params->depth)
		return NULL;
	msgq = kzalloc(sizeof(*msgq), GFP_KERNEL);
	if (!msgq)
		return NULL;
	msgq->from = params->from_vmid;
	msgq->to = params->to_vmid;
	msgq->max_size = params->msg_size;
	msgq->depth = params->depth;
	msgq->sizes = kcalloc(msgq->depth, sizeof(*msgq->sizes), GFP_KERNEL);
	msgq->data = kvcalloc(msgq->depth, msgq->max_size, GFP_KERNEL);
	if (msgq->sizes && msgq->data)
		return msgq;
	mock_msgq_free(msgq);
	return NULL;
}

/**
 * mock_msgq_free() - free a message queue
 * @msgq: disconnected, without capabilities; or NULL
 *
 * Context: Process context, may sleep.
 */
void mock_msgq_free(struct mock_msgq *msgq)
{
	if (!msgq)
		return;
	kfree(msgq->sizes);
	kvfree(msgq->data);
	kfree(msgq);
}

static u8 *msgq_slot(const struct mock_msgq *msgq, u32 i)
{
	return msgq->data + (size_t)i * msgq->max_size;
}

/**
 * mock_msgq_put() - append a message
 * @msgq: queue
 * @data: message
 * @size: its size
 * @push: interrupt the receiver even if it has other messages
 *
 * One of a bad size is lost without an error, as the published hypervisor does
 * it.
 *
 * Return: false if the queue is full.
 */
bool mock_msgq_put(struct mock_msgq *msgq, const void *data, size_t size,
		   bool push)
{
	u32 i;

	lockdep_assert_held(&mock.lock);

	if (msgq->count == msgq->depth)
		return false;
	if (!size || size > msgq->max_size)
		return true;
	i = (msgq->head + msgq->count) % msgq->depth;
	memcpy(msgq_slot(msgq, i), data, size);
	msgq->sizes[i] = size;
	msgq->count++;
	if (!push && msgq->count > 1)
		return true;
	if (msgq->to == RM_VMID_RM)
		mock_rm_kick();
	else
		mock_irq_raise(&msgq->recv, false);
	return true;
}

/**
 * mock_msgq_peek() - look for a message
 * @msgq: queue
 *
 * Return: size of the oldest one, 0 if there is none.
 */
size_t mock_msgq_peek(const struct mock_msgq *msgq)
{
	return msgq->count ? msgq->sizes[msgq->head] : 0;
}

static void msgq_has_room(struct mock_msgq *msgq)
{
	if (msgq->from != RM_VMID_RM) {
		mock_irq_raise(&msgq->send, false);
		return;
	}
	mock.vms[msgq->to]->rm_room = true;
	mock_rm_kick();
}

/**
 * mock_msgq_get() - take the oldest message
 * @msgq: queue that is not empty
 * @buf: room for it
 */
void mock_msgq_get(struct mock_msgq *msgq, void *buf)
{
	lockdep_assert_held(&mock.lock);

	memcpy(buf, msgq_slot(msgq, msgq->head), msgq->sizes[msgq->head]);
	msgq->head = (msgq->head + 1) % msgq->depth;
	msgq->count--;
	if (msgq->count == msgq->depth - 1)
		msgq_has_room(msgq);
}

/**
 * mock_msgq_flush() - drop all messages
 * @msgq: queue
 */
void mock_msgq_flush(struct mock_msgq *msgq)
{
	lockdep_assert_held(&mock.lock);

	msgq->count = 0;
	mock_irq_clear(&msgq->recv);
	msgq_has_room(msgq);
}
