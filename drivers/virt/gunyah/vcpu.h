/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual CPUs that user space runs
 */

#ifndef _GUNYAH_VCPU_H
#define _GUNYAH_VCPU_H

struct gunyah_function_ops;

extern const struct gunyah_function_ops gunyah_vcpu_function;

#endif /* _GUNYAH_VCPU_H */
