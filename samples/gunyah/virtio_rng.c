// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio entropy device: random numbers of the host for the VM
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <linux/virtio_ids.h>

#include "virtio.h"

/*
 * Most bytes for one request: a driver asks for what its kernel needs at a time,
 * and another one must not keep the thread busy with one request
 */
#define MAX_BYTES	4096

/* Fill the buffers of a request; return: number of bytes */
static size_t fill(const struct virtq_chain *chain)
{
	size_t done = 0, len;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < chain->num_in; i++) {
		len = chain->in[i].iov_len;
		if (len > MAX_BYTES - done)
			len = MAX_BYTES - done;
		n = getrandom(chain->in[i].iov_base, len, 0);
		if (n > 0)
			done += n;
		/* What is used are the first bytes: there can be no gap */
		if (n < (ssize_t)chain->in[i].iov_len)
			break;
	}

	return done;
}

static void handle(struct virtio_device *dev, struct virtqueue *vq)
{
	struct virtq_chain chain;

	do {
		while (virtq_pop(dev, vq, &chain))
			virtq_push(dev, vq, &chain, fill(&chain));
	} while (!virtq_sleep(dev, vq));
}

static void destroy(struct virtio_device *dev)
{
	free(dev);
}

static const struct virtio_type rng_type = {
	.id = VIRTIO_ID_RNG,
	.num_queues = 1,
	.handle = handle,
	.destroy = destroy,
};

/**
 * virtio_rng_create() - create an entropy device
 * @arg: not used
 * @index: its number, not used
 *
 * Return: the device.
 */
struct device *virtio_rng_create(const char *arg, unsigned int index)
{
	struct virtio_device *dev = calloc(1, sizeof(*dev));

	(void)arg;
	(void)index;
	if (!dev)
		die("no memory for an entropy device");
	virtio_init(dev, &rng_type);

	return &dev->device;
}
