// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver finds: nodes of the devicetree, and an interrupt controller
 *
 * The hypervisor's node is below that of the mock, whose driver is here, so it
 * appears when everything else is ready.
 */

#define pr_fmt(fmt) "gunyah-mock: " fmt

#include <linux/init.h>
#include <linux/mod_devicetable.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/panic.h>
#include <linux/platform_device.h>
#include <linux/printk.h>

#include "mock.h"

struct mock mock = {
	.lock = __SPIN_LOCK_UNLOCKED(mock.lock),
};

static int mock_probe(struct platform_device *pdev)
{
	int ret;

	ret = mock_irq_init(pdev->dev.of_node);
	if (ret)
		return ret;
	return of_platform_populate(pdev->dev.of_node, NULL, NULL, &pdev->dev);
}

static const struct of_device_id mock_of_match[] = {
	{ .compatible = "gunyah-mock" },
	{}
};

static struct platform_driver mock_driver = {
	.probe = mock_probe,
	.driver = {
		.name = "gunyah-mock",
		.of_match_table = mock_of_match,
		/* What VMs use cannot go away */
		.suppress_bind_attrs = true,
	},
};

/* On an error there is no hypervisor, and what was made stays */
static int __init mock_init(void)
{
	int overlay, ret;

	pr_notice("**************************************************************\n");
	pr_notice("** This kernel answers Gunyah's hypercalls itself, for tests.\n");
	pr_notice("** No memory is protected, and guests are no real ones.\n");
	pr_notice("**************************************************************\n");
	add_taint(TAINT_TEST, LOCKDEP_STILL_OK);

	ret = mock_mem_init();
	if (!ret)
		ret = mock_rm_init();
	if (!ret)
		ret = platform_driver_register(&mock_driver);
	if (ret)
		return ret;
	mock_testctl_init();
	return of_overlay_fdt_apply(__dtbo_gunyah_mock_begin,
				    __dtbo_gunyah_mock_end -
				    __dtbo_gunyah_mock_begin, &overlay, NULL);
}
late_initcall(mock_init);
