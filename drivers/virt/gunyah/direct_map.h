/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's linear map of memory that is lent
 */

#ifndef _GUNYAH_DIRECT_MAP_H
#define _GUNYAH_DIRECT_MAP_H

#include <linux/errno.h>
#include <linux/libnvdimm.h>
#include <linux/mm.h>
#include <linux/types.h>

struct page;

#ifdef CONFIG_GUNYAH_DIRECT_MAP
bool gunyah_direct_map_can_hide(void);
int gunyah_direct_map_set(struct page *page, unsigned long count, bool valid);
void gunyah_direct_map_clean(struct page *page, unsigned long count);
void gunyah_direct_map_flush(void);
#else
/* A module on a kernel that was built without the driver */
static inline bool gunyah_direct_map_can_hide(void)
{
	return false;
}

static inline int gunyah_direct_map_set(struct page *page, unsigned long count,
					bool valid)
{
	return -EOPNOTSUPP;
}

/* What modules have for this. Beyond the point of persistence there is no cache */
static inline void gunyah_direct_map_clean(struct page *page,
					   unsigned long count)
{
	arch_wb_cache_pmem(page_address(page), count << PAGE_SHIFT);
}

static inline void gunyah_direct_map_flush(void)
{
}
#endif

#endif /* _GUNYAH_DIRECT_MAP_H */
