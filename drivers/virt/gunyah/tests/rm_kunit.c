// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the RPC core: valid and invalid messages
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "fake_link.h"

#define MSG_ID		0x12345678
#define NOTIFY_ID	0x87654321

/* A call works: nothing is left of the messages before it. */
static void expect_call_works(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, "ping", 4);
	request = fake_fw_recv(fw);
	KUNIT_ASSERT_EQ(test, request->len, (size_t)4);
	fake_fw_reply(fw, request, 0, "pong", 4);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)4);
	KUNIT_ASSERT_MEMEQ(test, call->msg.resp, "pong", 4);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
}

/* The bytes of a request and of its reply */
static void rm_packet(struct kunit *test)
{
	static const u8 req[] = { 0xaa, 0xbb, 0xcc };
	u8 expected[] = { 0x21, 0x01, 0, 0, 0x78, 0x56, 0x34, 0x12,
			  0xaa, 0xbb, 0xcc };
	u8 reply[] = { 0x21, 0x02, 0, 0, 0x78, 0x56, 0x34, 0x12,
		       0, 0, 0, 0, 0xdd, 0xee };
	struct fake_fw *fw = test->priv;
	struct fake_packet *packet;
	struct fake_call *call;
	u8 sent[16] = {};
	unsigned int flags;
	size_t len;

	call = fake_call_start(fw, MSG_ID, req, sizeof(req));
	packet = fake_fw_recv_packet(fw);
	len = packet->len;
	flags = packet->flags;
	memcpy(sent, packet->data, min(len, sizeof(sent)));
	kfree(packet);

	/* Any sequence id is valid. */
	memcpy(expected + 2, sent + 2, 2);
	memcpy(reply + 2, sent + 2, 2);
	KUNIT_EXPECT_EQ(test, len, sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, sent, expected, sizeof(expected));
	KUNIT_EXPECT_EQ(test, flags, (unsigned int)GUNYAH_RM_LINK_PUSH);

	fake_fw_send_raw(fw, reply, sizeof(reply));
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)2);
	KUNIT_EXPECT_MEMEQ(test, call->msg.resp, reply + 12, 2);
}

static void rm_empty(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);
	KUNIT_EXPECT_EQ(test, request->len, (size_t)0);
	KUNIT_EXPECT_EQ(test, request->packets, 1);
	fake_fw_reply(fw, request, 0, NULL, 0);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_EXPECT_NULL(test, call->msg.resp);
	KUNIT_EXPECT_EQ(test, call->msg.resp_len, (size_t)0);
}

static int call_without_resp(struct fake_call *call)
{
	return fake_rm_call(call->fw->rm, MSG_ID, NULL, 0, NULL, NULL);
}

static void rm_body_is_ignored(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	call = fake_call_start_fn(fw, call_without_resp, NULL);
	fake_fw_reply(fw, fake_fw_recv(fw), 0, "body", 4);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), 0);
}

/* The caller expects a reply of a fixed size. */
static void rm_fixed_size(struct kunit *test)
{
	static const struct {
		size_t len;
		int ret;
	} replies[] = {
		{ 0, -EIO }, { 3, -EIO }, { 4, 0 }, { 5, -EIO }, { 500, -EIO },
	};
	struct fake_fw *fw = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(replies); i++) {
		u8 *body = fake_pattern(test, replies[i].len, 1);
		u8 buf[4] = {};
		const struct gunyah_rm_msg msg = {
			.msg_id = MSG_ID,
			.buf = buf,
			.buf_len = sizeof(buf),
		};
		struct fake_call *call;

		call = fake_call_start_msg(fw, &msg);
		fake_fw_reply(fw, fake_fw_recv(fw), 0, body, replies[i].len);
		KUNIT_EXPECT_EQ(test, fake_call_end(call), replies[i].ret);
		KUNIT_EXPECT_EQ(test, call->msg.lost, replies[i].ret != 0);
		KUNIT_EXPECT_NULL(test, call->msg.resp);
		if (!replies[i].ret)
			KUNIT_EXPECT_MEMEQ(test, buf, body, sizeof(buf));
	}
}

static void rm_long_request(struct kunit *test)
{
	static const struct {
		size_t len;
		unsigned int packets;
	} requests[] = {
		{ 1, 1 }, { 231, 1 }, { 232, 1 }, { 233, 2 }, { 464, 2 },
		{ 465, 3 }, { 8220, 36 }, { 14383, 62 }, { 14384, 62 },
	};
	struct fake_fw *fw = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		size_t len = requests[i].len;
		u8 *req = fake_pattern(test, len, i);
		struct fake_request *request;
		struct fake_call *call;

		call = fake_call_start(fw, MSG_ID, req, len);
		request = fake_fw_recv(fw);
		KUNIT_ASSERT_EQ(test, request->len, len);
		KUNIT_EXPECT_EQ(test, request->packets, requests[i].packets);
		KUNIT_EXPECT_EQ(test, request->msg_id, MSG_ID);
		KUNIT_EXPECT_TRUE(test, !memcmp(request->payload, req, len));
		fake_fw_reply(fw, request, 0, NULL, 0);
		KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	}
}

static void rm_too_long_request(struct kunit *test)
{
	u8 *req = fake_pattern(test, 14385, 0);
	struct fake_fw *fw = test->priv;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, req, 14385);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -E2BIG);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
	expect_call_works(test);
}

static void rm_long_reply(struct kunit *test)
{
	/* 4 bytes of each reply are the error code. */
	static const size_t lens[] = {
		1, 227, 228, 229, 459, 460, 461, 14611, 14612,
	};
	struct fake_fw *fw = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		u8 *body = fake_pattern(test, lens[i], i);
		struct fake_call *call;

		call = fake_call_start(fw, MSG_ID, NULL, 0);
		fake_fw_reply(fw, fake_fw_recv(fw), 0, body, lens[i]);
		KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
		KUNIT_ASSERT_EQ(test, call->msg.resp_len, lens[i]);
		KUNIT_EXPECT_TRUE(test, !memcmp(call->msg.resp, body, lens[i]));
	}
}

static void rm_errors(struct kunit *test)
{
	static const struct {
		u32 error;
		int ret;
	} errors[] = {
		{ 0, 0 },
		{ 0xffffffff, -EOPNOTSUPP },
		{ 0x1, -ENOMEM },
		{ 0x2, -ENODEV },
		{ 0x3, -EPERM },
		{ 0x4, -EINVAL },
		{ 0x5, -EBUSY },
		{ 0x6, -EINVAL },
		{ 0x7, -EINVAL },
		{ 0x8, -EINVAL },
		{ 0x9, -EINVAL },
		{ 0xa, -EINVAL },
		{ 0xb, -EBUSY },
		{ 0xc, -EINVAL },
		{ 0xd, -EINVAL },
		{ 0xe, -EINVAL },
		{ 0xf, -EINVAL },
		{ 0x10, -EBUSY },
		{ 0x11, -EINVAL },
		{ 0x12, -EBUSY },
		{ 0x13, -EINVAL },
		{ 0x14, -EBUSY },
		{ 0x15, -EIO },
		{ 0xfffffffe, -EIO },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		KUNIT_EXPECT_EQ_MSG(test, gunyah_rm_error_remap(errors[i].error),
				    errors[i].ret, "error 0x%x",
				    errors[i].error);
}

/* There may be any number of bytes behind the error code. */
static void rm_error_reply(struct kunit *test)
{
	static const size_t lens[] = { 0, 1, 4, 8, 228, 1000, 14612 };
	u8 *body = fake_pattern(test, 14612, 0);
	struct fake_fw *fw = test->priv;
	struct fake_call *call;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		call = fake_call_start(fw, MSG_ID, NULL, 0);
		fake_fw_reply(fw, fake_fw_recv(fw), 3, body, lens[i]);
		KUNIT_EXPECT_EQ(test, fake_call_end(call), -EPERM);
		KUNIT_EXPECT_NULL(test, call->msg.resp);
		KUNIT_EXPECT_FALSE(test, call->msg.lost);
	}
}

static void expect_notification(struct kunit *test, unsigned int i, u32 msg_id,
				const u8 *payload, size_t len)
{
	struct fake_fw *fw = test->priv;
	struct fake_notification *notification = &fw->notifications[i];

	KUNIT_ASSERT_LT(test, i, fw->num_notifications);
	KUNIT_EXPECT_EQ(test, notification->msg_id, msg_id);
	KUNIT_ASSERT_EQ(test, notification->len, len);
	KUNIT_EXPECT_TRUE(test, !memcmp(notification->payload, payload, len));
}

static void rm_notification(struct kunit *test)
{
	static const size_t lens[] = { 0, 1, 232, 233, 14616 };
	u8 *payload = fake_pattern(test, 14616, 7);
	struct fake_fw *fw = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		fake_fw_notify(fw, NOTIFY_ID + i, payload, lens[i]);
		fake_fw_sync(fw);
		KUNIT_EXPECT_EQ(test, fw->num_notifications, i + 1);
		expect_notification(test, i, NOTIFY_ID + i, payload, lens[i]);
	}
	expect_call_works(test);
}

/* Notifications arrive between a request and its reply, and right after. */
static void rm_notification_during_call(struct kunit *test)
{
	u8 *payload = fake_pattern(test, 700, 7);
	u8 *body = fake_pattern(test, 600, 9);
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);
	fake_fw_notify(fw, NOTIFY_ID, payload, 700);
	/* A notification with the ids of the request is not its reply. */
	fake_fw_send_message(fw, FAKE_NOTIFICATION, request->seq, MSG_ID,
			     payload, 8);
	fake_fw_sync(fw);
	KUNIT_EXPECT_EQ(test, fw->num_notifications, 2);
	KUNIT_EXPECT_FALSE(test, completion_done(&call->done));

	fake_fw_reply(fw, request, 0, body, 600);
	fake_fw_notify(fw, NOTIFY_ID, payload, 600);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	fake_fw_sync(fw);

	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)600);
	KUNIT_EXPECT_TRUE(test, !memcmp(call->msg.resp, body, 600));
	expect_notification(test, 0, NOTIFY_ID, payload, 700);
	expect_notification(test, 1, MSG_ID, payload, 8);
	expect_notification(test, 2, NOTIFY_ID, payload, 600);
}

static void rm_duplicate_reply(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);
	fake_fw_reply(fw, request, 0, "first", 5);
	fake_fw_reply(fw, request, 3, "second", 6);
	fake_fw_sync(fw);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)5);
	KUNIT_EXPECT_MEMEQ(test, call->msg.resp, "first", 5);
	expect_call_works(test);
}

/* Replies that match no call are dropped, the next valid one is not. */
static void rm_wrong_reply(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *request, wrong;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);

	wrong.seq = request->seq + 1;
	wrong.msg_id = MSG_ID;
	fake_fw_reply(fw, &wrong, 3, "wrong", 5);
	wrong.seq = request->seq - 1;
	fake_fw_reply(fw, &wrong, 3, "wrong", 5);
	wrong.seq = request->seq;
	wrong.msg_id = MSG_ID + 1;
	fake_fw_reply(fw, &wrong, 3, "wrong", 5);
	fake_fw_sync(fw);
	KUNIT_EXPECT_FALSE(test, completion_done(&call->done));

	fake_fw_reply(fw, request, 0, "right", 5);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)5);
	KUNIT_EXPECT_MEMEQ(test, call->msg.resp, "right", 5);
}

/* Invalid packets are skipped, even between the parts of a message. */
static void rm_garbage(struct kunit *test)
{
	u8 *body = fake_pattern(test, 600, 3);
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	u8 good[12], bad[241] = {};
	struct fake_call *call;
	unsigned int i;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);

	/* The beginning of the reply */
	body[0] = 0;
	body[1] = 0;
	body[2] = 0;
	body[3] = 0;
	fake_fw_send_packet(fw, FAKE_REPLY, 2, request->seq, MSG_ID, body, 232);

	/* Error replies to the call, each with one mistake */
	good[0] = 0x21;
	good[1] = FAKE_REPLY;
	put_unaligned_le16(request->seq, good + 2);
	put_unaligned_le32(MSG_ID, good + 4);
	put_unaligned_le32(3, good + 8);

	for (i = 0; i < 8; i++)
		fake_fw_send_raw(fw, good, i);
	memcpy(bad, good, sizeof(good));
	fake_fw_send_raw(fw, bad, sizeof(bad));
	for (i = 0; i < 256; i++) {
		bad[0] = i;
		if (i != 0x21)
			fake_fw_send_raw(fw, bad, sizeof(good));
	}
	bad[0] = 0x21;
	bad[1] = FAKE_REQUEST;
	fake_fw_send_raw(fw, bad, sizeof(good));
	bad[1] = FAKE_REPLY | 63 << 2;
	fake_fw_send_raw(fw, bad, 240);

	/* The rest of it */
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 2, request->seq, MSG_ID,
			    body + 232, 232);
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 2, request->seq, MSG_ID,
			    body + 464, 136);

	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)596);
	KUNIT_EXPECT_TRUE(test, !memcmp(call->msg.resp, body + 4, 596));
	KUNIT_EXPECT_EQ(test, fw->num_notifications, 0);
}

static void rm_short_reply(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	const struct gunyah_rm_msg msg = { .msg_id = MSG_ID };
	struct fake_request *request;
	struct fake_call *call;
	size_t len;

	for (len = 0; len < 4; len++) {
		call = fake_call_start_msg(fw, &msg);
		request = fake_fw_recv(fw);
		fake_fw_send_packet(fw, FAKE_REPLY, 0, request->seq, MSG_ID,
				    "\0\0\0", len);
		KUNIT_EXPECT_EQ(test, fake_call_end(call), -EIO);
		KUNIT_EXPECT_TRUE(test, call->msg.lost);
	}
	expect_call_works(test);
}

/* Continuations that do not belong to the reply before them */
static void rm_wrong_fragment(struct kunit *test)
{
	static const struct {
		const char *what;
		s16 seq;
		s32 msg_id;
		s8 fragments;
		size_t len;
	} wrongs[] = {
		{ "sequence id", 1, 0, 0, 232 },
		{ "message id", 0, 1, 0, 232 },
		{ "too many fragments", 0, 0, 1, 232 },
		{ "too few fragments", 0, 0, -1, 232 },
		{ "not full", 0, 0, 0, 231 },
		{ "empty", 0, 0, 0, 0 },
	};
	u8 *body = fake_pattern(test, 232, 0);
	struct fake_fw *fw = test->priv;
	const struct gunyah_rm_msg msg = { .msg_id = MSG_ID };
	struct fake_request *request;
	struct fake_call *call;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		call = fake_call_start_msg(fw, &msg);
		request = fake_fw_recv(fw);
		fake_fw_send_packet(fw, FAKE_REPLY, 2, request->seq, MSG_ID,
				    body, 232);
		fake_fw_send_packet(fw, FAKE_CONTINUATION,
				    2 + wrongs[i].fragments,
				    request->seq + wrongs[i].seq,
				    MSG_ID + wrongs[i].msg_id, body,
				    wrongs[i].len);
		KUNIT_EXPECT_EQ_MSG(test, fake_call_end(call), -EIO, "%s",
				    wrongs[i].what);
		KUNIT_EXPECT_TRUE(test, call->msg.lost);

		/* The rest of the reply belongs to no message. */
		fake_fw_send_packet(fw, FAKE_CONTINUATION, 2, request->seq,
				    MSG_ID, body, 232);
		fake_fw_send_packet(fw, FAKE_CONTINUATION, 2, request->seq,
				    MSG_ID, body, 4);
		expect_call_works(test);
	}
}

/* The first packet is too short, because it has continuations. */
static void rm_first_fragment_not_full(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);
	fake_fw_send_packet(fw, FAKE_REPLY, 1, request->seq, MSG_ID,
			    "\0\0\0\0abcd", 8);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -EIO);
	expect_call_works(test);
}

/* A notification begins before the end of the reply. */
static void rm_missing_fragment(struct kunit *test)
{
	u8 *body = fake_pattern(test, 232, 0);
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);
	fake_fw_send_packet(fw, FAKE_REPLY, 2, request->seq, MSG_ID, body, 232);
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 2, request->seq, MSG_ID,
			    body, 232);
	fake_fw_notify(fw, NOTIFY_ID, "news", 4);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -EIO);
	fake_fw_sync(fw);
	expect_notification(test, 0, NOTIFY_ID, "news", 4);
	expect_call_works(test);
}

/* The reply begins for a second time. */
static void rm_restarted_reply(struct kunit *test)
{
	u8 *body = fake_pattern(test, 300, 0);
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);
	fake_fw_send_packet(fw, FAKE_REPLY, 1, request->seq, MSG_ID, body, 232);
	fake_fw_reply(fw, request, 0, body, 300);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)300);
	KUNIT_EXPECT_TRUE(test, !memcmp(call->msg.resp, body, 300));
}

/* A message has more fragments than its header says. */
static void rm_extra_fragment(struct kunit *test)
{
	u8 *body = fake_pattern(test, 300, 0);
	struct fake_fw *fw = test->priv;
	struct fake_request *request;
	struct fake_call *call;

	/* Before any message */
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 1, 0, MSG_ID, body, 232);

	call = fake_call_start(fw, MSG_ID, NULL, 0);
	request = fake_fw_recv(fw);
	fake_fw_reply(fw, request, 0, body, 300);
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 1, request->seq, MSG_ID,
			    body, 232);
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 1, request->seq, MSG_ID,
			    body, 232);
	fake_fw_sync(fw);
	KUNIT_ASSERT_EQ(test, fake_call_end(call), 0);
	KUNIT_ASSERT_EQ(test, call->msg.resp_len, (size_t)300);
	KUNIT_EXPECT_TRUE(test, !memcmp(call->msg.resp, body, 300));

	fake_fw_notify(fw, NOTIFY_ID, body, 300);
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 1, 0xbeef, NOTIFY_ID, body,
			    232);
	fake_fw_send_packet(fw, FAKE_CONTINUATION, 1, 0xbeef, NOTIFY_ID, body,
			    68);
	fake_fw_sync(fw);
	KUNIT_EXPECT_EQ(test, fw->num_notifications, 1);
	expect_notification(test, 0, NOTIFY_ID, body, 300);
	expect_call_works(test);
}

static void rm_send_fails(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	const struct gunyah_rm_msg msg = { .msg_id = MSG_ID };
	struct fake_call *call;

	fw->send_error = -EACCES;
	call = fake_call_start_msg(fw, &msg);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), -EACCES);
	KUNIT_EXPECT_FALSE(test, call->msg.lost);

	fw->send_error = 0;
	expect_call_works(test);
}

#define CALLS_PER_THREAD	10

static int call_often(struct fake_call *call)
{
	unsigned long id = (unsigned long)call->data;
	u32 req[100], i, j;
	size_t len;
	void *resp;
	int ret;

	for (i = 0; i < CALLS_PER_THREAD; i++) {
		for (j = 0; j < ARRAY_SIZE(req); j++)
			req[j] = id << 16 | (i + j);
		ret = fake_rm_call(call->fw->rm, MSG_ID + id, req,
				   sizeof(req), &resp, &len);
		if (ret)
			return ret;
		if (len != sizeof(req) || memcmp(req, resp, len))
			ret = -EBADMSG;
		kvfree(resp);
		if (ret)
			return ret;
	}

	return 0;
}

/* Each of many callers gets its own reply, and only one call is in flight. */
static void rm_many_callers(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	struct fake_call *calls[6];
	struct fake_request *request;
	unsigned long i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		calls[i] = fake_call_start_fn(fw, call_often, (void *)i);

	for (i = 0; i < ARRAY_SIZE(calls) * CALLS_PER_THREAD; i++) {
		request = fake_fw_recv(fw);
		KUNIT_ASSERT_TRUE(test, fake_fw_idle(fw));
		fake_fw_notify(fw, NOTIFY_ID, NULL, 0);
		fake_fw_reply(fw, request, 0, request->payload, request->len);
	}

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		KUNIT_EXPECT_EQ(test, fake_call_end(calls[i]), 0);
	fake_fw_sync(fw);
	KUNIT_EXPECT_EQ(test, fw->num_notifications,
			(unsigned int)ARRAY_SIZE(calls) * CALLS_PER_THREAD);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(fw));
}

static struct kunit_case rm_cases[] = {
	KUNIT_CASE(rm_packet),
	KUNIT_CASE(rm_empty),
	KUNIT_CASE(rm_body_is_ignored),
	KUNIT_CASE(rm_fixed_size),
	KUNIT_CASE(rm_long_request),
	KUNIT_CASE(rm_too_long_request),
	KUNIT_CASE(rm_long_reply),
	KUNIT_CASE(rm_errors),
	KUNIT_CASE(rm_error_reply),
	KUNIT_CASE(rm_notification),
	KUNIT_CASE(rm_notification_during_call),
	KUNIT_CASE(rm_duplicate_reply),
	KUNIT_CASE(rm_wrong_reply),
	KUNIT_CASE(rm_garbage),
	KUNIT_CASE(rm_short_reply),
	KUNIT_CASE(rm_wrong_fragment),
	KUNIT_CASE(rm_first_fragment_not_full),
	KUNIT_CASE(rm_missing_fragment),
	KUNIT_CASE(rm_restarted_reply),
	KUNIT_CASE(rm_extra_fragment),
	KUNIT_CASE(rm_send_fails),
	KUNIT_CASE(rm_many_callers),
	{}
};

static struct kunit_suite rm_suite = {
	.name = "gunyah_rm",
	.init = fake_fw_init,
	.exit = fake_fw_exit,
	.test_cases = rm_cases,
};

kunit_test_suite(rm_suite);
