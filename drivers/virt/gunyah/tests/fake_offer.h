/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The notification that memory can be accepted, byte by byte
 */

#ifndef _GUNYAH_TESTS_FAKE_OFFER_H
#define _GUNYAH_TESTS_FAKE_OFFER_H

#include <linux/types.h>

/* The numbers are repeated here, so that tests find errors in rm_wire.h */
#define FAKE_MEM_ACCEPT		0x51000011
#define FAKE_MEM_RELEASE	0x51000014
#define FAKE_MEM_NOTIFY		0x51000017
#define FAKE_GET_OWNER		0x56000015

#define FAKE_HANDLE		0x56789abc
#define FAKE_OWNER		3
#define FAKE_ACCEPTOR		0x1234
#define FAKE_LABEL		0x0a0b0c0d
#define FAKE_TAG		0x21222324
#define FAKE_SIZE		0x302000

/* Where the fields of fake_offer are */
#define FAKE_AT_HANDLE		0
#define FAKE_AT_TYPE		4
#define FAKE_AT_TRANSACTION	5
#define FAKE_AT_OWNER		8
#define FAKE_AT_LABEL		12
#define FAKE_AT_TAG		16
#define FAKE_AT_NACL		20
#define FAKE_AT_ACL		24
#define FAKE_AT_NSIZES		32
#define FAKE_AT_SIZES		36
#define FAKE_AT_NATTR		52

/* Shared memory of 0x300000 and 0x2000 bytes: RW for us, RWX for its owner */
#define FAKE_OFFER {							\
	0xbc, 0x9a, 0x78, 0x56, 0, 2, 0, 0, 3, 0, 0, 0,			\
	0x0d, 0x0c, 0x0b, 0x0a, 0x24, 0x23, 0x22, 0x21,			\
	2, 0, 0, 0, 0x34, 0x12, 6, 0, 3, 0, 7, 0,			\
	2, 0, 0, 0,							\
	0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0,		\
	0, 0, 0, 0,							\
}

#endif /* _GUNYAH_TESTS_FAKE_OFFER_H */
