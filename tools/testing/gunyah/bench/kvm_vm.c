// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample VMM on KVM: its vm.c, with the calls of /dev/kvm
 *
 * This file and kvm_vcpu.c replace the two files of samples/gunyah that make calls
 * of Gunyah's driver, so that the benchmark runs the same guest with the same
 * devices on both hypervisors. There is one VM, so --restart fails. Its memory is
 * always shared with the host. Without --share, the guest uses its DMA pool as it
 * does on Gunyah.
 *
 * The file descriptor of KVM's VM cannot be polled. vm_create() therefore returns
 * an eventfd, which is signalled when the VM has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "kvm_vmm.h"
#include "layout.h"
#include "vm.h"

#define DEVICE		"/dev/kvm"
#define MAX_SLOTS	4
#define MAX_IRQS	32

static struct {
	int kvm;	/* file descriptors of /dev/kvm, VM, GIC and vCPUs */
	int fd;
	int gic;
	int vcpus[MAX_VCPUS];
	unsigned int num_vcpus;
	int end;	/* eventfd, signalled when the VM has ended ... */
	atomic_uint exit_type;	/* ... with this GH_VM_EXIT_... */
	struct kvm_userspace_memory_region slots[MAX_SLOTS];
	unsigned int num_slots;
	struct kvm_irqfd irqs[MAX_IRQS];
	unsigned int num_irqs;
	__u64 dtb;	/* guest physical address of the devicetree */
	__u64 dtb_size;	/* room for it */
} vm_kvm;

static int call(int fd, unsigned long request, void *arg, const char *what)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		die("KVM: %s: %s", what, strerror(errno));

	return ret;
}

/**
 * vm_create_memory() - create a memory file of Gunyah's driver
 * @device: ignored
 * @size: ignored
 *
 * Return: -1, because KVM has no such files.
 */
int vm_create_memory(const char *device, __u64 size)
{
	(void)device;
	(void)size;
	errno = EOPNOTSUPP;

	return -1;
}

/**
 * vm_create() - create a VM
 * @device: device file of Gunyah's driver, ignored
 *
 * Return: file descriptor that can be read when the VM has ended.
 */
int vm_create(const char *device)
{
	struct kvm_create_device gic = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };

	(void)device;
	if (vm_kvm.kvm)
		die("KVM: only one VM");
	vm_kvm.kvm = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (vm_kvm.kvm < 0)
		die("%s: %s", DEVICE, strerror(errno));
	vm_kvm.fd = call(vm_kvm.kvm, KVM_CREATE_VM, NULL, "create a VM");
	call(vm_kvm.fd, KVM_CREATE_DEVICE, &gic, "create the GIC");
	vm_kvm.gic = gic.fd;
	vm_kvm.end = new_eventfd();

	return vm_kvm.end;
}

/**
 * vm_try_add_paged() - give memory to a VM page by page, when it accesses it
 * @vm: the VM
 * @label: ignored
 * @addr: ignored
 * @size: ignored
 * @mem: ignored
 *
 * Return: false: with KVM, all memory is like that.
 */
bool vm_try_add_paged(int vm, __u32 label, __u64 addr, __u64 size, void *mem)
{
	(void)vm;
	(void)label;
	(void)addr;
	(void)size;
	(void)mem;

	return false;
}

/**
 * vm_set_entry() - set where the first vCPU starts
 * @vm: the VM
 * @addr: guest physical address
 *
 * Without paged memory it starts where the image does.
 */
void vm_set_entry(int vm, __u64 addr)
{
	(void)vm;
	die("KVM: the entry point cannot be %#llx", addr);
}

/**
 * vm_add_memory() - give memory to a VM that was not started
 * @vm: the VM
 * @label: ignored
 * @flags: ignored
 * @addr: guest physical address
 * @size: its size
 * @mem: the memory
 */
void vm_add_memory(int vm, __u32 label, __u32 flags, __u64 addr, __u64 size,
		   void *mem)
{
	struct kvm_userspace_memory_region *slot;

	(void)vm;
	(void)label;
	(void)flags;
	if (vm_kvm.num_slots == MAX_SLOTS)
		die("KVM: more than %d regions", MAX_SLOTS);
	slot = &vm_kvm.slots[vm_kvm.num_slots];
	*slot = (struct kvm_userspace_memory_region) {
		.slot = vm_kvm.num_slots++,
		.guest_phys_addr = addr,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};
	call(vm_kvm.fd, KVM_SET_USER_MEMORY_REGION, slot, "add memory");
}

/**
 * vm_try_add_memory() - give memory to a VM that runs
 * @vm: the VM
 * @label: ignored
 * @flags: ignored
 * @addr: guest physical address
 * @size: its size
 * @mem: the memory
 *
 * Return: false, because the benchmark has no use for that.
 */
bool vm_try_add_memory(int vm, __u32 label, __u32 flags, __u64 addr,
		       __u64 size, void *mem)
{
	(void)vm;
	(void)label;
	(void)flags;
	(void)addr;
	(void)size;
	(void)mem;
	errno = EOPNOTSUPP;

	return false;
}

/**
 * vm_remove_memory() - take memory from a VM
 * @vm: the VM
 * @label: ignored
 *
 * Return: false, as vm_try_add_memory().
 */
bool vm_remove_memory(int vm, __u32 label)
{
	return vm_try_add_memory(vm, label, 0, 0, 0, NULL);
}

/**
 * vm_set_dtb() - tell where in the VM's memory its devicetree is
 * @vm: the VM
 * @addr: guest physical address of the devicetree
 * @size: room for it
 */
void vm_set_dtb(int vm, __u64 addr, __u64 size)
{
	(void)vm;
	vm_kvm.dtb = addr;
	vm_kvm.dtb_size = size;
}

/**
 * vm_add_vcpu() - add a vCPU that this program will run
 * @vm: the VM
 * @id: index of the vCPU, as in the devicetree
 *
 * Return: file descriptor of the vCPU.
 */
int vm_add_vcpu(int vm, unsigned int id)
{
	struct kvm_vcpu_init init;
	int fd;

	(void)vm;
	if (id != vm_kvm.num_vcpus || id >= MAX_VCPUS)
		die("KVM: unexpected vCPU %u", id);
	fd = call(vm_kvm.fd, KVM_CREATE_VCPU, (void *)(uintptr_t)id,
		  "create a vCPU");
	call(vm_kvm.fd, KVM_ARM_PREFERRED_TARGET, &init, "target");
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	if (id)
		init.features[0] |= 1 << KVM_ARM_VCPU_POWER_OFF;
	call(fd, KVM_ARM_VCPU_INIT, &init, "initialise a vCPU");
	vm_kvm.vcpus[vm_kvm.num_vcpus++] = fd;

	return fd;
}

/**
 * vm_add_irq() - add an interrupt
 * @vm: the VM
 * @irq: filled in
 * @spi: which interrupt
 */
void vm_add_irq(int vm, struct vm_irq *irq, __u32 spi)
{
	(void)vm;
	if (vm_kvm.num_irqs == MAX_IRQS)
		die("KVM: more than %d interrupts", MAX_IRQS);
	irq->fd = new_eventfd();
	/* KVM accepts it only when the GIC is ready, which needs all vCPUs */
	vm_kvm.irqs[vm_kvm.num_irqs++] = (struct kvm_irqfd) {
		.fd = irq->fd,
		.gsi = spi,
	};
}

/**
 * vm_add_ioeventfd() - signal an eventfd when the VM writes to an address
 * @vm: the VM
 * @fd: the eventfd
 * @addr: guest physical address
 * @data: signal it only for writes of this 32-bit value
 */
void vm_add_ioeventfd(int vm, int fd, __u64 addr, __u32 data)
{
	struct kvm_ioeventfd arg = {
		.datamatch = data,
		.addr = addr,
		.len = sizeof(data),
		.fd = fd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	(void)vm;
	call(vm_kvm.fd, KVM_IOEVENTFD, &arg, "add an ioeventfd");
}

static void set_gic(__u32 group, __u64 attr, __u64 value)
{
	struct kvm_device_attr arg = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)&value,
	};

	call(vm_kvm.gic, KVM_SET_DEVICE_ATTR, &arg, "set up the GIC");
}

static void set_reg(int vcpu, __u64 reg, __u64 value)
{
	struct kvm_one_reg arg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | reg,
		.addr = (uintptr_t)&value,
	};

	call(vcpu, KVM_SET_ONE_REG, &arg, "set a register");
}

/* Return: the memory that has the devicetree */
static const struct kvm_userspace_memory_region *find_image(void)
{
	unsigned int i;

	for (i = 0; i < vm_kvm.num_slots; i++)
		if (vm_kvm.dtb - vm_kvm.slots[i].guest_phys_addr <
		    vm_kvm.slots[i].memory_size)
			return &vm_kvm.slots[i];

	die("KVM: no memory has the devicetree");
}

/* As Gunyah's resource manager does, add all memory to the devicetree */
static void complete_dtb(const struct kvm_userspace_memory_region *image)
{
	__u64 addr = image->userspace_addr + vm_kvm.dtb - image->guest_phys_addr;
	void *dtb = (void *)(uintptr_t)addr;
	const struct kvm_userspace_memory_region *slot;
	int node, ret;

	ret = fdt_open_into(dtb, dtb, vm_kvm.dtb_size);
	node = fdt_path_offset(dtb, "/memory");
	for (slot = vm_kvm.slots; slot < vm_kvm.slots + vm_kvm.num_slots; slot++)
		if (!ret && slot != image)
			ret = fdt_appendprop_addrrange(dtb, 0, node, "reg",
						       slot->guest_phys_addr,
						       slot->memory_size);
	if (ret)
		die("KVM: devicetree: %s", fdt_strerror(ret));
}

/**
 * vm_start() - start a VM
 * @vm: the VM
 * @shared: ignored
 */
void vm_start(int vm, bool shared)
{
	const struct kvm_userspace_memory_region *image = find_image();
	unsigned int i;

	(void)vm;
	(void)shared;
	complete_dtb(image);
	if (!vm_kvm.num_vcpus)
		die("KVM: no vCPUs");
	set_gic(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
		GICD_BASE);
	set_gic(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
		GICD_BASE - vm_kvm.num_vcpus * GICR_SIZE);
	set_gic(KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0);
	for (i = 0; i < vm_kvm.num_irqs; i++)
		call(vm_kvm.fd, KVM_IRQFD, &vm_kvm.irqs[i], "add an interrupt");
	/* As under Gunyah, the first vCPU starts where this memory does */
	set_reg(vm_kvm.vcpus[0], KVM_REG_ARM_CORE_REG(regs.pc),
		image->guest_phys_addr);
	set_reg(vm_kvm.vcpus[0], KVM_REG_ARM_CORE_REG(regs.regs[0]), vm_kvm.dtb);
}

/**
 * vm_stop() - ask a VM to shut down, or stop it
 * @vm: the VM
 * @force: do not ask
 *
 * Return: false, because KVM has neither; closing the VM stops it.
 */
bool vm_stop(int vm, bool force)
{
	(void)vm;
	(void)force;
	errno = EOPNOTSUPP;

	return false;
}

/**
 * vm_get_status() - get the state of a VM
 * @vm: the VM, which has ended
 * @status: filled in
 */
void vm_get_status(int vm, struct gh_vm_status *status)
{
	(void)vm;
	*status = (struct gh_vm_status) {
		.state = GH_VM_STATE_EXITED,
		.exit_type = vm_kvm.exit_type,
	};
}

/**
 * kvm_run_size() - size of the page that a vCPU shares with KVM
 *
 * Return: the size.
 */
size_t kvm_run_size(void)
{
	return call(vm_kvm.kvm, KVM_GET_VCPU_MMAP_SIZE, NULL,
		    "size of the run page");
}

/**
 * kvm_ended() - the VM has ended
 * @type: KVM_SYSTEM_EVENT_...
 */
void kvm_ended(__u32 type)
{
	switch (type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		vm_kvm.exit_type = GH_VM_EXIT_PLATFORM_OFF;
		break;
	case KVM_SYSTEM_EVENT_RESET:
		vm_kvm.exit_type = GH_VM_EXIT_PLATFORM_RESET;
		break;
	default:
		vm_kvm.exit_type = GH_VM_EXIT_SW_ERROR;
	}
	eventfd_write(vm_kvm.end, 1);
}
