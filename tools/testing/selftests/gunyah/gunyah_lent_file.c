// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on lent memory of Gunyah VMs by the file that it came from: a memfd
 * that another process has as well, or that is mapped twice
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "testctl.h"

/* What others write */
#define LENT_OF_OTHERS	0x0bad0bad0bad0badULL

FIXTURE(file)
{
	struct lent_vm l;
	unsigned char *second;	/* mapping of the file, older than the VM */
};

FIXTURE_VARIANT(file)
{
	enum lent_kind kind;
};

LENT_VARIANT(file, memfd, LENT_MEMFD);
LENT_VARIANT(file, thp_memfd, LENT_THP_MEMFD);
LENT_VARIANT(file, private_memfd, LENT_PRIVATE_MEMFD);
LENT_VARIANT(file, hugetlb, LENT_HUGETLB_MEMFD);

FIXTURE_SETUP(file)
{
	struct lent_vm *l = &self->l;

	LENT_SETUP(return, l, variant->kind);
	ASSERT_CALL(lent_build(l));
	self->second = mmap(NULL, l->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			    l->memfd, 0);
	ASSERT_NE(MAP_FAILED, self->second);
	/* A private mapping has pages of its own, the file has none yet */
	if (variant->kind != LENT_PRIVATE_MEMFD) {
		ASSERT_TRUE(pattern_check(self->second + LENT_HIT,
					  LENT_HIT_SIZE, LENT_OF_HOST));
	}
	ASSERT_CALL(lent_start(l));
}

FIXTURE_TEARDOWN(file)
{
	if (self->second)
		munmap(self->second, self->l.size);
	EXPECT_TRUE(lent_close(&self->l));
}

/* Whether the VMM gets zeroes, not what others have written to the file */
static bool ends_well(struct lent_vm *l)
{
	if (!lent_is_closed(l->mem, l->size) || lent_turn(l) ||
	    !lent_is_closed(l->mem, l->size) || lent_finish(l)) {
		perror("# the guest");
		return false;
	}
	remote_close(&l->remote);
	return lent_is_open(l->mem, l->size);
}

TEST_F_TIMEOUT(file, mapped_twice, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	unsigned char *third;

	EXPECT_TRUE(all_zero(self->second, l->size));
	third = mmap(NULL, l->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     l->memfd, 0);
	ASSERT_NE(MAP_FAILED, third);
	EXPECT_TRUE(all_zero(third, l->size));
	pattern_fill(third, l->size, LENT_OF_OTHERS);
	EXPECT_TRUE(pattern_check(self->second, l->size, LENT_OF_OTHERS));
	EXPECT_TRUE(ends_well(l));
	EXPECT_TRUE(pattern_check(self->second, l->size, LENT_OF_OTHERS));
	munmap(third, l->size);
}

/* In another process, which was told which file it is */
static int use_file(void *arg)
{
	struct lent_vm *l = arg;
	size_t size = l->size, step = 0x10000, at;
	char *buf = alloc_mem(step);
	struct iovec iov = { buf, step };

	for (at = 0; at < size; at += step) {
		if (pread(l->memfd, buf, step, at) != (ssize_t)step)
			return 1;
		if (!all_zero(buf, step))
			return 2;
		if (l->kind == LENT_HUGETLB_MEMFD)
			continue;	/* write() is not possible */
		pattern_fill(buf, step, LENT_OF_OTHERS);
		if (pwritev(l->memfd, &iov, 1, at) != (ssize_t)step)
			return 3;
	}
	return 0;
}

TEST_F_TIMEOUT(file, read_and_written, LENT_TIMEOUT)
{
	EXPECT_EQ(0, in_child(use_file, &self->l));
	EXPECT_TRUE(ends_well(&self->l));
}

TEST_F_TIMEOUT(file, copied, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t done, size = 0x10000;
	char *buf = alloc_mem(size);
	off_t in = LENT_HIT;
	loff_t at = LENT_HIT;
	int to, pipes[2];
	ssize_t n;

	to = memfd_create("gunyah-copy", MFD_CLOEXEC);
	ASSERT_LE(0, to);
	ASSERT_EQ(0, pipe(pipes));
	memset(buf, 1, size);
	ASSERT_EQ(size, pwrite(to, buf, size, 0));
	if (variant->kind == LENT_HUGETLB_MEMFD) {
		/* Such a file cannot do that */
		EXPECT_ERRNO(EINVAL, sendfile(to, l->memfd, &in, size));
		EXPECT_ERRNO(EINVAL, splice(l->memfd, &at, pipes[1], NULL,
					    size, 0));
		size = 0;
	}
	for (done = 0; done < size; done += n) {
		n = sendfile(to, l->memfd, &in, size - done);
		ASSERT_LT(0, n)
			TH_LOG("%s", strerror(errno));
	}
	ASSERT_EQ(size, pread(to, buf, size, 0));
	EXPECT_TRUE(all_zero(buf, size));
	if (size) {
		n = splice(l->memfd, &at, pipes[1], NULL, l->page, 0);
		ASSERT_LT(0, n);
		ASSERT_EQ(n, read(pipes[0], buf, n));
		EXPECT_TRUE(all_zero(buf, n));
	}
	EXPECT_TRUE(ends_well(l));
	close(to);
	close(pipes[0]);
	close(pipes[1]);
	munmap(buf, 0x10000);
}

TEST_F_TIMEOUT(file, holes, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	int fd = l->memfd, punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	EXPECT_EQ(0, fallocate(fd, punch, 0, l->size));
	EXPECT_EQ(0, fallocate(fd, 0, 0, l->size));
	EXPECT_EQ(0, fallocate(fd, punch, l->size / 2, l->size / 2));
	EXPECT_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_ZERO_RANGE, 0,
					   l->size));
	EXPECT_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0,
					   HUGE));
	EXPECT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	EXPECT_TRUE(ends_well(l));
}

TEST_F_TIMEOUT(file, truncated, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	/* The mapping of lent memory is not one of the file any more */
	ASSERT_EQ(0, ftruncate(l->memfd, 0));
	EXPECT_EQ(SIGBUS, probe_load(self->second));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	ASSERT_EQ(0, ftruncate(l->memfd, 2 * l->size));
	EXPECT_EQ(0, probe_load(self->second));
	ASSERT_EQ(0, ftruncate(l->memfd, l->size / 2 & -HUGE));
	EXPECT_TRUE(ends_well(l));
}

TEST_F_TIMEOUT(file, closed, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	close(l->memfd);
	l->memfd = -1;
	munmap(self->second, l->size);
	self->second = NULL;
	EXPECT_TRUE(ends_well(l));
}

/* ---- sealed before the start ---- */

FIXTURE(sealed)
{
	struct lent_vm l;
};

FIXTURE_VARIANT(sealed)
{
	int seals;
	bool keeps;	/* the content in the file, which cannot be removed */
};

FIXTURE_VARIANT_ADD(sealed, future_write)
{
	.seals = F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW,
	.keeps = true,
};

FIXTURE_VARIANT_ADD(sealed, size)
{
	.seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
};

FIXTURE_SETUP(sealed)
{
	struct lent_vm *l = &self->l;

	LENT_SETUP(return, l, LENT_MEMFD);
	ASSERT_CALL(lent_build(l));
	ASSERT_EQ(0, fcntl(l->memfd, F_ADD_SEALS, variant->seals));
	ASSERT_CALL(lent_start(l));
}

FIXTURE_TEARDOWN(sealed)
{
	EXPECT_TRUE(lent_close(&self->l));
}

TEST_F_TIMEOUT(sealed, content, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	unsigned char *other;

	other = mmap(NULL, l->size, PROT_READ, MAP_SHARED, l->memfd, 0);
	ASSERT_NE(MAP_FAILED, other);
	if (variant->keeps) {
		/* Pages that the guest never sees */
		EXPECT_TRUE(pattern_check(other + LENT_HIT, LENT_HIT_SIZE,
					  LENT_OF_HOST));
	} else {
		EXPECT_TRUE(all_zero(other, l->size));
	}
	EXPECT_TRUE(ends_well(l));
	if (variant->keeps) {
		EXPECT_TRUE(pattern_check(other + LENT_HIT, LENT_HIT_SIZE,
					  LENT_OF_HOST));
	}
	munmap(other, l->size);
}

/*
 * Memory that cannot be written at all is lent as one that the VM cannot write,
 * and the move has to replace a mapping that is read-only
 */
TEST(sealed_for_writing)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE, .shm_lent = true };
	struct gh_vm_status status;
	struct leak_state leak;
	unsigned char *mem;
	struct vm vm;
	int fd;

	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&leak);
	vm_init(&vm);
	fd = memfd_create("gunyah", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, GUEST_SHM_SIZE));
	mem = mmap(NULL, GUEST_SHM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	ASSERT_NE(MAP_FAILED, mem);
	pattern_fill(mem, GUEST_SHM_SIZE, LENT_OF_HOST);
	munmap(mem, GUEST_SHM_SIZE);
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
	mem = mmap(NULL, GUEST_SHM_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, mem);

	ASSERT_CALL(vm_build(&vm, &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(gh_remove_region(vm.fd, GUEST_SHM_LABEL));
	ASSERT_CALL(gh_set_region(vm.fd, GUEST_SHM_LABEL,
				  GH_MEM_ALLOW_READ | GH_MEM_LENT,
				  GUEST_SHM_BASE, GUEST_SHM_SIZE, mem));
	vm_program(&vm, 0,
		   G_CHECK(GUEST_SHM_BASE, GUEST_SHM_SIZE, LENT_OF_HOST),
		   G_WRITE(4, 0x1000, 0), G_OFF);
	ASSERT_CALL(gh_start(vm.fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&vm, 0));
	EXPECT_EQ(SIGBUS, probe_load(mem));
	EXPECT_EQ(SIGSEGV, probe_store(mem));
	ASSERT_CALL(vm_finish(&vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&vm);
	EXPECT_TRUE(all_zero(mem, GUEST_SHM_SIZE));
	munmap(mem, GUEST_SHM_SIZE);
	mem = mmap(NULL, GUEST_SHM_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT_TRUE(pattern_check(mem, GUEST_SHM_SIZE, LENT_OF_HOST));
	munmap(mem, GUEST_SHM_SIZE);
	close(fd);
	EXPECT_TRUE(leak_check(&leak, LONG_MS));
}

GUNYAH_TEST_MAIN
