// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs in lent memory that start and end again and again, while the VMM, other
 * processes and the administrator attack their memory at random
 *
 * GUNYAH_STORM_SECONDS tells how long, GUNYAH_STORM_SEED makes the attackers do
 * the same again.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "lent.h"
#include "pressure.h"
#include "message.h"
#include "random.h"
#include "storm.h"
#include "testctl.h"

#define STORM_SECONDS	8
#define STORM_TIMEOUT	7200

#define THREADS		3
#define OTHERS		2

/* Each of them is the number of its random state */
enum { STORM_MAIN, STORM_MACHINE, STORM_OTHER, STORM_VMM = 16 };

/* What a VMM says when it ends */
#define VMM_GOOD	0
#define VMM_BAD_GUEST	3	/* it has lost its memory */
#define VMM_BAD_ERRNO	4
#define VMM_BAD_END	5	/* its memory does not come back */

FIXTURE(storm)
{
	struct leak_state leak;
	struct cgroup cg;
	struct storm *storm;
	pid_t pid[1 + OTHERS];
	__u64 state;
	__u64 aborts;
	bool swap;
};

FIXTURE_SETUP(storm)
{
	struct storm *storm;

	SKIP_WITHOUT_GUNYAH(return);
	testctl_reset();
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, storm);
	self->storm = storm;
	storm->seed = random_seed("GUNYAH_STORM_SEED");
	storm->vmm = -1;
	storm->memfd = memfd_create("storm", MFD_CLOEXEC);
	ASSERT_LE(0, storm->memfd);
	ASSERT_EQ(0, ftruncate(storm->memfd, LENT_SIZE));
	self->state = random_state(storm->seed, STORM_MAIN);
	TH_LOG("seed %llu", (unsigned long long)storm->seed);
	self->swap = !access(SWAP_DEVICE, F_OK) && !swap_on();
	/* No message each time */
	write_file("/proc/sys/vm/drop_caches", "4");
	/* For the attack by memory.reclaim */
	cgroup_make(&self->cg, "storm");
	self->aborts = host_aborts();
	leak_read(&self->leak);
}

FIXTURE_TEARDOWN(storm)
{
	if (self->swap)
		swap_off();
	cgroup_remove(&self->cg);
	close(self->storm->memfd);
	munmap(self->storm, sizeof(*self->storm));
}

/* ---- the VMM ---- */

struct vmm {
	struct storm *storm;
	__u64 state;
	unsigned char *mem;
	pthread_t thread[THREADS];
	unsigned int number;
};

static void *attack_self(void *data)
{
	struct vmm *vmm = data;
	unsigned int n = __atomic_fetch_add(&vmm->number, 1, __ATOMIC_RELAXED);

	storm_attack_self(vmm->storm, STORM_VMM + n);
	return NULL;
}

static void *vmm_alloc(struct vmm *vmm)
{
	void *mem;

	switch (random_below(&vmm->state, 3)) {
	case 0:
		return lent_memory(LENT_ANON, LENT_SIZE, NULL);
	case 1:
		return lent_memory(LENT_THP, LENT_SIZE, NULL);
	default:
		mem = mmap(NULL, LENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			   vmm->storm->memfd, 0);
		return mem == MAP_FAILED ? NULL : mem;
	}
}

/* Errors that attacks may cause, since they take memory away */
static bool may_fail(int err)
{
	switch (err) {
	case EFAULT:		/* not mapped, not accessible */
	case EOPNOTSUPP:
	case ENOMEM:
	case EAGAIN:
	case EEXIST:
	case EBUSY:
		return true;
	default:
		fprintf(stderr, "# storm: %s\n", strerror(err));
		return false;
	}
}

/* The guest fills its memory, and looks at it again and again */
static int run_guest(struct vmm *vmm, struct vm *vm)
{
	const __u64 addr = GUEST_BASE + GUEST_FREE, size = LENT_SIZE -
							   GUEST_FREE;
	unsigned int rounds = random_below(&vmm->state, 12);
	const __u64 pattern = random_next(&vmm->state);
	struct gh_vm_status status;
	int reason;

	vm_program(vm, 0, G_FILL(addr, size, pattern),
		   G_WRITE(4, 0x1000, 0), G_CHECK(addr, size, pattern),
		   G_JUMP(VM_PROGRAM(0) + sizeof(struct guest_op)));
	if (gh_start(vm->fd))
		return may_fail(errno) ? VMM_GOOD : VMM_BAD_ERRNO;
	do {
		reason = vm_run_once(vm, 0);
		if (reason < 0)
			return may_fail(errno) ? VMM_GOOD : VMM_BAD_ERRNO;
		if (reason == GH_VCPU_EXIT_STATUS)
			return VMM_BAD_GUEST;
	} while (rounds--);
	if (random_below(&vmm->state, 2)) {
		gh_stop(vm->fd, GH_VM_STOP_FORCE);
		gh_status(vm->fd, &status);
	}
	return VMM_GOOD;
}

static bool is_back(void *mem)
{
	return page_readable(mem);
}

static int run_vmm(struct storm *storm, __u64 state)
{
	struct vmm vmm = { .storm = storm, .state = state };
	unsigned int lives = 1 + random_below(&vmm.state, 4), i;
	int ret = VMM_GOOD;
	struct vm vm;

	vmm.mem = vmm_alloc(&vmm);
	if (!vmm.mem)
		return 1;
	storm->size = LENT_SIZE - GUEST_FREE;
	storm->mem = vmm.mem + GUEST_FREE;
	__atomic_store_n(&storm->vmm, getpid(), __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&vmm.thread[i], NULL, attack_self, &vmm))
			return 2;
	for (i = 0; i < lives && ret == VMM_GOOD; i++) {
		const struct vm_config cfg = {
			.mem = vmm.mem, .size = LENT_SIZE,
		};

		vm_init(&vm);
		if (vm_build(&vm, &cfg, VM_HAS_VCPUS))
			ret = may_fail(errno) ? VMM_GOOD : VMM_BAD_ERRNO;
		else
			ret = run_guest(&vmm, &vm);
		/* Sometimes it ends with its VM */
		if (!random_below(&vmm.state, 4))
			break;
		vm_close(&vm);
		/* A process that an attacker has made may still have the VM */
		if (!wait_until(is_back, vmm.mem, LONG_MS))
			ret = VMM_BAD_END;
	}
	return ret;
}

/* ---- all of them ---- */

static pid_t start_process(struct storm *storm, unsigned int n,
			   void (*fn)(struct storm *storm, unsigned int n))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	/* The first VMM tells where to attack */
	while (__atomic_load_n(&storm->vmm, __ATOMIC_ACQUIRE) < 0 &&
	       !storm_is_over(storm))
		usleep(1000);
	if (storm->mem)
		fn(storm, n);
	_exit(0);
}

/* One VMM; sometimes it is killed */
static int one_vmm(struct storm *storm, __u64 *state)
{
	__u64 vmm_state = random_state(storm->seed, random_next(state));
	__u64 kill_ms = random_below(state, 3) ? 0 : random_below(state, 1000);
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid)
		_exit(run_vmm(storm, vmm_state));
	if (kill_ms) {
		usleep(kill_ms * 1000);
		kill(pid, SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && kill_ms)
		return VMM_GOOD;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	       256 + WTERMSIG(status);
}

TEST_F_TIMEOUT(storm, storm, STORM_TIMEOUT)
{
	long long end = now_ms() + random_ms("GUNYAH_STORM_SECONDS", STORM_SECONDS);
	struct storm *storm = self->storm;
	unsigned int vmms = 0, i;
	int status;

	self->pid[0] = start_process(storm, STORM_MACHINE,
				     storm_attack_machine);
	for (i = 1; i <= OTHERS; i++)
		self->pid[i] = start_process(storm, STORM_OTHER + i,
					     storm_attack_other);
	do {
		EXPECT_EQ(VMM_GOOD, one_vmm(storm, &self->state))
			TH_LOG("VMM %u of seed %llu", vmms,
			       (unsigned long long)storm->seed);
		vmms++;
	} while (now_ms() < end);
	__atomic_store_n(&storm->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < ARRAY_SIZE(self->pid); i++) {
		ASSERT_EQ(self->pid[i], waitpid(self->pid[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	TH_LOG("%u VMMs, %llu attacks, %llu of them got something", vmms,
	       (unsigned long long)storm->attacks,
	       (unsigned long long)storm->got);
	/* Otherwise it was none */
	EXPECT_LT(0, storm->got);
	EXPECT_LT(storm->got, storm->attacks);
	write_file("/sys/kernel/mm/ksm/run", "2");
	EXPECT_EQ(self->aborts, host_aborts());
	EXPECT_TRUE(leak_check(&self->leak, BACK_MS));
	EXPECT_EQ(0, vm_one_life());
}

GUNYAH_TEST_MAIN
