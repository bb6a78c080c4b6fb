// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that handles the interrupts of its doorbells
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bells.h"

#define SHM(offset)	(GUEST_SHM_BASE + (offset))

/**
 * bells_build() - build the VM, ready to be started
 * @b: the VM, zeroes; bells_close() may be called from here on
 * @cfg: what it shall be; the second region is added
 *
 * Return: 0, or -1 and errno.
 */
int bells_build(struct bells *b, const struct vm_config *cfg)
{
	struct vm_config with_shm = *cfg;

	if (cfg->num_bells > BELLS_MAX)
		abort();
	vm_init(&b->vm);
	with_shm.shm_size = GUEST_SHM_SIZE;
	if (vm_build(&b->vm, &with_shm, VM_HAS_VCPUS))
		return -1;
	vm_program(&b->vm, 0,
		   G_COPY(GUEST_BASE + GUEST_DTB, SHM(BELLS_DTB),
			  GUEST_DTB_SIZE),
		   G_WRITE(8, SHM(BELLS_STAGE), BELLS_BOOTED),
		   G_WAIT(SHM(BELLS_GO), 1),
		   G_JUMP(SHM(BELLS_PROG)));
	return 0;
}

struct stage {
	const struct bells *b;
	unsigned int stage;
};

static void set_bell(struct bells *b, unsigned int irq, __u64 cap)
{
	vm_poke(&b->vm, BELLS_IRQS + irq * sizeof(struct guest_irq) +
		offsetof(struct guest_irq, bell), cap);
}

static bool stage_reached(void *arg)
{
	struct stage *stage = arg;

	return vm_word(&stage->b->vm, BELLS_STAGE) >= stage->stage;
}

static int wait_stage(const struct bells *b, unsigned int stage)
{
	struct stage arg = { b, stage };

	if (wait_until(stage_reached, &arg, LONG_MS))
		return 0;
	errno = ETIME;
	return -1;
}

/**
 * bells_start() - start the VM and learn the guest's capabilities
 * @b: the VM
 *
 * Return: 0, or -1 and errno.
 */
int bells_start(struct bells *b)
{
	unsigned int i;

	if (gh_start(b->vm.fd))
		return -1;
	if (!b->vm.cfg.scheduled) {
		b->runner = (struct runner){ .vm = &b->vm, .keep_eintr = true };
		if (runner_start(&b->runner))
			return -1;
		b->running = true;
	}
	if (wait_stage(b, BELLS_BOOTED))
		return -1;
	for (i = 0; i < b->vm.cfg.num_bells; i++) {
		if (!dtb_bell_cap(b->vm.shm + BELLS_DTB,
				  b->vm.cfg.bells[i].label, &b->cap[i])) {
			errno = ENOENT;
			return -1;
		}
	}
	return 0;
}

/**
 * bells_program() - have the guest go on with a program
 * @b: the VM, started
 * @ops: the program
 * @n: number of operations
 *
 * Return: 0.
 */
int bells_program(struct bells *b, const struct guest_op *ops, size_t n)
{
	if (n * sizeof(*ops) > BELLS_DTB - BELLS_PROG)
		abort();
	memcpy(b->vm.shm + BELLS_PROG, ops, n * sizeof(*ops));
	vm_poke(&b->vm, BELLS_GO, 1);
	return 0;
}

/**
 * bells_serve() - have the guest handle interrupts until BELLS_STOP, then end
 * @b: the VM, started
 * @how: what it does meanwhile, GUEST_SERVE_...
 * @clear: the doorbells that it clears when they ring, a bit for each
 *
 * Return: 0, or -1 and errno.
 */
int bells_serve(struct bells *b, unsigned int how, unsigned long clear)
{
	const struct guest_op end[] = {
		G_WRITE(8, SHM(BELLS_STAGE), BELLS_SERVING),
		G_IRQ_SERVE(how, SHM(BELLS_STOP), SHM(BELLS_IRQS)),
		G_OFF,
	};
	struct guest_op ops[BELLS_MAX + ARRAY_SIZE(end)];
	unsigned int i, n = b->vm.cfg.num_bells;

	for (i = 0; i < BELLS_STAGE / sizeof(struct guest_irq); i++)
		set_bell(b, i, GUEST_NO_BELL);
	for (i = 0; i < n; i++) {
		const struct dtb_bell *bell = &b->vm.cfg.bells[i];
		const struct guest_op enable =
			G_IRQ_ENABLE(bell->level ? GUEST_IRQ_LEVEL :
				     GUEST_IRQ_EDGE, bell->irq);

		ops[i] = enable;
		if (clear & 1UL << i)
			set_bell(b, bell->irq, b->cap[i]);
	}
	memcpy(ops + n, end, sizeof(end));
	bells_program(b, ops, n + ARRAY_SIZE(end));
	return wait_stage(b, BELLS_SERVING);
}

/**
 * bells_count() - number of times that the guest has handled an interrupt
 * @b: the VM
 * @irq: INTID of the interrupt
 *
 * Return: the number.
 */
__u64 bells_count(const struct bells *b, unsigned int irq)
{
	return vm_word(&b->vm, BELLS_IRQS + irq * sizeof(struct guest_irq));
}

struct count {
	const struct bells *b;
	unsigned int irq;
	__u64 count;
};

static bool counted(void *arg)
{
	struct count *count = arg;

	return bells_count(count->b, count->irq) >= count->count;
}

/**
 * bells_wait() - wait until the guest has handled an interrupt @count times
 * @b: the VM
 * @irq: INTID of the interrupt
 * @count: how many times since the start
 *
 * Return: whether it was exactly so many times.
 */
bool bells_wait(const struct bells *b, unsigned int irq, __u64 count)
{
	struct count arg = { b, irq, count };

	return wait_until(counted, &arg, LONG_MS) &&
	       bells_count(b, irq) == count;
}

/**
 * bells_wait_more() - wait until the guest has handled an interrupt again
 * @b: the VM
 * @irq: INTID of the interrupt
 * @count: more often than that since the start
 *
 * Return: whether it was.
 */
bool bells_wait_more(const struct bells *b, unsigned int irq, __u64 count)
{
	struct count arg = { b, irq, count + 1 };

	return wait_until(counted, &arg, LONG_MS);
}

/**
 * bells_close() - end the VM, whatever it does, and free it
 * @b: the VM
 */
void bells_close(struct bells *b)
{
	if (b->running)
		runner_stop(&b->runner);
	b->running = false;
	vm_close(&b->vm);
}

/**
 * new_eventfd() - an eventfd that does not block
 * @flags: further flags, EFD_...
 *
 * Return: the eventfd, or -1 and errno.
 */
int new_eventfd(unsigned int flags)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | flags);
}

/**
 * eventfd_ring() - write an eventfd
 * @fd: the eventfd
 * @value: what to add to its counter
 *
 * Return: 0, or -1 and errno.
 */
int eventfd_ring(int fd, __u64 value)
{
	return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

/**
 * eventfd_take() - read an eventfd without waiting
 * @fd: the eventfd
 *
 * Return: its counter, 0 also if it cannot be read.
 */
__u64 eventfd_take(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	__u64 value;

	if (poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLIN) ||
	    read(fd, &value, sizeof(value)) != sizeof(value))
		return 0;
	return value;
}
