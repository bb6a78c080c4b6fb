/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM whose lent memory is attacked while its guest uses it
 */
#ifndef GUNYAH_TEST_LENT_H
#define GUNYAH_TEST_LENT_H

#include "gunyah_utils.h"

#define LENT_TIMEOUT	300

#define HUGE_SIZE	0x200000UL

/* What the guest checks: offset in the region, and size */
#define LENT_HIT	GUEST_FREE
#define LENT_HIT_SIZE	(GUEST_SIZE - GUEST_FREE)

/* Patterns: what the host has put there, and what the guest does */
#define LENT_OF_HOST	0x1234567812345678ULL
#define LENT_OF_GUEST	0x5ec3e75ec3e75ec3ULL

/** enum lent_kind - kind of memory that becomes the region */
enum lent_kind {
	LENT_ANON,
	LENT_THP,
	LENT_MEMFD,
	LENT_THP_MEMFD,
	LENT_PRIVATE_MEMFD,
	LENT_HUGETLB,		/* memfd with huge pages */
};

/**
 * struct lent_vm - a VM, and the attacks on its image region
 * @vm: the VM; it has a second region that is shared
 * @runner: runs its vCPU
 * @running: that runs
 * @kind: kind of the memory
 * @memfd: its file, -1: none
 * @page: size of a page
 * @size: size of the region
 * @mem: the region
 * @area: mapping that contains the region and the pages around it
 * @area_size: its size
 * @leak: what is in use without it
 * @aborts: number of the host's accesses to memory that it gave away
 */
struct lent_vm {
	struct vm vm;
	struct runner runner;
	bool running;
	enum lent_kind kind;
	int memfd;
	size_t page;
	size_t size;
	unsigned char *mem;
	unsigned char *area;
	size_t area_size;
	struct leak_state leak;
	__u64 aborts;
};

/* Page of an anonymous mapping before the region, and one behind it */
static inline unsigned char *lent_before(const struct lent_vm *l)
{
	return l->mem - l->page;
}

static inline unsigned char *lent_behind(const struct lent_vm *l)
{
	return l->mem + l->size;
}

/*
 * Order of the calls: lent_alloc(), lent_build(), lent_start(), attacks on the
 * content of the host, lent_turn(), attacks on the content of the guest,
 * lent_finish(). Those that return int return 0, or -1 and errno.
 */
void lent_init(struct lent_vm *l);
int lent_alloc(struct lent_vm *l, enum lent_kind kind);
/* Both of these; why that is not possible here, or NULL */
const char *lent_setup(struct lent_vm *l, enum lent_kind kind);
int lent_build(struct lent_vm *l);
int lent_start(struct lent_vm *l);
int lent_turn(struct lent_vm *l);
/* EBADE: the guest has seen something else than what belongs there */
int lent_finish(struct lent_vm *l);
/* Give back everything; false if something leaked, or if the host has died */
bool lent_close(struct lent_vm *l);

/* The guest has, or had, access; user space has none */
bool lent_is_closed(const void *mem, size_t size);
/* User space can read zeroes there, write and read that, all of it */
bool lent_is_open(void *mem, size_t size);

/* The signal that an access gets, or 0 */
int probe_load(const void *addr);
int probe_store(void *addr);
int probe_atomic(void *addr);

/* In FIXTURE_SETUP(): @l with memory of a kind, if there is such memory */
#define LENT_SETUP(statement, l, kind) do {				\
	const char *__why = lent_setup(l, kind);			\
									\
	if (__why)							\
		SKIP(statement, "%s", __why);				\
} while (0)

/* The variants of a fixture, which has the member kind */
#define LENT_VARIANT(fixture, name, _kind)				\
	FIXTURE_VARIANT_ADD(fixture, name) { .kind = (_kind) }
#define LENT_VARIANTS(fixture)						\
	LENT_VARIANT(fixture, anonymous, LENT_ANON);			\
	LENT_VARIANT(fixture, thp, LENT_THP);				\
	LENT_VARIANT(fixture, memfd, LENT_MEMFD);			\
	LENT_VARIANT(fixture, thp_memfd, LENT_THP_MEMFD);		\
	LENT_VARIANT(fixture, private_memfd, LENT_PRIVATE_MEMFD);	\
	LENT_VARIANT(fixture, hugetlb, LENT_HUGETLB)

#endif /* GUNYAH_TEST_LENT_H */
