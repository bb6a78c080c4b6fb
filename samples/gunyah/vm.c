// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of /dev/gunyah, with error messages that help
 *
 * None of these functions returns if its call fails, unless it says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "vm.h"

/* Error codes of the resource manager that a start can meet */
#define RM_NORESOURCE	0x2
#define RM_ARG_INVALID	0x6
#define RM_MEM_INVALID	0xa

static const char *const rm_errors[] = {
	"OK", "NOMEM", "NORESOURCE", "DENIED", "MSG_INVALID", "BUSY",
	"ARG_INVALID", "HANDLE_INVALID", "VALIDATE_FAILED", "MAP_FAILED",
	"MEM_INVALID", "MEM_INUSE", "MEM_RELEASED", "VMID_INVALID",
	"LOOKUP_FAILED", "IRQ_INVALID", "IRQ_INUSE", "IRQ_RELEASED", "IN_USE",
	"IRQ_NOT_MAPPED", "VM_STATE",
};

static const char *const start_steps[] = {
	[GH_VM_START_STEP_NONE] = "NONE",
	[GH_VM_START_STEP_VMID] = "VMID",
	[GH_VM_START_STEP_MEMORY] = "MEMORY",
	[GH_VM_START_STEP_CONFIGURE] = "CONFIGURE",
	[GH_VM_START_STEP_INIT] = "INIT",
	[GH_VM_START_STEP_RESOURCES] = "RESOURCES",
	[GH_VM_START_STEP_CONTEXT] = "CONTEXT",
	[GH_VM_START_STEP_START] = "START",
	[GH_VM_START_STEP_DONE] = "DONE",
	[GH_VM_START_STEP_FIRMWARE] = "FIRMWARE",
};

static const char *const start_reasons[] = {
	[GH_VM_START_REASON_NO_DTB] =
		"no memory region contains the devicetree",
	[GH_VM_START_REASON_DTB_INVALID] = "the devicetree is not valid",
	[GH_VM_START_REASON_DTB_UNSAFE] =
		"the devicetree would crash the resource manager",
	[GH_VM_START_REASON_STATIC_VCPUS] =
		"vCPUs scheduled by the hypervisor can crash the resource manager; the administrator can allow them in /sys/module/gunyah/parameters/allow_static_vcpus",
	[GH_VM_START_REASON_NO_PLACE] =
		"the devicetree has no address for a lent region",
	[GH_VM_START_REASON_LABEL_ZERO] =
		"only the region with the devicetree may have label 0",
	[GH_VM_START_REASON_MEM_ENTRIES] =
		"the memory is in too many pieces; end other VMs, use huge pages, or raise /sys/module/gunyah/parameters/max_mem_entries",
	[GH_VM_START_REASON_MEM_BUSY] =
		"another VM has the memory, or input or output is in progress in it",
	[GH_VM_START_REASON_DTB_PAGED] =
		"the devicetree is in memory that comes page by page",
	[GH_VM_START_REASON_PLATFORM] =
		"the driver's module for this platform is missing, see the kernel log",
	[GH_VM_START_REASON_FIRMWARE] =
		"no lent memory region contains the range for the firmware",
	[GH_VM_START_REASON_NO_FIRMWARE] =
		"the resource manager has no firmware for protected VMs",
};

/* Name of a number in a table, or NULL */
static const char *name_of(const char *const *table, size_t size, __u32 n)
{
	return n < size ? table[n] : NULL;
}

/* Size of all memory that was registered, and of the region that failed */
static __u64 registered;

static bool may_lock_all(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	return !syscall(SYS_capget, &header, data) &&
	       data[0].effective & 1U << CAP_IPC_LOCK;
}

static const char *no_memory(void)
{
	struct rlimit limit;

	if (!may_lock_all() && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur < registered)
		return "; RLIMIT_MEMLOCK (ulimit -l) is less than the VM's memory";

	return "; has the machine enough memory?";
}

/* What a user can do about an error of the VM's file descriptor */
static const char *hint(int err)
{
	switch (err) {
	case EAGAIN:
		return "; the firmware is still releasing other VMs, try again";
	case ENOMEM:
		return no_memory();
	case EOPNOTSUPP:
		return "; the host's kernel log may say why";
	case ESHUTDOWN:
	case ETIMEDOUT:
		return "; the resource manager does not answer, see the kernel log";
	default:
		return "";
	}
}

/* What a user can do about a refusal of the resource manager */
static const char *rm_hint(const struct gh_vm_status *status, bool shared)
{
	bool no_resource = status->rm_error == RM_NORESOURCE;

	switch (status->start_step) {
	case GH_VM_START_STEP_VMID:
		return no_resource ? "; too many VMs are running" : "";
	case GH_VM_START_STEP_INIT:
		if (status->rm_error == RM_MEM_INVALID)
			return "; is the devicetree valid, and the room for it large enough?";
		if (status->rm_error == RM_ARG_INVALID)
			return "; a number in the devicetree is out of range (base address?)";
		return no_resource ? "; too many vCPUs or virtual devices?" : "";
	case GH_VM_START_STEP_START:
		if (!no_resource)
			return "";
		if (shared)
			return "; this firmware may want the memory lent: try without --share";
		return "; is the base address in range, and the devicetree's room large enough?";
	default:
		return "";
	}
}

/* Say why a start has failed with @err, and leave */
static void explain_start(int vm, int err, bool shared)
{
	const char *error = strerror(err), *name;
	struct gh_vm_status status;

	vm_get_status(vm, &status);
	name = name_of(start_reasons, ARRAY_SIZE(start_reasons),
		       status.start_reason);
	if (name && status.start_label)
		fail(EXIT_START, "cannot start the VM: %s: %s (label %#x)",
		     error, name, status.start_label);
	if (name)
		fail(EXIT_START, "cannot start the VM: %s: %s", error, name);
	if (status.state != GH_VM_STATE_FAILED)
		fail(EXIT_START, "cannot start the VM: %s%s", error, hint(err));

	name = name_of(start_steps, ARRAY_SIZE(start_steps), status.start_step);
	if (!status.rm_error)
		fail(EXIT_START, "cannot start the VM: %s in step %s%s", error,
		     name, hint(err));
	if (status.rm_error == UINT32_MAX)
		error = "UNIMPLEMENTED";
	else
		error = name_of(rm_errors, ARRAY_SIZE(rm_errors), status.rm_error);
	fail(EXIT_START,
	     "cannot start the VM: the resource manager refused %s: %s (%#x)%s",
	     name, error ?: "unknown error", status.rm_error,
	     rm_hint(&status, shared));
}

/**
 * vm_create_memory() - create a memory file of the driver
 * @device: device file of the driver, or NULL
 * @size: its size
 *
 * A VM gets it without its pages being moved or copied.
 *
 * Return: file descriptor, or -1 and errno: EOPNOTSUPP if the driver has none, or
 * cannot be used, which vm_create() explains.
 */
int vm_create_memory(const char *device, __u64 size)
{
	struct gh_create_mem mem = { .size = size };
	struct gh_info info = {};
	int gunyah, fd = -1, err = EOPNOTSUPP;

	gunyah = device ? open(device, O_RDWR | O_CLOEXEC) : -1;
	if (gunyah >= 0 && !ioctl(gunyah, GH_GET_INFO, &info) &&
	    info.features & GH_FEATURE_MEM_FILES) {
		fd = ioctl(gunyah, GH_CREATE_MEM, &mem);
		err = errno;
	}
	if (gunyah >= 0)
		close(gunyah);
	errno = err;

	return fd;
}

/**
 * vm_create() - create a VM
 * @device: device file of the driver
 *
 * Return: file descriptor of the VM.
 */
int vm_create(const char *device)
{
	struct gh_info info = {};
	int gunyah, vm;

	gunyah = open(device, O_RDWR | O_CLOEXEC);
	if (gunyah < 0)
		die("%s: %s%s", device, strerror(errno),
		    errno == ENOENT ?
		    "; is the driver loaded, and does Linux run on Gunyah?" :
		    "");

	/* Some vendors' kernels have another interface behind the same name */
	if (ioctl(gunyah, GH_GET_INFO, &info))
		die("%s: %s%s", device, strerror(errno),
		    errno == EINVAL || errno == ENOTTY ?
		    "; this is another driver's device, not that of CONFIG_GUNYAH" :
		    "");

	registered = 0;
	vm = ioctl(gunyah, GH_CREATE_VM, 0UL);
	if (vm < 0)
		die("cannot create a VM: %s%s", strerror(errno), hint(errno));
	close(gunyah);

	return vm;
}

/**
 * vm_try_add_memory() - give memory to a VM
 * @vm: file descriptor of the VM
 * @label: name of the memory in the VM
 * @flags: GH_MEM_...
 * @addr: guest physical address
 * @size: its size
 * @mem: the memory
 *
 * Return: true if that was done; else errno says why not.
 */
bool vm_try_add_memory(int vm, __u32 label, __u32 flags, __u64 addr,
		       __u64 size, void *mem)
{
	struct gh_userspace_memory_region region = {
		.label = label,
		.flags = flags,
		.guest_phys_addr = addr,
		.memory_size = size,
		.userspace_addr = (unsigned long)mem,
	};

	return !ioctl(vm, GH_VM_SET_USER_MEM_REGION, &region);
}

/**
 * vm_add_memory() - give memory to a VM that was not started
 * @vm: file descriptor of the VM
 * @label: name of the memory in the VM's devicetree
 * @flags: GH_MEM_...
 * @addr: guest physical address
 * @size: its size
 * @mem: the memory
 */
void vm_add_memory(int vm, __u32 label, __u32 flags, __u64 addr, __u64 size,
		   void *mem)
{
	registered += size;
	if (!vm_try_add_memory(vm, label, flags, addr, size, mem))
		die("cannot give the VM memory: %s%s", strerror(errno),
		    hint(errno));
}

/**
 * vm_try_add_paged() - give memory to a VM page by page, when it accesses it
 * @vm: file descriptor of the VM
 * @label: name of the memory
 * @addr: guest physical address
 * @size: its size
 * @mem: the memory, all rights
 *
 * Return: false if the firmware cannot do that.
 */
bool vm_try_add_paged(int vm, __u32 label, __u64 addr, __u64 size, void *mem)
{
	if (vm_try_add_memory(vm, label,
			      GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE |
			      GH_MEM_ALLOW_EXEC | GH_MEM_LENT | GH_MEM_PAGED,
			      addr, size, mem)) {
		registered += size;
		return true;
	}
	/* An older driver does not know the flag */
	if (errno != EOPNOTSUPP && errno != EINVAL)
		die("cannot give the VM memory: %s%s", strerror(errno),
		    hint(errno));

	return false;
}

/**
 * vm_set_entry() - set where the first vCPU starts
 * @vm: file descriptor of the VM
 * @addr: guest physical address; not needed for the start of the image
 */
void vm_set_entry(int vm, __u64 addr)
{
	struct gh_vm_boot_context pc = {
		.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_PC, 0),
		.value = addr,
	};

	if (ioctl(vm, GH_VM_SET_BOOT_CONTEXT, &pc))
		die("cannot set the entry point: %s", strerror(errno));
}

/**
 * vm_remove_memory() - take memory from a VM
 * @vm: file descriptor of the VM
 * @label: name of the memory
 *
 * Return: true if that was done; else errno says why not.
 */
bool vm_remove_memory(int vm, __u32 label)
{
	return vm_try_add_memory(vm, label, 0, 0, 0, NULL);
}

/**
 * vm_set_dtb() - tell where in the VM's memory its devicetree is
 * @vm: file descriptor of the VM
 * @addr: guest physical address of the devicetree
 * @size: room for it, as the resource manager adds to it
 */
void vm_set_dtb(int vm, __u64 addr, __u64 size)
{
	struct gh_vm_dtb_config config = {
		.guest_phys_addr = addr,
		.size = size,
	};

	if (ioctl(vm, GH_VM_SET_DTB_CONFIG, &config))
		die("cannot set the devicetree: %s", strerror(errno));
}

static int add_function(int vm, __u32 type, void *arg, __u32 size)
{
	struct gh_fn_desc desc = {
		.type = type,
		.arg_size = size,
		.arg = (unsigned long)arg,
	};

	return ioctl(vm, GH_VM_ADD_FUNCTION, &desc);
}

/**
 * vm_add_vcpu() - add a vCPU that this program will run
 * @vm: file descriptor of the VM
 * @id: index of the vCPU, as in the devicetree
 *
 * Return: file descriptor of the vCPU.
 */
int vm_add_vcpu(int vm, unsigned int id)
{
	struct gh_fn_vcpu_arg arg = { .id = id };
	int fd = add_function(vm, GH_FN_VCPU, &arg, sizeof(arg));

	if (fd < 0)
		die("cannot add vCPU %u: %s", id, strerror(errno));

	return fd;
}

/**
 * vm_add_irq() - add an interrupt
 * @vm: file descriptor of the VM
 * @irq: filled in
 * @spi: which interrupt; the devicetree has a doorbell with this label for it
 */
void vm_add_irq(int vm, struct vm_irq *irq, __u32 spi)
{
	struct gh_fn_irqfd_arg arg = { .label = spi };

	irq->fd = new_eventfd();
	arg.fd = irq->fd;
	if (add_function(vm, GH_FN_IRQFD, &arg, sizeof(arg)))
		die("cannot add interrupt %u: %s", spi, strerror(errno));
}

/**
 * vm_add_ioeventfd() - signal an eventfd when the VM writes to an address
 * @vm: file descriptor of the VM
 * @fd: the eventfd
 * @addr: guest physical address
 * @data: signal it only for writes of this 32-bit value
 */
void vm_add_ioeventfd(int vm, int fd, __u64 addr, __u32 data)
{
	struct gh_fn_ioeventfd_arg arg = {
		.datamatch = data,
		.addr = addr,
		.len = sizeof(data),
		.fd = fd,
		.flags = GH_IOEVENTFD_FLAGS_DATAMATCH,
	};

	if (add_function(vm, GH_FN_IOEVENTFD, &arg, sizeof(arg)))
		die("cannot add an ioeventfd: %s", strerror(errno));
}

/**
 * vm_start() - start a VM
 * @vm: file descriptor of the VM
 * @shared: its image is shared, not lent
 */
void vm_start(int vm, bool shared)
{
	if (ioctl(vm, GH_VM_START))
		explain_start(vm, errno, shared);
}

/**
 * vm_stop() - ask a VM to shut down, or stop it
 * @vm: file descriptor of the VM
 * @force: do not ask
 *
 * Return: true if that was done; else errno says why not.
 */
bool vm_stop(int vm, bool force)
{
	struct gh_vm_stop stop = { .flags = force ? GH_VM_STOP_FORCE : 0 };

	return !ioctl(vm, GH_VM_STOP, &stop);
}

/**
 * vm_get_status() - get the state of a VM
 * @vm: file descriptor of the VM
 * @status: filled in
 */
void vm_get_status(int vm, struct gh_vm_status *status)
{
	if (ioctl(vm, GH_VM_GET_STATUS, status))
		die("cannot get the VM's status: %s", strerror(errno));
}
