/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that a running VM is given
 */
#ifndef GUNYAH_VMM_ADDED_H
#define GUNYAH_VMM_ADDED_H

#include <stdbool.h>
#include <stddef.h>

bool added_add(int vm, char *arg, char *answer, size_t size);
bool added_remove(int vm, char *arg, char *answer, size_t size);
void added_list(char *text, size_t size);
void added_free(void);

#endif /* GUNYAH_VMM_ADDED_H */
