/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of memory that this VM was given
 */

#ifndef _GUNYAH_MEMDEV_H
#define _GUNYAH_MEMDEV_H

struct gunyah_accepted;
struct platform_driver;

extern struct platform_driver gunyah_memdev_driver;

int gunyah_memdev_add(struct gunyah_accepted *parcel);
void gunyah_memdev_remove(struct gunyah_accepted *parcel);

#endif /* _GUNYAH_MEMDEV_H */
