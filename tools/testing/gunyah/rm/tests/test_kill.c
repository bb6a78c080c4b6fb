// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kills the published resource manager kills the model, and the log says
 * what it was
 */
#include "edit.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL

static const struct rm_config debug = { .debug = true, .host_name = "HLOS" };

/* Requests on which the published one fails an assertion */
static void assertions(void)
{
	struct fake *f = fake_new(NULL);
	uint32_t handle;
	uint16_t vmid;

	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, 130), NO_REPLY);
	CHECK(died_of(f, "VM_DEALLOC_VMID of VM 130, from VM 3: assertion"));
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, vmid), NO_REPLY);
	CHECK(died_of(f, "VM_RESET of VM 128, from VM 3: assertion"));
	CHECK_EQ(lend(f, vmid, 0, MEM, PAGE, &handle), 0);
	CHECK_EQ(config_image(f, vmid, 3, handle, 0, PAGE), RM_ERR_ARG);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, vmid), NO_REPLY);
	CHECK(died_of(f, "without configuration"));
	/* Not on these */
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, 130), RM_ERR_VMID);
	CHECK_EQ(stop(f, 130, 1), RM_ERR_VMID);
	fake_free(f);
}

static void small_heap(void)
{
	const struct rm_config config = { .max_entries = 600 };
	struct fake *f = fake_new(&config);
	static struct region r[512];
	struct create c = { RM_MEM_LEND_ID, .flags = 2, .nacl = 1,
			    .acl = { { 128, 7 } }, .nsgl = 512, .sgl = r };
	struct rm_stats stats;
	uint32_t handle;
	uint16_t vmid;
	unsigned int i;

	for (i = 0; i < 512; i++) {
		r[i].ipa = MEM + 2 * i * PAGE;
		r[i].size = PAGE;
	}
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(create(f, &c, &handle), 0);
	for (i = 0; i < 512; i++)
		r[i].ipa += PAGE;
	CHECK_EQ(append(f, handle, 0, r, 88), 0);
	CHECK_EQ(append(f, handle, 1, r + 88, 1), NO_REPLY);
	CHECK(is_dead(f));
	CHECK_EQ(f->taken, 600);
	rm_revive(f->rm);
	CHECK_EQ(reclaim(f, handle), 0);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.entries, 0);
	CHECK_EQ(f->taken, 0);
	fake_free(f);
}

static void few_vdevices(void)
{
	const struct rm_config config = { .max_vdevices = 3 };
	struct fake *f = fake_new(&config);
	struct guest g = { .dt = dt_base() };
	struct guest h = { .dt = dt_base(), .image_ipa = 0x42000000 };

	dt_add_bell(g.dt, "bell-1", 1, 5, 1);
	dt_add_bell(g.dt, "bell-2", 2, 6, 1);
	dt_add_bell(g.dt, "bell-3", 3, 7, 1);
	dt_add_bell(h.dt, "bell-1", 1, 5, 1);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(guest_init(f, &h), NO_REPLY);
	CHECK(is_dead(f));
	/* It does not tell of the VM's new state either */
	CHECK_EQ(f->msgs, 0);
	rm_revive(f->rm);
	guest_remove(f, &g);
	h = (struct guest) { .dt = dt_base() };
	dt_add_bell(h.dt, "bell-1", 1, 5, 1);
	CHECK_EQ(guest_start(f, &h), 0);
	fake_free(f);
}

/* VMs that the hypervisor schedules, as the published one has them */
static void fatal_static(void)
{
	const struct rm_config config = { .fatal_static = true };
	unsigned int how;

	for (how = 0; how < 4; how++) {
		struct fake *f = fake_new(&config);
		struct guest g = { .dt = dt_base() };
		bool proxy = how & 1;

		if (!proxy)
			dt_make_static(g.dt, 1);
		CHECK_EQ(guest_start(f, &g), 0);
		forget(f);
		if (how & 2) {
			rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_FAULT, 0, 0,
				       false);
			CHECK(!is_dead(f));
			work(f);
		} else {
			CHECK_EQ(stop(f, g.vmid, 1), proxy ? 0 : NO_REPLY);
		}
		CHECK_EQ(is_dead(f), !proxy);
		CHECK_EQ(f->msgs, !proxy ? 0 : how & 2 ? 2 : 3);
		/* Where a revived one goes on */
		rm_revive(f->rm);
		guest_remove(f, &g);
		CHECK_EQ(f->heap, 0);
		fake_free(f);
	}
}

/* Notifications ------------------------------------------------------- */

static uint32_t mem_notify(struct fake *f, uint32_t handle, uint8_t flags,
			   uint16_t vmid)
{
	uint8_t data[20] = { 0 };

	rm_put32(data, handle);
	data[4] = flags;
	rm_put16(data + 12, 1);
	rm_put16(data + 16, vmid);
	return call(f, RM_MEM_NOTIFY_ID, data, sizeof(data));
}

static uint32_t irq_notify(struct fake *f, uint16_t vmid)
{
	uint8_t lend[12] = { (uint8_t)vmid, 0, 0, 0, 40 }, data[16] = { 0 };

	CHECK_EQ(call(f, RM_VM_IRQ_LEND_ID, lend, sizeof(lend)), 0);
	memcpy(data, f->body, 4);
	data[4] = RM_IRQ_LENT;
	rm_put16(data + 8, 1);
	rm_put16(data + 12, vmid);
	return call(f, RM_VM_IRQ_NOTIFY_ID, data, sizeof(data));
}

/* A VM without channel cannot be notified, one with a channel can */
static void no_channel(void)
{
	unsigned int rpc;

	for (rpc = 0; rpc < 2; rpc++) {
		uint32_t want = rpc ? 0 : NO_REPLY, handle;
		struct fake *f = fake_new(rpc ? &debug : NULL);
		struct guest g = { .dt = dt_base() };

		if (rpc)
			dt_add_rpc(g.dt, false);
		CHECK_EQ(guest_start(f, &g), 0);
		CHECK_EQ(share(f, g.vmid, 7, MEM, PAGE, &handle), 0);

		CHECK_EQ(stop(f, g.vmid, 0), want);
		CHECK(rpc || died_of(f, "VM_STOP of VM 128, from VM 3: notif"));
		CHECK_EQ(mem_notify(f, handle, RM_NOTIFY_SHARED, g.vmid), want);
		CHECK(rpc || died_of(f, "MEM_NOTIFY of parcel 0x2, from VM 3"));
		CHECK_EQ(mem_notify(f, handle, RM_NOTIFY_RECALL, g.vmid), want);
		CHECK(rpc || died_of(f, "no channel"));
		CHECK_EQ(irq_notify(f, g.vmid), want);
		CHECK(rpc || died_of(f, "VM_IRQ_NOTIFY, from VM 3"));
		CHECK(!is_dead(f));

		/* By force it needs no notification, nor do states */
		CHECK_EQ(stop(f, g.vmid, 1), 0);
		guest_remove(f, &g);
		fake_free(f);
	}
}

/* Nor can one that does not run yet, unless the model accepts in its stead */
static void no_channel_yet(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	uint32_t handle;

	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(lend(f, g.vmid, 7, MEM, PAGE, &handle), 0);
	CHECK_EQ(mem_notify(f, handle, RM_NOTIFY_SHARED, g.vmid), NO_REPLY);
	CHECK(died_of(f, "no channel"));
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(mem_notify(f, handle, RM_NOTIFY_SHARED, g.vmid), 0);
	CHECK_EQ(mem_notify(f, handle, RM_NOTIFY_RECALL, g.vmid), NO_REPLY);
	CHECK(died_of(f, "no channel"));
	fake_free(f);
}

/* Requests ------------------------------------------------------------ */

/* Production firmware refuses what the debug build dies of */
static void empty_requests(void)
{
	static const uint32_t ids[] = {
		RM_VM_IRQ_ACCEPT_ID, RM_VM_IRQ_LEND_ID, RM_VM_IRQ_RELEASE_ID,
		RM_VM_IRQ_RECLAIM_ID, RM_VM_IRQ_NOTIFY_ID, RM_VM_IRQ_UNMAP_ID,
		RM_CONSOLE_WRITE_ID,
	};
	struct fake *f = fake_new(NULL), *d = fake_new(&debug);
	unsigned int i;

	for (i = 0; i < COUNT(ids); i++) {
		CHECK_EQ(call(f, ids[i], NULL, 0), RM_ERR_MSG);
		CHECK_EQ(call(d, ids[i], NULL, 0), NO_REPLY);
		CHECK(died_of(d, "without payload"));
		CHECK_EQ(call(d, ids[i], "x", 1), RM_ERR_MSG);
	}
	CHECK(!is_dead(f));
	fake_free(f);
	fake_free(d);
}

/* The hypervisor's debug build panics of these, the production build does not */
static void hypervisor_panics(void)
{
	struct region far = { 0x1000000000, PAGE };
	struct region r = { MEM, PAGE };
	struct create lend_far = {
		RM_MEM_LEND_ID, .nacl = 1, .acl = { { 128, 7 } },
		.nsgl = 1, .sgl = &far,
	};
	struct create share_rw = {
		RM_MEM_SHARE_ID, .nacl = 2, .acl = { { 128, 7 }, { 3, 6 } },
		.nsgl = 1, .sgl = &r,
	};
	struct fake *f = fake_new(NULL), *d = fake_new(&debug);
	uint32_t handle;
	uint16_t vmid;

	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(alloc_vmid(d, 0, &vmid), 0);
	CHECK_EQ(create(f, &lend_far, &handle), RM_ERR_MEM);
	CHECK_EQ(create(f, &share_rw, &handle), 0);
	CHECK(!f->panicked);

	far.ipa = 0xffffff000;
	lend_far.sgl = &far;
	CHECK_EQ(create(d, &lend_far, &handle), RM_ERR_MEM);
	CHECK(!d->panicked);
	far.ipa = 0x1000000000;
	CHECK_EQ(create(d, &lend_far, &handle), NO_REPLY);
	CHECK(d->panicked && died_of(d, "hypervisor died in MEM_LEND"));
	d->panicked = false;
	CHECK_EQ(create(d, &share_rw, &handle), NO_REPLY);
	CHECK(d->panicked && died_of(d, "hypervisor died in MEM_SHARE"));
	fake_free(f);
	fake_free(d);
}

/* Limits of the published heap ------------------------------------------ */

/* 4096 entries work, 8192 do not, wherever they are */
static void published_entries(void)
{
	const struct rm_config config = { .max_entries = RM_MAX_ENTRIES };
	struct fake *f = fake_new(&config);
	static struct region r[512];
	struct create c = { RM_MEM_LEND_ID, .nacl = 1, .acl = { { 128, 7 } },
			    .nsgl = 512, .sgl = r };
	uint32_t handle[16];
	unsigned int i, k;
	uint16_t vmid;

	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	for (i = 0; i < 16; i++) {
		for (k = 0; k < 512; k++)
			r[k] = (struct region) {
				HOST_BASE + 2 * (512 * i + k) * PAGE, PAGE,
			};
		CHECK_EQ(create(f, &c, &handle[i]), i < 15 ? 0 : NO_REPLY);
	}
	CHECK(died_of(f, "out of heap: too many memory entries"));
	/* What is reclaimed does not count any more */
	CHECK_EQ(reclaim(f, handle[0]), 0);
	for (k = 0; k < 512; k++)
		r[k].ipa = HOST_BASE + 2 * k * PAGE;
	CHECK_EQ(create(f, &c, &handle[0]), 0);
	fake_free(f);
}

static void bells(struct guest *g, unsigned int n)
{
	char name[16];

	g->dt = dt_base();
	g->dt_size = DT_CAPACITY;
	while (n--) {
		snprintf(name, sizeof(name), "b%u", n);
		dt_add_bell(g->dt, name, n, n, 1);
	}
}

static void published_vdevices(void)
{
	const struct rm_config config = { .max_vdevices = RM_MAX_VDEVICES };
	struct fake *f = fake_new(&config);
	struct guest g = { .vmid = 0 }, h = { .image_ipa = 0x42000000 };

	bells(&g, 200);
	bells(&h, 56);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(guest_init(f, &h), NO_REPLY);
	CHECK(died_of(f, "out of heap: too many virtual devices"));
	fake_free(f);

	f = fake_new(&config);
	g.vmid = 0;
	h.vmid = 0;
	bells(&g, 200);
	bells(&h, 55);
	CHECK_EQ(guest_init(f, &g), 0);
	CHECK_EQ(guest_init(f, &h), 0);
	fake_free(f);
}

/* Devicetrees ----------------------------------------------------------- */

static void relative_generate(void)
{
	static const char *const paths[] = { "bell", "hypervisor/bell", "" };
	unsigned int i;

	for (i = 0; i < COUNT(paths); i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .dt = dt_base() };

		dt_add_bell(g.dt, "bell", 1, 5, 1);
		str(g.dt, CONFIG "/vdevices/bell", "generate", paths[i]);
		CHECK_EQ(guest_init(f, &g), 0);
		CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), NO_REPLY);
		CHECK(died_of(f, "VM_START of VM 128"));
		CHECK(strstr(f->line, "generate is a relative path"));
		fake_free(f);
	}
}

static void deep_nesting(void)
{
	static const unsigned int depths[] = { 10, 63, 64, 200 };
	unsigned int i, k;

	for (i = 0; i < COUNT(depths); i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .dt = dt_base() };
		int n = 0;

		for (k = 0; k < depths[i]; k++)
			n = fdt_add_subnode(g.dt, n, "n");
		CHECK(n > 0);
		CHECK_EQ(guest_init(f, &g), k < 64 ? 0 : NO_REPLY);
		CHECK(k < 64 || died_of(f, "VM 3: stack overflow"));
		fake_free(f);
	}
}

/** test_kill() - deaths */
void test_kill(void)
{
	RUN(assertions);
	RUN(small_heap);
	RUN(few_vdevices);
	RUN(fatal_static);
	RUN(no_channel);
	RUN(no_channel_yet);
	RUN(empty_requests);
	RUN(hypervisor_panics);
	RUN(published_entries);
	RUN(published_vdevices);
	RUN(relative_generate);
	RUN(deep_nesting);
}
