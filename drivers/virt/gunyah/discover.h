/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Discovery: the hypervisor, and the queues to and from its resource manager
 */

#ifndef _GUNYAH_DISCOVER_H
#define _GUNYAH_DISCOVER_H

#include "msgq.h"

struct device;
struct fwnode_handle;
struct gunyah_hyp_info;
struct platform_device;

/**
 * struct gunyah_discovery - what was found
 * @how: who has described the queues, for user space
 * @queues: the queues to and from the resource manager
 * @irq_fwnode: the interrupt controller that the firmware's numbers belong to; as
 *	old as the platform device
 */
struct gunyah_discovery {
	const char *how;
	struct gunyah_msgq_config queues;
	struct fwnode_handle *irq_fwnode;
};

int gunyah_discover_hypervisor(struct device *dev, struct gunyah_hyp_info *hyp);
int gunyah_discover_queues(struct platform_device *pdev,
			   struct gunyah_discovery *found);

int gunyah_discover_init(void);
void gunyah_discover_exit(void);

#endif /* _GUNYAH_DISCOVER_H */
