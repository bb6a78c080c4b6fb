/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of the sample VMM: the VM's side of virtio
 *
 * The test is the VM: it writes registers, and queues in a window of memory with
 * inaccessible pages before and behind it.
 */
#ifndef GUNYAH_VMM_DRIVER_H
#define GUNYAH_VMM_DRIVER_H

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>

#include "test.h"
#include "virtio.h"

#define WINDOW_BASE	0x88000000ULL
#define WINDOW_SIZE	0x10000ULL

/* Where things are in the window */
#define DESC		(WINDOW_BASE + 0x0000)
#define AVAIL		(WINDOW_BASE + 0x1000)
#define USED		(WINDOW_BASE + 0x2000)
#define HEADER		(WINDOW_BASE + 0x4000)
#define STATUS		(WINDOW_BASE + 0x4800)
#define DATA		(WINDOW_BASE + 0x5000)

#define NUM		8
#define READ		0
#define WRITE		VRING_DESC_F_WRITE

/* Features: what the VM accepts of all devices, and one that is optional */
#define FEATURES	0x300000000ULL	/* VERSION_1 and ACCESS_PLATFORM */
#define EVENT_IDX	0x20000000ULL

/* The disk of new_disk() */
#define DISK		"disk"
#define DISK_SIZE	0x8000

extern struct window window;
extern __u16 avail_idx;
extern __u8 disk_data[DISK_SIZE];

void *at(__u64 addr);
struct virtio_device *connected(struct device *dev);
__u64 read_at(struct virtio_device *dev, unsigned int offset, unsigned int len);
void write_at(struct virtio_device *dev, unsigned int offset, unsigned int len,
	      __u64 value);
__u32 reg(struct virtio_device *dev, unsigned int offset);
void set(struct virtio_device *dev, unsigned int offset, __u32 value);
bool broken(struct virtio_device *dev);
void set_features(struct virtio_device *dev, __u64 value);
void set_queue(struct virtio_device *dev, __u32 index, __u32 num, __u64 desc,
	       __u64 avail, __u64 used);
void setup(struct virtio_device *dev, __u32 queue, __u64 more_features);
void put_desc(unsigned int index, __u64 addr, __u32 len, __u16 flags,
	      __u16 next);
void submit(struct virtio_device *dev, __u32 queue, __u16 head);
__u16 used_idx(void);
struct virtio_device *new_disk(bool read_only);
bool disk_is(__u64 offset, const void *data, size_t size);
__u8 request(struct virtio_device *dev, __u32 type, __u64 sector, __u32 len,
	     __u16 direction);

#endif /* GUNYAH_VMM_DRIVER_H */
