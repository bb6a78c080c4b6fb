// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resource manager model: events from the platform, dispatch of requests,
 * planned faults
 */
#include "rm_core.h"

#define HOST_ONLY	1	/* checked before the length */
#define ERROR_EXTRA	2	/* error replies include the hypervisor's error */
#define BOOT_CONTEXT	4	/* only with rm_config.boot_context */
#define FATAL_EMPTY	8	/* an empty request kills the debug build */
#define RESETS		16	/* only without rm_config.no_reset */
#define PAGING		128	/* only with rm_config.paging */
#define OF_VM		32	/* the payload begins with a VMID */
#define OF_PARCEL	64	/* the payload begins with a parcel's handle */

#define ANY_LEN		(-1)

/**
 * struct handler - how a request is answered
 * @name: name of the message, for the log
 * @id: message id
 * @len: exact payload length; ANY_LEN: the function checks
 * @flags: HOST_ONLY and so on
 * @fn: carries it out
 */
struct handler {
	const char *name;
	uint32_t id;
	int len;
	unsigned int flags;
	uint32_t (*fn)(struct rm *rm, struct rm_call *call);
};

/*
 * The messages of the published resource manager. MEM_QCOM_LOOKUP_SGL is left
 * out, because no driver uses it.
 */
static const struct handler handlers[] = {
	/* Used by the host driver */
	{ "MEM_LEND", RM_MEM_LEND_ID, ANY_LEN, 0, mem_create },
	{ "MEM_SHARE", RM_MEM_SHARE_ID, ANY_LEN, 0, mem_create },
	{ "MEM_APPEND", RM_MEM_APPEND_ID, ANY_LEN, OF_PARCEL, mem_append },
	{ "MEM_RECLAIM", RM_MEM_RECLAIM_ID, 8, OF_PARCEL, mem_reclaim },
	{ "MEM_NOTIFY", RM_MEM_NOTIFY_ID, ANY_LEN, OF_PARCEL, mem_notify },
	{ "VM_ALLOC_VMID", RM_VM_ALLOC_ID, 4, HOST_ONLY, vm_alloc },
	{ "VM_DEALLOC_VMID", RM_VM_DEALLOC_ID, 4, OF_VM, vm_dealloc },
	{ "VM_START", RM_VM_START_ID, 4, OF_VM, vm_start },
	{ "VM_STOP", RM_VM_STOP_ID, 8, OF_VM, vm_stop },
	{ "VM_RESET", RM_VM_RESET_ID, 4, OF_VM | RESETS, vm_reset },
	{ "VM_CONFIG_IMAGE", RM_VM_CONFIG_ID, 40, HOST_ONLY | OF_VM |
	  ERROR_EXTRA, vm_config },
	{ "VM_INIT", RM_VM_INIT_ID, 4, HOST_ONLY | OF_VM, vm_init },
	{ "VM_GET_STATE", RM_VM_GET_STATE_ID, 4, OF_VM, vm_get_state },
	{ "VM_GET_CRASH_MSG", RM_VM_GET_CRASH_ID, 4, OF_VM, vm_get_crash },
	{ "VM_GET_HYP_RESOURCES", RM_VM_GET_RESOURCES_ID, 4, OF_VM,
	  vm_get_resources },
	{ "VM_GET_VMID", RM_VM_GET_VMID_ID, 0, 0, vm_get_vmid },
	{ "VM_SET_BOOT_CONTEXT", RM_VM_SET_BOOT_ID, 16, OF_VM | BOOT_CONTEXT,
	  vm_set_boot },
	{ "VM_SET_DEMAND_PAGING", RM_VM_SET_PAGING_ID, ANY_LEN, OF_VM | PAGING,
	  vm_set_paging },
	{ "VM_SET_ADDRESS_LAYOUT", RM_VM_SET_LAYOUT_ID, 24, OF_VM | PAGING,
	  vm_set_layout },
	{ "VM_HOST_GET_TYPE", RM_HOST_GET_TYPE_ID, 0, 0, vm_host_type },

	/* Used by guests */
	{ "MEM_ACCEPT", RM_MEM_ACCEPT_ID, ANY_LEN, OF_PARCEL, mem_accept },
	{ "MEM_RELEASE", RM_MEM_RELEASE_ID, 8, OF_PARCEL, mem_release },
	{ "VM_SET_STATUS", RM_VM_SET_STATUS_ID, 4, 0, vm_set_status },
	{ "VM_EXIT", RM_VM_EXIT_ID, 4, 0, vm_exit },
	{ "VM_SET_CRASH_MSG", RM_VM_SET_CRASH_ID, ANY_LEN, 0, vm_set_crash },

	/* For later host drivers: protected VMs, consoles over RPC */
	{ "VM_AUTH_IMAGE", RM_VM_AUTH_ID, ANY_LEN, HOST_ONLY | OF_VM, vm_auth },
	{ "FW_MILESTONE", RM_FW_MILESTONE_ID, 0, HOST_ONLY, fw_milestone },
	{ "FW_SET_VM_FIRMWARE", RM_FW_SET_FIRMWARE_ID, 24, HOST_ONLY,
	  fw_set_firmware },
	{ "VM_SET_FIRMWARE_MEM", RM_VM_SET_FW_MEM_ID, 24, OF_VM | ERROR_EXTRA,
	  vm_set_fw_mem },
	{ "CONSOLE_OPEN", RM_CONSOLE_OPEN_ID, 4, OF_VM, console_open },
	{ "CONSOLE_CLOSE", RM_CONSOLE_CLOSE_ID, 4, OF_VM, console_open },
	{ "CONSOLE_WRITE", RM_CONSOLE_WRITE_ID, ANY_LEN, OF_VM | FATAL_EMPTY,
	  console_write },
	{ "CONSOLE_FLUSH", RM_CONSOLE_FLUSH_ID, 4, OF_VM, console_flush },

	/* No user: a probe gets the replies of the published firmware */
	{ "MEM_DONATE", RM_MEM_DONATE_ID, ANY_LEN, 0, mem_create },
	{ "VM_GET_ID", RM_VM_GET_ID_ID, 4, OF_VM, vm_get_id },
	{ "VM_LOOKUP_URI", RM_VM_LOOKUP_URI_ID, ANY_LEN, 0, vm_lookup },
	{ "VM_LOOKUP_NAME", RM_VM_LOOKUP_NAME_ID, ANY_LEN, 0, vm_lookup },
	{ "VM_LOOKUP_GUID", RM_VM_LOOKUP_GUID_ID, ANY_LEN, 0, vm_lookup_guid },
	{ "VM_GET_OWNER", RM_VM_GET_OWNER_ID, 0, 0, vm_get_owner },
	{ "VM_GET_PEERS", RM_VM_GET_PEERS_ID, 0, 0, vm_get_peers },
	{ "VM_SET_TIME_BASE", RM_VM_SET_TIME_BASE_ID, 20, OF_VM | ERROR_EXTRA,
	  vm_set_time_base },
	{ "VM_IRQ_ACCEPT", RM_VM_IRQ_ACCEPT_ID, 8, FATAL_EMPTY, irq_accept },
	{ "VM_IRQ_LEND", RM_VM_IRQ_LEND_ID, 12, OF_VM | FATAL_EMPTY, irq_lend },
	{ "VM_IRQ_RELEASE", RM_VM_IRQ_RELEASE_ID, 4, FATAL_EMPTY, irq_release },
	{ "VM_IRQ_RECLAIM", RM_VM_IRQ_RECLAIM_ID, 4, FATAL_EMPTY, irq_reclaim },
	{ "VM_IRQ_NOTIFY", RM_VM_IRQ_NOTIFY_ID, ANY_LEN, FATAL_EMPTY,
	  irq_notify },
	{ "VM_IRQ_UNMAP", RM_VM_IRQ_UNMAP_ID, ANY_LEN, FATAL_EMPTY, irq_unmap },
	{ "IPA_RESERVE", RM_IPA_RESERVE_ID, ANY_LEN, 0, vm_ipa_reserve },
};

/**
 * rm_error_of() - the resource manager's error for a hypervisor's
 * @hyp_error: enum rm_hyp_error
 *
 * Return: error code
 */
uint32_t rm_error_of(int hyp_error)
{
	switch (hyp_error) {
	case RM_HYP_OK:
		return RM_OK;
	case RM_HYP_NOMEM:
		return RM_ERR_NOMEM;
	case RM_HYP_NORESOURCES:
		return RM_ERR_NORESOURCE;
	case RM_HYP_BUSY:
		return RM_ERR_BUSY;
	case RM_HYP_ADDR_OVERFLOW:
	case RM_HYP_ADDR_UNDERFLOW:
	case RM_HYP_ADDR_INVALID:
		return RM_ERR_MEM;
	case RM_HYP_ARG_INVALID:
		return RM_ERR_ARG;
	case RM_HYP_DENIED:
	default:
		return RM_ERR_DENIED;
	}
}

static const struct handler *find_handler(uint32_t id)
{
	size_t i;

	for (i = 0; i < RM_ARRAY_SIZE(handlers); i++)
		if (handlers[i].id == id)
			return &handlers[i];
	return NULL;
}

static bool is_implemented(const struct rm *rm, const struct handler *h)
{
	return h && (!(h->flags & BOOT_CONTEXT) || rm->config.boot_context) &&
	       (!(h->flags & PAGING) || rm->config.paging) &&
	       !((h->flags & RESETS) && rm->config.no_reset);
}

/* For error replies with a hypervisor error when no hypercall has failed */
static int hyp_error_of(uint32_t err)
{
	switch (err) {
	case RM_ERR_NOMEM:
		return RM_HYP_NOMEM;
	case RM_ERR_NORESOURCE:
		return RM_HYP_NORESOURCES;
	case RM_ERR_DENIED:
		return RM_HYP_DENIED;
	case RM_ERR_VM_STATE:
		return RM_HYP_OBJECT_STATE;
	default:
		return RM_HYP_ARG_INVALID;
	}
}

static uint32_t run_handler(struct rm *rm, const struct handler *h,
			    struct rm_call *call)
{
	if ((h->flags & FATAL_EMPTY) && rm->config.debug && !call->len) {
		rm_die(rm, "assertion: request without payload");
		return RM_ERR_MSG;
	}
	if ((h->flags & HOST_ONLY) && call->vm != &rm->host)
		return rm_refuse(rm, RM_ERR_DENIED, "only for the host");
	if (h->len >= 0 && call->len != (size_t)h->len)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	return h->fn(rm, call);
}

static uint32_t carry_out(struct rm *rm, struct rm_call *call,
			  const struct handler *h)
{
	uint32_t err;

	if (!is_implemented(rm, h))
		return rm_refuse(rm, RM_ERR_UNIMPLEMENTED,
				 "this firmware has no such message");
	err = run_handler(rm, h, call);
	if (!err)
		return RM_OK;
	call->out_len = 0;
	/* VM_CONFIG_IMAGE includes it only if a hypercall has failed */
	if ((h->flags & ERROR_EXTRA) &&
	    (h->id != RM_VM_CONFIG_ID || call->hyp_error))
		rm_out32(call, (uint32_t)(call->hyp_error ? call->hyp_error :
							    hyp_error_of(err)));
	return err;
}

/* Replies ------------------------------------------------------------- */

static struct rm_msg *make_reply(struct rm *rm, const struct rm_call *call,
				 uint32_t err, size_t len)
{
	struct rm_msg *msg = rpc_message(rm, call->vm->vmid, RM_TYPE_REPLY,
					 call->id, call->seq, len);
	size_t body = call->out_len;
	uint8_t word[4];

	if (!msg)
		return NULL;
	rm_put32(word, err);
	memcpy(msg->data, word, len < 4 ? len : 4);
	if (len > 4) {
		if (body > len - 4)
			body = len - 4;
		memcpy(msg->data + 4, call->out, body);
	}
	return msg;
}

/* Send a reply besides the right one */
static void send_wrong(struct rm *rm, const struct rm_call *call, uint32_t err,
		       uint32_t id, uint16_t seq)
{
	struct rm_msg *msg = make_reply(rm, call, err, 4 + call->out_len);

	if (!msg)
		return;
	msg->extra = true;
	msg->id = id;
	msg->seq = seq;
	rpc_queue(rm, msg);
}

static void corrupt(struct rm_msg *msg, uint32_t arg)
{
	size_t offset = arg >> 8, i;

	if (RM_FAULT_CORRUPT(offset, 0) == RM_FAULT_CORRUPT_ALL(0)) {
		for (i = 4; i < msg->len; i++)
			msg->data[i] ^= (uint8_t)arg;
	} else if (offset < msg->len) {
		msg->data[offset] ^= (uint8_t)arg;
	}
}

/* Have a reply come late, or not as it should be */
static void spoil(struct rm_msg *msg, const struct rm_fault *fault)
{
	switch (fault->action) {
	case RM_FAULT_DELAY_REPLY:
	case RM_FAULT_REORDER_REPLY:
		msg->wait = fault->arg;
		msg->behind = fault->action == RM_FAULT_REORDER_REPLY;
		msg->extra = msg->wait;
		break;
	case RM_FAULT_CORRUPT_REPLY:
		corrupt(msg, fault->arg);
		break;
	case RM_FAULT_LOSE_PACKET:
		msg->lose = fault->arg + 1;
		break;
	default:
		break;
	}
}

static void reply(struct rm *rm, struct rm_call *call, uint32_t err,
		  const struct rm_fault *fault)
{
	size_t len = 4 + call->out_len;
	struct rm_msg *msg;

	switch (fault->action) {
	case RM_FAULT_DROP_REPLY:
		return;
	case RM_FAULT_SHORT_REPLY:
		if (fault->arg < len)
			len = fault->arg;
		break;
	case RM_FAULT_LONG_REPLY:
		len += fault->arg < RM_MAX_PAYLOAD - len ?
		       fault->arg : RM_MAX_PAYLOAD - len;
		break;
	case RM_FAULT_WRONG_SEQ:
		send_wrong(rm, call, err, call->id, call->seq ^ 0x8000);
		break;
	case RM_FAULT_WRONG_ID:
		send_wrong(rm, call, err, call->id ^ 0x8000, call->seq);
		break;
	case RM_FAULT_DUP_REPLY:
		send_wrong(rm, call, err, call->id, call->seq);
		break;
	default:
		break;
	}

	msg = make_reply(rm, call, err, len);
	if (!msg)
		return;
	spoil(msg, fault);
	if (msg->wait)
		rpc_delay(rm, msg);
	else
		rpc_queue(rm, msg);
}

/* Is a fault planned for this request? */
static void fault_due(struct rm *rm, const struct rm_call *call,
		      struct rm_fault *due)
{
	struct rm_fault *f = &rm->fault;

	memset(due, 0, sizeof(*due));
	if (call->vm == &rm->host && rm->num_seen < RM_MAX_SEEN)
		rm->seen[rm->num_seen++] = call->id;
	if (f->action == RM_FAULT_NONE || call->vm != &rm->host ||
	    (f->msg_id && f->msg_id != call->id))
		return;
	if (f->nth > 1) {
		f->nth--;
		return;
	}
	*due = *f;
	rm->stats.hit = call->id;
	if (!f->repeat)
		f->action = RM_FAULT_NONE;
}

/**
 * rm_loses() - check whether a planned fault drops a notification
 * @rm: resource manager
 * @id: its message id, which the plan must name as message or argument
 *
 * The fault must name the notification; one for any message is for requests.
 *
 * Return: true if it must not be sent
 */
bool rm_loses(struct rm *rm, uint32_t id)
{
	struct rm_fault *f = &rm->fault;

	if (f->action != RM_FAULT_DROP_REPLY ||
	    (f->msg_id != id && f->arg != id))
		return false;
	if (f->nth > 1) {
		f->nth--;
		return false;
	}
	rm->stats.hit = id;
	if (!f->repeat)
		f->action = RM_FAULT_NONE;
	return true;
}

/* RM_FAULT_REFUSE also has the effect on the VM that a real refusal has */
static uint32_t refuse_by_plan(struct rm *rm, const struct rm_call *call,
			       const struct rm_fault *fault)
{
	struct rm_vm *vm = call->len >= 2 ? vm_get(rm, rm_get16(call->in)) :
					    NULL;
	uint8_t from;

	switch (call->id) {
	case RM_VM_CONFIG_ID:
		from = vm && vm->state == RM_STATE_RESET ? RM_STATE_RESET :
							   RM_STATE_LOAD;
		break;
	case RM_VM_AUTH_ID:
		from = RM_STATE_AUTH;
		break;
	case RM_VM_INIT_ID:
		from = RM_STATE_INIT;
		break;
	case RM_VM_START_ID:
		from = RM_STATE_READY;
		break;
	default:
		from = RM_STATE_NONE;
		break;
	}
	if (fault->action == RM_FAULT_REFUSE && vm && vm->state == from)
		vm_set_state(rm, vm, RM_STATE_INIT_FAILED);
	return rm_refuse(rm, fault->arg, "planned fault");
}

static void handle(struct rm *rm, struct rm_call *call)
{
	const struct handler *h = find_handler(call->id);
	struct rm_fault fault;
	uint32_t err = RM_OK;

	rm->stats.requests++;
	rm->call = call;
	rm->why = NULL;
	call->out = rm->reply;
	if (h) {
		call->name = h->name;
		call->subject = h->flags & OF_VM ? RM_ABOUT_VM :
				h->flags & OF_PARCEL ? RM_ABOUT_PARCEL :
						       RM_ABOUT_NOTHING;
	}
	fault_due(rm, call, &fault);
	if (fault.action == RM_FAULT_DIE)
		rm_die(rm, "planned death");
	else if (fault.action == RM_FAULT_FAIL ||
		 fault.action == RM_FAULT_REFUSE)
		err = refuse_by_plan(rm, call, &fault);
	else
		err = carry_out(rm, call, h);
	if (!rm->stats.dead && fault.action == RM_FAULT_FAIL_AFTER) {
		err = rm_refuse(rm, fault.arg, "planned fault, carried out");
		call->out_len = 0;
	}
	if (!rm->stats.dead) {
		if (err)
			rm_log_refusal(rm, call, err);
		reply(rm, call, err, &fault);
	}
	rm->call = NULL;
}

/* Events -------------------------------------------------------------- */

/**
 * rm_size() - size of a resource manager
 *
 * Return: bytes that rm_create() needs
 */
size_t rm_size(void)
{
	return sizeof(struct rm);
}

/**
 * rm_create() - make a resource manager
 * @mem: rm_size() bytes, 16-byte aligned
 * @config: variant
 * @ops: platform
 * @ctx: first argument of every op
 *
 * Return: the resource manager
 */
struct rm *rm_create(void *mem, const struct rm_config *config,
		     const struct rm_ops *ops, void *ctx)
{
	struct rm *rm = mem;

	memset(rm, 0, sizeof(*rm));
	rm->config = *config;
	rm->ops = ops;
	rm->ctx = ctx;
	rm->parcels_tail = &rm->parcels;
	rm->milestone = config->milestone;
	if (config->firmware)
		rm->fw_size = config->firmware_size;

	rm->host.vmid = RM_VMID_HLOS;
	rm->host.state = RM_STATE_RUNNING;
	rm->host.chan = &rm->host_chan;
	rpc_init(&rm->host_chan);
	rm->vms[RM_VMID_HLOS] = &rm->host;

	rm->self.vmid = RM_VMID_RM;
	rm->self.state = RM_STATE_RUNNING;
	rm->vms[RM_VMID_RM] = &rm->self;
	return rm;
}

/**
 * rm_rx() - a packet has arrived
 * @rm: resource manager
 * @vmid: sender
 * @packet: packet
 * @len: its length
 *
 * A complete request is carried out and answered before this returns.
 */
void rm_rx(struct rm *rm, uint16_t vmid, const void *packet, size_t len)
{
	struct rm_vm *vm = vm_get(rm, vmid);
	struct rm_call call;

	if (rm->stats.dead || !vm || !vm->chan ||
	    vm->state != RM_STATE_RUNNING)
		return;
	if (rpc_receive(vm, packet, len, &call))
		handle(rm, &call);
}

/**
 * rm_tx_ready() - a queue has room again
 * @rm: resource manager
 * @vmid: VM at its other end
 */
void rm_tx_ready(struct rm *rm, uint16_t vmid)
{
	struct rm_vm *vm = vm_get(rm, vmid);

	if (!rm->stats.dead && vm && vm->chan)
		rpc_flush(rm, vm);
}

/**
 * rm_work() - one turn of the event loop
 * @rm: resource manager
 *
 * Return: true if there is more to do
 */
bool rm_work(struct rm *rm)
{
	bool more;

	if (rm->stats.dead)
		return false;
	more = rpc_tick(rm);
	if (vm_halts(rm))
		return true;
	return reset_turn(rm) || more;
}

/**
 * rm_vcpu_halted() - a vCPU has stopped in a way that ends its VM
 * @rm: resource manager
 * @vmid: VM
 * @index: vCPU
 * @reason: why
 * @reset_type: type of a SYSTEM_RESET2
 * @cookie: its cookie
 * @smc64: it was called with the 64-bit function number
 */
void rm_vcpu_halted(struct rm *rm, uint16_t vmid, uint8_t index,
		    enum rm_halt reason, uint32_t reset_type, uint64_t cookie,
		    bool smc64)
{
	struct rm_vm *vm = vm_get(rm, vmid);

	if (!vm || vm->halted || vm->state != RM_STATE_RUNNING || !vm->cfg ||
	    index >= vm->cfg->nvcpus)
		return;
	vm->halted = true;
	vm->halt_reason = (uint8_t)reason;
	vm->halt_type = reset_type;
	vm->halt_cookie = cookie;
	vm->halt_smc64 = smc64;
	rm->ops->kick(rm->ctx);
}

/**
 * rm_set_fault() - plan a fault
 * @rm: resource manager
 * @fault: the fault; it replaces an earlier one
 */
void rm_set_fault(struct rm *rm, const struct rm_fault *fault)
{
	rm->fault = *fault;
	rm->stats.hit = 0;
	rm->num_seen = 0;
}

/**
 * rm_seen() - look up what the host has asked for
 * @rm: resource manager
 * @nth: which request since rm_set_fault(), 1: the first
 *
 * Return: message id, 0 if there was no such request
 */
uint32_t rm_seen(const struct rm *rm, uint32_t nth)
{
	return nth && nth <= rm->num_seen ? rm->seen[nth - 1] : 0;
}

/**
 * rm_lose_reset() - have resets never complete
 * @rm: resource manager
 * @count: how many of the next ones
 */
void rm_lose_reset(struct rm *rm, uint32_t count)
{
	rm->lose_resets = count;
}

/**
 * rm_fail_reset() - have resets fail
 * @rm: resource manager
 * @count: how many of the next ones
 */
void rm_fail_reset(struct rm *rm, uint32_t count)
{
	rm->fail_resets = count;
}

/**
 * rm_revive() - bring a dead resource manager back
 * @rm: resource manager
 *
 * VMs and parcels are kept. Requests that arrived in between and messages that
 * were queued are lost.
 */
void rm_revive(struct rm *rm)
{
	struct rm_msg *msg;
	unsigned int i;

	rm->stats.dead = false;
	while ((msg = rm->delayed)) {
		rm->delayed = msg->next;
		rpc_free(rm, msg);
	}
	for (i = 0; i <= RM_MAX_VMID; i++)
		if (rm->vms[i] && rm->vms[i]->chan)
			rpc_drop(rm, rm->vms[i]->chan);
	rm->ops->kick(rm->ctx);
}

/**
 * rm_get_stats() - counters for leak checks
 * @rm: resource manager
 * @stats: result
 */
void rm_get_stats(const struct rm *rm, struct rm_stats *stats)
{
	*stats = rm->stats;
}
