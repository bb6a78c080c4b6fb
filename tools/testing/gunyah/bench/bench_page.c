// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_page COUNT: VMs that get their memory page by page, COUNT times for each
 * kind of operation, and others that have all of it from the start
 *
 * The program marks where an operation begins and ends, see plugin.c. The guest,
 * touch.S, writes to a range of its memory, and then to a device: an operation ends
 * with that exit. The memory is in a region behind the image.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "gunyah_utils.h"

#define RAM_LABEL	7
#define RAM_BASE	(GUEST_BASE + GUEST_SIZE)
#define PAGE		4096UL
#define BLOCK		0x200000UL
/* Longer than the end of a VM lasts; an idle machine executes next to nothing */
#define END_US		1000000

/**
 * struct page_vm - a VM with one vCPU
 * @image: its image, with devicetree and guest
 * @ram: the rest of its memory
 * @size: of that
 * @fd: VM file descriptor
 * @vcpu: vCPU file descriptor
 * @run: run page
 */
struct page_vm {
	void *image;
	void *ram;
	size_t size;
	int fd;
	int vcpu;
	struct gh_vcpu_run *run;
};

static int dev;

static void die_if(bool failed, const char *what)
{
	if (failed)
		err(1, "%s", what);
}

static void *map(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	die_if(mem == MAP_FAILED, "mmap");
	return mem;
}

static void create(struct page_vm *vm, size_t size)
{
	memset(vm, 0, sizeof(*vm));
	vm->size = size;
	vm->image = map(GUEST_SIZE);
	memcpy(vm->image, bench_touch, bench_touch_end - bench_touch);
	vm->ram = map(size);
}

/* Start a VM whose guest writes to @range; @flags of its memory but the image */
static void start(struct page_vm *vm, __u32 flags, const struct bench_range *range)
{
	const struct dtb_config dtb = {
		.base = GUEST_BASE, .size = GUEST_SIZE + vm->size, .cpus = 1,
	};

	memcpy(vm->image + BENCH_PARAMS, range, sizeof(*range));
	die_if(!dtb_build(vm->image + GUEST_DTB, GUEST_DTB_SIZE, &dtb),
	       "devicetree");
	vm->fd = gh_create_vm(dev);
	die_if(vm->fd < 0, "VM");
	die_if(gh_set_region(vm->fd, GUEST_IMAGE_LABEL, MEM_RWX | GH_MEM_LENT,
			     GUEST_BASE, GUEST_SIZE, vm->image), "image");
	die_if(gh_set_region(vm->fd, RAM_LABEL, MEM_RWX | GH_MEM_LENT | flags,
			     RAM_BASE, vm->size, vm->ram), "memory");
	die_if(gh_set_dtb(vm->fd, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE),
	       "devicetree");
	vm->vcpu = gh_add_vcpu(vm->fd, 0);
	die_if(vm->vcpu < 0, "vCPU");
	vm->run = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu,
		       0);
	die_if(vm->run == MAP_FAILED, "run page");
	die_if(gh_start(vm->fd), "start");
}

/* Until the guest has written to all of its range */
static void run(struct page_vm *vm)
{
	int ret;

	do {
		ret = gh_vcpu_run(vm->vcpu);
	} while (ret && errno == EINTR);
	die_if(ret, "run");
}

/* It was, and so often a page was missing */
static void end(struct page_vm *vm, __u64 faults)
{
	struct gh_vcpu_stats stats;

	if (vm->run->exit_reason != GH_VCPU_EXIT_MMIO)
		errx(1, "exit reason %u", vm->run->exit_reason);
	die_if(ioctl(vm->vcpu, GH_VCPU_GET_STATS, &stats), "statistics");
	if (stats.page_fault != faults)
		errx(1, "%llu page faults, not %llu", stats.page_fault, faults);
	munmap(vm->run, PAGE);
	close(vm->vcpu);
	close(vm->fd);
	munmap(vm->image, GUEST_SIZE);
	munmap(vm->ram, vm->size);
	usleep(END_US);
}

/* A mark is part of the instruction: its kind has to be a constant */

/* The driver gives the VM the largest blocks that there are */
static void fault_blocks(void)
{
	static const struct bench_range range = {
		RAM_BASE, RAM_BASE + BENCH_MEM_SIZE, BLOCK,
	};
	struct page_vm vm;

	create(&vm, BENCH_MEM_SIZE);
	start(&vm, GH_MEM_PAGED, &range);
	bench_mark(BENCH_BEGIN(BENCH_PAGE_BLOCKS));
	run(&vm);
	bench_mark(BENCH_END(BENCH_PAGE_BLOCKS));
	end(&vm, BENCH_MEM_SIZE / BLOCK);
}

/* Pages between those that the program has written */
static void fault_pages(void)
{
	static const struct bench_range range = {
		RAM_BASE + PAGE, RAM_BASE + BENCH_PAGES_SIZE, 2 * PAGE,
	};
	struct page_vm vm;
	size_t i;

	create(&vm, BENCH_PAGES_SIZE);
	die_if(madvise(vm.ram, vm.size, MADV_NOHUGEPAGE), "madvise");
	for (i = 0; i < vm.size; i += 2 * PAGE)
		*(char *)(vm.ram + i) = 1;
	start(&vm, GH_MEM_PAGED, &range);
	bench_mark(BENCH_BEGIN(BENCH_PAGE_SINGLE));
	run(&vm);
	bench_mark(BENCH_END(BENCH_PAGE_SINGLE));
	end(&vm, BENCH_PAGES_SIZE / PAGE / 2);
}

#define START(kind, flags, faults)					\
	do {								\
		static const struct bench_range range = {		\
			RAM_BASE, RAM_BASE + BENCH_MEM_SIZE, PAGE,	\
		};							\
		struct page_vm vm;					\
									\
		create(&vm, BENCH_START_SIZE);				\
		bench_mark(BENCH_BEGIN(kind));				\
		start(&vm, flags, &range);				\
		run(&vm);						\
		bench_mark(BENCH_END(kind));				\
		end(&vm, faults);					\
	} while (0)

int main(int argc, char **argv)
{
	unsigned long i, count = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;

	if (!count)
		errx(1, "usage: bench_page COUNT");
	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	die_if(dev < 0, GUNYAH_DEV);
	for (i = 0; i < count; i++) {
		fault_blocks();
		fault_pages();
		START(BENCH_START_LENT, 0, 0);
		START(BENCH_START_PAGED, GH_MEM_PAGED, BENCH_MEM_SIZE / BLOCK);
	}
	return 0;
}
