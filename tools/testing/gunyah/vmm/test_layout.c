// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: options, addresses, devicetree
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "devicetree.h"
#include "driver.h"

#define IMAGE_SIZE	0x123456

static struct config cfg;

static void parse(const void *line)
{
	char *words = strdup(line), *argv[32] = { "gunyah_vmm" }, *word;
	int argc = 1;

	for (word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	parse_options(&cfg, argc, argv);
}

static bool refused(const char *line, const char *text)
{
	return test_dies(parse, line, EXIT_VMM, text);
}

TEST_ALONE(options, "options")
{
	char much[800] = "-i I";
	int i;

	CHECK(refused("", "--image is missing"));
	CHECK(refused("-i I --memory 0", "--memory: must be at least 2M"));
	CHECK(refused("-i I --memory 1M", "must be at least 2M"));
	CHECK(refused("-i I --memory 3M", "not a multiple of 2M"));
	CHECK(refused("-i I --memory 99999999999G", "too large"));
	CHECK(refused("-i I --memory -2M", "not a number"));
	CHECK(refused("-i I --base 1M", "multiple of 2M"));
	CHECK(refused("-i I --base 1022M", "at least 0x40000000"));
	CHECK(refused("-i I --cpus 33", "from 1 to 32"));
	CHECK(refused("-i I --dtb D --cpus 2", "cannot be used with --dtb"));
	CHECK(refused("-i I --stop-timeout 1000000", "at most 86400"));
	CHECK(refused("-i I --stop-timeout x", "not a number"));
	CHECK(refused("-i I I", "not an option"));
	CHECK(refused("-i I --console uart --console uart", "at most 1"));
	for (i = 0; i < 9; i++)
		strcat(much, " --disk D");
	CHECK(refused(much, "--disk: at most 8"));

	parse("-i I --disk A --console virtio --disk B,ro --stop-timeout 0");
	CHECK(cfg.num_devices == 3 && !cfg.stop_timeout && !cfg.restart);
	CHECK(!strcmp(cfg.devices[2].arg, "B,ro") && cfg.devices[2].index == 1);
	CHECK(cfg.size == 128 << 20 && cfg.cpus == 1 && !cfg.share);
}

/* As gunyah_vmm.c does it; return: the devicetree */
static void *prepare(const char *line, struct layout *layout, __u8 **mem)
{
	void *dt = NULL;

	parse(line);
	layout_init(layout, &cfg);
	if (cfg.dtb)
		dt = dt_read(cfg.dtb, layout);
	devices_destroy();
	if (layout->sched == SCHED_PROXY)
		devices_create(&cfg);
	if (!dt)
		layout_add_shared(layout, !cfg.share && devices_use_memory());
	*mem = alloc_pages(layout->size);
	layout_place(layout, IMAGE_SIZE);
	if (!dt)
		dt = dt_make(layout);
	dt_finish(dt, &cfg, layout, *mem);

	return dt;
}

static const char *bootargs(const void *dt)
{
	return fdt_getprop(dt, fdt_path_offset(dt, "/chosen"), "bootargs",
			   NULL);
}

/* A devicetree that was dumped describes the same VM */
static void round_trip(const char *made, const char *read)
{
	struct layout one, two;
	void *dt, *again;
	__u8 *mem;

	dt = prepare(made, &one, &mem);
	CHECK(!memcmp(mem + (one.dtb - one.base), dt, fdt_totalsize(dt)));
	dt_dump(dt, "dtb");
	again = prepare(read, &two, &mem);
	CHECK(one.base == two.base && one.log == two.log &&
	      one.pool == two.pool && one.pool_size == two.pool_size &&
	      one.cpus == two.cpus && one.sched == two.sched &&
	      one.dtb == two.dtb);
	CHECK(fdt_totalsize(dt) == fdt_totalsize(again) &&
	      !memcmp(dt, again, fdt_totalsize(dt)));
}

TEST_ALONE(round_trips, "--dump-dtb and --dtb")
{
	test_file("A", disk_data, DISK_SIZE);
	test_file("B", disk_data, DISK_SIZE);
	round_trip("-i I --cpus 3 --base 1G", "-i I --dtb dtb");
	round_trip("-i I --disk A --disk B,ro --console virtio",
		   "-i I --disk A --disk B,ro --console virtio --dtb dtb");
	round_trip("-i I --disk A --share", "-i I --disk A --share --dtb dtb");
	round_trip("-i I --sched hypervisor --cpus 2 --memory 64M",
		   "-i I --memory 64M --dtb dtb");
}

static bool has_node(const void *dt, const char *path, __u32 spi)
{
	int node = fdt_path_offset(dt, path), len;
	const fdt32_t *irq;

	irq = fdt_getprop(dt, node, "interrupts", &len);

	return irq && len == 12 && !fdt32_ld(irq) && fdt32_ld(irq + 1) == spi &&
	       fdt32_ld(irq + 2) == 1;
}

TEST_ALONE(nodes, "nodes of devices")
{
	struct layout layout;
	__u8 *mem;
	void *dt;

	test_file("A", disk_data, DISK_SIZE);
	dt = prepare("-i I --disk A --console virtio", &layout, &mem);
	CHECK(layout.pool == layout.base + layout.size);
	CHECK(has_node(dt, "/serial@1c090000", 16));
	CHECK(has_node(dt, "/virtio_mmio@1c091000", 17));
	CHECK(has_node(dt, "/virtio_mmio@1c092000", 18));
	CHECK(has_node(dt, "/gunyah-vm-config/vdevices/bell-18", 18));
	CHECK(fdt_path_offset(dt, "/gunyah-vm-config/vdevices/bell-19") < 0);
	CHECK(!strcmp(bootargs(dt),
		      "panic=-1 earlycon root=/dev/vda rw console=hvc0"));
	dt = prepare("-i I --cmdline x", &layout, &mem);
	CHECK(!layout.pool && !strcmp(bootargs(dt), "x"));
	dt = prepare("-i I --sched hypervisor", &layout, &mem);
	CHECK(!strcmp(bootargs(dt), "panic=-1 shlog=0x88000000"));
	CHECK(fdt_path_offset(dt, "/serial@1c090000") < 0);
}

static void make(const void *line)
{
	struct layout layout;
	__u8 *mem;

	prepare(line, &layout, &mem);
}

static bool not_made(const char *line, const char *text)
{
	return test_dies(make, line, EXIT_VMM, text);
}

TEST_ALONE(refusals, "devicetrees and command lines that are refused")
{
	char line[2100] = "-i I --cmdline ";
	const size_t len = strlen(line);
	struct layout layout;
	__u8 *mem;
	void *dt;

	memset(line + len, 'x', 2048);
	CHECK(not_made(line, "2048 bytes, of which Linux takes 2047"));
	line[len + 2047] = '\0';
	dt = prepare(line, &layout, &mem);
	CHECK(strlen(bootargs(dt)) == 2047);
	/* With the address of the log it is too long */
	strcat(line, " --sched hypervisor");
	CHECK(not_made(line, "of which Linux takes 2047"));

	test_file("dtb", "nonsense", 8);
	CHECK(not_made("-i I --dtb dtb", "dtb: not a devicetree"));
	test_file("A", disk_data, DISK_SIZE);
	dt = prepare("-i I --disk A", &layout, &mem);
	dt_dump(dt, "dtb");
	devices_destroy();
	CHECK(not_made("-i I --disk A --dtb dtb --memory 130M",
		       "the DMA pool at 0x88000000 is in the VM's memory"));
	fdt_del_node(dt, fdt_path_offset(dt, "/reserved-memory/dma-pool"));
	dt_dump(dt, "dtb");
	CHECK(not_made("-i I --disk A --dtb dtb", "no node in /reserved"));
}
