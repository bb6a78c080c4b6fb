// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's devicetree
 *
 * It has two readers. The resource manager builds the VM from it, mostly from the
 * node /gunyah-vm-config, and adds nodes for what it has created. The VM's kernel
 * then reads the result like any devicetree.
 */
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "devicetree.h"
#include "shlog.h"

/* COMMAND_LINE_SIZE of arm64, without the 0 at its end */
#define MAX_CMDLINE	2047

/* Larger ones are mistakes */
#define MAX_POOL_SIZE	0x40000000ULL

/**
 * dt_check() - fail if a function of libfdt has failed
 * @ret: its result
 * @what: describes the operation
 *
 * Return: @ret, which is not an error.
 */
int dt_check(int ret, const char *what)
{
	if (ret < 0)
		die("devicetree: %s: %s", what, fdt_strerror(ret));

	return ret;
}

/**
 * dt_alloc() - memory for a devicetree
 *
 * Return: DT_MAX_SIZE bytes, zeroed.
 */
void *dt_alloc(void)
{
	void *dt = calloc(1, DT_MAX_SIZE);

	if (!dt)
		die("devicetree: %s", strerror(errno));

	return dt;
}

/*
 * A devicetree of the user: it describes the VM, and the VMM only looks up what
 * it has to know
 */

/* The node for the resource manager has one of two names */
static int find_vm_config(const void *dt)
{
	int node = fdt_path_offset(dt, "/gunyah-vm-config");

	if (node < 0)
		node = fdt_path_offset(dt, "/qcom,vm-config");
	if (node < 0)
		die("devicetree: node /gunyah-vm-config is missing");

	return node;
}

/* Read an address with #address-cells of the same node; false if it is missing */
static bool get_address(const void *dt, int node, const char *name, __u64 *addr)
{
	int cells = fdt_address_cells(dt, node);
	const fdt32_t *value;
	int len;

	value = fdt_getprop(dt, node, name, &len);
	if (!value)
		return false;
	if (cells < 1 || cells > 2 || len != cells * (int)sizeof(*value))
		die("devicetree: %s: not an address of #address-cells of its node",
		    name);

	*addr = fdt32_ld(value);
	if (cells == 2)
		*addr = *addr << 32 | fdt32_ld(value + 1);

	return true;
}

static bool has_string(const void *dt, int node, const char *name,
		       const char *string)
{
	const char *value;
	int len;

	value = fdt_getprop(dt, node, name, &len);

	return value && len == (int)strlen(string) + 1 &&
	       !memcmp(value, string, len);
}

/* CPUs that the resource manager makes vCPUs for, with index 0, 1, ... */
static unsigned int count_cpus(const void *dt)
{
	int cpus = fdt_path_offset(dt, "/cpus");
	unsigned int count = 0;
	const char *status;
	int node;

	dt_check(cpus, "/cpus");
	fdt_for_each_subnode(node, dt, cpus) {
		if (!has_string(dt, node, "device_type", "cpu"))
			continue;
		status = fdt_getprop(dt, node, "status", NULL);
		if (!status || strncmp(status, "fail", 4))
			count++;
	}
	if (!count || count > MAX_VCPUS)
		die("devicetree: %u CPUs, but it must be from 1 to %d", count,
		    MAX_VCPUS);

	return count;
}

/* Shared memory: a virtual device of type shm; 0 if there is none */
static __u64 find_shared(const void *dt, __u32 wanted)
{
	const fdt32_t *label;
	__u64 addr;
	int node, mem, len;

	for (node = fdt_node_offset_by_prop_value(dt, -1, "vdevice-type", "shm",
						  sizeof("shm"));
	     node >= 0;
	     node = fdt_node_offset_by_prop_value(dt, node, "vdevice-type",
						  "shm", sizeof("shm"))) {
		mem = fdt_subnode_offset(dt, node, "memory");
		if (mem < 0)
			continue;
		label = fdt_getprop(dt, mem, "label", &len);
		if (label && len == sizeof(*label) &&
		    fdt32_ld(label) == wanted &&
		    get_address(dt, mem, "base", &addr))
			return addr;
	}

	return 0;
}

/* Size of the reserved memory at an address, which is in two pairs of cells */
static __u64 reserved_size(const void *dt, __u64 addr)
{
	int node, len, parent = fdt_path_offset(dt, "/reserved-memory");
	const fdt64_t *reg;

	dt_check(parent, "/reserved-memory");
	fdt_for_each_subnode(node, dt, parent) {
		reg = fdt_getprop(dt, node, "reg", &len);
		if (reg && len == 2 * sizeof(*reg) && fdt64_ld(reg) == addr)
			return fdt64_ld(reg + 1);
	}
	die("devicetree: no node in /reserved-memory for the DMA pool at %#llx",
	    (unsigned long long)addr);
}

/* Log and DMA pool must not be in the VM's own memory */
static void find_all_shared(const void *dt, struct layout *layout)
{
	const __u64 end = layout->base + layout->size;

	layout->log = find_shared(dt, SHLOG_LABEL);
	if (layout->log + SHLOG_SIZE > layout->base && layout->log < end)
		die("devicetree: the log at %#llx is in the VM's memory; smaller --memory?",
		    (unsigned long long)layout->log);

	layout->pool = find_shared(dt, POOL_LABEL);
	if (!layout->pool)
		return;
	layout->pool_size = reserved_size(dt, layout->pool);
	if (!layout->pool_size ||
	    layout->pool_size % sysconf(_SC_PAGESIZE) ||
	    layout->pool_size > MAX_POOL_SIZE)
		die("devicetree: size of the DMA pool is %#llx",
		    (unsigned long long)layout->pool_size);
	if (layout->pool + layout->pool_size > layout->base &&
	    layout->pool < end)
		die("devicetree: the DMA pool at %#llx is in the VM's memory; smaller --memory?",
		    (unsigned long long)layout->pool);
}

/* The resource manager refuses memory nodes that are not called /memory */
static void check_memory_nodes(const void *dt)
{
	const char *name;
	int node;

	fdt_for_each_subnode(node, dt, 0) {
		name = fdt_get_name(dt, node, NULL);
		if (name && has_string(dt, node, "device_type", "memory") &&
		    strcmp(name, "memory"))
			die("devicetree: the memory node must be called /memory, not /%s",
			    name);
	}
}

/**
 * dt_read() - read the devicetree that the user gives
 * @path: its file
 * @layout: gets what the devicetree says about memory, vCPUs, log and pool
 *
 * Return: the devicetree, to be completed by dt_finish().
 */
void *dt_read(const char *path, struct layout *layout)
{
	void *dt = dt_alloc();
	int config, node;
	size_t size;

	size = load_file(path, dt, DT_MAX_SIZE);
	if (fdt_check_full(dt, size))
		die("%s: not a devicetree", path);
	dt_check(fdt_open_into(dt, dt, DT_MAX_SIZE), path);

	config = find_vm_config(dt);
	if (!fdt_getprop(dt, config, "image-name", NULL))
		die("devicetree: /gunyah-vm-config has no image-name");

	node = dt_check(fdt_subnode_offset(dt, config, "memory"),
			"/gunyah-vm-config/memory");
	if (!get_address(dt, node, "base-address", &layout->base))
		die("devicetree: /gunyah-vm-config/memory has no base-address");
	if (layout->base % SZ_2M || layout->base < MMIO_END || layout->base >> 52)
		die("devicetree: base-address %#llx is not a multiple of 2 MiB from 1 GiB on",
		    (unsigned long long)layout->base);

	/* With "static", the default, and others the hypervisor schedules */
	node = fdt_subnode_offset(dt, config, "vcpus");
	layout->sched = SCHED_HYPERVISOR;
	if (node >= 0 && has_string(dt, node, "affinity", "proxy"))
		layout->sched = SCHED_PROXY;
	layout->cpus = count_cpus(dt);

	find_all_shared(dt, layout);
	check_memory_nodes(dt);

	return dt;
}

/*
 * Completing a devicetree
 */

/* Find or create a child of the root */
static int get_node(void *dt, const char *name)
{
	int node = fdt_subnode_offset(dt, 0, name);

	if (node == -FDT_ERR_NOTFOUND)
		node = fdt_add_subnode(dt, 0, name);

	return dt_check(node, name);
}

/* The resource manager replaces the content, but requires the node */
static void set_memory(void *dt, const struct layout *layout)
{
	int address_cells = dt_check(fdt_address_cells(dt, 0), "#address-cells");
	int size_cells = dt_check(fdt_size_cells(dt, 0), "#size-cells");
	int node = get_node(dt, "memory");

	if ((address_cells == 1 && (layout->base + layout->size - 1) >> 32) ||
	    (size_cells == 1 && layout->size >> 32))
		die("devicetree: too few #address-cells or #size-cells for the memory");

	dt_check(fdt_setprop_string(dt, node, "device_type", "memory"), "/memory");
	fdt_delprop(dt, node, "reg");
	dt_check(fdt_appendprop_addrrange(dt, 0, node, "reg", layout->base,
					  layout->size), "/memory");
}

static void set_chosen(void *dt, const struct layout *layout,
		       const char *cmdline)
{
	int node = get_node(dt, "chosen");
	char by_default[256];
	char *full = NULL;

	fdt_delprop(dt, node, "linux,initrd-start");
	fdt_delprop(dt, node, "linux,initrd-end");
	if (layout->ramdisk_size) {
		dt_check(fdt_setprop_u64(dt, node, "linux,initrd-start",
					 layout->ramdisk), "initrd");
		dt_check(fdt_setprop_u64(dt, node, "linux,initrd-end",
					 layout->ramdisk + layout->ramdisk_size),
		      "initrd");
	}

	if (!cmdline)
		cmdline = fdt_getprop(dt, node, "bootargs", NULL);
	if (!cmdline) {
		devices_cmdline(by_default, sizeof(by_default), layout);
		cmdline = by_default;
	}
	/* A devicetree of --dump-dtb has it already */
	if (layout->log && !strstr(cmdline, "shlog=") &&
	    asprintf(&full, "%s%sshlog=%#llx", cmdline, *cmdline ? " " : "",
		     (unsigned long long)layout->log) < 0)
		die("devicetree: %s", strerror(ENOMEM));
	/* cmdline may point into the devicetree, which is about to change */
	if (!full)
		full = strdup(cmdline);
	if (!full)
		die("devicetree: %s", strerror(errno));
	if (strlen(full) > MAX_CMDLINE)
		die("kernel command line: %zu bytes, of which Linux takes %d",
		    strlen(full), MAX_CMDLINE);
	dt_check(fdt_setprop_string(dt, node, "bootargs", full), "bootargs");
	free(full);
}

/*
 * The resource manager adds a node for each virtual device and each memory
 * region, and may need room for two copies of the result, one behind the other.
 * See Documentation/virt/gunyah/devicetree.rst for this rule.
 */
static __u64 room_for(const void *dt, const struct layout *layout)
{
	unsigned int nodes = 1 + !!layout->log + !!layout->pool;
	int node;

	for (node = 0; node >= 0; node = fdt_next_node(dt, node, NULL))
		if (fdt_getprop(dt, node, "vdevice-type", NULL))
			nodes++;

	return align_up(2 * (fdt_totalsize(dt) + SZ_4K + 512ULL * nodes), SZ_4K);
}

/**
 * dt_finish() - complete a devicetree and put it into the VM's memory
 * @dt: from dt_make() or dt_read()
 * @cfg: the options
 * @layout: describes the VM; gets the size of the room for the devicetree
 * @mem: the VM's memory
 */
void dt_finish(void *dt, const struct config *cfg, struct layout *layout,
	       __u8 *mem)
{
	__u32 size;

	dt_check(fdt_open_into(dt, dt, DT_MAX_SIZE), "open");
	set_memory(dt, layout);
	set_chosen(dt, layout, cfg->cmdline);
	dt_check(fdt_pack(dt), "pack");

	/* The size must be a multiple of 8 */
	size = align_up(fdt_totalsize(dt), 8);
	if (size > DT_MAX_SIZE)
		die("devicetree: too large");
	memset((char *)dt + fdt_totalsize(dt), 0, size - fdt_totalsize(dt));
	fdt_set_totalsize(dt, size);

	layout->dtb_size = room_for(dt, layout);
	if (layout->dtb_size > DT_MAX_ROOM)
		die("devicetree: too many virtual devices");
	memcpy(mem + (layout->dtb - layout->base), dt, size);
}

/**
 * dt_dump() - write a devicetree to a file
 * @dt: the devicetree
 * @path: the file
 */
void dt_dump(const void *dt, const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file ||
	    fwrite(dt, fdt_totalsize(dt), 1, file) != 1 || fclose(file))
		die("%s: %s", path, strerror(errno));
}
