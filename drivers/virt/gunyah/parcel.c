// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory parcels: what is lent to or shared with a VM, and reclaimed, as a whole
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "hide.h"
#include "host.h"
#include "parcel.h"
#include "platform.h"
#include "region.h"
#include "rm.h"
#include "trace.h"
#include "vm.h"

/* 4096 are no trouble for the published resource manager, 8192 kill it */
static unsigned int max_mem_entries = 4096;
module_param(max_mem_entries, uint, 0644);
MODULE_PARM_DESC(max_mem_entries,
		 "Memory entries of all VMs that the resource manager may have to hold (4096)");

/*
 * Memory that was reclaimed is not always usable at once. For this time a
 * refusal may be over soon; how often, and how long at first, to wait for that.
 */
#define RECLAIM_MS		500
#define SEND_TRIES		6
#define SEND_DELAY_MS		10

/* How often the platform's firmware is asked to assign memory back, and when */
#define ASSIGN_TRIES		4
#define ASSIGN_DELAY_MS		10

static bool parcel_is_lent(const struct gunyah_parcel *parcel)
{
	return parcel->flags & GH_MEM_LENT;
}

/**
 * gunyah_parcel_new() - make a parcel of a region
 * @region: the region; if it is lent, moved
 *
 * Context: Process context, may sleep.
 * Return: the parcel, on no list, or NULL.
 */
struct gunyah_parcel *gunyah_parcel_new(struct gunyah_mem_region *region)
{
	struct gunyah_parcel *parcel = kzalloc(sizeof(*parcel),
					       GFP_KERNEL_ACCOUNT);

	if (!parcel)
		return NULL;
	INIT_LIST_HEAD(&parcel->list);
	INIT_LIST_HEAD(&parcel->regions);
	gunyah_mem_runs_init(&parcel->blocks);
	parcel->label = region->label;
	parcel->flags = region->flags;
	parcel->gpa = region->gpa;
	if (parcel_is_lent(parcel)) {
		parcel->runs = &parcel->blocks;
		gunyah_parcel_extend(parcel, region);
	} else {
		parcel->runs = &region->runs;
		parcel->size = region->size;
		region->parcel = parcel;
		list_add_tail(&region->siblings, &parcel->regions);
	}
	return parcel;
}

/**
 * gunyah_parcel_extend() - add a lent region to a parcel
 * @parcel: the parcel, lent, not sent
 * @region: the region, with equal flags, begins where @parcel ends
 *
 * Context: Process context.
 */
void gunyah_parcel_extend(struct gunyah_parcel *parcel,
			  struct gunyah_mem_region *region)
{
	gunyah_mem_runs_move(&parcel->blocks, &region->runs);
	parcel->size += region->size;
	region->parcel = parcel;
	list_add_tail(&region->siblings, &parcel->regions);
}

/**
 * gunyah_parcel_reserve() - have what is needed to send a parcel
 * @vm: the VM
 * @parcel: the parcel, not sent
 *
 * That is the module of the platform, and room for its memory entries: all VMs of
 * the host have the same limit, because they have the same resource manager.
 * gunyah_parcel_free() gives both back.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EAGAIN: more than max_mem_entries; -EBUSY: the machine is about to
 * hibernate; -ESHUTDOWN: it goes down; -EOPNOTSUPP: the platform's module is
 * missing. No entries were counted then.
 */
int gunyah_parcel_reserve(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	const struct gunyah_platform_ops *platform;
	struct gunyah_host *host = vm->host;
	s64 limit = READ_ONCE(max_mem_entries);
	s64 entries = parcel->runs->num_runs;
	s64 held;

	platform = gunyah_platform_get(host->hyp.platform);
	if (IS_ERR(platform))
		return PTR_ERR(platform);
	parcel->platform = platform;
	held = atomic64_read(&host->mem_entries);
	do {
		if (held + entries > limit)
			return -EAGAIN;
	} while (!atomic64_try_cmpxchg(&host->mem_entries, &held,
				       held + entries));
	/*
	 * The above is a full barrier: if this does not see that the machine
	 * hibernates, whoever wants that sees the entries
	 */
	if (READ_ONCE(host->power) != GUNYAH_POWER_ON) {
		atomic64_sub(entries, &host->mem_entries);
		return READ_ONCE(host->power) == GUNYAH_POWER_DOWN ?
		       -ESHUTDOWN : -EBUSY;
	}
	parcel->entries = entries;
	return 0;
}

/**
 * gunyah_parcel_free() - free a parcel
 * @vm: the VM
 * @parcel: the parcel
 *
 * Its regions stay. What the firmware still has, or may have, is lost for them
 * and counts as memory that the firmware holds.
 *
 * Context: Process context or worker.
 */
void gunyah_parcel_free(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	bool lost = !gunyah_parcel_is_ours(parcel);
	struct gunyah_mem_region *region, *tmp;

	if (lost) {
		pr_err("%llu KiB of memory are lost to the firmware until reboot\n",
		       parcel->size / SZ_1K);
	} else {
		if (parcel->hidden)
			gunyah_show(&parcel->blocks);
		/* Only now: a machine without entries may hibernate */
		atomic64_sub(parcel->entries, &vm->host->mem_entries);
	}
	gunyah_platform_put(parcel->platform);
	gunyah_mem_runs_free(&parcel->blocks, NULL);
	list_for_each_entry_safe(region, tmp, &parcel->regions, siblings) {
		list_del_init(&region->siblings);
		region->parcel = NULL;
		region->lost = lost;
		if (!lost)
			gunyah_region_open(region);
	}
	list_del(&parcel->list);
	kfree(parcel);
}

/* What is to become of the memory */
static void parcel_describe(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	struct gunyah_rm_mem_parcel *rm = &parcel->rm;

	*rm = (struct gunyah_rm_mem_parcel) {
		.kind = GUNYAH_RM_MEM_LEND,
		/*
		 * The resource manager takes an image under any other label for
		 * memory that the VM's devicetree has to describe.
		 */
		.label = parcel == vm->image ? 0 : parcel->label,
		.n_acl = 1,
		.acl[0] = { vm->vmid, gunyah_mem_perms(parcel->flags) },
	};
	if (!parcel_is_lent(parcel)) {
		rm->kind = GUNYAH_RM_MEM_SHARE;
		rm->n_acl = 2;
		rm->acl[1].vmid = vm->host->vmid;
		rm->acl[1].perms = GUNYAH_RM_ACL_R | GUNYAH_RM_ACL_W |
				   GUNYAH_RM_ACL_X;
	}
}

static int parcel_send_once(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	struct gunyah_rm_mem_parcel *rm = &parcel->rm;
	int ret;

	ret = gunyah_rm_mem_create(&vm->rm, rm, parcel->runs);
	trace_gunyah_mem_parcel(vm->vmid, rm->label, rm->handle,
				parcel_is_lent(parcel), parcel->runs->num_runs,
				parcel->size, ret);
	return ret;
}

/* Whether what the resource manager has refused may be possible a little later */
static bool parcel_refusal_may_pass(struct gunyah_vm *vm, unsigned long began)
{
	unsigned long reclaimed = READ_ONCE(vm->host->reclaimed);

	switch (vm->rm.error) {
	case GUNYAH_RM_ERROR_NOMEM:
	case GUNYAH_RM_ERROR_NORESOURCE:
	case GUNYAH_RM_ERROR_BUSY:
	case GUNYAH_RM_ERROR_MEM_INVALID:
	case GUNYAH_RM_ERROR_MEM_INUSE:
		return reclaimed &&
		       time_before(began, reclaimed +
					  msecs_to_jiffies(RECLAIM_MS));
	default:
		return false;
	}
}

static int parcel_create(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	unsigned long began = jiffies;
	unsigned int try;
	int ret;

	for (try = 1; ; try++) {
		ret = parcel_send_once(vm, parcel);
		if (!ret || parcel->rm.state != GUNYAH_RM_MEM_OURS ||
		    try == SEND_TRIES || !parcel_refusal_may_pass(vm, began))
			return ret;
		msleep(SEND_DELAY_MS << (try - 1));
	}
}

/* The resource manager does not have it, so nobody else may */
static int parcel_assign_back(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	unsigned int try;
	int ret;

	for (try = 1; ; try++) {
		ret = gunyah_platform_post_mem_reclaim(parcel->platform,
						       &parcel->rm, parcel->runs,
						       &parcel->assigned);
		if (!ret || try == ASSIGN_TRIES)
			break;
		msleep(ASSIGN_DELAY_MS << try);
	}
	if (ret)
		pr_err("VM %u: the firmware of the platform does not assign memory back to the host: %d\n",
		       parcel->rm.acl[0].vmid, ret);
	return ret;
}

/**
 * gunyah_parcel_send() - lend or share a parcel
 * @vm: VM, its lock is held
 * @parcel: the parcel, which no firmware has
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno; @parcel->rm.state and @parcel->assigned tell who
 * has the memory, and gunyah_parcel_reclaim() undoes it either way.
 */
int gunyah_parcel_send(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!gunyah_parcel_is_ours(parcel))
		return -EIO;
	/* The end of all VMs has begun, perhaps without this one */
	if (READ_ONCE(vm->host->power) == GUNYAH_POWER_DOWN)
		return -ESHUTDOWN;
	if (parcel_is_lent(parcel) && !parcel->hidden) {
		parcel->hidden = true;
		ret = gunyah_hide(&parcel->blocks, parcel != vm->image);
		if (ret)
			return ret;
	}
	parcel_describe(vm, parcel);
	ret = gunyah_platform_pre_mem_give(parcel->platform, &parcel->rm,
					   parcel->runs, &parcel->assigned);
	if (ret) {
		/* The last error is not the resource manager's */
		vm->rm.error = 0;
		return ret;
	}
	return parcel_create(vm, parcel);
}

/**
 * gunyah_parcels_send() - lend or share all parcels of a VM
 * @vm: VM, its lock is held
 * @call: the start that this is a part of
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno; undone by gunyah_parcels_reclaim() either way.
 */
int gunyah_parcels_send(struct gunyah_vm *vm, struct gunyah_vm_call *call)
{
	struct gunyah_parcel *parcel;
	int ret;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(parcel, &vm->parcels, list) {
		if (gunyah_vm_call_abandoned(call))
			return -EINTR;
		ret = gunyah_parcel_send(vm, parcel);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * gunyah_parcel_reclaim() - reclaim a parcel
 * @vm: VM, its lock is held
 * @parcel: the parcel
 *
 * The firmware clears what was lent to a VM that was started.
 *
 * Context: Worker, may sleep.
 * Return: 0, also if no firmware has it; -EBUSY (the VM has it, or it is lost, or
 * the platform's firmware does not assign it back) or another negative errno.
 */
int gunyah_parcel_reclaim(struct gunyah_vm *vm, struct gunyah_parcel *parcel)
{
	/* Before the start it has what its creator wrote: another start needs that */
	bool clear = parcel_is_lent(parcel) && vm->ran;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (gunyah_parcel_is_ours(parcel))
		return 0;
	if (parcel->rm.state == GUNYAH_RM_MEM_LOST)
		return -EBUSY;
	if (parcel->rm.state != GUNYAH_RM_MEM_OURS) {
		ret = gunyah_rm_mem_reclaim(&vm->rm, &parcel->rm, clear);
		trace_gunyah_mem_reclaim(vm->vmid, parcel->rm.handle, ret);
		if (ret)
			return ret;
		WRITE_ONCE(vm->host->reclaimed, jiffies);
	}
	return parcel_assign_back(vm, parcel) ? -EBUSY : 0;
}

/**
 * gunyah_parcels_reclaim() - reclaim all parcels of a VM
 * @vm: VM, its lock is held
 *
 * Context: Worker, may sleep.
 * Return: 0 if all of them are back, or the first error. What is lost for good
 * does not count.
 */
int gunyah_parcels_reclaim(struct gunyah_vm *vm)
{
	struct gunyah_parcel *parcel;
	int err, ret = 0;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(parcel, &vm->parcels, list) {
		err = gunyah_parcel_reclaim(vm, parcel);
		if (parcel->rm.state == GUNYAH_RM_MEM_CREATED ||
		    parcel->rm.state == GUNYAH_RM_MEM_RECLAIMING)
			ret = ret ?: err;
	}
	return ret;
}

/**
 * gunyah_parcels_abandon() - leave to the firmware what it does not give back
 * @vm: VM, its lock is held
 *
 * Context: Worker.
 */
void gunyah_parcels_abandon(struct gunyah_vm *vm)
{
	struct gunyah_parcel *parcel;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(parcel, &vm->parcels, list)
		if (parcel->rm.state != GUNYAH_RM_MEM_OURS)
			parcel->rm.state = GUNYAH_RM_MEM_LOST;
}

/**
 * gunyah_parcels_lost() - whether the firmware may have memory without a handle
 * @vm: VM, its lock is held
 *
 * It would go to the VM that gets the VMID next.
 *
 * Context: Worker.
 * Return: true if there is such memory.
 */
bool gunyah_parcels_lost(struct gunyah_vm *vm)
{
	struct gunyah_parcel *parcel;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(parcel, &vm->parcels, list)
		if (parcel->rm.state == GUNYAH_RM_MEM_LOST)
			return true;
	return false;
}
