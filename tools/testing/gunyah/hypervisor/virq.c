// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual interrupts
 *
 * Those of the host are SPIs of the machine, see host_gic.c, raised by making
 * them pending in the distributor. They are edge triggered there: a new
 * interrupt comes from a new assertion only. Guests have a virtual GIC.
 */
#include "hyp.h"

/* Allocation starts at @PREFERRED, as the published resource manager's does */
#define FIRST		32
#define PREFERRED	960
#define LAST		1019

#define GICD_ISPENDR	0x0200
#define GICD_ICPENDR	0x0280

static bool in_use(const struct vm *vm, u32 intid)
{
	return vm->virqs[intid / 64] & BIT(intid % 64);
}

static bool usable(const struct vm *vm, u32 intid)
{
	return vm != &hyp.host || host_gic_is_spare(intid);
}

static u32 find_free(const struct vm *vm, u32 first, u32 last)
{
	u32 intid;

	for (intid = first; intid <= last; intid++) {
		if (!in_use(vm, intid) && usable(vm, intid))
			return intid;
	}
	return 0;
}

/**
 * virq_bind() - connect a source to an interrupt of a VM
 * @src: not bound, all fields but @vm and @intid set
 * @vm: VM to interrupt
 * @want: INTID, 0: any
 *
 * Return: GH_OK, GH_ARG_INVALID, GH_VIRQ_BOUND or GH_NORESOURCES.
 */
int virq_bind(struct irq_source *src, struct vm *vm, u32 want)
{
	if (!want)
		want = find_free(vm, PREFERRED, LAST);
	if (!want)
		want = find_free(vm, FIRST, PREFERRED - 1);
	if (!want)
		return GH_NORESOURCES;
	if (want < FIRST || want > LAST || !usable(vm, want))
		return GH_ARG_INVALID;
	if (in_use(vm, want))
		return GH_VIRQ_BOUND;

	vm->virqs[want / 64] |= BIT(want % 64);
	src->vm = vm;
	src->intid = want;
	if (vm == &hyp.host)
		hyp.stats.virqs++;
	return GH_OK;
}

/**
 * virq_unbind() - disconnect it
 * @src: source, bound or not
 */
void virq_unbind(struct irq_source *src)
{
	struct vm *vm = src->vm;

	if (!vm)
		return;
	if (vm == &hyp.host) {
		/* The next user must not get this one's last interrupt */
		virq_clear(src);
		hyp.stats.virqs--;
	} else if (vm->vgic) {
		vgic_unbind(vm, src->intid, src);
	}
	vm->virqs[src->intid / 64] &= ~BIT(src->intid % 64);
	src->vm = NULL;
}

static void host_pend(u32 reg, u32 intid)
{
	intid = host_gic_physical(intid);
	write32(GICD_BASE + reg + intid / 32 * 4, BIT(intid % 32));
}

static void assert_late(struct timer_event *event)
{
	struct irq_source *src = container_of(event, struct irq_source, late);

	host_pend(GICD_ISPENDR, src->intid);
}

static void host_assert(struct irq_source *src)
{
	hyp.stats.host_irqs++;
	if (hyp.quirk.lost_irq_nth && !--hyp.quirk.lost_irq_nth)
		return;
	/* One that is on its way stands for this one, too */
	if (timer_is_set(&src->late))
		return;
	if (!races_happen(RACE_LATE_IRQ)) {
		host_pend(GICD_ISPENDR, src->intid);
		return;
	}
	src->late.fn = assert_late;
	timer_set(&src->late,
		  timer_now() + timer_us(races_delay_us(RACE_LATE_IRQ)));
}

/**
 * virq_assert() - interrupt
 * @src: source; nothing is done if it is not bound
 * @edge_only: no effect on an interrupt that is level triggered
 */
void virq_assert(struct irq_source *src, bool edge_only)
{
	if (!src->vm)
		return;
	if (src->vm == &hyp.host)
		host_assert(src);
	else if (src->vm->vgic)
		vgic_assert(src->vm, src->intid, src, edge_only);
}

/**
 * virq_raise_all() - interrupts that nothing has caused
 * @vm: the host
 */
void virq_raise_all(const struct vm *vm)
{
	u32 intid;

	for (intid = FIRST; intid <= LAST; intid++) {
		if (in_use(vm, intid))
			host_pend(GICD_ISPENDR, intid);
	}
}

/**
 * virq_clear() - take it back if it is still pending
 * @src: source; nothing is done if it is not bound
 */
void virq_clear(struct irq_source *src)
{
	if (!src->vm)
		return;
	if (src->vm == &hyp.host) {
		timer_cancel(&src->late);
		host_pend(GICD_ICPENDR, src->intid);
	} else if (src->vm->vgic) {
		vgic_clear(src->vm, src->intid, src);
	}
}
