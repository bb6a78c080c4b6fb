// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio block device: a disk of the VM, which is a file or a block device here
 */
#define _GNU_SOURCE	/* F_OFD_SETLK */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>

#include "layout.h"
#include "virtio.h"

#define SECTOR_SHIFT	9
#define SECTOR_SIZE	512

/**
 * struct virtio_blk - a disk
 * @dev: the device
 * @config: its configuration space
 * @index: its number
 * @fd: the file
 * @size: its size in bytes, a multiple of that of a sector
 * @read_only: the VM cannot write
 * @id: its name
 */
struct virtio_blk {
	struct virtio_device dev;
	struct virtio_blk_config config;
	unsigned int index;
	int fd;
	__u64 size;
	bool read_only;
	char id[VIRTIO_BLK_ID_BYTES];
};

static size_t iov_size(const struct iovec *iov, unsigned int count)
{
	size_t size = 0;

	while (count--)
		size += iov++->iov_len;

	return size;
}

/* Take the header from the front of the buffers that the device reads */
static bool take_header(struct virtq_chain *chain,
			struct virtio_blk_outhdr *header)
{
	size_t n, done = 0;

	while (done < sizeof(*header) && chain->num_out) {
		n = sizeof(*header) - done;
		if (n > chain->out->iov_len)
			n = chain->out->iov_len;
		memcpy((__u8 *)header + done, chain->out->iov_base, n);
		done += n;
		chain->out->iov_base = (__u8 *)chain->out->iov_base + n;
		chain->out->iov_len -= n;
		if (!chain->out->iov_len) {
			chain->out++;
			chain->num_out--;
		}
	}

	return done == sizeof(*header);
}

/* Take the last byte of the buffers that the device writes, for the status */
static __u8 *take_status(struct virtq_chain *chain)
{
	struct iovec *last;

	while (chain->num_in) {
		last = &chain->in[chain->num_in - 1];
		if (last->iov_len)
			return (__u8 *)last->iov_base + --last->iov_len;
		chain->num_in--;
	}

	return NULL;
}

/* Read or write sectors; return: VIRTIO_BLK_S_... */
static __u8 transfer(struct virtio_blk *blk, const struct iovec *iov,
		     unsigned int count, __u64 sector, bool write)
{
	size_t size = iov_size(iov, count);
	ssize_t done;

	/* Check the number first, so that the shift below does not overflow */
	if (size % SECTOR_SIZE || size > blk->size ||
	    sector > (blk->size - size) >> SECTOR_SHIFT)
		return VIRTIO_BLK_S_IOERR;
	if (write && blk->read_only)
		return VIRTIO_BLK_S_IOERR;
	if (!size)
		return VIRTIO_BLK_S_OK;

	if (write)
		done = pwritev(blk->fd, iov, count, sector << SECTOR_SHIFT);
	else
		done = preadv(blk->fd, iov, count, sector << SECTOR_SHIFT);

	return done == (ssize_t)size ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR;
}

static __u8 get_id(const struct virtio_blk *blk, const struct virtq_chain *chain)
{
	size_t n, done = 0;
	unsigned int i;

	for (i = 0; i < chain->num_in; i++) {
		n = sizeof(blk->id) - done;
		if (n > chain->in[i].iov_len)
			n = chain->in[i].iov_len;
		memcpy(chain->in[i].iov_base, blk->id + done, n);
		done += n;
	}

	return done == sizeof(blk->id) ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR;
}

/* Return: number of bytes that were written for the VM */
static __u32 handle_request(struct virtio_blk *blk, struct virtq_chain *chain)
{
	__u8 *status_byte = take_status(chain);
	struct virtio_blk_outhdr header;
	__u32 written = 0;
	__u8 status;

	if (!status_byte || !take_header(chain, &header)) {
		virtio_broken(&blk->dev, "request without header or status");
		return 0;
	}

	switch (le32toh(header.type)) {
	case VIRTIO_BLK_T_IN:
		status = transfer(blk, chain->in, chain->num_in,
				  le64toh(header.sector), false);
		written = iov_size(chain->in, chain->num_in);
		break;
	case VIRTIO_BLK_T_OUT:
		status = transfer(blk, chain->out, chain->num_out,
				  le64toh(header.sector), true);
		break;
	case VIRTIO_BLK_T_FLUSH:
		status = fdatasync(blk->fd) ? VIRTIO_BLK_S_IOERR :
					      VIRTIO_BLK_S_OK;
		break;
	case VIRTIO_BLK_T_GET_ID:
		status = get_id(blk, chain);
		written = sizeof(blk->id);
		break;
	default:
		status = VIRTIO_BLK_S_UNSUPP;
	}
	*status_byte = status;

	return (status == VIRTIO_BLK_S_OK ? written : 0) + sizeof(status);
}

static void handle(struct virtio_device *dev, struct virtqueue *vq)
{
	struct virtq_chain chain;
	__u32 written;

	do {
		while (virtq_pop(dev, vq, &chain)) {
			written = handle_request((struct virtio_blk *)dev,
						 &chain);
			virtq_push(dev, vq, &chain, written);
		}
	} while (!virtq_sleep(dev, vq));
}

/* The first disk has the root file system, unless there is a ramdisk */
static const char *cmdline(const struct virtio_device *dev,
			   const struct layout *layout)
{
	const struct virtio_blk *blk = (const struct virtio_blk *)dev;

	if (blk->index || layout->ramdisk_size)
		return NULL;

	return blk->read_only ? "root=/dev/vda ro" : "root=/dev/vda rw";
}

static void destroy(struct virtio_device *dev)
{
	struct virtio_blk *blk = (struct virtio_blk *)dev;

	close(blk->fd);
	free(blk);
}

static const struct virtio_type blk_type = {
	.id = VIRTIO_ID_BLOCK,
	.num_queues = 1,
	.handle = handle,
	.cmdline = cmdline,
	.destroy = destroy,
};

/*
 * Two VMs that write the same image, or one that writes what another one reads,
 * would corrupt it. The lock goes with the file descriptor.
 */
static void lock_file(struct virtio_blk *blk, const char *path)
{
	struct flock lock = {
		.l_type = blk->read_only ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (!fcntl(blk->fd, F_OFD_SETLK, &lock))
		return;
	if (errno != EAGAIN && errno != EACCES)
		die("%s: cannot be locked: %s", path, strerror(errno));
	die("%s: in use by another disk; it can be shared if all disks are read-only (,ro)",
	    path);
}

static void open_file(struct virtio_blk *blk, const char *path)
{
	off_t size;

	blk->fd = open(path, (blk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (blk->fd < 0)
		die("%s: %s", path, strerror(errno));
	lock_file(blk, path);
	/* stat() does not return the size of a block device */
	size = lseek(blk->fd, 0, SEEK_END);
	if (size < 0)
		die("%s: %s", path, strerror(errno));
	if (!size || size % SECTOR_SIZE)
		die("%s: %lld bytes, which is not a multiple of %d", path,
		    (long long)size, SECTOR_SIZE);
	blk->size = size;
}

/**
 * virtio_blk_create() - create a disk
 * @arg: its file, with ",ro" behind it if the VM only reads it
 * @index: its number
 *
 * Return: the device.
 */
struct device *virtio_blk_create(const char *arg, unsigned int index)
{
	struct virtio_blk *blk = calloc(1, sizeof(*blk));
	char *path = strdup(arg);
	size_t len = strlen(arg);

	if (!blk || !path)
		die("no memory for a disk");

	if (len > 3 && !strcmp(arg + len - 3, ",ro")) {
		path[len - 3] = '\0';
		blk->read_only = true;
	}
	open_file(blk, path);
	free(path);
	blk->index = index;
	snprintf(blk->id, sizeof(blk->id), "gunyah-vmm-%u", index);

	/* A request also has a header and a status */
	blk->config.capacity = htole64(blk->size >> SECTOR_SHIFT);
	blk->config.seg_max = htole32(VIRTQ_SIZE - 2);
	blk->dev.config = &blk->config;
	blk->dev.config_size = sizeof(blk->config);
	blk->dev.features = 1ULL << VIRTIO_BLK_F_SEG_MAX |
			    1ULL << VIRTIO_BLK_F_FLUSH;
	if (blk->read_only)
		blk->dev.features |= 1ULL << VIRTIO_BLK_F_RO;
	virtio_init(&blk->dev, &blk_type);

	return &blk->dev.device;
}
