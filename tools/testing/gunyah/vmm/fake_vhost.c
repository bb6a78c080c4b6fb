// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model of /dev/net/tun, /dev/vhost-net and /dev/vhost-vsock for unit tests
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>

#include "fake_vhost.h"

#define FAKE_MTU	1400

/* Features of all kinds of vhost; vhost-net has more than the VMM may set */
static const __u64 common = 1ULL << VIRTIO_F_VERSION_1 |
			    1ULL << VIRTIO_F_ACCESS_PLATFORM |
			    1ULL << VIRTIO_RING_F_INDIRECT_DESC |
			    1ULL << VIRTIO_RING_F_EVENT_IDX |
			    1ULL << VHOST_F_LOG_ALL;
static const __u64 of_net = 1ULL << VIRTIO_NET_F_MRG_RXBUF |
			    1ULL << VHOST_NET_F_VIRTIO_NET_HDR;
static const __u64 of_vsock = 1ULL << VIRTIO_VSOCK_F_SEQPACKET;

struct fake_vhost fake;

void fake_reset(void)
{
	fake = (struct fake_vhost) { .fd = -1, .tap = -1 };
}

bool fake_running(void)
{
	unsigned int i;

	for (i = 0; i < FAKE_QUEUES; i++)
		if (fake.queues[i].on)
			return true;

	return false;
}

int __wrap_open(const char *path, int flags, ...)
{
	bool tun = !strcmp(path, "/dev/net/tun");
	va_list args;
	int fd, mode;

	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	if (!tun && strncmp(path, "/dev/vhost-", 11))
		return __real_open(path, flags, mode);
	if (fake.missing && !strcmp(path, fake.missing)) {
		errno = ENOENT;
		return -1;
	}
	fd = __real_open("/dev/null", O_RDWR | O_CLOEXEC);
	if (tun)
		fake.tap = fd;
	else
		fake.fd = fd;
	fake.known = common | (strcmp(path, "/dev/vhost-net") ? of_vsock :
								of_net);

	return fd;
}

static int refuse(int error)
{
	fake.mistakes++;
	errno = error;

	return -1;
}

/* Does vhost find a range of the VMM's addresses in the memory that it has? */
static bool in_region(__u64 addr, __u64 size)
{
	__u64 offset = addr - fake.region.userspace_addr;

	return offset < fake.region.memory_size &&
	       size <= fake.region.memory_size - offset;
}

static int start(struct fake_queue *queue)
{
	__u32 num = queue->num;

	if (!fake.owned)
		return refuse(EPERM);
	if (!in_region(queue->addr.desc_user_addr, 16ULL * num) ||
	    !in_region(queue->addr.avail_user_addr, 6 + 2ULL * num) ||
	    !in_region(queue->addr.used_user_addr, 6 + 8ULL * num))
		return refuse(EFAULT);
	if (queue->kick < 0 || queue->err < 0)
		return refuse(EBADF);
	queue->on = true;
	fake.starts++;

	return 0;
}

static int set_backend(const struct vhost_vring_file *file)
{
	struct fake_queue *queue = &fake.queues[file->index];

	if (file->index >= FAKE_QUEUES)
		return refuse(ENOBUFS);
	if (file->fd < 0) {
		queue->on = false;
		return 0;
	}
	if (file->fd != fake.tap)
		return refuse(ENOTSOCK);

	return start(queue);
}

static int set_running(bool on)
{
	unsigned int i;

	for (i = 0; i < FAKE_QUEUES; i++) {
		if (!on)
			fake.queues[i].on = false;
		else if (start(&fake.queues[i]))
			return -1;
	}

	return 0;
}

static int set_features(__u64 features)
{
	if (features & ~fake.known)
		return refuse(EOPNOTSUPP);
	/*
	 * vhost would ask for translations, write a log, or make headers, for
	 * all of which the VMM has nothing
	 */
	if (features & (1ULL << VIRTIO_F_ACCESS_PLATFORM |
			1ULL << VHOST_F_LOG_ALL |
			1ULL << VHOST_NET_F_VIRTIO_NET_HDR))
		return refuse(EINVAL);
	fake.features = features;

	return 0;
}

static int set_memory(const struct vhost_memory *memory)
{
	if (memory->nregions != 1 || memory->padding)
		return refuse(EOPNOTSUPP);
	memcpy(&fake.region, memory->regions, sizeof(fake.region));

	return 0;
}

/* All of these arguments begin with the index of a queue */
static int set_vring(unsigned long request, const void *arg)
{
	const struct vhost_vring_state *state = arg;
	const struct vhost_vring_file *file = arg;
	struct fake_queue *queue;

	if (state->index >= FAKE_QUEUES)
		return refuse(ENOBUFS);
	queue = &fake.queues[state->index];
	if (queue->on)
		return refuse(EBUSY);

	switch (request) {
	case VHOST_SET_VRING_NUM:
		if (!state->num || state->num & (state->num - 1))
			return refuse(EINVAL);
		queue->num = state->num;
		return 0;
	case VHOST_SET_VRING_BASE:
		queue->base = state->num;
		return 0;
	case VHOST_SET_VRING_ADDR:
		memcpy(&queue->addr, arg, sizeof(queue->addr));
		return queue->addr.flags ? refuse(EOPNOTSUPP) : 0;
	case VHOST_SET_VRING_KICK:
		queue->kick = file->fd;
		return 0;
	case VHOST_SET_VRING_CALL:
		queue->call = file->fd;
		return 0;
	default:
		queue->err = file->fd;
		return 0;
	}
}

static int vhost_ioctl(unsigned long request, void *arg)
{
	if (request == VHOST_SET_OWNER) {
		fake.owned = true;
		return 0;
	}
	if (request == VHOST_GET_FEATURES) {
		*(__u64 *)arg = fake.known;
		return 0;
	}
	if (!fake.owned)
		return refuse(EPERM);

	switch (request) {
	case VHOST_SET_FEATURES:
		return set_features(*(__u64 *)arg);
	case VHOST_SET_MEM_TABLE:
		return set_memory(arg);
	case VHOST_SET_VRING_NUM:
	case VHOST_SET_VRING_BASE:
	case VHOST_SET_VRING_ADDR:
	case VHOST_SET_VRING_KICK:
	case VHOST_SET_VRING_CALL:
	case VHOST_SET_VRING_ERR:
		return set_vring(request, arg);
	case VHOST_NET_SET_BACKEND:
		return set_backend(arg);
	case VHOST_VSOCK_SET_GUEST_CID:
		fake.cid = *(__u64 *)arg;
		return 0;
	case VHOST_VSOCK_SET_RUNNING:
		return set_running(*(int *)arg);
	default:
		return refuse(ENOTTY);
	}
}

static bool is_net(unsigned long request)
{
	return request == SIOCGIFHWADDR || request == SIOCGIFMTU ||
	       request == SIOCGIFFLAGS ||
	       (_IOC_TYPE(request) == 'T' && _IOC_NR(request) >= 200);
}

/* Of the tap, and of the socket by which its state is read */
static int net_ioctl(unsigned long request, void *arg)
{
	static const __u8 mac[] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
	struct ifreq *ifr = arg;

	switch (request) {
	case TUNSETIFF:
		return ifr->ifr_flags == (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR) ?
		       0 : refuse(EINVAL);
	case TUNSETVNETHDRSZ:
		fake.header = *(int *)arg;
		return 0;
	case TUNSETVNETLE:
		return 0;
	case TUNSETOFFLOAD:
		fake.offload = (unsigned long)arg;
		/* No segments without checksums, no ECN without segments */
		if (fake.offload & TUN_F_TSO_ECN &&
		    !(fake.offload & (TUN_F_TSO4 | TUN_F_TSO6)))
			return refuse(EINVAL);
		return fake.offload && !(fake.offload & TUN_F_CSUM) ?
		       refuse(EINVAL) : 0;
	case SIOCGIFHWADDR:
		memcpy(ifr->ifr_hwaddr.sa_data, mac, sizeof(mac));
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = FAKE_MTU;
		return 0;
	case SIOCGIFFLAGS:
		ifr->ifr_flags = IFF_UP;
		return 0;
	default:
		return refuse(ENOTTY);
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fake.fail == request) {
		errno = fake.error;
		return -1;
	}
	if (_IOC_TYPE(request) == VHOST_VIRTIO && fd == fake.fd)
		return vhost_ioctl(request, arg);
	if (is_net(request))
		return net_ioctl(request, arg);

	return __real_ioctl(fd, request, arg);
}
