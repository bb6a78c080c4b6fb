// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that existing VMMs make
 *
 * Their binaries must go on working, so that numbers and structures are written
 * down here and not taken from the header.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"

#define VMMS_TIMEOUT	240

/* Numbers */
#define CREATE_VM		0x4700
#define SET_USER_MEM_REGION	0x40204701
#define SET_DTB_CONFIG		0x40104702
#define VM_START		0x4703
#define ADD_FUNCTION		0x40104704
#define VCPU_RUN		0x4705
#define VCPU_MMAP_SIZE		0x4706
#define REMOVE_FUNCTION		0x40104707
#define SET_BOOT_CONTEXT	0x4010470a
#define LEND_USER_MEM		0x40204111
#define SET_FW_CONFIG		0x40104112
#define CHECK_EXTENSION		0x4117

#define FN_VCPU			1
#define FN_IRQFD		2
#define FN_IOEVENTFD		3

#define EXIT_MMIO		1
#define EXIT_STATUS		2
#define STATUS_EXITED		2

/* Structures */
struct v_region {
	__u32 label, flags;
	__u64 gpa, size, uaddr;
};

struct v_dtb {
	__u64 gpa, size;
};

struct v_fn {
	__u32 type, arg_size;
	__u64 arg;
};

struct v_irqfd {
	__u32 fd, label, flags, padding;
};

struct v_ioeventfd {
	__u64 datamatch, addr;
	__u32 len;
	__s32 fd;
	__u32 flags, padding;
};

struct v_context {
	__u32 reg, padding;
	__u64 value;
};

struct v_run {
	__u8 immediate_exit, padding[7];
	__u32 exit_reason, padding1;
	union {
		struct {
			__u64 phys_addr;
			__u8 data[8];
			__u32 len;
			__u8 is_write;
		} mmio;
		struct {
			__u32 status;
			__u16 type;
		} status;
	};
};

/* Below 1 GiB accesses exit */
#define MMIO_ADDRESS	0x10000
#define QEMU_IRQS	256

/* Address of firmware, which counts for protected VMs only */
#define CROSVM_FW	0x7fc00000
#define CROSVM_FW_SIZE	0x400000

static int v_region(int vm, unsigned int cmd, __u32 label, __u32 flags,
		    __u64 gpa, __u64 size, void *mem)
{
	struct v_region arg = { label, flags, gpa, size, (uintptr_t)mem };

	return ioctl(vm, cmd, &arg);
}

static int v_dtb(int vm, __u64 gpa, __u64 size)
{
	struct v_dtb arg = { gpa, size };

	return ioctl(vm, SET_DTB_CONFIG, &arg);
}

static int v_fn(int vm, unsigned int cmd, __u32 type, __u32 size,
		const void *arg)
{
	struct v_fn fn = { type, size, (uintptr_t)arg };

	return ioctl(vm, cmd, &fn);
}

static int v_vcpu(int vm, __u32 id)
{
	return v_fn(vm, ADD_FUNCTION, FN_VCPU, sizeof(id), &id);
}

static int v_irqfd(int vm, unsigned int cmd, int fd, __u32 label,
		   __u32 flags)
{
	struct v_irqfd arg = { fd, label, flags };

	return v_fn(vm, cmd, FN_IRQFD, sizeof(arg), &arg);
}

static int v_ioeventfd(int vm, unsigned int cmd, int fd, __u64 addr,
		       __u32 len)
{
	struct v_ioeventfd arg = { .addr = addr, .len = len, .fd = fd };

	return v_fn(vm, cmd, FN_IOEVENTFD, sizeof(arg), &arg);
}

/* Write the guest's image and devicetree into memory that is registered */
static void load(void *mem, __u64 base, size_t size, size_t dtb_offset,
		 unsigned int shms, const struct guest_op *ops, size_t n)
{
	struct dtb_config dtb = {
		.base = base, .size = size, .cpus = 1, .host_cpus = 1,
		.shms = shms, .firmware = CROSVM_FW,
		.shm = { { 1, 0x90000000 }, { 2, 0xa0000000 } },
	};

	memcpy(mem, guest_code, sizeof(guest_code));
	memcpy(mem + GUEST_PROG, ops, n * sizeof(*ops));
	dtb_build(mem + dtb_offset, GUEST_DTB_SIZE, &dtb);
}

/* Run until the VM ends; MMIO reads return what was written last */
static int v_run(int vcpu, struct v_run *run, unsigned int *exits)
{
	__u64 last = 0;

	for (;;) {
		if (ioctl(vcpu, VCPU_RUN, 0)) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return -errno;
		}
		if (run->exit_reason == EXIT_STATUS)
			return run->status.status == STATUS_EXITED ?
				run->status.type : -EPROTO;
		if (run->exit_reason != EXIT_MMIO)
			return -EPROTO;
		(*exits)++;
		if (run->mmio.is_write)
			memcpy(&last, run->mmio.data, run->mmio.len);
		else
			memcpy(run->mmio.data, &last, run->mmio.len);
	}
}

/* VMMs whose guests' images are shared */
static const struct vm_config shared_image = { .shared = true };

FIXTURE(vmm)
{
	struct leak_state leak;
	int dev;
	int vm;
};

FIXTURE_SETUP(vmm)
{
	SKIP_WITHOUT_GUNYAH(return);
	leak_read(&self->leak);
	self->dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->dev);
	self->vm = ioctl(self->dev, CREATE_VM, 0);
	ASSERT_LE(0, self->vm);
}

FIXTURE_TEARDOWN(vmm)
{
	close(self->vm);
	close(self->dev);
	/* The memory of a VMM that just exits may come back after it is gone */
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

/* ---- QEMU ---- */

struct qemu {
	int vm;
	int vcpu;
	struct v_run *run;
	int error;
	unsigned int exits;
	bool go;
};

/* Each vCPU has a thread that creates it, waits, and then runs it */
static void *qemu_vcpu(void *data)
{
	struct qemu *q = data;
	int ret;

	q->vcpu = v_vcpu(q->vm, 0);
	if (q->vcpu < 0)
		return (void *)1;
	/* It does not ask for the size */
	q->run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, q->vcpu,
		      0);
	if (q->run == MAP_FAILED)
		return (void *)2;
	q->run->immediate_exit = 1;
	__atomic_store_n(&q->error, -EAGAIN, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&q->go, __ATOMIC_ACQUIRE))
		usleep(500);
	ret = ioctl(q->vcpu, VCPU_RUN, 0);
	if (ret != -1 || errno != EINTR)
		return (void *)3;
	q->run->immediate_exit = 0;
	q->error = v_run(q->vcpu, q->run, &q->exits);
	return NULL;
}

static bool has_vcpu(void *arg)
{
	return __atomic_load_n(&((struct qemu *)arg)->error, __ATOMIC_ACQUIRE);
}

/* As in QEMU an error ends the process */
#define NEED(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "# line %d: %s\n", __LINE__,		\
			strerror(errno));				\
		_exit(1);						\
	}								\
} while (0)

#define QEMU_BASE	0x80000000ULL
#define QEMU_DTB	0x84000000ULL
#define QEMU_SIZE	0x4200000
#define QEMU_TAIL	0x100000

static int qemu(void *arg)
{
	const bool *confidential = arg;
	struct guest_op ops[] = {
		G_WRITE(4, MMIO_ADDRESS, 5),
		G_READ(GUEST_LOAD_32, MMIO_ADDRESS, 5),
		G_WRITE(4, MMIO_ADDRESS + 0x50, 1),
		G_OFF,
	};
	struct qemu q = {};
	unsigned int i;
	int dev, event;
	eventfd_t rings;
	pthread_t thread;
	void *mem, *result;

	dev = open("/dev/gunyah", O_RDWR);
	NEED(dev >= 0);
	q.vm = ioctl(dev, CREATE_VM, 0);
	NEED(q.vm >= 0);
	NEED(!pthread_create(&thread, NULL, qemu_vcpu, &q));
	NEED(wait_until(has_vcpu, &q, LONG_MS));

	mem = alloc_mem(QEMU_SIZE + QEMU_TAIL);
	NEED(mem);
	if (*confidential) {
		/* Lend all but the tail, which both use */
		NEED(!v_region(q.vm, SET_USER_MEM_REGION, 0, 7 | 8, QEMU_BASE,
			       QEMU_SIZE, mem));
		NEED(!v_region(q.vm, SET_USER_MEM_REGION, 1, 7, 0x90000000,
			       QEMU_TAIL, mem + QEMU_SIZE));
	} else {
		NEED(!v_region(q.vm, SET_USER_MEM_REGION, 0, 7, QEMU_BASE,
			       QEMU_SIZE, mem));
	}
	load(mem, QEMU_BASE, QEMU_SIZE, QEMU_DTB - QEMU_BASE, *confidential,
	     ops, ARRAY_SIZE(ops));
	for (i = 0; i < QEMU_IRQS; i++) {
		event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		NEED(event >= 0);
		NEED(!v_irqfd(q.vm, ADD_FUNCTION, event, i, 1));
		/* It writes to raise and to lower an interrupt */
		NEED(!eventfd_write(event, 1) && !eventfd_write(event, 1));
	}
	NEED(!v_dtb(q.vm, QEMU_DTB, 0x100000));
	NEED(!ioctl(q.vm, VM_START, 0));
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	NEED(event >= 0);
	NEED(!v_ioeventfd(q.vm, ADD_FUNCTION, event, MMIO_ADDRESS + 0x50, 4));
	__atomic_store_n(&q.go, true, __ATOMIC_RELEASE);
	NEED(!pthread_join(thread, &result));
	NEED(!result);
	NEED(q.error == 1);	/* PSCI SYSTEM_OFF */
	NEED(q.exits == 2);
	NEED(!eventfd_read(event, &rings) && rings == 1);
	NEED(!v_ioeventfd(q.vm, REMOVE_FUNCTION, event, MMIO_ADDRESS + 0x50,
			  4));
	/* It removes and closes nothing, it just exits */
	return 0;
}

TEST_F_TIMEOUT(vmm, qemu, VMMS_TIMEOUT)
{
	bool confidential = false;

	SKIP_IF_IMPOSSIBLE(return, &shared_image);
	EXPECT_EQ(0, in_child(qemu, &confidential));
}

TEST_F_TIMEOUT(vmm, qemu_confidential, VMMS_TIMEOUT)
{
	bool confidential = true;

	EXPECT_EQ(0, in_child(qemu, &confidential));
}

/* ---- crosvm ---- */

static void *memfd_mem(size_t size)
{
	int fd = memfd_create("crosvm_guest", MFD_CLOEXEC);
	void *mem;

	if (fd < 0 || ftruncate(fd, size))
		return NULL;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return mem == MAP_FAILED ? NULL : mem;
}

#define CROSVM_SIZE	0x800000
#define CROSVM_SWIOTLB	0x400000
#define CROSVM_DTB	0x400000
#define CROSVM_DATA	0x700000

static void crosvm(struct __test_metadata *_metadata, int vm, bool protect)
{
	const struct guest_op ops[] = {
		G_WRITE(4, MMIO_ADDRESS, 5),
		G_READ(GUEST_LOAD_32, MMIO_ADDRESS, 5),
		G_CHECK(0x90000000, 0x1000, 7),
		/* The host has no access to what it has lent */
		G_CHECK(0x80000000 + CROSVM_DATA, 0x1000, protect ? 1 : 2),
		G_WRITE(2, MMIO_ADDRESS + 0x100, 1),
		G_WRITE(4, MMIO_ADDRESS + 0x100, 2),
		G_OFF,
	};
	unsigned char *mem = memfd_mem(CROSVM_SIZE);
	unsigned char *swiotlb = memfd_mem(CROSVM_SWIOTLB);
	struct v_context pc = { .reg = 1 << 8, .value = 0x80000000 };
	int vcpu, irq[3], io, i, size;
	unsigned int exits = 0;
	struct v_run *run;
	eventfd_t rings;

	ASSERT_NE(NULL, mem);
	ASSERT_NE(NULL, swiotlb);
	ASSERT_CALL(v_region(vm, protect ? LEND_USER_MEM : SET_USER_MEM_REGION,
			     0, 7, 0x80000000, CROSVM_SIZE, mem));
	ASSERT_CALL(v_region(vm, SET_USER_MEM_REGION, 1, 7, 0x90000000,
			     CROSVM_SWIOTLB, swiotlb));
	vcpu = v_vcpu(vm, 0);
	ASSERT_LE(0, vcpu);
	size = ioctl(vcpu, VCPU_MMAP_SIZE, 0);
	ASSERT_LE(4096, size);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ASSERT_NE(MAP_FAILED, run);
	for (i = 0; i < 3; i++) {
		irq[i] = eventfd(0, EFD_CLOEXEC);
		ASSERT_LE(0, irq[i]);
		ASSERT_CALL(v_irqfd(vm, ADD_FUNCTION, irq[i], 10 + i, i & 1));
	}
	/* It takes 0, and an error, for "does not exist" */
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, ioctl(vm, CHECK_EXTENSION, i));

	/* It writes to memory that is registered, lent memory included */
	load(mem, 0x80000000, CROSVM_SIZE, CROSVM_DTB, 1, ops, ARRAY_SIZE(ops));
	pattern_fill(swiotlb, 0x1000, 7);
	pattern_fill(mem + CROSVM_DATA, 0x1000, 1);
	ASSERT_CALL(v_dtb(vm, 0x80000000 + CROSVM_DTB, 0x200000));
	ASSERT_CALL(ioctl(vm, SET_BOOT_CONTEXT, &pc));
	ASSERT_CALL(ioctl(vm, VM_START, 0));
	EXPECT_TRUE(!protect || lent_is_closed(mem, CROSVM_SIZE));
	if (!protect)
		pattern_fill(mem + CROSVM_DATA, 0x1000, 2);

	/* A doorbell register: any size, any data */
	io = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, io);
	ASSERT_CALL(v_ioeventfd(vm, ADD_FUNCTION, io, MMIO_ADDRESS + 0x100, 0));
	EXPECT_EQ(1, v_run(vcpu, run, &exits));
	EXPECT_EQ(2, exits);
	EXPECT_EQ(0, eventfd_read(io, &rings));
	EXPECT_EQ(2, rings);

	/* It removes by address alone, and by label alone */
	ASSERT_CALL(v_ioeventfd(vm, REMOVE_FUNCTION, 0, MMIO_ADDRESS + 0x100,
				0));
	for (i = 0; i < 3; i++) {
		ASSERT_CALL(v_irqfd(vm, REMOVE_FUNCTION, 0, 10 + i, 0));
		EXPECT_ERRNO(ENOENT, v_irqfd(vm, REMOVE_FUNCTION, 0, 10 + i,
					     0));
		close(irq[i]);
	}
	close(io);
	munmap(run, size);
	close(vcpu);
	munmap(swiotlb, CROSVM_SWIOTLB);
	munmap(mem, CROSVM_SIZE);
}

TEST_F_TIMEOUT(vmm, crosvm, VMMS_TIMEOUT)
{
	SKIP_IF_IMPOSSIBLE(return, &shared_image);
	crosvm(_metadata, self->vm, false);
}

TEST_F_TIMEOUT(vmm, crosvm_protected, VMMS_TIMEOUT)
{
	crosvm(_metadata, self->vm, true);
}

/* Firmware whose region ends where the guest's memory begins, with label 0 */
TEST_F_TIMEOUT(vmm, crosvm_firmware, VMMS_TIMEOUT)
{
	const struct guest_op ops[] = { G_WRITE(4, MMIO_ADDRESS, 5), G_OFF };
	struct v_dtb fw = { CROSVM_FW, CROSVM_FW_SIZE };
	struct v_context pc = { .reg = 1 << 8, .value = 0x80000000 };
	unsigned char *mem = memfd_mem(CROSVM_SIZE);
	unsigned char *fw_mem = memfd_mem(CROSVM_FW_SIZE);
	unsigned int exits = 0;
	struct v_run *run;
	int vm = self->vm, vcpu;

	ASSERT_TRUE(mem && fw_mem);
	ASSERT_CALL(v_region(vm, LEND_USER_MEM, 0, 7, CROSVM_FW, CROSVM_FW_SIZE,
			     fw_mem));
	ASSERT_CALL(v_region(vm, LEND_USER_MEM, 1, 7, 0x80000000, CROSVM_SIZE,
			     mem));
	vcpu = v_vcpu(vm, 0);
	ASSERT_LE(0, vcpu);
	run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ASSERT_NE(MAP_FAILED, run);
	ASSERT_CALL(ioctl(vm, SET_FW_CONFIG, &fw));
	load(mem, 0x80000000, CROSVM_SIZE, CROSVM_DTB, 0, ops, ARRAY_SIZE(ops));
	ASSERT_CALL(v_dtb(vm, 0x80000000 + CROSVM_DTB, 0x200000));
	ASSERT_CALL(ioctl(vm, SET_BOOT_CONTEXT, &pc));
	if (hyp_word("gunyah_hyp.firmware=ready")) {
		ASSERT_CALL(ioctl(vm, VM_START, 0));
		EXPECT_EQ(1, v_run(vcpu, run, &exits));
		EXPECT_EQ(1, exits);
	} else {
		EXPECT_ERRNO(EPERM, ioctl(vm, VM_START, 0));
		EXPECT_EQ(0, memcmp(mem, guest_code, sizeof(guest_code)));
	}
	munmap(run, 4096);
	close(vcpu);
	munmap(fw_mem, CROSVM_FW_SIZE);
	munmap(mem, CROSVM_SIZE);
}

/* Its own call to lend does the same, but does not remove */
TEST_F(vmm, lend)
{
	void *mem = alloc_mem(GUEST_SIZE);
	int vm = self->vm;

	ASSERT_NE(NULL, mem);
	EXPECT_ERRNO(EINVAL, v_region(vm, LEND_USER_MEM, 0, 7, GUEST_BASE, 0,
				      mem));
	EXPECT_ERRNO(EINVAL, v_region(vm, LEND_USER_MEM, 0, 16, GUEST_BASE,
				      GUEST_SIZE, mem));
	EXPECT_ERRNO(EINVAL, v_region(vm, LEND_USER_MEM, 0, 6, GUEST_BASE,
				      GUEST_SIZE, mem));
	EXPECT_ERRNO(EINVAL, v_region(vm, LEND_USER_MEM, 0, 7, GUEST_BASE + 1,
				      GUEST_SIZE, mem));
	EXPECT_ERRNO(EINVAL, v_region(vm, LEND_USER_MEM, 0, 7, GUEST_BASE,
				      GUEST_SIZE, mem + 1));
	EXPECT_ERRNO(EOVERFLOW, v_region(vm, LEND_USER_MEM, 0, 7, -4096ULL * 16,
					 GUEST_SIZE, mem));
	EXPECT_ERRNO(EFAULT, v_region(vm, LEND_USER_MEM, 0, 7, GUEST_BASE,
				      GUEST_SIZE, NULL));
	EXPECT_ERRNO(EFAULT, ioctl(vm, LEND_USER_MEM, NULL));
	EXPECT_EQ(0, v_region(vm, LEND_USER_MEM, 0, 7, GUEST_BASE, GUEST_SIZE,
			      mem));
	EXPECT_ERRNO(EINVAL, v_region(vm, LEND_USER_MEM, 0, 0, 0, 0, NULL));
	EXPECT_ERRNO(EEXIST, v_region(vm, LEND_USER_MEM, 0, 7, GUEST_SHM_BASE,
				      GUEST_SIZE, mem));
	EXPECT_ERRNO(EEXIST, v_region(vm, LEND_USER_MEM, 1, 7, GUEST_BASE,
				      GUEST_SIZE, mem));
	EXPECT_EQ(0, v_region(vm, SET_USER_MEM_REGION, 0, 0, 0, 0, NULL));
	/* The flag for lent memory is redundant but allowed */
	EXPECT_EQ(0, v_region(vm, LEND_USER_MEM, 0, 7 | 8, GUEST_BASE,
			      GUEST_SIZE, mem));
	EXPECT_ERRNO(ENOTTY, v_region(self->dev, LEND_USER_MEM, 0, 7,
				      GUEST_BASE, GUEST_SIZE, mem));
	EXPECT_ERRNO(ENOTTY, ioctl(vm, _IOC(_IOC_WRITE, 'A', 0x11, 24), mem));
	munmap(mem, GUEST_SIZE);
}

/* ---- a test VMM ---- */

TEST_F_TIMEOUT(vmm, test_vmm, VMMS_TIMEOUT)
{
	const struct guest_op ops[] = {
		G_CHECK(0x90000000, 0x1000, 7),
		G_CHECK(0xa0000000, 0x1000, 7),
		G_FILL(0x90000000, 0x1000, 8),
		G_OFF,
	};
	struct v_context pc = { .reg = 1 << 8, .value = GUEST_BASE };
	int fd = memfd_create("mem", MFD_CLOEXEC), vm = self->vm;
	unsigned char *image, *one, *two, *view;
	int copy, vcpu, irq, io, i;
	unsigned int exits = 0;
	struct v_run *run;

	/* Before there is any memory */
	ASSERT_CALL(v_dtb(vm, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE));
	ASSERT_CALL(ioctl(vm, SET_BOOT_CONTEXT, &pc));

	/* Mappings of one file: one is lent, two are shared */
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 3 * GUEST_SIZE));
	image = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     0);
	one = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   GUEST_SIZE);
	two = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   2 * GUEST_SIZE);
	view = mmap(NULL, 3 * GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	ASSERT_NE(MAP_FAILED, image);
	ASSERT_NE(MAP_FAILED, one);
	ASSERT_NE(MAP_FAILED, two);
	ASSERT_NE(MAP_FAILED, view);
	ASSERT_CALL(v_region(vm, SET_USER_MEM_REGION, 3, 7 | 8, GUEST_BASE,
			     GUEST_SIZE, image));
	ASSERT_CALL(v_region(vm, SET_USER_MEM_REGION, 1, 7, 0x90000000,
			     GUEST_SIZE, one));
	ASSERT_CALL(v_region(vm, SET_USER_MEM_REGION, 2, 7, 0xa0000000,
			     GUEST_SIZE, two));
	load(view, GUEST_BASE, GUEST_SIZE, GUEST_DTB, 2, ops, ARRAY_SIZE(ops));
	pattern_fill(view + GUEST_SIZE, 0x1000, 7);
	pattern_fill(view + 2 * GUEST_SIZE, 0x1000, 7);

	vcpu = v_vcpu(vm, 0);
	ASSERT_LE(0, vcpu);
	run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ASSERT_NE(MAP_FAILED, run);
	irq = eventfd(0, EFD_CLOEXEC);
	io = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, irq);
	ASSERT_LE(0, io);
	copy = dup(vm);
	ASSERT_LE(0, copy);
	ASSERT_CALL(v_irqfd(copy, ADD_FUNCTION, irq, 1, 0));
	ASSERT_CALL(v_ioeventfd(copy, ADD_FUNCTION, io, MMIO_ADDRESS, 4));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, ioctl(i & 1 ? copy : vm, VM_START, 0));
	EXPECT_EQ(1, v_run(vcpu, run, &exits));
	EXPECT_EQ(0, exits);
	EXPECT_EQ(0, ioctl(vm, VM_START, 0));
	EXPECT_TRUE(pattern_check(view + GUEST_SIZE, 0x1000, 8));

	/* It exits if one of these fails */
	EXPECT_EQ(0, v_ioeventfd(copy, REMOVE_FUNCTION, io, MMIO_ADDRESS, 4));
	EXPECT_EQ(0, v_irqfd(copy, REMOVE_FUNCTION, irq, 1, 0));
	i = 0;
	EXPECT_EQ(0, v_fn(copy, REMOVE_FUNCTION, FN_VCPU, 4, &i));
	munmap(run, 4096);
	close(vcpu);
	close(copy);
	close(irq);
	close(io);
	munmap(image, GUEST_SIZE);
	munmap(one, GUEST_SIZE);
	munmap(two, GUEST_SIZE);
	munmap(view, 3 * GUEST_SIZE);
	close(fd);
}

/* ---- the first sample VMM: no vCPU, and it sleeps for ever ---- */

static int first_sample(void *data)
{
	const struct guest_op ops[] = { G_SPIN };
	void *mem = alloc_mem(0x6400000);
	int dev, vm;

	NEED(mem);
	dev = open("/dev/gunyah", O_RDWR | O_CLOEXEC);
	NEED(dev >= 0);
	vm = ioctl(dev, CREATE_VM, 0);
	NEED(vm >= 0);
	NEED(!v_region(vm, SET_USER_MEM_REGION, 0, 7, 0x80000000, 0x6400000,
		       mem));
	load(mem, 0x80000000, 0x6400000, 0x5f00000, 0, ops, ARRAY_SIZE(ops));
	/* It passes the size of the file, which is not rounded */
	NEED(!v_dtb(vm, 0x85f00000, 6337));
	NEED(!ioctl(vm, VM_START, 0));
	NEED(write(*(int *)data, "", 1) == 1);
	for (;;)
		pause();
}

TEST_F_TIMEOUT(vmm, first_sample, VMMS_TIMEOUT)
{
	int ready[2], status;
	long long ms;
	pid_t pid;
	char c;

	SKIP_IF_IMPOSSIBLE(return, &shared_image);
	if (!thp_size())
		SKIP(return, "100 MiB in single pages: too many memory entries");
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(first_sample(&ready[1]));
	close(ready[1]);
	EXPECT_EQ(1, read(ready[0], &c, 1));
	ms = now_ms();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_GE(reap_limit_ms(), now_ms() - ms);
	close(ready[0]);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

/* ---- a fuzzer: small regions here and there, a few runs ---- */

TEST_F_TIMEOUT(vmm, fuzzer, VMMS_TIMEOUT)
{
	const __u64 gpas[] = {
		0x80000000, 0x90000000, 0xa0000000,
		0xc0000000 + sysconf(_SC_PAGESIZE), 0x200000000,
	};
	const struct guest_op ops[] = {
		G_WRITE(8, 0x90000000, 0x1122334455667788),
		G_READ(GUEST_LOAD_64, MMIO_ADDRESS, 0), G_OFF,
	};
	unsigned int i, exits = 0;
	struct v_run *run;
	void *mem[5];
	int vcpu;

	SKIP_IF_IMPOSSIBLE(return, &shared_image);
	for (i = 0; i < 5; i++) {
		mem[i] = alloc_mem(0x10000);
		ASSERT_NE(NULL, mem[i]);
		/* It counts labels from 0; the devicetree has 1 and 2 */
		ASSERT_CALL(v_region(self->vm, SET_USER_MEM_REGION, i, 7,
				     gpas[i], 0x10000, mem[i]));
	}
	load(mem[0], gpas[0], 0x10000, GUEST_DTB, 2, ops, ARRAY_SIZE(ops));
	ASSERT_CALL(v_dtb(self->vm, gpas[0] + GUEST_DTB, GUEST_DTB_SIZE));
	vcpu = v_vcpu(self->vm, 0);
	ASSERT_LE(0, vcpu);
	run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ASSERT_NE(MAP_FAILED, run);
	ASSERT_CALL(ioctl(self->vm, VM_START, 0));
	EXPECT_EQ(1, v_run(vcpu, run, &exits));
	EXPECT_EQ(1, exits);
	EXPECT_EQ(0x1122334455667788, *(__u64 *)mem[1]);
	munmap(run, 4096);
	close(vcpu);
	for (i = 0; i < 5; i++)
		munmap(mem[i], 0x10000);
}

GUNYAH_TEST_MAIN
