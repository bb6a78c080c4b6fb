// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a running VM is given
 *
 * The resource manager notifies the VM, in which the gunyah driver accepts the
 * memory: as /dev/gunyah-mem-LABEL, or as memory of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "added.h"
#include "layout.h"
#include "vm.h"

#define MAX_ADDED	64

/**
 * struct added - memory that was added
 * @label: its label
 * @flags: GH_MEM_...
 * @addr: guest physical address by which the driver knows it
 * @size: its size, 0 in an entry that is free
 * @mem: the memory, NULL if it is lent
 */
struct added {
	__u32 label;
	__u32 flags;
	__u64 addr;
	__u64 size;
	void *mem;
};

/* Used by one thread at a time */
static struct added list[MAX_ADDED];

/* Where the VM has it is up to the VM, but the driver wants different addresses */
static __u64 next_addr = ADDED_BASE;

static bool refuse(char *answer, size_t size, const char *what,
		   const char *why)
{
	snprintf(answer, size, "%s: %s", what, why);
	return false;
}

static const char *explain(int err)
{
	switch (err) {
	case EBUSY:
		return "the guest has it, or does not run";
	case ENOTCONN:
		return "the guest has no channel to the resource manager (rm-rpc)";
	case ENOMEM:
		return "no memory; is RLIMIT_MEMLOCK (ulimit -l) large enough?";
	default:
		return strerror(err);
	}
}

static struct added *find(__u32 label)
{
	unsigned int i;

	for (i = 0; i < MAX_ADDED; i++)
		if (list[i].size && list[i].label == label)
			return &list[i];

	return NULL;
}

static struct added *find_free(void)
{
	unsigned int i;

	for (i = 0; i < MAX_ADDED; i++)
		if (!list[i].size)
			return &list[i];

	return NULL;
}

/*
 * The pages of a file: what the guest writes is in the file. It has to be in a
 * file system in memory.
 */
static void *map_file(const char *path, __u64 *size)
{
	void *mem = MAP_FAILED;
	struct stat st;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st)) {
		*size = st.st_size;
		mem = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			   0);
	}
	close(fd);

	return mem == MAP_FAILED ? NULL : mem;
}

/* WHAT of WHAT@LABEL is a size, or a file if it has a slash */
static void *map_what(const char *what, __u64 *size)
{
	if (strchr(what, '/'))
		return map_file(what, size);
	if (read_number(what, size) || !*size ||
	    *size % sysconf(_SC_PAGESIZE)) {
		errno = EINVAL;
		return NULL;
	}

	return try_alloc_pages(*size);
}

/* Read what follows the label: ",lend", ",plug" and ",ro" */
static bool parse_flags(char *text, __u32 *flags)
{
	char *save, *word;

	*flags = GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE;
	for (word = strtok_r(text, ",", &save); word;
	     word = strtok_r(NULL, ",", &save)) {
		if (!strcmp(word, "lend"))
			*flags |= GH_MEM_LENT;
		else if (!strcmp(word, "plug"))
			*flags |= GH_MEM_HOTPLUG | GH_MEM_ALLOW_EXEC;
		else if (!strcmp(word, "ro"))
			*flags &= ~GH_MEM_ALLOW_WRITE;
		else
			return false;
	}

	return true;
}

static bool parse_label(const char *text, __u32 *label)
{
	__u64 value;

	if (read_number(text, &value) || value > UINT32_MAX)
		return false;
	*label = value;

	return true;
}

/**
 * added_add() - give memory to the VM
 * @vm: file descriptor of the VM
 * @arg: SIZE@LABEL or FILE@LABEL, and ",lend", ",plug" (memory of the guest's
 *	kernel), ",ro"; changed
 * @answer: filled in
 * @size: its size
 *
 * Return: true if the VM was notified.
 */
bool added_add(int vm, char *arg, char *answer, size_t size)
{
	struct added *entry = find_free(), added = { .addr = next_addr };
	char *at = strrchr(arg, '@'), *flags;

	if (!at)
		return refuse(answer, size, arg, "not SIZE@LABEL or FILE@LABEL");
	*at++ = '\0';
	flags = strchr(at, ',');
	if (flags)
		*flags++ = '\0';
	if (!parse_label(at, &added.label))
		return refuse(answer, size, at, "not a label");
	if (!parse_flags(flags ?: at + strlen(at), &added.flags))
		return refuse(answer, size, flags, "not lend, plug or ro");
	if (!entry)
		return refuse(answer, size, at, "too many pieces of memory");

	added.mem = map_what(arg, &added.size);
	if (!added.mem)
		return refuse(answer, size, arg, strerror(errno));
	if (!vm_try_add_memory(vm, added.label, added.flags, added.addr,
			       added.size, added.mem)) {
		refuse(answer, size, arg, explain(errno));
		munmap(added.mem, added.size);
		return false;
	}
	next_addr += align_up(added.size, SZ_2M);
	/* It is the guest's, and the mapping is of no use */
	if (added.flags & GH_MEM_LENT) {
		munmap(added.mem, added.size);
		added.mem = NULL;
	}
	*entry = added;
	snprintf(answer, size, "%llu KiB", (unsigned long long)added.size >> 10);

	return true;
}

static void forget(struct added *entry)
{
	if (entry->mem)
		munmap(entry->mem, entry->size);
	*entry = (struct added){};
}

/**
 * added_remove() - take memory back that the guest has released, or has not
 * accepted
 * @vm: file descriptor of the VM
 * @arg: LABEL
 * @answer: filled in
 * @size: its size
 *
 * Return: true if it is back.
 */
bool added_remove(int vm, char *arg, char *answer, size_t size)
{
	struct added *entry;
	__u32 label;

	if (!parse_label(arg, &label))
		return refuse(answer, size, arg, "not a label");
	entry = find(label);
	if (!entry)
		return refuse(answer, size, arg, "no memory has this label");
	if (!vm_remove_memory(vm, label))
		return refuse(answer, size, arg, explain(errno));
	forget(entry);

	return true;
}

/**
 * added_list() - describe all memory that was added
 * @text: filled in
 * @size: its size; what does not fit is left out
 */
void added_list(char *text, size_t size)
{
	unsigned int i;
	int len;

	for (i = 0; i < MAX_ADDED; i++) {
		if (!list[i].size)
			continue;
		len = snprintf(text, size, "; memory %u: %llu KiB %s",
			       list[i].label,
			       (unsigned long long)list[i].size >> 10,
			       list[i].flags & GH_MEM_LENT ? "lent" : "shared");
		if ((size_t)len >= size)
			return;
		text += len;
		size -= len;
	}
}

/**
 * added_free() - forget everything when the VM is closed
 */
void added_free(void)
{
	unsigned int i;

	for (i = 0; i < MAX_ADDED; i++)
		if (list[i].size)
			forget(&list[i]);
	next_addr = ADDED_BASE;
}
