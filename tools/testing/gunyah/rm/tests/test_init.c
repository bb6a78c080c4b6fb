// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM_INIT: what is wrong with a devicetree, one thing at a time
 */
#include "edit.h"

EDIT(nothing) { (void)dt; }

EDIT(bad_magic) { memset(dt, 0, 4); }

EDIT(huge_totalsize) { ((uint32_t *)dt)[1] = 0xffffff7f; }

EDIT(dt_over_size) { ((uint32_t *)dt)[1] = cpu_to_fdt32(DT_SIZE + 8); }

EDIT(bad_struct)
{
	memset((char *)dt + fdt_off_dt_struct(dt) + 8, 0xff, 4);
}

EDIT(struct_misaligned)
{
	uint32_t off = fdt_off_dt_struct(dt), size = fdt_size_dt_struct(dt);

	/* The blocks are moved up: strings stand behind the structure */
	memmove((char *)dt + off + 2, (char *)dt + off,
		size + fdt_size_dt_strings(dt));
	fdt_set_off_dt_struct(dt, off + 2);
	fdt_set_off_dt_strings(dt, fdt_off_dt_strings(dt) + 2);
	fdt_set_totalsize(dt, fdt_totalsize(dt) + 2);
}

EDIT(old_version)
{
	fdt_set_version(dt, 16);
	fdt_set_last_comp_version(dt, 16);
}

/* Nothing ends the list of reserved memory before the blob ends */
EDIT(endless_reservations)
{
	fdt_set_off_mem_rsvmap(dt, (fdt_totalsize(dt) - 9) & ~7u);
}

EDIT(no_config) { rename_node(dt, CONFIG, "gunyah-vm-confix"); }

EDIT(other_config) { rename_node(dt, CONFIG, "qcom,vm-config"); }

EDIT(no_name) { del(dt, CONFIG, "image-name"); }

EDIT(long_name)
{
	str_of(dt, CONFIG, "image-name", 80);
}

EDIT(longest_name)
{
	str_of(dt, CONFIG, "image-name", 79);
}

EDIT(name_no_string) { num(dt, CONFIG, "image-name", 0x61626364); }

EDIT(bad_guid) { str(dt, CONFIG, "vm-guid", "0011"); }

EDIT(memory_unit)
{
	int n = node(dt, "/", "memory@80000000");

	fdt_setprop_string(dt, n, "device_type", "memory");
}

EDIT(memory_deep)
{
	int n = node(dt, "/chosen", "memory");

	fdt_setprop_string(dt, n, "device_type", "memory");
}

EDIT(memory_right)
{
	int n = node(dt, "/", "memory");

	fdt_setprop_string(dt, n, "device_type", "memory");
}

EDIT(base_unaligned) { num64(dt, CONFIG "/memory", "base-address", 0x80000800); }

EDIT(base_too_high) { num64(dt, CONFIG "/memory", "base-address", 1ULL << 36); }

EDIT(base_cells) { num(dt, CONFIG "/memory", "base-address", 0x80000000); }

EDIT(base_one_cell)
{
	num(dt, CONFIG "/memory", "#address-cells", 1);
	num(dt, CONFIG "/memory", "base-address", 0x80000000);
}

EDIT(direct) { mark(dt, CONFIG "/memory", "is-direct"); }

EDIT(iomemory) { mark(dt, CONFIG, "iomemory-ranges"); }

EDIT(irq_ranges) { mark(dt, CONFIG, "gic-irq-ranges"); }

EDIT(no_shutdown) { str(dt, CONFIG, "vm-attrs", "no-shutdown"); }

EDIT(context_dump) { str(dt, CONFIG, "vm-attrs", "context-dump"); }

EDIT(attr_unknown) { str(dt, CONFIG, "vm-attrs", "whatever"); }

EDIT(attrs_no_string) { num(dt, CONFIG, "vm-attrs", 0x61626364); }

/* vCPUs */

EDIT(no_cpus) { rename_node(dt, "/cpus", "cpux"); }

EDIT(cpus_elsewhere)
{
	no_cpus(dt);
	str(dt, CONFIG "/vcpus", "config", "/cpux");
}

EDIT(cpus_relative)
{
	no_cpus(dt);
	str(dt, CONFIG "/vcpus", "config", "cpux");
}

EDIT(cpu_other_type) { str(dt, "/cpus/cpu@0", "device_type", "fpu"); }

EDIT(cpu_fail) { str(dt, "/cpus/cpu@0", "status", "fail"); }

EDIT(cpu_fail_x) { str(dt, "/cpus/cpu@0", "status", "fail-x"); }

EDIT(cpu_okay) { str(dt, "/cpus/cpu@0", "status", "okay"); }

EDIT(cpu_disabled)
{
	str(dt, "/cpus/cpu@0", "status", "disabled");
	str(dt, "/cpus/cpu@0", "enable-method", "psci");
}

EDIT(cpu_status) { str(dt, "/cpus/cpu@0", "status", "reserved"); }

EDIT(two_cpus) { dt_set_cpus(dt, 2, true); }

EDIT(two_cpus_hvc) { dt_set_cpus(dt, 2, false); }

EDIT(two_no_method)
{
	dt_set_cpus(dt, 2, true);
	del(dt, "/cpus/cpu@1", "enable-method");
}

EDIT(two_parent_method)
{
	two_no_method(dt);
	str(dt, "/cpus", "enable-method", "psci");
}

EDIT(two_spin_table)
{
	two_cpus(dt);
	str(dt, "/cpus/cpu@1", "enable-method", "spin-table");
}

EDIT(eight_cpus) { dt_set_cpus(dt, 8, true); }

EDIT(nine_cpus) { dt_set_cpus(dt, 9, true); }

EDIT(nine_one_fails)
{
	dt_set_cpus(dt, 9, true);
	str(dt, "/cpus/cpu@4", "status", "fail");
}

/* Static scheduling */

EDIT(static_complete) { dt_make_static(dt, 1); }

EDIT(sticky)
{
	dt_make_static(dt, 1);
	str(dt, CONFIG "/vcpus", "affinity", "sticky");
}

EDIT(no_vcpus) { rename_node(dt, CONFIG "/vcpus", "vcpux"); }

EDIT(no_affinity) { del(dt, CONFIG "/vcpus", "affinity"); }

EDIT(affinity_unknown) { str(dt, CONFIG "/vcpus", "affinity", "magic"); }

EDIT(affinity_unknown_complete)
{
	dt_make_static(dt, 1);
	affinity_unknown(dt);
}

EDIT(no_map)
{
	dt_make_static(dt, 1);
	del(dt, CONFIG "/vcpus", "affinity-map");
}

EDIT(map_too_long) { dt_make_static(dt, 2); }

EDIT(no_timeslice)
{
	dt_make_static(dt, 1);
	del(dt, CONFIG "/vcpus", "sched-timeslice");
}

EDIT(priority_of_owner)
{
	dt_make_static(dt, 1);
	num(dt, CONFIG "/vcpus", "sched-priority", 0);
}

EDIT(no_priority)
{
	dt_make_static(dt, 1);
	del(dt, CONFIG "/vcpus", "sched-priority");
}

EDIT(static_psci_node)
{
	int n = node(dt, "/", "psci");

	fdt_setprop_string(dt, n, "compatible", "arm,psci-1.0");
	dt_make_static(dt, 1);
}

EDIT(static_psci_idle)
{
	static_psci_node(dt);
	mark(dt, "/cpus/cpu@0", "cpu-idle-states");
}

EDIT(static_two_idle_once)
{
	dt_set_cpus(dt, 2, true);
	dt_make_static(dt, 2);
	mark(dt, "/cpus/cpu@0", "cpu-idle-states");
}

/* Interrupt controller */

EDIT(gic_default) { del(dt, CONFIG "/interrupts", "config"); }

EDIT(gic_nowhere)
{
	gic_default(dt);
	del(dt, "/", "interrupt-parent");
}

EDIT(gic_phandle) { num(dt, CONFIG "/interrupts", "config", 1); }

EDIT(gic_bad_phandle) { num(dt, CONFIG "/interrupts", "config", 9); }

EDIT(gic_v2) { str(dt, "/intc", "compatible", "arm,gic-400"); }

EDIT(gic_no_controller) { del(dt, "/intc", "interrupt-controller"); }

EDIT(gic_cells) { num(dt, "/intc", "#interrupt-cells", 4); }

EDIT(gic_no_reg) { del(dt, "/intc", "reg"); }

static void gic_reg(void *dt, uint64_t gicd, uint64_t gicd_size, uint64_t gicr,
		    uint64_t gicr_size)
{
	int n = at(dt, "/intc");

	fdt_delprop(dt, n, "reg");
	fdt_appendprop_u64(dt, n, "reg", gicd);
	fdt_appendprop_u64(dt, n, "reg", gicd_size);
	fdt_appendprop_u64(dt, n, "reg", gicr);
	fdt_appendprop_u64(dt, n, "reg", gicr_size);
}

EDIT(gic_overlap) { gic_reg(dt, 0x3fff0000, 0x10000, 0x3ffe0000, 0x20000); }

EDIT(gic_small) { gic_reg(dt, 0x3fff0000, 0x8000, 0x3fe00000, 0x20000); }

EDIT(gicr_small) { gic_reg(dt, 0x3fff0000, 0x10000, 0x3fe00000, 0x10000); }

EDIT(gicr_small_two)
{
	dt_set_cpus(dt, 2, true);
	gic_reg(dt, 0x3fff0000, 0x10000, 0x3fe00000, 0x20000);
}

EDIT(gic_unaligned) { gic_reg(dt, 0x3fff1000, 0x10000, 0x3fe00000, 0x20000); }

EDIT(gic_stride)
{
	dt_set_cpus(dt, 2, true);
	num64(dt, "/intc", "redistributor-stride", 0x80000);
}

EDIT(gic_bad_stride) { num64(dt, "/intc", "redistributor-stride", 0x1000); }

EDIT(gic_no_stride) { num64(dt, "/intc", "redistributor-stride", 0); }

EDIT(gic_stride_cells)
{
	fdt_setprop(dt, at(dt, "/intc"), "redistributor-stride", "abc", 3);
}

EDIT(gic_stride_one_cell)
{
	num(dt, "/intc", "redistributor-stride", 0x20000);
}

EDIT(gic_reg_cut)
{
	fdt_setprop(dt, at(dt, "/intc"), "reg", "12345678901234567890", 20);
}

EDIT(fw_unaligned)
{
	num64(dt, CONFIG "/memory", "firmware-address", 0x70000800);
}

EDIT(fw_size_cells)
{
	num(dt, CONFIG "/memory", "firmware-size-max", 0x1000);
}

EDIT(size_max_cells)
{
	num(dt, CONFIG "/memory", "size-max", 0x1000);
}

EDIT(uri_long) { str_of(dt, CONFIG, "vm-uri", 80); }

EDIT(gic_regions) { num(dt, "/intc", "#redistributor-regions", 2); }

static const struct init_row rows[] = {
	{ "as it is", nothing, 0 },
	{ "magic", bad_magic, 0xa },
	{ "totalsize of gigabytes", huge_totalsize, 0xa },
	{ "totalsize above dt_size", dt_over_size, 0xa },
	{ "structure", bad_struct, 0xa },
	{ "structure misaligned", struct_misaligned, 0xa },
	{ "version 16", old_version, 0xa },
	{ "reserve map", endless_reservations, 0xa },
	{ "no config node", no_config, 2 },
	{ "qcom,vm-config", other_config, 0 },
	{ "no image-name", no_name, 0xa },
	{ "image-name too long", long_name, 0xa },
	{ "image-name longest", longest_name, 0 },
	{ "image-name no string", name_no_string, 0xa },
	{ "vm-guid", bad_guid, 6 },
	{ "memory@", memory_unit, 0xa },
	{ "memory not in the root", memory_deep, 0xa },
	{ "memory", memory_right, 0 },
	{ "base-address unaligned", base_unaligned, 6 },
	{ "base-address too high", base_too_high, 6 },
	{ "base-address cells", base_cells, 6 },
	{ "base-address one cell", base_one_cell, 0 },
	{ "is-direct", direct, 6 },
	{ "iomemory-ranges", iomemory, 6 },
	{ "gic-irq-ranges", irq_ranges, 6 },
	{ "attribute for trusted VMs", no_shutdown, 6 },
	{ "attribute for all", context_dump, 0 },
	{ "attribute unknown", attr_unknown, 0 },
	{ "attributes no string", attrs_no_string, 6 },
	{ "no cpus", no_cpus, 0xa },
	{ "cpus elsewhere", cpus_elsewhere, 0 },
	{ "cpus by relative path", cpus_relative, 0xa },
	{ "cpu of another type", cpu_other_type, 0xa },
	{ "cpu fail", cpu_fail, 0xa },
	{ "cpu fail-x", cpu_fail_x, 0xa },
	{ "cpu okay", cpu_okay, 0 },
	{ "no boot cpu", cpu_disabled, 0xa },
	{ "cpu status unknown", cpu_status, 0xa },
	{ "two cpus", two_cpus, 0 },
	{ "two cpus, hvc", two_cpus_hvc, 0 },
	{ "second cpu without method", two_no_method, 0xa },
	{ "enable-method of the parent", two_parent_method, 0 },
	{ "enable-method unknown", two_spin_table, 0xa },
	{ "8 cpus", eight_cpus, 0 },
	{ "9 cpus", nine_cpus, 2 },
	{ "9 cpus, one failed", nine_one_fails, 0 },
	{ "static", static_complete, 0 },
	{ "sticky", sticky, 0 },
	{ "no vcpus node", no_vcpus, 0xa },
	{ "no affinity", no_affinity, 0xa },
	{ "affinity unknown", affinity_unknown, 0xa },
	{ "affinity unknown, map", affinity_unknown_complete, 0 },
	{ "no affinity-map", no_map, 0xa },
	{ "affinity-map too long", map_too_long, 0xa },
	{ "no sched-timeslice", no_timeslice, 2 },
	{ "priority of the owner", priority_of_owner, 2 },
	{ "no sched-priority", no_priority, 2 },
	{ "static, psci, no idle states", static_psci_node, 2 },
	{ "static, psci, idle states", static_psci_idle, 0 },
	{ "static, idle states once", static_two_idle_once, 2 },
	{ "GIC is interrupt-parent", gic_default, 0 },
	{ "no GIC", gic_nowhere, 0xa },
	{ "GIC by phandle", gic_phandle, 0 },
	{ "GIC by wrong phandle", gic_bad_phandle, 0xa },
	{ "GICv2", gic_v2, 0xa },
	{ "no interrupt-controller", gic_no_controller, 0xa },
	{ "#interrupt-cells", gic_cells, 0xa },
	{ "GIC without reg", gic_no_reg, 0 },
	{ "GIC overlap", gic_overlap, 2 },
	{ "GICD too small", gic_small, 2 },
	{ "GICR too small", gicr_small, 2 },
	{ "GICR too small for two", gicr_small_two, 2 },
	{ "GIC unaligned", gic_unaligned, 2 },
	{ "redistributor-stride", gic_stride, 0 },
	{ "redistributor-stride odd", gic_bad_stride, 2 },
	{ "redistributor-stride 0", gic_no_stride, 2 },
	{ "#redistributor-regions", gic_regions, 2 },
	{ "redistributor-stride cells", gic_stride_cells, 2 },
	{ "redistributor-stride one cell", gic_stride_one_cell, 0 },
	{ "GIC reg cut short", gic_reg_cut, 2 },
	{ "firmware-address", fw_unaligned, 6 },
	{ "firmware-size-max", fw_size_cells, 6 },
	{ "size-max", size_max_cells, 6 },
	{ "vm-uri", uri_long, 6 },
};

/**
 * init_row() - one row of a table of devicetrees for VM_INIT
 * @row: the row
 */
void init_row(const struct init_row *row)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	const struct message *m;
	uint8_t want = row->err ? RM_STATE_INIT_FAILED : RM_STATE_READY;

	begin_case(row->name);
	if (row->edit == bad_magic || row->edit == huge_totalsize ||
	    row->edit == dt_over_size || row->edit == struct_misaligned ||
	    row->edit == old_version || row->edit == endless_reservations) {
		CHECK_EQ(fdt_pack(g.dt), 0);
		row->edit(g.dt);
	} else {
		row->edit(g.dt);
		if (row->edit != bad_struct)
			CHECK_EQ(fdt_pack(g.dt), 0);
		else
			((uint32_t *)g.dt)[1] = cpu_to_fdt32(DT_SIZE);
	}
	CHECK_EQ(guest_load(f, &g), 0);
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, DT_OFFSET, DT_SIZE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), row->err);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0);
	CHECK(m == &f->msg[0] && m->data[4] == want);
	CHECK(msg_index(f, RM_TYPE_REPLY, RM_VM_INIT_ID, 0) == 1);
	CHECK_EQ(vm_state(f, g.vmid), want);
	/* A VM that failed can be reset as well as one that did not */
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	CHECK_EQ(f->objects, 0);
	CHECK(!f->vm[128].exists);
	fake_free(f);
	end_case();
}

/**
 * struct place_row - a place for the devicetree
 * @name: name of the case
 * @offset: dt_offset
 * @size: dt_size
 * @err: of VM_INIT
 */
struct place_row {
	const char *name;
	uint64_t offset, size;
	uint32_t err;
};

static const struct place_row places[] = {
	{ "dt_size 1082", DT_OFFSET, 1082, 0xa },
	{ "dt_size of a page", DT_OFFSET, 0x1000, 0 },
	{ "dt_size too small", DT_OFFSET, 0, 0xa },
	{ "dt_offset unaligned", DT_OFFSET + 8, DT_SIZE, 0xa },
	{ "dt elsewhere", 0, DT_SIZE, 0xa },
};

static void place_row(const struct place_row *row)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };

	begin_case(row->name);
	fdt_pack(g.dt);
	fake_write(f, IMAGE_IPA + DT_OFFSET + 8, g.dt, fdt_totalsize(g.dt));
	if (row->offset == DT_OFFSET) {
		CHECK_EQ(guest_load(f, &g), 0);
	} else {
		CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
		CHECK_EQ(lend(f, g.vmid, 0, IMAGE_IPA, IMAGE_SIZE, &g.image), 0);
		free(g.dt);
	}
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, row->offset, row->size), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), row->err);
	fake_free(f);
	end_case();
}

/* The platform refuses something */
static void platform_refuses(void)
{
	static const char *const refused[] = {
		"vmmio_add", "gic_create", "vcpu_create", "object_create",
	};
	unsigned int i;

	for (i = 0; i < COUNT(refused); i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .dt = dt_base() };

		dt_add_bell(g.dt, "bell", 1, 5, 1);
		f->fail_op = refused[i];
		f->fail_error = RM_HYP_NORESOURCES;
		CHECK_EQ(guest_init(f, &g), RM_ERR_NORESOURCE);
		f->fail_op = NULL;
		guest_remove(f, &g);
		CHECK_EQ(f->heap, 0);
		fake_free(f);
	}
}

/* Without image there is nothing to look at */
static void image_reclaimed(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), RM_ERR_MEM);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Every allocation fails once, on the whole way; nothing is lost by it */
static void no_memory(void)
{
	bool passed = false;
	unsigned int n;

	for (n = 1; n < 200 && !passed; n++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .dt = dt_base() };
		uint32_t err;

		dt_add_rpc(g.dt, false);
		dt_add_bell(g.dt, "bell", 1, 5, 1);
		dt_add_shm(g.dt, "shm", 7, 0);
		fdt_setprop_empty(g.dt, at(g.dt, CONFIG "/vdevices/shm/memory"),
				  "optional");
		f->fail_alloc = n;
		err = guest_start(f, &g);
		CHECK(err != NO_REPLY);
		passed = f->fail_alloc;
		f->fail_alloc = 0;
		free(g.dt);
		if (f->vm[128].exists) {
			if (vm_state(f, g.vmid) == RM_STATE_INIT)
				call_vm(f, RM_VM_INIT_ID, g.vmid);
			guest_remove(f, &g);
			CHECK_EQ(f->heap, 0);
			CHECK_EQ(f->taken, 0);
			CHECK_EQ(f->objects, 0);
		}
		fake_free(f);
	}
	CHECK(passed && n > 20);
}

/** test_init() - devicetrees for VM_INIT */
void test_init(void)
{
	TABLE(rows, init_row);
	TABLE(places, place_row);
	RUN(platform_refuses);
	RUN(image_reclaimed);
	RUN(no_memory);
}
