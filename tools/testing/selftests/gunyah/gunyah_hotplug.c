// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs of the host that go and come while VMs run
 */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "message.h"
#include "testctl.h"

#define HOTPLUG_TIMEOUT	600

#define VCPUS		2

#define MMIO		0x10000ULL

/* Words of the second region that each vCPU changes as long as it runs */
#define ALIVE(cpu)	(0x100 + (cpu) * 0x40)
#define WORD		0x300

/* Ticks of a nap, some 2 ms */
#define NAP		0x20000

/* The driver runs a vCPU that sleeps once more after a quarter of a second */
#define PARKED_US	500000

static unsigned int last_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_CONF) - 1;
}

static bool set_online(unsigned int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online",
		 cpu);
	return !write_file(path, online ? "1" : "0");
}

static void bind(pthread_t thread, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(thread, sizeof(set), &set);
}

static unsigned int times(unsigned int few)
{
	return test_is_long() ? 50 * few : few;
}

#define SKIP_WITHOUT_HOTPLUG(statement) do {				\
	if (!last_cpu() || !set_online(last_cpu(), true))		\
		SKIP(statement, "no CPU that can be switched off");	\
} while (0)

/* ---- vCPUs that run, exit or sleep ---- */

FIXTURE(hotplug)
{
	struct leak_state leak;
	struct vm vm;
	struct runner runner[VCPUS];
	unsigned int running;
	__u64 echoes[VCPUS];
};

FIXTURE_VARIANT(hotplug)
{
	struct guest_op work;
};

FIXTURE_VARIANT_ADD(hotplug, guest_runs)
{
	.work = G_TIME(GUEST_SHM_BASE + WORD),
};

FIXTURE_VARIANT_ADD(hotplug, guest_exits)
{
	.work = G_ECHO(MMIO, MMIO + 8, 1),
};

FIXTURE_VARIANT_ADD(hotplug, guest_naps)
{
	.work = G_IDLE(NAP),
};

static int answer(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	return mmio_count(vm, run, data);
}

FIXTURE_SETUP(hotplug)
{
	const struct vm_config cfg = {
		.cpus = VCPUS, .shm_size = GUEST_SHM_SIZE,
	};
	const __u64 size = sizeof(struct guest_op);
	struct vm *vm = &self->vm;
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_HOTPLUG(return);
	catch_sigusr1();
	ASSERT_CALL(vm_setup(vm, &self->leak, &cfg, VM_HAS_VCPUS));
	vm_program(vm, 0, G_CPU_ON(1, VM_PROGRAM(1)), variant->work,
		   G_TIME(GUEST_SHM_BASE + ALIVE(0)),
		   G_JUMP(VM_PROGRAM(0) + size));
	vm_program(vm, 1, variant->work, G_TIME(GUEST_SHM_BASE + ALIVE(1)),
		   G_JUMP(VM_PROGRAM(1)));
	ASSERT_CALL(gh_start(vm->fd));
	for (i = 0; i < VCPUS; i++) {
		self->runner[i] = (struct runner){
			.vm = vm, .cpu = i, .fn = answer,
			.data = &self->echoes[i],
		};
		ASSERT_CALL(runner_start(&self->runner[i]));
		self->running++;
	}
}

FIXTURE_TEARDOWN(hotplug)
{
	set_online(last_cpu(), true);
	EXPECT_CALL(gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	while (self->running)
		EXPECT_EQ(0, runner_join(&self->runner[--self->running]));
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/**
 * struct progress - what to wait for
 * @vm: a VM
 * @from: what its vCPUs had written
 */
struct progress {
	const struct vm *vm;
	__u64 from[VCPUS];
};

static bool all_get_on(void *data)
{
	struct progress *progress = data;
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		if (vm_word(progress->vm, ALIVE(i)) == progress->from[i])
			return false;
	return true;
}

static bool goes_on(const struct vm *vm)
{
	struct progress progress = { .vm = vm };
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		progress.from[i] = vm_word(vm, ALIVE(i));
	return wait_until(all_get_on, &progress, LONG_MS);
}

/* A thread that is bound to the CPU that goes, and one that is not */
TEST_F_TIMEOUT(hotplug, cpu_goes, HOTPLUG_TIMEOUT)
{
	unsigned int n;

	for (n = 0; n < times(3); n++) {
		if (n)
			bind(self->runner[n % VCPUS].thread, last_cpu());
		EXPECT_TRUE(goes_on(&self->vm));
		ASSERT_TRUE(set_online(last_cpu(), false));
		EXPECT_TRUE(goes_on(&self->vm));
		EXPECT_TRUE(goes_on(&self->vm));
		ASSERT_TRUE(set_online(last_cpu(), true));
		EXPECT_TRUE(goes_on(&self->vm));
	}
}

/* ---- interrupts ---- */

static const struct dtb_bell bells[] = { { 3, 40 }, { 4, 41, true } };

FIXTURE(ring)
{
	struct leak_state leak;
	struct bells b;
	int fd[2];
};

FIXTURE_SETUP(ring)
{
	struct vm_config cfg = { .num_bells = 2, .bells = bells };
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_HOTPLUG(return);
	testctl_reset();
	catch_sigusr1();
	leak_read(&self->leak);
	ASSERT_CALL(bells_build(&self->b, &cfg));
	for (i = 0; i < 2; i++) {
		self->fd[i] = new_eventfd(0);
		ASSERT_CALL(gh_add_irqfd(self->b.vm.fd, self->fd[i],
					 bells[i].label, bells[i].level ?
					 GH_IRQFD_FLAGS_LEVEL : 0));
	}
	ASSERT_CALL(bells_start(&self->b));
	ASSERT_CALL(bells_serve(&self->b, GUEST_SERVE_WFI, 0));
}

FIXTURE_TEARDOWN(ring)
{
	unsigned int i;

	set_online(last_cpu(), true);
	bells_close(&self->b);
	for (i = 0; i < 2; i++)
		close(self->fd[i]);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* Each ring wakes the vCPU that waits for it, wherever its thread waits */
static bool all_ring(struct bells *b, const int *fd)
{
	unsigned int i;
	__u64 count;

	for (i = 0; i < 2; i++) {
		count = bells_count(b, bells[i].irq);
		if (eventfd_ring(fd[i], 1) ||
		    !bells_wait(b, bells[i].irq, count + 1))
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(ring, cpu_goes, HOTPLUG_TIMEOUT)
{
	unsigned int n;

	for (n = 0; n < times(2); n++) {
		if (n % 2)
			bind(self->b.runner.thread, last_cpu());
		EXPECT_TRUE(all_ring(&self->b, self->fd));
		ASSERT_TRUE(set_online(last_cpu(), false));
		/* Until it sleeps for good */
		usleep(PARKED_US);
		EXPECT_TRUE(all_ring(&self->b, self->fd));
		ASSERT_TRUE(set_online(last_cpu(), true));
		usleep(PARKED_US);
		EXPECT_TRUE(all_ring(&self->b, self->fd));
	}
}

struct toggler {
	bool stop;
	unsigned int rounds;
};

static void *toggle(void *data)
{
	struct toggler *toggler = data;

	while (!__atomic_load_n(&toggler->stop, __ATOMIC_RELAXED)) {
		if (!set_online(last_cpu(), false) ||
		    !set_online(last_cpu(), true))
			return "failed";
		toggler->rounds++;
	}
	return NULL;
}

/* VMs start, run and end meanwhile, and one is there all the time */
TEST_F_TIMEOUT(ring, lives_while_cpu_goes, HOTPLUG_TIMEOUT)
{
	struct toggler toggler = {};
	pthread_t thread;
	unsigned int n;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, toggle, &toggler));
	for (n = 0; n < times(10); n++) {
		EXPECT_EQ(0, vm_one_life());
		EXPECT_TRUE(all_ring(&self->b, self->fd));
	}
	__atomic_store_n(&toggler.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, &result);
	EXPECT_EQ(NULL, result);
	EXPECT_LT(0, toggler.rounds);
}

GUNYAH_TEST_MAIN
