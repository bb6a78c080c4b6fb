// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random programs: made, changed, written and read
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static __u64 odd_value(__u64 *state)
{
	static const __u64 odd[] = {
		0, 1, 0xff, 0xfff, 0x1000, 0xffff, 0x10000, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff,
	};

	switch (random_below(state, 3)) {
	case 0:
		return odd[random_below(state, ARRAY_SIZE(odd))];
	case 1:
		return 1ULL << random_below(state, 64);
	default:
		return random_next(state) >> random_below(state, 64);
	}
}

static __u64 some_gpa(__u64 *state)
{
	static const __u64 bases[] = {
		GUEST_BASE, GUEST_SHM_BASE, GUEST_BASE + GUEST_SIZE,
		GUEST_BASE + GUEST_DTB,
	};

	return bases[random_below(state, ARRAY_SIZE(bases))] +
	       (random_below(state, 4) ? 0 : random_below(state, 64) << 12);
}

static __u64 some_size(__u64 *state)
{
	static const __u64 sizes[] = {
		0, 0x1000, 0x8000, GUEST_SHM_SIZE, GUEST_SIZE, 2 * GUEST_SIZE,
	};

	return sizes[random_below(state, ARRAY_SIZE(sizes))];
}

static __u64 some_mem_flags(__u64 *state)
{
	static const __u64 flags[] = {
		MEM_RWX, MEM_RWX | GH_MEM_LENT, GH_MEM_ALLOW_READ,
		GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE,
		MEM_RWX | GH_MEM_LENT | GH_MEM_HOTPLUG,
		MEM_RWX | GH_MEM_LENT | GH_MEM_PAGED,
	};

	return flags[random_below(state, ARRAY_SIZE(flags))];
}

static __u64 some_value(enum fuzz_arg kind, __u64 *state)
{
	static const __u64 labels[] = { 5, 6, 5, 6, 0, 7, 8, 20, 21 };
	/* Indices are reduced where they are used */
	static const __u8 limits[] = {
		[ARG_VM] = FUZZ_VMS, [ARG_VCPU] = FUZZ_VCPUS,
		[ARG_FILE] = FUZZ_FILES, [ARG_EVENT] = FUZZ_EVENTS,
		[ARG_MEM] = FUZZ_MEMS, [ARG_FLAG] = 2, [ARG_CPU] = 4,
		[ARG_SMALL] = 8,
	};

	switch (kind) {
	case ARG_NONE:
		return 0;
	case ARG_FD:
		return random_below(state, 6) << 8 | random_below(state, 4);
	case ARG_OFFSET:
		return random_below(state, 4) ? 0 :
		       random_below(state, 0x400) << 12;
	case ARG_SIZE:
		return some_size(state);
	case ARG_LABEL:
		return labels[random_below(state, ARRAY_SIZE(labels))];
	case ARG_MEM_FLAGS:
		return some_mem_flags(state);
	case ARG_GPA:
		return some_gpa(state);
	case ARG_MMIO:
		return 0x1000 + random_below(state, 4) * 8;
	case ARG_LEN:
		return (1 << random_below(state, 5)) & 0xf;
	case ARG_REG:
		return random_below(state, 3) << 8 | random_below(state, 3);
	case ARG_PICK:
		return random_below(state, 256);
	case ARG_VALUE:
		return odd_value(state);
	case ARG_SEED:
		return random_next(state) >> 40;
	default:
		return random_below(state, limits[kind]);
	}
}

static __u64 any_value(enum fuzz_arg kind, __u64 *state)
{
	return random_below(state, 24) ? some_value(kind, state) :
					odd_value(state);
}

static void some_call(struct fuzz_call *call, __u64 *state)
{
	unsigned int total = 0, i;
	__u64 n;

	for (i = 0; i < fuzz_num_ops; i++)
		total += fuzz_ops[i].weight;
	n = random_below(state, total);
	for (i = 0; n >= fuzz_ops[i].weight; i++)
		n -= fuzz_ops[i].weight;
	memset(call, 0, sizeof(*call));
	call->op = i;
	call->thread = random_below(state, FUZZ_THREADS);
	for (i = 0; i < FUZZ_ARGS; i++)
		call->arg[i] = any_value(fuzz_ops[call->op].arg[i], state);
}

static void append(struct fuzz_prog *prog, const char *text)
{
	struct fuzz_prog more;

	if (fuzz_parse(&more, text) ||
	    prog->calls + more.calls > FUZZ_CALLS) {
		fprintf(stderr, "# fuzz: not a program: %s\n", text);
		abort();
	}
	memcpy(prog->call + prog->calls, more.call,
	       more.calls * sizeof(more.call[0]));
	prog->calls += more.calls;
}

/* A VM that works, up to some point: otherwise few programs would get there */
static void good_vm(struct fuzz_prog *prog, __u64 *state)
{
	static const char *const steps[] = {
		"vcpu 0 0 0; run_page 0",
		"vcpu 0 1 1; run_page 1",
		"event 0; irqfd 0 0 20 0",
		"event 1; ioeventfd 0 1 1000 4 0 0",
		"map 1 2 10000; region 0 6 7 100000000 10000 1",
		"create_file 0 10000; map_file 1 0 10000; region 0 6 7 100000000 10000 1",
	};
	unsigned int how = random_below(state, 16), i;
	char text[256];

	snprintf(text, sizeof(text), "map 0 %x 200000; image 0 %x",
		 (unsigned int)random_below(state, 4),
		 (unsigned int)random_below(state, 1 << 20));
	append(prog, text);
	snprintf(text, sizeof(text),
		 "create_vm 0; region 0 5 %x 80000000 200000; dtb 0 %x 8000",
		 how & 3 ? 0xf : 7, (unsigned int)(GUEST_BASE + GUEST_DTB));
	append(prog, text);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		if (i == 0 || random_below(state, 3) == 0)
			append(prog, steps[i]);
	if (how != 15)
		append(prog, "start 0");
	append(prog, "sync");
}

/**
 * fuzz_generate() - make a program
 * @prog: result
 * @state: of the random numbers
 */
void fuzz_generate(struct fuzz_prog *prog, __u64 *state)
{
	unsigned int n = 2 + random_below(state, 14);

	prog->calls = 0;
	if (random_below(state, 8))
		good_vm(prog, state);
	while (n-- && prog->calls < FUZZ_CALLS)
		some_call(&prog->call[prog->calls++], state);
}

static void insert(struct fuzz_prog *prog, unsigned int at,
		   const struct fuzz_call *call)
{
	if (prog->calls == FUZZ_CALLS)
		return;
	memmove(&prog->call[at + 1], &prog->call[at],
		(prog->calls - at) * sizeof(*call));
	prog->call[at] = *call;
	prog->calls++;
}

static void remove_call(struct fuzz_prog *prog, unsigned int at)
{
	prog->calls--;
	memmove(&prog->call[at], &prog->call[at + 1],
		(prog->calls - at) * sizeof(prog->call[0]));
}

static void change(struct fuzz_prog *prog, const struct fuzz_prog *other,
		   __u64 *state)
{
	unsigned int at = random_below(state, prog->calls + 1), arg;
	struct fuzz_call call;

	if (at == prog->calls || random_below(state, 4) == 0) {
		some_call(&call, state);
		insert(prog, at, &call);
		return;
	}
	switch (random_below(state, 6)) {
	case 0:
		if (prog->calls > 1)
			remove_call(prog, at);
		break;
	case 1:
		call = prog->call[at];
		insert(prog, random_below(state, prog->calls + 1), &call);
		break;
	case 2:
		if (other->calls)
			insert(prog, at,
			       &other->call[random_below(state, other->calls)]);
		break;
	case 3:
		prog->call[at].thread = random_below(state, FUZZ_THREADS);
		break;
	default:
		arg = random_below(state, FUZZ_ARGS);
		prog->call[at].arg[arg] =
			any_value(fuzz_ops[prog->call[at].op].arg[arg], state);
		break;
	}
}

/**
 * fuzz_mutate() - change a program
 * @prog: the program
 * @other: another one, of which calls may be taken
 * @state: of the random numbers
 */
void fuzz_mutate(struct fuzz_prog *prog, const struct fuzz_prog *other,
		 __u64 *state)
{
	unsigned int n = 1 + random_below(state, 4);

	while (n--)
		change(prog, other, state);
}

/**
 * fuzz_print() - write a program as text
 * @prog: the program
 * @text: where to
 * @size: room there: FUZZ_TEXT is always enough
 *
 * Calls are separated by ";". Arguments are hexadecimal, and zeroes at the end
 * are left out. A number after "@" is the thread, unless it is the first one.
 */
void fuzz_print(const struct fuzz_prog *prog, char *text, size_t size)
{
	const struct fuzz_call *call = prog->call;
	unsigned int i, k, args;
	size_t len = 0;

	text[0] = '\0';
	for (i = 0; i < prog->calls && len + 128 < size; i++, call++) {
		len += sprintf(text + len, "%s%s", i ? "; " : "",
			       fuzz_ops[call->op].name);
		if (call->thread)
			len += sprintf(text + len, "@%u", call->thread);
		for (args = FUZZ_ARGS; args && !call->arg[args - 1];)
			args--;
		for (k = 0; k < args; k++)
			len += sprintf(text + len, " %llx",
				       (unsigned long long)call->arg[k]);
	}
}

static int parse_call(struct fuzz_call *call, const char *text,
		      const char *end)
{
	size_t len = strcspn(text, " @;\n");
	unsigned int i = 0;
	char *next;
	int op;

	memset(call, 0, sizeof(*call));
	op = fuzz_find_op(text, len);
	if (op < 0)
		return -1;
	call->op = op;
	text += len;
	if (*text == '@') {
		call->thread = strtoul(text + 1, &next, 10) % FUZZ_THREADS;
		text = next;
	}
	for (;;) {
		text += strspn(text, " ");
		if (text >= end)
			return 0;
		if (i == FUZZ_ARGS)
			return -1;
		call->arg[i++] = strtoull(text, &next, 16);
		if (next == text)
			return -1;
		text = next;
	}
}

/**
 * fuzz_parse() - read a program
 * @prog: result
 * @text: as fuzz_print() writes it
 *
 * Return: 0, or -1: it is not one.
 */
int fuzz_parse(struct fuzz_prog *prog, const char *text)
{
	size_t len;

	for (prog->calls = 0; *text; text += len) {
		text += strspn(text, " ;\n");
		len = strcspn(text, ";\n");
		if (!len)
			continue;
		if (prog->calls == FUZZ_CALLS ||
		    parse_call(&prog->call[prog->calls++], text, text + len))
			return -1;
	}
	return 0;
}
