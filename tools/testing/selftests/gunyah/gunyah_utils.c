// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common parts of the Gunyah tests: VMs and threads that run them
 */
#include <endian.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gunyah_utils.h"
#include "testctl.h"

/**
 * vm_init() - a VM that has nothing yet; vm_close() may be called from here on
 * @vm: the VM
 */
void vm_init(struct vm *vm)
{
	unsigned int i;

	memset(vm, 0, sizeof(*vm));
	vm->fd = -1;
	for (i = 0; i < GUEST_MAX_CPUS; i++)
		vm->vcpu[i] = -1;
}

static int vm_create(struct vm *vm)
{
	int dev, err;

	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return -1;
	vm->fd = gh_create_vm(dev);
	err = errno;
	close(dev);
	errno = err;
	return vm->fd < 0 ? -1 : 0;
}

static int vm_add_memory(struct vm *vm)
{
	const struct vm_config *cfg = &vm->cfg;
	__u32 lent = GH_MEM_LENT;

	vm->mem = cfg->mem ?: alloc_mem(cfg->size);
	if (!vm->mem)
		return -1;
	if (gh_set_region(vm->fd, GUEST_IMAGE_LABEL,
			  MEM_RWX | (cfg->shared ? 0 : lent), GUEST_BASE,
			  cfg->size, vm->mem))
		return -1;
	/* VMMs write to memory that is registered, too */
	memcpy(vm->mem, guest_code, sizeof(guest_code));

	if (cfg->paged_size) {
		vm->paged = cfg->paged_mem ?: alloc_mem(cfg->paged_size);
		if (!vm->paged)
			return -1;
		if (gh_set_region(vm->fd, GUEST_PAGED_LABEL,
				  MEM_RWX | GH_MEM_LENT | GH_MEM_PAGED,
				  GUEST_BASE + cfg->size, cfg->paged_size,
				  vm->paged))
			return -1;
	}
	if (!cfg->shm_size)
		return 0;
	vm->shm = cfg->shm_mem ?: alloc_mem(cfg->shm_size);
	if (!vm->shm)
		return -1;
	return gh_set_region(vm->fd, GUEST_SHM_LABEL,
			     MEM_RWX | (cfg->shm_lent ? lent : 0),
			     GUEST_SHM_BASE, cfg->shm_size, vm->shm);
}

/**
 * vm_add_dtb() - write the devicetree and tell the driver where it is
 * @vm: the VM, with memory, not started
 *
 * vm_build() does this. It is for tests that have changed the configuration.
 *
 * Return: 0, or -1 and errno.
 */
int vm_add_dtb(struct vm *vm)
{
	struct dtb_config dtb = {
		.base = GUEST_BASE,
		.size = vm->cfg.size + vm->cfg.paged_size,
		.cpus = vm->cfg.defect == DTB_TOO_MANY_CPUS ?
			GUEST_MAX_CPUS + 1 : vm->cfg.cpus,
		.scheduled = vm->cfg.scheduled,
		.host_cpus = sysconf(_SC_NPROCESSORS_ONLN),
		.shms = vm->cfg.shm_size ? 1 : 0,
		.shm = { { GUEST_SHM_LABEL, GUEST_SHM_BASE } },
		.num_bells = vm->cfg.num_bells,
		.bells = vm->cfg.bells,
		.rm_rpc = vm->cfg.rm_rpc,
		.rtc = vm->cfg.rtc,
		.firmware = vm->cfg.firmware,
		.defect = vm->cfg.defect,
	};

	if (!dtb_build(vm->mem + GUEST_DTB, GUEST_DTB_SIZE, &dtb)) {
		errno = EMSGSIZE;
		return -1;
	}
	return gh_set_dtb(vm->fd, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE);
}

/* A vCPU's label is that of its CPU if the hypervisor schedules it */
static __u32 vcpu_id(const struct vm *vm, unsigned int i)
{
	if (!vm->cfg.scheduled)
		return i;
	return i % sysconf(_SC_NPROCESSORS_ONLN);
}

static int vm_add_vcpus(struct vm *vm)
{
	__u32 flags = vm->cfg.report_faults ? GH_VCPU_FLAGS_PAGE_FAULT : 0;
	unsigned int i, n = vm->cfg.cpus;
	long size;

	/* vCPUs on one CPU have the same label: only one gets a function */
	if (vm->cfg.scheduled && n > sysconf(_SC_NPROCESSORS_ONLN))
		n = sysconf(_SC_NPROCESSORS_ONLN);

	for (i = 0; i < n; i++) {
		void *run;

		vm->vcpu[i] = gh_add_vcpu_flags(vm->fd, vcpu_id(vm, i), flags);
		if (vm->vcpu[i] < 0)
			return -1;
		size = ioctl(vm->vcpu[i], GH_VCPU_MMAP_SIZE, 0);
		if (size < 0)
			return -1;
		run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			   vm->vcpu[i], 0);
		if (run == MAP_FAILED)
			return -1;
		vm->run[i] = run;
	}
	return 0;
}

/**
 * vm_add_stage() - take the next step in building a VM
 * @vm: the VM, built up to the stage before
 * @stage: the stage
 *
 * Return: 0, or -1 and errno.
 */
int vm_add_stage(struct vm *vm, enum vm_stage stage)
{
	const struct guest_op off = G_OFF;

	switch (stage) {
	case VM_CREATED:
		return vm_create(vm);
	case VM_HAS_MEMORY:
		if (vm_add_memory(vm))
			return -1;
		vm_set_program(vm, 0, &off, 1);
		return 0;
	case VM_HAS_DTB:
		return vm_add_dtb(vm);
	case VM_HAS_VCPUS:
		return vm_add_vcpus(vm);
	default:
		return gh_start(vm->fd);
	}
}

/**
 * vm_build() - build a VM
 * @vm: the VM, initialised
 * @cfg: what it shall be
 * @stage: how far to go
 *
 * Unless another program is set, the first vCPU powers the VM off.
 *
 * Return: 0, or -1 and errno; vm_close() gives back what there is.
 */
int vm_build(struct vm *vm, const struct vm_config *cfg, enum vm_stage stage)
{
	unsigned int i;

	vm->cfg = *cfg;
	if (!vm->cfg.cpus)
		vm->cfg.cpus = 1;
	if (!vm->cfg.size)
		vm->cfg.size = GUEST_SIZE;
	for (i = VM_CREATED; i <= stage; i++)
		if (vm_add_stage(vm, i))
			return -1;
	return 0;
}

/**
 * vm_setup() - start a test with a VM
 * @vm: the VM
 * @leak: what is in use without it
 * @cfg: what it shall be
 * @stage: how far to build it
 *
 * Return: 0, or -1 and errno.
 */
int vm_setup(struct vm *vm, struct leak_state *leak,
	     const struct vm_config *cfg, enum vm_stage stage)
{
	testctl_reset();
	leak_read(leak);
	vm_init(vm);
	return vm_build(vm, cfg, stage);
}

/**
 * vm_set_program() - tell what a vCPU does; before the start
 * @vm: the VM
 * @cpu: index of the vCPU
 * @ops: the program
 * @n: number of operations
 */
void vm_set_program(struct vm *vm, unsigned int cpu, const struct guest_op *ops,
		    size_t n)
{
	if (cpu >= GUEST_MAX_CPUS || n * sizeof(*ops) > GUEST_PROG_SIZE)
		abort();
	memcpy(vm->mem + GUEST_PROG + cpu * GUEST_PROG_SIZE, ops,
	       n * sizeof(*ops));
}

/**
 * vm_word() - read a word of the second region
 * @vm: the VM
 * @offset: where
 *
 * Return: the word.
 */
__u64 vm_word(const struct vm *vm, size_t offset)
{
	return __atomic_load_n((__u64 *)(vm->shm + offset), __ATOMIC_ACQUIRE);
}

/**
 * vm_poke() - write a word of the second region, for GUEST_OP_WAIT
 * @vm: the VM
 * @offset: where
 * @value: what
 */
void vm_poke(struct vm *vm, size_t offset, __u64 value)
{
	__atomic_store_n((__u64 *)(vm->shm + offset), value, __ATOMIC_RELEASE);
}

/**
 * vm_run_once() - run a vCPU until there is something to do for its caller
 * @vm: the VM
 * @cpu: index of the vCPU
 *
 * Return: the exit reason, or -1 and errno.
 */
int vm_run_once(struct vm *vm, unsigned int cpu)
{
	while (gh_vcpu_run(vm->vcpu[cpu]))
		if (errno != EINTR)
			return -1;
	return vm->run[cpu]->exit_reason;
}

/* Until the VM has ended, or GH_VCPU_RUN is interrupted while *@stop is set */
static int run_vcpu(struct vm *vm, unsigned int cpu, mmio_fn fn, void *data,
		    const bool *stop)
{
	struct gh_vcpu_run *run = vm->run[cpu];
	int ret;

	for (;;) {
		if (gh_vcpu_run(vm->vcpu[cpu])) {
			if (errno == EINTR &&
			    !(stop && __atomic_load_n(stop, __ATOMIC_ACQUIRE)))
				continue;
			return -1;
		}
		switch (run->exit_reason) {
		case GH_VCPU_EXIT_MMIO:
			ret = fn ? fn(vm, run, data) : 0;
			if (ret) {
				errno = -ret;
				return -1;
			}
			break;
		case GH_VCPU_EXIT_STATUS:
			return 0;
		default:
			errno = EPROTO;
			return -1;
		}
	}
}

/**
 * vm_run() - run a vCPU until its VM has ended
 * @vm: the VM
 * @cpu: index of the vCPU
 * @fn: called for MMIO exits, may be NULL
 * @data: for @fn
 *
 * Return: 0, or -1 and errno: of GH_VCPU_RUN or from @fn.
 */
int vm_run(struct vm *vm, unsigned int cpu, mmio_fn fn, void *data)
{
	return run_vcpu(vm, cpu, fn, data, NULL);
}

/**
 * mmio_value() - what a guest has written
 * @run: run page with an MMIO exit
 *
 * Return: the value, zero extended.
 */
__u64 mmio_value(const struct gh_vcpu_run *run)
{
	__u64 value;

	memcpy(&value, run->mmio.data, sizeof(value));
	value = le64toh(value);
	if (run->mmio.len < 8)
		value &= (1ULL << 8 * run->mmio.len) - 1;
	return value;
}

/**
 * mmio_answer() - what a guest shall read
 * @run: run page with an MMIO exit
 * @value: the value
 */
void mmio_answer(struct gh_vcpu_run *run, __u64 value)
{
	/* Garbage in the bytes that the guest must not see */
	memset(run->mmio.data, 0xee, sizeof(run->mmio.data));
	value = htole64(value);
	memcpy(run->mmio.data, &value, run->mmio.len);
}

/**
 * mmio_count() - handler for GUEST_OP_ECHO
 * @vm: the VM
 * @run: run page with an MMIO exit
 * @data: counter of the echoes, a __u64
 *
 * Reads deliver what the counter says, writes must give it back.
 *
 * Return: 0 or a negative errno.
 */
int mmio_count(struct vm *vm, struct gh_vcpu_run *run, void *data)
{
	__u64 *counter = data;

	if (run->mmio.len != 8)
		return -EMSGSIZE;
	if (!run->mmio.is_write)
		mmio_answer(run, *counter * GUEST_PATTERN_STEP);
	else if (mmio_value(run) != (*counter)++ * GUEST_PATTERN_STEP)
		return -EBADE;
	return 0;
}

static void *runner_main(void *arg)
{
	struct runner *runner = arg;
	int ret;

	ret = run_vcpu(runner->vm, runner->cpu, runner->fn, runner->data,
		       runner->keep_eintr ? &runner->stop : NULL);
	runner->error = ret ? errno : 0;
	__atomic_store_n(&runner->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/**
 * runner_start() - start a thread that runs a vCPU until the VM ends
 * @runner: tells which
 *
 * Return: 0, or -1 and errno.
 */
int runner_start(struct runner *runner)
{
	int err;

	runner->stop = false;
	runner->done = false;
	err = pthread_create(&runner->thread, NULL, runner_main, runner);
	if (err) {
		errno = err;
		return -1;
	}
	return 0;
}

/**
 * runner_join() - wait until a runner has ended
 * @runner: the runner
 *
 * Return: 0 if it has seen the VM's end, else errno.
 */
int runner_join(struct runner *runner)
{
	pthread_join(runner->thread, NULL);
	return runner->error;
}

/**
 * runner_stop() - interrupt a runner that was started with keep_eintr
 * @runner: the runner
 *
 * Return: as runner_join().
 */
int runner_stop(struct runner *runner)
{
	__atomic_store_n(&runner->stop, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&runner->done, __ATOMIC_ACQUIRE)) {
		pthread_kill(runner->thread, SIGUSR1);
		usleep(500);
	}
	return runner_join(runner);
}

static void on_sigusr1(int sig)
{
}

/** catch_sigusr1() - let SIGUSR1 do nothing but interrupt system calls */
void catch_sigusr1(void)
{
	struct sigaction action = { .sa_handler = on_sigusr1 };

	sigaction(SIGUSR1, &action, NULL);
}

/**
 * vm_run_all() - run all vCPUs, a thread for each, until the VM has ended
 * @vm: the VM
 * @fn: called for MMIO exits, from all threads
 * @data: for @fn
 *
 * Return: 0, or -1 and errno of the first vCPU that failed.
 */
int vm_run_all(struct vm *vm, mmio_fn fn, void *data)
{
	struct runner runners[GUEST_MAX_CPUS];
	int error = 0, err;
	unsigned int i, n;

	for (n = 0; n < vm->cfg.cpus; n++) {
		runners[n] = (struct runner){
			.vm = vm, .cpu = n, .fn = fn, .data = data,
		};
		if (runner_start(&runners[n])) {
			error = errno;
			break;
		}
	}
	for (i = 0; i < n; i++) {
		err = runner_join(&runners[i]);
		if (err && !error)
			error = err;
	}
	errno = error;
	return error ? -1 : 0;
}

/**
 * vm_wait_end() - wait until the VM file descriptor tells of the VM's end
 * @vm: the VM
 * @status: its status
 *
 * Return: 0, or -1 and errno.
 */
int vm_wait_end(struct vm *vm, struct gh_vm_status *status)
{
	struct pollfd pfd = { .fd = vm->fd, .events = POLLIN };
	int ret;

	ret = poll(&pfd, 1, LONG_MS);
	if (ret < 0)
		return -1;
	if (!ret) {
		errno = ETIME;
		return -1;
	}
	if (pfd.revents != (POLLIN | POLLHUP)) {
		errno = EPROTO;
		return -1;
	}
	return gh_status(vm->fd, status);
}

/**
 * vm_finish() - let a started VM run until it has ended, whoever schedules it
 * @vm: the VM
 * @status: its status
 *
 * Return: 0, or -1 and errno.
 */
int vm_finish(struct vm *vm, struct gh_vm_status *status)
{
	if (!vm->cfg.scheduled && vm_run_all(vm, NULL, NULL))
		return -1;
	return vm_wait_end(vm, status);
}

/* How long to wait for firmware that may not notice a loop of faults */
#define FAULT_MS	(1000 * slowness())

/**
 * vm_finish_faulting() - let a started VM run whose guest faults for ever
 * @vm: the VM
 * @status: its status
 * @noticed: the firmware has noticed that and ended the VM
 *
 * Production builds of the firmware do not notice it. There the VM is stopped
 * by force.
 *
 * Return: 0, or -1 and errno; ETIME: the firmware should have noticed it.
 */
int vm_finish_faulting(struct vm *vm, struct gh_vm_status *status,
		       bool *noticed)
{
	bool notices = testctl_present() &&
		       !hyp_word("gunyah_hyp.rm=prod") &&
		       !hyp_word("gunyah_hyp.rm=later");
	struct pollfd pfd = { .fd = vm->fd, .events = POLLIN };
	unsigned int n = vm->cfg.scheduled ? 0 : vm->cfg.cpus, i;
	struct runner runners[GUEST_MAX_CPUS];
	int err = 0;

	catch_sigusr1();
	for (i = 0; i < n; i++) {
		runners[i] = (struct runner){
			.vm = vm, .cpu = i, .keep_eintr = true,
		};
		if (runner_start(&runners[i])) {
			err = errno;
			break;
		}
	}
	if (!err) {
		*noticed = poll(&pfd, 1, notices ? LONG_MS : FAULT_MS) == 1;
		if (!*noticed && notices)
			err = ETIME;
		else if (!*noticed && gh_stop(vm->fd, GH_VM_STOP_FORCE))
			err = errno;
	}
	while (i-- > 0)
		runner_stop(&runners[i]);
	if (!err)
		return vm_wait_end(vm, status);
	errno = err;
	return -1;
}

/**
 * vm_ended() - check the way that a VM has ended; tells how else if not
 * @status: the VM's status
 * @exit_type: which way
 *
 * Return: whether it has ended that way.
 */
bool vm_ended(const struct gh_vm_status *status, unsigned int exit_type)
{
	unsigned int i;

	if (status->state == GH_VM_STATE_EXITED &&
	    status->exit_type == exit_type && !status->start_errno)
		return true;

	fprintf(stderr, "# VM: state %u, start %u, exit type %u, reason",
		status->state, status->start_errno, status->exit_type);
	for (i = 0; i < GH_VM_STATUS_REASON_SIZE; i++)
		fprintf(stderr, " %02x", status->reason[i]);
	fprintf(stderr, "\n");
	return false;
}

/**
 * vm_close_vcpus() - close all vCPU file descriptors and run pages
 * @vm: the VM
 */
void vm_close_vcpus(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < GUEST_MAX_CPUS; i++) {
		if (vm->run[i])
			munmap(vm->run[i], sysconf(_SC_PAGESIZE));
		vm->run[i] = NULL;
		if (vm->vcpu[i] >= 0)
			close(vm->vcpu[i]);
		vm->vcpu[i] = -1;
	}
}

/**
 * vm_free_mem() - unmap the memory of a VM that has no file descriptors any more
 * @vm: the VM
 *
 * What was lent is charged until then.
 */
void vm_free_mem(struct vm *vm)
{
	if (vm->mem && vm->mem != vm->cfg.mem)
		munmap(vm->mem, vm->cfg.size);
	if (vm->shm && vm->shm != vm->cfg.shm_mem)
		munmap(vm->shm, vm->cfg.shm_size);
	if (vm->paged && vm->paged != vm->cfg.paged_mem)
		munmap(vm->paged, vm->cfg.paged_size);
	vm->mem = NULL;
	vm->shm = NULL;
	vm->paged = NULL;
}

/**
 * vm_close() - close all that belongs to a VM, and free its memory
 * @vm: the VM; vm_build() may be called on it again
 */
void vm_close(struct vm *vm)
{
	vm_close_vcpus(vm);
	if (vm->fd >= 0)
		close(vm->fd);
	vm_free_mem(vm);
	vm_init(vm);
}

/**
 * bare_open() - what tests of single calls need
 * @dev: the device, -1: none
 * @fd: a VM that has nothing, -1: none
 * @mem: GUEST_SIZE of anonymous memory
 *
 * Return: 0, or -1 and errno.
 */
int bare_open(int *dev, int *fd, unsigned char **mem)
{
	*fd = -1;
	*mem = NULL;
	*dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	if (*dev < 0)
		return -1;
	*fd = gh_create_vm(*dev);
	if (*fd < 0)
		return -1;
	*mem = alloc_mem(GUEST_SIZE);
	return *mem ? 0 : -1;
}

/**
 * bare_close() - close and free what bare_open() has made
 * @dev: the device
 * @fd: the VM
 * @mem: the memory
 */
void bare_close(int dev, int fd, unsigned char *mem)
{
	close(fd);
	close(dev);
	munmap(mem, GUEST_SIZE);
}
