// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands for a VM that runs, by a socket
 *
 * A client sends lines and gets a line for each, which begins with "ok" or
 * "error". A thread of its own serves one client after the other, since a command
 * may take seconds: neither the VM nor its console waits for it.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "added.h"
#include "control.h"
#include "vm.h"

/* A client that sends or receives nothing for so long is left alone */
#define CLIENT_MS	10000

#define LINE_SIZE	512

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int listener = -1;
static int leave = -1;
static pthread_t thread;

/* The commands. They fill in the answer, and return whether it is a success. */

struct command {
	const char *name;
	bool (*run)(int vm, char *arg, char *answer, size_t size);
	bool needs_arg;
};

static bool say(bool ok, char *answer, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(answer, size, fmt, args);
	va_end(args);

	return ok;
}

static bool run_status(int vm, char *arg, char *answer, size_t size)
{
	static const char *const states[] = {
		[GH_VM_STATE_NEW] = "new",
		[GH_VM_STATE_STARTING] = "starting",
		[GH_VM_STATE_RUNNING] = "running",
		[GH_VM_STATE_EXITED] = "has ended",
		[GH_VM_STATE_FAILED] = "start has failed",
	};
	struct gh_vm_status status;
	size_t len;

	(void)arg;
	vm_get_status(vm, &status);
	len = snprintf(answer, size, "%s", status.state < ARRAY_SIZE(states) ?
		       states[status.state] : "unknown state");
	added_list(answer + len, size - len);

	return true;
}

/* As if it came from a terminal: see wait.c */
static bool run_stop(int vm, char *arg, char *answer, size_t size)
{
	(void)vm;
	(void)arg;
	if (kill(getpid(), SIGTERM))
		return say(false, answer, size, "%s", strerror(errno));

	return say(true, answer, size, "asked to shut down");
}

static bool run_kill(int vm, char *arg, char *answer, size_t size)
{
	(void)arg;
	if (vm_stop(vm, true))
		return say(true, answer, size, "stopped");
	return say(false, answer, size, "%s", strerror(errno));
}

static const struct command commands[] = {
	{ "add-memory", added_add, true },
	{ "remove-memory", added_remove, true },
	{ "status", run_status, false },
	{ "stop", run_stop, false },
	{ "kill", run_kill, false },
};

/* Run the command of a line, which is changed */
static bool run_command(int vm, char *line, char *answer, size_t size)
{
	char *arg = strpbrk(line, " \t");
	unsigned int i;

	if (arg) {
		*arg++ = '\0';
		arg += strspn(arg, " \t");
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(line, commands[i].name))
			continue;
		if (commands[i].needs_arg != (arg && *arg))
			return say(false, answer, size, "%s: %s argument", line,
				   commands[i].needs_arg ? "needs an" : "no");
		return commands[i].run(vm, arg, answer, size);
	}

	return say(false, answer, size,
		   "commands: add-memory, remove-memory, status, stop, kill");
}

/* The connection */

/* Wait for a client, or for control_stop(). Return: false if it is over. */
static bool wait_for(int fd, short events, int timeout)
{
	struct pollfd fds[] = {
		{ .fd = leave, .events = POLLIN },
		{ .fd = fd, .events = events },
	};
	int ret;

	do
		ret = poll(fds, 2, timeout);
	while (ret < 0 && errno == EINTR);

	return ret > 0 && !fds[0].revents;
}

static bool send_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= n) {
		if (!wait_for(fd, POLLOUT, CLIENT_MS))
			return false;
		n = send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			return false;
	}

	return true;
}

static bool answer_line(int vm, int client, char *line)
{
	char answer[LINE_SIZE], text[LINE_SIZE + 16];
	bool ok;
	int len;

	answer[0] = '\0';
	ok = run_command(vm, line, answer, sizeof(answer));
	len = snprintf(text, sizeof(text), "%s%s%s\n", ok ? "ok" : "error",
		       answer[0] ? ": " : "", answer);

	return send_all(client, text, len);
}

/* Answer the lines of a client until it leaves, or is silent for too long */
static void serve(int vm, int client)
{
	char line[LINE_SIZE], *end;
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(line) && wait_for(client, POLLIN, CLIENT_MS)) {
		n = recv(client, line + len, sizeof(line) - len, MSG_DONTWAIT);
		if (n <= 0)
			return;
		len += n;
		while ((end = memchr(line, '\n', len))) {
			*end++ = '\0';
			if (!answer_line(vm, client, line))
				return;
			len -= end - line;
			memmove(line, end, len);
		}
	}
}

static void *control_thread(void *data)
{
	int vm = (int)(intptr_t)data, client;

	while (wait_for(listener, POLLIN, -1)) {
		client = accept(listener, NULL, NULL);
		if (client < 0)
			continue;
		serve(vm, client);
		close(client);
	}

	return NULL;
}

static void set_address(const char *path)
{
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path))
		die("%s: too long for a socket", path);
	memcpy(address.sun_path, path, len + 1);
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));

	return fd;
}

/* Remove a socket that nobody listens to, and nothing else */
static void remove_stale(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = new_socket();
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

/**
 * control_open() - create the socket
 * @path: its name; a socket there that nobody listens to is replaced
 */
void control_open(const char *path)
{
	mode_t mask;
	int ret;

	set_address(path);
	remove_stale(path);
	listener = new_socket();
	/* Whoever can connect can end the VM */
	mask = umask(0077);
	ret = bind(listener, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (ret || listen(listener, 4))
		die("%s: %s", path, strerror(errno));
	leave = new_eventfd();
}

/**
 * control_start() - begin to take commands, if there is a socket
 * @vm: file descriptor of the VM, which was started
 */
void control_start(int vm)
{
	if (listener < 0)
		return;
	if (pthread_create(&thread, NULL, control_thread,
			   (void *)(intptr_t)vm))
		die("cannot create a thread");
}

/**
 * control_stop() - take no more commands
 */
void control_stop(void)
{
	eventfd_t value;

	if (listener < 0)
		return;
	eventfd_write(leave, 1);
	pthread_join(thread, NULL);
	eventfd_read(leave, &value);
}

/**
 * control_close() - remove the socket, if there is one
 */
void control_close(void)
{
	if (listener < 0)
		return;
	unlink(address.sun_path);
	close(listener);
	close(leave);
	listener = -1;
}

/* The client */

/**
 * control_send() - send a command and print the answer
 * @path: the socket
 * @count: number of words of the command
 * @words: the words
 *
 * Return: exit status.
 */
int control_send(const char *path, int count, char **words)
{
	char line[LINE_SIZE];
	size_t len = 0;
	ssize_t n;
	int fd, i;

	for (i = 0; i < count && len < sizeof(line); i++)
		len += snprintf(line + len, sizeof(line) - len, "%s%s",
				words[i], i + 1 < count ? " " : "\n");
	if (len >= sizeof(line))
		die("the command is too long");

	set_address(path);
	fd = new_socket();
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("%s: %s", path, strerror(errno));
	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("%s: %s", path, strerror(errno));

	for (len = 0; len < sizeof(line) - 1; len += n) {
		n = recv(fd, line + len, sizeof(line) - 1 - len, 0);
		if (n <= 0)
			die("%s: no answer", path);
		if (line[len + n - 1] == '\n')
			break;
	}
	line[len + n] = '\0';
	close(fd);
	fputs(line, stdout);

	return strncmp(line, "ok", 2) ? EXIT_VMM : 0;
}
