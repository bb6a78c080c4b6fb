// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running the vCPUs of Gunyah VMs: exits, signals, wake-ups, ends
 */
#include <endian.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define VCPU_TIMEOUT	240

/* Below 1 GiB accesses exit to the host */
#define MMIO		0x10000ULL
#define MMIO_LAST	0x3ffffff8ULL
#define NO_MEMORY	0x50000000ULL

FIXTURE(vcpu)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_SETUP(vcpu)
{
	struct vm_config cfg = { .cpus = 2 };

	SKIP_WITHOUT_GUNYAH(return);
	catch_sigusr1();
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &cfg, VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(vcpu)
{
	vm_close(&self->vm);
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* ---- MMIO ---- */

struct access {
	bool write;
	__u64 addr;
	__u32 len;
	__u64 value;	/* written, or to be read */
};

struct accesses {
	const struct access *next;
	const struct access *end;
};

/* The accesses must come in the order of a list */
static int mmio_expect(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	struct accesses *list = data;
	const struct access *a = list->next++;

	if (a >= list->end)
		return -ERANGE;
	if (run->mmio.phys_addr != a->addr || run->mmio.len != a->len ||
	    run->mmio.is_write != a->write ||
	    (a->write && mmio_value(run) != a->value)) {
		fprintf(stderr, "# access %d: %s %#llx len %u value %#llx\n",
			(int)(list->end - a),
			run->mmio.is_write ? "write" : "read",
			(unsigned long long)run->mmio.phys_addr, run->mmio.len,
			(unsigned long long)mmio_value(run));
		return -EBADE;
	}
	if (!a->write)
		mmio_answer(run, a->value);
	return 0;
}

TEST_F_TIMEOUT(vcpu, mmio, VCPU_TIMEOUT)
{
	static const struct access accesses[] = {
		{ true, MMIO + 1, 1, 0xf1 },
		{ true, MMIO + 2, 2, 0xf2f1 },
		{ true, MMIO + 4, 4, 0xf4f3f2f1 },
		{ true, MMIO + 8, 8, 0xf8f7f6f5f4f3f2f1 },
		{ true, MMIO_LAST, 8, 1 },
		{ true, 0, 4, 2 },
		{ false, MMIO + 3, 1, 0x81 },
		{ false, MMIO + 6, 2, 0x8281 },
		{ false, MMIO + 12, 4, 0x84838281 },
		{ false, MMIO + 16, 8, 0x8887868584838281 },
		{ false, MMIO, 1, 0x81 },
		{ false, MMIO, 1, 0x71 },
		{ false, MMIO, 2, 0x8281 },
		{ false, MMIO, 4, 0x84838281 },
		{ false, MMIO, 1, 0x81 },
		{ false, MMIO, 2, 0x8281 },
		{ false, MMIO_LAST, 8, ~0ULL },
	};
	struct accesses list = { accesses, accesses + ARRAY_SIZE(accesses) };
	struct gh_vm_status status;

	vm_program(&self->vm, 0,
		   G_WRITE(1, MMIO + 1, 0xf8f7f6f5f4f3f2f1),
		   G_WRITE(2, MMIO + 2, 0xf8f7f6f5f4f3f2f1),
		   G_WRITE(4, MMIO + 4, 0xf8f7f6f5f4f3f2f1),
		   G_WRITE(8, MMIO + 8, 0xf8f7f6f5f4f3f2f1),
		   G_WRITE(8, MMIO_LAST, 1),
		   G_WRITE(4, 0, 2),
		   G_READ(GUEST_LOAD_8, MMIO + 3, 0x81),
		   G_READ(GUEST_LOAD_16, MMIO + 6, 0x8281),
		   G_READ(GUEST_LOAD_32, MMIO + 12, 0x84838281),
		   G_READ(GUEST_LOAD_64, MMIO + 16, 0x8887868584838281),
		   G_READ(GUEST_LOAD_S8, MMIO, 0xffffffffffffff81),
		   G_READ(GUEST_LOAD_S8, MMIO, 0x71),
		   G_READ(GUEST_LOAD_S16, MMIO, 0xffffffffffff8281),
		   G_READ(GUEST_LOAD_S32, MMIO, 0xffffffff84838281),
		   G_READ(GUEST_LOAD_S8W, MMIO, 0xffffff81),
		   G_READ(GUEST_LOAD_S16W, MMIO, 0xffff8281),
		   G_READ(GUEST_LOAD_64, MMIO_LAST, ~0ULL),
		   G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	EXPECT_EQ(0, vm_run(&self->vm, 0, mmio_expect, &list))
		TH_LOG("%s", strerror(errno));
	EXPECT_EQ(list.end, list.next);
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

#define ECHOES	2000

struct nuisance {
	pthread_t victim;
	bool stop;
};

static void *annoy(void *arg)
{
	struct nuisance *nuisance = arg;

	while (!__atomic_load_n(&nuisance->stop, __ATOMIC_RELAXED)) {
		pthread_kill(nuisance->victim, SIGUSR1);
		usleep(100);
	}
	return NULL;
}

TEST_F_TIMEOUT(vcpu, no_data_lost_to_signals, VCPU_TIMEOUT)
{
	struct nuisance nuisance = { .victim = pthread_self() };
	struct gh_vm_status status;
	pthread_t thread;
	__u64 counter = 0;

	vm_program(&self->vm, 0, G_ECHO(MMIO, MMIO + 8, ECHOES), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, annoy, &nuisance));
	EXPECT_EQ(0, vm_run(&self->vm, 0, mmio_count, &counter))
		TH_LOG("%s", strerror(errno));
	__atomic_store_n(&nuisance.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(ECHOES, counter);
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

TEST_F_TIMEOUT(vcpu, moves_between_cpus, VCPU_TIMEOUT)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct gh_vm_status status;
	__u64 counter = 0;
	unsigned int i;
	cpu_set_t set;

	if (cpus < 2)
		SKIP(return, "one CPU only");
	vm_program(&self->vm, 0, G_ECHO(MMIO, MMIO + 8, 100), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	for (i = 0; i < 200; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus, &set);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
		ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
		ASSERT_EQ(0, mmio_count(&self->vm, self->vm.run[0], &counter));
	}
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- immediate_exit ---- */

TEST_F_TIMEOUT(vcpu, immediate_exit, VCPU_TIMEOUT)
{
	struct gh_vcpu_run *run = self->vm.run[0];
	struct gh_vm_status status;
	unsigned int i;

	vm_program(&self->vm, 0,
		   G_READ(GUEST_LOAD_32, MMIO, 0x11223344),
		   G_READ(GUEST_LOAD_32, MMIO + 4, 0x55667788),
		   G_WRITE(4, MMIO + 8, 1),
		   G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));

	/* It keeps the vCPU from running at all */
	run->immediate_exit = 1;
	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(EINTR, gh_vcpu_run(self->vm.vcpu[0]));
	run->immediate_exit = 0;
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	EXPECT_EQ(MMIO, run->mmio.phys_addr);

	/* It can complete a read: the answer is consumed exactly once */
	mmio_answer(run, 0x11223344);
	run->immediate_exit = 1;
	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(EINTR, gh_vcpu_run(self->vm.vcpu[0]));
	run->immediate_exit = 0;
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	EXPECT_EQ(MMIO + 4, run->mmio.phys_addr);
	EXPECT_EQ(0, run->mmio.is_write);

	/* Every value but 0 counts */
	mmio_answer(run, 0x55667788);
	run->immediate_exit = 0x80;
	EXPECT_ERRNO(EINTR, gh_vcpu_run(self->vm.vcpu[0]));
	run->immediate_exit = 0;
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	EXPECT_EQ(1, run->mmio.is_write);
	EXPECT_EQ(1, mmio_value(run));

	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* A run page full of garbage does no more than give wrong answers */
TEST_F_TIMEOUT(vcpu, hostile_run_page, VCPU_TIMEOUT)
{
	struct gh_vcpu_run *run = self->vm.run[0];
	struct gh_vm_status status;
	unsigned int i;

	vm_program(&self->vm, 0,
		   G_READ(GUEST_LOAD_64, MMIO, ~0ULL),
		   G_READ(GUEST_LOAD_8, MMIO, 0xff),
		   G_WRITE(4, MMIO, 1), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
		memset(run, 0xff, sysconf(_SC_PAGESIZE));
		run->immediate_exit = 0;
	}
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- signals ---- */

TEST_F_TIMEOUT(vcpu, signal_ends_run, VCPU_TIMEOUT)
{
	static const struct guest_op ops[] = { G_SPIN, G_SLEEP };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		/* The second vCPU is powered off: it waits for CPU_ON */
		struct runner first = {
			.vm = &self->vm, .cpu = 0, .keep_eintr = true,
		};
		struct runner second = {
			.vm = &self->vm, .cpu = 1, .keep_eintr = true,
		};

		vm_set_program(&self->vm, 0, &ops[i], 1);
		ASSERT_CALL(gh_start(self->vm.fd));
		ASSERT_CALL(runner_start(&first));
		ASSERT_CALL(runner_start(&second));
		EXPECT_EQ(EINTR, runner_stop(&first));
		EXPECT_EQ(EINTR, runner_stop(&second));
		vm_close(&self->vm);
		ASSERT_CALL(vm_build(&self->vm,
				     &(struct vm_config){ .cpus = 2 },
				     VM_HAS_VCPUS));
	}
}

TEST_F_TIMEOUT(vcpu, two_threads_on_one, VCPU_TIMEOUT)
{
	struct runner runners[2];
	unsigned int i;
	int ret;

	vm_program(&self->vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(self->vm.fd));
	for (i = 0; i < 2; i++) {
		runners[i] = (struct runner){
			.vm = &self->vm, .keep_eintr = true,
		};
		ASSERT_CALL(runner_start(&runners[i]));
	}
	for (i = 0; i < 2; i++) {
		ret = runner_stop(&runners[i]);
		EXPECT_TRUE(ret == EINTR || ret == EBUSY)
			TH_LOG("%s", strerror(ret));
	}
}

TEST_F_TIMEOUT(vcpu, two_threads_see_the_end, VCPU_TIMEOUT)
{
	struct runner runners[2];
	struct gh_vm_status status;
	unsigned int i;

	ASSERT_CALL(gh_start(self->vm.fd));
	for (i = 0; i < 2; i++) {
		runners[i] = (struct runner){ .vm = &self->vm };
		ASSERT_CALL(runner_start(&runners[i]));
	}
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, runner_join(&runners[i]));
}

TEST_F_TIMEOUT(vcpu, function_removed_while_running, VCPU_TIMEOUT)
{
	struct runner runner = { .vm = &self->vm, .keep_eintr = true };
	int ret;

	vm_program(&self->vm, 0, G_SLEEP);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(runner_start(&runner));
	EXPECT_EQ(0, gh_remove_vcpu(self->vm.fd, 0));
	/* It ends by itself, or by the signal */
	ret = runner_stop(&runner);
	EXPECT_TRUE(ret == ENODEV || ret == EINTR)
		TH_LOG("%s", strerror(ret));
	EXPECT_ERRNO(ENODEV, gh_vcpu_run(self->vm.vcpu[0]));
}

/* ---- wake-ups ---- */

TEST_F_TIMEOUT(vcpu, idle, VCPU_TIMEOUT)
{
	struct guest_op ops[31];
	struct gh_vm_status status;
	unsigned int i;

	/* From so short that it races with the sleep up to some milliseconds */
	for (i = 0; i < 30; i++)
		ops[i] = (struct guest_op)G_IDLE(1ULL << i % 18);
	ops[i] = (struct guest_op)G_OFF;
	vm_set_program(&self->vm, 0, ops, 31);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_run(&self->vm, 0, NULL, NULL));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

TEST_F_TIMEOUT(vcpu, sibling_wakes_and_ends, VCPU_TIMEOUT)
{
	struct gh_vm_status status;

	/* The second vCPU ends the VM while the first one sleeps */
	vm_program(&self->vm, 0, G_CPU_ON(1, VM_PROGRAM(1)), G_SLEEP);
	vm_program(&self->vm, 1, G_IDLE(100000), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_run_all(&self->vm, NULL, NULL));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- ends ---- */

TEST_F_TIMEOUT(vcpu, exit_is_sticky, VCPU_TIMEOUT)
{
	struct gh_vcpu_run *run;
	unsigned int i, cpu;

	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_run_all(&self->vm, NULL, NULL));
	for (cpu = 0; cpu < 2; cpu++) {
		run = self->vm.run[cpu];
		for (i = 0; i < 3; i++) {
			memset(run, 0, sizeof(*run));
			EXPECT_EQ(0, gh_vcpu_run(self->vm.vcpu[cpu]));
			EXPECT_EQ(GH_VCPU_EXIT_STATUS, run->exit_reason);
			EXPECT_EQ(GH_VM_STATUS_EXITED, run->status.status);
			EXPECT_EQ(GH_VM_EXIT_PLATFORM_OFF,
				  run->status.exit_info.type);
			EXPECT_EQ(4, run->status.exit_info.reason_size);
			EXPECT_TRUE(all_zero(run->status.exit_info.reason, 4));
		}
	}
}

FIXTURE(exit)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_VARIANT(exit)
{
	struct vm_config cfg;
	struct guest_op op;
	unsigned int type;
	unsigned int status;
};

#define COOKIE	0x1122334455667788ULL

FIXTURE_VARIANT_ADD(exit, off)
{
	.op = G_OFF,
	.type = GH_VM_EXIT_PLATFORM_OFF,
	.status = GH_VM_STATUS_EXITED,
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(exit, reset)
{
	.op = G_RESET,
	.type = GH_VM_EXIT_PLATFORM_RESET,
	.status = GH_VM_STATUS_EXITED,
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(exit, reset2)
{
	.op = G_RESET2(0x80000001, COOKIE),
	.type = GH_VM_EXIT_PLATFORM_RESET2,
	.status = GH_VM_STATUS_EXITED,
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(exit, fault)
{
	.op = G_FAULT,
	.type = GH_VM_EXIT_SW_ERROR,
	.status = GH_VM_STATUS_CRASHED,
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(exit, no_memory)
{
	.op = G_WRITE(8, NO_MEMORY, 1),
	.type = GH_VM_EXIT_SW_ERROR,
	.status = GH_VM_STATUS_CRASHED,
	.cfg = { .cpus = 2 },
};

FIXTURE_VARIANT_ADD(exit, scheduled_off)
{
	.op = G_OFF,
	.type = GH_VM_EXIT_PLATFORM_OFF,
	.status = GH_VM_STATUS_EXITED,
	.cfg = { .scheduled = true },
};

FIXTURE_VARIANT_ADD(exit, scheduled_reset)
{
	.op = G_RESET,
	.type = GH_VM_EXIT_PLATFORM_RESET,
	.status = GH_VM_STATUS_EXITED,
	.cfg = { .scheduled = true },
};

FIXTURE_VARIANT_ADD(exit, scheduled_reset2)
{
	.op = G_RESET2(0x80000001, COOKIE),
	.type = GH_VM_EXIT_PLATFORM_RESET2,
	.status = GH_VM_STATUS_EXITED,
	.cfg = { .scheduled = true },
};

FIXTURE_VARIANT_ADD(exit, scheduled_fault)
{
	.op = G_FAULT,
	.type = GH_VM_EXIT_SW_ERROR,
	.status = GH_VM_STATUS_CRASHED,
	.cfg = { .scheduled = true },
};

FIXTURE_SETUP(exit)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &variant->cfg,
			     VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(exit)
{
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(exit, reported, VCPU_TIMEOUT)
{
	struct gh_vcpu_run *run = self->vm.run[0];
	struct gh_vm_status status;
	bool noticed = true;
	__u32 reason[4];

	vm_set_program(&self->vm, 0, &variant->op, 1);
	ASSERT_CALL(gh_start(self->vm.fd));
	if (variant->type == GH_VM_EXIT_SW_ERROR)
		ASSERT_CALL(vm_finish_faulting(&self->vm, &status, &noticed));
	else
		ASSERT_CALL(vm_finish(&self->vm, &status));
	if (!noticed) {
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_FORCED_STOP));
		return;
	}
	EXPECT_TRUE(vm_ended(&status, variant->type));

	memcpy(reason, status.reason, sizeof(reason));
	if (variant->type == GH_VM_EXIT_PLATFORM_RESET2) {
		EXPECT_EQ(16, status.reason_size);
		EXPECT_EQ(0x8000, le32toh(reason[0]) & 0xffff);
		EXPECT_EQ(0x80000001, le32toh(reason[1]));
		EXPECT_EQ((__u32)COOKIE, le32toh(reason[2]));
		EXPECT_EQ((__u32)(COOKIE >> 32), le32toh(reason[3]));
	} else {
		EXPECT_EQ(4, status.reason_size);
		EXPECT_TRUE(all_zero(status.reason + 4, 12));
	}

	/* The run page says the same, whoever schedules the VM */
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
	EXPECT_EQ(variant->status, run->status.status);
	EXPECT_EQ(variant->type, run->status.exit_info.type);
	EXPECT_EQ(status.reason_size, run->status.exit_info.reason_size);
	EXPECT_EQ(0, memcmp(status.reason, run->status.exit_info.reason,
			    GH_VM_MAX_EXIT_REASON_SIZE));
}

TEST(hypervisor_schedules)
{
	struct vm_config cfg = { .scheduled = true };
	struct vm vm;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &cfg);
	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_HAS_VCPUS));
	vm_program(&vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(vm.fd));
	EXPECT_ERRNO(EBUSY, gh_vcpu_run(vm.vcpu[0]));
	vm_close(&vm);
}

TEST_F_TIMEOUT(vcpu, guest_hypercalls, VCPU_TIMEOUT)
{
	struct guest_op ops[] = {
		/* Identify; a number that does not exist; PSCI's version */
		G_HVC(0xc6008000, 0, 0x5100000000008001),
		G_HVC(0xc600807f, 0, ~0ULL),
		G_HVC(0x84000000, 0, 0x10001),
		/* A capability that it lacks; other firmware differs */
		G_HVC(0xc6008000 | HVC_VCPU_RUN, 0x7fffffff, 1),
		G_OFF,
	};
	struct gh_vm_status status;

	if (!testctl_present())
		ops[3] = ops[4];
	vm_set_program(&self->vm, 0, ops, ARRAY_SIZE(ops));
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_run(&self->vm, 0, NULL, NULL));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

GUNYAH_TEST_MAIN
