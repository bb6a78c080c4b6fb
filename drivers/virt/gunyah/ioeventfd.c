// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfd: a write of the VM to an address signals an eventfd
 *
 * A VM's ioeventfds are in a hash table by address. A write matches at most one
 * of them, because those that would match the same write are refused. A vCPU
 * that runs looks its writes up under the VM's SRCU.
 */

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/hashtable.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "function.h"
#include "ioeventfd.h"
#include "trace.h"
#include "vm.h"

#define IOEVENTFD_FLAGS		GH_IOEVENTFD_FLAGS_DATAMATCH

/**
 * struct gunyah_ioeventfd - an eventfd that is signalled
 * @fn: as a function of its VM
 * @node: in gunyah_vm.ioeventfds, from the time it was added to its removal
 * @addr: guest physical address of the write
 * @data: value of the write, if @has_data
 * @len: size of the write in bytes, 0 for all sizes
 * @has_data: only writes of @data match
 * @ctx: the eventfd, whose file may have been closed
 */
struct gunyah_ioeventfd {
	struct gunyah_function fn;
	struct hlist_node node;
	u64 addr;
	u64 data;
	u32 len;
	bool has_data;
	struct eventfd_ctx *ctx;
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

static struct hlist_head *ioeventfd_bucket(struct gunyah_vm *vm, u64 addr)
{
	return &vm->ioeventfds[hash_min(addr, HASH_BITS(vm->ioeventfds))];
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
	struct hlist_head *bucket = ioeventfd_bucket(vm, addr);
	struct gunyah_ioeventfd *ioeventfd;

	if (hlist_empty(bucket) || !ioeventfd_len_valid(len))
		return false;
	data = ioeventfd_data(data, len);

	guard(srcu)(&vm->srcu);
	hlist_for_each_entry_srcu(ioeventfd, bucket, node,
				  srcu_read_lock_held(&vm->srcu)) {
		if (ioeventfd->addr != addr)
			continue;
		if (ioeventfd->len && ioeventfd->len != len)
			continue;
		if (ioeventfd->has_data && ioeventfd->data != data)
			continue;
		eventfd_signal(ioeventfd->ctx);
		trace_gunyah_ioeventfd(vm->vmid, addr, len);
		return true;
	}
	return false;
}

/* Fill in which writes match an argument that need not be valid */
static void ioeventfd_set_match(struct gunyah_ioeventfd *ioeventfd,
				const struct gh_fn_ioeventfd_arg *arg)
{
	ioeventfd->addr = arg->addr;
	ioeventfd->len = arg->len;
	ioeventfd->has_data = arg->flags & GH_IOEVENTFD_FLAGS_DATAMATCH;
	ioeventfd->data = 0;
	if (ioeventfd->has_data && ioeventfd_len_valid(arg->len))
		ioeventfd->data = ioeventfd_data(arg->datamatch, arg->len);
}

static bool ioeventfd_overlap(const struct gunyah_ioeventfd *a,
			      const struct gunyah_ioeventfd *b)
{
	return a->addr == b->addr &&
	       (!a->len || !b->len || a->len == b->len) &&
	       (!a->has_data || !b->has_data || a->data == b->data);
}

static bool ioeventfd_overlaps_any(struct gunyah_vm *vm,
				   const struct gunyah_ioeventfd *ioeventfd)
{
	struct gunyah_ioeventfd *other;

	lockdep_assert_held(&vm->lock);

	hlist_for_each_entry(other, ioeventfd_bucket(vm, ioeventfd->addr), node)
		if (ioeventfd_overlap(other, ioeventfd))
			return true;
	return false;
}

/* VMMs exist that give nothing but the address for a removal */
static enum gunyah_match ioeventfd_match(struct gunyah_function *fn,
					 const void *arg)
{
	const struct gunyah_ioeventfd *ioeventfd = to_ioeventfd(fn);
	struct gunyah_ioeventfd wanted;

	ioeventfd_set_match(&wanted, arg);
	if (ioeventfd->addr != wanted.addr)
		return GUNYAH_MATCH_NONE;
	if (ioeventfd->len == wanted.len &&
	    ioeventfd->has_data == wanted.has_data &&
	    ioeventfd->data == wanted.data)
		return GUNYAH_MATCH_EXACT;
	return wanted.has_data ? GUNYAH_MATCH_NONE : GUNYAH_MATCH_PARTIAL;
}

static void ioeventfd_remove(struct gunyah_function *fn)
{
	struct gunyah_ioeventfd *ioeventfd = to_ioeventfd(fn);

	hash_del_rcu(&ioeventfd->node);
	/*
	 * When the caller returns, every write that came before has reached the
	 * eventfd. No vCPU runs without resources.
	 */
	if (!list_empty(&fn->vm->resources))
		synchronize_srcu(&fn->vm->srcu);
	eventfd_ctx_put(ioeventfd->ctx);
	kfree(ioeventfd);
}

static void ioeventfd_show(struct gunyah_function *fn, struct seq_file *file)
{
	const struct gunyah_ioeventfd *ioeventfd = to_ioeventfd(fn);

	seq_printf(file, "ioeventfd addr=0x%llx len=%u", ioeventfd->addr,
		   ioeventfd->len);
	if (ioeventfd->has_data)
		seq_printf(file, " data=0x%llx", ioeventfd->data);
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
	ioeventfd_set_match(ioeventfd, ioeventfd_arg);
	if (ioeventfd_overlaps_any(vm, ioeventfd)) {
		ret = -EEXIST;
		goto err_free;
	}

	hlist_add_head_rcu(&ioeventfd->node,
			   ioeventfd_bucket(vm, ioeventfd->addr));
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
