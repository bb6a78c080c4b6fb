// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accepting and releasing parcels. A parcel is mapped once each of its regions
 * has an address in the acceptor's address space.
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

/* Start at the first entry without an address */
static void cursor_resume(struct cursor *c, const struct rm_parcel *p,
			  const struct rm_acl *acl)
{
	memset(c, 0, sizeof(*c));
	c->chunk = acl->assigned ? acl->next_chunk : p->first;
	c->i = acl->assigned ? acl->next_i : 0;
}

/* Go to the next entry. @c->ipa is only valid if the entry has an address. */
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

/* Release the addresses; nothing may be mapped there */
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
		return rm_refuse(rm, RM_ERR_MAP,
				 "the hypervisor does not map it");
	}
	rm->ops->mem_sync(rm->ctx);
	acl->state = RM_ACCEPTED;
	if (p->kind == RM_MEM_DONATE) {
		/* The acceptor owns the memory now; keep the parcel for unmapping */
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

/* Checks for a parcel that is mapped contiguously */
static uint32_t accept_check(struct rm *rm, struct rm_parcel *p,
			     const struct rm_acl *acl, const struct rm_vm *vm)
{
	if (!acl)
		return rm_refuse(rm, RM_ERR_VMID, "not for this VM");
	if (p->owner == vm->vmid || acl->state != RM_NOT_ACCEPTED)
		return rm_refuse(rm, RM_ERR_DENIED, "the VM has it already");
	/* Published firmware does not check this; the result is undefined */
	if (p->appending)
		return rm_refuse(rm, RM_ERR_DENIED, "the parcel is not complete");
	if (p->mem_type == RM_MEM_TYPE_IO && p->entries > 1)
		return rm_refuse(rm, RM_ERR_ARG, "I/O memory in several pieces");
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
	uint32_t err = accept_check(rm, p, acl, vm);

	if (err)
		return err;
	if (!ipa_memory_ok(vm, base, p->size) ||
	    !ipa_reserve(rm, vm, base, p->size))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "its place in the VM is not free");
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
	uint32_t err = accept_check(rm, p, acl, vm);
	uint64_t base;

	if (err)
		return err;
	if (!ipa_alloc(rm, vm, p->size, alignment_of(p->size), &base))
		return rm_refuse(rm, RM_ERR_NORESOURCE, "no place in the VM");
	return map_contiguous(rm, p, acl, base);
}

/**
 * accept_auto() - accept a parcel where the VM wants parcels with its label
 * @rm: resource manager
 * @p: parcel
 * @vm: acceptor
 *
 * The model chooses the address if no device asks for one.
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

/* Map the parcel contiguously, at the caller's address or at one of ours */
static uint32_t accept_contiguous(struct rm *rm, struct accept_request *r)
{
	struct rm_parcel *p = r->p;
	uint64_t base;
	uint8_t *out;
	uint32_t err;

	if (r->acl->state == RM_ASSIGNING || !(r->flags & RM_ACCEPT_DONE))
		return rm_refuse(rm, RM_ERR_ARG,
				 "contiguous, but not in one request");
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
	base = rm_get64(r->sgl.entries);
	if (r->sgl.count != 1 || rm_get64(r->sgl.entries + 8) != p->size ||
	    !rm_page_aligned(base))
		return rm_refuse(rm, RM_ERR_ARG, "not the parcel's size");
	return accept_at(rm, p, r->vm, base);
}

/*
 * Assign addresses to the next @count regions and record them in @ipas. On error
 * the caller releases what is recorded.
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
				return rm_refuse(rm, RM_ERR_NORESOURCE,
						 "no place in the VM");
		} else {
			*ipa = rm_get64(e);
			if (rm_get64(e + 8) != size || !rm_page_aligned(*ipa))
				return rm_refuse(rm, RM_ERR_ARG,
						 "not the region's size");
			if (!ipa_memory_ok(r->vm, *ipa, size) ||
			    !ipa_reserve(rm, r->vm, *ipa, size))
				return rm_refuse(rm, RM_ERR_NORESOURCE,
						 "its place is not free");
		}
		ipas->count++;
	}
	return RM_OK;
}

/* Assign addresses to @count regions; the reply lists those that we chose */
static uint32_t assign_some(struct rm *rm, struct accept_request *r,
			    uint32_t count)
{
	struct rm_ipas *ipas = rm_alloc(rm, ipas_size(count));
	struct rm_acl *acl = r->acl;
	uint8_t *out = NULL;
	struct cursor c;
	uint32_t i, err;

	if (!ipas)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
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

/* Map each region at its own address */
static uint32_t accept_scattered(struct rm *rm, struct accept_request *r)
{
	uint32_t left = r->p->entries - r->acl->assigned;
	uint32_t count = r->sgl.count;
	bool done = r->flags & RM_ACCEPT_DONE;
	uint32_t err = RM_OK;

	if (!count)
		count = left < RM_LIST_MAX ? left : RM_LIST_MAX;
	if (count > left || (done && count < left))
		return rm_refuse(rm, RM_ERR_ARG, "not the number of regions");
	if (count)
		err = assign_some(rm, r, count);
	else
		rm_out(r->call, 4);
	if (err)
		return err;
	r->acl->state = RM_ASSIGNING;
	return done ? map_all(rm, r->p, r->acl) : RM_OK;
}

/* Checks in the order of the published firmware */
static uint32_t accept_allowed(struct rm *rm, const struct accept_request *r,
			       const struct rm_list *acl,
			       const struct rm_list *attrs)
{
	const uint8_t *in = r->call->in;
	struct rm_parcel *p = r->p;

	if (in[4] != p->mem_type || in[5] != p->kind)
		return rm_refuse(rm, RM_ERR_ARG, "not the parcel's type");
	if (((r->flags & RM_ACCEPT_SANITIZED) && !p->sanitized) ||
	    ((r->flags & RM_ACCEPT_VALIDATE_ACL) &&
	     !(acl_same(p, acl) && attrs_same(p, attrs))) ||
	    ((r->flags & RM_ACCEPT_VALIDATE_LABEL) &&
	     rm_get32(in + 8) != p->label))
		return rm_refuse(rm, RM_ERR_VALIDATE, "not what was given");
	if (r->flags & RM_ACCEPT_MAP_OTHER)
		return rm_refuse(rm, RM_ERR_DENIED, "only for oneself");
	if (r->sgl.extra)
		return rm_refuse(rm, RM_ERR_ARG, "only for oneself");
	if (!r->acl)
		return rm_refuse(rm, RM_ERR_VMID, "not for this VM");
	if (p->owner == r->vm->vmid || r->acl->state == RM_ACCEPTED ||
	    p->appending)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "the VM has it already, or it is not complete");
	if ((r->flags & RM_ACCEPT_CONTIGUOUS) &&
	    p->mem_type == RM_MEM_TYPE_IO)
		return rm_refuse(rm, RM_ERR_ARG, "contiguous I/O memory");
	if ((r->flags & RM_ACCEPT_SANITIZE) && !(r->acl->rights & RM_RIGHT_W))
		return rm_refuse(rm, RM_ERR_ARG, "cannot be zeroed");
	return RM_OK;
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
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	err = list_parse(rm, &p, &left, 4, &acl);
	if (!err)
		err = list_parse(rm, &p, &left, 16, &r.sgl);
	if (!err)
		err = list_parse(rm, &p, &left, 4, &attrs);
	if (!err && (left || in[7]))
		err = rm_refuse(rm, RM_ERR_MSG, "bytes left over");
	if (err)
		return err;

	r.p = parcel_find(rm, rm_get32(in));
	r.flags = in[6];
	if (!r.p)
		return rm_refuse(rm, RM_ERR_HANDLE, "there is no such parcel");
	r.acl = parcel_acl(r.p, r.vm->vmid);
	err = accept_allowed(rm, &r, &acl, &attrs);
	if (err)
		return err;
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
		return rm_refuse(rm, RM_ERR_MSG, "padding is not zero");
	sanitize = call->in[4] & RM_RECLAIM_SANITIZE;
	p = parcel_find(rm, rm_get32(call->in));
	acl = p ? parcel_acl(p, call->vm->vmid) : NULL;
	if (!acl)
		return rm_refuse(rm, RM_ERR_HANDLE,
				 "there is no such parcel for the caller");
	if (p->owner == call->vm->vmid)
		return rm_refuse(rm, RM_ERR_DENIED, "the owner does not release");
	if (acl->state == RM_NOT_ACCEPTED)
		return rm_refuse(rm, RM_ERR_MEM_RELEASED, "it was not accepted");
	if (sanitize && (p->mem_type == RM_MEM_TYPE_IO ||
			 !(acl->rights & RM_RIGHT_W)))
		return rm_refuse(rm, RM_ERR_ARG, "cannot be zeroed");
	accept_undo(rm, p, acl);
	if (sanitize)
		p->sanitize_on_reclaim = true;
	return RM_OK;
}
