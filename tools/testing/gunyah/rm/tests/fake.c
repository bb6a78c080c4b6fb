// SPDX-License-Identifier: GPL-2.0-only
/*
 * A platform made of arrays. It checks what the model asks of it, and aborts
 * where a real one could be corrupted.
 */
#include "fake.h"

static void must(bool cond, const char *what)
{
	if (cond)
		return;
	printf("%s: platform misused: %s\n", case_name, what);
	abort();
}

static int fails(struct fake *f, const char *op)
{
	if (!f->fail_op || strcmp(f->fail_op, op))
		return 0;
	return f->fail_error;
}

/**
 * struct block - an allocation of the model
 * @next: in the list of all
 * @at: what points to it
 * @size: bytes that were asked for
 * @pad: keeps what follows aligned
 */
struct block {
	struct block *next;
	struct block **at;
	size_t size;
	size_t pad;
};

static void *op_alloc(void *ctx, size_t size)
{
	struct fake *f = ctx;
	struct block *b;

	must(size, "alloc of nothing");
	f->allocs++;
	if (f->fail_alloc && !--f->fail_alloc)
		return NULL;
	f->heap += size;
	if (size > f->largest)
		f->largest = size;
	b = calloc(1, sizeof(*b) + size);
	b->size = size;
	b->next = f->blocks;
	b->at = &f->blocks;
	if (b->next)
		b->next->at = &b->next;
	f->blocks = b;
	return b + 1;
}

static void op_free(void *ctx, void *ptr, size_t size)
{
	struct fake *f = ctx;
	struct block *b = (struct block *)ptr - 1;

	must(b->size == size, "free with another size");
	f->heap -= size;
	*b->at = b->next;
	if (b->next)
		b->next->at = b->at;
	free(b);
}

static uint64_t op_random(void *ctx)
{
	(void)ctx;
	return 0x0123456789abcdefULL;
}

static void op_log(void *ctx, const char *line)
{
	struct fake *f = ctx;
	bool refused = strstr(line, ": refused with "), died = strstr(line, " died in ");

	if (getenv("RM_TEST_LOG"))
		printf("  rm: %s\n", line);
	must(!strstr(line, "no reason noted"), line);
	f->refusals += refused;
	f->deaths += died;
	if (refused || died)
		snprintf(f->line, sizeof(f->line), "%s", line);
}

static void op_kick(void *ctx)
{
	((struct fake *)ctx)->kicks++;
}

/* Put packets together as a client does, strictly */
static bool op_send(void *ctx, uint16_t vmid, const void *packet, size_t len)
{
	struct fake *f = ctx;
	const uint8_t *p = packet;
	struct message *m;
	unsigned int i;

	if (f->dirty)
		f->dirty_send = true;
	if (f->blocked) {
		if (!f->room)
			return false;
		f->room--;
	}
	f->packets++;
	must(len >= 8 && len <= RM_MSG_SIZE && p[0] == 0x21, "packet");
	if (p[1] & 3) {
		must(f->msgs < MAX_MSGS, "too many messages");
		m = &f->msg[f->msgs++];
		m->to = vmid;
		m->type = p[1] & 3;
		m->seq = rm_get16(p + 2);
		m->id = rm_get32(p + 4);
		m->len = 0;
		m->data = malloc(63 * 232);
	} else {
		for (i = f->msgs; i && f->msg[i - 1].to != vmid; i--)
			;
		must(i, "continuation of nothing");
		m = &f->msg[i - 1];
		if (m->id != rm_get32(p + 4) || m->seq != rm_get16(p + 2) ||
		    m->len % 232)
			f->bad_packets++;
	}
	memcpy(m->data + m->len, p + 8, len - 8);
	m->len += len - 8;
	if (m->len > (size_t)((p[1] >> 2) + 1) * 232)
		f->bad_packets++;
	return true;
}

/* Memory -------------------------------------------------------------- */

static struct page *page_at(struct fake *f, uint64_t ipa)
{
	if (ipa < HOST_BASE || (ipa - HOST_BASE) >> 12 >= HOST_PAGES)
		return NULL;
	return &f->pages[(ipa - HOST_BASE) >> 12];
}

static int op_take(void *ctx, uint16_t owner, uint64_t ipa, uint64_t size,
		   enum rm_mem_kind kind, uint8_t owner_rights)
{
	struct fake *f = ctx;
	uint64_t at;
	int err = fails(f, "mem_take");

	must(!(ipa & 4095) && !(size & 4095) && size, "take: alignment");
	if (err)
		return err;
	if (owner != RM_VMID_HLOS || size > (uint64_t)HOST_PAGES << 12)
		return RM_HYP_NOT_OWNER;
	for (at = ipa; at < ipa + size; at += 4096)
		if (!page_at(f, at) || page_at(f, at)->taken)
			return RM_HYP_NOT_OWNER;
	for (at = ipa; at < ipa + size; at += 4096) {
		page_at(f, at)->taken = 1 + kind;
		page_at(f, at)->owner_rights = owner_rights;
		f->taken++;
	}
	f->dirty = true;
	return 0;
}

static bool op_acl_ok(void *ctx, uint16_t owner, uint64_t ipa, uint64_t size,
		      const struct rm_grant *acl, uint32_t count)
{
	struct fake *f = ctx;

	must(owner && count, "ACL: nobody");
	must(!(ipa & 4095) && !(size & 4095) && size, "ACL: alignment");
	f->acl_asked++;
	f->acl_last = acl[count - 1];
	return !fails(f, "mem_acl_ok");
}

static void op_give_back(void *ctx, uint16_t owner, uint64_t ipa,
			 uint64_t size, bool sanitize)
{
	struct fake *f = ctx;
	uint64_t at;

	must(owner == RM_VMID_HLOS, "give back: owner");
	for (at = ipa; at < ipa + size; at += 4096) {
		struct page *p = page_at(f, at);

		must(p && p->taken, "give back: not taken");
		must(!p->maps, "give back: still mapped");
		p->taken = 0;
		p->sanitized = sanitize;
		f->taken--;
		if (sanitize && p->data)
			memset(p->data, 0, 4096);
	}
	f->dirty = true;
}

static uint32_t *guest_page(struct fake *f, uint16_t vmid, uint64_t ipa)
{
	struct fake_vm *vm = &f->vm[vmid];
	uint64_t n = (ipa - HOST_BASE) >> 12;

	must(vmid < 256 && vm->exists, "memory of a VM that is not there");
	if (ipa < HOST_BASE || n >= GUEST_PAGES)
		return NULL;
	return &vm->map[n];
}

static int op_map(void *ctx, uint16_t vmid, uint64_t to, uint16_t owner,
		  uint64_t ipa, uint64_t size, uint8_t rights)
{
	struct fake *f = ctx;
	int err = fails(f, "mem_map");
	uint64_t at;

	f->map_calls++;
	must(owner == RM_VMID_HLOS, "map: owner");
	if (err)
		return err;
	for (at = 0; at < size; at += 4096) {
		struct page *p = page_at(f, ipa + at);
		uint32_t *g = guest_page(f, vmid, to + at);

		must(p && p->taken, "map: not taken");
		if (!g)
			return RM_HYP_ADDR_INVALID;
		must(!*g, "map: address in use");
		*g = (uint32_t)(1 + ((ipa + at - HOST_BASE) >> 12));
		f->vm[vmid].rights[g - f->vm[vmid].map] = rights;
		p->maps++;
	}
	f->dirty = true;
	return 0;
}

static void op_unmap(void *ctx, uint16_t vmid, uint64_t to, uint64_t size)
{
	struct fake *f = ctx;
	uint64_t at;

	for (at = 0; at < size; at += 4096) {
		uint32_t *g = guest_page(f, vmid, to + at);

		must(g && *g, "unmap: not mapped");
		f->pages[*g - 1].maps--;
		*g = 0;
	}
	f->dirty = true;
}

static void op_sync(void *ctx)
{
	((struct fake *)ctx)->dirty = false;
}

static uint64_t op_contiguous(void *ctx, uint16_t owner, uint64_t ipa,
			      uint64_t size)
{
	struct fake *f = ctx;
	uint64_t block = (uint64_t)f->contiguous << 12;

	(void)owner;
	if (!block)
		return size;
	block -= ipa % block;
	return block < size ? block : size;
}

/**
 * fake_mem() - a byte of the host's memory
 * @f: test fixture
 * @ipa: address
 *
 * Return: the byte, and what follows in its page
 */
uint8_t *fake_mem(struct fake *f, uint64_t ipa)
{
	struct page *p = page_at(f, ipa);

	must(p, "memory that is not there");
	if (!p->data)
		p->data = calloc(1, 4096);
	return p->data + (ipa & 4095);
}

/**
 * fake_read() - read the host's memory
 * @f: test fixture
 * @ipa: address
 * @buf: where to
 * @len: how much
 */
void fake_read(struct fake *f, uint64_t ipa, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len--)
		*to++ = *fake_mem(f, ipa++);
}

/**
 * fake_write() - write the host's memory
 * @f: test fixture
 * @ipa: address
 * @buf: what
 * @len: how much
 */
void fake_write(struct fake *f, uint64_t ipa, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len--)
		*fake_mem(f, ipa++) = *from++;
}

static int op_read(void *ctx, uint16_t owner, uint64_t ipa, void *buf,
		   size_t size)
{
	must(owner == RM_VMID_HLOS, "read: owner");
	fake_read(ctx, ipa, buf, size);
	return fails(ctx, "mem_read");
}

static int op_write(void *ctx, uint16_t owner, uint64_t ipa, const void *buf,
		    size_t size)
{
	must(owner == RM_VMID_HLOS, "write: owner");
	if (fails(ctx, "mem_write"))
		return fails(ctx, "mem_write");
	fake_write(ctx, ipa, buf, size);
	return 0;
}

/**
 * fake_mapped() - is a page of the host mapped in a guest?
 * @f: test fixture
 * @vmid: VMID
 * @ipa: address in the guest
 * @host: address of the page
 *
 * Return: true if it is at @ipa
 */
bool fake_mapped(struct fake *f, uint16_t vmid, uint64_t ipa, uint64_t host)
{
	uint32_t *g = f->vm[vmid].exists ? guest_page(f, vmid, ipa) : NULL;

	return g && *g == 1 + ((host - HOST_BASE) >> 12);
}

/* VMs ----------------------------------------------------------------- */

static int op_vm_create(void *ctx, uint16_t vmid)
{
	struct fake *f = ctx;
	struct fake_vm *vm = &f->vm[vmid];

	if (fails(f, "vm_create"))
		return fails(f, "vm_create");
	must(!vm->exists, "VM exists");
	memset(vm, 0, sizeof(*vm));
	vm->exists = true;
	vm->map = calloc(GUEST_PAGES, sizeof(*vm->map));
	vm->rights = calloc(GUEST_PAGES, 1);
	return 0;
}

static void op_vm_destroy(void *ctx, uint16_t vmid)
{
	struct fake_vm *vm = &((struct fake *)ctx)->vm[vmid];
	unsigned int i;

	must(vm->exists, "VM does not exist");
	must(!vm->paging, "VM destroyed with paging");
	for (i = 0; i < 8; i++)
		must(!vm->vcpu[i].exists, "VM destroyed before its vCPUs");
	free(vm->map);
	free(vm->rights);
	vm->exists = false;
	vm->rtc = 0;
}

static int op_gic_create(void *ctx, uint16_t vmid, uint64_t gicd,
			 uint64_t gicr, uint64_t stride, unsigned int n)
{
	struct fake *f = ctx;

	must(!(gicd & 0xffff) && !(gicr & 0xffff) && stride, "GIC");
	f->vm[vmid].gic = true;
	f->vm[vmid].num_vcpus = n;
	return fails(f, "gic_create");
}

static int op_vmmio_add(void *ctx, uint16_t vmid, uint64_t base, uint64_t size)
{
	struct fake *f = ctx;

	/* A second one: what VMs with demand paging have besides */
	must(f->vm[vmid].vmmio ? base >= 0x40000000 && size :
	     !base && size == 0x40000000, "VMMIO range");
	f->vm[vmid].more_vmmio = f->vm[vmid].vmmio ? size : 0;
	f->vm[vmid].vmmio = true;
	return fails(f, "vmmio_add");
}

static int op_paging_create(void *ctx, uint16_t vmid,
			    const struct rm_guest_range *ranges, uint32_t count,
			    struct rm_paging_caps *caps)
{
	struct fake *f = ctx;
	struct fake_vm *vm = &f->vm[vmid];
	uint64_t end = 0x40000000;
	unsigned int i;

	must(vm->exists && vm->vmmio && !vm->paging && count, "paging");
	for (i = 0; i < count; i++) {
		must(ranges[i].ipa >= end && ranges[i].size, "paged range");
		end = ranges[i].ipa + ranges[i].size;
	}
	if (fails(f, "paging_create"))
		return fails(f, "paging_create");
	vm->paging = true;
	caps->space = f->next_cap++;
	for (i = 0; i < RM_EXTENTS; i++)
		caps->extent[i] = f->next_cap++;
	return 0;
}

static uint64_t op_paging_pages(void *ctx, uint16_t vmid)
{
	struct fake *f = ctx;

	must(f->vm[vmid].paging, "pages of a VM without paging");
	return f->vm[vmid].pages;
}

static void op_paging_destroy(void *ctx, uint16_t vmid)
{
	struct fake *f = ctx;

	must(f->vm[vmid].paging && !f->vm[vmid].pages, "end of paging");
	f->vm[vmid].paging = false;
}

static int op_rtc_create(void *ctx, uint16_t vmid, uint64_t ipa)
{
	struct fake *f = ctx;

	must(f->vm[vmid].exists && !f->vm[vmid].rtc && ipa &&
	     !(ipa & 0xfff), "clock");
	if (fails(f, "rtc_create"))
		return fails(f, "rtc_create");
	f->vm[vmid].rtc = ipa;
	return 0;
}

static void op_rtc_set(void *ctx, uint16_t vmid, uint64_t time,
		       uint64_t counter)
{
	struct fake *f = ctx;

	must(f->vm[vmid].rtc, "time of a VM without a clock");
	f->vm[vmid].rtc_time = time;
	f->vm[vmid].rtc_counter = counter;
}

static int op_vcpu_create(void *ctx, const struct rm_vcpu_params *p,
			  struct rm_endpoint *owner, struct rm_endpoint *own)
{
	struct fake *f = ctx;

	if (fails(f, "vcpu_create"))
		return fails(f, "vcpu_create");
	must(f->vm[p->vmid].gic && p->index < 8, "vCPU");
	must(!f->vm[p->vmid].vcpu[p->index].exists, "vCPU exists");
	memset(&f->vm[p->vmid].vcpu[p->index], 0,
	       sizeof(f->vm[p->vmid].vcpu[0]));
	f->vm[p->vmid].vcpu[p->index].exists = true;
	f->vm[p->vmid].vcpu[p->index].proxy = p->proxy;
	f->vm[p->vmid].vcpu[p->index].psci = p->psci;
	f->vm[p->vmid].vcpu[p->index].affinity = p->affinity;
	f->vm[p->vmid].vcpu[p->index].timeslice = p->timeslice_us;
	owner->cap = f->next_cap++;
	owner->virq = p->proxy ? f->next_virq++ : RM_VIRQ_NONE;
	own->cap = f->next_cap++;
	own->virq = RM_VIRQ_NONE;
	return 0;
}

static int op_power_on(void *ctx, uint16_t vmid, uint8_t index,
		       const struct rm_boot_regs *regs)
{
	struct fake *f = ctx;
	struct fake_vm *vm = &f->vm[vmid];

	if (fails(f, "vcpu_power_on"))
		return fails(f, "vcpu_power_on");
	must(vm->vcpu[index].exists && !vm->vcpu[index].on, "power on");
	must(!f->dirty, "power on before the mappings are in effect");
	vm->vcpu[index].on = true;
	vm->vcpu[index].regs = *regs;
	return 0;
}

static void op_kill(void *ctx, uint16_t vmid, uint8_t index)
{
	struct fake *f = ctx;

	must(f->vm[vmid].vcpu[index].exists, "kill: no such vCPU");
	f->vm[vmid].vcpu[index].killed = true;
}

static void op_vcpu_destroy(void *ctx, uint16_t vmid, uint8_t index)
{
	struct fake *f = ctx;

	must(f->vm[vmid].vcpu[index].exists, "destroy: no such vCPU");
	f->vm[vmid].vcpu[index].exists = false;
}

static int op_object_create(void *ctx, const struct rm_object_params *params,
			    uint32_t *handle, struct rm_endpoint *from,
			    struct rm_endpoint *to)
{
	struct fake *f = ctx;
	uint32_t i;

	if (fails(f, "object_create"))
		return fails(f, "object_create");
	for (i = 0; i < MAX_OBJECTS && f->object[i].exists; i++)
		;
	if (i == MAX_OBJECTS)
		return RM_HYP_NORESOURCES;
	f->object[i].exists = true;
	f->object[i].params = *params;
	f->objects++;
	*handle = i;
	from->cap = f->next_cap++;
	to->cap = f->next_cap++;
	from->virq = params->from_virq ? params->from_virq : f->next_virq++;
	to->virq = params->to_virq ? params->to_virq : f->next_virq++;
	return 0;
}

static void op_object_destroy(void *ctx, uint32_t handle)
{
	struct fake *f = ctx;

	must(handle < MAX_OBJECTS && f->object[handle].exists, "no object");
	f->object[handle].exists = false;
	f->objects--;
}

static void op_panic(void *ctx, const char *why)
{
	(void)why;
	((struct fake *)ctx)->panicked = true;
}

static const struct rm_ops ops = {
	.alloc = op_alloc,
	.free = op_free,
	.random = op_random,
	.log = op_log,
	.kick = op_kick,
	.send = op_send,
	.mem_take = op_take,
	.mem_acl_ok = op_acl_ok,
	.mem_give_back = op_give_back,
	.mem_map = op_map,
	.mem_unmap = op_unmap,
	.mem_sync = op_sync,
	.mem_contiguous = op_contiguous,
	.mem_read = op_read,
	.mem_write = op_write,
	.vm_create = op_vm_create,
	.vm_destroy = op_vm_destroy,
	.gic_create = op_gic_create,
	.vmmio_add = op_vmmio_add,
	.paging_create = op_paging_create,
	.paging_pages = op_paging_pages,
	.paging_destroy = op_paging_destroy,
	.rtc_create = op_rtc_create,
	.rtc_set = op_rtc_set,
	.vcpu_create = op_vcpu_create,
	.vcpu_power_on = op_power_on,
	.vcpu_kill = op_kill,
	.vcpu_destroy = op_vcpu_destroy,
	.object_create = op_object_create,
	.object_destroy = op_object_destroy,
	.panic = op_panic,
};

/**
 * fake_new() - make a resource manager on a fresh platform
 * @config: variant; NULL: production, without limits
 *
 * Return: the fixture
 */
struct fake *fake_new(const struct rm_config *config)
{
	static const struct rm_config prod = { .host_name = "HLOS" };
	struct fake *f = calloc(1, sizeof(*f));

	f->pages = calloc(HOST_PAGES, sizeof(*f->pages));
	f->next_virq = 962;
	f->rm = rm_create(aligned_alloc(16, (rm_size() + 15) & ~15ul),
			  config ? config : &prod, &ops, f);
	return f;
}

/**
 * fake_free() - take all of it down, whatever state it is in
 * @f: test fixture
 */
void fake_free(struct fake *f)
{
	unsigned int i;

	CHECK(!f->dirty_send);
	CHECK(!f->bad_packets);
	forget(f);
	while (f->blocks)
		op_free(f, f->blocks + 1, f->blocks->size);
	for (i = 0; i < HOST_PAGES; i++)
		free(f->pages[i].data);
	for (i = 0; i < 256; i++) {
		if (!f->vm[i].exists)
			continue;
		free(f->vm[i].map);
		free(f->vm[i].rights);
	}
	free(f->rm);
	free(f->pages);
	free(f);
}
