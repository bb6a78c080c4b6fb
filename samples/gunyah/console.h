/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM's console on standard input and output
 */
#ifndef GUNYAH_VMM_CONSOLE_H
#define GUNYAH_VMM_CONSOLE_H

#include <sys/types.h>

#include "device.h"

/* What console_read() returns instead of a number of bytes */
#define CONSOLE_END	(-1)	/* no more input will come */
#define CONSOLE_LEAVE	(-2)	/* the user wants the VM to end */

void console_open(void);
void console_close(void);
bool console_is_terminal(void);
ssize_t console_read(__u8 *bytes, size_t size);
void console_connect(struct device *dev, size_t (*room)(struct device *dev),
		     void (*receive)(struct device *dev, const __u8 *bytes,
				     size_t count));
bool console_is_of(const struct device *dev);
size_t console_room(void);
void console_receive(const __u8 *bytes, size_t count);
void console_write(const void *bytes, size_t count);

#endif /* GUNYAH_VMM_CONSOLE_H */
