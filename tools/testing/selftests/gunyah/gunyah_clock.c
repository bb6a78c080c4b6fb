// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real-time clocks of VMs: the driver sets them to the time of the host
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define CLOCK_TIMEOUT	120

#define RM_SET_TIME_BASE_MSG	0x56000030

/* Registers of a PL031 */
#define RTC_DR		0x000
#define RTC_PERIPH_ID	0xfe0

/* Ticks of a guest's timer, at 62.5 MHz */
#define MORE_THAN_A_SECOND	75000000

/* 2033-05-18, far from what the machine's clock may be */
#define OTHER_TIME	2000000000LL

FIXTURE(clock)
{
	struct leak_state leak;
	struct vm vm;
	struct param timeout;
	long long ahead;	/* of the true time, in seconds */
};

/* Change the host's clock */
static int advance(long long seconds)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now))
		return -1;
	now.tv_sec += seconds;
	return clock_settime(CLOCK_REALTIME, &now);
}

static const struct vm_config with_clock = {
	.shm_size = GUEST_SHM_SIZE, .rtc = true,
};

FIXTURE_SETUP(clock)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &with_clock,
			     VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(clock)
{
	testctl_reset();
	param_restore(&self->timeout);
	/* A machine without a clock began in 1970, and cannot go back there */
	if (self->ahead)
		advance(-self->ahead);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* A start; the VM powers off */
static void start_and_end(struct __test_metadata *_metadata, struct vm *vm)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_CALL(vm_finish(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* The guest sees the host's time, whatever that is, and it goes on */
TEST_F_TIMEOUT(clock, shows_time, CLOCK_TIMEOUT)
{
	struct vm_config cfg = with_clock;
	struct gh_vm_status status;
	__u64 rtc, first, second;
	time_t before, after;

	cfg.shared = true;
	SKIP_IF_IMPOSSIBLE(return, &cfg);
	vm_close(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	self->ahead = OTHER_TIME - time(NULL);
	ASSERT_CALL(advance(self->ahead));
	before = time(NULL);
	ASSERT_CALL(gh_start(self->vm.fd));

	/* Where it is was written into the devicetree, which is shared here */
	ASSERT_TRUE(dtb_rtc_address(self->vm.mem + GUEST_DTB, &rtc));
	vm_program(&self->vm, 0,
		   G_ECHO(rtc + RTC_PERIPH_ID, GUEST_SHM_BASE, 1),
		   G_ECHO(rtc + RTC_DR, GUEST_SHM_BASE + 8, 1),
		   G_IDLE(MORE_THAN_A_SECOND),
		   G_ECHO(rtc + RTC_DR, GUEST_SHM_BASE + 16, 1), G_OFF);
	/* Its clock is not set again */
	ASSERT_CALL(advance(1000));
	self->ahead += 1000;
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	after = time(NULL) - 1000;
	EXPECT_EQ(0x31, vm_word(&self->vm, 0));
	first = vm_word(&self->vm, 8);
	second = vm_word(&self->vm, 16);
	EXPECT_LE(before, first);
	EXPECT_LE(first + 1, second);
	EXPECT_LE(second, after);
	EXPECT_LE(OTHER_TIME, first);
}

/* A VM without a clock costs no message */
TEST_F_TIMEOUT(clock, none, CLOCK_TIMEOUT)
{
	const struct vm_config cfg = {};

	vm_close(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	testctl_fault(RM_FAULT_FAIL, RM_SET_TIME_BASE_MSG, 1, RM_ERR_DENIED);
	start_and_end(_metadata, &self->vm);
	EXPECT_EQ(0, testctl_read(GH_TESTCTL_FAULT_HIT));
}

/* A refusal does not keep the VM from being started, nor is it reported */
TEST_F_TIMEOUT(clock, refused, CLOCK_TIMEOUT)
{
	static const __u32 codes[] = {
		RM_ERR_DENIED, RM_ERR_NORESOURCE, RM_ERR_ARGUMENT_INVALID,
		RM_ERR_VM_STATE, 0x12345678,
	};
	struct gh_vm_status status;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		testctl_fault(RM_FAULT_FAIL, RM_SET_TIME_BASE_MSG, 1, codes[i]);
		start_and_end(_metadata, &self->vm);
		EXPECT_EQ(RM_SET_TIME_BASE_MSG,
			  testctl_read(GH_TESTCTL_FAULT_HIT));
		ASSERT_CALL(gh_status(self->vm.fd, &status));
		EXPECT_EQ(0, status.rm_error);
		vm_close(&self->vm);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
		ASSERT_CALL(vm_build(&self->vm, &with_clock, VM_HAS_VCPUS));
	}
}

/* Nor is it what a later step has failed of */
TEST_F_TIMEOUT(clock, later_step, CLOCK_TIMEOUT)
{
	struct gh_vm_boot_context context = { .reg = 3 };
	struct gh_vm_status status;

	if (hyp_word("gunyah_hyp.generation=2024"))
		SKIP(return, "registers can be set");
	ASSERT_CALL(ioctl(self->vm.fd, GH_VM_SET_BOOT_CONTEXT, &context));
	testctl_fault(RM_FAULT_FAIL, RM_SET_TIME_BASE_MSG, 1, RM_ERR_DENIED);
	EXPECT_ERRNO(EOPNOTSUPP, gh_start(self->vm.fd));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_START_STEP_CONTEXT, status.start_step);
	EXPECT_EQ(RM_ERR_UNIMPLEMENTED, status.rm_error);
}

TEST_F_TIMEOUT(clock, no_answer, CLOCK_TIMEOUT)
{
	struct gh_vm_status status;

	ASSERT_CALL(short_timeout(&self->timeout));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_SET_TIME_BASE_MSG, 1, 0);
	EXPECT_ERRNO(ETIMEDOUT, gh_start(self->vm.fd));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(GH_VM_START_STEP_CONTEXT, status.start_step);
	EXPECT_EQ(0, status.rm_error);
}

/* The last one: the driver remembers it until it is loaded again */
TEST_F_TIMEOUT(clock, unimplemented, CLOCK_TIMEOUT)
{
	testctl_fault(RM_FAULT_FAIL, RM_SET_TIME_BASE_MSG, 1,
		      RM_ERR_UNIMPLEMENTED);
	start_and_end(_metadata, &self->vm);
	EXPECT_EQ(RM_SET_TIME_BASE_MSG, testctl_read(GH_TESTCTL_FAULT_HIT));
	vm_close(&self->vm);

	ASSERT_CALL(vm_build(&self->vm, &with_clock, VM_HAS_VCPUS));
	testctl_fault(RM_FAULT_FAIL, RM_SET_TIME_BASE_MSG, 1, RM_ERR_DENIED);
	start_and_end(_metadata, &self->vm);
	EXPECT_EQ(0, testctl_read(GH_TESTCTL_FAULT_HIT));
}

GUNYAH_TEST_MAIN
