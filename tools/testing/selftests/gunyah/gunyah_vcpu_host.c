// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a vCPU may not do to the host: evade limits of CPU time, wake threads
 * that have nothing to do, interrupt other CPUs
 */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define HOST_TIMEOUT	300

/* Below 1 GiB accesses exit to the host */
#define MMIO		0x10000ULL

/* ---- limits of CPU time, while a guest runs that never exits ---- */

/* How late a timer may expire, in ms of CPU time */
#define LATE_MS		(2000 * slowness())

/* Ends a test whose limit has no effect, in ms */
#define GIVE_UP_MS	120000

static clockid_t limit_clock;
static long long limit_seen_ms;

static long long cpu_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static long long limit_seen(void)
{
	return __atomic_load_n(&limit_seen_ms, __ATOMIC_RELAXED);
}

static void on_limit(int sig)
{
	if (!limit_seen())
		__atomic_store_n(&limit_seen_ms, cpu_ms(limit_clock),
				 __ATOMIC_RELAXED);
}

FIXTURE(limit)
{
	struct vm vm;
};

FIXTURE_SETUP(limit)
{
	struct vm_config cfg = {};
	struct sigaction action = {
		.sa_handler = on_limit, .sa_flags = SA_RESTART,
	};

	SKIP_WITHOUT_GUNYAH(return);
	vm_init(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	vm_program(&self->vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(self->vm.fd));
	limit_seen_ms = 0;
	ASSERT_EQ(0, sigaction(SIGXCPU, &action, NULL));
	ASSERT_EQ(0, sigaction(SIGUSR2, &action, NULL));
}

FIXTURE_TEARDOWN(limit)
{
	vm_close(&self->vm);
}

static void *end_run(void *data)
{
	const pthread_t *victim = data;

	usleep(GIVE_UP_MS * 1000);
	catch_sigusr1();
	pthread_kill(*victim, SIGUSR1);
	return NULL;
}

/* Runs until the limit was seen: how much CPU time had been used then */
static long long run_to_limit(struct vm *vm)
{
	long long give_up = now_ms() + GIVE_UP_MS;
	pthread_t self = pthread_self(), thread;
	sigset_t limits;
	int ret;

	/* Only this thread takes the signals of the limits */
	sigemptyset(&limits);
	sigaddset(&limits, SIGXCPU);
	sigaddset(&limits, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &limits, NULL);
	ret = pthread_create(&thread, NULL, end_run, &self);
	pthread_sigmask(SIG_UNBLOCK, &limits, NULL);
	if (ret)
		return -1;
	while (!limit_seen() && now_ms() < give_up)
		if (!gh_vcpu_run(vm->vcpu[0]) || errno != EINTR)
			break;
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	return limit_seen();
}

TEST_F_TIMEOUT(limit, rlimit_cpu, HOST_TIMEOUT)
{
	struct rlimit limit = { .rlim_max = RLIM_INFINITY };
	long long ms;

	limit_clock = CLOCK_PROCESS_CPUTIME_ID;
	limit.rlim_cur = cpu_ms(limit_clock) / 1000 + 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_CPU, &limit));
	ms = run_to_limit(&self->vm);
	/*
	 * The kernel compares the limit with a count of ticks, which falls
	 * behind the CPU time on a virtual CPU that loses ticks.
	 */
	EXPECT_LT(limit.rlim_cur * 1000 / 2, ms);
	EXPECT_GT(GIVE_UP_MS / 2, ms);
}

TEST_F_TIMEOUT(limit, cpu_timer, HOST_TIMEOUT)
{
	const struct itimerspec spec = { .it_value.tv_nsec = 300000000 };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2,
	};
	long long start, ms;
	timer_t timer;

	limit_clock = CLOCK_THREAD_CPUTIME_ID;
	start = cpu_ms(limit_clock);
	ASSERT_EQ(0, timer_create(limit_clock, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &spec, NULL));
	ms = run_to_limit(&self->vm);
	EXPECT_LE(start + 300, ms);
	EXPECT_GE(start + 300 + LATE_MS, ms);
	timer_delete(timer);
}

/* ---- an idle guest ---- */

#define IDLE_CPUS	8

/* The first vCPU sleeps for so many ticks again and again, some 30 ms */
#define NAP		0x200000

/* For so long nobody but the first vCPU may be woken, and it so often */
#define QUIET_MS	2000
#define QUIET_NAPS	10

/* An idle guest becomes quiet within so many such periods */
#define QUIET_TRIES	10

/**
 * struct sleeper - a thread whose wake-ups are counted
 * @vm: the VM
 * @cpu: index of the vCPU that it runs, or -1: it polls the VM
 * @thread: the thread
 * @tid: its id, 0 as long as it is not known
 * @stop: it shall end
 * @done: it has ended
 */
struct sleeper {
	struct vm *vm;
	int cpu;
	pthread_t thread;
	pid_t tid;
	bool stop;
	bool done;
};

static bool goes_on(struct sleeper *sleeper)
{
	return errno == EINTR &&
	       !__atomic_load_n(&sleeper->stop, __ATOMIC_ACQUIRE);
}

static void *sleeper_main(void *data)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct sleeper *sleeper = data;
	struct vm *vm = sleeper->vm;
	int epoll;

	__atomic_store_n(&sleeper->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	if (sleeper->cpu >= 0) {
		while (gh_vcpu_run(vm->vcpu[sleeper->cpu]) && goes_on(sleeper))
			;
	} else {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		epoll_ctl(epoll, EPOLL_CTL_ADD, vm->fd, &event);
		while (epoll_wait(epoll, &event, 1, -1) < 0 && goes_on(sleeper))
			;
		close(epoll);
	}
	__atomic_store_n(&sleeper->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool sleeper_start(struct sleeper *sleeper)
{
	sleeper->tid = 0;
	sleeper->done = false;
	if (pthread_create(&sleeper->thread, NULL, sleeper_main, sleeper))
		return false;
	while (!__atomic_load_n(&sleeper->tid, __ATOMIC_ACQUIRE))
		usleep(1000);
	return true;
}

static void sleeper_stop(struct sleeper *sleeper)
{
	__atomic_store_n(&sleeper->stop, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&sleeper->done, __ATOMIC_ACQUIRE)) {
		pthread_kill(sleeper->thread, SIGUSR1);
		usleep(1000);
	}
	pthread_join(sleeper->thread, NULL);
}

static long long switches(const struct sleeper *sleeper)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", sleeper->tid);
	return proc_value(path, "voluntary_ctxt_switches") +
	       proc_value(path, "nonvoluntary_ctxt_switches");
}

/* Interrupts between CPUs whose line in /proc/interrupts contains @what */
static long long count_ipis(const char *what, unsigned int cpu, unsigned int n)
{
	char line[1024], *p, *end;
	long long count, sum = 0;
	unsigned int i;
	FILE *file;

	file = fopen("/proc/interrupts", "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		p = strchr(line, ':');
		if (!p || !strstr(line, "IPI") || !strstr(p, what))
			continue;
		for (i = 0; i < cpu + n; i++) {
			count = strtoll(p + 1, &end, 10);
			p = end - 1;
			if (i >= cpu)
				sum += count;
		}
	}
	fclose(file);
	return sum;
}

/* For the benchmark */
static void print_figure(const char *name, double value)
{
	printf("# figure %s %.2f\n", name, value);
}

/**
 * struct activity - what happened in the host
 * @first: switches to the thread of the first vCPU
 * @off: switches to those of the others
 * @poller: switches to the thread that polls the VM
 * @runs: runs of the vCPUs that are off
 * @hypercalls: of the host, 0 where they are not counted
 * @ipis: interrupts between CPUs
 */
struct activity {
	long long first;
	long long off;
	long long poller;
	long long runs;
	long long hypercalls;
	long long ipis;
};

static void count_activity(struct sleeper *sleepers, struct activity *activity)
{
	struct gh_vcpu_stats stats;
	struct sleeper *sleeper;

	memset(activity, 0, sizeof(*activity));
	for (sleeper = sleepers; sleeper <= sleepers + IDLE_CPUS; sleeper++) {
		if (sleeper->cpu == 0) {
			activity->first = switches(sleeper);
			continue;
		}
		if (sleeper->cpu < 0) {
			activity->poller = switches(sleeper);
			continue;
		}
		activity->off += switches(sleeper);
		if (!ioctl(sleeper->vm->vcpu[sleeper->cpu], GH_VCPU_GET_STATS,
			   &stats))
			activity->runs += stats.off;
	}
	if (testctl_present())
		activity->hypercalls = testctl_read(GH_TESTCTL_HYPERCALLS);
	activity->ipis = count_ipis("", 0, sysconf(_SC_NPROCESSORS_ONLN));
}

/* What happens in QUIET_MS */
static void watch(struct sleeper *sleepers, struct activity *activity)
{
	struct activity before;

	count_activity(sleepers, &before);
	usleep(QUIET_MS * 1000);
	count_activity(sleepers, activity);
	activity->first -= before.first;
	activity->off -= before.off;
	activity->poller -= before.poller;
	activity->runs -= before.runs;
	activity->hypercalls -= before.hypercalls;
	activity->ipis -= before.ipis;
}

FIXTURE(idle)
{
	struct leak_state leak;
	struct vm vm;
	struct sleeper sleepers[IDLE_CPUS + 1];
};

FIXTURE_SETUP(idle)
{
	struct vm_config cfg = { .cpus = IDLE_CPUS };
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	catch_sigusr1();
	vm_init(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	vm_program(&self->vm, 0, G_IDLE(NAP), G_JUMP(VM_PROGRAM(0)));
	ASSERT_CALL(gh_start(self->vm.fd));
	for (i = 0; i <= IDLE_CPUS; i++) {
		self->sleepers[i] = (struct sleeper){
			.vm = &self->vm, .cpu = i < IDLE_CPUS ? (int)i : -1,
		};
		ASSERT_TRUE(sleeper_start(&self->sleepers[i]));
	}
}

FIXTURE_TEARDOWN(idle)
{
	unsigned int i;

	for (i = 0; i <= IDLE_CPUS; i++)
		sleeper_stop(&self->sleepers[i]);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

TEST_F_TIMEOUT(idle, wakes_nobody_else, HOST_TIMEOUT)
{
	const double seconds = QUIET_MS / 1000.0;
	struct activity seen;
	unsigned int i = 0;

	/* Each vCPU that is off is run once more, some time after it was parked */
	do {
		watch(self->sleepers, &seen);
	} while (seen.off && ++i < QUIET_TRIES);

	watch(self->sleepers, &seen);
	print_figure("idle_first_switches", seen.first / seconds);
	print_figure("idle_off_switches", seen.off / seconds);
	print_figure("idle_poll_switches", seen.poller / seconds);
	print_figure("idle_off_runs", seen.runs / seconds);
	print_figure("idle_hypercalls", seen.hypercalls / seconds);
	print_figure("idle_ipis", seen.ipis / seconds);
	EXPECT_EQ(0, seen.off);
	EXPECT_EQ(0, seen.poller);
	EXPECT_EQ(0, seen.runs);
	EXPECT_LE(QUIET_NAPS, seen.first);
}

/* Everybody sleeps for good, and still sees the end */
TEST_F_TIMEOUT(idle, all_see_the_end, HOST_TIMEOUT)
{
	struct gh_vm_stop stop = { .flags = GH_VM_STOP_FORCE };
	unsigned int i;

	usleep(QUIET_MS * 1000);
	ASSERT_CALL(ioctl(self->vm.fd, GH_VM_STOP, &stop));
	for (i = 0; i <= IDLE_CPUS; i++)
		EXPECT_EQ(0, pthread_join(self->sleepers[i].thread, NULL));
	for (i = 0; i < IDLE_CPUS; i++) {
		EXPECT_EQ(GH_VCPU_EXIT_STATUS, self->vm.run[i]->exit_reason);
		EXPECT_EQ(GH_VM_EXIT_FORCED_STOP,
			  self->vm.run[i]->status.exit_info.type);
		ASSERT_TRUE(sleeper_start(&self->sleepers[i]));
	}
	ASSERT_TRUE(sleeper_start(&self->sleepers[IDLE_CPUS]));
}

/* ---- interrupts of CPUs that have nothing to do with it ---- */

#define ROUNDS		40

/* Interrupts for function calls that something else may cause meanwhile */
#define OTHER_IPIS	(ROUNDS / 2)

static void run_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static bool is_kernel_thread(const char *pid)
{
	char path[64], text[8];

	snprintf(path, sizeof(path), "/proc/%.10s/cmdline", pid);
	return !read_file(path, text, sizeof(text));
}

/*
 * Kernel threads that @from lets run move to @to. To wake one on another CPU
 * takes an interrupt that counts as a function call, and RCU's is woken all the
 * time. Those that belong to one CPU stay there.
 */
static void move_kernel_threads(const cpu_set_t *from, const cpu_set_t *to)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	cpu_set_t set;
	int pid;

	while (dir && (entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && is_kernel_thread(entry->d_name) &&
		    !sched_getaffinity(pid, sizeof(set), &set) &&
		    CPU_EQUAL(&set, from))
			sched_setaffinity(pid, sizeof(*to), to);
	}
	if (dir)
		closedir(dir);
}

/* Interrupts for function calls that CPU @cpu got so far, or -1 */
static long long function_calls(unsigned int cpu)
{
	return count_ipis("Function call", cpu, 1);
}

FIXTURE(bystander)
{
	struct leak_state leak;
	struct vm vm;
	pthread_t thread;
	cpu_set_t all;
	cpu_set_t first;
	unsigned int cpu;
	bool stop;
};

static bool *bystander_stop;

/* Keeps a CPU from being idle, so that everything which is for it gets there */
static void *bystander_main(void *data)
{
	run_on(*(unsigned int *)data);
	while (!__atomic_load_n(bystander_stop, __ATOMIC_RELAXED))
		;
	return NULL;
}

FIXTURE_SETUP(bystander)
{
	struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU only");
	self->cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	leak_read(&self->leak);
	catch_sigusr1();
	vm_init(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	vm_program(&self->vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(self->vm.fd));
	bystander_stop = &self->stop;
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, bystander_main,
				    &self->cpu));
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(self->all), &self->all));
	run_on(0);
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(self->first), &self->first));
	move_kernel_threads(&self->all, &self->first);
}

FIXTURE_TEARDOWN(bystander)
{
	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	pthread_join(self->thread, NULL);
	move_kernel_threads(&self->first, &self->all);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

TEST_F_TIMEOUT(bystander, ioeventfd_removed, HOST_TIMEOUT)
{
	struct runner runner = { .vm = &self->vm, .keep_eintr = true };
	long long before, calls;
	unsigned int i;
	int fd;

	fd = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_CALL(runner_start(&runner));
	before = function_calls(self->cpu);
	ASSERT_LE(0, before);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_CALL(gh_add_ioeventfd(self->vm.fd, fd, MMIO, 4, 0, 0));
		ASSERT_CALL(gh_remove_ioeventfd(self->vm.fd, MMIO, 4, 0, 0));
	}
	calls = function_calls(self->cpu) - before;
	print_figure("ioeventfd_ipis", (double)calls / ROUNDS);
	EXPECT_GE(OTHER_IPIS, calls);
	EXPECT_EQ(EINTR, runner_stop(&runner));
	close(fd);
}

/* On whatever CPU it is when it is run, a vCPU can be removed at once */
TEST_F_TIMEOUT(bystander, vcpu_removed, HOST_TIMEOUT)
{
	long long before, calls;
	unsigned int i;

	before = function_calls(self->cpu);
	ASSERT_LE(0, before);
	for (i = 0; i < ROUNDS; i++) {
		struct sleeper sleeper = { .vm = &self->vm };

		ASSERT_TRUE(sleeper_start(&sleeper));
		usleep(10000);
		ASSERT_CALL(gh_remove_vcpu(self->vm.fd, 0));
		ASSERT_EQ(0, pthread_join(sleeper.thread, NULL));
		close(self->vm.vcpu[0]);
		self->vm.vcpu[0] = gh_add_vcpu(self->vm.fd, 0);
		ASSERT_CALL(self->vm.vcpu[0]);
	}
	calls = function_calls(self->cpu) - before;
	print_figure("vcpu_ipis", (double)calls / ROUNDS);
	EXPECT_GE(OTHER_IPIS, calls);
}

GUNYAH_TEST_MAIN
