// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common parts of the Gunyah tests: a VM whose lent memory is attacked
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lent.h"
#include "testctl.h"

/* Words in the second region */
#define WORD_GUEST	0x0	/* how far the guest is */
#define WORD_HOST	0x8	/* how far it may go */
#define WORD(offset)	(GUEST_SHM_BASE + (offset))

#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define SHMEM_THP	"/sys/kernel/mm/transparent_hugepage/shmem_enabled"

/* ---- accesses that may fail ---- */

static sigjmp_buf probe_env;

static void on_fault(int sig)
{
	siglongjmp(probe_env, sig);
}

static void load(void *addr)
{
	__atomic_load_n((__u64 *)addr, __ATOMIC_RELAXED);
}

static void store(void *addr)
{
	__atomic_store_n((__u64 *)addr, 0, __ATOMIC_RELAXED);
}

static void atomic(void *addr)
{
	__atomic_fetch_or((__u64 *)addr, 0, __ATOMIC_SEQ_CST);
}

/* Not for several threads at a time */
static int probe(void (*access)(void *addr), void *addr)
{
	struct sigaction action = { .sa_handler = on_fault }, bus, segv;
	int sig;

	sigaction(SIGBUS, &action, &bus);
	sigaction(SIGSEGV, &action, &segv);
	sig = sigsetjmp(probe_env, 1);
	if (!sig)
		access(addr);
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return sig;
}

/**
 * probe_load() - load 8 bytes that may be inaccessible
 * @addr: where
 *
 * Return: the signal that this gives, or 0.
 */
int probe_load(const void *addr)
{
	return probe(load, (void *)addr);
}

/**
 * probe_store() - store 8 bytes, zeroes, where there may be no access
 * @addr: where
 *
 * Return: the signal that this gives, or 0.
 */
int probe_store(void *addr)
{
	return probe(store, addr);
}

/**
 * probe_atomic() - an atomic operation that changes nothing, if possible
 * @addr: where
 *
 * Return: the signal that this gives, or 0.
 */
int probe_atomic(void *addr)
{
	return probe(atomic, addr);
}

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

/* ---- the VM ---- */

/**
 * lent_init() - a VM that has nothing yet; lent_close() may be called from here
 * @l: the VM
 */
void lent_init(struct lent_vm *l)
{
	memset(l, 0, sizeof(*l));
	vm_init(&l->vm);
	l->memfd = -1;
	l->page = sysconf(_SC_PAGESIZE);
	l->size = GUEST_SIZE;
	testctl_reset();
	leak_read(&l->leak);
	if (testctl_present())
		l->aborts = testctl_read(GH_TESTCTL_HOST_ABORTS);
}

static int lent_memfd(struct lent_vm *l, unsigned int flags)
{
	l->memfd = memfd_create("gunyah", MFD_CLOEXEC | MFD_ALLOW_SEALING |
				flags);
	return l->memfd < 0 ? -1 : ftruncate(l->memfd, l->size);
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
	int flags = MAP_FIXED, prot = PROT_READ | PROT_WRITE;

	l->kind = kind;
	l->area_size = l->size + 2 * HUGE_SIZE;
	l->area = mmap(NULL, l->area_size, prot, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	if (l->area == MAP_FAILED) {
		l->area = NULL;
		return -1;
	}
	l->mem = (void *)(((uintptr_t)l->area + HUGE_SIZE) & ~(HUGE_SIZE - 1));
	madvise(l->area, l->area_size, MADV_NOHUGEPAGE);
	switch (kind) {
	case LENT_ANON:
		return 0;
	case LENT_THP:
		madvise(l->mem, l->size, MADV_HUGEPAGE);
		return 0;
	case LENT_HUGETLB:
		write_file(NR_HUGEPAGES, "4");
		if (lent_memfd(l, MFD_HUGETLB))
			return -1;
		break;
	default:
		if (lent_memfd(l, 0))
			return -1;
	}
	flags |= kind == LENT_PRIVATE_MEMFD ? MAP_PRIVATE : MAP_SHARED;
	if (mmap(l->mem, l->size, prot, flags, l->memfd, 0) == MAP_FAILED)
		return -1;
	if (kind == LENT_THP_MEMFD) {
		/* Where there is no such file small pages will do */
		write_file(SHMEM_THP, "advise");
		madvise(l->mem, l->size, MADV_HUGEPAGE);
	}
	return 0;
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
	if (!gunyah_present())
		return "no " GUNYAH_DEV;
	if (lent_alloc(l, kind) && kind == LENT_HUGETLB)
		return "no huge pages";
	/* Without other memory the VM cannot be built */
	return NULL;
}

/**
 * lent_build() - build the VM up to its start
 * @l: the VM, lent_alloc()
 *
 * Return: 0, or -1 and errno.
 */
int lent_build(struct lent_vm *l)
{
	struct vm_config cfg = {
		.mem = l->mem, .size = l->size, .shm_size = GUEST_SHM_SIZE,
	};
	__u64 hit = GUEST_BASE + LENT_HIT;

	if (vm_build(&l->vm, &cfg, VM_HAS_VCPUS))
		return -1;
	pattern_fill(l->mem + LENT_HIT, LENT_HIT_SIZE, LENT_OF_HOST);
	vm_program(&l->vm, 0,
		   G_CHECK(hit, LENT_HIT_SIZE, LENT_OF_HOST),
		   G_WRITE(8, WORD(WORD_GUEST), 1), G_WAIT(WORD(WORD_HOST), 1),
		   G_CHECK(hit, LENT_HIT_SIZE, LENT_OF_HOST),
		   G_FILL(hit, LENT_HIT_SIZE, LENT_OF_GUEST),
		   G_WRITE(8, WORD(WORD_GUEST), 2), G_WAIT(WORD(WORD_HOST), 2),
		   G_CHECK(hit, LENT_HIT_SIZE, LENT_OF_GUEST), G_OFF);
	return 0;
}

/* Wait until the guest is so far; EBADE: it has ended instead */
static int lent_wait(struct lent_vm *l, __u64 step)
{
	long long end = now_ms() + LONG_MS;

	while (vm_word(&l->vm, WORD_GUEST) != step) {
		if (__atomic_load_n(&l->runner.done, __ATOMIC_ACQUIRE)) {
			errno = EBADE;
			return -1;
		}
		if (now_ms() >= end) {
			errno = ETIME;
			return -1;
		}
		usleep(500);
	}
	return 0;
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
	if (gh_start(l->vm.fd))
		return -1;
	l->runner = (struct runner){ .vm = &l->vm };
	if (runner_start(&l->runner))
		return -1;
	l->running = true;
	return lent_wait(l, 1);
}

/**
 * lent_turn() - let the guest check the content again, and then replace it
 * @l: the VM, lent_start()
 *
 * Return: 0, or -1 and errno.
 */
int lent_turn(struct lent_vm *l)
{
	vm_poke(&l->vm, WORD_HOST, 1);
	return lent_wait(l, 2);
}

static int lent_join(struct lent_vm *l)
{
	l->running = false;
	return runner_join(&l->runner);
}

/**
 * lent_finish() - let the guest check its content, and wait for its end
 * @l: the VM, lent_start() or lent_turn()
 *
 * Return: 0, or -1 and errno.
 */
int lent_finish(struct lent_vm *l)
{
	struct gh_vm_status status;

	if (vm_word(&l->vm, WORD_HOST) == 0 && lent_turn(l))
		return -1;
	vm_poke(&l->vm, WORD_HOST, 2);
	if (vm_wait_end(&l->vm, &status))
		return -1;
	errno = lent_join(l);
	if (errno)
		return -1;
	if (!vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF)) {
		errno = EBADE;
		return -1;
	}
	return 0;
}

/**
 * lent_close() - close the VM and free its memory
 * @l: the VM, in any state
 *
 * Return: whether nothing has leaked, and the host has not touched memory that
 * it gave away.
 */
bool lent_close(struct lent_vm *l)
{
	bool good = true;

	if (l->running) {
		gh_stop(l->vm.fd, GH_VM_STOP_FORCE);
		lent_join(l);
	}
	vm_close(&l->vm);
	if (l->area)
		munmap(l->area, l->area_size);
	if (l->memfd >= 0)
		close(l->memfd);
	if (l->kind == LENT_HUGETLB)
		write_file(NR_HUGEPAGES, "0");
	if (l->kind == LENT_THP_MEMFD)
		write_file(SHMEM_THP, "never");
	if (testctl_present() &&
	    testctl_read(GH_TESTCTL_HOST_ABORTS) != l->aborts) {
		fprintf(stderr, "# the host has accessed lent memory\n");
		good = false;
	}
	return leak_check(&l->leak, LONG_MS) && good;
}
