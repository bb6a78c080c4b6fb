/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM's devicetree
 */
#ifndef GUNYAH_VMM_DEVICETREE_H
#define GUNYAH_VMM_DEVICETREE_H

#include "gunyah_vmm.h"

void *dt_read(struct config *cfg);
void *dt_make(struct config *cfg);
void dt_finish(void *dt, const struct config *cfg, struct guest *guest);
void dt_dump(const void *dt, const char *path);

#endif /* GUNYAH_VMM_DEVICETREE_H */
