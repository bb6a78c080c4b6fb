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
 * @fn: handler; @arg is a kernel copy of the argument, or for _IO numbers
 *	points to the argument itself (an unsigned long)
 * @min_size: size of the argument's first version in bytes, from which on it
 *	has grown or may grow; 0: it has the size of @cmd for ever
 */
struct gunyah_ioctl {
	unsigned int cmd;
	long (*fn)(struct file *file, void *arg);
	size_t min_size;
};

long gunyah_ioctl_dispatch(const struct gunyah_ioctl *table, size_t num,
			   struct file *file, unsigned int cmd,
			   unsigned long arg);

#endif /* _GUNYAH_IOCTL_H */
