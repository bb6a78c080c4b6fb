// SPDX-License-Identifier: GPL-2.0-only
/*
 * Variants of the model, and what later or other firmware has: late release,
 * no reset, peers, lent interrupts, reserved addresses
 */
#include "edit.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL

/* Variants -------------------------------------------------------------- */

/* Once a VM has ended, the next one is refused for a while, then no more */
static void late_objects(void)
{
	const struct rm_config config = { .late = 2, .host_name = "HLOS" };
	struct fake *f = fake_new(&config);
	struct guest g = { .vmid = 0 };
	unsigned int i;

	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	CHECK_EQ(reclaim(f, g.image), 0);
	for (i = 0; i < 2; i++) {
		uint32_t handle;

		CHECK_EQ(lend(f, 3, 0, MEM, PAGE, &handle), RM_ERR_ARG);
		CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
		CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &handle),
			 RM_ERR_NORESOURCE);
		CHECK(strstr(f->line, "refused with NORESOURCE (0x2): what"));
		CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	}
	for (i = 0; i < 2; i++) {
		g.vmid = 0;
		CHECK_EQ(guest_init(f, &g), RM_ERR_NORESOURCE);
		CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
		CHECK_EQ(guest_reset(f, &g), 0);
		/* Memory stays where it is: reclaimed, it would be late again */
		CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
		g.image_ipa = 0x44000000 + i * 0x1000000;
	}
	g.vmid = 0;
	CHECK_EQ(guest_init(f, &g), 0);
	fake_free(f);
}

/* A VM that was refused for another reason delays the next one as well */
static void late_after_refusal(void)
{
	const struct rm_config config = { .late = 1, .host_name = "HLOS" };
	struct fake *f = fake_new(&config);
	unsigned int i, k;

	for (i = 0; i < 20; i++) {
		struct guest g = { .dt = dt_base() };

		dt_set_cpus(g.dt, 16, true);
		CHECK_EQ(guest_init(f, &g), RM_ERR_NORESOURCE);
		CHECK_EQ(guest_reset(f, &g), 0);
		CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
		CHECK_EQ(reclaim(f, g.image), 0);
		g = (struct guest) { .vmid = 0 };
		/* Three tries: for memory, for objects, and one that works */
		for (k = 0; k < 3; k++) {
			CHECK_EQ(guest_start(f, &g), k < 2 ? RM_ERR_NORESOURCE :
							     0);
			if (!k)
				continue;
			guest_remove(f, &g);
			/* The reclaim in guest_remove() */
			CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
			CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &g.image),
				 RM_ERR_NORESOURCE);
			CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
			g.vmid = 0;
		}
		/* The last one has ended, and delays the next as well */
		g = (struct guest) { .vmid = 0 };
		CHECK_EQ(guest_start(f, &g), RM_ERR_NORESOURCE);
		CHECK_EQ(guest_reset(f, &g), 0);
		CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
		CHECK_EQ(reclaim(f, g.image), 0);
		CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
		CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &g.image), RM_ERR_NORESOURCE);
		CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	}
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void no_reset(void)
{
	const struct rm_config config = { .no_reset = true, .host_name = "HLOS" };
	struct fake *f = fake_new(&config);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), RM_ERR_UNIMPLEMENTED);
	CHECK(strstr(f->line, "VM_RESET of VM 128, from VM 3: refused"));
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_EXITED);
	CHECK_EQ(reclaim(f, g.image), RM_ERR_MEM_INUSE);
	/* Nor does it die of what it does not know */
	CHECK_EQ(call_vm(f, RM_VM_ALLOC_ID, 0), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid + 1), RM_ERR_UNIMPLEMENTED);
	fake_free(f);
}

/**
 * struct refuse_row - a step that is refused by plan
 * @name: name of the case
 * @id: message id
 * @step: brings a VM to the step before
 */
struct refuse_row {
	const char *name;
	uint32_t id;
	uint32_t (*step)(struct fake *f, struct guest *g);
};

static const struct refuse_row refusals[] = {
	{ "INIT refused by plan", RM_VM_INIT_ID, guest_config },
	{ "START refused by plan", RM_VM_START_ID, guest_init },
};

/* The VM has failed, is told so, and can be reset; a failure leaves it as it was */
static void refuse_row(const struct refuse_row *row)
{
	struct rm_fault fault = { .msg_id = row->id, .nth = 1, .arg = 6 };
	unsigned int i;

	begin_case(row->name);
	for (i = 0; i < 2; i++) {
		struct fake *f = fake_new(NULL);
		struct guest g = { .vmid = 0 };
		uint8_t before;

		CHECK_EQ(row->step(f, &g), 0);
		before = vm_state(f, g.vmid);
		fault.action = i ? RM_FAULT_REFUSE : RM_FAULT_FAIL;
		rm_set_fault(f->rm, &fault);
		CHECK_EQ(call_vm(f, row->id, g.vmid), 6);
		CHECK(strstr(f->line, "planned fault"));
		CHECK_EQ(f->msgs, 1 + i);
		CHECK_EQ(vm_state(f, g.vmid), i ? RM_STATE_INIT_FAILED : before);
		if (!i)
			CHECK_EQ(call_vm(f, row->id, g.vmid), 0);
		guest_remove(f, &g);
		CHECK_EQ(f->heap, 0);
		fake_free(f);
	}
	end_case();
}

/* Peers ----------------------------------------------------------------- */

static bool told(struct fake *f, uint16_t to, uint16_t of, uint8_t state)
{
	const struct message *m;
	unsigned int i;

	for (i = 0; (m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, i));
	     i++)
		if (m->to == to && rm_get16(m->data) == of &&
		    m->data[4] == state)
			return true;
	return false;
}

/* A VM that names another as peer: both are told of each other */
static void peers(void)
{
	struct fake *f = fake_new(NULL);
	struct guest a = { .dt = dt_base() };
	struct guest b = { .dt = dt_base(), .image_ipa = 0x42000000 };
	struct guest c = { .dt = dt_base(), .image_ipa = 0x44000000 };

	str(a.dt, CONFIG, "image-name", "first");
	dt_add_rpc(a.dt, false);
	dt_add_rpc(c.dt, false);
	dt_add_bell(b.dt, "bell", 1, 5, 1);
	del(b.dt, CONFIG "/vdevices/bell", "peer-default");
	str(b.dt, CONFIG "/vdevices/bell", "peer", "vm-name:first");
	CHECK_EQ(guest_start(f, &a), 0);
	CHECK_EQ(guest_start(f, &c), 0);
	CHECK_EQ(guest_init(f, &b), 0);
	CHECK(told(f, 3, b.vmid, RM_STATE_READY));
	CHECK(told(f, a.vmid, b.vmid, RM_STATE_READY));
	CHECK(!told(f, c.vmid, b.vmid, RM_STATE_READY));
	CHECK_EQ(call_from(f, a.vmid, RM_VM_GET_PEERS_ID, NULL, 0), 0);
	CHECK(!memcmp(f->body, "\2\0\0\0\3\0\0\0\202\0\0", 12));
	/* The doorbell is the VM's, but not its owner's to ring */
	CHECK_EQ(resources(f, b.vmid), 1);
	CHECK_EQ(f->objects, 5);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, b.vmid), 0);

	/* B has no channel: its peer's states are not for it, and do no harm */
	CHECK_EQ(stop(f, a.vmid, 1), 0);
	CHECK(told(f, 3, a.vmid, RM_STATE_EXITED));
	CHECK(!told(f, b.vmid, a.vmid, RM_STATE_EXITED));
	CHECK(!is_dead(f));
	CHECK_EQ(guest_reset(f, &a), 0);
	CHECK_EQ(stop(f, b.vmid, 1), 0);
	CHECK(!told(f, a.vmid, b.vmid, RM_STATE_EXITED));
	guest_remove(f, &b);
	guest_remove(f, &c);
	CHECK_EQ(reclaim(f, a.image), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, a.vmid), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Peers of other kinds that are not there, and one that is the VM itself */
static void no_peers(void)
{
	static const char *const names[] = {
		"vm-name:nobody", "vm-uri:nothing", "vm-guid:x", "x", "",
		"vm-name:test-vm",
	};
	struct fake *f = fake_new(NULL);
	unsigned int i;

	for (i = 0; i < COUNT(names); i++) {
		struct guest g = { .dt = dt_base() };
		int n;

		dt_add_bell(g.dt, "bell", 1, 5, 1);
		del(g.dt, CONFIG "/vdevices/bell", "peer-default");
		str(g.dt, CONFIG "/vdevices/bell", "peer", names[i]);
		n = dt_vdev(g.dt, "pair", "message-queue-pair");
		CHECK_EQ(fdt_setprop_u32(g.dt, n, "label", 3), 0);
		del(g.dt, CONFIG "/vdevices/pair", "peer-default");
		str(g.dt, CONFIG "/vdevices/pair", "peer", names[i]);
		CHECK_EQ(guest_start(f, &g), 0);
		CHECK_EQ(resources(f, g.vmid), 1);
		guest_remove(f, &g);
		CHECK_EQ(f->objects, 0);
	}
	fake_free(f);
}

/* After a reset nobody is told of a VM any more, whatever it does */
static void second_life(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(call(f, RM_VM_GET_PEERS_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 1);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK(told(f, 3, g.vmid, RM_STATE_RESET));
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(call(f, RM_VM_GET_PEERS_ID, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 0);
	CHECK_EQ(guest_config(f, &g), 0);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(f->msgs, 1);
	/* Its end is told to its owner, peer or not */
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(f->msgs, 2);
	CHECK(find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_EXITED, 0));
	guest_remove(f, &g);
	fake_free(f);
}

/* Descriptions of devices ----------------------------------------------- */

/* Whatever is odd about a device: the VM starts, without its node or label */
static void odd_devices(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];

	dt_add_bell(g.dt, "bell", 7, 5, 1);
	del(g.dt, CONFIG "/vdevices/bell", "label");
	dt_add_bell(g.dt, "root", 8, 6, 1);
	str(g.dt, CONFIG "/vdevices/root", "generate", "/");
	dt_vdev(g.dt, "pot", "teapot");
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(resources(f, g.vmid), 3);
	CHECK_EQ(rm_get32(f->body + 4 + 44 + 8), 8);
	CHECK_EQ(rm_get32(f->body + 4 + 88 + 8), 0);
	guest_dt(f, &g, dt);
	CHECK_EQ(fdt_path_offset(dt, "/root"), -FDT_ERR_NOTFOUND);
	CHECK(fdt_path_offset(dt, "/hypervisor/bell") > 0);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* The resource manager as a VM ------------------------------------------- */

static void own_resources(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };

	CHECK_EQ(resources(f, 3), 0);
	CHECK_EQ(resources(f, RM_VMID_RM), 1);
	CHECK_EQ(f->body[4], RM_RES_VCPU);
	CHECK_EQ(rm_get64(f->body + 4 + 12), RM_CAP_NONE);
	CHECK_EQ(rm_get32(f->body + 4 + 24), RM_VIRQ_NONE);
	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_RESOURCES_ID, "\377\0\0", 4), 0);
	CHECK_EQ(rm_get32(f->body), 0);
	fake_free(f);
}

static uint32_t set_time_base(struct fake *f, uint16_t vmid, uint64_t time,
			      uint64_t counter)
{
	uint8_t data[20] = { 0 };

	rm_put16(data, vmid);
	rm_put64(data + 4, time);
	rm_put64(data + 12, counter);
	return call(f, RM_VM_SET_TIME_BASE_ID, data, 20);
}

static void clock_of_vm(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	static uint8_t dt[DT_CAPACITY];
	struct fake_vm *vm;
	uint64_t ipa;
	uint32_t n;

	dt_vdev(g.dt, "rtc", "vrtc-pl031");
	CHECK_EQ(guest_config(f, &g), 0);
	vm = &f->vm[g.vmid];
	CHECK_EQ(set_time_base(f, g.vmid, 1, 2), RM_ERR_ARG);
	CHECK_EQ(call_vm(f, RM_VM_INIT_ID, g.vmid), 0);
	ipa = vm->rtc;
	CHECK(ipa >= 0x40000000);
	CHECK_EQ(vm->rtc_time, 0);
	n = resources(f, g.vmid);
	CHECK_EQ(n, 2);
	CHECK_EQ(f->body[4 + RM_RES_ENTRY_SIZE], RM_RES_RTC);
	CHECK_EQ(rm_get64(f->body + 4 + RM_RES_ENTRY_SIZE + 12), RM_CAP_NONE);

	CHECK_EQ(set_time_base(f, g.vmid, 1, 2), 0);
	CHECK_EQ(set_time_base(f, g.vmid, 0x1122334455667788, 0x99aabbcc), 0);
	CHECK_EQ(vm->rtc_time, 0x1122334455667788);
	CHECK_EQ(vm->rtc_counter, 0x99aabbcc);
	CHECK_EQ(call_vm(f, RM_VM_START_ID, g.vmid), 0);
	CHECK_EQ(set_time_base(f, g.vmid, 1, 2), RM_ERR_VM_STATE);
	CHECK_EQ(vm->rtc_counter, 0x99aabbcc);
	guest_dt(f, &g, dt);
	n = fdt_node_offset_by_compatible(dt, -1, "arm,pl031");
	CHECK_EQ(rm_get64(fdt_getprop(dt, n, "reg", NULL)),
		 __builtin_bswap64(ipa));
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* Two, or what the platform has none of */
static void no_clock(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };

	dt_vdev(g.dt, "rtc", "vrtc-pl031");
	dt_vdev(g.dt, "rtc2", "vrtc-pl031");
	CHECK_EQ(guest_init(f, &g), RM_ERR_NORESOURCE);
	guest_remove(f, &g);
	g = (struct guest) { .dt = dt_base() };
	dt_vdev(g.dt, "rtc", "vrtc-pl031");
	f->fail_op = "rtc_create";
	f->fail_error = RM_HYP_NORESOURCES;
	CHECK_EQ(guest_init(f, &g), RM_ERR_NORESOURCE);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* The word behind the error: the hypervisor's, where it had a part in it */
static void extra_word(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	uint8_t data[24] = { 200 };

	CHECK_EQ(call(f, RM_VM_SET_TIME_BASE_ID, data, 20), RM_ERR_NORESOURCE);
	CHECK_EQ(f->body_len, 4);
	CHECK_EQ(rm_get32(f->body), RM_HYP_NORESOURCES);
	CHECK_EQ(call(f, RM_VM_SET_FW_MEM_ID, data, 23), RM_ERR_MSG);
	CHECK_EQ(f->body_len, 4);
	CHECK_EQ(rm_get32(f->body), RM_HYP_ARG_INVALID);
	CHECK_EQ(guest_load(f, &g), 0);
	rm_put16(data, g.vmid);
	CHECK_EQ(call(f, RM_VM_SET_FW_MEM_ID, data, 24), RM_ERR_VM_STATE);
	CHECK_EQ(rm_get32(f->body), RM_HYP_OBJECT_STATE);

	CHECK_EQ(config_image(f, g.vmid, 0, g.image, 1ULL << 40, DT_SIZE),
		 RM_ERR_ARG);
	CHECK_EQ(f->body_len, 0);
	CHECK_EQ(alloc_vmid(f, 0, &g.vmid), 0);
	CHECK_EQ(lend(f, g.vmid, 0, MEM, PAGE, &g.image), 0);
	f->fail_op = "vm_create";
	f->fail_error = RM_HYP_NORESOURCES;
	CHECK_EQ(config_image(f, g.vmid, 0, g.image, 0, PAGE),
		 RM_ERR_NORESOURCE);
	CHECK_EQ(f->body_len, 4);
	CHECK_EQ(rm_get32(f->body), RM_HYP_NORESOURCES);
	fake_free(f);
}

/* Interrupts and addresses ------------------------------------------------ */

static uint32_t irq_call(struct fake *f, uint16_t from, uint32_t id,
			 uint32_t a, uint32_t b, uint32_t c, size_t len)
{
	uint8_t data[16] = { 0 };

	rm_put32(data, a);
	rm_put32(data + 4, b);
	rm_put32(data + 8, c);
	rm_put32(data + 12, a);
	return call_from(f, from, id, data, len);
}

static void lent_interrupt(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	const struct message *m;
	uint8_t data[16] = { 0 };
	uint32_t handle;

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_LEND_ID, 200, 40, 9, 12), 0xd);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_LEND_ID, 3, 40, 9, 12), 0xd);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_LEND_ID, g.vmid, 31, 9, 12), 0xf);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_LEND_ID, g.vmid, 40, 9, 12), 0);
	handle = rm_get32(f->body);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_LEND_ID, g.vmid, 40, 9, 12), 0x10);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_NOTIFY_ID, 99, 1, 0, 8), 7);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_NOTIFY_ID, handle, 3, 0, 8), 6);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_NOTIFY_ID, handle, 2, 0, 8), 3);
	rm_put32(data, handle);
	data[4] = 1;
	data[8] = 1;
	rm_put16(data + 12, 3);
	CHECK_EQ(call(f, RM_VM_IRQ_NOTIFY_ID, data, 16), 6);
	rm_put16(data + 12, g.vmid);
	CHECK_EQ(call(f, RM_VM_IRQ_NOTIFY_ID, data, 14), 4);
	CHECK_EQ(call(f, RM_VM_IRQ_NOTIFY_ID, data, 16), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_IRQ_LENT, 0);
	CHECK(m && m->to == g.vmid && m->len == 12);
	CHECK(m && rm_get16(m->data) == 3 && rm_get32(m->data + 4) == handle &&
	      rm_get32(m->data + 8) == 9);

	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_ACCEPT_ID, handle, -1u, 0, 8), 3);
	CHECK_EQ(irq_call(f, g.vmid, RM_VM_IRQ_ACCEPT_ID, 99, -1u, 0, 8), 7);
	CHECK_EQ(irq_call(f, g.vmid, RM_VM_IRQ_RELEASE_ID, handle, 0, 0, 4), 0x11);
	CHECK_EQ(irq_call(f, g.vmid, RM_VM_IRQ_ACCEPT_ID, handle, -1u, 0, 8), 0);
	CHECK_EQ(rm_get32(f->body), 40);
	CHECK_EQ(irq_call(f, g.vmid, RM_VM_IRQ_ACCEPT_ID, handle, 50, 0, 8), 0x10);
	CHECK_EQ(irq_call(f, g.vmid, RM_VM_IRQ_NOTIFY_ID, handle, 4, 0, 8), 0);
	CHECK(find_msg(f, RM_TYPE_NOTIFICATION, RM_N_IRQ_ACCEPTED, 0));
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_RECLAIM_ID, handle, 0, 0, 4), 0x10);
	CHECK_EQ(irq_call(f, g.vmid, RM_VM_IRQ_RECLAIM_ID, handle, 0, 0, 4), 3);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_RECLAIM_ID, 99, 0, 0, 4), 7);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_UNMAP_ID, 1, 0, 40, 12), 0xf);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_UNMAP_ID, 2, 0, 40, 12), 4);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_UNMAP_ID, 0, 0, 0, 8), 0);

	/* The VM's end gives it back */
	guest_remove(f, &g);
	CHECK_EQ(irq_call(f, 3, RM_VM_IRQ_RECLAIM_ID, handle, 0, 0, 4), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void reserved_addresses(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	uint8_t d[80] = { 0 };

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 15), 4);
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 16), 6);
	d[0] = 2;
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 16), 6);
	d[0] = 0;
	d[12] = 31;
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 16), 6);
	d[12] = 2;
	rm_put64(d + 16, 0x60000000);
	rm_put64(d + 24, 2 * PAGE);
	rm_put64(d + 32, GUEST_BASE);
	rm_put64(d + 40, PAGE);
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 47), 4);
	/* All or nothing */
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 48), 2);
	rm_put64(d + 32, 0x60002000);
	d[4] = 0x80;
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 48), 6);
	d[4] = 4;
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 48), 0);
	CHECK_EQ(f->body_len, 36);
	CHECK_EQ(rm_get64(f->body + 20), 0x60002000);
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 48), 2);

	d[0] = 1;
	d[12] = 1;
	memset(d + 16, 0, 32);
	rm_put64(d + 32, PAGE);
	rm_put64(d + 40, PAGE + 1);
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 48), 6);
	rm_put64(d + 40, 0x10000);
	CHECK_EQ(call_from(f, g.vmid, RM_IPA_RESERVE_ID, d, 48), 0);
	CHECK_EQ(rm_get64(f->body + 4), 0x40010000);
	CHECK_EQ(rm_get64(f->body + 12), PAGE);
	/* The host's addresses are not the model's */
	CHECK_EQ(call(f, RM_IPA_RESERVE_ID, d, 48), 2);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_variant() - variants, and what other firmware has */
void test_variant(void)
{
	RUN(late_objects);
	RUN(late_after_refusal);
	RUN(no_reset);
	TABLE(refusals, refuse_row);
	RUN(peers);
	RUN(no_peers);
	RUN(second_life);
	RUN(odd_devices);
	RUN(own_resources);
	RUN(clock_of_vm);
	RUN(no_clock);
	RUN(extra_word);
	RUN(lent_interrupt);
	RUN(reserved_addresses);
}
