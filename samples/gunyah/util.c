// SPDX-License-Identifier: GPL-2.0-only
/*
 * What several files need
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "gunyah_vmm.h"

/**
 * new_eventfd() - create an eventfd
 *
 * Return: its file descriptor, non-blocking.
 */
int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		die("eventfd: %s", strerror(errno));

	return fd;
}
