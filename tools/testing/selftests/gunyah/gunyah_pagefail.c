// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand paging when something goes wrong: no memory, hypercalls that fail, and
 * ends of a VM that has pages
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "paging.h"

#define DEBUGFS	"/sys/kernel/debug"

/* ---- no memory, and hypercalls that fail ---- */

/* The host has no memory for a page: the VMM may find some, and go on */
TEST_F_TIMEOUT(paging, host_memory, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	char path[128];
	int max;

	vm_program(vm, 0, G_FILL(PAGED, PAGED_SIZE, OF_GUEST),
		   G_CHECK(PAGED, PAGED_SIZE, OF_GUEST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_CALL(cgroup_make(&self->cg, "paging"));
	ASSERT_CALL(cgroup_enter(&self->cg, 0));
	ASSERT_CALL(cgroup_set_number(&self->cg, "memory.max", 3 * MIB));
	/* There is no memory to open it later */
	snprintf(path, sizeof(path), "%s/memory.max", self->cg.path);
	max = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, max);
	EXPECT_ERRNO(ENOMEM, vm_run_once(vm, 0));
	EXPECT_ERRNO(ENOMEM, vm_run_once(vm, 0));
	EXPECT_GT(PAGES(PAGED_SIZE), donated());
	ASSERT_EQ(3, write(max, "max", 3));
	close(max);
	FINISH(self);
	EXPECT_EQ(PAGES(PAGED_SIZE), donated());
	EXPECT_EMPTY(self);
}

/*
 * The hypervisor has no memory for its tables. Where it also is the platform's
 * firmware, it may need one to take the page from the host, which the kernel has
 * the same error for as for a lack of its own memory.
 */
static bool lacks_tables(int err)
{
	return err == ENOBUFS || (err == ENOMEM && hyp_word(PLATFORM_WORD));
}

TEST_F_TIMEOUT(paging, tables, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	int err;

	/* A single page is not mapped by a block */
	madvise(vm->paged, PAGED_SIZE, MADV_NOHUGEPAGE);
	pattern_fill(vm->paged, self->page, OF_HOST);
	vm_program(vm, 0, G_CHECK(PAGED, self->page, OF_HOST),
		   G_FILL(PAGED + BLOCK, 0x1000, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_CHECK(PAGED, self->page, OF_HOST),
		   G_CHECK(PAGED + BLOCK, 0x1000, OF_GUEST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	testctl_write(GH_TESTCTL_S2_LIMIT, testctl_read(GH_TESTCTL_S2_TABLES));
	EXPECT_EQ(-1, vm_run_once(vm, 0));
	err = errno;
	EXPECT_TRUE(lacks_tables(err))
		TH_LOG("%s", strerror(err));
	EXPECT_EQ(0, donated());
	testctl_write(GH_TESTCTL_S2_LIMIT, 0);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(PAGES(BLOCK + self->page), donated());
	/* Nor can it take a part of a block away */
	testctl_write(GH_TESTCTL_S2_LIMIT, testctl_read(GH_TESTCTL_S2_TABLES));
	EXPECT_ERRNO(ENOBUFS, reclaim(vm->fd, PAGED + BLOCK, self->page));
	EXPECT_EQ(PAGES(BLOCK + self->page), mapped());
	testctl_write(GH_TESTCTL_S2_LIMIT, 0);
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* Memory that is open again is that of the process, which can be killed for it */
static int fill_closed(void *arg)
{
	const struct cgroup *cg = arg;
	struct gh_vm_status status;
	struct vm vm;

	vm_init(&vm);
	if (vm_build(&vm, &paging_config, VM_HAS_VCPUS))
		return 1;
	vm_program(&vm, 0, G_OFF);
	if (gh_start(vm.fd) || vm_finish(&vm, &status))
		return 2;
	vm_close_vcpus(&vm);
	close(vm.fd);
	if (cgroup_enter(cg, 0) ||
	    cgroup_set_number(cg, "memory.max", 3 * MIB))
		return 3;
	/* Ends it as well, but not if nothing else can */
	alarm(limit_ms(5000) / 1000);
	memset(vm.paged, 1, PAGED_SIZE);
	return 0;
}

TEST_F_TIMEOUT(paging, killed_for_memory, FAULT_TIMEOUT)
{
	struct param printk = {};

	ASSERT_CALL(cgroup_make(&self->cg, "paging"));
	/* The kernel has much to say about that, but has not complained */
	ASSERT_CALL(param_set(&printk, "/proc/sys/kernel/printk", "1"));
	EXPECT_EQ(256 + SIGKILL, in_child(fill_closed, &self->cg));
	param_restore(&printk);
}

/* It may have some again, because the host has just taken memory back: once more */
TEST_F_TIMEOUT(paging, tables_later, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	if (!getenv("GUNYAH_TEST_ICOUNT"))
		SKIP(return, "the machine may take too long for that");
	vm_program(vm, 0, G_WRITE(8, PAGED, 1), G_WRITE(8, 0x10000000, 0),
		   G_WRITE(8, PAGED + BLOCK, 1), G_WRITE(8, 0x10000000, 0),
		   G_WRITE(8, PAGED + 2 * BLOCK, 1), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_CALL(reclaim(vm->fd, PAGED, BLOCK));
	testctl_hvc_fault(HVC_MAP, 1, HVC_ERR_NOMEM);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(HVC_MAP, testctl_read(GH_TESTCTL_HVC_HIT));
	EXPECT_EQ(PAGES(BLOCK), mapped());
	/* After some time that is no reason any more */
	sleep(1);
	testctl_hvc_fault(HVC_MAP, 1, HVC_ERR_NOMEM);
	EXPECT_ERRNO(ENOBUFS, vm_run_once(vm, 0));
	FINISH(self);
	EXPECT_EMPTY(self);
}

static const struct {
	__u64 error;
	int err;
} hvc_errors[] = {
	{ HVC_ERR_ARGUMENT, EIO }, { HVC_ERR_NOMEM, ENOBUFS },
	{ HVC_ERR_DENIED, EIO }, { HVC_ERR_BUSY, EIO }, { HVC_ERR_CAP, EIO },
	{ 22, EIO }, { 111, EIO }, { 120, EIO }, { 121, EIO }, { 200, EIO },
	{ ~0ULL, EIO }, { 0x100000000ULL, EIO },
};

/* Each call that gives a page fails, once: nothing is left behind */
TEST_F_TIMEOUT(paging, give_fails, FAULT_TIMEOUT)
{
	static const unsigned int numbers[] = { HVC_DONATE, HVC_MAP };
	struct vm *vm = &self->vm;
	__u64 lent;
	unsigned int i, n;

	pattern_fill(vm->paged, 2 * self->page, OF_HOST);
	vm_program(vm, 0, G_CHECK(PAGED, 2 * self->page, OF_HOST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	lent = testctl_read(GH_TESTCTL_PAGES_LENT);
	for (n = 0; n < ARRAY_SIZE(numbers); n++) {
		for (i = 0; i < ARRAY_SIZE(hvc_errors); i++) {
			/* A lack of memory may be over in a moment: the driver waits */
			if (hvc_errors[i].error == HVC_ERR_NOMEM)
				testctl_hvc_fault_repeat(numbers[n], 1,
							 HVC_ERR_NOMEM);
			else
				testctl_hvc_fault(numbers[n], 1,
						  hvc_errors[i].error);
			EXPECT_ERRNO(hvc_errors[i].err, vm_run_once(vm, 0));
			EXPECT_EQ(numbers[n], testctl_read(GH_TESTCTL_HVC_HIT));
			EXPECT_EQ(0, donated());
			EXPECT_EQ(lent, testctl_read(GH_TESTCTL_PAGES_LENT));
		}
	}
	/* A call that is not complete is made again */
	testctl_hvc_fault(HVC_DONATE, 1, HVC_ERR_RETRY);
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* The same for ever; the undoing fails as well */
TEST_F_TIMEOUT(paging, give_fails_always, FAULT_TIMEOUT)
{
	static const unsigned int numbers[] = { HVC_DONATE, HVC_MAP };
	struct vm *vm = &self->vm;
	unsigned int n, i;

	pattern_fill(vm->paged, 2 * self->page, OF_HOST);
	vm_program(vm, 0, G_CHECK(PAGED, 2 * self->page, OF_HOST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	for (n = 0; n < ARRAY_SIZE(numbers); n++) {
		testctl_hvc_fault_repeat(numbers[n], 1, HVC_ERR_DENIED);
		for (i = 0; i < 3; i++)
			EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
		EXPECT_EQ(0, donated());
	}
	/* vcpu_run and donate succeed; map, unmap and donate do not */
	testctl_hvc_fault_repeat(GH_TESTCTL_HVC_ANY, 3, HVC_ERR_DENIED);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	testctl_reset();
	EXPECT_LT(0, donated());
	EXPECT_EQ(0, mapped());
	/* Such pages are mapped when they are needed again */
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* A donation is never complete: nobody knows who has which page */
TEST_F_TIMEOUT(paging, give_incomplete, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	unsigned int i;

	vm_program(vm, 0, G_FILL(PAGED, 0x1000, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_FILL(PAGED + BLOCK - 0x1000, 0x1000, OF_GUEST),
		   G_CHECK(PAGED + BLOCK - 0x1000, 0x1000, OF_GUEST),
		   G_READ(GUEST_LOAD_64, PAGED, 0), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	testctl_hvc_fault_repeat(HVC_DONATE, 1, HVC_ERR_RETRY);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	EXPECT_EQ(PAGES(BLOCK) / 2, donated());
	testctl_reset();
	/* The VM can use what it has got */
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	for (i = 0; i < 2; i++)
		EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	/* Nothing of it is the host's before that was asked for page by page */
	EXPECT_CALL(reclaim(vm->fd, PAGED, BLOCK));
	EXPECT_EQ(0, donated());
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* A donation that was to be made again, and is refused then */
TEST_F_TIMEOUT(paging, give_refused_later, FAULT_TIMEOUT)
{
	static const __u64 errors[] = { HVC_ERR_DENIED, 111 };
	struct vm *vm = &self->vm;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		REBUILD(self, &paging_config, VM_HAS_VCPUS);
		pattern_fill(vm->paged, BLOCK, OF_HOST);
		vm_program(vm, 0, G_CHECK(PAGED, BLOCK / 2, OF_HOST), G_OFF);
		ASSERT_CALL(gh_start(vm->fd));
		testctl_hvc_fault_then(HVC_DONATE, 1, HVC_ERR_RETRY, errors[i]);
		EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
		EXPECT_EQ(PAGES(BLOCK) / 2, donated());
		/* The VM can use what it has got, and the host nothing of it */
		FINISH(self);
		EXPECT_EQ(SIGBUS, probe_load(vm->paged));
		EXPECT_EMPTY(self);
	}
}

/* A donation back to the host that is not complete goes on page by page */
TEST_F_TIMEOUT(paging, back_incomplete, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	unsigned int i;

	vm_program(vm, 0, G_WRITE(8, PAGED, 1), G_WRITE(8, 0x10000000, 0),
		   G_WRITE(8, PAGED, 1), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_EQ(PAGES(BLOCK), donated());
	testctl_hvc_fault_then(HVC_DONATE, 1, HVC_ERR_RETRY, HVC_ERR_DENIED);
	EXPECT_ERRNO(EIO, reclaim(vm->fd, PAGED, BLOCK));
	EXPECT_EQ(PAGES(BLOCK) / 2, donated());
	for (i = 0; i < 2; i++)
		EXPECT_CALL(reclaim(vm->fd, PAGED, BLOCK));
	EXPECT_EQ(0, donated());
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* The same at the VM's end */
TEST_F_TIMEOUT(paging, back_incomplete_at_end, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	vm_program(vm, 0, G_WRITE(8, PAGED, 1), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	FINISH(self);
	testctl_hvc_fault_then(HVC_DONATE, 1, HVC_ERR_RETRY, HVC_ERR_DENIED);
	vm_close(vm);
	EXPECT_EQ(HVC_DONATE, testctl_read(GH_TESTCTL_HVC_HIT));
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(0, donated());
}

/* The same, and the VM ends */
TEST_F_TIMEOUT(paging, end_incomplete, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	vm_program(vm, 0, G_WRITE(8, PAGED, 1), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	testctl_hvc_fault_repeat(HVC_DONATE, 1, HVC_ERR_RETRY);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	testctl_reset();
	EXPECT_EMPTY(self);
}

/*
 * A page that is the VM's and not mapped: an access is not one to a device, whatever
 * the hypervisor says
 */
TEST_F_TIMEOUT(paging, not_a_device, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	/* A plain store, as the hypervisor could report one to a device */
	vm_program(vm, 0, G_WRITE(8, PAGED, 1), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	/* vcpu_run and donate succeed; map, unmap and donate do not */
	testctl_hvc_fault_repeat(GH_TESTCTL_HVC_ANY, 3, HVC_ERR_DENIED);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	testctl_reset();
	testctl_write(GH_TESTCTL_QUIRK_FAULT_MMIO, 1);
	testctl_hvc_fault(HVC_MAP, 1, HVC_ERR_ADDRESS);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	EXPECT_EQ(HVC_MAP, testctl_read(GH_TESTCTL_HVC_HIT));
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* Calls that take pages back fail: they can be repeated */
TEST_F_TIMEOUT(paging, back_fails, FAULT_TIMEOUT)
{
	static const unsigned int numbers[] = { HVC_UNMAP, HVC_DONATE };
	struct vm *vm = &self->vm;
	unsigned int n, i;

	vm_program(vm, 0, G_FILL(PAGED, 0x4000, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_CHECK(PAGED, 0x4000, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_READ(GUEST_LOAD_64, PAGED, 0), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	for (n = 0; n < ARRAY_SIZE(numbers); n++) {
		for (i = 0; i < ARRAY_SIZE(hvc_errors); i++) {
			/* Unmap: what is not mapped need not be unmapped */
			if (numbers[n] == HVC_UNMAP && hvc_errors[i].error == 22)
				continue;
			testctl_hvc_fault(numbers[n], 1, hvc_errors[i].error);
			EXPECT_EQ(-1, reclaim(vm->fd, PAGED, PAGED_SIZE));
			EXPECT_EQ(PAGES(BLOCK), donated());
		}
	}
	/* Some of it is donated and not mapped now: it is the VM's still */
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_CALL(reclaim(vm->fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(0, donated());
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* Below the hypervisor the platform's firmware does not assign pages, or not back */
TEST_F_TIMEOUT(paging, assign_fails, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	__u64 before;
	unsigned int i;

	if (!hyp_word(PLATFORM_WORD))
		SKIP(return, "no firmware has to be told who gets memory");
	pattern_fill(vm->paged, 2 * self->page, OF_HOST);
	vm_program(vm, 0, G_CHECK(PAGED, 2 * self->page, OF_HOST),
		   G_FILL(PAGED + BLOCK, 0x1000, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0),
		   G_READ(GUEST_LOAD_64, PAGED + BLOCK, 0), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	before = testctl_read(GH_TESTCTL_PAGES_ASSIGNED);
	testctl_scm_fault(GH_TESTCTL_SCM_AWAY, 1, true, SCM_ERR_ARGUMENT);
	for (i = 0; i < 2; i++)
		EXPECT_ERRNO(EINVAL, vm_run_once(vm, 0));
	testctl_scm_fault(GH_TESTCTL_SCM_AWAY, 1, false, SCM_ERR_NOMEM);
	EXPECT_ERRNO(ENOMEM, vm_run_once(vm, 0));
	EXPECT_EQ(0, donated());
	EXPECT_EQ(before, testctl_read(GH_TESTCTL_PAGES_ASSIGNED));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	/* The hypervisor has given back what the firmware keeps */
	testctl_scm_fault(GH_TESTCTL_SCM_BACK, 1, true, SCM_ERR_ARGUMENT);
	EXPECT_ERRNO(EINVAL, reclaim(vm->fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(0, donated());
	EXPECT_LT(before, testctl_read(GH_TESTCTL_PAGES_ASSIGNED));
	EXPECT_EQ(SIGBUS, probe_load(vm->paged));
	testctl_reset();
	EXPECT_CALL(reclaim(vm->fd, PAGED, PAGED_SIZE));
	EXPECT_EQ(before, testctl_read(GH_TESTCTL_PAGES_ASSIGNED));
	FINISH(self);
	EXPECT_EMPTY(self);
}

/* ---- the end ---- */

/* The firmware does not give pages back at first */
TEST_F_TIMEOUT(paging, end_fails, FAULT_TIMEOUT)
{
	static const unsigned int numbers[] = { HVC_UNMAP, HVC_DONATE };
	struct vm *vm = &self->vm;
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(numbers); n++) {
		REBUILD(self, &paging_config, VM_HAS_VCPUS);
		vm_program(vm, 0, G_FILL(PAGED, 0x4000, OF_GUEST), G_OFF);
		ASSERT_CALL(gh_start(vm->fd));
		FINISH(self);
		testctl_hvc_fault_repeat(numbers[n], 1, HVC_ERR_DENIED);
		vm_close_vcpus(vm);
		close(vm->fd);
		vm->fd = -1;
		EXPECT_EQ(PAGES(BLOCK), donated());
		EXPECT_EQ(SIGBUS, probe_load(vm->paged));
		testctl_reset();
		vm_close(vm);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
		EXPECT_EQ(0, donated());
	}
}

/* What "regions" in debugfs says of the region, or an empty text */
static void read_region(char *line, size_t size)
{
	char pattern[64], text[4096] = "", key[16], *start;
	glob_t found;

	*line = '\0';
	snprintf(key, sizeof(key), "label=%u ", GUEST_PAGED_LABEL);
	snprintf(pattern, sizeof(pattern), DEBUGFS "/gunyah/%d-*/regions",
		 getpid());
	if (access(DEBUGFS "/gunyah", F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (glob(pattern, 0, NULL, &found))
		return;
	read_file(found.gl_pathv[0], text, sizeof(text));
	globfree(&found);
	start = strstr(text, key);
	if (start)
		snprintf(line, size, "%.*s", (int)strcspn(start, "\n"), start);
}

/* The region, of which the VM has so many bytes */
#define EXPECT_PAGED(self, size) do {					\
	char __line[256], __text[32];					\
									\
	read_region(__line, sizeof(__line));				\
	snprintf(__text, sizeof(__text), " paged=%zu",			\
		 (size_t)(size) / (self)->page);			\
	EXPECT_NE(NULL, strstr(__line, __text))				\
		TH_LOG("%s", __line);					\
} while (0)

/* Administrators see what a VM has, and what does not come back */
TEST_F_TIMEOUT(paging, debugfs, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;
	char line[256];

	read_region(line, sizeof(line));
	if (!*line)
		SKIP(return, "no debugfs");
	EXPECT_EQ(NULL, strstr(line, "paged="));
	vm_program(vm, 0, G_WRITE(8, PAGED, 1), G_WRITE(8, 0x10000000, 0),
		   G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	EXPECT_PAGED(self, 0);
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(vm, 0));
	EXPECT_PAGED(self, BLOCK);
	EXPECT_CALL(reclaim(vm->fd, PAGED, self->page));
	EXPECT_PAGED(self, BLOCK - self->page);
	testctl_hvc_fault_repeat(HVC_DONATE, 1, HVC_ERR_DENIED);
	vm_close_vcpus(vm);
	close(vm->fd);
	vm->fd = -1;
	EXPECT_PAGED(self, BLOCK - self->page);
	testctl_reset();
}

/* A VM that is closed while a vCPU runs */
static int vmm_with_pages(void *arg)
{
	struct vm vm;

	vm_init(&vm);
	if (vm_build(&vm, &paging_config, VM_HAS_VCPUS))
		return 1;
	vm_program(&vm, 0, G_FILL(PAGED, PAGED_SIZE, OF_GUEST),
		   G_WRITE(8, 0x10000000, 0), G_OFF);
	if (gh_start(vm.fd) || vm_run_once(&vm, 0) != GH_VCPU_EXIT_MMIO)
		return 2;
	if (donated() != PAGES(PAGED_SIZE))
		return 3;
	kill(getpid(), SIGKILL);
	return 4;
}

TEST_F_TIMEOUT(paging, killed, FAULT_TIMEOUT)
{
	vm_close(&self->vm);
	EXPECT_EQ(256 + SIGKILL, in_child(vmm_with_pages, NULL));
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(0, donated());
}

/* It is stopped while it waits for memory that it does not get */
TEST_F_TIMEOUT(paging, stopped, FAULT_TIMEOUT)
{
	struct gh_vm_status status;
	struct vm *vm = &self->vm;

	vm_program(vm, 0, G_WRITE(8, PAGED, 1), G_WRITE(8, PAGED + BLOCK, 1),
		   G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	testctl_hvc_fault(HVC_DONATE, 2, HVC_ERR_DENIED);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	EXPECT_EQ(PAGES(BLOCK), donated());
	EXPECT_CALL(gh_stop(vm->fd, GH_VM_STOP_FORCE));
	ASSERT_CALL(vm_wait_end(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_FORCED_STOP));
	EXPECT_EMPTY(self);
}

/* ---- answers of the resource manager ---- */

/* Size of a resource in its answer, and of what comes before the first */
#define RESOURCE_SIZE	44
#define RESOURCE_HEAD	8
#define RESOURCE_TYPE	0
#define RESOURCE_LABEL	8
#define RESOURCE_VCPU		4
#define RESOURCE_MEMEXTENT	9
#define RESOURCE_ADDRSPACE	10
/* A vCPU, an address space, four memory extents */
#define RESOURCES	6

/* A capability is missing, or has the name of another one */
TEST_F_TIMEOUT(paging, resources, FAULT_TIMEOUT)
{
	static const unsigned int fields[] = { RESOURCE_TYPE, RESOURCE_LABEL };
	unsigned int i, f, offset, refused = 0;
	struct vm *vm = &self->vm;

	for (f = 0; f < ARRAY_SIZE(fields); f++) {
		for (i = 0; i < RESOURCES; i++) {
			REBUILD(self, &paging_config, VM_HAS_VCPUS);
			offset = RESOURCE_HEAD + i * RESOURCE_SIZE + fields[f];
			testctl_fault(RM_FAULT_CORRUPT_REPLY,
				      RM_VM_GET_HYP_RESOURCES_MSG, 1,
				      RM_FAULT_CORRUPT(offset, 1));
			if (!gh_start(vm->fd))
				continue;
			EXPECT_EQ(EIO, errno);
			refused++;
		}
	}
	/* All but the vCPU */
	EXPECT_EQ(ARRAY_SIZE(fields) * (RESOURCES - 1), refused);
	REBUILD(self, &paging_config, VM_STARTED);
	FINISH(self);
}

/* All are there, and one of them twice: vCPUs, which come first, take their names */
TEST_F_TIMEOUT(paging, resources_twice, FAULT_TIMEOUT)
{
	static const unsigned int types[] = {
		RESOURCE_VCPU ^ RESOURCE_ADDRSPACE,
		RESOURCE_VCPU ^ RESOURCE_MEMEXTENT,
	};
	struct vm_config cfg = paging_config;
	struct vm *vm = &self->vm;
	unsigned int i, offset;

	cfg.cpus = ARRAY_SIZE(types);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		REBUILD(self, &cfg, VM_HAS_VCPUS);
		offset = RESOURCE_HEAD + i * RESOURCE_SIZE + RESOURCE_TYPE;
		testctl_fault(RM_FAULT_CORRUPT_REPLY,
			      RM_VM_GET_HYP_RESOURCES_MSG, 1,
			      RM_FAULT_CORRUPT(offset, types[i]));
		EXPECT_ERRNO(EIO, gh_start(vm->fd));
	}
	REBUILD(self, &cfg, VM_STARTED);
	FINISH(self);
}

/*
 * A hypervisor that takes an access to a page that is not there for one of a
 * device: once the vCPU has the page, it makes the access again
 */
TEST_F_TIMEOUT(paging, like_mmio, FAULT_TIMEOUT)
{
	struct vm *vm = &self->vm;

	pattern_fill(vm->paged, self->page, OF_HOST);
	vm_program(vm, 0, G_READ(GUEST_LOAD_64, PAGED, OF_HOST),
		   G_WRITE(8, PAGED + BLOCK, OF_GUEST),
		   G_READ(GUEST_LOAD_64, PAGED + BLOCK, OF_GUEST),
		   G_WRITE(8, PAGED + 2 * BLOCK, OF_GUEST),
		   G_READ(GUEST_LOAD_64, PAGED + 2 * BLOCK, OF_GUEST), G_OFF);
	ASSERT_CALL(gh_start(vm->fd));
	testctl_write(GH_TESTCTL_QUIRK_FAULT_MMIO, 3);
	/* The last one gets its page later */
	testctl_hvc_fault(HVC_DONATE, 3, HVC_ERR_DENIED);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	EXPECT_EQ(0, testctl_read(GH_TESTCTL_QUIRK_FAULT_MMIO));
	FINISH(self);
	EXPECT_LE(PAGES(2 * BLOCK), donated());
	EXPECT_EMPTY(self);
}

/* An address that is in no region */
TEST_F(paging, elsewhere)
{
	struct vm *vm = &self->vm;

	ASSERT_CALL(gh_start(vm->fd));
	testctl_write(GH_TESTCTL_VCPU_STATE_ADDR, PAGED + PAGED_SIZE);
	testctl_write(GH_TESTCTL_VCPU_STATE_VALUE, 7);
	testctl_write(GH_TESTCTL_VCPU_STATE_NTH, 1);
	EXPECT_ERRNO(EIO, vm_run_once(vm, 0));
	testctl_write(GH_TESTCTL_VCPU_STATE_ADDR, 0);
	EXPECT_EQ(0, donated());
	FINISH(self);
}

GUNYAH_TEST_MAIN
