// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lent memory is hidden from the kernel of the host
 *
 * An access of the host to memory that the firmware has taken from it is an abort
 * that the kernel does not survive. So the linear map must not have it: reads of
 * a word across the end of a page are enough. Pages that are PageOffline are
 * skipped by whoever walks through all of memory: /proc/kcore, dumps of a crash,
 * and memory offlining, which refuses them.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/page-flags.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "direct_map.h"
#include "hide.h"
#include "runs.h"
#include "weaken.h"

static bool allow_unsafe_lend;
module_param(allow_unsafe_lend, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_lend,
		 "Lend memory that this kernel cannot take out of its linear map; any program can then crash the host (N)");

/**
 * gunyah_hide_allowed() - whether memory may be lent on this kernel
 *
 * Tells an administrator if it may not.
 *
 * Context: Any.
 * Return: true if it may.
 */
bool gunyah_hide_allowed(void)
{
	if (gunyah_direct_map_can_hide() || READ_ONCE(allow_unsafe_lend))
		return true;
	if (IS_ENABLED(CONFIG_GUNYAH_DIRECT_MAP))
		pr_warn_once("memory is not lent: boot with rodata=full, so that the linear map can leave out single pages; or set gunyah.allow_unsafe_lend, and any program can crash this machine\n");
	else
		pr_warn_once("memory is not lent: this kernel is built without CONFIG_GUNYAH, so its linear map cannot leave out pages; or set gunyah.allow_unsafe_lend, and any program can crash this machine\n");
	return false;
}

/* Between page_offline_begin() and page_offline_end() */
static void hide_set_run_offline(const struct gunyah_mem_run *run, bool offline)
{
	struct page *page = pfn_to_page(run->pfn), *end = page + run->count;

	for (; page < end; page++) {
		if (offline)
			__SetPageOffline(page);
		else if (PageOffline(page))
			__ClearPageOffline(page);
	}
	cond_resched();
}

static void hide_set_offline(const struct gunyah_mem_runs *runs, bool offline)
{
	const struct gunyah_mem_run *run;
	struct gunyah_mem_run_iter iter;

	page_offline_begin();
	gunyah_mem_run_iter_init(&iter, runs);
	while ((run = gunyah_mem_run_iter_next(&iter)))
		hide_set_run_offline(run, offline);
	page_offline_end();
}

/* Line by line, and a run can be most of the machine's memory */
static void hide_clean_run(const struct gunyah_mem_run *run)
{
	unsigned long step = SZ_2M >> PAGE_SHIFT, done;

	for (done = 0; done < run->count; done += step) {
		gunyah_direct_map_clean(pfn_to_page(run->pfn + done),
					min(step, run->count - done));
		cond_resched();
	}
}

/* Also if the kernel keeps its map: guests need not use the caches */
static void hide_clean(const struct gunyah_mem_runs *runs)
{
	const struct gunyah_mem_run *run;
	struct gunyah_mem_run_iter iter;

	gunyah_mem_run_iter_init(&iter, runs);
	while ((run = gunyah_mem_run_iter_next(&iter)))
		hide_clean_run(run);
}

/* Before gunyah_direct_map_flush() */
static int hide_set_run_linear(const struct gunyah_mem_run *run, bool valid)
{
	int ret;

	ret = gunyah_direct_map_set(pfn_to_page(run->pfn), run->count, valid);
	cond_resched();
	return ret;
}

static bool hide_skips_linear(bool valid)
{
	return !gunyah_direct_map_can_hide() ||
	       (!valid && gunyah_weakened(GUNYAH_WEAKEN_LINEAR_MAP));
}

static int hide_set_linear(const struct gunyah_mem_runs *runs, bool valid)
{
	const struct gunyah_mem_run *run;
	struct gunyah_mem_run_iter iter;
	int ret = 0;

	if (hide_skips_linear(valid))
		return 0;
	gunyah_mem_run_iter_init(&iter, runs);
	while (!ret && (run = gunyah_mem_run_iter_next(&iter)))
		ret = hide_set_run_linear(run, valid);
	gunyah_direct_map_flush();
	return ret;
}

/**
 * gunyah_hide() - before the firmware gets pages
 * @runs: the pages, which are mapped nowhere but in the linear map
 * @clean: write what the caches have of them to memory; the resource manager
 *	does this for the image of a VM only
 *
 * Context: Process context or worker, may sleep.
 * Return: 0, or -EOPNOTSUPP: gunyah_show() undoes it.
 */
int gunyah_hide(const struct gunyah_mem_runs *runs, bool clean)
{
	if (!gunyah_weakened(GUNYAH_WEAKEN_OFFLINE))
		hide_set_offline(runs, true);
	if (clean)
		hide_clean(runs);
	return hide_set_linear(runs, false);
}

/**
 * gunyah_show() - undo gunyah_hide()
 * @runs: the pages, which the firmware does not have
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_show(const struct gunyah_mem_runs *runs)
{
	/* Nothing is allocated for a range that has page tables */
	WARN_ON_ONCE(hide_set_linear(runs, true));
	/* Has the place of the count of mappings */
	hide_set_offline(runs, false);
}

/**
 * gunyah_hide_run() - gunyah_hide() for one run, written back from the caches
 * @run: the pages, which are mapped nowhere but in the linear map
 *
 * Context: Process context or worker, may sleep.
 * Return: 0, or -EOPNOTSUPP: gunyah_show_run() undoes it.
 */
int gunyah_hide_run(const struct gunyah_mem_run *run)
{
	int ret = 0;

	if (!gunyah_weakened(GUNYAH_WEAKEN_OFFLINE)) {
		page_offline_begin();
		hide_set_run_offline(run, true);
		page_offline_end();
	}
	hide_clean_run(run);
	if (!hide_skips_linear(false)) {
		ret = hide_set_run_linear(run, false);
		gunyah_direct_map_flush();
	}
	return ret;
}

/**
 * gunyah_show_run() - undo gunyah_hide_run(), also for a part of the run
 * @run: the pages, which the firmware does not have
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_show_run(const struct gunyah_mem_run *run)
{
	/* Nothing is in a TLB that was not valid: there is nothing to flush */
	if (!hide_skips_linear(true))
		WARN_ON_ONCE(hide_set_run_linear(run, true));
	page_offline_begin();
	hide_set_run_offline(run, false);
	page_offline_end();
}
