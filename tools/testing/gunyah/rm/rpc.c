// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets: requests are reassembled from fragments, replies and notifications are
 * split into them. Each VM has one queue for what its message queue has no room
 * for, so that messages stay in order.
 *
 * As in the published resource manager a VM has one buffer for a reply that
 * waits: the next reply replaces it. The safe contract for clients is one
 * request in flight.
 */
#include "rm_core.h"

/**
 * rpc_init() - make a channel empty
 * @chan: channel
 */
void rpc_init(struct rm_chan *chan)
{
	chan->tx_head = NULL;
	chan->tx_tail = &chan->tx_head;
	chan->rx_active = false;
}

/**
 * rpc_free() - free a message that is in no queue
 * @rm: resource manager
 * @msg: message
 */
void rpc_free(struct rm *rm, struct rm_msg *msg)
{
	if (msg == (void *)rm->spare)
		rm->spare_used = false;
	else
		rm_free(rm, msg, msg->alloc_size);
}

/**
 * rpc_drop() - forget what waits to be sent and what was received in part
 * @rm: resource manager
 * @chan: channel
 */
void rpc_drop(struct rm *rm, struct rm_chan *chan)
{
	struct rm_msg *msg;

	while ((msg = chan->tx_head)) {
		chan->tx_head = msg->next;
		rpc_free(rm, msg);
	}
	rpc_init(chan);
}

/**
 * rpc_receive() - take a packet
 * @vm: sender, has a channel
 * @packet: the packet
 * @len: its length
 * @call: filled in when a request is complete
 *
 * Malformed and unexpected packets are dropped silently.
 *
 * Return: true if @call is a complete request
 */
bool rpc_receive(struct rm_vm *vm, const uint8_t *packet, size_t len,
		 struct rm_call *call)
{
	struct rm_chan *chan = vm->chan;
	uint8_t type, fragments;
	uint16_t seq;
	uint32_t id;

	if (len < RM_HDR_SIZE || len > RM_MSG_SIZE ||
	    packet[0] != RM_HDR_VERSION)
		return false;
	type = packet[1] & 3;
	fragments = packet[1] >> 2;
	seq = rm_get16(packet + 2);
	id = rm_get32(packet + 4);

	if (type == RM_TYPE_CONTINUATION) {
		if (!chan->rx_active || id != chan->rx_id ||
		    seq != chan->rx_seq || fragments != chan->rx_fragments)
			return false;
		chan->rx_got++;
	} else {
		chan->rx_active = false;
		if (type != RM_TYPE_REQUEST || fragments > RM_MAX_FRAGMENTS)
			return false;
		chan->rx_active = true;
		chan->rx_id = id;
		chan->rx_seq = seq;
		chan->rx_fragments = fragments;
		chan->rx_got = 0;
		chan->rx_len = 0;
	}

	/* Only the last packet of a message may be short */
	if (chan->rx_got < fragments && len != RM_MSG_SIZE) {
		chan->rx_active = false;
		return false;
	}

	memcpy(chan->rx + chan->rx_len, packet + RM_HDR_SIZE,
	       len - RM_HDR_SIZE);
	chan->rx_len += len - RM_HDR_SIZE;
	if (chan->rx_got < fragments)
		return false;

	chan->rx_active = false;
	memset(call, 0, sizeof(*call));
	call->vm = vm;
	call->id = id;
	call->seq = seq;
	call->in = chan->rx;
	call->len = chan->rx_len;
	return true;
}

/* Keeps short messages possible when there is no memory */
static struct rm_msg *spare_message(struct rm *rm, size_t len)
{
	if (rm->spare_used || len > RM_SPARE_LEN)
		return NULL;
	rm->spare_used = true;
	memset(rm->spare, 0, sizeof(rm->spare));
	return (struct rm_msg *)rm->spare;
}

/**
 * rpc_message() - make a message with zeroed payload
 * @rm: resource manager
 * @vmid: receiver
 * @type: enum rm_packet_type
 * @id: message id
 * @seq: sequence id
 * @len: length of the payload
 *
 * Return: message; NULL: no memory
 */
struct rm_msg *rpc_message(struct rm *rm, uint16_t vmid, uint8_t type,
			   uint32_t id, uint16_t seq, size_t len)
{
	size_t size = sizeof(struct rm_msg) + len;
	struct rm_msg *msg;

	if (len > RM_MAX_PAYLOAD)
		return NULL;
	msg = rm_alloc(rm, size);
	if (!msg)
		msg = spare_message(rm, len);
	if (!msg) {
		rm_log(rm, "no memory for message", id);
		return NULL;
	}
	msg->alloc_size = size;
	msg->vmid = vmid;
	msg->type = type;
	msg->id = id;
	msg->seq = seq;
	msg->len = len;
	return msg;
}

static bool msg_replaces(const struct rm_msg *msg, const struct rm_msg *old)
{
	return msg->type == RM_TYPE_REPLY && !msg->extra &&
	       old->type == RM_TYPE_REPLY && !old->extra;
}

/*
 * Make room for @msg: drop an unsent reply, or the oldest notification if there
 * are too many. A message that is partly sent must stay.
 */
static void make_room(struct rm *rm, struct rm_chan *chan,
		      const struct rm_msg *msg)
{
	struct rm_msg **victim = NULL, **p, *old;
	unsigned int notifications = 0;

	for (p = &chan->tx_head; (old = *p); p = &old->next) {
		if (old->packets_sent)
			continue;
		if (msg_replaces(msg, old)) {
			victim = p;
			break;
		}
		if (old->type != RM_TYPE_NOTIFICATION ||
		    msg->type != RM_TYPE_NOTIFICATION)
			continue;
		if (!notifications++)
			victim = p;
	}
	if (!victim || (msg->type == RM_TYPE_NOTIFICATION &&
			notifications < RM_MAX_NOTIFICATIONS))
		return;
	old = *victim;
	*victim = old->next;
	if (chan->tx_tail == &old->next)
		chan->tx_tail = victim;
	rm_log(rm, "message dropped, queue full", old->id);
	rpc_free(rm, old);
}

/* Messages that wait for one to @vmid may go in the next turn */
static void release_behind(struct rm *rm, uint16_t vmid)
{
	struct rm_msg *msg;

	for (msg = rm->delayed; msg; msg = msg->next)
		if (msg->behind && msg->vmid == vmid)
			msg->wait = 1;
}

/**
 * rpc_queue() - send a message as soon as there is room
 * @rm: resource manager
 * @msg: message
 *
 * The queue takes ownership of the message.
 */
void rpc_queue(struct rm *rm, struct rm_msg *msg)
{
	struct rm_vm *vm = vm_get(rm, msg->vmid);
	struct rm_chan *chan = vm ? vm->chan : NULL;

	if (!chan) {
		rpc_free(rm, msg);
		return;
	}
	make_room(rm, chan, msg);
	msg->next = NULL;
	*chan->tx_tail = msg;
	chan->tx_tail = &msg->next;
	release_behind(rm, msg->vmid);
	rpc_flush(rm, vm);
}

/**
 * rpc_delay() - queue a message once its turns have passed
 * @rm: resource manager
 * @msg: message
 */
void rpc_delay(struct rm *rm, struct rm_msg *msg)
{
	struct rm_msg **p = &rm->delayed;

	while (*p)
		p = &(*p)->next;
	msg->next = NULL;
	*p = msg;
	rm->ops->kick(rm->ctx);
}

/**
 * rpc_tick() - one turn for the delayed messages
 * @rm: resource manager
 *
 * Return: true if some are left
 */
bool rpc_tick(struct rm *rm)
{
	struct rm_msg **p = &rm->delayed, *msg;

	while ((msg = *p)) {
		if (msg->wait && --msg->wait) {
			p = &msg->next;
			continue;
		}
		*p = msg->next;
		rpc_queue(rm, msg);
	}
	return rm->delayed;
}

static bool send_packet(struct rm *rm, const struct rm_msg *msg)
{
	size_t offset = (size_t)msg->packets_sent * RM_PACKET_PAYLOAD;
	size_t part = msg->len - offset;
	uint8_t packet[RM_MSG_SIZE];
	uint8_t fragments = 0;
	uint8_t type = msg->packets_sent ? RM_TYPE_CONTINUATION : msg->type;

	if (part > RM_PACKET_PAYLOAD)
		part = RM_PACKET_PAYLOAD;
	if (msg->len)
		fragments = (uint8_t)((msg->len - 1) / RM_PACKET_PAYLOAD);
	packet[0] = RM_HDR_VERSION;
	packet[1] = (uint8_t)(type | fragments << 2);
	rm_put16(packet + 2, msg->seq);
	rm_put32(packet + 4, msg->id);
	memcpy(packet + RM_HDR_SIZE, msg->data + offset, part);
	return rm->ops->send(rm->ctx, msg->vmid, packet, RM_HDR_SIZE + part);
}

/**
 * rpc_flush() - send to a VM what there is room for
 * @rm: resource manager
 * @vm: VM, has a channel
 */
void rpc_flush(struct rm *rm, struct rm_vm *vm)
{
	struct rm_chan *chan = vm->chan;
	struct rm_msg *msg;

	while ((msg = chan->tx_head)) {
		if (msg->packets_sent + 1 != msg->lose &&
		    !send_packet(rm, msg))
			return;
		msg->packets_sent++;
		if ((size_t)msg->packets_sent * RM_PACKET_PAYLOAD < msg->len)
			continue;
		chan->tx_head = msg->next;
		if (!chan->tx_head)
			chan->tx_tail = &chan->tx_head;
		rpc_free(rm, msg);
	}
}

static void notify(struct rm *rm, struct rm_vm *vm, uint32_t id,
		   const void *data, size_t len)
{
	struct rm_msg *msg;

	if (rm_loses(rm, id))
		return;
	msg = rpc_message(rm, vm->vmid, RM_TYPE_NOTIFICATION, id,
			  vm->chan->notify_seq++, len);
	if (!msg)
		return;
	memcpy(msg->data, data, len);
	rm->stats.notifications++;
	rpc_queue(rm, msg);
}

/**
 * rpc_notify() - send a notification to a VM that must have a channel
 * @rm: resource manager
 * @vmid: receiver
 * @id: message id
 * @data: payload
 * @len: length
 *
 * Published firmware treats a missing channel as fatal. Nothing is sent to a VM
 * that has a channel but does not run.
 */
void rpc_notify(struct rm *rm, uint16_t vmid, uint32_t id, const void *data,
		size_t len)
{
	struct rm_vm *vm = vm_get(rm, vmid);

	/* A dead resource manager sends no notifications */
	if (rm->stats.dead || !vm)
		return;
	if (!vm->chan) {
		rm_log(rm, "no rm-rpc channel for a notification to VM", vmid);
		rm_die(rm, "notification to a VM that has no channel");
		return;
	}
	if (vm->state == RM_STATE_RUNNING)
		notify(rm, vm, id, data, len);
}

/**
 * rpc_notify_peer() - send a notification to a VM if it has a channel and runs
 * @rm: resource manager
 * @vmid: receiver
 * @id: message id
 * @data: payload
 * @len: length
 */
void rpc_notify_peer(struct rm *rm, uint16_t vmid, uint32_t id,
		     const void *data, size_t len)
{
	struct rm_vm *vm = vm_get(rm, vmid);

	if (!rm->stats.dead && vm && vm->chan && vm->state == RM_STATE_RUNNING)
		notify(rm, vm, id, data, len);
}
