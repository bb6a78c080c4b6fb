/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resource manager model
 *
 * A model of the Gunyah resource manager: it receives packets from VMs over
 * message queues, keeps VMs, memory parcels and virtual devices, and answers
 * as the published resource manager does: same checks, same error codes, same
 * order of notifications, same asynchrony.
 *
 * The model is freestanding C without global state. It reaches the machine only
 * through struct rm_ops, which the test hypervisor implements with stage 2 tables
 * and vCPUs, and the unit tests with arrays. The model is single threaded: its
 * user holds one lock around every rm_*() call, and ops are called with it held.
 */
#ifndef GUNYAH_TEST_RM_H
#define GUNYAH_TEST_RM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* VMIDs with a fixed meaning */
#define RM_VMID_HYP	0
#define RM_VMID_HLOS	3
#define RM_VMID_RM	255

/* Queue geometry of an RPC channel */
#define RM_MSG_SIZE	240
#define RM_QUEUE_DEPTH	8

#define RM_CAP_NONE	UINT64_MAX
#define RM_VIRQ_NONE	UINT32_MAX

/* Access rights as they stand in ACL entries */
#define RM_RIGHT_X	1
#define RM_RIGHT_W	2
#define RM_RIGHT_R	4

/**
 * enum rm_hyp_error - what an op returns: the hypervisor's error codes
 *
 * @RM_HYP_OK: no error
 * @RM_HYP_ARG_INVALID: an argument is wrong
 * @RM_HYP_NOMEM: no memory
 * @RM_HYP_NORESOURCES: a table or range is full
 * @RM_HYP_ADDR_OVERFLOW: a range goes beyond the last address
 * @RM_HYP_ADDR_UNDERFLOW: a range begins before the first address
 * @RM_HYP_ADDR_INVALID: there is nothing at the address
 * @RM_HYP_DENIED: the VM lacks the right
 * @RM_HYP_BUSY: somebody else has it
 * @RM_HYP_OBJECT_STATE: not in the object's state
 * @RM_HYP_NOT_OWNER: the memory is not the VM's, or not any more
 *
 * Values are those of the hypercall interface. The model maps them to resource
 * manager errors as the published resource manager does.
 */
enum rm_hyp_error {
	RM_HYP_OK = 0,
	RM_HYP_ARG_INVALID = 1,
	RM_HYP_NOMEM = 10,
	RM_HYP_NORESOURCES = 11,
	RM_HYP_ADDR_OVERFLOW = 20,
	RM_HYP_ADDR_UNDERFLOW = 21,
	RM_HYP_ADDR_INVALID = 22,
	RM_HYP_DENIED = 30,
	RM_HYP_BUSY = 31,
	RM_HYP_OBJECT_STATE = 33,
	RM_HYP_NOT_OWNER = 111,
};

/** enum rm_mem_kind - how a range of memory is handed to a parcel */
enum rm_mem_kind {
	RM_MEM_DONATE = 0,	/* numbering of MEM_ACCEPT's transaction type */
	RM_MEM_LEND = 1,
	RM_MEM_SHARE = 2,
};

/**
 * struct rm_vcpu_params - a vCPU to create
 * @vmid: VM that gets the vCPU
 * @index: index of the vCPU in its VM; also its MPIDR.Aff0
 * @proxy: the owner runs it with vcpu_run; otherwise the hypervisor schedules it
 * @affinity: physical CPU for a vCPU that is not proxy-scheduled
 * @timeslice_us: time slice of a vCPU that is not proxy-scheduled
 * @psci: the VM has PSCI
 */
struct rm_vcpu_params {
	uint16_t vmid;
	uint8_t index;
	bool proxy;
	uint32_t affinity;
	uint32_t timeslice_us;
	bool psci;
};

/**
 * struct rm_boot_regs - registers that a vCPU is powered on with
 * @x: general purpose registers
 * @pc: where it starts
 * @sp: stack pointers, SP_EL0 and SP_EL1
 */
struct rm_boot_regs {
	uint64_t x[31];
	uint64_t pc;
	uint64_t sp[2];
};

/**
 * struct rm_guest_range - a range of a VM's address space
 * @ipa: start
 * @size: bytes
 */
struct rm_guest_range {
	uint64_t ipa;
	uint64_t size;
};

/* Memory extents of a VM with demand paging, by label */
#define RM_EXTENT_GUEST_PRIVATE	0
#define RM_EXTENT_HOST_SHARED	1
#define RM_EXTENT_HOST_PRIVATE	2
#define RM_EXTENT_GUEST_SHARED	3
#define RM_EXTENTS		4

/**
 * struct rm_paging_caps - what the owner of a VM pages its memory with
 * @space: capability of the VM's address space, in the owner's space
 * @extent: capabilities of memory extents by label, likewise
 */
struct rm_paging_caps {
	uint64_t space;
	uint64_t extent[RM_EXTENTS];
};

/**
 * struct rm_endpoint - one VM's end of an object
 * @cap: capability id in that VM's capability space, RM_CAP_NONE if it has none
 * @virq: absolute INTID in that VM, RM_VIRQ_NONE if it has none
 */
struct rm_endpoint {
	uint64_t cap;
	uint32_t virq;
};

/** enum rm_object - kinds of objects that connect two VMs */
enum rm_object {
	RM_OBJ_DOORBELL,	/* @from sends, @to receives */
	RM_OBJ_MSGQ,		/* @from sends, @to receives */
};

/**
 * struct rm_object_params - a doorbell or message queue to create
 * @kind: what it is
 * @from_vmid: VM at the sending end (RM_VMID_RM: the model itself)
 * @to_vmid: VM at the receiving end (RM_VMID_RM: the model itself)
 * @from_virq: INTID wanted at the sending end (message queue: "space"),
 *	0 to let the platform allocate one, RM_VIRQ_NONE for no interrupt
 * @to_virq: INTID wanted at the receiving end, likewise
 * @from_level: the sending end's interrupt is level triggered
 * @to_level: the receiving end's interrupt is level triggered
 * @source_can_clear: the sender also gets the receive right (doorbell)
 * @msg_size: message size limit in bytes (message queue)
 * @depth: queue depth in messages (message queue)
 */
struct rm_object_params {
	enum rm_object kind;
	uint16_t from_vmid;
	uint16_t to_vmid;
	uint32_t from_virq;
	uint32_t to_virq;
	bool from_level;
	bool to_level;
	bool source_can_clear;
	uint16_t msg_size;
	uint8_t depth;
};

/**
 * struct rm_grant - what a VM may do with memory
 * @vmid: VM
 * @rights: RM_RIGHT_*
 */
struct rm_grant {
	uint16_t vmid;
	uint8_t rights;
};

/**
 * struct rm_ops - what the model needs from its platform
 *
 * @ctx of rm_create() is the first argument of every op. No op sleeps.
 */
struct rm_ops {
	/** @alloc: zeroed memory for the model itself, or NULL */
	void *(*alloc)(void *ctx, size_t size);
	/** @free: the memory is not used any more */
	void (*free)(void *ctx, void *ptr, size_t size);
	/** @random: 64 bits (deterministic when the platform wants that) */
	uint64_t (*random)(void *ctx);
	/** @log: one line for the log, without newline */
	void (*log)(void *ctx, const char *line);
	/** @kick: have rm_work() called soon, but not from within this call */
	void (*kick)(void *ctx);

	/**
	 * @send: queue one packet for @vmid; false if its queue is full. After false
	 * the platform calls rm_tx_ready() once there is room.
	 */
	bool (*send)(void *ctx, uint16_t vmid, const void *packet, size_t len);

	/**
	 * @mem_take: take [ipa, ipa + size) from @owner for a parcel. All of it must be
	 * owned and mapped by @owner with full rights and be in no other
	 * parcel, else RM_HYP_NOT_OWNER and nothing changed. With RM_MEM_SHARE
	 * the owner keeps a mapping with @owner_rights, otherwise its mapping
	 * goes. The owner's TLBs are only clean after mem_sync().
	 */
	int (*mem_take)(void *ctx, uint16_t owner, uint64_t ipa, uint64_t size,
			enum rm_mem_kind kind, uint8_t owner_rights);
	/**
	 * @mem_acl_ok: optional: whether the platform lets the VMs of an ACL have
	 * [ipa, ipa + size) of @owner. Asked before mem_take().
	 */
	bool (*mem_acl_ok)(void *ctx, uint16_t owner, uint64_t ipa,
			   uint64_t size, const struct rm_grant *acl,
			   uint32_t count);
	/** @mem_give_back: with full rights; zeroed first if @sanitize */
	void (*mem_give_back)(void *ctx, uint16_t owner, uint64_t ipa,
			      uint64_t size, bool sanitize);
	/**
	 * @mem_map: map memory of @owner that was taken into @vmid's address
	 * space. The range at @to_ipa is free (the model keeps the books).
	 */
	int (*mem_map)(void *ctx, uint16_t vmid, uint64_t to_ipa, uint16_t owner,
		       uint64_t ipa, uint64_t size, uint8_t rights);
	/** @mem_unmap: unmap such memory */
	void (*mem_unmap)(void *ctx, uint16_t vmid, uint64_t to_ipa,
			  uint64_t size);
	/** @mem_sync: make changes of mappings effective on all CPUs */
	void (*mem_sync)(void *ctx);
	/**
	 * @mem_contiguous: number of bytes from @ipa, at most @size, that are
	 * one physically contiguous piece of @owner's memory.
	 */
	uint64_t (*mem_contiguous)(void *ctx, uint16_t owner, uint64_t ipa,
				   uint64_t size);
	/** @mem_read: read memory of @owner (that may be in a parcel) */
	int (*mem_read)(void *ctx, uint16_t owner, uint64_t ipa, void *buf,
			size_t size);
	/** @mem_write: write it */
	int (*mem_write)(void *ctx, uint16_t owner, uint64_t ipa,
			 const void *buf, size_t size);

	/** @vm_create: a VM's address space and capability space */
	int (*vm_create)(void *ctx, uint16_t vmid);
	/** @vm_destroy: those and what is in them */
	void (*vm_destroy)(void *ctx, uint16_t vmid);
	/** @gic_create: the virtual GIC of a VM that exists */
	int (*gic_create)(void *ctx, uint16_t vmid, uint64_t gicd,
			  uint64_t gicr, uint64_t gicr_stride,
			  unsigned int num_vcpus);
	/** @vmmio_add: have proxy-scheduled vCPUs exit for the range */
	int (*vmmio_add)(void *ctx, uint16_t vmid, uint64_t base,
			 uint64_t size);

	/**
	 * @paging_create: have the owner give the VM pages in these ranges, and
	 * give it the capabilities for that. This op and the next two are
	 * called with rm_config.paging only.
	 */
	int (*paging_create)(void *ctx, uint16_t vmid,
			     const struct rm_guest_range *ranges,
			     uint32_t count, struct rm_paging_caps *caps);
	/** @paging_pages: number of pages that the VM has from its owner now */
	uint64_t (*paging_pages)(void *ctx, uint16_t vmid);
	/** @paging_destroy: undo @paging_create; the VM has no such pages */
	void (*paging_destroy)(void *ctx, uint16_t vmid);

	/**
	 * @rtc_create: optional: a real-time clock of a VM that exists, with
	 * its registers in the page at @ipa; it goes with the VM. Without this
	 * op there is no such virtual device.
	 */
	int (*rtc_create)(void *ctx, uint16_t vmid, uint64_t ipa);
	/**
	 * @rtc_set: have it show @time, in nanoseconds since 1970, when the
	 * system counter has the value @counter
	 */
	void (*rtc_set)(void *ctx, uint16_t vmid, uint64_t time,
			uint64_t counter);

	/**
	 * @vcpu_create: create a vCPU, powered off. For a proxy-scheduled one @owner gets the
	 * capability and the wake-up interrupt of the owner's (HLOS') end,
	 * otherwise a capability with virq RM_VIRQ_NONE; @own is the vCPU's
	 * capability in its own VM.
	 */
	int (*vcpu_create)(void *ctx, const struct rm_vcpu_params *params,
			   struct rm_endpoint *owner, struct rm_endpoint *own);
	/** @vcpu_power_on: start it with these registers */
	int (*vcpu_power_on)(void *ctx, uint16_t vmid, uint8_t index,
			     const struct rm_boot_regs *regs);
	/** @vcpu_kill: stop a vCPU for good: it is "exited" from now on */
	void (*vcpu_kill)(void *ctx, uint16_t vmid, uint8_t index);
	/** @vcpu_destroy: and both its capabilities; its virq becomes free */
	void (*vcpu_destroy)(void *ctx, uint16_t vmid, uint8_t index);

	/** @object_create: doorbell or queue; *handle names it later */
	int (*object_create)(void *ctx, const struct rm_object_params *params,
			     uint32_t *handle, struct rm_endpoint *from,
			     struct rm_endpoint *to);
	/** @object_destroy: both ends of an object */
	void (*object_destroy)(void *ctx, uint32_t handle);

	/**
	 * @panic: optional: stop the machine, because the published hypervisor panics
	 * here. It may return; the model is dead then.
	 */
	void (*panic)(void *ctx, const char *why);
};

/* Limits of the published resource manager; exceeding one is fatal */
#define RM_MAX_ENTRIES	8191
#define RM_MAX_VDEVICES	255

/**
 * struct rm_config - variants of the model
 * @debug: as the published debug build: the image parcel's ACL and type are not
 *	validated at VM_START, so a shared image is accepted, and some requests
 *	that production firmware refuses are fatal
 * @max_entries: memory entries in all parcels together before the resource
 *	manager runs out of heap and dies; 0: no such limit
 * @max_vdevices: virtual devices in all VMs together before it dies likewise;
 *	0: no such limit
 * @fatal_static: the resource manager dies when a VM that the hypervisor
 *	schedules ends, as the published debug build does; otherwise such a VM
 *	ends as any other
 * @boot_context: there is VM_SET_BOOT_CONTEXT, which the published one lacks
 * @paging: there are VM_SET_DEMAND_PAGING and VM_SET_ADDRESS_LAYOUT, likewise
 * @no_reset: VM_RESET is not implemented, as in older firmware
 * @late: objects and memory of what has ended are freed late: that many VM_INITs
 *	after the end of a VM, and that many requests for a parcel after a
 *	reclaim, are answered with NORESOURCE
 * @firmware: image of the firmware of protected VMs that was registered before the
 *	host was started; NULL: none
 * @firmware_size: its size
 * @milestone: FW_MILESTONE was sent then, too
 * @host_name: name of the host VM ("HLOS")
 */
struct rm_config {
	bool debug;
	uint32_t max_entries;
	uint32_t max_vdevices;
	bool fatal_static;
	bool boot_context;
	bool paging;
	bool no_reset;
	uint32_t late;
	const void *firmware;
	uint64_t firmware_size;
	bool milestone;
	const char *host_name;
};

/** enum rm_fault_action - what a planned fault does to a request */
enum rm_fault_action {
	RM_FAULT_NONE,
	RM_FAULT_FAIL,		/* not carried out, replied to with error @arg */
	RM_FAULT_FAIL_AFTER,	/* carried out, replied to with error @arg */
	RM_FAULT_DROP_REPLY,	/* carried out, no reply; a notification is not
				 * sent, nor is the one with the message id @arg
				 */
	RM_FAULT_DELAY_REPLY,	/* carried out, reply waits for @arg rm_work() turns */
	RM_FAULT_DUP_REPLY,	/* carried out, replied to twice */
	RM_FAULT_SHORT_REPLY,	/* reply cut to @arg bytes after the header */
	RM_FAULT_LONG_REPLY,	/* @arg bytes of zeroes added to the reply */
	RM_FAULT_WRONG_SEQ,	/* reply with another sequence id, then the right one */
	RM_FAULT_WRONG_ID,	/* reply with another message id, then the right one */
	RM_FAULT_DIE,		/* the resource manager dies */
	RM_FAULT_REFUSE,	/* as FAIL, and the VM becomes INIT_FAILED */
	RM_FAULT_REORDER_REPLY,	/* carried out, the reply follows the next
				 * message to the host, or @arg rm_work() turns
				 */
	RM_FAULT_CORRUPT_REPLY,	/* carried out; see RM_FAULT_CORRUPT() */
	RM_FAULT_LOSE_PACKET,	/* carried out, packet @arg of the reply is lost */
	RM_FAULT_ACTIONS
};

/*
 * Argument of RM_FAULT_CORRUPT_REPLY: bits to flip in one byte of the reply,
 * behind the header; or in each byte behind the error code
 */
#define RM_FAULT_CORRUPT(offset, bits)	((uint32_t)(offset) << 8 | (bits))
#define RM_FAULT_CORRUPT_ALL(bits)	RM_FAULT_CORRUPT(0xffffff, bits)

/**
 * struct rm_fault - a planned fault
 * @action: what to do
 * @msg_id: requests that count; 0: every request of the host
 * @nth: which of those, 1 = the next one
 * @repeat: every such request from the nth on, not only that one
 * @arg: argument of @action
 */
struct rm_fault {
	enum rm_fault_action action;
	uint32_t msg_id;
	uint32_t nth;
	bool repeat;
	uint32_t arg;
};

/**
 * struct rm_stats - for leak checks
 * @vmids: VMIDs that are allocated now
 * @parcels: parcels that exist now
 * @entries: memory entries in them
 * @requests: requests received since the start
 * @notifications: notifications sent since the start
 * @hit: message id of the last request, or notification, that was subject to a
 *	planned fault; 0: none since a fault was planned
 * @dead: the resource manager has died
 */
struct rm_stats {
	uint32_t vmids;
	uint32_t parcels;
	uint32_t entries;
	uint64_t requests;
	uint64_t notifications;
	uint32_t hit;
	bool dead;
};

/** enum rm_halt - why a vCPU stopped; values are the exit types of VM_EXITED */
enum rm_halt {
	RM_HALT_OFF = 1,	/* PSCI SYSTEM_OFF */
	RM_HALT_RESET = 2,	/* PSCI SYSTEM_RESET */
	RM_HALT_RESET2 = 3,	/* PSCI SYSTEM_RESET2 */
	RM_HALT_FAULT = 5,	/* unhandled fault */
};

struct rm;

/* Bytes that rm_create() needs at @mem, 16-byte aligned */
size_t rm_size(void);
struct rm *rm_create(void *mem, const struct rm_config *config,
		     const struct rm_ops *ops, void *ctx);

/* A packet from @vmid has arrived */
void rm_rx(struct rm *rm, uint16_t vmid, const void *packet, size_t len);
/* There is room again in the queue towards @vmid */
void rm_tx_ready(struct rm *rm, uint16_t vmid);
/* One turn of the event loop; true if there is more to do (call again soon) */
bool rm_work(struct rm *rm);
/*
 * A vCPU has stopped in a way that ends its VM. Takes effect in rm_work();
 * only the first one of a VM counts. @reset_type, @cookie, @smc64: RESET2 only.
 */
void rm_vcpu_halted(struct rm *rm, uint16_t vmid, uint8_t index,
		    enum rm_halt reason, uint32_t reset_type, uint64_t cookie,
		    bool smc64);

/* Test control */
void rm_set_fault(struct rm *rm, const struct rm_fault *fault);
/* The next @count resets never complete: no status notification RESET */
void rm_lose_reset(struct rm *rm, uint32_t count);
/* The next @count resets fail: the VM is in state INIT_FAILED, with all it has */
void rm_fail_reset(struct rm *rm, uint32_t count);
/* Revive a dead resource manager with all state kept; queues are the caller's */
void rm_revive(struct rm *rm);
void rm_get_stats(const struct rm *rm, struct rm_stats *stats);
/*
 * Take back what the host has of VMs that do not run, and their VMIDs: what it
 * has given up because of a fault, if there is nothing else
 */
void rm_forget(struct rm *rm);
/* Message id of the host's @nth request since a fault was planned, or 0 */
uint32_t rm_seen(const struct rm *rm, uint32_t nth);

#endif /* GUNYAH_TEST_RM_H */
