// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: commands by a socket, memory that is added
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "added.h"
#include "control.h"
#include "test.h"
#include "vm.h"

#define RW	(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE)

static int client(void)
{
	struct sockaddr_un addr = { AF_UNIX, "ctl" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("connect: %s", strerror(errno));

	return fd;
}

/* Send bytes and compare all that comes back with @answer */
static bool talk(const char *bytes, size_t size, const char *answer)
{
	char text[2048] = "";
	size_t len = 0;
	int fd = client();
	ssize_t n;

	if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
		return false;
	shutdown(fd, SHUT_WR);
	while ((n = recv(fd, text + len, sizeof(text) - 1 - len, 0)) > 0)
		len += n;
	close(fd);
	if (strcmp(text, answer))
		printf("# %s", text);

	return !strcmp(text, answer);
}

static bool says(const char *line, const char *answer)
{
	return talk(line, strlen(line), answer);
}

static void begin(void)
{
	control_open("ctl");
	control_start(1);
}

static void end(void)
{
	control_stop();
	control_close();
	added_free();
}

TEST_ALONE(commands, "commands by a socket")
{
	char status[] = "status", bad[] = "x", *word = status;
	struct stat st;
	sigset_t set;

	/* As gunyah_vmm does it, before it has threads */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	begin();
	CHECK(!stat("ctl", &st) && !(st.st_mode & 077));
	CHECK(says("status\n", "ok: running\n"));
	CHECK(says("status\nkill\nstatus\n",
		   "ok: running\nok: stopped\nok: running\n"));
	CHECK(says("", ""));
	CHECK(says("status", ""));
	CHECK(says("\n", "error: commands: add-memory, remove-memory, status, stop, kill\n"));
	CHECK(says("status x\n", "error: status: no argument\n"));
	CHECK(says("add-memory\n", "error: add-memory: needs an argument\n"));
	CHECK(says("add-memory\t\n", "error: add-memory: needs an argument\n"));
	CHECK(!control_send("ctl", 1, &word));
	word = bad;
	CHECK(control_send("ctl", 1, &word) == EXIT_VMM);

	CHECK(says("stop\n", "ok: asked to shut down\n"));
	CHECK(sigtimedwait(&set, NULL, &(struct timespec){ 5, 0 }) == SIGTERM);
	end();
	CHECK(access("ctl", F_OK));
}

/* Whatever a client does, the next one is served, and the VMM can leave */
TEST_ALONE(bad_clients, "clients that misbehave")
{
	char junk[4096];
	time_t start;
	int i, fd;

	memset(junk, 'x', sizeof(junk));
	begin();
	/* No line ends within the room for one */
	for (i = 510; i < 515; i++)
		CHECK(talk(junk, i, ""));
	junk[510] = '\n';
	CHECK(talk(junk, 511, "error: commands: add-memory, remove-memory, status, stop, kill\n"));
	junk[100] = '\0';
	CHECK(talk(junk, 511, "error: commands: add-memory, remove-memory, status, stop, kill\n"));
	/* It leaves without reading the answer */
	for (i = 0; i < 20; i++) {
		fd = client();
		CHECK(send(fd, "status\n", 7, MSG_NOSIGNAL) == 7);
		close(fd);
	}
	CHECK(says("status\n", "ok: running\n"));
	/* Silent, and still there at the end, which is at once */
	fd = client();
	usleep(10000);
	start = time(NULL);
	end();
	CHECK(time(NULL) - start < 8);
	close(fd);
}

static void open_again(const void *path)
{
	control_open(path);
}

TEST_ALONE(sockets, "sockets that are in use or left over")
{
	pid_t pid;

	begin();
	CHECK(test_dies(open_again, "ctl", EXIT_VMM, "in use"));
	end();
	/* What a VMM that was killed leaves behind */
	fflush(NULL);
	pid = fork();
	if (!pid) {
		control_open("ctl");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	begin();
	CHECK(says("status\n", "ok: running\n"));
	end();
	/* A file is none of our business */
	test_file("ctl", "x", 1);
	CHECK(test_dies(open_again, "ctl", EXIT_VMM, "in use"));
	CHECK(!access("ctl", F_OK));
}

static bool add(const char *arg, const char *text)
{
	char copy[256], answer[256] = "";
	bool ok;

	snprintf(copy, sizeof(copy), "%s", arg);
	ok = added_add(1, copy, answer, sizeof(answer));
	if (!strstr(answer, text)) {
		printf("# %s: %s\n", arg, answer);
		return !ok;
	}

	return ok;
}

static bool removed(const char *arg, const char *text)
{
	char copy[256], answer[256] = "";
	bool ok;

	snprintf(copy, sizeof(copy), "%s", arg);
	ok = added_remove(1, copy, answer, sizeof(answer));
	if (!strstr(answer, text)) {
		printf("# %s: %s\n", arg, answer);
		return !ok;
	}

	return ok;
}

TEST_ALONE(memory_added, "memory that is added and removed")
{
	char text[256] = "", untouched[sizeof(text)];
	__u64 addr;

	CHECK(add("2M@7", "2048 KiB"));
	CHECK(memory.label == 7 && memory.flags == RW && memory.size == 2 << 20);
	addr = memory.addr;
	memset(memory.mem, 1, memory.size);
	CHECK(add("4K@0x8,ro", "4 KiB"));
	CHECK(memory.label == 8 && memory.flags == GH_MEM_ALLOW_READ);
	CHECK(memory.addr >= addr + (2 << 20));
	CHECK(add("2M@9,lend,plug", ""));
	CHECK(memory.flags == (RW | GH_MEM_ALLOW_EXEC | GH_MEM_LENT |
			       GH_MEM_HOTPLUG));
	/* What is lent is not kept */
	CHECK(msync(memory.mem, 4096, MS_ASYNC) && errno == ENOMEM);
	added_list(text, sizeof(text));
	CHECK(strstr(text, "; memory 7: 2048 KiB shared; memory 8: 4 KiB"));
	CHECK(strstr(text, "; memory 9: 2048 KiB lent"));
	/* What does not fit is left out */
	memset(text, 'x', sizeof(text));
	memset(untouched, 'x', sizeof(untouched));
	added_list(text, 30);
	CHECK(strlen(text) < 30);
	CHECK(!memcmp(text + 30, untouched, sizeof(text) - 30));

	CHECK(removed("7", ""));
	CHECK(memory.label == 7 && !memory.size);
	CHECK(!removed("7", "no memory has this label"));
	memory_errno = EBUSY;
	CHECK(!removed("8", "the guest has it"));
	memory_errno = 0;
	CHECK(removed("8", ""));
	added_free();
	CHECK(!removed("9", "no memory"));
}

TEST_ALONE(memory_refused, "memory that cannot be added")
{
	char text[32];
	int i;

	CHECK(!add("2M", "not SIZE@LABEL"));
	CHECK(!add("2M@", "not a label"));
	CHECK(!add("2M@x", "not a label"));
	CHECK(!add("2M@4294967296", "not a label"));
	CHECK(!add("2M@1,rw", "not lend, plug or ro"));
	CHECK(!add("0@1", "Invalid"));
	CHECK(!add("1000@1", "Invalid"));
	CHECK(!add("x@1", "Invalid"));
	CHECK(!add("8000000000G@1", ""));
	CHECK(!add("./nothing@1", "No such file"));
	CHECK(!memory.label);
	memory_errno = ENOTCONN;
	CHECK(!add("4K@1", "no channel"));
	CHECK(!removed("1", "no memory has this label"));
	memory_errno = 0;
	for (i = 1; i <= 64; i++) {
		snprintf(text, sizeof(text), "4K@%d", i);
		CHECK(add(text, "4 KiB"));
	}
	CHECK(!add("4K@65", "too many"));
	added_free();
}

/* The VM shares the pages of the file */
TEST_ALONE(memory_file, "memory of a file")
{
	char page[4096] = "before";
	FILE *file;

	test_file("shared", page, sizeof(page));
	CHECK(add("./shared@7", "4 KiB"));
	CHECK(memory.size == 4096 && !strcmp(memory.mem, "before"));
	memcpy(memory.mem, "after", 6);
	file = fopen("shared", "r");
	CHECK(file && fread(page, 1, sizeof(page), file) == sizeof(page));
	CHECK(!strcmp(page, "after"));
	fclose(file);
	added_free();
}
