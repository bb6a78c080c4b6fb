/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lent memory: its content is copied into blocks of the driver
 */

#ifndef _GUNYAH_LENT_H
#define _GUNYAH_LENT_H

struct gunyah_mem_region;
struct gunyah_mem_runs;

int gunyah_lent_copy(struct gunyah_mem_region *region);
void gunyah_lent_free(struct gunyah_mem_runs *blocks);

#endif /* _GUNYAH_LENT_H */
