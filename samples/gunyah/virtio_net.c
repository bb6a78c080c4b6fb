// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio network device: a tap interface of the host, served by vhost-net
 *
 * Packets go from the VM's memory to the host's network stack and back in the
 * kernel; this program only sets that up. The administrator of the host decides
 * what the tap is connected to.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>

#include "vhost.h"

#define TUN_PATH	"/dev/net/tun"
#define VHOST_PATH	"/dev/vhost-net"

/* Receive and transmit */
#define NUM_QUEUES	2

/*
 * The tap passes packets without checksum and those that are larger than its
 * MTU in both directions, if the VM can handle them.
 */
#define TAP_FEATURES							   \
	(BIT_ULL(VIRTIO_NET_F_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |   \
	 BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |				   \
	 BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) |				   \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) |				   \
	 BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |				   \
	 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | BIT_ULL(VIRTIO_NET_F_HOST_ECN))

/**
 * struct virtio_net - a network device
 * @vhost: the device and vhost-net
 * @tap: file descriptor of the tap
 * @name: its name
 * @config: configuration space: MAC address and MTU
 */
struct virtio_net {
	struct vhost vhost;
	int tap;
	char name[IFNAMSIZ];
	struct virtio_net_config config;
};

/* Tell the tap what the driver can receive: the rules are those of the driver */
static int set_offload(const struct virtio_net *net)
{
	__u64 features = net->vhost.dev.driver_features;
	unsigned long offload = 0;

	if (features & BIT_ULL(VIRTIO_NET_F_GUEST_CSUM)) {
		offload |= TUN_F_CSUM;
		if (features & BIT_ULL(VIRTIO_NET_F_GUEST_TSO4))
			offload |= TUN_F_TSO4;
		if (features & BIT_ULL(VIRTIO_NET_F_GUEST_TSO6))
			offload |= TUN_F_TSO6;
		if (features & BIT_ULL(VIRTIO_NET_F_GUEST_ECN) &&
		    offload & (TUN_F_TSO4 | TUN_F_TSO6))
			offload |= TUN_F_TSO_ECN;
	}

	return ioctl(net->tap, TUNSETOFFLOAD, offload);
}

/* Connect the queues to the tap, or disconnect them */
static int run(struct vhost *vhost, bool on)
{
	struct virtio_net *net = (struct virtio_net *)vhost;
	struct vhost_vring_file file = { .fd = on ? net->tap : -1 };

	if (on && set_offload(net))
		return -1;
	for (file.index = 0; file.index < NUM_QUEUES; file.index++)
		if (ioctl(vhost->fd, VHOST_NET_SET_BACKEND, &file))
			return -1;

	return 0;
}

/* What a user can do if the tap cannot be used */
static const char *tap_hint(int err)
{
	switch (err) {
	case EPERM:
		return "; not your tap. As root: ip tuntap add NAME mode tap user USER";
	case EBUSY:
		return "; another program uses it";
	case EINVAL:
		return "; it is not a tap, or one with several queues";
	default:
		return "";
	}
}

/* An existing tap is used, else one is created that exists until it is closed */
static void open_tap(struct virtio_net *net)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	/* With virtio 1.0 all headers have this size, and are little endian */
	int size = sizeof(struct virtio_net_hdr_mrg_rxbuf);
	int little = 1;

	net->tap = open(TUN_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (net->tap < 0)
		die("%s: %s%s", TUN_PATH, strerror(errno),
		    errno == ENOENT || errno == ENODEV ?
		    "; load the module tun" : "");
	memcpy(ifr.ifr_name, net->name, sizeof(ifr.ifr_name));
	if (ioctl(net->tap, TUNSETIFF, &ifr))
		die("--net: %s: %s%s", net->name, strerror(errno),
		    tap_hint(errno));
	if (ioctl(net->tap, TUNSETVNETHDRSZ, &size) ||
	    ioctl(net->tap, TUNSETVNETLE, &little))
		die("--net: %s: cannot set its header: %s", net->name,
		    strerror(errno));
}

/*
 * The VM's MAC address is that of the tap with one bit changed: that is as
 * unique, and stays as long as the tap exists. A guest sees the tap's MTU.
 */
static void read_tap(struct virtio_net *net, bool has_mac)
{
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {};

	if (sock < 0)
		die("socket: %s", strerror(errno));
	memcpy(ifr.ifr_name, net->name, sizeof(ifr.ifr_name));

	if (!has_mac) {
		if (ioctl(sock, SIOCGIFHWADDR, &ifr))
			die("--net: %s: cannot get its MAC address: %s",
			    net->name, strerror(errno));
		memcpy(net->config.mac, ifr.ifr_hwaddr.sa_data,
		       sizeof(net->config.mac));
		net->config.mac[0] |= 2;	/* not given by a vendor */
		net->config.mac[1] ^= 0x80;
	}
	if (ioctl(sock, SIOCGIFMTU, &ifr))
		die("--net: %s: cannot get its MTU: %s", net->name,
		    strerror(errno));
	net->config.mtu = htole16(ifr.ifr_mtu);

	if (ioctl(sock, SIOCGIFFLAGS, &ifr))
		die("--net: %s: cannot get its state: %s", net->name,
		    strerror(errno));
	if (!(ifr.ifr_flags & IFF_UP))
		fprintf(stderr,
			"gunyah_vmm: %s is down: nothing is received until 'ip link set %s up'\n",
			net->name, net->name);
	close(sock);
}

/* Return: false if this is not the MAC address of a single interface */
static bool parse_mac(const char *text, __u8 *mac)
{
	static const __u8 zero[6];
	int end = 0;

	/* sscanf() would also accept spaces and signs */
	if (text[strspn(text, "0123456789abcdefABCDEF:")])
		return false;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0],
		   &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &end) != 6 ||
	    text[end])
		return false;

	return !(mac[0] & 1) && memcmp(mac, zero, sizeof(zero));
}

/* tap=NAME[,mac=ADDRESS]; return: whether there is an address */
static bool parse(struct virtio_net *net, const char *arg)
{
	static char *const names[] = { "tap", "mac", NULL };
	char *copy = strdup(arg), *rest = copy, *value;
	bool has_mac = false;

	if (!copy)
		die("no memory for options");
	while (*rest) {
		switch (getsubopt(&rest, names, &value)) {
		case 0:
			if (!value || !*value || strlen(value) >= IFNAMSIZ)
				die("--net: tap=NAME: a name has 1 to %d characters",
				    IFNAMSIZ - 1);
			memcpy(net->name, value, strlen(value) + 1);
			break;
		case 1:
			if (!value || !parse_mac(value, net->config.mac))
				die("--net: mac=ADDRESS: six bytes such as 02:00:00:00:00:01");
			has_mac = true;
			break;
		default:
			die("--net: '%s': not tap=NAME or mac=ADDRESS", value);
		}
	}
	free(copy);
	if (!net->name[0])
		die("--net: tap=NAME is missing");

	return has_mac;
}

static void destroy(struct virtio_device *dev)
{
	struct virtio_net *net = (struct virtio_net *)dev;

	vhost_close(&net->vhost);
	close(net->tap);
	free(net);
}

static const struct virtio_type net_type = {
	.id = VIRTIO_ID_NET,
	.num_queues = NUM_QUEUES,
	.activate = vhost_activate,
	.deactivate = vhost_deactivate,
	.destroy = destroy,
};

/**
 * virtio_net_create() - create a network device
 * @arg: tap=NAME[,mac=ADDRESS]
 * @index: its number, not used
 *
 * Return: the device.
 */
struct device *virtio_net_create(const char *arg, unsigned int index)
{
	struct virtio_net *net = calloc(1, sizeof(*net));
	struct virtio_device *dev;
	bool has_mac;

	(void)index;
	if (!net)
		die("no memory for a network device");
	has_mac = parse(net, arg);
	open_tap(net);
	read_tap(net, has_mac);
	vhost_open(&net->vhost, VHOST_PATH, "vhost_net");
	net->vhost.num_queues = NUM_QUEUES;
	net->vhost.run = run;

	dev = &net->vhost.dev;
	dev->config = &net->config;
	dev->config_size = sizeof(net->config);
	dev->features = TAP_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) |
			BIT_ULL(VIRTIO_NET_F_MTU) |
			(net->vhost.features & BIT_ULL(VIRTIO_NET_F_MRG_RXBUF));
	virtio_init(dev, &net_type);

	return &dev->device;
}
