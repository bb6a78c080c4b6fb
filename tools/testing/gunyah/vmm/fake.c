// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: a VM without a hypervisor
 */
#include <libfdt.h>

#include "test.h"
#include "vm.h"

/* Number of interrupts */
unsigned int irqs;
/* The last ioeventfd */
__u64 ioeventfd_addr;
__u32 ioeventfd_data;

void vm_add_irq(int vm, struct vm_irq *irq, __u32 spi)
{
	(void)vm;
	(void)spi;
	irq->fd = -1;
}

void vm_remove_irq(struct vm_irq *irq)
{
	(void)irq;
}

void vm_raise_irq(struct vm_irq *irq)
{
	irq->count++;
	__atomic_add_fetch(&irqs, 1, __ATOMIC_SEQ_CST);
}

void vm_add_ioeventfd(int vm, int fd, __u64 addr, __u32 data)
{
	(void)vm;
	(void)fd;
	ioeventfd_addr = addr;
	ioeventfd_data = data;
}

/* The libfdt of the kernel's tree lacks this one */
int fdt_check_full(const void *dt, size_t size)
{
	if (size < sizeof(struct fdt_header))
		return -FDT_ERR_TRUNCATED;

	return fdt_check_header(dt);
}
