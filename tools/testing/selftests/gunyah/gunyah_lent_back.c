// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lent memory of Gunyah VMs that comes back: after the end of the VM, after a
 * start that failed, and when the firmware does not give it back
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "testctl.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

FIXTURE(back)
{
	struct lent_vm l;
};

FIXTURE_VARIANT(back)
{
	enum lent_kind kind;
};

LENT_VARIANTS(back);

FIXTURE_SETUP(back)
{
	LENT_SETUP(return, &self->l, variant->kind);
	ASSERT_CALL(lent_build(&self->l));
}

FIXTURE_TEARDOWN(back)
{
	testctl_reset();
	EXPECT_TRUE(lent_close(&self->l));
}

static int live_once(struct lent_vm *l)
{
	if (lent_start(l) || lent_finish(l))
		return -1;
	remote_close(&l->remote);
	return 0;
}

static long locked_kb(void)
{
	return proc_value("/proc/self/status", "VmLck");
}

TEST_F_TIMEOUT(back, memory_like_any_other, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	long all = l->size / 1024, before = l->leak.locked_kb;
	static const char exe[] = "/proc/self/exe";
	void *area, *hit;
	int to[2];
	char c;

	ASSERT_CALL(live_once(l));
	EXPECT_EQ(before + all, locked_kb());
	ASSERT_TRUE(lent_is_open(l->mem, l->size));
	/* Some access of each kind */
	hit = l->mem + LENT_HIT;
	EXPECT_EQ(0, probe_load(hit));
	EXPECT_EQ(0, probe_store(hit));
	EXPECT_EQ(0, probe_atomic(hit));
	ASSERT_EQ(0, pipe(to));
	EXPECT_EQ(100, write(to[1], hit, 100));
	EXPECT_EQ(100, read(to[0], hit, 100));
	memcpy(hit, exe, sizeof(exe));
	EXPECT_EQ(0, access(hit, R_OK));
	EXPECT_EQ(0, syscall(__NR_futex, hit, FUTEX_WAKE_PRIVATE, 1, NULL,
			     NULL, 0));
	EXPECT_ERRNO(EFAULT, syscall(__NR_futex, hit, FUTEX_WAKE, 1, NULL,
				     NULL, 0));
	close(to[0]);
	close(to[1]);

	/* mlock() counts for itself */
	EXPECT_EQ(0, mlock(l->mem, l->size));
	EXPECT_EQ(before + 2 * all, locked_kb());
	EXPECT_EQ(0, munlock(l->mem, l->size));
	EXPECT_EQ(before + all, locked_kb());
	EXPECT_EQ(0, mprotect(l->mem, l->size, PROT_READ));
	EXPECT_EQ(SIGSEGV, probe_store(hit));
	EXPECT_EQ(0, mprotect(l->mem, l->size, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, madvise(l->mem, l->size, MADV_DONTNEED));
	EXPECT_EQ(0, strcmp(hit, exe));

	/* It moves, shrinks, and ends */
	area = alloc_mem(l->size);
	ASSERT_NE(NULL, area);
	ASSERT_EQ(area, mremap(l->mem, l->size, l->size,
			       MREMAP_MAYMOVE | MREMAP_FIXED, area));
	EXPECT_EQ(0, strcmp(area + LENT_HIT, exe));
	ASSERT_EQ(area, mremap(area, l->size, l->size / 2, 0));
	c = *((char *)area + l->size / 2 - 1);
	EXPECT_EQ(c, *((char *)area + l->size / 2 - 1));
	munmap(area, l->size / 2);
	EXPECT_EQ(before, locked_kb());
}

struct reader {
	struct lent_vm *l;
	bool stop;
	unsigned long read;
	__u64 seen;		/* anything but zero */
};

/* Tries all pages again and again, and reads what can be read */
static void *read_all(void *data)
{
	struct reader *r = data;
	size_t at = 0;
	__u64 word;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		at = (at + r->l->page) % r->l->size;
		if (probe_load(r->l->mem + at))
			continue;
		word = *(__u64 *)(r->l->mem + at);
		r->read++;
		if (word)
			r->seen = word;
	}
	return NULL;
}

/* What the guest has written is gone before the first access is possible */
TEST_F_TIMEOUT(back, secrets, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct reader r = { .l = l };
	pthread_t thread;

	ASSERT_CALL(lent_start(l));
	ASSERT_CALL(lent_finish(l));
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_all, &r));
	remote_close(&l->remote);
	usleep(5000);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	EXPECT_LT(0, r.read);
	EXPECT_EQ(0, r.seen);
}

/* Again and again, lent and shared */
TEST_F_TIMEOUT(back, used_again, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct vm_config cfg = {
		.shm_mem = l->mem + LENT_HIT, .shm_size = GUEST_SHM_SIZE,
	};
	struct gh_vm_status status;
	unsigned int round;

	for (round = 0; round < 3; round++) {
		ASSERT_CALL(live_once(l));
		ASSERT_TRUE(lent_is_open(l->mem, l->size));
		EXPECT_EQ(l->leak.locked_kb + (long)l->size / 1024,
			  locked_kb());

		/* A part of it is shared with another VM, which writes to it */
		ASSERT_CALL(vm_build(&l->remote.vm, &cfg, VM_HAS_VCPUS));
		pattern_fill(cfg.shm_mem, cfg.shm_size, round);
		vm_program(&l->remote.vm, 0,
			   G_CHECK(GUEST_SHM_BASE, GUEST_SHM_SIZE, round),
			   G_FILL(GUEST_SHM_BASE, GUEST_SHM_SIZE, round + 10),
			   G_OFF);
		ASSERT_CALL(gh_start(l->remote.vm.fd));
		ASSERT_CALL(vm_finish(&l->remote.vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		EXPECT_TRUE(pattern_check(cfg.shm_mem, cfg.shm_size,
					  round + 10));
		remote_close(&l->remote);
		if (round < 2)
			ASSERT_CALL(lent_build(l));
	}
}

/* Half of it is of another VM's before, half is new */
TEST_F_TIMEOUT(back, mixed, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t half = l->size / 2, quarter = l->size / 4;

	ASSERT_CALL(live_once(l));
	renew_mem(l->mem + half, half);
	renew_mem(l->mem + quarter, l->page);
	EXPECT_TRUE(lent_is_open(l->mem, l->size / 4));
	ASSERT_CALL(lent_build(l));
	ASSERT_CALL(live_once(l));
	EXPECT_TRUE(lent_is_open(l->mem, l->size));
}

/* Another process that has it may lend it, too, and then it has moved there */
static int lend_in_child(void *arg)
{
	struct lent_vm *l = arg;

	remote_init(&l->remote);
	if (lent_build(l) || live_once(l))
		return 1;
	return lent_is_open(l->mem, l->size) ? 0 : 2;
}

TEST_F_TIMEOUT(back, lent_by_a_child, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct lent_vm child;

	ASSERT_CALL(live_once(l));
	ASSERT_TRUE(lent_is_open(l->mem, l->size));
	ASSERT_EQ(0, madvise(l->mem, l->size, MADV_DOFORK));
	child = *l;
	EXPECT_EQ(0, in_child(lend_in_child, &child));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	renew_mem(l->mem, l->size);
	ASSERT_CALL(lent_build(l));
	ASSERT_CALL(live_once(l));
}

/* A page with a memory error, which is mapped twice */
TEST_F_TIMEOUT(back, memory_error, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	unsigned char *hit = l->mem + LENT_HIT, *copy;
	int sig, ret;

	ASSERT_CALL(live_once(l));
	ASSERT_TRUE(lent_is_open(l->mem, l->size));
	copy = mremap(l->mem, 0, l->size, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, copy);
	ret = madvise(hit, l->page, MADV_HWPOISON);
	if (ret && errno == EINVAL)
		SKIP(return, "this kernel cannot inject memory errors");
	/* The other mapping has no entry of that page yet */
	sig = probe_load(copy + LENT_HIT);
	EXPECT_TRUE(sig == 0 || sig == SIGBUS)
		TH_LOG("signal %d", sig);
	ret = madvise(hit + l->page, l->page, MADV_SOFT_OFFLINE);
	sig = probe_load(copy + LENT_HIT + l->page);
	EXPECT_TRUE(sig == 0 || sig == SIGBUS)
		TH_LOG("signal %d", sig);
	/* All others are not affected */
	EXPECT_TRUE(pattern_check(copy, LENT_HIT, 1));
	munmap(copy, l->size);
}

/* ---- starts that fail ---- */

/* What the firmware refuses; the content of a VM that has not run stays */
static const __u32 refused[] = {
	RM_VM_ALLOC_VMID_MSG, RM_MEM_LEND_MSG, RM_MEM_SHARE_MSG,
	RM_VM_CONFIG_IMAGE_MSG, RM_VM_INIT_MSG, RM_VM_GET_HYP_RESOURCES_MSG,
	RM_VM_START_MSG,
};

TEST_F_TIMEOUT(back, refused_start, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct leak_state before;
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	before = l->leak;
	before.locked_kb += (long)l->size / 1024;
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		testctl_fault(RM_FAULT_FAIL, refused[i], 1, RM_ERR_DENIED);
		EXPECT_NE(0, gh_start(l->remote.vm.fd))
			TH_LOG("message %x", refused[i]);
		testctl_reset();
		remote_close(&l->remote);
		EXPECT_TRUE(pattern_check(l->mem + LENT_HIT, LENT_HIT_SIZE,
					  LENT_OF_HOST))
			TH_LOG("message %x", refused[i]);
		EXPECT_TRUE(leak_check(&before, BACK_MS));
		ASSERT_CALL(lent_build(l));
	}
	ASSERT_CALL(live_once(l));
	EXPECT_TRUE(lent_is_open(l->mem, l->size));
}

/* It may have run, although the firmware says that it did not start */
TEST_F_TIMEOUT(back, refused_but_started, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	SKIP_WITHOUT_TESTCTL(return);
	testctl_fault(RM_FAULT_FAIL_AFTER, RM_VM_START_MSG, 1, RM_ERR_DENIED);
	EXPECT_ERRNO(EPERM, gh_start(l->remote.vm.fd));
	testctl_reset();
	remote_close(&l->remote);
	EXPECT_TRUE(all_zero(l->mem, l->size));
}

/* ---- memory that does not come back ---- */

/* Whether a VM of this process is listed that has memory */
static bool is_listed(void)
{
	char pattern[100], text[4096];
	bool found = false;
	glob_t g;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/gunyah/%d-*/regions",
		 getpid());
	if (glob(pattern, 0, NULL, &g))
		return false;
	for (i = 0; i < g.gl_pathc; i++)
		if (read_file(g.gl_pathv[i], text, sizeof(text)) > 0 &&
		    strstr(text, " parcel="))
			found = true;
	globfree(&g);
	return found;
}

static bool is_accessible(void *arg)
{
	return probe_load(arg) == 0;
}

TEST_F_TIMEOUT(back, reclaim_refused, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(lent_start(l));
	ASSERT_CALL(lent_finish(l));
	testctl_fault_repeat(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1, RM_ERR_BUSY);
	remote_close(&l->remote);
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_LE(l->leak.locked_kb + (long)l->size / 1024, locked_kb());
	if (!access("/sys/kernel/debug/gunyah", R_OK))
		EXPECT_TRUE(is_listed());
	usleep(300000);
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));

	/* The driver tries again */
	testctl_reset();
	ASSERT_TRUE(wait_until(is_accessible, l->mem, limit_ms(BACK_MS)));
	EXPECT_TRUE(lent_is_open(l->mem, l->size));
	EXPECT_EQ(l->leak.locked_kb + (long)l->size / 1024, locked_kb());
	EXPECT_FALSE(is_listed());
}

/*
 * Nobody knows whether the firmware has the memory, because the reply was lost:
 * user space must not get it back, and nobody else either. So this leaks.
 */
TEST(lost)
{
	size_t much = 64 * HUGE;
	struct param timeout = {};
	struct lent_vm l;
	void *mem;

	LENT_SETUP(return, &l, LENT_ANON);
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(lent_build(&l));
	ASSERT_CALL(short_timeout(&timeout));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_MEM_LEND_MSG, 1, 0);
	EXPECT_ERRNO(ETIMEDOUT, gh_start(l.remote.vm.fd));
	param_restore(&timeout);
	testctl_reset();
	EXPECT_TRUE(lent_is_closed(l.mem, l.size));
	remote_close(&l.remote);
	EXPECT_TRUE(lent_is_closed(l.mem, l.size));
	EXPECT_LE(l.leak.locked_kb + (long)l.size / 1024, locked_kb());
	munmap(l.area, l.area_size);
	EXPECT_LE(l.leak.locked_kb + (long)l.size / 1024, locked_kb());
	/* The pages would be the first ones to be used again */
	mem = alloc_mem(much);
	ASSERT_NE(NULL, mem);
	memset(mem, 1, much);
	munmap(mem, much);
	EXPECT_EQ(0, vm_one_life());
	EXPECT_EQ(l.aborts, testctl_read(GH_TESTCTL_HOST_ABORTS));
}

/* The mapping goes while the firmware still has the memory */
TEST_F_TIMEOUT(back, unmapped_while_refused, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(lent_start(l));
	testctl_fault_repeat(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1, RM_ERR_BUSY);
	ASSERT_CALL(lent_finish(l));
	remote_close(&l->remote);
	ASSERT_EQ(0, munmap(l->mem, l->size));
	/* It stays charged until it is back */
	EXPECT_LE(l->leak.locked_kb + (long)l->size / 1024, locked_kb());
	testctl_reset();
	EXPECT_TRUE(leak_check(&l->leak, BACK_MS));
}

static int be_killed(void *arg)
{
	struct lent_vm l;

	lent_init(&l);
	if (lent_alloc(&l, *(enum lent_kind *)arg) || lent_build(&l) ||
	    lent_start(&l))
		return 1;
	testctl_fault_repeat(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1, RM_ERR_BUSY);
	kill(getpid(), SIGKILL);
	return 2;
}

/* The process is gone as well */
TEST_F_TIMEOUT(back, killed_while_refused, LENT_TIMEOUT)
{
	enum lent_kind kind = variant->kind;
	struct leak_state now;

	SKIP_WITHOUT_TESTCTL(return);
	EXPECT_TRUE(lent_close(&self->l));
	EXPECT_EQ(256 + SIGKILL, in_child(be_killed, &kind));
	leak_read(&now);
	EXPECT_LE(GUEST_SIZE / 4096,
		  now.counters[LEAK_PAGES_LENT] -
		  self->l.leak.counters[LEAK_PAGES_LENT]);
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->l.leak, BACK_MS));
	write_file(HUGE_PAGES_PARAM, "0");
}

GUNYAH_TEST_MAIN
