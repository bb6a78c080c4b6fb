// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample VMM on KVM: its vcpu.c, with the calls of KVM
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

#include "kvm_vmm.h"
#include "vcpu.h"
#include "vm.h"

/* struct vcpu is made for Gunyah's run page; here the page is KVM's */
static struct kvm_run *run_of(const struct vcpu *vcpu)
{
	return (struct kvm_run *)vcpu->run;
}

/**
 * vcpu_create() - add a vCPU to a VM
 * @vcpu: filled in
 * @vm: the VM
 * @id: index of the vCPU, as in the devicetree
 */
void vcpu_create(struct vcpu *vcpu, int vm, unsigned int id)
{
	*vcpu = (struct vcpu) { .id = id };
	vcpu->fd = vm_add_vcpu(vm, id);
	vcpu->run_size = kvm_run_size();
	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("cannot map vCPU %u's run page: %s", id, strerror(errno));
}

/**
 * vcpu_run() - run a vCPU until its VM has ended, or until it is to stop
 * @vcpu: the vCPU
 */
void vcpu_run(struct vcpu *vcpu)
{
	struct kvm_run *run = run_of(vcpu);

	while (!vcpu->stopping) {
		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			/* After a signal, check whether to stop */
			if (errno == EINTR)
				continue;
			die("cannot run vCPU %u: %s", vcpu->id, strerror(errno));
		}

		switch (run->exit_reason) {
		case KVM_EXIT_MMIO:
			vcpu_mmio(vcpu, run->mmio.phys_addr, run->mmio.data,
				  run->mmio.len, run->mmio.is_write);
			break;
		case KVM_EXIT_SYSTEM_EVENT:
			kvm_ended(run->system_event.type);
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
	run_of(vcpu)->immediate_exit = 1;
}
