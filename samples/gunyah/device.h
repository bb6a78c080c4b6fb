/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of a VM
 *
 * To add a device, write a file for it and add a row to the table in devices.c.
 * Device i of a VM has address device_base(i) and interrupt device_spi(i), see
 * layout.h, in the order of the command line. Device 0 is the UART.
 */
#ifndef GUNYAH_VMM_DEVICE_H
#define GUNYAH_VMM_DEVICE_H

#include "gunyah_vmm.h"
#include "vm.h"

struct device;
struct layout;

/**
 * struct window - the part of the VM's memory that we can access
 * @mem: host pointer to it
 * @base: guest physical address of its first byte
 * @size: its size, 0 if there is none
 * @lent: the VM has other memory, which is lent
 */
struct window {
	__u8 *mem;
	__u64 base;
	__u64 size;
	bool lent;
};

/**
 * struct device_kind - a kind of device: a row of the table in devices.c
 * @option: command line option that adds one, without "--"; NULL if each VM has
 *	one
 * @arg: name of the option's argument in the help
 * @help: what the option does
 * @max: how many a VM can have
 * @create: creates a device from the argument of its option. @index is its number
 *	among those of its kind. May return NULL if the argument asks for none. Does
 *	not return if the argument is wrong or a file cannot be opened.
 */
struct device_kind {
	const char *option;
	const char *arg;
	const char *help;
	unsigned int max;
	struct device *(*create)(const char *arg, unsigned int index);
};

/**
 * struct device_ops - functions of a device
 * @make_node: write its node of the VM's devicetree, see dt_write.h
 * @cmdline: what it adds to the default kernel command line, NULL for nothing
 *	(optional)
 * @read: the VM reads from its page. Called by any vCPU's thread without a lock.
 * @write: the VM writes to its page, likewise
 * @connect: add its interrupt and ioeventfds to the VM. @window is the memory that
 *	it may use.
 * @start: the VM was started (optional)
 * @stop: the VM has ended or ends. The device does not access its memory after
 *	this. (optional)
 * @destroy: free it; it was stopped if it was started
 */
struct device_ops {
	void (*make_node)(const struct device *dev, void *dt,
			  const struct layout *layout);
	const char *(*cmdline)(const struct device *dev,
			       const struct layout *layout);
	__u64 (*read)(struct device *dev, unsigned int offset,
		      unsigned int len);
	void (*write)(struct device *dev, unsigned int offset,
		      unsigned int len, __u64 value);
	void (*connect)(struct device *dev, int vm,
			const struct window *window);
	void (*start)(struct device *dev);
	void (*stop)(struct device *dev);
	void (*destroy)(struct device *dev);
};

/**
 * struct device - a device
 * @ops: its functions
 * @uses_memory: it accesses the VM's memory
 * @base: guest physical address of its page
 * @spi: its interrupt
 * @irq: the same, to send it
 * @kicks: number of notifications by ioeventfds
 */
struct device {
	const struct device_ops *ops;
	bool uses_memory;
	__u64 base;
	__u32 spi;
	struct vm_irq irq;
	__u64 kicks;
};

/* devices.c */
const struct device_kind *devices_kind(unsigned int n);
void devices_create(const struct config *cfg);
bool devices_use_memory(void);
void devices_cmdline(char *cmdline, size_t size, const struct layout *layout);
unsigned int devices_count(void);
void devices_make_nodes(void *dt, const struct layout *layout);
void devices_connect(int vm, const struct window *window);
void devices_start(void);
void devices_stop(void);
void devices_destroy(void);
void devices_report(__u64 *kicks, __u64 *irqs);
__u64 devices_read(__u64 addr, unsigned int len);
void devices_write(__u64 addr, unsigned int len, __u64 value);

/* uart.c */
struct device *uart_create(const char *arg, unsigned int index);

/* virtio_*.c */
struct device *virtio_blk_create(const char *arg, unsigned int index);
struct device *virtio_console_create(const char *arg, unsigned int index);
struct device *virtio_net_create(const char *arg, unsigned int index);
struct device *virtio_vsock_create(const char *arg, unsigned int index);
struct device *virtio_rng_create(const char *arg, unsigned int index);

#endif /* GUNYAH_VMM_DEVICE_H */
