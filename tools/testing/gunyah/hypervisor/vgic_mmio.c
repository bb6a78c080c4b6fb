// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual GICv3: registers of distributor and redistributors
 *
 * An access of any size becomes accesses to 32-bit words, and a write may cover
 * only a part of a word. Registers that are not listed here read as zero and
 * ignore writes.
 */
#include "guest.h"

#define GIC_FRAME		VGIC_FRAME_SIZE

#define GICD_CTLR		0x0000
#define GICD_TYPER		0x0004
#define GICD_IIDR		0x0008
#define GICD_IROUTER		0x6000
#define GICD_IROUTER_END	0x8000
#define GIC_PIDR2		0xffe8

#define GICD_CTLR_ENABLES	0x03
#define GICD_CTLR_ARE		BIT(4)
#define GICD_CTLR_DS		BIT(6)
#define GICD_TYPER_VALUE	(31 | 9 << 19 | BIT(25))  /* 1024, 10 bits */
#define GIC_IIDR_VALUE		0x0000043b
#define GIC_PIDR2_VALUE		0x3b

#define GICR_TYPER		0x0008
#define GICR_WAKER		0x0014
#define GICR_TYPER_LAST		BIT(4)
#define GICR_WAKER_SLEEP	BIT(1)
#define GICR_WAKER_ASLEEP	BIT(2)

/* Registers with a field for each interrupt, the same in both frames */
#define GIC_IGROUPR		0x080
#define GIC_ISENABLER		0x100
#define GIC_ICENABLER		0x180
#define GIC_ISPENDR		0x200
#define GIC_ICPENDR		0x280
#define GIC_ISACTIVER		0x300
#define GIC_ICACTIVER		0x380
#define GIC_IPRIORITYR		0x400
#define GIC_ITARGETSR		0x800
#define GIC_ICFGR		0xc00
#define GIC_IGRPMODR		0xd00

#define IROUTER_IRM		BIT(31)
#define IROUTER_AFFINITY	0xff00ffffffUL

static bool bit_get(struct vm *vm, u32 reg, struct virq *irq, u32 intid)
{
	switch (reg) {
	case GIC_IGROUPR:
		return irq->group1;
	case GIC_ISENABLER:
	case GIC_ICENABLER:
		return irq->enabled;
	case GIC_ISPENDR:
	case GIC_ICPENDR:
		return vgic_irq_pending(irq, intid);
	case GIC_ISACTIVER:
	case GIC_ICACTIVER:
		/* Guests poll this register: have it updated */
		if (irq->in_lr)
			vcpu_notify(vm->vcpus[irq->owner]);
		return irq->active;
	}
	return false;
}

static void bit_set(struct vm *vm, u32 vcpu, u32 reg, u32 intid, bool val)
{
	struct virq *irq = vgic_irq(vm->vgic, vcpu, intid);

	if (reg == GIC_IGROUPR) {
		if (irq->group1 == val)
			return;
		irq->group1 = val;
		vgic_update(vm, vcpu, intid);
		return;
	}
	if (!val)
		return;

	switch (reg) {
	case GIC_ISENABLER:
		irq->enabled = true;
		break;
	case GIC_ICENABLER:
		irq->enabled = false;
		break;
	case GIC_ISPENDR:
		irq->pending = true;
		irq->latched = true;
		break;
	case GIC_ICPENDR:
		irq->pending = false;
		irq->latched = false;
		break;
	case GIC_ISACTIVER:
		if (!irq->in_lr)
			irq->active = true;
		break;
	case GIC_ICACTIVER:
		if (!irq->in_lr)
			irq->active = false;
		break;
	default:
		return;
	}
	vgic_update(vm, vcpu, intid);
}

/* @first: INTID of bit 0; @mask: bits that the access covers */
static u32 bits_access(struct vm *vm, u32 vcpu, u32 reg, u32 first, bool write,
		       u32 val, u32 mask)
{
	u32 result = 0;

	for (u32 i = 0; i < 32; i++) {
		struct virq *irq = vgic_irq(vm->vgic, vcpu, first + i);

		if (!irq || !(mask & BIT(i)))
			continue;
		if (write)
			bit_set(vm, vcpu, reg, first + i, val & BIT(i));
		else if (bit_get(vm, reg, irq, first + i))
			result |= BIT(i);
	}
	return result;
}

static u32 prio_access(struct vm *vm, u32 vcpu, u32 first, bool write, u32 val,
		       u32 mask)
{
	u32 result = 0;

	for (u32 i = 0; i < 4; i++) {
		struct virq *irq = vgic_irq(vm->vgic, vcpu, first + i);
		u8 prio = val >> (8 * i) & 0xf8;

		if (!irq || !(mask >> (8 * i) & 0xff))
			continue;
		if (!write) {
			result |= (u32)irq->prio << (8 * i);
		} else if (irq->prio != prio) {
			irq->prio = prio;
			vgic_update(vm, vcpu, first + i);
		}
	}
	return result;
}

static u32 config_access(struct vm *vm, u32 vcpu, u32 first, bool write,
			 u32 val, u32 mask)
{
	u32 result = 0;

	for (u32 i = 0; i < 16; i++) {
		struct virq *irq = vgic_irq(vm->vgic, vcpu, first + i);
		bool edge = val >> (2 * i + 1) & 1;

		if (!irq || !(mask >> (2 * i + 1) & 1))
			continue;
		if (!write) {
			result |= (u32)irq->edge << (2 * i + 1);
		} else if (first >= VGIC_NR_PRIVATE && irq->edge != edge) {
			irq->edge = edge;
			/* An earlier level is not an edge */
			if (!irq->latched)
				irq->pending = false;
			vgic_update(vm, vcpu, first + i);
		}
	}
	return result;
}

static bool is_private(u32 intid)
{
	return intid < VGIC_NR_PRIVATE;
}

/* Registers with a field for each interrupt */
static u32 irqs_access(struct vm *vm, u32 vcpu, u32 offset, bool private,
		       bool write, u32 val, u32 mask)
{
	u32 reg = offset & ~0x7fU, first;

	if (offset >= GIC_IGROUPR && offset < GIC_IPRIORITYR) {
		first = (offset & 0x7f) * 8;
		if (private == is_private(first))
			return bits_access(vm, vcpu, reg, first, write, val,
					   mask);
	} else if (offset >= GIC_IPRIORITYR && offset < GIC_ITARGETSR) {
		first = offset - GIC_IPRIORITYR;
		if (private == is_private(first))
			return prio_access(vm, vcpu, first, write, val, mask);
	} else if (offset >= GIC_ICFGR && offset < GIC_IGRPMODR) {
		first = (offset - GIC_ICFGR) * 4;
		if (private == is_private(first))
			return config_access(vm, vcpu, first, write, val,
					     mask);
	}
	return 0;
}

static u32 router_access(struct vm *vm, u32 offset, bool write, u32 val,
			 u32 mask)
{
	u32 intid = (offset - GICD_IROUTER) / 8, shift = offset & 4 ? 32 : 0;
	struct vgic *vgic = vm->vgic;
	struct virq *irq = vgic_irq(vgic, 0, intid);

	if (!irq || intid < VGIC_NR_PRIVATE)
		return 0;
	if (!write)
		return irq->route >> shift;

	irq->route &= ~((u64)mask << shift);
	irq->route |= (u64)(val & mask) << shift;
	irq->route &= IROUTER_AFFINITY | IROUTER_IRM;
	if (irq->route & IROUTER_IRM)
		irq->target = 0;
	else if ((irq->route & IROUTER_AFFINITY) < vgic->num_vcpus)
		irq->target = irq->route;
	else
		irq->target = VGIC_NO_VCPU;
	vgic_update(vm, 0, intid);
	return 0;
}

static u32 gicd_access(struct vm *vm, u32 offset, bool write, u32 val,
		       u32 mask)
{
	struct vgic *vgic = vm->vgic;

	switch (offset) {
	case GICD_CTLR:
		if (!write)
			return vgic->ctlr | GICD_CTLR_ARE | GICD_CTLR_DS;
		vgic->ctlr &= ~mask;
		vgic->ctlr |= val & mask & GICD_CTLR_ENABLES;
		for (u32 i = 0; i < VM_MAX_VCPUS; i++)
			vcpu_notify(vm->vcpus[i]);
		return 0;
	case GICD_TYPER:
		return GICD_TYPER_VALUE | (vgic->num_vcpus - 1) << 5;
	case GICD_IIDR:
		return GIC_IIDR_VALUE;
	case GIC_PIDR2:
		return GIC_PIDR2_VALUE;
	}
	if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END)
		return router_access(vm, offset, write, val, mask);
	return irqs_access(vm, 0, offset, false, write, val, mask);
}

static u32 gicr_access(struct vm *vm, u32 vcpu, u32 offset, bool write,
		       u32 val, u32 mask)
{
	struct vgic *vgic = vm->vgic;
	struct vgic_vcpu *v = &vgic->vcpus[vcpu];

	if (offset >= GIC_FRAME)
		return irqs_access(vm, vcpu, offset - GIC_FRAME, true, write,
				   val, mask);
	switch (offset) {
	case GICD_TYPER:	/* the offset of GICR_IIDR */
		return GIC_IIDR_VALUE;
	case GICR_TYPER:
		return vcpu << 8 |
		       (vcpu == vgic->num_vcpus - 1 ? GICR_TYPER_LAST : 0);
	case GICR_TYPER + 4:
		return vcpu;
	case GICR_WAKER:
		if (!write)
			return v->asleep ? GICR_WAKER_SLEEP |
					   GICR_WAKER_ASLEEP : 0;
		if (mask & GICR_WAKER_SLEEP)
			v->asleep = val & GICR_WAKER_SLEEP;
		return 0;
	case GIC_PIDR2:
		return GIC_PIDR2_VALUE;
	}
	return 0;
}

static bool in_range(u64 ipa, u64 base, u64 size)
{
	return ipa >= base && ipa - base < size;
}

bool vgic_mmio(struct vcpu *vcpu, u64 ipa, u32 size, bool write, u64 *val)
{
	struct vgic *vgic = vcpu->vm->vgic;
	u64 offset, in = *val, out = 0;
	u32 target = 0, bytes;
	bool gicd;

	if (!vgic)
		return false;
	gicd = in_range(ipa, vgic->gicd, GIC_FRAME);
	if (gicd) {
		offset = ipa - vgic->gicd;
	} else {
		if (ipa < vgic->gicr)
			return false;
		target = min((ipa - vgic->gicr) / vgic->gicr_stride,
			     (u64)VM_MAX_VCPUS);
		offset = (ipa - vgic->gicr) % vgic->gicr_stride;
		if (target >= vgic->num_vcpus || offset >= 2 * GIC_FRAME)
			return false;
	}

	/* The architecture does not define unaligned accesses: ignore them */
	if (ipa & (size - 1)) {
		*val = 0;
		return true;
	}

	for (u32 done = 0; done < size; done += bytes) {
		u32 shift = ((offset + done) & 3) * 8, mask, word;
		u32 reg = (offset + done) & ~3UL;

		bytes = min(size, 4U);
		mask = (bytes == 4 ? ~0U : (1U << (bytes * 8)) - 1) << shift;
		word = (u32)(in >> (done * 8)) << shift;
		if (gicd)
			word = gicd_access(vcpu->vm, reg, write, word, mask);
		else
			word = gicr_access(vcpu->vm, target, reg, write, word,
					   mask);
		out |= (u64)((word & mask) >> shift) << (done * 8);
	}
	if (!write)
		*val = out;
	return true;
}
