// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage of the driver by the calls of a thread, if the driver is one that
 * reports it (KCOV_INSTRUMENT=y). Workers of the kernel are not covered.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define KCOV		"/sys/kernel/debug/kcov"
#define KCOV_INIT_TRACE	_IOR('c', 1, unsigned long)
#define KCOV_ENABLE	_IO('c', 100)
#define KCOV_DISABLE	_IO('c', 101)
#define KCOV_TRACE_PC	0
#define KCOV_WORDS	0x10000

/* Instructions are words */
#define PC_SHIFT	2

/**
 * fuzz_cover_init() - find out where the driver is
 * @cover: zeroes
 *
 * Return: whether there is coverage.
 */
bool fuzz_cover_init(struct fuzz_cover *cover)
{
	unsigned long size, text;
	char name[64];
	FILE *f;

	if (access(KCOV, R_OK | W_OK))
		return false;
	f = fopen("/proc/modules", "re");
	if (!f)
		return false;
	while (fscanf(f, "%63s %lu %*[^\n]", name, &size) == 2)
		if (!strcmp(name, "gunyah"))
			cover->size = size;
	fclose(f);
	f = fopen("/sys/module/gunyah/sections/.text", "re");
	if (!f)
		return false;
	if (fscanf(f, "%lx", &text) == 1)
		cover->text = text;
	fclose(f);
	return cover->text && cover->size;
}

/**
 * fuzz_cover_open() - begin to record what this thread does
 * @thread: this thread
 */
void fuzz_cover_open(struct fuzz_thread *thread)
{
	void *cover;

	thread->cover = NULL;
	thread->kcov = open(KCOV, O_RDWR | O_CLOEXEC);
	if (thread->kcov < 0)
		return;
	if (ioctl(thread->kcov, KCOV_INIT_TRACE, KCOV_WORDS))
		return;
	cover = mmap(NULL, KCOV_WORDS * sizeof(unsigned long),
		     PROT_READ | PROT_WRITE, MAP_SHARED, thread->kcov, 0);
	if (cover == MAP_FAILED)
		return;
	if (ioctl(thread->kcov, KCOV_ENABLE, KCOV_TRACE_PC))
		munmap(cover, KCOV_WORDS * sizeof(unsigned long));
	else
		thread->cover = cover;
}

/**
 * fuzz_cover_close() - end that
 * @thread: this thread
 */
void fuzz_cover_close(struct fuzz_thread *thread)
{
	if (thread->cover) {
		ioctl(thread->kcov, KCOV_DISABLE, 0);
		munmap(thread->cover, KCOV_WORDS * sizeof(unsigned long));
	}
	if (thread->kcov >= 0)
		close(thread->kcov);
	thread->kcov = -1;
	thread->cover = NULL;
}

/**
 * fuzz_cover_reset() - forget what the threads have recorded
 * @w: the threads' world; they do not run a program
 */
void fuzz_cover_reset(struct fuzz_world *w)
{
	unsigned int i;

	for (i = 0; i < FUZZ_THREADS; i++)
		if (w->thread[i].cover)
			__atomic_store_n(&w->thread[i].cover[0], 0,
					 __ATOMIC_RELEASE);
}

static bool set_bit(unsigned char *map, size_t size, unsigned long n)
{
	unsigned char bit = 1 << (n & 7);

	n = (n >> 3) % size;
	return !(__atomic_fetch_or(&map[n], bit, __ATOMIC_RELAXED) & bit);
}

static bool add_thread(struct fuzz_cover *cover, const unsigned long *pcs)
{
	unsigned long n = __atomic_load_n(&pcs[0], __ATOMIC_ACQUIRE);
	unsigned long last = 0, at, i;
	bool found = false;

	for (i = 1; i <= n && i < KCOV_WORDS; i++) {
		at = (pcs[i] - cover->text) >> PC_SHIFT;
		if (at >= cover->size >> PC_SHIFT)
			continue;
		if (set_bit(cover->pc, sizeof(cover->pc), at))
			cover->pcs++;
		if (set_bit(cover->edge, sizeof(cover->edge),
			    at ^ last * 0x9e3779b1UL)) {
			cover->edges++;
			found = true;
		}
		last = at;
	}
	return found;
}

/**
 * fuzz_cover_add() - add what the threads have recorded
 * @cover: what was reached
 * @w: the threads' world; they do not run a program
 *
 * Return: whether something is new.
 */
bool fuzz_cover_add(struct fuzz_cover *cover, struct fuzz_world *w)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < FUZZ_THREADS; i++)
		if (w->thread[i].cover)
			found |= add_thread(cover, w->thread[i].cover);
	return found;
}

/**
 * fuzz_cover_print() - print the places that were reached
 * @cover: what was reached
 *
 * As offsets in the driver's code, for a program that knows what is there.
 */
void fuzz_cover_print(const struct fuzz_cover *cover)
{
	unsigned long at, column = 0;

	for (at = 0; at < sizeof(cover->pc) * 8; at++) {
		if (!(cover->pc[at >> 3] & 1 << (at & 7)))
			continue;
		printf("%s%lx", column ? " " : "# fuzz-pc: ",
		       at << PC_SHIFT);
		column = (column + 1) % 16;
		if (!column)
			printf("\n");
	}
	printf("%s", column ? "\n" : "");
}
