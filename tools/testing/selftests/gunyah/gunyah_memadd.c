// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is added to a running Gunyah VM: what its VMM is told, and what
 * the driver makes of odd answers of the resource manager
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "remote.h"
#include "testctl.h"

#define MEMADD_TIMEOUT	300

#define MORE_LABEL	77
#define MORE_GPA	0x140000000ULL
#define MORE_SIZE	0x40000

#define MEM_RW		(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

#define MEM_PLUG	(MEM_RW | GH_MEM_ALLOW_EXEC | GH_MEM_LENT | \
			 GH_MEM_HOTPLUG)

/* By this tag the driver in the guest knows that the memory shall be its own */
#define PLUG_TAG	0x67706c67

FIXTURE(memadd)
{
	struct leak_state leak;
	struct remote remote;
	struct param entries;
	unsigned char *mem;
	bool keeps;		/* the firmware may keep something for good */
};

FIXTURE_VARIANT(memadd)
{
	__u32 flags;
	__u32 message;
	__u32 tag;
};

FIXTURE_VARIANT_ADD(memadd, shared)
{
	.flags = MEM_RW,
	.message = RM_MEM_SHARE_MSG,
};

FIXTURE_VARIANT_ADD(memadd, lent)
{
	.flags = MEM_RW | GH_MEM_LENT,
	.message = RM_MEM_LEND_MSG,
};

FIXTURE_VARIANT_ADD(memadd, plugged)
{
	.flags = MEM_PLUG,
	.message = RM_MEM_LEND_MSG,
	.tag = PLUG_TAG,
};

FIXTURE_SETUP(memadd)
{
	const struct vm_config cfg = { .rm_rpc = true };

	SKIP_WITHOUT_GUNYAH(return);
	self->mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, self->mem);
	ASSERT_CALL(remote_setup(&self->remote, &self->leak, &cfg));
}

FIXTURE_TEARDOWN(memadd)
{
	testctl_reset();
	param_restore(&self->entries);
	remote_close(&self->remote);
	munmap(self->mem, MORE_SIZE);
	if (!self->keeps)
		EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

static int add_more(int fd, __u32 flags, void *mem)
{
	return gh_set_region(fd, MORE_LABEL, flags, MORE_GPA, MORE_SIZE, mem);
}

static int get_region(int fd, struct gh_vm_region *region)
{
	*region = (struct gh_vm_region){ .label = MORE_LABEL };
	return ioctl(fd, GH_VM_GET_REGION, region);
}

/* The VMM learns the handle that the guest has to accept */
TEST_F_TIMEOUT(memadd, handle, MEMADD_TIMEOUT)
{
	struct remote *r = &self->remote;
	struct remote_parcel parcel;
	struct gh_vm_region region;
	int fd = r->vm.fd;
	__u32 error;

	EXPECT_ERRNO(ENOENT, get_region(fd, &region));
	ASSERT_CALL(add_more(fd, variant->flags, self->mem));
	ASSERT_CALL(remote_offer(r, &parcel));
	ASSERT_CALL(get_region(fd, &region));
	EXPECT_EQ(GH_REGION_GIVEN, region.state);
	EXPECT_EQ(parcel.handle, region.parcel);
	EXPECT_EQ(parcel.label, region.label);
	EXPECT_EQ(parcel.lent, !!(variant->flags & GH_MEM_LENT));
	EXPECT_EQ(parcel.tag, variant->tag);
	EXPECT_EQ(variant->flags, region.flags);
	EXPECT_LE(1, region.entries);

	/* It is the same when the guest has it */
	ASSERT_CALL(remote_accept(r, &parcel, MORE_GPA, MORE_SIZE, &error));
	ASSERT_EQ(0, error);
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));
	ASSERT_CALL(get_region(fd, &region));
	EXPECT_EQ(GH_REGION_GIVEN, region.state);
	EXPECT_EQ(parcel.handle, region.parcel);
	ASSERT_CALL(remote_release(r, &parcel, &error));
	ASSERT_EQ(0, error);
	EXPECT_EQ(0, gh_remove_region(fd, MORE_LABEL));
	EXPECT_ERRNO(ENOENT, get_region(fd, &region));
}

/* Memory of the guest's own is lent, with all rights */
TEST_F_TIMEOUT(memadd, hotplug_flags, MEMADD_TIMEOUT)
{
	static const __u32 missing[] = {
		GH_MEM_LENT, GH_MEM_ALLOW_READ, GH_MEM_ALLOW_WRITE,
		GH_MEM_ALLOW_EXEC,
	};
	int fd = self->remote.vm.fd;
	struct leak_state before;
	unsigned int i;

	leak_read(&before);
	for (i = 0; i < ARRAY_SIZE(missing); i++)
		EXPECT_ERRNO(EINVAL, add_more(fd, MEM_PLUG & ~missing[i],
					      self->mem));
	EXPECT_TRUE(leak_check(&before, 0));
	EXPECT_EQ(0, add_more(fd, MEM_PLUG, self->mem));
	EXPECT_EQ(0, gh_remove_region(fd, MORE_LABEL));
}

struct adder {
	int fd;
	__u32 flags;
	void *mem;
	int err;
};

static void *add_in_thread(void *arg)
{
	struct adder *adder = arg;

	adder->err = add_more(adder->fd, adder->flags, adder->mem) ? errno : 0;
	return NULL;
}

/* Returns a userfaultfd that has the pages of @mem, and brings none; or -1 */
static int hold_pages(void *mem, size_t size)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)mem, .len = size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && !ioctl(fd, UFFDIO_API, &api) &&
	    !ioctl(fd, UFFDIO_REGISTER, &reg))
		return fd;
	close(fd);
	return -1;
}

/* Memory that another process takes its time to bring holds up nothing else */
TEST_F_TIMEOUT(memadd, slow_memory, MEMADD_TIMEOUT)
{
	struct vm *vm = &self->remote.vm;
	struct adder adder = { vm->fd, variant->flags, NULL, -1 };
	const struct guest_op off = G_OFF;
	struct uffdio_zeropage zero = { .range = { .len = MORE_SIZE } };
	struct gh_vm_status status;
	struct gh_vm_region region;
	struct pollfd pfd = { .events = POLLIN };
	pthread_t thread;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "this kernel has no userfaultfd");
	adder.mem = alloc_mem(MORE_SIZE);
	ASSERT_NE(NULL, adder.mem);
	pfd.fd = hold_pages(adder.mem, MORE_SIZE);
	ASSERT_LE(0, pfd.fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, add_in_thread, &adder));
	ASSERT_EQ(1, poll(&pfd, 1, LONG_MS));
	ASSERT_EQ(POLLIN, pfd.revents);

	EXPECT_ERRNO(ENOENT, get_region(vm->fd, &region));
	EXPECT_EQ(0, add_more(vm->fd, variant->flags, self->mem));
	ASSERT_CALL(remote_end(&self->remote, &off, &status));
	EXPECT_TRUE(vm_ended(&status, GH_VM_EXIT_PLATFORM_OFF));
	EXPECT_EQ(-1, adder.err);

	/* The VM has ended meanwhile */
	zero.range.start = (uintptr_t)adder.mem;
	ASSERT_EQ(0, ioctl(pfd.fd, UFFDIO_ZEROPAGE, &zero));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(EBUSY, adder.err);
	close(pfd.fd);
	munmap(adder.mem, MORE_SIZE);
}

/* More memory entries than the resource manager can hold, then no more */
TEST_F_TIMEOUT(memadd, too_many_entries, MEMADD_TIMEOUT)
{
	int fd = self->remote.vm.fd;
	struct leak_state before;

	leak_read(&before);
	ASSERT_CALL(param_set(&self->entries, ENTRIES_PARAM, "1"));
	EXPECT_ERRNO(EAGAIN, add_more(fd, variant->flags, self->mem));
	param_restore(&self->entries);
	renew_mem(self->mem, MORE_SIZE);
	EXPECT_TRUE(leak_check(&before, 0));
	EXPECT_ERRNO(ENOENT, gh_remove_region(fd, MORE_LABEL));
	EXPECT_EQ(0, add_more(fd, variant->flags, self->mem));
}

/* Memory that was just reclaimed may not be usable at once */
TEST_F_TIMEOUT(memadd, refused_after_reclaim, MEMADD_TIMEOUT)
{
	static const __u32 codes[] = {
		RM_ERR_NOMEM, RM_ERR_NORESOURCE, RM_ERR_MEM_INUSE,
	};
	int fd = self->remote.vm.fd;
	unsigned int i;
	long long ms;

	SKIP_WITHOUT_TESTCTL(return);
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_CALL(add_more(fd, variant->flags, self->mem));
		ASSERT_EQ(0, gh_remove_region(fd, MORE_LABEL));
		testctl_fault(RM_FAULT_FAIL, variant->message, 1, codes[i]);
		EXPECT_EQ(0, add_more(fd, variant->flags, self->mem))
			TH_LOG("error %u: %s", codes[i], strerror(errno));
		gh_remove_region(fd, MORE_LABEL);
	}
	/* What is refused again and again fails soon */
	testctl_fault_repeat(RM_FAULT_FAIL, variant->message, 1,
			     RM_ERR_NORESOURCE);
	ms = now_ms();
	EXPECT_ERRNO(ENODEV, add_more(fd, variant->flags, self->mem));
	EXPECT_GE(10 * reap_limit_ms(), now_ms() - ms);
	testctl_reset();
	/* What will not change is not asked for twice */
	testctl_fault(RM_FAULT_FAIL, variant->message, 1, RM_ERR_DENIED);
	EXPECT_ERRNO(EPERM, add_more(fd, variant->flags, self->mem));
	EXPECT_EQ(0, add_more(fd, variant->flags, self->mem));
}

/*
 * A handle that the resource manager does not know, although it was never asked
 * to give the memory back: whoever has it now, it must not be used again.
 */
TEST_F_TIMEOUT(memadd, unknown_handle, MEMADD_TIMEOUT)
{
	int fd = self->remote.vm.fd;
	struct gh_vm_region region;
	struct leak_state given, now;

	SKIP_WITHOUT_TESTCTL(return);
	self->keeps = true;
	ASSERT_CALL(add_more(fd, variant->flags, self->mem));
	leak_read(&given);
	testctl_fault(RM_FAULT_FAIL, RM_MEM_RECLAIM_MSG, 1,
		      RM_ERR_HANDLE_INVALID);
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));
	ASSERT_CALL(get_region(fd, &region));
	EXPECT_EQ(GH_REGION_LOST, region.state);
	EXPECT_EQ(GH_REGION_NO_PARCEL, region.parcel);
	/* It stays like that, pinned or allocated, and charged */
	EXPECT_ERRNO(EBUSY, gh_remove_region(fd, MORE_LABEL));
	EXPECT_ERRNO(EEXIST, add_more(fd, variant->flags, self->mem));
	EXPECT_TRUE(leak_check(&given, 0));
	remote_close(&self->remote);
	EXPECT_EQ(0, vm_one_life());
	leak_read(&now);
	EXPECT_NE(self->leak.locked_kb, now.locked_kb);
	EXPECT_EQ(1, now.counters[LEAK_PARCELS] -
		     self->leak.counters[LEAK_PARCELS]);
}

/* ---- many VMs whose memory user space does not bring ---- */

/* One more than a work queue works for at a time */
#define SLOW_VMS	257

FIXTURE(slow)
{
	struct leak_state leak;
	struct adder adder[SLOW_VMS];
	pthread_t thread[SLOW_VMS];
};

FIXTURE_SETUP(slow)
{
	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(slow)
{
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
}

static void *add_page_in_thread(void *arg)
{
	struct adder *adder = arg;

	adder->err = gh_set_region(adder->fd, 1, MEM_RW, GUEST_BASE,
				   sysconf(_SC_PAGESIZE), adder->mem) ?
		     errno : 0;
	return NULL;
}

/* All of them have something to do, and the lock of each is held */
TEST_F_TIMEOUT(slow, many, MEMADD_TIMEOUT)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct uffdio_zeropage zero = { .range = { .len = SLOW_VMS * page } };
	int dev, bell, uffd;
	struct adder *adder;
	struct uffd_msg msg;
	unsigned int i;
	char *mem;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK))
		SKIP(return, "this kernel has no userfaultfd");
	dev = open(GUNYAH_DEV, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dev);
	mem = alloc_mem(zero.range.len);
	ASSERT_NE(NULL, mem);
	madvise(mem, zero.range.len, MADV_NOHUGEPAGE);
	uffd = hold_pages(mem, zero.range.len);
	ASSERT_LE(0, uffd);
	bell = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < SLOW_VMS; i++) {
		adder = &self->adder[i];
		adder->fd = gh_create_vm(dev);
		adder->mem = mem + i * page;
		ASSERT_LE(0, adder->fd);
		ASSERT_CALL(gh_add_irqfd(adder->fd, bell, 1, 0));
		ASSERT_EQ(0, pthread_create(&self->thread[i], NULL,
					    add_page_in_thread, adder));
	}
	for (i = 0; i < SLOW_VMS; i++) {
		struct pollfd pfd = { .fd = uffd, .events = POLLIN };

		ASSERT_EQ(1, poll(&pfd, 1, LONG_MS));
		ASSERT_EQ(sizeof(msg), read(uffd, &msg, sizeof(msg)));
	}

	/* Their irqfds are to be removed. That hinders no other VM. */
	close(bell);
	EXPECT_EQ(0, vm_one_life());

	zero.range.start = (uintptr_t)mem;
	ASSERT_EQ(0, ioctl(uffd, UFFDIO_ZEROPAGE, &zero));
	for (i = 0; i < SLOW_VMS; i++) {
		ASSERT_EQ(0, pthread_join(self->thread[i], NULL));
		EXPECT_EQ(0, self->adder[i].err);
		close(self->adder[i].fd);
	}
	close(uffd);
	close(dev);
	munmap(mem, zero.range.len);
}

GUNYAH_TEST_MAIN
