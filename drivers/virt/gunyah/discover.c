// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discovery: the hypervisor, and the queues to and from its resource manager
 *
 * Firmware describes the queues in a node of the devicetree, or in the info area
 * of the hypervisor, or in both: then the info area is used, and the node if the
 * area is bad. If there is no node, as in devicetrees that come with the kernel
 * and not from the firmware, a platform device is made here for the same driver.
 */

#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/overflow.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "discover.h"
#include "hypercall.h"
#include "info.h"
#include "virq.h"

/* Pages of the hypervisor have 4 KiB, whatever ours have */
#define INFO_PAGE	SZ_4K
/* Far more than the area needs: it has one page */
#define INFO_MAX_SIZE	SZ_64K

static bool gunyah_probe_anyway;
module_param_named(probe, gunyah_probe_anyway, bool, 0444);
MODULE_PARM_DESC(probe,
		 "Ask for a hypervisor although nothing says that there is one");

/* Only if there is no node of the devicetree */
static struct platform_device *gunyah_own_device;

/**
 * gunyah_discover_hypervisor() - is there a hypervisor that can be used?
 * @dev: the platform device
 * @hyp: filled in
 *
 * Context: Process context.
 * Return: 0 or -ENODEV. If Gunyah is there the log says why it is not used.
 */
int gunyah_discover_hypervisor(struct device *dev, struct gunyah_hyp_info *hyp)
{
	u64 version;
	int ret;

	ret = gunyah_hyp_probe(true, hyp);
	if (ret)
		return ret;
	version = hyp->api & GUNYAH_API_VERSION_MASK;
	if (version != GUNYAH_API_VERSION)
		return dev_err_probe(dev, -ENODEV,
				     "unknown version %llu of the hypervisor's API\n",
				     version);
	if (!(hyp->flags[0] & GUNYAH_FEATURE_MSGQ))
		return dev_err_probe(dev, -ENODEV,
				     "the hypervisor has no message queues\n");
	return 0;
}

/*
 * The info area
 */

/* Copy it, so that it does not change any more; -EINVAL with the reason in @why */
static int info_copy(void **copy, size_t *len, const char **why)
{
	u64 addr, size, end;
	void *map;

	if (gunyah_hypercall_find_info_area(&addr, &size) != GUNYAH_ERROR_OK)
		return -ENOENT;
	if (!size || size > INFO_MAX_SIZE || !IS_ALIGNED(addr | size, INFO_PAGE) ||
	    check_add_overflow(addr, size - 1, &end) ||
	    overflows_type(end, phys_addr_t)) {
		*why = "bad range of addresses";
		return -EINVAL;
	}
	/* The host may write its own memory: that is not the hypervisor's */
	if (region_intersects(addr, size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		*why = "in the host's memory";
		return -EINVAL;
	}
	map = memremap(addr, size, MEMREMAP_WB);
	if (!map) {
		*why = "cannot be mapped";
		return -EINVAL;
	}
	*copy = kvmemdup(map, size, GFP_KERNEL);
	memunmap(map);
	if (!*copy)
		return -ENOMEM;
	*len = size;
	return 0;
}

static void info_unmap_irq(void *data)
{
	irq_dispose_mapping((uintptr_t)data);
}

/* Returns the kernel's number, until the platform device goes */
static int info_map_irq(struct device *dev, struct fwnode_handle *controller,
			u32 virq, const char **why)
{
	int irq = gunyah_virq_map(controller, virq), ret;

	if (irq < 0) {
		*why = irq == -EBUSY ? "an interrupt is in use" :
				       "there is no such interrupt";
		return -EINVAL;
	}
	ret = devm_add_action_or_reset(dev, info_unmap_irq,
				       (void *)(uintptr_t)irq);
	return ret ?: irq;
}

/* Returns -ENOENT if there is no area, -EINVAL with the reason in @why */
static int info_queues(struct device *dev, struct gunyah_discovery *found,
		       const char **why)
{
	struct gunyah_msgq_config *config = &found->queues;
	struct gunyah_info_queues queues;
	size_t size;
	int ret;

	void *area __free(kvfree) = NULL;

	ret = info_copy(&area, &size, why);
	if (ret)
		return ret;
	*why = gunyah_info_parse(area, size, &queues);
	if (*why)
		return -EINVAL;

	config->tx_capid = queues.tx_capid;
	config->rx_capid = queues.rx_capid;
	ret = info_map_irq(dev, found->irq_fwnode, queues.tx_virq, why);
	if (ret < 0)
		return ret;
	config->tx_irq = ret;
	ret = info_map_irq(dev, found->irq_fwnode, queues.rx_virq, why);
	if (ret < 0)
		return ret;
	config->rx_irq = ret;
	return 0;
}

/*
 * The devicetree
 */

/* In "reg" and "interrupts" the queue to the resource manager comes first */
static int dt_queues(struct platform_device *pdev,
		     struct gunyah_msgq_config *config)
{
	u64 capids[2];
	int ret;

	ret = of_property_read_u64_array(pdev->dev.of_node, "reg", capids,
					 ARRAY_SIZE(capids));
	if (ret)
		return dev_err_probe(&pdev->dev, ret,
				     "no capability ids in \"reg\"\n");
	config->tx_capid = capids[0];
	config->rx_capid = capids[1];
	config->tx_irq = platform_get_irq(pdev, 0);
	if (config->tx_irq < 0)
		return config->tx_irq;
	config->rx_irq = platform_get_irq(pdev, 1);
	return min(config->rx_irq, 0);
}

/*
 * Without a node of the resource manager: devicetrees name the GIC in their root.
 * One that does not still has the architected timer, which is wired to the GIC.
 */
static struct device_node *dt_root_controller(void)
{
	struct device_node *root __free(device_node) =
		of_find_node_by_path("/");
	struct device_node *timer __free(device_node) =
		of_find_compatible_node(NULL, NULL, "arm,armv8-timer");

	return of_irq_find_parent(root) ?: of_irq_find_parent(timer);
}

static void dt_put_controller(void *data)
{
	fwnode_handle_put(data);
}

static int dt_controller(struct device *dev, struct fwnode_handle **fwnode)
{
	struct device_node *parent = dev->of_node ?
		of_irq_find_parent(dev->of_node) : dt_root_controller();

	if (!parent)
		return dev_err_probe(dev, -ENODEV, "no interrupt controller\n");
	*fwnode = of_fwnode_handle(parent);
	return devm_add_action_or_reset(dev, dt_put_controller, *fwnode);
}

/**
 * gunyah_discover_queues() - find the queues to and from the resource manager
 * @pdev: the platform device, of a node of the devicetree or without one
 * @found: filled in
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, -ENODEV (the log says what is missing), or an error of the
 * devicetree's properties.
 */
int gunyah_discover_queues(struct platform_device *pdev,
			   struct gunyah_discovery *found)
{
	struct device *dev = &pdev->dev;
	const char *why = NULL;
	int ret;

	ret = dt_controller(dev, &found->irq_fwnode);
	if (ret)
		return ret;

	found->how = "info-area";
	ret = info_queues(dev, found, &why);
	if (ret != -ENOENT && ret != -EINVAL)
		return ret;

	if (dev->of_node) {
		if (why)
			dev_warn(dev, "info area: %s; using the devicetree\n",
				 why);
		found->how = "devicetree";
		return dt_queues(pdev, &found->queues);
	}
	if (why)
		dev_err(dev, "info area: %s\n", why);
	else
		dev_info(dev, "the hypervisor has no info area, and the devicetree no resource manager\n");
	return -ENODEV;
}

/*
 * The platform device that no node of the devicetree makes
 */

static const struct of_device_id gunyah_hypervisor_of_match[] = {
	{ .compatible = "gunyah-hypervisor" },
	{ .compatible = "qcom,gunyah-hypervisor" },
	{}
};

static bool dt_has_hypervisor(void)
{
	struct device_node *node __free(device_node) =
		of_find_matching_node(NULL, gunyah_hypervisor_of_match);

	return of_device_is_available(node);
}

/**
 * gunyah_discover_init() - make a platform device if the devicetree has no node
 *
 * A node that is disabled counts: somebody does not want this driver.
 *
 * Context: Process context, once, before gunyah_discover_exit().
 * Return: 0, with or without a device, or a negative errno.
 */
int gunyah_discover_init(void)
{
	struct device_node *node __free(device_node) =
		of_find_compatible_node(NULL, NULL, "gunyah-resource-manager");
	struct gunyah_hyp_info hyp;

	if (node || gunyah_hyp_probe(gunyah_probe_anyway || dt_has_hypervisor(),
				     &hyp))
		return 0;
	gunyah_own_device = platform_device_register_simple("gunyah",
							    PLATFORM_DEVID_NONE,
							    NULL, 0);
	return PTR_ERR_OR_ZERO(gunyah_own_device);
}

/**
 * gunyah_discover_exit() - remove the platform device
 *
 * Context: Process context.
 */
void gunyah_discover_exit(void)
{
	platform_device_unregister(gunyah_own_device);
}
