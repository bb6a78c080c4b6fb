// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of a VM: vCPUs, irqfds and ioeventfds
 *
 * A function has a type and an argument. It can be added before the VM is
 * started: it is bound when the VM gets its resources and unbound before it
 * loses them.
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/lockdep.h>

#include "function.h"
#include "vm.h"

/* Written while the module is loaded, read only afterwards */
static const struct gunyah_function_ops *function_types[4];
static unsigned int function_num_types;

/**
 * gunyah_function_register() - register a type of function
 * @ops: the type
 *
 * Context: Module initialisation, before the first VM exists.
 */
void gunyah_function_register(const struct gunyah_function_ops *ops)
{
	if (WARN_ON(function_num_types == ARRAY_SIZE(function_types)))
		return;
	function_types[function_num_types++] = ops;
}

/**
 * gunyah_function_type() - find a type of function
 * @type: GH_FN_...
 *
 * Context: Any.
 * Return: the type, or NULL.
 */
const struct gunyah_function_ops *gunyah_function_type(u32 type)
{
	unsigned int i;

	for (i = 0; i < function_num_types; i++)
		if (function_types[i]->type == type)
			return function_types[i];
	return NULL;
}

/**
 * gunyah_function_types() - all types of functions
 *
 * Context: Any.
 * Return: bit n is set if there is a type n.
 */
u64 gunyah_function_types(void)
{
	unsigned int i;
	u64 types = 0;

	for (i = 0; i < function_num_types; i++)
		types |= BIT_ULL(function_types[i]->type);
	return types;
}

/**
 * gunyah_function_find() - find a function that an argument names
 * @vm: VM, its lock is held
 * @ops: type of the function
 * @arg: argument
 *
 * Context: Process context.
 * Return: the function that matches exactly, else the first one that matches in
 * part, else NULL. One that is still to be removed comes after all others.
 */
struct gunyah_function *
gunyah_function_find(struct gunyah_vm *vm,
		     const struct gunyah_function_ops *ops, const void *arg)
{
	struct gunyah_function *fn, *found = NULL;
	unsigned int rank, best = 0;
	enum gunyah_match match;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(fn, &vm->functions, list) {
		if (fn->ops != ops)
			continue;
		match = ops->match(fn, arg);
		if (match == GUNYAH_MATCH_NONE)
			continue;
		rank = match == GUNYAH_MATCH_EXACT ? 2 : 1;
		if (!READ_ONCE(fn->expired))
			rank += 2;
		if (rank > best) {
			best = rank;
			found = fn;
		}
	}
	return found;
}

static void function_bind(struct gunyah_function *fn)
{
	if (fn->ops->bind)
		fn->ops->bind(fn);
}

static void function_unbind(struct gunyah_function *fn)
{
	if (fn->ops->unbind)
		fn->ops->unbind(fn);
}

/**
 * gunyah_function_publish() - put a function that is complete on its VM's list
 * @fn: function, with vm and ops filled in; the VM's lock is held
 *
 * Cannot fail: a type's add() calls it last.
 *
 * Context: Process context.
 */
void gunyah_function_publish(struct gunyah_function *fn)
{
	lockdep_assert_held(&fn->vm->lock);

	list_add_tail(&fn->list, &fn->vm->functions);
	function_bind(fn);
}

/**
 * gunyah_function_add() - add a function to a VM
 * @vm: VM
 * @ops: type of the function
 * @arg: argument, @ops->arg_size bytes
 *
 * Context: Process context.
 * Return: what the type's add() returns, which is not negative on success;
 * -ERESTARTSYS.
 */
long gunyah_function_add(struct gunyah_vm *vm,
			 const struct gunyah_function_ops *ops, const void *arg)
{
	long ret;

	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	ret = ops->add(vm, arg);
	mutex_unlock(&vm->lock);
	return ret;
}

static void function_remove_locked(struct gunyah_function *fn)
{
	lockdep_assert_held(&fn->vm->lock);

	list_del(&fn->list);
	function_unbind(fn);
	fn->ops->remove(fn);
}

/**
 * gunyah_function_remove() - remove the function that an argument names
 * @vm: VM
 * @ops: type of the function
 * @arg: argument, @ops->arg_size bytes
 *
 * Context: Process context.
 * Return: 0, -ENOENT if there is none, -ERESTARTSYS.
 */
int gunyah_function_remove(struct gunyah_vm *vm,
			   const struct gunyah_function_ops *ops,
			   const void *arg)
{
	struct gunyah_function *fn;

	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	fn = gunyah_function_find(vm, ops, arg);
	if (fn)
		function_remove_locked(fn);
	mutex_unlock(&vm->lock);
	return fn ? 0 : -ENOENT;
}

/**
 * gunyah_functions_bind() - tell all functions that the VM has resources
 * @vm: VM, its lock is held
 *
 * Context: Process context.
 */
void gunyah_functions_bind(struct gunyah_vm *vm)
{
	struct gunyah_function *fn;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(fn, &vm->functions, list)
		function_bind(fn);
}

/**
 * gunyah_functions_unbind() - tell all functions that the VM loses its resources
 * @vm: VM, its lock is held
 *
 * Context: Process context, may sleep until vCPUs have come back.
 */
void gunyah_functions_unbind(struct gunyah_vm *vm)
{
	struct gunyah_function *fn;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(fn, &vm->functions, list)
		function_unbind(fn);
}

/**
 * gunyah_functions_remove() - remove all functions
 * @vm: VM, its lock is held; the functions are unbound
 *
 * Context: Process context.
 */
void gunyah_functions_remove(struct gunyah_vm *vm)
{
	struct gunyah_function *fn, *tmp;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry_safe(fn, tmp, &vm->functions, list) {
		list_del(&fn->list);
		fn->ops->remove(fn);
	}
}

/**
 * gunyah_function_expire() - have a function removed soon
 * @fn: function that is on its VM's list, or will be as soon as the VM's lock
 *	is free
 *
 * Context: Any, where @fn cannot be removed meanwhile.
 */
void gunyah_function_expire(struct gunyah_function *fn)
{
	WRITE_ONCE(fn->expired, true);
	gunyah_vm_kick(fn->vm, 0);
}

/**
 * gunyah_functions_remove_expired() - remove the functions that have expired
 * @vm: the VM
 *
 * Does not wait: while memory is added to a VM before its start, user space
 * decides how long its lock is held, and the VMs share a limited number of workers.
 *
 * Context: Worker.
 * Return: false if it has to be called again.
 */
bool gunyah_functions_remove_expired(struct gunyah_vm *vm)
{
	struct gunyah_function *fn, *tmp;

	if (!mutex_trylock(&vm->lock))
		return false;
	list_for_each_entry_safe(fn, tmp, &vm->functions, list)
		if (READ_ONCE(fn->expired))
			function_remove_locked(fn);
	mutex_unlock(&vm->lock);
	return true;
}
