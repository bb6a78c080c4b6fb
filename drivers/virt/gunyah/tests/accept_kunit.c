// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of memory that this VM is given: the test is the resource manager
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../accept.h"
#include "fake_link.h"
#include "fake_offer.h"

/* Where the resource manager maps it: nothing is there, on any machine */
#define ADDR		0xfffff0000000

/* A resource manager, and all memory that it gives */
struct given {
	struct kunit *test;
	struct fake_fw *fw;
	struct gunyah_accept accept;
	u8 offer[sizeof((u8[])FAKE_OFFER)];
	size_t offer_len;
};

static void given_start(struct given *given)
{
	/* given_cleanup() may still call it, and is told that it is gone */
	gunyah_accept_start(&given->accept, gunyah_rm_get(given->fw->rm),
			    FAKE_ACCEPTOR);
}

/* A test that has failed may leave a device and a busy worker behind */
static void given_cleanup(void *data)
{
	struct given *given = data;

	gunyah_accept_stop(&given->accept);
	gunyah_accept_exit(&given->accept);
	gunyah_rm_put(given->accept.rm.rm);
}

static struct given *given_new(struct kunit *test)
{
	static const u8 offer[] = FAKE_OFFER;
	struct given *given = kunit_kzalloc(test, sizeof(*given), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, given);
	given->test = test;
	given->fw = test->priv;
	memcpy(given->offer, offer, sizeof(offer));
	given->offer_len = sizeof(offer);
	gunyah_accept_init(&given->accept, NULL);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, given_cleanup,
							   given));
	return given;
}

static void given_offer(struct given *given)
{
	gunyah_accept_notify(&given->accept, given->offer, given->offer_len);
}

static void given_offer_other(struct given *given, u32 handle, u32 label)
{
	put_unaligned_le32(handle, given->offer + FAKE_AT_HANDLE);
	put_unaligned_le32(label, given->offer + FAKE_AT_LABEL);
	given_offer(given);
}

/* The next request, which must be @msg_id, is answered */
static void given_answer(struct given *given, u32 msg_id, u32 error,
			 const void *body, size_t len)
{
	struct fake_request *request = fake_fw_recv(given->fw);

	KUNIT_EXPECT_EQ(given->test, request->msg_id, msg_id);
	fake_fw_reply(given->fw, request, error, body, len);
}

static void given_owner(struct given *given)
{
	static const u8 owner[4] = { FAKE_OWNER };

	given_answer(given, FAKE_GET_OWNER, 0, owner, sizeof(owner));
}

static void given_map_reply(struct given *given,
			    const struct fake_request *request, u64 addr)
{
	u8 body[20] = { 1 };

	put_unaligned_le64(addr, body + 4);
	put_unaligned_le64(FAKE_SIZE, body + 12);
	fake_fw_reply(given->fw, request, 0, body, sizeof(body));
}

static void given_map(struct given *given, u64 addr)
{
	struct fake_request *request = fake_fw_recv(given->fw);

	KUNIT_EXPECT_EQ(given->test, request->msg_id, FAKE_MEM_ACCEPT);
	given_map_reply(given, request, addr);
}

/* The owner is told; then the worker is done */
static void given_told(struct given *given, u8 what)
{
	struct fake_request *request = fake_fw_recv(given->fw);

	KUNIT_EXPECT_EQ(given->test, request->msg_id, FAKE_MEM_NOTIFY);
	KUNIT_EXPECT_EQ(given->test, request->payload[4], what);
	fake_fw_reply(given->fw, request, 0, NULL, 0);
}

#define TOLD_ACCEPTED	4
#define TOLD_RELEASED	2

static struct gunyah_accepted *given_first(struct given *given)
{
	return list_first_entry_or_null(&given->accept.parcels,
					struct gunyah_accepted, list);
}

/* Nothing was done that the test does not know of, and nothing is left */
static void given_end(struct given *given)
{
	flush_work(&given->accept.work);
	KUNIT_EXPECT_TRUE(given->test, fake_fw_idle(given->fw));
	KUNIT_EXPECT_EQ(given->test, given->accept.count, 0);
	gunyah_accept_stop(&given->accept);
	gunyah_accept_exit(&given->accept);
}

static struct gunyah_accepted *given_device(struct given *given)
{
	struct gunyah_accepted *parcel;

	given_offer(given);
	given_owner(given);
	given_map(given, ADDR);
	given_told(given, TOLD_ACCEPTED);
	flush_work(&given->accept.work);
	parcel = given_first(given);
	KUNIT_ASSERT_NOT_NULL(given->test, parcel);
	KUNIT_ASSERT_EQ(given->test, parcel->state, GUNYAH_ACCEPTED_DEVICE);
	return parcel;
}

static void accept_device(struct kunit *test)
{
	struct given *given = given_new(test);
	struct gunyah_accepted *parcel;
	struct resource *res;

	given_start(given);
	parcel = given_device(given);
	KUNIT_EXPECT_STREQ(test, parcel->name, "gunyah-mem-168496141");
	KUNIT_EXPECT_EQ(test, parcel->perms, 6);
	KUNIT_ASSERT_NOT_NULL(test, parcel->pdev);
	res = platform_get_resource(parcel->pdev, IORESOURCE_MEM, 0);
	KUNIT_ASSERT_NOT_NULL(test, res);
	KUNIT_EXPECT_EQ(test, res->start, (resource_size_t)ADDR);
	KUNIT_EXPECT_EQ(test, resource_size(res), (resource_size_t)FAKE_SIZE);
	KUNIT_EXPECT_STREQ(test, res->name, parcel->name);

	/* It is offered once more, and used */
	given_offer(given);
	KUNIT_EXPECT_EQ(test, given->accept.count, 1);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(given->fw));
	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_open(parcel));
	KUNIT_EXPECT_EQ(test, -EBUSY, gunyah_accepted_release(parcel));
	gunyah_accepted_close(parcel);

	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_release(parcel));
	KUNIT_EXPECT_EQ(test, -EBUSY, gunyah_accepted_release(parcel));
	KUNIT_EXPECT_EQ(test, -ENODEV, gunyah_accepted_open(parcel));
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_told(given, TOLD_RELEASED);
	given_end(given);
}

static int call_stop(struct fake_call *call)
{
	struct given *given = call->data;

	gunyah_accept_stop(&given->accept);
	return 0;
}

/* Offers from before the start are kept; the end gives back what has a device */
static void accept_stop(struct kunit *test)
{
	struct given *given = given_new(test);
	struct fake_call *call;

	given_offer(given);
	given_start(given);
	given_owner(given);
	given_map(given, ADDR);
	given_told(given, TOLD_ACCEPTED);

	call = fake_call_start_fn(given->fw, call_stop, given);
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_told(given, TOLD_RELEASED);
	KUNIT_EXPECT_EQ(test, fake_call_end(call), 0);
	KUNIT_EXPECT_EQ(test, given->accept.count, 0);

	/* Whatever comes later is freed and not accepted */
	given_offer(given);
	KUNIT_EXPECT_EQ(test, given->accept.count, 1);
	gunyah_accept_exit(&given->accept);
	KUNIT_EXPECT_EQ(test, given->accept.count, 0);
	KUNIT_EXPECT_TRUE(test, fake_fw_idle(given->fw));
}

/* The resource manager does not take it back: it is still there */
static void accept_release_refused(struct kunit *test)
{
	struct given *given = given_new(test);
	struct gunyah_accepted *parcel;

	given_start(given);
	parcel = given_device(given);
	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_release(parcel));
	given_answer(given, FAKE_MEM_RELEASE, 5, NULL, 0);
	flush_work(&given->accept.work);
	KUNIT_EXPECT_EQ(test, parcel->state, GUNYAH_ACCEPTED_DEVICE);
	KUNIT_EXPECT_NOT_NULL(test, parcel->pdev);
	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_open(parcel));
	gunyah_accepted_close(parcel);

	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_release(parcel));
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_told(given, TOLD_RELEASED);
	given_end(given);
}

/* Another VM's memory is left alone, again and again; the owner is asked once */
static void accept_foreign(struct kunit *test)
{
	struct given *given = given_new(test);
	unsigned int i;

	given_start(given);
	put_unaligned_le16(4, given->offer + FAKE_AT_OWNER);
	given_offer(given);
	given_owner(given);
	for (i = 0; i < 100; i++)
		given_offer_other(given, i, i);
	given_end(given);
}

/* Whose owner is not known takes nothing */
static void accept_no_owner(struct kunit *test)
{
	struct given *given = given_new(test);

	given_start(given);
	given_offer(given);
	given_answer(given, FAKE_GET_OWNER, 0xffffffff, NULL, 0);
	given_end(given);
}

/* Refused before the resource manager is asked; the owner is told */
static void accept_refused(struct kunit *test)
{
	struct given *given = given_new(test);
	struct gunyah_accepted *parcel;

	given_start(given);
	/* Not in the ACL */
	put_unaligned_le16(0x4321, given->offer + FAKE_AT_ACL);
	given_offer(given);
	given_owner(given);
	given_told(given, TOLD_RELEASED);
	/* In the ACL without a right to read */
	put_unaligned_le16(FAKE_ACCEPTOR, given->offer + FAKE_AT_ACL);
	given->offer[FAKE_AT_ACL + 2] = 2;
	given_offer_other(given, 1, 1);
	given_told(given, TOLD_RELEASED);
	/* A label that a device has */
	given->offer[FAKE_AT_ACL + 2] = 6;
	given_offer_other(given, 2, 2);
	given_map(given, ADDR);
	given_told(given, TOLD_ACCEPTED);
	given_offer_other(given, 3, 2);
	given_told(given, TOLD_RELEASED);
	flush_work(&given->accept.work);
	parcel = given_first(given);
	KUNIT_ASSERT_NOT_NULL(test, parcel);
	KUNIT_EXPECT_EQ(test, parcel->offer.handle, 2);
	/* An address that is in use: it was accepted, and is given back */
	given_offer_other(given, 4, 4);
	given_map(given, ADDR);
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_told(given, TOLD_RELEASED);

	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_release(parcel));
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_told(given, TOLD_RELEASED);
	given_end(given);
}

/* What the resource manager refuses, and a reply that does not say where */
static void accept_not_mapped(struct kunit *test)
{
	struct given *given = given_new(test);

	given_start(given);
	given_offer(given);
	given_owner(given);
	given_answer(given, FAKE_MEM_ACCEPT, 8, NULL, 0);
	given_told(given, TOLD_RELEASED);
	given_offer(given);
	given_map(given, ADDR + 1);
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_told(given, TOLD_RELEASED);
	given_end(given);
}

/* Offered again while it is being accepted, refused and released */
static void accept_same_handle(struct kunit *test)
{
	struct given *given = given_new(test);
	struct gunyah_accepted *parcel;
	struct fake_request *request;

	given_start(given);
	given_offer(given);
	given_owner(given);
	/* Accepting: the same parcel */
	request = fake_fw_recv(given->fw);
	given_offer(given);
	KUNIT_EXPECT_EQ(test, given->accept.count, 2);
	fake_fw_reply(given->fw, request, 8, NULL, 0);
	given_told(given, TOLD_RELEASED);
	/* It was refused, so the other one is another parcel */
	request = fake_fw_recv(given->fw);
	given_offer(given);
	KUNIT_EXPECT_EQ(test, request->msg_id, FAKE_MEM_ACCEPT);
	given_map_reply(given, request, ADDR);
	given_told(given, TOLD_ACCEPTED);
	flush_work(&given->accept.work);
	KUNIT_ASSERT_EQ(test, given->accept.count, 1);
	/* Releasing: another parcel with the same handle and label */
	parcel = given_first(given);
	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_release(parcel));
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_offer(given);
	given_told(given, TOLD_RELEASED);
	given_map(given, ADDR);
	given_told(given, TOLD_ACCEPTED);
	flush_work(&given->accept.work);
	KUNIT_ASSERT_EQ(test, given->accept.count, 1);
	KUNIT_EXPECT_EQ(test, 0, gunyah_accepted_release(given_first(given)));
	given_answer(given, FAKE_MEM_RELEASE, 0, NULL, 0);
	given_told(given, TOLD_RELEASED);
	given_end(given);
}

/* A flood of offers, each of them several times: memory is bounded */
static void accept_flood(struct kunit *test)
{
	struct given *given = given_new(test);
	unsigned int i;

	for (i = 0; i < 5000; i++)
		given_offer_other(given, i / 3, i);
	KUNIT_EXPECT_EQ(test, given->accept.count, GUNYAH_ACCEPT_MAX);
	gunyah_accept_exit(&given->accept);
	KUNIT_EXPECT_EQ(test, given->accept.count, 0);
	/* What is no notification is not even counted */
	for (i = 0; i < sizeof(given->offer); i++)
		gunyah_accept_notify(&given->accept, given->offer, i);
	KUNIT_EXPECT_EQ(test, given->accept.count, 0);
}

#ifdef CONFIG_MEMORY_HOTPLUG
/* Memory for Linux itself, and for another VM. It is never really added */
static struct given *given_plug_shared(struct kunit *test, u64 size)
{
	struct given *given = given_new(test);

	given->offer[FAKE_AT_TRANSACTION] = 1;
	given->offer[FAKE_AT_ACL + 2] = 7;
	put_unaligned_le32(GUNYAH_MEM_TAG_PLUG, given->offer + FAKE_AT_TAG);
	put_unaligned_le64(size - 0x2000, given->offer + FAKE_AT_SIZES);
	given_start(given);
	return given;
}

/* The second entry of the list of who may have it is FAKE_ACL_ENTRY bytes */
#define FAKE_ACL_ENTRY	4
#define PLUG_AT_SIZES	(FAKE_AT_SIZES - FAKE_ACL_ENTRY)

static struct given *given_plug(struct kunit *test, u64 size)
{
	struct given *given = given_plug_shared(test, size);

	given->offer[FAKE_AT_NACL] = 1;
	memmove(given->offer + FAKE_AT_NSIZES - FAKE_ACL_ENTRY,
		given->offer + FAKE_AT_NSIZES,
		sizeof(given->offer) - FAKE_AT_NSIZES);
	given->offer_len -= FAKE_ACL_ENTRY;
	return given;
}

/* Ranges that the resource manager does not have free are passed over */
static void accept_plug_place(struct kunit *test)
{
	/* Something is there, it cannot be mapped there; and it is another one */
	static const u32 errors[] = { 2, 2, 9, 2, 8 };
	u64 addr, last = SZ_1G - 1, block = memory_block_size_bytes();
	struct given *given = given_plug(test, block);
	struct fake_request *request;
	unsigned int i;

	given_offer(given);
	given_owner(given);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		request = fake_fw_recv(given->fw);
		KUNIT_ASSERT_EQ(test, request->msg_id, FAKE_MEM_ACCEPT);
		KUNIT_ASSERT_EQ(test, request->len, 44);
		addr = get_unaligned_le64(request->payload + 24);
		KUNIT_EXPECT_GT(test, addr, last);
		KUNIT_EXPECT_EQ(test, addr % block, 0);
		KUNIT_EXPECT_EQ(test, block,
				get_unaligned_le64(request->payload + 32));
		KUNIT_EXPECT_EQ(test, REGION_DISJOINT,
				region_intersects(addr, block,
						  IORESOURCE_SYSTEM_RAM,
						  IORES_DESC_NONE));
		last = addr + block - 1;
		fake_fw_reply(given->fw, request, errors[i], NULL, 0);
	}
	given_told(given, TOLD_RELEASED);
	given_end(given);
}

/* No place at all: it does not ask for ever */
static void accept_plug_no_place(struct kunit *test)
{
	struct given *given = given_plug(test, memory_block_size_bytes());
	struct fake_request *request;
	unsigned int asked;

	given_offer(given);
	given_owner(given);
	for (asked = 0; asked < 64; asked++) {
		request = fake_fw_recv(given->fw);
		if (request->msg_id != FAKE_MEM_ACCEPT)
			break;
		fake_fw_reply(given->fw, request, 2, NULL, 0);
	}
	KUNIT_EXPECT_GT(test, asked, 4);
	KUNIT_EXPECT_EQ(test, request->msg_id, FAKE_MEM_NOTIFY);
	KUNIT_EXPECT_EQ(test, request->payload[4], TOLD_RELEASED);
	fake_fw_reply(given->fw, request, 0, NULL, 0);
	given_end(given);
}

/* Refused before the resource manager is asked */
static void accept_plug_refused(struct kunit *test)
{
	u64 block = memory_block_size_bytes();
	struct given *given = given_plug(test, block / 2);

	given_offer(given);
	given_owner(given);
	given_told(given, TOLD_RELEASED);
	flush_work(&given->accept.work);
	put_unaligned_le64(block, given->offer + PLUG_AT_SIZES);
	given_offer(given);
	given_told(given, TOLD_RELEASED);
	flush_work(&given->accept.work);
	put_unaligned_le64(block - 0x2000, given->offer + PLUG_AT_SIZES);
	given->offer[FAKE_AT_ACL + 2] = 6;
	given_offer(given);
	given_told(given, TOLD_RELEASED);
	given_end(given);
}

/* Linux does not trust memory that somebody else has as well */
static void accept_plug_others(struct kunit *test)
{
	u64 block = memory_block_size_bytes();
	struct given *given = given_plug_shared(test, block);

	given_offer(given);
	given_owner(given);
	given_told(given, TOLD_RELEASED);
	given_end(given);
}
#endif /* CONFIG_MEMORY_HOTPLUG */

static struct kunit_case accept_cases[] = {
	KUNIT_CASE(accept_device),
	KUNIT_CASE(accept_stop),
	KUNIT_CASE(accept_release_refused),
	KUNIT_CASE(accept_foreign),
	KUNIT_CASE(accept_no_owner),
	KUNIT_CASE(accept_refused),
	KUNIT_CASE(accept_not_mapped),
	KUNIT_CASE(accept_same_handle),
	KUNIT_CASE(accept_flood),
#ifdef CONFIG_MEMORY_HOTPLUG
	KUNIT_CASE(accept_plug_place),
	KUNIT_CASE(accept_plug_no_place),
	KUNIT_CASE(accept_plug_refused),
	KUNIT_CASE(accept_plug_others),
#endif
	{}
};

static struct kunit_suite accept_suite = {
	.name = "gunyah_accept",
	.init = fake_fw_init,
	.exit = fake_fw_exit,
	.test_cases = accept_cases,
};

kunit_test_suite(accept_suite);
