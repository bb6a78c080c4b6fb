/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of VMs when the machine hibernates, is rebooted, or starts another
 * kernel
 */

#ifndef _GUNYAH_POWER_H
#define _GUNYAH_POWER_H

struct gunyah_host;
struct platform_device;

int gunyah_power_start(struct platform_device *pdev, struct gunyah_host *host);
void gunyah_power_shutdown(struct platform_device *pdev);

#endif /* _GUNYAH_POWER_H */
