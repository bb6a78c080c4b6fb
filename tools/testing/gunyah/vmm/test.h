/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of the sample VMM, reported in KTAP
 *
 * A file test_*.c has tests and needs no entry anywhere else.
 */
#ifndef GUNYAH_VMM_TEST_H
#define GUNYAH_VMM_TEST_H

#include <stdio.h>

#include "device.h"

/**
 * struct test - a test
 * @name: its name
 * @run: function that does it
 * @next: the next one
 */
struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_add(struct test *test);
void test_failed(const char *file, int line, const char *what);
bool test_is_ok(void);
void test_run_alone(void (*run)(void));
bool test_dies(void (*run)(const void *arg), const void *arg, int status,
	       const char *text);
void test_file(const char *path, const void *data, size_t size);

/* A test, followed by its body */
#define TEST(id, title)							\
	static void id(void);						\
	__attribute__((constructor)) static void add_##id(void)		\
	{								\
		static struct test test = { title, id, NULL };		\
									\
		test_add(&test);					\
	}								\
	static void id(void)

/* A test in a process of its own, for files with global state */
#define TEST_ALONE(id, title)						\
	static void alone_##id(void);					\
	TEST(id, title)							\
	{								\
		test_run_alone(alone_##id);				\
	}								\
	static void alone_##id(void)

#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			test_failed(__FILE__, __LINE__, #cond);		\
	} while (0)

/* fake.c: a VM without a hypervisor */
extern unsigned int irqs;
extern __u64 ioeventfd_addr;
extern __u32 ioeventfd_data;

/** struct fake_memory - memory that was given to the VM */
struct fake_memory {
	__u32 label;
	__u32 flags;
	__u64 addr;
	__u64 size;
	void *mem;
};

extern struct fake_memory memory;
extern int memory_errno;

#endif /* GUNYAH_VMM_TEST_H */
