// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs whose memory is a memory file
 *
 * See gunyah_memfile.c for the files themselves.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "remote.h"
#include "testctl.h"

#define MEMFILE_TIMEOUT	300
#define MEM_RW		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

/* The image, and behind it memory for other regions */
#define FILE_SIZE	(2 * GUEST_SIZE)
#define MORE_LABEL	77
#define MORE_GPA	0x140000000ULL
#define MORE_SIZE	0x40000

/* Memory of a guest that it does not use itself */
#define FREE_SIZE	(GUEST_SIZE - GUEST_FREE)

/**
 * struct memory - a memory file
 * @fd: the file
 * @mem: a mapping of it
 */
struct memory {
	int fd;
	unsigned char *mem;
};

static int memory_open(struct memory *memory)
{
	int dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);

	memory->mem = NULL;
	memory->fd = gh_create_mem(dev, FILE_SIZE);
	close(dev);
	if (memory->fd < 0)
		return -1;
	memory->mem = map_shared(memory->fd, FILE_SIZE, 0);
	return memory->mem ? 0 : -1;
}

static void memory_close(struct memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	if (memory->mem)
		munmap(memory->mem, FILE_SIZE);
	memory->fd = -1;
	memory->mem = NULL;
}

static bool is_new(int vm)
{
	struct gh_vm_status status;

	return !gh_status(vm, &status) && status.state == GH_VM_STATE_NEW;
}

/* ---- lives ---- */

FIXTURE(life)
{
	struct leak_state leak;
	struct memory memory;
	struct vm vm;
};

FIXTURE_VARIANT(life)
{
	bool shared;
};

FIXTURE_VARIANT_ADD(life, shared)
{
	.shared = true,
};

FIXTURE_VARIANT_ADD(life, lent)
{
};

FIXTURE_SETUP(life)
{
	struct vm_config cfg = { .shared = variant->shared };

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &cfg);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	ASSERT_CALL(memory_open(&self->memory));
}

FIXTURE_TEARDOWN(life)
{
	testctl_reset();
	vm_close(&self->vm);
	memory_close(&self->memory);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* The host has no access while the memory is lent, and has it again afterwards */
TEST_F_TIMEOUT(life, several, MEMFILE_TIMEOUT)
{
	struct vm_config cfg = {
		.mem = self->memory.mem, .shared = variant->shared,
	};
	__u64 base = GUEST_BASE + GUEST_FREE, before, after;
	unsigned char *mem = self->memory.mem + GUEST_FREE;
	struct gh_vm_region region = { .label = GUEST_IMAGE_LABEL };
	struct gh_vm_status status;
	struct leak_state filled;
	unsigned int round;

	for (round = 0; round < 3; round++) {
		before = 0x100 + round;
		after = 0x200 + round;
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
		pattern_fill(mem, FREE_SIZE, before);
		vm_program(&self->vm, 0, G_CHECK(base, FREE_SIZE, before),
			   G_FILL(base, FREE_SIZE, after), G_OFF);
		leak_read(&filled);
		ASSERT_CALL(gh_start(self->vm.fd));
		EXPECT_EQ(variant->shared ? 0 : SIGBUS, probe_load(mem));
		/* What is behind it is still there */
		EXPECT_EQ(0, probe_load(self->memory.mem + GUEST_SIZE));
		/* Nothing was pinned, charged or copied */
		EXPECT_EQ(self->leak.pins, filled.pins);
		EXPECT_EQ(self->leak.locked_kb + FILE_SIZE / 1024,
			  filled.locked_kb);
		ASSERT_CALL(ioctl(self->vm.fd, GH_VM_GET_REGION, &region));
		EXPECT_EQ(GH_REGION_GIVEN, region.state);
		EXPECT_GE(8, region.entries);
		ASSERT_CALL(vm_finish(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		vm_close(&self->vm);
		EXPECT_TRUE(variant->shared ?
			    pattern_check(mem, FREE_SIZE, after) :
			    all_zero(self->memory.mem, GUEST_SIZE));
	}
}

/* A start that the firmware refuses leaves the content alone */
TEST_F_TIMEOUT(life, failed_start, MEMFILE_TIMEOUT)
{
	struct vm_config cfg = {
		.mem = self->memory.mem, .shared = variant->shared,
		.defect = DTB_HYPERVISOR_NODE,
	};
	unsigned char *mem = self->memory.mem + GUEST_FREE;
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	pattern_fill(mem, FREE_SIZE, 77);
	EXPECT_ERRNO(ENODEV, gh_start(self->vm.fd));
	EXPECT_TRUE(pattern_check(mem, FREE_SIZE, 77));
	vm_close(&self->vm);
	EXPECT_TRUE(pattern_check(mem, FREE_SIZE, 77));

	/* So does one that the driver refuses, and a later one succeeds */
	cfg.defect = DTB_DEEP;
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	EXPECT_ERRNO(EINVAL, gh_start(self->vm.fd));
	EXPECT_TRUE(is_new(self->vm.fd));
	EXPECT_TRUE(pattern_check(mem, FREE_SIZE, 77));
	self->vm.cfg.defect = DTB_GOOD;
	ASSERT_CALL(vm_add_dtb(&self->vm));
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* The region has the memory of the file, whatever is mapped at the start */
TEST_F_TIMEOUT(life, unmapped, MEMFILE_TIMEOUT)
{
	struct vm_config cfg = {
		.mem = self->memory.mem, .shared = variant->shared,
	};
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	memory_close(&self->memory);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

static int start_and_leave(void *data)
{
	struct vm_config cfg = *(struct vm_config *)data;
	struct memory memory;
	static struct vm vm;

	vm_init(&vm);
	if (memory_open(&memory))
		return 1;
	cfg.mem = memory.mem;
	return vm_build(&vm, &cfg, VM_STARTED) ? 2 : 0;
}

/* The file, its mappings, VM and process go in any order */
TEST_F_TIMEOUT(life, any_order, MEMFILE_TIMEOUT)
{
	struct vm_config cfg = { .shared = variant->shared };
	struct leak_state before;
	unsigned int order;

	memory_close(&self->memory);
	leak_read(&before);
	for (order = 0; order < 4; order++) {
		ASSERT_CALL(memory_open(&self->memory));
		cfg.mem = self->memory.mem;
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
		if (order & 1)
			munmap(self->memory.mem, FILE_SIZE);
		if (order & 2)
			close(self->memory.fd);
		vm_close(&self->vm);
		if (!(order & 1)) {
			EXPECT_EQ(0, probe_load(self->memory.mem));
			munmap(self->memory.mem, FILE_SIZE);
		}
		if (!(order & 2))
			close(self->memory.fd);
		self->memory.fd = -1;
		self->memory.mem = NULL;
		EXPECT_TRUE(leak_check(&before, BACK_MS));
	}
	EXPECT_EQ(0, in_child(start_and_leave, &cfg));
	EXPECT_TRUE(leak_check(&before, BACK_MS));
}

/* ---- lent memory is out of reach ---- */

FIXTURE(lent)
{
	struct leak_state leak;
	struct memory memory;
	struct vm vm;
	struct vm other;
	bool keeps;		/* the firmware may keep something for good */
};

FIXTURE_SETUP(lent)
{
	struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	vm_init(&self->other);
	ASSERT_CALL(memory_open(&self->memory));
	cfg.mem = self->memory.mem;
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(lent)
{
	testctl_reset();
	vm_close(&self->vm);
	vm_close(&self->other);
	memory_close(&self->memory);
	if (!self->keeps)
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

static int child_reads(void *mem)
{
	return probe_load(mem);
}

/* In every mapping of every process, and for the kernel on its behalf */
TEST_F_TIMEOUT(lent, every_access, MEMFILE_TIMEOUT)
{
	unsigned char *mem = self->memory.mem, *other, byte = 0, buf[64];
	struct iovec local = { buf, sizeof(buf) }, remote = { mem, 64 };
	int pipes[2], proc;
	pid_t pid = getpid();

	other = map_shared(self->memory.fd, FILE_SIZE, 0);
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(1, write(pipes[1], &byte, 1));
	/* Every page of both is mapped */
	EXPECT_TRUE(mem[FILE_SIZE - 1] + other[0] >= 0);
	pattern_fill(mem + GUEST_FREE, FREE_SIZE, 1);
	EXPECT_TRUE(pattern_check(other + GUEST_FREE, FREE_SIZE, 1));
	ASSERT_CALL(gh_start(self->vm.fd));

	EXPECT_EQ(SIGBUS, probe_load(mem));
	EXPECT_EQ(SIGBUS, probe_load(mem + GUEST_SIZE - 1));
	EXPECT_EQ(0, probe_load(mem + GUEST_SIZE));
	EXPECT_EQ(SIGBUS, probe_load(other));
	EXPECT_EQ(SIGBUS, in_child(child_reads, mem));
	EXPECT_EQ(SIGBUS, in_child(child_reads, other));
	EXPECT_EQ(0, in_child(child_reads, other + GUEST_SIZE));
	EXPECT_ERRNO(EFAULT, read(pipes[0], mem, 1));
	EXPECT_ERRNO(EFAULT, write(pipes[1], mem, 1));
	EXPECT_ERRNO(EFAULT, process_vm_readv(pid, &local, 1, &remote, 1, 0));
	EXPECT_ERRNO(EFAULT, vmsplice(pipes[1], &remote, 1, 0));
	EXPECT_ERRNO(EFAULT, madvise(mem, GUEST_SIZE, MADV_POPULATE_READ));
	proc = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	EXPECT_LE(0, proc);
	EXPECT_ERRNO(EIO, pread(proc, buf, 1, (uintptr_t)mem));
	EXPECT_ERRNO(EIO, pwrite(proc, buf, 1, (uintptr_t)mem));
	close(proc);
	/* A mapping that is new changes nothing */
	munmap(other, FILE_SIZE);
	other = map_shared(self->memory.fd, FILE_SIZE, 0);
	ASSERT_NE(NULL, other);
	EXPECT_EQ(SIGBUS, probe_load(other));

	vm_close(&self->vm);
	EXPECT_TRUE(all_zero(mem, GUEST_SIZE));
	EXPECT_TRUE(all_zero(other, GUEST_SIZE));
	EXPECT_EQ(0, in_child(child_reads, mem));
	munmap(other, FILE_SIZE);
	close(pipes[0]);
	close(pipes[1]);
}

/* ---- pages that somebody refers to are not lent ---- */

static void expect_busy(struct __test_metadata *_metadata, int vm)
{
	struct gh_vm_status status;

	EXPECT_ERRNO(EBUSY, gh_start(vm));
	ASSERT_CALL(gh_status(vm, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	EXPECT_EQ(GH_VM_START_REASON_MEM_BUSY, status.start_reason);
	EXPECT_EQ(GUEST_IMAGE_LABEL, status.start_label);
}

static void expect_life(struct __test_metadata *_metadata, struct vm *vm)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_CALL(vm_finish(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

TEST_F_TIMEOUT(lent, page_in_pipe, MEMFILE_TIMEOUT)
{
	unsigned char *last = self->memory.mem + GUEST_SIZE - 1;
	struct iovec iov = { last, 1 };
	int fds[2];

	pattern_fill(self->memory.mem + GUEST_FREE, FREE_SIZE, 5);
	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(1, vmsplice(fds[1], &iov, 1, 0));
	expect_busy(_metadata, self->vm.fd);
	EXPECT_TRUE(pattern_check(self->memory.mem + GUEST_FREE, FREE_SIZE, 5));
	expect_busy(_metadata, self->vm.fd);
	close(fds[0]);
	close(fds[1]);
	expect_life(_metadata, &self->vm);
}

static int ring_open(void)
{
	struct io_uring_params params = {};

	return syscall(__NR_io_uring_setup, 1, &params);
}

TEST_F_TIMEOUT(lent, page_of_io_uring, MEMFILE_TIMEOUT)
{
	struct iovec iov = { self->memory.mem + 4096, 1 };
	int ring = ring_open(), ret;

	if (ring < 0)
		SKIP(return, "no io_uring: %s", strerror(errno));
	ret = syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS,
		      &iov, 1);
	/* Before Linux 6.5, only of anonymous memory and of shmem */
	if (ret && errno == EOPNOTSUPP)
		SKIP(return, "io_uring takes no pages of such files");
	ASSERT_EQ(0, ret);
	expect_busy(_metadata, self->vm.fd);
	ASSERT_CALL(syscall(__NR_io_uring_register, ring,
			    IORING_UNREGISTER_BUFFERS, NULL, 0));
	/* The ring gives the pages up a little later */
	while (gh_start(self->vm.fd) && errno == EBUSY)
		usleep(10000);
	expect_life(_metadata, &self->vm);
	EXPECT_EQ(0, close(ring));
}

static bool busy_stop;

/* Map, read and forget pages as fast as possible; it fails now and then */
static void *touch_pages(void *data)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { .iov_len = 1 };
	unsigned char *mem = data;
	size_t at;

	while (!__atomic_load_n(&busy_stop, __ATOMIC_RELAXED)) {
		for (at = 0; at < GUEST_SIZE; at += 16 * 4096) {
			remote.iov_base = mem + at;
			process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
		}
		madvise(mem, GUEST_SIZE, MADV_DONTNEED);
	}
	return NULL;
}

/* Faults and looks at pages race with lending: nobody ever sees lent memory */
TEST_F_TIMEOUT(lent, races, MEMFILE_TIMEOUT)
{
	struct vm_config cfg = { .mem = self->memory.mem };
	struct gh_vm_status status;
	pthread_t thread[2];
	unsigned int i, good = 0;

	busy_stop = false;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, touch_pages,
					    self->memory.mem));
	for (i = 0; i < 30; i++) {
		if (gh_start(self->vm.fd)) {
			EXPECT_EQ(EBUSY, errno);
			EXPECT_TRUE(is_new(self->vm.fd));
			continue;
		}
		good++;
		EXPECT_EQ(SIGBUS, in_child(child_reads, self->memory.mem));
		ASSERT_CALL(vm_finish(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		vm_close(&self->vm);
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	}
	__atomic_store_n(&busy_stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	TH_LOG("%u starts succeeded", good);
	EXPECT_LT(0, good);
}

/* ---- overlaps ---- */

static int add_more(int fd, __u32 flags, void *mem)
{
	return gh_set_region(fd, MORE_LABEL, MEM_RW | flags, MORE_GPA,
			     MORE_SIZE, mem);
}

TEST_F_TIMEOUT(lent, not_while_shared, MEMFILE_TIMEOUT)
{
	unsigned char *last = self->memory.mem + GUEST_SIZE - MORE_SIZE;
	struct vm_config cfg = {};

	/* Registered is enough; the last page is */
	ASSERT_CALL(vm_build(&self->other, &cfg, VM_CREATED));
	ASSERT_CALL(add_more(self->other.fd, 0, last));
	expect_busy(_metadata, self->vm.fd);
	ASSERT_CALL(gh_remove_region(self->other.fd, MORE_LABEL));
	ASSERT_CALL(gh_set_region(self->other.fd, MORE_LABEL, MEM_RW, MORE_GPA,
				  2 * MORE_SIZE,
				  last + MORE_SIZE - getpagesize()));
	expect_busy(_metadata, self->vm.fd);
	ASSERT_CALL(gh_remove_region(self->other.fd, MORE_LABEL));
	/* The neighbour is no matter */
	ASSERT_CALL(add_more(self->other.fd, 0, last + MORE_SIZE));
	ASSERT_CALL(gh_start(self->vm.fd));

	EXPECT_ERRNO(EBUSY, gh_set_region(self->other.fd, 1, MEM_RW,
					  2 * MORE_GPA, MORE_SIZE, last));
	EXPECT_ERRNO(EBUSY, gh_set_region(self->other.fd, 1, MEM_RW,
					  2 * MORE_GPA, FILE_SIZE,
					  self->memory.mem));
	vm_close(&self->vm);
	EXPECT_EQ(0, gh_set_region(self->other.fd, 1, MEM_RW, 2 * MORE_GPA,
				   FILE_SIZE, self->memory.mem));
}

/* A page with a memory error is not given to anybody */
TEST_F_TIMEOUT(lent, bad_page, MEMFILE_TIMEOUT)
{
	unsigned char *hit = self->memory.mem + GUEST_SIZE / 2;

	if (madvise(hit, getpagesize(), MADV_HWPOISON) && errno == EINVAL)
		SKIP(return, "this kernel cannot inject memory errors");
	EXPECT_ERRNO(EHWPOISON, gh_start(self->vm.fd));
	EXPECT_ERRNO(EHWPOISON, add_more(self->vm.fd, 0, hit));
	EXPECT_EQ(SIGBUS, probe_load(hit));
}

TEST_F_TIMEOUT(lent, to_one_vm, MEMFILE_TIMEOUT)
{
	struct vm_config cfg = { .mem = self->memory.mem };

	ASSERT_CALL(vm_build(&self->other, &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_busy(_metadata, self->other.fd);
	/* A failed attempt does not open what another VM has */
	EXPECT_EQ(SIGBUS, probe_load(self->memory.mem));
	vm_close(&self->vm);
	vm_close(&self->other);
	ASSERT_CALL(vm_build(&self->other, &cfg, VM_STARTED));
	EXPECT_EQ(SIGBUS, probe_load(self->memory.mem));
}

/* One file for two regions: the image, and one that is shared */
TEST_F_TIMEOUT(lent, two_regions, MEMFILE_TIMEOUT)
{
	unsigned char *shm = self->memory.mem + GUEST_SIZE;
	struct vm_config cfg = {
		.mem = self->memory.mem,
		.shm_mem = shm,
		.shm_size = GUEST_SHM_SIZE,
	};
	struct gh_vm_status status;

	vm_close(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	pattern_fill(shm, GUEST_SHM_SIZE, 3);
	vm_program(&self->vm, 0, G_CHECK(GUEST_SHM_BASE, GUEST_SHM_SIZE, 3),
		   G_FILL(GUEST_SHM_BASE, GUEST_SHM_SIZE, 4), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	EXPECT_EQ(SIGBUS, probe_load(shm - 1));
	EXPECT_EQ(0, probe_load(shm));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_TRUE(pattern_check(shm, GUEST_SHM_SIZE, 4));
}

/* ---- the firmware keeps it ---- */

static bool is_readable(void *mem)
{
	return !probe_load(mem);
}

/* Out of reach until the firmware has given it back */
TEST_F_TIMEOUT(lent, failed_reclaim, MEMFILE_TIMEOUT)
{
	struct gh_vm_status status;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	testctl_fault_repeat(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1,
			     RM_ERR_DENIED);
	vm_close(&self->vm);
	EXPECT_EQ(SIGBUS, probe_load(self->memory.mem));
	testctl_reset();
	EXPECT_TRUE(wait_until(is_readable, self->memory.mem, BACK_MS));
	EXPECT_TRUE(all_zero(self->memory.mem, GUEST_SIZE));
}

TEST_F_TIMEOUT(lent, lost, MEMFILE_TIMEOUT)
{
	struct vm_config cfg = { .mem = self->memory.mem };
	struct param timeout = {};

	SKIP_WITHOUT_TESTCTL(return);
	self->keeps = true;
	ASSERT_CALL(short_timeout(&timeout));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_MEM_LEND_MSG, 1, 0);
	EXPECT_ERRNO(ETIMEDOUT, gh_start(self->vm.fd));
	param_restore(&timeout);
	EXPECT_EQ(SIGBUS, probe_load(self->memory.mem));
	vm_close(&self->vm);
	/* Nobody knows who has it */
	EXPECT_EQ(SIGBUS, probe_load(self->memory.mem));
	EXPECT_EQ(0, probe_load(self->memory.mem + GUEST_SIZE));
	ASSERT_CALL(vm_build(&self->other, &(struct vm_config){}, VM_CREATED));
	EXPECT_ERRNO(EBUSY, add_more(self->other.fd, 0, cfg.mem));
	ASSERT_CALL(add_more(self->other.fd, 0,
			     self->memory.mem + GUEST_SIZE));
	vm_close(&self->other);
	EXPECT_EQ(0, vm_one_life());
	memory_close(&self->memory);
	/* It stays charged */
	EXPECT_LE(self->leak.locked_kb + FILE_SIZE / 1024,
		  proc_value("/proc/self/status", "VmLck"));
}

/* ---- while the VM runs ---- */

FIXTURE(more)
{
	struct leak_state leak;
	struct memory memory;
	struct remote remote;
};

FIXTURE_VARIANT(more)
{
	__u32 flags;
};

FIXTURE_VARIANT_ADD(more, shared)
{
};

FIXTURE_VARIANT_ADD(more, lent)
{
	.flags = GH_MEM_LENT,
};

FIXTURE_SETUP(more)
{
	struct vm_config cfg = { .rm_rpc = true };

	SKIP_WITHOUT_GUNYAH(return);
	ASSERT_CALL(remote_setup(&self->remote, &self->leak, &cfg));
	ASSERT_TRUE(self->remote.connected)
		TH_LOG("the guest has no queue to its resource manager");
	ASSERT_CALL(memory_open(&self->memory));
}

FIXTURE_TEARDOWN(more)
{
	testctl_reset();
	remote_close(&self->remote);
	memory_close(&self->memory);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

TEST_F_TIMEOUT(more, added, MEMFILE_TIMEOUT)
{
	unsigned char *mem = self->memory.mem + 2 * MORE_SIZE;
	struct remote *r = &self->remote;
	struct remote_parcel parcel;
	int fd = r->vm.fd, round;
	__u32 error;

	for (round = 1; round <= 3; round++) {
		pattern_fill(mem, MORE_SIZE, round);
		ASSERT_CALL(add_more(fd, variant->flags, mem));
		EXPECT_EQ(variant->flags ? SIGBUS : 0, probe_load(mem));
		EXPECT_EQ(0, probe_load(mem - 1));
		EXPECT_EQ(0, probe_load(mem + MORE_SIZE));
		ASSERT_CALL(remote_offer(r, &parcel));
		ASSERT_CALL(remote_accept(r, &parcel, MORE_GPA, MORE_SIZE,
					  &error));
		ASSERT_EQ(0, error);
		ASSERT_CALL(remote_ops(r,
				       G_CHECK(MORE_GPA, MORE_SIZE, round),
				       G_FILL(MORE_GPA, MORE_SIZE, 100)));
		EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));
		ASSERT_CALL(remote_release(r, &parcel, &error));
		ASSERT_EQ(0, error);
		ASSERT_CALL(gh_remove_region(fd, MORE_LABEL));
		EXPECT_TRUE(variant->flags ? all_zero(mem, MORE_SIZE) :
			    pattern_check(mem, MORE_SIZE, 100));
	}
}

/* A refusal leaves the memory as it was, and the label free */
TEST_F_TIMEOUT(more, busy, MEMFILE_TIMEOUT)
{
	struct iovec iov = { self->memory.mem, 1 };
	int fd = self->remote.vm.fd, fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(1, vmsplice(fds[1], &iov, 1, 0));
	/* It is no matter for memory that is shared */
	if (variant->flags) {
		EXPECT_ERRNO(EBUSY, add_more(fd, variant->flags,
					     self->memory.mem));
		EXPECT_EQ(0, probe_load(self->memory.mem));
		EXPECT_ERRNO(ENOENT, gh_remove_region(fd, MORE_LABEL));
		close(fds[0]);
		close(fds[1]);
	}
	EXPECT_EQ(0, add_more(fd, variant->flags, self->memory.mem));
	EXPECT_EQ(variant->flags ? SIGBUS : 0, probe_load(self->memory.mem));
	EXPECT_EQ(0, gh_remove_region(fd, MORE_LABEL));
	EXPECT_EQ(0, probe_load(self->memory.mem));
	if (!variant->flags) {
		close(fds[0]);
		close(fds[1]);
	}
}

GUNYAH_TEST_MAIN
