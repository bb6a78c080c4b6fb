// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platforms whose firmware has to be told who gets memory
 *
 * There the resource manager is not the only one to keep account of memory: the
 * firmware below it does so as well, and has to agree before a parcel is lent or
 * shared, and after it was reclaimed. The driver knows a platform by its name
 * only; the rest is in a module of that platform.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kmod.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "platform.h"
#include "runs.h"

static DEFINE_MUTEX(platforms_lock);
static LIST_HEAD(platforms);		/* protected by platforms_lock */

static struct gunyah_platform_ops *platform_find_locked(const char *name)
{
	struct gunyah_platform_ops *ops;

	lockdep_assert_held(&platforms_lock);

	list_for_each_entry(ops, &platforms, list)
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

/**
 * gunyah_platform_register() - offer the operations of a platform
 * @ops: the operations
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EEXIST: that platform has some.
 */
int gunyah_platform_register(struct gunyah_platform_ops *ops)
{
	guard(mutex)(&platforms_lock);
	if (platform_find_locked(ops->name))
		return -EEXIST;
	list_add_tail(&ops->list, &platforms);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(gunyah_platform_register, GUNYAH);

/**
 * gunyah_platform_unregister() - take the operations of a platform back
 * @ops: the operations; their module has no references
 *
 * Context: Process context, may sleep.
 */
void gunyah_platform_unregister(struct gunyah_platform_ops *ops)
{
	guard(mutex)(&platforms_lock);
	list_del(&ops->list);
}
EXPORT_SYMBOL_NS_GPL(gunyah_platform_unregister, GUNYAH);

static const struct gunyah_platform_ops *platform_try_get(const char *name)
{
	struct gunyah_platform_ops *ops;

	guard(mutex)(&platforms_lock);
	ops = platform_find_locked(name);
	if (!ops || !ops->ready() || !try_module_get(ops->owner))
		return NULL;
	return ops;
}

/**
 * gunyah_platform_get() - get the operations of a platform
 * @name: its name, or NULL: there is nobody to be told
 *
 * Loads the module that has them.
 *
 * Context: Process context, may sleep.
 * Return: the operations, with a reference to their module; NULL for NULL; or an
 * ERR_PTR: -EOPNOTSUPP.
 */
const struct gunyah_platform_ops *gunyah_platform_get(const char *name)
{
	const struct gunyah_platform_ops *ops;

	if (!name)
		return NULL;
	ops = platform_try_get(name);
	if (ops)
		return ops;
	request_module("gunyah-platform-%s", name);
	ops = platform_try_get(name);
	if (ops)
		return ops;
	pr_err_once("no VM is started: the firmware of this platform has to be told who gets memory, and the module gunyah_%s, which does that, is missing or has no firmware to talk to\n",
		    name);
	return ERR_PTR(-EOPNOTSUPP);
}

/**
 * gunyah_platform_put() - drop the reference of gunyah_platform_get()
 * @ops: the operations, or NULL
 *
 * Context: Any.
 */
void gunyah_platform_put(const struct gunyah_platform_ops *ops)
{
	if (ops)
		module_put(ops->owner);
}

/*
 * Whatever code the firmware has for it: what a user can tell apart. -EINVAL means
 * that others own the memory: the resource manager's error for that is the same.
 */
static int platform_errno(int ret)
{
	switch (ret) {
	case 0:
	case -EINVAL:
	case -ENOMEM:
		return ret;
	default:
		return -EIO;
	}
}

/**
 * gunyah_platform_pre_mem_give() - before the resource manager gets a parcel
 * @ops: the platform's operations, or NULL
 * @parcel: kind and ACL
 * @runs: its memory, which is the host's
 * @assigned: how many of the first runs are assigned to those in the ACL, 0
 *	before
 *
 * gunyah_platform_post_mem_reclaim() undoes it, also after an error.
 *
 * Context: Worker, may sleep.
 * Return: 0, -EINVAL, -ENOMEM, -EIO.
 */
int gunyah_platform_pre_mem_give(const struct gunyah_platform_ops *ops,
				 const struct gunyah_rm_mem_parcel *parcel,
				 const struct gunyah_mem_runs *runs,
				 u64 *assigned)
{
	const struct gunyah_mem_run *run;
	struct gunyah_mem_run_iter iter;
	int ret;

	if (!ops)
		return 0;
	gunyah_mem_run_iter_init(&iter, runs);
	while ((run = gunyah_mem_run_iter_next(&iter))) {
		ret = ops->assign(parcel, PFN_PHYS(run->pfn),
				  run->count << PAGE_SHIFT);
		if (ret)
			return platform_errno(ret);
		++*assigned;
		cond_resched();
	}
	return 0;
}

/**
 * gunyah_platform_post_mem_reclaim() - after the resource manager has given a
 * parcel back
 * @ops: the platform's operations, or NULL
 * @parcel: kind and ACL, as before
 * @runs: its memory, as before
 * @assigned: how many of the first runs are assigned to those in the ACL
 *
 * May be repeated after an error: the last run comes first, so what is left to
 * do is always in front.
 *
 * Context: Worker, may sleep.
 * Return: 0, and @assigned is 0; or -EINVAL, -ENOMEM, -EIO: the firmware keeps the
 * first @assigned runs.
 */
int gunyah_platform_post_mem_reclaim(const struct gunyah_platform_ops *ops,
				     const struct gunyah_rm_mem_parcel *parcel,
				     const struct gunyah_mem_runs *runs,
				     u64 *assigned)
{
	const struct gunyah_mem_run *run;
	int ret;

	for (; *assigned; --*assigned) {
		run = gunyah_mem_runs_get(runs, *assigned - 1);
		ret = ops->assign_back(parcel, PFN_PHYS(run->pfn),
				       run->count << PAGE_SHIFT);
		if (ret)
			return platform_errno(ret);
		cond_resched();
	}
	return 0;
}

/**
 * gunyah_platform_assign_run() - before the hypervisor gets pages
 * @ops: the platform's operations, or NULL
 * @parcel: kind and ACL of what they are to become
 * @run: the pages, which are the host's
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -ENOMEM, -EIO; nothing has changed then.
 */
int gunyah_platform_assign_run(const struct gunyah_platform_ops *ops,
			       const struct gunyah_rm_mem_parcel *parcel,
			       const struct gunyah_mem_run *run)
{
	if (!ops)
		return 0;
	return platform_errno(ops->assign(parcel, PFN_PHYS(run->pfn),
					  run->count << PAGE_SHIFT));
}

/**
 * gunyah_platform_assign_run_back() - after the hypervisor has given pages back
 * @ops: the platform's operations, or NULL
 * @parcel: kind and ACL, as before
 * @run: the pages, or a part of them
 *
 * Context: Process context or worker, may sleep.
 * Return: 0, -EINVAL, -ENOMEM, -EIO; nothing has changed then.
 */
int gunyah_platform_assign_run_back(const struct gunyah_platform_ops *ops,
				    const struct gunyah_rm_mem_parcel *parcel,
				    const struct gunyah_mem_run *run)
{
	if (!ops)
		return 0;
	return platform_errno(ops->assign_back(parcel, PFN_PHYS(run->pfn),
					       run->count << PAGE_SHIFT));
}
