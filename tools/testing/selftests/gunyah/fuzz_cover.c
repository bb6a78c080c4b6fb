// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage of the driver by the calls of threads, and by workers of the kernel for
 * their VMs, if the driver is one that reports it (KCOV_INSTRUMENT=y).
 */
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define KCOV		"/sys/kernel/debug/kcov"
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

/* Buffer for coverage of this thread, or of others */
static void open_record(struct fuzz_record *record)
{
	void *pcs;

	record->pcs = NULL;
	record->kcov = open(KCOV, O_RDWR | O_CLOEXEC);
	if (record->kcov < 0)
		return;
	if (ioctl(record->kcov, KCOV_INIT_TRACE, KCOV_WORDS))
		return;
	pcs = mmap(NULL, KCOV_WORDS * sizeof(unsigned long),
		   PROT_READ | PROT_WRITE, MAP_SHARED, record->kcov, 0);
	if (pcs != MAP_FAILED)
		record->pcs = pcs;
}

static void close_buffer(struct fuzz_record *record)
{
	munmap(record->pcs, KCOV_WORDS * sizeof(unsigned long));
	record->pcs = NULL;
}

/**
 * fuzz_cover_open() - begin to record what this thread does
 * @record: where to
 */
void fuzz_cover_open(struct fuzz_record *record)
{
	open_record(record);
	if (record->pcs && ioctl(record->kcov, KCOV_ENABLE, KCOV_TRACE_PC))
		close_buffer(record);
}

/**
 * fuzz_cover_open_workers() - begin to record what workers do
 * @record: where to
 *
 * That is for the VMs of threads that this thread makes later, not for its own.
 */
void fuzz_cover_open_workers(struct fuzz_record *record)
{
	struct kcov_remote_arg arg = {
		.trace_mode = KCOV_TRACE_PC,
		.area_size = KCOV_WORDS,
		.common_handle = kcov_remote_handle(KCOV_SUBSYSTEM_COMMON,
						    getpid()),
	};

	open_record(record);
	if (record->pcs && ioctl(record->kcov, KCOV_REMOTE_ENABLE, &arg))
		close_buffer(record);
}

/**
 * fuzz_cover_close() - end that
 * @record: what this thread has opened
 */
void fuzz_cover_close(struct fuzz_record *record)
{
	if (record->pcs) {
		ioctl(record->kcov, KCOV_DISABLE, 0);
		close_buffer(record);
	}
	if (record->kcov >= 0)
		close(record->kcov);
	record->kcov = -1;
}

static void reset(struct fuzz_record *record)
{
	if (record->pcs)
		__atomic_store_n(&record->pcs[0], 0, __ATOMIC_RELEASE);
}

/**
 * fuzz_cover_reset() - forget what was recorded
 * @w: the threads' world; they do not run a program
 */
void fuzz_cover_reset(struct fuzz_world *w)
{
	unsigned int i;

	for (i = 0; i < FUZZ_THREADS; i++)
		reset(&w->thread[i].record);
	reset(&w->workers);
}

static bool set_bit(unsigned char *map, size_t size, unsigned long n)
{
	unsigned char bit = 1 << (n & 7);

	n = (n >> 3) % size;
	return !(__atomic_fetch_or(&map[n], bit, __ATOMIC_RELAXED) & bit);
}

static bool add_record(struct fuzz_cover *cover,
		       const struct fuzz_record *record)
{
	const unsigned long *pcs = record->pcs;
	unsigned long last = 0, n, at, i;
	bool found = false;

	if (!pcs)
		return false;
	n = __atomic_load_n(&pcs[0], __ATOMIC_ACQUIRE);
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
 * fuzz_cover_add() - add what was recorded
 * @cover: what was reached
 * @w: the threads' world; they do not run a program
 *
 * Return: whether something is new.
 */
bool fuzz_cover_add(struct fuzz_cover *cover, struct fuzz_world *w)
{
	bool found = add_record(cover, &w->workers);
	unsigned int i;

	for (i = 0; i < FUZZ_THREADS; i++)
		found |= add_record(cover, &w->thread[i].record);
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
