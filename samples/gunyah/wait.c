// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for the end of the VM: input for it, and requests to end it
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console.h"
#include "vm.h"
#include "wait.h"

/* The signals that end this program are read from here */
static int signals = -1;

/**
 * catch_signals() - pass the signals that end this program to wait_for_end()
 */
void catch_signals(void)
{
	sigset_t set;

	if (signals >= 0)
		return;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		die("signalfd: %s", strerror(errno));
}

/*
 * The first request asks the guest to shut down, the second stops it by force.
 * Return: false if neither is possible.
 */
static bool request_end(int vm)
{
	static bool asked;

	if (!asked) {
		asked = true;
		if (vm_stop(vm, false)) {
			fprintf(stderr,
				"gunyah_vmm: the guest was asked to shut down; once more stops it\n");
			return true;
		}
		fprintf(stderr,
			"gunyah_vmm: cannot ask the guest to shut down: %s; stopping it by force\n",
			errno == ENOTCONN ?
			"its devicetree has no channel to the resource manager (rm-rpc)" :
			strerror(errno));
	}
	if (vm_stop(vm, true))
		return true;
	fprintf(stderr, "gunyah_vmm: cannot stop the guest: %s\n",
		strerror(errno));

	return false;
}

/**
 * wait_for_end() - wait until the VM has ended, and pass input to it
 * @vm: file descriptor of the VM
 * @log: its log, or NULL
 *
 * Return: true if the VM has ended, false if it can be neither asked nor stopped.
 */
bool wait_for_end(int vm, const struct shlog *log)
{
	struct pollfd fds[] = {
		{ .fd = vm, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	bool has_input = true, full;
	struct signalfd_siginfo sig;
	__u8 input[256];
	ssize_t count;

	for (;;) {
		/*
		 * Keystrokes may be dropped while the guest does not read, but
		 * input from a file must not be.
		 */
		full = !console_is_terminal() &&
		       console_room() < sizeof(input);
		fds[2].fd = has_input && !full ? STDIN_FILENO : -1;

		if (poll(fds, 3, log || full ? 50 : -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));

		if (log)
			shlog_print(log);
		if (fds[0].revents)
			return true;
		if (fds[1].revents && read(signals, &sig, sizeof(sig)) > 0 &&
		    !request_end(vm))
			return false;
		if (!fds[2].revents)
			continue;

		count = console_read(input, sizeof(input));
		if (count == CONSOLE_END)
			has_input = false;
		else if (count != CONSOLE_LEAVE)
			console_receive(input, count);
		else if (!request_end(vm))
			return false;
	}
}
