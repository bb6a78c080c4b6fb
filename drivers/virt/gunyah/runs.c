// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of physically contiguous runs of pages
 *
 * Kept in chunks of one page each, so that the books of a region of many GiB
 * need neither a large allocation nor one array entry for each page.
 */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "runs.h"

/**
 * struct gunyah_mem_chunk - one page of a list of runs
 * @list: in gunyah_mem_runs.chunks
 * @num: number of @run that are used
 * @run: the runs
 */
struct gunyah_mem_chunk {
	struct list_head list;
	unsigned int num;
	struct gunyah_mem_run run[];
};

#define CHUNK_RUNS	((PAGE_SIZE - sizeof(struct gunyah_mem_chunk)) / \
			 sizeof(struct gunyah_mem_run))

/**
 * gunyah_mem_runs_init() - make an empty list
 * @runs: the list
 *
 * Context: Any.
 */
void gunyah_mem_runs_init(struct gunyah_mem_runs *runs)
{
	INIT_LIST_HEAD(&runs->chunks);
	runs->num_runs = 0;
	runs->num_pages = 0;
}

/**
 * gunyah_mem_runs_add() - append a run
 * @runs: the list
 * @pfn: first page frame
 * @count: number of pages
 * @merge: grow the last run if the new one follows it in memory. Blocks that
 *	are freed one by one, as they were allocated, are not merged.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM; the list is unchanged then.
 */
int gunyah_mem_runs_add(struct gunyah_mem_runs *runs, unsigned long pfn,
			unsigned long count, bool merge)
{
	struct gunyah_mem_chunk *chunk = NULL;
	struct gunyah_mem_run *run;

	if (!list_empty(&runs->chunks)) {
		chunk = list_last_entry(&runs->chunks, struct gunyah_mem_chunk,
					list);
		run = &chunk->run[chunk->num - 1];
		if (merge && run->pfn + run->count == pfn) {
			run->count += count;
			runs->num_pages += count;
			return 0;
		}
	}

	if (!chunk || chunk->num == CHUNK_RUNS) {
		chunk = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
		if (!chunk)
			return -ENOMEM;
		chunk->num = 0;
		list_add_tail(&chunk->list, &runs->chunks);
	}

	run = &chunk->run[chunk->num++];
	run->pfn = pfn;
	run->count = count;
	runs->num_runs++;
	runs->num_pages += count;
	return 0;
}

/**
 * gunyah_mem_runs_free() - release all runs and empty the list
 * @runs: the list
 * @release: called for each run, in order; may be NULL
 *
 * Context: Process context, may sleep.
 */
void gunyah_mem_runs_free(struct gunyah_mem_runs *runs,
			  void (*release)(const struct gunyah_mem_run *run))
{
	struct gunyah_mem_chunk *chunk, *tmp;
	unsigned int i;

	list_for_each_entry_safe(chunk, tmp, &runs->chunks, list) {
		for (i = 0; release && i < chunk->num; i++)
			release(&chunk->run[i]);
		list_del(&chunk->list);
		free_page((unsigned long)chunk);
		cond_resched();
	}
	gunyah_mem_runs_init(runs);
}

/**
 * gunyah_mem_runs_move() - append all runs of a list to another one
 * @to: gets them
 * @from: is empty afterwards
 *
 * Context: Any.
 */
void gunyah_mem_runs_move(struct gunyah_mem_runs *to,
			  struct gunyah_mem_runs *from)
{
	list_splice_tail(&from->chunks, &to->chunks);
	to->num_runs += from->num_runs;
	to->num_pages += from->num_pages;
	gunyah_mem_runs_init(from);
}

/**
 * gunyah_mem_run_iter_init() - start a walk through a list
 * @iter: position
 * @runs: the list, not changed during the walk
 *
 * Context: Any.
 */
void gunyah_mem_run_iter_init(struct gunyah_mem_run_iter *iter,
			      const struct gunyah_mem_runs *runs)
{
	iter->runs = runs;
	iter->chunk = NULL;
	iter->next = 0;
}

/**
 * gunyah_mem_run_iter_next() - next run of a walk
 * @iter: position
 *
 * Context: Any.
 * Return: the run, or NULL at the end.
 */
const struct gunyah_mem_run *
gunyah_mem_run_iter_next(struct gunyah_mem_run_iter *iter)
{
	const struct list_head *next;

	if (!iter->chunk || iter->next == iter->chunk->num) {
		next = iter->chunk ? iter->chunk->list.next :
				     iter->runs->chunks.next;
		if (next == &iter->runs->chunks)
			return NULL;
		iter->chunk = list_entry(next, struct gunyah_mem_chunk, list);
		iter->next = 0;
	}
	return &iter->chunk->run[iter->next++];
}

/**
 * gunyah_mem_runs_get() - find a run by its place in a list
 * @runs: the list
 * @index: the place, from 0
 *
 * Context: Any.
 * Return: the run, or NULL: there are not so many.
 */
const struct gunyah_mem_run *
gunyah_mem_runs_get(const struct gunyah_mem_runs *runs, u64 index)
{
	const struct gunyah_mem_chunk *chunk;

	list_for_each_entry(chunk, &runs->chunks, list) {
		if (index < chunk->num)
			return &chunk->run[index];
		index -= chunk->num;
	}
	return NULL;
}

static void runs_read_page(unsigned long pfn, unsigned int offset, void *buf,
			   size_t size)
{
	void *from = kmap_local_page(pfn_to_page(pfn));

	memcpy(buf, from + offset, size);
	kunmap_local(from);
}

/**
 * gunyah_mem_runs_read() - read the memory that a list describes
 * @runs: the list
 * @offset: where to begin, in bytes from the first run's start
 * @buf: where to
 * @size: size in bytes
 *
 * Context: Any.
 * Return: 0, or -EFAULT if the list ends before.
 */
int gunyah_mem_runs_read(const struct gunyah_mem_runs *runs, u64 offset,
			 void *buf, size_t size)
{
	struct gunyah_mem_run_iter iter;
	const struct gunyah_mem_run *run;
	u64 run_size;
	size_t len;

	gunyah_mem_run_iter_init(&iter, runs);
	while (size) {
		run = gunyah_mem_run_iter_next(&iter);
		if (!run)
			return -EFAULT;
		run_size = (u64)run->count << PAGE_SHIFT;
		for (; size && offset < run_size; offset += len) {
			len = min(size, PAGE_SIZE - offset_in_page(offset));
			runs_read_page(run->pfn + (offset >> PAGE_SHIFT),
				       offset_in_page(offset), buf, len);
			buf += len;
			size -= len;
		}
		offset -= run_size;
	}
	return 0;
}
