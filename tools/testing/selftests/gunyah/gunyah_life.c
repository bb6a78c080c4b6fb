// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah VMs from the start to the end
 */
#include <poll.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define LIFE_TIMEOUT	240

/* ---- from start to end ---- */

FIXTURE(life)
{
	struct leak_state leak;
	struct vm vm[2];
};

FIXTURE_VARIANT(life)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(life, shared_proxy_2)
{
	.cfg = { .cpus = 2, .shared = true },
};

FIXTURE_VARIANT_ADD(life, lent_proxy_1)
{
	.cfg = { .cpus = 1 },
};

FIXTURE_VARIANT_ADD(life, lent_proxy_2)
{
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(life, lent_proxy_4)
{
	.cfg = { .cpus = 4 },
};

FIXTURE_VARIANT_ADD(life, shared_scheduled_2)
{
	.cfg = { .cpus = 2, .shared = true, .scheduled = true },
};

FIXTURE_VARIANT_ADD(life, lent_scheduled_1)
{
	.cfg = { .cpus = 1, .scheduled = true },
};

FIXTURE_VARIANT_ADD(life, lent_scheduled_2)
{
	.cfg = { .cpus = 2, .scheduled = true },
};

FIXTURE_VARIANT_ADD(life, lent_scheduled_4)
{
	.cfg = { .cpus = 4, .scheduled = true },
};

FIXTURE_VARIANT_ADD(life, shared_and_shared)
{
	.cfg = { .cpus = 2, .shared = true, .shm_size = 0x40000 },
};

FIXTURE_VARIANT_ADD(life, lent_and_shared)
{
	.cfg = { .cpus = 2, .shm_size = 0x40000 },
};

FIXTURE_VARIANT_ADD(life, lent_and_lent)
{
	.cfg = {
		.cpus = 2,
		.shm_size = 0x40000,
		.shm_lent = true,
	},
};

FIXTURE_VARIANT_ADD(life, lent_and_shared_scheduled)
{
	.cfg = {
		.cpus = 2,
		.shm_size = 0x40000,
		.scheduled = true,
	},
};

FIXTURE_SETUP(life)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	leak_read(&self->leak);
	vm_init(&self->vm[0]);
	vm_init(&self->vm[1]);
}

FIXTURE_TEARDOWN(life)
{
	vm_close(&self->vm[0]);
	vm_close(&self->vm[1]);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/*
 * The host fills the first half of the image's free part before the start. Each
 * vCPU fills a slice of the second half.
 */
#define HALF		((GUEST_SIZE - GUEST_FREE) / 2)
#define SLICE		(HALF / GUEST_MAX_CPUS)
#define SLICE_OFF(cpu)	(GUEST_FREE + HALF + (cpu) * SLICE)
#define FLAG_OFF(cpu)	(GUEST_DATA + (cpu) * 64)

/* Patterns in the memory of VM number @n */
static __u64 host_pattern(unsigned int n)
{
	return 0x1000 + n;
}

static __u64 guest_pattern(unsigned int n, unsigned int cpu)
{
	return 0x2000 + n * 0x100 + cpu;
}

static void life_program(struct vm *vm, unsigned int n)
{
	struct guest_op ops[32];
	unsigned int cpu, i = 0;

#define ADD(...) (ops[i++] = (struct guest_op)__VA_ARGS__)
	pattern_fill(vm->mem + GUEST_FREE, HALF, host_pattern(n));
	ADD(G_CHECK(GUEST_BASE + GUEST_FREE, HALF, host_pattern(n)));
	if (vm->shm) {
		pattern_fill(vm->shm, vm->cfg.shm_size, host_pattern(n));
		ADD(G_CHECK(GUEST_SHM_BASE, vm->cfg.shm_size,
			    host_pattern(n)));
		ADD(G_FILL(GUEST_SHM_BASE, vm->cfg.shm_size,
			   guest_pattern(n, 0)));
	}
	for (cpu = 1; cpu < vm->cfg.cpus; cpu++) {
		vm_program(vm, cpu,
			   G_FILL(GUEST_BASE + SLICE_OFF(cpu), SLICE,
				  guest_pattern(n, cpu)),
			   G_WRITE(8, GUEST_BASE + FLAG_OFF(cpu), 1),
			   G_CPU_OFF);
		ADD(G_CPU_ON(cpu, VM_PROGRAM(cpu)));
	}
	for (cpu = 1; cpu < vm->cfg.cpus; cpu++) {
		ADD(G_WAIT(GUEST_BASE + FLAG_OFF(cpu), 1));
		ADD(G_CHECK(GUEST_BASE + SLICE_OFF(cpu), SLICE,
			    guest_pattern(n, cpu)));
	}
	ADD(G_FILL(GUEST_BASE + SLICE_OFF(0), SLICE, guest_pattern(n, 0)));
	ADD(G_OFF);
#undef ADD
	vm_set_program(vm, 0, ops, i);
}

/* Whether the guest has left its patterns in memory that is shared */
static bool life_result(struct vm *vm, unsigned int n)
{
	unsigned int cpu;

	if (vm->shm && !vm->cfg.shm_lent &&
	    !pattern_check(vm->shm, vm->cfg.shm_size, guest_pattern(n, 0)))
		return false;
	if (!vm->cfg.shared)
		return true;
	for (cpu = 0; cpu < vm->cfg.cpus; cpu++)
		if (!pattern_check(vm->mem + SLICE_OFF(cpu), SLICE,
				   guest_pattern(n, cpu)))
			return false;
	return pattern_check(vm->mem + GUEST_FREE, HALF, host_pattern(n));
}

TEST_F_TIMEOUT(life, twice, LIFE_TIMEOUT)
{
	struct gh_vm_status status;
	struct vm *vm = self->vm;
	unsigned int n;

	for (n = 0; n < 2; n++) {
		ASSERT_CALL(vm_build(vm, &variant->cfg, VM_HAS_VCPUS));
		life_program(vm, n);
		ASSERT_CALL(gh_status(vm->fd, &status));
		EXPECT_EQ(GH_VM_STATE_NEW, status.state);
		ASSERT_CALL(gh_start(vm->fd));
		ASSERT_CALL(vm_finish(vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		EXPECT_TRUE(life_result(vm, n));
		vm_close(vm);
		/* Everything is back when close() returns */
		EXPECT_TRUE(leak_check(&self->leak, 0));
	}
}

struct finisher {
	struct vm *vm;
	pthread_t thread;
	struct gh_vm_status status;
	int error;
};

static void *finish(void *arg)
{
	struct finisher *finisher = arg;

	finisher->error = vm_finish(finisher->vm, &finisher->status) ? errno : 0;
	return NULL;
}

TEST_F_TIMEOUT(life, two_at_once, LIFE_TIMEOUT)
{
	struct finisher finisher[2] = {};
	unsigned int n;

	for (n = 0; n < 2; n++) {
		ASSERT_CALL(vm_build(&self->vm[n], &variant->cfg,
				     VM_HAS_VCPUS));
		life_program(&self->vm[n], n);
	}
	for (n = 0; n < 2; n++) {
		finisher[n].vm = &self->vm[n];
		ASSERT_CALL(gh_start(self->vm[n].fd));
		ASSERT_EQ(0, pthread_create(&finisher[n].thread, NULL, finish,
					    &finisher[n]));
	}
	for (n = 0; n < 2; n++) {
		pthread_join(finisher[n].thread, NULL);
		EXPECT_EQ(0, finisher[n].error);
		EXPECT_TRUE(vm_ended(&finisher[n].status, GH_VM_EXIT_PLATFORM_OFF));
		EXPECT_TRUE(life_result(&self->vm[n], n));
	}
}

TEST_F_TIMEOUT(life, stopped_while_running, LIFE_TIMEOUT)
{
	const struct guest_op spin[] = { G_SPIN };
	struct runner runner = { .vm = self->vm, .keep_eintr = true };
	struct gh_vm_status status;

	catch_sigusr1();
	ASSERT_CALL(vm_build(self->vm, &variant->cfg, VM_HAS_VCPUS));
	vm_set_program(self->vm, 0, spin, 1);
	ASSERT_CALL(gh_start(self->vm->fd));
	if (!variant->cfg.scheduled) {
		ASSERT_CALL(runner_start(&runner));
		EXPECT_EQ(EINTR, runner_stop(&runner));
	}
	ASSERT_CALL(gh_status(self->vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
	/* FIXTURE_TEARDOWN() closes it */
}

/* ---- start and status ---- */

FIXTURE(start)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_VARIANT(start)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(start, proxy)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(start, scheduled)
{
	.cfg = { .scheduled = true, .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_SETUP(start)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &variant->cfg,
			     VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(start)
{
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

static void *start_thread(void *arg)
{
	return (void *)(long)(gh_start(*(int *)arg) ? errno : 0);
}

TEST_F_TIMEOUT(start, by_many, LIFE_TIMEOUT)
{
	struct gh_vm_status status;
	pthread_t threads[4];
	unsigned int i;
	void *ret;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, start_thread,
					    &self->vm.fd));
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &ret);
		EXPECT_EQ(0, (long)ret);
	}
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(0, gh_start(self->vm.fd));
}

TEST_F_TIMEOUT(start, status_and_poll, LIFE_TIMEOUT)
{
	const struct guest_op wait[] = {
		G_WAIT(GUEST_SHM_BASE, 1), G_OFF,
	};
	struct pollfd pfd = { .fd = self->vm.fd, .events = POLLIN };
	struct runner runner = { .vm = &self->vm };
	struct gh_vm_status status;

	vm_set_program(&self->vm, 0, wait, 2);
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	EXPECT_EQ(0, poll(&pfd, 1, 0));

	ASSERT_CALL(gh_start(self->vm.fd));
	if (!variant->cfg.scheduled)
		ASSERT_CALL(runner_start(&runner));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
	EXPECT_EQ(0, status.exit_type);
	EXPECT_EQ(0, status.reason_size);
	EXPECT_EQ(0, poll(&pfd, 1, 0));

	/* This lets the guest go on */
	vm_poke(&self->vm, 0, 1);
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(4, status.reason_size);
	EXPECT_NE(0, status.vmid);
	if (!variant->cfg.scheduled)
		EXPECT_EQ(0, runner_join(&runner));
}

TEST_F_TIMEOUT(start, failed_start_does_not_hinder_the_next, LIFE_TIMEOUT)
{
	struct vm_config bad = variant->cfg;
	struct gh_vm_status status;
	struct vm vm;

	bad.defect = DTB_NO_IMAGE_NAME;
	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &bad, VM_HAS_VCPUS));
	EXPECT_ERRNO(EINVAL, gh_start(vm.fd));
	/* While the failed one is still open, and after */
	ASSERT_CALL(gh_start(self->vm.fd));
	EXPECT_ERRNO(EINVAL, gh_start(vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&vm);
}

/* More VMs than there are VMIDs, one after the other */
TEST_F_TIMEOUT(start, seventy_in_a_row, LIFE_TIMEOUT)
{
	struct gh_vm_status status;
	unsigned int i;

	for (i = 0; i < 70; i++) {
		ASSERT_CALL(gh_start(self->vm.fd));
		ASSERT_CALL(vm_finish(&self->vm, &status));
		ASSERT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		vm_close(&self->vm);
		ASSERT_CALL(vm_build(&self->vm, &variant->cfg, VM_HAS_VCPUS));
	}
}

GUNYAH_TEST_MAIN
