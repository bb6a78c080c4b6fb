// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory parcels: creation, append, reclaim, and every way they fail
 */
#include "fake.h"

#define MEM	0x40000000ULL
#define PAGE	4096ULL
#define R	4
#define W	2
#define X	1

static const struct region one = { MEM, PAGE };
static const struct region two[] = { { MEM, PAGE }, { MEM + 2 * PAGE, PAGE } };
static const struct region unaligned = { MEM + 8, PAGE };
static const struct region odd_size = { MEM, PAGE + 8 };
static const struct region empty = { MEM, 0 };
static const struct region high = { 1ULL << 44, PAGE };
static const struct region huge = { MEM, 1ULL << 44 };
static const struct region foreign = { 0x10000000, PAGE };
static const struct region twice[] = { { MEM, PAGE }, { MEM, PAGE } };

/* Regions are looked at in order */
static const struct region foreign_first[] = {
	{ 0x10000000, PAGE }, { MEM + 8, PAGE },
};

static const struct region unaligned_first[] = {
	{ MEM, PAGE }, { MEM + 8, PAGE }, { 0x10000000, PAGE },
};

#define VM	128
#define OTHER	129

/**
 * struct row - a parcel to create
 * @name: name of the case
 * @c: request
 * @err: error
 */
struct row {
	const char *name;
	struct create c;
	uint32_t err;
};

#define SGL(s)	.nsgl = sizeof(s) / sizeof(struct region), \
		.sgl = (const struct region *)&(s)
#define LEND	.id = RM_MEM_LEND_ID
#define SHARE	.id = RM_MEM_SHARE_ID
#define DONATE	.id = RM_MEM_DONATE_ID
#define ACL1(r)	.nacl = 1, .acl = { { VM, r } }
#define ACL2(r)	.nacl = 2, .acl = { { VM, r }, { 3, 7 } }

static const struct row rows[] = {
	{ "lend", { LEND, ACL1(7), SGL(one) }, 0 },
	{ "lend read", { LEND, ACL1(R), SGL(one) }, 0 },
	{ "lend read execute", { LEND, ACL1(R | X), SGL(one) }, 0 },
	{ "lend read write", { LEND, ACL1(R | W), SGL(one) }, 0 },
	{ "lend to two", { LEND, .nacl = 2, .acl = { { VM, 7 }, { OTHER, 7 } },
			   SGL(two) }, 0 },
	{ "share", { SHARE, ACL2(7), SGL(two) }, 0 },
	{ "donate", { DONATE, ACL1(7), SGL(one) }, 0 },
	{ "lend IO", { LEND, .type = 1, ACL1(R | W), SGL(one) }, 0 },
	{ "donate IO", { DONATE, .type = 1, ACL1(R | W), SGL(one) }, 0 },
	{ "sanitize", { LEND, .flags = 1, ACL1(7), SGL(one) }, 0 },
	{ "attribute", { LEND, ACL1(7), SGL(one), .nattr = 1,
			 .attr = { 3, VM } }, 0 },
	{ "no attribute list", { LEND, .nacl = 2,
				 .acl = { { VM, 7 }, { OTHER, 7 } }, SGL(one),
				 .no_attr_list = true }, 0 },

	{ "cut short", { LEND, ACL1(7), SGL(one), .extra = -5 }, 4 },
	{ "bytes left over", { LEND, ACL1(7), SGL(one), .extra = 4 }, 4 },
	{ "half a list header", { LEND, ACL1(7), SGL(one), .extra = 2 }, 4 },
	{ "reserved byte", { LEND, .reserved = 1, ACL1(7), SGL(one) }, 0 },
	{ "empty ACL", { LEND, SGL(one) }, 6 },
	{ "empty SGL", { LEND, ACL1(7) }, 6 },
	{ "memory type", { LEND, .type = 2, ACL1(7), SGL(one) }, 0 },
	{ "unknown flag", { LEND, .flags = 4, ACL1(7), SGL(one) }, 0 },
	{ "duplicate in ACL", { LEND, .nacl = 2, .acl = { { VM, 7 }, { VM, 4 } },
				SGL(one) }, 6 },
	{ "no rights", { LEND, ACL1(0), SGL(one) }, 6 },
	{ "only write", { LEND, ACL1(W), SGL(one) }, 6 },
	{ "only execute", { LEND, ACL1(X), SGL(one) }, 6 },
	{ "write execute", { LEND, ACL1(W | X), SGL(one) }, 6 },
	{ "unknown right", { LEND, ACL1(15), SGL(one) }, 6 },
	{ "unknown VM", { LEND, .nacl = 1, .acl = { { 140, 7 } }, SGL(one) }, 6 },
	{ "VM 0", { LEND, .nacl = 1, .acl = { { 0, 7 } }, SGL(one) }, 6 },
	{ "VM 0xffff", { LEND, .nacl = 1, .acl = { { 0xffff, 7 } },
			 SGL(one) }, 6 },
	{ "IO with execute", { LEND, .type = 1, ACL1(R | X), SGL(one) }, 6 },
	{ "IO sanitized", { LEND, .type = 1, .flags = 1, ACL1(R), SGL(one) }, 6 },
	{ "lend with owner", { LEND, ACL2(7), SGL(one) }, 6 },
	{ "donate with owner", { DONATE, ACL2(7), SGL(one) }, 6 },
	{ "share without owner", { SHARE, ACL1(7), SGL(one) }, 6 },
	{ "donate to two", { DONATE, .nacl = 2,
			     .acl = { { VM, 7 }, { OTHER, 7 } }, SGL(one) }, 6 },
	{ "attribute unknown", { LEND, ACL1(7), SGL(one), .nattr = 1,
				 .attr = { 4, VM } }, 6 },
	{ "attribute twice", { LEND, ACL1(7), SGL(one), .nattr = 2,
			       .attr = { 0, VM, 3, VM } }, 6 },
	{ "attribute device", { LEND, ACL1(7), SGL(one), .nattr = 1,
				.attr = { 1, VM } }, 6 },
	{ "attribute IO cached", { LEND, .type = 1, ACL1(R), SGL(one),
				   .nattr = 1, .attr = { 3, VM } }, 6 },
	{ "donate reduced", { DONATE, ACL1(R | W), SGL(one) }, 3 },
	{ "donate IO reduced", { DONATE, .type = 1, ACL1(R), SGL(one) }, 3 },
	{ "attribute of a stranger", { LEND, ACL1(7), SGL(one), .nattr = 1,
				       .attr = { 3, OTHER } }, 0xd },
	{ "foreign memory", { LEND, ACL1(7), SGL(foreign) }, 0xa },
	{ "same page twice", { LEND, ACL1(7), SGL(twice) }, 0xa },
	{ "unaligned", { LEND, ACL1(7), SGL(unaligned) }, 6 },
	{ "odd size", { LEND, ACL1(7), SGL(odd_size) }, 6 },
	{ "empty region", { LEND, ACL1(7), SGL(empty) }, 0xa },
	{ "address too high", { LEND, ACL1(7), SGL(high) }, 6 },
	{ "size too large", { LEND, ACL1(7), SGL(huge) }, 6 },
	{ "foreign before unaligned", { LEND, ACL1(7), SGL(foreign_first) }, 0xa },
	{ "unaligned before foreign", { LEND, ACL1(7), SGL(unaligned_first) }, 6 },
	/* Order of the checks */
	{ "argument before memory", { LEND, ACL1(W), SGL(foreign) }, 6 },
	{ "argument before rights", { DONATE, .nacl = 2,
				      .acl = { { VM, 6 }, { OTHER, 6 } },
				      SGL(one) }, 6 },
	{ "rights before attribute", { DONATE, ACL1(6), SGL(one), .nattr = 1,
				       .attr = { 3, OTHER } }, 3 },
	{ "attribute before memory", { LEND, ACL1(7), SGL(foreign), .nattr = 1,
				       .attr = { 3, OTHER } }, 0xd },
};

static struct fake *fake_two_vms(void)
{
	struct fake *f = fake_new(NULL);
	uint16_t vmid;

	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(vmid, VM);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(vmid, OTHER);
	return f;
}

static void create_row(const struct row *row)
{
	struct fake *f = fake_two_vms();
	size_t heap = f->heap;
	struct rm_stats stats;
	uint32_t handle = 0;

	begin_case(row->name);
	CHECK_EQ(create(f, &row->c, &handle), row->err);
	rm_get_stats(f->rm, &stats);
	if (row->err) {
		CHECK_EQ(f->heap, heap);
		CHECK_EQ(f->taken, 0);
		CHECK_EQ(stats.parcels + stats.entries, 0);
	} else {
		CHECK_EQ(f->taken, row->c.nsgl);
		CHECK_EQ(stats.parcels, 1);
		CHECK_EQ(stats.entries, row->c.nsgl);
		CHECK_EQ(reclaim(f, handle), 0);
		CHECK_EQ(f->taken, 0);
		CHECK_EQ(f->heap, heap);
	}
	CHECK(!f->dirty);
	fake_free(f);
	end_case();
}

static void many(struct region *r, unsigned int n, uint64_t from)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		r[i].ipa = from + 2 * i * PAGE;
		r[i].size = PAGE;
	}
}

static void list_limits(void)
{
	struct fake *f = fake_two_vms();
	static struct region r[513];
	struct create c = { LEND, ACL1(7), .nsgl = 512, .sgl = r };
	uint32_t handle;
	uint8_t data[8] = { 0 };

	many(r, 513, MEM);
	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(reclaim(f, handle), 0);
	c.nsgl = 513;
	CHECK_EQ(create(f, &c, &handle), RM_ERR_NORESOURCE);
	c.nsgl = 1;
	c.nattr = 0;
	c.flags = 2;
	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(append(f, handle, 0, r + 1, 513 - 1), 0);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(append(f, handle, 0, r, 513), RM_ERR_NORESOURCE);
	CHECK_EQ(call(f, RM_MEM_LEND_ID, data, 8), RM_ERR_MSG);
	CHECK_EQ(call(f, RM_MEM_LEND_ID, NULL, 0), RM_ERR_MSG);
	fake_free(f);
}

static void parcels_per_vm(void)
{
	struct fake *f = fake_two_vms();
	uint32_t handle, first = 0;
	unsigned int i;

	for (i = 0; i < 64; i++) {
		CHECK_EQ(lend(f, VM, i, MEM + i * PAGE, PAGE, &handle), 0);
		if (!i)
			first = handle;
	}
	CHECK_EQ(lend(f, OTHER, 0, MEM + 64 * PAGE, PAGE, &handle), 3);
	CHECK_EQ(reclaim(f, first), 0);
	CHECK_EQ(lend(f, OTHER, 0, MEM + 64 * PAGE, PAGE, &handle), 0);
	CHECK(handle != first);
	fake_free(f);
}

static void owner_access(void)
{
	struct fake *f = fake_two_vms();
	struct region r = { MEM, PAGE };
	struct create c = { SHARE, .nacl = 2, .acl = { { VM, 7 }, { 3, R } },
			    .nsgl = 1, .sgl = &r };
	uint32_t handle, other;

	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(f->pages[0].taken, 1 + RM_MEM_SHARE);
	CHECK_EQ(f->pages[0].owner_rights, R);
	/* The same page cannot be in two parcels */
	CHECK_EQ(lend(f, OTHER, 0, MEM, PAGE, &other), RM_ERR_MEM);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(lend(f, OTHER, 0, MEM, PAGE, &other), 0);
	CHECK_EQ(f->pages[0].taken, 1 + RM_MEM_LEND);
	fake_free(f);
}

static void platform_errors(void)
{
	struct fake *f = fake_two_vms();
	uint32_t handle;
	unsigned int i;
	size_t heap = f->heap;

	f->fail_op = "mem_take";
	f->fail_error = RM_HYP_DENIED;
	CHECK_EQ(share(f, VM, 0, MEM, PAGE, &handle), RM_ERR_MAP);
	CHECK_EQ(lend(f, VM, 0, MEM, PAGE, &handle), RM_ERR_MEM);
	f->fail_error = RM_HYP_NOMEM;
	CHECK_EQ(lend(f, VM, 0, MEM, PAGE, &handle), RM_ERR_NOMEM);
	f->fail_op = "mem_write";
	f->fail_error = RM_HYP_ADDR_INVALID;
	{
		struct create c = { LEND, .flags = 1, ACL1(7), SGL(one) };

		CHECK_EQ(create(f, &c, &handle), RM_ERR_MEM);
		f->fail_op = NULL;
		/* The page of zeroes cannot be had */
		f->fail_alloc = 5;
		CHECK_EQ(create(f, &c, &handle), RM_ERR_NOMEM);
		CHECK_EQ(f->fail_alloc, 0);
	}
	/* Parcel, ACL, copy of that, chunk: each allocation fails once */
	for (i = 1; i <= 4; i++) {
		f->fail_alloc = i;
		CHECK_EQ(lend(f, VM, 0, MEM, PAGE, &handle), RM_ERR_NOMEM);
		CHECK_EQ(f->heap, heap);
		CHECK_EQ(f->taken, 0);
	}
	f->fail_alloc = 0;
	CHECK_EQ(lend(f, VM, 0, MEM, PAGE, &handle), 0);
	fake_free(f);
}

/* It is asked for each region, and before anything is taken */
static void platform_rejects(void)
{
	struct fake *f = fake_two_vms();
	struct create c = { LEND, .flags = 2, ACL1(7), SGL(one) };
	struct region r = { MEM + PAGE, PAGE };
	uint32_t handle;

	f->fail_op = "mem_acl_ok";
	f->fail_error = RM_HYP_DENIED;
	CHECK_EQ(lend(f, VM, 0, MEM, PAGE, &handle), RM_ERR_DENIED);
	CHECK_EQ(share(f, VM, 0, MEM, PAGE, &handle), RM_ERR_DENIED);
	CHECK_EQ(f->taken, 0);
	f->fail_op = NULL;
	f->acl_asked = 0;
	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(f->acl_asked, 1);
	CHECK_EQ(f->acl_last.vmid, VM);
	CHECK_EQ(f->acl_last.rights, 7);
	f->fail_op = "mem_acl_ok";
	CHECK_EQ(append(f, handle, 0, &r, 1), RM_ERR_DENIED);
	CHECK_EQ(f->taken, 1);
	f->fail_op = NULL;
	CHECK_EQ(append(f, handle, 1, &r, 1), 0);
	CHECK_EQ(reclaim(f, handle), 0);
	fake_free(f);
}

static void append_rows(void)
{
	struct fake *f = fake_two_vms();
	struct create c = { LEND, .flags = 2, ACL1(7), SGL(one) };
	struct region r = { MEM + PAGE, PAGE };
	struct region bad[] = { { MEM + 4 * PAGE, PAGE }, { 0x1000, PAGE } };
	uint32_t handle, whole;
	uint8_t data[12] = { 0 };
	struct rm_stats stats;
	size_t heap;

	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(lend(f, VM, 0, MEM + 16 * PAGE, PAGE, &whole), 0);
	CHECK_EQ(call(f, RM_MEM_APPEND_ID, data, 7), RM_ERR_MSG);
	rm_put32(data, handle);
	data[5] = 1;
	CHECK_EQ(call(f, RM_MEM_APPEND_ID, data, 12), RM_ERR_MSG);
	data[5] = 0;
	data[7] = 1;
	CHECK_EQ(call(f, RM_MEM_APPEND_ID, data, 12), RM_ERR_MSG);
	data[7] = 0;
	CHECK_EQ(call(f, RM_MEM_APPEND_ID, data, 10), RM_ERR_MSG);
	CHECK_EQ(append(f, 999, 0, &r, 1), RM_ERR_HANDLE);
	CHECK_EQ(append(f, 999, 0, &r, 0), RM_ERR_HANDLE);
	CHECK_EQ(append(f, whole, 0, &r, 1), RM_ERR_DENIED);
	CHECK_EQ(append(f, whole, 0, &r, 0), RM_ERR_DENIED);
	CHECK_EQ(append(f, handle, 0, &r, 0), RM_ERR_ARG);
	CHECK_EQ(call(f, RM_MEM_APPEND_ID, data, 8), RM_ERR_ARG);

	/* Of a failed append nothing stays, of the parcel everything */
	CHECK_EQ(f->taken, 2);
	heap = f->heap;
	CHECK_EQ(append(f, handle, 1, bad, 2), RM_ERR_MEM);
	CHECK_EQ(f->taken, 2);
	CHECK_EQ(f->heap, heap);
	CHECK_EQ(append(f, handle, 0, &unaligned, 1), RM_ERR_ARG);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.entries, 2);
	/* Unknown flags are ignored */
	CHECK_EQ(append(f, handle, 0xfe, &r, 1), 0);
	r.ipa += PAGE;
	CHECK_EQ(append(f, handle, 1, &r, 1), 0);
	CHECK_EQ(f->taken, 4);
	r.ipa += PAGE;
	CHECK_EQ(append(f, handle, 1, &r, 1), RM_ERR_DENIED);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(f->taken, 1);
	fake_free(f);
}

static void reclaim_rows(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 }, rpc = { .image_ipa = 0x42000000 };
	struct create io = { LEND, .type = 1, ACL1(R | W), SGL(one) };
	struct create open = { LEND, .flags = 2, ACL1(7), SGL(one) };
	uint32_t handle;
	uint8_t data[8] = { 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	rpc.dt = dt_base();
	dt_add_rpc(rpc.dt, false);
	CHECK_EQ(guest_start(f, &rpc), 0);

	CHECK_EQ(call(f, RM_MEM_RECLAIM_ID, data, 4), RM_ERR_MSG);
	CHECK_EQ(reclaim(f, 999), RM_ERR_HANDLE);
	CHECK_EQ(reclaim(f, g.image), RM_ERR_MEM_INUSE);
	rm_put32(data, g.image);
	data[5] = 1;
	CHECK_EQ(call(f, RM_MEM_RECLAIM_ID, data, 8), RM_ERR_MSG);
	data[5] = 0;
	CHECK_EQ(call_from(f, rpc.vmid, RM_MEM_RECLAIM_ID, data, 8),
		 RM_ERR_DENIED);
	CHECK_EQ(create(f, &io, &handle), 0);
	rm_put32(data, handle);
	data[4] = 1;
	CHECK_EQ(call(f, RM_MEM_RECLAIM_ID, data, 8), RM_ERR_ARG);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(reclaim(f, handle), RM_ERR_HANDLE);
	CHECK_EQ(create(f, &open, &handle), 0);
	CHECK_EQ(reclaim(f, handle), 0);
	guest_remove(f, &g);
	guest_remove(f, &rpc);
	fake_free(f);
}

static void sanitize(void)
{
	struct fake *f = fake_two_vms();
	struct create c = { LEND, .flags = 3, ACL1(7), SGL(one) };
	struct region r = { MEM + PAGE, PAGE };
	uint32_t handle;
	uint8_t data[8] = { 0 };

	*fake_mem(f, MEM) = 1;
	*fake_mem(f, MEM + PAGE) = 2;
	*fake_mem(f, MEM + 2 * PAGE) = 3;
	CHECK_EQ(create(f, &c, &handle), 0);
	CHECK_EQ(*fake_mem(f, MEM), 0);
	CHECK_EQ(append(f, handle, 1, &r, 1), 0);
	CHECK_EQ(*fake_mem(f, MEM + PAGE), 0);
	CHECK_EQ(*fake_mem(f, MEM + 2 * PAGE), 3);
	CHECK_EQ(reclaim(f, handle), 0);

	CHECK_EQ(lend(f, VM, 0, MEM + 2 * PAGE, PAGE, &handle), 0);
	CHECK_EQ(*fake_mem(f, MEM + 2 * PAGE), 3);
	rm_put32(data, handle);
	data[4] = 1;
	CHECK_EQ(call(f, RM_MEM_RECLAIM_ID, data, 8), 0);
	CHECK_EQ(*fake_mem(f, MEM + 2 * PAGE), 0);
	fake_free(f);
}

/* 1 GiB, every page an entry of its own, backwards so that none are merged */
static void large_parcel(void)
{
	struct fake *f = fake_two_vms();
	const uint32_t pages = 262144;
	static struct region r[512];
	struct create c = { LEND, .flags = 2, ACL1(7), .nsgl = 512, .sgl = r };
	uint32_t handle = 0, i, n;
	size_t heap = f->heap;
	struct rm_stats stats;

	for (i = 0; i < pages; i += 512) {
		for (n = 0; n < 512; n++) {
			r[n].ipa = MEM + (uint64_t)(pages - 1 - i - n) * PAGE;
			r[n].size = PAGE;
		}
		f->allocs = 0;
		if (!i)
			CHECK_EQ(create(f, &c, &handle), 0);
		else
			CHECK_EQ(append(f, handle, i + 512 == pages, r, 512), 0);
		/* A chunk, a message, an ACL, at most */
		CHECK(f->allocs <= 5);
	}
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.entries, pages);
	CHECK_EQ(f->taken, pages);
	CHECK(f->largest <= 512 * 16 + 64);
	CHECK_EQ(reclaim(f, handle), 0);
	CHECK_EQ(f->taken, 0);
	CHECK_EQ(f->heap, heap);
	fake_free(f);
}

/* Regions are split where the owner's memory is not contiguous */
static void discontiguous(void)
{
	struct fake *f = fake_two_vms();
	struct rm_stats stats;
	uint32_t handle;

	f->contiguous = 4;
	CHECK_EQ(lend(f, VM, 0, MEM + PAGE, 10 * PAGE, &handle), 0);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.entries, 3);
	CHECK_EQ(f->taken, 10);
	CHECK_EQ(reclaim(f, handle), 0);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.entries, 0);
	CHECK_EQ(f->taken, 0);
	fake_free(f);
}

/** test_mem() - creating parcels */
void test_mem(void)
{
	TABLE(rows, create_row);
	RUN(list_limits);
	RUN(parcels_per_vm);
	RUN(owner_access);
	RUN(platform_errors);
	RUN(platform_rejects);
	RUN(append_rows);
	RUN(reclaim_rows);
	RUN(sanitize);
	RUN(large_parcel);
	RUN(discontiguous);
}
