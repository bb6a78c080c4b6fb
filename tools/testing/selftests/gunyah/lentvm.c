// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that runs in lent memory, and what the host can find out about that
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "lentvm.h"
#include "testctl.h"

#ifndef MFD_HUGETLB
#define MFD_HUGETLB		4U
#endif

/* In /proc/kpageflags */
#define KPF_OFFLINE		23

static void *map_file(int fd, size_t size)
{
	if (fd < 0 || ftruncate(fd, size))
		return MAP_FAILED;
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* Aligned to a huge page, in a mapping of its own size */
static void *map_aligned(size_t size)
{
	char *mem = alloc_mem(size + HUGE), *start;

	if (!mem)
		return NULL;
	start = (char *)(((uintptr_t)mem + HUGE - 1) & ~(HUGE - 1));
	if (start > mem)
		munmap(mem, start - mem);
	munmap(start + size, mem + HUGE - start);
	return start;
}

/**
 * lent_alloc_fd() - allocate memory that can be lent
 * @kind: which kind; huge pages must be there for LENT_HUGETLB...
 * @size: how much
 * @fd: the file that it is the content of, -1: none
 *
 * Return: the memory, or NULL.
 */
void *lent_alloc_fd(enum lent_kind kind, size_t size, int *fd)
{
	void *mem;

	*fd = -1;
	switch (kind) {
	case LENT_THP:
		mem = map_aligned(size);
		if (mem)
			madvise(mem, size, MADV_HUGEPAGE);
		return mem;
	case LENT_MEMFD:
		*fd = memfd_create("lent", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		mem = map_file(*fd, size);
		break;
	case LENT_HUGETLB:
		mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
		break;
	case LENT_HUGETLB_MEMFD:
		*fd = memfd_create("lent", MFD_CLOEXEC | MFD_HUGETLB);
		mem = map_file(*fd, size);
		break;
	default:
		mem = alloc_mem(size);
		if (mem)
			madvise(mem, size, MADV_NOHUGEPAGE);
		return mem;
	}
	return mem == MAP_FAILED ? NULL : mem;
}

/**
 * lent_alloc() - allocate memory that can be lent
 * @kind: which kind; huge pages must be there for LENT_HUGETLB...
 * @size: how much
 *
 * Return: the memory, or NULL.
 */
void *lent_alloc(enum lent_kind kind, size_t size)
{
	void *mem;
	int fd;

	mem = lent_alloc_fd(kind, size, &fd);
	if (fd >= 0)
		close(fd);
	return mem;
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
 * lent_vm_init() - a VM that has nothing yet; lent_vm_close() may be called
 * @vm: the VM
 */
void lent_vm_init(struct lent_vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	remote_init(&vm->remote);
}

/**
 * lent_vm_build() - build the VM, ready to be started
 * @vm: the VM, initialised
 * @mem: memory to lend, which is the VM's from now on
 * @size: its size
 *
 * Return: 0, or -1 and errno.
 */
int lent_vm_build(struct lent_vm *vm, void *mem, size_t size)
{
	const struct vm_config cfg = { .mem = mem, .size = size };

	vm->mem = mem;
	vm->size = size;
	vm->pattern = 1;
	vm->aborts = host_aborts();
	pattern_fill(vm->mem + GUEST_FREE, size - GUEST_FREE, vm->pattern);
	return remote_build(&vm->remote, &cfg);
}

/**
 * lent_vm_start() - start the VM, whose guest then checks what it has got
 * @vm: the VM
 *
 * Return: 0, or -1 and errno; EBADMSG: it has other content.
 */
int lent_vm_start(struct lent_vm *vm)
{
	if (remote_start(&vm->remote))
		return -1;
	if (lent_vm_intact(vm))
		return 0;
	errno = EBADMSG;
	return -1;
}

/**
 * lent_vm_run() - start a guest in anonymous memory of LENT_SIZE bytes
 * @vm: the VM, initialised
 *
 * Return: 0, or -1 and errno.
 */
int lent_vm_run(struct lent_vm *vm)
{
	void *mem = lent_alloc(LENT_ANONYMOUS, LENT_SIZE);

	if (!mem)
		return -1;
	return lent_vm_build(vm, mem, LENT_SIZE) ?: lent_vm_start(vm);
}

/**
 * lent_vm_intact() - look for any sign that the host has touched lent memory
 * @vm: the VM, started
 *
 * The guest changes all of its content afterwards.
 *
 * Return: whether there is none; tells what there is.
 */
bool lent_vm_intact(struct lent_vm *vm)
{
	size_t size = vm->size - GUEST_FREE;
	__u64 addr = GUEST_BASE + GUEST_FREE, next = vm->pattern + 1;

	if (remote_ops(&vm->remote, G_CHECK(addr, size, vm->pattern),
		       G_FILL(addr, size, next))) {
		fprintf(stderr, "# lent: the guest has lost its memory: %s\n",
			strerror(errno));
		return false;
	}
	vm->pattern = next;
	if (any_readable(vm->mem, vm->size)) {
		fprintf(stderr, "# lent: the host can read it\n");
		return false;
	}
	if (host_aborts() != vm->aborts) {
		fprintf(stderr, "# lent: %lld aborts\n",
			(long long)(host_aborts() - vm->aborts));
		return false;
	}
	return true;
}

/**
 * lent_vm_end() - end the VM, and look at its memory
 * @vm: the VM, started; its memory is unmapped
 *
 * Return: whether the memory is back and reads as zeroes.
 */
bool lent_vm_end(struct lent_vm *vm)
{
	bool good;

	remote_close(&vm->remote);
	good = all_zero(vm->mem, vm->size);
	if (!good)
		fprintf(stderr, "# lent: the memory was not cleared\n");
	lent_vm_close(vm);
	return good;
}

/**
 * lent_vm_close() - end the VM, and unmap its memory
 * @vm: the VM; lent_vm_build() may be called on it again
 */
void lent_vm_close(struct lent_vm *vm)
{
	remote_close(&vm->remote);
	if (vm->mem)
		munmap(vm->mem, vm->size);
	lent_vm_init(vm);
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

#define CGROUP_ROOT		"/sys/fs/cgroup"

/**
 * cgroup_make() - make a control group
 * @cg: the group
 * @name: its name
 *
 * Mounts the hierarchy if nobody has.
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_make(struct cgroup *cg, const char *name)
{
	char path[sizeof(cg->path)];

	if (access(CGROUP_ROOT "/cgroup.controllers", F_OK) &&
	    mount("none", CGROUP_ROOT, "cgroup2", 0, NULL))
		return -1;
	if (write_file(CGROUP_ROOT "/cgroup.subtree_control", "+memory"))
		return -1;
	snprintf(path, sizeof(path), CGROUP_ROOT "/%s-%d", name, getpid());
	if (mkdir(path, 0755))
		return -1;
	memcpy(cg->path, path, sizeof(path));
	return 0;
}

static void cgroup_file(const struct cgroup *cg, const char *file, char *path,
			size_t size)
{
	snprintf(path, size, "%s/%s", cg->path, file);
}

/**
 * cgroup_set() - write to a file of a control group
 * @cg: the group
 * @file: its name
 * @value: what
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_set(const struct cgroup *cg, const char *file, const char *value)
{
	char path[160];

	cgroup_file(cg, file, path, sizeof(path));
	return write_file(path, value);
}

/**
 * cgroup_set_number() - write a number to a file of a control group
 * @cg: the group
 * @file: its name
 * @value: what
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_set_number(const struct cgroup *cg, const char *file,
		      long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return cgroup_set(cg, file, text);
}

/**
 * cgroup_enter() - move a process into a control group
 * @cg: the group
 * @pid: the process, 0: the caller
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_enter(const struct cgroup *cg, pid_t pid)
{
	return cgroup_set_number(cg, "cgroup.procs", pid);
}

/**
 * cgroup_get() - read a number from a file of a control group
 * @cg: the group
 * @file: its name
 *
 * Return: the number, or -1.
 */
long long cgroup_get(const struct cgroup *cg, const char *file)
{
	char path[160], text[64];

	cgroup_file(cg, file, path, sizeof(path));
	return read_file(path, text, sizeof(text)) < 0 ? -1 : atoll(text);
}

/**
 * cgroup_value() - read a named number from a file of a control group
 * @cg: the group
 * @file: its name
 * @name: the name
 *
 * Return: the number, or -1.
 */
long long cgroup_value(const struct cgroup *cg, const char *file,
		       const char *name)
{
	char path[160];

	cgroup_file(cg, file, path, sizeof(path));
	return proc_value(path, name);
}

/**
 * cgroup_remove() - remove a control group, in which the caller may be
 * @cg: the group, or none
 */
void cgroup_remove(struct cgroup *cg)
{
	if (!cg->path[0])
		return;
	write_file(CGROUP_ROOT "/cgroup.procs", "0");
	/* Processes that were killed take a moment to leave */
	while (rmdir(cg->path) && errno == EBUSY)
		usleep(1000);
	cg->path[0] = '\0';
}

/**
 * swap_on() - make swap space of the RAM disk, and use it
 *
 * Return: 0, or -1 and errno.
 */
int swap_on(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	__u32 info[3] = { 1 };		/* version, last page, bad pages */
	off_t size, at;
	int fd, ret = 0;
	char *buf;

	fd = open(SWAP_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	buf = calloc(1, page);
	size = lseek(fd, 0, SEEK_END);
	if (!buf || size <= 0)
		ret = -1;
	/* All of it: a RAM disk allocates no memory later then */
	for (at = page; !ret && at < size; at += page)
		ret = pwrite(fd, buf, page, at) == (ssize_t)page ? 0 : -1;
	if (!ret) {
		info[1] = size / page - 1;
		memcpy(buf + 1024, info, sizeof(info));
		memcpy(buf + page - 10, "SWAPSPACE2", 10);
		ret = pwrite(fd, buf, page, 0) == (ssize_t)page ? 0 : -1;
	}
	free(buf);
	if (close(fd) || ret)
		return -1;
	return swapon(SWAP_DEVICE, 0);
}

/** swap_off() - use the swap space no more */
void swap_off(void)
{
	swapoff(SWAP_DEVICE);
}
