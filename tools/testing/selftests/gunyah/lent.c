// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common parts of the Gunyah tests: a guest that runs in lent memory
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lent.h"
#include "testctl.h"

#define SHMEM_THP	"/sys/kernel/mm/transparent_hugepage/shmem_enabled"

/* ---- memory ---- */

/* A mapping that begins at a huge page */
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

static int make_file(size_t size, unsigned int flags)
{
	int fd = memfd_create("gunyah", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Turn private anonymous memory into a kind of memory */
static int change_kind(void *mem, size_t size, enum lent_kind kind, int *fd)
{
	int flags = MAP_FIXED | MAP_SHARED, prot = PROT_READ | PROT_WRITE;

	*fd = -1;
	switch (kind) {
	case LENT_ANON:
		madvise(mem, size, MADV_NOHUGEPAGE);
		return 0;
	case LENT_THP:
		madvise(mem, size, MADV_HUGEPAGE);
		return 0;
	case LENT_HUGETLB:
		flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGE_TLB;
		break;
	case LENT_HUGETLB_MEMFD:
		*fd = make_file(size, MFD_HUGE_TLB);
		break;
	case LENT_PRIVATE_MEMFD:
		flags = MAP_FIXED | MAP_PRIVATE;
		*fd = make_file(size, 0);
		break;
	default:
		*fd = make_file(size, 0);
	}
	if (*fd < 0 && kind != LENT_HUGETLB)
		return -1;
	if (mmap(mem, size, prot, flags, *fd, 0) == MAP_FAILED)
		return -1;
	if (kind == LENT_THP_MEMFD) {
		/* Where there is no such file small pages will do */
		write_file(SHMEM_THP, "advise");
		madvise(mem, size, MADV_HUGEPAGE);
	}
	return 0;
}

/**
 * lent_memory() - allocate memory that can be lent
 * @kind: which kind; huge pages must be there for LENT_HUGETLB...
 * @size: how much
 * @fd: the file that it is the content of, -1: none; NULL: not wanted
 *
 * Return: the memory, or NULL.
 */
void *lent_memory(enum lent_kind kind, size_t size, int *fd)
{
	void *mem = map_aligned(size);
	int file;

	if (!mem)
		return NULL;
	if (change_kind(mem, size, kind, &file)) {
		munmap(mem, size);
		mem = NULL;
	}
	if (fd && mem)
		*fd = file;
	else if (file >= 0)
		close(file);
	return mem;
}

/* ---- the VM ---- */

static void init(struct lent_vm *l)
{
	struct leak_state leak = l->leak;

	memset(l, 0, sizeof(*l));
	remote_init(&l->remote);
	l->memfd = -1;
	l->page = sysconf(_SC_PAGESIZE);
	l->size = GUEST_SIZE;
	l->leak = leak;
	l->aborts = host_aborts();
}

/**
 * lent_init() - a VM that has nothing yet; lent_free() may be called from here
 * @l: the VM
 */
void lent_init(struct lent_vm *l)
{
	memset(l, 0, sizeof(*l));
	init(l);
}

/**
 * lent_alloc() - allocate the memory that is attacked
 * @l: the VM, initialised
 * @kind: kind of the memory
 *
 * There is a page of other memory directly before it, and one behind it.
 *
 * Return: 0, or -1 and errno.
 */
int lent_alloc(struct lent_vm *l, enum lent_kind kind)
{
	l->kind = kind;
	l->area_size = l->size + 2 * HUGE;
	l->area = map_aligned(l->area_size);
	if (!l->area)
		return -1;
	l->mem = l->area + HUGE;
	madvise(l->area, l->area_size, MADV_NOHUGEPAGE);
	if (kind == LENT_HUGETLB || kind == LENT_HUGETLB_MEMFD)
		write_file(HUGE_PAGES_PARAM, "4");
	return change_kind(l->mem, l->size, kind, &l->memfd);
}

/**
 * lent_setup() - start a test with memory of a kind
 * @l: the VM
 * @kind: kind of the memory
 *
 * Return: why this machine cannot have it, or NULL.
 */
const char *lent_setup(struct lent_vm *l, enum lent_kind kind)
{
	lent_init(l);
	testctl_reset();
	leak_read(&l->leak);
	if (!gunyah_present())
		return "no " GUNYAH_DEV;
	if (lent_alloc(l, kind) && kind == LENT_HUGETLB_MEMFD)
		return "no huge pages";
	/* Without other memory the VM cannot be built */
	return NULL;
}

/**
 * lent_build() - build the VM up to its start
 * @l: the VM, with memory
 *
 * Return: 0, or -1 and errno.
 */
int lent_build(struct lent_vm *l)
{
	const struct vm_config cfg = { .mem = l->mem, .size = l->size };

	if (remote_build(&l->remote, &cfg))
		return -1;
	l->pattern = LENT_OF_HOST;
	pattern_fill(l->mem + GUEST_FREE, l->size - GUEST_FREE, l->pattern);
	return 0;
}

/**
 * lent_build_in() - build a VM that has other memory than lent_alloc()'s
 * @l: the VM, initialised
 * @mem: memory to lend, which is the VM's from now on
 * @size: its size
 *
 * Return: 0, or -1 and errno.
 */
int lent_build_in(struct lent_vm *l, void *mem, size_t size)
{
	l->mem = mem;
	l->size = size;
	l->area = mem;
	l->area_size = size;
	return lent_build(l);
}

/* Let the guest check its memory, and give it another pattern, 0: the same */
static int check(struct lent_vm *l, __u64 next)
{
	size_t size = l->size - GUEST_FREE;
	__u64 addr = GUEST_BASE + GUEST_FREE;

	if (remote_ops(&l->remote, G_CHECK(addr, size, l->pattern)))
		return -1;
	if (!next)
		return 0;
	l->pattern = next;
	return remote_ops(&l->remote, G_FILL(addr, size, next));
}

/**
 * lent_start() - start the VM
 * @l: the VM, lent_build()
 *
 * When it returns the guest has found the content of the host in its memory.
 *
 * Return: 0, or -1 and errno.
 */
int lent_start(struct lent_vm *l)
{
	return remote_start(&l->remote) ?: check(l, 0);
}

/**
 * lent_turn() - let the guest check the content again, and then replace it
 * @l: the VM, lent_start()
 *
 * Return: 0, or -1 and errno.
 */
int lent_turn(struct lent_vm *l)
{
	return check(l, l->pattern + 1);
}

/**
 * lent_finish() - let the guest check its content, and wait for its end
 * @l: the VM, lent_start() or lent_turn()
 *
 * Return: 0, or -1 and errno.
 */
int lent_finish(struct lent_vm *l)
{
	const struct guest_op off = G_OFF;
	struct gh_vm_status status;

	if (l->pattern == LENT_OF_HOST && lent_turn(l))
		return -1;
	if (check(l, 0) || remote_end(&l->remote, &off, &status))
		return -1;
	l->remote.running = false;
	errno = runner_join(&l->remote.runner);
	if (errno)
		return -1;
	if (!vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF)) {
		errno = EBADE;
		return -1;
	}
	return 0;
}

/**
 * lent_is_intact() - look for any sign that the host has touched lent memory
 * @l: the VM, started
 *
 * The guest changes all of its content afterwards.
 *
 * Return: whether there is none; tells what there is.
 */
bool lent_is_intact(struct lent_vm *l)
{
	if (lent_turn(l)) {
		fprintf(stderr, "# lent: the guest has lost its memory: %s\n",
			strerror(errno));
		return false;
	}
	if (any_readable(l->mem, l->size)) {
		fprintf(stderr, "# lent: the host can read it\n");
		return false;
	}
	if (host_aborts() != l->aborts) {
		fprintf(stderr, "# lent: %lld aborts\n",
			(long long)(host_aborts() - l->aborts));
		return false;
	}
	return true;
}

/**
 * lent_start_intact() - start the VM, whose memory has to be intact
 * @l: the VM, lent_build()
 *
 * Return: 0, or -1 and errno; EBADMSG: it is not.
 */
int lent_start_intact(struct lent_vm *l)
{
	if (remote_start(&l->remote))
		return -1;
	if (lent_is_intact(l))
		return 0;
	errno = EBADMSG;
	return -1;
}

/**
 * lent_run() - start a guest in anonymous memory of LENT_SIZE bytes
 * @l: the VM, initialised
 *
 * Return: 0, or -1 and errno.
 */
int lent_run(struct lent_vm *l)
{
	void *mem = lent_memory(LENT_ANON, LENT_SIZE, NULL);

	if (!mem)
		return -1;
	return lent_build_in(l, mem, LENT_SIZE) ?: lent_start_intact(l);
}

/**
 * lent_end() - end the VM, and look at its memory
 * @l: the VM, started; its memory is unmapped
 *
 * Return: whether the memory is back and reads as zeroes.
 */
bool lent_end(struct lent_vm *l)
{
	bool good;

	remote_close(&l->remote);
	good = all_zero(l->mem, l->size);
	if (!good)
		fprintf(stderr, "# lent: the memory was not cleared\n");
	lent_free(l);
	return good;
}

/**
 * lent_free() - end the VM, and free its memory
 * @l: the VM, in any state
 */
void lent_free(struct lent_vm *l)
{
	remote_close(&l->remote);
	if (l->area)
		munmap(l->area, l->area_size);
	if (l->memfd >= 0)
		close(l->memfd);
	if (l->kind == LENT_HUGETLB || l->kind == LENT_HUGETLB_MEMFD)
		write_file(HUGE_PAGES_PARAM, "0");
	if (l->kind == LENT_THP_MEMFD)
		write_file(SHMEM_THP, "never");
	init(l);
}

/**
 * lent_close() - end the VM, free its memory, and look for leaks
 * @l: the VM, in any state, lent_setup()
 *
 * Return: whether nothing has leaked, and the host has not touched memory that
 * it gave away.
 */
bool lent_close(struct lent_vm *l)
{
	__u64 aborts = l->aborts;
	bool good;

	lent_free(l);
	good = l->aborts == aborts;
	if (!good)
		fprintf(stderr, "# the host has accessed lent memory\n");
	return leak_check(&l->leak, LONG_MS) && good;
}
