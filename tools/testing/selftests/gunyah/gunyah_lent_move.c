// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on Gunyah VMs while their memory is moved: mappings that change before
 * and during the start, that cannot be replaced, or whose faults others handle
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/falloc.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "pressure.h"
#include "testctl.h"

#ifndef __NR_mseal
#define __NR_mseal	462
#endif

#define MAP_COUNT	"/proc/sys/vm/max_map_count"

FIXTURE(move)
{
	struct lent_vm l;
	struct param map_count;
};

FIXTURE_VARIANT(move)
{
	enum lent_kind kind;
};

LENT_VARIANTS(move);

FIXTURE_SETUP(move)
{
	LENT_SETUP(return, &self->l, variant->kind);
	ASSERT_CALL(lent_build(&self->l));
}

FIXTURE_TEARDOWN(move)
{
	param_restore(&self->map_count);
	EXPECT_TRUE(lent_close(&self->l));
}

/* Whether a start fails with an errno, and has changed nothing to be seen */
static bool fails(struct lent_vm *l, int error)
{
	struct gh_vm_status status;

	if (!gh_start(l->remote.vm.fd)) {
		fprintf(stderr, "# it has started\n");
		return false;
	}
	if (errno != error) {
		fprintf(stderr, "# not %s: %m\n", strerror(error));
		return false;
	}
	return !gh_status(l->remote.vm.fd, &status) &&
	       status.state == GH_VM_STATE_NEW;
}

static bool has_content(const struct lent_vm *l)
{
	return pattern_check(l->mem + LENT_HIT, LENT_HIT_SIZE, LENT_OF_HOST);
}

/* Whether a start succeeds after all, and everything is as it should be */
static bool ends_well(struct lent_vm *l)
{
	if (!has_content(l) || lent_start(l) ||
	    !lent_is_closed(l->mem, l->size) || lent_finish(l)) {
		perror("# the guest");
		return false;
	}
	remote_close(&l->remote);
	return lent_is_open(l->mem, l->size);
}

/* ---- locked memory ---- */

static long locked_kb(void)
{
	return proc_value("/proc/self/status", "VmLck");
}

TEST_F_TIMEOUT(move, locked, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	/* Memory of huge pages is locked anyway */
	ASSERT_EQ(0, mlock(l->mem, l->size));
	EXPECT_TRUE(ends_well(l));
	/* It is charged as lent memory, but not locked any more */
	EXPECT_EQ(l->leak.locked_kb + (long)l->size / 1024, locked_kb());
	/* Unmapping it unlocks it, too */
	EXPECT_EQ(0, mlock(l->mem, l->size));
	EXPECT_EQ(0, munmap(l->mem, l->size / 2));
}

TEST_F_TIMEOUT(move, all_is_locked, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;

	ASSERT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
	EXPECT_TRUE(ends_well(l));
	EXPECT_EQ(0, munlockall());
	EXPECT_EQ(l->leak.locked_kb + (long)l->size / 1024, locked_kb());
}

/* ---- the limit of locked memory ---- */

/* Even root has a limit without this capability */
static int drop_ipc_lock(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(__NR_capget, &head, data))
		return -1;
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	return syscall(__NR_capset, &head, data);
}

static int live_once(struct lent_vm *l)
{
	if (lent_build(l) || lent_start(l) || lent_finish(l))
		return -1;
	remote_close(&l->remote);
	return 0;
}

/* A limit that is just enough for one VM is enough for one after the other */
static int live_with_limit(void *arg)
{
	const rlim_t bytes = GUEST_SIZE + GUEST_SHM_SIZE;
	struct rlimit limit = { bytes, bytes };
	struct lent_vm l;
	void *more;

	lent_init(&l);
	more = alloc_mem(l.page);
	if (lent_alloc(&l, *(enum lent_kind *)arg) ||
	    setrlimit(RLIMIT_MEMLOCK, &limit) || drop_ipc_lock())
		return 1;
	if (live_once(&l))
		return 2;
	/* The same memory is charged already */
	if (live_once(&l))
		return 3;
	renew_mem(l.mem, l.size);
	if (lent_build(&l))
		return 4;
	if (!gh_set_region(l.remote.vm.fd, 1, MEM_RWX | GH_MEM_LENT,
			   0x200000000, l.page, more) || errno != ENOMEM)
		return 5;
	return lent_start(&l) || lent_finish(&l) ? 6 : 0;
}

TEST_F_TIMEOUT(move, limit, LENT_TIMEOUT)
{
	enum lent_kind kind = variant->kind;

	EXPECT_TRUE(lent_close(&self->l));
	EXPECT_EQ(0, in_child(live_with_limit, &kind));
}

/* ---- swapped memory ---- */

/* Some of the pages are on a disk when the VM starts */
TEST_F_TIMEOUT(move, swapped, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	long long before, out;

	if (access(SWAP_DEVICE, R_OK | W_OK))
		SKIP(return, "no " SWAP_DEVICE);
	if (swap_on())
		SKIP(return, "no swap: %s", strerror(errno));
	before = proc_value("/proc/vmstat", "pswpout");
	if (variant->kind != LENT_HUGETLB_MEMFD) {
		EXPECT_EQ(0, madvise(l->mem, l->size, MADV_PAGEOUT));
		out = proc_value("/proc/vmstat", "pswpout") - before;
		EXPECT_LT(0, out);
	}
	EXPECT_CALL(lent_start(l));
	/* Neither lent memory nor what it is after that can be swapped */
	EXPECT_EQ(0, madvise(l->mem, l->size, MADV_PAGEOUT));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_CALL(lent_finish(l));
	remote_close(&l->remote);
	EXPECT_TRUE(lent_is_open(l->mem, l->size));
	EXPECT_EQ(0, madvise(l->mem, l->size, MADV_PAGEOUT));
	EXPECT_TRUE(pattern_check(l->mem, l->size, 1));
	swap_off();
}

/* ---- mappings that are not what they were ---- */

TEST_F_TIMEOUT(move, protected, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t half = l->size / 2;

	if (variant->kind != LENT_HUGETLB_MEMFD) {
		ASSERT_EQ(0, mprotect(l->mem + half, half, PROT_NONE));
		EXPECT_TRUE(fails(l, EFAULT));
		ASSERT_EQ(0, mprotect(l->mem + half, half,
				      PROT_READ | PROT_WRITE));
		EXPECT_TRUE(has_content(l));
	}
	ASSERT_EQ(0, mprotect(l->mem, l->size, PROT_READ));
	ASSERT_CALL(lent_start(l));
	EXPECT_EQ(SIGBUS, probe_load(l->mem));
	EXPECT_EQ(SIGSEGV, probe_store(l->mem));
	ASSERT_CALL(lent_finish(l));
	remote_close(&l->remote);
	/* It has the protection that it had */
	EXPECT_EQ(0, probe_load(l->mem));
	EXPECT_EQ(SIGSEGV, probe_store(l->mem));
	ASSERT_EQ(0, mprotect(l->mem, l->size, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(lent_is_open(l->mem, l->size));
}

TEST_F_TIMEOUT(move, unmapped, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	size_t part = variant->kind == LENT_HUGETLB_MEMFD ? l->size : l->page;
	void *last = l->mem + l->size - part;

	ASSERT_EQ(0, munmap(last, part));
	EXPECT_TRUE(fails(l, EFAULT));
	EXPECT_TRUE(fails(l, EFAULT));
	renew_mem(last, part);
	EXPECT_EQ(0, probe_load(last));
	remote_close(&l->remote);
	ASSERT_CALL(lent_build(l));
	EXPECT_TRUE(ends_well(l));
}

/* Memory that another kind of file has taken the place of */
TEST_F_TIMEOUT(move, other_file, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	char dir[] = "/tmp/gunyah-XXXXXX", path[64], c = 0;
	int prot = PROT_READ | PROT_WRITE, file, private;

	mkdir("/tmp", 0777);
	if (!mkdtemp(dir) || mount("none", dir, "ramfs", 0, NULL))
		SKIP(return, "no ramfs: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/file", dir);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, file);
	ASSERT_EQ(l->size, write(file, l->mem, l->size));
	for (private = 0; private < 2; private++) {
		ASSERT_EQ(l->mem, mmap(l->mem, l->size, prot, MAP_FIXED |
				       (private ? MAP_PRIVATE : MAP_SHARED),
				       file, 0));
		EXPECT_TRUE(fails(l, EOPNOTSUPP));
	}
	ASSERT_EQ(1, pread(file, &c, 1, LENT_HIT));
	EXPECT_EQ(*(char *)(l->mem + LENT_HIT), c);
	renew_mem(l->mem, l->size);
	close(file);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

/* A mapping that nobody can replace; it goes with the process */
static int seal_and_start(void *arg)
{
	struct lent_vm l;

	lent_init(&l);
	if (lent_alloc(&l, *(enum lent_kind *)arg) || lent_build(&l))
		return 1;
	/* Not every kernel knows this call */
	if (syscall(__NR_mseal, l.mem, l.size, 0))
		return KSFT_SKIP;
	if (!fails(&l, EPERM) || !has_content(&l) || !fails(&l, EPERM))
		return 3;
	return has_content(&l) ? 0 : 4;
}

TEST_F_TIMEOUT(move, sealed, LENT_TIMEOUT)
{
	enum lent_kind kind = variant->kind;
	int ret;

	EXPECT_TRUE(lent_close(&self->l));
	ret = in_child(seal_and_start, &kind);
	if (ret == KSFT_SKIP)
		SKIP(return, "this kernel has no mseal()");
	EXPECT_EQ(0, ret);
}

/* More mappings than a process may have: a part of one cannot be replaced */
TEST_F_TIMEOUT(move, too_many_mappings, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	unsigned int maps = 0;
	char line[256], text[16];
	FILE *f;

	f = fopen("/proc/self/maps", "re");
	ASSERT_NE(NULL, f);
	while (fgets(line, sizeof(line), f))
		maps++;
	fclose(f);
	snprintf(text, sizeof(text), "%u", maps / 2);
	ASSERT_CALL(param_set(&self->map_count, MAP_COUNT, text));
	EXPECT_TRUE(fails(l, ENOMEM));
	EXPECT_TRUE(fails(l, ENOMEM));
	param_restore(&self->map_count);
	EXPECT_TRUE(ends_well(l));
}

/* ---- another thread changes the mapping all the time ---- */

struct changer {
	struct lent_vm *l;
	bool stop;
};

static void *change(void *data)
{
	struct changer *c = data;
	size_t page = c->l->page, pages = c->l->size / page;
	int prot = PROT_READ | PROT_WRITE;
	unsigned int seed = 1;
	void *at, *to = alloc_mem(page);

	while (!__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE)) {
		at = c->l->mem + rand_r(&seed) % pages * page;
		switch (rand_r(&seed) % 6) {
		case 0:
			munmap(at, page);
			break;
		case 1:
			renew_mem(at, page);
			break;
		case 2:
			mprotect(at, page, PROT_READ);
			break;
		case 3:
			mremap(at, page, page, MREMAP_MAYMOVE | MREMAP_FIXED,
			       to);
			break;
		case 4:
			mmap(at, page, prot,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 5:
			madvise(at, page, MADV_DONTNEED);
			break;
		}
	}
	munmap(to, page);
	return NULL;
}

/* Whatever the guest gets: nobody else is hurt, and nothing leaks */
TEST_F_TIMEOUT(move, changing, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct changer c = { .l = l };
	unsigned int round, good = 0;
	pthread_t thread;

	for (round = 0; round < 10; round++) {
		c.stop = false;
		ASSERT_EQ(0, pthread_create(&thread, NULL, change, &c));
		usleep(1000 * round);
		if (!gh_start(l->remote.vm.fd)) {
			good++;
		} else {
			EXPECT_TRUE(errno == EFAULT || errno == ENODEV ||
				    errno == EINVAL || errno == ENOMEM)
				TH_LOG("%s", strerror(errno));
		}
		__atomic_store_n(&c.stop, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		remote_close(&l->remote);
		renew_mem(l->mem, l->size);
		ASSERT_CALL(lent_build(l));
	}
	TH_LOG("%u of %u started", good, round);
	EXPECT_TRUE(ends_well(l));
}

/* ---- another thread uses the memory all the time ---- */

struct user {
	struct lent_vm *l;
	bool stop;
	unsigned long good;
	unsigned long refused;
	unsigned long bad;
};

/* Changes nothing, so the guest finds the content whatever this does */
static void *use(void *data)
{
	struct user *u = data;
	size_t pages = u->l->size / u->l->page;
	unsigned int seed = 1;
	int sig;

	while (!__atomic_load_n(&u->stop, __ATOMIC_ACQUIRE)) {
		sig = probe_atomic(u->l->mem + rand_r(&seed) % pages *
				   u->l->page);
		if (!sig)
			u->good++;
		else if (sig == SIGBUS)
			u->refused++;
		else
			u->bad++;
	}
	return NULL;
}

TEST_F_TIMEOUT(move, in_use, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct user u = { .l = l };
	unsigned int round;
	pthread_t thread;

	for (round = 0; round < 4; round++) {
		u.stop = false;
		ASSERT_EQ(0, pthread_create(&thread, NULL, use, &u));
		usleep(2000);
		EXPECT_CALL(lent_start(l));
		EXPECT_CALL(lent_turn(l));
		EXPECT_CALL(lent_finish(l));
		remote_close(&l->remote);
		usleep(2000);
		__atomic_store_n(&u.stop, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		EXPECT_TRUE(lent_is_open(l->mem, l->size));
		ASSERT_CALL(lent_build(l));
	}
	EXPECT_LT(0, u.good);
	EXPECT_LT(0, u.refused);
	EXPECT_EQ(0, u.bad);
}

/* ---- userfaultfd ---- */

struct server {
	int fd;
	size_t page;
	void *content;		/* of the page at @at */
	void *at;
	unsigned int served;
};

static void *serve(void *data)
{
	struct server *s = data;
	struct uffdio_copy copy = {
		.src = (uintptr_t)s->content, .len = s->page,
		.dst = (uintptr_t)s->at,
	};
	struct uffd_msg msg;

	while (read(s->fd, &msg, sizeof(msg)) == sizeof(msg))
		if (msg.event == UFFD_EVENT_PAGEFAULT &&
		    !ioctl(s->fd, UFFDIO_COPY, &copy))
			s->served++;
	return NULL;
}

/* One page is missing, and comes from a thread */
static int make_missing(struct lent_vm *l, struct server *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)l->mem, l->size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	size_t i;

	s->page = l->kind == LENT_HUGETLB_MEMFD ? HUGE : l->page;
	s->at = l->kind == LENT_HUGETLB_MEMFD ? l->mem : l->mem + LENT_HIT;
	s->content = alloc_mem(s->page);
	if (!s->content)
		return -1;
	/* All others are there */
	for (i = 0; i < l->size; i += l->page)
		__atomic_fetch_or(l->mem + i, 0, __ATOMIC_RELAXED);
	memcpy(s->content, s->at, s->page);
	if (madvise(s->at, s->page,
		    l->memfd >= 0 ? MADV_REMOVE : MADV_DONTNEED))
		return -1;
	s->fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	if (s->fd < 0 || ioctl(s->fd, UFFDIO_API, &api))
		return -1;
	return ioctl(s->fd, UFFDIO_REGISTER, &reg);
}

TEST_F_TIMEOUT(move, missing_page, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct server s = {};
	struct uffdio_copy copy;
	pthread_t thread;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "this kernel has no userfaultfd");
	if (variant->kind == LENT_PRIVATE_MEMFD)
		SKIP(return, "userfaultfd does not know private mappings");
	ASSERT_CALL(make_missing(l, &s));
	ASSERT_EQ(0, pthread_create(&thread, NULL, serve, &s));
	/* The guest finds the content of all pages */
	EXPECT_CALL(lent_start(l));
	EXPECT_EQ(1, s.served);
	copy = (struct uffdio_copy){
		.dst = (uintptr_t)s.at, .src = (uintptr_t)s.content,
		.len = l->page,
	};
	EXPECT_ERRNO(ENOENT, ioctl(s.fd, UFFDIO_COPY, &copy));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	EXPECT_EQ(1, s.served);
	EXPECT_CALL(lent_finish(l));
	EXPECT_EQ(0, pthread_cancel(thread));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	close(s.fd);
	munmap(s.content, s.page);
}

/* A VMM whose pages never come does not prevent others from what they do */
TEST_F_TIMEOUT(move, page_never_comes, LENT_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status ended;
	struct server s = {};
	int ready[2], status;
	struct lent_vm child;
	struct vm vm;
	pid_t pid;
	char c;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "this kernel has no userfaultfd");
	if (variant->kind == LENT_PRIVATE_MEMFD)
		SKIP(return, "userfaultfd does not know private mappings");
	/* The huge page is for the child */
	remote_close(&self->l.remote);
	munmap(self->l.area, self->l.area_size);
	self->l.area = NULL;
	close(self->l.memfd);
	self->l.memfd = -1;
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		lent_init(&child);
		if (lent_alloc(&child, variant->kind) || lent_build(&child) ||
		    make_missing(&child, &s) || write(ready[1], "", 1) != 1)
			_exit(1);
		gh_start(child.remote.vm.fd);
		_exit(2);
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	usleep(100000);
	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(&vm, &ended));
	EXPECT_TRUE(vm_ended(&ended, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&vm);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	close(ready[0]);
	close(ready[1]);
}

GUNYAH_TEST_MAIN
