/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sample VMM on KVM: what its two files need from each other
 */
#ifndef GUNYAH_BENCH_KVM_VMM_H
#define GUNYAH_BENCH_KVM_VMM_H

#include <stddef.h>
#include <linux/types.h>

size_t kvm_run_size(void);
void kvm_ended(__u32 type);

#endif /* GUNYAH_BENCH_KVM_VMM_H */
