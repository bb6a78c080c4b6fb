// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's console: the rings between its device and its backend
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "console.h"
#include "fifo.h"

/* Read no more input if there is less room than this */
#define CHUNK		0x1000

/* Drop output that nobody reads after this many milliseconds, if the VM ends */
#define PATIENCE	1000
/* How long output that is left at the end may take in all */
#define FLUSH_LIMIT	5000
/* How often to look whether somebody has opened the pseudo terminal */
#define PTY_INTERVAL	200

static struct backend backend;
static const char *backend_arg = "stdio";
static struct console_user user;
static int wake = -1;
static bool is_open;
static bool ending;		/* the VM was asked to end */
static bool input_lost;
static long long last_progress;	/* of output, in milliseconds */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_room = PTHREAD_COND_INITIALIZER;
/* All that follows is protected by the lock */
static struct fifo in;
static struct fifo out;
static bool in_full;		/* the main thread waits for room in @in */
static bool wants_room;		/* the device waits for room in @out */
static bool dropping;		/* nobody waits for room in @out */
static unsigned long long dropped;

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/**
 * console_connect() - choose the device that is the console
 * @new_user: the device, instead of one before
 */
void console_connect(const struct console_user *new_user)
{
	user = *new_user;
}

/**
 * console_disconnect() - a device is about to be destroyed
 * @dev: the device, whether it is the console or not
 */
void console_disconnect(const struct device *dev)
{
	if (user.dev == dev)
		user = (struct console_user) {};
}

/**
 * console_is_of() - is a device the console?
 * @dev: the device
 *
 * Return: true if it is.
 */
bool console_is_of(const struct device *dev)
{
	return user.dev == dev;
}

/**
 * console_pending() - amount of input for the VM
 *
 * Return: number of bytes.
 */
size_t console_pending(void)
{
	size_t fill;

	pthread_mutex_lock(&lock);
	fill = fifo_fill(&in);
	pthread_mutex_unlock(&lock);

	return fill;
}

/**
 * console_get() - take input for the VM
 * @to: destination
 * @room: size of the destination
 *
 * Return: number of bytes.
 */
size_t console_get(void *to, size_t room)
{
	size_t count;

	pthread_mutex_lock(&lock);
	count = fifo_get(&in, to, room);
	if (in_full && fifo_room(&in) >= FIFO_SIZE / 2) {
		in_full = false;
		eventfd_write(wake, 1);
	}
	pthread_mutex_unlock(&lock);

	return count;
}

static size_t put(const void *bytes, size_t count)
{
	bool was_empty = !fifo_fill(&out);
	size_t done = fifo_put(&out, bytes, count);

	if (was_empty && done)
		eventfd_write(wake, 1);

	return done;
}

/**
 * console_put() - put output of the VM
 * @bytes: the bytes
 * @count: number of them
 *
 * Return: number of bytes that there was room for. When there is room again, room()
 * of struct console_user is called.
 */
size_t console_put(const void *bytes, size_t count)
{
	size_t done;

	pthread_mutex_lock(&lock);
	done = put(bytes, count);
	if (done < count && dropping) {
		dropped += count - done;
		done = count;
	}
	wants_room = done < count;
	pthread_mutex_unlock(&lock);

	return done;
}

/**
 * console_write() - put output of the VM, wait for room if necessary
 * @bytes: the bytes
 * @count: number of them
 *
 * Not for the main thread, which makes the room. The caller holds no lock.
 */
void console_write(const void *bytes, size_t count)
{
	size_t done;

	pthread_mutex_lock(&lock);
	for (;;) {
		done = put(bytes, count);
		bytes = (const __u8 *)bytes + done;
		count -= done;
		if (!count || dropping)
			break;
		pthread_cond_wait(&has_room, &lock);
	}
	dropped += count;
	pthread_mutex_unlock(&lock);
}

/**
 * console_size() - size of the terminal
 * @columns: set to the number of columns
 * @rows: set to the number of rows
 *
 * Both are 0 if the console is not on a terminal.
 */
void console_size(__u16 *columns, __u16 *rows)
{
	struct winsize size = {};

	if (backend.is_terminal)
		ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
	*columns = size.ws_col;
	*rows = size.ws_row;
}

/**
 * console_select() - choose the backend
 * @arg: from the user, valid as long as the program runs
 */
void console_select(const char *arg)
{
	backend_arg = arg;
}

/**
 * console_open() - open the backend, once for all VMs
 */
void console_open(void)
{
	if (is_open)
		return;
	/* A reader that has gone is an error of write() */
	signal(SIGPIPE, SIG_IGN);
	if (!backend_open(&backend, backend_arg))
		die("--console: no such backend: %s", backend_arg);
	wake = new_eventfd();
	is_open = true;
}

/**
 * console_resized() - the terminal has another size
 */
void console_resized(void)
{
	if (user.resized)
		user.resized(user.dev);
}

/**
 * console_start() - a VM was started
 */
void console_start(void)
{
	ending = false;
	pthread_mutex_lock(&lock);
	dropping = false;
	dropped = 0;
	pthread_mutex_unlock(&lock);
	backend_start(&backend);
	console_resized();
}

/**
 * console_ending() - the VM was asked to end
 *
 * It should be able to do that even if nobody reads its output.
 */
void console_ending(void)
{
	ending = true;
	last_progress = now();
}

static bool output_left(void)
{
	bool left;

	pthread_mutex_lock(&lock);
	left = fifo_fill(&out);
	pthread_mutex_unlock(&lock);

	return left;
}

/**
 * console_prepare() - what poll() has to wait for
 * @fds: CONSOLE_FDS elements, filled in
 *
 * Return: limit for the wait in milliseconds, or -1.
 */
int console_prepare(struct pollfd *fds)
{
	bool no_pty = backend_poll(&backend), full, output;

	pthread_mutex_lock(&lock);
	/* From a terminal, keys are read that end the VM */
	full = !backend.is_terminal && fifo_room(&in) < CHUNK;
	in_full = full;
	output = fifo_fill(&out);
	pthread_mutex_unlock(&lock);

	fds[0] = (struct pollfd) { .fd = wake, .events = POLLIN };
	fds[1] = (struct pollfd) {
		.fd = full ? -1 : backend.in, .events = POLLIN,
	};
	fds[2] = (struct pollfd) {
		.fd = output || backend.in < 0 ? backend.out : -1,
		.events = output ? POLLOUT : 0,
	};
	/* One client at a time */
	fds[3] = (struct pollfd) {
		.fd = backend.out < 0 ? backend.listener : -1,
		.events = POLLIN,
	};

	if (no_pty)
		return PTY_INTERVAL;

	return ending && output ? PATIENCE : -1;
}

/* Move output to the backend, as much as it takes */
static void write_output(void)
{
	bool call_room = false;
	const __u8 *bytes;
	size_t count, n;
	int i;

	/* Twice, because the ring may wrap, but not for ever */
	for (i = 0; i < 2; i++) {
		pthread_mutex_lock(&lock);
		count = fifo_peek(&out, &bytes);
		pthread_mutex_unlock(&lock);
		if (!count)
			break;
		/* Without a reader it is dropped */
		n = backend.out < 0 ? count :
		    (size_t)backend_write(&backend, bytes, count);
		if (!n)
			break;

		last_progress = now();
		pthread_mutex_lock(&lock);
		out.tail += n;
		dropping = false;
		pthread_cond_broadcast(&has_room);
		pthread_mutex_unlock(&lock);
	}

	pthread_mutex_lock(&lock);
	if (ending && count && now() - last_progress >= PATIENCE) {
		dropping = true;
		pthread_cond_broadcast(&has_room);
	}
	if (wants_room && (dropping || fifo_room(&out) >= FIFO_SIZE / 2)) {
		wants_room = false;
		call_room = true;
	}
	pthread_mutex_unlock(&lock);
	if (call_room && user.room)
		user.room(user.dev);
}

/* Return: false if the user wants the VM to end */
static bool read_input(void)
{
	__u8 bytes[CHUNK];
	ssize_t count;
	size_t done;

	count = backend_read(&backend, bytes, sizeof(bytes));
	if (count == BACKEND_LEAVE)
		return false;

	pthread_mutex_lock(&lock);
	done = fifo_put(&in, bytes, count);
	pthread_mutex_unlock(&lock);
	if (done < (size_t)count && !input_lost) {
		fprintf(stderr,
			"gunyah_vmm: the guest does not read its console: input is lost\n");
		input_lost = true;
	}
	if (done && user.input)
		user.input(user.dev);

	return true;
}

/**
 * console_handle() - move bytes between rings and backend
 * @fds: from console_prepare(), after poll()
 *
 * Return: false if the user wants the VM to end.
 */
bool console_handle(const struct pollfd *fds)
{
	eventfd_t count;

	eventfd_read(wake, &count);
	if (fds[3].revents)
		backend_accept(&backend);
	write_output();
	if (fds[1].revents && backend.in == fds[1].fd)
		return read_input();
	/* What a client has sent before it went was read: there is no input */
	if (fds[2].revents & (POLLHUP | POLLERR) && backend.out == fds[2].fd)
		backend_hangup(&backend);

	return true;
}

/**
 * console_release() - the VM has ended: nobody waits for room any more
 */
void console_release(void)
{
	pthread_mutex_lock(&lock);
	dropping = true;
	pthread_cond_broadcast(&has_room);
	pthread_mutex_unlock(&lock);
}

/**
 * console_flush() - write output that is left, for a limited time
 */
void console_flush(void)
{
	long long start = now();
	struct pollfd fd;

	last_progress = start;
	for (;;) {
		write_output();
		fd = (struct pollfd) { .fd = backend.out, .events = POLLOUT };
		if (!output_left() || now() - last_progress > PATIENCE ||
		    now() - start > FLUSH_LIMIT)
			break;
		poll(&fd, 1, PATIENCE);
	}
	dropped += fifo_fill(&out);
	out.tail = out.head;
	if (dropped)
		fprintf(stderr,
			"gunyah_vmm: nobody reads the console: %llu bytes of output are lost\n",
			dropped);
}

/**
 * console_close() - restore the terminal
 */
void console_close(void)
{
	backend_close();
}
