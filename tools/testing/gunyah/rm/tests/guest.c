// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests and their devicetrees
 */
#include <libfdt.h>

#include "fake.h"

/* Devicetrees ----------------------------------------------------------- */

#define OK(x)	do { if ((x) < 0) { printf("libfdt: %s\n", #x); abort(); } } while (0)

/**
 * dt_base() - make a devicetree with which a VM starts
 *
 * Return: devicetree for free(): one vCPU, scheduled by its owner
 */
void *dt_base(void)
{
	void *dt = calloc(1, DT_CAPACITY);
	const uint32_t gic_reg[8] = {
		0, cpu_to_fdt32(0x3fff0000), 0, cpu_to_fdt32(0x10000),
		0, cpu_to_fdt32(0x3fd00000), 0, cpu_to_fdt32(0x100000),
	};

	OK(fdt_create(dt, DT_CAPACITY));
	OK(fdt_finish_reservemap(dt));
	OK(fdt_begin_node(dt, ""));
	OK(fdt_property_u32(dt, "#address-cells", 2));
	OK(fdt_property_u32(dt, "#size-cells", 2));
	OK(fdt_property_u32(dt, "interrupt-parent", 1));
	OK(fdt_begin_node(dt, "chosen"));
	OK(fdt_end_node(dt));
	OK(fdt_begin_node(dt, "cpus"));
	OK(fdt_property_u32(dt, "#address-cells", 1));
	OK(fdt_property_u32(dt, "#size-cells", 0));
	OK(fdt_begin_node(dt, "cpu@0"));
	OK(fdt_property_string(dt, "device_type", "cpu"));
	OK(fdt_property_u32(dt, "reg", 0));
	OK(fdt_end_node(dt));
	OK(fdt_end_node(dt));
	OK(fdt_begin_node(dt, "intc"));
	OK(fdt_property_string(dt, "compatible", "arm,gic-v3"));
	OK(fdt_property(dt, "interrupt-controller", "", 0));
	OK(fdt_property_u32(dt, "#interrupt-cells", 3));
	OK(fdt_property(dt, "reg", gic_reg, sizeof(gic_reg)));
	OK(fdt_property_u32(dt, "phandle", 1));
	OK(fdt_end_node(dt));
	OK(fdt_begin_node(dt, "gunyah-vm-config"));
	OK(fdt_property_string(dt, "image-name", "test-vm"));
	OK(fdt_begin_node(dt, "memory"));
	OK(fdt_property_u32(dt, "#address-cells", 2));
	OK(fdt_property_u32(dt, "#size-cells", 2));
	OK(fdt_property_u64(dt, "base-address", GUEST_BASE));
	OK(fdt_end_node(dt));
	OK(fdt_begin_node(dt, "interrupts"));
	OK(fdt_property_string(dt, "config", "/intc"));
	OK(fdt_end_node(dt));
	OK(fdt_begin_node(dt, "vcpus"));
	OK(fdt_property_string(dt, "affinity", "proxy"));
	OK(fdt_end_node(dt));
	OK(fdt_begin_node(dt, "vdevices"));
	OK(fdt_end_node(dt));
	OK(fdt_end_node(dt));
	OK(fdt_end_node(dt));
	OK(fdt_finish(dt));
	OK(fdt_open_into(dt, dt, DT_CAPACITY));
	return dt;
}

/**
 * dt_vdev() - add a virtual device
 * @dt: devicetree with room to grow
 * @name: name of its node
 * @type: its type
 *
 * Return: its node
 */
int dt_vdev(void *dt, const char *name, const char *type)
{
	int parent = fdt_path_offset(dt, "/gunyah-vm-config/vdevices");
	int node = fdt_add_subnode(dt, parent, name);

	OK(node);
	OK(fdt_setprop_string(dt, node, "vdevice-type", type));
	OK(fdt_setprop_empty(dt, node, "peer-default"));
	return node;
}

/**
 * dt_add_bell() - add a doorbell
 * @dt: devicetree with room to grow
 * @name: name of its node
 * @label: label
 * @spi: its interrupt
 * @type: type of that
 */
void dt_add_bell(void *dt, const char *name, uint32_t label, uint32_t spi,
		 uint32_t type)
{
	int node = dt_vdev(dt, name, "doorbell");
	char path[64];

	snprintf(path, sizeof(path), "/hypervisor/%s", name);
	OK(fdt_setprop_string(dt, node, "generate", path));
	OK(fdt_setprop_u32(dt, node, "label", label));
	OK(fdt_setprop_empty(dt, node, "source-can-clear"));
	OK(fdt_appendprop_u32(dt, node, "interrupts", 0));
	OK(fdt_appendprop_u32(dt, node, "interrupts", spi));
	OK(fdt_appendprop_u32(dt, node, "interrupts", type));
}

/**
 * dt_add_rpc() - add a channel to the resource manager
 * @dt: devicetree with room to grow
 * @console: it is a console too
 */
void dt_add_rpc(void *dt, bool console)
{
	int node = dt_vdev(dt, "rm-rpc", "rm-rpc");

	OK(fdt_setprop_string(dt, node, "generate",
			      "/hypervisor/qcom,resource-mgr"));
	if (console)
		OK(fdt_setprop_empty(dt, node, "console-dev"));
}

/**
 * dt_add_shm() - add a shared memory device
 * @dt: devicetree with room to grow
 * @name: name of its node
 * @label: label
 * @base: address; 0: to be chosen
 */
void dt_add_shm(void *dt, const char *name, uint32_t label, uint64_t base)
{
	int node = dt_vdev(dt, name, "shm"), mem;

	OK(fdt_setprop_u64(dt, node, "dma_base", 0));
	mem = fdt_add_subnode(dt, node, "memory");
	OK(mem);
	OK(fdt_setprop_u32(dt, mem, "label", label));
	OK(fdt_setprop_u32(dt, mem, "#address-cells", 2));
	if (base)
		OK(fdt_setprop_u64(dt, mem, "base", base));
	else
		OK(fdt_setprop_empty(dt, mem, "allocate-base"));
}

/**
 * dt_set_cpus() - make cpu nodes besides the first
 * @dt: devicetree with room to grow
 * @n: how many there shall be
 * @psci: how the others start
 */
void dt_set_cpus(void *dt, unsigned int n, bool psci)
{
	unsigned int i;
	char name[16];
	int node;

	for (i = n - 1; i; i--) {
		snprintf(name, sizeof(name), "cpu@%x", i);
		node = fdt_add_subnode(dt, fdt_path_offset(dt, "/cpus"), name);
		OK(node);
		OK(fdt_setprop_string(dt, node, "device_type", "cpu"));
		OK(fdt_setprop_u32(dt, node, "reg", i));
		OK(fdt_setprop_string(dt, node, "enable-method",
				      psci ? "psci" : "qcom,gunyah-hvc"));
	}
	/* Nodes are added in front: put cpu@0 there too, anew */
	if (n > 1) {
		OK(fdt_del_node(dt, fdt_path_offset(dt, "/cpus/cpu@0")));
		node = fdt_add_subnode(dt, fdt_path_offset(dt, "/cpus"),
				       "cpu@0");
		OK(fdt_setprop_string(dt, node, "device_type", "cpu"));
		OK(fdt_setprop_u32(dt, node, "reg", 0));
	}
}

/**
 * dt_make_static() - let the hypervisor schedule the VM, vCPU i on CPU i + 1
 * @dt: devicetree with room to grow
 * @n: number of vCPUs
 */
void dt_make_static(void *dt, unsigned int n)
{
	int node = fdt_path_offset(dt, "/gunyah-vm-config/vcpus");
	unsigned int i;

	OK(fdt_setprop_string(dt, node, "affinity", "static"));
	for (i = 0; i < n; i++)
		OK(fdt_appendprop_u32(dt, node, "affinity-map", i + 1));
	OK(fdt_setprop_u32(dt, node, "sched-timeslice", 5000));
	OK(fdt_setprop_u32(dt, node, "sched-priority", (uint32_t)-1));
}

/**
 * dt_finish() - take away the room to grow
 * @dt: devicetree
 *
 * Its size becomes a multiple of 8, as the published resource manager wants it.
 */
void dt_finish(void *dt)
{
	uint32_t size;

	OK(fdt_pack(dt));
	size = fdt_totalsize(dt);
	memset((char *)dt + size, 0, -size & 7);
	fdt_set_totalsize(dt, size + (-size & 7));
}

/* Guests ---------------------------------------------------------------- */

static uint64_t image_ipa(const struct guest *g)
{
	return g->image_ipa ? g->image_ipa : IMAGE_IPA;
}

/**
 * guest_load() - allocate a VMID, put the devicetree in place, lend the image
 * @f: test fixture
 * @g: the guest
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t guest_load(struct fake *f, struct guest *g)
{
	uint32_t err;

	if (!g->vmid) {
		err = alloc_vmid(f, 0, &g->vmid);
		if (err)
			return err;
	}
	if (!g->dt)
		g->dt = dt_base();
	fake_write(f, image_ipa(g) + DT_OFFSET, g->dt, fdt_totalsize(g->dt) <
		   DT_CAPACITY ? fdt_totalsize(g->dt) : DT_CAPACITY);
	free(g->dt);
	g->dt = NULL;
	if (g->share_image)
		return share(f, g->vmid, g->label, image_ipa(g), IMAGE_SIZE,
			     &g->image);
	return lend(f, g->vmid, g->label, image_ipa(g), IMAGE_SIZE, &g->image);
}

/**
 * guest_config() - guest_load(), and all up to the state INIT
 * @f: test fixture
 * @g: the guest
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t guest_config(struct fake *f, struct guest *g)
{
	uint32_t err;

	/* Room for what is added: the blob is smaller than what it may become */
	if (!g->dt)
		g->dt = dt_base();
	dt_finish(g->dt);
	err = guest_load(f, g);
	if (err)
		return err;
	err = config_image(f, g->vmid, g->auth, g->image, DT_OFFSET,
			   g->dt_size ? g->dt_size : DT_SIZE);
	if (!err && g->auth == RM_AUTH_PLATFORM)
		err = call_vm(f, RM_VM_AUTH_ID, g->vmid);
	return err;
}

/**
 * guest_init() - guest_config(), and VM_INIT
 * @f: test fixture
 * @g: the guest
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t guest_init(struct fake *f, struct guest *g)
{
	uint32_t err = guest_config(f, g);

	return err ? err : call_vm(f, RM_VM_INIT_ID, g->vmid);
}

/**
 * guest_start() - guest_init(), and VM_START
 * @f: test fixture
 * @g: the guest
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t guest_start(struct fake *f, struct guest *g)
{
	uint32_t err = guest_init(f, g);

	return err ? err : call_vm(f, RM_VM_START_ID, g->vmid);
}

/**
 * guest_reset() - VM_RESET, to its end
 * @f: test fixture
 * @g: the guest
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t guest_reset(struct fake *f, struct guest *g)
{
	uint32_t err = call_vm(f, RM_VM_RESET_ID, g->vmid);

	work(f);
	return err;
}

/**
 * guest_remove() - bring a guest from any state that can be reset to nothing
 * @f: test fixture
 * @g: the guest
 */
void guest_remove(struct fake *f, struct guest *g)
{
	if (vm_state(f, g->vmid) == RM_STATE_RUNNING)
		CHECK_EQ(stop(f, g->vmid, 1), 0);
	CHECK_EQ(guest_reset(f, g), 0);
	CHECK_EQ(vm_state(f, g->vmid), RM_STATE_RESET);
	CHECK_EQ(reclaim(f, g->image), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g->vmid), 0);
}

/**
 * guest_dt() - read the devicetree as the guest finds it
 * @f: test fixture
 * @g: the guest
 * @buf: DT_CAPACITY bytes
 *
 * Return: @buf
 */
const void *guest_dt(struct fake *f, const struct guest *g, void *buf)
{
	fake_read(f, image_ipa(g) + DT_OFFSET, buf, DT_CAPACITY);
	CHECK(!fdt_check_header(buf));
	return buf;
}

/* What is in a devicetree ----------------------------------------------- */

/**
 * node_at() - find a node that must be there
 * @dt: devicetree
 * @path: path of the node
 *
 * Return: node
 */
int node_at(const void *dt, const char *path)
{
	int node = fdt_path_offset(dt, path);

	if (node < 0)
		printf("%s: no node %s\n", case_name, path);
	CHECK(node >= 0);
	return node;
}

/**
 * prop_is() - compare a property
 * @dt: devicetree
 * @path: path of the node
 * @name: name of the property
 * @value: what it should be
 * @len: length
 *
 * Return: true if it is equal
 */
bool prop_is(const void *dt, const char *path, const char *name,
	     const void *value, size_t len)
{
	int n;
	const void *p = fdt_getprop(dt, node_at(dt, path), name, &n);

	return p && (size_t)n == len && !memcmp(p, value, len);
}

/**
 * cells_are() - compare a property that consists of cells
 * @dt: devicetree
 * @path: path of the node
 * @name: name of the property
 * @count: how many
 * @cells: what they should be
 *
 * Return: true if it is equal
 */
bool cells_are(const void *dt, const char *path, const char *name,
	       unsigned int count, const uint32_t *cells)
{
	uint32_t be[16];
	unsigned int i;

	for (i = 0; i < count; i++)
		be[i] = cpu_to_fdt32(cells[i]);
	return prop_is(dt, path, name, be, 4 * count);
}
