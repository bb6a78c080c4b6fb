// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM_START: rules for devicetrees, vCPUs and virtual devices
 */
#include <libfdt.h>

#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL
#define CONFIG	"/gunyah-vm-config"

static const struct rm_config debug = { .debug = true, .host_name = "HLOS" };

/* Devicetree rules ---------------------------------------------------------- */

/**
 * struct dt_row - a devicetree for VM_START
 * @name: name of the case
 * @edit: makes it what it is
 * @dt_size: room for it; 0: DT_SIZE
 * @err: of VM_START
 */
struct dt_row {
	const char *name;
	void (*edit)(void *dt);
	uint64_t dt_size;
	uint32_t err;
};

static void as_is(void *dt) { (void)dt; }

static void no_chosen(void *dt)
{
	fdt_del_node(dt, fdt_path_offset(dt, "/chosen"));
}

static void has_hypervisor(void *dt)
{
	fdt_add_subnode(dt, 0, "hypervisor");
}

static void has_vsoc(void *dt)
{
	fdt_add_subnode(dt, 0, "vsoc");
}

static int add_reserved(void *dt, const char *name)
{
	int n = fdt_add_subnode(dt, 0, "reserved-memory");

	fdt_setprop_u32(dt, n, "#address-cells", 2);
	fdt_setprop_u32(dt, n, "#size-cells", 2);
	fdt_setprop_empty(dt, n, "ranges");
	return fdt_add_subnode(dt, n, name);
}

static void reserved_reg(void *dt, uint64_t base, uint64_t size)
{
	int n = add_reserved(dt, "pool");

	fdt_appendprop_u64(dt, n, "reg", base);
	fdt_appendprop_u64(dt, n, "reg", size);
}

static void reserved_elsewhere(void *dt)
{
	reserved_reg(dt, 0x80100000, PAGE);
}

static void reserved_parcel(void *dt)
{
	reserved_reg(dt, 0x90000000, PAGE);
}

static void reserved_part(void *dt)
{
	reserved_reg(dt, 0x90000000, PAGE / 2);
}

static void reserved_label(void *dt)
{
	fdt_setprop_u32(dt, add_reserved(dt, "pool"), "qcom,label", 7);
}

static void reserved_bad_label(void *dt)
{
	fdt_setprop_u32(dt, add_reserved(dt, "pool"), "qcom,label", 9);
}

static void reserved_size(void *dt)
{
	fdt_setprop_u64(dt, add_reserved(dt, "pool"), "size", 0x100000);
}

static void reserved_empty(void *dt) { add_reserved(dt, "pool"); }

static void filler(void *dt, int len)
{
	void *p;

	CHECK_EQ(fdt_setprop_placeholder(dt, 0, "filler", len, &p), 0);
}

static void filled_small(void *dt) { filler(dt, 4096 - 1600); }
static void filled_12k(void *dt) { filler(dt, 12 << 10); }
static void filled_16k(void *dt) { filler(dt, 16 << 10); }
static void root_cells(void *dt)
{
	fdt_setprop_u32(dt, 0, "#address-cells", 1);
	fdt_setprop_u32(dt, 0, "#size-cells", 1);
	fdt_delprop(dt, fdt_path_offset(dt, "/intc"), "reg");
}

static void root_three_cells(void *dt)
{
	fdt_setprop_u32(dt, 0, "#address-cells", 3);
	fdt_delprop(dt, fdt_path_offset(dt, "/intc"), "reg");
}

static const struct dt_row dts[] = {
	{ "dt as it is", as_is, 0, 0 },
	{ "no /chosen", no_chosen, 0, 2 },
	{ "/hypervisor is there", has_hypervisor, 0, 2 },
	{ "/vsoc is there", has_vsoc, 0, 0 },
	{ "reserved memory in RAM", reserved_elsewhere, 0, 2 },
	{ "reserved memory of a parcel", reserved_parcel, 0, 0 },
	{ "reserved memory of half a parcel", reserved_part, 0, 2 },
	{ "reserved memory by label", reserved_label, 0, 0 },
	{ "reserved memory by wrong label", reserved_bad_label, 0, 2 },
	{ "reserved memory to allocate", reserved_size, 0, 0 },
	{ "reserved memory of nothing", reserved_empty, 0, 2 },
	{ "dt without slack", filled_small, 0x1000, 2 },
	{ "dt with a page more", filled_small, 0x2000, 0 },
	{ "small dt", filled_12k, 0x4000, 0 },
	{ "large dt, size once", filled_16k, 0x6000, 2 },
	{ "large dt, size once and a half", filled_16k, 0x8000, 2 },
	{ "large dt, room for two", filled_16k, 0xa000, 0 },
	{ "one cell", root_cells, 0, 0 },
	{ "three cells", root_three_cells, 0, 2 },
};

static void dt_row(const struct dt_row *row)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base(), .dt_size = row->dt_size };
	uint32_t handle;

	begin_case(row->name);
	dt_add_shm(g.dt, "shm-0", 7, 0x90000000);
	row->edit(g.dt);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(share(f, g.vmid, 7, MEM, PAGE, &handle), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), row->err);
	CHECK_EQ(vm_state(f, g.vmid), row->err ? RM_STATE_INIT_FAILED :
						 RM_STATE_RUNNING);
	if (row->edit == reserved_parcel || row->edit == reserved_label) {
		static uint8_t dt[DT_CAPACITY];

		guest_dt(f, &g, dt);
		CELLS(dt, "/reserved-memory/pool", "qcom,rm-mem-handle",
		      handle);
		CHECK(fdt_get_phandle(dt, node_at(dt, "/reserved-memory/pool")));
		CHECK(fdt_path_offset(dt, "/reserved-memory/buffer@90000000") <
		      0);
	}
	if (row->edit == root_cells) {
		static uint8_t dt[DT_CAPACITY];

		guest_dt(f, &g, dt);
		CELLS(dt, "/memory", "reg", 0x80000000, 0x200000,
		      0x90000000, 0x1000);
		/* Where the GIC was put: 64 KiB aligned, behind each other */
		CELLS(dt, "/intc", "reg", 0x40010000, 0x10000,
		      0x40020000, 0x20000);
		CELLS(dt, "/intc", "#redistributor-regions", 1);
		CELLS(dt, "/intc", "redistributor-stride", 0, 0x20000);
	}
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

/* Strings before the structure */
static void unusual_layout(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	static uint8_t buf[DT_CAPACITY];
	uint8_t *dt = dt_base(), *odd = calloc(1, DT_CAPACITY);
	uint32_t strings, structs, n;

	dt_finish(dt);
	strings = fdt_size_dt_strings(dt);
	structs = fdt_size_dt_struct(dt);
	n = 56 + ((strings + 3) & ~3u);
	memcpy(odd, dt, 56);
	memcpy(odd + 56, dt + fdt_off_dt_strings(dt), strings);
	memcpy(odd + n, dt + fdt_off_dt_struct(dt), structs);
	fdt_set_off_dt_strings(odd, 56);
	fdt_set_off_dt_struct(odd, n);
	fdt_set_totalsize(odd, (n + structs + 7) & ~7u);
	free(dt);
	fake_write(f, IMAGE_IPA + DT_OFFSET, odd, (n + structs + 7) & ~7u);
	free(odd);
	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	CHECK_EQ(lend(f, g.vmid, 0, IMAGE_IPA, IMAGE_SIZE, &g.image), 0);
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, DT_OFFSET, DT_SIZE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	guest_dt(f, &g, buf);
	CELLS(buf, "/memory", "reg", 0, 0x80000000, 0, 0x200000);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* VM_INIT takes a devicetree of any size, VM_START a multiple of 8 */
static void odd_size(void)
{
	unsigned int i;

	for (i = 0; i <= 8; i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .vmid = 0 };
		void *dt = dt_base();
		uint32_t size;

		dt_finish(dt);
		size = fdt_totalsize(dt) + i;
		fdt_set_totalsize(dt, size);
		fake_write(f, IMAGE_IPA + DT_OFFSET, dt, size);
		free(dt);
		CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
		CHECK_EQ(lend(f, g.vmid, 0, IMAGE_IPA, IMAGE_SIZE, &g.image), 0);
		CHECK_EQ(config_image(f, g.vmid, 0, g.image, DT_OFFSET, DT_SIZE),
			 0);
		CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
		CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid),
			 i % 8 ? RM_ERR_NORESOURCE : 0);
		guest_remove(f, &g);
		CHECK_EQ(f->heap, 0);
		fake_free(f);
	}
}

/* The devicetree is looked at anew: it may have become another one */
static void dt_changes(void)
{
	struct fake *f = fake_new(&debug);
	struct guest g = { .share_image = true };

	CHECK_EQ(guest_init(f, &g), 0);
	memset(fake_mem(f, IMAGE_IPA + DT_OFFSET), 0xff, 4096);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_NORESOURCE);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* vCPUs and devices ------------------------------------------------------------ */

/**
 * struct entry - an entry of a resource list
 * @type: type
 * @partner: VM at the other end
 * @label: label
 * @cap: capability
 * @virq: interrupt
 */
struct entry {
	uint8_t type;
	uint16_t partner;
	uint32_t label;
	uint64_t cap;
	uint32_t virq;
};

static struct entry entry(struct fake *f, unsigned int i)
{
	const uint8_t *p = f->body + 4 + 44 * i;

	CHECK_EQ(p[1], 0);
	CHECK_EQ(rm_get32(p + 4), 0);
	CHECK_EQ(rm_get32(p + 20), 0);
	CHECK_EQ(rm_get64(p + 28) + rm_get64(p + 36), 0);
	return (struct entry) {
		.type = p[0], .partner = rm_get16(p + 2),
		.label = rm_get32(p + 8), .cap = rm_get64(p + 12),
		.virq = rm_get32(p + 24),
	};
}

/* A device of each kind */
static void add_devices(void *dt)
{
	int n;

	/* Subnodes are added in front: the last one is the first */
	n = dt_vdev(dt, "pair", "message-queue-pair");
	fdt_setprop_u32(dt, n, "label", 14);
	fdt_setprop_u32(dt, n, "queue-depth", 5);
	n = dt_vdev(dt, "shmbell", "shm-doorbell");
	fdt_setprop_u32(dt, n, "label", 15);
	n = fdt_add_subnode(dt, n, "memory");
	fdt_setprop_empty(dt, n, "allocate-base");
	fdt_setprop_empty(dt, n, "optional");
	n = dt_vdev(dt, "to-host", "message-queue");
	fdt_setprop_u32(dt, n, "label", 13);
	fdt_setprop_empty(dt, n, "is-sender");
	n = dt_vdev(dt, "from-host", "message-queue");
	fdt_setprop_u32(dt, n, "label", 12);
	fdt_setprop_empty(dt, n, "is-receiver");
	n = dt_vdev(dt, "source", "doorbell-source");
	fdt_setprop_u32(dt, n, "label", 11);
	dt_add_bell(dt, "bell-5", 10, 5, 4);
	n = fdt_path_offset(dt, CONFIG "/vdevices/bell-5");
	fdt_setprop_string(dt, n, "push-compatible", "mine");
	dt_add_rpc(dt, false);
}

static void check_resources(struct fake *f, uint16_t vmid)
{
	struct entry e;

	CHECK_EQ(resources(f, vmid), 9);
	e = entry(f, 0);
	CHECK(e.type == 4 && !e.partner && !e.label && e.virq == 962);
	CHECK_EQ(e.cap, 0x0fc5a95061242977);
	e = entry(f, 1);
	CHECK(e.type == 0 && e.partner == 128 && e.label == 10 && !e.virq);
	e = entry(f, 2);
	CHECK(e.type == 1 && e.partner == 128 && e.label == 11 && e.virq > 962);
	e = entry(f, 3);
	CHECK(e.type == 2 && e.label == 12 && e.virq > 962);
	e = entry(f, 4);
	CHECK(e.type == 3 && e.label == 13 && e.virq > 962);
	e = entry(f, 5);
	CHECK(e.type == 1 && e.label == 15 && e.virq > 962);
	e = entry(f, 6);
	CHECK(e.type == 0 && e.label == 15 && !e.virq);
	e = entry(f, 7);
	CHECK(e.type == 3 && e.label == 14 && e.virq > 962);
	e = entry(f, 8);
	CHECK(e.type == 2 && e.label == 14 && e.virq > 962);
}

/* The guest's view of what it has with the host */
static void check_guest_view(struct fake *f, uint16_t vmid)
{
	struct entry e;

	CHECK_EQ(call_from(f, vmid, RM_VM_GET_RESOURCES_ID, "\3\0\0", 4), 0);
	CHECK_EQ(rm_get32(f->body), 8);
	e = entry(f, 0);
	CHECK(e.type == 1 && e.partner == 3 && e.label == 10 && e.virq == 37);
	CHECK_EQ(call_from(f, vmid, RM_VM_GET_RESOURCES_ID, "\x80\0\0", 4), 0);
	CHECK_EQ(rm_get32(f->body), 0);
	CHECK_EQ(resources(f, 3), 0);
	CHECK_EQ(call_vm(f, RM_VM_GET_RESOURCES_ID, 0), RM_ERR_ARG);
}

/* Of the first device, and of the doorbell */
static void check_objects(const struct fake *f)
{
	CHECK_EQ(f->object[0].params.kind, RM_OBJ_MSGQ);
	CHECK(f->object[0].params.from_vmid == 128 &&
	      f->object[0].params.to_vmid == 255);
	CHECK(f->object[1].params.from_vmid == 255 &&
	      f->object[1].params.to_vmid == 128);
	CHECK_EQ(f->object[0].params.msg_size, 240);
	CHECK_EQ(f->object[0].params.depth, 8);
	CHECK_EQ(f->object[2].params.kind, RM_OBJ_DOORBELL);
	CHECK(f->object[2].params.to_level &&
	      f->object[2].params.source_can_clear &&
	      f->object[2].params.to_virq == 37 &&
	      f->object[2].params.from_virq == RM_VIRQ_NONE);
}

static void check_nodes(const void *dt)
{
	int n;

	n = fdt_subnode_offset(dt, node_at(dt, "/hypervisor"), "bell-5");
	CHECK(n >= 0);
	CHECK(!strcmp(fdt_get_name(dt, n, NULL), "bell-5@fc5a9506124297e"));
	LIST(dt, "/hypervisor/bell-5", "compatible",
	     "mine\0qcom,gunyah-doorbell\0qcom,gunyah-capability");
	CELLS(dt, "/hypervisor/bell-5", "interrupts", 0, 5, 4);
	CELLS(dt, "/hypervisor/bell-5", "label", 10);
	CELLS(dt, "/hypervisor/bell-5", "qcom,label", 10);
	CELLS(dt, "/hypervisor/bell-5", "reg", 0x0fc5a950, 0x6124297e);
	LIST(dt, "/hypervisor/qcom,resource-mgr", "compatible",
	     "gunyah-resource-manager\0qcom,resource-manager\0"
	     "qcom,resource-manager-1-0\0qcom,gunyah-message-queue\0"
	     "qcom,gunyah-capability");
	CELLS(dt, "/hypervisor/qcom,resource-mgr", "qcom,tx-message-size", 240);
	CELLS(dt, "/hypervisor/qcom,resource-mgr", "qcom,rx-queue-depth", 8);
	CELLS(dt, "/hypervisor/qcom,resource-mgr", "qcom,free-irq-start", 0);
	CHECK(fdt_getprop(dt, node_at(dt, "/hypervisor/qcom,resource-mgr"),
			  "qcom,is-full-duplex", NULL) != NULL);
	CELLS(dt, "/hypervisor/pair", "qcom,rx-queue-depth", 5);
}

static void devices(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];

	add_devices(g.dt);
	f->next_cap = 0x0fc5a95061242977;
	CHECK_EQ(guest_start(f, &g), 0);
	check_resources(f, g.vmid);
	check_guest_view(f, g.vmid);
	check_objects(f);
	check_nodes(guest_dt(f, &g, dt));
	guest_remove(f, &g);
	CHECK_EQ(f->objects, 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void generate_paths(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];

	dt_add_bell(g.dt, "a", 1, 5, 1);
	fdt_setprop_string(g.dt, fdt_path_offset(g.dt, CONFIG "/vdevices/a"),
			   "generate", "/soc/bus/bell");
	dt_add_bell(g.dt, "b@7", 2, 6, 1);
	fdt_delprop(g.dt, fdt_path_offset(g.dt, CONFIG "/vdevices/b@7"),
		    "generate");
	CHECK_EQ(guest_start(f, &g), 0);
	guest_dt(f, &g, dt);
	CELLS(dt, "/soc/bus/bell", "label", 1);
	CELLS(dt, "/hypervisor/b", "label", 2);
	guest_remove(f, &g);
	fake_free(f);

	f = fake_new(NULL);
	g = (struct guest) { .dt = dt_base() };
	dt_add_bell(g.dt, "a", 1, 5, 1);
	fdt_setprop_string(g.dt, fdt_path_offset(g.dt, CONFIG "/vdevices/a"),
			   "generate", "/soc//bell");
	CHECK_EQ(guest_start(f, &g), RM_ERR_NORESOURCE);
	guest_remove(f, &g);
	fake_free(f);
}

static void smp(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];
	unsigned int i;

	dt_set_cpus(g.dt, 8, true);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(resources(f, g.vmid), 8);
	for (i = 0; i < 8; i++) {
		struct entry e = entry(f, i);

		CHECK(e.type == 4 && e.label == i && e.virq == 962 + i);
		CHECK(f->vm[128].vcpu[i].exists && f->vm[128].vcpu[i].psci);
		CHECK_EQ(f->vm[128].vcpu[i].on, !i);
	}
	guest_dt(f, &g, dt);
	CHECK(!fdt_getprop(dt, node_at(dt, "/cpus/cpu@1"), "qcom,gunyah-capability",
			   NULL));
	guest_remove(f, &g);
	fake_free(f);

	/* Every cpu that is "okay" starts at the same address */
	f = fake_new(NULL);
	g = (struct guest) { .dt = dt_base() };
	dt_set_cpus(g.dt, 3, true);
	fdt_setprop_string(g.dt, fdt_path_offset(g.dt, "/cpus/cpu@2"),
			   "status", "okay");
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK(f->vm[128].vcpu[0].on && !f->vm[128].vcpu[1].on &&
	      f->vm[128].vcpu[2].on);
	CHECK_EQ(f->vm[128].vcpu[2].regs.pc, GUEST_BASE);
	guest_remove(f, &g);
	fake_free(f);
}

static void static_vm(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	struct entry e;
	unsigned int i;

	dt_set_cpus(g.dt, 2, false);
	dt_make_static(g.dt, 2);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(resources(f, g.vmid), 2);
	for (i = 0; i < 2; i++) {
		e = entry(f, i);
		CHECK(e.type == 4 && e.label == i + 1 &&
		      e.virq == 0xffffffff);
		CHECK(!f->vm[128].vcpu[i].proxy);
		CHECK_EQ(f->vm[128].vcpu[i].affinity, i + 1);
		CHECK_EQ(f->vm[128].vcpu[i].timeslice, 5000);
	}
	/* It can be stopped as any other */
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* More doorbells than an answer has room for */
static void too_many_resources(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base(), .dt_size = DT_CAPACITY };
	unsigned int i;
	char name[16];

	for (i = 0; i < 331; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		dt_add_bell(g.dt, name, i, i, 1);
	}
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(resources(f, g.vmid), 332);
	guest_remove(f, &g);

	g = (struct guest) { .dt = dt_base(), .dt_size = DT_CAPACITY };
	for (i = 0; i < 332; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		dt_add_bell(g.dt, name, i, i, 1);
	}
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_GET_RESOURCES_ID, g.vmid), RM_ERR_NORESOURCE);
	CHECK_EQ(f->body_len, 0);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_dt() - devicetree rules of VM_START, vCPUs, devices */
void test_dt(void)
{
	TABLE(dts, dt_row);
	RUN(unusual_layout);
	RUN(odd_size);
	RUN(dt_changes);
	RUN(devices);
	RUN(too_many_resources);
	RUN(generate_paths);
	RUN(smp);
	RUN(static_vm);
}
