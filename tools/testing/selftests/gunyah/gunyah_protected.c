// SPDX-License-Identifier: GPL-2.0-only
/*
 * GH_VM_ANDROID_SET_FW_CONFIG: VMs that start in firmware of the resource manager
 *
 * Published resource managers know the message, but have no firmware. The test
 * hypervisor's has some with gunyah_hyp.firmware=ready, see gunyah_testfw.h.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gunyah_testfw.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define FW_TIMEOUT	240

#define RM_SET_FIRMWARE_MEM_MSG		0x56000032
#define RM_SET_DEMAND_PAGING_MSG	0x56000033
#define RM_SET_ADDRESS_LAYOUT_MSG	0x56000034

/* A region that ends where the image begins, with the same flags */
#define FW_SIZE		0x40000UL
#define FW_BASE		(GUEST_BASE - FW_SIZE)
#define FW_LABEL	9
#define FW_PATTERN	0x1234

#define PC		GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_PC, 0)

/* The guest copies the firmware's record to the start of the second region */
#define RECORD_SIZE	(GH_TESTFW_RUNS + 8 - GH_TESTFW_X0)

static bool has_firmware(void)
{
	return hyp_word("gunyah_hyp.firmware=ready");
}

/* The resource manager knows VM_SET_ADDRESS_LAYOUT */
static bool has_layout(void)
{
	return hyp_word("gunyah_hyp.generation=2024");
}

FIXTURE(fw)
{
	struct leak_state leak;
	struct vm vm;
	struct param timeout;
	unsigned char *mem;	/* FW_SIZE for the firmware */
	unsigned char *paged;	/* GUEST_SIZE that comes page by page */
};

/* A VM whose guest copies the record of a firmware at @at and powers off */
static int build(struct vm *vm, __u64 at)
{
	const struct vm_config cfg = {
		.shm_size = GUEST_SHM_SIZE,
		.firmware = FW_BASE,
	};

	if (vm_build(vm, &cfg, VM_HAS_VCPUS))
		return -1;
	vm_program(vm, 0, G_COPY(at + GH_TESTFW_X0, GUEST_SHM_BASE, RECORD_SIZE),
		   G_OFF);
	return 0;
}

static int add_region(struct vm *vm, unsigned char *mem)
{
	pattern_fill(mem, FW_SIZE, FW_PATTERN);
	return gh_set_region(vm->fd, FW_LABEL, MEM_RWX | GH_MEM_LENT, FW_BASE,
			     FW_SIZE, mem);
}

/* End the VM; memory that was lent once counts as locked until it is unmapped */
static void drop(struct vm *vm, unsigned char **mem)
{
	vm_close(vm);
	if (*mem)
		munmap(*mem, FW_SIZE);
	*mem = NULL;
}

/* Another VM, which would start in its firmware */
static int build_protected(struct vm *vm, unsigned char **mem)
{
	drop(vm, mem);
	*mem = alloc_mem(FW_SIZE);
	if (!*mem || build(vm, FW_BASE) || add_region(vm, *mem))
		return -1;
	return gh_set_firmware(vm->fd, FW_BASE, FW_SIZE);
}

FIXTURE_SETUP(fw)
{
	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	self->mem = alloc_mem(FW_SIZE);
	ASSERT_NE(NULL, self->mem);
	self->paged = alloc_mem(GUEST_SIZE);
	ASSERT_NE(NULL, self->paged);
	ASSERT_CALL(build(&self->vm, FW_BASE));
}

FIXTURE_TEARDOWN(fw)
{
	testctl_reset();
	param_restore(&self->timeout);
	drop(&self->vm, &self->mem);
	munmap(self->paged, GUEST_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* ---- arguments ---- */

TEST_F(fw, arguments)
{
	static const __u64 odd[] = { 1, 8, 0x800, 0xfff };
	struct gh_vm_firmware_config config = { GUEST_BASE, 0x1000 };
	size_t size = sizeof(config);
	int fd = self->vm.fd, dev;
	unsigned int i;

	EXPECT_ERRNO(EINVAL, gh_set_firmware(fd, FW_BASE, 0));
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		EXPECT_ERRNO(EINVAL, gh_set_firmware(fd, FW_BASE + odd[i],
						     0x1000));
		EXPECT_ERRNO(EINVAL, gh_set_firmware(fd, FW_BASE,
						     0x1000 + odd[i]));
	}
	EXPECT_ERRNO(EOVERFLOW, gh_set_firmware(fd, ~0xfffULL, 0x1000));
	EXPECT_ERRNO(EOVERFLOW, gh_set_firmware(fd, ~0xfffULL, 0x2000));
	EXPECT_ERRNO(EOVERFLOW, gh_set_firmware(fd, 0x1000, ~0xfffULL));
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_ANDROID_SET_FW_CONFIG, NULL));
	EXPECT_ERRNO(ENOTTY, ioctl(self->vm.vcpu[0],
				   GH_VM_ANDROID_SET_FW_CONFIG, &config));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOC(_IOC_WRITE, 'A', 0x12, size + 8),
				   &config));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOC(_IOC_WRITE, 'A', 0x12, size - 8),
				   &config));
	/* No memory is needed yet */
	EXPECT_EQ(0, gh_set_firmware(fd, 0, 0x1000));
	EXPECT_EQ(0, gh_set_firmware(fd, FW_BASE, FW_SIZE));

	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dev);
	EXPECT_ERRNO(ENOTTY, ioctl(dev, GH_VM_ANDROID_SET_FW_CONFIG, &config));
	/* A capability whose number is not assigned is one that is not there */
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(0, ioctl(dev, GH_ANDROID_CHECK_EXTENSION, i));
		EXPECT_EQ(0, ioctl(fd, GH_ANDROID_CHECK_EXTENSION, 1UL << i));
	}
	EXPECT_ERRNO(ENOTTY, ioctl(self->vm.vcpu[0],
				   GH_ANDROID_CHECK_EXTENSION, 0));
	close(dev);
}

TEST_F(fw, feature)
{
	struct gh_info info = {};
	int dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, dev);
	ASSERT_CALL(ioctl(dev, GH_GET_INFO, &info));
	EXPECT_TRUE(info.features & GH_FEATURE_FIRMWARE);
	close(dev);
}

static void expect_unfit(struct __test_metadata *_metadata, int fd, __u64 gpa,
			 __u64 size, __u32 label)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_set_firmware(fd, gpa, size));
	EXPECT_ERRNO(EINVAL, gh_start(fd));
	ASSERT_CALL(gh_status(fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	EXPECT_EQ(0, status.rm_error);
	EXPECT_EQ(GH_VM_START_REASON_FIRMWARE, status.start_reason)
		TH_LOG("%llx + %llx", gpa, size);
	EXPECT_EQ(label, status.start_label);
}

/* Ranges that no region has all of; none of these counts as a start */
TEST_F(fw, outside)
{
	int fd = self->vm.fd;
	__u64 requests;

	requests = testctl_present() ? testctl_read(GH_TESTCTL_RM_REQUESTS) : 0;
	expect_unfit(_metadata, fd, FW_BASE, FW_SIZE, 0);
	expect_unfit(_metadata, fd, 0, 0x1000, 0);
	expect_unfit(_metadata, fd, ~0x1fffULL, 0x1000, 0);
	ASSERT_CALL(add_region(&self->vm, self->mem));
	expect_unfit(_metadata, fd, FW_BASE - 0x1000, FW_SIZE, 0);
	expect_unfit(_metadata, fd, FW_BASE - 0x1000, 0x1000, 0);
	/* Into the image, out of it, over everything */
	expect_unfit(_metadata, fd, FW_BASE, FW_SIZE + 0x1000, FW_LABEL);
	expect_unfit(_metadata, fd, FW_BASE + 0x1000, FW_SIZE, FW_LABEL);
	expect_unfit(_metadata, fd, GUEST_BASE + 0x1000, GUEST_SIZE,
		     GUEST_IMAGE_LABEL);
	expect_unfit(_metadata, fd, FW_BASE, ~0xfffULL - FW_BASE, FW_LABEL);
	/* In the region that is shared */
	expect_unfit(_metadata, fd, GUEST_SHM_BASE, 0x1000, GUEST_SHM_LABEL);
	/* In one that was removed */
	ASSERT_CALL(gh_remove_region(fd, FW_LABEL));
	expect_unfit(_metadata, fd, FW_BASE, FW_SIZE, 0);
	if (testctl_present())
		EXPECT_EQ(requests, testctl_read(GH_TESTCTL_RM_REQUESTS));
}

/* Only lent memory with all rights */
TEST_F(fw, flags)
{
	static const __u32 flags[] = {
		MEM_RWX, GH_MEM_LENT | GH_MEM_ALLOW_READ,
		GH_MEM_LENT | GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE,
		GH_MEM_LENT | GH_MEM_ALLOW_READ | GH_MEM_ALLOW_EXEC,
	};
	int fd = self->vm.fd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_CALL(gh_set_region(fd, FW_LABEL, flags[i], FW_BASE,
					  FW_SIZE, self->mem));
		expect_unfit(_metadata, fd, FW_BASE, FW_SIZE, FW_LABEL);
		ASSERT_CALL(gh_remove_region(fd, FW_LABEL));
	}
}

/* ---- without firmware ---- */

/* The start has failed for good, and all memory is back as it was */
static void expect_failed(struct __test_metadata *_metadata, struct vm *vm,
			  const unsigned char *mem, int error, __u32 step,
			  __u32 rm_error)
{
	bool denied = error == EPERM && step == GH_VM_START_STEP_FIRMWARE &&
		      rm_error;
	struct gh_vm_status status;

	EXPECT_ERRNO(error, gh_start(vm->fd));
	EXPECT_ERRNO(error, gh_start(vm->fd));
	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(error, status.start_errno);
	EXPECT_EQ(step, status.start_step);
	EXPECT_EQ(rm_error, status.rm_error);
	EXPECT_EQ(denied ? GH_VM_START_REASON_NO_FIRMWARE :
			   GH_VM_START_REASON_NONE, status.start_reason);
	EXPECT_EQ(0, status.vmid);
	EXPECT_TRUE(pattern_check(mem, FW_SIZE, FW_PATTERN));
	EXPECT_ERRNO(EBUSY, gh_set_firmware(vm->fd, FW_BASE, FW_SIZE));
}

/* The next VM is not affected */
static void expect_next(struct __test_metadata *_metadata, struct vm *vm)
{
	const struct vm_config cfg = {};
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(vm, &cfg, VM_STARTED));
	ASSERT_CALL(vm_finish(vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(vm);
}

TEST_F_TIMEOUT(fw, no_image, FW_TIMEOUT)
{
	if (has_firmware() || hyp_word("gunyah_hyp.firmware=held"))
		SKIP(return, "there is firmware");
	ASSERT_CALL(add_region(&self->vm, self->mem));
	ASSERT_CALL(gh_set_firmware(self->vm.fd, FW_BASE, FW_SIZE));
	expect_failed(_metadata, &self->vm, self->mem, EPERM,
		      GH_VM_START_STEP_FIRMWARE, RM_ERR_DENIED);
	drop(&self->vm, &self->mem);
	EXPECT_TRUE(leak_check(&self->leak, 0));
	expect_next(_metadata, &self->vm);
}

/* The machine has not said that it has booted */
TEST_F_TIMEOUT(fw, held, FW_TIMEOUT)
{
	if (!hyp_word("gunyah_hyp.firmware=held"))
		SKIP(return, "no firmware that is held back");
	ASSERT_CALL(add_region(&self->vm, self->mem));
	ASSERT_CALL(gh_set_firmware(self->vm.fd, FW_BASE, FW_SIZE));
	expect_failed(_metadata, &self->vm, self->mem, EPERM,
		      GH_VM_START_STEP_START, RM_ERR_DENIED);
	drop(&self->vm, &self->mem);
	EXPECT_TRUE(leak_check(&self->leak, 0));
	expect_next(_metadata, &self->vm);
}

TEST_F_TIMEOUT(fw, refused, FW_TIMEOUT)
{
	static const struct {
		__u32 code;
		int error;
	} codes[] = {
		{ RM_ERR_DENIED, EPERM },
		{ RM_ERR_NORESOURCE, ENODEV },
		{ RM_ERR_VM_STATE, EBUSY },
		{ RM_ERR_HANDLE_INVALID, EINVAL },
		{ RM_ERR_UNIMPLEMENTED, EOPNOTSUPP },
		{ 0x12345678, EIO },
	};
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_CALL(build_protected(&self->vm, &self->mem));
		testctl_fault(RM_FAULT_FAIL, RM_SET_FIRMWARE_MEM_MSG, 1,
			      codes[i].code);
		expect_failed(_metadata, &self->vm, self->mem, codes[i].error,
			      GH_VM_START_STEP_FIRMWARE, codes[i].code);
		EXPECT_EQ(RM_SET_FIRMWARE_MEM_MSG,
			  testctl_read(GH_TESTCTL_FAULT_HIT));
		drop(&self->vm, &self->mem);
		EXPECT_TRUE(leak_check(&self->leak, 0));
	}
	ASSERT_CALL(build_protected(&self->vm, &self->mem));
	ASSERT_CALL(short_timeout(&self->timeout));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_SET_FIRMWARE_MEM_MSG, 1, 0);
	expect_failed(_metadata, &self->vm, self->mem, ETIMEDOUT,
		      GH_VM_START_STEP_FIRMWARE, 0);
	param_restore(&self->timeout);
	drop(&self->vm, &self->mem);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	expect_next(_metadata, &self->vm);
}

/* ---- with firmware ---- */

/* Start the VM; the record has to be that of a firmware that has run at @at */
static void expect_runs(struct __test_metadata *_metadata, struct vm *vm,
			__u64 at)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_start(vm->fd));
	EXPECT_ERRNO(EBUSY, gh_set_firmware(vm->fd, FW_BASE, FW_SIZE));
	ASSERT_CALL(vm_finish(vm, &status));
	ASSERT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(GUEST_BASE + GUEST_DTB, vm_word(vm, 0));
	EXPECT_EQ(GUEST_BASE, vm_word(vm, GH_TESTFW_X1 - GH_TESTFW_X0));
	EXPECT_EQ(0, vm_word(vm, GH_TESTFW_X2 - GH_TESTFW_X0));
	EXPECT_EQ(at, vm_word(vm, GH_TESTFW_ADDRESS - GH_TESTFW_X0));
	EXPECT_EQ(1 << 2, vm_word(vm, GH_TESTFW_EL - GH_TESTFW_X0));
	EXPECT_EQ(1, vm_word(vm, GH_TESTFW_RUNS - GH_TESTFW_X0));
	EXPECT_ERRNO(EBUSY, gh_set_firmware(vm->fd, FW_BASE, FW_SIZE));
}

#define SKIP_WITHOUT_FIRMWARE(statement) do {				\
	if (!has_firmware())						\
		SKIP(statement, "the resource manager has no firmware"); \
} while (0)

/* The same VM twice: the firmware is copied again, from its image */
TEST_F_TIMEOUT(fw, runs, FW_TIMEOUT)
{
	int i;

	SKIP_WITHOUT_FIRMWARE(return);
	for (i = 0; i < 2; i++) {
		ASSERT_CALL(build_protected(&self->vm, &self->mem));
		expect_runs(_metadata, &self->vm, FW_BASE);
		vm_close(&self->vm);
		/* What the VM had is cleared */
		EXPECT_TRUE(all_zero(self->mem, FW_SIZE));
		drop(&self->vm, &self->mem);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	}
	expect_next(_metadata, &self->vm);
}

/* The region may have the label of the image, which is 0 for existing VMMs */
TEST_F_TIMEOUT(fw, label_zero, FW_TIMEOUT)
{
	SKIP_WITHOUT_FIRMWARE(return);
	ASSERT_CALL(gh_set_region(self->vm.fd, 0, MEM_RWX | GH_MEM_LENT,
				  FW_BASE, FW_SIZE, self->mem));
	ASSERT_CALL(gh_set_firmware(self->vm.fd, FW_BASE, FW_SIZE));
	expect_runs(_metadata, &self->vm, FW_BASE);
}

/* Not at the start of its region, and the room is just enough */
TEST_F_TIMEOUT(fw, offset, FW_TIMEOUT)
{
	const __u64 at = FW_BASE + FW_SIZE - GH_TESTFW_SIZE;

	SKIP_WITHOUT_FIRMWARE(return);
	vm_program(&self->vm, 0, G_COPY(at + GH_TESTFW_X0, GUEST_SHM_BASE,
					RECORD_SIZE),
		   /* What is next to it is what the VM's creator has put there */
		   G_CHECK(FW_BASE, FW_SIZE - GH_TESTFW_SIZE, FW_PATTERN), G_OFF);
	ASSERT_CALL(add_region(&self->vm, self->mem));
	ASSERT_CALL(gh_set_firmware(self->vm.fd, at, GH_TESTFW_SIZE));
	expect_runs(_metadata, &self->vm, at);
}

/* In the region of the devicetree it is a part of the image */
TEST_F_TIMEOUT(fw, in_image, FW_TIMEOUT)
{
	const __u64 at = GUEST_BASE + GUEST_FREE;

	SKIP_WITHOUT_FIRMWARE(return);
	vm_program(&self->vm, 0, G_COPY(at + GH_TESTFW_X0, GUEST_SHM_BASE,
					RECORD_SIZE), G_OFF);
	ASSERT_CALL(gh_set_firmware(self->vm.fd, at, GH_TESTFW_SIZE));
	expect_runs(_metadata, &self->vm, at);
}

/* Other lent regions around the devicetree are the image as always */
TEST_F_TIMEOUT(fw, image_of_pieces, FW_TIMEOUT)
{
	const __u64 second = GUEST_BASE + GUEST_SIZE;
	struct gh_vm_region one = { .label = GUEST_IMAGE_LABEL };
	struct gh_vm_region two = { .label = 11 };
	struct gh_vm_region fw = { .label = FW_LABEL };
	unsigned char *mem;

	SKIP_WITHOUT_FIRMWARE(return);
	mem = alloc_mem(GUEST_SIZE);
	ASSERT_NE(NULL, mem);
	pattern_fill(mem, 0x1000, 5);
	vm_program(&self->vm, 0, G_CHECK(second, 0x1000, 5),
		   G_COPY(FW_BASE + GH_TESTFW_X0, GUEST_SHM_BASE, RECORD_SIZE),
		   G_OFF);
	ASSERT_CALL(gh_set_region(self->vm.fd, 11, MEM_RWX | GH_MEM_LENT, second,
				  GUEST_SIZE, mem));
	ASSERT_CALL(add_region(&self->vm, self->mem));
	ASSERT_CALL(gh_set_firmware(self->vm.fd, FW_BASE, FW_SIZE));
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(ioctl(self->vm.fd, GH_VM_GET_REGION, &one));
	ASSERT_CALL(ioctl(self->vm.fd, GH_VM_GET_REGION, &two));
	ASSERT_CALL(ioctl(self->vm.fd, GH_VM_GET_REGION, &fw));
	EXPECT_EQ(one.parcel, two.parcel);
	EXPECT_NE(one.parcel, fw.parcel);
	expect_runs(_metadata, &self->vm, FW_BASE);
	vm_close(&self->vm);
	munmap(mem, GUEST_SIZE);
}

/* Registers that its creator has set do not count */
TEST_F_TIMEOUT(fw, boot_context, FW_TIMEOUT)
{
	struct gh_vm_boot_context context = { .reg = PC };
	unsigned int i;

	SKIP_WITHOUT_FIRMWARE(return);
	for (i = 0; i < 4; i++) {
		ASSERT_CALL(build_protected(&self->vm, &self->mem));
		context.reg = i < 3 ? PC : 0;
		context.value = i == 0 ? GUEST_BASE :
				i == 1 ? GUEST_BASE + GUEST_FREE : 0x1000;
		ASSERT_CALL(ioctl(self->vm.fd, GH_VM_SET_BOOT_CONTEXT,
				  &context));
		expect_runs(_metadata, &self->vm, FW_BASE);
	}
}

/* Without room for it, and where the devicetree says something else */
TEST_F_TIMEOUT(fw, no_room, FW_TIMEOUT)
{
	SKIP_WITHOUT_FIRMWARE(return);
	ASSERT_CALL(add_region(&self->vm, self->mem));
	ASSERT_CALL(gh_set_firmware(self->vm.fd, FW_BASE,
				    GH_TESTFW_SIZE - 0x1000));
	expect_failed(_metadata, &self->vm, self->mem, EPERM,
		      GH_VM_START_STEP_START, RM_ERR_DENIED);
}

/* Newer resource managers are told the address, others read the devicetree */
TEST_F_TIMEOUT(fw, address, FW_TIMEOUT)
{
	static const __u64 addresses[] = { 0, FW_BASE - 0x100000, 0x1000 };
	unsigned int i;

	SKIP_WITHOUT_FIRMWARE(return);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		ASSERT_CALL(build_protected(&self->vm, &self->mem));
		self->vm.cfg.firmware = addresses[i];
		ASSERT_CALL(vm_add_dtb(&self->vm));
		if (has_layout()) {
			expect_runs(_metadata, &self->vm, FW_BASE);
		} else if (i == 1) {
			vm_program(&self->vm, 0,
				   G_COPY(addresses[1] + GH_TESTFW_X0,
					  GUEST_SHM_BASE, RECORD_SIZE), G_OFF);
			expect_runs(_metadata, &self->vm, addresses[1]);
		} else {
			expect_failed(_metadata, &self->vm, self->mem, ENODEV,
				      GH_VM_START_STEP_START,
				      RM_ERR_NORESOURCE);
		}
	}
}

/* Each message of the start is refused: nothing stays behind */
TEST_F_TIMEOUT(fw, each_refused, FW_TIMEOUT)
{
	static const struct {
		__u32 msg;
		__u32 step;
	} msgs[] = {
		{ RM_MEM_LEND_MSG, GH_VM_START_STEP_MEMORY },
		{ RM_VM_CONFIG_IMAGE_MSG, GH_VM_START_STEP_CONFIGURE },
		{ RM_SET_FIRMWARE_MEM_MSG, GH_VM_START_STEP_FIRMWARE },
		{ RM_VM_INIT_MSG, GH_VM_START_STEP_INIT },
		{ RM_VM_START_MSG, GH_VM_START_STEP_START },
		{ RM_SET_ADDRESS_LAYOUT_MSG, GH_VM_START_STEP_FIRMWARE },
	};
	unsigned int i, n = ARRAY_SIZE(msgs), how;

	SKIP_WITHOUT_TESTCTL(return);
	SKIP_WITHOUT_FIRMWARE(return);
	for (i = 0; i < 2 * n; i++) {
		how = i < n ? RM_FAULT_FAIL : RM_FAULT_FAIL_AFTER;
		/* Firmware must not have taken memory if it says that it has not */
		if (how == RM_FAULT_FAIL_AFTER && msgs[i % n].msg == RM_MEM_LEND_MSG)
			continue;
		ASSERT_CALL(build_protected(&self->vm, &self->mem));
		testctl_fault(how, msgs[i % n].msg, 1, RM_ERR_ARGUMENT_INVALID);
		/* A VM that was started all the same may have written to it */
		if (how == RM_FAULT_FAIL_AFTER && msgs[i % n].msg == RM_VM_START_MSG)
			EXPECT_ERRNO(EINVAL, gh_start(self->vm.fd));
		else
			expect_failed(_metadata, &self->vm, self->mem, EINVAL,
				      msgs[i % n].step, RM_ERR_ARGUMENT_INVALID);
		EXPECT_EQ(msgs[i % n].msg, testctl_read(GH_TESTCTL_FAULT_HIT));
		testctl_reset();
		drop(&self->vm, &self->mem);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS))
			TH_LOG("message %x, how %u", msgs[i % n].msg, how);
	}
	ASSERT_CALL(build_protected(&self->vm, &self->mem));
	expect_runs(_metadata, &self->vm, FW_BASE);
}

/* The same of a VM that also has memory that is paged */
TEST_F_TIMEOUT(fw, paged_refused, FW_TIMEOUT)
{
	static const struct {
		__u32 msg;
		unsigned int nth;
		__u32 step;
	} msgs[] = {
		{ RM_SET_FIRMWARE_MEM_MSG, 1, GH_VM_START_STEP_FIRMWARE },
		{ RM_SET_DEMAND_PAGING_MSG, 1, GH_VM_START_STEP_CONFIGURE },
		/* The image */
		{ RM_SET_ADDRESS_LAYOUT_MSG, 1, GH_VM_START_STEP_CONFIGURE },
		{ RM_SET_ADDRESS_LAYOUT_MSG, 2, GH_VM_START_STEP_FIRMWARE },
	};
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	SKIP_WITHOUT_FIRMWARE(return);
	if (!has_layout())
		SKIP(return, "the firmware does not page");
	for (i = 0; i <= ARRAY_SIZE(msgs); i++) {
		ASSERT_CALL(build_protected(&self->vm, &self->mem));
		/* The devicetree has room for it */
		self->vm.cfg.paged_size = GUEST_SIZE;
		ASSERT_CALL(vm_add_dtb(&self->vm));
		ASSERT_CALL(gh_set_region(self->vm.fd, GUEST_PAGED_LABEL,
					  MEM_RWX | GH_MEM_LENT | GH_MEM_PAGED,
					  GUEST_BASE + GUEST_SIZE, GUEST_SIZE,
					  self->paged));
		if (i == ARRAY_SIZE(msgs))
			break;
		testctl_fault(RM_FAULT_FAIL, msgs[i].msg, msgs[i].nth,
			      RM_ERR_ARGUMENT_INVALID);
		expect_failed(_metadata, &self->vm, self->mem, EINVAL,
			      msgs[i].step, RM_ERR_ARGUMENT_INVALID);
		EXPECT_EQ(msgs[i].msg, testctl_read(GH_TESTCTL_FAULT_HIT));
		testctl_reset();
	}
	expect_runs(_metadata, &self->vm, FW_BASE);
}

/* The driver's messages, in the order in which the resource manager needs them */
TEST_F_TIMEOUT(fw, order, FW_TIMEOUT)
{
	static const __u32 order[] = {
		RM_MEM_LEND_MSG, RM_VM_CONFIG_IMAGE_MSG,
		RM_SET_FIRMWARE_MEM_MSG, RM_SET_ADDRESS_LAYOUT_MSG,
		RM_VM_INIT_MSG, RM_VM_START_MSG,
	};
	unsigned int i, next = 0;

	SKIP_WITHOUT_TESTCTL(return);
	SKIP_WITHOUT_FIRMWARE(return);
	ASSERT_CALL(add_region(&self->vm, self->mem));
	ASSERT_CALL(gh_set_firmware(self->vm.fd, FW_BASE, FW_SIZE));
	/* The record of messages begins with a fault that never hits */
	testctl_fault(RM_FAULT_FAIL, 0x51000020, 1, 1);
	expect_runs(_metadata, &self->vm, FW_BASE);
	for (i = 1; i <= GH_TESTCTL_RM_SEEN_MAX && next < ARRAY_SIZE(order); i++)
		if (testctl_read(GH_TESTCTL_RM_SEEN(i)) == order[next])
			next++;
	EXPECT_EQ(ARRAY_SIZE(order), next);
}

GUNYAH_TEST_MAIN
