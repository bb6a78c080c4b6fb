// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmark: a VM of Gunyah
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "gunyah_utils.h"

static int gunyah_create(struct bench_vm *vm)
{
	struct gh_vcpu_run *run;
	int dev;

	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return -1;
	vm->fd = gh_create_vm(dev);
	if (vm->fd < 0)
		return -1;
	if (gh_set_region(vm->fd, GUEST_IMAGE_LABEL, MEM_RWX | GH_MEM_LENT,
			  GUEST_BASE, vm->size, vm->mem))
		return -1;

	vm->vcpu = gh_add_vcpu(vm->fd, 0);
	if (vm->vcpu < 0)
		return -1;
	run = mmap(NULL, ioctl(vm->vcpu, GH_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (run == MAP_FAILED)
		return -1;
	vm->run = GH_VCPU_RUN;
	vm->immediate_exit = &run->immediate_exit;
	vm->exit_reason = &run->exit_reason;
	vm->exit_mmio = GH_VCPU_EXIT_MMIO;
	vm->mmio = (struct bench_mmio *)&run->mmio;
	return 0;
}

static int gunyah_irqfd(struct bench_vm *vm, int fd)
{
	struct gh_fn_irqfd_arg arg = { .fd = fd, .label = BENCH_SPI };

	return gh_add_function(vm->fd, GH_FN_IRQFD, sizeof(arg), &arg);
}

static int gunyah_ioeventfd(struct bench_vm *vm, __u64 addr, int fd)
{
	struct gh_fn_ioeventfd_arg arg = { .addr = addr, .len = 4, .fd = fd };

	return gh_add_function(vm->fd, GH_FN_IOEVENTFD, sizeof(arg), &arg);
}

static int gunyah_start(struct bench_vm *vm)
{
	const struct dtb_bell bell = { .label = BENCH_SPI, .irq = BENCH_INTID };
	const struct dtb_config dtb = {
		.base = GUEST_BASE,
		.size = vm->size,
		.cpus = 1,
		.num_bells = 1,
		.bells = &bell,
	};

	if (!dtb_build(vm->mem + GUEST_DTB, GUEST_DTB_SIZE, &dtb)) {
		errno = EMSGSIZE;
		return -1;
	}
	if (gh_set_dtb(vm->fd, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE))
		return -1;
	return gh_start(vm->fd);
}

const struct bench_backend bench_gunyah = {
	.name = "gunyah",
	.create = gunyah_create,
	.irqfd = gunyah_irqfd,
	.ioeventfd = gunyah_ioeventfd,
	.start = gunyah_start,
};
