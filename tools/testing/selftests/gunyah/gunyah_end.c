// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of Gunyah VMs in every state, with every order of close()
 */
#include <fcntl.h>
#include <signal.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define END_TIMEOUT	240

/* Below 1 GiB accesses of proxy-scheduled vCPUs exit to the host */
#define MMIO_ADDRESS	0x1000

enum end_stage {
	END_CREATED = VM_CREATED,
	END_HAS_MEMORY = VM_HAS_MEMORY,
	END_HAS_DTB = VM_HAS_DTB,
	END_HAS_VCPUS = VM_HAS_VCPUS,
	END_STARTED = VM_STARTED,
	END_RUNNING,		/* has run up to an exit that is not completed */
	END_ENDED,		/* has powered off */
};

FIXTURE(end)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_VARIANT(end)
{
	struct vm_config cfg;
	enum end_stage stage;
};

FIXTURE_VARIANT_ADD(end, created)
{
	.stage = END_CREATED,
};

FIXTURE_VARIANT_ADD(end, memory_shared)
{
	.stage = END_HAS_MEMORY,
	.cfg = { .shared = true },
};

FIXTURE_VARIANT_ADD(end, memory_lent)
{
	.stage = END_HAS_MEMORY,
};

FIXTURE_VARIANT_ADD(end, dtb)
{
	.stage = END_HAS_DTB,
};

FIXTURE_VARIANT_ADD(end, vcpus_shared)
{
	.stage = END_HAS_VCPUS,
	.cfg = { .cpus = 2, .shared = true },
};

FIXTURE_VARIANT_ADD(end, vcpus_lent)
{
	.stage = END_HAS_VCPUS,
	.cfg = { .cpus = 2 },
};

/* From here on only a second region is shared: all firmware accepts that */
FIXTURE_VARIANT_ADD(end, started_shared)
{
	.stage = END_STARTED,
	.cfg = { .cpus = 2, .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(end, started_lent)
{
	.stage = END_STARTED,
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(end, started_scheduled)
{
	.stage = END_STARTED,
	.cfg = { .scheduled = true },
};

FIXTURE_VARIANT_ADD(end, running_shared)
{
	.stage = END_RUNNING,
	.cfg = { .cpus = 2, .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(end, running_lent)
{
	.stage = END_RUNNING,
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(end, ended_shared)
{
	.stage = END_ENDED,
	.cfg = { .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(end, ended_lent)
{
	.stage = END_ENDED,
};

FIXTURE_VARIANT_ADD(end, ended_scheduled)
{
	.stage = END_ENDED,
	.cfg = { .scheduled = true },
};

static int end_prepare(struct vm *vm, const struct vm_config *cfg,
		       enum end_stage stage)
{
	enum vm_stage build = stage < END_STARTED ? (enum vm_stage)stage :
						    VM_HAS_VCPUS;
	struct gh_vm_status status;

	if (vm_build(vm, cfg, build))
		return -1;
	if (stage < END_STARTED)
		return 0;
	if (stage == END_RUNNING)
		vm_program(vm, 0, G_READ(GUEST_LOAD_32, MMIO_ADDRESS, 1),
			   G_OFF);
	else if (stage == END_STARTED && cfg->scheduled)
		vm_program(vm, 0, G_SPIN);
	if (gh_start(vm->fd))
		return -1;
	if (stage == END_RUNNING)
		return vm_run_once(vm, 0) == GH_VCPU_EXIT_MMIO ? 0 : -1;
	if (stage == END_ENDED)
		return vm_finish(vm, &status);
	return 0;
}

FIXTURE_SETUP(end)
{
	SKIP_WITHOUT_GUNYAH(return);
	/* The firmware never sees a VM that is not started */
	if (variant->stage >= END_STARTED)
		SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	leak_read(&self->leak);
	vm_init(&self->vm);
	ASSERT_CALL(end_prepare(&self->vm, &variant->cfg, variant->stage));
}

FIXTURE_TEARDOWN(end)
{
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* Whether the VM still has all that it had */
static bool still_there(const struct leak_state *before)
{
	struct leak_state now;

	leak_read(&now);
	return !memcmp(&now, before, sizeof(now));
}

TEST_F_TIMEOUT(end, vm_first, END_TIMEOUT)
{
	struct leak_state before;

	leak_read(&before);
	close(self->vm.fd);
	self->vm.fd = -1;
	if (variant->stage >= END_HAS_VCPUS)
		EXPECT_TRUE(still_there(&before));
	/* A vCPU file descriptor keeps the VM alive: it works as before */
	if (variant->stage == END_RUNNING) {
		self->vm.run[0]->mmio.data[0] = 1;
		EXPECT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
	}
	vm_close_vcpus(&self->vm);
	vm_free_mem(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(end, vcpus_first, END_TIMEOUT)
{
	struct gh_vm_status before, status;

	ASSERT_CALL(gh_status(self->vm.fd, &before));
	vm_close_vcpus(&self->vm);
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(before.state, status.state);
	close(self->vm.fd);
	self->vm.fd = -1;
	vm_free_mem(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(end, run_page_last, END_TIMEOUT)
{
	unsigned int i;

	close(self->vm.fd);
	self->vm.fd = -1;
	for (i = 0; i < GUEST_MAX_CPUS; i++) {
		if (self->vm.vcpu[i] >= 0)
			close(self->vm.vcpu[i]);
		self->vm.vcpu[i] = -1;
		if (self->vm.run[i])
			self->vm.run[i]->immediate_exit = 1;
	}
	vm_close_vcpus(&self->vm);
	vm_free_mem(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(end, duplicates, END_TIMEOUT)
{
	struct gh_vm_status status;
	struct leak_state before;
	int copy;

	leak_read(&before);
	copy = dup(self->vm.fd);
	ASSERT_LE(0, copy);
	close(self->vm.fd);
	self->vm.fd = -1;
	EXPECT_TRUE(still_there(&before));
	EXPECT_EQ(0, gh_status(copy, &status));
	vm_close_vcpus(&self->vm);
	EXPECT_EQ(0, gh_status(copy, &status));
	close(copy);
	vm_free_mem(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(end, child_holds_it, END_TIMEOUT)
{
	struct leak_state before;
	int go[2], status;
	pid_t pid;
	char c;

	leak_read(&before);
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(go[1]);
		/* Until the parent has closed everything */
		_exit(read(go[0], &c, 1) == 0 ? 0 : 1);
	}
	close(go[0]);
	vm_close_vcpus(&self->vm);
	close(self->vm.fd);
	self->vm.fd = -1;
	EXPECT_TRUE(still_there(&before));
	close(go[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	/* The memory was charged to this process, not to the child */
	vm_free_mem(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

struct leaver {
	const struct vm_config *cfg;
	enum end_stage stage;
	enum { LEAVE_EXIT, LEAVE_EXEC, LEAVE_KILL } how;
};

static int leave(void *arg)
{
	const struct leaver *leaver = arg;
	struct vm vm;

	vm_init(&vm);
	if (end_prepare(&vm, leaver->cfg, leaver->stage))
		return 1;
	switch (leaver->how) {
	case LEAVE_EXEC:
		freopen("/dev/null", "w", stderr);
		/* This only lists the tests */
		execl("/proc/self/exe", "gunyah_end", "-l", NULL);
		return 2;
	case LEAVE_KILL:
		kill(getpid(), SIGKILL);
		return 2;
	default:
		return 0;
	}
}

TEST_F_TIMEOUT(end, without_close, END_TIMEOUT)
{
	struct leaver leaver = { &variant->cfg, variant->stage, LEAVE_EXIT };

	vm_close(&self->vm);
	EXPECT_EQ(0, in_child(leave, &leaver));
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	leaver.how = LEAVE_EXEC;
	EXPECT_EQ(KSFT_SKIP, in_child(leave, &leaver));
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	leaver.how = LEAVE_KILL;
	EXPECT_EQ(256 + SIGKILL, in_child(leave, &leaver));
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

/* ---- killed while something goes on ---- */

FIXTURE(killed)
{
	struct leak_state leak;
};

FIXTURE_VARIANT(killed)
{
	struct vm_config cfg;
	struct guest_op op;	/* what the guest does when it is killed */
};

FIXTURE_VARIANT_ADD(killed, spinning)
{
	.op = G_SPIN,
	.cfg = { .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(killed, sleeping)
{
	.op = G_SLEEP,
};

FIXTURE_VARIANT_ADD(killed, exiting)
{
	.op = G_ECHO(MMIO_ADDRESS, MMIO_ADDRESS, ~0ULL),
	.cfg = { .cpus = 2 },
};

FIXTURE_SETUP(killed)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(killed)
{
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

/* A child that runs a VM for ever; writes to @ready just before that */
static pid_t victim(const struct vm_config *cfg, const struct guest_op *op,
		    int ready)
{
	struct vm vm;
	pid_t pid;

	pid = fork();
	if (pid)
		return pid;
	vm_init(&vm);
	if (vm_build(&vm, cfg, VM_HAS_VCPUS))
		_exit(1);
	vm_set_program(&vm, 0, op, 1);
	if (ready < 0) {
		gh_start(vm.fd);
		_exit(0);
	}
	if (gh_start(vm.fd) || write(ready, "", 1) != 1)
		_exit(2);
	vm_run_all(&vm, NULL, NULL);
	_exit(3);
}

static bool many_runs(void *arg)
{
	return testctl_read(GH_TESTCTL_VCPU_RUNS) >= *(__u64 *)arg;
}

/* Milliseconds from SIGKILL until the process is reaped, or -1 */
static long long reap(pid_t pid)
{
	long long start = now_ms();
	int status;

	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (!WIFSIGNALED(status))
		fprintf(stderr, "# it had ended by itself: %x\n", status);
	return WIFSIGNALED(status) ? now_ms() - start : -1;
}

TEST_F_TIMEOUT(killed, in_run, END_TIMEOUT)
{
	struct gh_vm_status status;
	struct vm_config cfg = {};
	int ready[2], round;
	long long ms;
	struct vm vm;
	pid_t pid;
	__u64 runs;
	char c;

	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, pipe(ready));
		runs = testctl_present() ?
			testctl_read(GH_TESTCTL_VCPU_RUNS) + 1 : 0;
		pid = victim(&variant->cfg, &variant->op, ready[1]);
		ASSERT_LE(0, pid);
		ASSERT_EQ(1, read(ready[0], &c, 1));
		if (testctl_present())
			EXPECT_TRUE(wait_until(many_runs, &runs, LONG_MS));
		ms = reap(pid);
		EXPECT_LE(0, ms);
		EXPECT_GE(reap_limit_ms(), ms);
		close(ready[0]);
		close(ready[1]);
		/* Its memory may come back after it is gone */
		EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	}

	/* A new VM starts at once */
	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(&vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&vm);
}

static bool many_requests(void *arg)
{
	return testctl_read(GH_TESTCTL_RM_REQUESTS) >= *(__u64 *)arg;
}

/* Killed while it waits for the reply to each message of a start */
TEST_F_TIMEOUT(killed, in_start, END_TIMEOUT)
{
	struct gh_vm_status status;
	struct vm_config cfg = {};
	unsigned int step;
	__u64 requests;
	long long ms;
	struct vm vm;
	pid_t pid;

	SKIP_WITHOUT_TESTCTL(return);
	for (step = 1; step <= 6; step++) {
		testctl_hold(0, step);
		requests = testctl_read(GH_TESTCTL_RM_REQUESTS) + step;
		pid = victim(&variant->cfg, &variant->op, -1);
		ASSERT_LE(0, pid);
		EXPECT_TRUE(wait_until(many_requests, &requests, LONG_MS));
		ms = reap(pid);
		EXPECT_LE(0, ms)
			TH_LOG("step %u", step);
		EXPECT_GE(reap_limit_ms(), ms)
			TH_LOG("step %u", step);

		/* A new VM starts even if the memory comes back later */
		testctl_reset();
		vm_init(&vm);
		ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
		ASSERT_CALL(vm_finish(&vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		vm_close(&vm);
		EXPECT_TRUE(leak_check(&self->leak, LONG_MS))
			TH_LOG("step %u", step);
	}
}

GUNYAH_TEST_MAIN
