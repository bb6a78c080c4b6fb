// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM with demand paging, and the hypercalls about its memory
 */
#include "paging.h"

u16 vmid;
u32 handle;
u64 parcel = PARCEL;
u64 vcpu[2], space, extent[4];

/* The resource manager ---------------------------------------------------- */

/**
 * lend() - lend memory to the VM
 * @label: label
 * @base: address
 * @size: bytes
 *
 * Return: handle of the parcel
 */
u32 lend(u32 label, u64 base, u64 size)
{
	u8 msg[12 + 4 + 4 + 16 + 4] = { 0 };

	rm_put32(msg + 4, label);
	rm_put16(msg + 8, 1);
	rm_put16(msg + 12, vmid);
	msg[14] = RWX;
	rm_put16(msg + 16, 1);
	rm_put64(msg + 20, base);
	rm_put64(msg + 28, size);
	CHECK_EQ(rm_call(RM_MEM_LEND_ID, msg, sizeof(msg)), 0);
	return rm_get32(body);
}

/**
 * reclaim() - take a parcel back
 * @parcel_handle: its handle
 */
void reclaim(u32 parcel_handle)
{
	u8 msg[8] = { 0 };

	rm_put32(msg, parcel_handle);
	CHECK_EQ(rm_call(RM_MEM_RECLAIM_ID, msg, sizeof(msg)), 0);
}

static void lend_devicetree(void)
{
	memset((void *)parcel, 0, PARCEL_SIZE);
	memcpy((void *)parcel, vm_dtb, vm_dtb_end - vm_dtb);
	handle = lend(0, parcel, PARCEL_SIZE);
}

static void config_image(void)
{
	u8 msg[40] = { 0 };

	rm_put16(msg, vmid);
	rm_put32(msg + 4, handle);
	rm_put64(msg + 32, DT_SIZE);
	CHECK_EQ(rm_call(RM_VM_CONFIG_ID, msg, sizeof(msg)), 0);
}

static void set_paging(void)
{
	u8 msg[24] = { 0 };

	rm_put16(msg, vmid);
	rm_put32(msg + 4, 1);
	rm_put64(msg + 8, RAM);
	rm_put64(msg + 16, RAM_SIZE);
	CHECK_EQ(rm_call(RM_VM_SET_PAGING_ID, msg, sizeof(msg)), 0);
	rm_put32(msg + 4, RM_LAYOUT_IMAGE);
	rm_put64(msg + 8, PLACE);
	rm_put64(msg + 16, PARCEL_SIZE);
	CHECK_EQ(rm_call(RM_VM_SET_LAYOUT_ID, msg, sizeof(msg)), 0);
}

static void get_resources(void)
{
	CHECK_EQ(rm_call_vm(RM_VM_GET_RESOURCES_ID, vmid), 0);
	CHECK_EQ(rm_get32(body), 7);
	for (u32 i = 0; i < rm_get32(body); i++) {
		const u8 *e = body + 4 + RM_RES_ENTRY_SIZE * i;
		u32 label = rm_get32(e + 8);
		u64 cap = rm_get64(e + 12);

		if (e[0] == RM_RES_VCPU && label < 2)
			vcpu[label] = cap;
		else if (e[0] == RM_RES_ADDRSPACE && !label)
			space = cap;
		else if (e[0] == RM_RES_MEMEXTENT && label < 4)
			extent[label] = cap;
		else
			CHECK_EQ(e[0], 0xffff);
	}
}

/**
 * set_boot() - set a register that the VM starts with
 * @set: enum rm_boot_set
 * @index: register
 * @value: its value
 */
void set_boot(u8 set, u8 index, u64 value)
{
	u8 msg[16] = { 0 };

	rm_put16(msg, vmid);
	msg[2] = set;
	msg[3] = index;
	rm_put64(msg + 8, value);
	CHECK_EQ(rm_call(RM_VM_SET_BOOT_ID, msg, sizeof(msg)), 0);
}

/** make_vm() - a VM up to VM_INIT */
void make_vm(void)
{
	CHECK_EQ(rm_call_vm(RM_VM_ALLOC_ID, 0), 0);
	vmid = rm_get16(body);
	lend_devicetree();
	config_image();
	set_paging();
	CHECK_EQ(rm_call_vm(RM_VM_INIT_ID, vmid), 0);
	get_resources();
}

/** end_vm() - VM_RESET and all that follows */
void end_vm(void)
{
	CHECK_EQ(rm_call_vm(RM_VM_RESET_ID, vmid), 0);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, POOL, PAGE), 50);
	CHECK_EQ(wait_status(RM_STATE_RESET), 1);
	reclaim(handle);
	CHECK_EQ(rm_call_vm(RM_VM_DEALLOC_ID, vmid), 0);
}

/* The hypervisor ---------------------------------------------------------- */

/**
 * donate() - hypercall 0x61
 * @type: options
 * @from: label of an extent
 * @to: likewise
 * @offset: in both
 * @size: bytes
 *
 * Return: its error
 */
u64 donate(u64 type, u32 from, u32 to, u64 offset, u64 size)
{
	return gunyah_call(NR_DONATE, type, extent[from], extent[to], offset,
			   size, 0, 0);
}

/**
 * map() - hypercall 0x2b
 * @ext: label of an extent
 * @ipa: address in the VM
 * @attr: access and memory type
 * @flags: flags
 * @offset: in the extent
 * @size: bytes
 *
 * Return: its error
 */
u64 map(u32 ext, u64 ipa, u64 attr, u64 flags, u64 offset, u64 size)
{
	return gunyah_call(NR_MAP, space, extent[ext], ipa, attr, flags, offset,
			   size);
}

/**
 * unmap() - hypercall 0x2c
 * @ext: label of an extent
 * @ipa: address in the VM
 * @flags: flags
 * @offset: in the extent
 * @size: bytes
 *
 * Return: its error
 */
u64 unmap(u32 ext, u64 ipa, u64 flags, u64 offset, u64 size)
{
	return gunyah_call(NR_UNMAP, space, extent[ext], ipa, flags, offset,
			   size, 0);
}

/**
 * map_private() - map the page that belongs to an address
 * @ipa: address in the VM
 * @size: bytes
 * @rights: R 4, W 2, X 1
 *
 * Return: error of the hypercall
 */
u64 map_private(u64 ipa, u64 size, u64 rights)
{
	return map(0, ipa, attributes(rights), PARTIAL | PRIVATE, TO_POOL(ipa), size);
}

/**
 * provide() - what a driver does for a page fault
 * @ipa: address in the VM
 * @size: bytes
 * @rights: R 4, W 2, X 1
 */
void provide(u64 ipa, u64 size, u64 rights)
{
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, TO_POOL(ipa), size), 0);
	CHECK_EQ(map_private(ipa, size, rights), 0);
}
