/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the VM's console is outside of the VM
 */
#ifndef GUNYAH_VMM_BACKEND_H
#define GUNYAH_VMM_BACKEND_H

#include <stdbool.h>
#include <sys/types.h>

/* What backend_read() returns instead of a number of bytes */
#define BACKEND_LEAVE	(-1)	/* the user wants the VM to end */

/**
 * struct backend - where the VM's console is; used by the main thread only
 * @in: file descriptor for input, -1 if there is no more
 * @out: file descriptor for output, -1 if there is nobody to read it
 * @listener: socket that clients connect to, -1 if there is none
 * @is_terminal: input is a terminal, on which Ctrl-A x ends the VM
 */
struct backend {
	int in;
	int out;
	int listener;
	bool is_terminal;
};

bool backend_open(struct backend *backend, const char *arg);
void backend_start(struct backend *backend);
void backend_close(void);
void backend_accept(struct backend *backend);
void backend_hangup(struct backend *backend);
bool backend_poll(struct backend *backend);
ssize_t backend_read(struct backend *backend, void *bytes, size_t size);
ssize_t backend_write(struct backend *backend, const void *bytes, size_t size);

#endif /* GUNYAH_VMM_BACKEND_H */
