// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah on Qualcomm platforms: the secure firmware's account of memory
 *
 * The secure firmware knows for each page which VMs own it, and with which
 * rights. Only the host can change that for its memory, and only by naming the
 * owners of now. The firmware has ids for 64 VMs; those that the resource manager
 * makes are beyond that, and are one owner together.
 */

#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/firmware/qcom/qcom_scm.h>
#include <linux/module.h>

#include "platform.h"
#include "rm_call.h"

/* The largest VMID that the secure firmware knows by itself */
#define QCOM_VMID_MAX		63
/* The owner that stands for all other VMs */
#define QCOM_VMID_MANAGED	0x3a

/**
 * struct qcom_owners - the ACL of a parcel, as the secure firmware knows it
 * @vmids: bit mask of the owners
 * @num: number of entries in @perms
 * @perms: each owner once
 */
struct qcom_owners {
	u64 vmids;
	unsigned int num;
	struct qcom_scm_vmperm perms[ARRAY_SIZE(((struct gunyah_rm_mem_parcel *)
						 NULL)->acl)];
};

static struct qcom_scm_vmperm *qcom_owner(struct qcom_owners *owners, u16 vmid)
{
	unsigned int i;

	if (vmid > QCOM_VMID_MAX)
		vmid = QCOM_VMID_MANAGED;
	for (i = 0; i < owners->num; i++)
		if (owners->perms[i].vmid == vmid)
			return &owners->perms[i];
	owners->vmids |= BIT_ULL(vmid);
	owners->perms[i].vmid = vmid;
	owners->num++;
	return &owners->perms[i];
}

static struct qcom_owners qcom_owners(const struct gunyah_rm_mem_parcel *parcel)
{
	struct qcom_owners owners = {};
	struct qcom_scm_vmperm *owner;
	unsigned int i;

	for (i = 0; i < parcel->n_acl; i++) {
		owner = qcom_owner(&owners, parcel->acl[i].vmid);
		if (parcel->acl[i].perms & GUNYAH_RM_ACL_R)
			owner->perm |= QCOM_SCM_PERM_READ;
		if (parcel->acl[i].perms & GUNYAH_RM_ACL_W)
			owner->perm |= QCOM_SCM_PERM_WRITE;
		if (parcel->acl[i].perms & GUNYAH_RM_ACL_X)
			owner->perm |= QCOM_SCM_PERM_EXEC;
	}
	return owners;
}

static bool qcom_ready(void)
{
	return qcom_scm_is_available();
}

static int qcom_assign(const struct gunyah_rm_mem_parcel *parcel,
		       phys_addr_t addr, size_t size)
{
	struct qcom_owners owners = qcom_owners(parcel);
	u64 source = BIT_ULL(QCOM_SCM_VMID_HLOS);

	return qcom_scm_assign_mem(addr, size, &source, owners.perms,
				   owners.num);
}

static int qcom_assign_back(const struct gunyah_rm_mem_parcel *parcel,
			    phys_addr_t addr, size_t size)
{
	static const struct qcom_scm_vmperm host = {
		.vmid = QCOM_SCM_VMID_HLOS,
		.perm = QCOM_SCM_PERM_RWX,
	};
	/* What qcom_scm_assign_mem() has left in its source lacks VMIDs above 31 */
	u64 source = qcom_owners(parcel).vmids;

	return qcom_scm_assign_mem(addr, size, &source, &host, 1);
}

static struct gunyah_platform_ops qcom_ops = {
	.owner = THIS_MODULE,
	.name = "qcom",
	.ready = qcom_ready,
	.assign = qcom_assign,
	.assign_back = qcom_assign_back,
};

static int __init qcom_init(void)
{
	return gunyah_platform_register(&qcom_ops);
}
module_init(qcom_init);

static void __exit qcom_exit(void)
{
	gunyah_platform_unregister(&qcom_ops);
}
module_exit(qcom_exit);

MODULE_ALIAS("gunyah-platform-qcom");
MODULE_AUTHOR("Gunyah driver developers <linux-arm-msm@vger.kernel.org>");
MODULE_IMPORT_NS(GUNYAH);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Gunyah on Qualcomm platforms");
