/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real-time clocks of VMs
 */

#ifndef _GUNYAH_CLOCK_H
#define _GUNYAH_CLOCK_H

struct gunyah_vm;

int gunyah_clock_set(struct gunyah_vm *vm);

#endif /* _GUNYAH_CLOCK_H */
