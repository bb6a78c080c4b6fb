// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading the VM's kernel: an arm64 Image, also compressed with gzip, alone or in
 * an EFI zboot image, as distributions have them
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "image.h"

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

/* See drivers/firmware/efi/libstub/zboot-header.S */
struct zboot_header {
	char magic[4];
	char type[4];
	__u32 offset;
	__u32 size;
	__u32 reserved[2];
	char compression[32];
};

/* How to recognise compressions that are not supported, and what to do */
static const struct {
	const char *name;	/* in the header of a zboot image */
	const char *tool;
	unsigned int size;
	const char *magic;	/* at the start of a file */
} compressions[] = {
	{ "zstd", "zstd", 4, "\x28\xb5\x2f\xfd" },
	{ "xzkern", "xz", 6, "\xfd\x37zXZ" },
	{ "lz4", "lz4", 4, "\x02\x21\x4c\x18" },
	{ "lzma", "lzma", 3, "\x5d\x00\x00" },
	{ "lzo", "lzop", 4, "\x89LZO" },
	{ "bzip2", "bzip2", 3, "BZh" },
};

/* Why a decompression has failed */
static const char *why(const z_stream *z, int ret)
{
	if (ret == Z_MEM_ERROR)
		return strerror(ENOMEM);
	if (ret == Z_BUF_ERROR && !z->avail_in)
		return "incomplete";
	if (ret == Z_BUF_ERROR)
		return "larger than the VM's memory";

	return z->msg ?: "not valid";
}

/* Decompress @from, @size bytes, and nothing beyond @room; return: result's size */
static size_t decompress(__u8 *mem, size_t room, const __u8 *from, size_t size,
			 const char *path)
{
	/* Numbers of bytes in zlib are 32 bits wide */
	const size_t most = 1 << 30;
	z_stream z = { .next_in = (__u8 *)from, .next_out = mem };
	size_t done;
	int ret;

	/* 16: the format of gzip */
	if (inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
		die("%s: %s", path, strerror(ENOMEM));
	do {
		done = z.next_in - from;
		z.avail_in = min(size - done, most);
		done = z.next_out - mem;
		z.avail_out = min(room - done, most);
		ret = inflate(&z, Z_NO_FLUSH);
	} while (ret == Z_OK);
	if (ret != Z_STREAM_END)
		die("%s: gzip: %s", path, why(&z, ret));
	done = z.next_out - mem;
	inflateEnd(&z);

	return done;
}

/* A zboot image: find what is compressed with gzip in it */
static void find_payload(const struct zboot_header *header, const char *path,
			 size_t *offset, size_t *size)
{
	__u32 at = le32toh(header->offset), len = le32toh(header->size);
	unsigned int i;

	if (at > *size || len > *size - at)
		die("%s: EFI zboot image: incomplete", path);
	for (i = 0; i < ARRAY_SIZE(compressions); i++)
		if (!strncmp(header->compression, compressions[i].name,
			     sizeof(header->compression)))
			die("%s: has %s inside: tail -c +%llu %s | head -c %u | %s -dc >Image",
			    path, compressions[i].name, at + 1ULL, path, len,
			    compressions[i].tool);
	if (strncmp(header->compression, "gzip", sizeof(header->compression)))
		die("%s: EFI zboot image with an unknown compression", path);
	*offset = at;
	*size = len;
}

static void refuse(const __u8 *mem, size_t size, const char *path)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(compressions); i++)
		if (size > compressions[i].size &&
		    !memcmp(mem, compressions[i].magic, compressions[i].size))
			die("%s: compressed; uncompress it first: %s -dc %s >Image",
			    path, compressions[i].tool, path);
	die("%s: not an arm64 kernel image (arch/arm64/boot/Image)", path);
}

/* Replace a compressed image by what is in it; return: its size */
static size_t unpack(__u8 *mem, size_t room, size_t size, const char *path)
{
	struct zboot_header header = {};
	size_t offset = 0, packed = size;
	__u8 *copy;

	memcpy(&header, mem, min(size, sizeof(header)));
	if (!memcmp(header.magic, "MZ", 3) && !memcmp(header.type, "zimg", 4))
		find_payload(&header, path, &offset, &packed);
	else if (size < 2 || mem[0] != 0x1f || mem[1] != 0x8b)
		return size;

	copy = malloc(packed);
	if (!copy)
		die("%s: %s", path, strerror(errno));
	memcpy(copy, mem + offset, packed);
	memset(mem, 0, size);
	size = decompress(mem, room, copy, packed, path);
	free(copy);

	return size;
}

/**
 * load_image() - load a kernel
 * @mem: destination
 * @room: size of the destination
 * @path: file with the kernel
 *
 * Does not return if there is no room, or the file is not a kernel.
 *
 * Return: size of the kernel in memory, which is larger than that of its image.
 */
__u64 load_image(__u8 *mem, __u64 room, const char *path)
{
	struct image_header header;
	__u64 size, image_size;

	size = load_file(path, mem, room);
	size = unpack(mem, room, size, path);

	memcpy(&header, mem, sizeof(header));
	if (size < sizeof(header) || le32toh(header.magic) != IMAGE_MAGIC)
		refuse(mem, size, path);
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
