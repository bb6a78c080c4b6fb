/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM object: references, state, and calls that outlive their caller
 *
 * Lock order, outermost first:
 *
 *	gunyah_vm.lock		mutex: memory, functions, devicetree, RM messages
 *	gunyah_vcpu.run_lock	mutex: held while a vCPU runs
 *	gunyah_paging.lock	mutex: pages that the VM has, or gets
 *	mmap_lock		of the VM's mm
 *	gunyah_lent.fill	mutex: pages that user space gets
 *	gunyah_host.vmid_lock	mutex: VMIDs are allocated and released
 *	gunyah_rm.call_lock	mutex: held from a request to its reply
 *	gunyah_rm.lock		spinlock: the call that waits for its reply
 *	gunyah_host.vms xa_lock	spinlock: lookup by VMID
 *	gunyah_vm.state_lock	spinlock: state and what the firmware reported
 *	gunyah_resource.lock	spinlock, interrupts off: the handler of an interrupt
 *	lock of an eventfd	spinlock, interrupts off
 *	gunyah_irqfd.lock	spinlock, interrupts off: its doorbell
 *
 * gunyah_host.ending_lock, gunyah_vm.calls_lock and gunyah_memfile.lock, a mutex,
 * are leaves.
 *
 * Notifications of the resource manager take spinlocks only: the firmware
 * reports the end of a VM before it answers the very call that ended it.
 */

#ifndef _GUNYAH_VM_H
#define _GUNYAH_VM_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <uapi/linux/gunyah.h>

#include "rm_call.h"

struct dentry;
struct device;
struct gunyah_host;
struct gunyah_paging;
struct gunyah_parcel;
struct gunyah_vm;
struct mm_struct;

/* Registers that GH_VM_SET_BOOT_CONTEXT knows, one set after the other */
#define GUNYAH_BOOT_NUM_X		32
#define GUNYAH_BOOT_PC			GUNYAH_BOOT_NUM_X
#define GUNYAH_BOOT_SP			(GUNYAH_BOOT_PC + 1)
#define GUNYAH_BOOT_NUM_SP		3
#define GUNYAH_BOOT_NUM_REGS		(GUNYAH_BOOT_SP + GUNYAH_BOOT_NUM_SP)

/*
 * Time after the notification that a VM is in its last state, in which the
 * report of its end has to come; later it is taken for lost
 */
#define GUNYAH_VM_EXIT_GRACE		HZ

/**
 * struct gunyah_boot_context - registers of the vCPU that boots
 * @valid: bit n is set if the user has set register n
 * @value: their values
 */
struct gunyah_boot_context {
	u64 valid;
	u64 value[GUNYAH_BOOT_NUM_REGS];
};

/**
 * enum gunyah_vm_fw - what the firmware knows of a VM and holds for it
 * @GUNYAH_VM_FW_NONE: nothing
 * @GUNYAH_VM_FW_ALLOCATED: a VMID and perhaps parcels. It was not configured as
 *	far as the driver knows, and a reset would kill the resource manager.
 * @GUNYAH_VM_FW_CONFIGURED: also an image; a reset has to come before the
 *	memory can be reclaimed
 * @GUNYAH_VM_FW_STUCK: as before, but the firmware refuses to reset it, for good
 * @GUNYAH_VM_FW_RESET: nothing uses its memory: every parcel can be reclaimed
 * @GUNYAH_VM_FW_RECLAIMED: only the VMID is left
 * @GUNYAH_VM_FW_RELEASING: the VMID was released, but the answer was no good: it
 *	may be another VM's already
 *
 * A start goes down this list and an end goes on from wherever that stopped;
 * only vm_rm.c changes it.
 */
enum gunyah_vm_fw {
	GUNYAH_VM_FW_NONE,
	GUNYAH_VM_FW_ALLOCATED,
	GUNYAH_VM_FW_CONFIGURED,
	GUNYAH_VM_FW_STUCK,
	GUNYAH_VM_FW_RESET,
	GUNYAH_VM_FW_RECLAIMED,
	GUNYAH_VM_FW_RELEASING,
};

/**
 * struct gunyah_vm_call - something that is done for a caller who may be killed
 * @list: in gunyah_vm.calls until it runs
 * @kref: held by the queue and by everybody who waits
 * @vm: the VM, with a reference
 * @fn: does it, in a worker; its result is the result of the call
 * @arg: for @fn
 * @waiters: how many wait for it, its maker included from the beginning
 * @done: @fn has returned
 * @ret: what it returned
 *
 * The calls of a VM run one after the other. A caller who is killed leaves the
 * call behind; it is finished without him.
 */
struct gunyah_vm_call {
	struct list_head list;
	struct kref kref;
	struct gunyah_vm *vm;
	int (*fn)(struct gunyah_vm_call *call);
	void *arg;
	atomic_t waiters;
	struct completion done;
	int ret;
};

/**
 * struct gunyah_vm - a virtual machine
 * @kref: held by file descriptors, vCPUs, calls, queued work, and
 *	gunyah_host.ending
 * @users: file descriptors that keep the VM alive: its own and its vCPUs'
 * @host: the resource manager that it belongs to
 * @device: of /dev/gunyah, with a reference: for events
 * @rm: calls to it, protected by @lock; the counters may be read without
 * @mm: address space of the creator (mmgrab), the only one that may add memory
 * @creator: PID of the creator, in the initial namespace
 * @announced: VMID under which its start was announced, GUNYAH_VMID_INVALID before
 *	that and after its end was; only for its worker
 * @vmid: VMID, GUNYAH_VMID_INVALID while the firmware does not know the VM;
 *	protected by @lock
 * @fw: what the firmware knows of it, protected by @lock
 * @resets_denied: how often a reset of it was denied, protected by @lock
 * @lock: protects memory, functions, devicetree; held while messages about the
 *	VM are sent
 * @regions: list of struct gunyah_mem_region, in the order of their guest
 *	addresses; protected by @lock
 * @parcels: list of struct gunyah_parcel: what the firmware gets, or has;
 *	protected by @lock
 * @image: the one of @parcels that the devicetree is in, or NULL; protected by
 *	@lock
 * @paging: memory that the VM gets page by page, or NULL; changed with @lock,
 *	and read without it by vCPUs that are bound
 * @functions: list of struct gunyah_function, protected by @lock
 * @resources: list of struct gunyah_resource, protected by @lock
 * @ioeventfds: those of @functions that are ioeventfds, NULL for none; changed
 *	with @lock, and looked up under @srcu by vCPUs that run
 * @srcu: readers are vCPUs that run
 * @dtb_gpa: guest physical address of the devicetree, protected by @lock
 * @dtb_size: its size in bytes, 0 if not configured, protected by @lock
 * @fw_gpa: guest physical address of the firmware, protected by @lock
 * @fw_size: room for it in bytes, 0: the VM has none and is not protected;
 *	protected by @lock
 * @context: registers of the vCPU that boots, protected by @lock
 * @start_call: the start, in state GH_VM_STATE_STARTING; protected by @lock
 * @channel: the VM has a channel to the resource manager: only then it can be
 *	notified. From its devicetree; protected by @lock.
 * @clock: it has a real-time clock. Likewise.
 * @ran: it may have run: what was lent to it has to be cleared
 * @calls_lock: protects @calls
 * @calls: list of struct gunyah_vm_call that wait to be run
 * @work: runs @calls, then @background
 * @background: what the VM needs to have done without anybody asking, called by
 *	@work without locks. Returns after how many jiffies it wants to be called
 *	again, or a negative number for when it is queued again.
 * @kcov_handle: whose coverage @work is, for kernels with KCOV
 * @ending: in gunyah_host.ending, protected by its lock
 * @ending_since: when it got there, or the first of its process did, in jiffies
 * @end_delay: time until the next attempt to end it, in jiffies
 * @end_done: the first attempt has finished
 * @state_lock: protects everything below but @rm_wait, @wait and @debugfs
 * @state: GH_VM_STATE_...
 * @start_errno: result of the start in GH_VM_STATE_FAILED, negative errno
 * @start_step: how far the start has got, GH_VM_START_STEP_...
 * @start_reason: why the driver refused the last start, GH_VM_START_REASON_...
 * @start_label: label of the region that @start_reason is about
 * @rm_error: error code of the resource manager for the step that failed, or 0
 * @exit: what it reported, in GH_VM_STATE_EXITED
 * @exit_early: the same, in GH_VM_STATE_STARTING
 * @exit_seen: when it notified that the VM is in its state EXITED, in jiffies
 * @ask_state: ask the resource manager whether the VM has ended
 * @crash: the crash message, asked for once the VM has ended
 * @rm_state: the last state that it notified, enum gunyah_rm_vm_state
 * @rm_wait: woken whenever @rm_state changes
 * @wait: woken when @state becomes one that the VM does not leave any more:
 *	for pollers, vCPUs and stops
 * @debugfs: its directory there
 */
struct gunyah_vm {
	struct kref kref;
	refcount_t users;
	struct gunyah_host *host;
	struct device *device;
	struct gunyah_rm_client rm;
	struct mm_struct *mm;
	pid_t creator;
	u16 announced;
	u16 vmid;
	enum gunyah_vm_fw fw;
	unsigned int resets_denied;

	struct mutex lock;	/* configuration and messages: see above */
	struct list_head regions;
	struct list_head parcels;
	struct gunyah_parcel *image;
	struct gunyah_paging *paging;
	struct list_head functions;
	struct list_head resources;
	struct gunyah_ioeventfds __rcu *ioeventfds;
	struct srcu_struct srcu;
	u64 dtb_gpa;
	u64 dtb_size;
	u64 fw_gpa;
	u64 fw_size;
	struct gunyah_boot_context context;
	struct gunyah_vm_call *start_call;
	bool channel;
	bool clock;
	bool ran;

	spinlock_t calls_lock;	/* calls */
	struct list_head calls;
	struct delayed_work work;
	long (*background)(struct gunyah_vm *vm);
	u64 kcov_handle;

	struct list_head ending;
	unsigned long ending_since;
	unsigned long end_delay;
	struct completion end_done;

	spinlock_t state_lock;	/* state and exit: see above */
	u32 state;
	int start_errno;
	u32 start_step;
	u32 start_reason;
	u32 start_label;
	u32 rm_error;
	struct gunyah_rm_vm_exited exit;
	unsigned long exit_seen;
	bool exit_early;
	bool ask_state;
	struct gunyah_rm_crash_msg crash;
	u8 rm_state;
	wait_queue_head_t rm_wait;
	wait_queue_head_t wait;
	struct dentry *debugfs;
};

void gunyah_vm_get(struct gunyah_vm *vm);
void gunyah_vm_put(struct gunyah_vm *vm);
int gunyah_vm_init(struct gunyah_vm *vm, struct gunyah_host *host);
void gunyah_vm_kick(struct gunyah_vm *vm, unsigned long delay);

u32 gunyah_vm_state(struct gunyah_vm *vm);
void gunyah_vm_set_state(struct gunyah_vm *vm, u32 state);
void gunyah_vm_set_step(struct gunyah_vm *vm, u32 step);
void gunyah_vm_refuse_start(struct gunyah_vm *vm, u32 reason, u32 label);
bool gunyah_vm_exit_info(struct gunyah_vm *vm,
			 struct gunyah_rm_vm_exited *exit);
bool gunyah_vm_set_exited(struct gunyah_vm *vm,
			  const struct gunyah_rm_vm_exited *exited);
void gunyah_vm_check_exit(struct gunyah_vm *vm);
void gunyah_vm_status(struct gunyah_vm *vm, struct gh_vm_status *status);
void gunyah_vm_notify(struct gunyah_host *host, u32 msg_id, const void *payload,
		      size_t len);
int gunyah_vm_lock_new(struct gunyah_vm *vm);

struct gunyah_vm_call *
gunyah_vm_call_new(struct gunyah_vm *vm,
		   int (*fn)(struct gunyah_vm_call *call), void *arg);
void gunyah_vm_call_put(struct gunyah_vm_call *call);
void gunyah_vm_call_queue(struct gunyah_vm_call *call);
void gunyah_vm_call_finish(struct gunyah_vm_call *call, int ret);
void gunyah_vm_call_join(struct gunyah_vm_call *call);
int gunyah_vm_call_wait(struct gunyah_vm_call *call);
int gunyah_vm_call_run(struct gunyah_vm_call *call);
bool gunyah_vm_call_abandoned(struct gunyah_vm_call *call);

#endif /* _GUNYAH_VM_H */
