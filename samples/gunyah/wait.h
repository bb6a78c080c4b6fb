/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for the end of the VM
 */
#ifndef GUNYAH_VMM_WAIT_H
#define GUNYAH_VMM_WAIT_H

#include <stdbool.h>

#include "shlog.h"

/** enum end - how a wait has ended */
enum end {
	END_BY_ITSELF,		/* the VM has ended */
	END_ON_REQUEST,		/* the VM was asked or forced, and has ended */
	END_REFUSED,		/* the VM can be neither asked nor stopped */
};

void catch_signals(void);
enum end wait_for_end(int vm, unsigned int stop_timeout,
		      const struct shlog *log);
bool end_requested(void);

#endif /* GUNYAH_VMM_WAIT_H */
