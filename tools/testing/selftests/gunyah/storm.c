// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random attacks on lent memory, of its VMM and of other processes
 *
 * None of them may succeed in anything but an access to memory that the VM does
 * not have, and none may end another process.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lent.h"
#include "random.h"
#include "storm.h"

#define MAX_LEN		(4 * 0x10000UL)

/**
 * struct attack - a range that is attacked
 * @storm: the storm
 * @state: of the random numbers
 * @at: start of the range, not aligned
 * @len: length, up to MAX_LEN
 * @page: start of the page of @at
 * @pages: size of all its pages
 * @buf: MAX_LEN bytes
 */
struct attack {
	struct storm *storm;
	__u64 *state;
	unsigned char *at;
	size_t len;
	unsigned char *page;
	size_t pages;
	unsigned char *buf;
};

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static void choose(struct attack *attack)
{
	const struct storm *storm = attack->storm;
	size_t page = page_size();

	attack->at = storm->mem + random_below(attack->state, storm->size);
	attack->len = 1 + random_below(attack->state, MAX_LEN);
	if (attack->len > (size_t)(storm->mem + storm->size - attack->at))
		attack->len = storm->mem + storm->size - attack->at;
	attack->page = (unsigned char *)((uintptr_t)attack->at & -page);
	attack->pages = (attack->at + attack->len - attack->page + page - 1) &
			-page;
}

/* ---- by the VMM itself ---- */

static void load(void *at)
{
	__atomic_load_n((unsigned char *)at, __ATOMIC_RELAXED);
}

static void store(void *at)
{
	__atomic_store_n((unsigned char *)at, 0x5a, __ATOMIC_RELAXED);
}

static int do_load(struct attack *attack)
{
	return guarded(load, attack->at);
}

static int do_store(struct attack *attack)
{
	return guarded(store, attack->at);
}

static int do_write_call(struct attack *attack)
{
	int fd = open("/dev/shm/storm", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int ret;

	if (fd < 0)
		return 0;
	ret = pwrite(fd, attack->at, attack->len, 0) > 0;
	close(fd);
	return ret;
}

static int do_read_call(struct attack *attack)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return 0;
	ret = read(fd, attack->at, attack->len) > 0;
	close(fd);
	return ret;
}

static int do_vmsplice(struct attack *attack)
{
	struct iovec iov = { attack->at, attack->len };
	int fd[2], ret;

	if (pipe2(fd, O_NONBLOCK | O_CLOEXEC))
		return 0;
	ret = vmsplice(fd[1], &iov, 1, 0) > 0;
	if (ret)
		read(fd[0], attack->buf, attack->len);
	close(fd[0]);
	close(fd[1]);
	return ret;
}

/* An argument of a call that is a string */
static int do_path(struct attack *attack)
{
	const char *at = (const char *)attack->page + page_size() - 3;

	return access(at, F_OK) == 0;
}

static int do_madvise(struct attack *attack)
{
	static const int advices[] = {
		MADV_NORMAL, MADV_DONTNEED, MADV_WILLNEED, MADV_REMOVE,
		MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_HUGEPAGE,
		MADV_NOHUGEPAGE, MADV_DODUMP, MADV_DOFORK, MADV_DONTFORK,
		MADV_FREE, MADV_COLD, MADV_PAGEOUT, MADV_WIPEONFORK,
		22 /* MADV_POPULATE_READ */, 23 /* MADV_POPULATE_WRITE */,
		25 /* MADV_COLLAPSE */,
	};
	size_t n = random_below(attack->state, ARRAY_SIZE(advices));

	return madvise(attack->page, attack->pages, advices[n]) == 0;
}

static int do_mprotect(struct attack *attack)
{
	int prot = random_below(attack->state, 8);

	if (mprotect(attack->page, attack->pages, prot))
		return 0;
	do_load(attack);
	return !mprotect(attack->page, attack->pages, PROT_READ | PROT_WRITE);
}

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif

/* To another place, and back; nothing else is mapped there meanwhile */
static int do_mremap(struct attack *attack)
{
	void *to = mmap(NULL, attack->pages, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *now;

	if (to == MAP_FAILED)
		return 0;
	now = mremap(attack->page, attack->pages, attack->pages,
		     MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
	if (now == MAP_FAILED) {
		munmap(to, attack->pages);
		return 0;
	}
	return mremap(now, attack->pages, attack->pages,
		      MREMAP_MAYMOVE | MREMAP_FIXED, attack->page) !=
	       MAP_FAILED;
}

static int do_mlock(struct attack *attack)
{
	int ret = mlock(attack->page, attack->pages) == 0;

	munlock(attack->page, attack->pages);
	return ret;
}

static int do_map_fixed(struct attack *attack)
{
	return mmap(attack->page, attack->pages, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	       MAP_FAILED;
}

/* As munmap(), but nothing else is mapped there by chance */
static int do_unmap(struct attack *attack)
{
	return mmap(attack->page, attack->pages, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		    -1, 0) != MAP_FAILED;
}

static int do_msync(struct attack *attack)
{
	return msync(attack->page, attack->pages, MS_SYNC) == 0;
}

static int do_mincore(struct attack *attack)
{
	return mincore(attack->page, attack->pages, attack->buf) == 0;
}

static int do_file(struct attack *attack)
{
	const struct storm *storm = attack->storm;
	off_t at = attack->at - storm->mem + storm->file_offset;

	if (storm->memfd < 0)
		return 0;
	switch (random_below(attack->state, 3)) {
	case 0:
		return pread(storm->memfd, attack->buf, attack->len, at) > 0;
	case 1:
		return pwrite(storm->memfd, attack->buf, attack->len, at) > 0;
	default:
		return fallocate(storm->memfd, FALLOC_FL_PUNCH_HOLE |
				 FALLOC_FL_KEEP_SIZE, at, attack->len) == 0;
	}
}

static int do_fork(struct attack *attack)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return 0;
	if (!pid)
		_exit(do_load(attack) | do_store(attack) |
		      do_write_call(attack));
	if (waitpid(pid, &status, 0) != pid)
		return 0;
	return WIFEXITED(status) && WEXITSTATUS(status);
}

/* ---- by a process that may access the VMM ---- */

static int do_vm_readv(struct attack *attack)
{
	struct iovec local = { attack->buf, attack->len };
	struct iovec far = { attack->at, attack->len };

	return process_vm_readv(attack->storm->vmm, &local, 1, &far, 1, 0) > 0;
}

static int do_vm_writev(struct attack *attack)
{
	struct iovec local = { attack->buf, attack->len };
	struct iovec far = { attack->at, attack->len };

	return process_vm_writev(attack->storm->vmm, &local, 1, &far, 1, 0) > 0;
}

static int open_proc(const struct attack *attack, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", attack->storm->vmm, name);
	return open(path, flags | O_CLOEXEC);
}

static int do_proc_mem(struct attack *attack)
{
	int fd = open_proc(attack, "mem", O_RDWR), ret;

	if (fd < 0)
		return 0;
	if (random_below(attack->state, 2))
		ret = pread(fd, attack->buf, attack->len,
			    (uintptr_t)attack->at) > 0;
	else
		ret = pwrite(fd, attack->buf, attack->len,
			     (uintptr_t)attack->at) > 0;
	close(fd);
	return ret;
}

static int do_proc_maps(struct attack *attack)
{
	static const char *const names[] = {
		"maps", "smaps", "smaps_rollup", "pagemap", "numa_maps",
	};
	int fd = open_proc(attack,
			   names[random_below(attack->state, ARRAY_SIZE(names))],
			   O_RDONLY);
	int ret = 0;

	if (fd < 0)
		return 0;
	while (read(fd, attack->buf, MAX_LEN) > 0 && ret < 16)
		ret++;
	close(fd);
	return ret > 0;
}

static int do_clear_refs(struct attack *attack)
{
	int fd = open_proc(attack, "clear_refs", O_WRONLY), ret;
	char value = '1' + random_below(attack->state, 4);

	if (fd < 0)
		return 0;
	ret = write(fd, &value, 1) == 1;
	close(fd);
	return ret;
}

/* ---- by the administrator ---- */

static int do_kcore(struct attack *attack)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	unsigned int i = random_below(attack->state, 8);
	struct elf64_phdr phdr;
	int ret = 0;

	if (fd < 0)
		return 0;
	if (kcore_segment(fd, i, &phdr) == 1)
		ret = pread(fd, attack->buf, attack->len, phdr.p_offset +
			    random_below(attack->state, phdr.p_filesz)) > 0;
	close(fd);
	return ret;
}

static int do_sysctl(struct attack *attack)
{
	static const char *const files[][2] = {
		{ "/proc/sys/vm/compact_memory", "1" },
		{ "/proc/sys/vm/drop_caches", "1" },
		{ "/proc/sys/vm/stat_refresh", "1" },
		{ "/sys/kernel/mm/ksm/run", "1" },
		{ "/sys/kernel/mm/ksm/run", "2" },
		{ "/sys/fs/cgroup/memory.reclaim", "4M" },
	};
	size_t n = random_below(attack->state, ARRAY_SIZE(files));

	return write_file(files[n][0], files[n][1]) == 0;
}

static int do_use_memory(struct attack *attack)
{
	size_t size = (1 + random_below(attack->state, 64)) * MIB, at;
	char *mem = lent_memory(random_below(attack->state, 2) ? LENT_THP :
			       LENT_ANON, size, NULL);

	if (!mem)
		return 0;
	for (at = 0; at < size; at += page_size())
		mem[at] = 1;
	munmap(mem, size);
	return 1;
}

static int do_page_files(struct attack *attack)
{
	static const char *const paths[] = {
		"/proc/kpageflags", "/proc/kpagecount", "/proc/kpagecgroup",
	};
	int fd = open(paths[random_below(attack->state, ARRAY_SIZE(paths))],
		      O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return 0;
	ret = pread(fd, attack->buf, MAX_LEN,
		    random_below(attack->state, 0x140000) * 8) > 0;
	close(fd);
	return ret;
}

/* ---- storms ---- */

typedef int (*attack_fn)(struct attack *attack);

static const attack_fn of_self[] = {
	do_load, do_load, do_store, do_store, do_write_call, do_read_call,
	do_vmsplice, do_path, do_madvise, do_mprotect, do_mremap, do_mlock,
	do_map_fixed, do_unmap, do_msync, do_mincore, do_file, do_fork,
};

static const attack_fn of_others[] = {
	do_vm_readv, do_vm_writev, do_proc_mem, do_proc_maps, do_clear_refs,
	do_file,
};

static const attack_fn of_machine[] = {
	do_kcore, do_kcore, do_sysctl, do_use_memory, do_page_files,
};

static void attack_until_over(struct storm *storm, unsigned int n,
			      const attack_fn *fns, size_t num)
{
	__u64 state = random_state(storm->seed, n);
	struct attack attack = { .storm = storm, .state = &state };
	attack_fn fn;

	attack.buf = malloc(MAX_LEN + page_size());
	if (!attack.buf)
		abort();
	memset(attack.buf, 0xa5, MAX_LEN);
	guard_catch();
	while (!storm_is_over(storm)) {
		choose(&attack);
		fn = fns[random_below(&state, num)];
		if (fn(&attack))
			__atomic_fetch_add(&storm->got, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&storm->attacks, 1, __ATOMIC_RELAXED);
	}
	free(attack.buf);
}

void storm_attack_self(struct storm *storm, unsigned int n)
{
	attack_until_over(storm, n, of_self, ARRAY_SIZE(of_self));
}

void storm_attack_other(struct storm *storm, unsigned int n)
{
	attack_until_over(storm, n, of_others, ARRAY_SIZE(of_others));
}

void storm_attack_machine(struct storm *storm, unsigned int n)
{
	attack_until_over(storm, n, of_machine, ARRAY_SIZE(of_machine));
}
