/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of bytes
 */
#ifndef GUNYAH_VMM_FIFO_H
#define GUNYAH_VMM_FIFO_H

#include <stddef.h>
#include <linux/types.h>

#define FIFO_SIZE	0x10000

/**
 * struct fifo - a ring of bytes, empty if it is zeroed; its user locks it
 * @head: number of bytes that were put into it
 * @tail: number of bytes that were taken out of it
 * @bytes: the ring
 */
struct fifo {
	size_t head;
	size_t tail;
	__u8 bytes[FIFO_SIZE];
};

/* Number of bytes in it */
static inline size_t fifo_fill(const struct fifo *fifo)
{
	return fifo->head - fifo->tail;
}

/* Number of bytes that it can take */
static inline size_t fifo_room(const struct fifo *fifo)
{
	return FIFO_SIZE - fifo_fill(fifo);
}

size_t fifo_put(struct fifo *fifo, const void *bytes, size_t count);
size_t fifo_get(struct fifo *fifo, void *to, size_t room);
size_t fifo_peek(const struct fifo *fifo, const __u8 **bytes);

#endif /* GUNYAH_VMM_FIFO_H */
