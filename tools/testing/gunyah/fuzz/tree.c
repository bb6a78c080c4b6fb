// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes devicetrees: the driver's check of them, and the model that reads them
 *
 * The driver says which devicetrees are safe. With such a one, and whatever the
 * driver concludes from it, the resource manager must not die.
 */
#include <libfdt.h>

#include "../rm/tests/fake.h"
#include "scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

int checks_failed;
const char *case_name = "tree";

/* Room for it as the host would give it: a multiple of the page size */
#define ROOM		0x8000

static void check_vcpus(struct fake *f, const struct guest *g,
			const struct scan *scan)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (f->vm[g->vmid].vcpu[i].exists &&
		    !f->vm[g->vmid].vcpu[i].proxy)
			CHECK(scan->static_vcpus);
}

/* All that the driver sends to a VM; the debug build dies most easily */
static void live(struct fake *f, const uint8_t *dt, size_t size,
		 const struct scan *scan)
{
	struct guest guest = { 0 }, *g = &guest;
	uint8_t data[16] = { 0 };
	uint32_t shm, err;

	fake_write(f, IMAGE_IPA + DT_OFFSET, dt, size);
	CHECK_EQ(alloc_vmid(f, 0, &g->vmid), 0);
	CHECK_EQ(lend(f, g->vmid, 0, IMAGE_IPA, IMAGE_SIZE, &g->image), 0);
	CHECK_EQ(share(f, g->vmid, 7, 0x42000000, 4096, &shm), 0);
	CHECK_EQ(config_image(f, g->vmid, 0, g->image, DT_OFFSET, ROOM), 0);
	err = call_vm(f, RM_VM_INIT_ID, g->vmid);
	if (!err) {
		check_vcpus(f, g, scan);
		err = call_vm(f, RM_VM_START_ID, g->vmid);
	}
	CHECK(err != NO_REPLY);
	if (!err && scan->channel) {
		rm_put32(data, shm);
		data[4] = 1;
		rm_put32(data + 8, 1);
		rm_put16(data + 12, g->vmid);
		CHECK(call(f, RM_MEM_NOTIFY_ID, data, sizeof(data)) !=
		      NO_REPLY);
		CHECK_EQ(stop(f, g->vmid, 0), 0);
	}
	guest_remove(f, g);
	CHECK_EQ(reclaim(f, shm), 0);
	CHECK(!is_dead(f));
	CHECK_EQ(f->heap, 0);
	CHECK_EQ(f->taken, 0);
	CHECK_EQ(f->objects, 0);
}

/**
 * LLVMFuzzerTestOneInput() - give a VM a devicetree
 * @data: the devicetree
 * @size: its size
 *
 * Return: 0
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rm_config config = {
		.debug = true, .host_name = "HLOS",
		.max_vdevices = RM_MAX_VDEVICES,
	};
	struct scan scan;
	struct fake *f;

	if (size > ROOM)
		return 0;
	scan_tree(data, size, ROOM, &scan);
	if (!scan.safe)
		return 0;
	f = fake_new(&config);
	live(f, data, size, &scan);
	fake_free(f);
	if (checks_failed)
		abort();
	return 0;
}

/* Mutations ------------------------------------------------------------- */

static const char *const names[] = {
	"vdevice-type", "generate", "label", "qcom,label", "affinity",
	"peer-default", "source-can-clear", "interrupts", "reg", "base",
	"gunyah-vm-config", "qcom,vm-config", "vcpus", "vdevices", "memory",
	"cpus", "psci", "interrupt-controller", "reserved-memory",
	"hypervisor", "image-name", "base-address", "compatible", "config",
	"#address-cells", "#size-cells", "interrupt-parent", "phandle",
	"allocate-base", "optional", "dma_base", "queue-depth",
	"message-size", "interrupt-map", "enable-method", "method",
};

static const char *const values[] = {
	"rm-rpc", "shm", "doorbell", "message-queue-pair", "virtio-mmio",
	"shm-doorbell", "proxy", "static", "sticky", "/hypervisor/test",
	"/a/b/c/d", "a", "/", "arm,gic-v3", "arm,psci-1.0", "psci", "hvc",
};

static uint32_t state;

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static int some_node(const void *dt)
{
	unsigned int n = 0, wanted;
	int node;

	for (node = 0; node >= 0; node = fdt_next_node(dt, node, NULL))
		n++;
	wanted = below(n);
	for (node = 0; node >= 0 && wanted;
	     node = fdt_next_node(dt, node, NULL))
		wanted--;
	return node;
}

static int some_prop(const void *dt, int node)
{
	unsigned int n = 0, wanted;
	int prop;

	fdt_for_each_property_offset(prop, dt, node)
		n++;
	if (!n)
		return -1;
	wanted = below(n);
	fdt_for_each_property_offset(prop, dt, node)
		if (!wanted--)
			break;
	return prop;
}

/* Not the macro of that name, which evaluates its arguments twice */
static void set_string(void *dt, int node, const char *name,
		       const char *value)
{
	fdt_setprop(dt, node, name, value, (int)strlen(value) + 1);
}

static void edit_prop(void *dt, int node)
{
	int prop = some_prop(dt, node), len;
	const char *in_tree;
	uint8_t buf[256];
	const void *old;
	char name[64];

	if (prop < 0)
		return;
	old = fdt_getprop_by_offset(dt, prop, &in_tree, &len);
	if (!old || len > 128)
		return;
	memcpy(buf, old, len);
	/* What changes the tree moves its names */
	snprintf(name, sizeof(name), "%s", in_tree);
	switch (below(4)) {
	case 0:
		fdt_nop_property(dt, node, name);
		break;
	case 1:
		set_string(dt, node, name, values[below(COUNT(values))]);
		break;
	default:
		len = (int)LLVMFuzzerMutate(buf, len, sizeof(buf));
		fdt_setprop(dt, node, name, buf, len);
		break;
	}
}

static void edit(void *dt)
{
	int node = some_node(dt), child;

	if (node < 0)
		return;
	switch (below(8)) {
	case 0:
		if (node)
			fdt_del_node(dt, node);
		break;
	case 1:
		child = fdt_add_subnode(dt, node, names[below(COUNT(names))]);
		if (child >= 0)
			set_string(dt, child, "vdevice-type",
				   values[below(COUNT(values))]);
		break;
	case 2:
		set_string(dt, node, names[below(COUNT(names))],
			   values[below(COUNT(values))]);
		break;
	case 3:
		fdt_setprop_u32(dt, node, names[below(COUNT(names))],
				below(2) ? below(16) : state);
		break;
	default:
		edit_prop(dt, node);
		break;
	}
}

/**
 * LLVMFuzzerCustomMutator() - change a devicetree
 * @data: the devicetree
 * @size: its size
 * @max: room for it
 * @seed: of the random numbers
 *
 * Return: its new size
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	static uint64_t buf[ROOM / 8];
	struct scan scan;
	void *dt = buf;
	uint32_t n;

	state = seed | 1;
	memset(buf, 0, sizeof(buf));
	memcpy(buf, data, size < sizeof(buf) ? size : sizeof(buf));
	scan_tree(data, size, ROOM, &scan);
	/* libfdt expects a devicetree that is in order */
	if (!below(4) || size < 40 || size > sizeof(buf) || !scan.safe ||
	    fdt_check_header(dt) || fdt_open_into(dt, dt, sizeof(buf)))
		return LLVMFuzzerMutate(data, size, max);
	for (n = 1 + below(4); n; n--)
		edit(dt);
	if (fdt_pack(dt) || ((fdt_totalsize(dt) + 7) & ~7u) > max)
		return size;
	size = fdt_totalsize(dt);
	memset((uint8_t *)dt + size, 0, -size & 7);
	size += -size & 7;
	fdt_set_totalsize(dt, (uint32_t)size);
	memcpy(data, dt, size);
	return size;
}
