// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM messages: error tables, state machine, queries
 */
#include <libfdt.h>

#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL

static void alloc(void)
{
	static const uint16_t bad[] = {
		1, 2, 3, 32, 63, 64, 128, 130, 190, 191, 255, 0xffff,
	};
	struct fake *f = fake_new(NULL);
	struct rm_stats stats;
	uint16_t vmid;
	unsigned int i;
	uint8_t data[8] = { 0 };

	for (i = 0; i < COUNT(bad); i++)
		CHECK_EQ(alloc_vmid(f, bad[i], &vmid), RM_ERR_NORESOURCE);
	CHECK_EQ(call(f, RM_VM_ALLOC_ID, data, 3), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_ALLOC_ID, data, 8), RM_ERR_MSG);
	for (i = 0; i < 63; i++) {
		CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
		CHECK_EQ(vmid, 128 + i);
	}
	CHECK_EQ(alloc_vmid(f, 0, &vmid), RM_ERR_NORESOURCE);
	for (i = 4; i < 32; i++)
		CHECK_EQ(alloc_vmid(f, i, &vmid), 0);
	CHECK_EQ(alloc_vmid(f, 4, &vmid), RM_ERR_NORESOURCE);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.vmids, 63 + 28);
	CHECK_EQ(vm_state(f, 130), RM_STATE_LOAD);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, 130), 0);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(vmid, 130);
	/* Nobody was told of any of it */
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.notifications, 0);
	fake_free(f);

	f = fake_new(NULL);
	f->fail_alloc = 1;
	CHECK_EQ(alloc_vmid(f, 0, &vmid), RM_ERR_NOMEM);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	fake_free(f);
}

/* Only the host makes VMs */
static void host_only(void)
{
	static const uint32_t ids[] = {
		RM_VM_ALLOC_ID, RM_VM_CONFIG_ID, RM_VM_AUTH_ID, RM_VM_INIT_ID,
		RM_FW_MILESTONE_ID, RM_FW_SET_FIRMWARE_ID,
	};
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	unsigned int i;

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	for (i = 0; i < COUNT(ids); i++)
		CHECK_EQ(call_from(f, g.vmid, ids[i], "", 1), RM_ERR_DENIED);
	fake_free(f);
}

static void config_rows(void)
{
	struct fake *f = fake_new(NULL);
	uint32_t handle, other;
	uint16_t vmid, second;
	const struct message *m;
	uint8_t data[40] = { 0 };

	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(alloc_vmid(f, 0, &second), 0);
	CHECK_EQ(lend(f, vmid, 0, MEM, 16 * PAGE, &handle), 0);
	CHECK_EQ(lend(f, second, 0, MEM + 16 * PAGE, PAGE, &other), 0);

	CHECK_EQ(call(f, RM_VM_CONFIG_ID, data, 39), RM_ERR_MSG);
	CHECK_EQ(config_image(f, 140, 0, handle, 0, PAGE), RM_ERR_VMID);
	CHECK_EQ(config_image(f, 3, 0, handle, 0, PAGE), RM_ERR_DENIED);
	CHECK_EQ(config_image(f, 255, 0, handle, 0, PAGE), RM_ERR_DENIED);
	CHECK_EQ(vm_state(f, vmid), RM_STATE_LOAD);

	CHECK_EQ(config_image(f, vmid, 0, 999, 0, PAGE), RM_ERR_MEM);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m && m->data[4] == RM_STATE_INIT_FAILED);
	CHECK(msg_index(f, RM_TYPE_REPLY, RM_VM_CONFIG_ID, 0) == 1);
	CHECK_EQ(config_image(f, vmid, 0, handle, 0, PAGE), RM_ERR_VM_STATE);
	CHECK_EQ(f->msgs, 1);
	fake_free(f);
}

/**
 * struct config_row - a CONFIG_IMAGE
 * @name: name of the case
 * @image_offset: as in the message
 * @image_size: likewise
 * @dt_offset: likewise
 * @dt_size: likewise
 * @auth: likewise
 * @other_parcel: the parcel is for another VM
 * @err: error
 * @state: state of the VM afterwards
 */
struct config_row {
	const char *name;
	uint64_t image_offset, image_size, dt_offset, dt_size;
	uint16_t auth;
	bool other_parcel;
	uint32_t err;
	uint8_t state;
};

static const struct config_row config_table[] = {
	{ "config", 0, 0, 0, PAGE, 0, false, 0, RM_STATE_INIT },
	{ "config android", 0, 0, 0, PAGE, 2, false, 0, RM_STATE_INIT },
	{ "config platform", 0, 0, 0, PAGE, 1, false, 0, RM_STATE_AUTH },
	{ "config whole", 0, 16 * PAGE, 15 * PAGE, PAGE, 0, false, 0,
	  RM_STATE_INIT },
	{ "ACL without the VM", 0, 0, 0, PAGE, 0, true, 0xa,
	  RM_STATE_INIT_FAILED },
	{ "image too large", 0, 17 * PAGE, 0, PAGE, 0, false, 6,
	  RM_STATE_INIT_FAILED },
	{ "image overflow", PAGE, UINT64_MAX, 0, PAGE, 0, false, 6,
	  RM_STATE_INIT_FAILED },
	{ "image offset", 17 * PAGE, 0, 0, PAGE, 0, false, 6,
	  RM_STATE_INIT_FAILED },
	{ "dt too large", 0, 0, 15 * PAGE, 2 * PAGE, 0, false, 6,
	  RM_STATE_INIT_FAILED },
	{ "dt overflow", 0, 0, UINT64_MAX - PAGE + 1, PAGE, 0, false, 6,
	  RM_STATE_INIT_FAILED },
	{ "auth 3", 0, 0, 0, PAGE, 3, false, 6, RM_STATE_INIT_FAILED },
	{ "parcel before range", 0, 99 * PAGE, 0, PAGE, 0, true, 0xa,
	  RM_STATE_INIT_FAILED },
};

static void config_row(const struct config_row *row)
{
	struct fake *f = fake_new(NULL);
	const struct message *m;
	uint32_t handle, other;
	uint16_t vmid, second;
	uint8_t data[40] = { 0 };

	begin_case(row->name);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(alloc_vmid(f, 0, &second), 0);
	CHECK_EQ(lend(f, vmid, 0, MEM, 16 * PAGE, &handle), 0);
	CHECK_EQ(lend(f, second, 0, MEM + 16 * PAGE, PAGE, &other), 0);
	rm_put16(data, vmid);
	rm_put16(data + 2, row->auth);
	rm_put32(data + 4, row->other_parcel ? other : handle);
	rm_put64(data + 8, row->image_offset);
	rm_put64(data + 16, row->image_size);
	rm_put64(data + 24, row->dt_offset);
	rm_put64(data + 32, row->dt_size);
	CHECK_EQ(call(f, RM_VM_CONFIG_ID, data, 40), row->err);
	CHECK_EQ(f->msgs, 2);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m == &f->msg[0]);
	CHECK_EQ(m->len, 8);
	CHECK_EQ(rm_get16(m->data), vmid);
	CHECK_EQ(m->data[4], row->state);
	CHECK_EQ(vm_state(f, vmid), row->state);
	CHECK_EQ(f->vm[vmid].exists, !row->err);
	fake_free(f);
	end_case();
}

/**
 * struct hyp_row - an error of the hypervisor's
 * @hyp: what the platform returns
 * @err: what the client gets
 */
struct hyp_row {
	int hyp;
	uint32_t err;
};

/* The hypervisor's errors, as the resource manager forwards them */
static const struct hyp_row hyp_errors[] = {
	{ RM_HYP_NOMEM, 1 }, { RM_HYP_NORESOURCES, 2 }, { RM_HYP_DENIED, 3 },
	{ RM_HYP_BUSY, 5 }, { RM_HYP_ADDR_INVALID, 0xa },
	{ RM_HYP_ADDR_OVERFLOW, 0xa }, { RM_HYP_ADDR_UNDERFLOW, 0xa },
	{ RM_HYP_ARG_INVALID, 6 }, { RM_HYP_NOT_OWNER, 3 }, { 99, 3 },
};

static void config_platform_errors(void)
{
	struct fake *f = fake_new(NULL);
	uint32_t handle;
	uint16_t vmid;
	unsigned int i;

	f->fail_op = "vm_create";
	for (i = 0; i < COUNT(hyp_errors); i++) {
		CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
		CHECK_EQ(lend(f, vmid, 0, MEM, 16 * PAGE, &handle), 0);
		f->fail_error = hyp_errors[i].hyp;
		CHECK_EQ(config_image(f, vmid, 0, handle, 0, PAGE),
			 hyp_errors[i].err);
		CHECK_EQ(vm_state(f, vmid), RM_STATE_INIT_FAILED);
		CHECK_EQ(reclaim(f, handle), 0);
	}
	f->fail_op = NULL;
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(lend(f, vmid, 0, MEM, 16 * PAGE, &handle), 0);
	f->fail_alloc = 1;
	CHECK_EQ(config_image(f, vmid, 0, handle, 0, PAGE), RM_ERR_NOMEM);

	/* Without memory a short reply still gets out */
	f->fail_alloc = 1;
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(f->fail_alloc, 0);
	fake_free(f);
}

/* States ---------------------------------------------------------------- */

#define NSTATES	9

static const uint8_t states[NSTATES] = {
	RM_STATE_LOAD, RM_STATE_AUTH, RM_STATE_INIT, RM_STATE_READY,
	RM_STATE_RUNNING, RM_STATE_EXITED, RM_STATE_INIT_FAILED,
	RM_STATE_RESETTING, RM_STATE_RESET,
};

/* Bring a VM there by the way that a host takes */
static void bring(struct fake *f, struct guest *g, uint8_t state)
{
	switch (state) {
	case RM_STATE_LOAD:
		CHECK_EQ(guest_load(f, g), 0);
		break;
	case RM_STATE_AUTH:
		CHECK_EQ(guest_load(f, g), 0);
		CHECK_EQ(config_image(f, g->vmid, 1, g->image, DT_OFFSET,
				      DT_SIZE), 0);
		break;
	case RM_STATE_INIT:
		CHECK_EQ(guest_config(f, g), 0);
		break;
	case RM_STATE_INIT_FAILED:
		g->dt = calloc(1, DT_CAPACITY);
		CHECK_EQ(guest_load(f, g), 0);
		CHECK_EQ(config_image(f, g->vmid, 0, g->image, DT_OFFSET,
				      DT_SIZE), 0);
		CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g->vmid), RM_ERR_MEM);
		break;
	case RM_STATE_READY:
		CHECK_EQ(guest_init(f, g), 0);
		break;
	default:
		CHECK_EQ(guest_start(f, g), 0);
		if (state == RM_STATE_RUNNING)
			break;
		CHECK_EQ(stop(f, g->vmid, 1), 0);
		if (state == RM_STATE_EXITED)
			break;
		CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g->vmid), 0);
		if (state == RM_STATE_RESET)
			work(f);
		break;
	}
	CHECK_EQ(vm_state(f, g->vmid), state);
}

#define DEAD	NO_REPLY

/**
 * struct state_row - a request in each state
 * @name: name of the case
 * @id: message id
 * @err: by the order of states[]
 */
struct state_row {
	const char *name;
	uint32_t id;
	uint32_t err[NSTATES];
};

static const struct state_row state_table[] = {
	/* LOAD AUTH INIT READY RUNNING EXITED FAILED RESETTING RESET */
	{ "CONFIG_IMAGE by state", RM_VM_CONFIG_ID,
	  { 0, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0 } },
	{ "AUTH_IMAGE by state", RM_VM_AUTH_ID,
	  { 0x14, 0, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14 } },
	{ "SET_FIRMWARE_MEM by state", RM_VM_SET_FW_MEM_ID,
	  { 0x14, 0x14, 3, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14 } },
	{ "SET_TIME_BASE by state", RM_VM_SET_TIME_BASE_ID,
	  { 0x14, 0x14, 6, 6, 0x14, 0x14, 0x14, 0x14, 0x14 } },
	{ "INIT by state", RM_VM_INIT_ID,
	  { 0x14, 0x14, 0, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14 } },
	{ "GET_HYP_RESOURCES by state", RM_VM_GET_RESOURCES_ID,
	  { 2, 0, 0, 0, 0, 0, 0, 0, 2 } },
	{ "START by state", RM_VM_START_ID,
	  { 0x14, 0x14, 0x14, 0, 0x14, 0x14, 0x14, 0x14, 0x14 } },
	{ "STOP by state", RM_VM_STOP_ID,
	  { 0x14, 0x14, 0x14, 0x14, 0, 0x14, 0x14, 0x14, 0x14 } },
	{ "RESET by state", RM_VM_RESET_ID,
	  { DEAD, 0x14, 0x14, 0, 0x14, 0, 0, 0x14, DEAD } },
	{ "DEALLOC by state", RM_VM_DEALLOC_ID,
	  { 0, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0 } },
	{ "GET_ID by state", RM_VM_GET_ID_ID,
	  { 0x14, 0x14, 0x14, 0, 0, 0x14, 0x14, 0x14, 0x14 } },
	{ "GET_STATE by state", RM_VM_GET_STATE_ID, { 0 } },
	{ "GET_CRASH_MSG by state", RM_VM_GET_CRASH_ID, { 0 } },
};

static size_t state_request(uint32_t id, const struct guest *g, uint8_t *data)
{
	memset(data, 0, 40);
	rm_put16(data, g->vmid);
	switch (id) {
	case RM_VM_CONFIG_ID:
		rm_put32(data + 4, g->image);
		rm_put64(data + 24, DT_OFFSET);
		rm_put64(data + 32, DT_SIZE);
		return 40;
	case RM_VM_SET_FW_MEM_ID:
		return 24;
	case RM_VM_SET_TIME_BASE_ID:
		return 20;
	case RM_VM_STOP_ID:
		data[2] = 1;
		return 8;
	default:
		return 4;
	}
}

static void state_row(const struct state_row *row)
{
	unsigned int i;
	uint8_t data[40];
	size_t len;

	begin_case(row->name);
	for (i = 0; i < NSTATES; i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .vmid = 0 };
		struct rm_stats stats;

		bring(f, &g, states[i]);
		len = state_request(row->id, &g, data);
		CHECK_EQ(call(f, row->id, data, len), row->err[i]);
		rm_get_stats(f->rm, &stats);
		CHECK_EQ(stats.dead, row->err[i] == DEAD);
		if (row->err[i])
			CHECK_EQ(f->msgs, row->err[i] != DEAD);
		if (stats.dead)
			rm_revive(f->rm);
		if (row->err[i])
			CHECK_EQ(vm_state(f, g.vmid), states[i] ==
				 RM_STATE_INIT && row->id == RM_VM_INIT_ID ?
				 RM_STATE_INIT_FAILED : states[i]);
		fake_free(f);
	}
	end_case();
}

/* Lengths and owners ------------------------------------------------------ */

/**
 * struct vm_row - a request that names a VM
 * @name: name of the case
 * @id: message id
 * @len: the right length
 * @unknown: error for a VM that is not there
 * @foreign: error for one that is not the caller's
 */
struct vm_row {
	const char *name;
	uint32_t id;
	size_t len;
	uint32_t unknown;
	uint32_t foreign;
};

static const struct vm_row vm_table[] = {
	{ "START", RM_VM_START_ID, 4, 0xd, 3 },
	{ "STOP", RM_VM_STOP_ID, 8, 0xd, 0xd },
	{ "RESET", RM_VM_RESET_ID, 4, 0xd, 0xd },
	{ "CONFIG_IMAGE", RM_VM_CONFIG_ID, 40, 0xd, 3 },
	{ "AUTH_IMAGE", RM_VM_AUTH_ID, 4, 0xd, 3 },
	{ "INIT", RM_VM_INIT_ID, 4, 0xd, 3 },
	{ "DEALLOC", RM_VM_DEALLOC_ID, 4, DEAD, 3 },
	{ "SET_FIRMWARE_MEM", RM_VM_SET_FW_MEM_ID, 24, 2, 3 },
	{ "SET_TIME_BASE", RM_VM_SET_TIME_BASE_ID, 20, 2, 3 },
	{ "GET_STATE", RM_VM_GET_STATE_ID, 4, 2, 3 },
	{ "GET_ID", RM_VM_GET_ID_ID, 4, 2, 0x14 },
	{ "GET_CRASH_MSG", RM_VM_GET_CRASH_ID, 4, 0xd, 0xd },
	{ "GET_HYP_RESOURCES", RM_VM_GET_RESOURCES_ID, 4, 6, 0 },
};

static void vm_row(const struct vm_row *row)
{
	struct fake *f = fake_new(NULL);
	bool extra = row->id == RM_VM_SET_FW_MEM_ID ||
		     row->id == RM_VM_SET_TIME_BASE_ID;
	struct rm_stats stats;
	uint8_t data[64] = { 0 };

	begin_case(row->name);
	rm_put16(data, 200);
	CHECK_EQ(call(f, row->id, data, row->len - 1), RM_ERR_MSG);
	CHECK_EQ(call(f, row->id, data, row->len + 4), RM_ERR_MSG);
	CHECK_EQ(call(f, row->id, NULL, 0), RM_ERR_MSG);
	CHECK_EQ(f->body_len, extra ? 4 : 0);
	rm_put16(data, 255);
	CHECK_EQ(call(f, row->id, data, row->len), row->foreign);
	rm_put16(data, 200);
	CHECK_EQ(call(f, row->id, data, row->len), row->unknown);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.dead, row->unknown == DEAD);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), stats.dead ? DEAD : 0);
	fake_free(f);
	end_case();
}

static void init_padding(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	uint8_t data[4];

	CHECK_EQ(guest_config(f, &g), 0);
	rm_put16(data, g.vmid);
	rm_put16(data + 2, 1);
	CHECK_EQ(call(f, RM_VM_INIT_ID, data, 4), RM_ERR_MSG);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT);
	rm_put16(data, 200);
	CHECK_EQ(call(f, RM_VM_INIT_ID, data, 4), RM_ERR_MSG);
	fake_free(f);
}

static void auth(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	const struct message *m;
	uint8_t data[12] = { 0 };

	CHECK_EQ(guest_load(f, &g), 0);
	CHECK_EQ(config_image(f, g.vmid, 1, g.image, DT_OFFSET, DT_SIZE), 0);
	rm_put16(data, g.vmid);
	rm_put16(data + 2, 1);
	CHECK_EQ(call(f, RM_VM_AUTH_ID, data, 4), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_AUTH_ID, data, 3), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_AUTH_ID, data, 12), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m == &f->msg[0] && m->data[4] == RM_STATE_INIT);
	fake_free(f);
}

/* Attributes that only trusted VMs may have */
static void attributes(void)
{
	static const char *const attrs[] = {
		"no-shutdown", "crash-fatal", "no-reset",
	};
	static const uint32_t stop_err[] = { 0x14, 0x14, 0 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .auth = 1, .dt = dt_base() };
		uint8_t exit_data[4] = { 0 };
		int node;

		dt_add_rpc(g.dt, false);
		node = fdt_path_offset(g.dt, "/gunyah-vm-config");
		fdt_setprop_string(g.dt, node, "vm-attrs", attrs[i]);
		CHECK_EQ(guest_start(f, &g), 0);
		CHECK_EQ(stop(f, g.vmid, 0), stop_err[i]);
		CHECK_EQ(stop(f, g.vmid, 1), stop_err[i]);
		/* Ending itself needs no attribute but crash-fatal missing */
		CHECK_EQ(call_from(f, g.vmid, RM_VM_EXIT_ID, exit_data, 4),
			 i == 2 ? NO_REPLY : i == 1 ? 6 : 0);
		CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid),
			 i == 2 ? 3 : i == 1 ? 0x14 : 0);
		fake_free(f);
	}
}

static void stop_softly(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	const struct message *m;

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(stop(f, g.vmid, 0), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_SHUTDOWN, 0);
	CHECK(m && m->to == g.vmid && m->len == 4 && rm_get32(m->data) == 3);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RUNNING);
	guest_remove(f, &g);
	fake_free(f);
}

/* Queries ------------------------------------------------------------------ */

/* A VM that has a name, a URI, a GUID and runs, and one that has but a name */
static struct fake *two_guests(struct guest *g, struct guest *h)
{
	struct fake *f = fake_new(NULL);
	int node;

	*g = (struct guest) { .dt = dt_base() };
	*h = (struct guest) { .image_ipa = 0x42000000 };
	dt_add_rpc(g->dt, false);
	node = fdt_path_offset(g->dt, "/gunyah-vm-config");
	fdt_setprop_string(g->dt, node, "vm-uri", "vm/one");
	fdt_setprop_string(g->dt, node, "vm-guid",
			   "00112233-4455-6677-8899-aabbccddeeff");
	CHECK_EQ(guest_start(f, g), 0);
	CHECK_EQ(guest_init(f, h), 0);
	return f;
}

static void queries(void)
{
	struct guest g, h;
	struct fake *f = two_guests(&g, &h);

	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 3);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, "", 1), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_GET_OWNER_ID, "", 1), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_GET_PEERS_ID, "", 1), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_HOST_GET_TYPE_ID, "", 1), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_HOST_GET_TYPE_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 0x01000164);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_VMID_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), g.vmid);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_OWNER_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 3);
	CHECK_EQ(call(f, RM_VM_GET_PEERS_ID, NULL, 0), 0);
	CHECK_EQ(f->body_len, 12);
	CHECK_EQ(rm_get32(f->body), 2);
	CHECK_EQ(rm_get32(f->body + 4), g.vmid);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_PEERS_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 1);
	CHECK_EQ(rm_get32(f->body + 4), 3);

	CHECK_EQ(call_vm(f, RM_VM_GET_STATE_ID, 3), 0);
	CHECK_EQ(rm_get32(f->body), 3);
	CHECK_EQ(call_vm(f, RM_VM_GET_STATE_ID, 0), 0);
	CHECK_EQ(rm_get32(f->body), 3);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_STATE_ID, "\x81\0\0", 4), 3);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_STATE_ID, "\3\0\0", 4), 0);
	fake_free(f);
}

static void identities(void)
{
	struct guest g, h;
	struct fake *f = two_guests(&g, &h);

	CHECK_EQ(call_vm(f, RM_VM_GET_ID_ID, 3), 0);
	CHECK_EQ(f->body_len, 40);
	CHECK(!memcmp(f->body, "\3\0\0\0\0\0\20\0", 8));
	CHECK_EQ(rm_get64(f->body + 8) + rm_get64(f->body + 16), 0);
	CHECK(!memcmp(f->body + 24, "\2\0\4\0HLOS\3\0\3\0N/A", 16));
	CHECK_EQ(call_vm(f, RM_VM_GET_ID_ID, 255), RM_ERR_VM_STATE);
	CHECK_EQ(call_vm(f, RM_VM_GET_ID_ID, h.vmid), 0);
	CHECK_EQ(rm_get32(f->body), 3);
	CHECK(!memcmp(f->body + 4, "\0\0\20\0\0\0\0", 8));
	CHECK_EQ(call(f, RM_VM_GET_OWNER_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 0xff);
	CHECK_EQ(call_vm(f, RM_VM_GET_ID_ID, g.vmid), 0);
	CHECK_EQ(rm_get32(f->body), 4);
	CHECK_EQ(f->body[4], 0);
	CHECK_EQ(f->body[8 + 1], 0x11);
	CHECK(!memcmp(f->body + 24, "\2\0\7\0test-vm\0\1\0\6\0vm/one\0", 24));
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_ID_ID, "\x81\0\0", 4), 2);
	fake_free(f);
}

static void lookups(void)
{
	static const uint8_t none[16];
	struct guest g, h;
	struct fake *f = two_guests(&g, &h);

	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, NULL, 0), RM_ERR_ARG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_URI_ID, NULL, 0), RM_ERR_ARG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_GUID_ID, NULL, 0), RM_ERR_ARG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_GUID_ID, "123", 3), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, "\4\0", 3), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, "\x50\0\0\0x\0\0", 8), RM_ERR_ARG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, "\5\0\0\0HLOS", 8), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, "\3\0\0\0HLOS", 8), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, "\4\0\0\0NONE", 8), 0);
	CHECK_EQ(rm_get32(f->body), 0);
	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, "\4\0\0\0HLOS", 8), 0);
	CHECK_EQ(rm_get32(f->body), 1);
	CHECK_EQ(rm_get32(f->body + 4), 3);
	CHECK_EQ(call(f, RM_VM_LOOKUP_NAME_ID, "\7\0\0\0test-vm", 12), 0);
	CHECK_EQ(rm_get32(f->body), 2);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_LOOKUP_NAME_ID,
			   "\7\0\0\0test-vm", 12), 0);
	CHECK_EQ(rm_get32(f->body), 1);
	CHECK_EQ(call(f, RM_VM_LOOKUP_URI_ID, "\6\0\0\0vm/one\0", 12), 0);
	CHECK_EQ(rm_get32(f->body), 1);
	CHECK_EQ(call(f, RM_VM_LOOKUP_GUID_ID, "\x00\x11\x22\x33\x44\x55\x66\x77"
		      "\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16), 0);
	CHECK_EQ(rm_get32(f->body), 1);
	CHECK_EQ(rm_get32(f->body + 4), g.vmid);
	CHECK_EQ(call(f, RM_VM_LOOKUP_GUID_ID, none, 16), 0);
	CHECK_EQ(rm_get32(f->body), 1);
	CHECK_EQ(rm_get32(f->body + 4), 3);
	fake_free(f);
}

static void crash_message(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	uint8_t data[200] = { 5, 0, 0, 0, 'h', 'e', 'l', 'p', '!' };

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_GET_CRASH_ID, g.vmid), 0);
	CHECK_EQ(f->body_len, 4);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_SET_CRASH_ID, data, 3), 4);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_SET_CRASH_ID, data, 8), 4);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_SET_CRASH_ID, data, 9), 0);
	rm_put16(data, 193);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_SET_CRASH_ID, data, 197), 6);
	CHECK_EQ(call_vm(f, RM_VM_GET_CRASH_ID, g.vmid), 0);
	CHECK_EQ(f->body_len, 12);
	CHECK(!memcmp(f->body, "\5\0\0\0help!\0\0", 12));
	/* It is there for whoever asks why the VM has ended, until the reset */
	CHECK_EQ(call_from(f, g.vmid, RM_VM_EXIT_ID, "\0\0\1", 4), 0);
	CHECK_EQ(call_vm(f, RM_VM_GET_CRASH_ID, g.vmid), 0);
	CHECK(!memcmp(f->body, "\5\0\0\0help!\0\0", 12));
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_GET_CRASH_ID, g.vmid), 0);
	CHECK_EQ(f->body_len, 4);
	fake_free(f);
}

static void set_status(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 31, .dt = dt_base() };
	struct guest h = { .dt = dt_base(), .image_ipa = 0x42000000 };
	const struct message *m;

	CHECK_EQ(alloc_vmid(f, 31, &g.vmid), 0);
	dt_add_rpc(g.dt, false);
	dt_add_rpc(h.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(guest_start(f, &h), 0);
	CHECK_EQ(call(f, RM_VM_SET_STATUS_ID, "\0\1\2", 4), 3);
	CHECK_EQ(call_from(f, h.vmid, RM_VM_SET_STATUS_ID, "\0\1\2", 4), 3);
	CHECK_EQ(call_from(f, 31, RM_VM_SET_STATUS_ID, "\0\1", 3), 4);
	CHECK_EQ(call_from(f, 31, RM_VM_SET_STATUS_ID, "\0\10\2", 4), 6);
	CHECK_EQ(call_from(f, 31, RM_VM_SET_STATUS_ID, "\0\4\2\3", 4), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m == &f->msg[0] && m->to == 3);
	CHECK(!memcmp(m->data, "\37\0\0\0\3\4\2\3", 8));
	CHECK_EQ(call_from(f, 31, RM_VM_SET_STATUS_ID, "\0\0\5\0", 4), 0);
	CHECK(!memcmp(f->msg[0].data, "\37\0\0\0\3\4\5\0", 8));
	fake_free(f);
}

/** test_vm() - VM messages */
void test_vm(void)
{
	RUN(alloc);
	RUN(host_only);
	RUN(config_rows);
	TABLE(config_table, config_row);
	RUN(config_platform_errors);
	TABLE(state_table, state_row);
	TABLE(vm_table, vm_row);
	RUN(init_padding);
	RUN(auth);
	RUN(attributes);
	RUN(stop_softly);
	RUN(queries);
	RUN(identities);
	RUN(lookups);
	RUN(crash_message);
	RUN(set_status);
}
