/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver has to know of a VM's devicetree
 */

#ifndef _GUNYAH_DTB_H
#define _GUNYAH_DTB_H

#include <linux/types.h>

/* Nodes in nodes: the published resource manager dies of 200 levels */
#define GUNYAH_DTB_MAX_DEPTH		32

/* Virtual devices: the published resource manager dies of 256 */
#define GUNYAH_DTB_MAX_VDEVICES		255

/* As much as Linux takes as a guest, in bytes */
#define GUNYAH_DTB_MAX_SIZE		0x200000

/**
 * struct gunyah_dtb_info - what gunyah_dtb_scan() has found
 * @reason: why the VM must not be started, GH_VM_START_REASON_...
 * @channel: there is a virtual device of type rm-rpc: the VM gets a channel to
 *	the resource manager, and can be notified
 * @clock: there is a virtual device of type vrtc-pl031: a real-time clock
 * @static_vcpus: the hypervisor schedules the vCPUs
 * @num_vdevices: number of virtual devices
 * @num_places: number of @places
 * @places: labels of memory parcels that a virtual device has a place for
 */
struct gunyah_dtb_info {
	u32 reason;
	bool channel;
	bool clock;
	bool static_vcpus;
	unsigned int num_vdevices;
	unsigned int num_places;
	u32 places[2 * GUNYAH_DTB_MAX_VDEVICES];
};

bool gunyah_dtb_has_header(const void *dtb, size_t room, size_t *size);
int gunyah_dtb_scan(const void *dtb, size_t size, struct gunyah_dtb_info *info);
bool gunyah_dtb_has_place(const struct gunyah_dtb_info *info, u32 label);

#endif /* _GUNYAH_DTB_H */
