// SPDX-License-Identifier: GPL-2.0-only
/*
 * Irqfds of Gunyah VMs that share a doorbell
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "testctl.h"

#define SHARE_TIMEOUT	120
#define LEVEL		GH_IRQFD_FLAGS_LEVEL

/* Eventfds that share the first doorbell; there is another one */
#define SHARERS		3
#define LABEL		20
#define OTHER		21
#define IRQ		40
/* No doorbell has it */
#define UNKNOWN		5

static const struct dtb_bell edge_bells[] = {
	{ .label = LABEL, .irq = IRQ }, { .label = OTHER, .irq = IRQ + 1 },
};

static const struct dtb_bell level_bells[] = {
	{ .label = LABEL, .irq = IRQ, .level = true },
	{ .label = OTHER, .irq = IRQ + 1, .level = true },
};

FIXTURE(share)
{
	struct leak_state leak;
	struct bells b;
	int fd[SHARERS];
};

FIXTURE_VARIANT(share)
{
	struct vm_config cfg;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(share, edge)
{
	.cfg = { .num_bells = 2, .bells = edge_bells },
};

FIXTURE_VARIANT_ADD(share, level)
{
	.cfg = { .num_bells = 2, .bells = level_bells },
	.flags = LEVEL,
};

FIXTURE_SETUP(share)
{
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
	catch_sigusr1();
	ASSERT_CALL(bells_build(&self->b, &variant->cfg));
	for (i = 0; i < SHARERS; i++) {
		self->fd[i] = new_eventfd(0);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(share)
{
	unsigned int i;

	bells_close(&self->b);
	for (i = 0; i < SHARERS; i++)
		close(self->fd[i]);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

static int remove_exactly(int vm, int fd, __u32 label)
{
	struct gh_fn_irqfd_arg arg = { .fd = fd, .label = label };

	return gh_remove_function(vm, GH_FN_IRQFD, sizeof(arg), &arg);
}

TEST_F(share, rules)
{
	int vm = self->b.vm.fd, *fd = self->fd;
	__u32 flags = variant->flags;
	struct gh_info info = {};
	int dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, dev);
	EXPECT_EQ(0, ioctl(dev, GH_GET_INFO, &info));
	close(dev);
	EXPECT_TRUE(info.features & GH_FEATURE_SHARED_IRQS);
	ASSERT_CALL(gh_add_irqfd(vm, fd[0], LABEL, flags));
	/* Neither the same again, nor one that is of another kind */
	EXPECT_ERRNO(EEXIST, gh_add_irqfd(vm, fd[0], LABEL, flags));
	EXPECT_ERRNO(EEXIST, gh_add_irqfd(vm, fd[0], LABEL, flags ^ LEVEL));
	EXPECT_ERRNO(EINVAL, gh_add_irqfd(vm, fd[1], LABEL, flags ^ LEVEL));
	ASSERT_CALL(gh_add_irqfd(vm, fd[1], LABEL, flags));
	EXPECT_ERRNO(EEXIST, gh_add_irqfd(vm, fd[1], LABEL, flags));
	ASSERT_CALL(gh_add_irqfd(vm, fd[1], OTHER, flags ^ LEVEL));

	/* By label and eventfd, or else the oldest with that label */
	EXPECT_EQ(0, remove_exactly(vm, fd[1], LABEL));
	EXPECT_ERRNO(EEXIST, gh_add_irqfd(vm, fd[0], LABEL, flags));
	ASSERT_CALL(gh_add_irqfd(vm, fd[1], LABEL, flags));
	EXPECT_EQ(0, remove_exactly(vm, -1, LABEL));
	ASSERT_CALL(gh_add_irqfd(vm, fd[0], LABEL, flags));
	EXPECT_EQ(0, remove_exactly(vm, fd[2], LABEL));
	EXPECT_ERRNO(EEXIST, gh_add_irqfd(vm, fd[0], LABEL, flags));
	EXPECT_EQ(0, remove_exactly(vm, fd[1], LABEL));
	EXPECT_ERRNO(ENOENT, remove_exactly(vm, fd[1], LABEL));
	/* Of another kind now that it is free */
	ASSERT_CALL(gh_add_irqfd(vm, fd[0], LABEL, flags ^ LEVEL));
}

/* A write reaches all labels of an eventfd at once, so there cannot be any number */
TEST_F(share, limit)
{
	int vm = self->b.vm.fd, *fd = self->fd;
	__u32 label;

	for (label = 0; label < 32; label++)
		ASSERT_CALL(gh_add_irqfd(vm, fd[0], label, variant->flags));
	EXPECT_ERRNO(ENOSPC, gh_add_irqfd(vm, fd[0], label, variant->flags));
	EXPECT_EQ(0, gh_add_irqfd(vm, fd[1], label, variant->flags));
	EXPECT_EQ(0, remove_exactly(vm, fd[0], 7));
	EXPECT_EQ(0, gh_add_irqfd(vm, fd[0], label, variant->flags));
	EXPECT_ERRNO(ENOSPC, gh_add_irqfd(vm, fd[0], 7, variant->flags));
}

/* Each of them interrupts the VM, whatever becomes of the others */
TEST_F_TIMEOUT(share, rings, SHARE_TIMEOUT)
{
	struct bells *b = &self->b;
	unsigned int i, n = 0;

	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL, variant->flags));
	ASSERT_CALL(bells_start(b));
	ASSERT_CALL(bells_serve(b, GUEST_SERVE_WFI, 0));
	for (i = 1; i < SHARERS; i++)
		ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[i], LABEL,
					 variant->flags));
	while (n < 30) {
		ASSERT_EQ(0, eventfd_ring(self->fd[n % SHARERS], 1));
		ASSERT_TRUE(bells_wait(b, IRQ, ++n));
	}

	/* The first one had the doorbell made ready for all */
	EXPECT_EQ(0, remove_exactly(b->vm.fd, self->fd[0], LABEL));
	close(self->fd[1]);
	self->fd[1] = new_eventfd(0);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, eventfd_ring(self->fd[2], 1));
		ASSERT_TRUE(bells_wait(b, IRQ, ++n));
	}
	/* Those that are not connected any more do not ring */
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	ASSERT_EQ(0, eventfd_ring(self->fd[1], 1));
	EXPECT_EQ(1, eventfd_take(self->fd[0]));
	EXPECT_EQ(1, eventfd_take(self->fd[1]));
	ASSERT_EQ(0, eventfd_ring(self->fd[2], 1));
	EXPECT_TRUE(bells_wait(b, IRQ, ++n));
	EXPECT_EQ(n, bells_count(b, IRQ));
}

/* An irqfd whose eventfd was closed is gone, even if nobody has removed it yet */
TEST_F(share, closed_before)
{
	int vm = self->b.vm.fd, fd;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		fd = new_eventfd(0);
		ASSERT_LE(0, fd);
		ASSERT_CALL(gh_add_irqfd(vm, fd, UNKNOWN, i % 2 ? LEVEL : 0));
		close(fd);
		/* Of the other kind, and named by its label */
		ASSERT_CALL(gh_add_irqfd(vm, self->fd[0], UNKNOWN,
					 i % 2 ? 0 : LEVEL));
		ASSERT_CALL(gh_remove_irqfd(vm, UNKNOWN));
		ASSERT_CALL(gh_add_irqfd(vm, self->fd[0], UNKNOWN, 0));
		ASSERT_CALL(gh_remove_irqfd(vm, UNKNOWN));
	}
}

GUNYAH_TEST_MAIN
