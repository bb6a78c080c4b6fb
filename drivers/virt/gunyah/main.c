// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module, platform device, /dev/gunyah and the VM's file descriptor
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "hypercall.h"
#include "msgq.h"
#include "private.h"

#define STOP_FLAGS		GH_VM_STOP_FORCE

/* Works of VMs: lives as long as the module, since they outlive the device */
static struct workqueue_struct *gunyah_wq;

static void host_free(struct kref *kref)
{
	struct gunyah_host *host = container_of(kref, struct gunyah_host, kref);

	gunyah_rm_put(host->rm);
	xa_destroy(&host->vms);
	fwnode_handle_put(host->irq_fwnode);
	kfree(host);
}

/**
 * gunyah_host_get() - take a reference
 * @host: the host
 *
 * Context: Any.
 */
void gunyah_host_get(struct gunyah_host *host)
{
	kref_get(&host->kref);
}

/**
 * gunyah_host_put() - drop a reference
 * @host: the host
 *
 * Context: Process context.
 */
void gunyah_host_put(struct gunyah_host *host)
{
	kref_put(&host->kref, host_free);
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

static long vm_ioctl_start(struct file *file, void *arg)
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
	gunyah_vm_status(file->private_data, arg);
	return 0;
}

static const struct gunyah_function_ops *
vm_get_function(const struct gh_fn_desc *desc, u8 *buf)
{
	const struct gunyah_function_ops *ops;

	if (desc->arg_size > GH_FN_MAX_ARG_SIZE)
		return ERR_PTR(-EINVAL);
	ops = gunyah_function_type(desc->type);
	if (!ops)
		return ERR_PTR(-ENOENT);
	if (desc->arg_size != ops->arg_size)
		return ERR_PTR(-EINVAL);
	if (copy_from_user(buf, u64_to_user_ptr(desc->arg), desc->arg_size))
		return ERR_PTR(-EFAULT);
	return ops;
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
	{ GH_VM_SET_USER_MEM_REGION, vm_ioctl_set_mem },
	{ GH_VM_SET_DTB_CONFIG, vm_ioctl_set_dtb },
	{ GH_VM_START, vm_ioctl_start },
	{ GH_VM_ADD_FUNCTION, vm_ioctl_add_function },
	{ GH_VM_REMOVE_FUNCTION, vm_ioctl_remove_function },
	{ GH_VM_SET_BOOT_CONTEXT, vm_ioctl_set_boot_context },
	{ GH_VM_ANDROID_LEND_USER_MEM, vm_ioctl_lend_mem },
	{ GH_VM_GET_STATUS, vm_ioctl_status, sizeof(struct gh_vm_status) },
	{ GH_VM_STOP, vm_ioctl_stop, sizeof(struct gh_vm_stop) },
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

static long dev_ioctl_create_vm(struct file *file, void *arg)
{
	struct gunyah_host *host = file->private_data;
	struct gunyah_vm *vm;
	int fd;

	if (*(unsigned long *)arg)
		return -EINVAL;

	vm = gunyah_vm_create(host);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
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
		.abi_version = GH_ABI_VERSION,
		.hyp_api = host->hyp.api,
		.page_size = PAGE_SIZE,
		.vmid = host->vmid,
		.functions = gunyah_function_types(),
		.mem_flags = GUNYAH_MEM_FLAGS,
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

static const struct gunyah_ioctl dev_ioctls[] = {
	{ GH_CREATE_VM, dev_ioctl_create_vm },
	{ GH_GET_INFO, dev_ioctl_get_info, sizeof(struct gh_info) },
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

/*
 * The platform device: one resource manager
 */

/* Thread of the RPC core */
static void host_notify(void *data, u32 msg_id, const void *payload, size_t len)
{
	struct gunyah_host *host = data;

	if (msg_id != GUNYAH_RM_NOTIFY_VM_SHUTDOWN) {
		gunyah_vm_notify(host, msg_id, payload, len);
		return;
	}
	/* Not about a VM of ours: we are the VM, and its owner wants it */
	pr_info("VM %u is asked to shut down\n", host->vmid);
	orderly_poweroff(true);
}

static void host_remove_misc(void *data)
{
	struct gunyah_host *host = data;

	misc_deregister(&host->misc);
	WRITE_ONCE(host->gone, true);
	gunyah_vms_give_up(host);
	flush_workqueue(host->wq);
}

static void host_remove_rm(void *data)
{
	struct gunyah_host *host = data;

	gunyah_rm_destroy(host->rm);
	gunyah_host_put(host);
}

static void host_remove_link(void *data)
{
	gunyah_msgq_destroy(data);
}

static int gunyah_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct gunyah_rm_link *link;
	struct device_node *parent;
	struct gunyah_host *host;
	struct gunyah_rm *rm;
	struct gunyah_rm_client client = {};
	struct gunyah_hyp_info hyp;
	int ret;

	ret = gunyah_hyp_probe(&hyp);
	if (ret)
		return ret;

	link = gunyah_msgq_create(pdev);
	if (IS_ERR(link))
		return PTR_ERR(link);
	ret = devm_add_action_or_reset(dev, host_remove_link, link);
	if (ret)
		return ret;

	host = kzalloc(sizeof(*host), GFP_KERNEL);
	if (!host)
		return -ENOMEM;
	kref_init(&host->kref);
	host->hyp = hyp;
	xa_init(&host->vms);
	mutex_init(&host->vmid_lock);
	mutex_init(&host->ending_lock);
	INIT_LIST_HEAD(&host->ending);
	host->wq = gunyah_wq;

	rm = gunyah_rm_create(link, NULL, host_notify, host);
	if (IS_ERR(rm)) {
		kfree(host);
		return PTR_ERR(rm);
	}
	host->rm = gunyah_rm_get(rm);
	ret = devm_add_action_or_reset(dev, host_remove_rm, host);
	if (ret)
		return ret;

	parent = of_irq_find_parent(dev->of_node);
	if (!parent)
		return dev_err_probe(dev, -ENODEV, "no interrupt controller\n");
	host->irq_fwnode = of_fwnode_handle(parent);

	/* The device appears only if somebody answers */
	client.rm = host->rm;
	ret = gunyah_rm_get_vmid(&client, &host->vmid);
	if (ret)
		return dev_err_probe(dev, ret, "no resource manager\n");

	host->misc.minor = MISC_DYNAMIC_MINOR;
	host->misc.name = "gunyah";
	host->misc.fops = &gunyah_dev_fops;
	host->misc.parent = dev;
	ret = misc_register(&host->misc);
	if (ret)
		return ret;
	ret = devm_add_action_or_reset(dev, host_remove_misc, host);
	if (ret)
		return ret;

	dev_info(dev, "hypervisor API %#llx, features %#llx, host is VM %u\n",
		 hyp.api, hyp.flags[0], host->vmid);
	return 0;
}

static const struct of_device_id gunyah_of_match[] = {
	{ .compatible = "gunyah-resource-manager" },
	{}
};
MODULE_DEVICE_TABLE(of, gunyah_of_match);

static struct platform_driver gunyah_driver = {
	.probe = gunyah_probe,
	.driver = {
		.name = "gunyah",
		.of_match_table = gunyah_of_match,
		/* VMs cannot be moved to another driver */
		.suppress_bind_attrs = true,
	},
};

/*
 * The bus code makes a platform device of the node only if the parent is a bus
 * that it knows; firmware exists whose parent node is none.
 */
static struct platform_device *gunyah_own_pdev;

static void __init gunyah_populate(void)
{
	struct platform_device *pdev;
	struct device_node *np;

	np = of_find_matching_node(NULL, gunyah_of_match);
	if (!np)
		return;
	pdev = of_find_device_by_node(np);
	if (pdev)
		put_device(&pdev->dev);
	else
		gunyah_own_pdev = of_platform_device_create(np, NULL, NULL);
	of_node_put(np);
}

static void gunyah_depopulate(void)
{
	if (gunyah_own_pdev)
		of_platform_device_destroy(&gunyah_own_pdev->dev, NULL);
}

static int __init gunyah_init(void)
{
	int ret;

	gunyah_wq = alloc_workqueue("gunyah", WQ_UNBOUND, 0);
	if (!gunyah_wq)
		return -ENOMEM;
	ret = gunyah_ioeventfd_init();
	if (ret)
		goto err_wq;
	gunyah_debugfs_init();
	gunyah_function_register(&gunyah_vcpu_function);
	gunyah_function_register(&gunyah_irqfd_function);
	gunyah_function_register(&gunyah_ioeventfd_function);
	gunyah_populate();

	ret = platform_driver_register(&gunyah_driver);
	if (ret)
		goto err_depopulate;
	return 0;

err_depopulate:
	gunyah_depopulate();
	gunyah_debugfs_exit();
	gunyah_ioeventfd_exit();
err_wq:
	destroy_workqueue(gunyah_wq);
	return ret;
}
module_init(gunyah_init);

static void __exit gunyah_exit(void)
{
	platform_driver_unregister(&gunyah_driver);
	gunyah_depopulate();
	destroy_workqueue(gunyah_wq);
	gunyah_debugfs_exit();
	gunyah_ioeventfd_exit();
}
module_exit(gunyah_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Gunyah hypervisor host driver");
