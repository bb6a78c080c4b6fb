// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's devicetree: read what the machine has, and change it to what a
 * host of Gunyah sees
 */
#include <libfdt.h>
#include <string.h>

#include "gunyah_testctl.h"
#include "hyp.h"

#define DT_SIZE			0x200000	/* the largest that Linux takes */
#define DT_GROWTH		0x1000
#define MPIDR_AFFINITY		0xff00ffffffUL

/* The three cells of an interrupt */
#define IRQ_SPI			0
#define IRQ_EDGE_RISING		1

static void check(int err, const char *what)
{
	if (err < 0)
		panic("devicetree: %s: %s", what, fdt_strerror(err));
}

static u64 cells(const fdt32_t *p, int n)
{
	u64 val = 0;

	while (n--)
		val = val << 32 | fdt32_to_cpu(*p++);
	return val;
}

static void parse_memory(const void *fdt)
{
	int node = fdt_node_offset_by_prop_value(fdt, -1, "device_type",
						 "memory", sizeof("memory"));
	const fdt32_t *reg;
	int len;

	reg = node < 0 ? NULL : fdt_getprop(fdt, node, "reg", &len);
	if (!reg || len != 4 * sizeof(*reg))
		panic("devicetree: one range of memory expected");
	hyp.ram_base = cells(reg, 2);
	hyp.ram_end = hyp.ram_base + cells(reg + 2, 2);
	if (hyp.ram_base > HYP_BASE || hyp.ram_end < HOST_IMAGE)
		panic("memory is not where QEMU's virt machine has it");
}

static void parse_cpus(const void *fdt)
{
	int cpus = fdt_path_offset(fdt, "/cpus"), node, len;
	const char *type;
	const fdt32_t *reg;

	fdt_for_each_subnode(node, fdt, cpus) {
		struct cpu *cpu = &hyp.cpus[hyp.num_cpus];

		type = fdt_getprop(fdt, node, "device_type", NULL);
		reg = fdt_getprop(fdt, node, "reg", &len);
		if (!type || strcmp(type, "cpu") || !reg)
			continue;
		if (hyp.num_cpus == HYP_MAX_CPUS)
			panic("more than %u CPUs", HYP_MAX_CPUS);
		cpu->index = hyp.num_cpus;
		cpu->mpidr = cells(reg, len / sizeof(*reg)) & MPIDR_AFFINITY;
		/* QEMU has them in the same order */
		cpu->gicr = GICR_BASE + hyp.num_cpus * GICR_STRIDE;
		hyp.num_cpus++;
	}
	if (!hyp.num_cpus ||
	    hyp.cpus[0].mpidr != (read_sysreg(mpidr_el1) & MPIDR_AFFINITY))
		panic("devicetree: the first CPU is not the boot CPU");
}

static void parse_bootargs(const void *fdt)
{
	int node = fdt_path_offset(fdt, "/chosen"), len;
	const char *prop = fdt_getprop(fdt, node, "bootargs", &len);

	if (!prop)
		return;
	if (len < 1 || prop[len - 1])
		panic("devicetree: bootargs is no string");
	options_parse(prop);
}

/**
 * fdt_host_parse() - find out about the machine
 * @fdt: devicetree from QEMU
 */
void fdt_host_parse(void *fdt)
{
	check(fdt_check_header(fdt), "header");
	hyp.semihost = true;
	hyp.max_entries = RM_MAX_ENTRIES;
	hyp.max_vdevices = RM_MAX_VDEVICES;
	parse_bootargs(fdt);
	hyp.random_state = hyp.seed;
	parse_memory(fdt);
	parse_cpus(fdt);
}

static int add_node(void *fdt, int parent, const char *name)
{
	int node = fdt_add_subnode(fdt, parent, name);

	check(node, name);
	return node;
}

static void set_u32(void *fdt, int node, const char *name, u32 val)
{
	check(fdt_setprop_u32(fdt, node, name, val), name);
}

static void set_bytes(void *fdt, int node, const char *name, const void *val,
		      int len)
{
	check(fdt_setprop(fdt, node, name, val, len), name);
}

/* List of strings: a literal with embedded zeroes */
#define set_strings(fdt, node, name, val) \
	set_bytes(fdt, node, name, val, sizeof(val))

static void set_u64s(void *fdt, int node, const char *name, u64 a, u64 b)
{
	fdt64_t val[] = { cpu_to_fdt64(a), cpu_to_fdt64(b) };

	set_bytes(fdt, node, name, val, sizeof(val));
}

/*
 * The virtual timer belongs to guests: their interrupt is taken at EL2. The
 * host at EL1 finds no "virt" interrupt and takes the physical timer.
 */
static void patch_timer(void *fdt)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "arm,armv8-timer");
	const fdt32_t *irqs;
	fdt32_t kept[9];
	int len;

	check(node, "timer");
	irqs = fdt_getprop(fdt, node, "interrupts", &len);
	if (!irqs || len != 12 * sizeof(*irqs))
		panic("devicetree: four timer interrupts expected");
	memcpy(kept, irqs, 6 * sizeof(*irqs));
	memcpy(kept + 6, irqs + 9, 3 * sizeof(*irqs));
	set_bytes(fdt, node, "interrupts", kept, sizeof(kept));
	set_strings(fdt, node, "interrupt-names", "sec-phys\0phys\0hyp-phys");
}

static void patch_psci(void *fdt)
{
	int node = fdt_path_offset(fdt, "/psci");

	check(node, "psci");
	set_strings(fdt, node, "method", "hvc");
}

static void add_reserved(void *fdt)
{
	int node = add_node(fdt, 0, "reserved-memory");

	set_u32(fdt, node, "#address-cells", 2);
	set_u32(fdt, node, "#size-cells", 2);
	set_bytes(fdt, node, "ranges", NULL, 0);
	node = add_node(fdt, node, "hypervisor@40200000");
	set_u64s(fdt, node, "reg", HYP_BASE, HYP_SIZE);
	set_bytes(fdt, node, "no-map", NULL, 0);
}

static void add_testctl(void *fdt)
{
	int node = add_node(fdt, 0, "gunyah-testctl");

	set_strings(fdt, node, "compatible", "gunyah,test-control");
	set_u64s(fdt, node, "reg", GH_TESTCTL_BASE, GH_TESTCTL_SIZE);
}

/* Where Linux looks for the secure firmware */
static void add_scm(void *fdt)
{
	int node = add_node(fdt, add_node(fdt, 0, "firmware"), "scm");

	set_strings(fdt, node, "compatible", "qcom,scm-sm8550\0qcom,scm");
}

static void add_queues(void *fdt, int node)
{
	struct rm_endpoint tx = rm_glue_host_tx(), rx = rm_glue_host_rx();
	fdt32_t irqs[6] = {
		cpu_to_fdt32(IRQ_SPI), cpu_to_fdt32(tx.virq - 32),
		cpu_to_fdt32(IRQ_EDGE_RISING),
		cpu_to_fdt32(IRQ_SPI), cpu_to_fdt32(rx.virq - 32),
		cpu_to_fdt32(IRQ_EDGE_RISING),
	};

	set_u64s(fdt, node, "reg", tx.cap, rx.cap);
	set_bytes(fdt, node, "interrupts", irqs, sizeof(irqs));
}

/* The plain form of the binding */
static void add_binding_form(void *fdt, int parent)
{
	int node = add_node(fdt, parent, "gunyah-resource-mgr@0");

	set_strings(fdt, node, "compatible", "gunyah-resource-manager");
	add_queues(fdt, node);
}

/* What the published resource manager puts there */
static void add_published_form(void *fdt, int parent)
{
	struct rm_endpoint tx = rm_glue_host_tx();
	char name[] = "qcom,resource-manager-rpc@................";
	char *p = name + sizeof(name) - 1;
	u64 cap = tx.cap;
	int node;

	for (; *--p == '.'; cap >>= 4)
		*p = "0123456789abcdef"[cap & 0xf];

	node = add_node(fdt, parent, "qcom,gunyah-vm");
	set_strings(fdt, node, "compatible",
		    "qcom,gunyah-vm-id-1.0\0qcom,gunyah-vm-id");
	set_u32(fdt, node, "qcom,vmid", HOST_VMID);
	set_strings(fdt, node, "qcom,vendor", "Qualcomm");

	node = add_node(fdt, parent, name);
	set_strings(fdt, node, "compatible", "gunyah-resource-manager\0"
		    "qcom,resource-manager-1-0\0qcom,resource-manager");
	add_queues(fdt, node);
	set_u32(fdt, node, "qcom,free-irq-start", tx.virq);
	set_bytes(fdt, node, "qcom,is-full-duplex", NULL, 0);
	set_u32(fdt, node, "qcom,tx-message-size", RM_MSG_SIZE);
	set_u32(fdt, node, "qcom,rx-message-size", RM_MSG_SIZE);
	set_u32(fdt, node, "qcom,tx-queue-depth", RM_QUEUE_DEPTH);
	set_u32(fdt, node, "qcom,rx-queue-depth", RM_QUEUE_DEPTH);
}

static void add_hypervisor(void *fdt)
{
	static const char published[] = "qcom,gunyah-hypervisor-1.0\0"
					"qcom,gunyah-hypervisor\0simple-bus";
	static const char binding[] = "gunyah-hypervisor\0simple-bus";
	int node = add_node(fdt, 0, "hypervisor");
	bool plain = hyp.dt == DT_BINDING;
	int len = plain ? sizeof(binding) : sizeof(published);

	/* It is the last string of both */
	if (hyp.no_bus)
		len -= sizeof("simple-bus");
	set_bytes(fdt, node, "compatible", plain ? binding : published, len);
	set_u32(fdt, node, "#address-cells", 2);
	set_u32(fdt, node, "#size-cells", 0);
	if (plain)
		add_binding_form(fdt, node);
	else
		add_published_form(fdt, node);
}

/**
 * fdt_host_patch() - change the devicetree in place
 * @fdt: devicetree; nothing is behind it in memory
 *
 * The host's queues must exist.
 */
void fdt_host_patch(void *fdt)
{
	u32 size = fdt_totalsize(fdt) + DT_GROWTH;
	int node;

	if (size > DT_SIZE || !mem_is_ram((u64)fdt, size))
		panic("devicetree: no room at %p", fdt);
	check(fdt_open_into(fdt, fdt, size), "open");
	node = fdt_path_offset(fdt, "/pmu");
	if (node >= 0)
		check(fdt_del_node(fdt, node), "pmu");
	patch_timer(fdt);
	add_reserved(fdt);
	add_testctl(fdt);
	if (hyp.qcom)
		add_scm(fdt);
	if (hyp.dt != DT_NONE)
		add_hypervisor(fdt);
	if (hyp.psci_hvc)
		patch_psci(fdt);
	check(fdt_pack(fdt), "pack");
}
