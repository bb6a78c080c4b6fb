// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM that is killed at each step of the life of its VM, and within each step
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define KILL_TIMEOUT	3600

/* Words of the second region: the guest runs */
#define RUNS		0x100

/* Below 1 GiB accesses of proxy-scheduled vCPUs exit to the host */
#define MMIO		0x10000ULL

/** enum step - a step of the life of a VM; the first ones are enum vm_stage */
enum step {
	STEP_CREATE = VM_CREATED,
	STEP_MEMORY = VM_HAS_MEMORY,
	STEP_DTB = VM_HAS_DTB,
	STEP_VCPUS = VM_HAS_VCPUS,
	STEP_START = VM_STARTED,
	STEP_RUN,		/* until the guest has done something */
	STEP_STOP,
	STEP_CLOSE,
	STEPS
};

static const char *const step_names[STEPS] = {
	"create", "memory", "devicetree", "vcpus", "start", "run", "stop",
	"close",
};

/**
 * struct progress - how far a VMM is, in memory that its killer shares
 * @begun: number of steps begun
 * @done: number of steps done
 * @us: time that they took
 */
struct progress {
	unsigned int begun;
	unsigned int done;
	long long us[STEPS];
};

/** enum end - how the VMM ends */
enum end {
	END_NONE,		/* by itself */
	END_KILLED,		/* by its parent */
	END_BY_THREAD,		/* one of its threads exits for all */
};

/**
 * struct plan - what happens to a VMM
 * @cfg: its VM
 * @progress: how far it is
 * @end: how it ends
 * @step: at which step
 * @us: so long after the step has begun
 * @between: before the step begins; @us does not count
 */
struct plan {
	const struct vm_config *cfg;
	struct progress *progress;
	enum end end;
	unsigned int step;
	long long us;
	bool between;
};

static long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* The time at which the VMM is to end. Those who spin would slow it down. */
static void await_time(const struct plan *plan)
{
	unsigned int limit = plan->between ? plan->step : plan->step + 1;
	const struct progress *p = plan->progress;

	while (__atomic_load_n(plan->between ? &p->done : &p->begun,
			       __ATOMIC_ACQUIRE) < limit)
		usleep(20);
	if (!plan->between)
		usleep(plan->us);
}

/* ---- the VMM ---- */

static void *end_process(void *data)
{
	await_time(data);
	_exit(0);
}

static bool guest_runs(void *vm)
{
	return vm_word(vm, RUNS);
}

static struct runner runners[GUEST_MAX_CPUS];
static unsigned int running;

static int run(struct vm *vm)
{
	for (; !vm->cfg.scheduled && running < vm->cfg.cpus; running++) {
		runners[running] = (struct runner){ .vm = vm, .cpu = running };
		if (runner_start(&runners[running]))
			return -1;
	}
	return wait_until(guest_runs, vm, LONG_MS) ? 0 : -1;
}

static int stop(struct vm *vm)
{
	if (gh_stop(vm->fd, GH_VM_STOP_FORCE))
		return -1;
	while (running)
		if (runner_join(&runners[--running]))
			return -1;
	return 0;
}

/* The second vCPU spins, the first one has exits, or spins as well */
static void set_programs(struct vm *vm)
{
	vm_program(vm, 1, G_SPIN);
	if (vm->cfg.scheduled)
		vm_program(vm, 0, G_CPU_ON(1, VM_PROGRAM(1)),
			   G_WRITE(8, GUEST_SHM_BASE + RUNS, 1), G_SPIN);
	else
		vm_program(vm, 0, G_CPU_ON(1, VM_PROGRAM(1)),
			   G_WRITE(8, GUEST_SHM_BASE + RUNS, 1),
			   G_ECHO(MMIO, MMIO, ~0ULL));
}

static int take_step(struct vm *vm, unsigned int step)
{
	switch (step) {
	case STEP_RUN:
		return run(vm);
	case STEP_STOP:
		return stop(vm);
	case STEP_CLOSE:
		vm_close(vm);
		return 0;
	default:
		if (step == STEP_START)
			set_programs(vm);
		return vm_add_stage(vm, step);
	}
}

/* Returns the number of the step that has failed, from 1 on */
static int live(struct plan *plan)
{
	struct progress *p = plan->progress;
	pthread_t thread;
	struct vm vm;
	unsigned int i;
	long long us;

	vm_init(&vm);
	vm.cfg = *plan->cfg;
	vm.cfg.size = GUEST_SIZE;
	if (plan->end == END_BY_THREAD &&
	    pthread_create(&thread, NULL, end_process, plan))
		return STEPS + 1;
	for (i = 0; i < STEPS; i++) {
		while (plan->end && plan->between && i == plan->step)
			pause();
		us = now_us();
		__atomic_store_n(&p->begun, i + 1, __ATOMIC_RELEASE);
		if (take_step(&vm, i))
			return i + 1;
		p->us[i] = now_us() - us;
		__atomic_store_n(&p->done, i + 1, __ATOMIC_RELEASE);
	}
	return 0;
}

/* ---- its killer ---- */

FIXTURE(kill)
{
	struct leak_state leak;
	struct progress *progress;
};

FIXTURE_VARIANT(kill)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(kill, lent_proxy)
{
	.cfg = { .cpus = 2, .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(kill, shared_proxy)
{
	.cfg = { .cpus = 2, .shm_size = GUEST_SHM_SIZE, .shared = true },
};

FIXTURE_VARIANT_ADD(kill, lent_scheduled)
{
	.cfg = { .cpus = 2, .shm_size = GUEST_SHM_SIZE, .scheduled = true },
};

FIXTURE_VARIANT_ADD(kill, shared_scheduled)
{
	.cfg = {
		.cpus = 2, .shm_size = GUEST_SHM_SIZE, .scheduled = true,
		.shared = true,
	},
};

FIXTURE_SETUP(kill)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	testctl_reset();
	/* So that a short sleep is one */
	prctl(PR_SET_TIMERSLACK, 1);
	self->progress = mmap(NULL, sizeof(*self->progress),
			      PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->progress);
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(kill)
{
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

static bool ended_as_planned(const struct plan *plan, pid_t pid)
{
	long long ms = now_ms();
	int status;

	if (plan->end == END_KILLED)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return false;
	if (plan->end && now_ms() - ms > reap_limit_ms()) {
		fprintf(stderr, "# it took %lld ms\n", now_ms() - ms);
		return false;
	}
	/* It may have been too fast for its killer */
	if (status && (plan->end != END_KILLED || status != SIGKILL)) {
		fprintf(stderr, "# status %#x\n", status);
		return false;
	}
	return true;
}

/*
 * A VMM has lived and died according to @plan: everything is back, at once or
 * soon, and another one finds nothing in its way
 */
static void try_plan(struct __test_metadata *_metadata,
		     const struct leak_state *leak, struct plan *plan)
{
	struct progress *p = plan->progress;
	bool ended, leaks;
	pid_t pid;
	int err;

	memset(p, 0, sizeof(*p));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(live(plan));
	if (plan->end)
		await_time(plan);
	ended = ended_as_planned(plan, pid);
	leaks = !leak_check(leak, BACK_MS);
	err = vm_one_life();
	ASSERT_TRUE(ended && !leaks && !err)
		TH_LOG("end %u %s %s, after %lld us: %u steps begun, %u done, next life: %s",
		       plan->end, plan->between ? "before" : "in",
		       step_names[plan->step], plan->us, p->begun, p->done,
		       strerror(err));
}

/* Between the steps */
TEST_F_TIMEOUT(kill, at_each_step, KILL_TIMEOUT)
{
	struct plan plan = {
		.cfg = &variant->cfg, .progress = self->progress,
		.between = true,
	};

	for (plan.step = 0; plan.step < STEPS; plan.step++) {
		plan.end = plan.step % 2 ? END_BY_THREAD : END_KILLED;
		try_plan(_metadata, &self->leak, &plan);
		ASSERT_EQ(plan.step, self->progress->done);
	}
}

/* Within the steps: at times that divide each of them */
TEST_F_TIMEOUT(kill, within_each_step, KILL_TIMEOUT)
{
	unsigned int i, n = test_is_long() ? 200 : 2, within[STEPS] = {};
	struct plan plan = {
		.cfg = &variant->cfg, .progress = self->progress,
	};
	long long us[STEPS];

	/* How long they take, in the first life and in another one */
	for (i = 0; i < 2; i++)
		try_plan(_metadata, &self->leak, &plan);
	ASSERT_EQ(STEPS, self->progress->done);
	memcpy(us, self->progress->us, sizeof(us));

	for (plan.step = 0; plan.step < STEPS; plan.step++) {
		for (i = 0; i < n; i++) {
			plan.end = i % 2 ? END_BY_THREAD : END_KILLED;
			plan.us = us[plan.step] * i / n;
			try_plan(_metadata, &self->leak, &plan);
			ASSERT_LT(plan.step, self->progress->begun);
			within[plan.step] += self->progress->done == plan.step;
		}
	}
	for (i = 0; i < STEPS; i++)
		TH_LOG("%s: %lld us, killed within it %u times of %u",
		       step_names[i], us[i], within[i], n);
}

/* The whole life, whatever the step is */
TEST_F_TIMEOUT(kill, at_any_time, KILL_TIMEOUT)
{
	unsigned int i, n = test_is_long() ? 500 : 3;
	struct plan plan = {
		.cfg = &variant->cfg, .progress = self->progress,
	};
	long long us = 0;

	try_plan(_metadata, &self->leak, &plan);
	ASSERT_EQ(STEPS, self->progress->done);
	for (i = 0; i < STEPS; i++)
		us += self->progress->us[i];
	for (i = 0; i < n; i++) {
		plan.end = i % 2 ? END_BY_THREAD : END_KILLED;
		plan.us = us * i / n;
		try_plan(_metadata, &self->leak, &plan);
	}
}

GUNYAH_TEST_MAIN
