// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that run vCPUs: moved between CPUs, traced, stopped and frozen
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define THREADS_TIMEOUT	600

#define VCPUS		2

#define MMIO		0x10000ULL

#define CGROUP		"/tmp/gunyah_cgroup"

/* Words of the second region, for each vCPU: what it writes all the time */
#define ALIVE(cpu)	(0x100 + (cpu) * 0x40)
/* The last operation in the loop of each vCPU */
#define LAST(cpu)	(0x200 + (cpu) * 0x20)
/* A word for all */
#define WORD		0x300

/* Ticks of a nap, some 2 ms */
#define NAP		0x20000

/** enum guest - what the vCPUs do */
enum guest {
	GUEST_RUNS,		/* nothing but write their words */
	GUEST_EXITS,		/* exit to the VMM, which answers */
	GUEST_NAPS,		/* sleep until a timer wakes them */
};

/**
 * struct shared - what the VMM, which is a child, tells about itself
 * @tid: threads of the vCPUs
 * @echoes: MMIO exits of each vCPU that were right
 * @error: why the VMM has failed, an errno
 */
struct shared {
	pid_t tid[VCPUS];
	__u64 echoes[VCPUS];
	int error;
};

FIXTURE(threads)
{
	struct leak_state leak;
	struct shared *shared;
	unsigned char *shm;
	unsigned int cpus;
	pid_t pid;
};

FIXTURE_VARIANT(threads)
{
	enum guest guest;
};

FIXTURE_VARIANT_ADD(threads, guest_runs)
{
	.guest = GUEST_RUNS,
};

FIXTURE_VARIANT_ADD(threads, guest_exits)
{
	.guest = GUEST_EXITS,
};

FIXTURE_VARIANT_ADD(threads, guest_naps)
{
	.guest = GUEST_NAPS,
};

/* ---- the VMM ---- */

/**
 * struct vcpu - a vCPU and its thread
 * @vm: the VM
 * @cpu: index
 * @shared: where to tell
 * @thread: the thread
 */
struct vcpu {
	struct vm *vm;
	unsigned int cpu;
	struct shared *shared;
	pthread_t thread;
};

/* GUEST_OP_ECHO of each vCPU: what it reads it has to write back */
static int answer(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	return mmio_count(vm, run, data);
}

static void *vcpu_main(void *data)
{
	struct vcpu *vcpu = data;
	struct shared *shared = vcpu->shared;

	__atomic_store_n(&shared->tid[vcpu->cpu], syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
	if (vm_run(vcpu->vm, vcpu->cpu, answer, &shared->echoes[vcpu->cpu]))
		__atomic_store_n(&shared->error, errno, __ATOMIC_RELAXED);
	return NULL;
}

static void set_program(struct vm *vm, unsigned int cpu, enum guest guest)
{
	const __u64 size = sizeof(struct guest_op);
	const struct guest_op again = G_JUMP(VM_PROGRAM(cpu) + size);
	const struct guest_op work[] = {
		[GUEST_RUNS] = G_TIME(GUEST_SHM_BASE + WORD),
		[GUEST_EXITS] = G_ECHO(MMIO, MMIO + 8, 1),
		[GUEST_NAPS] = G_IDLE(NAP),
	};
	const struct guest_op begin[] = {
		G_IDLE(1), G_CPU_ON(1, VM_PROGRAM(1)),
	};
	const struct guest_op prog[] = {
		begin[cpu + 1 < VCPUS],
		work[guest],
		G_TIME(GUEST_SHM_BASE + ALIVE(cpu)),
		/* Its last operation is what the host has put there */
		G_COPY(GUEST_SHM_BASE + LAST(cpu), VM_PROGRAM(cpu) + 4 * size,
		       size),
		again,
	};

	vm_set_program(vm, cpu, prog, ARRAY_SIZE(prog));
	memcpy(vm->shm + LAST(cpu), &again, size);
}

static int vmm(struct shared *shared, const struct vm_config *cfg,
	       enum guest guest)
{
	struct vcpu vcpus[VCPUS];
	struct gh_vm_status status;
	struct vm vm;
	unsigned int i;

	vm_init(&vm);
	if (vm_build(&vm, cfg, VM_HAS_VCPUS))
		return 1;
	for (i = 0; i < VCPUS; i++)
		set_program(&vm, i, guest);
	if (gh_start(vm.fd))
		return 2;
	for (i = 0; i < VCPUS; i++) {
		vcpus[i] = (struct vcpu){ &vm, i, shared };
		if (pthread_create(&vcpus[i].thread, NULL, vcpu_main,
				   &vcpus[i]))
			return 3;
	}
	for (i = 0; i < VCPUS; i++)
		pthread_join(vcpus[i].thread, NULL);
	if (shared->error || vm_wait_end(&vm, &status))
		return 4;
	return vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF) ? 0 : 5;
}

/* ---- what its parent sees and does ---- */

static __u64 alive(const unsigned char *shm, unsigned int cpu)
{
	return __atomic_load_n((__u64 *)(shm + ALIVE(cpu)), __ATOMIC_ACQUIRE);
}

/**
 * struct progress - what to wait for
 * @shm: words of the guest
 * @from: what the vCPUs had written
 */
struct progress {
	const unsigned char *shm;
	__u64 from[VCPUS];
};

static bool all_get_on(void *data)
{
	struct progress *progress = data;
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		if (alive(progress->shm, i) == progress->from[i])
			return false;
	return true;
}

/* Both vCPUs have done something since this was called, @times over */
static bool goes_on(const unsigned char *shm, unsigned int times)
{
	struct progress progress = { .shm = shm };
	unsigned int i;

	while (times--) {
		for (i = 0; i < VCPUS; i++)
			progress.from[i] = alive(shm, i);
		if (!wait_until(all_get_on, &progress, LONG_MS))
			return false;
	}
	return true;
}

/* Long enough for a guest that was not stopped to do something */
#define STILL_US	20000

static bool stands_still(const unsigned char *shm)
{
	__u64 before[VCPUS];
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		before[i] = alive(shm, i);
	usleep(STILL_US);
	for (i = 0; i < VCPUS; i++)
		if (alive(shm, i) != before[i])
			return false;
	return true;
}

FIXTURE_SETUP(threads)
{
	struct vm_config cfg = { .cpus = VCPUS, .shm_size = GUEST_SHM_SIZE };
	enum guest guest = variant->guest;

	SKIP_WITHOUT_GUNYAH(return);
	self->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	testctl_reset();
	leak_read(&self->leak);
	self->shared = mmap(NULL, sizeof(*self->shared),
			    PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	self->shm = mmap(NULL, GUEST_SHM_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
	ASSERT_NE(MAP_FAILED, self->shm);
	cfg.shm_mem = self->shm;
	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid)
		_exit(vmm(self->shared, &cfg, guest));
	ASSERT_TRUE(goes_on(self->shm, 1));
}

static void remove_cgroup(void)
{
	if (access(CGROUP, F_OK))
		return;
	rmdir(CGROUP "/vmm");
	umount(CGROUP);
	rmdir(CGROUP);
}

FIXTURE_TEARDOWN(threads)
{
	int status;

	write_file(CGROUP "/vmm/cgroup.freeze", "0");
	if (self->pid > 0) {
		EXPECT_TRUE(goes_on(self->shm, 2));
		/* The first member is what the operation is */
		__atomic_store_n((__u32 *)(self->shm + LAST(0)), GUEST_OP_OFF,
				 __ATOMIC_RELEASE);
		ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(0, self->shared->error);
		if (variant->guest == GUEST_EXITS)
			EXPECT_LT(0, self->shared->echoes[0]);
	}
	remove_cgroup();
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(0, vm_one_life());
}

static void move(pid_t tid, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(tid, sizeof(set), &set);
}

static unsigned int times(unsigned int few)
{
	return test_is_long() ? 100 * few : few;
}

/* Another thread moves them all the time, at growing intervals */
TEST_F_TIMEOUT(threads, moved, THREADS_TIMEOUT)
{
	unsigned int i, n;

	if (self->cpus < 2)
		SKIP(return, "one CPU only");
	for (n = 0; n < times(100); n++) {
		for (i = 0; i < VCPUS; i++)
			move(self->shared->tid[i], (n + i) % self->cpus);
		usleep(n % 20 * 100);
	}
	EXPECT_TRUE(goes_on(self->shm, 2));
}

/* ---- traced ---- */

/**
 * struct wait - what has to change
 * @pid: a process or a thread
 * @options: of waitpid()
 * @status: its status
 */
struct wait {
	pid_t pid;
	int options;
	int status;
};

static bool has_changed(void *data)
{
	struct wait *wait = data;

	return waitpid(wait->pid, &wait->status, wait->options | WNOHANG) ==
	       wait->pid;
}

/* Its status, or -1: it does not change */
static int await(pid_t pid, int options)
{
	struct wait wait = { pid, options };

	return wait_until(has_changed, &wait, LONG_MS / 2) ? wait.status : -1;
}

static bool is_stopped(pid_t tid)
{
	return WIFSTOPPED(await(tid, __WALL));
}

static bool trace_all(const struct shared *shared, int request, long data)
{
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		if (ptrace(request, shared->tid[i], 0, data))
			return false;
	return true;
}

static bool all_stopped(const struct shared *shared)
{
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		if (!is_stopped(shared->tid[i]))
			return false;
	return true;
}

TEST_F_TIMEOUT(threads, attached, THREADS_TIMEOUT)
{
	unsigned int n;

	for (n = 0; n < times(3); n++) {
		ASSERT_TRUE(trace_all(self->shared, PTRACE_ATTACH, 0));
		ASSERT_TRUE(all_stopped(self->shared));
		EXPECT_TRUE(stands_still(self->shm));
		ASSERT_TRUE(trace_all(self->shared, PTRACE_CONT, 0));
		EXPECT_TRUE(goes_on(self->shm, 1));
		/* They stop for the signal, which their tracer takes away */
		EXPECT_EQ(0, syscall(SYS_tgkill, self->pid,
				     self->shared->tid[0], SIGUSR1));
		ASSERT_TRUE(is_stopped(self->shared->tid[0]));
		EXPECT_EQ(0, syscall(SYS_tgkill, self->pid,
				     self->shared->tid[1], SIGUSR1));
		ASSERT_TRUE(is_stopped(self->shared->tid[1]));
		ASSERT_TRUE(trace_all(self->shared, PTRACE_DETACH, 0));
		EXPECT_TRUE(goes_on(self->shm, 1));
	}
}

TEST_F_TIMEOUT(threads, seized, THREADS_TIMEOUT)
{
	unsigned int n;

	ASSERT_TRUE(trace_all(self->shared, PTRACE_SEIZE, 0));
	EXPECT_TRUE(goes_on(self->shm, 1));
	for (n = 0; n < times(4); n++) {
		ASSERT_TRUE(trace_all(self->shared, PTRACE_INTERRUPT, 0));
		ASSERT_TRUE(all_stopped(self->shared));
		EXPECT_TRUE(stands_still(self->shm));
		ASSERT_TRUE(trace_all(self->shared, PTRACE_CONT, 0));
		EXPECT_TRUE(goes_on(self->shm, 1));
	}
	/* Each of their system calls stops them, GH_VCPU_RUN too */
	ASSERT_TRUE(trace_all(self->shared, PTRACE_INTERRUPT, 0));
	ASSERT_TRUE(all_stopped(self->shared));
	for (n = 0; n < 8; n++) {
		ASSERT_TRUE(trace_all(self->shared, PTRACE_SYSCALL, 0));
		if (variant->guest != GUEST_EXITS) {
			usleep(1000 * (n % 4));
			trace_all(self->shared, PTRACE_INTERRUPT, 0);
		}
		ASSERT_TRUE(all_stopped(self->shared));
	}
	ASSERT_TRUE(trace_all(self->shared, PTRACE_DETACH, 0));
}

/* ---- stopped ---- */

TEST_F_TIMEOUT(threads, stopped, THREADS_TIMEOUT)
{
	unsigned int n;

	for (n = 0; n < times(4); n++) {
		ASSERT_EQ(0, kill(self->pid, SIGSTOP));
		ASSERT_TRUE(WIFSTOPPED(await(self->pid, WUNTRACED)));
		EXPECT_TRUE(stands_still(self->shm));
		ASSERT_EQ(0, kill(self->pid, SIGCONT));
		ASSERT_TRUE(WIFCONTINUED(await(self->pid, WCONTINUED)));
		EXPECT_TRUE(goes_on(self->shm, 1));
		/* At growing times after it has gone on */
		usleep(n * 300);
	}
}

/* ---- frozen ---- */

static bool is_frozen(void *data)
{
	return proc_value(CGROUP "/vmm/cgroup.events", "frozen") == *(int *)data;
}

static bool set_frozen(int frozen)
{
	return !write_file(CGROUP "/vmm/cgroup.freeze", frozen ? "1" : "0") &&
	       wait_until(is_frozen, &frozen, LONG_MS / 2);
}

static bool enter_cgroup(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return !write_file(CGROUP "/vmm/cgroup.procs", text);
}

static bool make_cgroup(pid_t pid)
{
	mkdir(CGROUP, 0700);
	return !mount("cgroup2", CGROUP, "cgroup2", 0, NULL) &&
	       !mkdir(CGROUP "/vmm", 0700) && enter_cgroup(pid);
}

TEST_F_TIMEOUT(threads, frozen, THREADS_TIMEOUT)
{
	unsigned int n;

	ASSERT_TRUE(make_cgroup(self->pid));
	for (n = 0; n < times(4); n++) {
		ASSERT_TRUE(set_frozen(1));
		EXPECT_TRUE(stands_still(self->shm));
		ASSERT_TRUE(set_frozen(0));
		EXPECT_TRUE(goes_on(self->shm, 1));
		usleep(n * 300);
	}
}

/* A VMM that is frozen, stopped or traced can be killed */
TEST_F_TIMEOUT(threads, killed_while_still, THREADS_TIMEOUT)
{
	long long ms;
	int status;

	switch (variant->guest) {
	case GUEST_RUNS:
		ASSERT_EQ(0, kill(self->pid, SIGSTOP));
		ASSERT_TRUE(WIFSTOPPED(await(self->pid, WUNTRACED)));
		break;
	case GUEST_EXITS:
		ASSERT_TRUE(trace_all(self->shared, PTRACE_ATTACH, 0));
		ASSERT_TRUE(all_stopped(self->shared));
		break;
	default:
		ASSERT_TRUE(make_cgroup(self->pid));
		ASSERT_TRUE(set_frozen(1));
		break;
	}
	ms = now_ms();
	ASSERT_EQ(0, kill(self->pid, SIGKILL));
	/* Of threads that are traced the tracer is told, too */
	do {
		ASSERT_LT(0, waitpid(-1, &status, __WALL));
	} while (!kill(self->pid, 0));
	EXPECT_GE(reap_limit_ms(), now_ms() - ms);
	self->pid = 0;
}

GUNYAH_TEST_MAIN
