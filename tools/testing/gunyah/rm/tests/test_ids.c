// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which messages there are, how long they have to be, how long their lists
 */
#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL

/**
 * struct probe_row - an empty request
 * @id: message id
 * @err: of an empty request
 */
struct probe_row {
	uint32_t id;
	uint32_t err;
};

static const struct probe_row probes[] = {
	{ RM_MEM_DONATE_ID, 4 }, { RM_MEM_ACCEPT_ID, 4 },
	{ RM_MEM_LEND_ID, 4 }, { RM_MEM_SHARE_ID, 4 },
	{ RM_MEM_RELEASE_ID, 4 }, { RM_MEM_RECLAIM_ID, 4 },
	{ RM_MEM_NOTIFY_ID, 4 }, { RM_MEM_APPEND_ID, 4 },
	{ RM_FW_MILESTONE_ID, 0 },
	{ RM_FW_SET_FIRMWARE_ID, 4 }, { RM_VM_ALLOC_ID, 4 },
	{ RM_VM_DEALLOC_ID, 4 }, { RM_VM_START_ID, 4 }, { RM_VM_STOP_ID, 4 },
	{ RM_VM_RESET_ID, 4 }, { RM_VM_CONFIG_ID, 4 }, { RM_VM_AUTH_ID, 4 },
	{ RM_VM_INIT_ID, 4 }, { RM_VM_GET_ID_ID, 4 },
	{ RM_VM_LOOKUP_URI_ID, 6 }, { RM_VM_LOOKUP_GUID_ID, 6 },
	{ RM_VM_LOOKUP_NAME_ID, 6 }, { RM_VM_GET_OWNER_ID, 0 },
	{ RM_VM_GET_STATE_ID, 4 }, { RM_VM_GET_CRASH_ID, 4 },
	{ RM_VM_GET_RESOURCES_ID, 4 }, { RM_VM_GET_VMID_ID, 0 },
	{ RM_VM_GET_PEERS_ID, 0 }, { RM_VM_SET_TIME_BASE_ID, 4 },
	{ RM_VM_SET_FW_MEM_ID, 4 }, { RM_VM_IRQ_ACCEPT_ID, 4 },
	{ RM_VM_IRQ_LEND_ID, 4 }, { RM_VM_IRQ_RELEASE_ID, 4 },
	{ RM_VM_IRQ_RECLAIM_ID, 4 }, { RM_VM_IRQ_NOTIFY_ID, 4 },
	{ RM_VM_IRQ_UNMAP_ID, 4 }, { RM_IPA_RESERVE_ID, 4 },
	{ RM_VM_SET_STATUS_ID, 4 }, { RM_CONSOLE_OPEN_ID, 4 },
	{ RM_CONSOLE_CLOSE_ID, 4 }, { RM_CONSOLE_WRITE_ID, 4 },
	{ RM_CONSOLE_FLUSH_ID, 4 }, { RM_VM_EXIT_ID, 4 },
	{ RM_VM_SET_CRASH_ID, 4 }, { RM_HOST_GET_TYPE_ID, 0 },
	/* Numbers that stand in headers, but nobody answers */
	{ 0x51000016, -1 }, { 0x51000019, -1 }, { 0x56000003, -1 },
	{ 0x56000007, -1 }, { 0x56000008, -1 }, { 0x5600000c, -1 },
	{ 0x56000014, -1 }, { 0x56000016, -1 }, { 0x56000018, -1 },
	{ 0x56000021, -1 }, { 0x56000022, -1 }, { 0x56000031, -1 },
	{ 0x56000033, -1 }, { 0x56000034, -1 }, { 0x560000b1, -1 },
	{ 0x5100001a, -1 }, { 0x5600000f, -1 }, { 0x56100008, -1 }, { 0, -1 },
	{ 0xffffffff, -1 },
};

static void probe_row(const struct probe_row *row)
{
	struct fake *f = fake_new(NULL);
	uint8_t zero[64] = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "empty %08x", row->id);
	begin_case(name);
	CHECK_EQ(call(f, row->id, NULL, 0), row->err);
	if (row->err == RM_ERR_UNIMPLEMENTED) {
		CHECK_EQ(f->body_len, 0);
		CHECK_EQ(call(f, row->id, zero, sizeof(zero)), row->err);
	}
	fake_free(f);
	end_case();
}

/**
 * struct length_row - a message of fixed length
 * @id: message id
 * @len: the length
 */
struct length_row {
	uint32_t id;
	size_t len;
};

static const struct length_row lengths[] = {
	{ RM_MEM_RELEASE_ID, 8 }, { RM_MEM_RECLAIM_ID, 8 },
	{ RM_FW_MILESTONE_ID, 0 }, { RM_FW_SET_FIRMWARE_ID, 24 },
	{ RM_VM_ALLOC_ID, 4 }, { RM_VM_DEALLOC_ID, 4 }, { RM_VM_START_ID, 4 },
	{ RM_VM_STOP_ID, 8 }, { RM_VM_RESET_ID, 4 }, { RM_VM_CONFIG_ID, 40 },
	{ RM_VM_AUTH_ID, 4 }, { RM_VM_INIT_ID, 4 }, { RM_VM_GET_ID_ID, 4 },
	{ RM_VM_LOOKUP_GUID_ID, 16 }, { RM_VM_GET_OWNER_ID, 0 },
	{ RM_VM_GET_STATE_ID, 4 }, { RM_VM_GET_CRASH_ID, 4 },
	{ RM_VM_GET_RESOURCES_ID, 4 }, { RM_VM_GET_VMID_ID, 0 },
	{ RM_VM_GET_PEERS_ID, 0 }, { RM_VM_SET_TIME_BASE_ID, 20 },
	{ RM_VM_SET_FW_MEM_ID, 24 }, { RM_VM_SET_STATUS_ID, 4 },
	{ RM_CONSOLE_OPEN_ID, 4 }, { RM_CONSOLE_CLOSE_ID, 4 },
	{ RM_CONSOLE_WRITE_ID, 4 }, { RM_CONSOLE_FLUSH_ID, 4 },
	{ RM_VM_EXIT_ID, 4 }, { RM_HOST_GET_TYPE_ID, 0 },
	{ RM_VM_IRQ_ACCEPT_ID, 8 }, { RM_VM_IRQ_LEND_ID, 12 },
	{ RM_VM_IRQ_RELEASE_ID, 4 }, { RM_VM_IRQ_RECLAIM_ID, 4 },
	{ RM_VM_IRQ_NOTIFY_ID, 8 }, { RM_VM_IRQ_UNMAP_ID, 8 },
};

/* A byte more or less, and nothing else is looked at */
static void length_row(const struct length_row *row)
{
	struct fake *f = fake_new(NULL);
	uint8_t zero[64] = { 0 };
	struct rm_stats stats;
	char name[32];

	snprintf(name, sizeof(name), "length of %08x", row->id);
	begin_case(name);
	CHECK_EQ(call(f, row->id, zero, row->len + 1), RM_ERR_MSG);
	CHECK_EQ(call(f, row->id, zero, sizeof(zero)), RM_ERR_MSG);
	if (row->len > 1)
		CHECK_EQ(call(f, row->id, zero, row->len - 1), RM_ERR_MSG);
	rm_get_stats(f->rm, &stats);
	CHECK(!stats.dead);
	CHECK_EQ(stats.notifications, 0);
	CHECK(call(f, row->id, zero, row->len) != RM_ERR_MSG);
	fake_free(f);
	end_case();
}

/**
 * struct list_row - a list in a message
 * @name: name of the case
 * @id: message id
 * @head: bytes before the list, zeroes
 * @entry: size of an entry
 * @tail: bytes of the lists behind it, all empty
 */
struct list_row {
	const char *name;
	uint32_t id;
	size_t head;
	size_t entry;
	size_t tail;
};

static const struct list_row lists[] = {
	{ "LEND, ACL", RM_MEM_LEND_ID, 8, 4, 8 },
	{ "LEND, SGL", RM_MEM_LEND_ID, 12, 16, 4 },
	{ "LEND, attributes", RM_MEM_LEND_ID, 16, 4, 0 },
	{ "APPEND, SGL", RM_MEM_APPEND_ID, 8, 16, 0 },
	{ "ACCEPT, ACL", RM_MEM_ACCEPT_ID, 12, 4, 8 },
	{ "ACCEPT, SGL", RM_MEM_ACCEPT_ID, 16, 16, 4 },
	{ "ACCEPT, attributes", RM_MEM_ACCEPT_ID, 20, 4, 0 },
	{ "NOTIFY, VMIDs", RM_MEM_NOTIFY_ID, 12, 4, 0 },
};

static void list_row(const struct list_row *row)
{
	struct fake *f = fake_new(NULL);
	static uint8_t data[RM_MAX_PAYLOAD];
	size_t full = row->head + 4 + 512 * row->entry + row->tail;
	uint32_t err;

	begin_case(row->name);
	memset(data, 0, sizeof(data));
	rm_put16(data + row->head, 512);
	err = call(f, row->id, data, full);
	CHECK(err != RM_ERR_MSG && err != RM_ERR_NORESOURCE && err != 0);
	CHECK_EQ(call(f, row->id, data, full - 1), RM_ERR_MSG);
	CHECK_EQ(call(f, row->id, data, full + 4), RM_ERR_MSG);
	CHECK_EQ(call(f, row->id, data, row->head + 4 + 511 * row->entry),
		 RM_ERR_MSG);
	rm_put16(data + row->head, 513);
	CHECK_EQ(call(f, row->id, data, full + row->entry), RM_ERR_NORESOURCE);
	/* The number is what counts, not what is there */
	CHECK_EQ(call(f, row->id, data, row->head + 24), RM_ERR_NORESOURCE);
	rm_put16(data + row->head, 0xffff);
	CHECK_EQ(call(f, row->id, data, full), RM_ERR_NORESOURCE);
	fake_free(f);
	end_case();
}

/**
 * struct reserved_row - reserved bytes of a message
 * @id: message id
 * @len: length of the message
 * @at: where they are
 */
struct reserved_row {
	uint32_t id;
	size_t len;
	uint8_t at[3];
};

static const struct reserved_row reserved[] = {
	{ RM_MEM_APPEND_ID, 12, { 5, 6, 7 } },
	{ RM_MEM_ACCEPT_ID, 24, { 7 } },
	{ RM_MEM_RELEASE_ID, 8, { 5, 6, 7 } },
	{ RM_MEM_RECLAIM_ID, 8, { 5, 6, 7 } },
	{ RM_MEM_NOTIFY_ID, 16, { 5, 6, 7 } },
};

static void reserved_bytes(void)
{
	struct fake *f = fake_new(NULL);
	unsigned int i, k;

	for (i = 0; i < COUNT(reserved); i++) {
		const struct reserved_row *row = &reserved[i];
		uint8_t data[24] = { 0 };

		CHECK(call(f, row->id, data, row->len) != RM_ERR_MSG);
		for (k = 0; k < 3 && row->at[k]; k++) {
			data[row->at[k]] = 1;
			CHECK_EQ(call(f, row->id, data, row->len), RM_ERR_MSG);
			data[row->at[k]] = 0;
		}
	}
	fake_free(f);
}

/* Who may append to, release and reclaim what */
static void strangers_parcels(void)
{
	struct region r = { MEM, PAGE }, more = { MEM + PAGE, PAGE };
	struct create c = { RM_MEM_LEND_ID, .flags = 2, .nacl = 2,
			    .acl = { { 128, 7 }, { 129, 4 } },
			    .nsgl = 1, .sgl = &r };
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	struct guest h = { .dt = dt_base(), .image_ipa = 0x42000000 };
	uint8_t data[32] = { 0 };
	uint32_t handle;

	dt_add_rpc(g.dt, false);
	dt_add_rpc(h.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(guest_start(f, &h), 0);
	CHECK_EQ(create(f, &c, &handle), 0);

	rm_put32(data, handle);
	rm_put16(data + 8, 1);
	rm_put64(data + 12, more.ipa);
	rm_put64(data + 20, more.size);
	CHECK_EQ(call_from(f, 128, RM_MEM_APPEND_ID, data, 28), RM_ERR_DENIED);
	/* An empty list is found after that */
	rm_put16(data + 8, 0);
	CHECK_EQ(call_from(f, 128, RM_MEM_APPEND_ID, data, 12), RM_ERR_DENIED);
	CHECK_EQ(append(f, handle, 1, &more, 1), 0);

	/* Its owner is not in the ACL of what it lends */
	CHECK_EQ(call(f, RM_MEM_RELEASE_ID, data, 8), RM_ERR_HANDLE);
	CHECK_EQ(call_from(f, 128, RM_MEM_RECLAIM_ID, data, 8), RM_ERR_DENIED);
	/* Not accepted comes before not allowed to sanitize */
	data[4] = 1;
	CHECK_EQ(call_from(f, 129, RM_MEM_RELEASE_ID, data, 8),
		 RM_ERR_MEM_RELEASED);
	data[4] = 0;

	/* Two have it: the owner gets it back when neither has */
	memset(data + 4, 0, sizeof(data) - 4);
	data[5] = RM_MEM_LEND;
	data[6] = RM_ACCEPT_DONE;
	CHECK_EQ(call_from(f, 128, RM_MEM_ACCEPT_ID, data, 24), 0);
	CHECK_EQ(call_from(f, 129, RM_MEM_ACCEPT_ID, data, 24), 0);
	CHECK_EQ(f->pages[(MEM - HOST_BASE) / PAGE].maps, 2);
	data[5] = 0;
	data[6] = 0;
	data[4] = 1;	/* read only: it cannot be cleared */
	CHECK_EQ(call_from(f, 129, RM_MEM_RELEASE_ID, data, 8), RM_ERR_ARG);
	data[4] = 0;
	CHECK_EQ(call_from(f, 128, RM_MEM_RELEASE_ID, data, 8), 0);
	CHECK_EQ(f->msgs, 1);
	/* Somebody else's comes before in use */
	CHECK_EQ(call_from(f, 128, RM_MEM_RECLAIM_ID, data, 8), RM_ERR_DENIED);
	CHECK_EQ(reclaim(f, handle), RM_ERR_MEM_INUSE);
	CHECK_EQ(call_from(f, 129, RM_MEM_RELEASE_ID, data, 8), 0);
	CHECK_EQ(reclaim(f, handle), 0);
	guest_remove(f, &g);
	guest_remove(f, &h);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_ids() - message ids and lengths */
void test_ids(void)
{
	TABLE(probes, probe_row);
	TABLE(lengths, length_row);
	TABLE(lists, list_row);
	RUN(reserved_bytes);
	RUN(strangers_parcels);
}
