// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM's part of the log in shared memory
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "shlog.h"

/*
 * The VM may access the memory uncached, for example through its /dev/mem. So
 * clean and invalidate the cache before reading. Cleaning does not overwrite what
 * the VM has written, because only the VM writes.
 */
static void forget_cached(const void *addr, size_t size)
{
#ifdef __aarch64__
	unsigned long ctr, line, at, end = (unsigned long)addr + size;

	asm volatile("mrs %0, ctr_el0" : "=r" (ctr));
	line = 4UL << ((ctr >> 16) & 0xf);
	for (at = (unsigned long)addr & ~(line - 1); at < end; at += line)
		asm volatile("dc civac, %0" : : "r" (at) : "memory");
	asm volatile("dsb sy" : : : "memory");
#else
	(void)addr;
	(void)size;
#endif
}

static __u32 tail;

/**
 * shlog_init() - initialise an empty log
 * @log: the log, before the VM has it
 */
void shlog_init(struct shlog *log)
{
	tail = 0;
	memset(log, 0, sizeof(*log));
	forget_cached(log, sizeof(*log));
}

/**
 * shlog_print() - print new text
 * @log: the log
 *
 * The VM may write anything, so head is read once, and its difference to the last
 * value is limited to the size of the ring.
 */
void shlog_print(const struct shlog *log)
{
	__u8 text[256];
	__u32 head, i;
	size_t done;

	forget_cached(&log->head, sizeof(log->head));
	head = le32toh(__atomic_load_n(&log->head, __ATOMIC_ACQUIRE));

	if (head == tail)
		return;
	if (head - tail > SHLOG_TEXT_SIZE) {
		fprintf(stderr, "gunyah_vmm: %u bytes of the log are lost\n",
			head - tail - SHLOG_TEXT_SIZE);
		tail = head - SHLOG_TEXT_SIZE;
	}

	forget_cached(log->text, sizeof(log->text));
	while (head != tail) {
		for (i = 0; i < sizeof(text) && head != tail + i; i++)
			text[i] = log->text[(tail + i) % SHLOG_TEXT_SIZE];
		/* What there is no room for stays in the log */
		done = console_put(text, i);
		tail += done;
		if (done < i)
			return;
	}
}
