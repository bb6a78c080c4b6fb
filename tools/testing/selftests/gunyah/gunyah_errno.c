// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that occur only in rare circumstances
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define ERRNO_TIMEOUT	120

#define FILE_MAX	"/proc/sys/fs/file-max"
#define CGROUPS		"/tmp/gunyah-cgroups"
#define CGROUP		CGROUPS "/test"

#define NOBODY		65534

/* Below 1 GiB accesses of proxy-scheduled vCPUs exit to the host */
#define MMIO_ADDRESS	0x1000

/* Longer than any test */
#define FOR_EVER_US	(3600 * 1000000ULL)

FIXTURE(rare)
{
	struct leak_state leak;
	struct vm_config cfg;
	struct vm vm;
};

FIXTURE_SETUP(rare)
{
	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
}

FIXTURE_TEARDOWN(rare)
{
	testctl_reset();
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* ---- no file left in the system, which root does not get to see ---- */

TEST_F(rare, no_file)
{
	char max[32];
	int dev;

	ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_HAS_DTB));
	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dev);
	ASSERT_LE(0, read_file(FILE_MAX, max, sizeof(max)));

	ASSERT_EQ(0, write_file(FILE_MAX, "0"));
	ASSERT_EQ(0, seteuid(NOBODY));
	EXPECT_ERRNO(ENFILE, gh_create_vm(dev));
	EXPECT_ERRNO(ENFILE, gh_add_vcpu(self->vm.fd, 0));
	/* It has memory to be lent */
	EXPECT_ERRNO(ENFILE, gh_start(self->vm.fd));
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(0, write_file(FILE_MAX, max));
	EXPECT_CALL(gh_start(self->vm.fd));

	/* The vCPU's id is not taken */
	close(gh_add_vcpu(self->vm.fd, 0));
	EXPECT_EQ(0, gh_remove_vcpu(self->vm.fd, 0));
	close(dev);
}

/* ---- a signal while somebody else's call goes on ---- */

static void on_alarm(int sig)
{
}

static bool more_requests(void *arg)
{
	return testctl_read(GH_TESTCTL_RM_REQUESTS) > *(__u64 *)arg;
}

static void *start_slowly(void *data)
{
	gh_start(*(int *)data);
	return NULL;
}

TEST_F_TIMEOUT(rare, signal, ERRNO_TIMEOUT)
{
	const struct itimerval often = { { 0, 50000 }, { 0, 50000 } };
	const struct itimerval never = {};
	struct sigaction action = { .sa_handler = on_alarm };
	struct gh_vm_status status;
	__u64 requests;
	sigset_t alarms;
	pthread_t thread;
	int fd;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_HAS_VCPUS));
	fd = self->vm.fd;

	/* Once the start has sent a request, other calls wait for it */
	requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	testctl_hold(RM_VM_INIT_MSG, 1);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	ASSERT_EQ(0, pthread_create(&thread, NULL, start_slowly, &fd));
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	ASSERT_TRUE(wait_until(more_requests, &requests, LONG_MS));
	ASSERT_CALL(gh_status(fd, &status));
	ASSERT_EQ(GH_VM_STATE_STARTING, status.state);

	setitimer(ITIMER_REAL, &often, NULL);
	EXPECT_ERRNO(EINTR, gh_set_region(fd, 77, MEM_RWX, GUEST_SHM_BASE,
					  GUEST_SIZE, self->vm.mem));
	EXPECT_ERRNO(EINTR, gh_remove_region(fd, GUEST_IMAGE_LABEL));
	EXPECT_ERRNO(EINTR, gh_set_dtb(fd, GUEST_BASE, GUEST_DTB_SIZE));
	EXPECT_ERRNO(EINTR, gh_add_vcpu(fd, 1));
	EXPECT_ERRNO(EINTR, gh_remove_vcpu(fd, 0));
	EXPECT_ERRNO(EINTR, gh_start(fd));
	setitimer(ITIMER_REAL, &never, NULL);

	/* The interrupted calls have changed nothing */
	testctl_release();
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- a hypervisor that does not pass on messages ---- */

TEST_F(rare, message_refused)
{
	/* The last one is no error if only its lower half is looked at */
	static const __u64 errors[] = {
		1, 10, 30, 31, 36, 50, 53, 999, ~0ULL, 1ULL << 32
	};
	struct gh_vm_status status;
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_HAS_VCPUS));
		/* The second message, so that there is something to undo */
		testctl_hvc_fault(HVC_MSGQ_SEND, 2, errors[i]);
		EXPECT_ERRNO(EIO, gh_start(self->vm.fd));
		ASSERT_CALL(gh_status(self->vm.fd, &status));
		EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
		EXPECT_EQ(EIO, status.start_errno);
		vm_close(&self->vm);
		EXPECT_TRUE(leak_check(&self->leak, 0));
	}
}

/* "Retry" is not an error */
TEST_F(rare, message_repeated)
{
	struct gh_vm_status status;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_HAS_VCPUS));
	testctl_hvc_fault(HVC_MSGQ_SEND, 2, (__u64)-2);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- interrupt numbers that no interrupt controller has ---- */

/* Flip bits of the first vCPU's interrupt number, @byte counts from its lowest */
static void flip_irq(unsigned int byte, unsigned int bits)
{
	/* Behind the error code, the count and 24 bytes of the first entry */
	testctl_fault(RM_FAULT_CORRUPT_REPLY, RM_VM_GET_HYP_RESOURCES_MSG, 1,
		      RM_FAULT_CORRUPT(32 + byte, bits));
}

TEST_F(rare, no_such_interrupt)
{
	/* From an SPI, which is below 1020 */
	static const struct { unsigned int byte, bits; } flips[] = {
		{ 1, 0x04 }, { 1, 0x08 }, { 1, 0x20 }, { 1, 0x80 },
		{ 2, 0x01 }, { 3, 0x80 },
	};
	struct gh_vm_status status;
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	for (i = 0; i < ARRAY_SIZE(flips); i++) {
		ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_HAS_VCPUS));
		flip_irq(flips[i].byte, flips[i].bits);
		EXPECT_ERRNO(EIO, gh_start(self->vm.fd));
		ASSERT_CALL(gh_status(self->vm.fd, &status));
		EXPECT_EQ(GH_VM_START_STEP_RESOURCES, status.start_step)
			TH_LOG("byte %u, bits %x", flips[i].byte,
			       flips[i].bits);
		vm_close(&self->vm);
		EXPECT_TRUE(leak_check(&self->leak, 0));
	}
}

/* Extended SPIs are numbers like any other: here the GIC says that it has none */
TEST_F(rare, extended_spi)
{
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_HAS_VCPUS));
	flip_irq(1, 0x10);
	EXPECT_ERRNO(EIO, gh_start(self->vm.fd));
}

/* ---- a vCPU that comes back with nonsense, or without an end ---- */

static int run_in_state(struct vm *vm, __u64 state)
{
	testctl_write(GH_TESTCTL_VCPU_STATE_VALUE, state);
	testctl_write(GH_TESTCTL_VCPU_STATE_NTH, 1);
	return vm_run_once(vm, 0);
}

TEST_F_TIMEOUT(rare, vcpu, ERRNO_TIMEOUT)
{
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_HAS_VCPUS));
	vm_program(&self->vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(self->vm.fd));
	/* An MMIO read, and a write, of 0 bytes */
	EXPECT_ERRNO(EIO, run_in_state(&self->vm, 4));
	EXPECT_ERRNO(EIO, run_in_state(&self->vm, 5));
	/* A faulted vCPU is not run again, although the VM does not end */
	EXPECT_ERRNO(ETIMEDOUT, run_in_state(&self->vm, 6));
	EXPECT_ERRNO(ETIMEDOUT, vm_run_once(&self->vm, 0));
}

TEST_F_TIMEOUT(rare, vcpu_busy, ERRNO_TIMEOUT)
{
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_build(&self->vm, &self->cfg, VM_STARTED));
	testctl_write(GH_TESTCTL_EXIT_DELAY, FOR_EVER_US);
	testctl_write(GH_TESTCTL_QUIRK_BUSY, 1);
	EXPECT_ERRNO(EBUSY, vm_run_once(&self->vm, 0));
}

/* ---- too little memory to lend ---- */

static void cgroup_leave(void)
{
	write_file(CGROUPS "/cgroup.procs", "0");
	rmdir(CGROUP);
	umount(CGROUPS);
	rmdir(CGROUPS);
}

static int cgroup_enter(const char *memory_max)
{
	mkdir(CGROUPS, 0700);
	if (mount("cgroup2", CGROUPS, "cgroup2", 0, NULL))
		return -1;
	if (write_file(CGROUPS "/cgroup.subtree_control", "+memory") ||
	    mkdir(CGROUP, 0700) ||
	    write_file(CGROUP "/memory.max", memory_max) ||
	    write_file(CGROUP "/cgroup.procs", "0")) {
		cgroup_leave();
		return -1;
	}
	return 0;
}

/* The OOM killer stays away, and with more memory the same call succeeds */
TEST_F_TIMEOUT(rare, no_memory_to_lend, ERRNO_TIMEOUT)
{
	struct vm_config cfg = { .size = 0x4000000 };
	struct gh_vm_status status;

	if (cgroup_enter("33554432"))
		SKIP(return, "no memory cgroups");
	EXPECT_EQ(0, vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	EXPECT_ERRNO(ENOMEM, gh_start(self->vm.fd));
	EXPECT_EQ(0, gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);

	EXPECT_EQ(0, write_file(CGROUP "/memory.max", "max"));
	EXPECT_EQ(0, gh_start(self->vm.fd));
	EXPECT_EQ(0, vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&self->vm);
	cgroup_leave();
}

GUNYAH_TEST_MAIN
