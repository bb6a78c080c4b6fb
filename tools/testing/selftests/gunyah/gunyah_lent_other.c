// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on lent memory of Gunyah VMs by others: children, debuggers, core
 * dumps, userfaultfd, and files of /proc
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "testctl.h"

FIXTURE(other)
{
	struct lent_vm l;
};

FIXTURE_VARIANT(other)
{
	enum lent_kind kind;
};

LENT_VARIANTS(other);

FIXTURE_SETUP(other)
{
	LENT_SETUP(return, &self->l, variant->kind);
	ASSERT_CALL(lent_build(&self->l));
	ASSERT_CALL(lent_start(&self->l));
}

FIXTURE_TEARDOWN(other)
{
	EXPECT_TRUE(lent_close(&self->l));
}

/* ---- children ---- */

static int child_loads(void *arg)
{
	const struct lent_vm *l = arg;

	return probe_load(l->mem + LENT_HIT);
}

static int child_is_closed(void *arg)
{
	const struct lent_vm *l = arg;

	return lent_is_closed(l->mem, l->size) ? 0 : 1;
}

TEST_F_TIMEOUT(other, children, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	int status, null;
	pid_t pid;

	/* The mapping is not inherited ... */
	EXPECT_EQ(SIGSEGV, in_child(child_loads, l));
	/* ... unless that is asked for */
	ASSERT_EQ(0, madvise(l->mem, l->size, MADV_DOFORK));
	EXPECT_EQ(0, in_child(child_is_closed, l));
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid = vfork();
	if (!pid) {
		/* This only lists the tests */
		dup2(null, 1);
		dup2(null, 2);
		execl("/proc/self/exe", "gunyah_lent_other", "-l", NULL);
		_exit(1);
	}
	close(null);
	ASSERT_LE(0, pid);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(KSFT_SKIP, WEXITSTATUS(status));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	ASSERT_CALL(lent_finish(l));
}

/* A child that has the mapping can outlive the VM, and sees what the VMM sees */
TEST_F_TIMEOUT(other, child_after_the_end, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	int go[2], back[2], status;
	char c = 0;
	pid_t pid;

	ASSERT_EQ(0, madvise(l->mem, l->size, MADV_DOFORK));
	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(back));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(go[1]);
		vm_close_vcpus(&l->remote.vm);
		close(l->remote.vm.fd);
		c = lent_is_closed(l->mem, l->size);
		if (write(back[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(2);
		c = lent_is_open(l->mem, l->size);
		if (write(back[1], &c, 1) != 1 || read(go[0], &c, 1) != 0)
			_exit(3);
		_exit(pattern_check(l->mem, l->size, 1) ? 0 : 4);
	}
	ASSERT_EQ(1, read(back[0], &c, 1));
	EXPECT_EQ(1, c);
	ASSERT_CALL(lent_finish(l));
	remote_close(&l->remote);
	ASSERT_EQ(1, write(go[1], &c, 1));
	ASSERT_EQ(1, read(back[0], &c, 1));
	EXPECT_EQ(1, c);
	/* It is shared memory */
	EXPECT_TRUE(pattern_check(l->mem, l->size, 1));
	munmap(l->mem, l->size);
	close(go[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(go[0]);
	close(back[0]);
	close(back[1]);
}

/* ---- other processes, and what they have ---- */

struct intruder {
	struct lent_vm *l;
	pid_t pid;		/* of the VMM */
};

/* Whether the call does not get further than @good bytes */
static bool stopped(const char *what, ssize_t n, ssize_t good, int error)
{
	if (n < 0 ? errno == error : n <= good && n)
		return true;
	fprintf(stderr, "# %s: %zd, errno %d\n", what, n, errno);
	return false;
}

static int copy_remotely(void *arg)
{
	const struct intruder *in = arg;
	const struct lent_vm *l = in->l;
	char *buf = alloc_mem(3 * l->page);
	struct iovec local = { buf, 3 * l->page }, remote;
	unsigned int i;
	size_t good;
	bool ok = true;

	for (i = 0; i < 3; i++) {
		good = i == 0 ? 0 : i == 1 ? 8 : l->page;
		remote = (struct iovec){ l->mem - good, 2 * l->page + good };
		ok &= stopped("process_vm_readv",
			      process_vm_readv(in->pid, &local, 1, &remote, 1,
					       0), good, EFAULT);
		ok &= stopped("process_vm_writev",
			      process_vm_writev(in->pid, &local, 1, &remote, 1,
						0), good, EFAULT);
	}
	munmap(buf, 3 * l->page);
	return ok ? 0 : 1;
}

static int use_proc_mem(void *arg)
{
	const struct intruder *in = arg;
	const struct lent_vm *l = in->l;
	char path[64], buf[64];
	bool ok = true;
	unsigned int i;
	size_t good;
	off_t at;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", in->pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 2;
	for (i = 0; i < 3; i++) {
		good = i == 2 ? 8 : 0;
		at = (uintptr_t)l->mem + (i == 1 ? LENT_HIT : 0) - good;
		ok &= stopped("read of mem", pread(fd, buf, sizeof(buf), at),
			      good, EIO);
		ok &= stopped("write of mem", pwrite(fd, buf, sizeof(buf), at),
			      good, EIO);
	}
	close(fd);
	return ok ? 0 : 1;
}

static int use_ptrace(void *arg)
{
	const struct intruder *in = arg;
	void *hit = in->l->mem + LENT_HIT;
	bool ok = true;
	long ret;

	if (ptrace(PTRACE_ATTACH, in->pid, NULL, NULL) ||
	    waitpid(in->pid, NULL, __WALL) != in->pid)
		return 2;
	errno = 0;
	ret = ptrace(PTRACE_PEEKDATA, in->pid, hit, NULL);
	ok &= ret == -1 && errno == EIO;
	ok &= ptrace(PTRACE_POKEDATA, in->pid, hit, 1) == -1 && errno == EIO;
	errno = 0;
	ret = ptrace(PTRACE_PEEKTEXT, in->pid, in->l->mem, NULL);
	ok &= ret == -1 && errno == EIO;
	ptrace(PTRACE_DETACH, in->pid, NULL, NULL);
	return ok ? 0 : 1;
}

TEST_F_TIMEOUT(other, processes, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct intruder in = { l, getpid() };
	unsigned int turn;

	for (turn = 0; turn < 2; turn++) {
		EXPECT_EQ(0, in_child(copy_remotely, &in));
		EXPECT_EQ(0, copy_remotely(&in));
		EXPECT_EQ(0, in_child(use_proc_mem, &in));
		EXPECT_EQ(0, use_proc_mem(&in));
		EXPECT_EQ(0, in_child(use_ptrace, &in));
		if (!turn)
			ASSERT_CALL(lent_turn(l));
	}
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	ASSERT_CALL(lent_finish(l));
}

/* What a line of smaps says of the mapping at @addr, in KiB, or -1 */
static long smaps_value(const void *addr, const char *name)
{
	unsigned long start, end;
	bool here = false;
	long value = -1;
	char line[256];
	FILE *f;

	f = fopen("/proc/self/smaps", "re");
	if (!f)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (uintptr_t)addr >= start && (uintptr_t)addr < end;
		else if (here && !strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %ld", &value);
	}
	fclose(f);
	return value;
}

TEST_F_TIMEOUT(other, files_of_proc, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	char path[100], text[4096];
	size_t i;
	__u64 entry;
	int fd;

	EXPECT_EQ(0, smaps_value(l->mem, "Rss"));
	EXPECT_EQ(0, smaps_value(l->mem, "Swap"));
	EXPECT_LE((long)(l->size / 1024), smaps_value(l->mem, "Size"));
	EXPECT_LT(0, read_file("/proc/self/smaps_rollup", text, sizeof(text)));
	if (!access("/proc/self/numa_maps", R_OK)) {
		EXPECT_LT(0, read_file("/proc/self/numa_maps", text,
				       sizeof(text)));
	}
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	for (i = 0; i < l->size / l->page; i++) {
		ASSERT_EQ(sizeof(entry),
			  pread(fd, &entry, sizeof(entry),
				((uintptr_t)l->mem / l->page + i) * 8));
		/* Neither present nor in swap, and no frame */
		if (entry & (3ULL << 62 | ((1ULL << 55) - 1)))
			break;
	}
	EXPECT_EQ(l->size / l->page, i)
		TH_LOG("%llx", entry);
	close(fd);
	for (i = '1'; i <= '4'; i++) {
		snprintf(text, sizeof(text), "%c", (int)i);
		EXPECT_EQ(0, write_file("/proc/self/clear_refs", text));
	}
	/* The file of the mapping cannot be opened */
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx",
		 (unsigned long)l->mem, (unsigned long)(l->mem + l->size));
	ASSERT_LT(0, readlink(path, text, sizeof(text)));
	EXPECT_ERRNO(ENXIO, open(path, O_RDONLY));
	EXPECT_ERRNO(ENXIO, open(path, O_RDWR));
	EXPECT_NE(0, truncate(path, 0));
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	ASSERT_CALL(lent_finish(l));
}

TEST_F_TIMEOUT(other, userfaultfd_later, LENT_TIMEOUT)
{
	struct lent_vm *l = &self->l;
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)l->mem, l->size },
	};
	struct uffdio_zeropage zero = { .range = reg.range };
	struct uffdio_copy copy = {
		.dst = (uintptr_t)l->mem, .src = (uintptr_t)lent_behind(l),
		.len = l->page,
	};
	unsigned int mode;
	int fd;

	fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	for (mode = 1; mode <= 7; mode++) {
		reg.mode = mode;
		EXPECT_ERRNO(EINVAL, ioctl(fd, UFFDIO_REGISTER, &reg));
	}
	EXPECT_ERRNO(ENOENT, ioctl(fd, UFFDIO_COPY, &copy));
	EXPECT_ERRNO(ENOENT, ioctl(fd, UFFDIO_ZEROPAGE, &zero));
	close(fd);
	EXPECT_TRUE(lent_is_closed(l->mem, l->size));
	ASSERT_CALL(lent_finish(l));
}

/* ---- core dumps ---- */

#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"
#define CORE_LIMIT	"/proc/sys/kernel/core_pipe_limit"
#define CORE_FILE	"/tmp/gunyah-core"

struct dump {
	enum lent_kind kind;
	bool lent;		/* else the VM is not started */
	bool advised;		/* MADV_DODUMP */
};

static int die_with_core(void *arg)
{
	const struct dump *dump = arg;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	struct lent_vm l;

	lent_init(&l);
	prctl(PR_SET_DUMPABLE, 1);
	if (setrlimit(RLIMIT_CORE, &limit) ||
	    write_file("/proc/self/coredump_filter", "0x7f"))
		return 1;
	if (lent_alloc(&l, dump->kind) || lent_build(&l))
		return 2;
	memset(lent_behind(&l), 0x77, l.page);
	if (dump->lent && lent_start(&l))
		return 3;
	if (dump->advised && madvise(l.mem, l.size, MADV_DODUMP))
		return 4;
	abort();
}

/* Number of pairs of words that the host's pattern has, in a file */
static long count_pattern(const char *path, __u64 step, __u64 first)
{
	static __u64 buf[8192];
	__u64 last = 0;
	long count = 0;
	size_t n, i;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -1;
	while ((n = fread(buf, sizeof(*buf), ARRAY_SIZE(buf), f))) {
		for (i = 0; i < n; i++) {
			if (buf[i] - last == step && (step || buf[i] == first))
				count++;
			last = buf[i];
		}
	}
	fclose(f);
	return count;
}

FIXTURE(core)
{
	struct leak_state leak;
	struct param pattern;
	struct param limit;
};

FIXTURE_VARIANT(core)
{
	enum lent_kind kind;
};

LENT_VARIANTS(core);

FIXTURE_SETUP(core)
{
	struct lent_vm l;

	LENT_SETUP(return, &l, variant->kind);
	ASSERT_TRUE(lent_close(&l));
	if (access(CORE_PATTERN, W_OK))
		SKIP(return, "no core dumps");
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(core)
{
	param_restore(&self->pattern);
	param_restore(&self->limit);
	unlink(CORE_FILE);
	write_file(HUGE_PAGES_PARAM, "0");
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

static void check_dumps(struct __test_metadata *_metadata,
			enum lent_kind kind)
{
	struct dump dump = { .kind = kind };
	long count;

	/* What is not lent is there, so it would be found */
	EXPECT_EQ(256 + SIGABRT, in_child(die_with_core, &dump));
	count = count_pattern(CORE_FILE, GUEST_PATTERN_STEP, 0);
	EXPECT_LE((long)(LENT_HIT_SIZE / 8 - 1), count);
	unlink(CORE_FILE);

	dump.lent = true;
	for (; ; dump.advised = true) {
		EXPECT_EQ(256 + SIGABRT, in_child(die_with_core, &dump));
		count = count_pattern(CORE_FILE, GUEST_PATTERN_STEP, 0);
		EXPECT_EQ(0, count);
		/* The rest is complete */
		EXPECT_LT(0, count_pattern(CORE_FILE, 0, 0x7777777777777777));
		unlink(CORE_FILE);
		if (dump.advised)
			break;
	}
}

TEST_F_TIMEOUT(core, file, LENT_TIMEOUT)
{
	ASSERT_CALL(param_set(&self->pattern, CORE_PATTERN, CORE_FILE));
	check_dumps(_metadata, variant->kind);
}

TEST_F_TIMEOUT(core, pipe, LENT_TIMEOUT)
{
	if (access("/bin/dd", X_OK))
		SKIP(return, "no /bin/dd");
	/* The process waits until its dump is written */
	ASSERT_CALL(param_set(&self->limit, CORE_LIMIT, "4"));
	ASSERT_CALL(param_set(&self->pattern, CORE_PATTERN,
			      "|/bin/dd bs=64k of=" CORE_FILE));
	check_dumps(_metadata, variant->kind);
}

GUNYAH_TEST_MAIN
