/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The resource manager's messages as functions
 *
 * All functions that call the resource manager may sleep, and return the errors
 * of gunyah_rm_send_msg() in addition to those that they list.
 */

#ifndef _GUNYAH_RM_CALL_H
#define _GUNYAH_RM_CALL_H

#include <linux/types.h>

#include "rm.h"

struct gunyah_mem_runs;

/* Never the id of a VM */
#define GUNYAH_VMID_INVALID		0xffff

/* Entries of a memory list that fit into a message */
#define GUNYAH_RM_MEM_MAX_ENTRIES	512

/* How an image is authenticated */
#define GUNYAH_RM_AUTH_NONE		0
#define GUNYAH_RM_AUTH_ANDROID		2	/* by firmware in the VM */

/* Parcels that gunyah_rm_vm_set_address_layout() knows */
#define GUNYAH_RM_RANGE_IMAGE		0
#define GUNYAH_RM_RANGE_FIRMWARE	1

/* Bytes of the reason in &struct gunyah_rm_vm_exited */
#define GUNYAH_RM_EXIT_REASON_SIZE	16

/**
 * struct gunyah_rm_client - a caller of the resource manager, with statistics
 * @rm: the resource manager
 * @calls: number of messages sent
 * @refused: number of them that were answered with an error code
 * @failed: number of them without an answer, or with an invalid one
 * @error: error code of the last answer, 0 for none
 *
 * The user of a client serialises its calls.
 */
struct gunyah_rm_client {
	struct gunyah_rm *rm;
	u64 calls;
	u64 refused;
	u64 failed;
	u32 error;
};

/**
 * enum gunyah_rm_notification_id - notifications that the driver handles
 * @GUNYAH_RM_NOTIFY_MEM_SHARED: this VM can accept memory, see
 *	gunyah_rm_parse_mem_shared()
 * @GUNYAH_RM_NOTIFY_VM_EXITED: a VM has ended, see gunyah_rm_parse_vm_exited()
 * @GUNYAH_RM_NOTIFY_VM_SHUTDOWN: the owner of this VM wants it to shut down
 * @GUNYAH_RM_NOTIFY_VM_STATUS: a VM is in another state, see
 *	gunyah_rm_parse_vm_status()
 */
enum gunyah_rm_notification_id {
	GUNYAH_RM_NOTIFY_MEM_SHARED	= 0x51100011,
	GUNYAH_RM_NOTIFY_VM_EXITED	= 0x56100001,
	GUNYAH_RM_NOTIFY_VM_SHUTDOWN	= 0x56100002,
	GUNYAH_RM_NOTIFY_VM_STATUS	= 0x56100008,
};

/**
 * enum gunyah_rm_vm_state - state of a VM in the resource manager
 * @GUNYAH_RM_VM_STATE_NONE: no state
 * @GUNYAH_RM_VM_STATE_INIT: configured
 * @GUNYAH_RM_VM_STATE_READY: initialised, may be started
 * @GUNYAH_RM_VM_STATE_RUNNING: started
 * @GUNYAH_RM_VM_STATE_PAUSED: suspended
 * @GUNYAH_RM_VM_STATE_LOAD: allocated
 * @GUNYAH_RM_VM_STATE_AUTH: configured, its image is not yet authenticated
 * @GUNYAH_RM_VM_STATE_INIT_FAILED: configuration, initialisation or start failed
 * @GUNYAH_RM_VM_STATE_EXITED: ended
 * @GUNYAH_RM_VM_STATE_RESETTING: being reset
 * @GUNYAH_RM_VM_STATE_RESET: reset is complete: its memory can be reclaimed
 */
enum gunyah_rm_vm_state {
	GUNYAH_RM_VM_STATE_NONE		= 0,
	GUNYAH_RM_VM_STATE_INIT		= 1,
	GUNYAH_RM_VM_STATE_READY	= 2,
	GUNYAH_RM_VM_STATE_RUNNING	= 3,
	GUNYAH_RM_VM_STATE_PAUSED	= 4,
	GUNYAH_RM_VM_STATE_LOAD		= 5,
	GUNYAH_RM_VM_STATE_AUTH		= 6,
	GUNYAH_RM_VM_STATE_INIT_FAILED	= 8,
	GUNYAH_RM_VM_STATE_EXITED	= 9,
	GUNYAH_RM_VM_STATE_RESETTING	= 10,
	GUNYAH_RM_VM_STATE_RESET	= 11,
};

/**
 * enum gunyah_rm_resource_type - kinds of resources of a VM
 * @GUNYAH_RM_RESOURCE_BELL_TX: doorbell that the caller rings
 * @GUNYAH_RM_RESOURCE_BELL_RX: doorbell that interrupts the caller
 * @GUNYAH_RM_RESOURCE_MSGQ_TX: message queue that the caller sends to
 * @GUNYAH_RM_RESOURCE_MSGQ_RX: message queue that the caller receives from
 * @GUNYAH_RM_RESOURCE_VCPU: virtual CPU
 * @GUNYAH_RM_RESOURCE_MEMEXTENT: memory extent, its label is an
 *	&enum gunyah_rm_extent
 * @GUNYAH_RM_RESOURCE_ADDRSPACE: address space, its label is 0
 */
enum gunyah_rm_resource_type {
	GUNYAH_RM_RESOURCE_BELL_TX	= 0,
	GUNYAH_RM_RESOURCE_BELL_RX	= 1,
	GUNYAH_RM_RESOURCE_MSGQ_TX	= 2,
	GUNYAH_RM_RESOURCE_MSGQ_RX	= 3,
	GUNYAH_RM_RESOURCE_VCPU		= 4,
	GUNYAH_RM_RESOURCE_MEMEXTENT	= 9,
	GUNYAH_RM_RESOURCE_ADDRSPACE	= 10,
};

/**
 * enum gunyah_rm_extent - memory extents of a VM that is paged
 * @GUNYAH_RM_EXTENT_GUEST_PRIVATE: memory that the VM alone has
 * @GUNYAH_RM_EXTENT_HOST_SHARED: the host's, which it can share with the VM
 * @GUNYAH_RM_EXTENT_HOST_PRIVATE: the host's, which it can give to the VM
 * @GUNYAH_RM_EXTENT_GUEST_SHARED: memory that the VM and the host have
 * @GUNYAH_RM_EXTENTS: number of them
 */
enum gunyah_rm_extent {
	GUNYAH_RM_EXTENT_GUEST_PRIVATE,
	GUNYAH_RM_EXTENT_HOST_SHARED,
	GUNYAH_RM_EXTENT_HOST_PRIVATE,
	GUNYAH_RM_EXTENT_GUEST_SHARED,
	GUNYAH_RM_EXTENTS
};

/* So many ranges fit into the message that says what is paged */
#define GUNYAH_RM_MAX_RANGES		898

/**
 * struct gunyah_rm_range - a range of guest physical addresses
 * @addr: its first address
 * @size: its size in bytes
 */
struct gunyah_rm_range {
	u64 addr;
	u64 size;
};

/**
 * struct gunyah_rm_resource - a resource of a VM, from its owner's point of view
 * @type: an &enum gunyah_rm_resource_type, or an unknown type
 * @partner: VM at the other end, 0 for a vCPU
 * @label: label in the VM's devicetree; index of a proxy-scheduled vCPU
 * @virq: interrupt (INTID of the GIC), 0 for none
 * @capid: capability id for hypercalls; every value is valid
 * @base: guest address of a virtio-mmio device, else 0
 * @size: its size in bytes
 */
struct gunyah_rm_resource {
	u8 type;
	u16 partner;
	u32 label;
	u32 virq;
	u64 capid;
	u64 base;
	u64 size;
};

/* &gunyah_rm_acl_entry.perms. R, RW, RX and RWX are valid. */
#define GUNYAH_RM_ACL_X			1
#define GUNYAH_RM_ACL_W			2
#define GUNYAH_RM_ACL_R			4

/**
 * struct gunyah_rm_acl_entry - what a VM may do with a memory parcel
 * @vmid: the VM
 * @perms: GUNYAH_RM_ACL_...
 */
struct gunyah_rm_acl_entry {
	u16 vmid;
	u8 perms;
};

/**
 * enum gunyah_rm_mem_kind - how memory is given to a VM
 * @GUNYAH_RM_MEM_LEND: the owner has no access until it reclaims the memory, and
 *	must not be in the ACL
 * @GUNYAH_RM_MEM_SHARE: the owner keeps the access that the ACL grants it
 */
enum gunyah_rm_mem_kind {
	GUNYAH_RM_MEM_LEND,
	GUNYAH_RM_MEM_SHARE,
};

/**
 * enum gunyah_rm_mem_state - who has the memory of a parcel
 * @GUNYAH_RM_MEM_OURS: the resource manager does not have it: it was never
 *	created, or was reclaimed
 * @GUNYAH_RM_MEM_CREATED: the resource manager has it, and it has to be reclaimed
 * @GUNYAH_RM_MEM_RECLAIMING: a reclaim was sent and not answered, or answered by
 *	an error that does not say that the parcel exists: it has to be repeated
 * @GUNYAH_RM_MEM_LOST: the resource manager may have it, and there is no handle
 *	to reclaim it: the memory must never be used again
 */
enum gunyah_rm_mem_state {
	GUNYAH_RM_MEM_OURS,
	GUNYAH_RM_MEM_CREATED,
	GUNYAH_RM_MEM_RECLAIMING,
	GUNYAH_RM_MEM_LOST,
};

/**
 * struct gunyah_rm_mem_parcel - memory for a VM
 * @kind: lend or share
 * @label: what the VM's devicetree calls it
 * @n_acl: number of entries in @acl
 * @acl: who gets it
 * @state: out: who has the memory
 * @handle: out: the resource manager's name of the parcel, valid in
 *	GUNYAH_RM_MEM_CREATED and GUNYAH_RM_MEM_RECLAIMING
 */
struct gunyah_rm_mem_parcel {
	enum gunyah_rm_mem_kind kind;
	u32 label;
	unsigned int n_acl;
	struct gunyah_rm_acl_entry acl[2];
	enum gunyah_rm_mem_state state;
	u32 handle;
};

/*
 * &gunyah_rm_mem_offer.tag of lent memory that the VM shall add to its own. The
 * resource manager only passes tags on: this is agreed between this driver in the
 * owner and in the VM.
 */
#define GUNYAH_MEM_TAG_PLUG		0x67706c67	/* "gplg" */

/* Entries that &gunyah_rm_mem_offer.acl has room for */
#define GUNYAH_RM_OFFER_MAX_ACL		8

/**
 * struct gunyah_rm_mem_offer - memory that another VM lends to this one or shares
 *	with it
 * @handle: the resource manager's name of the parcel
 * @kind: lend or share
 * @owner: whose memory it is
 * @label: label that the owner has given to it
 * @tag: what the owner passed on
 * @n_acl: number of entries in @acl
 * @acl: who may accept it
 * @size: size in bytes, or at least that if it has GUNYAH_RM_MEM_MAX_ENTRIES
 *	ranges
 */
struct gunyah_rm_mem_offer {
	u32 handle;
	enum gunyah_rm_mem_kind kind;
	u16 owner;
	u32 label;
	u32 tag;
	unsigned int n_acl;
	struct gunyah_rm_acl_entry acl[GUNYAH_RM_OFFER_MAX_ACL];
	u64 size;
};

/**
 * struct gunyah_rm_vm_exited - a VM has ended
 * @vmid: the VM
 * @type: exit type, GH_VM_EXIT_... or an unknown one
 * @reason_size: size of the reason in bytes, may be larger than @reason
 * @reason: first bytes of the reason, the rest is 0
 */
struct gunyah_rm_vm_exited {
	u16 vmid;
	u16 type;
	u32 reason_size;
	u8 reason[GUNYAH_RM_EXIT_REASON_SIZE];
};

/**
 * struct gunyah_rm_vm_status - the state of a VM has changed
 * @vmid: the VM
 * @vm_state: an &enum gunyah_rm_vm_state, or an unknown state
 * @os_state: as its operating system reports it
 * @app_status: as its application reports it
 */
struct gunyah_rm_vm_status {
	u16 vmid;
	u8 vm_state;
	u8 os_state;
	u16 app_status;
};

/* Largest size of a crash message in bytes */
#define GUNYAH_RM_CRASH_MSG_SIZE	192

/**
 * struct gunyah_rm_crash_msg - a VM's own message about its crash
 * @asked: the resource manager was asked for it
 * @size: size in bytes, 0 if there is none
 * @text: the message, not terminated; the rest is 0
 */
struct gunyah_rm_crash_msg {
	bool asked;
	u32 size;
	u8 text[GUNYAH_RM_CRASH_MSG_SIZE];
};

/* For files that know messages */
int gunyah_rm_client_send(struct gunyah_rm_client *client,
			  struct gunyah_rm_msg *msg);

int gunyah_rm_get_vmid(struct gunyah_rm_client *client, u16 *vmid);
int gunyah_rm_get_owner(struct gunyah_rm_client *client, u16 *vmid);
int gunyah_rm_vm_alloc(struct gunyah_rm_client *client, u16 *vmid);
int gunyah_rm_vm_dealloc(struct gunyah_rm_client *client, u16 vmid);
int gunyah_rm_vm_configure(struct gunyah_rm_client *client, u16 vmid, u16 auth,
			   u32 mem_handle, u64 image_offset, u64 image_size,
			   u64 dtb_offset, u64 dtb_size);
int gunyah_rm_vm_init(struct gunyah_rm_client *client, u16 vmid);
int gunyah_rm_vm_set_boot_context(struct gunyah_rm_client *client, u16 vmid,
				  u8 set, u8 index, u64 value);
int gunyah_rm_vm_start(struct gunyah_rm_client *client, u16 vmid);
int gunyah_rm_vm_stop(struct gunyah_rm_client *client, u16 vmid, bool force);
int gunyah_rm_vm_reset(struct gunyah_rm_client *client, u16 vmid);
int gunyah_rm_vm_get_state(struct gunyah_rm_client *client, u16 vmid,
			   u8 *state);
int gunyah_rm_vm_get_crash_msg(struct gunyah_rm_client *client, u16 vmid,
			       struct gunyah_rm_crash_msg *crash);
int gunyah_rm_get_hyp_resources(struct gunyah_rm_client *client, u16 vmid,
				struct gunyah_rm_resource **res, u32 *count);

int gunyah_rm_mem_create(struct gunyah_rm_client *client,
			 struct gunyah_rm_mem_parcel *parcel,
			 const struct gunyah_mem_runs *runs);
int gunyah_rm_mem_notify_shared(struct gunyah_rm_client *client, u32 handle,
				u16 vmid, u32 tag);
int gunyah_rm_mem_reclaim(struct gunyah_rm_client *client,
			  struct gunyah_rm_mem_parcel *parcel, bool sanitize);

/* rm_setup.c */
int gunyah_rm_vm_set_firmware_mem(struct gunyah_rm_client *client, u16 vmid,
				  u32 mem_handle, u64 offset, u64 size);
bool gunyah_rm_can_page(struct gunyah_rm_client *client);
int gunyah_rm_vm_set_paging(struct gunyah_rm_client *client, u16 vmid,
			    const struct gunyah_rm_range *ranges, u32 count);
int gunyah_rm_vm_set_address_layout(struct gunyah_rm_client *client, u16 vmid,
				    u32 range, u64 base, u64 size);
int gunyah_rm_vm_set_time_base(struct gunyah_rm_client *client, u16 vmid,
			       u64 time, u64 counter);

/* rm_accept.c */
int gunyah_rm_mem_accept(struct gunyah_rm_client *client,
			 const struct gunyah_rm_mem_offer *offer, u64 *addr,
			 u64 *size);
int gunyah_rm_mem_accept_at(struct gunyah_rm_client *client,
			    const struct gunyah_rm_mem_offer *offer, u64 addr);
int gunyah_rm_mem_release(struct gunyah_rm_client *client, u32 handle);
int gunyah_rm_mem_notify_owner(struct gunyah_rm_client *client,
			       const struct gunyah_rm_mem_offer *offer,
			       bool accepted);
int gunyah_rm_parse_mem_shared(const void *buf, size_t len,
			       struct gunyah_rm_mem_offer *offer);

int gunyah_rm_parse_vm_exited(const void *buf, size_t len,
			      struct gunyah_rm_vm_exited *exited);
int gunyah_rm_parse_vm_status(const void *buf, size_t len,
			      struct gunyah_rm_vm_status *status);

#endif /* _GUNYAH_RM_CALL_H */
