// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs random programs: threads that share descriptors and memory, and do
 * not die of memory that is not there
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

/* A call that takes so many ms is interrupted */
#define FUZZ_CALL_MS	15
/* Room behind the memory where nothing is */
#define FUZZ_NOTHING	0x40000000UL
/* Until then a program comes to its end: only a hang takes longer */
#define FUZZ_HANG_MS	LONG_MS

struct copy {
	void *to;
	const void *from;
	size_t size;
};

static void do_copy(void *arg)
{
	const struct copy *copy = arg;

	memcpy(copy->to, copy->from, copy->size);
}

/**
 * fuzz_copy() - copy from or to memory that may be lent
 * @to: where to
 * @from: where from
 * @size: bytes
 *
 * Return: whether all of it was copied.
 */
bool fuzz_copy(void *to, const void *from, size_t size)
{
	struct copy copy = { to, from, size };

	return guarded(do_copy, &copy);
}

static void run_calls(struct fuzz_thread *t)
{
	const struct fuzz_prog *prog = t->world->prog;
	const struct fuzz_call *call = prog->call;
	unsigned int i;

	for (i = 0; i < prog->calls; i++, call++) {
		if (!fuzz_ops[call->op].fn) {
			pthread_barrier_wait(&t->world->line);
			continue;
		}
		if (call->thread % FUZZ_THREADS != t->n)
			continue;
		__atomic_store_n(&t->busy_since, now_ms(), __ATOMIC_RELAXED);
		fuzz_ops[call->op].fn(t->world, call->arg);
		__atomic_store_n(&t->busy_since, 0, __ATOMIC_RELAXED);
	}
}

static void *run_thread(void *data)
{
	struct fuzz_thread *t = data;
	struct fuzz_world *w = t->world;

	fuzz_cover_open(&t->record);
	sem_post(&w->ready);
	for (;;) {
		while (sem_wait(&t->go))
			;
		if (w->over)
			break;
		run_calls(t);
		__atomic_add_fetch(&w->done, 1, __ATOMIC_RELEASE);
	}
	fuzz_cover_close(&t->record);
	return NULL;
}

/*
 * The memory, none of which is there, at an address or anywhere. Nothing of ours
 * is near it: a region may go beyond it.
 */
static void *mem_place(void *at)
{
	return mmap(at, FUZZ_MEMS * FUZZ_MEM_ROOM + FUZZ_NOTHING, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		    (at ? MAP_FIXED : 0), -1, 0);
}

/**
 * fuzz_world_create() - make a world
 *
 * Its threads wait for a program. All of them have their buffers by then, which
 * would else be in the way of a program that has unmapped its memory.
 *
 * Return: the world, or NULL.
 */
struct fuzz_world *fuzz_world_create(void)
{
	struct fuzz_world *w = calloc(1, sizeof(*w));
	unsigned int i;

	if (!w)
		return NULL;
	memset(w->vm, -1, sizeof(w->vm));
	memset(w->vcpu, -1, sizeof(w->vcpu));
	memset(w->file, -1, sizeof(w->file));
	memset(w->event, -1, sizeof(w->event));
	w->dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	w->mem = mem_place(NULL);
	if (w->dev < 0 || w->mem == MAP_FAILED)
		return NULL;
	pthread_mutex_init(&w->images, NULL);
	pthread_barrier_init(&w->line, NULL, FUZZ_THREADS);
	sem_init(&w->ready, 0, 0);
	fuzz_cover_open_workers(&w->workers);
	for (i = 0; i < FUZZ_THREADS; i++) {
		w->thread[i].world = w;
		w->thread[i].n = i;
		sem_init(&w->thread[i].go, 0, 0);
		if (pthread_create(&w->thread[i].thread, NULL, run_thread,
				   &w->thread[i]))
			return NULL;
	}
	for (i = 0; i < FUZZ_THREADS; i++)
		while (sem_wait(&w->ready))
			;
	return w;
}

static void close_all(int *fds, unsigned int n)
{
	while (n--) {
		if (fds[n] >= 0)
			close(fds[n]);
		fds[n] = -1;
	}
}

/* All that a program has left. The order of closing is not always the same. */
static void clean(struct fuzz_world *w)
{
	unsigned int i;

	if (w->prog->calls & 1)
		close_all(w->vm, FUZZ_VMS);
	for (i = 0; i < FUZZ_VCPUS; i++) {
		if (w->run[i])
			munmap(w->run[i], sysconf(_SC_PAGESIZE));
		w->run[i] = NULL;
	}
	close_all(w->vcpu, FUZZ_VCPUS);
	close_all(w->file, FUZZ_FILES);
	close_all(w->event, FUZZ_EVENTS);
	close_all(w->vm, FUZZ_VMS);
	munlockall();
	mem_place(w->mem);
	w->started = false;
}

/* Interrupt calls that take long */
static void kick(struct fuzz_world *w)
{
	long long since;
	unsigned int i;

	for (i = 0; i < FUZZ_THREADS; i++) {
		since = __atomic_load_n(&w->thread[i].busy_since,
					__ATOMIC_RELAXED);
		if (since && now_ms() - since > FUZZ_CALL_MS)
			pthread_kill(w->thread[i].thread, SIGUSR1);
	}
}

/**
 * fuzz_world_run() - run a program
 * @w: the world
 * @prog: the program
 *
 * Afterwards all descriptors are closed, and there is no memory any more. A
 * program that hangs ends the process.
 */
void fuzz_world_run(struct fuzz_world *w, const struct fuzz_prog *prog)
{
	long long end = now_ms() + FUZZ_HANG_MS;
	unsigned int i;

	w->prog = prog;
	w->done = 0;
	for (i = 0; i < FUZZ_THREADS; i++)
		sem_post(&w->thread[i].go);
	while (__atomic_load_n(&w->done, __ATOMIC_ACQUIRE) < FUZZ_THREADS) {
		if (now_ms() > end)
			_exit(FUZZ_HANG);
		usleep(1000);
		kick(w);
	}
	clean(w);
}

/**
 * fuzz_world_destroy() - end the threads
 * @w: the world
 */
void fuzz_world_destroy(struct fuzz_world *w)
{
	unsigned int i;

	w->over = true;
	for (i = 0; i < FUZZ_THREADS; i++) {
		sem_post(&w->thread[i].go);
		pthread_join(w->thread[i].thread, NULL);
	}
	fuzz_cover_close(&w->workers);
	close(w->dev);
	munmap(w->mem, FUZZ_MEMS * FUZZ_MEM_ROOM + FUZZ_NOTHING);
	free(w);
}
