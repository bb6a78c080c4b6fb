// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's devicetree
 *
 * It has two readers. The resource manager takes from it how to build the VM,
 * mostly in the node /gunyah-vm-config, and adds nodes for what it made. The
 * VM's kernel then reads the result as it would any devicetree.
 */
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devicetree.h"
#include "shlog.h"

/* Enough for a large one, and little enough to get dt_size below 2 MiB */
#define DT_MAX_SIZE	(512 * 1024)

#define DEFAULT_CMDLINE	"console=ttyAMA0"

#define GIC_PHANDLE	1
#define CLOCK_PHANDLE	2

/* Fail if a function of libfdt has */
static int check(int ret, const char *what)
{
	if (ret < 0)
		die("devicetree: %s: %s", what, fdt_strerror(ret));

	return ret;
}

/*
 * Making one: the functions below write it from front to back
 */

static void begin(void *dt, const char *name)
{
	check(fdt_begin_node(dt, name), name);
}

/* Begin a node with a unit address */
static void begin_at(void *dt, const char *name, __u64 addr)
{
	char full[32];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)addr);
	begin(dt, full);
}

static void end(void *dt)
{
	check(fdt_end_node(dt), "node");
}

static void put_empty(void *dt, const char *name)
{
	check(fdt_property(dt, name, NULL, 0), name);
}

static void put_string(void *dt, const char *name, const char *value)
{
	check(fdt_property_string(dt, name, value), name);
}

static void put_u32(void *dt, const char *name, __u32 value)
{
	check(fdt_property_u32(dt, name, value), name);
}

static void put_u32s(void *dt, const char *name, const __u32 *values, int count)
{
	fdt32_t *cells;
	int i;

	check(fdt_property_placeholder(dt, name, count * sizeof(*cells),
				       (void **)&cells), name);
	for (i = 0; i < count; i++)
		fdt32_st(&cells[i], values[i]);
}

static void put_u64s(void *dt, const char *name, const __u64 *values, int count)
{
	fdt64_t *cells;
	int i;

	check(fdt_property_placeholder(dt, name, count * sizeof(*cells),
				       (void **)&cells), name);
	for (i = 0; i < count; i++)
		fdt64_st(&cells[i], values[i]);
}

/* A property from an array */
#define PUT_U32S(dt, name, values) \
	put_u32s(dt, name, values, sizeof(values) / sizeof((values)[0]))
#define PUT_U64S(dt, name, values) \
	put_u64s(dt, name, values, sizeof(values) / sizeof((values)[0]))
/* A property from a string literal that has several, each ending with \0 */
#define PUT_STRINGS(dt, name, values) \
	check(fdt_property(dt, name, values, sizeof(values)), "strings")

static void put_address_size(void *dt, __u32 address_cells, __u32 size_cells)
{
	put_u32(dt, "#address-cells", address_cells);
	put_u32(dt, "#size-cells", size_cells);
}

/* The log of a VM that has no UART: memory that it shares with us */
static void make_shlog(void *dt, const struct config *cfg)
{
	const __u64 base[] = { cfg->log };

	begin(dt, "vdevices");
	put_string(dt, "generate", "/hypervisor");
	begin(dt, "shlog");
	put_string(dt, "vdevice-type", "shm");
	put_empty(dt, "peer-default");
	begin(dt, "memory");
	put_address_size(dt, 2, 2);
	put_u32(dt, "label", SHLOG_LABEL);
	PUT_U64S(dt, "base", base);
	end(dt);
	end(dt);
	end(dt);
}

/* How vCPUs are scheduled */
static void make_vcpus(void *dt, const struct config *cfg)
{
	long host_cpus = sysconf(_SC_NPROCESSORS_CONF);
	__u32 map[MAX_VCPUS];
	unsigned int i;

	begin(dt, "vcpus");
	put_string(dt, "config", "/cpus");
	if (cfg->sched == SCHED_PROXY) {
		put_string(dt, "affinity", "proxy");
	} else {
		/* Each on a CPU of its own, as long as there are enough */
		for (i = 0; i < cfg->cpus; i++)
			map[i] = host_cpus > 0 ? i % host_cpus : 0;
		put_string(dt, "affinity", "static");
		put_u32s(dt, "affinity-map", map, cfg->cpus);
		/* Below the host's, as it must be; a slice in microseconds */
		put_u32(dt, "sched-priority", -1);
		put_u32(dt, "sched-timeslice", 5000);
	}
	end(dt);
}

/* For the resource manager */
static void make_vm_config(void *dt, const struct config *cfg)
{
	const __u64 base[] = { cfg->base };
	const __u64 size[] = { cfg->size };
	char gic[32];

	snprintf(gic, sizeof(gic), "/intc@%llx", GICD_BASE);

	begin(dt, "gunyah-vm-config");
	put_string(dt, "image-name", "gunyah-vmm");
	put_string(dt, "os-type", "linux");

	begin(dt, "memory");
	put_address_size(dt, 2, 2);
	PUT_U64S(dt, "base-address", base);
	/* Without it, all from base-address on is for the VM's own memory */
	if (cfg->log)
		PUT_U64S(dt, "size-max", size);
	end(dt);

	make_vcpus(dt, cfg);

	begin(dt, "interrupts");
	put_string(dt, "config", gic);
	end(dt);

	if (cfg->log)
		make_shlog(dt, cfg);
	end(dt);
}

static void make_cpus(void *dt, const struct config *cfg)
{
	unsigned int i;

	begin(dt, "cpus");
	put_address_size(dt, 1, 0);
	for (i = 0; i < cfg->cpus; i++) {
		begin_at(dt, "cpu", i);
		put_string(dt, "device_type", "cpu");
		put_string(dt, "compatible", "arm,armv8");
		put_u32(dt, "reg", i);
		put_string(dt, "enable-method", "psci");
		/*
		 * The resource manager wants one if the hypervisor schedules
		 * the vCPU. With no states in it, Linux waits with WFI.
		 */
		put_empty(dt, "cpu-idle-states");
		end(dt);
	}
	end(dt);
}

/* Interrupt controller, timer and PSCI, which the hypervisor emulates */
static void make_platform(void *dt, const struct config *cfg)
{
	const __u64 gicr_size = cfg->cpus * GICR_SIZE;
	const __u64 gic_reg[] = {
		GICD_BASE, GICD_SIZE, GICD_BASE - gicr_size, gicr_size,
	};
	/* PPIs: secure, non-secure, virtual, hypervisor; level high */
	const __u32 timer[] = { 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4 };

	begin_at(dt, "intc", GICD_BASE);
	put_string(dt, "compatible", "arm,gic-v3");
	put_empty(dt, "interrupt-controller");
	put_u32(dt, "#interrupt-cells", 3);
	put_u32(dt, "#address-cells", 0);
	PUT_U64S(dt, "reg", gic_reg);
	put_u32(dt, "phandle", GIC_PHANDLE);
	end(dt);

	begin(dt, "timer");
	put_string(dt, "compatible", "arm,armv8-timer");
	PUT_U32S(dt, "interrupts", timer);
	put_empty(dt, "always-on");
	end(dt);

	begin(dt, "psci");
	PUT_STRINGS(dt, "compatible", "arm,psci-1.0\0arm,psci-0.2");
	put_string(dt, "method", "hvc");
	end(dt);
}

/* Without an interrupt Linux' driver refuses it; this one never comes */
static void make_uart(void *dt)
{
	const __u64 reg[] = { UART_BASE, UART_SIZE };
	const __u32 clocks[] = { CLOCK_PHANDLE, CLOCK_PHANDLE };
	const __u32 spi[] = { 0, UART_SPI, 4 };

	begin(dt, "apb-pclk");
	put_string(dt, "compatible", "fixed-clock");
	put_u32(dt, "#clock-cells", 0);
	put_u32(dt, "clock-frequency", 24000000);
	put_u32(dt, "phandle", CLOCK_PHANDLE);
	end(dt);

	begin_at(dt, "serial", UART_BASE);
	PUT_STRINGS(dt, "compatible", "arm,pl011\0arm,primecell");
	PUT_U64S(dt, "reg", reg);
	PUT_U32S(dt, "interrupts", spi);
	PUT_U32S(dt, "clocks", clocks);
	PUT_STRINGS(dt, "clock-names", "uartclk\0apb_pclk");
	end(dt);
}

/* Memory for a devicetree that grows up to DT_MAX_SIZE */
static void *dt_alloc(void)
{
	void *dt = calloc(1, DT_MAX_SIZE);

	if (!dt)
		die("devicetree: %s", strerror(errno));

	return dt;
}

/**
 * dt_make() - make a devicetree
 * @cfg: describes the VM; gets the address of the log
 *
 * Return: the devicetree, to be completed by dt_finish().
 */
void *dt_make(struct config *cfg)
{
	void *dt = dt_alloc();
	char stdout_path[32];

	if (cfg->sched == SCHED_HYPERVISOR)
		cfg->log = cfg->base + cfg->size;

	check(fdt_create(dt, DT_MAX_SIZE), "create");
	check(fdt_finish_reservemap(dt), "memory reservations");
	begin(dt, "");
	put_string(dt, "model", "gunyah_vmm");
	put_string(dt, "compatible", "linux,dummy-virt");
	put_address_size(dt, 2, 2);
	put_u32(dt, "interrupt-parent", GIC_PHANDLE);

	make_vm_config(dt, cfg);

	begin(dt, "chosen");
	if (cfg->sched == SCHED_PROXY) {
		snprintf(stdout_path, sizeof(stdout_path), "/serial@%llx",
			 UART_BASE);
		put_string(dt, "stdout-path", stdout_path);
	}
	end(dt);

	make_cpus(dt, cfg);
	make_platform(dt, cfg);
	if (cfg->sched == SCHED_PROXY)
		make_uart(dt);

	end(dt);
	check(fdt_finish(dt), "finish");

	return dt;
}

/*
 * Using one that the user gives: what it says about the VM is the user's, and
 * what the VMM has to know of it is looked up
 */

/* The node for the resource manager: two names are known */
static int find_vm_config(const void *dt)
{
	int node = fdt_path_offset(dt, "/gunyah-vm-config");

	if (node < 0)
		node = fdt_path_offset(dt, "/qcom,vm-config");
	if (node < 0)
		die("devicetree: node /gunyah-vm-config is missing");

	return node;
}

/* An address of #address-cells of the same node; false if it is not there */
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

	check(cpus, "/cpus");
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

/* The log: a virtual device of type shm with SHLOG_LABEL; 0 if there is none */
static __u64 find_log(const void *dt)
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
		    fdt32_ld(label) == SHLOG_LABEL &&
		    get_address(dt, mem, "base", &addr))
			return addr;
	}

	return 0;
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
 * @cfg: gets what the devicetree says about memory, vCPUs and log
 *
 * Return: the devicetree, to be completed by dt_finish().
 */
void *dt_read(struct config *cfg)
{
	void *dt = dt_alloc();
	int config, node;
	size_t size;

	size = load_file(cfg->dtb, dt, DT_MAX_SIZE);
	if (fdt_check_full(dt, size))
		die("%s: not a devicetree", cfg->dtb);
	check(fdt_open_into(dt, dt, DT_MAX_SIZE), cfg->dtb);

	config = find_vm_config(dt);
	if (!fdt_getprop(dt, config, "image-name", NULL))
		die("devicetree: /gunyah-vm-config has no image-name");

	node = check(fdt_subnode_offset(dt, config, "memory"),
		     "/gunyah-vm-config/memory");
	if (!get_address(dt, node, "base-address", &cfg->base))
		die("devicetree: /gunyah-vm-config/memory has no base-address");
	if (cfg->base % SZ_2M || cfg->base < MMIO_END || cfg->base >> 52)
		die("devicetree: base-address %#llx is not a multiple of 2 MiB from 1 GiB on",
		    (unsigned long long)cfg->base);

	/* "static", which is what it is by default, and others: not ours */
	node = fdt_subnode_offset(dt, config, "vcpus");
	cfg->sched = SCHED_HYPERVISOR;
	if (node >= 0 && has_string(dt, node, "affinity", "proxy"))
		cfg->sched = SCHED_PROXY;
	cfg->cpus = count_cpus(dt);

	cfg->log = find_log(dt);
	if (cfg->log + SHLOG_SIZE > cfg->base &&
	    cfg->log < cfg->base + cfg->size)
		die("devicetree: the log at %#llx is in the VM's memory; smaller --memory?",
		    (unsigned long long)cfg->log);
	check_memory_nodes(dt);

	return dt;
}

/*
 * Completing either
 */

/* The node with that name below /; made if it is not there */
static int get_node(void *dt, const char *name)
{
	int node = fdt_subnode_offset(dt, 0, name);

	if (node == -FDT_ERR_NOTFOUND)
		node = fdt_add_subnode(dt, 0, name);

	return check(node, name);
}

/* The resource manager says it anew, but wants the node */
static void set_memory(void *dt, const struct guest *guest)
{
	int address_cells = check(fdt_address_cells(dt, 0), "#address-cells");
	int size_cells = check(fdt_size_cells(dt, 0), "#size-cells");
	int node = get_node(dt, "memory");

	if ((address_cells == 1 && (guest->base + guest->size - 1) >> 32) ||
	    (size_cells == 1 && guest->size >> 32))
		die("devicetree: too few #address-cells or #size-cells for the memory");

	check(fdt_setprop_string(dt, node, "device_type", "memory"), "/memory");
	fdt_delprop(dt, node, "reg");
	check(fdt_appendprop_addrrange(dt, 0, node, "reg", guest->base,
				       guest->size), "/memory");
}

static void set_chosen(void *dt, const struct config *cfg,
		       const struct guest *guest)
{
	int node = get_node(dt, "chosen");
	const char *cmdline = cfg->cmdline;
	char *full = NULL;

	fdt_delprop(dt, node, "linux,initrd-start");
	fdt_delprop(dt, node, "linux,initrd-end");
	if (guest->ramdisk_size) {
		check(fdt_setprop_u64(dt, node, "linux,initrd-start",
				      guest->ramdisk), "initrd");
		check(fdt_setprop_u64(dt, node, "linux,initrd-end",
				      guest->ramdisk + guest->ramdisk_size),
		      "initrd");
	}

	if (!cmdline)
		cmdline = fdt_getprop(dt, node, "bootargs", NULL);
	if (!cmdline)
		cmdline = cfg->sched == SCHED_PROXY ? DEFAULT_CMDLINE : "";
	if (cfg->log && asprintf(&full, "%s%sshlog=%#llx", cmdline,
				 *cmdline ? " " : "",
				 (unsigned long long)cfg->log) < 0)
		die("devicetree: %s", strerror(ENOMEM));
	/* cmdline can be in the devicetree, which moves */
	if (!full)
		full = strdup(cmdline);
	if (!full)
		die("devicetree: %s", strerror(errno));
	check(fdt_setprop_string(dt, node, "bootargs", full), "bootargs");
	free(full);
}

/**
 * dt_finish() - complete a devicetree and put it into the VM's memory
 * @dt: from dt_make() or dt_read()
 * @cfg: describes the VM
 * @guest: its memory; gets the size of the room for the devicetree
 */
void dt_finish(void *dt, const struct config *cfg, struct guest *guest)
{
	__u32 size;

	check(fdt_open_into(dt, dt, DT_MAX_SIZE), "open");
	set_memory(dt, guest);
	set_chosen(dt, cfg, guest);
	check(fdt_pack(dt), "pack");

	/* The resource manager wants a multiple of 8 here ... */
	size = align_up(fdt_totalsize(dt), 8);
	if (size > DT_MAX_SIZE)
		die("devicetree: too large");
	memset((char *)dt + fdt_totalsize(dt), 0, size - fdt_totalsize(dt));
	fdt_set_totalsize(dt, size);

	/* ... and twice the result as room to add its nodes */
	guest->dtb_size = align_up(2 * (size + SZ_64K), SZ_4K);
	memcpy(guest->mem + (guest->dtb - guest->base), dt, size);
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
