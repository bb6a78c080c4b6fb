/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor: layout of the info area
 *
 * It is known that the area is a table of descriptors with owner, id, offset and
 * size, and what the resource manager's entry has. How a descriptor looks is an
 * ASSUMPTION, the strictest simple one: four words of 32 bits each in that order,
 * from the start of the area on, and all zeroes behind the last one. Nothing else
 * here or in the driver knows it.
 */
#ifndef GUNYAH_TEST_INFO_AREA_H
#define GUNYAH_TEST_INFO_AREA_H

#include "base.h"

/* Owners; 0 is none */
#define INFO_OWNER_HYP		1
#define INFO_OWNER_ROOT_VM	2
#define INFO_OWNER_RM		3
#define INFO_OWNER_QCOM		16

/* Entry of the resource manager: its channel to the VM */
#define INFO_RM_CHANNEL		0

/**
 * struct info_desc - where an entry is
 * @owner: INFO_OWNER_*
 * @id: of the entry, a number of the owner's own
 * @offset: from the start of the area in bytes, a multiple of 8
 * @size: bytes
 */
struct info_desc {
	u32 owner;
	u32 id;
	u32 offset;
	u32 size;
};

/**
 * struct info_rm_channel - queues to and from the resource manager
 * @tx_cap: capability of the queue to it
 * @rx_cap: capability of the queue from it
 * @tx_virq: INTID of the queue to it
 * @rx_virq: INTID of the queue from it
 * @tx_depth: messages that the queue to it holds
 * @tx_size: bytes of the longest one
 * @rx_depth: messages that the queue from it holds
 * @rx_size: bytes of the longest one
 */
struct info_rm_channel {
	u64 tx_cap;
	u64 rx_cap;
	u32 tx_virq;
	u32 rx_virq;
	u32 tx_depth;
	u32 tx_size;
	u32 rx_depth;
	u32 rx_size;
};

#endif /* GUNYAH_TEST_INFO_AREA_H */
