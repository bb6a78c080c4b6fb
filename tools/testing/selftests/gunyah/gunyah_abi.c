// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah's user ABI: numbers, layouts, and every error of every call
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "layout.h"
#include "testctl.h"

#define BAD_POINTER	((void *)-4096L)

/* ---- numbers; layouts are in layout.h ---- */

TEST(numbers)
{
	EXPECT_EQ(0x4700, GH_CREATE_VM);
	EXPECT_EQ(0x40204701, GH_VM_SET_USER_MEM_REGION);
	EXPECT_EQ(0x40104702, GH_VM_SET_DTB_CONFIG);
	EXPECT_EQ(0x4703, GH_VM_START);
	EXPECT_EQ(0x40104704, GH_VM_ADD_FUNCTION);
	EXPECT_EQ(0x4705, GH_VCPU_RUN);
	EXPECT_EQ(0x4706, GH_VCPU_MMAP_SIZE);
	EXPECT_EQ(0x40104707, GH_VM_REMOVE_FUNCTION);
	EXPECT_EQ(0x4010470a, GH_VM_SET_BOOT_CONTEXT);
	EXPECT_EQ(0xc0584710, GH_GET_INFO);
	EXPECT_EQ(0x80f84711, GH_VM_GET_STATUS);
	EXPECT_EQ(0x40084712, GH_VM_STOP);
	EXPECT_EQ(0xc0284713, GH_VM_GET_REGION);
	EXPECT_EQ(0x80684714, GH_VCPU_GET_STATS);
	EXPECT_EQ(0x40204715, GH_CREATE_MEM);
	EXPECT_EQ(0x40104716, GH_VM_RECLAIM_MEM);
	EXPECT_EQ(0x40204111, GH_VM_ANDROID_LEND_USER_MEM);
	EXPECT_EQ(0x40104112, GH_VM_ANDROID_SET_FW_CONFIG);
	EXPECT_EQ(0x40104113, GH_VM_ANDROID_RECLAIM_MEM);
	EXPECT_EQ(0x4117, GH_ANDROID_CHECK_EXTENSION);

	EXPECT_EQ(0, GH_VCPU_EXIT_UNKNOWN);
	EXPECT_EQ(1, GH_VCPU_EXIT_MMIO);
	EXPECT_EQ(2, GH_VCPU_EXIT_STATUS);
	EXPECT_EQ(3, GH_VCPU_EXIT_PAGE_FAULT);
	EXPECT_EQ(0, GH_VCPU_RESUME_HANDLED);
	EXPECT_EQ(1, GH_VCPU_RESUME_FAULT);
	EXPECT_EQ(2, GH_VCPU_RESUME_RETRY);
}

/* ---- what needs no started VM ---- */

FIXTURE(abi)
{
	struct leak_state leak;
	size_t page;
	int dev;
	int fd;
	unsigned char *mem;	/* GUEST_SIZE of anonymous memory */
};

FIXTURE_SETUP(abi)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	self->page = sysconf(_SC_PAGESIZE);
	ASSERT_CALL(bare_open(&self->dev, &self->fd, &self->mem));
}

FIXTURE_TEARDOWN(abi)
{
	bare_close(self->dev, self->fd, self->mem);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(abi, create_vm)
{
	int fd;

	EXPECT_ERRNO(EINVAL, ioctl(self->dev, GH_CREATE_VM, 1));
	EXPECT_ERRNO(EINVAL, ioctl(self->dev, GH_CREATE_VM, ~0UL));

	/* One device can have several VMs, all close-on-exec */
	fd = gh_create_vm(self->dev);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, close(fd));
}

static int without_fds(void *data)
{
	struct rlimit limit = { 0, 0 };
	int *fds = data;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		return 255;
	if (fds[0] >= 0)
		return gh_create_vm(fds[0]) < 0 ? errno : 0;
	return gh_add_vcpu(fds[1], 0) < 0 ? errno : 0;
}

TEST_F(abi, no_more_fds)
{
	int for_vm[2] = { self->dev, -1 }, for_vcpu[2] = { -1, self->fd };
	int fd;

	EXPECT_EQ(EMFILE, in_child(without_fds, for_vm));
	EXPECT_EQ(EMFILE, in_child(without_fds, for_vcpu));
	/* The failed calls have not used up the vCPU id */
	fd = gh_add_vcpu(self->fd, 0);
	ASSERT_LE(0, fd);
	close(fd);
}

static bool known(unsigned int fd_kind, unsigned int cmd)
{
	static const unsigned int cmds[3][6] = {
		{ GH_CREATE_VM },
		{ GH_VM_SET_USER_MEM_REGION, GH_VM_SET_DTB_CONFIG, GH_VM_START,
		  GH_VM_ADD_FUNCTION, GH_VM_REMOVE_FUNCTION, GH_VM_GET_STATUS },
		{ GH_VCPU_RUN, GH_VCPU_MMAP_SIZE },
	};
	unsigned int i;

	for (i = 0; i < 6; i++)
		if (cmds[fd_kind][i] == cmd)
			return true;
	return false;
}

TEST_F(abi, unknown_ioctls)
{
	static const unsigned int cmds[] = {
		/* Each call is known on one kind of file descriptor only */
		GH_CREATE_VM, GH_VM_SET_USER_MEM_REGION, GH_VM_SET_DTB_CONFIG,
		GH_VM_START, GH_VM_ADD_FUNCTION, GH_VM_REMOVE_FUNCTION,
		GH_VCPU_RUN, GH_VCPU_MMAP_SIZE, GH_VM_GET_STATUS,
		/* Their numbers with another size or direction */
		_IOC(_IOC_WRITE, 'G', 0x0, 8), _IOC(_IOC_WRITE, 'G', 0x1, 24),
		_IOC(_IOC_READ, 'G', 0x1, 32), _IOC(_IOC_WRITE, 'G', 0x2, 8),
		_IOC(_IOC_NONE, 'G', 0x2, 0), _IOC(_IOC_WRITE, 'G', 0x3, 4),
		_IOC(_IOC_WRITE, 'G', 0x4, 1056), _IOC(_IOC_NONE, 'G', 0x7, 0),
		_IOC(_IOC_WRITE, 'G', 0x5, 4), _IOC(_IOC_READ, 'G', 0x6, 4),
		_IOC(_IOC_WRITE, 'G', 0x11, 40), _IOC(_IOC_READ, 'G', 0x11, 32),
		/* Numbers that stay unused */
		_IOC(_IOC_WRITE, 'G', 0x8, 64), _IOC(_IOC_WRITE, 'G', 0x9, 40),
		_IO('G', 0x8), _IO('G', 0x9),
		/* Other kernels' calls, whose meaning is not known for sure */
		_IO('A', 0x10), _IOC(_IOC_WRITE, 'A', 0x15, 40),
		_IOC(_IOC_WRITE, 'A', 0x16, 16),
		/* Other drivers' calls with their own type, and a tty's */
		_IO(0xb2, 0x01), _IO(0xae, 0x00), _IO(0xae, 0x01), 0x5401, 0,
	};
	int fds[3] = { self->dev, self->fd, gh_add_vcpu(self->fd, 0) };
	unsigned int kind, i;

	ASSERT_LE(0, fds[2]);
	for (kind = 0; kind < 3; kind++) {
		for (i = 0; i < ARRAY_SIZE(cmds); i++) {
			if (known(kind, cmds[i]))
				continue;
			EXPECT_EQ(-1, ioctl(fds[kind], cmds[i], self->mem));
			EXPECT_EQ(ENOTTY, errno)
				TH_LOG("kind %u call %x", kind, cmds[i]);
		}
		for (i = 0x40; i < 0x100; i++)
			EXPECT_ERRNO(ENOTTY, ioctl(fds[kind], _IO('G', i), 0));
	}
	close(fds[2]);
}

TEST_F(abi, pointers)
{
	static const unsigned int cmds[] = {
		GH_VM_SET_USER_MEM_REGION, GH_VM_SET_DTB_CONFIG,
		GH_VM_ADD_FUNCTION, GH_VM_REMOVE_FUNCTION, GH_VM_GET_STATUS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		EXPECT_ERRNO(EFAULT, ioctl(self->fd, cmds[i], NULL));
		EXPECT_ERRNO(EFAULT, ioctl(self->fd, cmds[i], BAD_POINTER));
	}
	EXPECT_ERRNO(EFAULT, gh_add_function(self->fd, GH_FN_VCPU, 4, NULL));
	EXPECT_ERRNO(EFAULT, gh_add_function(self->fd, GH_FN_VCPU, 4,
					     BAD_POINTER));
	EXPECT_ERRNO(EFAULT, gh_remove_function(self->fd, GH_FN_VCPU, 4,
						BAD_POINTER));
}

/* ---- devicetree and start ---- */

TEST_F(abi, dtb_config)
{
	EXPECT_ERRNO(EINVAL, gh_set_dtb(self->fd, GUEST_BASE, 0));
	EXPECT_ERRNO(EOVERFLOW, gh_set_dtb(self->fd, ~0ULL - 0xfff, 0x2000));
	EXPECT_ERRNO(EOVERFLOW, gh_set_dtb(self->fd, 0x1000, ~0ULL));
	EXPECT_ERRNO(EOVERFLOW, gh_set_dtb(self->fd, 0x1000, ~0ULL - 0x1000));
	/* No memory is needed yet, and the last call counts */
	EXPECT_EQ(0, gh_set_dtb(self->fd, 0, 1));
	EXPECT_EQ(0, gh_set_dtb(self->fd, GUEST_BASE, 1082));
	EXPECT_EQ(0, gh_set_dtb(self->fd, GUEST_BASE, 5ULL << 32));
}

TEST_F(abi, start_needs_devicetree)
{
	struct gh_vm_status status;

	EXPECT_ERRNO(EINVAL, gh_start(self->fd));
	ASSERT_CALL(gh_set_region(self->fd, 1, MEM_RWX, GUEST_BASE, GUEST_SIZE,
				  self->mem));
	EXPECT_ERRNO(EINVAL, gh_start(self->fd));
	/* Outside, before the region's start, over its end, 4 GiB too long */
	ASSERT_CALL(gh_set_dtb(self->fd, GUEST_BASE + GUEST_SIZE, 0x1000));
	EXPECT_ERRNO(EINVAL, gh_start(self->fd));
	ASSERT_CALL(gh_set_dtb(self->fd, GUEST_BASE - 0x1000, 0x2000));
	EXPECT_ERRNO(EINVAL, gh_start(self->fd));
	ASSERT_CALL(gh_set_dtb(self->fd, GUEST_BASE + GUEST_SIZE - 0x1000,
			       0x2000));
	EXPECT_ERRNO(EINVAL, gh_start(self->fd));
	ASSERT_CALL(gh_set_dtb(self->fd, GUEST_BASE, (1ULL << 32) + 0x1000));
	EXPECT_ERRNO(EINVAL, gh_start(self->fd));

	/* None of these counts as a start */
	ASSERT_CALL(gh_status(self->fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	EXPECT_EQ(0, status.start_errno);
	EXPECT_EQ(GH_VM_START_REASON_NO_DTB, status.start_reason);
	EXPECT_EQ(0, status.start_label);
}

/* ---- functions ---- */

TEST_F(abi, functions)
{
	static const __u32 bad_sizes[] = { 0, 1, 3, 257, ~0U };
	static const __u32 sizes[] = { 9, 12, 256 };
	static const __u32 big[64], unknown[64] = { 0, 0, 1 };
	static const __u32 types[] = { 0, 1000, ~0U };
	struct gh_fn_vcpu_arg arg = { .id = 0 };
	unsigned int i;
	int fd, fd1;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_ERRNO(ENOENT, gh_add_function(self->fd, types[i],
						     sizeof(arg), &arg));
		EXPECT_ERRNO(ENOENT, gh_remove_function(self->fd, types[i],
							sizeof(arg), &arg));
	}
	for (i = 0; i < ARRAY_SIZE(bad_sizes); i++) {
		EXPECT_ERRNO(EINVAL, gh_add_function(self->fd, GH_FN_VCPU,
						     bad_sizes[i], big));
		EXPECT_ERRNO(EINVAL, gh_remove_function(self->fd, GH_FN_VCPU,
							bad_sizes[i], big));
	}
	/* Callers that know members which the kernel does not know */
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_ERRNO(E2BIG, gh_add_function(self->fd, GH_FN_VCPU,
						    sizes[i], unknown));
		EXPECT_ERRNO(E2BIG, gh_remove_function(self->fd, GH_FN_VCPU,
						       sizes[i], unknown));
		fd = gh_add_function(self->fd, GH_FN_VCPU, sizes[i], big);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, gh_remove_function(self->fd, GH_FN_VCPU, sizes[i],
						big));
		close(fd);
	}

	EXPECT_ERRNO(ENOENT, gh_remove_vcpu(self->fd, 0));
	fd = gh_add_vcpu(self->fd, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_ERRNO(EEXIST, gh_add_vcpu(self->fd, 0));
	EXPECT_ERRNO(ENOENT, gh_remove_vcpu(self->fd, 1));
	fd1 = gh_add_vcpu(self->fd, 1);
	ASSERT_LE(0, fd1);
	EXPECT_EQ(0, gh_remove_vcpu(self->fd, 0));
	EXPECT_ERRNO(ENOENT, gh_remove_vcpu(self->fd, 0));
	EXPECT_ERRNO(ENODEV, gh_vcpu_run(fd));
	close(fd);
	close(fd1);
}

TEST_F(abi, vcpu_flags)
{
	static const __u32 bad_flags[] = { 2, 3, 1U << 31, ~0U };
	struct gh_fn_vcpu_arg arg = { .id = 0 };
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(bad_flags); i++)
		EXPECT_ERRNO(EINVAL, gh_add_vcpu_flags(self->fd, 0,
						       bad_flags[i]));
	/* The first version of the argument, one without, and one with a flag */
	for (i = 4; i <= 8; i += 2) {
		arg.flags = i == 8 ? GH_VCPU_FLAGS_PAGE_FAULT : 0;
		fd = gh_add_function(self->fd, GH_FN_VCPU, i, &arg);
		ASSERT_LE(0, fd);
		EXPECT_ERRNO(EEXIST, gh_add_vcpu_flags(self->fd, 0,
						       GH_VCPU_FLAGS_PAGE_FAULT));
		/* They do not matter */
		arg.flags = ~0U;
		EXPECT_EQ(0, gh_remove_function(self->fd, GH_FN_VCPU, i, &arg));
		close(fd);
	}
}

TEST_F(abi, vcpu_mapping)
{
	size_t page = self->page;
	struct gh_vcpu_run *run;
	int fd, fd1;
	void *map;

	fd = gh_add_vcpu(self->fd, 0);
	ASSERT_LE(0, fd);
	fd1 = gh_add_vcpu(self->fd, 1);
	ASSERT_LE(0, fd1);
	EXPECT_EQ((int)page, ioctl(fd, GH_VCPU_MMAP_SIZE, 0));

	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ, MAP_SHARED, fd,
				   page));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ, MAP_SHARED, fd,
				   1ULL << 32));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd,
				   0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ, MAP_SHARED, self->fd,
				   0));

	run = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, run);
	EXPECT_TRUE(all_zero(run, page));
	/* It cannot be made larger */
	map = mremap(run, page, 2 * page, MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, map);

	/* The mapping stays when the function and the fd are gone */
	run->padding1 = 0x12345678;
	map = mmap(NULL, page, PROT_READ, MAP_SHARED, fd1, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_TRUE(all_zero(map, page));
	EXPECT_EQ(0, gh_remove_vcpu(self->fd, 0));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0x12345678, run->padding1);
	munmap(run, page);
	munmap(map, page);
	close(fd1);
}

TEST_F(abi, run_before_start)
{
	struct gh_vcpu_run *run;
	int fd;

	fd = gh_add_vcpu(self->fd, 0);
	ASSERT_LE(0, fd);
	run = mmap(NULL, self->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, run);

	EXPECT_ERRNO(ENODEV, gh_vcpu_run(fd));
	run->immediate_exit = 1;
	EXPECT_EQ(-1, gh_vcpu_run(fd));
	EXPECT_TRUE(errno == ENODEV || errno == EINTR);
	munmap(run, self->page);
	close(fd);
}

/* ---- a VM that is started ---- */

FIXTURE(started)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_SETUP(started)
{
	struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &cfg, VM_STARTED));
}

FIXTURE_TEARDOWN(started)
{
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(started, too_late)
{
	struct gh_vm_status status;
	int fd = self->vm.fd;
	void *mem;

	mem = alloc_mem(GUEST_SIZE);
	ASSERT_NE(NULL, mem);
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, GUEST_IMAGE_LABEL));
	EXPECT_ERRNO(EBUSY, gh_set_dtb(fd, GUEST_BASE, GUEST_DTB_SIZE));
	EXPECT_EQ(0, gh_start(fd));

	/* A VM that has ended cannot be given memory, either */
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_ERRNO(EBUSY, gh_set_region(fd, 77, MEM_RWX, GUEST_SHM_BASE,
					  GUEST_SIZE, mem));
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, GUEST_IMAGE_LABEL));
	EXPECT_ERRNO(EBUSY, gh_set_dtb(fd, GUEST_BASE, GUEST_DTB_SIZE));
	EXPECT_EQ(0, gh_start(fd));
	munmap(mem, GUEST_SIZE);
}

TEST_F(started, functions)
{
	struct gh_vm_status status;
	int fd = self->vm.fd, vcpu;

	/* A vCPU that the devicetree does not have is inert */
	vcpu = gh_add_vcpu(fd, 3);
	ASSERT_LE(0, vcpu);
	EXPECT_ERRNO(ENODEV, gh_vcpu_run(vcpu));
	EXPECT_EQ(0, gh_remove_vcpu(fd, 3));
	close(vcpu);

	EXPECT_ERRNO(EEXIST, gh_add_vcpu(fd, 0));

	/* Remove the real one and add it again */
	EXPECT_EQ(0, gh_remove_vcpu(fd, 0));
	EXPECT_ERRNO(ENODEV, gh_vcpu_run(self->vm.vcpu[0]));
	vm_close_vcpus(&self->vm);
	vcpu = gh_add_vcpu(fd, 0);
	ASSERT_LE(0, vcpu);
	self->vm.vcpu[0] = vcpu;
	self->vm.run[0] = mmap(NULL, sysconf(_SC_PAGESIZE),
			       PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ASSERT_NE(MAP_FAILED, self->vm.run[0]);
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

static int start_vm(void *data)
{
	return gh_start(*(int *)data) ? errno : 0;
}

TEST_F(abi, start_other_address_space)
{
	struct gh_vm_status status;
	struct vm_config cfg = {};
	struct vm vm;

	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_HAS_VCPUS));
	EXPECT_EQ(EPERM, in_child(start_vm, &vm.fd));
	EXPECT_EQ(0, gh_start(vm.fd));
	ASSERT_CALL(vm_finish(&vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&vm);
}

TEST_F(abi, start_lent_unmapped)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE, .shm_lent = true };
	struct gh_vm_status status;
	struct vm vm;

	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_HAS_VCPUS));
	ASSERT_EQ(0, munmap(vm.shm, cfg.shm_size));
	EXPECT_ERRNO(EFAULT, gh_start(vm.fd));
	ASSERT_CALL(gh_status(vm.fd, &status));
	EXPECT_NE(GH_VM_STATE_RUNNING, status.state);
	vm.shm = NULL;
	vm_close(&vm);
}

/* The next VM with some memory is prepared while the first one has it */
TEST_F(abi, start_lent_to_another)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE, .shm_lent = true };
	struct gh_vm_status status;
	struct vm vm, next;

	vm_init(&vm);
	vm_init(&next);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_build(&next, &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(gh_remove_region(next.fd, GUEST_SHM_LABEL));
	EXPECT_ERRNO(EFAULT, gh_set_region(next.fd, GUEST_SHM_LABEL, MEM_RWX,
					   GUEST_SHM_BASE, cfg.shm_size,
					   vm.shm));
	ASSERT_CALL(gh_set_region(next.fd, GUEST_SHM_LABEL,
				  MEM_RWX | GH_MEM_LENT, GUEST_SHM_BASE,
				  cfg.shm_size, vm.shm));
	EXPECT_ERRNO(EFAULT, gh_start(next.fd));
	ASSERT_CALL(gh_status(next.fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);

	/* The next one has it from now on */
	munmap(next.shm, cfg.shm_size);
	next.shm = vm.shm;
	vm.shm = NULL;
	vm_close(&vm);
	EXPECT_EQ(0, gh_start(next.fd));
	ASSERT_CALL(vm_finish(&next, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&next);
}

/* ---- starts that the resource manager refuses ---- */

FIXTURE(refused)
{
	struct leak_state leak;
	struct vm vm;
	struct param allow;
};

FIXTURE_VARIANT(refused)
{
	struct vm_config cfg;
	int error;
};

FIXTURE_VARIANT_ADD(refused, bad_magic)
{
	.cfg = { .defect = DTB_BAD_MAGIC },
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(refused, no_vm_config)
{
	.cfg = { .defect = DTB_NO_VM_CONFIG },
	.error = ENODEV,
};

FIXTURE_VARIANT_ADD(refused, no_image_name)
{
	.cfg = { .defect = DTB_NO_IMAGE_NAME },
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(refused, memory_unit)
{
	.cfg = { .defect = DTB_MEMORY_UNIT },
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(refused, hypervisor_node)
{
	.cfg = { .defect = DTB_HYPERVISOR_NODE },
	.error = ENODEV,
};

FIXTURE_VARIANT_ADD(refused, mmio_base)
{
	.cfg = { .defect = DTB_MMIO_BASE },
	.error = ENODEV,
};

FIXTURE_VARIANT_ADD(refused, no_timeslice)
{
	.cfg = { .defect = DTB_NO_TIMESLICE, .scheduled = true },
	.error = ENODEV,
};

FIXTURE_VARIANT_ADD(refused, too_many_cpus)
{
	.cfg = { .defect = DTB_TOO_MANY_CPUS },
	.error = ENODEV,
};

/* The same errors where the firmware does not accept a shared image */
FIXTURE_VARIANT_ADD(refused, shared_bad_magic)
{
	.cfg = { .defect = DTB_BAD_MAGIC, .shared = true },
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(refused, shared_hypervisor)
{
	.cfg = {
		.defect = DTB_HYPERVISOR_NODE,
		.shared = true,
		.shm_size = GUEST_SHM_SIZE,
	},
	.error = ENODEV,
};

FIXTURE_SETUP(refused)
{
	SKIP_WITHOUT_GUNYAH(return);
	/* None of them gets far enough to do harm to any firmware */
	if (variant->cfg.scheduled)
		param_set(&self->allow, STATIC_PARAM, "Y");
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &variant->cfg,
			     VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(refused)
{
	vm_close(&self->vm);
	param_restore(&self->allow);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(refused, start)
{
	struct pollfd pfd = { .fd = self->vm.fd, .events = POLLIN };
	struct gh_vm_status status;
	unsigned char *free = self->vm.mem + GUEST_FREE;
	size_t size = GUEST_SIZE - GUEST_FREE;
	int error = variant->error;
	unsigned int i;

	pattern_fill(free, size, 42);
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	/* Firmware differs in how it refuses something that is no devicetree */
	if (variant->cfg.defect == DTB_BAD_MAGIC && !testctl_present() &&
	    gh_start(self->vm.fd) && errno == ENODEV)
		error = ENODEV;
	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(error, gh_start(self->vm.fd));

	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ((__u32)error, status.start_errno);
	EXPECT_EQ(0, status.exit_type);
	EXPECT_EQ(0, status.vmid);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLHUP, pfd.revents);

	EXPECT_ERRNO(ENODEV, gh_vcpu_run(self->vm.vcpu[0]));
	/* The memory is back, unchanged */
	EXPECT_TRUE(pattern_check(free, size, 42));
	memset(free, 0, size);
}

GUNYAH_TEST_MAIN
