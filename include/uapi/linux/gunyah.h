/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * User ABI of the Gunyah hypervisor's host driver
 *
 * See Documentation/virt/gunyah/vm-manager.rst for how the calls work together.
 */

#ifndef _UAPI_LINUX_GUNYAH_H
#define _UAPI_LINUX_GUNYAH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: General rules
 *
 * Calls on /dev/gunyah create VM file descriptors, calls on a VM file descriptor
 * create vCPU file descriptors; all are close-on-exec. A VM exists until its file
 * descriptor and those of its vCPUs are closed, duplicates included, and the run
 * pages of its vCPUs are unmapped. All structures have the same layout for 32-bit
 * and 64-bit user space.
 *
 * A call that fails returns -1 and sets errno to one of the values listed with it.
 * Two errors are common to all calls and not listed again:
 *
 *  - ENOTTY: the call does not exist on this kind of file descriptor, or its
 *    argument has another size
 *  - EFAULT: the argument, or a pointer in it, does not point to memory of the
 *    caller
 *
 * A call that configures a VM waits for the end of other such calls for this VM.
 * A signal ends this wait: the call is restarted if the signal's handler was
 * installed with SA_RESTART, otherwise it fails with EINTR and has changed
 * nothing.
 *
 * The structures of the calls 'G' 0x10 and above may grow at their end.
 * Such a call accepts every size from that of the first version on. The number of
 * the call encodes the size. Members that the caller does not know are taken as 0,
 * members that the kernel does not know are returned as 0. If the latter are not 0
 * on entry, the call fails with E2BIG. The same is true for the arguments
 * of functions, whose size is passed in &struct gh_fn_desc.
 *
 * The resource manager (RM) is asked by GH_VM_START, by GH_VM_STOP and, while
 * the VM runs, by GH_VM_SET_USER_MEM_REGION. If the RM refuses something, the
 * call fails with the errno for the RM's error code:
 *
 *  - ENOMEM: NOMEM
 *  - ENODEV: NORESOURCE
 *  - EPERM: DENIED
 *  - EBUSY: BUSY, MEM_INUSE, IRQ_INUSE, IN_USE, VM_STATE
 *  - EOPNOTSUPP: UNIMPLEMENTED
 *  - EINVAL: all other known error codes
 *  - EIO: an unknown error code
 *
 * GH_VM_GET_STATUS returns the RM's error code of a failed start. The tracepoint
 * gunyah:gunyah_rm_call_end shows it by name, for every call.
 */

#define GH_IOCTL_TYPE			'G'

/**
 * GH_CREATE_VM - create a VM (on /dev/gunyah)
 *
 * The argument is reserved and is 0.
 *
 * Return:
 * * a VM file descriptor
 * * EINVAL - the argument is not 0
 * * ESHUTDOWN - the RM does not answer any more, or the driver is being removed
 * * EMFILE - the process has no file descriptor left
 * * ENFILE - the system has no open file left
 * * ENOMEM - no memory
 */
#define GH_CREATE_VM			_IO(GH_IOCTL_TYPE, 0x0)

/* &struct gh_info.features */
#define GH_FEATURE_MERGED_REGIONS	(1UL << 0)	/* adjacent lent regions */
#define GH_FEATURE_READ_ONLY_MEM	(1UL << 1)	/* mappings without PROT_WRITE */
#define GH_FEATURE_CRASH_MSG		(1UL << 2)	/* in &struct gh_vm_status */
#define GH_FEATURE_VCPU_STATS		(1UL << 3)	/* GH_VCPU_GET_STATS */
#define GH_FEATURE_MEM_FILES		(1UL << 4)	/* GH_CREATE_MEM */
#define GH_FEATURE_SHARED_IRQS		(1UL << 5)	/* irqfds with one label */
#define GH_FEATURE_FIRMWARE		(1UL << 6)	/* GH_VM_ANDROID_SET_FW_CONFIG */
#define GH_FEATURE_PAGE_FAULT		(1UL << 7)	/* GH_VCPU_FLAGS_PAGE_FAULT */

/**
 * struct gh_info - features of driver and hypervisor
 * @flags: in: 0
 * @features: ``GH_FEATURE_...``: features without a member of their own
 * @hyp_api: API of the hypervisor: bits 13:0 version, bit 14 big endian, bit 15
 *	64 bit, bits 63:56 variant
 * @hyp_features: the hypervisor's features, its flag words 0 to 2
 * @page_size: addresses and sizes of memory regions are multiples of it, in
 *	bytes: the host's page size
 * @vmid: VMID of the host
 * @functions: types of functions: bit n stands for type n
 * @mem_flags: flags of &struct gh_userspace_memory_region; GH_MEM_PAGED only if
 *	the resource manager can do it
 * @irqfd_flags: flags of &struct gh_fn_irqfd_arg
 * @ioeventfd_flags: flags of &struct gh_fn_ioeventfd_arg
 * @stop_flags: flags of &struct gh_vm_stop
 * @mmio_sizes: access sizes of MMIO exits and ioeventfds: a sum of powers of two
 * @max_arg_size: largest argument of a function, in bytes
 * @max_mem_size: upper limit for a memory region, in bytes: the host's memory
 */
struct gh_info {
	__u32 flags;
	__u32 features;
	__u64 hyp_api;
	__u64 hyp_features[3];
	__u32 page_size;
	__u32 vmid;
	__u64 functions;
	__u32 mem_flags;
	__u32 irqfd_flags;
	__u32 ioeventfd_flags;
	__u32 stop_flags;
	__u32 mmio_sizes;
	__u32 max_arg_size;
	__u64 max_mem_size;
};

/**
 * GH_GET_INFO - get the features of driver and hypervisor (on /dev/gunyah)
 *
 * The features of the resource manager, but for GH_MEM_PAGED, are not known in
 * advance. If it lacks one that a VM needs, GH_VM_START fails: with ENODEV for a
 * shared image, EPERM for a protected VM, and EOPNOTSUPP for all others.
 *
 * Return:
 * * 0 - success
 * * EINVAL - flags is not 0
 * * E2BIG - a member that the kernel does not know is not 0
 */
#define GH_GET_INFO			_IOWR(GH_IOCTL_TYPE, 0x10, \
					      struct gh_info)

/**
 * struct gh_create_mem - a memory file
 * @size: size in bytes, multiple of the host's page size
 * @flags: 0
 * @padding: 0
 * @reserved: 0
 */
struct gh_create_mem {
	__u64 size;
	__u32 flags;
	__u32 padding;
	__u64 reserved[2];
};

/**
 * GH_CREATE_MEM - create a memory file (on /dev/gunyah)
 *
 * A memory file is memory of the driver, all zeroes at first. It is mapped with
 * mmap() and MAP_SHARED, inherited, and handed to other processes as any file. A
 * VM gets it by GH_VM_SET_USER_MEM_REGION with an address where it is mapped.
 * The pages are allocated at once and never moved: sharing them needs no pinning,
 * and lending them no copy.
 *
 * While a range is lent, every access to it, in any mapping of any process, is
 * SIGBUS, or EFAULT in a system call. When the VM has given it back, all mappings
 * can be used again. The content is zeroes then if the VM was started, else what
 * it was before.
 *
 * The memory is charged against RLIMIT_MEMLOCK of the caller, unless it has
 * CAP_IPC_LOCK, until all descriptors are closed, all mappings have gone and no VM
 * has the memory. mlock() on a mapping charges nothing more, and locks nothing.
 *
 * mmap() fails with EINVAL for MAP_PRIVATE and for a range that is not in the
 * file. fstat() returns the size. read(), write(), pread(), pwrite() and
 * ftruncate() fail with EINVAL or ESPIPE, lseek() with ESPIPE, fallocate() with
 * ENODEV.
 *
 * Return:
 * * a file descriptor, close-on-exec
 * * EINVAL - the size is 0 or not a multiple of the host's page size; another
 *   member is not 0
 * * ENOMEM - no memory; more than RLIMIT_MEMLOCK allows; more than the machine
 *   has
 * * EMFILE - the process has no file descriptor left
 * * ENFILE - the system has no open file left
 * * EINTR - a fatal signal arrived
 * * E2BIG - a member that the kernel does not know is not 0
 */
#define GH_CREATE_MEM			_IOW(GH_IOCTL_TYPE, 0x15, \
					     struct gh_create_mem)

/* Flags of &struct gh_userspace_memory_region */
#define GH_MEM_ALLOW_READ		(1UL << 0)
#define GH_MEM_ALLOW_WRITE		(1UL << 1)
#define GH_MEM_ALLOW_EXEC		(1UL << 2)
#define GH_MEM_LENT			(1UL << 3)
#define GH_MEM_HOTPLUG			(1UL << 16)
#define GH_MEM_PAGED			(1UL << 17)

/**
 * struct gh_userspace_memory_region - a range of user memory given to a VM
 * @label: label of the region, chosen by the caller, unique in the VM. The
 *	virtual machine's devicetree refers to it.
 * @flags: GH_MEM_ALLOW_READ, GH_MEM_ALLOW_WRITE, GH_MEM_ALLOW_EXEC: access of the
 *	VM, in one of the combinations R, RW, RX and RWX; GH_MEM_LENT: the host
 *	has no access while the VM has the memory, otherwise the memory is shared;
 *	GH_MEM_HOTPLUG: the VM's operating system shall add the memory to its own;
 *	GH_MEM_PAGED: the VM gets the memory page by page, when it accesses it
 * @guest_phys_addr: address in the VM; multiple of the host's page size
 * @memory_size: size in bytes, multiple of the host's page size; 0 removes the
 *	region with that label, the other members are then ignored
 * @userspace_addr: first byte in the caller's address space; multiple of the
 *	host's page size. Anonymous memory, memfd, tmpfs, hugetlbfs and memory
 *	files of GH_CREATE_MEM can be given to a VM.
 */
struct gh_userspace_memory_region {
	__u32 label;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
};

/**
 * GH_VM_SET_USER_MEM_REGION - register or remove memory of a VM
 *
 * The pages of a shared region are pinned by this call, and host and VM use the
 * same memory. The content of a lent region is moved to pages of the driver by
 * GH_VM_START, whose mapping takes the place of the caller's: an access is SIGBUS
 * until the VM is gone, see Documentation/virt/gunyah/memory.rst. Both are
 * charged against RLIMIT_MEMLOCK of the caller, unless it has CAP_IPC_LOCK, in
 * addition to what mlock() charges for the same memory. The VM gets the memory at
 * GH_VM_START: it may be written until then.
 *
 * Without GH_MEM_ALLOW_WRITE the caller's mapping need not be writable either.
 *
 * A range of a memory file is neither pinned nor copied nor charged. The region
 * keeps the file, whatever is mapped later. A range that is shared can be in other
 * regions, too, but is not lent meanwhile. A range that is lent is in no region
 * that is shared, and lent to one VM at a time. Regions may be registered for the
 * future: GH_VM_START fails with EBUSY.
 *
 * There are two ways to place a lent region in the VM. Lent regions that follow
 * each other without gaps, with equal flags, and contain the devicetree become one
 * block, the image, whatever their labels are. Each other lent region needs a
 * virtual device of type shm with its label in the devicetree, or GH_VM_START
 * fails.
 *
 * While the VM runs, memory is given to it at once: a lent region is moved by
 * this call, and the RM notifies the VM, which accepts the memory at an address of
 * its choice. GH_VM_GET_REGION returns the handle of the memory in the VM. A
 * removal reclaims memory that the VM has not accepted, or has released.
 * GH_MEM_HOTPLUG is for lent memory with all rights, and only while the VM runs: a
 * Linux with this driver uses it as its own until the VM's end, if the size is a
 * multiple of that of its memory blocks.
 *
 * GH_MEM_PAGED is for lent memory, where &struct gh_info.mem_flags has it: the
 * resource manager of published firmware cannot do it. The VM starts without the
 * memory. When a vCPU accesses a page, GH_VCPU_RUN gives it that page, with what
 * the caller has written there before the start, or zeroes, and pages around it.
 * Memory that neither the caller nor the VM has accessed is not allocated, but
 * charged. GH_VM_RECLAIM_MEM takes pages back. The region needs no place in the
 * devicetree, must not contain it, and stays until the VM is gone.
 *
 * Return:
 * * 0 - success
 * * EINVAL - unknown flags; no GH_MEM_ALLOW_READ; GH_MEM_HOTPLUG without
 *   GH_MEM_LENT or one of the rights, or before GH_VM_START; GH_MEM_PAGED
 *   without GH_MEM_LENT, or with GH_MEM_HOTPLUG; an address or the
 *   size is not a multiple of the host's page size, or of the huge page that is
 *   to be lent
 * * EOVERFLOW - the guest's range wraps, or has no byte after it
 * * EEXIST - the label is in use, or the guest's range overlaps the one of
 *   another region, or two regions lend the same addresses of the caller
 * * EFAULT - the caller's range is not mapped; or it is not writable, with
 *   GH_MEM_ALLOW_WRITE; or it is lent at present, and the region is shared, or
 *   the VM runs: before GH_VM_START memory can be registered that another VM
 *   still has
 * * EOPNOTSUPP - a kind of memory that cannot be given away, such as a file of
 *   a file system or device memory; or the range begins or ends in a memory file,
 *   but is not a range of it; or it is to be lent, and this kernel cannot take it
 *   out of its linear map, see the kernel log; or GH_MEM_PAGED, and the RM
 *   cannot do that
 * * ENOMEM - no memory; more than RLIMIT_MEMLOCK allows; more than the machine
 *   has
 * * EPERM - the caller's address space is not the one that created the VM;
 *   removals are not restricted
 * * EHWPOISON - a page of a memory file has a memory error
 * * ENOENT - removal: no region has that label
 * * ENOTCONN - the VM runs and cannot be notified of the memory, because its
 *   devicetree gives it no channel to the RM (no virtual device of type rm-rpc)
 * * EAGAIN - the VM runs, and the RM would have to hold more memory entries than
 *   the module parameter max_mem_entries allows
 * * EBUSY - the VM is in state GH_VM_STATE_STARTING or GH_VM_STATE_FAILED, or,
 *   unless it is a removal, GH_VM_STATE_EXITED; or the VM runs, and the machine
 *   is about to hibernate, or the flags have GH_MEM_PAGED. Removal: the VM has the
 *   memory; nothing was changed.
 *   A memory file: a part of the range is lent; or, if the VM runs and the region
 *   is lent, in use: see GH_VM_START
 * * EINTR - a signal arrived while this waited for another call for the VM, or a
 *   fatal one at any time; nothing was changed, except after a fatal one while
 *   the RM was asked
 * * ESHUTDOWN, ETIMEDOUT, EIO, ENODEV - while the VM runs: as for GH_VM_START.
 *   EPERM, EINVAL and EOPNOTSUPP may then also be the RM's error. The VM does not
 *   have the memory; what was to be lent may have been cleared, because the VM
 *   could have had it meanwhile. Memory that the RM does not return keeps its
 *   label, and stays charged, until a removal succeeds or the VM ends
 * * ENFILE, EAGAIN, EPERM - the VM runs, and memory that is to be lent cannot be
 *   moved: too many files are open in the system; mlockall(MCL_FUTURE), and
 *   RLIMIT_MEMLOCK has no room to count it twice; the mapping is sealed by mseal()
 */
#define GH_VM_SET_USER_MEM_REGION	_IOW(GH_IOCTL_TYPE, 0x1, \
					     struct gh_userspace_memory_region)

/**
 * GH_VM_ANDROID_LEND_USER_MEM - register memory to be lent to a VM
 *
 * The same as GH_VM_SET_USER_MEM_REGION with GH_MEM_LENT, for VMMs that use this
 * number. It cannot remove a region: it fails with EINVAL if the size is 0.
 *
 * Return: as GH_VM_SET_USER_MEM_REGION.
 */
#define GH_VM_ANDROID_LEND_USER_MEM	_IOW('A', 0x11, \
					     struct gh_userspace_memory_region)

/**
 * struct gh_vm_dtb_config - address of the VM's devicetree
 * @guest_phys_addr: guest physical address of the devicetree
 * @gpa: another name of @guest_phys_addr
 * @size: room for the devicetree in bytes; the resource manager adds to it.
 *	Rounded up to a multiple of 4096.
 */
struct gh_vm_dtb_config {
	union {
		__u64 guest_phys_addr;
		__u64 gpa;
	};
	__u64 size;
};

/**
 * GH_VM_SET_DTB_CONFIG - set the address of the VM's devicetree
 *
 * The range need not be registered yet: GH_VM_START checks that it lies in one
 * region, or in lent ones that follow each other without gaps and have equal
 * flags. These are the image of the VM. May be called again: the last call
 * counts.
 *
 * Return:
 * * 0 - success
 * * EINVAL - the size is 0
 * * EOVERFLOW - the range wraps, or would if rounded up
 * * EBUSY - GH_VM_START was called before, unless its result was repeatable
 * * EINTR - a signal arrived while this waited for another call for the VM; nothing
 *   was changed
 */
#define GH_VM_SET_DTB_CONFIG		_IOW(GH_IOCTL_TYPE, 0x2, \
					     struct gh_vm_dtb_config)

/**
 * struct gh_vm_firmware_config - address of a protected VM's firmware
 * @guest_phys_addr: guest physical address, multiple of 4096
 * @size: room for the firmware in bytes, multiple of 4096
 */
struct gh_vm_firmware_config {
	__u64 guest_phys_addr;
	__u64 size;
};

/**
 * GH_VM_ANDROID_SET_FW_CONFIG - make the VM a protected one
 *
 * Such a VM starts in firmware that its creator cannot choose. The machine's boot
 * loader, or its vendor, gives an image of it to the RM, which copies it to this
 * range. X0 is the address of the devicetree then, X1 that of the image; registers
 * of GH_VM_SET_BOOT_CONTEXT are ignored.
 *
 * The range need not be registered yet: GH_VM_START checks that it lies in one
 * region, which is lent, not paged, and has all rights. If this region does not
 * contain the devicetree it is no part of the image, whatever is next to it, its
 * label may be 0, and it needs no virtual device: the property firmware-address
 * of /gunyah-vm-config/memory in the devicetree has its address. May be called
 * again: the last call counts. A protected VM cannot become another one.
 *
 * Most machines have no such image: GH_VM_START fails with EPERM then, and
 * &struct gh_vm_status.start_reason is GH_VM_START_REASON_NO_FIRMWARE.
 *
 * Return:
 * * 0 - success
 * * EINVAL - the size is 0; address or size is not a multiple of 4096
 * * EOVERFLOW - the range wraps
 * * EBUSY - GH_VM_START was called before, unless its result was repeatable
 * * EINTR - a signal arrived while this waited for another call for the VM; nothing
 *   was changed
 */
#define GH_VM_ANDROID_SET_FW_CONFIG	_IOW('A', 0x12, \
					     struct gh_vm_firmware_config)

/**
 * GH_ANDROID_CHECK_EXTENSION - ask for a capability (on /dev/gunyah, or on a VM
 * file descriptor)
 *
 * The argument is the number of a capability. This is for VMMs that use this
 * call; no number is assigned. GH_GET_INFO has the features of this driver.
 *
 * Return: 0: there is no such capability. Does not fail.
 */
#define GH_ANDROID_CHECK_EXTENSION	_IO('A', 0x17)

/* Sets of registers, and &struct gh_vm_boot_context.reg made of set and index */
#define GH_VM_BOOT_CONTEXT_SET_X	0	/* index: 0 to 31 */
#define GH_VM_BOOT_CONTEXT_SET_PC	1	/* index: 0 */
#define GH_VM_BOOT_CONTEXT_SET_SP	2	/* SP_ELn; index: 0 to 2 */
#define GH_VM_BOOT_CONTEXT_REG(set, index)	((set) << 8 | (index))

/**
 * struct gh_vm_boot_context - a register of the vCPU that boots
 * @reg: GH_VM_BOOT_CONTEXT_REG(set, index)
 * @padding: 0
 * @value: value of the register when the VM starts
 */
struct gh_vm_boot_context {
	__u32 reg;
	__u32 padding;
	__u64 value;
};

/**
 * GH_VM_SET_BOOT_CONTEXT - set a register of the vCPU that boots
 *
 * Without it, PC is the start of the image, which is the memory that contains
 * the devicetree, X0 the devicetree's address, and everything else 0. May be
 * called again for the same register: the last call counts.
 *
 * A PC within the image, and an X0 with the devicetree's address, work with every
 * RM. If there are other settings, GH_VM_START fails with EOPNOTSUPP unless the RM
 * supports them. A VM of GH_VM_ANDROID_SET_FW_CONFIG ignores all of them.
 *
 * Return:
 * * 0 - success
 * * EINVAL - no such register; the padding is not 0; GH_VM_START was called
 *   before, unless its result was repeatable
 * * EINTR - a signal arrived while this waited for another call for the VM; nothing
 *   was changed
 */
#define GH_VM_SET_BOOT_CONTEXT		_IOW(GH_IOCTL_TYPE, 0xa, \
					     struct gh_vm_boot_context)

/**
 * GH_VM_START - start the VM
 *
 * Gives the registered memory to the VM and makes the RM create and start it.
 * Virtual CPUs that the hypervisor schedules run from now on, proxy-scheduled ones
 * when GH_VCPU_RUN is called. Concurrent callers wait for the same start.
 *
 * A start that fails before the RM was asked is repeatable: the VM is still in
 * state GH_VM_STATE_NEW. One that fails later is final: the VM is in state
 * GH_VM_STATE_FAILED, and every further call fails with the same error.
 *
 * Return:
 * * 0 - the VM was started, now or before; it may have ended since
 * * EINVAL - repeatable, see &struct gh_vm_status.start_reason: no devicetree is
 *   configured, or its range is not registered as GH_VM_SET_DTB_CONFIG demands,
 *   or is in memory with GH_MEM_PAGED; that of the firmware is not registered as
 *   GH_VM_ANDROID_SET_FW_CONFIG demands; the devicetree would crash the RM; or it
 *   has no address for a lent region.
 *   Final: the RM's error, which is also the result of most mistakes in the
 *   devicetree, or that of the platform's firmware
 * * EEXIST - repeatable: a region that is neither the image nor that of the
 *   firmware has the label 0, by which the RM knows the image
 * * E2BIG - repeatable: more than 898 regions have GH_MEM_PAGED
 * * EPERM - repeatable: the caller's address space is not the one that created
 *   the VM; or memory that is to be lent is sealed by mseal(). Final: the RM's
 *   error; for a VM of GH_VM_ANDROID_SET_FW_CONFIG, see
 *   &struct gh_vm_status.start_reason: the RM has no firmware for it
 * * EFAULT - repeatable: a lent region is not mapped any more, or another VM still
 *   has it
 * * ENFILE - repeatable: too many files are open in the system, and memory that is
 *   to be lent needs one
 * * EHWPOISON - repeatable: a lent region is of a memory file, and a page of that
 *   has a memory error
 * * EBUSY - repeatable, see &struct gh_vm_status.start_reason: a lent region is
 *   of a memory file, and a part of it is in a shared region, or lent to another
 *   VM, or the kernel or a device still uses a page of it, such as for I/O that
 *   is not complete. Final: the RM's error, or an interrupt of the VM is in use in
 *   the host
 * * EAGAIN - repeatable: mlockall(MCL_FUTURE), and RLIMIT_MEMLOCK has no room
 *   to count lent memory twice; or the RM has no resources, but the host has just ended
 *   other VMs, which the firmware may still be releasing; or it would have to
 *   hold more memory entries than the module parameter max_mem_entries allows
 *   for all VMs together. Pages that follow each other in the host's memory are
 *   one entry
 * * ENOMEM - repeatable: no memory to move a lent region to. Final: no memory,
 *   or the RM's error
 * * EBUSY - repeatable: the machine is about to hibernate
 * * ESHUTDOWN - repeatable: the RM does not answer any more, see the kernel
 *   log. Final: it has stopped answering, the driver is being removed, or the
 *   machine goes down
 * * EINTR - repeatable: a signal arrived while this waited for another call for
 *   the VM, or a fatal one while a lent region was moved. Final: the callers
 *   that waited for the start were killed, so it was given up
 * * ETIMEDOUT - final: the RM has not answered a message in time
 * * EOPNOTSUPP - repeatable, see &struct gh_vm_status.start_reason: the hypervisor
 *   is to schedule the vCPUs, which can crash the RM, and the module parameter
 *   allow_static_vcpus does not allow it; or the platform's firmware has to be
 *   told who gets memory, and the driver's module for that platform is missing.
 *   Without a reason: what is mapped at a lent region now cannot be given away
 * * ENODEV, EOPNOTSUPP - final: the RM's error. ENODEV: among others, too many
 *   vCPUs or virtual devices. EOPNOTSUPP: the RM cannot set the registers of
 *   GH_VM_SET_BOOT_CONTEXT
 * * EIO - final: the RM has sent an invalid reply, or the hypervisor refuses to
 *   transport a message, or the platform's firmware does not assign memory, or
 *   memory was lost in an attempt that could be repeated otherwise (EAGAIN)
 */
#define GH_VM_START			_IO(GH_IOCTL_TYPE, 0x3)

/* Types of functions */
#define GH_FN_VCPU			1
#define GH_FN_IRQFD			2
#define GH_FN_IOEVENTFD			3

/* Largest argument of a function */
#define GH_FN_MAX_ARG_SIZE		256

/* Flags of &struct gh_fn_vcpu_arg */
#define GH_VCPU_FLAGS_PAGE_FAULT	(1UL << 0)

/**
 * struct gh_fn_vcpu_arg - argument of a function of type GH_FN_VCPU
 * @id: index of the vCPU, as in the VM's devicetree
 * @flags: GH_VCPU_FLAGS_PAGE_FAULT: GH_VCPU_RUN reports memory that the VM needs and
 *	does not get as GH_VCPU_EXIT_PAGE_FAULT; else it fails
 *
 * In the first version of this structure @id was the only member.
 */
struct gh_fn_vcpu_arg {
	__u32 id;
	__u32 flags;
};

/* Flags of &struct gh_fn_irqfd_arg */
#define GH_IRQFD_FLAGS_LEVEL		(1UL << 0)

/**
 * struct gh_fn_irqfd_arg - argument of a function of type GH_FN_IRQFD
 * @fd: an eventfd. What is written to it rings the doorbell.
 * @label: label of the doorbell in the VM's devicetree
 * @flags: GH_IRQFD_FLAGS_LEVEL: the interrupt is level-triggered in the VM; a
 *	ring is one interrupt for it, too. The doorbell needs the property
 *	source-can-clear.
 * @padding: 0
 *
 * The eventfd is read, as by read(), when the doorbell rings. What was written
 * before it was added, or before the VM starts, rings once.
 *
 * Irqfds with different eventfds and the same label share the doorbell, as devices
 * share an interrupt: GH_FEATURE_SHARED_IRQS. They have the same flags.
 */
struct gh_fn_irqfd_arg {
	__u32 fd;
	__u32 label;
	__u32 flags;
	__u32 padding;
};

/* Flags of &struct gh_fn_ioeventfd_arg */
#define GH_IOEVENTFD_FLAGS_DATAMATCH	(1UL << 0)

/**
 * struct gh_fn_ioeventfd_arg - argument of a function of type GH_FN_IOEVENTFD
 * @datamatch: with GH_IOEVENTFD_FLAGS_DATAMATCH: the value to be written; its
 *	lowest @len bytes count
 * @addr: guest physical address
 * @len: size of the write in bytes: 1, 2, 4 or 8; 0 for all of them
 * @fd: an eventfd, incremented by one for each write that matches
 * @flags: GH_IOEVENTFD_FLAGS_DATAMATCH
 * @padding: 0
 *
 * A write of a proxy-scheduled vCPU that would be an MMIO exit, and matches, is
 * over with that: GH_VCPU_RUN does not return. Two functions that match the same
 * write cannot exist: a size of 0 matches all sizes, no data all data.
 */
struct gh_fn_ioeventfd_arg {
	__u64 datamatch;
	__u64 addr;
	__u32 len;
	__s32 fd;
	__u32 flags;
	__u32 padding;
};

/**
 * struct gh_fn_desc - a function of a VM
 * @type: ``GH_FN_...``
 * @arg_size: size of the argument in bytes: that of the type's structure as the
 *	caller knows it
 * @arg: pointer to the type's argument structure
 */
struct gh_fn_desc {
	__u32 type;
	__u32 arg_size;
	__u64 arg;
};

/**
 * GH_VM_ADD_FUNCTION - add a function to a VM
 *
 * May be called before or after GH_VM_START, by every process. A function whose
 * counterpart the VM's devicetree does not have stays inert.
 *
 * Return:
 * * a vCPU file descriptor - for GH_FN_VCPU
 * * 0 - for the others
 * * ENOENT - unknown type
 * * EINVAL - the argument is smaller than the first version of the type's
 *   structure, or larger than GH_FN_MAX_ARG_SIZE; an unknown flag; padding that
 *   is not 0. GH_FN_IOEVENTFD: not a size of a write; data without a size; the
 *   range wraps. GH_FN_IRQFD: another one with that label has other flags
 * * E2BIG - a member of the argument that the kernel does not know is not 0
 * * EBADF - not the file descriptor of an eventfd
 * * EEXIST - the VM has that vCPU, an irqfd with that label and eventfd, or an
 *   ioeventfd that matches a write which the new one would match
 * * ENOSPC - GH_FN_IRQFD: the VM has 32 with that eventfd
 * * EMFILE - the process has no file descriptor left
 * * ENFILE - the system has no open file left
 * * ENOMEM - no memory
 * * EINTR - a signal arrived while this waited for another call for the VM; nothing
 *   was changed
 */
#define GH_VM_ADD_FUNCTION		_IOW(GH_IOCTL_TYPE, 0x4, \
					     struct gh_fn_desc)

/**
 * GH_VM_REMOVE_FUNCTION - remove a function from a VM
 *
 * A vCPU is found by its id. GH_VCPU_RUN that goes on is ended first. The file
 * descriptor stays open and keeps the VM alive; GH_VCPU_RUN on it fails with
 * ENODEV from then on, until it can report the end of the VM. If the vCPU is
 * added again it goes on where it was: an MMIO read that it still waits for is
 * reported once more, by the first GH_VCPU_RUN on the new file descriptor.
 *
 * An irqfd is found by its label and eventfd, and if there is none like that, by
 * its label alone; an ioeventfd by address, size and data, and if there is none
 * like that and GH_IOEVENTFD_FLAGS_DATAMATCH is not set, by its address alone. Of
 * several that are found, the one that was added first is removed. The other
 * members of the argument are ignored. Earlier writes to the eventfd of an irqfd,
 * and of the VM to the address of an ioeventfd, have had their effect when this
 * call returns. An irqfd is also removed when the last file descriptor of its
 * eventfd is closed.
 *
 * The same function may be added again, and is a new one then.
 *
 * Return:
 * * 0 - success
 * * ENOENT - unknown type, or the VM has no such function
 * * EINVAL - the argument is smaller than the first version of the type's
 *   structure, or larger than GH_FN_MAX_ARG_SIZE
 * * E2BIG - a member of the argument that the kernel does not know is not 0
 * * EINTR - a signal arrived while this waited for another call for the VM; nothing
 *   was changed
 */
#define GH_VM_REMOVE_FUNCTION		_IOW(GH_IOCTL_TYPE, 0x7, \
					     struct gh_fn_desc)

/* &struct gh_vcpu_run.exit_reason */
#define GH_VCPU_EXIT_UNKNOWN		0
#define GH_VCPU_EXIT_MMIO		1
#define GH_VCPU_EXIT_STATUS		2
#define GH_VCPU_EXIT_PAGE_FAULT		3

/* &struct gh_vcpu_run.page_fault.resume_action */
#define GH_VCPU_RESUME_HANDLED		0	/* the access is made once more */
#define GH_VCPU_RESUME_FAULT		1	/* it is an external abort in the VM */
#define GH_VCPU_RESUME_RETRY		2	/* the access is made once more */

/* &struct gh_vcpu_run.status.status */
#define GH_VM_STATUS_LOAD_FAILED	1
#define GH_VM_STATUS_EXITED		2
#define GH_VM_STATUS_CRASHED		3

/* Exit types: why a VM ended */
#define GH_VM_EXIT_VM_EXIT		0	/* asked for by the VM */
#define GH_VM_EXIT_PLATFORM_OFF		1	/* PSCI SYSTEM_OFF */
#define GH_VM_EXIT_PLATFORM_RESET	2	/* PSCI SYSTEM_RESET */
#define GH_VM_EXIT_PLATFORM_RESET2	3	/* PSCI SYSTEM_RESET2 */
#define GH_VM_EXIT_WDT_BITE		4	/* its watchdog expired */
#define GH_VM_EXIT_SW_ERROR		5	/* unhandled fault */
#define GH_VM_EXIT_HW_ERROR		6	/* asynchronous hardware error */
#define GH_VM_EXIT_FORCED_STOP		7	/* stopped by the host */
#define GH_VM_EXIT_UNKNOWN		0xffff	/* no reason from the RM */

/* Bytes of the resource manager's reason in the run page */
#define GH_VM_MAX_EXIT_REASON_SIZE	8

/**
 * struct gh_vcpu_run - the page shared between GH_VCPU_RUN and its caller
 * @immediate_exit: in: if not 0, GH_VCPU_RUN fails with EINTR without running
 *	the vCPU. A signal handler may set it.
 * @padding: reserved
 * @exit_reason: out: GH_VCPU_EXIT_MMIO, GH_VCPU_EXIT_STATUS or, with
 *	GH_VCPU_FLAGS_PAGE_FAULT, GH_VCPU_EXIT_PAGE_FAULT, which tells the member of
 *	the union that is valid
 * @padding1: reserved
 * @mmio: the VM has accessed an address that has no memory
 * @mmio.phys_addr: guest physical address
 * @mmio.data: little endian; out: what the VM writes; in: what it shall read,
 *	the first @mmio.len bytes. Taken when the vCPU runs on: must stay as it
 *	is while GH_VCPU_RUN fails with EINTR.
 * @mmio.len: 1, 2, 4 or 8 bytes
 * @mmio.is_write: 1: a write, 0: a read
 * @mmio.padding2: reserved
 * @status: the VM has ended; every later GH_VCPU_RUN reports it again
 * @status.status: GH_VM_STATUS_CRASHED for the exit types GH_VM_EXIT_WDT_BITE,
 *	GH_VM_EXIT_SW_ERROR and GH_VM_EXIT_HW_ERROR, else GH_VM_STATUS_EXITED
 * @status.exit_info: as reported by the resource manager
 * @status.exit_info.type: an exit type, ``GH_VM_EXIT_...``
 * @status.exit_info.padding: reserved
 * @status.exit_info.reason_size: size of the reason in bytes, may be more than
 *	what @status.exit_info.reason has room for
 * @status.exit_info.reason: first bytes of the reason: for all types a 16 bit
 *	word of flags and a 16 bit exit code
 * @page_fault: the VM has accessed memory that it does not get
 * @page_fault.phys_addr: guest physical address
 * @page_fault.attempt: negative errno: -ENXIO: it belongs to no region with
 *	GH_MEM_PAGED; else why GH_VCPU_RUN would fail without that flag
 * @page_fault.resume_action: in: ``GH_VCPU_RESUME_...``; out: GH_VCPU_RESUME_FAULT.
 *	Taken when the vCPU runs on: must stay as it is while GH_VCPU_RUN fails with
 *	EINTR.
 * @page_fault.padding3: reserved
 */
struct gh_vcpu_run {
	/* in */
	__u8 immediate_exit;
	__u8 padding[7];

	/* out */
	__u32 exit_reason;
	__u32 padding1;
	union {
		struct {
			__u64 phys_addr;
			__u8  data[8];
			__u32 len;
			__u8  is_write;
			__u8  padding2[3];
		} mmio;
		struct {
			__u32 status;
			struct {
				__u16 type;
				__u16 padding;
				__u32 reason_size;
				__u8 reason[GH_VM_MAX_EXIT_REASON_SIZE];
			} exit_info;
		} status;
		struct {
			__u64 phys_addr;
			__s32 attempt;
			__u8  resume_action;
			__u8  padding3[3];
		} page_fault;
	};
};

/**
 * GH_VCPU_RUN - run a vCPU (on a vCPU file descriptor)
 *
 * Runs the vCPU until the caller has to act, as described by the run page. Blocks
 * while the vCPU waits for an interrupt. A call that fails does not change the run
 * page.
 *
 * Return:
 * * 0 - see the run page
 * * EINTR - immediate_exit was set or a signal is pending, which takes precedence
 *   over everything else; or the vCPU has run, and the kernel has work to do on
 *   the way to user space, such as checking a limit of CPU time: call again
 * * ENODEV - there is nothing to run: the VM was not started, its start has
 *   failed, its devicetree has no such vCPU, or the function was removed
 * * EBUSY - the hypervisor does not let the caller run this vCPU: at once if
 *   the hypervisor schedules it; else after ten seconds, in which the VM was
 *   expected to end
 * * ETIMEDOUT - the vCPU has ended the VM, but the RM has not reported the end
 *   for ten seconds
 * * EIO - the hypervisor has failed to run the vCPU, or reports something unknown
 * * EINVAL - with GH_VCPU_FLAGS_PAGE_FAULT: resume_action of the exit before is
 *   none of ``GH_VCPU_RESUME_...``; nothing has happened
 *
 * Without GH_VCPU_FLAGS_PAGE_FAULT also, when the VM needs a page, and the next
 * GH_VCPU_RUN tries it again:
 *
 * * ENOMEM - the host has no memory, or its platform's firmware has none
 * * ENOBUFS - the hypervisor has no memory for its tables; it may help to take
 *   memory back from this VM or another one
 * * EINVAL - the platform's firmware does not let the VM have the page
 * * ESHUTDOWN - the machine goes down, and no VM gets memory any more
 * * EOPNOTSUPP - this kernel cannot take the page out of its linear map
 * * EIO - the hypervisor has failed to give the VM the page, or it belongs to no
 *   region with GH_MEM_PAGED
 */
#define GH_VCPU_RUN			_IO(GH_IOCTL_TYPE, 0x5)

/**
 * GH_VCPU_MMAP_SIZE - size of the run page (on a vCPU file descriptor)
 *
 * The vCPU's &struct gh_vcpu_run is mapped with mmap() at offset 0 of the vCPU
 * file descriptor, with this size and MAP_SHARED; with anything else mmap()
 * fails with EINVAL. A mapping keeps the VM alive as the file descriptor does.
 *
 * Return: size in bytes. Does not fail.
 */
#define GH_VCPU_MMAP_SIZE		_IO(GH_IOCTL_TYPE, 0x6)

/**
 * struct gh_vcpu_stats - what has happened to a vCPU since its function was added
 * @ready: it came back because the host had something to do
 * @wakeup: it went to sleep
 * @off: it was switched off, by itself or with the VM
 * @blocked: it waited for the hypervisor
 * @mmio_read: MMIO reads, which the VMM answers
 * @mmio_write: MMIO writes, including those that have signalled an eventfd
 * @fault: it could not go on
 * @page_fault: it needed memory that it did not have: see GH_MEM_PAGED
 * @reset: it has reset the VM
 * @unknown: it came back for a reason that the driver does not know
 * @error: the hypervisor refused to run it
 * @ioeventfd: MMIO writes that have signalled an eventfd
 * @run: calls of GH_VCPU_RUN, except those that found immediate_exit set
 *
 * The members from @ready to @error count how runs of the vCPU in the hypervisor
 * have ended: there may be many of these in one call of GH_VCPU_RUN.
 */
struct gh_vcpu_stats {
	__u64 ready;
	__u64 wakeup;
	__u64 off;
	__u64 blocked;
	__u64 mmio_read;
	__u64 mmio_write;
	__u64 fault;
	__u64 page_fault;
	__u64 reset;
	__u64 unknown;
	__u64 error;
	__u64 ioeventfd;
	__u64 run;
};

/**
 * GH_VCPU_GET_STATS - read the counters of a vCPU (on a vCPU file descriptor)
 *
 * Does not block and does not disturb the vCPU, whoever runs it.
 *
 * Return: 0. Fails with EFAULT only.
 */
#define GH_VCPU_GET_STATS		_IOR(GH_IOCTL_TYPE, 0x14, \
					     struct gh_vcpu_stats)

/* &struct gh_vm_status.state */
#define GH_VM_STATE_NEW			0	/* not started */
#define GH_VM_STATE_STARTING		1	/* GH_VM_START is in progress */
#define GH_VM_STATE_RUNNING		2	/* started */
#define GH_VM_STATE_EXITED		3	/* ended, see the exit type */
#define GH_VM_STATE_FAILED		4	/* the start failed */

/*
 * &struct gh_vm_status.start_step: requests of GH_VM_START to the RM, in order;
 * only GH_VM_START_STEP_FIRMWARE comes in the midst of GH_VM_START_STEP_CONFIGURE
 */
#define GH_VM_START_STEP_NONE		0	/* not begun */
#define GH_VM_START_STEP_VMID		1	/* allocate a VMID */
#define GH_VM_START_STEP_MEMORY		2	/* take the memory */
#define GH_VM_START_STEP_CONFIGURE	3	/* take image, devicetree, paged ranges */
#define GH_VM_START_STEP_INIT		4	/* read the devicetree */
#define GH_VM_START_STEP_RESOURCES	5	/* give capabilities to the host */
#define GH_VM_START_STEP_CONTEXT	6	/* set registers and clock */
#define GH_VM_START_STEP_START		7	/* start */
#define GH_VM_START_STEP_DONE		8	/* all done */
#define GH_VM_START_STEP_FIRMWARE	9	/* take memory for the firmware */

/* &struct gh_vm_status.start_reason: why a VM cannot be started */
#define GH_VM_START_REASON_NONE		0	/* not refused */
#define GH_VM_START_REASON_NO_DTB	1	/* no region has all of the range */
#define GH_VM_START_REASON_DTB_INVALID	2	/* not a devicetree */
#define GH_VM_START_REASON_DTB_UNSAFE	3	/* would kill the RM */
#define GH_VM_START_REASON_STATIC_VCPUS	4	/* allow_static_vcpus is not set */
#define GH_VM_START_REASON_NO_PLACE	5	/* lent, and nothing says where */
#define GH_VM_START_REASON_LABEL_ZERO	6	/* the image needs that label */
#define GH_VM_START_REASON_MEM_ENTRIES	7	/* more than max_mem_entries */
#define GH_VM_START_REASON_MEM_BUSY	8	/* a memory file is in use */
#define GH_VM_START_REASON_PLATFORM	9	/* its module is missing */
#define GH_VM_START_REASON_FIRMWARE	10	/* no region is fit for it */
#define GH_VM_START_REASON_NO_FIRMWARE	11	/* the RM has no image of it */
#define GH_VM_START_REASON_DTB_PAGED	12	/* in memory with GH_MEM_PAGED */

/* Bytes of the resource manager's reason in &struct gh_vm_status */
#define GH_VM_STATUS_REASON_SIZE	16

/* Bytes of a crash message in &struct gh_vm_status */
#define GH_VM_CRASH_MSG_SIZE		192

/**
 * struct gh_vm_status - state of a VM
 * @state: ``GH_VM_STATE_...``
 * @start_errno: errno of the failed start in state GH_VM_STATE_FAILED, else 0
 * @exit_type: exit type in state GH_VM_STATE_EXITED, else 0
 * @vmid: VMID, 0 if the VM has none: it has one from GH_VM_START_STEP_VMID on;
 *	a start that fails gives it back
 * @reason_size: bytes of @reason that are valid
 * @reason: the resource manager's reason for the exit
 * @start_step: current step of the start, ``GH_VM_START_STEP_...``; in state
 *	GH_VM_STATE_FAILED the step that failed
 * @rm_error: the RM's error code for the step that failed, 0 if the RM did not
 *	refuse it
 * @start_reason: why the last GH_VM_START failed: ``GH_VM_START_REASON_...``; 0
 *	if it did not, or if its errno says why, or @rm_error. The RM was not asked,
 *	except for GH_VM_START_REASON_NO_FIRMWARE.
 * @start_label: label of the region that @start_reason refers to, or 0
 * @crash_msg_size: bytes of @crash_msg that are valid
 * @padding: 0
 * @crash_msg: in state GH_VM_STATE_EXITED, the VM's own message about its crash,
 *	not terminated
 */
struct gh_vm_status {
	__u32 state;
	__u32 start_errno;
	__u16 exit_type;
	__u16 vmid;
	__u32 reason_size;
	__u8 reason[GH_VM_STATUS_REASON_SIZE];
	__u32 start_step;
	__u32 rm_error;
	__u32 start_reason;
	__u32 start_label;
	__u32 crash_msg_size;
	__u32 padding;
	__u8 crash_msg[GH_VM_CRASH_MSG_SIZE];
};

/**
 * GH_VM_GET_STATUS - get the state of a VM (on a VM file descriptor)
 *
 * Works for every kind of VM. Does not block, except that the first call after the
 * end asks the RM for the crash message. poll() on a VM
 * file descriptor reports EPOLLIN and EPOLLHUP as soon as the state is
 * GH_VM_STATE_EXITED or GH_VM_STATE_FAILED.
 *
 * Return: 0. Fails with EFAULT only.
 */
#define GH_VM_GET_STATUS		_IOR(GH_IOCTL_TYPE, 0x11, \
					     struct gh_vm_status)

/* Flags of &struct gh_vm_stop */
#define GH_VM_STOP_FORCE		(1UL << 0)

/**
 * struct gh_vm_stop - how to stop a VM
 * @flags: GH_VM_STOP_FORCE: at once; else the VM is asked to shut down
 * @padding: 0
 */
struct gh_vm_stop {
	__u32 flags;
	__u32 padding;
};

/**
 * GH_VM_STOP - stop a VM (on a VM file descriptor)
 *
 * Without GH_VM_STOP_FORCE the RM only notifies the VM, which has to react; poll()
 * reports its end. With GH_VM_STOP_FORCE the VM has ended when the call returns,
 * with the exit type GH_VM_EXIT_FORCED_STOP unless it ended by itself before. This
 * waits for the end of a start.
 *
 * Return:
 * * 0 - success; also if the VM has ended before
 * * EINVAL - an unknown flag; padding that is not 0; the RM's error
 * * EBUSY - the VM was not started, or its start has failed; the RM reports that
 *   it cannot be stopped
 * * ENOTCONN - without GH_VM_STOP_FORCE: the VM's devicetree gives it no channel
 *   to the RM (no virtual device of type rm-rpc), so that it cannot be asked
 * * EINTR - a signal arrived while this waited for another call for the VM, or a
 *   fatal one at any time
 * * ETIMEDOUT - the RM has not answered in time; with GH_VM_STOP_FORCE also: it
 *   has not reported the end for ten seconds
 * * ESHUTDOWN, EIO, ENODEV, EPERM, EOPNOTSUPP, ENOMEM - as for GH_VM_START
 * * E2BIG - a member that the kernel does not know is not 0
 */
#define GH_VM_STOP			_IOW(GH_IOCTL_TYPE, 0x12, \
					     struct gh_vm_stop)

/* &struct gh_vm_region.state */
#define GH_REGION_REGISTERED		0	/* not given to the VM yet */
#define GH_REGION_GIVEN			1	/* lent to the VM, or shared */
#define GH_REGION_TAKEN_BACK		2	/* the start has failed */
#define GH_REGION_LOST			3	/* the RM may keep it for ever */

/* &struct gh_vm_region.parcel: there is none */
#define GH_REGION_NO_PARCEL		0xffffffffU

/**
 * struct gh_vm_region - state of a memory region
 * @label: in: label of the region
 * @flags: flags of &struct gh_userspace_memory_region
 * @state: ``GH_REGION_...``
 * @parcel: in state GH_REGION_GIVEN the handle by which RM and VM know the
 *	memory, else GH_REGION_NO_PARCEL. All regions of the image have the same;
 *	one with GH_MEM_PAGED has none in any state.
 * @guest_phys_addr: address in the VM, as it was registered
 * @memory_size: size in bytes
 * @entries: in state GH_REGION_GIVEN the number of memory entries of the parcel,
 *	else 0; 0 for one with GH_MEM_PAGED
 */
struct gh_vm_region {
	__u32 label;
	__u32 flags;
	__u32 state;
	__u32 parcel;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 entries;
};

/**
 * GH_VM_GET_REGION - get the state of a memory region (on a VM file descriptor)
 *
 * A VMM that adds memory to a running VM can pass the handle of the parcel to the
 * VM, for example by a virtio device, so that the VM knows what to accept.
 *
 * Return:
 * * 0 - success
 * * ENOENT - no region has that label
 * * EINTR - a signal arrived while this waited for another call for the VM
 * * E2BIG - a member that the kernel does not know is not 0
 */
#define GH_VM_GET_REGION		_IOWR(GH_IOCTL_TYPE, 0x13, \
					      struct gh_vm_region)

/**
 * struct gh_vm_reclaim - memory to be taken back
 * @guest_phys_addr: guest physical address; multiple of the host's page size
 * @size: size in bytes, multiple of the host's page size, not 0
 */
struct gh_vm_reclaim {
	__u64 guest_phys_addr;
	__u64 size;
};

/**
 * GH_VM_RECLAIM_MEM - take memory back from a VM (on a VM file descriptor)
 *
 * For regions with GH_MEM_PAGED, while the VM runs or after its end: what the VM
 * has of the range is taken from it, cleared, and freed, unless it belongs to a
 * memory file. Pages that the VM does not have are skipped. If the VM accesses
 * the memory again it gets zeroes. So this is what a VMM does with the pages of a
 * balloon; nobody asks the VM whether it still needs them.
 *
 * The caller still has no access to the memory, and it stays charged.
 *
 * Return:
 * * 0 - success
 * * EINVAL - the address or the size is not a multiple of the host's page size, or
 *   the size is 0
 * * EOVERFLOW - the range wraps
 * * ENXIO - not all of the range is in regions with GH_MEM_PAGED; nothing was
 *   changed
 * * EBUSY - the VM was not started, or its start has failed
 * * ENOBUFS - the hypervisor has no memory for its tables to take a part of a
 *   block from the VM
 * * EIO, EINVAL, ENOMEM - the hypervisor or the platform's firmware does not return
 *   some of it. Everything else is back; what is not is asked for again by the next
 *   call, and when the VM ends
 * * EINTR - a signal arrived before all of the range was looked at; to call again
 *   goes on
 * * E2BIG - a member that the kernel does not know is not 0
 */
#define GH_VM_RECLAIM_MEM		_IOW(GH_IOCTL_TYPE, 0x16, \
					     struct gh_vm_reclaim)

/**
 * GH_VM_ANDROID_RECLAIM_MEM - take memory back from a VM
 *
 * The same as GH_VM_RECLAIM_MEM, for VMMs that use this number.
 *
 * Return: as GH_VM_RECLAIM_MEM.
 */
#define GH_VM_ANDROID_RECLAIM_MEM	_IOW('A', 0x13, struct gh_vm_reclaim)

#endif /* _UAPI_LINUX_GUNYAH_H */
