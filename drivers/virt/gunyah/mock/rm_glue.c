// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager model in the kernel
 *
 * It runs in a worker: no answer comes before the hypercall that asked for it
 * has returned, and packets wait in their queue, as they do where the resource
 * manager is a VM.
 */

#define pr_fmt(fmt) "gunyah-mock: " fmt

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mock.h"

/* Until the resource manager's next turn */
#define DEFAULT_DELAY_US	20

/**
 * struct mock_link - a doorbell or message queue between two VMs
 * @bell: the doorbell, or NULL
 * @msgq: the queue, or NULL
 * @from: the sender, NULL: the resource manager
 * @to: the receiver, NULL: the resource manager
 * @from_cap: capability of the sender
 * @to_cap: capability of the receiver
 */
struct mock_link {
	struct mock_bell *bell;
	struct mock_msgq *msgq;
	struct mock_vm *from;
	struct mock_vm *to;
	u64 from_cap;
	u64 to_cap;
};

/* Both locks are held when these change */
static struct mock_msgq *rm_to[MOCK_VMIDS];	/* resource manager to VM */
static struct mock_msgq *rm_from[MOCK_VMIDS];	/* VM to resource manager */

/* Protected by mock.rm_lock */
static DEFINE_XARRAY_ALLOC1(rm_links);

static struct mock_vm *rm_vm(u16 vmid)
{
	return vmid < MOCK_VMIDS ? mock.vms[vmid] : NULL;
}

/*
 * Turns of the event loop
 */

/**
 * mock_rm_kick() - have the resource manager do a turn
 *
 * Context: Any.
 */
void mock_rm_kick(void)
{
	u64 delay = READ_ONCE(mock.rm_delay);

	/* A jiffy is much longer than a turn should wait */
	queue_delayed_work(mock.wq, &mock.rm_work,
			   delay < TICK_USEC ? 0 : usecs_to_jiffies(delay));
}

static bool rm_is_dead(void)
{
	struct rm_stats stats;

	rm_get_stats(mock.rm, &stats);
	return stats.dead;
}

static size_t rm_take_packet(u16 vmid, void *packet)
{
	struct mock_msgq *msgq = rm_from[vmid];
	size_t size;

	guard(spinlock_irq)(&mock.lock);
	size = mock_msgq_peek(msgq);
	if (size)
		mock_msgq_get(msgq, packet);
	return size;
}

static void rm_take_packets(u16 vmid)
{
	u8 packet[RM_MSG_SIZE];
	size_t size;

	while (!rm_is_dead()) {
		size = rm_take_packet(vmid, packet);
		if (!size)
			break;
		rm_rx(mock.rm, vmid, packet, size);
	}
}

/* Returns whether there is a halt that it is too early for */
static bool rm_take_halt(struct mock_vm *vm)
{
	struct mock_halt halt;

	scoped_guard(spinlock_irq, &mock.lock) {
		halt = vm->halt;
		if (!halt.pending)
			return false;
		if (time_before(jiffies, halt.when))
			return true;
		vm->halt.pending = false;
	}
	rm_vcpu_halted(mock.rm, vm->vmid, halt.index, halt.reason,
		       halt.reset_type, halt.cookie, true);
	return false;
}

static void rm_take_room(struct mock_vm *vm)
{
	scoped_guard(spinlock_irq, &mock.lock) {
		if (!vm->rm_room)
			return;
		vm->rm_room = false;
	}
	rm_tx_ready(mock.rm, vm->vmid);
}

static void rm_kick_late(struct work_struct *work)
{
	mock_rm_kick();
}

static DECLARE_DELAYED_WORK(rm_late_work, rm_kick_late);

static void rm_turn(struct work_struct *work)
{
	bool late = false;
	u32 vmid;

	guard(mutex)(&mock.rm_lock);
	for (vmid = 0; vmid < MOCK_VMIDS; vmid++) {
		if (rm_from[vmid])
			rm_take_packets(vmid);
		if (!mock.vms[vmid])
			continue;
		rm_take_room(mock.vms[vmid]);
		late |= rm_take_halt(mock.vms[vmid]);
	}
	if (rm_work(mock.rm))
		mock_rm_kick();
	if (late)
		queue_delayed_work(mock.wq, &rm_late_work, 1);
}

/**
 * mock_rm_revive() - the resource manager is started again after its death
 *
 * Context: Process context, may sleep; mock.rm_lock is held.
 */
void mock_rm_revive(void)
{
	u32 vmid;

	lockdep_assert_held(&mock.rm_lock);

	/* First: it must not fill the room that flushing makes */
	rm_revive(mock.rm);
	scoped_guard(spinlock_irq, &mock.lock) {
		for (vmid = 0; vmid < MOCK_VMIDS; vmid++) {
			if (rm_to[vmid])
				mock_msgq_flush(rm_to[vmid]);
			if (rm_from[vmid])
				mock_msgq_flush(rm_from[vmid]);
		}
	}
	mock_rm_kick();
}

/*
 * Operations for the model: services
 */

static void *op_alloc(void *ctx, size_t size)
{
	return kvzalloc(size, GFP_KERNEL);
}

static void op_free(void *ctx, void *ptr, size_t size)
{
	kvfree(ptr);
}

static u64 op_random(void *ctx)
{
	return get_random_u64();
}

/* A death that was not planned is a fault of the driver */
static void op_log(void *ctx, const char *line)
{
	if (strstr(line, " died in "))
		pr_warn("%s\n", line);
	else
		pr_debug("%s\n", line);
}

static void op_kick(void *ctx)
{
	mock_rm_kick();
}

static bool op_send(void *ctx, u16 vmid, const void *packet, size_t len)
{
	struct mock_msgq *msgq = vmid < MOCK_VMIDS ? rm_to[vmid] : NULL;

	/* Lost if the VM has no channel to the resource manager */
	if (!msgq)
		return true;
	guard(spinlock_irq)(&mock.lock);
	return mock_msgq_put(msgq, packet, len, false);
}

/*
 * Operations for the model: memory
 */

static int op_mem_take(void *ctx, u16 owner, u64 ipa, u64 size,
		       enum rm_mem_kind kind, u8 owner_rights)
{
	return mock_mem_take(owner, ipa, size, kind);
}

static void op_mem_give_back(void *ctx, u16 owner, u64 ipa, u64 size,
			     bool sanitize)
{
	mock_mem_give_back(owner, ipa, size, sanitize);
}

static int op_mem_map(void *ctx, u16 vmid, u64 to_ipa, u16 owner, u64 ipa,
		      u64 size, u8 rights)
{
	struct mock_vm *vm = rm_vm(vmid);

	if (!vm || vm == &mock.host)
		return RM_HYP_ARG_INVALID;
	return mock_mem_map(vm, to_ipa, owner, ipa, size, rights);
}

static void op_mem_unmap(void *ctx, u16 vmid, u64 to_ipa, u64 size)
{
	struct mock_vm *vm = rm_vm(vmid);

	if (!WARN_ON_ONCE(!vm || vm == &mock.host))
		mock_mem_unmap(vm, to_ipa, size);
}

static void op_mem_sync(void *ctx)
{
	mock_mem_sync();
}

static u64 op_mem_contiguous(void *ctx, u16 owner, u64 ipa, u64 size)
{
	struct mock_vm *vm = rm_vm(owner);

	return vm ? mock_mem_contiguous(vm, ipa, size) : 0;
}

static int op_mem_read(void *ctx, u16 owner, u64 ipa, void *buf, size_t size)
{
	struct mock_vm *vm = rm_vm(owner);

	return vm ? mock_mem_copy(vm, ipa, buf, size, false) :
		    RM_HYP_ADDR_INVALID;
}

static int op_mem_write(void *ctx, u16 owner, u64 ipa, const void *buf,
			size_t size)
{
	struct mock_vm *vm = rm_vm(owner);

	return vm ? mock_mem_copy(vm, ipa, (void *)buf, size, true) :
		    RM_HYP_ADDR_INVALID;
}

/*
 * Operations for the model: VMs
 */

static int op_vm_create(void *ctx, u16 vmid)
{
	struct mock_vm *vm;

	if (vmid >= MOCK_VMIDS)
		return RM_HYP_ARG_INVALID;
	if (mock.vms[vmid])
		return RM_HYP_BUSY;
	vm = kvzalloc(sizeof(*vm), GFP_KERNEL);
	if (!vm)
		return RM_HYP_NOMEM;
	if (mock_caps_init(vm, MOCK_GUEST_CAPS)) {
		kvfree(vm);
		return RM_HYP_NOMEM;
	}
	vm->vmid = vmid;
	xa_init(&vm->pages);
	guard(spinlock_irq)(&mock.lock);
	mock.vms[vmid] = vm;
	mock.stats.vms++;
	return RM_HYP_OK;
}

static void op_vm_destroy(void *ctx, u16 vmid)
{
	struct mock_vm *vm = rm_vm(vmid);
	struct mock_link *link;
	unsigned long handle;

	if (WARN_ON(!vm || vm == &mock.host))
		return;
	WARN_ON(memchr_inv(vm->vcpus, 0, sizeof(vm->vcpus)));
	xa_for_each(&rm_links, handle, link)
		WARN_ON(link->from == vm || link->to == vm);
	WARN_ON(!xa_empty(&vm->pages));
	spin_lock_irq(&mock.lock);
	mock.vms[vmid] = NULL;
	mock.stats.vms--;
	spin_unlock_irq(&mock.lock);
	xa_destroy(&vm->pages);
	mock_caps_exit(vm);
	kvfree(vm);
}

/* Guests have an interrupt controller in any case, see irq.c */
static int op_gic_create(void *ctx, u16 vmid, u64 gicd, u64 gicr,
			 u64 gicr_stride, unsigned int num_vcpus)
{
	return rm_vm(vmid) ? RM_HYP_OK : RM_HYP_ARG_INVALID;
}

static int op_vmmio_add(void *ctx, u16 vmid, u64 base, u64 size)
{
	struct mock_vm *vm = rm_vm(vmid);

	if (!vm || !size)
		return RM_HYP_ARG_INVALID;
	if (base + size < base)
		return RM_HYP_ADDR_OVERFLOW;
	guard(spinlock_irq)(&mock.lock);
	if (vm->num_mmio == MOCK_MMIO_RANGES)
		return RM_HYP_NORESOURCES;
	vm->mmio[vm->num_mmio].base = base;
	vm->mmio[vm->num_mmio++].size = size;
	return RM_HYP_OK;
}

static struct mock_vcpu *rm_vcpu(u16 vmid, u8 index)
{
	struct mock_vm *vm = rm_vm(vmid);

	return vm && index < MOCK_VCPUS ? vm->vcpus[index] : NULL;
}

static int op_vcpu_create(void *ctx, const struct rm_vcpu_params *params,
			  struct rm_endpoint *owner, struct rm_endpoint *own)
{
	struct mock_vm *vm = rm_vm(params->vmid);

	if (!vm || vm == &mock.host)
		return RM_HYP_ARG_INVALID;
	return mock_vcpu_create(vm, params, owner, own);
}

static int op_vcpu_power_on(void *ctx, u16 vmid, u8 index,
			    const struct rm_boot_regs *regs)
{
	struct mock_vcpu *vcpu = rm_vcpu(vmid, index);

	if (!vcpu)
		return RM_HYP_ARG_INVALID;
	guard(spinlock_irq)(&mock.lock);
	return mock_vcpu_power_on(vcpu, regs->pc);
}

static void op_vcpu_kill(void *ctx, u16 vmid, u8 index)
{
	struct mock_vcpu *vcpu = rm_vcpu(vmid, index);

	guard(spinlock_irq)(&mock.lock);
	if (vcpu)
		mock_vcpu_kill(vcpu);
}

static void op_vcpu_destroy(void *ctx, u16 vmid, u8 index)
{
	struct mock_vcpu *vcpu = rm_vcpu(vmid, index);

	if (vcpu)
		mock_vcpu_destroy(vcpu);
}

/*
 * Operations for the model: doorbells and message queues
 */

static void rm_link_disconnect(struct mock_link *link)
{
	lockdep_assert_held(&mock.lock);

	if (link->from)
		mock_cap_remove(link->from, link->from_cap);
	if (link->to)
		mock_cap_remove(link->to, link->to_cap);
	if (link->bell)
		mock_irq_disconnect(&link->bell->irq);
	if (!link->msgq)
		return;
	mock_irq_disconnect(&link->msgq->send);
	mock_irq_disconnect(&link->msgq->recv);
	if (!link->from && rm_to[link->to->vmid] == link->msgq)
		rm_to[link->to->vmid] = NULL;
	if (!link->to && rm_from[link->from->vmid] == link->msgq)
		rm_from[link->from->vmid] = NULL;
}

static void rm_link_free(struct mock_link *link)
{
	mock_bell_free(link->bell);
	mock_msgq_free(link->msgq);
	kfree(link);
}

static int rm_connect_irq(struct mock_irq *irq, struct mock_vm *vm, u32 want,
			  bool level, u32 *virq)
{
	int ret;

	if (!vm || want == RM_VIRQ_NONE)
		return RM_HYP_OK;
	irq->level = level;
	ret = mock_irq_connect(irq, vm, want);
	*virq = irq->intid;
	return ret;
}

static int rm_connect_bell(struct mock_link *link,
			   const struct rm_object_params *p,
			   struct rm_endpoint *from, struct rm_endpoint *to)
{
	u32 rights = MOCK_RIGHT_SEND;
	int ret;

	if (p->source_can_clear)
		rights |= MOCK_RIGHT_RECEIVE;
	ret = rm_connect_irq(&link->bell->irq, link->to, p->to_virq,
			     p->to_level, &to->virq);
	if (!ret && link->from)
		ret = mock_cap_add(link->from, MOCK_BELL, rights, link->bell,
				   false, &from->cap);
	if (!ret && link->to)
		ret = mock_cap_add(link->to, MOCK_BELL, MOCK_RIGHT_RECEIVE,
				   link->bell, false, &to->cap);
	return ret;
}

static int rm_connect_msgq(struct mock_link *link,
			   const struct rm_object_params *p,
			   struct rm_endpoint *from, struct rm_endpoint *to)
{
	struct mock_msgq *msgq = link->msgq;
	int ret;

	if ((!link->from && rm_to[p->to_vmid]) ||
	    (!link->to && rm_from[p->from_vmid]))
		return RM_HYP_BUSY;
	/* Packets of the resource manager have a fixed size */
	if ((!link->from || !link->to) && p->msg_size != RM_MSG_SIZE)
		return RM_HYP_ARG_INVALID;
	ret = rm_connect_irq(&msgq->send, link->from, p->from_virq,
			     p->from_level, &from->virq);
	if (!ret)
		ret = rm_connect_irq(&msgq->recv, link->to, p->to_virq,
				     p->to_level, &to->virq);
	if (!ret && link->from)
		ret = mock_cap_add(link->from, MOCK_MSGQ, MOCK_RIGHT_SEND, msgq,
				   false, &from->cap);
	if (!ret && link->to)
		ret = mock_cap_add(link->to, MOCK_MSGQ, MOCK_RIGHT_RECEIVE,
				   msgq, false, &to->cap);
	if (ret)
		return ret;
	if (!link->from)
		rm_to[p->to_vmid] = msgq;
	if (!link->to)
		rm_from[p->from_vmid] = msgq;
	return RM_HYP_OK;
}

static int rm_link_connect(struct mock_link *link,
			   const struct rm_object_params *p,
			   struct rm_endpoint *from, struct rm_endpoint *to)
{
	int ret;

	guard(spinlock_irq)(&mock.lock);
	ret = link->bell ? rm_connect_bell(link, p, from, to) :
			   rm_connect_msgq(link, p, from, to);
	link->from_cap = from->cap;
	link->to_cap = to->cap;
	if (ret)
		rm_link_disconnect(link);
	return ret;
}

static int op_object_create(void *ctx, const struct rm_object_params *p,
			    u32 *handle, struct rm_endpoint *from,
			    struct rm_endpoint *to)
{
	bool rm_sends = p->from_vmid == RM_VMID_RM;
	bool rm_receives = p->to_vmid == RM_VMID_RM;
	struct mock_link *link;
	int ret;

	*from = (struct rm_endpoint) { RM_CAP_NONE, RM_VIRQ_NONE };
	*to = *from;
	if ((!rm_sends && !rm_vm(p->from_vmid)) ||
	    (!rm_receives && !rm_vm(p->to_vmid)) || (rm_sends && rm_receives))
		return RM_HYP_ARG_INVALID;
	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return RM_HYP_NOMEM;
	link->from = rm_sends ? NULL : rm_vm(p->from_vmid);
	link->to = rm_receives ? NULL : rm_vm(p->to_vmid);
	if (p->kind == RM_OBJ_DOORBELL)
		link->bell = mock_bell_new();
	else
		link->msgq = mock_msgq_new(p);
	ret = RM_HYP_NOMEM;
	if ((link->bell || link->msgq) &&
	    !xa_alloc(&rm_links, handle, link, xa_limit_31b, GFP_KERNEL)) {
		ret = rm_link_connect(link, p, from, to);
		if (ret)
			xa_erase(&rm_links, *handle);
	}
	if (ret)
		rm_link_free(link);
	return ret;
}

static void op_object_destroy(void *ctx, u32 handle)
{
	struct mock_link *link = xa_erase(&rm_links, handle);

	if (WARN_ON(!link))
		return;
	scoped_guard(spinlock_irq, &mock.lock)
		rm_link_disconnect(link);
	rm_link_free(link);
}

static const struct rm_ops rm_ops = {
	.alloc = op_alloc,
	.free = op_free,
	.random = op_random,
	.log = op_log,
	.kick = op_kick,
	.send = op_send,
	.mem_take = op_mem_take,
	.mem_give_back = op_mem_give_back,
	.mem_map = op_mem_map,
	.mem_unmap = op_mem_unmap,
	.mem_sync = op_mem_sync,
	.mem_contiguous = op_mem_contiguous,
	.mem_read = op_mem_read,
	.mem_write = op_mem_write,
	.vm_create = op_vm_create,
	.vm_destroy = op_vm_destroy,
	.gic_create = op_gic_create,
	.vmmio_add = op_vmmio_add,
	.vcpu_create = op_vcpu_create,
	.vcpu_power_on = op_vcpu_power_on,
	.vcpu_kill = op_vcpu_kill,
	.vcpu_destroy = op_vcpu_destroy,
	.object_create = op_object_create,
	.object_destroy = op_object_destroy,
};

static int rm_make_queues(void)
{
	struct rm_object_params params = {
		.kind = RM_OBJ_MSGQ,
		.from_vmid = RM_VMID_HLOS,
		.to_vmid = RM_VMID_RM,
		.msg_size = RM_MSG_SIZE,
		.depth = RM_QUEUE_DEPTH,
	};
	struct rm_endpoint from, to;
	u32 handle;

	/* The devicetree has their capability ids and interrupts */
	if (op_object_create(NULL, &params, &handle, &from, &to))
		return -ENOMEM;
	params.from_vmid = RM_VMID_RM;
	params.to_vmid = RM_VMID_HLOS;
	return op_object_create(NULL, &params, &handle, &from, &to) ? -ENOMEM :
								      0;
}

/**
 * mock_rm_init() - the host, and the resource manager with its channel to it
 *
 * Return: 0 or -ENOMEM.
 */
int mock_rm_init(void)
{
	const struct rm_config config = {
		.debug = true,
		.max_entries = RM_MAX_ENTRIES,
		.max_vdevices = RM_MAX_VDEVICES,
		.fatal_static = true,
		.host_name = "HLOS",
	};
	void *mem;
	int ret;

	mock.rm_delay = DEFAULT_DELAY_US;
	mutex_init(&mock.rm_lock);
	INIT_DELAYED_WORK(&mock.rm_work, rm_turn);
	mock.wq = alloc_ordered_workqueue("gunyah-mock", WQ_MEM_RECLAIM);
	if (!mock.wq)
		return -ENOMEM;
	mock.host.vmid = RM_VMID_HLOS;
	ret = mock_caps_init(&mock.host, MOCK_HOST_CAPS);
	if (ret)
		return ret;
	mock.vms[RM_VMID_HLOS] = &mock.host;
	ret = rm_make_queues();
	if (ret)
		return ret;
	mem = kzalloc(rm_size(), GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	mock.rm = rm_create(mem, &config, &rm_ops, NULL);
	return mock.rm ? 0 : -ENOMEM;
}
