// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample VMM on KVM: its vcpu.c, with the calls of KVM
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "device.h"
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

/* Emulate an access of the VM to a device */
static void handle_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = run_of(vcpu);
	unsigned int i, len = run->mmio.len;
	__u64 value = 0;

	if (run->mmio.is_write) {
		vcpu->writes++;
		for (i = 0; i < len; i++)
			value |= (__u64)run->mmio.data[i] << (8 * i);
		devices_write(run->mmio.phys_addr, len, value);
	} else {
		vcpu->reads++;
		value = devices_read(run->mmio.phys_addr, len);
		/* The next KVM_RUN passes the value to the VM */
		for (i = 0; i < len; i++)
			run->mmio.data[i] = value >> (8 * i);
	}
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	while (!vcpu->stopping) {
		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			/* After a signal, check whether to stop */
			if (errno == EINTR)
				continue;
			die("cannot run vCPU %u: %s", vcpu->id, strerror(errno));
		}

		switch (run_of(vcpu)->exit_reason) {
		case KVM_EXIT_MMIO:
			handle_mmio(vcpu);
			break;
		case KVM_EXIT_SYSTEM_EVENT:
			kvm_ended(run_of(vcpu)->system_event.type);
			return NULL;
		default:
			die("vCPU %u: unknown exit reason %u", vcpu->id,
			    run_of(vcpu)->exit_reason);
		}
	}

	return NULL;
}

/* An empty handler: the signal only interrupts KVM_RUN */
static void on_kick(int sig)
{
	(void)sig;
}

/**
 * vcpu_start() - run a vCPU in a thread of its own
 * @vcpu: the vCPU
 */
void vcpu_start(struct vcpu *vcpu)
{
	struct sigaction kick = { .sa_handler = on_kick };
	int err;

	sigaction(SIGUSR1, &kick, NULL);
	err = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
	if (err)
		die("cannot create a thread: %s", strerror(err));
}

/**
 * vcpu_stop() - end a vCPU's thread and close the vCPU
 * @vcpu: the vCPU
 *
 * Only for the end of the VM.
 */
void vcpu_stop(struct vcpu *vcpu)
{
	vcpu->stopping = true;
	run_of(vcpu)->immediate_exit = 1;
	pthread_kill(vcpu->thread, SIGUSR1);
	pthread_join(vcpu->thread, NULL);

	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
}
