// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager model on this hypervisor
 *
 * The published resource manager is a VM with an event loop. Here the model
 * runs at EL2, in a timer event that comes a short time after there is
 * something to do, so that packets wait in their queue as they do there, and
 * no answer comes before the hypercall that asked for it has returned.
 */
#include "hyp.h"
#include "paging.h"

#define DEFAULT_DELAY_US	20
#define HOST_CAPS		8192
#define GUEST_CAPS		1024
#define MAX_LINKS		8192

/**
 * struct link - a doorbell or message queue between two VMs
 * @kind: what it is
 * @bell: the doorbell
 * @msgq: the queue
 * @from: the sender, NULL: the resource manager
 * @to: the receiver, likewise
 * @from_cap: capability of the sender
 * @to_cap: capability of the receiver
 */
struct link {
	enum rm_object kind;
	struct bell *bell;
	struct msgq *msgq;
	struct vm *from;
	struct vm *to;
	u64 from_cap;
	u64 to_cap;
};

/**
 * struct halt - news of a vCPU that is held back
 * @event: when it is told
 * @next: in the list of all
 * @vm: VM
 * @how: what happened
 */
struct halt {
	struct timer_event event;
	struct halt *next;
	struct vm *vm;
	struct vm_halt how;
};

static struct link *links[MAX_LINKS];
static u32 links_hint;			/* no free handle before it */
static struct msgq *rm_to[256];		/* resource manager to VM */
static struct msgq *rm_from[256];	/* VM to resource manager */
static struct halt *halts;
static struct timer_event work;
static struct rm_endpoint host_tx, host_rx;

struct vm *vm_get(u16 vmid)
{
	return vmid < ARRAY_SIZE(hyp.vms) ? hyp.vms[vmid] : NULL;
}

static bool rm_is_dead(void)
{
	struct rm_stats stats;

	rm_get_stats(hyp.rm, &stats);
	return stats.dead;
}

static void schedule_work(void)
{
	u64 when = timer_now() + timer_us(hyp.rm_delay);

	/* Set again even if it is: it may have lost its interrupt, see timer_set() */
	timer_set(&work, timer_is_set(&work) ? work.when : when);
}

static void do_work(struct timer_event *event __unused)
{
	u8 packet[RM_MSG_SIZE];
	size_t size;
	u32 vmid;

	for (vmid = 0; vmid < ARRAY_SIZE(rm_from); vmid++) {
		while (rm_from[vmid] && !rm_is_dead() &&
		       (size = msgq_get(rm_from[vmid], packet)))
			rm_rx(hyp.rm, vmid, packet, size);
	}
	if (rm_work(hyp.rm))
		schedule_work();
}

void rm_glue_rx_ready(void)
{
	schedule_work();
}

void rm_glue_tx_ready(u16 vmid)
{
	rm_tx_ready(hyp.rm, vmid);
}

void rm_glue_revive(void)
{
	u32 vmid;

	/* First: it must not fill the room that flushing makes */
	rm_revive(hyp.rm);
	for (vmid = 0; vmid < ARRAY_SIZE(rm_to); vmid++) {
		if (rm_to[vmid])
			msgq_flush(rm_to[vmid]);
		if (rm_from[vmid])
			msgq_flush(rm_from[vmid]);
	}
	schedule_work();
}

/* Halts ---------------------------------------------------------------- */

static void tell_rm(const struct vm *vm, const struct vm_halt *how)
{
	rm_vcpu_halted(hyp.rm, vm->vmid, how->index, how->reason,
		       how->reset_type, how->cookie, how->smc64);
}

static void tell_late(struct timer_event *event)
{
	struct halt *h = container_of(event, struct halt, event);
	struct halt **p = &halts;

	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
	tell_rm(h->vm, &h->how);
	free(h, sizeof(*h));
}

/**
 * rm_glue_halted() - a vCPU has stopped in a way that ends its VM
 * @vm: VM
 * @index: vCPU
 * @reason: why
 * @reset_type: RM_HALT_RESET2
 * @cookie: likewise
 * @smc64: likewise
 */
void rm_glue_halted(struct vm *vm, u8 index, enum rm_halt reason,
		    u32 reset_type, u64 cookie, bool smc64)
{
	const struct vm_halt how = { index, reason, reset_type, cookie, smc64 };
	u64 delay = hyp.quirk.exit_delay;
	struct halt *h;

	if (!delay && races_happen(RACE_LATE_EXIT))
		delay = races_delay_us(RACE_LATE_EXIT);
	h = delay ? alloc(sizeof(*h)) : NULL;
	if (!h) {
		tell_rm(vm, &how);
		return;
	}
	*h = (struct halt){
		.event.fn = tell_late, .next = halts, .vm = vm, .how = how,
	};
	halts = h;
	timer_set(&h->event, timer_now() + timer_us(delay));
}

static void forget_halts(struct vm *vm)
{
	struct halt **p = &halts, *h;

	while ((h = *p)) {
		if (h->vm != vm) {
			p = &h->next;
			continue;
		}
		*p = h->next;
		timer_cancel(&h->event);
		free(h, sizeof(*h));
	}
}

/* Operations for the model: services ----------------------------------- */

static void *op_alloc(void *ctx __unused, size_t size)
{
	return alloc(size);
}

static void op_free(void *ctx __unused, void *ptr, size_t size)
{
	free(ptr, size);
}

static u64 op_random(void *ctx __unused)
{
	return random64();
}

static void op_log(void *ctx __unused, const char *line)
{
	log_printf("rm: %s", line);
}

static void op_kick(void *ctx __unused)
{
	schedule_work();
}

static bool op_send(void *ctx __unused, u16 vmid, const void *packet,
		    size_t len)
{
	struct msgq *q = vmid < ARRAY_SIZE(rm_to) ? rm_to[vmid] : NULL;

	/* A VM without a channel to the resource manager: lost */
	return !q || msgq_put(q, packet, len);
}

/* Memory --------------------------------------------------------------- */

static int op_mem_take(void *ctx __unused, u16 owner, u64 ipa, u64 size,
		       enum rm_mem_kind kind, u8 owner_rights)
{
	return mem_take(owner, ipa, size, kind, owner_rights);
}

static bool op_mem_acl_ok(void *ctx __unused, u16 owner, u64 ipa, u64 size,
			  const struct rm_grant *acl, u32 count)
{
	return owner != HOST_VMID || scm_acl_ok(ipa, size, acl, count);
}

static void op_mem_give_back(void *ctx __unused, u16 owner, u64 ipa, u64 size,
			     bool sanitize)
{
	mem_give_back(owner, ipa, size, sanitize);
}

static int op_mem_map(void *ctx __unused, u16 vmid, u64 to_ipa, u16 owner,
		      u64 ipa, u64 size, u8 rights)
{
	return mem_map(vmid, to_ipa, owner, ipa, size, rights);
}

static void op_mem_unmap(void *ctx __unused, u16 vmid, u64 to_ipa, u64 size)
{
	mem_unmap(vmid, to_ipa, size);
}

static void op_mem_sync(void *ctx __unused)
{
	s2_sync();
}

static u64 op_mem_contiguous(void *ctx __unused, u16 owner, u64 ipa, u64 size)
{
	return mem_contiguous(owner, ipa, size);
}

static int op_mem_read(void *ctx __unused, u16 owner, u64 ipa, void *buf,
		       size_t size)
{
	return mem_read(owner, ipa, buf, size);
}

static int op_mem_write(void *ctx __unused, u16 owner, u64 ipa,
			const void *buf, size_t size)
{
	return mem_write(owner, ipa, buf, size);
}

/* VMs ------------------------------------------------------------------ */

static int op_vm_create(void *ctx __unused, u16 vmid)
{
	struct vm *vm;

	if (vmid >= ARRAY_SIZE(hyp.vms))
		return RM_HYP_ARG_INVALID;
	if (hyp.vms[vmid])
		return RM_HYP_BUSY;
	vm = alloc(sizeof(*vm));
	if (!vm)
		return RM_HYP_NOMEM;
	vm->vmid = vmid;
	if (s2_init(&vm->s2, vmid, 36))
		goto free_vm;
	if (cspace_init(vm, GUEST_CAPS))
		goto free_s2;
	hyp.vms[vmid] = vm;
	hyp.stats.vms++;
	return RM_HYP_OK;

free_s2:
	s2_destroy(&vm->s2);
free_vm:
	free(vm, sizeof(*vm));
	return RM_HYP_NOMEM;
}

static void op_vm_destroy(void *ctx __unused, u16 vmid)
{
	struct vm *vm = vm_get(vmid);
	u32 i;

	if (!vm || vm == &hyp.host)
		panic("no VM %u to destroy", vmid);
	for (i = 0; i < VM_MAX_VCPUS; i++) {
		if (vm->vcpus[i])
			panic("VM %u destroyed with vCPU %u", vmid, i);
	}
	for (i = 0; i < MAX_LINKS; i++) {
		if (links[i] && (links[i]->from == vm || links[i]->to == vm))
			panic("VM %u destroyed with object %u", vmid, i);
	}
	if (vm->paging)
		panic("VM %u destroyed with demand paging", vmid);
	forget_halts(vm);
	plat_gic_destroy(vm);
	cspace_destroy(vm);
	s2_destroy(&vm->s2);
	hyp.vms[vmid] = NULL;
	free(vm, sizeof(*vm));
	hyp.stats.vms--;
}

static int op_gic_create(void *ctx __unused, u16 vmid, u64 gicd, u64 gicr,
			 u64 gicr_stride, unsigned int num_vcpus)
{
	return plat_gic_create(vmid, gicd, gicr, gicr_stride, num_vcpus);
}

static int op_vmmio_add(void *ctx __unused, u16 vmid, u64 base, u64 size)
{
	return plat_vmmio_add(vmid, base, size);
}

static int op_paging_create(void *ctx __unused, u16 vmid,
			    const struct rm_guest_range *ranges, u32 count,
			    struct rm_paging_caps *caps)
{
	return plat_paging_create(vmid, ranges, count, caps);
}

static u64 op_paging_pages(void *ctx __unused, u16 vmid)
{
	return plat_paging_pages(vmid);
}

static void op_paging_destroy(void *ctx __unused, u16 vmid)
{
	plat_paging_destroy(vmid);
}

static int op_rtc_create(void *ctx __unused, u16 vmid, u64 ipa)
{
	return plat_rtc_create(vmid, ipa);
}

static void op_rtc_set(void *ctx __unused, u16 vmid, u64 time, u64 counter)
{
	plat_rtc_set(vmid, time, counter);
}

static int op_vcpu_create(void *ctx __unused,
			  const struct rm_vcpu_params *params,
			  struct rm_endpoint *owner, struct rm_endpoint *own)
{
	return plat_vcpu_create(params, owner, own);
}

static int op_vcpu_power_on(void *ctx __unused, u16 vmid, u8 index,
			    const struct rm_boot_regs *regs)
{
	return plat_vcpu_power_on(vmid, index, regs);
}

static void op_vcpu_kill(void *ctx __unused, u16 vmid, u8 index)
{
	plat_vcpu_kill(vmid, index);
}

static void op_vcpu_destroy(void *ctx __unused, u16 vmid, u8 index)
{
	plat_vcpu_destroy(vmid, index);
}

/* Doorbells and message queues ----------------------------------------- */

static int to_rm_error(int err)
{
	switch (err) {
	case GH_OK:
		return RM_HYP_OK;
	case GH_NOMEM:
		return RM_HYP_NOMEM;
	case GH_NORESOURCES:
	case GH_CAP_FULL:
		return RM_HYP_NORESOURCES;
	case GH_VIRQ_BOUND:
		return RM_HYP_BUSY;
	default:
		return RM_HYP_ARG_INVALID;
	}
}

static void destroy_link(struct link *l)
{
	if (l->from)
		cap_delete(l->from, l->from_cap);
	if (l->to)
		cap_delete(l->to, l->to_cap);
	if (l->bell)
		bell_destroy(l->bell);
	if (l->msgq) {
		if (!l->from)
			rm_to[l->to->vmid] = NULL;
		if (!l->to)
			rm_from[l->from->vmid] = NULL;
		msgq_destroy(l->msgq);
	}
	free(l, sizeof(*l));
}

/* One end: its interrupt, if @src, and its capability */
static int connect(struct vm *vm, struct irq_source *src, u32 virq, bool level,
		   enum obj_type type, u32 rights, void *obj,
		   struct rm_endpoint *end)
{
	int err;

	if (!vm)
		return GH_OK;
	if (src && virq != RM_VIRQ_NONE) {
		src->level = level;
		err = virq_bind(src, vm, virq);
		if (err)
			return err;
		end->virq = src->intid;
	}
	return cap_create(vm, type, rights, obj, &end->cap);
}

static int connect_bell(const struct rm_object_params *p, struct link *l,
			struct rm_endpoint *from, struct rm_endpoint *to)
{
	u32 rights = RIGHT_BELL_SEND;
	int err;

	l->bell = bell_create();
	if (!l->bell)
		return GH_NOMEM;
	if (p->source_can_clear)
		rights |= RIGHT_BELL_RECV;
	err = connect(l->from, NULL, RM_VIRQ_NONE, false, OBJ_BELL, rights,
		      l->bell, from);
	l->from_cap = from->cap;
	if (err)
		return err;
	err = connect(l->to, bell_source(l->bell), p->to_virq, p->to_level,
		      OBJ_BELL, RIGHT_BELL_RECV, l->bell, to);
	l->to_cap = to->cap;
	return err;
}

static int connect_msgq(const struct rm_object_params *p, struct link *l,
			struct rm_endpoint *from, struct rm_endpoint *to)
{
	int err;

	if ((!l->from && rm_to[p->to_vmid]) ||
	    (!l->to && rm_from[p->from_vmid]))
		return GH_VIRQ_BOUND;
	/* Packets of the resource manager have a fixed size */
	if ((!l->from || !l->to) && p->msg_size != RM_MSG_SIZE)
		return GH_ARG_INVALID;
	l->msgq = msgq_create(p->msg_size, p->depth, p->from_vmid, p->to_vmid);
	if (!l->msgq)
		return GH_NOMEM;
	if (!l->from)
		rm_to[p->to_vmid] = l->msgq;
	if (!l->to)
		rm_from[p->from_vmid] = l->msgq;

	err = connect(l->from, msgq_send_source(l->msgq), p->from_virq,
		      p->from_level, OBJ_MSGQ, RIGHT_MSGQ_SEND, l->msgq, from);
	l->from_cap = from->cap;
	if (err)
		return err;
	err = connect(l->to, msgq_recv_source(l->msgq), p->to_virq, p->to_level,
		      OBJ_MSGQ, RIGHT_MSGQ_RECV, l->msgq, to);
	l->to_cap = to->cap;
	return err;
}

static int op_object_create(void *ctx __unused,
			    const struct rm_object_params *p, u32 *handle,
			    struct rm_endpoint *from, struct rm_endpoint *to)
{
	bool rm_sends = p->from_vmid == RM_VMID_RM;
	bool rm_receives = p->to_vmid == RM_VMID_RM;
	struct link *l;
	u32 i = links_hint;
	int err;

	*from = *to = (struct rm_endpoint){ RM_CAP_NONE, RM_VIRQ_NONE };
	if ((!rm_sends && !vm_get(p->from_vmid)) ||
	    (!rm_receives && !vm_get(p->to_vmid)) || (rm_sends && rm_receives))
		return RM_HYP_ARG_INVALID;
	while (i < MAX_LINKS && links[i])
		i++;
	if (i == MAX_LINKS)
		return RM_HYP_NORESOURCES;
	l = alloc(sizeof(*l));
	if (!l)
		return RM_HYP_NOMEM;

	*l = (struct link){
		.kind = p->kind, .from_cap = RM_CAP_NONE, .to_cap = RM_CAP_NONE,
		.from = rm_sends ? NULL : vm_get(p->from_vmid),
		.to = rm_receives ? NULL : vm_get(p->to_vmid),
	};
	err = p->kind == RM_OBJ_DOORBELL ? connect_bell(p, l, from, to) :
					   connect_msgq(p, l, from, to);
	if (err) {
		destroy_link(l);
		return to_rm_error(err);
	}
	links[i] = l;
	links_hint = i + 1;
	*handle = i;
	return RM_HYP_OK;
}

static void op_object_destroy(void *ctx __unused, u32 handle)
{
	if (handle >= MAX_LINKS || !links[handle])
		panic("no object %u to destroy", handle);
	destroy_link(links[handle]);
	links[handle] = NULL;
	links_hint = min(links_hint, handle);
}

static void op_panic(void *ctx __unused, const char *why)
{
	panic("%s", why);
}

static const struct rm_ops ops = {
	.alloc = op_alloc,
	.free = op_free,
	.random = op_random,
	.log = op_log,
	.kick = op_kick,
	.send = op_send,
	.mem_take = op_mem_take,
	.mem_acl_ok = op_mem_acl_ok,
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
	.paging_create = op_paging_create,
	.paging_pages = op_paging_pages,
	.paging_destroy = op_paging_destroy,
	.rtc_create = op_rtc_create,
	.rtc_set = op_rtc_set,
	.vcpu_create = op_vcpu_create,
	.vcpu_power_on = op_vcpu_power_on,
	.vcpu_kill = op_vcpu_kill,
	.vcpu_destroy = op_vcpu_destroy,
	.object_create = op_object_create,
	.object_destroy = op_object_destroy,
	.panic = op_panic,
};

struct rm_endpoint rm_glue_host_tx(void)
{
	return host_tx;
}

struct rm_endpoint rm_glue_host_rx(void)
{
	return host_rx;
}

/** rm_glue_init() - the host VM, and the model with its channel to it */
void rm_glue_init(void)
{
	struct rm_config config = {
		.debug = hyp.build != BUILD_PROD,
		.max_entries = hyp.max_entries,
		.max_vdevices = hyp.max_vdevices,
		.fatal_static = hyp.build == BUILD_DEBUG,
		.no_reset = hyp.no_reset,
		.late = hyp.late,
		.boot_context = hyp.boot_context || is_gen2024(),
		.paging = is_gen2024(),
		.firmware = hyp.firmware == FIRMWARE_NONE ? NULL :
			    test_firmware,
		.firmware_size = test_firmware_end - test_firmware,
		.milestone = hyp.firmware == FIRMWARE_READY,
		.host_name = "HLOS",
	};
	struct rm_object_params queue = {
		.kind = RM_OBJ_MSGQ,
		.from_vmid = HOST_VMID,
		.to_vmid = RM_VMID_RM,
		.msg_size = RM_MSG_SIZE,
		.depth = RM_QUEUE_DEPTH,
	};
	struct rm_endpoint unused;
	void *mem;
	u32 handle;

	if (is_gen2024())
		extent_init();
	hyp.rm_delay = DEFAULT_DELAY_US;
	work.fn = do_work;
	hyp.host.vmid = HOST_VMID;
	hyp.vms[HOST_VMID] = &hyp.host;
	if (cspace_init(&hyp.host, HOST_CAPS) ||
	    op_object_create(NULL, &queue, &handle, &host_tx, &unused))
		panic("no memory for the host's queues");
	queue.from_vmid = RM_VMID_RM;
	queue.to_vmid = HOST_VMID;
	if (op_object_create(NULL, &queue, &handle, &unused, &host_rx))
		panic("no memory for the host's queues");

	mem = alloc(rm_size());
	if (!mem)
		panic("no memory for the resource manager");
	hyp.rm = rm_create(mem, &config, &ops, NULL);
	if (!hyp.rm)
		panic("no resource manager");
}
