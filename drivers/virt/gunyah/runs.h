/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of physically contiguous runs of pages
 */

#ifndef _GUNYAH_RUNS_H
#define _GUNYAH_RUNS_H

#include <linux/list.h>
#include <linux/types.h>

/**
 * struct gunyah_mem_run - physically contiguous memory of a region
 * @pfn: first page frame
 * @count: number of pages of the host's size
 */
struct gunyah_mem_run {
	unsigned long pfn;
	unsigned long count;
};

struct gunyah_mem_chunk;

/**
 * struct gunyah_mem_runs - list of the runs of a region
 * @chunks: list of struct gunyah_mem_chunk, each one page
 * @num_runs: number of runs in it
 * @num_pages: number of pages in it
 *
 * Grows page by page: a region of many GiB needs no large allocation.
 */
struct gunyah_mem_runs {
	struct list_head chunks;
	u64 num_runs;
	u64 num_pages;
};

void gunyah_mem_runs_init(struct gunyah_mem_runs *runs);
int gunyah_mem_runs_add(struct gunyah_mem_runs *runs, unsigned long pfn,
			unsigned long count, bool merge);
void gunyah_mem_runs_free(struct gunyah_mem_runs *runs,
			  void (*release)(const struct gunyah_mem_run *run));
const struct gunyah_mem_run *
gunyah_mem_runs_get(const struct gunyah_mem_runs *runs, u64 index);
int gunyah_mem_runs_read(const struct gunyah_mem_runs *runs, u64 offset,
			 void *buf, size_t size);
void gunyah_mem_runs_move(struct gunyah_mem_runs *to,
			  struct gunyah_mem_runs *from);

/**
 * struct gunyah_mem_run_iter - position in a list of runs
 * @runs: the list
 * @chunk: current chunk, NULL before the first step
 * @next: index of the next run in it
 */
struct gunyah_mem_run_iter {
	const struct gunyah_mem_runs *runs;
	const struct gunyah_mem_chunk *chunk;
	unsigned int next;
};

void gunyah_mem_run_iter_init(struct gunyah_mem_run_iter *iter,
			      const struct gunyah_mem_runs *runs);
const struct gunyah_mem_run *
gunyah_mem_run_iter_next(struct gunyah_mem_run_iter *iter);

#endif /* _GUNYAH_RUNS_H */
