/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file descriptors of /dev/gunyah and of a VM
 */

#ifndef _GUNYAH_VM_FD_H
#define _GUNYAH_VM_FD_H

#include <linux/fs.h>

extern const struct file_operations gunyah_dev_fops;

#endif /* _GUNYAH_VM_FD_H */
