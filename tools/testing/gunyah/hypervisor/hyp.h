/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor for QEMU's virt machine: common declarations
 *
 * A freestanding program at EL2, MMU off, that boots Linux ("the host", VMID 3)
 * at EL1 and implements the Gunyah hypercalls for it and for the VMs that the
 * host creates through the resource manager model in ../rm, which runs inline
 * at EL2.
 *
 * Concurrency: EL2 is entered with everything masked. The trap entry takes the
 * one lock, hyp_lock(), and releases it before it returns to EL1. So everything
 * outside of head.S, vectors.S and trap_*() runs with that lock held, and no
 * other locking exists.
 */
#ifndef GUNYAH_TEST_HYP_H
#define GUNYAH_TEST_HYP_H

#define HYP_BASE		0x40200000
#define HYP_SIZE		0x04000000
#define HOST_IMAGE		(HYP_BASE + HYP_SIZE)	/* Linux, loaded by QEMU */
#define HYP_STACK_SIZE		0x10000
#define HYP_MAX_CPUS		8

/* Offsets in struct frame, for vectors.S */
#define FRAME_PC		248
#define FRAME_SPSR		256
#define FRAME_SIZE		272

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../rm/rm.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define HOST_VMID		RM_VMID_HLOS
#define VM_MAX_VCPUS		8
#define VM_MAX_VMMIO		128

#define PAGE_SHIFT		12
#define PAGE_SIZE		BIT(PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT(n)			(1UL << (n))
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (63 - (h))))
#define min(a, b) ({						\
	__typeof__(a) a_ = (a);					\
	__typeof__(b) b_ = (b);					\
	a_ < b_ ? a_ : b_;					\
})
#define max(a, b) ({						\
	__typeof__(a) a_ = (a);					\
	__typeof__(b) b_ = (b);					\
	a_ > b_ ? a_ : b_;					\
})
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define __unused		__attribute__((unused))
#define __noreturn		__attribute__((noreturn))
#define __aligned(n)		__attribute__((aligned(n)))
#define __printf(a, b)		__attribute__((format(printf, a, b)))

/* System registers by their architectural (or S3_..) name */
#define read_sysreg(r) ({					\
	u64 val_;						\
	asm volatile("mrs %0, " #r : "=r" (val_));		\
	val_;							\
})
#define write_sysreg(v, r) do {					\
	u64 val_ = (u64)(v);					\
								\
	asm volatile("msr " #r ", %x0" : : "rZ" (val_) : "memory"); \
} while (0)

static inline void isb(void)
{
	asm volatile("isb" : : : "memory");
}

static inline void dsb_nsh(void)
{
	asm volatile("dsb nsh" : : : "memory");
}

static inline void dsb_ish(void)
{
	asm volatile("dsb ish" : : : "memory");
}

static inline void dsb_ishst(void)
{
	asm volatile("dsb ishst" : : : "memory");
}

static inline u32 read32(u64 addr)
{
	return *(volatile u32 *)addr;
}

static inline u64 read64(u64 addr)
{
	return *(volatile u64 *)addr;
}

static inline void write32(u64 addr, u32 val)
{
	*(volatile u32 *)addr = val;
}

static inline void write64(u64 addr, u64 val)
{
	*(volatile u64 *)addr = val;
}

/* Error codes of the hypercall interface, as returned in x0 */
enum gh_error {
	GH_UNIMPLEMENTED	= -1,
	GH_RETRY		= -2,
	GH_OK			= 0,
	GH_ARG_INVALID		= 1,
	GH_ARG_SIZE		= 2,
	GH_ARG_ALIGN		= 3,
	GH_NOMEM		= 10,
	GH_NORESOURCES		= 11,
	GH_ADDR_OVERFLOW	= 20,
	GH_ADDR_UNDERFLOW	= 21,
	GH_ADDR_INVALID		= 22,
	GH_DENIED		= 30,
	GH_BUSY			= 31,
	GH_IDLE			= 32,
	GH_OBJECT_STATE		= 33,
	GH_OBJECT_CONFIG	= 34,
	GH_FAILURE		= 36,
	GH_VIRQ_BOUND		= 40,
	GH_VIRQ_NOT_BOUND	= 41,
	GH_CAP_NULL		= 50,
	GH_CAP_REVOKED		= 51,
	GH_CAP_WRONG_TYPE	= 52,
	GH_CAP_RIGHTS		= 53,
	GH_CAP_FULL		= 54,
	GH_MSGQ_EMPTY		= 60,
	GH_MSGQ_FULL		= 61,
	GH_NOT_OWNER		= 111,
};

struct vcpu;
struct vgic;
struct vm;
struct cpu;

/**
 * struct frame - registers of the interrupted EL1/EL0 context
 * @x: general purpose registers
 * @pc: ELR_EL2; for HVC already behind it, for a trapped SMC still at it
 * @spsr: SPSR_EL2
 * @unused: keeps the size a multiple of 16
 *
 * vectors.S stores it at the top of the CPU's EL2 stack and restores it from
 * there: a handler changes it to change what EL2 returns to.
 */
struct frame {
	u64 x[31];
	u64 pc;
	u64 spsr;
	u64 unused;
};

/* timer.c */

/**
 * struct timer_event - something to do at a time, embed and use container_of()
 * @fn: called with the hypervisor lock held, on whatever CPU
 * @when: CNTPCT_EL0 value at which it is due
 * @next: later event of the same CPU
 * @cpu: CPU whose timer it waits for, NULL if it is not set
 */
struct timer_event {
	void (*fn)(struct timer_event *event);
	u64 when;
	struct timer_event *next;
	struct cpu *cpu;
};

/**
 * struct cpu - a physical CPU
 * @index: 0.. in the order of the devicetree
 * @mpidr: its MPIDR_EL1 affinity
 * @online: Linux has it (from CPU_ON to CPU_OFF)
 * @vcpu: what runs at EL1: a guest's vCPU, or NULL for the host
 * @host_frame: the host's registers while @vcpu is not NULL
 * @in_guest: it may be executing a guest: set by hyp_unlock() if @vcpu is not
 *	NULL, cleared by hyp_lock() before it waits for the lock
 * @gicr: base of its redistributor
 * @events: timer events, sorted by time
 * @boot_pc: where the host wants a CPU that it turns on to start
 * @boot_ctx: and with what in x0
 */
struct cpu {
	u32 index;
	u64 mpidr;
	bool online;
	struct vcpu *vcpu;
	struct frame host_frame;
	volatile bool in_guest;
	u64 gicr;
	struct timer_event *events;
	u64 boot_pc;
	u64 boot_ctx;
};

static inline struct cpu *this_cpu(void)
{
	return (struct cpu *)read_sysreg(tpidr_el2);
}

/**
 * struct s2 - a stage 2 address space
 * @root: level 1 table
 * @vttbr: for VTTBR_EL2 (with the VMID)
 * @vtcr: for VTCR_EL2
 * @ipa_bits: size of the address space
 */
struct s2 {
	u64 *root;
	u64 vttbr;
	u64 vtcr;
	u8 ipa_bits;
};

/* cap.c */
enum obj_type {
	OBJ_NONE,
	OBJ_PARTITION,
	OBJ_CSPACE,
	OBJ_ADDRSPACE,
	OBJ_MEMEXTENT,
	OBJ_VCPU,
	OBJ_BELL,
	OBJ_MSGQ,
	OBJ_VIC,
	OBJ_VPM,
	OBJ_VIRTIO,
};

/* Rights of capabilities */
#define RIGHT_MSGQ_SEND		1
#define RIGHT_MSGQ_RECV		2
#define RIGHT_BELL_SEND		1
#define RIGHT_BELL_RECV		2
#define RIGHT_VCPU_POWER	0x1
#define RIGHT_VCPU_AFFINITY	0x2
#define RIGHT_VCPU_YIELD_TO	0x10

struct cap {
	u8 type;
	u32 rights;
	void *obj;
};

/**
 * struct cspace - capabilities of a VM
 * @caps: table
 * @max: its length
 * @count: capabilities in it
 * @hint: no free entry is before it
 * @key: added to ids (gunyah_hyp.caps=random)
 */
struct cspace {
	struct cap *caps;
	u32 max;
	u32 count;
	u32 hint;
	u64 key;
};

/**
 * struct irq_source - something that interrupts a VM: one end of a bell, ...
 * @vm: VM that is interrupted, NULL if not bound
 * @intid: its INTID there
 * @level: wanted trigger
 * @asserted: does the reason still hold? Asked by the virtual GIC of a guest
 *	for an interrupt that the guest configured as level triggered, whenever
 *	it has to know whether it is still pending. NULL: never.
 */
struct irq_source {
	struct vm *vm;
	u32 intid;
	bool level;
	bool (*asserted)(struct irq_source *src);
};

/**
 * struct vmmio - a range whose accesses exit to the owner
 * @base: IPA
 * @size: bytes
 */
struct vmmio {
	u64 base;
	u64 size;
};

/**
 * struct vm_halt - how a VM came to an end: arguments of rm_glue_halted()
 * @index: the vCPU that ended it
 * @reason: what it did
 * @reset_type: argument of SYSTEM_RESET2
 * @cookie: likewise
 * @smc64: it was the SMC64 variant of SYSTEM_RESET2
 */
struct vm_halt {
	u8 index;
	enum rm_halt reason;
	u32 reset_type;
	u64 cookie;
	bool smc64;
};

/**
 * struct vm - the host or a guest
 * @vmid: Gunyah's VMID, at the same time the one in VTTBR_EL2
 * @s2: stage 2 address space
 * @cspace: capabilities
 * @virqs: bitmap of INTIDs that are in use by irq_sources
 * @vgic: virtual GIC; NULL for the host and before gic_create
 * @vcpus: vCPUs by index; all NULL for the host
 * @vmmio: VMMIO ranges
 * @num_vmmio: their number
 * @cntvoff: the guest's virtual counter starts at 0 here
 * @running: its first vCPU has been powered on
 * @halted: it has come to an end
 * @busy: vcpu_run answers BUSY until the resource manager stops the vCPUs
 * @lost_halt: the resource manager has not been told of @halt
 * @halt: how it came to its end
 */
struct vm {
	u16 vmid;
	struct s2 s2;
	struct cspace cspace;
	u64 virqs[1024 / 64];
	struct vgic *vgic;
	struct vcpu *vcpus[VM_MAX_VCPUS];
	struct vmmio vmmio[VM_MAX_VMMIO];
	u32 num_vmmio;
	u64 cntvoff;
	bool running;
	bool halted;
	bool busy;
	bool lost_halt;
	struct vm_halt halt;
};

/**
 * struct quirk - planned misbehaviour, see gunyah_testctl.h for each
 * @busy: VMs whose vcpu_run answers BUSY after their end
 * @lost_halt: halts that get forgotten
 * @lost_wake: wake-up interrupts that are not raised
 * @lost_reset: resets that do not complete
 * @exit_delay: microseconds that news of a halt is held back
 * @vcpu_state_nth: call of vcpu_run that returns @vcpu_state_value
 * @vcpu_state_value: a state
 * @hvc_nr: number of the host's hypercall that fails
 * @hvc_nth: which of them
 * @hvc_error: with what, 0: none
 *
 * Counts are of how often it shall still happen; who acts on it counts it down.
 */
struct quirk {
	u64 busy;
	u64 lost_halt;
	u64 lost_wake;
	u64 lost_reset;
	u64 exit_delay;
	u64 vcpu_state_nth;
	u64 vcpu_state_value;
	u64 hvc_nr;
	u64 hvc_nth;
	u64 hvc_error;
};

struct stats {
	u64 hypercalls;
	u64 vcpu_runs;
	u64 host_aborts;
	u64 bell_sends;
	u64 bell_masks;
	u64 pages_lent;
	u64 pages_shared;
	u64 virqs;
	u64 vms;
};

/**
 * struct hyp - everything
 * @lock: see hyp_lock()
 * @num_cpus: CPUs in the devicetree
 * @cpus: physical CPUs
 * @host: the host VM
 * @vms: VMs by VMID, the host's included
 * @rm: resource manager model
 * @rm_delay: delay of its event loop in microseconds
 * @quirk: planned misbehaviour
 * @stats: counters
 * @ram_base: start of the machine's memory
 * @ram_end: end of it
 * @timer_hz: frequency of the generic timer
 * @seed: gunyah_hyp.seed
 * @random_state: of random64()
 * @random_caps: gunyah_hyp.caps=random
 * @semihost: not gunyah_hyp.log=none
 * @rm_prod: gunyah_hyp.rm=prod
 * @rm_later: gunyah_hyp.rm=later
 * @no_reset: gunyah_hyp.reset=none
 * @late: gunyah_hyp.late
 * @boot_context: gunyah_hyp.boot_context=1
 * @max_entries: gunyah_hyp.max_entries
 * @max_vdevices: gunyah_hyp.max_vdevices
 */
struct hyp {
	u32 lock;
	u32 num_cpus;
	struct cpu cpus[HYP_MAX_CPUS];
	struct vm host;
	struct vm *vms[256];
	struct rm *rm;
	u64 rm_delay;
	struct quirk quirk;
	struct stats stats;
	u64 ram_base;
	u64 ram_end;
	u64 timer_hz;
	u32 seed;
	u64 random_state;
	bool random_caps;
	bool semihost;
	bool rm_prod, rm_later, no_reset;
	bool boot_context;
	u32 late;
	u32 max_entries;
	u32 max_vdevices;
};

extern struct hyp hyp;

/* QEMU's virt machine */
#define GICD_BASE		0x08000000UL
#define GICR_BASE		0x080a0000UL
#define GICR_STRIDE		0x20000UL
#define PL011_BASE		0x09000000UL

/* PPIs that EL2 uses itself, and the SGI that pokes another CPU */
#define INTID_KICK		15
#define INTID_MAINT		25
#define INTID_CNTHP		26
#define INTID_CNTV		27
#define INTID_CNTP		30

/* hyp.lds, head.S */
extern char __heap[];
extern char secondary_cpu[];

/* main.c: called by head.S with registers to fill in for EL1 */
void hyp_main(void *fdt, struct frame *f);
void hyp_secondary(u32 index, struct frame *f);

/* main.c, lib.c, log.c */
void hyp_lock(void);
void hyp_unlock(void);
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *s, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
u64 random64(void);
void log_printf(const char *fmt, ...) __printf(1, 2);
void __noreturn panic(const char *fmt, ...) __printf(1, 2);

/* alloc.c: zeroed memory or NULL; page multiples are page aligned */
void alloc_init(u64 start, u64 end);
void *alloc(size_t size);
void free(void *ptr, size_t size);

/* fdt_host.c */
void fdt_host_parse(void *fdt);
void fdt_host_patch(void *fdt);

/* trap.c: called by vectors.S */
void trap_sync(struct frame *f);
void trap_irq(struct frame *f);
void trap_fiq(struct frame *f);
void trap_serror(struct frame *f);
void __noreturn trap_hyp(struct frame *f, u64 vector);
/* Synchronous external abort for the EL1 context that runs now (host, guest) */
void inject_sea(struct frame *f, bool instruction, u64 far);
/* Undefined instruction, likewise */
void inject_undef(struct frame *f);

/* psci_host.c */
bool psci_host(struct cpu *cpu, struct frame *f);
u64 smc_call(u64 fn, u64 a1, u64 a2, u64 a3);
void host_cpu_init(struct cpu *cpu);

/*
 * s2.c. Ranges are multiples of a page. @rights: RM_RIGHT_*; @device: device
 * memory. Changes that take access away need s2_sync() to be effective; it
 * covers all address spaces and does nothing if nothing is outstanding.
 */
int s2_init(struct s2 *s2, u16 vmid, u8 ipa_bits);
void s2_destroy(struct s2 *s2);
int s2_map(struct s2 *s2, u64 ipa, u64 pa, u64 size, u8 rights, bool device);
/* A block of 1 GiB that was not mapped, at its own address, all rights */
void s2_map_block(struct s2 *s2, u64 ipa, bool device);
/* GH_NOMEM if a block cannot be split, with nothing changed then */
int s2_unmap(struct s2 *s2, u64 ipa, u64 size);
void s2_sync(void);
/* false if not mapped; @rights may be NULL */
bool s2_lookup(struct s2 *s2, u64 ipa, u64 *pa, u8 *rights);

/* mem.c */
void mem_init(void);
bool mem_is_ram(u64 pa, u64 size);	/* and not the hypervisor's own */
int mem_take(u16 owner, u64 ipa, u64 size, enum rm_mem_kind kind,
	     u8 owner_rights);
void mem_give_back(u16 owner, u64 ipa, u64 size, bool sanitize);
int mem_map(u16 vmid, u64 to_ipa, u16 owner, u64 ipa, u64 size, u8 rights);
void mem_unmap(u16 vmid, u64 to_ipa, u64 size);
u64 mem_contiguous(u16 owner, u64 ipa, u64 size);
/* Memory of a VM by its IPA, whether or not the VM can access it now */
int mem_read(u16 vmid, u64 ipa, void *buf, size_t size);
int mem_write(u16 vmid, u64 ipa, const void *buf, size_t size);
/* Memory by virtual address in the EL1 context that runs on this CPU now */
int copy_from_va(void *dst, u64 va, size_t size);
int copy_to_va(u64 va, const void *src, size_t size);

/* cap.c */
int cspace_init(struct vm *vm, u32 max);
void cspace_destroy(struct vm *vm);
int cap_create(struct vm *vm, enum obj_type type, u32 rights, void *obj,
	       u64 *id);
/* GH_CAP_NULL, GH_CAP_WRONG_TYPE or GH_CAP_RIGHTS if not so */
int cap_lookup(struct vm *vm, u64 id, enum obj_type type, u32 rights,
	       void **obj);
/* Just the id; the object is the caller's. RM_CAP_NONE is ignored. */
void cap_delete(struct vm *vm, u64 id);

/* virq.c: interrupts of the host and, through vgic_*(), of guests */

/*
 * Bind @src, all fields of which but @vm and @intid are set, to @want in @vm;
 * @want 0: any free one. GH_VIRQ_BOUND if taken, GH_NORESOURCES if none left.
 */
int virq_bind(struct irq_source *src, struct vm *vm, u32 want);
void virq_unbind(struct irq_source *src);
/* Nothing happens if @src is not bound. @edge_only: no effect if level. */
void virq_assert(struct irq_source *src, bool edge_only);
void virq_clear(struct irq_source *src);

/* timer.c */
void timer_init(struct cpu *cpu);
void timer_set(struct timer_event *event, u64 when);
void timer_cancel(struct timer_event *event);

static inline bool timer_is_set(const struct timer_event *event)
{
	return event->cpu;
}

/* Group 0 interrupt: run what is due */
void timer_fiq(struct cpu *cpu);
/* Move its events to another CPU: it goes off */
void timer_cpu_off(struct cpu *cpu);
/* Make @cpu enter EL2 (FIQ); returns at once. No effect on this CPU. */
void cpu_kick(struct cpu *cpu);

static inline u64 timer_now(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

static inline u64 timer_us(u64 us)
{
	return us * hyp.timer_hz / 1000000;
}

/*
 * hcall.c: a Gunyah hypercall or SMCCC hypervisor service call of @vm, which
 * is what runs on @cpu. @imm: immediate of the HVC or SMC instruction. Results
 * go to @f, whose pc must be behind the instruction already. False, and @f not
 * touched, if that is none of these calls.
 */
bool hcall_dispatch(struct cpu *cpu, struct vm *vm, struct frame *f, u32 imm);

/* msgq.c */
struct msgq *msgq_create(u16 max_size, u8 depth, u16 from_vmid, u16 to_vmid);
void msgq_destroy(struct msgq *q);
struct irq_source *msgq_send_source(struct msgq *q);
struct irq_source *msgq_recv_source(struct msgq *q);
/* By the resource manager; true if queued */
bool msgq_put(struct msgq *q, const void *data, size_t size);
/* Likewise; size of the message, 0 if there is none */
size_t msgq_get(struct msgq *q, void *buf);
void msgq_flush(struct msgq *q);
int hcall_msgq_send(struct msgq *q, const u64 *arg, struct frame *f);
int hcall_msgq_recv(struct msgq *q, const u64 *arg, struct frame *f);
int msgq_configure(struct msgq *q, bool send, const u64 *arg);

/* bell.c */
struct bell *bell_create(void);
void bell_destroy(struct bell *b);
struct irq_source *bell_source(struct bell *b);
u64 bell_send(struct bell *b, u64 flags);
u64 bell_receive(struct bell *b, u64 flags);
void bell_reset(struct bell *b);
void bell_mask(struct bell *b, u64 enable, u64 ack);

/* testctl.c: true if handled */
bool testctl_read(u64 offset, u64 *val);
bool testctl_write(u64 offset, u64 val);

/* rm_glue.c */
void rm_glue_init(void);
struct vm *vm_get(u16 vmid);
/* A queue to the resource manager has packets */
void rm_glue_rx_ready(void);
/* There is room in its queue towards @vmid */
void rm_glue_tx_ready(u16 vmid);
/* Revived by a test: drop what is queued */
void rm_glue_revive(void);
/*
 * A vCPU has stopped in a way that ends its VM: tells the resource manager,
 * now or after the delay that a test asked for.
 */
void rm_glue_halted(struct vm *vm, u8 index, enum rm_halt reason,
		    u32 reset_type, u64 cookie, bool smc64);
/* Host's RM queues, for the devicetree */
struct rm_endpoint rm_glue_host_tx(void);
struct rm_endpoint rm_glue_host_rx(void);

/* ------------------------------------------------------------------------
 * Guest side: vcpu.c sched.c vgic.c vgic_mmio.c guest_trap.c psci_guest.c
 */

/* Once per physical CPU when it comes up, after host_cpu_init() */
void vcpu_cpu_init(struct cpu *cpu);
/*
 * Hypercall 0x65. The capability has been looked up with the rights for it;
 * arg: resume data 0..2. Writes the results to @f, the host's registers: x0
 * error, x1.. state and data. (@f is the vCPU's when it returns having entered
 * it: the results go to the host's at the exit then.)
 */
void hcall_vcpu_run(struct cpu *cpu, struct frame *f, struct vcpu *vcpu,
		    const u64 *arg);
/* Exceptions while cpu->vcpu is not NULL */
void guest_trap_sync(struct cpu *cpu, struct frame *f);
void guest_trap_irq(struct cpu *cpu, struct frame *f);
/* calls timer_fiq(), then sees what is to be done for the vCPU */
void guest_trap_fiq(struct cpu *cpu, struct frame *f);
void guest_trap_serror(struct cpu *cpu, struct frame *f);
/*
 * At the end of a FIQ that interrupted the host, after timer_fiq(): may enter a
 * vCPU that the hypervisor schedules.
 */
void sched_poll(struct cpu *cpu, struct frame *f);
/* The host is about to turn this CPU off, it is not online any more */
void sched_cpu_off(struct cpu *cpu);

/*
 * Interrupts of guests. @src is bound to @intid (an SPI) from its first
 * vgic_assert() to vgic_unbind(); @edge_only: ignored if the guest configured
 * it as level triggered. Called with the target running on any CPU, or on none.
 */
void vgic_assert(struct vm *vm, u32 intid, struct irq_source *src,
		 bool edge_only);
/* No longer pending (unless it is active) */
void vgic_clear(struct vm *vm, u32 intid, struct irq_source *src);
/* Cleared, and @src must not be used any more */
void vgic_unbind(struct vm *vm, u32 intid, struct irq_source *src);

/* rm_ops, as in rm.h without ctx; vm_destroy() frees what gic_create made */
int plat_gic_create(u16 vmid, u64 gicd, u64 gicr, u64 gicr_stride,
		    unsigned int num_vcpus);
void plat_gic_destroy(struct vm *vm);
int plat_vmmio_add(u16 vmid, u64 base, u64 size);
int plat_vcpu_create(const struct rm_vcpu_params *params,
		     struct rm_endpoint *owner, struct rm_endpoint *own);
int plat_vcpu_power_on(u16 vmid, u8 index, const struct rm_boot_regs *regs);
void plat_vcpu_kill(u16 vmid, u8 index);
void plat_vcpu_destroy(u16 vmid, u8 index);

#endif /* __ASSEMBLER__ */
#endif /* GUNYAH_TEST_HYP_H */
