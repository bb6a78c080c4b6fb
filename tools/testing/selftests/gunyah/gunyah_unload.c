// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module is unloaded while VMs are still ending
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "testctl.h"

/* A slow resource manager: microseconds for each of its turns */
#define SLOW_TURN_US	100000
#define SLOW_TURNS	20

FIXTURE(unload)
{
	struct leak_state leak;
	int module;
};

FIXTURE_SETUP(unload)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	if (!module_is_loaded())
		SKIP(return, "the driver is not a module");
	self->module = module_open();
	if (self->module < 0)
		SKIP(return, "there is no gunyah.ko; set GUNYAH_KO");
	testctl_reset();
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(unload)
{
	testctl_reset();
	if (!module_is_loaded())
		EXPECT_EQ(0, module_load(self->module));
	close(self->module);
	EXPECT_EQ(0, vm_one_life());
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* Memory for a VM from a memory file, which is mapped and has no descriptor */
static void *file_memory(void)
{
	int dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	int fd = gh_create_mem(dev, GUEST_SIZE);
	void *mem = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);

	close(fd);
	close(dev);
	return mem == MAP_FAILED ? NULL : mem;
}

/* A process that has a VM */
struct vmm {
	pid_t pid;
	bool memfile;	/* its memory is of a memory file */
	bool paged;	/* it has got some memory page by page */
};

static int vmm_build(const struct vmm *vmm)
{
	struct vm_config cfg = { .paged_size = vmm->paged ? GUEST_SIZE : 0 };
	struct vm vm;

	vm_init(&vm);
	cfg.mem = vmm->memfile ? file_memory() : NULL;
	if ((vmm->memfile && !cfg.mem) || vm_build(&vm, &cfg, VM_HAS_VCPUS))
		return -1;
	if (vmm->paged)
		vm_program(&vm, 0, G_FILL(GUEST_BASE + GUEST_SIZE, GUEST_SIZE, 1),
			   G_WRITE(8, 0x10000000, 0), G_OFF);
	if (gh_start(vm.fd))
		return -1;
	return vmm->paged && vm_run_once(&vm, 0) != GH_VCPU_EXIT_MMIO ? -1 : 0;
}

static int vmm_start(struct vmm *vmm)
{
	int ready[2];
	char byte;

	if (pipe(ready))
		return -1;
	vmm->pid = fork();
	if (!vmm->pid) {
		if (vmm_build(vmm) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return -1;
	return close(ready[0]);
}

static int vmm_kill(struct vmm *vmm)
{
	int status;

	kill(vmm->pid, SIGKILL);
	return waitpid(vmm->pid, &status, 0) == vmm->pid ? 0 : -1;
}

/* Kill a process with a VM; the fault hits the reclaim of its memory */
static void kill_vmm(struct __test_metadata *_metadata, bool memfile,
		     enum rm_fault_action action, __u32 arg)
{
	struct vmm vmm = { .memfile = memfile };

	ASSERT_CALL(vmm_start(&vmm));
	testctl_fault(action, RM_MEM_RECLAIM_MSG, 1, arg);
	ASSERT_CALL(vmm_kill(&vmm));
}

/* Unloading waits for the reclaim that goes on, and all memory is back */
TEST_F_TIMEOUT(unload, reclaim_goes_on, FAULT_TIMEOUT)
{
	unsigned int i;

	if (hyp_word(PLATFORM_WORD))
		SKIP(return, "the platform's module uses it while VMs end");

	for (i = 0; i < 4; i++) {
		testctl_write(GH_TESTCTL_RM_WORK_DELAY, SLOW_TURN_US);
		kill_vmm(_metadata, i % 2, RM_FAULT_DELAY_REPLY, SLOW_TURNS);
		EXPECT_EQ(0, module_unload());
		testctl_reset();
		ASSERT_EQ(0, module_load(self->module));
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS));
	}
}

/* Unloading tries again to reclaim what was refused */
TEST_F_TIMEOUT(unload, reclaim_was_refused, FAULT_TIMEOUT)
{
	unsigned int i;

	if (hyp_word(PLATFORM_WORD))
		SKIP(return, "the platform's module uses it while VMs end");

	for (i = 0; i < 4; i++) {
		kill_vmm(_metadata, i % 2, RM_FAULT_FAIL, RM_ERR_BUSY);
		EXPECT_EQ(0, module_unload());
		ASSERT_EQ(0, module_load(self->module));
		ASSERT_TRUE(leak_check(&self->leak, BACK_MS));
	}
}

/* Nothing of a VM that has ended is left behind that would run later */
TEST_F_TIMEOUT(unload, nothing_is_left, FAULT_TIMEOUT)
{
	ASSERT_EQ(0, vm_one_life());
	EXPECT_EQ(0, module_unload());
	/* Longer than the driver waits for the report of an end */
	sleep(3);
	ASSERT_EQ(0, module_load(self->module));
}

/* Memory of the driver that is still mapped keeps the module */
TEST_F_TIMEOUT(unload, lent_memory_is_mapped, FAULT_TIMEOUT)
{
	void *mem = alloc_mem(GUEST_SIZE);
	struct vm_config cfg = { .mem = mem };
	struct gh_vm_status status;
	struct vm vm;

	ASSERT_NE(NULL, mem);
	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(&vm, &status));
	vm_close(&vm);
	EXPECT_ERRNO(EAGAIN, module_unload());
	EXPECT_TRUE(all_zero(mem, GUEST_SIZE));
	/* So does a part of it */
	ASSERT_EQ(0, munmap(mem, GUEST_SIZE / 2));
	EXPECT_ERRNO(EAGAIN, module_unload());
	ASSERT_EQ(0, munmap((char *)mem + GUEST_SIZE / 2, GUEST_SIZE / 2));
	EXPECT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load(self->module));
}

/*
 * The last one: pages that the hypervisor does not give back stay hidden, and are
 * never used again
 */
TEST_F_TIMEOUT(unload, pages_are_lost, FAULT_TIMEOUT)
{
	const __u64 pages = GUEST_SIZE / 4096;
	static struct offline_pages offline;
	struct vmm vmm = { .paged = true };
	size_t before;

	if (!hyp_word("gunyah_hyp.generation=2024"))
		SKIP(return, "the firmware does not page");
	if (hyp_word(PLATFORM_WORD))
		SKIP(return, "the platform's module uses it while VMs end");
	ASSERT_CALL(offline_pages_find(&offline));
	before = offline.total;
	ASSERT_CALL(vmm_start(&vmm));
	EXPECT_EQ(pages, testctl_read(GH_TESTCTL_PAGES_DONATED));
	testctl_hvc_fault_repeat(HVC_DONATE, 1, HVC_ERR_DENIED);
	ASSERT_CALL(vmm_kill(&vmm));
	EXPECT_EQ(0, module_unload());
	testctl_reset();
	ASSERT_EQ(0, module_load(self->module));
	EXPECT_EQ(pages, testctl_read(GH_TESTCTL_PAGES_DONATED));
	ASSERT_CALL(offline_pages_find(&offline));
	/* Nor does the resource manager give the image back then */
	EXPECT_EQ(2 * GUEST_SIZE,
		  (offline.total - before) * sysconf(_SC_PAGESIZE));
	/* Others get what they need, and give it back */
	leak_read(&self->leak);
	ASSERT_CALL(vmm_start(&vmm));
	ASSERT_CALL(vmm_kill(&vmm));
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(pages, testctl_read(GH_TESTCTL_PAGES_DONATED));
}

GUNYAH_TEST_MAIN
