// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memory management does by itself, or if the administrator tells it to,
 * while a guest runs in lent memory
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "pressure.h"
#include "testctl.h"

#define MM_TIMEOUT	600

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define KSM_DIR		"/sys/kernel/mm/ksm/"
#define MEMORY_DIR	"/sys/devices/system/memory/"
#define CPU1_ONLINE	"/sys/devices/system/cpu/cpu1/online"

/* ---- a guest that runs in lent memory ---- */

FIXTURE(mm)
{
	struct leak_state leak;
	struct lent_vm vm;
	struct offline_pages *pages;
	struct cgroup cg;
	struct param param;
	size_t page;
	bool poisoned;
};

FIXTURE_SETUP(mm)
{
	SKIP_WITHOUT_GUNYAH(return);
	self->page = sysconf(_SC_PAGESIZE);
	self->pages = malloc(sizeof(*self->pages));
	ASSERT_NE(NULL, self->pages);
	testctl_reset();
	leak_read(&self->leak);
	lent_init(&self->vm);
	ASSERT_CALL(lent_run(&self->vm));
	ASSERT_CALL(offline_pages_find(self->pages));
}

FIXTURE_TEARDOWN(mm)
{
	EXPECT_TRUE(lent_is_intact(&self->vm));
	if (self->poisoned)
		lent_free(&self->vm);
	else
		EXPECT_TRUE(lent_end(&self->vm));
	param_restore(&self->param);
	cgroup_remove(&self->cg);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	ASSERT_CALL(offline_pages_find(self->pages));
	EXPECT_EQ(0, self->pages->total);
	free(self->pages);
}

static void touch_all(char *mem, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), at;

	for (at = 0; at < size; at += page)
		mem[at] = 1;
}

/* Write anonymous memory that nobody will read again */
static void touch(size_t size)
{
	char *mem = alloc_mem(size);

	if (!mem)
		return;
	touch_all(mem, size);
	munmap(mem, size);
}

/* All of them can be found, and there are no others */
TEST_F_TIMEOUT(mm, offline_pages, MM_TIMEOUT)
{
	EXPECT_EQ(LENT_SIZE / self->page, self->pages->total);
}

TEST_F_TIMEOUT(mm, system_call, MM_TIMEOUT)
{
	EXPECT_FALSE(any_readable(self->vm.mem, self->vm.size));
}

/* Twice of what its group may have: half of that has to be swapped out */
static int touch_in_group(void *data)
{
	const struct cgroup *cg = data;

	if (cgroup_enter(cg, 0))
		return errno;
	touch(32 * MIB);
	return 0;
}

TEST_F_TIMEOUT(mm, pressure, MM_TIMEOUT)
{
	long long before, now;

	if (access(SWAP_DEVICE, F_OK))
		SKIP(return, "no " SWAP_DEVICE);
	ASSERT_CALL(swap_on());
	ASSERT_CALL(cgroup_make(&self->cg, "pressure"));
	ASSERT_CALL(cgroup_set_number(&self->cg, "memory.max", 16 * MIB));
	before = proc_value("/proc/vmstat", "pswpout");
	EXPECT_EQ(0, in_child(touch_in_group, &self->cg));
	now = proc_value("/proc/vmstat", "pswpout");
	/* Otherwise there was no pressure */
	EXPECT_LT(before, now);
	EXPECT_TRUE(lent_is_intact(&self->vm));
	swap_off();
}

/* Allocate until the system has swapped out 8 MiB */
static int touch_until_swap(void *data)
{
	long long before = proc_value("/proc/vmstat", "pswpout");
	size_t page = sysconf(_SC_PAGESIZE);
	char *mem;

	for (;;) {
		mem = lent_memory(LENT_THP, 2 * HUGE, NULL);
		if (!mem)
			return 1;
		touch_all(mem, 2 * HUGE);
		if (proc_value("/proc/vmstat", "pswpout") - before >
		    (long long)(8 * MIB / page))
			return 0;
	}
}

TEST_F_TIMEOUT(mm, pressure_of_all, MM_TIMEOUT)
{
	if (access(SWAP_DEVICE, F_OK))
		SKIP(return, "no " SWAP_DEVICE);
	ASSERT_CALL(swap_on());
	EXPECT_EQ(0, in_child(touch_until_swap, NULL));
	EXPECT_TRUE(lent_is_intact(&self->vm));
	swap_off();
}

/* The group of a VMM is told to free what it can; a lent page cannot be freed */
TEST_F_TIMEOUT(mm, reclaim_of_group, MM_TIMEOUT)
{
	struct leak_state leak;
	struct lent_vm vm;

	if (access(SWAP_DEVICE, F_OK))
		SKIP(return, "no " SWAP_DEVICE);
	ASSERT_CALL(swap_on());
	ASSERT_CALL(cgroup_make(&self->cg, "reclaim"));
	ASSERT_CALL(cgroup_enter(&self->cg, 0));
	leak_read(&leak);
	lent_init(&vm);
	ASSERT_CALL(lent_run(&vm));
	EXPECT_LE((long long)LENT_SIZE,
		  cgroup_get(&self->cg, "memory.current"));
	/* It says that it was not enough */
	EXPECT_EQ(-1, cgroup_set(&self->cg, "memory.reclaim", "64M"));
	EXPECT_LE((long long)LENT_SIZE,
		  cgroup_get(&self->cg, "memory.current"));
	EXPECT_TRUE(lent_is_intact(&vm));
	EXPECT_TRUE(lent_end(&vm));
	EXPECT_TRUE(leak_check(&leak, BACK_MS));
	EXPECT_GT((long long)LENT_SIZE,
		  cgroup_get(&self->cg, "memory.current"));
	swap_off();
}

TEST_F_TIMEOUT(mm, drop_and_compact, MM_TIMEOUT)
{
	static const char *const caches[] = { "1", "2", "3" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		ASSERT_CALL(write_file("/proc/sys/vm/drop_caches", caches[i]));
		ASSERT_CALL(write_file("/proc/sys/vm/compact_memory", "1"));
		ASSERT_CALL(write_file("/proc/sys/vm/stat_refresh", "1"));
		EXPECT_TRUE(lent_is_intact(&self->vm));
	}
}

static long long ksm_scans(void)
{
	char text[32] = "";

	read_file(KSM_DIR "full_scans", text, sizeof(text));
	return atoll(text);
}

static bool ksm_scanned(void *data)
{
	return ksm_scans() >= *(long long *)data;
}

TEST_F_TIMEOUT(mm, ksm, MM_TIMEOUT)
{
	size_t size = 64 * self->page;
	struct param scan = {}, sleep = {};
	long long scans;
	char *near;

	if (access(KSM_DIR "run", F_OK))
		SKIP(return, "no KSM");
	near = alloc_mem(size);
	ASSERT_NE(NULL, near);
	memset(near, 3, size);
	EXPECT_EQ(0, madvise(near, size, MADV_MERGEABLE));
	madvise(self->vm.mem, self->vm.size, MADV_MERGEABLE);
	ASSERT_CALL(param_set(&scan, KSM_DIR "pages_to_scan", "100000"));
	ASSERT_CALL(param_set(&sleep, KSM_DIR "sleep_millisecs", "0"));
	ASSERT_CALL(param_set(&self->param, KSM_DIR "run", "1"));
	/* The second look at a page that has not changed can merge it */
	scans = ksm_scans() + 4;
	EXPECT_TRUE(wait_until(ksm_scanned, &scans, LONG_MS));
	EXPECT_LT(0, proc_value("/proc/self/ksm_stat", "ksm_merging_pages"));
	EXPECT_TRUE(lent_is_intact(&self->vm));
	param_restore(&scan);
	param_restore(&sleep);
	write_file(KSM_DIR "run", "2");
	munmap(near, size);
}

TEST_F_TIMEOUT(mm, collapse, MM_TIMEOUT)
{
	char *near;

	if (thp_size() != HUGE)
		SKIP(return, "huge pages are not of 2 MiB");
	near = lent_memory(LENT_THP, 2 * HUGE, NULL);
	ASSERT_NE(NULL, near);
	memset(near, 1, 2 * HUGE);
	EXPECT_EQ(0, madvise(near, 2 * HUGE, MADV_COLLAPSE));
	EXPECT_EQ(-1, madvise(self->vm.mem, self->vm.size, MADV_COLLAPSE));
	madvise(self->vm.mem, self->vm.size, MADV_HUGEPAGE);
	EXPECT_TRUE(lent_is_intact(&self->vm));
	munmap(near, 2 * HUGE);
}

/* ---- pages that are to be taken out of use ---- */

static int offline_page(const char *how, __u64 phys)
{
	char path[80], text[32];

	snprintf(path, sizeof(path), MEMORY_DIR "%s", how);
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)phys);
	return write_file(path, text);
}

TEST_F_TIMEOUT(mm, soft_offline, MM_TIMEOUT)
{
	size_t i;

	if (access(MEMORY_DIR "soft_offline_page", F_OK))
		SKIP(return, "no handling of memory failures");
	for (i = 0; i < self->pages->num; i += self->pages->num / 4)
		EXPECT_EQ(-1, offline_page("soft_offline_page",
					   self->pages->pfn[i] * self->page));
}

TEST_F_TIMEOUT(mm, block_offline, MM_TIMEOUT)
{
	unsigned long long size, block, last = -1;
	char text[32], path[80];
	size_t i;

	if (read_file(MEMORY_DIR "block_size_bytes", text, sizeof(text)) < 0)
		SKIP(return, "no memory blocks");
	size = strtoull(text, NULL, 16);
	for (i = 0; i < self->pages->num; i++) {
		block = self->pages->pfn[i] * self->page / size;
		if (block == last)
			continue;
		last = block;
		snprintf(path, sizeof(path), MEMORY_DIR "memory%llu/state",
			 block);
		EXPECT_EQ(-1, write_file(path, "offline"))
			TH_LOG("block %llu", block);
		/*
		 * Not on arm64, if the machine was booted with the memory, and
		 * no block that has a hole, as the one with the hypervisor's
		 */
		EXPECT_TRUE(errno == EBUSY || errno == EPERM || errno == EINVAL)
			TH_LOG("%s", strerror(errno));
		EXPECT_LT(0, read_file(path, text, sizeof(text)));
		EXPECT_STREQ("online\n", text);
	}
	EXPECT_NE(-1ULL, last);
}

/* ---- those who walk through all of memory ---- */

static bool is_offline(const struct offline_pages *pages, __u64 pfn)
{
	size_t low = 0, high = pages->num, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (pages->pfn[middle] == pfn)
			return true;
		if (pages->pfn[middle] < pfn)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Read a segment; number of lent pages in it that read as zeroes, or -1 */
static long long read_segment(int fd, const struct elf64_phdr *phdr,
			      const struct offline_pages *pages, size_t page)
{
	size_t chunk = MIB, done, at, len;
	long long found = 0;
	char *buf;

	buf = malloc(chunk);
	if (!buf)
		return -1;
	for (done = 0; done < phdr->p_filesz; done += len) {
		len = phdr->p_filesz - done;
		len = len < chunk ? len : chunk;
		if (pread(fd, buf, len, phdr->p_offset + done) != (ssize_t)len)
			break;
		for (at = 0; at < len; at += page) {
			if (!is_offline(pages, (phdr->p_paddr + done + at) /
					       page))
				continue;
			if (!all_zero(buf + at, page))
				break;
			found++;
		}
		if (at < len)
			break;
	}
	free(buf);
	return done < phdr->p_filesz ? -1 : found;
}

/* Lent pages read as zeroes */
TEST_F_TIMEOUT(mm, kcore, MM_TIMEOUT)
{
	unsigned long long all = 0;
	long long found = 0, n;
	struct elf64_phdr phdr;
	unsigned int i;
	int fd, memory;

	fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "no /proc/kcore");
	for (i = 0; (memory = kcore_segment(fd, i, &phdr)) >= 0; i++) {
		if (!memory)
			continue;
		n = read_segment(fd, &phdr, self->pages, self->page);
		ASSERT_LE(0, n)
			TH_LOG("segment %u", i);
		found += n;
		all += phdr.p_filesz;
	}
	close(fd);
	EXPECT_EQ(self->pages->num, found);
	/* All of it, but for what the kernel has reserved */
	EXPECT_LT(proc_value("/proc/meminfo", "MemTotal") * 1024ULL, all);
}

/* The linear map does not have them */
TEST_F_TIMEOUT(mm, dev_mem, MM_TIMEOUT)
{
	size_t i, refused = 0;
	__u64 word;
	int fd;

	/* Elsewhere a kernel that cannot hide pages would die of this */
	SKIP_WITHOUT_TESTCTL(return);
	fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "no /dev/mem");
	for (i = 0; i < self->pages->num; i += self->pages->num / 16)
		refused += pread(fd, &word, sizeof(word), self->page *
				 self->pages->pfn[i]) == -1;
	EXPECT_EQ(16, refused);
	close(fd);
}

/* Read a file to its end: bytes, or -1 */
static long long read_all(const char *path)
{
	static char buf[0x10000];
	long long size = 0;
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		size += len;
	close(fd);
	return len < 0 ? -1 : size;
}

TEST_F_TIMEOUT(mm, page_files, MM_TIMEOUT)
{
	static const char *const paths[] = {
		"/proc/kpagecount", "/proc/kpageflags", "/proc/kpagecgroup",
		"/proc/pagetypeinfo", "/proc/buddyinfo", "/proc/zoneinfo",
		"/proc/vmallocinfo", "/proc/slabinfo", "/proc/vmstat",
		"/proc/self/smaps", "/proc/self/smaps_rollup",
		"/proc/self/numa_maps", "/sys/kernel/debug/page_owner",
	};
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		/* What is there depends on the kernel's configuration */
		if (access(paths[i], R_OK))
			continue;
		n++;
		EXPECT_LT(0, read_all(paths[i]))
			TH_LOG("%s: %s", paths[i], strerror(errno));
	}
	EXPECT_LE(6, n);
}

/* Each lent page has one user, the driver */
TEST_F_TIMEOUT(mm, page_counts, MM_TIMEOUT)
{
	size_t i;
	__u64 n;
	int fd;

	fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "no /proc/kpagecount");
	for (i = 0; i < self->pages->num; i++) {
		ASSERT_EQ(sizeof(n), pread(fd, &n, sizeof(n), sizeof(n) *
					   self->pages->pfn[i]));
		/* Of mappings */
		EXPECT_EQ(0, n);
	}
	close(fd);
}

/* ---- processors ---- */

TEST_F_TIMEOUT(mm, cpu_hotplug, MM_TIMEOUT)
{
	unsigned int i;

	if (access(CPU1_ONLINE, W_OK))
		SKIP(return, "no CPU that can be switched off");
	for (i = 0; i < 4; i++) {
		ASSERT_CALL(write_file(CPU1_ONLINE, "0"));
		EXPECT_TRUE(lent_is_intact(&self->vm));
		ASSERT_CALL(write_file(CPU1_ONLINE, "1"));
		EXPECT_TRUE(lent_is_intact(&self->vm));
	}
}

/*
 * A failure of the memory: the guest is none of the host's business. When the
 * pages are back nobody gets them any more. The last test of these, because
 * the blocks with such pages stay as they are (EHWPOISON).
 */
TEST_F_TIMEOUT(mm, hard_offline, MM_TIMEOUT)
{
	size_t i, at, good = 0, bad = 0;

	if (access(MEMORY_DIR "hard_offline_page", F_OK))
		SKIP(return, "no handling of memory failures");
	self->poisoned = true;
	for (i = 0; i < 2; i++)
		EXPECT_EQ(-1, offline_page("hard_offline_page",
					   self->pages->pfn[i] * self->page));
	EXPECT_TRUE(lent_is_intact(&self->vm));
	EXPECT_FALSE(any_readable(self->vm.mem, self->vm.size));

	/* The rest is back, cleared */
	remote_close(&self->vm.remote);
	for (at = 0; at < self->vm.size; at += self->page) {
		if (!page_readable(self->vm.mem + at)) {
			bad++;
			continue;
		}
		good++;
		EXPECT_TRUE(all_zero(self->vm.mem + at, self->page));
	}
	EXPECT_EQ(2, bad);
	EXPECT_EQ(self->vm.size / self->page - 2, good);
	lent_free(&self->vm);
	/* For the end of the test, and as a proof that VMs still work */
	ASSERT_CALL(lent_run(&self->vm));
}

/* ---- before the start ---- */

/* Every second page of it is freed */
#define PIECES		(256 * MIB)
/* So much is left while that is allocated */
#define LEFT		(32 * MIB)
/* Huge pages that use up what is left */
#define LAST		64
/* But not those that the kernel needs for stacks, or CMA has */
#define KEPT		16

FIXTURE(fragmented)
{
	struct leak_state leak;
	struct lent_vm vm;
	struct param param;
	char *most, *pieces;
	size_t most_size;
	void *last[LAST];
	int pipe[2];
};

/* Free blocks in the buddy allocator that have the size of a huge page */
static unsigned long free_huge(void)
{
	unsigned long total = 0, order, n;
	char line[256], *pos;
	FILE *f;

	f = fopen("/proc/buddyinfo", "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		pos = strstr(line, "zone");
		pos = pos ? strpbrk(pos, "0123456789") : NULL;
		for (order = 0; pos && *pos && *pos != '\n'; order++) {
			n = strtoul(pos, &pos, 10);
			if (order >= 9)
				total += n;
			pos += strspn(pos, " ");
		}
	}
	fclose(f);
	return total;
}

/* A pipe holds every second page, so that compaction cannot move it */
static bool fragment(char *mem, int pipe, void **last)
{
	size_t page = sysconf(_SC_PAGESIZE), at;
	struct iovec iov = { .iov_len = page };
	unsigned int i;

	for (at = 0; at < PIECES; at += 2 * page) {
		iov.iov_base = mem + at;
		if (vmsplice(pipe, &iov, 1, 0) != (ssize_t)page)
			return false;
	}
	for (at = page; at < PIECES; at += 2 * page)
		if (madvise(mem + at, page, MADV_DONTNEED))
			return false;
	for (i = 0; i < LAST && free_huge() > KEPT; i++) {
		last[i] = lent_memory(LENT_THP, HUGE, NULL);
		if (!last[i])
			return false;
		touch_all(last[i], HUGE);
	}
	return true;
}

FIXTURE_SETUP(fragmented)
{
	long long left;

	SKIP_WITHOUT_GUNYAH(return);
	lent_init(&self->vm);
	if (!hyp_word("gunyah_hyp.max_entries=0"))
		SKIP(return, "this firmware may not survive so many entries");
	ASSERT_CALL(param_set(&self->param, ENTRIES_PARAM, "1000000"));
	ASSERT_EQ(0, pipe(self->pipe));
	ASSERT_LE(0, fcntl(self->pipe[1], F_SETPIPE_SZ, PIECES / 2));
	left = proc_value("/proc/meminfo", "MemAvailable") * 1024;
	if (left < (long long)(LEFT + PIECES + HUGE))
		SKIP(return, "too little memory");
	self->most_size = (left - LEFT - PIECES) & ~(HUGE - 1);
	self->most = lent_memory(LENT_THP, self->most_size, NULL);
	ASSERT_NE(NULL, self->most);
	touch_all(self->most, self->most_size);
	self->pieces = lent_memory(LENT_ANON, PIECES, NULL);
	ASSERT_NE(NULL, self->pieces);
	touch_all(self->pieces, PIECES);
	ASSERT_TRUE(fragment(self->pieces, self->pipe[1], self->last));
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(fragmented)
{
	unsigned int i;

	param_restore(&self->param);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	close(self->pipe[0]);
	close(self->pipe[1]);
	munmap(self->most, self->most_size);
	munmap(self->pieces, PIECES);
	for (i = 0; i < LAST; i++)
		if (self->last[i])
			munmap(self->last[i], HUGE);
}

TEST_F_TIMEOUT(fragmented, start, MM_TIMEOUT)
{
	const size_t size = 64 * MIB;
	void *mem = lent_memory(LENT_ANON, size, NULL);
	size_t entries;

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(lent_build_in(&self->vm, mem, size));
	ASSERT_CALL(lent_start_intact(&self->vm));
	entries = lent_entries(self->vm.remote.vm.fd, GUEST_IMAGE_LABEL);
	TH_LOG("%zu memory entries for %zu MiB", entries, size / MIB);
	EXPECT_TRUE(lent_is_intact(&self->vm));
	EXPECT_TRUE(lent_end(&self->vm));
	/* Compaction moves what it can into the holes */
	if (entries <= size / HUGE)
		SKIP(return, "the memory could not be fragmented");
}

GUNYAH_TEST_MAIN
