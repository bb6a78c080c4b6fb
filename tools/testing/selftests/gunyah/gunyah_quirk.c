// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs of Gunyah VMs on a hypervisor with faults that the published one has
 *
 * Everything here needs the test hypervisor, which does that on purpose.
 */
#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define QUIRK_TIMEOUT	240

/* Below 1 GiB accesses exit to the host */
#define MMIO		0x10000ULL

FIXTURE(quirk)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_VARIANT(quirk)
{
	unsigned int reg;
	__u64 value;
	bool idles;	/* the guest sleeps before it ends */
	bool reset;	/* it ends with a reset */
};

FIXTURE_VARIANT_ADD(quirk, busy)
{
	.reg = GH_TESTCTL_QUIRK_BUSY,
	.value = 5,
};

FIXTURE_VARIANT_ADD(quirk, lost_halt)
{
	.reg = GH_TESTCTL_QUIRK_LOST_HALT,
	.value = 1,
};

FIXTURE_VARIANT_ADD(quirk, lost_halt_of_reset)
{
	.reg = GH_TESTCTL_QUIRK_LOST_HALT,
	.value = 1,
	.reset = true,
};

FIXTURE_VARIANT_ADD(quirk, lost_wake)
{
	.reg = GH_TESTCTL_QUIRK_LOST_WAKE,
	.value = 2,
	.idles = true,
};

FIXTURE_VARIANT_ADD(quirk, late_exit)
{
	.reg = GH_TESTCTL_EXIT_DELAY,
	.value = 20000,
};

FIXTURE_SETUP(quirk)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
}

FIXTURE_TEARDOWN(quirk)
{
	vm_close(&self->vm);
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(quirk, clean_end_is_always_reported, QUIRK_TIMEOUT)
{
	struct vm_config cfg = { .cpus = 2 };
	const struct guest_op last[2] = { G_OFF, G_RESET };
	unsigned int type = variant->reset ? GH_VM_EXIT_PLATFORM_RESET :
					     GH_VM_EXIT_PLATFORM_OFF;
	struct gh_vm_status status;
	unsigned int round;

	for (round = 0; round < 50; round++) {
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
		if (variant->idles)
			/* Between the two the driver sees that the vCPU runs */
			vm_program(&self->vm, 0, G_IDLE(50000),
				   G_WRITE(4, MMIO, 0), G_IDLE(50000),
				   last[variant->reset]);
		else
			vm_program(&self->vm, 0, last[variant->reset]);
		ASSERT_CALL(gh_start(self->vm.fd));
		testctl_write(variant->reg, variant->value);
		ASSERT_CALL(vm_run_all(&self->vm, NULL, NULL));
		ASSERT_CALL(vm_wait_end(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, type));
		if (round == 0 && variant->reg != GH_TESTCTL_EXIT_DELAY)
			EXPECT_NE(variant->value, testctl_read(variant->reg))
				TH_LOG("the quirk did not happen");
		testctl_reset();
		vm_close(&self->vm);
	}
}

/* ---- hypercalls that fail ---- */

FIXTURE(hvc)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_SETUP(hvc)
{
	struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &cfg, VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(hvc)
{
	vm_close(&self->vm);
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(hvc, unknown_state, QUIRK_TIMEOUT)
{
	vm_program(&self->vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(self->vm.fd));
	testctl_write(GH_TESTCTL_VCPU_STATE_VALUE, 0x55);
	testctl_write(GH_TESTCTL_VCPU_STATE_NTH, 1);
	EXPECT_ERRNO(EIO, gh_vcpu_run(self->vm.vcpu[0]));
}

TEST_F_TIMEOUT(hvc, hypercall_errors, QUIRK_TIMEOUT)
{
	static const __u64 errors[] = { 1, 22, 30, 36, 50, 999, ~0ULL };
	struct gh_vm_status status;
	unsigned int i;

	ASSERT_CALL(gh_start(self->vm.fd));
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		testctl_hvc_fault(HVC_VCPU_RUN, 1, errors[i]);
		EXPECT_ERRNO(EIO, gh_vcpu_run(self->vm.vcpu[0]));
	}

	/* Only the call has failed, not the VM */
	ASSERT_CALL(vm_run(&self->vm, 0, NULL, NULL));
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* "Retry" and a short "busy" stay hidden from the caller */
TEST_F_TIMEOUT(hvc, hypercall_retry, QUIRK_TIMEOUT)
{
	struct gh_vm_status status;
	__u64 counter = 0;

	vm_program(&self->vm, 0, G_ECHO(MMIO, MMIO + 8, 4), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	/* This must not lose the answer to the read that is pending */
	ASSERT_EQ(0, mmio_count(&self->vm, self->vm.run[0], &counter));
	testctl_hvc_fault(HVC_VCPU_RUN, 1, (__u64)-2);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	ASSERT_EQ(0, mmio_count(&self->vm, self->vm.run[0], &counter));
	testctl_hvc_fault(HVC_VCPU_RUN, 1, 31);
	ASSERT_CALL(vm_run(&self->vm, 0, mmio_count, &counter));
	EXPECT_EQ(4, counter);
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/*
 * Neither the last state nor the reason is notified: the driver finds out when
 * a vCPU has ended its VM
 */
TEST_F_TIMEOUT(hvc, lost_end, QUIRK_TIMEOUT)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_start(self->vm.fd));
	testctl_fault_repeat(RM_FAULT_DROP_REPLY, RM_VM_EXITED_NOTE, 1,
			     RM_VM_STATUS_NOTE);
	ASSERT_CALL(vm_run(&self->vm, 0, NULL, NULL));
	testctl_reset();
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_UNKNOWN));
}

/* A VM that the hypervisor schedules, so that no vCPU asks for its end */
static int start_waiting_vm(struct vm *vm)
{
	const struct vm_config cfg = {
		.scheduled = true, .shm_size = GUEST_SHM_SIZE,
	};

	vm_close(vm);
	if (vm_build(vm, &cfg, VM_HAS_VCPUS))
		return -1;
	vm_program(vm, 0, G_WAIT(GUEST_SHM_BASE, 1), G_OFF);
	return gh_start(vm->fd);
}

/* The end is two messages: the state and the reason. One cannot be received. */
TEST_F_TIMEOUT(hvc, end_not_received, QUIRK_TIMEOUT)
{
	const struct vm_config cfg = { .scheduled = true };
	struct gh_vm_status status;
	unsigned int n;

	SKIP_IF_IMPOSSIBLE(return, &cfg);
	for (n = 1; n <= 2; n++) {
		ASSERT_CALL(start_waiting_vm(&self->vm));
		testctl_hvc_fault(HVC_MSGQ_RECV, n, HVC_ERR_NOMEM);
		vm_poke(&self->vm, 0, 1);
		ASSERT_CALL(vm_wait_end(&self->vm, &status));
		EXPECT_NE(GH_TESTCTL_HVC_ANY, testctl_read(GH_TESTCTL_HVC_HIT));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF))
			TH_LOG("message %u", n);
	}
}

/* The same for a VM that is stopped by force, while nobody runs its vCPU */
TEST_F_TIMEOUT(hvc, lost_end_of_forced_stop, QUIRK_TIMEOUT)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_start(self->vm.fd));
	testctl_fault_repeat(RM_FAULT_DROP_REPLY, RM_VM_EXITED_NOTE, 1,
			     RM_VM_STATUS_NOTE);
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	testctl_reset();
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_EXITED, status.state);
	EXPECT_EQ(GH_VM_EXIT_UNKNOWN, status.exit_type);
}

GUNYAH_TEST_MAIN
