// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfd: what a VM writes to an address signals an eventfd
 *
 * Each is in one hash table by VM, address, size and data, so that a write is
 * looked up at the same cost however many there are. It finds at most one: those
 * that would match the same write are refused.
 *
 * A vCPU that runs looks up under RCU.
 */

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "function.h"
#include "ioeventfd.h"
#include "trace.h"
#include "vm.h"

#define IOEVENTFD_FLAGS		GH_IOEVENTFD_FLAGS_DATAMATCH

/**
 * struct ioeventfd_key - which writes
 * @vm: of this VM
 * @addr: to this guest physical address
 * @data: of this value, 0 if any
 * @len: of this size in bytes, 0 if any
 * @flags: GH_IOEVENTFD_FLAGS_DATAMATCH: only of that value
 *
 * Hashed byte by byte: there is no padding.
 */
struct ioeventfd_key {
	const struct gunyah_vm *vm;
	u64 addr;
	u64 data;
	u32 len;
	u32 flags;
};

/**
 * struct gunyah_ioeventfd - an eventfd that is signalled
 * @fn: as a function of its VM
 * @node: in the hash table, from the time it was added to its removal
 * @key: which writes signal it
 * @ctx: the eventfd; its file may be closed before
 * @rcu: to free it, as a lookup of another may be on its way over it
 */
struct gunyah_ioeventfd {
	struct gunyah_function fn;
	struct rhash_head node;
	struct ioeventfd_key key;
	struct eventfd_ctx *ctx;
	struct rcu_head rcu;
};

static const struct rhashtable_params ioeventfd_params = {
	.key_len = sizeof(struct ioeventfd_key),
	.key_offset = offsetof(struct gunyah_ioeventfd, key),
	.head_offset = offsetof(struct gunyah_ioeventfd, node),
	.automatic_shrinking = true,
};

/* Of all VMs; changed by whoever holds the lock of the VM in question */
static struct rhashtable ioeventfd_table;

static struct gunyah_ioeventfd *to_ioeventfd(struct gunyah_function *fn)
{
	return container_of(fn, struct gunyah_ioeventfd, fn);
}

/* The bytes of @data that a write of @len bytes has */
static u64 ioeventfd_data(u64 data, u32 len)
{
	return data & GENMASK_ULL(len * 8 - 1, 0);
}

static bool ioeventfd_len_valid(u64 len)
{
	return len <= sizeof(u64) && is_power_of_2(len);
}

static bool ioeventfd_signal(const struct ioeventfd_key *key)
{
	struct gunyah_ioeventfd *ioeventfd;

	ioeventfd = rhashtable_lookup(&ioeventfd_table, key, ioeventfd_params);
	if (!ioeventfd)
		return false;
	eventfd_signal(ioeventfd->ctx);
	return true;
}

/**
 * gunyah_ioeventfd_write() - signal the eventfd that a write is for
 * @vm: VM that has written; one of its vCPUs is running
 * @addr: guest physical address
 * @len: size in bytes, not checked
 * @data: what it has written
 *
 * Context: Any but with the lock of a wait queue held.
 * Return: true if there was one: the write is done.
 */
bool gunyah_ioeventfd_write(const struct gunyah_vm *vm, u64 addr, u64 len,
			    u64 data)
{
	struct ioeventfd_key key = {
		.vm = vm,
		.addr = addr,
		.flags = GH_IOEVENTFD_FLAGS_DATAMATCH,
	};
	bool done;

	if (!READ_ONCE(vm->num_ioeventfds) || !ioeventfd_len_valid(len))
		return false;
	key.len = len;
	key.data = ioeventfd_data(data, len);

	rcu_read_lock();
	done = ioeventfd_signal(&key);
	if (!done) {
		key.flags = 0;
		key.data = 0;
		done = ioeventfd_signal(&key);
	}
	if (!done) {
		key.len = 0;
		done = ioeventfd_signal(&key);
	}
	rcu_read_unlock();

	if (done)
		trace_gunyah_ioeventfd(vm->vmid, addr, len);
	return done;
}

static struct ioeventfd_key
ioeventfd_make_key(const struct gunyah_vm *vm,
		   const struct gh_fn_ioeventfd_arg *arg)
{
	struct ioeventfd_key key = {
		.vm = vm,
		.addr = arg->addr,
		.len = arg->len,
		.flags = arg->flags & GH_IOEVENTFD_FLAGS_DATAMATCH,
	};

	if (key.flags && ioeventfd_len_valid(key.len))
		key.data = ioeventfd_data(arg->datamatch, arg->len);
	return key;
}

static bool ioeventfd_overlap(const struct ioeventfd_key *a,
			      const struct ioeventfd_key *b)
{
	return a->addr == b->addr &&
	       (!a->len || !b->len || a->len == b->len) &&
	       (!a->flags || !b->flags || a->data == b->data);
}

static bool ioeventfd_overlaps_any(struct gunyah_vm *vm,
				   const struct ioeventfd_key *key)
{
	struct gunyah_function *fn;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(fn, &vm->functions, list)
		if (fn->ops == &gunyah_ioeventfd_function &&
		    ioeventfd_overlap(&to_ioeventfd(fn)->key, key))
			return true;
	return false;
}

/* An address alone is enough: it is all that some VMMs give for a removal */
static enum gunyah_match ioeventfd_match(struct gunyah_function *fn,
					 const void *arg)
{
	const struct gunyah_ioeventfd *ioeventfd = to_ioeventfd(fn);
	struct ioeventfd_key key = ioeventfd_make_key(fn->vm, arg);

	if (!memcmp(&key, &ioeventfd->key, sizeof(key)))
		return GUNYAH_MATCH_EXACT;
	if (key.addr == ioeventfd->key.addr && !key.flags)
		return GUNYAH_MATCH_LOOSE;
	return GUNYAH_MATCH_NONE;
}

/* There is nothing of the VM's that it needs */
static void ioeventfd_bind(struct gunyah_function *fn)
{
}

static void ioeventfd_unbind(struct gunyah_function *fn)
{
}

static void ioeventfd_remove(struct gunyah_function *fn)
{
	struct gunyah_ioeventfd *ioeventfd = to_ioeventfd(fn);

	rhashtable_remove_fast(&ioeventfd_table, &ioeventfd->node,
			       ioeventfd_params);
	WRITE_ONCE(fn->vm->num_ioeventfds, fn->vm->num_ioeventfds - 1);
	/*
	 * Who removes it may look at the eventfd for the last time after this:
	 * no write may be on its way to it. And it must not be used any more. At
	 * the end of a VM there is no vCPU that could.
	 */
	if (!list_empty(&fn->vm->resources))
		synchronize_rcu_expedited();
	eventfd_ctx_put(ioeventfd->ctx);
	kfree_rcu(ioeventfd, rcu);
}

static void ioeventfd_show(struct gunyah_function *fn, struct seq_file *file)
{
	const struct ioeventfd_key *key = &to_ioeventfd(fn)->key;

	seq_printf(file, "ioeventfd addr=0x%llx len=%u", key->addr, key->len);
	if (key->flags)
		seq_printf(file, " data=0x%llx", key->data);
	seq_putc(file, '\n');
}

static int ioeventfd_check(const struct gh_fn_ioeventfd_arg *arg)
{
	u64 end;

	if (arg->flags & ~IOEVENTFD_FLAGS || arg->padding)
		return -EINVAL;
	if (arg->len ? !ioeventfd_len_valid(arg->len) : arg->flags)
		return -EINVAL;
	/* The last byte, so that a write to the last address is possible */
	if (arg->len && check_add_overflow(arg->addr, arg->len - 1, &end))
		return -EINVAL;
	return 0;
}

static long ioeventfd_add(struct gunyah_vm *vm, const void *arg)
{
	const struct gh_fn_ioeventfd_arg *ioeventfd_arg = arg;
	struct gunyah_ioeventfd *ioeventfd;
	struct eventfd_ctx *ctx;
	int ret;

	ret = ioeventfd_check(ioeventfd_arg);
	if (ret)
		return ret;

	ctx = eventfd_ctx_fdget(ioeventfd_arg->fd);
	if (IS_ERR(ctx))
		return -EBADF;

	ioeventfd = kzalloc(sizeof(*ioeventfd), GFP_KERNEL_ACCOUNT);
	if (!ioeventfd) {
		ret = -ENOMEM;
		goto err_put;
	}
	ioeventfd->fn.vm = vm;
	ioeventfd->fn.ops = &gunyah_ioeventfd_function;
	ioeventfd->key = ioeventfd_make_key(vm, ioeventfd_arg);
	ioeventfd->ctx = ctx;

	ret = -EEXIST;
	if (ioeventfd_overlaps_any(vm, &ioeventfd->key))
		goto err_free;
	ret = rhashtable_insert_fast(&ioeventfd_table, &ioeventfd->node,
				     ioeventfd_params);
	if (ret)
		goto err_free;

	WRITE_ONCE(vm->num_ioeventfds, vm->num_ioeventfds + 1);
	gunyah_function_publish(&ioeventfd->fn);
	return 0;

err_free:
	kfree(ioeventfd);
err_put:
	eventfd_ctx_put(ctx);
	return ret;
}

/* Type of function GH_FN_IOEVENTFD */
const struct gunyah_function_ops gunyah_ioeventfd_function = {
	.type = GH_FN_IOEVENTFD,
	.arg_size = sizeof(struct gh_fn_ioeventfd_arg),
	.flags = IOEVENTFD_FLAGS,
	.add = ioeventfd_add,
	.match = ioeventfd_match,
	.remove = ioeventfd_remove,
	.bind = ioeventfd_bind,
	.unbind = ioeventfd_unbind,
	.show = ioeventfd_show,
};

/**
 * gunyah_ioeventfd_init() - make the table of all ioeventfds
 *
 * Context: Module initialisation.
 * Return: 0 or -ENOMEM.
 */
int gunyah_ioeventfd_init(void)
{
	return rhashtable_init(&ioeventfd_table, &ioeventfd_params);
}

/**
 * gunyah_ioeventfd_exit() - the table goes, it is empty
 *
 * Context: Module exit.
 */
void gunyah_ioeventfd_exit(void)
{
	rhashtable_destroy(&ioeventfd_table);
}
