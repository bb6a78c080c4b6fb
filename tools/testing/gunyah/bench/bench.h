/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Benchmark: numbers and structures that its programs and the plugin share
 */
#ifndef GUNYAH_BENCH_H
#define GUNYAH_BENCH_H

/* Kinds of operations */
#define BENCH_WRITE	0	/* MMIO write, to user space and back */
#define BENCH_READ	1	/* MMIO read, to user space and back */
#define BENCH_IOEVENTFD	2	/* MMIO write that signals an eventfd */
#define BENCH_IRQFD	3	/* eventfd that interrupts a guest which idles */
#define BENCH_RUN	4	/* call that runs the vCPU, returns at once */
#define BENCH_IOCTL	5	/* call of the vCPU that does not exist */
#define BENCH_TCP_SENT	6	/* a Linux guest sends BENCH_BLOCKS by TCP */
#define BENCH_TCP_RECEIVED	7	/* ... receives them */
#define BENCH_TCP_ECHO	8	/* ... sends back a byte, as often */
#define BENCH_VSOCK_SENT	9	/* the same by vsock */
#define BENCH_VSOCK_RECEIVED	10
#define BENCH_VSOCK_ECHO	11
#define BENCH_MEM_COPY	12	/* a program copies BENCH_MEM_SIZE */
#define BENCH_MEM_SHARE_HUGE	13	/* it is shared with a VM, in 2 MiB pages */
#define BENCH_MEM_LEND_HUGE	14	/* ... lent to it */
#define BENCH_MEM_SHARE	15	/* the same in 4 KiB pages */
#define BENCH_MEM_LEND	16
#define BENCH_PAGE_BLOCKS	17	/* a VM gets BENCH_MEM_SIZE by 2 MiB */
#define BENCH_PAGE_SINGLE	18	/* ... half of BENCH_PAGES_SIZE by 4 KiB */
#define BENCH_START_LENT	19	/* start of a VM of BENCH_START_SIZE */
#define BENCH_START_PAGED	20	/* ... to which it comes page by page */
#define BENCH_KINDS	21

/* A transfer, of so many blocks */
#define BENCH_BLOCK	65536
#define BENCH_BLOCKS	64

/* Memory that is given to a VM, in bytes */
#define BENCH_MEM_SIZE	(64UL << 20)
#define BENCH_PAGES_SIZE	(8UL << 20)
#define BENCH_START_SIZE	(4UL << 30)

/*
 * Marks are instructions that do nothing, MOVZ XZR, #imm. The plugin counts
 * from a begin to the end of the same kind, in all programs and kernels.
 */
#define BENCH_MARK	0x6b00
#define BENCH_BEGIN(kind)	(BENCH_MARK + 2 * (kind))
#define BENCH_END(kind)		(BENCH_MARK + 2 * (kind) + 1)

/* The guest's memory; its devicetree is where that of the kselftests is */
#define BENCH_PARAMS	0x1000	/* struct bench_params */
#define BENCH_CODE_SIZE	BENCH_PARAMS

/* The guest's only interrupt: an SPI, and its number among all interrupts */
#define BENCH_SPI	8
#define BENCH_INTID	(32 + BENCH_SPI)

/* Addresses for MMIO of 4 bytes */
#define BENCH_MMIO	0x0a000000
#define BENCH_DATA	0x00	/* write and read: the operation's number */
#define BENCH_DOORBELL	0x10	/* write: ioeventfd */
#define BENCH_REPLY	0x20	/* write: ioeventfd, an interrupt was handled */
#define BENCH_DONE	0x30	/* write: all done */
#define BENCH_FAILED	0x40	/* write: what was wrong */

#ifndef __ASSEMBLER__

#include <stddef.h>

#include <linux/types.h>

/* A mark: @mark is part of the instruction, so it has to be a constant */
static __always_inline void bench_mark(unsigned int mark)
{
	asm volatile("movz xzr, %0" : : "i" (mark) : "memory");
}

/**
 * struct bench_params - the guest's task
 * @count: number of operations of each kind
 * @kinds: the kinds, a bit for each
 */
struct bench_params {
	__u64 count;
	__u64 kinds;
};

/**
 * struct bench_range - where the guest of bench_page writes to
 * @first: address of the first word
 * @end: address behind the last one
 * @step: distance
 */
struct bench_range {
	__u64 first;
	__u64 end;
	__u64 step;
};

/**
 * struct bench_mmio - an MMIO exit; both ABIs have the same layout
 * @phys_addr: guest physical address
 * @data: little endian
 * @len: bytes
 * @is_write: it is a write
 */
struct bench_mmio {
	__u64 phys_addr;
	__u8 data[8];
	__u32 len;
	__u8 is_write;
};

/**
 * struct bench_vm - a VM with one vCPU
 * @mem: its memory, at GUEST_BASE
 * @size: of the memory
 * @fd: VM file descriptor
 * @vcpu: vCPU file descriptor
 * @run: the call that runs the vCPU
 * @immediate_exit: if it is not 0, that call returns at once
 * @exit_reason: why that call has returned
 * @exit_mmio: value of @exit_reason for an MMIO access
 * @mmio: the access
 */
struct bench_vm {
	void *mem;
	size_t size;
	int fd;
	int vcpu;
	unsigned long run;
	__u8 *immediate_exit;
	__u32 *exit_reason;
	__u32 exit_mmio;
	struct bench_mmio *mmio;
};

/**
 * struct bench_backend - a hypervisor
 * @name: its name
 * @create: make the VM, with memory and vCPU
 * @irqfd: add an eventfd that rings BENCH_SPI
 * @ioeventfd: add an eventfd for writes of 4 bytes to an address
 * @start: start the VM, to which everything was added
 *
 * All return 0, or -1 and set errno. The VM exists until the program ends.
 */
struct bench_backend {
	const char *name;
	int (*create)(struct bench_vm *vm);
	int (*irqfd)(struct bench_vm *vm, int fd);
	int (*ioeventfd)(struct bench_vm *vm, __u64 addr, int fd);
	int (*start)(struct bench_vm *vm);
};

extern const struct bench_backend bench_gunyah;
extern const struct bench_backend bench_kvm;

extern const unsigned char bench_guest[];
extern const unsigned char bench_guest_end[];
extern const unsigned char bench_touch[];
extern const unsigned char bench_touch_end[];

#endif /* __ASSEMBLER__ */
#endif /* GUNYAH_BENCH_H */
