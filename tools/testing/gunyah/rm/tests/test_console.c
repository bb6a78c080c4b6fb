// SPDX-License-Identifier: GPL-2.0-only
/*
 * Consoles
 */
#include "fake.h"

static void console(void)
{
	struct fake *f = fake_new(NULL);
	struct guest g = { .dt = dt_base() };
	struct guest h = { .dt = dt_base(), .image_ipa = 0x42000000 };
	const struct message *m;
	static uint8_t data[1000];

	dt_add_rpc(g.dt, true);
	dt_add_rpc(h.dt, false);
	CHECK_EQ(guest_start(f, &g), 0);
	CHECK_EQ(guest_start(f, &h), 0);
	CHECK_EQ(call_vm(f, RM_CONSOLE_OPEN_ID, h.vmid), 6);
	CHECK_EQ(call_vm(f, RM_CONSOLE_OPEN_ID, 0), 6);
	CHECK_EQ(call_vm(f, RM_CONSOLE_OPEN_ID, 200), 6);
	CHECK_EQ(call_from(f, h.vmid, RM_CONSOLE_OPEN_ID, "\x80\0\0", 4), 3);
	CHECK_EQ(call(f, RM_CONSOLE_OPEN_ID, data, 3), 4);
	CHECK_EQ(call(f, RM_CONSOLE_WRITE_ID, data, 3), 4);

	rm_put16(data, g.vmid);
	rm_put16(data + 2, 600);
	data[4] = 'x';
	data[603] = 'y';
	CHECK_EQ(call(f, RM_CONSOLE_WRITE_ID, data, 603), 4);
	CHECK_EQ(call(f, RM_CONSOLE_WRITE_ID, data, 608), 4);
	CHECK_EQ(call(f, RM_CONSOLE_WRITE_ID, data, 604), 3);
	CHECK_EQ(call_vm(f, RM_CONSOLE_FLUSH_ID, g.vmid), 3);
	CHECK_EQ(call_vm(f, RM_CONSOLE_OPEN_ID, g.vmid), 0);
	CHECK_EQ(call_vm(f, RM_CONSOLE_FLUSH_ID, g.vmid), 0);
	/* The other side is closed: nobody is told */
	CHECK_EQ(call(f, RM_CONSOLE_WRITE_ID, data, 604), 0);
	CHECK_EQ(f->msgs, 1);
	CHECK_EQ(call_from(f, g.vmid, RM_CONSOLE_OPEN_ID, "\0\0\0", 4), 0);
	CHECK_EQ(call(f, RM_CONSOLE_WRITE_ID, data, 604), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_CONSOLE_CHARS, 0);
	CHECK(m && m->to == g.vmid && m->len == 604);
	CHECK_EQ(rm_get16(m->data), 0);
	CHECK(m->data[4] == 'x' && m->data[603] == 'y');
	CHECK_EQ(call_from(f, g.vmid, RM_CONSOLE_WRITE_ID, "\0\0\2\0hi", 6), 0);
	m = find_msg(f, RM_TYPE_NOTIFICATION, RM_N_CONSOLE_CHARS, 0);
	CHECK(m && m->to == 3 && m->len == 6);
	CHECK_EQ(rm_get16(m->data), g.vmid);
	CHECK_EQ(call_vm(f, RM_CONSOLE_CLOSE_ID, g.vmid), 0);
	CHECK_EQ(call(f, RM_CONSOLE_WRITE_ID, data, 604), 3);
	CHECK_EQ(call_from(f, g.vmid, RM_CONSOLE_WRITE_ID, "\0\0\2\0hi", 6), 0);
	CHECK_EQ(f->msgs, 1);
	guest_remove(f, &g);
	guest_remove(f, &h);
	CHECK_EQ(f->heap, 0);
	fake_free(f);
}

/** test_console() - consoles */
void test_console(void)
{
	RUN(console);
}
