/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Platforms whose firmware has to be told who gets memory
 */

#ifndef _GUNYAH_PLATFORM_H
#define _GUNYAH_PLATFORM_H

#include <linux/list.h>
#include <linux/types.h>

struct gunyah_mem_run;
struct gunyah_mem_runs;
struct gunyah_rm_mem_parcel;
struct module;

/**
 * struct gunyah_platform_ops - what the module of a platform does
 * @list: for gunyah_platform_register()
 * @owner: the module
 * @name: name of the platform, see gunyah_hyp_info.platform
 * @ready: whether the firmware can be asked now
 * @assign: have the firmware assign memory of the host to those in the ACL of a
 *	parcel; physically contiguous
 * @assign_back: have it assign the same memory to the host alone again
 *
 * @assign and @assign_back may sleep; they return 0 or a negative errno, and have
 * changed nothing then.
 */
struct gunyah_platform_ops {
	struct list_head list;
	struct module *owner;
	const char *name;
	bool (*ready)(void);
	int (*assign)(const struct gunyah_rm_mem_parcel *parcel,
		      phys_addr_t addr, size_t size);
	int (*assign_back)(const struct gunyah_rm_mem_parcel *parcel,
			   phys_addr_t addr, size_t size);
};

/* For the modules of platforms */
int gunyah_platform_register(struct gunyah_platform_ops *ops);
void gunyah_platform_unregister(struct gunyah_platform_ops *ops);

const struct gunyah_platform_ops *gunyah_platform_get(const char *name);
void gunyah_platform_put(const struct gunyah_platform_ops *ops);
int gunyah_platform_pre_mem_give(const struct gunyah_platform_ops *ops,
				 const struct gunyah_rm_mem_parcel *parcel,
				 const struct gunyah_mem_runs *runs,
				 u64 *assigned);
int gunyah_platform_post_mem_reclaim(const struct gunyah_platform_ops *ops,
				     const struct gunyah_rm_mem_parcel *parcel,
				     const struct gunyah_mem_runs *runs,
				     u64 *assigned);
int gunyah_platform_assign_run(const struct gunyah_platform_ops *ops,
			       const struct gunyah_rm_mem_parcel *parcel,
			       const struct gunyah_mem_run *run);
int gunyah_platform_assign_run_back(const struct gunyah_platform_ops *ops,
				    const struct gunyah_rm_mem_parcel *parcel,
				    const struct gunyah_mem_run *run);

#endif /* _GUNYAH_PLATFORM_H */
