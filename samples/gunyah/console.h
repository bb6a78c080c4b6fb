/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM's console
 *
 * A device takes input from a ring and puts output into another one. The main
 * thread moves bytes between the rings and the backend: standard input and output,
 * a file, a pseudo terminal or a socket. So a reader that does not read blocks
 * neither the devices nor this program, and input waits until the VM takes it.
 */
#ifndef GUNYAH_VMM_CONSOLE_H
#define GUNYAH_VMM_CONSOLE_H

#include <poll.h>

#include "device.h"

/* File descriptors that console_prepare() fills in */
#define CONSOLE_FDS	4

/**
 * struct console_user - the device that is the VM's console
 * @dev: the device
 * @input: there is more input
 * @room: there is room for output again (optional)
 * @resized: the terminal has another size (optional)
 *
 * All functions are called by the main thread without a lock.
 */
struct console_user {
	struct device *dev;
	void (*input)(struct device *dev);
	void (*room)(struct device *dev);
	void (*resized)(struct device *dev);
};

/* For devices, from any thread */
void console_connect(const struct console_user *user);
void console_disconnect(const struct device *dev);
bool console_is_of(const struct device *dev);
size_t console_get(void *to, size_t room);
size_t console_pending(void);
size_t console_put(const void *bytes, size_t count);
void console_write(const void *bytes, size_t count);
void console_size(__u16 *columns, __u16 *rows);

/* For the main thread */
void console_select(const char *arg);
void console_open(void);
void console_start(void);
int console_prepare(struct pollfd *fds);
bool console_handle(const struct pollfd *fds);
void console_resized(void);
void console_ending(void);
void console_release(void);
void console_flush(void);
void console_close(void);

#endif /* GUNYAH_VMM_CONSOLE_H */
