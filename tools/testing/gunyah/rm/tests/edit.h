/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Editing a devicetree that is good, so that it is not any more
 */
#ifndef GUNYAH_RM_TEST_EDIT_H
#define GUNYAH_RM_TEST_EDIT_H

#include <libfdt.h>

#include "fake.h"

#define CONFIG	"/gunyah-vm-config"

static inline int at(void *dt, const char *path)
{
	int node = fdt_path_offset(dt, path);

	if (node < 0) {
		printf("%s: no node %s\n", case_name, path);
		abort();
	}
	return node;
}

static inline void del(void *dt, const char *path, const char *prop)
{
	CHECK_EQ(fdt_delprop(dt, at(dt, path), prop), 0);
}

static inline void str(void *dt, const char *path, const char *prop, const char *s)
{
	CHECK_EQ(fdt_setprop_string(dt, at(dt, path), prop, s), 0);
}

/* A string of that many characters */
static inline void str_of(void *dt, const char *path, const char *prop, size_t len)
{
	char s[512] = { 0 };

	memset(s, 'x', len);
	str(dt, path, prop, s);
}

static inline void num(void *dt, const char *path, const char *prop, uint32_t v)
{
	CHECK_EQ(fdt_setprop_u32(dt, at(dt, path), prop, v), 0);
}

static inline void num64(void *dt, const char *path, const char *prop, uint64_t v)
{
	CHECK_EQ(fdt_setprop_u64(dt, at(dt, path), prop, v), 0);
}

static inline void mark(void *dt, const char *path, const char *prop)
{
	CHECK_EQ(fdt_setprop_empty(dt, at(dt, path), prop), 0);
}

static inline int node(void *dt, const char *path, const char *name)
{
	int n = fdt_add_subnode(dt, at(dt, path), name);

	CHECK(n >= 0);
	return n;
}

static inline void rename_node(void *dt, const char *path, const char *name)
{
	CHECK_EQ(fdt_set_name(dt, at(dt, path), name), 0);
}

#define EDIT(fn)	static void fn(void *dt)

/**
 * struct init_row - a devicetree for VM_INIT
 * @name: name of the case
 * @edit: makes it what it is
 * @err: of VM_INIT
 */
struct init_row {
	const char *name;
	void (*edit)(void *dt);
	uint32_t err;
};

void init_row(const struct init_row *row);

#endif /* GUNYAH_RM_TEST_EDIT_H */
