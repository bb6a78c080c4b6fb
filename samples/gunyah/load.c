// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layout of the VM's memory, and loading the files
 *
 *	base				kernel (arm64 Image)
 *	next multiple of 2 MiB		devicetree
 *	2 MiB later			ramdisk
 *
 * All of it is one region, because a VM starts in the memory that also contains
 * its devicetree, which is called the VM's image.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devicetree.h"

/* See Documentation/arch/arm64/booting.rst */
struct image_header {
	__u32 code0;
	__u32 code1;
	__u64 text_offset;
	__u64 image_size;
	__u64 flags;
	__u64 res2;
	__u64 res3;
	__u64 res4;
	__u32 magic;
	__u32 res5;
};

#define IMAGE_MAGIC	0x644d5241	/* "ARM\x64" */

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

/**
 * alloc_pages() - allocate memory for a VM
 * @size: size in bytes
 *
 * Return: zeroed memory, aligned to 2 MiB.
 */
void *alloc_pages(size_t size)
{
	__u64 addr;
	void *mem;

	mem = mmap(NULL, size + SZ_2M, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		die("no memory for the VM: %s", strerror(errno));

	/*
	 * The resource manager takes memory as a list of contiguous ranges and
	 * is slow with long lists: huge pages make it short. Lent memory is
	 * copied to large blocks by the driver. Without THP the call fails,
	 * which is harmless.
	 */
	addr = align_up((__u64)(unsigned long)mem, SZ_2M);
	mem = (void *)(unsigned long)addr;
	madvise(mem, size, MADV_HUGEPAGE);

	return mem;
}

/* Return: size of the kernel in memory, which is larger than the file */
static __u64 load_image(struct guest *guest, const char *path)
{
	struct image_header header;
	__u64 size, image_size;

	size = load_file(path, guest->mem, guest->size);

	memcpy(&header, guest->mem, sizeof(header));
	if (guest->mem[0] == 0x1f && guest->mem[1] == 0x8b)
		die("%s: compressed with gzip; uncompress it first", path);
	if (size < sizeof(header) || le32toh(header.magic) != IMAGE_MAGIC)
		die("%s: not an arm64 kernel image (arch/arm64/boot/Image)",
		    path);
	/* Kernels since 5.8 must be at the start of the memory */
	if (header.text_offset)
		die("%s: must be %#llx bytes into the memory, but only 0 is supported",
		    path, (unsigned long long)le64toh(header.text_offset));

	image_size = le64toh(header.image_size);
	if (image_size < size)
		die("%s: %llu bytes, but its header says %llu", path,
		    (unsigned long long)size, (unsigned long long)image_size);

	return image_size;
}

/**
 * load_guest() - allocate the VM's memory, load kernel and ramdisk into it
 * @guest: filled in, except for the size of the devicetree
 * @cfg: configuration
 */
void load_guest(struct guest *guest, const struct config *cfg)
{
	__u64 image_size, dtb, ramdisk;

	memset(guest, 0, sizeof(*guest));
	guest->base = cfg->base;
	guest->size = cfg->size;
	guest->mem = alloc_pages(guest->size);

	image_size = load_image(guest, cfg->image);
	if (image_size > guest->size || guest->size - image_size < 2 * SZ_2M)
		die("%s: does not fit into %llu MiB of memory", cfg->image,
		    (unsigned long long)guest->size >> 20);

	/* base and size are multiples of 2 MiB, so both are in the memory */
	dtb = align_up(image_size, SZ_2M);
	ramdisk = dtb + DT_MAX_ROOM;
	guest->dtb = guest->base + dtb;

	if (cfg->ramdisk) {
		guest->ramdisk = guest->base + ramdisk;
		guest->ramdisk_size = load_file(cfg->ramdisk,
						guest->mem + ramdisk,
						guest->size - ramdisk);
	}
}
