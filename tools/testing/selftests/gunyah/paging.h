/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM with memory that it gets page by page: the fixture of these tests
 *
 * It needs firmware that can do it: the test hypervisor with
 * gunyah_hyp.generation=2024.
 */
#ifndef GUNYAH_TEST_PAGING_H
#define GUNYAH_TEST_PAGING_H

#include <sys/mman.h>
#include <unistd.h>

#include "lent.h"
#include "message.h"
#include "pressure.h"
#include "testctl.h"

#define PAGED		(GUEST_BASE + GUEST_SIZE)
#define PAGED_SIZE	(8 * MIB)
#define PAGED_FLAGS	(MEM_RWX | GH_MEM_LENT | GH_MEM_PAGED)
#define BLOCK		(2 * MIB)

/* Words that host and guest exchange */
#define WORD(n)		(8 * (n))
#define SHM_WORD(n)	(GUEST_SHM_BASE + WORD(n))

/* The firmware's pages */
#define PAGES(size)	((size) / 4096)

#define OF_HOST	0x1234567812345678ULL
#define OF_GUEST	0x8765432187654321ULL

static const struct vm_config paging_config = {
	.shm_size = GUEST_SHM_SIZE, .paged_size = PAGED_SIZE,
};

static inline bool can_page(void)
{
	return hyp_word("gunyah_hyp.generation=2024");
}

static inline int reclaim(int fd, __u64 addr, __u64 size)
{
	struct gh_vm_reclaim arg = { .guest_phys_addr = addr, .size = size };

	return ioctl(fd, GH_VM_RECLAIM_MEM, &arg);
}

static inline __u64 donated(void)
{
	return testctl_read(GH_TESTCTL_PAGES_DONATED);
}

static inline __u64 mapped(void)
{
	return testctl_read(GH_TESTCTL_PAGES_MAPPED);
}

FIXTURE(paging)
{
	struct leak_state leak;
	struct vm vm;
	struct cgroup cg;
	size_t page;
	__u64 aborts;
};

FIXTURE_SETUP(paging)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	if (!can_page())
		SKIP(return, "the firmware does not page");
	self->page = sysconf(_SC_PAGESIZE);
	self->aborts = host_aborts();
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &paging_config, VM_HAS_VCPUS));
}

FIXTURE_TEARDOWN(paging)
{
	testctl_reset();
	testctl_write(GH_TESTCTL_S2_LIMIT, 0);
	testctl_write(GH_TESTCTL_QUIRK_FAULT_MMIO, 0);
	if (self->cg.path[0])
		cgroup_remove(&self->cg);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(0, donated());
	EXPECT_EQ(0, mapped());
	EXPECT_EQ(self->aborts, host_aborts());
}

/* Build the VM again, with another configuration */
#define REBUILD(self, cfg, stage) do {					\
	struct vm *__vm = &(self)->vm;					\
									\
	vm_close(__vm);							\
	ASSERT_CALL(vm_build(__vm, cfg, stage));			\
} while (0)

#define FINISH(self) do {						\
	struct gh_vm_status __status;					\
									\
	ASSERT_CALL(vm_finish(&(self)->vm, &__status));			\
	EXPECT_TRUE(vm_ended(&__status, GH_VM_EXIT_PLATFORM_OFF));	\
} while (0)

/* After the VM's end the memory is the host's again, and empty */
#define EXPECT_EMPTY(self) do {						\
	struct vm *__vm = &(self)->vm;					\
	unsigned char *__mem = __vm->paged;				\
									\
	vm_close_vcpus(__vm);						\
	close(__vm->fd);						\
	__vm->fd = -1;							\
	EXPECT_EQ(0, donated());					\
	EXPECT_EQ(0, probe_load(__mem));				\
	EXPECT_TRUE(all_zero(__mem, PAGED_SIZE));			\
	EXPECT_EQ(0, probe_store(__mem + BLOCK));			\
} while (0)

#endif /* GUNYAH_TEST_PAGING_H */
