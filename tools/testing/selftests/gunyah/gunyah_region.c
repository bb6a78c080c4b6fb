// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registering memory of Gunyah VMs: every error, and what is charged
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define UNPRIVILEGED	65534
#define BAD_POINTER	((void *)-sysconf(_SC_PAGESIZE))

FIXTURE(region)
{
	struct leak_state leak;
	size_t page;
	int dev;
	int fd;
	unsigned char *mem;
};

FIXTURE_VARIANT(region)
{
	__u32 flags;
};

FIXTURE_VARIANT_ADD(region, shared)
{
	.flags = MEM_RWX,
};

FIXTURE_VARIANT_ADD(region, lent)
{
	.flags = MEM_RWX | GH_MEM_LENT,
};

FIXTURE_SETUP(region)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	self->page = sysconf(_SC_PAGESIZE);
	ASSERT_CALL(bare_open(&self->dev, &self->fd, &self->mem));
}

FIXTURE_TEARDOWN(region)
{
	bare_close(self->dev, self->fd, self->mem);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

TEST_F(region, flags)
{
	__u32 lent = variant->flags & GH_MEM_LENT;
	unsigned int access, bit;
	int ret;

	for (access = 0; access < 8; access++) {
		ret = gh_set_region(self->fd, access, access | lent, GUEST_BASE,
				    self->page, self->mem);
		switch (access) {
		case GH_MEM_ALLOW_READ:
		case GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE:
		case GH_MEM_ALLOW_READ | GH_MEM_ALLOW_EXEC:
		case MEM_RWX:
			EXPECT_EQ(0, ret)
				TH_LOG("access %u", access);
			EXPECT_EQ(0, gh_remove_region(self->fd, access));
			break;
		default:
			EXPECT_EQ(-1, ret)
				TH_LOG("access %u", access);
			EXPECT_EQ(EINVAL, errno);
		}
	}
	/* Among them is GH_MEM_HOTPLUG, which is for a VM that runs */
	for (bit = 4; bit < 32; bit++) {
		/* gunyah_paging has that */
		if (lent && 1U << bit == GH_MEM_PAGED)
			continue;
		EXPECT_ERRNO(EINVAL,
			     gh_set_region(self->fd, 0,
					   variant->flags | 1U << bit,
					   GUEST_BASE, self->page, self->mem));
	}
}

TEST_F(region, alignment)
{
	__u32 flags = variant->flags;
	size_t page = self->page, off;

	for (off = 1; off < page; off *= 2) {
		EXPECT_ERRNO(EINVAL, gh_set_region(self->fd, 0, flags,
						   GUEST_BASE + off, page,
						   self->mem));
		EXPECT_ERRNO(EINVAL, gh_set_region(self->fd, 0, flags,
						   GUEST_BASE, page + off,
						   self->mem));
		EXPECT_ERRNO(EINVAL, gh_set_region(self->fd, 0, flags,
						   GUEST_BASE, page,
						   self->mem + off));
	}
}

TEST_F(region, wraps)
{
	__u32 flags = variant->flags;
	size_t page = self->page;

	EXPECT_ERRNO(EOVERFLOW, gh_set_region(self->fd, 0, flags, -(__u64)page,
					      2 * page, self->mem));
	EXPECT_ERRNO(EOVERFLOW, gh_set_region(self->fd, 0, flags, GUEST_BASE,
					      -(__u64)page, self->mem));
}

TEST_F(region, in_use)
{
	__u32 flags = variant->flags;
	size_t page = self->page;

	ASSERT_CALL(gh_set_region(self->fd, 7, flags, GUEST_BASE + 4 * page,
				  4 * page, self->mem));
	/* The label */
	EXPECT_ERRNO(EEXIST, gh_set_region(self->fd, 7, flags,
					   GUEST_BASE + 0x100000, page,
					   self->mem + 8 * page));
	/* The guest's range: the same, inside, around, at both ends */
	EXPECT_ERRNO(EEXIST, gh_set_region(self->fd, 8, flags,
					   GUEST_BASE + 4 * page, 4 * page,
					   self->mem + 8 * page));
	EXPECT_ERRNO(EEXIST, gh_set_region(self->fd, 8, flags,
					   GUEST_BASE + 5 * page, page,
					   self->mem + 8 * page));
	EXPECT_ERRNO(EEXIST, gh_set_region(self->fd, 8, flags, GUEST_BASE,
					   16 * page, self->mem + 8 * page));
	EXPECT_ERRNO(EEXIST, gh_set_region(self->fd, 8, flags, GUEST_BASE,
					   5 * page, self->mem + 8 * page));
	EXPECT_ERRNO(EEXIST, gh_set_region(self->fd, 8, flags,
					   GUEST_BASE + 7 * page, 2 * page,
					   self->mem + 8 * page));
	/* Adjacent ranges do not overlap */
	EXPECT_EQ(0, gh_set_region(self->fd, 8, flags, GUEST_BASE, 4 * page,
				   self->mem + 8 * page));
	EXPECT_EQ(0, gh_set_region(self->fd, 9, flags, GUEST_BASE + 8 * page,
				   page, self->mem + 12 * page));
	/* Every label is valid */
	EXPECT_EQ(0, gh_set_region(self->fd, ~0U, flags, GUEST_BASE + 16 * page,
				   page, self->mem + 16 * page));
	EXPECT_EQ(0, gh_remove_region(self->fd, ~0U));
}

/* Memory can be moved to one region only, and be shared as often as one likes */
TEST_F(region, same_memory)
{
	__u32 flags = variant->flags;
	size_t page = self->page;
	unsigned char *mem = self->mem;
	bool lent = flags & GH_MEM_LENT;
	unsigned int i;
	const struct {
		size_t start, size;
		bool overlaps;
	} tries[] = {
		{ 4, 4, true }, { 5, 1, true }, { 3, 2, true }, { 7, 2, true },
		{ 0, 16, true }, { 3, 1, false }, { 8, 1, false },
	};

	ASSERT_CALL(gh_set_region(self->fd, 1, flags, GUEST_BASE, 4 * page,
				  mem + 4 * page));
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		if (lent && tries[i].overlaps) {
			EXPECT_ERRNO(EEXIST,
				     gh_set_region(self->fd, 2, flags,
						   GUEST_SHM_BASE,
						   tries[i].size * page,
						   mem + tries[i].start * page));
			continue;
		}
		EXPECT_EQ(0, gh_set_region(self->fd, 2, flags, GUEST_SHM_BASE,
					   tries[i].size * page,
					   mem + tries[i].start * page));
		EXPECT_EQ(0, gh_remove_region(self->fd, 2));
	}
	/* One of two may be lent */
	EXPECT_EQ(0, gh_set_region(self->fd, 2, flags ^ GH_MEM_LENT,
				   GUEST_SHM_BASE, 16 * page, mem));
}

TEST_F(region, removal)
{
	__u32 flags = variant->flags;
	size_t page = self->page;
	unsigned int i;

	EXPECT_ERRNO(ENOENT, gh_remove_region(self->fd, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_CALL(gh_set_region(self->fd, 1, flags, GUEST_BASE,
					  GUEST_SIZE, self->mem));
		EXPECT_ERRNO(ENOENT, gh_remove_region(self->fd, 0));
		/* Other members are ignored */
		EXPECT_EQ(0, gh_set_region(self->fd, 1, ~0U, 1, 0,
					   BAD_POINTER));
		EXPECT_ERRNO(ENOENT, gh_remove_region(self->fd, 1));
		/* The memory is back although the VM is open */
		EXPECT_TRUE(leak_check(&self->leak, 0));
	}
	/* So is the range */
	EXPECT_EQ(0, gh_set_region(self->fd, 2, flags, GUEST_BASE + page, page,
				   self->mem));
}

TEST_F(region, unmapped)
{
	__u32 flags = variant->flags;
	size_t page = self->page;
	unsigned char *mem;

	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, flags, GUEST_BASE, page,
					   NULL));
	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, flags, GUEST_BASE, page,
					   BAD_POINTER));

	mem = alloc_mem(4 * page);
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, munmap(mem + 2 * page, page));
	/* A hole in the middle, and at the end */
	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, flags, GUEST_BASE,
					   4 * page, mem));
	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, flags, GUEST_BASE,
					   3 * page, mem));
	EXPECT_TRUE(leak_check(&self->leak, 0));
	munmap(mem, 4 * page);
}

/* A mapping is longer than its file: found when half of it was taken */
TEST_F(region, cut_file)
{
	bool lent = variant->flags & GH_MEM_LENT;
	size_t size = 4 * self->page;
	void *map = MAP_FAILED;
	int file;

	file = memfd_create("gunyah", MFD_CLOEXEC);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, size));
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, ftruncate(file, size / 2));
	/* Lent memory is only read when the VM starts */
	if (lent) {
		EXPECT_EQ(0, gh_set_region(self->fd, 0, variant->flags,
					   GUEST_BASE, size, map));
		EXPECT_EQ(0, gh_remove_region(self->fd, 0));
	} else {
		EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, variant->flags,
						   GUEST_BASE, size, map));
	}
	/* Neither pinned nor charged */
	EXPECT_TRUE(leak_check(&self->leak, 0));
	munmap(map, size);
	close(file);
}

TEST_F(region, not_writable)
{
	__u32 flags = variant->flags;
	size_t page = self->page;

	ASSERT_EQ(0, mprotect(self->mem, page, PROT_READ));
	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, flags, GUEST_BASE, page,
					   self->mem));
	/* Only the last page */
	ASSERT_EQ(0, mprotect(self->mem, page, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, mprotect(self->mem + 3 * page, page, PROT_READ));
	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, flags, GUEST_BASE,
					   4 * page, self->mem));
	ASSERT_EQ(0, mprotect(self->mem, page, PROT_NONE));
	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 0, flags, GUEST_BASE, page,
					   self->mem));
}

/* A memfd that nobody can write any more, as one mapping */
static void *sealed_memfd(size_t size)
{
	int fd = memfd_create("gunyah", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *mem;

	if (fd < 0 || ftruncate(fd, size))
		return MAP_FAILED;
	if (pwrite(fd, "x", 1, size - 1) != 1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW))
		return MAP_FAILED;
	mem = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return mem;
}

/* The VM cannot write it either */
TEST_F(region, read_only_mapping)
{
	__u32 lent = variant->flags & GH_MEM_LENT;
	size_t size = 16 * self->page;
	struct leak_state before;
	void *mem[3];
	int i;

	mem[0] = sealed_memfd(size);
	mem[1] = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	mem[2] = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	leak_read(&before);
	for (i = 0; i < 3; i++) {
		ASSERT_NE(MAP_FAILED, mem[i]);
		EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 1, MEM_RWX | lent,
						   GUEST_BASE, size, mem[i]));
		EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 1,
						   GH_MEM_ALLOW_READ |
						   GH_MEM_ALLOW_WRITE | lent,
						   GUEST_BASE, size, mem[i]));
		EXPECT_EQ(0, gh_set_region(self->fd, 1, GH_MEM_ALLOW_READ | lent,
					   GUEST_BASE, size, mem[i]));
		EXPECT_EQ(0, gh_remove_region(self->fd, 1));
		EXPECT_EQ(0, gh_set_region(self->fd, 2, GH_MEM_ALLOW_READ |
					   GH_MEM_ALLOW_EXEC | lent,
					   GUEST_SHM_BASE, size, mem[i]));
		EXPECT_EQ(0, gh_remove_region(self->fd, 2));
		EXPECT_TRUE(leak_check(&before, 0));
		munmap(mem[i], size);
	}
	/* Not what cannot even be read */
	ASSERT_EQ(0, mprotect(self->mem, self->page, PROT_NONE));
	EXPECT_ERRNO(EFAULT, gh_set_region(self->fd, 1, GH_MEM_ALLOW_READ | lent,
					   GUEST_BASE, self->page, self->mem));
}

struct fault_server {
	int fd;
	size_t page;
	void *zeroes;
	size_t served;
};

/* Serves the faults of userfaultfd one by one, until it is closed */
static void *serve_faults(void *data)
{
	struct fault_server *server = data;
	struct uffd_msg msg;
	struct uffdio_copy copy;

	while (read(server->fd, &msg, sizeof(msg)) == sizeof(msg)) {
		if (msg.event != UFFD_EVENT_PAGEFAULT)
			continue;
		copy = (struct uffdio_copy){
			.dst = msg.arg.pagefault.address &
			       ~(__u64)(server->page - 1),
			.src = (uintptr_t)server->zeroes,
			.len = server->page,
		};
		/* Before it wakes who waits for it, and may be asked */
		__atomic_add_fetch(&server->served, 1, __ATOMIC_SEQ_CST);
		if (ioctl(server->fd, UFFDIO_COPY, &copy))
			__atomic_sub_fetch(&server->served, 1,
					   __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* Pages that another thread has to bring, as when a VM's memory was moved here */
TEST_F(region, userfaultfd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct fault_server server = { .page = self->page };
	struct uffdio_register reg = {
		.range = { .len = 64 * self->page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	pthread_t thread;
	unsigned char *mem;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "this kernel has no userfaultfd");
	server.fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	ASSERT_LE(0, server.fd);
	mem = alloc_mem(reg.range.len);
	server.zeroes = alloc_mem(self->page);
	ASSERT_NE(NULL, mem);
	ASSERT_NE(NULL, server.zeroes);
	reg.range.start = (uintptr_t)mem;
	ASSERT_EQ(0, ioctl(server.fd, UFFDIO_API, &api));
	ASSERT_EQ(0, ioctl(server.fd, UFFDIO_REGISTER, &reg));
	ASSERT_EQ(0, pthread_create(&thread, NULL, serve_faults, &server));
	EXPECT_EQ(0, gh_set_region(self->fd, 1, variant->flags, GUEST_BASE,
				   reg.range.len, mem));
	/* Lent memory is copied by the start, which is not what this is about */
	if (!(variant->flags & GH_MEM_LENT))
		EXPECT_EQ(64, server.served);
	EXPECT_EQ(0, gh_remove_region(self->fd, 1));
	EXPECT_EQ(0, pthread_cancel(thread));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	close(server.fd);
	munmap(mem, reg.range.len);
	munmap(server.zeroes, self->page);
}

struct remapper {
	void *at;
	size_t size;
	int file;
	bool stop;
};

/* Maps a file and anonymous memory in turn */
static void *remap(void *data)
{
	struct remapper *r = data;
	int turn;

	for (turn = 0; !__atomic_load_n(&r->stop, __ATOMIC_RELAXED); turn++)
		mmap(r->at, r->size, PROT_READ | PROT_WRITE,
		     MAP_FIXED | (turn & 1 ? MAP_SHARED :
				  MAP_PRIVATE | MAP_ANONYMOUS),
		     turn & 1 ? r->file : -1, 0);
	return NULL;
}

/* What may not be given away is not, whenever it is mapped */
TEST_F(region, mapping_changes)
{
	struct remapper r = { .at = self->mem, .size = GUEST_SIZE / 2 };
	char dir[] = "/tmp/gunyah-XXXXXX", path[64];
	unsigned int i, good = 0;
	pthread_t thread;

	mkdir("/tmp", 0777);
	if (!mkdtemp(dir))
		SKIP(return, "no directory: %s", strerror(errno));
	if (mount("none", dir, "ramfs", 0, NULL)) {
		rmdir(dir);
		SKIP(return, "no ramfs: %s", strerror(errno));
	}
	snprintf(path, sizeof(path), "%s/file", dir);
	r.file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, r.file);
	ASSERT_EQ(0, ftruncate(r.file, r.size));
	ASSERT_EQ(0, pthread_create(&thread, NULL, remap, &r));
	for (i = 0; i < 300; i++) {
		if (gh_set_region(self->fd, 1, variant->flags, GUEST_BASE,
				  r.size, self->mem)) {
			EXPECT_TRUE(errno == EOPNOTSUPP || errno == EFAULT)
				TH_LOG("%s", strerror(errno));
			continue;
		}
		good++;
		EXPECT_EQ(0, gh_remove_region(self->fd, 1));
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	TH_LOG("%u of %u registered", good, i);
	close(r.file);
	munmap(self->mem, r.size);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

TEST_F(region, file_of_file_system)
{
	size_t page = self->page;
	char dir[] = "/tmp/gunyah-XXXXXX";
	char path[64];
	int file = -1, i;
	void *map;

	mkdir("/tmp", 0777);
	if (!mkdtemp(dir))
		SKIP(return, "no directory: %s", strerror(errno));
	if (mount("none", dir, "ramfs", 0, NULL)) {
		rmdir(dir);
		SKIP(return, "no ramfs: %s", strerror(errno));
	}
	snprintf(path, sizeof(path), "%s/file", dir);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	EXPECT_LE(0, file);
	EXPECT_EQ(0, ftruncate(file, page));

	for (i = 0; i < 2; i++) {
		map = mmap(NULL, page, PROT_READ | PROT_WRITE,
			   i ? MAP_PRIVATE : MAP_SHARED, file, 0);
		EXPECT_NE(MAP_FAILED, map);
		EXPECT_ERRNO(EOPNOTSUPP, gh_set_region(self->fd, 0,
						       variant->flags,
						       GUEST_BASE, page, map));
		munmap(map, page);
	}
	close(file);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

TEST_F(region, device_memory)
{
	size_t page = self->page;
	void *map;
	int fd;

	fd = open("/dev/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "no /dev/mem");
	/* QEMU's machine has flash memory at 0 */
	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		SKIP(return, "/dev/mem gives nothing");
	EXPECT_ERRNO(EOPNOTSUPP, gh_set_region(self->fd, 0, variant->flags,
					       GUEST_BASE, page, map));
	munmap(map, page);
}

struct limit_arg {
	int dev;
	__u32 flags;
	__u64 size;
	__u64 limit;
};

/* Errno of a region that an unprivileged process with a limit registers */
static int limited(void *data)
{
	const struct limit_arg *arg = data;
	struct rlimit limit = { arg->limit, arg->limit };
	char *mem;
	int fd;

	mem = mmap(NULL, 2 * arg->size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return 254;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) ||
	    setresgid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) ||
	    setresuid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED))
		return 255;
	fd = gh_create_vm(arg->dev);
	if (fd < 0)
		return 253;
	if (gh_set_region(fd, 0, arg->flags, GUEST_BASE, arg->size, mem))
		return errno;
	/* Memory is charged once, until it is removed */
	if (!gh_set_region(fd, 1, arg->flags, GUEST_BASE + arg->size, arg->size,
			   mem + arg->size) || errno != ENOMEM)
		return 252;
	if (gh_remove_region(fd, 0) ||
	    gh_set_region(fd, 1, arg->flags, GUEST_BASE, arg->size, mem))
		return 251;
	return 0;
}

TEST_F(region, memlock_limit)
{
	struct limit_arg arg = {
		.dev = self->dev,
		.flags = variant->flags,
		.size = 0x100000,
	};

	arg.limit = arg.size;
	EXPECT_EQ(0, in_child(limited, &arg));
	arg.limit = arg.size - self->page;
	EXPECT_EQ(ENOMEM, in_child(limited, &arg));
	arg.limit = 0;
	EXPECT_EQ(ENOMEM, in_child(limited, &arg));
}

/* Whether the address space has room for a mapping of that size */
static bool has_room(size_t size)
{
	void *mem = mmap(NULL, size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return mem != MAP_FAILED && !munmap(mem, size);
}

TEST_F(region, huge)
{
	struct limit_arg arg = {
		.dev = self->dev,
		.flags = variant->flags,
		.size = 1ULL << 44,
		.limit = 0x100000,
	};
	void *mem;

	/* More than any machine has, but limited() needs twice as much room */
	while (!has_room(2 * arg.size))
		arg.size >>= 1;
	ASSERT_LE(1ULL << 36, arg.size);
	EXPECT_EQ(ENOMEM, in_child(limited, &arg));

	mem = mmap(NULL, arg.size, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	EXPECT_EQ(-1, gh_set_region(self->fd, 0, variant->flags, GUEST_BASE,
				    arg.size, mem));
	EXPECT_TRUE(errno == ENOMEM || errno == EFAULT)
		TH_LOG("%s", strerror(errno));
	munmap(mem, arg.size);
	/* Beyond the end of the address space */
	EXPECT_EQ(-1, gh_set_region(self->fd, 0, variant->flags, GUEST_BASE,
				    1ULL << 62, self->mem));
	EXPECT_TRUE(errno == ENOMEM || errno == EFAULT)
		TH_LOG("%s", strerror(errno));
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

struct region_arg {
	int fd;
	__u32 flags;
	void *mem;
	size_t size;
};

static int set_region(void *data)
{
	const struct region_arg *arg = data;

	return gh_set_region(arg->fd, 0, arg->flags, GUEST_BASE, arg->size,
			     arg->mem) ? errno : 0;
}

TEST_F(region, other_address_space)
{
	struct region_arg arg = {
		self->fd, variant->flags, self->mem, self->page,
	};

	memset(self->mem, 1, self->page);
	EXPECT_EQ(EPERM, in_child(set_region, &arg));
	EXPECT_EQ(0, set_region(&arg));
}

GUNYAH_TEST_MAIN
