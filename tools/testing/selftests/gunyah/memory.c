// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common parts of the Gunyah tests: memory of several kinds
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gunyah_utils.h"

/**
 * thp_size() - size of a transparent huge page
 *
 * Return: size in bytes, or 0: there are none.
 */
size_t thp_size(void)
{
	char text[32];

	if (read_file("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
		      text, sizeof(text)) < 0)
		return 0;
	return strtoul(text, NULL, 10);
}

/**
 * pattern_fill() - fill memory so that GUEST_OP_CHECK recognises it
 * @mem: where
 * @size: how much
 * @pattern: which pattern
 */
void pattern_fill(void *mem, size_t size, __u64 pattern)
{
	__u64 *word = mem;
	size_t i;

	for (i = 0; i < size / sizeof(*word); i++)
		word[i] = pattern + i * GUEST_PATTERN_STEP;
}

/**
 * pattern_check() - compare memory with what GUEST_OP_FILL leaves
 * @mem: where
 * @size: how much
 * @pattern: which pattern
 *
 * Return: whether it is the same.
 */
bool pattern_check(const void *mem, size_t size, __u64 pattern)
{
	const __u64 *word = mem;
	size_t i;

	for (i = 0; i < size / sizeof(*word); i++)
		if (word[i] != pattern + i * GUEST_PATTERN_STEP)
			return false;
	return true;
}

/**
 * all_zero() - look for bytes that are not zero
 * @mem: where
 * @size: how much
 *
 * Return: whether there are none.
 */
bool all_zero(const void *mem, size_t size)
{
	const unsigned char *byte = mem;
	size_t i;

	for (i = 0; i < size; i++)
		if (byte[i])
			return false;
	return true;
}

/**
 * alloc_mem() - allocate private anonymous memory
 * @size: how much
 *
 * Return: the memory, or NULL.
 */
void *alloc_mem(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/**
 * renew_mem() - replace memory by private anonymous memory without content
 * @mem: where; what was lent is charged until it is replaced, or unmapped
 * @size: its size
 */
void renew_mem(void *mem, size_t size)
{
	mmap(mem, size, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/*
 * Pages that are allocated one after the other are often contiguous. A stride
 * separates them.
 */
#define SCATTER_STRIDE	61
#define SCATTER_STRIDE_SMALL	7

/**
 * alloc_scattered() - allocate memory with hardly any contiguous pages
 * @size: how much
 *
 * Return: a shared mapping of a memfd, or NULL.
 */
void *alloc_scattered(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), pages = size / page, first, i;
	size_t stride = pages > 4 * SCATTER_STRIDE ? SCATTER_STRIDE :
						     SCATTER_STRIDE_SMALL;
	unsigned char *mem;
	int fd;

	fd = memfd_create("gunyah", MFD_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (ftruncate(fd, size)) {
		close(fd);
		return NULL;
	}
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mem == MAP_FAILED)
		return NULL;
	madvise(mem, size, MADV_NOHUGEPAGE);
	for (first = 0; first < stride; first++)
		for (i = first; i < pages; i += stride)
			mem[i * page] = 1;
	return mem;
}

/**
 * count_runs() - count the physically contiguous runs of memory
 * @mem: the memory, present
 * @size: its size
 *
 * Return: the number, or 0 if it cannot be known.
 */
size_t count_runs(const void *mem, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), left = size / page, runs = 0;
	size_t n, i;
	__u64 buf[512], pfn, next = 0;
	off_t offset;
	int fd;

	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	offset = (uintptr_t)mem / page * sizeof(__u64);
	while (left) {
		n = left < 512 ? left : 512;
		if (pread(fd, buf, n * sizeof(__u64), offset) !=
		    (ssize_t)(n * sizeof(__u64))) {
			runs = 0;
			break;
		}
		for (i = 0; i < n; i++) {
			pfn = buf[i] & ((1ULL << 55) - 1);
			/* Not present, or hidden from unprivileged processes */
			if (!(buf[i] >> 63) || !pfn) {
				close(fd);
				return 0;
			}
			if (pfn != next)
				runs++;
			next = pfn + 1;
		}
		offset += n * sizeof(__u64);
		left -= n;
	}
	close(fd);
	return runs;
}

/**
 * map_shared() - map a file, shared
 * @fd: the file
 * @size: how much
 * @offset: from where on
 *
 * Return: the mapping, or NULL and errno.
 */
void *map_shared(int fd, size_t size, off_t offset)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 offset);

	return mem == MAP_FAILED ? NULL : mem;
}

/* ---- accesses that may fail ---- */

static __thread sigjmp_buf probe_failed;

static void on_fault(int sig)
{
	siglongjmp(probe_failed, sig);
}

static void load(unsigned char *byte)
{
	__atomic_load_n(byte, __ATOMIC_RELAXED);
}

static void store(unsigned char *byte)
{
	__atomic_store_n(byte, 0, __ATOMIC_RELAXED);
}

static void atomic(unsigned char *byte)
{
	__atomic_fetch_or(byte, 0, __ATOMIC_SEQ_CST);
}

static int probe(void (*access)(unsigned char *byte), void *byte)
{
	struct sigaction action = { .sa_handler = on_fault }, bus, segv;
	int sig;

	sigaction(SIGBUS, &action, &bus);
	sigaction(SIGSEGV, &action, &segv);
	sig = sigsetjmp(probe_failed, 1);
	if (!sig)
		access(byte);
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return sig;
}

/**
 * probe_load() - load a byte that may be inaccessible
 * @byte: where it is
 *
 * Return: the signal that this gives, or 0.
 */
int probe_load(const void *byte)
{
	return probe(load, (void *)byte);
}

/**
 * probe_store() - store a byte, zero, where there may be no access
 * @byte: where it is
 *
 * Return: the signal that this gives, or 0.
 */
int probe_store(void *byte)
{
	return probe(store, byte);
}

/**
 * probe_atomic() - an atomic operation that changes nothing, if possible
 * @byte: where
 *
 * Return: the signal that this gives, or 0.
 */
int probe_atomic(void *byte)
{
	return probe(atomic, byte);
}
