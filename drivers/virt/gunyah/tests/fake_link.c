// SPDX-License-Identifier: GPL-2.0-only
/*
 * A resource manager for unit tests: the test plays the firmware
 */

#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "fake_link.h"

static struct fake_fw *link_to_fw(struct gunyah_rm_link *link)
{
	return container_of(link, struct fake_fw, link);
}

static struct fake_packet *fake_pop(struct fake_fw *fw, struct list_head *queue)
{
	struct fake_packet *packet;

	spin_lock(&fw->lock);
	packet = list_first_entry_or_null(queue, struct fake_packet, list);
	if (packet)
		list_del(&packet->list);
	spin_unlock(&fw->lock);

	return packet;
}

static void fake_free_queue(struct list_head *queue)
{
	struct fake_packet *packet, *next;

	list_for_each_entry_safe(packet, next, queue, list) {
		list_del(&packet->list);
		kfree(packet);
	}
}

/*
 * The link
 */

static bool fake_rx_has_work(struct fake_fw *fw)
{
	bool work;

	spin_lock(&fw->lock);
	work = !list_empty(&fw->to_host) && (!fw->lose_irq || fw->look);
	spin_unlock(&fw->lock);

	return work;
}

static int fake_rx_thread(void *data)
{
	struct fake_fw *fw = data;
	struct fake_packet *packet;

	while (!kthread_should_stop()) {
		wait_event_interruptible(fw->wait,
					 fake_rx_has_work(fw) ||
					 kthread_should_stop());
		if (kthread_should_stop())
			break;

		packet = fake_pop(fw, &fw->to_host);
		fw->link.rx(fw->link.rx_data, packet->data, packet->len);
		kfree(packet);

		spin_lock(&fw->lock);
		fw->undelivered--;
		if (list_empty(&fw->to_host))
			fw->look = false;
		spin_unlock(&fw->lock);
		wake_up_all(&fw->wait);
	}

	return 0;
}

static int fake_start(struct gunyah_rm_link *link)
{
	struct fake_fw *fw = link_to_fw(link);
	struct task_struct *task;

	task = kthread_run(fake_rx_thread, fw, "fake-rm-rx");
	if (IS_ERR(task))
		return PTR_ERR(task);
	fw->rx_thread = task;

	return 0;
}

static bool fake_may_send(struct fake_fw *fw)
{
	bool may;

	spin_lock(&fw->lock);
	may = !fw->full || fw->stopped;
	spin_unlock(&fw->lock);

	return may;
}

static int fake_wait_for_room(struct fake_fw *fw, long timeout)
{
	long ret;

	WRITE_ONCE(fw->blocked, true);
	wake_up_all(&fw->wait);
	ret = wait_event_timeout(fw->wait, fake_may_send(fw), timeout);
	WRITE_ONCE(fw->blocked, false);

	return ret ? 0 : -ETIMEDOUT;
}

static int fake_send(struct gunyah_rm_link *link, const void *buf, size_t len,
		     unsigned int flags, unsigned long deadline)
{
	struct fake_fw *fw = link_to_fw(link);
	struct fake_packet *packet;
	int ret;

	if (len < 8 || len > FAKE_PACKET_SIZE)
		return -EMSGSIZE;

	if (!fake_may_send(fw)) {
		long left = deadline - jiffies;

		ret = fake_wait_for_room(fw, max(left, 0L));
		if (ret)
			return ret;
	}
	if (READ_ONCE(fw->stopped))
		return -ESHUTDOWN;
	if (fw->send_error)
		return fw->send_error;

	packet = kmalloc(struct_size(packet, data, len), GFP_KERNEL);
	if (!packet)
		return -ENOMEM;
	packet->flags = flags;
	packet->len = len;
	memcpy(packet->data, buf, len);

	spin_lock(&fw->lock);
	list_add_tail(&packet->list, &fw->to_fw);
	spin_unlock(&fw->lock);
	wake_up_all(&fw->wait);

	return 0;
}

static void fake_poll(struct gunyah_rm_link *link)
{
	struct fake_fw *fw = link_to_fw(link);

	spin_lock(&fw->lock);
	fw->look = !list_empty(&fw->to_host);
	fw->polls++;
	spin_unlock(&fw->lock);
	wake_up_all(&fw->wait);
}

static void fake_stop(struct gunyah_rm_link *link)
{
	struct fake_fw *fw = link_to_fw(link);

	spin_lock(&fw->lock);
	fw->stopped = true;
	spin_unlock(&fw->lock);
	wake_up_all(&fw->wait);
	kthread_stop(fw->rx_thread);
}

static const struct gunyah_rm_link_ops fake_link_ops = {
	.start = fake_start,
	.send = fake_send,
	.poll = fake_poll,
	.stop = fake_stop,
};

static void fake_notify(void *data, u32 msg_id, const void *payload, size_t len)
{
	struct fake_fw *fw = data;
	u8 *copy = kmemdup(payload, len, GFP_KERNEL);
	struct fake_notification *notification;

	spin_lock(&fw->lock);
	if (fw->num_notifications < FAKE_MAX_NOTIFICATIONS) {
		notification = &fw->notifications[fw->num_notifications];
		notification->msg_id = msg_id;
		notification->len = len;
		notification->payload = copy;
		copy = NULL;
	}
	fw->num_notifications++;
	spin_unlock(&fw->lock);
	kfree(copy);
}

/**
 * fake_fw_init() - create a firmware and an RPC core that is connected to it
 * @test: the test; its priv is set to the &struct fake_fw
 *
 * Return: 0 or a negative errno.
 */
int fake_fw_init(struct kunit *test)
{
	struct fake_fw *fw = kzalloc(sizeof(*fw), GFP_KERNEL);

	if (!fw)
		return -ENOMEM;
	fw->request.payload = kmalloc(FAKE_MAX_PAYLOAD, GFP_KERNEL);
	if (!fw->request.payload) {
		kfree(fw);
		return -ENOMEM;
	}

	fw->test = test;
	fw->timeout_ms = 2 * jiffies_to_msecs(FAKE_PATIENCE);
	fw->link.ops = &fake_link_ops;
	spin_lock_init(&fw->lock);
	init_waitqueue_head(&fw->wait);
	INIT_LIST_HEAD(&fw->to_fw);
	INIT_LIST_HEAD(&fw->to_host);
	INIT_LIST_HEAD(&fw->calls);

	fw->rm = gunyah_rm_create(&fw->link, &fw->timeout_ms, fake_notify, fw);
	if (IS_ERR(fw->rm)) {
		int ret = PTR_ERR(fw->rm);

		kfree(fw->request.payload);
		kfree(fw);
		return ret;
	}
	test->priv = fw;

	return 0;
}

/**
 * fake_fw_destroy_rm() - destroy the RPC core
 * @fw: the firmware
 */
void fake_fw_destroy_rm(struct fake_fw *fw)
{
	gunyah_rm_destroy(fw->rm);
	fw->rm = NULL;
}

/**
 * fake_fw_exit() - free everything
 * @test: the test
 */
void fake_fw_exit(struct kunit *test)
{
	struct fake_fw *fw = test->priv;
	unsigned int i;

	if (!fw)
		return;

	if (fw->rm)
		fake_fw_destroy_rm(fw);

	fake_calls_free(fw);
	for (i = 0; i < min(fw->num_notifications, FAKE_MAX_NOTIFICATIONS); i++)
		kfree(fw->notifications[i].payload);
	fake_free_queue(&fw->to_fw);
	fake_free_queue(&fw->to_host);
	kfree(fw->request.payload);
	kfree(fw);
}

/*
 * Receiving in the firmware
 */

/**
 * fake_fw_recv_packet() - wait for a packet of the RPC core
 * @fw: the firmware
 *
 * Return: the packet, to be freed with kfree().
 */
struct fake_packet *fake_fw_recv_packet(struct fake_fw *fw)
{
	struct fake_packet *packet = NULL;

	wait_event_timeout(fw->wait, (packet = fake_pop(fw, &fw->to_fw)),
			   FAKE_PATIENCE);
	if (!packet)
		KUNIT_FAIL_AND_ABORT(fw->test, "no packet was sent");

	return packet;
}

/**
 * fake_fw_recv() - wait for a request and check its packets
 * @fw: the firmware
 *
 * Return: the request, valid until this is called again.
 */
struct fake_request *fake_fw_recv(struct fake_fw *fw)
{
	struct fake_request *request = &fw->request;
	struct kunit *test = fw->test;
	struct fake_packet *packet;
	unsigned int flags;
	u8 fragments = 0;
	u8 header[8];
	size_t size;

	request->len = 0;
	request->packets = 0;

	do {
		packet = fake_fw_recv_packet(fw);
		flags = packet->flags;
		size = packet->len - sizeof(header);
		memcpy(header, packet->data, sizeof(header));
		memcpy(request->payload + request->len,
		       packet->data + sizeof(header), size);
		kfree(packet);

		KUNIT_ASSERT_EQ(test, header[0], 0x21);
		if (!request->packets) {
			KUNIT_ASSERT_EQ(test, header[1] & 3, FAKE_REQUEST);
			fragments = header[1] >> 2;
			KUNIT_ASSERT_LE(test, fragments, 62);
			request->seq = get_unaligned_le16(header + 2);
			request->msg_id = get_unaligned_le32(header + 4);
		} else {
			KUNIT_ASSERT_EQ(test, header[1] & 3, FAKE_CONTINUATION);
			KUNIT_ASSERT_EQ(test, header[1] >> 2, fragments);
			KUNIT_ASSERT_EQ(test, get_unaligned_le16(header + 2),
					request->seq);
			KUNIT_ASSERT_EQ(test, get_unaligned_le32(header + 4),
					request->msg_id);
		}

		/* All but the last packet are full and do not push. */
		if (request->packets < fragments) {
			KUNIT_ASSERT_EQ(test, size, (size_t)FAKE_PAYLOAD_SIZE);
			KUNIT_ASSERT_FALSE(test, flags & GUNYAH_RM_LINK_PUSH);
		} else {
			KUNIT_ASSERT_TRUE(test, flags & GUNYAH_RM_LINK_PUSH);
		}
		request->len += size;
	} while (request->packets++ < fragments);

	return request;
}

/**
 * fake_fw_idle() - is there nothing to receive?
 * @fw: the firmware
 *
 * Return: true if there is no packet of the RPC core.
 */
bool fake_fw_idle(struct fake_fw *fw)
{
	bool idle;

	spin_lock(&fw->lock);
	idle = list_empty(&fw->to_fw);
	spin_unlock(&fw->lock);

	return idle;
}

/**
 * fake_fw_set_full() - set whether the queue of the RPC core is full
 * @fw: the firmware
 * @full: true if it is full
 */
void fake_fw_set_full(struct fake_fw *fw, bool full)
{
	spin_lock(&fw->lock);
	fw->full = full;
	spin_unlock(&fw->lock);
	wake_up_all(&fw->wait);
}

/**
 * fake_fw_wait_blocked() - wait until the RPC core blocks on a full queue
 * @fw: the firmware
 */
void fake_fw_wait_blocked(struct fake_fw *fw)
{
	KUNIT_ASSERT_TRUE(fw->test,
			  wait_event_timeout(fw->wait, READ_ONCE(fw->blocked),
					     FAKE_PATIENCE));
}

/*
 * Sending from the firmware
 */

/**
 * fake_fw_send_raw() - send any bytes to the RPC core
 * @fw: the firmware
 * @buf: the bytes
 * @len: number of bytes
 */
void fake_fw_send_raw(struct fake_fw *fw, const void *buf, size_t len)
{
	struct fake_packet *packet;

	packet = kmalloc(struct_size(packet, data, len), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(fw->test, packet);
	packet->len = len;
	memcpy(packet->data, buf, len);

	spin_lock(&fw->lock);
	list_add_tail(&packet->list, &fw->to_host);
	fw->undelivered++;
	spin_unlock(&fw->lock);
	wake_up_all(&fw->wait);
}

/**
 * fake_fw_send_packet() - send a packet with a header
 * @fw: the firmware
 * @type: FAKE_...
 * @fragments: number of continuations of the message
 * @seq: sequence id
 * @msg_id: message id
 * @payload: the payload
 * @len: its size in bytes
 */
void fake_fw_send_packet(struct fake_fw *fw, u8 type, u8 fragments, u16 seq,
			 u32 msg_id, const void *payload, size_t len)
{
	u8 buf[FAKE_PACKET_SIZE] = {};

	KUNIT_ASSERT_LE(fw->test, len, (size_t)FAKE_PAYLOAD_SIZE);
	buf[0] = 0x21;
	buf[1] = type | fragments << 2;
	put_unaligned_le16(seq, buf + 2);
	put_unaligned_le32(msg_id, buf + 4);
	memcpy(buf + 8, payload, len);
	fake_fw_send_raw(fw, buf, 8 + len);
}

/**
 * fake_fw_send_message() - send a message in as many packets as it needs
 * @fw: the firmware
 * @type: FAKE_...
 * @seq: sequence id
 * @msg_id: message id
 * @payload: the payload
 * @len: its size in bytes
 */
void fake_fw_send_message(struct fake_fw *fw, u8 type, u16 seq, u32 msg_id,
			  const void *payload, size_t len)
{
	u8 fragments = len ? (len - 1) / FAKE_PAYLOAD_SIZE : 0;
	size_t size;

	do {
		size = min_t(size_t, len, FAKE_PAYLOAD_SIZE);
		fake_fw_send_packet(fw, type, fragments, seq, msg_id, payload,
				    size);
		type = FAKE_CONTINUATION;
		payload += size;
		len -= size;
	} while (len);
}

/**
 * fake_fw_reply() - answer a request
 * @fw: the firmware
 * @request: the request
 * @error: error code
 * @body: content after the error code
 * @len: size of @body in bytes
 */
void fake_fw_reply(struct fake_fw *fw, const struct fake_request *request,
		   u32 error, const void *body, size_t len)
{
	u8 *payload = kunit_kmalloc(fw->test, 4 + len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fw->test, payload);
	put_unaligned_le32(error, payload);
	memcpy(payload + 4, body, len);
	fake_fw_send_message(fw, FAKE_REPLY, request->seq, request->msg_id,
			     payload, 4 + len);
	kunit_kfree(fw->test, payload);
}

/**
 * fake_fw_notify() - send a notification
 * @fw: the firmware
 * @msg_id: its id
 * @payload: the payload
 * @len: its size in bytes
 */
void fake_fw_notify(struct fake_fw *fw, u32 msg_id, const void *payload,
		    size_t len)
{
	fake_fw_send_message(fw, FAKE_NOTIFICATION, 0xbeef, msg_id, payload,
			     len);
}

static bool fake_fw_delivered(struct fake_fw *fw)
{
	bool delivered;

	spin_lock(&fw->lock);
	delivered = !fw->undelivered;
	spin_unlock(&fw->lock);

	return delivered;
}

/**
 * fake_fw_sync() - wait until the RPC core has handled all packets
 * @fw: the firmware
 */
void fake_fw_sync(struct fake_fw *fw)
{
	KUNIT_ASSERT_TRUE(fw->test,
			  wait_event_timeout(fw->wait, fake_fw_delivered(fw),
					     FAKE_PATIENCE));
}

/**
 * fake_pattern() - bytes that all differ from their neighbours
 * @test: the test, which frees them
 * @len: number of bytes
 * @first: the first byte
 *
 * Return: the bytes.
 */
u8 *fake_pattern(struct kunit *test, size_t len, u8 first)
{
	u8 *buf = kunit_kmalloc(test, len + 1, GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	/* 251 is prime, so no two packets are equal. */
	for (i = 0; i < len; i++)
		buf[i] = first + i % 251;

	return buf;
}
