// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware of protected VMs
 */
#include <libfdt.h>

#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL
#define CONFIG	"/gunyah-vm-config"

static uint32_t set_firmware(struct fake *f, uint16_t auth, uint32_t handle,
			     uint64_t offset, uint64_t size)
{
	uint8_t data[24] = { 0 };

	rm_put16(data, auth);
	rm_put32(data + 4, handle);
	rm_put64(data + 8, offset);
	rm_put64(data + 16, size);
	return call(f, RM_FW_SET_FIRMWARE_ID, data, 24);
}

static uint32_t set_fw_mem(struct fake *f, uint16_t vmid, uint32_t handle,
			   uint64_t offset, uint64_t size)
{
	uint8_t data[24] = { 0 };

	rm_put16(data, vmid);
	rm_put32(data + 4, handle);
	rm_put64(data + 8, offset);
	rm_put64(data + 16, size);
	return call(f, RM_VM_SET_FW_MEM_ID, data, 24);
}

static void firmware(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .auth = 2 };
	uint32_t image, plain;
	uint8_t data[24] = { 0 };

	/* Without firmware memory an Android VM does not start */
	CHECK_EQ(guest_start(f, &g), RM_ERR_DENIED);
	guest_remove(f, &g);

	CHECK_EQ(share(f, 255, 0, MEM, 2 * PAGE, &image), 0);
	*fake_mem(f, MEM + PAGE) = 0x42;
	g = (struct guest) { .auth = 2 };
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_fw_mem(f, g.vmid, g.image, 0x100000, 2 * PAGE), 3);
	CHECK_EQ(f->body_len, 4);
	CHECK_EQ(set_firmware(f, 0, image, 0, 2 * PAGE), 6);
	CHECK_EQ(set_firmware(f, 2, image, PAGE, PAGE), 6);
	CHECK_EQ(set_firmware(f, 2, 999, 0, PAGE), 7);
	CHECK_EQ(set_firmware(f, 2, g.image, 0, PAGE), 0xd);
	CHECK_EQ(set_firmware(f, 2, image, 0, 3 * PAGE), 6);
	CHECK_EQ(set_firmware(f, 2, image, 0, 2 * PAGE), 0);
	CHECK_EQ(set_firmware(f, 2, image, 0, 2 * PAGE), 3);

	rm_put16(data, g.vmid);
	data[2] = 1;
	CHECK_EQ(call(f, RM_VM_SET_FW_MEM_ID, data, 24), 4);
	CHECK_EQ(set_fw_mem(f, g.vmid, 999, 0, PAGE), 7);
	CHECK_EQ(set_fw_mem(f, g.vmid, image, 0, PAGE), 7);
	CHECK_EQ(set_fw_mem(f, g.vmid, g.image, 0x100000, IMAGE_SIZE), 6);
	CHECK_EQ(set_fw_mem(f, g.vmid, g.image, 0x100000, 2 * PAGE), 0);
	CHECK_EQ(f->body_len, 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 3);	/* milestone */
	guest_remove(f, &g);
	CHECK_EQ(call(f, RM_FW_MILESTONE_ID, "", 1), 4);
	CHECK_EQ(call(f, RM_FW_MILESTONE_ID, NULL, 0), 0);

	g = (struct guest) { .auth = 2 };
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_fw_mem(f, g.vmid, g.image, 0x100000, 2 * PAGE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, GUEST_BASE + 0x100000);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[0], GUEST_BASE + DT_OFFSET);
	CHECK_EQ(f->vm[128].vcpu[0].regs.x[1], GUEST_BASE);
	CHECK_EQ(*fake_mem(f, IMAGE_IPA + 0x100000 + PAGE), 0x42);
	guest_remove(f, &g);

	/* None but Android VMs have firmware */
	g = (struct guest) { .auth = 0 };
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_fw_mem(f, g.vmid, g.image, 0x100000, 2 * PAGE), 3);
	CHECK_EQ(lend(f, g.vmid, 1, MEM + 4 * PAGE, PAGE, &plain), 0);
	fake_free(f);
}

/* Firmware memory in a parcel of its own */
static void firmware_apart(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .auth = 2, .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];
	uint32_t image, mem;

	fdt_setprop_u64(g.dt, fdt_path_offset(g.dt, CONFIG "/memory"),
			"firmware-address", 0x70000000);
	CHECK_EQ(share(f, 255, 0, MEM, PAGE, &image), 0);
	*fake_mem(f, MEM) = 0x42;
	CHECK_EQ(set_firmware(f, 2, image, 0, PAGE), 0);
	CHECK_EQ(call(f, RM_FW_MILESTONE_ID, NULL, 0), 0);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(lend(f, g.vmid, 9, MEM + 8 * PAGE, 4 * PAGE, &mem), 0);
	CHECK_EQ(set_fw_mem(f, g.vmid, mem, PAGE, PAGE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK(fake_mapped(f, g.vmid, 0x70000000, MEM + 8 * PAGE));
	CHECK_EQ(f->vm[128].vcpu[0].regs.pc, 0x70001000);
	CHECK_EQ(*fake_mem(f, MEM + 9 * PAGE), 0x42);
	guest_dt(f, &g, dt);
	CELLS(dt, "/memory", "reg", 0, 0x80000000, 0, 0x200000);
	LIST(dt, "/reserved-memory/firmware@70001000", "compatible",
	     "qcom,vm-firmware");
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, mem), 0);
	CHECK_EQ(reclaim(f, image), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/**
 * struct fw_row - what is wrong with the firmware, or with where it should go
 * @name: name of the case
 * @share: the parcel is shared, not lent
 * @donate: it is donated
 * @rights: rights of the VM
 * @pages: pages of the firmware memory's parcel
 * @address: firmware-address
 * @size_max: firmware-size-max; 0: not given
 * @size: size of the firmware memory
 * @reclaim_mem: the parcel is reclaimed before the start
 * @reclaim_image: the registered image is
 * @two_boot_cpus: there are two boot CPUs
 * @err: of VM_START
 */
struct fw_row {
	const char *name;
	bool share;
	bool donate;
	uint8_t rights;
	unsigned int pages;
	uint64_t address;
	uint64_t size_max;
	uint64_t size;
	bool reclaim_mem;
	bool reclaim_image;
	bool two_boot_cpus;
	uint32_t err;
};

#define FW_AT	0x70000000ULL

static const struct fw_row fw_rows[] = {
	{ "firmware", false, false, 7, 4, FW_AT, 0, PAGE, .err = 0 },
	{ "firmware, shared", true, false, 7, 4, FW_AT, 0, PAGE, .err = 2 },
	{ "firmware, donated", false, true, 7, 4, FW_AT, 0, PAGE, .err = 2 },
	{ "firmware, not executable", false, false, 6, 4, FW_AT, 0, PAGE, .err = 2 },
	{ "firmware, size-max fits", false, false, 7, 4, FW_AT, 4 * PAGE, PAGE,
	  .err = 0 },
	{ "firmware, size-max", false, false, 7, 4, FW_AT, 3 * PAGE, PAGE, .err = 2 },
	{ "firmware in the image", false, false, 7, 4, GUEST_BASE, 0, PAGE, .err = 2 },
	{ "firmware in the VMMIO range", false, false, 7, 4, 0x10000000, 0, PAGE,
	  .err = 2 },
	{ "firmware at the end of all", false, false, 7, 4, 0xfffffffffffff000, 0,
	  PAGE, .err = 2 },
	{ "firmware memory reclaimed", false, false, 7, 4, FW_AT, 0, PAGE,
	  .reclaim_mem = true, .err = 2 },
	{ "firmware image reclaimed", false, false, 7, 4, FW_AT, 0, PAGE,
	  .reclaim_image = true, .err = 3 },
	{ "firmware, two boot cpus", false, false, 7, 4, FW_AT, 0, PAGE,
	  .two_boot_cpus = true, .err = 2 },
};

static void fw_row(const struct fw_row *row)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .auth = 2, .dt = dt_base() };
	struct region r = { MEM + 8 * PAGE, row->pages * PAGE };
	struct create c = {
		.id = row->share ? RM_MEM_SHARE_ID : row->donate ?
		      RM_MEM_DONATE_ID : RM_MEM_LEND_ID, .label = 9,
		.nacl = row->share ? 2 : 1,
		.acl = { { 128, row->rights }, { 3, 7 } }, .nsgl = 1, .sgl = &r,
	};
	int n = fdt_path_offset(g.dt, CONFIG "/memory");
	uint32_t image, mem;

	begin_case(row->name);
	CHECK_EQ(fdt_setprop_u64(g.dt, n, "firmware-address", row->address), 0);
	if (row->size_max)
		CHECK_EQ(fdt_setprop_u64(g.dt, n, "firmware-size-max",
					 row->size_max), 0);
	if (row->two_boot_cpus) {
		dt_set_cpus(g.dt, 2, true);
		n = fdt_path_offset(g.dt, "/cpus/cpu@1");
		CHECK_EQ(fdt_setprop_string(g.dt, n, "status", "okay"), 0);
	}
	CHECK_EQ(share(f, 255, 0, MEM, PAGE, &image), 0);
	CHECK_EQ(set_firmware(f, 2, image, 0, PAGE), 0);
	CHECK_EQ(call(f, RM_FW_MILESTONE_ID, NULL, 0), 0);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(create(f, &c, &mem), 0);
	CHECK_EQ(set_fw_mem(f, g.vmid, mem, 0, row->size), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	if (row->reclaim_mem)
		CHECK_EQ(reclaim(f, mem), 0);
	if (row->reclaim_image)
		CHECK_EQ(reclaim(f, image), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), row->err);
	CHECK_EQ(vm_state(f, g.vmid), row->err ? RM_STATE_INIT_FAILED :
						 RM_STATE_RUNNING);
	guest_remove(f, &g);
	if (!row->reclaim_mem)
		CHECK_EQ(reclaim(f, mem), 0);
	if (!row->reclaim_image)
		CHECK_EQ(reclaim(f, image), 0);
	CHECK_EQ(f->heap, 0);
	CHECK_EQ(f->taken, 0);
	fake_free(f);
	end_case();
}

/* Firmware that is larger than the memory for it */
static void firmware_too_large(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .auth = 2 };
	uint32_t image;

	CHECK_EQ(share(f, 255, 0, MEM, 2 * PAGE, &image), 0);
	CHECK_EQ(set_firmware(f, 2, image, 0, 2 * PAGE), 0);
	CHECK_EQ(call(f, RM_FW_MILESTONE_ID, NULL, 0), 0);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(set_fw_mem(f, g.vmid, g.image, 0x100000, PAGE), 0);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), RM_ERR_DENIED);
	CHECK(!f->vm[128].vcpu[0].on);
	guest_remove(f, &g);
	fake_free(f);
}

/* An image that was there before the host */
static void firmware_of_boot_loader(void)
{
	static uint8_t image[PAGE + 8];
	struct rm_config config = {
		.firmware = image, .firmware_size = sizeof(image),
		.host_name = "HLOS",
	};
	bool milestone;
	int i;

	image[0] = 0x42;
	image[PAGE + 7] = 0x43;
	for (i = 0; i < 2; i++) {
		struct guest g = { .auth = 2 };
		uint32_t parcel;
		struct fake *f;

		milestone = i;
		config.milestone = milestone;
		f = fake_new(&config);
		CHECK_EQ(share(f, 255, 0, MEM, PAGE, &parcel), 0);
		CHECK_EQ(set_firmware(f, 2, parcel, 0, PAGE), 3);
		CHECK_EQ(guest_config(f, &g), 0);
		CHECK_EQ(set_fw_mem(f, g.vmid, g.image, 0x100000, 2 * PAGE), 0);
		CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
		*fake_mem(f, IMAGE_IPA + 0x101008) = 0x44;
		CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), milestone ? 0 : 3);
		CHECK_EQ(f->vm[128].vcpu[0].on, milestone);
		if (milestone) {
			CHECK_EQ(*fake_mem(f, IMAGE_IPA + 0x100000), 0x42);
			CHECK_EQ(*fake_mem(f, IMAGE_IPA + 0x101007), 0x43);
		}
		CHECK_EQ(*fake_mem(f, IMAGE_IPA + 0x101008), 0x44);
		guest_remove(f, &g);
		fake_free(f);
	}
}

/** test_firmware() - firmware of protected VMs */
void test_firmware(void)
{
	RUN(firmware);
	RUN(firmware_apart);
	RUN(firmware_too_large);
	RUN(firmware_of_boot_loader);
	TABLE(fw_rows, fw_row);
}
