/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lent memory: pages of the driver that take the place of the user's
 */

#ifndef _GUNYAH_LENT_H
#define _GUNYAH_LENT_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "pages.h"

struct file;
struct gunyah_mem_region;
struct mm_struct;

/**
 * struct gunyah_lent - memory that was moved out of a region of user memory
 * @kref: held by @file and by the region
 * @file: the file whose content it is; nobody has a descriptor of it. The move
 *	holds it, and the VMAs that took the place of the user's mapping, so these
 *	keep the module loaded, and memory that is lost without them does not.
 * @mm: address space that is charged (mmgrab)
 * @charged: pages that are charged to @mm
 * @open: user space may map the pages, which are never lent again; until then an
 *	access is SIGBUS. A fault reads it without a lock.
 * @pages: the pages; a gap reads as zeroes
 * @fill: held while a page is punched, or a gap filled for user space
 * @punched: by offset in pages: not the object's any more; or NULL
 * @lock: protects @punched and @charged
 *
 * A page that was ever mapped to user space is never lent, and a lent page was
 * never mapped: so there is never a reference to a lent page to be looked for.
 *
 * The region's VM serialises all changes.
 */
struct gunyah_lent {
	struct kref kref;
	struct file *file;
	struct mm_struct *mm;
	unsigned long charged;
	bool open;
	struct gunyah_pages pages;
	struct mutex fill;	/* pages come, for user space, and go */
	unsigned long *punched;
	spinlock_t lock;	/* punched, charged */
};

struct gunyah_lent *gunyah_lent_new(struct mm_struct *mm);
int gunyah_lent_prepare_punch(struct gunyah_lent *lent);
void gunyah_lent_punch(struct gunyah_lent *lent, unsigned long at,
		       unsigned long count);
struct gunyah_lent *gunyah_lent_of_file(const struct file *file);
void gunyah_lent_charge(struct gunyah_lent *lent, unsigned long count);
unsigned long gunyah_lent_take_charge(struct gunyah_lent *lent,
				      unsigned long count);
void gunyah_lent_open(struct gunyah_lent *lent);
void gunyah_lent_put(struct gunyah_lent *lent);

/* lent_move.c */
int gunyah_lent_move(struct gunyah_mem_region *region);

#endif /* _GUNYAH_LENT_H */
