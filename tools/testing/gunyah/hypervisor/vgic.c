// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual GICv3: interrupt state and list registers
 *
 * Each vCPU has a bitmap of candidates: the interrupts that are pending or
 * active for it. At each entry the most urgent ones go to the list registers,
 * and at each trap they come back, so that code between the two sees the state
 * in one place only. That of an interrupt in a list register of another CPU is
 * out of date until that CPU has come by (see vcpu_notify()).
 *
 * An assertion is pending until the guest takes it or it is taken back, even if
 * its reason is gone by then: a doorbell may consume its flag at once. After
 * that a level triggered interrupt is pending for as long as its source says so.
 * The source is asked when the guest has dealt with the interrupt, for which the
 * list register requests a maintenance interrupt, and before the interrupt goes
 * to a list register again.
 *
 * The timer's PPI is the physical one: its list register is linked to it, and
 * it is kept active on the physical side, hence masked, for as long as it is
 * pending or active on the virtual side.
 */
#include "guest.h"

#define GICD_CTLR_GRP0		BIT(0)
#define GICD_CTLR_GRP1		BIT(1)

#define ICH_HCR_EN		BIT(0)
#define ICH_HCR_UIE		BIT(1)
#define ICH_HCR_LRENPIE		BIT(2)
#define ICH_HCR_TDIR		BIT(14)
#define ICH_HCR_EOICOUNT(hcr)	((hcr) >> 27 & 0x1f)

#define ICH_VMCR_ENG0		BIT(0)
#define ICH_VMCR_ENG1		BIT(1)
#define ICH_VMCR_PMR(vmcr)	((vmcr) >> 24 & 0xff)

#define ICH_LR_PINTID		32
#define ICH_LR_EOI		BIT(41)
#define ICH_LR_PRIO		48
#define ICH_LR_GROUP1		BIT(60)
#define ICH_LR_HW		BIT(61)
#define ICH_LR_PENDING		BIT(62)
#define ICH_LR_ACTIVE		BIT(63)

#define SGI_INTID(val)		((val) >> 24 & 0xf)
#define SGI_IRM			BIT(40)
/* Aff3, range selector, Aff2, Aff1: all 0 for the CPUs that there are */
#define SGI_AFFINITY		(GENMASK(55, 44) | GENMASK(39, 32) | \
				 GENMASK(23, 16))

/* Order in which interrupts go to list registers */
#define KEY_ACTIVE		0x100
#define KEY_PENDING		0x200

static u64 read_lr(u32 n)
{
	switch (n) {
	case 0:
		return read_sysreg(ich_lr0_el2);
	case 1:
		return read_sysreg(ich_lr1_el2);
	case 2:
		return read_sysreg(ich_lr2_el2);
	case 3:
		return read_sysreg(ich_lr3_el2);
	case 4:
		return read_sysreg(ich_lr4_el2);
	case 5:
		return read_sysreg(ich_lr5_el2);
	case 6:
		return read_sysreg(ich_lr6_el2);
	case 7:
		return read_sysreg(ich_lr7_el2);
	case 8:
		return read_sysreg(ich_lr8_el2);
	case 9:
		return read_sysreg(ich_lr9_el2);
	case 10:
		return read_sysreg(ich_lr10_el2);
	case 11:
		return read_sysreg(ich_lr11_el2);
	case 12:
		return read_sysreg(ich_lr12_el2);
	case 13:
		return read_sysreg(ich_lr13_el2);
	case 14:
		return read_sysreg(ich_lr14_el2);
	case 15:
		return read_sysreg(ich_lr15_el2);
	}
	return 0;
}

static void write_lr(u32 n, u64 val)
{
	switch (n) {
	case 0:
		write_sysreg(val, ich_lr0_el2);
		break;
	case 1:
		write_sysreg(val, ich_lr1_el2);
		break;
	case 2:
		write_sysreg(val, ich_lr2_el2);
		break;
	case 3:
		write_sysreg(val, ich_lr3_el2);
		break;
	case 4:
		write_sysreg(val, ich_lr4_el2);
		break;
	case 5:
		write_sysreg(val, ich_lr5_el2);
		break;
	case 6:
		write_sysreg(val, ich_lr6_el2);
		break;
	case 7:
		write_sysreg(val, ich_lr7_el2);
		break;
	case 8:
		write_sysreg(val, ich_lr8_el2);
		break;
	case 9:
		write_sysreg(val, ich_lr9_el2);
		break;
	case 10:
		write_sysreg(val, ich_lr10_el2);
		break;
	case 11:
		write_sysreg(val, ich_lr11_el2);
		break;
	case 12:
		write_sysreg(val, ich_lr12_el2);
		break;
	case 13:
		write_sysreg(val, ich_lr13_el2);
		break;
	case 14:
		write_sysreg(val, ich_lr14_el2);
		break;
	case 15:
		write_sysreg(val, ich_lr15_el2);
		break;
	}
}

static u32 num_lrs(void)
{
	return (read_sysreg(ich_vtr_el2) & 0x1f) + 1;
}

void vgic_clear_lrs(void)
{
	for (u32 n = 0; n < num_lrs(); n++)
		write_lr(n, 0);
}

struct virq *vgic_irq(struct vgic *vgic, u32 vcpu, u32 intid)
{
	if (intid < VGIC_NR_PRIVATE)
		return &vgic->vcpus[vcpu].priv[intid];
	if (intid < VGIC_NR_IRQS)
		return &vgic->spis[intid - VGIC_NR_PRIVATE];
	return NULL;
}

bool vgic_irq_pending(struct virq *irq, u32 intid)
{
	struct irq_source *src = irq->src;

	if (!irq->pending || irq->edge || irq->latched ||
	    intid < VGIC_NR_PRIVATE)
		return irq->pending;
	irq->pending = src && src->asserted && src->asserted(src);
	return irq->pending;
}

static void set_candidate(struct vgic *vgic, u32 vcpu, u32 intid, bool on)
{
	struct vgic_vcpu *v = &vgic->vcpus[vcpu];
	u32 word = intid / 64;

	if (on)
		v->candidates[word] |= BIT(intid % 64);
	else
		v->candidates[word] &= ~BIT(intid % 64);
	if (v->candidates[word])
		v->words |= BIT(word);
	else
		v->words &= ~BIT(word);
}

void vgic_update(struct vm *vm, u32 vcpu, u32 intid)
{
	struct vgic *vgic = vm->vgic;
	struct virq *irq = vgic_irq(vgic, vcpu, intid);
	u8 to = intid < VGIC_NR_PRIVATE ? vcpu : irq->target;

	if (irq->in_lr) {
		/* Its state is elsewhere. Have it fetched and come back then. */
		vcpu_notify(vm->vcpus[irq->owner]);
		return;
	}

	/* An active one stays where it was taken */
	if (irq->active && irq->owner != VGIC_NO_VCPU)
		to = irq->owner;
	if (!irq->pending && !irq->active)
		to = VGIC_NO_VCPU;

	if (irq->owner != to) {
		if (irq->owner != VGIC_NO_VCPU)
			set_candidate(vgic, irq->owner, intid, false);
		if (to != VGIC_NO_VCPU)
			set_candidate(vgic, to, intid, true);
		irq->owner = to;
	}
	if (to != VGIC_NO_VCPU)
		vcpu_notify(vm->vcpus[to]);
}

/* Does the distributor forward it to the CPU interface? */
static bool forwarded(struct vgic *vgic, struct virq *irq, u32 intid)
{
	u32 group = irq->group1 ? GICD_CTLR_GRP1 : GICD_CTLR_GRP0;

	return irq->enabled && (vgic->ctlr & group) &&
	       vgic_irq_pending(irq, intid);
}

/* The first candidate that is @intid or above; VGIC_NR_IRQS: there is none */
static u32 next_candidate(const struct vgic_vcpu *v, u32 intid)
{
	u32 word = intid / 64;
	u64 bits = v->candidates[word] & (~0UL << (intid % 64));
	u32 words = v->words & (~0U << (word + 1));

	if (!bits) {
		if (!words)
			return VGIC_NR_IRQS;
		word = __builtin_ctz(words);
		bits = v->candidates[word];
	}
	return word * 64 + __builtin_ctzl(bits);
}

bool vgic_pending(struct vcpu *vcpu)
{
	struct vgic *vgic = vcpu->vm->vgic;
	struct vgic_vcpu *v;
	u64 vmcr;
	u32 intid;

	if (!vgic)
		return false;
	v = &vgic->vcpus[vcpu->index];
	if (!v->words)
		return false;

	vmcr = vcpu->cpu ? read_sysreg(ich_vmcr_el2) : vcpu->gic.vmcr;
	for (intid = next_candidate(v, 0); intid < VGIC_NR_IRQS;
	     intid = next_candidate(v, intid + 1)) {
		struct virq *irq = vgic_irq(vgic, vcpu->index, intid);

		if (!irq->active && forwarded(vgic, irq, intid) &&
		    (vmcr & (irq->group1 ? ICH_VMCR_ENG1 : ICH_VMCR_ENG0)) &&
		    irq->prio < ICH_VMCR_PMR(vmcr))
			return true;
	}
	return false;
}

void vgic_vtimer_fired(struct vcpu *vcpu)
{
	struct vgic *vgic = vcpu->vm->vgic;
	struct virq *irq;

	if (!vgic)
		return;
	irq = vgic_irq(vgic, vcpu->index, INTID_CNTV);
	if (irq->active)
		return;
	irq->pending = true;
	vgic_update(vcpu->vm, vcpu->index, INTID_CNTV);
}

/* The guest has ended active interrupts that were in no list register */
static void ended(struct vcpu *vcpu, u32 count)
{
	struct vgic *vgic = vcpu->vm->vgic;
	struct vgic_vcpu *v = &vgic->vcpus[vcpu->index];

	while (count--) {
		struct virq *found = NULL;
		u32 found_intid = 0, intid;

		for (intid = next_candidate(v, 0); intid < VGIC_NR_IRQS;
		     intid = next_candidate(v, intid + 1)) {
			struct virq *irq = vgic_irq(vgic, vcpu->index, intid);

			if (irq->active && !irq->in_lr &&
			    (!found || irq->prio < found->prio)) {
				found = irq;
				found_intid = intid;
			}
		}
		if (!found)
			return;
		found->active = false;
		vgic_update(vcpu->vm, vcpu->index, found_intid);
	}
}

void vgic_sync(struct vcpu *vcpu)
{
	struct vgic *vgic = vcpu->vm->vgic;
	struct vgic_vcpu *v;
	u64 hcr;
	u32 n;

	if (!vgic)
		return;
	v = &vgic->vcpus[vcpu->index];

	hcr = read_sysreg(ich_hcr_el2);
	if (hcr != ICH_HCR_EN) {
		write_sysreg(ICH_HCR_EN, ich_hcr_el2);
		ended(vcpu, ICH_HCR_EOICOUNT(hcr));
	}

	n = v->num_lrs;
	v->num_lrs = 0;
	while (n--) {
		u32 intid = v->lr[n];
		struct virq *irq = vgic_irq(vgic, vcpu->index, intid);
		u64 lr = read_lr(n);

		write_lr(n, 0);
		irq->in_lr = false;
		irq->active = lr & ICH_LR_ACTIVE;
		if (lr & ICH_LR_PENDING) {
			irq->pending = true;
		} else {
			/* Taken; a pending one has come after that */
			if (!irq->pending)
				irq->latched = false;
			if (!irq->edge && irq->src && irq->src->asserted &&
			    irq->src->asserted(irq->src))
				irq->pending = true;
		}
		if (intid == INTID_CNTV && !irq->active && !irq->pending)
			world_vtimer_set_active(vcpu->cpu, false);
		vgic_update(vcpu->vm, vcpu->index, intid);
	}
}

static u64 make_lr(struct virq *irq, u32 intid)
{
	u64 lr = intid | (u64)irq->prio << ICH_LR_PRIO;

	if (irq->group1)
		lr |= ICH_LR_GROUP1;
	if (irq->active)
		lr |= ICH_LR_ACTIVE;

	if (intid == INTID_CNTV) {
		lr |= ICH_LR_HW | (u64)INTID_CNTV << ICH_LR_PINTID;
		if (!irq->active)
			lr |= ICH_LR_PENDING;
		irq->pending = false;
		return lr;
	}

	/* One that is active and level triggered is looked at when it ends */
	if (!irq->edge)
		lr |= ICH_LR_EOI;
	if (irq->pending && irq->enabled && (irq->edge || !irq->active)) {
		lr |= ICH_LR_PENDING;
		irq->pending = false;
	}
	return lr;
}

static void flush_vtimer(struct vcpu *vcpu)
{
	struct virq *irq = vgic_irq(vcpu->vm->vgic, vcpu->index, INTID_CNTV);
	bool active;

	if (irq->pending && !irq->active && !world_vtimer_line(vcpu)) {
		irq->pending = false;
		vgic_update(vcpu->vm, vcpu->index, INTID_CNTV);
	}
	active = irq->pending || irq->active;
	if (active != world_vtimer_active(vcpu->cpu))
		world_vtimer_set_active(vcpu->cpu, active);
}

/* The most urgent pending interrupt, or VGIC_NR_IRQS */
static u32 most_urgent(struct vcpu *vcpu)
{
	struct vgic *vgic = vcpu->vm->vgic;
	struct vgic_vcpu *v = &vgic->vcpus[vcpu->index];
	u32 found = VGIC_NR_IRQS, prio = 0x100, intid;

	for (intid = next_candidate(v, 0); intid < VGIC_NR_IRQS;
	     intid = next_candidate(v, intid + 1)) {
		struct virq *irq = vgic_irq(vgic, vcpu->index, intid);

		if (!irq->active && irq->prio < prio &&
		    forwarded(vgic, irq, intid)) {
			found = intid;
			prio = irq->prio;
		}
	}
	return found;
}

/**
 * struct choice - interrupts that go to list registers
 * @n: their number
 * @best: them, and what they are sorted by
 * @more: there are others
 * @more_active: some of those are active
 */
struct choice {
	u32 n;
	struct {
		u16 key;
		u16 intid;
	} best[VGIC_MAX_LRS];
	bool more;
	bool more_active;
};

/*
 * First the most urgent one, so that the guest can always go on. Then active
 * ones, which it is likely to end soon; then others that are pending.
 */
static void choose(struct vcpu *vcpu, struct choice *c)
{
	struct vgic *vgic = vcpu->vm->vgic;
	struct vgic_vcpu *v = &vgic->vcpus[vcpu->index];
	u32 lrs = num_lrs(), urgent = most_urgent(vcpu), intid;

	for (intid = next_candidate(v, 0); intid < VGIC_NR_IRQS;
	     intid = next_candidate(v, intid + 1)) {
		struct virq *irq = vgic_irq(vgic, vcpu->index, intid);
		u16 key = irq->prio | (irq->active ? KEY_ACTIVE : KEY_PENDING);
		u32 at;

		if (!irq->active && !forwarded(vgic, irq, intid))
			continue;
		if (intid == urgent)
			key = 0;
		if (c->n == lrs) {
			c->more = true;
			if (c->best[c->n - 1].key <= key) {
				c->more_active |= irq->active;
				continue;
			}
			c->more_active |= c->best[c->n - 1].key & KEY_ACTIVE;
			c->n--;
		}
		for (at = c->n++; at && c->best[at - 1].key > key; at--)
			c->best[at] = c->best[at - 1];
		c->best[at].key = key;
		c->best[at].intid = intid;
	}
}

void vgic_flush(struct vcpu *vcpu)
{
	struct choice c = { .n = 0 };
	struct vgic *vgic = vcpu->vm->vgic;
	struct vgic_vcpu *v;
	u64 hcr = ICH_HCR_EN;

	if (!vgic)
		return;
	flush_vtimer(vcpu);
	v = &vgic->vcpus[vcpu->index];
	if (!v->words)
		return;

	choose(vcpu, &c);
	for (u32 i = 0; i < c.n; i++) {
		u32 intid = c.best[i].intid;
		struct virq *irq = vgic_irq(vgic, vcpu->index, intid);

		v->lr[i] = intid;
		write_lr(i, make_lr(irq, intid));
		irq->in_lr = true;
	}
	v->num_lrs = c.n;

	if (c.more)
		hcr |= ICH_HCR_UIE;
	if (c.more_active)
		hcr |= ICH_HCR_LRENPIE | ICH_HCR_TDIR;
	if (hcr != ICH_HCR_EN)
		write_sysreg(hcr, ich_hcr_el2);
}

void vgic_deactivate(struct vcpu *vcpu, u64 intid)
{
	struct vgic *vgic = vcpu->vm->vgic;
	struct virq *irq;

	if (intid >= VGIC_NR_IRQS)
		return;
	irq = vgic_irq(vgic, vcpu->index, intid);
	if (irq->in_lr)
		return;
	irq->active = false;
	vgic_update(vcpu->vm, vcpu->index, intid);
}

void vgic_sgi(struct vcpu *vcpu, u64 val, bool group1)
{
	struct vgic *vgic = vcpu->vm->vgic;
	u32 intid = SGI_INTID(val);

	for (u32 i = 0; i < vgic->num_vcpus; i++) {
		struct virq *irq = &vgic->vcpus[i].priv[intid];

		if (val & SGI_IRM) {
			if (i == vcpu->index)
				continue;
		} else if ((val & SGI_AFFINITY) || !(val & BIT(i))) {
			continue;
		}
		if (irq->group1 != group1)
			continue;
		irq->pending = true;
		vgic_update(vcpu->vm, i, intid);
	}
}

static struct virq *spi_of(struct vm *vm, u32 intid)
{
	if (!vm->vgic || intid < VGIC_NR_PRIVATE)
		return NULL;
	return vgic_irq(vm->vgic, 0, intid);
}

/**
 * vgic_assert() - assert an interrupt of a guest
 * @vm: the guest
 * @intid: SPI
 * @src: what asserts it
 * @edge_only: nothing happens if the guest configured it as level triggered
 */
void vgic_assert(struct vm *vm, u32 intid, struct irq_source *src,
		 bool edge_only)
{
	struct virq *irq = spi_of(vm, intid);

	if (!irq)
		return;
	irq->src = src;
	if (edge_only && !irq->edge)
		return;
	irq->pending = true;
	irq->latched = true;
	vgic_update(vm, 0, intid);
}

/**
 * vgic_clear() - take an assertion back
 * @vm: the guest
 * @intid: SPI
 * @src: what asserted it
 *
 * Without effect on what the guest has taken already.
 */
void vgic_clear(struct vm *vm, u32 intid, struct irq_source *src)
{
	struct virq *irq = spi_of(vm, intid);

	if (!irq || irq->src != src)
		return;
	irq->pending = false;
	irq->latched = false;
	vgic_update(vm, 0, intid);
}

/**
 * vgic_unbind() - an interrupt loses its source
 * @vm: the guest
 * @intid: SPI
 * @src: what asserted it, not used any more
 */
void vgic_unbind(struct vm *vm, u32 intid, struct irq_source *src)
{
	struct virq *irq = spi_of(vm, intid);

	vgic_clear(vm, intid, src);
	if (irq && irq->src == src)
		irq->src = NULL;
}

static void init_irq(struct virq *irq)
{
	irq->owner = VGIC_NO_VCPU;
	irq->target = 0;
}

/**
 * plat_gic_create() - give a VM its interrupt controller
 * @vmid: the VM
 * @gicd: IPA of the distributor
 * @gicr: IPA of the redistributors
 * @gicr_stride: distance between them
 * @num_vcpus: their number
 *
 * Return: 0, or enum rm_hyp_error
 */
int plat_gic_create(u16 vmid, u64 gicd, u64 gicr, u64 gicr_stride,
		    unsigned int num_vcpus)
{
	struct vm *vm = vm_get(vmid);
	struct vgic *vgic;

	if (!vm || vm->vgic || vmid == HOST_VMID || !num_vcpus ||
	    num_vcpus > VM_MAX_VCPUS)
		return RM_HYP_ARG_INVALID;
	if (gicr_stride < 0x20000 || gicr_stride >= BIT(32) ||
	    ((gicd | gicr | gicr_stride) & 0xffff) ||
	    gicd >= BIT(vm->s2.ipa_bits) || gicr >= BIT(vm->s2.ipa_bits))
		return RM_HYP_ARG_INVALID;

	vgic = alloc(sizeof(*vgic));
	if (!vgic)
		return RM_HYP_NOMEM;
	vgic->gicd = gicd;
	vgic->gicr = gicr;
	vgic->gicr_stride = gicr_stride;
	vgic->num_vcpus = num_vcpus;
	for (u32 i = 0; i < VGIC_NR_SPIS; i++)
		init_irq(&vgic->spis[i]);
	for (u32 i = 0; i < VM_MAX_VCPUS; i++) {
		struct vgic_vcpu *v = &vgic->vcpus[i];

		v->asleep = true;
		for (u32 n = 0; n < VGIC_NR_PRIVATE; n++) {
			init_irq(&v->priv[n]);
			v->priv[n].edge = n < 16;
			v->priv[n].enabled = n < 16;
		}
	}
	vm->vgic = vgic;
	return RM_HYP_OK;
}

/**
 * plat_gic_destroy() - free a VM's interrupt controller
 * @vm: the VM, which has no vCPUs any more
 */
void plat_gic_destroy(struct vm *vm)
{
	if (vm->vgic)
		free(vm->vgic, sizeof(*vm->vgic));
	vm->vgic = NULL;
}
