/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of the info area
 *
 * The area is a table of descriptors, each with an owner, an id, an offset and a
 * size, and the entries that they describe. The width and the order of these
 * fields, and how the table ends, are an ASSUMPTION: four words of 32 bits, from
 * the start of the area on, and all zeroes behind the last descriptor. No
 * document has them. gunyah_info_parse() refuses every area that is not exactly
 * like that, so another layout is taken for a bad area, not for a wrong one.
 */

#ifndef _GUNYAH_INFO_WIRE_H
#define _GUNYAH_INFO_WIRE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* &struct gunyah_info_desc.owner; 0 is behind the last descriptor */
#define GUNYAH_INFO_OWNER_RM	3

/* &struct gunyah_info_desc.id of that owner: &struct gunyah_info_channel */
#define GUNYAH_INFO_ID_CHANNEL	0

/* Entries begin at multiples of this */
#define GUNYAH_INFO_ALIGN	8

/**
 * struct gunyah_info_desc - where an entry is
 * @owner: GUNYAH_INFO_OWNER_...
 * @id: a number of the owner's own
 * @offset: from the start of the area, in bytes
 * @size: in bytes
 */
struct gunyah_info_desc {
	__le32 owner;
	__le32 id;
	__le32 offset;
	__le32 size;
};

static_assert(sizeof(struct gunyah_info_desc) == 16);

/**
 * struct gunyah_info_channel - the queues to and from the resource manager
 * @tx_capid: capability id of the queue to it
 * @rx_capid: capability id of the queue from it
 * @tx_virq: interrupt number in the GIC, of the queue to it
 * @rx_virq: the same for the queue from it
 * @tx_depth: how many messages the queue to it holds
 * @tx_size: size of the largest one in bytes
 * @rx_depth: the same for the queue from it
 * @rx_size: the same for the queue from it
 */
struct gunyah_info_channel {
	__le64 tx_capid;
	__le64 rx_capid;
	__le32 tx_virq;
	__le32 rx_virq;
	__le32 tx_depth;
	__le32 tx_size;
	__le32 rx_depth;
	__le32 rx_size;
};

static_assert(sizeof(struct gunyah_info_channel) == 40);

#endif /* _GUNYAH_INFO_WIRE_H */
