/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the run page of a vCPU tells user space
 */

#ifndef _GUNYAH_RUN_PAGE_H
#define _GUNYAH_RUN_PAGE_H

#include <linux/types.h>

struct gh_vcpu_run;
struct gunyah_rm_vm_exited;

void gunyah_run_report_end(struct gh_vcpu_run *run,
			   const struct gunyah_rm_vm_exited *exit);
void gunyah_run_report_mmio(struct gh_vcpu_run *run, u64 addr, u32 len,
			    bool is_write, u64 value);

#endif /* _GUNYAH_RUN_PAGE_H */
