/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that this VM is given while it runs
 */

#ifndef _GUNYAH_ACCEPT_H
#define _GUNYAH_ACCEPT_H

#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "rm_call.h"

struct device;
struct platform_device;

/* Parcels at a time: the resource manager allows an owner no more */
#define GUNYAH_ACCEPT_MAX	64

/**
 * enum gunyah_accepted_state - what becomes of a parcel
 * @GUNYAH_ACCEPTED_OFFERED: the worker will accept it
 * @GUNYAH_ACCEPTED_IN_WORK: the worker is accepting or refusing it
 * @GUNYAH_ACCEPTED_DEVICE: it is accepted and has a device
 * @GUNYAH_ACCEPTED_RELEASING: the worker will release it
 * @GUNYAH_ACCEPTED_PLUGGED: it is memory of this Linux, for good
 */
enum gunyah_accepted_state {
	GUNYAH_ACCEPTED_OFFERED,
	GUNYAH_ACCEPTED_IN_WORK,
	GUNYAH_ACCEPTED_DEVICE,
	GUNYAH_ACCEPTED_RELEASING,
	GUNYAH_ACCEPTED_PLUGGED,
};

/**
 * struct gunyah_accepted - a parcel that this VM can accept, or has accepted
 * @list: in gunyah_accept.parcels
 * @accept: what it belongs to
 * @offer: what the owner gives
 * @perms: what this VM may do with it, GUNYAH_RM_ACL_...
 * @state: what becomes of it, protected by gunyah_accept.lock
 * @users: number of open files of its device, protected by gunyah_accept.lock
 * @addr: its address
 * @size: its size in bytes
 * @name: of its resource and its file in /dev
 * @pdev: its device
 * @misc: that file
 */
struct gunyah_accepted {
	struct list_head list;
	struct gunyah_accept *accept;
	struct gunyah_rm_mem_offer offer;
	u8 perms;
	enum gunyah_accepted_state state;
	unsigned int users;
	u64 addr;
	u64 size;
	char name[sizeof("gunyah-mem-4294967295")];
	struct platform_device *pdev;
	struct miscdevice misc;
};

/**
 * struct gunyah_accept - all memory that this VM was given
 * @dev: parent of the devices, may be NULL
 * @rm: calls to the resource manager, made by @work and, after it, by
 *	gunyah_accept_stop()
 * @vmid: VMID of this VM
 * @owner: VMID of its owner, 0 as long as it is not known
 * @lock: protects @running, @parcels, @count, and the state of parcels
 * @running: @work may be queued
 * @parcels: list of struct gunyah_accepted, in the order in which they came; only
 *	@work takes them off
 * @count: number of them
 * @work: accepts and releases
 */
struct gunyah_accept {
	struct device *dev;
	struct gunyah_rm_client rm;
	u16 vmid;
	u16 owner;
	spinlock_t lock;	/* see above */
	bool running;
	struct list_head parcels;
	unsigned int count;
	struct work_struct work;
};

void gunyah_accept_init(struct gunyah_accept *accept, struct device *dev);
void gunyah_accept_start(struct gunyah_accept *accept, struct gunyah_rm *rm,
			 u16 vmid);
void gunyah_accept_stop(struct gunyah_accept *accept);
void gunyah_accept_exit(struct gunyah_accept *accept);
void gunyah_accept_notify(struct gunyah_accept *accept, const void *payload,
			  size_t len);

int gunyah_accepted_open(struct gunyah_accepted *parcel);
void gunyah_accepted_close(struct gunyah_accepted *parcel);
int gunyah_accepted_release(struct gunyah_accepted *parcel);

#endif /* _GUNYAH_ACCEPT_H */
