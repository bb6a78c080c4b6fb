// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's GIC
 *
 * The GIC is the machine's: the host takes its interrupts without EL2. But
 * Gunyah's interrupts have INTIDs from 960, and QEMU's virt machine has no SPIs
 * with such numbers. So spare SPIs stand for them. Those registers of the
 * distributor that have a part for each INTID trap, and so do the registers by
 * which the host takes and ends an interrupt; INTIDs are translated on the way.
 */
#include "hyp.h"

#define VIRTUAL_FIRST	960
#define VIRTUAL_END	1024
#define SPECIAL_FIRST	1020	/* numbers that are no interrupts */

/* A multiple of 32, like the above: whole words of the registers are moved */
#define PHYSICAL_FIRST	96
#define PHYSICAL_END	(PHYSICAL_FIRST + VIRTUAL_END - VIRTUAL_FIRST)
#define SHIFT		(VIRTUAL_FIRST - PHYSICAL_FIRST)

/* Devices that are not used have these */
#define SPARE_FIRST	80
#define SPARE_LAST	255

#define GICD_TYPER	0x0004
#define TYPER_LINES	0x1fU

#define ICH_HCR_TALL1	BIT(12)

/* ISS of a trapped MSR/MRS without Rt and direction */
#define SYSREG(op0, op1, crn, crm, op2) \
	((u64)(op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define SYSREG_MASK		(GENMASK(21, 10) | GENMASK(4, 1))
#define ICC_AP1R0		SYSREG(3, 0, 12, 9, 0)
#define ICC_SGI1R		SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R		SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R		SYSREG(3, 0, 12, 11, 7)
#define ICC_IAR1		SYSREG(3, 0, 12, 12, 0)
#define ICC_EOIR1		SYSREG(3, 0, 12, 12, 1)
#define ICC_HPPIR1		SYSREG(3, 0, 12, 12, 2)
#define ICC_BPR1		SYSREG(3, 0, 12, 12, 3)
#define ICC_IGRPEN1		SYSREG(3, 0, 12, 12, 7)

/* Registers of the distributor with so many bits for each INTID */
static const struct {
	u16 offset;
	u8 bits;
} arrays[] = {
	{ 0x0080, 1 },	/* GICD_IGROUPR */
	{ 0x0100, 1 },	/* GICD_ISENABLER */
	{ 0x0180, 1 },	/* GICD_ICENABLER */
	{ 0x0200, 1 },	/* GICD_ISPENDR */
	{ 0x0280, 1 },	/* GICD_ICPENDR */
	{ 0x0300, 1 },	/* GICD_ISACTIVER */
	{ 0x0380, 1 },	/* GICD_ICACTIVER */
	{ 0x0400, 8 },	/* GICD_IPRIORITYR */
	{ 0x0c00, 2 },	/* GICD_ICFGR */
	{ 0x6000, 64 },	/* GICD_IROUTER */
};

/**
 * host_gic_is_spare() - may an interrupt be given to the host?
 * @intid: INTID as the host sees it
 *
 * Return: true if no device of the machine has it.
 */
bool host_gic_is_spare(u32 intid)
{
	if (intid >= VIRTUAL_FIRST)
		return intid < SPECIAL_FIRST;
	return intid >= SPARE_FIRST && intid <= SPARE_LAST &&
	       (intid < PHYSICAL_FIRST || intid >= PHYSICAL_END);
}

/**
 * host_gic_physical() - the machine's number for an interrupt
 * @intid: INTID as the host sees it
 *
 * Return: INTID.
 */
u32 host_gic_physical(u32 intid)
{
	if (intid >= VIRTUAL_FIRST && intid < SPECIAL_FIRST)
		return intid - SHIFT;
	return intid;
}

static u64 to_virtual(u64 intid)
{
	if (intid >= PHYSICAL_FIRST && intid < PHYSICAL_END)
		return intid + SHIFT;
	return intid;
}

/** host_gic_init() - have the registers of the distributor trap */
void host_gic_init(void)
{
	/* All of @arrays; the registers behind 0x6fff are for INTIDs from 512 */
	if (s2_unmap(&hyp.host.s2, GICD_BASE, PAGE_SIZE) ||
	    s2_unmap(&hyp.host.s2, GICD_BASE + 0x6000, 2 * PAGE_SIZE))
		panic("no memory for the host's page tables");
	s2_sync();
}

/** host_gic_cpu_init() - have the interface of this CPU trap */
void host_gic_cpu_init(void)
{
	write_sysreg(ICH_HCR_TALL1, ich_hcr_el2);
}

static u64 load(u64 addr, u32 size)
{
	switch (size) {
	case 1:
		return *(volatile u8 *)addr;
	case 2:
		return *(volatile u16 *)addr;
	case 4:
		return read32(addr);
	default:
		return read64(addr);
	}
}

static void store(u64 addr, u32 size, u64 val)
{
	switch (size) {
	case 1:
		*(volatile u8 *)addr = val;
		break;
	case 2:
		*(volatile u16 *)addr = val;
		break;
	case 4:
		write32(addr, val);
		break;
	default:
		write64(addr, val);
	}
}

/* False: the register is for INTIDs that the host does not have */
static bool translate(u64 *offset)
{
	for (u32 i = 0; i < ARRAY_SIZE(arrays); i++) {
		u64 in = *offset - arrays[i].offset, intid;

		if (*offset < arrays[i].offset || in >= 128UL * arrays[i].bits)
			continue;
		intid = in * 8 / arrays[i].bits;
		if (intid >= VIRTUAL_FIRST)
			*offset -= SHIFT * arrays[i].bits / 8;
		return intid < PHYSICAL_FIRST || intid >= PHYSICAL_END;
	}
	return true;
}

/**
 * host_gic_mmio() - an access of the host to the distributor
 * @offset: of the register
 * @size: bytes
 * @write: it is a store
 * @val: what is stored, or has been loaded
 *
 * Return: false if the access is not aligned.
 */
bool host_gic_mmio(u64 offset, u32 size, bool write, u64 *val)
{
	bool exists = translate(&offset);

	if (offset & (size - 1))
		return false;
	if (write) {
		if (exists)
			store(GICD_BASE + offset, size, *val);
		return true;
	}
	*val = exists ? load(GICD_BASE + offset, size) : 0;
	if (offset == GICD_TYPER)
		*val |= TYPER_LINES;
	return true;
}

static bool sysreg_read(u64 reg, u64 *val)
{
	switch (reg) {
	case ICC_IAR1:
		*val = to_virtual(read_sysreg(S3_0_C12_C12_0));
		return true;
	case ICC_HPPIR1:
		*val = to_virtual(read_sysreg(S3_0_C12_C12_2));
		return true;
	case ICC_BPR1:
		*val = read_sysreg(S3_0_C12_C12_3);
		return true;
	case ICC_IGRPEN1:
		*val = read_sysreg(S3_0_C12_C12_7);
		return true;
	case ICC_AP1R0:
		*val = read_sysreg(S3_0_C12_C9_0);
		return true;
	}
	return false;
}

static bool sysreg_write(struct cpu *cpu, u64 reg, u64 val)
{
	switch (reg) {
	case ICC_EOIR1:
		write_sysreg(host_gic_physical(val), S3_0_C12_C12_1);
		return true;
	case ICC_BPR1:
		write_sysreg(val, S3_0_C12_C12_3);
		return true;
	case ICC_IGRPEN1:
		write_sysreg(val, S3_0_C12_C12_7);
		return true;
	case ICC_AP1R0:
		write_sysreg(val, S3_0_C12_C9_0);
		return true;
	case ICC_SGI1R:
		cpu->host_sgis++;
		write_sysreg(val, S3_0_C12_C11_5);
		return true;
	case ICC_ASGI1R:
		cpu->host_sgis++;
		write_sysreg(val, S3_0_C12_C11_6);
		return true;
	case ICC_SGI0R:
		/* The host has no use for Group 0, which is EL2's own */
		return true;
	}
	return false;
}

/**
 * host_gic_sysreg() - an access of the host to the CPU interface
 * @cpu: this CPU
 * @iss: syndrome
 * @val: what is written, or has been read
 *
 * Registers that send SGIs trap because of HCR_EL2.FMO, others because of
 * ICH_HCR_EL2.TALL1. Called without the lock, as it is needed for each
 * interrupt: all that it uses is this CPU's.
 *
 * Return: false if it is no such register.
 */
bool host_gic_sysreg(struct cpu *cpu, u64 iss, u64 *val)
{
	u64 reg = iss & SYSREG_MASK;
	bool known = iss & 1 ? sysreg_read(reg, val) :
			       sysreg_write(cpu, reg, *val);

	isb();
	return known;
}
