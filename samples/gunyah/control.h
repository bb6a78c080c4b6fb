/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands for a VM that runs, by a socket
 */
#ifndef GUNYAH_VMM_CONTROL_H
#define GUNYAH_VMM_CONTROL_H

void control_open(const char *path);
void control_start(int vm);
void control_stop(void);
void control_close(void);
int control_send(const char *path, int count, char **words);

#endif /* GUNYAH_VMM_CONTROL_H */
