// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resource manager model: events from the platform, dispatch of requests,
 * planned faults
 */
#include "rm_core.h"

#define HOST_ONLY	1	/* others are denied, before anything is checked */
#define ERROR_EXTRA	2	/* error replies carry the hypervisor's error too */
#define BOOT_CONTEXT	4	/* only with rm_config.boot_context */

/**
 * struct handler - how a request is answered
 * @id: message id
 * @len: exact payload length; -1: the function checks
 * @flags: HOST_ONLY, ERROR_EXTRA, BOOT_CONTEXT
 * @fn: carries it out
 */
struct handler {
	uint32_t id;
	int len;
	unsigned int flags;
	uint32_t (*fn)(struct rm *rm, struct rm_call *call);
};

static const struct handler handlers[] = {
	{ RM_MEM_DONATE_ID, -1, 0, mem_create },
	{ RM_MEM_LEND_ID, -1, 0, mem_create },
	{ RM_MEM_SHARE_ID, -1, 0, mem_create },
	{ RM_MEM_APPEND_ID, -1, 0, mem_append },
	{ RM_MEM_ACCEPT_ID, -1, 0, mem_accept },
	{ RM_MEM_RELEASE_ID, 8, 0, mem_release },
	{ RM_MEM_RECLAIM_ID, 8, 0, mem_reclaim },
	{ RM_MEM_NOTIFY_ID, -1, 0, mem_notify },
	{ RM_MEM_LOOKUP_SGL_ID, -1, 0, mem_lookup_sgl },
	{ RM_FW_MILESTONE_ID, 0, HOST_ONLY, fw_milestone },
	{ RM_FW_SET_FIRMWARE_ID, 24, HOST_ONLY, fw_set_firmware },
	{ RM_VM_ALLOC_ID, 4, HOST_ONLY, vm_alloc },
	{ RM_VM_DEALLOC_ID, 4, 0, vm_dealloc },
	{ RM_VM_START_ID, 4, 0, vm_start },
	{ RM_VM_STOP_ID, 8, 0, vm_stop },
	{ RM_VM_RESET_ID, 4, 0, vm_reset },
	{ RM_VM_CONFIG_ID, 40, HOST_ONLY, vm_config },
	{ RM_VM_AUTH_ID, -1, HOST_ONLY, vm_auth },
	{ RM_VM_INIT_ID, 4, HOST_ONLY, vm_init },
	{ RM_VM_GET_ID_ID, 4, 0, vm_get_id },
	{ RM_VM_LOOKUP_URI_ID, -1, 0, vm_lookup },
	{ RM_VM_LOOKUP_NAME_ID, -1, 0, vm_lookup },
	{ RM_VM_LOOKUP_GUID_ID, -1, 0, vm_lookup_guid },
	{ RM_VM_GET_OWNER_ID, 0, 0, vm_get_owner },
	{ RM_VM_GET_STATE_ID, 4, 0, vm_get_state },
	{ RM_VM_GET_CRASH_ID, 4, 0, vm_get_crash },
	{ RM_VM_GET_RESOURCES_ID, 4, 0, vm_get_resources },
	{ RM_VM_GET_VMID_ID, 0, 0, vm_get_vmid },
	{ RM_VM_GET_PEERS_ID, 0, 0, vm_get_peers },
	{ RM_VM_SET_TIME_BASE_ID, 20, ERROR_EXTRA, vm_set_time_base },
	{ RM_VM_SET_BOOT_ID, 16, BOOT_CONTEXT, vm_set_boot },
	{ RM_VM_SET_FW_MEM_ID, 24, ERROR_EXTRA, vm_set_fw_mem },
	{ RM_VM_SET_STATUS_ID, 4, 0, vm_set_status },
	{ RM_CONSOLE_OPEN_ID, 4, 0, console_open },
	{ RM_CONSOLE_CLOSE_ID, 4, 0, console_open },
	{ RM_CONSOLE_WRITE_ID, -1, 0, console_write },
	{ RM_CONSOLE_FLUSH_ID, 4, 0, console_flush },
	{ RM_VM_EXIT_ID, 4, 0, vm_exit },
	{ RM_VM_SET_CRASH_ID, -1, 0, vm_set_crash },
	{ RM_HOST_GET_TYPE_ID, 0, 0, vm_host_type },
};

/**
 * rm_log() - log a line
 * @rm: resource manager
 * @text: text
 * @value: number that follows it
 */
void rm_log(struct rm *rm, const char *text, uint64_t value)
{
	char line[96];
	size_t len = strlen(text);
	int shift = 60;

	if (len > sizeof(line) - 20)
		len = sizeof(line) - 20;
	memcpy(line, text, len);
	line[len++] = ' ';
	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		line[len++] = "0123456789abcdef"[value >> shift & 15];
	line[len] = 0;
	rm->ops->log(rm->ctx, line);
}

/**
 * rm_die() - fall silent for ever
 * @rm: resource manager
 * @why: for the log
 *
 * As the published resource manager does when an assertion fails or its heap is
 * used up.
 */
void rm_die(struct rm *rm, const char *why)
{
	if (!rm->stats.dead)
		rm->ops->log(rm->ctx, why);
	rm->stats.dead = true;
}

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
	case RM_HYP_ADDR_INVALID:
		return RM_ERR_MEM;
	case RM_HYP_ARG_INVALID:
		return RM_ERR_ARG;
	case RM_HYP_DENIED:
	default:
		return RM_ERR_DENIED;
	}
}

static uint32_t run_handler(struct rm *rm, const struct handler *h,
			    struct rm_call *call)
{
	if ((h->flags & HOST_ONLY) && call->vm != &rm->host)
		return RM_ERR_DENIED;
	if (h->len >= 0 && call->len != (size_t)h->len)
		return RM_ERR_MSG;
	return h->fn(rm, call);
}

static uint32_t carry_out(struct rm *rm, struct rm_call *call)
{
	const struct handler *h = NULL;
	uint32_t err;
	size_t i;

	/* Lent interrupts are not modelled, but for this way to die of one */
	if (call->id == RM_VM_IRQ_ACCEPT_ID && !call->len)
		rm_die(rm, "assertion: empty VM_IRQ_ACCEPT");
	for (i = 0; i < RM_ARRAY_SIZE(handlers); i++)
		if (handlers[i].id == call->id)
			h = &handlers[i];
	if (!h || ((h->flags & BOOT_CONTEXT) && !rm->config.boot_context))
		return RM_ERR_UNIMPLEMENTED;
	err = run_handler(rm, h, call);
	if (err) {
		call->out_len = 0;
		if (h->flags & ERROR_EXTRA)
			rm_out32(call, 0);
	}
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

/* A reply that is not the one the caller waits for */
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
	if (fault->action == RM_FAULT_DELAY_REPLY && fault->arg) {
		msg->wait = fault->arg;
		msg->extra = true;
		rpc_delay(rm, msg);
	} else {
		rpc_queue(rm, msg);
	}
}

/* Is a fault planned for this request? */
static void fault_due(struct rm *rm, const struct rm_call *call,
		      struct rm_fault *due)
{
	struct rm_fault *f = &rm->fault;

	memset(due, 0, sizeof(*due));
	if (f->action == RM_FAULT_NONE || call->vm != &rm->host ||
	    (f->msg_id && f->msg_id != call->id))
		return;
	if (f->nth > 1) {
		f->nth--;
		return;
	}
	*due = *f;
	if (!f->repeat)
		f->action = RM_FAULT_NONE;
}

/**
 * rm_loses() - whether a notification is to be lost, as planned
 * @rm: resource manager
 * @id: its message id, which the plan must name
 *
 * Return: true if it must not be sent.
 */
bool rm_loses(struct rm *rm, uint32_t id)
{
	struct rm_fault *f = &rm->fault;

	if (f->action != RM_FAULT_DROP_REPLY || f->msg_id != id)
		return false;
	if (f->nth > 1) {
		f->nth--;
		return false;
	}
	if (!f->repeat)
		f->action = RM_FAULT_NONE;
	return true;
}

static void handle(struct rm *rm, struct rm_call *call)
{
	struct rm_fault fault;
	uint32_t err;

	rm->stats.requests++;
	call->out = rm->reply;
	fault_due(rm, call, &fault);
	if (fault.action == RM_FAULT_DIE)
		rm_die(rm, "planned death");
	if (rm->stats.dead)
		return;
	if (fault.action == RM_FAULT_FAIL) {
		err = fault.arg;
	} else {
		err = carry_out(rm, call);
		if (rm->stats.dead)
			return;
		if (fault.action == RM_FAULT_FAIL_AFTER) {
			err = fault.arg;
			call->out_len = 0;
		}
	}
	reply(rm, call, err, &fault);
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
 * rm_revive() - bring a dead resource manager back
 * @rm: resource manager
 *
 * What it knows of VMs and parcels is kept. Requests that came while it was
 * dead, and messages that waited to be sent, are lost.
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
