// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that belongs to a VM that runs is closed, in every order
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "message.h"
#include "testctl.h"

#define CLOSE_TIMEOUT	3600

#define LABEL		3
#define MMIO		0x10000ULL

/* Words of the second region: the guest runs, it shall end */
#define RUNS		0x100
#define END		0x108

/** enum piece - what can be closed */
enum piece {
	PIECE_VM,
	PIECE_VCPU,
	PIECE_IRQFD,		/* eventfd of an irqfd */
	PIECE_IOEVENTFD,	/* eventfd of an ioeventfd */
	PIECE_MEMFD,		/* file of the image region */
	PIECE_FDS,
	PIECE_RUN_PAGE = PIECE_FDS,	/* mapping */
	PIECE_MEMORY,			/* mapping of the image region */
	PIECES
};

static const struct dtb_bell bells[] = { { LABEL, 40 } };

FIXTURE(order)
{
	struct leak_state leak;
	struct vm vm;
	struct runner runner;
	bool running;
	int fd[PIECE_FDS];
	int copy[PIECE_FDS];
	unsigned char *mem;	/* PIECE_MEMORY */
	void *run;		/* PIECE_RUN_PAGE */
};

FIXTURE_VARIANT(order)
{
	struct vm_config cfg;
	bool runs;		/* a thread is in GH_VCPU_RUN all the time */
	unsigned int sample;	/* without GUNYAH_TEST_LONG: each of so many */
};

/* Its guest waits for the answer to an MMIO exit */
FIXTURE_VARIANT_ADD(order, lent)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE }, .sample = 1,
};

FIXTURE_VARIANT_ADD(order, shared)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE, .shared = true }, .sample = 7,
};

FIXTURE_VARIANT_ADD(order, running)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE }, .runs = true, .sample = 7,
};

FIXTURE_VARIANT_ADD(order, scheduled)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE, .scheduled = true }, .sample = 7,
};

static void forget(struct _test_data_order *self)
{
	memset(self->fd, -1, sizeof(self->fd));
	memset(self->copy, -1, sizeof(self->copy));
	self->mem = NULL;
	self->run = NULL;
	self->running = false;
	vm_init(&self->vm);
}

FIXTURE_SETUP(order)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	testctl_reset();
	catch_sigusr1();
	forget(self);
	leak_read(&self->leak);
}

static void close_piece(struct _test_data_order *self, unsigned int piece)
{
	switch (piece) {
	case PIECE_RUN_PAGE:
		if (self->run)
			munmap(self->run, sysconf(_SC_PAGESIZE));
		self->run = NULL;
		break;
	case PIECE_MEMORY:
		if (self->mem)
			munmap(self->mem, GUEST_SIZE);
		self->mem = NULL;
		break;
	default:
		if (self->fd[piece] >= 0)
			close(self->fd[piece]);
		self->fd[piece] = -1;
	}
}

/* What no order is about: the second region, and the thread */
static void close_rest(struct _test_data_order *self)
{
	if (self->running)
		runner_stop(&self->runner);
	if (self->vm.shm)
		munmap(self->vm.shm, GUEST_SHM_SIZE);
	forget(self);
}

FIXTURE_TEARDOWN(order)
{
	unsigned int i;

	for (i = 0; i < PIECES; i++)
		close_piece(self, i);
	close_rest(self);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(0, vm_one_life());
}

static bool guest_runs(void *vm)
{
	return vm_word(vm, RUNS);
}

static int add_functions(struct _test_data_order *self)
{
	self->fd[PIECE_IRQFD] = new_eventfd(0);
	self->fd[PIECE_IOEVENTFD] = new_eventfd(0);
	if (gh_add_irqfd(self->vm.fd, self->fd[PIECE_IRQFD], LABEL, 0))
		return -1;
	return gh_add_ioeventfd(self->vm.fd, self->fd[PIECE_IOEVENTFD], MMIO, 4,
				0, 0);
}

/* A VM that runs, and all its pieces */
static int make(struct _test_data_order *self, const struct vm_config *cfg,
		bool runs)
{
	struct vm_config with_mem = *cfg;
	struct vm *vm = &self->vm;

	self->fd[PIECE_MEMFD] = memfd_create("guest", MFD_CLOEXEC);
	if (ftruncate(self->fd[PIECE_MEMFD], GUEST_SIZE))
		return -1;
	self->mem = map_shared(self->fd[PIECE_MEMFD], GUEST_SIZE, 0);
	with_mem.mem = self->mem;
	with_mem.num_bells = ARRAY_SIZE(bells);
	with_mem.bells = bells;
	if (!self->mem || vm_build(vm, &with_mem, VM_HAS_VCPUS))
		return -1;
	self->fd[PIECE_VM] = vm->fd;
	self->fd[PIECE_VCPU] = vm->vcpu[0];
	self->run = vm->run[0];
	vm_program(vm, 0, G_WRITE(8, GUEST_SHM_BASE + RUNS, 1),
		   G_WAIT(GUEST_SHM_BASE + END, 1), G_OFF);
	if (!cfg->scheduled && !runs)
		vm_program(vm, 0, G_WRITE(8, GUEST_SHM_BASE + RUNS, 1),
			   G_WRITE(4, MMIO, 1),
			   G_READ(GUEST_LOAD_32, MMIO + 8, 1), G_OFF);
	if (add_functions(self) || gh_start(vm->fd))
		return -1;
	if (cfg->scheduled || runs) {
		self->runner = (struct runner){ .vm = vm, .keep_eintr = true };
		if (runs && runner_start(&self->runner))
			return -1;
		self->running = runs;
	} else if (vm_run_once(vm, 0) != GH_VCPU_EXIT_MMIO) {
		return -1;
	}
	return wait_until(guest_runs, vm, LONG_MS) ? 0 : -1;
}

/* Whether the firmware has a VM that leak_read() did not see before */
static bool vm_exists(struct _test_data_order *self)
{
	return testctl_read(GH_TESTCTL_VMS) != self->leak.counters[LEAK_VMS];
}

/*
 * A call of GH_VCPU_RUN that goes on holds the VM. The kernel may interrupt it,
 * and another one on a file descriptor that is closed is an error.
 */
static bool thread_runs(struct _test_data_order *self)
{
	return self->running &&
	       !__atomic_load_n(&self->runner.done, __ATOMIC_ACQUIRE);
}

static bool exists_if_held(void *data)
{
	struct _test_data_order *self = data;
	bool held = self->fd[PIECE_VM] >= 0 || self->fd[PIECE_VCPU] >= 0 ||
		    self->copy[PIECE_VM] >= 0 || self->copy[PIECE_VCPU] >= 0 ||
		    self->run;

	return vm_exists(self) == (held || thread_runs(self));
}

/* Whether the VM exists just as long as somebody holds it */
static bool is_as_held(struct _test_data_order *self)
{
	return !testctl_present() ||
	       wait_until(exists_if_held, self, LONG_MS);
}

struct again {
	int vm;
	int fd;
};

static bool irqfd_is_gone(void *data)
{
	struct again *again = data;

	/* The other flags: with the same ones both could have the label */
	return !gh_add_irqfd(again->vm, again->fd, LABEL,
			     GH_IRQFD_FLAGS_LEVEL);
}

/* An eventfd that nobody has any more takes its irqfd along */
static bool label_is_free(int vm)
{
	struct again again = { vm, new_eventfd(0) };
	bool gone = wait_until(irqfd_is_gone, &again, LONG_MS) &&
		    !gh_remove_irqfd(vm, LABEL);

	close(again.fd);
	return gone;
}

/* The @n-th permutation of the first @num pieces; false: there is none */
static bool permutation(unsigned int n, unsigned int num, unsigned int *order)
{
	unsigned int i, j, left[PIECES];

	for (i = 0; i < num; i++)
		left[i] = i;
	for (i = 0; i < num; i++) {
		j = n % (num - i);
		n /= num - i;
		order[i] = left[j];
		memmove(&left[j], &left[j + 1],
			(num - i - j - 1) * sizeof(left[0]));
	}
	return !n;
}

static void log_order(struct __test_metadata *_metadata,
		      const unsigned int *order, unsigned int num,
		      unsigned int at)
{
	char text[64] = "";
	unsigned int i;

	for (i = 0; i < num; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " %u", order[i]);
	TH_LOG("order%s, at number %u", text, at);
}

TEST_F_TIMEOUT(order, all, CLOSE_TIMEOUT)
{
	unsigned int num = test_is_long() ? PIECES : PIECE_FDS;
	unsigned int step = test_is_long() ? 1 : variant->sample;
	unsigned int i, n, order[PIECES];
	bool good = true;

	for (n = 0; good && permutation(n, num, order); n += step) {
		ASSERT_CALL(make(self, &variant->cfg, variant->runs));
		if (num == PIECE_FDS)
			close_piece(self, PIECE_RUN_PAGE);
		for (i = 0; good && i < num; i++) {
			close_piece(self, order[i]);
			good = is_as_held(self);
			if (order[i] == PIECE_IRQFD && self->fd[PIECE_VM] >= 0)
				good &= label_is_free(self->fd[PIECE_VM]);
		}
		close_piece(self, PIECE_MEMORY);
		close_rest(self);
		good &= leak_check(&self->leak, BACK_MS);
		EXPECT_TRUE(good);
		if (!good)
			log_order(_metadata, order, num, i);
	}
}

/* The VM goes on as long as there are duplicates */
static bool works(struct _test_data_order *self, bool runs)
{
	struct gh_vm_status status;
	int vcpu = self->copy[PIECE_VCPU];

	if (gh_status(self->copy[PIECE_VM], &status) ||
	    status.state != GH_VM_STATE_RUNNING ||
	    eventfd_ring(self->copy[PIECE_IRQFD], 1))
		return false;
	if (runs || self->vm.cfg.scheduled)
		return true;
	if (eventfd_take(self->copy[PIECE_IOEVENTFD]) != 1)
		return false;
	/* It would go on, if it were not for this */
	self->vm.run[0]->immediate_exit = 1;
	return gh_vcpu_run(vcpu) && errno == EINTR;
}

TEST_F_TIMEOUT(order, duplicates, CLOSE_TIMEOUT)
{
	unsigned int i, n, step = test_is_long() ? 1 : 17, order[PIECES];
	bool good = true;

	for (n = 0; good && permutation(n, PIECE_FDS, order); n += step) {
		ASSERT_CALL(make(self, &variant->cfg, variant->runs));
		for (i = 0; i < PIECE_FDS; i++)
			self->copy[i] = dup(self->fd[i]);
		for (i = 0; i < PIECE_FDS; i++)
			close_piece(self, order[i]);
		good = is_as_held(self) && works(self, variant->runs);
		close_piece(self, PIECE_RUN_PAGE);
		for (i = 0; i < PIECE_FDS; i++) {
			close(self->copy[order[i]]);
			self->copy[order[i]] = -1;
			good &= is_as_held(self);
		}
		close_piece(self, PIECE_MEMORY);
		close_rest(self);
		good &= leak_check(&self->leak, BACK_MS);
		EXPECT_TRUE(good);
		if (!good)
			log_order(_metadata, order, PIECE_FDS, i);
	}
}

/* ---- by several threads at once ---- */

struct closer {
	struct _test_data_order *self;
	unsigned int piece;
	unsigned int delay;
	unsigned int *ready;
	pthread_t thread;
};

static void *close_main(void *data)
{
	struct closer *closer = data;
	unsigned int i;

	__atomic_sub_fetch(closer->ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(closer->ready, __ATOMIC_ACQUIRE))
		sched_yield();
	for (i = 0; i < closer->delay; i++)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	close_piece(closer->self, closer->piece);
	return NULL;
}

TEST_F_TIMEOUT(order, at_once, CLOSE_TIMEOUT)
{
	unsigned int i, n, ready, rounds = test_is_long() ? 2000 : 10;
	struct closer closers[PIECES];

	srandom(1);
	for (n = 0; n < rounds; n++) {
		ASSERT_CALL(make(self, &variant->cfg, variant->runs));
		ready = PIECES;
		for (i = 0; i < PIECES; i++) {
			closers[i] = (struct closer){
				.self = self, .piece = i, .ready = &ready,
				.delay = random() % 2000,
			};
			ASSERT_EQ(0, pthread_create(&closers[i].thread, NULL,
						    close_main, &closers[i]));
		}
		for (i = 0; i < PIECES; i++)
			pthread_join(closers[i].thread, NULL);
		EXPECT_TRUE(is_as_held(self));
		close_rest(self);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS));
	}
}

GUNYAH_TEST_MAIN
