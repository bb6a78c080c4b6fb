// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the VM's console is outside of the VM: standard input and output, a file, a
 * pseudo terminal or a socket
 *
 * A terminal on standard input is put into raw mode, so that the VM gets every
 * key, also Ctrl-C. Ctrl-A x ends the VM, Ctrl-A Ctrl-A is one Ctrl-A for the VM.
 * Input from elsewhere is passed to the VM unchanged.
 */
#define _GNU_SOURCE	/* accept4(), ptsname_r() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "backend.h"
#include "gunyah_vmm.h"

#define ESCAPE	0x01	/* Ctrl-A */

/* A write of this many bytes to a terminal that has room blocks rarely */
#define SMALL	256

static struct termios saved;
static bool is_raw;
static int pty = -1;
static const char *socket_path;

/*
 * O_NONBLOCK would also change file descriptors of other programs that share the
 * pipe or terminal, so open it again. Files do not block, and opening them again
 * would forget the position. If it is not allowed, writes are small.
 */
static int open_stdout(void)
{
	struct stat st;
	int fd = -1;

	if (isatty(STDOUT_FILENO) ||
	    (!fstat(STDOUT_FILENO, &st) && S_ISFIFO(st.st_mode)))
		fd = open("/proc/self/fd/1",
			  O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? STDOUT_FILENO : fd;
}

/* Only output, behind what the file has */
static int open_output(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK |
		      O_NOCTTY | O_CLOEXEC, 0600);

	if (fd < 0)
		die("--console: %s: %s", path, strerror(errno));

	return fd;
}

/* Return: the master of a new pseudo terminal, which nobody has opened yet */
static int open_pty(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios raw;
	char path[64];
	int slave;

	if (fd < 0 || grantpt(fd) || unlockpt(fd) ||
	    ptsname_r(fd, path, sizeof(path)))
		die("--console: no pseudo terminal: %s", strerror(errno));

	/* Otherwise it would return output as input */
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw))
		die("--console: %s: %s", path, strerror(errno));
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	close(slave);
	fprintf(stderr, "gunyah_vmm: the console is %s\n", path);

	return fd;
}

/* Is this the socket of a process that was killed? */
static bool is_stale(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;
	bool stale;

	stale = !lstat(addr->sun_path, &st) && S_ISSOCK(st.st_mode) &&
		 connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
		errno == ECONNREFUSED;
	close(fd);

	return stale;
}

static int open_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t mask;
	int err;

	if (strlen(path) >= sizeof(addr.sun_path))
		die("--console: %s: too long for a socket", path);
	memcpy(addr.sun_path, path, strlen(path));

	/* The user may be root in the VM: only the owner can connect */
	mask = umask(0177);
	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (err && errno == EADDRINUSE && is_stale(&addr)) {
		unlink(path);
		err = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	}
	umask(mask);
	if (err || listen(fd, 1))
		die("--console: %s: %s", path, strerror(errno));
	socket_path = path;

	return fd;
}

/**
 * backend_open() - open the backend
 * @backend: filled in
 * @arg: from the user: "stdio", "file=PATH", "pty", "socket=PATH"
 *
 * Return: false if there is no such backend.
 */
bool backend_open(struct backend *backend, const char *arg)
{
	*backend = (struct backend) { .in = -1, .out = -1, .listener = -1 };

	if (!strcmp(arg, "stdio")) {
		backend->in = STDIN_FILENO;
		backend->out = open_stdout();
		backend->is_terminal = isatty(STDIN_FILENO);
	} else if (!strncmp(arg, "file=", 5)) {
		backend->out = open_output(arg + 5);
	} else if (!strcmp(arg, "pty")) {
		pty = open_pty();
	} else if (!strncmp(arg, "socket=", 7)) {
		backend->listener = open_socket(arg + 7);
	} else {
		return false;
	}
	atexit(backend_close);

	return true;
}

/**
 * backend_start() - put a terminal into raw mode; backend_close() restores it
 * @backend: the backend
 */
void backend_start(struct backend *backend)
{
	struct termios raw;

	if (!backend->is_terminal || is_raw || tcgetattr(STDIN_FILENO, &saved))
		return;

	raw = saved;
	cfmakeraw(&raw);
	/* Messages of this program still end with a plain newline */
	raw.c_oflag |= OPOST;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return;

	is_raw = true;
	fputs("gunyah_vmm: Ctrl-A x shuts the guest down\n", stderr);
}

/**
 * backend_close() - restore the terminal, remove the socket; also called at exit
 */
void backend_close(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	is_raw = false;
	if (socket_path)
		unlink(socket_path);
	socket_path = NULL;
}

/**
 * backend_accept() - take a client that connects to the socket
 * @backend: the backend, without a client
 */
void backend_accept(struct backend *backend)
{
	int fd = accept4(backend->listener, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	backend->in = fd;
	backend->out = fd;
}

/**
 * backend_hangup() - nobody reads the output any more
 * @backend: the backend
 */
void backend_hangup(struct backend *backend)
{
	if (backend->listener >= 0)
		close(backend->out);
	/* Standard input is independent of standard output */
	if (backend->listener >= 0 || pty >= 0)
		backend->in = -1;
	backend->out = -1;
}

/**
 * backend_poll() - look whether somebody has opened the pseudo terminal
 * @backend: the backend
 *
 * There is no event for that.
 *
 * Return: true if nobody has: call this again later.
 */
bool backend_poll(struct backend *backend)
{
	struct pollfd master = { .fd = pty };

	if (pty < 0 || backend->out >= 0)
		return false;
	if (poll(&master, 1, 0) < 0 || master.revents & POLLHUP)
		return true;
	backend->in = pty;
	backend->out = pty;

	return false;
}

/* Return: number of bytes that are left, or BACKEND_LEAVE */
static ssize_t handle_escapes(__u8 *bytes, ssize_t count)
{
	static bool escaped;
	ssize_t i, left = 0;

	for (i = 0; i < count; i++) {
		if (!escaped && bytes[i] == ESCAPE) {
			escaped = true;
			continue;
		}
		if (escaped && (bytes[i] == 'x' || bytes[i] == 'X')) {
			escaped = false;
			return BACKEND_LEAVE;
		}
		/* Ctrl-A followed by any other key is dropped */
		if (!escaped || bytes[i] == ESCAPE)
			bytes[left++] = bytes[i];
		escaped = false;
	}

	return left;
}

/**
 * backend_read() - get input
 * @backend: the backend
 * @bytes: destination
 * @size: size of the destination
 *
 * Return: number of bytes, may be 0; or BACKEND_LEAVE.
 */
ssize_t backend_read(struct backend *backend, void *bytes, size_t size)
{
	ssize_t count = read(backend->in, bytes, size);

	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (count <= 0) {
		backend->in = -1;
		return 0;
	}

	return backend->is_terminal ? handle_escapes(bytes, count) : count;
}

/**
 * backend_write() - put output, without blocking
 * @backend: the backend
 * @bytes: the bytes
 * @size: number of them
 *
 * Output is dropped after an error: the VM continues.
 *
 * Return: number of bytes that were written or dropped.
 */
ssize_t backend_write(struct backend *backend, const void *bytes, size_t size)
{
	struct pollfd fd = { .fd = backend->out, .events = POLLOUT };
	ssize_t n;

	if (backend->out == STDOUT_FILENO) {
		if (poll(&fd, 1, 0) <= 0)
			return 0;
		if (size > SMALL)
			size = SMALL;
	}
	n = send(backend->out, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(backend->out, bytes, size);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	/* The reader is gone, or else the disk may be full */
	if (errno == EPIPE || errno == EIO || errno == ECONNRESET)
		backend_hangup(backend);

	return size;
}
