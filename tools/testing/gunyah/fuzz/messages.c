// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the resource manager model: packets of host and guests, vCPUs that
 * stop, memory that runs out, queues that are full
 *
 * Whatever happened, the sanitizers and the platform of the unit tests find
 * nothing, the model comes to rest, and answers a sane request if it lives.
 */
#include "../rm/tests/fake.h"
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int checks_failed;
const char *case_name = "messages";

static const char *const ops[] = {
	NULL, "mem_take", "mem_map", "mem_write", "vm_create", "gic_create",
	"vmmio_add", "vcpu_create", "vcpu_power_on", "object_create",
};

static struct fake *create_model(uint8_t variant)
{
	const struct rm_config config = {
		.debug = variant & VARIANT_DEBUG,
		.boot_context = variant & VARIANT_BOOT_CONTEXT,
		.paging = variant & VARIANT_PAGING,
		.max_entries = variant & VARIANT_MAX_ENTRIES ? 64 : 0,
		.max_vdevices = RM_MAX_VDEVICES,
		.late = variant & VARIANT_LATE ? 1 : 0,
		.fatal_static = variant & VARIANT_STATIC,
		.no_reset = variant & VARIANT_NO_RESET,
		.host_name = "HLOS",
	};
	struct fake *f = fake_new(&config);

	f->contiguous = variant & VARIANT_SCATTERED ? 1 : 0;
	return f;
}

static void write_memory(struct fake *f, const struct event *e)
{
	const uint64_t end = HOST_BASE + ((uint64_t)HOST_PAGES << 12);
	uint64_t ipa;

	if (e->len < 8 || e->len > EVENT_MAX_DATA)
		return;
	ipa = rm_get64(e->data);
	if (ipa >= HOST_BASE && ipa < end && end - ipa >= e->len - 8)
		fake_write(f, ipa, e->data + 8, e->len - 8);
}

static void halt(struct fake *f, const struct event *e)
{
	uint8_t index;

	if (!e->len || !f->vm[e->arg].exists)
		return;
	index = e->data[0] & 7;
	if (f->vm[e->arg].vcpu[index].exists && f->vm[e->arg].vcpu[index].on)
		rm_vcpu_halted(f->rm, e->arg, index,
			       e->len > 1 ? (enum rm_halt)(e->data[1] & 7) : 1,
			       e->len > 2 ? e->data[2] : 0, 0, true);
}

static void set_queue(struct fake *f, uint8_t room)
{
	unsigned int vmid;

	f->blocked = room != 255;
	f->room = room;
	for (vmid = 0; vmid < 256; vmid++)
		if (vmid == RM_VMID_HLOS || f->vm[vmid].exists)
			rm_tx_ready(f->rm, (uint16_t)vmid);
}

static void do_work(struct fake *f, unsigned int turns)
{
	if (turns == 255)
		work(f);
	while (turns-- && rm_work(f->rm))
		;
}

static void do_event(struct fake *f, const struct event *e)
{
	switch (e->op % NUM_EVENTS) {
	case EVENT_PACKET:
		rm_rx(f->rm, e->arg, e->data,
		      e->len < RM_MSG_SIZE ? e->len : RM_MSG_SIZE);
		break;
	case EVENT_WRITE:
		write_memory(f, e);
		break;
	case EVENT_WORK:
		do_work(f, e->arg);
		break;
	case EVENT_HALT:
		halt(f, e);
		break;
	case EVENT_ALLOC:
		f->fail_alloc = e->arg;
		break;
	case EVENT_QUEUE:
		set_queue(f, e->arg);
		break;
	case EVENT_FAULT:
		f->fail_op = ops[e->arg % COUNT(ops)];
		f->fail_error = RM_HYP_NORESOURCES;
		break;
	}
	if (f->msgs > MAX_MSGS / 2)
		forget(f);
}

static void must_be_well(struct fake *f)
{
	f->fail_op = NULL;
	f->fail_alloc = 0;
	set_queue(f, 255);
	work(f);
	forget(f);
	if (!is_dead(f))
		CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 0);
}

/**
 * LLVMFuzzerTestOneInput() - run the model with an input
 * @data: see record.h
 * @size: its size
 *
 * Return: 0
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *pos = data + 1, *end = data + size;
	struct event event;
	struct fake *f;

	if (!size)
		return 0;
	f = create_model(data[0]);
	while (!is_dead(f) && event_take(&pos, end, &event))
		do_event(f, &event);
	must_be_well(f);
	fake_free(f);
	if (checks_failed)
		abort();
	return 0;
}
