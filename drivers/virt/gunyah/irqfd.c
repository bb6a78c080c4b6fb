// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqfd: what is written to an eventfd rings a doorbell of the VM
 *
 * The bell rings in the wake-up of the eventfd, with its lock held and
 * interrupts off: nothing there sleeps, and the VM's lock cannot be taken. What
 * it needs is the capability, which is there between bind and unbind; what is
 * written before is kept for bind.
 *
 * The wait entry is at the eventfd as long as the function exists, whether or
 * not the VM was ever started or has such a doorbell.
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

/* The flag of the doorbell that the driver uses */
#define IRQFD_BELL_FLAG		BIT_ULL(32)

/* A hypercall that is not complete is repeated, but not for ever */
#define IRQFD_TRIES		8

/**
 * struct gunyah_irqfd - an eventfd that rings a doorbell
 * @fn: as a function of its VM
 * @ctx: the eventfd; its file may be closed before
 * @wait: in @wqh, from the time it was added to its removal
 * @wqh: the eventfd's wait queue; its lock is taken before @lock
 * @label: label of the doorbell
 * @level: the interrupt is level-triggered
 * @lock: protects the members below
 * @bound: there is a doorbell: @capid is valid
 * @pending: was written to before there was one
 * @capid: capability id of the doorbell
 * @rings: how often it was rung
 * @errors: how often that failed
 */
struct gunyah_irqfd {
	struct gunyah_function fn;
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	wait_queue_head_t *wqh;
	u32 label;
	bool level;

	spinlock_t lock;	/* the doorbell: see above */
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
						   IRQFD_BELL_FLAG, NULL);
	} while (error == GUNYAH_ERROR_RETRY && ++tries < IRQFD_TRIES);
	/* The event is gone, whatever came of it: there is nobody to tell */
	irqfd->rings++;
	if (error)
		irqfd->errors++;
	trace_gunyah_irqfd_ring(irqfd->fn.vm->vmid, irqfd->label, error);
}

static void irqfd_ring(struct gunyah_irqfd *irqfd)
{
	unsigned long flags;

	spin_lock_irqsave(&irqfd->lock, flags);
	irqfd_ring_locked(irqfd);
	spin_unlock_irqrestore(&irqfd->lock, flags);
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
	/* Nobody can write to it any more */
	if (events & EPOLLHUP)
		gunyah_function_expire(&irqfd->fn);
	return 0;
}

/* What vfs_poll() is given, to put the irqfd into the eventfd's wait queue */
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

/* From here on writes are seen. One that came before counts as well. */
static void irqfd_attach(struct gunyah_irqfd *irqfd, struct file *file)
{
	struct irqfd_poll poll = { .irqfd = irqfd };
	u64 count;

	init_waitqueue_func_entry(&irqfd->wait, irqfd_wakeup);
	init_poll_funcptr(&poll.table, irqfd_queue_proc);
	vfs_poll(file, &poll.table);

	spin_lock_irq(&irqfd->wqh->lock);
	eventfd_ctx_do_read(irqfd->ctx, &count);
	spin_unlock_irq(&irqfd->wqh->lock);
	if (count)
		irqfd_ring(irqfd);
}

static enum gunyah_match irqfd_match(struct gunyah_function *fn,
				     const void *arg)
{
	const struct gh_fn_irqfd_arg *irqfd_arg = arg;

	return to_irqfd(fn)->label == irqfd_arg->label ? GUNYAH_MATCH_EXACT :
							 GUNYAH_MATCH_NONE;
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
	 * Have the doorbell take its flag back as soon as it has interrupted:
	 * else the interrupt would stay until the VM does so. Needs a right that
	 * the VM's devicetree has to give; without it that is the VM's task.
	 */
	if (irqfd->level) {
		error = gunyah_hypercall_bell_set_mask(bell->capid,
						       IRQFD_BELL_FLAG,
						       GENMASK_ULL(63, 0));
		trace_gunyah_irqfd_mask(fn->vm->vmid, irqfd->label, error);
	}

	spin_lock_irq(&irqfd->lock);
	irqfd->capid = bell->capid;
	irqfd->bound = true;
	if (irqfd->pending)
		irqfd_ring_locked(irqfd);
	irqfd->pending = false;
	spin_unlock_irq(&irqfd->lock);
}

static void irqfd_unbind(struct gunyah_function *fn)
{
	struct gunyah_irqfd *irqfd = to_irqfd(fn);

	spin_lock_irq(&irqfd->lock);
	irqfd->bound = false;
	spin_unlock_irq(&irqfd->lock);
}

static void irqfd_remove(struct gunyah_function *fn)
{
	struct gunyah_irqfd *irqfd = to_irqfd(fn);
	u64 count;

	/* Takes the lock that the wake-up is called with: it is over then */
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

static long irqfd_add(struct gunyah_vm *vm, const void *arg)
{
	const struct gh_fn_irqfd_arg *irqfd_arg = arg;
	struct gunyah_irqfd *irqfd;
	struct file *file;

	if (irqfd_arg->flags & ~IRQFD_FLAGS || irqfd_arg->padding)
		return -EINVAL;

	file = eventfd_fget(irqfd_arg->fd);
	if (IS_ERR(file))
		return -EBADF;
	if (gunyah_function_find(vm, &gunyah_irqfd_function, arg)) {
		fput(file);
		return -EEXIST;
	}
	irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	if (!irqfd) {
		fput(file);
		return -ENOMEM;
	}
	irqfd->fn.vm = vm;
	irqfd->fn.ops = &gunyah_irqfd_function;
	irqfd->label = irqfd_arg->label;
	irqfd->level = irqfd_arg->flags & GH_IRQFD_FLAGS_LEVEL;
	spin_lock_init(&irqfd->lock);
	irqfd->ctx = eventfd_ctx_fileget(file);

	irqfd_attach(irqfd, file);
	gunyah_function_publish(&irqfd->fn);
	/* May be the last one, and then call back */
	fput(file);
	return 0;
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
