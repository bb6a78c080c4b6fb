// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample virtual machine monitor for the Gunyah hypervisor
 *
 * This file shows the life of a virtual machine: main() has its steps in order.
 * The other files are:
 *
 *	options.c		the command line
 *	load.c			content of the VM's memory: kernel and ramdisk
 *	dt_make.c, devicetree.c	the devicetree, created or read from a file
 *	vm.c, vcpu.c		the calls of /dev/gunyah; a thread for each vCPU
 *	devices.c		the devices and their addresses
 *	uart.c			a UART, emulated by MMIO exits
 *	virtio_*.c, virtqueue.c	virtio disks and console, see virtio.h
 *	console.c		standard input and output
 *	shlog.c			a log, for VMs without MMIO
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console.h"
#include "devices.h"
#include "devicetree.h"
#include "gunyah_vmm.h"
#include "shlog.h"
#include "vcpu.h"
#include "vm.h"

static struct config cfg;
static struct vcpu vcpus[MAX_VCPUS];

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

/*
 * The first request asks the guest to shut down, the second stops it by force.
 * Return: false if neither is possible.
 */
static bool request_end(int vm)
{
	static bool asked;

	if (!asked) {
		asked = true;
		if (vm_stop(vm, false)) {
			fprintf(stderr,
				"gunyah_vmm: the guest was asked to shut down; once more stops it\n");
			return true;
		}
		fprintf(stderr,
			"gunyah_vmm: cannot ask the guest to shut down: %s; stopping it by force\n",
			errno == ENOTCONN ?
			"its devicetree has no channel to the resource manager (rm-rpc)" :
			strerror(errno));
	}
	if (vm_stop(vm, true))
		return true;
	fprintf(stderr, "gunyah_vmm: cannot stop the guest: %s\n",
		strerror(errno));

	return false;
}

/* Return: true if the VM has ended, false if it can be neither asked nor stopped */
static bool wait_for_end(int vm, int signals, const struct shlog *log)
{
	struct pollfd fds[] = {
		{ .fd = vm, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	bool has_input = true, full;
	struct signalfd_siginfo sig;
	__u8 input[256];
	ssize_t count;

	for (;;) {
		/*
		 * Keystrokes may be dropped while the guest does not read, but
		 * input from a file must not be.
		 */
		full = !console_is_terminal() &&
		       devices_input_room() < sizeof(input);
		fds[2].fd = has_input && !full ? STDIN_FILENO : -1;

		if (poll(fds, 3, log || full ? 50 : -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));

		if (log)
			shlog_print(log);
		if (fds[0].revents)
			return true;
		if (fds[1].revents && read(signals, &sig, sizeof(sig)) > 0 &&
		    !request_end(vm))
			return false;
		if (!fds[2].revents)
			continue;

		count = console_read(input, sizeof(input));
		if (count == CONSOLE_END)
			has_input = false;
		else if (count != CONSOLE_LEAVE)
			devices_input(input, count);
		else if (!request_end(vm))
			return false;
	}
}

/* The guest wrote the message: keep control characters off the terminal */
static void report_crash_msg(const struct gh_vm_status *status)
{
	__u32 i;

	if (!status->crash_msg_size)
		return;

	fputs("gunyah_vmm: crash message of the guest: ", stderr);
	for (i = 0; i < status->crash_msg_size; i++)
		fputc(isprint(status->crash_msg[i]) ? status->crash_msg[i] : '.',
		      stderr);
	fputc('\n', stderr);
}

/* Print why the VM has ended; return: exit status */
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
	report_crash_msg(status);

	return types[status->exit_type].exit_status;
}

/* Print the cost of device emulation */
static void report_counts(void)
{
	__u64 reads = 0, writes = 0, kicks, irqs;
	unsigned int i;

	for (i = 0; i < cfg.cpus; i++) {
		reads += vcpus[i].reads;
		writes += vcpus[i].writes;
	}
	devices_count(&kicks, &irqs);
	fprintf(stderr,
		"gunyah_vmm: %llu MMIO reads, %llu MMIO writes, %llu ioeventfd kicks, %llu irqfd interrupts\n",
		(unsigned long long)reads, (unsigned long long)writes,
		(unsigned long long)kicks, (unsigned long long)irqs);
}

/* Register the VM's memory; return: what devices can access of it */
static struct window add_memory(int vm, const struct guest *guest,
				struct shlog **log)
{
	struct window window = { guest->mem, guest->base, guest->size };

	/*
	 * Lent memory is copied at the start: after that the VM and this
	 * program have different copies.
	 */
	vm_add_memory(vm, IMAGE_LABEL,
		      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE |
		      GH_MEM_ALLOW_EXEC | (cfg.share ? 0 : GH_MEM_LENT),
		      guest->base, guest->size, guest->mem);
	vm_set_dtb(vm, guest->dtb, guest->dtb_size);

	/* A log, and requests to virtio devices, are always in shared memory */
	*log = NULL;
	if (cfg.log) {
		*log = alloc_pages(SHLOG_SIZE);
		shlog_init(*log);
		vm_add_memory(vm, SHLOG_LABEL,
			      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE,
			      cfg.log, SHLOG_SIZE, *log);
	}
	if (cfg.pool) {
		window = (struct window) {
			alloc_pages(POOL_SIZE), cfg.pool, POOL_SIZE,
		};
		vm_add_memory(vm, POOL_LABEL,
			      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE,
			      cfg.pool, POOL_SIZE, window.mem);
	}

	return window;
}

/* Run a VM that was started until it ends; return: false if it was given up */
static bool run(int vm, const struct shlog *log)
{
	unsigned int i, cpus = cfg.sched == SCHED_PROXY ? cfg.cpus : 0;
	int signals = catch_signals();
	bool ended;

	console_open();
	devices_start();
	for (i = 0; i < cpus; i++)
		vcpu_start(&vcpus[i]);

	ended = wait_for_end(vm, signals, log);

	console_close();
	for (i = 0; i < cpus; i++)
		vcpu_stop(&vcpus[i]);
	devices_stop();
	if (log)
		shlog_print(log);

	return ended;
}

int main(int argc, char **argv)
{
	struct gh_vm_status status;
	struct window window;
	struct guest guest;
	struct shlog *log;
	unsigned int i;
	bool ended;
	void *dt;
	int vm;

	/* Content of the VM's memory: kernel, ramdisk and devicetree */
	parse_options(&cfg, argc, argv);
	dt = cfg.dtb ? dt_read(&cfg) : dt_make(&cfg);
	load_guest(&guest, &cfg);
	dt_finish(dt, &cfg, &guest);
	if (cfg.dump_dtb) {
		dt_dump(dt, cfg.dump_dtb);
		return 0;
	}

	/* Create a VM and register its memory */
	vm = vm_create(cfg.device);
	window = add_memory(vm, &guest, &log);

	/*
	 * Add vCPUs and devices. If the hypervisor schedules the vCPUs, there
	 * are no vCPUs to add, and no exits by which devices are emulated.
	 */
	devices_create(&cfg, &window);
	if (cfg.sched == SCHED_PROXY) {
		for (i = 0; i < cfg.cpus; i++)
			vcpu_create(&vcpus[i], vm, i);
		devices_connect(vm);
	}

	/* Start the VM, run it until it ends, and get the reason of its end */
	vm_start(vm, cfg.share);
	ended = run(vm, log);
	if (ended)
		vm_get_status(vm, &status);

	/*
	 * Closing the last file descriptor ends the VM, if it still runs, and
	 * removes its interrupts and notifications.
	 */
	close(vm);
	if (cfg.sched == SCHED_PROXY)
		report_counts();
	if (ended)
		return report(&status);
	fprintf(stderr, "gunyah_vmm: guest stopped\n");

	return EXIT_STOPPED;
}
