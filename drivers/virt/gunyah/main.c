// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module and platform devices
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_wakeup.h>
#include <linux/property.h>
#include <linux/reboot.h>

#include "accept.h"
#include "debugfs.h"
#include "discover.h"
#include "function.h"
#include "host.h"
#include "hypercall.h"
#include "ioeventfd.h"
#include "irqfd.h"
#include "memdev.h"
#include "msgq.h"
#include "power.h"
#include "rm.h"
#include "rm_call.h"
#include "sysfs.h"
#include "vcpu.h"
#include "vm.h"
#include "vm_fd.h"
#include "vm_life.h"

/*
 * Calls of VMs, and their ends, which free memory. There is none where there is no
 * Gunyah; after that it stays with the module, because VMs outlive the platform
 * device. Only the probe that has claimed gunyah_claimed writes it.
 */
static struct workqueue_struct *gunyah_wq;

/* Bit 0 is set while a platform device has /dev/gunyah */
static unsigned long gunyah_claimed;

/*
 * The platform device: one resource manager
 */

/* Thread of the RPC core */
static void host_notify(void *data, u32 msg_id, const void *payload, size_t len)
{
	struct gunyah_host *host = data;

	switch (msg_id) {
	/* Not about a VM of ours: we are the VM, and its owner wants it */
	case GUNYAH_RM_NOTIFY_VM_SHUTDOWN:
		pr_info("VM %u is asked to shut down\n", host->vmid);
		orderly_poweroff(true);
		break;
	case GUNYAH_RM_NOTIFY_MEM_SHARED:
		gunyah_accept_notify(host->accept, payload, len);
		break;
	default:
		gunyah_vm_notify(host, msg_id, payload, len);
	}
}

static void host_stop_accept(void *data)
{
	gunyah_accept_stop(data);
}

static void host_exit_accept(void *data)
{
	gunyah_accept_exit(data);
}

/* As old as the platform device, and older than the first notification */
static struct gunyah_accept *host_new_accept(struct device *dev)
{
	struct gunyah_accept *accept;
	int ret;

	accept = devm_kzalloc(dev, sizeof(*accept), GFP_KERNEL);
	if (!accept)
		return ERR_PTR(-ENOMEM);
	gunyah_accept_init(accept, dev);
	ret = devm_add_action(dev, host_exit_accept, accept);
	return ret ? ERR_PTR(ret) : accept;
}

static void host_remove_misc(void *data)
{
	struct gunyah_host *host = data;

	misc_deregister(&host->misc);
	gunyah_vms_end(host);
}

static void host_remove_rm(void *data)
{
	struct gunyah_host *host = data;

	gunyah_rm_destroy(host->rm);
	gunyah_host_put(host);
}

static void host_remove_link(void *data)
{
	gunyah_msgq_destroy(data);
}

static void host_unclaim(void *unused)
{
	clear_bit(0, &gunyah_claimed);
}

/* The name of the character device can be registered only once */
static int host_claim(struct device *dev)
{
	if (test_and_set_bit(0, &gunyah_claimed))
		return dev_err_probe(dev, -EBUSY,
				     "another resource manager has /dev/gunyah\n");
	return devm_add_action_or_reset(dev, host_unclaim, NULL);
}

/* Begin to talk to the resource manager. The host is kept by @dev. */
static struct gunyah_host *host_connect(struct device *dev,
					const struct gunyah_hyp_info *hyp,
					const struct gunyah_discovery *found)
{
	struct gunyah_accept *accept;
	struct gunyah_rm_link *link;
	struct gunyah_host *host;
	struct gunyah_rm *rm;
	int ret;

	if (!gunyah_wq)
		gunyah_wq = alloc_workqueue("gunyah", WQ_UNBOUND | WQ_MEM_RECLAIM,
					    0);
	if (!gunyah_wq)
		return ERR_PTR(-ENOMEM);
	link = gunyah_msgq_create(&found->queues);
	if (!link)
		return ERR_PTR(-ENOMEM);
	ret = devm_add_action_or_reset(dev, host_remove_link, link);
	if (ret)
		return ERR_PTR(ret);

	accept = host_new_accept(dev);
	if (IS_ERR(accept))
		return ERR_CAST(accept);
	host = gunyah_host_new(hyp);
	if (!host)
		return ERR_PTR(-ENOMEM);
	host->wq = gunyah_wq;
	host->accept = accept;
	host->discovery = found->how;
	host->irq_fwnode = fwnode_handle_get(found->irq_fwnode);
	rm = gunyah_rm_create(link, NULL, host_notify, host);
	if (IS_ERR(rm)) {
		gunyah_host_put(host);
		return ERR_CAST(rm);
	}
	host->rm = gunyah_rm_get(rm);
	ret = devm_add_action_or_reset(dev, host_remove_rm, host);
	return ret ? ERR_PTR(ret) : host;
}

static int host_register_misc(struct device *dev, struct gunyah_host *host)
{
	int ret;

	host->misc.minor = MISC_DYNAMIC_MINOR;
	host->misc.name = "gunyah";
	host->misc.fops = &gunyah_dev_fops;
	host->misc.parent = dev;
	host->misc.groups = gunyah_sysfs_groups;
	ret = misc_register(&host->misc);
	if (ret)
		return ret;
	/* Whether VMs do wake the machine is the administrator's decision */
	device_set_wakeup_capable(host->misc.this_device, true);
	return devm_add_action_or_reset(dev, host_remove_misc, host);
}

static int gunyah_probe(struct platform_device *pdev)
{
	struct gunyah_rm_client client = {};
	struct gunyah_discovery found = {};
	struct device *dev = &pdev->dev;
	struct gunyah_hyp_info hyp;
	struct gunyah_host *host;
	int ret;

	ret = gunyah_discover_hypervisor(dev, &hyp);
	if (ret)
		return ret;
	ret = host_claim(dev);
	if (ret)
		return ret;
	ret = gunyah_discover_queues(pdev, &found);
	if (ret)
		return ret;
	host = host_connect(dev, &hyp, &found);
	if (IS_ERR(host))
		return PTR_ERR(host);

	/* The device appears only if the resource manager answers */
	client.rm = host->rm;
	ret = gunyah_rm_get_vmid(&client, &host->vmid);
	if (ret)
		return dev_err_probe(dev, ret, "no resource manager\n");
	host->can_page = gunyah_rm_can_page(&client);
	ret = gunyah_power_start(pdev, host);
	if (ret)
		return ret;
	ret = host_register_misc(dev, host);
	if (ret)
		return ret;
	gunyah_accept_start(host->accept, host->rm, host->vmid);
	ret = devm_add_action_or_reset(dev, host_stop_accept, host->accept);
	if (ret)
		return ret;

	dev_info(dev, "hypervisor API %#llx, features %#llx, host is VM %u\n",
		 hyp.api, hyp.flags[0], host->vmid);
	return 0;
}

static const struct of_device_id gunyah_of_match[] = {
	{ .compatible = "gunyah-resource-manager" },
	{}
};
MODULE_DEVICE_TABLE(of, gunyah_of_match);

static struct platform_driver gunyah_driver = {
	.probe = gunyah_probe,
	.shutdown = gunyah_power_shutdown,
	.driver = {
		.name = "gunyah",
		.of_match_table = gunyah_of_match,
		/* VMs cannot be moved to another driver */
		.suppress_bind_attrs = true,
	},
};

/*
 * The hypervisor's node: the bus code does not look for devices below it unless
 * it says that it is a bus.
 */
static int gunyah_parent_probe(struct platform_device *pdev)
{
	/* The devices of a bus are not the driver's, and outlive it */
	if (of_node_check_flag(pdev->dev.of_node, OF_POPULATED_BUS))
		return 0;
	return devm_of_platform_populate(&pdev->dev);
}

static const struct of_device_id gunyah_parent_of_match[] = {
	{ .compatible = "gunyah-hypervisor" },
	{}
};
MODULE_DEVICE_TABLE(of, gunyah_parent_of_match);

static struct platform_driver gunyah_parent_driver = {
	.probe = gunyah_parent_probe,
	.driver = {
		.name = "gunyah-hypervisor",
		.of_match_table = gunyah_parent_of_match,
		.suppress_bind_attrs = true,
	},
};

static struct platform_driver * const gunyah_drivers[] = {
	&gunyah_memdev_driver,
	&gunyah_driver,
	&gunyah_parent_driver,
};

static int __init gunyah_init(void)
{
	int ret;

	gunyah_debugfs_init();
	gunyah_function_register(&gunyah_vcpu_function);
	gunyah_function_register(&gunyah_irqfd_function);
	gunyah_function_register(&gunyah_ioeventfd_function);

	ret = platform_register_drivers(gunyah_drivers,
					ARRAY_SIZE(gunyah_drivers));
	if (ret)
		goto err_debugfs;
	ret = gunyah_discover_init();
	if (ret)
		goto err_drivers;
	return 0;

err_drivers:
	platform_unregister_drivers(gunyah_drivers, ARRAY_SIZE(gunyah_drivers));
err_debugfs:
	/* The first of the drivers may have probed before the second one failed */
	if (gunyah_wq)
		destroy_workqueue(gunyah_wq);
	gunyah_debugfs_exit();
	return ret;
}
module_init(gunyah_init);

static void __exit gunyah_exit(void)
{
	gunyah_discover_exit();
	platform_unregister_drivers(gunyah_drivers, ARRAY_SIZE(gunyah_drivers));
	if (gunyah_wq)
		destroy_workqueue(gunyah_wq);
	gunyah_debugfs_exit();
}
module_exit(gunyah_exit);

MODULE_AUTHOR("Gunyah driver developers <linux-arm-msm@vger.kernel.org>");
MODULE_IMPORT_NS(GUNYAH);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Gunyah hypervisor host driver");
