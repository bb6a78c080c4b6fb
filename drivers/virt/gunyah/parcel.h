/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory parcels: what is lent to or shared with a VM, and reclaimed, as a whole
 */

#ifndef _GUNYAH_PARCEL_H
#define _GUNYAH_PARCEL_H

#include <linux/list.h>
#include <linux/types.h>

#include "rm_call.h"
#include "runs.h"

struct gunyah_mem_region;
struct gunyah_platform_ops;
struct gunyah_vm;
struct gunyah_vm_call;

/**
 * struct gunyah_parcel - one or more regions that the firmware gets as one
 * @list: in gunyah_vm.parcels
 * @regions: list of struct gunyah_mem_region, adjacent and with equal flags, in
 *	the order of their guest addresses
 * @label: label of the first of them
 * @flags: GH_MEM_...
 * @gpa: guest physical address
 * @size: size in bytes
 * @runs: its memory: @blocks, or the pinned pages of the only region
 * @blocks: lent memory: that of its regions
 * @hidden: @blocks are hidden from the kernel of the host
 * @entries: memory entries that are counted in gunyah_host.mem_entries
 * @rm: what the resource manager knows of it
 * @platform: the platform whose firmware has to be told, with a reference, or NULL
 * @assigned: how many of the first runs that firmware has assigned to those in
 *	the ACL of @rm
 *
 * Lives from the start on, or from when memory is added to a VM that runs.
 */
struct gunyah_parcel {
	struct list_head list;
	struct list_head regions;
	u32 label;
	u32 flags;
	u64 gpa;
	u64 size;
	const struct gunyah_mem_runs *runs;
	struct gunyah_mem_runs blocks;
	bool hidden;
	u64 entries;
	struct gunyah_rm_mem_parcel rm;
	const struct gunyah_platform_ops *platform;
	u64 assigned;
};

/**
 * gunyah_parcel_is_ours() - whether no firmware has the memory of a parcel
 * @parcel: the parcel
 *
 * Context: Process context or worker.
 * Return: true if it can be used.
 */
static inline bool gunyah_parcel_is_ours(const struct gunyah_parcel *parcel)
{
	return parcel->rm.state == GUNYAH_RM_MEM_OURS && !parcel->assigned;
}

struct gunyah_parcel *gunyah_parcel_new(struct gunyah_mem_region *region);
void gunyah_parcel_extend(struct gunyah_parcel *parcel,
			  struct gunyah_mem_region *region);
int gunyah_parcel_reserve(struct gunyah_vm *vm, struct gunyah_parcel *parcel);
void gunyah_parcel_free(struct gunyah_vm *vm, struct gunyah_parcel *parcel);

int gunyah_parcel_send(struct gunyah_vm *vm, struct gunyah_parcel *parcel);
int gunyah_parcels_send(struct gunyah_vm *vm, struct gunyah_vm_call *call);
int gunyah_parcel_reclaim(struct gunyah_vm *vm, struct gunyah_parcel *parcel);
int gunyah_parcels_reclaim(struct gunyah_vm *vm);
void gunyah_parcels_abandon(struct gunyah_vm *vm);
bool gunyah_parcels_lost(struct gunyah_vm *vm);

#endif /* _GUNYAH_PARCEL_H */
