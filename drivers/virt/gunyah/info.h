/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The info area: what the hypervisor tells a VM about itself
 */

#ifndef _GUNYAH_INFO_H
#define _GUNYAH_INFO_H

#include <linux/types.h>

/**
 * struct gunyah_info_queues - the queues to and from the resource manager
 * @tx_capid: capability id of the queue to it
 * @rx_capid: capability id of the queue from it
 * @tx_virq: interrupt number in the GIC, of the queue to it; not checked
 * @rx_virq: the same for the queue from it
 */
struct gunyah_info_queues {
	u64 tx_capid;
	u64 rx_capid;
	u32 tx_virq;
	u32 rx_virq;
};

const char *gunyah_info_parse(const void *area, size_t size,
			      struct gunyah_info_queues *queues);

#endif /* _GUNYAH_INFO_H */
