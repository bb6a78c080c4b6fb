// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on lent memory of Gunyah VMs by references to pages that were taken
 * before it was lent: io_uring, pipes, direct I/O, another VM
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "testctl.h"

/* What comes from files */
#define LENT_OF_FILE	0xf11ef11ef11ef11eULL

#define PART		0x10000		/* goes into one pipe */

/* ---- io_uring, without a library ---- */

struct uring {
	int fd;
	void *ring;
	size_t size;
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
	__u32 tail;
};

#define URING_WORD(u, offset)	((__u32 *)((char *)(u)->ring + (offset)))

static int uring_open(struct uring *u)
{
	int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;

	memset(u, 0, sizeof(*u));
	u->fd = syscall(__NR_io_uring_setup, 4, &u->p);
	if (u->fd < 0)
		return -1;
	if (!(u->p.features & IORING_FEAT_SINGLE_MMAP)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	u->size = u->p.cq_off.cqes +
		  u->p.cq_entries * sizeof(struct io_uring_cqe);
	u->ring = mmap(NULL, u->size, prot, flags, u->fd, IORING_OFF_SQ_RING);
	u->sqes = mmap(NULL, u->p.sq_entries * sizeof(*u->sqes), prot, flags,
		       u->fd, IORING_OFF_SQES);
	return u->ring == MAP_FAILED || u->sqes == MAP_FAILED ? -1 : 0;
}

static void uring_close(struct uring *u)
{
	munmap(u->ring, u->size);
	munmap(u->sqes, u->p.sq_entries * sizeof(*u->sqes));
	close(u->fd);
}

static int uring_register(struct uring *u, void *mem, size_t size)
{
	struct iovec iov = { mem, size };

	return syscall(__NR_io_uring_register, u->fd, IORING_REGISTER_BUFFERS,
		       &iov, 1);
}

/* Submit a request */
static int uring_submit(struct uring *u, int op, int fd, void *mem,
			unsigned int n, __u64 offset)
{
	struct io_uring_sqe *sqe;
	__u32 index;

	index = u->tail & *URING_WORD(u, u->p.sq_off.ring_mask);
	sqe = &u->sqes[index];
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)mem;
	sqe->len = n;
	sqe->off = offset;
	URING_WORD(u, u->p.sq_off.array)[index] = index;
	u->tail++;
	__atomic_store_n(URING_WORD(u, u->p.sq_off.tail), u->tail,
			 __ATOMIC_RELEASE);
	return syscall(__NR_io_uring_enter, u->fd, 1, 0, 0, NULL, 0);
}

/* Wait for a request; its result, or a negative errno */
static int uring_wait(struct uring *u)
{
	__u32 *head = URING_WORD(u, u->p.cq_off.head);
	struct io_uring_cqe *cqe;
	int res;

	if (syscall(__NR_io_uring_enter, u->fd, 0, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0)
		return -errno;
	cqe = (struct io_uring_cqe *)((char *)u->ring + u->p.cq_off.cqes);
	cqe += *head & *URING_WORD(u, u->p.cq_off.ring_mask);
	res = cqe->res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}

static int uring_do(struct uring *u, int op, int fd, void *mem, unsigned int n,
		    __u64 offset)
{
	return uring_submit(u, op, fd, mem, n, offset) == 1 ? uring_wait(u) :
							      -errno;
}

/* ---- the tests ---- */

FIXTURE(pins)
{
	struct lent_vm l;
	int file;		/* with LENT_OF_FILE */
	void *copy;		/* PART bytes */
};

FIXTURE_VARIANT(pins)
{
	enum lent_kind kind;
};

LENT_VARIANTS(pins);

FIXTURE_SETUP(pins)
{
	struct lent_vm *l = &self->l;

	LENT_SETUP(return, l, variant->kind);
	self->copy = alloc_mem(PART);
	ASSERT_NE(NULL, self->copy);
	self->file = memfd_create("gunyah-file", MFD_CLOEXEC);
	ASSERT_LE(0, self->file);
	pattern_fill(self->copy, PART, LENT_OF_FILE);
	ASSERT_EQ(PART, pwrite(self->file, self->copy, PART, 0));
	ASSERT_CALL(lent_build(l));
}

FIXTURE_TEARDOWN(pins)
{
	munmap(self->copy, PART);
	close(self->file);
	EXPECT_TRUE(lent_close(&self->l));
}

/* Whether the guest never sees anything of all this, and the VMM zeroes */
static bool ends_well(struct lent_vm *l)
{
	if (!lent_is_closed(l->mem, l->size) || lent_finish(l)) {
		perror("# the guest");
		return false;
	}
	remote_close(&l->remote);
	return lent_is_open(l->mem, l->size);
}

TEST_F_TIMEOUT(pins, registered_buffers, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	void *hit = l->mem + LENT_HIT;
	struct uring u;
	unsigned int turn;

	ASSERT_CALL(uring_open(&u));
	ASSERT_CALL(uring_register(&u, l->mem, l->size));
	ASSERT_CALL(lent_start(l));

	/* The buffer is what it was before, and only of use for io_uring */
	ASSERT_EQ(PART, uring_do(&u, IORING_OP_WRITE_FIXED, self->file, hit,
				 PART, PART));
	ASSERT_EQ(PART, pread(self->file, self->copy, PART, PART));
	EXPECT_TRUE(pattern_check(self->copy, PART, LENT_OF_HOST));
	for (turn = 0; turn < 2; turn++) {
		ASSERT_EQ(PART, uring_do(&u, IORING_OP_READ_FIXED, self->file,
					 hit, PART, 0));
		ASSERT_EQ(PART, uring_do(&u, IORING_OP_WRITE_FIXED, self->file,
					 hit, PART, PART));
		ASSERT_EQ(PART, pread(self->file, self->copy, PART, PART));
		EXPECT_TRUE(pattern_check(self->copy, PART, LENT_OF_FILE));
		if (!turn)
			ASSERT_CALL(lent_turn(l));
	}
	EXPECT_TRUE(ends_well(l));
	EXPECT_EQ(PART, uring_do(&u, IORING_OP_READ_FIXED, self->file, hit,
				 PART, 0));
	EXPECT_TRUE(pattern_check(l->mem, l->size, 1));
	uring_close(&u);
}

/* Requests that wait for data while the memory is moved */
TEST_F_TIMEOUT(pins, waiting_requests, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	void *hit = l->mem + LENT_HIT;
	struct uring u;
	int from[2];

	ASSERT_EQ(0, pipe(from));
	ASSERT_CALL(uring_open(&u));
	ASSERT_CALL(uring_register(&u, l->mem, l->size));
	ASSERT_EQ(1, uring_submit(&u, IORING_OP_READ_FIXED, from[0], hit, 256,
				  -1));
	ASSERT_CALL(lent_start(l));
	ASSERT_EQ(256, write(from[1], self->copy, 256));
	EXPECT_EQ(256, uring_wait(&u));
	/* It went to the pages that the buffer has had all the time */
	ASSERT_EQ(PART, uring_do(&u, IORING_OP_WRITE_FIXED, self->file, hit,
				 PART, 0));
	ASSERT_EQ(PART, pread(self->file, self->copy, PART, 0));
	EXPECT_TRUE(pattern_check(self->copy, 256, LENT_OF_FILE));

	/* This one has an address instead */
	ASSERT_EQ(1, uring_submit(&u, IORING_OP_READ, from[0], hit, 256, -1));
	ASSERT_CALL(lent_turn(l));
	ASSERT_EQ(256, write(from[1], self->copy, 256));
	EXPECT_EQ(-EFAULT, uring_wait(&u));
	EXPECT_TRUE(ends_well(l));
	uring_close(&u);
	close(from[0]);
	close(from[1]);
}

/* What io_uring is given after the start */
TEST_F_TIMEOUT(pins, io_uring_later, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	void *hit = l->mem + LENT_HIT;
	struct uring u;

	ASSERT_CALL(uring_open(&u));
	ASSERT_CALL(lent_start(l));
	EXPECT_ERRNO(EFAULT, uring_register(&u, l->mem, l->size));
	EXPECT_ERRNO(EFAULT, uring_register(&u, hit, l->page));
	EXPECT_ERRNO(EFAULT, uring_register(&u, lent_before(l), 2 * l->page));
	EXPECT_EQ(-EFAULT, uring_do(&u, IORING_OP_READ, self->file, hit, PART,
				    0));
	EXPECT_EQ(-EFAULT, uring_do(&u, IORING_OP_WRITE, self->file, hit, PART,
				    0));
	EXPECT_EQ(-EFAULT, uring_do(&u, IORING_OP_OPENAT, AT_FDCWD, hit, 0, 0));
	EXPECT_EQ(-EFAULT, uring_do(&u, IORING_OP_READV, self->file, hit, 1,
				    0));
	ASSERT_EQ(PART, pread(self->file, self->copy, PART, 0));
	EXPECT_TRUE(pattern_check(self->copy, PART, LENT_OF_FILE));
	EXPECT_TRUE(ends_well(l));
	/* Now it is memory like any other */
	EXPECT_EQ(0, uring_register(&u, l->mem, l->size));
	EXPECT_EQ(PART, uring_do(&u, IORING_OP_READ_FIXED, self->file, l->mem,
				 PART, 0));
	EXPECT_TRUE(pattern_check(l->mem, PART, LENT_OF_FILE));
	uring_close(&u);
}

/* Pages that are in a pipe, and in another one */
TEST_F_TIMEOUT(pins, pipes, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct iovec iov = { l->mem + LENT_HIT, PART };
	int one[2], two[2];
	size_t size = PART;

	ASSERT_EQ(0, pipe(one));
	ASSERT_EQ(0, pipe(two));
	/* Unaligned pieces can need a slot more than there are */
	ASSERT_LE(0, fcntl(one[1], F_SETPIPE_SZ, 4 * PART));
	ASSERT_LE(0, fcntl(two[1], F_SETPIPE_SZ, 4 * PART));
	ASSERT_EQ(size, vmsplice(one[1], &iov, 1, 0));
	ASSERT_EQ(size, tee(one[0], two[1], size, 0));
	ASSERT_CALL(lent_start(l));
	ASSERT_CALL(lent_turn(l));
	ASSERT_EQ(size, read(one[0], self->copy, size));
	EXPECT_TRUE(pattern_check(self->copy, size, LENT_OF_HOST));
	memset(self->copy, 0, size);
	EXPECT_TRUE(ends_well(l));
	ASSERT_EQ(size, read(two[0], self->copy, size));
	EXPECT_TRUE(pattern_check(self->copy, size, LENT_OF_HOST));
	close(one[0]);
	close(one[1]);
	close(two[0]);
	close(two[1]);
}

/* ---- direct I/O all the time ---- */

#define DISK		"/dev/ram0"

struct transfer {
	struct lent_vm *l;
	int disk;
	bool stop;
	unsigned long good;
	unsigned long refused;
	int error;		/* that should not be */
};

/* The disk has the content of the host: before the start nothing changes */
static void *transfer(void *data)
{
	struct transfer *t = data;
	size_t size = 4 * t->l->page, at = 0;
	void *mem;
	ssize_t n;

	while (!__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE)) {
		mem = t->l->mem + LENT_HIT + at;
		n = pread(t->disk, mem, size, at);
		if (n > 0)
			t->good++;
		else if (n < 0 && errno == EFAULT)
			t->refused++;
		else
			t->error = n ? errno : EIO;
		at += size;
		if (at + size > LENT_HIT_SIZE)
			at = 0;
	}
	return NULL;
}

/* The same with native AIO: the context has references, too */
static void *transfer_aio(void *data)
{
	struct transfer *t = data;
	size_t size = 4 * t->l->page, at = 0;
	struct io_event event;
	aio_context_t ctx = 0;
	struct iocb cb, *cbs[1] = { &cb };
	long n;

	if (syscall(__NR_io_setup, 4, &ctx)) {
		t->error = errno;
		return NULL;
	}
	while (!__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE)) {
		cb = (struct iocb){
			.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = t->disk,
			.aio_buf = (uintptr_t)(t->l->mem + LENT_HIT + at),
			.aio_nbytes = size, .aio_offset = at,
		};
		n = syscall(__NR_io_submit, ctx, 1, cbs);
		if (n == 1) {
			if (syscall(__NR_io_getevents, ctx, 1, 1, &event,
				    NULL) != 1)
				t->error = errno;
			n = event.res;
		} else {
			n = -errno;
		}
		if (n > 0)
			t->good++;
		else if (n == -EFAULT)
			t->refused++;
		else
			t->error = n ? -n : EIO;
		at += size;
		if (at + size > LENT_HIT_SIZE)
			at = 0;
	}
	syscall(__NR_io_destroy, ctx);
	return NULL;
}

static bool is_good(void *arg)
{
	struct transfer *t = arg;

	return __atomic_load_n(&t->good, __ATOMIC_RELAXED) > 0 || t->error;
}

static bool is_refused(void *arg)
{
	struct transfer *t = arg;

	return __atomic_load_n(&t->refused, __ATOMIC_RELAXED) > 100 || t->error;
}

static void transfer_during_start(struct __test_metadata *_metadata,
				  struct lent_vm *l, void *(*fn)(void *))
{
	struct transfer t = { .l = l };
	pthread_t thread;
	int disk;

	disk = open(DISK, O_WRONLY | O_CLOEXEC);
	if (disk < 0)
		SKIP(return, "no " DISK);
	ASSERT_EQ(LENT_HIT_SIZE, write(disk, l->mem + LENT_HIT, LENT_HIT_SIZE));
	ASSERT_EQ(0, fsync(disk));
	close(disk);
	t.disk = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, t.disk);
	ASSERT_EQ(0, pthread_create(&thread, NULL, fn, &t));
	EXPECT_TRUE(wait_until(is_good, &t, LONG_MS));
	EXPECT_CALL(lent_start(l));
	EXPECT_TRUE(wait_until(is_refused, &t, LONG_MS));
	EXPECT_CALL(lent_turn(l));
	EXPECT_CALL(lent_finish(l));
	EXPECT_ERRNO(EFAULT, pwrite(t.disk, l->mem + LENT_HIT, l->page, 0));
	__atomic_store_n(&t.stop, true, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, t.error)
		TH_LOG("%s", strerror(t.error));
	EXPECT_LT(0, t.good);
	remote_close(&l->remote);
	EXPECT_TRUE(lent_is_open(l->mem, l->size));
	/* Direct I/O works again */
	EXPECT_EQ(l->page, pread(t.disk, l->mem, l->page, 0));
	EXPECT_TRUE(pattern_check(l->mem, l->page, LENT_OF_HOST));
	close(t.disk);
}

TEST_F_TIMEOUT(pins, direct_io, LENT_TIMEOUT)
{
	transfer_during_start(_metadata, &self->l, transfer);
}

TEST_F_TIMEOUT(pins, direct_aio, LENT_TIMEOUT)
{
	transfer_during_start(_metadata, &self->l, transfer_aio);
}

/* ---- another VM has it, too ---- */

TEST_F_TIMEOUT(pins, shared_with_another_vm, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct vm_config cfg = {
		.shm_size = GUEST_SHM_SIZE, .shm_mem = l->mem + LENT_HIT,
	};
	struct gh_vm_status status;
	struct vm other;

	vm_init(&other);
	ASSERT_CALL(vm_build(&other, &cfg, VM_HAS_VCPUS));
	vm_program(&other, 0,
		   G_CHECK(GUEST_SHM_BASE, GUEST_SHM_SIZE, LENT_OF_HOST),
		   G_WRITE(4, 0x1000, 0),
		   G_CHECK(GUEST_SHM_BASE, GUEST_SHM_SIZE, LENT_OF_HOST),
		   G_FILL(GUEST_SHM_BASE, GUEST_SHM_SIZE, LENT_OF_FILE),
		   G_CHECK(GUEST_SHM_BASE, GUEST_SHM_SIZE, LENT_OF_FILE),
		   G_WRITE(4, 0x1000, 0),
		   G_CHECK(GUEST_SHM_BASE, GUEST_SHM_SIZE, LENT_OF_FILE),
		   G_OFF);
	ASSERT_CALL(gh_start(other.fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&other, 0));
	ASSERT_CALL(lent_start(l));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&other, 0));
	ASSERT_CALL(lent_turn(l));
	EXPECT_TRUE(ends_well(l));
	ASSERT_CALL(vm_finish(&other, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&other);
	EXPECT_TRUE(pattern_check(l->mem, l->size, 1));
}

GUNYAH_TEST_MAIN
