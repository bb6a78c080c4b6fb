// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devicetrees for the VMs of the Gunyah tests
 */
#include <stdio.h>
#include <string.h>

#include <libfdt.h>

#include "gunyah_utils.h"

#define GIC_PHANDLE	1
#define BLOCK		0x200000ULL
#define GICD_SIZE	0x10000
#define GICR_SIZE	0x20000

/* A tree being written; the first error stops all that follows */
struct tree {
	void *fdt;
	int err;
};

static int node(struct tree *t, int parent, const char *name)
{
	int offset;

	if (t->err)
		return 0;
	offset = fdt_add_subnode(t->fdt, parent, name);
	if (offset < 0) {
		t->err = offset;
		return 0;
	}
	return offset;
}

static void bytes(struct tree *t, int node, const char *name, const void *data,
		  int len)
{
	if (!t->err)
		t->err = fdt_setprop(t->fdt, node, name, data, len);
}

static void flag(struct tree *t, int node, const char *name)
{
	bytes(t, node, name, NULL, 0);
}

static void string(struct tree *t, int node, const char *name, const char *val)
{
	bytes(t, node, name, val, strlen(val) + 1);
}

static void cells(struct tree *t, int node, const char *name, const __u32 *val,
		  int n)
{
	fdt32_t be[4 * GUEST_MAX_CPUS];
	int i;

	for (i = 0; i < n; i++)
		be[i] = cpu_to_fdt32(val[i]);
	bytes(t, node, name, be, n * sizeof(be[0]));
}

static void cell(struct tree *t, int node, const char *name, __u32 val)
{
	cells(t, node, name, &val, 1);
}

static void u64(struct tree *t, int node, const char *name, __u64 val)
{
	__u32 v[2] = { val >> 32, val };

	cells(t, node, name, v, 2);
}

static void reg(struct tree *t, int node, const char *name, __u64 address,
		__u64 size)
{
	__u32 v[4] = { address >> 32, address, size >> 32, size };

	cells(t, node, name, v, 4);
}

/*
 * fdt_add_subnode() puts a node before its siblings, so that the offset of a
 * node is only valid until the next one is added. So each function writes the
 * properties of a node before it adds children, and adds children in reverse
 * where the order counts.
 */
static void cpus(struct tree *t, const struct dtb_config *cfg)
{
	unsigned int i, n = cfg->cpus;
	char name[16];
	int parent, cpu;

	parent = node(t, 0, "cpus");
	cell(t, parent, "#address-cells", 1);
	cell(t, parent, "#size-cells", 0);
	for (i = n; i-- > 0; ) {
		snprintf(name, sizeof(name), "cpu@%x", i);
		cpu = node(t, parent, name);
		string(t, cpu, "device_type", "cpu");
		string(t, cpu, "compatible", "arm,armv8");
		cell(t, cpu, "reg", i);
		string(t, cpu, "enable-method", "psci");
		/* Required for VMs that the hypervisor schedules */
		flag(t, cpu, "cpu-idle-states");
	}
}

static void gic(struct tree *t, const struct dtb_config *cfg)
{
	__u32 v[8] = {
		0, GUEST_GICD, 0, GICD_SIZE,
		0, GUEST_GICR, 0, GICR_SIZE * cfg->cpus,
	};
	int gic = node(t, 0, "intc@8000000");

	string(t, gic, "compatible", "arm,gic-v3");
	cell(t, gic, "#interrupt-cells", 3);
	flag(t, gic, "interrupt-controller");
	cells(t, gic, "reg", v, 8);
	cell(t, gic, "phandle", GIC_PHANDLE);
}

static void timer(struct tree *t)
{
	__u32 v[12] = { 1, 13, 8, 1, 14, 8, 1, 11, 8, 1, 10, 8 };
	int timer = node(t, 0, "timer");

	string(t, timer, "compatible", "arm,armv8-timer");
	cells(t, timer, "interrupts", v, 12);
}

static void vm_config_vcpus(struct tree *t, int parent,
			    const struct dtb_config *cfg)
{
	int vcpus = node(t, parent, "vcpus");
	__u32 map[GUEST_MAX_CPUS + 1];
	unsigned int i;

	if (!cfg->scheduled) {
		string(t, vcpus, "affinity", "proxy");
		return;
	}
	for (i = 0; i < cfg->cpus; i++)
		map[i] = i % cfg->host_cpus;
	string(t, vcpus, "affinity", "static");
	cells(t, vcpus, "affinity-map", map, cfg->cpus);
	cell(t, vcpus, "sched-priority", (__u32)-1);
	if (cfg->defect != DTB_NO_TIMESLICE)
		cell(t, vcpus, "sched-timeslice", 5000);
}

static void vm_config_shm(struct tree *t, int parent, __u32 label, __u64 base)
{
	char name[32];
	int shm, mem;

	snprintf(name, sizeof(name), "shm-%x", label);
	shm = node(t, parent, name);
	string(t, shm, "vdevice-type", "shm");
	snprintf(name, sizeof(name), "/hypervisor/shm-%x", label);
	string(t, shm, "generate", name);
	flag(t, shm, "peer-default");
	u64(t, shm, "dma_base", 0);
	mem = node(t, shm, "memory");
	cell(t, mem, "#address-cells", 2);
	cell(t, mem, "label", label);
	u64(t, mem, "base", base);
}

static void vm_config_bell(struct tree *t, int parent,
			   const struct dtb_config *cfg,
			   const struct dtb_bell *bell)
{
	const char *root = cfg->defect == DTB_RELATIVE_GENERATE ? "" : "/";
	__u32 irq[3] = { 0, bell->irq - 32, bell->level ? 4 : 1 };
	char name[32];
	int vdev;

	snprintf(name, sizeof(name), "bell-%x", bell->label);
	vdev = node(t, parent, name);
	string(t, vdev, "vdevice-type", "doorbell");
	snprintf(name, sizeof(name), "%shypervisor/bell-%x", root,
		 bell->label);
	string(t, vdev, "generate", name);
	cell(t, vdev, "label", bell->label);
	flag(t, vdev, "peer-default");
	if (!bell->no_clear)
		flag(t, vdev, "source-can-clear");
	cells(t, vdev, "interrupts", irq, 3);
}

static void vm_config_rm_rpc(struct tree *t, int parent)
{
	int vdev = node(t, parent, "rm-rpc");

	string(t, vdev, "vdevice-type", "rm-rpc");
	string(t, vdev, "generate", "/hypervisor/rm-rpc");
	cell(t, vdev, "message-size", 240);
	cell(t, vdev, "queue-depth", 8);
}

static void vm_config_rtc(struct tree *t, int parent)
{
	int vdev = node(t, parent, "rtc");

	string(t, vdev, "vdevice-type", "vrtc-pl031");
	string(t, vdev, "generate", "/hypervisor/rtc");
}

/* Only the properties that matter: there is not much room */
static void vm_config_many(struct tree *t, int parent)
{
	char name[32];
	int i, vdev;

	for (i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "d%x", i);
		vdev = node(t, parent, name);
		string(t, vdev, "vdevice-type", "doorbell");
		snprintf(name, sizeof(name), "/hypervisor/d%x", i);
		string(t, vdev, "generate", name);
		cell(t, vdev, "label", i);
	}
}

/* More levels than the stack of the published resource manager takes */
static void deep(struct tree *t)
{
	int i, parent = 0;

	for (i = 0; i < 200; i++)
		parent = node(t, parent, "deep");
}

static void vm_config(struct tree *t, const struct dtb_config *cfg)
{
	bool many = cfg->defect == DTB_MANY_VDEVICES;
	int config, child;
	unsigned int i;

	config = node(t, 0, "gunyah-vm-config");
	if (cfg->defect != DTB_NO_IMAGE_NAME)
		string(t, config, "image-name", "gunyah-selftest");
	string(t, config, "os-type", "linux");

	if (cfg->shms || cfg->num_bells || cfg->rm_rpc || cfg->rtc ||
	    many) {
		child = node(t, config, "vdevices");
		string(t, child, "generate", "/hypervisor");
		if (many)
			vm_config_many(t, child);
		for (i = 0; i < cfg->shms; i++)
			vm_config_shm(t, child, cfg->shm[i].label,
				      cfg->shm[i].base);
		for (i = 0; i < cfg->num_bells; i++)
			vm_config_bell(t, child, cfg, &cfg->bells[i]);
		if (cfg->rm_rpc)
			vm_config_rm_rpc(t, child);
		if (cfg->rtc)
			vm_config_rtc(t, child);
	}
	child = node(t, config, "interrupts");
	string(t, child, "config", "/intc@8000000");
	vm_config_vcpus(t, config, cfg);
	child = node(t, config, "memory");
	cell(t, child, "#address-cells", 2);
	cell(t, child, "#size-cells", 2);
	u64(t, child, "base-address", cfg->defect == DTB_MMIO_BASE ?
	    0x20000000 : cfg->base);
	if (cfg->firmware)
		u64(t, child, "firmware-address", cfg->firmware);
	/* Otherwise the whole address space from base-address on is reserved */
	u64(t, child, "size-max", (cfg->size + BLOCK - 1) & ~(BLOCK - 1));
}

/**
 * dtb_build() - write a VM's devicetree
 * @buf: where to
 * @size: room there
 * @cfg: what the VM has
 *
 * Return: size of the tree, or 0 if it does not fit.
 */
size_t dtb_build(void *buf, size_t size, const struct dtb_config *cfg)
{
	struct tree t = { .fdt = buf };
	int child;

	t.err = fdt_create_empty_tree(buf, size);
	cell(&t, 0, "#address-cells", 2);
	cell(&t, 0, "#size-cells", 2);
	cell(&t, 0, "interrupt-parent", GIC_PHANDLE);
	string(&t, 0, "compatible", "linux,dummy-virt");
	string(&t, 0, "model", "gunyah-selftest");

	if (cfg->defect != DTB_NO_VM_CONFIG)
		vm_config(&t, cfg);
	if (cfg->defect == DTB_HYPERVISOR_NODE)
		node(&t, 0, "hypervisor");
	if (cfg->defect == DTB_DEEP)
		deep(&t);
	timer(&t);
	gic(&t, cfg);
	child = node(&t, 0, "psci");
	string(&t, child, "compatible", "arm,psci-1.0");
	string(&t, child, "method", "hvc");
	cpus(&t, cfg);
	child = node(&t, 0, cfg->defect == DTB_MEMORY_UNIT ?
		     "memory@80000000" : "memory");
	string(&t, child, "device_type", "memory");
	reg(&t, child, "reg", cfg->base, cfg->size);
	node(&t, 0, "chosen");

	if (!t.err)
		t.err = fdt_pack(buf);
	if (t.err) {
		fprintf(stderr, "# devicetree: %s\n", fdt_strerror(t.err));
		return 0;
	}
	/* The resource manager requires a multiple of 8 */
	fdt_set_totalsize(buf, (fdt_totalsize(buf) + 7) & ~7U);
	if (cfg->defect == DTB_BAD_MAGIC)
		fdt_set_magic(buf, 0);
	return fdt_totalsize(buf);
}

/**
 * dtb_bell_cap() - find a doorbell in the devicetree that a guest got
 * @fdt: the devicetree
 * @label: the doorbell's label
 * @cap: the guest's capability for it; every value is valid, 0 as well
 *
 * Return: whether the guest has that doorbell.
 */
bool dtb_bell_cap(const void *fdt, __u32 label, __u64 *cap)
{
	static const char compatible[] = "qcom,gunyah-doorbell";
	const fdt32_t *prop;
	const fdt64_t *reg;
	int node, len;

	if (fdt_check_header(fdt))
		return false;
	for (node = fdt_node_offset_by_compatible(fdt, -1, compatible);
	     node >= 0;
	     node = fdt_node_offset_by_compatible(fdt, node, compatible)) {
		prop = fdt_getprop(fdt, node, "label", &len);
		if (!prop || len != 4 || fdt32_ld(prop) != label)
			continue;
		reg = fdt_getprop(fdt, node, "reg", &len);
		if (!reg || len != sizeof(*reg))
			return false;
		*cap = fdt64_ld(reg);
		return true;
	}
	return false;
}

/**
 * dtb_rtc_address() - find the real-time clock in the devicetree that a guest got
 * @fdt: the devicetree
 * @address: address of its registers
 *
 * Return: whether the guest has one.
 */
bool dtb_rtc_address(const void *fdt, __u64 *address)
{
	const fdt64_t *reg;
	int node, len;

	if (fdt_check_header(fdt))
		return false;
	node = fdt_node_offset_by_compatible(fdt, -1, "arm,pl031");
	reg = node < 0 ? NULL : fdt_getprop(fdt, node, "reg", &len);
	if (!reg || len != 2 * sizeof(*reg))
		return false;
	*address = fdt64_ld(reg);
	return true;
}
