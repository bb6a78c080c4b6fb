/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of /dev/gunyah, with error messages that help
 */
#ifndef GUNYAH_VMM_VM_H
#define GUNYAH_VMM_VM_H

#include <pthread.h>
#include <linux/gunyah.h>

#include "gunyah_vmm.h"

/**
 * struct vcpu - a virtual CPU that this program schedules
 * @id: its index
 * @fd: its file descriptor
 * @run: the page that it shares with the driver
 * @run_size: size of that
 * @thread: the thread that runs it
 * @reads: number of MMIO reads that it has made
 * @writes: number of MMIO writes
 */
struct vcpu {
	unsigned int id;
	int fd;
	struct gh_vcpu_run *run;
	size_t run_size;
	pthread_t thread;
	__u64 reads;
	__u64 writes;
};

int vm_create(const char *device);
void vm_add_memory(int vm, const struct gh_userspace_memory_region *region);
void vm_set_dtb(int vm, __u64 addr, __u64 size);
void vm_add_vcpu(int vm, struct vcpu *vcpu, unsigned int id);
void vm_start(int vm);
void vm_get_status(int vm, struct gh_vm_status *status);
bool vcpu_run(struct vcpu *vcpu);
void vcpu_close(struct vcpu *vcpu);

#endif /* GUNYAH_VMM_VM_H */
