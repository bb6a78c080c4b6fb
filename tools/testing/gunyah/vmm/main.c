// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: running them
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static struct test *first, **last = &first;
static bool ok;

void test_add(struct test *test)
{
	*last = test;
	last = &test->next;
}

void test_failed(const char *file, int line, const char *what)
{
	printf("# %s:%d: %s\n", file, line, what);
	ok = false;
}

bool test_is_ok(void)
{
	return ok;
}

/* Run a function in a child, which is in the state that a program begins with */
void test_run_alone(void (*run)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(60);
		run();
		fflush(NULL);
		_exit(!ok);
	}
	waitpid(pid, &status, 0);
	if (status) {
		printf("# status %#x of the child\n", status);
		ok = false;
	}
}

/* Does a function end the program with a status and a message? */
bool test_dies(void (*run)(const void *arg), const void *arg, int status,
	       const char *text)
{
	char message[1024] = "";
	int fds[2], result;
	size_t size = 0;
	bool good;
	ssize_t n;
	pid_t pid;

	fflush(NULL);
	if (pipe(fds))
		die("pipe");
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		run(arg);
		_exit(99);
	}
	close(fds[1]);
	while (size < sizeof(message) - 1 &&
	       (n = read(fds[0], message + size,
			 sizeof(message) - 1 - size)) > 0)
		size += n;
	close(fds[0]);
	waitpid(pid, &result, 0);
	good = WIFEXITED(result) && WEXITSTATUS(result) == status &&
	       strstr(message, text);
	if (!good)
		printf("# status %#x: %s\n", result, message);

	return good;
}

/* Make a file with this content */
void test_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

/* A VM's devices live as long as the test */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/vmm-test-XXXXXX";
	unsigned int number = 0, count = 0;
	bool failed = false;
	struct test *test;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Tests use relative names of files */
	if (!mkdtemp(dir) || chdir(dir))
		die("%s: %s", dir, strerror(errno));
	for (test = first; test; test = test->next)
		count++;
	if (argc < 2)
		printf("1..%u\n", count);
	for (test = first; test; test = test->next) {
		if (argc > 1 && !strstr(test->name, argv[1]))
			continue;
		ok = true;
		test->run();
		printf("%s %u %s\n", ok ? "ok" : "not ok", ++number,
		       test->name);
		failed |= !ok;
	}
	if (!chdir("/"))
		execlp("sh", "sh", "-c", failed ? "rm -rf \"$0\"; exit 1" :
		       "rm -rf \"$0\"", dir, NULL);

	return 1;
}
