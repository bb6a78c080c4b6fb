// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutations of events, see record.h: libFuzzer's own ones know no lengths, and
 * nearly all that they make of an input is cut short
 */
#include <stdbool.h>
#include <string.h>

#include "../rm/rm_types.h"
#include "record.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

#define MAX_EVENTS	2048

static uint32_t state;

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

/* Start of each event, and of what is after the last one */
static unsigned int find_events(const uint8_t *data, size_t size, size_t *at)
{
	const uint8_t *pos = data + 1, *end = data + size;
	struct event event;
	unsigned int n = 0;

	at[0] = 1;
	while (n < MAX_EVENTS && event_take(&pos, end, &event))
		at[++n] = pos - data;
	return n;
}

/* Replace [from, to) by other bytes; false if there is no room */
static bool replace(uint8_t *data, size_t *size, size_t max, size_t from,
		    size_t to, const uint8_t *by, size_t len)
{
	if (*size - (to - from) + len > max)
		return false;
	memmove(data + from + len, data + to, *size - to);
	if (len)
		memcpy(data + from, by, len);
	*size += len - (to - from);
	return true;
}

/* The content of an event; its length may change */
static void mutate_event(uint8_t *data, size_t *size, size_t max, size_t from,
			 size_t to)
{
	static uint8_t buf[EVENT_HEADER + EVENT_MAX_DATA];
	size_t len = to - from - EVENT_HEADER, limit = EVENT_MAX_DATA;

	if (len > limit)
		return;
	memcpy(buf, data + from, to - from);
	if (buf[0] == EVENT_PACKET)
		limit = RM_MSG_SIZE;
	if (len > limit)
		len = limit;
	if (!len || !below(8))
		buf[below(2)] = (uint8_t)below(256);
	else
		len = LLVMFuzzerMutate(buf + EVENT_HEADER, len, limit);
	buf[2] = (uint8_t)len;
	buf[3] = (uint8_t)(len >> 8);
	replace(data, size, max, from, to, buf, EVENT_HEADER + len);
}

/* A word of one event becomes that of another: handles, VMIDs, addresses */
static void copy_word(uint8_t *data, const size_t *at, unsigned int to,
		      unsigned int from)
{
	size_t n = 1u << below(4), to_len = at[to + 1] - at[to] - EVENT_HEADER;
	size_t from_len = at[from + 1] - at[from] - EVENT_HEADER;

	if (to_len < n || from_len < n)
		return;
	memmove(data + at[to] + EVENT_HEADER +
		below((uint32_t)(to_len / n)) * n,
		data + at[from] + EVENT_HEADER +
		below((uint32_t)(from_len / n)) * n, n);
}

static void add_event(uint8_t *data, size_t *size, size_t max, size_t at)
{
	static const uint8_t some[][EVENT_HEADER] = {
		{ EVENT_WORK, 1 }, { EVENT_WORK, 255 }, { EVENT_ALLOC, 1 },
		{ EVENT_ALLOC, 3 }, { EVENT_QUEUE, 0 }, { EVENT_QUEUE, 2 },
		{ EVENT_QUEUE, 255 }, { EVENT_FAULT, 0 }, { EVENT_FAULT, 1 },
		{ EVENT_FAULT, 2 }, { EVENT_FAULT, 4 }, { EVENT_FAULT, 9 },
	};

	replace(data, size, max, at, at, some[below(sizeof(some) /
						    EVENT_HEADER)],
		EVENT_HEADER);
}

/**
 * LLVMFuzzerCustomMutator() - change an input
 * @data: the input
 * @size: its size
 * @max: room for it
 * @seed: of the random numbers
 *
 * Return: its new size
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	static uint8_t buf[EVENT_HEADER + EVENT_MAX_DATA];
	static size_t at[MAX_EVENTS + 1];
	unsigned int n, one, other;
	size_t len;

	state = seed | 1;
	if (size < 1 + EVENT_HEADER || !below(16))
		return LLVMFuzzerMutate(data, size, max);
	n = find_events(data, size, at);
	one = below(n);
	other = below(n);
	len = at[other + 1] - at[other];
	switch (below(8)) {
	case 0:
		replace(data, &size, max, at[one], at[one + 1], NULL, 0);
		break;
	case 1:
		if (len > sizeof(buf))
			break;
		memcpy(buf, data + at[other], len);
		replace(data, &size, max, at[one], at[one], buf, len);
		break;
	case 2:
		add_event(data, &size, max, at[one]);
		break;
	case 3:
		copy_word(data, at, one, other);
		break;
	default:
		mutate_event(data, &size, max, at[one], at[one + 1]);
		break;
	}
	return size;
}
