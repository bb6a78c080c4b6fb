// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random programs of calls in several threads, and guests that cannot be trusted
 *
 * With a driver that reports coverage, a program that has reached something new
 * is kept, and changed again. GUNYAH_FUZZ_SECONDS tells how long,
 * GUNYAH_FUZZ_SEED chooses the random numbers. GUNYAH_FUZZ_PROGRAM is a program
 * to run instead. GUNYAH_FUZZ_VERBOSE prints each program before it runs, for a
 * kernel that does not survive it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "fuzz.h"
#include "fuzz_seeds.h"
#include "lent.h"
#include "message.h"
#include "testctl.h"

#define FUZZ_SECONDS	5
#define FUZZ_TIMEOUT	36000

/* Programs of a process; then it is looked whether something is lost */
#define BATCH		16
#define CORPUS		512

/* How often each seed runs, as the threads never do quite the same */
#define SEED_RUNS	4

/**
 * struct shared - what all processes share
 * @cover: what was reached
 * @covered: there is coverage
 * @kept: programs in @corpus
 * @corpus: programs that reached something new
 * @last: programs of the current process
 * @lasts: number of these
 * @programs: number of programs that have run
 */
struct shared {
	struct fuzz_cover cover;
	bool covered;
	unsigned int kept;
	struct fuzz_prog corpus[CORPUS];
	struct fuzz_prog last[BATCH];
	unsigned int lasts;
	__u64 programs;
};

FIXTURE(fuzz)
{
	struct leak_state leak;
	struct shared *shared;
	__u64 state;
	bool verbose;
};

static long long fuzz_end(void)
{
	return now_ms() + random_ms("GUNYAH_FUZZ_SECONDS", FUZZ_SECONDS);
}

FIXTURE_SETUP(fuzz)
{
	__u64 seed = random_seed("GUNYAH_FUZZ_SEED");

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
	self->shared->covered = fuzz_cover_init(&self->shared->cover);
	self->state = random_state(seed, 0);
	catch_sigusr1();
	self->verbose = getenv("GUNYAH_FUZZ_VERBOSE");
	TH_LOG("seed %llu", (unsigned long long)seed);
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(fuzz)
{
	munmap(self->shared, sizeof(*self->shared));
}

/* ---- programs ---- */

static void print_prog(const char *what, const struct fuzz_prog *prog)
{
	char text[FUZZ_TEXT];

	fuzz_print(prog, text, sizeof(text));
	/* In one piece: messages of the kernel may come at any time */
	printf("# fuzz %s: %s\n", what, text);
	fflush(stdout);
}

static void keep_prog(struct shared *shared, const struct fuzz_prog *prog,
		      __u64 *state)
{
	if (shared->kept < CORPUS)
		shared->corpus[shared->kept++] = *prog;
	else
		shared->corpus[random_below(state, CORPUS)] = *prog;
}

static void next_prog(const struct shared *shared, struct fuzz_prog *prog,
		      __u64 *state)
{
	const struct fuzz_prog *corpus = shared->corpus;

	if (!shared->kept || random_below(state, 6) == 0) {
		fuzz_generate(prog, state);
		return;
	}
	*prog = corpus[random_below(state, shared->kept)];
	fuzz_mutate(prog, &corpus[random_below(state, shared->kept)], state);
}

/* Run the programs of shared->last; makes each of them first if @state */
static void run_batch(struct shared *shared, unsigned int n, __u64 *state,
		      bool verbose)
{
	struct fuzz_world *w = fuzz_world_create();
	unsigned int i;

	if (!w)
		_exit(97);
	guard_catch();
	for (i = 0; i < n; i++) {
		if (state)
			next_prog(shared, &shared->last[i], state);
		shared->lasts = i + 1;
		if (verbose)
			print_prog("run", &shared->last[i]);
		fuzz_cover_reset(w);
		fuzz_world_run(w, &shared->last[i]);
		shared->programs++;
		if (fuzz_cover_add(&shared->cover, w) && state)
			keep_prog(shared, &shared->last[i], state);
	}
	fuzz_world_destroy(w);
	_exit(0);
}

/* In a process of its own, which @kill_ms ends after that time unless it is 0 */
static int batch(struct shared *shared, unsigned int n, __u64 *state,
		 bool verbose, unsigned int kill_ms)
{
	int status;
	pid_t pid;

	shared->lasts = 0;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid)
		run_batch(shared, n, state, verbose);
	if (kill_ms) {
		usleep(kill_ms * 1000);
		kill(pid, SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (kill_ms && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   256 + WTERMSIG(status);
}

static void print_last(const struct shared *shared)
{
	unsigned int i;

	for (i = 0; i < shared->lasts; i++)
		print_prog("failed, one of", &shared->last[i]);
}

static void load_seeds(struct shared *shared)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fuzz_seeds); i++)
		if (!fuzz_parse(&shared->corpus[shared->kept], fuzz_seeds[i]))
			shared->kept++;
}

/* Programs that have found something, and the one that somebody wants to run */
TEST_F_TIMEOUT(fuzz, saved_programs, FUZZ_TIMEOUT)
{
	const char *wanted = getenv("GUNYAH_FUZZ_PROGRAM");
	struct shared *shared = self->shared;
	char text[FUZZ_TEXT];
	unsigned int i, k;
	int ret;

	for (i = 0; i < (wanted ? 1 : ARRAY_SIZE(fuzz_seeds)); i++) {
		ASSERT_EQ(0, fuzz_parse(&shared->last[0],
					wanted ?: fuzz_seeds[i]));
		fuzz_print(&shared->last[0], text, sizeof(text));
		if (!wanted)
			ASSERT_STREQ(fuzz_seeds[i], text);
		for (k = 1; k < SEED_RUNS; k++)
			shared->last[k] = shared->last[0];
		ret = batch(shared, SEED_RUNS, NULL, self->verbose, 0);
		ASSERT_EQ(0, ret)
			print_last(shared);
		ASSERT_TRUE(leak_check(&self->leak, LONG_MS))
			print_last(shared);
	}
	EXPECT_EQ(0, vm_one_life());
}

TEST_F_TIMEOUT(fuzz, calls, FUZZ_TIMEOUT)
{
	long long end = fuzz_end(), told = now_ms();
	struct shared *shared = self->shared;
	__u64 state;
	int ret;

	load_seeds(shared);
	do {
		unsigned int kill_ms = random_below(&self->state, 8) ? 0 :
				       1 + random_below(&self->state, 500);

		state = random_state(random_next(&self->state), 1);
		ret = batch(shared, BATCH, &state, self->verbose, kill_ms);
		ASSERT_EQ(0, ret) {
			TH_LOG("what a process ended with");
			print_last(shared);
		}
		ASSERT_TRUE(leak_check(&self->leak, LONG_MS))
			print_last(shared);
		if (now_ms() > told + 30000) {
			told = now_ms();
			printf("# fuzz: %llu programs, %u kept, %llu places, %llu steps\n",
			       shared->programs, shared->kept,
			       shared->cover.pcs, shared->cover.edges);
			fflush(stdout);
		}
	} while (now_ms() < end);
	printf("# fuzz end: %llu programs, %u kept, %llu places, %llu steps\n",
	       shared->programs, shared->kept, shared->cover.pcs,
	       shared->cover.edges);
	if (getenv("GUNYAH_FUZZ_SECONDS"))
		fuzz_cover_print(&shared->cover);
	/* Otherwise it was none */
	EXPECT_LT(BATCH, shared->programs);
	EXPECT_EQ(0, vm_one_life());
}

/* ---- guests ---- */

/**
 * struct host - what a VMM does for a hostile guest
 * @state: of the random numbers
 * @event: what rings the doorbells
 * @exits: number of MMIO exits
 */
struct host {
	__u64 state;
	int event[2];
	__u64 exits;
};

static int answer(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	struct host *host = data;
	__u64 value = 1;

	__atomic_add_fetch(&host->exits, 1, __ATOMIC_RELAXED);
	if (!run->mmio.is_write)
		mmio_answer(run, run->mmio.phys_addr * 0x9e3779b97f4a7c15ULL);
	/* A storm, in both directions */
	return write(host->event[run->mmio.phys_addr >> 3 & 1], &value,
		     sizeof(value)) < 0 && errno != EAGAIN ? -errno : 0;
}

static void build_host(struct host *host, struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		host->event[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		gh_add_irqfd(vm->fd, host->event[i], 20 + i, i);
		gh_add_ioeventfd(vm->fd, host->event[i], 0x1000 + 8 * i, 4,
				 i, 1);
	}
}

/* One life of a guest. Returns 0, or what has failed. */
static int hostile_life(__u64 seed, __u64 *exits)
{
	static const struct dtb_bell bells[] = {
		{ .label = 20, .irq = 40 },
		{ .label = 21, .irq = 41, .level = true },
	};
	struct runner runner[GUEST_MAX_CPUS] = {};
	struct host host = { .state = random_state(seed, 7) };
	struct vm_config cfg = {
		.cpus = 1 + random_below(&host.state, 4),
		.num_bells = 2, .bells = bells, .shm_size = GUEST_SHM_SIZE,
		.rm_rpc = random_below(&host.state, 2),
	};
	struct gh_vm_status status;
	unsigned int i;
	int ret = 0;
	struct vm vm;

	vm_init(&vm);
	if (vm_build(&vm, &cfg, VM_HAS_VCPUS))
		return errno;
	build_host(&host, &vm);
	fuzz_guest_image(vm.mem, seed, cfg.cpus);
	if (gh_start(vm.fd))
		return errno;
	for (i = 0; i < cfg.cpus; i++) {
		runner[i] = (struct runner) {
			.vm = &vm, .cpu = i, .fn = answer, .data = &host,
			.keep_eintr = true,
		};
		runner_start(&runner[i]);
	}
	usleep(1000 * random_below(&host.state, 300));
	if (gh_stop(vm.fd, GH_VM_STOP_FORCE) || gh_status(vm.fd, &status) ||
	    status.state != GH_VM_STATE_EXITED)
		ret = 1000;
	for (i = 0; i < cfg.cpus; i++)
		if (runner_join(&runner[i]) && !ret)
			ret = runner[i].error ?: 1001;
	vm_close(&vm);
	close(host.event[0]);
	close(host.event[1]);
	*exits += host.exits;
	return ret;
}

/* A guest that looks at its own memory all the time */
static int build_neighbour(struct vm *vm)
{
	const struct vm_config cfg = {};
	const __u64 addr = GUEST_BASE + GUEST_FREE, size = 0x10000;

	if (vm_build(vm, &cfg, VM_HAS_VCPUS))
		return -1;
	vm_program(vm, 0, G_FILL(addr, size, 1234), G_WRITE(4, 0x1000, 0),
		   G_CHECK(addr, size, 1234),
		   G_JUMP(VM_PROGRAM(0) + sizeof(struct guest_op)));
	return gh_start(vm->fd);
}

TEST_F_TIMEOUT(fuzz, guests, FUZZ_TIMEOUT)
{
	long long end = fuzz_end();
	__u64 lives = 0, exits = 0, seed;
	struct vm neighbour;
	int ret;

	guard_catch();
	vm_init(&neighbour);
	ASSERT_EQ(0, build_neighbour(&neighbour));
	do {
		seed = random_next(&self->state) >> 40;
		ret = hostile_life(seed, &exits);
		ASSERT_EQ(0, ret)
			TH_LOG("guest %llx", (unsigned long long)seed);
		ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&neighbour, 0))
			TH_LOG("beside guest %llx", (unsigned long long)seed);
		lives++;
	} while (now_ms() < end);
	vm_close(&neighbour);
	printf("# fuzz end: %llu guests, %llu exits\n", lives, exits);
	EXPECT_LT(0, exits);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	EXPECT_EQ(0, vm_one_life());
}

GUNYAH_TEST_MAIN
