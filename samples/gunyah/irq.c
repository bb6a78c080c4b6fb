// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that were added to a VM: eventfds, on every hypervisor
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "vm.h"

/**
 * vm_remove_irq() - remove an interrupt by closing its eventfd
 * @irq: the interrupt, whether it was added or not
 */
void vm_remove_irq(struct vm_irq *irq)
{
	if (irq->fd >= 0)
		close(irq->fd);
	irq->fd = -1;
}

/**
 * vm_raise_irq() - send the VM an interrupt
 * @irq: the interrupt
 */
void vm_raise_irq(struct vm_irq *irq)
{
	eventfd_write(irq->fd, 1);
	irq->count++;
}
