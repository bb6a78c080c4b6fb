// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which regions of a Gunyah VM become its image, and what starts are refused
 * because of regions: they can be repeated, and nothing was sent
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define IMAGE_TIMEOUT	300

#define PIECE		0x80000UL
#define MOST_PIECES	8
#define TOTAL		(MOST_PIECES * PIECE)
/* Labels of the pieces, in the order of their addresses */
#define LABEL		0

#define SHM_LABEL	77
#define SHM_SIZE	(256UL * sysconf(_SC_PAGESIZE))

#define LENT		(MEM_RWX | GH_MEM_LENT)

/* The call to lend of VMMs that exist */
#define LEND_USER_MEM	_IOW('A', 0x11, struct gh_userspace_memory_region)

FIXTURE(image)
{
	struct leak_state leak;
	struct vm vm;
	unsigned char *mem;
	unsigned char *shm;
	struct dtb_config dtb;
	struct param entries;
};

FIXTURE_SETUP(image)
{
	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	self->mem = alloc_mem(TOTAL);
	ASSERT_NE(NULL, self->mem);
	self->shm = alloc_scattered(SHM_SIZE);
	ASSERT_NE(NULL, self->shm);
	self->dtb = (struct dtb_config){
		.base = GUEST_BASE, .size = TOTAL, .cpus = 1,
	};
	/* The VM has a descriptor and no memory */
	ASSERT_CALL(vm_build(&self->vm, &(struct vm_config){ .mem = self->mem },
			     VM_CREATED));
	self->vm.mem = self->mem;
}

FIXTURE_TEARDOWN(image)
{
	vm_close(&self->vm);
	param_restore(&self->entries);
	/* What was lent stays charged until it is unmapped */
	munmap(self->mem, TOTAL);
	munmap(self->shm, SHM_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

static int add_piece(struct vm *vm, unsigned int i, __u32 flags)
{
	return gh_set_region(vm->fd, LABEL + i, flags, GUEST_BASE + i * PIECE,
			     PIECE, vm->mem + i * PIECE);
}

/* Program and devicetree, somewhere in all the memory */
static int load(struct _test_data_image *self, size_t dtb,
		const struct guest_op *ops, size_t n)
{
	unsigned char *mem = self->mem;
	struct vm *vm = &self->vm;

	memcpy(mem, guest_code, sizeof(guest_code));
	memcpy(mem + GUEST_PROG, ops, n * sizeof(*ops));
	if (!dtb_build(mem + dtb, GUEST_DTB_SIZE, &self->dtb))
		return -1;
	vm->vcpu[0] = gh_add_vcpu(vm->fd, 0);
	if (vm->vcpu[0] < 0)
		return -1;
	vm->run[0] = mmap(NULL, ioctl(vm->vcpu[0], GH_VCPU_MMAP_SIZE, 0),
			  PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu[0], 0);
	if (vm->run[0] == MAP_FAILED)
		return -1;
	vm->cfg.cpus = 1;
	return gh_set_dtb(vm->fd, GUEST_BASE + dtb, GUEST_DTB_SIZE);
}

#define load_ops(self, at, ...) ({					\
	const struct guest_op __ops[] = { __VA_ARGS__ };		\
									\
	load(self, at, __ops, ARRAY_SIZE(__ops));			\
})

static int get_region(int vm, __u32 label, struct gh_vm_region *region)
{
	*region = (struct gh_vm_region){ .label = label };
	return ioctl(vm, GH_VM_GET_REGION, region);
}

static __u64 parcels(void)
{
	return testctl_present() ? testctl_read(GH_TESTCTL_PARCELS) : 0;
}

static __u64 requests(void)
{
	return testctl_present() ? testctl_read(GH_TESTCTL_RM_REQUESTS) : 0;
}

static void expect_off(struct __test_metadata *_metadata, struct vm *vm)
{
	struct gh_vm_status status;

	ASSERT_CALL(vm_finish(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
}

/* Refused as often as it is tried, before the resource manager hears of it */
static void expect_refused(struct __test_metadata *_metadata, struct vm *vm,
			   int error, __u32 reason, __u32 label)
{
	struct gh_vm_status status;
	struct leak_state before;
	__u64 sent = requests();
	unsigned int i;

	leak_read(&before);
	for (i = 0; i < 3; i++) {
		EXPECT_ERRNO(error, gh_start(vm->fd));
		ASSERT_CALL(gh_status(vm->fd, &status));
		EXPECT_EQ(GH_VM_STATE_NEW, status.state);
		EXPECT_EQ(reason, status.start_reason);
		EXPECT_EQ(label, status.start_label);
		EXPECT_EQ(0, status.start_errno);
	}
	EXPECT_EQ(sent, requests());
	EXPECT_TRUE(leak_check(&before, 0));
}

/* ---- pieces that become one block ---- */

/* As two VMMs do it: the kernel in one, the devicetree at the end of the other */
TEST_F_TIMEOUT(image, two_pieces, IMAGE_TIMEOUT)
{
	const __u64 half = TOTAL / 2;
	struct gh_userspace_memory_region one = {
		.label = 0, .flags = MEM_RWX, .guest_phys_addr = GUEST_BASE,
		.memory_size = half, .userspace_addr = (uintptr_t)self->mem,
	};
	struct gh_userspace_memory_region two = {
		.label = 1, .flags = MEM_RWX,
		.guest_phys_addr = GUEST_BASE + half, .memory_size = half,
		.userspace_addr = (uintptr_t)self->mem + half,
	};
	struct gh_vm_boot_context pc = {
		.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_PC, 0),
		.value = GUEST_BASE,
	};
	struct gh_vm_region first, second;

	ASSERT_CALL(ioctl(self->vm.fd, LEND_USER_MEM, &one));
	ASSERT_CALL(ioctl(self->vm.fd, LEND_USER_MEM, &two));
	ASSERT_CALL(load_ops(self, TOTAL - GUEST_DTB_SIZE,
			     G_CHECK(GUEST_BASE + half - PIECE, 2 * PIECE, 7),
			     G_FILL(GUEST_BASE + half - PIECE, 2 * PIECE, 8),
			     G_CHECK(GUEST_BASE + half - PIECE, 2 * PIECE, 8),
			     G_OFF));
	pattern_fill(self->mem + half - PIECE, 2 * PIECE, 7);
	ASSERT_CALL(ioctl(self->vm.fd, GH_VM_SET_BOOT_CONTEXT, &pc));
	ASSERT_CALL(gh_start(self->vm.fd));
	if (testctl_present())
		EXPECT_EQ(1, parcels() - self->leak.counters[LEAK_PARCELS]);
	ASSERT_CALL(get_region(self->vm.fd, 0, &first));
	ASSERT_CALL(get_region(self->vm.fd, 1, &second));
	EXPECT_EQ(GH_REGION_GIVEN, first.state);
	EXPECT_EQ(GH_REGION_GIVEN, second.state);
	EXPECT_NE(GH_REGION_NO_PARCEL, first.parcel);
	EXPECT_EQ(first.parcel, second.parcel);
	EXPECT_EQ(first.entries, second.entries);
	EXPECT_EQ(GUEST_BASE + half, second.guest_phys_addr);
	EXPECT_EQ(half, second.memory_size);
	EXPECT_ERRNO(EBUSY, gh_remove_region(self->vm.fd, 1));
	expect_off(_metadata, &self->vm);
}

/* In no order, with a devicetree and a program that lie in two of them */
TEST_F_TIMEOUT(image, many_pieces, IMAGE_TIMEOUT)
{
	static const unsigned int order[] = { 5, 2, 7, 0, 3, 6, 1, 4 };
	unsigned int i;

	for (i = 0; i < MOST_PIECES; i++)
		ASSERT_CALL(add_piece(&self->vm, order[i], LENT));
	ASSERT_CALL(load_ops(self, 3 * PIECE - GUEST_DTB_SIZE / 4,
			     G_CHECK(GUEST_BASE + 4 * PIECE, 4 * PIECE, 9),
			     G_OFF));
	pattern_fill(self->mem + 4 * PIECE, 4 * PIECE, 9);
	ASSERT_CALL(gh_start(self->vm.fd));
	if (testctl_present())
		EXPECT_EQ(1, parcels() - self->leak.counters[LEAK_PARCELS]);
	expect_off(_metadata, &self->vm);
}

/* The image may begin below the program */
TEST_F_TIMEOUT(image, runs_in_a_later_piece, IMAGE_TIMEOUT)
{
	struct gh_vm_boot_context pc = {
		.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_PC, 0),
		.value = GUEST_BASE + 2 * PIECE,
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		ASSERT_CALL(add_piece(&self->vm, i, LENT));
	self->dtb.size = 4 * PIECE;
	ASSERT_CALL(load_ops(self, PIECE, G_OFF));
	/* Where it would begin otherwise there is nothing */
	memmove(self->mem + 2 * PIECE, self->mem, GUEST_DTB);
	memset(self->mem, 0, GUEST_DTB);
	ASSERT_CALL(ioctl(self->vm.fd, GH_VM_SET_BOOT_CONTEXT, &pc));
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_off(_metadata, &self->vm);
}

/* What the devicetree has another place for is no part of the image */
TEST_F_TIMEOUT(image, neighbour_with_a_place, IMAGE_TIMEOUT)
{
	struct gh_vm_region image, other;

	self->dtb.size = PIECE;
	self->dtb.shms = 1;
	self->dtb.shm[0].label = LABEL + 1;
	self->dtb.shm[0].base = GUEST_SHM_BASE;
	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	ASSERT_CALL(add_piece(&self->vm, 1, LENT));
	ASSERT_CALL(load_ops(self, GUEST_DTB,
			     G_CHECK(GUEST_SHM_BASE, PIECE, 5), G_OFF));
	pattern_fill(self->mem + PIECE, PIECE, 5);
	ASSERT_CALL(gh_start(self->vm.fd));
	if (testctl_present())
		EXPECT_EQ(2, parcels() - self->leak.counters[LEAK_PARCELS]);
	ASSERT_CALL(get_region(self->vm.fd, LABEL, &image));
	ASSERT_CALL(get_region(self->vm.fd, LABEL + 1, &other));
	EXPECT_NE(image.parcel, other.parcel);
	expect_off(_metadata, &self->vm);
}

/* ---- regions that have no place ---- */

TEST_F_TIMEOUT(image, gap, IMAGE_TIMEOUT)
{
	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	ASSERT_CALL(add_piece(&self->vm, 2, LENT));
	self->dtb.size = PIECE;
	ASSERT_CALL(load_ops(self, GUEST_DTB, G_OFF));
	expect_refused(_metadata, &self->vm, EINVAL,
		       GH_VM_START_REASON_NO_PLACE, LABEL + 2);
	/* What fills it makes one block of all */
	ASSERT_CALL(add_piece(&self->vm, 1, LENT));
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_off(_metadata, &self->vm);
}

TEST_F_TIMEOUT(image, other_flags, IMAGE_TIMEOUT)
{
	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	ASSERT_CALL(add_piece(&self->vm, 1, LENT & ~GH_MEM_ALLOW_EXEC));
	self->dtb.size = PIECE;
	ASSERT_CALL(load_ops(self, GUEST_DTB, G_OFF));
	expect_refused(_metadata, &self->vm, EINVAL,
		       GH_VM_START_REASON_NO_PLACE, LABEL + 1);
	ASSERT_CALL(gh_remove_region(self->vm.fd, LABEL + 1));
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_off(_metadata, &self->vm);
}

/* Shared memory needs no place: a driver of the guest may find it by its label */
TEST_F_TIMEOUT(image, shared_without_place, IMAGE_TIMEOUT)
{
	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	ASSERT_CALL(gh_set_region(self->vm.fd, SHM_LABEL, MEM_RWX,
				  GUEST_SHM_BASE, SHM_SIZE, self->shm));
	self->dtb.size = PIECE;
	ASSERT_CALL(load_ops(self, GUEST_DTB, G_OFF));
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_off(_metadata, &self->vm);
}

/* A mapping of a memfd that nobody can write any more */
static void *sealed_memfd(const void *content, size_t size)
{
	int fd = memfd_create("gunyah", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *mem;

	if (fd < 0 || pwrite(fd, content, size, 0) != (ssize_t)size ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW))
		return MAP_FAILED;
	mem = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return mem;
}

/* The guest reads what neither side can write */
TEST_F_TIMEOUT(image, sealed_memory, IMAGE_TIMEOUT)
{
	const __u32 flags = GH_MEM_ALLOW_READ | GH_MEM_ALLOW_EXEC;
	void *sealed[2];
	unsigned int i;

	pattern_fill(self->shm, SHM_SIZE, 3);
	self->dtb.size = PIECE;
	self->dtb.shms = 2;
	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	for (i = 0; i < 2; i++) {
		self->dtb.shm[i].label = SHM_LABEL + i;
		self->dtb.shm[i].base = GUEST_SHM_BASE + i * SHM_SIZE;
		sealed[i] = sealed_memfd(self->shm, SHM_SIZE);
		ASSERT_NE(MAP_FAILED, sealed[i]);
		ASSERT_CALL(gh_set_region(self->vm.fd, SHM_LABEL + i,
					  flags | (i ? GH_MEM_LENT : 0),
					  GUEST_SHM_BASE + i * SHM_SIZE,
					  SHM_SIZE, sealed[i]));
	}
	ASSERT_CALL(load_ops(self, GUEST_DTB,
			     G_CHECK(GUEST_SHM_BASE, SHM_SIZE, 3),
			     G_CHECK(GUEST_SHM_BASE + SHM_SIZE, SHM_SIZE, 3),
			     G_OFF));
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_off(_metadata, &self->vm);
	EXPECT_TRUE(pattern_check(sealed[0], SHM_SIZE, 3));
	vm_close(&self->vm);
	munmap(sealed[0], SHM_SIZE);
	munmap(sealed[1], SHM_SIZE);
}

TEST_F_TIMEOUT(image, label_zero, IMAGE_TIMEOUT)
{
	/* The image may be called anything, another region not 0 */
	ASSERT_CALL(gh_set_region(self->vm.fd, 9, LENT, GUEST_BASE, PIECE,
				  self->mem));
	ASSERT_CALL(gh_set_region(self->vm.fd, 0, MEM_RWX, GUEST_SHM_BASE,
				  SHM_SIZE, self->shm));
	self->dtb.size = PIECE;
	ASSERT_CALL(load_ops(self, GUEST_DTB, G_OFF));
	expect_refused(_metadata, &self->vm, EEXIST,
		       GH_VM_START_REASON_LABEL_ZERO, 0);
	ASSERT_CALL(gh_remove_region(self->vm.fd, 0));
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_off(_metadata, &self->vm);
}

/* The range of the devicetree is not in one block */
TEST_F_TIMEOUT(image, devicetree_beyond, IMAGE_TIMEOUT)
{
	int fd = self->vm.fd;

	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	self->dtb.size = 2 * PIECE;
	ASSERT_CALL(load_ops(self, PIECE - GUEST_DTB_SIZE / 2, G_OFF));
	expect_refused(_metadata, &self->vm, EINVAL, GH_VM_START_REASON_NO_DTB,
		       0);
	/* Shared memory is not put together */
	ASSERT_CALL(add_piece(&self->vm, 1, MEM_RWX));
	expect_refused(_metadata, &self->vm, EINVAL, GH_VM_START_REASON_NO_DTB,
		       0);
	ASSERT_CALL(gh_remove_region(fd, LABEL));
	ASSERT_CALL(add_piece(&self->vm, 0, MEM_RWX));
	expect_refused(_metadata, &self->vm, EINVAL, GH_VM_START_REASON_NO_DTB,
		       0);
	ASSERT_CALL(gh_remove_region(fd, LABEL));
	ASSERT_CALL(gh_remove_region(fd, LABEL + 1));
	ASSERT_CALL(add_piece(&self->vm, 1, LENT));
	expect_refused(_metadata, &self->vm, EINVAL, GH_VM_START_REASON_NO_DTB,
		       0);
	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	ASSERT_CALL(gh_start(fd));
	expect_off(_metadata, &self->vm);
}

/* It is read where it will be: what is broken there is refused at once */
TEST_F_TIMEOUT(image, broken_devicetree, IMAGE_TIMEOUT)
{
	const size_t at = PIECE - GUEST_DTB_SIZE / 4;
	__u8 *size_struct = self->mem + at + 36;

	ASSERT_CALL(add_piece(&self->vm, 0, LENT));
	ASSERT_CALL(add_piece(&self->vm, 1, LENT));
	self->dtb.size = 2 * PIECE;
	ASSERT_CALL(load_ops(self, at, G_OFF));
	size_struct[0] ^= 0x80;
	expect_refused(_metadata, &self->vm, EINVAL,
		       GH_VM_START_REASON_DTB_INVALID, 0);
	size_struct[0] ^= 0x80;
	ASSERT_CALL(gh_start(self->vm.fd));
	expect_off(_metadata, &self->vm);
}

/* ---- memory entries ---- */

static int set_entries(struct param *param, __u64 entries)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)entries);
	return param_set(param, ENTRIES_PARAM, text);
}

static int build_scattered(struct vm *vm, void *mem)
{
	const struct vm_config cfg = { .shm_size = SHM_SIZE, .shm_mem = mem };

	return vm_build(vm, &cfg, VM_HAS_VCPUS);
}

/* What the resource manager holds for a VM that runs */
static __u64 entries_of(int fd)
{
	struct gh_vm_region image = {}, shm = {};

	if (get_region(fd, GUEST_IMAGE_LABEL, &image) ||
	    get_region(fd, GUEST_SHM_LABEL, &shm))
		return 0;
	return image.entries + shm.entries;
}

TEST_F_TIMEOUT(image, too_many_entries, IMAGE_TIMEOUT)
{
	__u64 entries;

	vm_close(&self->vm);
	ASSERT_CALL(build_scattered(&self->vm, self->shm));
	ASSERT_CALL(set_entries(&self->entries,
				count_runs(self->shm, SHM_SIZE)));
	/* The image is first and fits, the other region does not */
	expect_refused(_metadata, &self->vm, EAGAIN,
		       GH_VM_START_REASON_MEM_ENTRIES, GUEST_SHM_LABEL);
	ASSERT_CALL(set_entries(&self->entries, 0));
	expect_refused(_metadata, &self->vm, EAGAIN,
		       GH_VM_START_REASON_MEM_ENTRIES, GUEST_IMAGE_LABEL);
	param_restore(&self->entries);
	ASSERT_CALL(gh_start(self->vm.fd));
	entries = entries_of(self->vm.fd);
	EXPECT_LE(count_runs(self->shm, SHM_SIZE), entries);
	if (testctl_present())
		EXPECT_EQ(entries, testctl_read(GH_TESTCTL_ENTRIES) -
				   self->leak.counters[LEAK_ENTRIES]);
	expect_off(_metadata, &self->vm);
}

struct starter {
	struct vm vm;
	void *mem;
	int error;
	pthread_t thread;
};

static void *start_one(void *data)
{
	struct starter *starter = data;

	starter->error = gh_start(starter->vm.fd) ? errno : 0;
	return NULL;
}

#define STARTERS	4

/* All at once, with room for one: one starts, and the others when it is gone */
TEST_F_TIMEOUT(image, entries_at_the_same_time, IMAGE_TIMEOUT)
{
	struct starter s[STARTERS] = {};
	unsigned int i, good, round;
	__u64 entries;

	vm_close(&self->vm);
	ASSERT_CALL(build_scattered(&self->vm, self->shm));
	ASSERT_CALL(gh_start(self->vm.fd));
	entries = entries_of(self->vm.fd);
	ASSERT_LT(100, entries);
	expect_off(_metadata, &self->vm);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));

	ASSERT_CALL(set_entries(&self->entries, entries * 3 / 2));
	for (i = 0; i < STARTERS; i++) {
		vm_init(&s[i].vm);
		s[i].mem = alloc_scattered(SHM_SIZE);
		ASSERT_NE(NULL, s[i].mem);
		ASSERT_CALL(build_scattered(&s[i].vm, s[i].mem));
	}
	for (round = 0; round < STARTERS; round++) {
		for (i = 0; i < STARTERS; i++)
			if (s[i].vm.fd >= 0)
				ASSERT_EQ(0, pthread_create(&s[i].thread, NULL,
							    start_one, &s[i]));
		for (good = 0, i = 0; i < STARTERS; i++) {
			if (s[i].vm.fd < 0)
				continue;
			pthread_join(s[i].thread, NULL);
			if (s[i].error) {
				EXPECT_EQ(EAGAIN, s[i].error);
				continue;
			}
			good++;
			expect_off(_metadata, &s[i].vm);
			s[i].error = -1;
		}
		EXPECT_EQ(1, good);
		for (i = 0; i < STARTERS; i++)
			if (s[i].error == -1)
				vm_close(&s[i].vm);
	}
	for (i = 0; i < STARTERS; i++) {
		vm_close(&s[i].vm);
		munmap(s[i].mem, SHM_SIZE);
	}
}

/* ---- GH_VM_GET_REGION ---- */

TEST_F_TIMEOUT(image, get_region, IMAGE_TIMEOUT)
{
	struct {
		struct gh_vm_region region;
		__u64 more;
	} large = { .region.label = GUEST_SHM_LABEL };
	unsigned int cmd = _IOC(_IOC_READ | _IOC_WRITE, 'G', 0x13,
				sizeof(large));
	struct gh_vm_region region;
	int fd;

	vm_close(&self->vm);
	ASSERT_CALL(build_scattered(&self->vm, self->shm));
	fd = self->vm.fd;
	EXPECT_ERRNO(ENOENT, get_region(fd, 1234, &region));
	ASSERT_CALL(get_region(fd, GUEST_SHM_LABEL, &region));
	EXPECT_EQ(GUEST_SHM_LABEL, region.label);
	EXPECT_EQ(MEM_RWX, region.flags);
	EXPECT_EQ(GH_REGION_REGISTERED, region.state);
	EXPECT_EQ(GH_REGION_NO_PARCEL, region.parcel);
	EXPECT_EQ(GUEST_SHM_BASE, region.guest_phys_addr);
	EXPECT_EQ(SHM_SIZE, region.memory_size);
	EXPECT_EQ(0, region.entries);
	ASSERT_CALL(get_region(fd, GUEST_IMAGE_LABEL, &region));
	EXPECT_EQ(LENT, region.flags);

	/* Of another size */
	EXPECT_EQ(0, ioctl(fd, cmd, &large));
	EXPECT_EQ(SHM_SIZE, large.region.memory_size);
	large.more = 1;
	EXPECT_ERRNO(E2BIG, ioctl(fd, cmd, &large));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 'G', 0x13,
					    sizeof(region) - 8), &region));
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_GET_REGION, NULL));
	EXPECT_ERRNO(ENOTTY, ioctl(self->vm.vcpu[0], GH_VM_GET_REGION,
				   &region));

	ASSERT_CALL(gh_start(fd));
	ASSERT_CALL(get_region(fd, GUEST_SHM_LABEL, &region));
	EXPECT_EQ(GH_REGION_GIVEN, region.state);
	EXPECT_NE(GH_REGION_NO_PARCEL, region.parcel);
	EXPECT_EQ(count_runs(self->shm, SHM_SIZE), region.entries);
	expect_off(_metadata, &self->vm);
	/* The VM has it until it is closed */
	ASSERT_CALL(get_region(fd, GUEST_SHM_LABEL, &region));
	EXPECT_EQ(GH_REGION_GIVEN, region.state);
}

TEST_F_TIMEOUT(image, get_region_of_failed_start, IMAGE_TIMEOUT)
{
	const struct vm_config cfg = { .defect = DTB_HYPERVISOR_NODE };
	struct gh_vm_region region;

	vm_close(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	EXPECT_ERRNO(ENODEV, gh_start(self->vm.fd));
	ASSERT_CALL(get_region(self->vm.fd, GUEST_IMAGE_LABEL, &region));
	EXPECT_EQ(GH_REGION_TAKEN_BACK, region.state);
	EXPECT_EQ(GH_REGION_NO_PARCEL, region.parcel);
	EXPECT_EQ(0, region.entries);
}

GUNYAH_TEST_MAIN
