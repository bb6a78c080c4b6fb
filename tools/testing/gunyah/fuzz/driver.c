// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes what the driver makes of the resource manager's messages: replies and
 * notifications, cut, wrong, in any order, and none at all
 *
 * The input is described in answer.h.
 */
#define CONFIG_MEMORY_HOTPLUG
#include "shim.h"

#include "answer.h"

#include "../../../../drivers/virt/gunyah/accept.h"
#include "../../../../drivers/virt/gunyah/memdev.h"
#include "../../../../drivers/virt/gunyah/plug.h"
#include "../../../../drivers/virt/gunyah/rm_private.h"
#include "../../../../drivers/virt/gunyah/rm_wire.h"
#include "../../../../drivers/virt/gunyah/runs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Those of the first VM in the unit tests, and of who has made it */
#define GUEST_VMID	128
#define OWNER_VMID	3

unsigned int shim_fail_alloc;
unsigned long jiffies;

static const uint8_t *pos, *end;
static struct gunyah_rm *rm;
static struct gunyah_accept accept;
static struct gunyah_rm_link link;

/* Take a packet from the input, and receive it; false at the end */
static bool receive(void)
{
	struct gunyah_rm_hdr *hdr;
	uint8_t flags, *packet;
	size_t len;

	if (end - pos < 2)
		return false;
	flags = pos[0];
	len = pos[1];
	pos += 2;
	if (len > (size_t)(end - pos))
		len = end - pos;
	/* Of exactly its size, so that the sanitizer sees what is read behind */
	packet = malloc(len ? len : 1);
	memcpy(packet, pos, len);
	pos += len;
	if (len >= sizeof(*hdr) && flags & ANSWER_IS_REPLY && rm->pending) {
		hdr = (struct gunyah_rm_hdr *)packet;
		hdr->version = GUNYAH_RM_VERSION;
		hdr->seq = rm->pending->seq;
		hdr->msg_id = rm->pending->msg_id;
		if (flags & ANSWER_IS_OK && len >= sizeof(*hdr) + 4)
			memset(hdr + 1, 0, 4);
	}
	gunyah_rm_receive(rm, packet, len);
	free(packet);
	return true;
}

unsigned long wait_for_completion_timeout(struct completion *done,
					  unsigned long left)
{
	while (!done->done && receive())
		;
	if (!done->done)
		jiffies += left;
	return done->done;
}

/* ---- what the driver's files need besides ---- */

static int link_start(struct gunyah_rm_link *l)
{
	(void)l;
	return 0;
}

static int link_send(struct gunyah_rm_link *l, const void *buf, size_t len,
		     unsigned int flags, unsigned long deadline)
{
	uint8_t packet[GUNYAH_RM_PACKET_SIZE];

	(void)l;
	(void)flags;
	(void)deadline;
	/* It fits, and all of it can be read */
	memcpy(packet, buf, len);
	return packet[0] == GUNYAH_RM_VERSION ? 0 : -EIO;
}

static void link_nothing(struct gunyah_rm_link *l)
{
	(void)l;
}

static const struct gunyah_rm_link_ops link_ops = {
	.start = link_start, .send = link_send, .poll = link_nothing,
	.stop = link_nothing,
};

int gunyah_memdev_add(struct gunyah_accepted *parcel)
{
	parcel->pdev = (struct platform_device *)parcel;
	return 0;
}

void gunyah_memdev_remove(struct gunyah_accepted *parcel)
{
	parcel->pdev = NULL;
}

int gunyah_plug(struct gunyah_accepted *parcel, const char **why)
{
	*why = "no reason";
	return gunyah_rm_mem_accept_at(&parcel->accept->rm, &parcel->offer,
				       0x100000000);
}

void gunyah_mem_run_iter_init(struct gunyah_mem_run_iter *iter,
			      const struct gunyah_mem_runs *runs)
{
	(void)runs;
	iter->next = 0;
}

const struct gunyah_mem_run *
gunyah_mem_run_iter_next(struct gunyah_mem_run_iter *iter)
{
	static const struct gunyah_mem_run run = { 0x48000, 2 };

	iter->next++;
	return &run;
}

/* ---- the fuzzer ---- */

static void notify(void *data, u32 msg_id, const void *payload, size_t len)
{
	struct gunyah_rm_vm_exited exited;
	struct gunyah_rm_vm_status status;

	switch (msg_id) {
	case GUNYAH_RM_NOTIFY_MEM_SHARED:
		gunyah_accept_notify(&accept, payload, len);
		break;
	case GUNYAH_RM_NOTIFY_VM_EXITED:
		gunyah_rm_parse_vm_exited(payload, len, &exited);
		break;
	case GUNYAH_RM_NOTIFY_VM_STATUS:
		gunyah_rm_parse_vm_status(payload, len, &status);
		break;
	}
}

static void get_resources(struct gunyah_rm_client *client)
{
	struct gunyah_rm_resource *list;
	u32 count;
	u64 sum = 0;

	if (gunyah_rm_get_hyp_resources(client, 130, &list, &count))
		return;
	while (count--)
		sum += list[count].capid;
	kvfree(list);
	shim_print("%llu", (unsigned long long)sum);
}

static void create_and_reclaim(struct gunyah_rm_client *client, u64 entries)
{
	struct gunyah_rm_mem_parcel parcel = {
		.kind = GUNYAH_RM_MEM_LEND, .label = 5, .n_acl = 1,
		.acl = { { 130, 7 } },
	};
	const struct gunyah_mem_runs runs = {
		.num_runs = entries, .num_pages = 2 * entries,
	};

	gunyah_rm_mem_create(client, &parcel, &runs);
	if (parcel.state != GUNYAH_RM_MEM_CREATED)
		return;
	gunyah_rm_mem_notify_shared(client, parcel.handle, 130, 1);
	/* Once more if the reply was lost */
	if (gunyah_rm_mem_reclaim(client, &parcel, true) &&
	    parcel.state == GUNYAH_RM_MEM_RECLAIMING)
		gunyah_rm_mem_reclaim(client, &parcel, true);
}

static void get_crash(struct gunyah_rm_client *client)
{
	struct gunyah_rm_crash_msg crash = {};

	if (!gunyah_rm_vm_get_crash_msg(client, 130, &crash) &&
	    crash.size > sizeof(crash.text))
		abort();
}

static void call(struct gunyah_rm_client *client, uint8_t which)
{
	u16 vmid;
	u8 state;

	switch ((enum answer_call)(which % NUM_ANSWERS)) {
	case ANSWER_ALLOC:
		if (!gunyah_rm_vm_alloc(client, &vmid) && !vmid)
			abort();
		break;
	case ANSWER_STOP:
		gunyah_rm_vm_stop(client, 130, true);
		break;
	case ANSWER_STATE:
		gunyah_rm_vm_get_state(client, 130, &state);
		break;
	case ANSWER_CRASH:
		get_crash(client);
		break;
	case ANSWER_RESOURCES:
		get_resources(client);
		break;
	case ANSWER_CREATE:
		create_and_reclaim(client, 3);
		break;
	case ANSWER_CREATE_BIG:
		create_and_reclaim(client, 2 * GUNYAH_RM_MEM_MAX_ENTRIES + 1);
		break;
	case ANSWER_CONFIGURE:
		gunyah_rm_vm_configure(client, 130, 0, 1, 2, 3, 4, 5);
		break;
	case ANSWER_OWNER:
		gunyah_rm_get_owner(client, &vmid);
		break;
	case NUM_ANSWERS:
		break;
	}
}

/* As often as there is something to do for the worker */
static void run_worker(void)
{
	unsigned int i;

	for (i = 0; accept.work.queued; i++) {
		if (i > 100000)
			abort();
		accept.work.queued = false;
		accept.work.fn(&accept.work);
	}
}

/* Give back what was accepted, as a user does */
static void release_some(void)
{
	struct gunyah_accepted *parcel;

	list_for_each_entry(parcel, &accept.parcels, list)
		if (parcel->state == GUNYAH_ACCEPTED_DEVICE)
			gunyah_accepted_release(parcel);
	run_worker();
}

static void run(struct gunyah_rm_client *client)
{
	unsigned int calls = 0;

	gunyah_accept_start(&accept, rm, GUEST_VMID);
	while (end - pos >= 2 && calls++ < 64) {
		if (pos[0] & ANSWER_IS_EARLY)
			receive();
		else
			call(client, pos[0] >> ANSWER_CALL_SHIFT);
		run_worker();
		/* Another call after silence, as when the firmware is back */
		rm->dead = false;
	}
	release_some();
	gunyah_accept_stop(&accept);
}

/**
 * LLVMFuzzerTestOneInput() - make calls
 * @data: see above
 * @size: its size
 *
 * Return: 0
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gunyah_rm_client client = {};

	if (size < 2)
		return 0;
	jiffies = 1000;
	pos = data + 1;
	end = data + size;
	link.ops = &link_ops;
	shim_fail_alloc = 0;
	gunyah_accept_init(&accept, NULL);
	accept.count = 0;
	accept.owner = data[0] & ANSWER_OWNER_KNOWN ? OWNER_VMID : 0;
	rm = gunyah_rm_create(&link, NULL, notify, NULL);
	client.rm = rm;
	shim_fail_alloc = data[0] & ANSWER_FAIL_ALLOC;
	run(&client);
	gunyah_rm_destroy(rm);
	gunyah_accept_exit(&accept);
	return 0;
}
