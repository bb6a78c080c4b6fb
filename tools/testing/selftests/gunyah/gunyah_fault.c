// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah with a resource manager that refuses, errs, or loses a reply
 *
 * Everything here needs the test hypervisor, which does that on purpose.
 */
#include <fcntl.h>
#include <signal.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "message.h"
#include "testctl.h"

/* ---- messages of a start and of an end ---- */

static const struct message start_messages[] = {
	{ RM_VM_ALLOC_VMID_MSG, .hides = true },
	{ RM_MEM_LEND_MSG, .hides = true },
	{ RM_MEM_LEND_MSG, { .shm_size = GUEST_SHM_SIZE, .shm_lent = true },
	  .nth = 2, .hides = true },
	{ RM_MEM_SHARE_MSG, { .shm_size = GUEST_SHM_SIZE }, .hides = true },
	{ RM_MEM_APPEND_MSG, .scattered = true },
	{ RM_VM_CONFIG_IMAGE_MSG },
	{ RM_VM_INIT_MSG },
	{ RM_VM_GET_HYP_RESOURCES_MSG },
	{ RM_VM_START_MSG },
};

static const struct message end_messages[] = {
	{ RM_VM_STOP_MSG },
	{ RM_VM_RESET_MSG },
	{ RM_MEM_RECLAIM_MSG },
	{ RM_MEM_RECLAIM_MSG, { .shm_size = GUEST_SHM_SIZE }, .nth = 2 },
	{ RM_VM_DEALLOC_VMID_MSG },
};

FIXTURE(fault)
{
	struct leak_state leak;
	struct vm vm;
	void *scattered;
	struct param timeout;
	bool keeps;		/* the firmware may keep something for good */
};

FIXTURE_SETUP(fault)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(message_setup(&self->vm, &self->leak, &self->scattered));
}

FIXTURE_TEARDOWN(fault)
{
	message_teardown(&self->vm, &self->timeout, self->scattered);
	EXPECT_EQ(0, vm_one_life());
	if (!self->keeps)
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* ---- errors ---- */

static const struct {
	__u32 code;
	int error;
} codes[] = {
	{ RM_ERR_NOMEM, ENOMEM },
	{ RM_ERR_NORESOURCE, ENODEV },
	{ RM_ERR_DENIED, EPERM },
	{ RM_ERR_MSG_INVALID, EINVAL },
	{ RM_ERR_BUSY, EBUSY },
	{ RM_ERR_ARGUMENT_INVALID, EINVAL },
	{ RM_ERR_MEM_INVALID, EINVAL },
	{ RM_ERR_MEM_INUSE, EBUSY },
	{ RM_ERR_IN_USE, EBUSY },
	{ RM_ERR_VM_STATE, EBUSY },
	{ RM_ERR_UNIMPLEMENTED, EOPNOTSUPP },
	{ 0x12345678, EIO },
};

static void start_refused(struct __test_metadata *_metadata,
			  struct _test_data_fault *self, const struct message *msg,
			  __u32 code, int error)
{
	struct gh_vm_status status;

	ASSERT_CALL(message_build(&self->vm, msg, self->scattered));
	message_fault(msg, RM_FAULT_FAIL, code);
	EXPECT_ERRNO(error, gh_start(self->vm.fd));
	EXPECT_ERRNO(error, gh_start(self->vm.fd));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(error, status.start_errno);
	/* Nothing is left of it in the firmware */
	EXPECT_EQ(self->leak.counters[LEAK_VMIDS],
		  testctl_read(GH_TESTCTL_VMIDS));
	EXPECT_EQ(self->leak.counters[LEAK_PARCELS],
		  testctl_read(GH_TESTCTL_PARCELS));
	vm_close(&self->vm);
	ASSERT_TRUE(leak_check(&self->leak, 0))
		TH_LOG("message %x error %x", msg->id, code);
	testctl_reset();
}

TEST_F_TIMEOUT(fault, start_refused, FAULT_TIMEOUT)
{
	unsigned int m, c;

	for (m = 0; m < ARRAY_SIZE(start_messages); m++) {
		for (c = 0; c < ARRAY_SIZE(codes); c++) {
			/* Repeated, see gunyah_recover */
			if (start_messages[m].id == RM_VM_INIT_MSG &&
			    codes[c].code == RM_ERR_NORESOURCE)
				continue;
			start_refused(_metadata, self, &start_messages[m],
				      codes[c].code, codes[c].error);
		}
	}
}

/* The request was carried out, although the reply is an error */
TEST_F_TIMEOUT(fault, start_refused_but_done, FAULT_TIMEOUT)
{
	unsigned int m;

	for (m = 0; m < ARRAY_SIZE(start_messages); m++) {
		const struct message *msg = &start_messages[m];

		/* Nobody can give back a parcel whose handle is unknown */
		if (msg->hides)
			continue;
		ASSERT_CALL(message_build(&self->vm, msg, self->scattered));
		message_fault(msg, RM_FAULT_FAIL_AFTER, RM_ERR_DENIED);
		EXPECT_ERRNO(EPERM, gh_start(self->vm.fd));
		vm_close(&self->vm);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS))
			TH_LOG("message %x", msg->id);
		testctl_reset();
	}
}

/* What the firmware does not give back at first comes back later */
static void end_with(struct __test_metadata *_metadata,
		     struct _test_data_fault *self, const struct message *msg,
		     enum rm_fault_action action, __u32 arg)
{
	long long ms;

	ASSERT_CALL(message_build_running(&self->vm, msg));
	message_fault(msg, action, arg);
	ms = now_ms();
	vm_close(&self->vm);
	EXPECT_GE(LONG_MS, now_ms() - ms);
	EXPECT_EQ(0, vm_one_life());
	ASSERT_TRUE(leak_check(&self->leak, BACK_MS))
		TH_LOG("message %x action %u arg %x", msg->id, action, arg);
	testctl_reset();
}

TEST_F_TIMEOUT(fault, end_refused, FAULT_TIMEOUT)
{
	unsigned int m;

	for (m = 0; m < ARRAY_SIZE(end_messages); m++) {
		const struct message *msg = &end_messages[m];

		end_with(_metadata, self, msg, RM_FAULT_FAIL, RM_ERR_BUSY);
		end_with(_metadata, self, msg, RM_FAULT_FAIL, RM_ERR_DENIED);
	}
}

TEST_F_TIMEOUT(fault, end_refused_but_done, FAULT_TIMEOUT)
{
	unsigned int m;

	for (m = 0; m < ARRAY_SIZE(end_messages); m++)
		end_with(_metadata, self, &end_messages[m],
			 RM_FAULT_FAIL_AFTER, RM_ERR_BUSY);
}

/* The pages are kept as long as a reclaim is refused */
TEST_F_TIMEOUT(fault, reclaim_refused_for_long, FAULT_TIMEOUT)
{
	const struct message msg = {};
	struct leak_state kept;

	ASSERT_CALL(message_build_running(&self->vm, &msg));
	testctl_fault_repeat(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1, RM_ERR_BUSY);
	vm_close(&self->vm);
	leak_read(&kept);
	EXPECT_EQ(self->leak.counters[LEAK_PARCELS] + 1,
		  kept.counters[LEAK_PARCELS]);
	/* Other VMs work all the same */
	testctl_reset();
	EXPECT_EQ(0, vm_one_life());
	ASSERT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* ---- replies that are not as they should be ---- */

static const struct {
	enum rm_fault_action action;
	__u32 arg;
	bool harmless;	/* the call succeeds nevertheless */
} oddities[] = {
	{ RM_FAULT_DELAY_REPLY, 5, true },
	{ RM_FAULT_DUP_REPLY, 0, true },
	{ RM_FAULT_WRONG_SEQ, 0, true },
	{ RM_FAULT_WRONG_ID, 0, true },
	{ RM_FAULT_SHORT_REPLY, 0, false },
	{ RM_FAULT_SHORT_REPLY, 2, false },
	{ RM_FAULT_SHORT_REPLY, 4, false },
	{ RM_FAULT_LONG_REPLY, 4, false },
	{ RM_FAULT_LONG_REPLY, 3, false },
};

static bool sane_error(int error)
{
	return error == EIO || error == ETIMEDOUT;
}

static void start_with(struct __test_metadata *_metadata,
		       struct _test_data_fault *self, const struct message *msg,
		       unsigned int o)
{
	bool harmless = oddities[o].harmless;
	struct gh_vm_status status;

	/* A reply that never comes is not worth a long wait */
	if (harmless)
		param_restore(&self->timeout);
	else
		ASSERT_CALL(short_timeout(&self->timeout));
	ASSERT_CALL(message_build(&self->vm, msg, self->scattered));
	message_fault(msg, oddities[o].action, oddities[o].arg);
	if (gh_start(self->vm.fd)) {
		EXPECT_FALSE(harmless);
		EXPECT_TRUE(sane_error(errno))
			TH_LOG("%s", strerror(errno));
	} else {
		ASSERT_CALL(vm_finish(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	}
	vm_close(&self->vm);
	ASSERT_TRUE(leak_check(&self->leak, harmless ? 0 : BACK_MS))
		TH_LOG("message %x action %u arg %u", msg->id,
		       oddities[o].action, oddities[o].arg);
	testctl_reset();
}

TEST_F_TIMEOUT(fault, odd_replies_at_start, FAULT_TIMEOUT)
{
	unsigned int m, o;

	for (m = 0; m < ARRAY_SIZE(start_messages); m++) {
		const struct message *msg = &start_messages[m];

		for (o = 0; o < ARRAY_SIZE(oddities); o++)
			if (!msg->hides || oddities[o].harmless)
				start_with(_metadata, self, msg, o);
	}
}

TEST_F_TIMEOUT(fault, odd_replies_at_end, FAULT_TIMEOUT)
{
	unsigned int m, o;

	ASSERT_CALL(short_timeout(&self->timeout));
	for (m = 0; m < ARRAY_SIZE(end_messages); m++)
		for (o = 0; o < ARRAY_SIZE(oddities); o++)
			end_with(_metadata, self, &end_messages[m],
				 oddities[o].action, oddities[o].arg);
}

/*
 * Memory in a parcel whose handle is unknown stays lost. The next VM with that
 * VMID must not get it.
 */
static void start_unknown(struct __test_metadata *_metadata,
			  struct _test_data_fault *self, const struct message *msg,
			  enum rm_fault_action action, __u32 arg)
{
	unsigned int i;

	ASSERT_CALL(message_build(&self->vm, msg, self->scattered));
	message_fault(msg, action, arg);
	EXPECT_EQ(-1, gh_start(self->vm.fd));
	EXPECT_TRUE(sane_error(errno))
		TH_LOG("%s", strerror(errno));
	vm_close(&self->vm);
	testctl_reset();
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, vm_one_life())
			TH_LOG("message %x action %u", msg->id, action);
}

TEST_F_TIMEOUT(fault, unknown_outcome, FAULT_TIMEOUT)
{
	unsigned int m;

	self->keeps = true;
	ASSERT_CALL(short_timeout(&self->timeout));
	for (m = 0; m < ARRAY_SIZE(start_messages); m++) {
		const struct message *msg = &start_messages[m];

		if (!msg->hides)
			continue;
		start_unknown(_metadata, self, msg, RM_FAULT_DROP_REPLY, 0);
		start_unknown(_metadata, self, msg, RM_FAULT_SHORT_REPLY, 4);
	}
}

/* ---- silence ---- */

/* One reply is lost, later requests are answered */
TEST_F_TIMEOUT(fault, lost_reply_at_start, FAULT_TIMEOUT)
{
	unsigned int m;

	ASSERT_CALL(short_timeout(&self->timeout));
	for (m = 0; m < ARRAY_SIZE(start_messages); m++) {
		const struct message *msg = &start_messages[m];

		if (msg->hides)
			continue;
		ASSERT_CALL(message_build(&self->vm, msg, self->scattered));
		message_fault(msg, RM_FAULT_DROP_REPLY, 0);
		EXPECT_ERRNO(ETIMEDOUT, gh_start(self->vm.fd));
		/* Other VMs can start at once */
		EXPECT_EQ(0, vm_one_life());
		vm_close(&self->vm);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS))
			TH_LOG("message %x", msg->id);
		testctl_reset();
	}
}

TEST_F_TIMEOUT(fault, lost_reply_at_end, FAULT_TIMEOUT)
{
	unsigned int m;

	ASSERT_CALL(short_timeout(&self->timeout));
	for (m = 0; m < ARRAY_SIZE(end_messages); m++)
		end_with(_metadata, self, &end_messages[m],
			 RM_FAULT_DROP_REPLY, 0);
}

/* close() does not wait for ever for a reset that never completes */
TEST_F_TIMEOUT(fault, reset_never_completes, FAULT_TIMEOUT)
{
	const struct message msg = {};
	long long ms = now_ms();

	self->keeps = true;
	ASSERT_CALL(message_build_running(&self->vm, &msg));
	testctl_write(GH_TESTCTL_QUIRK_LOST_RESET, 1);
	vm_close(&self->vm);
	EXPECT_GE(LONG_MS, now_ms() - ms);
	EXPECT_EQ(0, vm_one_life());
}

static void on_alarm(int sig)
{
}

/*
 * A guest ends and nothing reports it. As far as the driver knows another vCPU
 * may still turn this one on, so that GH_VCPU_RUN waits until a signal comes.
 */
TEST_F_TIMEOUT(fault, exit_never_reported, FAULT_TIMEOUT)
{
	struct sigaction action = { .sa_handler = on_alarm };
	const struct message msg = {};

	sigaction(SIGALRM, &action, NULL);
	ASSERT_CALL(message_build(&self->vm, &msg, NULL));
	ASSERT_CALL(gh_start(self->vm.fd));
	testctl_write(GH_TESTCTL_EXIT_DELAY, 3600 * 1000000ULL);
	alarm(2);
	EXPECT_ERRNO(EINTR, gh_vcpu_run(self->vm.vcpu[0]));
}

/* ---- notifications of an end that do not come ---- */

static void end_without(struct __test_metadata *_metadata,
			struct _test_data_fault *self,
			const struct vm_config *cfg, __u32 note,
			unsigned int type)
{
	const struct gh_vcpu_run *run;
	struct gh_vm_status status;

	/* A VM that the hypervisor schedules may end before its start returns */
	ASSERT_CALL(vm_build(&self->vm, cfg, cfg->scheduled ? VM_HAS_VCPUS :
							      VM_STARTED));
	testctl_fault(RM_FAULT_DROP_REPLY, note, 1, 0);
	if (cfg->scheduled)
		ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, type));
	EXPECT_EQ(type == GH_VM_EXIT_UNKNOWN ? 0 : 4, status.reason_size);
	if (!cfg->scheduled) {
		ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
		run = self->vm.run[0];
		EXPECT_EQ(GH_VM_STATUS_EXITED, run->status.status);
		EXPECT_EQ(type, run->status.exit_info.type);
	}
	vm_close(&self->vm);
	testctl_reset();
	EXPECT_EQ(0, vm_one_life());
	ASSERT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* The state is notified and its reason is not: the VM has ended all the same */
TEST_F_TIMEOUT(fault, lost_exit, FAULT_TIMEOUT)
{
	const struct vm_config proxy = {}, two = { .cpus = 2 };

	end_without(_metadata, self, &proxy, RM_VM_EXITED_NOTE,
		    GH_VM_EXIT_UNKNOWN);
	end_without(_metadata, self, &two, RM_VM_EXITED_NOTE,
		    GH_VM_EXIT_UNKNOWN);
}

TEST_F_TIMEOUT(fault, lost_exit_scheduled, FAULT_TIMEOUT)
{
	const struct vm_config cfg = { .scheduled = true };

	SKIP_IF_IMPOSSIBLE(return, &cfg);
	end_without(_metadata, self, &cfg, RM_VM_EXITED_NOTE,
		    GH_VM_EXIT_UNKNOWN);
}

TEST_F_TIMEOUT(fault, lost_exit_of_forced_stop, FAULT_TIMEOUT)
{
	const struct message msg = {};
	struct gh_vm_status status;

	ASSERT_CALL(message_build_running(&self->vm, &msg));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_VM_EXITED_NOTE, 1, 0);
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_EQ(GH_VM_STATE_EXITED, status.state);
	EXPECT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
}

/* The reason alone is enough */
TEST_F_TIMEOUT(fault, lost_status, FAULT_TIMEOUT)
{
	const struct vm_config cfg = {};

	end_without(_metadata, self, &cfg, RM_VM_STATUS_NOTE,
		    GH_VM_EXIT_PLATFORM_OFF);
}

GUNYAH_TEST_MAIN
