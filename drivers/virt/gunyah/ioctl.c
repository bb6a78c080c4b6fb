// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table engine that all file descriptors of the driver share
 *
 * Copies arguments in and out, so that no handler touches user memory.
 */

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/ioctl.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"

/* Largest argument structure of all tables */
#define IOCTL_MAX_SIZE	256

/* The size is a part of the number; a structure that may grow has several */
static bool ioctl_match(const struct gunyah_ioctl *row, unsigned int cmd)
{
	if (!row->min_size)
		return row->cmd == cmd;
	return _IOC_TYPE(row->cmd) == _IOC_TYPE(cmd) &&
	       _IOC_NR(row->cmd) == _IOC_NR(cmd) &&
	       _IOC_DIR(row->cmd) == _IOC_DIR(cmd) &&
	       _IOC_SIZE(cmd) >= row->min_size;
}

/* Not inlined: calls without a structure need no room for it on the stack */
static noinline long ioctl_call_with_copy(const struct gunyah_ioctl *row,
					  struct file *file, unsigned int cmd,
					  void __user *uarg)
{
	size_t user_size = _IOC_SIZE(cmd);
	size_t size = _IOC_SIZE(row->cmd);
	u8 buf[IOCTL_MAX_SIZE] __aligned(8);
	unsigned int dir = _IOC_DIR(cmd);
	long ret;

	if (WARN_ON_ONCE(size > sizeof(buf)))
		return -ENOTTY;
	if (dir & _IOC_WRITE) {
		ret = copy_struct_from_user(buf, size, uarg, user_size);
		if (ret)
			return ret;
	} else {
		memset(buf, 0, size);
	}
	ret = row->fn(file, buf);
	if (ret || !(dir & _IOC_READ))
		return ret;
	if (copy_to_user(uarg, buf, min(size, user_size)))
		return -EFAULT;
	if (user_size > size && clear_user(uarg + size, user_size - size))
		return -EFAULT;
	return 0;
}

/**
 * gunyah_ioctl_dispatch() - look an ioctl up and call its handler
 * @table: the ioctls that the file descriptor has
 * @num: number of rows in @table
 * @file: the file descriptor
 * @cmd: the ioctl's number
 * @arg: its argument
 *
 * The caller of an ioctl whose structure may grow can know an older or a newer
 * version of it than the kernel does.
 *
 * Context: Process context, may sleep.
 * Return: what the handler returns, -ENOTTY for an unknown number, -EFAULT if
 * the argument cannot be read or written, -E2BIG if a member that the kernel
 * does not know is not 0.
 */
long gunyah_ioctl_dispatch(const struct gunyah_ioctl *table, size_t num,
			   struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	const struct gunyah_ioctl *row;

	for (row = table; row < table + num; row++) {
		if (!ioctl_match(row, cmd))
			continue;
		if (row->call)
			return row->call(file, arg);
		return ioctl_call_with_copy(row, file, cmd,
					    (void __user *)arg);
	}
	return -ENOTTY;
}
