/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A resource manager for unit tests: the test plays the firmware
 *
 * The test's own thread reads requests and sends packets, call by call. Calls
 * under test run in threads of their own, see fake_call_start().
 */

#ifndef _GUNYAH_TESTS_FAKE_LINK_H
#define _GUNYAH_TESTS_FAKE_LINK_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "../msgq.h"
#include "../rm.h"
#include "../rm_call.h"

/* The protocol's numbers are repeated here, so that tests find errors in rm_wire.h. */
#define FAKE_CONTINUATION	0
#define FAKE_REQUEST		1
#define FAKE_REPLY		2
#define FAKE_NOTIFICATION	3
#define FAKE_PACKET_SIZE	240
#define FAKE_PAYLOAD_SIZE	232
#define FAKE_MAX_PAYLOAD	14616

/* Time limit for everything that is expected to happen */
#define FAKE_PATIENCE		(20 * HZ)

#define FAKE_MAX_NOTIFICATIONS	8

struct fake_fw;

/**
 * struct fake_packet - a packet in a queue
 * @list: in one of the queues of &struct fake_fw
 * @flags: GUNYAH_RM_LINK_... flags of the sender
 * @len: size of @data in bytes
 * @data: header and payload
 */
struct fake_packet {
	struct list_head list;
	unsigned int flags;
	size_t len;
	u8 data[];
};

/**
 * struct fake_request - a request that the firmware received
 * @seq: sequence id
 * @msg_id: message id
 * @packets: number of packets
 * @len: size of @payload in bytes
 * @payload: the payload of all packets, until the next request is received
 */
struct fake_request {
	u16 seq;
	u32 msg_id;
	unsigned int packets;
	size_t len;
	u8 *payload;
};

/**
 * struct fake_call - a call that runs in a thread of its own
 * @list: in &fake_fw.calls
 * @fw: the firmware
 * @client: the caller, for the functions of rm_call.c
 * @fn: runs in the thread
 * @data: for @fn
 * @msg: the call, if it was started with fake_call_start()
 * @task: the thread
 * @started: the thread can be killed
 * @done: @fn has returned
 * @ret: result of @fn
 */
struct fake_call {
	struct list_head list;
	struct fake_fw *fw;
	struct gunyah_rm_client client;
	int (*fn)(struct fake_call *call);
	void *data;
	struct gunyah_rm_msg msg;
	struct task_struct *task;
	struct completion started;
	struct completion done;
	int ret;
};

/**
 * struct fake_exchange - a function of rm_call.h: its request and the reply
 * @name: for messages
 * @fn: calls the function
 * @msg_id: expected message id
 * @len: expected size of the request's payload in bytes
 * @bytes: expected payload
 * @reply_len: size of @reply in bytes
 * @reply: body of the reply
 */
struct fake_exchange {
	const char *name;
	int (*fn)(struct fake_call *call);
	u32 msg_id;
	u8 len;
	u8 bytes[48];
	u8 reply_len;
	u8 reply[20];
};

/**
 * struct fake_notification - a notification that the RPC core has delivered
 * @msg_id: message id
 * @len: size of @payload in bytes
 * @payload: copy of the payload
 */
struct fake_notification {
	u32 msg_id;
	size_t len;
	u8 *payload;
};

/**
 * struct fake_fw - the firmware
 * @test: the test
 * @link: the interface for the RPC core
 * @rm: the RPC core under test; NULL after fake_fw_destroy_rm()
 * @timeout_ms: its timeout; long, unless a test makes a call time out
 * @request: the last request, see fake_fw_recv()
 * @lock: protects the members that follow
 * @wait: woken whenever one of these changes
 * @rx_thread: passes packets to the RPC core
 * @to_fw: packets from the RPC core
 * @to_host: packets for the RPC core
 * @undelivered: number of packets that the RPC core has not finished with
 * @full: the queue of the RPC core is full
 * @blocked: the RPC core waits because of @full
 * @send_error: if not 0, sending fails with this error
 * @stopped: the link was stopped
 * @lose_irq: @rx_thread does not see new packets until it is polled
 * @look: it was polled
 * @polls: number of polls
 * @calls: calls that the test has started
 * @num_notifications: number of elements of @notifications
 * @notifications: all notifications that the RPC core has delivered
 */
struct fake_fw {
	struct kunit *test;
	struct gunyah_rm_link link;
	struct gunyah_rm *rm;
	unsigned int timeout_ms;
	struct fake_request request;

	/* Protects the members that follow */
	spinlock_t lock;
	wait_queue_head_t wait;
	struct task_struct *rx_thread;
	struct list_head to_fw;
	struct list_head to_host;
	unsigned int undelivered;
	bool full;
	bool blocked;
	int send_error;
	bool stopped;
	bool lose_irq;
	bool look;
	unsigned int polls;

	struct list_head calls;
	unsigned int num_notifications;
	struct fake_notification notifications[FAKE_MAX_NOTIFICATIONS];
};

int fake_fw_init(struct kunit *test);
void fake_fw_exit(struct kunit *test);
void fake_fw_destroy_rm(struct fake_fw *fw);

struct fake_packet *fake_fw_recv_packet(struct fake_fw *fw);
struct fake_request *fake_fw_recv(struct fake_fw *fw);
bool fake_fw_idle(struct fake_fw *fw);
void fake_fw_set_full(struct fake_fw *fw, bool full);
void fake_fw_wait_blocked(struct fake_fw *fw);

void fake_fw_send_raw(struct fake_fw *fw, const void *buf, size_t len);
void fake_fw_send_packet(struct fake_fw *fw, u8 type, u8 fragments, u16 seq,
			 u32 msg_id, const void *payload, size_t len);
void fake_fw_send_message(struct fake_fw *fw, u8 type, u16 seq, u32 msg_id,
			  const void *payload, size_t len);
void fake_fw_reply(struct fake_fw *fw, const struct fake_request *request,
		   u32 error, const void *body, size_t len);
void fake_fw_notify(struct fake_fw *fw, u32 msg_id, const void *payload,
		    size_t len);
void fake_fw_sync(struct fake_fw *fw);

struct fake_call *fake_call_start_fn(struct fake_fw *fw,
				     int (*fn)(struct fake_call *call),
				     void *data);
int fake_rm_call(struct gunyah_rm *rm, u32 msg_id, const void *req,
		 size_t req_len, void **resp, size_t *resp_len);
struct fake_call *fake_call_start_msg(struct fake_fw *fw,
				      const struct gunyah_rm_msg *msg);
struct fake_call *fake_call_start(struct fake_fw *fw, u32 msg_id,
				  const void *req, size_t len);
void fake_exchange(struct fake_fw *fw, const struct fake_exchange *exchange,
		   void *data, u32 error, int ret);
void fake_calls_free(struct fake_fw *fw);
int fake_call_end(struct fake_call *call);
void fake_call_kill(struct fake_call *call);

u8 *fake_pattern(struct kunit *test, size_t len, u8 first);

#endif /* _GUNYAH_TESTS_FAKE_LINK_H */
