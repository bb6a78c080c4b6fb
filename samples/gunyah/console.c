// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's console on standard input and output
 *
 * A terminal is put into raw mode, so that the VM gets every key, also Ctrl-C.
 * Ctrl-A x ends the VM, Ctrl-A Ctrl-A is one Ctrl-A for the VM. Input from
 * elsewhere is passed to the VM unchanged.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"

#define ESCAPE	0x01	/* Ctrl-A */

static struct termios saved;
static bool is_raw;

/* The device that gets the input */
static struct device *receiver;
static size_t (*receiver_room)(struct device *dev);
static void (*receiver_receive)(struct device *dev, const __u8 *bytes,
				size_t count);

/**
 * console_connect() - choose the device that gets the input
 * @dev: the device, instead of one before
 * @room: function that returns how many bytes it can take
 * @receive: function that takes them
 */
void console_connect(struct device *dev, size_t (*room)(struct device *dev),
		     void (*receive)(struct device *dev, const __u8 *bytes,
				     size_t count))
{
	receiver = dev;
	receiver_room = room;
	receiver_receive = receive;
}

/**
 * console_is_of() - does a device get the input?
 * @dev: the device
 *
 * Return: true if it does.
 */
bool console_is_of(const struct device *dev)
{
	return receiver == dev;
}

/**
 * console_room() - room for input
 *
 * Return: number of bytes.
 */
size_t console_room(void)
{
	return receiver ? receiver_room(receiver) : 4096;
}

/**
 * console_receive() - add input for the VM
 * @bytes: the bytes
 * @count: number of them; those that do not fit are dropped
 */
void console_receive(const __u8 *bytes, size_t count)
{
	if (receiver)
		receiver_receive(receiver, bytes, count);
}

/**
 * console_open() - put the terminal into raw mode, if there is one
 *
 * console_close() restores it, also at exit.
 */
void console_open(void)
{
	struct termios raw;

	if (is_raw)
		return;

	/* See console_write() */
	signal(SIGPIPE, SIG_IGN);

	if (tcgetattr(STDIN_FILENO, &saved))
		return;

	raw = saved;
	cfmakeraw(&raw);
	/* Messages of this program still end with a plain newline */
	raw.c_oflag |= OPOST;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return;

	is_raw = true;
	atexit(console_close);
	fputs("gunyah_vmm: Ctrl-A x shuts the guest down\n", stderr);
}

/**
 * console_close() - restore the terminal
 */
void console_close(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	is_raw = false;
}

/**
 * console_is_terminal() - is standard input a terminal?
 *
 * Return: true if it is a terminal.
 */
bool console_is_terminal(void)
{
	return is_raw;
}

/* Return: number of bytes that are left, or CONSOLE_LEAVE */
static ssize_t handle_escapes(__u8 *bytes, ssize_t count)
{
	static bool escaped;
	ssize_t i, left = 0;

	for (i = 0; i < count; i++) {
		if (!escaped && bytes[i] == ESCAPE) {
			escaped = true;
			continue;
		}
		if (escaped && (bytes[i] == 'x' || bytes[i] == 'X'))
			return CONSOLE_LEAVE;
		/* Ctrl-A followed by any other key is dropped */
		if (!escaped || bytes[i] == ESCAPE)
			bytes[left++] = bytes[i];
		escaped = false;
	}

	return left;
}

/**
 * console_read() - get input for the VM
 * @bytes: destination
 * @size: size of the destination
 *
 * Return: number of bytes, may be 0; or CONSOLE_END or CONSOLE_LEAVE.
 */
ssize_t console_read(__u8 *bytes, size_t size)
{
	ssize_t count = read(STDIN_FILENO, bytes, size);

	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (count <= 0)
		return CONSOLE_END;

	return is_raw ? handle_escapes(bytes, count) : count;
}

/**
 * console_write() - print output of the VM
 * @bytes: the bytes
 * @count: number of them
 *
 * Output is dropped after an error, for example if the reader is gone: the VM
 * continues.
 */
void console_write(const void *bytes, size_t count)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	const char *from = bytes;
	ssize_t n;

	while (count) {
		n = write(STDOUT_FILENO, from, count);
		if (n < 0 && errno == EAGAIN)
			poll(&out, 1, -1);
		else if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			from += n;
			count -= n;
		}
	}
}
