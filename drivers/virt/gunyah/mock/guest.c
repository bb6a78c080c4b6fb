// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests: interpreter of operations
 *
 * There is no processor for arm64 code here. An image that begins with
 * GUEST_MOCK_MAGIC has a list of operations, the same that the guest code of the
 * selftests interprets: see their payloads.h. Any other image faults at its first
 * instruction.
 *
 * An operation is done in steps, with mock.lock held. It keeps its progress in
 * mock_vcpu.op, because the host may do something else between two of them.
 */

#include <linux/align.h>
#include <linux/hrtimer.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "mock.h"

/* What guests can call, besides GUEST_BELL_RECEIVE */
#define GUEST_IDENTIFY		0xc6008000
#define GUEST_MSGQ_SEND		0xc600801b
#define GUEST_MSGQ_RECV		0xc600801c
#define GUEST_VCPU_RUN		0xc6008065
#define GUEST_PSCI_VERSION	0x84000000

/* Result of a function that does not exist */
#define GUEST_NO_FUNCTION	(~0ULL)

/* Nanoseconds of a tick of the guest's timer */
#define TICK_NS			16

/* data[0] of GUNYAH_VCPU_STATE_SYSTEM_RESET */
#define RESET_PLAIN		BIT_ULL(63)
#define RESET_SMC64		BIT_ULL(62)

/*
 * What a step has done. GUEST_LEAVE: the owner has to do something, the response
 * says what.
 */
enum guest_ret {
	GUEST_NEXT,		/* the operation has ended */
	GUEST_AGAIN,		/* it goes on with the next step */
	GUEST_YIELD,		/* likewise, but the host goes first */
	GUEST_LEAVE,
};

/*
 * Ends
 */

static enum guest_ret guest_fault(struct mock_vcpu *vcpu,
				  struct gunyah_vcpu_run_resp *resp)
{
	const struct mock_halt halt = { .reason = RM_HALT_FAULT };

	*resp = (struct gunyah_vcpu_run_resp) {
		.state = GUNYAH_VCPU_STATE_FAULT,
	};
	mock_vcpu_halt(vcpu, &halt, resp);
	return GUEST_LEAVE;
}

static enum guest_ret guest_off(struct mock_vcpu *vcpu,
				struct gunyah_vcpu_run_resp *resp)
{
	const struct mock_halt halt = { .reason = RM_HALT_OFF };

	*resp = (struct gunyah_vcpu_run_resp) {
		.state = GUNYAH_VCPU_STATE_POWERED_OFF,
	};
	mock_vcpu_halt(vcpu, &halt, resp);
	return GUEST_LEAVE;
}

static enum guest_ret guest_reset(struct mock_vcpu *vcpu,
				  struct gunyah_vcpu_run_resp *resp)
{
	const struct mock_halt halt = { .reason = RM_HALT_RESET };

	*resp = (struct gunyah_vcpu_run_resp) {
		.state = GUNYAH_VCPU_STATE_SYSTEM_RESET,
		.data = { RESET_PLAIN },
	};
	mock_vcpu_halt(vcpu, &halt, resp);
	return GUEST_LEAVE;
}

static enum guest_ret guest_reset2(struct mock_vcpu *vcpu, u32 type, u64 cookie,
				   struct gunyah_vcpu_run_resp *resp)
{
	const struct mock_halt halt = {
		.reason = RM_HALT_RESET2,
		.reset_type = type,
		.cookie = cookie,
	};

	*resp = (struct gunyah_vcpu_run_resp) {
		.state = GUNYAH_VCPU_STATE_SYSTEM_RESET,
		.data = { type | RESET_SMC64, cookie },
	};
	mock_vcpu_halt(vcpu, &halt, resp);
	return GUEST_LEAVE;
}

/* The guest has found something wrong */
static enum guest_ret guest_failed(struct mock_vcpu *vcpu, u64 value,
				   struct gunyah_vcpu_run_resp *resp)
{
	return guest_reset2(vcpu, GUEST_FAILED, value, resp);
}

/*
 * Accesses
 */

static bool guest_is_mmio(struct mock_vm *vm, u64 addr, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < vm->num_mmio; i++)
		if (addr >= vm->mmio[i].base && size <= vm->mmio[i].size &&
		    addr - vm->mmio[i].base <= vm->mmio[i].size - size)
			return true;
	return false;
}

static u64 guest_mask(unsigned int size)
{
	return GENMASK_ULL(8 * size - 1, 0);
}

static enum guest_ret guest_mmio(struct mock_vcpu *vcpu, u64 addr,
				 unsigned int size, bool write, u64 value,
				 struct gunyah_vcpu_run_resp *resp)
{
	*resp = (struct gunyah_vcpu_run_resp) {
		.state = write ? GUNYAH_VCPU_STATE_MMIO_WRITE :
				 GUNYAH_VCPU_STATE_MMIO_READ,
		.data = { addr, size, write ? value & guest_mask(size) : 0 },
	};
	vcpu->state = MOCK_VCPU_MMIO;
	vcpu->reading = !write;
	return GUEST_LEAVE;
}

/* GUEST_NEXT if it was made; else the operation has to end with that value */
static enum guest_ret guest_access(struct mock_vcpu *vcpu, u64 addr,
				   unsigned int size, bool write, u64 *value,
				   struct gunyah_vcpu_run_resp *resp)
{
	void *memory;

	if (vcpu->answered) {
		vcpu->answered = false;
		if (!write)
			*value = vcpu->answer & guest_mask(size);
		return GUEST_NEXT;
	}
	if (!IS_ALIGNED(addr, size))
		return guest_fault(vcpu, resp);
	memory = mock_mem_at(vcpu->vm, addr,
			     write ? RM_RIGHT_W : RM_RIGHT_R);
	if (!memory && guest_is_mmio(vcpu->vm, addr, size))
		return guest_mmio(vcpu, addr, size, write, *value, resp);
	if (!memory)
		return guest_fault(vcpu, resp);
	if (write) {
		memcpy(memory, value, size);
	} else {
		*value = 0;
		memcpy(value, memory, size);
	}
	return GUEST_NEXT;
}

static enum guest_ret guest_load(struct mock_vcpu *vcpu, u64 addr, u64 *value,
				 struct gunyah_vcpu_run_resp *resp)
{
	return guest_access(vcpu, addr, 8, false, value, resp);
}

static enum guest_ret guest_store(struct mock_vcpu *vcpu, u64 addr, u64 value,
				  struct gunyah_vcpu_run_resp *resp)
{
	return guest_access(vcpu, addr, 8, true, &value, resp);
}

/*
 * Operations
 */

static enum guest_ret op_cpu_on(struct mock_vcpu *vcpu,
				struct gunyah_vcpu_run_resp *resp)
{
	struct mock_vcpu *target;

	target = vcpu->op.a < MOCK_VCPUS ? vcpu->vm->vcpus[vcpu->op.a] : NULL;
	if (!target || target->state != MOCK_VCPU_OFF)
		return guest_failed(vcpu, GUEST_NO_FUNCTION, resp);
	mock_vcpu_start(target, vcpu->op.b, true);
	return GUEST_NEXT;
}

static enum guest_ret op_cpu_off(struct mock_vcpu *vcpu,
				 struct gunyah_vcpu_run_resp *resp)
{
	mock_vcpu_off(vcpu, resp);
	return GUEST_LEAVE;
}

static enum guest_ret op_write(struct mock_vcpu *vcpu,
			       struct gunyah_vcpu_run_resp *resp)
{
	u32 n = vcpu->op.n;
	unsigned int size = n == 1 || n == 2 || n == 4 ? n : 8;

	return guest_access(vcpu, vcpu->op.a, size, true, &vcpu->op.b, resp);
}

static const struct {
	u8 size;
	u8 extend;	/* sign to so many bytes, 0: no sign */
} loads[GUEST_LOADS] = {
	[GUEST_LOAD_8]		= { 1 },
	[GUEST_LOAD_16]		= { 2 },
	[GUEST_LOAD_32]		= { 4 },
	[GUEST_LOAD_64]		= { 8 },
	[GUEST_LOAD_S8]		= { 1, 8 },
	[GUEST_LOAD_S16]	= { 2, 8 },
	[GUEST_LOAD_S32]	= { 4, 8 },
	[GUEST_LOAD_S8W]	= { 1, 4 },
	[GUEST_LOAD_S16W]	= { 2, 4 },
};

static enum guest_ret op_read(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	u32 kind = vcpu->op.n;
	enum guest_ret ret;
	u64 value;

	if (kind >= ARRAY_SIZE(loads))
		return guest_failed(vcpu, kind, resp);
	ret = guest_access(vcpu, vcpu->op.a, loads[kind].size, false, &value,
			   resp);
	if (ret)
		return ret;
	if (loads[kind].extend) {
		value = sign_extend64(value, 8 * loads[kind].size - 1);
		value &= guest_mask(loads[kind].extend);
	}
	return value == vcpu->op.b ? GUEST_NEXT :
				     guest_failed(vcpu, value, resp);
}

static enum guest_ret op_echo(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	enum guest_ret ret;

	if (!vcpu->op.c)
		return GUEST_NEXT;
	if (!vcpu->phase) {
		ret = guest_load(vcpu, vcpu->op.a, &vcpu->value, resp);
		if (ret)
			return ret;
		vcpu->phase = 1;
	}
	ret = guest_store(vcpu, vcpu->op.b, vcpu->value, resp);
	if (ret)
		return ret;
	vcpu->phase = 0;
	vcpu->op.c--;
	return GUEST_AGAIN;
}

/* GUEST_OP_FILL and GUEST_OP_CHECK, up to the end of a page */
static enum guest_ret op_pattern(struct mock_vcpu *vcpu,
				 struct gunyah_vcpu_run_resp *resp)
{
	bool write = vcpu->op.op == GUEST_OP_FILL;
	struct guest_op *op = &vcpu->op;
	u64 *memory, n;

	if (!op->b)
		return GUEST_NEXT;
	memory = mock_mem_at(vcpu->vm, op->a, write ? RM_RIGHT_W : RM_RIGHT_R);
	if (!memory || op->a % 8)
		return guest_fault(vcpu, resp);
	n = min(op->b, PAGE_SIZE - offset_in_page(op->a));
	op->b -= n;
	op->a += n;
	for (n = DIV_ROUND_UP(n, 8); n; n--, memory++) {
		if (write)
			*memory = op->c;
		else if (*memory != op->c)
			return guest_failed(vcpu, *memory, resp);
		op->c += GUEST_PATTERN_STEP;
	}
	return GUEST_AGAIN;
}

static enum guest_ret op_copy(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	struct guest_op *op = &vcpu->op;
	void *from, *to;
	u64 n;

	if (!op->c)
		return GUEST_NEXT;
	from = mock_mem_at(vcpu->vm, op->a, RM_RIGHT_R);
	to = mock_mem_at(vcpu->vm, op->b, RM_RIGHT_W);
	if (!from || !to || (op->a | op->b) % 8)
		return guest_fault(vcpu, resp);
	n = min3(op->c, (u64)PAGE_SIZE - offset_in_page(op->a),
		 (u64)PAGE_SIZE - offset_in_page(op->b));
	memmove(to, from, n);
	op->a += n;
	op->b += n;
	op->c -= n;
	return GUEST_AGAIN;
}

static enum guest_ret op_idle(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	if (!vcpu->phase) {
		vcpu->phase = 1;
		vcpu->timer_fired = false;
		hrtimer_start(&vcpu->timer, ns_to_ktime(vcpu->op.a * TICK_NS),
			      HRTIMER_MODE_REL);
	}
	if (vcpu->timer_fired)
		return GUEST_NEXT;
	mock_vcpu_wait(vcpu, resp);
	return GUEST_LEAVE;
}

static enum guest_ret op_sleep(struct mock_vcpu *vcpu,
			       struct gunyah_vcpu_run_resp *resp)
{
	mock_vcpu_wait(vcpu, resp);
	return GUEST_LEAVE;
}

static enum guest_ret op_spin(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	return GUEST_YIELD;
}

static enum guest_ret op_wait(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	enum guest_ret ret;
	u64 value;

	ret = guest_load(vcpu, vcpu->op.a, &value, resp);
	if (ret)
		return ret;
	return value == vcpu->op.b ? GUEST_NEXT : GUEST_YIELD;
}

static enum guest_ret op_jump(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	vcpu->pc = vcpu->op.a;
	return GUEST_NEXT;
}

/* The limit is read each time: the host may change it */
static enum guest_ret op_hammer(struct mock_vcpu *vcpu,
				struct gunyah_vcpu_run_resp *resp)
{
	enum guest_ret ret;
	u64 count, limit;

	if (!vcpu->answered) {
		ret = guest_load(vcpu, vcpu->op.c, &count, resp);
		if (!ret)
			ret = guest_load(vcpu, vcpu->op.c + 8, &limit, resp);
		if (ret)
			return ret;
		if (count >= limit)
			return GUEST_NEXT;
	}
	ret = op_write(vcpu, resp);
	if (!ret)
		ret = guest_load(vcpu, vcpu->op.c, &count, resp);
	if (!ret)
		ret = guest_store(vcpu, vcpu->op.c, count + 1, resp);
	return ret ?: GUEST_AGAIN;
}

static enum guest_ret op_time(struct mock_vcpu *vcpu,
			      struct gunyah_vcpu_run_resp *resp)
{
	return guest_store(vcpu, vcpu->op.a, div_u64(ktime_get_ns(), TICK_NS),
			   resp);
}

/*
 * Interrupts
 */

/* Clear the flags of a doorbell; false if the guest has no such doorbell */
static bool guest_clear_bell(struct mock_vcpu *vcpu, u64 cap, u64 *old)
{
	void *bell;

	if (cap == GUEST_NO_BELL)
		return true;
	if (mock_cap_find(vcpu->vm, cap, MOCK_BELL, MOCK_RIGHT_RECEIVE, &bell))
		return false;
	*old = mock_bell_receive(bell, ~0ULL);
	return true;
}

static enum guest_ret op_bell_clear(struct mock_vcpu *vcpu,
				    struct gunyah_vcpu_run_resp *resp)
{
	u64 old = vcpu->op.a;

	if (!guest_clear_bell(vcpu, vcpu->op.a, &old))
		return guest_failed(vcpu, GUEST_NO_FUNCTION, resp);
	return guest_store(vcpu, vcpu->op.b, old, resp);
}

static enum guest_ret op_irq_enable(struct mock_vcpu *vcpu,
				    struct gunyah_vcpu_run_resp *resp)
{
	if (vcpu->op.a >= MOCK_IRQS)
		return guest_fault(vcpu, resp);
	__set_bit(vcpu->op.a, vcpu->vm->enabled);
	return GUEST_NEXT;
}

static enum guest_ret op_irq_peek(struct mock_vcpu *vcpu,
				  struct gunyah_vcpu_run_resp *resp)
{
	return guest_store(vcpu, vcpu->op.a, mock_irq_next(vcpu->vm), resp);
}

/* Take an interrupt: clear its doorbell and count it, where these are given */
static enum guest_ret guest_handle(struct mock_vcpu *vcpu, u32 intid, u64 bell,
				   u64 count_at,
				   struct gunyah_vcpu_run_resp *resp)
{
	enum guest_ret ret = GUEST_NEXT;
	u64 count, old;

	if (!guest_clear_bell(vcpu, bell, &old))
		return guest_failed(vcpu, GUEST_NO_FUNCTION, resp);
	if (count_at) {
		ret = guest_load(vcpu, count_at, &count, resp);
		if (!ret)
			ret = guest_store(vcpu, count_at, count + 1, resp);
	}
	mock_irq_end(vcpu->vm, intid);
	return ret;
}

static enum guest_ret op_irq_wait(struct mock_vcpu *vcpu,
				  struct gunyah_vcpu_run_resp *resp)
{
	u32 intid = mock_irq_take(vcpu->vm);

	if (intid == MOCK_IRQ_NONE) {
		mock_vcpu_wait(vcpu, resp);
		return GUEST_LEAVE;
	}
	if (intid != vcpu->op.a)
		return guest_failed(vcpu, intid, resp);
	return guest_handle(vcpu, intid, vcpu->op.c, vcpu->op.b, resp);
}

static enum guest_ret op_irq_serve(struct mock_vcpu *vcpu,
				   struct gunyah_vcpu_run_resp *resp)
{
	u32 intid = mock_irq_take(vcpu->vm);
	enum guest_ret ret;
	u64 at, bell, stop;

	if (intid != MOCK_IRQ_NONE) {
		at = vcpu->op.b + intid * sizeof(struct guest_irq);
		ret = guest_load(vcpu, at + offsetof(struct guest_irq, bell),
				 &bell, resp);
		if (!ret)
			ret = guest_handle(vcpu, intid, bell, at, resp);
		return ret ?: GUEST_AGAIN;
	}
	ret = guest_load(vcpu, vcpu->op.a, &stop, resp);
	if (ret || stop)
		return ret;
	if (vcpu->op.n == GUEST_SERVE_POLL)
		return GUEST_YIELD;
	mock_vcpu_wait(vcpu, resp);
	return GUEST_LEAVE;
}

/* A call that a guest makes by its number */
static u64 guest_call(struct mock_vcpu *vcpu, u64 fn, u64 arg)
{
	void *object;
	u64 old;

	switch (fn) {
	case GUEST_PSCI_VERSION:
		return 0x10001;
	case GUEST_IDENTIFY:
		return MOCK_API_INFO;
	case GUEST_BELL_RECEIVE:
		return guest_clear_bell(vcpu, arg, &old) ? GUNYAH_ERROR_OK :
							   GUNYAH_ERROR_CAP_NULL;
	case GUEST_VCPU_RUN:
		/* No VM can run its own vCPUs */
		return mock_cap_find(vcpu->vm, arg, MOCK_VCPU, MOCK_RIGHT_RUN,
				     &object);
	default:
		return GUEST_NO_FUNCTION;
	}
}

static enum guest_ret op_hvc(struct mock_vcpu *vcpu,
			     struct gunyah_vcpu_run_resp *resp)
{
	u64 ret = guest_call(vcpu, vcpu->op.a, vcpu->op.b);

	return ret == vcpu->op.c ? GUEST_NEXT : guest_failed(vcpu, ret, resp);
}

static u64 guest_msgq_send(struct mock_vcpu *vcpu, const u64 regs[6])
{
	u8 packet[RM_MSG_SIZE];
	enum gunyah_error ret;
	void *msgq;

	ret = mock_cap_find(vcpu->vm, regs[1], MOCK_MSGQ, MOCK_RIGHT_SEND,
			    &msgq);
	if (ret)
		return ret;
	if (regs[2] > sizeof(packet))
		return GUNYAH_ERROR_ARG_SIZE;
	if (mock_mem_copy(vcpu->vm, regs[3], packet, regs[2], false))
		return GUNYAH_ERROR_ADDR_INVALID;
	return mock_msgq_put(msgq, packet, regs[2], regs[4] & GUNYAH_MSGQ_PUSH) ?
	       GUNYAH_ERROR_OK : GUNYAH_ERROR_MSGQ_FULL;
}

static u64 guest_msgq_recv(struct mock_vcpu *vcpu, u64 regs[6])
{
	u8 packet[RM_MSG_SIZE];
	enum gunyah_error ret;
	void *msgq;
	size_t size;

	ret = mock_cap_find(vcpu->vm, regs[1], MOCK_MSGQ, MOCK_RIGHT_RECEIVE,
			    &msgq);
	if (ret)
		return ret;
	size = mock_msgq_peek(msgq);
	if (!size)
		return GUNYAH_ERROR_MSGQ_EMPTY;
	if (size > regs[3] || size > sizeof(packet))
		return GUNYAH_ERROR_ADDR_OVERFLOW;
	mock_msgq_get(msgq, packet);
	regs[1] = size;
	return mock_mem_copy(vcpu->vm, regs[2], packet, size, true) ?
	       GUNYAH_ERROR_ADDR_INVALID : GUNYAH_ERROR_OK;
}

/* Registers 0 to 5 of the call are in memory; 0 to 3 are its results */
static enum guest_ret op_hvc_regs(struct mock_vcpu *vcpu,
				  struct gunyah_vcpu_run_resp *resp)
{
	u64 regs[6], addr = vcpu->op.a;

	if (mock_mem_copy(vcpu->vm, addr, regs, sizeof(regs), false))
		return guest_fault(vcpu, resp);
	if (regs[0] == GUEST_MSGQ_SEND)
		regs[0] = guest_msgq_send(vcpu, regs);
	else if (regs[0] == GUEST_MSGQ_RECV)
		regs[0] = guest_msgq_recv(vcpu, regs);
	else
		regs[0] = guest_call(vcpu, regs[0], regs[1]);
	mock_mem_copy(vcpu->vm, addr, regs, 4 * sizeof(regs[0]), true);
	return GUEST_NEXT;
}

static enum guest_ret op_reset2(struct mock_vcpu *vcpu,
				struct gunyah_vcpu_run_resp *resp)
{
	return guest_reset2(vcpu, vcpu->op.a, vcpu->op.b, resp);
}

static enum guest_ret (*const guest_ops[GUEST_OPS])(struct mock_vcpu *vcpu,
					struct gunyah_vcpu_run_resp *resp) = {
	[GUEST_OP_OFF]		= guest_off,
	[GUEST_OP_RESET]	= guest_reset,
	[GUEST_OP_RESET2]	= op_reset2,
	[GUEST_OP_CPU_OFF]	= op_cpu_off,
	[GUEST_OP_CPU_ON]	= op_cpu_on,
	[GUEST_OP_WRITE]	= op_write,
	[GUEST_OP_READ]		= op_read,
	[GUEST_OP_ECHO]		= op_echo,
	[GUEST_OP_FILL]		= op_pattern,
	[GUEST_OP_CHECK]	= op_pattern,
	[GUEST_OP_IDLE]		= op_idle,
	[GUEST_OP_SLEEP]	= op_sleep,
	[GUEST_OP_SPIN]		= op_spin,
	[GUEST_OP_FAULT]	= guest_fault,
	[GUEST_OP_WAIT]		= op_wait,
	[GUEST_OP_HVC]		= op_hvc,
	[GUEST_OP_JUMP]		= op_jump,
	[GUEST_OP_COPY]		= op_copy,
	[GUEST_OP_HAMMER]	= op_hammer,
	[GUEST_OP_TIME]		= op_time,
	[GUEST_OP_IRQ_ENABLE]	= op_irq_enable,
	[GUEST_OP_IRQ_WAIT]	= op_irq_wait,
	[GUEST_OP_IRQ_SERVE]	= op_irq_serve,
	[GUEST_OP_BELL_CLEAR]	= op_bell_clear,
	[GUEST_OP_HVC_REGS]	= op_hvc_regs,
	[GUEST_OP_IRQ_PEEK]	= op_irq_peek,
};

/* Fetch the next operation; false if there is none */
static bool guest_fetch(struct mock_vcpu *vcpu)
{
	struct guest_op *op;
	void *image;

	if (!vcpu->booted) {
		image = mock_mem_at(vcpu->vm, vcpu->pc, RM_RIGHT_X);
		if (!image || vcpu->pc % 8 ||
		    memcmp(image, GUEST_MOCK_MAGIC, strlen(GUEST_MOCK_MAGIC)))
			return false;
		vcpu->booted = true;
		vcpu->pc += GUEST_PROG;
	}
	op = mock_mem_at(vcpu->vm, vcpu->pc, RM_RIGHT_R);
	if (!op || vcpu->pc % sizeof(*op))
		return false;
	vcpu->op = *op;
	vcpu->pc += sizeof(*op);
	vcpu->phase = 0;
	vcpu->busy = true;
	return true;
}

/**
 * mock_guest_step() - do a step of a guest
 * @vcpu: vCPU that can run
 * @resp: filled in if its owner has to do something
 *
 * Context: mock.lock is held.
 * Return: whether the owner has to.
 */
bool mock_guest_step(struct mock_vcpu *vcpu, struct gunyah_vcpu_run_resp *resp)
{
	enum guest_ret ret;

	lockdep_assert_held(&mock.lock);

	if (!vcpu->busy && !guest_fetch(vcpu)) {
		guest_fault(vcpu, resp);
		return true;
	}
	if (vcpu->op.op >= GUEST_OPS)
		ret = guest_failed(vcpu, vcpu->op.op, resp);
	else
		ret = guest_ops[vcpu->op.op](vcpu, resp);
	switch (ret) {
	case GUEST_NEXT:
		vcpu->busy = false;
		return false;
	case GUEST_AGAIN:
		return false;
	case GUEST_YIELD:
		*resp = (struct gunyah_vcpu_run_resp) {
			.state = GUNYAH_VCPU_STATE_READY,
		};
		return true;
	default:
		return true;
	}
}
