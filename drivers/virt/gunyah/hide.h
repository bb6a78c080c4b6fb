/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lent memory is hidden from the kernel of the host
 */

#ifndef _GUNYAH_HIDE_H
#define _GUNYAH_HIDE_H

#include <linux/types.h>

struct gunyah_mem_run;
struct gunyah_mem_runs;

bool gunyah_hide_allowed(void);
int gunyah_hide(const struct gunyah_mem_runs *runs, bool clean);
void gunyah_show(const struct gunyah_mem_runs *runs);
int gunyah_hide_run(const struct gunyah_mem_run *run);
void gunyah_show_run(const struct gunyah_mem_run *run);

#endif /* _GUNYAH_HIDE_H */
