// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common parts of the Gunyah tests: the state of the system, and leaks
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gunyah_utils.h"
#include "testctl.h"

/* Between two looks at a condition, µs */
#define MAX_POLL_US	8000

/**
 * gunyah_present() - look for the driver's device
 *
 * Return: whether this machine has it and we may use it.
 */
bool gunyah_present(void)
{
	return !access(GUNYAH_DEV, R_OK | W_OK);
}

/* Production builds of the resource manager want an image that is lent */
static bool shares_images(void)
{
	const struct vm_config cfg = { .shared = true };
	bool shares;
	struct vm vm;

	vm_init(&vm);
	/* The tests report all other errors */
	shares = !vm_build(&vm, &cfg, VM_STARTED) || errno != ENODEV;
	vm_close(&vm);
	return shares;
}

/* Debug builds die when a VM ends that the hypervisor schedules */
static bool survives_static_vcpus(void)
{
	return testctl_present() && (hyp_word("gunyah_hyp.rm=prod") ||
				     hyp_word("gunyah_hyp.rm=later"));
}

/**
 * vm_impossible() - check whether the firmware can have such a VM
 * @cfg: configuration
 *
 * Return: why this firmware cannot have it, or NULL if it can.
 */
const char *vm_impossible(const struct vm_config *cfg)
{
	if (cfg->scheduled && !survives_static_vcpus())
		return "this firmware may not survive a VM that it schedules";
	if (cfg->shared && !shares_images())
		return "this firmware does not accept an image that is shared";
	return NULL;
}

/**
 * now_ms() - read the monotonic clock
 *
 * Return: its milliseconds.
 */
long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/**
 * slowness() - how many times as long everything may take on this machine
 *
 * Where emulated processors share real ones the clock goes on while they wait.
 * GUNYAH_TEST_SLOW says how much longer everything may take there.
 *
 * Return: factor, at least 1.
 */
unsigned int slowness(void)
{
	const char *slow = getenv("GUNYAH_TEST_SLOW");
	int factor = slow ? atoi(slow) : 1;

	return factor > 1 ? factor : 1;
}

/**
 * test_is_long() - whether there is time for everything that a test can do
 *
 * Return: what GUNYAH_TEST_LONG says.
 */
bool test_is_long(void)
{
	const char *value = getenv("GUNYAH_TEST_LONG");

	return value && atoi(value);
}

/**
 * limit_ms() - limit for something that must be prompt
 * @ms: how long it may take on the test hypervisor
 *
 * Time proves something only where the clock counts instructions, and the
 * firmware is known. Elsewhere it depends on the speed of the machine, so that
 * only a hang is an error.
 *
 * Return: limit in ms.
 */
unsigned int limit_ms(unsigned int ms)
{
	return getenv("GUNYAH_TEST_ICOUNT") && testctl_present() ? ms : LONG_MS;
}

/**
 * reap_limit_ms() - limit for the death of a process with VMs that is killed
 *
 * Return: limit in ms.
 */
unsigned int reap_limit_ms(void)
{
	return limit_ms(1000);
}

/**
 * wait_until() - poll until a condition holds
 * @cond: the condition
 * @arg: its argument
 * @timeout_ms: how long at most
 *
 * Return: whether it holds.
 */
bool wait_until(bool (*cond)(void *arg), void *arg, unsigned int timeout_ms)
{
	long long end = now_ms() + timeout_ms;
	unsigned int us = 500;

	while (!cond(arg)) {
		if (now_ms() >= end)
			return cond(arg);
		usleep(us);
		/* To look takes time itself, to read all that can leak above all */
		if (us < MAX_POLL_US)
			us *= 2;
	}
	return true;
}

/**
 * in_child() - call a function in a child process
 * @fn: the function; what it returns is the child's exit code, below 256
 * @arg: its argument
 *
 * A test must not assert in a child: the harness would return there.
 *
 * Return: exit code, or 256 + signal, or -1 and errno.
 */
int in_child(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid)
		_exit(fn(arg));
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSIGNALED(status))
		return 256 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/**
 * read_file() - read a small file as a string
 * @path: which one
 * @buf: where to
 * @size: room there
 *
 * Return: length, or -1 and errno.
 */
int read_file(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	close(fd);
	buf[len] = '\0';
	return len;
}

/**
 * write_file() - write a string to a file that exists
 * @path: which one
 * @text: what
 *
 * Return: 0, or -1 and errno.
 */
int write_file(const char *path, const char *text)
{
	ssize_t n;
	int fd;

	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/**
 * proc_value() - read a number from a file with a name at each start of line
 * @path: the file
 * @name: the name, without colon
 *
 * Return: the number, or -1 if there is none.
 */
long long proc_value(const char *path, const char *name)
{
	size_t len = strlen(name);
	long long value = -1;
	char line[256];
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, len) || !strchr(": \t", line[len]))
			continue;
		value = strtoll(line + len + 1, NULL, 10);
		break;
	}
	fclose(f);
	return value;
}

/**
 * hyp_word() - look for a word on the kernel's command line
 * @word: a word for the test hypervisor, which finds it there as well
 *
 * Return: whether it is there.
 */
bool hyp_word(const char *word)
{
	char cmdline[4096], *p, *save = NULL;

	if (read_file("/proc/cmdline", cmdline, sizeof(cmdline)) < 0)
		return false;
	for (p = strtok_r(cmdline, "\n ", &save); p;
	     p = strtok_r(NULL, "\n ", &save))
		if (!strcmp(p, word))
			return true;
	return false;
}

/**
 * param_set() - change a module parameter
 * @param: zeroes, or what an earlier change of the same parameter has left
 * @path: file of the parameter
 * @value: what to write
 *
 * Return: 0, or -1 and errno.
 */
int param_set(struct param *param, const char *path, const char *value)
{
	if (!param->path &&
	    read_file(path, param->value, sizeof(param->value)) < 0)
		return -1;
	param->path = path;
	return write_file(path, value);
}

/**
 * param_restore() - set a module parameter to what it was
 * @param: the parameter, changed or not
 */
void param_restore(struct param *param)
{
	if (param->path)
		write_file(param->path, param->value);
	param->path = NULL;
}

/**
 * short_timeout() - have the driver wait for half a second for the resource manager
 * @param: zeroes, or what an earlier call has left; to be restored
 *
 * Longer where replies may take longer.
 *
 * Return: 0, or -1 and errno.
 */
int short_timeout(struct param *param)
{
	char ms[16];

	snprintf(ms, sizeof(ms), "%u", 500 * slowness());
	return param_set(param, TIMEOUT_PARAM, ms);
}

static struct param static_vcpus;

static void restore_static_vcpus(void)
{
	param_restore(&static_vcpus);
}

/**
 * allow_static_vcpus() - let VMs start that the hypervisor schedules
 *
 * Until this process exits, and only on the test hypervisor: the published
 * resource manager dies of them.
 */
void allow_static_vcpus(void)
{
	/* A driver without this parameter starts them in any case */
	if (testctl_present() && !param_set(&static_vcpus, STATIC_PARAM, "Y"))
		atexit(restore_static_vcpus);
}

/**
 * module_is_loaded() - whether the driver is a module that can be unloaded
 *
 * Return: true if it is there, and not built in.
 */
bool module_is_loaded(void)
{
	return !access("/sys/module/gunyah/initstate", F_OK);
}

/**
 * module_open() - open the driver's module
 *
 * The variable GUNYAH_KO is the file's name if it is not in a usual place.
 *
 * Return: a file descriptor, or -1 and errno.
 */
int module_open(void)
{
	const char *path = getenv("GUNYAH_KO");
	struct utsname name;
	char buf[256];
	int fd;

	if (path)
		return open(path, O_RDONLY | O_CLOEXEC);
	fd = open("/lib/gunyah.ko", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || uname(&name))
		return fd;
	snprintf(buf, sizeof(buf),
		 "/lib/modules/%s/kernel/drivers/virt/gunyah/gunyah.ko",
		 name.release);
	return open(buf, O_RDONLY | O_CLOEXEC);
}

/**
 * module_load() - load the driver
 * @fd: file descriptor from module_open()
 *
 * The variable GUNYAH_KO_PARAMETERS has its parameters, if it needs any.
 *
 * Return: 0, or -1 and errno.
 */
int module_load(int fd)
{
	const char *parameters = getenv("GUNYAH_KO_PARAMETERS");

	return syscall(SYS_finit_module, fd, parameters ? parameters : "", 0);
}

/**
 * platform_unload() - unload the platform's module
 *
 * The driver loads it again.
 *
 * Return: 0, or -1 and errno; EAGAIN: it is in use; ENOENT: it is not loaded.
 */
int platform_unload(void)
{
	return syscall(SYS_delete_module, PLATFORM_MODULE, O_NONBLOCK);
}

/**
 * driver_unload() - unload the driver, which the platform's module uses if it is there
 *
 * Return: 0, or -1 and errno; EAGAIN: it is in use.
 */
int driver_unload(void)
{
	return syscall(SYS_delete_module, "gunyah", O_NONBLOCK);
}

/**
 * module_unload() - unload the driver, and the platform's module
 *
 * Return: 0, or -1 and errno; EAGAIN: it is in use.
 */
int module_unload(void)
{
	if (platform_unload() && errno != ENOENT)
		return -1;
	return driver_unload();
}

static const struct {
	unsigned int reg;
	const char *name;
} leak_counters[LEAK_COUNTERS] = {
	[LEAK_VMIDS] = { GH_TESTCTL_VMIDS, "VMIDs" },
	[LEAK_PARCELS] = { GH_TESTCTL_PARCELS, "parcels" },
	[LEAK_ENTRIES] = { GH_TESTCTL_ENTRIES, "memory entries" },
	[LEAK_PAGES_LENT] = { GH_TESTCTL_PAGES_LENT, "lent pages" },
	[LEAK_PAGES_SHARED] = { GH_TESTCTL_PAGES_SHARED, "shared pages" },
	[LEAK_VIRQS] = { GH_TESTCTL_VIRQS, "interrupts" },
	[LEAK_CAPS] = { GH_TESTCTL_CAPS, "capabilities" },
	[LEAK_VMS] = { GH_TESTCTL_VMS, "VMs" },
	[LEAK_PAGES_ASSIGNED] = { GH_TESTCTL_PAGES_ASSIGNED,
				  "pages assigned to VMs" },
};

/**
 * leak_read() - read everything that a VM may use up
 * @state: where to
 */
void leak_read(struct leak_state *state)
{
	char taint[32] = "";
	bool platform = hyp_word(PLATFORM_WORD);
	unsigned int i;

	memset(state, 0, sizeof(*state));
	/* Add up the counters of all CPUs */
	write_file("/proc/sys/vm/stat_refresh", "1");
	state->pins = proc_value("/proc/vmstat", "nr_foll_pin_acquired") -
		      proc_value("/proc/vmstat", "nr_foll_pin_released");
	state->locked_kb = proc_value("/proc/self/status", "VmLck") +
			   proc_value("/proc/self/status", "VmPin");
	read_file("/proc/sys/kernel/tainted", taint, sizeof(taint));
	state->taint = strtoul(taint, NULL, 10);
	if (testctl_present())
		for (i = 0; i < LEAK_COUNTERS; i++)
			if (i != LEAK_PAGES_ASSIGNED || platform)
				state->counters[i] =
					testctl_read(leak_counters[i].reg);
}

static bool same(void *arg)
{
	struct leak_state now;

	leak_read(&now);
	return !memcmp(&now, arg, sizeof(now));
}

static void tell(const char *name, long long before, long long now)
{
	if (before != now)
		fprintf(stderr, "# leak: %s: %lld before, %lld now\n", name,
			before, now);
}

/**
 * leak_check() - wait until everything that VMs have used is back
 * @before: how it was
 * @ms: how long it may take to become so, see limit_ms()
 *
 * Prints what differs.
 *
 * Return: whether nothing does.
 */
bool leak_check(const struct leak_state *before, unsigned int ms)
{
	struct leak_state now;
	unsigned int i;

	if (wait_until(same, (void *)before, limit_ms(ms)))
		return true;

	leak_read(&now);
	tell("pins", before->pins, now.pins);
	tell("locked kB", before->locked_kb, now.locked_kb);
	tell("taint", before->taint, now.taint);
	for (i = 0; i < ARRAY_SIZE(leak_counters); i++)
		tell(leak_counters[i].name, before->counters[i],
		     now.counters[i]);
	return false;
}
