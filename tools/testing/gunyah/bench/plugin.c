// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU plugin that counts the benchmark's instructions
 *
 * -plugin plugin.so,counts=FILE[,skip=N][,profile=on]
 *
 * The virtual address of an instruction says whose it is. The host's kernel is in
 * the upper half, and its user space in the lower half. The test hypervisor and a
 * guest without MMU are at addresses that the host's user space does not use; the
 * program of a Linux guest is linked to such an address. The kernel of a Linux
 * guest is at the same virtual addresses as that of the host, but elsewhere in
 * QEMU's memory. The host's is the one that runs first.
 *
 * FILE gets a line "op KIND COUNT..." for each operation but the first N of
 * each kind, with a count for each part in the order of enum part; and with
 * profile=on a line "at KIND ADDRESS COUNT" for each instruction of the host's
 * kernel that was executed in these operations. The marks are not counted, what
 * is between them is.
 *
 * For one thread that executes all processors (-icount): nothing is locked.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "qemu_plugin.h"

#define call_at		qemu_plugin_register_vcpu_insn_exec_cb
#define add_at		qemu_plugin_register_vcpu_insn_exec_inline

/* MOVZ XZR, #imm */
#define INSN_MARK	0xd280001fU
#define INSN_MARK_MASK	0xffe0001fU

/*
 * Addresses of the test hypervisor (hyp.h) and of the guest (gunyah_utils.h, and
 * image/build.sh for the program of a Linux guest)
 */
#define HYP_BASE	0x40200000ULL
#define HYP_END		0x44200000ULL
#define GUEST_BASE	0x80000000ULL
#define GUEST_END	0x80200000ULL
#define KERNEL_BASE	0xffff000000000000ULL
/* The kernel without modules, which are below; it is smaller than 64 MiB */
#define IMAGE_BASE	0xffff800080000000ULL
#define IMAGE_END	0xffff800084000000ULL

#define PLACES		0x10000

enum part {
	HYPERVISOR,
	KERNEL,
	USER,
	GUEST,
	PARTS
};

/**
 * struct place - an instruction that is profiled
 * @next: another one with the same hash
 * @addr: where
 * @part: whose
 * @count: how often it was executed, in operations of each kind
 */
struct place {
	struct place *next;
	uint64_t addr;
	enum part part;
	uint64_t count[BENCH_KINDS];
};

int qemu_plugin_version = 1;

static FILE *out;
static bool profile;
static uint64_t counts[PARTS];
static uint64_t start[PARTS];
static int running = -1;	/* kind of the operation that goes on */
static unsigned long skip;
static unsigned long begun[BENCH_KINDS];
static struct place *places[PLACES];

/* @memory: where QEMU has the instruction. Only the host loads modules. */
static enum part part_of_kernel(uint64_t addr, const void *memory)
{
	static uintptr_t host;
	uintptr_t start = (uintptr_t)memory - (addr - IMAGE_BASE);

	if (addr < IMAGE_BASE || addr >= IMAGE_END)
		return KERNEL;
	if (!host)
		host = start;
	return start == host ? KERNEL : GUEST;
}

static enum part part_of(const struct qemu_plugin_insn *insn)
{
	uint64_t addr = qemu_plugin_insn_vaddr(insn);

	if (addr >= KERNEL_BASE)
		return part_of_kernel(addr, qemu_plugin_insn_haddr(insn));
	if (addr >= HYP_BASE && addr < HYP_END)
		return HYPERVISOR;
	if (addr >= GUEST_BASE && addr < GUEST_END)
		return GUEST;
	return USER;
}

static struct place *place_of(const struct qemu_plugin_insn *insn)
{
	uint64_t addr = qemu_plugin_insn_vaddr(insn);
	enum part part = part_of(insn);
	struct place **head = &places[addr / 4 % PLACES];
	struct place *place;

	for (place = *head; place; place = place->next)
		if (place->addr == addr && place->part == part)
			return place;
	place = calloc(1, sizeof(*place));
	if (!place)
		abort();
	place->addr = addr;
	place->part = part;
	place->next = *head;
	*head = place;
	return place;
}

static void on_mark(unsigned int cpu, void *data)
{
	unsigned int mark = (uintptr_t)data;
	int kind = mark / 2;
	int i;

	if (mark % 2 == 0) {
		if (begun[kind]++ < skip)
			return;
		memcpy(start, counts, sizeof(start));
		running = kind;
	} else if (kind == running) {
		fprintf(out, "op %d", kind);
		for (i = 0; i < PARTS; i++)
			fprintf(out, " %llu", (unsigned long long)
				(counts[i] - start[i]));
		fprintf(out, "\n");
		running = -1;
	}
}

static void on_insn(unsigned int cpu, void *data)
{
	struct place *place = data;

	counts[place->part]++;
	if (running >= 0)
		place->count[running]++;
}

static bool is_mark(const struct qemu_plugin_insn *insn, uintptr_t *mark)
{
	uint32_t code;

	memcpy(&code, qemu_plugin_insn_data(insn), sizeof(code));
	*mark = (code >> 5 & 0xffff) - BENCH_MARK;
	return (code & INSN_MARK_MASK) == INSN_MARK && *mark < 2 * BENCH_KINDS;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uintptr_t mark;

		if (is_mark(insn, &mark))
			call_at(insn, on_mark, NO_REGS, (void *)mark);
		else if (profile)
			call_at(insn, on_insn, NO_REGS, place_of(insn));
		else
			add_at(insn, ADD_U64, &counts[part_of(insn)], 1);
	}
}

static void report(const struct place *place)
{
	int kind;

	if (place->part != KERNEL)
		return;
	for (kind = 0; kind < BENCH_KINDS; kind++)
		if (place->count[kind])
			fprintf(out, "at %d %llx %llu\n", kind,
				(unsigned long long)place->addr,
				(unsigned long long)place->count[kind]);
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
	const struct place *place;
	size_t i;

	for (i = 0; i < PLACES; i++)
		for (place = places[i]; place; place = place->next)
			report(place);
	fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	const char *file = NULL;
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "counts=", 7))
			file = argv[i] + 7;
		else if (!strncmp(argv[i], "skip=", 5))
			skip = strtoul(argv[i] + 5, NULL, 10);
		else if (!strcmp(argv[i], "profile=on"))
			profile = true;
		else
			return -1;
	}
	out = file ? fopen(file, "w") : NULL;
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
