// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host object: references to a resource manager and what belongs to it
 */

#include <linux/fwnode.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "host.h"
#include "rm.h"

static void host_free(struct kref *kref)
{
	struct gunyah_host *host = container_of(kref, struct gunyah_host, kref);

	if (host->rm)
		gunyah_rm_put(host->rm);
	xa_destroy(&host->vms);
	fwnode_handle_put(host->irq_fwnode);
	kfree(host);
}

/**
 * gunyah_host_new() - make a host
 * @hyp: what the hypervisor tells about itself
 *
 * Context: Process context, may sleep.
 * Return: a host with one reference, or NULL.
 */
struct gunyah_host *gunyah_host_new(const struct gunyah_hyp_info *hyp)
{
	struct gunyah_host *host = kzalloc(sizeof(*host), GFP_KERNEL);

	if (!host)
		return NULL;
	kref_init(&host->kref);
	host->hyp = *hyp;
	mutex_init(&host->vmid_lock);
	xa_init(&host->vms);
	mutex_init(&host->ending_lock);
	INIT_LIST_HEAD(&host->ending);
	init_waitqueue_head(&host->ended);
	return host;
}

/**
 * gunyah_host_get() - take a reference
 * @host: the host
 *
 * Context: Any.
 */
void gunyah_host_get(struct gunyah_host *host)
{
	kref_get(&host->kref);
}

/**
 * gunyah_host_put() - drop a reference
 * @host: the host
 *
 * Context: Process context.
 */
void gunyah_host_put(struct gunyah_host *host)
{
	kref_put(&host->kref, host_free);
}
