/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the two sides of the RPC core: rm.c and rm_rx.c
 */

#ifndef _GUNYAH_RM_PRIVATE_H
#define _GUNYAH_RM_PRIVATE_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "msgq.h"
#include "rm.h"

/**
 * struct gunyah_rm_call - a call that is in flight
 * @msg_id: message id of the request
 * @seq: sequence id of the request
 * @done: the call has ended
 * @ret: its result: 0 (there is a reply), or a negative errno; valid after @done
 * @error: error code of the reply, valid if @ret is 0
 * @len: length of the reply in gunyah_rm.reply, valid if @ret is 0
 * @sent: the whole request was sent
 */
struct gunyah_rm_call {
	u32 msg_id;
	u16 seq;
	struct completion done;
	int ret;
	u32 error;
	size_t len;
	bool sent;
};

/**
 * struct gunyah_rm_rx - the message that is being received
 * @active: the first packet was received, others are missing
 * @type: an &enum gunyah_rm_packet_type
 * @fragments: number of continuations
 * @received: number of packets received so far
 * @seq: its sequence id
 * @msg_id: its message id
 * @len: bytes in @buf
 * @buf: payload of all its packets
 *
 * Only used by the thread that receives, see rm_rx.c.
 */
struct gunyah_rm_rx {
	bool active;
	u8 type;
	u8 fragments;
	u8 received;
	u16 seq;
	u32 msg_id;
	size_t len;
	u8 *buf;
};

/**
 * struct gunyah_rm - a resource manager
 * @ref: references to this structure
 * @link: carries the packets; not used after gunyah_rm_destroy()
 * @timeout_ms: points to the time limit of a call
 * @notify: receives notifications
 * @notify_data: argument of @notify
 * @users: callers in progress, plus one until gunyah_rm_destroy()
 * @idle: @users is 0
 * @call_lock: held during a call; protects @seq, @tx and @reply
 * @seq: sequence id of the last request
 * @tx: the packet that is being sent
 * @reply: the reply to the last call
 * @lock: protects @pending, @shutdown, @dead, @packets
 * @pending: the call that waits for a reply, or NULL
 * @shutdown: gunyah_rm_destroy() was called
 * @dead: the firmware does not answer
 * @packets: number of valid packets received, may wrap
 * @rx: the message that is being received
 */
struct gunyah_rm {
	struct kref ref;
	struct gunyah_rm_link *link;
	const unsigned int *timeout_ms;
	gunyah_rm_notify_fn notify;
	void *notify_data;

	refcount_t users;
	struct completion idle;

	/* Held during a call; protects the next three */
	struct mutex call_lock;
	u16 seq;
	u8 tx[GUNYAH_RM_PACKET_SIZE] __aligned(8);
	u8 *reply;

	/* Protects the next four */
	spinlock_t lock;
	struct gunyah_rm_call *pending;
	bool shutdown;
	bool dead;
	unsigned int packets;

	struct gunyah_rm_rx rx;
};

void gunyah_rm_receive(void *data, const void *buf, size_t len);
void gunyah_rm_end_call_locked(struct gunyah_rm *rm, int ret);

#endif /* _GUNYAH_RM_PRIVATE_H */
