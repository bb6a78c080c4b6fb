/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading the VM's kernel
 */
#ifndef GUNYAH_VMM_IMAGE_H
#define GUNYAH_VMM_IMAGE_H

#include "gunyah_vmm.h"

__u64 load_image(__u8 *mem, __u64 room, const char *path);

#endif /* GUNYAH_VMM_IMAGE_H */
