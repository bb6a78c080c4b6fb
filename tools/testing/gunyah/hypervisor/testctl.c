// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test control window, see gunyah_testctl.h
 */
#include "gunyah_testctl.h"
#include "hyp.h"

/* Registers that are just a variable, writable or not */
static const struct {
	u16 offset;
	bool writable;
	u64 *var;
} vars[] = {
	{ GH_TESTCTL_PAGES_LENT, false, &hyp.stats.pages_lent },
	{ GH_TESTCTL_PAGES_SHARED, false, &hyp.stats.pages_shared },
	{ GH_TESTCTL_PAGES_ASSIGNED, false, &hyp.stats.pages_assigned },
	{ GH_TESTCTL_PAGES_DONATED, false, &hyp.stats.pages_donated },
	{ GH_TESTCTL_PAGES_MAPPED, false, &hyp.stats.pages_mapped },
	{ GH_TESTCTL_S2_TABLES, false, &hyp.stats.s2_tables },
	{ GH_TESTCTL_VIRQS, false, &hyp.stats.virqs },
	{ GH_TESTCTL_VMS, false, &hyp.stats.vms },
	{ GH_TESTCTL_HYPERCALLS, false, &hyp.stats.hypercalls },
	{ GH_TESTCTL_VCPU_RUNS, false, &hyp.stats.vcpu_runs },
	{ GH_TESTCTL_HOST_ABORTS, false, &hyp.stats.host_aborts },
	{ GH_TESTCTL_BELL_SENDS, false, &hyp.stats.bell_sends },
	{ GH_TESTCTL_BELL_MASKS, false, &hyp.stats.bell_masks },
	{ GH_TESTCTL_RACES_BUSY, false, &hyp.races.count[RACE_BUSY] },
	{ GH_TESTCTL_RACES_LOST_HALT, false,
	  &hyp.races.count[RACE_LOST_HALT] },
	{ GH_TESTCTL_RACES_LATE_EXIT, false,
	  &hyp.races.count[RACE_LATE_EXIT] },
	{ GH_TESTCTL_RACES_LATE_IRQ, false, &hyp.races.count[RACE_LATE_IRQ] },
	{ GH_TESTCTL_RACES_WAKE, false, &hyp.races.count[RACE_WAKE] },
	{ GH_TESTCTL_RACES_UNWIND, false, &hyp.races.count[RACE_UNWIND] },
	{ GH_TESTCTL_HOST_IRQS, false, &hyp.stats.host_irqs },
	{ GH_TESTCTL_RM_WORK_DELAY, true, &hyp.rm_delay },
	{ GH_TESTCTL_HVC_NR, true, &hyp.quirk.hvc_nr },
	{ GH_TESTCTL_HVC_NTH, true, &hyp.quirk.hvc_nth },
	{ GH_TESTCTL_HVC_HIT, false, &hyp.quirk.hvc_hit },
	{ GH_TESTCTL_HVC_REPEAT, true, &hyp.quirk.hvc_repeat },
	{ GH_TESTCTL_HVC_THEN, true, &hyp.quirk.hvc_then },
	{ GH_TESTCTL_QUIRK_BUSY, true, &hyp.quirk.busy },
	{ GH_TESTCTL_QUIRK_LOST_HALT, true, &hyp.quirk.lost_halt },
	{ GH_TESTCTL_QUIRK_LOST_WAKE, true, &hyp.quirk.lost_wake },
	{ GH_TESTCTL_EXIT_DELAY, true, &hyp.quirk.exit_delay },
	{ GH_TESTCTL_VCPU_STATE_NTH, true, &hyp.quirk.vcpu_state_nth },
	{ GH_TESTCTL_VCPU_STATE_VALUE, true, &hyp.quirk.vcpu_state_value },
	{ GH_TESTCTL_VCPU_STATE_ADDR, true, &hyp.quirk.vcpu_state_addr },
	{ GH_TESTCTL_LOST_IRQ_NTH, true, &hyp.quirk.lost_irq_nth },
	{ GH_TESTCTL_QUIRK_EXTRA_IRQS, true, &hyp.quirk.extra_irqs },
	{ GH_TESTCTL_SCM_WHAT, true, &hyp.quirk.scm.what },
	{ GH_TESTCTL_SCM_NTH, true, &hyp.quirk.scm.nth },
	{ GH_TESTCTL_SCM_REPEAT, true, &hyp.quirk.scm.repeat },
	{ GH_TESTCTL_SCM_CODE, true, &hyp.quirk.scm.code },
	{ GH_TESTCTL_SCM_HITS, false, &hyp.quirk.scm.hits },
	{ GH_TESTCTL_SCM_ASSIGNS, false, &hyp.stats.assigns },
	{ GH_TESTCTL_QUIRK_FAULT_MMIO, true, &hyp.quirk.fault_mmio },
	{ GH_TESTCTL_S2_LIMIT, true, &hyp.quirk.s2_limit },
};

static struct rm_fault fault;

static u64 host_sgis(void)
{
	u64 sum = 0;

	for (u32 i = 0; i < hyp.num_cpus; i++)
		sum += hyp.cpus[i].host_sgis;
	return sum;
}

static u64 *find_var(u64 offset, bool write)
{
	u64 nr = (offset - GH_TESTCTL_HVC_COUNT(0)) / 8;
	u32 i;

	if (offset >= GH_TESTCTL_HVC_COUNT(0) && nr < NR_HYPERCALLS)
		return write ? NULL : &hyp.stats.by_number[nr];
	for (i = 0; i < ARRAY_SIZE(vars); i++) {
		if (vars[i].offset == offset)
			return write && !vars[i].writable ? NULL : vars[i].var;
	}
	return NULL;
}

static bool read_stats(u64 offset, u64 *val)
{
	struct rm_stats stats;

	rm_get_stats(hyp.rm, &stats);
	switch (offset) {
	case GH_TESTCTL_VMIDS:
		*val = stats.vmids;
		return true;
	case GH_TESTCTL_PARCELS:
		*val = stats.parcels;
		return true;
	case GH_TESTCTL_ENTRIES:
		*val = stats.entries;
		return true;
	case GH_TESTCTL_RM_REQUESTS:
		*val = stats.requests;
		return true;
	case GH_TESTCTL_RM_NOTIFICATIONS:
		*val = stats.notifications;
		return true;
	case GH_TESTCTL_RM_DEAD:
		*val = stats.dead;
		return true;
	case GH_TESTCTL_FAULT_HIT:
		*val = stats.hit;
		return true;
	}
	return false;
}

static bool read_plan(u64 offset, u64 *val)
{
	switch (offset) {
	case GH_TESTCTL_FAULT_MSG_ID:
		*val = fault.msg_id;
		return true;
	case GH_TESTCTL_FAULT_NTH:
		*val = fault.nth;
		return true;
	case GH_TESTCTL_FAULT_REPEAT:
		*val = fault.repeat;
		return true;
	case GH_TESTCTL_FAULT_ARG:
		*val = fault.arg;
		return true;
	case GH_TESTCTL_FAULT_ACTION:
		*val = fault.action;
		return true;
	case GH_TESTCTL_HVC_ERROR:
		*val = hyp.quirk.hvc_error;
		return true;
	case GH_TESTCTL_INFO_FAULT:
		*val = hyp.info_fault;
		return true;
	case GH_TESTCTL_QUIRK_LOST_RESET:
		*val = hyp.quirk.lost_reset;
		return true;
	case GH_TESTCTL_QUIRK_FAIL_RESET:
		*val = hyp.quirk.fail_reset;
		return true;
	}
	return false;
}

/**
 * testctl_read() - load from the window
 * @offset: multiple of 8
 * @val: result
 *
 * Return: false if there is no such register.
 */
bool testctl_read(u64 offset, u64 *val)
{
	u64 *var = find_var(offset, false);

	if (var) {
		*val = *var;
		return true;
	}
	switch (offset) {
	case GH_TESTCTL_MAGIC:
		*val = GH_TESTCTL_MAGIC_VALUE;
		return true;
	case GH_TESTCTL_CAPS:
		*val = hyp.host.cspace.count;
		return true;
	case GH_TESTCTL_HOST_SGIS:
		*val = host_sgis();
		return true;
	}
	if (offset >= GH_TESTCTL_RM_SEEN(0) &&
	    offset <= GH_TESTCTL_RM_SEEN(GH_TESTCTL_RM_SEEN_MAX)) {
		*val = rm_seen(hyp.rm, (offset - GH_TESTCTL_RM_SEEN(0)) / 8);
		return true;
	}
	return read_stats(offset, val) || read_plan(offset, val);
}

/**
 * testctl_write() - store to the window
 * @offset: multiple of 8
 * @val: what
 *
 * Return: false if there is no such register that can be written.
 */
bool testctl_write(u64 offset, u64 val)
{
	u64 *var = find_var(offset, true);

	if (var) {
		*var = val;
		return true;
	}
	switch (offset) {
	case GH_TESTCTL_FAULT_MSG_ID:
		fault.msg_id = val;
		return true;
	case GH_TESTCTL_FAULT_NTH:
		fault.nth = val;
		return true;
	case GH_TESTCTL_FAULT_REPEAT:
		fault.repeat = val;
		return true;
	case GH_TESTCTL_FAULT_ARG:
		fault.arg = val;
		return true;
	case GH_TESTCTL_FAULT_ACTION:
		if (val >= RM_FAULT_ACTIONS)
			return false;
		fault.action = val;
		rm_set_fault(hyp.rm, &fault);
		return true;
	case GH_TESTCTL_HVC_ERROR:
		hyp.quirk.hvc_error = val;
		hyp.quirk.hvc_hit = GH_TESTCTL_HVC_ANY;
		return true;
	case GH_TESTCTL_RM_DEAD:
		if (!val)
			rm_glue_revive();
		return true;
	case GH_TESTCTL_RM_FORGET:
		rm_forget(hyp.rm);
		return true;
	case GH_TESTCTL_INFO_FAULT:
		if (val >= GH_INFO_FAULTS)
			return false;
		info_set_fault(val);
		return true;
	case GH_TESTCTL_QUIRK_LOST_RESET:
		hyp.quirk.lost_reset = val;
		rm_lose_reset(hyp.rm, val);
		return true;
	case GH_TESTCTL_QUIRK_FAIL_RESET:
		hyp.quirk.fail_reset = val;
		rm_fail_reset(hyp.rm, val);
		return true;
	}
	return false;
}
