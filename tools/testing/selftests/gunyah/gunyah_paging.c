// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand paging: a VM gets memory page by page, and its owner takes it back
 *
 * With firmware that cannot do it, it is refused.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "../kselftest_harness.h"
#include "paging.h"

#define SYSFS		"/sys/class/misc/gunyah/demand_paging"

static int reclaim_android(int fd, __u64 addr, __u64 size)
{
	struct gh_vm_reclaim arg = { .guest_phys_addr = addr, .size = size };

	return ioctl(fd, GH_VM_ANDROID_RECLAIM_MEM, &arg);
}

static __u32 region_state(int fd)
{
	struct gh_vm_region region = { .label = GUEST_PAGED_LABEL };

	return ioctl(fd, GH_VM_GET_REGION, &region) ? ~0U : region.state;
}

/* ---- memory comes when it is needed ---- */

/* What the host has put there is there, and everything else is zeroes */
TEST_F_TIMEOUT(paging, content, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	pattern_fill(vm->paged + 3 * self->page, self->page, OF_HOST);
	pattern_fill(vm->paged + 4 * MIB, 2 * self->page, OF_HOST + 1);
	vm_program(vm, 0,
		   G_CHECK(PAGED + 3 * self->page, self->page, OF_HOST),
		   G_READ(GUEST_LOAD_64, PAGED, 0),
		   G_READ(GUEST_LOAD_8, PAGED + 4 * self->page, 0),
		   G_CHECK(PAGED + 4 * MIB, 2 * self->page, OF_HOST + 1),
		   G_READ(GUEST_LOAD_64, PAGED + 4 * MIB + 2 * self->page, 0),
		   G_FILL(PAGED + MIB, 0x10000, OF_GUEST),
		   G_WRITE(8, PAGED + PAGED_SIZE - 8, OF_GUEST),
		   G_CHECK(PAGED + MIB, 0x10000, OF_GUEST),
		   G_READ(GUEST_LOAD_64, PAGED + PAGED_SIZE - 8, OF_GUEST),
		   G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	EXPECT_EQ(0, donated());
	EXPECT_EQ(SIGBUS, probe_load(vm->paged));
	EXPECT_EQ(SIGBUS, probe_load(vm->paged + 3 * self->page));
	FINISH(self);
	EXPECT_LT(0, donated());
	EXPECT_EQ(donated(), mapped());
	EXPECT_EQ(GH_REGION_GIVEN, region_state(vm->fd));
	EXPECT_EQ(SIGBUS, probe_load(vm->paged + MIB));
	EXPECT_EMPTY(self);
}

/* Content that cannot be read is not lost, nor taken for memory without any */
TEST_F_TIMEOUT(paging, protected, FAULT_TIMEOUT)
{
	static const int prots[] = { PROT_NONE, PROT_WRITE };
	struct vm *vm = &self->vm;
	unsigned int i;

	pattern_fill(vm->paged + MIB, 2 * self->page, OF_HOST);
	vm_program(vm, 0, G_CHECK(PAGED + MIB, 2 * self->page, OF_HOST),
		   G_READ(GUEST_LOAD_64, PAGED + 6 * MIB, 0), G_OFF);
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		ASSERT_CALL(mprotect(vm->paged + MIB, self->page, prots[i]));
		EXPECT_ERRNO(EFAULT, gh_start(vm->fd));
		ASSERT_CALL(mprotect(vm->paged + MIB, self->page,
				     PROT_READ | PROT_WRITE));
		EXPECT_TRUE(pattern_check(vm->paged + MIB, 2 * self->page,
					  OF_HOST));
		/* Where nothing was ever written, too */
		ASSERT_CALL(mprotect(vm->paged + 4 * MIB, 4 * MIB, prots[i]));
		EXPECT_ERRNO(EFAULT, gh_start(vm->fd));
		ASSERT_CALL(mprotect(vm->paged + 4 * MIB, 4 * MIB,
				     PROT_READ | PROT_WRITE));
	}
	ASSERT_CALL(gh_start(vm->fd));
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* ---- memory that goes while it is looked at ---- */

#define SPARSE		(256 * MIB)

struct unmapper {
	unsigned char *mem;
	size_t page;
	pthread_t thread;
	int stop;
};

/* Mappings with page tables come and go; a store could be one to lent memory */
static void *unmap_and_map(void *arg)
{
	struct unmapper *u = arg;
	size_t at;

	while (!__atomic_load_n(&u->stop, __ATOMIC_ACQUIRE)) {
		munmap(u->mem + SPARSE / 4, SPARSE / 2);
		mmap(u->mem + SPARSE / 4, SPARSE / 2, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		for (at = SPARSE / 4; at < SPARSE * 3 / 4; at += 7 * MIB)
			madvise(u->mem + at, u->page, MADV_POPULATE_WRITE);
	}
	return NULL;
}

TEST_F_TIMEOUT(paging, unmapped_meanwhile, FAULT_TIMEOUT)
{
	const struct vm_config cfg = { .paged_size = SPARSE };
	struct vm *vm = &self->vm;
	struct unmapper u = {};
	unsigned int i;

	for (i = 0; i < 10; i++) {
		REBUILD(self, &cfg, VM_HAS_VCPUS);
		u = (struct unmapper) { .mem = vm->paged, .page = self->page };
		ASSERT_EQ(0, pthread_create(&u.thread, NULL, unmap_and_map, &u));
		if (gh_start(vm->fd))
			EXPECT_EQ(EFAULT, errno);
		__atomic_store_n(&u.stop, 1, __ATOMIC_RELEASE);
		pthread_join(u.thread, NULL);
	}
}

/* The first access is to one page, and the VM gets a whole block */
TEST_F_TIMEOUT(paging, blocks, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	struct gh_vcpu_stats stats;

	vm_program(vm, 0, G_WRITE(8, PAGED + BLOCK + 0x5008, 1),
		   G_FILL(PAGED + BLOCK, BLOCK, OF_GUEST),
		   G_CHECK(PAGED + BLOCK, BLOCK, OF_GUEST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	FINISH(self);
	EXPECT_EQ(PAGES(BLOCK), donated());
	ASSERT_CALL(ioctl(vm->vcpu[0], GH_VCPU_GET_STATS, &stats));
	EXPECT_EQ(1, stats.page_fault);
	EXPECT_EMPTY(self);
}

/* What the VM has is hidden from the host's kernel, and nothing else is */
TEST_F_TIMEOUT(paging, hidden, FAULT_TIMEOUT)
{
	static struct offline_pages offline;
	struct vm *vm = &self->vm;
	size_t before;

	pattern_fill(vm->paged + 7 * MIB, self->page, OF_HOST);
	vm_program(vm, 0, G_FILL(PAGED, BLOCK, OF_GUEST),
		   G_CHECK(PAGED + 7 * MIB, self->page, OF_HOST),
		   G_WRITE(8, 0x10000000, 0), G_OFF);
	if (offline_pages_find(&offline))
		SKIP(return, "pages that are offline cannot be found");
	before = offline.total;
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	ASSERT_CALL(offline_pages_find(&offline));
	EXPECT_EQ(testctl_read(GH_TESTCTL_PAGES_LENT),
		  PAGES((offline.total - before) * self->page));
	EXPECT_CALL(reclaim(vm->fd, PAGED, PAGED_SIZE));
	ASSERT_CALL(offline_pages_find(&offline));
	EXPECT_EQ(PAGES(GUEST_SIZE),
		  PAGES((offline.total - before) * self->page));
	FINISH(self);
	EXPECT_EMPTY(self);
	ASSERT_CALL(offline_pages_find(&offline));
	EXPECT_EQ(before, offline.total);
}

/* The first instruction is in memory that the VM does not have yet */
TEST_F_TIMEOUT(paging, exec, FAULT_TIMEOUT)
{
	struct gh_vm_boot_context pc = {
		.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_PC, 0),
		.value = PAGED,
	};
	const struct guest_op ops[] = { G_WRITE(8, SHM_WORD(0), 77), G_OFF };
	struct vm *vm = &self->vm;

	memcpy(vm->paged, guest_code, sizeof(guest_code));
	memcpy(vm->paged + GUEST_PROG, ops, sizeof(ops));
	ASSERT_CALL(ioctl(vm->fd, GH_VM_SET_BOOT_CONTEXT, &pc));
	ASSERT_CALL(gh_start(vm->fd));
	FINISH(self);
	EXPECT_EQ(77, vm_word(vm, WORD(0)));
	EXPECT_EMPTY(self);
}

/* Several vCPUs need the same block at the same time */
TEST_F_TIMEOUT(paging, vcpus, FAULT_TIMEOUT)
{
	struct vm_config cfg = paging_config;
	struct gh_vm_status status;
	struct vm *vm = &self->vm;
	unsigned int i;

	cfg.cpus = 4;
	REBUILD(self, &cfg, VM_HAS_VCPUS);
	for (i = 1; i < 4; i++)
		vm_program(vm, i, G_WRITE(8, SHM_WORD(i), 1),
			   G_WAIT(SHM_WORD(0), 1),
			   G_FILL(PAGED + i * 0x1000, 0x1000, i),
			   G_FILL(PAGED + BLOCK + i * 0x1000, 0x1000, i),
			   G_CHECK(PAGED + i * 0x1000, 0x1000, i),
			   G_CHECK(PAGED + BLOCK + i * 0x1000, 0x1000, i),
			   G_WRITE(8, SHM_WORD(4 + i), 1), G_CPU_OFF);
	vm_program(vm, 0, G_CPU_ON(1, VM_PROGRAM(1)), G_CPU_ON(2, VM_PROGRAM(2)),
		   G_CPU_ON(3, VM_PROGRAM(3)), G_WAIT(SHM_WORD(1), 1),
		   G_WAIT(SHM_WORD(2), 1), G_WAIT(SHM_WORD(3), 1),
		   G_WRITE(8, SHM_WORD(0), 1), G_FILL(PAGED, 0x1000, 9),
		   G_CHECK(PAGED, 0x1000, 9), G_WAIT(SHM_WORD(5), 1),
		   G_WAIT(SHM_WORD(6), 1), G_WAIT(SHM_WORD(7), 1), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_CALL(vm_finish(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(PAGES(2 * BLOCK), donated());
	EXPECT_EMPTY(self);
}

/* The image is shared, where the firmware accepts that */
TEST_F_TIMEOUT(paging, shared_image, FAULT_TIMEOUT)
{
	struct vm_config cfg = paging_config;
	struct vm *vm = &self->vm;

	cfg.shared = true;
	if (vm_impossible(&cfg))
		SKIP(return, "%s", vm_impossible(&cfg));
	REBUILD(self, &cfg, VM_HAS_VCPUS);
	pattern_fill(vm->paged + MIB, self->page, OF_HOST);
	vm_program(vm, 0, G_CHECK(PAGED + MIB, self->page, OF_HOST),
		   G_FILL(PAGED + BLOCK, BLOCK, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_CHECK(PAGED + BLOCK, BLOCK, OF_GUEST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	/* One of both is the host's as well */
	EXPECT_EQ(0, probe_load(vm->mem));
	EXPECT_EQ(0, memcmp(vm->mem, guest_code, 64));
	EXPECT_EQ(SIGBUS, probe_load(vm->paged + MIB));
	EXPECT_EQ(donated(), testctl_read(GH_TESTCTL_PAGES_LENT));
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* Pages that are assigned to VMs, if secure firmware has to be told of them */
static __u64 assigned(const struct leak_state *leak, __u64 otherwise)
{
	return !hyp_word(PLATFORM_WORD) ? otherwise :
	       testctl_read(GH_TESTCTL_PAGES_ASSIGNED) -
	       leak->counters[LEAK_PAGES_ASSIGNED];
}

/* Two VMs, which are the same owner for that firmware */
TEST_F_TIMEOUT(paging, two_vms, FAULT_TIMEOUT)
{
	__u64 expected = 0;
	struct gh_vm_status status;
	struct vm vms[2], *vm;
	unsigned int i;

	vm_close(&self->vm);
	for (i = 0; i < 2; i++) {
		vm = &vms[i];
		vm_init(vm);
		ASSERT_CALL(vm_build(vm, &paging_config, VM_HAS_VCPUS));
		vm_program(vm, 0, G_FILL(PAGED, BLOCK, i),
			   G_WRITE(8, 0x10000000, 0), G_CHECK(PAGED, BLOCK, i),
			   G_OFF);
		ASSERT_CALL(gh_start(vm->fd));
		ASSERT_CALL(gh_status(vm->fd, &status));
		/* Of smaller VMIDs it knows each */
		EXPECT_LT(63, status.vmid);
		ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
		EXPECT_EQ(PAGES((i + 1) * BLOCK), donated());
		expected += PAGES(GUEST_SIZE + GUEST_SHM_SIZE + BLOCK);
		EXPECT_EQ(expected, assigned(&self->leak, expected));
	}
	EXPECT_CALL(reclaim(vms[0].fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(PAGES(BLOCK), donated());
	expected -= PAGES(BLOCK);
	EXPECT_EQ(expected, assigned(&self->leak, expected));
	vm_close(&vms[0]);
	ASSERT_CALL(vm_finish(&vms[1], &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(PAGES(BLOCK), donated());
	vm_close(&vms[1]);
}

/* Pages of a memory file are there before, and stay */
TEST_F_TIMEOUT(paging, memory_file, FAULT_TIMEOUT)
{
	struct vm_config cfg = paging_config;
	struct vm *vm = &self->vm;
	int dev, fd;
	void *mem;

	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	fd = gh_create_mem(dev, PAGED_SIZE);
	ASSERT_LE(0, fd);
	mem = map_shared(fd, PAGED_SIZE, 0);
	ASSERT_NE(NULL, mem);
	cfg.paged_mem = mem;
	REBUILD(self, &cfg, VM_HAS_VCPUS);
	pattern_fill(vm->paged + MIB, self->page, OF_HOST);
	pattern_fill(vm->paged + 7 * MIB, self->page, OF_HOST);
	vm_program(vm, 0, G_CHECK(PAGED + MIB, self->page, OF_HOST),
		   G_WRITE(8, PAGED + MIB, 1), G_WRITE(8, SHM_WORD(0), 1),
		   G_WRITE(8, 0x10000000, 0),
		   G_READ(GUEST_LOAD_64, PAGED + MIB, 0), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	EXPECT_EQ(SIGBUS, probe_load(vm->paged));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(PAGES(BLOCK), donated());
	EXPECT_CALL(reclaim(vm->fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(0, donated());
	EXPECT_EQ(SIGBUS, probe_load(vm->paged + MIB));
	FINISH(self);
	EXPECT_EMPTY(self);
	munmap(mem, PAGED_SIZE);
	close(fd);
	close(dev);
}

/* What was never touched of a file, or of another VM's memory, is not looked at */
TEST_F_TIMEOUT(paging, holes, FAULT_TIMEOUT)
{
	struct vm_config cfg = paging_config;
	struct vm *vm = &self->vm;
	unsigned int i;
	void *mem;
	int fd;

	fd = memfd_create("paged", MFD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_CALL(ftruncate(fd, PAGED_SIZE));
	mem = map_shared(fd, PAGED_SIZE, 0);
	ASSERT_NE(NULL, mem);
	cfg.paged_mem = mem;
	/* The second VM gets what the first one has left, which is no file any more */
	for (i = 0; i < 2; i++) {
		REBUILD(self, &cfg, VM_HAS_VCPUS);
		pattern_fill(vm->paged + MIB, self->page, OF_HOST + i);
		if (!i) {
			pattern_fill(vm->paged + 3 * MIB, self->page, OF_HOST);
			ASSERT_CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE |
					      FALLOC_FL_KEEP_SIZE, 3 * MIB,
					      self->page));
		}
		vm_program(vm, 0, G_CHECK(PAGED + MIB, self->page, OF_HOST + i),
			   G_READ(GUEST_LOAD_64, PAGED + 3 * MIB, 0),
			   G_FILL(PAGED + 5 * MIB, self->page, OF_GUEST),
			   G_OFF);
		ASSERT_CALL(gh_start(vm->fd));
		EXPECT_EQ(SIGBUS, probe_load(vm->paged + MIB));
		FINISH(self);
		/* One page where there is something, and blocks where there is not */
		EXPECT_EQ(PAGES(2 * BLOCK + self->page), donated());
	}
	EXPECT_EMPTY(self);
	munmap(mem, PAGED_SIZE);
	close(fd);
}

/* ---- taking it back ---- */

TEST_F_TIMEOUT(paging, reclaim, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	vm_program(vm, 0, G_FILL(PAGED, BLOCK, OF_GUEST),
		   G_FILL(PAGED + 6 * MIB, 0x4000, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_READ(GUEST_LOAD_64, PAGED + 4 * self->page, 0),
		   G_READ(GUEST_LOAD_64, PAGED + 5 * self->page - 8, 0),
		   G_CHECK(PAGED, self->page, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_READ(GUEST_LOAD_64, PAGED, 0),
		   G_READ(GUEST_LOAD_64, PAGED + 6 * MIB, 0), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(PAGES(2 * BLOCK), donated());
	/* A page of a block, a range with parts that the VM does not have, twice */
	EXPECT_CALL(reclaim(vm->fd, PAGED + 4 * self->page, self->page));
	EXPECT_EQ(PAGES(2 * BLOCK - self->page), donated());
	EXPECT_CALL(reclaim(vm->fd, PAGED + BLOCK, BLOCK));
	EXPECT_EQ(PAGES(2 * BLOCK - self->page), donated());
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(PAGES(2 * BLOCK), donated());
	EXPECT_CALL(reclaim_android(vm->fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(0, donated());
	EXPECT_EQ(0, mapped());
	EXPECT_CALL(reclaim(vm->fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(SIGBUS, probe_load(vm->paged));
	FINISH(self);
	/* Also when it has ended */
	EXPECT_CALL(reclaim(vm->fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(0, donated());
	EXPECT_EMPTY(self);
}

/* vCPUs access what is taken from them again and again */
TEST_F_TIMEOUT(paging, reclaim_running, FAULT_TIMEOUT)
{
	const __u64 sizes[] = { 4 * self->page, BLOCK, 16 * self->page,
				PAGED_SIZE };
	const __u64 accesses = test_is_long() ? 2000000 : 20000;
	struct vm_config cfg = paging_config;
	struct runner runner[2] = {};
	struct vm *vm = &self->vm;
	unsigned int i, n = 0;

	cfg.cpus = 2;
	REBUILD(self, &cfg, VM_HAS_VCPUS);
	vm_program(vm, 1, G_HAMMER(8, PAGED + 0x3000, 3, SHM_WORD(2)),
		   G_WRITE(8, SHM_WORD(4), 1), G_CPU_OFF);
	vm_program(vm, 0, G_CPU_ON(1, VM_PROGRAM(1)),
		   G_HAMMER(4, PAGED + 0x1000, 5, SHM_WORD(0)),
		   G_WAIT(SHM_WORD(4), 1), G_OFF);
	vm_poke(vm, WORD(1), ~0ULL);
	vm_poke(vm, WORD(3), ~0ULL);
	ASSERT_CALL(gh_start(vm->fd));
	for (i = 0; i < 2; i++) {
		runner[i] = (struct runner) { .vm = vm, .cpu = i };
		ASSERT_CALL(runner_start(&runner[i]));
	}
	/* Until all three have had processors */
	while (n < 20 || vm_word(vm, WORD(0)) < accesses ||
	       vm_word(vm, WORD(2)) < accesses) {
		ASSERT_FALSE(__atomic_load_n(&runner[0].done, __ATOMIC_ACQUIRE));
		ASSERT_CALL(reclaim(vm->fd, PAGED,
				    sizes[n++ % ARRAY_SIZE(sizes)]));
	}
	vm_poke(vm, WORD(1), 0);
	vm_poke(vm, WORD(3), 0);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, runner_join(&runner[i]));
	TH_LOG("%u reclaims", n);
	EXPECT_EMPTY(self);
}

static void on_alarm(int sig)
{
}

/* A signal ends the call between two of its steps; to call again goes on */
TEST_F_TIMEOUT(paging, reclaim_interrupted, FAULT_TIMEOUT)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = {};
	struct sigaction action = { .sa_handler = on_alarm };
	const size_t size = 16 * PAGED_SIZE;
	struct vm_config cfg = paging_config;
	struct vm *vm = &self->vm;
	unsigned int calls = 0;
	int ret;

	cfg.paged_size = size;
	REBUILD(self, &cfg, VM_HAS_VCPUS);
	vm_program(vm, 0, G_WRITE(8, PAGED + size - self->page, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_LT(0, donated());
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	do {
		ret = reclaim(vm->fd, PAGED, size);
	} while (!ret && ++calls < 100000);
	EXPECT_ERRNO(EINTR, ret);
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_CALL(reclaim(vm->fd, PAGED, size));
	EXPECT_EQ(0, donated());
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* ---- calls that are refused ---- */

TEST_F(paging, reclaim_errors)
{
	__u64 end = PAGED + PAGED_SIZE;
	struct vm *vm = &self->vm;
	int fd = vm->fd;

	EXPECT_ERRNO(EBUSY, reclaim(fd, PAGED, self->page));
	ASSERT_CALL(gh_start(fd));
	EXPECT_ERRNO(EINVAL, reclaim(fd, PAGED, 0));
	EXPECT_ERRNO(EINVAL, reclaim(fd, PAGED + 1, self->page));
	EXPECT_ERRNO(EINVAL, reclaim(fd, PAGED, self->page - 1));
	EXPECT_ERRNO(EINVAL, reclaim_android(fd, PAGED, 1));
	EXPECT_ERRNO(EOVERFLOW, reclaim(fd, -self->page, self->page));
	EXPECT_ERRNO(EOVERFLOW, reclaim(fd, PAGED, -self->page));
	EXPECT_ERRNO(ENXIO, reclaim(fd, GUEST_BASE, self->page));
	EXPECT_ERRNO(ENXIO, reclaim(fd, PAGED - self->page, 2 * self->page));
	EXPECT_ERRNO(ENXIO, reclaim(fd, end - self->page, 2 * self->page));
	EXPECT_ERRNO(ENXIO, reclaim(fd, end, self->page));
	EXPECT_CALL(reclaim(fd, end - self->page, self->page));
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, GUEST_PAGED_LABEL));
	EXPECT_ERRNO(EBUSY, gh_set_region(fd, 99, PAGED_FLAGS, end, self->page,
					  vm->paged));
	FINISH(self);
}

TEST_F(paging, no_region)
{
	struct vm_config cfg = {};

	REBUILD(self, &cfg, VM_STARTED);
	EXPECT_ERRNO(ENXIO, reclaim(self->vm.fd, GUEST_BASE, self->page));
	FINISH(self);
}

TEST_F(paging, region_errors)
{
	struct vm *vm = &self->vm;
	__u64 gpa = PAGED + PAGED_SIZE;
	void *mem = alloc_mem(self->page);
	int fd = vm->fd;

	EXPECT_ERRNO(EINVAL, gh_set_region(fd, 99, MEM_RWX | GH_MEM_PAGED, gpa,
					   self->page, mem));
	EXPECT_ERRNO(EINVAL, gh_set_region(fd, 99, PAGED_FLAGS | GH_MEM_HOTPLUG,
					   gpa, self->page, mem));
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, 99, PAGED_FLAGS,
					   gpa - self->page, self->page, mem));
	EXPECT_CALL(gh_set_region(fd, 99, PAGED_FLAGS, gpa, self->page, mem));
	EXPECT_CALL(gh_remove_region(fd, 99));
	EXPECT_CALL(gh_remove_region(fd, GUEST_PAGED_LABEL));
	ASSERT_CALL(gh_start(fd));
	FINISH(self);
	munmap(mem, self->page);
}

/* The resource manager is told of all in one message */
#define MOST_REGIONS	898

TEST_F_TIMEOUT(paging, many_regions, FAULT_TIMEOUT)
{
	const size_t step = 2 * self->page;
	struct vm_config cfg = { .paged_size = (MOST_REGIONS + 1) * step };
	struct gh_vm_status status;
	struct vm *vm = &self->vm;
	__u32 i;

	REBUILD(self, &cfg, VM_HAS_VCPUS);
	ASSERT_CALL(gh_remove_region(vm->fd, GUEST_PAGED_LABEL));
	for (i = 0; i <= MOST_REGIONS; i++)
		ASSERT_CALL(gh_set_region(vm->fd, 1000 + i, PAGED_FLAGS,
					  PAGED + i * step, self->page,
					  vm->paged + i * step));
	EXPECT_ERRNO(E2BIG, gh_start(vm->fd));
	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	ASSERT_CALL(gh_remove_region(vm->fd, 1000));
	vm_program(vm, 0, G_WRITE(8, PAGED + step, 1),
		   G_WRITE(8, PAGED + MOST_REGIONS * step, 1), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	FINISH(self);
}

/* The devicetree cannot come later */
TEST_F(paging, devicetree)
{
	struct gh_vm_status status;
	struct vm *vm = &self->vm;

	ASSERT_CALL(gh_set_dtb(vm->fd, PAGED, GUEST_DTB_SIZE));
	EXPECT_ERRNO(EINVAL, gh_start(vm->fd));
	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	EXPECT_EQ(GH_VM_START_REASON_DTB_PAGED, status.start_reason);
	EXPECT_EQ(GUEST_PAGED_LABEL, status.start_label);
	EXPECT_EQ(0, probe_store(vm->paged));
	ASSERT_CALL(vm_add_dtb(vm));
	ASSERT_CALL(gh_start(vm->fd));
	FINISH(self);
}

/* A start that fails gives everything back */
TEST_F_TIMEOUT(paging, failed_start, FAULT_TIMEOUT)
{
	static const __u32 messages[] = {
		RM_VM_CONFIG_IMAGE_MSG, RM_VM_SET_PAGING_MSG,
		RM_VM_SET_LAYOUT_MSG, RM_VM_INIT_MSG,
		RM_VM_GET_HYP_RESOURCES_MSG, RM_VM_START_MSG,
	};
	struct vm *vm = &self->vm;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		REBUILD(self, &paging_config, VM_HAS_VCPUS);
		pattern_fill(vm->paged + MIB, self->page, OF_HOST);
		testctl_fault(RM_FAULT_FAIL, messages[i], 1, RM_ERR_NOMEM);
		EXPECT_ERRNO(ENOMEM, gh_start(vm->fd));
		EXPECT_TRUE(pattern_check(vm->paged + MIB, self->page,
					  OF_HOST));
		EXPECT_TRUE(all_zero(vm->paged, MIB));
		EXPECT_EQ(0, probe_store(vm->paged + 2 * MIB));
		EXPECT_ERRNO(EBUSY, reclaim(vm->fd, PAGED, self->page));
		vm_close(vm);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS))
			TH_LOG("message %#x", messages[i]);
	}
	REBUILD(self, &paging_config, VM_STARTED);
	FINISH(self);
}

/* ---- firmware that cannot do it ---- */

TEST(offered)
{
	struct gh_info info = {};
	struct vm_config cfg = {};
	struct vm vm;
	char text[8];
	void *mem;
	int dev;

	SKIP_WITHOUT_GUNYAH(return);
	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dev);
	ASSERT_CALL(ioctl(dev, GH_GET_INFO, &info));
	close(dev);
	ASSERT_LT(0, read_file(SYSFS, text, sizeof(text)));
	EXPECT_EQ(!!(info.mem_flags & GH_MEM_PAGED), text[0] == '1');
	if (!testctl_present())
		return;
	EXPECT_EQ(can_page(), text[0] == '1');

	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_HAS_VCPUS));
	mem = alloc_mem(GUEST_SIZE);
	if (can_page())
		EXPECT_CALL(gh_set_region(vm.fd, 99, PAGED_FLAGS, PAGED,
					  GUEST_SIZE, mem));
	else
		EXPECT_ERRNO(EOPNOTSUPP, gh_set_region(vm.fd, 99, PAGED_FLAGS,
						       PAGED, GUEST_SIZE, mem));
	vm_close(&vm);
	munmap(mem, GUEST_SIZE);
}

GUNYAH_TEST_MAIN
