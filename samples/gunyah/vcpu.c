// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual CPUs that this program schedules, each in a thread
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
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

/* Emulate an access of the VM to a device */
static void handle_mmio(struct vcpu *vcpu)
{
	struct gh_vcpu_run *run = vcpu->run;
	unsigned int i, len = run->mmio.len;
	__u64 value = 0;

	if (len > sizeof(run->mmio.data))
		die("vCPU %u: access of %u bytes", vcpu->id, len);

	if (run->mmio.is_write) {
		vcpu->writes++;
		for (i = 0; i < len; i++)
			value |= (__u64)run->mmio.data[i] << (8 * i);
		devices_write(run->mmio.phys_addr, len, value);
	} else {
		vcpu->reads++;
		value = devices_read(run->mmio.phys_addr, len);
		/* The next GH_VCPU_RUN passes the value to the VM */
		for (i = 0; i < len; i++)
			run->mmio.data[i] = value >> (8 * i);
	}
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	while (!vcpu->stopping) {
		/* After a signal, check whether to stop */
		if (!enter(vcpu))
			continue;

		switch (vcpu->run->exit_reason) {
		case GH_VCPU_EXIT_MMIO:
			handle_mmio(vcpu);
			break;
		case GH_VCPU_EXIT_STATUS:
			/*
			 * The VM has ended. The main thread gets the reason by
			 * GH_VM_GET_STATUS, which also works for VMs that the
			 * hypervisor schedules.
			 */
			return NULL;
		default:
			die("vCPU %u: unknown exit reason %u", vcpu->id,
			    vcpu->run->exit_reason);
		}
	}

	return NULL;
}

/* An empty handler: the signal only interrupts GH_VCPU_RUN */
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
	/*
	 * If the signal arrives before GH_VCPU_RUN is called, immediate_exit
	 * makes the call return at once.
	 */
	vcpu->stopping = true;
	vcpu->run->immediate_exit = 1;
	pthread_kill(vcpu->thread, SIGUSR1);
	pthread_join(vcpu->thread, NULL);

	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
}
