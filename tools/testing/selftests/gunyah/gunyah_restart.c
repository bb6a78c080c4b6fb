// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals while a configuration call waits for another call of its VM
 */
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define RESTART_TIMEOUT	120

#define LABEL		7
#define MMIO		0x10000ULL

/* A signal comes so often ... */
#define SIGNAL_US	20000
/* ... and the call may go on after so many */
#define SIGNALS		5

FIXTURE(restart)
{
	struct leak_state leak;
	struct vm vm;
	pthread_t starter;
	int fd;
	bool starting;
};

FIXTURE_VARIANT(restart)
{
	int flags;	/* of the signal's action */
};

FIXTURE_VARIANT_ADD(restart, sa_restart)
{
	.flags = SA_RESTART,
};

FIXTURE_VARIANT_ADD(restart, no_sa_restart)
{
	.flags = 0,
};

static unsigned int signals;

static void on_alarm(int sig)
{
	if (__atomic_add_fetch(&signals, 1, __ATOMIC_RELAXED) == SIGNALS)
		testctl_release();
}

static void *start_main(void *data)
{
	const struct vm *vm = data;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	gh_start(vm->fd);
	return NULL;
}

static void set_timer(unsigned int us)
{
	const struct itimerval value = {
		.it_value.tv_usec = us, .it_interval.tv_usec = us,
	};

	setitimer(ITIMER_REAL, &value, NULL);
}

FIXTURE_SETUP(restart)
{
	struct sigaction action = {
		.sa_handler = on_alarm, .sa_flags = variant->flags,
	};
	struct vm_config cfg = {};

	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	self->fd = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
}

FIXTURE_TEARDOWN(restart)
{
	set_timer(0);
	testctl_release();
	if (self->starting)
		pthread_join(self->starter, NULL);
	testctl_reset();
	vm_close(&self->vm);
	close(self->fd);
	EXPECT_TRUE(leak_check(&self->leak, LONG_MS));
}

/* Begin a start that goes on until it is released, and signals */
static void begin_start(struct __test_metadata *_metadata,
			struct _test_data_restart *self)
{
	struct gh_vm_status status = {};

	testctl_hold(RM_VM_INIT_MSG, 1);
	ASSERT_EQ(0, pthread_create(&self->starter, NULL, start_main,
				    &self->vm));
	self->starting = true;
	while (status.start_step < GH_VM_START_STEP_INIT) {
		ASSERT_CALL(gh_status(self->vm.fd, &status));
		usleep(1000);
	}
	__atomic_store_n(&signals, 0, __ATOMIC_RELAXED);
	set_timer(SIGNAL_US);
}

static int add_irqfd(struct vm *vm, int fd)
{
	return gh_add_irqfd(vm->fd, fd, LABEL, 0);
}

static int add_ioeventfd(struct vm *vm, int fd)
{
	return gh_add_ioeventfd(vm->fd, fd, MMIO, 4, 0, 0);
}

static int remove_vcpu(struct vm *vm, int fd)
{
	return gh_remove_vcpu(vm->fd, 0);
}

static int remove_unknown(struct vm *vm, int fd)
{
	return gh_remove_irqfd(vm->fd, LABEL + 1);
}

static int set_dtb(struct vm *vm, int fd)
{
	return gh_set_dtb(vm->fd, GUEST_BASE + GUEST_DTB, GUEST_DTB_SIZE);
}

static int set_boot_context(struct vm *vm, int fd)
{
	struct gh_vm_boot_context context = {
		.reg = GH_VM_BOOT_CONTEXT_REG(GH_VM_BOOT_CONTEXT_SET_X, 1),
	};

	return ioctl(vm->fd, GH_VM_SET_BOOT_CONTEXT, &context);
}

static int remove_region(struct vm *vm, int fd)
{
	return gh_remove_region(vm->fd, LABEL);
}

static const struct {
	const char *name;
	int (*fn)(struct vm *vm, int fd);
	int err;	/* what the call ends with, if it is not interrupted */
} calls[] = {
	{ "add an irqfd", add_irqfd, 0 },
	{ "add an ioeventfd", add_ioeventfd, 0 },
	{ "remove a vCPU", remove_vcpu, 0 },
	{ "remove what is not there", remove_unknown, ENOENT },
	{ "set the devicetree", set_dtb, EBUSY },
	{ "set a register", set_boot_context, EINVAL },
	{ "remove a region that is not there", remove_region, ENOENT },
};

TEST_F_TIMEOUT(restart, calls, RESTART_TIMEOUT)
{
	unsigned int i;
	int ret, err;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		begin_start(_metadata, self);
		ret = calls[i].fn(&self->vm, self->fd);
		err = ret ? errno : 0;
		set_timer(0);
		EXPECT_LT(0, __atomic_load_n(&signals, __ATOMIC_RELAXED))
			TH_LOG("%s", calls[i].name);
		EXPECT_EQ(variant->flags ? calls[i].err : EINTR, err)
			TH_LOG("%s: %s", calls[i].name, strerror(err));

		testctl_release();
		pthread_join(self->starter, NULL);
		self->starting = false;
		testctl_reset();
		vm_close(&self->vm);
		ASSERT_CALL(vm_build(&self->vm, &(struct vm_config){},
				     VM_HAS_VCPUS));
	}
}

GUNYAH_TEST_MAIN
