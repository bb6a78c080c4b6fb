// SPDX-License-Identifier: GPL-2.0-only
/*
 * Secure firmware of Qualcomm's platforms, gunyah_hyp.platform=qcom
 *
 * It knows who owns each page of the host's memory, and with which rights, and
 * the host asks it for changes with SMCs ("SCM calls"). Only what Linux needs to
 * find it, and to assign memory, is here. Gunyah's own part is strict: a parcel
 * is refused unless the owners of its memory are those of its ACL, and the host
 * can access only what it owns.
 */
#include "gunyah_testctl.h"
#include "hyp.h"

/* Function ids: 64-bit calls, fast or yielding, of a silicon provider */
#define FN_FAST			BIT(31)
#define FN_64			BIT(30)
#define FN_OWNER		GENMASK(29, 24)
#define OWNER_SIP		(2UL << 24)
#define FN_CALL			GENMASK(15, 0)

#define CALL_SDI_CONFIG		0x0109
#define CALL_IS_AVAILABLE	0x0601
#define CALL_ASSIGN		0x0c16
#define ASSIGN_ARGS		0x1117	/* number and kinds of the arguments */

/* A call of Gunyah itself, which only firmware for these platforms has */
#define QCOM_CALL_UID		0x86003f01

#define SCM_EINVAL_ARG		(-2)
#define SCM_EINVAL_ADDR		(-3)
#define SCM_EOPNOTSUPP		(-4)
#define SCM_ENOMEM		(-5)

#define RIGHTS_ALL		(RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X)
#define MAX_OWNERS		8
#define MAX_SETS		256

/* VMIDs of the secure firmware; one of them stands for all larger ones */
#define SCM_VMIDS		64
#define SCM_VMID_MANAGED	0x3a

/**
 * struct owners - who owns a page
 * @rights: RM_RIGHT_* by VMID, 0: no owner
 */
struct owners {
	u8 rights[SCM_VMIDS];
};

/**
 * struct assign_owner - a new owner in memory
 * @vmid: VMID
 * @perm: rights, numbered as RM_RIGHT_*
 * @ctx: not used
 * @ctx_size: not used
 * @unused: not used
 */
struct assign_owner {
	u32 vmid;
	u32 perm;
	u64 ctx;
	u32 ctx_size;
	u32 unused;
};

/**
 * struct assign - a request to assign memory
 * @addr: physical address
 * @size: bytes
 * @num_from: number of owners before
 * @from: those
 * @num_to: number of owners after
 * @to: those
 */
struct assign {
	u64 addr;
	u64 size;
	u32 num_from;
	u32 from[MAX_OWNERS];
	u32 num_to;
	struct assign_owner to[MAX_OWNERS];
};

/* All different sets of owners, the first is the host alone with all rights */
static struct owners sets[MAX_SETS];
static u32 num_sets;
static u8 *page_set;

static u8 *set_of(u64 pa)
{
	return &page_set[(pa - hyp.ram_base) >> PAGE_SHIFT];
}

/** scm_init() - the host owns all memory */
void scm_init(void)
{
	if (!hyp.qcom)
		return;
	page_set = alloc((hyp.ram_end - hyp.ram_base) >> PAGE_SHIFT);
	if (!page_set)
		panic("no memory for the owners of pages");
	sets[0].rights[HOST_VMID] = RIGHTS_ALL;
	num_sets = 1;
}

/**
 * scm_host_rights() - what the host may do with a page that is in no parcel
 * @pa: physical address
 *
 * Return: RM_RIGHT_*
 */
u8 scm_host_rights(u64 pa)
{
	return page_set ? sets[*set_of(pa)].rights[HOST_VMID] : RIGHTS_ALL;
}

/**
 * scm_acl_ok() - see rm_ops
 * @ipa: the host's address
 * @size: bytes
 * @acl: who is to have access
 * @count: number of entries
 *
 * Return: false if other VMs own some of it, or with other rights.
 */
bool scm_acl_ok(u64 ipa, u64 size, const struct rm_grant *acl, u32 count)
{
	struct owners want = { 0 };
	u64 end = ipa + size;
	u32 i;

	if (!page_set)
		return true;
	if (!mem_is_ram(ipa, size))
		return false;
	for (i = 0; i < count; i++)
		want.rights[acl[i].vmid < SCM_VMIDS ? acl[i].vmid :
						      SCM_VMID_MANAGED] |=
			acl[i].rights;
	for (; ipa < end; ipa += PAGE_SIZE) {
		if (memcmp(&sets[*set_of(ipa)], &want, sizeof(want)))
			return false;
	}
	return true;
}

/* The index of a set of owners, new or not; MAX_SETS: there is no room */
static u32 find_set(const struct owners *owners)
{
	u32 i;

	for (i = 0; i < num_sets; i++) {
		if (!memcmp(&sets[i], owners, sizeof(*owners)))
			return i;
	}
	if (i < MAX_SETS)
		sets[num_sets++] = *owners;
	return i;
}

/* Memory of a request: the host's, and not given to anybody */
static bool read_host(u64 pa, void *buf, size_t size)
{
	return mem_is_ram(pa, size) && (scm_host_rights(pa) & RM_RIGHT_R) &&
	       !mem_read(HOST_VMID, pa, buf, size);
}

static int assign_read(const struct frame *f, struct assign *a)
{
	u64 range[2], more[4];

	if (f->x[1] != ASSIGN_ARGS)
		return SCM_EINVAL_ARG;
	if (!read_host(f->x[5], more, sizeof(more)))
		return SCM_EINVAL_ADDR;
	/* Linux sends one range at a time */
	if (f->x[3] != sizeof(range) || more[0] % sizeof(a->from[0]) ||
	    more[2] % sizeof(a->to[0]))
		return SCM_EINVAL_ARG;
	a->num_from = more[0] / sizeof(a->from[0]);
	a->num_to = more[2] / sizeof(a->to[0]);
	if (!a->num_from || a->num_from > MAX_OWNERS || !a->num_to ||
	    a->num_to > MAX_OWNERS)
		return SCM_EINVAL_ARG;
	if (!read_host(f->x[2], range, sizeof(range)) ||
	    !read_host(f->x[4], a->from, more[0]) ||
	    !read_host(more[1], a->to, more[2]))
		return SCM_EINVAL_ADDR;
	a->addr = range[0];
	a->size = range[1];
	return 0;
}

/* The owners after the request; each must be named once, and be able to read */
static bool assign_owners(const struct assign *a, struct owners *owners)
{
	u32 i;

	memset(owners, 0, sizeof(*owners));
	for (i = 0; i < a->num_to; i++) {
		const struct assign_owner *to = &a->to[i];

		if (to->vmid >= SCM_VMIDS || owners->rights[to->vmid] ||
		    to->perm & ~RIGHTS_ALL || !(to->perm & RM_RIGHT_R))
			return false;
		owners->rights[to->vmid] = to->perm;
	}
	return true;
}

/* Whether the request names the owners that a page has, and no others */
static bool assign_from(const struct assign *a, const struct owners *owners)
{
	u64 now = 0, from = 0;
	u32 i;

	for (i = 0; i < SCM_VMIDS; i++) {
		if (owners->rights[i])
			now |= BIT(i);
	}
	for (i = 0; i < a->num_from; i++) {
		if (a->from[i] >= SCM_VMIDS)
			return false;
		from |= BIT(a->from[i]);
	}
	return now == from;
}

static int assign_check(const struct assign *a)
{
	u64 pa, end = a->addr + a->size;

	/* What is in a parcel is not the host's to assign */
	if (!mem_is_hosts(a->addr, a->size))
		return SCM_EINVAL_ADDR;
	for (pa = a->addr; pa < end; pa += PAGE_SIZE) {
		if (!assign_from(a, &sets[*set_of(pa)])) {
			log_printf("scm: %lx has other owners", pa);
			return SCM_EINVAL_ARG;
		}
	}
	return 0;
}

/* A planned fault: the error, or the result, of this request; 0: none */
static s32 assign_fault(const struct owners *to)
{
	struct scm_quirk *q = &hyp.quirk.scm;
	bool back = !memcmp(to, &sets[0], sizeof(*to));
	s32 code = q->code;

	hyp.stats.assigns++;
	if (!code || (q->what == GH_TESTCTL_SCM_AWAY && back) ||
	    (q->what == GH_TESTCTL_SCM_BACK && !back))
		return 0;
	if (q->nth > 1) {
		q->nth--;
		return 0;
	}
	if (!q->repeat)
		q->code = 0;
	q->hits++;
	return code;
}

static int assign(const struct frame *f, u64 *result)
{
	static struct assign a;
	struct owners owners;
	u64 pa;
	s32 err;
	u32 set;

	err = assign_read(f, &a);
	if (err)
		return err;
	if (!assign_owners(&a, &owners))
		return SCM_EINVAL_ARG;
	err = assign_fault(&owners);
	if (err > 0) {
		*result = err;
		return 0;
	}
	if (!err)
		err = assign_check(&a);
	if (err)
		return err;
	set = find_set(&owners);
	if (set == MAX_SETS || mem_host_map(a.addr, a.size,
					    owners.rights[HOST_VMID]))
		return SCM_ENOMEM;
	for (pa = a.addr; pa < a.addr + a.size; pa += PAGE_SIZE) {
		hyp.stats.pages_assigned += !!set - !!*set_of(pa);
		*set_of(pa) = set;
	}
	s2_sync();
	return 0;
}

static bool is_available(u64 fn)
{
	if ((fn & FN_OWNER) != OWNER_SIP)
		return false;
	switch (fn & FN_CALL) {
	case CALL_SDI_CONFIG:
	case CALL_IS_AVAILABLE:
	case CALL_ASSIGN:
		return true;
	default:
		return false;
	}
}

/**
 * scm_call() - SMC of the host
 * @f: its registers
 *
 * Return: false if it is not for this firmware.
 */
bool scm_call(struct frame *f)
{
	u64 fn = (u32)f->x[0], result = 0;
	s64 err = SCM_EOPNOTSUPP;

	if (!hyp.qcom)
		return false;
	/* Drivers are known to ask by SMC: there is no answer to an HVC */
	if (fn == QCOM_CALL_UID) {
		f->x[0] = 0xbd54bd19;
		f->x[1] = 0x1b57370b;
		f->x[2] = 0x9b606f94;
		f->x[3] = 0xe69d5354;
		return true;
	}
	if ((fn & FN_OWNER) != OWNER_SIP)
		return false;
	if (fn & FN_64) {
		switch (fn & FN_CALL) {
		case CALL_IS_AVAILABLE:
			result = is_available(f->x[2]);
			err = 0;
			break;
		case CALL_SDI_CONFIG:
			err = 0;
			break;
		case CALL_ASSIGN:
			/* It may take long, so it is not a fast call */
			if (!(fn & FN_FAST))
				err = assign(f, &result);
			break;
		}
	}
	f->x[0] = err;
	f->x[1] = result;
	f->x[2] = 0;
	f->x[3] = 0;
	return true;
}
