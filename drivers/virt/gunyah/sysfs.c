// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs: what the firmware is, and news of VMs, for scripts
 *
 * Described in Documentation/ABI/testing/sysfs-class-misc-gunyah.
 */

#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "host.h"
#include "sysfs.h"
#include "vm.h"

static const struct gunyah_host *to_host(struct device *dev)
{
	const struct miscdevice *misc = dev_get_drvdata(dev);

	return container_of_const(misc, struct gunyah_host, misc);
}

static ssize_t api_version_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", FIELD_GET(GUNYAH_API_VERSION_MASK,
						   to_host(dev)->hyp.api));
}
static DEVICE_ATTR_RO(api_version);

static ssize_t variant_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%#llx\n", FIELD_GET(GUNYAH_API_VARIANT_MASK,
						    to_host(dev)->hyp.api));
}
static DEVICE_ATTR_RO(variant);

static ssize_t features_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	const u64 *flags = to_host(dev)->hyp.flags;

	return sysfs_emit(buf, "%#llx %#llx %#llx\n", flags[0], flags[1],
			  flags[2]);
}
static DEVICE_ATTR_RO(features);

static ssize_t vmid_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%u\n", to_host(dev)->vmid);
}
static DEVICE_ATTR_RO(vmid);

static ssize_t discovery_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%s\n", to_host(dev)->discovery);
}
static DEVICE_ATTR_RO(discovery);

static ssize_t demand_paging_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", to_host(dev)->can_page);
}
static DEVICE_ATTR_RO(demand_paging);

static struct attribute *sysfs_attrs[] = {
	&dev_attr_api_version.attr,
	&dev_attr_variant.attr,
	&dev_attr_features.attr,
	&dev_attr_vmid.attr,
	&dev_attr_discovery.attr,
	&dev_attr_demand_paging.attr,
	NULL
};

static const struct attribute_group sysfs_group = {
	.attrs = sysfs_attrs,
};

/* Attributes of the character device */
const struct attribute_group *gunyah_sysfs_groups[] = {
	&sysfs_group,
	NULL
};

/* Nobody can do anything about an event that is not delivered */
static void sysfs_tell(struct gunyah_vm *vm, const char *event,
		       const struct gunyah_rm_vm_exited *exit)
{
	struct kobj_uevent_env *env __free(kfree) =
		kzalloc(sizeof(*env), GFP_KERNEL);

	if (!env)
		return;
	add_uevent_var(env, "EVENT=%s", event);
	add_uevent_var(env, "VMID=%u", vm->announced);
	add_uevent_var(env, "PID=%d", vm->creator);
	if (exit)
		add_uevent_var(env, "EXIT_TYPE=%u", exit->type);
	kobject_uevent_env(&vm->device->kobj, KOBJ_CHANGE, env->envp);
}

/**
 * gunyah_sysfs_vm_started() - tell user space that a VM has started
 * @vm: the VM, its lock is held
 *
 * Context: Worker of the VM, may sleep.
 */
void gunyah_sysfs_vm_started(struct gunyah_vm *vm)
{
	vm->announced = vm->vmid;
	sysfs_tell(vm, "start", NULL);
}

/**
 * gunyah_sysfs_vm_ended() - tell user space that a VM has ended, once
 * @vm: the VM; it has exited, or has no user any more
 *
 * Does nothing unless gunyah_sysfs_vm_started() was called.
 *
 * Context: Worker of the VM, may sleep.
 */
void gunyah_sysfs_vm_ended(struct gunyah_vm *vm)
{
	struct gunyah_rm_vm_exited exit;

	if (vm->announced == GUNYAH_VMID_INVALID)
		return;
	sysfs_tell(vm, "end", gunyah_vm_exit_info(vm, &exit) ? &exit : NULL);
	vm->announced = GUNYAH_VMID_INVALID;
}
