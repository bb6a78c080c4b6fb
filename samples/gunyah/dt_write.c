// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing a devicetree from front to back
 *
 * The names are short because the code that uses them looks like the source of a
 * devicetree. None of these functions returns if there is no room.
 */
#include <libfdt.h>

#include "devicetree.h"
#include "dt_write.h"

/**
 * begin() - begin a node
 * @dt: the devicetree
 * @name: name of the node
 */
void begin(void *dt, const char *name)
{
	dt_check(fdt_begin_node(dt, name), name);
}

/**
 * begin_at() - begin a node with a unit address
 * @dt: the devicetree
 * @name: name of the node
 * @addr: its unit address
 */
void begin_at(void *dt, const char *name, __u64 addr)
{
	char full[32];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)addr);
	begin(dt, full);
}

/**
 * end() - end a node
 * @dt: the devicetree
 */
void end(void *dt)
{
	dt_check(fdt_end_node(dt), "node");
}

/**
 * put_bytes() - write a property of any content
 * @dt: the devicetree
 * @name: name of the property
 * @bytes: its content
 * @size: size of that
 */
void put_bytes(void *dt, const char *name, const void *bytes, int size)
{
	dt_check(fdt_property(dt, name, bytes, size), name);
}

/**
 * put_empty() - write a property without a value
 * @dt: the devicetree
 * @name: name of the property
 */
void put_empty(void *dt, const char *name)
{
	put_bytes(dt, name, "", 0);
}

/**
 * put_string() - write a property that is a string
 * @dt: the devicetree
 * @name: name of the property
 * @value: the string
 */
void put_string(void *dt, const char *name, const char *value)
{
	dt_check(fdt_property_string(dt, name, value), name);
}

/**
 * put_u32() - write a property that is a cell
 * @dt: the devicetree
 * @name: name of the property
 * @value: the cell
 */
void put_u32(void *dt, const char *name, __u32 value)
{
	dt_check(fdt_property_u32(dt, name, value), name);
}

/**
 * put_u32s() - write a property that consists of cells
 * @dt: the devicetree
 * @name: name of the property
 * @values: the cells
 * @count: number of them
 */
void put_u32s(void *dt, const char *name, const __u32 *values, int count)
{
	fdt32_t *cells;
	int i;

	dt_check(fdt_property_placeholder(dt, name, count * sizeof(*cells),
					  (void **)&cells), name);
	for (i = 0; i < count; i++)
		fdt32_st(&cells[i], values[i]);
}

/**
 * put_u64s() - write a property that consists of pairs of cells
 * @dt: the devicetree
 * @name: name of the property
 * @values: a number for each pair
 * @count: number of them
 */
void put_u64s(void *dt, const char *name, const __u64 *values, int count)
{
	fdt64_t *cells;
	int i;

	dt_check(fdt_property_placeholder(dt, name, count * sizeof(*cells),
					  (void **)&cells), name);
	for (i = 0; i < count; i++)
		fdt64_st(&cells[i], values[i]);
}
