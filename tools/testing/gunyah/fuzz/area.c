// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes how the driver reads the info area
 *
 * An input is a list of changes to a good area: the index of a word of 32 bits, of
 * 16 bits, and what it becomes. An odd rest of two bytes is the size of the area.
 */
#include "shim.h"

#include "../../../../drivers/virt/gunyah/info.h"
#include "../../../../drivers/virt/gunyah/info_wire.h"
#include "../../../../drivers/virt/gunyah/msgq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AREA_SIZE	0x1000
#define CHANGE_SIZE	6
#define OTHER		0x400
#define CHANNEL		0x800

/* On the heap: there the sanitizer sees what is read behind it */
static void *make_area(const uint8_t *data, size_t size)
{
	struct gunyah_info_desc *table = calloc(1, AREA_SIZE);
	struct gunyah_info_channel *channel = (void *)table + CHANNEL;
	u16 word;

	table[0] = (struct gunyah_info_desc){ 1, 0, OTHER, 0x100 };
	table[1] = (struct gunyah_info_desc){
		GUNYAH_INFO_OWNER_RM, GUNYAH_INFO_ID_CHANNEL, CHANNEL,
		sizeof(*channel),
	};
	*channel = (struct gunyah_info_channel){
		0, 1, 960, 961, 8, GUNYAH_RM_PACKET_SIZE,
		8, GUNYAH_RM_PACKET_SIZE,
	};
	for (; size >= CHANGE_SIZE; size -= CHANGE_SIZE, data += CHANGE_SIZE) {
		memcpy(&word, data, sizeof(word));
		memcpy((u32 *)table + word % (AREA_SIZE / 4), data + 2,
		       sizeof(u32));
	}
	return table;
}

static size_t area_size(const uint8_t *data, size_t size)
{
	u16 len;

	if (size % CHANGE_SIZE < sizeof(len))
		return AREA_SIZE;
	memcpy(&len, data + size - sizeof(len), sizeof(len));
	return len % (AREA_SIZE + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = area_size(data, size);
	void *area = realloc(make_area(data, size), len ?: 1);
	struct gunyah_info_queues queues;
	const char *why;

	why = gunyah_info_parse(area, len, &queues);
	if (!why && (queues.tx_capid == queues.rx_capid ||
		     queues.tx_virq == queues.rx_virq))
		abort();
	/* Every area would be refused otherwise, and nothing tested */
	if (why && !size)
		abort();
	free(area);
	return 0;
}
