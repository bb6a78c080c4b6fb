/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of memory, and swap space
 */
#ifndef GUNYAH_TEST_PRESSURE_H
#define GUNYAH_TEST_PRESSURE_H

#include <sys/types.h>

/* ---- control groups ---- */

/**
 * struct cgroup - a control group with the memory controller
 * @path: its directory, empty: none
 */
struct cgroup {
	char path[96];
};

int cgroup_make(struct cgroup *cg, const char *name);
/* A process enters, 0: the caller */
int cgroup_enter(const struct cgroup *cg, pid_t pid);
int cgroup_set(const struct cgroup *cg, const char *file, const char *value);
int cgroup_set_number(const struct cgroup *cg, const char *file,
		      long long value);
long long cgroup_get(const struct cgroup *cg, const char *file);
/* Value of a line of a file, or -1 */
long long cgroup_value(const struct cgroup *cg, const char *file,
		       const char *name);
void cgroup_remove(struct cgroup *cg);

/* ---- swap ---- */

#define SWAP_DEVICE		"/dev/ram0"

int swap_on(void);
void swap_off(void);

#endif /* GUNYAH_TEST_PRESSURE_H */
