// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio console: /dev/hvc0 of the VM
 *
 * It has one notification for each line of output, while a UART has an exit for
 * each byte.
 */
#include <endian.h>
#include <string.h>

#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>

#include "console.h"
#include "virtio.h"

/* Its queues, as the VM sees them */
#define QUEUE_INPUT	0
#define QUEUE_OUTPUT	1

/**
 * struct virtio_console - a console
 * @dev: the device
 * @config: its configuration space, protected by the device's lock
 * @chain: output that is being written, if @busy
 * @busy: a chain was taken from the queue for output and is not back
 * @next: number of the buffer of @chain to go on with
 * @offset: where to go on in that buffer
 */
struct virtio_console {
	struct virtio_device dev;
	struct virtio_console_config config;
	struct virtq_chain chain;
	bool busy;
	unsigned int next;
	size_t offset;
};

/* Fill the VM's buffers with input */
static void handle_input(struct virtio_console *con, struct virtqueue *vq)
{
	struct virtio_device *dev = &con->dev;
	struct virtq_chain chain;
	unsigned int i;
	size_t n, done;

	/* Unused buffers stay in the queue */
	while (console_pending()) {
		if (!virtq_pop(dev, vq, &chain)) {
			if (virtq_sleep(dev, vq))
				return;
			continue;
		}
		done = 0;
		for (i = 0; i < chain.num_in; i++) {
			n = console_get(chain.in[i].iov_base,
					chain.in[i].iov_len);
			done += n;
			if (n < chain.in[i].iov_len)
				break;
		}
		virtq_push(dev, vq, &chain, done);
	}
}

/* Return: false if there is no room for all of the chain */
static bool write_chain(struct virtio_console *con)
{
	const struct iovec *iov;

	for (; con->next < con->chain.num_out; con->next++) {
		iov = &con->chain.out[con->next];
		con->offset += console_put((__u8 *)iov->iov_base + con->offset,
					   iov->iov_len - con->offset);
		if (con->offset < iov->iov_len)
			return false;
		con->offset = 0;
	}

	return true;
}

static void handle_output(struct virtio_console *con, struct virtqueue *vq)
{
	struct virtio_device *dev = &con->dev;

	do {
		while (con->busy || virtq_pop(dev, vq, &con->chain)) {
			con->busy = true;
			/* room() is called when it can go on */
			if (!write_chain(con))
				return;
			virtq_push(dev, vq, &con->chain, 0);
			con->busy = false;
			con->next = 0;
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

static void deactivate(struct virtio_device *dev)
{
	struct virtio_console *con = (struct virtio_console *)dev;

	con->busy = false;
	con->next = 0;
	con->offset = 0;
}

static const char *cmdline(const struct virtio_device *dev,
			   const struct layout *layout)
{
	(void)dev;
	(void)layout;

	return "console=hvc0";
}

static void destroy(struct virtio_device *dev)
{
	console_disconnect(&dev->device);
	free(dev);
}

static const struct virtio_type console_type = {
	.id = VIRTIO_ID_CONSOLE,
	.num_queues = QUEUE_OUTPUT + 1,
	.handle = handle,
	.deactivate = deactivate,
	.cmdline = cmdline,
	.destroy = destroy,
};

static void look(struct device *dev)
{
	virtio_wake((struct virtio_device *)dev);
}

static void resized(struct device *dev)
{
	struct virtio_console *con = (struct virtio_console *)dev;
	__u16 columns, rows;

	console_size(&columns, &rows);
	pthread_mutex_lock(&con->dev.lock);
	con->config.cols = htole16(columns);
	con->config.rows = htole16(rows);
	virtio_config_changed(&con->dev);
	pthread_mutex_unlock(&con->dev.lock);
}

/**
 * virtio_console_create() - create a console
 * @arg: "virtio", or "uart" for none; a comma and a backend may follow
 * @index: always 0
 *
 * Return: the device.
 */
struct device *virtio_console_create(const char *arg, unsigned int index)
{
	size_t len = strcspn(arg, ",");
	struct virtio_console *con;

	(void)index;
	if (arg[len])
		console_select(arg + len + 1);
	if (len == strlen("uart") && !strncmp(arg, "uart", len))
		return NULL;
	if (len != strlen("virtio") || strncmp(arg, "virtio", len))
		die("--console: 'uart' or 'virtio', not '%s'", arg);

	con = calloc(1, sizeof(*con));
	if (!con)
		die("no memory for a console");
	con->dev.features = 1ULL << VIRTIO_CONSOLE_F_SIZE;
	con->dev.config = &con->config;
	con->dev.config_size = sizeof(con->config);
	virtio_init(&con->dev, &console_type);
	console_connect(&(struct console_user) {
		.dev = &con->dev.device,
		.input = look,
		.room = look,
		.resized = resized,
	});

	return &con->dev.device;
}
