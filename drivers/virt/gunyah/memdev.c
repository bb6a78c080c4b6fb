// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of memory that this VM was given
 *
 * A parcel becomes a platform device with the memory as its resource. The driver
 * for it that is here makes a file in /dev, by which user space maps the memory.
 * Another driver can be bound instead of it, by driver_override in sysfs.
 */

#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

#include "accept.h"
#include "memdev.h"

#define MEMDEV_NAME		"gunyah-mem"

/*
 * The file in /dev. An open file keeps the module, and by that the parcel.
 */

static struct gunyah_accepted *memdev_of_file(struct file *file)
{
	return container_of(file->private_data, struct gunyah_accepted, misc);
}

static int memdev_open(struct inode *inode, struct file *file)
{
	struct gunyah_accepted *parcel = memdev_of_file(file);

	if (file->f_mode & FMODE_WRITE && !(parcel->perms & GUNYAH_RM_ACL_W))
		return -EACCES;
	return gunyah_accepted_open(parcel);
}

static int memdev_release(struct inode *inode, struct file *file)
{
	gunyah_accepted_close(memdev_of_file(file));
	return 0;
}

/* Both sides of shared memory have to map it alike: normal, write-back */
static int memdev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gunyah_accepted *parcel = memdev_of_file(file);

	/*
	 * A private mapping would copy what is written. VM_SHARED is not set if
	 * the file is open for reading only.
	 */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (!(parcel->perms & GUNYAH_RM_ACL_X)) {
		if (vma->vm_flags & VM_EXEC)
			return -EPERM;
		vm_flags_clear(vma, VM_MAYEXEC);
	}
	return vm_iomap_memory(vma, parcel->addr, parcel->size);
}

static const struct file_operations memdev_fops = {
	.owner = THIS_MODULE,
	.open = memdev_open,
	.release = memdev_release,
	.mmap = memdev_mmap,
	.llseek = noop_llseek,
};

/*
 * The driver
 */

static struct gunyah_accepted *memdev_parcel(struct device *dev)
{
	struct gunyah_accepted **parcel = dev_get_platdata(dev);

	return *parcel;
}

static void memdev_deregister(void *data)
{
	misc_deregister(data);
}

static int memdev_probe(struct platform_device *pdev)
{
	struct gunyah_accepted *parcel = memdev_parcel(&pdev->dev);
	int ret;

	parcel->misc = (struct miscdevice) {
		.minor = MISC_DYNAMIC_MINOR,
		.name = parcel->name,
		.fops = &memdev_fops,
		.parent = &pdev->dev,
		.mode = 0600,
	};
	ret = misc_register(&parcel->misc);
	if (ret)
		return ret;
	return devm_add_action_or_reset(&pdev->dev, memdev_deregister,
					&parcel->misc);
}

/* Driver of the devices that this file makes */
struct platform_driver gunyah_memdev_driver = {
	.probe = memdev_probe,
	.driver = {
		.name = MEMDEV_NAME,
	},
};

/*
 * The device
 */

static ssize_t label_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n", memdev_parcel(dev)->offer.label);
}
static DEVICE_ATTR_RO(label);

static ssize_t owner_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n", memdev_parcel(dev)->offer.owner);
}
static DEVICE_ATTR_RO(owner);

static ssize_t type_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	bool lent = memdev_parcel(dev)->offer.kind == GUNYAH_RM_MEM_LEND;

	return sysfs_emit(buf, "%s\n", lent ? "lent" : "shared");
}
static DEVICE_ATTR_RO(type);

static ssize_t access_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	u8 perms = memdev_parcel(dev)->perms;

	return sysfs_emit(buf, "%s%s%s\n", perms & GUNYAH_RM_ACL_R ? "r" : "",
			  perms & GUNYAH_RM_ACL_W ? "w" : "",
			  perms & GUNYAH_RM_ACL_X ? "x" : "");
}
static DEVICE_ATTR_RO(access);

static ssize_t size_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%llu\n", memdev_parcel(dev)->size);
}
static DEVICE_ATTR_RO(size);

static ssize_t release_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	bool release;
	int ret;

	ret = kstrtobool(buf, &release);
	if (ret)
		return ret;
	if (!release)
		return -EINVAL;
	ret = gunyah_accepted_release(memdev_parcel(dev));
	return ret ?: count;
}
static DEVICE_ATTR_WO(release);

static struct attribute *memdev_attrs[] = {
	&dev_attr_label.attr,
	&dev_attr_owner.attr,
	&dev_attr_type.attr,
	&dev_attr_access.attr,
	&dev_attr_size.attr,
	&dev_attr_release.attr,
	NULL
};
ATTRIBUTE_GROUPS(memdev);

/**
 * gunyah_memdev_add() - make a device of a parcel
 * @parcel: parcel that was accepted
 *
 * Context: Worker, may sleep.
 * Return: 0, -EBUSY (the address is in use), -EINVAL (it is not a multiple of the
 * page size), -EFBIG (it is too high for this kernel), -ENOMEM, or another
 * negative errno.
 */
int gunyah_memdev_add(struct gunyah_accepted *parcel)
{
	struct resource res = {
		.start = parcel->addr,
		.end = parcel->addr + parcel->size - 1,
		.name = parcel->name,
		.flags = IORESOURCE_MEM,
	};
	struct platform_device *pdev;
	int ret;

	if (res.start != parcel->addr ||
	    res.end - res.start != parcel->size - 1)
		return -EFBIG;
	/* The resource manager has pages of 4 KiB, whatever ours are */
	if (!PAGE_ALIGNED(parcel->addr) || !PAGE_ALIGNED(parcel->size))
		return -EINVAL;
	/* Inserting a resource does not mind one within */
	if (region_intersects(parcel->addr, parcel->size, IORESOURCE_MEM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return -EBUSY;
	/* Labels are no numbers for platform devices, for which -1 is special */
	pdev = platform_device_alloc(MEMDEV_NAME, PLATFORM_DEVID_AUTO);
	if (!pdev)
		return -ENOMEM;
	snprintf(parcel->name, sizeof(parcel->name), MEMDEV_NAME "-%u",
		 parcel->offer.label);
	pdev->dev.parent = parcel->accept->dev;
	pdev->dev.groups = memdev_groups;
	ret = platform_device_add_resources(pdev, &res, 1);
	if (!ret)
		ret = platform_device_add_data(pdev, &parcel, sizeof(parcel));
	if (!ret)
		ret = platform_device_add(pdev);
	if (ret) {
		platform_device_put(pdev);
		return ret;
	}
	parcel->pdev = pdev;
	return 0;
}

/**
 * gunyah_memdev_remove() - remove the device of a parcel
 * @parcel: the parcel
 *
 * Whatever driver uses the memory is unbound first.
 *
 * Context: Worker, may sleep.
 */
void gunyah_memdev_remove(struct gunyah_accepted *parcel)
{
	if (parcel->pdev)
		platform_device_unregister(parcel->pdev);
	parcel->pdev = NULL;
}
