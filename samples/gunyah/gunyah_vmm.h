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

/*
 * The VM's address space. Accesses below MMIO_END that no memory is at come to
 * the VMM; the interrupt controller, emulated by the hypervisor, takes the
 * last part of that range, one redistributor per vCPU.
 */
#define MMIO_END		0x40000000ULL
#define GICD_BASE		0x3fff0000ULL
#define GICD_SIZE		0x10000ULL
#define GICR_SIZE		0x20000ULL	/* of one vCPU */
#define UART_BASE		0x1c090000ULL
#define UART_SIZE		0x1000ULL
#define UART_SPI		5
/* Virtio devices, one page and one interrupt each: the disks, then the console */
#define VIRTIO_BASE		0x1c130000ULL
#define VIRTIO_SIZE		0x1000ULL
#define VIRTIO_SPI		16
/* The VM's connection to the resource manager: to it, and from it */
#define RM_TX_SPI		6
#define RM_RX_SPI		7

#define MAX_DISKS		8
#define MAX_VIRTIO		(MAX_DISKS + 1)
#define MAX_VCPUS		32

/* Labels of the memory regions */
#define IMAGE_LABEL		0
#define SHLOG_LABEL		0x6c6f6700	/* "log": a string in a devicetree */
#define POOL_LABEL		0x646d6100	/* "dma" */

/*
 * Memory of a lent VM that we can access, which its virtio devices need: queues
 * and buffers are in it, Linux calls it a restricted DMA pool
 */
#define POOL_SIZE		(8ULL << 20)

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

/**
 * struct disk - a disk of the VM
 * @path: file with its content
 * @read_only: the VM must not write it
 */
struct disk {
	const char *path;
	bool read_only;
};

/**
 * struct config - what the user wants
 * @device: device file of the driver
 * @image: file with the VM's Linux kernel
 * @ramdisk: file with its initial ramdisk, or NULL
 * @dtb: file with its devicetree, or NULL to have one made
 * @cmdline: kernel command line, or NULL for a default
 * @dump_dtb: file to write the devicetree to instead of starting the VM, or NULL
 * @base: guest physical address of the VM's memory
 * @size: its size
 * @log: guest physical address of the shared log, or 0 if there is none
 * @pool: that of the DMA pool
 * @disks: disks
 * @num_disks: number of them
 * @virtio_console: standard input and output are a virtio console, not the UART
 * @cpus: number of vCPUs
 * @sched: who schedules them
 * @share: share the memory with the VM instead of lending it
 * @verbose: tell more
 */
struct config {
	const char *device;
	const char *image;
	const char *ramdisk;
	const char *dtb;
	const char *cmdline;
	const char *dump_dtb;
	__u64 base;
	__u64 size;
	__u64 log;
	__u64 pool;
	struct disk disks[MAX_DISKS];
	unsigned int num_disks;
	bool virtio_console;
	unsigned int cpus;
	enum sched sched;
	bool share;
	bool verbose;
};

/* Number of virtio devices */
static inline unsigned int num_virtio(const struct config *cfg)
{
	return cfg->num_disks + cfg->virtio_console;
}

/**
 * struct guest - the VM's memory and what lies in it
 * @mem: the memory, as the VMM sees it
 * @base: guest physical address of its first byte
 * @size: its size
 * @dtb: guest physical address of the devicetree
 * @dtb_size: room for the devicetree
 * @ramdisk: guest physical address of the ramdisk
 * @ramdisk_size: its size, 0 if there is none
 *
 * The kernel is at @base, which is also where the first vCPU starts.
 */
struct guest {
	__u8 *mem;
	__u64 base;
	__u64 size;
	__u64 dtb;
	__u64 dtb_size;
	__u64 ramdisk;
	__u64 ramdisk_size;
};

/* options.c */
void parse_options(struct config *cfg, int argc, char **argv);

/* load.c */
size_t load_file(const char *path, void *to, size_t room);
void *alloc_pages(size_t size);
void load_guest(struct guest *guest, const struct config *cfg);

#endif /* GUNYAH_VMM_H */
