// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqfds and ioeventfds of Gunyah VMs, added and removed while in use
 */
#include <sched.h>

#include "../kselftest_harness.h"
#include "bells.h"

#define RACE_TIMEOUT	300

#define DATA		GH_IOEVENTFD_FLAGS_DATAMATCH

/* Below 1 GiB accesses exit to the host */
#define MMIO		0x10000ULL

#define LABEL(i)	(0x40 + (i))
#define IRQ(i)		(40 + (i))

/* ---- ioeventfds, while vCPUs write all the time ---- */

/* Words of each vCPU: number of writes, their limit, whether it is done */
#define DONE(cpu)	(BELLS_WORDS + (cpu) * 0x40)
#define LIMIT(cpu)	(DONE(cpu) + 8)
#define OVER(cpu)	(DONE(cpu) + 16)

FIXTURE(hammer)
{
	struct leak_state leak;
	struct vm vm;
	struct runner runner[GUEST_MAX_CPUS];
	unsigned int running;
	__u64 exits;
	int fd;
};

FIXTURE_VARIANT(hammer)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(hammer, one)
{
	.cfg = { .cpus = 1, .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(hammer, two)
{
	.cfg = { .cpus = 2, .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(hammer, four)
{
	.cfg = { .cpus = 4, .shm_size = GUEST_SHM_SIZE },
};

static int count_exit(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	__u64 *exits = data;

	if (!run->mmio.is_write || run->mmio.phys_addr != MMIO)
		return -EBADE;
	__atomic_fetch_add(exits, 1, __ATOMIC_RELAXED);
	return 0;
}

FIXTURE_SETUP(hammer)
{
	unsigned int cpu, n = 0, cpus = variant->cfg.cpus;
	struct guest_op ops[2 * GUEST_MAX_CPUS + 2];

	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	catch_sigusr1();
	self->fd = new_eventfd(0);
	ASSERT_LE(0, self->fd);
	vm_init(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &variant->cfg, VM_HAS_VCPUS));

	for (cpu = 1; cpu < cpus; cpu++)
		ops[n++] = (struct guest_op)G_CPU_ON(cpu, VM_PROGRAM(cpu));
	ops[n++] = (struct guest_op)G_HAMMER(4, MMIO, 1,
					     GUEST_SHM_BASE + DONE(0));
	for (cpu = 1; cpu < cpus; cpu++) {
		vm_program(&self->vm, cpu,
			   G_HAMMER(4, MMIO, 1, GUEST_SHM_BASE + DONE(cpu)),
			   G_WRITE(8, GUEST_SHM_BASE + OVER(cpu), 1),
			   G_CPU_OFF);
		ops[n++] = (struct guest_op)G_WAIT(GUEST_SHM_BASE + OVER(cpu),
						   1);
	}
	ops[n++] = (struct guest_op)G_OFF;
	vm_set_program(&self->vm, 0, ops, n);
	for (cpu = 0; cpu < cpus; cpu++)
		vm_poke(&self->vm, LIMIT(cpu), ~0ULL);

	ASSERT_CALL(gh_start(self->vm.fd));
	for (cpu = 0; cpu < cpus; cpu++) {
		self->runner[cpu] = (struct runner){
			.vm = &self->vm, .cpu = cpu, .fn = count_exit,
			.data = &self->exits,
		};
		ASSERT_CALL(runner_start(&self->runner[cpu]));
		self->running++;
	}
}

static void hammer_stop(struct vm *vm, struct runner *runner,
			unsigned int *running)
{
	unsigned int cpu;

	if (!*running)
		return;
	for (cpu = 0; cpu < GUEST_MAX_CPUS; cpu++)
		vm_poke(vm, LIMIT(cpu), 0);
	while (*running)
		runner_join(&runner[--*running]);
}

FIXTURE_TEARDOWN(hammer)
{
	hammer_stop(&self->vm, self->runner, &self->running);
	vm_close(&self->vm);
	close(self->fd);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

static __u64 hammer_done(const struct vm *vm)
{
	unsigned int cpu;
	__u64 sum = 0;

	for (cpu = 0; cpu < vm->cfg.cpus; cpu++)
		sum += vm_word(vm, DONE(cpu));
	return sum;
}

struct progress {
	const struct vm *vm;
	__u64 from;
};

static bool has_advanced(void *arg)
{
	struct progress *progress = arg;

	return hammer_done(progress->vm) >= progress->from;
}

/* Wait for that many further writes of all vCPUs together */
static bool hammer_advance(const struct vm *vm, unsigned int writes)
{
	struct progress progress = { vm, hammer_done(vm) + writes };

	return wait_until(has_advanced, &progress, LONG_MS);
}

/* No write is lost, and none signals after a removal */
TEST_F_TIMEOUT(hammer, removed_under_way, RACE_TIMEOUT)
{
	__u64 signals = 0, exits, writes = 0;
	/* With one processor at a time there are hardly any races */
	unsigned int rounds = getenv("GUNYAH_TEST_ICOUNT") ? 4 : 24;
	unsigned int i, cpus = variant->cfg.cpus;
	struct gh_vm_status status;
	int vm = self->vm.fd;

	for (i = 0; i < rounds; i++) {
		ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, 4,
					     i % 2 ? DATA : 0, 1));
		ASSERT_TRUE(hammer_advance(&self->vm, 20 * cpus));
		ASSERT_CALL(gh_remove_ioeventfd(vm, MMIO, 4, i % 2 ? DATA : 0,
						1));
		signals += eventfd_take(self->fd);
		exits = __atomic_load_n(&self->exits, __ATOMIC_RELAXED);
		ASSERT_TRUE(hammer_advance(&self->vm, 20 * cpus));
		EXPECT_EQ(0, eventfd_take(self->fd));
		EXPECT_LT(exits, __atomic_load_n(&self->exits,
						 __ATOMIC_RELAXED));
	}
	/* The end of the VM removes it */
	ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, 0, 0, 0));
	ASSERT_TRUE(hammer_advance(&self->vm, 20 * cpus));
	for (i = 0; i < cpus; i++)
		vm_poke(&self->vm, LIMIT(i), 0);
	for (i = 0; i < cpus; i++) {
		EXPECT_EQ(0, runner_join(&self->runner[i]));
		writes += vm_word(&self->vm, DONE(i));
	}
	self->running = 0;
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	signals += eventfd_take(self->fd);
	EXPECT_EQ(writes, signals + self->exits);
	EXPECT_NE(0, signals);
}

/* A removal waits for the vCPUs, so a few are enough */
#define CHURN		4

struct churn {
	int vm;
	unsigned int id;
	bool *stop;
	pthread_t thread;
	unsigned int rounds;
	int error;
};

/* Functions at the same address that none of the writes matches */
static void *churn_ioeventfds(void *arg)
{
	struct churn *churn = arg;
	int fd = new_eventfd(0);
	unsigned int i;

	while (!__atomic_load_n(churn->stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < CHURN && !churn->error; i++)
			if (gh_add_ioeventfd(churn->vm, fd, MMIO, 4, DATA,
					     2 + CHURN * churn->id + i))
				churn->error = errno;
		for (i = 0; i < CHURN && !churn->error; i++)
			if (gh_remove_ioeventfd(churn->vm, MMIO, 4, DATA,
						2 + CHURN * churn->id + i))
				churn->error = errno;
		__atomic_fetch_add(&churn->rounds, 1, __ATOMIC_RELAXED);
	}
	if (eventfd_take(fd))
		churn->error = EPROTO;
	close(fd);
	return NULL;
}

static bool has_churned(void *arg)
{
	struct churn *churn = arg;

	return __atomic_load_n(&churn->rounds, __ATOMIC_RELAXED) >= CHURN;
}

/* Adding and removing other functions does not affect one that is in use */
TEST_F_TIMEOUT(hammer, others_come_and_go, RACE_TIMEOUT)
{
	struct churn churn[2] = {};
	struct gh_vm_status status;
	bool stop = false;
	unsigned int i;
	__u64 exits;

	ASSERT_CALL(gh_add_ioeventfd(self->vm.fd, self->fd, MMIO, 4, DATA, 1));
	ASSERT_TRUE(hammer_advance(&self->vm, 2 * variant->cfg.cpus));
	exits = __atomic_load_n(&self->exits, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		churn[i] = (struct churn){ self->vm.fd, i, &stop };
		ASSERT_EQ(0, pthread_create(&churn[i].thread, NULL,
					    churn_ioeventfds, &churn[i]));
	}
	for (i = 0; i < 2; i++)
		EXPECT_TRUE(wait_until(has_churned, &churn[i], LONG_MS));
	EXPECT_TRUE(hammer_advance(&self->vm, 100));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		pthread_join(churn[i].thread, NULL);
		EXPECT_EQ(0, churn[i].error);
	}
	hammer_stop(&self->vm, self->runner, &self->running);
	/* None exits meanwhile, but each vCPU may have been about to */
	EXPECT_GE(exits + variant->cfg.cpus, self->exits);
	EXPECT_EQ(hammer_done(&self->vm),
		  self->exits + eventfd_take(self->fd));
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- irqfds, while others write to their eventfds ---- */

#define RINGERS		4

static const struct dtb_bell bells[RINGERS] = {
	{ LABEL(0), IRQ(0) }, { LABEL(1), IRQ(1), true }, { LABEL(2), IRQ(2) },
	{ LABEL(3), IRQ(3), true },
};

static __u32 bell_flags(unsigned int i)
{
	return bells[i].level ? GH_IRQFD_FLAGS_LEVEL : 0;
}

FIXTURE(ring)
{
	struct leak_state leak;
	struct bells b;
	int fd[RINGERS];
	bool stop;
	pthread_t thread[RINGERS];
	unsigned int threads;
};

FIXTURE_SETUP(ring)
{
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	catch_sigusr1();
	for (i = 0; i < RINGERS; i++) {
		self->fd[i] = new_eventfd(0);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(ring)
{
	unsigned int i;

	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	while (self->threads)
		pthread_join(self->thread[--self->threads], NULL);
	bells_close(&self->b);
	for (i = 0; i < RINGERS; i++)
		close(self->fd[i]);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* Arguments of a thread that rings */
struct ringer {
	bool *stop;
	int fd;
};

static void *ring(void *arg)
{
	struct ringer *ringer = arg;
	unsigned int i;

	while (!__atomic_load_n(ringer->stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < 20; i++)
			eventfd_ring(ringer->fd, 1);
		/* Without an irqfd nobody else reads it */
		eventfd_take(ringer->fd);
		usleep(100);
	}
	return NULL;
}

static const struct vm_config ring_cfg = {
	.num_bells = RINGERS, .bells = bells,
};

/* Doorbells ring during the whole life of a VM */
TEST_F_TIMEOUT(ring, all_the_time, RACE_TIMEOUT)
{
	struct ringer ringer[RINGERS];
	unsigned int i, n, life;

	for (i = 0; i < RINGERS; i++) {
		ringer[i] = (struct ringer){ &self->stop, self->fd[i] };
		ASSERT_EQ(0, pthread_create(&self->thread[i], NULL, ring,
					    &ringer[i]));
		self->threads++;
	}
	for (life = 0; life < 8; life++) {
		struct bells *b = &self->b;

		ASSERT_CALL(bells_build(b, &ring_cfg));
		for (i = 0; i < RINGERS; i++)
			if (life & 1)
				ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[i],
							 LABEL(i),
							 bell_flags(i)));
		ASSERT_CALL(bells_start(b));
		for (i = 0; i < RINGERS; i++)
			if (!(life & 1))
				ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[i],
							 LABEL(i),
							 bell_flags(i)));
		ASSERT_CALL(bells_serve(b, GUEST_SERVE_POLL, 0));
		for (n = 0; n < 50; n++) {
			i = n % RINGERS;
			ASSERT_CALL(gh_remove_irqfd(b->vm.fd, LABEL(i)));
			if (n % 7 == 0)
				usleep(200);
			ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[i],
						 LABEL(i), bell_flags(i)));
		}
		for (i = 0; i < RINGERS; i++)
			EXPECT_TRUE(bells_wait_more(b, IRQ(i),
						    bells_count(b, IRQ(i))));
		/* Some VMs end by themselves, others are closed */
		if (life & 2) {
			struct gh_vm_status status;

			vm_poke(&b->vm, BELLS_STOP, 1);
			ASSERT_CALL(vm_wait_end(&b->vm, &status));
		}
		bells_close(b);
	}
}

struct closer {
	int fd;
	int vm;
	unsigned int how;
};

static void *close_one(void *arg)
{
	struct closer *closer = arg;

	switch (closer->how) {
	case 0:
		close(closer->fd);
		break;
	case 1:
		gh_remove_irqfd(closer->vm, LABEL(0));
		break;
	case 2:
		eventfd_ring(closer->fd, 1);
		break;
	}
	return NULL;
}

/* Everything that removes an irqfd, at the same time */
TEST_F_TIMEOUT(ring, removed_in_many_ways, RACE_TIMEOUT)
{
	struct bells *b = &self->b;
	struct closer closer[3];
	pthread_t thread[3];
	unsigned int i, n;
	int fd;

	ASSERT_CALL(bells_build(b, &ring_cfg));
	for (n = 0; n < 200; n++) {
		if (n == 100) {
			ASSERT_CALL(bells_start(b));
			ASSERT_CALL(bells_serve(b, GUEST_SERVE_POLL, 0));
		}
		fd = new_eventfd(0);
		ASSERT_LE(0, fd);
		/* The removal of the last one may not be finished */
		while (gh_add_irqfd(b->vm.fd, fd, LABEL(0), 0)) {
			ASSERT_EQ(EEXIST, errno);
			usleep(100);
		}
		for (i = 0; i < 3; i++) {
			closer[i] = (struct closer){ fd, b->vm.fd, i };
			ASSERT_EQ(0, pthread_create(&thread[i], NULL, close_one,
						    &closer[i]));
		}
		for (i = 0; i < 3; i++)
			pthread_join(thread[i], NULL);
	}
	/* Close the VM while all its irqfds are being removed */
	for (i = 0; i < RINGERS; i++) {
		while (gh_add_irqfd(b->vm.fd, self->fd[i], LABEL(i), 0))
			ASSERT_EQ(EEXIST, errno);
		close(self->fd[i]);
		self->fd[i] = -1;
	}
}

struct adder {
	int vm;
	int fd;
	int *start;
	int ret;
	int error;
};

static void *add_one(void *arg)
{
	struct adder *adder = arg;

	while (!__atomic_load_n(adder->start, __ATOMIC_ACQUIRE))
		sched_yield();
	adder->ret = gh_add_irqfd(adder->vm, adder->fd, LABEL(0), 0);
	adder->error = errno;
	return NULL;
}

/* Only one of several threads connects an eventfd with a label */
TEST_F_TIMEOUT(ring, added_by_many, RACE_TIMEOUT)
{
	unsigned int i, n, winners;
	struct adder adder[RINGERS];
	int start;

	ASSERT_CALL(bells_build(&self->b, &ring_cfg));
	for (n = 0; n < 50; n++) {
		winners = 0;
		start = 0;
		for (i = 0; i < RINGERS; i++) {
			adder[i] = (struct adder){
				self->b.vm.fd, self->fd[0], &start,
			};
			ASSERT_EQ(0, pthread_create(&self->thread[i], NULL,
						    add_one, &adder[i]));
		}
		__atomic_store_n(&start, 1, __ATOMIC_RELEASE);
		for (i = 0; i < RINGERS; i++) {
			pthread_join(self->thread[i], NULL);
			if (!adder[i].ret)
				winners++;
			else
				EXPECT_EQ(EEXIST, adder[i].error);
		}
		EXPECT_EQ(1, winners);
		EXPECT_EQ(0, gh_remove_irqfd(self->b.vm.fd, LABEL(0)));
	}
}

/* A VM that interrupts itself: its writes signal the eventfds of its irqfds */
TEST_F_TIMEOUT(ring, by_the_vm_itself, RACE_TIMEOUT)
{
	const __u64 count = GUEST_SHM_BASE + BELLS_WORDS;
	struct bells *b = &self->b;
	struct gh_vm_status status;
	struct guest_op ops[2 + 2 * 100 + 1];
	unsigned int i, n = 0;

	ASSERT_CALL(bells_build(b, &ring_cfg));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0), 0));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[1], LABEL(1),
				 bell_flags(1)));
	ASSERT_CALL(gh_add_ioeventfd(b->vm.fd, self->fd[0], MMIO, 4, 0, 0));
	ASSERT_CALL(gh_add_ioeventfd(b->vm.fd, self->fd[1], MMIO + 4, 4, DATA,
				     1));
	ASSERT_CALL(bells_start(b));
	ops[n++] = (struct guest_op)G_IRQ_ENABLE(GUEST_IRQ_EDGE, IRQ(0));
	ops[n++] = (struct guest_op)G_IRQ_ENABLE(GUEST_IRQ_LEVEL, IRQ(1));
	for (i = 0; i < 100; i++) {
		ops[n++] = (struct guest_op)G_WRITE(4, MMIO + i % 2 * 4, 1);
		ops[n++] = (struct guest_op)G_IRQ_WAIT(IRQ(i % 2), count,
						    GUEST_NO_BELL);
	}
	ops[n++] = (struct guest_op)G_OFF;
	bells_program(b, ops, n);
	ASSERT_CALL(vm_wait_end(&b->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(100, vm_word(&b->vm, BELLS_WORDS));
	EXPECT_EQ(0, eventfd_take(self->fd[0]));
}

GUNYAH_TEST_MAIN
