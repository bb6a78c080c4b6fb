// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample virtual machine monitor for the Gunyah hypervisor
 *
 * This file shows the life of a virtual machine: run_vm() has its steps in order.
 * The other files are:
 *
 *	options.c		the command line
 *	layout.c		the VM's address space
 *	load.c, image.c		content of the VM's memory: kernel and ramdisk
 *	dt_make.c, dt_write.c,
 *	devicetree.c		the devicetree, created or read from a file
 *	vm.c, vcpu.c		the calls of /dev/gunyah
 *	vcpu_thread.c, irq.c	a thread for each vCPU; the VM's interrupts
 *	control.c, added.c	commands for a VM that runs; memory that it is given
 *	wait.c			waiting for the VM's end, and requests to end it
 *	devices.c		the devices, see device.h
 *	uart.c			a UART, emulated by MMIO exits
 *	virtio_*.c, virtqueue.c	virtio disks and console, see virtio.h
 *	console.c, backend.c,
 *	fifo.c			the console outside of the VM
 *	shlog.c			a log, for VMs without MMIO
 */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "added.h"
#include "console.h"
#include "control.h"
#include "device.h"
#include "devicetree.h"
#include "gunyah_vmm.h"
#include "layout.h"
#include "shlog.h"
#include "vcpu.h"
#include "vm.h"
#include "wait.h"

static struct vcpu vcpus[MAX_VCPUS];

/**
 * struct memory - the VM's memory, as this program sees it
 * @image: its own memory
 * @log: the log, or NULL
 * @pool: the DMA pool, or NULL
 */
struct memory {
	__u8 *image;
	struct shlog *log;
	__u8 *pool;
};

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

/*
 * Print why the VM has ended. A kernel that resets the VM after a panic looks like
 * one that wants to be restarted, unless it has left a crash message. Return: exit
 * status.
 */
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
	if (status->crash_msg_size)
		return EXIT_CRASHED;

	return types[status->exit_type].exit_status;
}

/* Print the cost of device emulation */
static void report_counts(unsigned int cpus)
{
	__u64 reads = 0, writes = 0, kicks, irqs;
	unsigned int i;

	for (i = 0; i < cpus; i++) {
		reads += vcpus[i].reads;
		writes += vcpus[i].writes;
	}
	devices_report(&kicks, &irqs);
	fprintf(stderr,
		"gunyah_vmm: %llu MMIO reads, %llu MMIO writes, %llu ioeventfd kicks, %llu irqfd interrupts\n",
		(unsigned long long)reads, (unsigned long long)writes,
		(unsigned long long)kicks, (unsigned long long)irqs);
}

/* Load the files and create the devices; return: the devicetree */
static void *prepare(const struct config *cfg, struct layout *layout,
		     struct memory *memory)
{
	void *dt = NULL;

	layout_init(layout, cfg);
	if (cfg->dtb)
		dt = dt_read(cfg->dtb, layout);
	/* A VM whose vCPUs make no exits has no devices */
	if (layout->sched == SCHED_PROXY)
		devices_create(cfg);
	else if (cfg->num_devices)
		die("there are no devices if the hypervisor schedules the vCPUs");
	if (!dt)
		layout_add_shared(layout, !cfg->share && devices_use_memory());

	if (cfg->lazy && layout->sched != SCHED_PROXY)
		die("--lazy: not if the hypervisor schedules the vCPUs");
	memory->image = cfg->lazy ? alloc_lazy_pages(layout->size) :
				    alloc_pages(layout->size);
	load_guest(memory->image, layout, cfg);
	if (!dt)
		dt = dt_make(layout);
	dt_finish(dt, cfg, layout, memory->image);

	return dt;
}

static void set_window(struct window *window, __u8 *mem, __u64 base, __u64 size)
{
	window->mem = mem;
	window->base = base;
	window->size = size;
}

/*
 * Register the VM's own memory so that it gets a page when it accesses it; return:
 * false if the firmware cannot do that.
 */
static bool add_lazy(int vm, const struct layout *layout, __u8 *mem)
{
	__u64 low = layout->dtb - layout->base, high = low + DT_MAX_ROOM;

	if (!vm_try_add_paged(vm, LOW_LABEL, layout->base, low, mem)) {
		fprintf(stderr,
			"gunyah_vmm: this firmware cannot page VMs: all of the memory is lent at once\n");
		return false;
	}
	if (high < layout->size &&
	    !vm_try_add_paged(vm, HIGH_LABEL, layout->base + high,
			      layout->size - high, mem + high))
		die("cannot page the memory behind the devicetree");
	/* The devicetree cannot come later */
	vm_add_memory(vm, IMAGE_LABEL,
		      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE |
		      GH_MEM_ALLOW_EXEC | GH_MEM_LENT,
		      layout->dtb, DT_MAX_ROOM, mem + low);
	vm_set_entry(vm, layout->base);

	return true;
}

/* Register the VM's memory; return: what devices can access of it */
static struct window add_memory(int vm, const struct config *cfg,
				const struct layout *layout,
				struct memory *memory)
{
	struct window window = { .lent = !cfg->share };

	/* From the start on, this program cannot access lent memory */
	if (!cfg->lazy || !add_lazy(vm, layout, memory->image))
		vm_add_memory(vm, IMAGE_LABEL,
			      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE |
			      GH_MEM_ALLOW_EXEC |
			      (cfg->share ? 0 : GH_MEM_LENT),
			      layout->base, layout->size, memory->image);
	vm_set_dtb(vm, layout->dtb, layout->dtb_size);
	if (cfg->share)
		set_window(&window, memory->image, layout->base, layout->size);

	/* A log, and requests to virtio devices, are always in shared memory */
	if (layout->log) {
		memory->log = alloc_pages(SHLOG_SIZE);
		shlog_init(memory->log);
		vm_add_memory(vm, SHLOG_LABEL,
			      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE,
			      layout->log, SHLOG_SIZE, memory->log);
	}
	if (layout->pool) {
		memory->pool = alloc_pages(layout->pool_size);
		set_window(&window, memory->pool, layout->pool,
			   layout->pool_size);
		vm_add_memory(vm, POOL_LABEL,
			      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE,
			      layout->pool, layout->pool_size, memory->pool);
	}

	return window;
}

/* Run a VM that was started until it ends */
static enum end run(int vm, const struct config *cfg, unsigned int cpus,
		    const struct shlog *log)
{
	unsigned int i;
	enum end end;

	catch_signals();
	console_start();
	devices_start();
	for (i = 0; i < cpus; i++)
		vcpu_start(&vcpus[i]);
	control_start(vm);

	end = wait_for_end(vm, cfg->stop_timeout, log);

	control_stop();
	console_release();
	for (i = 0; i < cpus; i++)
		vcpu_stop(&vcpus[i]);
	devices_stop();
	if (log)
		shlog_print(log);
	console_flush();

	return end;
}

/*
 * The life of a VM. All that is made here is given back, so that another VM can
 * follow. Return: exit status.
 */
static int run_vm(const struct config *cfg, enum end *end)
{
	struct gh_vm_status status;
	struct memory memory = {};
	struct layout layout;
	struct window window;
	unsigned int i, cpus;
	void *dt;
	int vm;

	/* Content of the VM's memory: kernel, ramdisk and devicetree */
	dt = prepare(cfg, &layout, &memory);
	if (cfg->dump_dtb) {
		dt_dump(dt, cfg->dump_dtb);
		exit(EXIT_SUCCESS);
	}
	free(dt);
	console_open();

	/* Create a VM and register its memory */
	vm = vm_create(cfg->device);
	window = add_memory(vm, cfg, &layout, &memory);

	/*
	 * Add vCPUs and devices. If the hypervisor schedules the vCPUs, there
	 * are no vCPUs to add, and no devices.
	 */
	cpus = layout.sched == SCHED_PROXY ? layout.cpus : 0;
	for (i = 0; i < cpus; i++)
		vcpu_create(&vcpus[i], vm, i);
	devices_connect(vm, &window);

	/* Start the VM, which has lent memory for itself from then on */
	vm_start(vm, cfg->share);
	if (!cfg->share) {
		free_pages(memory.image, layout.size);
		memory.image = NULL;
	}

	/* Run it until it ends, and get the reason of its end */
	*end = run(vm, cfg, cpus, memory.log);
	if (*end != END_REFUSED)
		vm_get_status(vm, &status);

	/*
	 * Closing the last file descriptor ends the VM, if it still runs, and
	 * removes its interrupts and notifications.
	 */
	close(vm);
	if (cpus)
		report_counts(cpus);
	devices_destroy();
	added_free();
	free_pages(memory.image, layout.size);
	free_pages(memory.log, SHLOG_SIZE);
	free_pages(memory.pool, layout.pool_size);

	if (*end != END_REFUSED)
		return report(&status);
	fprintf(stderr, "gunyah_vmm: guest stopped\n");

	return EXIT_STOPPED;
}

int main(int argc, char **argv)
{
	static struct config cfg;
	enum end end;
	int status;

	parse_options(&cfg, argc, argv);
	if (cfg.connect)
		return control_send(cfg.connect, cfg.num_words, cfg.command);
	if (cfg.control)
		control_open(cfg.control);
	alloc_init(cfg.device);
	do {
		status = run_vm(&cfg, &end);
	} while (cfg.restart && status == EXIT_RESET && end == END_BY_ITSELF &&
		 !end_requested());
	control_close();
	console_close();

	return status;
}
