/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lives of VMs in which something can fail at each step
 *
 * A scenario makes its calls until one fails, and notes which it was. Whatever has
 * happened, sweep_close() gives everything back.
 */
#ifndef GUNYAH_TEST_SWEEP_H
#define GUNYAH_TEST_SWEEP_H

#include "gunyah_utils.h"

#define SWEEP_VMS	2
#define SWEEP_FDS	2

/*
 * What has failed in a scenario. The unmarked ones are calls of the driver; those
 * of a VM that runs ask the resource manager.
 */
enum sweep_call {
	SWEEP_NOTHING,
	SWEEP_HOST,		/* a call that is not the driver's */
	SWEEP_GUEST,		/* all have succeeded, but the VM's end is wrong */
	SWEEP_CREATE_VM,
	SWEEP_CREATE_MEM,
	SWEEP_ADD_REGION,
	SWEEP_ADD_MEMORY,	/* ADD_REGION while the VM runs */
	SWEEP_REMOVE_MEMORY,
	SWEEP_SET_DTB,
	SWEEP_SET_CONTEXT,
	SWEEP_SET_FIRMWARE,
	SWEEP_ADD_FUNCTION,
	SWEEP_REMOVE_FUNCTION,
	SWEEP_START,
	SWEEP_RUN,
	SWEEP_STOP,
	SWEEP_STATUS,
	SWEEP_REGION,
	SWEEP_CALLS
};

/**
 * struct sweep - a scenario that goes on
 * @vm: its VMs
 * @dev: /dev/gunyah, or -1
 * @fd: other files, or -1
 * @mem: other memory
 * @mem_size: its size
 * @call: the first call that failed
 * @error: errno of that
 * @exit_type: how the VM has ended, if that is what is wrong
 */
struct sweep {
	struct vm vm[SWEEP_VMS];
	int dev;
	int fd[SWEEP_FDS];
	void *mem;
	size_t mem_size;
	enum sweep_call call;
	int error;
	unsigned int exit_type;
};

/**
 * struct scenario - a life of one VM or several
 * @name: its name
 * @cfg: what the first VM is
 * @run: makes the calls; 0, or -1 if one has failed
 */
struct scenario {
	const char *name;
	struct vm_config cfg;
	int (*run)(struct sweep *s, const struct vm_config *cfg);
};

/* Set if a fault may leave a vCPU waiting: it runs in a thread of its own then */
extern bool sweep_limits_runs;
extern const struct scenario scenarios[];
extern const unsigned int num_scenarios;

/* For scenarios: note that @call has failed; -1 */
int sweep_failed(struct sweep *s, enum sweep_call call, int error);

/* In a scenario: a call, which ends it if it fails */
#define SWEEP_TRY(s, call, expression) do {				\
	if ((expression) < 0)						\
		return sweep_failed(s, call, errno);			\
} while (0)

/* GUNYAH_TEST_LONG: all faults, not a part of them */
/* Whether GUNYAH_SWEEP and the firmware allow it */
bool sweep_wanted(const struct scenario *scenario);
void sweep_init(struct sweep *s);
/* From sweep_init() to sweep_close(); 0, or -1 if something has failed */
int sweep_run(struct sweep *s, const struct scenario *scenario);
void sweep_close(struct sweep *s);
const char *sweep_call_name(enum sweep_call call);
/* Whether the documentation lists the errno for the call that has failed */
bool sweep_documented(const struct sweep *s);

/* Memory that the driver has lost between these, if the kernel can tell */
void sweep_forget_memory(void);
bool sweep_memory_freed(void);

#endif /* GUNYAH_TEST_SWEEP_H */
