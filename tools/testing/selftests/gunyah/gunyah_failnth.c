// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lives of VMs in which each allocation and each copy from or to user space fails
 * once: in the process, or in the kernel's threads that work for the driver
 *
 * That is done by the kernel's fault injection, /proc/.../fail-nth, which debug
 * kernels have: CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC,
 * CONFIG_FAULT_INJECTION_USERCOPY. With GUNYAH_TEST_LONG=1 each of them fails in
 * every scenario, else the first ones and then fewer and fewer. GUNYAH_SWEEP=NAME
 * is for one scenario only.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "sweep.h"

#define FAILNTH_TIMEOUT	40000

#define SELF		"/proc/thread-self/fail-nth"
#define DEBUG_FS	"/sys/kernel/debug/"

/* Documentation/admin-guide/tainted-kernels.rst */
#define TAINT_WARN	"512"

/* Fewer pages, each of which is an allocation */
#define SMALL_SIZE	GUEST_FREE

/* Without GUNYAH_TEST_LONG the distance of points is so much of their number */
#define SPARSE		8

/* ---- the kernel's fault injection ---- */

/* Without the first two only allocations fail that may not sleep */
static const struct {
	const char *path;
	const char *value;
} settings[] = {
	{ DEBUG_FS "failslab/ignore-gfp-wait", "N" },
	{ DEBUG_FS "fail_page_alloc/ignore-gfp-wait", "N" },
	{ DEBUG_FS "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ DEBUG_FS "fail_page_alloc/min-order", "0" },
	/* A stack for each fault looks like a bug to those who read the log */
	{ DEBUG_FS "failslab/verbose", "0" },
	{ DEBUG_FS "fail_page_alloc/verbose", "0" },
	{ DEBUG_FS "fail_usercopy/verbose", "0" },
};

static struct param params[ARRAY_SIZE(settings)];

static int set_up_injection(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		if (param_set(&params[i], settings[i].path, settings[i].value))
			return -1;
	return 0;
}

static void write_number(const char *path, unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	write_file(path, text);
}

/* ---- who fails ---- */

#define MAX_WORKERS	64
#define PATH_SIZE	40

/**
 * struct workers - threads of the kernel that may work for the driver
 * @n: number of them
 * @path: where each is told when to fail
 */
struct workers {
	unsigned int n;
	char path[MAX_WORKERS][PATH_SIZE];
};

/* Workers that are bound to no CPU, and threads of the driver's interrupts */
static bool works_for_us(const char *pid)
{
	char path[PATH_SIZE], name[64];

	snprintf(path, sizeof(path), "/proc/%.10s/comm", pid);
	if (read_file(path, name, sizeof(name)) < 0)
		return false;
	return !strncmp(name, "kworker/u", 9) || strstr(name, "gunyah-rm");
}

static void find_workers(struct workers *workers)
{
	struct dirent *entry;
	DIR *dir;

	workers->n = 0;
	dir = opendir("/proc");
	while (dir && workers->n < MAX_WORKERS && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && works_for_us(entry->d_name))
			snprintf(workers->path[workers->n++], PATH_SIZE,
				 "/proc/%.10s/fail-nth", entry->d_name);
	if (dir)
		closedir(dir);
}

static void arm(const struct workers *workers, unsigned int nth)
{
	unsigned int i;

	for (i = 0; workers && i < workers->n; i++)
		write_number(workers->path[i], nth);
	if (!workers)
		write_number(SELF, nth);
}

static bool used_up(const char *path)
{
	char text[16];

	return read_file(path, text, sizeof(text)) > 0 && !atoi(text);
}

/* Whether something has failed; nothing does any more after this */
static bool disarm(const struct workers *workers)
{
	bool hit = false;
	unsigned int i;

	if (!workers)
		hit = used_up(SELF);
	for (i = 0; workers && i < workers->n; i++)
		hit |= used_up(workers->path[i]);
	arm(workers, 0);
	return hit;
}

/* ---- one point ---- */

static bool complain(const struct scenario *scenario, unsigned int nth,
		     const struct sweep *s, const char *what)
{
	fprintf(stderr, "# %s, point %u: %s: %s: %s\n", scenario->name, nth,
		what, sweep_call_name(s->call), strerror(s->error));
	return false;
}

static bool result_ok(const struct sweep *s, bool hit)
{
	if (s->call == SWEEP_NOTHING)
		return true;
	/* Every call may fail with EFAULT */
	return hit && (s->error == EFAULT || sweep_documented(s));
}

/* @hit: whether there was such an allocation or copy */
static bool fail_one(const struct scenario *scenario, unsigned int nth,
		     const struct workers *workers, bool *hit)
{
	struct leak_state before;
	struct sweep s;
	bool ok;
	int err;

	leak_read(&before);
	arm(workers, nth);
	sweep_run(&s, scenario);
	*hit = disarm(workers);
	ok = result_ok(&s, *hit) ||
	     complain(scenario, nth, &s, "not documented");
	if (!*hit)
		return ok;
	err = vm_one_life();
	if (err) {
		s.error = err;
		ok = complain(scenario, nth, &s, "nothing works");
	}
	return ok & (leak_check(&before, BACK_MS) ||
		     complain(scenario, nth, &s, "leaks"));
}

/* ---- all points ---- */

static unsigned int next_point(unsigned int nth)
{
	return test_is_long() ? nth + 1 : nth + 1 + nth / SPARSE;
}

static unsigned int sweep_scenario(const struct scenario *scenario,
				   bool in_workers, bool *ok)
{
	struct scenario small = *scenario;
	unsigned int nth, points = 0;
	struct workers workers;
	bool hit;

	if (!small.cfg.size)
		small.cfg.size = SMALL_SIZE;
	for (nth = 1; ; nth = next_point(nth), points++) {
		/* New ones may have come */
		if (in_workers)
			find_workers(&workers);
		*ok &= fail_one(&small, nth, in_workers ? &workers : NULL,
				&hit);
		if (!hit)
			break;
	}
	printf("# %s: %u points, the last before %u\n", scenario->name, points,
	       nth);
	return points;
}

FIXTURE(failnth)
{
	struct leak_state leak;
};

FIXTURE_VARIANT(failnth)
{
	const char *name;
	bool in_workers;
};

FIXTURE_VARIANT_ADD(failnth, process)
{
	.name = "process",
};

FIXTURE_VARIANT_ADD(failnth, workers)
{
	.name = "workers",
	.in_workers = true,
};

FIXTURE_SETUP(failnth)
{
	SKIP_WITHOUT_GUNYAH(return);
	if (access(SELF, W_OK) || set_up_injection())
		SKIP(return, "the kernel has no fault injection: debug.config");
	testctl_reset();
	/*
	 * The kernel makes files in /proc/irq without looking whether it can, and
	 * warns when they are to be removed: it is tainted from the beginning
	 */
	if (variant->in_workers)
		ASSERT_CALL(write_file("/proc/sys/kernel/tainted", TAINT_WARN));
	ASSERT_EQ(0, vm_one_life());
	leak_read(&self->leak);
	sweep_forget_memory();
}

FIXTURE_TEARDOWN(failnth)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		param_restore(&params[i]);
	EXPECT_EQ(0, vm_one_life());
	EXPECT_TRUE(leak_check(&self->leak, 0));
	EXPECT_TRUE(sweep_memory_freed());
}

TEST_F_TIMEOUT(failnth, lives, FAILNTH_TIMEOUT)
{
	unsigned int i, points = 0;
	bool ok = true;

	for (i = 0; i < num_scenarios; i++)
		if (sweep_wanted(&scenarios[i]))
			points += sweep_scenario(&scenarios[i],
						 variant->in_workers, &ok);
	printf("# figure failnth_%s %u\n", variant->name, points);
	EXPECT_NE(0, points);
	EXPECT_TRUE(ok);
}

/* ---- the content of lent memory ---- */

/* A start that fails and can be repeated has changed nothing */
static bool content_stays(struct vm *vm, unsigned int nth, bool *hit)
{
	struct vm_config cfg = { .size = SMALL_SIZE };
	struct gh_vm_status status;
	bool ok = true;
	void *copy;
	int ret;

	if (vm_build(vm, &cfg, VM_HAS_VCPUS))
		return false;
	copy = malloc(SMALL_SIZE);
	memcpy(copy, vm->mem, SMALL_SIZE);
	arm(NULL, nth);
	ret = gh_start(vm->fd);
	*hit = disarm(NULL);
	if (ret && !ioctl(vm->fd, GH_VM_GET_STATUS, &status) &&
	    status.state == GH_VM_STATE_NEW)
		ok = !memcmp(copy, vm->mem, SMALL_SIZE) && !gh_start(vm->fd);
	free(copy);
	vm_close(vm);
	return ok;
}

TEST_F_TIMEOUT(failnth, content_stays, FAILNTH_TIMEOUT)
{
	unsigned int nth;
	bool hit = true;
	struct vm vm;

	if (variant->in_workers)
		SKIP(return, "the caller moves its memory");
	vm_init(&vm);
	for (nth = 1; hit; nth++)
		ASSERT_TRUE(content_stays(&vm, nth, &hit))
			TH_LOG("point %u", nth);
	EXPECT_LT(2, nth);
}

GUNYAH_TEST_MAIN
