/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One resource manager and its /dev/gunyah
 */

#ifndef _GUNYAH_HOST_H
#define _GUNYAH_HOST_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "hypercall.h"

struct fwnode_handle;
struct gunyah_accept;
struct gunyah_rm;

/**
 * enum gunyah_power_state - what the machine is about to do
 * @GUNYAH_POWER_ON: nothing special
 * @GUNYAH_POWER_HIBERNATE: hibernate: for the moment no VM gets memory
 * @GUNYAH_POWER_DOWN: go down: no VM gets memory any more
 */
enum gunyah_power_state {
	GUNYAH_POWER_ON,
	GUNYAH_POWER_HIBERNATE,
	GUNYAH_POWER_DOWN,
};

/**
 * struct gunyah_host - one resource manager and its /dev/gunyah
 * @misc: the character device
 * @kref: held by the platform device, open files and VMs
 * @rm: RPC core; answers -ESHUTDOWN after the platform device has gone
 * @hyp: what the hypervisor tells about itself
 * @discovery: who has described the queues to and from the resource manager
 * @vmid: VMID of the host itself
 * @can_page: the resource manager can do without the memory of VMs until they
 *	access it
 * @accept: memory that the host itself is given; as old as the platform device
 * @irq_fwnode: the interrupt controller that the VMs' interrupts belong to
 * @wq: runs the calls of VMs, each VM in a worker of its own
 * @vmid_lock: held while a VMID is allocated or released; protects changes of
 *	@vms
 * @vms: VMs that the firmware knows, indexed by VMID, protected by its xa_lock
 * @released: when a VM was last released by the firmware, in jiffies, or 0;
 *	read and written without a lock
 * @mem_entries: memory entries that the firmware holds for all VMs, or may hold
 * @power: what the machine is about to do, read and written without a lock; it is
 *	set before @mem_entries is read, and read after that is raised
 * @reclaimed: when memory was last reclaimed, in jiffies, or 0; read and written
 *	without a lock
 * @no_time_base: the resource manager cannot set clocks of VMs, read and written
 *	without a lock
 * @ending_lock: protects @ending
 * @ending: VMs without file descriptors that the firmware still holds something
 *	for; the list holds a reference to each
 * @ended: woken when a VM leaves @ending
 * @gone: the platform device goes: what is not back at the next attempt stays
 *	with the firmware
 */
struct gunyah_host {
	struct miscdevice misc;
	struct kref kref;
	struct gunyah_rm *rm;
	struct gunyah_hyp_info hyp;
	const char *discovery;
	u16 vmid;
	bool can_page;
	struct gunyah_accept *accept;
	struct fwnode_handle *irq_fwnode;
	struct workqueue_struct *wq;

	struct mutex vmid_lock;		/* changes of vms */
	struct xarray vms;
	unsigned long released;
	atomic64_t mem_entries;
	enum gunyah_power_state power;
	unsigned long reclaimed;
	bool no_time_base;

	struct mutex ending_lock;	/* ending */
	struct list_head ending;
	wait_queue_head_t ended;
	bool gone;
};

struct gunyah_host *gunyah_host_new(const struct gunyah_hyp_info *hyp);
void gunyah_host_get(struct gunyah_host *host);
void gunyah_host_put(struct gunyah_host *host);

#endif /* _GUNYAH_HOST_H */
