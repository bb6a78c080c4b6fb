// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager's messages as functions
 *
 * Only rm_setup.c, rm_accept.c and this know the content of messages: they encode
 * requests and decode replies and notifications. They have no state.
 */

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rm_call.h"
#include "rm_wire.h"
#include "runs.h"

/**
 * gunyah_rm_client_send() - make a call and count it
 * @client: the caller
 * @msg: the call, see gunyah_rm_send_msg()
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_client_send(struct gunyah_rm_client *client,
			  struct gunyah_rm_msg *msg)
{
	int ret;

	ret = gunyah_rm_send_msg(client->rm, msg);
	client->calls++;
	client->error = msg->error;
	if (msg->error)
		client->refused++;
	else if (ret)
		client->failed++;

	return ret;
}

/* A call whose reply has a body of a fixed size, or none if @buf is NULL */
static int rm_query(struct gunyah_rm_client *client, u32 msg_id,
		    const void *req, size_t req_len, void *buf, size_t buf_len)
{
	struct gunyah_rm_msg msg = {
		.msg_id = msg_id,
		.req = req,
		.req_len = req_len,
		.buf = buf,
		.buf_len = buf_len,
	};

	return gunyah_rm_client_send(client, &msg);
}

/* A call whose reply is a VMID */
static int rm_query_vmid(struct gunyah_rm_client *client, u32 msg_id,
			 const void *req, size_t req_len, u16 *vmid)
{
	struct gunyah_rm_word_resp resp;
	u32 value;
	int ret;

	ret = rm_query(client, msg_id, req, req_len, &resp, sizeof(resp));
	if (ret)
		return ret;

	/* 0 is never a VMID: in requests it stands for the caller. */
	value = le32_to_cpu(resp.value);
	if (!value || value >= GUNYAH_VMID_INVALID)
		return -EIO;
	*vmid = value;

	return 0;
}

/**
 * gunyah_rm_get_vmid() - get the VMID of the caller
 * @client: the caller
 * @vmid: set to the VMID
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_get_vmid(struct gunyah_rm_client *client, u16 *vmid)
{
	return rm_query_vmid(client, GUNYAH_RM_VM_GET_VMID_ID, NULL, 0, vmid);
}

/**
 * gunyah_rm_get_owner() - get the VMID of the caller's owner
 * @client: the caller
 * @vmid: set to the VMID; that of the resource manager for the first VM
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_get_owner(struct gunyah_rm_client *client, u16 *vmid)
{
	return rm_query_vmid(client, GUNYAH_RM_VM_GET_OWNER_ID, NULL, 0, vmid);
}

/**
 * gunyah_rm_vm_alloc() - create a VM
 * @client: the caller
 * @vmid: set to its VMID
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENODEV (no VMID is free) or another negative errno.
 */
int gunyah_rm_vm_alloc(struct gunyah_rm_client *client, u16 *vmid)
{
	struct gunyah_rm_vmid_req req = {};	/* any VMID */

	return rm_query_vmid(client, GUNYAH_RM_VM_ALLOC_ID, &req, sizeof(req),
			     vmid);
}

/**
 * gunyah_rm_vm_dealloc() - release a VM and its VMID
 * @client: the caller
 * @vmid: a VM that gunyah_rm_vm_alloc() returned; any other one crashes some
 *	resource managers
 *
 * The VM must not have been configured, or must have been reset. Its memory must
 * have been reclaimed.
 *
 * Context: Process context. May sleep.
 * Return: 0, -EBUSY (wrong state of the VM) or another negative errno.
 */
int gunyah_rm_vm_dealloc(struct gunyah_rm_client *client, u16 vmid)
{
	struct gunyah_rm_vmid_req req = { .vmid = cpu_to_le16(vmid) };

	return rm_query(client, GUNYAH_RM_VM_DEALLOC_ID, &req, sizeof(req), NULL,
			0);
}

/**
 * gunyah_rm_vm_configure() - set image and devicetree of a VM
 * @client: the caller
 * @vmid: the VM
 * @auth: how the image is authenticated, GUNYAH_RM_AUTH_...
 * @mem_handle: the parcel with image and devicetree, lent to the VM
 * @image_offset: entry point, relative to the parcel
 * @image_size: size of the image in bytes, may be 0
 * @dtb_offset: offset of the devicetree in the parcel
 * @dtb_size: room for the devicetree in bytes
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_vm_configure(struct gunyah_rm_client *client, u16 vmid, u16 auth,
			   u32 mem_handle, u64 image_offset, u64 image_size,
			   u64 dtb_offset, u64 dtb_size)
{
	struct gunyah_rm_vm_config_req req = {
		.vmid = cpu_to_le16(vmid),
		.auth = cpu_to_le16(auth),
		.mem_handle = cpu_to_le32(mem_handle),
		.image_offset = cpu_to_le64(image_offset),
		.image_size = cpu_to_le64(image_size),
		.dtb_offset = cpu_to_le64(dtb_offset),
		.dtb_size = cpu_to_le64(dtb_size),
	};

	return rm_query(client, GUNYAH_RM_VM_CONFIG_ID, &req, sizeof(req), NULL, 0);
}

/**
 * gunyah_rm_vm_init() - make the resource manager read a VM's devicetree
 * @client: the caller
 * @vmid: the VM
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_vm_init(struct gunyah_rm_client *client, u16 vmid)
{
	struct gunyah_rm_vmid_req req = { .vmid = cpu_to_le16(vmid) };

	return rm_query(client, GUNYAH_RM_VM_INIT_ID, &req, sizeof(req), NULL, 0);
}

/**
 * gunyah_rm_vm_set_boot_context() - set a register of a VM that was initialised
 * @client: the caller
 * @vmid: the VM
 * @set: set of registers, see &struct gunyah_rm_boot_context_req
 * @index: index of the register in the set
 * @value: initial value of the register, in the vCPU that boots
 *
 * Context: Process context. May sleep.
 * Return: 0, -EOPNOTSUPP (the resource manager does not have this message) or
 * another negative errno.
 */
int gunyah_rm_vm_set_boot_context(struct gunyah_rm_client *client, u16 vmid,
				  u8 set, u8 index, u64 value)
{
	struct gunyah_rm_boot_context_req req = {
		.vmid = cpu_to_le16(vmid),
		.set = set,
		.index = index,
		.value = cpu_to_le64(value),
	};

	return rm_query(client, GUNYAH_RM_VM_SET_BOOT_CONTEXT_ID, &req,
			sizeof(req), NULL, 0);
}

/**
 * gunyah_rm_vm_start() - start a VM that was initialised
 * @client: the caller
 * @vmid: the VM
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_vm_start(struct gunyah_rm_client *client, u16 vmid)
{
	struct gunyah_rm_vmid_req req = { .vmid = cpu_to_le16(vmid) };

	return rm_query(client, GUNYAH_RM_VM_START_ID, &req, sizeof(req), NULL, 0);
}

/**
 * gunyah_rm_vm_stop() - stop a running VM
 * @client: the caller
 * @vmid: the VM
 * @force: true: stop the VM at once; the notification of its end arrives before
 *	this returns. false: only ask the VM to shut down.
 *
 * Context: Process context. May sleep.
 * Return: 0, -EBUSY (it does not run) or another negative errno.
 */
int gunyah_rm_vm_stop(struct gunyah_rm_client *client, u16 vmid, bool force)
{
	struct gunyah_rm_vm_stop_req req = {
		.vmid = cpu_to_le16(vmid),
		.flags = force ? GUNYAH_RM_STOP_FORCE : 0,
		.reason = cpu_to_le32(GUNYAH_RM_STOP_REASON),
	};

	return rm_query(client, GUNYAH_RM_VM_STOP_ID, &req, sizeof(req), NULL, 0);
}

/**
 * gunyah_rm_vm_reset() - begin to reset a VM that has ended
 * @client: the caller
 * @vmid: a VM that was configured; any other one crashes some resource managers
 *
 * The reset is complete when the VM is in state GUNYAH_RM_VM_STATE_RESET, which
 * the resource manager reports by GUNYAH_RM_NOTIFY_VM_STATUS.
 *
 * Context: Process context. May sleep.
 * Return: 0 (it has begun), -EBUSY (wrong state of the VM) or another negative
 * errno.
 */
int gunyah_rm_vm_reset(struct gunyah_rm_client *client, u16 vmid)
{
	struct gunyah_rm_vmid_req req = { .vmid = cpu_to_le16(vmid) };

	return rm_query(client, GUNYAH_RM_VM_RESET_ID, &req, sizeof(req), NULL, 0);
}

/**
 * gunyah_rm_vm_get_state() - get the state of a VM
 * @client: the caller
 * @vmid: the VM
 * @state: set to an &enum gunyah_rm_vm_state, or to an unknown state
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_vm_get_state(struct gunyah_rm_client *client, u16 vmid, u8 *state)
{
	struct gunyah_rm_vmid_req req = { .vmid = cpu_to_le16(vmid) };
	struct gunyah_rm_vm_state_resp resp;
	int ret;

	ret = rm_query(client, GUNYAH_RM_VM_GET_STATE_ID, &req, sizeof(req), &resp,
		       sizeof(resp));
	if (!ret)
		*state = resp.vm_state;

	return ret;
}

/**
 * gunyah_rm_vm_get_crash_msg() - get the crash message of a VM
 * @client: the caller
 * @vmid: a VM that has ended and was not yet reset
 * @crash: size and text are set; a message that is too long is truncated
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_vm_get_crash_msg(struct gunyah_rm_client *client, u16 vmid,
			       struct gunyah_rm_crash_msg *crash)
{
	struct gunyah_rm_vmid_req req = { .vmid = cpu_to_le16(vmid) };
	struct gunyah_rm_msg msg = {
		.msg_id = GUNYAH_RM_VM_GET_CRASH_MSG_ID,
		.req = &req,
		.req_len = sizeof(req),
		.alloc = true,
	};
	size_t len;
	int ret;

	ret = gunyah_rm_client_send(client, &msg);
	if (ret)
		return ret;

	struct gunyah_rm_crash_resp *resp __free(kvfree) = msg.resp;

	if (msg.resp_len < sizeof(*resp))
		return -EIO;
	len = le16_to_cpu(resp->len);
	if (len > msg.resp_len - sizeof(*resp))
		return -EIO;
	crash->size = min_t(size_t, len, sizeof(crash->text));
	memcpy(crash->text, resp->text, crash->size);
	return 0;
}

static void rm_decode_resource(const struct gunyah_rm_resource_entry *entry,
			       struct gunyah_rm_resource *res)
{
	u32 virq = le32_to_cpu(entry->virq);

	*res = (struct gunyah_rm_resource) {
		.type = entry->type,
		.partner = le16_to_cpu(entry->partner),
		.label = le32_to_cpu(entry->label),
		.virq = virq == GUNYAH_RM_NO_VIRQ ? 0 : virq,
		.capid = le64_to_cpu(entry->capid),
		.base = le64_to_cpu(entry->base),
		.size = le64_to_cpu(entry->size),
	};
}

/**
 * gunyah_rm_get_hyp_resources() - get the resources of a VM
 * @client: the caller
 * @vmid: the VM, which was initialised
 * @res: set to an array, to be freed with kvfree(); NULL if there are none
 * @count: set to the number of its elements
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_get_hyp_resources(struct gunyah_rm_client *client, u16 vmid,
				struct gunyah_rm_resource **res, u32 *count)
{
	struct gunyah_rm_vmid_req req = { .vmid = cpu_to_le16(vmid) };
	struct gunyah_rm_resources_resp *resp __free(kvfree) = NULL;
	struct gunyah_rm_msg msg = {
		.msg_id = GUNYAH_RM_VM_GET_RESOURCES_ID,
		.req = &req,
		.req_len = sizeof(req),
		.alloc = true,
	};
	struct gunyah_rm_resource *array;
	size_t len;
	u32 i, n;
	int ret;

	*res = NULL;
	*count = 0;

	ret = gunyah_rm_client_send(client, &msg);
	if (ret)
		return ret;
	resp = msg.resp;
	len = msg.resp_len;

	if (len < sizeof(*resp))
		return -EIO;
	n = le32_to_cpu(resp->count);
	if (struct_size(resp, entries, n) != len)
		return -EIO;
	if (!n)
		return 0;

	array = kvcalloc(n, sizeof(*array), GFP_KERNEL);
	if (!array)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		rm_decode_resource(&resp->entries[i], &array[i]);

	*res = array;
	*count = n;

	return 0;
}

/*
 * Memory
 */

/* Room for the largest message about memory: a full create request */
#define RM_MEM_MSG_SIZE							\
	(sizeof(struct gunyah_rm_mem_create_req) +			\
	 3 * sizeof(struct gunyah_rm_list_hdr) +			\
	 2 * sizeof(struct gunyah_rm_acl_wire) +			\
	 GUNYAH_RM_MEM_MAX_ENTRIES * sizeof(struct gunyah_rm_mem_wire))
static_assert(RM_MEM_MSG_SIZE <= GUNYAH_RM_MAX_REQUEST);

/* Write a list with the next runs of @iter, of which there are @count left */
static void *rm_put_ranges(void *pos, struct gunyah_mem_run_iter *iter,
			   unsigned int count)
{
	struct gunyah_rm_mem_wire *range = gunyah_rm_put_list(pos, count);
	const struct gunyah_mem_run *run;

	for (; count; count--, range++) {
		run = gunyah_mem_run_iter_next(iter);
		range->addr = cpu_to_le64(PFN_PHYS(run->pfn));
		range->size = cpu_to_le64((u64)run->count << PAGE_SHIFT);
	}

	return range;
}

static int rm_mem_append(struct gunyah_rm_client *client, u32 handle, void *buf,
			 struct gunyah_mem_run_iter *iter, unsigned int count,
			 bool done)
{
	struct gunyah_rm_mem_handle_req *req = buf;
	void *end;

	*req = (struct gunyah_rm_mem_handle_req) {
		.handle = cpu_to_le32(handle),
		.flags = done ? GUNYAH_RM_MEM_APPEND_DONE : 0,
	};
	end = rm_put_ranges(req + 1, iter, count);

	return rm_query(client, GUNYAH_RM_MEM_APPEND_ID, buf, end - buf, NULL, 0);
}

/* Send the first ranges. */
static int rm_mem_begin(struct gunyah_rm_client *client,
			struct gunyah_rm_mem_parcel *parcel, void *buf,
			struct gunyah_mem_run_iter *iter, unsigned int count,
			bool done)
{
	struct gunyah_rm_mem_create_req *req = buf;
	struct gunyah_rm_acl_wire *acl;
	struct gunyah_rm_word_resp resp;
	struct gunyah_rm_msg msg = {
		.msg_id = parcel->kind == GUNYAH_RM_MEM_LEND ?
			  GUNYAH_RM_MEM_LEND_ID : GUNYAH_RM_MEM_SHARE_ID,
		.req = buf,
		.buf = &resp,
		.buf_len = sizeof(resp),
	};
	unsigned int i;
	void *pos;
	int ret;

	*req = (struct gunyah_rm_mem_create_req) {
		.type = GUNYAH_RM_MEM_TYPE_NORMAL,
		.flags = done ? 0 : GUNYAH_RM_MEM_CREATE_APPEND,
		.label = cpu_to_le32(parcel->label),
	};

	acl = gunyah_rm_put_list(req + 1, parcel->n_acl);
	for (i = 0; i < parcel->n_acl; i++, acl++)
		*acl = (struct gunyah_rm_acl_wire) {
			.vmid = cpu_to_le16(parcel->acl[i].vmid),
			.perms = parcel->acl[i].perms,
		};

	pos = rm_put_ranges(acl, iter, count);
	/* No attributes, but the list must be there. */
	pos = gunyah_rm_put_list(pos, 0);

	msg.req_len = pos - buf;
	ret = gunyah_rm_client_send(client, &msg);
	if (msg.lost)
		parcel->state = GUNYAH_RM_MEM_LOST;
	if (ret)
		return ret;

	parcel->handle = le32_to_cpu(resp.value);
	parcel->state = GUNYAH_RM_MEM_CREATED;

	return 0;
}

/**
 * gunyah_rm_mem_create() - lend or share memory
 * @client: who calls the resource manager
 * @parcel: what to do with it; @parcel->state and @parcel->handle are set
 * @runs: the memory, not empty
 *
 * A list that is too long for one message is sent with several. If one of these
 * fails, the parcel exists but is of no use: the caller has to reclaim it.
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno. In any case @parcel->state tells who has the
 * memory.
 */
int gunyah_rm_mem_create(struct gunyah_rm_client *client,
			 struct gunyah_rm_mem_parcel *parcel,
			 const struct gunyah_mem_runs *runs)
{
	struct gunyah_mem_run_iter iter;
	u64 left = runs->num_runs;
	unsigned int count;
	int ret;

	parcel->handle = 0;
	parcel->state = GUNYAH_RM_MEM_OURS;

	if (!left || !parcel->n_acl || parcel->n_acl > ARRAY_SIZE(parcel->acl))
		return -EINVAL;

	void *buf __free(kvfree) = kvmalloc(RM_MEM_MSG_SIZE, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;

	gunyah_mem_run_iter_init(&iter, runs);
	count = min_t(u64, left, GUNYAH_RM_MEM_MAX_ENTRIES);
	left -= count;
	ret = rm_mem_begin(client, parcel, buf, &iter, count, !left);

	while (!ret && left) {
		count = min_t(u64, left, GUNYAH_RM_MEM_MAX_ENTRIES);
		left -= count;
		ret = rm_mem_append(client, parcel->handle, buf, &iter, count,
				    !left);
	}
	return ret;
}

/**
 * gunyah_rm_mem_notify_shared() - tell a running VM of memory that it can accept
 * @client: who calls the resource manager
 * @handle: the parcel, from gunyah_rm_mem_create()
 * @vmid: the VM
 * @tag: passed on to the VM
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_mem_notify_shared(struct gunyah_rm_client *client, u32 handle,
				u16 vmid, u32 tag)
{
	struct gunyah_rm_mem_notify_req req = {
		.handle = cpu_to_le32(handle),
		.flags = GUNYAH_RM_MEM_NOTIFY_SHARED,
		.tag = cpu_to_le32(tag),
		.vmids.count = cpu_to_le16(1),
		.vmid.vmid = cpu_to_le16(vmid),
	};

	return rm_query(client, GUNYAH_RM_MEM_NOTIFY_ID, &req, sizeof(req), NULL,
			0);
}

/**
 * gunyah_rm_mem_reclaim() - take memory back
 * @client: who calls the resource manager
 * @parcel: the parcel, in GUNYAH_RM_MEM_CREATED or GUNYAH_RM_MEM_RECLAIMING;
 *	@parcel->state is set
 * @sanitize: have it filled with zeroes
 *
 * A resource manager that does not know the handle has given the memory back at
 * an earlier attempt whose reply was lost, or wrongly told of an error. If there
 * was no earlier attempt, nobody knows who has it.
 *
 * Context: Process context. May sleep.
 * Return: 0 if the memory is ours again; -EBUSY (a VM uses it), -EIO (it is
 * lost) or another negative errno.
 */
int gunyah_rm_mem_reclaim(struct gunyah_rm_client *client,
			  struct gunyah_rm_mem_parcel *parcel, bool sanitize)
{
	struct gunyah_rm_mem_handle_req req = {
		.handle = cpu_to_le32(parcel->handle),
		.flags = sanitize ? GUNYAH_RM_MEM_RECLAIM_SANITIZE : 0,
	};
	struct gunyah_rm_msg msg = {
		.msg_id = GUNYAH_RM_MEM_RECLAIM_ID,
		.req = &req,
		.req_len = sizeof(req),
	};
	int ret;

	ret = gunyah_rm_client_send(client, &msg);
	if (msg.error == GUNYAH_RM_ERROR_HANDLE_INVALID) {
		if (parcel->state != GUNYAH_RM_MEM_RECLAIMING) {
			parcel->state = GUNYAH_RM_MEM_LOST;
			return -EIO;
		}
		ret = 0;
	}
	if (!ret)
		parcel->state = GUNYAH_RM_MEM_OURS;
	else if (msg.error == GUNYAH_RM_ERROR_MEM_INUSE)
		parcel->state = GUNYAH_RM_MEM_CREATED;
	else if (msg.error || msg.lost)
		parcel->state = GUNYAH_RM_MEM_RECLAIMING;
	return ret;
}

/*
 * Notifications
 */

/**
 * gunyah_rm_parse_vm_exited() - decode GUNYAH_RM_NOTIFY_VM_EXITED
 * @buf: payload of the notification, of any alignment
 * @len: its size in bytes
 * @exited: filled in
 *
 * Context: Any.
 * Return: 0, or -EINVAL (invalid payload).
 */
int gunyah_rm_parse_vm_exited(const void *buf, size_t len,
			      struct gunyah_rm_vm_exited *exited)
{
	struct gunyah_rm_vm_exited_wire wire;
	u32 size;

	if (len < sizeof(wire))
		return -EINVAL;
	memcpy(&wire, buf, sizeof(wire));

	size = le32_to_cpu(wire.reason_size);
	if (size > len - sizeof(wire))
		return -EINVAL;

	*exited = (struct gunyah_rm_vm_exited) {
		.vmid = le16_to_cpu(wire.vmid),
		.type = le16_to_cpu(wire.type),
		.reason_size = size,
	};
	memcpy(exited->reason, buf + sizeof(wire),
	       min_t(u32, size, sizeof(exited->reason)));

	return 0;
}

/**
 * gunyah_rm_parse_vm_status() - decode GUNYAH_RM_NOTIFY_VM_STATUS
 * @buf: payload of the notification, of any alignment
 * @len: its size in bytes
 * @status: filled in
 *
 * Context: Any.
 * Return: 0, or -EINVAL (invalid payload).
 */
int gunyah_rm_parse_vm_status(const void *buf, size_t len,
			      struct gunyah_rm_vm_status *status)
{
	struct gunyah_rm_vm_status_wire wire;

	if (len < sizeof(wire))
		return -EINVAL;
	memcpy(&wire, buf, sizeof(wire));

	*status = (struct gunyah_rm_vm_status) {
		.vmid = le16_to_cpu(wire.vmid),
		.vm_state = wire.vm_state,
		.os_state = wire.os_state,
		.app_status = le16_to_cpu(wire.app_status),
	};

	return 0;
}
