/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Input of the fuzzer of the driver: a byte, and then packets: a byte of flags,
 * the length, and the content
 */
#ifndef GUNYAH_FUZZ_ANSWER_H
#define GUNYAH_FUZZ_ANSWER_H

/* The first byte: the allocation that fails, 0: none; the VM knows its owner */
#define ANSWER_FAIL_ALLOC	0x7f
#define ANSWER_OWNER_KNOWN	0x80

/* The packet gets the header of the reply to the pending call */
#define ANSWER_IS_REPLY		0x01
/* And it reports no error */
#define ANSWER_IS_OK		0x02
/* Nobody waits for it: it comes before the next call */
#define ANSWER_IS_EARLY		0x04
/* The call that is made if there is no pending one */
#define ANSWER_CALL_SHIFT	3

/** enum answer_call - calls that the driver makes */
enum answer_call {
	ANSWER_ALLOC,
	ANSWER_STOP,
	ANSWER_STATE,
	ANSWER_CRASH,
	ANSWER_RESOURCES,
	ANSWER_CREATE,
	ANSWER_CREATE_BIG,
	ANSWER_CONFIGURE,
	ANSWER_OWNER,
	NUM_ANSWERS
};

#endif /* GUNYAH_FUZZ_ANSWER_H */
