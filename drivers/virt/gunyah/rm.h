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
 * enum gunyah_rm_error - first word of a reply
 * @GUNYAH_RM_OK: success
 * @GUNYAH_RM_ERROR_UNIMPLEMENTED: unknown message id
 * @GUNYAH_RM_ERROR_NOMEM: out of memory
 * @GUNYAH_RM_ERROR_NORESOURCE: out of another resource, or no such object
 * @GUNYAH_RM_ERROR_DENIED: not allowed
 * @GUNYAH_RM_ERROR_MSG_INVALID: malformed request
 * @GUNYAH_RM_ERROR_BUSY: busy
 * @GUNYAH_RM_ERROR_ARG_INVALID: invalid value in the request
 * @GUNYAH_RM_ERROR_HANDLE_INVALID: no such handle
 * @GUNYAH_RM_ERROR_VALIDATE: validation failed
 * @GUNYAH_RM_ERROR_MAP: mapping failed
 * @GUNYAH_RM_ERROR_MEM_INVALID: memory not usable for that
 * @GUNYAH_RM_ERROR_MEM_INUSE: the memory is in use
 * @GUNYAH_RM_ERROR_MEM_RELEASED: the memory was released before
 * @GUNYAH_RM_ERROR_VMID_INVALID: no such VM
 * @GUNYAH_RM_ERROR_LOOKUP: not found
 * @GUNYAH_RM_ERROR_IRQ_INVALID: no such interrupt
 * @GUNYAH_RM_ERROR_IRQ_INUSE: the interrupt is in use
 * @GUNYAH_RM_ERROR_IRQ_RELEASED: the interrupt was released before
 * @GUNYAH_RM_ERROR_IN_USE: in use
 * @GUNYAH_RM_ERROR_IRQ_NOT_MAPPED: the interrupt is not mapped
 * @GUNYAH_RM_ERROR_VM_STATE: not possible in the VM's state
 */
enum gunyah_rm_error {
	GUNYAH_RM_OK			= 0,
	GUNYAH_RM_ERROR_NOMEM		= 0x01,
	GUNYAH_RM_ERROR_NORESOURCE	= 0x02,
	GUNYAH_RM_ERROR_DENIED		= 0x03,
	GUNYAH_RM_ERROR_MSG_INVALID	= 0x04,
	GUNYAH_RM_ERROR_BUSY		= 0x05,
	GUNYAH_RM_ERROR_ARG_INVALID	= 0x06,
	GUNYAH_RM_ERROR_HANDLE_INVALID	= 0x07,
	GUNYAH_RM_ERROR_VALIDATE	= 0x08,
	GUNYAH_RM_ERROR_MAP		= 0x09,
	GUNYAH_RM_ERROR_MEM_INVALID	= 0x0a,
	GUNYAH_RM_ERROR_MEM_INUSE	= 0x0b,
	GUNYAH_RM_ERROR_MEM_RELEASED	= 0x0c,
	GUNYAH_RM_ERROR_VMID_INVALID	= 0x0d,
	GUNYAH_RM_ERROR_LOOKUP		= 0x0e,
	GUNYAH_RM_ERROR_IRQ_INVALID	= 0x0f,
	GUNYAH_RM_ERROR_IRQ_INUSE	= 0x10,
	GUNYAH_RM_ERROR_IRQ_RELEASED	= 0x11,
	GUNYAH_RM_ERROR_IN_USE		= 0x12,
	GUNYAH_RM_ERROR_IRQ_NOT_MAPPED	= 0x13,
	GUNYAH_RM_ERROR_VM_STATE	= 0x14,
	GUNYAH_RM_ERROR_UNIMPLEMENTED	= 0xffffffff,
};

/**
 * typedef gunyah_rm_notify_fn - receives the resource manager's notifications
 * @data: as given to gunyah_rm_create()
 * @msg_id: an &enum gunyah_rm_notification_id, or an unknown one
 * @payload: its content, valid during the call only
 * @len: size of @payload in bytes, not checked
 *
 * Called in the receiving thread, for one notification after the other. May
 * sleep, but must neither call the resource manager nor wait for a caller of it,
 * because the same thread receives the replies.
 */
typedef void (*gunyah_rm_notify_fn)(void *data, u32 msg_id, const void *payload,
				    size_t len);

/**
 * struct gunyah_rm_msg - a call to the resource manager
 * @msg_id: an &enum gunyah_rm_msg_id
 * @req: payload of the request
 * @req_len: size of @req in bytes
 * @buf: receives a reply of a known size, may be NULL
 * @buf_len: size of @buf in bytes. A reply without error that has another size
 *	makes the call fail with -EIO.
 * @alloc: if @buf is NULL, allocate memory for the reply's body: @resp
 * @resp: out: body of the reply, to be freed with kvfree(); NULL if it is empty
 *	or the call failed
 * @resp_len: out: size of @resp in bytes
 * @error: out: error code of the reply, 0 if there is none
 * @lost: out: the request was sent but its result is unknown, because there was
 *	no reply or it could not be used
 */
struct gunyah_rm_msg {
	u32 msg_id;
	const void *req;
	size_t req_len;
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
void gunyah_rm_poll(struct gunyah_rm *rm);
int gunyah_rm_send_msg(struct gunyah_rm *rm, struct gunyah_rm_msg *msg);

int gunyah_rm_error_remap(u32 error);

#endif /* _GUNYAH_RM_H */
