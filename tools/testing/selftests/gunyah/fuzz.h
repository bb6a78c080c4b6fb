/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random programs of calls: what they are made of, and what runs them
 */
#ifndef GUNYAH_TEST_FUZZ_H
#define GUNYAH_TEST_FUZZ_H

#include <semaphore.h>

#include "gunyah_utils.h"
#include "random.h"

/* Exit code of a process whose program hangs */
#define FUZZ_HANG	99

#define FUZZ_THREADS	3
#define FUZZ_ARGS	6
#define FUZZ_CALLS	40
#define FUZZ_TEXT	4096

/* Numbers of things that programs refer to by an index */
#define FUZZ_VMS	3
#define FUZZ_VCPUS	6
#define FUZZ_FILES	3
#define FUZZ_EVENTS	4
#define FUZZ_MEMS	6

/* Each piece of memory has that much room, and an address that never changes */
#define FUZZ_MEM_ROOM	0x400000UL

/**
 * struct fuzz_call - a call of a program
 * @op: which one, an index of fuzz_ops
 * @thread: which thread makes it
 * @arg: its arguments
 */
struct fuzz_call {
	__u8 op;
	__u8 thread;
	__u64 arg[FUZZ_ARGS];
};

/**
 * struct fuzz_prog - a program
 * @calls: number of calls
 * @call: these calls
 *
 * Each thread makes its own calls, in their order. The call "sync" is one of all
 * threads, which wait for each other there.
 */
struct fuzz_prog {
	unsigned int calls;
	struct fuzz_call call[FUZZ_CALLS];
};

/** enum fuzz_arg - kinds of arguments: how to choose and to change one */
enum fuzz_arg {
	ARG_NONE,
	ARG_VM,		/* index of a VM */
	ARG_VCPU,
	ARG_FILE,	/* of a memory file */
	ARG_EVENT,	/* of an eventfd */
	ARG_FD,		/* any descriptor: its kind and its index */
	ARG_MEM,	/* index of a piece of memory */
	ARG_OFFSET,	/* in that memory, pages mostly */
	ARG_SIZE,
	ARG_LABEL,
	ARG_MEM_FLAGS,
	ARG_GPA,	/* guest physical address */
	ARG_MMIO,	/* the same, without memory */
	ARG_LEN,	/* of an access */
	ARG_FLAG,	/* 0 or 1 */
	ARG_CPU,	/* id of a vCPU */
	ARG_REG,	/* of the boot context */
	ARG_SMALL,	/* below 8 */
	ARG_PICK,	/* any byte: a choice that the call makes */
	ARG_VALUE,	/* 64 bits */
	ARG_SEED,	/* of more random numbers */
};

/**
 * struct fuzz_record - what was reached since the last reset
 * @kcov: descriptor of it, or -1
 * @pcs: a count, and as many addresses, or NULL
 */
struct fuzz_record {
	int kcov;
	unsigned long *pcs;
};

/**
 * struct fuzz_thread - a thread that runs a part of each program
 * @world: what all threads share
 * @n: which one
 * @go: there is a program, or the end
 * @busy_since: when its call has begun, in ms; 0: none
 * @thread: the thread
 * @record: what its calls reach
 */
struct fuzz_thread {
	struct fuzz_world *world;
	unsigned int n;
	sem_t go;
	long long busy_since;
	pthread_t thread;
	struct fuzz_record record;
};

/**
 * struct fuzz_world - what a program works on
 * @dev: the driver's device
 * @vm: VMs, -1: none
 * @vcpu: vCPUs
 * @file: memory files
 * @event: eventfds
 * @run: run pages of @vcpu, or NULL
 * @mem: address of the first piece of memory
 * @images: held to write an image, and to change @started
 * @started: a VM may be starting, and read its devicetree at any time
 * @prog: the program
 * @line: threads that have come to the next sync
 * @done: threads that have come to the end
 * @ready: posted by each thread that can run programs
 * @thread: the threads
 * @workers: what workers of the kernel reach for VMs of the threads
 * @over: they end
 */
struct fuzz_world {
	int dev;
	int vm[FUZZ_VMS];
	int vcpu[FUZZ_VCPUS];
	int file[FUZZ_FILES];
	int event[FUZZ_EVENTS];
	void *run[FUZZ_VCPUS];
	unsigned char *mem;
	pthread_mutex_t images;
	bool started;
	const struct fuzz_prog *prog;
	pthread_barrier_t line;
	unsigned int done;
	sem_t ready;
	struct fuzz_thread thread[FUZZ_THREADS];
	struct fuzz_record workers;
	bool over;
};

/**
 * struct fuzz_op - a kind of call
 * @name: its name in a program's text
 * @fn: makes it; NULL: sync
 * @weight: how often it is chosen
 * @arg: kinds of its arguments
 */
struct fuzz_op {
	const char *name;
	long (*fn)(struct fuzz_world *w, const __u64 *arg);
	unsigned int weight;
	__u8 arg[FUZZ_ARGS];
};

/* fuzz_call.c */
extern const struct fuzz_op fuzz_ops[];
extern const unsigned int fuzz_num_ops;
int fuzz_find_op(const char *name, size_t len);

/* fuzz_prog.c: programs */
void fuzz_generate(struct fuzz_prog *prog, __u64 *state);
void fuzz_mutate(struct fuzz_prog *prog, const struct fuzz_prog *other,
		 __u64 *state);
void fuzz_print(const struct fuzz_prog *prog, char *text, size_t size);
int fuzz_parse(struct fuzz_prog *prog, const char *text);

/* fuzz_world.c: what runs them */
bool fuzz_copy(void *to, const void *from, size_t size);
struct fuzz_world *fuzz_world_create(void);
void fuzz_world_run(struct fuzz_world *w, const struct fuzz_prog *prog);
void fuzz_world_destroy(struct fuzz_world *w);

/* fuzz_guest.c: guests that cannot be trusted */
void fuzz_guest_program(struct guest_op *ops, unsigned int n, __u64 *regs,
			__u64 regs_gpa, __u64 seed);
bool fuzz_guest_image(void *mem, __u64 seed, unsigned int cpus);

/* fuzz_cover.c: coverage */

/**
 * struct fuzz_cover - what was reached, memory that all processes share
 * @text: where the driver is
 * @size: of that
 * @pcs: number of places that were reached
 * @edges: number of steps from place to place that were made
 * @pc: bitmap of the places
 * @edge: bitmap of hashes of the steps
 */
struct fuzz_cover {
	unsigned long text;
	unsigned long size;
	__u64 pcs;
	__u64 edges;
	unsigned char pc[0x20000];
	unsigned char edge[0x20000];
};

bool fuzz_cover_init(struct fuzz_cover *cover);
void fuzz_cover_open(struct fuzz_record *record);
void fuzz_cover_open_workers(struct fuzz_record *record);
void fuzz_cover_close(struct fuzz_record *record);
void fuzz_cover_reset(struct fuzz_world *w);
bool fuzz_cover_add(struct fuzz_cover *cover, struct fuzz_world *w);
void fuzz_cover_print(const struct fuzz_cover *cover);

#endif /* GUNYAH_TEST_FUZZ_H */
