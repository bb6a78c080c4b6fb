/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs: state of the VMs, for administrators
 */

#ifndef _GUNYAH_DEBUGFS_H
#define _GUNYAH_DEBUGFS_H

struct gunyah_vm;

#ifdef CONFIG_DEBUG_FS
void gunyah_debugfs_init(void);
void gunyah_debugfs_exit(void);
void gunyah_debugfs_add_vm(struct gunyah_vm *vm);
#else
static inline void gunyah_debugfs_init(void) {}
static inline void gunyah_debugfs_exit(void) {}
static inline void gunyah_debugfs_add_vm(struct gunyah_vm *vm) {}
#endif

#endif /* _GUNYAH_DEBUGFS_H */
