// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery from firmware that releases VMs late or never and does not answer,
 * and the messages of guests that crash
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "remote.h"
#include "testctl.h"

#define RM_SET_CRASH_MSG	0x56000086

/* ---- the firmware has not yet released another VM ---- */

FIXTURE(late)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_SETUP(late)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	ASSERT_EQ(0, vm_one_life());
}

FIXTURE_TEARDOWN(late)
{
	testctl_reset();
	vm_close(&self->vm);
	EXPECT_EQ(0, vm_one_life());
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* A start waits for firmware that has not yet released another VM */
TEST_F_TIMEOUT(late, once, FAULT_TIMEOUT)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		testctl_fault(RM_FAULT_FAIL, RM_VM_INIT_MSG, 1,
			      RM_ERR_NORESOURCE);
		ASSERT_EQ(0, vm_one_life());
	}
}

/* Without another end the lack of resources is final after some attempts */
TEST_F_TIMEOUT(late, for_ever, FAULT_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	__u64 requests;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	ASSERT_EQ(0, vm_one_life());
	testctl_fault_repeat(RM_FAULT_FAIL_AFTER, RM_VM_INIT_MSG, 1,
			     RM_ERR_NORESOURCE);
	requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	EXPECT_ERRNO(ENODEV, gh_start(self->vm.fd));
	EXPECT_GT(600, testctl_read(GH_TESTCTL_RM_REQUESTS) - requests);
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(ENODEV, status.start_errno);
	EXPECT_EQ(GH_VM_START_STEP_INIT, status.start_step);
	EXPECT_EQ(RM_ERR_NORESOURCE, status.rm_error);
}

#define MANY_VMS	40

struct closer {
	struct vm vm[MANY_VMS];
	bool stop;
};

static void *close_slowly(void *data)
{
	struct closer *closer = data;
	unsigned int i;

	for (i = 0; i < MANY_VMS; i++) {
		if (!closer->stop)
			usleep(200000);
		vm_close(&closer->vm[i]);
	}
	return NULL;
}

/*
 * While other VMs keep ending, the error says "again". Only a clock that counts
 * instructions makes sure that they end often enough.
 */
TEST_F_TIMEOUT(late, again, FAULT_TIMEOUT)
{
	static struct closer closer;
	struct vm_config cfg = {};
	struct gh_vm_status status;
	pthread_t thread;
	unsigned int i;

	if (!getenv("GUNYAH_TEST_ICOUNT"))
		SKIP(return, "the clock does not count instructions");
	for (i = 0; i < MANY_VMS; i++) {
		vm_init(&closer.vm[i]);
		ASSERT_CALL(vm_build(&closer.vm[i], &cfg, VM_STARTED));
	}
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	testctl_fault_repeat(RM_FAULT_FAIL_AFTER, RM_VM_INIT_MSG, 1,
			     RM_ERR_NORESOURCE);
	closer.stop = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, close_slowly, &closer));
	EXPECT_ERRNO(EAGAIN, gh_start(self->vm.fd));
	closer.stop = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	EXPECT_EQ(0, status.vmid);

	testctl_reset();
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- the firmware says that a VM is in a state which nobody knows ---- */

/* To reset a VM in a wrong state can kill the resource manager: it is asked again */
TEST_F_TIMEOUT(late, unknown_state, FAULT_TIMEOUT)
{
	struct vm_config cfg = {};
	unsigned int nth;

	for (nth = 1; nth <= 4; nth++) {
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
		testctl_fault(RM_FAULT_CORRUPT_REPLY, RM_VM_GET_STATE_MSG, nth,
			      RM_FAULT_CORRUPT(4, 0xf0));
		vm_close(&self->vm);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
		EXPECT_EQ(RM_VM_GET_STATE_MSG,
			  testctl_read(GH_TESTCTL_FAULT_HIT));
		testctl_reset();
		ASSERT_EQ(0, vm_one_life());
	}
}

/* ---- a VM is started, although the firmware refuses that ---- */

struct watcher {
	int fd;
	__u64 requests;		/* to the resource manager, when the VM had ended */
	struct gh_vm_status first;
};

static void *watch(void *arg)
{
	struct watcher *watcher = arg;
	struct pollfd pfd = { .fd = watcher->fd, .events = POLLIN };

	if (poll(&pfd, 1, LONG_MS) != 1)
		return NULL;
	watcher->requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	gh_status(watcher->fd, &watcher->first);
	return NULL;
}

/* The driver stops the VM then. That is no end of its own, which nobody may see */
TEST_F_TIMEOUT(late, started_and_refused, FAULT_TIMEOUT)
{
	struct vm_config cfg = {};
	struct watcher watcher;
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
		vm_program(&self->vm, 0, G_SPIN);
		/* There is time to look between the VM's end and that of the start */
		testctl_write(GH_TESTCTL_RM_WORK_DELAY, 20000);
		testctl_fault(RM_FAULT_FAIL_AFTER, RM_VM_START_MSG, 1,
			      RM_ERR_DENIED);
		watcher = (struct watcher) { .fd = self->vm.fd };
		ASSERT_EQ(0, pthread_create(&thread, NULL, watch, &watcher));
		EXPECT_ERRNO(EPERM, gh_start(self->vm.fd));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		EXPECT_EQ(testctl_read(GH_TESTCTL_RM_REQUESTS), watcher.requests);
		EXPECT_EQ(GH_VM_STATE_FAILED, watcher.first.state);
		EXPECT_EQ(EPERM, watcher.first.start_errno);
		EXPECT_EQ(0, watcher.first.exit_type);
		vm_close(&self->vm);
		testctl_reset();
	}
}

/* ---- the firmware does not reset VMs ---- */

/* The memory is lost, but the driver does not try for ever; other VMs start */
TEST(no_reset)
{
	struct gh_vm_status status;
	struct vm_config cfg = {};
	__u64 requests;
	struct vm vm;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	testctl_reset();
	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(&vm, &status));
	testctl_fault_repeat(RM_FAULT_FAIL, RM_VM_RESET_MSG, 1,
			     RM_ERR_UNIMPLEMENTED);
	vm_close(&vm);
	requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	sleep(5);
	EXPECT_EQ(requests, testctl_read(GH_TESTCTL_RM_REQUESTS));
	ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(&vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	testctl_reset();
	vm_close(&vm);
	EXPECT_EQ(0, vm_one_life());
}

/* ---- crash messages ---- */

FIXTURE(crash)
{
	struct leak_state leak;
	struct remote remote;
};

FIXTURE_SETUP(crash)
{
	struct vm_config cfg = { .rm_rpc = true };

	SKIP_WITHOUT_GUNYAH(return);
	ASSERT_CALL(remote_setup(&self->remote, &self->leak, &cfg));
}

FIXTURE_TEARDOWN(crash)
{
	remote_close(&self->remote);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* The VMM can read what a guest said before it died */
TEST_F_TIMEOUT(crash, is_told, FAULT_TIMEOUT)
{
	static const char text[] = "it was the butler";
	struct {
		__le16 len;
		__le16 reserved;
		char text[20];
	} req = { .len = sizeof(text) - 1 };
	const struct guest_op off = G_OFF;
	struct remote *r = &self->remote;
	struct gh_vm_status status;
	__u32 error;

	memcpy(req.text, text, sizeof(text) - 1);
	ASSERT_CALL(remote_call(r, RM_SET_CRASH_MSG, &req, sizeof(req),
				&error));
	ASSERT_EQ(0, error);
	ASSERT_CALL(gh_status(r->vm.fd, &status));
	EXPECT_EQ(0, status.crash_msg_size);
	ASSERT_CALL(remote_end(r, &off, &status));
	ASSERT_CALL(gh_status(r->vm.fd, &status));
	EXPECT_EQ(sizeof(text) - 1, status.crash_msg_size);
	EXPECT_EQ(0, memcmp(text, status.crash_msg, sizeof(text) - 1));
}

TEST_F_TIMEOUT(crash, is_none, FAULT_TIMEOUT)
{
	const struct guest_op off = G_OFF;
	struct remote *r = &self->remote;
	struct gh_vm_status status;

	ASSERT_CALL(remote_end(r, &off, &status));
	ASSERT_CALL(gh_status(r->vm.fd, &status));
	EXPECT_EQ(0, status.crash_msg_size);
	EXPECT_TRUE(all_zero(status.crash_msg, sizeof(status.crash_msg)));
}

/* ---- a process with several VMs ---- */

#define PROCESS_VMS	4

static int hold_vms(int ready, int how)
{
	static struct vm vm[PROCESS_VMS];
	struct vm_config cfg = {};
	unsigned int i;

	for (i = 0; i < PROCESS_VMS; i++) {
		vm_init(&vm[i]);
		if (vm_build(&vm[i], &cfg, VM_STARTED))
			return 1;
	}
	testctl_fault(RM_FAULT_DIE, 0, 1, 0);
	if (write(ready, "", 1) != 1)
		return 2;
	if (how)
		pause();
	return 0;
}

/* The VMs of a process share one wait for silent firmware */
static void exit_with_vms(struct __test_metadata *_metadata, int sig)
{
	struct param timeout = {};
	int ready[2], status;
	long long start;
	pid_t pid;
	char byte;

	ASSERT_CALL(param_set(&timeout, TIMEOUT_PARAM, "20000"));
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(hold_vms(ready[1], sig));
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	start = now_ms();
	if (sig)
		kill(pid, sig);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	/* Less than twice what one VM may take */
	EXPECT_GE(limit_ms(9000), now_ms() - start);
	EXPECT_EQ(sig, status);
	close(ready[0]);
	close(ready[1]);
	testctl_reset();
	param_restore(&timeout);
}

FIXTURE(process)
{
	struct leak_state leak;
	struct vm beacon;
};

FIXTURE_SETUP(process)
{
	struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->beacon);
	ASSERT_CALL(vm_build(&self->beacon, &cfg, VM_STARTED));
}

/* The report of an end shows the driver that the firmware is back */
FIXTURE_TEARDOWN(process)
{
	struct gh_vm_status status;

	testctl_reset();
	EXPECT_EQ(0, vm_finish(&self->beacon, &status));
	vm_close(&self->beacon);
	EXPECT_TRUE(leak_check(&self->leak, 3 * BACK_MS));
	EXPECT_EQ(0, vm_one_life());
}

TEST_F_TIMEOUT(process, exits, FAULT_TIMEOUT)
{
	exit_with_vms(_metadata, 0);
}

TEST_F_TIMEOUT(process, is_killed, FAULT_TIMEOUT)
{
	exit_with_vms(_metadata, SIGKILL);
}

/* ---- suspend ---- */

#define PM_TEST		"/sys/power/pm_test"
#define PM_STATE	"/sys/power/state"
#define PM_TIMEOUT	"/sys/power/pm_freeze_timeout"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"

static void *start_vm(void *data)
{
	struct vm *vm = data;

	return (void *)(long)(gh_start(vm->fd) ? errno : 0);
}

static bool is_dead(void *arg)
{
	return testctl_read(GH_TESTCTL_RM_DEAD);
}

static void *stop_vm(void *data)
{
	struct vm *vm = data;

	return (void *)(long)(gh_stop(vm->fd, GH_VM_STOP_FORCE) ? errno : 0);
}

/* Processes that wait for silent firmware do not prevent a suspend */
static void freeze_during(struct __test_metadata *_metadata,
			  enum vm_stage stage, __u32 msg, void *(*fn)(void *))
{
	struct param timeout = {}, freeze = {}, delay = {};
	struct vm_config cfg = {};
	pthread_t thread;
	void *result;
	struct vm vm;

	if (write_file(PM_TEST, "freezer"))
		SKIP(return, "the kernel cannot test a suspend");
	ASSERT_CALL(param_set(&timeout, TIMEOUT_PARAM, "15000"));
	/* The kernel spends it in a busy loop */
	ASSERT_CALL(param_set(&delay, PM_DELAY, "0"));
	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, stage));
	testctl_fault(RM_FAULT_DIE, msg, 1, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, fn, &vm));
	ASSERT_TRUE(wait_until(is_dead, NULL, LONG_MS));
	/* Much less than the resource manager may take */
	ASSERT_CALL(param_set(&freeze, PM_TIMEOUT, "5000"));
	EXPECT_EQ(0, write_file(PM_STATE, "freeze"))
		TH_LOG("%s", strerror(errno));
	write_file(PM_TEST, "none");
	param_restore(&freeze);
	param_restore(&delay);
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ((void *)ETIMEDOUT, result);
	param_restore(&timeout);
	testctl_reset();
	vm_close(&vm);
}

TEST_F_TIMEOUT(process, freezes_during_start, FAULT_TIMEOUT)
{
	freeze_during(_metadata, VM_HAS_VCPUS, RM_VM_INIT_MSG, start_vm);
}

TEST_F_TIMEOUT(process, freezes_during_stop, FAULT_TIMEOUT)
{
	freeze_during(_metadata, VM_STARTED, RM_VM_STOP_MSG, stop_vm);
}

GUNYAH_TEST_MAIN
