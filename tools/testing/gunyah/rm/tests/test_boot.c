// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a VM starts and with what: offset of the image, VM_SET_BOOT_CONTEXT
 */
#include <libfdt.h>

#include "fake.h"

#define VALUE	0x123456789abcdef0ULL

static const struct rm_config with_boot = {
	.boot_context = true, .host_name = "HLOS",
};

static uint32_t set_boot(struct fake *f, uint16_t vmid, uint8_t set,
			 uint8_t index, uint64_t value)
{
	uint8_t data[16] = { 0 };

	rm_put16(data, vmid);
	data[2] = set;
	data[3] = index;
	rm_put64(data + 8, value);
	return call(f, RM_VM_SET_BOOT_ID, data, sizeof(data));
}

/* The entry is an offset in the image, not an address */
static void image_offset(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	uint8_t data[40] = { 0 };

	dt_finish(g.dt);
	CHECK_EQ(guest_load(f, &g), 0);
	rm_put16(data, g.vmid);
	rm_put32(data + 4, g.image);
	rm_put64(data + 8, 0x40000);
	rm_put64(data + 16, IMAGE_SIZE - 0x40000);
	rm_put64(data + 24, DT_OFFSET);
	rm_put64(data + 32, DT_SIZE);
	CHECK_EQ(call(f, RM_VM_CONFIG_ID, data, sizeof(data)), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, GUEST_BASE + 0x40000);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[0], GUEST_BASE + DT_OFFSET);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[2], 0);
	guest_remove(f, &g);
	fake_free(f);
}

/**
 * struct boot_row - a VM_SET_BOOT_CONTEXT
 * @name: name of the case
 * @set: register set
 * @index: register
 * @err: answer
 */
struct boot_row {
	const char *name;
	uint8_t set;
	uint8_t index;
	uint32_t err;
};

static const struct boot_row boots[] = {
	{ "X0", 0, 0, 0 },
	{ "X30", 0, 30, 0 },
	{ "X31", 0, 31, RM_ERR_ARG },
	{ "X255", 0, 255, RM_ERR_ARG },
	{ "PC", 1, 0, 0 },
	{ "PC 1", 1, 1, RM_ERR_ARG },
	{ "SP_EL0", 2, 0, 0 },
	{ "SP_EL1", 2, 1, 0 },
	{ "SP_EL2", 2, 2, RM_ERR_ARG },
	{ "no such set", 3, 0, RM_ERR_ARG },
	{ "last set", 255, 0, RM_ERR_ARG },
};

static void boot_row(const struct boot_row *row)
{
	struct fake *f = fake_new(&with_boot);
	struct guest g = { .vmid = 0 };
	struct rm_boot_regs want = {
		.pc = GUEST_BASE, .x[0] = GUEST_BASE + DT_OFFSET,
	};

	begin_case(row->name);
	CHECK_EQ(guest_init(f, &g), 0);
	/* The last one counts */
	CHECK_EQ(set_boot(f, g.vmid, row->set, row->index, 1), row->err);
	CHECK_EQ(f->body_len, 0);
	CHECK_EQ(set_boot(f, g.vmid, row->set, row->index, VALUE), row->err);
	CHECK_EQ(f->msgs, 1);
	if (!row->err && row->set == 0)
		want.x[row->index] = VALUE;
	if (!row->err && row->set == 1)
		want.pc = VALUE;
	if (!row->err && row->set == 2)
		want.sp[row->index] = VALUE;
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(!memcmp(&f->vm[128].vcpu[0].regs, &want, sizeof(want)));
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

/* What is checked, in this order */
static void checks(void)
{
	struct fake *f = fake_new(&with_boot);
	struct guest g = { .dt = dt_base() };
	uint8_t data[17] = { 0 };

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_init(f, &g), 0);
	rm_put16(data, g.vmid);
	CHECK_EQ(call(f, RM_VM_SET_BOOT_ID, data, 15), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_VM_SET_BOOT_ID, data, 17), RM_ERR_MSG);
	data[7] = 1;
	CHECK_EQ(call(f, RM_VM_SET_BOOT_ID, data, 16), RM_ERR_MSG);
	rm_put16(data, 140);
	CHECK_EQ(call(f, RM_VM_SET_BOOT_ID, data, 16), RM_ERR_MSG);
	CHECK_EQ(set_boot(f, 140, 9, 9, 0), RM_ERR_VMID);
	CHECK_EQ(set_boot(f, 0, 9, 9, 0), RM_ERR_VMID);
	CHECK_EQ(set_boot(f, RM_VMID_HLOS, 9, 9, 0), RM_ERR_DENIED);

	/* A VM cannot do it to itself, nor while it runs */
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	data[7] = 0;
	rm_put16(data, g.vmid);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_SET_BOOT_ID, data, 16),
		 RM_ERR_DENIED);
	CHECK_EQ(set_boot(f, g.vmid, 9, 9, 0), RM_ERR_VM_STATE);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(set_boot(f, g.vmid, 0, 0, 0), RM_ERR_VM_STATE);
	guest_remove(f, &g);
	fake_free(f);
}

static void not_ready(void)
{
	struct fake *f = fake_new(&with_boot);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	CHECK_EQ(set_boot(f, g.vmid, 0, 0, 0), RM_ERR_VM_STATE);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_boot(f, g.vmid, 0, 0, 0), RM_ERR_VM_STATE);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(set_boot(f, g.vmid, 0, 0, 0), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(set_boot(f, g.vmid, 0, 0, 0), RM_ERR_VM_STATE);
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	fake_free(f);
}

/* Firmware would be of no use if its owner could start the VM elsewhere */
static void authenticated(void)
{
	struct fake *f = fake_new(&with_boot);
	struct guest g = { .auth = RM_AUTH_PLATFORM };

	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(set_boot(f, g.vmid, 9, 9, VALUE), RM_ERR_DENIED);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, GUEST_BASE);
	guest_remove(f, &g);
	fake_free(f);
}

/* It is the first vCPU's; and a VM that is used again starts as a new one */
static void first_vcpu(void)
{
	struct fake *f = fake_new(&with_boot);
	struct guest g = { .dt = dt_base() };

	dt_set_cpus(g.dt, 2, true);
	fdt_setprop_string(g.dt, node_at(g.dt, "/cpus/cpu@0"), "status",
			   "okay");
	fdt_setprop_string(g.dt, node_at(g.dt, "/cpus/cpu@1"), "status",
			   "okay");
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(set_boot(f, g.vmid, 1, 0, VALUE), 0);
	CHECK_EQ(set_boot(f, g.vmid, 2, 1, VALUE), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(f->vm[128].vcpu[0].on && f->vm[128].vcpu[1].on);
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, VALUE);
	CHECK_EQ(f->vm[128].vcpu[0].regs.sp[1], VALUE);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[0], GUEST_BASE + DT_OFFSET);
	CHECK_EQ(f->vm[128].vcpu[1].regs.pc, GUEST_BASE);
	CHECK_EQ(f->vm[128].vcpu[1].regs.sp[1], 0);

	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, GUEST_BASE);
	CHECK_EQ(f->vm[128].vcpu[0].regs.sp[1], 0);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_boot() - registers that a VM boots with */
void test_boot(void)
{
	RUN(image_offset);
	TABLE(boots, boot_row);
	RUN(checks);
	RUN(not_ready);
	RUN(authenticated);
	RUN(first_vcpu);
}
