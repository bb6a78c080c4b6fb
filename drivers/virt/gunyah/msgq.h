/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The link to the resource manager: transports packets in both directions
 */

#ifndef _GUNYAH_MSGQ_H
#define _GUNYAH_MSGQ_H

#include <linux/bits.h>
#include <linux/types.h>

struct gunyah_rm_link;

/* Largest packet, in both directions */
#define GUNYAH_RM_PACKET_SIZE		240

/* Flag of &gunyah_rm_link_ops.send */
#define GUNYAH_RM_LINK_PUSH		BIT(0)	/* last packet of a message */

/**
 * struct gunyah_rm_link_ops - how the RPC core uses a link
 * @start: begin to receive: &gunyah_rm_link.rx is called for every packet from
 *	now on, including those that are in the queue already. May sleep. Returns
 *	0 or a negative errno.
 * @send: send one packet. Sleeps while the queue is full, until @deadline (in
 *	jiffies). The caller serialises calls. Returns 0, -ETIMEDOUT, -ESHUTDOWN
 *	(after @stop) or another negative errno. The packet was sent if and only
 *	if this returns 0.
 * @poll: make the receiving thread look for packets without an interrupt. Does
 *	not wait, and does nothing after @stop.
 * @stop: stop the link. After this returns &gunyah_rm_link.rx is not called, and
 *	no @send succeeds. Ends a wait of @send. May sleep.
 */
struct gunyah_rm_link_ops {
	int (*start)(struct gunyah_rm_link *link);
	int (*send)(struct gunyah_rm_link *link, const void *buf, size_t len,
		    unsigned int flags, unsigned long deadline);
	void (*poll)(struct gunyah_rm_link *link);
	void (*stop)(struct gunyah_rm_link *link);
};

/**
 * struct gunyah_rm_link - a link to the resource manager
 * @ops: set by the provider of the link
 * @rx: set by the RPC core before it starts the link. Called for each received
 *	packet, one after the other, in a context that may sleep.
 * @rx_data: first argument of @rx
 */
struct gunyah_rm_link {
	const struct gunyah_rm_link_ops *ops;
	void (*rx)(void *data, const void *buf, size_t len);
	void *rx_data;
};

/**
 * struct gunyah_msgq_config - the two queues of a link
 * @tx_capid: capability id of the queue to the resource manager
 * @rx_capid: capability id of the queue from it
 * @tx_irq: raised when the queue to the resource manager has room again
 * @rx_irq: raised when the queue from it is no longer empty
 */
struct gunyah_msgq_config {
	u64 tx_capid;
	u64 rx_capid;
	int tx_irq;
	int rx_irq;
};

struct gunyah_rm_link *gunyah_msgq_create(const struct gunyah_msgq_config *config);
void gunyah_msgq_destroy(struct gunyah_rm_link *link);

#endif /* _GUNYAH_MSGQ_H */
