// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts that the driver refuses before it asks the resource manager, which
 * would die of them or refuse them for good. The VM stays as it is, and starts
 * once the cause is gone.
 */
#include <poll.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define REFUSE_TIMEOUT	120

/* The label of the image in messages to the resource manager */
#define IMAGE_PARCEL	0

static const struct dtb_bell bell = { 0x21, 33 };

FIXTURE(refuse)
{
	struct leak_state leak;
	struct vm vm;
	struct param allow;
	unsigned char *mem;
};

FIXTURE_VARIANT(refuse)
{
	struct vm_config cfg;
	int error;
	__u32 reason;
	bool second_image;	/* a region with the label of the image */
};

FIXTURE_VARIANT_ADD(refuse, relative_generate)
{
	.cfg = {
		.defect = DTB_RELATIVE_GENERATE,
		.num_bells = 1,
		.bells = &bell,
	},
	.error = EINVAL,
	.reason = GH_VM_START_REASON_DTB_UNSAFE,
};

FIXTURE_VARIANT_ADD(refuse, deep_nodes)
{
	.cfg = { .defect = DTB_DEEP },
	.error = EINVAL,
	.reason = GH_VM_START_REASON_DTB_UNSAFE,
};

FIXTURE_VARIANT_ADD(refuse, many_vdevices)
{
	.cfg = { .defect = DTB_MANY_VDEVICES },
	.error = EINVAL,
	.reason = GH_VM_START_REASON_DTB_UNSAFE,
};

FIXTURE_VARIANT_ADD(refuse, label_of_image_shared)
{
	.error = EEXIST,
	.reason = GH_VM_START_REASON_LABEL_ZERO,
	.second_image = true,
};

FIXTURE_VARIANT_ADD(refuse, label_of_image_lent)
{
	.cfg = { .shm_lent = true },
	.error = EEXIST,
	.reason = GH_VM_START_REASON_LABEL_ZERO,
	.second_image = true,
};

FIXTURE_VARIANT_ADD(refuse, scheduled)
{
	.cfg = { .scheduled = true },
	.error = EOPNOTSUPP,
	.reason = GH_VM_START_REASON_STATIC_VCPUS,
};

FIXTURE_VARIANT_ADD(refuse, scheduled_with_channel)
{
	.cfg = { .cpus = 2, .scheduled = true, .rm_rpc = true },
	.error = EOPNOTSUPP,
	.reason = GH_VM_START_REASON_STATIC_VCPUS,
};

FIXTURE_SETUP(refuse)
{
	SKIP_WITHOUT_GUNYAH(return);
	self->mem = alloc_mem(GUEST_SHM_SIZE);
	ASSERT_NE(NULL, self->mem);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &variant->cfg,
			     VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(refuse)
{
	vm_close(&self->vm);
	param_restore(&self->allow);
	munmap(self->mem, GUEST_SHM_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* Nothing was sent, and the VM is as it was */
static void expect_refused(struct __test_metadata *_metadata, struct vm *vm,
			   int error, __u32 reason)
{
	struct pollfd pfd = { .fd = vm->fd, .events = POLLIN };
	struct gh_vm_status status;
	struct leak_state before;
	__u64 requests = 0;
	unsigned int i;

	leak_read(&before);
	if (testctl_present())
		requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(error, gh_start(vm->fd));
	if (testctl_present())
		EXPECT_EQ(requests, testctl_read(GH_TESTCTL_RM_REQUESTS));
	EXPECT_TRUE(leak_check(&before, 0));
	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	EXPECT_EQ(GH_VM_START_STEP_NONE, status.start_step);
	EXPECT_EQ(0, status.start_errno);
	EXPECT_EQ(0, status.rm_error);
	EXPECT_EQ(reason, status.start_reason);
	EXPECT_EQ(IMAGE_PARCEL, status.start_label);
	EXPECT_EQ(0, status.vmid);
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_ERRNO(ENODEV, gh_vcpu_run(vm->vcpu[0]));
}

TEST_F_TIMEOUT(refuse, then_start, REFUSE_TIMEOUT)
{
	__u32 lent = variant->cfg.shm_lent ? GH_MEM_LENT : 0;
	struct gh_vm_status status;
	struct vm *vm = &self->vm;

	if (variant->second_image)
		ASSERT_CALL(gh_set_region(vm->fd, IMAGE_PARCEL, MEM_RWX | lent,
					  GUEST_SHM_BASE, GUEST_SHM_SIZE,
					  self->mem));
	if (variant->cfg.scheduled)
		ASSERT_CALL(param_set(&self->allow, STATIC_PARAM, "N"));
	expect_refused(_metadata, vm, variant->error, variant->reason);
	/* Other VMs can start meanwhile */
	EXPECT_EQ(0, vm_one_life());

	if (variant->second_image)
		ASSERT_CALL(gh_remove_region(vm->fd, IMAGE_PARCEL));
	if (variant->cfg.scheduled)
		ASSERT_CALL(param_set(&self->allow, STATIC_PARAM, "Y"));
	/* Not all firmware survives what the user can allow */
	if (vm_impossible(&variant->cfg))
		return;
	vm->cfg.defect = DTB_GOOD;
	ASSERT_CALL(vm_add_dtb(vm));
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_CALL(vm_finish(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(GH_VM_START_REASON_NONE, status.start_reason);
}

GUNYAH_TEST_MAIN
