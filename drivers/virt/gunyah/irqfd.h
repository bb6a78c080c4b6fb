/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqfd: an eventfd rings a doorbell of the VM
 */

#ifndef _GUNYAH_IRQFD_H
#define _GUNYAH_IRQFD_H

struct gunyah_function_ops;

extern const struct gunyah_function_ops gunyah_irqfd_function;

#endif /* _GUNYAH_IRQFD_H */
