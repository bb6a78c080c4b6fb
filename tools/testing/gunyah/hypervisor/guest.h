/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest side of the test hypervisor: vCPUs, virtual GIC, scheduler
 *
 * A vCPU is loaded on at most one physical CPU at a time (vcpu->cpu and
 * cpu->vcpu point at each other). All of its state is changed with the
 * hypervisor lock held; but while it is loaded, its registers, and the list
 * registers with the interrupts in them, are on that CPU. Whoever wants
 * something of a vCPU that is loaded elsewhere changes the state in memory and
 * kicks the CPU, which then comes by. Only stopping it for good cannot wait:
 * vcpu_evict() does that.
 */
#ifndef GUNYAH_TEST_GUEST_H
#define GUNYAH_TEST_GUEST_H

#include "hyp.h"

/* GICv3 as the guest sees it: SPIs 32..1019, no LPIs, one security state */
#define VGIC_NR_PRIVATE		32
#define VGIC_NR_IRQS		1020
#define VGIC_NR_SPIS		(VGIC_NR_IRQS - VGIC_NR_PRIVATE)
#define VGIC_MAX_LRS		16
#define VGIC_FRAME_SIZE		0x10000
#define VGIC_NO_VCPU		0xff

/* States of vcpu_run */
#define RUN_READY		0
#define RUN_EXPECTS_WAKEUP	1
#define RUN_POWERED_OFF		2
#define RUN_BLOCKED		3
#define RUN_MMIO_READ		4
#define RUN_MMIO_WRITE		5
#define RUN_FAULT		6
#define RUN_PAGE_FAULT		7
#define RUN_SYSTEM_RESET	0x100

/* Why a vCPU waits, state data 1 of RUN_EXPECTS_WAKEUP */
#define RESUME_REASON_WFI	1
#define RESUME_REASON_SUSPEND	2

/* Resume data 1: what the owner has done about an access (generation 2024) */
#define RESUME_HANDLED		0
#define RESUME_RETRY		1
#define RESUME_INJECT		2

/**
 * struct run_result - what a call of vcpu_run gives
 * @state: RUN_*
 * @data: state data 0..2
 */
struct run_result {
	u64 state;
	u64 data[3];
};

/*
 * EL1 registers that guests and host each have their own of, by the names that
 * the architecture has for them
 */
struct sysregs {
	u64 sctlr, cpacr, ttbr0, ttbr1, tcr, esr, afsr0, afsr1, far, mair, vbar;
	u64 contextidr, tpidr_el0, tpidrro_el0, tpidr_el1, amair, cntkctl, par;
	u64 mdscr, sp_el0, sp_el1, elr, spsr, csselr;
};

/**
 * struct fp_regs - FP/SIMD registers, layout known to guest_fp.S
 * @q: Q0..Q31, two words each
 * @fpsr: FPSR
 * @fpcr: FPCR
 */
struct fp_regs {
	u64 q[64];
	u64 fpsr;
	u64 fpcr;
} __aligned(16);

/**
 * struct gic_regs - state of the virtual CPU interface besides list registers
 * @vmcr: ICH_VMCR_EL2
 * @ap0r: ICH_AP0R0_EL2
 * @ap1r: ICH_AP1R0_EL2
 */
struct gic_regs {
	u64 vmcr, ap0r, ap1r;
};

/**
 * enum vcpu_state - what keeps a vCPU from running, if anything
 * @VCPU_OFF: powered off, can be powered on
 * @VCPU_RUNNABLE: nothing
 * @VCPU_WFI: waits for an interrupt, in WFI or CPU_SUSPEND
 * @VCPU_MMIO: waits for its owner to have emulated an access
 * @VCPU_FAULT: waits for its owner to have mapped a page
 * @VCPU_HALTED: its VM has come to an end, which the resource manager has yet
 *	to act on
 * @VCPU_KILLED: killed, but the owner has to run it to its end
 * @VCPU_DEAD: killed, and at its end
 */
enum vcpu_state {
	VCPU_OFF,
	VCPU_RUNNABLE,
	VCPU_WFI,
	VCPU_MMIO,
	VCPU_FAULT,
	VCPU_HALTED,
	VCPU_KILLED,
	VCPU_DEAD,
};

/**
 * struct vcpu - a virtual CPU
 * @vm: its VM
 * @index: its number there, and affinity level 0
 * @proxy: runs in vcpu_run only; otherwise sched.c runs it
 * @psci: it may use PSCI
 * @affinity: index of the physical CPU for sched.c
 * @slice: longest time in one go for sched.c, in timer ticks
 * @state: see there
 * @parked: the owner has been told to wait for @wake_irq
 * @result: what vcpu_run says in @state WFI, MMIO, FAULT and HALTED
 * @cpu: where it is loaded, or NULL
 * @frame: its registers while it is not loaded
 * @sys: likewise
 * @gic: likewise
 * @fp: likewise, and until it first uses them after it was loaded
 * @cntv_ctl: its timer while it is not loaded
 * @cntv_cval: likewise
 * @deadline: its timer's expiry while it is not loaded and in WFI
 * @wake_irq: host's interrupt of the owner's end
 * @owner_cap: capability in the host's space
 * @own_cap: and in its own VM's
 * @mmio_reg: register that a read goes to
 * @mmio_sign: whether to sign extend
 * @mmio_64: whether it is a 64-bit register
 * @reading: the owner has been asked for the value of a read
 * @asked: the owner has been asked what to do about an access
 * @inject: it is an external abort; the rest is as it was before the access
 * @fault_pc: program counter
 * @fault_spsr: processor state
 * @fault_esr: syndrome, as EL2 has it
 * @fault_far: virtual address
 * @aim_us: so long before its timer fires it says that it waits, see RACE_WAKE
 * @unwind: calls of vcpu_run from @state KILLED to the one that says DEAD
 * @resume_pc: where a CPU_SUSPEND that powers down resumes
 * @resume_ctx: and with what in x0
 * @resume_reset: it is in such a CPU_SUSPEND
 * @next: next one that sched.c knows
 */
struct vcpu {
	struct vm *vm;
	u8 index;
	bool proxy;
	bool psci;
	u32 affinity;
	u64 slice;
	enum vcpu_state state;
	bool parked;
	struct run_result result;
	struct cpu *cpu;
	struct frame frame;
	struct sysregs sys;
	struct gic_regs gic;
	struct fp_regs fp;
	u64 cntv_ctl;
	u64 cntv_cval;
	struct timer_event deadline;
	struct irq_source wake_irq;
	u64 owner_cap;
	u64 own_cap;
	u8 mmio_reg;
	bool mmio_sign;
	bool mmio_64;
	bool reading;
	bool asked;
	bool inject;
	u64 fault_pc;
	u64 fault_spsr;
	u64 fault_esr;
	u64 fault_far;
	u8 aim_us;
	u8 unwind;
	u64 resume_pc;
	u64 resume_ctx;
	bool resume_reset;
	struct vcpu *next;
};

/**
 * struct virq - an interrupt of a guest
 * @src: what asserts it, NULL if nothing is bound (SPI)
 * @route: GICD_IROUTER (SPI)
 * @prio: priority
 * @target: vCPU that it goes to, VGIC_NO_VCPU if there is no such vCPU
 * @owner: vCPU in whose candidates it is, VGIC_NO_VCPU if in none
 * @enabled: forwarded
 * @group1: group 1 (an IRQ), not 0 (a FIQ)
 * @edge: configured as edge triggered
 * @pending: pending; while @in_lr: again, since it was put there
 * @latched: it has been asserted, or the guest has set it pending, so that it
 *	stays @pending until it is taken, even if its source says otherwise
 * @active: active, as of the last time it was not @in_lr
 * @in_lr: in a list register of its owner
 */
struct virq {
	struct irq_source *src;
	u64 route;
	u8 prio;
	u8 target;
	u8 owner;
	bool enabled;
	bool group1;
	bool edge;
	bool pending;
	bool latched;
	bool active;
	bool in_lr;
};

/**
 * struct vgic_vcpu - a vCPU's part of a virtual GIC
 * @priv: SGIs and PPIs
 * @candidates: bitmap of the interrupts that are pending or active for it
 * @words: bitmap of the words of @candidates that are not 0
 * @asleep: GICR_WAKER.ProcessorSleep
 * @lr: INTIDs in the list registers
 * @num_lrs: how many of them are in use
 */
struct vgic_vcpu {
	struct virq priv[VGIC_NR_PRIVATE];
	u64 candidates[16];
	u32 words;
	bool asleep;
	u16 lr[VGIC_MAX_LRS];
	u8 num_lrs;
};

/**
 * struct vgic - virtual GIC of a VM
 * @gicd: IPA of the distributor, 64 KiB
 * @gicr: IPA of the first redistributor, 128 KiB each
 * @gicr_stride: distance to the next one
 * @num_vcpus: number of redistributors
 * @ctlr: GICD_CTLR
 * @vcpus: per vCPU
 * @spis: by INTID - 32
 */
struct vgic {
	u64 gicd;
	u64 gicr;
	u64 gicr_stride;
	u32 num_vcpus;
	u32 ctlr;
	struct vgic_vcpu vcpus[VM_MAX_VCPUS];
	struct virq spis[VGIC_NR_SPIS];
};

/* guest_fp.S */
void fp_save(struct fp_regs *fp);
void fp_restore(const struct fp_regs *fp);

/*
 * world.c: switching between host and guest. @f holds the registers of what
 * runs at EL1: the host's when world_load() is called, the guest's then.
 */
void world_cpu_init(struct cpu *cpu);
void world_load(struct cpu *cpu, struct vcpu *vcpu, struct frame *f);
/* The vCPU's state is saved, unless it has been evicted */
void world_unload(struct cpu *cpu, struct frame *f);
/* First FP/SIMD instruction of the guest since it was loaded */
void world_fp_trap(struct cpu *cpu);
/*
 * Make the CPU that a vCPU is loaded on leave it, dropping its state. On
 * return that CPU executes nothing of it and has no reference to it; it gives
 * @result to the owner. Does nothing if it is not loaded.
 */
void world_evict(struct vcpu *vcpu, const struct run_result *result);
bool world_evicted(const struct cpu *cpu);
/* The vCPU is about to be freed */
void world_forget(const struct vcpu *vcpu);
/* The virtual timer's PPI on the physical side: active means it is masked */
void world_vtimer_set_active(struct cpu *cpu, bool active);
bool world_vtimer_active(const struct cpu *cpu);
/*
 * The vCPU's timer has fired and is not masked by the guest. It must not be
 * loaded on another CPU.
 */
bool world_vtimer_line(const struct vcpu *vcpu);

/* vcpu.c */
struct vcpu *vcpu_get(struct vm *vm, u64 index);
/* As after reset, about to execute at @pc */
void vcpu_reset(struct vcpu *vcpu, u64 pc, u64 x0);
/* Something may have become pending for it: see that it gets to know */
void vcpu_notify(struct vcpu *vcpu);
/* Start a vCPU that is powered off (CPU_ON) */
void vcpu_start(struct vcpu *vcpu, u64 pc, u64 x0);
/* Load a proxy-scheduled or other vCPU */
void vcpu_enter(struct cpu *cpu, struct frame *f, struct vcpu *vcpu);
/* Leave the loaded vCPU: to the owner with a state, or to the host */
void vcpu_exit(struct cpu *cpu, struct frame *f, u64 state, u64 data0,
	       u64 data1, u64 data2);
/* Leave it because it waits for an interrupt, unless there is one */
void vcpu_wait(struct cpu *cpu, struct frame *f, u64 data0, u64 data1);
/* Leave it because it is powered off */
void vcpu_power_off(struct cpu *cpu, struct frame *f);
/* Leave it because its VM ends */
void vcpu_halt(struct cpu *cpu, struct frame *f, const struct vm_halt *halt,
	       const struct run_result *result);
void vcpu_fault(struct cpu *cpu, struct frame *f, const char *what);
/* The way back from each trap taken with a vCPU loaded */
void vcpu_resume(struct cpu *cpu, struct frame *f);

/* sched.c */
void sched_add(struct vcpu *vcpu);
void sched_remove(struct vcpu *vcpu);
/* It has become runnable */
void sched_wake(struct vcpu *vcpu);
/* The vCPU has left the CPU */
void sched_left(struct cpu *cpu);
/* Longest time in one go, from what the VM's owner wants */
u64 sched_slice(u32 timeslice_us);

/* vgic.c */
struct virq *vgic_irq(struct vgic *vgic, u32 vcpu, u32 intid);
/* Put it into the candidates of the vCPU that it belongs to now */
void vgic_update(struct vm *vm, u32 vcpu, u32 intid);
/* Still pending? Asks the source of a level triggered interrupt */
bool vgic_irq_pending(struct virq *irq, u32 intid);
/* Could the vCPU take an interrupt right now (were it not masked)? */
bool vgic_pending(struct vcpu *vcpu);
void vgic_vtimer_fired(struct vcpu *vcpu);
/* List registers of the loaded vCPU: get their state, empty them; fill them */
void vgic_sync(struct vcpu *vcpu);
void vgic_flush(struct vcpu *vcpu);
/*
 * The list registers of a CPU are empty whenever no vCPU is loaded on it, as
 * vgic_flush() writes only those that it needs. This empties them where
 * vgic_sync() cannot: when the CPU comes up, and after an eviction.
 */
void vgic_clear_lrs(void);
/* ICC_SGI1R_EL1 and ICC_SGI0R_EL1 / ICC_ASGI1R_EL1 */
void vgic_sgi(struct vcpu *vcpu, u64 val, bool group1);

/* ICC_DIR_EL1, which traps if active interrupts are in no list register */
void vgic_deactivate(struct vcpu *vcpu, u64 intid);

/* vgic_mmio.c: false if @ipa is no register of the GIC */
bool vgic_mmio(struct vcpu *vcpu, u64 ipa, u32 size, bool write, u64 *val);

/* rtc.c: likewise, of its real-time clock */
bool rtc_mmio(struct vcpu *vcpu, u64 ipa, bool write, u64 *val);

/* guest_trap.c: the loaded vCPU gets the abort that its owner wants */
void guest_inject(struct cpu *cpu, struct frame *f);

/* guest_sysreg.c: a trapped system register access; false: undefined */
bool guest_sysreg(struct vcpu *vcpu, struct frame *f, u64 iss);

/* psci_guest.c: false if the function is not one of PSCI or SMCCC */
bool psci_guest(struct cpu *cpu, struct frame *f);

#endif /* GUNYAH_TEST_GUEST_H */
