// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the VM is given while it runs: does what the console says
 *
 * Each command is a line, and is answered by a line that begins with "memory: "
 * and ends with ";", so that one that is not complete can be told.
 * LABEL is that of memory with a device:
 *
 *	wait LABEL	until it is there
 *	gone LABEL	until it is not there any more
 *	show LABEL	its attributes in sysfs
 *	check LABEL N	compare the content with that of the job, to each byte of
 *			which N was added
 *	check LABEL	compare the content with zeroes
 *	add LABEL	add 1 to each byte
 *	open LABEL R|W	open it for reading or writing, and close it
 *	hold LABEL	map it until "drop"
 *	drop
 *	release LABEL	give it back
 *	total		MemTotal
 *	use MIB		allocate that much and use it
 *	unload		unload the driver
 *	end		leave
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"

#define WAIT_TRIES	600
#define WAIT_US		50000

/* What the job makes */
#define FIRST_LINE	1000000UL
#define SIZE_1M		0x100000UL

/* Attributes in sysfs */
#define NUM_NAMES	5

/**
 * struct mapping - memory with a device
 * @mem: where it is mapped
 * @size: its size
 */
struct mapping {
	uint64_t *mem;
	size_t size;
};

static struct mapping held;

static void answer(const char *what, const char *arg, const char *text)
{
	printf("memory: %s%s%s: %s;\n", what, *arg ? " " : "", arg, text);
	fflush(stdout);
}

static void answer_errno(const char *what, const char *arg, int failed)
{
	answer(what, arg, failed ? strerror(errno) : "ok");
}

static void answer_number(const char *what, const char *arg,
			  unsigned long long n)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", n);
	answer(what, arg, text);
}

static int device_open(const char *label, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/gunyah-mem-%s", label);
	return open(path, flags | O_CLOEXEC);
}

static int attribute_open(const char *label, const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/misc/gunyah-mem-%s/device/%s",
		 label, name);
	return open(path, flags | O_CLOEXEC);
}

static int attribute_read(const char *label, const char *name, char *text,
			  size_t size)
{
	int fd = attribute_open(label, name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

static void do_wait(const char *label, int there)
{
	char path[64];
	int tries, found = 0;

	snprintf(path, sizeof(path), "/dev/gunyah-mem-%s", label);
	for (tries = 0; tries < WAIT_TRIES; tries++) {
		found = !access(path, F_OK);
		if (found == there)
			break;
		usleep(WAIT_US);
	}
	answer(there ? "wait" : "gone", label, found == there ? "ok" : "no");
}

static void do_show(const char *label)
{
	static const char *const names[NUM_NAMES] = {
		"label", "owner", "type", "access", "size",
	};
	char line[256], text[64];
	unsigned int i;
	size_t len = 0;

	for (i = 0; i < NUM_NAMES; i++)
		len += snprintf(line + len, sizeof(line) - len, "%s%s",
				i ? " " : "",
				attribute_read(label, names[i], text,
					       sizeof(text)) ? "?" : text);
	answer("show", label, line);
}

/* Not a page more than there is, no copy, and nothing that could be executed */
static int maps_too_much(int fd, size_t size)
{
	return mmap(NULL, size + 4096, PROT_READ, MAP_SHARED, fd, 0) !=
		MAP_FAILED ||
	       mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, size - 4096) !=
		MAP_FAILED ||
	       mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, size) !=
		MAP_FAILED ||
	       mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED ||
	       mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) !=
		MAP_FAILED;
}

static int map_device(const char *label, int write, struct mapping *map)
{
	int prot = PROT_READ | (write ? PROT_WRITE : 0);
	int fd, saved;
	char text[32];

	if (attribute_read(label, "size", text, sizeof(text)))
		return -1;
	map->size = strtoull(text, NULL, 10);
	fd = device_open(label, write ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return -1;
	map->mem = mmap(NULL, map->size, prot, MAP_SHARED, fd, 0);
	saved = errno;
	if (map->mem != MAP_FAILED && maps_too_much(fd, map->size)) {
		map->mem = MAP_FAILED;
		saved = E2BIG;
	}
	close(fd);
	errno = saved;
	return map->mem == MAP_FAILED ? -1 : 0;
}

/* Add @n to each byte of @words */
static uint64_t add_to_bytes(uint64_t words, unsigned char n)
{
	uint64_t by = n * 0x0101010101010101, high = 0x8080808080808080;

	return ((words & ~high) + (by & ~high)) ^ ((words ^ by) & high);
}

/*
 * The content that the job makes: a MiB of lines with numbers, again and again,
 * and the number of the MiB added to each byte
 */
static size_t find_wrong(const uint64_t *mem, size_t size, unsigned int added)
{
	static uint64_t lines[SIZE_1M / sizeof(uint64_t)];
	char line[sizeof(uint64_t) + 1];
	size_t i;

	for (i = 0; i < SIZE_1M / sizeof(uint64_t); i++) {
		snprintf(line, sizeof(line), "%zu\n", FIRST_LINE + i);
		memcpy(&lines[i], line, sizeof(uint64_t));
	}
	for (i = 0; i < size; i += sizeof(uint64_t), mem++)
		if (*mem != add_to_bytes(lines[i % SIZE_1M / sizeof(uint64_t)],
					 i / SIZE_1M + added))
			break;
	return i;
}

static size_t find_non_zero(const uint64_t *mem, size_t size)
{
	size_t i;

	for (i = 0; i < size && !*mem++; i += sizeof(*mem))
		;
	return i;
}

static void do_check(const char *label, const char *added)
{
	struct mapping map;
	char text[64];
	size_t i;

	if (map_device(label, 0, &map)) {
		answer_errno("check", label, 1);
		return;
	}
	i = *added ? find_wrong(map.mem, map.size, atoi(added)) :
		     find_non_zero(map.mem, map.size);
	snprintf(text, sizeof(text), "wrong at %zu", i);
	answer("check", label, i == map.size ? "ok" : text);
	munmap(map.mem, map.size);
}

static void do_add(const char *label)
{
	struct mapping map;
	size_t i;

	if (map_device(label, 1, &map)) {
		answer_errno("add", label, 1);
		return;
	}
	for (i = 0; i < map.size / sizeof(*map.mem); i++)
		map.mem[i] = add_to_bytes(map.mem[i], 1);
	munmap(map.mem, map.size);
	answer("add", label, "ok");
}

static void do_open(const char *label, const char *how)
{
	int fd = device_open(label, *how == 'W' ? O_RDWR : O_RDONLY);

	answer_errno("open", label, fd < 0);
	if (fd >= 0)
		close(fd);
}

static void do_hold(const char *label)
{
	answer_errno("hold", label, map_device(label, 1, &held));
}

static void do_drop(void)
{
	answer_errno("drop", "", munmap(held.mem, held.size));
}

static void do_release(const char *label)
{
	int fd = attribute_open(label, "release", O_WRONLY);

	answer_errno("release", label, fd < 0 || write(fd, "1", 1) != 1);
	if (fd >= 0)
		close(fd);
}

static void do_total(void)
{
	unsigned long long total = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemTotal: %llu kB", &total) == 1)
			break;
	if (file)
		fclose(file);
	answer_number("total", "", total);
}

/* Different numbers, so that no page can be a copy of another */
static void do_use(const char *arg)
{
	size_t count = strtoul(arg, NULL, 10) * SIZE_1M / sizeof(uint64_t);
	uint64_t *mem, i;

	mem = mmap(NULL, count * sizeof(*mem), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		answer_errno("use", arg, 1);
		return;
	}
	for (i = 0; i < count; i++)
		mem[i] = i * 0x9e3779b97f4a7c15;
	for (i = 0; i < count; i++)
		if (mem[i] != i * 0x9e3779b97f4a7c15)
			break;
	munmap(mem, count * sizeof(*mem));
	answer("use", arg, i == count ? "ok" : "wrong content");
}

static void do_unload(void)
{
	answer_errno("unload", "", syscall(SYS_delete_module, "gunyah",
					   O_NONBLOCK));
}

/* Memory of this Linux is to be used as soon as it is there */
static void online_at_once(void)
{
	int fd = open("/sys/devices/system/memory/auto_online_blocks",
		      O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "online", 6) != 6)
		answer_errno("auto_online_blocks", "", 1);
	if (fd >= 0)
		close(fd);
}

static int run_line(const char *what, const char *arg, const char *more)
{
	if (!strcmp(what, "end"))
		return 0;
	if (!strcmp(what, "wait") || !strcmp(what, "gone"))
		do_wait(arg, *what == 'w');
	else if (!strcmp(what, "show"))
		do_show(arg);
	else if (!strcmp(what, "check"))
		do_check(arg, more);
	else if (!strcmp(what, "add"))
		do_add(arg);
	else if (!strcmp(what, "open"))
		do_open(arg, more);
	else if (!strcmp(what, "hold"))
		do_hold(arg);
	else if (!strcmp(what, "drop"))
		do_drop();
	else if (!strcmp(what, "release"))
		do_release(arg);
	else if (!strcmp(what, "total"))
		do_total();
	else if (!strcmp(what, "use"))
		do_use(arg);
	else if (!strcmp(what, "unload"))
		do_unload();
	else
		answer(what, arg, "unknown command");
	return 1;
}

/**
 * memory_commands() - do what the console says, until "end"
 */
void memory_commands(void)
{
	char line[128], what[32], arg[32], more[32];

	online_at_once();
	answer("ready", "", "ok");
	while (fgets(line, sizeof(line), stdin)) {
		*what = '\0';
		*arg = '\0';
		*more = '\0';
		if (sscanf(line, "%31s %31s %31s", what, arg, more) >= 1 &&
		    !run_line(what, arg, more))
			break;
	}
}
