// SPDX-License-Identifier: GPL-2.0-only
/*
 * The info area: a page of the hypervisor's that the host can read
 */
#include "gunyah_testctl.h"
#include "hyp.h"
#include "info_area.h"

/* What is there: entries of others, which the host has to skip, and its own */
enum {
	DESC_OTHER,
	DESC_CHANNEL,
	DESC_LAST,
	DESC_END,
	NR_DESCS,
};

#define CHANNEL_OFFSET	0x100
#define OTHER_OFFSET	0x200
#define LAST_OFFSET	(PAGE_SIZE - 8)

/* An interrupt of the host's own: the UART's */
#define UART_VIRQ	33

/* An extended SPI, which the GIC of this machine does not have */
#define EXTENDED_VIRQ	4096

static u8 *area;
static u64 area_ipa, area_size;

static struct info_desc *desc_at(u32 i)
{
	return &((struct info_desc *)area)[i];
}

static struct info_rm_channel *channel(void)
{
	return (struct info_rm_channel *)(area + CHANNEL_OFFSET);
}

static void fill(void)
{
	struct rm_endpoint tx = rm_glue_host_tx(), rx = rm_glue_host_rx();

	memset(area, 0, PAGE_SIZE);
	area_ipa = GH_INFO_AREA_BASE;
	area_size = PAGE_SIZE;
	*desc_at(DESC_OTHER) = (struct info_desc){
		INFO_OWNER_HYP, INFO_RM_CHANNEL, OTHER_OFFSET, 24,
	};
	*desc_at(DESC_CHANNEL) = (struct info_desc){
		INFO_OWNER_RM, INFO_RM_CHANNEL, CHANNEL_OFFSET,
		sizeof(struct info_rm_channel),
	};
	/* Ends where the area ends */
	*desc_at(DESC_LAST) = (struct info_desc){
		INFO_OWNER_RM, INFO_RM_CHANNEL + 1, LAST_OFFSET, 8,
	};
	*channel() = (struct info_rm_channel){
		.tx_cap = tx.cap,
		.rx_cap = rx.cap,
		.tx_virq = tx.virq,
		.rx_virq = rx.virq,
		.tx_depth = RM_QUEUE_DEPTH,
		.tx_size = RM_MSG_SIZE,
		.rx_depth = RM_QUEUE_DEPTH,
		.rx_size = RM_MSG_SIZE,
	};
}

static void spoil_range(u32 fault)
{
	switch (fault) {
	case GH_INFO_FAULT_EMPTY:
		area_size = 0;
		break;
	case GH_INFO_FAULT_UNALIGNED:
		area_ipa += 8;
		break;
	case GH_INFO_FAULT_PART_OF_PAGE:
		area_size -= 8;
		break;
	case GH_INFO_FAULT_WRAPS:
		area_ipa = ~0UL & PAGE_MASK;
		area_size = 2 * PAGE_SIZE;
		break;
	case GH_INFO_FAULT_BEYOND:
		area_ipa = BIT(60);
		break;
	case GH_INFO_FAULT_IN_RAM:
		area_ipa = hyp.ram_end - PAGE_SIZE;
		break;
	case GH_INFO_FAULT_HUGE:
		area_size = BIT(30);
		break;
	}
}

static void spoil_table(u32 fault)
{
	struct info_desc *desc = desc_at(DESC_CHANNEL);

	switch (fault) {
	case GH_INFO_FAULT_NO_ENTRY:
		desc->owner = INFO_OWNER_QCOM;
		break;
	case GH_INFO_FAULT_TWICE:
		desc_at(DESC_LAST)->id = INFO_RM_CHANNEL;
		break;
	case GH_INFO_FAULT_NO_END:
		for (u32 i = DESC_END; i < PAGE_SIZE / sizeof(*desc); i++)
			*desc_at(i) = *desc_at(DESC_OTHER);
		break;
	case GH_INFO_FAULT_BAD_END:
		desc_at(DESC_END)->size = 8;
		break;
	case GH_INFO_FAULT_OFFSET:
		desc->offset = PAGE_SIZE;
		break;
	case GH_INFO_FAULT_OFFSET_WRAPS:
		desc->offset = ~7U;
		break;
	case GH_INFO_FAULT_OFFSET_UNALIGNED:
		desc->offset += 4;
		break;
	case GH_INFO_FAULT_OFFSET_IN_TABLE:
		desc->offset = sizeof(*desc) * DESC_LAST;
		break;
	case GH_INFO_FAULT_SIZE:
		desc_at(DESC_LAST)->size = 16;
		break;
	case GH_INFO_FAULT_ENTRY_SHORT:
		desc->size -= 8;
		break;
	case GH_INFO_FAULT_ENTRY_LONG:
		desc->size += 8;
		break;
	}
}

static void spoil_channel(u32 fault)
{
	struct info_rm_channel *ch = channel();

	switch (fault) {
	case GH_INFO_FAULT_NO_CAP:
		ch->rx_cap = RM_CAP_NONE;
		break;
	case GH_INFO_FAULT_ONE_CAP:
		ch->rx_cap = ch->tx_cap;
		break;
	case GH_INFO_FAULT_VIRQ_0:
		ch->tx_virq = 0;
		break;
	case GH_INFO_FAULT_VIRQ_RANGE:
		ch->rx_virq = EXTENDED_VIRQ;
		break;
	case GH_INFO_FAULT_ONE_VIRQ:
		ch->rx_virq = ch->tx_virq;
		break;
	case GH_INFO_FAULT_VIRQ_IN_USE:
		ch->tx_virq = UART_VIRQ;
		break;
	case GH_INFO_FAULT_DEPTH:
		ch->tx_depth = 0;
		break;
	case GH_INFO_FAULT_TX_SIZE:
		ch->tx_size = RM_MSG_SIZE - 1;
		break;
	case GH_INFO_FAULT_RX_SIZE:
		ch->rx_size = RM_MSG_SIZE - 1;
		break;
	}
}

/**
 * info_set_fault() - make the area anew, with something wrong
 * @fault: GH_INFO_FAULT_*, or 0
 */
void info_set_fault(u32 fault)
{
	hyp.info_fault = fault;
	if (!area)
		return;
	fill();
	spoil_range(fault);
	spoil_table(fault);
	spoil_channel(fault);
}

/** info_init() - make the area; the host's queues must exist */
void info_init(void)
{
	if (hyp.info_fault >= GH_INFO_FAULTS)
		panic("gunyah_hyp.info_fault=%u: there is no such fault",
		      hyp.info_fault);
	if (hyp.generation < GENERATION_2024)
		return;
	area = alloc(PAGE_SIZE);
	if (!area || s2_map(&hyp.host.s2, GH_INFO_AREA_BASE, (u64)area,
			    PAGE_SIZE, RM_RIGHT_R, false))
		panic("no memory for the info area");
	s2_sync();
	info_set_fault(hyp.info_fault);
}

/**
 * info_find() - where the host finds its area
 * @ipa: set to its address
 * @size: set to its size
 *
 * Return: GH_OK, or GH_UNIMPLEMENTED with nothing set.
 */
int info_find(u64 *ipa, u64 *size)
{
	if (!area)
		return GH_UNIMPLEMENTED;
	*ipa = area_ipa;
	*size = area_size;
	return GH_OK;
}
