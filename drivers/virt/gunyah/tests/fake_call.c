// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the RPC core for unit tests, each in a thread that can be killed
 */

#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "fake_link.h"

static int fake_call_thread(void *data)
{
	struct fake_call *call = data;

	allow_signal(SIGKILL);
	complete(&call->started);
	call->ret = call->fn(call);
	complete_all(&call->done);

	return 0;
}

static struct fake_call *fake_call_run(struct fake_fw *fw,
				       int (*fn)(struct fake_call *call),
				       void *data,
				       const struct gunyah_rm_msg *msg)
{
	struct kunit *test = fw->test;
	struct task_struct *task;
	struct fake_call *call;

	call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, call);
	call->fw = fw;
	call->client.rm = fw->rm;
	call->fn = fn;
	call->data = data;
	if (msg)
		call->msg = *msg;
	init_completion(&call->started);
	init_completion(&call->done);

	task = kthread_create(fake_call_thread, call, "fake-rm-call");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	call->task = get_task_struct(task);
	list_add_tail(&call->list, &fw->calls);
	wake_up_process(task);
	wait_for_completion(&call->started);

	return call;
}

/**
 * fake_call_start_fn() - run a function in a thread that can be killed
 * @fw: the firmware
 * @fn: the function
 * @data: for the function
 *
 * Return: the call; fake_fw_exit() frees it.
 */
struct fake_call *fake_call_start_fn(struct fake_fw *fw,
				     int (*fn)(struct fake_call *call),
				     void *data)
{
	return fake_call_run(fw, fn, data, NULL);
}

static int fake_call_msg(struct fake_call *call)
{
	return gunyah_rm_send_msg(call->fw->rm, &call->msg);
}

/**
 * fake_call_start_msg() - start gunyah_rm_send_msg() in a thread
 * @fw: the firmware
 * @msg: the call, which is copied
 *
 * Return: the call; fake_fw_exit() frees it and the reply.
 */
struct fake_call *fake_call_start_msg(struct fake_fw *fw,
				      const struct gunyah_rm_msg *msg)
{
	return fake_call_run(fw, fake_call_msg, NULL, msg);
}

/**
 * fake_rm_call() - gunyah_rm_send_msg() with fewer options
 * @rm: the RPC core
 * @msg_id: message id
 * @req: payload of the request
 * @req_len: size of @req in bytes
 * @resp: set to the body of the reply, to be freed with kvfree(), or to NULL if
 *	it is empty. If @resp is NULL the body is ignored.
 * @resp_len: set to the size of the body in bytes; may be NULL if @resp is
 *
 * Return: as gunyah_rm_send_msg().
 */
int fake_rm_call(struct gunyah_rm *rm, u32 msg_id, const void *req,
		 size_t req_len, void **resp, size_t *resp_len)
{
	struct gunyah_rm_msg msg = {
		.msg_id = msg_id,
		.req = req,
		.req_len = req_len,
		.alloc = resp,
	};
	int ret;

	ret = gunyah_rm_send_msg(rm, &msg);
	if (resp) {
		*resp = msg.resp;
		*resp_len = msg.resp_len;
	}

	return ret;
}

static int fake_call_plain(struct fake_call *call)
{
	struct gunyah_rm_msg *msg = &call->msg;

	return fake_rm_call(call->fw->rm, msg->msg_id, msg->req, msg->req_len,
			    &msg->resp, &msg->resp_len);
}

/**
 * fake_call_start() - start fake_rm_call() in a thread
 * @fw: the firmware
 * @msg_id: message id
 * @req: payload, must exist until the end of the call
 * @len: its size in bytes
 *
 * Return: the call; fake_fw_exit() frees it and the reply.
 */
struct fake_call *fake_call_start(struct fake_fw *fw, u32 msg_id,
				  const void *req, size_t len)
{
	const struct gunyah_rm_msg msg = {
		.msg_id = msg_id,
		.req = req,
		.req_len = len,
	};

	return fake_call_run(fw, fake_call_plain, NULL, &msg);
}

/**
 * fake_call_end() - wait for the end of a call
 * @call: the call
 *
 * Return: the result of the call.
 */
int fake_call_end(struct fake_call *call)
{
	KUNIT_ASSERT_TRUE(call->fw->test,
			  wait_for_completion_timeout(&call->done,
						      FAKE_PATIENCE));
	return call->ret;
}

/**
 * fake_exchange() - check the bytes of a request, and what becomes of replies
 * @fw: the firmware
 * @exchange: the function, its request and the reply
 * @data: for the function
 * @error: a second call gets a reply with this error
 * @ret: its expected result
 *
 * Frees calls that have ended. No call may be in progress.
 */
void fake_exchange(struct fake_fw *fw, const struct fake_exchange *exchange,
		   void *data, u32 error, int ret)
{
	struct kunit *test = fw->test;
	struct fake_request *request;
	struct fake_call *call;

	/* Only one call at a time may write to @data. */
	fake_calls_free(fw);
	call = fake_call_start_fn(fw, exchange->fn, data);
	request = fake_fw_recv(fw);
	KUNIT_EXPECT_EQ_MSG(test, request->msg_id, exchange->msg_id, "%s",
			    exchange->name);
	KUNIT_EXPECT_EQ_MSG(test, request->len, (size_t)exchange->len, "%s",
			    exchange->name);
	KUNIT_EXPECT_MEMEQ_MSG(test, request->payload, exchange->bytes,
			       exchange->len, "%s", exchange->name);
	fake_fw_reply(fw, request, 0, exchange->reply, exchange->reply_len);
	KUNIT_EXPECT_EQ_MSG(test, fake_call_end(call), 0, "%s",
			    exchange->name);

	call = fake_call_start_fn(fw, exchange->fn, data);
	fake_fw_reply(fw, fake_fw_recv(fw), error, "more", 4);
	KUNIT_EXPECT_EQ_MSG(test, fake_call_end(call), ret, "%s",
			    exchange->name);
}

/**
 * fake_call_kill() - kill the thread of a call
 * @call: the call
 */
void fake_call_kill(struct fake_call *call)
{
	send_sig(SIGKILL, call->task, 1);
}

/**
 * fake_calls_free() - free calls that have ended, and their replies
 * @fw: the firmware
 *
 * No call may be in progress.
 */
void fake_calls_free(struct fake_fw *fw)
{
	struct fake_call *call, *next;

	list_for_each_entry_safe(call, next, &fw->calls, list) {
		list_del(&call->list);
		/* The thread may not have returned yet. */
		kthread_stop(call->task);
		put_task_struct(call->task);
		kvfree(call->msg.resp);
		kunit_kfree(fw->test, call);
	}
}
