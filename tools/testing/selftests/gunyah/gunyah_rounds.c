// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hundreds of lives of VMs, thousands with GUNYAH_TEST_LONG=1: nothing is used up
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bells.h"
#include "message.h"
#include "testctl.h"

#define ROUNDS_TIMEOUT	(6 * 3600)

#define MMIO		0x10000ULL

static const struct dtb_bell bells[] = { { 3, 40 }, { 4, 41, true } };

/** enum round - kinds of VMs, one after the other */
enum round {
	ROUND_LENT,
	ROUND_SHARED,
	ROUND_SCHEDULED,
	ROUND_FUNCTIONS,	/* irqfds and ioeventfds */
	ROUND_FILE,		/* its memory is a memory file */
	ROUND_KINDS
};

static const struct vm_config configs[ROUND_KINDS] = {
	[ROUND_SHARED] = { .shared = true, .shm_size = GUEST_SHM_SIZE },
	[ROUND_SCHEDULED] = { .scheduled = true },
	[ROUND_FUNCTIONS] = {
		.cpus = 2, .num_bells = ARRAY_SIZE(bells), .bells = bells,
	},
};

/** enum level - what is measured, in kB or numbers of things */
enum level {
	LEVEL_AVAILABLE,	/* memory */
	LEVEL_SLAB,
	LEVEL_PERCPU,
	LEVEL_VMALLOC,
	LEVEL_FDS,		/* of this process */
	LEVEL_FILES,		/* of all */
	LEVEL_MAPS,		/* mappings of this process */
	LEVELS
};

/**
 * struct figure - what a level may change
 * @name: its name
 * @per_mille: so much may be lost in 1000 rounds: less than if a page, or a small
 *	object, were lost in each one
 */
struct figure {
	const char *name;
	long long per_mille;
};

static const struct figure figures[LEVELS] = {
	[LEVEL_AVAILABLE] = { "MemAvailable", 2000 },
	[LEVEL_SLAB] = { "Slab", 60 },
	[LEVEL_PERCPU] = { "Percpu", 60 },
	[LEVEL_VMALLOC] = { "VmallocUsed", 60 },
	[LEVEL_FDS] = { "descriptors" },
	[LEVEL_FILES] = { "files" },
	[LEVEL_MAPS] = { "mappings" },
};

/*
 * A leak is there in each part of the test, noise is not: as long as it looks
 * like one there are more parts, up to a number
 */
#define PARTS		4
#define MOST_PARTS	16

/* So much less memory means nothing */
#define NOISE_KB	2048

static long long count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long long n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static long long count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	long long n = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static long long count_files(void)
{
	char text[64] = "";

	read_file("/proc/sys/fs/file-nr", text, sizeof(text));
	return strtoll(text, NULL, 10);
}

static void read_levels(long long *levels)
{
	unsigned int i;

	/* What is freed later is free then, and caches are empty */
	usleep(100000);
	write_file("/proc/sys/vm/drop_caches", "7");
	usleep(100000);
	/* Add up the counters of all CPUs */
	write_file("/proc/sys/vm/stat_refresh", "1");
	for (i = LEVEL_AVAILABLE; i <= LEVEL_VMALLOC; i++)
		levels[i] = proc_value("/proc/meminfo", figures[i].name);
	levels[LEVEL_FDS] = count_fds();
	levels[LEVEL_FILES] = count_files();
	levels[LEVEL_MAPS] = count_maps();
}

FIXTURE(rounds)
{
	struct leak_state leak;
	bool impossible[ROUND_KINDS];
	int dev;
	int fd[2];
};

FIXTURE_SETUP(rounds)
{
	unsigned int i;

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	for (i = 0; i < ROUND_KINDS; i++)
		self->impossible[i] = vm_impossible(&configs[i]);
	self->dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->dev);
	for (i = 0; i < 2; i++) {
		self->fd[i] = new_eventfd(0);
		ASSERT_LE(0, self->fd[i]);
	}
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(rounds)
{
	close(self->fd[0]);
	close(self->fd[1]);
	close(self->dev);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

static int add_functions(struct vm *vm, const int *fd)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (gh_add_irqfd(vm->fd, fd[i], bells[i].label, bells[i].level ?
				 GH_IRQFD_FLAGS_LEVEL : 0) ||
		    gh_add_ioeventfd(vm->fd, fd[i], MMIO + 8 * i, 4, 0, 0) ||
		    eventfd_ring(fd[i], 1))
			return -1;
	vm_program(vm, 0, G_CPU_ON(1, VM_PROGRAM(1)), G_WRITE(4, MMIO, 1),
		   G_WRITE(4, MMIO + 8, 1), G_IDLE(1000), G_OFF);
	vm_program(vm, 1, G_CPU_OFF);
	return 0;
}

/* Create, start, run, exit, close */
static int live(struct _test_data_rounds *self, unsigned int kind)
{
	struct vm_config cfg = configs[kind];
	struct gh_vm_status status;
	struct vm vm;
	int ret, fd = -1;

	vm_init(&vm);
	if (kind == ROUND_FILE) {
		fd = gh_create_mem(self->dev, GUEST_SIZE);
		cfg.mem = map_shared(fd, GUEST_SIZE, 0);
		if (!cfg.mem)
			return -1;
	}
	ret = vm_build(&vm, &cfg, VM_HAS_VCPUS);
	if (!ret && kind == ROUND_FUNCTIONS)
		ret = add_functions(&vm, self->fd);
	if (!ret)
		ret = gh_start(vm.fd);
	if (!ret)
		ret = vm_finish(&vm, &status);
	if (!ret && !vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF))
		ret = -1;
	vm_close(&vm);
	if (cfg.mem) {
		munmap(cfg.mem, GUEST_SIZE);
		close(fd);
	}
	return ret;
}

static void live_all(struct __test_metadata *_metadata,
		     struct _test_data_rounds *self, unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		if (self->impossible[i % ROUND_KINDS])
			continue;
		ASSERT_CALL(live(self, i % ROUND_KINDS));
		if (i % 1000 == 999)
			TH_LOG("%u rounds", i + 1);
	}
}

/*
 * What was lost in each part, or more. Memory is taken and returned by the
 * system in large pieces, so it is looked at as a whole, after the first part.
 */
static long long lost(unsigned int i, long long (*levels)[LEVELS],
		      unsigned int parts)
{
	long long least, more;
	unsigned int part;

	if (i == LEVEL_AVAILABLE)
		return (levels[1][i] - levels[parts][i] - NOISE_KB) /
		       (parts - 1);
	least = levels[1][i] - levels[0][i];
	for (part = 1; part < parts; part++) {
		more = levels[part + 1][i] - levels[part][i];
		if (more < least)
			least = more;
	}
	return least;
}

/* Debug kernels do, for KASAN; their own list of leaks is better */
static bool keeps_freed_memory(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/* Whether too much is lost in each part of so many rounds */
static bool leaks(unsigned int i, long long (*levels)[LEVELS],
		  unsigned int parts, unsigned int rounds)
{
	if (keeps_freed_memory() && i <= LEVEL_SLAB)
		return false;
	/* It goes up and down by more than few rounds can lose */
	if (!test_is_long() && i == LEVEL_AVAILABLE)
		return false;
	return lost(i, levels, parts) > figures[i].per_mille * rounds / 1000;
}

static bool any_leaks(long long (*levels)[LEVELS], unsigned int parts,
		      unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < LEVELS; i++) {
		if (leaks(i, levels, parts, rounds))
			return true;
	}
	return false;
}

TEST_F_TIMEOUT(rounds, level, ROUNDS_TIMEOUT)
{
	unsigned int i, rounds = (test_is_long() ? 5000 : 160) / PARTS;
	long long levels[MOST_PARTS + 1][LEVELS];
	unsigned int part = 0;

	/* Until everything that is kept for the next time is there */
	live_all(_metadata, self, 20);
	read_levels(levels[0]);
	do {
		live_all(_metadata, self, rounds);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
		read_levels(levels[++part]);
	} while (part < PARTS || (part < MOST_PARTS &&
				  any_leaks(levels, part, rounds)));
	for (i = 0; i < LEVELS; i++) {
		TH_LOG("%s: %lld before, %lld after %u rounds",
		       figures[i].name, levels[0][i], levels[part][i],
		       part * rounds);
		EXPECT_FALSE(leaks(i, levels, part, rounds))
			TH_LOG("%s", figures[i].name);
	}
}

GUNYAH_TEST_MAIN
