// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: state of the VMs, for administrators
 *
 * Read only, and described in Documentation/ABI/testing/debugfs-gunyah. The
 * files that tell why a VM hangs are read without the VM's lock.
 */

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "debugfs.h"
#include "function.h"
#include "paging.h"
#include "parcel.h"
#include "region.h"
#include "vm.h"

static struct dentry *debugfs_root;

static const char *const debugfs_states[] = {
	[GH_VM_STATE_NEW]	= "new",
	[GH_VM_STATE_STARTING]	= "starting",
	[GH_VM_STATE_RUNNING]	= "running",
	[GH_VM_STATE_EXITED]	= "exited",
	[GH_VM_STATE_FAILED]	= "failed",
};

static int state_show(struct seq_file *file, void *unused)
{
	struct gunyah_vm *vm = file->private;
	struct gh_vm_status status;

	gunyah_vm_status(vm, &status);
	seq_printf(file, "state: %s\n", debugfs_states[status.state]);
	seq_printf(file, "vmid: %u\n", status.vmid);
	seq_printf(file, "rm_state: %u\n", READ_ONCE(vm->rm_state));
	seq_printf(file, "start_step: %u\n", status.start_step);
	if (status.state == GH_VM_STATE_FAILED) {
		seq_printf(file, "start_errno: %u\n", status.start_errno);
		seq_printf(file, "rm_error: 0x%x\n", status.rm_error);
	}
	if (status.state == GH_VM_STATE_EXITED)
		seq_printf(file, "exit_type: %u\n", status.exit_type);
	seq_printf(file, "users: %u\n", refcount_read(&vm->users));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static void regions_show_one(struct seq_file *file,
			     const struct gunyah_mem_region *region)
{
	const struct gunyah_parcel *parcel = region->parcel;

	seq_printf(file, "label=%u gpa=0x%llx size=0x%llx flags=0x%x charged=%lu",
		   region->label, region->gpa, region->size, region->flags,
		   gunyah_region_charged(region));
	seq_printf(file, " runs=%llu",
		   parcel ? parcel->runs->num_runs : region->runs.num_runs);
	if (region->paged)
		seq_printf(file, " paged=%lu",
			   READ_ONCE(region->paged->num_out));
	if (parcel && parcel->rm.state == GUNYAH_RM_MEM_LOST)
		seq_puts(file, " lost");
	else if (parcel && parcel->rm.state != GUNYAH_RM_MEM_OURS)
		seq_printf(file, " parcel=0x%x", parcel->rm.handle);
	seq_putc(file, '\n');
}

static int regions_show(struct seq_file *file, void *unused)
{
	struct gunyah_vm *vm = file->private;
	struct gunyah_mem_region *region;

	scoped_cond_guard(mutex_intr, return -EINTR, &vm->lock)
		list_for_each_entry(region, &vm->regions, list)
			regions_show_one(file, region);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regions);

static int functions_show(struct seq_file *file, void *unused)
{
	struct gunyah_vm *vm = file->private;
	struct gunyah_function *fn;

	scoped_cond_guard(mutex_intr, return -EINTR, &vm->lock)
		list_for_each_entry(fn, &vm->functions, list)
			fn->ops->show(fn, file);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(functions);

static int rpc_show(struct seq_file *file, void *unused)
{
	struct gunyah_vm *vm = file->private;

	seq_printf(file, "calls: %llu\n", READ_ONCE(vm->rm.calls));
	seq_printf(file, "refused: %llu\n", READ_ONCE(vm->rm.refused));
	seq_printf(file, "failed: %llu\n", READ_ONCE(vm->rm.failed));
	seq_printf(file, "last_error: 0x%x\n", READ_ONCE(vm->rm.error));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rpc);

/**
 * gunyah_debugfs_add_vm() - create the directory of a VM
 * @vm: the VM, just created
 *
 * It is removed when the firmware has released everything of the VM.
 *
 * Context: Process context of its creator.
 */
void gunyah_debugfs_add_vm(struct gunyah_vm *vm)
{
	static atomic_t count;
	struct dentry *dir;
	char name[32];

	snprintf(name, sizeof(name), "%d-%u", task_tgid_nr(current),
		 (unsigned int)atomic_inc_return(&count));
	dir = debugfs_create_dir(name, debugfs_root);
	debugfs_create_file("state", 0400, dir, vm, &state_fops);
	debugfs_create_file("regions", 0400, dir, vm, &regions_fops);
	debugfs_create_file("functions", 0400, dir, vm, &functions_fops);
	debugfs_create_file("rpc", 0400, dir, vm, &rpc_fops);
	vm->debugfs = dir;
}

/**
 * gunyah_debugfs_init() - create the driver's directory
 *
 * Context: Module initialisation.
 */
void gunyah_debugfs_init(void)
{
	debugfs_root = debugfs_create_dir("gunyah", NULL);
}

/**
 * gunyah_debugfs_exit() - remove the driver's directory, which is empty
 *
 * Context: Module exit.
 */
void gunyah_debugfs_exit(void)
{
	debugfs_remove(debugfs_root);
}
