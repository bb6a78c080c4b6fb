/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes devicetrees, good ones and others, for tests
 */

#ifndef _GUNYAH_TESTS_FAKE_DTB_H
#define _GUNYAH_TESTS_FAKE_DTB_H

#include <linux/types.h>

struct kunit;

/* Layout: header, reserved ranges, names, structure */
#define FAKE_DTB_HEADER		40
#define FAKE_DTB_RSVMAP		16
#define FAKE_DTB_STRINGS	64
#define FAKE_DTB_OFF_STRUCT	(FAKE_DTB_HEADER + FAKE_DTB_RSVMAP + \
				 FAKE_DTB_STRINGS)

/* Offsets in the header */
#define FAKE_DTB_TOTALSIZE	4
#define FAKE_DTB_OFF_DT_STRUCT	8
#define FAKE_DTB_OFF_DT_STRINGS	12
#define FAKE_DTB_OFF_RSVMAP	16
#define FAKE_DTB_VERSION	20
#define FAKE_DTB_LAST_COMP	24
#define FAKE_DTB_SIZE_STRINGS	32
#define FAKE_DTB_SIZE_STRUCT	36

/**
 * struct fake_dtb - a devicetree being written
 * @test: the test
 * @buf: room for it
 * @room: size of @buf in bytes
 * @end: end of the structure block
 * @strings: bytes of names
 */
struct fake_dtb {
	struct kunit *test;
	u8 *buf;
	size_t room;
	size_t end;
	size_t strings;
};

void fake_dtb_word(struct fake_dtb *blob, u32 value);
void fake_dtb_begin(struct fake_dtb *blob, const char *name);
void fake_dtb_end(struct fake_dtb *blob);
void fake_dtb_prop(struct fake_dtb *blob, const char *name, const void *data,
		   size_t len);
void fake_dtb_string(struct fake_dtb *blob, const char *name,
		     const char *value);
void fake_dtb_cell(struct fake_dtb *blob, const char *name, u32 value);
void fake_dtb_init(struct kunit *test, struct fake_dtb *blob, size_t room);
void fake_dtb_set_header(struct fake_dtb *blob, unsigned int offset,
			 u32 value);
size_t fake_dtb_finish(struct fake_dtb *blob);

#endif /* _GUNYAH_TESTS_FAKE_DTB_H */
