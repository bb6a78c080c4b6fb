// SPDX-License-Identifier: GPL-2.0-only
/*
 * From start to reset: ways to end, what is told of it, what is left
 */
#include <libfdt.h>

#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL

/* The VM's end is told: its new state, then why */
static const struct message *check_exit(struct fake *f, uint16_t vmid,
					uint16_t type, size_t len)
{
	const struct message *status, *exited;

	status = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	exited = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_EXITED, 0);
	CHECK(status && exited && exited == status + 1);
	CHECK_EQ(status->data[4], RM_STATE_EXITED);
	CHECK_EQ(exited->len, len);
	CHECK_EQ(rm_get16(exited->data), vmid);
	CHECK_EQ(rm_get16(exited->data + 2), type);
	CHECK_EQ(rm_get32(exited->data + 4), len - 8);
	return exited;
}

/**
 * struct halt_row - a halt of a vCPU
 * @name: name of the case
 * @reason: why it halts
 * @smc64: SMC64 variant
 * @len: length of VM_EXITED
 * @flags: flags in it
 */
struct halt_row {
	const char *name;
	enum rm_halt reason;
	bool smc64;
	size_t len;
	uint32_t flags;
};

static const struct halt_row halts[] = {
	{ "SYSTEM_OFF", RM_HALT_OFF, false, 12, 0 },
	{ "SYSTEM_RESET", RM_HALT_RESET, false, 12, 0 },
	{ "SYSTEM_RESET2", RM_HALT_RESET2, false, 24, 0 },
	{ "SYSTEM_RESET2 SMC64", RM_HALT_RESET2, true, 24, 0x8000 },
	{ "fault", RM_HALT_FAULT, false, 12, 0 },
};

static void halt_row(const struct halt_row *row)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	const struct message *m;

	begin_case(row->name);
	dt_set_cpus(g.dt, 2, true);
	CHECK_EQ(guest_start(f, &g), 0);
	forget(f);
	f->kicks = 0;
	rm_vcpu_halted(f->rm, g.vmid, 1, row->reason, 0x80000001,
		       0x1122334455667788, row->smc64);
	/* Only the first one counts, and not before its turn */
	rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_FAULT, 0, 0, false);
	CHECK_EQ(f->kicks, 1);
	CHECK_EQ(f->msgs, 0);
	work(f);
	CHECK_EQ(f->msgs, 2);
	m = check_exit(f, g.vmid, row->reason, row->len);
	CHECK_EQ(rm_get32(m->data + 8), row->flags);
	if (row->len == 24) {
		CHECK_EQ(rm_get32(m->data + 12), 0x80000001);
		CHECK_EQ(rm_get64(m->data + 16), 0x1122334455667788);
	}
	CHECK(f->vm[128].vcpu[0].killed && f->vm[128].vcpu[1].killed);
	forget(f);
	rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_OFF, 0, 0, false);
	work(f);
	CHECK_EQ(f->msgs, 0);
	CHECK_EQ(stop(f, g.vmid, 1), RM_ERR_VM_STATE);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

static void forced_stop(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	check_exit(f, g.vmid, 7, 12);
	CHECK_EQ(f->msgs, 3);
	CHECK_EQ(f->msg[2].type, RM_TYPE_REPLY);
	CHECK(f->vm[128].vcpu[0].killed);
	guest_remove(f, &g);
	fake_free(f);
}

/* A stop that comes before the halt was handled wins */
static void stop_before_halt(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_OFF, 0, 0, false);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	check_exit(f, g.vmid, 7, 12);
	forget(f);
	work(f);
	CHECK_EQ(f->msgs, 0);
	guest_remove(f, &g);
	fake_free(f);
}

/* Nor can it be reset before its halt was handled */
static void reset_before_halt(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_OFF, 0, 0, false);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), RM_ERR_VM_STATE);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RUNNING);
	CHECK_EQ(resources(f, g.vmid), 1);
	forget(f);
	work(f);
	check_exit(f, g.vmid, RM_HALT_OFF, 12);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* A VM that ends itself while one of its vCPUs has halted ends once */
static void exit_before_halt(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_FAULT, 0, 0, false);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_EXIT_ID, "\0\0\0", 4), 0);
	check_exit(f, g.vmid, 0, 12);
	forget(f);
	work(f);
	CHECK_EQ(f->msgs, 0);
	/* Its next life does not begin with the old halt */
	guest_remove(f, &g);
	g = (struct guest) { .vmid = 0 };
	CHECK_EQ(guest_start(f, &g), 0);
	forget(f);
	work(f);
	CHECK_EQ(f->msgs, 0);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RUNNING);
	guest_remove(f, &g);
	fake_free(f);
}

/* The ends of several VMs are told one a turn, each with its state first */
static void many_ends(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g[3] = { { .image_ipa = 0x41000000 },
			      { .image_ipa = 0x42000000 },
			      { .image_ipa = 0x43000000 } };
	unsigned int i;

	for (i = 0; i < 3; i++)
		CHECK_EQ(guest_start(f, &g[i]), 0);
	forget(f);
	for (i = 0; i < 3; i++)
		rm_vcpu_halted(f->rm, g[i].vmid, 0, RM_HALT_OFF, 0, 0, false);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(f->msgs, 2 * i);
		CHECK(rm_work(f->rm));
	}
	CHECK_EQ(f->msgs, 6);
	for (i = 0; i < 6; i++) {
		CHECK_EQ(f->msg[i].id, i & 1 ? RM_N_VM_EXITED : RM_N_VM_STATUS);
		CHECK_EQ(rm_get16(f->msg[i].data), g[i / 2].vmid);
	}
	CHECK(!rm_work(f->rm));
	for (i = 0; i < 3; i++)
		guest_remove(f, &g[i]);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void exit_request(void)
{
	static const uint8_t codes[] = { 0, 1, 3, 4 }, bad[] = { 2, 5, 255 };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .dt = dt_base() };
		uint8_t data[4] = { 1, 0, 0, 0 };
		const struct message *m;
		unsigned int k;

		dt_add_rpc(g.dt, false);
		CHECK_EQ(guest_start(f, &g), 0);
		CHECK_EQ(call(f, RM_VM_EXIT_ID, data, 4), RM_ERR_DENIED);
		CHECK_EQ(call_from(f, g.vmid, RM_VM_EXIT_ID, data, 3), 4);
		for (k = 0; k < sizeof(bad); k++) {
			data[2] = bad[k];
			CHECK_EQ(call_from(f, g.vmid, RM_VM_EXIT_ID, data, 4),
				 4);
		}
		data[2] = codes[i];
		CHECK_EQ(call_from(f, g.vmid, RM_VM_EXIT_ID, data, 4), 0);
		m = check_exit(f, g.vmid, 0, 12);
		CHECK_EQ(rm_get32(m->data + 8), 1 | codes[i] << 16);
		/* Nobody listens to a dead VM */
		CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_VMID_ID, NULL, 0),
			 NO_REPLY);
		guest_remove(f, &g);
		CHECK_EQ(f->heap, 0);
		fake_free(f);
	}
}

static void bad_halts(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	rm_vcpu_halted(f->rm, 200, 0, RM_HALT_OFF, 0, 0, false);
	rm_vcpu_halted(f->rm, 999, 0, RM_HALT_OFF, 0, 0, false);
	rm_vcpu_halted(f->rm, 3, 0, RM_HALT_OFF, 0, 0, false);
	CHECK_EQ(guest_init(f, &g), 0);
	rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_OFF, 0, 0, false);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	rm_vcpu_halted(f->rm, g.vmid, 1, RM_HALT_OFF, 0, 0, false);
	forget(f);
	work(f);
	CHECK_EQ(f->msgs, 0);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RUNNING);
	fake_free(f);
}

/* Reset goes step by step, and tells its end last */
static void reset_steps(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	const struct message *m;
	uint32_t other;
	unsigned int i;

	dt_add_bell(g.dt, "bell-1", 1, 5, 1);
	dt_add_bell(g.dt, "bell-2", 2, 6, 1);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(share(f, g.vmid, 5, MEM, PAGE, &other), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);

	f->kicks = 0;
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), 0);
	CHECK_EQ(f->kicks, 1);
	CHECK_EQ(f->msgs, 2);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m == &f->msg[0] && m->data[4] == RM_STATE_RESETTING);
	CHECK_EQ(reclaim(f, g.image), RM_ERR_MEM_INUSE);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), RM_ERR_VM_STATE);
	CHECK_EQ(resources(f, g.vmid), 3);
	forget(f);

	/* Devices, one a turn */
	CHECK_EQ(f->objects, 2);
	CHECK(rm_work(f->rm));
	CHECK_EQ(f->objects, 1);
	CHECK(rm_work(f->rm));
	CHECK_EQ(f->objects + f->msgs, 0);
	/* Parcels */
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE, IMAGE_IPA));
	CHECK(rm_work(f->rm));
	CHECK(!fake_mapped(f, g.vmid, GUEST_BASE, IMAGE_IPA));
	CHECK(rm_work(f->rm));
	for (i = 0; i < 2; i++) {
		m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_MEM_RELEASED, i);
		CHECK(m && m->len == 12);
		CHECK_EQ(rm_get32(m->data), i ? other : g.image);
		CHECK_EQ(rm_get32(m->data + 4), g.vmid);
	}
	CHECK_EQ(f->msgs, 2);
	/* The VM itself, and the end */
	CHECK(f->vm[128].exists);
	CHECK(rm_work(f->rm));
	CHECK(!f->vm[128].exists);
	CHECK_EQ(f->msgs, 2);
	CHECK(!rm_work(f->rm));
	CHECK_EQ(f->msgs, 3);
	CHECK_EQ(f->msg[2].id, RM_N_VM_STATUS);
	CHECK_EQ(f->msg[2].data[4], RM_STATE_RESET);
	CHECK(!rm_work(f->rm));
	CHECK_EQ(call_vm(f, RM_VM_GET_RESOURCES_ID, g.vmid), RM_ERR_NORESOURCE);
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(reclaim(f, other), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Two resets go on side by side */
static void two_resets(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	struct guest h = { .dt = dt_base(), .image_ipa = 0x42000000 };

	dt_add_bell(g.dt, "bell-1", 1, 5, 1);
	dt_add_bell(h.dt, "bell-1", 1, 5, 1);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(guest_start(f, &h), 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(stop(f, h.vmid, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, h.vmid), 0);
	CHECK(rm_work(f->rm));
	CHECK(rm_work(f->rm));
	CHECK_EQ(f->objects, 0);
	work(f);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RESET);
	CHECK_EQ(vm_state(f, h.vmid), RM_STATE_RESET);
	fake_free(f);
}

/* A VM lives twice with its VMID, and again with another */
static void two_lives(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	struct rm_stats stats;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		g.dt = dt_base();
		dt_add_rpc(g.dt, true);
		dt_add_bell(g.dt, "bell-1", 1, 5, 1);
		CHECK_EQ(guest_start(f, &g), 0);
		CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RUNNING);
		CHECK_EQ(resources(f, g.vmid), 2);
		rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_OFF, 0, 0, false);
		work(f);
		CHECK_EQ(vm_state(f, g.vmid), RM_STATE_EXITED);
		CHECK_EQ(guest_reset(f, &g), 0);
		CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RESET);
		CHECK_EQ(reclaim(f, g.image), 0);
		if (i & 1) {
			CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
			CHECK_EQ(f->heap, 0);
			g.vmid = 0;
		}
	}
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.vmids + stats.parcels + stats.entries, 0);
	CHECK_EQ(f->taken, 0);
	fake_free(f);
}

/* As many VMs as there are VMIDs, all at once */
static void many_vms(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g[63];
	unsigned int i;

	memset(g, 0, sizeof(g));
	for (i = 0; i < 63; i++) {
		g[i].image_ipa = IMAGE_IPA + i * IMAGE_SIZE;
		CHECK_EQ(guest_start(f, &g[i]), 0);
	}
	for (i = 0; i < 63; i++) {
		CHECK_EQ(vm_state(f, g[i].vmid), RM_STATE_RUNNING);
		guest_remove(f, &g[i]);
	}
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_life() - ends of VMs and resets */
void test_life(void)
{
	TABLE(halts, halt_row);
	RUN(forced_stop);
	RUN(stop_before_halt);
	RUN(reset_before_halt);
	RUN(exit_before_halt);
	RUN(many_ends);
	RUN(exit_request);
	RUN(bad_halts);
	RUN(reset_steps);
	RUN(two_resets);
	RUN(two_lives);
	RUN(many_vms);
}
