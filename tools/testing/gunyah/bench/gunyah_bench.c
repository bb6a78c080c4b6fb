// SPDX-License-Identifier: GPL-2.0-only
/*
 * gunyah_bench gunyah|kvm COUNT KINDS: do COUNT operations of each of KINDS, a
 * number with a bit for each
 *
 * The program marks where an operation begins and ends. A plugin of QEMU counts
 * what is executed in between, see plugin.c. The exit status is 0 if all
 * operations were carried out, each of them once.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "gunyah_utils.h"

static const struct bench_backend *const backends[] = {
	&bench_gunyah, &bench_kvm,
};

static struct bench_params params;

static void die_if(bool failed, const char *what)
{
	if (failed)
		err(1, "%s", what);
}

static bool wanted(unsigned int kind)
{
	return params.kinds & (1 << kind);
}

/* Run the vCPU and emulate its MMIO device */
static void *vcpu_main(void *data)
{
	const struct bench_vm *vm = data;
	struct bench_mmio *mmio = vm->mmio;
	__u32 value, writes = 0, reads = 0;

	for (;;) {
		die_if(ioctl(vm->vcpu, vm->run, 0), "running the vCPU");
		if (*vm->exit_reason != vm->exit_mmio)
			errx(1, "exit reason %u", *vm->exit_reason);
		if (mmio->len != sizeof(value))
			errx(1, "MMIO of %u bytes", mmio->len);

		memcpy(&value, mmio->data, sizeof(value));
		switch (mmio->phys_addr - BENCH_MMIO) {
		case BENCH_DATA:
			if (!mmio->is_write) {
				memcpy(mmio->data, &reads, sizeof(reads));
				reads++;
			} else if (value != writes) {
				errx(1, "write %u has the value %u", writes,
				     value);
			} else {
				writes++;
			}
			break;
		case BENCH_DONE:
			if (writes != (wanted(BENCH_WRITE) ? params.count : 0) ||
			    reads != (wanted(BENCH_READ) ? params.count : 0))
				errx(1, "%u writes, %u reads", writes, reads);
			return NULL;
		case BENCH_FAILED:
			errx(1, "the guest has failed: %#x", value);
		default:
			errx(1, "MMIO at %#llx", mmio->phys_addr);
		}
	}
}

/*
 * The thread has a real-time priority, so that it runs as soon as it is woken,
 * whatever other threads have done before. The guest is idle before every
 * interrupt.
 */
static pthread_t start_vcpu(struct bench_vm *vm)
{
	const struct sched_param param = { .sched_priority = 1 };
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	errno = pthread_create(&thread, &attr, vcpu_main, vm);
	die_if(errno, "thread");
	return thread;
}

static __u64 read_eventfd(int fd)
{
	__u64 value;

	die_if(read(fd, &value, sizeof(value)) != sizeof(value), "read");
	return value;
}

static void interrupt_guest(int irqfd, int reply)
{
	const __u64 one = 1;
	ssize_t ret;
	__u64 i;

	/* The guest is ready */
	read_eventfd(reply);
	for (i = 0; i < params.count; i++) {
		bench_mark(BENCH_BEGIN(BENCH_IRQFD));
		ret = write(irqfd, &one, sizeof(one));
		die_if(ret != sizeof(one), "write");
		if (read_eventfd(reply) != 1)
			errx(1, "interrupt %llu was handled more than once", i);
	}
}

/* With immediate_exit the call returns at once */
static void run_nothing(struct bench_vm *vm)
{
	__u64 i;
	int ret;

	*vm->immediate_exit = 1;
	for (i = 0; i < params.count; i++) {
		bench_mark(BENCH_BEGIN(BENCH_RUN));
		ret = ioctl(vm->vcpu, vm->run, 0);
		bench_mark(BENCH_END(BENCH_RUN));
		die_if(ret != -1 || errno != EINTR, "immediate exit");
	}
	*vm->immediate_exit = 0;
}

/* The driver refuses the call, so most of it is the way into a driver and back */
static void call_nothing(struct bench_vm *vm)
{
	__u64 i;
	int ret;

	for (i = 0; i < params.count; i++) {
		bench_mark(BENCH_BEGIN(BENCH_IOCTL));
		ret = ioctl(vm->vcpu, _IO(0, 0), 0);
		bench_mark(BENCH_END(BENCH_IOCTL));
		if (ret != -1)
			errx(1, "a call that does not exist has returned %d",
			     ret);
	}
}

int main(int argc, char **argv)
{
	const struct bench_backend *backend = NULL;
	struct bench_vm vm = { .size = GUEST_SIZE };
	int irqfd, doorbell, reply;
	unsigned int i;
	pthread_t vcpu;
	__u64 bells;

	for (i = 0; argc == 4 && i < ARRAY_SIZE(backends); i++)
		if (!strcmp(argv[1], backends[i]->name))
			backend = backends[i];
	if (!backend)
		errx(1, "usage: gunyah_bench gunyah|kvm COUNT KINDS");
	params.count = strtoul(argv[2], NULL, 0);
	params.kinds = strtoul(argv[3], NULL, 0);

	vm.mem = mmap(NULL, vm.size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	die_if(vm.mem == MAP_FAILED, "memory");
	memcpy(vm.mem, bench_guest, bench_guest_end - bench_guest);
	memcpy(vm.mem + BENCH_PARAMS, &params, sizeof(params));

	irqfd = eventfd(0, EFD_CLOEXEC);
	doorbell = eventfd(0, EFD_CLOEXEC);
	reply = eventfd(0, EFD_CLOEXEC);
	die_if(irqfd < 0 || doorbell < 0 || reply < 0, "eventfd");

	die_if(backend->create(&vm), "VM");
	if (wanted(BENCH_IOEVENTFD))
		die_if(backend->ioeventfd(&vm, BENCH_MMIO + BENCH_DOORBELL,
					  doorbell), "ioeventfd");
	if (wanted(BENCH_IRQFD)) {
		die_if(backend->ioeventfd(&vm, BENCH_MMIO + BENCH_REPLY, reply),
		       "ioeventfd");
		die_if(backend->irqfd(&vm, irqfd), "irqfd");
	}
	die_if(backend->start(&vm), "start");

	if (wanted(BENCH_RUN))
		run_nothing(&vm);
	if (wanted(BENCH_IOCTL))
		call_nothing(&vm);
	vcpu = start_vcpu(&vm);
	if (wanted(BENCH_IRQFD))
		interrupt_guest(irqfd, reply);
	pthread_join(vcpu, NULL);

	bells = wanted(BENCH_IOEVENTFD) ? read_eventfd(doorbell) : params.count;
	if (bells != params.count)
		errx(1, "the doorbell rang %llu times", bells);
	printf("gunyah_bench: %s: done\n", backend->name);
	return 0;
}
