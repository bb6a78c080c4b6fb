/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model of /dev/net/tun, /dev/vhost-net and /dev/vhost-vsock for unit tests
 *
 * open(), socket() and ioctl() of the VMM's files come here. The model refuses
 * what Linux refuses, and remembers the rest.
 */
#ifndef VMM_FAKE_VHOST_H
#define VMM_FAKE_VHOST_H

#include <stdbool.h>
#include <linux/types.h>
#include <linux/vhost.h>

#define FAKE_QUEUES	2
/**
 * struct fake_queue - a queue as vhost knows it
 * @num: number of descriptors
 * @base: index of the first chain
 * @addr: addresses
 * @kick: eventfd for notifications
 * @call: eventfd for interrupts
 * @err: eventfd for errors
 * @on: vhost serves it
 */
struct fake_queue {
	unsigned int num;
	unsigned int base;
	struct vhost_vring_addr addr;
	int kick;
	int call;
	int err;
	bool on;
};

/**
 * struct fake_vhost - the model's state
 * @fd: file descriptor of vhost, -1 if it is not open
 * @tap: that of the tap
 * @owned: vhost has an owner
 * @known: features that vhost has
 * @features: features that were set
 * @region: memory that it may access
 * @queues: queues
 * @cid: the VM's CID
 * @offload: TUN_F_... that were set
 * @header: size of the tap's header
 * @starts: how often a queue was started
 * @mistakes: calls that Linux would refuse
 * @missing: device file that cannot be opened, or NULL
 * @fail: ioctl that fails, or 0
 * @error: with this errno
 */
struct fake_vhost {
	int fd;
	int tap;
	bool owned;
	__u64 known;
	__u64 features;
	struct vhost_memory_region region;
	struct fake_queue queues[FAKE_QUEUES];
	__u64 cid;
	unsigned long offload;
	int header;
	unsigned int starts;
	unsigned int mistakes;
	const char *missing;
	unsigned long fail;
	int error;
};

extern struct fake_vhost fake;

/* The linker makes these of calls of open() and ioctl() */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

void fake_reset(void);
bool fake_running(void);

#endif /* VMM_FAKE_VHOST_H */
