// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmark of the network: both ends of the transfers
 *
 * bench_net COUNT TRANSPORT...: on the host. With each transport, tcp or vsock,
 * the guest sends BENCH_BLOCKS blocks, receives as many, and sends back as many
 * single bytes, each COUNT times. Marks tell where that begins and ends, see
 * plugin.c.
 *
 * As process 1, init of the guest, with the same list of transports. It connects
 * to the host, does what that asks for, and switches the VM off.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "bench.h"

#define PORT		5001
#define HOST		"10.0.0.1"
#define GUEST		"10.0.0.2"
#define NETMASK		"255.255.255.0"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What the host asks the guest for: a byte */
enum command {
	SEND,
	RECEIVE,
	ECHO,
};

/**
 * struct transport - how bytes are transferred
 * @name: its name
 * @transfer: does all transfers, on the host
 * @addr: the host's address
 * @in: for TCP
 * @vm: for vsock
 * @size: of the address
 */
struct transport {
	const char *name;
	void (*transfer)(int fd, unsigned int count);
	union {
		struct sockaddr addr;
		struct sockaddr_in in;
		struct sockaddr_vm vm;
	};
	socklen_t size;
};

static char block[BENCH_BLOCK];

static void die_if(bool failed, const char *what)
{
	if (failed)
		err(1, "%s", what);
}

static void send_all(int fd, const void *data, size_t size)
{
	die_if(send(fd, data, size, 0) != (ssize_t)size, "send");
}

static void receive_all(int fd, void *data, size_t size)
{
	ssize_t count = recv(fd, data, size, MSG_WAITALL);

	die_if(count < 0, "receive");
	if ((size_t)count != size)
		errx(1, "the connection was closed");
}

static void send_blocks(int fd)
{
	unsigned int i;

	for (i = 0; i < BENCH_BLOCKS; i++)
		send_all(fd, block, sizeof(block));
}

static void receive_blocks(int fd)
{
	unsigned int i;

	for (i = 0; i < BENCH_BLOCKS; i++)
		receive_all(fd, block, sizeof(block));
}

/*
 * The other end has got everything when a transfer ends, so that nothing of it is
 * left to do in the next one.
 */
static __always_inline void transfer(int fd, unsigned int count,
				     unsigned int sent, unsigned int received,
				     unsigned int echo)
{
	const char commands[] = { SEND, RECEIVE, ECHO };
	unsigned int i, j;
	char reply;

	puts("bench_net: the guest sends");
	for (i = 0; i < count; i++) {
		bench_mark(BENCH_BEGIN(sent));
		send_all(fd, &commands[SEND], 1);
		receive_blocks(fd);
		bench_mark(BENCH_END(sent));
	}
	puts("bench_net: the guest receives");
	for (i = 0; i < count; i++) {
		bench_mark(BENCH_BEGIN(received));
		send_all(fd, &commands[RECEIVE], 1);
		send_blocks(fd);
		receive_all(fd, &reply, 1);
		bench_mark(BENCH_END(received));
	}
	puts("bench_net: the guest sends bytes back");
	for (i = 0; i < count; i++) {
		bench_mark(BENCH_BEGIN(echo));
		for (j = 0; j < BENCH_BLOCKS; j++) {
			send_all(fd, &commands[ECHO], 1);
			receive_all(fd, &reply, 1);
		}
		bench_mark(BENCH_END(echo));
	}
}

static void transfer_tcp(int fd, unsigned int count)
{
	transfer(fd, count, BENCH_TCP_SENT, BENCH_TCP_RECEIVED,
		 BENCH_TCP_ECHO);
}

static void transfer_vsock(int fd, unsigned int count)
{
	transfer(fd, count, BENCH_VSOCK_SENT, BENCH_VSOCK_RECEIVED,
		 BENCH_VSOCK_ECHO);
}

static struct transport transports[] = {
	{
		.name = "tcp",
		.transfer = transfer_tcp,
		.in = { .sin_family = AF_INET },
		.size = sizeof(struct sockaddr_in),
	}, {
		.name = "vsock",
		.transfer = transfer_vsock,
		.vm = {
			.svm_family = AF_VSOCK,
			.svm_port = PORT,
			.svm_cid = VMADDR_CID_HOST,
		},
		.size = sizeof(struct sockaddr_vm),
	},
};

static const struct transport *find_transport(const char *name)
{
	size_t i;

	transports[0].in.sin_port = htons(PORT);
	transports[0].in.sin_addr.s_addr = inet_addr(HOST);
	for (i = 0; i < ARRAY_SIZE(transports); i++)
		if (!strcmp(transports[i].name, name))
			return &transports[i];

	errx(1, "no such transport: %s", name);
}

static void host(const struct transport *transport, unsigned int count)
{
	int server, fd;

	server = socket(transport->addr.sa_family, SOCK_STREAM, 0);
	die_if(server < 0, "socket");
	die_if(bind(server, &transport->addr, transport->size), "bind");
	die_if(listen(server, 1), "listen");
	fd = accept(server, NULL, NULL);
	die_if(fd < 0, "accept");
	transport->transfer(fd, count);
	close(fd);
	close(server);
}

static void set_address(int fd, unsigned long request, const char *addr)
{
	struct ifreq ifr = { .ifr_name = "eth0" };
	struct sockaddr_in *in = (struct sockaddr_in *)&ifr.ifr_addr;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = inet_addr(addr);
	die_if(ioctl(fd, request, &ifr), "eth0: address");
}

static void set_up_network(void)
{
	struct ifreq ifr = { .ifr_name = "eth0", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	die_if(fd < 0, "socket");
	set_address(fd, SIOCSIFADDR, GUEST);
	set_address(fd, SIOCSIFNETMASK, NETMASK);
	die_if(ioctl(fd, SIOCSIFFLAGS, &ifr), "eth0: up");
	close(fd);
}

/* The host listens when it has closed the connection before */
static int connect_to_host(const struct transport *transport)
{
	int fd;

	for (;;) {
		fd = socket(transport->addr.sa_family, SOCK_STREAM, 0);
		die_if(fd < 0, "socket");
		if (!connect(fd, &transport->addr, transport->size))
			return fd;
		die_if(errno != ECONNREFUSED && errno != ECONNRESET, "connect");
		close(fd);
		usleep(10000);
	}
}

static void guest(const struct transport *transport)
{
	const char done = 0;
	char command;
	int fd;

	if (transport->addr.sa_family == AF_INET)
		set_up_network();
	fd = connect_to_host(transport);
	while (recv(fd, &command, 1, 0) == 1) {
		if (command == SEND) {
			send_blocks(fd);
			continue;
		}
		if (command == RECEIVE)
			receive_blocks(fd);
		send_all(fd, &done, 1);
	}
	close(fd);
}

/* Process 1 must not end */
static void power_off(void)
{
	reboot(RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	bool is_guest = getpid() == 1;
	int i;

	if (is_guest)
		atexit(power_off);
	else if (argc < 3)
		errx(1, "usage: bench_net COUNT TRANSPORT...");
	for (i = is_guest ? 1 : 2; i < argc; i++) {
		if (is_guest)
			guest(find_transport(argv[i]));
		else
			host(find_transport(argv[i]), atoi(argv[1]));
	}

	return 0;
}
