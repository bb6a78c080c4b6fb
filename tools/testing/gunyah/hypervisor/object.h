/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor: capabilities, interrupts of VMs, doorbells, message queues
 */
#ifndef GUNYAH_TEST_OBJECT_H
#define GUNYAH_TEST_OBJECT_H

#include "cpu.h"

struct vm;

enum obj_type {
	OBJ_NONE,
	OBJ_PARTITION,
	OBJ_CSPACE,
	OBJ_ADDRSPACE,
	OBJ_MEMEXTENT,
	OBJ_VCPU,
	OBJ_BELL,
	OBJ_MSGQ,
	OBJ_VIC,
	OBJ_VPM,
	OBJ_VIRTIO,
};

/* Rights of capabilities */
#define RIGHT_MSGQ_SEND		1
#define RIGHT_MSGQ_RECV		2
#define RIGHT_BELL_SEND		1
#define RIGHT_BELL_RECV		2
#define RIGHT_VCPU_POWER	0x1
#define RIGHT_VCPU_AFFINITY	0x2
#define RIGHT_VCPU_YIELD_TO	0x10

struct cap {
	u8 type;
	u32 rights;
	void *obj;
};

/**
 * struct cspace - capabilities of a VM
 * @caps: table
 * @max: its length
 * @count: capabilities in it
 * @hint: no free entry is before it
 * @key: added to ids (gunyah_hyp.caps=random)
 */
struct cspace {
	struct cap *caps;
	u32 max;
	u32 count;
	u32 hint;
	u64 key;
};

/* cap.c */
int cspace_init(struct vm *vm, u32 max);
void cspace_destroy(struct vm *vm);
int cap_create(struct vm *vm, enum obj_type type, u32 rights, void *obj,
	       u64 *id);
int cap_create_last(struct vm *vm, enum obj_type type, u32 rights, void *obj,
		    u64 *id);
int cap_lookup(struct vm *vm, u64 id, enum obj_type type, u32 rights,
	       void **obj);
void cap_delete(struct vm *vm, u64 id);

/**
 * struct irq_source - something that interrupts a VM, such as a doorbell
 * @vm: VM that is interrupted, NULL if not bound
 * @intid: its INTID there
 * @level: wanted trigger
 * @asserted: does the reason still hold? Asked by the virtual GIC of a guest
 *	for an interrupt that the guest configured as level triggered, whenever
 *	it has to know whether it is still pending. NULL: never.
 * @late: an assertion that is on its way to the host
 */
struct irq_source {
	struct vm *vm;
	u32 intid;
	bool level;
	bool (*asserted)(struct irq_source *src);
	struct timer_event late;
};

/* virq.c */
int virq_bind(struct irq_source *src, struct vm *vm, u32 want);
void virq_unbind(struct irq_source *src);
void virq_assert(struct irq_source *src, bool edge_only);
void virq_clear(struct irq_source *src);
void virq_raise_all(const struct vm *vm);

/* msgq.c */
struct msgq *msgq_create(u16 max_size, u8 depth, u16 from_vmid, u16 to_vmid);
void msgq_destroy(struct msgq *q);
struct irq_source *msgq_send_source(struct msgq *q);
struct irq_source *msgq_recv_source(struct msgq *q);
bool msgq_put(struct msgq *q, const void *data, size_t size);
size_t msgq_get(struct msgq *q, void *buf);
void msgq_flush(struct msgq *q);
int hcall_msgq_send(struct msgq *q, const u64 *arg, struct frame *f);
int hcall_msgq_recv(struct msgq *q, const u64 *arg, struct frame *f);
int msgq_configure(struct msgq *q, bool send, const u64 *arg);

/* bell.c */
struct bell *bell_create(void);
void bell_destroy(struct bell *b);
struct irq_source *bell_source(struct bell *b);
u64 bell_send(struct bell *b, u64 flags);
u64 bell_receive(struct bell *b, u64 flags);
void bell_reset(struct bell *b);
void bell_mask(struct bell *b, u64 enable, u64 ack);

#endif /* GUNYAH_TEST_OBJECT_H */
