// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table engine that all file descriptors of the driver share
 *
 * Copies arguments in and out, so that no handler touches user memory.
 */

#include <linux/errno.h>
#include <linux/ioctl.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"

/* Largest argument structure of all tables */
#define IOCTL_MAX_SIZE	256

/* A number that differs in size alone is the same call, if it may grow */
static bool ioctl_match(const struct gunyah_ioctl *row, unsigned int cmd)
{
	if (!row->min_size)
		return row->cmd == cmd;
	return _IOC_TYPE(row->cmd) == _IOC_TYPE(cmd) &&
	       _IOC_NR(row->cmd) == _IOC_NR(cmd) &&
	       _IOC_DIR(row->cmd) == _IOC_DIR(cmd) &&
	       _IOC_SIZE(cmd) >= row->min_size;
}

/**
 * gunyah_ioctl_dispatch() - look an ioctl up and call its handler
 * @table: the ioctls that the file descriptor has
 * @num: number of rows in @table
 * @file: the file descriptor
 * @cmd: the ioctl's number
 * @arg: its argument
 *
 * Numbers encode the size of the argument, so a match is a match in size too,
 * but for arguments that may grow: of those the caller may know more or less
 * than the kernel does.
 *
 * Context: Process context, may sleep.
 * Return: what the handler returns, -ENOTTY for an unknown number, -EFAULT if
 * the argument cannot be read or written, -E2BIG if there is something in it
 * that the kernel does not know.
 */
long gunyah_ioctl_dispatch(const struct gunyah_ioctl *table, size_t num,
			   struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	void __user *uarg = (void __user *)arg;
	u8 buf[IOCTL_MAX_SIZE] __aligned(8) = {};
	size_t user_size = _IOC_SIZE(cmd);
	unsigned int dir = _IOC_DIR(cmd);
	size_t i, size;
	long ret;

	for (i = 0; i < num; i++)
		if (ioctl_match(&table[i], cmd))
			break;
	if (i == num)
		return -ENOTTY;

	if (dir == _IOC_NONE)
		return table[i].fn(file, &arg);

	size = _IOC_SIZE(table[i].cmd);
	if (WARN_ON_ONCE(size > sizeof(buf)))
		return -ENOTTY;
	if (dir & _IOC_WRITE) {
		ret = copy_struct_from_user(buf, size, uarg, user_size);
		if (ret)
			return ret;
	}
	ret = table[i].fn(file, buf);
	if (ret || !(dir & _IOC_READ))
		return ret;
	if (copy_to_user(uarg, buf, min(size, user_size)))
		return -EFAULT;
	if (user_size > size && clear_user(uarg + size, user_size - size))
		return -EFAULT;
	return 0;
}
