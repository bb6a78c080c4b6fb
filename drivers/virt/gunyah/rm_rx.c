// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving side of rm.c: assembles packets of the resource manager to messages
 *
 * Everything runs in the link's thread, one packet after the other, so the
 * message that is being received needs no lock. Packets are checked before they
 * are used. An invalid packet is dropped with a trace event and a line in the
 * log, and does not affect the packets after it.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "rm_private.h"
#include "rm_wire.h"
#include "trace.h"

static_assert(sizeof(struct gunyah_rm_hdr) + GUNYAH_RM_PACKET_PAYLOAD ==
	      GUNYAH_RM_PACKET_SIZE);

static void rm_bad_packet(enum gunyah_rm_bad_packet reason, size_t len)
{
	static const char * const text[] = {
		[GUNYAH_RM_BAD_SHORT] = "too short",
		[GUNYAH_RM_BAD_LONG] = "too long",
		[GUNYAH_RM_BAD_VERSION] = "unknown version",
		[GUNYAH_RM_BAD_TYPE] = "a request",
		[GUNYAH_RM_BAD_FRAGMENTS] = "too many fragments",
		[GUNYAH_RM_BAD_STRAY] = "fragment without a message",
		[GUNYAH_RM_BAD_CONTINUATION] = "fragment of another message",
		[GUNYAH_RM_BAD_NOT_FULL] = "fragment is too short",
		[GUNYAH_RM_BAD_UNFINISHED] = "message is incomplete",
		[GUNYAH_RM_BAD_UNMATCHED] = "reply without a call",
		[GUNYAH_RM_BAD_REPLY] = "reply without error code",
	};

	trace_gunyah_rm_bad_packet(reason, len);
	pr_warn_ratelimited("dropped a packet of the resource manager (%zu bytes): %s\n",
			    len, text[reason]);
}

/**
 * gunyah_rm_end_call_locked() - end the pending call
 * @rm: the resource manager, which has a pending call
 * @ret: its result: 0 (there is a reply) or a negative errno
 *
 * The call may cease to exist as soon as the lock is dropped.
 *
 * Context: Any. The caller holds gunyah_rm.lock.
 */
void gunyah_rm_end_call_locked(struct gunyah_rm *rm, int ret)
{
	struct gunyah_rm_call *call = rm->pending;

	lockdep_assert_held(&rm->lock);

	call->ret = ret;
	rm->pending = NULL;
	complete(&call->done);
}

/* Is the message that is being received the reply to the pending call? */
static bool rm_rx_is_awaited_locked(struct gunyah_rm *rm)
{
	lockdep_assert_held(&rm->lock);

	return rm->rx.type == GUNYAH_RM_REPLY && rm->pending &&
	       rm->pending->seq == rm->rx.seq &&
	       rm->pending->msg_id == rm->rx.msg_id;
}

/* Drop the message that is being received. A reply is not sent a second time. */
static void rm_rx_abort(struct gunyah_rm *rm)
{
	rm->rx.active = false;

	guard(spinlock)(&rm->lock);
	if (rm_rx_is_awaited_locked(rm))
		gunyah_rm_end_call_locked(rm, -EIO);
}

static void rm_rx_reply(struct gunyah_rm *rm)
{
	struct gunyah_rm_rx *rx = &rm->rx;
	bool matched;

	if (rx->len < sizeof(__le32)) {
		rm_bad_packet(GUNYAH_RM_BAD_REPLY, rx->len);
		rm_rx_abort(rm);
		return;
	}

	scoped_guard(spinlock, &rm->lock) {
		matched = rm_rx_is_awaited_locked(rm);
		if (matched) {
			rm->pending->error = le32_to_cpup((__le32 *)rx->buf);
			rm->pending->len = rx->len;
			swap(rx->buf, rm->reply);
			gunyah_rm_end_call_locked(rm, 0);
		}
	}

	if (!matched)
		rm_bad_packet(GUNYAH_RM_BAD_UNMATCHED, rx->len);
}

/* Every valid packet shows that the firmware works. */
static void rm_rx_sign_of_life(struct gunyah_rm *rm)
{
	bool revived;

	scoped_guard(spinlock, &rm->lock) {
		WRITE_ONCE(rm->packets, rm->packets + 1);
		revived = rm->dead;
		WRITE_ONCE(rm->dead, false);
	}

	if (revived)
		pr_info("the resource manager answers again\n");
}

static void rm_rx_begin(struct gunyah_rm *rm, u8 type, u8 fragments, u16 seq,
			u32 msg_id, size_t len)
{
	struct gunyah_rm_rx *rx = &rm->rx;

	if (rx->active) {
		rm_bad_packet(GUNYAH_RM_BAD_UNFINISHED, len);
		/* The same message may have been restarted. */
		if (rx->type != type || rx->seq != seq || rx->msg_id != msg_id)
			rm_rx_abort(rm);
	}

	rx->active = true;
	rx->type = type;
	rx->fragments = fragments;
	rx->received = 0;
	rx->seq = seq;
	rx->msg_id = msg_id;
	rx->len = 0;
}

/* Check a packet. Returns an enum gunyah_rm_bad_packet, or -1 if it is valid. */
static int rm_rx_check(const struct gunyah_rm_hdr *hdr, size_t len)
{
	if (len < sizeof(*hdr))
		return GUNYAH_RM_BAD_SHORT;
	if (len > GUNYAH_RM_PACKET_SIZE)
		return GUNYAH_RM_BAD_LONG;
	if (hdr->version != GUNYAH_RM_VERSION)
		return GUNYAH_RM_BAD_VERSION;
	if ((hdr->type & GUNYAH_RM_TYPE_MASK) == GUNYAH_RM_REQUEST)
		return GUNYAH_RM_BAD_TYPE;
	if (hdr->type >> GUNYAH_RM_FRAGMENTS_SHIFT > GUNYAH_RM_MAX_FRAGMENTS)
		return GUNYAH_RM_BAD_FRAGMENTS;

	return -1;
}

/* Add a packet to its message. Returns as rm_rx_check(). */
static int rm_rx_add(struct gunyah_rm *rm, const struct gunyah_rm_hdr *hdr,
		     size_t len)
{
	u8 fragments = hdr->type >> GUNYAH_RM_FRAGMENTS_SHIFT;
	u8 type = hdr->type & GUNYAH_RM_TYPE_MASK;
	size_t payload = len - sizeof(*hdr);
	u32 msg_id = le32_to_cpu(hdr->msg_id);
	u16 seq = le16_to_cpu(hdr->seq);
	struct gunyah_rm_rx *rx = &rm->rx;

	if (type != GUNYAH_RM_CONTINUATION) {
		rm_rx_begin(rm, type, fragments, seq, msg_id, len);
	} else if (!rx->active) {
		return GUNYAH_RM_BAD_STRAY;
	} else if (fragments != rx->fragments || seq != rx->seq ||
		   msg_id != rx->msg_id) {
		rm_rx_abort(rm);
		return GUNYAH_RM_BAD_CONTINUATION;
	}

	if (rx->received < rx->fragments &&
	    payload != GUNYAH_RM_PACKET_PAYLOAD) {
		rm_rx_abort(rm);
		return GUNYAH_RM_BAD_NOT_FULL;
	}

	/* The buffer has room for the largest number of full packets. */
	memcpy(rx->buf + rx->len, hdr + 1, payload);
	rx->len += payload;
	rx->received++;

	return -1;
}

/**
 * gunyah_rm_receive() - receive a packet
 * @data: the &struct gunyah_rm
 * @buf: the packet, not checked yet
 * @len: its size in bytes
 *
 * Context: Process context, one call at a time. May sleep. Takes and releases
 * gunyah_rm.lock; calls &gunyah_rm.notify without any lock.
 */
void gunyah_rm_receive(void *data, const void *buf, size_t len)
{
	struct gunyah_rm *rm = data;
	struct gunyah_rm_rx *rx = &rm->rx;
	int bad;

	bad = rm_rx_check(buf, len);
	if (bad < 0) {
		rm_rx_sign_of_life(rm);
		bad = rm_rx_add(rm, buf, len);
	}
	if (bad >= 0) {
		rm_bad_packet(bad, len);
		return;
	}

	if (rx->received <= rx->fragments)
		return;

	rx->active = false;
	if (rx->type == GUNYAH_RM_REPLY) {
		rm_rx_reply(rm);
	} else {
		trace_gunyah_rm_notification(rx->msg_id, rx->len);
		rm->notify(rm->notify_data, rx->msg_id, rx->buf, rx->len);
	}
}
