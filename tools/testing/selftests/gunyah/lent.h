/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that runs in lent memory, and what the host can find out about that
 */
#ifndef GUNYAH_TEST_LENT_H
#define GUNYAH_TEST_LENT_H

#include <linux/elf.h>

#include "remote.h"

#define LENT_TIMEOUT		300

#define MIB			0x100000UL

/* Size of the region of a VM from lent_run() */
#define LENT_SIZE		(8 * MIB)

/* What the guest checks if the region has GUEST_SIZE: offset in it, and size */
#define LENT_HIT		GUEST_FREE
#define LENT_HIT_SIZE		(GUEST_SIZE - GUEST_FREE)

/* Pattern that the host has put there; the guest's are the following numbers */
#define LENT_OF_HOST		0x1234567812345678ULL

/** enum lent_kind - kind of memory that becomes the region */
enum lent_kind {
	LENT_ANON,
	LENT_THP,
	LENT_MEMFD,
	LENT_THP_MEMFD,
	LENT_PRIVATE_MEMFD,
	LENT_HUGETLB,		/* anonymous, private */
	LENT_HUGETLB_MEMFD,
};

/**
 * struct lent_vm - a VM whose image region is lent
 * @remote: the VM; it has a second region that is shared
 * @kind: kind of the memory that lent_alloc() has allocated
 * @memfd: its file, -1: none
 * @page: size of a page
 * @size: size of the region
 * @mem: the region; stays mapped when the VM is closed
 * @area: mapping to be removed, which contains the region, NULL: none
 * @area_size: its size
 * @pattern: what the guest has from GUEST_FREE on
 * @leak: what is in use without it, lent_setup()
 * @aborts: the host's accesses to memory that it gave away, before
 */
struct lent_vm {
	struct remote remote;
	enum lent_kind kind;
	int memfd;
	size_t page;
	size_t size;
	unsigned char *mem;
	unsigned char *area;
	size_t area_size;
	__u64 pattern;
	struct leak_state leak;
	__u64 aborts;
};

/* Page of an anonymous mapping before memory of lent_alloc(), and one behind it */
static inline unsigned char *lent_before(const struct lent_vm *l)
{
	return l->mem - l->page;
}

static inline unsigned char *lent_behind(const struct lent_vm *l)
{
	return l->mem + l->size;
}

/* Memory of a kind without a VM; @fd: its file, -1: it has none. Or NULL */
void *lent_memory(enum lent_kind kind, size_t size, int *fd);

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
/* With other memory than lent_alloc()'s */
int lent_build_in(struct lent_vm *l, void *mem, size_t size);
int lent_start(struct lent_vm *l);
int lent_turn(struct lent_vm *l);
/* EBADE: the guest has seen something else than what belongs there */
int lent_finish(struct lent_vm *l);

/* A turn; whether the host has had neither access nor aborts, either */
bool lent_is_intact(struct lent_vm *l);
/* Both; EBADMSG: it is not intact */
int lent_start_intact(struct lent_vm *l);
/* The same with LENT_SIZE bytes of anonymous memory */
int lent_run(struct lent_vm *l);
/* End it; whether the memory is back and cleared. It is unmapped then. */
bool lent_end(struct lent_vm *l);

/* Give back everything; lent_build() may be called again */
void lent_free(struct lent_vm *l);
/* The same; false if something leaked, or if the host had aborts */
bool lent_close(struct lent_vm *l);

/* ---- what the host can find out, lent_probe.c ---- */

/* The guest has, or had, access; user space has none */
bool lent_is_closed(const void *mem, size_t size);
/* User space can read zeroes there, write and read that, all of it */
bool lent_is_open(void *mem, size_t size);
/* Memory entries of the image region, 0 if that cannot be known */
size_t lent_entries(int fd, __u32 label);
__u64 host_aborts(void);
/* Whether a system call can read a page */
bool page_readable(const void *page);
bool any_readable(const void *mem, size_t size);
size_t count_vmas(const void *mem, size_t size);
/* Huge pages of HUGE bytes that nobody uses, or -1 */
long long huge_pages_free(void);

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
	LENT_VARIANT(fixture, hugetlb, LENT_HUGETLB_MEMFD)

#endif /* GUNYAH_TEST_LENT_H */
