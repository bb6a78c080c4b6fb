// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver reports about itself and about a VM: GH_GET_INFO,
 * GH_VM_GET_STATUS and poll()
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "message.h"
#include "testctl.h"

#define CONTROL_TIMEOUT		300

/* Room behind a structure for members of later versions */
#define TAIL			64

/* A call with an argument of another size */
static unsigned int resized(unsigned int cmd, size_t size)
{
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size);
}

/* ---- GH_GET_INFO ---- */

FIXTURE(info)
{
	int dev;
	int vm;
	size_t page;
};

FIXTURE_SETUP(info)
{
	SKIP_WITHOUT_GUNYAH(return);
	self->page = sysconf(_SC_PAGESIZE);
	self->dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->dev);
	self->vm = gh_create_vm(self->dev);
	ASSERT_LE(0, self->vm);
}

FIXTURE_TEARDOWN(info)
{
	close(self->vm);
	close(self->dev);
}

TEST_F(info, contents)
{
	struct gh_info info = {};
	__u64 ram;

	ASSERT_CALL(ioctl(self->dev, GH_GET_INFO, &info));
	EXPECT_EQ(0, info.flags);
	EXPECT_LE(GH_FEATURE_MERGED_REGIONS, info.features);
	/* Gunyah's first API version, little endian, 64 bit */
	EXPECT_LE(1, info.hyp_api & 0x3fff);
	EXPECT_EQ(0, info.hyp_api >> 14 & 1);
	EXPECT_EQ(1, info.hyp_api >> 15 & 1);
	EXPECT_NE(0, info.hyp_features[0] | info.hyp_features[1] |
		     info.hyp_features[2]);
	EXPECT_EQ(self->page, info.page_size);
	EXPECT_NE(0, info.vmid);
	EXPECT_EQ(1ULL << GH_FN_VCPU | 1ULL << GH_FN_IRQFD |
		  1ULL << GH_FN_IOEVENTFD, info.functions);
	EXPECT_EQ(MEM_RWX | GH_MEM_LENT | GH_MEM_HOTPLUG,
		  info.mem_flags & ~GH_MEM_PAGED);
	EXPECT_EQ(GH_IRQFD_FLAGS_LEVEL, info.irqfd_flags);
	EXPECT_EQ(GH_IOEVENTFD_FLAGS_DATAMATCH, info.ioeventfd_flags);
	EXPECT_EQ(GH_VM_STOP_FORCE, info.stop_flags);
	EXPECT_EQ(1 | 2 | 4 | 8, info.mmio_sizes);
	EXPECT_EQ(GH_FN_MAX_ARG_SIZE, info.max_arg_size);
	ram = (__u64)sysconf(_SC_PHYS_PAGES) * self->page;
	EXPECT_EQ(ram, info.max_mem_size);
}

/* Reported flags and types are accepted, all others are refused */
TEST_F(info, is_true)
{
	struct gh_info info = {};
	void *mem = alloc_mem(GUEST_SIZE);
	__u32 bit, flags;
	unsigned int i;

	ASSERT_NE(NULL, mem);
	ASSERT_CALL(ioctl(self->dev, GH_GET_INFO, &info));
	for (bit = 1; bit; bit <<= 1) {
		flags = GH_MEM_ALLOW_READ | bit;
		/* Hotplug is for a VM that runs, and paging for lent memory */
		if (info.mem_flags & bit && bit != GH_MEM_HOTPLUG &&
		    bit != GH_MEM_PAGED) {
			EXPECT_EQ(0, gh_set_region(self->vm, 1, flags,
						   GUEST_BASE, GUEST_SIZE,
						   mem))
				TH_LOG("flag %x", bit);
			EXPECT_EQ(0, gh_remove_region(self->vm, 1));
		} else {
			EXPECT_ERRNO(EINVAL, gh_set_region(self->vm, 1, flags,
							   GUEST_BASE,
							   GUEST_SIZE, mem));
		}
	}
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(-1, gh_add_function(self->vm, i, 1, mem));
		EXPECT_EQ(info.functions >> i & 1 ? EINVAL : ENOENT, errno)
			TH_LOG("type %u", i);
	}
	munmap(mem, GUEST_SIZE);
}

TEST_F(info, flags)
{
	struct gh_info info;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		info = (struct gh_info){ .flags = 1U << i };
		EXPECT_ERRNO(EINVAL, ioctl(self->dev, GH_GET_INFO, &info));
	}
	/* Members that the driver only writes may have any value */
	memset(&info, 0xee, sizeof(info));
	info.flags = 0;
	EXPECT_EQ(0, ioctl(self->dev, GH_GET_INFO, &info));
	EXPECT_EQ(self->page, info.page_size);
}

TEST_F(info, sizes)
{
	struct {
		struct gh_info info;
		unsigned char tail[TAIL];
	} arg;
	size_t size;

	for (size = 0; size < sizeof(arg.info); size++)
		EXPECT_ERRNO(ENOTTY, ioctl(self->dev,
					   resized(GH_GET_INFO, size), &arg));
	for (size = sizeof(arg.info); size <= sizeof(arg); size++) {
		memset(&arg, 0, sizeof(arg));
		EXPECT_EQ(0, ioctl(self->dev, resized(GH_GET_INFO, size),
				   &arg));
		EXPECT_EQ(self->page, arg.info.page_size);
		EXPECT_TRUE(all_zero(arg.tail, sizeof(arg.tail)));
		if (size == sizeof(arg.info))
			continue;
		/* The last byte within the size counts, the next does not */
		arg.tail[size - sizeof(arg.info) - 1] = 1;
		arg.info.flags = 0;
		EXPECT_ERRNO(E2BIG, ioctl(self->dev,
					  resized(GH_GET_INFO, size), &arg));
		EXPECT_EQ(0, ioctl(self->dev, resized(GH_GET_INFO, size - 1),
				   &arg));
		EXPECT_EQ(1, arg.tail[size - sizeof(arg.info) - 1]);
	}
	/* The largest size that fits into the number of a call */
	size = (1U << _IOC_SIZEBITS) - 1;
	EXPECT_ERRNO(EFAULT, ioctl(self->dev, resized(GH_GET_INFO, size),
				   (void *)-8192L));
}

/* The end of a page that is followed by a hole */
static unsigned char *edge_of_page(size_t page)
{
	unsigned char *mem = alloc_mem(2 * page);

	if (mem)
		munmap(mem + page, page);
	return mem ? mem + page : NULL;
}

TEST_F(info, pointers)
{
	unsigned char *edge = edge_of_page(self->page);
	size_t size = sizeof(struct gh_info);
	unsigned int i;
	void *mem;

	ASSERT_NE(NULL, edge);
	EXPECT_EQ(0, ioctl(self->dev, GH_GET_INFO, edge - size));
	for (i = 1; i <= size; i++) {
		memset(edge - size, 0, size);
		EXPECT_ERRNO(EFAULT, ioctl(self->dev, GH_GET_INFO,
					   edge - size + i));
	}
	EXPECT_ERRNO(EFAULT, ioctl(self->dev, GH_GET_INFO, NULL));
	EXPECT_ERRNO(EFAULT, ioctl(self->dev, GH_GET_INFO, -4096L));
	/* Memory that is read-only */
	mem = alloc_mem(self->page);
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, mprotect(mem, self->page, PROT_READ));
	EXPECT_ERRNO(EFAULT, ioctl(self->dev, GH_GET_INFO, mem));
	munmap(mem, self->page);
	munmap(edge - self->page, self->page);
}

/* The call is known on the device only, and in one direction only */
TEST_F(info, other_calls)
{
	struct gh_info info = {};
	size_t size = sizeof(info);
	int vcpu = gh_add_vcpu(self->vm, 0);

	ASSERT_LE(0, vcpu);
	EXPECT_ERRNO(ENOTTY, ioctl(self->vm, GH_GET_INFO, &info));
	EXPECT_ERRNO(ENOTTY, ioctl(vcpu, GH_GET_INFO, &info));
	EXPECT_ERRNO(ENOTTY, ioctl(self->dev, _IOC(_IOC_READ, 'G', 0x10, size),
				   &info));
	EXPECT_ERRNO(ENOTTY, ioctl(self->dev, _IOC(_IOC_WRITE, 'G', 0x10,
						   size), &info));
	EXPECT_ERRNO(ENOTTY, ioctl(self->dev, _IO('G', 0x10), &info));
	close(vcpu);
}

/* ---- GH_VM_GET_STATUS: its argument ---- */

/* Size of the first version of struct gh_vm_status */
#define STATUS_SIZE_VER0	offsetof(struct gh_vm_status, start_reason)

TEST_F(info, status_sizes)
{
	struct {
		struct gh_vm_status status;
		unsigned char tail[TAIL];
	} arg;
	size_t size;

	for (size = 0; size < STATUS_SIZE_VER0; size++)
		EXPECT_ERRNO(ENOTTY, ioctl(self->vm,
					   resized(GH_VM_GET_STATUS, size),
					   &arg));
	for (size = STATUS_SIZE_VER0; size < sizeof(arg); size++) {
		/* Its content on entry does not matter */
		memset(&arg, 0xee, sizeof(arg));
		EXPECT_EQ(0, ioctl(self->vm, resized(GH_VM_GET_STATUS, size),
				   &arg));
		EXPECT_TRUE(all_zero(&arg, size))
			TH_LOG("a VM that is new has a status of zeroes");
		EXPECT_EQ(0xee, ((unsigned char *)&arg)[size]);
	}
}

TEST_F(info, status_pointers)
{
	unsigned char *edge = edge_of_page(self->page);
	size_t size = sizeof(struct gh_vm_status);
	unsigned int i;

	ASSERT_NE(NULL, edge);
	EXPECT_EQ(0, ioctl(self->vm, GH_VM_GET_STATUS, edge - size));
	for (i = 1; i <= size; i++)
		EXPECT_ERRNO(EFAULT, ioctl(self->vm, GH_VM_GET_STATUS,
					   edge - size + i));
	EXPECT_ERRNO(ENOTTY, ioctl(self->dev, GH_VM_GET_STATUS, edge - size));
	munmap(edge - self->page, self->page);
}

/* ---- how far a start has got ---- */

static const struct {
	struct message msg;
	__u32 step;
} steps[] = {
	{ { RM_VM_ALLOC_VMID_MSG }, GH_VM_START_STEP_VMID },
	{ { RM_MEM_LEND_MSG }, GH_VM_START_STEP_MEMORY },
	{ { RM_MEM_SHARE_MSG, { .shm_size = GUEST_SHM_SIZE } },
	  GH_VM_START_STEP_MEMORY },
	{ { RM_MEM_APPEND_MSG, .scattered = true },
	  GH_VM_START_STEP_MEMORY },
	{ { RM_VM_CONFIG_IMAGE_MSG }, GH_VM_START_STEP_CONFIGURE },
	{ { RM_VM_INIT_MSG }, GH_VM_START_STEP_INIT },
	{ { RM_VM_GET_HYP_RESOURCES_MSG }, GH_VM_START_STEP_RESOURCES },
	{ { RM_VM_START_MSG }, GH_VM_START_STEP_START },
};

FIXTURE(step)
{
	struct leak_state leak;
	struct vm vm;
	void *scattered;
	struct param timeout;
};

FIXTURE_SETUP(step)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(message_setup(&self->vm, &self->leak, &self->scattered));
}

FIXTURE_TEARDOWN(step)
{
	message_teardown(&self->vm, &self->timeout, self->scattered);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

static void expect_failed(struct __test_metadata *_metadata, struct vm *vm,
			  __u32 step, int error, __u32 rm_error)
{
	struct pollfd pfd = { .fd = vm->fd, .events = POLLIN };
	struct gh_vm_status status;

	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(error, status.start_errno);
	EXPECT_EQ(step, status.start_step);
	EXPECT_EQ(rm_error, status.rm_error)
		TH_LOG("step %u", step);
	EXPECT_EQ(0, status.vmid);
	EXPECT_EQ(0, status.exit_type);
	EXPECT_EQ(0, status.reason_size);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLHUP, pfd.revents);
}

TEST_F_TIMEOUT(step, refused, CONTROL_TIMEOUT)
{
	static const struct {
		__u32 code;
		int error;
	} codes[] = {
		{ RM_ERR_DENIED, EPERM },
		{ RM_ERR_IN_USE, EBUSY },
		{ RM_ERR_UNIMPLEMENTED, EOPNOTSUPP },
		{ 0x12345678, EIO },
	};
	unsigned int i, c;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		for (c = 0; c < ARRAY_SIZE(codes); c++) {
			ASSERT_CALL(message_build(&self->vm, &steps[i].msg,
						  self->scattered));
			message_fault(&steps[i].msg, RM_FAULT_FAIL,
				      codes[c].code);
			EXPECT_ERRNO(codes[c].error, gh_start(self->vm.fd));
			expect_failed(_metadata, &self->vm, steps[i].step,
				      codes[c].error, codes[c].code);
			vm_close(&self->vm);
		}
	}
}

/* A message that was not sent leaves no error code of the resource manager */
TEST_F_TIMEOUT(step, not_asked, CONTROL_TIMEOUT)
{
	/* Numbers of the messages of the simplest VM */
	static const __u32 steps[] = {
		GH_VM_START_STEP_VMID, GH_VM_START_STEP_MEMORY,
		GH_VM_START_STEP_CONFIGURE, GH_VM_START_STEP_INIT,
		GH_VM_START_STEP_RESOURCES, GH_VM_START_STEP_START,
	};
	struct vm_config cfg = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
		testctl_hvc_fault(HVC_MSGQ_SEND, i + 1, 30);
		EXPECT_ERRNO(EIO, gh_start(self->vm.fd));
		expect_failed(_metadata, &self->vm, steps[i], EIO, 0);
		vm_close(&self->vm);
	}
}

TEST_F_TIMEOUT(step, lost_reply, CONTROL_TIMEOUT)
{
	static const struct message msg = { RM_VM_INIT_MSG };

	ASSERT_CALL(short_timeout(&self->timeout));
	ASSERT_CALL(message_build(&self->vm, &msg, NULL));
	message_fault(&msg, RM_FAULT_DROP_REPLY, 0);
	EXPECT_ERRNO(ETIMEDOUT, gh_start(self->vm.fd));
	expect_failed(_metadata, &self->vm, GH_VM_START_STEP_INIT, ETIMEDOUT,
		      0);
}

static void *start_thread(void *data)
{
	const struct vm *vm = data;

	return (void *)(long)(gh_start(vm->fd) ? errno : 0);
}

struct goal {
	int fd;
	__u32 step;
	struct gh_vm_status status;
};

static bool step_reached(void *arg)
{
	struct goal *goal = arg;

	return gh_status(goal->fd, &goal->status) ||
	       goal->status.start_step >= goal->step;
}

/* The status can be read during a start */
TEST_F_TIMEOUT(step, meanwhile, CONTROL_TIMEOUT)
{
	struct gh_vm_status status;
	struct pollfd pfd = { .events = POLLIN };
	unsigned int i;
	pthread_t thread;
	void *result;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		struct goal goal = { .step = steps[i].step };

		ASSERT_CALL(message_build(&self->vm, &steps[i].msg,
					  self->scattered));
		goal.fd = self->vm.fd;
		pfd.fd = self->vm.fd;
		testctl_hold(steps[i].msg.id, 1);
		ASSERT_EQ(0, pthread_create(&thread, NULL, start_thread,
					    &self->vm));
		EXPECT_TRUE(wait_until(step_reached, &goal, LONG_MS));
		EXPECT_EQ(0, gh_status(self->vm.fd, &status));
		EXPECT_EQ(0, poll(&pfd, 1, 0));
		EXPECT_EQ(GH_VM_STATE_STARTING, status.state);
		EXPECT_EQ(steps[i].step, status.start_step);
		EXPECT_EQ(0, status.start_errno);
		EXPECT_EQ(0, status.rm_error);
		EXPECT_EQ(steps[i].step > GH_VM_START_STEP_VMID,
			  status.vmid != 0);
		testctl_release();
		ASSERT_EQ(0, pthread_join(thread, &result));
		EXPECT_EQ(NULL, result);

		ASSERT_CALL(gh_status(self->vm.fd, &status));
		EXPECT_EQ(GH_VM_STATE_RUNNING, status.state);
		EXPECT_EQ(GH_VM_START_STEP_DONE, status.start_step);
		EXPECT_NE(0, status.vmid);
		ASSERT_CALL(vm_finish(&self->vm, &status));
		EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
		/* The VM keeps its VMID until it is closed */
		EXPECT_NE(0, status.vmid);
		EXPECT_EQ(GH_VM_START_STEP_DONE, status.start_step);
		EXPECT_EQ(0, status.rm_error);
		vm_close(&self->vm);
	}
}

/* ---- every kind of end ---- */

FIXTURE(ending)
{
	struct leak_state leak;
	struct vm vm;
};

FIXTURE_VARIANT(ending)
{
	struct vm_config cfg;
	struct guest_op op;
	__u16 type;
};

FIXTURE_VARIANT_ADD(ending, off)
{
	.op = G_OFF,
	.type = GH_VM_EXIT_PLATFORM_OFF,
};

FIXTURE_VARIANT_ADD(ending, off_shared)
{
	.op = G_OFF,
	.type = GH_VM_EXIT_PLATFORM_OFF,
	.cfg = { .shared = true },
};

FIXTURE_VARIANT_ADD(ending, off_scheduled)
{
	.op = G_OFF,
	.type = GH_VM_EXIT_PLATFORM_OFF,
	.cfg = { .scheduled = true },
};

FIXTURE_VARIANT_ADD(ending, reset)
{
	.op = G_RESET,
	.type = GH_VM_EXIT_PLATFORM_RESET,
};

FIXTURE_VARIANT_ADD(ending, reset_shared)
{
	.op = G_RESET,
	.type = GH_VM_EXIT_PLATFORM_RESET,
	.cfg = { .shared = true },
};

FIXTURE_VARIANT_ADD(ending, reset_scheduled)
{
	.op = G_RESET,
	.type = GH_VM_EXIT_PLATFORM_RESET,
	.cfg = { .scheduled = true },
};

FIXTURE_VARIANT_ADD(ending, reset2)
{
	.op = G_RESET2(0x80000001, 77),
	.type = GH_VM_EXIT_PLATFORM_RESET2,
};

FIXTURE_VARIANT_ADD(ending, reset2_shared)
{
	.op = G_RESET2(0x80000001, 77),
	.type = GH_VM_EXIT_PLATFORM_RESET2,
	.cfg = { .shared = true },
};

FIXTURE_VARIANT_ADD(ending, reset2_scheduled)
{
	.op = G_RESET2(0x80000001, 77),
	.type = GH_VM_EXIT_PLATFORM_RESET2,
	.cfg = { .scheduled = true },
};

FIXTURE_VARIANT_ADD(ending, fault)
{
	.op = G_FAULT,
	.type = GH_VM_EXIT_SW_ERROR,
};

FIXTURE_VARIANT_ADD(ending, fault_shared)
{
	.op = G_FAULT,
	.type = GH_VM_EXIT_SW_ERROR,
	.cfg = { .shared = true },
};

FIXTURE_VARIANT_ADD(ending, fault_scheduled)
{
	.op = G_FAULT,
	.type = GH_VM_EXIT_SW_ERROR,
	.cfg = { .scheduled = true },
};

FIXTURE_SETUP(ending)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &variant->cfg,
			     VM_HAS_VCPUS));
	vm_program(&self->vm, 0, variant->op);
}

FIXTURE_TEARDOWN(ending)
{
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

struct waiter {
	int fd;
	short revents;
	pthread_t thread;
};

static void *wait_for_end(void *data)
{
	struct waiter *waiter = data;
	struct pollfd pfd = { .fd = waiter->fd, .events = POLLIN };

	if (poll(&pfd, 1, LONG_MS) == 1)
		waiter->revents = pfd.revents;
	return NULL;
}

TEST_F_TIMEOUT(ending, status, CONTROL_TIMEOUT)
{
	bool crash = variant->type == GH_VM_EXIT_SW_ERROR, noticed = true;
	__u16 type = variant->type;
	struct waiter waiters[3];
	struct gh_vm_status status;
	unsigned int i;

	/* Threads that wait since before the start are woken too */
	for (i = 0; i < ARRAY_SIZE(waiters); i++) {
		waiters[i] = (struct waiter){ .fd = self->vm.fd };
		ASSERT_EQ(0, pthread_create(&waiters[i].thread, NULL,
					    wait_for_end, &waiters[i]));
	}
	ASSERT_CALL(gh_start(self->vm.fd));
	if (crash)
		ASSERT_CALL(vm_finish_faulting(&self->vm, &status, &noticed));
	else
		ASSERT_CALL(vm_finish(&self->vm, &status));
	if (!noticed) {
		crash = false;
		type = GH_VM_EXIT_FORCED_STOP;
	}
	EXPECT_TRUE(vm_ended(&status, type));
	for (i = 0; i < ARRAY_SIZE(waiters); i++) {
		pthread_join(waiters[i].thread, NULL);
		EXPECT_EQ(POLLIN | POLLHUP, waiters[i].revents);
	}

	EXPECT_EQ(type == GH_VM_EXIT_PLATFORM_RESET2 ? 16 : 4,
		  status.reason_size);
	EXPECT_TRUE(all_zero(status.reason + status.reason_size,
			     sizeof(status.reason) - status.reason_size));
	EXPECT_NE(0, status.vmid);
	EXPECT_EQ(0, status.start_errno);
	EXPECT_EQ(0, status.rm_error);
	if (self->vm.cfg.scheduled)
		return;
	/* Every further GH_VCPU_RUN reports the same */
	for (i = 0; i < 2; i++) {
		struct gh_vcpu_run *run = self->vm.run[0];

		memset(run, 0, sizeof(*run));
		ASSERT_EQ(GH_VCPU_EXIT_STATUS, vm_run_once(&self->vm, 0));
		EXPECT_EQ(crash ? GH_VM_STATUS_CRASHED : GH_VM_STATUS_EXITED,
			  run->status.status);
		EXPECT_EQ(type, run->status.exit_info.type);
		EXPECT_EQ(status.reason_size,
			  run->status.exit_info.reason_size);
		EXPECT_EQ(0, memcmp(run->status.exit_info.reason,
				    status.reason, 4));
	}
}

GUNYAH_TEST_MAIN
