// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages about a VM between its configuration and its start that only some
 * VMs need, and only some resource managers know
 */

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include "rm_call.h"
#include "rm_wire.h"

/* A call whose reply is an error code */
static int rm_set(struct gunyah_rm_client *client, u32 msg_id, const void *req,
		  size_t len)
{
	struct gunyah_rm_msg msg = {
		.msg_id = msg_id,
		.req = req,
		.req_len = len,
	};

	return gunyah_rm_client_send(client, &msg);
}

/**
 * gunyah_rm_vm_set_firmware_mem() - set where the firmware of a protected VM goes
 * @client: the caller
 * @vmid: a VM that was configured as GUNYAH_RM_AUTH_ANDROID, and not initialised
 * @mem_handle: the parcel, lent to the VM
 * @offset: offset of the firmware in the parcel
 * @size: room for it in bytes
 *
 * Context: Process context. May sleep.
 * Return: 0, -EPERM (there is no firmware for protected VMs) or another negative
 * errno.
 */
int gunyah_rm_vm_set_firmware_mem(struct gunyah_rm_client *client, u16 vmid,
				  u32 mem_handle, u64 offset, u64 size)
{
	struct gunyah_rm_firmware_mem_req req = {
		.vmid = cpu_to_le16(vmid),
		.mem_handle = cpu_to_le32(mem_handle),
		.offset = cpu_to_le64(offset),
		.size = cpu_to_le64(size),
	};

	return rm_set(client, GUNYAH_RM_VM_SET_FIRMWARE_MEM_ID, &req,
		      sizeof(req));
}

/**
 * gunyah_rm_can_page() - find out whether VMs can be paged
 * @client: the caller
 *
 * Asks for it, for a VM that cannot exist: the kind of the refusal tells.
 *
 * Context: Process context. May sleep.
 * Return: true if the resource manager knows the ranges that are paged.
 */
bool gunyah_rm_can_page(struct gunyah_rm_client *client)
{
	struct gunyah_rm_paging_req req = {
		.vmid = cpu_to_le16(GUNYAH_VMID_INVALID),
	};
	int ret;

	ret = rm_set(client, GUNYAH_RM_VM_SET_PAGING_ID, &req, sizeof(req));
	return ret != -EOPNOTSUPP && client->error;
}

static_assert(sizeof(struct gunyah_rm_paging_req) + GUNYAH_RM_MAX_RANGES *
	      sizeof(struct gunyah_rm_range_wire) <= GUNYAH_RM_MAX_REQUEST);

/**
 * gunyah_rm_vm_set_paging() - have accesses to ranges wait for the owner
 * @client: the caller
 * @vmid: a VM that was configured and not initialised
 * @ranges: the ranges, of whole pages, in ascending order
 * @count: number of them, not 0
 *
 * Context: Process context. May sleep.
 * Return: 0, -EOPNOTSUPP (the resource manager does not have this message),
 * -EINVAL (also: more ranges than fit into a message), or another negative errno.
 */
int gunyah_rm_vm_set_paging(struct gunyah_rm_client *client, u16 vmid,
			    const struct gunyah_rm_range *ranges, u32 count)
{
	struct gunyah_rm_paging_req *req __free(kvfree) = NULL;
	size_t len = struct_size(req, ranges, count);
	u32 i;

	if (count > GUNYAH_RM_MAX_RANGES)
		return -EINVAL;
	req = kvzalloc(len, GFP_KERNEL);
	if (!req)
		return -ENOMEM;
	req->vmid = cpu_to_le16(vmid);
	req->count = cpu_to_le32(count);
	for (i = 0; i < count; i++) {
		req->ranges[i].addr = cpu_to_le64(ranges[i].addr);
		req->ranges[i].size = cpu_to_le64(ranges[i].size);
	}
	return rm_set(client, GUNYAH_RM_VM_SET_PAGING_ID, req, len);
}

/**
 * gunyah_rm_vm_set_address_layout() - set the address of a parcel in a VM
 * @client: the caller
 * @vmid: a VM that was configured and not initialised
 * @range: which parcel, GUNYAH_RM_RANGE_...
 * @base: guest physical address
 * @size: size of the parcel in bytes
 *
 * Context: Process context. May sleep.
 * Return: 0, -EOPNOTSUPP (the resource manager does not have this message: the
 * VM's devicetree has the address) or another negative errno.
 */
int gunyah_rm_vm_set_address_layout(struct gunyah_rm_client *client, u16 vmid,
				    u32 range, u64 base, u64 size)
{
	struct gunyah_rm_address_layout_req req = {
		.vmid = cpu_to_le16(vmid),
		.range = cpu_to_le32(range),
		.base = cpu_to_le64(base),
		.size = cpu_to_le64(size),
	};

	return rm_set(client, GUNYAH_RM_VM_SET_ADDRESS_LAYOUT_ID, &req,
		      sizeof(req));
}

/**
 * gunyah_rm_vm_set_time_base() - set the real-time clock of a VM
 * @client: the caller
 * @vmid: a VM that was initialised and not started
 * @time: time in nanoseconds ...
 * @counter: ... when the system counter had this value
 *
 * Context: Process context. May sleep.
 * Return: 0, -EOPNOTSUPP (the resource manager does not have this message),
 * -EINVAL (the VM has no such clock) or another negative errno.
 */
int gunyah_rm_vm_set_time_base(struct gunyah_rm_client *client, u16 vmid,
			       u64 time, u64 counter)
{
	struct gunyah_rm_time_base_req req = {
		.vmid = cpu_to_le16(vmid),
		.time = cpu_to_le64(time),
		.counter = cpu_to_le64(counter),
	};

	return rm_set(client, GUNYAH_RM_VM_SET_TIME_BASE_ID, &req,
		      sizeof(req));
}
