// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote procedure calls to the resource manager
 *
 * The resource manager is firmware: a VM of its own that creates, starts and
 * stops other VMs. A request is a message of up to 62 packets and is answered by
 * a reply of up to 63. Notifications arrive at any time, even between a request
 * and its reply, but never between the packets of another message.
 *
 * There is one call at a time, because the resource manager handles requests one
 * after the other, and can hold back only one reply while the queue is full. With
 * two calls in flight a reply could be lost. So the mutex @call_lock is held from
 * the first packet of a request until its reply. No signal ends a call, because
 * a lost reply can mean lost memory. Calls about VMs are made by workers, so that
 * no process has to wait for one.
 *
 * Ownership:
 *
 *  - A call is on the stack of its caller. gunyah_rm.pending points to it while
 *    it can be answered. The side that clears this pointer, with @lock held,
 *    decides how the call ends: the receiving side with a reply, or the caller
 *    because it gives up. The receiving side does not touch the call after it
 *    has dropped @lock, and a caller that gives up takes @lock, so a late reply
 *    finds no call to write to.
 *  - Two buffers for messages are allocated in advance, so that no reply is lost
 *    for lack of memory. The receiving side assembles a message in
 *    gunyah_rm_rx.buf and, if it is the reply to the pending call, swaps it with
 *    @reply. @reply belongs to the holder of @call_lock, except while a call is
 *    pending.
 *
 * The firmware may stop answering, for example after a failed assertion. Every
 * wait has a timeout. After it the caller sends a request that does not exist,
 * which a working resource manager answers at once. If there is no answer, all
 * calls fail until the firmware sends something again.
 *
 * This file is the calling side, rm_rx.c the receiving side. Neither knows the
 * content of messages, or anything about VMs.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "rm_private.h"
#include "rm_wire.h"
#include "trace.h"

/* Time limit for the reply to a ping */
#define RM_PING_MS		1000U

/* Poll at this interval, because the interrupt for a reply may be lost */
#define RM_POLL_INTERVAL	HZ

#define RM_TIMEOUT_MAX_MS	(3600U * MSEC_PER_SEC)

static unsigned int gunyah_rm_timeout_ms = 30000;
module_param_named(rm_timeout_ms, gunyah_rm_timeout_ms, uint, 0644);
MODULE_PARM_DESC(rm_timeout_ms,
		 "Time in ms that the resource manager may take to answer (default 30000)");

/**
 * gunyah_rm_error_remap() - convert an error of the firmware to an errno
 * @error: first word of a reply
 *
 * Context: Any.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_error_remap(u32 error)
{
	switch (error) {
	case GUNYAH_RM_OK:
		return 0;
	case GUNYAH_RM_ERROR_UNIMPLEMENTED:
		return -EOPNOTSUPP;
	case GUNYAH_RM_ERROR_NOMEM:
		return -ENOMEM;
	case GUNYAH_RM_ERROR_NORESOURCE:
		return -ENODEV;
	case GUNYAH_RM_ERROR_DENIED:
		return -EPERM;
	case GUNYAH_RM_ERROR_BUSY:
	case GUNYAH_RM_ERROR_MEM_INUSE:
	case GUNYAH_RM_ERROR_IRQ_INUSE:
	case GUNYAH_RM_ERROR_IN_USE:
	case GUNYAH_RM_ERROR_VM_STATE:
		return -EBUSY;
	case GUNYAH_RM_ERROR_MSG_INVALID:
	case GUNYAH_RM_ERROR_ARG_INVALID:
	case GUNYAH_RM_ERROR_HANDLE_INVALID:
	case GUNYAH_RM_ERROR_VALIDATE:
	case GUNYAH_RM_ERROR_MAP:
	case GUNYAH_RM_ERROR_MEM_INVALID:
	case GUNYAH_RM_ERROR_MEM_RELEASED:
	case GUNYAH_RM_ERROR_VMID_INVALID:
	case GUNYAH_RM_ERROR_LOOKUP:
	case GUNYAH_RM_ERROR_IRQ_INVALID:
	case GUNYAH_RM_ERROR_IRQ_RELEASED:
	case GUNYAH_RM_ERROR_IRQ_NOT_MAPPED:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/*
 * Calling side
 */

static unsigned int rm_timeout(struct gunyah_rm *rm)
{
	return clamp(READ_ONCE(*rm->timeout_ms), 1U, RM_TIMEOUT_MAX_MS);
}

static int rm_send(struct gunyah_rm *rm, struct gunyah_rm_call *call, const void *req,
		   size_t req_len, unsigned long deadline)
{
	unsigned int fragments = 0, flags = 0;
	struct gunyah_rm_hdr *hdr = (struct gunyah_rm_hdr *)rm->tx;
	u8 type = GUNYAH_RM_REQUEST;
	size_t size;
	int ret;

	lockdep_assert_held(&rm->call_lock);

	if (req_len)
		fragments = DIV_ROUND_UP(req_len, GUNYAH_RM_PACKET_PAYLOAD) - 1;

	do {
		size = min_t(size_t, req_len, GUNYAH_RM_PACKET_PAYLOAD);

		hdr->version = GUNYAH_RM_VERSION;
		hdr->type = type | fragments << GUNYAH_RM_FRAGMENTS_SHIFT;
		hdr->seq = cpu_to_le16(call->seq);
		hdr->msg_id = cpu_to_le32(call->msg_id);
		memcpy(hdr + 1, req, size);

		req += size;
		req_len -= size;
		type = GUNYAH_RM_CONTINUATION;
		if (!req_len)
			flags |= GUNYAH_RM_LINK_PUSH;

		/* If this fails the receiver drops the incomplete message. */
		ret = rm->link->ops->send(rm->link, rm->tx,
					  sizeof(*hdr) + size, flags, deadline);
		if (ret)
			return ret;
	} while (req_len);

	return 0;
}

/* Give up a call. Returns its result if it has ended meanwhile, else @ret. */
static int rm_give_up(struct gunyah_rm *rm, struct gunyah_rm_call *call, int ret)
{
	guard(spinlock)(&rm->lock);
	if (rm->pending != call)
		return call->ret;

	rm->pending = NULL;
	return ret;
}

static int rm_wait(struct gunyah_rm *rm, struct gunyah_rm_call *call,
		   unsigned long deadline)
{
	long left;

	while ((left = deadline - jiffies) > 0) {
		left = min_t(long, left, RM_POLL_INTERVAL);
		if (wait_for_completion_timeout(&call->done, left))
			return call->ret;

		rm->link->ops->poll(rm->link);
	}

	return rm_give_up(rm, call, -ETIMEDOUT);
}

/* Send a request and wait for its reply. Nobody else refers to @call afterwards. */
static int rm_transfer(struct gunyah_rm *rm, struct gunyah_rm_call *call, u32 msg_id,
		       const void *req, size_t req_len, unsigned int timeout_ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(timeout_ms);
	int ret;

	lockdep_assert_held(&rm->call_lock);

	*call = (struct gunyah_rm_call) {
		.msg_id = msg_id,
		.seq = ++rm->seq,
	};
	init_completion(&call->done);

	scoped_guard(spinlock, &rm->lock) {
		if (rm->shutdown)
			return -ESHUTDOWN;
		rm->pending = call;
	}

	trace_gunyah_rm_call_begin(msg_id, call->seq, req_len);

	ret = rm_send(rm, call, req, req_len, deadline);
	if (ret) {
		rm_give_up(rm, call, ret);
	} else {
		call->sent = true;
		ret = rm_wait(rm, call, deadline);
	}

	trace_gunyah_rm_call_end(msg_id, call->seq, ret ? 0 : call->error,
				 ret ?: gunyah_rm_error_remap(call->error));

	return ret;
}

/*
 * A call was not answered in time: find out whether the firmware answers any
 * other one.
 */
static void rm_check_alive(struct gunyah_rm *rm)
{
	struct gunyah_rm_call ping;
	unsigned int before;
	bool died = false;
	int ret;

	before = READ_ONCE(rm->packets);
	ret = rm_transfer(rm, &ping, GUNYAH_RM_PING, NULL, 0,
			  min(rm_timeout(rm), RM_PING_MS));
	if (!ret)
		return;

	/* Every valid packet is a sign of life, not only the reply. */
	scoped_guard(spinlock, &rm->lock) {
		if (rm->packets == before && !rm->shutdown) {
			died = !rm->dead;
			WRITE_ONCE(rm->dead, true);
		}
	}

	if (died)
		pr_err("the resource manager does not answer any more; no VM can be started or stopped\n");
}

/* Copy the reply to where the caller wants it. */
static int rm_copy_reply(struct gunyah_rm *rm, struct gunyah_rm_call *call,
			 struct gunyah_rm_msg *msg)
{
	const void *body = rm->reply + sizeof(__le32);
	size_t len = call->len - sizeof(__le32);

	lockdep_assert_held(&rm->call_lock);

	msg->error = call->error;
	/* Whatever follows an error code is ignored. */
	if (call->error)
		return gunyah_rm_error_remap(call->error);

	if (msg->buf) {
		if (len != msg->buf_len) {
			msg->lost = true;
			return -EIO;
		}
		memcpy(msg->buf, body, len);
	} else if (msg->alloc && len) {
		msg->resp = kvmemdup(body, len, GFP_KERNEL);
		if (!msg->resp) {
			msg->lost = true;
			return -ENOMEM;
		}
		msg->resp_len = len;
	}

	return 0;
}

static int rm_call_locked(struct gunyah_rm *rm, struct gunyah_rm_msg *msg)
{
	struct gunyah_rm_call call;
	int ret;

	lockdep_assert_held(&rm->call_lock);

	if (READ_ONCE(rm->dead)) {
		/* The interrupt for a sign of life may have been lost. */
		rm->link->ops->poll(rm->link);
		return -ESHUTDOWN;
	}

	ret = rm_transfer(rm, &call, msg->msg_id, msg->req, msg->req_len,
			  rm_timeout(rm));
	if (!ret)
		return rm_copy_reply(rm, &call, msg);

	msg->lost = call.sent;
	if (ret == -ETIMEDOUT)
		rm_check_alive(rm);

	return ret;
}

/* Keep gunyah_rm_destroy() from returning until rm_put_user(). */
static int rm_get_user(struct gunyah_rm *rm)
{
	return refcount_inc_not_zero(&rm->users) ? 0 : -ESHUTDOWN;
}

static void rm_put_user(struct gunyah_rm *rm)
{
	if (refcount_dec_and_test(&rm->users))
		complete(&rm->idle);
}

/**
 * gunyah_rm_send_msg() - call the resource manager
 * @rm: the resource manager
 * @msg: the call, see &struct gunyah_rm_msg
 *
 * Calls are made one after the other, so this waits for those before it as well.
 *
 * Context: Process context. May sleep, up to rm_timeout_ms and one second, and
 * as long for each call before it. Takes and releases the RPC core's mutex. Not
 * from &gunyah_rm_notify_fn.
 * Return: 0; the errno for an error code of the firmware (-EOPNOTSUPP, -ENOMEM,
 * -ENODEV, -EPERM, -EBUSY, -EINVAL, -EIO); or -E2BIG (the request is too large),
 * -ENOMEM, -ETIMEDOUT (no reply in time), -ESHUTDOWN (the firmware does not
 * answer any more, or gunyah_rm_destroy() was called), -EIO (the reply is
 * invalid), or an error of the link.
 */
int gunyah_rm_send_msg(struct gunyah_rm *rm, struct gunyah_rm_msg *msg)
{
	int ret;

	msg->resp = NULL;
	msg->resp_len = 0;
	msg->error = 0;
	msg->lost = false;

	if (msg->req_len > GUNYAH_RM_MAX_REQUEST)
		return -E2BIG;

	ret = rm_get_user(rm);
	if (ret)
		return ret;

	scoped_guard(mutex, &rm->call_lock)
		ret = rm_call_locked(rm, msg);
	rm_put_user(rm);

	return ret;
}

/**
 * gunyah_rm_alive() - does the resource manager answer?
 * @rm: the resource manager
 *
 * If not, this has the receiving thread look for packets, so that a later call
 * can return true.
 *
 * Context: Process context.
 * Return: false if calls would fail with -ESHUTDOWN at this time.
 */
bool gunyah_rm_alive(struct gunyah_rm *rm)
{
	bool alive;

	if (rm_get_user(rm))
		return false;

	alive = !READ_ONCE(rm->dead) && !READ_ONCE(rm->shutdown);
	if (!alive)
		rm->link->ops->poll(rm->link);
	rm_put_user(rm);

	return alive;
}

/**
 * gunyah_rm_poll() - look for packets of which no interrupt has told
 * @rm: the resource manager
 *
 * Has the receiving thread receive them. While a call waits for its reply that
 * happens anyway.
 *
 * Context: Any.
 */
void gunyah_rm_poll(struct gunyah_rm *rm)
{
	if (rm_get_user(rm))
		return;
	rm->link->ops->poll(rm->link);
	rm_put_user(rm);
}

/*
 * Life of a resource manager
 */

static void rm_free(struct kref *ref)
{
	struct gunyah_rm *rm = container_of(ref, struct gunyah_rm, ref);

	kvfree(rm->rx.buf);
	kvfree(rm->reply);
	kfree(rm);
}

DEFINE_FREE(rm_put, struct gunyah_rm *, gunyah_rm_put(_T))

/**
 * gunyah_rm_create() - connect to a resource manager
 * @link: carries the packets; is started here, and must exist until
 *	gunyah_rm_destroy() returns
 * @timeout_ms: time limit of a call, read at each call; NULL for the module's
 *	parameter
 * @notify: receives notifications, from now on
 * @data: its first argument
 *
 * Context: Process context. May sleep.
 * Return: the resource manager, or an ERR_PTR(): -ENOMEM, or an error of the
 * link.
 */
struct gunyah_rm *gunyah_rm_create(struct gunyah_rm_link *link,
				   const unsigned int *timeout_ms,
				   gunyah_rm_notify_fn notify, void *data)
{
	struct gunyah_rm *rm __free(rm_put) = kzalloc(sizeof(*rm), GFP_KERNEL);
	int ret;

	if (!rm)
		return ERR_PTR(-ENOMEM);

	kref_init(&rm->ref);
	refcount_set(&rm->users, 1);
	init_completion(&rm->idle);
	mutex_init(&rm->call_lock);
	spin_lock_init(&rm->lock);
	rm->link = link;
	rm->timeout_ms = timeout_ms ?: &gunyah_rm_timeout_ms;
	rm->notify = notify;
	rm->notify_data = data;
	/* Replies to calls of an earlier instance of the module must not match. */
	rm->seq = get_random_u16();

	rm->rx.buf = kvmalloc(GUNYAH_RM_MAX_PAYLOAD, GFP_KERNEL);
	rm->reply = kvmalloc(GUNYAH_RM_MAX_PAYLOAD, GFP_KERNEL);
	if (!rm->rx.buf || !rm->reply)
		return ERR_PTR(-ENOMEM);

	link->rx = gunyah_rm_receive;
	link->rx_data = rm;
	ret = link->ops->start(link);
	if (ret)
		return ERR_PTR(ret);

	return no_free_ptr(rm);
}

/**
 * gunyah_rm_destroy() - disconnect from a resource manager
 * @rm: the resource manager
 *
 * A call that waits fails with -ESHUTDOWN, and so do all later ones. No call is
 * in progress and no notification is delivered after this returns. Drops the
 * reference of gunyah_rm_create().
 *
 * Context: Process context. May sleep. Not from &gunyah_rm_notify_fn.
 */
void gunyah_rm_destroy(struct gunyah_rm *rm)
{
	scoped_guard(spinlock, &rm->lock) {
		WRITE_ONCE(rm->shutdown, true);
		if (rm->pending)
			gunyah_rm_end_call_locked(rm, -ESHUTDOWN);
	}

	rm->link->ops->stop(rm->link);
	rm_put_user(rm);
	wait_for_completion(&rm->idle);

	gunyah_rm_put(rm);
}

/**
 * gunyah_rm_get() - take a reference to a resource manager
 * @rm: the resource manager
 *
 * Context: Any.
 * Return: @rm.
 */
struct gunyah_rm *gunyah_rm_get(struct gunyah_rm *rm)
{
	kref_get(&rm->ref);
	return rm;
}

/**
 * gunyah_rm_put() - drop a reference to a resource manager
 * @rm: the resource manager, or NULL
 *
 * Context: Process context.
 */
void gunyah_rm_put(struct gunyah_rm *rm)
{
	if (rm)
		kref_put(&rm->ref, rm_free);
}
