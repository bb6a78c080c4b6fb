// SPDX-License-Identifier: GPL-2.0-only
/*
 * power: what the tests of jobs/power*.sh need and busybox does not have
 *
 *	power load KERNEL INITRD WORDS	load a kernel, with a command line
 *	power panic KERNEL INITRD WORDS	load the one that a panic starts
 *	power kexec			start what was loaded, as "reboot -f" does
 *	power sleep STATE SECONDS	have the machine sleep; STATE is a word for
 *					/sys/power/state
 *
 * It is built with the kernel's nolibc, because there is not much room in the
 * initramfs of the test machine.
 */
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <linux/time_types.h>

#define CLOCK_BOOTTIME_ALARM	9

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int load_kernel(char **argv, unsigned long flags)
{
	int kernel = open(argv[0], O_RDONLY), initrd = open(argv[1], O_RDONLY);
	/* An argument of syscall() must not be a call */
	size_t len = strlen(argv[2]) + 1;

	if (kernel < 0)
		return fail(argv[0]);
	if (initrd < 0)
		return fail(argv[1]);
	if (syscall(__NR_kexec_file_load, kernel, initrd, len, argv[2], flags))
		return fail("power: load");
	return 0;
}

static int start(void)
{
	syscall(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	return fail("power: kexec");
}

/* A timer of this clock wakes the machine up */
static int enter(const char *state, int seconds)
{
	struct __kernel_itimerspec when = { .it_value.tv_sec = seconds };
	int timer = syscall(__NR_timerfd_create, CLOCK_BOOTTIME_ALARM, 0);
	int fd = open("/sys/power/state", O_WRONLY);

	if (timer < 0 || fd < 0 ||
	    syscall(__NR_timerfd_settime, timer, 0, &when, NULL) ||
	    write(fd, state, strlen(state)) < 0)
		return fail("power: sleep");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "load"))
		return load_kernel(argv + 2, 0);
	if (argc == 5 && !strcmp(argv[1], "panic"))
		return load_kernel(argv + 2, KEXEC_FILE_ON_CRASH);
	if (argc == 2 && !strcmp(argv[1], "kexec"))
		return start();
	if (argc == 4 && !strcmp(argv[1], "sleep"))
		return enter(argv[2], atoi(argv[3]));
	fprintf(stderr, "usage: see power.c\n");
	return 2;
}
