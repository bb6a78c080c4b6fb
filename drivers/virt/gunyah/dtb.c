// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver has to know of a VM's devicetree
 *
 * The devicetree is for the resource manager, which is the same for all VMs of
 * the machine and does not survive everything: some devicetrees kill it at once,
 * others when the driver later sends a message that is legal for other VMs. So
 * the driver reads a few facts before it sends anything. It does not check what
 * the resource manager refuses by itself.
 *
 * The kernel's libfdt is not exported to modules, and of_fdt_unflatten_tree()
 * is for trees that can be trusted: it warns in the log and does not check
 * offsets. Here whoever created the VM has written every byte. The walk takes
 * time proportional to the size, looks at no byte outside, and does not recurse.
 * Where a tree can be read in two ways (properties after child nodes, the same
 * property twice) it is refused, because the resource manager might choose the
 * other one.
 */

#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <uapi/linux/gunyah.h>

#include "dtb.h"

/* The header, see the Devicetree Specification, chapter 5 */
#define FDT_MAGIC		0xd00dfeed
#define FDT_VERSION		17
#define FDT_LAST_COMPATIBLE	16
#define FDT_OFF_MAGIC		0
#define FDT_OFF_TOTALSIZE	4
#define FDT_OFF_STRUCT		8
#define FDT_OFF_STRINGS		12
#define FDT_OFF_RSVMAP		16
#define FDT_OFF_VERSION		20
#define FDT_OFF_LAST_COMP	24
#define FDT_OFF_SIZE_STRINGS	32
#define FDT_OFF_SIZE_STRUCT	36
#define FDT_HEADER_SIZE		40

#define FDT_BEGIN_NODE		1
#define FDT_END_NODE		2
#define FDT_PROP		3
#define FDT_NOP			4
#define FDT_END			9

/**
 * enum dtb_prop - properties that count
 * @PROP_VDEVICE_TYPE: makes a node a virtual device
 * @PROP_GENERATE: path of a node that the resource manager makes
 * @PROP_LABEL: label of a virtual device or of its memory
 * @PROP_QCOM_LABEL: the same, another name
 * @PROP_AFFINITY: who schedules the vCPUs
 * @NUM_PROPS: none of these
 */
enum dtb_prop {
	PROP_VDEVICE_TYPE,
	PROP_GENERATE,
	PROP_LABEL,
	PROP_QCOM_LABEL,
	PROP_AFFINITY,
	NUM_PROPS
};

static const char *const dtb_props[NUM_PROPS] = {
	[PROP_VDEVICE_TYPE]	= "vdevice-type",
	[PROP_GENERATE]		= "generate",
	[PROP_LABEL]		= "label",
	[PROP_QCOM_LABEL]	= "qcom,label",
	[PROP_AFFINITY]		= "affinity",
};

/**
 * enum dtb_node - nodes that count
 * @NODE_OTHER: none of these
 * @NODE_ROOT: /
 * @NODE_CONFIG: /gunyah-vm-config, or its other name
 * @NODE_VCPUS: the child "vcpus" of that
 * @NODE_MEMORY: a node "memory", which a virtual device may have as a child
 */
enum dtb_node {
	NODE_OTHER,
	NODE_ROOT,
	NODE_CONFIG,
	NODE_VCPUS,
	NODE_MEMORY,
};

/**
 * struct dtb_level - an open node
 * @node: which one it is
 * @seen: properties that it has, bits of &enum dtb_prop
 * @has_child: it has a child: no more properties
 * @takes_memory: it is a virtual device that has memory
 * @proxy: the vCPUs are scheduled by their VMM
 * @has_label: @label is valid
 * @has_memory_label: @memory_label is valid
 * @label: its label
 * @memory_label: that of its child "memory"
 */
struct dtb_level {
	enum dtb_node node;
	unsigned int seen;
	bool has_child;
	bool takes_memory;
	bool proxy;
	bool has_label;
	bool has_memory_label;
	u32 label;
	u32 memory_label;
};

/**
 * struct dtb_walk - a walk through a devicetree
 * @pos: position in the structure block
 * @left: bytes that are left there
 * @strings: names of properties
 * @strings_size: their size in bytes
 * @depth: number of open nodes
 * @level: these nodes
 * @info: what was found
 */
struct dtb_walk {
	const u8 *pos;
	size_t left;
	const char *strings;
	size_t strings_size;
	unsigned int depth;
	struct dtb_level level[GUNYAH_DTB_MAX_DEPTH];
	struct gunyah_dtb_info *info;
};

static u32 dtb_header(const void *dtb, unsigned int offset)
{
	return get_unaligned_be32(dtb + offset);
}

static int dtb_refuse(struct gunyah_dtb_info *info, u32 reason)
{
	info->reason = reason;
	return -EINVAL;
}

static int dtb_invalid(struct dtb_walk *walk)
{
	return dtb_refuse(walk->info, GH_VM_START_REASON_DTB_INVALID);
}

static int dtb_unsafe(struct dtb_walk *walk)
{
	return dtb_refuse(walk->info, GH_VM_START_REASON_DTB_UNSAFE);
}

/* Take @len bytes and what pads them to a whole word; NULL if there are not */
static const u8 *dtb_take(struct dtb_walk *walk, size_t len)
{
	const u8 *data = walk->pos;

	if (len > walk->left)
		return NULL;
	/* The block is a number of whole words, so the padding is there, too */
	len = ALIGN(len, 4);
	walk->pos += len;
	walk->left -= len;
	return data;
}

static bool dtb_take_word(struct dtb_walk *walk, u32 *word)
{
	const u8 *data = dtb_take(walk, sizeof(*word));

	if (data)
		*word = get_unaligned_be32(data);
	return data;
}

/* Whether a value is that string; it may be looked at as one, or as several */
static bool dtb_is(const u8 *data, size_t len, const char *string)
{
	return len == strlen(string) + 1 && !memcmp(data, string, len);
}

/* Whether a node has that name, with a unit address or without */
static bool dtb_is_named(const char *name, const char *wanted)
{
	size_t len = strlen(wanted);

	return !strncmp(name, wanted, len) && (!name[len] || name[len] == '@');
}

static enum dtb_prop dtb_find_prop(struct dtb_walk *walk, u32 name)
{
	size_t room = walk->strings_size - name, len;
	enum dtb_prop prop;

	for (prop = 0; prop < NUM_PROPS; prop++) {
		len = strlen(dtb_props[prop]) + 1;
		if (len <= room &&
		    !memcmp(walk->strings + name, dtb_props[prop], len))
			break;
	}
	return prop;
}

static void dtb_add_place(struct dtb_walk *walk, u32 label)
{
	struct gunyah_dtb_info *info = walk->info;

	/* At most two for each virtual device */
	if (!WARN_ON_ONCE(info->num_places == ARRAY_SIZE(info->places)))
		info->places[info->num_places++] = label;
}

static int dtb_vdevice(struct dtb_walk *walk, struct dtb_level *level,
		       const u8 *data, size_t len)
{
	struct gunyah_dtb_info *info = walk->info;

	if (++info->num_vdevices > GUNYAH_DTB_MAX_VDEVICES)
		return dtb_unsafe(walk);
	if (dtb_is(data, len, "rm-rpc"))
		info->channel = true;
	if (dtb_is(data, len, "vrtc-pl031"))
		info->clock = true;
	level->takes_memory = dtb_is(data, len, "shm") ||
			      dtb_is(data, len, "shm-doorbell") ||
			      dtb_is(data, len, "virtio-mmio");
	return 0;
}

/* An absolute path that makes no more levels than a devicetree may have */
static int dtb_generate(struct dtb_walk *walk, const u8 *data, size_t len)
{
	unsigned int levels = 0;
	size_t i;

	if (len < 2 || data[0] != '/' || strnlen(data, len) != len - 1)
		return dtb_unsafe(walk);
	for (i = 0; i < len; i++)
		levels += data[i] == '/';
	return levels < GUNYAH_DTB_MAX_DEPTH ? 0 : dtb_unsafe(walk);
}

static int dtb_take_prop(struct dtb_walk *walk)
{
	struct dtb_level *level;
	enum dtb_prop prop;
	const u8 *data;
	u32 len, name;

	if (!dtb_take_word(walk, &len) || !dtb_take_word(walk, &name))
		return dtb_invalid(walk);
	data = dtb_take(walk, len);
	if (!data || name >= walk->strings_size || !walk->depth)
		return dtb_invalid(walk);

	level = &walk->level[walk->depth - 1];
	if (level->has_child)
		return dtb_invalid(walk);
	prop = dtb_find_prop(walk, name);
	if (prop == NUM_PROPS)
		return 0;
	if (level->seen & BIT(prop))
		return dtb_invalid(walk);
	level->seen |= BIT(prop);

	switch (prop) {
	case PROP_VDEVICE_TYPE:
		return dtb_vdevice(walk, level, data, len);
	case PROP_GENERATE:
		return dtb_generate(walk, data, len);
	case PROP_AFFINITY:
		level->proxy = dtb_is(data, len, "proxy");
		return 0;
	default:
		if (len == sizeof(level->label) && !level->has_label) {
			level->label = get_unaligned_be32(data);
			level->has_label = true;
		}
		return 0;
	}
}

static enum dtb_node dtb_find_node(struct dtb_walk *walk, const char *name)
{
	enum dtb_node parent;

	if (!walk->depth)
		return NODE_ROOT;
	parent = walk->level[walk->depth - 1].node;
	if (parent == NODE_ROOT && (dtb_is_named(name, "gunyah-vm-config") ||
				    dtb_is_named(name, "qcom,vm-config")))
		return NODE_CONFIG;
	if (parent == NODE_CONFIG && dtb_is_named(name, "vcpus"))
		return NODE_VCPUS;
	return dtb_is_named(name, "memory") ? NODE_MEMORY : NODE_OTHER;
}

static int dtb_begin_node(struct dtb_walk *walk)
{
	const char *name = (const char *)walk->pos;
	size_t len = strnlen(name, walk->left);

	if (len == walk->left || !dtb_take(walk, len + 1))
		return dtb_invalid(walk);
	if (walk->depth == GUNYAH_DTB_MAX_DEPTH)
		return dtb_unsafe(walk);
	walk->level[walk->depth] = (struct dtb_level) {
		.node = dtb_find_node(walk, name),
	};
	if (walk->depth)
		walk->level[walk->depth - 1].has_child = true;
	walk->depth++;
	return 0;
}

static int dtb_end_node(struct dtb_walk *walk)
{
	struct dtb_level *level, *parent;

	if (!walk->depth)
		return dtb_invalid(walk);
	level = &walk->level[--walk->depth];

	if (level->node == NODE_VCPUS && !level->proxy)
		walk->info->static_vcpus = true;
	if (level->takes_memory && level->has_label)
		dtb_add_place(walk, level->label);
	if (level->takes_memory && level->has_memory_label)
		dtb_add_place(walk, level->memory_label);
	if (level->node == NODE_MEMORY && level->has_label) {
		parent = &walk->level[walk->depth - 1];
		parent->has_memory_label = true;
		parent->memory_label = level->label;
	}
	return 0;
}

/* The root node and all that is in it */
static int dtb_walk(struct dtb_walk *walk)
{
	bool done = false;
	u32 token;
	int ret;

	while (dtb_take_word(walk, &token)) {
		switch (token) {
		case FDT_BEGIN_NODE:
			/* There is one root, and nothing after it */
			ret = done ? dtb_invalid(walk) : dtb_begin_node(walk);
			cond_resched();
			break;
		case FDT_END_NODE:
			ret = dtb_end_node(walk);
			done = !walk->depth;
			break;
		case FDT_PROP:
			ret = dtb_take_prop(walk);
			break;
		case FDT_NOP:
			ret = 0;
			break;
		case FDT_END:
			return done ? 0 : dtb_invalid(walk);
		default:
			ret = dtb_invalid(walk);
		}
		if (ret)
			return ret;
	}
	return dtb_invalid(walk);
}

/* Whether the list of reserved ranges ends within the devicetree */
static bool dtb_check_rsvmap(const void *dtb, size_t size)
{
	size_t pos = dtb_header(dtb, FDT_OFF_RSVMAP);

	if (pos < FDT_HEADER_SIZE || !IS_ALIGNED(pos, 8))
		return false;
	for (; pos <= size && size - pos >= 16; pos += 16)
		if (!get_unaligned_be64(dtb + pos) &&
		    !get_unaligned_be64(dtb + pos + 8))
			return true;
	return false;
}

/* Whether a block lies between the header and the end */
static bool dtb_check_block(size_t pos, size_t len, size_t size)
{
	return pos >= FDT_HEADER_SIZE && pos <= size && len <= size - pos;
}

/**
 * gunyah_dtb_has_header() - whether something may be taken for a devicetree
 * @dtb: the first FDT_HEADER_SIZE (40) bytes
 * @room: size of the range that it is in, in bytes
 * @size: set to its size in bytes
 *
 * Every resource manager refuses what is not.
 *
 * Context: Any.
 * Return: true if it has the magic number, and fits.
 */
bool gunyah_dtb_has_header(const void *dtb, size_t room, size_t *size)
{
	*size = dtb_header(dtb, FDT_OFF_TOTALSIZE);
	return dtb_header(dtb, FDT_OFF_MAGIC) == FDT_MAGIC &&
	       *size >= FDT_HEADER_SIZE && *size <= room;
}

/**
 * gunyah_dtb_scan() - find out what counts in a devicetree
 * @dtb: the devicetree, gunyah_dtb_has_header(); aligned to 4 bytes
 * @size: its size in bytes
 * @info: filled in, also if it is refused
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EINVAL: it must not be given to the resource manager, see
 * @info->reason; -ENOMEM.
 */
int gunyah_dtb_scan(const void *dtb, size_t size, struct gunyah_dtb_info *info)
{
	u32 off_struct = dtb_header(dtb, FDT_OFF_STRUCT);
	u32 off_strings = dtb_header(dtb, FDT_OFF_STRINGS);
	u32 size_struct = dtb_header(dtb, FDT_OFF_SIZE_STRUCT);
	u32 size_strings = dtb_header(dtb, FDT_OFF_SIZE_STRINGS);
	struct dtb_walk *walk __free(kfree) = NULL;

	memset(info, 0, sizeof(*info));
	if (size > GUNYAH_DTB_MAX_SIZE)
		return dtb_refuse(info, GH_VM_START_REASON_DTB_UNSAFE);
	if (dtb_header(dtb, FDT_OFF_VERSION) < FDT_VERSION ||
	    dtb_header(dtb, FDT_OFF_LAST_COMP) < FDT_LAST_COMPATIBLE ||
	    dtb_header(dtb, FDT_OFF_LAST_COMP) > FDT_VERSION ||
	    !dtb_check_block(off_struct, size_struct, size) ||
	    !dtb_check_block(off_strings, size_strings, size) ||
	    !IS_ALIGNED(off_struct, 4) || !IS_ALIGNED(size_struct, 4) ||
	    !dtb_check_rsvmap(dtb, size))
		return dtb_refuse(info, GH_VM_START_REASON_DTB_INVALID);

	walk = kzalloc(sizeof(*walk), GFP_KERNEL_ACCOUNT);
	if (!walk)
		return -ENOMEM;
	walk->pos = dtb + off_struct;
	walk->left = size_struct;
	walk->strings = dtb + off_strings;
	walk->strings_size = size_strings;
	walk->info = info;
	return dtb_walk(walk);
}

/**
 * gunyah_dtb_has_place() - whether a virtual device has a place for a parcel
 * @info: from gunyah_dtb_scan()
 * @label: label of the parcel
 *
 * Context: Any.
 * Return: true if so.
 */
bool gunyah_dtb_has_place(const struct gunyah_dtb_info *info, u32 label)
{
	unsigned int i;

	for (i = 0; i < info->num_places; i++)
		if (info->places[i] == label)
			return true;
	return false;
}
