// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqfd: a write to an eventfd rings a doorbell of the VM
 *
 * The doorbell is rung in the wake-up of the eventfd, with its lock held and
 * interrupts off, so nothing there can sleep or take the VM's lock. The
 * capability of the doorbell exists between bind and unbind. A write that comes
 * before bind is kept until then.
 *
 * Several irqfds can have the same doorbell: devices that share an interrupt. It
 * knows nothing of them, and a ring is a ring.
 *
 * The wait entry is in the eventfd's wait queue as long as the function exists,
 * even if the VM was never started or has no such doorbell.
 */

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "function.h"
#include "hypercall.h"
#include "irqfd.h"
#include "resource.h"
#include "trace.h"
#include "vm.h"

#define IRQFD_FLAGS		GH_IRQFD_FLAGS_LEVEL

/* The doorbell's flag that the driver sets */
#define IRQFD_BELL_FLAG		BIT_ULL(32)

/* Limit for a hypercall that is to be repeated because it is not complete */
#define IRQFD_TRIES		8

/* Labels that can have the same eventfd in a VM */
#define IRQFD_MAX_LABELS	32

/**
 * struct gunyah_irqfd - an eventfd that rings a doorbell
 * @fn: as a function of its VM
 * @ctx: the eventfd, whose file may have been closed
 * @wait: in @wqh as long as the function exists
 * @wqh: the eventfd's wait queue; its lock is taken before @lock
 * @label: label of the doorbell
 * @level: the interrupt is level-triggered
 * @lock: protects the members below
 * @bound: the VM has the doorbell, and @capid is valid
 * @pending: the eventfd was written to while @bound was not set
 * @capid: capability id of the doorbell
 * @rings: number of rings
 * @errors: number of rings that the hypervisor refused
 */
struct gunyah_irqfd {
	struct gunyah_function fn;
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	wait_queue_head_t *wqh;
	u32 label;
	bool level;

	spinlock_t lock;	/* see above */
	bool bound;
	bool pending;
	u64 capid;
	unsigned long rings;
	unsigned long errors;
};

static struct gunyah_irqfd *to_irqfd(struct gunyah_function *fn)
{
	return container_of(fn, struct gunyah_irqfd, fn);
}

static void irqfd_ring_locked(struct gunyah_irqfd *irqfd)
{
	enum gunyah_error error;
	unsigned int tries = 0;

	lockdep_assert_held(&irqfd->lock);

	if (!irqfd->bound) {
		irqfd->pending = true;
		return;
	}
	do {
		error = gunyah_hypercall_bell_send(irqfd->capid,
						   IRQFD_BELL_FLAG);
	} while (error == GUNYAH_ERROR_RETRY && ++tries < IRQFD_TRIES);
	/* Nobody can be told of an error: the writer has gone on */
	irqfd->rings++;
	if (error)
		irqfd->errors++;
	trace_gunyah_irqfd_ring(irqfd->fn.vm->vmid, irqfd->label, error);
}

static void irqfd_ring(struct gunyah_irqfd *irqfd)
{
	guard(spinlock_irqsave)(&irqfd->lock);
	irqfd_ring_locked(irqfd);
}

/* Called with the lock of the eventfd's wait queue held */
static int irqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync,
			void *key)
{
	struct gunyah_irqfd *irqfd = container_of(wait, struct gunyah_irqfd,
						  wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->ctx, &count);
		irqfd_ring(irqfd);
	}
	/* The last file descriptor of the eventfd was closed */
	if (events & EPOLLHUP)
		gunyah_function_expire(&irqfd->fn);
	return 0;
}

/* For vfs_poll(), which puts the irqfd into the eventfd's wait queue */
struct irqfd_poll {
	poll_table table;
	struct gunyah_irqfd *irqfd;
};

static void irqfd_queue_proc(struct file *file, wait_queue_head_t *wqh,
			     poll_table *table)
{
	struct gunyah_irqfd *irqfd = container_of(table, struct irqfd_poll,
						  table)->irqfd;

	irqfd->wqh = wqh;
	add_wait_queue(wqh, &irqfd->wait);
}

/* See all writes from now on, and one that came before */
static void irqfd_attach(struct gunyah_irqfd *irqfd, struct file *file)
{
	struct irqfd_poll poll = { .irqfd = irqfd };
	u64 count = 0;

	init_waitqueue_func_entry(&irqfd->wait, irqfd_wakeup);
	init_poll_funcptr(&poll.table, irqfd_queue_proc);
	vfs_poll(file, &poll.table);

	scoped_guard(spinlock_irq, &irqfd->wqh->lock)
		eventfd_ctx_do_read(irqfd->ctx, &count);
	if (count)
		irqfd_ring(irqfd);
}

/* VMMs exist that give nothing but the label for a removal */
static enum gunyah_match irqfd_match(struct gunyah_function *fn,
				     const void *arg)
{
	const struct gh_fn_irqfd_arg *irqfd_arg = arg;
	struct gunyah_irqfd *irqfd = to_irqfd(fn);
	struct eventfd_ctx *ctx;
	bool same;

	if (irqfd->label != irqfd_arg->label)
		return GUNYAH_MATCH_NONE;
	ctx = eventfd_ctx_fdget(irqfd_arg->fd);
	if (IS_ERR(ctx))
		return GUNYAH_MATCH_PARTIAL;
	same = ctx == irqfd->ctx;
	eventfd_ctx_put(ctx);
	return same ? GUNYAH_MATCH_EXACT : GUNYAH_MATCH_PARTIAL;
}

static void irqfd_bind(struct gunyah_function *fn)
{
	struct gunyah_irqfd *irqfd = to_irqfd(fn);
	struct gunyah_resource *bell;
	enum gunyah_error error;

	bell = gunyah_resource_find(fn->vm, GUNYAH_RM_RESOURCE_BELL_TX,
				    irqfd->label);
	if (!bell)
		return;
	/*
	 * Let the hypervisor clear the flag when the interrupt is raised.
	 * Otherwise the interrupt stays asserted until the VM clears the flag
	 * itself, which it has to if its devicetree does not give the host the
	 * right to set masks.
	 */
	if (irqfd->level) {
		error = gunyah_hypercall_bell_set_mask(bell->capid,
						       IRQFD_BELL_FLAG,
						       GENMASK_ULL(63, 0));
		trace_gunyah_irqfd_mask(fn->vm->vmid, irqfd->label, error);
	}

	guard(spinlock_irq)(&irqfd->lock);
	irqfd->capid = bell->capid;
	irqfd->bound = true;
	if (irqfd->pending)
		irqfd_ring_locked(irqfd);
	irqfd->pending = false;
}

static void irqfd_unbind(struct gunyah_function *fn)
{
	struct gunyah_irqfd *irqfd = to_irqfd(fn);

	guard(spinlock_irq)(&irqfd->lock);
	irqfd->bound = false;
}

static void irqfd_remove(struct gunyah_function *fn)
{
	struct gunyah_irqfd *irqfd = to_irqfd(fn);
	u64 count;

	/* No wake-up is running when this returns: it takes the same lock */
	eventfd_ctx_remove_wait_queue(irqfd->ctx, &irqfd->wait, &count);
	eventfd_ctx_put(irqfd->ctx);
	kfree(irqfd);
}

static void irqfd_show(struct gunyah_function *fn, struct seq_file *file)
{
	struct gunyah_irqfd *irqfd = to_irqfd(fn);

	seq_printf(file, "irqfd label=%u %s %s rings=%lu errors=%lu\n",
		   irqfd->label, irqfd->level ? "level" : "edge",
		   READ_ONCE(irqfd->bound) ? "bound" : "unbound",
		   READ_ONCE(irqfd->rings), READ_ONCE(irqfd->errors));
}

/* Irqfds with the same label share a doorbell, which is of one kind */
static int irqfd_check_shared(struct gunyah_vm *vm,
			      const struct gh_fn_irqfd_arg *arg)
{
	struct gunyah_function *fn;
	struct gunyah_irqfd *irqfd;

	fn = gunyah_function_find(vm, &gunyah_irqfd_function, arg);
	if (!fn || READ_ONCE(fn->expired))
		return 0;
	irqfd = to_irqfd(fn);
	if (irqfd_match(fn, arg) == GUNYAH_MATCH_EXACT)
		return -EEXIST;
	return irqfd->level == !!(arg->flags & GH_IRQFD_FLAGS_LEVEL) ? 0 :
								       -EINVAL;
}

/* A write to the eventfd rings for all of its irqfds, with interrupts off */
static int irqfd_check_number(struct gunyah_vm *vm,
			      const struct eventfd_ctx *ctx)
{
	struct gunyah_function *fn;
	unsigned int number = 0;

	list_for_each_entry(fn, &vm->functions, list)
		if (fn->ops == &gunyah_irqfd_function &&
		    to_irqfd(fn)->ctx == ctx)
			number++;
	return number < IRQFD_MAX_LABELS ? 0 : -ENOSPC;
}

static long irqfd_add(struct gunyah_vm *vm, const void *arg)
{
	const struct gh_fn_irqfd_arg *irqfd_arg = arg;
	struct gunyah_irqfd *irqfd;
	struct eventfd_ctx *ctx;
	int ret;

	if (irqfd_arg->flags & ~IRQFD_FLAGS || irqfd_arg->padding)
		return -EINVAL;

	/* If this is the last reference, dropping it expires the irqfd */
	struct file *file __free(fput) = eventfd_fget(irqfd_arg->fd);
	if (IS_ERR(file))
		return -EBADF;
	ret = irqfd_check_shared(vm, irqfd_arg);
	if (ret)
		return ret;
	ctx = eventfd_ctx_fileget(file);
	ret = irqfd_check_number(vm, ctx);
	if (ret)
		goto err_put;
	ret = -ENOMEM;
	irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	if (!irqfd)
		goto err_put;
	irqfd->fn.vm = vm;
	irqfd->fn.ops = &gunyah_irqfd_function;
	irqfd->label = irqfd_arg->label;
	irqfd->level = irqfd_arg->flags & GH_IRQFD_FLAGS_LEVEL;
	spin_lock_init(&irqfd->lock);
	irqfd->ctx = ctx;

	irqfd_attach(irqfd, file);
	gunyah_function_publish(&irqfd->fn);
	return 0;

err_put:
	eventfd_ctx_put(ctx);
	return ret;
}

/* Type of function GH_FN_IRQFD */
const struct gunyah_function_ops gunyah_irqfd_function = {
	.type = GH_FN_IRQFD,
	.arg_size = sizeof(struct gh_fn_irqfd_arg),
	.min_size = sizeof(struct gh_fn_irqfd_arg),
	.flags = IRQFD_FLAGS,
	.add = irqfd_add,
	.match = irqfd_match,
	.remove = irqfd_remove,
	.bind = irqfd_bind,
	.unbind = irqfd_unbind,
	.show = irqfd_show,
};
