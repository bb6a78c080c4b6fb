// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the RPC core: waiting, signals, timeouts, silent firmware
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/slab.h>

#include "fake_link.h"

#define MSG_ID		0x12345678
#define NOTIFY_ID	0x87654321

/* Timeout of calls that are expected to time out */
#define SHORT_MS	50

static void expect_call_works(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	fw->timeout_ms = 2 * jiffies_to_msecs(FAKE_PATIENCE);
	call = fake_call_start(fw, MSG_ID, NULL, 0);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, "pong", 4);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)4);
	KUNIT_EXPECT_MEMEQ(test, call->msg.resp, "pong", 4);
}

static struct fake_call *start_call(struct kunit *test)
{
	const struct gunyah_rm_msg msg = { .msg_id = MSG_ID };

	return fake_call_start_msg(test->priv, &msg);
}

/* The queue is full for a while. */
static void rm_full_queue(struct kunit *test)
{
	u8 *req = fake_pattern(test, 500, 0);
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	fake_fw_set_full(fw, true);
	call = fake_call_start(fw, MSG_ID, req, 500);
	fake_fw_wait_blocked(fw);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
	fake_fw_set_full(fw, false);
	request = fake_fw_recv(fw);
	KUNIT_ASSERT_EQ(test, request->len, (size_t)500);
	KUNIT_EXPECT_TRUE(test, !memcmp(request->payload, req, 500));
	fake_fw_reply(fw, request, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), 0);
}

/* A signal does not end a call: in line, while sending, while waiting. */
static void rm_signal(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *first, *second;

	first = start_call(test);
	fake_fw_recv(fw);
	second = start_call(test);
	fake_call_kill(first);
	fake_call_kill(second);
	/* Give a call that wrongly reacts to the signal the time to end */
	fake_fw_notify(fw, NOTIFY_ID, NULL, 0);
	fake_fw_sync(fw);

	fake_fw_set_full(fw, true);
	fake_fw_reply(fw, &fw->request, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_call_end(first), 0);
	fake_fw_wait_blocked(fw);
	fake_fw_set_full(fw, false);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_call_end(second), 0);
}

/* The ping is an empty request with an unknown id. */
static struct fake_request *expect_ping(struct kunit *test)
{
	struct fake_request *request = fake_fw_recv(test->priv);

	KUNIT_ASSERT_EQ(test, request->msg_id, 0);
	KUNIT_ASSERT_EQ(test, request->len, (size_t)0);

	return request;
}

/* One call is not answered, but the ping is: the late reply is dropped. */
static void rm_timeout(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *ping, late;
	struct fake_call *call;

	fw->timeout_ms = SHORT_MS;
	call = start_call(test);
	late = *fake_fw_recv(fw);
	/* The ping must not time out. */
	fw->timeout_ms = 2 * jiffies_to_msecs(FAKE_PATIENCE);
	ping = expect_ping(test);
	fake_fw_reply(fw, ping, 0xffffffff, NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, call->msg.lost);
	KUNIT_EXPECT_TRUE(test, gunyah_rm_alive(fw->rm));

	/* The late reply arrives while another call waits. */
	call = start_call(test);
	fake_fw_recv(fw);
	fake_fw_reply(fw, &late, 3, "late", 4);
	fake_fw_sync(fw);
	KUNIT_EXPECT_FALSE(test, completion_done(&call->done));
	fake_fw_reply(fw, &fw->request, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), 0);
	expect_call_works(test);
}

/* Any packet is a sign of life, even if the ping itself gets lost. */
static void rm_other_sign_of_life(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	fw->timeout_ms = SHORT_MS;
	call = start_call(test);
	fake_fw_recv(fw);
	expect_ping(test);
	fake_fw_notify(fw, NOTIFY_ID, NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, gunyah_rm_alive(fw->rm));
	expect_call_works(test);
}

/* A call times out without any sign of life. */
static void make_dead(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	fw->timeout_ms = SHORT_MS;
	call = start_call(test);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, call->msg.lost);
	KUNIT_ASSERT_FALSE(test, gunyah_rm_alive(fw->rm));
	fake_fw_recv(fw);
	expect_ping(test);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
}

static void expect_dead(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	/* The call fails at once, without waiting for the timeout. */
	fw->timeout_ms = 2 * jiffies_to_msecs(FAKE_PATIENCE);
	call = start_call(test);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, call->msg.lost);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
	KUNIT_EXPECT_FALSE(test, gunyah_rm_alive(fw->rm));
}

static void rm_dead(struct kunit *test)
{
	struct fake_fw *fw = test->priv;

	make_dead(test);
	expect_dead(test);

	/* An invalid packet is no sign of life. */
	fake_fw_send_raw(fw, "\x21\x03", 2);
	fake_fw_sync(fw);
	expect_dead(test);

	fake_fw_notify(fw, NOTIFY_ID, NULL, 0);
	fake_fw_sync(fw);
	KUNIT_EXPECT_TRUE(test, gunyah_rm_alive(fw->rm));
	expect_call_works(test);

	/* It can die again. */
	make_dead(test);
	expect_dead(test);
}

/* A late reply is dropped, but is a sign of life. */
static void rm_late_reply_revives(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request late;
	struct fake_call *call;

	fw->timeout_ms = SHORT_MS;
	call = start_call(test);
	late = *fake_fw_recv(fw);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), -ETIMEDOUT);
	KUNIT_ASSERT_FALSE(test, gunyah_rm_alive(fw->rm));
	expect_ping(test);

	fake_fw_reply(fw, &late, 0, "late", 4);
	fake_fw_sync(fw);
	KUNIT_EXPECT_TRUE(test, gunyah_rm_alive(fw->rm));
	expect_call_works(test);
}

/* Calls in line do not wait for the timeout one after the other. */
static void rm_dead_for_all(struct kunit *test)
{
	struct fake_call *first, *others[6];
	struct fake_fw *fw = test->priv;
	unsigned int i;

	fw->timeout_ms = SHORT_MS;
	first = start_call(test);
	fake_fw_recv(fw);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = start_call(test);

	KUNIT_EXPECT_EQ(test, fake_call_end(first), -ETIMEDOUT);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		KUNIT_EXPECT_EQ(test, fake_call_end(others[i]), -ESHUTDOWN);
		KUNIT_EXPECT_FALSE(test, others[i]->msg.lost);
	}
	expect_ping(test);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
}

/* The queue stays full: neither the request nor the ping can be sent. */
static void rm_dead_full_queue(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	fw->timeout_ms = SHORT_MS;
	fake_fw_set_full(fw, true);
	call = start_call(test);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, call->msg.lost);
	KUNIT_EXPECT_FALSE(test, gunyah_rm_alive(fw->rm));
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));

	fake_fw_set_full(fw, false);
	expect_dead(test);
	fake_fw_notify(fw, NOTIFY_ID, NULL, 0);
	fake_fw_sync(fw);
	expect_call_works(test);
}

/* The reply is found although its interrupt was lost. */
static void rm_lost_interrupt(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	fw->lose_irq = true;
	call = fake_call_start(fw, MSG_ID, NULL, 0);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, "found", 5);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)5);
	KUNIT_EXPECT_GE(test, fw->polls, 1);
}

/* A sign of life is found although its interrupt was lost. */
static void rm_lost_interrupt_dead(struct kunit *test)
{
	struct fake_fw *fw = test->priv;

	make_dead(test);
	fw->lose_irq = true;
	fake_fw_notify(fw, NOTIFY_ID, NULL, 0);
	KUNIT_ASSERT_EQ(test, fake_call_end(start_call(test)), -ESHUTDOWN);
	fake_fw_sync(fw);
	fw->lose_irq = false;
	expect_call_works(test);
}

/* The RPC core is destroyed while one call waits for its reply, others in line. */
static void rm_destroy(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct gunyah_rm *rm = gunyah_rm_get(fw->rm);
	struct fake_call *calls[4];
	unsigned int i;
	int ret;

	calls[0] = start_call(test);
	fake_fw_recv(fw);
	for (i = 1; i < ARRAY_SIZE(calls); i++)
		calls[i] = start_call(test);

	gunyah_rm_destroy(fw->rm);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		KUNIT_EXPECT_EQ(test, fake_call_end(calls[i]), -ESHUTDOWN);
		KUNIT_EXPECT_EQ(test, calls[i]->msg.lost, i == 0);
	}
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
	KUNIT_EXPECT_FALSE(test, gunyah_rm_alive(rm));

	/* The reference keeps the object, but calls fail. */
	ret = fake_rm_call(rm, MSG_ID, NULL, 0, NULL, NULL);
	KUNIT_EXPECT_EQ(test, ret, -ESHUTDOWN);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
	fw->rm = NULL;
	gunyah_rm_put(rm);
}

/* The RPC core is destroyed while a call waits for room in the queue. */
static void rm_destroy_full_queue(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	fake_fw_set_full(fw, true);
	call = start_call(test);
	fake_fw_wait_blocked(fw);
	fake_fw_destroy_rm(fw);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, call->msg.lost);
}

static struct kunit_case rm_dead_cases[] = {
	KUNIT_CASE(rm_full_queue),
	KUNIT_CASE(rm_signal),
	KUNIT_CASE(rm_timeout),
	KUNIT_CASE(rm_other_sign_of_life),
	KUNIT_CASE(rm_dead),
	KUNIT_CASE(rm_late_reply_revives),
	KUNIT_CASE(rm_dead_for_all),
	KUNIT_CASE(rm_dead_full_queue),
	KUNIT_CASE(rm_lost_interrupt),
	KUNIT_CASE(rm_lost_interrupt_dead),
	KUNIT_CASE(rm_destroy),
	KUNIT_CASE(rm_destroy_full_queue),
	{}
};

static struct kunit_suite rm_dead_suite = {
	.name = "gunyah_rm_dead",
	.init = fake_fw_init,
	.exit = fake_fw_exit,
	.test_cases = rm_dead_cases,
};

kunit_test_suite(rm_dead_suite);
