// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets: framing, fragments in both directions, back pressure
 */
#include "fake.h"

static void raw(struct fake *f, uint8_t b0, uint8_t b1, uint16_t seq,
		uint32_t id, size_t len)
{
	uint8_t packet[RM_MSG_SIZE + 8] = { b0, b1 };

	rm_put16(packet + 2, seq);
	rm_put32(packet + 4, id);
	rm_rx(f->rm, RM_VMID_HLOS, packet, len);
}

#define FRAG(type, n)	((uint8_t)((type) | (n) << 2))
#define GET_VMID	RM_VM_GET_VMID_ID

static void framing(void)
{
	struct fake *f = fake_new(NULL);
	const struct message *m;

	raw(f, 0x21, FRAG(1, 0), 0xabcd, GET_VMID, 8);
	m = find_msg(f, RM_TYPE_REPLY, GET_VMID, 0);
	CHECK(m && m->seq == 0xabcd && m->len == 8);
	CHECK(m && rm_get32(m->data) == 0 && rm_get32(m->data + 4) == 3);
	forget(f);

	raw(f, 0x11, FRAG(1, 0), 1, GET_VMID, 8);	/* header size */
	raw(f, 0x22, FRAG(1, 0), 1, GET_VMID, 8);	/* version */
	raw(f, 0x21, FRAG(2, 0), 1, GET_VMID, 8);	/* reply */
	raw(f, 0x21, FRAG(3, 0), 1, GET_VMID, 8);	/* notification */
	raw(f, 0x21, FRAG(0, 0), 1, GET_VMID, 8);	/* stray continuation */
	raw(f, 0x21, FRAG(1, 0), 1, GET_VMID, 7);	/* too short */
	raw(f, 0x21, FRAG(1, 0), 1, GET_VMID, 241);	/* too long */
	raw(f, 0x21, FRAG(1, 63), 1, GET_VMID, 240);	/* fragments */
	CHECK_EQ(f->msgs, 0);

	CHECK_EQ(call(f, 0x56000031, NULL, 0), RM_ERR_UNIMPLEMENTED);
	CHECK_EQ(f->body_len, 0);
	CHECK_EQ(call(f, 0x51000016, NULL, 0), RM_ERR_UNIMPLEMENTED);
	fake_free(f);
}

/* Fragments of a LEND that is too short make an error 4 when complete */
#define LEND	RM_MEM_LEND_ID

static void reassembly(void)
{
	struct fake *f = fake_new(NULL);

	/* A continuation must have the same id, sequence, fragments */
	raw(f, 0x21, FRAG(1, 2), 7, LEND, 240);
	raw(f, 0x21, FRAG(0, 2), 8, LEND, 240);
	raw(f, 0x21, FRAG(0, 2), 7, LEND + 1, 240);
	raw(f, 0x21, FRAG(0, 1), 7, LEND, 240);
	CHECK_EQ(f->msgs, 0);
	raw(f, 0x21, FRAG(0, 2), 7, LEND, 240);
	CHECK_EQ(f->msgs, 0);
	raw(f, 0x21, FRAG(0, 2), 7, LEND, 9);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(f->msg[0].seq, 7);
	forget(f);

	/* A new request throws an incomplete one away */
	raw(f, 0x21, FRAG(1, 1), 7, LEND, 240);
	raw(f, 0x21, FRAG(1, 0), 8, GET_VMID, 8);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(f->msg[0].id, GET_VMID);
	raw(f, 0x21, FRAG(0, 1), 7, LEND, 240);
	CHECK_EQ(f->msgs, 1);
	forget(f);

	/* Only the last packet may be short */
	raw(f, 0x21, FRAG(1, 1), 7, LEND, 239);
	raw(f, 0x21, FRAG(0, 1), 7, LEND, 20);
	CHECK_EQ(f->msgs, 0);
	fake_free(f);
}

static void largest_request(void)
{
	struct fake *f = fake_new(NULL);
	static uint8_t data[RM_MAX_PAYLOAD];

	/* 63 packets: the whole of it is seen, as its length is wrong */
	CHECK_EQ(call(f, GET_VMID, data, sizeof(data)), RM_ERR_MSG);
	CHECK_EQ(call(f, GET_VMID, NULL, 0), 0);
	fake_free(f);
}

/* An answer of several packets: GET_HYP_RESOURCES with 20 doorbells */
static void long_reply(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	unsigned int i;
	char name[16];

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "bell-%u", i);
		dt_add_bell(g.dt, name, i, 40 + i, 1);
	}
	CHECK_EQ(guest_init(f, &g), 0);
	f->packets = 0;
	CHECK_EQ(resources(f, g.vmid), 21);
	CHECK_EQ(f->packets, (4 + 4 + 21 * 44 + 231) / 232);
	guest_remove(f, &g);
	fake_free(f);
}

/* The queue takes one packet at a time: nothing is lost, order is kept */
static void back_pressure(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	int status, exited, reply;
	unsigned int i;

	CHECK_EQ(guest_start(f, &g), 0);
	forget(f);
	f->blocked = true;
	CHECK_EQ(stop(f, g.vmid, 1), NO_REPLY);
	CHECK_EQ(f->msgs, 0);
	for (i = 0; i < 3; i++) {
		f->room = 1;
		rm_tx_ready(f->rm, RM_VMID_HLOS);
		CHECK_EQ(f->msgs, i + 1);
	}
	status = msg_index(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	exited = msg_index(f, RM_TYPE_NOTIFICATION, RM_N_VM_EXITED, 0);
	reply = msg_index(f, RM_TYPE_REPLY, RM_VM_STOP_ID, 0);
	CHECK(status == 0 && exited == 1 && reply == 2);
	f->blocked = false;
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* A message whose packets only go one by one is not mixed with others */
static void fragments_stay_together(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	unsigned int i;
	char name[16];

	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "bell-%u", i);
		dt_add_bell(g.dt, name, i, 40 + i, 1);
	}
	CHECK_EQ(guest_start(f, &g), 0);
	forget(f);
	f->blocked = true;
	f->room = 1;
	CHECK_EQ(call_vm(f, RM_VM_GET_RESOURCES_ID, g.vmid), 0);
	CHECK_EQ(stop(f, g.vmid, 1), NO_REPLY);
	/* call() forgot the first packet: count the rest by hand */
	f->blocked = false;
	f->msg[f->msgs++] = (struct message) {
		.to = 3, .type = RM_TYPE_REPLY, .id = RM_VM_GET_RESOURCES_ID,
		.seq = (uint16_t)(f->seq - 1), .len = 232,
		.data = malloc(63 * 232),
	};
	rm_tx_ready(f->rm, RM_VMID_HLOS);
	CHECK_EQ(f->msg[0].len, 4 + 4 + 11 * 44);
	CHECK_EQ(f->msgs, 4);
	guest_remove(f, &g);
	fake_free(f);
}

/* One reply waits at most: the next one takes its place */
static void reply_is_replaced(void)
{
	struct fake *f = fake_new(NULL);

	f->blocked = true;
	send_packets(f, 3, GET_VMID, 1, NULL, 0);
	send_packets(f, 3, GET_VMID, 2, NULL, 0);
	f->blocked = false;
	rm_tx_ready(f->rm, RM_VMID_HLOS);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(f->msg[0].seq, 2);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Several requests in flight are all answered while there is room */
static void requests_in_flight(void)
{
	struct fake *f = fake_new(NULL);
	unsigned int i;

	for (i = 0; i < 8; i++)
		send_packets(f, 3, GET_VMID, (uint16_t)(100 + i), NULL, 0);
	CHECK_EQ(f->msgs, 8);
	for (i = 0; i < 8; i++)
		CHECK_EQ(f->msg[i].seq, 100 + i);
	fake_free(f);
}

/* 256 notifications wait, then the oldest goes */
static void notifications_are_bounded(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 4, .dt = dt_base() };
	uint8_t status[4] = { 0, 0, 0, 0 };
	unsigned int i;

	CHECK_EQ(alloc_vmid(f, 4, &g.vmid), 0);
	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	forget(f);
	f->blocked = true;
	for (i = 0; i < 300; i++) {
		rm_put16(status + 2, (uint16_t)i);
		send_packets(f, 4, RM_VM_SET_STATUS_ID, 1, status, 4);
	}
	f->blocked = false;
	rm_tx_ready(f->rm, RM_VMID_HLOS);
	CHECK_EQ(f->msgs, 256);
	CHECK_EQ(rm_get16(f->msg[0].data + 6), 44);
	CHECK_EQ(rm_get16(f->msg[255].data + 6), 299);
	forget(f);
	rm_tx_ready(f->rm, 4);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void strangers(void)
{
	struct fake *f = fake_new(NULL);
	uint16_t vmid;

	/* Without a channel nobody is heard */
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(call_from(f, vmid, GET_VMID, NULL, 0), NO_REPLY);
	CHECK_EQ(call_from(f, 255, GET_VMID, NULL, 0), NO_REPLY);
	CHECK_EQ(call_from(f, 0, GET_VMID, NULL, 0), NO_REPLY);
	CHECK_EQ(call_from(f, 999, GET_VMID, NULL, 0), NO_REPLY);
	rm_tx_ready(f->rm, 999);
	rm_tx_ready(f->rm, vmid);
	CHECK_EQ(f->msgs, 0);
	fake_free(f);
}

/** test_rpc() - packets */
void test_rpc(void)
{
	RUN(framing);
	RUN(reassembly);
	RUN(largest_request);
	RUN(long_reply);
	RUN(back_pressure);
	RUN(fragments_stay_together);
	RUN(reply_is_replaced);
	RUN(requests_in_flight);
	RUN(notifications_are_bounded);
	RUN(strangers);
}
