// SPDX-License-Identifier: GPL-2.0-only
/*
 * What administrators can read about VMs in debugfs
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "gunyah_utils.h"
#include "message.h"
#include "testctl.h"

#define DEBUGFS		"/sys/kernel/debug"
#define GUNYAH_DIR	DEBUGFS "/gunyah"

#define DEBUGFS_TIMEOUT	120

/* Below 1 GiB accesses of proxy-scheduled vCPUs exit to the host */
#define MMIO_ADDRESS	0x1000

static const char *const files[] = { "state", "regions", "functions", "rpc" };

/* Directories of VMs of this process; the name of the last one in @name */
static unsigned int find_dirs(char *name, size_t size)
{
	unsigned int n = 0;
	struct dirent *entry;
	char prefix[32];
	DIR *dir;

	snprintf(prefix, sizeof(prefix), "%d-", getpid());
	dir = opendir(GUNYAH_DIR);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(name, size, GUNYAH_DIR "/%s", entry->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

FIXTURE(debugfs)
{
	struct leak_state leak;
	struct vm vm;
	char dir[PATH_MAX];
	char text[4096];
};

FIXTURE_SETUP(debugfs)
{
	SKIP_WITHOUT_GUNYAH(return);
	if (access(GUNYAH_DIR, F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (access(GUNYAH_DIR, F_OK))
		SKIP(return, "no debugfs");
	testctl_reset();
	leak_read(&self->leak);
	vm_init(&self->vm);
	ASSERT_EQ(0, find_dirs(self->dir, sizeof(self->dir)));
}

FIXTURE_TEARDOWN(debugfs)
{
	testctl_reset();
	vm_close(&self->vm);
	EXPECT_EQ(0, find_dirs(self->dir, sizeof(self->dir)));
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

static void build(struct __test_metadata *_metadata,
		  struct _test_data_debugfs *self,
		  const struct vm_config *cfg, enum vm_stage stage)
{
	ASSERT_CALL(vm_build(&self->vm, cfg, stage));
	ASSERT_EQ(1, find_dirs(self->dir, sizeof(self->dir)));
}

static const char *text(struct _test_data_debugfs *self, const char *file)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", self->dir, file);
	if (read_file(path, self->text, sizeof(self->text)) < 0)
		snprintf(self->text, sizeof(self->text), "%s: %s", file,
			 strerror(errno));
	return self->text;
}

/* Value of the line "@name: value" of a file, or -1 */
static long long value(struct _test_data_debugfs *self, const char *file,
		       const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", self->dir, file);
	return proc_value(path, name);
}

/* Value of "@name=value" in the line of @text that begins with @line, or -1 */
static long long field(const char *text, const char *line, const char *name)
{
	const char *p, *end;
	char key[32];

	for (p = text; p && strncmp(p, line, strlen(line)); ) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return -1;
	end = strchrnul(p, '\n');
	snprintf(key, sizeof(key), " %s=", name);
	p = strstr(p, key);
	return p && p < end ? strtoll(p + strlen(key), NULL, 0) : -1;
}

TEST_F(debugfs, comes_and_goes)
{
	struct vm_config cfg = {};
	char name[PATH_MAX], path[PATH_MAX + 16];
	unsigned int i, n;
	struct stat st;
	struct vm vm[3];

	for (i = 0; i < ARRAY_SIZE(vm); i++) {
		vm_init(&vm[i]);
		ASSERT_CALL(vm_build(&vm[i], &cfg, VM_CREATED));
		EXPECT_EQ(i + 1, find_dirs(name, sizeof(name)));
	}
	ASSERT_EQ(0, stat(name, &st));
	EXPECT_EQ(0, st.st_uid);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", name, files[i]);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(S_IFREG | 0400, st.st_mode)
			TH_LOG("%s", path);
	}
	for (n = ARRAY_SIZE(vm); n-- > 0; ) {
		vm_close(&vm[n]);
		EXPECT_EQ(n, find_dirs(name, sizeof(name)));
	}
}

TEST_F_TIMEOUT(debugfs, state, DEBUGFS_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;

	build(_metadata, self, &cfg, VM_HAS_VCPUS);
	EXPECT_NE(NULL, strstr(text(self, "state"), "state: new\n"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(0, value(self, "state", "vmid"));
	EXPECT_EQ(GH_VM_START_STEP_NONE, value(self, "state", "start_step"));
	/* At least the file descriptors of the VM and of its vCPU */
	EXPECT_LE(2, value(self, "state", "users"));

	ASSERT_CALL(gh_start(self->vm.fd));
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_NE(NULL, strstr(text(self, "state"), "state: running\n"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(status.vmid, value(self, "state", "vmid"));
	EXPECT_EQ(GH_VM_START_STEP_DONE, value(self, "state", "start_step"));
	EXPECT_EQ(NULL, strstr(self->text, "exit_type"));

	ASSERT_CALL(vm_finish(&self->vm, &status));
	EXPECT_NE(NULL, strstr(text(self, "state"), "state: exited\n"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(GH_VM_EXIT_PLATFORM_OFF, value(self, "state", "exit_type"));
	EXPECT_EQ(NULL, strstr(self->text, "start_errno"));
}

TEST_F_TIMEOUT(debugfs, failed, DEBUGFS_TIMEOUT)
{
	struct vm_config cfg = {};

	SKIP_WITHOUT_TESTCTL(return);
	build(_metadata, self, &cfg, VM_HAS_VCPUS);
	testctl_fault(RM_FAULT_FAIL, RM_VM_INIT_MSG, 1, RM_ERR_DENIED);
	EXPECT_ERRNO(EPERM, gh_start(self->vm.fd));
	EXPECT_NE(NULL, strstr(text(self, "state"), "state: failed\n"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(EPERM, value(self, "state", "start_errno"));
	EXPECT_NE(NULL, strstr(self->text, "rm_error: 0x3\n"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(GH_VM_START_STEP_INIT, value(self, "state", "start_step"));
	EXPECT_EQ(0, value(self, "state", "vmid"));
}

TEST_F_TIMEOUT(debugfs, regions, DEBUGFS_TIMEOUT)
{
	struct vm_config cfg = { .shm_size = GUEST_SHM_SIZE };
	size_t page = sysconf(_SC_PAGESIZE);
	char line[64];

	build(_metadata, self, &cfg, VM_CREATED);
	EXPECT_STREQ("", text(self, "regions"));
	vm_close(&self->vm);

	build(_metadata, self, &cfg, VM_HAS_VCPUS);
	snprintf(line, sizeof(line),
		 "label=%u gpa=0x%llx size=0x%x flags=0x%lx", GUEST_IMAGE_LABEL,
		 GUEST_BASE, GUEST_SIZE, MEM_RWX | GH_MEM_LENT);
	EXPECT_LE(0, field(text(self, "regions"), line, "charged"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(-1, field(self->text, line, "parcel"));
	snprintf(line, sizeof(line),
		 "label=%u gpa=0x%llx size=0x%x flags=0x%lx", GUEST_SHM_LABEL,
		 GUEST_SHM_BASE, GUEST_SHM_SIZE, MEM_RWX);
	/* All pinned pages are charged, and form at least one run */
	EXPECT_EQ(GUEST_SHM_SIZE / page,
		  field(self->text, line, "charged"));
	EXPECT_LE(1, field(self->text, line, "runs"));
	EXPECT_GE(GUEST_SHM_SIZE / page, field(self->text, line, "runs"));

	ASSERT_CALL(gh_start(self->vm.fd));
	EXPECT_LE(0, field(text(self, "regions"), line, "parcel"))
		TH_LOG("%s", self->text);
	snprintf(line, sizeof(line), "label=%u ", GUEST_IMAGE_LABEL);
	EXPECT_LE(0, field(self->text, line, "parcel"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(NULL, strstr(self->text, "lost"));
	EXPECT_EQ(GUEST_SIZE / page, field(self->text, line, "charged"));
}

/* Exits by kind, for a guest that does a known number of each */
TEST_F_TIMEOUT(debugfs, functions, DEBUGFS_TIMEOUT)
{
	struct gh_fn_ioeventfd_arg io = {
		.addr = MMIO_ADDRESS + 8, .len = 8,
		.datamatch = 0x55, .flags = GH_IOEVENTFD_FLAGS_DATAMATCH,
	};
	struct gh_fn_irqfd_arg irq = {
		.label = 1234, .flags = GH_IRQFD_FLAGS_LEVEL,
	};
	struct vm_config cfg = { .cpus = 1 };
	struct gh_vm_status status;
	__u64 counter = 0;
	int event;

	event = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, event);
	io.fd = event;
	irq.fd = event;
	build(_metadata, self, &cfg, VM_HAS_VCPUS);
	ASSERT_CALL(gh_add_function(self->vm.fd, GH_FN_IOEVENTFD, sizeof(io),
				    &io));
	ASSERT_CALL(gh_add_function(self->vm.fd, GH_FN_IRQFD, sizeof(irq),
				    &irq));
	EXPECT_NE(NULL, strstr(text(self, "functions"),
			       "vcpu id=0 unbound"))
		TH_LOG("%s", self->text);
	EXPECT_NE(NULL, strstr(self->text, "irqfd label=1234 level unbound"))
		TH_LOG("%s", self->text);
	EXPECT_NE(NULL, strstr(self->text,
			       "ioeventfd addr=0x1008 len=8 data=0x55\n"))
		TH_LOG("%s", self->text);

	/* Seven reads and writes exit, three writes are for the eventfd */
	vm_program(&self->vm, 0, G_ECHO(MMIO_ADDRESS, MMIO_ADDRESS, 7),
		   G_WRITE(8, MMIO_ADDRESS + 8, 0x55),
		   G_WRITE(8, MMIO_ADDRESS + 8, 0x55),
		   G_WRITE(8, MMIO_ADDRESS + 8, 0x55), G_OFF);
	ASSERT_CALL(gh_start(self->vm.fd));
	EXPECT_NE(NULL, strstr(text(self, "functions"), "vcpu id=0 stopped"))
		TH_LOG("%s", self->text);
	ASSERT_CALL(vm_run(&self->vm, 0, mmio_count, &counter));
	EXPECT_EQ(7, counter);
	ASSERT_CALL(vm_wait_end(&self->vm, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(7, field(text(self, "functions"), "vcpu id=0", "mmio_read"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(7 + 3, field(self->text, "vcpu id=0", "mmio_write"));
	EXPECT_EQ(3, field(self->text, "vcpu id=0", "ioeventfd"));
	EXPECT_EQ(0, field(self->text, "vcpu id=0", "fault"));
	EXPECT_EQ(0, field(self->text, "vcpu id=0", "error"));

	ASSERT_CALL(gh_remove_function(self->vm.fd, GH_FN_IOEVENTFD,
				       sizeof(io), &io));
	EXPECT_EQ(NULL, strstr(text(self, "functions"), "ioeventfd "))
		TH_LOG("%s", self->text);
	close(event);
}

TEST_F_TIMEOUT(debugfs, rpc, DEBUGFS_TIMEOUT)
{
	struct vm_config cfg = {};
	long long calls;

	SKIP_WITHOUT_TESTCTL(return);
	build(_metadata, self, &cfg, VM_HAS_VCPUS);
	EXPECT_EQ(0, value(self, "rpc", "calls"));
	vm_program(&self->vm, 0, G_SPIN);
	ASSERT_CALL(gh_start(self->vm.fd));
	/* VMID, memory, configuration, initialisation, resources, start */
	calls = value(self, "rpc", "calls");
	EXPECT_EQ(6, calls);
	EXPECT_EQ(0, value(self, "rpc", "refused"));
	EXPECT_EQ(0, value(self, "rpc", "failed"));

	testctl_fault(RM_FAULT_FAIL, RM_VM_STOP_MSG, 1, RM_ERR_IN_USE);
	EXPECT_ERRNO(EBUSY, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	EXPECT_EQ(calls + 1, value(self, "rpc", "calls"));
	EXPECT_EQ(1, value(self, "rpc", "refused"));
	EXPECT_EQ(0, value(self, "rpc", "failed"));
	EXPECT_NE(NULL, strstr(text(self, "rpc"), "last_error: 0x12\n"))
		TH_LOG("%s", self->text);

	testctl_hvc_fault(HVC_MSGQ_SEND, 1, 30);
	EXPECT_ERRNO(EIO, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	EXPECT_EQ(1, value(self, "rpc", "refused"));
	EXPECT_EQ(1, value(self, "rpc", "failed"));
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
}

static void *start_thread(void *data)
{
	const struct vm *vm = data;

	return (void *)(long)(gh_start(vm->fd) ? errno : 0);
}

static bool is_initialising(void *arg)
{
	struct gh_vm_status status;

	return gh_status(*(int *)arg, &status) ||
	       status.start_step >= GH_VM_START_STEP_INIT;
}

/* The files can be read while a start hangs */
TEST_F_TIMEOUT(debugfs, start_hangs, DEBUGFS_TIMEOUT)
{
	struct vm_config cfg = {};
	struct gh_vm_status status;
	pthread_t thread;
	void *result;

	SKIP_WITHOUT_TESTCTL(return);
	build(_metadata, self, &cfg, VM_HAS_VCPUS);
	testctl_hold(RM_VM_INIT_MSG, 1);
	ASSERT_EQ(0, pthread_create(&thread, NULL, start_thread, &self->vm));
	ASSERT_TRUE(wait_until(is_initialising, &self->vm.fd, LONG_MS));
	EXPECT_NE(NULL, strstr(text(self, "state"), "state: starting\n"))
		TH_LOG("%s", self->text);
	EXPECT_EQ(GH_VM_START_STEP_INIT, value(self, "state", "start_step"));
	EXPECT_EQ(3, value(self, "rpc", "calls"))
		TH_LOG("%s", text(self, "rpc"));
	/* The start still goes on, so nothing has waited for it */
	ASSERT_CALL(gh_status(self->vm.fd, &status));
	EXPECT_EQ(GH_VM_STATE_STARTING, status.state);
	testctl_release();
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(NULL, result);
}

/* ---- VMs that go while they are looked at ---- */

static bool stop_readers;

/* Counts in @arg the files that had something to say */
static void *read_all(void *arg)
{
	char path[PATH_MAX + 300], buf[4096];
	unsigned int *reads = arg;
	struct dirent *entry;
	unsigned int i;
	DIR *dir;

	while (!__atomic_load_n(&stop_readers, __ATOMIC_ACQUIRE)) {
		dir = opendir(GUNYAH_DIR);
		while (dir && (entry = readdir(dir))) {
			for (i = 0; i < ARRAY_SIZE(files); i++) {
				snprintf(path, sizeof(path),
					 GUNYAH_DIR "/%s/%s", entry->d_name,
					 files[i]);
				if (read_file(path, buf, sizeof(buf)) > 0)
					__atomic_add_fetch(reads, 1,
							   __ATOMIC_RELAXED);
			}
		}
		if (dir)
			closedir(dir);
	}
	return NULL;
}

/* At least 30 VMs; on one processor, until each reader has met one of them */
TEST_F_TIMEOUT(debugfs, read_while_it_goes, DEBUGFS_TIMEOUT)
{
	unsigned int i, reading = 0, lives = 0, reads[3] = {};
	pthread_t threads[ARRAY_SIZE(reads)];

	__atomic_store_n(&stop_readers, false, __ATOMIC_RELEASE);
	for (i = 0; i < ARRAY_SIZE(reads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, read_all,
					    &reads[i]));
	while (lives++ < 30 || reading < ARRAY_SIZE(reads)) {
		EXPECT_EQ(0, vm_one_life());
		for (i = reading = 0; i < ARRAY_SIZE(reads); i++)
			reading += __atomic_load_n(&reads[i],
						   __ATOMIC_RELAXED) > 0;
	}
	__atomic_store_n(&stop_readers, true, __ATOMIC_RELEASE);
	for (i = 0; i < ARRAY_SIZE(reads); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
}

/* An open file does not keep the VM alive, and fails with EIO afterwards */
TEST_F_TIMEOUT(debugfs, open_file, DEBUGFS_TIMEOUT)
{
	char path[PATH_MAX + 16], buf[64];
	struct vm_config cfg = {};
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		build(_metadata, self, &cfg, VM_STARTED);
		snprintf(path, sizeof(path), "%s/%s", self->dir, files[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_LT(0, read(fd, buf, sizeof(buf)));
		vm_close(&self->vm);
		EXPECT_TRUE(leak_check(&self->leak, 0));
		EXPECT_EQ(-1, pread(fd, buf, sizeof(buf), 0));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(0, close(fd));
		EXPECT_EQ(-1, open(path, O_RDONLY | O_CLOEXEC));
	}
}

GUNYAH_TEST_MAIN
