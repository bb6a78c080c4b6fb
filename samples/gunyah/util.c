// SPDX-License-Identifier: GPL-2.0-only
/*
 * What several files need
 */
#include <ctype.h>
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

/**
 * read_number() - read a number with an optional K, M or G
 * @arg: the text
 * @value: set to the number
 *
 * strtoull() alone accepts too much: spaces, signs, nothing at all.
 *
 * Return: NULL, or what is wrong.
 */
const char *read_number(const char *arg, __u64 *value)
{
	unsigned int shift = 0;
	char *end;

	if (!isdigit((unsigned char)arg[0]))
		return "not a number";

	errno = 0;
	*value = strtoull(arg, &end, 0);
	if (errno)
		return "too large";

	switch (*end) {
	case 'K': case 'k':
		shift = 10;
		break;
	case 'M': case 'm':
		shift = 20;
		break;
	case 'G': case 'g':
		shift = 30;
		break;
	}
	if (shift)
		end++;
	if (*end)
		return "not a number";
	if (*value << shift >> shift != *value)
		return "too large";
	*value <<= shift;

	return NULL;
}
