// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lent memory costs: memory while it is moved, mappings, memory entries, and
 * what happens if a control group does not have that
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "pressure.h"
#include "testctl.h"

#define COST_TIMEOUT	600

/* A block that is in use twice, page tables, lists, what the VM takes */
#define COST_BLOCK	HUGE
#define COST_MORE	(2 * MIB)

#define LARGE		(64 * MIB)
#define VERY_LARGE	(256 * MIB)

FIXTURE(cost)
{
	struct leak_state leak;
	struct lent_vm vm;
	struct cgroup cg;
	struct param param;
	size_t page;
};

FIXTURE_SETUP(cost)
{
	SKIP_WITHOUT_GUNYAH(return);
	if (access("/sys/fs/cgroup", F_OK))
		SKIP(return, "no control groups");
	self->page = sysconf(_SC_PAGESIZE);
	testctl_reset();
	leak_read(&self->leak);
	lent_init(&self->vm);
	ASSERT_CALL(cgroup_make(&self->cg, "cost"));
}

FIXTURE_TEARDOWN(cost)
{
	lent_free(&self->vm);
	cgroup_remove(&self->cg);
	param_restore(&self->param);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* What is charged and not used: each CPU has up to 64 pages in stock */
static size_t in_stock(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) * 64 * sysconf(_SC_PAGESIZE);
}

/* Statistics of many pages are at most two seconds late */
static void wait_for_statistics(void)
{
	usleep(2500 * 1000);
}

static bool is_new(const struct lent_vm *vm)
{
	struct gh_vm_status status;

	return !gh_status(vm->remote.vm.fd, &status) &&
	       status.state == GH_VM_STATE_NEW;
}

static bool has_content(const struct lent_vm *vm)
{
	return pattern_check(vm->mem + GUEST_FREE, vm->size - GUEST_FREE,
			     vm->pattern);
}

/* ---- memory at the peak ---- */

struct peak {
	struct cgroup *cg;
	enum lent_kind kind;
	size_t size;
	size_t used;		/* of a file with holes: written from its end */
	bool sealed;		/* holes cannot be punched into the file */
	long long peak;		/* result */
	size_t vmas;
	size_t entries;
};

/* A VM with all of its memory in a group of its own */
static int start_in_group(struct peak *peak)
{
	struct lent_vm vm;
	void *mem;
	int err;

	if (cgroup_enter(peak->cg, 0))
		return errno;
	lent_init(&vm);
	mem = lent_memory(peak->kind, peak->size, NULL);
	if (!mem)
		return errno;
	if (lent_build_in(&vm, mem, peak->size) || lent_start_intact(&vm))
		err = errno;
	else
		err = 0;
	peak->vmas = count_vmas(vm.mem, vm.size);
	peak->entries = lent_entries(vm.remote.vm.fd, GUEST_IMAGE_LABEL);
	peak->peak = cgroup_get(peak->cg, "memory.peak");
	if (!err && !lent_end(&vm))
		err = EBADMSG;
	return err;
}

/* Only the program and the last pages of the file are there */
static int start_sparse(struct peak *peak)
{
	struct vm_config cfg = { .size = peak->size };
	struct gh_vm_status status;
	struct vm vm;
	size_t from = peak->size - peak->used;
	int err = 0, fd;

	if (cgroup_enter(peak->cg, 0))
		return errno;
	cfg.mem = lent_memory(LENT_MEMFD, peak->size, &fd);
	if (!cfg.mem)
		return errno;
	if (peak->sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE))
		return errno;
	vm_init(&vm);
	if (vm_build(&vm, &cfg, VM_HAS_VCPUS))
		return errno;
	pattern_fill(vm.mem + from, peak->used, 7);
	vm_program(&vm, 0, G_CHECK(GUEST_BASE + from, peak->used, 7), G_OFF);
	if (gh_start(vm.fd) || vm_finish(&vm, &status))
		err = errno;
	else if (!vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF))
		err = EBADMSG;
	peak->peak = cgroup_get(peak->cg, "memory.peak");
	vm_close(&vm);
	munmap(cfg.mem, peak->size);
	close(fd);
	return err;
}

/* In a child, whose memory is all in the group */
static int measure(struct peak *peak, int (*fn)(struct peak *peak))
{
	struct peak *shared;
	pid_t pid;
	int status;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -1;
	*shared = *peak;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid)
		_exit(fn(shared));
	waitpid(pid, &status, 0);
	*peak = *shared;
	munmap(shared, sizeof(*shared));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

FIXTURE(peak)
{
	struct leak_state leak;
	struct cgroup cg;
	struct param param;
};

FIXTURE_VARIANT(peak)
{
	enum lent_kind kind;
};

FIXTURE_VARIANT_ADD(peak, anonymous)
{
	.kind = LENT_ANON,
};

FIXTURE_VARIANT_ADD(peak, thp)
{
	.kind = LENT_THP,
};

FIXTURE_VARIANT_ADD(peak, memfd)
{
	.kind = LENT_MEMFD,
};

FIXTURE_VARIANT_ADD(peak, hugetlb)
{
	.kind = LENT_HUGETLB,
};

FIXTURE_VARIANT_ADD(peak, hugetlb_memfd)
{
	.kind = LENT_HUGETLB_MEMFD,
};

FIXTURE_SETUP(peak)
{
	SKIP_WITHOUT_GUNYAH(return);
	if (access("/sys/fs/cgroup", F_OK))
		SKIP(return, "no control groups");
	if (variant->kind == LENT_HUGETLB ||
	    variant->kind == LENT_HUGETLB_MEMFD) {
		if (access(HUGE_PAGES_PARAM, F_OK))
			SKIP(return, "no huge pages");
		ASSERT_CALL(param_set(&self->param, HUGE_PAGES_PARAM, "32"));
		ASSERT_EQ(LARGE / HUGE, huge_pages_free());
	}
	testctl_reset();
	leak_read(&self->leak);
	ASSERT_CALL(cgroup_make(&self->cg, "peak"));
}

FIXTURE_TEARDOWN(peak)
{
	cgroup_remove(&self->cg);
	param_restore(&self->param);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/*
 * Lending N bytes takes N and one block, and no other process is charged. A huge
 * page of the user is free when all of it was moved.
 */
TEST_F_TIMEOUT(peak, memory, COST_TIMEOUT)
{
	long long block = COST_BLOCK;
	struct peak peak = {
		.cg = &self->cg, .kind = variant->kind, .size = LARGE,
	};

	EXPECT_EQ(0, measure(&peak, start_in_group));
	TH_LOG("%lld KiB for %lu KiB, %zu memory entries", peak.peak / 1024,
	       LARGE / 1024, peak.entries);
	if (variant->kind == LENT_THP && block < (long long)thp_size())
		block = thp_size();
	EXPECT_LE((long long)LARGE, peak.peak);
	EXPECT_GE((long long)(LARGE + block + COST_MORE + in_stock()),
		  peak.peak);
	EXPECT_EQ(1, peak.vmas);
	/* All of it was given back */
	EXPECT_GE((long long)(COST_MORE + in_stock()),
		  cgroup_get(&self->cg, "memory.current"));
}

/*
 * What was never written is not allocated to be copied. With a seal it could not
 * be freed again.
 */
static void check_sparse(struct __test_metadata *_metadata, struct cgroup *cg,
			 bool sealed)
{
	struct peak peak = {
		.cg = cg, .size = 512 * MIB, .used = 2 * MIB,
		.sealed = sealed,
	};

	if (proc_value("/proc/meminfo", "MemAvailable") * 1024 <
	    (long long)(peak.size + peak.size / 4))
		SKIP(return, "too little memory");
	EXPECT_EQ(0, measure(&peak, start_sparse));
	TH_LOG("%lld KiB for %zu KiB", peak.peak / 1024, peak.size / 1024);
	EXPECT_LE((long long)peak.size, peak.peak);
	EXPECT_GE((long long)(peak.size + peak.used + COST_BLOCK +
			      2 * COST_MORE + in_stock()), peak.peak);
}

TEST_F_TIMEOUT(cost, sparse, COST_TIMEOUT)
{
	check_sparse(_metadata, &self->cg, false);
}

TEST_F_TIMEOUT(cost, sparse_sealed, COST_TIMEOUT)
{
	check_sparse(_metadata, &self->cg, true);
}

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

/* Write pages and leave holes, in runs of random lengths */
static void write_with_holes(unsigned char *mem, size_t pages, bool *hole,
			     __u32 seed)
{
	size_t page = sysconf(_SC_PAGESIZE), at = 0, run;
	bool now = false;

	while (at < pages) {
		seed = seed * 1103515245 + 12345;
		run = 1 + (seed >> 16) % (seed >> 28 ? 6 : 700);
		for (; run && at < pages; run--, at++) {
			hole[at] = now;
			if (!now)
				pattern_fill(mem + at * page, page, at + 1);
		}
		now = !now;
	}
}

static bool is_as_written(const void *mem, bool hole, __u64 pattern)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return hole ? all_zero(mem, page) : pattern_check(mem, page, pattern);
}

/* A file with holes everywhere is moved as it is, and what is swapped out too */
TEST_F_TIMEOUT(cost, holes, COST_TIMEOUT)
{
	size_t page = self->page, pages = LENT_SIZE / page, at;
	struct vm_config cfg = {
		.size = LENT_SIZE, .defect = DTB_HYPERVISOR_NODE,
	};
	bool *hole = calloc(pages, sizeof(*hole));
	bool swap = !access(SWAP_DEVICE, F_OK) && !swap_on();
	size_t first = GUEST_FREE / page;
	unsigned int round;
	struct vm vm;

	ASSERT_NE(NULL, hole);
	for (round = 0; round < 6; round++) {
		cfg.mem = lent_memory(LENT_MEMFD, LENT_SIZE, NULL);
		ASSERT_NE(NULL, cfg.mem);
		vm_init(&vm);
		ASSERT_CALL(vm_build(&vm, &cfg, VM_HAS_VCPUS));
		write_with_holes(vm.mem + GUEST_FREE, pages - first,
				 hole + first, round);
		if (swap && round % 2)
			madvise(vm.mem, LENT_SIZE, MADV_PAGEOUT);
		/* It was moved when the firmware refuses it, and is kept */
		EXPECT_ERRNO(ENODEV, gh_start(vm.fd));
		for (at = first; at < pages; at++) {
			ASSERT_TRUE(is_as_written(vm.mem + at * page, hole[at],
						  at - first + 1))
				TH_LOG("page %zu of round %u", at, round);
		}
		vm_close(&vm);
		munmap(cfg.mem, LENT_SIZE);
	}
	if (swap)
		swap_off();
	free(hole);
}

/* Blocks are as large as can be had, and mappings of them are merged */
TEST_F_TIMEOUT(cost, pieces, COST_TIMEOUT)
{
	struct peak peak = {
		.cg = &self->cg, .kind = LENT_ANON, .size = VERY_LARGE,
	};

	EXPECT_EQ(0, measure(&peak, start_in_group));
	TH_LOG("%zu mappings, %zu memory entries for %lu MiB", peak.vmas,
	       peak.entries, VERY_LARGE / MIB);
	EXPECT_EQ(1, peak.vmas);
	EXPECT_LE(1, peak.entries);
	/* Most blocks have the size of a huge page */
	EXPECT_GE(2 * VERY_LARGE / HUGE, peak.entries);
}

/*
 * ---- a group that has too little: with large pages a CPU has as much in stock as
 * a start needs
 */

/* Not one block fits */
TEST_F_TIMEOUT(cost, no_room, COST_TIMEOUT)
{
	void *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL);
	long long now;

	if (self->page > 4096)
		SKIP(return, "pages are too large");
	ASSERT_NE(NULL, mem);
	ASSERT_CALL(cgroup_enter(&self->cg, 0));
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	now = cgroup_get(&self->cg, "memory.current");
	ASSERT_CALL(cgroup_set_number(&self->cg, "memory.max",
				      now + MIB / 2));
	EXPECT_ERRNO(ENOMEM, gh_start(self->vm.remote.vm.fd));
	EXPECT_TRUE(is_new(&self->vm));
	EXPECT_TRUE(has_content(&self->vm));
	/* Nobody was killed for it, and nothing is left */
	EXPECT_EQ(0, cgroup_value(&self->cg, "memory.events", "oom_kill"));
	EXPECT_GE(now + (long long)MIB / 2,
		  cgroup_get(&self->cg, "memory.current"));
	ASSERT_CALL(cgroup_set(&self->cg, "memory.max", "max"));
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
}

/*
 * Memory that another group was charged for moves into this one, until it is
 * full: some blocks were moved then.
 */
TEST_F_TIMEOUT(cost, room_for_some, COST_TIMEOUT)
{
	void *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL);
	unsigned int i;
	long long now;

	if (self->page > 4096)
		SKIP(return, "pages are too large");
	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	ASSERT_CALL(cgroup_enter(&self->cg, 0));
	now = cgroup_get(&self->cg, "memory.current");
	ASSERT_CALL(cgroup_set_number(&self->cg, "memory.max",
				      now + 5 * MIB));
	for (i = 0; i < 3; i++) {
		EXPECT_ERRNO(ENOMEM, gh_start(self->vm.remote.vm.fd));
		EXPECT_TRUE(is_new(&self->vm));
		EXPECT_TRUE(has_content(&self->vm));
	}
	EXPECT_LE((long long)MIB, cgroup_get(&self->cg, "memory.current"));
	EXPECT_EQ(0, cgroup_value(&self->cg, "memory.events", "oom_kill"));
	ASSERT_CALL(cgroup_set(&self->cg, "memory.max", "max"));
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
}

/* The group's statistics have the pages while they are lent */
TEST_F_TIMEOUT(cost, statistics, COST_TIMEOUT)
{
	static const char *const empty[] = { "file", "file_mapped", "shmem" };
	const long long size = LENT_SIZE;
	unsigned int i;

	ASSERT_CALL(cgroup_enter(&self->cg, 0));
	ASSERT_CALL(lent_run(&self->vm));
	EXPECT_LE(size, cgroup_get(&self->cg, "memory.current"));
	wait_for_statistics();
	EXPECT_GT(size, cgroup_value(&self->cg, "memory.stat", "anon"));
	for (i = 0; i < ARRAY_SIZE(empty); i++)
		EXPECT_GT(size, cgroup_value(&self->cg, "memory.stat",
					     empty[i]));
	/* Pages that the VMM maps after the end are mapped memory of a file */
	remote_close(&self->vm.remote);
	EXPECT_TRUE(all_zero(self->vm.mem, self->vm.size));
	wait_for_statistics();
	EXPECT_LE(size, cgroup_value(&self->cg, "memory.stat", "file_mapped"));
	lent_free(&self->vm);
	EXPECT_GT((long long)(size + in_stock()),
		  cgroup_get(&self->cg, "memory.current"));
	wait_for_statistics();
	for (i = 0; i < ARRAY_SIZE(empty); i++)
		EXPECT_GT(size / 2, cgroup_value(&self->cg, "memory.stat",
						 empty[i]));
}

/* ---- a VMM that the kernel kills ---- */

#define CONSOLE_OFF	6
#define CONSOLE_ON	7

static int use_up_group(void *data)
{
	const struct cgroup *cg = data;
	struct lent_vm vm;
	size_t at;
	char *mem;

	lent_init(&vm);
	if (cgroup_enter(cg, 0) || lent_run(&vm))
		return 1;
	mem = alloc_mem(LARGE);
	if (!mem)
		return 2;
	for (at = 0; at < LARGE; at += 4096)
		mem[at] = 1;
	return 3;
}

/* The report of the kernel would look like a fault of it: not on the console */
TEST_F_TIMEOUT(cost, out_of_memory, COST_TIMEOUT)
{
	ASSERT_CALL(cgroup_set_number(&self->cg, "memory.max",
				      LENT_SIZE + 8 * MIB));
	klogctl(CONSOLE_OFF, NULL, 0);
	EXPECT_EQ(256 + SIGKILL, in_child(use_up_group, &self->cg));
	klogctl(CONSOLE_ON, NULL, 0);
	EXPECT_EQ(1, cgroup_value(&self->cg, "memory.events", "oom_kill"));
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_GE((long long)(COST_MORE + in_stock()),
		  cgroup_get(&self->cg, "memory.current"));
}

GUNYAH_TEST_MAIN
