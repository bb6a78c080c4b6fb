// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah hypervisor host driver
 */

#include <linux/module.h>

MODULE_AUTHOR("Gunyah driver developers <linux-arm-msm@vger.kernel.org>");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Gunyah hypervisor host driver");
