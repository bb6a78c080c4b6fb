// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs at EL1 in the place of Linux: hypercalls, requests to the resource
 * manager, reports in KTAP by semihosting
 */
#include "host.h"

#define FN(nr)		(0xc6008000UL | (nr))
#define NR_SEND		0x1b
#define NR_RECV		0x1c
#define CAP_TX		0	/* the first two that the hypervisor gives out */
#define CAP_RX		1
#define PUSH		1

#define SYS_WRITE0	4
#define SYS_EXIT	0x18
#define ADP_EXIT	0x20026
#define TRIES		1000000

u64 result[8];
u8 body[1024];
u32 failures;

static u32 tests;
static const char *test_name;
static u16 seq;
static u8 last_status;

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);

void *memcpy(void *dst, const void *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((u8 *)dst)[i] = ((const u8 *)src)[i];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((u8 *)dst)[i] = (u8)c;
	return dst;
}

static void print(const char *s)
{
	semihosting(SYS_WRITE0, s);
}

static void print_number(u64 v, u32 base)
{
	char buf[24], *p = buf + sizeof(buf);

	*--p = 0;
	do {
		*--p = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (base == 16) {
		*--p = 'x';
		*--p = '0';
	}
	print(p);
}

static void finish(void)
{
	u64 arg[2] = { ADP_EXIT, failures != 0 };

	print("1..");
	print_number(tests, 10);
	print("\n");
	semihosting(SYS_EXIT, arg);
}

/* After a failure the next test would only fail as well */
static void end_test(void)
{
	if (!test_name)
		return;
	print(failures ? "not ok " : "ok ");
	print_number(++tests, 10);
	print(" ");
	print(test_name);
	print("\n");
	if (failures)
		finish();
}

/**
 * begin() - a test begins, the one before ends
 * @name: its name
 */
void begin(const char *name)
{
	end_test();
	test_name = name;
}

/**
 * check() - compare
 * @file: where
 * @line: where
 * @what: what
 * @got: its value
 * @want: what it should be
 */
void check(const char *file, int line, const char *what, u64 got, u64 want)
{
	if (got == want)
		return;
	failures++;
	print(file);
	print(":");
	print_number(line, 10);
	print(": ");
	print(what);
	print(" is ");
	print_number(got, 16);
	print(", not ");
	print_number(want, 16);
	print("\n");
}

/**
 * gunyah_call() - a hypercall
 * @nr: its number
 * @a: its arguments
 * @b: likewise
 * @c: likewise
 * @d: likewise
 * @e: likewise
 * @f: likewise
 * @g: likewise
 *
 * Return: its error; all registers are in result[].
 */
u64 gunyah_call(u32 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g)
{
	const u64 regs[8] = { FN(nr), a, b, c, d, e, f, g };

	memcpy(result, regs, sizeof(regs));
	hvc(result);
	return result[0];
}

static size_t receive(u8 *packet)
{
	for (u32 i = 0; i < TRIES; i++) {
		if (!gunyah_call(NR_RECV, CAP_RX, (u64)packet, RM_MSG_SIZE, 0,
				 0, 0, 0))
			return result[1];
		__asm__ volatile("yield");
	}
	return 0;
}

/* The next packet that is no notification; states in these are noted */
static size_t receive_reply(u8 *packet)
{
	for (;;) {
		size_t size = receive(packet);

		if (!size || (packet[1] & 3) != RM_TYPE_NOTIFICATION)
			return size;
		if (rm_get32(packet + 4) == RM_N_VM_STATUS)
			last_status = packet[RM_HDR_SIZE + 4];
	}
}

/**
 * rm_call() - a request to the resource manager
 * @id: message id
 * @payload: payload
 * @len: its length, of one packet
 *
 * Return: error of the reply, whose body is in body[]; NO_REPLY.
 */
u32 rm_call(u32 id, const void *payload, size_t len)
{
	u8 packet[RM_MSG_SIZE] = { RM_HDR_VERSION, RM_TYPE_REQUEST };
	size_t done = 0, size;
	u8 reply[1024];
	u32 fragments;

	rm_put16(packet + 2, ++seq);
	rm_put32(packet + 4, id);
	memcpy(packet + RM_HDR_SIZE, payload, len);
	if (gunyah_call(NR_SEND, CAP_TX, RM_HDR_SIZE + len, (u64)packet, PUSH,
			0, 0, 0))
		return NO_REPLY;
	fragments = 1;
	for (u32 i = 0; i < fragments; i++) {
		size = receive_reply(packet);
		if (size < RM_HDR_SIZE || rm_get16(packet + 2) != seq)
			return NO_REPLY;
		if (!i)
			fragments = 1 + (packet[1] >> 2);
		size -= RM_HDR_SIZE;
		if (done + size > sizeof(reply))
			return NO_REPLY;
		memcpy(reply + done, packet + RM_HDR_SIZE, size);
		done += size;
	}
	if (done < 4)
		return NO_REPLY;
	memcpy(body, reply + 4, done - 4);
	return rm_get32(reply);
}

/**
 * rm_call_vm() - a request that only names a VM
 * @id: message id
 * @vmid: VMID
 *
 * Return: as rm_call()
 */
u32 rm_call_vm(u32 id, u16 vmid)
{
	u8 data[4] = { (u8)vmid, (u8)(vmid >> 8) };

	return rm_call(id, data, sizeof(data));
}

/**
 * wait_status() - wait for a VM's state
 * @state: enum rm_vm_state
 *
 * Return: false if it does not come
 */
bool wait_status(u8 state)
{
	u8 packet[RM_MSG_SIZE];

	while (last_status != state) {
		if (!receive(packet))
			return false;
		if (rm_get32(packet + 4) == RM_N_VM_STATUS)
			last_status = packet[RM_HDR_SIZE + 4];
	}
	return true;
}

/**
 * testctl() - read a register of the test hypervisor
 * @offset: register
 *
 * Return: its value
 */
u64 testctl(u32 offset)
{
	return read64(GH_TESTCTL_BASE + offset);
}

/**
 * set_testctl() - write a register of the test hypervisor
 * @offset: register
 * @val: value
 */
void set_testctl(u32 offset, u64 val)
{
	write64(GH_TESTCTL_BASE + offset, val);
}

void host_main(void);

void host_main(void)
{
	host_test();
	begin(NULL);
	finish();
}
