// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of /dev/gunyah, with error messages that help
 *
 * None of these functions returns if its call fails, unless it says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vm.h"

/* What a user can do about an error of the VM's file descriptor */
static const char *hint(int err)
{
	switch (err) {
	case ENOMEM:
		return "; is RLIMIT_MEMLOCK (ulimit -l) larger than the VM's memory?";
	case ESHUTDOWN:
	case ETIMEDOUT:
		return "; the resource manager does not answer, see the kernel log";
	default:
		return "";
	}
}

/* What one can do about an error that the start has */
static const char *start_hint(int err)
{
	switch (err) {
	case EINVAL:
	case ENODEV:
	case EPERM:
		return "; for what was refused see tracepoint gunyah:gunyah_rm_call_end";
	case EOPNOTSUPP:
		return "; --sched hypervisor needs the module parameter allow_static_vcpus";
	default:
		return hint(err);
	}
}

/**
 * vm_create() - create a VM
 * @device: device file of the driver
 *
 * Return: file descriptor of the VM.
 */
int vm_create(const char *device)
{
	int gunyah, vm;

	gunyah = open(device, O_RDWR | O_CLOEXEC);
	if (gunyah < 0)
		die("%s: %s%s", device, strerror(errno),
		    errno == ENOENT ?
		    "; is the driver loaded, and does Linux run on Gunyah?" :
		    "");

	vm = ioctl(gunyah, GH_CREATE_VM, 0UL);
	if (vm < 0)
		die("cannot create a VM: %s%s", strerror(errno), hint(errno));
	close(gunyah);

	return vm;
}

/**
 * vm_add_memory() - give memory to a VM that was not started
 * @vm: file descriptor of the VM
 * @label: name of the memory in the VM's devicetree
 * @flags: GH_MEM_...
 * @addr: guest physical address
 * @size: its size
 * @mem: the memory
 */
void vm_add_memory(int vm, __u32 label, __u32 flags, __u64 addr, __u64 size,
		   void *mem)
{
	struct gh_userspace_memory_region region = {
		.label = label,
		.flags = flags,
		.guest_phys_addr = addr,
		.memory_size = size,
		.userspace_addr = (unsigned long)mem,
	};

	if (ioctl(vm, GH_VM_SET_USER_MEM_REGION, &region))
		die("cannot give the VM memory: %s%s", strerror(errno),
		    hint(errno));
}

/**
 * vm_set_dtb() - tell where in the VM's memory its devicetree is
 * @vm: file descriptor of the VM
 * @addr: guest physical address of the devicetree
 * @size: room for it, as the resource manager adds to it
 */
void vm_set_dtb(int vm, __u64 addr, __u64 size)
{
	struct gh_vm_dtb_config config = {
		.guest_phys_addr = addr,
		.size = size,
	};

	if (ioctl(vm, GH_VM_SET_DTB_CONFIG, &config))
		die("cannot set the devicetree: %s", strerror(errno));
}

static int add_function(int vm, __u32 type, void *arg, __u32 size)
{
	struct gh_fn_desc desc = {
		.type = type,
		.arg_size = size,
		.arg = (unsigned long)arg,
	};

	return ioctl(vm, GH_VM_ADD_FUNCTION, &desc);
}

/**
 * vm_add_vcpu() - add a vCPU that this program will run
 * @vm: file descriptor of the VM
 * @id: index of the vCPU, as in the devicetree
 *
 * Return: file descriptor of the vCPU.
 */
int vm_add_vcpu(int vm, unsigned int id)
{
	struct gh_fn_vcpu_arg arg = { .id = id };
	int fd = add_function(vm, GH_FN_VCPU, &arg, sizeof(arg));

	if (fd < 0)
		die("cannot add vCPU %u: %s", id, strerror(errno));

	return fd;
}

/**
 * vm_add_irq() - add an interrupt
 * @vm: file descriptor of the VM
 * @irq: filled in
 * @spi: which interrupt; the devicetree has a doorbell with this label for it
 */
void vm_add_irq(int vm, struct vm_irq *irq, __u32 spi)
{
	struct gh_fn_irqfd_arg arg = { .label = spi };

	irq->fd = eventfd(0, EFD_CLOEXEC);
	if (irq->fd < 0)
		die("eventfd: %s", strerror(errno));

	arg.fd = irq->fd;
	if (add_function(vm, GH_FN_IRQFD, &arg, sizeof(arg)))
		die("cannot add interrupt %u: %s", spi, strerror(errno));
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

/**
 * vm_add_ioeventfd() - have writes of the VM to an address go to an eventfd
 * @vm: file descriptor of the VM
 * @fd: the eventfd
 * @addr: guest physical address
 * @data: the 32-bit value whose writes are meant
 */
void vm_add_ioeventfd(int vm, int fd, __u64 addr, __u32 data)
{
	struct gh_fn_ioeventfd_arg arg = {
		.datamatch = data,
		.addr = addr,
		.len = sizeof(data),
		.fd = fd,
		.flags = GH_IOEVENTFD_FLAGS_DATAMATCH,
	};

	if (add_function(vm, GH_FN_IOEVENTFD, &arg, sizeof(arg)))
		die("cannot add an ioeventfd: %s", strerror(errno));
}

/**
 * vm_start() - start a VM
 * @vm: file descriptor of the VM
 */
void vm_start(int vm)
{
	if (ioctl(vm, GH_VM_START))
		fail(EXIT_START, "cannot start the VM: %s%s", strerror(errno),
		     start_hint(errno));
}

/**
 * vm_stop() - ask a VM to shut down, or stop it
 * @vm: file descriptor of the VM
 * @force: do not ask
 *
 * Return: false: that is not possible; errno tells why.
 */
bool vm_stop(int vm, bool force)
{
	struct gh_vm_stop stop = { .flags = force ? GH_VM_STOP_FORCE : 0 };

	return !ioctl(vm, GH_VM_STOP, &stop);
}

/**
 * vm_get_status() - ask what became of a VM
 * @vm: file descriptor of the VM
 * @status: filled in
 */
void vm_get_status(int vm, struct gh_vm_status *status)
{
	if (ioctl(vm, GH_VM_GET_STATUS, status))
		die("cannot get the VM's status: %s", strerror(errno));
}
