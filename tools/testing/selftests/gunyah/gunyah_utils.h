/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Common parts of the Gunyah tests: raw calls, a builder for VMs, leak checks
 *
 * Functions do not assert: they return -1 and set errno as the calls do. The
 * macros at the end are for the tests, which include kselftest_harness.h first.
 */
#ifndef GUNYAH_TEST_UTILS_H
#define GUNYAH_TEST_UTILS_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include <linux/gunyah.h>
#include <linux/types.h>

#include "../kselftest.h"
#include "payloads.h"

#define GUNYAH_DEV		"/dev/gunyah"

/* Addresses and labels of the regions of a VM from vm_build() */
#define GUEST_BASE		0x80000000ULL
#define GUEST_SHM_BASE		0x100000000ULL
#define GUEST_IMAGE_LABEL	5
#define GUEST_SHM_LABEL		6
#define GUEST_PAGED_LABEL	7

#define GUEST_SIZE		0x200000
/* Room for words that host and guest exchange */
#define GUEST_SHM_SIZE		0x10000

#define MEM_RWX		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE | \
			 GH_MEM_ALLOW_EXEC)

/* Limit for everything that has to happen: only a hang takes longer */
#define LONG_MS			(60000 * slowness())

/* ---- raw calls ---- */

static inline int gh_create_vm(int dev)
{
	return ioctl(dev, GH_CREATE_VM, 0);
}

static inline int gh_create_mem(int dev, __u64 size)
{
	struct gh_create_mem mem = { .size = size };

	return ioctl(dev, GH_CREATE_MEM, &mem);
}

static inline int gh_set_region(int vm, __u32 label, __u32 flags, __u64 gpa,
				__u64 size, const void *mem)
{
	struct gh_userspace_memory_region region = {
		.label = label,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	return ioctl(vm, GH_VM_SET_USER_MEM_REGION, &region);
}

static inline int gh_remove_region(int vm, __u32 label)
{
	return gh_set_region(vm, label, 0, 0, 0, NULL);
}

static inline int gh_set_dtb(int vm, __u64 gpa, __u64 size)
{
	struct gh_vm_dtb_config config = { .gpa = gpa, .size = size };

	return ioctl(vm, GH_VM_SET_DTB_CONFIG, &config);
}

static inline int gh_set_firmware(int vm, __u64 gpa, __u64 size)
{
	struct gh_vm_firmware_config config = {
		.guest_phys_addr = gpa,
		.size = size,
	};

	return ioctl(vm, GH_VM_ANDROID_SET_FW_CONFIG, &config);
}

static inline int gh_start(int vm)
{
	return ioctl(vm, GH_VM_START, 0);
}

static inline int gh_add_function(int vm, __u32 type, __u32 size,
				  const void *arg)
{
	struct gh_fn_desc desc = {
		.type = type,
		.arg_size = size,
		.arg = (uintptr_t)arg,
	};

	return ioctl(vm, GH_VM_ADD_FUNCTION, &desc);
}

static inline int gh_remove_function(int vm, __u32 type, __u32 size,
				     const void *arg)
{
	struct gh_fn_desc desc = {
		.type = type,
		.arg_size = size,
		.arg = (uintptr_t)arg,
	};

	return ioctl(vm, GH_VM_REMOVE_FUNCTION, &desc);
}

static inline int gh_add_vcpu_flags(int vm, __u32 id, __u32 flags)
{
	struct gh_fn_vcpu_arg arg = { .id = id, .flags = flags };

	return gh_add_function(vm, GH_FN_VCPU, sizeof(arg), &arg);
}

static inline int gh_add_vcpu(int vm, __u32 id)
{
	return gh_add_vcpu_flags(vm, id, 0);
}

static inline int gh_remove_vcpu(int vm, __u32 id)
{
	struct gh_fn_vcpu_arg arg = { .id = id };

	return gh_remove_function(vm, GH_FN_VCPU, sizeof(arg), &arg);
}

static inline int gh_add_irqfd(int vm, int fd, __u32 label, __u32 flags)
{
	struct gh_fn_irqfd_arg arg = {
		.fd = fd, .label = label, .flags = flags,
	};

	return gh_add_function(vm, GH_FN_IRQFD, sizeof(arg), &arg);
}

static inline int gh_remove_irqfd(int vm, __u32 label)
{
	struct gh_fn_irqfd_arg arg = { .label = label };

	return gh_remove_function(vm, GH_FN_IRQFD, sizeof(arg), &arg);
}

static inline int gh_add_ioeventfd(int vm, int fd, __u64 addr, __u32 len,
				   __u32 flags, __u64 data)
{
	struct gh_fn_ioeventfd_arg arg = {
		.datamatch = data, .addr = addr, .len = len, .fd = fd,
		.flags = flags,
	};

	return gh_add_function(vm, GH_FN_IOEVENTFD, sizeof(arg), &arg);
}

static inline int gh_remove_ioeventfd(int vm, __u64 addr, __u32 len,
				      __u32 flags, __u64 data)
{
	struct gh_fn_ioeventfd_arg arg = {
		.datamatch = data, .addr = addr, .len = len, .fd = -1,
		.flags = flags,
	};

	return gh_remove_function(vm, GH_FN_IOEVENTFD, sizeof(arg), &arg);
}

static inline int gh_vcpu_run(int vcpu)
{
	return ioctl(vcpu, GH_VCPU_RUN, 0);
}

static inline int gh_status(int vm, struct gh_vm_status *status)
{
	return ioctl(vm, GH_VM_GET_STATUS, status);
}

static inline int gh_stop(int vm, __u32 flags)
{
	struct gh_vm_stop stop = { .flags = flags };

	return ioctl(vm, GH_VM_STOP, &stop);
}

/* ---- devicetrees, dtb.c ---- */

/** enum dtb_defect - what is wrong with a devicetree */
enum dtb_defect {
	DTB_GOOD,
	DTB_BAD_MAGIC,
	DTB_NO_VM_CONFIG,	/* no /gunyah-vm-config */
	DTB_NO_IMAGE_NAME,
	DTB_MEMORY_UNIT,	/* memory node with a unit address */
	DTB_HYPERVISOR_NODE,	/* the resource manager's own node exists */
	DTB_MMIO_BASE,		/* image where accesses are MMIO */
	DTB_NO_TIMESLICE,	/* scheduled by the hypervisor, incomplete */
	DTB_TOO_MANY_CPUS,
	/* The published resource manager dies of these */
	DTB_RELATIVE_GENERATE,	/* a path that does not begin with / */
	DTB_DEEP,		/* nodes in nodes in nodes ... */
	DTB_MANY_VDEVICES,
};

/**
 * struct dtb_bell - a doorbell that the host rings
 * @label: its label
 * @irq: interrupt of the guest, INTID of an SPI
 * @level: the interrupt is level triggered, else edge triggered
 * @no_clear: without the property source-can-clear
 */
struct dtb_bell {
	__u32 label;
	__u32 irq;
	bool level;
	bool no_clear;
};

/**
 * struct dtb_config - what a devicetree describes
 * @base: guest physical address of the image region
 * @size: its size
 * @cpus: number of vCPUs
 * @scheduled: the hypervisor schedules them
 * @host_cpus: number of physical CPUs
 * @shms: number of further regions
 * @shm: these regions
 * @num_bells: number of doorbells
 * @bells: these doorbells
 * @rm_rpc: the guest can talk to the resource manager
 * @rtc: it has a real-time clock
 * @firmware: address of the firmware of a protected VM, 0: none
 * @defect: what is wrong with it
 */
struct dtb_config {
	__u64 base;
	__u64 size;
	unsigned int cpus;
	bool scheduled;
	unsigned int host_cpus;
	unsigned int shms;
	struct {
		__u32 label;
		__u64 base;
	} shm[2];
	unsigned int num_bells;
	const struct dtb_bell *bells;
	bool rm_rpc;
	bool rtc;
	__u64 firmware;
	enum dtb_defect defect;
};

size_t dtb_build(void *buf, size_t size, const struct dtb_config *cfg);
bool dtb_bell_cap(const void *fdt, __u32 label, __u64 *cap);
bool dtb_rtc_address(const void *fdt, __u64 *address);

/* ---- VMs ---- */

/**
 * struct vm_config - what kind of VM to build; zeroes give the simplest
 * @cpus: number of vCPUs, 0: one
 * @shared: the image region is shared, else it is lent; see vm_impossible()
 * @scheduled: by the hypervisor, else proxy-scheduled; see there as well
 * @size: size of the image region, 0: GUEST_SIZE
 * @mem: memory for it, NULL: anonymous memory is allocated
 * @shm_size: size of a second region, 0: none
 * @shm_mem: memory for it, NULL: anonymous memory is allocated
 * @shm_lent: that one is lent, else it is shared
 * @paged_size: size of a third region, behind the image, that is paged, 0: none
 * @paged_mem: memory for it, NULL: anonymous memory is allocated
 * @report_faults: vCPUs exit for memory that they do not get
 * @num_bells: number of doorbells
 * @bells: these doorbells; must stay
 * @rm_rpc: the guest can talk to the resource manager
 * @rtc: the guest has a real-time clock
 * @firmware: firmware-address in the devicetree, 0: none
 * @defect: of the devicetree
 */
struct vm_config {
	unsigned int cpus;
	bool shared;
	bool scheduled;
	size_t size;
	void *mem;
	size_t shm_size;
	void *shm_mem;
	bool shm_lent;
	size_t paged_size;
	void *paged_mem;
	bool report_faults;
	unsigned int num_bells;
	const struct dtb_bell *bells;
	bool rm_rpc;
	bool rtc;
	__u64 firmware;
	enum dtb_defect defect;
};

/** enum vm_stage - how far a VM is built */
enum vm_stage {
	VM_CREATED,
	VM_HAS_MEMORY,
	VM_HAS_DTB,
	VM_HAS_VCPUS,		/* ready to be started */
	VM_STARTED,
};

/**
 * struct vm - a VM
 * @cfg: what it is
 * @fd: VM file descriptor, -1: none
 * @mem: memory of the image region
 * @shm: memory of the second region
 * @paged: memory of the third region
 * @vcpu: vCPU file descriptors, -1: none
 * @run: run pages
 */
struct vm {
	struct vm_config cfg;
	int fd;
	unsigned char *mem;
	unsigned char *shm;
	unsigned char *paged;
	int vcpu[GUEST_MAX_CPUS];
	struct gh_vcpu_run *run[GUEST_MAX_CPUS];
};

struct leak_state;

/* Called for an MMIO exit; a negative errno ends the run */
typedef int (*mmio_fn)(struct vm *vm, struct gh_vcpu_run *run, void *data);

void vm_init(struct vm *vm);
/* Why the firmware cannot have such a VM, or NULL if it can */
const char *vm_impossible(const struct vm_config *cfg);
int vm_build(struct vm *vm, const struct vm_config *cfg, enum vm_stage stage);
int vm_add_stage(struct vm *vm, enum vm_stage stage);
/* Write the devicetree again, after a change of the configuration */
int vm_add_dtb(struct vm *vm);
/* For FIXTURE_SETUP(): no planned faults, a leak_state to compare with, a VM */
int vm_setup(struct vm *vm, struct leak_state *leak,
	     const struct vm_config *cfg, enum vm_stage stage);
void vm_set_program(struct vm *vm, unsigned int cpu, const struct guest_op *ops,
		    size_t n);
/* Guest physical address of a vCPU's program */
#define VM_PROGRAM(cpu)	(GUEST_BASE + GUEST_PROG + (cpu) * GUEST_PROG_SIZE)
#define vm_program(vm, cpu, ...) do {					\
	const struct guest_op __ops[] = { __VA_ARGS__ };		\
									\
	vm_set_program(vm, cpu, __ops, ARRAY_SIZE(__ops));		\
} while (0)
/* Words of the second region, which is shared */
__u64 vm_word(const struct vm *vm, size_t offset);
void vm_poke(struct vm *vm, size_t offset, __u64 value);

__u64 mmio_value(const struct gh_vcpu_run *run);
void mmio_answer(struct gh_vcpu_run *run, __u64 value);
/* For GUEST_OP_ECHO; @data is a counter, a __u64 */
int mmio_count(struct vm *vm, struct gh_vcpu_run *run, void *data);

/* Run until the next exit; returns the exit reason */
int vm_run_once(struct vm *vm, unsigned int cpu);
int vm_run(struct vm *vm, unsigned int cpu, mmio_fn fn, void *data);
int vm_run_all(struct vm *vm, mmio_fn fn, void *data);
int vm_wait_end(struct vm *vm, struct gh_vm_status *status);
int vm_finish(struct vm *vm, struct gh_vm_status *status);
/* For a guest that faults for ever; @noticed: the firmware has ended it */
int vm_finish_faulting(struct vm *vm, struct gh_vm_status *status,
		       bool *noticed);
/* Whether it has ended that way; if not, prints how */
bool vm_ended(const struct gh_vm_status *status, unsigned int exit_type);

/* A VM that has nothing yet, and GUEST_SIZE of memory for it */
int bare_open(int *dev, int *fd, unsigned char **mem);
void bare_close(int dev, int fd, unsigned char *mem);

void vm_close_vcpus(struct vm *vm);
void vm_free_mem(struct vm *vm);
void vm_close(struct vm *vm);

/* ---- vCPU threads ---- */

/**
 * struct runner - a thread that runs a vCPU until the VM ends
 * @vm: the VM
 * @cpu: index of the vCPU
 * @fn: called for MMIO exits
 * @data: for @fn
 * @thread: the thread
 * @error: what ended it: 0 (the VM ended) or errno
 * @keep_eintr: runner_stop() can end it: with EINTR instead of another call of
 *	GH_VCPU_RUN, which may also be interrupted without a signal
 * @stop: that was called
 * @done: it has ended
 */
struct runner {
	struct vm *vm;
	unsigned int cpu;
	mmio_fn fn;
	void *data;
	pthread_t thread;
	int error;
	bool keep_eintr;
	bool stop;
	bool done;
};

int runner_start(struct runner *runner);
int runner_join(struct runner *runner);
/* Interrupt it with SIGUSR1 until it has ended, then join */
int runner_stop(struct runner *runner);
void catch_sigusr1(void);

/* ---- memory ---- */

/*
 * A huge page of hugetlbfs: a block of the page table, or contiguous entries,
 * whatever the size of a page is
 */
#define HUGE			0x200000UL
#define HUGE_PAGES(file)						\
	"/sys/kernel/mm/hugepages/hugepages-2048kB/" file
#define HUGE_PAGES_PARAM	HUGE_PAGES("nr_hugepages")
#define MAP_HUGE_TLB		(MAP_HUGETLB | 21 << 26)
#define MFD_HUGE_TLB		(4U | 21 << 26)

void pattern_fill(void *mem, size_t size, __u64 pattern);
bool pattern_check(const void *mem, size_t size, __u64 pattern);
bool all_zero(const void *mem, size_t size);
void *alloc_mem(size_t size);
/* Size of a transparent huge page, 0: there are none */
size_t thp_size(void);
void renew_mem(void *mem, size_t size);
void *alloc_scattered(size_t size);
void *map_shared(int fd, size_t size, off_t offset);
/* Accesses to a byte: the signal that this gives, SIGBUS or SIGSEGV, or 0 */
int probe_load(const void *byte);
int probe_store(void *byte);
int probe_atomic(void *byte);
size_t count_runs(const void *mem, size_t size);

/* ---- leaks ---- */

/* The test hypervisor's counters, in this order */
enum leak_counter {
	LEAK_VMIDS,
	LEAK_PARCELS,
	LEAK_ENTRIES,
	LEAK_PAGES_LENT,
	LEAK_PAGES_SHARED,
	LEAK_VIRQS,
	LEAK_CAPS,
	LEAK_VMS,
	LEAK_PAGES_ASSIGNED,	/* only with PLATFORM_WORD */
	LEAK_COUNTERS
};

/**
 * struct leak_state - everything that a VM may use up, at one time
 * @locked_kb: locked and pinned memory of this process
 * @pins: pages pinned in the whole system
 * @taint: of the kernel: a warning is a failure
 * @counters: the test hypervisor's, zero where there is none
 */
struct leak_state {
	long locked_kb;
	long long pins;
	unsigned long taint;
	__u64 counters[LEAK_COUNTERS];
};

void leak_read(struct leak_state *state);
/* Whether all is as it was; tells what differs. @ms: see limit_ms() */
bool leak_check(const struct leak_state *before, unsigned int ms);

/* ---- time ---- */

unsigned int slowness(void);
bool test_is_long(void);
unsigned int limit_ms(unsigned int ms);
unsigned int reap_limit_ms(void);
long long now_ms(void);
/* Until @cond(@arg) holds, at most so long */
bool wait_until(bool (*cond)(void *arg), void *arg, unsigned int timeout_ms);

/* ---- module parameters ---- */

#define MODULE_PARAM(name)	"/sys/module/gunyah/parameters/" name
#define TIMEOUT_PARAM		MODULE_PARAM("rm_timeout_ms")
#define STATIC_PARAM		MODULE_PARAM("allow_static_vcpus")
#define ENTRIES_PARAM		MODULE_PARAM("max_mem_entries")

/**
 * struct param - a parameter of the module, or of the kernel, that a test changed
 * @path: its file, NULL: not changed
 * @value: what it was before
 */
struct param {
	const char *path;
	char value[32];
};

int param_set(struct param *param, const char *path, const char *value);
void param_restore(struct param *param);
int short_timeout(struct param *param);
void allow_static_vcpus(void);

/* ---- the module ---- */

bool module_is_loaded(void);
int module_open(void);
int module_load(int fd);
int driver_unload(void);
int module_unload(void);

/* The module of a platform whose firmware has to be told who gets memory */
#define PLATFORM_WORD		"gunyah_hyp.platform=qcom"
#define PLATFORM_MODULE		"gunyah_qcom"

int platform_unload(void);

/* ---- other ---- */

bool gunyah_present(void);
bool hyp_word(const char *word);
/* Exit code of @fn(@arg) in a child process, or 256 + signal */
int in_child(int (*fn)(void *arg), void *arg);
int read_file(const char *path, char *buf, size_t size);
int write_file(const char *path, const char *text);
/* Value of a line "name: value" or "name value" of a file in /proc, or -1 */
long long proc_value(const char *path, const char *name);

/* In a test or FIXTURE_SETUP(): skip where something is missing */

#define SKIP_WITHOUT_GUNYAH(statement) do {				\
	if (!gunyah_present())						\
		SKIP(statement, "no " GUNYAH_DEV);			\
} while (0)

#define SKIP_WITHOUT_TESTCTL(statement) do {				\
	if (!testctl_present())						\
		SKIP(statement, "no test control window");		\
} while (0)

/* A test of guest code that a kernel with CONFIG_GUNYAH_TEST cannot interpret */
#define SKIP_WITHOUT_REAL_GUEST(statement) do {				\
	if (!memcmp(guest_code, GUEST_MOCK_MAGIC, strlen(GUEST_MOCK_MAGIC))) \
		SKIP(statement, "guests are no real ones here");	\
} while (0)

#define SKIP_IF_IMPOSSIBLE(statement, cfg) do {				\
	const char *__why = vm_impossible(cfg);				\
									\
	if (__why)							\
		SKIP(statement, "%s", __why);				\
} while (0)

#define EXPECT_ERRNO(expected_errno, call) do {				\
	int __ret = (call);						\
	int __err = errno;						\
									\
	EXPECT_EQ(-1, __ret)						\
		TH_LOG("%s", #call);					\
	if (__ret == -1)						\
		EXPECT_EQ(expected_errno, __err)			\
			TH_LOG("%s: %s", #call, strerror(__err));	\
} while (0)

/* A call that must succeed */
#define ASSERT_CALL(call) do {						\
	int __ret = (call);						\
	int __err = errno;						\
									\
	ASSERT_LE(0, __ret)						\
		TH_LOG("%s: %s", #call, strerror(__err));		\
} while (0)

#define EXPECT_CALL(call) do {						\
	int __ret = (call);						\
	int __err = errno;						\
									\
	EXPECT_LE(0, __ret)						\
		TH_LOG("%s: %s", #call, strerror(__err));		\
} while (0)

/* Seconds; longer than a wait of LONG_MS, so that a test can say what is wrong */
#define MIN_TIMEOUT		120

/*
 * In place of TEST_HARNESS_MAIN: scales all limits for the machine, and allows
 * VMs that the hypervisor schedules
 */
#define GUNYAH_TEST_MAIN						\
int main(int argc, char **argv)						\
{									\
	struct __fixture_metadata *f;					\
	struct __test_metadata *t;					\
									\
	for (f = __fixture_list; f; f = f->next)			\
		for (t = f->tests; t; t = t->next)			\
			t->timeout = slowness() *			\
				     (t->timeout > MIN_TIMEOUT ?	\
				      t->timeout : MIN_TIMEOUT);	\
	allow_static_vcpus();						\
	exit(test_harness_run(argc, argv));				\
}

#endif /* GUNYAH_TEST_UTILS_H */
