// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand paging: GH_VCPU_RUN reports memory that the VM does not get, if it is asked
 * to, and the VMM says what becomes of the access
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "paging.h"

static const struct vm_config exit_config = {
	.shm_size = GUEST_SHM_SIZE, .paged_size = PAGED_SIZE,
	.report_faults = true,
};

/* Where the guest needs the first page */
#define FIRST	(PAGED + 16)

/* Say what becomes of the access, and leave nothing else of the exit */
static void answer(struct vm *vm, __u8 action)
{
	struct gh_vcpu_run *run = vm->run[0];

	memset(&run->page_fault, 0xa5, sizeof(run->page_fault));
	run->exit_reason = 0xa5a5a5a5;
	run->page_fault.resume_action = action;
}

/* The vCPU runs until it needs memory that it does not get */
#define EXPECT_FAULT(self, addr, error) do {				\
	struct vm *__vm = &(self)->vm;					\
	struct gh_vcpu_run *__run = __vm->run[0];			\
									\
	ASSERT_EQ(GH_VCPU_EXIT_PAGE_FAULT, vm_run_once(__vm, 0));	\
	EXPECT_EQ(addr, __run->page_fault.phys_addr);			\
	EXPECT_EQ(-(error), __run->page_fault.attempt);			\
	EXPECT_EQ(GH_VCPU_RESUME_FAULT, __run->page_fault.resume_action); \
	EXPECT_TRUE(all_zero(__run->page_fault.padding3, 3));		\
} while (0)

/* A VM that needs its first page */
static int start(struct vm *vm)
{
	vm_close(vm);
	if (vm_build(vm, &exit_config, VM_HAS_VCPUS))
		return -1;
	vm_program(vm, 0, G_WRITE(8, FIRST, OF_GUEST),
		   G_READ(GUEST_LOAD_64, FIRST, OF_GUEST), G_OFF);
	return gh_start(vm->fd);
}

static void refuse_pages(void)
{
	testctl_hvc_fault_repeat(HVC_DONATE, 1, HVC_ERR_DENIED);
}

/* ---- why there is no memory ---- */

/* The hypervisor does not give the page: the access is made once more */
TEST_F_TIMEOUT(paging, refused, FAULT_TIMEOUT)
{
	static const unsigned int numbers[] = { HVC_DONATE, HVC_MAP };
	static const __u8 actions[] = {
		GH_VCPU_RESUME_RETRY, GH_VCPU_RESUME_HANDLED,
	};
	struct gh_vcpu_stats stats;
	unsigned int n, a;

	ASSERT_CALL(start(&self->vm));
	for (n = 0; n < ARRAY_SIZE(numbers); n++) {
		for (a = 0; a < ARRAY_SIZE(actions); a++) {
			testctl_hvc_fault(numbers[n], 1, HVC_ERR_DENIED);
			EXPECT_FAULT(self, FIRST, EIO);
			EXPECT_EQ(0, donated());
			answer(&self->vm, actions[a]);
		}
	}
	testctl_hvc_fault_repeat(HVC_MAP, 1, HVC_ERR_NOMEM);
	EXPECT_FAULT(self, FIRST, ENOBUFS);
	testctl_reset();
	answer(&self->vm, GH_VCPU_RESUME_RETRY);
	FINISH(self);
	ASSERT_CALL(ioctl(self->vm.vcpu[0], GH_VCPU_GET_STATS, &stats));
	EXPECT_EQ(6, stats.page_fault);
	EXPECT_EMPTY(self);
}

/* The host has no memory: the VMM finds some */
TEST_F_TIMEOUT(paging, host_memory, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	char path[128];
	int max, i;

	REBUILD(self, &exit_config, VM_HAS_VCPUS);
	vm_program(vm, 0, G_FILL(PAGED, PAGED_SIZE, OF_GUEST),
		   G_CHECK(PAGED, PAGED_SIZE, OF_GUEST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_CALL(cgroup_make(&self->cg, "pageexit"));
	ASSERT_CALL(cgroup_enter(&self->cg, 0));
	ASSERT_CALL(cgroup_set_number(&self->cg, "memory.max", 3 * MIB));
	/* There is no memory to open it later */
	snprintf(path, sizeof(path), "%s/memory.max", self->cg.path);
	max = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, max);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(GH_VCPU_EXIT_PAGE_FAULT, vm_run_once(vm, 0));
		EXPECT_EQ(-ENOMEM, vm->run[0]->page_fault.attempt);
		EXPECT_LT(PAGED, vm->run[0]->page_fault.phys_addr);
		EXPECT_GT(PAGED + PAGED_SIZE, vm->run[0]->page_fault.phys_addr);
		answer(vm, GH_VCPU_RESUME_RETRY);
	}
	ASSERT_EQ(3, write(max, "max", 3));
	close(max);
	FINISH(self);
	EXPECT_EQ(PAGES(PAGED_SIZE), donated());
	EXPECT_EMPTY(self);
}

/* No region has the address; the vCPU waits for its page meanwhile */
TEST_F_TIMEOUT(paging, elsewhere, FAULT_TIMEOUT)
{
	ASSERT_CALL(start(&self->vm));
	testctl_hvc_fault(HVC_DONATE, 1, HVC_ERR_DENIED);
	EXPECT_FAULT(self, FIRST, EIO);
	answer(&self->vm, GH_VCPU_RESUME_HANDLED);
	testctl_write(GH_TESTCTL_VCPU_STATE_ADDR, PAGED + PAGED_SIZE);
	testctl_write(GH_TESTCTL_VCPU_STATE_VALUE, 7);
	testctl_write(GH_TESTCTL_VCPU_STATE_NTH, 1);
	EXPECT_FAULT(self, PAGED + PAGED_SIZE, ENXIO);
	testctl_write(GH_TESTCTL_VCPU_STATE_ADDR, 0);
	EXPECT_EQ(0, donated());
	answer(&self->vm, GH_VCPU_RESUME_RETRY);
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* For the hypervisor it was an access to a device, which nobody has emulated */
TEST_F_TIMEOUT(paging, like_mmio, FAULT_TIMEOUT)
{
	static const __u8 actions[] = {
		GH_VCPU_RESUME_RETRY, GH_VCPU_RESUME_HANDLED,
	};
	unsigned int a;

	for (a = 0; a < ARRAY_SIZE(actions); a++) {
		ASSERT_CALL(start(&self->vm));
		testctl_write(GH_TESTCTL_QUIRK_FAULT_MMIO, 1);
		testctl_hvc_fault(HVC_DONATE, 1, HVC_ERR_DENIED);
		EXPECT_FAULT(self, FIRST, EIO);
		EXPECT_EQ(0, testctl_read(GH_TESTCTL_QUIRK_FAULT_MMIO));
		answer(&self->vm, actions[a]);
		FINISH(self);
		EXPECT_EMPTY(self);
	}
}

/* ---- what becomes of the access ---- */

/* An abort, which this guest does not survive; also if nothing is answered */
TEST_F_TIMEOUT(paging, abort, FAULT_TIMEOUT)
{
	struct gh_vm_status status;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ASSERT_CALL(start(&self->vm));
		testctl_write(GH_TESTCTL_QUIRK_FAULT_MMIO, i & 1);
		testctl_hvc_fault(HVC_DONATE, 1, HVC_ERR_DENIED);
		EXPECT_FAULT(self, FIRST, EIO);
		if (i & 2)
			answer(&self->vm, GH_VCPU_RESUME_FAULT);
		ASSERT_CALL(vm_finish(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_SW_ERROR));
		EXPECT_EQ(0, donated());
	}
}

/* Anything else is refused, and the vCPU does not run */
TEST_F_TIMEOUT(paging, no_action, FAULT_TIMEOUT)
{
	static const __u8 bad[] = { 3, 4, 0x7f, 0x80, 0xfe, 0xff };
	struct vm *vm = &self->vm;
	unsigned int i;
	__u64 runs;

	ASSERT_CALL(start(&self->vm));
	testctl_hvc_fault(HVC_DONATE, 1, HVC_ERR_DENIED);
	EXPECT_FAULT(self, FIRST, EIO);
	runs = testctl_read(GH_TESTCTL_VCPU_RUNS);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		answer(vm, bad[i]);
		EXPECT_ERRNO(EINVAL, gh_vcpu_run(vm->vcpu[0]));
		EXPECT_EQ(0xa5a5a5a5, vm->run[0]->exit_reason);
		EXPECT_EQ(bad[i], vm->run[0]->page_fault.resume_action);
	}
	/* Both of these come first */
	vm->run[0]->immediate_exit = 1;
	EXPECT_ERRNO(EINTR, gh_vcpu_run(vm->vcpu[0]));
	vm->run[0]->immediate_exit = 0;
	EXPECT_EQ(runs, testctl_read(GH_TESTCTL_VCPU_RUNS));
	EXPECT_EQ(0, donated());
	answer(vm, GH_VCPU_RESUME_RETRY);
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* An answer is for one access only */
TEST_F_TIMEOUT(paging, no_fault, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	REBUILD(self, &exit_config, VM_HAS_VCPUS);
	vm_program(vm, 0, G_WRITE(8, FIRST, OF_GUEST),
		   G_WRITE(8, 0x10000000, 1),
		   G_READ(GUEST_LOAD_64, 0x10000000, 0x77), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	testctl_hvc_fault(HVC_DONATE, 1, HVC_ERR_DENIED);
	/* None was asked for yet */
	answer(vm, 0xff);
	EXPECT_FAULT(self, FIRST, EIO);
	answer(vm, GH_VCPU_RESUME_RETRY);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	answer(vm, 0xff);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	mmio_answer(vm->run[0], 0x77);
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* Nobody answers any more: the vCPU is another function's, which need not ask */
TEST_F_TIMEOUT(paging, added_again, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	unsigned int i;
	void *run;

	for (i = 0; i < 4; i++) {
		ASSERT_CALL(start(&self->vm));
		testctl_write(GH_TESTCTL_QUIRK_FAULT_MMIO, i & 1);
		refuse_pages();
		EXPECT_FAULT(self, FIRST, EIO);
		answer(vm, 0xff);
		EXPECT_CALL(gh_remove_vcpu(vm->fd, 0));
		EXPECT_ERRNO(ENODEV, gh_vcpu_run(vm->vcpu[0]));
		vm_close_vcpus(vm);
		vm->vcpu[0] = gh_add_vcpu_flags(vm->fd, 0, i & 2 ?
						GH_VCPU_FLAGS_PAGE_FAULT : 0);
		ASSERT_LE(0, vm->vcpu[0]);
		run = mmap(NULL, self->page, PROT_READ | PROT_WRITE, MAP_SHARED,
			   vm->vcpu[0], 0);
		ASSERT_NE(MAP_FAILED, run);
		vm->run[0] = run;
		if (i & 2) {
			EXPECT_FAULT(self, FIRST, EIO);
			answer(vm, GH_VCPU_RESUME_HANDLED);
		} else {
			EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
		}
		testctl_reset();
		FINISH(self);
		EXPECT_EMPTY(self);
	}
}

/* The end of the VM needs no answer */
TEST_F_TIMEOUT(paging, stopped, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	ASSERT_CALL(start(&self->vm));
	refuse_pages();
	EXPECT_FAULT(self, FIRST, EIO);
	answer(vm, 0xff);
	EXPECT_CALL(gh_stop(vm->fd, GH_VM_STOP_FORCE));
	EXPECT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(vm, 0));
	EXPECT_EQ(GH_VM_EXIT_FORCED_STOP, vm->run[0]->status.exit_info.type);
	EXPECT_EMPTY(self);
}

/* Faults that are handled are no exits, and signals neither */
TEST_F_TIMEOUT(paging, handled, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	REBUILD(self, &exit_config, VM_HAS_VCPUS);
	vm_program(vm, 0, G_FILL(PAGED, PAGED_SIZE, OF_GUEST),
		   G_CHECK(PAGED, PAGED_SIZE, OF_GUEST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	FINISH(self);
	EXPECT_EQ(PAGES(PAGED_SIZE), donated());
	EXPECT_EMPTY(self);
}

/* ---- with and without firmware that pages ---- */

TEST(offered)
{
	struct gh_info info = {};
	struct vm_config cfg = { .report_faults = true };
	struct gh_vm_status status;
	struct vm vm;
	int dev;

	SKIP_WITHOUT_GUNYAH(return);
	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dev);
	ASSERT_CALL(ioctl(dev, GH_GET_INFO, &info));
	close(dev);
	EXPECT_TRUE(info.features & GH_FEATURE_PAGE_FAULT);

	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(&vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&vm);
}

GUNYAH_TEST_MAIN
