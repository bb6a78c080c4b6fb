// SPDX-License-Identifier: GPL-2.0-only
/*
 * Announcing parcels, to guests and by them
 */
#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL
#define AT	0x60000000ULL
#define SHARED	2

/* A guest with a channel that runs */
static struct fake *fake_guest(struct guest *g)
{
	struct fake *f = fake_new(NULL);

	memset(g, 0, sizeof(*g));
	g->dt = dt_base();
	dt_add_rpc(g->dt, false);
	CHECK_EQ(guest_start(f, g), 0);
	return f;
}

static uint32_t notify_from(struct fake *f, uint16_t from, uint32_t handle,
			    uint8_t flags, const uint16_t *vmids,
			    unsigned int n)
{
	uint8_t data[64] = { 0 };
	unsigned int i;

	rm_put32(data, handle);
	data[4] = flags;
	rm_put32(data + 8, 0x1234);
	rm_put16(data + 12, (uint16_t)n);
	for (i = 0; i < n; i++)
		rm_put16(data + 16 + 4 * i, vmids[i]);
	return call_from(f, from, RM_MEM_NOTIFY_ID, data,
			 vmids ? 16 + 4 * n : 12);
}

static void notify(void)
{
	struct guest g;
	struct fake *f = fake_guest(&g);
	const struct message *m;
	uint16_t to[2] = { g.vmid, 3 }, strange = 140, rm = 255;
	uint32_t handle;

	CHECK_EQ(share(f, g.vmid, 77, MEM, 2 * PAGE, &handle), 0);
	CHECK_EQ(call(f, RM_MEM_NOTIFY_ID, "12345678901", 11), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_MEM_NOTIFY_ID, "\1\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0x",
		      17), RM_ERR_MSG);
	CHECK_EQ(call_from(f, g.vmid, RM_MEM_RELEASE_ID, "1234", 4),
		 RM_ERR_MSG);
	CHECK_EQ(notify_from(f, 3, 999, 1, to, 1), RM_ERR_HANDLE);
	CHECK_EQ(notify_from(f, 3, handle, 1, NULL, 0), RM_ERR_MSG);
	CHECK_EQ(notify_from(f, 3, handle, 8, NULL, 0), RM_ERR_MSG);
	CHECK_EQ(notify_from(f, 3, handle, 1, to, 0), RM_ERR_ARG);
	CHECK_EQ(notify_from(f, 3, handle, 3, to, 1), RM_ERR_ARG);
	CHECK_EQ(notify_from(f, 3, handle, 0, to, 1), RM_ERR_ARG);
	CHECK_EQ(notify_from(f, 3, handle, 1, &strange, 1), RM_ERR_VMID);
	CHECK_EQ(notify_from(f, 3, handle, 1, &rm, 1), RM_ERR_ARG);
	CHECK_EQ(notify_from(f, g.vmid, handle, 1, to, 1), RM_ERR_DENIED);
	CHECK_EQ(notify_from(f, 3, handle, 4, NULL, 0), RM_ERR_DENIED);
	CHECK_EQ(notify_from(f, 3, handle, 2, NULL, 0), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_RELEASED, 0);
	CHECK(m && m->to == 3 && rm_get16(m->data + 4) == 3);

	CHECK_EQ(notify_from(f, 3, handle, 1, to, 1), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_SHARED, 0);
	CHECK(m && m->to == g.vmid);
	CHECK_EQ(m->len, 20 + 4 + 8 + 4 + 8 + 4);
	CHECK_EQ(rm_get32(m->data), handle);
	CHECK_EQ(m->data[5], SHARED);
	CHECK_EQ(rm_get16(m->data + 8), 3);
	CHECK_EQ(rm_get32(m->data + 12), 77);
	CHECK_EQ(rm_get32(m->data + 16), 0x1234);
	CHECK_EQ(rm_get16(m->data + 20), 2);
	CHECK_EQ(rm_get64(m->data + 36), 2 * PAGE);

	CHECK_EQ(notify_from(f, 3, handle, 8, to, 1), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_RECALL, 0);
	CHECK(m && m->to == g.vmid && m->len == 8);

	CHECK_EQ(notify_from(f, g.vmid, handle, 4, NULL, 0), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_ACCEPTED, 0);
	CHECK(m && m->to == 3 && m->len == 12);
	CHECK_EQ(notify_from(f, g.vmid, handle, 2, NULL, 0), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_RELEASED, 0);
	CHECK(m && rm_get32(m->data) == handle &&
	      rm_get16(m->data + 4) == g.vmid &&
	      rm_get32(m->data + 8) == 0x1234);
	guest_remove(f, &g);
	fake_free(f);
}

/* Of a large parcel a notification tells what fits into a list */
static void notify_large(void)
{
	static struct region r[512];
	struct create c = { RM_MEM_LEND_ID, .flags = 2, .nacl = 1,
			    .acl = { { 128, 7 } }, .nsgl = 512, .sgl = r };
	struct guest g;
	struct fake *f = fake_guest(&g);
	const struct message *m;
	uint32_t handle;
	unsigned int i;

	for (i = 0; i < 512; i++) {
		r[i].ipa = MEM + 2 * i * PAGE;
		r[i].size = PAGE;
	}
	CHECK_EQ(create(f, &c, &handle), 0);
	for (i = 0; i < 100; i++)
		r[i].ipa += PAGE;
	CHECK_EQ(append(f, handle, 1, r, 100), 0);
	CHECK_EQ(notify_from(f, 3, handle, 1, &g.vmid, 1), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_SHARED, 0);
	CHECK(m && m->len == 20 + 4 + 4 + 4 + 512 * 8 + 4);
	CHECK(m && rm_get16(m->data + 28) == 512);
	CHECK(m && rm_get64(m->data + 32 + 511 * 8) == PAGE);
	guest_remove(f, &g);
	fake_free(f);
}

/* For a VM that does not run yet the resource manager accepts */
static void notify_ready(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	const struct message *m;
	uint32_t handle;
	int note, reply;

	dt_add_shm(g.dt, "shm-0", 7, AT);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(share(f, g.vmid, 7, MEM, PAGE, &handle), 0);
	CHECK_EQ(notify_from(f, 3, handle, 1, &g.vmid, 1), 0);
	note = msg_index(f, RM_TYPE_NOTIFICATION, RM_N_MEM_ACCEPTED, 0);
	reply = msg_index(f, RM_TYPE_REPLY, RM_MEM_NOTIFY_ID, 0);
	CHECK(note == 0 && reply == 1);
	CHECK(fake_mapped(f, g.vmid, AT, MEM));
	/* It cannot twice */
	CHECK_EQ(notify_from(f, 3, handle, 1, &g.vmid, 1), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_RELEASED, 0);
	CHECK(m);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_notify() - announcing parcels */
void test_notify(void)
{
	RUN(notify);
	RUN(notify_large);
	RUN(notify_ready);
}
