// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah with a resource manager that no longer answers
 *
 * Everything here needs the test hypervisor, which does that on purpose.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "message.h"
#include "testctl.h"

/*
 * A started VM whose guest ends as soon as it runs. The resource manager
 * reports that without being asked, which shows the driver that it is back.
 */
static int beacon_start(struct vm *beacon)
{
	struct vm_config cfg = {};

	return vm_build(beacon, &cfg, VM_STARTED);
}

static int beacon_end(struct vm *beacon)
{
	struct gh_vm_status status;
	int ret = 0;

	if (beacon->fd < 0)
		return 0;
	if (vm_finish(beacon, &status) ||
	    !vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF))
		ret = -1;
	vm_close(beacon);
	return ret;
}

/* Number of new lines of the kernel log with @text */
static unsigned int log_lines(int fd, const char *text)
{
	unsigned int n = 0;
	char line[1024];
	ssize_t len;

	for (;;) {
		len = read(fd, line, sizeof(line) - 1);
		if (len <= 0) {
			if (len < 0 && errno == EPIPE)
				continue;
			return n;
		}
		line[len] = '\0';
		if (strstr(line, text))
			n++;
	}
}

/* Calls fail without waiting for a timeout, and the log has said so once */
static bool fails_at_once(int log)
{
	unsigned int i, lines;
	int dev, fd;

	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return false;
	for (i = 0; i < 20; i++) {
		fd = gh_create_vm(dev);
		if (fd >= 0 || errno != ESHUTDOWN) {
			fprintf(stderr, "# create: %d %s\n", fd,
				strerror(errno));
			close(fd);
			close(dev);
			return false;
		}
	}
	close(dev);
	lines = log_lines(log, "does not answer any more");
	if (lines != 1)
		fprintf(stderr, "# %u lines in the log\n", lines);
	return lines == 1;
}

static int open_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

FIXTURE(silence)
{
	struct leak_state leak;
	struct vm vm;
	struct vm beacon;
	void *scattered;
	struct param timeout;
	int log;
};

FIXTURE_VARIANT(silence)
{
	struct message msg;
	bool at_end;
};

FIXTURE_VARIANT_ADD(silence, alloc)
{
	.msg = { .id = RM_VM_ALLOC_VMID_MSG },
};

FIXTURE_VARIANT_ADD(silence, share)
{
	.msg = {
		.id = RM_MEM_SHARE_MSG,
		.hides = true,
		.cfg = { .shm_size = GUEST_SHM_SIZE },
	},
};

FIXTURE_VARIANT_ADD(silence, lend)
{
	.msg = { .id = RM_MEM_LEND_MSG, .hides = true },
};

FIXTURE_VARIANT_ADD(silence, append)
{
	.msg = {
		.id = RM_MEM_APPEND_MSG,
		.scattered = true,
	},
};

FIXTURE_VARIANT_ADD(silence, config)
{
	.msg = { .id = RM_VM_CONFIG_IMAGE_MSG },
};

FIXTURE_VARIANT_ADD(silence, init)
{
	.msg = { .id = RM_VM_INIT_MSG },
};

FIXTURE_VARIANT_ADD(silence, resources)
{
	.msg = { .id = RM_VM_GET_HYP_RESOURCES_MSG },
};

FIXTURE_VARIANT_ADD(silence, start)
{
	.msg = { .id = RM_VM_START_MSG },
};

FIXTURE_VARIANT_ADD(silence, end)
{
	.msg = { .id = 0 },
	.at_end = true,
};

FIXTURE_VARIANT_ADD(silence, stop)
{
	.msg = { .id = RM_VM_STOP_MSG },
	.at_end = true,
};

FIXTURE_VARIANT_ADD(silence, reset)
{
	.msg = { .id = RM_VM_RESET_MSG },
	.at_end = true,
};

FIXTURE_VARIANT_ADD(silence, reclaim)
{
	.msg = { .id = RM_MEM_RECLAIM_MSG },
	.at_end = true,
};

FIXTURE_VARIANT_ADD(silence, reclaim_shared)
{
	.msg = {
		.id = RM_MEM_RECLAIM_MSG,
		.nth = 2,
		.cfg = { .shm_size = GUEST_SHM_SIZE },
	},
	.at_end = true,
};

FIXTURE_VARIANT_ADD(silence, dealloc)
{
	.msg = { .id = RM_VM_DEALLOC_VMID_MSG },
	.at_end = true,
};

FIXTURE_SETUP(silence)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(message_setup(&self->vm, &self->leak, &self->scattered));
	vm_init(&self->beacon);
	ASSERT_CALL(beacon_start(&self->beacon));
	self->log = open_log();
	ASSERT_LE(0, self->log);
}

/* The resource manager comes back and returns everything */
FIXTURE_TEARDOWN(silence)
{
	testctl_reset();
	param_restore(&self->timeout);
	EXPECT_EQ(0, beacon_end(&self->beacon));
	message_teardown(&self->vm, &self->timeout, self->scattered);
	EXPECT_EQ(0, vm_one_life());
	if (!variant->msg.hides)
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	close(self->log);
}

TEST_F_TIMEOUT(silence, is_bounded, FAULT_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	long long ms = now_ms();
	struct vm other;

	vm_init(&other);
	ASSERT_CALL(vm_build(&other, &cfg, VM_HAS_VCPUS));
	ASSERT_CALL(short_timeout(&self->timeout));
	if (variant->at_end) {
		ASSERT_CALL(message_build_running(&self->vm, &variant->msg));
		message_fault(&variant->msg, RM_FAULT_DIE, 0);
	} else {
		ASSERT_CALL(message_build(&self->vm, &variant->msg, self->scattered));
		message_fault(&variant->msg, RM_FAULT_DIE, 0);
		EXPECT_EQ(-1, gh_start(self->vm.fd));
		EXPECT_TRUE(errno == ETIMEDOUT || errno == ESHUTDOWN)
			TH_LOG("%s", strerror(errno));
	}
	vm_close(&self->vm);
	EXPECT_GE(limit_ms(20000), now_ms() - ms);
	EXPECT_EQ(1, testctl_read(GH_TESTCTL_RM_DEAD));
	EXPECT_TRUE(fails_at_once(self->log));

	/* Such a start can be repeated */
	EXPECT_ERRNO(ESHUTDOWN, gh_start(other.fd));
	EXPECT_EQ(0, gh_status(other.fd, &status));
	EXPECT_EQ(GH_VM_STATE_NEW, status.state);
	testctl_reset();
	EXPECT_EQ(0, beacon_end(&self->beacon));
	param_restore(&self->timeout);
	EXPECT_EQ(0, gh_start(other.fd));
	EXPECT_EQ(0, vm_finish(&other, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	vm_close(&other);
}

static int start_forever(const struct message *msg, void *scattered)
{
	struct vm vm;

	vm_init(&vm);
	if (message_build(&vm, msg, scattered))
		return 1;
	gh_start(vm.fd);
	return 2;
}

static bool is_dead(void *arg)
{
	return testctl_read(GH_TESTCTL_RM_DEAD);
}

/* A killed process does not wait for the timeout */
TEST_F_TIMEOUT(silence, killed_is_reaped, FAULT_TIMEOUT)
{
	long long start;
	int go[2], status;
	pid_t pid;

	ASSERT_CALL(param_set(&self->timeout, TIMEOUT_PARAM, "5000"));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (!variant->at_end) {
			message_fault(&variant->msg, RM_FAULT_DIE, 0);
			_exit(start_forever(&variant->msg, self->scattered));
		}
		vm_close(&self->vm);
		if (message_build_running(&self->vm, &variant->msg))
			_exit(1);
		message_fault(&variant->msg, RM_FAULT_DIE, 0);
		if (write(go[1], "", 1) != 1)
			_exit(2);
		vm_run_once(&self->vm, 0);
		_exit(3);
	}
	ASSERT_TRUE(variant->at_end ? read(go[0], &status, 1) == 1 :
				      wait_until(is_dead, NULL, LONG_MS));
	start = now_ms();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status))
		TH_LOG("status %x", status);
	EXPECT_GE(reap_limit_ms(), now_ms() - start);
	close(go[0]);
	close(go[1]);
}

GUNYAH_TEST_MAIN
