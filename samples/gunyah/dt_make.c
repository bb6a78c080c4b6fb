// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating the VM's devicetree
 *
 * The functions below write it from front to back. See devicetree.c for its
 * readers, and for the nodes that are added when the VM's memory is known.
 */
#include <libfdt.h>
#include <unistd.h>

#include "devicetree.h"

#define GIC_PHANDLE	1
#define CLOCK_PHANDLE	2
#define POOL_PHANDLE	3

/* Types of interrupts */
#define SPI		0
#define EDGE_RISING	1

static void begin(void *dt, const char *name)
{
	dt_check(fdt_begin_node(dt, name), name);
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
	dt_check(fdt_end_node(dt), "node");
}

static void put_empty(void *dt, const char *name)
{
	dt_check(fdt_property(dt, name, NULL, 0), name);
}

static void put_string(void *dt, const char *name, const char *value)
{
	dt_check(fdt_property_string(dt, name, value), name);
}

static void put_u32(void *dt, const char *name, __u32 value)
{
	dt_check(fdt_property_u32(dt, name, value), name);
}

static void put_u32s(void *dt, const char *name, const __u32 *values, int count)
{
	fdt32_t *cells;
	int i;

	dt_check(fdt_property_placeholder(dt, name, count * sizeof(*cells),
					  (void **)&cells), name);
	for (i = 0; i < count; i++)
		fdt32_st(&cells[i], values[i]);
}

static void put_u64s(void *dt, const char *name, const __u64 *values, int count)
{
	fdt64_t *cells;
	int i;

	dt_check(fdt_property_placeholder(dt, name, count * sizeof(*cells),
					  (void **)&cells), name);
	for (i = 0; i < count; i++)
		fdt64_st(&cells[i], values[i]);
}

/* A property from an array */
#define PUT_U32S(dt, name, values) \
	put_u32s(dt, name, values, sizeof(values) / sizeof((values)[0]))
#define PUT_U64S(dt, name, values) \
	put_u64s(dt, name, values, sizeof(values) / sizeof((values)[0]))
/* A property from a string literal with several strings, separated by \0 */
#define PUT_STRINGS(dt, name, values) \
	dt_check(fdt_property(dt, name, values, sizeof(values)), "strings")

static void put_address_size(void *dt, __u32 address_cells, __u32 size_cells)
{
	put_u32(dt, "#address-cells", address_cells);
	put_u32(dt, "#size-cells", size_cells);
}

/* Shared memory at a fixed address */
static void make_shm(void *dt, const char *name, __u32 label, __u64 addr)
{
	const __u64 base[] = { addr };

	begin(dt, name);
	put_string(dt, "vdevice-type", "shm");
	put_empty(dt, "peer-default");
	begin(dt, "memory");
	put_address_size(dt, 2, 2);
	put_u32(dt, "label", label);
	PUT_U64S(dt, "base", base);
	end(dt);
	end(dt);
}

/* A doorbell: the VMM rings it, the VM gets an interrupt */
static void make_bell(void *dt, __u32 spi)
{
	const __u32 irq[] = { SPI, spi, EDGE_RISING };
	char name[32], path[64];

	snprintf(name, sizeof(name), "bell-%u", spi);
	snprintf(path, sizeof(path), "/hypervisor/%s", name);
	begin(dt, name);
	put_string(dt, "vdevice-type", "doorbell");
	put_string(dt, "generate", path);
	put_u32(dt, "label", spi);
	put_empty(dt, "peer-default");
	put_empty(dt, "source-can-clear");
	PUT_U32S(dt, "interrupts", irq);
	end(dt);
}

/* A channel on which the resource manager asks the VM to shut down */
static void make_rm_rpc(void *dt)
{
	const __u32 irqs[] = {
		SPI, RM_TX_SPI, EDGE_RISING, SPI, RM_RX_SPI, EDGE_RISING,
	};

	begin(dt, "rm-rpc");
	put_string(dt, "vdevice-type", "rm-rpc");
	put_string(dt, "generate", "/hypervisor/rm-rpc");
	PUT_U32S(dt, "interrupts", irqs);
	end(dt);
}

/* Virtual devices of the hypervisor */
static void make_vdevices(void *dt, const struct config *cfg)
{
	unsigned int i;

	begin(dt, "vdevices");
	put_string(dt, "generate", "/hypervisor");
	make_rm_rpc(dt);
	if (cfg->log)
		make_shm(dt, "shlog", SHLOG_LABEL, cfg->log);
	if (cfg->pool)
		make_shm(dt, "dma-pool", POOL_LABEL, cfg->pool);
	if (cfg->sched == SCHED_PROXY)
		make_bell(dt, UART_SPI);
	for (i = 0; i < num_virtio(cfg); i++)
		make_bell(dt, VIRTIO_SPI + i);
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
		/* Spread them over the CPUs of the host */
		for (i = 0; i < cfg->cpus; i++)
			map[i] = host_cpus > 0 ? i % host_cpus : 0;
		put_string(dt, "affinity", "static");
		put_u32s(dt, "affinity-map", map, cfg->cpus);
		/* Must be below the host's priority; the slice is in microseconds */
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
	/* Leave the addresses of log and pool out of the private memory */
	if (cfg->log || cfg->pool)
		PUT_U64S(dt, "size-max", size);
	end(dt);

	make_vcpus(dt, cfg);

	begin(dt, "interrupts");
	put_string(dt, "config", gic);
	end(dt);

	make_vdevices(dt, cfg);
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
		 * Required if the hypervisor schedules the vCPU. Without
		 * states in it, Linux waits with WFI.
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

static void make_uart(void *dt)
{
	const __u64 reg[] = { UART_BASE, UART_SIZE };
	const __u32 clocks[] = { CLOCK_PHANDLE, CLOCK_PHANDLE };
	const __u32 spi[] = { SPI, UART_SPI, EDGE_RISING };

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

/*
 * A virtio device. Its accesses to memory are cache coherent. If the VM's memory
 * is lent, the pool holds its requests.
 */
static void make_virtio(void *dt, const struct config *cfg, unsigned int index)
{
	const __u64 reg[] = {
		VIRTIO_BASE + index * VIRTIO_SIZE, VIRTIO_SIZE,
	};
	const __u32 spi[] = { SPI, VIRTIO_SPI + index, EDGE_RISING };

	begin_at(dt, "virtio_mmio", reg[0]);
	put_string(dt, "compatible", "virtio,mmio");
	PUT_U64S(dt, "reg", reg);
	PUT_U32S(dt, "interrupts", spi);
	put_empty(dt, "dma-coherent");
	if (cfg->pool)
		put_u32(dt, "memory-region", POOL_PHANDLE);
	end(dt);
}

/* The resource manager checks that this is memory of the VM */
static void make_pool(void *dt, const struct config *cfg)
{
	const __u64 reg[] = { cfg->pool, POOL_SIZE };

	begin(dt, "reserved-memory");
	put_address_size(dt, 2, 2);
	put_empty(dt, "ranges");
	begin_at(dt, "dma-pool", cfg->pool);
	put_string(dt, "compatible", "restricted-dma-pool");
	PUT_U64S(dt, "reg", reg);
	put_u32(dt, "phandle", POOL_PHANDLE);
	end(dt);
	end(dt);
}

/**
 * dt_make() - create a devicetree
 * @cfg: describes the VM; gets the addresses of log and DMA pool
 *
 * Return: the devicetree, to be completed by dt_finish().
 */
void *dt_make(struct config *cfg)
{
	void *dt = dt_alloc();
	char stdout_path[32];
	unsigned int i;

	/* They follow the VM's own memory, and exclude each other */
	if (cfg->sched == SCHED_HYPERVISOR)
		cfg->log = cfg->base + cfg->size;
	else if (num_virtio(cfg) && !cfg->share)
		cfg->pool = cfg->base + cfg->size;

	dt_check(fdt_create(dt, DT_MAX_SIZE), "create");
	dt_check(fdt_finish_reservemap(dt), "memory reservations");
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
	if (cfg->pool)
		make_pool(dt, cfg);
	for (i = 0; i < num_virtio(cfg); i++)
		make_virtio(dt, cfg, i);

	end(dt);
	dt_check(fdt_finish(dt), "finish");

	return dt;
}
