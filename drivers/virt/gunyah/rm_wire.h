/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wire format of the resource manager's RPC protocol
 *
 * Everything is little endian. Reserved members are sent as 0 and ignored when
 * they are received.
 */

#ifndef _GUNYAH_RM_WIRE_H
#define _GUNYAH_RM_WIRE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/*
 * Packets, see rm.c
 */

/* gunyah_rm_hdr.version: version 1, a header of two 32-bit words */
#define GUNYAH_RM_VERSION		0x21

/* gunyah_rm_hdr.type: kind of the packet, and number of continuations */
#define GUNYAH_RM_TYPE_MASK		0x03
#define GUNYAH_RM_FRAGMENTS_SHIFT	2

/**
 * enum gunyah_rm_packet_type - kind of a packet
 * @GUNYAH_RM_CONTINUATION: more payload of the current message
 * @GUNYAH_RM_REQUEST: first packet of a request
 * @GUNYAH_RM_REPLY: first packet of a reply
 * @GUNYAH_RM_NOTIFICATION: first packet of a notification
 */
enum gunyah_rm_packet_type {
	GUNYAH_RM_CONTINUATION	= 0,
	GUNYAH_RM_REQUEST	= 1,
	GUNYAH_RM_REPLY		= 2,
	GUNYAH_RM_NOTIFICATION	= 3,
};

/**
 * struct gunyah_rm_hdr - header of every packet
 * @version: GUNYAH_RM_VERSION
 * @type: GUNYAH_RM_TYPE_MASK: an &enum gunyah_rm_packet_type; above it the
 *	number of continuations of the whole message, in each of its packets
 * @seq: chosen by the sender of a request, repeated in the reply
 * @msg_id: message id
 */
struct gunyah_rm_hdr {
	u8 version;
	u8 type;
	__le16 seq;
	__le32 msg_id;
};

static_assert(sizeof(struct gunyah_rm_hdr) == 8);

#define GUNYAH_RM_PACKET_PAYLOAD	232
#define GUNYAH_RM_MAX_FRAGMENTS		62
/* Largest payload that the driver receives, and largest that it sends */
#define GUNYAH_RM_MAX_PAYLOAD \
	((GUNYAH_RM_MAX_FRAGMENTS + 1) * GUNYAH_RM_PACKET_PAYLOAD)
#define GUNYAH_RM_MAX_REQUEST \
	(GUNYAH_RM_MAX_FRAGMENTS * GUNYAH_RM_PACKET_PAYLOAD)

/**
 * enum gunyah_rm_bad_packet - why a packet was dropped
 * @GUNYAH_RM_BAD_SHORT: shorter than a header
 * @GUNYAH_RM_BAD_LONG: longer than a packet can be
 * @GUNYAH_RM_BAD_VERSION: another version of the protocol
 * @GUNYAH_RM_BAD_TYPE: a request
 * @GUNYAH_RM_BAD_FRAGMENTS: more continuations than a message can have
 * @GUNYAH_RM_BAD_STRAY: a continuation without a first packet
 * @GUNYAH_RM_BAD_CONTINUATION: a continuation of another message
 * @GUNYAH_RM_BAD_NOT_FULL: too little payload for a packet that is not the last
 * @GUNYAH_RM_BAD_UNFINISHED: a message begins before the previous one has ended
 * @GUNYAH_RM_BAD_UNMATCHED: a reply to no pending call
 * @GUNYAH_RM_BAD_REPLY: a reply that is too short to have an error code
 */
enum gunyah_rm_bad_packet {
	GUNYAH_RM_BAD_SHORT,
	GUNYAH_RM_BAD_LONG,
	GUNYAH_RM_BAD_VERSION,
	GUNYAH_RM_BAD_TYPE,
	GUNYAH_RM_BAD_FRAGMENTS,
	GUNYAH_RM_BAD_STRAY,
	GUNYAH_RM_BAD_CONTINUATION,
	GUNYAH_RM_BAD_NOT_FULL,
	GUNYAH_RM_BAD_UNFINISHED,
	GUNYAH_RM_BAD_UNMATCHED,
	GUNYAH_RM_BAD_REPLY,
};

/*
 * Messages, see rm_call.c, rm_setup.c and rm_accept.c
 */

/**
 * enum gunyah_rm_msg_id - requests that the driver sends
 * @GUNYAH_RM_PING: no such request exists: any answer is a sign of life
 * @GUNYAH_RM_MEM_ACCEPT_ID: accept memory: &struct gunyah_rm_mem_accept_req
 * @GUNYAH_RM_MEM_LEND_ID: lend memory: &struct gunyah_rm_mem_create_req
 * @GUNYAH_RM_MEM_SHARE_ID: share memory: &struct gunyah_rm_mem_create_req
 * @GUNYAH_RM_MEM_RELEASE_ID: release memory: &struct gunyah_rm_mem_handle_req
 * @GUNYAH_RM_MEM_RECLAIM_ID: reclaim memory: &struct gunyah_rm_mem_handle_req
 * @GUNYAH_RM_MEM_NOTIFY_ID: notify a VM, or the owner, of memory:
 *	&struct gunyah_rm_mem_notify_req
 * @GUNYAH_RM_MEM_APPEND_ID: append to a parcel: &struct gunyah_rm_mem_handle_req
 * @GUNYAH_RM_VM_ALLOC_ID: create a VM: &struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_DEALLOC_ID: release a VM: &struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_START_ID: start a VM: &struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_STOP_ID: stop a VM: &struct gunyah_rm_vm_stop_req
 * @GUNYAH_RM_VM_RESET_ID: reset a VM: &struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_CONFIG_ID: set image and devicetree:
 *	&struct gunyah_rm_vm_config_req
 * @GUNYAH_RM_VM_INIT_ID: read the devicetree: &struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_GET_CRASH_MSG_ID: get the crash message:
 *	&struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_GET_OWNER_ID: get the VMID of the caller's owner; no payload
 * @GUNYAH_RM_VM_GET_STATE_ID: get the state: &struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_GET_RESOURCES_ID: get the resources: &struct gunyah_rm_vmid_req
 * @GUNYAH_RM_VM_GET_VMID_ID: get the caller's VMID; no payload
 * @GUNYAH_RM_VM_SET_TIME_BASE_ID: set the real-time clock:
 *	&struct gunyah_rm_time_base_req
 * @GUNYAH_RM_VM_SET_BOOT_CONTEXT_ID: set a register:
 *	&struct gunyah_rm_boot_context_req
 * @GUNYAH_RM_VM_SET_FIRMWARE_MEM_ID: set where the firmware goes:
 *	&struct gunyah_rm_firmware_mem_req
 * @GUNYAH_RM_VM_SET_PAGING_ID: set the ranges that are paged:
 *	&struct gunyah_rm_paging_req
 * @GUNYAH_RM_VM_SET_ADDRESS_LAYOUT_ID: set the address of a parcel:
 *	&struct gunyah_rm_address_layout_req
 */
enum gunyah_rm_msg_id {
	GUNYAH_RM_PING			= 0,
	GUNYAH_RM_MEM_ACCEPT_ID		= 0x51000011,
	GUNYAH_RM_MEM_LEND_ID		= 0x51000012,
	GUNYAH_RM_MEM_SHARE_ID		= 0x51000013,
	GUNYAH_RM_MEM_RELEASE_ID	= 0x51000014,
	GUNYAH_RM_MEM_RECLAIM_ID	= 0x51000015,
	GUNYAH_RM_MEM_NOTIFY_ID		= 0x51000017,
	GUNYAH_RM_MEM_APPEND_ID		= 0x51000018,
	GUNYAH_RM_VM_ALLOC_ID		= 0x56000001,
	GUNYAH_RM_VM_DEALLOC_ID		= 0x56000002,
	GUNYAH_RM_VM_START_ID		= 0x56000004,
	GUNYAH_RM_VM_STOP_ID		= 0x56000005,
	GUNYAH_RM_VM_RESET_ID		= 0x56000006,
	GUNYAH_RM_VM_CONFIG_ID		= 0x56000009,
	GUNYAH_RM_VM_INIT_ID		= 0x5600000b,
	GUNYAH_RM_VM_GET_OWNER_ID	= 0x56000015,
	GUNYAH_RM_VM_GET_STATE_ID	= 0x56000017,
	GUNYAH_RM_VM_GET_CRASH_MSG_ID	= 0x56000019,
	GUNYAH_RM_VM_GET_RESOURCES_ID	= 0x56000020,
	GUNYAH_RM_VM_GET_VMID_ID	= 0x56000024,
	GUNYAH_RM_VM_SET_TIME_BASE_ID	= 0x56000030,
	GUNYAH_RM_VM_SET_BOOT_CONTEXT_ID = 0x56000031,
	GUNYAH_RM_VM_SET_FIRMWARE_MEM_ID = 0x56000032,
	GUNYAH_RM_VM_SET_PAGING_ID	= 0x56000033,
	GUNYAH_RM_VM_SET_ADDRESS_LAYOUT_ID = 0x56000034,
};

/**
 * struct gunyah_rm_vmid_req - a request that names a VM
 * @vmid: the VM
 * @reserved: 0
 */
struct gunyah_rm_vmid_req {
	__le16 vmid;
	__le16 reserved;
};

static_assert(sizeof(struct gunyah_rm_vmid_req) == 4);

#define GUNYAH_RM_STOP_FORCE		0x01
#define GUNYAH_RM_STOP_REASON		3

/**
 * struct gunyah_rm_vm_stop_req - stop a VM
 * @vmid: the VM
 * @flags: GUNYAH_RM_STOP_FORCE: stop it at once, do not ask it
 * @reserved: 0
 * @reason: passed on to the VM
 */
struct gunyah_rm_vm_stop_req {
	__le16 vmid;
	u8 flags;
	u8 reserved;
	__le32 reason;
};

static_assert(sizeof(struct gunyah_rm_vm_stop_req) == 8);

/**
 * struct gunyah_rm_vm_config_req - set image and devicetree of a VM
 * @vmid: the VM
 * @auth: how the image is authenticated, GUNYAH_RM_AUTH_...
 * @mem_handle: parcel with image and devicetree
 * @image_offset: offset of the image in the parcel
 * @image_size: its size
 * @dtb_offset: offset of the devicetree in the parcel
 * @dtb_size: room for the devicetree
 */
struct gunyah_rm_vm_config_req {
	__le16 vmid;
	__le16 auth;
	__le32 mem_handle;
	__le64 image_offset;
	__le64 image_size;
	__le64 dtb_offset;
	__le64 dtb_size;
};

static_assert(sizeof(struct gunyah_rm_vm_config_req) == 40);

/**
 * struct gunyah_rm_firmware_mem_req - set where the firmware of a VM goes
 * @vmid: the VM
 * @reserved: 0
 * @mem_handle: parcel that it goes to
 * @offset: its offset in the parcel
 * @size: room for it
 */
struct gunyah_rm_firmware_mem_req {
	__le16 vmid;
	__le16 reserved;
	__le32 mem_handle;
	__le64 offset;
	__le64 size;
};

static_assert(sizeof(struct gunyah_rm_firmware_mem_req) == 24);

/**
 * struct gunyah_rm_range_wire - a range of guest physical addresses
 * @addr: its first address
 * @size: its size
 */
struct gunyah_rm_range_wire {
	__le64 addr;
	__le64 size;
};

static_assert(sizeof(struct gunyah_rm_range_wire) == 16);

/**
 * struct gunyah_rm_paging_req - set the ranges that are paged
 * @vmid: the VM
 * @reserved: 0
 * @count: number of ranges
 * @ranges: the ranges, in ascending order
 */
struct gunyah_rm_paging_req {
	__le16 vmid;
	__le16 reserved;
	__le32 count;
	struct gunyah_rm_range_wire ranges[];
};

static_assert(sizeof(struct gunyah_rm_paging_req) == 8);

/**
 * struct gunyah_rm_address_layout_req - set the address of a parcel in a VM
 * @vmid: the VM
 * @reserved: 0
 * @range: which parcel, GUNYAH_RM_RANGE_...
 * @base: guest physical address
 * @size: size of the parcel
 */
struct gunyah_rm_address_layout_req {
	__le16 vmid;
	__le16 reserved;
	__le32 range;
	__le64 base;
	__le64 size;
};

static_assert(sizeof(struct gunyah_rm_address_layout_req) == 24);

/**
 * struct gunyah_rm_time_base_req - set the real-time clock of a VM
 * @vmid: the VM
 * @reserved: 0
 * @time: nanoseconds since 1970, UTC ...
 * @counter: ... when the system counter had this value
 *
 * The 64-bit members are aligned to 32 bits only.
 */
struct gunyah_rm_time_base_req {
	__le16 vmid;
	__le16 reserved;
	__le64 time;
	__le64 counter;
} __packed __aligned(4);

static_assert(sizeof(struct gunyah_rm_time_base_req) == 20);

/**
 * struct gunyah_rm_word_resp - reply of one word
 * @value: a VMID or a handle
 */
struct gunyah_rm_word_resp {
	__le32 value;
};

static_assert(sizeof(struct gunyah_rm_word_resp) == 4);

/**
 * struct gunyah_rm_vm_state_resp - state of a VM
 * @vm_state: an &enum gunyah_rm_vm_state
 * @os_state: as its operating system reports it
 * @app_status: as its application reports it
 */
struct gunyah_rm_vm_state_resp {
	u8 vm_state;
	u8 os_state;
	__le16 app_status;
};

static_assert(sizeof(struct gunyah_rm_vm_state_resp) == 4);

/**
 * struct gunyah_rm_crash_resp - crash message of a VM
 * @len: its size in bytes
 * @reserved: 0
 * @text: the message, padded to a multiple of 4 bytes
 */
struct gunyah_rm_crash_resp {
	__le16 len;
	__le16 reserved;
	u8 text[];
};

static_assert(sizeof(struct gunyah_rm_crash_resp) == 4);

/**
 * struct gunyah_rm_resource_entry - a resource of a VM
 * @type: an &enum gunyah_rm_resource_type
 * @reserved: 0
 * @partner: VM at the other end
 * @handle: not used
 * @label: label of the resource
 * @capid: capability id
 * @virq_handle: not used
 * @virq: interrupt; 0 and GUNYAH_RM_NO_VIRQ stand for none
 * @base: guest address of a virtio-mmio device
 * @size: its size
 *
 * The 64-bit members are aligned to 32 bits only.
 */
struct gunyah_rm_resource_entry {
	u8 type;
	u8 reserved;
	__le16 partner;
	__le32 handle;
	__le32 label;
	__le64 capid;
	__le32 virq_handle;
	__le32 virq;
	__le64 base;
	__le64 size;
} __packed __aligned(4);

static_assert(sizeof(struct gunyah_rm_resource_entry) == 44);

#define GUNYAH_RM_NO_VIRQ		0xffffffff

/**
 * struct gunyah_rm_resources_resp - resources of a VM
 * @count: number of entries
 * @entries: the entries
 */
struct gunyah_rm_resources_resp {
	__le32 count;
	struct gunyah_rm_resource_entry entries[];
};

static_assert(sizeof(struct gunyah_rm_resources_resp) == 4);

/**
 * struct gunyah_rm_list_hdr - header of a list
 * @count: number of entries that follow
 * @reserved: 0
 */
struct gunyah_rm_list_hdr {
	__le16 count;
	__le16 reserved;
};

static_assert(sizeof(struct gunyah_rm_list_hdr) == 4);

/**
 * gunyah_rm_put_list() - begin a list in a request
 * @pos: where the list begins
 * @count: number of its entries
 *
 * Context: Any.
 * Return: where the entries begin.
 */
static inline void *gunyah_rm_put_list(void *pos, unsigned int count)
{
	struct gunyah_rm_list_hdr *hdr = pos;

	*hdr = (struct gunyah_rm_list_hdr) { .count = cpu_to_le16(count) };
	return hdr + 1;
}

/**
 * struct gunyah_rm_acl_wire - entry of the access control list of memory
 * @vmid: the VM
 * @perms: GUNYAH_RM_ACL_...
 * @reserved: 0
 */
struct gunyah_rm_acl_wire {
	__le16 vmid;
	u8 perms;
	u8 reserved;
};

static_assert(sizeof(struct gunyah_rm_acl_wire) == 4);

/**
 * struct gunyah_rm_mem_wire - entry of a list of memory ranges
 * @addr: physical address
 * @size: size in bytes
 *
 * Aligned to 32 bits only.
 */
struct gunyah_rm_mem_wire {
	__le64 addr;
	__le64 size;
} __packed __aligned(4);

static_assert(sizeof(struct gunyah_rm_mem_wire) == 16);

#define GUNYAH_RM_MEM_TYPE_NORMAL	0
#define GUNYAH_RM_MEM_CREATE_APPEND	0x02	/* more ranges follow */

/**
 * struct gunyah_rm_mem_create_req - lend or share memory
 * @type: GUNYAH_RM_MEM_TYPE_NORMAL
 * @reserved0: 0
 * @flags: GUNYAH_RM_MEM_CREATE_APPEND
 * @reserved1: 0
 * @label: label of the memory
 *
 * Three lists follow: &struct gunyah_rm_acl_wire, &struct gunyah_rm_mem_wire,
 * and attributes, which is always empty.
 */
struct gunyah_rm_mem_create_req {
	u8 type;
	u8 reserved0;
	u8 flags;
	u8 reserved1;
	__le32 label;
};

static_assert(sizeof(struct gunyah_rm_mem_create_req) == 8);

#define GUNYAH_RM_MEM_APPEND_DONE	0x01	/* no more ranges follow */
#define GUNYAH_RM_MEM_RECLAIM_SANITIZE	0x01	/* fill with zeroes */

/**
 * struct gunyah_rm_mem_handle_req - append to a parcel, reclaim it or release it
 * @handle: the parcel
 * @flags: GUNYAH_RM_MEM_APPEND_... or GUNYAH_RM_MEM_RECLAIM_...
 * @reserved: 0
 *
 * An append is followed by a list of &struct gunyah_rm_mem_wire.
 */
struct gunyah_rm_mem_handle_req {
	__le32 handle;
	u8 flags;
	u8 reserved[3];
};

static_assert(sizeof(struct gunyah_rm_mem_handle_req) == 8);

/* &gunyah_rm_mem_accept_req.transaction, and that of notifications */
#define GUNYAH_RM_MEM_TRANSACTION_LEND	1
#define GUNYAH_RM_MEM_TRANSACTION_SHARE	2

#define GUNYAH_RM_MEM_ACCEPT_CHECK_ACL	0x02	/* compare ACL and attributes */
#define GUNYAH_RM_MEM_ACCEPT_CHECK_LABEL 0x04	/* compare the label */
#define GUNYAH_RM_MEM_ACCEPT_CONTIGUOUS	0x10	/* map all of it as one range */
#define GUNYAH_RM_MEM_ACCEPT_DONE	0x80	/* no more messages follow: map it */

/**
 * struct gunyah_rm_mem_accept_req - accept memory
 * @handle: the parcel
 * @type: GUNYAH_RM_MEM_TYPE_NORMAL
 * @transaction: GUNYAH_RM_MEM_TRANSACTION_...
 * @flags: GUNYAH_RM_MEM_ACCEPT_...
 * @reserved: 0
 * @label: label of the memory
 *
 * Three lists follow: &struct gunyah_rm_acl_wire, &struct gunyah_rm_mem_wire
 * (where to map it, or empty), and attributes, which is always empty.
 */
struct gunyah_rm_mem_accept_req {
	__le32 handle;
	u8 type;
	u8 transaction;
	u8 flags;
	u8 reserved;
	__le32 label;
};

static_assert(sizeof(struct gunyah_rm_mem_accept_req) == 12);

/**
 * struct gunyah_rm_mem_accept_resp - where the resource manager has mapped memory
 * @count: number of ranges, 1 for a contiguous mapping
 * @flags: bit 0: more ranges would follow
 * @reserved: 0
 * @range: the range
 */
struct gunyah_rm_mem_accept_resp {
	__le16 count;
	u8 flags;
	u8 reserved;
	struct gunyah_rm_mem_wire range;
};

static_assert(sizeof(struct gunyah_rm_mem_accept_resp) == 20);

#define GUNYAH_RM_MEM_NOTIFY_SHARED	0x01	/* to VMs: it can be accepted */
#define GUNYAH_RM_MEM_NOTIFY_RELEASED	0x02	/* to the owner */
#define GUNYAH_RM_MEM_NOTIFY_ACCEPTED	0x04	/* to the owner */

/**
 * struct gunyah_rm_mem_notify_owner_req - notify the owner of memory
 * @handle: the parcel
 * @flags: GUNYAH_RM_MEM_NOTIFY_RELEASED or GUNYAH_RM_MEM_NOTIFY_ACCEPTED
 * @reserved: 0
 * @tag: passed on to the owner
 */
struct gunyah_rm_mem_notify_owner_req {
	__le32 handle;
	u8 flags;
	u8 reserved[3];
	__le32 tag;
};

static_assert(sizeof(struct gunyah_rm_mem_notify_owner_req) == 12);

/**
 * struct gunyah_rm_mem_notify_req - notify a VM of memory
 * @handle: the parcel
 * @flags: GUNYAH_RM_MEM_NOTIFY_SHARED: it can be accepted
 * @reserved: 0
 * @tag: passed on to the VM
 * @vmids: header of the list of VMs to notify, which has one entry
 * @vmid: the VM
 */
struct gunyah_rm_mem_notify_req {
	__le32 handle;
	u8 flags;
	u8 reserved[3];
	__le32 tag;
	struct gunyah_rm_list_hdr vmids;
	struct gunyah_rm_vmid_req vmid;
};

static_assert(sizeof(struct gunyah_rm_mem_notify_req) == 20);

/**
 * struct gunyah_rm_mem_shared_wire - notification: memory can be accepted
 * @handle: the parcel
 * @type: type of the memory, GUNYAH_RM_MEM_TYPE_NORMAL or another one
 * @transaction: GUNYAH_RM_MEM_TRANSACTION_... or another one
 * @flags: how it was created
 * @reserved0: 0
 * @owner: whose memory it is
 * @reserved1: 0
 * @label: label of the memory
 * @tag: what the owner passed on
 *
 * Three lists follow: &struct gunyah_rm_acl_wire, the sizes of the ranges as
 * 64-bit numbers (no more than GUNYAH_RM_MEM_MAX_ENTRIES of them), and
 * attributes, of 4 bytes each.
 */
struct gunyah_rm_mem_shared_wire {
	__le32 handle;
	u8 type;
	u8 transaction;
	u8 flags;
	u8 reserved0;
	__le16 owner;
	__le16 reserved1;
	__le32 label;
	__le32 tag;
};

static_assert(sizeof(struct gunyah_rm_mem_shared_wire) == 20);

/**
 * struct gunyah_rm_boot_context_req - set a register of the vCPU that boots
 * @vmid: the VM
 * @set: 0: general purpose, 1: PC, 2: stack pointers
 * @index: index of the register in the set
 * @reserved: 0
 * @value: value of the register
 */
struct gunyah_rm_boot_context_req {
	__le16 vmid;
	u8 set;
	u8 index;
	__le32 reserved;
	__le64 value;
};

static_assert(sizeof(struct gunyah_rm_boot_context_req) == 16);

/**
 * struct gunyah_rm_vm_shutdown_wire - notification: shut down
 * @reason: as the owner gave it to the resource manager
 */
struct gunyah_rm_vm_shutdown_wire {
	__le32 reason;
};

static_assert(sizeof(struct gunyah_rm_vm_shutdown_wire) == 4);

/**
 * struct gunyah_rm_vm_exited_wire - notification: a VM has ended
 * @vmid: the VM
 * @type: exit type
 * @reason_size: size of the reason, which follows the structure
 */
struct gunyah_rm_vm_exited_wire {
	__le16 vmid;
	__le16 type;
	__le32 reason_size;
};

static_assert(sizeof(struct gunyah_rm_vm_exited_wire) == 8);

/**
 * struct gunyah_rm_vm_status_wire - notification: the state of a VM has changed
 * @vmid: the VM
 * @reserved: 0
 * @vm_state: an &enum gunyah_rm_vm_state
 * @os_state: as its operating system reports it
 * @app_status: as its application reports it
 */
struct gunyah_rm_vm_status_wire {
	__le16 vmid;
	__le16 reserved;
	u8 vm_state;
	u8 os_state;
	__le16 app_status;
};

static_assert(sizeof(struct gunyah_rm_vm_status_wire) == 8);

#endif /* _GUNYAH_RM_WIRE_H */
