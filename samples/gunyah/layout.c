// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's address space: see layout.h
 */
#include "layout.h"

#define POOL_SIZE	(8ULL << 20)

/**
 * layout_init() - begin with what the options say
 * @layout: filled in
 * @cfg: the options
 */
void layout_init(struct layout *layout, const struct config *cfg)
{
	*layout = (struct layout) {
		.base = cfg->base,
		.size = cfg->size,
		.cpus = cfg->cpus,
		.sched = cfg->sched,
	};
}

/**
 * layout_add_shared() - add the log or the DMA pool, which share an address
 * @layout: describes the VM
 * @pool: virtio devices need a DMA pool
 */
void layout_add_shared(struct layout *layout, bool pool)
{
	/* Without MMIO exits there are no devices, but a log */
	if (layout->sched == SCHED_HYPERVISOR) {
		layout->log = layout->base + layout->size;
	} else if (pool) {
		layout->pool = layout->base + layout->size;
		layout->pool_size = POOL_SIZE;
	}
}

/**
 * layout_place() - place devicetree and ramdisk behind the kernel
 * @layout: describes the VM
 * @image_size: size of the kernel in memory, with room for both behind it
 */
void layout_place(struct layout *layout, __u64 image_size)
{
	layout->dtb = layout->base + align_up(image_size, SZ_2M);
	layout->ramdisk = layout->dtb + DT_MAX_ROOM;
}
