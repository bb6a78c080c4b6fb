// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM with demand paging runs: which accesses wait for its owner, how they go on,
 * and how it ends
 */
#include "paging.h"

static u64 state, data[3];

static u64 run_with(u32 index, u64 value, u64 action, u64 more)
{
	u64 err;

	do {
		err = gunyah_call(NR_RUN, vcpu[index], value, action, more, 0, 0,
				  0);
		state = result[1];
		memcpy(data, result + 2, sizeof(data));
		value = 0;
		action = 0;
		more = 0;
	} while (!err && state == READY);
	return err;
}

#define RUN(index, value, action, want, first, second)			\
	do {								\
		CHECK_EQ(run_with(index, value, action, 0), 0);		\
		CHECK_EQ(state, want);					\
		CHECK_EQ(data[0], first);				\
		CHECK_EQ(data[1], second);				\
	} while (0)

#define FAULT(ipa, write)	RUN(0, 0, HANDLED, PAGE_FAULT, ipa, write)
#define SAID(value)							\
	do {								\
		RUN(0, 0, HANDLED, MMIO_WRITE, REPORT, 8);		\
		CHECK_EQ(data[2], value);				\
	} while (0)

/* A syndrome and an address, after an abort */
#define ABORTED(far)							\
	do {								\
		RUN(0, 0, HANDLED, MMIO_WRITE, REPORT, 8);		\
		CHECK_EQ(data[2] & 0x3f, SEA);				\
		SAID(far);						\
		SAID(0xdead);						\
	} while (0)

/* Which accesses wait for the host, and how they go on ----------------------- */

static void check_resume_data(void)
{
	u64 hint[3] = { state, data[0], data[1] };

	CHECK_EQ(run_with(0, 1, HANDLED, 0), 1);
	CHECK_EQ(run_with(0, 0, INJECT + 1, 0), 1);
	CHECK_EQ(run_with(0, 0, HANDLED, 1), 1);
	RUN(0, 0, RETRY, hint[0], hint[1], hint[2]);
	RUN(0, 0, HANDLED, hint[0], hint[1], hint[2]);
}

static void check_start(void)
{
	begin("first instruction");
	memset((void *)POOL, 0, RAM_SIZE);
	memcpy((void *)POOL, guest_code, guest_code_end - guest_code);
	write64(TO_POOL(RAM + 0x10008), 0xa1);
	write64(TO_POOL(RAM + 0x12ff8), 0xb1);
	write64(TO_POOL(RAM + 0x13000), 0xb2);
	memcpy((void *)TO_POOL(RAM + 0x20000), guest_far,
	       guest_far_end - guest_far);
	write64(TO_POOL(RAM + 0x400000), 0xc1);
	write64(TO_POOL(RAM + 0x401000), 0xc2);
	write64(TO_POOL(RAM + 0x5ff000), 0xc3);
	write64(TO_POOL(RAM + 0x19ff8), 0x1122334455667788);
	write64(TO_POOL(RAM + 0x1a000), 0x99aabbccddeeff00);
	/* The guest's tables: two blocks of 1 GiB */
	write64(TO_POOL(RAM + 0x30000), 0x701);
	write64(TO_POOL(RAM + 0x30010), RAM | 0x701);

	set_boot(RM_BOOT_PC, 0, RAM);
	CHECK_EQ(rm_call_vm(RM_VM_START_ID, vmid), 0);
	/* The parcel's pages are taken, and are no pages of the extent */
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, TO_POOL(PLACE), PAGE), 0);
	CHECK_EQ(map_private(PLACE, PAGE, RWX), 200);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, TO_POOL(PLACE), PAGE), 0);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, PARCEL, PAGE), 111);

	CHECK_EQ(run_with(0, 0, RETRY, 0), 1);
	FAULT(RAM, 0);
	check_resume_data();
	provide(RAM, PAGE, RX);
	SAID(0);
}

static void check_accesses(void)
{
	begin("loads and stores");
	FAULT(RAM + 0x10008, 0);
	/* The second vCPU, in the same place */
	RUN(1, 0, HANDLED, PAGE_FAULT, RAM + 0x10008, 0);
	provide(RAM + 0x10000, PAGE, RWX);
	RUN(1, 0, RETRY, MMIO_WRITE, REPORT, 8);
	CHECK_EQ(data[2], 0xa1);
	SAID(0xa1);
	FAULT(RAM + 0x11010, 1);
	provide(RAM + 0x11000, PAGE, RWX);
	SAID(0x1234);

	begin("pairs");
	FAULT(RAM + 0x12ff8, 0);
	provide(RAM + 0x12000, PAGE, RWX);
	FAULT(RAM + 0x13000, 0);
	provide(RAM + 0x13000, PAGE, RWX);
	SAID(0xb1);
	SAID(0xb2);
	FAULT(RAM + 0x14ff8, 1);
	provide(RAM + 0x14000, PAGE, RWX);
	FAULT(RAM + 0x15000, 1);
	provide(RAM + 0x15000, PAGE, RWX);
	SAID(0xb2);

	begin("instruction fetch");
	FAULT(RAM + 0x20000, 0);
	provide(RAM + 0x20000, PAGE, RX);
	SAID(0x77);
}

static void check_actions(void)
{
	begin("an abort instead of a page");
	FAULT(RAM + 0x21000, 0);
	RUN(0, 0, INJECT, MMIO_WRITE, REPORT, 8);
	CHECK_EQ(data[2], 0x96000010);
	SAID(RAM + 0x21000);
	SAID(0xdead);

	begin("actions for devices");
	RUN(0, 0, HANDLED, MMIO_READ, 0x20000000, 8);
	CHECK_EQ(run_with(0, 5, RETRY, 0), 1);
	RUN(0, 0, RETRY, MMIO_READ, 0x20000000, 8);
	RUN(0, 0x5566, HANDLED, MMIO_WRITE, REPORT, 8);
	CHECK_EQ(data[2], 0x5566);
	RUN(0, 0, HANDLED, MMIO_READ, 0x20000004, 4);
	RUN(0, 0, INJECT, MMIO_WRITE, REPORT, 8);
	CHECK_EQ(data[2], 0x96000010);
	SAID(0x20000004);
	SAID(0xdead);
	RUN(0, 0, HANDLED, MMIO_WRITE, 0x20000000, 8);
	CHECK_EQ(data[2], REPORT);
	RUN(0, 0, INJECT, MMIO_WRITE, REPORT, 8);
	CHECK_EQ(data[2], 0x96000050);
	SAID(0x20000000);
	SAID(0xdead);
}

static void check_shared_access(void)
{
	u64 page = POOL + RAM_SIZE;

	begin("access to shared memory");
	RUN(0, 0, HANDLED, MMIO_READ, 0x30000000, 8);
	CHECK_EQ(donate(SIBLING, 1, 3, page, PAGE), 0);
	CHECK_EQ(map(3, 0x30000000, attributes(RWX), PARTIAL | VMMIO, page, PAGE), 0);
	write64(page, 0xd1);
	RUN(0, 0, RETRY, MMIO_WRITE, REPORT, 8);
	CHECK_EQ(data[2], 0xd1);
	SAID(REPORT);
	CHECK_EQ(read64(page + 8), REPORT);

	begin("rights");
	FAULT(RAM + 0x22000, 0);
	provide(RAM + 0x22000, PAGE, RO);
	SAID(0);
	ABORTED(RAM + 0x22000);
	begin("outside of all ranges");
	ABORTED(RAM + 0x10000000);
}

static void check_block_access(void)
{
	u64 ipa = RAM + 0x400000;

	begin("access to a block");
	FAULT(ipa, 0);
	provide(ipa, BLOCK, RWX);
	SAID(0xc1);
	SAID(0xc3);
	CHECK_EQ(unmap(0, ipa + PAGE, PARTIAL, TO_POOL(ipa) + PAGE, PAGE), 0);
	FAULT(ipa + PAGE, 0);
	CHECK_EQ(map_private(ipa + PAGE, PAGE, RWX), 0);
	SAID(0xc2);

	begin("walk of the guest's tables");
	FAULT(RAM + 0x30000, 0);
	RUN(0, 0, RETRY, PAGE_FAULT, RAM + 0x30000, 0);
	provide(RAM + 0x30000, PAGE, RWX);
	RUN(0, 0, HANDLED, MMIO_WRITE, REPORT, 8);
	begin("unaligned access");
	FAULT(RAM + 0x19ffd, 0);
	provide(RAM + 0x19000, PAGE, RWX);
	FAULT(RAM + 0x1a000, 0);
	provide(RAM + 0x1a000, PAGE, RWX);
	SAID(0xccddeeff00112233);
	FAULT(RAM + 0x1c000, 1);
	provide(RAM + 0x1c000, PAGE, RWX);
	SAID(RAM + 0x1c000);
}

/* Each page that the VM has of its range */
static void take_private(void)
{
	for (u64 at = 0; at < RAM_SIZE; at += PAGE) {
		u64 err = donate(FROM_PROTECTED, 0, 2, POOL + at, PAGE);

		CHECK_EQ(err && err != 111, 0);
	}
}

static void remove_vm(void)
{
	end_vm();
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_LENT), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_SHARED), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 0);
	CHECK_EQ(testctl(GH_TESTCTL_CAPS), 2);
	CHECK_EQ(testctl(GH_TESTCTL_VMS), 0);
}

static void check_end(void)
{
	u64 lent = testctl(GH_TESTCTL_PAGES_LENT), pages;

	begin("end");
	CHECK_EQ(run_with(0, 0, HANDLED, 0), 0);
	CHECK_EQ(state, POWERED_OFF);
	CHECK_EQ(wait_status(RM_STATE_EXITED), 1);
	pages = testctl(GH_TESTCTL_PAGES_DONATED);
	CHECK_EQ(rm_call_vm(RM_VM_RESET_ID, vmid), RM_ERR_MEM_INUSE);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), pages);

	take_private();
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), 1);
	CHECK_EQ(rm_call_vm(RM_VM_RESET_ID, vmid), RM_ERR_MEM_INUSE);
	CHECK_EQ(donate(SIBLING, 3, 1, POOL + RAM_SIZE, PAGE), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_LENT), PARCEL_SIZE / PAGE);
	CHECK_EQ(lent > PARCEL_SIZE / PAGE, 1);
	CHECK_EQ(read64(TO_POOL(RAM + 0x11010)), 0x1234);

	remove_vm();
}

/* A second VM, whose exceptions end in a page that is not there */
static void start_lost(void)
{
	make_vm();
	memcpy((void *)POOL, guest_lost, guest_lost_end - guest_lost);
	set_boot(RM_BOOT_PC, 0, RAM);
	CHECK_EQ(rm_call_vm(RM_VM_START_ID, vmid), 0);
	FAULT(RAM, 0);
}

static void check_stop(void)
{
	u8 msg[8] = { 0 };

	begin("stopped while it waits");
	start_lost();
	rm_put16(msg, vmid);
	msg[2] = 1;
	CHECK_EQ(rm_call(RM_VM_STOP_ID, msg, sizeof(msg)), 0);
	/* The answer comes late: that is no mistake, but only once */
	CHECK_EQ(run_with(0, 0, INJECT, 0), 0);
	CHECK_EQ(run_with(0, 0, RETRY, 0), 1);
	CHECK_EQ(run_with(0, 0, HANDLED, 0), 0);
	CHECK_EQ(state, POWERED_OFF);
	CHECK_EQ(data[0], 1);
	remove_vm();
}

static void check_lost(void)
{
	begin("an abort that has no vector");
	start_lost();
	provide(RAM, PAGE, RX);
	FAULT(RAM + 0x40200, 0);
	CHECK_EQ(run_with(0, 0, INJECT, 0), 0);
	CHECK_EQ(state, FAULTED);
	CHECK_EQ(wait_status(RM_STATE_EXITED), 1);
	take_private();
	remove_vm();
}

static void check_never_ran(void)
{
	begin("pages of a VM that never ran");
	make_vm();
	provide(RAM, BLOCK, RWX);
	CHECK_EQ(rm_call_vm(RM_VM_RESET_ID, vmid), RM_ERR_MEM_INUSE);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, POOL, BLOCK), 0);
	remove_vm();
}

/* Nothing of one VM can be used for another */
static void check_two(void)
{
	u64 other_space, other_extent[4], other_vcpu[2];
	u16 other_vmid;
	u32 other_handle;

	begin("two VMs");
	make_vm();
	other_vmid = vmid;
	other_handle = handle;
	other_space = space;
	memcpy(other_extent, extent, sizeof(extent));
	memcpy(other_vcpu, vcpu, sizeof(vcpu));
	parcel += PARCEL_SIZE;
	make_vm();
	provide(RAM, PAGE, RWX);
	CHECK_EQ(gunyah_call(NR_DONATE, TO_PROTECTED, other_extent[2],
			     extent[0], POOL + PAGE, PAGE, 0, 0), 121);
	CHECK_EQ(gunyah_call(NR_DONATE, FROM_PROTECTED, other_extent[0],
			     other_extent[2], POOL, PAGE, 0, 0), 111);
	CHECK_EQ(gunyah_call(NR_MAP, other_space, extent[0], RAM,
			     attributes(RWX), PARTIAL | PRIVATE, POOL, PAGE),
		 30);
	CHECK_EQ(gunyah_call(NR_UNMAP, other_space, extent[0], RAM,
			     PARTIAL, POOL, PAGE, 0), 30);
	CHECK_EQ(gunyah_call(NR_MAP, other_space, other_extent[0], RAM,
			     attributes(RWX), PARTIAL | PRIVATE, POOL, PAGE),
		 111);
	take_private();
	end_vm();
	parcel -= PARCEL_SIZE;
	vmid = other_vmid;
	handle = other_handle;
	memcpy(extent, other_extent, sizeof(extent));
	memcpy(vcpu, other_vcpu, sizeof(vcpu));
	remove_vm();
}

/* The resource manager cannot put a parcel where the host shares a page */
static void check_collision(void)
{
	u32 shm;

	begin("a parcel and a page at the same address");
	make_vm();
	CHECK_EQ(donate(SIBLING, 1, 3, POOL, PAGE), 0);
	CHECK_EQ(map(3, SHM, attributes(RWX), PARTIAL | VMMIO, POOL, PAGE), 0);
	shm = lend(SHM_LABEL, POOL + BLOCK, PAGE);
	CHECK_EQ(rm_call_vm(RM_VM_START_ID, vmid), RM_ERR_NORESOURCE);
	CHECK_EQ(donate(SIBLING, 3, 1, POOL, PAGE), 0);
	end_vm();
	reclaim(shm);
}

/** host_test() - all of it, once */
void host_test(void)
{
	begin("a VM with demand paging");
	make_vm();
	check_calls();
	check_start();
	check_accesses();
	check_actions();
	check_shared_access();
	check_block_access();
	check_end();
	check_stop();
	check_lost();
	check_never_ran();
	check_two();
	check_collision();
}
