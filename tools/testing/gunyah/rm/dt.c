// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading devicetrees. They come from a VM's owner, so nothing is trusted.
 */
#include <libfdt.h>

#include "rm_core.h"

/* Published firmware parses recursively and overflows its stack beyond this */
#define MAX_DEPTH	64

/**
 * dt_cells() - read a number of one or two cells
 * @p: first cell
 * @cells: how many
 *
 * Return: the number
 */
uint64_t dt_cells(const uint8_t *p, int cells)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 4 * cells; i++)
		v = v << 8 | p[i];
	return v;
}

/**
 * dt_string() - copy a string property
 * @fdt: devicetree, valid
 * @node: node
 * @name: name of the property
 * @buf: where to
 * @size: room there
 *
 * Return: its length; -1: there is none, -2: malformed or too long
 */
int dt_string(const void *fdt, int node, const char *name, char *buf,
	      size_t size)
{
	int len;
	const char *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return -1;
	if (len < 1 || (size_t)len > size || memchr(p, 0, len) != p + len - 1)
		return -2;
	memcpy(buf, p, len);
	return len - 1;
}

/**
 * dt_number() - read a number property
 * @fdt: devicetree, valid
 * @node: node
 * @name: name of the property
 * @cells: cells it must have
 * @value: result, unchanged unless 0 is returned
 *
 * Return: 0; -1: there is none, -2: malformed
 */
int dt_number(const void *fdt, int node, const char *name, int cells,
	      uint64_t *value)
{
	int len;
	const void *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return -1;
	if (cells < 1 || cells > 2 || len != 4 * cells)
		return -2;
	*value = dt_cells(p, cells);
	return 0;
}

/**
 * dt_exact_subnode() - find a child by its full name
 * @fdt: devicetree, valid
 * @node: parent
 * @name: name, with unit address if it has one
 *
 * Return: node; negative: there is none
 */
int dt_exact_subnode(const void *fdt, int node, const char *name)
{
	int child;

	fdt_for_each_subnode(child, fdt, node) {
		const char *s = fdt_get_name(fdt, child, NULL);

		if (s && !strcmp(s, name))
			return child;
	}
	return -FDT_ERR_NOTFOUND;
}

/**
 * dt_reg() - read an entry of a node's reg
 * @fdt: devicetree, valid
 * @node: node
 * @index: which one
 * @addr: result: address
 * @size: result: size
 *
 * Return: false if there is none
 */
bool dt_reg(const void *fdt, int node, unsigned int index, uint64_t *addr,
	    uint64_t *size)
{
	int parent = fdt_parent_offset(fdt, node);
	int len, ac, sc, entry;
	const uint8_t *p;

	if (parent < 0)
		return false;
	ac = fdt_address_cells(fdt, parent);
	sc = fdt_size_cells(fdt, parent);
	p = fdt_getprop(fdt, node, "reg", &len);
	if (!p || ac < 1 || ac > 2 || sc < 1 || sc > 2)
		return false;
	entry = 4 * (ac + sc);
	if (index >= (unsigned int)len / (unsigned int)entry || len % entry)
		return false;
	*addr = dt_cells(p + index * entry, ac);
	*size = dt_cells(p + index * entry + 4 * ac, sc);
	return true;
}

/**
 * dt_valid() - is it a devicetree, all of it?
 * @rm: resource manager; it dies of nodes that are nested too deeply
 * @fdt: the blob
 * @size: bytes that there are
 *
 * libfdt assumes that the blocks are aligned. An unaligned access is fatal while
 * the MMU is off, as it is at EL2.
 *
 * Return: true if every tag and every name in it is in order
 */
bool dt_valid(struct rm *rm, const void *fdt, size_t size)
{
	const struct fdt_property *prop;
	int offset, next = 0, depth = 0;
	uint32_t tag;

	if (fdt_check_header(fdt) || fdt_version(fdt) < 17 ||
	    fdt_totalsize(fdt) > size ||
	    fdt_off_dt_struct(fdt) % 4 || fdt_off_mem_rsvmap(fdt) % 8 ||
	    fdt_num_mem_rsv(fdt) < 0)
		return false;
	do {
		offset = next;
		tag = fdt_next_tag(fdt, offset, &next);
		if (next < 0)
			return false;
		switch (tag) {
		case FDT_BEGIN_NODE:
			if (++depth == 1 && offset)
				return false;
			if (depth > MAX_DEPTH) {
				rm_die(rm, "stack overflow: devicetree nested too deeply");
				return false;
			}
			break;
		case FDT_END_NODE:
			if (--depth < 0)
				return false;
			break;
		case FDT_PROP:
			prop = fdt_get_property_by_offset(fdt, offset, NULL);
			if (!depth || !prop ||
			    !fdt_get_string(fdt, fdt32_to_cpu(prop->nameoff),
					    NULL))
				return false;
			break;
		default:
			break;
		}
	} while (tag != FDT_END);
	return !depth;
}
