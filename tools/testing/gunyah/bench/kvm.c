// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmark: a VM of KVM
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "bench.h"
#include "gunyah_utils.h"

static int add_vcpu(struct bench_vm *vm, int dev)
{
	struct kvm_vcpu_init init;
	struct kvm_one_reg pc = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		      KVM_REG_ARM_CORE_REG(regs.pc),
	};
	__u64 entry = GUEST_BASE;
	struct kvm_run *run;

	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu < 0)
		return -1;
	run = mmap(NULL, ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (run == MAP_FAILED)
		return -1;
	vm->run = KVM_RUN;
	vm->immediate_exit = &run->immediate_exit;
	vm->exit_reason = &run->exit_reason;
	vm->exit_mmio = KVM_EXIT_MMIO;
	vm->mmio = (struct bench_mmio *)&run->mmio;

	if (ioctl(vm->fd, KVM_ARM_PREFERRED_TARGET, &init) ||
	    ioctl(vm->vcpu, KVM_ARM_VCPU_INIT, &init))
		return -1;
	pc.addr = (uintptr_t)&entry;
	return ioctl(vm->vcpu, KVM_SET_ONE_REG, &pc);
}

static int set_attr(int dev, __u32 group, __u64 attr, void *value)
{
	struct kvm_device_attr arg = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	return ioctl(dev, KVM_SET_DEVICE_ATTR, &arg);
}

/* The interrupt controller in the kernel, with the virtual CPU there is */
static int add_gic(struct bench_vm *vm)
{
	struct kvm_create_device dev = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	__u64 gicd = GUEST_GICD, gicr = GUEST_GICR;

	if (ioctl(vm->fd, KVM_CREATE_DEVICE, &dev))
		return -1;
	if (set_attr(dev.fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		     KVM_VGIC_V3_ADDR_TYPE_DIST, &gicd) ||
	    set_attr(dev.fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		     KVM_VGIC_V3_ADDR_TYPE_REDIST, &gicr))
		return -1;
	return set_attr(dev.fd, KVM_DEV_ARM_VGIC_GRP_CTRL,
			KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static int kvm_create(struct bench_vm *vm)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = GUEST_BASE,
		.memory_size = vm->size,
		.userspace_addr = (uintptr_t)vm->mem,
	};
	int dev;

	dev = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return -1;
	vm->fd = ioctl(dev, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return -1;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return -1;
	if (add_vcpu(vm, dev))
		return -1;
	return add_gic(vm);
}

static int kvm_irqfd(struct bench_vm *vm, int fd)
{
	struct kvm_irqfd arg = { .fd = fd, .gsi = BENCH_SPI };

	return ioctl(vm->fd, KVM_IRQFD, &arg);
}

static int kvm_ioeventfd(struct bench_vm *vm, __u64 addr, int fd)
{
	struct kvm_ioeventfd arg = { .addr = addr, .len = 4, .fd = fd };

	return ioctl(vm->fd, KVM_IOEVENTFD, &arg);
}

static int kvm_start(struct bench_vm *vm)
{
	return 0;
}

const struct bench_backend bench_kvm = {
	.name = "kvm",
	.create = kvm_create,
	.irqfd = kvm_irqfd,
	.ioeventfd = kvm_ioeventfd,
	.start = kvm_start,
};
