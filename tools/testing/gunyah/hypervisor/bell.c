// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells
 */
#include "hyp.h"

/**
 * struct bell - a doorbell
 * @src: interrupt of the receiver
 * @flags: set by the sender, cleared by the receiver
 * @enable: flags that make the interrupt asserted
 * @ack: flags that its assertion clears
 */
struct bell {
	struct irq_source src;
	u64 flags;
	u64 enable;
	u64 ack;
};

static bool bell_asserted(struct irq_source *src)
{
	struct bell *b = container_of(src, struct bell, src);

	return b->flags & b->enable;
}

/** bell_create() - Return: a new doorbell, or NULL */
struct bell *bell_create(void)
{
	struct bell *b = alloc(sizeof(*b));

	if (!b)
		return NULL;
	b->src.asserted = bell_asserted;
	b->enable = ~0UL;
	return b;
}

/**
 * bell_destroy() - end of a doorbell
 * @b: doorbell without capabilities
 */
void bell_destroy(struct bell *b)
{
	virq_unbind(&b->src);
	free(b, sizeof(*b));
}

struct irq_source *bell_source(struct bell *b)
{
	return &b->src;
}

/**
 * bell_send() - ring it
 * @b: doorbell
 * @flags: to set
 *
 * Every send asserts the interrupt, even if all @flags are set already. If no
 * enabled flag is set, this affects only an interrupt that is edge triggered.
 *
 * Return: flags before.
 */
u64 bell_send(struct bell *b, u64 flags)
{
	u64 old = b->flags;
	bool level;

	b->flags |= flags;
	level = b->flags & b->enable;
	virq_assert(&b->src, !level);
	if (level)
		b->flags &= ~b->ack;
	return old;
}

/**
 * bell_receive() - clear flags
 * @b: doorbell
 * @flags: to clear
 *
 * Return: flags before.
 */
u64 bell_receive(struct bell *b, u64 flags)
{
	u64 old = b->flags;

	b->flags &= ~flags;
	return old;
}

/**
 * bell_reset() - back to the state of a new one
 * @b: doorbell
 */
void bell_reset(struct bell *b)
{
	b->flags = 0;
	b->ack = 0;
	b->enable = ~0UL;
	virq_clear(&b->src);
}

/**
 * bell_mask() - set the masks
 * @b: doorbell
 * @enable: flags that assert the interrupt
 * @ack: flags that the assertion clears
 */
void bell_mask(struct bell *b, u64 enable, u64 ack)
{
	bool was = b->flags & b->enable, now = b->flags & enable;

	b->enable = enable;
	b->ack = ack;
	if (was && !now)
		virq_clear(&b->src);
	else if (now && !was)
		virq_assert(&b->src, false);
	if (now)
		b->flags &= ~ack;
}
