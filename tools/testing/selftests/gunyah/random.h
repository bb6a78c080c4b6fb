/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs need that try at random
 */
#ifndef GUNYAH_TEST_RANDOM_H
#define GUNYAH_TEST_RANDOM_H

#include <stdbool.h>

#include <linux/types.h>

/* ---- random numbers, a state for each thread ---- */

static inline __u64 random_next(__u64 *state)
{
	/* xorshift64star */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static inline __u64 random_below(__u64 *state, __u64 limit)
{
	return random_next(state) % limit;
}

/* The state for thread @n, never 0 */
static inline __u64 random_state(__u64 seed, __u64 n)
{
	__u64 state = (seed + 1) * 0x9e3779b97f4a7c15ULL ^ (n + 1) << 32;

	state = state ?: 1;
	random_next(&state);
	return state;
}

__u64 random_seed(const char *variable);
long long random_ms(const char *variable, unsigned int seconds);

/* ---- accesses to memory that may be lent or missing ---- */

void guard_catch(void);
bool guarded(void (*fn)(void *arg), void *arg);

#endif /* GUNYAH_TEST_RANDOM_H */
