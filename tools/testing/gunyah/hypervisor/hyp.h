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
 * other locking exists. The one exception is host_gic_sysreg().
 */
#ifndef GUNYAH_TEST_HYP_H
#define GUNYAH_TEST_HYP_H

#define HYP_BASE		0x40200000
#define HYP_SIZE		0x04000000
#define HOST_IMAGE		(HYP_BASE + HYP_SIZE)	/* Linux, loaded by QEMU */
#define HYP_STACK_SIZE		0x10000

/* Offsets in struct frame, for vectors.S */
#define FRAME_PC		248
#define FRAME_SPSR		256
#define FRAME_SIZE		272

#ifndef __ASSEMBLER__

#include "base.h"
#include "cpu.h"
#include "memory.h"
#include "object.h"
#include "races.h"

#define HOST_VMID		RM_VMID_HLOS
#define VM_MAX_VCPUS		8
#define VM_MAX_VMMIO		128
#define NR_HYPERCALLS		0x6b

struct vgic;
struct paging;

/* What the firmware can do; a later one can do what earlier ones can */
enum generation {
	GENERATION_2023,	/* the published one */
	GENERATION_2024,	/* info area, demand paging, boot context */
};

/* Builds of the resource manager */
enum build {
	BUILD_DEBUG,
	BUILD_PROD,
	BUILD_LATER,		/* debug, and survives VMs with static vCPUs */
};

/* Whether there is firmware for protected VMs */
enum firmware {
	FIRMWARE_NONE,
	FIRMWARE_HELD,		/* but the machine has not said that it has booted */
	FIRMWARE_READY,
};

/* firmware.S */
extern const u8 test_firmware[], test_firmware_end[];

/* Forms of /hypervisor in the host's devicetree */
enum dt_form {
	DT_PUBLISHED,
	DT_BINDING,
	DT_NONE,
};

/* What the host is told about the hypervisor */
enum identity {
	ID_GUNYAH,
	ID_HVC_ONLY,		/* nothing by smc */
	ID_OTHER,		/* another hypervisor */
	ID_API,			/* an API version that does not exist */
	ID_NO_MSGQ,		/* no message queues */
	ID_NONE,		/* nothing, and hvc is undefined */
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
 * @paging: demand paging; NULL: none
 * @cntvoff: the guest's virtual counter starts at 0 here
 * @rtc_ipa: registers of its real-time clock; 0: it has none
 * @rtc_time: time of that in nanoseconds ...
 * @rtc_counter: ... when the system counter had this value
 * @running: its first vCPU has been powered on
 * @halted: it has come to an end
 * @busy: vcpu_run answers BUSY until the resource manager is done with it
 * @busy_end: when @busy ends, set once the resource manager has begun
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
	struct paging *paging;
	u64 cntvoff;
	u64 rtc_ipa;
	u64 rtc_time;
	u64 rtc_counter;
	bool running;
	bool halted;
	bool busy;
	u64 busy_end;
	bool lost_halt;
	struct vm_halt halt;
};

/**
 * struct scm_quirk - planned fault of the secure firmware, see gunyah_testctl.h
 * @what: GH_TESTCTL_SCM_...: which requests to assign memory count
 * @nth: the how manieth of them fails
 * @repeat: so do all later ones
 * @code: how, 0: none fails
 * @hits: how many have failed
 */
struct scm_quirk {
	u64 what;
	u64 nth;
	u64 repeat;
	u64 code;
	u64 hits;
};

/**
 * struct quirk - planned misbehaviour, see gunyah_testctl.h for each
 * @busy: VMs whose vcpu_run answers BUSY after their end
 * @lost_halt: halts that get lost
 * @lost_wake: wake-up interrupts that are not raised
 * @lost_reset: resets that do not complete
 * @exit_delay: microseconds that news of a halt is held back
 * @vcpu_state_nth: call of vcpu_run that returns @vcpu_state_value
 * @vcpu_state_value: a state
 * @vcpu_state_addr: its first data, an address of 8 bytes, or 0
 * @hvc_nr: number of the host's hypercall that fails
 * @hvc_nth: the how manieth of them
 * @hvc_error: its error, 0: none
 * @hvc_repeat: and that of all later ones
 * @hvc_then: that of the next one, 0: none
 * @hvc_hit: number of the last one that has failed
 * @donate_at: offset of a donation of which the first half was carried out
 * @donate_size: its size, 0: none
 * @fail_reset: resets that fail
 * @lost_irq_nth: interrupt of the host that gets lost
 * @extra_irqs: hypercalls that raise all interrupts of the host
 * @scm: of the secure firmware
 * @fault_mmio: loads and stores without a page that are reported as a device's
 * @s2_limit: stage 2 tables that there can be, 0: as many as there is memory for
 *
 * Each count says how often it is still to happen, and is decremented when it
 * does.
 */
struct quirk {
	u64 busy;
	u64 lost_halt;
	u64 lost_wake;
	u64 lost_reset;
	u64 exit_delay;
	u64 vcpu_state_nth;
	u64 vcpu_state_value;
	u64 vcpu_state_addr;
	u64 hvc_nr;
	u64 hvc_nth;
	u64 hvc_error;
	u64 hvc_repeat;
	u64 hvc_then;
	u64 hvc_hit;
	u64 donate_at;
	u64 donate_size;
	u64 fail_reset;
	u64 lost_irq_nth;
	u64 extra_irqs;
	struct scm_quirk scm;
	u64 fault_mmio;
	u64 s2_limit;
};

/**
 * struct stats - counters, see gunyah_testctl.h
 * @hypercalls: of the host
 * @by_number: likewise, for each number
 * @vcpu_runs: calls of vcpu_run that named a vCPU
 * @host_aborts: accesses of the host to memory that it gave away
 * @bell_sends: doorbells rung by the host
 * @bell_masks: masks of doorbells set by it
 * @pages_lent: pages in parcels to which the host has no access
 * @pages_shared: pages in parcels to which it has
 * @pages_assigned: pages that the host does not own alone, with all rights
 * @assigns: requests to assign memory
 * @pages_donated: pages in extents of guests, which also count as lent or shared
 * @pages_mapped: those of them that are mapped
 * @s2_tables: stage 2 tables
 * @virqs: interrupts of the host in use
 * @host_irqs: times that one was raised
 * @vms: guests that exist
 */
struct stats {
	u64 hypercalls;
	u64 by_number[NR_HYPERCALLS];
	u64 vcpu_runs;
	u64 host_aborts;
	u64 bell_sends;
	u64 bell_masks;
	u64 pages_lent;
	u64 pages_shared;
	u64 pages_assigned;
	u64 assigns;
	u64 pages_donated;
	u64 pages_mapped;
	u64 s2_tables;
	u64 virqs;
	u64 host_irqs;
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
 * @races: random misbehaviour
 * @stats: counters
 * @ram_base: start of the machine's memory
 * @ram_end: end of it
 * @timer_hz: frequency of the generic timer
 * @random_state: of random64()
 * @seed: gunyah_hyp.seed
 * @random_caps: gunyah_hyp.caps=random
 * @semihost: not gunyah_hyp.log=none
 * @generation: gunyah_hyp.generation, an enum generation
 * @build: gunyah_hyp.rm, an enum build
 * @no_reset: gunyah_hyp.reset=none
 * @late: gunyah_hyp.late
 * @boot_context: gunyah_hyp.boot_context=1
 * @dt: gunyah_hyp.dt, an enum dt_form
 * @no_bus: gunyah_hyp.bus=none
 * @psci_hvc: gunyah_hyp.psci=hvc
 * @identity: gunyah_hyp.identity, an enum identity
 * @info_fault: gunyah_hyp.info_fault
 * @firmware: gunyah_hyp.firmware, an enum firmware
 * @max_entries: gunyah_hyp.max_entries
 * @max_vdevices: gunyah_hyp.max_vdevices
 * @qcom: gunyah_hyp.platform=qcom
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
	struct races races;
	struct stats stats;
	u64 ram_base;
	u64 ram_end;
	u64 timer_hz;
	u64 random_state;
	u32 seed;
	u32 random_caps;
	u32 semihost;
	u32 generation;
	u32 build;
	u32 no_reset;
	u32 late;
	u32 boot_context;
	u32 dt;
	u32 no_bus;
	u32 psci_hvc;
	u32 identity;
	u32 info_fault;
	u32 firmware;
	u32 max_entries;
	u32 max_vdevices;
	u32 qcom;
};

extern struct hyp hyp;

/* Has the firmware what came after the published one? */
static inline bool is_gen2024(void)
{
	return hyp.generation >= GENERATION_2024;
}

/* hyp.lds, head.S */
extern char __heap[];
extern char secondary_cpu[];

/* options.c, fdt_host.c */
void options_parse(const char *args);
void fdt_host_parse(void *fdt);
void fdt_host_patch(void *fdt);

/* host_gic.c */
void host_gic_init(void);
void host_gic_cpu_init(void);
bool host_gic_is_spare(u32 intid);
u32 host_gic_physical(u32 intid);
bool host_gic_mmio(u64 offset, u32 size, bool write, u64 *val);
bool host_gic_sysreg(struct cpu *cpu, u64 iss, u64 *val);

/* info.c */
void info_init(void);
int info_find(u64 *ipa, u64 *size);
void info_set_fault(u32 fault);

/* scm.c */
void scm_init(void);
bool scm_call(struct frame *f);
u8 scm_host_rights(u64 pa);
bool scm_acl_ok(u64 ipa, u64 size, const struct rm_grant *acl, u32 count);

/* hcall.c */
bool hcall_dispatch(struct cpu *cpu, struct vm *vm, struct frame *f, u32 imm);

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
 * A vCPU has stopped in a way that ends its VM: tell the resource manager, now
 * or later.
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
/* As vgic_clear(), and @src is not used any more */
void vgic_unbind(struct vm *vm, u32 intid, struct irq_source *src);

/* rm_ops, as in rm.h without ctx; vm_destroy() frees what gic_create made */
int plat_gic_create(u16 vmid, u64 gicd, u64 gicr, u64 gicr_stride,
		    unsigned int num_vcpus);
void plat_gic_destroy(struct vm *vm);
/* guest_trap.c */
bool vm_is_vmmio(const struct vm *vm, u64 ipa, u64 size);
int plat_vmmio_add(u16 vmid, u64 base, u64 size);
int plat_rtc_create(u16 vmid, u64 ipa);
void plat_rtc_set(u16 vmid, u64 time, u64 counter);
int plat_vcpu_create(const struct rm_vcpu_params *params,
		     struct rm_endpoint *owner, struct rm_endpoint *own);
int plat_vcpu_power_on(u16 vmid, u8 index, const struct rm_boot_regs *regs);
void plat_vcpu_kill(u16 vmid, u8 index);
void plat_vcpu_destroy(u16 vmid, u8 index);

#endif /* __ASSEMBLER__ */
#endif /* GUNYAH_TEST_HYP_H */
