// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log. Each refusal and each death is one line: message, VM or parcel,
 * sender, error and reason.
 */
#include "rm_core.h"

#define LINE_MAX	224

/**
 * struct line - a line that is put together
 * @len: characters in @text
 * @text: the line; what does not fit is cut off
 */
struct line {
	size_t len;
	char text[LINE_MAX];
};

static void put(struct line *l, const char *s)
{
	while (*s && l->len < LINE_MAX - 1)
		l->text[l->len++] = *s++;
	l->text[l->len] = 0;
}

static void put_number(struct line *l, uint64_t value, unsigned int base)
{
	char digits[21];
	size_t n = sizeof(digits) - 1;

	digits[n] = 0;
	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	put(l, digits + n);
}

static void put_hex(struct line *l, uint64_t value)
{
	put(l, "0x");
	put_number(l, value, 16);
}

/* For instance "VM_STOP of VM 128, from VM 3" */
static void put_request(struct line *l, const struct rm_call *call)
{
	if (!call) {
		put(l, "the event loop");
		return;
	}
	if (call->name)
		put(l, call->name);
	else
		put_hex(l, call->id);
	if (call->subject == RM_ABOUT_VM && call->len >= 2) {
		put(l, " of VM ");
		put_number(l, rm_get16(call->in), 10);
	} else if (call->subject == RM_ABOUT_PARCEL && call->len >= 4) {
		put(l, " of parcel ");
		put_hex(l, rm_get32(call->in));
	}
	put(l, ", from VM ");
	put_number(l, call->vm->vmid, 10);
}

static const char *error_name(uint32_t err)
{
	static const char *const names[] = {
		[RM_ERR_NOMEM] = "NOMEM",
		[RM_ERR_NORESOURCE] = "NORESOURCE",
		[RM_ERR_DENIED] = "DENIED",
		[RM_ERR_MSG] = "MSG_INVALID",
		[RM_ERR_BUSY] = "BUSY",
		[RM_ERR_ARG] = "ARGUMENT_INVALID",
		[RM_ERR_HANDLE] = "HANDLE_INVALID",
		[RM_ERR_VALIDATE] = "VALIDATE_FAILED",
		[RM_ERR_MAP] = "MAP_FAILED",
		[RM_ERR_MEM] = "MEM_INVALID",
		[RM_ERR_MEM_INUSE] = "MEM_INUSE",
		[RM_ERR_MEM_RELEASED] = "MEM_RELEASED",
		[RM_ERR_VMID] = "VMID_INVALID",
		[RM_ERR_LOOKUP] = "LOOKUP_FAILED",
		[RM_ERR_IRQ] = "IRQ_INVALID",
		[RM_ERR_IRQ_INUSE] = "IRQ_INUSE",
		[RM_ERR_IRQ_RELEASED] = "IRQ_RELEASED",
		[RM_ERR_VM_STATE] = "VM_STATE",
	};

	if (err == RM_ERR_UNIMPLEMENTED)
		return "UNIMPLEMENTED";
	if (err < RM_ARRAY_SIZE(names) && names[err])
		return names[err];
	return "error";
}

/**
 * rm_log() - log a text and a number
 * @rm: resource manager
 * @text: text
 * @value: number, written in hexadecimal
 */
void rm_log(struct rm *rm, const char *text, uint64_t value)
{
	struct line l = { .len = 0 };

	put(&l, text);
	put(&l, " ");
	put_hex(&l, value);
	rm->ops->log(rm->ctx, l.text);
}

/**
 * rm_refuse() - note down why a request is refused
 * @rm: resource manager
 * @err: error code
 * @why: a short phrase for the log
 *
 * Callers up the stack may add a reason; the first one is kept because it is the
 * most specific.
 *
 * Return: @err
 */
uint32_t rm_refuse(struct rm *rm, uint32_t err, const char *why)
{
	if (!rm->why)
		rm->why = why;
	return err;
}

/**
 * rm_pass_over() - log a failed step that does not fail the request
 * @rm: resource manager
 * @what: the step
 * @value: VM or parcel
 */
void rm_pass_over(struct rm *rm, const char *what, uint64_t value)
{
	struct line l = { .len = 0 };

	put(&l, what);
	put(&l, " ");
	put_hex(&l, value);
	put(&l, ": ");
	put(&l, rm->why ? rm->why : "no reason noted");
	rm->ops->log(rm->ctx, l.text);
	rm->why = NULL;
}

/**
 * rm_log_refusal() - log an error that goes into a reply
 * @rm: resource manager, its reason is used up
 * @call: request
 * @err: error code
 */
void rm_log_refusal(struct rm *rm, const struct rm_call *call, uint32_t err)
{
	struct line l = { .len = 0 };

	put_request(&l, call);
	put(&l, ": refused with ");
	put(&l, error_name(err));
	put(&l, " (");
	put_hex(&l, err);
	put(&l, "): ");
	put(&l, rm->why ? rm->why : "no reason noted");
	rm->ops->log(rm->ctx, l.text);
	rm->why = NULL;
}

static void put_death(struct rm *rm, struct line *l, const char *who,
		      const char *why)
{
	put(l, who);
	put(l, " died in ");
	put_request(l, rm->call);
	put(l, ": ");
	put(l, why);
	rm->ops->log(rm->ctx, l->text);
}

/**
 * rm_die() - stop answering, for all VMs and until rm_revive()
 * @rm: resource manager
 * @why: why the published resource manager dies here
 */
void rm_die(struct rm *rm, const char *why)
{
	struct line l = { .len = 0 };

	if (!rm->stats.dead)
		put_death(rm, &l, "resource manager", why);
	rm->stats.dead = true;
}

/**
 * rm_panic() - panic in the hypervisor
 * @rm: resource manager
 * @why: why the published hypervisor panics here
 *
 * The resource manager is dead if the platform has no panic() op.
 */
void rm_panic(struct rm *rm, const char *why)
{
	struct line l = { .len = 0 };

	if (rm->stats.dead)
		return;
	put_death(rm, &l, "hypervisor", why);
	rm->stats.dead = true;
	if (rm->ops->panic)
		rm->ops->panic(rm->ctx, l.text);
}
