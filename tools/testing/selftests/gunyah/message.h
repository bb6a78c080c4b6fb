/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to the resource manager that can go wrong, and VMs for which they are
 * sent
 */
#ifndef GUNYAH_TEST_MESSAGE_H
#define GUNYAH_TEST_MESSAGE_H

#include <unistd.h>

#include "gunyah_utils.h"
#include "testctl.h"

#define FAULT_TIMEOUT	300

/* Time until everything is back that was refused at first, see limit_ms() */
#define BACK_MS		30000

/* Enough pages for a second message, if none are contiguous */
static inline size_t append_size(void)
{
	return 1024 * sysconf(_SC_PAGESIZE);
}

/**
 * struct message - a message that can go wrong
 * @id: its id
 * @cfg: a VM for which it is sent
 * @nth: which one goes wrong, 0: the first
 * @scattered: the second region has memory of that kind
 * @hides: if the outcome is not known the firmware may keep something that the
 *	host has no name for: that stays taken, by intention
 */
struct message {
	__u32 id;
	struct vm_config cfg;
	unsigned int nth;
	bool scattered;
	bool hides;
};

/* For FIXTURE_SETUP() and FIXTURE_TEARDOWN() */
int message_setup(struct vm *vm, struct leak_state *leak, void **scattered);
void message_teardown(struct vm *vm, struct param *timeout, void *scattered);
int message_build(struct vm *vm, const struct message *msg, void *scattered);
int message_build_running(struct vm *vm, const struct message *msg);
void message_fault(const struct message *msg, enum rm_fault_action action,
		   __u32 arg);
int vm_one_life(void);

#endif /* GUNYAH_TEST_MESSAGE_H */
