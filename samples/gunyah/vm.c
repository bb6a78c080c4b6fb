// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of /dev/gunyah, with error messages that help
 *
 * None of these functions returns if its call fails, unless it says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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
 * @region: the memory
 */
void vm_add_memory(int vm, const struct gh_userspace_memory_region *region)
{
	if (ioctl(vm, GH_VM_SET_USER_MEM_REGION, region))
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

/**
 * vm_add_vcpu() - add a vCPU that this program will run
 * @vm: file descriptor of the VM
 * @vcpu: filled in
 * @id: index of the vCPU, as in the devicetree
 */
void vm_add_vcpu(int vm, struct vcpu *vcpu, unsigned int id)
{
	struct gh_fn_vcpu_arg arg = { .id = id };
	struct gh_fn_desc desc = {
		.type = GH_FN_VCPU,
		.arg_size = sizeof(arg),
		.arg = (unsigned long)&arg,
	};
	int size;

	vcpu->id = id;
	vcpu->fd = ioctl(vm, GH_VM_ADD_FUNCTION, &desc);
	if (vcpu->fd < 0)
		die("cannot add vCPU %u: %s", id, strerror(errno));

	size = ioctl(vcpu->fd, GH_VCPU_MMAP_SIZE);
	if (size < (int)sizeof(*vcpu->run))
		die("cannot get the size of vCPU %u's run page: %s", id,
		    size < 0 ? strerror(errno) : "too small");
	vcpu->run_size = size;

	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("cannot map vCPU %u's run page: %s", id, strerror(errno));
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
 * vm_get_status() - ask what became of a VM
 * @vm: file descriptor of the VM
 * @status: filled in
 */
void vm_get_status(int vm, struct gh_vm_status *status)
{
	if (ioctl(vm, GH_VM_GET_STATUS, status))
		die("cannot get the VM's status: %s", strerror(errno));
}

/**
 * vcpu_run() - run a vCPU until the VMM has something to do
 * @vcpu: the vCPU
 *
 * Return: true: see the run page; false: a signal came.
 */
bool vcpu_run(struct vcpu *vcpu)
{
	if (!ioctl(vcpu->fd, GH_VCPU_RUN))
		return true;
	if (errno == EINTR)
		return false;

	die("cannot run vCPU %u: %s%s", vcpu->id, strerror(errno),
	    errno == ENODEV ? "; has the devicetree fewer?" : "");
}

/**
 * vcpu_close() - let go of a vCPU
 * @vcpu: the vCPU, which no thread runs any more
 */
void vcpu_close(struct vcpu *vcpu)
{
	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
}
