/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of the driver that user space can map
 */

#ifndef _GUNYAH_PAGES_H
#define _GUNYAH_PAGES_H

#include <linux/maple_tree.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct gunyah_mem_runs;
struct mm_struct;
struct page;

/*
 * Size of the largest block: a VM's stage 2 maps no more with one entry. A move
 * needs that much in addition, so it does not grow with the size of a page, as
 * that of a PMD does, which is up to 512 MiB.
 */
#define GUNYAH_BLOCK_SIZE	SZ_2M

/**
 * struct gunyah_pages - the content of a file
 * @blocks: where the pages of each block are, by the block's offsets in pages;
 *	what begins at @count or behind it is not valid
 * @count: number of offsets, from 0 on: those without a page are gaps
 * @lock: held while a block is split
 *
 * When one of its pages is needed alone, a block is split: each page has a
 * reference count of its own then, which is 1 if nobody uses it but the owner of
 * this struct, and so can be freed by itself. The owner serialises all changes;
 * gunyah_pages_get() and gunyah_pages_find() may run at the same time.
 *
 * Only the owner of a file makes gaps, by gunyah_pages_skip() and
 * gunyah_pages_drop(), and fills them.
 */
struct gunyah_pages {
	struct maple_tree blocks;
	unsigned long count;
	spinlock_t lock;	/* splits */
};

void gunyah_pages_init(struct gunyah_pages *pages);
void gunyah_pages_destroy(struct gunyah_pages *pages,
			  const unsigned long *skip);
long gunyah_pages_grow(struct gunyah_pages *pages, unsigned long left,
		       bool zero);
void gunyah_pages_skip(struct gunyah_pages *pages, unsigned long count);
void gunyah_pages_shrink(struct gunyah_pages *pages, unsigned long count);
int gunyah_pages_fill(struct gunyah_pages *pages, unsigned long at,
		      unsigned long from, unsigned long end,
		      unsigned long bias, bool mapped);
void gunyah_pages_drop(struct gunyah_pages *pages, unsigned long at,
		       unsigned long count);
struct page *gunyah_pages_find(struct gunyah_pages *pages, unsigned long at,
			       unsigned long *left);
struct page *gunyah_pages_find_block(struct gunyah_pages *pages,
				     unsigned long at, unsigned long *first,
				     unsigned long *count);
struct page *gunyah_pages_get(struct gunyah_pages *pages, unsigned long at);
struct page *gunyah_pages_find_busy(struct gunyah_pages *pages,
				    unsigned long *at, unsigned long end);
int gunyah_pages_add_runs(struct gunyah_pages *pages, unsigned long at,
			  unsigned long count, struct gunyah_mem_runs *runs);
int gunyah_pages_charge(struct mm_struct *mm, unsigned long count);
void gunyah_page_free(struct page *page);
bool gunyah_page_is_bad(struct page *page, unsigned long count);
bool gunyah_page_is_ours(const struct page *page);

#endif /* _GUNYAH_PAGES_H */
