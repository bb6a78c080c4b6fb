// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is added to a running Gunyah VM, and removed from it
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "message.h"
#include "remote.h"
#include "testctl.h"

#define MEMRUN_TIMEOUT	300

/* The region that is added, and where the guest maps it */
#define MORE_LABEL	77
#define MORE_GPA	0x140000000ULL
#define MORE_SIZE	0x40000

/* Large enough for several messages when it is scattered */
#define LARGE_SIZE	append_size()

#define MEM_RW		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

#define LOOP_THREADS	4
#define LOOPS		12

#define NOBODY		65534

static int add_more(int fd, __u32 flags, void *mem)
{
	return gh_set_region(fd, MORE_LABEL, MEM_RW | flags, MORE_GPA,
			     MORE_SIZE, mem);
}

/* ---- a guest that accepts it ---- */

FIXTURE(more)
{
	struct leak_state leak;
	struct remote remote;
	unsigned char *mem;
};

FIXTURE_VARIANT(more)
{
	struct vm_config cfg;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(more, shared)
{
	.cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(more, lent)
{
	.cfg = { .rm_rpc = true },
	.flags = GH_MEM_LENT,
};

FIXTURE_VARIANT_ADD(more, shared_scheduled)
{
	.cfg = { .rm_rpc = true, .scheduled = true },
};

FIXTURE_VARIANT_ADD(more, lent_scheduled)
{
	.cfg = { .rm_rpc = true, .scheduled = true },
	.flags = GH_MEM_LENT,
};

FIXTURE_SETUP(more)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	self->mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, self->mem);
	ASSERT_CALL(remote_setup(&self->remote, &self->leak, &variant->cfg));
	ASSERT_TRUE(self->remote.connected)
		TH_LOG("the guest has no queue to its resource manager");
}

FIXTURE_TEARDOWN(more)
{
	testctl_reset();
	remote_close(&self->remote);
	munmap(self->mem, MORE_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

TEST_F_TIMEOUT(more, use, MEMRUN_TIMEOUT)
{
	struct remote *r = &self->remote;
	int fd = r->vm.fd, round;
	struct remote_parcel parcel;
	__u32 error;

	/* It can be added again and again */
	for (round = 1; round <= 3; round++) {
		pattern_fill(self->mem, MORE_SIZE, round);
		ASSERT_CALL(add_more(fd, variant->flags, self->mem));
		ASSERT_CALL(remote_offer(r, &parcel));
		EXPECT_EQ(MORE_LABEL, parcel.label);
		EXPECT_EQ(variant->flags == GH_MEM_LENT, parcel.lent);
		ASSERT_CALL(remote_accept(r, &parcel, MORE_GPA, MORE_SIZE,
					  &error));
		ASSERT_EQ(0, error);

		/* The guest sees the content, and can change it */
		ASSERT_CALL(remote_ops(r,
				       G_CHECK(MORE_GPA, MORE_SIZE, round),
				       G_FILL(MORE_GPA, MORE_SIZE, 100),
				       G_CHECK(MORE_GPA, MORE_SIZE, 100)));
		if (!variant->flags) {
			EXPECT_TRUE(pattern_check(self->mem, MORE_SIZE, 100));
			pattern_fill(self->mem, MORE_SIZE, 200);
			ASSERT_CALL(remote_ops(r, G_CHECK(MORE_GPA, MORE_SIZE,
							  200)));
		} else {
			EXPECT_TRUE(lent_is_closed(self->mem, MORE_SIZE));
			ASSERT_CALL(remote_ops(r, G_CHECK(MORE_GPA, MORE_SIZE,
							  100)));
		}

		/* A removal is refused while the guest has it */
		EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));
		ASSERT_CALL(remote_ops(r, G_CHECK(MORE_GPA, MORE_SIZE,
						  variant->flags ? 100 : 200),
				       G_FILL(MORE_GPA, MORE_SIZE, 300)));
		EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));
		EXPECT_ERRNO(EEXIST, add_more(fd, 0, self->mem));

		ASSERT_CALL(remote_release(r, &parcel, &error));
		ASSERT_EQ(0, error);
		EXPECT_EQ(0, gh_remove_region(fd, MORE_LABEL));
		EXPECT_ERRNO(ENOENT, gh_remove_region(fd, MORE_LABEL));
		EXPECT_TRUE(variant->flags ?
			    all_zero(self->mem, MORE_SIZE) :
			    pattern_check(self->mem, MORE_SIZE, 300));
	}
}

/* Close the VM while memory is accepted, and while memory is offered */
TEST_F_TIMEOUT(more, closed, MEMRUN_TIMEOUT)
{
	struct remote *r = &self->remote;
	struct remote_parcel parcel;
	unsigned char *second;
	__u32 error;

	second = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, second);
	ASSERT_CALL(add_more(r->vm.fd, variant->flags, self->mem));
	ASSERT_CALL(remote_offer(r, &parcel));
	ASSERT_CALL(remote_accept(r, &parcel, MORE_GPA, MORE_SIZE, &error));
	ASSERT_EQ(0, error);
	ASSERT_CALL(gh_set_region(r->vm.fd, MORE_LABEL + 1,
				  MEM_RW | variant->flags,
				  MORE_GPA + MORE_SIZE, MORE_SIZE, second));
	remote_close(r);
	renew_mem(self->mem, MORE_SIZE);
	munmap(second, MORE_SIZE);
	EXPECT_TRUE(leak_check(&self->leak, 0));
}

/* After the end memory can be removed, but not added */
TEST_F_TIMEOUT(more, ended, MEMRUN_TIMEOUT)
{
	const struct guest_op off = G_OFF;
	struct remote *r = &self->remote;
	struct gh_vm_status status;

	ASSERT_CALL(add_more(r->vm.fd, variant->flags, self->mem));
	ASSERT_CALL(remote_end(r, &off, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_ERRNO(EBUSY, gh_set_region(r->vm.fd, MORE_LABEL + 1, MEM_RW,
					  MORE_GPA + MORE_SIZE, MORE_SIZE,
					  self->mem));
	EXPECT_EQ(0, gh_remove_region(r->vm.fd, MORE_LABEL));
	EXPECT_ERRNO(ENOENT, gh_remove_region(r->vm.fd, MORE_LABEL));
	EXPECT_ERRNO(EBUSY, gh_remove_region(r->vm.fd, GUEST_IMAGE_LABEL));
	EXPECT_ERRNO(EBUSY, gh_remove_region(r->vm.fd, GUEST_SHM_LABEL));
}

/* ---- a guest that has a channel and does not read it ---- */

static int build_sleeping(struct vm *vm, const struct vm_config *cfg)
{
	if (vm_build(vm, cfg, VM_HAS_VCPUS))
		return -1;
	vm_program(vm, 0, G_SLEEP);
	return gh_start(vm->fd);
}

FIXTURE(ignored)
{
	struct leak_state leak;
	struct vm vm;
	unsigned char *mem;
	unsigned char *scattered;
	struct param timeout;
	bool keeps;		/* the firmware may keep something for good */
};

FIXTURE_VARIANT(ignored)
{
	struct vm_config cfg;
};

FIXTURE_VARIANT_ADD(ignored, proxy)
{
	.cfg = { .rm_rpc = true },
};

FIXTURE_VARIANT_ADD(ignored, scheduled)
{
	.cfg = { .rm_rpc = true, .scheduled = true },
};

FIXTURE_SETUP(ignored)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_IF_IMPOSSIBLE(return, &variant->cfg);
	testctl_reset();
	self->mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, self->mem);
	self->scattered = alloc_scattered(LARGE_SIZE);
	ASSERT_NE(NULL, self->scattered);
	leak_read(&self->leak);
	vm_init(&self->vm);
	ASSERT_CALL(build_sleeping(&self->vm, &variant->cfg));
}

FIXTURE_TEARDOWN(ignored)
{
	testctl_reset();
	param_restore(&self->timeout);
	vm_close(&self->vm);
	EXPECT_EQ(0, vm_one_life());
	munmap(self->mem, MORE_SIZE);
	munmap(self->scattered, LARGE_SIZE);
	if (!self->keeps)
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

TEST_F_TIMEOUT(ignored, add_and_remove, MEMRUN_TIMEOUT)
{
	static const __u32 flags[] = {
		0, GH_MEM_LENT, GH_MEM_ALLOW_EXEC,
		GH_MEM_LENT | GH_MEM_ALLOW_EXEC,
	};
	struct leak_state before;
	unsigned int i;

	leak_read(&before);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_CALL(add_more(self->vm.fd, flags[i], self->mem));
		EXPECT_EQ(0, gh_remove_region(self->vm.fd, MORE_LABEL));
		/* Everything is back when the removal returns */
		renew_mem(self->mem, MORE_SIZE);
		EXPECT_TRUE(leak_check(&before, 0));
	}
	/* The end of the VM removes what is left */
	ASSERT_CALL(add_more(self->vm.fd, 0, self->mem));
}

TEST_F_TIMEOUT(ignored, errors, MEMRUN_TIMEOUT)
{
	struct leak_state before;
	int fd = self->vm.fd;

	leak_read(&before);
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, GUEST_IMAGE_LABEL));
	EXPECT_ERRNO(ENOENT, gh_remove_region(fd, MORE_LABEL));
	EXPECT_ERRNO(EINVAL, gh_set_region(fd, MORE_LABEL, 0, MORE_GPA,
					   MORE_SIZE, self->mem));
	EXPECT_ERRNO(EINVAL, gh_set_region(fd, MORE_LABEL, MEM_RW | 16,
					   MORE_GPA, MORE_SIZE, self->mem));
	EXPECT_ERRNO(EINVAL, gh_set_region(fd, MORE_LABEL, MEM_RW, MORE_GPA + 1,
					   MORE_SIZE, self->mem));
	EXPECT_ERRNO(EINVAL, gh_set_region(fd, MORE_LABEL, MEM_RW, MORE_GPA,
					   MORE_SIZE + 1, self->mem));
	EXPECT_ERRNO(EINVAL, gh_set_region(fd, MORE_LABEL, MEM_RW, MORE_GPA,
					   MORE_SIZE, self->mem + 1));
	EXPECT_ERRNO(EOVERFLOW, gh_set_region(fd, MORE_LABEL, MEM_RW,
					      -(__u64)sysconf(_SC_PAGESIZE),
					      MORE_SIZE, self->mem));
	EXPECT_ERRNO(EFAULT, gh_set_region(fd, MORE_LABEL, MEM_RW, MORE_GPA,
					   MORE_SIZE, NULL));
	EXPECT_ERRNO(EFAULT, gh_set_region(fd, MORE_LABEL,
					   MEM_RW | GH_MEM_LENT, MORE_GPA,
					   MORE_SIZE, NULL));
	EXPECT_TRUE(leak_check(&before, 0));

	/* Labels and ranges of regions from before and after the start */
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, GUEST_IMAGE_LABEL, MEM_RW,
					   MORE_GPA, MORE_SIZE, self->mem));
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, MORE_LABEL, MEM_RW, GUEST_BASE,
					   MORE_SIZE, self->mem));
	ASSERT_CALL(add_more(fd, 0, self->mem));
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, MORE_LABEL, MEM_RW,
					   MORE_GPA + MORE_SIZE, MORE_SIZE,
					   self->mem));
	EXPECT_ERRNO(EEXIST, gh_set_region(fd, MORE_LABEL + 1, MEM_RW,
					   MORE_GPA, MORE_SIZE, self->mem));
	EXPECT_EQ(0, gh_remove_region(fd, MORE_LABEL));
	EXPECT_TRUE(leak_check(&before, 0));
}

static int add_in_child(void *data)
{
	struct vm *vm = data;
	void *mem = alloc_mem(MORE_SIZE);

	return add_more(vm->fd, 0, mem) ? errno : 0;
}

static int remove_in_child(void *data)
{
	struct vm *vm = data;

	return gh_remove_region(vm->fd, MORE_LABEL) ? errno : 0;
}

TEST_F_TIMEOUT(ignored, other_address_space, MEMRUN_TIMEOUT)
{
	EXPECT_EQ(EPERM, in_child(add_in_child, &self->vm));
	ASSERT_CALL(add_more(self->vm.fd, 0, self->mem));
	/* Every process may remove it */
	EXPECT_EQ(0, in_child(remove_in_child, &self->vm));
	EXPECT_ERRNO(ENOENT, gh_remove_region(self->vm.fd, MORE_LABEL));
}

TEST_F_TIMEOUT(ignored, locked_memory, MEMRUN_TIMEOUT)
{
	struct rlimit old, none;
	unsigned int lent;

	ASSERT_EQ(0, getrlimit(RLIMIT_MEMLOCK, &old));
	none = (struct rlimit){ 0, old.rlim_max };
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &none));
	ASSERT_EQ(0, seteuid(NOBODY));
	for (lent = 0; lent < 2; lent++)
		EXPECT_ERRNO(ENOMEM, add_more(self->vm.fd,
					      lent ? GH_MEM_LENT : 0,
					      self->mem));
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &old));
	EXPECT_EQ(0, add_more(self->vm.fd, 0, self->mem));
}

struct looper {
	struct vm *vm;
	unsigned int nr;
	bool until_end;		/* until the VM has ended or is gone */
	unsigned int bad;
	pthread_t thread;
};

/* Each thread has a label and a range of its own, and lends every other time */
static void *add_and_remove(void *data)
{
	struct looper *looper = data;
	unsigned int i, label = MORE_LABEL + looper->nr;
	__u64 gpa = MORE_GPA + looper->nr * MORE_SIZE;
	void *mem = alloc_mem(MORE_SIZE);

	for (i = 0; i < LOOPS || looper->until_end; i++) {
		if (gh_set_region(looper->vm->fd, label,
				  MEM_RW | (i & 1 ? GH_MEM_LENT : 0), gpa,
				  MORE_SIZE, mem)) {
			if (!looper->until_end || errno != EBUSY)
				looper->bad = errno;
			break;
		}
		if (gh_remove_region(looper->vm->fd, label)) {
			looper->bad = errno;
			break;
		}
	}
	munmap(mem, MORE_SIZE);
	return NULL;
}

static void start_loopers(struct __test_metadata *_metadata, struct vm *vm,
			  struct looper *loopers, bool until_end)
{
	unsigned int i;

	for (i = 0; i < LOOP_THREADS; i++) {
		loopers[i] = (struct looper){
			.vm = vm, .nr = i, .until_end = until_end,
		};
		ASSERT_EQ(0, pthread_create(&loopers[i].thread, NULL,
					    add_and_remove, &loopers[i]));
	}
}

static void join_loopers(struct __test_metadata *_metadata,
			 struct looper *loopers)
{
	unsigned int i;

	for (i = 0; i < LOOP_THREADS; i++) {
		pthread_join(loopers[i].thread, NULL);
		EXPECT_EQ(0, loopers[i].bad)
			TH_LOG("thread %u: %s", i, strerror(loopers[i].bad));
	}
}

TEST_F_TIMEOUT(ignored, from_many_threads, MEMRUN_TIMEOUT)
{
	struct looper loopers[LOOP_THREADS];
	struct leak_state before;

	leak_read(&before);
	start_loopers(_metadata, &self->vm, loopers, false);
	join_loopers(_metadata, loopers);
	EXPECT_TRUE(leak_check(&before, 0));
}

TEST_F_TIMEOUT(ignored, while_stopped, MEMRUN_TIMEOUT)
{
	struct looper loopers[LOOP_THREADS];

	start_loopers(_metadata, &self->vm, loopers, true);
	usleep(50000);
	EXPECT_EQ(0, gh_stop(self->vm.fd, GH_VM_STOP_FORCE));
	join_loopers(_metadata, loopers);
}

/* In the child: adds and removes for ever */
static void be_killed(const struct vm_config *cfg, void *scattered, int ready)
{
	struct vm vm;

	vm_init(&vm);
	if (build_sleeping(&vm, cfg) || write(ready, "", 1) != 1)
		_exit(1);
	for (;;) {
		if (gh_set_region(vm.fd, MORE_LABEL, MEM_RW, MORE_GPA,
				  LARGE_SIZE, scattered) ||
		    gh_remove_region(vm.fd, MORE_LABEL))
			_exit(2);
	}
}

TEST_F_TIMEOUT(ignored, killed, MEMRUN_TIMEOUT)
{
	unsigned int round;
	int ready[2], status;
	long long ms;
	pid_t pid;
	char c;

	vm_close(&self->vm);
	for (round = 0; round < 8; round++) {
		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			be_killed(&variant->cfg, self->scattered, ready[1]);
		ASSERT_EQ(1, read(ready[0], &c, 1));
		usleep(5000 + 7000 * round);
		ms = now_ms();
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status))
			TH_LOG("status %x", status);
		EXPECT_GE(reap_limit_ms(), now_ms() - ms);
		close(ready[0]);
		close(ready[1]);
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	}
}

/* ---- a resource manager that does not do it ---- */

struct run_message {
	__u32 id;
	__u32 flags;
	bool scattered;
	bool hides;	/* a lost reply leaves a parcel without known handle */
};

static const struct run_message run_messages[] = {
	{ RM_MEM_SHARE_MSG, .hides = true },
	{ RM_MEM_LEND_MSG, GH_MEM_LENT, .hides = true },
	{ RM_MEM_APPEND_MSG, .scattered = true },
	{ RM_MEM_NOTIFY_MSG },
	{ RM_MEM_NOTIFY_MSG, GH_MEM_LENT },
};

static int add_for(struct vm *vm, const struct run_message *msg, void *mem,
		   void *scattered)
{
	return gh_set_region(vm->fd, MORE_LABEL, MEM_RW | msg->flags, MORE_GPA,
			     msg->scattered ? LARGE_SIZE : MORE_SIZE,
			     msg->scattered ? scattered : mem);
}

TEST_F_TIMEOUT(ignored, refused, MEMRUN_TIMEOUT)
{
	static const struct {
		__u32 code;
		int error;
	} codes[] = {
		{ RM_ERR_NOMEM, ENOMEM },
		{ RM_ERR_NORESOURCE, ENODEV },
		{ RM_ERR_DENIED, EPERM },
		{ RM_ERR_MSG_INVALID, EINVAL },
		{ RM_ERR_MEM_INUSE, EBUSY },
		{ RM_ERR_UNIMPLEMENTED, EOPNOTSUPP },
		{ 0x12345678, EIO },
	};
	struct leak_state before;
	unsigned int m, c;

	SKIP_WITHOUT_TESTCTL(return);
	leak_read(&before);
	for (m = 0; m < ARRAY_SIZE(run_messages); m++) {
		const struct run_message *msg = &run_messages[m];

		for (c = 0; c < ARRAY_SIZE(codes); c++) {
			/* Right after a reclaim the driver tries again */
			testctl_fault_repeat(RM_FAULT_FAIL, msg->id, 1,
					     codes[c].code);
			EXPECT_ERRNO(codes[c].error,
				     add_for(&self->vm, msg, self->mem,
					     self->scattered));
			/* Nothing has changed */
			EXPECT_ERRNO(ENOENT, gh_remove_region(self->vm.fd,
							      MORE_LABEL));
			renew_mem(self->mem, MORE_SIZE);
			EXPECT_TRUE(leak_check(&before, 0))
				TH_LOG("message %x", msg->id);
			testctl_reset();
		}
		EXPECT_EQ(0, add_for(&self->vm, msg, self->mem,
				     self->scattered));
		testctl_fault(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1,
			      RM_ERR_BUSY);
		EXPECT_ERRNO(EBUSY, gh_remove_region(self->vm.fd, MORE_LABEL));
		EXPECT_EQ(0, gh_remove_region(self->vm.fd, MORE_LABEL));
	}
}

/* A removal that the resource manager refuses can be repeated */
TEST_F_TIMEOUT(ignored, refused_and_kept, MEMRUN_TIMEOUT)
{
	SKIP_WITHOUT_TESTCTL(return);
	testctl_fault_repeat(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1, RM_ERR_BUSY);
	ASSERT_CALL(add_more(self->vm.fd, 0, self->mem));
	EXPECT_ERRNO(EBUSY, gh_remove_region(self->vm.fd, MORE_LABEL));
	testctl_reset();
	EXPECT_EQ(0, gh_remove_region(self->vm.fd, MORE_LABEL));
}

static void lose_reply(struct __test_metadata *_metadata,
		       struct _test_data_ignored *self,
		       const struct run_message *msg)
{
	testctl_fault(RM_FAULT_DROP_REPLY, msg->id, 1, 0);
	EXPECT_ERRNO(ETIMEDOUT, add_for(&self->vm, msg, self->mem,
					self->scattered));
	/* Other VMs are not affected */
	EXPECT_EQ(0, vm_one_life());
}

TEST_F_TIMEOUT(ignored, lost_replies, MEMRUN_TIMEOUT)
{
	unsigned int m;

	SKIP_WITHOUT_TESTCTL(return);
	ASSERT_CALL(short_timeout(&self->timeout));
	for (m = 0; m < ARRAY_SIZE(run_messages); m++)
		if (!run_messages[m].hides)
			lose_reply(_metadata, self, &run_messages[m]);
	/* A removal whose reply is lost can be repeated */
	ASSERT_CALL(add_more(self->vm.fd, 0, self->mem));
	testctl_fault(RM_FAULT_DROP_REPLY, RM_MEM_RECLAIM_MSG, 1, 0);
	EXPECT_ERRNO(ETIMEDOUT, gh_remove_region(self->vm.fd, MORE_LABEL));
	EXPECT_EQ(0, gh_remove_region(self->vm.fd, MORE_LABEL));
}

/*
 * Without the reply nobody knows whether the VM has the memory: it stays lost,
 * its label stays in use, and nobody else gets it.
 */
TEST_F_TIMEOUT(ignored, lost_memory, MEMRUN_TIMEOUT)
{
	unsigned int m;

	SKIP_WITHOUT_TESTCTL(return);
	self->keeps = true;
	ASSERT_CALL(short_timeout(&self->timeout));
	for (m = 0; m < ARRAY_SIZE(run_messages); m++) {
		if (!run_messages[m].hides)
			continue;
		lose_reply(_metadata, self, &run_messages[m]);
		EXPECT_ERRNO(EBUSY, gh_remove_region(self->vm.fd, MORE_LABEL));
		EXPECT_ERRNO(EEXIST, add_more(self->vm.fd, 0, self->mem));
		vm_close(&self->vm);
		EXPECT_EQ(0, vm_one_life());
		ASSERT_CALL(build_sleeping(&self->vm, &variant->cfg));
	}
}

GUNYAH_TEST_MAIN
