// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual CPUs that this program schedules: the calls of /dev/gunyah
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "vcpu.h"
#include "vm.h"

/**
 * vcpu_create() - add a vCPU to a VM
 * @vcpu: filled in
 * @vm: file descriptor of the VM
 * @id: index of the vCPU, as in the devicetree
 */
void vcpu_create(struct vcpu *vcpu, int vm, unsigned int id)
{
	int size;

	*vcpu = (struct vcpu) { .id = id };
	vcpu->fd = vm_add_vcpu(vm, id);
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

/* Run until an exit; return: false after a signal */
static bool enter(struct vcpu *vcpu)
{
	if (!ioctl(vcpu->fd, GH_VCPU_RUN))
		return true;
	if (errno == EINTR)
		return false;

	die("cannot run vCPU %u: %s%s", vcpu->id, strerror(errno),
	    errno == ENODEV ? "; has the devicetree fewer?" : "");
}

/**
 * vcpu_run() - run a vCPU until its VM has ended, or until it is to stop
 * @vcpu: the vCPU
 */
void vcpu_run(struct vcpu *vcpu)
{
	struct gh_vcpu_run *run = vcpu->run;

	while (!vcpu->stopping) {
		/* After a signal, check whether to stop */
		if (!enter(vcpu))
			continue;

		switch (run->exit_reason) {
		case GH_VCPU_EXIT_MMIO:
			/* The next GH_VCPU_RUN passes what was read to the VM */
			vcpu_mmio(vcpu, run->mmio.phys_addr, run->mmio.data,
				  run->mmio.len, run->mmio.is_write);
			break;
		case GH_VCPU_EXIT_STATUS:
			/*
			 * The VM has ended. The main thread gets the reason by
			 * GH_VM_GET_STATUS, which also works for VMs that the
			 * hypervisor schedules.
			 */
			return;
		default:
			die("vCPU %u: unknown exit reason %u", vcpu->id,
			    run->exit_reason);
		}
	}
}

/**
 * vcpu_leave() - make a vCPU leave at once if it is run once more
 * @vcpu: the vCPU
 */
void vcpu_leave(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
}
