// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log by semihosting, unless gunyah_hyp.log=none, and the end of the world
 */
#include <stdarg.h>

#include "hyp.h"

#define LINE_SIZE	256

#define SYS_WRITE0	0x04
#define SYS_EXIT	0x18
#define EXIT_APPLICATION	0x20026

#define PSCI_SYSTEM_OFF	0x84000008

struct line {
	char buf[LINE_SIZE];
	size_t len;
};

static void put(struct line *l, char c)
{
	if (l->len < LINE_SIZE - 2)
		l->buf[l->len++] = c;
}

static void put_number(struct line *l, u64 val, unsigned int base,
		       unsigned int width, char pad)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[val % base];
		val /= base;
	} while (val);
	for (; width > n; width--)
		put(l, pad);
	while (n)
		put(l, digits[--n]);
}

/* %d %u %x with l, ll, z, width and zero padding, %s %c %p %% */
static void format(struct line *l, const char *fmt, va_list args)
{
	for (; *fmt; fmt++) {
		unsigned int width = 0;
		bool is_long = false;
		char pad = ' ';
		const char *s;
		s64 val;

		if (*fmt != '%') {
			put(l, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == '0')
			pad = *fmt++;
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + *fmt - '0';
		for (; *fmt == 'l' || *fmt == 'z'; fmt++)
			is_long = true;

		switch (*fmt) {
		case 'd':
			val = is_long ? va_arg(args, s64) : va_arg(args, s32);
			if (val < 0)
				put(l, '-');
			put_number(l, val < 0 ? -val : val, 10, width, pad);
			break;
		case 'u':
		case 'x':
			put_number(l, is_long ? va_arg(args, u64) :
				   va_arg(args, u32), *fmt == 'u' ? 10 : 16,
				   width, pad);
			break;
		case 'p':
			put_number(l, va_arg(args, u64), 16, 16, '0');
			break;
		case 's':
			for (s = va_arg(args, const char *); *s; s++)
				put(l, *s);
			break;
		case 'c':
			put(l, va_arg(args, int));
			break;
		case '%':
			put(l, '%');
			break;
		case 0:
			return;
		}
	}
}

static void semihost(u64 op, const void *arg)
{
	register u64 x0 asm("x0") = op;
	register const void *x1 asm("x1") = arg;

	asm volatile("hlt #0xf000" : "+r" (x0) : "r" (x1) : "memory");
}

static void finish(struct line *l)
{
	l->buf[l->len++] = '\n';
	l->buf[l->len] = 0;
	if (hyp.semihost)
		semihost(SYS_WRITE0, l->buf);
}

/**
 * log_printf() - one line for the log
 * @fmt: format, without newline
 */
void log_printf(const char *fmt, ...)
{
	struct line l = { .len = 0 };
	va_list args;

	if (!hyp.semihost)
		return;
	va_start(args, fmt);
	format(&l, fmt, args);
	va_end(args);
	finish(&l);
}

static void console_puts(const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			write32(PL011_BASE, '\r');
		write32(PL011_BASE, *s);
	}
}

/**
 * console_printf() - one line for the machine's console
 * @fmt: format, without newline
 *
 * The host has the console while it runs: only for before that.
 */
void console_printf(const char *fmt, ...)
{
	struct line l = { .len = 0 };
	va_list args;

	va_start(args, fmt);
	format(&l, fmt, args);
	va_end(args);
	finish(&l);
	console_puts(l.buf);
}

static const char panic_head[] = "\nhypervisor panic: ";

/**
 * panic() - say why on the machine's console and switch it off
 * @fmt: format, without newline
 */
void panic(const char *fmt, ...)
{
	const u64 code[] = { EXIT_APPLICATION, 1 };
	struct line l = { .len = 0 };
	va_list args;

	va_start(args, fmt);
	format(&l, fmt, args);
	va_end(args);
	finish(&l);
	console_puts(panic_head);
	console_puts(l.buf);

	if (hyp.semihost)
		semihost(SYS_EXIT, code);
	smc_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		asm volatile("wfi");
}
