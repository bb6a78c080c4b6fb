// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that the firmware names by their number in the GIC
 */

#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>

#include "virq.h"

/* Interrupt numbers of the GIC, and how they are named in an irq_fwspec */
#define GIC_SPI_FIRST		32
#define GIC_SPI_LAST		1019
#define GIC_ESPI_FIRST		4096
#define GIC_ESPI_LAST		5119
#define GIC_FWSPEC_SPI		0
#define GIC_FWSPEC_ESPI		2

/**
 * gunyah_virq_map() - find the kernel's number of an interrupt
 * @controller: the interrupt controller
 * @virq: number in the GIC, as the firmware has given it
 *
 * Context: Process context, may sleep.
 * Return: the number, for request_irq() and irq_dispose_mapping(), or -EIO (the
 * controller has no such interrupt) or -EBUSY (somebody uses it).
 */
int gunyah_virq_map(struct fwnode_handle *controller, u32 virq)
{
	struct irq_fwspec fwspec = {
		.fwnode = controller,
		.param_count = 3,
		.param[2] = IRQ_TYPE_EDGE_RISING,
	};
	int irq;

	if (virq >= GIC_SPI_FIRST && virq <= GIC_SPI_LAST) {
		fwspec.param[0] = GIC_FWSPEC_SPI;
		fwspec.param[1] = virq - GIC_SPI_FIRST;
	} else if (virq >= GIC_ESPI_FIRST && virq <= GIC_ESPI_LAST) {
		fwspec.param[0] = GIC_FWSPEC_ESPI;
		fwspec.param[1] = virq - GIC_ESPI_FIRST;
	} else {
		return -EIO;
	}
	irq = irq_create_fwspec_mapping(&fwspec);
	if (!irq)
		return -EIO;
	/* The mapping belongs to the user */
	if (irq_has_action(irq))
		return -EBUSY;
	/* Fails for an extended SPI if the GIC has none */
	if (irq_set_irq_type(irq, IRQ_TYPE_EDGE_RISING)) {
		irq_dispose_mapping(irq);
		return -EIO;
	}
	return irq;
}
