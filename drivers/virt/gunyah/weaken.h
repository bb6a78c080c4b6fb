/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protections of lent memory that a test can turn off
 */

#ifndef _GUNYAH_WEAKEN_H
#define _GUNYAH_WEAKEN_H

#include <linux/bits.h>
#include <linux/types.h>

/**
 * enum gunyah_weaken - bits of the module parameter "weaken"
 * @GUNYAH_WEAKEN_LINEAR_MAP: lent pages stay in the linear map
 * @GUNYAH_WEAKEN_OFFLINE: lent pages are not marked for those who walk through
 *	all of memory
 * @GUNYAH_WEAKEN_FAULT: user space can map lent pages
 * @GUNYAH_WEAKEN_HIBERNATION: the machine hibernates while a VM has memory
 * @GUNYAH_WEAKEN_SHUTDOWN: VMs keep their memory when the machine is rebooted or
 *	another kernel is started
 */
enum gunyah_weaken {
	GUNYAH_WEAKEN_LINEAR_MAP = BIT(0),
	GUNYAH_WEAKEN_OFFLINE = BIT(1),
	GUNYAH_WEAKEN_FAULT = BIT(2),
	GUNYAH_WEAKEN_HIBERNATION = BIT(3),
	GUNYAH_WEAKEN_SHUTDOWN = BIT(4),
};

#ifdef CONFIG_GUNYAH_WEAKEN
bool gunyah_weakened(enum gunyah_weaken what);
#else
static inline bool gunyah_weakened(enum gunyah_weaken what)
{
	return false;
}
#endif

#endif /* _GUNYAH_WEAKEN_H */
