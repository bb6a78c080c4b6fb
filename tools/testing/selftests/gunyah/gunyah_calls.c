// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call of Gunyah's user ABI in the life of one VM, for 32-bit and 64-bit
 * programs. Other tests look at each call in detail.
 */
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "testctl.h"

#define CALLS_TIMEOUT	120

/* Below 1 GiB accesses exit to the host */
#define MMIO		0x10000ULL

/* A doorbell */
#define LABEL		0x21
#define IRQ		33

/* A third region */
#define LENT_LABEL	9
#define LENT_BASE	0x240000000ULL
#define LENT_SIZE	0x10000

/* A bit above all addresses of user space: it must not be cut off */
#define TOO_HIGH	(1ULL << (sizeof(long) == 4 ? 32 : 52))

FIXTURE(calls)
{
	struct leak_state leak;
	struct vm vm;
	int dev;
	int fd;		/* an eventfd */
	unsigned char *mem;
};

FIXTURE_SETUP(calls)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	vm_init(&self->vm);
	self->dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->dev);
	self->fd = new_eventfd(0);
	ASSERT_LE(0, self->fd);
	self->mem = alloc_mem(LENT_SIZE);
	ASSERT_NE(NULL, self->mem);
}

FIXTURE_TEARDOWN(calls)
{
	vm_close(&self->vm);
	close(self->fd);
	close(self->dev);
	munmap(self->mem, LENT_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(calls, info)
{
	struct {
		struct gh_info info;
		__u64 more[2];
	} big = {};
	struct gh_info info = {};
	unsigned int nr = _IOC_NR(GH_GET_INFO);

	ASSERT_CALL(ioctl(self->dev, GH_GET_INFO, &info));
	EXPECT_EQ(0, info.flags);
	EXPECT_LE(GH_FEATURE_MERGED_REGIONS, info.features);
	EXPECT_EQ((__u32)sysconf(_SC_PAGESIZE), info.page_size);
	EXPECT_EQ(1 << GH_FN_VCPU | 1 << GH_FN_IRQFD | 1 << GH_FN_IOEVENTFD,
		  info.functions);
	EXPECT_EQ(MEM_RWX | GH_MEM_LENT | GH_MEM_HOTPLUG,
		  info.mem_flags & ~GH_MEM_PAGED);
	EXPECT_EQ(GH_IRQFD_FLAGS_LEVEL, info.irqfd_flags);
	EXPECT_EQ(GH_IOEVENTFD_FLAGS_DATAMATCH, info.ioeventfd_flags);
	EXPECT_EQ(GH_VM_STOP_FORCE, info.stop_flags);
	EXPECT_EQ(1 | 2 | 4 | 8, info.mmio_sizes);
	EXPECT_EQ(GH_FN_MAX_ARG_SIZE, info.max_arg_size);
	EXPECT_EQ(0, info.max_mem_size % info.page_size);
	EXPECT_LT(0, info.max_mem_size);
	/* 64 bit, little endian, doorbells and vCPUs that the host runs */
	EXPECT_EQ(1 << 15, info.hyp_api & 3 << 14);
	EXPECT_EQ(1 << 1 | 1 << 11, info.hyp_features[0] & (1 << 1 | 1 << 11));
	EXPECT_NE(0, info.vmid);

	info.flags = 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->dev, GH_GET_INFO, &info));

	/* Callers with a later or an incomplete version of the structure */
	big.more[1] = 1;
	EXPECT_ERRNO(E2BIG, ioctl(self->dev,
				  _IOC(_IOC_READ | _IOC_WRITE, GH_IOCTL_TYPE,
				       nr, sizeof(big)), &big));
	big.more[1] = 0;
	big.info.page_size = 1;
	ASSERT_CALL(ioctl(self->dev, _IOC(_IOC_READ | _IOC_WRITE, GH_IOCTL_TYPE,
					  nr, sizeof(big)), &big));
	info.flags = 0;
	EXPECT_EQ(0, memcmp(&info, &big.info, sizeof(info)));
	EXPECT_EQ(0, big.more[0]);
	EXPECT_EQ(0, big.more[1]);
	EXPECT_ERRNO(ENOTTY, ioctl(self->dev, _IOC(_IOC_READ | _IOC_WRITE,
						   GH_IOCTL_TYPE, nr,
						   sizeof(info) - 8), &big));
}

/* All bits of 64-bit members count */
TEST_F(calls, high_addresses)
{
	const struct vm_config cfg = {};
	struct gh_userspace_memory_region region = {
		.label = LENT_LABEL,
		.flags = MEM_RWX,
		.guest_phys_addr = LENT_BASE,
		.memory_size = LENT_SIZE,
		.userspace_addr = (uintptr_t)self->mem + TOO_HIGH,
	};
	struct gh_fn_vcpu_arg vcpu = { .id = 7 };
	struct gh_fn_desc desc = {
		.type = GH_FN_VCPU,
		.arg_size = sizeof(vcpu),
		.arg = (uintptr_t)&vcpu + TOO_HIGH,
	};
	struct vm *vm = &self->vm;
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(vm, &cfg, VM_HAS_VCPUS));
	EXPECT_ERRNO(EFAULT, ioctl(vm->fd, GH_VM_SET_USER_MEM_REGION, &region));
	EXPECT_ERRNO(EFAULT, ioctl(vm->fd, GH_VM_ANDROID_LEND_USER_MEM,
				   &region));
	EXPECT_ERRNO(EFAULT, ioctl(vm->fd, GH_VM_ADD_FUNCTION, &desc));
	EXPECT_ERRNO(EFAULT, ioctl(vm->fd, GH_VM_REMOVE_FUNCTION, &desc));
	region.userspace_addr = (uintptr_t)self->mem;
	region.memory_size += 1ULL << 52;
	EXPECT_EQ(-1, ioctl(vm->fd, GH_VM_SET_USER_MEM_REGION, &region));
	EXPECT_ERRNO(ENOENT, gh_remove_region(vm->fd, LENT_LABEL));
	ASSERT_CALL(gh_set_dtb(vm->fd, GUEST_BASE + GUEST_DTB + (1ULL << 32),
			       GUEST_DTB_SIZE));
	EXPECT_ERRNO(EINVAL, gh_start(vm->fd));
	ASSERT_CALL(gh_set_dtb(vm->fd, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE));

	/* If only half of the address or data matches, the write exits */
	ASSERT_CALL(gh_add_ioeventfd(vm->fd, self->fd, MMIO + (1ULL << 32), 8,
				     0, 0));
	ASSERT_CALL(gh_add_ioeventfd(vm->fd, self->fd, MMIO, 8,
				     GH_IOEVENTFD_FLAGS_DATAMATCH,
				     0x100000002));
	vm_program(vm, 0, G_WRITE(8, MMIO, 2), G_WRITE(8, MMIO, 0x100000002),
		   G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(2, mmio_value(vm->run[0]));
	EXPECT_EQ(0, eventfd_take(self->fd));
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(vm, 0));
	EXPECT_EQ(1, eventfd_take(self->fd));
	ASSERT_CALL(vm_wait_end(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

static int set_register(int vm, __u32 set, __u32 index, __u64 value)
{
	struct gh_vm_boot_context context = {
		.reg = GH_VM_BOOT_CONTEXT_REG(set, index),
		.value = value,
	};

	return ioctl(vm, GH_VM_SET_BOOT_CONTEXT, &context);
}

TEST_F_TIMEOUT(calls, all, CALLS_TIMEOUT)
{
	static const struct dtb_bell bell = { LABEL, IRQ };
	const struct vm_config cfg = {
		.cpus = 2,
		.shm_size = GUEST_SHM_SIZE,
		.num_bells = 1,
		.bells = &bell,
	};
	struct gh_userspace_memory_region region = {
		.label = LENT_LABEL,
		.flags = MEM_RWX,
		.guest_phys_addr = LENT_BASE,
		.memory_size = LENT_SIZE,
		.userspace_addr = (uintptr_t)self->mem,
	};
	struct vm *vm = &self->vm;
	struct gh_vm_stop stop = { .flags = GH_VM_STOP_FORCE };
	struct gh_vm_status status;

	/*
	 * GH_CREATE_VM, GH_VM_SET_USER_MEM_REGION, GH_VM_SET_DTB_CONFIG,
	 * GH_VM_ADD_FUNCTION and GH_VCPU_MMAP_SIZE
	 */
	ASSERT_CALL(vm_build(vm, &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(ioctl(vm->fd, GH_VM_ANDROID_LEND_USER_MEM, &region));
	EXPECT_ERRNO(EEXIST, ioctl(vm->fd, GH_VM_ANDROID_LEND_USER_MEM,
				   &region));
	EXPECT_EQ(0, gh_remove_region(vm->fd, LENT_LABEL));
	ASSERT_CALL(gh_add_irqfd(vm->fd, self->fd, LABEL, 0));
	ASSERT_CALL(gh_add_ioeventfd(vm->fd, self->fd, MMIO, 4, 0, 0));

	/* Move the interpreter away from the start of the image */
	memcpy(vm->mem + GUEST_FREE, guest_code, sizeof(guest_code));
	memset(vm->mem, 0, GUEST_PROG);
	memcpy(vm->mem + GUEST_FREE + GUEST_PROG, vm->mem + GUEST_PROG,
	       GUEST_PROG_SIZE);
	ASSERT_CALL(set_register(vm->fd, GH_VM_BOOT_CONTEXT_SET_PC, 0,
				 GUEST_BASE + GUEST_FREE));
	ASSERT_CALL(set_register(vm->fd, GH_VM_BOOT_CONTEXT_SET_X, 0,
				 GUEST_BASE + GUEST_DTB));
	EXPECT_ERRNO(EINVAL, set_register(vm->fd, GH_VM_BOOT_CONTEXT_SET_PC, 1,
					  0));

	const struct guest_op ops[] = {
		G_IRQ_ENABLE(GUEST_IRQ_EDGE, IRQ),
		G_WRITE(4, MMIO, 1),
		G_IRQ_WAIT(IRQ, GUEST_SHM_BASE, GUEST_NO_BELL),
		G_WRITE(8, MMIO, 0x8877665544332211),
		G_READ(GUEST_LOAD_64, MMIO + 8, 0x1122334455667788),
		G_SPIN,
	};

	memcpy(vm->mem + GUEST_FREE + GUEST_PROG, ops, sizeof(ops));
	EXPECT_ERRNO(EBUSY, ioctl(vm->fd, GH_VM_STOP, &stop));
	ASSERT_CALL(gh_start(vm->fd));

	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(1, vm->run[0]->mmio.is_write);
	EXPECT_EQ(MMIO, vm->run[0]->mmio.phys_addr);
	EXPECT_EQ(0x8877665544332211, mmio_value(vm->run[0]));
	EXPECT_EQ(1, vm_word(vm, 0));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(0, vm->run[0]->mmio.is_write);
	mmio_answer(vm->run[0], 0x1122334455667788);

	EXPECT_EQ(0, gh_remove_irqfd(vm->fd, LABEL));
	EXPECT_EQ(0, gh_remove_ioeventfd(vm->fd, MMIO, 4, 0, 0));
	EXPECT_EQ(0, gh_remove_vcpu(vm->fd, 1));
	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
	EXPECT_EQ(GH_VM_START_STEP_DONE, status.start_step);
	EXPECT_NE(0, status.vmid);

	stop.padding = 1;
	EXPECT_ERRNO(EINVAL, ioctl(vm->fd, GH_VM_STOP, &stop));
	stop.padding = 0;
	ASSERT_CALL(ioctl(vm->fd, GH_VM_STOP, &stop));
	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_FORCED_STOP));
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(vm, 0));
	EXPECT_EQ(GH_VM_STATUS_EXITED, vm->run[0]->status.status);
	EXPECT_EQ(GH_VM_EXIT_FORCED_STOP, vm->run[0]->status.exit_info.type);
}

GUNYAH_TEST_MAIN
