/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Gunyah hypervisor in the kernel, for tests without any
 *
 * hypercall.c takes the place of the driver's file of that name. What the driver
 * asks the hypervisor for is done here by functions; the resource manager is the
 * model of tools/testing/gunyah/rm, in a worker. Interrupts are raised from
 * another worker. Guests are lists of operations, see guest.c.
 *
 * Layers: hypercall.c testctl.c device.c above rm_glue.c, that above vcpu.c
 * guest.c, those above mem.c object.c irq.c.
 */

#ifndef _GUNYAH_MOCK_H
#define _GUNYAH_MOCK_H

#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <gunyah_testctl.h>
#include <payloads.h>
#include <rm.h>

#include "../hypercall.h"

struct device_node;

#define MOCK_VMIDS		256
#define MOCK_VCPUS		8	/* of a VM */
#define MOCK_MMIO_RANGES	16	/* of a VM */
#define MOCK_HOST_CAPS		8192
#define MOCK_GUEST_CAPS		1024
#define MOCK_IRQS		1020	/* of a VM, those of a GIC */
#define MOCK_IRQ_NONE		1023

/* Host's capability ids begin here: small numbers look like many other things */
#define MOCK_CAP_BASE		0xc0de0000ULL

/* API version 1, as the published hypervisor says it */
#define MOCK_API_INFO		0x5100000000008001ULL

/* Numbers of hypercalls, as in the test control window */
enum mock_call {
	MOCK_CALL_BELL_SEND	= 0x12,
	MOCK_CALL_BELL_MASK	= 0x15,
	MOCK_CALL_MSGQ_SEND	= 0x1b,
	MOCK_CALL_MSGQ_RECV	= 0x1c,
	MOCK_CALL_VCPU_RUN	= 0x65,
};

/* Types of objects that have capabilities */
enum mock_type {
	MOCK_NONE,
	MOCK_BELL,
	MOCK_MSGQ,
	MOCK_VCPU,
};

/* What the holder of a capability may do */
#define MOCK_RIGHT_SEND		1
#define MOCK_RIGHT_RECEIVE	2
#define MOCK_RIGHT_RUN		4

/**
 * struct mock_cap - a capability
 * @type: of the object, MOCK_NONE: this one is free
 * @rights: MOCK_RIGHT_...
 * @object: the object
 */
struct mock_cap {
	enum mock_type type;
	u32 rights;
	void *object;
};

/**
 * struct mock_irq - a source of an interrupt
 * @vm: VM that it interrupts, NULL: it is not connected
 * @intid: number of the interrupt there
 * @level: it is level triggered
 * @latched: it stays pending even if the level is not asserted any more
 * @asserted: whether the level is asserted, NULL: only edges
 */
struct mock_irq {
	struct mock_vm *vm;
	u32 intid;
	bool level;
	bool latched;
	bool (*asserted)(struct mock_irq *irq);
};

/**
 * struct mock_bell - a doorbell
 * @irq: interrupt of the receiver
 * @flags: set by the sender, cleared by the receiver
 * @enable: flags that raise the interrupt
 * @ack: flags that are cleared as it is raised
 */
struct mock_bell {
	struct mock_irq irq;
	u64 flags;
	u64 enable;
	u64 ack;
};

/**
 * struct mock_msgq - a message queue
 * @send: interrupt of the sender: there is room again
 * @recv: interrupt of the receiver: there is a message
 * @from: VMID of the sender
 * @to: VMID of the receiver
 * @max_size: of a message
 * @depth: messages that it holds
 * @head: slot of the oldest one
 * @count: messages in it
 * @sizes: size of the message in each slot
 * @data: @max_size bytes for each slot
 */
struct mock_msgq {
	struct mock_irq send;
	struct mock_irq recv;
	u16 from;
	u16 to;
	u16 max_size;
	u8 depth;
	u8 head;
	u8 count;
	u16 *sizes;
	u8 *data;
};

/** enum mock_vcpu_state - states of a vCPU */
enum mock_vcpu_state {
	MOCK_VCPU_OFF,
	MOCK_VCPU_RUNNABLE,
	MOCK_VCPU_WFI,		/* sleeps */
	MOCK_VCPU_MMIO,		/* waits for its owner to do an access */
	MOCK_VCPU_HALTED,	/* its VM has come to an end */
	MOCK_VCPU_KILLED,	/* the resource manager has ended it ... */
	MOCK_VCPU_DEAD,		/* ... and its owner knows */
};

/**
 * struct mock_vcpu - a vCPU
 * @vm: VM
 * @index: of the vCPU in its VM
 * @proxy: its owner runs it; the others never run
 * @state: what it does
 * @result: what vcpu_run has returned, for a state in which that stays the same
 * @parked: its owner waits for the wake-up interrupt
 * @reading: its owner has to answer a load
 * @unwind: calls of vcpu_run that it takes to find out that it was killed
 * @wake: the wake-up interrupt
 * @owner_cap: capability of its owner
 * @own_cap: capability in its own VM
 * @timer: wakes it, for GUEST_OP_IDLE
 * @timer_fired: since the guest looked
 * @pc: address of the next operation; before the first one, of the image
 * @booted: @pc has left the image's first words
 * @busy: @op has not ended
 * @op: current operation, changed as it makes progress
 * @phase: of the operation
 * @value: what an operation keeps from one phase to the next
 * @answered: the access was made by the owner
 * @answer: what a load gave
 */
struct mock_vcpu {
	struct mock_vm *vm;
	u8 index;
	bool proxy;
	enum mock_vcpu_state state;
	struct gunyah_vcpu_run_resp result;
	bool parked;
	bool reading;
	unsigned int unwind;
	struct mock_irq wake;
	u64 owner_cap;
	u64 own_cap;
	struct hrtimer timer;
	bool timer_fired;

	u64 pc;
	bool booted;
	bool busy;
	struct guest_op op;
	unsigned int phase;
	u64 value;
	bool answered;
	u64 answer;
};

/**
 * struct mock_halt - how a VM has come to its end
 * @pending: the resource manager has to be told
 * @index: vCPU
 * @reason: why
 * @reset_type: of SYSTEM_RESET2
 * @cookie: of SYSTEM_RESET2
 * @when: not before this time, in jiffies
 */
struct mock_halt {
	bool pending;
	u8 index;
	enum rm_halt reason;
	u32 reset_type;
	u64 cookie;
	unsigned long when;
};

/**
 * struct mock_vm - a VM
 * @vmid: VMID
 * @caps: table of its capabilities
 * @max_caps: size of the table
 * @num_caps: capabilities in it
 * @irqs: interrupts that have a source
 * @sources: the sources of level triggered ones, for guests
 * @pending: interrupts that are pending
 * @active: interrupts that the guest handles
 * @enabled: interrupts that the guest wants
 * @pages: memory: page frame and rights, by guest page frame
 * @num_mmio: elements of @mmio
 * @mmio: addresses that the owner emulates
 * @vcpus: vCPUs
 * @rm_room: there is room again in the queue from the resource manager
 * @halted: it has come to its end
 * @busy: vcpu_run answers BUSY until the resource manager kills the vCPUs
 * @lost_halt: the next vcpu_run reports the end
 * @halt: the end
 */
struct mock_vm {
	u16 vmid;
	struct mock_cap *caps;
	u32 max_caps;
	u32 num_caps;
	DECLARE_BITMAP(irqs, MOCK_IRQS);
	struct mock_irq *sources[MOCK_IRQS];
	DECLARE_BITMAP(pending, MOCK_IRQS);
	DECLARE_BITMAP(active, MOCK_IRQS);
	DECLARE_BITMAP(enabled, MOCK_IRQS);
	struct xarray pages;
	u32 num_mmio;
	struct {
		u64 base;
		u64 size;
	} mmio[MOCK_MMIO_RANGES];
	struct mock_vcpu *vcpus[MOCK_VCPUS];
	bool rm_room;
	bool halted;
	bool busy;
	bool lost_halt;
	struct mock_halt halt;
};

/**
 * struct mock_quirk - planned misbehaviour, see gunyah_testctl.h
 * @busy: VMs whose vcpu_run answers BUSY after their end
 * @lost_halt: halts that get lost
 * @lost_wake: wake-up interrupts that are not raised
 * @lost_reset: resets that do not complete
 * @fail_reset: resets that fail
 * @exit_delay: microseconds that news of a halt is held back
 * @vcpu_state_nth: call of vcpu_run that returns @vcpu_state_value
 * @vcpu_state_value: a state
 * @lost_irq_nth: interrupt of the host that gets lost
 * @extra_irqs: hypercalls that raise all interrupts of the host
 * @hvc_nr: number of the hypercall that fails, or GH_TESTCTL_HVC_ANY
 * @hvc_nth: which of them
 * @hvc_error: its error, 0: none
 * @hvc_repeat: and that of all later ones
 * @hvc_then: that of the next one, 0: none
 * @hvc_hit: number of the last that failed, or GH_TESTCTL_HVC_ANY
 */
struct mock_quirk {
	u64 busy;
	u64 lost_halt;
	u64 lost_wake;
	u64 lost_reset;
	u64 fail_reset;
	u64 exit_delay;
	u64 vcpu_state_nth;
	u64 vcpu_state_value;
	u64 lost_irq_nth;
	u64 extra_irqs;
	u64 hvc_nr;
	u64 hvc_nth;
	u64 hvc_error;
	u64 hvc_repeat;
	u64 hvc_then;
	u64 hvc_hit;
};

/**
 * struct mock_stats - counters, see gunyah_testctl.h
 * @hypercalls: of the host
 * @by_number: the same, for each number
 * @bell_sends: doorbells rung by the host
 * @bell_masks: masks of doorbells set by it
 * @vcpu_runs: calls of vcpu_run that named a vCPU
 * @pages_lent: pages in parcels to which the host has no access
 * @pages_shared: pages in parcels to which it has
 * @virqs: interrupts of the host in use
 * @host_irqs: times that one was raised
 * @vms: guests that exist
 */
struct mock_stats {
	u64 hypercalls;
	u64 by_number[GH_TESTCTL_HVC_NUMBERS];
	u64 bell_sends;
	u64 bell_masks;
	u64 vcpu_runs;
	u64 pages_lent;
	u64 pages_shared;
	u64 virqs;
	u64 host_irqs;
	u64 vms;
};

/**
 * struct mock - the hypervisor
 * @rm_lock: held around all calls of the model, outside of @lock
 * @rm: the model
 * @rm_delay: microseconds until its next turn
 * @rm_work: a turn
 * @wq: runs @rm_work
 * @lock: protects all that is below; may be taken in any context
 * @vms: VMs by VMID, the host's included; only changed with both locks held
 * @host: the host
 * @irq_pending: interrupts of the host to raise
 * @quirk: planned misbehaviour
 * @stats: counters
 */
struct mock {
	struct mutex rm_lock;		/* calls of the model */
	struct rm *rm;
	u64 rm_delay;
	struct delayed_work rm_work;
	struct workqueue_struct *wq;

	spinlock_t lock;		/* what is below */
	struct mock_vm *vms[MOCK_VMIDS];
	struct mock_vm host;
	DECLARE_BITMAP(irq_pending, MOCK_IRQS);
	struct mock_quirk quirk;
	struct mock_stats stats;
};

extern struct mock mock;

/* gunyah_mock.dtso */
extern u8 __dtbo_gunyah_mock_begin[];
extern u8 __dtbo_gunyah_mock_end[];

/* irq.c */
int mock_irq_init(struct device_node *node);
int mock_irq_connect(struct mock_irq *irq, struct mock_vm *vm, u32 want);
void mock_irq_disconnect(struct mock_irq *irq);
void mock_irq_raise(struct mock_irq *irq, bool edge_only);
void mock_irq_raise_all(void);
void mock_irq_clear(struct mock_irq *irq);
u32 mock_irq_next(struct mock_vm *vm);
u32 mock_irq_take(struct mock_vm *vm);
void mock_irq_end(struct mock_vm *vm, u32 intid);

/* object.c */
int mock_caps_init(struct mock_vm *vm, u32 max);
void mock_caps_exit(struct mock_vm *vm);
int mock_cap_add(struct mock_vm *vm, enum mock_type type, u32 rights,
		 void *object, bool last, u64 *id);
void mock_cap_remove(struct mock_vm *vm, u64 id);
enum gunyah_error mock_cap_find(struct mock_vm *vm, u64 id, enum mock_type type,
				u32 rights, void **object);
struct mock_bell *mock_bell_new(void);
void mock_bell_free(struct mock_bell *bell);
void mock_bell_send(struct mock_bell *bell, u64 flags);
u64 mock_bell_receive(struct mock_bell *bell, u64 flags);
void mock_bell_mask(struct mock_bell *bell, u64 enable, u64 ack);
struct mock_msgq *mock_msgq_new(const struct rm_object_params *params);
void mock_msgq_free(struct mock_msgq *msgq);
bool mock_msgq_put(struct mock_msgq *msgq, const void *data, size_t size,
		   bool push);
size_t mock_msgq_peek(const struct mock_msgq *msgq);
void mock_msgq_get(struct mock_msgq *msgq, void *buf);
void mock_msgq_flush(struct mock_msgq *msgq);

/* mem.c */
int mock_mem_init(void);
int mock_mem_take(u16 owner, u64 ipa, u64 size, enum rm_mem_kind kind);
void mock_mem_give_back(u16 owner, u64 ipa, u64 size, bool sanitize);
int mock_mem_map(struct mock_vm *vm, u64 to_ipa, u16 owner, u64 ipa, u64 size,
		 u8 rights);
void mock_mem_unmap(struct mock_vm *vm, u64 to_ipa, u64 size);
u64 mock_mem_contiguous(struct mock_vm *owner, u64 ipa, u64 size);
void *mock_mem_at(struct mock_vm *vm, u64 ipa, u8 rights);
int mock_mem_copy(struct mock_vm *vm, u64 ipa, void *buf, size_t size,
		  bool write);
void mock_mem_sync(void);

/* vcpu.c */
int mock_vcpu_create(struct mock_vm *vm, const struct rm_vcpu_params *params,
		     struct rm_endpoint *owner, struct rm_endpoint *own);
int mock_vcpu_power_on(struct mock_vcpu *vcpu, u64 pc);
void mock_vcpu_kill(struct mock_vcpu *vcpu);
void mock_vcpu_destroy(struct mock_vcpu *vcpu);
void mock_vcpu_halt(struct mock_vcpu *vcpu, const struct mock_halt *halt,
		    const struct gunyah_vcpu_run_resp *resp);
void mock_vcpu_wait(struct mock_vcpu *vcpu, struct gunyah_vcpu_run_resp *resp);
void mock_vcpu_off(struct mock_vcpu *vcpu, struct gunyah_vcpu_run_resp *resp);
void mock_vcpu_start(struct mock_vcpu *vcpu, u64 pc, bool booted);
void mock_vm_interrupted(struct mock_vm *vm);
enum gunyah_error mock_vcpu_run(struct mock_vcpu *vcpu, const u64 resume[3],
				struct gunyah_vcpu_run_resp *resp);

/* guest.c */
bool mock_guest_step(struct mock_vcpu *vcpu, struct gunyah_vcpu_run_resp *resp);

/* rm_glue.c */
int mock_rm_init(void);
void mock_rm_kick(void);
void mock_rm_revive(void);

/* testctl.c */
void mock_testctl_init(void);

#endif /* _GUNYAH_MOCK_H */
