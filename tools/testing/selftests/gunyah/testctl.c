// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to the test hypervisor's control window
 */
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gunyah_utils.h"
#include "testctl.h"

#define TESTCTL_REG	"/proc/device-tree/gunyah-testctl/reg"
/* The same registers, in a kernel with CONFIG_GUNYAH_TEST */
#define TESTCTL_FILE	"/sys/kernel/debug/gunyah_testctl"

static void *window;
static int file = -1;
static bool searched;

static bool testctl_address(off_t *address)
{
	__u32 reg[4];
	ssize_t n;
	int fd;

	fd = open(TESTCTL_REG, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, reg, sizeof(reg));
	close(fd);
	if (n != sizeof(reg))
		return false;
	*address = (off_t)be32toh(reg[0]) << 32 | be32toh(reg[1]);
	return true;
}

/* The hypervisor emulates only plain loads and stores */

static unsigned long load_one(unsigned int reg)
{
	unsigned long value = 0;

#if defined(__aarch64__) || defined(__arm__)
	asm volatile("ldr %0, [%1]"
		     : "=r" (value)
		     : "r" ((char *)window + reg)
		     : "memory");
#endif
	return value;
}

static __u64 load(unsigned int reg)
{
	__u64 value;

	if (file >= 0) {
		if (pread(file, &value, sizeof(value), reg) != sizeof(value))
			abort();
		return value;
	}
	if (sizeof(long) == 8)
		return load_one(reg);
	return load_one(reg) | (__u64)load_one(reg + 4) << 32;
}

static void store(unsigned int reg, unsigned long value)
{
	__u64 wide = value;

	if (file >= 0) {
		if (pwrite(file, &wide, sizeof(wide), reg) != sizeof(wide))
			abort();
		return;
	}
#if defined(__aarch64__) || defined(__arm__)
	asm volatile("str %0, [%1]"
		     :: "r" (value), "r" ((char *)window + reg)
		     : "memory");
#endif
}

/**
 * testctl_present() - look for the control window
 *
 * Maps it at the first call.
 *
 * Return: whether this machine has it.
 */
bool testctl_present(void)
{
	off_t address;
	void *map;
	int fd;

	if (searched)
		return window || file >= 0;
	searched = true;

	file = open(TESTCTL_FILE, O_RDWR | O_CLOEXEC);
	if (file >= 0)
		return true;
	if (!testctl_address(&address))
		return false;
	fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return false;
	map = mmap(NULL, GH_TESTCTL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, address);
	close(fd);
	if (map == MAP_FAILED)
		return false;

	window = map;
	if (load(GH_TESTCTL_MAGIC) != GH_TESTCTL_MAGIC_VALUE) {
		munmap(map, GH_TESTCTL_SIZE);
		window = NULL;
	}
	return window;
}

static void need_window(void)
{
	if (!testctl_present()) {
		fprintf(stderr, "# no test control window\n");
		abort();
	}
}

/**
 * testctl_read() - read a register of the control window
 * @reg: offset of the register
 *
 * Return: its value.
 */
__u64 testctl_read(unsigned int reg)
{
	need_window();
	return load(reg);
}

/**
 * testctl_write() - write a register of the control window
 * @reg: offset of the register
 * @value: what to write
 */
void testctl_write(unsigned int reg, __u64 value)
{
	need_window();
	/* A 32-bit program cannot write the upper half */
	if (value != (unsigned long)value)
		abort();
	store(reg, value);
}

static void plan(enum rm_fault_action action, __u32 msg, __u32 nth,
		 bool repeat, __u32 arg)
{
	testctl_write(GH_TESTCTL_FAULT_MSG_ID, msg);
	testctl_write(GH_TESTCTL_FAULT_NTH, nth);
	testctl_write(GH_TESTCTL_FAULT_REPEAT, repeat);
	testctl_write(GH_TESTCTL_FAULT_ARG, arg);
	testctl_write(GH_TESTCTL_FAULT_ACTION, action);
}

/**
 * testctl_fault() - plan one fault of the resource manager
 * @action: what it does with the request
 * @msg: message id, 0: any
 * @nth: which of these requests, 1: the next one
 * @arg: argument of the action
 */
void testctl_fault(enum rm_fault_action action, __u32 msg, __u32 nth,
		   __u32 arg)
{
	plan(action, msg, nth, false, arg);
}

/**
 * testctl_fault_repeat() - plan a fault of the @nth and all later requests
 * @action: what the resource manager does with the requests
 * @msg: message id, 0: any
 * @nth: the first of these requests, 1: the next one
 * @arg: argument of the action
 */
void testctl_fault_repeat(enum rm_fault_action action, __u32 msg, __u32 nth,
			  __u32 arg)
{
	plan(action, msg, nth, true, arg);
}

/*
 * A reply is held back for a number of turns of the resource manager's event
 * loop: for minutes if these are long, and for an instant if they are short.
 */
#define HOLD_TURNS	5000
#define HOLD_US		100000

/**
 * testctl_hold() - hold back a reply until testctl_release()
 * @msg: message id of the request, 0: any
 * @nth: which of these requests, 1: the next one
 */
void testctl_hold(__u32 msg, __u32 nth)
{
	testctl_write(GH_TESTCTL_RM_WORK_DELAY, HOLD_US);
	testctl_fault(RM_FAULT_DELAY_REPLY, msg, nth, HOLD_TURNS);
}

/** testctl_release() - send the reply that testctl_hold() holds back */
void testctl_release(void)
{
	testctl_write(GH_TESTCTL_RM_WORK_DELAY, RM_WORK_DELAY_DEFAULT);
}

/**
 * testctl_hvc_fault() - plan the failure of a hypercall
 * @nr: number of the hypercall
 * @nth: which of the next ones, 1: the next
 * @error: what it returns
 */
void testctl_hvc_fault(unsigned int nr, unsigned int nth, __u64 error)
{
	testctl_hvc_fault_then(nr, nth, error, 0);
}

/**
 * testctl_hvc_fault_then() - plan the failure of a hypercall and of the next one
 * @nr: number of the hypercall
 * @nth: which of the next ones, 1: the next
 * @error: what it returns
 * @then: what the one after it returns; 0: it does not fail
 */
void testctl_hvc_fault_then(unsigned int nr, unsigned int nth, __u64 error,
			    __u64 then)
{
	testctl_write(GH_TESTCTL_HVC_REPEAT, 0);
	testctl_write(GH_TESTCTL_HVC_THEN, then);
	testctl_write(GH_TESTCTL_HVC_NR, nr);
	testctl_write(GH_TESTCTL_HVC_NTH, nth);
	testctl_write(GH_TESTCTL_HVC_ERROR, error);
}

/**
 * testctl_hvc_fault_repeat() - plan the failure of a hypercall and of all later
 * ones
 * @nr: number of the hypercall
 * @nth: the first of the next ones, 1: the next
 * @error: what they return
 */
void testctl_hvc_fault_repeat(unsigned int nr, unsigned int nth, __u64 error)
{
	testctl_write(GH_TESTCTL_HVC_NR, nr);
	testctl_write(GH_TESTCTL_HVC_NTH, nth);
	testctl_write(GH_TESTCTL_HVC_REPEAT, 1);
	testctl_write(GH_TESTCTL_HVC_ERROR, error);
}

/**
 * testctl_scm_fault() - plan a fault of the secure firmware
 * @what: GH_TESTCTL_SCM_...: which requests to assign memory count
 * @nth: which of the next ones, 1: the next
 * @repeat: and all later ones
 * @code: error of the call, a negative number, or its result
 */
void testctl_scm_fault(unsigned int what, unsigned int nth, bool repeat,
		       int code)
{
	testctl_write(GH_TESTCTL_SCM_WHAT, what);
	testctl_write(GH_TESTCTL_SCM_NTH, nth);
	testctl_write(GH_TESTCTL_SCM_REPEAT, repeat);
	testctl_write(GH_TESTCTL_SCM_CODE, (__u32)code);
}

/**
 * testctl_reset() - cancel all faults and quirks
 *
 * Does nothing without a control window.
 */
void testctl_reset(void)
{
	static const unsigned int off[] = {
		GH_TESTCTL_HVC_ERROR,
		GH_TESTCTL_QUIRK_BUSY,
		GH_TESTCTL_QUIRK_LOST_HALT,
		GH_TESTCTL_QUIRK_LOST_WAKE,
		GH_TESTCTL_QUIRK_LOST_RESET,
		GH_TESTCTL_EXIT_DELAY,
		GH_TESTCTL_VCPU_STATE_NTH,
		GH_TESTCTL_QUIRK_FAIL_RESET,
		GH_TESTCTL_LOST_IRQ_NTH,
		GH_TESTCTL_QUIRK_EXTRA_IRQS,
	};
	unsigned int i;

	if (!testctl_present())
		return;
	testctl_fault(RM_FAULT_NONE, 0, 0, 0);
	for (i = 0; i < ARRAY_SIZE(off); i++)
		testctl_write(off[i], 0);
	if (hyp_word(PLATFORM_WORD))
		testctl_write(GH_TESTCTL_SCM_CODE, 0);
	testctl_release();
	if (testctl_read(GH_TESTCTL_RM_DEAD))
		testctl_write(GH_TESTCTL_RM_DEAD, 0);
}
