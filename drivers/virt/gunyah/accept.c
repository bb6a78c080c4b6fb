// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that this VM is given while it runs
 *
 * The owner of this VM lends or shares memory, and the resource manager notifies
 * us. A worker then accepts the memory and makes it a device (memdev.c) or, if
 * the owner has marked it, memory of this Linux (plug.c).
 *
 * Memory of any other VM is not accepted: whoever owns memory can fill it with
 * what it likes, and takes the kernel down if the memory was plugged and is gone
 * after the end of that VM. The owner can do that to us anyway. So the first VM,
 * which belongs to the resource manager, accepts nothing.
 *
 * Notifications are not trusted, and come in the thread that receives replies: it
 * only adds to a list of limited length.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "accept.h"
#include "memdev.h"
#include "plug.h"
#include "rm.h"

static void accept_refused(const struct gunyah_rm_mem_offer *offer,
			   const char *why, int ret)
{
	pr_warn_ratelimited("memory of VM %u with label %u is not accepted: %s (%d)\n",
			    offer->owner, offer->label, why, ret);
}

static void accept_free(struct gunyah_accepted *parcel)
{
	struct gunyah_accept *accept = parcel->accept;

	scoped_guard(spinlock, &accept->lock) {
		list_del(&parcel->list);
		accept->count--;
	}
	kfree(parcel);
}

static void accept_set_state(struct gunyah_accepted *parcel,
			     enum gunyah_accepted_state state)
{
	guard(spinlock)(&parcel->accept->lock);
	parcel->state = state;
}

/*
 * Is this VM known to have a parcel with this handle, or about to accept it? While
 * one is being refused or released, its handle may be given to another one.
 */
static bool accept_is_known_locked(struct gunyah_accept *accept, u32 handle)
{
	struct gunyah_accepted *parcel;

	lockdep_assert_held(&accept->lock);

	list_for_each_entry(parcel, &accept->parcels, list)
		if (parcel->offer.handle == handle &&
		    parcel->state != GUNYAH_ACCEPTED_IN_WORK &&
		    parcel->state != GUNYAH_ACCEPTED_RELEASING)
			return true;
	return false;
}

/* Begin to accept a parcel, unless it was offered twice and is accepted */
static bool accept_begin(struct gunyah_accepted *parcel)
{
	struct gunyah_accept *accept = parcel->accept;

	guard(spinlock)(&accept->lock);
	parcel->state = GUNYAH_ACCEPTED_IN_WORK;
	return !accept_is_known_locked(accept, parcel->offer.handle);
}

static bool accept_from_owner(struct gunyah_accept *accept, u16 vmid)
{
	u16 owner;

	if (!accept->owner) {
		if (gunyah_rm_get_owner(&accept->rm, &owner))
			return false;
		accept->owner = owner;
	}
	return vmid == accept->owner;
}

static u8 accept_perms(struct gunyah_accept *accept,
		       const struct gunyah_rm_mem_offer *offer)
{
	unsigned int i;

	for (i = 0; i < offer->n_acl; i++)
		if (offer->acl[i].vmid == accept->vmid)
			return offer->acl[i].perms;
	return 0;
}

/* Two devices cannot have the same name. Only the worker adds and removes them. */
static bool accept_label_used(struct gunyah_accept *accept, u32 label)
{
	struct gunyah_accepted *parcel;

	guard(spinlock)(&accept->lock);
	list_for_each_entry(parcel, &accept->parcels, list)
		if ((parcel->state == GUNYAH_ACCEPTED_DEVICE ||
		     parcel->state == GUNYAH_ACCEPTED_RELEASING) &&
		    parcel->offer.label == label)
			return true;
	return false;
}

/* The memory has no user, but is accepted */
static void accept_give_back(struct gunyah_accepted *parcel)
{
	if (gunyah_rm_mem_release(&parcel->accept->rm, parcel->offer.handle))
		pr_warn("memory with label %u cannot be released\n",
			parcel->offer.label);
}

static int accept_as_device(struct gunyah_accepted *parcel, const char **why)
{
	struct gunyah_accept *accept = parcel->accept;
	int ret;

	*why = "there is memory with that label";
	if (accept_label_used(accept, parcel->offer.label))
		return -EEXIST;
	*why = "the resource manager does not map it";
	ret = gunyah_rm_mem_accept(&accept->rm, &parcel->offer, &parcel->addr,
				   &parcel->size);
	if (ret) {
		/* It is mapped, perhaps, but nobody knows where */
		if (!accept->rm.error)
			gunyah_rm_mem_release(&accept->rm, parcel->offer.handle);
		return ret;
	}
	*why = "no device can be made of it";
	/* It may be opened, and even released, as soon as it is there */
	accept_set_state(parcel, GUNYAH_ACCEPTED_DEVICE);
	ret = gunyah_memdev_add(parcel);
	if (ret)
		accept_give_back(parcel);
	return ret;
}

static int accept_one(struct gunyah_accepted *parcel, const char **why)
{
	const struct gunyah_rm_mem_offer *offer = &parcel->offer;
	struct gunyah_accept *accept = parcel->accept;
	int ret;

	*why = "it is not for this VM";
	parcel->perms = accept_perms(accept, offer);
	if (!(parcel->perms & GUNYAH_RM_ACL_R))
		return -EACCES;
	*why = "its size is not a multiple of the page size";
	if (!PAGE_ALIGNED(offer->size))
		return -EINVAL;
	if (offer->kind != GUNYAH_RM_MEM_LEND ||
	    offer->tag != GUNYAH_MEM_TAG_PLUG)
		return accept_as_device(parcel, why);
	ret = gunyah_plug(parcel, why);
	if (!ret)
		accept_set_state(parcel, GUNYAH_ACCEPTED_PLUGGED);
	return ret;
}

static void accept_offered(struct gunyah_accepted *parcel)
{
	const struct gunyah_rm_mem_offer *offer = &parcel->offer;
	struct gunyah_accept *accept = parcel->accept;
	const char *why;
	int ret;

	if (!accept_begin(parcel)) {
		accept_free(parcel);
		return;
	}
	if (!accept_from_owner(accept, offer->owner)) {
		accept_refused(offer, "it is not that of our owner", -EPERM);
		accept_free(parcel);
		return;
	}
	ret = accept_one(parcel, &why);
	gunyah_rm_mem_notify_owner(&accept->rm, offer, !ret);
	if (ret) {
		accept_refused(offer, why, ret);
		accept_free(parcel);
	}
}

/* Release a parcel whose device is gone. Returns a negative errno if it stays. */
static int accept_release(struct gunyah_accepted *parcel)
{
	struct gunyah_accept *accept = parcel->accept;
	int ret;

	ret = gunyah_rm_mem_release(&accept->rm, parcel->offer.handle);
	if (ret)
		return ret;
	gunyah_rm_mem_notify_owner(&accept->rm, &parcel->offer, false);
	accept_free(parcel);
	return 0;
}

static void accept_releasing(struct gunyah_accepted *parcel)
{
	u32 label = parcel->offer.label;
	int ret;

	gunyah_memdev_remove(parcel);
	ret = accept_release(parcel);
	if (!ret)
		return;
	pr_warn("memory with label %u cannot be released (%d)\n", label, ret);
	/* Another attempt needs the device */
	accept_set_state(parcel, GUNYAH_ACCEPTED_DEVICE);
	ret = gunyah_memdev_add(parcel);
	if (ret)
		pr_warn("memory with label %u has lost its device (%d)\n",
			label, ret);
}

/* The next parcel that something is to be done with, or NULL */
static struct gunyah_accepted *accept_next(struct gunyah_accept *accept)
{
	struct gunyah_accepted *parcel;

	guard(spinlock)(&accept->lock);
	if (!accept->running)
		return NULL;
	list_for_each_entry(parcel, &accept->parcels, list)
		if (parcel->state == GUNYAH_ACCEPTED_OFFERED ||
		    parcel->state == GUNYAH_ACCEPTED_RELEASING)
			return parcel;
	return NULL;
}

static void accept_work(struct work_struct *work)
{
	struct gunyah_accept *accept = container_of(work, struct gunyah_accept,
						    work);
	struct gunyah_accepted *parcel;

	while ((parcel = accept_next(accept))) {
		if (parcel->state == GUNYAH_ACCEPTED_OFFERED)
			accept_offered(parcel);
		else
			accept_releasing(parcel);
	}
}

/**
 * gunyah_accept_init() - make it ready for notifications
 * @accept: all memory that this VM is given
 * @dev: parent of the devices, or NULL
 *
 * Context: Any.
 */
void gunyah_accept_init(struct gunyah_accept *accept, struct device *dev)
{
	accept->dev = dev;
	spin_lock_init(&accept->lock);
	INIT_LIST_HEAD(&accept->parcels);
	INIT_WORK(&accept->work, accept_work);
}

/**
 * gunyah_accept_start() - accept memory, also what was offered before
 * @accept: gunyah_accept_init()
 * @rm: the resource manager, which must exist until gunyah_accept_stop()
 * @vmid: VMID of this VM
 *
 * Context: Process context.
 */
void gunyah_accept_start(struct gunyah_accept *accept, struct gunyah_rm *rm,
			 u16 vmid)
{
	accept->rm.rm = rm;
	accept->vmid = vmid;
	guard(spinlock)(&accept->lock);
	accept->running = true;
	if (accept->count)
		queue_work(system_long_wq, &accept->work);
}

/**
 * gunyah_accept_stop() - release all memory that has a device
 * @accept: gunyah_accept_start()
 *
 * Memory that was plugged stays, and so does memory that the resource manager
 * does not take back.
 *
 * Context: Process context, may sleep. No file of a device is open.
 */
void gunyah_accept_stop(struct gunyah_accept *accept)
{
	struct gunyah_accepted *parcel, *tmp;

	scoped_guard(spinlock, &accept->lock)
		accept->running = false;
	cancel_work_sync(&accept->work);

	/* Notifications only add to the end */
	list_for_each_entry_safe(parcel, tmp, &accept->parcels, list) {
		/* One that has lost its device is released as well */
		if (parcel->state != GUNYAH_ACCEPTED_DEVICE &&
		    parcel->state != GUNYAH_ACCEPTED_RELEASING)
			continue;
		gunyah_memdev_remove(parcel);
		if (accept_release(parcel))
			pr_warn("memory with label %u was not released\n",
				parcel->offer.label);
	}
}

/**
 * gunyah_accept_exit() - free everything
 * @accept: gunyah_accept_init(), and gunyah_accept_stop() if it was started; there
 *	are no notifications any more
 *
 * Context: Process context.
 */
void gunyah_accept_exit(struct gunyah_accept *accept)
{
	struct gunyah_accepted *parcel, *tmp;

	list_for_each_entry_safe(parcel, tmp, &accept->parcels, list)
		accept_free(parcel);
}

/**
 * gunyah_accept_notify() - take a notification that memory can be accepted
 * @accept: gunyah_accept_init()
 * @payload: payload, not trusted
 * @len: its size in bytes
 *
 * Context: Thread of the RPC core; takes a spinlock only.
 */
void gunyah_accept_notify(struct gunyah_accept *accept, const void *payload,
			  size_t len)
{
	struct gunyah_accepted *parcel;
	int ret;

	struct gunyah_accepted *new __free(kfree) =
		kzalloc(sizeof(*new), GFP_KERNEL);

	if (!new)
		return;
	ret = gunyah_rm_parse_mem_shared(payload, len, &new->offer);
	if (ret) {
		accept_refused(&new->offer, ret == -EINVAL ?
			       "the notification is not valid" :
			       "this kind is not supported", ret);
		return;
	}
	new->accept = accept;

	guard(spinlock)(&accept->lock);
	/* A parcel may be offered more than once */
	if (accept_is_known_locked(accept, new->offer.handle))
		return;
	if (accept->count == GUNYAH_ACCEPT_MAX) {
		accept_refused(&new->offer, "there is too much of it", -ENOSPC);
		return;
	}
	parcel = no_free_ptr(new);
	list_add_tail(&parcel->list, &accept->parcels);
	accept->count++;
	if (accept->running)
		queue_work(system_long_wq, &accept->work);
}

/**
 * gunyah_accepted_open() - count a user of a parcel
 * @parcel: parcel with a device
 *
 * Context: Process context.
 * Return: 0, or -ENODEV: it is being released.
 */
int gunyah_accepted_open(struct gunyah_accepted *parcel)
{
	guard(spinlock)(&parcel->accept->lock);
	if (parcel->state != GUNYAH_ACCEPTED_DEVICE)
		return -ENODEV;
	parcel->users++;
	return 0;
}

/**
 * gunyah_accepted_close() - undo gunyah_accepted_open()
 * @parcel: the parcel
 *
 * Context: Process context.
 */
void gunyah_accepted_close(struct gunyah_accepted *parcel)
{
	guard(spinlock)(&parcel->accept->lock);
	parcel->users--;
}

/**
 * gunyah_accepted_release() - give a parcel back to its owner
 * @parcel: parcel with a device
 *
 * The device goes a little later, and the parcel with it.
 *
 * Context: Process context.
 * Return: 0, or -EBUSY: it has users, or is being released already.
 */
int gunyah_accepted_release(struct gunyah_accepted *parcel)
{
	struct gunyah_accept *accept = parcel->accept;

	guard(spinlock)(&accept->lock);
	if (parcel->state != GUNYAH_ACCEPTED_DEVICE || parcel->users)
		return -EBUSY;
	parcel->state = GUNYAH_ACCEPTED_RELEASING;
	if (accept->running)
		queue_work(system_long_wq, &accept->work);
	return 0;
}
