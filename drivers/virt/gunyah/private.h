/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures that several files of the driver share
 *
 * Layers, calls only go down:
 *
 *	main.c ioctl.c			file descriptors
 *	vcpu.c irqfd.c ioeventfd.c	functions
 *	vm.c vm_rm.c vm_mem.c boot.c	the VM: life, memory, registers
 *	function.c resource.c mem.c parcel.c runs.c
 *	rm_call.c			one function per message
 *	rm.c				RPC core
 *	msgq.c				message queues
 *	hypercall.c
 *
 * debugfs.c looks at all of it. Upwards there are only callbacks: function types
 * register with function.c, vm.c's notification handler is given to the RPC core
 * by main.c.
 *
 * Lock order, outermost first:
 *
 *	gunyah_vm.lock		mutex: memory, functions, devicetree, start, end
 *	gunyah_vcpu.run_lock	mutex: held while a vCPU runs
 *	mmap_lock		of the VM's mm
 *	gunyah_host.vmid_lock	mutex: VMIDs that come and go
 *	call mutex of rm.c	held from a request to its reply
 *	gunyah_rm.lock		spinlock: the call that waits for its reply
 *	gunyah_host.vms xa_lock	spinlock: lookup by VMID
 *	gunyah_vm.state_lock	spinlock: state and what the firmware reported
 *	gunyah_resource.lock	spinlock, interrupts off: who uses it
 *	lock of an eventfd	spinlock, interrupts off
 *	gunyah_irqfd.lock	spinlock, interrupts off: its doorbell
 *
 * gunyah_host.ending_lock is a leaf.
 *
 * The RM notification path takes spinlocks only: the firmware reports the end
 * of a VM before it answers the very call that ended it.
 */
#ifndef GUNYAH_PRIVATE_H
#define GUNYAH_PRIVATE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <uapi/linux/gunyah.h>

#include "hypercall.h"
#include "rm_call.h"

struct dentry;
struct file;
struct fwnode_handle;
struct gunyah_mem_region;
struct gunyah_rm;
struct gunyah_vm;
struct mm_struct;
struct seq_file;

/**
 * struct gunyah_host - one resource manager and its /dev/gunyah
 * @misc: the character device
 * @kref: held by the platform device, open files and VMs
 * @rm: RPC core; answers -ESHUTDOWN after the platform device has gone
 * @hyp: what the hypervisor tells about itself
 * @vmid: VMID of the host itself
 * @irq_fwnode: the interrupt controller that the VMs' interrupts belong to
 * @vmid_lock: held while a VMID is got or given back; protects who gets into
 *	@vms and out of it
 * @vms: VMs that the firmware knows, indexed by VMID, protected by its xa_lock
 * @wq: runs starts and ends of VMs, each in a worker of its own
 * @ending_lock: protects @ending
 * @ending: VMs without file descriptors that the firmware did not yet let go
 * @gone: the platform device goes: what is not back now is given up
 */
struct gunyah_host {
	struct miscdevice misc;
	struct kref kref;
	struct gunyah_rm *rm;
	struct gunyah_hyp_info hyp;
	u16 vmid;
	struct fwnode_handle *irq_fwnode;
	/* Protects changes of the next one */
	struct mutex vmid_lock;
	struct xarray vms;
	struct workqueue_struct *wq;

	struct mutex ending_lock;	/* protects ending */
	struct list_head ending;
	bool gone;
};

void gunyah_host_get(struct gunyah_host *host);
void gunyah_host_put(struct gunyah_host *host);

/*
 * vm.c: the VM
 */

/* Registers that GH_VM_SET_BOOT_CONTEXT knows: the sets one after the other */
#define GUNYAH_BOOT_NUM_X		32
#define GUNYAH_BOOT_PC			GUNYAH_BOOT_NUM_X
#define GUNYAH_BOOT_SP			(GUNYAH_BOOT_PC + 1)
#define GUNYAH_BOOT_NUM_SP		3
#define GUNYAH_BOOT_NUM_REGS		(GUNYAH_BOOT_SP + GUNYAH_BOOT_NUM_SP)

/**
 * struct gunyah_boot_context - registers of the vCPU that boots
 * @valid: bit n: the user has set register n
 * @value: what to
 */
struct gunyah_boot_context {
	u64 valid;
	u64 value[GUNYAH_BOOT_NUM_REGS];
};

/**
 * struct gunyah_vm - a virtual machine
 * @kref: held by file descriptors, vCPUs and the work that ends the VM
 * @users: file descriptors that keep the VM alive: its own and its vCPUs'
 * @host: the resource manager that it belongs to
 * @rm: calls to it, protected by @lock; who only looks may read the counters
 *	without
 * @mm: address space of the creator (mmgrab), the only one that may add memory
 * @vmid: VMID, GUNYAH_VMID_INVALID while the firmware does not know the VM;
 *	protected by @lock
 * @lock: protects memory, functions, devicetree, and serialises starts
 * @regions: list of struct gunyah_mem_region, in the order they were added;
 *	protected by @lock
 * @functions: list of struct gunyah_function, protected by @lock
 * @resources: list of struct gunyah_resource, protected by @lock
 * @num_ioeventfds: how many of @functions are ioeventfds, changed with @lock;
 *	vCPUs that run read it without
 * @expire_work: removes functions that have expired
 * @dtb_gpa: guest physical address of the devicetree, protected by @lock
 * @dtb_size: its size in bytes, 0 if not configured, protected by @lock
 * @context: registers of the vCPU that boots, protected by @lock
 * @start_work: the RPCs of a start, run without the caller so that it can be
 *	killed at any time while no reply is ever lost
 * @start_done: @start_work has finished
 * @starters: how many wait for it
 * @end_work: takes the VM apart, again and again until the firmware has given
 *	everything back
 * @end_done: the first attempt of @end_work has finished
 * @end_delay: time until its next attempt, in jiffies
 * @ending: in gunyah_host.ending
 * @abort: nobody waits for the start any more, give up as soon as possible
 * @state_lock: protects @state, @start_errno, @start_step, @rm_error, @exited,
 *	@exit, @rm_state
 * @state: GH_VM_STATE_...
 * @start_errno: result of the start in GH_VM_STATE_FAILED, negative errno
 * @start_step: how far the start has got, GH_VM_START_STEP_...
 * @rm_error: error code of the resource manager for the step that failed, or 0
 * @configured: CONFIG_IMAGE has succeeded: only then the firmware survives a
 *	reset of the VM. Protected by @lock.
 * @unbooted: the firmware has given all memory back. Protected by @lock.
 * @released: after that, it was asked to take the VMID. Protected by
 *	gunyah_host.vmid_lock.
 * @exited: the firmware has reported the end in @exit
 * @exit: what it reported
 * @rm_state: last state that the firmware reported
 * @wait: woken whenever @state, @exit or @rm_state changes
 * @debugfs: its directory there
 */
struct gunyah_vm {
	struct kref kref;
	refcount_t users;
	struct gunyah_host *host;
	struct gunyah_rm_client rm;
	struct mm_struct *mm;
	u16 vmid;

	struct mutex lock;	/* configuration, starts: see above */
	struct list_head regions;
	struct list_head functions;
	struct list_head resources;
	unsigned int num_ioeventfds;
	struct work_struct expire_work;
	u64 dtb_gpa;
	u64 dtb_size;
	struct gunyah_boot_context context;

	struct work_struct start_work;
	struct completion start_done;
	atomic_t starters;
	struct delayed_work end_work;
	struct completion end_done;
	unsigned long end_delay;
	struct list_head ending;
	bool abort;

	spinlock_t state_lock;	/* state and exit: see above */
	u32 state;
	int start_errno;
	u32 start_step;
	u32 rm_error;
	bool configured;
	bool unbooted;
	bool released;
	bool exited;
	struct gunyah_rm_vm_exited exit;
	u8 rm_state;
	wait_queue_head_t wait;
	struct dentry *debugfs;
};

struct gunyah_vm *gunyah_vm_create(struct gunyah_host *host);
void gunyah_vm_get(struct gunyah_vm *vm);
void gunyah_vm_put(struct gunyah_vm *vm);
int gunyah_vm_lock(struct gunyah_vm *vm);
void gunyah_vm_set_step(struct gunyah_vm *vm, u32 step);
int gunyah_vm_stop(struct gunyah_vm *vm, bool force);
void gunyah_vm_use(struct gunyah_vm *vm);
void gunyah_vm_unuse(struct gunyah_vm *vm);
int gunyah_vm_start(struct gunyah_vm *vm);
void gunyah_vms_give_up(struct gunyah_host *host);
int gunyah_vm_set_dtb(struct gunyah_vm *vm,
		      const struct gh_vm_dtb_config *config);
void gunyah_vm_status(struct gunyah_vm *vm, struct gh_vm_status *status);
u32 gunyah_vm_state(struct gunyah_vm *vm);
bool gunyah_vm_exit_info(struct gunyah_vm *vm,
			 struct gunyah_rm_vm_exited *exit);
void gunyah_vm_notify(void *data, u32 msg_id, const void *payload, size_t len);

/* vm_rm.c: what a VM's life means in messages */
int gunyah_vm_boot(struct gunyah_vm *vm);
bool gunyah_vm_unboot(struct gunyah_vm *vm);
bool gunyah_vm_put_vmid(struct gunyah_vm *vm);
void gunyah_vm_forget(struct gunyah_vm *vm);

/* boot.c: registers of the vCPU that boots */
int gunyah_boot_set(struct gunyah_vm *vm, const struct gh_vm_boot_context *arg);
u64 gunyah_boot_offset(struct gunyah_vm *vm,
		       const struct gunyah_mem_region *image);
int gunyah_boot_apply(struct gunyah_vm *vm,
		      const struct gunyah_mem_region *image);

/*
 * mem.c, parcel.c, vm_mem.c: memory
 */

/**
 * struct gunyah_mem_run - physically contiguous memory of a region
 * @pfn: first page frame
 * @count: number of pages of the host's size
 */
struct gunyah_mem_run {
	unsigned long pfn;
	unsigned long count;
};

struct gunyah_mem_chunk;

/**
 * struct gunyah_mem_runs - list of the runs of a region
 * @chunks: list of struct gunyah_mem_chunk, each one page
 * @num_runs: number of runs in it
 * @num_pages: number of pages in it
 *
 * Grows page by page: a region of many GiB needs no large allocation.
 */
struct gunyah_mem_runs {
	struct list_head chunks;
	u64 num_runs;
	u64 num_pages;
};

/**
 * struct gunyah_mem_region - memory given to a VM
 * @list: in gunyah_vm.regions
 * @mm: address space that is charged (mmgrab)
 * @label: the user's label
 * @flags: GH_MEM_...
 * @gpa: guest physical address
 * @size: size in bytes
 * @uaddr: where it is in @mm
 * @charged: pages that were charged to @mm
 * @runs: pinned pages (shared), or blocks of the driver (lent, from the start
 *	on)
 * @parcel: the firmware's name for it, and whether it has the memory
 */
struct gunyah_mem_region {
	struct list_head list;
	struct mm_struct *mm;
	u32 label;
	u32 flags;
	u64 gpa;
	u64 size;
	unsigned long uaddr;
	unsigned long charged;
	struct gunyah_mem_runs runs;
	struct gunyah_rm_mem_parcel parcel;
};

/* runs.c */
void gunyah_mem_runs_init(struct gunyah_mem_runs *runs);
int gunyah_mem_runs_add(struct gunyah_mem_runs *runs, unsigned long pfn,
			unsigned long count, bool merge);
void gunyah_mem_runs_free(struct gunyah_mem_runs *runs,
			  void (*release)(const struct gunyah_mem_run *run));

/**
 * struct gunyah_mem_run_iter - position in a list of runs
 * @runs: the list
 * @chunk: current chunk, NULL before the first step
 * @next: index of the next run in it
 */
struct gunyah_mem_run_iter {
	const struct gunyah_mem_runs *runs;
	const struct gunyah_mem_chunk *chunk;
	unsigned int next;
};

void gunyah_mem_run_iter_init(struct gunyah_mem_run_iter *iter,
			      const struct gunyah_mem_runs *runs);
const struct gunyah_mem_run *
gunyah_mem_run_iter_next(struct gunyah_mem_run_iter *iter);

/* All flags that a region may have */
#define GUNYAH_MEM_FLAGS	(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE | \
				 GH_MEM_ALLOW_EXEC | GH_MEM_LENT)

/* mem.c */
int gunyah_mem_check(const struct gh_userspace_memory_region *arg);
struct gunyah_mem_region *
gunyah_mem_new(struct gunyah_vm *vm,
	       const struct gh_userspace_memory_region *arg);
int gunyah_mem_may_enter(struct gunyah_vm *vm, u32 label, u64 gpa, u64 size);
struct gunyah_mem_region *gunyah_mem_find_label(struct gunyah_vm *vm,
						u32 label);
int gunyah_mem_move(struct gunyah_mem_region *region);
struct gunyah_mem_region *gunyah_mem_find(struct gunyah_vm *vm, u64 gpa,
					  u64 size);
int gunyah_mem_prepare(struct gunyah_vm *vm);
void gunyah_mem_unprepare(struct gunyah_vm *vm);
void gunyah_mem_release(struct gunyah_mem_region *region);

/* parcel.c */
int gunyah_parcel_give(struct gunyah_vm *vm, struct gunyah_mem_region *region,
		       u32 label);
int gunyah_parcel_give_all(struct gunyah_vm *vm,
			   struct gunyah_mem_region *image);
int gunyah_parcel_take_back(struct gunyah_vm *vm,
			    struct gunyah_mem_region *region);
bool gunyah_parcel_take_back_all(struct gunyah_vm *vm);
bool gunyah_parcel_any_lost(struct gunyah_vm *vm);

/* vm_mem.c */
int gunyah_vm_add_mem(struct gunyah_vm *vm,
		      const struct gh_userspace_memory_region *arg);
int gunyah_vm_remove_mem(struct gunyah_vm *vm, u32 label);

/*
 * resource.c: what the firmware gives the host of a VM
 */

/**
 * struct gunyah_resource - a capability and its interrupt
 * @list: in gunyah_vm.resources
 * @type: enum gunyah_rm_resource_type
 * @label: name of it; a function refers to it by type and label
 * @capid: capability id in the host's space
 * @irq: Linux interrupt number, 0 if it has none
 * @lock: protects @handler and @data against the interrupt
 * @handler: called in hard interrupt context with @lock held, may be NULL
 * @data: its argument
 */
struct gunyah_resource {
	struct list_head list;
	u8 type;
	u32 label;
	u64 capid;
	int irq;
	spinlock_t lock;	/* handler and data against the interrupt */
	void (*handler)(void *data);
	void *data;
};

int gunyah_resources_get(struct gunyah_vm *vm);
void gunyah_resources_drop(struct gunyah_vm *vm);
struct gunyah_resource *gunyah_resource_find(struct gunyah_vm *vm, u8 type,
					     u32 label);
void gunyah_resource_listen(struct gunyah_resource *resource,
			    void (*handler)(void *data), void *data);

/*
 * function.c: functions of a VM
 */

struct gunyah_function;

/**
 * enum gunyah_match - whether an argument names a function
 * @GUNYAH_MATCH_NONE: no
 * @GUNYAH_MATCH_LOOSE: if it does not name another one exactly
 * @GUNYAH_MATCH_EXACT: yes
 */
enum gunyah_match {
	GUNYAH_MATCH_NONE,
	GUNYAH_MATCH_LOOSE,
	GUNYAH_MATCH_EXACT,
};

/**
 * struct gunyah_function_ops - a type of function
 * @type: GH_FN_...
 * @arg_size: size of its argument in bytes
 * @flags: all flags that its argument may have
 * @add: checks the argument and makes the function; returns what the ioctl
 *	returns, or a negative errno. Called with gunyah_vm.lock held; publishes
 *	the function with gunyah_function_publish().
 * @match: whether @arg, as given for removal, names this function
 * @remove: takes the function out of service; it is off the list already.
 *	Called with gunyah_vm.lock held, cannot fail.
 * @bind: the VM has resources now. With gunyah_vm.lock held.
 * @unbind: the resources go away; what uses them must have stopped when it
 *	returns. With gunyah_vm.lock held, cannot fail.
 * @show: describe it in one line. With gunyah_vm.lock held.
 */
struct gunyah_function_ops {
	u32 type;
	u32 arg_size;
	u32 flags;
	long (*add)(struct gunyah_vm *vm, const void *arg);
	enum gunyah_match (*match)(struct gunyah_function *fn,
				   const void *arg);
	void (*remove)(struct gunyah_function *fn);
	void (*bind)(struct gunyah_function *fn);
	void (*unbind)(struct gunyah_function *fn);
	void (*show)(struct gunyah_function *fn, struct seq_file *file);
};

/**
 * struct gunyah_function - a function of a VM
 * @list: in gunyah_vm.functions
 * @vm: the VM; no reference, the function is removed before the VM goes
 * @ops: its type
 * @expired: to be removed; set by gunyah_function_expire()
 */
struct gunyah_function {
	struct list_head list;
	struct gunyah_vm *vm;
	const struct gunyah_function_ops *ops;
	bool expired;
};

void gunyah_function_register(const struct gunyah_function_ops *ops);
const struct gunyah_function_ops *gunyah_function_type(u32 type);
long gunyah_function_add(struct gunyah_vm *vm,
			 const struct gunyah_function_ops *ops, const void *arg);
int gunyah_function_remove(struct gunyah_vm *vm,
			   const struct gunyah_function_ops *ops,
			   const void *arg);
struct gunyah_function *
gunyah_function_find(struct gunyah_vm *vm,
		     const struct gunyah_function_ops *ops, const void *arg);
void gunyah_function_publish(struct gunyah_function *fn);
void gunyah_functions_bind(struct gunyah_vm *vm);
void gunyah_functions_unbind(struct gunyah_vm *vm);
void gunyah_functions_remove(struct gunyah_vm *vm);
void gunyah_function_expire(struct gunyah_function *fn);
void gunyah_functions_expire_work(struct work_struct *work);
u64 gunyah_function_types(void);

/* vcpu.c, irqfd.c, ioeventfd.c */
extern const struct gunyah_function_ops gunyah_vcpu_function;
extern const struct gunyah_function_ops gunyah_irqfd_function;
extern const struct gunyah_function_ops gunyah_ioeventfd_function;
int gunyah_ioeventfd_init(void);
void gunyah_ioeventfd_exit(void);
bool gunyah_ioeventfd_write(const struct gunyah_vm *vm, u64 addr, u64 len,
			    u64 data);

/* debugfs.c: what administrators can look at */
#ifdef CONFIG_DEBUG_FS
void gunyah_debugfs_init(void);
void gunyah_debugfs_exit(void);
void gunyah_debugfs_add_vm(struct gunyah_vm *vm);
void gunyah_debugfs_remove_vm(struct gunyah_vm *vm);
#else
static inline void gunyah_debugfs_init(void) {}
static inline void gunyah_debugfs_exit(void) {}
static inline void gunyah_debugfs_add_vm(struct gunyah_vm *vm) {}
static inline void gunyah_debugfs_remove_vm(struct gunyah_vm *vm) {}
#endif

/*
 * ioctl.c: the edge to user space
 */

/**
 * struct gunyah_ioctl - row of a table of ioctls
 * @cmd: number with the size of the argument
 * @fn: handler; @arg is a kernel copy of the argument, or for _IO numbers
 *	points to the argument itself (an unsigned long)
 * @min_size: size of the argument's first version in bytes, from which on it
 *	has grown or may grow; 0: it has the size of @cmd for ever
 */
struct gunyah_ioctl {
	unsigned int cmd;
	long (*fn)(struct file *file, void *arg);
	size_t min_size;
};

long gunyah_ioctl_dispatch(const struct gunyah_ioctl *table, size_t num,
			   struct file *file, unsigned int cmd,
			   unsigned long arg);

extern const struct file_operations gunyah_dev_fops;

#endif /* GUNYAH_PRIVATE_H */
