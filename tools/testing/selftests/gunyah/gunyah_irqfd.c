// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqfds of Gunyah VMs: eventfds that ring doorbells
 */
#include <fcntl.h>
#include <sys/eventfd.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "testctl.h"

#define IRQFD_TIMEOUT	240

#define LEVEL		GH_IRQFD_FLAGS_LEVEL
#define BAD_POINTER	((void *)-4096L)

/* Labels and interrupts of the doorbells, in the order of the arrays below */
#define LABEL(i)	(0x40 + (i))
#define IRQ(i)		(40 + (i))
#define NO_SUCH_BELL	0x99

static const struct dtb_bell edge_bells[] = {
	{ LABEL(0), IRQ(0) }, { LABEL(1), IRQ(1) }, { LABEL(2), IRQ(2) },
};

static const struct dtb_bell level_bells[] = {
	{ LABEL(0), IRQ(0), true }, { LABEL(1), IRQ(1), true },
	{ LABEL(2), IRQ(2), true },
};

/* Only the VM can clear these */
static const struct dtb_bell deaf_bells[] = {
	{ LABEL(0), IRQ(0), true, true }, { LABEL(1), IRQ(1), true, true },
	{ LABEL(2), IRQ(2), true, true },
};

#define BELLS		ARRAY_SIZE(edge_bells)

/* ---- without a running VM ---- */

FIXTURE(irqfd)
{
	struct leak_state leak;
	struct vm vm;
	int fd[2];
};

FIXTURE_SETUP(irqfd)
{
	const struct vm_config cfg = {};
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &cfg, VM_HAS_VCPUS));
	for (i = 0; i < 2; i++) {
		self->fd[i] = new_eventfd(0);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(irqfd)
{
	close(self->fd[0]);
	close(self->fd[1]);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(irqfd, arguments)
{
	static const __u32 bad_sizes[] = { 0, 1, 15, 257, ~0U };
	static const __u32 sizes[] = { 16, 17, 32, 256 };
	static const __u32 flags[] = { 2, LEVEL | 2, 1U << 31, ~0U };
	struct gh_fn_irqfd_arg arg = { .fd = self->fd[0], .label = 1 };
	__u32 big[65] = { self->fd[0], 1 };
	int vm = self->vm.fd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_sizes); i++) {
		EXPECT_ERRNO(EINVAL, gh_add_function(vm, GH_FN_IRQFD,
						     bad_sizes[i], big));
		EXPECT_ERRNO(EINVAL, gh_remove_function(vm, GH_FN_IRQFD,
							bad_sizes[i], big));
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(0, gh_add_function(vm, GH_FN_IRQFD, sizes[i], big));
		EXPECT_EQ(0, gh_remove_function(vm, GH_FN_IRQFD, sizes[i],
						big));
	}
	big[4] = 1;
	for (i = 1; i < ARRAY_SIZE(sizes); i++)
		EXPECT_ERRNO(E2BIG, gh_add_function(vm, GH_FN_IRQFD, sizes[i],
						    big));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_ERRNO(EINVAL, gh_add_irqfd(vm, self->fd[0], 1, flags[i]));
	arg.padding = 1;
	EXPECT_ERRNO(EINVAL, gh_add_function(vm, GH_FN_IRQFD, sizeof(arg),
					     &arg));
	EXPECT_ERRNO(EFAULT, gh_add_function(vm, GH_FN_IRQFD, sizeof(arg),
					     NULL));
	EXPECT_ERRNO(EFAULT, gh_add_function(vm, GH_FN_IRQFD, sizeof(arg),
					     BAD_POINTER));
	EXPECT_ERRNO(EFAULT, gh_remove_function(vm, GH_FN_IRQFD, sizeof(arg),
						BAD_POINTER));
	/* None of that has left anything */
	EXPECT_ERRNO(ENOENT, gh_remove_irqfd(vm, 1));
}

TEST_F(irqfd, not_an_eventfd)
{
	int closed = new_eventfd(0), null, pipes[2], vm = self->vm.fd;
	unsigned int i;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, null);
	ASSERT_EQ(0, pipe(pipes));
	close(closed);

	const int fds[] = { -1, closed, null, pipes[0], pipes[1], vm,
			    self->vm.vcpu[0], 0x7fffffff, ~0x7fffffff };

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_ERRNO(EBADF, gh_add_irqfd(vm, fds[i], 1, 0));
		EXPECT_ERRNO(EBADF, gh_add_irqfd(vm, fds[i], 1, LEVEL));
	}
	EXPECT_ERRNO(ENOENT, gh_remove_irqfd(vm, 1));
	close(null);
	close(pipes[0]);
	close(pipes[1]);
}

TEST_F(irqfd, labels)
{
	static const __u32 labels[] = { 0, 1, 0x7fffffff, 0x80000000, ~0U };
	struct gh_fn_irqfd_arg arg = {
		.fd = ~0U, .label = 1, .flags = ~0U, .padding = ~0U,
	};
	int vm = self->vm.fd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(labels); i++)
		ASSERT_CALL(gh_add_irqfd(vm, self->fd[0], labels[i], 0));
	for (i = 0; i < ARRAY_SIZE(labels); i++) {
		EXPECT_ERRNO(EEXIST, gh_add_irqfd(vm, self->fd[0], labels[i],
						  0));
		EXPECT_ERRNO(EEXIST, gh_add_irqfd(vm, self->fd[0], labels[i],
						  LEVEL));
	}
	EXPECT_ERRNO(ENOENT, gh_remove_irqfd(vm, 2));
	/* The label is enough, other members are ignored */
	EXPECT_EQ(0, gh_remove_function(vm, GH_FN_IRQFD, sizeof(arg), &arg));
	EXPECT_ERRNO(ENOENT, gh_remove_irqfd(vm, 1));
	for (i = 0; i < ARRAY_SIZE(labels); i++)
		EXPECT_EQ(labels[i] == 1 ? -1 : 0,
			  gh_remove_irqfd(vm, labels[i]));
	/* A label is free again once it is removed */
	ASSERT_CALL(gh_add_irqfd(vm, self->fd[1], 1, LEVEL));
	EXPECT_EQ(0, gh_remove_irqfd(vm, 1));
}

/* Other types of functions and other VMs have labels of their own */
TEST_F(irqfd, other_functions)
{
	const struct vm_config cfg = {};
	struct vm other;

	vm_init(&other);
	ASSERT_CALL(vm_build(&other, &cfg, VM_CREATED));
	ASSERT_CALL(gh_add_irqfd(self->vm.fd, self->fd[0], 0, 0));
	ASSERT_CALL(gh_add_irqfd(other.fd, self->fd[0], 0, LEVEL));
	ASSERT_CALL(gh_add_ioeventfd(self->vm.fd, self->fd[0], 0, 4, 0, 0));
	EXPECT_EQ(0, gh_remove_irqfd(self->vm.fd, 0));
	EXPECT_ERRNO(ENOENT, gh_remove_irqfd(self->vm.fd, 0));
	EXPECT_EQ(0, gh_remove_irqfd(other.fd, 0));
	EXPECT_EQ(0, gh_remove_ioeventfd(self->vm.fd, 0, 4, 0, 0));
	vm_close(&other);
}

/**
 * struct retry - to see whether a label is used
 * @vm: the VM
 * @fd: an eventfd
 * @label: the label
 * @flags: not those of the irqfd that uses it
 */
struct retry {
	int vm;
	int fd;
	__u32 label;
	__u32 flags;
};

static bool label_is_free(void *arg)
{
	struct retry *retry = arg;

	return !gh_add_irqfd(retry->vm, retry->fd, retry->label, retry->flags);
}

/* Closing the last file descriptor of its eventfd removes an irqfd */
TEST_F(irqfd, closed_eventfd)
{
	struct retry retry = { self->vm.fd, self->fd[1], 3 };
	int copy = fcntl(self->fd[0], F_DUPFD_CLOEXEC, 0);

	ASSERT_LE(0, copy);
	ASSERT_CALL(gh_add_irqfd(self->vm.fd, self->fd[0], 3, LEVEL));
	close(self->fd[0]);
	usleep(20000);
	EXPECT_ERRNO(EINVAL, gh_add_irqfd(self->vm.fd, self->fd[1], 3, 0));
	EXPECT_EQ(0, eventfd_ring(copy, 1));
	close(copy);
	EXPECT_TRUE(wait_until(label_is_free, &retry, LONG_MS));
	EXPECT_EQ(0, gh_remove_irqfd(self->vm.fd, 3));
	self->fd[0] = new_eventfd(0);
}

/* One eventfd may have several irqfds: all are removed */
TEST_F(irqfd, closed_eventfd_of_many)
{
	struct retry retry = { self->vm.fd, self->fd[1], .flags = LEVEL };
	unsigned int i;

	for (i = 0; i < 8; i++)
		ASSERT_CALL(gh_add_irqfd(self->vm.fd, self->fd[0], i, 0));
	EXPECT_EQ(0, gh_remove_irqfd(self->vm.fd, 5));
	close(self->fd[0]);
	for (i = 0; i < 8; i++) {
		retry.label = i;
		EXPECT_TRUE(wait_until(label_is_free, &retry, LONG_MS));
	}
	self->fd[0] = new_eventfd(0);
}

/* VMMs add irqfds for doorbells that the VM does not have */
TEST_F_TIMEOUT(irqfd, many_without_doorbells, IRQFD_TIMEOUT)
{
	struct gh_vm_status status;
	unsigned int i;
	int fd[256];

	for (i = 0; i < 256; i++) {
		fd[i] = new_eventfd(0);
		ASSERT_LE(0, fd[i]);
		ASSERT_CALL(gh_add_irqfd(self->vm.fd, fd[i], i, LEVEL));
		EXPECT_EQ(0, eventfd_ring(fd[i], i + 1));
	}
	ASSERT_CALL(gh_start(self->vm.fd));
	for (i = 0; i < 256; i++) {
		EXPECT_EQ(0, eventfd_ring(fd[i], i + 1));
		/* The eventfd is read nevertheless */
		EXPECT_EQ(0, eventfd_take(fd[i]));
	}
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	for (i = 0; i < 256; i++) {
		EXPECT_EQ(0, eventfd_ring(fd[i], 1));
		if (i % 3 == 0)
			EXPECT_EQ(0, gh_remove_irqfd(self->vm.fd, i));
		if (i % 3 == 1)
			close(fd[i]);
	}
	vm_close(&self->vm);
	for (i = 0; i < 256; i++) {
		if (i % 3 == 1)
			continue;
		/* Nobody but us reads it any more */
		eventfd_take(fd[i]);
		EXPECT_EQ(0, eventfd_ring(fd[i], 7));
		EXPECT_EQ(7, eventfd_take(fd[i]));
		close(fd[i]);
	}
}

/* ---- order of things ---- */

/* Points in the life of a VM, in this order */
enum when {
	AT_CREATE,
	AT_MEMORY,
	AT_START,	/* before it */
	AT_RUN,		/* before the vCPU runs, after the start */
	AT_EXIT,
	AT_CLOSE,	/* before it */
	NEVER,
};

struct order {
	enum when add;
	enum when remove;
	enum when close;
	bool has_bell;
};

static bool order_step(struct vm *vm, const struct order *order, enum when when,
		       int *fd)
{
	int ret = 0;

	if (when == order->add)
		ret = gh_add_irqfd(vm->fd, *fd, LABEL(0), LEVEL);
	/* The eventfd may be written at every point */
	if (!ret && *fd >= 0)
		ret = eventfd_ring(*fd, 1);
	if (!ret && when == order->remove)
		ret = gh_remove_irqfd(vm->fd, LABEL(0));
	if (when == order->close) {
		close(*fd);
		*fd = -1;
	}
	if (ret)
		fprintf(stderr, "# add %u, remove %u, close %u, at %u: %s\n",
			order->add, order->remove, order->close, when,
			strerror(errno));
	return !ret;
}

static bool order_run(const struct order *order)
{
	const struct vm_config cfg = {
		.num_bells = order->has_bell ? BELLS : 0, .bells = level_bells,
	};
	int fd = new_eventfd(0);
	enum when when;
	bool ok = true;
	struct vm vm;

	vm_init(&vm);
	for (when = AT_CREATE; when < NEVER && ok; when++) {
		switch (when) {
		case AT_CREATE:
			ok = !vm_build(&vm, &cfg, VM_CREATED);
			break;
		case AT_MEMORY:
			/* A complete VM, unless the irqfd needs the bare one */
			if (order->add != AT_CREATE) {
				vm_close(&vm);
				ok = !vm_build(&vm, &cfg, VM_HAS_VCPUS);
			}
			break;
		case AT_RUN:
			if (order->add != AT_CREATE)
				ok = !gh_start(vm.fd);
			break;
		case AT_EXIT:
			if (order->add != AT_CREATE)
				ok = !vm_run(&vm, 0, NULL, NULL);
			break;
		default:
			break;
		}
		ok = ok && order_step(&vm, order, when, &fd);
	}
	vm_close(&vm);
	/* The eventfd outlives the VM and must still work */
	if (fd >= 0) {
		ok = ok && !eventfd_ring(fd, 1) && eventfd_take(fd);
		close(fd);
	}
	return ok;
}

TEST_F_TIMEOUT(irqfd, orders, IRQFD_TIMEOUT)
{
	struct order order;

	for (order.add = AT_CREATE; order.add < NEVER; order.add++)
		for (order.remove = order.add; order.remove <= NEVER;
		     order.remove++)
			for (order.close = order.remove == NEVER ? order.add :
			     order.remove; order.close <= NEVER; order.close++) {
				order.has_bell = !order.has_bell;
				ASSERT_TRUE(order_run(&order));
			}
}

/* ---- interrupts ---- */

FIXTURE(bell)
{
	struct leak_state leak;
	struct bells b;
	int fd[BELLS];
};

FIXTURE_VARIANT(bell)
{
	struct vm_config cfg;
	__u32 flags;
	bool guest_clears;
};

FIXTURE_VARIANT_ADD(bell, edge)
{
	.cfg = { .num_bells = BELLS, .bells = edge_bells },
};

FIXTURE_VARIANT_ADD(bell, level)
{
	.cfg = { .num_bells = BELLS, .bells = level_bells },
	.flags = LEVEL,
};

FIXTURE_VARIANT_ADD(bell, level_guest_clears)
{
	.cfg = { .num_bells = BELLS, .bells = level_bells },
	.guest_clears = true,
};

FIXTURE_VARIANT_ADD(bell, level_only_guest_can_clear)
{
	.cfg = { .num_bells = BELLS, .bells = deaf_bells },
	.flags = LEVEL,
	.guest_clears = true,
};

FIXTURE_VARIANT_ADD(bell, edge_scheduled)
{
	.cfg = { .num_bells = BELLS, .bells = edge_bells, .scheduled = true },
};

FIXTURE_VARIANT_ADD(bell, level_scheduled)
{
	.cfg = { .num_bells = BELLS, .bells = level_bells, .scheduled = true },
	.flags = LEVEL,
};

FIXTURE_SETUP(bell)
{
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	testctl_reset();
	leak_read(&self->leak);
	catch_sigusr1();
	ASSERT_CALL(bells_build(&self->b, &variant->cfg));
	for (i = 0; i < BELLS; i++) {
		self->fd[i] = new_eventfd(0);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(bell)
{
	unsigned int i;

	bells_close(&self->b);
	for (i = 0; i < BELLS; i++)
		close(self->fd[i]);
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

#define CLEAR(variant)	((variant)->guest_clears ? ~0UL : 0)

/* A sleeping VM is woken and gets an interrupt for each ring */
TEST_F_TIMEOUT(bell, wakes, IRQFD_TIMEOUT)
{
	struct bells *b = &self->b;
	unsigned int i, n;

	/* One before the start, one when it runs, one when it has the handler */
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0),
				 variant->flags));
	ASSERT_CALL(bells_start(b));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[1], LABEL(1),
				 variant->flags));
	ASSERT_CALL(bells_serve(b, GUEST_SERVE_WFI, CLEAR(variant)));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[2], LABEL(2),
				 variant->flags));
	for (n = 1; n <= 50; n++) {
		for (i = 0; i < BELLS; i++) {
			ASSERT_EQ(0, eventfd_ring(self->fd[i], n));
			EXPECT_EQ(0, eventfd_take(self->fd[i]));
			ASSERT_TRUE(bells_wait(b, IRQ(i), n))
				TH_LOG("doorbell %u: %llu of %u", i,
				       (unsigned long long)
				       bells_count(b, IRQ(i)), n);
		}
	}
}

/* Several rings may become one interrupt, but none is lost */
TEST_F_TIMEOUT(bell, bursts, IRQFD_TIMEOUT)
{
	struct bells *b = &self->b;
	struct gh_vm_status status;
	unsigned int i, n;
	__u64 before;

	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0),
				 variant->flags));
	ASSERT_CALL(bells_start(b));
	ASSERT_CALL(bells_serve(b, GUEST_SERVE_POLL, CLEAR(variant)));
	for (n = 0; n < 20; n++) {
		before = bells_count(b, IRQ(0));
		for (i = 0; i < 50; i++)
			ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
		EXPECT_TRUE(bells_wait_more(b, IRQ(0), before));
	}
	EXPECT_GE(50 * n, bells_count(b, IRQ(0)));
	vm_poke(&b->vm, BELLS_STOP, 1);
	ASSERT_CALL(vm_wait_end(&b->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* One eventfd for two doorbells, and an eventfd that is a semaphore */
TEST_F_TIMEOUT(bell, kinds_of_eventfds, IRQFD_TIMEOUT)
{
	struct bells *b = &self->b;
	int copy;

	close(self->fd[1]);
	self->fd[1] = new_eventfd(EFD_SEMAPHORE);
	ASSERT_LE(0, self->fd[1]);
	copy = fcntl(self->fd[0], F_DUPFD_CLOEXEC, 0);
	ASSERT_LE(0, copy);

	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0),
				 variant->flags));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, copy, LABEL(2), variant->flags));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[1], LABEL(1),
				 variant->flags));
	ASSERT_CALL(bells_start(b));
	ASSERT_CALL(bells_serve(b, GUEST_SERVE_WFI, CLEAR(variant)));

	ASSERT_EQ(0, eventfd_ring(self->fd[0], 5));
	EXPECT_TRUE(bells_wait(b, IRQ(0), 1));
	EXPECT_TRUE(bells_wait(b, IRQ(2), 1));
	/* Through a copy of a file descriptor that is closed */
	close(self->fd[0]);
	self->fd[0] = copy;
	ASSERT_EQ(0, eventfd_ring(copy, 1));
	EXPECT_TRUE(bells_wait(b, IRQ(0), 2));
	EXPECT_TRUE(bells_wait(b, IRQ(2), 2));
	/* One of the two is removed */
	EXPECT_EQ(0, gh_remove_irqfd(b->vm.fd, LABEL(0)));
	ASSERT_EQ(0, eventfd_ring(copy, 1));
	EXPECT_TRUE(bells_wait(b, IRQ(2), 3));
	EXPECT_EQ(2, bells_count(b, IRQ(0)));

	/* A ring reads it as read() does */
	ASSERT_EQ(0, eventfd_ring(self->fd[1], 3));
	EXPECT_TRUE(bells_wait(b, IRQ(1), 1));
	ASSERT_EQ(0, eventfd_ring(self->fd[1], 1));
	EXPECT_TRUE(bells_wait(b, IRQ(1), 2));
	EXPECT_EQ(1, eventfd_take(self->fd[1]));
	EXPECT_EQ(1, eventfd_take(self->fd[1]));
	EXPECT_EQ(0, eventfd_take(self->fd[1]));
}

/*
 * What was written before the start, or before the irqfd was added, rings the
 * doorbell. Its flags show it even if the guest misses the interrupt.
 */
TEST_F_TIMEOUT(bell, written_before, IRQFD_TIMEOUT)
{
	struct bells *b = &self->b;
	struct gh_vm_status status;
	unsigned int i;

	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0), 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	ASSERT_CALL(bells_start(b));
	EXPECT_EQ(0, eventfd_take(self->fd[0]));
	/* An irqfd that is added while the VM runs rings at once */
	ASSERT_EQ(0, eventfd_ring(self->fd[1], 1));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[1], LABEL(1), 0));
	EXPECT_EQ(0, eventfd_take(self->fd[1]));
	/* This one never rings */
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[2], LABEL(2), 0));

	const struct guest_op ops[] = {
		G_BELL_CLEAR(b->cap[0], GUEST_SHM_BASE + BELLS_WORDS),
		G_BELL_CLEAR(b->cap[1], GUEST_SHM_BASE + BELLS_WORDS + 8),
		G_BELL_CLEAR(b->cap[2], GUEST_SHM_BASE + BELLS_WORDS + 16),
		G_BELL_CLEAR(b->cap[0], GUEST_SHM_BASE + BELLS_WORDS + 24),
		G_OFF,
	};

	vm_poke(&b->vm, BELLS_WORDS + 24, ~0ULL);
	bells_program(b, ops, ARRAY_SIZE(ops));
	ASSERT_CALL(vm_wait_end(&b->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_NE(0, vm_word(&b->vm, BELLS_WORDS));
	EXPECT_NE(0, vm_word(&b->vm, BELLS_WORDS + 8));
	EXPECT_EQ(0, vm_word(&b->vm, BELLS_WORDS + 16));
	EXPECT_EQ(0, vm_word(&b->vm, BELLS_WORDS + 24));
}

/*
 * A guest that enables an interrupt late may miss it, unless it stays pending
 * until the guest clears it. Many rings before that are one interrupt.
 */
TEST_F_TIMEOUT(bell, pending_at_start, IRQFD_TIMEOUT)
{
	struct bells *b = &self->b;

	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0),
				 variant->flags));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[1], LABEL(1),
				 variant->flags));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[2], LABEL(2),
				 variant->flags));
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	ASSERT_CALL(bells_start(b));
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	/* What was written before the removal counts */
	ASSERT_EQ(0, eventfd_ring(self->fd[1], 1));
	ASSERT_CALL(gh_remove_irqfd(b->vm.fd, LABEL(1)));
	ASSERT_CALL(bells_serve(b, GUEST_SERVE_WFI, CLEAR(variant)));
	if (variant->guest_clears) {
		EXPECT_TRUE(bells_wait(b, IRQ(0), 1));
		EXPECT_TRUE(bells_wait(b, IRQ(1), 1));
	}
	ASSERT_EQ(0, eventfd_ring(self->fd[2], 1));
	EXPECT_TRUE(bells_wait(b, IRQ(2), 1));
	EXPECT_GE(1, bells_count(b, IRQ(0)));
	EXPECT_GE(1, bells_count(b, IRQ(1)));
}

TEST_F_TIMEOUT(bell, removed, IRQFD_TIMEOUT)
{
	struct bells *b = &self->b;
	struct retry retry = {
		b->vm.fd, self->fd[1], LABEL(0), variant->flags ^ LEVEL,
	};

	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0),
				 variant->flags));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[2], LABEL(2),
				 variant->flags));
	ASSERT_CALL(bells_start(b));
	ASSERT_CALL(bells_serve(b, GUEST_SERVE_WFI, CLEAR(variant)));
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	EXPECT_TRUE(bells_wait(b, IRQ(0), 1));

	/* Once removed it is not read and does not ring, as another shows */
	EXPECT_EQ(0, gh_remove_irqfd(b->vm.fd, LABEL(0)));
	EXPECT_ERRNO(ENOENT, gh_remove_irqfd(b->vm.fd, LABEL(0)));
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 4));
	EXPECT_EQ(4, eventfd_take(self->fd[0]));
	ASSERT_EQ(0, eventfd_ring(self->fd[2], 1));
	EXPECT_TRUE(bells_wait(b, IRQ(2), 1));
	EXPECT_EQ(1, bells_count(b, IRQ(0)));

	/* Added again, it rings for what was written meanwhile */
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 4));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0),
				 variant->flags));
	EXPECT_TRUE(bells_wait(b, IRQ(0), 2));

	/* Close the eventfd, and use another one */
	close(self->fd[0]);
	self->fd[0] = -1;
	EXPECT_TRUE(wait_until(label_is_free, &retry, LONG_MS));
	EXPECT_EQ(0, gh_remove_irqfd(b->vm.fd, LABEL(0)));
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[1], LABEL(0),
				 variant->flags));
	ASSERT_EQ(0, eventfd_ring(self->fd[1], 1));
	EXPECT_TRUE(bells_wait(b, IRQ(0), 3));
}

/* Nobody is told that a ring has failed; later ones must work */
TEST_F_TIMEOUT(bell, hypervisor_refuses, IRQFD_TIMEOUT)
{
	struct bells *b = &self->b;

	SKIP_WITHOUT_TESTCTL(return);
	if (variant->flags)
		testctl_hvc_fault(HVC_BELL_MASK, 1, HVC_ERR_RIGHTS);
	ASSERT_CALL(gh_add_irqfd(b->vm.fd, self->fd[0], LABEL(0),
				 variant->flags));
	ASSERT_CALL(bells_start(b));
	ASSERT_CALL(bells_serve(b, GUEST_SERVE_WFI, ~0UL));
	testctl_hvc_fault(HVC_BELL_SEND, 1, HVC_ERR_RIGHTS);
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	EXPECT_EQ(0, eventfd_take(self->fd[0]));
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	EXPECT_TRUE(bells_wait(b, IRQ(0), 1));
	/* "Retry" is a value that 32-bit programs cannot write */
	if (sizeof(long) < sizeof(__u64))
		return;
	testctl_hvc_fault(HVC_BELL_SEND, 1, HVC_ERR_RETRY);
	ASSERT_EQ(0, eventfd_ring(self->fd[0], 1));
	EXPECT_TRUE(bells_wait(b, IRQ(0), 2));
}

GUNYAH_TEST_MAIN
