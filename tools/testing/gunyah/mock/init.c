// SPDX-License-Identifier: GPL-2.0-only
/*
 * First process of a kernel with CONFIG_GUNYAH_TEST: runs the tests
 *
 * The programs are its arguments, in /selftests/gunyah. Their results are printed
 * in KTAP, each as a subtest, and at last whether the kernel has complained; the
 * name of that result begins with the last program's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TESTS		"/selftests/gunyah"
/* Seconds without output after which a program is killed */
#define SILENCE		180
/* Exit status of a program that has skipped all of its tests */
#define KSFT_SKIP	4
/* All that a kernel for tests may be tainted with: bit 18 */
#define TAINT_TEST	0x40000

static void mount_all(void)
{
	static const struct {
		const char *type, *at;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "tmpfs", "/tmp" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/tracing" },
		{}
	};
	unsigned int i;

	for (i = 0; mounts[i].type; i++)
		if (mount(mounts[i].type, mounts[i].at, mounts[i].type, 0,
			  NULL) && errno != EBUSY)
			printf("# no %s: %s\n", mounts[i].at, strerror(errno));
	mkdir("/dev/shm", 0777);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
}

/* In the child */
static void run(const char *name, int out)
{
	char path[256];

	snprintf(path, sizeof(path), TESTS "/%s", name);
	setpgid(0, 0);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (!chdir(TESTS))
		execl(path, path, NULL);
	printf("# %s: %s\n", path, strerror(errno));
	exit(127);
}

/* Print its output, indented; returns false if it was silent for too long */
static bool pass_on(int in)
{
	struct pollfd pfd = { .fd = in, .events = POLLIN };
	bool begin = true;
	char buf[4096];
	ssize_t n, i;

	while (poll(&pfd, 1, SILENCE * 1000) == 1) {
		n = read(in, buf, sizeof(buf));
		if (n <= 0) {
			if (!begin)
				putchar('\n');
			return true;
		}
		for (i = 0; i < n; i++) {
			if (begin)
				fputs("    ", stdout);
			putchar(buf[i]);
			begin = buf[i] == '\n';
		}
	}
	puts("\n    # killed, because it was silent");
	return false;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Returns the exit status, or 256 + signal */
static int test(const char *name)
{
	int status, out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return 126;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run(name, out[1]);
	close(out[1]);
	if (!pass_on(out[0]))
		kill(-pid, SIGKILL);
	close(out[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 126;
	kill(-pid, SIGKILL);
	/* Orphans of tests */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static bool file_has(const char *path, const char *text)
{
	char buf[8192];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return strstr(buf, text);
}

/* Whether the kernel has seen neither a bug nor a wrong use of locks */
static bool kernel_is_fine(void)
{
	char taint[32];

	snprintf(taint, sizeof(taint), "%d\n", TAINT_TEST);
	if (!file_has("/proc/sys/kernel/tainted", taint)) {
		puts("# the kernel is tainted");
		return false;
	}
	if (access("/proc/lockdep_stats", F_OK))
		return true;
	if (file_has("/proc/lockdep_stats",
		     " debug_locks:                             1\n"))
		return true;
	puts("# lockdep has found something");
	return false;
}

int main(int argc, char **argv)
{
	double start;
	int i, status;

	mount_all();
	printf("KTAP version 1\n1..%d\n", argc);
	for (i = 1; i < argc; i++) {
		printf("    # Subtest: %s\n", argv[i]);
		start = seconds();
		status = test(argv[i]);
		if (status && status != KSFT_SKIP)
			printf("# %s:%d:%s:exit status %d\n", "init.c",
			       __LINE__, __func__, status);
		printf("%sok %d %s\n", status && status != KSFT_SKIP ?
		       "not " : "", i, argv[i]);
		printf("# %.1f s\n", seconds() - start);
		fflush(stdout);
	}
	printf("%sok %d %s.kernel\n", kernel_is_fine() ? "" : "not ", argc,
	       argv[argc - 1]);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
