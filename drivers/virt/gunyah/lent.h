/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lent memory: the content of a region moved into pages of the driver
 */

#ifndef _GUNYAH_LENT_H
#define _GUNYAH_LENT_H

struct gunyah_mem_region;
struct gunyah_vm;

int gunyah_mem_move(struct gunyah_mem_region *region);
int gunyah_mem_prepare(struct gunyah_vm *vm);
void gunyah_mem_unprepare(struct gunyah_vm *vm);
void gunyah_mem_free(struct gunyah_mem_region *region);

#endif /* _GUNYAH_LENT_H */
