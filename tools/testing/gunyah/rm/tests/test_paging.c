// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand paging and address layout
 */
#include <libfdt.h>

#include "fake.h"

#define PAGE	4096ULL
#define MIB	0x100000ULL
#define GIB	0x40000000ULL
#define CONFIG	"/gunyah-vm-config"
#define RAM	(64 * MIB)
#define FW_MEM	0x43000000ULL

static const struct rm_config newer = {
	.boot_context = true, .paging = true, .host_name = "HLOS",
};

/* All of the guest's memory, with the image behind its first MiBs */
static const struct region all = { GUEST_BASE, RAM };
#define PLACE	(GUEST_BASE + 16 * MIB)

static uint32_t set_paging_as(struct fake *f, uint16_t from, uint16_t vmid,
			      const struct region *r, unsigned int n)
{
	uint8_t data[8 + 16 * 8] = { 0 };
	unsigned int i;

	rm_put16(data, vmid);
	rm_put32(data + 4, n);
	for (i = 0; i < n; i++) {
		rm_put64(data + 8 + 16 * i, r[i].ipa);
		rm_put64(data + 16 + 16 * i, r[i].size);
	}
	return call_from(f, from, RM_VM_SET_PAGING_ID, data, 8 + 16 * n);
}

static uint32_t set_paging(struct fake *f, uint16_t vmid,
			   const struct region *r, unsigned int n)
{
	return set_paging_as(f, RM_VMID_HLOS, vmid, r, n);
}

static uint32_t set_layout(struct fake *f, uint16_t vmid, uint32_t id,
			   uint64_t base, uint64_t size)
{
	uint8_t data[24] = { 0 };

	rm_put16(data, vmid);
	rm_put32(data + 4, id);
	rm_put64(data + 8, base);
	rm_put64(data + 16, size);
	return call(f, RM_VM_SET_LAYOUT_ID, data, sizeof(data));
}

/* To the state INIT, with demand paging, the image at PLACE */
static void paged_config(struct fake *f, struct guest *g)
{
	CHECK_EQ(guest_config(f, g), 0);
	CHECK_EQ(set_paging(f, g->vmid, &all, 1), 0);
	CHECK_EQ(f->body_len, 0);
	CHECK_EQ(set_layout(f, g->vmid, RM_LAYOUT_IMAGE, PLACE, IMAGE_SIZE),
		 0);
	CHECK_EQ(f->body_len, 0);
}

/* From INIT to nothing */
static void drop(struct fake *f, struct guest *g)
{
	call_vm(f, RM_VM_INIT_ID, g->vmid);
	guest_remove(f, g);
}

/* The whole life of a VM with demand paging */
static void life(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };
	static uint8_t dt[DT_CAPACITY];
	const uint8_t *e;
	unsigned int i;

	paged_config(f, &g);
	CHECK_EQ(resources(f, g.vmid), 0);
	CHECK(!f->vm[128].paging);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK(f->vm[128].paging);
	CHECK_EQ(f->vm[128].more_vmmio, 0x1000000000ULL - GUEST_BASE);
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, 0);

	/* vCPU, address space, four extents */
	CHECK_EQ(resources(f, g.vmid), 6);
	for (i = 1; i < 6; i++) {
		e = f->body + 4 + 44 * i;
		CHECK_EQ(e[0], i == 1 ? 10 : 9);
		CHECK_EQ(rm_get16(e + 2), 0);
		CHECK_EQ(rm_get32(e + 8), i == 1 ? 0 : i - 2);
		CHECK(rm_get64(e + 12) && rm_get64(e + 12) < f->next_cap);
		CHECK(i == 1 || rm_get64(e + 12) != rm_get64(e + 12 - 44));
		CHECK_EQ(rm_get32(e + 24), 0);
	}

	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, PLACE, IMAGE_IPA));
	CHECK(!fake_mapped(f, g.vmid, GUEST_BASE, IMAGE_IPA));
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, PLACE);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[0], PLACE + DT_OFFSET);
	CELLS(guest_dt(f, &g, dt), "/memory", "reg", 0, GUEST_BASE, 0, RAM);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Several ranges, a parcel between them, the image at the start of the last */
static void memory_node(void)
{
	static const struct region r[] = {
		{ GUEST_BASE + 2 * MIB, 2 * MIB }, { GUEST_BASE + 4 * MIB, PAGE },
		{ GUEST_BASE + 32 * MIB, 4 * MIB },
	};
	struct fake *f = fake_new(&newer);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];
	uint32_t shm;

	dt_add_shm(g.dt, "shm", 7, GUEST_BASE + 20 * MIB);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, r, 3), 0);
	CHECK_EQ(set_layout(f, g.vmid, 0, r[2].ipa, IMAGE_SIZE), 0);
	CHECK_EQ(lend(f, g.vmid, 7, FW_MEM, PAGE, &shm), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CELLS(guest_dt(f, &g, dt), "/memory", "reg",
	      0, GUEST_BASE + 2 * MIB, 0, 2 * MIB + PAGE,
	      0, GUEST_BASE + 20 * MIB, 0, PAGE,
	      0, GUEST_BASE + 32 * MIB, 0, 4 * MIB);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, shm), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/**
 * struct range_row - ranges of a VM_SET_DEMAND_PAGING
 * @name: name of the case
 * @n: number of ranges
 * @r: the ranges
 * @err: answer
 */
struct range_row {
	const char *name;
	unsigned int n;
	struct region r[3];
	uint32_t err;
};

static const struct range_row range_rows[] = {
	{ "no range", 0, { { 0 } }, RM_ERR_ARG },
	{ "one page", 1, { { GUEST_BASE, PAGE } }, 0 },
	{ "neighbours", 2, { { GUEST_BASE, PAGE }, { GUEST_BASE + PAGE, PAGE } },
	  0 },
	{ "to the end", 1, { { 0xfffff000, 0xf00001000ULL } }, 0 },
	{ "empty", 1, { { GUEST_BASE, 0 } }, RM_ERR_ARG },
	{ "unaligned start", 1, { { GUEST_BASE + 1, PAGE } }, RM_ERR_ARG },
	{ "unaligned size", 1, { { GUEST_BASE, PAGE + 1 } }, RM_ERR_ARG },
	{ "overlap", 2, { { GUEST_BASE, 2 * PAGE }, { GUEST_BASE + PAGE, PAGE } },
	  RM_ERR_ARG },
	{ "twice", 2, { { GUEST_BASE, PAGE }, { GUEST_BASE, PAGE } },
	  RM_ERR_ARG },
	{ "descending", 2, { { GUEST_BASE + PAGE, PAGE }, { GUEST_BASE, PAGE } },
	  RM_ERR_ARG },
	{ "devices", 1, { { GIB - PAGE, 2 * PAGE } }, RM_ERR_ARG },
	{ "beyond the end", 1, { { GUEST_BASE, 0xf80001000ULL } },
	  RM_ERR_ARG },
	{ "wraps", 1, { { GUEST_BASE, -GUEST_BASE } }, RM_ERR_ARG },
	{ "wraps further", 1, { { GUEST_BASE, -PAGE } }, RM_ERR_ARG },
	{ "last one bad", 3, { { GUEST_BASE, PAGE }, { GUEST_BASE + PAGE, PAGE },
	  { 1ULL << 36, PAGE } }, RM_ERR_ARG },
};

/* A refusal changes nothing: other ranges can be set then */
static void range_row(const struct range_row *row)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };

	begin_case(row->name);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, row->r, row->n), row->err);
	CHECK_EQ(f->body_len, 0);
	CHECK_EQ(f->refusals, row->err != 0);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT);
	CHECK_EQ(set_paging(f, g.vmid, &all, 1),
		 row->err ? 0 : RM_ERR_ARG);
	drop(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

/**
 * struct layout_row - a VM_SET_ADDRESS_LAYOUT
 * @name: name of the case
 * @id: range
 * @base: base
 * @size: size
 * @err: answer
 */
struct layout_row {
	const char *name;
	uint32_t id;
	uint64_t base;
	uint64_t size;
	uint32_t err;
};

static const struct layout_row layout_rows[] = {
	{ "in the range", 0, PLACE, IMAGE_SIZE, 0 },
	{ "its start", 0, GUEST_BASE, IMAGE_SIZE, 0 },
	{ "its end", 0, GUEST_BASE + RAM - IMAGE_SIZE, IMAGE_SIZE, 0 },
	{ "behind it", 0, GUEST_BASE + RAM, IMAGE_SIZE, 0 },
	{ "not a block", 0, PLACE + PAGE, IMAGE_SIZE, 0 },
	{ "half out", 0, GUEST_BASE + RAM - PAGE, IMAGE_SIZE, RM_ERR_ARG },
	{ "half in", 0, GUEST_BASE - PAGE, IMAGE_SIZE, RM_ERR_ARG },
	{ "unaligned", 0, PLACE + 8, IMAGE_SIZE, RM_ERR_ARG },
	{ "too small", 0, PLACE, IMAGE_SIZE - PAGE, RM_ERR_ARG },
	{ "too large", 0, PLACE, IMAGE_SIZE + PAGE, RM_ERR_ARG },
	{ "no size", 0, PLACE, 0, RM_ERR_ARG },
	{ "among devices", 0, GIB - PAGE, IMAGE_SIZE, RM_ERR_ARG },
	{ "over the end", 0, (1ULL << 36) - PAGE, IMAGE_SIZE, RM_ERR_ARG },
	{ "base wraps", 0, -PAGE, IMAGE_SIZE, RM_ERR_ARG },
	{ "no firmware", 1, PLACE, IMAGE_SIZE, RM_ERR_DENIED },
	{ "unknown range", 2, PLACE, IMAGE_SIZE, RM_ERR_ARG },
	{ "last number", UINT32_MAX, PLACE, IMAGE_SIZE, RM_ERR_ARG },
};

static void layout_row(const struct layout_row *row)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };

	begin_case(row->name);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, &all, 1), 0);
	CHECK_EQ(set_layout(f, g.vmid, row->id, row->base, row->size),
		 row->err);
	CHECK_EQ(set_layout(f, g.vmid, 0, PLACE, IMAGE_SIZE),
		 row->err ? 0 : RM_ERR_ARG);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, row->err ? PLACE : row->base, IMAGE_IPA));
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

/* Lengths, padding, who asks for which VM, in this order */
static void checks(uint32_t id, size_t len)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .dt = dt_base() };
	uint8_t data[48] = { 0 };

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_config(f, &g), 0);
	rm_put16(data, g.vmid);
	CHECK_EQ(call(f, id, NULL, 0), RM_ERR_MSG);
	rm_put32(data + 4, 1);
	CHECK_EQ(call(f, id, data, 7), RM_ERR_MSG);
	CHECK_EQ(call(f, id, data, len - 1), RM_ERR_MSG);
	CHECK_EQ(call(f, id, data, len + 1), RM_ERR_MSG);
	CHECK_EQ(call(f, id, data, len + 16), RM_ERR_MSG);
	data[2] = 1;
	CHECK_EQ(call(f, id, data, len), RM_ERR_MSG);
	rm_put32(data, 140);
	CHECK_EQ(call(f, id, data, len), RM_ERR_VMID);
	rm_put32(data, RM_VMID_HLOS);
	CHECK_EQ(call(f, id, data, len), RM_ERR_DENIED);
	rm_put32(data, g.vmid);
	CHECK_EQ(call(f, id, data, len), RM_ERR_ARG);

	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call(f, id, data, len), RM_ERR_VM_STATE);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(call(f, id, data, len), RM_ERR_VM_STATE);
	CHECK_EQ(call_from(f, g.vmid, id, data, len), RM_ERR_DENIED);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(call(f, id, data, len), RM_ERR_VM_STATE);
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	CHECK_EQ(call(f, id, data, len), RM_ERR_VM_STATE);
	fake_free(f);
}

static void paging_checks(void)
{
	checks(RM_VM_SET_PAGING_ID, 24);
}

static void layout_checks(void)
{
	checks(RM_VM_SET_LAYOUT_ID, 24);
}

/* A count whose length would only fit modulo 2^32 */
static void huge_count(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };
	uint8_t data[24] = { 0 };

	CHECK_EQ(guest_config(f, &g), 0);
	rm_put16(data, g.vmid);
	rm_put32(data + 4, 0x10000001);
	rm_put64(data + 8, GUEST_BASE);
	rm_put64(data + 16, PAGE);
	CHECK_EQ(call(f, RM_VM_SET_PAGING_ID, data, 24), RM_ERR_MSG);
	f->fail_alloc = 1;
	CHECK_EQ(set_paging(f, g.vmid, &all, 1), RM_ERR_NOMEM);
	CHECK_EQ(set_paging(f, g.vmid, &all, 1), 0);
	drop(f, &g);
	fake_free(f);
}

/* Ranges come before the layout; the layout needs no ranges */
static void order(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_layout(f, g.vmid, 0, PLACE, IMAGE_SIZE), 0);
	CHECK_EQ(set_paging(f, g.vmid, &all, 1), RM_ERR_ARG);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(resources(f, g.vmid), 1);
	CHECK_EQ(f->vm[128].more_vmmio, 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, PLACE, IMAGE_IPA));
	guest_remove(f, &g);

	/* A VM that is used again starts as a new one */
	g = (struct guest) { .vmid = 0 };
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE, IMAGE_IPA));
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(reclaim(f, g.image), 0);
	paged_config(f, &g);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Without a layout the image is at base-address, where no parcel may be */
static void no_layout(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, &all, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_NORESOURCE);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Other parcels keep out: at a fixed address they fail, else they go elsewhere */
static void other_parcels(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .dt = dt_base() };
	const struct region low = { GIB, RAM };
	uint32_t shm;

	dt_add_shm(g.dt, "shm", 7, PLACE + IMAGE_SIZE);
	paged_config(f, &g);
	CHECK_EQ(lend(f, g.vmid, 7, FW_MEM, PAGE, &shm), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_NORESOURCE);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, shm), 0);

	/* The model's own choice would be in the paged range */
	g = (struct guest) { .dt = dt_base() };
	fdt_delprop(g.dt, node_at(g.dt, CONFIG "/memory"), "base-address");
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, &low, 1), 0);
	CHECK_EQ(set_layout(f, g.vmid, 0, GIB + RAM, IMAGE_SIZE), 0);
	CHECK_EQ(lend(f, g.vmid, 7, FW_MEM, PAGE, &shm), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(f->vm[128].more_vmmio, 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, GIB + RAM, IMAGE_IPA));
	CHECK(fake_mapped(f, g.vmid, GIB + RAM + IMAGE_SIZE, FW_MEM));
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, shm), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* The interrupt controller has its place before the image is there */
static void gic_elsewhere(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .dt = dt_base() };

	fdt_delprop(g.dt, node_at(g.dt, "/intc"), "reg");
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_layout(f, g.vmid, 0, GIB + MIB, IMAGE_SIZE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	guest_remove(f, &g);

	/* At the first address that would do for it */
	g = (struct guest) { .dt = dt_base() };
	fdt_delprop(g.dt, node_at(g.dt, "/intc"), "reg");
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_layout(f, g.vmid, 0, GIB, IMAGE_SIZE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, GIB, IMAGE_IPA));
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* What the devicetree must agree with */
static void devicetree(void)
{
	static const struct region below = { GUEST_BASE - PAGE, PAGE };
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, &below, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), RM_ERR_ARG);
	guest_remove(f, &g);

	g = (struct guest) { .dt = dt_base() };
	fdt_setprop_u64(g.dt, node_at(g.dt, CONFIG "/memory"), "size-max",
			RAM - PAGE);
	paged_config(f, &g);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), RM_ERR_ARG);
	guest_remove(f, &g);

	g = (struct guest) { .dt = dt_base() };
	fdt_setprop_u64(g.dt, node_at(g.dt, CONFIG "/memory"), "size-max", RAM);
	paged_config(f, &g);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(f->vm[128].more_vmmio, RAM);
	guest_remove(f, &g);

	/* The hypervisor cannot wait for the owner of a VM that it schedules */
	g = (struct guest) { .dt = dt_base() };
	dt_make_static(g.dt, 1);
	paged_config(f, &g);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), RM_ERR_ARG);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* A VM that has pages of the host is not reset */
static void pages_left(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };

	paged_config(f, &g);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	f->vm[128].pages = 1;
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), RM_ERR_MEM_INUSE);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_READY);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), RM_ERR_MEM_INUSE);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_EXITED);
	CHECK_EQ(resources(f, g.vmid), 6);
	f->vm[128].pages = 0;

	/* From the request on no page can be given; a reset that fails is none */
	rm_fail_reset(f->rm, 1);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
	CHECK(f->vm[128].paging);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), 0);
	CHECK(!f->vm[128].paging);
	work(f);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RESET);
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void hypervisor_refuses(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .vmid = 0 };

	paged_config(f, &g);
	f->fail_op = "paging_create";
	f->fail_error = RM_HYP_NOMEM;
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), RM_ERR_NORESOURCE);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
	f->fail_op = NULL;
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* A platform VM is loaded by others; a protected one has its firmware */
static void authenticated(void)
{
	struct fake *f = fake_new(&newer);
	struct guest g = { .auth = RM_AUTH_PLATFORM };
	uint8_t data[24] = { 0 };
	uint32_t fw, registered;

	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, &all, 1), RM_ERR_DENIED);
	CHECK_EQ(set_layout(f, g.vmid, 0, PLACE, IMAGE_SIZE), RM_ERR_DENIED);
	drop(f, &g);

	CHECK_EQ(share(f, 255, 0, FW_MEM, PAGE, &registered), 0);
	rm_put16(data, RM_AUTH_ANDROID);
	rm_put32(data + 4, registered);
	rm_put64(data + 16, PAGE);
	CHECK_EQ(call(f, RM_FW_SET_FIRMWARE_ID, data, 24), 0);
	CHECK_EQ(call(f, RM_FW_MILESTONE_ID, NULL, 0), 0);

	g = (struct guest) { .auth = RM_AUTH_ANDROID };
	paged_config(f, &g);
	CHECK_EQ(set_layout(f, g.vmid, 1, GUEST_BASE, PAGE), RM_ERR_DENIED);
	CHECK_EQ(lend(f, g.vmid, 0, FW_MEM + PAGE, 2 * PAGE, &fw), 0);
	rm_put16(data, g.vmid);
	rm_put32(data + 4, fw);
	rm_put64(data + 8, PAGE);
	CHECK_EQ(call(f, RM_VM_SET_FW_MEM_ID, data, 24), 0);
	CHECK_EQ(set_layout(f, g.vmid, 1, GUEST_BASE, PAGE), RM_ERR_ARG);
	CHECK_EQ(set_layout(f, g.vmid, 1, PLACE, 2 * PAGE), RM_ERR_ARG);
	CHECK_EQ(set_layout(f, g.vmid, 1, GUEST_BASE, 2 * PAGE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE, FW_MEM + PAGE));
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, GUEST_BASE + PAGE);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[1], PLACE);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, fw), 0);
	fake_free(f);
}

/* Published firmware has none of it */
static void published(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_paging(f, g.vmid, &all, 1), RM_ERR_UNIMPLEMENTED);
	CHECK_EQ(set_layout(f, g.vmid, 0, PLACE, IMAGE_SIZE),
		 RM_ERR_UNIMPLEMENTED);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(resources(f, g.vmid), 1);
	CHECK_EQ(f->vm[128].more_vmmio, 0);
	guest_remove(f, &g);
	fake_free(f);
}

/** test_paging() - demand paging and address layout */
void test_paging(void)
{
	RUN(life);
	RUN(memory_node);
	TABLE(range_rows, range_row);
	TABLE(layout_rows, layout_row);
	RUN(paging_checks);
	RUN(layout_checks);
	RUN(huge_count);
	RUN(order);
	RUN(no_layout);
	RUN(other_parcels);
	RUN(gic_elsewhere);
	RUN(devicetree);
	RUN(pages_left);
	RUN(hypervisor_refuses);
	RUN(authenticated);
	RUN(published);
}
