// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file descriptors of /dev/gunyah and of a VM
 */

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "boot.h"
#include "debugfs.h"
#include "firmware.h"
#include "function.h"
#include "host.h"
#include "ioctl.h"
#include "ioeventfd.h"
#include "irqfd.h"
#include "memfile.h"
#include "paging.h"
#include "region.h"
#include "vm.h"
#include "vm_fd.h"
#include "vm_life.h"
#include "vm_mem.h"

#define STOP_FLAGS		GH_VM_STOP_FORCE

/* Size of the first version of struct gh_vm_status */
#define VM_STATUS_SIZE_VER0	offsetof(struct gh_vm_status, start_reason)

/* No number is assigned to a capability */
static long ioctl_check_extension(struct file *file, unsigned long arg)
{
	return 0;
}

/*
 * The VM's file descriptor
 */

static long vm_ioctl_set_mem(struct file *file, void *arg)
{
	const struct gh_userspace_memory_region *region = arg;
	struct gunyah_vm *vm = file->private_data;

	if (!region->memory_size)
		return gunyah_vm_remove_mem(vm, region->label);
	return gunyah_vm_add_mem(vm, region);
}

static long vm_ioctl_lend_mem(struct file *file, void *arg)
{
	struct gh_userspace_memory_region *region = arg;

	if (!region->memory_size)
		return -EINVAL;
	region->flags |= GH_MEM_LENT;
	return gunyah_vm_add_mem(file->private_data, region);
}

static long vm_ioctl_set_dtb(struct file *file, void *arg)
{
	return gunyah_vm_set_dtb(file->private_data, arg);
}

static long vm_ioctl_set_firmware(struct file *file, void *arg)
{
	return gunyah_firmware_set(file->private_data, arg);
}

static long vm_ioctl_start(struct file *file, unsigned long arg)
{
	return gunyah_vm_start(file->private_data);
}

static long vm_ioctl_set_boot_context(struct file *file, void *arg)
{
	return gunyah_boot_set(file->private_data, arg);
}

static long vm_ioctl_stop(struct file *file, void *arg)
{
	const struct gh_vm_stop *stop = arg;

	if (stop->flags & ~STOP_FLAGS || stop->padding)
		return -EINVAL;
	return gunyah_vm_stop(file->private_data,
			      stop->flags & GH_VM_STOP_FORCE);
}

static long vm_ioctl_status(struct file *file, void *arg)
{
	gunyah_vm_fetch_crash(file->private_data);
	gunyah_vm_status(file->private_data, arg);
	return 0;
}

static long vm_ioctl_reclaim_mem(struct file *file, void *arg)
{
	const struct gh_vm_reclaim *reclaim = arg;

	return gunyah_paging_reclaim(file->private_data,
				     reclaim->guest_phys_addr, reclaim->size);
}

static long vm_ioctl_get_region(struct file *file, void *arg)
{
	return gunyah_vm_get_region(file->private_data, arg);
}

static const struct gunyah_function_ops *
vm_get_function(const struct gh_fn_desc *desc, u8 *buf)
{
	const struct gunyah_function_ops *ops;
	int ret;

	if (desc->arg_size > GH_FN_MAX_ARG_SIZE)
		return ERR_PTR(-EINVAL);
	ops = gunyah_function_type(desc->type);
	if (!ops)
		return ERR_PTR(-ENOENT);
	if (desc->arg_size < ops->min_size)
		return ERR_PTR(-EINVAL);
	ret = copy_struct_from_user(buf, ops->arg_size,
				    u64_to_user_ptr(desc->arg),
				    desc->arg_size);
	return ret ? ERR_PTR(ret) : ops;
}

static long vm_ioctl_add_function(struct file *file, void *arg)
{
	u8 buf[GH_FN_MAX_ARG_SIZE] __aligned(8);
	const struct gunyah_function_ops *ops = vm_get_function(arg, buf);

	if (IS_ERR(ops))
		return PTR_ERR(ops);
	return gunyah_function_add(file->private_data, ops, buf);
}

static long vm_ioctl_remove_function(struct file *file, void *arg)
{
	u8 buf[GH_FN_MAX_ARG_SIZE] __aligned(8);
	const struct gunyah_function_ops *ops = vm_get_function(arg, buf);

	if (IS_ERR(ops))
		return PTR_ERR(ops);
	return gunyah_function_remove(file->private_data, ops, buf);
}

static const struct gunyah_ioctl vm_ioctls[] = {
	{ .cmd = GH_VM_SET_USER_MEM_REGION, .fn = vm_ioctl_set_mem },
	{ .cmd = GH_VM_SET_DTB_CONFIG, .fn = vm_ioctl_set_dtb },
	{ .cmd = GH_VM_START, .call = vm_ioctl_start },
	{ .cmd = GH_VM_ADD_FUNCTION, .fn = vm_ioctl_add_function },
	{ .cmd = GH_VM_REMOVE_FUNCTION, .fn = vm_ioctl_remove_function },
	{ .cmd = GH_VM_SET_BOOT_CONTEXT, .fn = vm_ioctl_set_boot_context },
	{ .cmd = GH_VM_ANDROID_LEND_USER_MEM, .fn = vm_ioctl_lend_mem },
	{ .cmd = GH_VM_ANDROID_SET_FW_CONFIG, .fn = vm_ioctl_set_firmware },
	{ .cmd = GH_VM_ANDROID_RECLAIM_MEM, .fn = vm_ioctl_reclaim_mem },
	{ .cmd = GH_ANDROID_CHECK_EXTENSION, .call = ioctl_check_extension },
	{
		.cmd = GH_VM_GET_STATUS,
		.fn = vm_ioctl_status,
		.min_size = VM_STATUS_SIZE_VER0,
	},
	{
		.cmd = GH_VM_STOP,
		.fn = vm_ioctl_stop,
		.min_size = sizeof(struct gh_vm_stop),
	},
	{
		.cmd = GH_VM_GET_REGION,
		.fn = vm_ioctl_get_region,
		.min_size = sizeof(struct gh_vm_region),
	},
	{
		.cmd = GH_VM_RECLAIM_MEM,
		.fn = vm_ioctl_reclaim_mem,
		.min_size = sizeof(struct gh_vm_reclaim),
	},
};

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return gunyah_ioctl_dispatch(vm_ioctls, ARRAY_SIZE(vm_ioctls), file,
				     cmd, arg);
}

static __poll_t vm_poll(struct file *file, poll_table *wait)
{
	struct gunyah_vm *vm = file->private_data;
	u32 state;

	poll_wait(file, &vm->wait, wait);
	state = gunyah_vm_state(vm);
	if (state == GH_VM_STATE_EXITED || state == GH_VM_STATE_FAILED)
		return EPOLLIN | EPOLLHUP;
	return 0;
}

static int vm_release(struct inode *inode, struct file *file)
{
	struct gunyah_vm *vm = file->private_data;

	gunyah_vm_unuse(vm);
	gunyah_vm_put(vm);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.release = vm_release,
	.unlocked_ioctl = vm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = vm_poll,
	.llseek = noop_llseek,
};

/*
 * /dev/gunyah
 */

static long dev_ioctl_create_vm(struct file *file, unsigned long arg)
{
	struct gunyah_host *host = file->private_data;
	struct gunyah_vm *vm;
	int fd;

	if (arg)
		return -EINVAL;

	vm = gunyah_vm_create(host);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	gunyah_debugfs_add_vm(vm);
	fd = anon_inode_getfd("gunyah-vm", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		gunyah_vm_unuse(vm);
		gunyah_vm_put(vm);
	}
	return fd;
}

static long dev_ioctl_get_info(struct file *file, void *arg)
{
	const struct gunyah_host *host = file->private_data;
	struct gh_info *info = arg;

	if (info->flags)
		return -EINVAL;

	*info = (struct gh_info) {
		.features = GH_FEATURE_MERGED_REGIONS |
			    GH_FEATURE_READ_ONLY_MEM | GH_FEATURE_CRASH_MSG |
			    GH_FEATURE_VCPU_STATS | GH_FEATURE_MEM_FILES |
			    GH_FEATURE_SHARED_IRQS | GH_FEATURE_FIRMWARE |
			    GH_FEATURE_PAGE_FAULT,
		.hyp_api = host->hyp.api,
		.page_size = PAGE_SIZE,
		.vmid = host->vmid,
		.functions = gunyah_function_types(),
		.mem_flags = host->can_page ? GUNYAH_MEM_FLAGS :
					      GUNYAH_MEM_FLAGS & ~GH_MEM_PAGED,
		.irqfd_flags = gunyah_irqfd_function.flags,
		.ioeventfd_flags = gunyah_ioeventfd_function.flags,
		.stop_flags = STOP_FLAGS,
		.mmio_sizes = 1 | 2 | 4 | 8,
		.max_arg_size = GH_FN_MAX_ARG_SIZE,
		.max_mem_size = (u64)totalram_pages() << PAGE_SHIFT,
	};
	static_assert(sizeof(info->hyp_features) == sizeof(host->hyp.flags));
	memcpy(info->hyp_features, host->hyp.flags, sizeof(host->hyp.flags));
	return 0;
}

static long dev_ioctl_create_mem(struct file *file, void *arg)
{
	const struct gh_create_mem *mem = arg;

	if (mem->flags || mem->padding ||
	    memchr_inv(mem->reserved, 0, sizeof(mem->reserved)))
		return -EINVAL;
	return gunyah_memfile_create(mem->size);
}

static const struct gunyah_ioctl dev_ioctls[] = {
	{ .cmd = GH_CREATE_VM, .call = dev_ioctl_create_vm },
	{ .cmd = GH_ANDROID_CHECK_EXTENSION, .call = ioctl_check_extension },
	{
		.cmd = GH_GET_INFO,
		.fn = dev_ioctl_get_info,
		.min_size = sizeof(struct gh_info),
	},
	{
		.cmd = GH_CREATE_MEM,
		.fn = dev_ioctl_create_mem,
		.min_size = sizeof(struct gh_create_mem),
	},
};

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return gunyah_ioctl_dispatch(dev_ioctls, ARRAY_SIZE(dev_ioctls), file,
				     cmd, arg);
}

static int dev_open(struct inode *inode, struct file *file)
{
	/* The misc core holds its lock: the device cannot go meanwhile */
	struct gunyah_host *host = container_of(file->private_data,
						struct gunyah_host, misc);

	gunyah_host_get(host);
	file->private_data = host;
	return 0;
}

static int dev_release(struct inode *inode, struct file *file)
{
	gunyah_host_put(file->private_data);
	return 0;
}

/* File operations of /dev/gunyah */
const struct file_operations gunyah_dev_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};
