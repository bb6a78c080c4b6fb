/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of user space: pinned to be shared, or looked at to be copied
 */

#ifndef _GUNYAH_PIN_H
#define _GUNYAH_PIN_H

#include <linux/types.h>

struct gunyah_mem_region;
struct page;

long gunyah_mem_copy_user(struct page *to, unsigned long addr,
			  unsigned long count);
long gunyah_mem_count_user(unsigned long addr, unsigned long count,
			   bool *missing);
int gunyah_mem_pin(struct gunyah_mem_region *region);
void gunyah_mem_unpin(struct gunyah_mem_region *region);

#endif /* _GUNYAH_PIN_H */
