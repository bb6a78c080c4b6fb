// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other end of the protocol: requests, replies, notifications
 */
#include "fake.h"

/**
 * forget() - forget the messages that have arrived
 * @f: test fixture
 */
void forget(struct fake *f)
{
	unsigned int i;

	for (i = 0; i < f->msgs; i++)
		free(f->msg[i].data);
	f->msgs = 0;
}

/**
 * send_packets() - send a request, in as many packets as it needs
 * @f: test fixture
 * @from: sender
 * @id: message id
 * @seq: sequence id
 * @data: payload
 * @len: length
 */
void send_packets(struct fake *f, uint16_t from, uint32_t id, uint16_t seq,
		  const void *data, size_t len)
{
	unsigned int n = len ? (len - 1) / 232 : 0, i;
	const uint8_t *p = data;
	uint8_t packet[RM_MSG_SIZE];

	for (i = 0; i <= n; i++) {
		size_t part = len < 232 ? len : 232;

		packet[0] = 0x21;
		packet[1] = (uint8_t)(n << 2 | (i ? 0 : 1));
		rm_put16(packet + 2, seq);
		rm_put32(packet + 4, id);
		if (part)
			memcpy(packet + 8, p + 232 * i, part);
		rm_rx(f->rm, from, packet, 8 + part);
		len -= part;
	}
}

/**
 * call_from() - send a request and take the reply
 * @f: test fixture
 * @from: sender
 * @id: message id
 * @data: payload
 * @len: length
 *
 * The reply's body is in @f->body.
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t call_from(struct fake *f, uint16_t from, uint32_t id,
		   const void *data, size_t len)
{
	unsigned int i, refusals = f->refusals;
	uint16_t seq = ++f->seq;

	forget(f);
	send_packets(f, from, id, seq, data, len);
	f->body_len = 0;
	for (i = 0; i < f->msgs; i++) {
		struct message *m = &f->msg[i];

		if (m->type != RM_TYPE_REPLY || m->to != from ||
		    m->seq != seq || m->id != id || m->len < 4)
			continue;
		f->body_len = m->len - 4;
		memcpy(f->body, m->data + 4, f->body_len);
		/* The log knows each refusal, and nothing else */
		CHECK_EQ(f->refusals - refusals, rm_get32(m->data) != 0);
		return rm_get32(m->data);
	}
	return NO_REPLY;
}

/**
 * call() - send a request of the host and take the reply
 * @f: test fixture
 * @id: message id
 * @data: payload
 * @len: length
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t call(struct fake *f, uint32_t id, const void *data, size_t len)
{
	return call_from(f, RM_VMID_HLOS, id, data, len);
}

/**
 * call_vm() - send a request of the host that consists of a VMID
 * @f: test fixture
 * @id: message id
 * @vmid: VMID
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t call_vm(struct fake *f, uint32_t id, uint16_t vmid)
{
	uint8_t data[4] = { (uint8_t)vmid, (uint8_t)(vmid >> 8) };

	return call(f, id, data, sizeof(data));
}

/**
 * msg_index() - find a message among those that have arrived
 * @f: test fixture
 * @type: type
 * @id: message id
 * @nth: 0: the first one
 *
 * Return: its index; -1: there is none
 */
int msg_index(struct fake *f, uint8_t type, uint32_t id, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < f->msgs; i++)
		if (f->msg[i].type == type && f->msg[i].id == id && !nth--)
			return (int)i;
	return -1;
}

/**
 * find_msg() - find a message among those that have arrived
 * @f: test fixture
 * @type: type
 * @id: message id
 * @nth: 0: the first one
 *
 * Return: message; NULL: there is none
 */
const struct message *find_msg(struct fake *f, uint8_t type, uint32_t id,
			       unsigned int nth)
{
	int i = msg_index(f, type, id, nth);

	return i < 0 ? NULL : &f->msg[i];
}

/**
 * work() - turn the event loop until it has nothing left to do
 * @f: test fixture
 */
void work(struct fake *f)
{
	unsigned int i;

	for (i = 0; i < 10000 && rm_work(f->rm); i++)
		;
	CHECK(i < 10000);
}

/**
 * is_dead() - has the resource manager died?
 * @f: test fixture
 *
 * Return: true if so
 */
bool is_dead(struct fake *f)
{
	struct rm_stats stats;

	rm_get_stats(f->rm, &stats);
	return stats.dead;
}

/**
 * died_of() - has it just died, and told the log why? It is revived then.
 * @f: test fixture
 * @why: what the line about it says
 *
 * Return: true if so
 */
bool died_of(struct fake *f, const char *why)
{
	bool ok = is_dead(f) && strstr(f->line, " died in ") &&
		  strstr(f->line, why);

	if (!ok)
		printf("%s: last line: %s\n", case_name, f->line);
	rm_revive(f->rm);
	return ok;
}

/* Memory -------------------------------------------------------------- */

/**
 * build_create() - payload of a request that creates a parcel
 * @c: what to create
 * @buf: where to
 *
 * Return: its length
 */
size_t build_create(const struct create *c, uint8_t *buf)
{
	uint8_t *p = buf;
	unsigned int i;

	memset(buf, 0, 16);
	p[0] = c->type;
	p[1] = c->reserved;
	p[2] = c->flags;
	rm_put32(p + 4, c->label);
	rm_put32(p + 8, c->nacl);
	for (p += 12, i = 0; i < c->nacl; i++, p += 4) {
		rm_put32(p, 0);
		rm_put16(p, c->acl[i].vmid);
		p[2] = c->acl[i].rights;
	}
	rm_put32(p, c->nsgl);
	for (p += 4, i = 0; i < c->nsgl; i++, p += 16) {
		rm_put64(p, c->sgl[i].ipa);
		rm_put64(p + 8, c->sgl[i].size);
	}
	if (!c->no_attr_list) {
		rm_put32(p, c->nattr);
		for (p += 4, i = 0; i < 2 * c->nattr; i++, p += 2)
			rm_put16(p, c->attr[i]);
	}
	memset(p, 0, 16);
	return p - buf + c->extra;
}

/**
 * create() - create a parcel
 * @f: test fixture
 * @c: what to create
 * @handle: result
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t create(struct fake *f, const struct create *c, uint32_t *handle)
{
	static uint8_t buf[16384];
	size_t len = build_create(c, buf);
	uint32_t err = call(f, c->id, buf, len);

	if (!err) {
		CHECK_EQ(f->body_len, 4);
		*handle = rm_get32(f->body);
	} else {
		CHECK_EQ(f->body_len, 0);
	}
	return err;
}

/**
 * lend() - lend one region to a VM with all rights
 * @f: test fixture
 * @vmid: VMID
 * @label: label
 * @ipa: start
 * @size: size in bytes
 * @handle: result
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t lend(struct fake *f, uint16_t vmid, uint32_t label, uint64_t ipa,
	      uint64_t size, uint32_t *handle)
{
	struct region r = { ipa, size };
	struct create c = {
		.id = RM_MEM_LEND_ID, .label = label,
		.nacl = 1, .acl = { { vmid, 7 } },
		.nsgl = 1, .sgl = &r,
	};

	return create(f, &c, handle);
}

/**
 * share() - share one region with a VM, both with all rights
 * @f: test fixture
 * @vmid: VMID
 * @label: label
 * @ipa: start
 * @size: size in bytes
 * @handle: result
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t share(struct fake *f, uint16_t vmid, uint32_t label, uint64_t ipa,
	       uint64_t size, uint32_t *handle)
{
	struct region r = { ipa, size };
	struct create c = {
		.id = RM_MEM_SHARE_ID, .label = label,
		.nacl = 2, .acl = { { vmid, 7 }, { 3, 7 } },
		.nsgl = 1, .sgl = &r,
	};

	return create(f, &c, handle);
}

/**
 * append() - append to a parcel
 * @f: test fixture
 * @handle: handle
 * @flags: RM_APPEND_LAST or 0
 * @sgl: regions
 * @n: how many
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t append(struct fake *f, uint32_t handle, uint8_t flags,
		const struct region *sgl, unsigned int n)
{
	static uint8_t buf[16384];
	uint8_t *p = buf;
	unsigned int i;

	rm_put32(p, handle);
	rm_put32(p + 4, flags);
	rm_put32(p + 8, n);
	for (p += 12, i = 0; i < n; i++, p += 16) {
		rm_put64(p, sgl[i].ipa);
		rm_put64(p + 8, sgl[i].size);
	}
	return call(f, RM_MEM_APPEND_ID, buf, p - buf);
}

/**
 * reclaim() - reclaim a parcel
 * @f: test fixture
 * @handle: handle
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t reclaim(struct fake *f, uint32_t handle)
{
	uint8_t data[8] = { 0 };

	rm_put32(data, handle);
	return call(f, RM_MEM_RECLAIM_ID, data, sizeof(data));
}

/* VMs ----------------------------------------------------------------- */

/**
 * alloc_vmid() - allocate a VMID
 * @f: test fixture
 * @wanted: 0: whichever is free
 * @vmid: result
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t alloc_vmid(struct fake *f, uint16_t wanted, uint16_t *vmid)
{
	uint32_t err = call_vm(f, RM_VM_ALLOC_ID, wanted);

	if (!err && !wanted) {
		CHECK_EQ(f->body_len, 4);
		*vmid = (uint16_t)rm_get32(f->body);
	} else {
		CHECK_EQ(f->body_len, 0);
		*vmid = wanted;
	}
	return err;
}

/**
 * config_image() - CONFIG_IMAGE with an image at offset 0
 * @f: test fixture
 * @vmid: VMID
 * @auth: enum rm_auth
 * @handle: image parcel
 * @dt_offset: devicetree in it
 * @dt_size: room for it
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t config_image(struct fake *f, uint16_t vmid, uint16_t auth,
		      uint32_t handle, uint64_t dt_offset, uint64_t dt_size)
{
	uint8_t data[40] = { 0 };

	rm_put16(data, vmid);
	rm_put16(data + 2, auth);
	rm_put32(data + 4, handle);
	rm_put64(data + 24, dt_offset);
	rm_put64(data + 32, dt_size);
	return call(f, RM_VM_CONFIG_ID, data, sizeof(data));
}

/**
 * stop() - stop a VM
 * @f: test fixture
 * @vmid: VMID
 * @flags: 1: by force
 *
 * Return: error of the reply, NO_REPLY: there was none
 */
uint32_t stop(struct fake *f, uint16_t vmid, uint8_t flags)
{
	uint8_t data[8] = { (uint8_t)vmid, 0, flags, 0, 3, 0, 0, 0 };

	return call(f, RM_VM_STOP_ID, data, sizeof(data));
}

/**
 * vm_state() - ask for the state of a VM
 * @f: test fixture
 * @vmid: VMID
 *
 * Return: state; 0xff: there was an error
 */
uint8_t vm_state(struct fake *f, uint16_t vmid)
{
	return call_vm(f, RM_VM_GET_STATE_ID, vmid) ? 0xff : f->body[0];
}

/**
 * resources() - ask for the resources of a VM
 * @f: test fixture
 * @vmid: VMID
 *
 * Return: number of entries, which are in @f->body + 4
 */
unsigned int resources(struct fake *f, uint16_t vmid)
{
	CHECK_EQ(call_vm(f, RM_VM_GET_RESOURCES_ID, vmid), 0);
	CHECK_EQ(f->body_len, 4 + 44 * rm_get32(f->body));
	return rm_get32(f->body);
}
