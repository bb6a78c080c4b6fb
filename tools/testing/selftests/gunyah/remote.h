/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest under remote control
 *
 * It executes programs that the host writes into memory that both share. So the
 * test decides what the guest says to its resource manager.
 */
#ifndef GUNYAH_TEST_REMOTE_H
#define GUNYAH_TEST_REMOTE_H

#include "gunyah_utils.h"

/* Layout of the second region */
#define REMOTE_READY	0x0000	/* 1: the guest has booted */
#define REMOTE_GO	0x0008	/* 1: execute the program */
#define REMOTE_DONE	0x0010	/* 1: it is done */
#define REMOTE_REGS	0x0040	/* registers of a hypercall */
#define REMOTE_PROG	0x0100	/* the program */
#define REMOTE_TX	0x1000	/* packet to the resource manager */
#define REMOTE_RX	0x1200	/* packet from it */
#define REMOTE_WORDS	0x2000	/* for the tests */
#define REMOTE_DTB	0x8000	/* copy of the guest's devicetree */

#define REMOTE_SHM(offset)	(GUEST_SHM_BASE + (offset))
#define REMOTE_MAX_OPS		16

/* Messages that guests send */
#define RM_VM_EXIT_MSG			0x56000085
#define RM_MEM_ACCEPT_MSG		0x51000011
#define RM_MEM_RELEASE_MSG		0x51000014
#define RM_MEM_NOTIFY_MSG		0x51000017

/* Notifications to guests */
#define RM_MEM_SHARED_NOTE		0x51100011
#define RM_VM_SHUTDOWN_NOTE		0x56100002

/* Payload of a packet */
#define REMOTE_PAYLOAD		232

/**
 * struct remote_packet - a packet from the resource manager
 * @type: 2: reply, 3: notification
 * @seq: sequence id
 * @id: message id
 * @len: size of the payload in bytes
 * @payload: payload; of a reply it starts with the error code
 */
struct remote_packet {
	unsigned int type;
	__u16 seq;
	__u32 id;
	unsigned int len;
	unsigned char payload[REMOTE_PAYLOAD];
};

/**
 * struct remote_parcel - memory that the guest was offered
 * @handle: its name
 * @lent: it is lent, else it is shared
 * @owner: VMID
 * @label: label
 * @tag: what the owner has passed on
 */
struct remote_parcel {
	__u32 handle;
	bool lent;
	__u16 owner;
	__u32 label;
	__u32 tag;
};

/**
 * struct remote - a VM with such a guest
 * @vm: the VM
 * @runner: runs its vCPU
 * @running: that runs
 * @connected: the guest has queues to and from the resource manager
 * @tx: its capability for the queue to the resource manager
 * @rx: its capability for the queue from it
 * @seq: last sequence id
 * @notes: notifications that came while a reply was waited for
 * @num_notes: number of them
 */
struct remote {
	struct vm vm;
	struct runner runner;
	bool running;
	bool connected;
	__u64 tx;
	__u64 rx;
	__u16 seq;
	struct remote_packet notes[32];
	unsigned int num_notes;
};

void remote_init(struct remote *r);
/* For FIXTURE_SETUP(): built and started; see vm_setup() */
int remote_setup(struct remote *r, struct leak_state *leak,
		 const struct vm_config *cfg);
int remote_build(struct remote *r, const struct vm_config *cfg);
int remote_start(struct remote *r);
int remote_do(struct remote *r, const struct guest_op *ops, size_t n);
#define remote_ops(r, ...) ({						\
	const struct guest_op __ops[] = { __VA_ARGS__ };		\
									\
	remote_do(r, __ops, ARRAY_SIZE(__ops));				\
})
/* The last thing that it does; returns as vm_wait_end() does */
int remote_end(struct remote *r, const struct guest_op *op,
	       struct gh_vm_status *status);
void remote_close(struct remote *r);

int remote_hypercall(struct remote *r, __u32 fn, const __u64 args[5]);
int remote_call(struct remote *r, __u32 id, const void *payload, size_t len,
		__u32 *error);
int remote_note(struct remote *r, __u32 id, struct remote_packet *packet,
		unsigned int timeout_ms);

int remote_offer(struct remote *r, struct remote_parcel *parcel);
int remote_accept(struct remote *r, const struct remote_parcel *parcel,
		  __u64 gpa, __u64 size, __u32 *error);
int remote_release(struct remote *r, const struct remote_parcel *parcel,
		   __u32 *error);

#endif /* GUNYAH_TEST_REMOTE_H */
