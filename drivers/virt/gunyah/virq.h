/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts that the firmware names by their number in the GIC
 */

#ifndef _GUNYAH_VIRQ_H
#define _GUNYAH_VIRQ_H

#include <linux/types.h>

struct fwnode_handle;

int gunyah_virq_map(struct fwnode_handle *controller, u32 virq);

#endif /* _GUNYAH_VIRQ_H */
