/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM's devicetree
 */
#ifndef GUNYAH_VMM_DEVICETREE_H
#define GUNYAH_VMM_DEVICETREE_H

#include "gunyah_vmm.h"

#define DT_MAX_SIZE	(512 * 1024)

/* The ramdisk follows the devicetree after this many bytes, see load.c */
#define DT_MAX_ROOM	SZ_2M

/* dt_make.c */
void *dt_make(struct config *cfg);

/* devicetree.c */
int dt_check(int ret, const char *what);
void *dt_alloc(void);
void *dt_read(struct config *cfg);
void dt_finish(void *dt, const struct config *cfg, struct guest *guest);
void dt_dump(const void *dt, const char *path);

#endif /* GUNYAH_VMM_DEVICETREE_H */
