// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lending memory of all kinds, and memory that cannot be moved at first: what the
 * error is, that the content is still there, and that another attempt works
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "testctl.h"

#define PITS_TIMEOUT	300

#ifndef __NR_mseal
#define __NR_mseal	462
#endif

#define MAP_COUNT	"/proc/sys/vm/max_map_count"

#define NOBODY		65534

FIXTURE(pits)
{
	struct leak_state leak;
	struct lent_vm vm;
	struct param param;
	size_t page;
};

FIXTURE_SETUP(pits)
{
	SKIP_WITHOUT_GUNYAH(return);
	self->page = sysconf(_SC_PAGESIZE);
	testctl_reset();
	leak_read(&self->leak);
	lent_init(&self->vm);
}

FIXTURE_TEARDOWN(pits)
{
	param_restore(&self->param);
	lent_free(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* Whether the VM could be started, and the memory has its content */
static bool is_untouched(const struct lent_vm *vm)
{
	struct gh_vm_status status;

	return !gh_status(vm->remote.vm.fd, &status) &&
	       status.state == GH_VM_STATE_NEW &&
	       pattern_check(vm->mem + GUEST_FREE, vm->size - GUEST_FREE,
			     vm->pattern);
}

/* A start that fails and has changed nothing */
#define EXPECT_REPEATABLE(expected_errno, lent) do {			\
	const struct lent_vm *__lent = (lent);				\
									\
	EXPECT_ERRNO(expected_errno, gh_start(__lent->remote.vm.fd));	\
	EXPECT_TRUE(is_untouched(__lent));				\
} while (0)

/* ---- every kind of memory ---- */

FIXTURE(kind)
{
	struct leak_state leak;
	struct lent_vm vm;
	struct param param;
};

FIXTURE_VARIANT(kind)
{
	enum lent_kind kind;
	size_t shift;		/* into the memory */
};

FIXTURE_VARIANT_ADD(kind, anonymous)
{
	.kind = LENT_ANON,
};

FIXTURE_VARIANT_ADD(kind, thp)
{
	.kind = LENT_THP,
};

/* Huge pages begin in one block and end in the next */
FIXTURE_VARIANT_ADD(kind, thp_across_blocks)
{
	.kind = LENT_THP,
	.shift = HUGE / 2,
};

FIXTURE_VARIANT_ADD(kind, memfd)
{
	.kind = LENT_MEMFD,
};

FIXTURE_VARIANT_ADD(kind, hugetlb)
{
	.kind = LENT_HUGETLB,
};

FIXTURE_VARIANT_ADD(kind, hugetlb_memfd)
{
	.kind = LENT_HUGETLB_MEMFD,
};

static bool is_hugetlb(enum lent_kind kind)
{
	return kind == LENT_HUGETLB || kind == LENT_HUGETLB_MEMFD;
}

FIXTURE_SETUP(kind)
{
	SKIP_WITHOUT_GUNYAH(return);
	if (is_hugetlb(variant->kind)) {
		if (access(HUGE_PAGES_PARAM, F_OK))
			SKIP(return, "no huge pages");
		ASSERT_CALL(param_set(&self->param, HUGE_PAGES_PARAM, "8"));
		ASSERT_EQ(8, huge_pages_free());
	}
	leak_read(&self->leak);
	lent_init(&self->vm);
}

FIXTURE_TEARDOWN(kind)
{
	lent_free(&self->vm);
	if (is_hugetlb(variant->kind))
		EXPECT_EQ(8, huge_pages_free());
	param_restore(&self->param);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

TEST_F_TIMEOUT(kind, life, PITS_TIMEOUT)
{
	size_t size = LENT_SIZE;
	unsigned char *mem;
	int fd;

	/* A file stays open: what it has must go all the same */
	mem = lent_memory(variant->kind, size + 2 * variant->shift, &fd);
	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem + variant->shift, size));
	if (is_hugetlb(variant->kind))
		EXPECT_EQ(8 - LENT_SIZE / HUGE, huge_pages_free());
	ASSERT_CALL(lent_start_intact(&self->vm));
	/* The huge pages are back, and were not lent */
	if (is_hugetlb(variant->kind))
		EXPECT_EQ(8, huge_pages_free());
	EXPECT_EQ(1, count_vmas(self->vm.mem, size));
	EXPECT_TRUE(lent_is_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
	if (variant->shift) {
		munmap(mem, variant->shift);
		munmap(mem + variant->shift + size, variant->shift);
	}
	if (fd >= 0)
		close(fd);
}

/* Memory that was lent is lent again, several times */
TEST_F_TIMEOUT(kind, again, PITS_TIMEOUT)
{
	size_t size = LENT_SIZE;
	unsigned char *mem;
	unsigned int i;

	mem = lent_memory(variant->kind, size + 2 * variant->shift, NULL);
	ASSERT_NE(NULL, mem);
	for (i = 0; i < 3; i++) {
		ASSERT_CALL(lent_build_in(&self->vm, mem + variant->shift,
					  size));
		ASSERT_CALL(lent_start_intact(&self->vm));
		EXPECT_EQ(1, count_vmas(self->vm.mem, size));
		remote_close(&self->vm.remote);
		EXPECT_TRUE(all_zero(self->vm.mem, size));
	}
	munmap(mem, size + 2 * variant->shift);
	self->vm.area = NULL;
}

/* ---- what is refused when memory is registered ---- */

/* The mapping of a huge page cannot be replaced in part */
TEST_F_TIMEOUT(pits, hugetlb_in_part, PITS_TIMEOUT)
{
	size_t page = self->page, i;
	const struct {
		size_t from, size;
	} part[] = {
		{ page, 2 * HUGE - page }, { 0, 2 * HUGE - page },
		{ page, page }, { HUGE - page, HUGE }, { 0, page },
	};
	unsigned char *mem, *own;
	int dev, fd;

	if (param_set(&self->param, HUGE_PAGES_PARAM, "2"))
		SKIP(return, "no huge pages");
	mem = lent_memory(LENT_HUGETLB, 2 * HUGE, NULL);
	ASSERT_NE(NULL, mem);
	ASSERT_CALL(bare_open(&dev, &fd, &own));
	for (i = 0; i < ARRAY_SIZE(part); i++) {
		EXPECT_ERRNO(EINVAL, gh_set_region(fd, 1, MEM_RWX | GH_MEM_LENT,
						   GUEST_BASE, part[i].size,
						   mem + part[i].from));
		/* A shared region needs no whole pages */
		EXPECT_EQ(0, gh_set_region(fd, 1, MEM_RWX, GUEST_BASE,
					   part[i].size, mem + part[i].from));
		EXPECT_EQ(0, gh_remove_region(fd, 1));
	}
	EXPECT_EQ(0, gh_set_region(fd, 1, MEM_RWX | GH_MEM_LENT, GUEST_BASE,
				   HUGE, mem + HUGE));
	bare_close(dev, fd, own);
	munmap(mem, 2 * HUGE);
}

TEST_F_TIMEOUT(pits, lent_twice, PITS_TIMEOUT)
{
	const __u32 flags = MEM_RWX | GH_MEM_LENT;
	size_t page = self->page;
	unsigned char *mem;
	int dev, fd;

	ASSERT_CALL(bare_open(&dev, &fd, &mem));
	ASSERT_CALL(gh_set_region(fd, 1, flags, GUEST_BASE, 4 * page,
				  mem + 4 * page));
	/* The same, around, at both ends */
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, 2, flags, GUEST_SHM_BASE,
					   4 * page, mem + 4 * page));
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, 2, flags, GUEST_SHM_BASE,
					   12 * page, mem));
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, 2, flags, GUEST_SHM_BASE,
					   5 * page, mem));
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, 2, flags, GUEST_SHM_BASE,
					   2 * page, mem + 7 * page));
	/* Neighbours are not the same memory */
	EXPECT_EQ(0, gh_set_region(fd, 2, flags, GUEST_SHM_BASE, 4 * page,
				   mem));
	EXPECT_EQ(0, gh_set_region(fd, 3, flags, GUEST_SHM_BASE + MIB, page,
				   mem + 8 * page));
	/* Removed memory is free again */
	EXPECT_EQ(0, gh_remove_region(fd, 1));
	EXPECT_EQ(0, gh_set_region(fd, 4, flags, GUEST_BASE, 4 * page,
				   mem + 4 * page));
	bare_close(dev, fd, mem);
}

/* ---- what a start finds ---- */

/* Half of the memory is sealed, so half of it was moved before the error */
TEST_F_TIMEOUT(pits, sealed, PITS_TIMEOUT)
{
	size_t half = LENT_SIZE / 2;
	void *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL), *other;
	struct leak_state before, now;

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	leak_read(&before);
	if (syscall(__NR_mseal, (char *)mem + half, half, 0))
		SKIP(return, "no mseal()");
	EXPECT_REPEATABLE(EPERM, &self->vm);
	EXPECT_REPEATABLE(EPERM, &self->vm);
	/* It was charged once */
	leak_read(&now);
	EXPECT_EQ(before.locked_kb, now.locked_kb);

	/* Other memory with the same content */
	other = lent_memory(LENT_ANON, LENT_SIZE, NULL);
	ASSERT_NE(NULL, other);
	memcpy(other, mem, LENT_SIZE);
	ASSERT_EQ(0, gh_remove_region(self->vm.remote.vm.fd,
				      GUEST_IMAGE_LABEL));
	ASSERT_CALL(gh_set_region(self->vm.remote.vm.fd, GUEST_IMAGE_LABEL,
				  MEM_RWX | GH_MEM_LENT, GUEST_BASE, LENT_SIZE,
				  other));
	self->vm.mem = other;
	self->vm.area = other;
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
	/* The rest is sealed until this process ends */
	munmap(mem, half);
}

/* As many mappings as there may be: each move adds one for a short time */
TEST_F_TIMEOUT(pits, max_map_count, PITS_TIMEOUT)
{
	void *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL);
	char text[32];

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	snprintf(text, sizeof(text), "%zu", count_vmas(NULL, -1UL) - 1);
	ASSERT_CALL(param_set(&self->param, MAP_COUNT, text));
	EXPECT_ERRNO(ENOMEM, gh_start(self->vm.remote.vm.fd));
	param_restore(&self->param);
	EXPECT_TRUE(is_untouched(&self->vm));
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
}

/* Memory in very many mappings, which become one */
TEST_F_TIMEOUT(pits, many_mappings, PITS_TIMEOUT)
{
	char *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL);
	size_t page = self->page, at;

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	for (at = 0; at < LENT_SIZE; at += 2 * page)
		ASSERT_EQ(0, madvise(mem + at, page, MADV_DONTFORK));
	EXPECT_LE(LENT_SIZE / page, count_vmas(mem, LENT_SIZE));
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_EQ(1, count_vmas(mem, LENT_SIZE));
	EXPECT_TRUE(lent_end(&self->vm));
}

/*
 * Each page is a mapping, and so a block, of its own. Their number decides what
 * shape the tree has that they are kept in.
 */
TEST_F_TIMEOUT(pits, many_blocks, PITS_TIMEOUT)
{
	size_t page = self->page, pages, at;
	unsigned char *mem;

	for (pages = 112; pages <= 300; pages += 7) {
		mem = lent_memory(LENT_ANON, pages * page, NULL);
		ASSERT_NE(NULL, mem);
		ASSERT_CALL(lent_build_in(&self->vm, mem, pages * page));
		for (at = 0; at < pages; at += 2)
			ASSERT_EQ(0, madvise(mem + at * page, page,
					     MADV_DONTFORK));
		ASSERT_CALL(lent_start_intact(&self->vm));
		EXPECT_TRUE(lent_end(&self->vm));
	}
	/* What is freed a little later must not be wrong either */
	usleep(200000);
	EXPECT_EQ(0, vm_one_life());
}

struct future {
	size_t limit;
	int err;
};

/* Everything that is mapped from now on is locked, and counts twice */
static int start_with_future(void *data)
{
	const struct future *future = data;
	struct rlimit limit = { future->limit, future->limit };
	struct lent_vm vm;
	int err;

	lent_init(&vm);
	if (lent_build_in(&vm, lent_memory(LENT_ANON, LENT_SIZE, NULL),
			  LENT_SIZE))
		return 101;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) ||
	    setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY) || mlockall(MCL_FUTURE))
		return 102;
	err = gh_start(vm.remote.vm.fd) ? errno : 0;
	if (err && !is_untouched(&vm))
		return 103;
	/* What was charged for the failure must not be missing afterwards */
	if (err && (munlockall() || lent_start_intact(&vm) || !lent_end(&vm)))
		return 104;
	return err;
}

TEST_F_TIMEOUT(pits, mlockall_future, PITS_TIMEOUT)
{
	struct future future = { .limit = LENT_SIZE + MIB };
	struct leak_state leak;

	EXPECT_EQ(EAGAIN, in_child(start_with_future, &future));
	future.limit = 4 * LENT_SIZE;
	EXPECT_EQ(0, in_child(start_with_future, &future));

	/* A privileged process has no limit; it loses no page by that */
	leak_read(&leak);
	ASSERT_EQ(0, mlockall(MCL_FUTURE));
	ASSERT_CALL(lent_run(&self->vm));
	EXPECT_TRUE(lent_is_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
	munlockall();
	EXPECT_TRUE(leak_check(&leak, BACK_MS));
}

/* Another VM shares the memory: it keeps the old pages */
TEST_F_TIMEOUT(pits, shared_with_another, PITS_TIMEOUT)
{
	void *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL);
	const __u64 addr = GUEST_SHM_BASE + 2 * GUEST_FREE;
	const size_t size = GUEST_FREE;
	struct remote other;
	struct vm_config cfg = { 0 };

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	remote_init(&other);
	ASSERT_CALL(remote_build(&other, &cfg));
	/* Its second region is the first part of ours: add one that is */
	remote_close(&other);
	cfg.shm_mem = self->vm.mem;
	cfg.shm_size = 3 * GUEST_FREE;
	ASSERT_CALL(vm_build(&other.vm, &cfg, VM_HAS_VCPUS));
	vm_program(&other.vm, 0, G_WRITE(4, 0x1000, 0),
		   G_CHECK(addr, size, self->vm.pattern + GUEST_FREE / 8 *
			   GUEST_PATTERN_STEP),
		   G_FILL(addr, size, 500), G_CHECK(addr, size, 500), G_OFF);
	ASSERT_CALL(gh_start(other.vm.fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(&other.vm, 0));
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_EQ(0, vm_run_all(&other.vm, NULL, NULL));
	EXPECT_TRUE(lent_is_intact(&self->vm));
	vm_close(&other.vm);
	EXPECT_TRUE(lent_end(&self->vm));
}

/* ---- a hole, found when some blocks were moved ---- */

#define HOLE	(5 * MIB)

TEST_F_TIMEOUT(pits, no_access, PITS_TIMEOUT)
{
	unsigned char *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL);
	size_t page = self->page;

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	ASSERT_EQ(0, mprotect(mem + HOLE, page, PROT_NONE));
	EXPECT_ERRNO(EFAULT, gh_start(self->vm.remote.vm.fd));
	ASSERT_EQ(0, mprotect(mem + HOLE, page, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(is_untouched(&self->vm));
	/* What was moved is moved again */
	ASSERT_EQ(0, mprotect(mem + HOLE, page, PROT_NONE));
	EXPECT_ERRNO(EFAULT, gh_start(self->vm.remote.vm.fd));
	ASSERT_EQ(0, mprotect(mem + HOLE, page, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(is_untouched(&self->vm));
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
}

TEST_F_TIMEOUT(pits, unmapped, PITS_TIMEOUT)
{
	unsigned char *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL), *copy;
	size_t page = self->page;
	unsigned int i;

	ASSERT_NE(NULL, mem);
	copy = malloc(page);
	ASSERT_NE(NULL, copy);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	memcpy(copy, mem + HOLE, page);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, munmap(mem + HOLE, page));
		EXPECT_ERRNO(EFAULT, gh_start(self->vm.remote.vm.fd));
		ASSERT_NE(MAP_FAILED,
			  mmap(mem + HOLE, page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			       0));
		memcpy(mem + HOLE, copy, page);
		EXPECT_TRUE(is_untouched(&self->vm));
	}
	free(copy);
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
}

/* ---- a mapping that grows beyond the memory ---- */

TEST_F_TIMEOUT(pits, grown, PITS_TIMEOUT)
{
	const size_t half = LENT_SIZE / 2, large = 1UL << 46;
	unsigned char *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL), *far;
	size_t at;

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	ASSERT_CALL(lent_start_intact(&self->vm));
	remote_close(&self->vm.remote);
	/* The object keeps one half, from which the other is taken */
	far = mremap(mem + half, half, large, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, far);
	ASSERT_CALL(lent_build_in(&self->vm, mem, half));
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_TRUE(all_zero(far, half));
	for (at = half; at < large; at *= 2)
		EXPECT_FALSE(page_readable(far + at));
	munmap(far, large);
	EXPECT_TRUE(lent_end(&self->vm));
}

/* ---- pages that another thread provides ---- */

#define MISSING	(16UL << 12)

/* Memory from HOLE on is missing: faults are sent to the descriptor */
static int uffd_make(const struct lent_vm *vm, __u64 features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register reg = {
		.range = { (uintptr_t)vm->mem + HOLE, MIB },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg)) {
		close(fd);
		return -1;
	}
	return fd;
}

struct provider {
	int fd;
	const unsigned char *content;
	__u64 start;
	size_t page;
	unsigned int provided;
};

static void *provide(void *data)
{
	struct provider *provider = data;
	size_t page = provider->page, at;
	struct uffd_msg msg;

	for (;;) {
		if (read(provider->fd, &msg, sizeof(msg)) != sizeof(msg))
			return NULL;
		if (msg.event != UFFD_EVENT_PAGEFAULT)
			continue;
		at = (msg.arg.pagefault.address - provider->start) & -page;
		struct uffdio_copy copy = {
			.dst = provider->start + at,
			.src = (uintptr_t)provider->content + at,
			.len = page,
		};

		if (ioctl(provider->fd, UFFDIO_COPY, &copy))
			return NULL;
		provider->provided++;
	}
}

TEST_F_TIMEOUT(pits, userfaultfd, PITS_TIMEOUT)
{
	unsigned char *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL), *content;
	struct provider provider = { .page = self->page };
	pthread_t thread;

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, LENT_SIZE));
	content = malloc(MISSING);
	ASSERT_NE(NULL, content);
	memcpy(content, mem + HOLE, MISSING);
	provider.fd = uffd_make(&self->vm, 0);
	if (provider.fd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	ASSERT_EQ(0, madvise(mem + HOLE, MISSING, MADV_DONTNEED));
	provider.content = content;
	provider.start = (uintptr_t)mem + HOLE;
	ASSERT_EQ(0, pthread_create(&thread, NULL, provide, &provider));
	/* The guest finds what the other thread has provided */
	ASSERT_CALL(lent_start_intact(&self->vm));
	EXPECT_EQ(MISSING / self->page, provider.provided);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	close(provider.fd);
	free(content);
	EXPECT_TRUE(lent_end(&self->vm));
}

struct ignored {
	__u64 features;
	int said;		/* a byte for each fault */
	int fd;
};

static void *tell_of_fault(void *data)
{
	const struct ignored *ignored = data;
	struct pollfd pfd = { .fd = ignored->fd, .events = POLLIN };

	if (poll(&pfd, 1, -1) == 1)
		write(ignored->said, "", 1);
	return NULL;
}

/* A start that waits for a page, or for its event, for ever */
static int start_ignored(struct ignored *ignored)
{
	pthread_t thread;
	struct lent_vm vm;

	lent_init(&vm);
	if (lent_build_in(&vm, lent_memory(LENT_ANON, LENT_SIZE, NULL),
			  LENT_SIZE))
		return 1;
	ignored->fd = uffd_make(&vm, ignored->features);
	if (ignored->fd < 0)
		return 2;
	if (!ignored->features)
		madvise(vm.mem + HOLE, MISSING, MADV_DONTNEED);
	if (pthread_create(&thread, NULL, tell_of_fault, ignored))
		return 3;
	gh_start(vm.remote.vm.fd);
	return 4;
}

TEST_F_TIMEOUT(pits, userfaultfd_ignored, PITS_TIMEOUT)
{
	static const __u64 features[] = { 0, UFFD_FEATURE_EVENT_UNMAP };
	unsigned int i;
	int said[2], status;
	long long ms;
	pid_t pid;
	char byte;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		ASSERT_EQ(0, pipe(said));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			struct ignored ignored = { features[i], said[1], -1 };

			close(said[0]);
			_exit(start_ignored(&ignored));
		}
		close(said[1]);
		EXPECT_EQ(1, read(said[0], &byte, 1));
		close(said[0]);
		/* Nothing happens by itself */
		usleep(50000);
		EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
		ms = now_ms();
		EXPECT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_GE(reap_limit_ms(), now_ms() - ms);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	}
}

GUNYAH_TEST_MAIN
