// SPDX-License-Identifier: GPL-2.0-only
/*
 * GH_VM_SET_BOOT_CONTEXT: registers that a Gunyah VM boots with
 *
 * Some of it works with every resource manager. The rest needs one that knows a
 * message for it: the test hypervisor's does with gunyah_hyp.boot_context=1 or
 * gunyah_hyp.generation=2024 on the command line.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "testctl.h"

#define BOOT_TIMEOUT	120

#define RM_VM_SET_BOOT_MSG	0x56000031

#define X(n)	GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_X, n)
#define PC	GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_PC, 0)
#define SP(n)	GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_SP, n)

#define NUM_X	31

/* Where the guest leaves its registers in the second region */
struct boot_regs {
	__u64 x[NUM_X];
	__u64 sp[2];
	__u64 pc;
	__u64 done;
};

/*
 * Leaves its registers there and powers off. Position independent, without
 * stack and MMU. 0x100000000 is GUEST_SHM_BASE, 0x84000008 PSCI SYSTEM_OFF.
 */
static const __u32 boot_code[] = {
	0xd518d080,	/* msr tpidr_el1, x0 */
	0xd2c00020,	/* mov x0, #0x100000000 */
	0xf9000401,	/* str x1, [x0, #8] */
	0xa9010c02,	/* stp x2, x3, [x0, #16] */
	0xa9021404,	/* stp x4, x5, [x0, #32] */
	0xa9031c06,	/* stp x6, x7, [x0, #48] */
	0xa9042408,	/* stp x8, x9, [x0, #64] */
	0xa9052c0a,	/* stp x10, x11, [x0, #80] */
	0xa906340c,	/* stp x12, x13, [x0, #96] */
	0xa9073c0e,	/* stp x14, x15, [x0, #112] */
	0xa9084410,	/* stp x16, x17, [x0, #128] */
	0xa9094c12,	/* stp x18, x19, [x0, #144] */
	0xa90a5414,	/* stp x20, x21, [x0, #160] */
	0xa90b5c16,	/* stp x22, x23, [x0, #176] */
	0xa90c6418,	/* stp x24, x25, [x0, #192] */
	0xa90d6c1a,	/* stp x26, x27, [x0, #208] */
	0xa90e741c,	/* stp x28, x29, [x0, #224] */
	0xf900781e,	/* str x30, [x0, #240] */
	0xd538d081,	/* mrs x1, tpidr_el1 */
	0xf9000001,	/* str x1, [x0] */
	0xd5384101,	/* mrs x1, sp_el0 */
	0x910003e2,	/* mov x2, sp */
	0xa90f8801,	/* stp x1, x2, [x0, #248] */
	0x10fffd21,	/* adr x1, start */
	0xd2800022,	/* mov x2, #0x1 */
	0xa9108801,	/* stp x1, x2, [x0, #264] */
	0x52b08000,	/* mov w0, #0x84000000 */
	0x11002000,	/* add w0, w0, #0x8 */
	0xd4000002,	/* hvc #0x0 */
	0x14000000,	/* b . */
};

static int set_reg(int vm, __u32 reg, __u64 value)
{
	struct gh_vm_boot_context arg = { .reg = reg, .value = value };

	return ioctl(vm, GH_VM_SET_BOOT_CONTEXT, &arg);
}

/* Whether the resource manager knows the message */
static bool has_message(void)
{
	return hyp_word("gunyah_hyp.boot_context=1") ||
	       hyp_word("gunyah_hyp.generation=2024");
}

FIXTURE(boot)
{
	struct leak_state leak;
	struct vm vm;
	struct param timeout;
};

FIXTURE_VARIANT(boot)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(boot, lent)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE },
};

FIXTURE_VARIANT_ADD(boot, shared)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE, .shared = true },
};

FIXTURE_VARIANT_ADD(boot, scheduled)
{
	.cfg = { .shm_size = GUEST_SHM_SIZE, .scheduled = true },
};

FIXTURE_SETUP(boot)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	ASSERT_CALL(vm_setup(&self->vm, &self->leak, &variant->cfg,
			     VM_HAS_VCPUS));
	/* This runs if the PC is ignored */
	vm_program(&self->vm, 0, G_RESET);
}

FIXTURE_TEARDOWN(boot)
{
	testctl_reset();
	param_restore(&self->timeout);
	vm_close(&self->vm);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

/* ---- arguments ---- */

TEST_F(boot, arguments)
{
	static const __u32 bad[] = {
		X(32), X(33), X(255), PC + 1, PC + 255, SP(3), SP(255),
		GH_VM_BOOT_CONTEXT_REG(3, 0), GH_VM_BOOT_CONTEXT_REG(255, 0),
		GH_VM_BOOT_CONTEXT_REG(256, 0), 1U << 16, 1U << 31, ~0U,
	};
	struct gh_vm_boot_context arg = { .reg = X(0) };
	size_t size = sizeof(arg);
	int fd = self->vm.fd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERRNO(EINVAL, set_reg(fd, bad[i], 0));
	for (i = 0; i < 32; i++) {
		arg.padding = 1U << i;
		EXPECT_ERRNO(EINVAL, ioctl(fd, GH_VM_SET_BOOT_CONTEXT, &arg));
	}
	arg.padding = 0;
	EXPECT_ERRNO(EFAULT, ioctl(fd, GH_VM_SET_BOOT_CONTEXT, NULL));
	EXPECT_ERRNO(ENOTTY, ioctl(self->vm.vcpu[0], GH_VM_SET_BOOT_CONTEXT,
				   &arg));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOC(_IOC_WRITE, 'G', 0xa, size + 8),
				   &arg));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, _IOC(_IOC_WRITE, 'G', 0xa, size - 8),
				   &arg));

	for (i = 0; i < 32; i++)
		EXPECT_EQ(0, set_reg(fd, X(i), ~0ULL));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, set_reg(fd, SP(i), ~0ULL));
	EXPECT_EQ(0, set_reg(fd, PC, ~0ULL));
	EXPECT_EQ(0, set_reg(fd, PC, 0));
}

/* Registers can be set before there is any memory */
TEST_F(boot, without_memory)
{
	struct vm_config cfg = {};
	struct vm vm;

	vm_init(&vm);
	ASSERT_CALL(vm_build(&vm, &cfg, VM_CREATED));
	EXPECT_EQ(0, set_reg(vm.fd, PC, GUEST_BASE));
	EXPECT_EQ(0, set_reg(vm.fd, X(7), 8));
	vm_close(&vm);
}

TEST_F_TIMEOUT(boot, too_late, BOOT_TIMEOUT)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_start(self->vm.fd));
	EXPECT_ERRNO(EINVAL, set_reg(self->vm.fd, PC, GUEST_BASE));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_RESET));
	EXPECT_ERRNO(EINVAL, set_reg(self->vm.fd, PC, GUEST_BASE));
}

/* A start that failed repeatably does not end the configuration */
TEST_F_TIMEOUT(boot, not_too_late, BOOT_TIMEOUT)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_set_dtb(self->vm.fd, GUEST_BASE - 0x1000, 0x1000));
	EXPECT_ERRNO(EINVAL, gh_start(self->vm.fd));
	EXPECT_EQ(0, set_reg(self->vm.fd, PC, GUEST_BASE));
	ASSERT_CALL(gh_set_dtb(self->vm.fd, GUEST_BASE + GUEST_DTB,
			       GUEST_DTB_SIZE));
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_RESET));
}

/* ---- what works everywhere ---- */

static void put_code(unsigned char *to)
{
	memcpy(to, boot_code, sizeof(boot_code));
}

/* Start the VM and let it run to its end, then read what it has left */
static void run(struct __test_metadata *_metadata, struct vm *vm,
		struct boot_regs *regs)
{
	struct gh_vm_status status;

	ASSERT_CALL(gh_start(vm->fd));
	ASSERT_CALL(vm_finish(vm, &status));
	memcpy(regs, vm->shm, sizeof(*regs));
	ASSERT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(1, regs->done);
}

static void expect_defaults(struct __test_metadata *_metadata,
			    const struct boot_regs *regs)
{
	unsigned int i;

	EXPECT_EQ(GUEST_BASE + GUEST_DTB, regs->x[0]);
	for (i = 1; i < NUM_X; i++)
		EXPECT_EQ(0, regs->x[i])
			TH_LOG("x%u", i);
	EXPECT_EQ(0, regs->sp[0]);
	EXPECT_EQ(0, regs->sp[1]);
}

TEST_F_TIMEOUT(boot, default_context, BOOT_TIMEOUT)
{
	struct boot_regs regs;

	SKIP_WITHOUT_REAL_GUEST(return);
	put_code(self->vm.mem);
	run(_metadata, &self->vm, &regs);
	EXPECT_EQ(GUEST_BASE, regs.pc);
	expect_defaults(_metadata, &regs);
}

TEST_F_TIMEOUT(boot, pc_in_image, BOOT_TIMEOUT)
{
	/* First page, no page's start, last instructions */
	static const __u64 offsets[] = {
		0, GUEST_FREE, GUEST_FREE + 0x1234,
		GUEST_SIZE - sizeof(boot_code),
	};
	struct boot_regs regs;
	unsigned int i;

	SKIP_WITHOUT_REAL_GUEST(return);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		__u64 pc = GUEST_BASE + offsets[i];

		put_code(self->vm.mem + offsets[i]);
		/* The last call counts */
		ASSERT_CALL(set_reg(self->vm.fd, PC, 0x1000));
		ASSERT_CALL(set_reg(self->vm.fd, X(0), 0x1000));
		ASSERT_CALL(set_reg(self->vm.fd, PC, pc));
		ASSERT_CALL(set_reg(self->vm.fd, X(0),
				    GUEST_BASE + GUEST_DTB));
		run(_metadata, &self->vm, &regs);
		EXPECT_EQ(pc, regs.pc);
		expect_defaults(_metadata, &regs);
		vm_close(&self->vm);
		ASSERT_CALL(vm_build(&self->vm, &variant->cfg, VM_HAS_VCPUS));
		vm_program(&self->vm, 0, G_RESET);
	}
}

/* ---- what does not ---- */

static void expect_failed(struct __test_metadata *_metadata, struct vm *vm,
			  int error, __u32 rm_error)
{
	struct gh_vm_status status;

	EXPECT_ERRNO(error, gh_start(vm->fd));
	EXPECT_ERRNO(error, gh_start(vm->fd));
	ASSERT_CALL(gh_status(vm->fd, &status));
	EXPECT_EQ(GH_VM_STATE_FAILED, status.state);
	EXPECT_EQ(error, status.start_errno);
	EXPECT_EQ(GH_VM_START_STEP_CONTEXT, status.start_step);
	EXPECT_EQ(rm_error, status.rm_error);
	EXPECT_EQ(0, status.vmid);
	EXPECT_ERRNO(EINVAL, set_reg(vm->fd, PC, GUEST_BASE));
}

TEST_F_TIMEOUT(boot, unknown_message, BOOT_TIMEOUT)
{
	const struct {
		__u32 reg;
		__u64 value;
	} regs[] = {
		{ X(0), GUEST_BASE }, { X(0), 0 }, { X(1), 1 }, { X(1), 0 },
		{ X(30), 1 }, { SP(0), GUEST_BASE }, { SP(1), GUEST_BASE },
		{ PC, GUEST_BASE - 4 }, { PC, GUEST_BASE + GUEST_SIZE },
		{ PC, 0 }, { PC, ~3ULL }, { PC, GUEST_SHM_BASE },
	};
	unsigned char *free;
	unsigned int i;

	if (has_message())
		SKIP(return, "the resource manager knows the message");
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		free = self->vm.mem + GUEST_FREE;
		pattern_fill(free, GUEST_SIZE - GUEST_FREE, i);
		ASSERT_CALL(set_reg(self->vm.fd, regs[i].reg, regs[i].value));
		expect_failed(_metadata, &self->vm, EOPNOTSUPP,
			      RM_ERR_UNIMPLEMENTED);
		/* All memory is back, unchanged */
		EXPECT_TRUE(pattern_check(free, GUEST_SIZE - GUEST_FREE, i));
		vm_close(&self->vm);
		EXPECT_TRUE(leak_check(&self->leak, 0));
		ASSERT_CALL(vm_build(&self->vm, &variant->cfg, VM_HAS_VCPUS));
	}
}

/* ---- what works with a resource manager that knows the message ---- */

TEST_F_TIMEOUT(boot, all_registers, BOOT_TIMEOUT)
{
	struct boot_regs regs;
	unsigned int i;

	if (!has_message())
		SKIP(return, "the resource manager does not know the message");
	put_code(self->vm.mem + GUEST_FREE);
	ASSERT_CALL(set_reg(self->vm.fd, PC, GUEST_BASE + GUEST_FREE));
	for (i = 0; i < NUM_X; i++) {
		ASSERT_CALL(set_reg(self->vm.fd, X(i), 1));
		ASSERT_CALL(set_reg(self->vm.fd, X(i),
				    ~i * GUEST_PATTERN_STEP));
	}
	ASSERT_CALL(set_reg(self->vm.fd, SP(0), GUEST_BASE + 0x100));
	ASSERT_CALL(set_reg(self->vm.fd, SP(1), GUEST_BASE + 0x200));
	run(_metadata, &self->vm, &regs);
	EXPECT_EQ(GUEST_BASE + GUEST_FREE, regs.pc);
	for (i = 0; i < NUM_X; i++)
		EXPECT_EQ(~i * GUEST_PATTERN_STEP, regs.x[i])
			TH_LOG("x%u", i);
	EXPECT_EQ(GUEST_BASE + 0x100, regs.sp[0]);
	EXPECT_EQ(GUEST_BASE + 0x200, regs.sp[1]);
}

/* The PC in the second region, and any X0 */
TEST_F_TIMEOUT(boot, pc_elsewhere, BOOT_TIMEOUT)
{
	struct boot_regs regs;

	if (!has_message())
		SKIP(return, "the resource manager does not know the message");
	put_code(self->vm.shm + 0x1000);
	ASSERT_CALL(set_reg(self->vm.fd, PC, GUEST_SHM_BASE + 0x1000));
	ASSERT_CALL(set_reg(self->vm.fd, X(0), 0x1234));
	run(_metadata, &self->vm, &regs);
	EXPECT_EQ(GUEST_SHM_BASE + 0x1000, regs.pc);
	EXPECT_EQ(0x1234, regs.x[0]);
	EXPECT_EQ(0, regs.x[1]);
}

TEST_F_TIMEOUT(boot, refused, BOOT_TIMEOUT)
{
	static const struct {
		__u32 code;
		int error;
	} codes[] = {
		{ RM_ERR_DENIED, EPERM },
		{ RM_ERR_VM_STATE, EBUSY },
		{ RM_ERR_ARGUMENT_INVALID, EINVAL },
		{ RM_ERR_UNIMPLEMENTED, EOPNOTSUPP },
		{ 0x12345678, EIO },
	};
	unsigned int i;

	SKIP_WITHOUT_TESTCTL(return);
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_CALL(set_reg(self->vm.fd, X(3), 3));
		testctl_fault(RM_FAULT_FAIL, RM_VM_SET_BOOT_MSG, 1,
			      codes[i].code);
		expect_failed(_metadata, &self->vm, codes[i].error,
			      codes[i].code);
		vm_close(&self->vm);
		EXPECT_TRUE(leak_check(&self->leak, 0));
		ASSERT_CALL(vm_build(&self->vm, &variant->cfg, VM_HAS_VCPUS));
	}
	ASSERT_CALL(short_timeout(&self->timeout));
	ASSERT_CALL(set_reg(self->vm.fd, X(3), 3));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_VM_SET_BOOT_MSG, 1, 0);
	expect_failed(_metadata, &self->vm, ETIMEDOUT, 0);
}

/* Registers that the call accepts and the resource manager does not have */
TEST_F_TIMEOUT(boot, no_such_register, BOOT_TIMEOUT)
{
	static const __u32 regs[] = { X(31), SP(2) };
	int error = has_message() ? EINVAL : EOPNOTSUPP;
	__u32 code = has_message() ? RM_ERR_ARGUMENT_INVALID :
				     RM_ERR_UNIMPLEMENTED;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		ASSERT_CALL(set_reg(self->vm.fd, regs[i], 0));
		expect_failed(_metadata, &self->vm, error, code);
		vm_close(&self->vm);
		ASSERT_CALL(vm_build(&self->vm, &variant->cfg, VM_HAS_VCPUS));
	}
}

GUNYAH_TEST_MAIN
