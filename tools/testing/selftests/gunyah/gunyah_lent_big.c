// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lending most of the memory of the machine
 *
 * A VM has 9/16 of it: that is possible only if the memory is not needed
 * twice, whatever kind it is.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define BIG_TIMEOUT	900
#define MOST		(8ULL << 30)
#define MIB		0x100000
#define PAGE		4096
#define PIECE		0x10000	/* is looked at by the guest */

FIXTURE(big)
{
	struct leak_state leak;
	struct vm vm;
	void *mem;
	size_t size;
};

FIXTURE_VARIANT(big)
{
	bool memfd;
};

FIXTURE_VARIANT_ADD(big, anonymous)
{
};

FIXTURE_VARIANT_ADD(big, memfd)
{
	.memfd = true,
};

static size_t memory_of_machine(void)
{
	return (size_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

FIXTURE_SETUP(big)
{
	int fd = -1;

	SKIP_WITHOUT_GUNYAH(return);
	if (memory_of_machine() > MOST)
		SKIP(return, "this machine has so much memory that it takes long");
	self->size = memory_of_machine() / 16 * 9 & ~(MIB - 1UL);
	if ((size_t)sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE) < self->size)
		SKIP(return, "too much of the memory is in use");
	if (variant->memfd) {
		fd = memfd_create("gunyah", MFD_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_CALL(ftruncate(fd, self->size));
	}
	self->mem = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			 fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd,
			 0);
	ASSERT_NE(MAP_FAILED, self->mem);
	close(fd);
	leak_read(&self->leak);
	vm_init(&self->vm);
}

FIXTURE_TEARDOWN(big)
{
	vm_close(&self->vm);
	munmap(self->mem, self->size);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

TEST_F_TIMEOUT(big, start, BIG_TIMEOUT)
{
	const size_t size = self->size;
	const size_t places[] = { GUEST_FREE, size / 2, size - PIECE };
	struct vm_config cfg = { .mem = self->mem, .size = size };
	struct gh_vm_status status;
	unsigned char *mem = self->mem;
	size_t i;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	for (i = GUEST_FREE; i < size; i += PAGE)
		mem[i] = 1;
	for (i = 0; i < ARRAY_SIZE(places); i++)
		pattern_fill(mem + places[i], PIECE, i + 1);
	vm_program(&self->vm, 0, G_CHECK(GUEST_BASE + places[0], PIECE, 1),
		   G_CHECK(GUEST_BASE + places[1], PIECE, 2),
		   G_CHECK(GUEST_BASE + places[2], PIECE, 3), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	if (testctl_present())
		EXPECT_EQ(size / PAGE,
			  testctl_read(GH_TESTCTL_PAGES_LENT) -
			  self->leak.counters[LEAK_PAGES_LENT]);
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

TEST_HARNESS_MAIN
