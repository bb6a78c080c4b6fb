/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test control window of the test hypervisor
 *
 * One page that the test hypervisor emulates in the host's address space, so
 * that a test in user space can map it from /dev/mem: leak counters, planned
 * faults and quirks. It exists only there; tests find its address in the host
 * devicetree, node /gunyah-testctl (compatible "gunyah,test-control"), and skip
 * what needs it where there is none.
 *
 * All registers are 64 bit, little endian, accessed with one aligned 64-bit
 * load or store. 32-bit programs load the halves, and store to the lower one,
 * which clears the upper one. Reading a write-only register gives what was last written.
 */
#ifndef GUNYAH_TESTCTL_H
#define GUNYAH_TESTCTL_H

#define GH_TESTCTL_BASE			0x0b000000
#define GH_TESTCTL_SIZE			0x1000

/* "GHTESTCT" */
#define GH_TESTCTL_MAGIC_VALUE		0x5443545345544847ULL

#define GH_TESTCTL_MAGIC		0x000	/* RO */

/* Leak counters, RO: state of now */
#define GH_TESTCTL_VMIDS		0x010	/* VMIDs allocated */
#define GH_TESTCTL_PARCELS		0x018	/* parcels that exist */
#define GH_TESTCTL_ENTRIES		0x020	/* memory entries in them */
#define GH_TESTCTL_PAGES_LENT		0x028	/* 4 KiB pages the host has no access to */
#define GH_TESTCTL_PAGES_SHARED		0x030	/* 4 KiB pages in parcels that it keeps */
#define GH_TESTCTL_VIRQS		0x038	/* host interrupts given out */
#define GH_TESTCTL_CAPS			0x040	/* capabilities in the host's space */
#define GH_TESTCTL_VMS			0x048	/* VMs with an address space */
/* 4 KiB pages that the host does not own alone, with gunyah_hyp.platform=qcom */
#define GH_TESTCTL_PAGES_ASSIGNED	0x068
/* Pages that VMs have from the host one by one; each is lent or shared as well */
#define GH_TESTCTL_PAGES_DONATED	0x050
#define GH_TESTCTL_PAGES_MAPPED		0x058	/* those that are mapped there */
#define GH_TESTCTL_S2_TABLES		0x060	/* stage 2 tables, the host's included */

/* Event counters, RO: since boot */
#define GH_TESTCTL_RM_REQUESTS		0x080
#define GH_TESTCTL_RM_NOTIFICATIONS	0x088
#define GH_TESTCTL_HYPERCALLS		0x090	/* host's Gunyah hypercalls */
#define GH_TESTCTL_VCPU_RUNS		0x098
#define GH_TESTCTL_HOST_ABORTS		0x0a0	/* host accesses to memory it gave away */
#define GH_TESTCTL_BELL_SENDS		0x0a8	/* doorbells rung by the host */
#define GH_TESTCTL_BELL_MASKS		0x0b0	/* masks of doorbells set by it */
#define GH_TESTCTL_HOST_SGIS		0x0b8	/* times that it sent IPIs (SGIs) */
#define GH_TESTCTL_HOST_IRQS		0x0f0	/* interrupts raised for it */

/* What has happened at random, RO: see gunyah_hyp.races */
#define GH_TESTCTL_RACES_BUSY		0x0c0	/* VMs whose end was BUSY */
#define GH_TESTCTL_RACES_LOST_HALT	0x0c8	/* halts lost */
#define GH_TESTCTL_RACES_LATE_EXIT	0x0d0	/* VM_EXITED held back */
#define GH_TESTCTL_RACES_LATE_IRQ	0x0d8	/* interrupts of the host late */
#define GH_TESTCTL_RACES_WAKE		0x0e0	/* wake-ups before the sleep */
#define GH_TESTCTL_RACES_UNWIND		0x0e8	/* killed vCPUs still BLOCKED */

/* Planned fault of the resource manager: fill in, then write the action last */
#define GH_TESTCTL_FAULT_MSG_ID		0x100	/* 0: any message */
#define GH_TESTCTL_FAULT_NTH		0x108	/* 1: the next one */
#define GH_TESTCTL_FAULT_REPEAT		0x110
#define GH_TESTCTL_FAULT_ARG		0x118
#define GH_TESTCTL_FAULT_ACTION		0x120	/* enum rm_fault_action, arms it */
#define GH_TESTCTL_RM_DEAD		0x128	/* read: dead; write 0: revive, drop queues */
/* RO: message id of what the planned fault has last hit; 0: nothing yet */
#define GH_TESTCTL_FAULT_HIT		0x138
/*
 * WO: take back what belongs to VMs that do not run: parcels and VMIDs that a
 * fault has made the host give up. Only if it has no VM.
 */
#define GH_TESTCTL_RM_FORGET		0x140
/* Delay of the resource manager's event loop in microseconds, default 20 */
#define GH_TESTCTL_RM_WORK_DELAY	0x130

/*
 * Planned hypercall fault: the nth call with that number (the n of 0xc6008000 |
 * n) is not carried out and returns the error. Write the error last.
 */
#define GH_TESTCTL_HVC_NR		0x180
#define GH_TESTCTL_HVC_NTH		0x188
#define GH_TESTCTL_HVC_ERROR		0x190	/* arms it; 0 disarms */
#define GH_TESTCTL_HVC_HIT		0x198	/* RO: number of the last that failed */
#define GH_TESTCTL_HVC_ANY		0xffff	/* as number: all; hit: none yet */
#define GH_TESTCTL_HVC_REPEAT		0x1a0	/* 1: and all later ones */
#define GH_TESTCTL_HVC_THEN		0x1a8	/* the error of the one after it, or 0 */

/*
 * Quirks of the published firmware, each a count of how often it shall still
 * happen.
 */
/* After a guest's power off vcpu_run answers BUSY until the exit is reported */
#define GH_TESTCTL_QUIRK_BUSY		0x200
/* A halt is forgotten until vcpu_run is called once more, and wakes nobody */
#define GH_TESTCTL_QUIRK_LOST_HALT	0x208
/* A wake-up interrupt is not raised */
#define GH_TESTCTL_QUIRK_LOST_WAKE	0x210
/* A RESET never completes (no status notification RESET) */
#define GH_TESTCTL_QUIRK_LOST_RESET	0x218
/* The exit notification is held back for this many microseconds */
#define GH_TESTCTL_EXIT_DELAY		0x220
/* vcpu_run returns with this state (see VALUE) instead of running */
#define GH_TESTCTL_VCPU_STATE_NTH	0x228	/* arms it, 1 = next call */
#define GH_TESTCTL_VCPU_STATE_VALUE	0x230
#define GH_TESTCTL_VCPU_STATE_ADDR	0x260	/* its address, of 8 bytes; 0: no data */
/* A RESET fails: afterwards the VM is in state INIT_FAILED, and can be reset */
#define GH_TESTCTL_QUIRK_FAIL_RESET	0x238
/* Interrupts of the host: so many are still raised, the next one gets lost */
#define GH_TESTCTL_LOST_IRQ_NTH		0x240	/* arms it, 1 = next one */
/* All interrupts that Gunyah has given to the host are raised by a hypercall */
#define GH_TESTCTL_QUIRK_EXTRA_IRQS	0x248
/* Loads and stores that need a page are reported as if they were for a device */
#define GH_TESTCTL_QUIRK_FAULT_MMIO	0x268
/*
 * Stage 2 tables that there can be, 0: as many as there is memory for. A call
 * that needs one more has no memory (10).
 */
#define GH_TESTCTL_S2_LIMIT		0x258

/* What is wrong with the info area from now on: GH_INFO_FAULT_*, 0: nothing */
#define GH_TESTCTL_INFO_FAULT		0x250

/*
 * Planned fault of the secure firmware, with gunyah_hyp.platform=qcom: the nth
 * request to assign memory is not carried out. Write the code last.
 */
#define GH_TESTCTL_SCM_WHAT		0x280	/* which requests count */
#define GH_TESTCTL_SCM_ANY		0
#define GH_TESTCTL_SCM_AWAY		1	/* those that assign memory to VMs */
#define GH_TESTCTL_SCM_BACK		2	/* those that assign it to the host */
#define GH_TESTCTL_SCM_NTH		0x288	/* 1: the next one */
#define GH_TESTCTL_SCM_REPEAT		0x290	/* 1: and all later ones */
/*
 * Arms it. The lower 32 bits are signed: a negative number is the error of the
 * call, a positive one its result, which is 0 for success. 0 disarms.
 */
#define GH_TESTCTL_SCM_CODE		0x298
#define GH_TESTCTL_SCM_HITS		0x2a0	/* RO: requests that it has hit */
#define GH_TESTCTL_SCM_ASSIGNS		0x2a8	/* RO: requests since boot */

/*
 * Host's hypercalls by number (the n of 0xc6008000 | n), RO, since boot: what
 * an idle guest costs is the difference after some time. GH_TESTCTL_HVC_COUNT
 * (0x65) counts like GH_TESTCTL_VCPU_RUNS, but also calls that name no vCPU.
 */
#define GH_TESTCTL_HVC_NUMBERS		0x6b
#define GH_TESTCTL_HVC_COUNT(n)		(0x800 + 8 * (n))

/*
 * Message ids of the host's first requests to the resource manager since a fault
 * was planned, or the plan was cancelled, RO: from 1 on, 0 behind the last one
 */
#define GH_TESTCTL_RM_SEEN_MAX		127
#define GH_TESTCTL_RM_SEEN(n)		(0xc00 + 8 * (n))

/*
 * The page of the info area in the host's address space, if gunyah_hyp.generation
 * is one that has it, and what can be wrong with it
 */
#define GH_INFO_AREA_BASE		0x0b010000
#define GH_INFO_FAULT_EMPTY		1	/* its size is 0 */
#define GH_INFO_FAULT_UNALIGNED		2	/* its address is no multiple of a page */
#define GH_INFO_FAULT_PART_OF_PAGE	3	/* its size is none */
#define GH_INFO_FAULT_WRAPS		4	/* it ends behind the last address */
#define GH_INFO_FAULT_BEYOND		5	/* it is where no processor has addresses */
#define GH_INFO_FAULT_IN_RAM		6	/* it is in the host's memory */
#define GH_INFO_FAULT_HUGE		7	/* it has 1 GiB */
#define GH_INFO_FAULT_NO_ENTRY		8	/* there is no entry for the channel */
#define GH_INFO_FAULT_TWICE		9	/* there are two */
#define GH_INFO_FAULT_NO_END		10	/* the table does not end */
#define GH_INFO_FAULT_BAD_END		11	/* not all zeroes behind the table */
#define GH_INFO_FAULT_OFFSET		12	/* an entry begins behind the area */
#define GH_INFO_FAULT_OFFSET_WRAPS	13	/* offset and size of an entry wrap */
#define GH_INFO_FAULT_OFFSET_UNALIGNED	14	/* an entry is at no multiple of 8 */
#define GH_INFO_FAULT_OFFSET_IN_TABLE	15	/* an entry is in the table */
#define GH_INFO_FAULT_SIZE		16	/* an entry ends behind the area */
#define GH_INFO_FAULT_ENTRY_SHORT	17	/* the entry is too short */
#define GH_INFO_FAULT_ENTRY_LONG	18	/* the entry is too long */
#define GH_INFO_FAULT_NO_CAP		19	/* a capability id is that of none */
#define GH_INFO_FAULT_ONE_CAP		20	/* both capability ids are the same */
#define GH_INFO_FAULT_VIRQ_0		21	/* an interrupt is not one of devices */
#define GH_INFO_FAULT_VIRQ_RANGE	22	/* the GIC has no such interrupt */
#define GH_INFO_FAULT_ONE_VIRQ		23	/* both interrupts are the same */
#define GH_INFO_FAULT_VIRQ_IN_USE	24	/* an interrupt belongs to a device of the host */
#define GH_INFO_FAULT_DEPTH		25	/* a queue has no room */
#define GH_INFO_FAULT_TX_SIZE		26	/* packets to the resource manager do not fit */
#define GH_INFO_FAULT_RX_SIZE		27	/* nor those from it */
#define GH_INFO_FAULTS			28

#endif /* GUNYAH_TESTCTL_H */
