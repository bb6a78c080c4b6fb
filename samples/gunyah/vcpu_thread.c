// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads of virtual CPUs, and their accesses to devices
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "vcpu.h"

/**
 * vcpu_mmio() - emulate an access of the VM to a device
 * @vcpu: the vCPU that accesses it
 * @addr: guest physical address
 * @data: what the VM writes, the lowest byte first; filled in if it reads
 * @len: number of bytes
 * @is_write: the VM writes
 */
void vcpu_mmio(struct vcpu *vcpu, __u64 addr, __u8 *data, unsigned int len,
	       bool is_write)
{
	__u64 value = 0;
	unsigned int i;

	if (len > sizeof(value))
		die("vCPU %u: access of %u bytes", vcpu->id, len);

	if (is_write) {
		vcpu->writes++;
		for (i = 0; i < len; i++)
			value |= (__u64)data[i] << (8 * i);
		devices_write(addr, len, value);
	} else {
		vcpu->reads++;
		value = devices_read(addr, len);
		for (i = 0; i < len; i++)
			data[i] = value >> (8 * i);
	}
}

static void *vcpu_thread(void *arg)
{
	vcpu_run(arg);

	return NULL;
}

/* An empty handler: the signal only makes the call return that runs the vCPU */
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
	/* The signal may arrive before the call that it is to interrupt */
	vcpu_leave(vcpu);
	pthread_kill(vcpu->thread, SIGUSR1);
	pthread_join(vcpu->thread, NULL);

	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
}
