/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM's devicetree
 */
#ifndef GUNYAH_VMM_DEVICETREE_H
#define GUNYAH_VMM_DEVICETREE_H

#include "layout.h"

#define DT_MAX_SIZE	(512 * 1024)

/* dt_make.c */
void *dt_make(const struct layout *layout);

/* devicetree.c */
int dt_check(int ret, const char *what);
void *dt_alloc(void);
void *dt_read(const char *path, struct layout *layout);
void dt_finish(void *dt, const struct config *cfg, struct layout *layout,
	       __u8 *mem);
void dt_dump(const void *dt, const char *path);

#endif /* GUNYAH_VMM_DEVICETREE_H */
