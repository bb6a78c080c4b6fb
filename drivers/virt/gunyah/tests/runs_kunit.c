// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the lists of page runs, and of the checks of memory regions
 */

#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>

#include "../region.h"
#include "../runs.h"

/* More runs than fit into two pages of the list */
#define MANY_RUNS	(3 * PAGE_SIZE / sizeof(struct gunyah_mem_run))

static unsigned long released_runs;
static unsigned long released_pages;

static void count_release(const struct gunyah_mem_run *run)
{
	released_runs++;
	released_pages += run->count;
}

static void runs_merge(struct kunit *test)
{
	struct gunyah_mem_run_iter iter;
	const struct gunyah_mem_run *run;
	struct gunyah_mem_runs runs;

	gunyah_mem_runs_init(&runs);
	KUNIT_ASSERT_EQ(test, gunyah_mem_runs_add(&runs, 100, 1, true), 0);
	KUNIT_ASSERT_EQ(test, gunyah_mem_runs_add(&runs, 101, 3, true), 0);
	/* One before is not one after */
	KUNIT_ASSERT_EQ(test, gunyah_mem_runs_add(&runs, 99, 1, true), 0);
	/* Follows the run before it, yet a block of its own */
	KUNIT_ASSERT_EQ(test, gunyah_mem_runs_add(&runs, 100, 1, false), 0);
	KUNIT_EXPECT_EQ(test, runs.num_runs, 3);
	KUNIT_EXPECT_EQ(test, runs.num_pages, 6);

	gunyah_mem_run_iter_init(&iter, &runs);
	run = gunyah_mem_run_iter_next(&iter);
	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, run->pfn, 100);
	KUNIT_EXPECT_EQ(test, run->count, 4);
	run = gunyah_mem_run_iter_next(&iter);
	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, run->pfn, 99);
	run = gunyah_mem_run_iter_next(&iter);
	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, run->pfn, 100);
	KUNIT_EXPECT_EQ(test, run->count, 1);
	KUNIT_EXPECT_NULL(test, gunyah_mem_run_iter_next(&iter));

	gunyah_mem_runs_free(&runs, NULL);
}

static void runs_many(struct kunit *test)
{
	struct gunyah_mem_run_iter iter;
	const struct gunyah_mem_run *run;
	struct gunyah_mem_runs runs;
	unsigned long i;

	gunyah_mem_runs_init(&runs);
	for (i = 0; i < MANY_RUNS; i++)
		KUNIT_ASSERT_EQ(test, gunyah_mem_runs_add(&runs, 2 * i, 1, true),
				0);
	KUNIT_EXPECT_EQ(test, runs.num_runs, MANY_RUNS);
	KUNIT_EXPECT_EQ(test, runs.num_pages, MANY_RUNS);

	gunyah_mem_run_iter_init(&iter, &runs);
	for (i = 0; (run = gunyah_mem_run_iter_next(&iter)); i++)
		KUNIT_EXPECT_EQ(test, run->pfn, 2 * i);
	KUNIT_EXPECT_EQ(test, i, MANY_RUNS);

	/* From the last one to the first */
	KUNIT_EXPECT_NULL(test, gunyah_mem_runs_get(&runs, MANY_RUNS));
	while (i--) {
		run = gunyah_mem_runs_get(&runs, i);
		KUNIT_ASSERT_NOT_NULL(test, run);
		KUNIT_EXPECT_EQ(test, run->pfn, 2 * i);
	}

	released_runs = 0;
	released_pages = 0;
	gunyah_mem_runs_free(&runs, count_release);
	KUNIT_EXPECT_EQ(test, released_runs, MANY_RUNS);
	KUNIT_EXPECT_EQ(test, released_pages, MANY_RUNS);
	KUNIT_EXPECT_EQ(test, runs.num_runs, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&runs.chunks));
}

static void runs_empty(struct kunit *test)
{
	struct gunyah_mem_run_iter iter;
	struct gunyah_mem_runs runs;

	gunyah_mem_runs_init(&runs);
	gunyah_mem_run_iter_init(&iter, &runs);
	KUNIT_EXPECT_NULL(test, gunyah_mem_run_iter_next(&iter));
	released_runs = 0;
	gunyah_mem_runs_free(&runs, count_release);
	KUNIT_EXPECT_EQ(test, released_runs, 0);
}

static void runs_move(struct kunit *test)
{
	struct gunyah_mem_runs to, from;
	struct gunyah_mem_run_iter iter;
	const struct gunyah_mem_run *run;
	unsigned long i;

	/* Whose last pages are not full */
	gunyah_mem_runs_init(&to);
	gunyah_mem_runs_init(&from);
	for (i = 0; i < MANY_RUNS; i++)
		KUNIT_ASSERT_EQ(test, 0,
				gunyah_mem_runs_add(i < 3 ? &to : &from, 2 * i,
						    1, true));
	gunyah_mem_runs_move(&to, &from);
	KUNIT_EXPECT_EQ(test, from.num_runs, 0);
	KUNIT_EXPECT_EQ(test, from.num_pages, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&from.chunks));
	/* Of nothing */
	gunyah_mem_runs_move(&to, &from);
	KUNIT_EXPECT_EQ(test, to.num_runs, MANY_RUNS);
	KUNIT_EXPECT_EQ(test, to.num_pages, MANY_RUNS);

	gunyah_mem_run_iter_init(&iter, &to);
	for (i = 0; (run = gunyah_mem_run_iter_next(&iter)); i++)
		KUNIT_EXPECT_EQ(test, run->pfn, 2 * i);
	KUNIT_EXPECT_EQ(test, i, MANY_RUNS);
	gunyah_mem_runs_free(&to, NULL);
}

static void free_page_of(void *page)
{
	__free_page(page);
}

static void runs_read(struct kunit *test)
{
	const size_t size = 3 * PAGE_SIZE;
	struct gunyah_mem_runs runs;
	struct page *page[3];
	u8 *buf, *all;
	u64 offset;
	size_t len;
	int i;

	buf = kunit_kzalloc(test, size, GFP_KERNEL);
	all = kunit_kzalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, all);
	for (i = 0; i < size; i++)
		all[i] = i % 251;
	gunyah_mem_runs_init(&runs);
	for (i = 0; i < 3; i++) {
		page[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, free_page_of,
							  page[i]));
		memcpy(page_address(page[i]), all + i * PAGE_SIZE, PAGE_SIZE);
		KUNIT_ASSERT_EQ(test, 0,
				gunyah_mem_runs_add(&runs, page_to_pfn(page[i]),
						    1, true));
	}
	for (offset = 0; offset < size; offset += 509) {
		len = min_t(size_t, size - offset, 5000);
		memset(buf, 0, size);
		KUNIT_EXPECT_EQ(test, 0, gunyah_mem_runs_read(&runs, offset,
							      buf, len));
		KUNIT_EXPECT_MEMEQ(test, buf, all + offset, len);
		KUNIT_EXPECT_EQ(test, len == size ? 0 : buf[len], 0);
	}
	KUNIT_EXPECT_EQ(test, 0, gunyah_mem_runs_read(&runs, 0, buf, size));
	KUNIT_EXPECT_MEMEQ(test, buf, all, size);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			gunyah_mem_runs_read(&runs, size - 1, buf, 2));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			gunyah_mem_runs_read(&runs, 1ULL << 60, buf, 1));
	gunyah_mem_runs_free(&runs, NULL);
}

/**
 * struct check_case - a request and what the check of it returns
 * @name: what is special about it
 * @arg: the request
 * @ret: expected result
 */
struct check_case {
	const char *name;
	struct gh_userspace_memory_region arg;
	int ret;
};

#define RWX	(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE | GH_MEM_ALLOW_EXEC)

static const struct check_case check_cases[] = {
	{ "good", { 1, RWX, 0x80000000, PAGE_SIZE, PAGE_SIZE }, 0 },
	{ "lent", { 1, RWX | GH_MEM_LENT, 0x80000000, PAGE_SIZE, PAGE_SIZE },
	  0 },
	{ "read only", { 1, GH_MEM_ALLOW_READ, 0, PAGE_SIZE, PAGE_SIZE }, 0 },
	{ "ends at the top", { 1, RWX, -2 * PAGE_SIZE, PAGE_SIZE, PAGE_SIZE },
	  0 },
	{ "unknown flag", { 1, RWX | 1UL << 4, 0, PAGE_SIZE, PAGE_SIZE },
	  -EINVAL },
	{ "no access", { 1, 0, 0, PAGE_SIZE, PAGE_SIZE }, -EINVAL },
	{ "write only", { 1, GH_MEM_ALLOW_WRITE, 0, PAGE_SIZE, PAGE_SIZE },
	  -EINVAL },
	{ "guest address", { 1, RWX, 1, PAGE_SIZE, PAGE_SIZE }, -EINVAL },
	{ "size", { 1, RWX, 0, PAGE_SIZE + 1, PAGE_SIZE }, -EINVAL },
	{ "user address", { 1, RWX, 0, PAGE_SIZE, PAGE_SIZE + 1 }, -EINVAL },
	{ "guest range wraps", { 1, RWX, -PAGE_SIZE, 2 * PAGE_SIZE, PAGE_SIZE },
	  -EOVERFLOW },
	{ "user range wraps", { 1, RWX, 0, 2 * PAGE_SIZE, -PAGE_SIZE },
	  -EFAULT },
	{ "more than all memory", { 1, RWX, 0, 1ULL << 50, PAGE_SIZE },
	  -ENOMEM },
};

static void check_case_desc(const struct check_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(check, check_cases, check_case_desc);

static void mem_check(struct kunit *test)
{
	const struct check_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, gunyah_mem_check(&c->arg), c->ret);
}

static struct kunit_case mem_cases[] = {
	KUNIT_CASE(runs_merge),
	KUNIT_CASE(runs_many),
	KUNIT_CASE(runs_empty),
	KUNIT_CASE(runs_move),
	KUNIT_CASE(runs_read),
	KUNIT_CASE_PARAM(mem_check, check_gen_params),
	{}
};

static struct kunit_suite mem_suite = {
	.name = "gunyah_mem",
	.test_cases = mem_cases,
};

kunit_test_suite(mem_suite);
