/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Input of the fuzzer of the resource manager model: a byte that chooses a
 * variant of the model, and then events, one after the other
 */
#ifndef GUNYAH_FUZZ_RECORD_H
#define GUNYAH_FUZZ_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* The first byte */
#define VARIANT_DEBUG		0x01
#define VARIANT_BOOT_CONTEXT	0x02
#define VARIANT_MAX_ENTRIES	0x04
#define VARIANT_LATE		0x08
#define VARIANT_STATIC		0x10
#define VARIANT_NO_RESET	0x20
#define VARIANT_SCATTERED	0x40
#define VARIANT_PAGING		0x80

/**
 * enum event_op - what happens
 * @EVENT_PACKET: the VM @arg sends @data
 * @EVENT_WRITE: the host writes to memory: 8 bytes of address and what to write
 * @EVENT_WORK: the model gets @arg turns of its event loop
 * @EVENT_HALT: a vCPU of the VM @arg stops: its index, the reason, the type of
 *	a reset
 * @EVENT_ALLOC: the allocation @arg from now on fails
 * @EVENT_QUEUE: the queues to the VMs have room for @arg packets; 255: no limit
 * @EVENT_FAULT: the operation @arg of the platform fails from now on
 * @NUM_EVENTS: number of these
 */
enum event_op {
	EVENT_PACKET,
	EVENT_WRITE,
	EVENT_WORK,
	EVENT_HALT,
	EVENT_ALLOC,
	EVENT_QUEUE,
	EVENT_FAULT,
	NUM_EVENTS
};

/* An event begins with op, arg, and the length of its data in 16 bits */
#define EVENT_HEADER		4
#define EVENT_MAX_DATA		0x5000

/**
 * struct event - an event of an input
 * @op: an enum event_op, or any other value
 * @arg: depends on @op
 * @len: bytes of @data
 * @data: its data
 */
struct event {
	uint8_t op;
	uint8_t arg;
	size_t len;
	const uint8_t *data;
};

/* Take an event from [*pos, end); false at the end. The last one may be cut. */
static inline int event_take(const uint8_t **pos, const uint8_t *end,
			     struct event *event)
{
	const uint8_t *p = *pos;

	if (end - p < EVENT_HEADER)
		return 0;
	event->op = p[0];
	event->arg = p[1];
	event->len = p[2] | p[3] << 8;
	event->data = p + EVENT_HEADER;
	if (event->len > (size_t)(end - event->data))
		event->len = end - event->data;
	*pos = event->data + event->len;
	return 1;
}

#endif /* GUNYAH_FUZZ_RECORD_H */
