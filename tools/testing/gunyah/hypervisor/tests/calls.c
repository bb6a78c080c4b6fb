// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about the memory of a VM that does not run yet: arguments, errors,
 * what they change
 */
#include "paging.h"

static void check_bad_donate(void)
{
	u64 lent = testctl(GH_TESTCTL_PAGES_LENT);

	begin("donate what cannot be");
	/* Reserved argument, options, capabilities, rights, range, in this order */
	CHECK_EQ(gunyah_call(NR_DONATE, TO_PROTECTED, extent[2], extent[0],
			     POOL, PAGE, 1, 0), 1);
	CHECK_EQ(donate(5, 2, 0, POOL, PAGE), 1);
	CHECK_EQ(donate(TO_PROTECTED | 0x100, 2, 0, POOL, PAGE), 1);
	CHECK_EQ(gunyah_call(NR_DONATE, TO_PROTECTED, space, extent[0], POOL,
			     PAGE, 0, 0), 52);
	CHECK_EQ(gunyah_call(NR_DONATE, TO_PROTECTED, extent[2], vcpu[0], POOL,
			     PAGE, 0, 0), 52);
	CHECK_EQ(gunyah_call(NR_DONATE, TO_PROTECTED, extent[2], ~0UL, POOL,
			     PAGE, 0, 0), 1);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, POOL + 1, PAGE), 3);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, POOL, 0), 2);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, -PAGE, 2 * PAGE), 20);
	CHECK_EQ(donate(0, 2, 0, POOL, PAGE), 121);
	CHECK_EQ(donate(1, 0, 2, POOL, PAGE), 121);
	CHECK_EQ(donate(SIBLING, 2, 0, POOL, PAGE), 121);
	CHECK_EQ(donate(TO_PROTECTED, 1, 3, POOL, PAGE), 121);
	CHECK_EQ(donate(TO_PROTECTED, 0, 2, POOL, PAGE), 121);
	CHECK_EQ(donate(FROM_PROTECTED, 2, 0, POOL, PAGE), 121);
	/* Not the host's: a parcel's, the hypervisor's, no memory, the VM's */
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, PARCEL, PAGE), 111);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, PARCEL - PAGE, 2 * PAGE), 111);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, 0x40200000, PAGE), 111);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, 0x9000000, PAGE), 111);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, POOL, PAGE), 111);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_LENT), lent);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), 0);
}

static void check_donate(void)
{
	u64 lent = testctl(GH_TESTCTL_PAGES_LENT);
	u64 shared = testctl(GH_TESTCTL_PAGES_SHARED), before;

	begin("donate");
	/* The host has no access until it gets it back, with what was in it */
	write64(POOL, 0x1111);
	before = host_aborts[0];
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, POOL, 3 * PAGE), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_LENT), lent + 3);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), 3);
	read64(POOL);
	write64(POOL + 2 * PAGE, 1);
	CHECK_EQ(host_aborts[0], before + 2);
	CHECK_EQ(host_aborts[1] & 0x3f, SEA);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, POOL, PAGE), 111);
	CHECK_EQ(donate(SIBLING, 1, 3, POOL, PAGE), 111);
	CHECK_EQ(donate(SIBLING, 3, 1, POOL, PAGE), 111);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, POOL, 4 * PAGE), 111);
	CHECK_EQ(donate(FROM_PROTECTED | NO_SYNC, 0, 2, POOL, PAGE), 0);
	CHECK_EQ(read64(POOL), 0x1111);
	CHECK_EQ(host_aborts[0], before + 2);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, POOL + PAGE, 2 * PAGE), 0);

	/* Shared memory stays accessible */
	CHECK_EQ(donate(SIBLING, 1, 3, POOL, PAGE), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_SHARED), shared + 1);
	CHECK_EQ(read64(POOL), 0x1111);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, POOL, PAGE), 111);
	CHECK_EQ(donate(SIBLING, 3, 1, POOL, PAGE), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_SHARED), shared);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_LENT), lent);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), 0);
	CHECK_EQ(host_aborts[0], before + 2);
}

static void check_bad_map(void)
{
	u64 good = attributes(RWX), flags = PARTIAL | PRIVATE;

	begin("map what cannot be");
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, POOL, 4 * PAGE), 0);
	CHECK_EQ(gunyah_call(NR_MAP, extent[0], extent[0], RAM, good, flags,
			     POOL, PAGE), 52);
	CHECK_EQ(gunyah_call(NR_MAP, space, vcpu[0], RAM, good, flags, POOL,
			     PAGE), 52);
	CHECK_EQ(map(2, RAM, good, flags, POOL, PAGE), 53);
	CHECK_EQ(map(1, RAM, good, flags, POOL, PAGE), 53);
	CHECK_EQ(map(0, RAM, good, flags | 8, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, good, flags | 1UL << 30, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, good, PRIVATE, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, good, PARTIAL, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, good, PARTIAL | VMMIO, POOL, PAGE), 121);
	CHECK_EQ(map(0, RAM, good, flags | VMMIO, POOL, PAGE), 121);
	CHECK_EQ(map(3, RAM, good, flags, POOL, PAGE), 121);
	CHECK_EQ(map(0, RAM, good, flags, POOL + 8, PAGE), 3);
	CHECK_EQ(map(0, RAM + 8, good, flags, POOL, PAGE), 3);
	CHECK_EQ(map(0, RAM, good, flags, POOL, PAGE / 2), 3);
	CHECK_EQ(map(0, RAM, good, flags, POOL, 0), 2);
	CHECK_EQ(map(0, -PAGE, good, flags, POOL, 2 * PAGE), 20);
	CHECK_EQ(map(0, RAM, good, flags, -PAGE, 2 * PAGE), 20);
	CHECK_EQ(map(0, 1UL << 36, good, flags, POOL, PAGE), 22);
	CHECK_EQ(map(0, RAM, good | 8, flags, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, good | 1UL << 24, flags, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, 0x77, flags, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, 0xf0047, flags, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, attributes(0UL), flags, POOL, PAGE), 1);
	CHECK_EQ(map(0, RAM, attributes(2UL), flags, POOL, PAGE), 1);
	/* Places: devices, before, beyond the range; not in the extent */
	CHECK_EQ(map(0, 0x20000000, good, flags, POOL, PAGE), 22);
	CHECK_EQ(map(0, RAM - PAGE, good, flags, POOL, 2 * PAGE), 22);
	CHECK_EQ(map(0, RAM + RAM_SIZE - PAGE, good, flags, POOL, 2 * PAGE),
		 22);
	CHECK_EQ(map(0, RAM, good, flags, POOL, 5 * PAGE), 111);
	CHECK_EQ(map(0, RAM, good, flags, 0x9000000, PAGE), 111);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 0);
}

static void check_map(void)
{
	u64 good = attributes(RWX), flags = PARTIAL | PRIVATE;

	begin("map");
	CHECK_EQ(map(0, RAM + PAGE, good, flags, POOL, 2 * PAGE), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 2);
	CHECK_EQ(map(0, RAM + PAGE, good, flags, POOL, PAGE), 200);
	CHECK_EQ(map(0, RAM, good, flags, POOL + 2 * PAGE, 2 * PAGE), 200);
	CHECK_EQ(map(0, RAM + 8 * PAGE, good, flags, POOL + PAGE, PAGE), 120);

	begin("unmap");
	CHECK_EQ(unmap(0, RAM, PARTIAL, POOL, PAGE), 22);
	CHECK_EQ(unmap(0, RAM + PAGE, PARTIAL, POOL + PAGE, PAGE), 22);
	CHECK_EQ(unmap(0, RAM + PAGE, PARTIAL, POOL, 3 * PAGE), 22);
	CHECK_EQ(unmap(0, RAM + PAGE, PARTIAL, POOL + 4 * PAGE, PAGE), 111);
	CHECK_EQ(unmap(0, RAM + PAGE, PRIVATE, POOL, PAGE), 1);
	CHECK_EQ(unmap(0, RAM + PAGE, PARTIAL | 0x10, POOL, PAGE), 1);
	CHECK_EQ(unmap(0, RAM + PAGE, PARTIAL | VMMIO, POOL, PAGE), 121);
	CHECK_EQ(unmap(3, RAM + PAGE, PARTIAL, POOL, PAGE), 111);
	CHECK_EQ(unmap(2, RAM + PAGE, PARTIAL, POOL, PAGE), 53);
	CHECK_EQ(unmap(0, RAM + PAGE, PARTIAL | PRIVATE, POOL, PAGE), 0);
	CHECK_EQ(unmap(0, RAM + PAGE, PARTIAL, POOL, PAGE), 22);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 1);

	/* What is still mapped goes with the page */
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, POOL, 4 * PAGE), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), 0);
}

static void check_shared(void)
{
	u64 good = attributes(RWX), flags = PARTIAL | VMMIO;

	begin("shared memory");
	CHECK_EQ(donate(SIBLING, 1, 3, POOL, 2 * PAGE), 0);
	CHECK_EQ(map(3, RAM, good, flags, POOL, PAGE), 22);
	CHECK_EQ(map(3, RAM + RAM_SIZE - PAGE, good, flags, POOL, 2 * PAGE), 22);
	CHECK_EQ(map(3, 0x3fff0000, good, flags, POOL, PAGE), 22);
	CHECK_EQ(map(3, 0x3fd1f000, good, flags, POOL, 2 * PAGE), 22);
	CHECK_EQ(map(3, 0x3ffff000, good, flags, POOL, 2 * PAGE), 22);
	CHECK_EQ(map(3, RAM + 0x10000000, good, flags, POOL, PAGE), 22);
	CHECK_EQ(map(3, RAM + RAM_SIZE, good, flags, POOL, PAGE), 0);
	CHECK_EQ(map(3, 0x30000000, good, flags, POOL + PAGE, PAGE), 0);
	CHECK_EQ(unmap(3, 0x30000000, flags, POOL + PAGE, PAGE), 0);

	begin("modify");
	write64(POOL, 1);
	write64(POOL + PAGE, 2);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 4, POOL, PAGE, 0, 0, 0), 1);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 0x101, POOL, PAGE, 0, 0, 0),
		 1);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[1], 1, POOL, PAGE, 0, 0, 0), 53);
	CHECK_EQ(gunyah_call(NR_MODIFY, space, 1, POOL, PAGE, 0, 0, 0), 52);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[0], 1, POOL, PAGE, 0, 0, 0), 111);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 1, POOL, 3 * PAGE, 0, 0, 0),
		 111);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 1, POOL + 1, PAGE, 0, 0, 0),
		 3);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 1, POOL, PAGE, 0, 0, 0), 0);
	CHECK_EQ(read64(POOL), 0);
	CHECK_EQ(read64(POOL + PAGE), 2);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 2, POOL, PAGE, 0, 0, 0), 0);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 255, 1, 1, 0, 0, 0), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 1);
	CHECK_EQ(gunyah_call(NR_MODIFY, extent[3], 0, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 0);
	CHECK_EQ(donate(SIBLING, 3, 1, POOL, 2 * PAGE), 0);
}

static void check_blocks(void)
{
	u64 ipa = RAM + 0x400000, tables, flags = PARTIAL | PRIVATE;

	begin("blocks and tables");
	/* A page first: the table that it leaves makes room for a block */
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, TO_POOL(ipa), BLOCK), 0);
	CHECK_EQ(map_private(ipa, PAGE, RWX), 0);
	tables = testctl(GH_TESTCTL_S2_TABLES);
	CHECK_EQ(unmap(0, ipa, flags, TO_POOL(ipa), PAGE), 0);
	CHECK_EQ(map_private(ipa, BLOCK, RWX), 0);
	CHECK_EQ(testctl(GH_TESTCTL_S2_TABLES), tables - 1);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 512);
	CHECK_EQ(map_private(ipa, BLOCK, RWX), 200);
	/* A part of a block needs a table, all of it does not */
	set_testctl(GH_TESTCTL_S2_LIMIT, tables - 1);
	CHECK_EQ(unmap(0, ipa + PAGE, flags, TO_POOL(ipa) + PAGE, PAGE), 10);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, TO_POOL(ipa), PAGE), 10);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 512);
	CHECK_EQ(unmap(0, ipa, flags, TO_POOL(ipa), BLOCK), 0);
	CHECK_EQ(map_private(ipa, PAGE, RWX), 10);
	CHECK_EQ(map_private(ipa, BLOCK, RWX), 0);
	CHECK_EQ(donate(TO_PROTECTED, 2, 0, TO_POOL(ipa) + BLOCK, PAGE), 10);
	set_testctl(GH_TESTCTL_S2_LIMIT, 0);
	CHECK_EQ(unmap(0, ipa + PAGE, flags, TO_POOL(ipa) + PAGE, PAGE), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_MAPPED), 511);
	CHECK_EQ(testctl(GH_TESTCTL_S2_TABLES), tables);
	/* All of it, also if it is in pages */
	CHECK_EQ(map_private(ipa + PAGE, PAGE, RWX), 0);
	CHECK_EQ(unmap(0, ipa, flags, TO_POOL(ipa), BLOCK), 0);
	CHECK_EQ(testctl(GH_TESTCTL_S2_TABLES), tables - 1);
	CHECK_EQ(donate(FROM_PROTECTED, 0, 2, TO_POOL(ipa), BLOCK), 0);
	CHECK_EQ(testctl(GH_TESTCTL_PAGES_DONATED), 0);
}

static void check_planned(void)
{
	begin("planned faults");
	for (u32 i = 0; i < 3; i++) {
		static const u32 nrs[] = { NR_DONATE, NR_MAP, NR_UNMAP };

		set_testctl(GH_TESTCTL_HVC_NR, nrs[i]);
		set_testctl(GH_TESTCTL_HVC_NTH, 1);
		set_testctl(GH_TESTCTL_HVC_ERROR, 31);
		CHECK_EQ(gunyah_call(nrs[i], 0, 0, 0, 0, 0, 0, 0), 31);
		CHECK_EQ(testctl(GH_TESTCTL_HVC_HIT), nrs[i]);
		CHECK_EQ(gunyah_call(nrs[i], 0, 0, 0, 0, 0, 0, 0), 52);
	}
}

/** check_calls() - all of it, with the VM of make_vm() */
void check_calls(void)
{
	check_bad_donate();
	check_donate();
	check_bad_map();
	check_map();
	check_shared();
	check_blocks();
	check_planned();
}
