// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, packets and devicetrees that nobody would think of
 *
 * Every case has a fixed seed, so that it does the same each time. What is
 * checked is what must hold whatever was asked: the sanitizers and the
 * platform find nothing, and once everything is taken down nothing is left.
 * RM_TEST_SEED=<first> RM_TEST_SEEDS=<count> adds more seeds.
 */
#include <libfdt.h>

#include "fake.h"

#define MEM		0x48000000ULL
#define PAGE		4096ULL
#define WINDOW		64		/* pages at MEM that parcels are made of */
#define SLOTS		3
#define STEPS		1000

static uint64_t state;
static bool rude;	/* also ask for what leaves a VM stuck for ever */

static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % n;
}

static bool one_in(uint32_t n)
{
	return !rnd(n);
}

/* How often things went well, for all seeds: else the cases are worthless */
static unsigned int started, refused, mapped, resets, deaths, clean;

/* Devicetrees ----------------------------------------------------------- */

static void *some_dt(void)
{
	void *dt = dt_base();
	int n;

	dt_add_rpc(dt, one_in(2));
	dt_add_bell(dt, "bell-1", 1, 5, 4);
	if (one_in(2)) {
		dt_add_shm(dt, "shm-0", 7, 0x90000000);
		n = fdt_path_offset(dt, "/gunyah-vm-config/vdevices/shm-0/memory");
		CHECK_EQ(fdt_setprop_empty(dt, n, "optional"), 0);
	}
	n = dt_vdev(dt, "pair", "message-queue-pair");
	CHECK_EQ(fdt_setprop_u32(dt, n, "label", 3), 0);
	dt_set_cpus(dt, 1 + rnd(4), one_in(2));
	if (one_in(4))
		dt_make_static(dt, 1 + rnd(3));
	if (one_in(3)) {
		n = fdt_add_subnode(dt, 0, "reserved-memory");
		CHECK_EQ(fdt_setprop_u32(dt, n, "#address-cells", 2), 0);
		CHECK_EQ(fdt_setprop_u32(dt, n, "#size-cells", 2), 0);
		n = fdt_add_subnode(dt, n, "pool");
		CHECK_EQ(fdt_setprop_u64(dt, n, "size", PAGE), 0);
	}
	dt_finish(dt);
	return dt;
}

/* Mostly in the structure, now and then in the header */
static void damage(void *dt)
{
	static const uint8_t words[][4] = {
		{ 0, 0, 0, 1 }, { 0, 0, 0, 2 }, { 0, 0, 0, 3 }, { 0, 0, 0, 4 },
		{ 0, 0, 0, 9 }, { 0xff, 0xff, 0xff, 0xff }, { 0x80, 0, 0, 0 },
	};
	uint32_t size = fdt_totalsize(dt), n = rnd(4), at;
	uint8_t *p = dt;

	while (n--) {
		at = one_in(8) ? 4 + rnd(36) : 40 + rnd(size - 44);
		switch (rnd(4)) {
		case 0:
			p[at] = (uint8_t)rnd(256);
			break;
		case 1:
			p[at] ^= 1 << rnd(8);
			break;
		case 2:
			p[at] = 0;
			break;
		default:
			memcpy(p + (at & ~3u), words[rnd(COUNT(words))], 4);
			break;
		}
	}
}

static void damaged_dts(void)
{
	struct rm_config config = { .host_name = "HLOS" };
	unsigned int i;

	for (i = 0; i < 30; i++) {
		struct fake *f;
		struct guest g = { .dt_size = DT_SIZE };
		uint32_t shm, err;

		config.debug = one_in(2);
		g.auth = one_in(8);
		f = fake_new(&config);
		g.dt = some_dt();
		damage(g.dt);
		CHECK_EQ(guest_load(f, &g), 0);
		CHECK_EQ(share(f, g.vmid, 7, MEM, 3 * PAGE, &shm), 0);
		CHECK_EQ(config_image(f, g.vmid, g.auth, g.image, DT_OFFSET,
				      DT_SIZE), 0);
		if (g.auth)
			CHECK_EQ(call_vm(f, RM_VM_AUTH_ID, g.vmid), 0);
		err = call_vm(f, RM_VM_INIT_ID, g.vmid);
		CHECK(err != NO_REPLY);
		CHECK_EQ(vm_state(f, g.vmid), err ? RM_STATE_INIT_FAILED :
						    RM_STATE_READY);
		if (!err)
			err = call_vm(f, RM_VM_START_ID, g.vmid);
		CHECK(err != NO_REPLY);
		if (err)
			refused++;
		else
			started++;
		guest_remove(f, &g);
		CHECK_EQ(reclaim(f, shm), 0);
		CHECK_EQ(f->heap, 0);
		CHECK_EQ(f->taken, 0);
		CHECK_EQ(f->objects, 0);
		fake_free(f);
	}
}

/* Requests -------------------------------------------------------------- */

static const uint32_t ids[] = {
	RM_MEM_DONATE_ID, RM_MEM_ACCEPT_ID, RM_MEM_LEND_ID, RM_MEM_SHARE_ID,
	RM_MEM_RELEASE_ID, RM_MEM_RECLAIM_ID, RM_MEM_NOTIFY_ID,
	RM_MEM_APPEND_ID, RM_FW_MILESTONE_ID,
	RM_FW_SET_FIRMWARE_ID, RM_VM_ALLOC_ID, RM_VM_DEALLOC_ID, RM_VM_START_ID,
	RM_VM_STOP_ID, RM_VM_RESET_ID, RM_VM_CONFIG_ID, RM_VM_AUTH_ID,
	RM_VM_INIT_ID, RM_VM_GET_ID_ID, RM_VM_LOOKUP_URI_ID,
	RM_VM_LOOKUP_GUID_ID, RM_VM_LOOKUP_NAME_ID, RM_VM_GET_OWNER_ID,
	RM_VM_GET_STATE_ID, RM_VM_GET_CRASH_ID, RM_VM_GET_RESOURCES_ID,
	RM_VM_GET_VMID_ID, RM_VM_GET_PEERS_ID, RM_VM_SET_TIME_BASE_ID,
	RM_VM_SET_BOOT_ID, RM_VM_SET_FW_MEM_ID, RM_VM_IRQ_ACCEPT_ID,
	RM_VM_IRQ_LEND_ID, RM_VM_IRQ_RELEASE_ID, RM_VM_IRQ_RECLAIM_ID,
	RM_VM_IRQ_NOTIFY_ID, RM_VM_IRQ_UNMAP_ID, RM_IPA_RESERVE_ID,
	RM_VM_SET_STATUS_ID, RM_VM_SET_PAGING_ID, RM_VM_SET_LAYOUT_ID,
	RM_CONSOLE_OPEN_ID, RM_CONSOLE_CLOSE_ID, RM_CONSOLE_WRITE_ID,
	RM_CONSOLE_FLUSH_ID, RM_VM_EXIT_ID, RM_VM_SET_CRASH_ID,
	RM_HOST_GET_TYPE_ID,
};

/* More than are lent in a run */
static const uint32_t leases = 60;

static uint16_t some_vmid(void)
{
	static const uint16_t odd[] = { 0, 3, 4, 255, 256, 0xffff };

	return one_in(6) ? odd[rnd(COUNT(odd))] : (uint16_t)(128 + rnd(SLOTS));
}

static uint64_t some_page(void)
{
	if (one_in(20))
		return (uint64_t)rnd(1 << 30) << rnd(40);
	return MEM + rnd(WINDOW) * PAGE;
}

static uint32_t some_handle(uint32_t handles)
{
	return one_in(12) ? rnd(1000) : 1 + rnd(handles + 1);
}

static uint8_t *put_acl(uint8_t *p, bool with_owner)
{
	uint32_t i, n = 1 + (one_in(4) ? rnd(2) : 0) + with_owner;

	rm_put32(p, n);
	for (p += 4, i = 0; i < n; i++, p += 4) {
		rm_put32(p, 0);
		rm_put16(p, with_owner && !i ? 3 : some_vmid());
		p[2] = one_in(6) ? (uint8_t)rnd(8) : 7;
	}
	return p;
}

static uint8_t *put_sgl(uint8_t *p, uint32_t n)
{
	uint32_t i;

	rm_put32(p, n);
	for (p += 4, i = 0; i < n; i++, p += 16) {
		rm_put64(p, some_page());
		rm_put64(p + 8, PAGE * (1 + rnd(3)));
	}
	return p;
}

static size_t sensible_accept(uint32_t handles, uint8_t *d)
{
	uint8_t *p;

	rm_put32(d, some_handle(handles));
	d[5] = (uint8_t)rnd(3);
	d[6] = (uint8_t)(one_in(4) ? rnd(256) : one_in(3) ? 0 :
			 RM_ACCEPT_DONE | (one_in(3) ? 16 : 0));
	rm_put32(d + 12, 0);
	p = d + 16;
	if (one_in(3)) {
		rm_put32(p, 1);
		rm_put64(p + 4, 0x60000000 + rnd(64) * PAGE);
		rm_put64(p + 12, PAGE * (1 + rnd(2)));
		p += 16;
	}
	p += 4;
	rm_put32(p, 0);
	return p + 4 - d;
}

/* A request about memory that makes sense for the most part; 0: it is no such */
static size_t sensible_mem(uint32_t id, uint32_t handles, uint8_t *d)
{
	uint8_t *p;

	switch (id) {
	case RM_MEM_DONATE_ID:
	case RM_MEM_LEND_ID:
	case RM_MEM_SHARE_ID:
		d[2] = one_in(3) ? (uint8_t)rnd(4) : 0;
		rm_put32(d + 4, one_in(2) ? 0 : 5 + rnd(4));
		p = put_acl(d + 8, id == RM_MEM_SHARE_ID);
		p = put_sgl(p, one_in(12) ? rnd(200) : 1 + rnd(3));
		rm_put32(p, 0);
		return p + 4 - d;
	case RM_MEM_APPEND_ID:
		rm_put32(d, some_handle(handles));
		d[4] = (uint8_t)rnd(2);
		return put_sgl(d + 8, 1 + rnd(3)) - d;
	case RM_MEM_ACCEPT_ID:
		return sensible_accept(handles, d);
	case RM_MEM_RELEASE_ID:
	case RM_MEM_RECLAIM_ID:
		rm_put32(d, some_handle(handles));
		d[4] = one_in(3);
		return 8;
	case RM_MEM_NOTIFY_ID:
		rm_put32(d, some_handle(handles));
		d[4] = (uint8_t)(1 << rnd(4));
		rm_put32(d + 12, 1);
		rm_put16(d + 16, some_vmid());
		return 20;
	default:
		return 0;
	}
}

/* A request about interrupts or addresses, likewise */
static size_t sensible_irq(uint32_t id, uint8_t *d)
{
	switch (id) {
	case RM_VM_IRQ_LEND_ID:
		rm_put16(d, some_vmid());
		rm_put32(d + 4, 30 + rnd(8));
		return 12;
	case RM_VM_IRQ_ACCEPT_ID:
	case RM_VM_IRQ_NOTIFY_ID:
		rm_put32(d, 1 + rnd(leases));
		rm_put32(d + 4, id == RM_VM_IRQ_NOTIFY_ID ? 1 << rnd(3) : 40);
		rm_put32(d + 8, 1);
		rm_put16(d + 12, some_vmid());
		return id == RM_VM_IRQ_NOTIFY_ID && d[4] == 1 ? 16 : 8;
	case RM_VM_IRQ_RELEASE_ID:
	case RM_VM_IRQ_RECLAIM_ID:
		rm_put32(d, 1 + rnd(leases));
		return 4;
	case RM_IPA_RESERVE_ID:
		d[0] = (uint8_t)rnd(2);
		d[12] = 1;
		rm_put64(d + 16, 0x60000000 + rnd(64) * PAGE);
		rm_put64(d + 24, PAGE * (1 + rnd(2)));
		rm_put64(d + 32, PAGE);
		rm_put64(d + 40, PAGE << rnd(4));
		return d[0] ? 48 : 32;
	default:
		return 0;
	}
}

/* Any request, likewise */
static size_t sensible(uint32_t id, uint32_t handles, uint8_t *d)
{
	size_t len;

	memset(d, 0, 64);
	len = sensible_mem(id, handles, d);
	if (!len)
		len = sensible_irq(id, d);
	if (len)
		return len;
	switch (id) {
	case RM_VM_CONFIG_ID:
		rm_put16(d, some_vmid());
		rm_put16(d + 2, (uint16_t)rnd(4));
		rm_put32(d + 4, some_handle(handles));
		rm_put64(d + 24, DT_OFFSET * rnd(2));
		rm_put64(d + 32, PAGE * rnd(5));
		return 40;
	case RM_FW_SET_FIRMWARE_ID:
	case RM_VM_SET_FW_MEM_ID:
		rm_put16(d, id == RM_VM_SET_FW_MEM_ID ? some_vmid() : 2);
		rm_put32(d + 4, some_handle(handles));
		rm_put64(d + 16, PAGE * (1 + rnd(2)));
		return 24;
	case RM_VM_SET_TIME_BASE_ID:
		rm_put16(d, some_vmid());
		return 20;
	case RM_VM_SET_BOOT_ID:
		rm_put16(d, some_vmid());
		d[2] = (uint8_t)rnd(4);
		d[3] = (uint8_t)rnd(33);
		rm_put32(d + 8, rnd(1000));
		return 16;
	case RM_VM_SET_PAGING_ID:
	case RM_VM_SET_LAYOUT_ID:
		rm_put16(d, some_vmid());
		rm_put32(d + 4, id == RM_VM_SET_PAGING_ID);
		rm_put64(d + 8, GUEST_BASE + IMAGE_SIZE * rnd(2));
		rm_put64(d + 16, IMAGE_SIZE * (1 + rnd(2)));
		return 24;
	case RM_VM_STOP_ID:
		rm_put16(d, some_vmid());
		d[2] = (uint8_t)rnd(2);
		return 8;
	case RM_CONSOLE_WRITE_ID:
		rm_put16(d, one_in(2) ? 0 : some_vmid());
		rm_put16(d + 2, 9);
		return 13;
	case RM_VM_SET_CRASH_ID:
		rm_put16(d, 9);
		return 13;
	default:
		rm_put16(d, some_vmid());
		return 4;
	}
}

static size_t nonsense(uint8_t *d, size_t len)
{
	unsigned int n = 1 + rnd(3);

	while (n--) {
		size_t at = rnd(40);

		d[at] = one_in(2) ? (uint8_t)rnd(256) : (uint8_t)rnd(4);
	}
	if (one_in(2))
		len = one_in(3) ? rnd(RM_MAX_PAYLOAD) : rnd(64);
	return len;
}

static void some_request(struct fake *f, uint32_t handles)
{
	static uint8_t d[RM_MAX_PAYLOAD];
	uint32_t id = ids[rnd(COUNT(ids))];
	uint16_t from = one_in(3) ? some_vmid() : RM_VMID_HLOS;
	size_t len = sensible(id, handles, d);

	if (id == RM_VM_CONFIG_ID && !rude)
		return;
	if (one_in(5))
		len = nonsense(d, len);
	if (one_in(8))
		f->fail_alloc = 1 + rnd(6);
	send_packets(f, from, id, (uint16_t)rnd(65536), d, len);
	f->fail_alloc = 0;
}

/* Memory for a VM that runs, which takes it in some way, and may return it */
static void exchange(struct fake *f, uint16_t vmid)
{
	struct region r[2] = {
		{ some_page(), PAGE }, { some_page(), PAGE * (1 + rnd(3)) },
	};
	static const uint32_t kinds[] = {
		RM_MEM_DONATE_ID, RM_MEM_LEND_ID, RM_MEM_SHARE_ID,
	};
	uint32_t kind = one_in(8) ? 0 : 1 + rnd(2), handle;
	struct create c = {
		.id = kinds[kind], .label = rnd(3), .nacl = 1 + (kind == 2),
		.acl = { { vmid, 7 }, { 3, 7 } }, .nsgl = 1 + rnd(2), .sgl = r,
	};
	uint8_t d[64];
	size_t len;

	if (create(f, &c, &handle))
		return;
	do {
		len = sensible(RM_MEM_ACCEPT_ID, handle, d);
		rm_put32(d, handle);
		d[5] = (uint8_t)kind;
		mapped += !call_from(f, vmid, RM_MEM_ACCEPT_ID, d, len) &&
			  (d[6] & RM_ACCEPT_DONE);
	} while (one_in(3));
	rm_put32(d, handle);
	rm_put32(d + 4, one_in(3));
	if (one_in(2))
		call_from(f, vmid, RM_MEM_RELEASE_ID, d, 8);
	if (one_in(2))
		reclaim(f, handle);
}

/* An image for a VM, and the VM itself if it is not there, configured */
static void configure(struct fake *f, struct guest *g)
{
	if (!g->dt)
		g->dt = some_dt();
	if (one_in(6))
		damage(g->dt);
	/* A failure would be the end of the VMID */
	f->fail_op = NULL;
	if (!guest_load(f, g))
		config_image(f, g->vmid, one_in(6), g->image, DT_OFFSET,
			     DT_SIZE);
	free(g->dt);
	g->dt = NULL;
}

/* The next thing that a driver would do with a VM, or nearly */
static void drive(struct fake *f, struct guest *g)
{
	if (g->vmid && vm_state(f, g->vmid) == 0xff)
		g->vmid = 0;
	if (!g->vmid) {
		configure(f, g);
		return;
	}
	switch (vm_state(f, g->vmid)) {
	case RM_STATE_LOAD:
	case RM_STATE_RESET:
		reclaim(f, g->image);
		if (one_in(3))
			call_vm(f, RM_VM_DEALLOC_ID, g->vmid);
		else
			configure(f, g);
		break;
	case RM_STATE_AUTH:
		call_vm(f, RM_VM_AUTH_ID, g->vmid);
		break;
	case RM_STATE_INIT:
		call_vm(f, RM_VM_INIT_ID, g->vmid);
		break;
	case RM_STATE_READY:
		started += !call_vm(f, RM_VM_START_ID, g->vmid);
		break;
	case RM_STATE_RUNNING:
		if (!one_in(6))
			exchange(f, g->vmid);
		else
			rm_vcpu_halted(f->rm, g->vmid, (uint8_t)rnd(4),
				       one_in(2) ? RM_HALT_OFF : RM_HALT_RESET2,
				       rnd(2), rnd(9), one_in(2));
		break;
	case RM_STATE_EXITED:
	case RM_STATE_INIT_FAILED:
		/* Without configuration it would be the end */
		if (f->vm[g->vmid].exists)
			resets += !call_vm(f, RM_VM_RESET_ID, g->vmid);
		break;
	default:
		break;
	}
}

static void revive(struct fake *f)
{
	struct rm_stats stats;

	rm_get_stats(f->rm, &stats);
	if (!stats.dead)
		return;
	deaths++;
	rm_revive(f->rm);
}

/* Everything is told, and nothing of it kept */
static void drain(struct fake *f)
{
	unsigned int i;

	f->blocked = false;
	for (i = 0; i < 256; i++)
		rm_tx_ready(f->rm, (uint16_t)i);
	forget(f);
}

/* Down with a VM by the way a driver would take; false: it is stuck */
static bool remove_vm(struct fake *f, uint16_t vmid)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		switch (vm_state(f, vmid)) {
		case 0xff:
			return true;
		case RM_STATE_LOAD:
		case RM_STATE_RESET:
			CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, vmid), 0);
			break;
		case RM_STATE_AUTH:
			CHECK_EQ(call_vm(f, RM_VM_AUTH_ID, vmid), 0);
			break;
		case RM_STATE_INIT:
			call_vm(f, RM_VM_INIT_ID, vmid);
			break;
		case RM_STATE_RUNNING:
			if (stop(f, vmid, 1))
				return false;
			break;
		case RM_STATE_RESETTING:
			work(f);
			break;
		default:
			if (!f->vm[vmid].exists ||
			    call_vm(f, RM_VM_RESET_ID, vmid))
				return false;
			break;
		}
	}
	return false;
}

/* What must be left when everything is gone */
static void check_clean(struct fake *f, uint32_t handles)
{
	struct rm_stats stats;
	bool stuck = false;
	unsigned int i;

	drain(f);
	work(f);
	for (i = 4; i < 191; i++)
		stuck |= !remove_vm(f, (uint16_t)i);
	for (i = 1; i <= handles; i++)
		reclaim(f, i);
	for (i = 1; i <= leases; i++) {
		uint8_t handle[4] = { (uint8_t)i };

		call(f, RM_VM_IRQ_RECLAIM_ID, handle, sizeof(handle));
	}
	drain(f);
	CHECK(!f->dirty);
	if (stuck)
		return;
	clean++;
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.vmids, 0);
	CHECK_EQ(stats.parcels, 0);
	CHECK_EQ(stats.entries, 0);
	CHECK_EQ(f->objects, 0);
	CHECK_EQ(f->heap, 0);
	for (i = 0; i < HOST_PAGES; i++)
		if (f->pages[i].maps)
			break;
	CHECK_EQ(i, HOST_PAGES);
	/* Donated memory is gone for good, but nothing else */
	for (i = 0; i < HOST_PAGES; i++)
		if (f->pages[i].taken > 1 + RM_MEM_DONATE)
			break;
	CHECK_EQ(i, HOST_PAGES);
}

static void requests(void)
{
	static const char *const ops[] = {
		"mem_take", "mem_map", "mem_write", "vm_create", "gic_create",
		"vmmio_add", "vcpu_create", "vcpu_power_on", "object_create",
	};
	struct rm_config config = { .host_name = "HLOS" };
	struct guest g[SLOTS] = { 0 };
	unsigned long maps;
	struct fake *f;
	unsigned int i, k;
	/* More than all creations there may be */
	const uint32_t handles = STEPS / 4;

	config.debug = one_in(2);
	config.boot_context = one_in(2);
	config.paging = config.boot_context;
	config.max_entries = one_in(4) ? 300 : 0;
	config.late = one_in(4);
	f = fake_new(&config);
	f->contiguous = rnd(3);
	for (i = 0; i < SLOTS; i++)
		g[i].image_ipa = IMAGE_IPA + i * IMAGE_SIZE;
	for (i = 0; i < STEPS; i++) {
		f->fail_op = one_in(20) ? ops[rnd(COUNT(ops))] : NULL;
		f->fail_error = RM_HYP_NORESOURCES;
		if (one_in(2)) {
			drive(f, &g[rnd(SLOTS)]);
		} else {
			maps = f->map_calls;
			/* Nobody reads for a while */
			f->blocked = one_in(4);
			for (k = 0; k < 1 + rnd(4); k++) {
				f->room = rnd(3);
				some_request(f, i / 40);
			}
			mapped += f->map_calls != maps;
		}
		f->fail_op = NULL;
		if (one_in(3))
			rm_work(f->rm);
		revive(f);
		drain(f);
	}
	check_clean(f, handles);
	fake_free(f);
}

/* Packets --------------------------------------------------------------- */

static void packets(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	uint8_t packet[RM_MSG_SIZE + 16];
	unsigned int i, k;

	dt_add_rpc(g.dt, true);
	CHECK_EQ(guest_start(f, &g), 0);
	for (i = 0; i < 10000; i++) {
		size_t len = one_in(3) ? rnd(sizeof(packet)) : RM_MSG_SIZE;

		for (k = 0; k < len; k++)
			packet[k] = 0;
		packet[0] = one_in(30) ? (uint8_t)rnd(256) : 0x21;
		packet[1] = (uint8_t)((one_in(3) ? rnd(64) : rnd(3)) << 2 |
				      (one_in(8) ? rnd(4) : rnd(2)));
		rm_put16(packet + 2, (uint16_t)rnd(2));
		rm_put32(packet + 4, one_in(8) ? RM_VM_GET_VMID_ID :
						 RM_MEM_LEND_ID);
		rm_rx(f->rm, one_in(2) ? RM_VMID_HLOS : g.vmid, packet, len);
		if (f->msgs > MAX_MSGS / 2)
			forget(f);
	}
	forget(f);
	/* A sane client gets its answer whatever came before */
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 0);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_VMID_ID, NULL, 0), 0);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void with_seed(const char *name, void (*fn)(void), unsigned int seed)
{
	char text[48];

	snprintf(text, sizeof(text), "%s, seed %u", name, seed);
	state = 0x9e3779b97f4a7c15ULL * (seed + 1);
	rude = seed & 1;
	begin_case(text);
	fn();
	end_case();
}

static void enough(void)
{
	CHECK(started > 100);
	CHECK(refused > 100);
	CHECK(resets > 100);
	CHECK(mapped > 50);
	CHECK(deaths > 10);
	CHECK(clean > 2);
}

/** test_random() - random input */
void test_random(void)
{
	const char *first = getenv("RM_TEST_SEED");
	const char *count = getenv("RM_TEST_SEEDS");
	unsigned int from = first ? (unsigned int)atoi(first) : 0, i;
	unsigned int n = count ? (unsigned int)atoi(count) : 8;

	for (i = from; i < from + n; i++) {
		with_seed("damaged devicetrees", damaged_dts, i);
		with_seed("requests", requests, i);
		with_seed("packets", packets, i);
	}
	if (n >= 8)
		RUN(enough);
}
