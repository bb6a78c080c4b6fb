// SPDX-License-Identifier: GPL-2.0-only
/*
 * Link to the resource manager: a message queue in each direction
 *
 * This layer transports packets and does not look into them. It relies on this:
 *
 *  - The receive interrupt is edge-triggered. It is raised when a packet arrives
 *    in an empty queue, not for the packets behind it, so the thread receives
 *    until the queue is empty. An interrupt without a packet is normal, because
 *    the previous round may have received the packet.
 *  - The send interrupt is raised when a full queue has room again. A sender
 *    waits for it only after the hypervisor has refused a packet, and arms the
 *    wait before that attempt. A send interrupt without a waiter is normal.
 *  - Interrupts may be lost. The sender retries after a short time, and the RPC
 *    core polls the queue while it waits for a reply.
 *
 * Packets are received only in the thread of the receive interrupt, so the RPC
 * core's callback never runs concurrently with itself.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "hypercall.h"
#include "msgq.h"

/* Retry interval for a full queue, because its interrupt may be lost */
#define MSGQ_SEND_RETRY		msecs_to_jiffies(100)
/* The same for a packet that the hypervisor does not hand out, and how often */
#define MSGQ_RECV_RETRY_MS	50
#define MSGQ_RECV_RETRIES	20

/**
 * struct gunyah_msgq - the two queues and their interrupts
 * @link: the interface for the RPC core
 * @config: the queues
 * @tx_wait: wait queue of the sender
 * @tx_room: the send interrupt was raised since the last attempt to send
 * @stopped: no more packets are sent or received
 * @rx_buf: the packet that is being received; only used by the thread of the
 *	receive interrupt
 */
struct gunyah_msgq {
	struct gunyah_rm_link link;
	struct gunyah_msgq_config config;
	wait_queue_head_t tx_wait;
	bool tx_room;
	bool stopped;
	u8 rx_buf[GUNYAH_RM_PACKET_SIZE] __aligned(8);
};

static struct gunyah_msgq *link_to_msgq(struct gunyah_rm_link *link)
{
	return container_of(link, struct gunyah_msgq, link);
}

static irqreturn_t msgq_tx_irq(int irq, void *data)
{
	struct gunyah_msgq *msgq = data;

	WRITE_ONCE(msgq->tx_room, true);
	wake_up(&msgq->tx_wait);

	return IRQ_HANDLED;
}

static irqreturn_t msgq_rx_thread(int irq, void *data)
{
	struct gunyah_msgq *msgq = data;
	unsigned int failed = 0;
	enum gunyah_error error;
	bool more = true;
	size_t len;

	while (more && !READ_ONCE(msgq->stopped)) {
		error = gunyah_hypercall_msgq_recv(msgq->config.rx_capid,
						   msgq->rx_buf,
						   sizeof(msgq->rx_buf), &len,
						   &more);
		if (error == GUNYAH_ERROR_MSGQ_EMPTY)
			break;
		if (error != GUNYAH_ERROR_OK) {
			/* No other interrupt tells of this packet */
			if (failed++ < MSGQ_RECV_RETRIES) {
				msleep(MSGQ_RECV_RETRY_MS);
				more = true;
				continue;
			}
			pr_warn_ratelimited("cannot receive from the resource manager: error %d\n",
					    error);
			break;
		}

		failed = 0;
		msgq->link.rx(msgq->link.rx_data, msgq->rx_buf, len);
		cond_resched();
	}

	return IRQ_HANDLED;
}

static void msgq_poll(struct gunyah_rm_link *link)
{
	struct gunyah_msgq *msgq = link_to_msgq(link);

	/* Does nothing after msgq_stop(), because there is no thread. */
	irq_wake_thread(msgq->config.rx_irq, msgq);
}

static int msgq_start(struct gunyah_rm_link *link)
{
	struct gunyah_msgq *msgq = link_to_msgq(link);
	int ret;

	ret = request_irq(msgq->config.tx_irq, msgq_tx_irq, 0, "gunyah-rm-tx",
			  msgq);
	if (ret)
		return ret;

	ret = request_threaded_irq(msgq->config.rx_irq, NULL, msgq_rx_thread,
				   IRQF_ONESHOT, "gunyah-rm-rx", msgq);
	if (ret) {
		free_irq(msgq->config.tx_irq, msgq);
		return ret;
	}

	/* There is no interrupt for packets that are in the queue already. */
	msgq_poll(link);

	return 0;
}

static void msgq_stop(struct gunyah_rm_link *link)
{
	struct gunyah_msgq *msgq = link_to_msgq(link);

	WRITE_ONCE(msgq->stopped, true);
	wake_up(&msgq->tx_wait);
	free_irq(msgq->config.rx_irq, msgq);
	free_irq(msgq->config.tx_irq, msgq);
}

/* Sleep until there may be room in the queue, or until the next retry. */
static int msgq_wait_for_room(struct gunyah_msgq *msgq, unsigned long deadline)
{
	long left = deadline - jiffies;

	if (left <= 0)
		return -ETIMEDOUT;

	wait_event_timeout(msgq->tx_wait,
			   READ_ONCE(msgq->tx_room) || READ_ONCE(msgq->stopped),
			   min_t(long, left, MSGQ_SEND_RETRY));
	return 0;
}

static int msgq_send(struct gunyah_rm_link *link, const void *buf, size_t len,
		     unsigned int flags, unsigned long deadline)
{
	u64 push = flags & GUNYAH_RM_LINK_PUSH ? GUNYAH_MSGQ_PUSH : 0;
	struct gunyah_msgq *msgq = link_to_msgq(link);
	enum gunyah_error error;
	bool ready;
	int ret;

	while (!READ_ONCE(msgq->stopped)) {
		/* Clear it first: the interrupt may come right after the attempt. */
		WRITE_ONCE(msgq->tx_room, false);

		error = gunyah_hypercall_msgq_send(msgq->config.tx_capid, len, buf,
						   push, &ready);
		if (error == GUNYAH_ERROR_OK)
			return 0;
		if (error != GUNYAH_ERROR_MSGQ_FULL &&
		    error != GUNYAH_ERROR_RETRY) {
			pr_err_ratelimited("cannot send to the resource manager: error %d\n",
					   error);
			return -EIO;
		}

		ret = msgq_wait_for_room(msgq, deadline);
		if (ret)
			return ret;
	}

	return -ESHUTDOWN;
}

static const struct gunyah_rm_link_ops gunyah_msgq_ops = {
	.start = msgq_start,
	.send = msgq_send,
	.poll = msgq_poll,
	.stop = msgq_stop,
};

/**
 * gunyah_msgq_create() - create a link
 * @config: its queues
 *
 * The interrupts are requested when the RPC core starts the link.
 *
 * Context: Process context. May sleep.
 * Return: the link, to be freed with gunyah_msgq_destroy(), or NULL.
 */
struct gunyah_rm_link *gunyah_msgq_create(const struct gunyah_msgq_config *config)
{
	struct gunyah_msgq *msgq = kzalloc(sizeof(*msgq), GFP_KERNEL);

	if (!msgq)
		return NULL;
	msgq->config = *config;
	init_waitqueue_head(&msgq->tx_wait);
	msgq->link.ops = &gunyah_msgq_ops;
	return &msgq->link;
}

/**
 * gunyah_msgq_destroy() - free a link
 * @link: created by gunyah_msgq_create(); stopped, if it was ever started
 *
 * Context: Process context.
 */
void gunyah_msgq_destroy(struct gunyah_rm_link *link)
{
	kfree(link_to_msgq(link));
}
