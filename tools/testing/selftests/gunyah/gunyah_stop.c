// SPDX-License-Identifier: GPL-2.0-only
/*
 * GH_VM_STOP: by force and by request, in every state, and with a resource
 * manager that refuses or is silent
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "remote.h"
#include "message.h"
#include "testctl.h"

#define STOP_TIMEOUT		300

/* Below 1 GiB accesses of proxy-scheduled vCPUs exit to the host */
#define MMIO_ADDRESS		0x1000

/* Long enough for a guest to end if it meant to */
#define A_WHILE_US		300000

#define STOP_THREADS		6

static bool vm_polls_ended(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1 && pfd.revents == (POLLIN | POLLHUP);
}

/* ---- by force, whatever the guest does ---- */

FIXTURE(stop)
{
	struct leak_state leak;
	struct vm vm;
	struct runner runner[2];
	unsigned int running;
};

FIXTURE_VARIANT(stop)
{
	struct vm_config cfg;
	struct guest_op op;
	enum vm_stage stage;		/* how it is built, 0: with vCPUs */
	enum { RUN_NONE, RUN_THREAD, RUN_ONCE } run;
};

/* All of them have a channel, so that each can also be asked */

FIXTURE_VARIANT_ADD(stop, spinning)
{
	.op = G_SPIN, .run = RUN_THREAD, .cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(stop, spinning_shared)
{
	.op = G_SPIN, .run = RUN_THREAD,
	.cfg = { .rm_rpc = true, .shared = true },
};

FIXTURE_VARIANT_ADD(stop, sleeping)
{
	.op = G_SLEEP, .run = RUN_THREAD, .cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(stop, two_vcpus)
{
	.op = G_SPIN, .run = RUN_THREAD, .cfg = { .rm_rpc = true, .cpus = 2 },
};

FIXTURE_VARIANT_ADD(stop, exiting)
{
	.op = G_ECHO(MMIO_ADDRESS, MMIO_ADDRESS, ~0ULL), .run = RUN_THREAD,
	.cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(stop, at_mmio)
{
	.op = G_READ(GUEST_LOAD_32, MMIO_ADDRESS, 0), .run = RUN_ONCE,
	.cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(stop, never_run)
{
	.op = G_SPIN, .cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(stop, without_vcpus)
{
	.op = G_SPIN, .cfg = { .rm_rpc = true }, .stage = VM_HAS_DTB,
};

FIXTURE_VARIANT_ADD(stop, scheduled_spinning)
{
	.op = G_SPIN, .cfg = { .rm_rpc = true, .scheduled = true },
};

FIXTURE_VARIANT_ADD(stop, scheduled_sleeping)
{
	.op = G_SLEEP, .cfg = { .rm_rpc = true, .scheduled = true },
};

FIXTURE_VARIANT_ADD(stop, scheduled_without_vcpus)
{
	.op = G_SPIN, .cfg = { .rm_rpc = true, .scheduled = true },
	.stage = VM_HAS_DTB,
};

FIXTURE_SETUP(stop)
{
	const struct vm_config *cfg = &variant->cfg;
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, cfg);
	catch_sigusr1();
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, cfg,
			     variant->stage ?: VM_HAS_VCPUS));
	vm_program(&self->vm, 0, variant->op);
	ASSERT_CALL(gh_start(self->vm.fd));
	if (variant->run == RUN_ONCE)
		ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	for (i = 0; variant->run == RUN_THREAD && i < self->vm.cfg.cpus; i++) {
		self->runner[i] = (struct runner){ .vm = &self->vm, .cpu = i };
		ASSERT_CALL(runner_start(&self->runner[i]));
		self->running++;
	}
	/* Let the guest get going */
	usleep(A_WHILE_US / 3);
}

FIXTURE_TEARDOWN(stop)
{
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

static void expect_stopped(struct __test_metadata *_metadata, struct vm *vm)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_FORCED_STOP));
	EXPECT_TRUE(vm_polls_ended(vm->fd));
}

/* Threads that run a vCPU see the end, and so does every later GH_VCPU_RUN */
static void join_runners(struct __test_metadata *_metadata,
			 struct _test_data_stop *self)
{
	unsigned int i;

	for (i = 0; i < self->running; i++) {
		const struct gh_vcpu_run *run = self->vm.run[i];

		EXPECT_EQ(0, runner_join(&self->runner[i]));
		EXPECT_EQ(GH_VCPU_EXIT_STATUS, run->exit_reason);
		EXPECT_EQ(GH_VM_STATUS_EXITED, run->status.status);
		EXPECT_EQ(GH_VM_EXIT_FORCED_STOP, run->status.exit_info.type);
	}
	self->running = 0;
	for (i = 0; i < GUEST_MAX_CPUS && !self->vm.cfg.scheduled; i++)
		if (self->vm.vcpu[i] >= 0)
			EXPECT_EQ(GH_VCPU_EXIT_STATUS,
				  vm_run_once(&self->vm, i));
}

TEST_F_TIMEOUT(stop, force, STOP_TIMEOUT)
{
	long long ms = now_ms();

	ASSERT_CALL(gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	EXPECT_GE(limit_ms(10000), now_ms() - ms);
	/* The VM has ended when the call returns */
	expect_stopped(_metadata, &self->vm);
	join_runners(_metadata, self);
	/* Stopping it again is not an error */
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	EXPECT_EQ(0, gh_stop(self->vm.fd, 0));
	expect_stopped(_metadata, &self->vm);
	/* Other VMs can start at once, before and after this one is closed */
	EXPECT_EQ(0, vm_one_life());
	vm_close(&self->vm);
	EXPECT_EQ(0, vm_one_life());
}

/* A guest that does not listen goes on */
TEST_F_TIMEOUT(stop, ask_in_vain, STOP_TIMEOUT)
{
	struct gh_vm_status status;
	unsigned int i;

	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, gh_stop(self->vm.fd, 0));
	usleep(A_WHILE_US);
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
	EXPECT_FALSE(vm_polls_ended(self->vm.fd));
	for (i = 0; i < self->running; i++)
		EXPECT_FALSE(__atomic_load_n(&self->runner[i].done,
					     __ATOMIC_ACQUIRE));
	ASSERT_CALL(gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	expect_stopped(_metadata, &self->vm);
	join_runners(_metadata, self);
}

static void *stop_thread(void *data)
{
	const struct vm *vm = data;

	return (void *)(long)(gh_stop(vm->fd, GH_VM_STOP_FORCE) ? errno : 0);
}

TEST_F_TIMEOUT(stop, from_many_threads, STOP_TIMEOUT)
{
	pthread_t threads[STOP_THREADS];
	unsigned int i;
	void *result;

	for (i = 0; i < STOP_THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, stop_thread,
					    &self->vm));
	for (i = 0; i < STOP_THREADS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &result));
		EXPECT_EQ(NULL, result);
	}
	expect_stopped(_metadata, &self->vm);
	join_runners(_metadata, self);
}

static int stop_child(void *data)
{
	const struct vm *vm = data;

	return gh_stop(vm->fd, GH_VM_STOP_FORCE) ? errno : 0;
}

/* Every process with the file descriptor may stop the VM */
TEST_F_TIMEOUT(stop, by_other_process, STOP_TIMEOUT)
{
	EXPECT_EQ(0, in_child(stop_child, &self->vm));
	expect_stopped(_metadata, &self->vm);
	join_runners(_metadata, self);
}

/* ---- arguments and states ---- */

FIXTURE(stop_arg)
{
	struct leak_state leak;
	struct vm vm;
	struct param timeout;
};

FIXTURE_SETUP(stop_arg)
{
	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
}

FIXTURE_TEARDOWN(stop_arg)
{
	testctl_reset();
	param_restore(&self->timeout);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

static int build_spinning(struct vm *vm)
{
	static const struct message msg = { .cfg = { .rm_rpc = true } };

	return message_build_running(vm, &msg);
}

TEST_F(stop_arg, argument)
{
	struct {
		struct gh_vm_stop stop;
		__u64 tail;
	} arg = {};
	struct gh_vm_status status;
	unsigned int i, size;
	int fd;

	ASSERT_CALL(build_spinning(&self->vm));
	fd = self->vm.fd;
	for (i = 1; i < 32; i++)
		EXPECT_ERRNO(EINVAL, gh_stop(fd, 1U << i));
	EXPECT_ERRNO(EINVAL, gh_stop(fd, GH_VM_STOP_FORCE | 2));
	for (i = 0; i < 32; i++) {
		arg.stop = (struct gh_vm_stop){ GH_VM_STOP_FORCE, 1U << i };
		EXPECT_ERRNO(EINVAL, ioctl(fd, GH_VM_STOP, &arg));
	}
	arg.stop = (struct gh_vm_stop){ .flags = GH_VM_STOP_FORCE };
	for (size = 0; size < sizeof(arg.stop); size++)
		EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOC(_IOC_WRITE, 'G', 0x12,
						    size), &arg));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOC(_IOC_READ, 'G', 0x12, 8), &arg));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IO('G', 0x12), &arg));
	EXPECT_ERRNO(ENOTTY, ioctl(self->vm.vcpu[0], GH_VM_STOP, &arg));
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_STOP, NULL));
	arg.tail = 1;
	EXPECT_ERRNO(E2BIG, ioctl(fd, _IOC(_IOC_WRITE, 'G', 0x12, 16), &arg));
	arg.tail = 1ULL << 63;
	EXPECT_ERRNO(E2BIG, ioctl(fd, _IOC(_IOC_WRITE, 'G', 0x12, 16), &arg));

	/* None of that has stopped it; a tail of zeroes is accepted */
	ASSERT_CALL(gh_status(fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
	arg.tail = 0;
	EXPECT_EQ(0, ioctl(fd, _IOC(_IOC_WRITE, 'G', 0x12, 16), &arg));
	expect_stopped(_metadata, &self->vm);
}

TEST_F(stop_arg, states)
{
	struct vm_config cfg = {}, bad = { .defect = DTB_HYPERVISOR_NODE };
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	EXPECT_ERRNO(EBUSY, gh_stop(self->vm.fd, 0));
	EXPECT_ERRNO(EBUSY, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	/* It can still be started, and ends by itself */
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	EXPECT_EQ(0, gh_stop(self->vm.fd, 0));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&self->vm);

	ASSERT_CALL(vm_build(&self->vm, &bad, VM_HAS_VCPUS));
	EXPECT_ERRNO(ENODEV, gh_start(self->vm.fd));
	EXPECT_ERRNO(EBUSY, gh_stop(self->vm.fd, 0));
	EXPECT_ERRNO(EBUSY, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
}

static void *start_thread(void *data)
{
	const struct vm *vm = data;

	return (void *)(long)(gh_start(vm->fd) ? errno : 0);
}

static bool is_starting(void *arg)
{
	struct gh_vm_status status;

	return gh_status(*(int *)arg, &status) ||
	       status.state == GH_VM_STATE_STARTING;
}

/* The call waits for a start that goes on, then stops the VM */
TEST_F_TIMEOUT(stop_arg, during_start, STOP_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	pthread_t thread;
	void *result;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	vm_program(&self->vm, 0, G_SPIN);
	testctl_write(GH_TESTCTL_RM_WORK_DELAY, 10000);
	testctl_fault(RM_FAULT_DELAY_REPLY, RM_VM_INIT_MSG, 1, 100);
	ASSERT_EQ(0, pthread_create(&thread, NULL, start_thread, &self->vm));
	ASSERT_TRUE(wait_until(is_starting, &self->vm.fd, LONG_MS));
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	testctl_reset();
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(NULL, result);
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_FORCED_STOP));
}

/* ---- a resource manager that does not do it ---- */

TEST_F_TIMEOUT(stop_arg, refused, STOP_TIMEOUT)
{
	static const struct {
		__u32 code;
		int error;
	} codes[] = {
		{ RM_ERR_NOMEM, ENOMEM },
		{ RM_ERR_NORESOURCE, ENODEV },
		{ RM_ERR_DENIED, EPERM },
		{ RM_ERR_BUSY, EBUSY },
		{ RM_ERR_VM_STATE, EBUSY },
		{ RM_ERR_UNIMPLEMENTED, EOPNOTSUPP },
		{ 0x12345678, EIO },
	};
	struct gh_vm_status status;
	unsigned int i, force;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(build_spinning(&self->vm));
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		for (force = 0; force < 2; force++) {
			testctl_fault(RM_FAULT_FAIL, RM_VM_STOP_MSG, 1,
				      codes[i].code);
			EXPECT_ERRNO(codes[i].error,
				     gh_stop(self->vm.fd, force));
			/* This is not the error of a start */
			ASSERT_CALL(gh_status(self->vm.fd, &status));
			EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
			EXPECT_EQ(0, status.rm_error);
		}
	}
	testctl_hvc_fault(HVC_MSGQ_SEND, 1, 30);
	EXPECT_ERRNO(EIO, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	expect_stopped(_metadata, &self->vm);
}

/* The VM has ended, whatever the reply was */
TEST_F_TIMEOUT(stop_arg, done_but_not_said, STOP_TIMEOUT)
{
	static const enum rm_fault_action actions[] = {
		RM_FAULT_FAIL_AFTER, RM_FAULT_DROP_REPLY, RM_FAULT_SHORT_REPLY,
		RM_FAULT_DUP_REPLY, RM_FAULT_WRONG_SEQ, RM_FAULT_WRONG_ID,
	};
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(short_timeout(&self->timeout));
	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		ASSERT_CALL(build_spinning(&self->vm));
		testctl_fault(actions[i], RM_VM_STOP_MSG, 1, RM_ERR_DENIED);
		EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE))
			TH_LOG("action %u: %s", actions[i], strerror(errno));
		expect_stopped(_metadata, &self->vm);
		vm_close(&self->vm);
	}

	/* Without a reply nobody knows whether the guest was asked */
	ASSERT_CALL(build_spinning(&self->vm));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_VM_STOP_MSG, 1, 0);
	EXPECT_ERRNO(ETIMEDOUT, gh_stop(self->vm.fd, 0));
	EXPECT_EQ(0, gh_stop(self->vm.fd, 0));
}

TEST_F_TIMEOUT(stop_arg, silence, STOP_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	struct vm beacon;
	long long ms;

	SKIP_WITHOUT_TESTCTL(return);
	/* Its end shows the driver that the resource manager is back */
	vm_init(&beacon);
	ASSERT_CALL(vm_build(&beacon, &cfg, VM_STARTED));
	ASSERT_CALL(build_spinning(&self->vm));
	ASSERT_CALL(short_timeout(&self->timeout));
	testctl_fault(RM_FAULT_DIE, RM_VM_STOP_MSG, 1, 0);
	ms = now_ms();
	EXPECT_ERRNO(ETIMEDOUT, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	EXPECT_GE(limit_ms(5000), now_ms() - ms);
	/* From now on the driver does not even ask */
	EXPECT_ERRNO(ESHUTDOWN, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);

	testctl_reset();
	param_restore(&self->timeout);
	EXPECT_EQ(0, vm_finish(&beacon, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&beacon);
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	expect_stopped(_metadata, &self->vm);
}

static bool is_dead(void *arg)
{
	return testctl_read(GH_TESTCTL_RM_DEAD);
}

static void on_usr1(int sig)
{
}

/* In the child: asks for a stop that is never answered */
static int stop_for_ever(int ready)
{
	struct sigaction action = { .sa_handler = on_usr1 };
	struct vm vm;

	sigaction(SIGUSR1, &action, NULL);
	vm_init(&vm);
	if (build_spinning(&vm) || write(ready, "", 1) != 1)
		return 1;
	testctl_fault(RM_FAULT_DIE, RM_VM_STOP_MSG, 1, 0);
	gh_stop(vm.fd, GH_VM_STOP_FORCE);
	return 2;
}

TEST_F_TIMEOUT(stop_arg, killed, STOP_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	int ready[2], wstatus;
	struct vm beacon;
	long long ms;
	pid_t pid;
	char c;

	SKIP_WITHOUT_TESTCTL(return);
	vm_init(&beacon);
	ASSERT_CALL(vm_build(&beacon, &cfg, VM_STARTED));
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(stop_for_ever(ready[1]));
	ASSERT_EQ(1, read(ready[0], &c, 1));
	ASSERT_TRUE(wait_until(is_dead, NULL, LONG_MS));
	/* A signal that does not kill must not end the wait */
	kill(pid, SIGUSR1);
	usleep(A_WHILE_US);
	EXPECT_EQ(0, waitpid(pid, &wstatus, WNOHANG));
	ms = now_ms();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &wstatus, 0));
	EXPECT_TRUE(WIFSIGNALED(wstatus));
	EXPECT_GE(reap_limit_ms(), now_ms() - ms);
	close(ready[0]);
	close(ready[1]);

	testctl_reset();
	EXPECT_EQ(0, vm_finish(&beacon, &status));
	vm_close(&beacon);
	EXPECT_EQ(0, vm_one_life());
}

/* ---- a guest that listens is asked ---- */

FIXTURE(ask)
{
	struct leak_state leak;
	struct remote remote;
};

FIXTURE_VARIANT(ask)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(ask, proxy)
{
	.cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(ask, scheduled)
{
	.cfg = { .rm_rpc = true, .scheduled = true },
};

FIXTURE_SETUP(ask)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	ASSERT_CALL(remote_setup(&self->remote, &self->leak, &variant->cfg));
}

FIXTURE_TEARDOWN(ask)
{
	remote_close(&self->remote);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(ask, guest_listens, STOP_TIMEOUT)
{
	const struct guest_op off = G_OFF;
	struct remote *r = &self->remote;
	struct remote_packet packet;
	struct gh_vm_status status;

	EXPECT_ERRNO(ETIME, remote_note(r, RM_VM_SHUTDOWN_NOTE, &packet, 100));
	ASSERT_CALL(gh_stop(r->vm.fd, 0));
	ASSERT_CALL(remote_note(r, RM_VM_SHUTDOWN_NOTE, &packet, LONG_MS));
	EXPECT_EQ(4, packet.len);
	/* The guest decides when it shuts down */
	usleep(A_WHILE_US);
	ASSERT_CALL(gh_status(r->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
	EXPECT_FALSE(vm_polls_ended(r->vm.fd));
	ASSERT_CALL(remote_end(r, &off, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(0, gh_stop(r->vm.fd, 0));
}

/* A guest that was asked can still be stopped by force */
TEST_F_TIMEOUT(ask, force, STOP_TIMEOUT)
{
	struct remote *r = &self->remote;
	struct remote_packet packet;

	ASSERT_CALL(gh_stop(r->vm.fd, 0));
	ASSERT_CALL(remote_note(r, RM_VM_SHUTDOWN_NOTE, &packet, LONG_MS));
	ASSERT_CALL(gh_stop(r->vm.fd, GH_VM_STOP_FORCE));
	expect_stopped(_metadata, &r->vm);
}

struct late {
	int fd;
	unsigned int delay_us;
};

static void *stop_late(void *data)
{
	const struct late *late = data;

	usleep(late->delay_us);
	return (void *)(long)(gh_stop(late->fd, GH_VM_STOP_FORCE) ? errno : 0);
}

/* Guest and host end the VM at the same time: one of them wins */
TEST_F_TIMEOUT(ask, race_with_guest, STOP_TIMEOUT)
{
	const struct guest_op off = G_OFF;
	unsigned int round, faster = 0;
	struct gh_vm_status status;
	pthread_t thread;
	void *result;

	for (round = 0; round < 20; round++) {
		struct remote *r = &self->remote;
		struct late late = { r->vm.fd, round * 100 };

		ASSERT_EQ(0, pthread_create(&thread, NULL, stop_late, &late));
		ASSERT_CALL(remote_end(r, &off, &status));
		ASSERT_EQ(0, pthread_join(thread, &result));
		EXPECT_EQ(NULL, result);
		if (status.exit_type == GH_VM_EXIT_PLATFORM_OFF)
			faster++;
		else
			EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_FORCED_STOP));
		remote_close(r);
		ASSERT_CALL(remote_build(r, &variant->cfg));
		ASSERT_CALL(remote_start(r));
	}
	TH_LOG("the guest was faster %u times of %u", faster, round);
}

GUNYAH_TEST_MAIN
