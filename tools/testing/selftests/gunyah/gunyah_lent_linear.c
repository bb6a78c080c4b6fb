// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on lent memory of Gunyah VMs by way of the kernel's linear map
 *
 * The kernel compares and hashes the names of a path a word at a time. The last
 * word of a name that ends at the end of a page runs into the next page. If that
 * one is lent and mapped, the machine dies. Any user can do that: the path can
 * be the target of a symbolic link, or the buffer of a system call.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/kernel-page-flags.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "testctl.h"

#define VMS		24
/* Blocks of 16, 8, 4, 2 and 1 pages: each has a page before it */
#define VM_PAGES	31

#define DIR		"/tmp/gunyah-linear"
#define LINKS		40		/* for each VM */
#define WALKERS		8		/* for each VM: as many as a slab has */
#define ROUNDS		4

/* Bits of /proc/kpageflags */
static const __u64 page_slab = 1ULL << KPF_SLAB;
static const __u64 page_swapbacked = 1ULL << KPF_SWAPBACKED;
static const __u64 page_offline = 1ULL << KPF_OFFLINE;

FIXTURE(linear)
{
	struct leak_state leak;
	__u64 aborts;
	struct vm vm[VMS];
	unsigned int links;
};

FIXTURE_SETUP(linear)
{
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	if (testctl_present())
		self->aborts = testctl_read(GH_TESTCTL_HOST_ABORTS);
	for (i = 0; i < VMS; i++)
		vm_init(&self->vm[i]);
	mkdir("/tmp", 0777);
	mkdir(DIR, 0700);
	ASSERT_EQ(0, access(DIR, W_OK));
}

static void link_name(char *name, unsigned int nr)
{
	sprintf(name, DIR "/%u", nr);
}

FIXTURE_TEARDOWN(linear)
{
	char name[64];
	unsigned int i;

	for (i = 0; i < VMS; i++)
		vm_close(&self->vm[i]);
	for (i = 0; i < self->links; i++) {
		link_name(name, i);
		unlink(name);
	}
	unlink(DIR "/fifo");
	rmdir(DIR);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
	if (testctl_present())
		EXPECT_EQ(self->aborts, testctl_read(GH_TESTCTL_HOST_ABORTS));
}

/* The longest path to @name, which is an absolute one */
static void make_path(char path[PATH_MAX], const char *name)
{
	size_t len = strlen(name);

	memset(path, '/', PATH_MAX);
	memcpy(path + PATH_MAX - 1 - len, name, len + 1);
}

static int start_vm(struct vm *vm)
{
	const struct vm_config cfg = {
		.size = VM_PAGES * sysconf(_SC_PAGESIZE),
	};

	return vm_build(vm, &cfg, VM_STARTED);
}

/* Lent blocks right behind a page of a kind; @pfn: start of the last one */
static unsigned int count_neighbours(__u64 kind, __u64 *pfn)
{
	static __u64 flags[8192];
	unsigned int found = 0;
	__u64 last = 0, at = 0;
	ssize_t n, i;
	int fd;

	fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while ((n = read(fd, flags, sizeof(flags))) > 0) {
		for (i = 0; i < n / 8; i++, at++) {
			if (flags[i] & page_offline && !(last & page_offline) &&
			    (!kind || last & kind)) {
				found++;
				if (pfn)
					*pfn = at;
			}
			last = flags[i];
		}
	}
	close(fd);
	return found;
}

/* ---- targets of symbolic links, a page each ---- */

TEST_F_TIMEOUT(linear, symbolic_links, LENT_TIMEOUT)
{
	char target[PATH_MAX], name[64];
	unsigned int i, j, round, before;
	struct stat st;

	if (sysconf(_SC_PAGESIZE) != PATH_MAX)
		SKIP(return, "a link does not end at the end of a page");
	make_path(target, "tmp");
	for (i = 0; i < VMS; i++) {
		for (j = 0; j < LINKS; j++) {
			link_name(name, self->links);
			ASSERT_EQ(0, symlink(target, name))
				TH_LOG("%s", strerror(errno));
			self->links++;
		}
		ASSERT_CALL(start_vm(&self->vm[i]));
	}
	before = count_neighbours(page_swapbacked, NULL);
	TH_LOG("%u lent blocks begin behind a page of a link", before);
	/* Otherwise this tests nothing */
	EXPECT_LT(0, before);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < self->links; i++) {
			link_name(name, i);
			ASSERT_EQ(0, stat(name, &st));
			ASSERT_TRUE(S_ISDIR(st.st_mode));
		}
	}
}

/* ---- paths of system calls, in buffers of the kernel ---- */

/**
 * struct walker - a thread that keeps a buffer with a path
 * @thread: the thread
 * @go: how often it shall open the path
 * @opens: how often it has begun to do that
 */
struct walker {
	pthread_t thread;
	unsigned int go;
	unsigned int opens;
};

#define STOP	(~0U)

static char fifo_path[PATH_MAX];

/* To open a FIFO that nobody writes to blocks, and the kernel keeps the path */
static void *walk(void *data)
{
	struct walker *w = data;
	unsigned int go;
	int fd;

	for (;;) {
		go = __atomic_load_n(&w->go, __ATOMIC_ACQUIRE);
		if (go == STOP)
			return NULL;
		if (w->opens == go) {
			usleep(2000);
			continue;
		}
		__atomic_store_n(&w->opens, w->opens + 1, __ATOMIC_RELEASE);
		fd = open(fifo_path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			close(fd);
	}
}

static void walkers_go(struct walker *w, unsigned int n, unsigned int go)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		__atomic_store_n(&w[i].go, go, __ATOMIC_RELEASE);
		if (go > 1)
			pthread_kill(w[i].thread, SIGUSR1);
	}
}

static bool have_gone(struct walker *w, unsigned int n, unsigned int go)
{
	long long end = now_ms() + LONG_MS;
	unsigned int i;

	for (i = 0; i < n; i++) {
		while (__atomic_load_n(&w[i].opens, __ATOMIC_ACQUIRE) < go) {
			if (now_ms() > end)
				return false;
			/* It may not have been in the call yet */
			if (go > 1)
				pthread_kill(w[i].thread, SIGUSR1);
			usleep(500);
		}
	}
	/* Let the last ones get into the call */
	usleep(20000);
	return true;
}

TEST_F_TIMEOUT(linear, system_calls, LENT_TIMEOUT)
{
	static struct walker w[VMS * WALKERS];
	unsigned int i, round, before, n = ARRAY_SIZE(w);
	pthread_attr_t attr;

	catch_sigusr1();
	ASSERT_EQ(0, mkfifo(DIR "/fifo", 0600));
	make_path(fifo_path, DIR "/fifo");
	ASSERT_EQ(0, access(fifo_path, R_OK));
	ASSERT_EQ(0, pthread_attr_init(&attr));
	ASSERT_EQ(0, pthread_attr_setstacksize(&attr, 0x40000));
	for (i = 0; i < n; i++) {
		w[i] = (struct walker){};
		ASSERT_EQ(0, pthread_create(&w[i].thread, &attr, walk, &w[i]));
	}
	/* Buffers and lent blocks by turns */
	for (i = 0; i < VMS; i++) {
		walkers_go(w + i * WALKERS, WALKERS, 1);
		EXPECT_TRUE(have_gone(w + i * WALKERS, WALKERS, 1));
		ASSERT_CALL(start_vm(&self->vm[i]));
	}
	before = count_neighbours(page_slab, NULL);
	TH_LOG("%u lent blocks begin behind a slab", before);
	EXPECT_LT(0, before);
	for (round = 2; round < 2 + ROUNDS; round++) {
		walkers_go(w, n, round);
		EXPECT_TRUE(have_gone(w, n, round));
	}
	walkers_go(w, n, STOP);
	for (i = 0; i < n; i++) {
		while (pthread_tryjoin_np(w[i].thread, NULL)) {
			pthread_kill(w[i].thread, SIGUSR1);
			usleep(500);
		}
	}
}

/* ---- pages that the administrator names ---- */

/*
 * The kernel is told that a lent page is bad, as after a memory error. It does
 * not touch the page, and nobody else gets it later.
 */
TEST_F_TIMEOUT(linear, bad_page, LENT_TIMEOUT)
{
	static const struct {
		const char *path;
		int error;
	} files[] = {
		{ "/sys/devices/system/memory/soft_offline_page", EIO },
		{ "/sys/devices/system/memory/hard_offline_page", EBUSY },
	};
	size_t page = sysconf(_SC_PAGESIZE), at, bad = 0;
	struct vm *vm = &self->vm[0];
	struct gh_vm_status status;
	char text[32];
	unsigned int i;
	__u64 pfn = 0;

	if (access(files[1].path, W_OK))
		SKIP(return, "this kernel handles no memory errors");
	ASSERT_CALL(start_vm(vm));
	ASSERT_LT(0, count_neighbours(0, &pfn));
	snprintf(text, sizeof(text), "%#llx", pfn * page);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT_ERRNO(files[i].error, write_file(files[i].path, text));
	ASSERT_CALL(vm_finish(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close_vcpus(vm);
	close(vm->fd);
	vm->fd = -1;
	for (at = 0; at < VM_PAGES * page; at += page)
		bad += probe_load(vm->mem + at) == SIGBUS;
	EXPECT_EQ(1, bad);
}

GUNYAH_TEST_MAIN
