// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs that have no channel to the resource manager
 *
 * They cannot be notified. The published resource manager dies if it has to, so
 * that the driver must not ask for it.
 */
#include <poll.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define CHANNEL_TIMEOUT	120

/* Below 1 GiB accesses of proxy-scheduled vCPUs exit to the host */
#define MMIO		0x1000

#define MORE_LABEL	77
#define MORE_GPA	0x140000000ULL
#define MORE_SIZE	0x40000

FIXTURE(channel)
{
	struct leak_state leak;
	struct vm vm;
	unsigned char *mem;
	__u64 requests;
};

FIXTURE_VARIANT(channel)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(channel, none)
{
	.cfg = {},
};

/* Its devicetree has other virtual devices, but none that is a channel */
FIXTURE_VARIANT_ADD(channel, only_shm)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(channel, scheduled)
{
	.cfg = { .scheduled = true },
};

static __u64 requests(void)
{
	return testctl_present() ? testctl_read(GH_TESTCTL_RM_REQUESTS) : 0;
}

FIXTURE_SETUP(channel)
{
	struct vm *vm = &self->vm;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	self->mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, self->mem);
	ASSERT_CALL(vm_setup(vm, &self->leak, &variant->cfg, VM_HAS_VCPUS));
	if (variant->cfg.scheduled)
		vm_program(vm, 0, G_SPIN);
	else
		vm_program(vm, 0, G_WRITE(4, MMIO, 1), G_WRITE(4, MMIO, 2),
			   G_SPIN);
	ASSERT_CALL(gh_start(vm->fd));
	if (!variant->cfg.scheduled)
		ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	self->requests = requests();
}

FIXTURE_TEARDOWN(channel)
{
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
	munmap(self->mem, MORE_SIZE);
}

/* Nothing was sent, the resource manager is alive, and the VM goes on */
static void expect_untouched(struct __test_metadata *_metadata,
			     struct _test_data_channel *self)
{
	struct pollfd pfd = { .fd = self->vm.fd, .events = POLLIN };
	struct gh_vm_status status;

	EXPECT_EQ(self->requests, requests());
	EXPECT_EQ(0, vm_one_life());
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
	if (self->vm.cfg.scheduled)
		return;
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&self->vm, 0));
	EXPECT_EQ(2, mmio_value(self->vm.run[0]));
}

TEST_F_TIMEOUT(channel, stop, CHANNEL_TIMEOUT)
{
	struct gh_vm_status status;
	int fd = self->vm.fd;
	unsigned int i;

	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(ENOTCONN, gh_stop(fd, 0));
	expect_untouched(_metadata, self);

	/* Force needs no channel; a VM that has ended need not be asked */
	ASSERT_CALL(gh_stop(fd, GH_VM_STOP_FORCE));
	ASSERT_CALL(gh_status(fd, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_FORCED_STOP));
	EXPECT_EQ(0, gh_stop(fd, 0));
}

TEST_F_TIMEOUT(channel, memory, CHANNEL_TIMEOUT)
{
	static const __u32 flags[] = {
		GH_MEM_ALLOW_READ, MEM_RWX,
		GH_MEM_ALLOW_READ | GH_MEM_LENT, MEM_RWX | GH_MEM_LENT,
	};
	struct leak_state before;
	int fd = self->vm.fd;
	unsigned int i;

	leak_read(&before);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_ERRNO(ENOTCONN, gh_set_region(fd, MORE_LABEL, flags[i],
						     MORE_GPA, MORE_SIZE,
						     self->mem));
		/* Neither pinned nor charged, and the label is free */
		EXPECT_TRUE(leak_check(&before, 0));
		EXPECT_ERRNO(ENOENT, gh_remove_region(fd, MORE_LABEL));
	}
	expect_untouched(_metadata, self);
	EXPECT_EQ(0, gh_stop(fd, GH_VM_STOP_FORCE));
}

GUNYAH_TEST_MAIN
