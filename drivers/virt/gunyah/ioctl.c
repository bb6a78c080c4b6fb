// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table engine that all file descriptors of the driver share
 *
 * Copies arguments in and out, so that no handler touches user memory.
 */

#include <linux/errno.h>
#include <linux/ioctl.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "private.h"

/* Largest argument structure of all tables */
#define IOCTL_MAX_SIZE	64

/**
 * gunyah_ioctl_dispatch() - look an ioctl up and call its handler
 * @table: the ioctls that the file descriptor has
 * @num: number of rows in @table
 * @file: the file descriptor
 * @cmd: the ioctl's number
 * @arg: its argument
 *
 * Numbers encode the size of the argument, so a match is a match in size too.
 *
 * Context: Process context, may sleep.
 * Return: what the handler returns, -ENOTTY for an unknown number, -EFAULT if
 * the argument cannot be read or written.
 */
long gunyah_ioctl_dispatch(const struct gunyah_ioctl *table, size_t num,
			   struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	void __user *uarg = (void __user *)arg;
	u8 buf[IOCTL_MAX_SIZE] __aligned(8) = {};
	size_t size = _IOC_SIZE(cmd);
	unsigned int dir = _IOC_DIR(cmd);
	size_t i;
	long ret;

	for (i = 0; i < num; i++)
		if (table[i].cmd == cmd)
			break;
	if (i == num)
		return -ENOTTY;

	if (dir == _IOC_NONE)
		return table[i].fn(file, &arg);

	if (WARN_ON_ONCE(size > sizeof(buf)))
		return -ENOTTY;
	if ((dir & _IOC_WRITE) && copy_from_user(buf, uarg, size))
		return -EFAULT;
	ret = table[i].fn(file, buf);
	if (!ret && (dir & _IOC_READ) && copy_to_user(uarg, buf, size))
		return -EFAULT;
	return ret;
}
