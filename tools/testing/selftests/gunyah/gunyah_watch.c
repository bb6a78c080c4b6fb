// SPDX-License-Identifier: GPL-2.0-only
/*
 * What scripts see of Gunyah in sysfs, and of VMs that start and end
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "testctl.h"

#define WATCH_TIMEOUT	120

#define SYSFS		"/sys/class/misc/gunyah/"
/* The kernel's own events, as opposed to those of udev */
#define KERNEL_EVENTS	1

FIXTURE(watch)
{
	struct leak_state leak;
	struct vm vm;
	int events;
};

FIXTURE_SETUP(watch)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK, .nl_groups = KERNEL_EVENTS,
	};

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	self->events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			      NETLINK_KOBJECT_UEVENT);
	ASSERT_LE(0, self->events);
	ASSERT_EQ(0, bind(self->events, (void *)&addr, sizeof(addr)));
}

FIXTURE_TEARDOWN(watch)
{
	vm_close(&self->vm);
	close(self->events);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

static unsigned long long attribute(const char *name)
{
	unsigned long long value = ~0ULL;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), SYSFS "%s", name);
	f = fopen(path, "re");
	if (!f)
		return ~0ULL;
	if (fscanf(f, "%lli", (long long *)&value) != 1)
		value = ~0ULL;
	fclose(f);
	return value;
}

TEST_F(watch, attributes)
{
	unsigned long long features[3] = {};
	struct gh_info info = {};
	char text[128] = "";
	int dev, fd, words;

	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dev);
	ASSERT_EQ(0, ioctl(dev, GH_GET_INFO, &info));
	close(dev);
	EXPECT_EQ(info.hyp_api & 0x3fff, attribute("api_version"));
	EXPECT_EQ(info.hyp_api >> 56, attribute("variant"));
	EXPECT_EQ(info.vmid, attribute("vmid"));

	fd = open(SYSFS "features", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_LT(0, read(fd, text, sizeof(text) - 1));
	close(fd);
	words = sscanf(text, "%llx %llx %llx\n", &features[0], &features[1],
		       &features[2]);
	EXPECT_EQ(3, words);
	EXPECT_EQ(0, memcmp(features, info.hyp_features, sizeof(features)));
	/* Nothing of them is secret, and nothing can be changed */
	fd = open(SYSFS "vmid", O_WRONLY | O_CLOEXEC);
	EXPECT_TRUE(fd < 0 || write(fd, "1", 1) < 0);
	if (fd >= 0)
		close(fd);
}

/* Who has told the driver of the resource manager */
TEST_F(watch, discovery)
{
	bool newer = hyp_word("gunyah_hyp.generation=2024");
	char text[32] = "";
	int fd;

	fd = open(SYSFS "discovery", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_LT(0, read(fd, text, sizeof(text) - 1));
	close(fd);
	if (testctl_present()) {
		EXPECT_STREQ(newer ? "info-area\n" : "devicetree\n", text);
	} else {
		EXPECT_TRUE(!strcmp(text, "info-area\n") ||
			    !strcmp(text, "devicetree\n"));
	}
}

/* The value of a variable of an event, or NULL */
static const char *variable(const char *event, size_t size, const char *name)
{
	size_t len = strlen(name), at;

	for (at = 0; at < size; at += strlen(event + at) + 1)
		if (!strncmp(event + at, name, len) && event[at + len] == '=')
			return event + at + len + 1;
	return NULL;
}

/**
 * struct news - an event of a VM
 * @what: "start" or "end", empty: none came
 * @vmid: VMID, or -1
 * @pid: PID of the VMM, or -1
 * @exit_type: GH_VM_EXIT_..., or -1
 */
struct news {
	char what[16];
	int vmid;
	int pid;
	int exit_type;
};

static int number(const char *event, size_t size, const char *name)
{
	const char *text = variable(event, size, name);

	return text ? atoi(text) : -1;
}

/* The next event of a VM, within some time */
static struct news next_news(int events, int ms)
{
	struct pollfd pfd = { .fd = events, .events = POLLIN };
	struct news news = { .vmid = -1 };
	const char *what, *name;
	char event[2048 + 1];
	ssize_t size;

	while (!news.what[0] && poll(&pfd, 1, ms) == 1) {
		size = recv(events, event, sizeof(event) - 1, 0);
		if (size <= 0)
			break;
		event[size] = 0;
		name = variable(event, size, "DEVNAME");
		what = variable(event, size, "EVENT");
		if (!what || !name || strcmp(name, "gunyah"))
			continue;
		snprintf(news.what, sizeof(news.what), "%s", what);
		news.vmid = number(event, size, "VMID");
		news.pid = number(event, size, "PID");
		news.exit_type = number(event, size, "EXIT_TYPE");
	}
	return news;
}

static bool has_come(int events, const char *what, int vmid, int exit_type)
{
	struct news news = next_news(events, LONG_MS);

	if (!strcmp(news.what, what) && news.vmid == vmid &&
	    news.pid == getpid() && news.exit_type == exit_type)
		return true;
	printf("# event '%s' VM %d pid %d type %d, expected '%s' VM %d type %d\n",
	       news.what, news.vmid, news.pid, news.exit_type, what, vmid,
	       exit_type);
	return false;
}

/* A VM that ends by itself: once, however it is closed later */
TEST_F_TIMEOUT(watch, exits, WATCH_TIMEOUT)
{
	const struct vm_config cfg = {};
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	vm_program(&self->vm, 0, G_RESET);
	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(has_come(self->events, "start", status.vmid, -1));
	ASSERT_CALL(vm_run(&self->vm, 0, NULL, NULL));
	EXPECT_TRUE(has_come(self->events, "end", status.vmid,
			     GH_VM_EXIT_PLATFORM_RESET));
	vm_close(&self->vm);
	EXPECT_STREQ("", next_news(self->events, 100).what);
}

TEST_F_TIMEOUT(watch, stopped, WATCH_TIMEOUT)
{
	const struct vm_config cfg = {};
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(has_come(self->events, "start", status.vmid, -1));
	ASSERT_CALL(gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_TRUE(has_come(self->events, "end", status.vmid,
			     status.exit_type));
}

/* One that is closed while it runs: nobody knows how it would have ended */
TEST_F_TIMEOUT(watch, closed, WATCH_TIMEOUT)
{
	const struct vm_config cfg = {};
	struct gh_vm_status status;

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_STARTED));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	vm_close(&self->vm);
	EXPECT_TRUE(has_come(self->events, "start", status.vmid, -1));
	EXPECT_TRUE(has_come(self->events, "end", status.vmid, -1));
	EXPECT_STREQ("", next_news(self->events, 100).what);
}

/* One that does not start, or was never started */
TEST_F_TIMEOUT(watch, nothing, WATCH_TIMEOUT)
{
	const struct vm_config cfg = { .defect = DTB_BAD_MAGIC };

	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_HAS_VCPUS));
	EXPECT_EQ(-1, gh_start(self->vm.fd));
	vm_close(&self->vm);
	ASSERT_CALL(vm_build(&self->vm, &cfg, VM_CREATED));
	vm_close(&self->vm);
	EXPECT_STREQ("", next_news(self->events, 100).what);
}

GUNYAH_TEST_MAIN
