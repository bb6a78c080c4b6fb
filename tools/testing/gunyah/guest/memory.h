/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that the VM is given while it runs
 */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

void memory_commands(void);

#endif /* GUEST_MEMORY_H */
