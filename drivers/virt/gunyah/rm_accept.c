// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager's messages to and from a VM that accepts memory
 *
 * The other side, which lends or shares it, is in rm_call.c.
 */

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "rm_call.h"
#include "rm_wire.h"

/* The resource manager's page size, whatever ours is */
#define RM_PAGE_SIZE		4096

/* Size of an entry of a list of attributes */
#define RM_ATTRIBUTE_SIZE	4

static int rm_accept(struct gunyah_rm_client *client,
		     const struct gunyah_rm_mem_offer *offer,
		     const struct gunyah_rm_mem_wire *place,
		     struct gunyah_rm_mem_accept_resp *resp)
{
	u8 buf[sizeof(struct gunyah_rm_mem_accept_req) +
	       3 * sizeof(struct gunyah_rm_list_hdr) +
	       GUNYAH_RM_OFFER_MAX_ACL * sizeof(struct gunyah_rm_acl_wire) +
	       sizeof(struct gunyah_rm_mem_wire)] __aligned(8);
	struct gunyah_rm_mem_accept_req *req = (void *)buf;
	struct gunyah_rm_msg msg = {
		.msg_id = GUNYAH_RM_MEM_ACCEPT_ID,
		.req = buf,
		.buf = resp,
		.buf_len = resp ? sizeof(*resp) : 0,
	};
	struct gunyah_rm_acl_wire *acl;
	struct gunyah_rm_mem_wire *range;
	unsigned int i;

	*req = (struct gunyah_rm_mem_accept_req) {
		.handle = cpu_to_le32(offer->handle),
		.type = GUNYAH_RM_MEM_TYPE_NORMAL,
		.transaction = offer->kind == GUNYAH_RM_MEM_LEND ?
			       GUNYAH_RM_MEM_TRANSACTION_LEND :
			       GUNYAH_RM_MEM_TRANSACTION_SHARE,
		.flags = GUNYAH_RM_MEM_ACCEPT_CHECK_ACL |
			 GUNYAH_RM_MEM_ACCEPT_CHECK_LABEL |
			 GUNYAH_RM_MEM_ACCEPT_CONTIGUOUS |
			 GUNYAH_RM_MEM_ACCEPT_DONE,
		.label = cpu_to_le32(offer->label),
	};
	acl = gunyah_rm_put_list(req + 1, offer->n_acl);
	for (i = 0; i < offer->n_acl; i++, acl++)
		*acl = (struct gunyah_rm_acl_wire) {
			.vmid = cpu_to_le16(offer->acl[i].vmid),
			.perms = offer->acl[i].perms,
		};
	range = gunyah_rm_put_list(acl, place ? 1 : 0);
	if (place)
		*range++ = *place;
	msg.req_len = gunyah_rm_put_list(range, 0) - (void *)buf;

	return gunyah_rm_client_send(client, &msg);
}

/**
 * gunyah_rm_mem_accept() - accept memory where the resource manager maps it
 * @client: who calls the resource manager
 * @offer: the memory, from gunyah_rm_parse_mem_shared()
 * @addr: set to its address
 * @size: set to its size in bytes
 *
 * The mapping is contiguous. The resource manager compares label and ACL, because
 * it may have given the handle to another parcel meanwhile.
 *
 * Context: Process context. May sleep.
 * Return: 0; -EIO (the reply is no good: the memory may be accepted, and is to be
 * released) or another negative errno.
 */
int gunyah_rm_mem_accept(struct gunyah_rm_client *client,
			 const struct gunyah_rm_mem_offer *offer, u64 *addr,
			 u64 *size)
{
	struct gunyah_rm_mem_accept_resp resp;
	u64 end;
	int ret;

	ret = rm_accept(client, offer, NULL, &resp);
	if (ret)
		return ret;
	*addr = le64_to_cpu(resp.range.addr);
	*size = le64_to_cpu(resp.range.size);
	if (le16_to_cpu(resp.count) != 1 || resp.flags || *size < offer->size ||
	    (*addr | *size) % RM_PAGE_SIZE ||
	    check_add_overflow(*addr, *size, &end))
		return -EIO;
	return 0;
}

/**
 * gunyah_rm_mem_accept_at() - accept memory at an address
 * @client: who calls the resource manager
 * @offer: the memory, from gunyah_rm_parse_mem_shared()
 * @addr: where to map it
 *
 * Otherwise like gunyah_rm_mem_accept().
 *
 * Context: Process context. May sleep.
 * Return: 0; -ENODEV (something else is there) or another negative errno.
 */
int gunyah_rm_mem_accept_at(struct gunyah_rm_client *client,
			    const struct gunyah_rm_mem_offer *offer, u64 addr)
{
	struct gunyah_rm_mem_wire place = {
		.addr = cpu_to_le64(addr),
		.size = cpu_to_le64(offer->size),
	};

	return rm_accept(client, offer, &place, NULL);
}

/**
 * gunyah_rm_mem_release() - release memory that was accepted
 * @client: who calls the resource manager
 * @handle: the parcel
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_mem_release(struct gunyah_rm_client *client, u32 handle)
{
	struct gunyah_rm_mem_handle_req req = { .handle = cpu_to_le32(handle) };
	struct gunyah_rm_msg msg = {
		.msg_id = GUNYAH_RM_MEM_RELEASE_ID,
		.req = &req,
		.req_len = sizeof(req),
	};

	return gunyah_rm_client_send(client, &msg);
}

/**
 * gunyah_rm_mem_notify_owner() - tell the owner what became of its memory
 * @client: who calls the resource manager
 * @offer: the memory
 * @accepted: it was accepted; otherwise it was released, or refused
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_rm_mem_notify_owner(struct gunyah_rm_client *client,
			       const struct gunyah_rm_mem_offer *offer,
			       bool accepted)
{
	struct gunyah_rm_mem_notify_owner_req req = {
		.handle = cpu_to_le32(offer->handle),
		.flags = accepted ? GUNYAH_RM_MEM_NOTIFY_ACCEPTED :
				    GUNYAH_RM_MEM_NOTIFY_RELEASED,
		.tag = cpu_to_le32(offer->tag),
	};
	struct gunyah_rm_msg msg = {
		.msg_id = GUNYAH_RM_MEM_NOTIFY_ID,
		.req = &req,
		.req_len = sizeof(req),
	};

	return gunyah_rm_client_send(client, &msg);
}

/*
 * The notification
 */

/**
 * struct rm_reader - what is left of a message
 * @pos: the next byte, of any alignment
 * @left: number of bytes
 */
struct rm_reader {
	const u8 *pos;
	size_t left;
};

/* Get a list. Returns its first entry, or NULL if it is cut short. */
static const u8 *rm_get_list(struct rm_reader *reader, size_t entry_size,
			     unsigned int *count)
{
	const u8 *entries = reader->pos + sizeof(struct gunyah_rm_list_hdr);
	size_t len;

	if (reader->left < sizeof(struct gunyah_rm_list_hdr))
		return NULL;
	*count = get_unaligned_le16(reader->pos);
	len = sizeof(struct gunyah_rm_list_hdr) + *count * entry_size;
	if (len > reader->left)
		return NULL;
	reader->pos += len;
	reader->left -= len;
	return entries;
}

static int rm_parse_acl(struct rm_reader *reader,
			struct gunyah_rm_mem_offer *offer)
{
	const size_t entry = sizeof(struct gunyah_rm_acl_wire);
	const u8 *acl = rm_get_list(reader, entry, &offer->n_acl);
	unsigned int i;

	if (!acl)
		return -EINVAL;
	if (offer->n_acl > ARRAY_SIZE(offer->acl))
		return -EOPNOTSUPP;
	for (i = 0; i < offer->n_acl; i++, acl += entry) {
		offer->acl[i].vmid = get_unaligned_le16(acl);
		offer->acl[i].perms = acl[2];
	}
	return 0;
}

static int rm_parse_sizes(struct rm_reader *reader,
			  struct gunyah_rm_mem_offer *offer)
{
	unsigned int i, count;
	const u8 *sizes = rm_get_list(reader, sizeof(__le64), &count);
	u64 size;

	if (!sizes || !count)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		size = get_unaligned_le64(sizes + i * sizeof(__le64));
		if (!size || size % RM_PAGE_SIZE ||
		    check_add_overflow(offer->size, size, &offer->size))
			return -EINVAL;
	}
	return 0;
}

/**
 * gunyah_rm_parse_mem_shared() - decode GUNYAH_RM_NOTIFY_MEM_SHARED
 * @buf: payload of the notification, of any alignment
 * @len: its size in bytes
 * @offer: filled in, also with -EOPNOTSUPP as far as @offer->label
 *
 * Context: Any.
 * Return: 0; -EINVAL (invalid payload) or -EOPNOTSUPP (device memory, memory that
 * is given away for good, memory with attributes or with many acceptors).
 */
int gunyah_rm_parse_mem_shared(const void *buf, size_t len,
			       struct gunyah_rm_mem_offer *offer)
{
	struct gunyah_rm_mem_shared_wire wire;
	struct rm_reader reader;
	unsigned int attributes;
	int ret;

	if (len < sizeof(wire))
		return -EINVAL;
	memcpy(&wire, buf, sizeof(wire));
	reader = (struct rm_reader) { buf + sizeof(wire), len - sizeof(wire) };
	*offer = (struct gunyah_rm_mem_offer) {
		.handle = le32_to_cpu(wire.handle),
		.kind = wire.transaction == GUNYAH_RM_MEM_TRANSACTION_LEND ?
			GUNYAH_RM_MEM_LEND : GUNYAH_RM_MEM_SHARE,
		.owner = le16_to_cpu(wire.owner),
		.label = le32_to_cpu(wire.label),
		.tag = le32_to_cpu(wire.tag),
	};
	ret = rm_parse_acl(&reader, offer);
	if (ret)
		return ret;
	ret = rm_parse_sizes(&reader, offer);
	if (ret)
		return ret;
	if (!rm_get_list(&reader, RM_ATTRIBUTE_SIZE, &attributes))
		return -EINVAL;
	if (wire.type != GUNYAH_RM_MEM_TYPE_NORMAL || attributes ||
	    (wire.transaction != GUNYAH_RM_MEM_TRANSACTION_LEND &&
	     wire.transaction != GUNYAH_RM_MEM_TRANSACTION_SHARE))
		return -EOPNOTSUPP;
	return 0;
}
