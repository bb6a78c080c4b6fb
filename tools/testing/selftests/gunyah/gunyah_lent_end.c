// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of lent memory: processes that are killed while it is moved, exec, exit
 * and close in any order, and memory that the firmware does not give back
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "testctl.h"

#define END_TIMEOUT	300

#define MORE_LABEL	77
#define MORE_GPA	0x140000000ULL
#define MORE_SIZE	0x40000

#define MEM_LENT	(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE | GH_MEM_LENT)

FIXTURE(end)
{
	struct leak_state leak;
	__u64 aborts;
};

FIXTURE_SETUP(end)
{
	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	self->aborts = host_aborts();
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(end)
{
	testctl_reset();
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(self->aborts, host_aborts());
	EXPECT_EQ(0, vm_one_life());
}

/* ---- killed while memory is moved ---- */

#define KILL_SIZE	(128 * MIB)
#define KILLS		12

/* Tells when it begins to start its VM */
static int start_large(int begins)
{
	struct lent_vm vm;

	lent_init(&vm);
	if (lent_build_in(&vm, lent_memory(LENT_ANON, KILL_SIZE, NULL),
			  KILL_SIZE) || write(begins, "", 1) != 1)
		return 1;
	gh_start(vm.remote.vm.fd);
	pause();
	return 2;
}

static long long available(void)
{
	return proc_value("/proc/meminfo", "MemAvailable");
}

static bool is_available(void *data)
{
	return available() >= *(long long *)data;
}

TEST_F_TIMEOUT(end, killed_while_moved, END_TIMEOUT)
{
	long long ms, before = 0;
	int begins[2], status;
	unsigned int i;
	pid_t pid;
	char byte;

	for (i = 0; i < KILLS; i++) {
		ASSERT_EQ(0, pipe(begins));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(start_large(begins[1]));
		close(begins[1]);
		ASSERT_EQ(1, read(begins[0], &byte, 1));
		close(begins[0]);
		usleep(i * i * 2000);
		ms = now_ms();
		EXPECT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_GE(reap_limit_ms(), now_ms() - ms);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
		/* Less than a tenth of all that would be lost if each lost its */
		if (!i)
			before = available() - KILL_SIZE / 1024;
		ASSERT_TRUE(wait_until(is_available, &before, LONG_MS / 4));
	}
}

/* ---- exec, exit, close and munmap in any order ---- */

/** enum end_step - a step of the end of a VMM */
enum end_step {
	END_CLOSE_VM,
	END_CLOSE_VCPU,
	END_UNMAP_HALF,
	END_UNMAP,
	END_STEPS,
	END_EXEC,
	END_EXIT,
};

static void take_step(struct vm *vm, enum end_step step)
{
	switch (step) {
	case END_CLOSE_VM:
		close(vm->fd);
		vm->fd = -1;
		break;
	case END_CLOSE_VCPU:
		vm_close_vcpus(vm);
		break;
	case END_UNMAP_HALF:
		munmap(vm->mem + vm->cfg.size / 4, vm->cfg.size / 2);
		break;
	case END_UNMAP:
		munmap(vm->mem, vm->cfg.size);
		break;
	default:
		break;
	}
}

struct order {
	enum end_step step[END_STEPS];
	unsigned int steps;	/* that are taken */
	enum end_step last;
	bool keep;		/* the VM stays open over the exec */
};

/* Whether the memory is accessible just when nobody has the VM any more */
static bool is_as_expected(const struct vm *vm, bool unmapped)
{
	if (unmapped)
		return true;
	return page_readable(vm->mem) == (vm->fd < 0 && vm->vcpu[0] < 0);
}

static int end_in_order(void *data)
{
	const struct order *order = data;
	const struct vm_config cfg = { 0 };
	bool unmapped = false;
	unsigned int i;
	struct vm vm;

	vm_init(&vm);
	if (vm_build(&vm, &cfg, VM_STARTED))
		return 1;
	for (i = 0; i < order->steps; i++) {
		take_step(&vm, order->step[i]);
		unmapped |= order->step[i] == END_UNMAP;
		if (!is_as_expected(&vm, unmapped))
			return 2;
	}
	if (order->last == END_EXIT)
		return 0;
	if (order->keep)
		dup2(vm.fd, 200);
	execl("/bin/true", "true", NULL);
	execl("/usr/bin/true", "true", NULL);
	return 3;
}

/* All orders of the steps, and an end after each number of them */
static void try_orders(struct __test_metadata *_metadata,
		       const struct leak_state *leak, struct order *order,
		       unsigned int at, unsigned int used)
{
	unsigned int i;

	order->steps = at;
	EXPECT_EQ(0, in_child(end_in_order, order))
		TH_LOG("%u steps: %u %u %u %u", at, order->step[0],
		       order->step[1], order->step[2], order->step[3]);
	EXPECT_TRUE(leak_check(leak, BACK_MS));
	for (i = 0; i < END_STEPS; i++) {
		if (used & 1 << i)
			continue;
		order->step[at] = i;
		try_orders(_metadata, leak, order, at + 1, used | 1 << i);
	}
}

TEST_F_TIMEOUT(end, orders_exit, END_TIMEOUT)
{
	struct order order = { .last = END_EXIT };

	try_orders(_metadata, &self->leak, &order, 0, 0);
}

TEST_F_TIMEOUT(end, orders_exec, END_TIMEOUT)
{
	struct order order = { .last = END_EXEC };

	try_orders(_metadata, &self->leak, &order, 0, 0);
}

/* The program that is executed has the VM, but not its memory */
TEST_F_TIMEOUT(end, exec_keeps_vm, END_TIMEOUT)
{
	struct order order = { .last = END_EXEC, .keep = true };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, in_child(end_in_order, &order));
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	}
}

/* A mapping that outlives its VM, and its VMM's other threads */
TEST_F_TIMEOUT(end, mapped_after_end, END_TIMEOUT)
{
	struct leak_state now;
	struct lent_vm vm;

	lent_init(&vm);
	ASSERT_CALL(lent_run(&vm));
	remote_close(&vm.remote);
	EXPECT_TRUE(all_zero(vm.mem, vm.size));
	/* It stays charged as long as it is there */
	leak_read(&now);
	EXPECT_EQ(self->leak.locked_kb + (long)(LENT_SIZE / 1024),
		  now.locked_kb);
	munmap(vm.mem, vm.size / 2);
	pattern_fill(vm.mem + vm.size / 2, vm.size / 2, 5);
	EXPECT_EQ(0, vm_one_life());
	EXPECT_TRUE(pattern_check(vm.mem + vm.size / 2, vm.size / 2, 5));
	munmap(vm.mem + vm.size / 2, vm.size / 2);
}

/* ---- memory that is lost to the firmware ---- */

FIXTURE(lost)
{
	struct remote remote;
	unsigned char *mem;
	__u64 aborts;
};

FIXTURE_SETUP(lost)
{
	const struct vm_config cfg = { .rm_rpc = true };
	struct leak_state leak;

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	self->aborts = host_aborts();
	self->mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, self->mem);
	memset(self->mem, 1, MORE_SIZE);
	ASSERT_CALL(remote_setup(&self->remote, &leak, &cfg));
	ASSERT_CALL(gh_set_region(self->remote.vm.fd, MORE_LABEL, MEM_LENT,
				  MORE_GPA, MORE_SIZE, self->mem));
	testctl_fault(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1,
		      RM_ERR_HANDLE_INVALID);
	ASSERT_EQ(-1, gh_remove_region(self->remote.vm.fd, MORE_LABEL));
	remote_close(&self->remote);
}

FIXTURE_TEARDOWN(lost)
{
	testctl_reset();
	remote_close(&self->remote);
	/* The firmware keeps it, so there is no leak_check() */
	EXPECT_EQ(0, vm_one_life());
	EXPECT_EQ(self->aborts, host_aborts());
}

/* No way to the memory works any more, for ever */
TEST_F_TIMEOUT(lost, no_access, END_TIMEOUT)
{
	struct iovec local, far = { self->mem, 8 };
	unsigned char *mem = self->mem;
	int fd[2], file;
	char buf[8];

	local = (struct iovec){ buf, sizeof(buf) };
	EXPECT_FALSE(any_readable(mem, MORE_SIZE));
	EXPECT_EQ(SIGBUS, probe_load(mem));
	EXPECT_ERRNO(EFAULT, process_vm_readv(getpid(), &local, 1, &far, 1, 0));
	EXPECT_ERRNO(EFAULT, process_vm_writev(getpid(), &local, 1, &far, 1,
					       0));
	/* Those who want the pages themselves */
	ASSERT_EQ(0, pipe(fd));
	EXPECT_ERRNO(EFAULT, vmsplice(fd[1], &far, 1, 0));
	EXPECT_ERRNO(EFAULT, write(fd[1], mem, 8));
	close(fd[0]);
	close(fd[1]);
	file = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, file);
	EXPECT_EQ(-1, pread(file, buf, 8, (uintptr_t)mem));
	EXPECT_EQ(-1, pwrite(file, buf, 8, (uintptr_t)mem));
	close(file);
	/* The kernel's own tests of pages */
	EXPECT_ERRNO(ENOMEM, mlock(mem, MORE_SIZE));
	munlock(mem, MORE_SIZE);
	EXPECT_EQ(-1, madvise(mem, MORE_SIZE, 22 /* MADV_POPULATE_READ */));
}

/* It is lent by no other VM, and another mapping in its place is */
TEST_F_TIMEOUT(lost, new_mapping, END_TIMEOUT)
{
	const struct vm_config cfg = { .rm_rpc = true };
	struct leak_state leak;
	void *mem;

	ASSERT_CALL(remote_setup(&self->remote, &leak, &cfg));
	EXPECT_ERRNO(EFAULT, gh_set_region(self->remote.vm.fd, MORE_LABEL,
					   MEM_LENT, MORE_GPA, MORE_SIZE,
					   self->mem));
	mem = mmap(self->mem, MORE_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(self->mem, mem);
	EXPECT_TRUE(all_zero(self->mem, MORE_SIZE));
	EXPECT_EQ(0, gh_set_region(self->remote.vm.fd, MORE_LABEL, MEM_LENT,
				   MORE_GPA, MORE_SIZE, self->mem));
	EXPECT_EQ(0, gh_remove_region(self->remote.vm.fd, MORE_LABEL));
}

GUNYAH_TEST_MAIN
