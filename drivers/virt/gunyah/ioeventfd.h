/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioeventfd: a write of the VM signals an eventfd
 */

#ifndef _GUNYAH_IOEVENTFD_H
#define _GUNYAH_IOEVENTFD_H

#include <linux/types.h>

struct gunyah_function_ops;
struct gunyah_vm;

extern const struct gunyah_function_ops gunyah_ioeventfd_function;
bool gunyah_ioeventfd_write(struct gunyah_vm *vm, u64 addr, u64 len, u64 data);

#endif /* _GUNYAH_IOEVENTFD_H */
