// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lives of VMs in which something can fail at each step: errors, and the end
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sweep.h"

/*
 * What include/uapi/linux/gunyah.h lists for each call, as far as it can be the
 * result of a fault: not what stands for a mistake of the caller.
 */
#define ERRNOS(...)	.errnos = { __VA_ARGS__ }
#define MAX_ERRNOS	12

static const struct {
	const char *name;
	int errnos[MAX_ERRNOS];
} calls[SWEEP_CALLS] = {
	[SWEEP_NOTHING] = { "nothing" },
	[SWEEP_HOST] = { "a call of the kernel",
			 ERRNOS(ENOMEM, EAGAIN, ENFILE, EFAULT, ENOSPC) },
	[SWEEP_GUEST] = { "the VM" },
	[SWEEP_CREATE_VM] = { "GH_CREATE_VM",
			      ERRNOS(ENOMEM, ENFILE, ESHUTDOWN) },
	[SWEEP_CREATE_MEM] = { "GH_CREATE_MEM", ERRNOS(ENOMEM, ENFILE) },
	[SWEEP_ADD_REGION] = { "GH_VM_SET_USER_MEM_REGION", ERRNOS(ENOMEM) },
	[SWEEP_ADD_MEMORY] = { "GH_VM_SET_USER_MEM_REGION",
			       ERRNOS(ENOMEM, ENODEV, EPERM, EBUSY, EOPNOTSUPP,
				      EINVAL, EIO, ETIMEDOUT, ESHUTDOWN) },
	[SWEEP_REMOVE_MEMORY] = { "GH_VM_SET_USER_MEM_REGION",
				  ERRNOS(ENOMEM, ENODEV, EPERM, EBUSY,
					 EOPNOTSUPP, EINVAL, EIO, ETIMEDOUT,
					 ESHUTDOWN) },
	[SWEEP_SET_DTB] = { "GH_VM_SET_DTB_CONFIG" },
	[SWEEP_SET_CONTEXT] = { "GH_VM_SET_BOOT_CONTEXT" },
	[SWEEP_SET_FIRMWARE] = { "GH_VM_ANDROID_SET_FW_CONFIG" },
	[SWEEP_ADD_FUNCTION] = { "GH_VM_ADD_FUNCTION", ERRNOS(ENOMEM, ENFILE) },
	[SWEEP_REMOVE_FUNCTION] = { "GH_VM_REMOVE_FUNCTION" },
	[SWEEP_START] = { "GH_VM_START",
			  ERRNOS(ENOMEM, ENODEV, EPERM, EBUSY, EOPNOTSUPP,
				 EINVAL, EIO, ETIMEDOUT, ESHUTDOWN, EAGAIN) },
	[SWEEP_RUN] = { "GH_VCPU_RUN", ERRNOS(EIO, ETIMEDOUT, EBUSY, ENODEV) },
	[SWEEP_STOP] = { "GH_VM_STOP",
			 ERRNOS(ENOMEM, ENODEV, EPERM, EBUSY, EOPNOTSUPP,
				EINVAL, EIO, ETIMEDOUT, ESHUTDOWN) },
	[SWEEP_STATUS] = { "GH_VM_GET_STATUS" },
	[SWEEP_REGION] = { "GH_VM_GET_REGION" },
};

/**
 * sweep_call_name() - name of a call, for messages
 * @call: the call
 *
 * Return: its name.
 */
const char *sweep_call_name(enum sweep_call call)
{
	return calls[call].name;
}

/**
 * sweep_failed() - note a call that has failed
 * @s: scenario
 * @call: the call
 * @error: its errno
 *
 * Return: -1.
 */
int sweep_failed(struct sweep *s, enum sweep_call call, int error)
{
	s->call = call;
	s->error = error;
	return -1;
}

/**
 * sweep_documented() - check the errno of the call that has failed
 * @s: scenario, run
 *
 * Return: whether it may fail like that; true if nothing has failed.
 */
bool sweep_documented(const struct sweep *s)
{
	unsigned int i;

	if (s->call == SWEEP_NOTHING)
		return true;
	for (i = 0; i < MAX_ERRNOS; i++)
		if (s->error && calls[s->call].errnos[i] == s->error)
			return true;
	return false;
}

/**
 * sweep_wanted() - whether a scenario is to be run
 * @scenario: the scenario
 *
 * Return: false if GUNYAH_SWEEP names another one, or this firmware cannot have
 * such a VM.
 */
bool sweep_wanted(const struct scenario *scenario)
{
	const char *name = getenv("GUNYAH_SWEEP"), *why;

	if (name && strcmp(name, scenario->name))
		return false;
	why = vm_impossible(&scenario->cfg);
	if (why)
		printf("# %s: left out: %s\n", scenario->name, why);
	return !why;
}

/**
 * sweep_init() - a scenario that has nothing yet
 * @s: scenario
 */
void sweep_init(struct sweep *s)
{
	unsigned int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < SWEEP_VMS; i++)
		vm_init(&s->vm[i]);
	for (i = 0; i < SWEEP_FDS; i++)
		s->fd[i] = -1;
	s->dev = -1;
}

/**
 * sweep_close() - give everything back
 * @s: scenario, however far it has got
 */
void sweep_close(struct sweep *s)
{
	unsigned int i;

	for (i = 0; i < SWEEP_VMS; i++)
		vm_close(&s->vm[i]);
	if (s->mem)
		munmap(s->mem, s->mem_size);
	s->mem = NULL;
	for (i = 0; i < SWEEP_FDS; i++) {
		if (s->fd[i] >= 0)
			close(s->fd[i]);
		s->fd[i] = -1;
	}
	if (s->dev >= 0)
		close(s->dev);
	s->dev = -1;
}

/**
 * sweep_run() - do all that a scenario does, from the first call to the last
 * @s: filled in
 * @scenario: which one
 *
 * Return: 0, or -1 if something has failed.
 */
int sweep_run(struct sweep *s, const struct scenario *scenario)
{
	int ret;

	sweep_init(s);
	s->dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ret = s->dev < 0 ? sweep_failed(s, SWEEP_HOST, errno) :
			   scenario->run(s, &scenario->cfg);
	sweep_close(s);
	return ret;
}

#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
/* Younger objects are not looked at */
#define KMEMLEAK_AGE_S	6

/** sweep_forget_memory() - memory that the kernel has lost before is no matter */
void sweep_forget_memory(void)
{
	write_file(KMEMLEAK, "scan");
	write_file(KMEMLEAK, "clear");
}

/**
 * sweep_memory_freed() - whether the driver has freed its memory
 *
 * Only kernels with CONFIG_DEBUG_KMEMLEAK can tell. Prints what they say.
 *
 * Return: false if it has not.
 */
bool sweep_memory_freed(void)
{
	static char report[0x10000];
	char *line, *save;

	if (access(KMEMLEAK, R_OK))
		return true;
	sleep(KMEMLEAK_AGE_S);
	/* What a register or a stack still had for the first scan */
	write_file(KMEMLEAK, "scan");
	write_file(KMEMLEAK, "scan");
	if (read_file(KMEMLEAK, report, sizeof(report)) <= 0 ||
	    !strstr(report, "gunyah"))
		return true;
	for (line = strtok_r(report, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		fprintf(stderr, "# %s\n", line);
	return false;
}
