// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs for which a given message to the resource manager is sent
 */
#include <sys/mman.h>

#include "message.h"

/**
 * message_setup() - start a test in which messages go wrong
 * @vm: the VM, to be built
 * @leak: what is in use without it
 * @scattered: memory of append_size() bytes for message_build()
 *
 * Return: 0, or -1 and errno.
 */
int message_setup(struct vm *vm, struct leak_state *leak, void **scattered)
{
	testctl_reset();
	vm_init(vm);
	*scattered = alloc_scattered(append_size());
	if (!*scattered)
		return -1;
	leak_read(leak);
	return 0;
}

/**
 * message_teardown() - end such a test: all is well again, and the VM is gone
 * @vm: the VM
 * @timeout: the parameter rm_timeout_ms, if the test has changed it
 * @scattered: the memory
 */
void message_teardown(struct vm *vm, struct param *timeout, void *scattered)
{
	testctl_reset();
	param_restore(timeout);
	vm_close(vm);
	munmap(scattered, append_size());
}

/**
 * message_build() - make a VM for which a message will be sent at its start
 * @vm: the VM
 * @msg: the message
 * @scattered: memory of append_size() bytes from alloc_scattered()
 *
 * Return: 0, or -1 and errno.
 */
int message_build(struct vm *vm, const struct message *msg, void *scattered)
{
	struct vm_config cfg = msg->cfg;

	if (msg->scattered) {
		cfg.shm_mem = scattered;
		cfg.shm_size = append_size();
	}
	return vm_build(vm, &cfg, VM_HAS_VCPUS);
}

/**
 * message_build_running() - make a VM whose end is the next thing that happens
 * @vm: the VM; its guest runs
 * @msg: the message that will be sent then
 *
 * Return: 0, or -1 and errno.
 */
int message_build_running(struct vm *vm, const struct message *msg)
{
	if (message_build(vm, msg, NULL))
		return -1;
	vm_program(vm, 0, G_WRITE(4, 0x1000, 0), G_SPIN);
	if (gh_start(vm->fd))
		return -1;
	return vm_run_once(vm, 0) == GH_VCPU_EXIT_MMIO ? 0 : -1;
}

/**
 * message_fault() - let a message go wrong
 * @msg: the message
 * @action: what the resource manager does with it
 * @arg: argument of the action
 */
void message_fault(const struct message *msg, enum rm_fault_action action,
		   __u32 arg)
{
	/* Right after a reclaim the driver tries again to give memory away */
	if (action == RM_FAULT_FAIL && (msg->id == RM_MEM_LEND_MSG ||
					msg->id == RM_MEM_SHARE_MSG))
		testctl_fault_repeat(action, msg->id, msg->nth ?: 1, arg);
	else
		testctl_fault(action, msg->id, msg->nth ?: 1, arg);
}

/**
 * vm_one_life() - a whole life of an ordinary VM
 *
 * Return: 0, or an errno.
 */
int vm_one_life(void)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	struct vm vm;
	int err = 0;

	vm_init(&vm);
	if (vm_build(&vm, &cfg, VM_STARTED) || vm_finish(&vm, &status))
		err = errno;
	else if (!vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF))
		err = EPROTO;
	vm_close(&vm);
	return err;
}
