/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Demand paging as the owner of a VM does it: numbers, a VM, its hypercalls
 */
#ifndef GUNYAH_TEST_HOST_PAGING_H
#define GUNYAH_TEST_HOST_PAGING_H

#include "host.h"

#define NR_MAP		0x2b
#define NR_UNMAP	0x2c
#define NR_MODIFY	0x30
#define NR_DONATE	0x61
#define NR_RUN		0x65

#define READY		0
#define POWERED_OFF	2
#define MMIO_READ	4
#define MMIO_WRITE	5
#define FAULTED		6
#define PAGE_FAULT	7

#define HANDLED		0
#define RETRY		1
#define INJECT		2

#define SIBLING		2
#define TO_PROTECTED	3
#define FROM_PROTECTED	4
#define PARTIAL		1
#define PRIVATE		2
#define VMMIO		4
#define NO_SYNC		0x80000000UL

#define RX		5
#define RO		4
#define RWX		7

#define PAGE		4096UL
#define BLOCK		0x200000UL
#define RAM		0x80000000UL	/* of the VM */
#define RAM_SIZE	0x1000000UL
#define REPORT		0x10000000UL
#define PLACE		(RAM + 0x100000)
#define PARCEL		0x50000000UL	/* of the host: the devicetree's */
#define PARCEL_SIZE	0x10000UL
#define DT_SIZE		0x8000UL
#define POOL		0x60000000UL	/* of the host: pages for the VM */
#define SHM		0x88000000UL	/* of the VM: what the devicetree says */
#define SHM_LABEL	7
#define SEA		0x10

/* Where the VM's code uses which page, and which of the host's it gets */
#define TO_POOL(ipa)	(POOL + (ipa) - RAM)

/* Attributes for map: write-back, the same rights for EL0 and EL1 */
static inline u64 attributes(u64 rights)
{
	return 0xf0000 | rights << 4 | rights;
}

/* guest.S */
extern const u8 guest_code[], guest_code_end[], guest_far[], guest_far_end[];
extern const u8 guest_lost[], guest_lost_end[];

/* vm.c */
extern u16 vmid;
extern u32 handle;		/* of the devicetree's parcel */
extern u64 parcel;		/* that parcel */
extern u64 vcpu[2], space, extent[4];	/* capabilities */

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
u32 lend(u32 label, u64 base, u64 size);
void reclaim(u32 parcel_handle);
void make_vm(void);
void end_vm(void);
void set_boot(u8 set, u8 index, u64 value);
u64 donate(u64 type, u32 from, u32 to, u64 offset, u64 size);
u64 map(u32 ext, u64 ipa, u64 attr, u64 flags, u64 offset, u64 size);
u64 unmap(u32 ext, u64 ipa, u64 flags, u64 offset, u64 size);
u64 map_private(u64 ipa, u64 size, u64 rights);
void provide(u64 ipa, u64 size, u64 rights);

/* calls.c */
void check_calls(void);

#endif /* GUNYAH_TEST_HOST_PAGING_H */
