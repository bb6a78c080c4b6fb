// SPDX-License-Identifier: GPL-2.0-only
/*
 * The info area: find the queues to and from the resource manager
 *
 * Everything is checked before it is used, including what belongs to others: it
 * shows whether this is an info area at all.
 */

#include <linux/errno.h>
#include <linux/kernel.h>

#include "info.h"
#include "info_wire.h"
#include "msgq.h"

/* The capability id that is none; 0 is a valid one */
#define CAPID_NONE	(~0ULL)

/* The number of descriptors in front of the one that ends the table, or @max */
static size_t info_count(const struct gunyah_info_desc *table, size_t max)
{
	size_t count = 0;

	while (count < max && table[count].owner)
		count++;
	return count;
}

/* Is the entry in the area, and behind the table, which has @table bytes? */
static bool info_in_area(const struct gunyah_info_desc *desc, size_t table,
			 size_t size)
{
	u32 offset = le32_to_cpu(desc->offset);

	return IS_ALIGNED(offset, GUNYAH_INFO_ALIGN) && offset >= table &&
	       offset <= size && le32_to_cpu(desc->size) <= size - offset;
}

static bool info_is_channel(const struct gunyah_info_desc *desc)
{
	return le32_to_cpu(desc->owner) == GUNYAH_INFO_OWNER_RM &&
	       le32_to_cpu(desc->id) == GUNYAH_INFO_ID_CHANNEL;
}

static const char *info_use(const struct gunyah_info_channel *channel,
			    struct gunyah_info_queues *queues)
{
	queues->tx_capid = le64_to_cpu(channel->tx_capid);
	queues->rx_capid = le64_to_cpu(channel->rx_capid);
	queues->tx_virq = le32_to_cpu(channel->tx_virq);
	queues->rx_virq = le32_to_cpu(channel->rx_virq);

	if (queues->tx_capid == CAPID_NONE || queues->rx_capid == CAPID_NONE ||
	    queues->tx_capid == queues->rx_capid)
		return "bad capability ids";
	if (queues->tx_virq == queues->rx_virq)
		return "both queues have the same interrupt";
	if (!channel->tx_depth || !channel->rx_depth)
		return "a queue without room";
	if (le32_to_cpu(channel->tx_size) < GUNYAH_RM_PACKET_SIZE ||
	    le32_to_cpu(channel->rx_size) < GUNYAH_RM_PACKET_SIZE)
		return "packets do not fit into the queues";
	return NULL;
}

/**
 * gunyah_info_parse() - find the queues to and from the resource manager
 * @area: the info area, or a copy of it, which nobody changes; aligned to 8 bytes
 * @size: its size in bytes
 * @queues: filled in
 *
 * Context: Any.
 * Return: NULL, or what is wrong with the area.
 */
const char *gunyah_info_parse(const void *area, size_t size,
			      struct gunyah_info_queues *queues)
{
	const struct gunyah_info_desc *table = area, *found = NULL;
	const size_t max = size / sizeof(*table);
	const size_t count = info_count(table, max);
	size_t i;

	if (count == max)
		return "the table has no end";
	if (table[count].id || table[count].offset || table[count].size)
		return "bad end of the table";

	for (i = 0; i < count; i++) {
		if (!info_in_area(&table[i], (count + 1) * sizeof(*table), size))
			return "an entry is in a wrong place";
		if (!info_is_channel(&table[i]))
			continue;
		if (found)
			return "two entries for the resource manager";
		found = &table[i];
	}
	if (!found)
		return "no entry for the resource manager";
	if (le32_to_cpu(found->size) != sizeof(struct gunyah_info_channel))
		return "bad size of the resource manager's entry";
	return info_use(area + le32_to_cpu(found->offset), queues);
}
