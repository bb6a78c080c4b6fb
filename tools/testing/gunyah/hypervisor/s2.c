// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2 page tables
 *
 * 4 KiB granule, from level 1: the host has a 40 bit address space with two
 * concatenated tables there and is mapped by 1 GiB blocks at first, guests have
 * 36 bits, and blocks of 2 MiB only where their owner pages their memory. The
 * host's blocks are split on demand and never joined again, so that access to a
 * page can be taken and given back without allocation; its tables are thus
 * bounded by the size of the machine's memory.
 */
#include "hyp.h"

#define DESC_VALID	BIT(0)
#define DESC_TABLE	BIT(1)		/* at level 3: page */
#define DESC_ADDR	GENMASK(47, 12)
#define DESC_DEVICE	BIT(2)		/* MemAttr: Device-nGnRE */
#define DESC_NORMAL	(0xfUL << 2)	/* Normal write-back */
#define DESC_R		BIT(6)
#define DESC_W		BIT(7)
#define DESC_INNER	(3UL << 8)
#define DESC_AF		BIT(10)
#define DESC_XN		BIT(54)

#define ENTRIES		512
#define L1_SHIFT	30
#define L2_SHIFT	21
#define L2_BLOCK	BIT(L2_SHIFT)

/* RES1, 40 bit PA, inner shareable, write-back, start at level 1 */
#define VTCR_COMMON	(BIT(31) | 2UL << 16 | 3UL << 12 | 1UL << 10 | \
			 1UL << 8 | 1UL << 6)

/* Some TLB may still hold what is no longer in a table */
static bool stale;

static u64 attributes(u8 rights, bool device)
{
	u64 attr = DESC_VALID | DESC_AF;

	attr |= device ? DESC_DEVICE : DESC_NORMAL | DESC_INNER;
	if (rights & RM_RIGHT_R)
		attr |= DESC_R;
	if (rights & RM_RIGHT_W)
		attr |= DESC_W;
	if (!(rights & RM_RIGHT_X))
		attr |= DESC_XN;
	return attr;
}

static bool is_table(u64 desc)
{
	return (desc & (DESC_VALID | DESC_TABLE)) == (DESC_VALID | DESC_TABLE);
}

static u64 *table_of(u64 desc)
{
	return (u64 *)(desc & DESC_ADDR);
}

static size_t root_size(const struct s2 *s2)
{
	return max(PAGE_SIZE, BIT(s2->ipa_bits - L1_SHIFT) * sizeof(u64));
}

/* A test can limit the number of tables, to see what happens without memory */
static u64 *alloc_table(void)
{
	u64 *table;

	if (hyp.quirk.s2_limit && hyp.stats.s2_tables >= hyp.quirk.s2_limit)
		return NULL;
	table = alloc(PAGE_SIZE);
	if (table)
		hyp.stats.s2_tables++;
	return table;
}

static void free_table(u64 *table)
{
	free(table, PAGE_SIZE);
	hyp.stats.s2_tables--;
}

/*
 * The table below entry @e of a table whose entries cover 1 << @shift bytes;
 * NULL if there is no memory for it. A block is replaced in one store, without
 * break-before-make: QEMU's TLB does not mind, and what is mapped is the same.
 */
static u64 *next_table(u64 *e, u32 shift)
{
	u32 i, next_shift = shift - 9;
	u64 *table;

	if (is_table(*e))
		return table_of(*e);
	table = alloc_table();
	if (!table)
		return NULL;
	if (*e & DESC_VALID) {
		u64 desc = *e | (next_shift == PAGE_SHIFT ? DESC_TABLE : 0);

		for (i = 0; i < ENTRIES; i++)
			table[i] = desc + ((u64)i << next_shift);
		stale = true;
	}
	dsb_ishst();
	*e = (u64)table | DESC_VALID | DESC_TABLE;
	return table;
}

/* The level 2 entry for @ipa; its table is made or split if it is not there */
static u64 *block_entry(struct s2 *s2, u64 ipa)
{
	u64 *table = next_table(&s2->root[ipa >> L1_SHIFT], L1_SHIFT);

	return table ? &table[ipa >> L2_SHIFT & (ENTRIES - 1)] : NULL;
}

/* The level 3 table for @ipa, likewise */
static u64 *leaf_table(struct s2 *s2, u64 ipa)
{
	u64 *e = block_entry(s2, ipa);

	return e ? next_table(e, L2_SHIFT) : NULL;
}

static bool bad_range(const struct s2 *s2, u64 ipa, u64 size)
{
	return (ipa | size) & ~PAGE_MASK || ipa >= BIT(s2->ipa_bits) ||
	       size > BIT(s2->ipa_bits) - ipa;
}

/**
 * s2_init() - new address space with nothing in it
 * @s2: address space
 * @vmid: its VMID
 * @ipa_bits: size, 36 or 40
 *
 * Return: GH_OK or GH_NOMEM.
 */
int s2_init(struct s2 *s2, u16 vmid, u8 ipa_bits)
{
	s2->ipa_bits = ipa_bits;
	s2->root = alloc(root_size(s2));
	if (!s2->root)
		return GH_NOMEM;
	s2->vttbr = (u64)s2->root | (u64)vmid << 48;
	s2->vtcr = VTCR_COMMON | (64 - ipa_bits);
	/* The VMID may have been another VM's */
	stale = true;
	s2_sync();
	return GH_OK;
}

/**
 * s2_destroy() - free the tables
 * @s2: address space that no CPU uses
 */
void s2_destroy(struct s2 *s2)
{
	u64 i, j;

	stale = true;
	s2_sync();
	for (i = 0; i < BIT(s2->ipa_bits - L1_SHIFT); i++) {
		u64 *table = table_of(s2->root[i]);

		if (!is_table(s2->root[i]))
			continue;
		for (j = 0; j < ENTRIES; j++) {
			if (is_table(table[j]))
				free_table(table_of(table[j]));
		}
		free_table(table);
	}
	free(s2->root, root_size(s2));
	s2->root = NULL;
}

/*
 * Set the pages of [ipa, ipa + size) to @desc plus, unless @desc is 0, @pa and
 * on. On GH_NOMEM the pages before the one that has no table have been set.
 */
static int set_pages(struct s2 *s2, u64 ipa, u64 pa, u64 size, u64 desc)
{
	u64 end = ipa + size;

	while (ipa < end) {
		u64 *table = leaf_table(s2, ipa);
		u64 stop = min(end, (ipa | (BIT(L2_SHIFT) - 1)) + 1);

		if (!table)
			return GH_NOMEM;
		for (; ipa < stop; ipa += PAGE_SIZE) {
			u64 *e = &table[ipa >> PAGE_SHIFT & (ENTRIES - 1)];

			if (*e & DESC_VALID)
				stale = true;
			*e = desc ? desc | pa : 0;
			pa += PAGE_SIZE;
		}
	}
	dsb_ishst();
	return GH_OK;
}

/* Have the tables for a range, so that set_pages() cannot fail halfway */
static int populate(struct s2 *s2, u64 ipa, u64 size)
{
	u64 end = ipa + size;

	for (; ipa < end; ipa = (ipa | (BIT(L2_SHIFT) - 1)) + 1) {
		if (!leaf_table(s2, ipa))
			return GH_NOMEM;
	}
	return GH_OK;
}

/**
 * s2_map() - map a range by pages, in place of what was mapped there
 * @s2: address space
 * @ipa: address in it
 * @pa: physical address
 * @size: bytes
 * @rights: RM_RIGHT_*
 * @device: device memory
 *
 * Return: GH_OK, or GH_NOMEM, GH_ADDR_OVERFLOW or GH_ADDR_INVALID with nothing
 * changed.
 */
int s2_map(struct s2 *s2, u64 ipa, u64 pa, u64 size, u8 rights, bool device)
{
	int err;

	if (ipa + size < ipa)
		return GH_ADDR_OVERFLOW;
	if (bad_range(s2, ipa, size) || pa & ~PAGE_MASK)
		return GH_ADDR_INVALID;
	err = populate(s2, ipa, size);
	if (err)
		return err;
	return set_pages(s2, ipa, pa, size,
			 attributes(rights, device) | DESC_TABLE);
}

/**
 * s2_unmap() - take a range away
 * @s2: address space
 * @ipa: address in it
 * @size: bytes
 *
 * Return: GH_OK, GH_NOMEM or GH_ADDR_INVALID, with nothing changed then.
 */
int s2_unmap(struct s2 *s2, u64 ipa, u64 size)
{
	int err;

	if (bad_range(s2, ipa, size))
		return GH_ADDR_INVALID;
	err = populate(s2, ipa, size);
	if (err)
		return err;
	return set_pages(s2, ipa, 0, size, 0);
}

/* Bytes from @ipa that one level 3 table, or one block, can be for */
static u64 step_of(u64 ipa, u64 size)
{
	return min(size, L2_BLOCK - (ipa & (L2_BLOCK - 1)));
}

static bool is_block(u64 ipa, u64 pa, u64 step)
{
	return step == L2_BLOCK && !((ipa | pa) & (L2_BLOCK - 1));
}

/* As populate(), but blocks need no level 3 table */
static int populate_blocks(struct s2 *s2, u64 ipa, u64 pa, u64 size)
{
	u64 step;

	for (; size; ipa += step, pa += step, size -= step) {
		step = step_of(ipa, size);
		if (is_block(ipa, pa, step) ? !block_entry(s2, ipa) :
					      !leaf_table(s2, ipa))
			return GH_NOMEM;
	}
	return GH_OK;
}

/* Write a level 2 entry in place of what is there, which may be a table */
static void set_block(struct s2 *s2, u64 ipa, u64 desc)
{
	u64 *e = block_entry(s2, ipa), old = *e;

	*e = desc;
	dsb_ishst();
	if (old & DESC_VALID)
		stale = true;
	if (is_table(old)) {
		s2_sync();
		free_table(table_of(old));
	}
}

/**
 * s2_map_blocks() - map a range where nothing is mapped, by blocks of 2 MiB if
 *	they are aligned and by pages otherwise
 * @s2: address space
 * @ipa: address in it
 * @pa: physical address
 * @size: bytes
 * @rights: RM_RIGHT_*
 *
 * Return: GH_OK, GH_NOMEM or GH_ADDR_INVALID, with nothing changed then.
 */
int s2_map_blocks(struct s2 *s2, u64 ipa, u64 pa, u64 size, u8 rights)
{
	u64 desc = attributes(rights, false), step;
	int err;

	if (bad_range(s2, ipa, size) || pa & ~PAGE_MASK)
		return GH_ADDR_INVALID;
	err = populate_blocks(s2, ipa, pa, size);
	if (err)
		return err;
	for (; size; ipa += step, pa += step, size -= step) {
		step = step_of(ipa, size);
		if (is_block(ipa, pa, step))
			set_block(s2, ipa, desc | pa);
		else
			set_pages(s2, ipa, pa, step, desc | DESC_TABLE);
	}
	return GH_OK;
}

/**
 * s2_unmap_blocks() - undo s2_map_blocks(), also in part
 * @s2: address space
 * @ipa: address in it
 * @size: bytes
 *
 * Return: GH_OK, GH_NOMEM or GH_ADDR_INVALID, with nothing changed then. A whole
 * block needs no memory.
 */
int s2_unmap_blocks(struct s2 *s2, u64 ipa, u64 size)
{
	u64 step;
	int err;

	if (bad_range(s2, ipa, size))
		return GH_ADDR_INVALID;
	err = populate_blocks(s2, ipa, 0, size);
	if (err)
		return err;
	for (; size; ipa += step, size -= step) {
		step = step_of(ipa, size);
		if (is_block(ipa, 0, step))
			set_block(s2, ipa, 0);
		else
			set_pages(s2, ipa, 0, step, 0);
	}
	return GH_OK;
}

/**
 * s2_sync() - make it effective on all CPUs
 *
 * All VMIDs at once: a broadcast costs the same, however much it covers.
 */
void s2_sync(void)
{
	if (!stale)
		return;
	dsb_ishst();
	asm volatile("tlbi alle1is");
	dsb_ish();
	isb();
	stale = false;
}

/**
 * s2_map_block() - map 1 GiB by one entry
 * @s2: address space
 * @ipa: address, also the physical one
 * @device: device memory
 */
void s2_map_block(struct s2 *s2, u64 ipa, bool device)
{
	s2->root[ipa >> L1_SHIFT] = ipa |
		attributes(RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X, device);
}

/**
 * s2_lookup() - what is mapped
 * @s2: address space
 * @ipa: address in it
 * @pa: physical address
 * @rights: RM_RIGHT_*; may be NULL
 *
 * Return: false if nothing is.
 */
bool s2_lookup(struct s2 *s2, u64 ipa, u64 *pa, u8 *rights)
{
	u32 shift = L1_SHIFT;
	u64 desc;

	if (ipa >= BIT(s2->ipa_bits))
		return false;
	desc = s2->root[ipa >> L1_SHIFT];
	for (; shift > PAGE_SHIFT && is_table(desc);) {
		shift -= 9;
		desc = table_of(desc)[ipa >> shift & (ENTRIES - 1)];
	}
	if (!(desc & DESC_VALID))
		return false;
	*pa = (desc & DESC_ADDR & ~(BIT(shift) - 1)) | (ipa & (BIT(shift) - 1));
	if (rights)
		*rights = (desc & DESC_R ? RM_RIGHT_R : 0) |
			  (desc & DESC_W ? RM_RIGHT_W : 0) |
			  (desc & DESC_XN ? 0 : RM_RIGHT_X);
	return true;
}
