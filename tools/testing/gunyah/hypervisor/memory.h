/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor: address spaces, and the owners of memory
 */
#ifndef GUNYAH_TEST_MEMORY_H
#define GUNYAH_TEST_MEMORY_H

#include "base.h"

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

/*
 * s2.c: ranges are multiples of a page. Changes that take access away need
 * s2_sync() to be effective; it covers all address spaces.
 */
int s2_init(struct s2 *s2, u16 vmid, u8 ipa_bits);
void s2_destroy(struct s2 *s2);
int s2_map(struct s2 *s2, u64 ipa, u64 pa, u64 size, u8 rights, bool device);
void s2_map_block(struct s2 *s2, u64 ipa, bool device);
int s2_unmap(struct s2 *s2, u64 ipa, u64 size);
int s2_map_blocks(struct s2 *s2, u64 ipa, u64 pa, u64 size, u8 rights);
int s2_unmap_blocks(struct s2 *s2, u64 ipa, u64 size);
void s2_sync(void);
bool s2_lookup(struct s2 *s2, u64 ipa, u64 *pa, u8 *rights);

/* mem.c */
void mem_init(void);
bool mem_is_ram(u64 pa, u64 size);
bool mem_is_hosts(u64 pa, u64 size);
int mem_host_map(u64 ipa, u64 size, u8 rights);
int mem_take(u16 owner, u64 ipa, u64 size, enum rm_mem_kind kind,
	     u8 owner_rights);
void mem_give_back(u16 owner, u64 ipa, u64 size, bool sanitize);
int mem_map(u16 vmid, u64 to_ipa, u16 owner, u64 ipa, u64 size, u8 rights);
void mem_unmap(u16 vmid, u64 to_ipa, u64 size);
int mem_donate(u64 pa, u64 size, bool private);
void mem_donate_back(u64 pa, u64 size);
u64 mem_contiguous(u16 owner, u64 ipa, u64 size);
int mem_read(u16 vmid, u64 ipa, void *buf, size_t size);
int mem_write(u16 vmid, u64 ipa, const void *buf, size_t size);
int copy_from_va(void *dst, u64 va, size_t size);
int copy_to_va(u64 va, const void *src, size_t size);

#endif /* GUNYAH_TEST_MEMORY_H */
