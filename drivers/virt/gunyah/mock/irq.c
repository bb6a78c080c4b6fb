// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts
 *
 * Those of the host are raised from a worker, in hard interrupt context as far as
 * the handlers and lockdep can tell. Guests look for theirs themselves.
 */

#include <linux/bitops.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/lockdep.h>
#include <linux/of.h>

#include "mock.h"

/* Where the resource manager begins to look for a free one */
#define IRQ_PREFERRED	960
#define IRQ_FIRST	32

static struct irq_domain *irq_domain;

static void irq_deliver(struct work_struct *work);
static DECLARE_WORK(irq_work, irq_deliver);

static void irq_pend_host(u32 intid)
{
	__set_bit(intid, mock.irq_pending);
	queue_work(system_highpri_wq, &irq_work);
}

static void irq_deliver_one(u32 intid)
{
	local_irq_disable();
	irq_enter();
	/* Fails if the host does not use it: the GIC would keep it pending */
	generic_handle_domain_irq(irq_domain, intid);
	irq_exit();
	local_irq_enable();
}

static void irq_deliver(struct work_struct *work)
{
	DECLARE_BITMAP(pending, MOCK_IRQS);
	u32 intid;

	spin_lock_irq(&mock.lock);
	bitmap_copy(pending, mock.irq_pending, MOCK_IRQS);
	bitmap_zero(mock.irq_pending, MOCK_IRQS);
	spin_unlock_irq(&mock.lock);

	for_each_set_bit(intid, pending, MOCK_IRQS)
		irq_deliver_one(intid);
}

static void irq_nop(struct irq_data *data)
{
}

static void irq_raise_host(u32 intid)
{
	mock.stats.host_irqs++;
	if (!mock.quirk.lost_irq_nth || --mock.quirk.lost_irq_nth)
		irq_pend_host(intid);
}

/* One that came while it was disabled */
static int irq_retrigger(struct irq_data *data)
{
	unsigned long flags;

	spin_lock_irqsave(&mock.lock, flags);
	irq_pend_host(irqd_to_hwirq(data));
	spin_unlock_irqrestore(&mock.lock, flags);
	return 1;
}

static int irq_set_type(struct irq_data *data, unsigned int type)
{
	return type == IRQ_TYPE_EDGE_RISING ? 0 : -EINVAL;
}

static struct irq_chip irq_chip = {
	.name = "gunyah-mock",
	.irq_ack = irq_nop,
	.irq_mask = irq_nop,
	.irq_unmask = irq_nop,
	.irq_retrigger = irq_retrigger,
	.irq_set_type = irq_set_type,
};

static int irq_map(struct irq_domain *domain, unsigned int irq,
		   irq_hw_number_t hwirq)
{
	irq_set_chip_and_handler(irq, &irq_chip, handle_edge_irq);
	irq_set_noprobe(irq);
	return 0;
}

/* Three cells, as those of a GIC: 0 for an SPI, its number, its type */
static int irq_translate(struct irq_domain *domain, struct irq_fwspec *fwspec,
			 unsigned long *hwirq, unsigned int *type)
{
	if (fwspec->param_count != 3 || fwspec->param[0] ||
	    fwspec->param[1] >= MOCK_IRQS - IRQ_FIRST)
		return -EINVAL;
	*hwirq = fwspec->param[1] + IRQ_FIRST;
	*type = fwspec->param[2] & IRQ_TYPE_SENSE_MASK;
	return 0;
}

static const struct irq_domain_ops irq_domain_ops = {
	.map = irq_map,
	.translate = irq_translate,
};

/**
 * mock_irq_init() - the host's interrupt controller
 * @node: its devicetree node
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int mock_irq_init(struct device_node *node)
{
	irq_domain = irq_domain_create_linear(of_fwnode_handle(node), MOCK_IRQS,
					      &irq_domain_ops, NULL);
	return irq_domain ? 0 : -ENOMEM;
}

static u32 irq_find_free(struct mock_vm *vm)
{
	u32 intid = find_next_zero_bit(vm->irqs, MOCK_IRQS, IRQ_PREFERRED);

	return intid < MOCK_IRQS ? intid :
	       find_next_zero_bit(vm->irqs, MOCK_IRQS, IRQ_FIRST);
}

/**
 * mock_irq_connect() - connect a source to an interrupt
 * @irq: the source
 * @vm: VM to interrupt
 * @want: number of the interrupt, 0: any
 *
 * Context: mock.lock is held.
 * Return: an enum rm_hyp_error.
 */
int mock_irq_connect(struct mock_irq *irq, struct mock_vm *vm, u32 want)
{
	lockdep_assert_held(&mock.lock);

	if (!want) {
		want = irq_find_free(vm);
		if (want >= MOCK_IRQS)
			return RM_HYP_NORESOURCES;
	}
	if (want < IRQ_FIRST || want >= MOCK_IRQS)
		return RM_HYP_ARG_INVALID;
	if (__test_and_set_bit(want, vm->irqs))
		return RM_HYP_BUSY;
	irq->vm = vm;
	irq->intid = want;
	vm->sources[want] = irq;
	if (vm == &mock.host)
		mock.stats.virqs++;
	return RM_HYP_OK;
}

/**
 * mock_irq_disconnect() - disconnect a source
 * @irq: the source, connected or not
 *
 * Context: mock.lock is held.
 */
void mock_irq_disconnect(struct mock_irq *irq)
{
	struct mock_vm *vm = irq->vm;

	lockdep_assert_held(&mock.lock);

	if (!vm)
		return;
	/* The next user must not get this one's last interrupt */
	mock_irq_clear(irq);
	__clear_bit(irq->intid, vm->irqs);
	vm->sources[irq->intid] = NULL;
	irq->vm = NULL;
	if (vm == &mock.host)
		mock.stats.virqs--;
}

/**
 * mock_irq_raise() - interrupt
 * @irq: source; nothing is done if it is not connected
 * @edge_only: no effect on an interrupt that is level triggered
 *
 * Context: mock.lock is held.
 */
void mock_irq_raise(struct mock_irq *irq, bool edge_only)
{
	lockdep_assert_held(&mock.lock);

	if (!irq->vm)
		return;
	if (irq->vm == &mock.host) {
		irq_raise_host(irq->intid);
		return;
	}
	if (irq->level && edge_only)
		return;
	__set_bit(irq->intid, irq->vm->pending);
	mock_vm_interrupted(irq->vm);
}

/**
 * mock_irq_raise_all() - raise all interrupts that the host was given
 *
 * Context: mock.lock is held.
 */
void mock_irq_raise_all(void)
{
	u32 intid;

	lockdep_assert_held(&mock.lock);

	for_each_set_bit(intid, mock.host.irqs, MOCK_IRQS)
		irq_pend_host(intid);
}

/**
 * mock_irq_clear() - take an interrupt back if it is still pending
 * @irq: source; nothing is done if it is not connected
 *
 * Context: mock.lock is held.
 */
void mock_irq_clear(struct mock_irq *irq)
{
	lockdep_assert_held(&mock.lock);

	if (!irq->vm)
		return;
	irq->latched = false;
	__clear_bit(irq->intid, irq->vm == &mock.host ? mock.irq_pending :
							irq->vm->pending);
}

static bool irq_is_asserted(struct mock_irq *irq)
{
	return irq && irq->level && irq->asserted && irq->asserted(irq);
}

/* A level that is not asserted any more is not pending */
static bool irq_is_pending(struct mock_vm *vm, u32 intid)
{
	struct mock_irq *irq = vm->sources[intid];

	if (!test_bit(intid, vm->pending))
		return false;
	return !irq || !irq->level || irq->latched || irq_is_asserted(irq);
}

/**
 * mock_irq_next() - the most urgent interrupt of a guest
 * @vm: VM
 *
 * Context: mock.lock is held.
 * Return: its number, or MOCK_IRQ_NONE.
 */
u32 mock_irq_next(struct mock_vm *vm)
{
	u32 intid;

	lockdep_assert_held(&mock.lock);

	for_each_set_bit(intid, vm->enabled, MOCK_IRQS)
		if (!test_bit(intid, vm->active) && irq_is_pending(vm, intid))
			return intid;
	return MOCK_IRQ_NONE;
}

/**
 * mock_irq_take() - a guest acknowledges an interrupt
 * @vm: VM
 *
 * It is active then, until mock_irq_end().
 *
 * Context: mock.lock is held.
 * Return: its number, or MOCK_IRQ_NONE.
 */
u32 mock_irq_take(struct mock_vm *vm)
{
	u32 intid = mock_irq_next(vm);

	if (intid == MOCK_IRQ_NONE)
		return intid;
	__clear_bit(intid, vm->pending);
	__set_bit(intid, vm->active);
	if (vm->sources[intid])
		vm->sources[intid]->latched = false;
	return intid;
}

/**
 * mock_irq_end() - a guest has handled an interrupt
 * @vm: VM
 * @intid: from mock_irq_take()
 *
 * Context: mock.lock is held.
 */
void mock_irq_end(struct mock_vm *vm, u32 intid)
{
	lockdep_assert_held(&mock.lock);

	__clear_bit(intid, vm->active);
	if (irq_is_asserted(vm->sources[intid]))
		__set_bit(intid, vm->pending);
}
