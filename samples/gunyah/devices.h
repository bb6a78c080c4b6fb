/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM's devices: UART, virtio disks and virtio console
 */
#ifndef GUNYAH_VMM_DEVICES_H
#define GUNYAH_VMM_DEVICES_H

#include "gunyah_vmm.h"
#include "virtio.h"

void devices_create(const struct config *cfg, const struct window *window);
void devices_connect(int vm);
void devices_start(void);
void devices_stop(void);
void devices_count(__u64 *kicks, __u64 *irqs);
__u64 devices_read(__u64 addr, unsigned int len);
void devices_write(__u64 addr, unsigned int len, __u64 value);
size_t devices_input_room(void);
void devices_input(const __u8 *bytes, size_t count);

#endif /* GUNYAH_VMM_DEVICES_H */
