// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of a C library that the hypervisor, the resource manager model and
 * libfdt use
 */
#include <stdlib.h>
#include <string.h>

#include "hyp.h"

/* Copies and clears of whole pages are frequent: by pairs of words if aligned */
void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (!(((uintptr_t)d | (uintptr_t)s) & 7)) {
		for (; n >= 16; n -= 16, d += 16, s += 16) {
			u64 a = ((const u64 *)s)[0], b = ((const u64 *)s)[1];

			((u64 *)d)[0] = a;
			((u64 *)d)[1] = b;
		}
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	while (n--)
		d[n] = s[n];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u64 word = (u8)c * 0x0101010101010101UL;
	u8 *d = dst;

	if (!((uintptr_t)d & 7)) {
		for (; n >= 64; n -= 64, d += 64)
			asm volatile("stp %1, %1, [%0]\n\t"
				     "stp %1, %1, [%0, #16]\n\t"
				     "stp %1, %1, [%0, #32]\n\t"
				     "stp %1, %1, [%0, #48]"
				     : : "r" (d), "r" (word) : "memory");
	}
	while (n--)
		*d++ = c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++) {
		if (*p == (u8)c)
			return (void *)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (!*s)
			return (char *)last;
	}
}

unsigned long strtoul(const char *s, char **end, int base)
{
	unsigned long val = 0;

	if ((!base || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x') {
		s += 2;
		base = 16;
	} else if (!base) {
		base = 10;
	}
	for (;; s++) {
		int digit = *s >= '0' && *s <= '9' ? *s - '0' :
			    (*s | 0x20) >= 'a' && (*s | 0x20) <= 'f' ?
			    (*s | 0x20) - 'a' + 10 : 99;

		if (digit >= base)
			break;
		val = val * base + digit;
	}
	if (end)
		*end = (char *)s;
	return val;
}

/**
 * random_next() - next pseudo random number of a generator (splitmix64)
 * @state: of the generator
 *
 * Return: 64 bits.
 */
u64 random_next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/**
 * random64() - next pseudo random number
 *
 * The only source is gunyah_hyp.seed, so that runs can be repeated.
 *
 * Return: 64 bits.
 */
u64 random64(void)
{
	return random_next(&hyp.random_state);
}
