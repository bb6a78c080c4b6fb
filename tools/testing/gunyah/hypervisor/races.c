// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races of the published firmware, drawn at random
 *
 * Each happens as often as it was seen there, or more often where it does no
 * harm by itself. The generator is not random64(): the capability ids of a run
 * stay the same, whatever races it has. With -icount everything else is the
 * same too, so that a seed names a run.
 */
#include "hyp.h"

/* Odds in thousandths, and the longest delay in microseconds */
static const struct {
	u16 odds;
	u16 max_us;
} races[NR_RACES] = {
	[RACE_BUSY]	 = {  36, 3000 },
	[RACE_LOST_HALT] = {  20, 0 },
	[RACE_LATE_EXIT] = { 250, 20000 },
	[RACE_LATE_IRQ]	 = { 250, 200 },
	[RACE_WAKE]	 = { 200, 20 },
	[RACE_UNWIND]	 = { 600, 0 },
};

/**
 * races_happen() - does it happen this time?
 * @race: what
 *
 * Return: always false without gunyah_hyp.races.
 */
bool races_happen(enum race race)
{
	struct races *r = &hyp.races;

	if (!r->seed)
		return false;
	if (!r->random)
		r->random = r->seed;
	if (random_next(&r->random) % 1000 >= races[race].odds)
		return false;
	r->count[race]++;
	return true;
}

/**
 * races_delay_us() - how long it takes
 * @race: it has happened
 *
 * Return: microseconds.
 */
u64 races_delay_us(enum race race)
{
	return random_next(&hyp.races.random) % (races[race].max_us + 1U);
}
