/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor: races of the published firmware, drawn at random
 */
#ifndef GUNYAH_TEST_RACES_H
#define GUNYAH_TEST_RACES_H

#include "base.h"

/**
 * enum race - what may happen at random
 * @RACE_BUSY: vcpu_run answers BUSY from the end of a VM until the resource
 *	manager is done with its vCPUs
 * @RACE_LOST_HALT: the end of a VM is neither reported nor raises a wake-up
 *	before vcpu_run is called once more
 * @RACE_LATE_EXIT: the resource manager notices the end of a VM late
 * @RACE_LATE_IRQ: an interrupt of the host comes late
 * @RACE_WAKE: the wake-up comes when vcpu_run has said that the vCPU waits, but
 *	its caller does not sleep yet
 * @RACE_UNWIND: a killed vCPU needs another call of vcpu_run to get to its end
 * @NR_RACES: number of kinds
 */
enum race {
	RACE_BUSY,
	RACE_LOST_HALT,
	RACE_LATE_EXIT,
	RACE_LATE_IRQ,
	RACE_WAKE,
	RACE_UNWIND,
	NR_RACES,
};

/**
 * struct races - state of races.c
 * @seed: gunyah_hyp.races, 0: nothing happens at random
 * @random: state of the generator
 * @count: how often each has happened
 */
struct races {
	u32 seed;
	u64 random;
	u64 count[NR_RACES];
};

bool races_happen(enum race race);
u64 races_delay_us(enum race race);

#endif /* GUNYAH_TEST_RACES_H */
