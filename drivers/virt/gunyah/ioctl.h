/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table engine of the ioctls
 */

#ifndef _GUNYAH_IOCTL_H
#define _GUNYAH_IOCTL_H

#include <linux/types.h>

struct file;

/**
 * struct gunyah_ioctl - row of a table of ioctls
 * @cmd: number with the size of the argument
 * @call: handler of an _IO number, with the argument itself; NULL for others
 * @fn: handler of a number with a structure; @arg is a kernel copy of it
 * @min_size: size of the first version of the structure in bytes, if it has
 *	grown or may grow; 0: it always has the size that @cmd encodes
 */
struct gunyah_ioctl {
	unsigned int cmd;
	long (*call)(struct file *file, unsigned long arg);
	long (*fn)(struct file *file, void *arg);
	size_t min_size;
};

long gunyah_ioctl_dispatch(const struct gunyah_ioctl *table, size_t num,
			   struct file *file, unsigned int cmd,
			   unsigned long arg);

#endif /* _GUNYAH_IOCTL_H */
