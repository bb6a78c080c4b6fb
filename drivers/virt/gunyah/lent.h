/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lent memory: pages of the driver that take the place of the user's
 */

#ifndef _GUNYAH_LENT_H
#define _GUNYAH_LENT_H

#include <linux/maple_tree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct file;
struct gunyah_mem_region;
struct gunyah_mem_runs;
struct mm_struct;
struct page;

/**
 * enum gunyah_lent_state - what may be done with the pages of lent memory
 * @GUNYAH_LENT_FILLING: the content of a region is being moved into them
 * @GUNYAH_LENT_GIVEN: the firmware has them, or may have them
 * @GUNYAH_LENT_OPEN: user space may map them; they are never lent again
 *
 * The state only grows. An access by user space is SIGBUS before
 * @GUNYAH_LENT_OPEN.
 */
enum gunyah_lent_state {
	GUNYAH_LENT_FILLING,
	GUNYAH_LENT_GIVEN,
	GUNYAH_LENT_OPEN,
};

/**
 * struct gunyah_lent - memory that was moved out of a region of user memory
 * @file: the file whose content it is; nobody has a descriptor of it. The VMAs
 *	that took the place of the user's mapping hold it, and the region.
 * @mm: address space that is charged (mmgrab)
 * @charged: pages that are charged to @mm
 * @state: enum gunyah_lent_state; a fault reads it without a lock
 * @pages: the first &struct page of each block, by the block's offsets in pages
 * @punched: by offset in pages: not the object's any more; or NULL
 * @lock: protects @punched and @charged
 * @num_pages: number of pages in @pages: they begin at offset 0, without a gap
 * @hidden: they are not in the linear map
 * @offline: they are marked for those who walk through all of memory
 *
 * A page that was ever mapped to user space is never lent, and a lent page was
 * never mapped: so there is never a reference to a lent page to be looked for.
 *
 * Lives as long as @file. The region's VM serialises all changes.
 */
struct gunyah_lent {
	struct file *file;
	struct mm_struct *mm;
	unsigned long charged;
	u32 state;
	struct maple_tree pages;
	unsigned long *punched;
	spinlock_t lock;
	unsigned long num_pages;
	bool hidden;
	bool offline;
};

struct gunyah_lent *gunyah_lent_new(struct mm_struct *mm);
int gunyah_lent_add(struct gunyah_lent *lent, struct page *page,
		    unsigned int order);
int gunyah_lent_punch(struct gunyah_lent *lent, unsigned long at,
		      unsigned long count);
bool gunyah_lent_is_page(const struct page *page);
struct gunyah_lent *gunyah_lent_of_file(const struct file *file);
void gunyah_lent_charge(struct gunyah_lent *lent, unsigned long count);
unsigned long gunyah_lent_take_charge(struct gunyah_lent *lent,
				      unsigned long count);
int gunyah_lent_give(struct gunyah_lent *lent);
void gunyah_lent_open(struct gunyah_lent *lent, bool clear);
void gunyah_lent_put(struct gunyah_lent *lent);

/* lent_move.c */
int gunyah_lent_move(struct gunyah_mem_region *region);

#endif /* _GUNYAH_LENT_H */
