// SPDX-License-Identifier: GPL-2.0-only
/*
 * Consoles of VMs, relayed by the resource manager
 */
#include "rm_core.h"

/**
 * struct console - the console that a request is about, seen from the caller's side
 * @vm: VM that has it
 * @owner_side: the caller is the VM's owner
 * @mine: the caller's side is open
 * @other: the other side is open
 */
struct console {
	struct rm_vm *vm;
	bool owner_side;
	bool *mine;
	bool *other;
};

static uint32_t find_console(struct rm *rm, struct rm_call *call,
			     struct console *c)
{
	uint16_t target = rm_get16(call->in);

	c->vm = target ? vm_get(rm, target) : call->vm;
	c->owner_side = target;
	if (!c->vm || !c->vm->cfg || !c->vm->cfg->has_console)
		return rm_refuse(rm, RM_ERR_ARG, "there is no such console");
	if (c->owner_side && c->vm->owner != call->vm->vmid)
		return rm_refuse(rm, RM_ERR_DENIED, "not the caller's VM");
	c->mine = c->owner_side ? &c->vm->cfg->console_owner_open :
				  &c->vm->cfg->console_vm_open;
	c->other = c->owner_side ? &c->vm->cfg->console_vm_open :
				   &c->vm->cfg->console_owner_open;
	return RM_OK;
}

/**
 * console_open() - CONSOLE_OPEN, CONSOLE_CLOSE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t console_open(struct rm *rm, struct rm_call *call)
{
	struct console c;
	uint32_t err = find_console(rm, call, &c);

	if (!err)
		*c.mine = call->id == RM_CONSOLE_OPEN_ID;
	return err;
}

/**
 * console_write() - CONSOLE_WRITE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t console_write(struct rm *rm, struct rm_call *call)
{
	uint8_t *data = rm->reply;
	struct console c;
	size_t len;
	uint32_t err;

	if (call->len < 4)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	len = rm_get16(call->in + 2);
	if (call->len != 4 + len || 4 + len > RM_MAX_BODY)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	err = find_console(rm, call, &c);
	if (err)
		return err;
	if (!*c.mine)
		return rm_refuse(rm, RM_ERR_DENIED, "it is not open");
	if (!*c.other)
		return RM_OK;
	rm_put16(data, c.owner_side ? 0 : c.vm->vmid);
	rm_put16(data + 2, (uint16_t)len);
	memcpy(data + 4, call->in + 4, len);
	rpc_notify(rm, c.owner_side ? c.vm->vmid : c.vm->owner,
		   RM_N_CONSOLE_CHARS, data, 4 + len);
	return RM_OK;
}

/**
 * console_flush() - CONSOLE_FLUSH
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t console_flush(struct rm *rm, struct rm_call *call)
{
	struct console c;
	uint32_t err = find_console(rm, call, &c);

	if (!err && !*c.mine)
		err = rm_refuse(rm, RM_ERR_DENIED, "it is not open");
	return err;
}
