// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_mem COUNT: the life of a VM with BENCH_MEM_SIZE of lent or shared memory,
 * COUNT times for each kind
 *
 * The program marks where an operation begins and ends, see plugin.c. The memory
 * was written before. An operation is all from the creation of a VM to its end,
 * when the host has the memory back, and unmapping it. The guest does nothing. A
 * VM with shared memory has an image of 2 MiB besides, which is lent.
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

#define SHARED_LABEL	7
#define SHARED_BASE	0x90000000
#define HUGE_SIZE	0x200000UL
/* Longer than the end of a VM lasts; an idle machine executes next to nothing */
#define END_US		1000000

static int dev;

static void die_if(bool failed, const char *what)
{
	if (failed)
		err(1, "%s", what);
}

/* Memory in pages of one size, as far as there are free ones */
static void *touch_mem(size_t size, bool huge)
{
	void *mem = mmap(NULL, size + HUGE_SIZE,
			 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	unsigned long start = ((unsigned long)mem + HUGE_SIZE - 1) &
			      ~(HUGE_SIZE - 1);

	die_if(mem == MAP_FAILED, "mmap");
	munmap(mem, start - (unsigned long)mem);
	munmap((void *)(start + size),
	       HUGE_SIZE - (start - (unsigned long)mem));
	mem = (void *)start;
	die_if(madvise(mem, size,
		       huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE), "madvise");
	memset(mem, 1, size);
	return mem;
}

/* The life of a VM whose image is @image; or that, and @shared */
static void run_vm(void *image, size_t size, void *shared)
{
	const struct dtb_config dtb = {
		.base = GUEST_BASE,
		.size = size,
		.cpus = 1,
		.shms = shared ? 1 : 0,
		.shm = { { .label = SHARED_LABEL, .base = SHARED_BASE } },
	};
	int vm = gh_create_vm(dev);
	int vcpu;

	die_if(vm < 0, "VM");
	die_if(!dtb_build(image + GUEST_DTB, GUEST_DTB_SIZE, &dtb),
	       "devicetree");
	die_if(gh_set_region(vm, GUEST_IMAGE_LABEL, MEM_RWX | GH_MEM_LENT,
			     GUEST_BASE, size, image), "image");
	if (shared)
		die_if(gh_set_region(vm, SHARED_LABEL, MEM_RWX, SHARED_BASE,
				     BENCH_MEM_SIZE, shared), "shared memory");
	die_if(gh_set_dtb(vm, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE),
	       "devicetree");
	vcpu = gh_add_vcpu(vm, 0);
	die_if(vcpu < 0, "vCPU");
	die_if(gh_start(vm), "start");
	close(vcpu);
	close(vm);
	munmap(image, size);
	if (shared)
		munmap(shared, BENCH_MEM_SIZE);
	usleep(END_US);
}

/* A mark is part of the instruction, so these are macros */
#define SHARE(kind, huge)						\
	do {								\
		void *image = touch_mem(HUGE_SIZE, true);		\
		void *mem = touch_mem(BENCH_MEM_SIZE, huge);		\
									\
		bench_mark(BENCH_BEGIN(kind));				\
		run_vm(image, HUGE_SIZE, mem);				\
		bench_mark(BENCH_END(kind));				\
	} while (0)

#define LEND(kind, huge)						\
	do {								\
		void *mem = touch_mem(BENCH_MEM_SIZE, huge);		\
									\
		bench_mark(BENCH_BEGIN(kind));				\
		run_vm(mem, BENCH_MEM_SIZE, NULL);			\
		bench_mark(BENCH_END(kind));				\
	} while (0)

/* What it takes to copy the memory, and to unmap it */
static void copy(void)
{
	void *from = touch_mem(BENCH_MEM_SIZE, true);
	void *to = touch_mem(BENCH_MEM_SIZE, true);

	bench_mark(BENCH_BEGIN(BENCH_MEM_COPY));
	memcpy(to, from, BENCH_MEM_SIZE);
	bench_mark(BENCH_END(BENCH_MEM_COPY));
	munmap(from, BENCH_MEM_SIZE);
	munmap(to, BENCH_MEM_SIZE);
}

int main(int argc, char **argv)
{
	unsigned long i, count = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;

	if (!count)
		errx(1, "usage: bench_mem COUNT");
	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	die_if(dev < 0, GUNYAH_DEV);
	for (i = 0; i < count; i++) {
		copy();
		SHARE(BENCH_MEM_SHARE_HUGE, true);
		LEND(BENCH_MEM_LEND_HUGE, true);
		SHARE(BENCH_MEM_SHARE, false);
		LEND(BENCH_MEM_LEND, false);
	}
	return 0;
}
