// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accepting and releasing parcels: regions get addresses in the acceptor's
 * address space, and are mapped there once all of them have one.
 */
#include "rm_core.h"

/**
 * struct cursor - walks a parcel's entries together with an acceptor's addresses for them
 * @chunk: where the next entry is
 * @i: which one it is there
 * @ipas: where its address is
 * @j: which one it is there
 * @next_base: its address, if @contiguous
 * @contiguous: addresses follow each other
 * @entry: current entry
 * @ipa: its address
 */
struct cursor {
	const struct rm_chunk *chunk;
	uint32_t i;
	const struct rm_ipas *ipas;
	uint32_t j;
	uint64_t next_base;
	bool contiguous;

	const struct rm_entry *entry;
	uint64_t ipa;
};

static void cursor_start(struct cursor *c, const struct rm_parcel *p,
			 const struct rm_acl *acl)
{
	memset(c, 0, sizeof(*c));
	c->chunk = p->first;
	c->ipas = acl->ipas;
	c->next_base = acl->base;
	c->contiguous = acl->contiguous;
}

/* At the first entry that has no address yet */
static void cursor_resume(struct cursor *c, const struct rm_parcel *p,
			  const struct rm_acl *acl)
{
	memset(c, 0, sizeof(*c));
	c->chunk = acl->assigned ? acl->next_chunk : p->first;
	c->i = acl->assigned ? acl->next_i : 0;
}

/* Next entry; without an address for it @c->ipa is meaningless */
static bool cursor_next(struct cursor *c)
{
	while (c->chunk && c->i == c->chunk->count) {
		c->chunk = c->chunk->next;
		c->i = 0;
	}
	if (!c->chunk)
		return false;
	c->entry = &c->chunk->entry[c->i++];
	if (c->contiguous) {
		c->ipa = c->next_base;
		c->next_base += c->entry->size;
		return true;
	}
	while (c->ipas && c->j == c->ipas->count) {
		c->ipas = c->ipas->next;
		c->j = 0;
	}
	c->ipa = c->ipas ? c->ipas->ipa[c->j++] : 0;
	return true;
}

static size_t ipas_size(uint32_t count)
{
	return sizeof(struct rm_ipas) + count * sizeof(uint64_t);
}

/* Give the addresses up again; nothing is mapped at them */
static void unassign(struct rm *rm, struct rm_parcel *p, struct rm_acl *acl)
{
	struct rm_vm *vm = vm_get(rm, acl->vmid);
	struct rm_ipas *ipas;
	struct cursor c;
	uint32_t i;

	if (acl->contiguous) {
		ipa_release(rm, vm, acl->base, p->size);
	} else {
		cursor_start(&c, p, acl);
		for (i = 0; i < acl->assigned && cursor_next(&c); i++)
			ipa_release(rm, vm, c.ipa, c.entry->size);
	}
	while ((ipas = acl->ipas)) {
		acl->ipas = ipas->next;
		rm_free(rm, ipas, ipas_size(ipas->count));
	}
	acl->ipas_last = NULL;
	acl->contiguous = false;
	acl->base = 0;
	acl->assigned = 0;
	acl->state = RM_NOT_ACCEPTED;
}

static uint32_t map_all(struct rm *rm, struct rm_parcel *p, struct rm_acl *acl)
{
	struct cursor c;
	uint32_t n = 0;
	int err = 0;

	cursor_start(&c, p, acl);
	while (cursor_next(&c)) {
		err = rm->ops->mem_map(rm->ctx, acl->vmid, c.ipa, p->owner,
				       c.entry->ipa, c.entry->size,
				       acl->rights);
		if (err)
			break;
		n++;
	}
	if (err) {
		cursor_start(&c, p, acl);
		while (n-- && cursor_next(&c))
			rm->ops->mem_unmap(rm->ctx, acl->vmid, c.ipa,
					   c.entry->size);
		rm->ops->mem_sync(rm->ctx);
		unassign(rm, p, acl);
		return RM_ERR_MAP;
	}
	rm->ops->mem_sync(rm->ctx);
	acl->state = RM_ACCEPTED;
	if (p->kind == RM_MEM_DONATE) {
		/* The memory is the acceptor's now, the parcel is history */
		p->gone = true;
		rm->stats.parcels--;
		rm->stats.entries -= p->entries;
	}
	return RM_OK;
}

/**
 * accept_undo() - take away what a VM has of a parcel
 * @rm: resource manager
 * @p: the parcel
 * @acl: the VM's entry in its ACL
 */
void accept_undo(struct rm *rm, struct rm_parcel *p, struct rm_acl *acl)
{
	struct cursor c;

	if (acl->state == RM_ACCEPTED) {
		cursor_start(&c, p, acl);
		while (cursor_next(&c))
			rm->ops->mem_unmap(rm->ctx, acl->vmid, c.ipa,
					   c.entry->size);
		rm->ops->mem_sync(rm->ctx);
	}
	if (acl->state != RM_NOT_ACCEPTED)
		unassign(rm, p, acl);
}

/**
 * accept_matches() - is a range exactly where a VM has mapped a parcel?
 * @p: parcel
 * @acl: the VM's entry in its ACL
 * @ipa: start of the range
 * @size: its size
 *
 * Return: true if so
 */
bool accept_matches(struct rm_parcel *p, struct rm_acl *acl, uint64_t ipa,
		    uint64_t size)
{
	struct cursor c;

	if (acl->state != RM_ACCEPTED || size != p->size)
		return false;
	cursor_start(&c, p, acl);
	while (cursor_next(&c)) {
		if (c.ipa != ipa)
			return false;
		ipa += c.entry->size;
	}
	return true;
}

/* May @vm accept the parcel at one contiguous address? */
static uint32_t accept_check(struct rm_parcel *p, const struct rm_acl *acl,
			     const struct rm_vm *vm)
{
	if (!acl)
		return RM_ERR_VMID;
	if (p->owner == vm->vmid || acl->state != RM_NOT_ACCEPTED)
		return RM_ERR_DENIED;
	/* The published one does not check, and then anything may happen */
	if (p->appending)
		return RM_ERR_DENIED;
	if (p->mem_type == RM_MEM_TYPE_IO && p->entries > 1)
		return RM_ERR_ARG;
	return RM_OK;
}

static uint32_t map_contiguous(struct rm *rm, struct rm_parcel *p,
			       struct rm_acl *acl, uint64_t base)
{
	acl->contiguous = true;
	acl->base = base;
	acl->assigned = p->entries;
	return map_all(rm, p, acl);
}

/**
 * accept_at() - accept a parcel for a VM, contiguously at a given address
 * @rm: resource manager
 * @p: parcel
 * @vm: acceptor
 * @base: address
 *
 * Return: error code
 */
uint32_t accept_at(struct rm *rm, struct rm_parcel *p, struct rm_vm *vm,
		   uint64_t base)
{
	struct rm_acl *acl = parcel_acl(p, vm->vmid);
	uint32_t err = accept_check(p, acl, vm);

	if (err)
		return err;
	if (!ipa_memory_ok(vm, base, p->size) ||
	    !ipa_reserve(rm, vm, base, p->size))
		return RM_ERR_NORESOURCE;
	return map_contiguous(rm, p, acl, base);
}

static uint64_t alignment_of(uint64_t size)
{
	return size >= RM_BLOCK_SIZE ? RM_BLOCK_SIZE : RM_PAGE_SIZE;
}

/**
 * accept_anywhere() - accept a parcel at an address of the model's choice
 * @rm: resource manager
 * @p: parcel
 * @vm: acceptor
 *
 * Return: error code, RM_OK for none
 */
uint32_t accept_anywhere(struct rm *rm, struct rm_parcel *p, struct rm_vm *vm)
{
	struct rm_acl *acl = parcel_acl(p, vm->vmid);
	uint32_t err = accept_check(p, acl, vm);
	uint64_t base;

	if (err)
		return err;
	if (!ipa_alloc(rm, vm, p->size, alignment_of(p->size), &base))
		return RM_ERR_NORESOURCE;
	return map_contiguous(rm, p, acl, base);
}

/**
 * accept_auto() - accept a parcel where the VM wants parcels with its label
 * @rm: resource manager
 * @p: parcel
 * @vm: acceptor
 *
 * Without such a wish it goes where there is room.
 *
 * Return: error code, RM_OK for none
 */
uint32_t accept_auto(struct rm *rm, struct rm_parcel *p, struct rm_vm *vm)
{
	const struct rm_vdev *shm = vdev_find_shm(vm, p->label);

	if (shm && shm->has_base)
		return accept_at(rm, p, vm, shm->base);
	return accept_anywhere(rm, p, vm);
}

/* The messages -------------------------------------------------------- */

/**
 * struct accept_request - a MEM_ACCEPT
 * @vm: acceptor
 * @p: parcel
 * @acl: the acceptor's entry in its ACL
 * @flags: RM_ACCEPT_*
 * @sgl: addresses
 * @call: request
 */
struct accept_request {
	struct rm_vm *vm;
	struct rm_parcel *p;
	struct rm_acl *acl;
	uint8_t flags;
	struct rm_list sgl;
	struct rm_call *call;
};

/* All of the parcel at one address, given by the caller or chosen here */
static uint32_t accept_contiguous(struct rm *rm, struct accept_request *r)
{
	struct rm_parcel *p = r->p;
	uint64_t base;
	uint8_t *out;
	uint32_t err;

	if (r->acl->state == RM_ASSIGNING || !(r->flags & RM_ACCEPT_DONE))
		return RM_ERR_ARG;
	if (!r->sgl.count) {
		err = accept_anywhere(rm, p, r->vm);
		if (err)
			return err;
		out = rm_out(r->call, 4 + 16);
		rm_put16(out, 1);
		rm_put64(out + 4, r->acl->base);
		rm_put64(out + 12, p->size);
		return RM_OK;
	}
	if (r->sgl.count != 1 || rm_get64(r->sgl.entries + 8) != p->size)
		return RM_ERR_ARG;
	base = rm_get64(r->sgl.entries);
	return rm_page_aligned(base) ? accept_at(rm, p, r->vm, base) :
				       RM_ERR_ARG;
}

/*
 * Give the next @count regions addresses and note them down in @ipas. On error
 * the caller takes back what is noted down.
 */
static uint32_t assign(struct rm *rm, struct accept_request *r,
		       struct cursor *c, struct rm_ipas *ipas, uint32_t count)
{
	while (ipas->count < count && cursor_next(c)) {
		const uint8_t *e = r->sgl.entries + 16 * ipas->count;
		uint64_t *ipa = &ipas->ipa[ipas->count];
		uint64_t size = c->entry->size;

		if (!r->sgl.count) {
			if (!ipa_alloc(rm, r->vm, size, alignment_of(size),
				       ipa))
				return RM_ERR_NORESOURCE;
		} else {
			*ipa = rm_get64(e);
			if (rm_get64(e + 8) != size || !rm_page_aligned(*ipa))
				return RM_ERR_ARG;
			if (!ipa_memory_ok(r->vm, *ipa, size) ||
			    !ipa_reserve(rm, r->vm, *ipa, size))
				return RM_ERR_NORESOURCE;
		}
		ipas->count++;
	}
	return RM_OK;
}

/* Assign the next @count regions, and tell the caller if it left that to us */
static uint32_t assign_some(struct rm *rm, struct accept_request *r,
			    uint32_t count)
{
	struct rm_ipas *ipas = rm_alloc(rm, ipas_size(count));
	struct rm_acl *acl = r->acl;
	uint8_t *out = NULL;
	struct cursor c;
	uint32_t i, err;

	if (!ipas)
		return RM_ERR_NOMEM;
	cursor_resume(&c, r->p, acl);
	err = assign(rm, r, &c, ipas, count);
	if (!err && !r->sgl.count)
		out = rm_out(r->call, 4 + 16 * (size_t)count);
	if (out) {
		rm_put16(out, (uint16_t)count);
		out[2] = acl->assigned + count < r->p->entries;
	}
	cursor_resume(&c, r->p, acl);
	for (i = 0; i < ipas->count && cursor_next(&c); i++) {
		if (err)
			ipa_release(rm, r->vm, ipas->ipa[i], c.entry->size);
		if (out) {
			rm_put64(out + 4 + 16 * i, ipas->ipa[i]);
			rm_put64(out + 12 + 16 * i, c.entry->size);
		}
	}
	if (err) {
		rm_free(rm, ipas, ipas_size(count));
		return err;
	}
	if (acl->ipas_last)
		acl->ipas_last->next = ipas;
	else
		acl->ipas = ipas;
	acl->ipas_last = ipas;
	acl->assigned += count;
	acl->next_chunk = c.chunk;
	acl->next_i = c.i;
	return RM_OK;
}

/* Some regions, each at an address of its own */
static uint32_t accept_scattered(struct rm *rm, struct accept_request *r)
{
	uint32_t left = r->p->entries - r->acl->assigned;
	uint32_t count = r->sgl.count;
	bool done = r->flags & RM_ACCEPT_DONE;
	uint32_t err = RM_OK;

	if (!count)
		count = left < RM_LIST_MAX ? left : RM_LIST_MAX;
	if (count > left || (done && count < left))
		return RM_ERR_ARG;
	if (count)
		err = assign_some(rm, r, count);
	else
		rm_out(r->call, 4);
	if (err)
		return err;
	r->acl->state = RM_ASSIGNING;
	return done ? map_all(rm, r->p, r->acl) : RM_OK;
}

/**
 * mem_accept() - MEM_ACCEPT
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t mem_accept(struct rm *rm, struct rm_call *call)
{
	struct accept_request r = { .vm = call->vm, .call = call };
	const uint8_t *in = call->in, *p = in + 12;
	struct rm_list acl, attrs;
	size_t left = call->len - 12;
	uint32_t err;

	if (call->len < 24)
		return RM_ERR_MSG;
	err = list_parse(&p, &left, 4, &acl);
	if (!err)
		err = list_parse(&p, &left, 16, &r.sgl);
	if (!err)
		err = list_parse(&p, &left, 4, &attrs);
	if (!err && (left || in[7]))
		err = RM_ERR_MSG;
	if (err)
		return err;

	r.p = parcel_find(rm, rm_get32(in));
	r.flags = in[6];
	if (!r.p)
		return RM_ERR_HANDLE;
	if (in[4] != r.p->mem_type || in[5] != r.p->kind)
		return RM_ERR_ARG;
	if (((r.flags & RM_ACCEPT_SANITIZED) && !r.p->sanitized) ||
	    ((r.flags & RM_ACCEPT_VALIDATE_ACL) &&
	     !(acl_same(r.p, &acl) && attrs_same(r.p, &attrs))) ||
	    ((r.flags & RM_ACCEPT_VALIDATE_LABEL) &&
	     rm_get32(in + 8) != r.p->label))
		return RM_ERR_VALIDATE;
	if (r.flags & RM_ACCEPT_MAP_OTHER)
		return RM_ERR_DENIED;
	if (r.sgl.extra)
		return RM_ERR_ARG;
	r.acl = parcel_acl(r.p, r.vm->vmid);
	if (!r.acl)
		return RM_ERR_VMID;
	if (r.p->owner == r.vm->vmid || r.acl->state == RM_ACCEPTED ||
	    r.p->appending)
		return RM_ERR_DENIED;
	if ((r.flags & RM_ACCEPT_CONTIGUOUS) &&
	    r.p->mem_type == RM_MEM_TYPE_IO)
		return RM_ERR_ARG;
	if ((r.flags & RM_ACCEPT_SANITIZE) && !(r.acl->rights & RM_RIGHT_W))
		return RM_ERR_ARG;

	if (r.flags & RM_ACCEPT_CONTIGUOUS)
		err = accept_contiguous(rm, &r);
	else
		err = accept_scattered(rm, &r);
	if (!err && (r.flags & RM_ACCEPT_SANITIZE))
		r.p->sanitize_on_reclaim = true;
	return err;
}

/**
 * mem_release() - MEM_RELEASE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t mem_release(struct rm *rm, struct rm_call *call)
{
	bool sanitize;
	struct rm_parcel *p;
	struct rm_acl *acl;

	if (call->in[5] || call->in[6] || call->in[7])
		return RM_ERR_MSG;
	sanitize = call->in[4] & RM_RECLAIM_SANITIZE;
	p = parcel_find(rm, rm_get32(call->in));
	acl = p ? parcel_acl(p, call->vm->vmid) : NULL;
	if (!acl)
		return RM_ERR_HANDLE;
	if (p->owner == call->vm->vmid)
		return RM_ERR_DENIED;
	if (acl->state == RM_NOT_ACCEPTED)
		return RM_ERR_MEM_RELEASED;
	if (sanitize && (p->mem_type == RM_MEM_TYPE_IO ||
			 !(acl->rights & RM_RIGHT_W)))
		return RM_ERR_ARG;
	accept_undo(rm, p, acl);
	if (sanitize)
		p->sanitize_on_reclaim = true;
	return RM_OK;
}
