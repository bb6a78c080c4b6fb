// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's devices: their table, their addresses, and accesses to them
 */
#include <string.h>

#include "device.h"
#include "layout.h"

static const struct device_kind kinds[] = {
	{ .max = 1, .create = uart_create },
	{ "disk", "FILE[,ro]",
	  "A disk, a file or block device; 'ro': the VM only reads it. May be given several times: /dev/vda, /dev/vdb, ... of the VM",
	  8, virtio_blk_create },
	{ "console", "KIND[,BACKEND]",
	  "The VM's console. KIND: 'uart' (/dev/ttyAMA0; the default) or 'virtio' (/dev/hvc0). BACKEND: 'stdio' (the default), 'file=PATH' (output only), 'pty' (its path is printed) or 'socket=PATH' (a Unix socket for one client at a time)",
	  1, virtio_console_create },
	{ "net", "tap=NAME[,mac=ADDRESS]",
	  "A network device: a tap of the host, served by vhost-net", 4,
	  virtio_net_create },
	{ "vsock", "CID",
	  "Sockets between host and VM, which has this context ID, from 3 on", 1,
	  virtio_vsock_create },
	{ "rng", NULL, "Random numbers of the host", 1, virtio_rng_create },
};

static struct device *devices[MAX_DEVICES];
static unsigned int count;
static bool verbose;

/**
 * devices_kind() - the table of kinds
 * @n: number of a row
 *
 * Return: the row, NULL if there are fewer.
 */
const struct device_kind *devices_kind(unsigned int n)
{
	return n < ARRAY_SIZE(kinds) ? &kinds[n] : NULL;
}

static void create(const struct device_kind *kind, const char *arg,
		   unsigned int index)
{
	struct device *dev;

	if (count == MAX_DEVICES)
		die("at most %d devices", MAX_DEVICES);
	dev = kind->create(arg, index);
	if (!dev)
		return;
	dev->base = device_base(count);
	dev->spi = device_spi(count);
	devices[count++] = dev;
}

/**
 * devices_create() - create the devices of a VM
 * @cfg: describes the VM
 */
void devices_create(const struct config *cfg)
{
	unsigned int i;

	verbose = cfg->verbose;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!kinds[i].option)
			create(&kinds[i], NULL, 0);
	for (i = 0; i < cfg->num_devices; i++)
		create(cfg->devices[i].kind, cfg->devices[i].arg,
		       cfg->devices[i].index);
}

/**
 * devices_destroy() - remove all devices
 */
void devices_destroy(void)
{
	while (count) {
		count--;
		devices[count]->ops->destroy(devices[count]);
	}
}

/**
 * devices_count() - number of devices
 *
 * Return: that number; their interrupts are device_spi(0) and following.
 */
unsigned int devices_count(void)
{
	return count;
}

/**
 * devices_use_memory() - do devices access the VM's memory?
 *
 * Return: true if one does.
 */
bool devices_use_memory(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (devices[i]->uses_memory)
			return true;

	return false;
}

/**
 * devices_cmdline() - the default kernel command line
 * @cmdline: destination
 * @size: size of the destination
 * @layout: describes the VM
 */
void devices_cmdline(char *cmdline, size_t size, const struct layout *layout)
{
	const char *more;
	unsigned int i;
	size_t len;

	/* A guest that panics does not hang, but resets the VM */
	snprintf(cmdline, size, "panic=-1");
	for (i = 0; i < count; i++) {
		if (!devices[i]->ops->cmdline)
			continue;
		more = devices[i]->ops->cmdline(devices[i], layout);
		len = strlen(cmdline);
		if (more)
			snprintf(cmdline + len, size - len, " %s", more);
	}
}

/**
 * devices_make_nodes() - write the devices' nodes into a devicetree
 * @dt: the devicetree
 * @layout: describes the VM
 */
void devices_make_nodes(void *dt, const struct layout *layout)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		devices[i]->ops->make_node(devices[i], dt, layout);
}

/**
 * devices_connect() - add the devices' interrupts and notifications to the VM
 * @vm: file descriptor of the VM
 * @window: the part of its memory that they can access
 */
void devices_connect(int vm, const struct window *window)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		devices[i]->ops->connect(devices[i], vm, window);
}

/**
 * devices_start() - start all devices, because the VM was started
 */
void devices_start(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (devices[i]->ops->start)
			devices[i]->ops->start(devices[i]);
}

/**
 * devices_stop() - stop all devices; they do not access the VM's memory any more
 */
void devices_stop(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (devices[i]->ops->stop)
			devices[i]->ops->stop(devices[i]);
}

/**
 * devices_report() - count events without exits
 * @kicks: set to the number of notifications by ioeventfds
 * @irqs: set to the number of interrupts by irqfds
 */
void devices_report(__u64 *kicks, __u64 *irqs)
{
	unsigned int i;

	*kicks = 0;
	*irqs = 0;
	for (i = 0; i < count; i++) {
		*kicks += devices[i]->kicks;
		*irqs += devices[i]->irq.count;
	}
}

static struct device *find(__u64 addr)
{
	__u64 offset = addr - DEVICE_BASE;

	if (offset / DEVICE_SIZE < count)
		return devices[offset / DEVICE_SIZE];
	if (verbose)
		fprintf(stderr, "gunyah_vmm: no device at %#llx\n",
			(unsigned long long)addr);

	return NULL;
}

/**
 * devices_read() - the VM reads an address that has no memory
 * @addr: guest physical address
 * @len: number of bytes, up to 8
 *
 * Return: what it reads.
 */
__u64 devices_read(__u64 addr, unsigned int len)
{
	struct device *dev = find(addr);

	return dev ? dev->ops->read(dev, addr - dev->base, len) : 0;
}

/**
 * devices_write() - the VM writes to an address that has no memory
 * @addr: guest physical address
 * @len: number of bytes, up to 8
 * @value: what it writes
 */
void devices_write(__u64 addr, unsigned int len, __u64 value)
{
	struct device *dev = find(addr);

	if (dev)
		dev->ops->write(dev, addr - dev->base, len, value);
}
