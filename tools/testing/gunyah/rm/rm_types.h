/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resource manager model: its objects
 */
#ifndef GUNYAH_RM_TYPES_H
#define GUNYAH_RM_TYPES_H

#include "rm.h"
#include "rm_lib.h"
#include "rm_wire.h"

#define RM_PAGE_SIZE		4096ULL
#define RM_BLOCK_SIZE		0x200000ULL
#define RM_MAX_VMID		255
#define RM_SECONDARY_FIRST	4
#define RM_SECONDARY_LAST	31
#define RM_DYNAMIC_FIRST	128
#define RM_DYNAMIC_LAST		190
#define RM_MAX_PARCELS		64	/* per owner */
#define RM_MAX_VCPUS		8
#define RM_MAX_SEEN		128	/* requests remembered for tests */
#define RM_MAX_NOTIFICATIONS	256	/* queued per VM */
#define RM_SPARE_LEN		32	/* possible without memory */
#define RM_MAX_NAME		80	/* including the final zero */
#define RM_MAX_CRASH_MSG	192
#define RM_MAX_DT		(4U << 20)
#define RM_PARCEL_ADDR_END	0x100000000000ULL	/* 44 bits */

/* A VM's address space */
#define RM_IPA_END		0x1000000000ULL	/* 36 bits */
#define RM_VMMIO_END		0x40000000ULL	/* below: emulated by the owner */
#define RM_IPA_ALLOC_FIRST	0x40001000ULL	/* for our own choices */

#define RM_GIC_FRAME		0x10000ULL
#define RM_GICR_STRIDE		0x20000ULL

#define RM_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct rm_vm;

/* Packets ------------------------------------------------------------- */

/**
 * struct rm_msg - a message that waits for room in a queue or for its time
 * @next: in its queue
 * @alloc_size: bytes that were allocated for it
 * @vmid: receiver
 * @type: enum rm_packet_type
 * @extra: made by a planned fault, stands beside the reply
 * @seq: sequence id
 * @id: message id
 * @wait: turns of rm_work() before it may go
 * @behind: or only until another message to the same VM was queued
 * @lose: number of the packet that gets lost, from 1 on; 0: none
 * @packets_sent: packets of it that have gone
 * @len: bytes of @data
 * @data: payload
 */
struct rm_msg {
	struct rm_msg *next;
	size_t alloc_size;
	uint16_t vmid;
	uint8_t type;
	bool extra;
	uint16_t seq;
	uint32_t id;
	uint32_t wait;
	bool behind;
	uint32_t lose;
	uint32_t packets_sent;
	size_t len;
	uint8_t data[];
};

/**
 * struct rm_chan - RPC channel to a VM
 * @tx_head: messages to be sent
 * @tx_tail: where the next one is put
 * @notify_seq: sequence id of the next notification
 * @rx_active: a message is received in part; the rest is about it
 * @rx_fragments: continuations that it has
 * @rx_got: continuations that have come
 * @rx_seq: its sequence id
 * @rx_id: its message id
 * @rx_len: bytes of @rx
 * @rx: its payload
 */
struct rm_chan {
	struct rm_msg *tx_head;
	struct rm_msg **tx_tail;
	uint16_t notify_seq;

	bool rx_active;
	uint8_t rx_fragments;
	uint8_t rx_got;
	uint16_t rx_seq;
	uint32_t rx_id;
	size_t rx_len;
	uint8_t rx[RM_MAX_PAYLOAD];
};

/**
 * enum rm_subject - what the first field of a request's payload names
 * @RM_ABOUT_NOTHING: nothing that is of interest
 * @RM_ABOUT_VM: a VM
 * @RM_ABOUT_PARCEL: a memory parcel
 */
enum rm_subject {
	RM_ABOUT_NOTHING,
	RM_ABOUT_VM,
	RM_ABOUT_PARCEL,
};

/**
 * struct rm_call - a request that is carried out
 * @vm: the caller
 * @id: message id
 * @name: name of the message; NULL: unknown
 * @subject: what its payload begins with
 * @seq: sequence id
 * @in: payload
 * @len: its length
 * @hyp_error: the hypervisor's error behind the one that is replied; RM_HYP_OK
 *	if it had no part in it
 * @out: reply body, RM_MAX_BODY bytes, zeroed by whoever reserves it
 * @out_len: bytes of it in use
 */
struct rm_call {
	struct rm_vm *vm;
	uint32_t id;
	const char *name;
	enum rm_subject subject;
	uint16_t seq;
	const uint8_t *in;
	size_t len;
	int hyp_error;
	uint8_t *out;
	size_t out_len;
};

/* Memory -------------------------------------------------------------- */

/**
 * struct rm_entry - a contiguous piece of the owner's memory
 * @ipa: owner's address
 * @size: bytes
 */
struct rm_entry {
	uint64_t ipa;
	uint64_t size;
};

/**
 * struct rm_chunk - some of a parcel's entries, about one chunk a message
 * @next: chunk with the following entries
 * @count: entries there are
 * @capacity: entries there is room for
 * @entry: the entries
 */
struct rm_chunk {
	struct rm_chunk *next;
	uint32_t count;
	uint32_t capacity;
	struct rm_entry entry[];
};

/**
 * struct rm_ipas - addresses that an acceptor gave to a parcel's regions, in their order
 * @next: those of the following regions
 * @count: how many
 * @ipa: the addresses
 */
struct rm_ipas {
	struct rm_ipas *next;
	uint32_t count;
	uint64_t ipa[];
};

/**
 * enum rm_accept_state - how far a VM is with a parcel
 * @RM_NOT_ACCEPTED: it does not have it
 * @RM_ASSIGNING: some regions have addresses, none is mapped
 * @RM_ACCEPTED: it is mapped
 */
enum rm_accept_state {
	RM_NOT_ACCEPTED,
	RM_ASSIGNING,
	RM_ACCEPTED,
};

/**
 * struct rm_acl - an ACL entry and what its VM has done with the parcel
 * @vmid: VM
 * @rights: its rights
 * @state: enum rm_accept_state
 * @contiguous: mapped at @base, else at the addresses in @ipas
 * @base: address of all of it
 * @assigned: regions that have an address
 * @next_chunk: with the first region that has none
 * @next_i: that region
 * @ipas: addresses of the regions
 * @ipas_last: the last of them
 */
struct rm_acl {
	uint16_t vmid;
	uint8_t rights;
	uint8_t state;
	bool contiguous;
	uint64_t base;
	uint32_t assigned;
	const struct rm_chunk *next_chunk;
	uint32_t next_i;
	struct rm_ipas *ipas;
	struct rm_ipas *ipas_last;
};

/**
 * struct rm_attr - attribute of a parcel for one VM
 * @attr: attribute as it stands in messages
 * @vmid: VM
 */
struct rm_attr {
	uint16_t attr;
	uint16_t vmid;
};

/**
 * struct rm_parcel - a memory parcel
 * @next: in the list of all
 * @handle: handle
 * @label: label
 * @tag: tag of the last MEM_NOTIFY
 * @owner: VM that the memory is of
 * @mem_type: RM_MEM_TYPE_*
 * @kind: enum rm_mem_kind
 * @appending: more entries are to come
 * @sanitized: it was zeroed when it was made
 * @sanitize_on_reclaim: it is zeroed before the owner gets it back
 * @gone: donated for good, kept for its mapping
 * @size: bytes in all entries
 * @entries: number of entries
 * @first: first chunk of entries
 * @last: last one
 * @nacl: number of @acl
 * @acl: VMs that may have it
 * @nattr: number of @attr
 * @attr: attributes
 */
struct rm_parcel {
	struct rm_parcel *next;
	uint32_t handle;
	uint32_t label;
	uint32_t tag;
	uint16_t owner;
	uint8_t mem_type;
	uint8_t kind;
	bool appending;
	bool sanitized;
	bool sanitize_on_reclaim;
	bool gone;
	uint64_t size;
	uint32_t entries;
	struct rm_chunk *first;
	struct rm_chunk *last;
	uint32_t nacl;
	struct rm_acl *acl;
	uint32_t nattr;
	struct rm_attr *attr;
};

/**
 * struct rm_range - a used range of a VM's address space; sorted, merged
 * @next: the next one up
 * @start: first address
 * @end: first address behind it
 */
struct rm_range {
	struct rm_range *next;
	uint64_t start;
	uint64_t end;
};

/**
 * struct rm_list - a list in a message
 * @entries: first entry
 * @count: number of entries
 * @extra: second half word of the list's header
 */
struct rm_list {
	const uint8_t *entries;
	uint32_t count;
	uint16_t extra;
};

/* Virtual devices ----------------------------------------------------- */

/**
 * enum rm_vdev_type - types of virtual devices
 * @RM_VDEV_RPC: rm-rpc
 * @RM_VDEV_BELL: doorbell
 * @RM_VDEV_BELL_SOURCE: doorbell-source
 * @RM_VDEV_MSGQ: message-queue
 * @RM_VDEV_MSGQ_PAIR: message-queue-pair
 * @RM_VDEV_SHM: shm
 * @RM_VDEV_SHM_BELL: shm-doorbell
 * @RM_VDEV_RTC: vrtc-pl031
 */
enum rm_vdev_type {
	RM_VDEV_RPC,
	RM_VDEV_BELL,
	RM_VDEV_BELL_SOURCE,
	RM_VDEV_MSGQ,
	RM_VDEV_MSGQ_PAIR,
	RM_VDEV_SHM,
	RM_VDEV_SHM_BELL,
	RM_VDEV_RTC,
};

/**
 * struct rm_lease - an interrupt that one VM has lent to another
 * @next: in the list of all
 * @handle: handle
 * @label: label
 * @virq: its number at the lender
 * @owner: lender
 * @borrower: borrower
 * @accepted: the borrower has it
 */
struct rm_lease {
	struct rm_lease *next;
	uint32_t handle;
	uint32_t label;
	uint32_t virq;
	uint16_t owner;
	uint16_t borrower;
	bool accepted;
};

/**
 * struct rm_irq - interrupt of a virtual device
 * @intid: INTID; 0: to be allocated
 * @level: level triggered
 */
struct rm_irq {
	uint32_t intid;
	bool level;
};

/**
 * struct rm_link - one object of a virtual device
 * @handle: its handle at the platform
 * @peer_type: enum rm_resource_type that the peer sees
 * @level: the VM's interrupt is level triggered
 * @own: the VM's end
 * @peer: the peer's end
 */
struct rm_link {
	uint32_t handle;
	uint8_t peer_type;
	bool level;
	struct rm_endpoint own;
	struct rm_endpoint peer;
};

/**
 * struct rm_vdev - a virtual device
 * @next: in the order of the devicetree
 * @type: enum rm_vdev_type
 * @console: it is a console too
 * @sender: the VM sends (message-queue)
 * @source_can_clear: who rings may clear
 * @has_base: @base is given
 * @optional: the VM starts without a parcel for it
 * @counted: it exists, not only its description
 * @alone: its other end is nobody that the model connects to
 * @relative: the path of the node to create does not begin at the root
 * @label: label of the device
 * @mem_label: label of its parcel
 * @base: address of its memory, or of its registers
 * @dma_base: property dma_base
 * @has_dma_base: @dma_base is given
 * @msg_size: size of a message
 * @depth: messages in a queue
 * @irq: interrupts as described
 * @nlinks: objects that exist
 * @link: the objects
 * @generate_len: length of the path of the node to create, not terminated
 * @push_len: length of the string list put before its compatible
 * @alloc_size: bytes that were allocated for it
 * @data: the path and the list
 */
struct rm_vdev {
	struct rm_vdev *next;
	uint8_t type;
	bool console;
	bool sender;
	bool source_can_clear;
	bool has_base;
	bool optional;
	bool counted;
	bool alone;
	bool relative;
	uint32_t label;
	uint32_t mem_label;
	uint64_t base;
	uint64_t dma_base;
	bool has_dma_base;
	uint16_t msg_size;
	uint8_t depth;
	struct rm_irq irq[2];
	uint32_t nlinks;
	struct rm_link link[2];
	size_t generate_len;
	size_t push_len;
	size_t alloc_size;
	char data[];
};

/* VMs ----------------------------------------------------------------- */

#define RM_ATTR_CRASH_FATAL	1
#define RM_ATTR_NO_SHUTDOWN	2
#define RM_ATTR_NO_RESET	4

/**
 * struct rm_vcpu - a vCPU
 * @boot: runs from the start
 * @created: it exists
 * @affinity: CPU, if it is not proxy-scheduled
 * @owner: the owner's end
 * @own: the VM's end
 */
struct rm_vcpu {
	bool boot;
	bool created;
	uint32_t affinity;
	struct rm_endpoint owner;
	struct rm_endpoint own;
};

/**
 * struct rm_vm_config - everything of a VM that lives from CONFIG_IMAGE to RESET
 * @auth: enum rm_auth
 * @refused_late: VM_INIT was refused because of rm_config.late
 * @image_handle: image parcel
 * @image_offset: where in it the VM starts
 * @image_size: size of the image
 * @dt_offset: where in it the devicetree is
 * @dt_size: room for that
 * @name: image-name
 * @uri: vm-uri, may be empty
 * @vendor: vendor, may be empty
 * @has_guid: @guid is given
 * @guid: vm-guid
 * @attrs: RM_ATTR_*
 * @base: address of the private memory
 * @has_base: the devicetree gives it
 * @size_max: room for image and private parcels
 * @image_base: address of the image
 * @private_size: size of image and private parcels
 * @proxy: the owner runs the vCPUs
 * @psci: there is PSCI
 * @timeslice: time slice in us
 * @priority: scheduling priority
 * @nvcpus: number of vCPUs
 * @vcpu: the vCPUs
 * @boot: registers that the first vCPU to run starts with, from READY on
 * @gic_allocate: the GIC's node has no reg
 * @gicd: address of the distributor
 * @gicr: address of the redistributors
 * @gicr_stride: distance of these
 * @vdevs: virtual devices
 * @vdevs_tail: where the next one is put
 * @has_rtc: it has a real-time clock
 * @has_console: one of them is a console
 * @console_owner_open: the owner has opened it
 * @console_vm_open: the VM has opened it
 * @fw_base: address of the firmware
 * @fw_size_max: limit of its parcel
 * @has_fw: there is firmware memory
 * @fw_handle: its parcel
 * @fw_offset: where it is in that
 * @fw_size: its size
 * @layout: where image and firmware have to be, by enum rm_layout; size 0: not
 *	given
 * @paged: ranges with demand paging, ascending
 * @num_paged: their number
 * @has_paging: the hypervisor knows of them
 * @paging: capabilities of the owner for them
 */
struct rm_vm_config {
	uint16_t auth;
	bool refused_late;
	uint32_t image_handle;
	uint64_t image_offset;
	uint64_t image_size;
	uint64_t dt_offset;
	uint64_t dt_size;

	char name[RM_MAX_NAME];
	char uri[RM_MAX_NAME];
	char vendor[RM_MAX_NAME];
	bool has_guid;
	uint8_t guid[16];
	uint32_t attrs;

	uint64_t base;
	bool has_base;
	uint64_t size_max;
	uint64_t image_base;
	uint64_t private_size;

	bool proxy;
	bool psci;
	uint32_t timeslice;
	int32_t priority;
	uint32_t nvcpus;
	struct rm_vcpu vcpu[RM_MAX_VCPUS];
	struct rm_boot_regs boot;

	bool gic_allocate;
	uint64_t gicd;
	uint64_t gicr;
	uint64_t gicr_stride;

	struct rm_vdev *vdevs;
	struct rm_vdev **vdevs_tail;
	bool has_rtc;
	bool has_console;
	bool console_owner_open;
	bool console_vm_open;

	uint64_t fw_base;
	uint64_t fw_size_max;
	bool has_fw;
	uint32_t fw_handle;
	uint64_t fw_offset;
	uint64_t fw_size;

	struct rm_guest_range layout[RM_LAYOUTS];
	struct rm_guest_range *paged;
	uint32_t num_paged;
	bool has_paging;
	struct rm_paging_caps paging;
};

/**
 * struct rm_vm - a VM
 * @vmid: VMID
 * @owner: VM that made it; 0: none
 * @state: enum rm_vm_state
 * @os_state: what the VM says of itself
 * @app_status: likewise
 * @chan: RPC channel; NULL: none
 * @peers: a bit for each VM that is told of its states
 * @cfg: configuration; NULL: none
 * @ranges: used ranges of the address space
 * @range_hint: one of them, near the last use
 * @crash_len: bytes of @crash
 * @crash: crash message
 * @halted: a vCPU's halt waits to be handled
 * @halt_reason: enum rm_halt
 * @halt_smc64: SYSTEM_RESET2 only: called as SMC64
 * @halt_type: likewise: type
 * @halt_cookie: likewise: cookie
 * @reset_lost: its reset never completes
 * @reset_fails: its reset fails
 */
struct rm_vm {
	uint16_t vmid;
	uint16_t owner;
	uint8_t state;
	uint8_t os_state;
	uint16_t app_status;
	struct rm_chan *chan;
	uint64_t peers[(RM_MAX_VMID + 1) / 64];
	struct rm_vm_config *cfg;
	struct rm_range *ranges;
	struct rm_range *range_hint;
	uint16_t crash_len;
	uint8_t crash[RM_MAX_CRASH_MSG];

	bool halted;
	uint8_t halt_reason;
	bool halt_smc64;
	uint32_t halt_type;
	uint64_t halt_cookie;

	bool reset_lost;
	bool reset_fails;
};

/**
 * struct rm - the resource manager
 * @config: variant
 * @ops: platform
 * @ctx: first argument of every op
 * @vms: VMs by VMID
 * @host: the host VM
 * @self: the resource manager as a VM
 * @host_chan: the host's channel
 * @parcels: all parcels, oldest first
 * @parcels_tail: where the next one is put
 * @last_handle: handle of the youngest parcel
 * @vdevs: virtual devices that exist
 * @leases: interrupts that are lent
 * @last_lease: handle of the youngest of them
 * @late_inits: VM_INITs still to refuse: what they need is not free yet
 * @late_parcels: parcels still to refuse, likewise
 * @call: request that is carried out; NULL: none
 * @why: reason of its refusal; NULL: none so far
 * @delayed: messages that wait for their time
 * @spare: a message for when there is no memory
 * @spare_used: it is in use
 * @fault: planned fault
 * @seen: message ids of the host's requests since it was planned
 * @num_seen: number of these requests
 * @lose_resets: resets still to lose
 * @fail_resets: resets still to fail
 * @reset_turn: VM that had the last turn
 * @milestone: FW_MILESTONE was seen
 * @fw_handle: parcel of the registered firmware, unless it is in @config
 * @fw_size: its size; 0: none
 * @stats: counters
 * @reply: body of the reply that is made
 */
struct rm {
	struct rm_config config;
	const struct rm_ops *ops;
	void *ctx;

	struct rm_vm *vms[RM_MAX_VMID + 1];
	struct rm_vm host;
	struct rm_vm self;
	struct rm_chan host_chan;

	struct rm_parcel *parcels;
	struct rm_parcel **parcels_tail;
	uint32_t last_handle;
	uint32_t vdevs;
	struct rm_lease *leases;
	uint32_t last_lease;
	uint32_t late_inits;
	uint32_t late_parcels;

	const struct rm_call *call;
	const char *why;

	struct rm_msg *delayed;
	uint64_t spare[(sizeof(struct rm_msg) + RM_SPARE_LEN) / 8];
	bool spare_used;
	struct rm_fault fault;
	uint32_t seen[RM_MAX_SEEN];
	uint32_t num_seen;
	uint32_t lose_resets;
	uint32_t fail_resets;
	uint16_t reset_turn;
	bool milestone;
	uint32_t fw_handle;
	uint64_t fw_size;
	struct rm_stats stats;
	uint8_t reply[RM_MAX_BODY];
};

#endif /* GUNYAH_RM_TYPES_H */
