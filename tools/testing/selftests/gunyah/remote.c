// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest under remote control, and what guests say to the resource manager
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libfdt.h>

#include "remote.h"
#include "testctl.h"

/* Hypercalls and their errors */
#define MSGQ_SEND		0xc600801b
#define MSGQ_RECEIVE		0xc600801c
#define MSGQ_PUSH		1
#define MSGQ_EMPTY		60
#define MSGQ_FULL		61

#define HEADER_SIZE		8
#define PACKET_SIZE		(HEADER_SIZE + REMOTE_PAYLOAD)
#define PACKET_VERSION		0x21	/* version 1, header of two words */
#define PACKET_REQUEST		1
#define PACKET_REPLY		2
#define PACKET_NOTIFICATION	3

/* In MEM_ACCEPT and MEM_NOTIFY */
#define ACCEPT_CONTIGUOUS	16
#define ACCEPT_DONE		128
#define TRANSACTION_LEND	1
#define TRANSACTION_SHARE	2
#define NOTIFY_RELEASED		2
#define NOTIFY_ACCEPTED		4

/*
 * What follows a program: an operation of the first one, which is not where the
 * host writes the next program as soon as it sees that this one is done.
 */
#define DONE_OP			2
#define FIRST_PROGRAM(op)	(VM_PROGRAM(0) + (op) * sizeof(struct guest_op))

static void put16(unsigned char *p, __u16 value)
{
	value = htole16(value);
	memcpy(p, &value, sizeof(value));
}

static void put32(unsigned char *p, __u32 value)
{
	value = htole32(value);
	memcpy(p, &value, sizeof(value));
}

static void put64(unsigned char *p, __u64 value)
{
	value = htole64(value);
	memcpy(p, &value, sizeof(value));
}

static __u16 get16(const unsigned char *p)
{
	return p[0] | p[1] << 8;
}

static __u32 get32(const unsigned char *p)
{
	return get16(p) | (__u32)get16(p + 2) << 16;
}

/**
 * remote_init() - a VM that has nothing yet; remote_close() may be called
 * @r: the VM
 */
void remote_init(struct remote *r)
{
	memset(r, 0, sizeof(*r));
	vm_init(&r->vm);
}

/**
 * remote_build() - build the VM, ready to be started
 * @r: the VM, initialised
 * @cfg: what it shall be; the second region is added
 *
 * Return: 0, or -1 and errno.
 */
int remote_build(struct remote *r, const struct vm_config *cfg)
{
	struct vm_config with_shm = *cfg;

	with_shm.shm_size = GUEST_SHM_SIZE;
	if (vm_build(&r->vm, &with_shm, VM_HAS_VCPUS))
		return -1;
	vm_program(&r->vm, 0,
		   G_COPY(GUEST_BASE + GUEST_DTB, REMOTE_SHM(REMOTE_DTB),
			  GUEST_DTB_SIZE),
		   G_WRITE(8, REMOTE_SHM(REMOTE_READY), 1),
		   G_WRITE(8, REMOTE_SHM(REMOTE_DONE), 1),
		   G_WAIT(REMOTE_SHM(REMOTE_GO), 1),
		   G_WRITE(8, REMOTE_SHM(REMOTE_GO), 0),
		   G_JUMP(REMOTE_SHM(REMOTE_PROG)));
	return 0;
}

struct word {
	struct remote *r;
	size_t offset;
};

static bool ended(struct remote *r)
{
	return r->running && __atomic_load_n(&r->runner.done, __ATOMIC_ACQUIRE);
}

static bool word_set_or_ended(void *arg)
{
	struct word *word = arg;

	return vm_word(&word->r->vm, word->offset) || ended(word->r);
}

static int wait_word(struct remote *r, size_t offset)
{
	struct word word = { r, offset };

	wait_until(word_set_or_ended, &word, LONG_MS);
	if (vm_word(&r->vm, offset))
		return 0;
	errno = ended(r) ? ESRCH : ETIME;
	return -1;
}

/* The capabilities of the queues to and from the resource manager */
static void find_queues(struct remote *r)
{
	const void *fdt = r->vm.shm + REMOTE_DTB;
	const fdt64_t *reg;
	int node, len;

	if (fdt_check_header(fdt))
		return;
	node = fdt_node_offset_by_compatible(fdt, -1,
					     "gunyah-resource-manager");
	if (node < 0)
		return;
	reg = fdt_getprop(fdt, node, "reg", &len);
	if (!reg || len != 2 * sizeof(*reg))
		return;
	r->tx = fdt64_ld(&reg[0]);
	r->rx = fdt64_ld(&reg[1]);
	r->connected = true;
}

/**
 * remote_start() - start the VM, and wait until its guest listens
 * @r: the VM
 *
 * Return: 0, or -1 and errno.
 */
int remote_start(struct remote *r)
{
	if (gh_start(r->vm.fd))
		return -1;
	if (!r->vm.cfg.scheduled) {
		r->runner = (struct runner){ .vm = &r->vm, .keep_eintr = true };
		if (runner_start(&r->runner))
			return -1;
		r->running = true;
	}
	if (wait_word(r, REMOTE_READY))
		return -1;
	find_queues(r);
	return 0;
}

/**
 * remote_setup() - start a test with a guest that listens
 * @r: the VM
 * @leak: what is in use without it
 * @cfg: what it shall be
 *
 * Return: 0, or -1 and errno.
 */
int remote_setup(struct remote *r, struct leak_state *leak,
		 const struct vm_config *cfg)
{
	testctl_reset();
	leak_read(leak);
	remote_init(r);
	return remote_build(r, cfg) ?: remote_start(r);
}

static void give(struct remote *r, const struct guest_op *ops, size_t n)
{
	const struct guest_op back = G_JUMP(FIRST_PROGRAM(DONE_OP));
	struct guest_op *prog = (struct guest_op *)(r->vm.shm + REMOTE_PROG);

	if (n > REMOTE_MAX_OPS)
		abort();
	memcpy(prog, ops, n * sizeof(*ops));
	prog[n] = back;
	vm_poke(&r->vm, REMOTE_DONE, 0);
	vm_poke(&r->vm, REMOTE_GO, 1);
}

/**
 * remote_do() - have the guest do a program
 * @r: the VM, started
 * @ops: the program, at most REMOTE_MAX_OPS operations
 * @n: number of operations
 *
 * Return: 0 when it is done, or -1 and errno; ESRCH: the vCPU has ended.
 */
int remote_do(struct remote *r, const struct guest_op *ops, size_t n)
{
	give(r, ops, n);
	return wait_word(r, REMOTE_DONE);
}

/**
 * remote_end() - have the guest do something that ends the VM
 * @r: the VM, started
 * @op: what
 * @status: how it has ended
 *
 * Return: 0, or -1 and errno.
 */
int remote_end(struct remote *r, const struct guest_op *op,
	       struct gh_vm_status *status)
{
	give(r, op, 1);
	return vm_wait_end(&r->vm, status);
}

/**
 * remote_close() - end the VM, whatever it is doing
 * @r: the VM; remote_build() may be called on it again
 */
void remote_close(struct remote *r)
{
	if (r->running) {
		catch_sigusr1();
		runner_stop(&r->runner);
	}
	vm_close(&r->vm);
	remote_init(r);
}

/**
 * remote_hypercall() - have the guest make a hypercall
 * @r: the VM, started
 * @fn: x0
 * @args: x1 to x5
 *
 * Its results, x0 to x3, are left in REMOTE_REGS.
 *
 * Return: 0, or -1 and errno.
 */
int remote_hypercall(struct remote *r, __u32 fn, const __u64 args[5])
{
	const struct guest_op op = G_HVC_REGS(REMOTE_SHM(REMOTE_REGS));
	unsigned int i;

	vm_poke(&r->vm, REMOTE_REGS, fn);
	for (i = 0; i < 5; i++)
		vm_poke(&r->vm, REMOTE_REGS + 8 * (i + 1), args[i]);
	return remote_do(r, &op, 1);
}

static int send_request(struct remote *r, __u32 id, const void *payload,
			size_t len)
{
	const __u64 args[5] = {
		r->tx, HEADER_SIZE + len, REMOTE_SHM(REMOTE_TX), MSGQ_PUSH,
	};
	unsigned char *packet = r->vm.shm + REMOTE_TX;
	__u64 error;

	if (!r->connected) {
		errno = ENOTCONN;
		return -1;
	}
	if (len > REMOTE_PAYLOAD)
		abort();
	packet[0] = PACKET_VERSION;
	packet[1] = PACKET_REQUEST;
	put16(packet + 2, ++r->seq);
	put32(packet + 4, id);
	memcpy(packet + HEADER_SIZE, payload, len);
	do {
		if (remote_hypercall(r, MSGQ_SEND, args))
			return -1;
		error = vm_word(&r->vm, REMOTE_REGS);
	} while (error == MSGQ_FULL);
	if (!error)
		return 0;
	errno = EIO;
	return -1;
}

/* One packet into REMOTE_RX, if there is one: its size, 0, or -1 and errno */
static int receive_packet(struct remote *r)
{
	const __u64 args[5] = { r->rx, REMOTE_SHM(REMOTE_RX), PACKET_SIZE };
	const unsigned char *data = r->vm.shm + REMOTE_RX;
	__u64 size;

	if (!r->connected) {
		errno = ENOTCONN;
		return -1;
	}
	if (remote_hypercall(r, MSGQ_RECEIVE, args))
		return -1;
	if (vm_word(&r->vm, REMOTE_REGS) == MSGQ_EMPTY)
		return 0;
	size = vm_word(&r->vm, REMOTE_REGS + 8);
	if (vm_word(&r->vm, REMOTE_REGS) || size < HEADER_SIZE ||
	    size > PACKET_SIZE || data[0] != PACKET_VERSION) {
		errno = EPROTO;
		return -1;
	}
	return size;
}

static int receive_packet_until(struct remote *r, long long end)
{
	int size;

	for (;;) {
		size = receive_packet(r);
		if (size)
			return size;
		if (now_ms() >= end)
			break;
		usleep(1000);
	}
	errno = ETIME;
	return -1;
}

/* A message; what does not fit into its first packet is of no interest here */
static int receive_until(struct remote *r, struct remote_packet *packet,
			 long long end)
{
	const unsigned char *data = r->vm.shm + REMOTE_RX;
	unsigned int more;
	int size;

	size = receive_packet_until(r, end);
	if (size < 0)
		return -1;
	packet->type = data[1] & 3;
	more = data[1] >> 2;
	packet->seq = get16(data + 2);
	packet->id = get32(data + 4);
	packet->len = size - HEADER_SIZE;
	memcpy(packet->payload, data + HEADER_SIZE, packet->len);
	for (; more; more--) {
		if (receive_packet_until(r, now_ms() + LONG_MS) < 0)
			return -1;
		if (data[1] & 3 || get16(data + 2) != packet->seq) {
			errno = EPROTO;
			return -1;
		}
	}
	return 0;
}

/**
 * remote_call() - the guest asks its resource manager for something
 * @r: the VM, started, with rm_rpc
 * @id: message
 * @payload: its payload
 * @len: size of that, fits into one packet
 * @error: the resource manager's error code
 *
 * Notifications that come meanwhile are kept for remote_note().
 *
 * Return: 0, or -1 and errno.
 */
int remote_call(struct remote *r, __u32 id, const void *payload, size_t len,
		__u32 *error)
{
	struct remote_packet packet;

	if (send_request(r, id, payload, len))
		return -1;
	for (;;) {
		if (receive_until(r, &packet, now_ms() + LONG_MS))
			return -1;
		if (packet.type == PACKET_NOTIFICATION) {
			if (r->num_notes < ARRAY_SIZE(r->notes))
				r->notes[r->num_notes++] = packet;
			continue;
		}
		if (packet.type != PACKET_REPLY || packet.seq != r->seq ||
		    packet.id != id || packet.len < 4) {
			errno = EPROTO;
			return -1;
		}
		*error = get32(packet.payload);
		return 0;
	}
}

/**
 * remote_note() - wait for a notification to the guest
 * @r: the VM, started, with rm_rpc
 * @id: which one; others that come meanwhile are forgotten
 * @packet: where to
 * @timeout_ms: how long
 *
 * Return: 0, or -1 and errno; ETIME: it has not come.
 */
int remote_note(struct remote *r, __u32 id, struct remote_packet *packet,
		unsigned int timeout_ms)
{
	long long end = now_ms() + timeout_ms;

	for (;;) {
		if (r->num_notes) {
			*packet = r->notes[0];
			memmove(&r->notes[0], &r->notes[1],
				--r->num_notes * sizeof(r->notes[0]));
		} else if (receive_until(r, packet, end)) {
			return -1;
		}
		if (packet->type == PACKET_NOTIFICATION && packet->id == id)
			return 0;
	}
}

/**
 * remote_offer() - the guest waits for memory that it is offered
 * @r: the VM, started, with rm_rpc
 * @parcel: the memory
 *
 * Return: 0, or -1 and errno.
 */
int remote_offer(struct remote *r, struct remote_parcel *parcel)
{
	struct remote_packet packet;
	const unsigned char *p = packet.payload;

	if (remote_note(r, RM_MEM_SHARED_NOTE, &packet, LONG_MS))
		return -1;
	/* Handle, kind, owner, label, tag and three lists */
	if (packet.len < 20 ||
	    (p[5] != TRANSACTION_LEND && p[5] != TRANSACTION_SHARE)) {
		errno = EPROTO;
		return -1;
	}
	*parcel = (struct remote_parcel){
		.handle = get32(p),
		.lent = p[5] == TRANSACTION_LEND,
		.owner = get16(p + 8),
		.label = get32(p + 12),
		.tag = get32(p + 16),
	};
	return 0;
}

static int notify_owner(struct remote *r, const struct remote_parcel *parcel,
			unsigned char what, __u32 *error)
{
	unsigned char req[12] = {};

	put32(req, parcel->handle);
	req[4] = what;
	return remote_call(r, RM_MEM_NOTIFY_MSG, req, sizeof(req), error);
}

/**
 * remote_accept() - the guest takes memory that it was offered, and says so
 * @r: the VM, started, with rm_rpc
 * @parcel: the memory
 * @gpa: where it wants it
 * @size: size of all of it
 * @error: the resource manager's error code
 *
 * Return: 0, or -1 and errno.
 */
int remote_accept(struct remote *r, const struct remote_parcel *parcel,
		  __u64 gpa, __u64 size, __u32 *error)
{
	unsigned char req[40] = {};

	put32(req, parcel->handle);
	req[5] = parcel->lent ? TRANSACTION_LEND : TRANSACTION_SHARE;
	req[6] = ACCEPT_CONTIGUOUS | ACCEPT_DONE;
	put32(req + 8, parcel->label);
	/* No ACL to compare, one address, no attributes */
	put16(req + 16, 1);
	put64(req + 20, gpa);
	put64(req + 28, size);
	if (remote_call(r, RM_MEM_ACCEPT_MSG, req, sizeof(req), error))
		return -1;
	if (*error)
		return 0;
	return notify_owner(r, parcel, NOTIFY_ACCEPTED, error);
}

/**
 * remote_release() - the guest gives memory back, and says so
 * @r: the VM, started, with rm_rpc
 * @parcel: the memory
 * @error: the resource manager's error code
 *
 * Return: 0, or -1 and errno.
 */
int remote_release(struct remote *r, const struct remote_parcel *parcel,
		   __u32 *error)
{
	unsigned char req[8] = {};

	put32(req, parcel->handle);
	if (remote_call(r, RM_MEM_RELEASE_MSG, req, sizeof(req), error))
		return -1;
	if (*error)
		return 0;
	return notify_owner(r, parcel, NOTIFY_RELEASED, error);
}
