// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accepting and releasing parcels, as a guest with a channel does
 */
#include <libfdt.h>

#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL
#define AT	0x60000000ULL

/* A guest with a channel that runs */
static struct fake *fake_guest(struct guest *g)
{
	struct fake *f = fake_new(NULL);

	memset(g, 0, sizeof(*g));
	g->dt = dt_base();
	dt_add_rpc(g->dt, false);
	CHECK_EQ(guest_start(f, g), 0);
	return f;
}

/**
 * struct accept - a MEM_ACCEPT to send
 * @handle: parcel
 * @type: memory type
 * @trans: transaction type
 * @flags: RM_ACCEPT_*
 * @label: label
 * @nacl: number of @acl
 * @acl: ACL
 * @map_vmid: VM to map for
 * @nsgl: number of @sgl
 * @sgl: addresses
 * @nattr: number of attributes
 * @attr: pairs of attribute and VMID
 * @extra: bytes added or removed at the end
 */
struct accept {
	uint32_t handle;
	uint8_t type;
	uint8_t trans;
	uint8_t flags;
	uint32_t label;
	unsigned int nacl;
	struct acl acl[3];
	uint16_t map_vmid;
	unsigned int nsgl;
	const struct region *sgl;
	unsigned int nattr;
	uint16_t attr[4];
	int extra;
};

static uint32_t accept_from(struct fake *f, uint16_t vmid,
			    const struct accept *a)
{
	static uint8_t buf[16384];
	uint8_t *p = buf + 12;
	unsigned int i;

	memset(buf, 0, 64);
	rm_put32(buf, a->handle);
	buf[4] = a->type;
	buf[5] = a->trans;
	buf[6] = a->flags;
	rm_put32(buf + 8, a->label);
	rm_put32(p, a->nacl);
	for (p += 4, i = 0; i < a->nacl; i++, p += 4) {
		rm_put32(p, 0);
		rm_put16(p, a->acl[i].vmid);
		p[2] = a->acl[i].rights;
	}
	rm_put16(p, (uint16_t)a->nsgl);
	rm_put16(p + 2, a->map_vmid);
	for (p += 4, i = 0; i < a->nsgl; i++, p += 16) {
		rm_put64(p, a->sgl[i].ipa);
		rm_put64(p + 8, a->sgl[i].size);
	}
	rm_put32(p, a->nattr);
	for (p += 4, i = 0; i < 2 * a->nattr; i++, p += 2)
		rm_put16(p, a->attr[i]);
	return call_from(f, vmid, RM_MEM_ACCEPT_ID, buf, p - buf + a->extra);
}

static uint32_t release_from(struct fake *f, uint16_t vmid, uint32_t handle,
			     uint8_t flags)
{
	uint8_t data[8] = { 0 };

	rm_put32(data, handle);
	data[4] = flags;
	return call_from(f, vmid, RM_MEM_RELEASE_ID, data, 8);
}

#define DONE		RM_ACCEPT_DONE
#define LENT		1
#define SHARED		2

static const struct region at_one = { AT, PAGE };

static const struct region at_two[] = {
	{ AT, PAGE }, { AT + 8 * PAGE, PAGE },
};

static const struct region at_three[] = {
	{ AT, PAGE }, { AT + 8 * PAGE, PAGE }, { AT + 16 * PAGE, PAGE },
};

static const struct region wrong_size[] = {
	{ AT, PAGE }, { AT + 8 * PAGE, 2 * PAGE },
};

static const struct region at_same[] = { { AT, PAGE }, { AT, PAGE } };

static const struct region in_image[] = {
	{ AT, PAGE }, { GUEST_BASE + PAGE, PAGE },
};

static const struct region in_vmmio[] = {
	{ AT, PAGE }, { 0x10000000, PAGE },
};

static const struct region too_high[] = {
	{ AT, PAGE }, { 1ULL << 36, PAGE },
};

static const struct region not_aligned[] = {
	{ AT, PAGE }, { AT + PAGE + 1, PAGE },
};

static const struct region whole = { AT, 2 * PAGE };

static const struct region part = { AT, PAGE };

static const struct region whole_unaligned = { AT + 8, 2 * PAGE };

static const struct region whole_taken = { GUEST_BASE, 2 * PAGE };

static const struct region whole_low = { 0x10000000, 2 * PAGE };

/**
 * struct row - a MEM_ACCEPT of a parcel of two pages
 * @name: name of the case
 * @a: request; handle 0: that parcel
 * @err: error
 */
struct row {
	const char *name;
	struct accept a;
	uint32_t err;
};

#define SGL(s)	.nsgl = sizeof(s) / sizeof(struct region), \
		.sgl = (const struct region *)&(s)
#define OK2	.trans = LENT, .flags = DONE, .label = 5

static const struct row rows[] = {
	{ "too short", { OK2, .extra = -4 }, 4 },
	{ "left over", { OK2, .extra = 4 }, 4 },
	{ "unknown handle", { OK2, .handle = 999 }, 7 },
	{ "memory type", { OK2, .type = 1 }, 6 },
	{ "transaction type", { .trans = SHARED, .flags = DONE }, 6 },
	{ "not sanitized", { .trans = LENT, .flags = DONE | 1 }, 8 },
	{ "validate ACL", { .trans = LENT, .flags = DONE | 2, .nacl = 1,
			    .acl = { { 128, 4 } } }, 8 },
	{ "validate ACL count", { .trans = LENT, .flags = DONE | 2 }, 8 },
	{ "validate attributes", { .trans = LENT, .flags = DONE | 2, .nacl = 1,
				   .acl = { { 128, 7 } }, .nattr = 1,
				   .attr = { 3, 128 } }, 8 },
	{ "validate label", { .trans = LENT, .flags = DONE | 4, .label = 6 }, 8 },
	{ "map for another", { .trans = LENT, .flags = DONE | 8 }, 3 },
	{ "map vmid", { OK2, .map_vmid = 3 }, 6 },
	{ "validate before map vmid", { .trans = LENT, .flags = DONE | 4,
					.label = 6, .map_vmid = 3 }, 8 },
	{ "too many regions", { OK2, SGL(at_three) }, 6 },
	{ "wrong size", { OK2, SGL(wrong_size) }, 6 },
	{ "done too early", { OK2, SGL(at_one) }, 6 },
	{ "same address", { OK2, SGL(at_same) }, 2 },
	{ "in the image", { OK2, SGL(in_image) }, 2 },
	{ "in the VMMIO range", { OK2, SGL(in_vmmio) }, 2 },
	{ "above the address space", { OK2, SGL(too_high) }, 2 },
	{ "not aligned", { OK2, SGL(not_aligned) }, 6 },
	{ "contiguous in two", { .trans = LENT, .flags = DONE | 16,
				 SGL(at_two) }, 6 },
	{ "contiguous in part", { .trans = LENT, .flags = DONE | 16,
				  SGL(part) }, 6 },
	{ "contiguous, not done", { .trans = LENT, .flags = 16,
				    SGL(whole) }, 6 },
	{ "contiguous, unaligned", { .trans = LENT, .flags = DONE | 16,
				     SGL(whole_unaligned) }, 6 },
	{ "contiguous, taken", { .trans = LENT, .flags = DONE | 16,
				 SGL(whole_taken) }, 2 },
	{ "contiguous, VMMIO", { .trans = LENT, .flags = DONE | 16,
				 SGL(whole_low) }, 2 },
	{ "right, contiguous, chosen", { .trans = LENT, .flags = DONE | 16 }, 0 },
	{ "right", { OK2, SGL(at_two) }, 0 },
	{ "right, validated", { .trans = LENT, .flags = DONE | 6, .label = 5,
				.nacl = 1, .acl = { { 128, 7 } },
				SGL(at_two) }, 0 },
	{ "right, contiguous", { .trans = LENT, .flags = DONE | 16,
				 SGL(whole) }, 0 },
	{ "right, address chosen", { OK2 }, 0 },
};

static void accept_row(const struct row *row)
{
	struct region sgl[] = { { MEM, PAGE }, { MEM + 4 * PAGE, PAGE } };
	struct create c = { RM_MEM_LEND_ID, .label = 5, .nacl = 1,
			    .acl = { { 128, 7 } }, .nsgl = 2, .sgl = sgl };
	struct accept a = row->a;
	uint32_t handle = 0;
	struct guest g;
	struct fake *f;
	size_t heap;

	begin_case(row->name);
	f = fake_guest(&g);
	CHECK_EQ(create(f, &c, &handle), 0);
	heap = f->heap;
	if (!a.handle)
		a.handle = handle;
	CHECK_EQ(accept_from(f, g.vmid, &a), row->err);
	if (row->err) {
		/* Nothing of it stays */
		CHECK_EQ(f->heap, heap);
		CHECK_EQ(f->pages[(MEM - HOST_BASE) / PAGE].maps, 0);
		CHECK_EQ(reclaim(f, handle), 0);
	} else {
		CHECK_EQ(f->pages[(MEM - HOST_BASE) / PAGE].maps, 1);
		CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_DENIED);
		CHECK_EQ(reclaim(f, handle), RM_ERR_MEM_INUSE);
		CHECK_EQ(release_from(f, g.vmid, handle, 0), 0);
		CHECK_EQ(f->heap, heap);
		CHECK_EQ(reclaim(f, handle), 0);
	}
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
	end_case();
}

static void addresses(void)
{
	struct region sgl[] = {
		{ MEM, PAGE }, { 0x44000000, 0x200000 }, { MEM + PAGE, PAGE },
	};
	struct create c = { RM_MEM_LEND_ID, .nacl = 1, .acl = { { 128, 6 } },
			    .nsgl = 3, .sgl = sgl };
	struct accept a = { .trans = LENT };
	struct guest g;
	struct fake *f = fake_guest(&g);
	uint64_t small, big;

	CHECK_EQ(create(f, &c, &a.handle), 0);
	/* Nothing is mapped before it is done */
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK_EQ(f->body_len, 4 + 3 * 16);
	CHECK_EQ(rm_get16(f->body), 3);
	CHECK_EQ(f->body[2], 0);
	small = rm_get64(f->body + 4);
	big = rm_get64(f->body + 20);
	CHECK_EQ(small, 0x40001000);
	CHECK_EQ(big % 0x200000, 0);
	CHECK_EQ(rm_get64(f->body + 28), 0x200000);
	CHECK(!fake_mapped(f, g.vmid, small, MEM));
	CHECK_EQ(reclaim(f, a.handle), RM_ERR_MEM_INUSE);

	a.flags = DONE;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK(fake_mapped(f, g.vmid, small, MEM));
	CHECK(fake_mapped(f, g.vmid, big, 0x44000000));
	CHECK(fake_mapped(f, g.vmid, big + 0x1ff000, 0x441ff000));
	CHECK_EQ(f->vm[128].rights[(small - HOST_BASE) / PAGE], 6);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, a.handle), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* More regions than a message holds come in several calls */
static void in_several_calls(void)
{
	static struct region sgl[512];
	struct create c = { RM_MEM_LEND_ID, .flags = 2, .nacl = 1,
			    .acl = { { 128, 7 } }, .nsgl = 512, .sgl = sgl };
	struct accept a = { .trans = LENT };
	struct guest g;
	struct fake *f = fake_guest(&g);
	uint64_t last;
	unsigned int i;

	for (i = 0; i < 512; i++) {
		sgl[i].ipa = MEM + (1023 - i) * PAGE;
		sgl[i].size = PAGE;
	}
	CHECK_EQ(create(f, &c, &a.handle), 0);
	/* Not before it is complete */
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_DENIED);
	for (i = 0; i < 512; i++)
		sgl[i].ipa -= 512 * PAGE;
	CHECK_EQ(append(f, a.handle, 1, sgl, 512), 0);

	a.flags = DONE;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_ARG);
	a.flags = 0;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK_EQ(rm_get16(f->body), 512);
	CHECK_EQ(f->body[2], 1);
	a.flags = DONE;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK_EQ(rm_get16(f->body), 512);
	CHECK_EQ(f->body[2], 0);
	last = rm_get64(f->body + 4 + 511 * 16);
	CHECK(fake_mapped(f, g.vmid, last, MEM));
	CHECK_EQ(release_from(f, g.vmid, a.handle, 0), 0);
	CHECK(!fake_mapped(f, g.vmid, last, MEM));

	/* Given up half way */
	a.flags = 0;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK_EQ(release_from(f, g.vmid, a.handle, 0), 0);
	CHECK_EQ(reclaim(f, a.handle), 0);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void attributes(void)
{
	struct region r = { MEM, PAGE };
	struct create c = { RM_MEM_LEND_ID, .nacl = 2,
			    .acl = { { 128, 6 }, { 255, 4 } },
			    .nsgl = 1, .sgl = &r, .nattr = 2,
			    .attr = { 3, 128, 2, 255 } };
	struct accept a = { .trans = LENT, .flags = DONE | 2, .nacl = 2,
			    .acl = { { 255, 4 }, { 128, 6 } }, .nattr = 2,
			    .attr = { 2, 255, 3, 128 } };
	struct guest g;
	struct fake *f = fake_guest(&g);

	CHECK_EQ(create(f, &c, &a.handle), 0);
	a.attr[0] = 3;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_VALIDATE);
	a.attr[0] = 2;
	a.attr[3] = 3;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_VALIDATE);
	a.attr[3] = 128;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	guest_remove(f, &g);
	fake_free(f);
}

/*
 * Neighbours in the address space: whatever was accepted and released next to
 * a range, it is taken itself and nothing else is.
 */
static void neighbours(void)
{
	/* Order in which five pages are accepted, and then released */
	static const uint8_t orders[][2][5] = {
		{ { 0, 1, 2, 3, 4 }, { 0, 1, 2, 3, 4 } },
		{ { 4, 3, 2, 1, 0 }, { 2, 0, 4, 1, 3 } },
		{ { 0, 2, 4, 1, 3 }, { 4, 3, 2, 1, 0 } },
		{ { 1, 3, 2, 0, 4 }, { 1, 3, 2, 0, 4 } },
	};
	struct accept a = { .trans = LENT, .flags = DONE, .nsgl = 1 };
	struct guest g;
	struct fake *f = fake_guest(&g);
	uint32_t handle[5], probe;
	unsigned int o, i, k;
	struct region at;

	for (i = 0; i < 5; i++)
		CHECK_EQ(lend(f, g.vmid, 1, MEM + i * PAGE, PAGE, &handle[i]),
			 0);
	CHECK_EQ(lend(f, g.vmid, 1, MEM + 16 * PAGE, PAGE, &probe), 0);
	a.sgl = &at;
	at.size = PAGE;
	for (o = 0; o < 4; o++) {
		bool used[7] = { false };

		for (i = 0; i < 10; i++) {
			const uint8_t *order = orders[o][i / 5];
			unsigned int n = order[i % 5];

			at.ipa = AT + n * PAGE;
			a.handle = handle[n];
			if (i < 5)
				CHECK_EQ(accept_from(f, g.vmid, &a), 0);
			else
				CHECK_EQ(release_from(f, g.vmid, handle[n], 0),
					 0);
			used[n + 1] = i < 5;
			for (k = 0; k < 7; k++) {
				at.ipa = AT - PAGE + k * PAGE;
				a.handle = probe;
				CHECK_EQ(accept_from(f, g.vmid, &a),
					 used[k] ? 2 : 0);
				if (!used[k])
					release_from(f, g.vmid, probe, 0);
			}
		}
	}
	guest_remove(f, &g);
	for (i = 0; i < 5; i++)
		CHECK_EQ(reclaim(f, handle[i]), 0);
	CHECK_EQ(reclaim(f, probe), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Once begun one way it does not go on the other */
static void contiguous_too_late(void)
{
	struct region r[] = { { MEM, PAGE }, { MEM + 8 * PAGE, PAGE } };
	struct create c = { RM_MEM_LEND_ID, .nacl = 1, .acl = { { 128, 7 } },
			    .nsgl = 2, .sgl = r };
	struct accept a = { .trans = LENT, .nsgl = 1, .sgl = &at_one };
	struct guest g;
	struct fake *f = fake_guest(&g);

	CHECK_EQ(create(f, &c, &a.handle), 0);
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	a.nsgl = 0;
	a.flags = DONE | 16;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_ARG);
	CHECK_EQ(release_from(f, g.vmid, a.handle, 0), 0);
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	guest_remove(f, &g);
	CHECK_EQ(reclaim(f, a.handle), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void map_failure(void)
{
	struct accept a = { .trans = LENT, .flags = DONE };
	struct guest g;
	struct fake *f = fake_guest(&g);

	CHECK_EQ(lend(f, g.vmid, 0, MEM, 4 * PAGE, &a.handle), 0);
	f->fail_op = "mem_map";
	f->fail_error = RM_HYP_NOMEM;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_MAP);
	CHECK_EQ(f->body_len, 0);
	a.flags |= 16;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_MAP);
	f->fail_op = NULL;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK_EQ(release_from(f, g.vmid, a.handle, 0), 0);
	CHECK_EQ(reclaim(f, a.handle), 0);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* The whole address space below the image is full */
static void no_addresses(void)
{
	struct accept a = { .trans = LENT, .flags = DONE };
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	uint32_t handle;

	fdt_setprop_u64(g.dt, fdt_path_offset(g.dt, "/gunyah-vm-config/memory"),
			"base-address", 0x40200000);
	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(lend(f, g.vmid, 0, MEM, 0x200000, &a.handle), 0);
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_NORESOURCE);
	a.flags |= 16;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_NORESOURCE);
	/* 511 pages are left */
	CHECK_EQ(lend(f, g.vmid, 0, 0x44000000, 511 * PAGE, &handle), 0);
	a.handle = handle;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK(fake_mapped(f, g.vmid, 0x40001000, 0x44000000));
	CHECK_EQ(lend(f, g.vmid, 0, 0x45000000, PAGE, &a.handle), 0);
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_NORESOURCE);
	CHECK_EQ(release_from(f, g.vmid, handle, 0), 0);
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	guest_remove(f, &g);
	fake_free(f);
}

/* The host accepts at an address it gives; where, the model does not know */
static void host_accepts(void)
{
	struct accept a = { .trans = LENT, .flags = DONE };
	struct guest g;
	struct fake *f = fake_guest(&g);

	/* What the guest has is not its own to lend */
	a.handle = g.image;
	CHECK_EQ(accept_from(f, 3, &a), RM_ERR_VMID);
	guest_remove(f, &g);
	fake_free(f);
}

static void more_errors(void)
{
	struct accept a = { .trans = LENT, .flags = DONE };
	struct region r = { MEM, PAGE };
	struct create c = { RM_MEM_LEND_ID, .type = 1, .nacl = 1,
			    .acl = { { 128, 4 } }, .nsgl = 1, .sgl = &r };
	struct guest g, other = { .image_ipa = 0x42000000 };
	struct fake *f = fake_guest(&g);
	uint32_t io;

	CHECK_EQ(guest_start(f, &other), 0);
	CHECK_EQ(create(f, &c, &io), 0);
	a.handle = io;
	a.type = 1;
	a.flags = DONE | 16;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_ARG);
	CHECK_EQ(release_from(f, g.vmid, io, 0), RM_ERR_MEM_RELEASED);
	a.flags = DONE | 32;	/* cannot be sanitized without write */
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_ARG);
	a.flags = DONE;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	CHECK_EQ(release_from(f, g.vmid, io, 1), RM_ERR_ARG);
	CHECK_EQ(release_from(f, g.vmid, io, 0), 0);
	CHECK_EQ(release_from(f, g.vmid, io, 0), RM_ERR_MEM_RELEASED);
	CHECK_EQ(reclaim(f, io), 0);
	CHECK_EQ(release_from(f, g.vmid, io, 0), RM_ERR_HANDLE);

	/* Somebody else's parcel; one's own */
	a.handle = other.image;
	a.type = 0;
	CHECK_EQ(accept_from(f, g.vmid, &a), RM_ERR_VMID);
	CHECK_EQ(release_from(f, g.vmid, other.image, 0), RM_ERR_HANDLE);
	CHECK_EQ(share(f, g.vmid, 0, MEM, PAGE, &a.handle), 0);
	a.trans = SHARED;
	CHECK_EQ(accept_from(f, 3, &a), RM_ERR_DENIED);
	CHECK_EQ(release_from(f, 3, a.handle, 0), RM_ERR_DENIED);
	/* Sanitized at the acceptor's wish */
	a.flags = DONE | 32;
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	*fake_mem(f, MEM) = 0x55;
	CHECK_EQ(release_from(f, g.vmid, a.handle, 0), 0);
	CHECK_EQ(reclaim(f, a.handle), 0);
	CHECK_EQ(*fake_mem(f, MEM), 0);
	guest_remove(f, &g);
	guest_remove(f, &other);
	fake_free(f);
}

/* Donated memory changes hands for good */
static void donated(void)
{
	struct region r = { MEM, PAGE };
	struct create c = { RM_MEM_DONATE_ID, .nacl = 1, .acl = { { 128, 7 } },
			    .nsgl = 1, .sgl = &r };
	struct accept a = { .flags = DONE };
	struct rm_stats stats;
	struct guest g;
	struct fake *f = fake_guest(&g);
	uint32_t other;

	CHECK_EQ(create(f, &c, &a.handle), 0);
	CHECK_EQ(accept_from(f, g.vmid, &a), 0);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.parcels, 1);
	CHECK_EQ(reclaim(f, a.handle), RM_ERR_HANDLE);
	CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &other), RM_ERR_MEM);
	guest_remove(f, &g);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.parcels + stats.entries, 0);
	CHECK_EQ(f->taken, 1);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_accept() - accepting and releasing parcels */
void test_accept(void)
{
	TABLE(rows, accept_row);
	RUN(addresses);
	RUN(in_several_calls);
	RUN(neighbours);
	RUN(attributes);
	RUN(contiguous_too_late);
	RUN(map_failure);
	RUN(no_addresses);
	RUN(host_accepts);
	RUN(more_errors);
	RUN(donated);
}
