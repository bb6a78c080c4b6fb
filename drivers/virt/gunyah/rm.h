/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote procedure calls to the resource manager
 */

#ifndef _GUNYAH_RM_H
#define _GUNYAH_RM_H

#include <linux/types.h>

struct gunyah_rm;
struct gunyah_rm_link;

/**
 * typedef gunyah_rm_notify_fn - receives the resource manager's notifications
 * @data: as given to gunyah_rm_create()
 * @msg_id: an &enum gunyah_rm_notification_id, or one that is not known
 * @payload: what came with it, valid during the call only
 * @len: size of @payload in bytes, not checked
 *
 * Called in the thread that receives, one after the other. May sleep, but must
 * neither call the resource manager nor wait for somebody who does: replies are
 * received by the same thread.
 */
typedef void (*gunyah_rm_notify_fn)(void *data, u32 msg_id, const void *payload,
				    size_t len);

/**
 * struct gunyah_rm_msg - a call to the resource manager in detail
 * @msg_id: an &enum gunyah_rm_msg_id
 * @req: payload of the request
 * @req_len: size of @req in bytes
 * @unkillable: wait for the reply even if the caller is killed: for calls that
 *	undo something. The timeout still holds.
 * @buf: where to put a reply of a known size, may be NULL
 * @buf_len: size of @buf in bytes. A reply without error that has another size
 *	makes the call fail with -EIO.
 * @alloc: if @buf is NULL, allocate memory for the reply's body: @resp
 * @resp: out: body of the reply, to be freed with kvfree(); NULL if it is empty
 *	or the call failed
 * @resp_len: out: size of @resp in bytes
 * @error: out: error code of the reply, 0 if there is none
 * @lost: out: the request was sent and its outcome is not known, because no
 *	reply came or the reply could not be used
 */
struct gunyah_rm_msg {
	u32 msg_id;
	const void *req;
	size_t req_len;
	bool unkillable;
	void *buf;
	size_t buf_len;
	bool alloc;
	void *resp;
	size_t resp_len;
	u32 error;
	bool lost;
};

struct gunyah_rm *gunyah_rm_create(struct gunyah_rm_link *link,
				   const unsigned int *timeout_ms,
				   gunyah_rm_notify_fn notify, void *data);
void gunyah_rm_destroy(struct gunyah_rm *rm);
struct gunyah_rm *gunyah_rm_get(struct gunyah_rm *rm);
void gunyah_rm_put(struct gunyah_rm *rm);

bool gunyah_rm_alive(struct gunyah_rm *rm);
int gunyah_rm_send_msg(struct gunyah_rm *rm, struct gunyah_rm_msg *msg);

int gunyah_rm_error_remap(u32 error);

#endif /* _GUNYAH_RM_H */
