/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random attacks on lent memory, of its VMM and of other processes
 */
#ifndef GUNYAH_TEST_STORM_H
#define GUNYAH_TEST_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/types.h>

/**
 * struct storm - what attackers know; memory that all processes share
 * @seed: of everything random
 * @stop: attackers end
 * @vmm: the VMM
 * @mem: its memory from where on it may be attacked
 * @size: of that
 * @memfd: the file of that memory, or -1
 * @file_offset: of @mem in it
 * @attacks: number of attacks
 * @got: attacks that could read or write something
 */
struct storm {
	__u64 seed;
	bool stop;
	pid_t vmm;
	unsigned char *mem;
	size_t size;
	int memfd;
	off_t file_offset;
	__u64 attacks;
	__u64 got;
};

static inline bool storm_is_over(const struct storm *storm)
{
	return __atomic_load_n(&storm->stop, __ATOMIC_ACQUIRE);
}

/* Of a thread of the VMM, until the storm is over; @n: which one */
void storm_attack_self(struct storm *storm, unsigned int n);
/* Of another process */
void storm_attack_other(struct storm *storm, unsigned int n);
/* What the administrator does to the whole machine */
void storm_attack_machine(struct storm *storm, unsigned int n);

#endif /* GUNYAH_TEST_STORM_H */
