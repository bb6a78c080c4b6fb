// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content of the VM's memory: kernel and ramdisk
 *
 * All of it is one region, because a VM starts in the memory that also contains
 * its devicetree, which is called the VM's image.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image.h"
#include "layout.h"
#include "vm.h"

/**
 * load_file() - read a file into memory
 * @path: the file
 * @to: destination
 * @room: size of the destination
 *
 * Return: size of the file. Does not return after an error; an empty file and one
 * larger than @room are errors, too.
 */
size_t load_file(const char *path, void *to, size_t room)
{
	size_t done = 0;
	ssize_t n;
	char more;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));

	/* Read one byte beyond the room to detect a larger file */
	for (;;) {
		if (done < room)
			n = read(fd, (char *)to + done, room - done);
		else
			n = read(fd, &more, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("%s: %s", path, strerror(errno));
		if (n == 0)
			break;
		if (done == room)
			die("%s: larger than the available %zu KiB",
			    path, room / 1024);
		done += n;
	}
	close(fd);

	if (!done)
		die("%s: empty file", path);

	return done;
}

/* Where to get memory from, see alloc_init() */
static const char *mem_device;

/**
 * alloc_init() - say where memory for VMs comes from
 * @device: device file of the driver
 */
void alloc_init(const char *device)
{
	mem_device = device;
}

/* For a driver without memory files */
static void *alloc_anonymous(size_t size)
{
	__u8 *mem, *start;

	mem = mmap(NULL, size + SZ_2M, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;

	/* Unmap what is not needed for the alignment */
	start = (__u8 *)(unsigned long)align_up((unsigned long)mem, SZ_2M);
	if (start != mem)
		munmap(mem, start - mem);
	munmap(start + size, SZ_2M - (start - mem));

	/*
	 * The resource manager takes memory as a list of contiguous ranges and
	 * is slow with long lists: huge pages make it short. Lent memory is
	 * moved to large blocks by the driver. Without THP the call fails,
	 * which is harmless.
	 */
	madvise(start, size, MADV_HUGEPAGE);

	return start;
}

/**
 * try_alloc_pages() - allocate memory for a VM
 * @size: size in bytes, a multiple of the page size
 *
 * Return: zeroed memory, or NULL and errno.
 */
void *try_alloc_pages(size_t size)
{
	void *mem;
	int fd;

	fd = vm_create_memory(mem_device, size);
	if (fd < 0)
		return errno == EOPNOTSUPP ? alloc_anonymous(size) : NULL;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* The mapping keeps it */
	close(fd);

	return mem == MAP_FAILED ? NULL : mem;
}

static void *need_memory(void *mem)
{
	if (!mem)
		die("no memory for the VM: %s%s", strerror(errno),
		    errno == ENOMEM ?
		    "; is RLIMIT_MEMLOCK (ulimit -l) large enough?" : "");

	return mem;
}

/**
 * alloc_pages() - allocate memory for a VM, or leave
 * @size: size in bytes, a multiple of the page size
 *
 * Return: zeroed memory.
 */
void *alloc_pages(size_t size)
{
	return need_memory(try_alloc_pages(size));
}

/**
 * alloc_lazy_pages() - allocate memory that takes nothing until it is used
 * @size: size in bytes, a multiple of the page size
 *
 * A memory file has all its pages from the beginning.
 *
 * Return: zeroed memory.
 */
void *alloc_lazy_pages(size_t size)
{
	return need_memory(alloc_anonymous(size));
}

/**
 * free_pages() - free memory of alloc_pages()
 * @mem: the memory, or NULL
 * @size: its size
 */
void free_pages(void *mem, size_t size)
{
	if (mem)
		munmap(mem, size);
}

/**
 * load_guest() - load kernel and ramdisk into the VM's memory
 * @mem: the memory
 * @layout: describes the VM; gets the places of devicetree and ramdisk
 * @cfg: names of the files
 */
void load_guest(__u8 *mem, struct layout *layout, const struct config *cfg)
{
	__u64 image_size, offset;

	image_size = load_image(mem, layout->size, cfg->image);
	if (image_size > layout->size || layout->size - image_size < 2 * SZ_2M)
		die("%s: does not fit into %llu MiB of memory", cfg->image,
		    (unsigned long long)layout->size >> 20);

	/* base and size are multiples of 2 MiB, so both are in the memory */
	layout_place(layout, image_size);
	if (cfg->ramdisk) {
		offset = layout->ramdisk - layout->base;
		layout->ramdisk_size = load_file(cfg->ramdisk, mem + offset,
						 layout->size - offset);
	}
}
