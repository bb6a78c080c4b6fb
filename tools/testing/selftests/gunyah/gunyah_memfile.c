// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory files: their calls, their mappings, and regions that use them
 *
 * See gunyah_filemem.c for VMs that get them.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "pressure.h"

#define UNPRIVILEGED	65534
#define FILE_SIZE	GUEST_SIZE
#define MEM_RW		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

/* ---- creation ---- */

FIXTURE(create)
{
	struct leak_state leak;
	size_t page;
	int dev;
};

FIXTURE_SETUP(create)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	self->page = sysconf(_SC_PAGESIZE);
	self->dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->dev);
}

FIXTURE_TEARDOWN(create)
{
	close(self->dev);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(create, feature)
{
	struct gh_info info = {};

	ASSERT_CALL(ioctl(self->dev, GH_GET_INFO, &info));
	EXPECT_TRUE(info.features & GH_FEATURE_MEM_FILES);
}

TEST_F(create, sizes)
{
	struct gh_info info = {};
	struct stat st;
	size_t i;
	int fd;

	ASSERT_CALL(ioctl(self->dev, GH_GET_INFO, &info));
	EXPECT_ERRNO(EINVAL, gh_create_mem(self->dev, 0));
	for (i = 1; i < self->page; i *= 2)
		EXPECT_ERRNO(EINVAL, gh_create_mem(self->dev, self->page + i));
	EXPECT_ERRNO(ENOMEM, gh_create_mem(self->dev,
					   info.max_mem_size + self->page));
	EXPECT_ERRNO(ENOMEM, gh_create_mem(self->dev, -(__u64)self->page));
	EXPECT_ERRNO(ENOMEM, gh_create_mem(self->dev, 1ULL << 63));
	for (i = 1; i <= 1025; i += 256) {
		fd = gh_create_mem(self->dev, i * self->page);
		ASSERT_LE(0, fd);
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		ASSERT_EQ(0, fstat(fd, &st));
		EXPECT_EQ(i * self->page, st.st_size);
		close(fd);
	}
}

TEST_F(create, unknown_members)
{
	struct {
		struct gh_create_mem mem;
		__u64 more;
	} arg = { .mem.size = self->page };
	unsigned int bit;
	int fd;

	for (bit = 0; bit < 32; bit++) {
		arg.mem.flags = 1U << bit;
		EXPECT_ERRNO(EINVAL, ioctl(self->dev, GH_CREATE_MEM, &arg));
	}
	arg.mem.flags = 0;
	arg.mem.padding = 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->dev, GH_CREATE_MEM, &arg));
	arg.mem.padding = 0;
	arg.mem.reserved[1] = 1ULL << 63;
	EXPECT_ERRNO(EINVAL, ioctl(self->dev, GH_CREATE_MEM, &arg));
	arg.mem.reserved[1] = 0;
	/* A newer caller, and one that is older than the first version */
	fd = ioctl(self->dev, _IOW(GH_IOCTL_TYPE, 0x15, arg), &arg);
	EXPECT_LE(0, fd);
	close(fd);
	arg.more = 1;
	EXPECT_ERRNO(E2BIG, ioctl(self->dev, _IOW(GH_IOCTL_TYPE, 0x15, arg),
				  &arg));
	EXPECT_ERRNO(ENOTTY, ioctl(self->dev, _IOW(GH_IOCTL_TYPE, 0x15, __u64),
				   &arg));
	EXPECT_ERRNO(EFAULT, ioctl(self->dev, GH_CREATE_MEM, NULL));
}

TEST_F(create, no_descriptor)
{
	struct rlimit old, none = {};

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none.rlim_max = old.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_ERRNO(EMFILE, gh_create_mem(self->dev, self->page));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
}

struct limit_arg {
	int dev;
	size_t page;
	size_t size;
	const struct cgroup *cg;
};

static bool has_locked(size_t size)
{
	return proc_value("/proc/self/status", "VmLck") == (long)size / 1024;
}

static bool gets_no_mem(int dev, size_t size)
{
	return gh_create_mem(dev, size) == -1 && errno == ENOMEM;
}

/* Charged as long as anybody has it; returns which check has failed, or 0 */
static int check_charge(const struct limit_arg *arg, int vm)
{
	int fd = gh_create_mem(arg->dev, arg->size);
	void *mem;

	if (fd < 0 || !has_locked(arg->size))
		return 1;
	if (!gets_no_mem(arg->dev, arg->page))
		return 2;
	/* Regions charge nothing more */
	mem = map_shared(fd, arg->size, 0);
	if (!mem)
		return 3;
	if (gh_set_region(vm, 1, MEM_RW, GUEST_BASE, arg->size, mem) ||
	    gh_set_region(vm, 2, MEM_RW | GH_MEM_LENT, GUEST_SHM_BASE,
			  arg->size, mem))
		return 4;
	if (!has_locked(arg->size))
		return 5;
	close(fd);
	if (!has_locked(arg->size))
		return 6;
	munmap(mem, arg->size);
	if (!has_locked(arg->size))
		return 7;
	if (gh_remove_region(vm, 1) || !has_locked(arg->size))
		return 8;
	if (gh_remove_region(vm, 2) || !has_locked(0))
		return 9;
	return gh_create_mem(arg->dev, arg->size) < 0 ? 10 : 0;
}

/* The same by an unprivileged process that may have @size */
static int limited(void *data)
{
	const struct limit_arg *arg = data;
	struct rlimit limit = { arg->size, arg->size };
	int vm = gh_create_vm(arg->dev);

	if (vm < 0 || setrlimit(RLIMIT_MEMLOCK, &limit) ||
	    setresgid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) ||
	    setresuid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED))
		return 255;
	if (!gets_no_mem(arg->dev, arg->size + arg->page) || !has_locked(0))
		return 254;
	return check_charge(arg, vm);
}

TEST_F(create, memlock_limit)
{
	struct limit_arg arg = {
		.dev = self->dev, .page = self->page, .size = 64 * self->page,
	};

	EXPECT_EQ(0, in_child(limited, &arg));
}

/* What a control group uses, give or take one: 64 pages in stock of each CPU */
static long long cgroup_units(const struct limit_arg *arg)
{
	long long unit = 256 * arg->page;

	return (cgroup_get(arg->cg, "memory.current") + unit / 2) / unit;
}

/* A cgroup is charged, and its limit is kept */
static int in_cgroup(void *data)
{
	const struct limit_arg *arg = data;
	long long unit = 256 * arg->page, units = arg->size / unit, before;
	int fd;

	if (cgroup_enter(arg->cg, 0))
		return 255;
	before = cgroup_units(arg);
	fd = gh_create_mem(arg->dev, arg->size);
	if (fd < 0 || cgroup_units(arg) < before + units - 1 ||
	    cgroup_units(arg) > before + units + 1)
		return 1;
	if (cgroup_set_number(arg->cg, "memory.max",
			      (before + 2 * units - 2) * unit))
		return 254;
	/* What it has got so far is given back */
	if (!gets_no_mem(arg->dev, arg->size))
		return 2;
	if (cgroup_units(arg) > before + units + 1 || !has_locked(arg->size))
		return 3;
	close(fd);
	return gh_create_mem(arg->dev, arg->size) < 0 ? 4 : 0;
}

TEST_F(create, cgroup)
{
	struct cgroup cg = {};
	struct limit_arg arg = {
		.dev = self->dev, .page = self->page, .cg = &cg,
		.size = 8 * 256 * self->page,
	};

	if (access("/sys/fs/cgroup", F_OK) || cgroup_make(&cg, "memfile"))
		SKIP(return, "no control groups with memory");
	EXPECT_EQ(0, in_child(in_cgroup, &arg));
	cgroup_remove(&cg);
}

/* ---- a file ---- */

FIXTURE(memfile)
{
	struct leak_state leak;
	size_t page;
	int dev;
	int vm;
	int fd;
	unsigned char *mem;
	unsigned char *anon;
};

FIXTURE_SETUP(memfile)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	self->page = sysconf(_SC_PAGESIZE);
	ASSERT_CALL(bare_open(&self->dev, &self->vm, &self->anon));
	self->fd = gh_create_mem(self->dev, FILE_SIZE);
	ASSERT_LE(0, self->fd);
	self->mem = map_shared(self->fd, FILE_SIZE, 0);
	ASSERT_NE(NULL, self->mem);
}

FIXTURE_TEARDOWN(memfile)
{
	bare_close(self->dev, self->vm, self->anon);
	close(self->fd);
	munmap(self->mem, FILE_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(memfile, calls)
{
	char path[32], byte = 0;

	EXPECT_ERRNO(EINVAL, read(self->fd, &byte, 1));
	EXPECT_ERRNO(EINVAL, write(self->fd, &byte, 1));
	EXPECT_ERRNO(ESPIPE, pread(self->fd, &byte, 1, 0));
	EXPECT_ERRNO(ESPIPE, pwrite(self->fd, &byte, 1, 0));
	EXPECT_ERRNO(ESPIPE, lseek(self->fd, 0, SEEK_END));
	EXPECT_ERRNO(EINVAL, ftruncate(self->fd, 0));
	EXPECT_ERRNO(EINVAL, ftruncate(self->fd, 2 * FILE_SIZE));
	EXPECT_ERRNO(ENODEV, fallocate(self->fd, 0, 0, self->page));
	EXPECT_ERRNO(ENODEV, fallocate(self->fd, FALLOC_FL_PUNCH_HOLE |
				       FALLOC_FL_KEEP_SIZE, 0, self->page));
	EXPECT_ERRNO(ENOTTY, ioctl(self->fd, GH_GET_INFO, NULL));
	/* Nobody gets it in another way */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	EXPECT_ERRNO(ENXIO, open(path, O_RDWR | O_CLOEXEC));
}

TEST_F(memfile, mappings)
{
	size_t page = self->page, half = FILE_SIZE / 2;
	int prot = PROT_READ | PROT_WRITE;
	unsigned char *other;

	EXPECT_TRUE(all_zero(self->mem, FILE_SIZE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, prot, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ, MAP_PRIVATE,
				   self->fd, 0));
	EXPECT_EQ(NULL, map_shared(self->fd, FILE_SIZE + page, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_shared(self->fd, page, FILE_SIZE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_shared(self->fd, 2 * page, FILE_SIZE - page));
	EXPECT_EQ(EINVAL, errno);

	other = map_shared(self->fd, half, half);
	ASSERT_NE(NULL, other);
	pattern_fill(self->mem + half, half, 17);
	EXPECT_TRUE(pattern_check(other, half, 17));
	/* It does not grow */
	EXPECT_EQ(MAP_FAILED, mremap(other, half, FILE_SIZE, MREMAP_MAYMOVE));
	/* The pages stay */
	EXPECT_EQ(0, madvise(other, half, MADV_DONTNEED));
	EXPECT_TRUE(pattern_check(other, half, 17));
	EXPECT_EQ(-1, madvise(other, half, MADV_REMOVE));
	EXPECT_TRUE(pattern_check(other, half, 17));
	ASSERT_EQ(0, mprotect(other, page, PROT_READ));
	munmap(other, half);
	other = map_shared(self->fd, FILE_SIZE, 0);
	ASSERT_NE(NULL, other);
	/* Not locked, which would charge it again */
	EXPECT_EQ(0, mlock(other, FILE_SIZE));
	EXPECT_TRUE(has_locked(FILE_SIZE));
	/* Unlike anonymous memory, it is as contiguous as can be */
	memset(other, 1, FILE_SIZE);
	EXPECT_GE(16, count_runs(other, FILE_SIZE));
	munmap(other, FILE_SIZE);
}

static int change_first(void *data)
{
	unsigned char *mem = data;

	if (!pattern_check(mem, FILE_SIZE, 5))
		return 1;
	pattern_fill(mem, FILE_SIZE, 6);
	return 0;
}

TEST_F(memfile, fork)
{
	pattern_fill(self->mem, FILE_SIZE, 5);
	EXPECT_EQ(0, in_child(change_first, self->mem));
	EXPECT_TRUE(pattern_check(self->mem, FILE_SIZE, 6));
}

static int send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -1;
}

/* As a device process does that gets the memory from its VMM */
static int receive_and_change(void *data)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct stat st;
	void *mem;
	int fd;

	if (recvmsg(*(int *)data, &msg, 0) != 1)
		return 254;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	if (fstat(fd, &st) || st.st_size != FILE_SIZE)
		return 253;
	mem = map_shared(fd, st.st_size, 0);
	return mem ? change_first(mem) : 252;
}

TEST_F(memfile, sent_to_a_process)
{
	int socks[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pattern_fill(self->mem, FILE_SIZE, 5);
	ASSERT_EQ(0, send_fd(socks[0], self->fd));
	EXPECT_EQ(0, in_child(receive_and_change, &socks[1]));
	EXPECT_TRUE(pattern_check(self->mem, FILE_SIZE, 6));
	close(socks[0]);
	close(socks[1]);
}

/* ---- regions ---- */

static int set(int vm, __u32 label, __u32 flags, size_t size, void *mem)
{
	return gh_set_region(vm, label, flags,
			     GUEST_BASE + label * 0x10000000ULL, size, mem);
}

/* Neither pinned nor charged, shared or lent, and in several regions and VMs */
TEST_F(memfile, regions)
{
	struct leak_state before;
	int vm = gh_create_vm(self->dev);

	ASSERT_LE(0, vm);
	leak_read(&before);
	EXPECT_EQ(0, set(self->vm, 1, MEM_RW, FILE_SIZE, self->mem));
	EXPECT_EQ(0, set(self->vm, 2, MEM_RW, self->page, self->mem));
	EXPECT_EQ(0, set(vm, 1, MEM_RW, FILE_SIZE, self->mem));
	EXPECT_EQ(0, set(self->vm, 3, MEM_RW | GH_MEM_LENT, FILE_SIZE,
			 self->mem));
	EXPECT_EQ(0, set(vm, 3, MEM_RW | GH_MEM_LENT, FILE_SIZE, self->mem));
	EXPECT_TRUE(leak_check(&before, 0));
	EXPECT_EQ(0, gh_remove_region(self->vm, 1));
	EXPECT_EQ(0, gh_remove_region(self->vm, 3));
	close(vm);
	/* Still what it was */
	EXPECT_EQ(0, probe_load(self->mem));
}

/* A range that is only partly one of the file is refused */
TEST_F(memfile, other_ranges)
{
	size_t page = self->page, half = FILE_SIZE / 2;
	int fixed = MAP_SHARED | MAP_FIXED, prot = PROT_READ | PROT_WRITE;
	__u32 flags[] = { MEM_RW, MEM_RW | GH_MEM_LENT };
	unsigned int i;
	int other;

	other = gh_create_mem(self->dev, FILE_SIZE);
	ASSERT_LE(0, other);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		/* Two mappings of the file, in order */
		ASSERT_EQ(self->anon, mmap(self->anon, half, prot, fixed,
					   self->fd, page));
		ASSERT_EQ(self->anon + half,
			  mmap(self->anon + half, page, prot, fixed, self->fd,
			       page + half));
		EXPECT_EQ(0, set(self->vm, 1, flags[i], half + page,
				 self->anon));
		EXPECT_EQ(0, gh_remove_region(self->vm, 1));
		/* A gap in the file, and a step back */
		ASSERT_EQ(self->anon + half,
			  mmap(self->anon + half, page, prot, fixed, self->fd,
			       2 * page + half));
		EXPECT_ERRNO(EOPNOTSUPP, set(self->vm, 1, flags[i],
					     half + page, self->anon));
		ASSERT_EQ(self->anon + half,
			  mmap(self->anon + half, page, prot, fixed, self->fd,
			       0));
		EXPECT_ERRNO(EOPNOTSUPP, set(self->vm, 1, flags[i],
					     half + page, self->anon));
		/* Another file, at the offset that would be right */
		ASSERT_EQ(self->anon + half,
			  mmap(self->anon + half, page, prot, fixed, other,
			       page + half));
		EXPECT_ERRNO(EOPNOTSUPP, set(self->vm, 1, flags[i],
					     half + page, self->anon));
		/* Anonymous memory behind it, and in front */
		ASSERT_EQ(self->anon + half,
			  mmap(self->anon + half, page, prot,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		EXPECT_ERRNO(EOPNOTSUPP, set(self->vm, 1, flags[i],
					     half + page, self->anon));
		ASSERT_EQ(self->anon + half + page,
			  mmap(self->anon + half + page, page, prot, fixed,
			       self->fd, 0));
		EXPECT_ERRNO(EOPNOTSUPP, set(self->vm, 1, flags[i], 2 * page,
					     self->anon + half));
		/* What is not mapped */
		munmap(self->anon + half, page);
		EXPECT_ERRNO(EFAULT, set(self->vm, 1, flags[i], half + page,
					 self->anon));
	}
	close(other);
}

TEST_F(memfile, rights)
{
	__u32 lent;

	ASSERT_EQ(0, mprotect(self->mem, FILE_SIZE, PROT_READ));
	for (lent = 0; lent <= GH_MEM_LENT; lent += GH_MEM_LENT) {
		EXPECT_ERRNO(EFAULT, set(self->vm, 1, MEM_RW | lent, FILE_SIZE,
					 self->mem));
		EXPECT_EQ(0, set(self->vm, 1, GH_MEM_ALLOW_READ | lent,
				 FILE_SIZE, self->mem));
		EXPECT_EQ(0, gh_remove_region(self->vm, 1));
	}
	ASSERT_EQ(0, mprotect(self->mem, FILE_SIZE, PROT_NONE));
	EXPECT_ERRNO(EFAULT, set(self->vm, 1, GH_MEM_ALLOW_READ, FILE_SIZE,
				 self->mem));
}

/* ---- memory that has to be moved before it is shared ---- */

/* Pages of the zone that unmovable memory is kept out of */
static long movable_pages(void)
{
	char line[256];
	bool movable = false;
	long pages = 0, n;
	FILE *f;

	f = fopen("/proc/zoneinfo", "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Node", 4))
			movable = strstr(line, "Movable");
		else if (movable && sscanf(line, " managed %ld", &n) == 1)
			pages += n;
	}
	fclose(f);
	return pages;
}

/* Give a reference of the first page to a pipe */
static int pin_in_pipe(int fds[2], void *mem, size_t size)
{
	struct iovec iov = { mem, size };

	if (pipe(fds))
		return -1;
	return vmsplice(fds[1], &iov, 1, 0) == (ssize_t)size ? 0 : -1;
}

/*
 * Ordinary memory of a movable zone has to be moved away first, which fails while
 * somebody has a reference. A memory file never was there.
 */
TEST_F(memfile, movable_zone)
{
	bool movable = movable_pages();
	size_t page = self->page;
	int pipes[2][2];

	if (hyp_word("movablecore=256M"))
		ASSERT_TRUE(movable);
	memset(self->anon, 1, page);
	memset(self->mem, 1, page);
	ASSERT_CALL(pin_in_pipe(pipes[0], self->anon, page));
	ASSERT_CALL(pin_in_pipe(pipes[1], self->mem, page));
	EXPECT_EQ(0, set(self->vm, 2, MEM_RW, page, self->mem));
	if (movable)
		EXPECT_ERRNO(ENOMEM, set(self->vm, 1, MEM_RW, page,
					 self->anon));
	close(pipes[0][0]);
	close(pipes[0][1]);
	EXPECT_EQ(0, set(self->vm, 1, MEM_RW, page, self->anon));
	close(pipes[1][0]);
	close(pipes[1][1]);
}

GUNYAH_TEST_MAIN
