// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capability spaces
 *
 * Ids are small integers from 0, as on debug builds of Gunyah, or look random
 * in all 64 bits, as on production builds: a table index, scrambled by a
 * function that can be inverted. An id that is no index of the table is an
 * invalid argument; a free entry of the table is a null capability.
 */
#include "hyp.h"

#define SCRAMBLE	0x9e3779b1U	/* odd: has an inverse modulo 2^32 */

static u32 inverse(u32 odd)
{
	u32 x = odd, i;

	for (i = 0; i < 5; i++)		/* Newton: doubles the correct bits */
		x *= 2 - odd * x;
	return x;
}

static u64 to_id(const struct cspace *cs, u32 index)
{
	if (!hyp.random_caps)
		return index;
	return (cs->key & GENMASK(63, 32)) |
	       (u32)(index * SCRAMBLE + (u32)cs->key);
}

/* Entry of the table, NULL if @id names none */
static struct cap *find(struct cspace *cs, u64 id)
{
	if (hyp.random_caps) {
		if ((id ^ cs->key) >> 32)
			return NULL;
		id = (u32)(((u32)id - (u32)cs->key) * inverse(SCRAMBLE));
	}
	return id < cs->max ? &cs->caps[id] : NULL;
}

/**
 * cspace_init() - empty capability space of a new VM
 * @vm: VM
 * @max: how many capabilities it can hold
 *
 * Return: GH_OK or GH_NOMEM.
 */
int cspace_init(struct vm *vm, u32 max)
{
	static u64 boot_key;
	struct cspace *cs = &vm->cspace;

	/* The upper half is the same for all of one boot; never all ones */
	if (!boot_key)
		boot_key = (random64() & GENMASK(62, 32)) | BIT(32);
	cs->key = boot_key | (u32)random64();
	cs->max = max;
	cs->count = 0;
	cs->caps = alloc(max * sizeof(*cs->caps));
	return cs->caps ? GH_OK : GH_NOMEM;
}

/**
 * cspace_destroy() - end of a VM
 * @vm: VM
 */
void cspace_destroy(struct vm *vm)
{
	free(vm->cspace.caps, vm->cspace.max * sizeof(*vm->cspace.caps));
	vm->cspace.caps = NULL;
	vm->cspace.max = 0;
}

/**
 * cap_create() - give a VM access to an object
 * @vm: VM
 * @type: of the object
 * @rights: what it may do with it
 * @obj: the object
 * @id: capability id
 *
 * Return: GH_OK or GH_CAP_FULL.
 */
int cap_create(struct vm *vm, enum obj_type type, u32 rights, void *obj,
	       u64 *id)
{
	struct cspace *cs = &vm->cspace;
	u32 i;

	for (i = cs->hint; i < cs->max; i++) {
		if (cs->caps[i].type != OBJ_NONE)
			continue;
		cs->caps[i] = (struct cap){ type, rights, obj };
		cs->count++;
		cs->hint = i + 1;
		*id = to_id(cs, i);
		return GH_OK;
	}
	return GH_CAP_FULL;
}

/**
 * cap_create_last() - give a VM access to an object, with a high id
 * @vm: VM
 * @type: of the object
 * @rights: what it may do with it
 * @obj: the object
 * @id: capability id
 *
 * The published resource manager gives a VM its vCPUs after its virtual
 * devices, so that these have the ids from 0. Here vCPUs come first.
 *
 * Return: GH_OK or GH_CAP_FULL.
 */
int cap_create_last(struct vm *vm, enum obj_type type, u32 rights, void *obj,
		    u64 *id)
{
	struct cspace *cs = &vm->cspace;
	u32 i = cs->max;

	while (i--) {
		if (cs->caps[i].type != OBJ_NONE)
			continue;
		cs->caps[i] = (struct cap){ type, rights, obj };
		cs->count++;
		*id = to_id(cs, i);
		return GH_OK;
	}
	return GH_CAP_FULL;
}

/**
 * cap_lookup() - what a VM means by a capability id
 * @vm: VM
 * @id: from it
 * @type: type of object that it has to be, OBJ_NONE: any
 * @rights: that it has to have
 * @obj: the object
 *
 * Return: GH_OK, GH_ARG_INVALID, GH_CAP_NULL, GH_CAP_WRONG_TYPE or
 * GH_CAP_RIGHTS.
 */
int cap_lookup(struct vm *vm, u64 id, enum obj_type type, u32 rights,
	       void **obj)
{
	struct cap *cap = find(&vm->cspace, id);

	if (!cap)
		return GH_ARG_INVALID;
	if (cap->type == OBJ_NONE)
		return GH_CAP_NULL;
	if (type != OBJ_NONE && cap->type != type)
		return GH_CAP_WRONG_TYPE;
	if ((cap->rights & rights) != rights)
		return GH_CAP_RIGHTS;
	*obj = cap->obj;
	return GH_OK;
}

/**
 * cap_delete() - take access away
 * @vm: VM
 * @id: capability id; nothing is done if it names nothing (RM_CAP_NONE)
 */
void cap_delete(struct vm *vm, u64 id)
{
	struct cspace *cs = &vm->cspace;
	struct cap *cap = find(cs, id);

	if (!cap || cap->type == OBJ_NONE)
		return;
	*cap = (struct cap){ .type = OBJ_NONE };
	cs->count--;
	cs->hint = min(cs->hint, (u32)(cap - cs->caps));
}
