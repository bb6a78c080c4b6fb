/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory files: memory of the driver that a VMM maps and gives to VMs
 */

#ifndef _GUNYAH_MEMFILE_H
#define _GUNYAH_MEMFILE_H

#include <linux/list.h>
#include <linux/types.h>

struct file;
struct gunyah_memfile;
struct gunyah_mem_runs;
struct gunyah_pages;

/**
 * struct gunyah_memuse - a range of a memory file that a region uses
 * @list: in gunyah_memfile.uses
 * @memfile: the memory file, with a reference
 * @first: page offset of the range in @memfile
 * @count: number of its pages
 * @lent: nobody else may use the range; protected by gunyah_memfile.lock
 * @shared: the range must not be lent meanwhile
 */
struct gunyah_memuse {
	struct list_head list;
	struct gunyah_memfile *memfile;
	unsigned long first;
	unsigned long count;
	bool lent;
	bool shared;
};

int gunyah_memfile_create(u64 size);
bool gunyah_is_memfile(const struct file *file);

struct gunyah_memuse *gunyah_memuse_new(struct file *file, unsigned long first,
					unsigned long count, bool shared);
int gunyah_memuse_add_runs(struct gunyah_memuse *use,
			   struct gunyah_mem_runs *runs);
struct gunyah_pages *gunyah_memuse_pages(struct gunyah_memuse *use,
					 unsigned long *first);
int gunyah_memuse_lend(struct gunyah_memuse *use);
void gunyah_memuse_open(struct gunyah_memuse *use);
void gunyah_memuse_put(struct gunyah_memuse *use);

#endif /* _GUNYAH_MEMFILE_H */
