// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the info area's parser
 */

#include <kunit/test.h>
#include <linux/unaligned.h>

#include "../info.h"

#define AREA_SIZE	0x1000
/* Offsets in a descriptor */
#define DESC(n)		(16 * (n))
#define OWNER		0
#define ID		4
#define OFFSET		8
#define SIZE		12
/* The entry, and offsets in it */
#define ENTRY		0x800
#define ENTRY_SIZE	40
#define TX_CAPID	(ENTRY + 0)
#define RX_CAPID	(ENTRY + 8)
#define TX_VIRQ		(ENTRY + 16)
#define RX_VIRQ		(ENTRY + 20)
#define TX_DEPTH	(ENTRY + 24)
#define TX_SIZE		(ENTRY + 28)
#define RX_DEPTH	(ENTRY + 32)
#define RX_SIZE		(ENTRY + 36)

static void set_desc(u8 *area, unsigned int n, u32 owner, u32 id, u32 offset,
		     u32 size)
{
	put_unaligned_le32(owner, area + DESC(n) + OWNER);
	put_unaligned_le32(id, area + DESC(n) + ID);
	put_unaligned_le32(offset, area + DESC(n) + OFFSET);
	put_unaligned_le32(size, area + DESC(n) + SIZE);
}

/* A good area: entries of others around that of the resource manager */
static u8 *good_area(struct kunit *test)
{
	u8 *area = kunit_kzalloc(test, AREA_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, area);
	set_desc(area, 0, 1, 0, 0x100, 0x700);
	set_desc(area, 1, 3, 1, AREA_SIZE, 0);
	set_desc(area, 2, 3, 0, ENTRY, ENTRY_SIZE);
	set_desc(area, 3, 16, 0, AREA_SIZE - 8, 8);
	put_unaligned_le64(0x1234567800000001, area + TX_CAPID);
	put_unaligned_le64(0, area + RX_CAPID);
	put_unaligned_le32(960, area + TX_VIRQ);
	put_unaligned_le32(961, area + RX_VIRQ);
	put_unaligned_le32(8, area + TX_DEPTH);
	put_unaligned_le32(240, area + TX_SIZE);
	put_unaligned_le32(1, area + RX_DEPTH);
	put_unaligned_le32(1023, area + RX_SIZE);
	return area;
}

static void info_good(struct kunit *test)
{
	struct gunyah_info_queues queues;
	u8 *area = good_area(test);

	KUNIT_EXPECT_NULL(test, gunyah_info_parse(area, AREA_SIZE, &queues));
	KUNIT_EXPECT_EQ(test, queues.tx_capid, 0x1234567800000001);
	/* A valid capability id */
	KUNIT_EXPECT_EQ(test, queues.rx_capid, 0);
	KUNIT_EXPECT_EQ(test, queues.tx_virq, 960);
	KUNIT_EXPECT_EQ(test, queues.rx_virq, 961);
}

/**
 * struct info_fault - one word of a good area that is wrong
 * @name: what is wrong
 * @at: where
 * @value: what is there
 */
struct info_fault {
	const char *name;
	u32 at;
	u32 value;
};

static const struct info_fault info_faults[] = {
	{ "no entry", DESC(2) + OWNER, 2 },
	{ "other id", DESC(2) + ID, 2 },
	{ "two entries", DESC(1) + ID, 0 },
	{ "end with id", DESC(4) + ID, 1 },
	{ "end with offset", DESC(4) + OFFSET, 8 },
	{ "end with size", DESC(4) + SIZE, 8 },
	{ "entry in the table", DESC(2) + OFFSET, DESC(4) },
	{ "entry at the area's start", DESC(2) + OFFSET, 0 },
	{ "unaligned entry", DESC(2) + OFFSET, ENTRY + 4 },
	{ "entry ends outside", DESC(2) + OFFSET, AREA_SIZE - 32 },
	{ "entry begins outside", DESC(2) + OFFSET, AREA_SIZE + 8 },
	{ "entry wraps", DESC(2) + OFFSET, 0xfffffff8 },
	{ "short entry", DESC(2) + SIZE, ENTRY_SIZE - 4 },
	{ "long entry", DESC(2) + SIZE, ENTRY_SIZE + 8 },
	{ "size wraps", DESC(2) + SIZE, 0xfffffff8 },
	{ "another unaligned entry", DESC(0) + OFFSET, 0x104 },
	{ "another entry in the table", DESC(0) + OFFSET, DESC(4) + 8 },
	{ "another entry ends outside", DESC(3) + SIZE, 16 },
	{ "same interrupts", RX_VIRQ, 960 },
	{ "queue to it without room", TX_DEPTH, 0 },
	{ "queue from it without room", RX_DEPTH, 0 },
	{ "packets to it do not fit", TX_SIZE, 239 },
	{ "packets from it do not fit", RX_SIZE, 239 },
};

KUNIT_ARRAY_PARAM_DESC(info_bad, info_faults, name);

static void info_bad(struct kunit *test)
{
	const struct info_fault *fault = test->param_value;
	struct gunyah_info_queues queues;
	u8 *area = good_area(test);

	put_unaligned_le32(fault->value, area + fault->at);
	KUNIT_EXPECT_NOT_NULL(test, gunyah_info_parse(area, AREA_SIZE, &queues));
}

static void info_bad_capids(struct kunit *test)
{
	struct gunyah_info_queues queues;
	u8 *area = good_area(test);

	put_unaligned_le64(0x1234567800000001, area + RX_CAPID);
	KUNIT_EXPECT_NOT_NULL(test, gunyah_info_parse(area, AREA_SIZE, &queues));
	put_unaligned_le64(~0ULL, area + RX_CAPID);
	KUNIT_EXPECT_NOT_NULL(test, gunyah_info_parse(area, AREA_SIZE, &queues));
	put_unaligned_le64(0, area + RX_CAPID);
	put_unaligned_le64(~0ULL, area + TX_CAPID);
	KUNIT_EXPECT_NOT_NULL(test, gunyah_info_parse(area, AREA_SIZE, &queues));
}

/* The table fills the area, or what is left of it */
static void info_no_end(struct kunit *test)
{
	struct gunyah_info_queues queues;
	u8 *area = good_area(test);
	size_t size;

	/* Nothing behind these sizes may be read: KASAN */
	for (size = 0; size <= DESC(4); size += 8) {
		u8 *part = kunit_kzalloc(test, size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, part);
		memcpy(part, area, size);
		KUNIT_EXPECT_NOT_NULL(test, gunyah_info_parse(part, size,
							      &queues));
	}
}

static struct kunit_case info_cases[] = {
	KUNIT_CASE(info_good),
	KUNIT_CASE_PARAM(info_bad, info_bad_gen_params),
	KUNIT_CASE(info_bad_capids),
	KUNIT_CASE(info_no_end),
	{}
};

static struct kunit_suite info_suite = {
	.name = "gunyah_info",
	.test_cases = info_cases,
};

kunit_test_suite(info_suite);
