/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the sample VMM have in common
 */
#ifndef GUNYAH_VMM_H
#define GUNYAH_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/types.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

/* Exit statuses */
#define EXIT_POWERED_OFF	0	/* the VM switched itself off */
#define EXIT_VMM		1	/* bad option, bad file, broken run */
#define EXIT_START		2	/* the VM could not be started */
#define EXIT_RESET		3	/* the VM wants to be restarted */
#define EXIT_CRASHED		4	/* fault, watchdog, hardware error */
#define EXIT_STOPPED		5	/* Ctrl-A x, a signal, or by the host */
#define EXIT_OTHER		6	/* the VM ended in another way */

#define MAX_DEVICES		32
#define MAX_VCPUS		32

#define SZ_4K			0x1000ULL
#define SZ_2M			0x200000ULL

/*
 * Print a message and leave. What console_open() has registered puts the
 * terminal right.
 */
#define fail(status, fmt, ...)						\
	do {								\
		fprintf(stderr, "gunyah_vmm: " fmt "\n", ##__VA_ARGS__);	\
		exit(status);						\
	} while (0)

#define die(fmt, ...)	fail(EXIT_VMM, fmt, ##__VA_ARGS__)

#define min(a, b)							\
	({								\
		size_t a_ = (a), b_ = (b);				\
									\
		b_ < a_ ? b_ : a_;					\
	})

/* Next multiple of @to, a power of two */
static inline __u64 align_up(__u64 value, __u64 to)
{
	return (value + to - 1) & ~(to - 1);
}

/** enum sched - who schedules the vCPUs */
enum sched {
	SCHED_PROXY,		/* the host, by calling GH_VCPU_RUN */
	SCHED_HYPERVISOR,	/* the hypervisor */
};

struct device_kind;
struct layout;

/**
 * struct device_option - a device that the user wants
 * @kind: what kind, see device.h
 * @arg: argument of the option
 * @index: its number among those of its kind
 */
struct device_option {
	const struct device_kind *kind;
	const char *arg;
	unsigned int index;
};

/**
 * struct config - what the user wants; constant after parse_options()
 * @device: device file of the driver
 * @image: file with the VM's Linux kernel
 * @ramdisk: file with its initial ramdisk, or NULL
 * @dtb: file with its devicetree, or NULL to have one made
 * @cmdline: kernel command line, or NULL for a default
 * @dump_dtb: file to write the devicetree to instead of starting the VM, or NULL
 * @control: socket for commands, or NULL
 * @connect: socket to send a command to instead of starting a VM, or NULL
 * @command: words of this command
 * @num_words: number of them
 * @base: guest physical address of the VM's memory
 * @size: its size
 * @devices: devices, without those that each VM has
 * @num_devices: number of them
 * @cpus: number of vCPUs
 * @sched: who schedules them
 * @stop_timeout: seconds that a VM may take to shut down
 * @share: share the memory with the VM instead of lending it
 * @lazy: lend each page only when the VM accesses it
 * @restart: create the VM again when it wants a reset
 * @verbose: tell more
 */
struct config {
	const char *device;
	const char *image;
	const char *ramdisk;
	const char *dtb;
	const char *cmdline;
	const char *dump_dtb;
	const char *control;
	const char *connect;
	char **command;
	int num_words;
	__u64 base;
	__u64 size;
	struct device_option devices[MAX_DEVICES];
	unsigned int num_devices;
	unsigned int cpus;
	enum sched sched;
	unsigned int stop_timeout;
	bool share;
	bool lazy;
	bool restart;
	bool verbose;
};

/* options.c */
void parse_options(struct config *cfg, int argc, char **argv);

/* load.c */
size_t load_file(const char *path, void *to, size_t room);
void alloc_init(const char *device);
void *try_alloc_pages(size_t size);
void *alloc_pages(size_t size);
void *alloc_lazy_pages(size_t size);
void free_pages(void *mem, size_t size);
void load_guest(__u8 *mem, struct layout *layout, const struct config *cfg);

/* util.c */
int new_eventfd(void);
const char *read_number(const char *arg, __u64 *value);

#endif /* GUNYAH_VMM_H */
