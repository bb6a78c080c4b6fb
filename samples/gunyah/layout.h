/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM's address space
 *
 * Accesses below MMIO_END to addresses without memory come to the VMM. The
 * interrupt controller, which the hypervisor emulates, takes the last part of that
 * range. The VM's own memory, with the rest behind it:
 *
 *	base				kernel (arm64 Image)
 *	next multiple of 2 MiB		devicetree
 *	2 MiB later			ramdisk
 *	base + size			log or DMA pool, if there is one
 *
 * All of it is the image, one region. With --lazy that is only the devicetree and
 * its room: what is in front of it and behind it are regions that are paged.
 */
#ifndef GUNYAH_VMM_LAYOUT_H
#define GUNYAH_VMM_LAYOUT_H

#include "gunyah_vmm.h"

#define MMIO_END		0x40000000ULL
#define GICD_BASE		0x3fff0000ULL
#define GICD_SIZE		0x10000ULL
#define GICR_SIZE		0x20000ULL	/* of one vCPU */

/* The devices: a page and an interrupt each */
#define DEVICE_BASE		0x1c090000ULL
#define DEVICE_SIZE		0x1000ULL
#define DEVICE_SPI		16

/* The VM's connection to the resource manager: to it, and from it */
#define RM_TX_SPI		6
#define RM_RX_SPI		7

/* Labels of the memory regions */
#define IMAGE_LABEL		0
#define LOW_LABEL		1	/* with --lazy, in front of the image */
#define HIGH_LABEL		2	/* and behind it */
#define SHLOG_LABEL		0x6c6f6700	/* "log": a string in a devicetree */
#define POOL_LABEL		0x646d6100	/* "dma" */

/* Addresses of memory that is added later: above all that a VM can have */
#define ADDED_BASE		0x1000000000000ULL

/* Room for the devicetree in the memory */
#define DT_MAX_ROOM		SZ_2M

/**
 * struct layout - what a VM consists of, and where
 * @base: guest physical address of its own memory; the kernel is there, and the
 *	first vCPU starts there
 * @size: size of its own memory
 * @dtb: guest physical address of the devicetree
 * @dtb_size: room for the devicetree
 * @ramdisk: guest physical address of the ramdisk
 * @ramdisk_size: its size, 0 if there is none
 * @log: guest physical address of the log in shared memory, 0 if there is none
 * @pool: guest physical address of the DMA pool: memory of a lent VM that its
 *	virtio devices can access
 * @pool_size: size of the pool, 0 if there is none
 * @cpus: number of vCPUs
 * @sched: who schedules them
 */
struct layout {
	__u64 base;
	__u64 size;
	__u64 dtb;
	__u64 dtb_size;
	__u64 ramdisk;
	__u64 ramdisk_size;
	__u64 log;
	__u64 pool;
	__u64 pool_size;
	unsigned int cpus;
	enum sched sched;
};

void layout_init(struct layout *layout, const struct config *cfg);
void layout_add_shared(struct layout *layout, bool pool);
void layout_place(struct layout *layout, __u64 image_size);

static inline __u64 device_base(unsigned int i)
{
	return DEVICE_BASE + i * DEVICE_SIZE;
}

static inline __u32 device_spi(unsigned int i)
{
	return DEVICE_SPI + i;
}

#endif /* GUNYAH_VMM_LAYOUT_H */
