/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that runs in lent memory, and what the host can find out about that
 */
#ifndef GUNYAH_TEST_LENTVM_H
#define GUNYAH_TEST_LENTVM_H

#include <linux/elf.h>

#include "remote.h"

#define HUGE			0x200000UL
#define MIB			0x100000UL

#define LENT_SIZE		(8 * MIB)

/** enum lent_kind - kinds of memory that are lent */
enum lent_kind {
	LENT_ANONYMOUS,
	LENT_THP,
	LENT_MEMFD,
	LENT_HUGETLB,
	LENT_HUGETLB_MEMFD,
	LENT_KINDS
};

void *lent_alloc(enum lent_kind kind, size_t size);
/* The same, and the file of it, -1: it has none */
void *lent_alloc_fd(enum lent_kind kind, size_t size, int *fd);

/**
 * struct lent_vm - a guest that has filled its memory with a pattern
 * @remote: the guest, under remote control
 * @mem: memory of the image region; stays mapped when the VM is closed
 * @size: its size
 * @pattern: what the guest has from GUEST_FREE on
 * @aborts: host accesses to memory that it gave away, before the start
 */
struct lent_vm {
	struct remote remote;
	unsigned char *mem;
	size_t size;
	__u64 pattern;
	__u64 aborts;
};

__u64 host_aborts(void);
void lent_vm_init(struct lent_vm *vm);
int lent_vm_build(struct lent_vm *vm, void *mem, size_t size);
int lent_vm_start(struct lent_vm *vm);
/* Anonymous memory of LENT_SIZE bytes, and a guest that runs in it */
int lent_vm_run(struct lent_vm *vm);
/* Whether the guest has its content, and the host neither access nor aborts */
bool lent_vm_intact(struct lent_vm *vm);
/* End it; whether the memory is back and cleared. It is unmapped then. */
bool lent_vm_end(struct lent_vm *vm);
void lent_vm_close(struct lent_vm *vm);

/* Whether a system call can read a page */
bool page_readable(const void *page);
bool any_readable(const void *mem, size_t size);
size_t count_vmas(const void *mem, size_t size);
/* Memory entries of the image region, 0 if that cannot be known */
size_t lent_entries(int fd, __u32 label);

/**
 * struct offline_pages - page frames that are PageOffline
 * @pfn: the first ones
 * @num: number of them in @pfn
 * @total: number of them in all of memory
 */
struct offline_pages {
	__u64 pfn[0x4000];
	size_t num;
	size_t total;
};

int offline_pages_find(struct offline_pages *pages);
/*
 * Segment @i of /proc/kcore: 1 if it is memory, 0 if it is something else, -1 if
 * it does not exist
 */
int kcore_segment(int fd, unsigned int i, struct elf64_phdr *phdr);

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

#endif /* GUNYAH_TEST_LENTVM_H */
