// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sixty VMs at once, and attempts to unload the module beside them
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define MANY_TIMEOUT	900

/*
 * The firmware has 63 VMIDs to give, and the host can have 64 parcels. So each of
 * them has one region.
 */
#define MANY		60
#define VMIDS		63

#define MMIO		0x10000ULL

/* Ticks of a nap, some 50 ms: others want to run, too */
#define NAP		0x300000

#define LOADS		10

/**
 * struct guest - one of many VMs
 * @vm: the VM
 * @runner: runs its vCPU, unless the hypervisor does
 * @exits: exits of its vCPU so far
 * @running: @runner was started
 */
struct guest {
	struct vm vm;
	struct runner runner;
	__u64 exits;
	bool running;
};

FIXTURE(many)
{
	struct leak_state leak;
	struct guest guests[VMIDS + 1];
	bool shares;		/* images can be shared */
	bool schedules;		/* the hypervisor can schedule vCPUs */
	int module;		/* -1: it cannot be unloaded */
	pthread_t thread;
	bool stop;
	unsigned int attempts;
	int unloaded;		/* error of an attempt that is not EAGAIN */
};

/*
 * Nobody unloads the module as long as there is a VM. That of the platform could go
 * between the time when a start has loaded it and when it is used.
 */
static void *unload_main(void *data)
{
	struct _test_data_many *self = data;

	while (!__atomic_load_n(&self->stop, __ATOMIC_RELAXED)) {
		if (!driver_unload())
			self->unloaded = -1;
		else if (errno != EAGAIN)
			self->unloaded = errno;
		self->attempts++;
		usleep(2000);
	}
	return NULL;
}

FIXTURE_SETUP(many)
{
	const struct vm_config shared = { .shared = true };
	const struct vm_config scheduled = { .scheduled = true };
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	for (i = 0; i <= VMIDS; i++)
		vm_init(&self->guests[i].vm);
	self->shares = !vm_impossible(&shared);
	self->schedules = !vm_impossible(&scheduled);
	self->module = module_is_loaded() ? module_open() : -1;
	leak_read(&self->leak);
}

static void end_guest(struct guest *guest)
{
	if (guest->running)
		runner_stop(&guest->runner);
	guest->running = false;
	vm_close(&guest->vm);
}

FIXTURE_TEARDOWN(many)
{
	unsigned int i;

	for (i = 0; i <= VMIDS; i++)
		end_guest(&self->guests[i]);
	if (self->module >= 0 && !module_is_loaded())
		EXPECT_EQ(0, module_load(self->module));
	close(self->module);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(0, vm_one_life());
}

static int count_exit(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	__atomic_fetch_add((__u64 *)data, 1, __ATOMIC_RELAXED);
	return 0;
}

/* Every third VM is shared, and every third one scheduled by the hypervisor */
static int build_guest(struct _test_data_many *self, unsigned int i)
{
	struct guest *guest = &self->guests[i];
	struct vm *vm = &guest->vm;
	const struct vm_config cfg = {
		.shared = self->shares && i % 3,
		.scheduled = self->shares && self->schedules && i % 3 == 2,
	};

	if (vm_build(vm, &cfg, VM_HAS_VCPUS))
		return -1;
	vm_program(vm, 0, G_IDLE(NAP), G_TIME(GUEST_BASE + GUEST_DATA),
		   G_JUMP(VM_PROGRAM(0)));
	if (!cfg.scheduled)
		vm_program(vm, 0, G_IDLE(NAP), G_WRITE(4, MMIO, 1),
			   G_JUMP(VM_PROGRAM(0)));
	return 0;
}

static int start_guest(struct guest *guest)
{
	if (gh_start(guest->vm.fd))
		return -1;
	if (guest->vm.cfg.scheduled)
		return 0;
	guest->runner = (struct runner){
		.vm = &guest->vm, .fn = count_exit, .data = &guest->exits,
		.keep_eintr = true,
	};
	if (runner_start(&guest->runner))
		return -1;
	guest->running = true;
	return 0;
}

/* What a guest changes as long as it runs */
static __u64 trace_of(const struct guest *guest)
{
	const __u64 *word = &guest->exits;

	if (guest->vm.cfg.scheduled)
		word = (const __u64 *)(guest->vm.mem + GUEST_DATA);
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

struct traces {
	const struct guest *guests;
	unsigned int num;
	__u64 from[VMIDS];
};

static bool all_run(void *data)
{
	const struct traces *traces = data;
	unsigned int i;

	for (i = 0; i < traces->num; i++)
		if (traces->guests[i].vm.fd >= 0 &&
		    trace_of(&traces->guests[i]) == traces->from[i])
			return false;
	return true;
}

/* Each of those that are there gets on while all others do */
static bool wait_all_run(const struct guest *guests, unsigned int num)
{
	struct traces traces = { .guests = guests, .num = num };
	unsigned int i;

	for (i = 0; i < num; i++)
		if (guests[i].vm.fd >= 0)
			traces.from[i] = trace_of(&guests[i]);
	return wait_until(all_run, &traces, LONG_MS);
}

static void begin_unloading(struct __test_metadata *_metadata,
			    struct _test_data_many *self)
{
	self->stop = false;
	if (self->module >= 0)
		ASSERT_EQ(0, pthread_create(&self->thread, NULL, unload_main,
					    self));
}

static void end_unloading(struct __test_metadata *_metadata,
			  struct _test_data_many *self)
{
	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	if (self->module < 0)
		return;
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->unloaded);
	EXPECT_LT(0, self->attempts);
}

TEST_F_TIMEOUT(many, at_once, MANY_TIMEOUT)
{
	struct guest *guests = self->guests;
	unsigned int i;

	catch_sigusr1();
	ASSERT_CALL(build_guest(self, 0));
	begin_unloading(_metadata, self);
	for (i = 1; i < MANY; i++)
		ASSERT_CALL(build_guest(self, i));
	for (i = 0; i < MANY; i++)
		ASSERT_CALL(start_guest(&guests[i]));
	EXPECT_TRUE(wait_all_run(guests, MANY));
	EXPECT_TRUE(wait_all_run(guests, MANY));

	/* Some are stopped, some closed: the others do not notice */
	for (i = 1; i < MANY; i += 2) {
		if (i % 3 == 0)
			EXPECT_CALL(gh_stop(guests[i].vm.fd, GH_VM_STOP_FORCE));
		end_guest(&guests[i]);
	}
	EXPECT_TRUE(wait_all_run(guests, MANY));
	/* New ones take their place */
	for (i = 1; i < MANY; i += 2) {
		ASSERT_CALL(build_guest(self, i));
		ASSERT_CALL(start_guest(&guests[i]));
	}
	EXPECT_TRUE(wait_all_run(guests, MANY));
	for (i = MANY - 1; i > 0; i--)
		end_guest(&guests[i]);
	end_unloading(_metadata, self);
}

/* The first one for which the firmware has no VMID is refused, and only that */
TEST_F_TIMEOUT(many, limit, MANY_TIMEOUT)
{
	struct guest *guests = self->guests;
	struct gh_vm_status status;
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	catch_sigusr1();
	for (i = 0; i <= VMIDS; i++)
		ASSERT_CALL(build_guest(self, i));
	for (i = 0; i < VMIDS; i++)
		ASSERT_CALL(start_guest(&guests[i]));
	EXPECT_ERRNO(ENODEV, gh_start(guests[VMIDS].vm.fd));
	ASSERT_CALL(gh_status(guests[VMIDS].vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(GH_VM_START_STEP_VMID, status.start_step);
	EXPECT_EQ(RM_ERR_NORESOURCE, status.rm_error);
	EXPECT_TRUE(wait_all_run(guests, VMIDS));

	/* One goes, so there is a VMID for another one */
	end_guest(&guests[VMIDS]);
	end_guest(&guests[5]);
	ASSERT_CALL(build_guest(self, 5));
	ASSERT_CALL(start_guest(&guests[5]));
	EXPECT_TRUE(wait_all_run(guests, VMIDS));
}

/* Loaded and unloaded again and again: busy with a VM, gone without */
TEST_F_TIMEOUT(many, loads, MANY_TIMEOUT)
{
	unsigned int n, loads = test_is_long() ? 100 * LOADS : LOADS;
	struct vm *vm = &self->guests[0].vm;
	const struct vm_config cfg = {};

	if (self->module < 0)
		SKIP(return, "the driver is not a module");
	for (n = 0; n < loads; n++) {
		ASSERT_CALL(vm_build(vm, &cfg, n % 5));
		EXPECT_ERRNO(EAGAIN, module_unload());
		vm_close(vm);
		ASSERT_EQ(0, module_unload());
		ASSERT_FALSE(gunyah_present());
		ASSERT_EQ(0, module_load(self->module));
		EXPECT_EQ(0, vm_one_life());
	}
}

GUNYAH_TEST_MAIN
