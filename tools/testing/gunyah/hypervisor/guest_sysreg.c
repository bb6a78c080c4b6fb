// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers of guests that trap
 *
 * Guests see an ARMv8.0 CPU and what later extensions need no help of the
 * hypervisor. Features whose registers are not switched are hidden from the ID
 * registers and undefined.
 */
#include "guest.h"

/* As the ISS encodes it, without Rt and direction */
#define SYSREG(op0, op1, crn, crm, op2) \
	((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define SYSREG_MASK		(GENMASK(21, 10) | GENMASK(4, 1))
#define SYSREG_OP0(iss)		((iss) >> 20 & 3)
#define SYSREG_OP1(iss)		((iss) >> 14 & 7)
#define SYSREG_CRN(iss)		((iss) >> 10 & 0xf)
#define SYSREG_CRM(iss)		((iss) >> 1 & 0xf)
#define SYSREG_RT(iss)		((iss) >> 5 & 0x1f)
#define SYSREG_READ		BIT(0)

#define ID_AA64PFR0		SYSREG(3, 0, 0, 4, 0)
#define ID_AA64DFR0		SYSREG(3, 0, 0, 5, 0)
#define ID_AA64ISAR0		SYSREG(3, 0, 0, 6, 0)
#define ID_AA64ISAR1		SYSREG(3, 0, 0, 6, 1)
#define ID_AA64MMFR0		SYSREG(3, 0, 0, 7, 0)
#define ID_AA64MMFR1		SYSREG(3, 0, 0, 7, 1)
#define ID_AA64MMFR2		SYSREG(3, 0, 0, 7, 2)
#define ACTLR_EL1		SYSREG(3, 0, 1, 0, 1)
#define ICC_DIR			SYSREG(3, 0, 12, 11, 1)
#define ICC_SGI1R		SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R		SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R		SYSREG(3, 0, 12, 11, 7)
#define OSLSR_EL1		SYSREG(2, 0, 1, 1, 4)

#define FIELD(lsb)		(0xfUL << (lsb))

/* EL0 and EL1 are AArch64 only, there is no EL2 and no EL3 */
#define PFR0_FIXED		0x11UL
#define PFR0_KEEP		(FIELD(16) | FIELD(20) | FIELD(24) | FIELD(60))
/* ARMv8 debug with the smallest number of everything, no PMU, no trace */
#define DFR0_FIXED		0x10101006UL
/* AES SHA1 SHA2 CRC32 atomics RDM SHA3 SM3 SM4 DP FHM TS */
#define ISAR0_KEEP		(GENMASK(23, 4) | GENMASK(55, 28))
/* DPB JSCVT FCMA FRINTTS BF16 I8MM */
#define ISAR1_KEEP		(FIELD(0) | FIELD(12) | FIELD(16) | FIELD(32) | \
				 FIELD(44) | FIELD(52))
/* 36 bits of physical address; ASIDs, endianness, granules */
#define MMFR0_FIXED		0x1UL
#define MMFR0_KEEP		(GENMASK(11, 4) | FIELD(16) | FIELD(24))
/* HAFDBS HPDS PAN */
#define MMFR1_KEEP		(FIELD(0) | FIELD(12) | FIELD(20))
/* UAO VARange AT E0PD */
#define MMFR2_KEEP		(FIELD(4) | FIELD(16) | FIELD(32) | FIELD(60))

/* 4 and 16 KiB granules: present or not, without 52-bit addresses */
static u64 granules(u64 mmfr0)
{
	u64 val = 0;

	if ((mmfr0 >> 20 & 0xf) != 0)
		val |= 1UL << 20;
	if ((mmfr0 >> 28 & 0xf) == 0xf)
		val |= FIELD(28);
	return val;
}

static u64 id_register(u64 reg)
{
	u64 val;

	switch (reg) {
	case ID_AA64PFR0:
		val = read_sysreg(id_aa64pfr0_el1);
		return PFR0_FIXED | (val & PFR0_KEEP);
	case ID_AA64DFR0:
		return DFR0_FIXED;
	case ID_AA64ISAR0:
		return read_sysreg(id_aa64isar0_el1) & ISAR0_KEEP;
	case ID_AA64ISAR1:
		return read_sysreg(id_aa64isar1_el1) & ISAR1_KEEP;
	case ID_AA64MMFR0:
		val = read_sysreg(id_aa64mmfr0_el1);
		return MMFR0_FIXED | (val & MMFR0_KEEP) | granules(val);
	case ID_AA64MMFR1:
		return read_sysreg(id_aa64mmfr1_el1) & MMFR1_KEEP;
	case ID_AA64MMFR2:
		return read_sysreg(S3_0_C0_C7_2) & MMFR2_KEEP;
	}
	return 0;
}

/* Debug registers: there, but nothing is behind them */
static u64 debug_register(u64 reg)
{
	return reg == OSLSR_EL1 ? BIT(3) : 0;
}

bool guest_sysreg(struct vcpu *vcpu, struct frame *f, u64 iss)
{
	u64 reg = iss & SYSREG_MASK, val = 0;
	u32 rt = SYSREG_RT(iss);

	if (!(iss & SYSREG_READ)) {
		val = rt < 31 ? f->x[rt] : 0;
		switch (reg) {
		case ICC_DIR:
		case ICC_SGI1R:
		case ICC_SGI0R:
		case ICC_ASGI1R:
			if (!vcpu->vm->vgic)
				return false;
			if (reg == ICC_DIR)
				vgic_deactivate(vcpu, val & GENMASK(23, 0));
			else
				vgic_sgi(vcpu, val, reg == ICC_SGI1R);
			return true;
		case ACTLR_EL1:
			return true;
		}
		return SYSREG_OP0(iss) == 2 && SYSREG_OP1(iss) != 1;
	}

	if (SYSREG_OP0(iss) == 3 && SYSREG_OP1(iss) == 0 &&
	    SYSREG_CRN(iss) == 0 && SYSREG_CRM(iss) != 0)
		val = id_register(reg);
	else if (SYSREG_OP0(iss) == 2 && SYSREG_OP1(iss) != 1)
		val = debug_register(reg);
	else if (reg != ACTLR_EL1)
		return false;
	if (rt < 31)
		f->x[rt] = val;
	return true;
}
