/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that handles the interrupts of its doorbells. The host writes its
 * programs into memory that both share.
 */
#ifndef GUNYAH_TEST_BELLS_H
#define GUNYAH_TEST_BELLS_H

#include "gunyah_utils.h"

/* Layout of the second region */
#define BELLS_IRQS	0x0000	/* struct guest_irq for each INTID */
#define BELLS_STAGE	0x4000	/* enum bells_stage */
#define BELLS_GO	0x4008	/* not 0: start the program */
#define BELLS_STOP	0x4010	/* not 0: stop serving interrupts */
#define BELLS_WORDS	0x4100	/* for the tests */
#define BELLS_PROG	0x5000	/* the program */
#define BELLS_DTB	0x8000	/* copy of the guest's devicetree */

#define BELLS_MAX	16

/** enum bells_stage - how far the guest has got */
enum bells_stage {
	BELLS_OFF,
	BELLS_BOOTED,	/* has copied its devicetree, waits for a program */
	BELLS_SERVING,	/* handles interrupts */
};

/**
 * struct bells - a VM with such a guest
 * @vm: the VM
 * @cap: the guest's capabilities for its doorbells
 * @runner: runs its first vCPU
 * @running: that runs
 */
struct bells {
	struct vm vm;
	__u64 cap[BELLS_MAX];
	struct runner runner;
	bool running;
};

int bells_build(struct bells *b, const struct vm_config *cfg);
int bells_start(struct bells *b);
int bells_program(struct bells *b, const struct guest_op *ops, size_t n);
/* The guest clears those doorbells for which a bit of @clear is set */
int bells_serve(struct bells *b, unsigned int how, unsigned long clear);
__u64 bells_count(const struct bells *b, unsigned int irq);
bool bells_wait(const struct bells *b, unsigned int irq, __u64 count);
bool bells_wait_more(const struct bells *b, unsigned int irq, __u64 count);
void bells_close(struct bells *b);

int new_eventfd(unsigned int flags);
int eventfd_ring(int fd, __u64 value);
/* Read the counter; 0: nothing was written, or somebody has read it */
__u64 eventfd_take(int fd);

#endif /* GUNYAH_TEST_BELLS_H */
