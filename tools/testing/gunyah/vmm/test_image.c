// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: kernel images
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#include "image.h"
#include "test.h"

#define ROOM		0x40000
#define KERNEL_SIZE	0x20000
#define HEADER_SIZE	64

static __u8 kernel[KERNEL_SIZE];
static __u8 packed[KERNEL_SIZE];
static size_t packed_size;

/* The VM's memory, with nothing behind it */
static __u8 *mem;

static void put32(__u8 *at, __u32 value)
{
	memcpy(at, &value, sizeof(value));
}

static void pack(const void *from, size_t size)
{
	z_stream z = {
		.next_in = (void *)from, .avail_in = size,
		.next_out = packed, .avail_out = sizeof(packed),
	};

	CHECK(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9,
			   Z_DEFAULT_STRATEGY) == Z_OK);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	packed_size = z.next_out - packed;
	deflateEnd(&z);
}

static void prepare(void)
{
	unsigned int i;

	mem = mmap(NULL, ROOM + 0x10000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	CHECK(!mprotect(mem, ROOM, PROT_READ | PROT_WRITE));
	for (i = HEADER_SIZE; i < sizeof(kernel); i++)
		kernel[i] = i / 100;
	/* image_size, magic */
	put32(kernel + 16, 0x30000);
	put32(kernel + 56, 0x644d5241);
	pack(kernel, sizeof(kernel));
}

/* An EFI zboot image with @packed behind its header, and more than the kernel */
static void make_zboot(const char *compression, __u32 offset, __u32 size)
{
	static __u8 file[ROOM];

	memset(file + 0x100, 0xff, sizeof(file) - 0x100);
	memcpy(file, "MZ\0\0zimg", 8);
	put32(file + 8, offset);
	put32(file + 12, size);
	memcpy(file + 24, compression, strlen(compression) + 1);
	memcpy(file + 0x100, packed, packed_size);
	test_file("Image", file, sizeof(file));
}

static bool loads(void)
{
	static const __u8 zeroes[ROOM - KERNEL_SIZE];

	memset(mem, 0, ROOM);

	return load_image(mem, ROOM, "Image") == 0x30000 &&
	       !memcmp(mem, kernel, KERNEL_SIZE) &&
	       !memcmp(mem + KERNEL_SIZE, zeroes, sizeof(zeroes));
}

static void load(const void *room)
{
	load_image(mem, *(const __u64 *)room, "Image");
}

static bool dies(__u64 room, const char *text)
{
	return test_dies(load, &room, EXIT_VMM, text);
}

TEST_ALONE(good_images, "kernels: Image, gzip, EFI zboot")
{
	prepare();
	test_file("Image", kernel, sizeof(kernel));
	CHECK(loads());
	test_file("Image", packed, packed_size);
	CHECK(loads());
	make_zboot("gzip", 0x100, packed_size);
	CHECK(loads());
}

TEST_ALONE(bad_images, "kernels that are refused")
{
	prepare();
	test_file("Image", "", 0);
	CHECK(dies(ROOM, "empty"));
	test_file("Image", "MZ", 2);
	CHECK(dies(ROOM, "not an arm64 kernel"));
	test_file("Image", "\x28\xb5\x2f\xfd....", 8);
	CHECK(dies(ROOM, "uncompress it first: zstd -dc Image >Image"));
	test_file("Image", "\xfd\x37zXZ\0..", 8);
	CHECK(dies(ROOM, "xz -dc"));

	/* Incomplete, damaged, too large, not a kernel */
	test_file("Image", packed, packed_size - 9);
	CHECK(dies(ROOM, "gzip: incomplete"));
	test_file("Image", packed, 2);
	CHECK(dies(ROOM, "gzip: incomplete"));
	packed[packed_size / 2] ^= 0x55;
	test_file("Image", packed, packed_size);
	CHECK(dies(ROOM, "gzip: "));
	packed[packed_size / 2] ^= 0x55;
	test_file("Image", packed, packed_size);
	CHECK(dies(KERNEL_SIZE - 1, "larger than the VM's memory"));
	CHECK(dies(packed_size, "larger than the VM's memory"));
	CHECK(dies(packed_size - 1, "larger than the available"));
	pack("no kernel", 9);
	test_file("Image", packed, packed_size);
	CHECK(dies(ROOM, "not an arm64 kernel"));
}

TEST_ALONE(bad_zboot, "EFI zboot images that are refused")
{
	prepare();
	make_zboot("zstd", 0x100, packed_size);
	CHECK(dies(ROOM, "has zstd inside: tail -c +257 Image | head -c "));
	make_zboot("xzkern", 0x100, packed_size);
	CHECK(dies(ROOM, "| xz -dc >Image"));
	make_zboot("new", 0x100, packed_size);
	CHECK(dies(ROOM, "unknown compression"));
	make_zboot("12345678901234567890123456789012345", 0x100, packed_size);
	CHECK(dies(ROOM, "unknown compression"));
	make_zboot("gzip", 0x100, ROOM - 0xff);
	CHECK(dies(ROOM, "incomplete"));
	make_zboot("gzip", 0xffffffff, packed_size);
	CHECK(dies(ROOM, "incomplete"));
	make_zboot("gzip", 0x100, 0xffffffff);
	CHECK(dies(ROOM, "incomplete"));
	make_zboot("gzip", 0x100, 0);
	CHECK(dies(ROOM, "gzip: incomplete"));
	make_zboot("gzip", 0, packed_size);
	CHECK(dies(ROOM, "gzip: "));
}
