// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfds of Gunyah VMs: eventfds that are signalled by writes
 */
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "testctl.h"

#define IOEVENTFD_TIMEOUT	240

#define DATA		GH_IOEVENTFD_FLAGS_DATAMATCH
#define BAD_POINTER	((void *)-4096L)

/* Below 1 GiB accesses exit to the host */
#define MMIO		0x10000ULL
#define SYNC		0x20000ULL

/* ---- without a running VM ---- */

FIXTURE(ioeventfd)
{
	struct leak_state leak;
	struct vm vm;
	int fd;
};

FIXTURE_SETUP(ioeventfd)
{
	const struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &cfg, VM_HAS_VCPUS));
	self->fd = new_eventfd(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(ioeventfd)
{
	close(self->fd);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(ioeventfd, arguments)
{
	static const __u32 bad_sizes[] = { 0, 1, 31, 257, ~0U };
	static const __u32 sizes[] = { 32, 33, 64, 256 };
	static const __u32 flags[] = { 2, DATA | 2, 1U << 31, ~0U };
	static const __u32 lens[] = { 3, 5, 6, 7, 9, 16, 0x80000000, ~0U };
	struct gh_fn_ioeventfd_arg arg = { .addr = MMIO, .fd = self->fd };
	int vm = self->vm.fd;
	__u64 big[33] = {};
	unsigned int i;

	memcpy(big, &arg, sizeof(arg));
	for (i = 0; i < ARRAY_SIZE(bad_sizes); i++) {
		EXPECT_ERRNO(EINVAL, gh_add_function(vm, GH_FN_IOEVENTFD,
						     bad_sizes[i], big));
		EXPECT_ERRNO(EINVAL, gh_remove_function(vm, GH_FN_IOEVENTFD,
							bad_sizes[i], big));
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(0, gh_add_function(vm, GH_FN_IOEVENTFD, sizes[i],
					     big));
		EXPECT_EQ(0, gh_remove_function(vm, GH_FN_IOEVENTFD, sizes[i],
						big));
	}
	big[4] = 1;
	for (i = 1; i < ARRAY_SIZE(sizes); i++)
		EXPECT_ERRNO(E2BIG, gh_add_function(vm, GH_FN_IOEVENTFD,
						    sizes[i], big));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_ERRNO(EINVAL, gh_add_ioeventfd(vm, self->fd, MMIO, 4,
						      flags[i], 0));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_ERRNO(EINVAL, gh_add_ioeventfd(vm, self->fd, MMIO,
						      lens[i], 0, 0));
		EXPECT_ERRNO(EINVAL, gh_add_ioeventfd(vm, self->fd, MMIO,
						      lens[i], DATA, 0));
	}
	/* A value to match needs a size */
	EXPECT_ERRNO(EINVAL, gh_add_ioeventfd(vm, self->fd, MMIO, 0, DATA, 0));
	arg.padding = 1;
	EXPECT_ERRNO(EINVAL, gh_add_function(vm, GH_FN_IOEVENTFD, sizeof(arg),
					     &arg));
	EXPECT_ERRNO(EFAULT, gh_add_function(vm, GH_FN_IOEVENTFD, sizeof(arg),
					     NULL));
	EXPECT_ERRNO(EFAULT, gh_add_function(vm, GH_FN_IOEVENTFD, sizeof(arg),
					     BAD_POINTER));
	EXPECT_ERRNO(EFAULT, gh_remove_function(vm, GH_FN_IOEVENTFD,
						sizeof(arg), BAD_POINTER));
	/* None of that has left anything */
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 0, 0, 0));
}

TEST_F(ioeventfd, addresses)
{
	static const struct {
		__u64 addr;
		__u32 len;
		int error;
	} ranges[] = {
		{ 0, 8 },
		{ MMIO + 1, 8 },
		{ 1ULL << 32, 4 },
		{ 1ULL << 63, 1 },
		{ ~0ULL, 0 },
		{ ~0ULL - 1, 1 },
		{ ~0ULL - 3, 2 },
		{ ~0ULL - 7, 8 },
		{ ~0ULL, 2, EINVAL },
		{ ~0ULL - 2, 4, EINVAL },
		{ ~0ULL - 6, 8, EINVAL },
		{ ~0ULL, 8, EINVAL },
	};
	int vm = self->vm.fd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (ranges[i].error)
			EXPECT_ERRNO(ranges[i].error,
				     gh_add_ioeventfd(vm, self->fd,
						      ranges[i].addr,
						      ranges[i].len, 0, 0));
		else
			EXPECT_EQ(0, gh_add_ioeventfd(vm, self->fd,
						      ranges[i].addr,
						      ranges[i].len, 0, 0));
	}
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (!ranges[i].error)
			EXPECT_EQ(0, gh_remove_ioeventfd(vm, ranges[i].addr,
							 ranges[i].len, 0, 0));
}

TEST_F(ioeventfd, not_an_eventfd)
{
	int closed = new_eventfd(0), null, pipes[2], vm = self->vm.fd;
	unsigned int i;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, null);
	ASSERT_EQ(0, pipe(pipes));
	close(closed);

	const int fds[] = { -1, closed, null, pipes[0], pipes[1], vm,
			    self->vm.vcpu[0], 0x7fffffff, ~0x7fffffff };

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_ERRNO(EBADF, gh_add_ioeventfd(vm, fds[i], MMIO, 4, 0,
						     0));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 4, 0, 0));
	close(null);
	close(pipes[0]);
	close(pipes[1]);
}

struct match {
	__u32 len;
	__u32 flags;
	__u64 data;
};

/* Two that match the same write */
TEST_F(ioeventfd, overlaps)
{
	static const struct {
		struct match one;
		struct match other;
		bool fine;
	} pairs[] = {
		{ { 4, DATA, 1 }, { 4, DATA, 1 } },
		{ { 4, DATA, 1 }, { 4, DATA, 2 }, true },
		{ { 4, DATA, 1 }, { 4, DATA, 0x100000001 } },
		{ { 8, DATA, 1 }, { 8, DATA, 0x100000001 }, true },
		{ { 1, DATA, 0xff }, { 1, DATA, ~0ULL } },
		{ { 4, DATA, 1 }, { 8, DATA, 1 }, true },
		{ { 4, DATA, 1 }, { 4, 0, 1 } },
		{ { 4, DATA, 1 }, { 8, 0, 1 }, true },
		{ { 4, DATA, 1 }, { 0, 0, 1 } },
		{ { 4, 0, 1 }, { 4, 0, 2 } },
		{ { 4, 0, 0 }, { 2, 0, 0 }, true },
		{ { 4, 0, 0 }, { 0, 0, 0 } },
		{ { 0, 0, 0 }, { 0, 0, 0 } },
	};
	int vm = self->vm.fd, ret;
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(pairs); i++) {
		struct match a = i & 1 ? pairs[i / 2].other : pairs[i / 2].one;
		struct match b = i & 1 ? pairs[i / 2].one : pairs[i / 2].other;

		ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, a.len, a.flags,
					     a.data));
		ret = gh_add_ioeventfd(vm, self->fd, MMIO, b.len, b.flags,
				       b.data);
		if (pairs[i / 2].fine) {
			EXPECT_EQ(0, ret)
				TH_LOG("pair %u", i / 2);
			EXPECT_EQ(0, gh_remove_ioeventfd(vm, MMIO, b.len,
							 b.flags, b.data));
		} else {
			EXPECT_EQ(-1, ret)
				TH_LOG("pair %u", i / 2);
			EXPECT_EQ(EEXIST, errno);
		}
		/* At another address nothing overlaps */
		EXPECT_EQ(0, gh_add_ioeventfd(vm, self->fd, MMIO + 1, b.len,
					      b.flags, b.data));
		EXPECT_EQ(0, gh_remove_ioeventfd(vm, MMIO + 1, b.len, b.flags,
						 b.data));
		EXPECT_EQ(0, gh_remove_ioeventfd(vm, MMIO, a.len, a.flags,
						 a.data));
		EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 0, 0, 0));
	}
}

TEST_F(ioeventfd, removal)
{
	struct gh_fn_ioeventfd_arg arg = {
		.addr = MMIO, .len = 4, .fd = -1, .flags = ~0U & ~DATA,
		.padding = ~0U, .datamatch = ~0ULL,
	};
	int vm = self->vm.fd;

	/* With data, only an exact match is removed */
	ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, 4, DATA, 1));
	ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, 4, DATA, 2));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 4, DATA, 3));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 8, DATA, 1));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 0, DATA, 1));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO + 1, 4, DATA, 1));
	EXPECT_EQ(0, gh_remove_ioeventfd(vm, MMIO, 4, DATA, 0x700000001));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 4, DATA, 1));

	/* Without data an exact match comes first, then any at that address */
	ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, 8, 0, 0));
	ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, 2, 0, 0));
	EXPECT_EQ(0, gh_remove_ioeventfd(vm, MMIO, 8, 0, 0));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO + 1, 0, 0, 0));
	EXPECT_EQ(0, gh_remove_ioeventfd(vm, MMIO, 0, 0, 0));
	EXPECT_EQ(0, gh_remove_ioeventfd(vm, MMIO, 1, 0, 77));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(vm, MMIO, 0, 0, 0));

	/* Other members are ignored */
	ASSERT_CALL(gh_add_ioeventfd(vm, self->fd, MMIO, 4, 0, 0));
	EXPECT_EQ(0, gh_remove_function(vm, GH_FN_IOEVENTFD, sizeof(arg),
					&arg));
	EXPECT_ERRNO(ENOENT, gh_remove_function(vm, GH_FN_IOEVENTFD,
						sizeof(arg), &arg));
}

/* It outlives the file descriptor of its eventfd, and still takes writes */
TEST_F(ioeventfd, closed_eventfd)
{
	struct gh_vm_status status;
	__u64 exits = 0;

	ASSERT_CALL(gh_add_ioeventfd(self->vm.fd, self->fd, MMIO, 8, 0, 0));
	close(self->fd);
	self->fd = new_eventfd(0);
	EXPECT_ERRNO(EEXIST, gh_add_ioeventfd(self->vm.fd, self->fd, MMIO, 8, 0,
					      0));
	vm_program(&self->vm, 0, G_WRITE(8, MMIO, 1), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	/* mmio_count() would refuse a write */
	EXPECT_EQ(0, vm_run(&self->vm, 0, mmio_count, &exits));
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(0, gh_remove_ioeventfd(self->vm.fd, MMIO, 8, 0, 0));
	EXPECT_ERRNO(ENOENT, gh_remove_ioeventfd(self->vm.fd, MMIO, 8, 0, 0));
}

/* ---- which write signals what ---- */

#define ANY		(-1)

struct write {
	__u64 addr;
	__u32 len;
	__u64 data;
	int to;		/* index of an eventfd, -1: exits */
};

struct writes {
	const struct write *next;
	const struct write *end;
	const int *fd;
	unsigned int fds;
	bool exited;	/* the write of @next did */
};

/* Each write is followed by a read from SYNC, which exits */
static int check_write(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	struct writes *writes = data;
	const struct write *w = writes->next;
	__u64 expected;
	unsigned int i;
	bool exits;

	if (w >= writes->end)
		return -ERANGE;
	exits = w->to < 0;
	if (run->mmio.is_write) {
		if (writes->exited || !exits ||
		    run->mmio.phys_addr != w->addr || run->mmio.len != w->len ||
		    mmio_value(run) != w->data)
			goto wrong;
		writes->exited = true;
		return 0;
	}
	if (run->mmio.phys_addr != SYNC || writes->exited != exits)
		goto wrong;
	for (i = 0; i < writes->fds; i++) {
		expected = w->to == (int)i;
		if (eventfd_take(writes->fd[i]) != expected)
			goto wrong;
	}
	writes->exited = false;
	writes->next++;
	mmio_answer(run, 0);
	return 0;

wrong:
	fprintf(stderr, "# write of %#llx, %u bytes at %#llx to %d: at %#llx\n",
		(unsigned long long)w->data, w->len,
		(unsigned long long)w->addr, w->to,
		(unsigned long long)run->mmio.phys_addr);
	return -EBADE;
}

FIXTURE(writes)
{
	struct leak_state leak;
	struct bells b;
	int fd[16];
};

FIXTURE_SETUP(writes)
{
	const struct vm_config cfg = {};
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	catch_sigusr1();
	ASSERT_CALL(bells_build(&self->b, &cfg));
	for (i = 0; i < ARRAY_SIZE(self->fd); i++) {
		self->fd[i] = new_eventfd(0);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(writes)
{
	unsigned int i;

	bells_close(&self->b);
	for (i = 0; i < ARRAY_SIZE(self->fd); i++)
		close(self->fd[i]);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(writes, match, IOEVENTFD_TIMEOUT)
{
	static const struct {
		__u64 addr;
		__u32 len;
		__u32 flags;
		__u64 data;
	} functions[] = {
		{ MMIO, 4 },					/* 0 */
		{ MMIO + 0x10, 0 },
		{ MMIO + 0x20, 1, DATA, 0x11 },			/* 2 */
		{ MMIO + 0x20, 2, DATA, 0x11 },
		{ MMIO + 0x20, 4, DATA, 0xffffffff00000011 },	/* 4 */
		{ MMIO + 0x20, 8, DATA, 0x8877665544332211 },
		{ MMIO + 0x20, 1, DATA, 0x12 },			/* 6 */
		{ MMIO + 0x30, 8 },
		{ MMIO + 0x30, 4, DATA, 0 },			/* 8 */
		{ MMIO + 0x1001, 1, DATA, 0xff },
		{ 0, 8, DATA, ~0ULL },				/* 10 */
	};
	static const struct write list[] = {
		{ MMIO, 4, 0, 0 },
		{ MMIO, 4, 0xffffffff, 0 },
		{ MMIO, 1, 0, ANY }, { MMIO, 2, 0, ANY }, { MMIO, 8, 0, ANY },
		{ MMIO + 4, 4, 0, ANY },
		{ MMIO + 0x10, 1, 1, 1 }, { MMIO + 0x10, 2, 2, 1 },
		{ MMIO + 0x10, 4, 3, 1 }, { MMIO + 0x10, 8, 4, 1 },
		{ MMIO + 0x11, 1, 1, ANY },
		{ MMIO + 0x20, 1, 0x11, 2 }, { MMIO + 0x20, 2, 0x11, 3 },
		{ MMIO + 0x20, 4, 0x11, 4 }, { MMIO + 0x20, 8, 0x11, ANY },
		{ MMIO + 0x20, 1, 0x12, 6 }, { MMIO + 0x20, 1, 0x13, ANY },
		{ MMIO + 0x20, 2, 0x1111, ANY }, { MMIO + 0x20, 2, 0x12, ANY },
		{ MMIO + 0x20, 4, 0x80000011, ANY },
		{ MMIO + 0x20, 8, 0x8877665544332211, 5 },
		{ MMIO + 0x20, 8, 0x0877665544332211, ANY },
		{ MMIO + 0x30, 8, 0, 7 }, { MMIO + 0x30, 4, 0, 8 },
		{ MMIO + 0x30, 4, 1, ANY }, { MMIO + 0x30, 2, 0, ANY },
		{ MMIO + 0x1001, 1, 0xff, 9 }, { MMIO + 0x1001, 1, 0xfe, ANY },
		{ 0, 8, ~0ULL, 10 }, { 0, 8, 0, ANY },
	};
	struct guest_op ops[2 * ARRAY_SIZE(list) + 1] = {};
	struct vm *vm = &self->b.vm;
	struct writes writes = {
		list, list + ARRAY_SIZE(list), self->fd, ARRAY_SIZE(self->fd),
	};
	struct gh_vm_status status;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		/* Bits above the written bytes must not matter */
		const struct guest_op op[2] = {
			G_WRITE(list[i].len, list[i].addr, list[i].len == 8 ?
				list[i].data :
				list[i].data | ~0ULL << 8 * list[i].len),
			G_READ(GUEST_LOAD_64, SYNC, 0),
		};

		memcpy(&ops[2 * i], op, sizeof(op));
	}
	/* ops ends with GUEST_OP_OFF, which is 0 */
	vm_set_program(vm, 0, ops, ARRAY_SIZE(ops));
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		/* Some before and some after the start */
		if (i == ARRAY_SIZE(functions) / 2)
			ASSERT_CALL(gh_start(vm->fd));
		ASSERT_CALL(gh_add_ioeventfd(vm->fd, self->fd[i],
					     functions[i].addr,
					     functions[i].len,
					     functions[i].flags,
					     functions[i].data));
	}
	EXPECT_EQ(0, vm_run(vm, 0, check_write, &writes))
		TH_LOG("%s", strerror(errno));
	EXPECT_EQ(writes.end, writes.next);
	ASSERT_CALL(vm_wait_end(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	/* They can also be removed and added after the end */
	for (i = 0; i < ARRAY_SIZE(functions); i += 2)
		EXPECT_EQ(0, gh_remove_ioeventfd(vm->fd, functions[i].addr,
						 functions[i].len,
						 functions[i].flags,
						 functions[i].data));
	EXPECT_EQ(0, gh_add_ioeventfd(vm->fd, self->fd[0], MMIO, 4, 0, 0));
}

/* Reads always exit */
TEST_F_TIMEOUT(writes, reads, IOEVENTFD_TIMEOUT)
{
	struct vm *vm = &self->b.vm;
	struct gh_vm_status status;
	__u64 counter = 0;

	/* The writes of G_ECHO signal an eventfd, so only the reads exit */
	vm_program(vm, 0, G_ECHO(MMIO, MMIO + 8, 100), G_OFF);
	ASSERT_CALL(gh_add_ioeventfd(vm->fd, self->fd[0], MMIO, 0, 0, 0));
	ASSERT_CALL(gh_add_ioeventfd(vm->fd, self->fd[1], MMIO + 8, 8, 0, 0));
	ASSERT_CALL(gh_start(vm->fd));
	for (;;) {
		ASSERT_LE(0, vm_run_once(vm, 0));
		if (vm->run[0]->exit_reason == GH_VCPU_EXIT_STATUS)
			break;
		ASSERT_EQ(0, vm->run[0]->mmio.is_write);
		mmio_answer(vm->run[0], counter++);
	}
	EXPECT_EQ(100, counter);
	EXPECT_EQ(0, eventfd_take(self->fd[0]));
	EXPECT_EQ(100, eventfd_take(self->fd[1]));
	ASSERT_CALL(vm_wait_end(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

#define MANY		500

/* As for queues that share a register and are told apart by the value */
TEST_F_TIMEOUT(writes, many_data, IOEVENTFD_TIMEOUT)
{
	struct guest_op *ops = calloc(MANY + 2, sizeof(*ops));
	struct vm *vm = &self->b.vm;
	struct gh_vm_status status;
	unsigned int i;
	int fd[MANY];

	ASSERT_NE(NULL, ops);
	ASSERT_GE(GUEST_SHM_SIZE, (MANY + 2) * sizeof(*ops));
	for (i = 0; i < MANY; i++) {
		/* Not in the order in which they were added */
		const struct guest_op op = G_WRITE(4, MMIO, i * 7 % MANY);

		ops[i] = op;
		fd[i] = new_eventfd(0);
		ASSERT_LE(0, fd[i]);
		ASSERT_CALL(gh_add_ioeventfd(vm->fd, fd[i], MMIO, 4, DATA, i));
	}
	/* A value that nothing matches */
	ops[MANY] = (struct guest_op)G_WRITE(4, MMIO, MANY);
	memcpy(vm->shm, ops, (MANY + 2) * sizeof(*ops));
	vm_program(vm, 0, G_JUMP(GUEST_SHM_BASE));
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(MMIO, vm->run[0]->mmio.phys_addr);
	EXPECT_EQ(MANY, mmio_value(vm->run[0]));
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(1, eventfd_take(fd[i]));
	ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(vm, 0));
	ASSERT_CALL(vm_wait_end(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	for (i = 0; i < MANY; i++)
		close(fd[i]);
	free(ops);
}

TEST_F_TIMEOUT(writes, two_vms, IOEVENTFD_TIMEOUT)
{
	const struct vm_config cfg = {};
	struct gh_vm_status status;
	struct vm vm[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vm_init(&vm[i]);
		ASSERT_CALL(vm_build(&vm[i], &cfg, VM_HAS_VCPUS));
		ASSERT_CALL(gh_add_ioeventfd(vm[i].fd, self->fd[i], MMIO, 4, 0,
					     0));
	}
	/* At another address both signal the same eventfd */
	for (i = 0; i < 2; i++)
		ASSERT_CALL(gh_add_ioeventfd(vm[i].fd, self->fd[2], MMIO + 8, 4,
					     DATA, 5));
	vm_program(&vm[0], 0, G_WRITE(4, MMIO, 1), G_WRITE(4, MMIO + 8, 5),
		   G_OFF);
	vm_program(&vm[1], 0, G_WRITE(4, MMIO, 1), G_WRITE(4, MMIO, 2),
		   G_WRITE(4, MMIO + 8, 5), G_OFF);
	for (i = 0; i < 2; i++) {
		ASSERT_CALL(gh_start(vm[i].fd));
		EXPECT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&vm[i], 0));
		ASSERT_CALL(vm_wait_end(&vm[i], &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		vm_close(&vm[i]);
	}
	EXPECT_EQ(1, eventfd_take(self->fd[0]));
	EXPECT_EQ(2, eventfd_take(self->fd[1]));
	EXPECT_EQ(2, eventfd_take(self->fd[2]));
}

/* ---- cost ---- */

#define COST_MANY	1000
#define COST_PHASES	3
#define COST_ROUNDS	16
#define COST_WRITES	100

/* Words of the guest for a round: counter and limit of G_HAMMER, two times */
#define COST_WORDS(round)	(BELLS_WORDS + 0x100 + (round) * 0x20)
#define COST_TIME		0x10
/* For a phase: the guest has finished it; it may go on */
#define COST_OVER(phase)	(BELLS_WORDS + (phase) * 0x10)
#define COST_GO(phase)		(COST_OVER(phase) + 8)

/* Ticks of the fastest round: the one that was interrupted least */
static __u64 cost(const struct bells *b, unsigned int phase)
{
	__u64 ticks, least = ~0ULL;
	unsigned int i;

	for (i = phase * COST_ROUNDS; i < (phase + 1) * COST_ROUNDS; i++) {
		ticks = vm_word(&b->vm, COST_WORDS(i) + COST_TIME + 8) -
			vm_word(&b->vm, COST_WORDS(i) + COST_TIME);
		if (ticks < least)
			least = ticks;
	}
	return least;
}

static void cost_program(struct bells *b)
{
	struct guest_op ops[COST_PHASES * (3 * COST_ROUNDS + 2) + 1] = {};
	unsigned int phase, i, n = 0;

#define ADD(...) (ops[n++] = (struct guest_op)__VA_ARGS__)
	for (phase = 0; phase < COST_PHASES; phase++) {
		for (i = phase * COST_ROUNDS; i < (phase + 1) * COST_ROUNDS;
		     i++) {
			__u64 words = GUEST_SHM_BASE + COST_WORDS(i);

			ADD(G_TIME(words + COST_TIME));
			ADD(G_HAMMER(4, MMIO, 0, words));
			ADD(G_TIME(words + COST_TIME + 8));
			vm_poke(&b->vm, COST_WORDS(i) + 8, COST_WRITES);
		}
		ADD(G_WRITE(8, GUEST_SHM_BASE + COST_OVER(phase), 1));
		ADD(G_WAIT(GUEST_SHM_BASE + COST_GO(phase), 1));
	}
	ADD(G_OFF);
#undef ADD
	bells_program(b, ops, n);
}

static bool not_zero(void *arg)
{
	return __atomic_load_n((__u64 *)arg, __ATOMIC_ACQUIRE);
}

/*
 * The time of a write must not depend on the number of functions. Where the
 * clock counts instructions, this can be seen.
 */
TEST_F_TIMEOUT(writes, cost, IOEVENTFD_TIMEOUT)
{
	struct bells *b = &self->b;
	struct gh_vm_status status;
	unsigned int phase, n;

	if (!getenv("GUNYAH_TEST_ICOUNT"))
		SKIP(return, "the clock does not count instructions");

	ASSERT_CALL(gh_add_ioeventfd(b->vm.fd, self->fd[0], MMIO, 4, DATA, 0));
	ASSERT_CALL(bells_start(b));
	cost_program(b);
	for (phase = 0; phase < COST_PHASES; phase++) {
		ASSERT_TRUE(wait_until(not_zero, b->vm.shm + COST_OVER(phase),
				       LONG_MS));
		EXPECT_EQ(COST_ROUNDS * COST_WRITES, eventfd_take(self->fd[0]));
		/* Of the same register, then of others */
		for (n = 1; n < COST_MANY && phase < 2; n++)
			ASSERT_CALL(gh_add_ioeventfd(b->vm.fd, self->fd[1],
						     phase ? MMIO + 8 * n :
						     MMIO, 4, DATA, n));
		vm_poke(&b->vm, COST_GO(phase), 1);
	}
	ASSERT_CALL(vm_wait_end(&b->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	for (phase = 0; phase < COST_PHASES; phase++)
		TH_LOG("%u functions: %llu ns", phase * (COST_MANY - 1) + 1,
		       (unsigned long long)cost(b, phase) * 16 / COST_WRITES);
	EXPECT_NE(0, cost(b, 0));
	for (phase = 1; phase < COST_PHASES; phase++)
		EXPECT_LT(2 * cost(b, phase), 3 * cost(b, 0));
}

GUNYAH_TEST_MAIN
