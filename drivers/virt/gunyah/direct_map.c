// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's linear map of memory that is lent
 *
 * An access to memory that the firmware has taken from the host is an abort that
 * the kernel does not survive, so that memory must not be mapped anywhere. This
 * file is built into the kernel even if the driver is a module, because what it
 * needs is not exported: it is the least that a module can do with, and is for
 * this driver alone.
 */

#include <linux/cacheflush.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/set_memory.h>
#include <linux/vmalloc.h>

#include <asm/tlbflush.h>

#include "direct_map.h"

static int direct_map_set_pte(pte_t *ptep, unsigned long addr, void *valid)
{
	pte_t pte = __ptep_get(ptep);

	if (valid)
		pte = set_pte_bit(pte, __pgprot(PTE_VALID));
	else
		pte = clear_pte_bit(pte, __pgprot(PTE_VALID));
	__set_pte(ptep, pte);
	return 0;
}

/**
 * gunyah_direct_map_can_hide() - whether single pages can be hidden
 *
 * The linear map consists of pages only if the kernel was booted for that, which
 * is the default (rodata=full).
 *
 * Context: Any.
 * Return: true if gunyah_direct_map_set() can be used.
 */
bool gunyah_direct_map_can_hide(void)
{
	return can_set_direct_map();
}
EXPORT_SYMBOL_NS_GPL(gunyah_direct_map_can_hide, GUNYAH);

/**
 * gunyah_direct_map_set() - map pages in the linear map, or hide them
 * @page: first page
 * @count: number of pages
 * @valid: map them; they were hidden before
 *
 * Pages that were hidden can still be in a TLB until gunyah_direct_map_flush().
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EOPNOTSUPP: the linear map has larger blocks than pages.
 */
int gunyah_direct_map_set(struct page *page, unsigned long count, bool valid)
{
	if (!can_set_direct_map())
		return -EOPNOTSUPP;
	return apply_to_page_range(&init_mm, (unsigned long)page_address(page),
				   count << PAGE_SHIFT, direct_map_set_pte,
				   valid ? page : NULL);
}
EXPORT_SYMBOL_NS_GPL(gunyah_direct_map_set, GUNYAH);

/**
 * gunyah_direct_map_clean() - write caches back to memory, and empty them
 * @page: first page, which is in the linear map
 * @count: number of pages
 *
 * For a VM that reads its memory before it has turned its caches on.
 *
 * Context: Any.
 */
void gunyah_direct_map_clean(struct page *page, unsigned long count)
{
	unsigned long addr = (unsigned long)page_address(page);

	dcache_clean_inval_poc(addr, addr + (count << PAGE_SHIFT));
}
EXPORT_SYMBOL_NS_GPL(gunyah_direct_map_clean, GUNYAH);

/**
 * gunyah_direct_map_flush() - complete gunyah_direct_map_set()
 *
 * Afterwards no CPU can reach pages that were hidden, neither by the linear map
 * nor by a mapping of vmalloc() that was not removed yet.
 *
 * Context: Process context, may sleep.
 */
void gunyah_direct_map_flush(void)
{
	vm_unmap_aliases();
	flush_tlb_all();
}
EXPORT_SYMBOL_NS_GPL(gunyah_direct_map_flush, GUNYAH);
