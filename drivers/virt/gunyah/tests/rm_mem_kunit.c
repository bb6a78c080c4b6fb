// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the messages that make memory parcels, byte by byte
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "../rm_call.h"
#include "../runs.h"
#include "fake_link.h"

struct mem {
	struct gunyah_rm_mem_parcel parcel;
	struct gunyah_mem_runs runs;
};

static unsigned long mem_pfn(u64 i)
{
	return 0x123456 + i * 0x100;
}

static unsigned long mem_pages(u64 i)
{
	return 1 + i % 9;
}

static void mem_init(struct kunit *test, struct mem *mem,
		     enum gunyah_rm_mem_kind kind, u64 count)
{
	u64 i;

	*mem = (struct mem) {
		.parcel = {
			.kind = kind,
			.label = 0x0a0b0c0d,
			.n_acl = kind == GUNYAH_RM_MEM_SHARE ? 2 : 1,
			.acl = { { 0x1234, 7 }, { 0x0003, 6 } },
			.handle = 0xdeadbeef,
			.state = GUNYAH_RM_MEM_LOST,
		},
	};
	gunyah_mem_runs_init(&mem->runs);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, 0,
				gunyah_mem_runs_add(&mem->runs, mem_pfn(i),
						    mem_pages(i), false));
}

/* The parcel is made. Returns what became of it, and frees the list. */
static int mem_end(struct fake_call *call)
{
	struct mem *mem = call->data;
	int ret = fake_call_end(call);

	gunyah_mem_runs_free(&mem->runs, NULL);
	return ret;
}

static int call_mem_create(struct fake_call *call)
{
	struct mem *mem = call->data;

	return gunyah_rm_mem_create(&call->client, &mem->parcel, &mem->runs);
}

/* Check the list of ranges [first, first + count). Returns its length. */
static size_t expect_ranges(struct kunit *test, const u8 *p, u64 first,
			    unsigned int count)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, get_unaligned_le16(p), count);
	KUNIT_ASSERT_EQ(test, get_unaligned_le16(p + 2), 0);
	p += 4;
	for (i = 0; i < count; i++, p += 16) {
		KUNIT_ASSERT_EQ(test, get_unaligned_le64(p),
				(u64)PFN_PHYS(mem_pfn(first + i)));
		KUNIT_ASSERT_EQ(test, get_unaligned_le64(p + 8),
				(u64)PFN_PHYS(mem_pages(first + i)));
	}

	return 4 + 16 * count;
}

/* Check a create request with the first @count ranges. */
static void expect_create(struct kunit *test, struct fake_request *request,
			  enum gunyah_rm_mem_kind kind, unsigned int count,
			  bool more)
{
	static const u8 lend[] = { 0, 0, 0, 0, 0x0d, 0x0c, 0x0b, 0x0a,
				   1, 0, 0, 0, 0x34, 0x12, 7, 0 };
	static const u8 share[] = { 0, 0, 0, 0, 0x0d, 0x0c, 0x0b, 0x0a,
				    2, 0, 0, 0, 0x34, 0x12, 7, 0, 3, 0, 6, 0 };
	static const u8 no_attributes[4];
	bool is_share = kind == GUNYAH_RM_MEM_SHARE;
	size_t head = is_share ? sizeof(share) : sizeof(lend);
	u8 *p = request->payload;

	KUNIT_ASSERT_EQ(test, request->msg_id,
			is_share ? 0x51000013 : 0x51000012);
	KUNIT_ASSERT_EQ(test, request->len, head + 4 + 16 * count + 4);
	KUNIT_ASSERT_EQ(test, p[2], more ? 2 : 0);
	p[2] = 0;
	KUNIT_ASSERT_MEMEQ(test, p, is_share ? share : lend, head);
	p += head;
	p += expect_ranges(test, p, 0, count);
	KUNIT_ASSERT_MEMEQ(test, p, no_attributes, sizeof(no_attributes));
}

static void expect_append(struct kunit *test, struct fake_request *request,
			  u64 first, unsigned int count, bool last)
{
	u8 head[8] = { 0xbc, 0x9a, 0x78, 0x56, last, 0, 0, 0 };

	KUNIT_ASSERT_EQ(test, request->msg_id, 0x51000018);
	KUNIT_ASSERT_EQ(test, request->len,
			(size_t)(sizeof(head) + 4 + 16 * count));
	KUNIT_ASSERT_MEMEQ(test, request->payload, head, sizeof(head));
	expect_ranges(test, request->payload + sizeof(head), first, count);
}

static const u8 handle_body[] = { 0xbc, 0x9a, 0x78, 0x56 };

static void rm_mem_create(struct kunit *test)
{
	static const u64 counts[] = { 1, 2, 511, 512, 513, 1024, 1025, 1600 };
	struct mem *mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	enum gunyah_rm_mem_kind kind;
	struct fake_call *call;
	unsigned int i;
	u64 sent, n;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	for (i = 0; i < 2 * ARRAY_SIZE(counts); i++) {
		u64 count = counts[i / 2];

		kind = i % 2 ? GUNYAH_RM_MEM_SHARE : GUNYAH_RM_MEM_LEND;
		mem_init(test, mem, kind, count);
		fake_calls_free(fw);
		call = fake_call_start_fn(fw, call_mem_create, mem);

		request = fake_fw_recv(fw);
		sent = min(count, 512);
		expect_create(test, request, kind, sent, sent < count);
		fake_fw_reply(fw, request, 0, handle_body, sizeof(handle_body));

		while (sent < count) {
			request = fake_fw_recv(fw);
			n = min(count - sent, 512);
			expect_append(test, request, sent, n,
				      sent + n == count);
			fake_fw_reply(fw, request, 0, NULL, 0);
			sent += n;
		}

		KUNIT_ASSERT_EQ(test, mem_end(call), 0);
		KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
		KUNIT_EXPECT_EQ(test, mem->parcel.handle, 0x56789abc);
		KUNIT_EXPECT_EQ(test, mem->parcel.state,
				GUNYAH_RM_MEM_CREATED);
	}
}

static void rm_mem_create_fails(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;
	struct mem mem;

	/* Refused */
	mem_init(test, &mem, GUNYAH_RM_MEM_LEND, 600);
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	fake_fw_reply(fw, fake_fw_recv(fw), 1, NULL, 0);
	KUNIT_EXPECT_EQ(test, mem_end(call), -ENOMEM);
	KUNIT_EXPECT_EQ(test, mem.parcel.state, GUNYAH_RM_MEM_OURS);

	/* No handle in the reply */
	mem_init(test, &mem, GUNYAH_RM_MEM_LEND, 600);
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, handle_body, 3);
	KUNIT_EXPECT_EQ(test, mem_end(call), -EIO);
	KUNIT_EXPECT_EQ(test, mem.parcel.state, GUNYAH_RM_MEM_LOST);

	/* The second of two appends is refused. */
	mem_init(test, &mem, GUNYAH_RM_MEM_SHARE, 2000);
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, handle_body,
		      sizeof(handle_body));
	fake_fw_reply(fw, fake_fw_recv(fw), 0, NULL, 0);
	fake_fw_reply(fw, fake_fw_recv(fw), 0xa, NULL, 0);
	KUNIT_EXPECT_EQ(test, mem_end(call), -EINVAL);
	KUNIT_EXPECT_EQ(test, mem.parcel.state,
			GUNYAH_RM_MEM_CREATED);
	KUNIT_EXPECT_EQ(test, mem.parcel.handle, 0x56789abc);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
}

/* The reply is invalid: nobody knows whether the firmware has the memory. */
static void rm_mem_create_lost(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;
	struct mem mem;

	mem_init(test, &mem, GUNYAH_RM_MEM_LEND, 1);
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	request = fake_fw_recv(fw);
	fake_fw_send_packet(fw, FAKE_REPLY, 0, request->seq, request->msg_id,
			    "", 1);
	KUNIT_EXPECT_EQ(test, mem_end(call), -EIO);
	KUNIT_EXPECT_EQ(test, mem.parcel.state, GUNYAH_RM_MEM_LOST);

	/* In an append: the firmware has it, and there is a handle. */
	mem_init(test, &mem, GUNYAH_RM_MEM_LEND, 513);
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, handle_body,
		      sizeof(handle_body));
	request = fake_fw_recv(fw);
	fake_fw_send_packet(fw, FAKE_REPLY, 0, request->seq, request->msg_id,
			    "", 1);
	KUNIT_EXPECT_EQ(test, mem_end(call), -EIO);
	KUNIT_EXPECT_EQ(test, mem.parcel.state,
			GUNYAH_RM_MEM_CREATED);
	KUNIT_EXPECT_EQ(test, mem.parcel.handle, 0x56789abc);
}

static void rm_mem_create_arguments(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;
	struct mem mem;

	mem_init(test, &mem, GUNYAH_RM_MEM_LEND, 0);
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	KUNIT_EXPECT_EQ(test, mem_end(call), -EINVAL);

	mem_init(test, &mem, GUNYAH_RM_MEM_LEND, 1);
	mem.parcel.n_acl = 0;
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	KUNIT_EXPECT_EQ(test, mem_end(call), -EINVAL);

	mem_init(test, &mem, GUNYAH_RM_MEM_LEND, 1);
	mem.parcel.n_acl = 3;
	call = fake_call_start_fn(fw, call_mem_create, &mem);
	KUNIT_EXPECT_EQ(test, mem_end(call), -EINVAL);

	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
	KUNIT_EXPECT_EQ(test, mem.parcel.state, GUNYAH_RM_MEM_OURS);
}

/**
 * struct reclaim_step - an attempt to reclaim a parcel
 * @error: error code of the reply
 * @cut: the reply is too short to be one
 * @ret: expected result
 * @state: expected state afterwards
 */
struct reclaim_step {
	u32 error;
	bool cut;
	int ret;
	enum gunyah_rm_mem_state state;
};

static int call_mem_reclaim(struct fake_call *call)
{
	struct gunyah_rm_mem_parcel *parcel = call->data;

	return gunyah_rm_mem_reclaim(&call->client, parcel, false);
}

/* A handle that is not known is good news only after a reply that was no good */
static void rm_mem_reclaim(struct kunit *test)
{
	static const struct reclaim_step tries[][3] = {
		{ { 0, false, 0, GUNYAH_RM_MEM_OURS } },
		{ { 7, false, -EIO, GUNYAH_RM_MEM_LOST } },
		{ { 6, false, -EINVAL, GUNYAH_RM_MEM_RECLAIMING },
		  { 7, false, 0, GUNYAH_RM_MEM_OURS } },
		{ { 0xb, false, -EBUSY, GUNYAH_RM_MEM_CREATED },
		  { 0, false, 0, GUNYAH_RM_MEM_OURS } },
		{ { 0, true, -EIO, GUNYAH_RM_MEM_RECLAIMING },
		  { 7, false, 0, GUNYAH_RM_MEM_OURS } },
		{ { 0, true, -EIO, GUNYAH_RM_MEM_RECLAIMING },
		  { 5, false, -EBUSY, GUNYAH_RM_MEM_RECLAIMING },
		  { 7, false, 0, GUNYAH_RM_MEM_OURS } },
		{ { 0, true, -EIO, GUNYAH_RM_MEM_RECLAIMING },
		  { 0xb, false, -EBUSY, GUNYAH_RM_MEM_CREATED },
		  { 7, false, -EIO, GUNYAH_RM_MEM_LOST } },
	};
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		struct gunyah_rm_mem_parcel parcel = {
			.state = GUNYAH_RM_MEM_CREATED,
		};

		for (j = 0; j < 3; j++) {
			const struct reclaim_step *step = &tries[i][j];
			struct fake_call *call;

			call = fake_call_start_fn(fw, call_mem_reclaim,
						  &parcel);
			request = fake_fw_recv(fw);
			if (step->cut)
				fake_fw_send_packet(fw, FAKE_REPLY, 0,
						    request->seq,
						    request->msg_id, "", 1);
			else
				fake_fw_reply(fw, request, step->error, NULL,
					      0);
			KUNIT_EXPECT_EQ_MSG(test, fake_call_end(call),
					    step->ret, "case %u.%u", i, j);
			KUNIT_EXPECT_EQ_MSG(test, parcel.state, step->state,
					    "case %u.%u", i, j);
			if (parcel.state == GUNYAH_RM_MEM_OURS ||
			    parcel.state == GUNYAH_RM_MEM_LOST)
				break;
		}
	}
}

static struct kunit_case rm_mem_cases[] = {
	KUNIT_CASE(rm_mem_create),
	KUNIT_CASE(rm_mem_create_fails),
	KUNIT_CASE(rm_mem_create_lost),
	KUNIT_CASE(rm_mem_create_arguments),
	KUNIT_CASE(rm_mem_reclaim),
	{}
};

static struct kunit_suite rm_mem_suite = {
	.name = "gunyah_rm_mem",
	.init = fake_fw_init,
	.exit = fake_fw_exit,
	.test_cases = rm_mem_cases,
};

kunit_test_suite(rm_mem_suite);
