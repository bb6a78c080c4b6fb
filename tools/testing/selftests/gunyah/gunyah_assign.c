// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs on a platform whose secure firmware has to be told who gets memory
 *
 * Everything here needs the test hypervisor with gunyah_hyp.platform=qcom. It
 * refuses parcels whose memory is not assigned to those who get it.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "remote.h"
#include "testctl.h"

/* A region that is added, and where the guest maps it */
#define MORE_LABEL	77
#define MORE_GPA	0x140000000ULL
#define MORE_SIZE	0x40000
#define MEM_RW		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

/* The firmware's pages */
#define PAGES(size)	((size) / 4096)

#define MODPROBE_PARAM	"/proc/sys/kernel/modprobe"

#define HOST_DATA	0x1234567812345678ULL

/* An end that the firmware's refusals delay takes less */
#define END_MS		10000

FIXTURE(assign)
{
	struct leak_state leak;
	struct vm vm;
	void *scattered;
	struct param modprobe;
	bool keeps;		/* the firmware keeps something for good */
};

FIXTURE_SETUP(assign)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	if (!hyp_word(PLATFORM_WORD))
		SKIP(return, "without " PLATFORM_WORD);
	ASSERT_CALL(message_setup(&self->vm, &self->leak, &self->scattered));
}

FIXTURE_TEARDOWN(assign)
{
	param_restore(&self->modprobe);
	testctl_reset();
	vm_close(&self->vm);
	if (self->keeps)
		leak_read(&self->leak);
	EXPECT_EQ(0, vm_one_life());
	munmap(self->scattered, append_size());
	if (self->keeps) {
		EXPECT_EQ(self->leak.counters[LEAK_PAGES_ASSIGNED],
			  testctl_read(GH_TESTCTL_PAGES_ASSIGNED));
	} else {
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	}
}

/* Pages that are assigned to VMs, more than before the test */
static __u64 assigned(const struct leak_state *leak)
{
	return testctl_read(GH_TESTCTL_PAGES_ASSIGNED) -
	       leak->counters[LEAK_PAGES_ASSIGNED];
}

/* ---- all is well ---- */

static const struct vm_config good_configs[] = {
	{},
	{ .shared = true },
	{ .shm_size = GUEST_SHM_SIZE },
	{ .shm_size = GUEST_SHM_SIZE, .shm_lent = true },
	{ .shared = true, .shm_size = GUEST_SHM_SIZE },
};

/* From the start of a VM to its end the firmware knows what it has */
TEST_F_TIMEOUT(assign, lives, FAULT_TIMEOUT)
{
	struct gh_vm_status status;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good_configs); i++) {
		const struct vm_config *cfg = &good_configs[i];

		if (vm_impossible(cfg))
			continue;
		ASSERT_CALL(vm_build(&self->vm, cfg, VM_HAS_VCPUS));
		EXPECT_EQ(0, assigned(&self->leak));
		ASSERT_CALL(gh_start(self->vm.fd));
		EXPECT_EQ(PAGES(GUEST_SIZE + cfg->shm_size),
			  assigned(&self->leak));
		ASSERT_CALL(vm_finish(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		vm_close(&self->vm);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS))
			TH_LOG("configuration %u", i);
	}
}

/* So many runs that their list needs several messages and pages */
TEST_F_TIMEOUT(assign, many_runs, FAULT_TIMEOUT)
{
	struct vm_config cfg = {
		.shm_mem = self->scattered, .shm_size = append_size(),
	};
	size_t runs = count_runs(self->scattered, append_size());
	struct gh_vm_status status;
	__u64 calls;

	if (!runs)
		SKIP(return, "the number of runs cannot be known");
	calls = testctl_read(GH_TESTCTL_SCM_ASSIGNS);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	EXPECT_EQ(PAGES(GUEST_SIZE + append_size()), assigned(&self->leak));
	EXPECT_LE(runs, testctl_read(GH_TESTCTL_SCM_ASSIGNS) - calls);
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* Rights of the VM that the host does not have in common with it */
TEST_F_TIMEOUT(assign, rights, FAULT_TIMEOUT)
{
	static const __u32 flags[] = {
		GH_MEM_ALLOW_READ, MEM_RW, MEM_RWX,
		GH_MEM_ALLOW_READ | GH_MEM_ALLOW_EXEC,
	};
	struct vm_config cfg = {};
	struct gh_vm_status status;
	unsigned char *mem;
	unsigned int i;

	mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, mem);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
		ASSERT_CALL(gh_set_region(self->vm.fd, MORE_LABEL, flags[i],
					  MORE_GPA, MORE_SIZE, mem));
		ASSERT_CALL(gh_start(self->vm.fd));
		/* The host shares it, so it can use all of it */
		pattern_fill(mem, MORE_SIZE, i);
		EXPECT_TRUE(pattern_check(mem, MORE_SIZE, i));
		ASSERT_CALL(vm_finish(&self->vm, &status));
		vm_close(&self->vm);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS));
	}
	munmap(mem, MORE_SIZE);
}

/* For the secure firmware they are the same owner */
TEST_F_TIMEOUT(assign, two_vms, FAULT_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	struct gh_vm_status status;
	struct vm other;

	vm_init(&other);
	ASSERT_CALL(vm_build(&other, &cfg, VM_STARTED));
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	EXPECT_EQ(2 * PAGES(GUEST_SIZE + GUEST_SHM_SIZE),
		  assigned(&self->leak));
	EXPECT_CALL(vm_finish(&other, &status));
	vm_close(&other);
	EXPECT_EQ(PAGES(GUEST_SIZE + GUEST_SHM_SIZE), assigned(&self->leak));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* What another VM has is neither assigned once more, nor back to the host */
TEST_F_TIMEOUT(assign, shared_twice, FAULT_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = append_size() };
	struct gh_vm_status status;
	struct vm other;

	vm_init(&other);
	cfg.shm_mem = self->scattered;
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_build(&other, &cfg, VM_HAS_VCPUS));
	EXPECT_ERRNO(EINVAL, gh_start(other.fd));
	vm_close(&other);
	EXPECT_EQ(PAGES(GUEST_SIZE + append_size()), assigned(&self->leak));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* ---- memory that comes while the VM runs ---- */

static int add_more(int fd, __u32 flags, void *mem)
{
	return gh_set_region(fd, MORE_LABEL, MEM_RW | flags, MORE_GPA,
			     MORE_SIZE, mem);
}

static __u32 more_state(int fd)
{
	struct gh_vm_region region = { .label = MORE_LABEL };

	return ioctl(fd, GH_VM_GET_REGION, &region) ? ~0U : region.state;
}

FIXTURE(more)
{
	struct leak_state leak;
	struct remote remote;
	unsigned char *mem;
};

FIXTURE_VARIANT(more)
{
	__u32 flags;
};

FIXTURE_VARIANT_ADD(more, shared)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(more, lent)
{
	.flags = GH_MEM_LENT,
};

FIXTURE_SETUP(more)
{
	struct vm_config cfg = { .rm_rpc = true };

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	if (!hyp_word(PLATFORM_WORD))
		SKIP(return, "without " PLATFORM_WORD);
	self->mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, self->mem);
	ASSERT_CALL(remote_setup(&self->remote, &self->leak, &cfg));
}

FIXTURE_TEARDOWN(more)
{
	testctl_reset();
	remote_close(&self->remote);
	munmap(self->mem, MORE_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

TEST_F_TIMEOUT(more, use, FAULT_TIMEOUT)
{
	struct remote *r = &self->remote;
	__u64 before = assigned(&self->leak);
	struct remote_parcel parcel;
	__u32 error;
	int round;

	for (round = 1; round <= 2; round++) {
		pattern_fill(self->mem, MORE_SIZE, round);
		ASSERT_CALL(add_more(r->vm.fd, variant->flags, self->mem));
		EXPECT_EQ(before + PAGES(MORE_SIZE), assigned(&self->leak));
		ASSERT_CALL(remote_offer(r, &parcel));
		ASSERT_CALL(remote_accept(r, &parcel, MORE_GPA, MORE_SIZE,
					  &error));
		ASSERT_EQ(0, error);
		ASSERT_CALL(remote_ops(r, G_CHECK(MORE_GPA, MORE_SIZE, round),
				       G_FILL(MORE_GPA, MORE_SIZE, 100)));

		/* Not assigned back while the guest has it */
		EXPECT_ERRNO(EBUSY, gh_remove_region(r->vm.fd, MORE_LABEL));
		EXPECT_EQ(before + PAGES(MORE_SIZE), assigned(&self->leak));
		ASSERT_CALL(remote_release(r, &parcel, &error));
		ASSERT_EQ(0, error);
		EXPECT_CALL(gh_remove_region(r->vm.fd, MORE_LABEL));
		EXPECT_EQ(before, assigned(&self->leak));
		EXPECT_TRUE(variant->flags ?
			    all_zero(self->mem, MORE_SIZE) :
			    pattern_check(self->mem, MORE_SIZE, 100));
	}
}

/* A refusal is as if the memory had never been offered */
TEST_F_TIMEOUT(more, refused, FAULT_TIMEOUT)
{
	struct remote *r = &self->remote;
	__u64 before = assigned(&self->leak);

	testctl_scm_fault(GH_TESTCTL_SCM_AWAY, 1, true, SCM_ERR_ARGUMENT);
	pattern_fill(self->mem, MORE_SIZE, HOST_DATA);
	EXPECT_ERRNO(EINVAL, add_more(r->vm.fd, variant->flags, self->mem));
	EXPECT_EQ(before, assigned(&self->leak));
	EXPECT_EQ(~0U, more_state(r->vm.fd));
	EXPECT_TRUE(pattern_check(self->mem, MORE_SIZE, HOST_DATA));
	testctl_reset();
	EXPECT_CALL(add_more(r->vm.fd, variant->flags, self->mem));
	EXPECT_EQ(before + PAGES(MORE_SIZE), assigned(&self->leak));
}

/* It is lost until a removal finds the firmware willing */
TEST_F_TIMEOUT(more, kept, FAULT_TIMEOUT)
{
	int fd = self->remote.vm.fd;
	__u64 before = assigned(&self->leak);

	pattern_fill(self->mem, MORE_SIZE, HOST_DATA);
	ASSERT_CALL(add_more(fd, variant->flags, self->mem));
	EXPECT_EQ(GH_REGION_GIVEN, more_state(fd));
	testctl_scm_fault(GH_TESTCTL_SCM_BACK, 1, true, SCM_ERR_ARGUMENT);
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));
	EXPECT_EQ(GH_REGION_LOST, more_state(fd));
	EXPECT_EQ(before + PAGES(MORE_SIZE), assigned(&self->leak));
	if (variant->flags)
		EXPECT_TRUE(lent_is_closed(self->mem, MORE_SIZE));
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));

	testctl_reset();
	EXPECT_CALL(gh_remove_region(fd, MORE_LABEL));
	EXPECT_EQ(before, assigned(&self->leak));
}

/* ---- the firmware does not assign memory ---- */

static const struct {
	int code;
	int error;
} codes[] = {
	{ SCM_ERR, EIO },
	/* What firmware says that has other owners for the memory */
	{ SCM_ERR_ARGUMENT, EINVAL },
	{ SCM_ERR_ADDRESS, EINVAL },
	{ SCM_ERR_UNSUPPORTED, EIO },
	{ SCM_ERR_NOMEM, ENOMEM },
	{ SCM_ERR_BUSY, EIO },
	{ SCM_RESULT, EIO },
};

static void start_refused(struct __test_metadata *_metadata,
			  struct _test_data_assign *self, unsigned int nth,
			  int code, int error)
{
	struct vm_config cfg = {
		.shm_mem = self->scattered, .shm_size = append_size(),
	};
	__u64 hits = testctl_read(GH_TESTCTL_SCM_HITS);
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	pattern_fill(self->vm.mem + GUEST_FREE, GUEST_SIZE - GUEST_FREE,
		     HOST_DATA);
	testctl_scm_fault(GH_TESTCTL_SCM_AWAY, nth, code == SCM_ERR_BUSY, code);
	EXPECT_ERRNO(error, gh_start(self->vm.fd));
	EXPECT_ERRNO(error, gh_start(self->vm.fd));
	EXPECT_LT(hits, testctl_read(GH_TESTCTL_SCM_HITS));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(error, status.start_errno);
	EXPECT_EQ(GH_VM_START_STEP_MEMORY, status.start_step);
	EXPECT_EQ(0, status.rm_error);
	/* Everything is the host's again, with its content */
	EXPECT_EQ(0, assigned(&self->leak));
	EXPECT_TRUE(pattern_check(self->vm.mem + GUEST_FREE,
				  GUEST_SIZE - GUEST_FREE, HOST_DATA));
	vm_close(&self->vm);
	ASSERT_TRUE(leak_check(&self->leak, BACK_MS))
		TH_LOG("request %u code %d", nth, code);
	testctl_reset();
}

TEST_F_TIMEOUT(assign, refused, FAULT_TIMEOUT)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		start_refused(_metadata, self, 1, codes[i].code,
			      codes[i].error);
}

/* In the middle, where what was done has to be undone */
TEST_F_TIMEOUT(assign, refused_late, FAULT_TIMEOUT)
{
	static const unsigned int nths[] = { 2, 3, 4, 100, 256, 512, 600 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nths); i++)
		start_refused(_metadata, self, nths[i], SCM_ERR_ARGUMENT,
			      EINVAL);
}

/* ---- the resource manager refuses what was assigned ---- */

static const struct message refusals[] = {
	{ RM_MEM_LEND_MSG },
	{ RM_MEM_LEND_MSG, { .shm_size = GUEST_SHM_SIZE, .shm_lent = true },
	  .nth = 2 },
	{ RM_MEM_SHARE_MSG, { .shm_size = GUEST_SHM_SIZE } },
	{ RM_MEM_APPEND_MSG, .scattered = true },
	{ RM_VM_CONFIG_IMAGE_MSG },
	{ RM_VM_START_MSG, { .shm_size = GUEST_SHM_SIZE } },
};

TEST_F_TIMEOUT(assign, not_taken, FAULT_TIMEOUT)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct message *msg = &refusals[i];

		ASSERT_CALL(message_build(&self->vm, msg, self->scattered));
		message_fault(msg, RM_FAULT_FAIL, RM_ERR_DENIED);
		EXPECT_ERRNO(EPERM, gh_start(self->vm.fd));
		EXPECT_EQ(0, assigned(&self->leak));
		vm_close(&self->vm);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS))
			TH_LOG("message %x", msg->id);
		testctl_reset();
	}
}

/* Nothing is assigned back that the resource manager does not give back */
TEST_F_TIMEOUT(assign, not_reclaimed, FAULT_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	__u64 calls;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	calls = testctl_read(GH_TESTCTL_SCM_ASSIGNS);
	testctl_fault_repeat(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1,
			     RM_ERR_BUSY);
	vm_close(&self->vm);
	EXPECT_EQ(calls, testctl_read(GH_TESTCTL_SCM_ASSIGNS));
	EXPECT_EQ(PAGES(GUEST_SIZE + GUEST_SHM_SIZE), assigned(&self->leak));
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

/* ---- the firmware does not assign memory back ---- */

/* Once, or a few times: it is asked again */
TEST_F_TIMEOUT(assign, back_later, FAULT_TIMEOUT)
{
	struct vm_config cfg = {
		.shm_mem = self->scattered, .shm_size = append_size(),
	};
	struct gh_vm_status status;
	unsigned int nth;

	for (nth = 1; nth < 600; nth += 299) {
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
		ASSERT_CALL(vm_finish(&self->vm, &status));
		testctl_scm_fault(GH_TESTCTL_SCM_BACK, nth, false,
				  SCM_ERR_ARGUMENT);
		vm_close(&self->vm);
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS));
		testctl_reset();
	}
}

/*
 * It is never used again, and nothing waits for it; what came back before is the
 * host's. Other VMs start and end.
 */
TEST_F_TIMEOUT(assign, never_back, FAULT_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	struct leak_state kept;
	struct gh_vm_status status;
	long long start;

	self->keeps = true;
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	testctl_scm_fault(GH_TESTCTL_SCM_BACK, 1, true, SCM_ERR_ARGUMENT);
	start = now_ms();
	vm_close(&self->vm);
	EXPECT_GT(limit_ms(END_MS), now_ms() - start);

	leak_read(&kept);
	EXPECT_EQ(PAGES(GUEST_SIZE + GUEST_SHM_SIZE), assigned(&self->leak));
	EXPECT_EQ(GUEST_SHM_SIZE / sysconf(_SC_PAGESIZE),
		  kept.pins - self->leak.pins);
	EXPECT_EQ(self->leak.taint, kept.taint);
	/* The resource manager has nothing of it */
	EXPECT_EQ(self->leak.counters[LEAK_VMIDS], kept.counters[LEAK_VMIDS]);
	EXPECT_EQ(self->leak.counters[LEAK_PARCELS],
		  kept.counters[LEAK_PARCELS]);

	/* Other VMs, and their memory is lost as well as long as this lasts */
	EXPECT_EQ(0, vm_one_life());
	EXPECT_EQ(PAGES(2 * GUEST_SIZE + GUEST_SHM_SIZE),
		  assigned(&self->leak));
	testctl_reset();
	leak_read(&kept);
	EXPECT_EQ(0, vm_one_life());
	EXPECT_TRUE(leak_check(&kept, BACK_MS));
}

/* What a start has done cannot be undone */
TEST_F_TIMEOUT(assign, not_undone, FAULT_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE, .shm_lent = true };
	struct gh_vm_status status;
	struct leak_state kept;

	self->keeps = true;
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	/* The image is assigned, the other region not */
	testctl_scm_fault(GH_TESTCTL_SCM_ANY, 2, true, SCM_ERR);
	EXPECT_ERRNO(EIO, gh_start(self->vm.fd));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(GH_VM_START_STEP_MEMORY, status.start_step);
	EXPECT_LT(0, assigned(&self->leak));
	EXPECT_TRUE(lent_is_closed(self->vm.mem, GUEST_SIZE));
	vm_close(&self->vm);
	EXPECT_LT(0, assigned(&self->leak));

	testctl_reset();
	leak_read(&kept);
	EXPECT_EQ(0, vm_one_life());
	EXPECT_TRUE(leak_check(&kept, BACK_MS));
}

/* ---- the platform's module ---- */

/* Without it a start is refused, and can be repeated; it is loaded if it can be */
TEST_F_TIMEOUT(assign, without_module, FAULT_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	struct gh_vm_status status;
	__u64 requests;
	int i;

	if (!module_is_loaded())
		SKIP(return, "the driver is not a module");
	ASSERT_EQ(0, vm_one_life());
	ASSERT_CALL(platform_unload());
	ASSERT_CALL(param_set(&self->modprobe, MODPROBE_PARAM, "/bin/false"));

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	pattern_fill(self->vm.mem + GUEST_FREE, GUEST_SIZE - GUEST_FREE,
		     HOST_DATA);
	requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	for (i = 0; i < 2; i++) {
		EXPECT_ERRNO(EOPNOTSUPP, gh_start(self->vm.fd));
		ASSERT_CALL(gh_status(self->vm.fd, &status));
		EXPECT_EQ(GH_VM_STATE_NEW, status.state);
		EXPECT_EQ(GH_VM_START_REASON_PLATFORM, status.start_reason);
		EXPECT_EQ(0, status.start_label);
	}
	EXPECT_EQ(requests, testctl_read(GH_TESTCTL_RM_REQUESTS));
	EXPECT_TRUE(pattern_check(self->vm.mem + GUEST_FREE,
				  GUEST_SIZE - GUEST_FREE, HOST_DATA));

	param_restore(&self->modprobe);
	EXPECT_CALL(gh_start(self->vm.fd));
	EXPECT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* It stays as long as a VM has memory */
TEST_F_TIMEOUT(assign, module_in_use, FAULT_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	struct gh_vm_status status;

	if (!module_is_loaded())
		SKIP(return, "the driver is not a module");
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	EXPECT_ERRNO(EAGAIN, platform_unload());
	EXPECT_ERRNO(EAGAIN, module_unload());
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_ERRNO(EAGAIN, platform_unload());
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_CALL(platform_unload());
}

GUNYAH_TEST_MAIN
