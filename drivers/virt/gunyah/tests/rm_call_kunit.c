// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the resource manager's messages, byte by byte
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "../rm_call.h"
#include "fake_link.h"

/* Results of the call under test, in its thread */
struct result {
	u16 vmid;
	u8 state;
	u32 count;
	struct gunyah_rm_resource *res;
};

static int call_get_vmid(struct fake_call *call)
{
	struct result *result = call->data;

	return gunyah_rm_get_vmid(&call->client, &result->vmid);
}

static int call_get_owner(struct fake_call *call)
{
	struct result *result = call->data;

	return gunyah_rm_get_owner(&call->client, &result->vmid);
}

static int call_alloc(struct fake_call *call)
{
	struct result *result = call->data;

	return gunyah_rm_vm_alloc(&call->client, &result->vmid);
}

static int call_dealloc(struct fake_call *call)
{
	return gunyah_rm_vm_dealloc(&call->client, 0x1234);
}

static int call_configure(struct fake_call *call)
{
	return gunyah_rm_vm_configure(&call->client, 0x1234, 0x5152, 0x56789abc,
				      0x1112131415161718, 0x2122232425262728,
				      0x3132333435363738, 0x4142434445464748);
}

static int call_init(struct fake_call *call)
{
	return gunyah_rm_vm_init(&call->client, 0x1234);
}

static int call_start(struct fake_call *call)
{
	return gunyah_rm_vm_start(&call->client, 0x1234);
}

static int call_stop(struct fake_call *call)
{
	return gunyah_rm_vm_stop(&call->client, 0x1234, false);
}

static int call_stop_force(struct fake_call *call)
{
	return gunyah_rm_vm_stop(&call->client, 0x1234, true);
}

static int call_reset(struct fake_call *call)
{
	return gunyah_rm_vm_reset(&call->client, 0x1234);
}

static int call_get_state(struct fake_call *call)
{
	struct result *result = call->data;

	return gunyah_rm_vm_get_state(&call->client, 0x1234, &result->state);
}

static int call_reclaim(struct fake_call *call)
{
	struct gunyah_rm_mem_parcel parcel = {
		.state = GUNYAH_RM_MEM_CREATED,
		.handle = 0x56789abc,
	};

	return gunyah_rm_mem_reclaim(&call->client, &parcel, false);
}

static int call_reclaim_sanitize(struct fake_call *call)
{
	struct gunyah_rm_mem_parcel parcel = {
		.state = GUNYAH_RM_MEM_CREATED,
		.handle = 0x56789abc,
	};

	return gunyah_rm_mem_reclaim(&call->client, &parcel, true);
}

static int call_set_boot_context(struct fake_call *call)
{
	return gunyah_rm_vm_set_boot_context(&call->client, 0x1234, 2, 1,
					     0x1112131415161718);
}

static int call_set_firmware_mem(struct fake_call *call)
{
	return gunyah_rm_vm_set_firmware_mem(&call->client, 0x1234, 0x56789abc,
					     0x1112131415161718,
					     0x2122232425262728);
}

static int call_set_paging(struct fake_call *call)
{
	static const struct gunyah_rm_range ranges[] = {
		{ 0x1112131415161718, 0x2122232425262728 },
		{ 0x3132333435363738, 0x4142434445464748 },
	};

	return gunyah_rm_vm_set_paging(&call->client, 0x1234, ranges,
				       ARRAY_SIZE(ranges));
}

static int call_set_address_layout(struct fake_call *call)
{
	return gunyah_rm_vm_set_address_layout(&call->client, 0x1234,
					       GUNYAH_RM_RANGE_FIRMWARE,
					       0x1112131415161718,
					       0x2122232425262728);
}

static int call_set_time_base(struct fake_call *call)
{
	return gunyah_rm_vm_set_time_base(&call->client, 0x1234,
					  0x1112131415161718,
					  0x2122232425262728);
}

static int call_notify_shared(struct fake_call *call)
{
	return gunyah_rm_mem_notify_shared(&call->client, 0x56789abc, 0x1234,
					   0x21222324);
}

static int call_resources(struct fake_call *call)
{
	struct result *result = call->data;

	return gunyah_rm_get_hyp_resources(&call->client, 0x1234, &result->res,
					   &result->count);
}

static const struct fake_exchange exchanges[] = {
	{ "get_vmid", call_get_vmid, 0x56000024, 0, {}, 4, { 3 } },
	{ "get_owner", call_get_owner, 0x56000015, 0, {}, 4, { 3 } },
	{ "alloc", call_alloc, 0x56000001, 4, { 0, 0, 0, 0 }, 4, { 0x80 } },
	{ "dealloc", call_dealloc, 0x56000002, 4, { 0x34, 0x12, 0, 0 } },
	{
		"configure", call_configure, 0x56000009, 40, {
			0x34, 0x12, 0x52, 0x51, 0xbc, 0x9a, 0x78, 0x56,
			0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
			0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
			0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,
			0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,
		},
	},
	{ "init", call_init, 0x5600000b, 4, { 0x34, 0x12, 0, 0 } },
	{ "start", call_start, 0x56000004, 4, { 0x34, 0x12, 0, 0 } },
	{
		"stop", call_stop, 0x56000005, 8,
		{ 0x34, 0x12, 0, 0, 3, 0, 0, 0 },
	},
	{
		"stop, force", call_stop_force, 0x56000005, 8,
		{ 0x34, 0x12, 1, 0, 3, 0, 0, 0 },
	},
	{
		"set_boot_context", call_set_boot_context, 0x56000031, 16, {
			0x34, 0x12, 2, 1, 0, 0, 0, 0,
			0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
		},
	},
	{
		"set_firmware_mem", call_set_firmware_mem, 0x56000032, 24, {
			0x34, 0x12, 0, 0, 0xbc, 0x9a, 0x78, 0x56,
			0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
			0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
		},
	},
	{
		"set_paging", call_set_paging, 0x56000033, 40, {
			0x34, 0x12, 0, 0, 2, 0, 0, 0,
			0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
			0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
			0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,
			0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,
		},
	},
	{
		"set_address_layout", call_set_address_layout, 0x56000034, 24, {
			0x34, 0x12, 0, 0, 1, 0, 0, 0,
			0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
			0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
		},
	},
	{
		"set_time_base", call_set_time_base, 0x56000030, 20, {
			0x34, 0x12, 0, 0,
			0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
			0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
		},
	},
	{
		"notify_shared", call_notify_shared, 0x51000017, 20, {
			0xbc, 0x9a, 0x78, 0x56, 1, 0, 0, 0,
			0x24, 0x23, 0x22, 0x21,
			1, 0, 0, 0, 0x34, 0x12, 0, 0,
		},
	},
	{ "reset", call_reset, 0x56000006, 4, { 0x34, 0x12, 0, 0 } },
	{
		"get_state", call_get_state, 0x56000017, 4,
		{ 0x34, 0x12, 0, 0 }, 4, { 9, 1, 2, 0 },
	},
	{
		"reclaim", call_reclaim, 0x51000015, 8,
		{ 0xbc, 0x9a, 0x78, 0x56, 0, 0, 0, 0 },
	},
	{
		"reclaim, sanitize", call_reclaim_sanitize, 0x51000015, 8,
		{ 0xbc, 0x9a, 0x78, 0x56, 1, 0, 0, 0 },
	},
	{
		"get_hyp_resources", call_resources, 0x56000020, 4,
		{ 0x34, 0x12, 0, 0 }, 4, { 0, 0, 0, 0 },
	},
};

/* The bytes of every request, and the errno of an error reply */
static void rm_call_requests(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct result result = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(exchanges); i++)
		fake_exchange(fw, &exchanges[i], &result, 0x14, -EBUSY);
	KUNIT_EXPECT_EQ(test, result.state, 9);
	KUNIT_EXPECT_EQ(test, result.vmid, 0x80);
}

/* Replies of a wrong size, where one word is expected */
static void rm_call_bad_word(struct kunit *test)
{
	int (*const fns[])(struct fake_call *call) = {
		call_get_vmid, call_get_owner, call_alloc, call_get_state,
	};
	static const u8 body[8] = { 3 };
	static const size_t lens[] = { 0, 1, 3, 5, 8 };
	struct fake_fw *fw = test->priv;
	struct result result = {};
	struct fake_call *call;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(fns); i++) {
		for (j = 0; j < ARRAY_SIZE(lens); j++) {
			fake_calls_free(fw);
			call = fake_call_start_fn(fw, fns[i], &result);
			fake_fw_reply(fw, fake_fw_recv(fw), 0, body, lens[j]);
			KUNIT_EXPECT_EQ(test, fake_call_end(call), -EIO);
		}
	}
	KUNIT_EXPECT_EQ(test, result.vmid, 0);
	KUNIT_EXPECT_EQ(test, result.state, 0);
}

static void rm_call_vmid_range(struct kunit *test)
{
	static const struct {
		u32 value;
		int ret;
	} vmids[] = {
		{ 0, -EIO }, { 1, 0 }, { 0xbe, 0 }, { 0xfffe, 0 },
		{ 0xffff, -EIO }, { 0x10080, -EIO }, { 0xffffffff, -EIO },
	};
	struct fake_fw *fw = test->priv;
	struct result result;
	struct fake_call *call;
	unsigned int i;
	u8 body[4];

	for (i = 0; i < ARRAY_SIZE(vmids); i++) {
		put_unaligned_le32(vmids[i].value, body);
		call = fake_call_start_fn(fw, call_alloc, &result);
		fake_fw_reply(fw, fake_fw_recv(fw), 0, body, sizeof(body));
		KUNIT_EXPECT_EQ_MSG(test, fake_call_end(call), vmids[i].ret,
				    "vmid 0x%x", vmids[i].value);
		if (!vmids[i].ret)
			KUNIT_EXPECT_EQ(test, result.vmid, vmids[i].value);
	}
}

/* Two resources, with different bytes and both values for "no interrupt" */
static const u8 two_resources[] = {
	2, 0, 0, 0,

	0x04, 0xff, 0x12, 0x11,
	0xff, 0xff, 0xff, 0xff,
	0x24, 0x23, 0x22, 0x21,
	0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,
	0xff, 0xff, 0xff, 0xff,
	0x44, 0x43, 0x42, 0x41,
	0x58, 0x57, 0x56, 0x55, 0x54, 0x53, 0x52, 0x51,
	0x68, 0x67, 0x66, 0x65, 0x64, 0x63, 0x62, 0x61,

	0x09, 0, 0, 0,
	0, 0, 0, 0,
	0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0,
	0xff, 0xff, 0xff, 0xff,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
};

static void rm_call_resources(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct result result = {};
	struct fake_call *call;

	call = fake_call_start_fn(fw, call_resources, &result);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, two_resources,
		      sizeof(two_resources));
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, result.count, 2);
	KUNIT_ASSERT_NOT_NULL(test, result.res);

	KUNIT_EXPECT_EQ(test, result.res[0].type, 4);
	KUNIT_EXPECT_EQ(test, result.res[0].partner, 0x1112);
	KUNIT_EXPECT_EQ(test, result.res[0].label, 0x21222324);
	KUNIT_EXPECT_EQ(test, result.res[0].capid, 0x3132333435363738);
	KUNIT_EXPECT_EQ(test, result.res[0].virq, 0x41424344);
	KUNIT_EXPECT_EQ(test, result.res[0].base, 0x5152535455565758);
	KUNIT_EXPECT_EQ(test, result.res[0].size, 0x6162636465666768);

	KUNIT_EXPECT_EQ(test, result.res[1].type, 9);
	KUNIT_EXPECT_EQ(test, result.res[1].capid, 0);
	KUNIT_EXPECT_EQ(test, result.res[1].virq, 0);
	kvfree(result.res);
}

static void rm_call_no_resources(struct kunit *test)
{
	static const u8 none[4];
	struct result result = { .count = 7 };
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	call = fake_call_start_fn(fw, call_resources, &result);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, none, sizeof(none));
	KUNIT_EXPECT_EQ(test, fake_call_end(call), 0);
	KUNIT_EXPECT_EQ(test, result.count, 0);
	KUNIT_EXPECT_NULL(test, result.res);
}

static void rm_call_bad_resources(struct kunit *test)
{
	static const struct {
		u32 count;
		size_t len;
	} replies[] = {
		{ 0, 0 },
		{ 0, 3 },
		{ 1, 4 },
		{ 0, 48 },
		{ 1, 47 },
		{ 1, 49 },
		{ 1, 92 },
		{ 2, 48 },
		{ 3, 92 },
		/* 44 * count wraps around in 32 bits: 4 + 44 * count is 48 */
		{ 0x40000001, 48 },
		{ 0xffffffff, 92 },
	};
	struct fake_fw *fw = test->priv;
	u8 body[sizeof(two_resources)];
	struct fake_call *call;
	struct result result;
	unsigned int i;

	memcpy(body, two_resources, sizeof(body));
	for (i = 0; i < ARRAY_SIZE(replies); i++) {
		put_unaligned_le32(replies[i].count, body);
		call = fake_call_start_fn(fw, call_resources, &result);
		fake_fw_reply(fw, fake_fw_recv(fw), 0, body, replies[i].len);
		KUNIT_EXPECT_EQ_MSG(test, fake_call_end(call), -EIO,
				    "count %u, %zu bytes", replies[i].count,
				    replies[i].len);
		KUNIT_EXPECT_EQ(test, result.count, 0);
		KUNIT_EXPECT_NULL(test, result.res);
	}
}

/*
 * Notifications
 */

static void rm_call_parse_vm_exited(struct kunit *test)
{
	static const u8 reset2[] = {
		0x34, 0x12, 3, 0, 16, 0, 0, 0,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	};
	static const u8 off[] = { 0x80, 0, 1, 0, 4, 0, 0, 0, 5, 6, 7, 8 };
	u8 *big = fake_pattern(test, 64, 1);
	static const u8 zero[12];
	struct gunyah_rm_vm_exited exited;
	u8 small[sizeof(off)];
	size_t len;

	KUNIT_ASSERT_EQ(test, gunyah_rm_parse_vm_exited(reset2, sizeof(reset2),
							&exited), 0);
	KUNIT_EXPECT_EQ(test, exited.vmid, 0x1234);
	KUNIT_EXPECT_EQ(test, exited.type, 3);
	KUNIT_EXPECT_EQ(test, exited.reason_size, 16);
	KUNIT_EXPECT_MEMEQ(test, exited.reason, reset2 + 8, 16);

	/* The reason is padded with 0. */
	KUNIT_ASSERT_EQ(test, gunyah_rm_parse_vm_exited(off, sizeof(off),
							&exited), 0);
	KUNIT_EXPECT_EQ(test, exited.vmid, 0x80);
	KUNIT_EXPECT_EQ(test, exited.type, 1);
	KUNIT_EXPECT_EQ(test, exited.reason_size, 4);
	KUNIT_EXPECT_MEMEQ(test, exited.reason, off + 8, 4);
	KUNIT_EXPECT_MEMEQ(test, exited.reason + 4, zero, 12);

	/* The reason is truncated. */
	put_unaligned_le32(56, big + 4);
	KUNIT_ASSERT_EQ(test, gunyah_rm_parse_vm_exited(big, 64, &exited), 0);
	KUNIT_EXPECT_EQ(test, exited.reason_size, 56);
	KUNIT_EXPECT_MEMEQ(test, exited.reason, big + 8, 16);

	/* Without a reason */
	memcpy(small, off, sizeof(off));
	put_unaligned_le32(0, small + 4);
	KUNIT_EXPECT_EQ(test, gunyah_rm_parse_vm_exited(small, 8, &exited), 0);

	/* The message is shorter than its header says. */
	for (len = 0; len < sizeof(off); len++)
		KUNIT_EXPECT_EQ_MSG(test,
				    gunyah_rm_parse_vm_exited(off, len,
							      &exited),
				    -EINVAL, "%zu bytes", len);
	put_unaligned_le32(0xffffffff, small + 4);
	KUNIT_EXPECT_EQ(test, gunyah_rm_parse_vm_exited(small, sizeof(small),
							&exited), -EINVAL);
}

static void rm_call_parse_vm_status(struct kunit *test)
{
	static const u8 wire[] = { 0x34, 0x12, 0xff, 0xff, 11, 4, 0x78, 0x56 };
	struct gunyah_rm_vm_status status;
	size_t len;

	KUNIT_ASSERT_EQ(test, gunyah_rm_parse_vm_status(wire, sizeof(wire),
							&status), 0);
	KUNIT_EXPECT_EQ(test, status.vmid, 0x1234);
	KUNIT_EXPECT_EQ(test, status.vm_state, 11);
	KUNIT_EXPECT_EQ(test, status.os_state, 4);
	KUNIT_EXPECT_EQ(test, status.app_status, 0x5678);

	for (len = 0; len < sizeof(wire); len++)
		KUNIT_EXPECT_EQ_MSG(test,
				    gunyah_rm_parse_vm_status(wire, len,
							      &status),
				    -EINVAL, "%zu bytes", len);
}

static struct kunit_case rm_call_cases[] = {
	KUNIT_CASE(rm_call_requests),
	KUNIT_CASE(rm_call_bad_word),
	KUNIT_CASE(rm_call_vmid_range),
	KUNIT_CASE(rm_call_resources),
	KUNIT_CASE(rm_call_no_resources),
	KUNIT_CASE(rm_call_bad_resources),
	KUNIT_CASE(rm_call_parse_vm_exited),
	KUNIT_CASE(rm_call_parse_vm_status),
	{}
};

static struct kunit_suite rm_call_suite = {
	.name = "gunyah_rm_call",
	.init = fake_fw_init,
	.exit = fake_fw_exit,
	.test_cases = rm_call_cases,
};

kunit_test_suite(rm_call_suite);
