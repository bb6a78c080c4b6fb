// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio console: /dev/hvc0 of the VM, on the VMM's standard input and output
 *
 * It has one notification for each line of output, while a UART has an exit for
 * each byte.
 */
#include <string.h>

#include <linux/virtio_ids.h>

#include "console.h"
#include "virtio.h"

/* As large as that of the UART, so that pasted text fits */
#define FIFO_SIZE	4096

/* Its queues, as the VM sees them */
#define QUEUE_INPUT	0
#define QUEUE_OUTPUT	1

/**
 * struct virtio_console - a console
 * @dev: the device
 * @fifo_lock: protects the rest, for a short time only, while the device's own
 *	lock is held as long as output blocks
 * @fifo: ring of the bytes that the VM has not received
 * @head: number of bytes that were put into @fifo
 * @tail: number of bytes that were taken out of it
 */
struct virtio_console {
	struct virtio_device dev;
	pthread_mutex_t fifo_lock;
	__u8 fifo[FIFO_SIZE];
	unsigned int head;
	unsigned int tail;
};

static size_t fifo_get(struct virtio_console *con, __u8 *to, size_t room)
{
	size_t count = 0;

	pthread_mutex_lock(&con->fifo_lock);
	while (count < room && con->tail != con->head)
		to[count++] = con->fifo[con->tail++ % FIFO_SIZE];
	pthread_mutex_unlock(&con->fifo_lock);

	return count;
}

static size_t room(struct device *device);

static bool fifo_is_empty(struct virtio_console *con)
{
	return room(&con->dev.device) == FIFO_SIZE;
}

/* Fill the VM's buffers with input */
static void handle_input(struct virtio_console *con, struct virtqueue *vq)
{
	struct virtio_device *dev = &con->dev;
	struct virtq_chain chain;
	unsigned int i;
	size_t n, done;

	/* Unused buffers stay in the queue */
	while (!fifo_is_empty(con)) {
		if (!virtq_pop(dev, vq, &chain)) {
			if (virtq_sleep(dev, vq))
				return;
			continue;
		}
		done = 0;
		for (i = 0; i < chain.num_in; i++) {
			n = fifo_get(con, chain.in[i].iov_base,
				     chain.in[i].iov_len);
			done += n;
			if (n < chain.in[i].iov_len)
				break;
		}
		virtq_push(dev, vq, &chain, done);
	}
}

static void handle_output(struct virtio_console *con, struct virtqueue *vq)
{
	struct virtio_device *dev = &con->dev;
	struct virtq_chain chain;
	unsigned int i;

	do {
		while (virtq_pop(dev, vq, &chain)) {
			for (i = 0; i < chain.num_out; i++)
				console_write(chain.out[i].iov_base,
					      chain.out[i].iov_len);
			virtq_push(dev, vq, &chain, 0);
		}
	} while (!virtq_sleep(dev, vq));
}

static void handle(struct virtio_device *dev, struct virtqueue *vq)
{
	struct virtio_console *con = (struct virtio_console *)dev;

	if (vq == &dev->queues[QUEUE_INPUT])
		handle_input(con, vq);
	else
		handle_output(con, vq);
}

static const char *cmdline(const struct virtio_device *dev,
			   const struct layout *layout)
{
	(void)dev;
	(void)layout;

	return "console=hvc0";
}

static size_t room(struct device *device)
{
	struct virtio_console *con = (struct virtio_console *)device;
	size_t room;

	pthread_mutex_lock(&con->fifo_lock);
	room = FIFO_SIZE - (con->head - con->tail);
	pthread_mutex_unlock(&con->fifo_lock);

	return room;
}

static void receive(struct device *device, const __u8 *bytes, size_t count)
{
	struct virtio_console *con = (struct virtio_console *)device;

	pthread_mutex_lock(&con->fifo_lock);
	for (; count && con->head - con->tail < FIFO_SIZE; count--)
		con->fifo[con->head++ % FIFO_SIZE] = *bytes++;
	pthread_mutex_unlock(&con->fifo_lock);
	virtio_wake(&con->dev);
}

static void destroy(struct virtio_device *dev)
{
	struct virtio_console *con = (struct virtio_console *)dev;

	pthread_mutex_destroy(&con->fifo_lock);
	free(con);
}

static const struct virtio_type console_type = {
	.id = VIRTIO_ID_CONSOLE,
	.num_queues = QUEUE_OUTPUT + 1,
	.handle = handle,
	.cmdline = cmdline,
	.destroy = destroy,
};

/**
 * virtio_console_create() - create a console
 * @arg: "virtio", or "uart" for none
 * @index: always 0
 *
 * Return: the device.
 */
struct device *virtio_console_create(const char *arg, unsigned int index)
{
	struct virtio_console *con;

	(void)index;
	if (!strcmp(arg, "uart"))
		return NULL;
	if (strcmp(arg, "virtio"))
		die("--console: 'uart' or 'virtio', not '%s'", arg);

	con = calloc(1, sizeof(*con));
	if (!con)
		die("no memory for a console");
	pthread_mutex_init(&con->fifo_lock, NULL);
	virtio_init(&con->dev, &console_type);
	console_connect(&con->dev.device, room, receive);

	return &con->dev.device;
}
