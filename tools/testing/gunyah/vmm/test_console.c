// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: the console, its backends and its devices
 *
 * The test is the VM, the user, and the main loop.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <linux/virtio_console.h>

#include "console.h"
#include "driver.h"
#include "fifo.h"

#define UARTDR		0x000
#define UARTFR		0x018
#define UARTIMSC	0x038
#define UARTICR		0x044
#define FR_RXFE		0x010
#define IRQ_RX		0x010

static struct device *uart;
static int from_vm = -1, to_vm = -1;

/* Pass of the main loop; return: false if the user wants the VM to end */
static bool loop(int timeout)
{
	struct pollfd fds[CONSOLE_FDS];
	int limit = console_prepare(fds);

	if (limit >= 0 && limit < timeout)
		timeout = limit;
	poll(fds, CONSOLE_FDS, timeout);

	return console_handle(fds);
}

/* Passes until nothing happens any more */
static void settle(void)
{
	int i;

	for (i = 0; i < 8; i++)
		loop(1);
}

/* Passes for a time, or until a condition is true */
static void loop_until(volatile bool *done, int milliseconds)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		loop(10);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (!*done && (now.tv_sec - begin.tv_sec) * 1000 +
		 (now.tv_nsec - begin.tv_nsec) / 1000000 < milliseconds);
}

static void start(const char *backend)
{
	uart = uart_create(NULL, 0);
	console_select(backend);
	console_open();
	console_start();
}

/* Standard input and output are pipes, whose other ends are ours */
static void start_pipes(void)
{
	int in[2], out[2];

	fflush(stdout);
	if (pipe(in) || pipe(out))
		die("pipe");
	/* Results still go to what was standard output */
	stdout = fdopen(dup(STDOUT_FILENO), "w");
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	close(in[0]);
	close(out[1]);
	to_vm = in[1];
	from_vm = out[0];
	start("stdio");
}

static void send_char(char c)
{
	uart->ops->write(uart, UARTDR, 4, c);
}

static void send_text(const char *text)
{
	while (*text)
		send_char(*text++);
}

static bool has_char(void)
{
	return !(uart->ops->read(uart, UARTFR, 4) & FR_RXFE);
}

static __u8 get_char(void)
{
	return uart->ops->read(uart, UARTDR, 4);
}

/* Does a file descriptor have this text, and nothing else? */
static bool has_text(int fd, const char *text)
{
	char buf[256] = "";
	ssize_t n = 0;

	settle();
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	n = read(fd, buf, sizeof(buf) - 1);
	if (n < 0)
		buf[0] = '\0';
	if (strcmp(buf, text))
		printf("# '%s' instead of '%s'\n", buf, text);

	return !strcmp(buf, text);
}

TEST_ALONE(fifo, "ring of bytes")
{
	static struct fifo fifo;
	static __u8 block[FIFO_SIZE + 3], back[FIFO_SIZE];
	size_t i, round;

	for (i = 0; i < sizeof(block); i++)
		block[i] = i * 7 + i / 256;
	for (round = 0; round < 5; round++) {
		CHECK(fifo_put(&fifo, block, sizeof(block)) == FIFO_SIZE);
		CHECK(!fifo_room(&fifo) && !fifo_put(&fifo, block, 1));
		CHECK(fifo_get(&fifo, back, 12345) == 12345);
		CHECK(!memcmp(back, block, 12345));
		CHECK(fifo_put(&fifo, block, 1) == 1);
		CHECK(fifo_get(&fifo, back, FIFO_SIZE) == FIFO_SIZE - 12344);
		CHECK(!memcmp(back, block + 12345, FIFO_SIZE - 12345));
		CHECK(!fifo_fill(&fifo) && !fifo_get(&fifo, back, 1));
	}
}

TEST_ALONE(uart_on_pipes, "UART on standard input and output")
{
	start_pipes();
	send_text("hello\n");
	CHECK(has_text(from_vm, "hello\n"));
	uart->ops->write(uart, UARTIMSC, 4, IRQ_RX);
	irqs = 0;
	CHECK(!has_char() && !get_char());
	CHECK(write(to_vm, "ab", 2) == 2);
	settle();
	CHECK(irqs == 1);
	CHECK(has_char() && get_char() == 'a');
	/* An acknowledgment does not take the reason away */
	uart->ops->write(uart, UARTICR, 4, IRQ_RX);
	irqs = 0;
	uart->ops->write(uart, UARTIMSC, 4, 0);
	uart->ops->write(uart, UARTIMSC, 4, IRQ_RX);
	CHECK(irqs == 1);
	CHECK(get_char() == 'b' && !has_char());
	/* Ctrl-A is for terminals */
	CHECK(write(to_vm, "\001x", 2) == 2);
	CHECK(loop(100));
	CHECK(get_char() == 1 && get_char() == 'x');
	/* End of input: output goes on */
	close(to_vm);
	settle();
	send_text("bye");
	CHECK(has_text(from_vm, "bye"));
}

/* Input that the VM does not read yet waits, however much it is */
TEST_ALONE(input_waits, "no input is lost while the VM does not read")
{
	static __u8 data[300000];
	size_t i, sent = 0, got = 0;
	int idle = 0;
	ssize_t n;

	start_pipes();
	for (i = 0; i < sizeof(data); i++)
		data[i] = i % 251;
	fcntl(to_vm, F_SETFL, O_NONBLOCK);
	while (idle < 20) {
		n = write(to_vm, data + sent, sizeof(data) - sent);
		idle = n > 0 ? 0 : idle + 1;
		if (n > 0)
			sent += n;
		loop(0);
	}
	/* The rings and the pipe are full, and poll() has nothing to do */
	CHECK(sent >= FIFO_SIZE && sent < sizeof(data));
	while (got < sizeof(data)) {
		n = write(to_vm, data + sent, sizeof(data) - sent);
		if (n > 0)
			sent += n;
		loop(has_char() ? 0 : 1000);
		if (!has_char())
			break;
		for (i = 0; i < 1000 && has_char(); i++)
			if (get_char() != got++ % 251)
				break;
	}
	CHECK(got == sizeof(data));
}

static void *send_much(void *arg)
{
	unsigned int i;

	for (i = 0; i < 3 * FIFO_SIZE; i++)
		send_char('x');
	*(volatile bool *)arg = true;

	return NULL;
}

/* A vCPU waits for a reader, but not when the VM is asked to end */
TEST_ALONE(stuck_reader, "a reader that does not read")
{
	volatile bool done = false;
	pthread_t vcpu;
	char buf[4096];

	start_pipes();
	pthread_create(&vcpu, NULL, send_much, (void *)&done);
	loop_until(&done, 500);
	CHECK(!done);
	/* Other registers and input work */
	CHECK(write(to_vm, "a", 1) == 1);
	settle();
	CHECK(has_char());
	console_ending();
	loop_until(&done, 10000);
	CHECK(done);
	pthread_join(vcpu, NULL);
	console_release();
	alarm(5);
	console_flush();
	/* The next VM's output is not dropped */
	console_start();
	fcntl(from_vm, F_SETFL, O_NONBLOCK);
	while (read(from_vm, buf, sizeof(buf)) > 0)
		;
	send_text("next");
	CHECK(has_text(from_vm, "next"));
}

TEST_ALONE(slow_reader, "a slow reader gets all")
{
	volatile bool done = false;
	size_t got = 0;
	char buf[1000];
	pthread_t vcpu;
	ssize_t n;

	start_pipes();
	fcntl(from_vm, F_SETFL, O_NONBLOCK);
	pthread_create(&vcpu, NULL, send_much, (void *)&done);
	console_ending();
	while (!done || got < 3 * FIFO_SIZE) {
		loop(10);
		n = read(from_vm, buf, sizeof(buf));
		if (n > 0)
			got += n;
	}
	pthread_join(vcpu, NULL);
	CHECK(got == 3 * FIFO_SIZE);
}

TEST_ALONE(closed_reader, "a reader that goes")
{
	unsigned int i;

	start_pipes();
	send_text("a");
	CHECK(has_text(from_vm, "a"));
	close(from_vm);
	settle();
	for (i = 0; i < 3 * FIFO_SIZE; i++) {
		send_char('x');
		if (i % 1000 == 0)
			loop(0);
	}
	CHECK(write(to_vm, "b", 1) == 1);
	settle();
	CHECK(get_char() == 'b');
}

TEST_ALONE(file_backend, "console on a file")
{
	struct stat st;
	int fd;

	test_file("log", "old\n", 4);
	start("file=log");
	send_text("new\n");
	fd = open("log", O_RDONLY);
	CHECK(has_text(fd, "old\nnew\n"));
	CHECK(!stat("log", &st) && st.st_size == 8);
}

static int dial(void)
{
	struct sockaddr_un addr = { AF_UNIX, "sock" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (void *)&addr, sizeof(addr)) ? -1 : fd;
}

TEST_ALONE(socket_backend, "console on a socket")
{
	const struct rlimit limit = { 24, 24 };
	struct stat st;
	int one, two, i;

	start("socket=sock");
	CHECK(!stat("sock", &st) && !(st.st_mode & 077));
	send_text("nobody is there");
	settle();
	one = dial();
	settle();
	send_text("one");
	CHECK(has_text(one, "one"));
	/* The second one waits for its turn */
	two = dial();
	CHECK(two >= 0);
	send_text("1");
	CHECK(has_text(one, "1"));
	CHECK(has_text(two, ""));
	/* What was sent before the end is read */
	CHECK(write(one, "input", 5) == 5);
	close(one);
	settle();
	CHECK(get_char() == 'i' && get_char() == 'n');
	send_text("two");
	CHECK(has_text(two, "two"));
	close(two);
	settle();
	send_text("nobody");
	settle();
	/* No file descriptor is left behind */
	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < 32; i++) {
		one = dial();
		settle();
		send_text("again");
		CHECK(has_text(one, "again"));
		close(one);
		settle();
	}
	console_close();
	CHECK(stat("sock", &st));
}

static void open_socket(const void *path)
{
	start(path);
}

TEST_ALONE(socket_path, "path of the socket")
{
	static char much[200] = "socket=";
	struct sockaddr_un addr = { AF_UNIX, "sock" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memset(much + 7, 'x', sizeof(much) - 8);
	CHECK(test_dies(open_socket, much, EXIT_VMM, "too long"));
	CHECK(test_dies(open_socket, "socket=/nowhere/sock", EXIT_VMM,
			"/nowhere/sock: No such file"));
	CHECK(test_dies(open_socket, "sock", EXIT_VMM, "no such backend"));
	test_file("file", "", 0);
	CHECK(test_dies(open_socket, "socket=file", EXIT_VMM, "in use"));
	/* One that is used, and one that a process has left behind */
	CHECK(!bind(fd, (void *)&addr, sizeof(addr)) && !listen(fd, 1));
	CHECK(test_dies(open_socket, "socket=sock", EXIT_VMM, "in use"));
	close(fd);
	start("socket=sock");
	CHECK(dial() >= 0);
}

/* Return: path of the terminal, from the message on standard error */
static void start_pty(char *path, size_t size)
{
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	if (pipe(fds))
		die("pipe");
	dup2(fds[1], STDERR_FILENO);
	start("pty");
	dup2(saved, STDERR_FILENO);
	n = read(fds[0], path, size - 1);
	path[n > 0 ? n - 1 : 0] = '\0';
	memmove(path, strchr(path, '/'), strlen(strchr(path, '/')) + 1);
}

TEST_ALONE(pty_backend, "console on a pseudo terminal")
{
	struct termios termios;
	char path[256];
	int i, fd;

	start_pty(path, sizeof(path));
	/* Nobody has opened it: nothing blocks */
	for (i = 0; i < 2 * FIFO_SIZE; i++) {
		send_char('x');
		if (i % 1000 == 0)
			loop(0);
	}
	for (i = 0; i < 2; i++) {
		settle();
		fd = open(path, O_RDWR | O_NOCTTY);
		CHECK(fd >= 0);
		CHECK(!tcgetattr(fd, &termios) && !(termios.c_lflag & ECHO));
		settle();
		send_text("login: ");
		CHECK(has_text(fd, "login: "));
		CHECK(write(fd, "ro", 2) == 2);
		settle();
		CHECK(get_char() == 'r' && get_char() == 'o' && !has_char());
		close(fd);
		settle();
		send_text("gone");
	}
}

/* A terminal of the user's as standard input */
static int start_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct winsize size = { .ws_row = 50, .ws_col = 132 };

	grantpt(master);
	unlockpt(master);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	fflush(stdout);
	stdout = fdopen(dup(STDOUT_FILENO), "w");
	dup2(slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	CHECK(!ioctl(master, TIOCSWINSZ, &size));
	start("stdio");

	return master;
}

TEST_ALONE(terminal, "console on a terminal")
{
	static char much[4000];
	unsigned int i, n;
	int master = start_terminal();
	char last = 0;

	CHECK(write(master, "a\001\001\001b\003", 6) == 6);
	settle();
	CHECK(get_char() == 'a' && get_char() == 1 && get_char() == 3);
	send_text("x\ny");
	CHECK(has_text(master, "x\r\ny"));
	/* Pasted text waits, too */
	memset(much, 'p', sizeof(much));
	for (i = 0; i < 10; i++) {
		CHECK(write(master, much, sizeof(much)) == sizeof(much));
		settle();
	}
	for (n = 0; has_char(); n++)
		last = get_char();
	CHECK(n == 10 * sizeof(much) && last == 'p');
	/* The user can leave although the VM reads nothing */
	for (i = 0; i < 40; i++) {
		CHECK(write(master, much, sizeof(much)) == sizeof(much));
		settle();
	}
	CHECK(write(master, "\001x", 2) == 2);
	CHECK(!loop(100));
	console_close();
}

static struct virtio_device *new_console(void)
{
	return connected(virtio_console_create("virtio,stdio", 0));
}

TEST_ALONE(virtio_console, "virtio console")
{
	struct vring_used *used = at(USED);
	struct virtio_device *dev;

	start_pipes();
	dev = new_console();
	setup(dev, 1, 0);
	memcpy(at(DATA), "hello world", 11);
	put_desc(0, DATA, 6, VRING_DESC_F_NEXT, 1);
	put_desc(1, DATA + 6, 5, 0, 0);
	submit(dev, 1, 0);
	CHECK(has_text(from_vm, "hello world"));
	CHECK(used_idx() == 1);

	/* Buffers wait for input, input waits for buffers */
	setup(dev, 0, 0);
	put_desc(0, DATA, 4, WRITE, 0);
	submit(dev, 0, 0);
	CHECK(!used_idx());
	CHECK(write(to_vm, "abcdef", 6) == 6);
	settle();
	put_desc(1, DATA + 8, 4, WRITE, 0);
	submit(dev, 0, 1);
	CHECK(used_idx() == 2 && used->ring[0].len == 4 &&
	      used->ring[1].len == 2);
	CHECK(!memcmp(at(DATA), "abcd\0\0\0\0ef", 10));
}

/* A request larger than the ring, and a reader that takes its time */
TEST_ALONE(virtio_stuck, "virtio console whose reader does not read")
{
	struct virtio_device *dev;
	size_t got = 0;
	char buf[1000];
	ssize_t n;
	int i;

	start_pipes();
	fcntl(from_vm, F_SETFL, O_NONBLOCK);
	dev = new_console();
	dev->device.ops->start(&dev->device);
	setup(dev, 1, 0);
	memset(at(DATA), 'v', 0x8000);
	for (i = 0; i < NUM; i++)
		put_desc(i, DATA, 0x8000, i < NUM - 1 ? VRING_DESC_F_NEXT : 0,
			 i + 1);
	submit(dev, 1, 0);
	for (i = 0; i < 20; i++)
		loop(10);
	/* It waits without its lock */
	CHECK(!used_idx());
	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_ID) == VIRTIO_ID_CONSOLE);
	for (i = 0; i < 10000 && got < NUM * 0x8000; i++) {
		n = read(from_vm, buf, sizeof(buf));
		if (n > 0)
			got += n;
		loop(1);
	}
	CHECK(got == NUM * 0x8000);
	for (i = 0; i < 100 && !used_idx(); i++)
		loop(10);
	CHECK(used_idx() == 1);
	/* Reset in the middle of a request */
	submit(dev, 1, 0);
	set(dev, VIRTIO_MMIO_STATUS, 0);
	CHECK(!used_idx() || used_idx() == 1);
	dev->device.ops->stop(&dev->device);
}

TEST_ALONE(window_size, "size of the terminal")
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	const unsigned int cols = VIRTIO_MMIO_CONFIG;
	int master = start_terminal();
	struct virtio_device *dev = new_console();
	__u32 generation;

	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_FEATURES) &
	      1 << VIRTIO_CONSOLE_F_SIZE);
	console_start();
	setup(dev, 0, 1 << VIRTIO_CONSOLE_F_SIZE);
	CHECK(read_at(dev, cols, 2) == 132);
	CHECK(read_at(dev, cols + 2, 2) == 50);
	generation = reg(dev, VIRTIO_MMIO_CONFIG_GENERATION);
	CHECK(!ioctl(master, TIOCSWINSZ, &size));
	irqs = 0;
	console_resized();
	CHECK(irqs == 1);
	CHECK(reg(dev, VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_CONFIG);
	CHECK(reg(dev, VIRTIO_MMIO_CONFIG_GENERATION) != generation);
	CHECK(read_at(dev, cols, 4) == (24 << 16 | 80));
	console_close();
}
