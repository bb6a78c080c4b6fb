// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: a VM without a hypervisor
 */
#include <errno.h>
#include <libfdt.h>

#include "test.h"
#include "vm.h"

/* Number of interrupts */
unsigned int irqs;
/* The last ioeventfd */
__u64 ioeventfd_addr;
__u32 ioeventfd_data;

/* The last memory that was given, and the errno that is the answer, or 0 */
struct fake_memory memory;
int memory_errno;

int vm_create_memory(const char *device, __u64 size)
{
	(void)device;
	(void)size;
	errno = EOPNOTSUPP;

	return -1;
}

bool vm_try_add_memory(int vm, __u32 label, __u32 flags, __u64 addr,
		       __u64 size, void *mem)
{
	(void)vm;
	memory = (struct fake_memory){ label, flags, addr, size, mem };
	errno = memory_errno;

	return !memory_errno;
}

bool vm_remove_memory(int vm, __u32 label)
{
	return vm_try_add_memory(vm, label, 0, 0, 0, NULL);
}

bool vm_stop(int vm, bool force)
{
	(void)vm;
	errno = EBUSY;

	return force;
}

void vm_get_status(int vm, struct gh_vm_status *status)
{
	(void)vm;
	*status = (struct gh_vm_status){ .state = GH_VM_STATE_RUNNING };
}

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
