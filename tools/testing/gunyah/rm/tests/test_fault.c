// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planned faults, and what survives a death
 */
#include <libfdt.h>

#include "fake.h"

#define MEM	0x43000000ULL
#define PAGE	4096ULL

static void plan(struct fake *f, enum rm_fault_action action, uint32_t id,
		 uint32_t nth, bool repeat, uint32_t arg)
{
	struct rm_fault fault = {
		.action = action, .msg_id = id, .nth = nth, .repeat = repeat,
		.arg = arg,
	};

	rm_set_fault(f->rm, &fault);
}

static uint32_t vmids(struct fake *f)
{
	struct rm_stats stats;

	rm_get_stats(f->rm, &stats);
	return stats.vmids;
}

static void fail(void)
{
	struct fake *f = fake_new(NULL);
	uint16_t vmid;

	plan(f, RM_FAULT_FAIL, RM_VM_ALLOC_ID, 2, false, 5);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 0);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 5);
	CHECK_EQ(vmids(f), 1);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);

	plan(f, RM_FAULT_FAIL_AFTER, RM_VM_ALLOC_ID, 1, true, 9);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 9);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 9);
	CHECK_EQ(vmids(f), 4);
	plan(f, RM_FAULT_NONE, 0, 0, false, 0);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);

	/* Every message; nth 0 is like 1 */
	plan(f, RM_FAULT_FAIL, 0, 0, true, 7);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 7);
	CHECK_EQ(call(f, 0x12345678, NULL, 0), 7);
	fake_free(f);
}

/* Only the host's requests count */
static void fail_host_only(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };

	dt_add_rpc(g.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	plan(f, RM_FAULT_FAIL, 0, 1, false, 7);
	CHECK_EQ(call_from(f, g.vmid, RM_VM_GET_VMID_ID, NULL, 0), 0);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 7);
	fake_free(f);
}

static void replies(void)
{
	struct fake *f = fake_new(NULL);
	const uint32_t id = RM_VM_GET_VMID_ID;

	plan(f, RM_FAULT_DROP_REPLY, id, 1, false, 0);
	CHECK_EQ(call(f, id, NULL, 0), NO_REPLY);
	CHECK_EQ(f->msgs, 0);

	plan(f, RM_FAULT_DELAY_REPLY, id, 1, false, 3);
	f->kicks = 0;
	CHECK_EQ(call(f, id, NULL, 0), NO_REPLY);
	CHECK_EQ(f->kicks, 1);
	CHECK(rm_work(f->rm));
	CHECK(rm_work(f->rm));
	CHECK_EQ(f->msgs, 0);
	CHECK(!rm_work(f->rm));
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(f->msg[0].seq, f->seq);

	/* Others are answered meanwhile */
	plan(f, RM_FAULT_DELAY_REPLY, id, 1, false, 2);
	CHECK_EQ(call(f, id, NULL, 0), NO_REPLY);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	work(f);
	CHECK_EQ(f->msgs, 2);

	plan(f, RM_FAULT_DUP_REPLY, id, 1, false, 0);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(f->msgs, 2);
	CHECK(f->msg[0].seq == f->msg[1].seq && f->msg[1].len == 8);

	/* In a full queue both stay */
	f->blocked = true;
	plan(f, RM_FAULT_DUP_REPLY, id, 1, false, 0);
	CHECK_EQ(call(f, id, NULL, 0), NO_REPLY);
	f->blocked = false;
	rm_tx_ready(f->rm, 3);
	CHECK_EQ(f->msgs, 2);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void wrong_replies(void)
{
	struct fake *f = fake_new(NULL);
	const uint32_t id = RM_VM_GET_VMID_ID;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		plan(f, RM_FAULT_SHORT_REPLY, id, 1, false, i);
		call(f, id, NULL, 0);
		CHECK_EQ(f->msgs, 1);
		CHECK_EQ(f->msg[0].len, i < 8 ? i : 8);
	}
	plan(f, RM_FAULT_LONG_REPLY, id, 1, false, 300);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(f->msg[0].len, 308);
	CHECK_EQ(rm_get32(f->body), 3);
	CHECK_EQ(f->body[4], 0);
	plan(f, RM_FAULT_LONG_REPLY, id, 1, false, 0xffffffff);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(f->msg[0].len, RM_MAX_PAYLOAD);

	plan(f, RM_FAULT_WRONG_SEQ, id, 1, false, 0);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(f->msgs, 2);
	CHECK(f->msg[0].seq != f->seq && f->msg[0].id == id);
	CHECK(f->msg[1].seq == f->seq && f->msg[1].id == id);
	plan(f, RM_FAULT_WRONG_ID, id, 1, false, 0);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(f->msgs, 2);
	CHECK(f->msg[0].seq == f->seq && f->msg[0].id != id);
	CHECK(f->msg[1].seq == f->seq && f->msg[1].id == id);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void die(void)
{
	struct fake *f = fake_new(NULL);
	uint16_t vmid;

	plan(f, RM_FAULT_DIE, RM_VM_ALLOC_ID, 1, false, 0);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), NO_REPLY);
	CHECK(is_dead(f));
	CHECK_EQ(vmids(f), 0);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), NO_REPLY);
	CHECK(!rm_work(f->rm));
	rm_revive(f->rm);
	CHECK(!is_dead(f));
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	CHECK_EQ(vmids(f), 1);
	fake_free(f);
}

/* A dead one does nothing, a revived one goes on where it was */
static void death_in_the_middle(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };

	dt_add_bell(g.dt, "bell-1", 1, 5, 1);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), 0);
	plan(f, RM_FAULT_DELAY_REPLY, 0, 1, false, 5);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), NO_REPLY);
	f->blocked = true;
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), NO_REPLY);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, 200), NO_REPLY);
	CHECK(is_dead(f));
	f->blocked = false;
	rm_tx_ready(f->rm, 3);
	CHECK(!rm_work(f->rm));
	CHECK_EQ(f->msgs, 0);
	CHECK_EQ(f->objects, 1);
	rm_revive(f->rm);
	rm_tx_ready(f->rm, 3);
	CHECK_EQ(f->msgs, 0);
	work(f);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RESET);
	CHECK_EQ(reclaim(f, g.image), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), 0);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/* A halt that came while nobody listened is told later */
static void halt_while_dead(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	const struct message *m;

	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, 200), NO_REPLY);
	rm_vcpu_halted(f->rm, g.vmid, 0, RM_HALT_OFF, 0, 0, false);
	work(f);
	CHECK_EQ(f->msgs, 0);
	rm_revive(f->rm);
	work(f);
	CHECK_EQ(f->msgs, 2);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_EXITED, 0);
	CHECK(m && rm_get16(m->data + 2) == RM_HALT_OFF);
	guest_remove(f, &g);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

static void lost_reset(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 }, h = { .image_ipa = 0x42000000 };

	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(guest_start(f, &h), 0);
	rm_lose_reset(f->rm, 1);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(stop(f, h.vmid, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), 0);
	CHECK(find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0));
	forget(f);
	work(f);
	CHECK_EQ(f->msgs, 0);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RESETTING);
	CHECK_EQ(reclaim(f, g.image), RM_ERR_MEM_INUSE);
	CHECK_EQ(call_vm(f, RM_VM_DEALLOC_ID, g.vmid), RM_ERR_VM_STATE);
	CHECK_EQ(guest_reset(f, &h), 0);
	CHECK_EQ(vm_state(f, h.vmid), RM_STATE_RESET);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RESETTING);
	fake_free(f);
}

/* It has all that it had, and the next reset succeeds */
static void failed_reset(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	rm_fail_reset(f->rm, 1);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), 0);
	forget(f);
	work(f);
	CHECK(find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0));
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_INIT_FAILED);
	CHECK_EQ(reclaim(f, g.image), RM_ERR_MEM_INUSE);
	CHECK_EQ(guest_reset(f, &g), 0);
	CHECK_EQ(vm_state(f, g.vmid), RM_STATE_RESET);
	fake_free(f);
}

static void reordered(void)
{
	struct fake *f = fake_new(NULL);
	const uint32_t id = RM_VM_GET_VMID_ID;

	/* The reply to the next request comes first */
	plan(f, RM_FAULT_REORDER_REPLY, id, 1, false, 1000);
	CHECK_EQ(call(f, id, NULL, 0), NO_REPLY);
	CHECK_EQ(f->msgs, 0);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(f->msg[0].seq, f->seq);
	CHECK(!rm_work(f->rm));
	CHECK_EQ(f->msgs, 2);
	CHECK_EQ((uint16_t)(f->msg[1].seq + 1), f->seq);

	/* Nothing else is sent */
	plan(f, RM_FAULT_REORDER_REPLY, id, 1, false, 2);
	CHECK_EQ(call(f, id, NULL, 0), NO_REPLY);
	CHECK(rm_work(f->rm));
	CHECK(!rm_work(f->rm));
	CHECK_EQ(f->msgs, 1);
	fake_free(f);
}

static void corrupted(void)
{
	struct fake *f = fake_new(NULL);
	const uint32_t id = RM_VM_GET_VMID_ID;

	plan(f, RM_FAULT_CORRUPT_REPLY, id, 1, false,
	     RM_FAULT_CORRUPT(5, 0x81));
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(f->msg[0].len, 8);
	CHECK_EQ(rm_get32(f->body), 3 ^ 0x8100);
	plan(f, RM_FAULT_CORRUPT_REPLY, id, 1, false,
	     RM_FAULT_CORRUPT_ALL(0xff));
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), ~3U);
	/* There is no such byte */
	plan(f, RM_FAULT_CORRUPT_REPLY, id, 1, false, RM_FAULT_CORRUPT(8, 1));
	CHECK_EQ(call(f, id, NULL, 0), 0);
	CHECK_EQ(rm_get32(f->body), 3);
	fake_free(f);
}

/* Of two packets the second one is lost, then the only one */
static void lost_packet(void)
{
	struct fake *f = fake_new(NULL);
	const uint32_t id = RM_VM_GET_VMID_ID;

	plan(f, RM_FAULT_LOSE_PACKET, id, 1, false, 0);
	CHECK_EQ(call(f, id, NULL, 0), NO_REPLY);
	CHECK_EQ(f->heap, 0);
	plan(f, RM_FAULT_LOSE_PACKET, id, 1, false, 1);
	CHECK_EQ(call(f, id, NULL, 0), 0);
	fake_free(f);
}

/* What a VM has that is not running goes, whatever the host knows of it */
static void forget_lost(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	struct rm_stats stats;
	uint16_t vmid;

	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(alloc_vmid(f, 0, &vmid), 0);
	rm_forget(f->rm);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.vmids, 1);
	CHECK_EQ(stats.parcels, 1);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(guest_reset(f, &g), 0);
	rm_forget(f->rm);
	rm_get_stats(f->rm, &stats);
	CHECK_EQ(stats.vmids, 0);
	CHECK_EQ(stats.parcels, 0);
	CHECK_EQ(stats.entries, 0);
	fake_free(f);
}

static uint32_t last_hit(struct fake *f)
{
	struct rm_stats stats;

	rm_get_stats(f->rm, &stats);
	return stats.hit;
}

/* A test learns whether its fault has happened */
static void hits(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	plan(f, RM_FAULT_FAIL, 0, 2, false, 5);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 0);
	CHECK_EQ(last_hit(f), 0);
	CHECK_EQ(call(f, RM_VM_GET_OWNER_ID, NULL, 0), 5);
	CHECK_EQ(call(f, RM_VM_GET_VMID_ID, NULL, 0), 0);
	CHECK_EQ(last_hit(f), RM_VM_GET_OWNER_ID);
	CHECK_EQ(rm_seen(f->rm, 0), 0);
	CHECK_EQ(rm_seen(f->rm, 2), RM_VM_GET_OWNER_ID);
	CHECK_EQ(rm_seen(f->rm, 3), RM_VM_GET_VMID_ID);
	CHECK_EQ(rm_seen(f->rm, 4), 0);
	plan(f, RM_FAULT_DROP_REPLY, RM_N_VM_STATUS, 1, false, 0);
	CHECK_EQ(last_hit(f), 0);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(last_hit(f), RM_N_VM_STATUS);
	fake_free(f);
}

static void lost_notification(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };

	CHECK_EQ(guest_start(f, &g), 0);
	/* The second one, and only of those that are named */
	plan(f, RM_FAULT_DROP_REPLY, RM_N_VM_STATUS, 2, false, 0);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	CHECK_EQ(f->msgs, 3);
	CHECK_EQ(call_vm(f, RM_VM_RESET_ID, g.vmid), 0);
	CHECK_EQ(f->msgs, 1);
	forget(f);
	work(f);
	CHECK(find_msg(f, RM_TYPE_NOTIFICATION, RM_N_VM_STATUS, 0));
	fake_free(f);
}

static void counters(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .vmid = 0 };
	struct rm_stats before, after;

	CHECK_EQ(guest_start(f, &g), 0);
	rm_get_stats(f->rm, &before);
	CHECK_EQ(before.requests, 5);
	CHECK_EQ(before.notifications, 3);
	CHECK_EQ(before.vmids, 1);
	CHECK_EQ(before.parcels, 1);
	CHECK_EQ(before.entries, 1);
	CHECK_EQ(stop(f, g.vmid, 1), 0);
	rm_get_stats(f->rm, &after);
	CHECK_EQ(after.requests, 6);
	CHECK_EQ(after.notifications, 5);
	fake_free(f);
}

/** test_fault() - planned faults and deaths */
void test_fault(void)
{
	RUN(fail);
	RUN(fail_host_only);
	RUN(replies);
	RUN(wrong_replies);
	RUN(die);
	RUN(death_in_the_middle);
	RUN(halt_while_dead);
	RUN(lost_reset);
	RUN(failed_reset);
	RUN(reordered);
	RUN(corrupted);
	RUN(lost_packet);
	RUN(forget_lost);
	RUN(hits);
	RUN(lost_notification);
	RUN(counters);
}
