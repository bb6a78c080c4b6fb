/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver says of a devicetree
 */
#ifndef GUNYAH_FUZZ_SCAN_H
#define GUNYAH_FUZZ_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct scan - what the driver says of a devicetree
 * @safe: it may be given to the resource manager
 * @channel: the VM can be notified
 * @static_vcpus: the hypervisor schedules the vCPUs
 */
struct scan {
	bool safe;
	bool channel;
	bool static_vcpus;
};

void scan_tree(const void *dt, size_t size, size_t room, struct scan *scan);

#endif /* GUNYAH_FUZZ_SCAN_H */
