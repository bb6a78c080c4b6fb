// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call on a VM, or on its vCPU, against every other one at the same time
 */
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "message.h"
#include "testctl.h"

#define PAIRS_TIMEOUT	7200

#define LABEL		77
#define GPA		0x140000000ULL
#define SIZE		0x10000

#define BELL		3
#define MMIO		0x10000ULL

#define MEM_RW		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

static const struct dtb_bell bells[] = { { BELL, 40 } };

static const struct vm_config config = {
	.rm_rpc = true, .num_bells = ARRAY_SIZE(bells), .bells = bells,
};

/**
 * struct target - what the calls are made on
 * @vm: a VM
 * @vcpu: its vCPU, whatever happens to the one in @vm; -1: none
 * @fd: an eventfd
 * @share: memory that is shared
 * @lend: memory that is lent
 */
struct target {
	struct vm vm;
	int vcpu;
	int fd;
	void *share;
	void *lend;
};

/* ---- the calls ---- */

static int share(struct target *t)
{
	return gh_set_region(t->vm.fd, LABEL, MEM_RW, GPA, SIZE, t->share);
}

static int lend(struct target *t)
{
	return gh_set_region(t->vm.fd, LABEL, MEM_RW | GH_MEM_LENT, GPA, SIZE,
			     t->lend);
}

static int android_lend(struct target *t)
{
	struct gh_userspace_memory_region region = {
		.label = LABEL, .flags = MEM_RW, .guest_phys_addr = GPA,
		.memory_size = SIZE, .userspace_addr = (uintptr_t)t->lend,
	};

	return ioctl(t->vm.fd, GH_VM_ANDROID_LEND_USER_MEM, &region);
}

static int remove_region(struct target *t)
{
	return gh_remove_region(t->vm.fd, LABEL);
}

static int get_region(struct target *t)
{
	struct gh_vm_region region = { .label = LABEL };

	return ioctl(t->vm.fd, GH_VM_GET_REGION, &region);
}

static int set_dtb(struct target *t)
{
	return gh_set_dtb(t->vm.fd, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE);
}

static int set_context(struct target *t)
{
	struct gh_vm_boot_context context = {
		.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_PC, 0),
		.value = GUEST_BASE,
	};

	return ioctl(t->vm.fd, GH_VM_SET_BOOT_CONTEXT, &context);
}

/* A range without memory: a start is refused then */
static int set_firmware(struct target *t)
{
	return gh_set_firmware(t->vm.fd, SIZE, SIZE);
}

/* No region is paged */
static int reclaim(struct target *t)
{
	struct gh_vm_reclaim arg = { .guest_phys_addr = SIZE, .size = SIZE };

	return ioctl(t->vm.fd, GH_VM_RECLAIM_MEM, &arg);
}

static int android_reclaim(struct target *t)
{
	struct gh_vm_reclaim arg = { .guest_phys_addr = SIZE, .size = SIZE };

	return ioctl(t->vm.fd, GH_VM_ANDROID_RECLAIM_MEM, &arg);
}

static int check_extension(struct target *t)
{
	return ioctl(t->vm.fd, GH_ANDROID_CHECK_EXTENSION, 0);
}

static int start(struct target *t)
{
	return gh_start(t->vm.fd);
}

static int ask(struct target *t)
{
	return gh_stop(t->vm.fd, 0);
}

static int stop(struct target *t)
{
	return gh_stop(t->vm.fd, GH_VM_STOP_FORCE);
}

static int status(struct target *t)
{
	struct gh_vm_status status;

	return gh_status(t->vm.fd, &status);
}

static int poll_vm(struct target *t)
{
	struct pollfd pfd = { .fd = t->vm.fd, .events = POLLIN };

	return poll(&pfd, 1, 0);
}

static int add_vcpu_flags(struct target *t, __u32 flags)
{
	int fd = gh_add_vcpu_flags(t->vm.fd, 0, flags);

	if (fd < 0)
		return -1;
	/* At no time is the file descriptor of the others another file's */
	dup2(fd, t->vcpu);
	close(fd);
	return 0;
}

static int add_vcpu(struct target *t)
{
	return add_vcpu_flags(t, 0);
}

static int add_fault_vcpu(struct target *t)
{
	return add_vcpu_flags(t, GH_VCPU_FLAGS_PAGE_FAULT);
}

static int remove_vcpu(struct target *t)
{
	return gh_remove_vcpu(t->vm.fd, 0);
}

static int add_irqfd(struct target *t)
{
	return gh_add_irqfd(t->vm.fd, t->fd, BELL, 0);
}

static int remove_irqfd(struct target *t)
{
	return gh_remove_irqfd(t->vm.fd, BELL);
}

static int ring(struct target *t)
{
	return eventfd_ring(t->fd, 1);
}

/* What the guest writes to all the time */
static int add_ioeventfd(struct target *t)
{
	return gh_add_ioeventfd(t->vm.fd, t->fd, MMIO + 8, 8, 0, 0);
}

static int remove_ioeventfd(struct target *t)
{
	return gh_remove_ioeventfd(t->vm.fd, MMIO + 8, 8, 0, 0);
}

static int run(struct target *t)
{
	return gh_vcpu_run(t->vcpu);
}

static int stats(struct target *t)
{
	struct gh_vcpu_stats stats;

	return ioctl(t->vcpu, GH_VCPU_GET_STATS, &stats);
}

static int map(struct target *t)
{
	int size = ioctl(t->vcpu, GH_VCPU_MMAP_SIZE, 0);
	struct gh_vcpu_run *run;

	if (size < 0)
		return -1;
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, t->vcpu, 0);
	if (run == MAP_FAILED)
		return -1;
	__atomic_store_n(&run->mmio.data[0], 1, __ATOMIC_RELAXED);
	return munmap(run, size);
}

enum {
	SHARE, LEND, ANDROID_LEND, REMOVE_REGION, GET_REGION, SET_DTB,
	SET_CONTEXT, SET_FIRMWARE, RECLAIM, ANDROID_RECLAIM, CHECK_EXTENSION,
	START, ASK, STOP, STATUS, POLL, ADD_VCPU, ADD_FAULT_VCPU, REMOVE_VCPU,
	ADD_IRQFD, REMOVE_IRQFD, RING, ADD_IOEVENTFD, REMOVE_IOEVENTFD, RUN,
	STATS, MAP, CALLS
};

/**
 * struct call - a call
 * @name: its name
 * @fn: makes it
 * @errnos: all errors that it may have, as the user ABI says; no VM of this
 *	program has a reason for others
 * @undo: call by which @fn has something to do again, or the same one
 * @slow: takes a message to the resource manager, or a tick
 */
struct call {
	const char *name;
	int (*fn)(struct target *t);
	int errnos[3];
	unsigned int undo;
	bool slow;
};

static const struct call calls[CALLS] = {
	[SHARE] = { "share", share, { EEXIST, EBUSY }, REMOVE_REGION, true },
	/* EFAULT: another call is about to lend that memory */
	[LEND] = { "lend", lend, { EEXIST, EBUSY, EFAULT }, REMOVE_REGION,
		   true },
	[ANDROID_LEND] = { "android_lend", android_lend,
			   { EEXIST, EBUSY, EFAULT }, REMOVE_REGION, true },
	[REMOVE_REGION] = { "remove_region", remove_region, { ENOENT, EBUSY },
			    LEND, true },
	[GET_REGION] = { "get_region", get_region, { ENOENT }, GET_REGION },
	[SET_DTB] = { "set_dtb", set_dtb, { EBUSY }, SET_DTB },
	[SET_CONTEXT] = { "set_context", set_context, { EINVAL }, SET_CONTEXT },
	[SET_FIRMWARE] = { "set_firmware", set_firmware, { EBUSY },
			   SET_FIRMWARE },
	/* EBUSY: not started, ENXIO: nothing of it is paged */
	[RECLAIM] = { "reclaim", reclaim, { EBUSY, ENXIO }, RECLAIM },
	[ANDROID_RECLAIM] = { "android_reclaim", android_reclaim,
			      { EBUSY, ENXIO }, ANDROID_RECLAIM },
	[CHECK_EXTENSION] = { "check_extension", check_extension, {},
			      CHECK_EXTENSION },
	/* EINVAL: no place for the region that is lent, or for the firmware */
	[START] = { "start", start, { EINVAL }, START },
	[ASK] = { "ask", ask, { EBUSY }, ASK, true },
	[STOP] = { "stop", stop, { EBUSY }, STOP },
	[STATUS] = { "status", status, {}, STATUS },
	[POLL] = { "poll", poll_vm, {}, POLL },
	[ADD_VCPU] = { "add_vcpu", add_vcpu, { EEXIST }, REMOVE_VCPU, true },
	[ADD_FAULT_VCPU] = { "add_fault_vcpu", add_fault_vcpu, { EEXIST },
			     REMOVE_VCPU, true },
	[REMOVE_VCPU] = { "remove_vcpu", remove_vcpu, { ENOENT }, ADD_VCPU,
			  true },
	[ADD_IRQFD] = { "add_irqfd", add_irqfd, { EEXIST }, REMOVE_IRQFD },
	[REMOVE_IRQFD] = { "remove_irqfd", remove_irqfd, { ENOENT },
			   ADD_IRQFD },
	[RING] = { "ring", ring, {}, RING },
	[ADD_IOEVENTFD] = { "add_ioeventfd", add_ioeventfd, { EEXIST },
			    REMOVE_IOEVENTFD },
	[REMOVE_IOEVENTFD] = { "remove_ioeventfd", remove_ioeventfd,
			       { ENOENT }, ADD_IOEVENTFD },
	[RUN] = { "run", run, { EINTR, ENODEV }, RUN },
	[STATS] = { "stats", stats, {}, STATS },
	[MAP] = { "map", map, {}, MAP },
};

/* ---- two at a time ---- */

/**
 * struct caller - a thread that makes a call again and again
 * @t: what the call is made on
 * @call: the call
 * @count: how often
 * @delay: loops before the first one
 * @ready: number of threads that are not ready yet
 * @thread: the thread
 * @failed: the call, or its counterpart, that has failed as it may not
 * @error: how
 */
struct caller {
	struct target *t;
	const struct call *call;
	unsigned int count;
	unsigned int delay;
	unsigned int *ready;
	pthread_t thread;
	const struct call *failed;
	int error;
};

static void make_call(struct caller *caller, const struct call *call)
{
	unsigned int i;

	if (call->fn(caller->t) >= 0)
		return;
	for (i = 0; i < ARRAY_SIZE(call->errnos); i++)
		if (errno == call->errnos[i])
			return;
	caller->error = errno;
	caller->failed = call;
}

static void *caller_main(void *data)
{
	struct caller *caller = data;
	const struct call *undo = &calls[caller->call->undo];
	unsigned int i;

	__atomic_sub_fetch(caller->ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(caller->ready, __ATOMIC_ACQUIRE))
		sched_yield();
	for (i = 0; i < caller->delay; i++)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i < caller->count && !caller->failed; i++) {
		make_call(caller, caller->call);
		if (undo != caller->call && !caller->failed)
			make_call(caller, undo);
	}
	return NULL;
}

static bool caller_ends(struct caller *caller)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += LONG_MS / 1000;
	return !pthread_timedjoin_np(caller->thread, NULL, &ts);
}

/* Whether both calls end, and in no other way than they may */
static bool both(struct target *t, unsigned int a, unsigned int b,
		 unsigned int count)
{
	unsigned int ready = 2, i, delay = random() % 2000;
	struct caller callers[2] = {};
	bool good = true;

	for (i = 0; i < 2; i++) {
		callers[i] = (struct caller){
			.t = t, .call = &calls[i ? b : a], .count = count,
			.ready = &ready,
			.delay = i == random() % 2 ? delay : 0,
		};
		if (pthread_create(&callers[i].thread, NULL, caller_main,
				   &callers[i]))
			return false;
	}
	for (i = 0; i < 2; i++) {
		/* There is no way on without its thread */
		if (!caller_ends(&callers[i])) {
			fprintf(stderr, "# %s against %s: %s does not end\n",
				calls[a].name, calls[b].name,
				callers[i].call->name);
			exit(KSFT_FAIL);
		}
		if (!callers[i].failed)
			continue;
		fprintf(stderr, "# %s against %s: %s: %s\n", calls[a].name,
			calls[b].name, callers[i].failed->name,
			strerror(callers[i].error));
		good = false;
	}
	return good;
}

FIXTURE(pairs)
{
	struct leak_state leak;
	struct target t;
};

FIXTURE_VARIANT(pairs)
{
	unsigned int call;
};

#define PAIRS_OF(name, _call)						\
	FIXTURE_VARIANT_ADD(pairs, name) { .call = (_call) }

PAIRS_OF(share, SHARE);
PAIRS_OF(lend, LEND);
PAIRS_OF(android_lend, ANDROID_LEND);
PAIRS_OF(remove_region, REMOVE_REGION);
PAIRS_OF(get_region, GET_REGION);
PAIRS_OF(set_dtb, SET_DTB);
PAIRS_OF(set_context, SET_CONTEXT);
PAIRS_OF(set_firmware, SET_FIRMWARE);
PAIRS_OF(reclaim, RECLAIM);
PAIRS_OF(android_reclaim, ANDROID_RECLAIM);
PAIRS_OF(check_extension, CHECK_EXTENSION);
PAIRS_OF(start, START);
PAIRS_OF(ask, ASK);
PAIRS_OF(stop, STOP);
PAIRS_OF(status, STATUS);
PAIRS_OF(poll, POLL);
PAIRS_OF(add_vcpu, ADD_VCPU);
PAIRS_OF(add_fault_vcpu, ADD_FAULT_VCPU);
PAIRS_OF(remove_vcpu, REMOVE_VCPU);
PAIRS_OF(add_irqfd, ADD_IRQFD);
PAIRS_OF(remove_irqfd, REMOVE_IRQFD);
PAIRS_OF(ring, RING);
PAIRS_OF(add_ioeventfd, ADD_IOEVENTFD);
PAIRS_OF(remove_ioeventfd, REMOVE_IOEVENTFD);
PAIRS_OF(run, RUN);
PAIRS_OF(stats, STATS);
PAIRS_OF(map, MAP);

/* The VM is new, or its guest has exits all the time */
static int target_make(struct target *t, bool started)
{
	struct vm *vm = &t->vm;

	if (vm_build(vm, &config, VM_HAS_VCPUS))
		return -1;
	vm_program(vm, 0, G_ECHO(MMIO, MMIO + 8, ~0ULL));
	t->vcpu = dup(vm->vcpu[0]);
	if (t->vcpu < 0)
		return -1;
	return started ? gh_start(vm->fd) : 0;
}

static void target_free(struct target *t)
{
	if (t->vcpu >= 0)
		close(t->vcpu);
	t->vcpu = -1;
	vm_close(&t->vm);
}

FIXTURE_SETUP(pairs)
{
	struct target *t = &self->t;

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	srandom(1);
	vm_init(&t->vm);
	t->vcpu = -1;
	t->fd = new_eventfd(0);
	ASSERT_LE(0, t->fd);
	leak_read(&self->leak);
}

/* Memory that was lent is charged as long as it is mapped */
static int new_memory(struct target *t)
{
	t->share = alloc_mem(SIZE);
	t->lend = alloc_mem(SIZE);
	return t->share && t->lend ? 0 : -1;
}

static bool all_is_back(struct target *t, const struct leak_state *leak)
{
	target_free(t);
	munmap(t->share, SIZE);
	munmap(t->lend, SIZE);
	return leak_check(leak, BACK_MS);
}

FIXTURE_TEARDOWN(pairs)
{
	target_free(&self->t);
	close(self->t.fd);
	EXPECT_EQ(0, vm_one_life());
}

/* What a call can do only once, it does with a new VM each time */
static bool is_last(unsigned int call, bool started)
{
	return call == (started ? STOP : START);
}

/* Calls @a and @b on a VM that is there, or will be there for the next pair */
static bool try_pair(struct target *t, unsigned int a, unsigned int b,
		     bool started)
{
	unsigned int count = test_is_long() ? 400 : 40;
	struct gh_vm_status now;

	if (calls[a].slow || calls[b].slow)
		count /= 10;
	if (t->vcpu < 0 && (new_memory(t) || target_make(t, started)))
		return false;
	return both(t, a, b, count) && !gh_status(t->vm.fd, &now) &&
	       now.state == (started ? GH_VM_STATE_RUNNING : GH_VM_STATE_NEW);
}

/* The same if the VM is another one afterwards */
static bool try_last(struct target *t, const struct leak_state *leak,
		     unsigned int a, unsigned int b, bool started)
{
	unsigned int i, rounds = test_is_long() ? 200 : 1;
	bool good = true;

	for (i = 0; i < rounds && good; i++) {
		if (new_memory(t) || target_make(t, started))
			return false;
		good = both(t, a, b, 2);
		good &= all_is_back(t, leak);
	}
	return good;
}

static void with_each(struct __test_metadata *_metadata, struct target *t,
		      const struct leak_state *leak, unsigned int call,
		      bool started)
{
	unsigned int other;

	for (other = call; other < CALLS; other++) {
		if (is_last(call, started) || is_last(other, started))
			continue;
		EXPECT_TRUE(try_pair(t, call, other, started)) {
			TH_LOG("%s against %s, VM is %s", calls[call].name,
			       calls[other].name, started ? "started" : "new");
		}
	}
	if (t->vcpu >= 0)
		EXPECT_TRUE(all_is_back(t, leak));
	for (other = call; other < CALLS; other++) {
		if (!is_last(call, started) && !is_last(other, started))
			continue;
		EXPECT_TRUE(try_last(t, leak, call, other, started)) {
			TH_LOG("%s against %s, VM is %s", calls[call].name,
			       calls[other].name, started ? "started" : "new");
		}
	}
}

TEST_F_TIMEOUT(pairs, new_vm, PAIRS_TIMEOUT)
{
	with_each(_metadata, &self->t, &self->leak, variant->call, false);
}

TEST_F_TIMEOUT(pairs, started_vm, PAIRS_TIMEOUT)
{
	with_each(_metadata, &self->t, &self->leak, variant->call, true);
}

GUNYAH_TEST_MAIN
