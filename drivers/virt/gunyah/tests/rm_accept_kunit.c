// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the messages by which a VM accepts memory, byte by byte
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../rm_call.h"
#include "fake_link.h"
#include "fake_offer.h"

#define PLACE		0x1112131415160000

static const u8 valid_offer[] = FAKE_OFFER;

/* Accepting: what is sent, and what the reply means */

struct acceptance {
	struct gunyah_rm_mem_offer offer;
	u64 addr;
	u64 size;
};

static void acceptance_init(struct kunit *test, struct acceptance *a)
{
	memset(a, 0, sizeof(*a));
	KUNIT_ASSERT_EQ(test, 0,
			gunyah_rm_parse_mem_shared(valid_offer,
						   sizeof(valid_offer),
						   &a->offer));
}

static int call_accept(struct fake_call *call)
{
	struct acceptance *a = call->data;

	return gunyah_rm_mem_accept(&call->client, &a->offer, &a->addr,
				    &a->size);
}

static int call_accept_at(struct fake_call *call)
{
	struct acceptance *a = call->data;

	return gunyah_rm_mem_accept_at(&call->client, &a->offer, PLACE);
}

static int call_release(struct fake_call *call)
{
	return gunyah_rm_mem_release(&call->client, FAKE_HANDLE);
}

static int call_notify_accepted(struct fake_call *call)
{
	struct acceptance *a = call->data;

	return gunyah_rm_mem_notify_owner(&call->client, &a->offer, true);
}

static int call_notify_released(struct fake_call *call)
{
	struct acceptance *a = call->data;

	return gunyah_rm_mem_notify_owner(&call->client, &a->offer, false);
}

static const struct fake_exchange exchanges[] = {
	{
		"accept", call_accept, FAKE_MEM_ACCEPT, 32, {
			0xbc, 0x9a, 0x78, 0x56, 0, 2, 0x96, 0,
			0x0d, 0x0c, 0x0b, 0x0a,
			2, 0, 0, 0, 0x34, 0x12, 6, 0, 3, 0, 7, 0,
			0, 0, 0, 0, 0, 0, 0, 0,
		}, 20, {
			1, 0, 0, 0, 0, 0, 0x20, 0x40, 1, 0, 0, 0,
			0, 0x20, 0x30, 0, 0, 0, 0, 0,
		},
	},
	{
		"accept at an address", call_accept_at, FAKE_MEM_ACCEPT, 48, {
			0xbc, 0x9a, 0x78, 0x56, 0, 2, 0x96, 0,
			0x0d, 0x0c, 0x0b, 0x0a,
			2, 0, 0, 0, 0x34, 0x12, 6, 0, 3, 0, 7, 0,
			1, 0, 0, 0,
			0, 0, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
			0, 0x20, 0x30, 0, 0, 0, 0, 0,
			0, 0, 0, 0,
		},
	},
	{
		"release", call_release, FAKE_MEM_RELEASE, 8,
		{ 0xbc, 0x9a, 0x78, 0x56, 0, 0, 0, 0 },
	},
	{
		"notify: accepted", call_notify_accepted, FAKE_MEM_NOTIFY, 12, {
			0xbc, 0x9a, 0x78, 0x56, 4, 0, 0, 0,
			0x24, 0x23, 0x22, 0x21,
		},
	},
	{
		"notify: released", call_notify_released, FAKE_MEM_NOTIFY, 12, {
			0xbc, 0x9a, 0x78, 0x56, 2, 0, 0, 0,
			0x24, 0x23, 0x22, 0x21,
		},
	},
};

static void rm_accept_requests(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct acceptance a;
	unsigned int i;

	acceptance_init(test, &a);
	for (i = 0; i < ARRAY_SIZE(exchanges); i++)
		fake_exchange(fw, &exchanges[i], &a, 2, -ENODEV);
	KUNIT_EXPECT_EQ(test, a.addr, 0x140200000);
	KUNIT_EXPECT_EQ(test, a.size, FAKE_SIZE);
}

/* A lent parcel, and the largest ACL */
static void rm_accept_lent(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;
	struct acceptance a;
	unsigned int i;

	acceptance_init(test, &a);
	a.offer.kind = GUNYAH_RM_MEM_LEND;
	a.offer.n_acl = GUNYAH_RM_OFFER_MAX_ACL;
	for (i = 0; i < a.offer.n_acl; i++)
		a.offer.acl[i] = (struct gunyah_rm_acl_entry) { 0x101 * i, 7 };
	call = fake_call_start_fn(fw, call_accept_at, &a);
	request = fake_fw_recv(fw);
	KUNIT_EXPECT_EQ(test, request->payload[5], 1);
	KUNIT_EXPECT_EQ(test, request->len, (size_t)(12 + 4 + 8 * 4 + 20 + 4));
	for (i = 0; i < a.offer.n_acl; i++)
		KUNIT_EXPECT_EQ(test, 0x101 * i,
				get_unaligned_le16(request->payload + 16 +
						   4 * i));
	fake_fw_reply(fw, request, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), 0);
}

/* Replies that say where memory is, and cannot be right */
static void rm_accept_bad_replies(struct kunit *test)
{
	static const struct {
		u16 count;
		u8 flags;
		u64 addr;
		u64 size;
		u8 len;
	} replies[] = {
		{ 0, 0, 0x80000000, FAKE_SIZE, 20 },
		{ 2, 0, 0x80000000, FAKE_SIZE, 20 },
		{ 1, 1, 0x80000000, FAKE_SIZE, 20 },
		{ 1, 0, 0x80000800, FAKE_SIZE, 20 },
		{ 1, 0, 0x80000000, FAKE_SIZE - 4096, 20 },
		{ 1, 0, 0x80000000, FAKE_SIZE + 1, 20 },
		{ 1, 0, 0x80000000, 0, 20 },
		{ 1, 0, -(u64)FAKE_SIZE + 0x1000, FAKE_SIZE, 20 },
		{ 1, 0, 0x80000000, FAKE_SIZE, 19 },
		{ 1, 0, 0x80000000, FAKE_SIZE, 24 },
		{ 1, 0, 0x80000000, FAKE_SIZE, 4 },
		{ 1, 0, 0x80000000, FAKE_SIZE, 0 },
	};
	struct fake_fw *fw = test->priv;
	struct fake_call *call;
	struct acceptance a;
	unsigned int i;
	u8 body[24] = {};

	acceptance_init(test, &a);
	for (i = 0; i < ARRAY_SIZE(replies); i++) {
		put_unaligned_le16(replies[i].count, body);
		body[2] = replies[i].flags;
		put_unaligned_le64(replies[i].addr, body + 4);
		put_unaligned_le64(replies[i].size, body + 12);
		fake_calls_free(fw);
		call = fake_call_start_fn(fw, call_accept, &a);
		fake_fw_reply(fw, fake_fw_recv(fw), 0, body, replies[i].len);
		KUNIT_EXPECT_EQ_MSG(test, fake_call_end(call), -EIO,
				    "reply %u", i);
		KUNIT_EXPECT_EQ_MSG(test, call->client.error, 0, "reply %u", i);
	}
}

/* The notification */

static void rm_parse_mem_shared(struct kunit *test)
{
	struct gunyah_rm_mem_offer offer;
	u8 *odd;

	/* It may be at an odd address, and something may follow it */
	odd = kunit_kzalloc(test, sizeof(valid_offer) + 9, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, odd);
	memcpy(odd + 1, valid_offer, sizeof(valid_offer));
	KUNIT_ASSERT_EQ(test, 0,
			gunyah_rm_parse_mem_shared(odd + 1,
						   sizeof(valid_offer) + 8,
						   &offer));
	KUNIT_EXPECT_EQ(test, offer.handle, FAKE_HANDLE);
	KUNIT_EXPECT_EQ(test, offer.kind, GUNYAH_RM_MEM_SHARE);
	KUNIT_EXPECT_EQ(test, offer.owner, FAKE_OWNER);
	KUNIT_EXPECT_EQ(test, offer.label, FAKE_LABEL);
	KUNIT_EXPECT_EQ(test, offer.tag, FAKE_TAG);
	KUNIT_EXPECT_EQ(test, offer.n_acl, 2);
	KUNIT_EXPECT_EQ(test, offer.acl[0].vmid, FAKE_ACCEPTOR);
	KUNIT_EXPECT_EQ(test, offer.acl[0].perms, 6);
	KUNIT_EXPECT_EQ(test, offer.acl[1].vmid, FAKE_OWNER);
	KUNIT_EXPECT_EQ(test, offer.acl[1].perms, 7);
	KUNIT_EXPECT_EQ(test, offer.size, FAKE_SIZE);
}

/* Cut short at every byte; a buffer of that size lets KASAN see more */
static void rm_parse_mem_shared_short(struct kunit *test)
{
	struct gunyah_rm_mem_offer offer;
	size_t len;
	u8 *buf;

	for (len = 0; len < sizeof(valid_offer); len++) {
		buf = kmemdup(valid_offer, len, GFP_KERNEL);
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    gunyah_rm_parse_mem_shared(buf, len,
							       &offer),
				    "%zu bytes", len);
		kfree(buf);
	}
}

/**
 * struct change - a field of the valid notification with another value
 * @at: where it is
 * @size: its size in bytes
 * @value: its value
 * @ret: expected result
 */
struct change {
	size_t at;
	u8 size;
	u64 value;
	int ret;
};

static void rm_parse_mem_shared_hostile(struct kunit *test)
{
	static const struct change changes[] = {
		/* Lists that are longer than the message */
		{ FAKE_AT_NACL, 2, 0xffff, -EINVAL },
		{ FAKE_AT_NSIZES, 2, 0xffff, -EINVAL },
		{ FAKE_AT_NSIZES, 2, 3, -EINVAL },
		{ FAKE_AT_NATTR, 2, 1, -EINVAL },
		{ FAKE_AT_NATTR, 2, 0xffff, -EINVAL },
		/* No memory; the sizes are taken for attributes then */
		{ FAKE_AT_NSIZES, 2, 0, -EINVAL },
		/* Sizes */
		{ FAKE_AT_SIZES, 8, 0, -EINVAL },
		{ FAKE_AT_SIZES, 8, 0xfff, -EINVAL },
		{ FAKE_AT_SIZES, 8, 0x1001, -EINVAL },
		{ FAKE_AT_SIZES, 8, -0x2000, -EINVAL },
		{ FAKE_AT_SIZES + 8, 8, -0x1000, -EINVAL },
		{ FAKE_AT_SIZES + 8, 8, -0x301000, 0 },
		/* Kinds of memory that we do not take */
		{ FAKE_AT_TYPE, 1, 1, -EOPNOTSUPP },
		{ FAKE_AT_TYPE, 1, 0xff, -EOPNOTSUPP },
		{ FAKE_AT_TRANSACTION, 1, 0, -EOPNOTSUPP },
		{ FAKE_AT_TRANSACTION, 1, 1, 0 },
		{ FAKE_AT_TRANSACTION, 1, 3, -EOPNOTSUPP },
	};
	struct gunyah_rm_mem_offer offer;
	u8 buf[sizeof(valid_offer)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		__le64 value = cpu_to_le64(changes[i].value);

		memcpy(buf, valid_offer, sizeof(buf));
		memcpy(buf + changes[i].at, &value, changes[i].size);
		KUNIT_EXPECT_EQ_MSG(test, changes[i].ret,
				    gunyah_rm_parse_mem_shared(buf, sizeof(buf),
							       &offer),
				    "change %u", i);
	}
	KUNIT_EXPECT_EQ(test, offer.label, FAKE_LABEL);
}

/* The largest lists that a message can have */
static void rm_parse_mem_shared_large(struct kunit *test)
{
	struct gunyah_rm_mem_offer offer;
	u8 *buf = kunit_kzalloc(test, FAKE_MAX_PAYLOAD, GFP_KERNEL);
	unsigned int acl, i;
	u8 *pos;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (acl = 7; acl <= 9; acl++) {
		memcpy(buf, valid_offer, FAKE_AT_NACL);
		put_unaligned_le16(acl, buf + FAKE_AT_NACL);
		pos = buf + FAKE_AT_ACL + 4 * acl;
		put_unaligned_le16(512, pos);
		for (i = 0, pos += 4; i < 512; i++, pos += 8)
			put_unaligned_le64(0x4000000000, pos);
		KUNIT_EXPECT_EQ_MSG(test, acl > 8 ? -EOPNOTSUPP : 0,
				    gunyah_rm_parse_mem_shared(buf, pos + 4 -
							       buf, &offer),
				    "%u VMs", acl);
		if (acl <= 8)
			KUNIT_EXPECT_EQ(test, offer.size, 0x800000000000);
	}
}

static struct kunit_case rm_accept_cases[] = {
	KUNIT_CASE(rm_accept_requests),
	KUNIT_CASE(rm_accept_lent),
	KUNIT_CASE(rm_accept_bad_replies),
	KUNIT_CASE(rm_parse_mem_shared),
	KUNIT_CASE(rm_parse_mem_shared_short),
	KUNIT_CASE(rm_parse_mem_shared_hostile),
	KUNIT_CASE(rm_parse_mem_shared_large),
	{}
};

static struct kunit_suite rm_accept_suite = {
	.name = "gunyah_rm_accept",
	.init = fake_fw_init,
	.exit = fake_fw_exit,
	.test_cases = rm_accept_cases,
};

kunit_test_suite(rm_accept_suite);
