// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the test hypervisor answers to hypercalls of a guest
 *
 * Other tests rely on it to refuse what the published one refuses. Its answers
 * to the host cannot be seen from user space, but they come from the same code.
 */
#include "../kselftest_harness.h"
#include "remote.h"
#include "testctl.h"

#define HYP_TIMEOUT	120

#define FN(n)		(0xc6008000 | (n))
#define HVC_MSGQ_RECV	0x1c
#define HVC_PRNG	0x57

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

TEST_HARNESS_MAIN
