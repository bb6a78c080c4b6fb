// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's check of devicetrees, as it is used before a VM is started
 */
#include <linux/slab.h>

#include "../../../../drivers/virt/gunyah/dtb.h"
#include "scan.h"

unsigned int shim_fail_alloc;

/**
 * scan_tree() - look at a devicetree as the driver does
 * @dt: devicetree
 * @size: bytes that are there
 * @room: bytes that the VM has for it, of which the others are 0
 * @scan: result
 */
void scan_tree(const void *dt, size_t size, size_t room, struct scan *scan)
{
	struct gunyah_dtb_info info = {};
	u8 header[40] = {};
	size_t total;
	void *copy;

	*scan = (struct scan) { .safe = true };
	memcpy(header, dt, size < sizeof(header) ? size : sizeof(header));
	/* The resource manager is to refuse what has no header */
	if (!gunyah_dtb_has_header(header, room, &total))
		return;
	/* Of exactly that size, so that the sanitizer sees what is read behind */
	copy = kzalloc(total, GFP_KERNEL);
	memcpy(copy, dt, size < total ? size : total);
	scan->safe = !gunyah_dtb_scan(copy, total, &info);
	scan->channel = info.channel;
	scan->static_vcpus = info.static_vcpus;
	kfree(copy);
}
