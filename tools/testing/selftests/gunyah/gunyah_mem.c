// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of Gunyah VMs: its kinds, its content, and what it costs
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define MEM_TIMEOUT	600

#define GIB		0x40000000UL

/* Memory entries per message, and how many all firmware is known to survive */
#define ENTRIES		512
#define MOST_ENTRIES	4096
/* Messages of a start that are not about memory */
#define FIXED_MESSAGES	5	/* ALLOC_VMID CONFIG INIT GET_RESOURCES START */

#define FREE_SIZE	(GUEST_SIZE - GUEST_FREE)

/* ---- tracepoints ---- */

#define TRACEFS		"/sys/kernel/tracing/"
#define PARCEL_EVENT	"gunyah_mem_parcel:"
#define RPC_EVENT	"gunyah_rm_call_begin:"

static bool trace_present(void)
{
	if (access(TRACEFS "trace", F_OK))
		mount("none", TRACEFS, "tracefs", 0, NULL);
	return !access(TRACEFS "events/gunyah", F_OK);
}

static bool trace_start(void)
{
	return !write_file(TRACEFS "events/gunyah/enable", "1") &&
	       !write_file(TRACEFS "trace", "");
}

static void trace_stop(void)
{
	write_file(TRACEFS "events/gunyah/enable", "0");
}

/* Number of events; @total: sum of the numbers that follow @sum in them */
static size_t trace_count(const char *name, const char *text, const char *sum,
			  size_t *total)
{
	char line[512], *number;
	size_t n = 0;
	FILE *f;

	if (total)
		*total = 0;
	f = fopen(TRACEFS "trace", "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || !strstr(line, name) ||
		    !strstr(line, text))
			continue;
		n++;
		number = total ? strstr(line, sum) : NULL;
		if (number)
			*total += strtoull(number + strlen(sum), NULL, 10);
	}
	fclose(f);
	return n;
}

static size_t count_events(const char *name, const char *text)
{
	return trace_count(name, text, NULL, NULL);
}

/* Memory entries of the parcels that are "lent", or "shared" */
static size_t parcel_entries(const char *how)
{
	size_t entries;

	trace_count(PARCEL_EVENT, how, " entries=", &entries);
	return entries;
}

/* ---- the region that a test is about ---- */

/* Lend the image or share a second region: all firmware accepts both */
static struct vm_config vm_with(bool lent, void *mem, size_t size)
{
	if (lent)
		return (struct vm_config){ .mem = mem, .size = size };
	return (struct vm_config){ .shm_mem = mem, .shm_size = size };
}

static __u64 region_base(bool lent)
{
	return lent ? GUEST_BASE : GUEST_SHM_BASE;
}

/* ---- kinds of memory ---- */

FIXTURE(kind)
{
	struct leak_state leak;
	struct vm vm;
	void *mem;
	size_t size;
};

enum mem_kind { ANONYMOUS, THP, SHARED_ANONYMOUS, MEMFD, HUGETLB, SCATTERED };

FIXTURE_VARIANT(kind)
{
	enum mem_kind kind;
	bool lent;
};

FIXTURE_VARIANT_ADD(kind, anonymous_shared)
{
	.kind = ANONYMOUS,
};

FIXTURE_VARIANT_ADD(kind, anonymous_lent)
{
	.kind = ANONYMOUS,
	.lent = true,
};

FIXTURE_VARIANT_ADD(kind, thp_shared)
{
	.kind = THP,
};

FIXTURE_VARIANT_ADD(kind, thp_lent)
{
	.kind = THP,
	.lent = true,
};

FIXTURE_VARIANT_ADD(kind, shared_anonymous_shared)
{
	.kind = SHARED_ANONYMOUS,
};

FIXTURE_VARIANT_ADD(kind, shared_anonymous_lent)
{
	.kind = SHARED_ANONYMOUS,
	.lent = true,
};

FIXTURE_VARIANT_ADD(kind, memfd_shared)
{
	.kind = MEMFD,
};

FIXTURE_VARIANT_ADD(kind, memfd_lent)
{
	.kind = MEMFD,
	.lent = true,
};

FIXTURE_VARIANT_ADD(kind, hugetlb_shared)
{
	.kind = HUGETLB,
};

FIXTURE_VARIANT_ADD(kind, hugetlb_lent)
{
	.kind = HUGETLB,
	.lent = true,
};

FIXTURE_VARIANT_ADD(kind, scattered_shared)
{
	.kind = SCATTERED,
};

FIXTURE_VARIANT_ADD(kind, scattered_lent)
{
	.kind = SCATTERED,
	.lent = true,
};

static void *kind_alloc(enum mem_kind kind, size_t size)
{
	int prot = PROT_READ | PROT_WRITE, fd;
	uintptr_t start;
	void *mem;

	switch (kind) {
	case ANONYMOUS:
		mem = alloc_mem(size);
		if (mem)
			madvise(mem, size, MADV_NOHUGEPAGE);
		return mem;
	case THP:
		mem = alloc_mem(2 * size);
		if (!mem)
			return NULL;
		start = ((uintptr_t)mem + HUGE - 1) & ~(HUGE - 1);
		munmap(mem, start - (uintptr_t)mem);
		munmap((void *)(start + size),
		       (uintptr_t)mem + size - start);
		madvise((void *)start, size, MADV_HUGEPAGE);
		return (void *)start;
	case SHARED_ANONYMOUS:
		mem = mmap(NULL, size, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		break;
	case MEMFD:
		fd = memfd_create("gunyah", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, size))
			return NULL;
		mem = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
		close(fd);
		break;
	case HUGETLB:
		write_file(HUGE_PAGES_PARAM, "4");
		mem = mmap(NULL, size, prot,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGE_TLB, -1, 0);
		break;
	default:
		return alloc_scattered(size);
	}
	return mem == MAP_FAILED ? NULL : mem;
}

FIXTURE_SETUP(kind)
{
	SKIP_WITHOUT_GUNYAH(return);
	self->size = GUEST_SIZE;
	self->mem = kind_alloc(variant->kind, self->size);
	if (!self->mem && variant->kind == HUGETLB)
		SKIP(return, "no huge pages");
	ASSERT_NE(NULL, self->mem);
	leak_read(&self->leak);
	vm_init(&self->vm);
}

FIXTURE_TEARDOWN(kind)
{
	vm_close(&self->vm);
	munmap(self->mem, self->size);
	EXPECT_TRUE(leak_check(&self->leak, 0));
	if (variant->kind == HUGETLB)
		write_file(HUGE_PAGES_PARAM, "0");
}

TEST_F_TIMEOUT(kind, content, MEM_TIMEOUT)
{
	struct vm_config cfg = vm_with(variant->lent, self->mem, self->size);
	__u64 base = region_base(variant->lent) + GUEST_FREE;
	unsigned char *mem = (unsigned char *)self->mem + GUEST_FREE;
	struct gh_vm_status status;
	struct leak_state back;
	unsigned int round;
	__u64 before, after;
	size_t runs = 0;
	bool traced;

	for (round = 0; round < 2; round++) {
		before = 0x100 + round;
		after = 0x200 + round;
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
		pattern_fill(mem, FREE_SIZE, before);
		vm_program(&self->vm, 0, G_CHECK(base, FREE_SIZE, before),
			   G_FILL(base, FREE_SIZE, after), G_OFF);
		/* After the first round lent memory consists of other pages */
		if (!round || !variant->lent)
			runs = count_runs(self->mem, self->size);
		traced = trace_present() && trace_start();
		ASSERT_CALL(gh_start(self->vm.fd));
		trace_stop();
		if (traced && !variant->lent && runs)
			EXPECT_EQ(runs, parcel_entries("shared"));
		if (traced && testctl_present())
			EXPECT_EQ(parcel_entries(""),
				  testctl_read(GH_TESTCTL_ENTRIES) -
				  self->leak.counters[LEAK_ENTRIES]);
		if (testctl_present())
			EXPECT_EQ(self->size / 4096,
				  testctl_read(variant->lent ?
					       GH_TESTCTL_PAGES_LENT :
					       GH_TESTCTL_PAGES_SHARED) -
				  self->leak.counters[variant->lent ?
						      LEAK_PAGES_LENT :
						      LEAK_PAGES_SHARED]);
		ASSERT_CALL(vm_finish(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		if (!variant->lent)
			EXPECT_TRUE(pattern_check(mem, FREE_SIZE, after));
		vm_close(&self->vm);
		back = self->leak;
		if (variant->lent) {
			/* It is charged until it is unmapped */
			back.locked_kb += self->size / 1024;
			EXPECT_TRUE(all_zero(self->mem, self->size));
		}
		EXPECT_TRUE(leak_check(&back, 0));
	}
	if (variant->kind == HUGETLB)
		EXPECT_EQ(1, runs);
	/* Otherwise this variant tests nothing */
	if (variant->kind == SCATTERED)
		EXPECT_LE(self->size / sysconf(_SC_PAGESIZE) / 2, runs);
}

/* A failed start leaves the content of the memory alone */
TEST_F_TIMEOUT(kind, content_after_failed_start, MEM_TIMEOUT)
{
	struct vm_config cfg = vm_with(variant->lent, self->mem, self->size);
	unsigned char *mem = (unsigned char *)self->mem + GUEST_FREE;

	cfg.defect = DTB_HYPERVISOR_NODE;
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	pattern_fill(mem, FREE_SIZE, 77);
	EXPECT_ERRNO(ENODEV, gh_start(self->vm.fd));
	EXPECT_TRUE(pattern_check(mem, FREE_SIZE, 77));
	vm_close(&self->vm);
	EXPECT_TRUE(pattern_check(mem, FREE_SIZE, 77));
}

/* ---- the boundary between host and guest ---- */

FIXTURE(mem)
{
	struct leak_state leak;
	struct vm vm[2];
};

FIXTURE_SETUP(mem)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	vm_init(&self->vm[0]);
	vm_init(&self->vm[1]);
}

FIXTURE_TEARDOWN(mem)
{
	vm_close(&self->vm[0]);
	vm_close(&self->vm[1]);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* Read memory that may be inaccessible; whether all of it could be read */
static bool try_read(const void *mem, void *copy, size_t size)
{
	size_t done = 0;
	int fd[2];
	bool ok = true;

	if (pipe(fd))
		return false;
	while (ok && done < size) {
		ok = write(fd[1], (const char *)mem + done, 4096) == 4096 &&
		     read(fd[0], (char *)copy + done, 4096) == 4096;
		done += 4096;
	}
	close(fd[0]);
	close(fd[1]);
	return ok;
}

TEST_F_TIMEOUT(mem, lent_stays_with_the_guest, MEM_TIMEOUT)
{
	const __u64 secret = 0x5ec3e75ec3e75ec3;
	struct vm_config cfg = {};
	struct gh_vm_status status;
	__u64 *copy = malloc(FREE_SIZE);
	unsigned int when;
	size_t i;

	ASSERT_NE(NULL, copy);
	ASSERT_CALL(vm_build(self->vm, &cfg, VM_HAS_VCPUS));
	vm_program(self->vm, 0,
		   G_FILL(GUEST_BASE + GUEST_FREE, FREE_SIZE, secret),
		   G_WRITE(4, 0x1000, 0), G_OFF);
	ASSERT_CALL(gh_start(self->vm->fd));
	ASSERT_EQ(GH_VCPU_EXIT_MMIO, vm_run_once(self->vm, 0));
	for (when = 0; when < 2; when++) {
		/* The host must not see it, before or after the end */
		if (try_read(self->vm->mem + GUEST_FREE, copy, FREE_SIZE)) {
			for (i = 0; i < FREE_SIZE / sizeof(*copy); i++)
				if (copy[i] == secret + i * GUEST_PATTERN_STEP)
					break;
			EXPECT_EQ(FREE_SIZE / sizeof(*copy), i);
		}
		ASSERT_CALL(vm_finish(self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	}
	free(copy);
}

TEST_F_TIMEOUT(mem, shared_by_two_vms, MEM_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	void *mem = alloc_mem(GUEST_SHM_SIZE);
	struct gh_vm_status status;

	ASSERT_NE(NULL, mem);
	cfg.shm_mem = mem;
	ASSERT_CALL(vm_build(&self->vm[0], &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(vm_build(&self->vm[1], &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(gh_start(self->vm[0].fd));
	/* Memory cannot be in two parcels; the first VM must not suffer */
	EXPECT_ERRNO(EINVAL, gh_start(self->vm[1].fd));
	ASSERT_CALL(vm_finish(&self->vm[0], &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&self->vm[0]);
	vm_close(&self->vm[1]);
	munmap(mem, GUEST_SHM_SIZE);
}

TEST_F_TIMEOUT(mem, lent_by_two_vms, MEM_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	void *mem = alloc_mem(GUEST_SIZE);
	unsigned int i;

	/* The driver copies lent memory, so that each VM gets a copy */
	ASSERT_NE(NULL, mem);
	cfg.mem = mem;
	for (i = 0; i < 2; i++)
		ASSERT_CALL(vm_build(&self->vm[i], &cfg, VM_HAS_VCPUS));
	if (gh_start(self->vm[0].fd) == 0 && gh_start(self->vm[1].fd) == 0)
		for (i = 0; i < 2; i++) {
			ASSERT_CALL(vm_finish(&self->vm[i], &status));
			EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		}
	else
		EXPECT_EQ(EFAULT, errno);
	vm_close(&self->vm[0]);
	vm_close(&self->vm[1]);
	munmap(mem, GUEST_SIZE);
}

/* A fork must not separate the guest's pages from ours */
TEST_F_TIMEOUT(mem, fork_keeps_sharing, MEM_TIMEOUT)
{
	struct runner runner = { .vm = self->vm };
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	struct gh_vm_status status;
	int go[2], ret;
	pid_t pid;
	char c;

	ASSERT_CALL(vm_build(self->vm, &cfg, VM_HAS_VCPUS));
	vm_program(self->vm, 0, G_WAIT(GUEST_SHM_BASE, 1),
		   G_WRITE(8, GUEST_SHM_BASE + 8, 2), G_OFF);
	ASSERT_CALL(gh_start(self->vm->fd));
	ASSERT_CALL(runner_start(&runner));

	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &c, 1));
	}
	vm_poke(self->vm, 0, 1);
	ASSERT_CALL(vm_wait_end(self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(0, runner_join(&runner));
	EXPECT_EQ(2, vm_word(self->vm, 8));
	close(go[0]);
	close(go[1]);
	EXPECT_EQ(pid, waitpid(pid, &ret, 0));
}

/* The guest gets the region and not the rest of the huge page */
TEST_F_TIMEOUT(mem, part_of_huge_page, MEM_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = 0x40000 };
	struct gh_vm_status status;
	unsigned char *huge;

	SKIP_WITHOUT_TESTCTL(return);
	huge = kind_alloc(HUGETLB, HUGE);
	if (!huge)
		SKIP(return, "no huge pages");
	cfg.shm_mem = huge + 0x80000;
	ASSERT_CALL(vm_build(self->vm, &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(gh_start(self->vm->fd));
	EXPECT_EQ(cfg.shm_size / 4096, testctl_read(GH_TESTCTL_PAGES_SHARED) -
				       self->leak.counters[LEAK_PAGES_SHARED]);
	ASSERT_CALL(vm_finish(self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(self->vm);
	munmap(huge, HUGE);
	write_file(HUGE_PAGES_PARAM, "0");
}

/* ---- what a start costs ---- */

FIXTURE(cost)
{
	struct leak_state leak;
	struct vm vm;
	struct param entries;
	void *mem;
};

FIXTURE_VARIANT(cost)
{
	size_t size;
	bool lent;
};

FIXTURE_VARIANT_ADD(cost, shared_1g)
{
	.size = GIB,
};

FIXTURE_VARIANT_ADD(cost, lent_1g)
{
	.size = GIB,
	.lent = true,
};

FIXTURE_VARIANT_ADD(cost, shared_8m)
{
	.size = GIB / 128,
};

FIXTURE_VARIANT_ADD(cost, lent_8m)
{
	.size = GIB / 128,
	.lent = true,
};

FIXTURE_SETUP(cost)
{
	long long need = variant->size / 1024 * (variant->lent ? 2 : 1);
	size_t page = sysconf(_SC_PAGESIZE);

	SKIP_WITHOUT_GUNYAH(return);
	/* Some more is for tables and lists */
	if (proc_value("/proc/meminfo", "MemAvailable") < need + need / 8)
		SKIP(return, "needs %lld MiB of memory", need / 1024);
	if (!variant->lent && variant->size / page > MOST_ENTRIES &&
	    !hyp_word("gunyah_hyp.max_entries=0"))
		SKIP(return, "this firmware may not survive so many entries");
	if (!variant->lent && variant->size / page > MOST_ENTRIES &&
	    hyp_word(PLATFORM_WORD))
		SKIP(return, "a call of the secure firmware for each page takes long");
	if (!trace_present())
		SKIP(return, "no trace events");
	self->mem = alloc_scattered(variant->size);
	ASSERT_NE(NULL, self->mem);
	/* What there is to be seen is more than the driver allows by default */
	ASSERT_CALL(param_set(&self->entries, ENTRIES_PARAM, "1000000"));
	leak_read(&self->leak);
	vm_init(&self->vm);
}

FIXTURE_TEARDOWN(cost)
{
	param_restore(&self->entries);
	trace_stop();
	write_file(TRACEFS "trace", "");
	vm_close(&self->vm);
	munmap(self->mem, variant->size);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F_TIMEOUT(cost, messages, MEM_TIMEOUT)
{
	struct vm_config cfg = vm_with(variant->lent, self->mem, variant->size);
	size_t runs, parcels, appends, entries, total, tail = 0x10000;
	struct gh_vm_status status;
	__u64 requests = 0;
	long long ms;

	runs = count_runs(self->mem, variant->size);
	ASSERT_NE(0, runs);
	/* Otherwise it is not fragmented enough to test anything */
	EXPECT_LE(variant->size / sysconf(_SC_PAGESIZE) / 10 * 9, runs);

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	/* The guest checks the last bytes */
	pattern_fill((char *)self->mem + variant->size - tail, tail, 99);
	vm_program(&self->vm, 0,
		   G_CHECK(region_base(variant->lent) + variant->size - tail,
			   tail, 99),
		   G_OFF);

	ASSERT_TRUE(trace_start());
	if (testctl_present())
		requests = testctl_read(GH_TESTCTL_RM_REQUESTS);
	ms = now_ms();
	ASSERT_CALL(gh_start(self->vm.fd));
	ms = now_ms() - ms;
	if (testctl_present())
		requests = testctl_read(GH_TESTCTL_RM_REQUESTS) - requests;
	trace_stop();

	total = count_events(RPC_EVENT, "");
	appends = count_events(RPC_EVENT, "MEM_APPEND");
	parcels = count_events(RPC_EVENT, "MEM_LEND");
	EXPECT_EQ(1, parcels);
	if (!variant->lent) {
		EXPECT_EQ(1, count_events(RPC_EVENT, "MEM_SHARE"));
		parcels++;
	}
	TH_LOG("%zu runs: %zu messages, %lld ms", runs, total, ms);
	EXPECT_EQ(parcels, count_events(PARCEL_EVENT, ""));
	EXPECT_EQ(FIXED_MESSAGES + parcels + appends, total);
	entries = parcel_entries("");
	if (testctl_present()) {
		EXPECT_EQ(total, requests);
		EXPECT_EQ(entries, testctl_read(GH_TESTCTL_ENTRIES) -
				   self->leak.counters[LEAK_ENTRIES]);
	}
	if (variant->lent) {
		/* The copy has large blocks, whatever the original has */
		EXPECT_LE(parcels + appends, 2);
		EXPECT_GE(600, entries);
	} else {
		/* One of the messages is for the image */
		EXPECT_EQ((runs + ENTRIES - 1) / ENTRIES,
			  parcels - 1 + appends);
		EXPECT_EQ(runs, parcel_entries("shared"));
	}

	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	ms = now_ms();
	vm_close(&self->vm);
	TH_LOG("closed in %lld ms", now_ms() - ms);
}

GUNYAH_TEST_MAIN
