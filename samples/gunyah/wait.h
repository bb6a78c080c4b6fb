/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for the end of the VM
 */
#ifndef GUNYAH_VMM_WAIT_H
#define GUNYAH_VMM_WAIT_H

#include <stdbool.h>

#include "shlog.h"

void catch_signals(void);
bool wait_for_end(int vm, const struct shlog *log);

#endif /* GUNYAH_VMM_WAIT_H */
