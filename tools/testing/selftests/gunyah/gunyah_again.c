// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs whose function is removed and added again, and their counters
 */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define AGAIN_TIMEOUT	120

/* Below 1 GiB accesses exit to the host */
#define MMIO		0x10000ULL

/* The state of vcpu_run that tells of a fault */
#define STATE_FAULT	6

/* In which time a vCPU that is run would get to its first operation */
#define RUN_US		200000

FIXTURE(again)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_SETUP(again)
{
	struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	if (testctl_present())
		testctl_reset();
	leak_read(&self->leak);
	catch_sigusr1();
	vm_init(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(again)
{
	vm_close(&self->vm);
	if (testctl_present())
		testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

/* Remove the vCPU and add it again, with another run page */
static int add_again(struct vm *vm)
{
	size_t size = sysconf(_SC_PAGESIZE);
	void *run;

	munmap(vm->run[0], size);
	vm->run[0] = NULL;
	if (gh_remove_vcpu(vm->fd, 0))
		return -1;
	close(vm->vcpu[0]);
	vm->vcpu[0] = gh_add_vcpu(vm->fd, 0);
	if (vm->vcpu[0] < 0)
		return -1;
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu[0],
		   0);
	if (run == MAP_FAILED)
		return -1;
	vm->run[0] = run;
	return 0;
}

TEST_F_TIMEOUT(again, read_is_reported_again, AGAIN_TIMEOUT)
{
	struct gh_vm_status status;
	struct gh_vcpu_run *run;
	unsigned int i;

	vm_program(&self->vm, 0,
		   G_READ(GUEST_LOAD_32, MMIO + 4, 0x11223344),
		   G_WRITE(8, MMIO + 8, 0x55), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	/* An answer that nobody has taken is gone with the run page */
	mmio_answer(self->vm.run[0], 0x99);
	for (i = 0; i < 2; i++) {
		ASSERT_CALL(add_again(&self->vm));
		run = self->vm.run[0];
		ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
		EXPECT_EQ(MMIO + 4, run->mmio.phys_addr);
		EXPECT_EQ(4, run->mmio.len);
		EXPECT_EQ(0, run->mmio.is_write);
		EXPECT_TRUE(all_zero(run->mmio.data, 8));
	}
	mmio_answer(run, 0x11223344);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	EXPECT_EQ(1, run->mmio.is_write);
	EXPECT_EQ(0x55, mmio_value(run));

	/* A write was over when it was reported */
	ASSERT_CALL(add_again(&self->vm));
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

TEST_F_TIMEOUT(again, fault_is_not_forgotten, AGAIN_TIMEOUT)
{
	struct runner runner = { .vm = &self->vm, .keep_eintr = true };
	unsigned int i;
	__u64 runs;

	SKIP_WITHOUT_TESTCTL(return);
	vm_program(&self->vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(self->vm.fd));
	testctl_write(GH_TESTCTL_VCPU_STATE_VALUE, STATE_FAULT);
	testctl_write(GH_TESTCTL_VCPU_STATE_NTH, 1);
	runs = testctl_read(GH_TESTCTL_VCPU_RUNS);
	for (i = 0; i < 2; i++) {
		ASSERT_CALL(runner_start(&runner));
		while (testctl_read(GH_TESTCTL_VCPU_RUNS) == runs)
			usleep(1000);
		usleep(RUN_US);
		EXPECT_EQ(EINTR, runner_stop(&runner));
		EXPECT_EQ(runs + 1, testctl_read(GH_TESTCTL_VCPU_RUNS));
		ASSERT_CALL(add_again(&self->vm));
	}
}

/* ---- counters ---- */

TEST_F_TIMEOUT(again, counters, AGAIN_TIMEOUT)
{
	static const struct gh_vcpu_stats none;
	struct gh_vcpu_stats stats;
	struct {
		struct gh_vcpu_stats stats;
		__u64 more[2];
	} big;
	unsigned int nr = _IOC_NR(GH_VCPU_GET_STATS);
	int fd, vcpu = self->vm.vcpu[0];

	ASSERT_CALL(ioctl(vcpu, GH_VCPU_GET_STATS, &stats));
	EXPECT_EQ(0, memcmp(&none, &stats, sizeof(stats)));
	fd = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_CALL(gh_add_ioeventfd(self->vm.fd, fd, MMIO, 4, 0, 0));
	vm_program(&self->vm, 0, G_WRITE(4, MMIO, 1), G_WRITE(8, MMIO, 1),
		   G_READ(GUEST_LOAD_32, MMIO, 0), G_IDLE(1000000), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));

	self->vm.run[0]->immediate_exit = 1;
	EXPECT_ERRNO(EINTR, gh_vcpu_run(vcpu));
	self->vm.run[0]->immediate_exit = 0;
	ASSERT_CALL(ioctl(vcpu, GH_VCPU_GET_STATS, &stats));
	EXPECT_EQ(0, memcmp(&none, &stats, sizeof(stats)));

	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	ASSERT_CALL(ioctl(vcpu, GH_VCPU_GET_STATS, &stats));
	EXPECT_EQ(2, stats.mmio_write);
	EXPECT_EQ(1, stats.ioeventfd);
	EXPECT_EQ(0, stats.mmio_read);
	EXPECT_LE(1, stats.run);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	mmio_answer(self->vm.run[0], 0);
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));

	/* Callers that know more, or have not been told of a part */
	memset(&big, 0xee, sizeof(big));
	ASSERT_CALL(ioctl(vcpu, _IOC(_IOC_READ, GH_IOCTL_TYPE, nr, sizeof(big)),
			  &big));
	EXPECT_EQ(2, big.stats.mmio_write);
	EXPECT_EQ(1, big.stats.mmio_read);
	EXPECT_EQ(1, big.stats.ioeventfd);
	EXPECT_LE(1, big.stats.wakeup);
	EXPECT_LE(1, big.stats.off);
	EXPECT_EQ(0, big.stats.fault + big.stats.reset + big.stats.unknown);
	EXPECT_LE(3, big.stats.run);
	EXPECT_TRUE(all_zero(big.more, sizeof(big.more)));
	EXPECT_ERRNO(ENOTTY, ioctl(vcpu, _IOC(_IOC_READ, GH_IOCTL_TYPE, nr,
					      sizeof(stats) - 8), &stats));
	EXPECT_ERRNO(EFAULT, ioctl(vcpu, GH_VCPU_GET_STATS, NULL));

	/* They are those of the function, which is a new one now */
	ASSERT_CALL(add_again(&self->vm));
	ASSERT_CALL(ioctl(self->vm.vcpu[0], GH_VCPU_GET_STATS, &stats));
	EXPECT_EQ(0, memcmp(&none, &stats, sizeof(stats)));
	close(fd);
}

GUNYAH_TEST_MAIN
