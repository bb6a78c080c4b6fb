// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample virtual machine monitor for the Gunyah hypervisor
 *
 * This file is the life of a virtual machine, and a first example for those who
 * write a VMM: main() has its steps in order. Around it: options.c the command
 * line; load.c and devicetree.c what the VM finds in its memory; vm.c the calls
 * of /dev/gunyah; uart.c and console.c the VM's console; shlog.c what stands in
 * for it where there is none.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console.h"
#include "devicetree.h"
#include "gunyah_vmm.h"
#include "shlog.h"
#include "uart.h"
#include "vm.h"

static struct config cfg;
static struct uart uart;
static struct vcpu vcpus[MAX_VCPUS];
static atomic_bool stopping;

static void transmit(__u8 byte)
{
	console_write(&byte, 1);
}

/* The VM has accessed an address that has no memory: what a device does */
static void handle_mmio(struct vcpu *vcpu)
{
	struct gh_vcpu_run *run = vcpu->run;
	__u64 offset = run->mmio.phys_addr - UART_BASE;
	unsigned int i, len = run->mmio.len;
	bool known = offset < UART_SIZE;
	__u64 value = 0;

	if (len > sizeof(run->mmio.data))
		die("vCPU %u: access of %u bytes", vcpu->id, len);
	if (!known && cfg.verbose)
		fprintf(stderr, "gunyah_vmm: no device at %#llx\n",
			(unsigned long long)run->mmio.phys_addr);

	if (run->mmio.is_write) {
		vcpu->writes++;
		for (i = 0; i < len; i++)
			value |= (__u64)run->mmio.data[i] << (8 * i);
		if (known)
			uart_write(&uart, offset, value);
	} else {
		vcpu->reads++;
		if (known)
			value = uart_read(&uart, offset);
		for (i = 0; i < len; i++)
			run->mmio.data[i] = value >> (8 * i);
		/* The VM gets the value when the vCPU runs on */
	}
}

/* One thread for each vCPU that we schedule */
static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	while (!stopping) {
		/* A signal: look whether we are to stop */
		if (!vcpu_run(vcpu))
			continue;

		switch (vcpu->run->exit_reason) {
		case GH_VCPU_EXIT_MMIO:
			handle_mmio(vcpu);
			break;
		case GH_VCPU_EXIT_STATUS:
			/*
			 * The VM has ended. run->status tells why, but the
			 * main thread asks the VM, as it has to for those that
			 * the hypervisor schedules.
			 */
			return NULL;
		default:
			die("vCPU %u: unknown exit reason %u", vcpu->id,
			    vcpu->run->exit_reason);
		}
	}

	return NULL;
}

/* Only there to interrupt GH_VCPU_RUN */
static void on_kick(int sig)
{
	(void)sig;
}

static void start_vcpus(void)
{
	struct sigaction kick = { .sa_handler = on_kick };
	unsigned int i;
	int err;

	sigaction(SIGUSR1, &kick, NULL);
	for (i = 0; i < cfg.cpus; i++) {
		err = pthread_create(&vcpus[i].thread, NULL, vcpu_thread,
				     &vcpus[i]);
		if (err)
			die("cannot create a thread: %s", strerror(err));
	}
}

static void stop_vcpus(void)
{
	__u64 reads = 0, writes = 0;
	unsigned int i;

	/*
	 * immediate_exit is for a signal that comes before GH_VCPU_RUN is
	 * called: it then returns at once.
	 */
	stopping = true;
	for (i = 0; i < cfg.cpus; i++) {
		vcpus[i].run->immediate_exit = 1;
		pthread_kill(vcpus[i].thread, SIGUSR1);
	}
	for (i = 0; i < cfg.cpus; i++) {
		pthread_join(vcpus[i].thread, NULL);
		reads += vcpus[i].reads;
		writes += vcpus[i].writes;
		vcpu_close(&vcpus[i]);
	}
	if (cfg.verbose)
		fprintf(stderr, "gunyah_vmm: %llu MMIO reads, %llu MMIO writes\n",
			(unsigned long long)reads, (unsigned long long)writes);
}

/* Block the signals that end this program, and get them by a file descriptor */
static int catch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		die("signalfd: %s", strerror(errno));

	return fd;
}

/* Return: true if the VM has ended, false if we shall end it */
static bool wait_for_end(int vm, int signals, const struct shlog *log)
{
	struct pollfd fds[] = {
		{ .fd = vm, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	__u8 input[256];
	bool has_input = true, full;
	ssize_t count;

	for (;;) {
		/* Of a user's keys some may get lost, of a file nothing */
		full = !console_is_terminal() && uart_room(&uart) < sizeof(input);
		fds[2].fd = has_input && !full ? STDIN_FILENO : -1;

		if (poll(fds, 3, log || full ? 50 : -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));

		if (log)
			shlog_print(log);
		if (fds[0].revents)
			return true;
		if (fds[1].revents)
			return false;
		if (!fds[2].revents)
			continue;

		count = console_read(input, sizeof(input));
		if (count == CONSOLE_LEAVE)
			return false;
		if (count == CONSOLE_END)
			has_input = false;
		else
			uart_receive(&uart, input, count);
	}
}

/* Tell why the VM has ended; return: exit status */
static int report(const struct gh_vm_status *status)
{
	static const struct {
		const char *text;
		int exit_status;
	} types[] = {
		[GH_VM_EXIT_VM_EXIT] = { "exited", EXIT_OTHER },
		[GH_VM_EXIT_PLATFORM_OFF] = { "powered off", EXIT_POWERED_OFF },
		[GH_VM_EXIT_PLATFORM_RESET] = { "reset", EXIT_RESET },
		[GH_VM_EXIT_PLATFORM_RESET2] = { "reset", EXIT_RESET },
		[GH_VM_EXIT_WDT_BITE] = { "crashed: watchdog", EXIT_CRASHED },
		[GH_VM_EXIT_SW_ERROR] = { "crashed: fault", EXIT_CRASHED },
		[GH_VM_EXIT_HW_ERROR] = { "crashed: hardware error",
					  EXIT_CRASHED },
		[GH_VM_EXIT_FORCED_STOP] = { "was stopped", EXIT_STOPPED },
	};

	if (status->state != GH_VM_STATE_EXITED ||
	    status->exit_type >= ARRAY_SIZE(types)) {
		fprintf(stderr, "gunyah_vmm: guest ended: state %u, type %u\n",
			status->state, status->exit_type);
		return EXIT_OTHER;
	}

	fprintf(stderr, "gunyah_vmm: guest %s\n",
		types[status->exit_type].text);

	return types[status->exit_type].exit_status;
}

int main(int argc, char **argv)
{
	struct gh_userspace_memory_region region;
	struct gh_vm_status status;
	struct shlog *log = NULL;
	struct guest guest;
	unsigned int i;
	int vm, signals;
	bool ended;
	void *dt;

	/* What the VM finds in its memory: kernel, ramdisk and devicetree */
	parse_options(&cfg, argc, argv);
	dt = cfg.dtb ? dt_read(&cfg) : dt_make(&cfg);
	load_guest(&guest, &cfg);
	dt_finish(dt, &cfg, &guest);
	if (cfg.dump_dtb) {
		dt_dump(dt, cfg.dump_dtb);
		return 0;
	}

	/*
	 * A VM, and its memory. Lent memory is copied at the start: what we see
	 * of it then is no longer what the VM has.
	 */
	vm = vm_create(cfg.device);
	region = (struct gh_userspace_memory_region) {
		.label = IMAGE_LABEL,
		.flags = GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE |
			 GH_MEM_ALLOW_EXEC | (cfg.share ? 0 : GH_MEM_LENT),
		.guest_phys_addr = guest.base,
		.memory_size = guest.size,
		.userspace_addr = (unsigned long)guest.mem,
	};
	vm_add_memory(vm, &region);
	if (cfg.log) {
		log = alloc_pages(SHLOG_SIZE);
		shlog_init(log);
		region = (struct gh_userspace_memory_region) {
			.label = SHLOG_LABEL,
			.flags = GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE,
			.guest_phys_addr = cfg.log,
			.memory_size = SHLOG_SIZE,
			.userspace_addr = (unsigned long)log,
		};
		vm_add_memory(vm, &region);
	}
	vm_set_dtb(vm, guest.dtb, guest.dtb_size);

	/* The vCPUs, unless the hypervisor schedules them: then all is its own */
	if (cfg.sched == SCHED_PROXY)
		for (i = 0; i < cfg.cpus; i++)
			vm_add_vcpu(vm, &vcpus[i], i);
	uart_init(&uart, transmit);

	/* Start it. From here on signals must not leave the terminal raw. */
	vm_start(vm);
	signals = catch_signals();
	console_open();
	if (cfg.sched == SCHED_PROXY)
		start_vcpus();

	/* It runs. Then it is over: stop our threads, ask the VM for the reason */
	ended = wait_for_end(vm, signals, log);
	console_close();
	if (cfg.sched == SCHED_PROXY)
		stop_vcpus();
	if (log)
		shlog_print(log);
	if (ended)
		vm_get_status(vm, &status);

	/* Closing the last file descriptor of the VM ends it, if it still runs */
	close(vm);
	if (ended)
		return report(&status);
	fprintf(stderr, "gunyah_vmm: guest stopped\n");

	return EXIT_STOPPED;
}
