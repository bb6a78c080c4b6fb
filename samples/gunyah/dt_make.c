// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating the VM's devicetree
 *
 * See devicetree.c for its readers, and for the nodes that are added when the VM's
 * memory is known. The devices write their nodes themselves.
 */
#include <libfdt.h>
#include <unistd.h>

#include "device.h"
#include "devicetree.h"
#include "dt_write.h"
#include "layout.h"

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
static void make_vdevices(void *dt, const struct layout *layout)
{
	unsigned int i;

	begin(dt, "vdevices");
	put_string(dt, "generate", "/hypervisor");
	make_rm_rpc(dt);
	if (layout->log)
		make_shm(dt, "shlog", SHLOG_LABEL, layout->log);
	if (layout->pool)
		make_shm(dt, "dma-pool", POOL_LABEL, layout->pool);
	for (i = 0; i < devices_count(); i++)
		make_bell(dt, device_spi(i));
	end(dt);
}

/* How vCPUs are scheduled */
static void make_vcpus(void *dt, const struct layout *layout)
{
	long host_cpus = sysconf(_SC_NPROCESSORS_CONF);
	__u32 map[MAX_VCPUS];
	unsigned int i;

	begin(dt, "vcpus");
	put_string(dt, "config", "/cpus");
	if (layout->sched == SCHED_PROXY) {
		put_string(dt, "affinity", "proxy");
	} else {
		/* Spread them over the CPUs of the host */
		for (i = 0; i < layout->cpus; i++)
			map[i] = host_cpus > 0 ? i % host_cpus : 0;
		put_string(dt, "affinity", "static");
		put_u32s(dt, "affinity-map", map, layout->cpus);
		/* Must be below the host's priority; the slice is in microseconds */
		put_u32(dt, "sched-priority", -1);
		put_u32(dt, "sched-timeslice", 5000);
	}
	end(dt);
}

/* For the resource manager */
static void make_vm_config(void *dt, const struct layout *layout)
{
	const __u64 base[] = { layout->base };
	const __u64 size[] = { layout->size };
	char gic[32];

	snprintf(gic, sizeof(gic), "/intc@%llx", GICD_BASE);

	begin(dt, "gunyah-vm-config");
	put_string(dt, "image-name", "gunyah-vmm");
	put_string(dt, "os-type", "linux");

	begin(dt, "memory");
	put_address_size(dt, 2, 2);
	PUT_U64S(dt, "base-address", base);
	/* What is behind is for log and pool, and for memory that comes later */
	PUT_U64S(dt, "size-max", size);
	end(dt);

	make_vcpus(dt, layout);

	begin(dt, "interrupts");
	put_string(dt, "config", gic);
	end(dt);

	make_vdevices(dt, layout);
	end(dt);
}

static void make_cpus(void *dt, const struct layout *layout)
{
	unsigned int i;

	begin(dt, "cpus");
	put_address_size(dt, 1, 0);
	for (i = 0; i < layout->cpus; i++) {
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
static void make_platform(void *dt, const struct layout *layout)
{
	const __u64 gicr_size = layout->cpus * GICR_SIZE;
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

/* The resource manager checks that this is memory of the VM */
static void make_pool(void *dt, const struct layout *layout)
{
	const __u64 reg[] = { layout->pool, layout->pool_size };

	begin(dt, "reserved-memory");
	put_address_size(dt, 2, 2);
	put_empty(dt, "ranges");
	begin_at(dt, "dma-pool", layout->pool);
	put_string(dt, "compatible", "restricted-dma-pool");
	PUT_U64S(dt, "reg", reg);
	put_u32(dt, "phandle", POOL_PHANDLE);
	end(dt);
	end(dt);
}

/**
 * dt_make() - create a devicetree
 * @layout: describes the VM, whose devices exist
 *
 * Return: the devicetree, to be completed by dt_finish().
 */
void *dt_make(const struct layout *layout)
{
	void *dt = dt_alloc();
	char stdout_path[32];

	dt_check(fdt_create(dt, DT_MAX_SIZE), "create");
	dt_check(fdt_finish_reservemap(dt), "memory reservations");
	begin(dt, "");
	put_string(dt, "model", "gunyah_vmm");
	put_string(dt, "compatible", "linux,dummy-virt");
	put_address_size(dt, 2, 2);
	put_u32(dt, "interrupt-parent", GIC_PHANDLE);

	make_vm_config(dt, layout);

	begin(dt, "chosen");
	if (devices_count()) {
		snprintf(stdout_path, sizeof(stdout_path), "/serial@%llx",
			 device_base(0));
		put_string(dt, "stdout-path", stdout_path);
	}
	end(dt);

	make_cpus(dt, layout);
	make_platform(dt, layout);
	if (layout->pool)
		make_pool(dt, layout);
	devices_make_nodes(dt, layout);

	end(dt);
	dt_check(fdt_finish(dt), "finish");

	return dt;
}
