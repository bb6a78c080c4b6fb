// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test control window, see gunyah_testctl.h: a file in debugfs
 *
 * A register is read and written with 8 bytes at its offset.
 */

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "mock.h"

/* Registers that are just a variable, protected by mock.lock */
static const struct {
	u16 offset;
	bool writable;
	u64 *var;
} vars[] = {
	{ GH_TESTCTL_PAGES_LENT, false, &mock.stats.pages_lent },
	{ GH_TESTCTL_PAGES_SHARED, false, &mock.stats.pages_shared },
	{ GH_TESTCTL_VIRQS, false, &mock.stats.virqs },
	{ GH_TESTCTL_VMS, false, &mock.stats.vms },
	{ GH_TESTCTL_HYPERCALLS, false, &mock.stats.hypercalls },
	{ GH_TESTCTL_VCPU_RUNS, false, &mock.stats.vcpu_runs },
	{ GH_TESTCTL_BELL_SENDS, false, &mock.stats.bell_sends },
	{ GH_TESTCTL_BELL_MASKS, false, &mock.stats.bell_masks },
	{ GH_TESTCTL_HOST_IRQS, false, &mock.stats.host_irqs },
	{ GH_TESTCTL_HVC_NR, true, &mock.quirk.hvc_nr },
	{ GH_TESTCTL_HVC_NTH, true, &mock.quirk.hvc_nth },
	{ GH_TESTCTL_HVC_HIT, false, &mock.quirk.hvc_hit },
	{ GH_TESTCTL_HVC_REPEAT, true, &mock.quirk.hvc_repeat },
	{ GH_TESTCTL_HVC_THEN, true, &mock.quirk.hvc_then },
	{ GH_TESTCTL_QUIRK_BUSY, true, &mock.quirk.busy },
	{ GH_TESTCTL_QUIRK_LOST_HALT, true, &mock.quirk.lost_halt },
	{ GH_TESTCTL_QUIRK_LOST_WAKE, true, &mock.quirk.lost_wake },
	{ GH_TESTCTL_EXIT_DELAY, true, &mock.quirk.exit_delay },
	{ GH_TESTCTL_VCPU_STATE_NTH, true, &mock.quirk.vcpu_state_nth },
	{ GH_TESTCTL_VCPU_STATE_VALUE, true, &mock.quirk.vcpu_state_value },
	{ GH_TESTCTL_LOST_IRQ_NTH, true, &mock.quirk.lost_irq_nth },
	{ GH_TESTCTL_QUIRK_EXTRA_IRQS, true, &mock.quirk.extra_irqs },
};

/* Those of hardware that the mock does not have */
static const u16 zeroes[] = {
	GH_TESTCTL_HOST_ABORTS, GH_TESTCTL_HOST_SGIS, GH_TESTCTL_RACES_BUSY,
	GH_TESTCTL_RACES_LOST_HALT, GH_TESTCTL_RACES_LATE_EXIT,
	GH_TESTCTL_RACES_LATE_IRQ, GH_TESTCTL_RACES_WAKE,
	GH_TESTCTL_RACES_UNWIND,
};

/* The fault that is being planned, protected by mock.rm_lock */
static struct rm_fault fault;

static u64 *testctl_var(u64 offset, bool write)
{
	u64 nr = (offset - GH_TESTCTL_HVC_COUNT(0)) / 8;
	unsigned int i;

	if (offset >= GH_TESTCTL_HVC_COUNT(0) && nr < GH_TESTCTL_HVC_NUMBERS)
		return write ? NULL : &mock.stats.by_number[nr];
	for (i = 0; i < ARRAY_SIZE(vars); i++)
		if (vars[i].offset == offset)
			return write && !vars[i].writable ? NULL : vars[i].var;
	return NULL;
}

static int testctl_get_rm(u64 offset, u64 *value)
{
	struct rm_stats stats;

	rm_get_stats(mock.rm, &stats);
	switch (offset) {
	case GH_TESTCTL_VMIDS:
		*value = stats.vmids;
		return 0;
	case GH_TESTCTL_PARCELS:
		*value = stats.parcels;
		return 0;
	case GH_TESTCTL_ENTRIES:
		*value = stats.entries;
		return 0;
	case GH_TESTCTL_RM_REQUESTS:
		*value = stats.requests;
		return 0;
	case GH_TESTCTL_RM_NOTIFICATIONS:
		*value = stats.notifications;
		return 0;
	case GH_TESTCTL_RM_DEAD:
		*value = stats.dead;
		return 0;
	case GH_TESTCTL_FAULT_HIT:
		*value = stats.hit;
		return 0;
	default:
		return -ENXIO;
	}
}

static int testctl_get_plan(u64 offset, u64 *value)
{
	switch (offset) {
	case GH_TESTCTL_FAULT_MSG_ID:
		*value = fault.msg_id;
		return 0;
	case GH_TESTCTL_FAULT_NTH:
		*value = fault.nth;
		return 0;
	case GH_TESTCTL_FAULT_REPEAT:
		*value = fault.repeat;
		return 0;
	case GH_TESTCTL_FAULT_ARG:
		*value = fault.arg;
		return 0;
	case GH_TESTCTL_FAULT_ACTION:
		*value = fault.action;
		return 0;
	case GH_TESTCTL_HVC_ERROR:
		*value = READ_ONCE(mock.quirk.hvc_error);
		return 0;
	case GH_TESTCTL_QUIRK_LOST_RESET:
		*value = mock.quirk.lost_reset;
		return 0;
	case GH_TESTCTL_QUIRK_FAIL_RESET:
		*value = mock.quirk.fail_reset;
		return 0;
	case GH_TESTCTL_RM_WORK_DELAY:
		*value = mock.rm_delay;
		return 0;
	default:
		return testctl_get_rm(offset, value);
	}
}

static int testctl_get(u64 offset, u64 *value)
{
	u64 *var = testctl_var(offset, false);
	unsigned int i;

	if (var) {
		guard(spinlock_irq)(&mock.lock);
		*value = *var;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(zeroes); i++) {
		if (zeroes[i] == offset) {
			*value = 0;
			return 0;
		}
	}
	if (offset >= GH_TESTCTL_RM_SEEN(0) &&
	    offset <= GH_TESTCTL_RM_SEEN(GH_TESTCTL_RM_SEEN_MAX)) {
		*value = rm_seen(mock.rm, (offset - GH_TESTCTL_RM_SEEN(0)) / 8);
		return 0;
	}
	switch (offset) {
	case GH_TESTCTL_MAGIC:
		*value = GH_TESTCTL_MAGIC_VALUE;
		return 0;
	case GH_TESTCTL_CAPS:
		*value = READ_ONCE(mock.host.num_caps);
		return 0;
	default:
		return testctl_get_plan(offset, value);
	}
}

static int testctl_set_fault(u64 offset, u64 value)
{
	switch (offset) {
	case GH_TESTCTL_FAULT_MSG_ID:
		fault.msg_id = value;
		return 0;
	case GH_TESTCTL_FAULT_NTH:
		fault.nth = value;
		return 0;
	case GH_TESTCTL_FAULT_REPEAT:
		fault.repeat = value;
		return 0;
	case GH_TESTCTL_FAULT_ARG:
		fault.arg = value;
		return 0;
	case GH_TESTCTL_FAULT_ACTION:
		if (value >= RM_FAULT_ACTIONS)
			return -EINVAL;
		fault.action = value;
		rm_set_fault(mock.rm, &fault);
		return 0;
	default:
		return -ENXIO;
	}
}

static void testctl_set_hvc_error(u64 value)
{
	guard(spinlock_irq)(&mock.lock);
	mock.quirk.hvc_error = value;
	mock.quirk.hvc_hit = GH_TESTCTL_HVC_ANY;
}

static int testctl_set(u64 offset, u64 value)
{
	u64 *var = testctl_var(offset, true);

	if (var) {
		guard(spinlock_irq)(&mock.lock);
		*var = value;
		return 0;
	}
	switch (offset) {
	case GH_TESTCTL_RM_WORK_DELAY:
		/* At most some seconds, or nothing would ever end */
		WRITE_ONCE(mock.rm_delay, min(value, 10 * USEC_PER_SEC));
		return 0;
	case GH_TESTCTL_RM_DEAD:
		if (!value)
			mock_rm_revive();
		return 0;
	case GH_TESTCTL_RM_FORGET:
		rm_forget(mock.rm);
		return 0;
	case GH_TESTCTL_HVC_ERROR:
		testctl_set_hvc_error(value);
		return 0;
	case GH_TESTCTL_QUIRK_LOST_RESET:
		mock.quirk.lost_reset = value;
		rm_lose_reset(mock.rm, value);
		return 0;
	case GH_TESTCTL_QUIRK_FAIL_RESET:
		mock.quirk.fail_reset = value;
		rm_fail_reset(mock.rm, value);
		return 0;
	default:
		return testctl_set_fault(offset, value);
	}
}

static bool testctl_bad(size_t size, loff_t pos)
{
	return size != sizeof(u64) || pos % sizeof(u64) ||
	       pos >= GH_TESTCTL_SIZE;
}

static ssize_t testctl_read(struct file *file, char __user *buf, size_t size,
			    loff_t *pos)
{
	u64 value;
	int ret;

	if (testctl_bad(size, *pos))
		return -EINVAL;
	scoped_guard(mutex, &mock.rm_lock)
		ret = testctl_get(*pos, &value);
	if (ret)
		return ret;
	return copy_to_user(buf, &value, sizeof(value)) ? -EFAULT : size;
}

static ssize_t testctl_write(struct file *file, const char __user *buf,
			     size_t size, loff_t *pos)
{
	u64 value;
	int ret;

	if (testctl_bad(size, *pos))
		return -EINVAL;
	if (copy_from_user(&value, buf, sizeof(value)))
		return -EFAULT;
	scoped_guard(mutex, &mock.rm_lock)
		ret = testctl_set(*pos, value);
	return ret ?: size;
}

static const struct file_operations testctl_fops = {
	.owner = THIS_MODULE,
	.llseek = default_llseek,
	.read = testctl_read,
	.write = testctl_write,
};

/** mock_testctl_init() - make the file */
void __init mock_testctl_init(void)
{
	debugfs_create_file("gunyah_testctl", 0600, NULL, NULL, &testctl_fops);
}
