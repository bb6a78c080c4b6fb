// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lives of VMs in which something can fail at each step: the table
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bells.h"
#include "sweep.h"

/* Below 1 GiB accesses of proxy-scheduled vCPUs exit to the host */
#define MMIO		0x10000ULL
#define DATA		0x1234

#define MORE_LABEL	77
#define MORE_GPA	0x140000000ULL
#define MORE_SIZE	0x10000

#define MEM_RW		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

/* Firmware of a protected VM, next to the image */
#define FW_SIZE		0x40000UL
#define FW_LABEL	9

/* Enough pages for a second message, if none are contiguous */
#define SCATTERED_SIZE	0x400000

static const struct dtb_bell bells[] = {
	{ .label = 3, .irq = 40 },
	{ .label = 4, .irq = 41, .level = true },
};

static int add_region(struct sweep *s, struct vm *vm, __u32 label, __u32 flags,
		      __u64 gpa, size_t size, void *mem)
{
	if (!mem)
		return sweep_failed(s, SWEEP_HOST, errno);
	SWEEP_TRY(s, SWEEP_ADD_REGION,
		  gh_set_region(vm->fd, label, flags, gpa, size, mem));
	return 0;
}

static int add_memory(struct sweep *s, struct vm *vm)
{
	const struct vm_config *cfg = &vm->cfg;
	const struct guest_op off = G_OFF;

	vm->mem = cfg->mem ?: alloc_mem(cfg->size);
	if (add_region(s, vm, GUEST_IMAGE_LABEL,
		       MEM_RWX | (cfg->shared ? 0 : GH_MEM_LENT), GUEST_BASE,
		       cfg->size, vm->mem))
		return -1;
	memcpy(vm->mem, guest_code, sizeof(guest_code));
	vm_set_program(vm, 0, &off, 1);
	if (!cfg->shm_size)
		return 0;
	vm->shm = cfg->shm_mem ?: alloc_mem(cfg->shm_size);
	return add_region(s, vm, GUEST_SHM_LABEL,
			  MEM_RWX | (cfg->shm_lent ? GH_MEM_LENT : 0),
			  GUEST_SHM_BASE, cfg->shm_size, vm->shm);
}

static int add_vcpu(struct sweep *s, struct vm *vm, unsigned int i)
{
	void *run;

	vm->vcpu[i] = gh_add_vcpu(vm->fd, i);
	if (vm->vcpu[i] < 0)
		return sweep_failed(s, SWEEP_ADD_FUNCTION, errno);
	run = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		   MAP_SHARED, vm->vcpu[i], 0);
	if (run == MAP_FAILED)
		return sweep_failed(s, SWEEP_HOST, errno);
	vm->run[i] = run;
	return 0;
}

/* As vm_build(), but it is known what has failed */
static int build(struct sweep *s, struct vm *vm, const struct vm_config *cfg)
{
	unsigned int i;

	vm->cfg = *cfg;
	vm->cfg.cpus = cfg->cpus ?: 1;
	vm->cfg.size = cfg->size ?: GUEST_SIZE;
	vm->fd = gh_create_vm(s->dev);
	if (vm->fd < 0)
		return sweep_failed(s, SWEEP_CREATE_VM, errno);
	if (add_memory(s, vm))
		return -1;
	SWEEP_TRY(s, SWEEP_SET_DTB, vm_add_dtb(vm));
	for (i = 0; i < vm->cfg.cpus; i++)
		if (add_vcpu(s, vm, i))
			return -1;
	return 0;
}

static int ends(struct sweep *s, struct vm *vm, unsigned int type)
{
	struct gh_vm_status status;

	if (vm_wait_end(vm, &status))
		return sweep_failed(s, errno == EFAULT ? SWEEP_STATUS :
				    SWEEP_GUEST, errno);
	s->exit_type = status.exit_type;
	if (status.state != GH_VM_STATE_EXITED || status.exit_type != type)
		return sweep_failed(s, SWEEP_GUEST, EPROTO);
	return 0;
}

static bool is_done(void *arg)
{
	const struct runner *runner = arg;

	return __atomic_load_n(&runner->done, __ATOMIC_ACQUIRE);
}

bool sweep_limits_runs;

/* A vCPU waits for ever if nobody tells the driver that the VM has ended */
static int run_limited(struct sweep *s, struct vm *vm)
{
	struct runner runner = { .vm = vm, .keep_eintr = true };
	int err;

	SWEEP_TRY(s, SWEEP_RUN, runner_start(&runner));
	if (!wait_until(is_done, &runner, LONG_MS)) {
		runner_stop(&runner);
		return sweep_failed(s, SWEEP_GUEST, ETIME);
	}
	err = runner_join(&runner);
	return err ? sweep_failed(s, SWEEP_RUN, err) : 0;
}

/* Until the guest has powered the VM off */
static int run(struct sweep *s, struct vm *vm)
{
	if (vm->cfg.scheduled)
		return ends(s, vm, GH_VM_EXIT_PLATFORM_OFF);
	if (!sweep_limits_runs)
		SWEEP_TRY(s, SWEEP_RUN, vm_run(vm, 0, NULL, NULL));
	else if (run_limited(s, vm))
		return -1;
	return ends(s, vm, GH_VM_EXIT_PLATFORM_OFF);
}

/* ---- the scenarios ---- */

static int whole_life(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	if (build(s, vm, cfg))
		return -1;
	SWEEP_TRY(s, SWEEP_START, gh_start(vm->fd));
	return run(s, vm);
}

/* A second message takes what the first has no room for */
static int scattered(struct sweep *s, const struct vm_config *cfg)
{
	struct vm_config with_mem = *cfg;

	s->mem_size = SCATTERED_SIZE;
	s->mem = alloc_scattered(s->mem_size);
	if (!s->mem)
		return sweep_failed(s, SWEEP_HOST, errno);
	with_mem.shm_mem = s->mem;
	return whole_life(s, &with_mem);
}

static int memory_file(struct sweep *s, const struct vm_config *cfg)
{
	struct vm_config with_mem = *cfg;

	s->mem_size = 2 * GUEST_SIZE;
	s->fd[0] = gh_create_mem(s->dev, s->mem_size);
	if (s->fd[0] < 0)
		return sweep_failed(s, SWEEP_CREATE_MEM, errno);
	s->mem = map_shared(s->fd[0], s->mem_size, 0);
	if (!s->mem)
		return sweep_failed(s, SWEEP_HOST, errno);
	with_mem.mem = s->mem;
	with_mem.shm_mem = s->mem + GUEST_SIZE;
	return whole_life(s, &with_mem);
}

static int add_functions(struct sweep *s, struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < SWEEP_FDS; i++) {
		s->fd[i] = new_eventfd(0);
		if (s->fd[i] < 0)
			return sweep_failed(s, SWEEP_HOST, errno);
		SWEEP_TRY(s, SWEEP_ADD_FUNCTION,
			  gh_add_irqfd(vm->fd, s->fd[i], bells[i].label,
				       bells[i].level ?
				       GH_IRQFD_FLAGS_LEVEL : 0));
	}
	SWEEP_TRY(s, SWEEP_ADD_FUNCTION,
		  gh_add_ioeventfd(vm->fd, s->fd[0], MMIO, 4,
				   GH_IOEVENTFD_FLAGS_DATAMATCH, DATA));
	SWEEP_TRY(s, SWEEP_ADD_FUNCTION,
		  gh_add_ioeventfd(vm->fd, s->fd[1], MMIO + 8, 0, 0, 0));
	return 0;
}

static int remove_functions(struct sweep *s, struct vm *vm)
{
	SWEEP_TRY(s, SWEEP_REMOVE_FUNCTION,
		  gh_remove_irqfd(vm->fd, bells[0].label));
	SWEEP_TRY(s, SWEEP_REMOVE_FUNCTION,
		  gh_remove_ioeventfd(vm->fd, MMIO, 4,
				      GH_IOEVENTFD_FLAGS_DATAMATCH, DATA));
	SWEEP_TRY(s, SWEEP_REMOVE_FUNCTION, gh_remove_vcpu(vm->fd, 1));
	return 0;
}

static int functions(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	if (build(s, vm, cfg) || add_functions(s, vm))
		return -1;
	vm_program(vm, 0, G_WRITE(4, MMIO, DATA), G_WRITE(8, MMIO + 8, 0),
		   G_WRITE(1, MMIO + 16, 1), G_IDLE(1000), G_OFF);
	SWEEP_TRY(s, SWEEP_START, gh_start(vm->fd));
	SWEEP_TRY(s, SWEEP_HOST, eventfd_ring(s->fd[0], 1));
	SWEEP_TRY(s, SWEEP_RUN, vm_run_once(vm, 0));
	SWEEP_TRY(s, SWEEP_HOST, eventfd_ring(s->fd[1], 1));
	if (remove_functions(s, vm))
		return -1;
	return run(s, vm);
}

/* Added again before it runs, and its VM is never started */
static int never_started(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	if (build(s, vm, cfg) || add_functions(s, vm) ||
	    remove_functions(s, vm))
		return -1;
	SWEEP_TRY(s, SWEEP_ADD_FUNCTION,
		  gh_add_irqfd(vm->fd, s->fd[0], bells[0].label, 0));
	return 0;
}

static int give_and_take(struct sweep *s, struct vm *vm, __u32 flags, void *mem)
{
	struct gh_vm_region region = { .label = MORE_LABEL };

	SWEEP_TRY(s, SWEEP_ADD_MEMORY,
		  gh_set_region(vm->fd, MORE_LABEL, flags, MORE_GPA, MORE_SIZE,
				mem));
	SWEEP_TRY(s, SWEEP_REGION, ioctl(vm->fd, GH_VM_GET_REGION, &region));
	SWEEP_TRY(s, SWEEP_REMOVE_MEMORY,
		  gh_remove_region(vm->fd, MORE_LABEL));
	return 0;
}

static int memory_of_running(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	s->mem_size = 2 * MORE_SIZE;
	s->mem = alloc_mem(s->mem_size);
	if (!s->mem)
		return sweep_failed(s, SWEEP_HOST, errno);
	if (build(s, vm, cfg))
		return -1;
	SWEEP_TRY(s, SWEEP_START, gh_start(vm->fd));
	if (give_and_take(s, vm, MEM_RW, s->mem) ||
	    give_and_take(s, vm, MEM_RW | GH_MEM_LENT, s->mem + MORE_SIZE))
		return -1;
	return run(s, vm);
}

static int two_vms(struct sweep *s, const struct vm_config *cfg)
{
	unsigned int i;

	for (i = 0; i < SWEEP_VMS; i++)
		if (build(s, &s->vm[i], cfg))
			return -1;
	for (i = 0; i < SWEEP_VMS; i++)
		SWEEP_TRY(s, SWEEP_START, gh_start(s->vm[i].fd));
	for (i = SWEEP_VMS; i--; )
		if (run(s, &s->vm[i]))
			return -1;
	return 0;
}

static int stopped(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	if (build(s, vm, cfg))
		return -1;
	vm_program(vm, 0, G_WRITE(4, MMIO, 0), G_SPIN);
	SWEEP_TRY(s, SWEEP_START, gh_start(vm->fd));
	SWEEP_TRY(s, SWEEP_RUN, vm_run_once(vm, 0));
	SWEEP_TRY(s, SWEEP_STOP, gh_stop(vm->fd, 0));
	SWEEP_TRY(s, SWEEP_STOP, gh_stop(vm->fd, GH_VM_STOP_FORCE));
	return ends(s, vm, GH_VM_EXIT_FORCED_STOP);
}

/* Closed while it runs: the driver has to stop it */
static int closed(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	if (build(s, vm, cfg))
		return -1;
	vm_program(vm, 0, G_WRITE(4, MMIO, 0), G_SPIN);
	SWEEP_TRY(s, SWEEP_START, gh_start(vm->fd));
	SWEEP_TRY(s, SWEEP_RUN, vm_run_once(vm, 0));
	return 0;
}

/* The resource manager refuses the devicetree: a start to be undone */
static int refused(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	if (build(s, vm, cfg))
		return -1;
	if (!gh_start(vm->fd))
		return sweep_failed(s, SWEEP_GUEST, EPROTO);
	if (errno != EINVAL)
		return sweep_failed(s, SWEEP_START, errno);
	return 0;
}

static int registers(struct sweep *s, const struct vm_config *cfg)
{
	struct gh_vm_boot_context context = {
		.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_X, 5),
		.value = DATA,
	};
	struct vm *vm = &s->vm[0];

	if (build(s, vm, cfg))
		return -1;
	SWEEP_TRY(s, SWEEP_SET_CONTEXT,
		  ioctl(vm->fd, GH_VM_SET_BOOT_CONTEXT, &context));
	context.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_X, 7);
	SWEEP_TRY(s, SWEEP_SET_CONTEXT,
		  ioctl(vm->fd, GH_VM_SET_BOOT_CONTEXT, &context));
	if (!gh_start(vm->fd))
		return run(s, vm);
	/* Older firmware cannot do that */
	if (errno != EOPNOTSUPP)
		return sweep_failed(s, SWEEP_START, errno);
	return 0;
}

/* The guest runs only where the resource manager has firmware for it */
static int protected(struct sweep *s, const struct vm_config *cfg)
{
	struct vm *vm = &s->vm[0];

	s->mem_size = FW_SIZE;
	s->mem = alloc_mem(s->mem_size);
	if (!s->mem)
		return sweep_failed(s, SWEEP_HOST, errno);
	if (build(s, vm, cfg))
		return -1;
	SWEEP_TRY(s, SWEEP_ADD_REGION,
		  gh_set_region(vm->fd, FW_LABEL, MEM_RWX | GH_MEM_LENT,
				cfg->firmware, FW_SIZE, s->mem));
	SWEEP_TRY(s, SWEEP_SET_FIRMWARE,
		  gh_set_firmware(vm->fd, cfg->firmware, FW_SIZE));
	if (!gh_start(vm->fd))
		return run(s, vm);
	if (errno != EPERM)
		return sweep_failed(s, SWEEP_START, errno);
	return 0;
}

const struct scenario scenarios[] = {
	{ "lent", {}, whole_life },
	{ "shared", { .shared = true }, whole_life },
	{ "scheduled", { .scheduled = true }, whole_life },
	{ "regions", { .shm_size = GUEST_SHM_SIZE, .cpus = 2 }, whole_life },
	{ "scattered", { .shm_size = SCATTERED_SIZE }, scattered },
	{ "scattered_lent", { .shm_size = SCATTERED_SIZE, .shm_lent = true },
	  scattered },
	{ "memory_file", { .shm_size = GUEST_SHM_SIZE }, memory_file },
	{ "functions", { .cpus = 2, .num_bells = 2, .bells = bells },
	  functions },
	{ "never_started", { .cpus = 2, .num_bells = 2, .bells = bells },
	  never_started },
	{ "memory_of_running", { .rm_rpc = true }, memory_of_running },
	{ "two_vms", {}, two_vms },
	{ "stopped", { .rm_rpc = true }, stopped },
	{ "closed", {}, closed },
	{ "refused", { .defect = DTB_NO_IMAGE_NAME }, refused },
	{ "registers", {}, registers },
	{ "protected", { .firmware = GUEST_BASE - FW_SIZE }, protected },
};

const unsigned int num_scenarios = ARRAY_SIZE(scenarios);
