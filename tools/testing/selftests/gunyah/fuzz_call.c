// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that random programs are made of: all of the driver, and what else a
 * process can do to its descriptors and its memory
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif

/* ---- what arguments stand for ---- */

static int vm_fd(struct fuzz_world *w, __u64 n)
{
	return __atomic_load_n(&w->vm[n % FUZZ_VMS], __ATOMIC_ACQUIRE);
}

static int vcpu_fd(struct fuzz_world *w, __u64 n)
{
	return __atomic_load_n(&w->vcpu[n % FUZZ_VCPUS], __ATOMIC_ACQUIRE);
}

static int event_fd(struct fuzz_world *w, __u64 n)
{
	return __atomic_load_n(&w->event[n % FUZZ_EVENTS], __ATOMIC_ACQUIRE);
}

static int *any_slot(struct fuzz_world *w, __u64 which)
{
	__u64 n = which & 0xff;

	switch (which >> 8 & 7) {
	case 0:
	case 4:
		return &w->vm[n % FUZZ_VMS];
	case 1:
	case 5:
		return &w->vcpu[n % FUZZ_VCPUS];
	case 2:
		return &w->file[n % FUZZ_FILES];
	case 3:
		return &w->event[n % FUZZ_EVENTS];
	default:
		return NULL;
	}
}

static int any_fd(struct fuzz_world *w, __u64 which)
{
	int *slot = any_slot(w, which);

	return slot ? __atomic_load_n(slot, __ATOMIC_ACQUIRE) : w->dev;
}

/* Put a new descriptor where an old one is closed */
static long keep(int *slot, int fd)
{
	int old;

	if (fd < 0)
		return -1;
	old = __atomic_exchange_n(slot, fd, __ATOMIC_ACQ_REL);
	if (old >= 0)
		close(old);
	return 0;
}

static unsigned char *mem_at(struct fuzz_world *w, __u64 n, __u64 offset)
{
	return w->mem + n % FUZZ_MEMS * FUZZ_MEM_ROOM + offset % FUZZ_MEM_ROOM;
}

static size_t mem_size(__u64 size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size % FUZZ_MEM_ROOM + page - 1) & -page;
}

/* ---- descriptors and memory ---- */

static long call_create_vm(struct fuzz_world *w, const __u64 *arg)
{
	return keep(&w->vm[arg[0] % FUZZ_VMS], ioctl(w->dev, GH_CREATE_VM,
						     arg[1]));
}

static long call_create_file(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_create_mem mem = {
		.size = arg[1], .flags = arg[2], .padding = arg[3],
	};

	/* Not all of the machine's memory */
	if (mem.size > FUZZ_MEM_ROOM && mem.size < 1ULL << 40)
		mem.size %= FUZZ_MEM_ROOM;
	return keep(&w->file[arg[0] % FUZZ_FILES],
		    ioctl(w->dev, GH_CREATE_MEM, &mem));
}

static long call_event(struct fuzz_world *w, const __u64 *arg)
{
	return keep(&w->event[arg[0] % FUZZ_EVENTS],
		    eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC |
			       (arg[1] & 1 ? EFD_SEMAPHORE : 0)));
}

static long call_event_write(struct fuzz_world *w, const __u64 *arg)
{
	__u64 value = arg[1] ?: 1;

	return write(event_fd(w, arg[0]), &value, sizeof(value));
}

static long call_close(struct fuzz_world *w, const __u64 *arg)
{
	int *slot = any_slot(w, arg[0]);
	int fd = slot ? __atomic_exchange_n(slot, -1, __ATOMIC_ACQ_REL) : -1;

	return fd < 0 ? -1 : close(fd);
}

static long call_dup(struct fuzz_world *w, const __u64 *arg)
{
	int *slot = any_slot(w, arg[1]);

	return slot ? keep(slot, fcntl(any_fd(w, arg[0]), F_DUPFD_CLOEXEC, 0)) :
		      -1;
}

static long call_poll(struct fuzz_world *w, const __u64 *arg)
{
	struct pollfd pfd[2] = {
		{ .fd = any_fd(w, arg[0]), .events = -1 },
		{ .fd = any_fd(w, arg[1]), .events = POLLIN },
	};

	return poll(pfd, 2, arg[2] & 7);
}

static long call_file_io(struct fuzz_world *w, const __u64 *arg)
{
	int fd = any_fd(w, arg[0]);
	struct stat st;
	char buf[64] = {};

	switch (arg[1] & 7) {
	case 0:
		return pread(fd, buf, sizeof(buf), arg[2]);
	case 1:
		return pwrite(fd, buf, 8, arg[2]);
	case 2:
		return ftruncate(fd, arg[2]);
	case 3:
		return fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				 FALLOC_FL_KEEP_SIZE, arg[2], 0x1000);
	case 4:
		return lseek(fd, arg[2], arg[3] & 3);
	case 5:
		return fstat(fd, &st);
	case 6:
		return fsync(fd);
	default:
		return fcntl(fd, F_SETFL, arg[2] & (O_NONBLOCK | O_APPEND |
						    O_ASYNC));
	}
}

static long call_map(struct fuzz_world *w, const __u64 *arg)
{
	int flags = MAP_FIXED | MAP_ANONYMOUS, fd = -1;
	void *at = mem_at(w, arg[0], 0);
	size_t size = mem_size(arg[2]);
	long ret;

	if (!size)
		return munmap(at, FUZZ_MEM_ROOM);
	if ((arg[1] & 3) == 3) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		ftruncate(fd, size);
		flags = MAP_FIXED | MAP_SHARED;
	} else {
		flags |= (arg[1] & 3) == 2 ? MAP_SHARED : MAP_PRIVATE;
	}
	ret = mmap(at, size, PROT_READ | PROT_WRITE, flags, fd, 0) == at ?
	      0 : -1;
	if ((arg[1] & 3) == 1)
		madvise(at, size, MADV_HUGEPAGE);
	if (fd >= 0)
		close(fd);
	return ret;
}

static long call_map_file(struct fuzz_world *w, const __u64 *arg)
{
	int fd = __atomic_load_n(&w->file[arg[1] % FUZZ_FILES],
				 __ATOMIC_ACQUIRE);
	int prot = arg[4] & 8 ? arg[4] & 7 : PROT_READ | PROT_WRITE;
	void *at = mem_at(w, arg[0], 0);

	return mmap(at, mem_size(arg[2]), prot, (arg[4] & 16 ? MAP_PRIVATE :
		    MAP_SHARED) | MAP_FIXED, fd, arg[3]) == at ? 0 : -1;
}

static long call_memory(struct fuzz_world *w, const __u64 *arg)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_REMOVE, MADV_MERGEABLE,
		MADV_HUGEPAGE, MADV_DONTFORK, MADV_WIPEONFORK, MADV_FREE,
		MADV_COLD, MADV_PAGEOUT, 22, 23, 25, MADV_DODUMP,
	};
	unsigned char *at = mem_at(w, arg[0], arg[1] & ~0xfffULL);
	size_t size = mem_size(arg[2]);

	switch (arg[3] % 8) {
	case 0:
		return mprotect(at, size, arg[3] >> 3 & 7);
	case 1:
		return mlock(at, size);
	case 2:
		return munlock(at, size);
	case 3:
		return mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED |
			      (arg[3] & 64 ? MREMAP_DONTUNMAP : 0),
			      mem_at(w, arg[4], 0)) == MAP_FAILED ? -1 : 0;
	case 4:
		return mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			    MAP_FIXED | MAP_NORESERVE, -1, 0) == at ? 0 : -1;
	default:
		return madvise(at, size, advices[(arg[3] >> 3) %
						 ARRAY_SIZE(advices)]);
	}
}

static long call_touch(struct fuzz_world *w, const __u64 *arg)
{
	unsigned char *at = mem_at(w, arg[0], arg[1] & ~7ULL);
	__u64 word = arg[2];

	return arg[3] & 1 ? fuzz_copy(at, &word, sizeof(word)) :
			    fuzz_copy(&word, at, sizeof(word));
}

/*
 * The image of a guest: code, programs and devicetree. Some devicetrees kill the
 * firmware. The driver refuses them, but it cannot see what is changed in a shared
 * image after that: nobody writes such a one beside a start.
 */
static long call_image(struct fuzz_world *w, const __u64 *arg)
{
	static const struct dtb_bell bells[] = {
		{ .label = 20, .irq = 40 },
		{ .label = 21, .irq = 41, .level = true },
	};
	__u64 state = random_state(arg[1], 0);
	struct dtb_config cfg = {
		.base = GUEST_BASE, .size = GUEST_SIZE,
		.cpus = 1 + random_below(&state, 3), .host_cpus = 1,
		.shms = 1, .shm = { { GUEST_SHM_LABEL, GUEST_SHM_BASE } },
		.num_bells = random_below(&state, 3), .bells = bells,
		.rm_rpc = random_below(&state, 2),
		.defect = random_below(&state, 16) ? DTB_GOOD :
			  random_below(&state, DTB_MANY_VDEVICES + 1),
	};
	unsigned char *mem = mem_at(w, arg[0], 0), *dtb;
	long ret = -1;
	size_t size;

	dtb = malloc(GUEST_DTB_SIZE);
	if (!dtb)
		return -1;
	pthread_mutex_lock(&w->images);
	if (w->started && cfg.defect >= DTB_RELATIVE_GENERATE)
		cfg.defect = DTB_GOOD;
	size = dtb_build(dtb, GUEST_DTB_SIZE, &cfg);
	/* Damage */
	if (size && random_below(&state, 8) == 0 && !w->started)
		dtb[random_below(&state, size)] = random_next(&state);
	if (fuzz_guest_image(mem, arg[1], cfg.cpus) &&
	    fuzz_copy(mem + GUEST_DTB, dtb, size))
		ret = 0;
	pthread_mutex_unlock(&w->images);
	free(dtb);
	return ret;
}

/* ---- VMs ---- */

static long call_region(struct fuzz_world *w, const __u64 *arg)
{
	return gh_set_region(vm_fd(w, arg[0]), arg[1], arg[2], arg[3], arg[4],
			     mem_at(w, arg[5] & 0xff, arg[5] >> 8 & ~0xfffULL));
}

static long call_android_lend(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_userspace_memory_region region = {
		.label = arg[1], .flags = arg[2], .guest_phys_addr = arg[3],
		.memory_size = arg[4],
		.userspace_addr = (uintptr_t)mem_at(w, arg[5], 0),
	};

	return ioctl(vm_fd(w, arg[0]), GH_VM_ANDROID_LEND_USER_MEM, &region);
}

static long call_remove_region(struct fuzz_world *w, const __u64 *arg)
{
	return gh_remove_region(vm_fd(w, arg[0]), arg[1]);
}

static long call_dtb(struct fuzz_world *w, const __u64 *arg)
{
	return gh_set_dtb(vm_fd(w, arg[0]), arg[1], arg[2]);
}

static long call_boot(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_vm_boot_context context = {
		.reg = arg[1], .value = arg[2], .padding = arg[3],
	};

	return ioctl(vm_fd(w, arg[0]), GH_VM_SET_BOOT_CONTEXT, &context);
}

static long call_firmware(struct fuzz_world *w, const __u64 *arg)
{
	return gh_set_firmware(vm_fd(w, arg[0]), arg[1], arg[2]);
}

static long call_extension(struct fuzz_world *w, const __u64 *arg)
{
	return ioctl(arg[0] & 1 ? w->dev : vm_fd(w, arg[1]),
		     GH_ANDROID_CHECK_EXTENSION, arg[2]);
}

/* Before each call that can start a VM */
static void may_start(struct fuzz_world *w)
{
	pthread_mutex_lock(&w->images);
	w->started = true;
	pthread_mutex_unlock(&w->images);
}

static long call_start(struct fuzz_world *w, const __u64 *arg)
{
	may_start(w);
	return ioctl(vm_fd(w, arg[0]), GH_VM_START, arg[1]);
}

static long call_stop(struct fuzz_world *w, const __u64 *arg)
{
	return gh_stop(vm_fd(w, arg[0]), arg[1]);
}

static long call_status(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_vm_status status;

	return gh_status(vm_fd(w, arg[0]), &status);
}

static long call_reclaim(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_vm_reclaim reclaim = {
		.guest_phys_addr = arg[1], .size = arg[2],
	};

	return ioctl(vm_fd(w, arg[0]), GH_VM_RECLAIM_MEM, &reclaim);
}

static long call_get_region(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_vm_region region = { .label = arg[1] };

	return ioctl(vm_fd(w, arg[0]), GH_VM_GET_REGION, &region);
}

static long call_info(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_info info = { .flags = arg[0] };

	return ioctl(w->dev, GH_GET_INFO, &info);
}

static long call_vcpu(struct fuzz_world *w, const __u64 *arg)
{
	return keep(&w->vcpu[arg[2] % FUZZ_VCPUS],
		    gh_add_vcpu_flags(vm_fd(w, arg[0]), arg[1], arg[3]));
}

static long call_remove_vcpu(struct fuzz_world *w, const __u64 *arg)
{
	return gh_remove_vcpu(vm_fd(w, arg[0]), arg[1]);
}

static long call_irqfd(struct fuzz_world *w, const __u64 *arg)
{
	return gh_add_irqfd(vm_fd(w, arg[0]), event_fd(w, arg[1]), arg[2],
			    arg[3]);
}

static long call_remove_irqfd(struct fuzz_world *w, const __u64 *arg)
{
	return gh_remove_irqfd(vm_fd(w, arg[0]), arg[1]);
}

static long call_ioeventfd(struct fuzz_world *w, const __u64 *arg)
{
	return gh_add_ioeventfd(vm_fd(w, arg[0]), event_fd(w, arg[1]), arg[2],
				arg[3], arg[4], arg[5]);
}

static long call_remove_ioeventfd(struct fuzz_world *w, const __u64 *arg)
{
	return gh_remove_ioeventfd(vm_fd(w, arg[0]), arg[1], arg[2], arg[3],
				   arg[4]);
}

/* A function with an argument of any size and content */
static long call_function(struct fuzz_world *w, const __u64 *arg)
{
	__u64 state = random_state(arg[4], 2), words[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = random_below(&state, 4) ? 0 : random_next(&state);
	/* A descriptor of ours, if it is one */
	((__u32 *)words)[random_below(&state, 8)] = event_fd(w, state);
	return (arg[3] & 1 ? gh_remove_function : gh_add_function)
		(vm_fd(w, arg[0]), arg[1], arg[2], words);
}

/* ---- vCPUs ---- */

static long call_run(struct fuzz_world *w, const __u64 *arg)
{
	unsigned int n = arg[1] & 7;
	int fd = vcpu_fd(w, arg[0]);
	long ret;

	do {
		ret = gh_vcpu_run(fd);
	} while (!ret && n--);
	return ret;
}

static long call_run_page(struct fuzz_world *w, const __u64 *arg)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *run, *old;

	run = mmap(NULL, page + arg[1], PROT_READ | PROT_WRITE,
		   arg[3] & 1 ? MAP_PRIVATE : MAP_SHARED, vcpu_fd(w, arg[0]),
		   arg[2]);
	if (run == MAP_FAILED)
		return -1;
	old = __atomic_exchange_n(&w->run[arg[0] % FUZZ_VCPUS], run,
				  __ATOMIC_ACQ_REL);
	return old ? munmap(old, page) : 0;
}

static long call_poke_run(struct fuzz_world *w, const __u64 *arg)
{
	char *run = __atomic_load_n(&w->run[arg[0] % FUZZ_VCPUS],
				    __ATOMIC_ACQUIRE);
	__u64 value = arg[2];

	/* Of the struct mostly, and all of it is ours to write */
	return run ? fuzz_copy(run + (arg[1] % 64 & ~7ULL), &value,
			       1 + arg[3] % 8) : -1;
}

static long call_unmap_run(struct fuzz_world *w, const __u64 *arg)
{
	void *run = __atomic_exchange_n(&w->run[arg[0] % FUZZ_VCPUS], NULL,
					__ATOMIC_ACQ_REL);

	return run ? munmap(run, sysconf(_SC_PAGESIZE)) : -1;
}

static long call_stats(struct fuzz_world *w, const __u64 *arg)
{
	struct gh_vcpu_stats stats;
	int fd = vcpu_fd(w, arg[0]);

	ioctl(fd, GH_VCPU_MMAP_SIZE, arg[1]);
	return ioctl(fd, GH_VCPU_GET_STATS, &stats);
}

/* ---- anything else ---- */

/* Any number, any size, and a pointer that may be anything but our own data */
static long call_ioctl(struct fuzz_world *w, const __u64 *arg)
{
	static __thread __u64 buf[512];
	__u64 state = random_state(arg[4], 1);
	unsigned int i;
	void *ptr;

	for (i = 0; i < ARRAY_SIZE(buf); i++)
		buf[i] = random_below(&state, 6) ? 0 : random_next(&state) >>
						      random_below(&state, 64);
	/* GH_CREATE_MEM shall not take all of the machine's memory */
	buf[0] &= ~0x3ffffc00000ULL;
	switch (arg[3] & 7) {
	case 0:
		ptr = NULL;
		break;
	case 1:
		ptr = mem_at(w, arg[3] >> 3, 0);
		break;
	case 2:
		ptr = mem_at(w, arg[3] >> 3, 0xffc);
		break;
	case 3:
		ptr = (void *)0xffff000000000000UL;
		break;
	default:
		ptr = buf;
	}
	may_start(w);
	return ioctl(any_fd(w, arg[0]),
		     _IOC(arg[3] >> 6 & 3, arg[1] & 0x40 ? 'A' : 'G',
			  arg[1] & 0x1f, arg[2] % (sizeof(buf) + 1)), ptr);
}

/* In a copy of the process, which has all descriptors and run pages */
static void in_fork(struct fuzz_world *w, const __u64 *arg)
{
	const __u64 region[] = { arg[1], 7, 7, 0x200000000, 0x1000, 1 };
	const __u64 run[] = { arg[1], 1 };
	__u64 word = 0;

	alarm(5);
	switch (arg[0] & 7) {
	case 0:
		call_region(w, region);
		break;
	case 1:
		/* A thread that is not here may have held the lock of call_start() */
		ioctl(vm_fd(w, arg[1]), GH_VM_START, arg[2]);
		break;
	case 2:
		call_run(w, run);
		break;
	case 3:
		call_stop(w, run);
		break;
	case 4:
		fuzz_copy(&word, mem_at(w, arg[2], 0x10000), sizeof(word));
		break;
	case 5:
		fuzz_copy(mem_at(w, arg[2], 0), &word, sizeof(word));
		break;
	default:
		break;
	}
}

static long call_fork(struct fuzz_world *w, const __u64 *arg)
{
	int status = 0;
	pid_t pid;

	may_start(w);
	pid = fork();
	if (!pid) {
		in_fork(w, arg);
		_exit(0);
	}
	if (pid < 0)
		return -1;
	if (arg[0] & 8)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* What an administrator looks at while VMs come and go */
static long call_debugfs(struct fuzz_world *w, const __u64 *arg)
{
	static const char *const names[] = {
		"state", "regions", "functions", "rpc",
	};
	const char *dir = "/sys/kernel/debug/gunyah";
	unsigned int skip = 2 + (arg[0] >> 2 & 3);
	struct dirent *entry = NULL;
	char path[512], buf[4096];
	DIR *d = opendir(dir);

	if (!d)
		return -1;
	do {
		entry = readdir(d);
	} while (entry && skip--);
	if (entry)
		snprintf(path, sizeof(path), "%s/%s/%s", dir, entry->d_name,
			 names[arg[0] & 3]);
	closedir(d);
	return entry ? read_file(path, buf, sizeof(buf)) : -1;
}

const struct fuzz_op fuzz_ops[] = {
	{ "sync", NULL, 3, {} },
	{ "create_vm", call_create_vm, 4, { ARG_VM } },
	{ "create_file", call_create_file, 4,
	  { ARG_FILE, ARG_SIZE, ARG_NONE, ARG_NONE } },
	{ "event", call_event, 4, { ARG_EVENT, ARG_FLAG } },
	{ "event_write", call_event_write, 8, { ARG_EVENT, ARG_SMALL } },
	{ "close", call_close, 10, { ARG_FD } },
	{ "dup", call_dup, 3, { ARG_FD, ARG_FD } },
	{ "poll", call_poll, 3, { ARG_FD, ARG_FD, ARG_SMALL } },
	{ "io", call_file_io, 3, { ARG_FD, ARG_SMALL, ARG_OFFSET, ARG_SMALL } },
	{ "map", call_map, 6, { ARG_MEM, ARG_SMALL, ARG_SIZE } },
	{ "map_file", call_map_file, 6,
	  { ARG_MEM, ARG_FILE, ARG_SIZE, ARG_OFFSET, ARG_NONE } },
	{ "memory", call_memory, 8,
	  { ARG_MEM, ARG_OFFSET, ARG_SIZE, ARG_PICK, ARG_MEM } },
	{ "touch", call_touch, 8, { ARG_MEM, ARG_OFFSET, ARG_VALUE, ARG_FLAG } },
	{ "image", call_image, 6, { ARG_MEM, ARG_SEED } },
	{ "region", call_region, 14,
	  { ARG_VM, ARG_LABEL, ARG_MEM_FLAGS, ARG_GPA, ARG_SIZE, ARG_MEM } },
	{ "android_lend", call_android_lend, 2,
	  { ARG_VM, ARG_LABEL, ARG_MEM_FLAGS, ARG_GPA, ARG_SIZE, ARG_MEM } },
	{ "remove_region", call_remove_region, 6, { ARG_VM, ARG_LABEL } },
	{ "dtb", call_dtb, 5, { ARG_VM, ARG_GPA, ARG_SIZE } },
	{ "boot", call_boot, 4, { ARG_VM, ARG_REG, ARG_GPA, ARG_NONE } },
	{ "start", call_start, 12, { ARG_VM, ARG_NONE } },
	{ "stop", call_stop, 8, { ARG_VM, ARG_FLAG } },
	{ "status", call_status, 4, { ARG_VM } },
	{ "get_region", call_get_region, 3, { ARG_VM, ARG_LABEL } },
	{ "reclaim", call_reclaim, 3, { ARG_VM, ARG_GPA, ARG_SIZE } },
	{ "info", call_info, 1, { ARG_NONE } },
	{ "vcpu", call_vcpu, 8, { ARG_VM, ARG_CPU, ARG_VCPU, ARG_FLAG } },
	{ "remove_vcpu", call_remove_vcpu, 6, { ARG_VM, ARG_CPU } },
	{ "irqfd", call_irqfd, 8, { ARG_VM, ARG_EVENT, ARG_LABEL, ARG_FLAG } },
	{ "remove_irqfd", call_remove_irqfd, 6, { ARG_VM, ARG_LABEL } },
	{ "ioeventfd", call_ioeventfd, 8,
	  { ARG_VM, ARG_EVENT, ARG_MMIO, ARG_LEN, ARG_FLAG, ARG_SMALL } },
	{ "remove_ioeventfd", call_remove_ioeventfd, 6,
	  { ARG_VM, ARG_MMIO, ARG_LEN, ARG_FLAG, ARG_SMALL } },
	{ "function", call_function, 3,
	  { ARG_VM, ARG_SMALL, ARG_PICK, ARG_FLAG, ARG_SEED } },
	{ "run", call_run, 24, { ARG_VCPU, ARG_SMALL } },
	{ "run_page", call_run_page, 5, { ARG_VCPU, ARG_NONE, ARG_NONE } },
	{ "poke_run", call_poke_run, 8,
	  { ARG_VCPU, ARG_PICK, ARG_SMALL, ARG_SMALL } },
	{ "unmap_run", call_unmap_run, 3, { ARG_VCPU } },
	{ "stats", call_stats, 3, { ARG_VCPU } },
	{ "ioctl", call_ioctl, 6,
	  { ARG_FD, ARG_PICK, ARG_PICK, ARG_PICK, ARG_SEED } },
	{ "fork", call_fork, 3, { ARG_PICK, ARG_VM, ARG_MEM } },
	{ "debugfs", call_debugfs, 2, { ARG_PICK } },
	{ "firmware", call_firmware, 2, { ARG_VM, ARG_GPA, ARG_SIZE } },
	{ "extension", call_extension, 1, { ARG_FLAG, ARG_VM, ARG_PICK } },
};

const unsigned int fuzz_num_ops = ARRAY_SIZE(fuzz_ops);

/**
 * fuzz_find_op() - find a call by its name
 * @name: its name
 * @len: length of the name
 *
 * Return: index in fuzz_ops, or -1.
 */
int fuzz_find_op(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < fuzz_num_ops; i++)
		if (strlen(fuzz_ops[i].name) == len &&
		    !memcmp(fuzz_ops[i].name, name, len))
			return i;
	return -1;
}
