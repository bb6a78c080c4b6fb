// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what the driver reads in a devicetree: what it finds, what it
 * refuses, and that no byte outside is looked at, whatever the blob says
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>

#include <uapi/linux/gunyah.h>

#include "../dtb.h"
#include "fake_dtb.h"

/* A copy right before a page that is not mapped */
static void *at_the_edge(struct kunit *test, const void *data, size_t size)
{
	size_t room = PAGE_ALIGN(size);
	u8 *buf = test->priv;

	KUNIT_ASSERT_LE(test, room, PAGE_SIZE);
	return memcpy(buf + room - size, data, size);
}

/*
 * What is found
 */

static void make_empty(struct fake_dtb *blob)
{
}

static void make_proxy(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "gunyah-vm-config");
	fake_dtb_begin(blob, "vcpus");
	fake_dtb_string(blob, "affinity", "proxy");
	fake_dtb_end(blob);
	fake_dtb_end(blob);
}

static void make_static(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "gunyah-vm-config");
	fake_dtb_begin(blob, "vcpus");
	fake_dtb_string(blob, "affinity", "static");
	fake_dtb_end(blob);
	fake_dtb_end(blob);
}

static void make_default(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "qcom,vm-config");
	fake_dtb_begin(blob, "vcpus@0");
	fake_dtb_end(blob);
	fake_dtb_end(blob);
}

static void make_proxy_twice(struct fake_dtb *blob)
{
	make_proxy(blob);
	make_static(blob);
}

/* A list of strings is not that string */
static void make_proxy_list(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "gunyah-vm-config");
	fake_dtb_begin(blob, "vcpus");
	fake_dtb_prop(blob, "affinity", "proxy\0x", 8);
	fake_dtb_end(blob);
	fake_dtb_end(blob);
}

/* Nodes with that name elsewhere are something else */
static void make_other_vcpus(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "vcpus");
	fake_dtb_end(blob);
	fake_dtb_begin(blob, "other");
	fake_dtb_begin(blob, "gunyah-vm-config");
	fake_dtb_begin(blob, "vcpus");
	fake_dtb_end(blob);
	fake_dtb_end(blob);
	fake_dtb_end(blob);
}

static void make_channel(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "gunyah-vm-config");
	fake_dtb_begin(blob, "vdevices");
	fake_dtb_string(blob, "generate", "/hypervisor");
	fake_dtb_begin(blob, "rm");
	fake_dtb_string(blob, "vdevice-type", "rm-rpc");
	fake_dtb_string(blob, "generate", "/hypervisor/rm");
	fake_dtb_end(blob);
	fake_dtb_end(blob);
	fake_dtb_end(blob);
}

static void make_no_channel(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "rm-rpc");
	fake_dtb_string(blob, "vdevice-type", "rm-rpc2");
	fake_dtb_end(blob);
	fake_dtb_begin(blob, "b");
	fake_dtb_prop(blob, "vdevice-type", "rm-rpc", 6);
	fake_dtb_end(blob);
}

static void make_clock(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "rtc");
	fake_dtb_string(blob, "vdevice-type", "vrtc-pl031");
	fake_dtb_end(blob);
}

static void make_no_clock(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "vrtc-pl031");
	fake_dtb_string(blob, "vdevice-type", "vrtc");
	fake_dtb_end(blob);
}

static void make_shm(struct fake_dtb *blob, const char *type, u32 label)
{
	fake_dtb_begin(blob, "shm");
	fake_dtb_string(blob, "vdevice-type", type);
	fake_dtb_begin(blob, "memory");
	fake_dtb_cell(blob, "label", label);
	fake_dtb_end(blob);
	fake_dtb_end(blob);
}

static void make_places(struct fake_dtb *blob)
{
	make_shm(blob, "shm", 0x11);
	make_shm(blob, "shm-doorbell", 0x12);
	make_shm(blob, "virtio-mmio", 0x13);
	make_shm(blob, "doorbell", 0x21);
	fake_dtb_begin(blob, "own");
	fake_dtb_string(blob, "vdevice-type", "shm");
	fake_dtb_cell(blob, "qcom,label", 0x14);
	fake_dtb_begin(blob, "other");
	fake_dtb_cell(blob, "label", 0x22);
	fake_dtb_end(blob);
	fake_dtb_end(blob);
	fake_dtb_begin(blob, "bell");
	fake_dtb_string(blob, "vdevice-type", "doorbell");
	fake_dtb_cell(blob, "label", 0x23);
	fake_dtb_end(blob);
	fake_dtb_begin(blob, "memory");
	fake_dtb_cell(blob, "label", 0x24);
	fake_dtb_end(blob);
	fake_dtb_begin(blob, "bad");
	fake_dtb_string(blob, "vdevice-type", "shm");
	fake_dtb_prop(blob, "label", "abcdefgh", 8);
	fake_dtb_end(blob);
}

static void make_many(struct fake_dtb *blob, unsigned int n)
{
	while (n--) {
		fake_dtb_begin(blob, "d");
		fake_dtb_string(blob, "vdevice-type", "shm");
		fake_dtb_cell(blob, "label", n);
		fake_dtb_begin(blob, "memory");
		fake_dtb_cell(blob, "label", 1000 + n);
		fake_dtb_end(blob);
		fake_dtb_end(blob);
	}
}

static void make_most(struct fake_dtb *blob)
{
	make_many(blob, GUNYAH_DTB_MAX_VDEVICES);
}

static void make_too_many(struct fake_dtb *blob)
{
	make_many(blob, GUNYAH_DTB_MAX_VDEVICES + 1);
}

static void make_deep(struct fake_dtb *blob, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		fake_dtb_begin(blob, "deep");
	for (i = 0; i < n; i++)
		fake_dtb_end(blob);
}

/* The root is one of them */
static void make_deepest(struct fake_dtb *blob)
{
	make_deep(blob, GUNYAH_DTB_MAX_DEPTH - 1);
}

static void make_too_deep(struct fake_dtb *blob)
{
	make_deep(blob, GUNYAH_DTB_MAX_DEPTH);
}

static void make_generate(struct fake_dtb *blob, const void *data, size_t len)
{
	fake_dtb_begin(blob, "any");
	fake_dtb_prop(blob, "generate", data, len);
	fake_dtb_end(blob);
}

static void make_generate_deep(struct fake_dtb *blob)
{
	char path[2 * GUNYAH_DTB_MAX_DEPTH + 1] = "";
	unsigned int i;

	for (i = 0; i < GUNYAH_DTB_MAX_DEPTH; i++)
		memcpy(path + 2 * i, "/a", 3);
	make_generate(blob, path, sizeof(path));
}

static void make_late_prop(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "x");
	fake_dtb_begin(blob, "y");
	fake_dtb_end(blob);
	fake_dtb_string(blob, "vdevice-type", "rm-rpc");
	fake_dtb_end(blob);
}

static void make_prop_twice(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "x");
	fake_dtb_string(blob, "vdevice-type", "rm-rpc");
	fake_dtb_string(blob, "vdevice-type", "rm-rpc");
	fake_dtb_end(blob);
}

/* What does not count may be there twice: the resource manager looks at neither */
static void make_other_prop_twice(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "x");
	fake_dtb_string(blob, "other", "");
	fake_dtb_string(blob, "other", "");
	fake_dtb_word(blob, 4);
	fake_dtb_end(blob);
}

static void make_open(struct fake_dtb *blob)
{
	fake_dtb_begin(blob, "x");
}

static void make_closed(struct fake_dtb *blob)
{
	fake_dtb_end(blob);
}

static void make_second_root(struct fake_dtb *blob)
{
	fake_dtb_end(blob);
	fake_dtb_begin(blob, "");
}

static void make_token(struct fake_dtb *blob)
{
	fake_dtb_word(blob, 5);
}

static void raw_prop(struct fake_dtb *blob, u32 len, u32 name)
{
	fake_dtb_word(blob, 3);
	fake_dtb_word(blob, len);
	fake_dtb_word(blob, name);
}

static void make_long_prop(struct fake_dtb *blob)
{
	raw_prop(blob, 0xfffffffd, 0);
}

static void make_far_name(struct fake_dtb *blob)
{
	raw_prop(blob, 0, FAKE_DTB_STRINGS);
}

/* Four bytes are left of the names */
static void make_last_name(struct fake_dtb *blob)
{
	raw_prop(blob, 0, FAKE_DTB_STRINGS - 4);
}

/**
 * struct scan_info - what there is of &struct gunyah_dtb_info, without the places
 * @reason: why it is refused
 * @channel: a channel
 * @clock: a real-time clock
 * @static_vcpus: vCPUs that the hypervisor schedules
 * @num_vdevices: number of virtual devices
 * @num_places: number of places
 */
struct scan_info {
	u32 reason;
	bool channel;
	bool clock;
	bool static_vcpus;
	unsigned int num_vdevices;
	unsigned int num_places;
};

/**
 * struct scan_case - a devicetree and what is found in it
 * @name: what is special about it
 * @make: writes what is in its root
 * @ret: expected result
 * @info: expected facts
 */
struct scan_case {
	const char *name;
	void (*make)(struct fake_dtb *blob);
	int ret;
	struct scan_info info;
};

#define UNSAFE	{ .reason = GH_VM_START_REASON_DTB_UNSAFE }
#define INVALID	{ .reason = GH_VM_START_REASON_DTB_INVALID }

static const struct scan_case scan_cases[] = {
	{ "empty", make_empty },
	{ "proxy", make_proxy },
	{ "static", make_static, 0, { .static_vcpus = true } },
	{ "default", make_default, 0, { .static_vcpus = true } },
	{ "proxy and static", make_proxy_twice, 0, { .static_vcpus = true } },
	{ "proxy list", make_proxy_list, 0, { .static_vcpus = true } },
	{ "other vcpus", make_other_vcpus },
	{ "channel", make_channel, 0, { .channel = true, .num_vdevices = 1 } },
	{ "clock", make_clock, 0, { .clock = true, .num_vdevices = 1 } },
	{ "no clock", make_no_clock, 0, { .num_vdevices = 1 } },
	{ "no channel", make_no_channel, 0, { .num_vdevices = 2 } },
	{ "places", make_places, 0, { .num_vdevices = 7, .num_places = 4 } },
	{ "most", make_most, 0,
	  { .num_vdevices = GUNYAH_DTB_MAX_VDEVICES,
	    .num_places = 2 * GUNYAH_DTB_MAX_VDEVICES } },
	{ "too many", make_too_many, -EINVAL, UNSAFE },
	{ "deepest", make_deepest },
	{ "too deep", make_too_deep, -EINVAL, UNSAFE },
	{ "generate deep", make_generate_deep, -EINVAL, UNSAFE },
	{ "late property", make_late_prop, -EINVAL, INVALID },
	{ "property twice", make_prop_twice, -EINVAL, INVALID },
	{ "other property twice", make_other_prop_twice },
	{ "open node", make_open, -EINVAL, INVALID },
	{ "closed node", make_closed, -EINVAL, INVALID },
	{ "second root", make_second_root, -EINVAL, INVALID },
	{ "unknown token", make_token, -EINVAL, INVALID },
	{ "long property", make_long_prop, -EINVAL, INVALID },
	{ "far name", make_far_name, -EINVAL, INVALID },
	{ "last name", make_last_name },
};

static void scan_case_desc(const struct scan_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(scan, scan_cases, scan_case_desc);

static void dtb_scan(struct kunit *test)
{
	const struct scan_case *c = test->param_value;
	struct gunyah_dtb_info *info;
	struct fake_dtb blob;
	size_t size;

	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	fake_dtb_init(test, &blob, 0x10000);
	fake_dtb_begin(&blob, "");
	c->make(&blob);
	fake_dtb_end(&blob);
	size = fake_dtb_finish(&blob);

	KUNIT_EXPECT_EQ(test, gunyah_dtb_scan(blob.buf, size, info), c->ret);
	KUNIT_EXPECT_EQ(test, info->reason, c->info.reason);
	if (c->ret)
		return;
	KUNIT_EXPECT_EQ(test, info->channel, c->info.channel);
	KUNIT_EXPECT_EQ(test, info->clock, c->info.clock);
	KUNIT_EXPECT_EQ(test, info->static_vcpus, c->info.static_vcpus);
	KUNIT_EXPECT_EQ(test, info->num_vdevices, c->info.num_vdevices);
	KUNIT_EXPECT_EQ(test, info->num_places, c->info.num_places);
}

/* Paths of nodes that the resource manager makes */
static void dtb_generate(struct kunit *test)
{
	static const struct {
		const char *data;
		size_t len;
		int ret;
	} paths[] = {
		{ "/hypervisor", 12, 0 }, { "/", 2, 0 }, { "", 0, -EINVAL },
		{ "", 1, -EINVAL }, { "hypervisor/x", 13, -EINVAL },
		{ "/abc", 4, -EINVAL }, { "/a\0b", 5, -EINVAL },
	};
	struct gunyah_dtb_info *info;
	struct fake_dtb blob;
	unsigned int i;

	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		fake_dtb_init(test, &blob, PAGE_SIZE);
		fake_dtb_begin(&blob, "");
		make_generate(&blob, paths[i].data, paths[i].len);
		fake_dtb_end(&blob);
		KUNIT_EXPECT_EQ_MSG(test, paths[i].ret,
				    gunyah_dtb_scan(blob.buf,
						    fake_dtb_finish(&blob), info),
				    "path %u", i);
	}
}

static void dtb_places(struct kunit *test)
{
	struct gunyah_dtb_info *info;
	struct fake_dtb blob;
	u32 label;

	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	fake_dtb_init(test, &blob, PAGE_SIZE);
	fake_dtb_begin(&blob, "");
	make_places(&blob);
	fake_dtb_end(&blob);
	KUNIT_ASSERT_EQ(test, 0, gunyah_dtb_scan(blob.buf, fake_dtb_finish(&blob),
						 info));
	for (label = 0; label < 0x30; label++)
		KUNIT_EXPECT_EQ_MSG(test, gunyah_dtb_has_place(info, label),
				    label >= 0x11 && label <= 0x14,
				    "label 0x%x", label);
}

/*
 * Blobs that are not as they should be
 */

static size_t make_small(struct kunit *test, struct fake_dtb *blob)
{
	fake_dtb_init(test, blob, PAGE_SIZE);
	fake_dtb_begin(blob, "");
	make_channel(blob);
	make_static(blob);
	fake_dtb_end(blob);
	return fake_dtb_finish(blob);
}

static void dtb_has_header(struct kunit *test)
{
	size_t size, found;
	struct fake_dtb blob;

	size = make_small(test, &blob);
	KUNIT_EXPECT_TRUE(test, gunyah_dtb_has_header(blob.buf, size, &found));
	KUNIT_EXPECT_EQ(test, found, size);
	KUNIT_EXPECT_TRUE(test, gunyah_dtb_has_header(blob.buf, size + 1,
						      &found));
	KUNIT_EXPECT_FALSE(test, gunyah_dtb_has_header(blob.buf, size - 1,
						       &found));
	fake_dtb_set_header(&blob, FAKE_DTB_TOTALSIZE, FAKE_DTB_HEADER - 1);
	KUNIT_EXPECT_FALSE(test, gunyah_dtb_has_header(blob.buf, size, &found));
	fake_dtb_set_header(&blob, FAKE_DTB_TOTALSIZE, size);
	fake_dtb_set_header(&blob, 0, 0xd00dfeee);
	KUNIT_EXPECT_FALSE(test, gunyah_dtb_has_header(blob.buf, size, &found));
}

static const struct {
	unsigned int offset;
	u32 value;
} bad_headers[] = {
	{ FAKE_DTB_VERSION, 16 },
	{ FAKE_DTB_VERSION, 0 },
	{ FAKE_DTB_LAST_COMP, 15 },
	{ FAKE_DTB_LAST_COMP, 18 },
	{ FAKE_DTB_OFF_DT_STRUCT, 0 },
	{ FAKE_DTB_OFF_DT_STRUCT, FAKE_DTB_OFF_STRUCT + 1 },
	{ FAKE_DTB_OFF_DT_STRUCT, FAKE_DTB_OFF_STRUCT + 4 },
	{ FAKE_DTB_OFF_DT_STRUCT, 0xfffffffc },
	{ FAKE_DTB_OFF_DT_STRINGS, 39 },
	{ FAKE_DTB_OFF_DT_STRINGS, 0xffffffff },
	{ FAKE_DTB_OFF_DT_STRINGS, 0x1000 },
	{ FAKE_DTB_SIZE_STRINGS, 0x1000 },
	{ FAKE_DTB_SIZE_STRINGS, 0xffffffff },
	{ FAKE_DTB_SIZE_STRUCT, 0 },
	{ FAKE_DTB_SIZE_STRUCT, 0x1000 },
	{ FAKE_DTB_SIZE_STRUCT, 0xfffffffc },
	{ FAKE_DTB_OFF_RSVMAP, 0 },
	{ FAKE_DTB_OFF_RSVMAP, 44 },
	{ FAKE_DTB_OFF_RSVMAP, 0x1000 },
	{ FAKE_DTB_OFF_RSVMAP, 0xfffffff8 },
};

static void dtb_bad_headers(struct kunit *test)
{
	struct gunyah_dtb_info *info;
	struct fake_dtb blob;
	unsigned int i;
	size_t size;
	u32 good;

	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	size = make_small(test, &blob);
	for (i = 0; i < ARRAY_SIZE(bad_headers); i++) {
		good = get_unaligned_be32(blob.buf + bad_headers[i].offset);
		fake_dtb_set_header(&blob, bad_headers[i].offset, bad_headers[i].value);
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    gunyah_dtb_scan(at_the_edge(test, blob.buf,
								size),
						    size, info),
				    "header %u", i);
		KUNIT_EXPECT_EQ(test, info->reason,
				GH_VM_START_REASON_DTB_INVALID);
		fake_dtb_set_header(&blob, bad_headers[i].offset, good);
	}
	KUNIT_EXPECT_EQ(test, 0, gunyah_dtb_scan(blob.buf, size, info));

	/* The list of reserved ranges does not end */
	memset(blob.buf + FAKE_DTB_HEADER, 0xff, size - FAKE_DTB_HEADER);
	KUNIT_EXPECT_EQ(test, -EINVAL, gunyah_dtb_scan(blob.buf, size, info));
	/* No guest takes one that large */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			gunyah_dtb_scan(blob.buf, GUNYAH_DTB_MAX_SIZE + 1,
					info));
	KUNIT_EXPECT_EQ(test, info->reason, GH_VM_START_REASON_DTB_UNSAFE);
}

/* Cut after each word of the structure block, whether the header says so or not */
static void dtb_truncated(struct kunit *test)
{
	struct gunyah_dtb_info *info;
	size_t size, cut;
	struct fake_dtb blob;

	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	size = make_small(test, &blob);
	for (cut = FAKE_DTB_OFF_STRUCT; cut < size; cut += 4) {
		fake_dtb_set_header(&blob, FAKE_DTB_SIZE_STRUCT, size - FAKE_DTB_OFF_STRUCT);
		KUNIT_EXPECT_EQ(test, -EINVAL,
				gunyah_dtb_scan(at_the_edge(test, blob.buf,
							    cut),
						cut, info));
		fake_dtb_set_header(&blob, FAKE_DTB_SIZE_STRUCT, cut - FAKE_DTB_OFF_STRUCT);
		KUNIT_EXPECT_EQ(test, -EINVAL,
				gunyah_dtb_scan(at_the_edge(test, blob.buf,
							    cut),
						cut, info));
		KUNIT_EXPECT_EQ(test, info->reason,
				GH_VM_START_REASON_DTB_INVALID);
	}
}

/* Every byte with every one of some values: nothing but an error comes of it */
static void dtb_mutated(struct kunit *test)
{
	static const u8 values[] = { 0, 1, 2, 3, 4, 9, 0x2f, 0x7f, 0x80, 0xff };
	struct gunyah_dtb_info *info;
	struct fake_dtb blob;
	size_t size, pos;
	unsigned int i;
	u8 *copy, old;
	int ret;

	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	size = make_small(test, &blob);
	copy = at_the_edge(test, blob.buf, size);
	for (pos = 0; pos < size; pos++) {
		old = copy[pos];
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			copy[pos] = values[i];
			ret = gunyah_dtb_scan(copy, size, info);
			if (ret)
				KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL,
						    "byte %zu", pos);
			else
				KUNIT_EXPECT_EQ(test, info->reason, 0);
		}
		copy[pos] = old;
	}
	KUNIT_EXPECT_EQ(test, 0, gunyah_dtb_scan(copy, size, info));
	KUNIT_EXPECT_TRUE(test, info->channel);
	KUNIT_EXPECT_TRUE(test, info->static_vcpus);
}

static int dtb_init(struct kunit *test)
{
	test->priv = vmalloc(PAGE_SIZE);
	return test->priv ? 0 : -ENOMEM;
}

static void dtb_exit(struct kunit *test)
{
	vfree(test->priv);
}

static struct kunit_case dtb_cases[] = {
	KUNIT_CASE_PARAM(dtb_scan, scan_gen_params),
	KUNIT_CASE(dtb_generate),
	KUNIT_CASE(dtb_places),
	KUNIT_CASE(dtb_has_header),
	KUNIT_CASE(dtb_bad_headers),
	KUNIT_CASE(dtb_truncated),
	KUNIT_CASE(dtb_mutated),
	{}
};

static struct kunit_suite dtb_suite = {
	.name = "gunyah_dtb",
	.init = dtb_init,
	.exit = dtb_exit,
	.test_cases = dtb_cases,
};

kunit_test_suite(dtb_suite);
