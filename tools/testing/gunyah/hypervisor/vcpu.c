// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: objects, states, and the vcpu_run hypercall
 */
#include "guest.h"

/* EL1h, all interrupts masked; MMU and caches off */
#define SPSR_RESET		0x3c5
#define SCTLR_RESET		0x30d00800

#define ISR_I			BIT(7)

#define CNTV_CTL_ENABLE		BIT(0)
#define CNTV_CTL_IMASK		BIT(1)

/* Calls of vcpu_run that a killed vCPU needs to get to its end */
#define UNWIND_CALLS		2

/* Waits until then are done in short steps for RACE_WAKE */
#define AIM_MAX_US		5000

#define OWNER_RIGHTS		(RIGHT_VCPU_AFFINITY | RIGHT_VCPU_YIELD_TO)
#define OWN_RIGHTS		(RIGHT_VCPU_POWER | RIGHT_VCPU_AFFINITY)

static const struct run_result result_ready = { .state = RUN_READY };
static const struct run_result result_blocked = { .state = RUN_BLOCKED };
static const struct run_result result_off = { .state = RUN_POWERED_OFF };
static const struct run_result result_exited = {
	.state = RUN_POWERED_OFF,
	.data = { 1 },
};

void vcpu_cpu_init(struct cpu *cpu)
{
	world_cpu_init(cpu);
}

struct vcpu *vcpu_get(struct vm *vm, u64 index)
{
	return index < VM_MAX_VCPUS ? vm->vcpus[index] : NULL;
}

void vcpu_reset(struct vcpu *vcpu, u64 pc, u64 x0)
{
	memset(&vcpu->frame, 0, sizeof(vcpu->frame));
	memset(&vcpu->sys, 0, sizeof(vcpu->sys));
	memset(&vcpu->gic, 0, sizeof(vcpu->gic));
	memset(&vcpu->fp, 0, sizeof(vcpu->fp));
	vcpu->sys.sctlr = SCTLR_RESET;
	vcpu->frame.pc = pc;
	vcpu->frame.x[0] = x0;
	vcpu->frame.spsr = SPSR_RESET;
	vcpu->cntv_ctl = 0;
	vcpu->cntv_cval = 0;
	vcpu->resume_reset = false;
	vcpu->inject = false;
}

/* Is it to happen, by one of the counts in struct quirk? */
static bool planned(u64 *count)
{
	if (!*count)
		return false;
	--*count;
	return true;
}

static bool is_killed(const struct vcpu *vcpu)
{
	return vcpu->state == VCPU_KILLED || vcpu->state == VCPU_DEAD;
}

/* If the owner waits for the vCPU, have it call vcpu_run again */
static void wake_owner(struct vcpu *vcpu)
{
	if (!vcpu->proxy || !vcpu->parked)
		return;
	vcpu->parked = false;
	if (!planned(&hyp.quirk.lost_wake))
		virq_assert(&vcpu->wake_irq, true);
}

static void make_runnable(struct vcpu *vcpu)
{
	vcpu->state = VCPU_RUNNABLE;
	timer_cancel(&vcpu->deadline);
	if (vcpu->resume_reset)
		vcpu_reset(vcpu, vcpu->resume_pc, vcpu->resume_ctx);
	wake_owner(vcpu);
	if (!vcpu->proxy)
		sched_wake(vcpu);
}

void vcpu_notify(struct vcpu *vcpu)
{
	if (!vcpu)
		return;
	if (vcpu->cpu)
		cpu_kick(vcpu->cpu);
	else if (vcpu->state == VCPU_WFI && vgic_pending(vcpu))
		make_runnable(vcpu);
}

static void deadline_passed(struct timer_event *event)
{
	struct vcpu *vcpu = container_of(event, struct vcpu, deadline);

	vgic_vtimer_fired(vcpu);
}

/* It has been unloaded in WFI: when will its timer have to wake it? */
static void set_deadline(struct vcpu *vcpu)
{
	u64 when = vcpu->cntv_cval + vcpu->vm->cntvoff;

	if ((vcpu->cntv_ctl & (CNTV_CTL_ENABLE | CNTV_CTL_IMASK)) !=
	    CNTV_CTL_ENABLE || when < vcpu->cntv_cval)
		return;
	/* If it has passed and is not pending, then it is not to wake it */
	if (when > timer_now())
		timer_set(&vcpu->deadline, when);
	else
		vgic_vtimer_fired(vcpu);
}

static void give_result(struct frame *f, const struct run_result *result)
{
	f->x[0] = GH_OK;
	f->x[1] = result->state;
	f->x[2] = result->data[0];
	f->x[3] = result->data[1];
	f->x[4] = result->data[2];
}

void vcpu_enter(struct cpu *cpu, struct frame *f, struct vcpu *vcpu)
{
	world_load(cpu, vcpu, f);
	if (vcpu->inject) {
		guest_inject(cpu, f);
		if (cpu->vcpu != vcpu)
			return;
	}
	if (world_vtimer_line(vcpu))
		vgic_vtimer_fired(vcpu);
	vgic_flush(vcpu);
}

static void leave(struct cpu *cpu, struct frame *f,
		  const struct run_result *result)
{
	bool proxy = cpu->vcpu->proxy;

	world_unload(cpu, f);
	if (proxy)
		give_result(f, result);
	else
		sched_left(cpu);
}

void vcpu_exit(struct cpu *cpu, struct frame *f, u64 state, u64 data0,
	       u64 data1, u64 data2)
{
	struct run_result result = { state, { data0, data1, data2 } };

	leave(cpu, f, &result);
}

/*
 * For RACE_WAKE: wait in short steps until the timer is about to fire, so that
 * it does so between the vCPU's exit and its owner's sleep.
 */
static bool aims_at_deadline(struct vcpu *vcpu)
{
	u64 ctl = read_sysreg(cntv_ctl_el0), left;

	left = read_sysreg(cntv_cval_el0) + vcpu->vm->cntvoff - timer_now();
	if (!(ctl & CNTV_CTL_ENABLE) || ctl & CNTV_CTL_IMASK ||
	    left > timer_us(AIM_MAX_US)) {
		vcpu->aim_us = 0;
		return false;
	}
	if (!vcpu->aim_us && races_happen(RACE_WAKE))
		vcpu->aim_us = 1 + races_delay_us(RACE_WAKE);
	if (!vcpu->aim_us)
		return false;
	if (left > timer_us(vcpu->aim_us))
		return true;
	vcpu->aim_us = 0;
	return false;
}

void vcpu_wait(struct cpu *cpu, struct frame *f, u64 data0, u64 data1)
{
	struct vcpu *vcpu = cpu->vcpu;
	bool pending;

	if (world_vtimer_line(vcpu))
		vgic_vtimer_fired(vcpu);
	pending = vgic_pending(vcpu);
	if (pending && !vcpu->resume_reset)
		return;
	/* A WFI may complete for no reason; the guest then waits again */
	if (!pending && vcpu->proxy && data1 == RESUME_REASON_WFI &&
	    aims_at_deadline(vcpu)) {
		vcpu_exit(cpu, f, RUN_READY, 0, 0, 0);
		return;
	}

	vcpu->result = (struct run_result) {
		RUN_EXPECTS_WAKEUP, { data0, data1 }
	};
	if (pending) {
		/* It resumes as from reset, so it has to leave in between */
		vcpu_exit(cpu, f, RUN_READY, 0, 0, 0);
		make_runnable(vcpu);
		return;
	}
	vcpu->state = VCPU_WFI;
	leave(cpu, f, &vcpu->result);
	vcpu->parked = true;
	set_deadline(vcpu);
}

void vcpu_power_off(struct cpu *cpu, struct frame *f)
{
	struct vcpu *vcpu = cpu->vcpu;

	vcpu->state = VCPU_OFF;
	leave(cpu, f, &result_off);
	vcpu->parked = true;
}

void vcpu_start(struct vcpu *vcpu, u64 pc, u64 x0)
{
	vcpu_reset(vcpu, pc, x0);
	make_runnable(vcpu);
}

static void tell_rm(struct vm *vm)
{
	const struct vm_halt *halt = &vm->halt;

	rm_glue_halted(vm, halt->index, halt->reason, halt->reset_type,
		       halt->cookie, halt->smc64);
}

static void halt_sibling(struct vcpu *vcpu)
{
	bool loaded = vcpu->cpu;

	world_evict(vcpu, &result_off);
	timer_cancel(&vcpu->deadline);
	vcpu->state = VCPU_HALTED;
	vcpu->result = result_off;
	/* Its owner gets @result_off now, and waits */
	if (loaded)
		vcpu->parked = true;
}

/* The loaded vCPU has stopped in a way that ends its VM: stop the others */
void vcpu_halt(struct cpu *cpu, struct frame *f, const struct vm_halt *halt,
	       const struct run_result *result)
{
	struct vcpu *vcpu = cpu->vcpu;
	struct vm *vm = vcpu->vm;

	vm->halt = *halt;
	vm->halt.index = vcpu->index;
	vm->halted = true;
	for (u32 i = 0; i < VM_MAX_VCPUS; i++) {
		struct vcpu *other = vm->vcpus[i];

		if (other && other != vcpu && !is_killed(other))
			halt_sibling(other);
	}

	vcpu->state = VCPU_HALTED;
	vcpu->result = *result;
	leave(cpu, f, result);
	vcpu->parked = result->state == RUN_POWERED_OFF;

	vm->busy = planned(&hyp.quirk.busy) || races_happen(RACE_BUSY);
	if (vcpu->proxy && (planned(&hyp.quirk.lost_halt) ||
			    races_happen(RACE_LOST_HALT)))
		vm->lost_halt = true;
	else
		tell_rm(vm);
}

void vcpu_fault(struct cpu *cpu, struct frame *f, const char *what)
{
	static const struct vm_halt halt = { .reason = RM_HALT_FAULT };
	static const struct run_result result = { .state = RUN_FAULT };

	log_printf("VM %u vCPU %u: %s, pc %lx esr %lx far %lx",
		   cpu->vcpu->vm->vmid, cpu->vcpu->index, what, f->pc,
		   read_sysreg(esr_el2), read_sysreg(far_el2));
	vcpu_halt(cpu, f, &halt, &result);
}

void vcpu_resume(struct cpu *cpu, struct frame *f)
{
	struct vcpu *vcpu = cpu->vcpu;

	if (world_evicted(cpu)) {
		world_unload(cpu, f);
		sched_left(cpu);
		vcpu = NULL;
	}
	sched_poll(cpu, f);
	if (vcpu && cpu->vcpu == vcpu)
		vgic_flush(vcpu);
}

/* The owner has emulated the access; a value that was read is @val */
static void finish_mmio(struct vcpu *vcpu, u64 val)
{
	u32 shift;

	vcpu->state = VCPU_RUNNABLE;
	if (vcpu->result.state != RUN_MMIO_READ || vcpu->mmio_reg == 31)
		return;

	shift = 64 - 8 * vcpu->result.data[1];
	val <<= shift;
	val = vcpu->mmio_sign ? (u64)((s64)val >> shift) : val >> shift;
	if (!vcpu->mmio_64)
		val = (u32)val;
	vcpu->frame.x[vcpu->mmio_reg] = val;
}

/* The owner says what it has done about an access */
static void finish_access(struct vcpu *vcpu, const u64 *arg)
{
	if (arg[1] == RESUME_HANDLED && vcpu->state == VCPU_MMIO) {
		finish_mmio(vcpu, arg[0]);
		return;
	}
	vcpu->state = VCPU_RUNNABLE;
	vcpu->frame.pc = vcpu->fault_pc;
	vcpu->frame.spsr = vcpu->fault_spsr;
	vcpu->inject = arg[1] == RESUME_INJECT;
}

/* An answer may come late: a VM can end between question and answer */
static bool bad_resume_data(const struct vcpu *vcpu, const u64 *arg)
{
	u64 max = is_gen2024() && vcpu->asked ? RESUME_INJECT : RESUME_HANDLED;

	return arg[2] || arg[1] > max ||
	       (arg[0] && (!vcpu->reading || arg[1] != RESUME_HANDLED));
}

static bool forced_result(struct frame *f)
{
	struct run_result result = {
		.state = hyp.quirk.vcpu_state_value,
		.data = {
			hyp.quirk.vcpu_state_addr,
			hyp.quirk.vcpu_state_addr ? 8 : 0,
		},
	};

	if (!hyp.quirk.vcpu_state_nth || --hyp.quirk.vcpu_state_nth)
		return false;
	give_result(f, &result);
	return true;
}

/* The resource manager has the vCPUs of a VM that has come to its end */
static bool is_busy(struct vm *vm)
{
	if (vm->busy && vm->busy_end && timer_now() >= vm->busy_end)
		vm->busy = false;
	return vm->busy;
}

/* Killed, but it takes some calls to get it out of the hypervisor */
static void unwind(struct vcpu *vcpu, struct frame *f)
{
	if (races_happen(RACE_UNWIND)) {
		give_result(f, &result_blocked);
	} else if (vcpu->unwind) {
		vcpu->unwind--;
		give_result(f, vcpu->unwind ? &result_blocked : &result_ready);
	} else {
		vcpu->state = VCPU_DEAD;
		give_result(f, &result_exited);
	}
}

/**
 * hcall_vcpu_run() - hypercall 0x65
 * @cpu: this CPU
 * @f: the host's registers, which get the results. If the vCPU is entered,
 *	@f has its registers on return: the results follow at its exit.
 * @vcpu: vCPU that the caller has the rights to run
 * @arg: resume data 0..2
 */
void hcall_vcpu_run(struct cpu *cpu, struct frame *f, struct vcpu *vcpu,
		    const u64 *arg)
{
	struct vm *vm = vcpu->vm;

	if (!vcpu->proxy || vcpu->cpu) {
		f->x[0] = GH_BUSY;
		return;
	}
	if (forced_result(f))
		return;
	if (vm->lost_halt) {
		vm->lost_halt = false;
		tell_rm(vm);
	}
	if (vcpu->state != VCPU_DEAD && is_busy(vm)) {
		f->x[0] = GH_BUSY;
		return;
	}
	if (bad_resume_data(vcpu, arg)) {
		f->x[0] = GH_ARG_INVALID;
		return;
	}
	vcpu->reading = false;
	vcpu->asked = false;

	switch (vcpu->state) {
	case VCPU_DEAD:
		give_result(f, &result_exited);
		return;
	case VCPU_KILLED:
		unwind(vcpu, f);
		return;
	case VCPU_OFF:
		vcpu->parked = true;
		give_result(f, &result_off);
		return;
	case VCPU_HALTED:
		vcpu->parked = vcpu->result.state == RUN_POWERED_OFF;
		give_result(f, &vcpu->result);
		return;
	case VCPU_WFI:
		vcpu->parked = true;
		give_result(f, &vcpu->result);
		return;
	case VCPU_MMIO:
	case VCPU_FAULT:
		finish_access(vcpu, arg);
		break;
	case VCPU_RUNNABLE:
		break;
	}

	vcpu->parked = false;
	/* An interrupt of the host is pending: it would exit at once */
	if (read_sysreg(isr_el1) & ISR_I) {
		give_result(f, &result_ready);
		return;
	}
	vcpu_enter(cpu, f, vcpu);
}

/* rm_ops, see rm.h */

int plat_vmmio_add(u16 vmid, u64 base, u64 size)
{
	struct vm *vm = vm_get(vmid);

	if (!vm || !size)
		return RM_HYP_ARG_INVALID;
	if (base + size < base)
		return GH_ADDR_OVERFLOW;
	if (vm->num_vmmio == VM_MAX_VMMIO)
		return RM_HYP_NORESOURCES;
	vm->vmmio[vm->num_vmmio].base = base;
	vm->vmmio[vm->num_vmmio++].size = size;
	return RM_HYP_OK;
}

int plat_vcpu_create(const struct rm_vcpu_params *params,
		     struct rm_endpoint *owner, struct rm_endpoint *own)
{
	struct vm *vm = vm_get(params->vmid);
	struct vcpu *vcpu;
	int ret;

	if (!vm || vm == &hyp.host || params->index >= VM_MAX_VCPUS ||
	    vm->vcpus[params->index])
		return RM_HYP_ARG_INVALID;
	vcpu = alloc(sizeof(*vcpu));
	if (!vcpu)
		return RM_HYP_NOMEM;
	vcpu->vm = vm;
	vcpu->index = params->index;
	vcpu->proxy = params->proxy;
	vcpu->psci = params->psci;
	vcpu->affinity = params->affinity;
	vcpu->slice = sched_slice(params->timeslice_us);
	vcpu->deadline.fn = deadline_passed;
	vcpu->owner_cap = RM_CAP_NONE;
	vcpu->own_cap = RM_CAP_NONE;
	owner->virq = RM_VIRQ_NONE;
	own->virq = RM_VIRQ_NONE;

	ret = cap_create(&hyp.host, OBJ_VCPU, OWNER_RIGHTS, vcpu,
			 &vcpu->owner_cap);
	if (!ret)
		ret = cap_create_last(vm, OBJ_VCPU, OWN_RIGHTS, vcpu,
				      &vcpu->own_cap);
	if (!ret && vcpu->proxy) {
		ret = virq_bind(&vcpu->wake_irq, &hyp.host, 0);
		owner->virq = vcpu->wake_irq.intid;
	}
	if (ret) {
		cap_delete(&hyp.host, vcpu->owner_cap);
		cap_delete(vm, vcpu->own_cap);
		free(vcpu, sizeof(*vcpu));
		return ret == GH_NOMEM ? RM_HYP_NOMEM : RM_HYP_NORESOURCES;
	}

	owner->cap = vcpu->owner_cap;
	own->cap = vcpu->own_cap;
	vm->vcpus[vcpu->index] = vcpu;
	if (!vcpu->proxy)
		sched_add(vcpu);
	return RM_HYP_OK;
}

int plat_vcpu_power_on(u16 vmid, u8 index, const struct rm_boot_regs *regs)
{
	struct vm *vm = vm_get(vmid);
	struct vcpu *vcpu = vm ? vcpu_get(vm, index) : NULL;

	if (!vcpu)
		return RM_HYP_ARG_INVALID;
	if (vcpu->state != VCPU_OFF || vm->halted)
		return RM_HYP_BUSY;
	if (!vm->running) {
		vm->running = true;
		vm->cntvoff = timer_now();
	}
	vcpu_reset(vcpu, regs->pc, 0);
	memcpy(vcpu->frame.x, regs->x, sizeof(regs->x));
	vcpu->sys.sp_el0 = regs->sp[0];
	vcpu->sys.sp_el1 = regs->sp[1];
	make_runnable(vcpu);
	return RM_HYP_OK;
}

void plat_vcpu_kill(u16 vmid, u8 index)
{
	struct vm *vm = vm_get(vmid);
	struct vcpu *vcpu = vm ? vcpu_get(vm, index) : NULL;

	if (!vcpu || is_killed(vcpu))
		return;
	world_evict(vcpu, &result_ready);
	vcpu->state = vcpu->proxy ? VCPU_KILLED : VCPU_DEAD;
	vcpu->unwind = UNWIND_CALLS;
	timer_cancel(&vcpu->deadline);
	if (!hyp.races.seed)
		vm->busy = false;
	else if (vm->busy && !vm->busy_end)
		vm->busy_end = timer_now() +
			       timer_us(races_delay_us(RACE_BUSY));
	wake_owner(vcpu);
	if (!vcpu->proxy)
		sched_remove(vcpu);
}

void plat_vcpu_destroy(u16 vmid, u8 index)
{
	struct vm *vm = vm_get(vmid);
	struct vcpu *vcpu = vm ? vcpu_get(vm, index) : NULL;

	if (!vcpu)
		return;
	plat_vcpu_kill(vmid, index);
	if (vcpu->proxy)
		virq_unbind(&vcpu->wake_irq);
	cap_delete(&hyp.host, vcpu->owner_cap);
	cap_delete(vm, vcpu->own_cap);
	world_forget(vcpu);
	vm->vcpus[index] = NULL;
	free(vcpu, sizeof(*vcpu));
}
