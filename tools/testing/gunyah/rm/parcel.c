// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory parcels: lists of memory entries with an owner and an ACL.
 *
 * Entries are kept in chunks of the size of the message that brought them, so
 * a message costs what its own entries cost, and no allocation is large.
 */
#include "rm_core.h"

/**
 * parcel_find() - find a parcel
 * @rm: resource manager
 * @handle: handle
 *
 * Return: parcel; NULL: there is none with that handle
 */
struct rm_parcel *parcel_find(struct rm *rm, uint32_t handle)
{
	struct rm_parcel *p;

	for (p = rm->parcels; p; p = p->next)
		if (p->handle == handle && !p->gone)
			return p;
	return NULL;
}

static size_t chunk_size(uint32_t capacity)
{
	return sizeof(struct rm_chunk) +
	       (size_t)capacity * sizeof(struct rm_entry);
}

static void free_chunks(struct rm *rm, struct rm_chunk *c)
{
	while (c) {
		struct rm_chunk *next = c->next;

		rm_free(rm, c, chunk_size(c->capacity));
		c = next;
	}
}

/**
 * parcel_new() - make a parcel without entries, in no list
 * @rm: resource manager
 * @nacl: size of its ACL
 * @nattr: number of its attributes
 *
 * Return: parcel; NULL: no memory
 */
struct rm_parcel *parcel_new(struct rm *rm, uint32_t nacl, uint32_t nattr)
{
	struct rm_parcel *p = rm_alloc(rm, sizeof(*p));

	if (!p)
		return NULL;
	p->nacl = nacl;
	p->nattr = nattr;
	p->acl = rm_alloc(rm, nacl * sizeof(*p->acl));
	if (nattr)
		p->attr = rm_alloc(rm, nattr * sizeof(*p->attr));
	if (!p->acl || (nattr && !p->attr)) {
		parcel_free(rm, p);
		return NULL;
	}
	return p;
}

/**
 * parcel_free() - free a parcel that is in no list and whose memory is given back
 * @rm: resource manager
 * @p: parcel
 */
void parcel_free(struct rm *rm, struct rm_parcel *p)
{
	free_chunks(rm, p->first);
	rm_free(rm, p->acl, p->nacl * sizeof(*p->acl));
	rm_free(rm, p->attr, p->nattr * sizeof(*p->attr));
	rm_free(rm, p, sizeof(*p));
}

/**
 * parcel_link() - give a parcel a handle and put it at the end of the list
 * @rm: resource manager
 * @p: parcel
 */
void parcel_link(struct rm *rm, struct rm_parcel *p)
{
	do {
		p->handle = ++rm->last_handle;
	} while (!p->handle || parcel_find(rm, p->handle));
	p->next = NULL;
	*rm->parcels_tail = p;
	rm->parcels_tail = &p->next;
	rm->stats.parcels++;
}

/**
 * parcel_unlink() - take a parcel out of the list
 * @rm: resource manager
 * @p: parcel
 */
void parcel_unlink(struct rm *rm, struct rm_parcel *p)
{
	struct rm_parcel **at = &rm->parcels;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (rm->parcels_tail == &p->next)
		rm->parcels_tail = at;
	if (!p->gone)
		rm->stats.parcels--;
}

static bool add_entry(struct rm *rm, struct rm_parcel *p, uint64_t ipa,
		      uint64_t size, uint32_t more)
{
	struct rm_chunk *c = p->last;

	if (rm->config.max_entries &&
	    rm->stats.entries >= rm->config.max_entries) {
		rm_die(rm, "out of heap: too many memory entries");
		return false;
	}
	if (!c || c->count == c->capacity) {
		if (more > RM_LIST_MAX)
			more = RM_LIST_MAX;
		c = rm_alloc(rm, chunk_size(more));
		if (!c)
			return false;
		c->capacity = more;
		if (p->last)
			p->last->next = c;
		else
			p->first = c;
		p->last = c;
	}
	c->entry[c->count].ipa = ipa;
	c->entry[c->count].size = size;
	c->count++;
	p->entries++;
	p->size += size;
	rm->stats.entries++;
	return true;
}

/**
 * struct mark - where a parcel ended, to go back to it
 * @chunk: its last chunk; NULL: it was empty
 * @count: entries in that
 */
struct mark {
	struct rm_chunk *chunk;
	uint32_t count;
};

static void roll_back(struct rm *rm, struct rm_parcel *p,
		      const struct mark *mark)
{
	struct rm_chunk *c = mark->chunk ? mark->chunk : p->first;
	uint32_t i = mark->chunk ? mark->count : 0;

	for (; c; c = c->next, i = 0) {
		for (; i < c->count; i++) {
			rm->ops->mem_give_back(rm->ctx, p->owner,
					       c->entry[i].ipa,
					       c->entry[i].size, false);
			p->entries--;
			p->size -= c->entry[i].size;
			rm->stats.entries--;
		}
	}
	p->last = mark->chunk;
	if (mark->chunk) {
		free_chunks(rm, mark->chunk->next);
		mark->chunk->next = NULL;
		mark->chunk->count = mark->count;
	} else {
		free_chunks(rm, p->first);
		p->first = NULL;
	}
}

static uint32_t take_error(struct rm *rm, const struct rm_parcel *p, int err)
{
	switch (err) {
	case RM_HYP_OK:
		return RM_OK;
	case RM_HYP_NOMEM:
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	case RM_HYP_NOT_OWNER:
		return rm_refuse(rm, RM_ERR_MEM,
				 "memory that the caller has not, or not any more");
	default:
		/* Taking the memory worked, mapping it for its owner again failed */
		return rm_refuse(rm, p->kind == RM_MEM_SHARE ? RM_ERR_MAP :
							       RM_ERR_MEM,
				 "the hypervisor does not take the memory");
	}
}

/* Checks that need nothing but the numbers */
static uint32_t check_region(struct rm *rm, uint64_t ipa, uint64_t size)
{
	if (!rm_page_aligned(ipa) || !rm_page_aligned(size) ||
	    ipa >= RM_PARCEL_ADDR_END || size >= RM_PARCEL_ADDR_END)
		return rm_refuse(rm, RM_ERR_ARG,
				 "region is not of pages, or too high");
	if (!size)
		return rm_refuse(rm, RM_ERR_MEM, "empty region");
	if (rm->config.debug && ipa >= RM_IPA_END) {
		rm_panic(rm, "page table walk far beyond the end of memory");
		return RM_ERR_MEM;
	}
	return RM_OK;
}

/* The ACL for the platform; NULL: no memory */
static struct rm_grant *copy_acl(struct rm *rm, const struct rm_parcel *p)
{
	struct rm_grant *acl = rm_alloc(rm, p->nacl * sizeof(*acl));
	uint32_t i;

	for (i = 0; acl && i < p->nacl; i++) {
		acl[i].vmid = p->acl[i].vmid;
		acl[i].rights = p->acl[i].rights;
	}
	return acl;
}

/* @acl is NULL if the platform does not mind who gets memory */
static uint32_t check_acl(struct rm *rm, struct rm_parcel *p,
			  const struct rm_grant *acl, uint64_t ipa,
			  uint64_t size)
{
	if (!acl || rm->ops->mem_acl_ok(rm->ctx, p->owner, ipa, size, acl,
					p->nacl))
		return RM_OK;
	return rm_refuse(rm, RM_ERR_DENIED, "the platform rejects the ACL");
}

/* Take a region; it becomes one entry per physically contiguous piece */
static uint32_t add_region(struct rm *rm, struct rm_parcel *p,
			   const struct rm_grant *acl, uint64_t ipa,
			   uint64_t size, uint32_t more)
{
	struct rm_acl *own = parcel_acl(p, p->owner);
	uint64_t done = 0, part;
	uint32_t err = check_region(rm, ipa, size);

	if (!err)
		err = check_acl(rm, p, acl, ipa, size);
	if (err)
		return err;
	err = take_error(rm, p, rm->ops->mem_take(rm->ctx, p->owner, ipa, size,
						  (enum rm_mem_kind)p->kind,
						  own ? own->rights : 0));
	if (err)
		return err;
	while (done < size) {
		part = rm->ops->mem_contiguous(rm->ctx, p->owner, ipa + done,
					       size - done);
		if (!part || part > size - done || !rm_page_aligned(part))
			part = size - done;
		if (!add_entry(rm, p, ipa + done, part, more)) {
			rm->ops->mem_give_back(rm->ctx, p->owner, ipa + done,
					       size - done, false);
			return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
		}
		done += part;
	}
	return RM_OK;
}

/* Zero what was added after @mark */
static uint32_t sanitize(struct rm *rm, struct rm_parcel *p,
			 const struct mark *mark)
{
	const struct rm_chunk *c = mark->chunk ? mark->chunk : p->first;
	uint32_t i = mark->chunk ? mark->count : 0;
	uint32_t err = RM_OK;
	uint64_t done;
	uint8_t *zero;

	zero = rm_alloc(rm, RM_PAGE_SIZE);
	if (!zero)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	for (; c && !err; c = c->next, i = 0)
		for (; i < c->count && !err; i++)
			for (done = 0; done < c->entry[i].size && !err;
			     done += RM_PAGE_SIZE)
				if (rm->ops->mem_write(rm->ctx, p->owner,
						       c->entry[i].ipa + done,
						       zero, RM_PAGE_SIZE))
					err = rm_refuse(rm, RM_ERR_MEM,
							"cannot be zeroed");
	rm_free(rm, zero, RM_PAGE_SIZE);
	return err;
}

/**
 * parcel_add() - take memory from the owner and add it to a parcel
 * @rm: resource manager
 * @p: parcel
 * @sgl: regions as they stand in the message
 * @count: number of regions
 *
 * On error all of @sgl is given back; earlier entries stay.
 *
 * Return: error of the first region that failed
 */
uint32_t parcel_add(struct rm *rm, struct rm_parcel *p, const uint8_t *sgl,
		    uint32_t count)
{
	struct mark mark = { p->last, p->last ? p->last->count : 0 };
	struct rm_grant *acl = NULL;
	uint32_t i, err = RM_OK;

	if (rm->ops->mem_acl_ok) {
		acl = copy_acl(rm, p);
		if (!acl)
			return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	}
	for (i = 0; i < count && !err; i++)
		err = add_region(rm, p, acl, rm_get64(sgl + 16 * i),
				 rm_get64(sgl + 16 * i + 8), count - i);
	rm_free(rm, acl, p->nacl * sizeof(*acl));
	rm->ops->mem_sync(rm->ctx);
	if (!err && p->sanitized)
		err = sanitize(rm, p, &mark);
	if (err) {
		roll_back(rm, p, &mark);
		rm->ops->mem_sync(rm->ctx);
	}
	return err;
}

/**
 * parcel_give_back() - give all memory of a parcel back to its owner
 * @rm: resource manager
 * @p: parcel
 * @sanitize: zero it first
 *
 * No VM may have it accepted.
 */
void parcel_give_back(struct rm *rm, struct rm_parcel *p, bool sanitize)
{
	const struct rm_chunk *c;
	uint32_t i;

	for (c = p->first; c; c = c->next)
		for (i = 0; i < c->count; i++)
			rm->ops->mem_give_back(rm->ctx, p->owner,
					       c->entry[i].ipa,
					       c->entry[i].size, sanitize);
	rm->stats.entries -= p->entries;
	rm->ops->mem_sync(rm->ctx);
}

/**
 * parcel_owned_by() - count the parcels that a VM owns
 * @rm: resource manager
 * @vmid: owner
 *
 * Return: their number
 */
uint32_t parcel_owned_by(struct rm *rm, uint16_t vmid)
{
	const struct rm_parcel *p;
	uint32_t n = 0;

	for (p = rm->parcels; p; p = p->next)
		n += p->owner == vmid && !p->gone;
	return n;
}

/**
 * parcel_acl() - find a VM in a parcel's ACL
 * @p: parcel
 * @vmid: VMID
 *
 * Return: entry; NULL: it has none
 */
struct rm_acl *parcel_acl(struct rm_parcel *p, uint16_t vmid)
{
	uint32_t i;

	for (i = 0; i < p->nacl; i++)
		if (p->acl[i].vmid == vmid)
			return &p->acl[i];
	return NULL;
}

/**
 * parcel_accepted() - has some VM accepted a parcel, at least in part?
 * @p: parcel
 *
 * Return: true if so
 */
bool parcel_accepted(const struct rm_parcel *p)
{
	uint32_t i;

	for (i = 0; i < p->nacl; i++)
		if (p->acl[i].state != RM_NOT_ACCEPTED)
			return true;
	return false;
}

static int parcel_rw(struct rm *rm, struct rm_parcel *p, uint64_t offset,
		     uint8_t *in, const uint8_t *out, size_t len)
{
	const struct rm_chunk *c;
	int err;
	uint32_t i;

	for (c = p->first; c; c = c->next) {
		for (i = 0; i < c->count && len; i++) {
			uint64_t part = c->entry[i].size;

			if (offset >= part) {
				offset -= part;
				continue;
			}
			part -= offset;
			if (part > len)
				part = len;
			if (in)
				err = rm->ops->mem_read(rm->ctx, p->owner,
							c->entry[i].ipa + offset,
							in, part);
			else
				err = rm->ops->mem_write(rm->ctx, p->owner,
							 c->entry[i].ipa + offset,
							 out, part);
			if (err)
				return err;
			if (in)
				in += part;
			else
				out += part;
			len -= part;
			offset = 0;
		}
	}
	return len ? RM_HYP_ADDR_INVALID : RM_HYP_OK;
}

/**
 * parcel_read() - read from a parcel as if it were contiguous
 * @rm: resource manager
 * @p: parcel
 * @offset: offset in the parcel
 * @buf: where to
 * @len: how much
 *
 * Return: RM_HYP_OK or an error of the platform
 */
int parcel_read(struct rm *rm, struct rm_parcel *p, uint64_t offset,
		void *buf, size_t len)
{
	return parcel_rw(rm, p, offset, buf, NULL, len);
}

/**
 * parcel_write() - write to a parcel as if it were contiguous
 * @rm: resource manager
 * @p: parcel
 * @offset: offset in the parcel
 * @buf: what
 * @len: how much
 *
 * Return: RM_HYP_OK or an error of the platform
 */
int parcel_write(struct rm *rm, struct rm_parcel *p, uint64_t offset,
		 const void *buf, size_t len)
{
	return parcel_rw(rm, p, offset, NULL, buf, len);
}
