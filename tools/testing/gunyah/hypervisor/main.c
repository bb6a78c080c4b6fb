// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start of the CPUs, and the lock
 */
#include "hyp.h"

/* "ARM\x64" in the header of an arm64 Image */
#define IMAGE_MAGIC_OFFSET	56
#define IMAGE_MAGIC		0x644d5241

struct hyp hyp;
u8 stacks[HYP_MAX_CPUS][HYP_STACK_SIZE] __aligned(16);

/**
 * hyp_lock() - take the one lock
 *
 * The yield is not cosmetic: under QEMU's -icount all CPUs share one thread,
 * and a CPU that spins without it keeps the others from running.
 */
void hyp_lock(void)
{
	u32 old, failed;

	this_cpu()->in_guest = false;
	for (;;) {
		asm volatile("ldaxr %w0, %2\n\t"
			     "cbnz %w0, 1f\n\t"
			     "stxr %w1, %w3, %2\n\t"
			     "cbz %w1, 2f\n"
			     "1:	mov %w1, #1\n"
			     "2:"
			     : "=&r" (old), "=&r" (failed), "+Q" (hyp.lock)
			     : "r" (1) : "memory");
		if (!failed)
			return;
		asm volatile("yield");
	}
}

/** hyp_unlock() - release it */
void hyp_unlock(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->vcpu)
		cpu->in_guest = true;
	asm volatile("stlr wzr, %0" : "=Q" (hyp.lock) : : "memory");
}

/**
 * cpu_start() - set up EL2 of this CPU
 * @cpu: this CPU
 */
void cpu_start(struct cpu *cpu)
{
	host_cpu_init(cpu);
	timer_init(cpu);
	vcpu_cpu_init(cpu);
	cpu->online = true;
}

/**
 * hyp_main() - boot CPU
 * @fdt: devicetree from QEMU, handed on to Linux
 * @f: registers to start Linux with
 */
void hyp_main(void *fdt, struct frame *f)
{
	write_sysreg(&hyp.cpus[0], tpidr_el2);
	hyp.timer_hz = read_sysreg(cntfrq_el0);
	alloc_init((u64)__heap, HYP_BASE + HYP_SIZE);
	fdt_host_parse(fdt);
	mem_init();
	scm_init();
	host_gic_init();
	rm_glue_init();
	info_init();
	cpu_start(&hyp.cpus[0]);
	fdt_host_patch(fdt);
	if (read32(HOST_IMAGE + IMAGE_MAGIC_OFFSET) != IMAGE_MAGIC)
		panic("no Linux Image at %x", HOST_IMAGE);
	f->pc = HOST_IMAGE;
	f->x[0] = (u64)fdt;
	f->spsr = SPSR_BOOT;
	log_printf("starting the host at %lx, %u CPUs", f->pc, hyp.num_cpus);
}

/**
 * hyp_secondary() - a CPU that the host has turned on
 * @index: which one
 * @f: registers to start it with
 */
void hyp_secondary(u32 index, struct frame *f)
{
	struct cpu *cpu = &hyp.cpus[index];

	write_sysreg(cpu, tpidr_el2);
	hyp_lock();
	cpu_start(cpu);
	memset(f, 0, sizeof(*f));
	f->pc = cpu->boot_pc;
	f->x[0] = cpu->boot_ctx;
	f->spsr = SPSR_BOOT;
	hyp_unlock();
}
