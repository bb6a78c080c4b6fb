// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on lent memory of Gunyah VMs by the VMM: it uses the memory itself,
 * passes it to system calls, and changes the mapping while the guest runs
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "testctl.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

FIXTURE(vmm)
{
	struct lent_vm l;
};

FIXTURE_VARIANT(vmm)
{
	enum lent_kind kind;
};

LENT_VARIANTS(vmm);

FIXTURE_SETUP(vmm)
{
	LENT_SETUP(return, &self->l, variant->kind);
	ASSERT_CALL(lent_build(&self->l));
	ASSERT_CALL(lent_start(&self->l));
}

FIXTURE_TEARDOWN(vmm)
{
	EXPECT_TRUE(lent_close(&self->l));
}

TEST_F_TIMEOUT(vmm, access, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	ASSERT_CALL(lent_turn(l));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	/* The memory around it is as it was */
	EXPECT_EQ(0, probe_store(lent_before(l) + l->page - 8));
	EXPECT_EQ(0, probe_store(lent_behind(l)));
	ASSERT_CALL(lent_finish(l));
	/* The guest has ended, but the firmware still has the memory */
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
}

/* ---- the kernel reads or writes it ---- */

/* Where a buffer begins, what of it can be accessed before lent memory begins */
struct buffer {
	unsigned char *start;
	size_t size;
	size_t good;
};

#define BUFFERS		6

static void make_buffers(const struct lent_vm *l, struct buffer buf[BUFFERS])
{
	size_t page = l->page;

	buf[0] = (struct buffer){ l->mem, page, 0 };
	buf[1] = (struct buffer){ l->mem + LENT_HIT + 1, 2 * page, 0 };
	buf[2] = (struct buffer){ lent_behind(l) - 1, page, 0 };
	buf[3] = (struct buffer){ l->mem - 1, page, 1 };
	buf[4] = (struct buffer){ l->mem - 100, 100 + page, 100 };
	buf[5] = (struct buffer){ lent_before(l), 2 * page, page };
}

/* A call may do what is possible, or fail */
static bool is_short(const struct buffer *b, ssize_t n)
{
	if (n < 0)
		return errno == EFAULT;
	return b->good && (size_t)n <= b->good;
}

#define EXPECT_SHORT(b, call) do {					\
	const struct buffer *__b = (b);					\
	ssize_t __n = (call);						\
									\
	EXPECT_TRUE(is_short(__b, __n))					\
		TH_LOG("%s: %zd of %zu: %s", #call, __n, __b->good,	\
		       strerror(errno));				\
} while (0)

static int memory_file(size_t size)
{
	int fd = memfd_create("gunyah-other", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The kernel reads what a system call is given */
TEST_F_TIMEOUT(vmm, written_to_files, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	int to[2], sock[2], mem;
	struct buffer bufs[BUFFERS], *b;
	struct iovec iov[2];
	unsigned int i;

	mem = memory_file(4 * l->page);
	ASSERT_LE(0, mem);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sock));
	make_buffers(l, bufs);
	for (i = 0; i < BUFFERS; i++) {
		b = &bufs[i];
		ASSERT_EQ(0, pipe2(to, O_NONBLOCK | O_CLOEXEC));
		EXPECT_SHORT(b, write(to[1], b->start, b->size));
		EXPECT_SHORT(b, write(mem, b->start, b->size));
		EXPECT_SHORT(b, pwrite(mem, b->start, b->size, 10));
		EXPECT_SHORT(b, send(sock[0], b->start, b->size, 0));
		iov[0] = (struct iovec){ b->start, b->size };
		iov[1] = iov[0];
		EXPECT_SHORT(b, writev(mem, iov, 2));
		EXPECT_SHORT(b, writev(to[1], iov, 2));
		EXPECT_SHORT(b, vmsplice(to[1], iov, 1, 0));
		EXPECT_SHORT(b, vmsplice(to[1], iov, 2, SPLICE_F_GIFT));
		close(to[0]);
		close(to[1]);
	}
	close(mem);
	close(sock[0]);
	close(sock[1]);
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_CALL(lent_finish(l));
}

/* The kernel writes what a system call returns */
TEST_F_TIMEOUT(vmm, read_from_files, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	int from[2], sock[2], mem, zero;
	struct buffer bufs[BUFFERS], *b;
	char text[256] = "x";
	struct iovec iov[2];
	unsigned int i;

	mem = memory_file(4 * l->page);
	ASSERT_LE(0, mem);
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, zero);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sock));
	make_buffers(l, bufs);
	for (i = 0; i < BUFFERS; i++) {
		b = &bufs[i];
		ASSERT_EQ(0, pipe2(from, O_NONBLOCK | O_CLOEXEC));
		EXPECT_SHORT(b, pread(mem, b->start, b->size, 0));
		EXPECT_SHORT(b, read(zero, b->start, b->size));
		ASSERT_EQ(sizeof(text), write(from[1], text, sizeof(text)));
		EXPECT_SHORT(b, read(from[0], b->start, b->size));
		ASSERT_LT(0, write(from[1], text, sizeof(text)));
		iov[0] = (struct iovec){ b->start, b->size };
		iov[1] = iov[0];
		EXPECT_SHORT(b, vmsplice(from[0], iov, 1, 0));
		EXPECT_SHORT(b, preadv(mem, iov, 2, 0));
		ASSERT_LT(0, send(sock[1], text, sizeof(text), 0));
		EXPECT_SHORT(b, recv(sock[0], b->start, b->size, 0));
		EXPECT_SHORT(b, syscall(__NR_getrandom, b->start, b->size, 0));
		close(from[0]);
		close(from[1]);
	}
	close(mem);
	close(zero);
	close(sock[0]);
	close(sock[1]);
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_CALL(lent_finish(l));
}

/* Small arguments of many kinds */
TEST_F_TIMEOUT(vmm, arguments, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	void *hit = l->mem + LENT_HIT;
	loff_t *offset = hit;
	int fd = l->remote.vm.fd, in, out, to[2];
	struct gh_fn_desc desc = {
		.type = GH_FN_VCPU, .arg_size = sizeof(struct gh_fn_vcpu_arg),
		.arg = (uintptr_t)hit,
	};

	in = memory_file(l->page);
	out = memory_file(l->page);
	ASSERT_LE(0, in);
	ASSERT_LE(0, out);
	ASSERT_EQ(0, pipe2(to, O_NONBLOCK | O_CLOEXEC));
	EXPECT_ERRNO(EFAULT, copy_file_range(in, offset, out, NULL, 8, 0));
	EXPECT_ERRNO(EFAULT, copy_file_range(in, NULL, out, offset, 8, 0));
	EXPECT_ERRNO(EFAULT, sendfile(out, in, offset, 8));
	EXPECT_ERRNO(EFAULT, splice(in, offset, to[1], NULL, 8, 0));
	EXPECT_ERRNO(EFAULT, pipe2(hit, 0));
	EXPECT_ERRNO(EFAULT, fstat(in, hit));
	EXPECT_ERRNO(EFAULT, syscall(__NR_clock_gettime, CLOCK_REALTIME, hit));
	EXPECT_ERRNO(EFAULT, syscall(__NR_nanosleep, hit, NULL));
	EXPECT_ERRNO(EFAULT, syscall(__NR_rt_sigaction, SIGUSR2, hit, NULL, 8));
	EXPECT_ERRNO(EFAULT, syscall(__NR_rt_sigaction, SIGUSR2, NULL, hit, 8));
	EXPECT_ERRNO(EFAULT, syscall(__NR_getcwd, hit, 100));
	EXPECT_ERRNO(EFAULT, writev(out, hit, 1));
	EXPECT_ERRNO(EFAULT, syscall(__NR_clone3, hit, 88));
	EXPECT_ERRNO(EFAULT, mincore(l->area, l->page, hit));

	/* A private futex needs an access to be waited for, a shared one always */
	EXPECT_ERRNO(EFAULT, syscall(__NR_futex, hit, FUTEX_WAIT_PRIVATE, 0,
				     NULL, NULL, 0));
	EXPECT_ERRNO(EFAULT, syscall(__NR_futex, hit, FUTEX_WAIT, 0, NULL, NULL,
				     0));
	EXPECT_ERRNO(EFAULT, syscall(__NR_futex, hit, FUTEX_WAKE, 1, NULL, NULL,
				     0));
	EXPECT_ERRNO(EFAULT, syscall(__NR_futex, lent_before(l), FUTEX_WAKE_OP,
				     1, 1, hit, 0));
	EXPECT_ERRNO(EFAULT, syscall(__NR_futex, hit, FUTEX_LOCK_PI, 0, NULL,
				     NULL, 0));

	/* Arguments of ioctls, ours among them */
	EXPECT_ERRNO(EFAULT, ioctl(to[0], FIONREAD, hit));
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_GET_STATUS, hit));
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_SET_USER_MEM_REGION, hit));
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_ADD_FUNCTION, hit));
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_ADD_FUNCTION, &desc));
	close(in);
	close(out);
	close(to[0]);
	close(to[1]);
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_CALL(lent_finish(l));
}

/* Paths that are in it, run into it, or end right before it */
TEST_F_TIMEOUT(vmm, paths, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	char *end = (char *)l->mem, *path;
	struct stat st;
	size_t len;

	EXPECT_ERRNO(EFAULT, open(end, O_RDONLY));
	EXPECT_ERRNO(EFAULT, open(end + LENT_HIT + 3, O_RDONLY));
	EXPECT_ERRNO(EFAULT, syscall(__NR_statx, AT_FDCWD, end, 0, 0, &st));
	EXPECT_ERRNO(EFAULT, access(end, R_OK));
	EXPECT_ERRNO(EFAULT, syscall(__NR_execve, end, NULL, NULL));
	EXPECT_ERRNO(EFAULT, readlink("/proc/self/exe", end, 100));
	for (len = 1; len < 40; len++) {
		/* Without an end */
		path = end - len;
		memset(path, '/', len);
		EXPECT_ERRNO(EFAULT, open(path, O_RDONLY));
		/* With an end, in the last byte before lent memory */
		end[-1] = 0;
		EXPECT_EQ(len > 1 ? 0 : -1, access(path, R_OK));
		if (len > 1)
			path[len - 2] = 'x';
		EXPECT_ERRNO(ENOENT, access(path, R_OK));
	}
	len = l->page < PATH_MAX ? l->page : PATH_MAX;
	memset(end - len, '/', len);
	EXPECT_EQ(-1, open(end - len, O_RDONLY));
	EXPECT_TRUE(errno == EFAULT || errno == ENAMETOOLONG);
	end[-1] = 0;
	EXPECT_EQ(0, access(end - len, R_OK));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_CALL(lent_finish(l));
}

/* ---- the mapping ---- */

static const struct {
	int advice;
	int error;
	const char *name;
} advices[] = {
#define ADVICE(name, error) { MADV_##name, error, #name }
	ADVICE(NORMAL, 0), ADVICE(RANDOM, 0), ADVICE(SEQUENTIAL, 0),
	ADVICE(DONTNEED, 0), ADVICE(FREE, EINVAL), ADVICE(COLD, 0),
	ADVICE(PAGEOUT, 0), ADVICE(WILLNEED, 0), ADVICE(REMOVE, ENODEV),
	ADVICE(MERGEABLE, 0), ADVICE(UNMERGEABLE, 0), ADVICE(HUGEPAGE, 0),
	ADVICE(NOHUGEPAGE, 0), ADVICE(COLLAPSE, EINVAL),
	ADVICE(POPULATE_READ, EFAULT), ADVICE(POPULATE_WRITE, EFAULT),
	ADVICE(DODUMP, 0), ADVICE(DOFORK, 0), ADVICE(WIPEONFORK, EINVAL),
	ADVICE(HWPOISON, EFAULT), ADVICE(SOFT_OFFLINE, EFAULT),
	ADVICE(DONTDUMP, 0), ADVICE(DONTFORK, 0),
#undef ADVICE
};

/* Kernels without huge pages have no use for advice about these */
static bool advice_is_known(int advice)
{
	return thp_size() || (advice != MADV_HUGEPAGE &&
			      advice != MADV_NOHUGEPAGE);
}

TEST_F_TIMEOUT(vmm, madvise, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	unsigned int i, round;
	unsigned char *at;
	int ret, error;
	size_t size;

	for (round = 0; round < 3; round++) {
		/* All, a part, and memory before it as well */
		at = round ? l->mem + l->size / 2 : l->mem;
		size = round ? l->page : l->size;
		if (round == 2) {
			at = lent_before(l);
			size = 2 * l->page;
		}
		for (i = 0; i < ARRAY_SIZE(advices); i++) {
			/* It would take the page before lent memory away */
			if (round == 2 && (advices[i].advice == MADV_HWPOISON ||
					   advices[i].advice == MADV_FREE ||
					   advices[i].advice ==
					   MADV_SOFT_OFFLINE ||
					   advices[i].advice == MADV_REMOVE ||
					   advices[i].advice ==
					   MADV_WIPEONFORK ||
					   advices[i].advice == MADV_COLLAPSE))
				continue;
			error = advice_is_known(advices[i].advice) ?
				advices[i].error : EINVAL;
			ret = madvise(at, size, advices[i].advice);
			EXPECT_EQ(error ? -1 : 0, ret)
				TH_LOG("%s %u: %s", advices[i].name, round,
				       strerror(errno));
			if (ret) {
				EXPECT_EQ(error, errno)
					TH_LOG("%s %u: %s", advices[i].name,
					       round, strerror(errno));
			}
		}
		EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	}
	EXPECT_CALL(lent_finish(l));
}

TEST_F_TIMEOUT(vmm, residence, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t pages = l->size / l->page, i;
	long long locked = proc_value("/proc/self/status", "VmLck");
	unsigned char *vec = malloc(pages);
	int ret;

	ASSERT_NE(NULL, vec);
	memset(vec, 0xff, pages);
	ASSERT_EQ(0, mincore(l->mem, l->size, vec));
	for (i = 0; i < pages && !(vec[i] & 1); i++)
		;
	EXPECT_EQ(pages, i);
	free(vec);

	EXPECT_ERRNO(ENOMEM, mlock(l->mem, l->size));
	EXPECT_EQ(0, munlock(l->mem, l->size));
	EXPECT_EQ(0, mlock2(l->mem, l->size, MLOCK_ONFAULT));
	EXPECT_EQ(0, munlock(l->mem, l->size));
	EXPECT_EQ(0, mlockall(MCL_CURRENT));
	EXPECT_EQ(0, munlockall());
	EXPECT_EQ(locked, proc_value("/proc/self/status", "VmLck"));
	EXPECT_EQ(0, msync(l->mem, l->size, MS_ASYNC));
	ret = msync(l->mem, l->size, MS_SYNC);
	EXPECT_TRUE(!ret || errno == EINVAL);
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_CALL(lent_finish(l));
}

TEST_F_TIMEOUT(vmm, mprotect, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	unsigned char *hit = l->mem + LENT_HIT;
	int prot, sig;

	for (prot = 0; prot < 8; prot++) {
		ASSERT_EQ(0, mprotect(l->mem, l->size, prot));
		/* Memory that can be written or executed may be readable */
		sig = probe_load(hit);
		EXPECT_TRUE(sig == SIGBUS ||
			    (sig == SIGSEGV && !(prot & PROT_READ)))
			TH_LOG("prot %d: %d", prot, sig);
		EXPECT_EQ(prot & PROT_WRITE ? SIGBUS : SIGSEGV,
			  probe_store(hit))
			TH_LOG("prot %d", prot);
	}
	/* In single pages, too */
	ASSERT_EQ(0, mprotect(hit, l->page, PROT_READ));
	ASSERT_EQ(0, mprotect(hit, l->page, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, mprotect(l->mem, l->size, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_CALL(lent_finish(l));
}

TEST_F_TIMEOUT(vmm, mremap, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t size = l->size;
	void *moved, *copy, *grown, *left;

	/* Elsewhere */
	moved = mremap(l->mem, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		       alloc_mem(size));
	ASSERT_NE(MAP_FAILED, moved);
	EXPECT_TRUE(lent_is_closed(moved, size));
	EXPECT_EQ(SIGSEGV, probe_load(l->mem));
	/* A second mapping, in two ways */
	copy = mremap(moved, 0, size, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, copy);
	EXPECT_TRUE(lent_is_closed(copy, size));
	left = mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	ASSERT_NE(MAP_FAILED, left);
	EXPECT_TRUE(lent_is_closed(left, size));
	EXPECT_TRUE(lent_is_closed(copy, size));
	/* Beyond the end */
	grown = mremap(left, size, 2 * size, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, grown);
	EXPECT_TRUE(lent_is_closed(grown, 2 * size));
	ASSERT_EQ(grown, mremap(grown, 2 * size, size / 2, 0));
	EXPECT_TRUE(lent_is_closed(grown, size / 2));
	ASSERT_CALL(lent_finish(l));

	/* All of them are the same memory when it is back */
	remote_close(&l->remote);
	EXPECT_TRUE(lent_is_open(moved, size));
	EXPECT_TRUE(pattern_check(copy, size, 1));
	EXPECT_TRUE(pattern_check(grown, size / 2, 1));
	munmap(moved, size);
	munmap(copy, size);
	munmap(grown, size / 2);
}

/* The mapping goes while the guest runs, which does not need it */
TEST_F_TIMEOUT(vmm, unmapped, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t half = l->size / 2;

	ASSERT_EQ(0, munmap(l->mem, half));
	EXPECT_EQ(SIGSEGV, probe_load(l->mem));
	EXPECT_TRUE(lent_is_closed(l->mem + half, half));
	ASSERT_CALL(lent_turn(l));
	ASSERT_EQ(0, munmap(l->mem + half, half));
	EXPECT_EQ(SIGSEGV, probe_load(l->mem + half));
	ASSERT_CALL(lent_finish(l));
}

/* Other memory takes its place */
TEST_F_TIMEOUT(vmm, replaced, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t half = l->size / 2;
	unsigned char *other = l->mem + half;

	ASSERT_EQ(other, mmap(other, half, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(other, 0xab, half);
	EXPECT_TRUE(lent_is_closed(l->mem, half));
	ASSERT_CALL(lent_finish(l));
	remote_close(&l->remote);
	EXPECT_TRUE(lent_is_open(l->mem, half));
	EXPECT_EQ(0xab, other[0]);
	EXPECT_EQ(0xab, other[half - 1]);
}

/* ---- the process goes ---- */

struct leaver {
	enum lent_kind kind;
	enum { LEAVE_EXIT, LEAVE_EXEC, LEAVE_KILL, LEAVE_BUS } how;
};

static int leave(void *arg)
{
	const struct leaver *leaver = arg;
	struct lent_vm l;

	lent_init(&l);
	if (lent_alloc(&l, leaver->kind) || lent_build(&l) || lent_start(&l))
		return 1;
	switch (leaver->how) {
	case LEAVE_EXEC:
		freopen("/dev/null", "w", stderr);
		/* This only lists the tests */
		execl("/proc/self/exe", "gunyah_lent", "-l", NULL);
		return 2;
	case LEAVE_KILL:
		kill(getpid(), SIGKILL);
		return 2;
	case LEAVE_BUS:
		return l.mem[LENT_HIT];
	default:
		return 0;
	}
}

FIXTURE(process)
{
	struct leak_state leak;
};

FIXTURE_VARIANT(process)
{
	enum lent_kind kind;
};

LENT_VARIANTS(process);

FIXTURE_SETUP(process)
{
	struct lent_vm l;

	/* Only whether there is such memory */
	LENT_SETUP(return, &l, variant->kind);
	ASSERT_TRUE(lent_close(&l));
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(process)
{
	write_file("/proc/sys/vm/nr_hugepages", "0");
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

TEST_F_TIMEOUT(process, leaves, LENT_TIMEOUT)
{
	struct leaver leaver = { variant->kind, LEAVE_EXIT };

	EXPECT_EQ(0, in_child(leave, &leaver));
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	leaver.how = LEAVE_EXEC;
	EXPECT_EQ(KSFT_SKIP, in_child(leave, &leaver));
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	leaver.how = LEAVE_KILL;
	EXPECT_EQ(256 + SIGKILL, in_child(leave, &leaver));
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	leaver.how = LEAVE_BUS;
	EXPECT_EQ(256 + SIGBUS, in_child(leave, &leaver));
}

GUNYAH_TEST_MAIN
