// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeds for the fuzzers: what the unit tests of the resource manager model do
 *
 * Linked with these tests. Each model that they create gives an input for
 * fuzz_messages and, made of what it answers, one for fuzz_driver, each
 * devicetree that they write one for fuzz_tree. FUZZ_SEEDS is the directory.
 */
#include <sys/stat.h>
#include <unistd.h>

#include <libfdt.h>

#include "../rm/tests/fake.h"
#include "answer.h"
#include "record.h"

/* Longer ones cost much, and find little */
#define MAX_SEED	0x8000

struct rm *__real_rm_create(void *mem, const struct rm_config *config,
			    const struct rm_ops *ops, void *ctx);
void __real_rm_rx(struct rm *rm, uint16_t vmid, const void *packet, size_t len);
bool __real_rm_work(struct rm *rm);
void __real_rm_vcpu_halted(struct rm *rm, uint16_t vmid, uint8_t index,
			   enum rm_halt reason, uint32_t reset_type,
			   uint64_t cookie, bool smc64);
void __real_fake_write(struct fake *f, uint64_t ipa, const void *buf,
		       size_t len);

struct rm *__wrap_rm_create(void *mem, const struct rm_config *config,
			    const struct rm_ops *ops, void *ctx);
void __wrap_rm_rx(struct rm *rm, uint16_t vmid, const void *packet, size_t len);
bool __wrap_rm_work(struct rm *rm);
void __wrap_rm_vcpu_halted(struct rm *rm, uint16_t vmid, uint8_t index,
			   enum rm_halt reason, uint32_t reset_type,
			   uint64_t cookie, bool smc64);
void __wrap_fake_write(struct fake *f, uint64_t ipa, const void *buf,
		       size_t len);

static uint8_t seed[MAX_SEED];
static size_t used;
static uint8_t answers[MAX_SEED];
static size_t answers_used;
static struct rm_ops ops_used;
static bool (*real_send)(void *ctx, uint16_t vmid, const void *packet,
			 size_t len);
static unsigned int number;

static void save(const char *target, const void *data, size_t len)
{
	const char *dir = getenv("FUZZ_SEEDS");
	char path[4096];
	FILE *file;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%u", dir, target, number++);
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, len, file) != len || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void save_model(void)
{
	if (used > 1 && used <= sizeof(seed))
		save("messages", seed, used);
	if (answers_used > 1)
		save("driver", answers, answers_used);
}

/* @more: of the same event. An input that becomes too long is not saved. */
static void add(uint8_t op, uint8_t arg, const void *data, size_t len,
		const void *more, size_t more_len)
{
	size_t all = len + more_len;
	uint8_t header[EVENT_HEADER] = {
		op, arg, (uint8_t)all, (uint8_t)(all >> 8),
	};

	if (used > sizeof(seed) ||
	    sizeof(seed) - used < sizeof(header) + all) {
		used = sizeof(seed) + 1;
		return;
	}
	memcpy(seed + used, header, sizeof(header));
	used += sizeof(header);
	if (len)
		memcpy(seed + used, data, len);
	if (more_len)
		memcpy(seed + used + len, more, more_len);
	used += all;
}

/* The call of fuzz_driver that an answer is for */
static unsigned int call_of(uint32_t id)
{
	switch (id) {
	case RM_VM_ALLOC_ID:
		return ANSWER_ALLOC;
	case RM_VM_GET_STATE_ID:
		return ANSWER_STATE;
	case RM_VM_GET_CRASH_ID:
		return ANSWER_CRASH;
	case RM_VM_GET_RESOURCES_ID:
		return ANSWER_RESOURCES;
	case RM_MEM_LEND_ID:
	case RM_MEM_SHARE_ID:
		return ANSWER_CREATE;
	case RM_VM_GET_OWNER_ID:
		return ANSWER_OWNER;
	default:
		return ANSWER_STOP;
	}
}

static bool record_send(void *ctx, uint16_t vmid, const void *packet,
			size_t len)
{
	const uint8_t *p = packet;
	uint8_t flags = ANSWER_IS_EARLY;

	if ((p[1] & 3) == RM_TYPE_REPLY)
		flags = ANSWER_IS_REPLY | (uint8_t)(call_of(rm_get32(p + 4)) <<
						    ANSWER_CALL_SHIFT);
	if ((p[1] & 3) == RM_TYPE_CONTINUATION)
		flags = ANSWER_IS_REPLY;
	if (sizeof(answers) - answers_used >= 2 + len) {
		answers[answers_used++] = flags;
		answers[answers_used++] = (uint8_t)len;
		memcpy(answers + answers_used, packet, len);
		answers_used += len;
	}
	return real_send(ctx, vmid, packet, len);
}

static void add_answer(uint8_t flags, const uint8_t *packet, size_t len)
{
	answers[answers_used++] = flags;
	answers[answers_used++] = (uint8_t)len;
	memcpy(answers + answers_used, packet, len);
	answers_used += len;
}

/* An offer of memory for the first VM, which accepts it, and releases it later */
static void add_offer(uint8_t transaction, uint32_t tag, unsigned int nacl)
{
	uint8_t packet[RM_MSG_SIZE] = { 0x21, RM_TYPE_NOTIFICATION }, *p;
	unsigned int i;

	answers[0] = ANSWER_OWNER_KNOWN;
	answers_used = 1;
	rm_put32(packet + 4, RM_N_MEM_SHARED);
	rm_put32(packet + 8, 7);
	packet[12] = 0;
	packet[13] = transaction;
	rm_put16(packet + 16, RM_VMID_HLOS);
	rm_put32(packet + 20, 5);
	rm_put32(packet + 24, tag);
	rm_put32(packet + 28, nacl);
	for (p = packet + 32, i = 0; i < nacl; i++, p += 4) {
		rm_put16(p, 128 + i);
		p[2] = 7;
	}
	rm_put32(p, 1);
	rm_put64(p + 4, 0x1000);
	rm_put32(p + 12, 0);
	add_answer(ANSWER_IS_EARLY, packet, p + 16 - packet);

	/* Accepted in one range; then there is no more than an error code */
	memset(packet, 0, sizeof(packet));
	packet[1] = RM_TYPE_REPLY;
	rm_put16(packet + 12, 1);
	rm_put64(packet + 16, 0x100000000ULL);
	rm_put64(packet + 24, 0x1000);
	add_answer(ANSWER_IS_REPLY | ANSWER_IS_OK, packet, 32);
	for (i = 0; i < 4; i++)
		add_answer(ANSWER_IS_REPLY | ANSWER_IS_OK, packet, 12);
	save("driver", answers, answers_used);
}

/* What the tests have not done */
static void save_odd(void)
{
	add_offer(RM_MEM_LEND, 1, 1);
	add_offer(RM_MEM_LEND, 0x67706c67, 1);
	add_offer(RM_MEM_SHARE, 1, 8);
	add_offer(RM_MEM_SHARE, 1, 9);
	add_offer(RM_MEM_DONATE, 1, 1);
}

/* Another model begins: the one before is complete */
struct rm *__wrap_rm_create(void *mem, const struct rm_config *config,
			    const struct rm_ops *ops, void *ctx)
{
	static bool registered;

	if (!registered) {
		save_odd();
		atexit(save_model);
	}
	registered = true;
	save_model();
	seed[0] = (config->debug ? VARIANT_DEBUG : 0) |
		  (config->boot_context ? VARIANT_BOOT_CONTEXT : 0) |
		  (config->paging ? VARIANT_PAGING : 0) |
		  (config->max_entries ? VARIANT_MAX_ENTRIES : 0) |
		  (config->late ? VARIANT_LATE : 0) |
		  (config->fatal_static ? VARIANT_STATIC : 0) |
		  (config->no_reset ? VARIANT_NO_RESET : 0);
	used = 1;
	answers[0] = ANSWER_OWNER_KNOWN;
	answers_used = 1;
	ops_used = *ops;
	real_send = ops->send;
	ops_used.send = record_send;
	return __real_rm_create(mem, config, &ops_used, ctx);
}

void __wrap_rm_rx(struct rm *rm, uint16_t vmid, const void *packet, size_t len)
{
	add(EVENT_PACKET, (uint8_t)vmid, packet, len, NULL, 0);
	__real_rm_rx(rm, vmid, packet, len);
}

bool __wrap_rm_work(struct rm *rm)
{
	bool more = __real_rm_work(rm);

	/* As many turns as there is work, so one event for all of them */
	if (!more)
		add(EVENT_WORK, 255, NULL, 0, NULL, 0);
	return more;
}

void __wrap_rm_vcpu_halted(struct rm *rm, uint16_t vmid, uint8_t index,
			   enum rm_halt reason, uint32_t reset_type,
			   uint64_t cookie, bool smc64)
{
	uint8_t data[3] = { index, (uint8_t)reason, (uint8_t)reset_type };

	add(EVENT_HALT, (uint8_t)vmid, data, sizeof(data), NULL, 0);
	__real_rm_vcpu_halted(rm, vmid, index, reason, reset_type, cookie,
			      smc64);
}

void __wrap_fake_write(struct fake *f, uint64_t ipa, const void *buf,
		       size_t len)
{
	uint8_t at[8];

	rm_put64(at, ipa);
	add(EVENT_WRITE, 0, at, sizeof(at), buf,
	    len < EVENT_MAX_DATA ? len : EVENT_MAX_DATA);
	if (len >= 40 && len <= MAX_SEED && fdt_magic(buf) == FDT_MAGIC)
		save("tree", buf, len);
	__real_fake_write(f, ipa, buf, len);
}
