// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory allocator
 *
 * Pages come from a buddy allocator. Smaller objects come from pages that are cut
 * into pieces of one size, a power of two. Such a page keeps that size for ever.
 */
#include "hyp.h"

#define MAX_ORDER	14
#define MIN_SMALL	5	/* 32 bytes */
#define MAX_PAGES	(HYP_SIZE / PAGE_SIZE)
#define ORDER_NONE	0xff

struct node {
	struct node *next;
	struct node **pprev;
};

static struct node *free_blocks[MAX_ORDER + 1];
static struct node *free_small[PAGE_SHIFT];
/* By page: order of the free block that begins there, or ORDER_NONE */
static u8 free_order[MAX_PAGES];

static struct node *block_at(u32 page)
{
	return (struct node *)(HYP_BASE + page * PAGE_SIZE);
}

static u32 page_of(const void *p)
{
	return ((u64)p - HYP_BASE) >> PAGE_SHIFT;
}

static void block_insert(u32 page, u32 order)
{
	struct node *n = block_at(page);

	n->next = free_blocks[order];
	n->pprev = &free_blocks[order];
	if (n->next)
		n->next->pprev = &n->next;
	free_blocks[order] = n;
	free_order[page] = order;
}

static void block_remove(u32 page)
{
	struct node *n = block_at(page);

	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	free_order[page] = ORDER_NONE;
}

static void *block_alloc(u32 order)
{
	u32 o, page;

	for (o = order; o <= MAX_ORDER && !free_blocks[o]; o++)
		;
	if (o > MAX_ORDER)
		return NULL;
	page = page_of(free_blocks[o]);
	block_remove(page);
	while (o > order) {
		o--;
		block_insert(page + (1U << o), o);
	}
	return block_at(page);
}

static void block_free(u32 page, u32 order)
{
	if (free_order[page] != ORDER_NONE)
		panic("free: page %u is free already", page);
	for (; order < MAX_ORDER; order++) {
		u32 buddy = page ^ (1U << order);

		if (buddy >= MAX_PAGES || free_order[buddy] != order)
			break;
		block_remove(buddy);
		page &= ~(1U << order);
	}
	block_insert(page, order);
}

/* An object takes 1 << shift bytes */
static u32 shift_of(size_t size)
{
	return size <= BIT(MIN_SMALL) ? MIN_SMALL :
					64 - __builtin_clzl(size - 1);
}

/**
 * alloc_init() - give the allocator its memory
 * @start: page aligned
 * @end: at most HYP_BASE + HYP_SIZE
 */
void alloc_init(u64 start, u64 end)
{
	u32 page, last = page_of((void *)end);

	memset(free_order, ORDER_NONE, sizeof(free_order));
	for (page = page_of((void *)start); page < last; page++)
		block_free(page, 0);
}

/**
 * alloc() - get memory
 * @size: bytes
 *
 * Return: zeroed memory, aligned to its size rounded up to a power of two, or
 * NULL.
 */
void *alloc(size_t size)
{
	u32 shift = shift_of(size);
	struct node *n;
	u64 offset;

	if (shift > PAGE_SHIFT + MAX_ORDER)
		return NULL;
	if (shift >= PAGE_SHIFT) {
		n = block_alloc(shift - PAGE_SHIFT);
	} else {
		if (!free_small[shift]) {
			u8 *page = block_alloc(0);

			if (!page)
				return NULL;
			for (offset = 0; offset < PAGE_SIZE; offset += BIT(shift)) {
				n = (struct node *)(page + offset);
				n->next = free_small[shift];
				free_small[shift] = n;
			}
		}
		n = free_small[shift];
		free_small[shift] = n->next;
	}
	return n ? memset(n, 0, size) : NULL;
}

/**
 * free() - free memory
 * @ptr: from alloc(), or NULL
 * @size: the same size
 */
void free(void *ptr, size_t size)
{
	u32 shift = shift_of(size);
	struct node *n = ptr;

	if (!ptr)
		return;
	if ((u64)ptr < HYP_BASE || (u64)ptr >= HYP_BASE + HYP_SIZE ||
	    (u64)ptr & (BIT(shift) - 1))
		panic("%s: bad pointer %p", __func__, ptr);
	if (shift >= PAGE_SHIFT) {
		block_free(page_of(ptr), shift - PAGE_SHIFT);
	} else {
		n->next = free_small[shift];
		free_small[shift] = n;
	}
}
