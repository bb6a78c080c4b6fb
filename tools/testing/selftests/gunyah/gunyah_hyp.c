// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test hypervisor as a guest sees it: answers to hypercalls, and interrupts
 *
 * Other tests rely on it to refuse what the published one refuses. Its answers
 * to the host cannot be seen from user space, but they come from the same code.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "remote.h"
#include "testctl.h"

#define HYP_TIMEOUT	120

#define FN(n)		(0xc6008000 | (n))
#define HVC_MSGQ_RECV	0x1c
#define HVC_PRNG	0x57
#define HVC_INFO_AREA	0x6a

/* How the kernel marks itself after an external abort: TAINT_MACHINE_CHECK */
#define TAINT_OF_ABORT	0x10

#define ERR_ARGUMENT	1
#define ERR_NULL_CAP	50
#define ERR_RIGHTS	53

#define UNKNOWN_CAP	0x7fffffff
#define MAX_MESSAGE	240
#define BUFFER		REMOTE_SHM(REMOTE_TX)
#define BAD_ADDRESS	0xfff0000000ULL

FIXTURE(hyp)
{
	struct leak_state leak;
	struct remote remote;
};

FIXTURE_SETUP(hyp)
{
	const struct vm_config cfg = { .rm_rpc = true };

	SKIP_WITHOUT_GUNYAH(return);
	if (!testctl_present())
		SKIP(return, "not the test hypervisor");
	ASSERT_CALL(remote_setup(&self->remote, &self->leak, &cfg));
}

FIXTURE_TEARDOWN(hyp)
{
	remote_close(&self->remote);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* x0 after a hypercall with x1 to x5 */
static __u64 call(struct remote *r, __u32 n, __u64 a1, __u64 a2, __u64 a3,
		  __u64 a4, __u64 a5)
{
	const __u64 args[5] = { a1, a2, a3, a4, a5 };

	if (remote_hypercall(r, FN(n), args))
		return ~0ULL;
	return vm_word(&r->vm, REMOTE_REGS);
}

/* Small ones begin with 0, random ones have bits everywhere */
TEST_F_TIMEOUT(hyp, first_capability, HYP_TIMEOUT)
{
	struct remote *r = &self->remote;

	if (r->tx >> 32) {
		EXPECT_EQ(r->tx >> 32, r->rx >> 32);
	} else {
		EXPECT_EQ(0, r->tx);
		EXPECT_EQ(1, r->rx);
		EXPECT_EQ(ERR_NULL_CAP, call(r, HVC_MSGQ_SEND, 2, 8, BUFFER, 0,
					     0));
	}
	EXPECT_EQ(ERR_ARGUMENT, call(r, HVC_MSGQ_SEND, UNKNOWN_CAP, 8, BUFFER,
				     0, 0));
	EXPECT_EQ(ERR_ARGUMENT, call(r, HVC_MSGQ_SEND, ~0ULL, 8, BUFFER, 0, 0));
	EXPECT_EQ(ERR_RIGHTS, call(r, HVC_MSGQ_RECV, r->tx, BUFFER, 240, 0, 0));
}

TEST_F_TIMEOUT(hyp, reserved_arguments, HYP_TIMEOUT)
{
	struct remote *r = &self->remote;

	EXPECT_EQ(ERR_ARGUMENT, call(r, HVC_MSGQ_SEND, r->tx, 8, BUFFER, 0, 1));
	EXPECT_EQ(ERR_ARGUMENT, call(r, HVC_MSGQ_SEND, r->tx, 8, BUFFER, 2, 0));
	EXPECT_EQ(ERR_ARGUMENT, call(r, HVC_MSGQ_RECV, r->rx, BUFFER, 240, 1,
				     0));
	EXPECT_EQ(ERR_ARGUMENT, call(r, HVC_PRNG, 8, 1, 0, 0, 0));
	EXPECT_EQ(0, call(r, HVC_PRNG, 8, 0, 0, 0, 0));
}

/* Neither reported nor sent, and the queue still works */
TEST_F_TIMEOUT(hyp, dropped_messages, HYP_TIMEOUT)
{
	struct remote *r = &self->remote;
	__u64 requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	__u32 error = 0;

	EXPECT_EQ(0, call(r, HVC_MSGQ_SEND, r->tx, 0, BUFFER, 0, 0));
	EXPECT_EQ(0, call(r, HVC_MSGQ_SEND, r->tx, MAX_MESSAGE + 1, BUFFER, 0,
			  0));
	EXPECT_EQ(0, call(r, HVC_MSGQ_SEND, r->tx, 8, BAD_ADDRESS, 0, 0));
	ASSERT_CALL(remote_call(r, RM_MEM_NOTIFY_MSG, NULL, 0, &error));
	EXPECT_EQ(RM_ERR_MSG_INVALID, error);
	EXPECT_EQ(requests + 1, testctl_read(GH_TESTCTL_RM_REQUESTS));
}

/* Those of the host, by number */
TEST_F_TIMEOUT(hyp, counters, HYP_TIMEOUT)
{
	__u64 before[GH_TESTCTL_HVC_NUMBERS], sum = 0, more, all, runs;
	__u64 sgis = testctl_read(GH_TESTCTL_HOST_SGIS);
	struct remote *r = &self->remote;
	unsigned int n;

	all = testctl_read(GH_TESTCTL_HYPERCALLS);
	runs = testctl_read(GH_TESTCTL_VCPU_RUNS);
	for (n = 0; n < GH_TESTCTL_HVC_NUMBERS; n++)
		before[n] = testctl_read(GH_TESTCTL_HVC_COUNT(n));

	/* The end of the VM: then nothing runs that makes hypercalls */
	remote_close(r);
	for (n = 0; n < GH_TESTCTL_HVC_NUMBERS; n++) {
		more = testctl_read(GH_TESTCTL_HVC_COUNT(n)) - before[n];
		sum += more;
		if (n == HVC_MSGQ_SEND || n == HVC_MSGQ_RECV) {
			EXPECT_NE(0, more);
		} else if (n != HVC_VCPU_RUN) {
			EXPECT_EQ(0, more)
				TH_LOG("hypercall %#x", n);
		}
	}
	/* The vCPU ran while the first of them were read */
	EXPECT_LE(sum, testctl_read(GH_TESTCTL_HYPERCALLS) - all);
	EXPECT_LE(runs, testctl_read(GH_TESTCTL_VCPU_RUNS));
	EXPECT_LE(sgis, testctl_read(GH_TESTCTL_HOST_SGIS));
}

/* The host reads its info area, and does not change it. A guest has none. */
TEST_F_TIMEOUT(hyp, info_area, HYP_TIMEOUT)
{
	size_t size = sysconf(_SC_PAGESIZE);
	__u32 *area;
	__u64 aborts;
	int fd;

	EXPECT_EQ(~0ULL, call(&self->remote, HVC_INFO_AREA, 0, 0, 0, 0, 0));
	if (!hyp_word("gunyah_hyp.generation=2024"))
		SKIP(return, "this firmware has no info area");

	fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	ASSERT_LE(0, fd);
	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    GH_INFO_AREA_BASE);
	close(fd);
	ASSERT_NE(MAP_FAILED, area);
	aborts = testctl_read(GH_TESTCTL_HOST_ABORTS);
	EXPECT_EQ(1, area[0]);
	EXPECT_EQ(aborts, testctl_read(GH_TESTCTL_HOST_ABORTS));
	EXPECT_EQ(SIGBUS, probe_store(area));
	self->leak.taint |= TAINT_OF_ABORT;
	EXPECT_EQ(aborts + 1, testctl_read(GH_TESTCTL_HOST_ABORTS));
	EXPECT_EQ(1, area[0]);
	munmap(area, size);
}

/* ---- a vCPU that is stopped while it runs ---- */

#define EVICT_TIMEOUT	300

/* A stop proves nothing if an interrupt of the host comes at that moment */
#define EVICT_ROUNDS	4

/* All vCPUs run on the first, the test and the driver's work on the second */
#define GUEST_CPU	1
#define TEST_CPU	0
#define WORK_MASK	"1"
#define WORK_PARAM	"/sys/devices/virtual/workqueue/cpumask"

#define LABEL		0x40
#define IRQ		40
#define NO_IRQ		1023

/* In the second region: what GUEST_OP_IRQ_PEEK has found */
#define FOUND		BELLS_WORDS
#define NOT_YET		(~0ULL)

static const struct dtb_bell ringing = { LABEL, IRQ };

FIXTURE(evict)
{
	struct leak_state leak;
	struct bells b;
	struct param work;
	int fd;
};

FIXTURE_SETUP(evict)
{
	SKIP_WITHOUT_GUNYAH(return);
	if (!testctl_present())
		SKIP(return, "not the test hypervisor");
	leak_read(&self->leak);
	catch_sigusr1();
	vm_init(&self->b.vm);
	self->fd = new_eventfd(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(evict)
{
	bells_close(&self->b);
	close(self->fd);
	param_restore(&self->work);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

static int pin(pthread_t thread, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	errno = pthread_setaffinity_np(thread, sizeof(set), &set);
	return errno ? -1 : 0;
}

/* Start a VM whose vCPU executes @ops on GUEST_CPU */
static int start_pinned(struct bells *b, const struct guest_op *ops, size_t n)
{
	if (bells_start(b) || pin(b->runner.thread, GUEST_CPU))
		return -1;
	vm_poke(&b->vm, FOUND, NOT_YET);
	return bells_program(b, ops, n);
}

static bool irq_found(void *arg)
{
	return vm_word(arg, FOUND) == IRQ;
}

/*
 * A sleep may end with the timer tick, during which the host has GUEST_CPU as
 * well. Wait until the vCPU runs again. If the machine has one thread for all
 * CPUs, the yield lets the other CPU go on.
 */
static void leave_tick(void)
{
	long long end = now_ms() + 2;

	while (now_ms() < end)
		asm volatile("yield");
}

/* A vCPU that never takes its interrupt is stopped while it runs */
static void stop_with_pending(struct __test_metadata *_metadata,
			      struct bells *b, int fd)
{
	const __u64 peek = GUEST_SHM_BASE + BELLS_PROG +
			   sizeof(struct guest_op);
	const struct guest_op ops[] = {
		G_IRQ_ENABLE(GUEST_IRQ_EDGE, IRQ),
		G_IRQ_PEEK(GUEST_SHM_BASE + FOUND),
		G_JUMP(peek),
	};
	const struct vm_config cfg = { .num_bells = 1, .bells = &ringing };

	ASSERT_CALL(bells_build(b, &cfg));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, fd, LABEL, 0));
	ASSERT_CALL(start_pinned(b, ops, ARRAY_SIZE(ops)));
	ASSERT_CALL(eventfd_ring(fd, 1));
	ASSERT_TRUE(wait_until(irq_found, &b->vm, LONG_MS));
	leave_tick();
	ASSERT_CALL(gh_stop(b->vm.fd, GH_VM_STOP_FORCE));
	bells_close(b);
}

/* A vCPU without interrupts runs on the same CPU; returns what it finds */
static __u64 find_pending(struct __test_metadata *_metadata, struct bells *b)
{
	const struct guest_op ops[] = {
		G_IRQ_PEEK(GUEST_SHM_BASE + FOUND),
		G_OFF,
	};
	const struct vm_config cfg = {};
	struct gh_vm_status status;
	__u64 found;

	ASSERT_CALL(bells_build(b, &cfg));
	ASSERT_CALL(start_pinned(b, ops, ARRAY_SIZE(ops)));
	ASSERT_CALL(vm_wait_end(&b->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	found = vm_word(&b->vm, FOUND);
	bells_close(b);
	return found;
}

/* The next vCPU on that CPU does not inherit its interrupts */
TEST_F_TIMEOUT(evict, pending_interrupt, EVICT_TIMEOUT)
{
	unsigned int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU only");
	ASSERT_CALL(pin(pthread_self(), TEST_CPU));
	/* A work item stops the VM; on GUEST_CPU it would preempt the vCPU */
	ASSERT_CALL(param_set(&self->work, WORK_PARAM, WORK_MASK));
	for (i = 0; i < EVICT_ROUNDS; i++) {
		stop_with_pending(_metadata, &self->b, self->fd);
		EXPECT_EQ(NO_IRQ, find_pending(_metadata, &self->b));
	}
}

GUNYAH_TEST_MAIN
