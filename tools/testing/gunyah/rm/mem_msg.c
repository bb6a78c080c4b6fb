// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests about memory parcels, except accept and release
 */
#include "rm_core.h"

/**
 * list_parse() - read a variable length list of a message
 * @rm: resource manager
 * @p: position, is moved behind the list
 * @left: bytes left, is reduced
 * @entry_size: size of an entry
 * @list: result
 *
 * A list whose header would start at the end of the message is empty.
 *
 * Return: error code
 */
uint32_t list_parse(struct rm *rm, const uint8_t **p, size_t *left,
		    size_t entry_size, struct rm_list *list)
{
	memset(list, 0, sizeof(*list));
	list->entries = *p;
	if (!*left)
		return RM_OK;
	if (*left < 4)
		return rm_refuse(rm, RM_ERR_MSG, "a list is cut short");
	list->count = rm_get16(*p);
	list->extra = rm_get16(*p + 2);
	list->entries += 4;
	*p += 4;
	*left -= 4;
	if (list->count > RM_LIST_MAX)
		return rm_refuse(rm, RM_ERR_NORESOURCE, "a list is too long");
	if (list->count * entry_size > *left)
		return rm_refuse(rm, RM_ERR_MSG, "a list is cut short");
	*p += list->count * entry_size;
	*left -= list->count * entry_size;
	return RM_OK;
}

/**
 * acl_same() - does a list name a parcel's VMs with their rights?
 * @p: parcel
 * @acl: list of a message
 *
 * Return: true if so, in whatever order
 */
bool acl_same(const struct rm_parcel *p, const struct rm_list *acl)
{
	uint32_t i, k;

	if (p->nacl != acl->count)
		return false;
	for (i = 0; i < p->nacl; i++) {
		for (k = 0; k < acl->count; k++)
			if (rm_get16(acl->entries + 4 * k) == p->acl[i].vmid &&
			    acl->entries[4 * k + 2] == p->acl[i].rights)
				break;
		if (k == acl->count)
			return false;
	}
	return true;
}

/**
 * attrs_same() - does a list name a parcel's attributes?
 * @p: parcel
 * @list: list of a message
 *
 * Return: true if so, in whatever order
 */
bool attrs_same(const struct rm_parcel *p, const struct rm_list *list)
{
	uint32_t i, k;

	if (list->count != p->nattr)
		return false;
	for (i = 0; i < list->count; i++) {
		const uint8_t *e = list->entries + 4 * i;

		for (k = 0; k < p->nattr; k++)
			if (p->attr[k].attr == rm_get16(e) &&
			    p->attr[k].vmid == rm_get16(e + 2))
				break;
		if (k == p->nattr)
			return false;
	}
	return true;
}

/**
 * struct create_request - a MEM_DONATE, MEM_LEND or MEM_SHARE
 * @owner: caller
 * @kind: enum rm_mem_kind
 * @mem_type: RM_MEM_TYPE_*; other values are accepted
 * @flags: RM_CREATE_*; other bits are ignored
 * @acl: ACL
 * @sgl: regions
 * @attrs: attributes
 */
struct create_request {
	uint16_t owner;
	uint8_t kind;
	uint8_t mem_type;
	uint8_t flags;
	struct rm_list acl;
	struct rm_list sgl;
	struct rm_list attrs;
};

static bool rights_ok(uint8_t rights, uint8_t mem_type)
{
	switch (rights) {
	case RM_RIGHT_R:
	case RM_RIGHT_R | RM_RIGHT_W:
		return true;
	case RM_RIGHT_R | RM_RIGHT_X:
	case RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X:
		return mem_type != RM_MEM_TYPE_IO;
	default:
		return false;
	}
}

static bool acl_has(const struct rm_list *acl, uint16_t vmid)
{
	uint32_t i;

	for (i = 0; i < acl->count; i++)
		if (rm_get16(acl->entries + 4 * i) == vmid)
			return true;
	return false;
}

static bool acl_ok(struct rm *rm, const struct create_request *r)
{
	bool listed = acl_has(&r->acl, r->owner);
	uint32_t i, k;

	for (i = 0; i < r->acl.count; i++) {
		const uint8_t *e = r->acl.entries + 4 * i;

		if (!rights_ok(e[2], r->mem_type) || !vm_get(rm, rm_get16(e)))
			return false;
		for (k = 0; k < i; k++)
			if (rm_get16(r->acl.entries + 4 * k) == rm_get16(e))
				return false;
	}
	/* MEM_SHARE lists the owner with the rights it keeps; others must not */
	if (r->kind == RM_MEM_SHARE ? !listed : listed)
		return false;
	return r->kind != RM_MEM_DONATE || r->acl.count == 1;
}

static bool attrs_ok(const struct create_request *r)
{
	bool io = r->mem_type == RM_MEM_TYPE_IO;
	uint32_t i, k;

	for (i = 0; i < r->attrs.count; i++) {
		const uint8_t *e = r->attrs.entries + 4 * i;

		if (rm_get16(e) > RM_ATTR_MAX ||
		    (rm_get16(e) == RM_ATTR_DEVICE) != io)
			return false;
		for (k = 0; k < i; k++)
			if (rm_get16(r->attrs.entries + 4 * k + 2) ==
			    rm_get16(e + 2))
				return false;
	}
	return true;
}

static uint32_t create_check(struct rm *rm, const struct create_request *r)
{
	bool io = r->mem_type == RM_MEM_TYPE_IO;
	uint8_t full = RM_RIGHT_R | RM_RIGHT_W | (io ? 0 : RM_RIGHT_X);
	uint32_t i;

	if (!r->acl.count || !r->sgl.count ||
	    (io && (r->flags & RM_CREATE_SANITIZE)))
		return rm_refuse(rm, RM_ERR_ARG,
				 "no VMs, no regions, or I/O memory to zero");
	if (!acl_ok(rm, r))
		return rm_refuse(rm, RM_ERR_ARG, "wrong VMs or rights");
	if (!attrs_ok(r))
		return rm_refuse(rm, RM_ERR_ARG, "wrong attributes");
	if (parcel_owned_by(rm, r->owner) >= RM_MAX_PARCELS)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "the caller has too many parcels");
	if (r->kind == RM_MEM_DONATE && r->acl.entries[2] != full)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "donated with less than all rights");
	for (i = 0; i < r->attrs.count; i++)
		if (!acl_has(&r->acl, rm_get16(r->attrs.entries + 4 * i + 2)))
			return rm_refuse(rm, RM_ERR_VMID,
					 "attribute for another VM");
	if (!rm->late_parcels)
		return RM_OK;
	rm->late_parcels--;
	return rm_refuse(rm, RM_ERR_NORESOURCE,
			 "what was reclaimed is not free yet");
}

static struct rm_parcel *create_parcel(struct rm *rm,
				       const struct create_request *r)
{
	struct rm_parcel *p = parcel_new(rm, r->acl.count, r->attrs.count);
	uint32_t i;

	if (!p)
		return NULL;
	p->owner = r->owner;
	p->kind = r->kind;
	p->mem_type = r->mem_type;
	p->appending = r->flags & RM_CREATE_APPEND;
	p->sanitized = r->flags & RM_CREATE_SANITIZE;
	for (i = 0; i < p->nacl; i++) {
		p->acl[i].vmid = rm_get16(r->acl.entries + 4 * i);
		p->acl[i].rights = r->acl.entries[4 * i + 2];
	}
	for (i = 0; i < p->nattr; i++) {
		p->attr[i].attr = rm_get16(r->attrs.entries + 4 * i);
		p->attr[i].vmid = rm_get16(r->attrs.entries + 4 * i + 2);
	}
	return p;
}

/* In the debug build the owner then faults at its own code, and EL2 panics */
static bool share_is_fatal(const struct rm *rm, struct rm_parcel *p)
{
	const struct rm_acl *own = parcel_acl(p, p->owner);

	return rm->config.debug && p->kind == RM_MEM_SHARE &&
	       own->rights != (RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X);
}

/**
 * mem_create() - MEM_DONATE, MEM_LEND, MEM_SHARE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t mem_create(struct rm *rm, struct rm_call *call)
{
	struct create_request r = { .owner = call->vm->vmid };
	const uint8_t *in = call->in, *at = in + 8;
	size_t left = call->len - 8;
	struct rm_parcel *p;
	uint32_t err;

	if (call->len < 20)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	err = list_parse(rm, &at, &left, 4, &r.acl);
	if (!err)
		err = list_parse(rm, &at, &left, 16, &r.sgl);
	if (!err)
		err = list_parse(rm, &at, &left, 4, &r.attrs);
	if (!err && left)
		err = rm_refuse(rm, RM_ERR_MSG, "bytes left over");
	if (err)
		return err;

	r.mem_type = in[0];
	r.flags = in[2];
	r.kind = call->id == RM_MEM_DONATE_ID ? RM_MEM_DONATE :
		 call->id == RM_MEM_LEND_ID ? RM_MEM_LEND : RM_MEM_SHARE;
	err = create_check(rm, &r);
	if (err)
		return err;
	p = create_parcel(rm, &r);
	if (!p)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	p->label = rm_get32(in + 4);
	err = parcel_add(rm, p, r.sgl.entries, r.sgl.count);
	if (!err && share_is_fatal(rm, p))
		rm_panic(rm, "memory that its owner shared without all rights");
	if (err) {
		parcel_free(rm, p);
		return err;
	}
	parcel_link(rm, p);
	rm_out32(call, p->handle);
	return RM_OK;
}

/**
 * mem_append() - MEM_APPEND
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t mem_append(struct rm *rm, struct rm_call *call)
{
	const uint8_t *at = call->in + 8;
	size_t left = call->len - 8;
	struct rm_parcel *p;
	struct rm_list sgl;
	uint32_t err;

	if (call->len < 8)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	err = list_parse(rm, &at, &left, 16, &sgl);
	if (!err && (left || call->in[5] || call->in[6] || call->in[7]))
		err = rm_refuse(rm, RM_ERR_MSG,
				"bytes left over, or padding is not zero");
	if (err)
		return err;
	p = parcel_find(rm, rm_get32(call->in));
	if (!p)
		return rm_refuse(rm, RM_ERR_HANDLE, "there is no such parcel");
	if (p->owner != call->vm->vmid || !p->appending)
		return rm_refuse(rm, RM_ERR_DENIED,
				 "not the caller's parcel, or it is complete");
	if (!sgl.count)
		return rm_refuse(rm, RM_ERR_ARG, "no regions");
	err = parcel_add(rm, p, sgl.entries, sgl.count);
	if (!err && (call->in[4] & RM_APPEND_LAST))
		p->appending = false;
	return err;
}

/**
 * mem_reclaim() - MEM_RECLAIM
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t mem_reclaim(struct rm *rm, struct rm_call *call)
{
	struct rm_parcel *p;
	bool sanitize;

	if (call->in[5] || call->in[6] || call->in[7])
		return rm_refuse(rm, RM_ERR_MSG, "padding is not zero");
	sanitize = call->in[4] & RM_RECLAIM_SANITIZE;
	p = parcel_find(rm, rm_get32(call->in));
	if (!p)
		return rm_refuse(rm, RM_ERR_HANDLE, "there is no such parcel");
	if (p->owner != call->vm->vmid)
		return rm_refuse(rm, RM_ERR_DENIED, "not the caller's parcel");
	if (parcel_accepted(p))
		return rm_refuse(rm, RM_ERR_MEM_INUSE, "a VM still has it");
	if (call->in[4] & ~RM_RECLAIM_SANITIZE ||
	    (sanitize && p->mem_type == RM_MEM_TYPE_IO))
		return rm_refuse(rm, RM_ERR_ARG, "wrong flags");
	parcel_give_back(rm, p, sanitize || p->sanitize_on_reclaim);
	parcel_unlink(rm, p);
	parcel_free(rm, p);
	rm->late_parcels = rm->config.late;
	return RM_OK;
}

/* Notifications ------------------------------------------------------- */

/**
 * mem_notify_released() - tell the owner of a parcel that it was released or accepted
 * @rm: resource manager
 * @p: parcel
 * @vmid: who did it
 * @id: RM_N_MEM_RELEASED or RM_N_MEM_ACCEPTED
 */
void mem_notify_released(struct rm *rm, const struct rm_parcel *p,
			 uint16_t vmid, uint32_t id)
{
	uint8_t data[12] = { 0 };

	rm_put32(data, p->handle);
	rm_put16(data + 4, vmid);
	rm_put32(data + 8, p->tag);
	rpc_notify(rm, p->owner, id, data, sizeof(data));
}

static void notify_shared(struct rm *rm, const struct rm_parcel *p,
			  uint16_t vmid)
{
	uint32_t nsizes = p->entries < RM_LIST_MAX ? p->entries : RM_LIST_MAX;
	size_t len = 20 + 4 + 4 * (size_t)p->nacl + 4 + 8 * (size_t)nsizes +
		     4 + 4 * (size_t)p->nattr;
	const struct rm_chunk *c;
	uint8_t *data, *at;
	uint32_t i, n = 0;

	data = rm_alloc(rm, len);
	if (!data)
		return;
	rm_put32(data, p->handle);
	data[4] = p->mem_type;
	data[5] = p->kind;
	data[6] = p->sanitized ? RM_CREATE_SANITIZE : 0;
	rm_put16(data + 8, p->owner);
	rm_put32(data + 12, p->label);
	rm_put32(data + 16, p->tag);
	at = data + 20;
	rm_put16(at, (uint16_t)p->nacl);
	for (at += 4, i = 0; i < p->nacl; i++, at += 4) {
		rm_put16(at, p->acl[i].vmid);
		at[2] = p->acl[i].rights;
	}
	rm_put16(at, (uint16_t)nsizes);
	at += 4;
	for (c = p->first; c; c = c->next)
		for (i = 0; i < c->count && n < nsizes; i++, n++, at += 8)
			rm_put64(at, c->entry[i].size);
	rm_put16(at, (uint16_t)p->nattr);
	for (at += 4, i = 0; i < p->nattr; i++, at += 4) {
		rm_put16(at, p->attr[i].attr);
		rm_put16(at + 2, p->attr[i].vmid);
	}
	rpc_notify(rm, vmid, RM_N_MEM_SHARED, data, len);
	rm_free(rm, data, len);
}

/* A VM in the state READY cannot accept yet: accept on its behalf */
static void accept_for(struct rm *rm, struct rm_parcel *p, struct rm_vm *vm)
{
	bool ok = accept_auto(rm, p, vm) == RM_OK;

	if (!ok)
		rm_pass_over(rm, "not accepted for VM", vm->vmid);
	mem_notify_released(rm, p, vm->vmid,
			    ok ? RM_N_MEM_ACCEPTED : RM_N_MEM_RELEASED);
}

static void notify_acceptor(struct rm *rm, struct rm_parcel *p, uint16_t vmid,
			    uint8_t what)
{
	struct rm_vm *vm = vm_get(rm, vmid);
	uint8_t data[8];

	if (what == RM_NOTIFY_RECALL) {
		rm_put32(data, p->handle);
		rm_put32(data + 4, p->tag);
		rpc_notify(rm, vmid, RM_N_MEM_RECALL, data, sizeof(data));
	} else if (vm->state == RM_STATE_READY) {
		accept_for(rm, p, vm);
	} else {
		notify_shared(rm, p, vmid);
	}
}

static uint32_t notify_acceptors(struct rm *rm, struct rm_parcel *p,
				 const struct rm_list *vmids, uint8_t what)
{
	uint32_t i;

	if (!vmids->count)
		return rm_refuse(rm, RM_ERR_ARG, "nobody to notify");
	for (i = 0; i < vmids->count; i++) {
		uint16_t vmid = rm_get16(vmids->entries + 4 * i);

		if (!vm_get(rm, vmid))
			return rm_refuse(rm, RM_ERR_VMID,
					 "there is no such VM");
		if (!parcel_acl(p, vmid))
			return rm_refuse(rm, RM_ERR_ARG,
					 "the parcel is not for this VM");
	}
	for (i = 0; i < vmids->count; i++)
		notify_acceptor(rm, p, rm_get16(vmids->entries + 4 * i), what);
	return RM_OK;
}

/* Tell the owner; "released" may also come from the owner itself */
static uint32_t notify_owner(struct rm *rm, const struct rm_call *call,
			     struct rm_parcel *p)
{
	bool released = call->in[4] == RM_NOTIFY_RELEASED;
	bool owner = p->owner == call->vm->vmid;

	if (owner ? !released : !parcel_acl(p, call->vm->vmid))
		return rm_refuse(rm, RM_ERR_DENIED,
				 "only for those who may accept the parcel");
	p->tag = rm_get32(call->in + 8);
	mem_notify_released(rm, p, call->vm->vmid,
			    released ? RM_N_MEM_RELEASED : RM_N_MEM_ACCEPTED);
	return RM_OK;
}

/**
 * mem_notify() - MEM_NOTIFY
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t mem_notify(struct rm *rm, struct rm_call *call)
{
	const uint8_t *at = call->in + 12;
	size_t left = call->len - 12;
	struct rm_list vmids;
	struct rm_parcel *p;
	uint8_t what;
	uint32_t err;

	if (call->len < 12)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	what = call->in[4];
	if ((what == RM_NOTIFY_SHARED || what == RM_NOTIFY_RECALL) && !left)
		return rm_refuse(rm, RM_ERR_MSG, "no list of VMs");
	err = list_parse(rm, &at, &left, 4, &vmids);
	if (!err && (left || call->in[5] || call->in[6] || call->in[7]))
		err = rm_refuse(rm, RM_ERR_MSG,
				"bytes left over, or padding is not zero");
	if (err)
		return err;
	p = parcel_find(rm, rm_get32(call->in));
	if (!p)
		return rm_refuse(rm, RM_ERR_HANDLE, "there is no such parcel");
	switch (what) {
	case RM_NOTIFY_SHARED:
	case RM_NOTIFY_RECALL:
		if (p->owner != call->vm->vmid)
			return rm_refuse(rm, RM_ERR_DENIED,
					 "not the caller's parcel");
		p->tag = rm_get32(call->in + 8);
		return notify_acceptors(rm, p, &vmids, what);
	case RM_NOTIFY_RELEASED:
	case RM_NOTIFY_ACCEPTED:
		return notify_owner(rm, call, p);
	default:
		return rm_refuse(rm, RM_ERR_ARG, "unknown flags");
	}
}
