/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that this Linux adds to its own
 */

#ifndef _GUNYAH_PLUG_H
#define _GUNYAH_PLUG_H

#include <linux/errno.h>

struct gunyah_accepted;

#ifdef CONFIG_MEMORY_HOTPLUG
int gunyah_plug(struct gunyah_accepted *parcel, const char **why);
#else
static inline int gunyah_plug(struct gunyah_accepted *parcel, const char **why)
{
	*why = "this kernel has no memory hotplug";
	return -EOPNOTSUPP;
}
#endif

#endif /* _GUNYAH_PLUG_H */
