// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock: pass bytes through a socket of the family AF_VSOCK
 *
 *	vsock listen PORT	accept one connection, copy what arrives to stdout
 *	vsock send CID PORT	connect, copy stdin to the connection
 *
 * It is built with the kernel's nolibc, because there is not much room in the
 * initramfs of the test machine.
 */
#include <linux/socket.h>

/* The C library's, which linux/vm_sockets.h needs, and nolibc does not have */
#define AF_VSOCK	40
#define SOCK_STREAM	1
#define SHUT_WR		1
#define sa_family_t	__kernel_sa_family_t

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

#include <linux/vm_sockets.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int open_socket(void)
{
	int fd = syscall(__NR_socket, AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0)
		fail("vsock: socket");

	return fd;
}

static int accept_one(const struct sockaddr_vm *addr)
{
	int fd = open_socket(), peer;

	if (syscall(__NR_bind, fd, addr, sizeof(*addr)))
		fail("vsock: bind");
	if (syscall(__NR_listen, fd, 1))
		fail("vsock: listen");
	/* The peer may connect now */
	fprintf(stderr, "vsock: listening\n");
	peer = syscall(__NR_accept, fd, NULL, NULL);
	if (peer < 0)
		fail("vsock: accept");

	return peer;
}

static int connect_to(const struct sockaddr_vm *addr)
{
	int fd = open_socket();

	if (syscall(__NR_connect, fd, addr, sizeof(*addr)))
		fail("vsock: connect");

	return fd;
}

static void copy(int from, int to)
{
	static char bytes[65536];
	ssize_t count, done, n;

	while ((count = read(from, bytes, sizeof(bytes))) > 0) {
		for (done = 0; done < count; done += n) {
			n = write(to, bytes + done, count - done);
			if (n < 0)
				fail("vsock: write");
		}
	}
	if (count < 0)
		fail("vsock: read");
}

int main(int argc, char **argv)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
	};
	char end;
	int fd;

	if (argc == 3 && !strcmp(argv[1], "listen")) {
		addr.svm_port = atoi(argv[2]);
		copy(accept_one(&addr), STDOUT_FILENO);
	} else if (argc == 4 && !strcmp(argv[1], "send")) {
		addr.svm_cid = atoi(argv[2]);
		addr.svm_port = atoi(argv[3]);
		fd = connect_to(&addr);
		copy(STDIN_FILENO, fd);
		/* The peer closes the connection when it has all */
		if (syscall(__NR_shutdown, fd, SHUT_WR) ||
		    read(fd, &end, 1))
			fail("vsock: end of the connection");
	} else {
		fprintf(stderr, "usage: vsock listen PORT | send CID PORT\n");
		return 1;
	}

	return 0;
}
