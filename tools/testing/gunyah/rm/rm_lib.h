/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few library functions that the model takes from its platform
 */
#ifndef GUNYAH_RM_LIB_H
#define GUNYAH_RM_LIB_H

#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

#endif /* GUNYAH_RM_LIB_H */
