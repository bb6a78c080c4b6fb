// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common parts of the Gunyah tests: what the host can find out about lent memory
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lent.h"
#include "testctl.h"

/* In /proc/kpageflags */
#define KPF_OFFLINE		23

/**
 * lent_is_closed() - check that a range cannot be accessed
 * @mem: the range, mapped
 * @size: its size
 *
 * Return: whether each access is SIGBUS; prints what is not.
 */
bool lent_is_closed(const void *mem, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), i;
	unsigned char *at = (unsigned char *)mem;
	int sig[3];

	for (i = 0; i < size; i += page) {
		sig[0] = probe_load(at + i);
		sig[1] = probe_store(at + i + page - 8);
		sig[2] = probe_atomic(at + i + page / 2);
		if (sig[0] == SIGBUS && sig[1] == SIGBUS && sig[2] == SIGBUS)
			continue;
		fprintf(stderr, "# at %#zx of %#zx: load %d store %d atomic %d\n",
			i, size, sig[0], sig[1], sig[2]);
		return false;
	}
	return true;
}

/**
 * lent_is_open() - check that a range has zeroes and can be used
 * @mem: the range
 * @size: its size; a pattern is left in it
 *
 * Return: whether it is so; prints what is not.
 */
bool lent_is_open(void *mem, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), i;
	int sig;

	for (i = 0; i < size; i += page) {
		sig = probe_load((char *)mem + i);
		if (sig || !all_zero((char *)mem + i, page)) {
			fprintf(stderr, "# at %#zx of %#zx: %s %d\n", i, size,
				sig ? "signal" : "not zero", sig);
			return false;
		}
	}
	pattern_fill(mem, size, 1);
	return pattern_check(mem, size, 1);
}

/**
 * lent_entries() - number of memory entries of a region
 * @fd: the VM, started
 * @label: label of the region
 *
 * Return: the number, or 0 if it cannot be known.
 */
size_t lent_entries(int fd, __u32 label)
{
	struct gh_vm_region region = { .label = label };

	return ioctl(fd, GH_VM_GET_REGION, &region) ? 0 : region.entries;
}

/**
 * host_aborts() - host accesses to memory that it gave away
 *
 * Return: their number since boot, or 0 if that cannot be known.
 */
__u64 host_aborts(void)
{
	return testctl_present() ? testctl_read(GH_TESTCTL_HOST_ABORTS) : 0;
}

/**
 * page_readable() - try to read a page by a system call
 * @page: its address
 *
 * Return: whether that was possible.
 */
bool page_readable(const void *page)
{
	bool good;
	int fd[2];

	if (pipe(fd))
		abort();
	good = write(fd[1], page, 8) == 8;
	close(fd[0]);
	close(fd[1]);
	return good;
}

/**
 * any_readable() - try to read each page of some memory by a system call
 * @mem: the memory
 * @size: its size
 *
 * Return: whether that was possible for one of them.
 */
bool any_readable(const void *mem, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), at;
	bool any = false;
	int fd[2];

	if (pipe(fd))
		abort();
	for (at = 0; at < size && !any; at += page)
		any = write(fd[1], (const char *)mem + at, 8) == 8;
	close(fd[0]);
	close(fd[1]);
	return any;
}

/**
 * count_vmas() - count the mappings of some memory
 * @mem: the memory
 * @size: its size
 *
 * Return: the number of those that have a byte of it.
 */
size_t count_vmas(const void *mem, size_t size)
{
	unsigned long start, end, from = (unsigned long)mem;
	size_t n = 0;
	char line[512];
	FILE *f;

	f = fopen("/proc/self/maps", "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			n += start < from + size && from < end;
	fclose(f);
	return n;
}

/**
 * huge_pages_free() - count the huge pages that nobody uses
 *
 * Return: the number of those of HUGE bytes, or -1.
 */
long long huge_pages_free(void)
{
	char text[32];

	if (read_file(HUGE_PAGES("free_hugepages"), text, sizeof(text)) < 0)
		return -1;
	return atoll(text);
}

/**
 * offline_pages_find() - find all page frames that are marked as offline
 * @pages: where to
 *
 * Return: 0, or -1 and errno.
 */
int offline_pages_find(struct offline_pages *pages)
{
	__u64 flags[0x1000], pfn = 0;
	ssize_t len, i;
	int fd;

	pages->num = 0;
	pages->total = 0;
	fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((len = read(fd, flags, sizeof(flags))) > 0)
		for (i = 0; i < len / (ssize_t)sizeof(flags[0]); i++, pfn++) {
			if (!(flags[i] >> KPF_OFFLINE & 1))
				continue;
			if (pages->num < ARRAY_SIZE(pages->pfn))
				pages->pfn[pages->num++] = pfn;
			pages->total++;
		}
	close(fd);
	return len;
}

/**
 * kcore_segment() - find a segment of /proc/kcore
 * @fd: the file
 * @i: number of the segment
 * @phdr: where to
 *
 * Return: 1 if it is memory, 0 if it is something else, -1 if there is none.
 */
int kcore_segment(int fd, unsigned int i, struct elf64_phdr *phdr)
{
	struct elf64_hdr ehdr;

	if (pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || i >= ehdr.e_phnum)
		return -1;
	if (pread(fd, phdr, sizeof(*phdr), ehdr.e_phoff + i * sizeof(*phdr)) !=
	    sizeof(*phdr))
		return -1;
	/* Nothing else has a physical address */
	return phdr->p_type == PT_LOAD && phdr->p_paddr != -1ULL &&
	       phdr->p_filesz;
}
