/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of a VM
 */

#ifndef _GUNYAH_FUNCTION_H
#define _GUNYAH_FUNCTION_H

#include <linux/list.h>
#include <linux/types.h>

struct gunyah_vm;
struct seq_file;

struct gunyah_function;

/**
 * enum gunyah_match - whether an argument names a function
 * @GUNYAH_MATCH_NONE: no
 * @GUNYAH_MATCH_PARTIAL: a part of it does: it counts if no function matches
 *	exactly
 * @GUNYAH_MATCH_EXACT: yes
 */
enum gunyah_match {
	GUNYAH_MATCH_NONE,
	GUNYAH_MATCH_PARTIAL,
	GUNYAH_MATCH_EXACT,
};

/**
 * struct gunyah_function_ops - a type of function
 * @type: GH_FN_...
 * @arg_size: size of its argument in bytes
 * @min_size: size of the first version of the argument in bytes
 * @flags: all flags that its argument may have
 * @add: checks the argument and makes the function; returns what the ioctl
 *	returns, or a negative errno. Publishes the function with
 *	gunyah_function_publish().
 * @match: whether @arg, as given for removal, names this function
 * @remove: takes the function out of service, after it was taken off the list.
 *	Cannot fail.
 * @bind: the VM has resources now. NULL if the type needs none.
 * @unbind: the resources go away; what uses them must have stopped when it
 *	returns. Cannot fail. NULL if the type needs none.
 * @show: describe it in one line
 *
 * All callbacks are called with gunyah_vm.lock held.
 */
struct gunyah_function_ops {
	u32 type;
	u32 arg_size;
	u32 min_size;
	u32 flags;
	long (*add)(struct gunyah_vm *vm, const void *arg);
	enum gunyah_match (*match)(struct gunyah_function *fn,
				   const void *arg);
	void (*remove)(struct gunyah_function *fn);
	void (*bind)(struct gunyah_function *fn);
	void (*unbind)(struct gunyah_function *fn);
	void (*show)(struct gunyah_function *fn, struct seq_file *file);
};

/**
 * struct gunyah_function - a function of a VM
 * @list: in gunyah_vm.functions
 * @vm: the VM; no reference, the function is removed before the VM goes
 * @ops: its type
 * @expired: to be removed; set by gunyah_function_expire()
 */
struct gunyah_function {
	struct list_head list;
	struct gunyah_vm *vm;
	const struct gunyah_function_ops *ops;
	bool expired;
};

void gunyah_function_register(const struct gunyah_function_ops *ops);
const struct gunyah_function_ops *gunyah_function_type(u32 type);
long gunyah_function_add(struct gunyah_vm *vm,
			 const struct gunyah_function_ops *ops, const void *arg);
int gunyah_function_remove(struct gunyah_vm *vm,
			   const struct gunyah_function_ops *ops,
			   const void *arg);
struct gunyah_function *
gunyah_function_find(struct gunyah_vm *vm,
		     const struct gunyah_function_ops *ops, const void *arg);
void gunyah_function_publish(struct gunyah_function *fn);
void gunyah_functions_bind(struct gunyah_vm *vm);
void gunyah_functions_unbind(struct gunyah_vm *vm);
void gunyah_functions_remove(struct gunyah_vm *vm);
void gunyah_function_expire(struct gunyah_function *fn);
bool gunyah_functions_remove_expired(struct gunyah_vm *vm);
u64 gunyah_function_types(void);

#endif /* _GUNYAH_FUNCTION_H */
