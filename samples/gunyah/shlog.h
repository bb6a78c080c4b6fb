/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log in memory that a VM shares with its VMM
 *
 * It is for a VM that the hypervisor schedules, which has no UART because its
 * MMIO accesses do not exit to the VMM. The VM writes text into a ring, and the
 * VMM polls the ring and prints new text. The log's address is on the VM's kernel
 * command line, as shlog=0x....
 *
 * The writer copies text to text[head % SHLOG_TEXT_SIZE] and following, wrapping
 * at the end, and then adds its length to head, with a write barrier between. It
 * never waits: a reader that is more than SHLOG_TEXT_SIZE behind has lost text.
 * Everything is zero at first. head is little endian and wraps at 2^32.
 */
#ifndef GUNYAH_VMM_SHLOG_H
#define GUNYAH_VMM_SHLOG_H

#include <linux/types.h>

/* A multiple of every page size that arm64 has */
#define SHLOG_SIZE		0x10000
#define SHLOG_TEXT_SIZE		0x8000

/**
 * struct shlog - layout of the log, SHLOG_SIZE bytes in all
 * @head: number of bytes that were written so far
 * @reserved: zeroes; keeps head and text in different cache lines
 * @text: the ring
 */
struct shlog {
	__u32 head;
	__u8 reserved[252];
	__u8 text[SHLOG_TEXT_SIZE];
};

/* The VMM's part: shlog.c */
void shlog_init(struct shlog *log);
void shlog_print(const struct shlog *log);

#endif /* GUNYAH_VMM_SHLOG_H */
