// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that this Linux adds to its own
 *
 * Nothing of this file is needed any more when the memory was added: it outlives
 * the module, and so do its resource and its name. It is never removed, because
 * its owner could not be told whether that is possible.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/numa.h>
#include <linux/printk.h>
#include <linux/range.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "accept.h"
#include "plug.h"

#define PLUG_PERMS	(GUNYAH_RM_ACL_R | GUNYAH_RM_ACL_W | GUNYAH_RM_ACL_X)

/*
 * Below this address a VM has devices, some of which Linux does not know, and
 * the resource manager maps no memory.
 */
#define PLUG_LOWEST	SZ_1G

/**
 * struct plug_resource - what the memory needs as long as Linux runs
 * @res: its range
 * @name: name of the range
 * @ram: name of the memory in the range, as add_memory_driver_managed() wants it
 */
struct plug_resource {
	struct resource res;
	char name[sizeof("gunyah-mem-4294967295")];
	char ram[sizeof("System RAM (gunyah)")];
};

static bool plug_place_is_used(u32 error)
{
	return error == GUNYAH_RM_ERROR_NORESOURCE ||
	       error == GUNYAH_RM_ERROR_MAP;
}

/*
 * Accept the memory in a range that is free for Linux and for the resource
 * manager. The latter keeps ranges that Linux does not know of; the steps grow,
 * so that a few of them cross all addresses.
 */
static int plug_accept(struct gunyah_accepted *parcel, struct resource *res,
		       u64 block)
{
	struct range range = mhp_get_pluggable_range(true);
	struct gunyah_rm_client *rm = &parcel->accept->rm;
	u64 from = max_t(u64, range.start, PLUG_LOWEST);
	u64 step = block;
	int ret;

	for (;;) {
		ret = allocate_resource(&iomem_resource, res, parcel->size,
					from, range.end, block, NULL, NULL);
		if (ret)
			return ret;
		ret = gunyah_rm_mem_accept_at(rm, &parcel->offer, res->start);
		if (!ret)
			return 0;
		from = res->start + step;
		release_resource(res);
		/* Without an answer it may be mapped */
		if (!rm->error)
			gunyah_rm_mem_release(rm, parcel->offer.handle);
		if (!plug_place_is_used(rm->error) || from > range.end)
			return ret;
		step *= 2;
	}
}

static int plug_add(struct gunyah_accepted *parcel, struct plug_resource *plug)
{
	int ret;

	/* The memory itself becomes a part of the range */
	plug->res.flags = IORESOURCE_SYSTEM_RAM;
	ret = add_memory_driver_managed(memory_add_physaddr_to_nid(plug->res.start),
					plug->res.start, parcel->size,
					plug->ram, MHP_NONE);
	if (ret)
		release_resource(&plug->res);
	return ret;
}

/**
 * gunyah_plug() - accept a parcel and add its memory to that of this Linux
 * @parcel: the parcel
 * @why: set to a description of the error
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno; the parcel is not accepted then.
 */
int gunyah_plug(struct gunyah_accepted *parcel, const char **why)
{
	u64 block = memory_block_size_bytes();
	struct plug_resource *plug;
	int ret;

	/* This Linux would trust whoever has it as well */
	*why = "others have access to it";
	if (parcel->offer.n_acl != 1)
		return -EACCES;
	*why = "its size is not a multiple of that of a memory block";
	if (parcel->offer.size % block)
		return -EINVAL;
	*why = "this VM has not all rights for it";
	if ((parcel->perms & PLUG_PERMS) != PLUG_PERMS)
		return -EACCES;

	*why = "no memory";
	plug = kzalloc(sizeof(*plug), GFP_KERNEL);
	if (!plug)
		return -ENOMEM;
	snprintf(plug->name, sizeof(plug->name), "gunyah-mem-%u",
		 parcel->offer.label);
	strscpy(plug->ram, "System RAM (gunyah)", sizeof(plug->ram));
	plug->res.name = plug->name;
	plug->res.flags = IORESOURCE_MEM;
	parcel->size = parcel->offer.size;

	*why = "there is no place for it";
	ret = plug_accept(parcel, &plug->res, block);
	if (ret)
		goto err_free;
	*why = "it cannot be added";
	ret = plug_add(parcel, plug);
	if (ret)
		goto err_release;
	parcel->addr = plug->res.start;
	pr_info("%llu MiB of memory with label %u added at %#llx\n",
		parcel->size / SZ_1M, parcel->offer.label, parcel->addr);
	return 0;

err_release:
	gunyah_rm_mem_release(&parcel->accept->rm, parcel->offer.handle);
err_free:
	kfree(plug);
	return ret;
}
