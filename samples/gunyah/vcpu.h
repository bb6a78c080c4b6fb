/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual CPUs that this program schedules, each in a thread
 */
#ifndef GUNYAH_VMM_VCPU_H
#define GUNYAH_VMM_VCPU_H

#include <pthread.h>
#include <stdatomic.h>
#include <linux/gunyah.h>

#include "gunyah_vmm.h"

/**
 * struct vcpu - a virtual CPU
 * @id: its index
 * @fd: its file descriptor
 * @run: the page that it shares with the driver
 * @run_size: size of that
 * @thread: the thread that runs it
 * @stopping: the thread is to end
 * @reads: number of MMIO reads
 * @writes: number of MMIO writes
 */
struct vcpu {
	unsigned int id;
	int fd;
	struct gh_vcpu_run *run;
	size_t run_size;
	pthread_t thread;
	atomic_bool stopping;
	__u64 reads;
	__u64 writes;
};

/* vcpu.c */
void vcpu_create(struct vcpu *vcpu, int vm, unsigned int id);
void vcpu_run(struct vcpu *vcpu);
void vcpu_leave(struct vcpu *vcpu);

/* vcpu_thread.c */
void vcpu_mmio(struct vcpu *vcpu, __u64 addr, __u8 *data, unsigned int len,
	       bool is_write);
void vcpu_start(struct vcpu *vcpu);
void vcpu_stop(struct vcpu *vcpu);

#endif /* GUNYAH_VMM_VCPU_H */
