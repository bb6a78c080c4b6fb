// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfd: a write of the VM to an address signals an eventfd
 *
 * A VM's ioeventfds are in a hash table that grows with their number, and that
 * exists while there are any. A write matches at most one of them, because those
 * that would match the same write are refused. A vCPU that runs looks its writes
 * up under the VM's SRCU, so that a removal can wait for writes that are on
 * their way to the eventfd.
 */

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "function.h"
#include "ioeventfd.h"
#include "trace.h"
#include "vm.h"

#define IOEVENTFD_FLAGS		GH_IOEVENTFD_FLAGS_DATAMATCH

/**
 * struct ioeventfd_key - which writes match; has no padding, since it is hashed
 * @addr: guest physical address
 * @data: value, 0 without @has_data
 * @len: size in bytes, 0 for all sizes
 * @has_data: only writes of @data match
 */
struct ioeventfd_key {
	u64 addr;
	u64 data;
	u32 len;
	u32 has_data;
};

/**
 * struct gunyah_ioeventfd - an eventfd that is signalled
 * @fn: as a function of its VM
 * @node: in gunyah_vm.ioeventfds, from the time it was added to its removal
 * @key: which writes match
 * @ctx: the eventfd, whose file may have been closed
 * @rcu: frees it, because the lookup of another one may be passing over it
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
	.nelem_hint = 4,
	.min_size = 4,
};

/**
 * enum ioeventfd_kind - what a write has to have to match, besides the address
 * @IOEVENTFD_DATA: size and value
 * @IOEVENTFD_SIZE: size
 * @IOEVENTFD_ANY: nothing
 * @IOEVENTFD_KINDS: number of these
 */
enum ioeventfd_kind {
	IOEVENTFD_DATA,
	IOEVENTFD_SIZE,
	IOEVENTFD_ANY,
	IOEVENTFD_KINDS
};

/**
 * struct gunyah_ioeventfds - the ioeventfds of a VM
 * @table: all of them
 * @num: how many there are of each kind, so that nobody looks for others;
 *	changed with the VM's lock
 */
struct gunyah_ioeventfds {
	struct rhashtable table;
	unsigned int num[IOEVENTFD_KINDS];
};

static struct gunyah_ioeventfd *to_ioeventfd(struct gunyah_function *fn)
{
	return container_of(fn, struct gunyah_ioeventfd, fn);
}

/* The lowest @len bytes of @data */
static u64 ioeventfd_data(u64 data, u32 len)
{
	return data & GENMASK_ULL(len * 8 - 1, 0);
}

static bool ioeventfd_len_valid(u64 len)
{
	return len <= sizeof(u64) && is_power_of_2(len);
}

static enum ioeventfd_kind ioeventfd_kind(const struct ioeventfd_key *key)
{
	if (key->has_data)
		return IOEVENTFD_DATA;
	return key->len ? IOEVENTFD_SIZE : IOEVENTFD_ANY;
}

static bool ioeventfd_signal(struct gunyah_ioeventfds *all,
			     const struct ioeventfd_key *key)
{
	struct gunyah_ioeventfd *ioeventfd;

	if (!READ_ONCE(all->num[ioeventfd_kind(key)]))
		return false;
	guard(rcu)();
	ioeventfd = rhashtable_lookup(&all->table, key, ioeventfd_params);
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
 * @data: value that was written
 *
 * Context: Process context, without the lock of a wait queue.
 * Return: true if there is one, so that nobody else has to handle the write.
 */
bool gunyah_ioeventfd_write(struct gunyah_vm *vm, u64 addr, u64 len, u64 data)
{
	struct ioeventfd_key exact = { .addr = addr, .has_data = 1 };
	struct ioeventfd_key any_data = { .addr = addr };
	struct ioeventfd_key any_size = { .addr = addr };
	struct gunyah_ioeventfds *all;

	if (!rcu_access_pointer(vm->ioeventfds) || !ioeventfd_len_valid(len))
		return false;
	exact.len = len;
	exact.data = ioeventfd_data(data, len);
	any_data.len = len;

	guard(srcu)(&vm->srcu);
	all = srcu_dereference(vm->ioeventfds, &vm->srcu);
	if (!all || (!ioeventfd_signal(all, &exact) &&
		     !ioeventfd_signal(all, &any_data) &&
		     !ioeventfd_signal(all, &any_size)))
		return false;
	trace_gunyah_ioeventfd(vm->vmid, addr, len);
	return true;
}

/* Which writes match an argument that need not be valid */
static struct ioeventfd_key
ioeventfd_make_key(const struct gh_fn_ioeventfd_arg *arg)
{
	struct ioeventfd_key key = {
		.addr = arg->addr,
		.len = arg->len,
		.has_data = !!(arg->flags & GH_IOEVENTFD_FLAGS_DATAMATCH),
	};

	if (key.has_data && ioeventfd_len_valid(arg->len))
		key.data = ioeventfd_data(arg->datamatch, arg->len);
	return key;
}

static bool ioeventfd_overlap(const struct ioeventfd_key *a,
			      const struct ioeventfd_key *b)
{
	return a->addr == b->addr &&
	       (!a->len || !b->len || a->len == b->len) &&
	       (!a->has_data || !b->has_data || a->data == b->data);
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

/* VMMs exist that give nothing but the address for a removal */
static enum gunyah_match ioeventfd_match(struct gunyah_function *fn,
					 const void *arg)
{
	const struct ioeventfd_key *key = &to_ioeventfd(fn)->key;
	struct ioeventfd_key wanted = ioeventfd_make_key(arg);

	if (!memcmp(&wanted, key, sizeof(wanted)))
		return GUNYAH_MATCH_EXACT;
	if (wanted.addr == key->addr && !wanted.has_data)
		return GUNYAH_MATCH_PARTIAL;
	return GUNYAH_MATCH_NONE;
}

static struct gunyah_ioeventfds *ioeventfd_all(struct gunyah_vm *vm)
{
	return rcu_dereference_protected(vm->ioeventfds,
					 lockdep_is_held(&vm->lock));
}

static void ioeventfd_count(struct gunyah_ioeventfds *all,
			    const struct ioeventfd_key *key, int n)
{
	unsigned int *num = &all->num[ioeventfd_kind(key)];

	WRITE_ONCE(*num, *num + n);
}

static int ioeventfd_insert(struct gunyah_ioeventfd *ioeventfd)
{
	struct gunyah_vm *vm = ioeventfd->fn.vm;
	struct gunyah_ioeventfds *all = ioeventfd_all(vm);
	bool first = !all;
	int ret;

	if (first) {
		all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
		if (!all)
			return -ENOMEM;
		ret = rhashtable_init(&all->table, &ioeventfd_params);
		if (ret)
			goto err_free;
	}
	ret = rhashtable_insert_fast(&all->table, &ioeventfd->node,
				     ioeventfd_params);
	if (ret)
		goto err_destroy;
	ioeventfd_count(all, &ioeventfd->key, 1);
	if (first)
		rcu_assign_pointer(vm->ioeventfds, all);
	return 0;

err_destroy:
	if (first)
		rhashtable_destroy(&all->table);
err_free:
	if (first)
		kfree(all);
	return ret;
}

static void ioeventfd_remove(struct gunyah_function *fn)
{
	struct gunyah_ioeventfd *ioeventfd = to_ioeventfd(fn);
	struct gunyah_ioeventfds *all = ioeventfd_all(fn->vm);
	bool last;

	rhashtable_remove_fast(&all->table, &ioeventfd->node, ioeventfd_params);
	ioeventfd_count(all, &ioeventfd->key, -1);
	last = !atomic_read(&all->table.nelems);
	if (last)
		RCU_INIT_POINTER(fn->vm->ioeventfds, NULL);
	/*
	 * When the caller returns, every write that came before has reached the
	 * eventfd. No vCPU runs without resources.
	 */
	if (!list_empty(&fn->vm->resources))
		synchronize_srcu(&fn->vm->srcu);
	eventfd_ctx_put(ioeventfd->ctx);
	kfree_rcu(ioeventfd, rcu);
	if (last) {
		rhashtable_destroy(&all->table);
		kfree(all);
	}
}

static void ioeventfd_show(struct gunyah_function *fn, struct seq_file *file)
{
	const struct ioeventfd_key *key = &to_ioeventfd(fn)->key;

	seq_printf(file, "ioeventfd addr=0x%llx len=%u", key->addr, key->len);
	if (key->has_data)
		seq_printf(file, " data=0x%llx", key->data);
	seq_putc(file, '\n');
}

static int ioeventfd_check(const struct gh_fn_ioeventfd_arg *arg)
{
	u64 last;

	if (arg->flags & ~IOEVENTFD_FLAGS || arg->padding)
		return -EINVAL;
	if (arg->len ? !ioeventfd_len_valid(arg->len) : arg->flags)
		return -EINVAL;
	if (arg->len && check_add_overflow(arg->addr, arg->len - 1, &last))
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
	ioeventfd->ctx = ctx;
	ioeventfd->key = ioeventfd_make_key(ioeventfd_arg);
	if (ioeventfd_overlaps_any(vm, &ioeventfd->key)) {
		ret = -EEXIST;
		goto err_free;
	}
	ret = ioeventfd_insert(ioeventfd);
	if (ret)
		goto err_free;

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
	.min_size = sizeof(struct gh_fn_ioeventfd_arg),
	.flags = IOEVENTFD_FLAGS,
	.add = ioeventfd_add,
	.match = ioeventfd_match,
	.remove = ioeventfd_remove,
	.show = ioeventfd_show,
};
