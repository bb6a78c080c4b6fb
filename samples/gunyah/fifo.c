// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of bytes
 */
#include <string.h>

#include "fifo.h"
#include "gunyah_vmm.h"

/**
 * fifo_put() - put bytes into a ring
 * @fifo: the ring
 * @bytes: the bytes
 * @count: number of them
 *
 * Return: number of bytes that there was room for.
 */
size_t fifo_put(struct fifo *fifo, const void *bytes, size_t count)
{
	size_t n, done = 0, at;

	while ((at = fifo->head % FIFO_SIZE,
		n = min(min(count - done, fifo_room(fifo)), FIFO_SIZE - at))) {
		memcpy(fifo->bytes + at, (const __u8 *)bytes + done, n);
		fifo->head += n;
		done += n;
	}

	return done;
}

/**
 * fifo_peek() - look at the oldest bytes of a ring
 * @fifo: the ring
 * @bytes: set to where they are
 *
 * To take them out, add their number to @fifo->tail.
 *
 * Return: number of bytes that follow each other, 0 if the ring is empty.
 */
size_t fifo_peek(const struct fifo *fifo, const __u8 **bytes)
{
	size_t at = fifo->tail % FIFO_SIZE;

	*bytes = fifo->bytes + at;

	return min(fifo_fill(fifo), FIFO_SIZE - at);
}

/**
 * fifo_get() - take bytes out of a ring
 * @fifo: the ring
 * @to: destination
 * @room: size of the destination
 *
 * Return: number of bytes.
 */
size_t fifo_get(struct fifo *fifo, void *to, size_t room)
{
	size_t n, done = 0;
	const __u8 *bytes;

	while ((n = fifo_peek(fifo, &bytes)) && done < room) {
		if (n > room - done)
			n = room - done;
		memcpy((__u8 *)to + done, bytes, n);
		fifo->tail += n;
		done += n;
	}

	return done;
}
