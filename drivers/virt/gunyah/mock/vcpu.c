// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: their states, and the vcpu_run hypercall
 *
 * What happens to a vCPU while its owner runs it is as on the published
 * hypervisor; see the test hypervisor's file of the same name. All functions but
 * those that allocate and free need mock.lock.
 */

#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "mock.h"

/* Calls of vcpu_run that a killed vCPU needs to get to its end */
#define UNWIND_CALLS	2
/* Operations of a guest until the host may interrupt it */
#define MAX_STEPS	64

static const struct gunyah_vcpu_run_resp resp_ready = {
	.state = GUNYAH_VCPU_STATE_READY,
};

static const struct gunyah_vcpu_run_resp resp_blocked = {
	.state = GUNYAH_VCPU_STATE_BLOCKED,
};

static const struct gunyah_vcpu_run_resp resp_off = {
	.state = GUNYAH_VCPU_STATE_POWERED_OFF,
};

static const struct gunyah_vcpu_run_resp resp_exited = {
	.state = GUNYAH_VCPU_STATE_POWERED_OFF,
	.data = { GUNYAH_VCPU_POWERED_OFF_EXITED },
};

/* Is it to happen, by one of the counts of struct mock_quirk? */
static bool vcpu_planned(u64 *count)
{
	if (!*count)
		return false;
	--*count;
	return true;
}

/* If the owner waits for the vCPU, have it call vcpu_run again */
static void vcpu_wake_owner(struct mock_vcpu *vcpu)
{
	if (!vcpu->proxy || !vcpu->parked)
		return;
	vcpu->parked = false;
	if (!vcpu_planned(&mock.quirk.lost_wake))
		mock_irq_raise(&vcpu->wake, false);
}

static void vcpu_make_runnable(struct mock_vcpu *vcpu)
{
	vcpu->state = MOCK_VCPU_RUNNABLE;
	vcpu_wake_owner(vcpu);
}

static enum hrtimer_restart vcpu_timer(struct hrtimer *timer)
{
	struct mock_vcpu *vcpu = container_of(timer, struct mock_vcpu, timer);

	guard(spinlock_irqsave)(&mock.lock);
	vcpu->timer_fired = true;
	if (vcpu->state == MOCK_VCPU_WFI)
		vcpu_make_runnable(vcpu);
	return HRTIMER_NORESTART;
}

static int vcpu_connect(struct mock_vcpu *vcpu)
{
	int ret;

	ret = mock_cap_add(&mock.host, MOCK_VCPU, MOCK_RIGHT_RUN, vcpu, false,
			   &vcpu->owner_cap);
	if (!ret)
		ret = mock_cap_add(vcpu->vm, MOCK_VCPU, 0, vcpu, true,
				   &vcpu->own_cap);
	if (!ret && vcpu->proxy)
		ret = mock_irq_connect(&vcpu->wake, &mock.host, 0);
	return ret;
}

static void vcpu_disconnect(struct mock_vcpu *vcpu)
{
	mock_irq_disconnect(&vcpu->wake);
	mock_cap_remove(&mock.host, vcpu->owner_cap);
	mock_cap_remove(vcpu->vm, vcpu->own_cap);
	vcpu->vm->vcpus[vcpu->index] = NULL;
}

/**
 * mock_vcpu_create() - see &rm_ops.vcpu_create
 * @vm: VM, not the host
 * @params: what the resource manager wants
 * @owner: filled in
 * @own: filled in
 *
 * Context: Process context, may sleep.
 * Return: an enum rm_hyp_error.
 */
int mock_vcpu_create(struct mock_vm *vm, const struct rm_vcpu_params *params,
		     struct rm_endpoint *owner, struct rm_endpoint *own)
{
	struct mock_vcpu *vcpu;
	int ret;

	if (params->index >= MOCK_VCPUS || vm->vcpus[params->index])
		return RM_HYP_ARG_INVALID;
	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL);
	if (!vcpu)
		return RM_HYP_NOMEM;
	vcpu->vm = vm;
	vcpu->index = params->index;
	vcpu->proxy = params->proxy;
	vcpu->owner_cap = RM_CAP_NONE;
	vcpu->own_cap = RM_CAP_NONE;
	hrtimer_init(&vcpu->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	vcpu->timer.function = vcpu_timer;

	spin_lock_irq(&mock.lock);
	vm->vcpus[vcpu->index] = vcpu;
	ret = vcpu_connect(vcpu);
	*owner = (struct rm_endpoint) { vcpu->owner_cap, RM_VIRQ_NONE };
	*own = (struct rm_endpoint) { vcpu->own_cap, RM_VIRQ_NONE };
	if (vcpu->wake.vm)
		owner->virq = vcpu->wake.intid;
	if (ret)
		vcpu_disconnect(vcpu);
	spin_unlock_irq(&mock.lock);
	if (ret)
		kfree(vcpu);
	return ret;
}

/**
 * mock_vcpu_start() - a vCPU begins to run
 * @vcpu: vCPU that is off
 * @pc: of the image, or with @booted of the first operation
 * @booted: it was started by another vCPU
 */
void mock_vcpu_start(struct mock_vcpu *vcpu, u64 pc, bool booted)
{
	lockdep_assert_held(&mock.lock);

	vcpu->pc = pc;
	vcpu->booted = booted;
	vcpu->busy = false;
	vcpu->answered = false;
	vcpu->timer_fired = false;
	vcpu_make_runnable(vcpu);
}

/**
 * mock_vcpu_power_on() - see &rm_ops.vcpu_power_on
 * @vcpu: vCPU
 * @pc: where it starts
 *
 * Return: RM_HYP_OK or RM_HYP_BUSY.
 */
int mock_vcpu_power_on(struct mock_vcpu *vcpu, u64 pc)
{
	lockdep_assert_held(&mock.lock);

	if (vcpu->state != MOCK_VCPU_OFF || vcpu->vm->halted)
		return RM_HYP_BUSY;
	mock_vcpu_start(vcpu, pc, false);
	return RM_HYP_OK;
}

static bool vcpu_is_killed(const struct mock_vcpu *vcpu)
{
	return vcpu->state == MOCK_VCPU_KILLED || vcpu->state == MOCK_VCPU_DEAD;
}

/**
 * mock_vcpu_kill() - see &rm_ops.vcpu_kill
 * @vcpu: vCPU
 */
void mock_vcpu_kill(struct mock_vcpu *vcpu)
{
	lockdep_assert_held(&mock.lock);

	if (vcpu_is_killed(vcpu))
		return;
	vcpu->state = vcpu->proxy ? MOCK_VCPU_KILLED : MOCK_VCPU_DEAD;
	vcpu->unwind = UNWIND_CALLS;
	vcpu->vm->busy = false;
	vcpu_wake_owner(vcpu);
}

/**
 * mock_vcpu_destroy() - see &rm_ops.vcpu_destroy
 * @vcpu: vCPU
 *
 * Context: Process context, may sleep.
 */
void mock_vcpu_destroy(struct mock_vcpu *vcpu)
{
	spin_lock_irq(&mock.lock);
	mock_vcpu_kill(vcpu);
	vcpu_disconnect(vcpu);
	spin_unlock_irq(&mock.lock);
	hrtimer_cancel(&vcpu->timer);
	kfree(vcpu);
}

static void vcpu_halt_sibling(struct mock_vcpu *vcpu)
{
	vcpu->state = MOCK_VCPU_HALTED;
	vcpu->result = resp_off;
}

/**
 * mock_vcpu_halt() - a vCPU has ended its VM
 * @vcpu: vCPU that runs
 * @halt: how
 * @resp: what its owner gets from now on
 */
void mock_vcpu_halt(struct mock_vcpu *vcpu, const struct mock_halt *halt,
		    const struct gunyah_vcpu_run_resp *resp)
{
	struct mock_vm *vm = vcpu->vm;
	unsigned int i;

	lockdep_assert_held(&mock.lock);

	for (i = 0; i < MOCK_VCPUS; i++)
		if (vm->vcpus[i] && !vcpu_is_killed(vm->vcpus[i]))
			vcpu_halt_sibling(vm->vcpus[i]);
	vcpu->result = *resp;
	vcpu->parked = resp->state == GUNYAH_VCPU_STATE_POWERED_OFF;

	vm->halted = true;
	vm->halt = *halt;
	vm->halt.index = vcpu->index;
	vm->halt.when = jiffies + usecs_to_jiffies(mock.quirk.exit_delay);
	vm->busy = vcpu_planned(&mock.quirk.busy);
	vm->lost_halt = vcpu_planned(&mock.quirk.lost_halt);
	vm->halt.pending = !vm->lost_halt;
	if (vm->halt.pending)
		mock_rm_kick();
}

/**
 * mock_vcpu_wait() - a vCPU sleeps until its guest is interrupted
 * @vcpu: vCPU that runs
 * @resp: filled in
 */
void mock_vcpu_wait(struct mock_vcpu *vcpu, struct gunyah_vcpu_run_resp *resp)
{
	lockdep_assert_held(&mock.lock);

	*resp = (struct gunyah_vcpu_run_resp) {
		.state = GUNYAH_VCPU_STATE_EXPECTS_WAKEUP,
	};
	vcpu->state = MOCK_VCPU_WFI;
	vcpu->result = *resp;
	vcpu->parked = true;
}

/**
 * mock_vcpu_off() - a vCPU switches itself off
 * @vcpu: vCPU that runs
 * @resp: filled in
 */
void mock_vcpu_off(struct mock_vcpu *vcpu, struct gunyah_vcpu_run_resp *resp)
{
	lockdep_assert_held(&mock.lock);

	*resp = resp_off;
	vcpu->state = MOCK_VCPU_OFF;
	vcpu->parked = true;
}

/**
 * mock_vm_interrupted() - a guest has an interrupt that may be new
 * @vm: VM
 */
void mock_vm_interrupted(struct mock_vm *vm)
{
	struct mock_vcpu *vcpu;
	unsigned int i;

	lockdep_assert_held(&mock.lock);

	if (mock_irq_next(vm) == MOCK_IRQ_NONE)
		return;
	for (i = 0; i < MOCK_VCPUS; i++) {
		vcpu = vm->vcpus[i];
		if (vcpu && vcpu->state == MOCK_VCPU_WFI)
			vcpu_make_runnable(vcpu);
	}
}

/* Killed, but it takes some calls to get it out of the hypervisor */
static void vcpu_unwind(struct mock_vcpu *vcpu,
			struct gunyah_vcpu_run_resp *resp)
{
	if (!vcpu->unwind) {
		vcpu->state = MOCK_VCPU_DEAD;
		*resp = resp_exited;
		return;
	}
	vcpu->unwind--;
	*resp = vcpu->unwind ? resp_blocked : resp_ready;
}

/* The answer of a vCPU that does not run; false if it does */
static bool vcpu_stands(struct mock_vcpu *vcpu,
			struct gunyah_vcpu_run_resp *resp)
{
	switch (vcpu->state) {
	case MOCK_VCPU_DEAD:
		*resp = resp_exited;
		return true;
	case MOCK_VCPU_KILLED:
		vcpu_unwind(vcpu, resp);
		return true;
	case MOCK_VCPU_OFF:
		vcpu->parked = true;
		*resp = resp_off;
		return true;
	case MOCK_VCPU_HALTED:
		vcpu->parked = vcpu->result.state ==
			       GUNYAH_VCPU_STATE_POWERED_OFF;
		*resp = vcpu->result;
		return true;
	case MOCK_VCPU_WFI:
		vcpu->parked = true;
		*resp = vcpu->result;
		return true;
	default:
		return false;
	}
}

static bool vcpu_forced(struct gunyah_vcpu_run_resp *resp)
{
	if (!mock.quirk.vcpu_state_nth || --mock.quirk.vcpu_state_nth)
		return false;
	*resp = (struct gunyah_vcpu_run_resp) {
		.state = mock.quirk.vcpu_state_value,
	};
	return true;
}

/**
 * mock_vcpu_run() - hypercall vcpu_run
 * @vcpu: vCPU
 * @resume: resume data
 * @resp: filled in if there is no error
 *
 * Runs the guest for a while, then it is as if the host was interrupted.
 *
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_BUSY or GUNYAH_ERROR_ARG_INVALID.
 */
enum gunyah_error mock_vcpu_run(struct mock_vcpu *vcpu, const u64 resume[3],
				struct gunyah_vcpu_run_resp *resp)
{
	struct mock_vm *vm = vcpu->vm;
	unsigned int steps;

	lockdep_assert_held(&mock.lock);

	if (!vcpu->proxy)
		return GUNYAH_ERROR_BUSY;
	if (vcpu_forced(resp))
		return GUNYAH_ERROR_OK;
	if (vm->lost_halt) {
		vm->lost_halt = false;
		vm->halt.pending = true;
		mock_rm_kick();
	}
	if (vcpu->state != MOCK_VCPU_DEAD && vm->busy)
		return GUNYAH_ERROR_BUSY;
	/* An answer may come late: a VM can end between question and answer */
	if (resume[1] || resume[2] || (resume[0] && !vcpu->reading))
		return GUNYAH_ERROR_ARG_INVALID;
	vcpu->reading = false;
	if (vcpu_stands(vcpu, resp))
		return GUNYAH_ERROR_OK;
	if (vcpu->state == MOCK_VCPU_MMIO) {
		vcpu->state = MOCK_VCPU_RUNNABLE;
		vcpu->answer = resume[0];
		vcpu->answered = true;
	}
	vcpu->parked = false;
	for (steps = 0; steps < MAX_STEPS; steps++)
		if (mock_guest_step(vcpu, resp))
			return GUNYAH_ERROR_OK;
	*resp = resp_ready;
	return GUNYAH_ERROR_OK;
}
