// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM_START: memory, devicetree, vCPUs, and what the owner gets of them
 */
#include <libfdt.h>

#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL
#define CONFIG	"/gunyah-vm-config"

static const struct rm_config debug = { .debug = true, .host_name = "HLOS" };

/* The ordinary case, in all detail -------------------------------------------- */

static void ordinary(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];
	const struct message *m;

	CHECK_EQ(guest_init(f, &g), 0);
	CHECK(f->vm[128].exists && f->vm[128].gic && f->vm[128].vmmio);
	CHECK_EQ(f->vm[128].num_vcpus, 1);
	CHECK(f->vm[128].vcpu[0].proxy && !f->vm[128].vcpu[0].psci);
	CHECK(!f->vm[128].vcpu[0].on);
	CHECK(!fake_mapped(f, g.vmid, GUEST_BASE, IMAGE_IPA));

	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m == &f->msg[0] && m->data[4] == RM_STATE_RUNNING);
	CHECK_EQ(f->msgs, 2);
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE, IMAGE_IPA));
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE + 0x1ff000,
			  IMAGE_IPA + 0x1ff000));
	CHECK_EQ(f->vm[128].rights[0x40000], 7);
	CHECK(f->vm[128].vcpu[0].on);
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, GUEST_BASE);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[0], GUEST_BASE + DT_OFFSET);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[1], 0);

	guest_dt(f, &g, dt);
	LIST(dt, "/hypervisor", "compatible", "gunyah-hypervisor\0"
	     "qcom,gunyah-hypervisor-1.0\0qcom,gunyah-hypervisor\0simple-bus");
	CELLS(dt, "/hypervisor", "#address-cells", 2);
	CELLS(dt, "/hypervisor", "#size-cells", 0);
	LIST(dt, "/hypervisor/qcom,gunyah-vm", "compatible",
	     "qcom,gunyah-vm-id-1.0\0qcom,gunyah-vm-id");
	CELLS(dt, "/hypervisor/qcom,gunyah-vm", "qcom,vmid", 128);
	CELLS(dt, "/hypervisor/qcom,gunyah-vm", "qcom,owner-vmid", 3);
	LIST(dt, "/hypervisor/qcom,gunyah-vm", "qcom,image-name", "test-vm");
	LIST(dt, "/hypervisor/qcom,gunyah-vm", "qcom,vendor", "Qualcomm");
	CELLS(dt, "/memory", "reg", 0, 0x80000000, 0, 0x200000);
	LIST(dt, "/memory", "device_type", "memory");
	CELLS(dt, "/reserved-memory", "#size-cells", 2);
	CHECK(fdt_first_subnode(dt, node_at(dt, "/reserved-memory")) < 0);
	LIST(dt, "/vsoc", "compatible", "simple-bus");
	CELLS(dt, "/vsoc", "#address-cells", 2);
	CELLS(dt, "/chosen", "kaslr-seed", 0x01234567, 0x89abcdef);
	/* Without PSCI a vCPU is known by its capability */
	CHECK(fdt_getprop(dt, node_at(dt, "/cpus/cpu@0"), "qcom,gunyah-capability",
			  NULL) != NULL);

	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_VM_STATE);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RUNNING);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* The image parcel ---------------------------------------------------------- */

/**
 * struct image_row - an image parcel
 * @name: name of the case
 * @debug: variant of the model
 * @share: it is shared, not lent
 * @label: its label
 * @rights: rights of the VM
 * @base: base-address; 0: GUEST_BASE
 * @size_max: size-max; 0: not given
 * @err: of VM_START
 */
struct image_row {
	const char *name;
	bool debug;
	bool share;
	uint32_t label;
	uint8_t rights;
	uint64_t base;
	uint64_t size_max;
	uint32_t err;
};

static const struct image_row images[] = {
	{ "lent", false, false, 0, 7, 0, 0, 0 },
	{ "shared", false, true, 0, 7, 0, 0, 2 },
	{ "shared, debug", true, true, 0, 7, 0, 0, 0 },
	{ "labelled", false, false, 5, 7, 0, 0, 0 },
	{ "not executable", false, false, 0, 6, 0, 0, 2 },
	{ "not executable, debug", true, false, 0, 6, 0, 0, 0 },
	{ "in the VMMIO range", false, false, 0, 7, 0x20000000, 0, 2 },
	{ "just in the VMMIO range", false, false, 0, 7, 0x3fe00000, 0, 2 },
	{ "at 1 GiB", false, false, 0, 7, 0x40000000, 0, 0 },
	{ "rounded up", false, false, 0, 7, 0x80001000, 0, 0 },
	{ "at the end", false, false, 0, 7, 0xfffe00000, 0, 2 },
	{ "size-max fits", false, false, 0, 7, 0, 0x200000, 0 },
	{ "size-max too small", false, false, 0, 7, 0, 0x1ff000, 0 },
	{ "size-max 1 page", false, false, 0, 7, 0, 0x1000, 0 },
};

static void image_row(const struct image_row *row)
{
	struct fake *f = fake_new(row->debug ? &debug : NULL);
	struct guest g = { .vmid = 0 };
	struct region r = { IMAGE_IPA, IMAGE_SIZE };
	struct create c = {
		.id = row->share ? RM_MEM_SHARE_ID : RM_MEM_LEND_ID,
		.label = row->label, .nacl = row->share ? 2 : 1,
		.acl = { { 128, row->rights }, { 3, 7 } },
		.nsgl = 1, .sgl = &r,
	};
	static uint8_t buf[DT_CAPACITY];
	void *dt = dt_base();
	uint64_t base = row->base ? row->base : GUEST_BASE;
	int n = fdt_path_offset(dt, CONFIG "/memory");
	bool at_end = base == 0xfffe00000;

	begin_case(row->name);
	if (row->base)
		fdt_setprop_u64(dt, n, "base-address", row->base);
	if (row->size_max)
		fdt_setprop_u64(dt, n, "size-max", row->size_max);
	dt_finish(dt);
	fake_write(f, IMAGE_IPA + DT_OFFSET, dt, fdt_totalsize(dt));
	free(dt);
	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	CHECK_EQ(create(f, &c, &g.image), 0);
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, DT_OFFSET, DT_SIZE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	/* The fake's guests have 4 GiB: this one cannot be mapped */
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), at_end ? 2 : row->err);
	base = (base + 0x1fffff) & ~0x1fffffULL;
	if (!row->err) {
		CHECK(fake_mapped(f, g.vmid, base, IMAGE_IPA));
		CHECK_EQ(f->vm[128].vcpu[0].regs.pc, base);
		guest_dt(f, &g, buf);
		CELLS(buf, "/memory", "reg", 0, (uint32_t)base, 0, 0x200000);
		CHECK_EQ(fdt_path_offset(buf, "/reserved-memory/buffer@80000000")
			 >= 0, row->label != 0);
	} else {
		CHECK_EQ(f->pages[(IMAGE_IPA - HOST_BASE) / PAGE].maps, 0);
		CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
		CHECK_EQ(f->msgs, 1);
	}
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

/* A failed start is told before it is answered */
static void failure_is_notified(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .share_image = true };
	const struct message *m;

	CHECK_EQ(guest_start(f, &g), RM_ERR_NORESOURCE);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m == &f->msg[0] && m->data[4] == RM_STATE_INIT_FAILED);
	fake_free(f);
}

/* Scattered memory stands in the guest in the order of the list */
static void scattered_image(void)
{
	struct fake *f = fake_new(NULL);
	static struct region r[512];
	struct create c = { RM_MEM_LEND_ID, .nacl = 1, .acl = { { 128, 7 } },
			    .nsgl = 512, .sgl = r };
	struct guest g = { .vmid = 0 };
	void *dt = dt_base();
	unsigned int i;

	for (i = 0; i < 512; i++) {
		r[i].ipa = IMAGE_IPA + (511 - i) * PAGE;
		r[i].size = PAGE;
	}
	/* A devicetree of two pages, that follow each other backwards */
	fdt_setprop_u64(dt, 0, "filler", 0);
	fdt_setprop_placeholder(dt, 0, "filler", 5000, (void **)&(void *){ 0 });
	dt_finish(dt);
	for (i = 0; i < fdt_totalsize(dt); i += PAGE)
		fake_write(f, r[16 + i / PAGE].ipa, (char *)dt + i,
			   fdt_totalsize(dt) - i < PAGE ?
			   fdt_totalsize(dt) - i : PAGE);
	free(dt);
	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	CHECK_EQ(create(f, &c, &g.image), 0);
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, DT_OFFSET, DT_SIZE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	for (i = 0; i < 512; i++)
		CHECK(fake_mapped(f, g.vmid, GUEST_BASE + i * PAGE, r[i].ipa));
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* 1 GiB in single pages boots, and costs per page what it must */
static void large_image(void)
{
	struct fake *f = fake_new(NULL);
	const unsigned int pages = 262144;
	static struct region r[512];
	struct create c = { RM_MEM_LEND_ID, .flags = 2, .nacl = 1,
			    .acl = { { 128, 7 } }, .nsgl = 512, .sgl = r };
	struct guest g = { .vmid = 0 };
	void *dt = dt_base();
	unsigned int i, n;

	dt_finish(dt);
	fake_write(f, HOST_BASE + (pages - 1 - 16) * PAGE, dt,
		   fdt_totalsize(dt));
	free(dt);
	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	for (i = 0; i < pages; i += 512) {
		for (n = 0; n < 512; n++) {
			r[n].ipa = HOST_BASE + (pages - 1 - i - n) * PAGE;
			r[n].size = PAGE;
		}
		CHECK_EQ(i ? append(f, g.image, i + 512 == pages, r, 512) :
			     create(f, &c, &g.image), 0);
	}
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, DT_OFFSET, PAGE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(f->map_calls, pages);
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE + (pages - 1) * PAGE,
			  HOST_BASE));
	CHECK(f->largest < 64 * 1024);
	guest_remove(f, &g);
	CHECK_EQ(f->taken, 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void unfinished_image(void)
{
	struct fake *f = fake_new(NULL);
	struct region r = { IMAGE_IPA, IMAGE_SIZE };
	struct create c = { RM_MEM_LEND_ID, .flags = 2, .nacl = 1,
			    .acl = { { 128, 7 } }, .nsgl = 1, .sgl = &r };
	struct guest g = { .vmid = 0 };
	void *dt = dt_base();

	dt_finish(dt);
	fake_write(f, IMAGE_IPA + DT_OFFSET, dt, fdt_totalsize(dt));
	free(dt);
	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	CHECK_EQ(create(f, &c, &g.image), 0);
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, DT_OFFSET, DT_SIZE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_NORESOURCE);
	fake_free(f);
}

/* More parcels ---------------------------------------------------------------- */

/* A second parcel like the image's: it is appended, then the start fails */
static void second_private(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	uint32_t handle;

	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &handle), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_DENIED);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE + IMAGE_SIZE, MEM));
	CHECK(!f->vm[128].vcpu[0].on);
	CHECK_EQ(reclaim(f, handle), RM_ERR_MEM_INUSE);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);

	/* Of an authenticated VM it is plain RAM */
	f = fake_new(NULL);
	g = (struct guest) { .auth = RM_AUTH_PLATFORM };
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK(!f->vm[128].vmmio);
	CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &handle), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	{
		static uint8_t dt[DT_CAPACITY];

		guest_dt(f, &g, dt);
		CELLS(dt, "/memory", "reg", 0, 0x80000000, 0, 0x201000);
		CHECK(fdt_first_subnode(dt, node_at(dt, "/reserved-memory")) < 0);
	}
	guest_remove(f, &g);
	fake_free(f);

	/* One that does not fit is not mapped, and then does no harm */
	f = fake_new(NULL);
	g = (struct guest) { .dt = dt_base() };
	fdt_setprop_u64(g.dt, fdt_path_offset(g.dt, CONFIG "/memory"),
			"size-max", IMAGE_SIZE);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &handle), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(!fake_mapped(f, g.vmid, GUEST_BASE + IMAGE_SIZE, MEM));
	guest_remove(f, &g);
	fake_free(f);
}

/* Parcels that nobody reclaimed go to the next VM with the VMID */
static void stale_parcel(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 }, next = { .image_ipa = 0x42000000 };
	uint32_t stale;

	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	stale = g.image;
	CHECK_EQ(guest_start(f, &next), RM_ERR_DENIED);
	CHECK_EQ(next.vmid, g.vmid);
	CHECK(fake_mapped(f, g.vmid, GUEST_BASE + IMAGE_SIZE, IMAGE_IPA));
	guest_remove(f, &next);
	CHECK_EQ(reclaim(f, stale), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Other parcels are placed by the model, and reserved in the devicetree */
static void other_parcels(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	static uint8_t dt[DT_CAPACITY];
	uint32_t small, big, zero;

	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(share(f, g.vmid, 5, MEM, PAGE, &small), 0);
	CHECK_EQ(lend(f, g.vmid, 6, 0x44000000, 0x200000, &big), 0);
	CHECK_EQ(share(f, g.vmid, 0, MEM + PAGE, PAGE, &zero), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, 0x40001000, MEM));
	CHECK(fake_mapped(f, g.vmid, 0x40200000, 0x44000000));
	CHECK(fake_mapped(f, g.vmid, 0x40002000, MEM + PAGE));
	guest_dt(f, &g, dt);
	CELLS(dt, "/memory", "reg", 0, 0x40001000, 0, 0x2000,
	      0, 0x40200000, 0, 0x200000, 0, 0x80000000, 0, 0x200000);
	CELLS(dt, "/reserved-memory/buffer@40001000", "reg",
	      0, 0x40001000, 0, 0x1000);
	CELLS(dt, "/reserved-memory/buffer@40001000", "qcom,label", 5);
	CELLS(dt, "/reserved-memory/buffer@40001000", "peers", 3);
	CELLS(dt, "/reserved-memory/buffer@40001000", "qcom,rm-mem-handle",
	      small);
	CELLS(dt, "/reserved-memory/buffer@40200000", "qcom,label", 6);
	CELLS(dt, "/reserved-memory/buffer@40002000", "qcom,label", 0);
	CHECK(fdt_getprop(dt, node_at(dt, "/reserved-memory/buffer@40200000"),
			  "no-map", NULL) != NULL);
	CHECK(fdt_get_phandle(dt, node_at(dt, "/reserved-memory/buffer@40001000")) !=
	      fdt_get_phandle(dt, node_at(dt, "/reserved-memory/buffer@40200000")));
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, small), 0);
	CHECK_EQ(reclaim(f, big), 0);
	CHECK_EQ(reclaim(f, zero), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Without room, parcels that nobody needs are left out */
static void no_room(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	uint32_t handle;

	fdt_setprop_u64(g.dt, fdt_path_offset(g.dt, CONFIG "/memory"),
			"base-address", 0x40000000);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(share(f, g.vmid, 5, MEM, PAGE, &handle), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(f->pages[(MEM - HOST_BASE) / PAGE].maps, 0);
	guest_remove(f, &g);
	fake_free(f);
}

/* Shared memory devices ------------------------------------------------------- */

/**
 * struct shm_row - a shared memory device
 * @name: name of the case
 * @base: address; 0: allocate-base
 * @optional: it is optional
 * @give: there is a parcel with its label
 * @err: of VM_START
 * @want: where the parcel is to be
 */
struct shm_row {
	const char *name;
	uint64_t base;
	bool optional;
	bool give;
	uint32_t err;
	uint64_t want;
};

static const struct shm_row shms[] = {
	{ "shm at base", 0x90000000, false, true, 0, 0x90000000 },
	{ "shm next to the image", 0x80200000, false, true, 0, 0x80200000 },
	{ "shm allocated", 0, false, true, 0, 0x40001000 },
	{ "shm without parcel", 0x90000000, false, false, 2, 0 },
	{ "shm without parcel, optional", 0x90000000, true, false, 0, 0 },
	{ "shm in the image", 0x80001000, false, true, 2, 0 },
	{ "shm in the VMMIO range", 0x10000000, false, true, 2, 0 },
	{ "shm above the address space", 1ULL << 36, false, true, 2, 0 },
};

static void shm_row(const struct shm_row *row)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];
	uint32_t handle;

	begin_case(row->name);
	dt_add_shm(g.dt, "shm-0", 7, row->base);
	if (row->optional)
		fdt_setprop_empty(g.dt, node_at(g.dt, CONFIG
				  "/vdevices/shm-0/memory"), "optional");
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(share(f, g.vmid, row->give ? 7 : 8, MEM, PAGE, &handle), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), row->err);
	if (row->want) {
		char name[64];

		CHECK(fake_mapped(f, g.vmid, row->want, MEM));
		guest_dt(f, &g, dt);
		snprintf(name, sizeof(name), "/reserved-memory/buffer@%llx",
			 (unsigned long long)row->want);
		CELLS(dt, name, "qcom,label", 7);
		CHECK(fdt_path_offset(dt, "/hypervisor/shm-0") >= 0);
	}
	CHECK_EQ(resources(f, g.vmid), 1);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

/* A scattered parcel is contiguous at its base */
static void shm_scattered(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	struct region r[] = { { MEM + 8 * PAGE, PAGE }, { MEM, 2 * PAGE } };
	struct create c = { RM_MEM_SHARE_ID, .label = 7, .nacl = 2,
			    .acl = { { 128, 6 }, { 3, 7 } },
			    .nsgl = 2, .sgl = r };
	uint32_t handle;

	dt_add_shm(g.dt, "shm-0", 7, 0x90000000);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, 0x90000000, MEM + 8 * PAGE));
	CHECK(fake_mapped(f, g.vmid, 0x90001000, MEM));
	CHECK(fake_mapped(f, g.vmid, 0x90002000, MEM + PAGE));
	CHECK_EQ(f->vm[128].rights[0x50000], 6);
	guest_remove(f, &g);
	fake_free(f);
}

/* Where a VM goes that does not say so: into the VMMIO range */
static void no_base_address(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };

	fdt_delprop(g.dt, fdt_path_offset(g.dt, CONFIG "/memory"),
		    "base-address");
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_NORESOURCE);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void power_on_fails(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_init(f, &g), 0);
	f->fail_op = "vcpu_power_on";
	f->fail_error = RM_HYP_BUSY;
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_NORESOURCE);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
	f->fail_op = NULL;
	guest_remove(f, &g);
	fake_free(f);
}

/** test_start() - VM_START */
void test_start(void)
{
	RUN(ordinary);
	TABLE(images, image_row);
	RUN(failure_is_notified);
	RUN(scattered_image);
	RUN(large_image);
	RUN(unfinished_image);
	RUN(second_private);
	RUN(stale_parcel);
	RUN(other_parcels);
	RUN(no_room);
	TABLE(shms, shm_row);
	RUN(shm_scattered);
	RUN(power_on_fails);
	RUN(no_base_address);
}
