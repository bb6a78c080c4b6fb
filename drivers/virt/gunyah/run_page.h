/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run page of a vCPU: what it tells user space, and what user space answers
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
void gunyah_run_report_page_fault(struct gh_vcpu_run *run, u64 addr, int err);
int gunyah_run_resume_action(const struct gh_vcpu_run *run, u64 *action);

#endif /* _GUNYAH_RUN_PAGE_H */
