// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio socket device: sockets of the family AF_VSOCK between host and VM, served
 * by vhost-vsock
 *
 * The VM's address is its context ID (CID); that of the host is 2.
 */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/vhost.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_vsock.h>
#include <linux/vm_sockets.h>

#include "vhost.h"

#define VHOST_PATH	"/dev/vhost-vsock"

/*
 * Receive, transmit and events. vhost serves the first two. An event tells the
 * driver that the CID has changed, which it never does here.
 */
#define NUM_QUEUES		3
#define NUM_VHOST_QUEUES	2

/**
 * struct virtio_vsock - a socket device
 * @vhost: the device and vhost-vsock
 * @config: configuration space: the CID
 */
struct virtio_vsock {
	struct vhost vhost;
	struct virtio_vsock_config config;
};

static int run(struct vhost *vhost, bool on)
{
	int value = on;

	return ioctl(vhost->fd, VHOST_VSOCK_SET_RUNNING, &value);
}

/* 0 to 2 stand for the hypervisor, this machine and its host, -1 for any */
static __u64 parse_cid(const char *arg)
{
	unsigned long long cid;
	char *end;

	errno = 0;
	cid = strtoull(arg, &end, 0);
	if (!isdigit((unsigned char)arg[0]) || *end || errno ||
	    cid <= VMADDR_CID_HOST || cid >= VMADDR_CID_ANY)
		die("--vsock: '%s': a CID is a number from %d to %u", arg,
		    VMADDR_CID_HOST + 1, VMADDR_CID_ANY - 1);

	return cid;
}

static void destroy(struct virtio_device *dev)
{
	vhost_close((struct vhost *)dev);
	free(dev);
}

static const struct virtio_type vsock_type = {
	.id = VIRTIO_ID_VSOCK,
	.num_queues = NUM_QUEUES,
	.activate = vhost_activate,
	.deactivate = vhost_deactivate,
	.destroy = destroy,
};

/**
 * virtio_vsock_create() - create a socket device
 * @arg: the VM's CID
 * @index: its number, not used
 *
 * Return: the device.
 */
struct device *virtio_vsock_create(const char *arg, unsigned int index)
{
	struct virtio_vsock *vsock = calloc(1, sizeof(*vsock));
	__u64 cid = parse_cid(arg);
	struct virtio_device *dev;

	(void)index;
	if (!vsock)
		die("no memory for a socket device");
	vhost_open(&vsock->vhost, VHOST_PATH, "vhost_vsock");
	if (ioctl(vsock->vhost.fd, VHOST_VSOCK_SET_GUEST_CID, &cid))
		die("--vsock %s: %s%s", arg, strerror(errno),
		    errno == EADDRINUSE ? "; another VM has this CID" : "");
	vsock->vhost.num_queues = NUM_VHOST_QUEUES;
	vsock->vhost.run = run;

	dev = &vsock->vhost.dev;
	vsock->config.guest_cid = htole64(cid);
	dev->config = &vsock->config;
	dev->config_size = sizeof(vsock->config);
	dev->features = vsock->vhost.features &
			BIT_ULL(VIRTIO_VSOCK_F_SEQPACKET);
	virtio_init(dev, &vsock_type);

	return &dev->device;
}
