// SPDX-License-Identifier: GPL-2.0-only
/*
 * User space of the VMs that the tests run: process 1 of their initramfs
 *
 * Describes the VM in one line, on the console and, if the kernel command line
 * has shlog=ADDRESS, in the log that the VM shares with its VMM
 * (samples/gunyah/shlog.h). Then it does what the command line says:
 *
 *	guest.sleep=SECONDS	wait before that
 *	guest.module=no		do not load the driver, which receives requests to
 *				shut down
 *	guest.action=poweroff	PSCI SYSTEM_OFF (the default)
 *	guest.action=reboot	PSCI SYSTEM_RESET
 *	guest.action=crash	touch an address that has neither memory nor device
 *	guest.action=hang	sleep for ever
 *	guest.action=loop	be busy for ever
 *	guest.action=memory	take commands about memory from the console (memory.c),
 *				then power off
 */
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "../../../../samples/gunyah/shlog.h"
#include "memory.h"

/*
 * Near the end of a 36-bit address space: above all memory that a test gives a
 * VM, and not below 1 GiB, where the hypervisor would ask the VMM.
 */
#define NOWHERE		0xfff000000ULL

static struct shlog *log_page;
static char cmdline[4096];

/*
 * The value of a parameter of the kernel command line, or NULL. It is valid
 * until the next call.
 */
static const char *parameter(const char *name)
{
	static char copy[sizeof(cmdline)];
	size_t len = strlen(name);
	char *word, *save;

	memcpy(copy, cmdline, sizeof(copy));
	for (word = strtok_r(copy, "\n ", &save); word;
	     word = strtok_r(NULL, "\n ", &save))
		if (!strncmp(word, name, len) && word[len] == '=')
			return word + len + 1;

	return NULL;
}

static void read_cmdline(void)
{
	ssize_t len;
	int fd;

	fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, cmdline, sizeof(cmdline) - 1);
	if (len > 0)
		cmdline[len] = '\0';
	close(fd);
}

static void *map_physical(unsigned long long addr, size_t size)
{
	void *mem;
	int fd;

	fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, addr);
	close(fd);

	return mem == MAP_FAILED ? NULL : mem;
}

/*
 * Byte by byte, because memcpy() makes unaligned accesses, which fault if the
 * memory is mapped as a device.
 */
static void write_log(const char *text, size_t len)
{
	__u32 head = le32toh(log_page->head);
	size_t i;

	for (i = 0; i < len; i++)
		__atomic_store_n(&log_page->text[(head + i) % SHLOG_TEXT_SIZE],
				 text[i], __ATOMIC_RELAXED);
	__atomic_store_n(&log_page->head, htole32(head + len),
			 __ATOMIC_RELEASE);
}

/* One line */
static void say(const char *line)
{
	size_t len = strlen(line);

	/* A VM without a console is not an error */
	if (write(STDOUT_FILENO, line, len) == (ssize_t)len)
		tcdrain(STDOUT_FILENO);
	if (log_page)
		write_log(line, len);
}

/*
 * All memory of the VM. MemTotal is less, because it lacks what the kernel has
 * reserved for itself.
 */
static unsigned long long memory_size(void)
{
	unsigned long long first, last, size = 0;
	char line[256];
	FILE *file;

	file = fopen("/proc/iomem", "r");
	if (!file)
		return 0;
	/* Lines that begin with spaces describe parts of others. */
	while (fgets(line, sizeof(line), file))
		if (line[0] != ' ' && strstr(line, " : System RAM") &&
		    sscanf(line, "%llx-%llx", &first, &last) == 2)
			size += last - first + 1;
	fclose(file);

	return size;
}

/* Without a console the kernel starts us without file descriptors */
static void open_console(void)
{
	int fd;

	do {
		fd = open("/dev/console", O_RDWR);
		if (fd < 0)
			fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (syscall(SYS_finit_module, fd, "", 0))
		say("guest-init: the driver could not be loaded\n");
	close(fd);
}

static void end(const char *action)
{
	__u32 *nowhere;

	if (!strcmp(action, "memory"))
		memory_commands();
	if (!strcmp(action, "poweroff") || !strcmp(action, "memory"))
		reboot(RB_POWER_OFF);
	if (!strcmp(action, "reboot"))
		reboot(RB_AUTOBOOT);
	if (!strcmp(action, "crash")) {
		nowhere = map_physical(NOWHERE, sizeof(*nowhere));
		if (nowhere)
			__atomic_load_n(nowhere, __ATOMIC_RELAXED);
	}
	if (!strcmp(action, "loop"))
		for (;;)
			asm volatile("" : : : "memory");
	if (!strcmp(action, "hang"))
		for (;;)
			pause();

	say("guest-init: guest.action is unknown or has failed\n");
	reboot(RB_POWER_OFF);
}

int main(void)
{
	const char *value;
	struct utsname name;
	char action[32];
	char line[256];

	/* /sbin/poweroff, which the kernel calls, is us too */
	if (getpid() != 1)
		return reboot(RB_POWER_OFF) ? EXIT_FAILURE : EXIT_SUCCESS;

	/* The initramfs may have nothing but us */
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	open_console();
	read_cmdline();

	value = parameter("shlog");
	if (value)
		log_page = map_physical(strtoull(value, NULL, 0), SHLOG_SIZE);

	value = parameter("guest.module");
	if (!value || strcmp(value, "no"))
		load_module("/lib/gunyah.ko");

	uname(&name);
	snprintf(line, sizeof(line), "guest-init: %s, %ld CPUs, %llu MiB\n",
		 name.release, sysconf(_SC_NPROCESSORS_ONLN),
		 memory_size() >> 20);
	say(line);

	value = parameter("guest.sleep");
	if (value)
		sleep(strtoul(value, NULL, 0));

	value = parameter("guest.action");
	snprintf(action, sizeof(action), "%s", value ? value : "poweroff");
	end(action);

	/* Not reached, unless the kernel cannot even power off */
	for (;;)
		pause();
}
