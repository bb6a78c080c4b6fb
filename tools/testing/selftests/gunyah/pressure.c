// SPDX-License-Identifier: GPL-2.0-only
/*
 * Common parts of the Gunyah tests: limits of memory, and swap space
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "gunyah_utils.h"
#include "pressure.h"

#define CGROUP_ROOT		"/sys/fs/cgroup"

/**
 * cgroup_make() - make a control group
 * @cg: the group
 * @name: its name
 *
 * Mounts the hierarchy if nobody has.
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_make(struct cgroup *cg, const char *name)
{
	char path[sizeof(cg->path)];

	if (access(CGROUP_ROOT "/cgroup.controllers", F_OK) &&
	    mount("none", CGROUP_ROOT, "cgroup2", 0, NULL))
		return -1;
	if (write_file(CGROUP_ROOT "/cgroup.subtree_control", "+memory"))
		return -1;
	snprintf(path, sizeof(path), CGROUP_ROOT "/%s-%d", name, getpid());
	if (mkdir(path, 0755))
		return -1;
	memcpy(cg->path, path, sizeof(path));
	return 0;
}

static void cgroup_file(const struct cgroup *cg, const char *file, char *path,
			size_t size)
{
	snprintf(path, size, "%s/%s", cg->path, file);
}

/**
 * cgroup_set() - write to a file of a control group
 * @cg: the group
 * @file: its name
 * @value: what
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_set(const struct cgroup *cg, const char *file, const char *value)
{
	char path[160];

	cgroup_file(cg, file, path, sizeof(path));
	return write_file(path, value);
}

/**
 * cgroup_set_number() - write a number to a file of a control group
 * @cg: the group
 * @file: its name
 * @value: what
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_set_number(const struct cgroup *cg, const char *file,
		      long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return cgroup_set(cg, file, text);
}

/**
 * cgroup_enter() - move a process into a control group
 * @cg: the group
 * @pid: the process, 0: the caller
 *
 * Return: 0, or -1 and errno.
 */
int cgroup_enter(const struct cgroup *cg, pid_t pid)
{
	return cgroup_set_number(cg, "cgroup.procs", pid);
}

/**
 * cgroup_get() - read a number from a file of a control group
 * @cg: the group
 * @file: its name
 *
 * Return: the number, or -1.
 */
long long cgroup_get(const struct cgroup *cg, const char *file)
{
	char path[160], text[64];

	cgroup_file(cg, file, path, sizeof(path));
	return read_file(path, text, sizeof(text)) < 0 ? -1 : atoll(text);
}

/**
 * cgroup_value() - read a named number from a file of a control group
 * @cg: the group
 * @file: its name
 * @name: the name
 *
 * Return: the number, or -1.
 */
long long cgroup_value(const struct cgroup *cg, const char *file,
		       const char *name)
{
	char path[160];

	cgroup_file(cg, file, path, sizeof(path));
	return proc_value(path, name);
}

/**
 * cgroup_remove() - remove a control group, in which the caller may be
 * @cg: the group, or none
 */
void cgroup_remove(struct cgroup *cg)
{
	if (!cg->path[0])
		return;
	write_file(CGROUP_ROOT "/cgroup.procs", "0");
	/* Processes that were killed take a moment to leave */
	while (rmdir(cg->path) && errno == EBUSY)
		usleep(1000);
	cg->path[0] = '\0';
}

/**
 * swap_on() - make swap space of the RAM disk, and use it
 *
 * Return: 0, or -1 and errno.
 */
int swap_on(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	__u32 info[3] = { 1 };		/* version, last page, bad pages */
	off_t size, at;
	int fd, ret = 0;
	char *buf;

	fd = open(SWAP_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	buf = calloc(1, page);
	size = lseek(fd, 0, SEEK_END);
	if (!buf || size <= 0)
		ret = -1;
	/* All of it: a RAM disk allocates no memory later then */
	for (at = page; !ret && at < size; at += page)
		ret = pwrite(fd, buf, page, at) == (ssize_t)page ? 0 : -1;
	if (!ret) {
		info[1] = size / page - 1;
		memcpy(buf + 1024, info, sizeof(info));
		memcpy(buf + page - 10, "SWAPSPACE2", 10);
		ret = pwrite(fd, buf, page, 0) == (ssize_t)page ? 0 : -1;
	}
	free(buf);
	if (close(fd) || ret)
		return -1;
	return swapon(SWAP_DEVICE, 0);
}

/** swap_off() - use the swap space no more */
void swap_off(void)
{
	swapoff(SWAP_DEVICE);
}
