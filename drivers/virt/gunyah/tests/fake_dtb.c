// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes devicetrees, good ones and others, for tests
 */

#include <kunit/test.h>
#include <linux/align.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "fake_dtb.h"

/**
 * fake_dtb_word() - write a word of the structure block
 * @blob: the devicetree
 * @value: the word
 *
 * Context: Process context.
 */
void fake_dtb_word(struct fake_dtb *blob, u32 value)
{
	KUNIT_ASSERT_LE(blob->test, blob->end + 4, blob->room);
	put_unaligned_be32(value, blob->buf + blob->end);
	blob->end += 4;
}

static void fake_dtb_bytes(struct fake_dtb *blob, const void *data, size_t len)
{
	KUNIT_ASSERT_LE(blob->test, blob->end + ALIGN(len, 4), blob->room);
	memset(blob->buf + blob->end, 0, ALIGN(len, 4));
	memcpy(blob->buf + blob->end, data, len);
	blob->end += ALIGN(len, 4);
}

/**
 * fake_dtb_begin() - begin a node
 * @blob: the devicetree
 * @name: its name
 *
 * Context: Process context.
 */
void fake_dtb_begin(struct fake_dtb *blob, const char *name)
{
	fake_dtb_word(blob, 1);
	fake_dtb_bytes(blob, name, strlen(name) + 1);
}

/**
 * fake_dtb_end() - end a node
 * @blob: the devicetree
 *
 * Context: Process context.
 */
void fake_dtb_end(struct fake_dtb *blob)
{
	fake_dtb_word(blob, 2);
}

static u32 fake_dtb_name(struct fake_dtb *blob, const char *name)
{
	char *strings = blob->buf + FAKE_DTB_HEADER + FAKE_DTB_RSVMAP;
	size_t pos, len = strlen(name) + 1;

	for (pos = 0; pos + len <= blob->strings; pos++)
		if (!memcmp(strings + pos, name, len))
			return pos;
	KUNIT_ASSERT_LE(blob->test, blob->strings + len, FAKE_DTB_STRINGS);
	memcpy(strings + blob->strings, name, len);
	blob->strings += len;
	return blob->strings - len;
}

/**
 * fake_dtb_prop() - write a property
 * @blob: the devicetree
 * @name: its name
 * @data: its value
 * @len: size of that in bytes
 *
 * Context: Process context.
 */
void fake_dtb_prop(struct fake_dtb *blob, const char *name, const void *data,
		   size_t len)
{
	fake_dtb_word(blob, 3);
	fake_dtb_word(blob, len);
	fake_dtb_word(blob, fake_dtb_name(blob, name));
	fake_dtb_bytes(blob, data, len);
}

/**
 * fake_dtb_string() - write a property that is a string
 * @blob: the devicetree
 * @name: its name
 * @value: the string
 *
 * Context: Process context.
 */
void fake_dtb_string(struct fake_dtb *blob, const char *name, const char *value)
{
	fake_dtb_prop(blob, name, value, strlen(value) + 1);
}

/**
 * fake_dtb_cell() - write a property that is a number
 * @blob: the devicetree
 * @name: its name
 * @value: the number
 *
 * Context: Process context.
 */
void fake_dtb_cell(struct fake_dtb *blob, const char *name, u32 value)
{
	u8 data[4];

	put_unaligned_be32(value, data);
	fake_dtb_prop(blob, name, data, sizeof(data));
}

/**
 * fake_dtb_init() - begin a devicetree
 * @test: the test
 * @blob: the devicetree
 * @room: the most bytes that it may have
 *
 * Context: Process context.
 */
void fake_dtb_init(struct kunit *test, struct fake_dtb *blob, size_t room)
{
	blob->test = test;
	blob->room = room;
	blob->buf = kunit_kzalloc(test, room, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, blob->buf);
	blob->end = FAKE_DTB_OFF_STRUCT;
	blob->strings = 0;
}

/**
 * fake_dtb_set_header() - write a word of the header
 * @blob: the devicetree
 * @offset: where
 * @value: the word
 *
 * Context: Process context.
 */
void fake_dtb_set_header(struct fake_dtb *blob, unsigned int offset, u32 value)
{
	put_unaligned_be32(value, blob->buf + offset);
}

/**
 * fake_dtb_finish() - end a devicetree, and write its header
 * @blob: the devicetree
 *
 * Context: Process context.
 * Return: its size in bytes.
 */
size_t fake_dtb_finish(struct fake_dtb *blob)
{
	fake_dtb_word(blob, 9);
	fake_dtb_set_header(blob, 0, 0xd00dfeed);
	fake_dtb_set_header(blob, FAKE_DTB_TOTALSIZE, blob->end);
	fake_dtb_set_header(blob, FAKE_DTB_OFF_DT_STRUCT, FAKE_DTB_OFF_STRUCT);
	fake_dtb_set_header(blob, FAKE_DTB_OFF_DT_STRINGS, FAKE_DTB_HEADER + FAKE_DTB_RSVMAP);
	fake_dtb_set_header(blob, FAKE_DTB_OFF_RSVMAP, FAKE_DTB_HEADER);
	fake_dtb_set_header(blob, FAKE_DTB_VERSION, 17);
	fake_dtb_set_header(blob, FAKE_DTB_LAST_COMP, 16);
	fake_dtb_set_header(blob, FAKE_DTB_SIZE_STRINGS, FAKE_DTB_STRINGS);
	fake_dtb_set_header(blob, FAKE_DTB_SIZE_STRUCT, blob->end - FAKE_DTB_OFF_STRUCT);
	return blob->end;
}
