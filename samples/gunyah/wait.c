// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for the end of the VM: its console, and requests to end it
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "vm.h"
#include "wait.h"

/* How often to look for text in the log, in milliseconds */
#define LOG_INTERVAL	50

/* The signals are read from here */
static int signals = -1;

/**
 * catch_signals() - pass the signals that end this program to wait_for_end()
 *
 * The same for the one that says that the terminal has another size.
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
	sigaddset(&set, SIGWINCH);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		die("signalfd: %s", strerror(errno));
}

/* Return: true if there was a signal that ends this program */
static bool read_signals(void)
{
	struct signalfd_siginfo sig;
	bool end = false;

	while (!end && read(signals, &sig, sizeof(sig)) == sizeof(sig)) {
		if (sig.ssi_signo == SIGWINCH)
			console_resized();
		else
			end = true;
	}

	return end;
}

static bool force_end(int vm)
{
	if (vm_stop(vm, true))
		return true;
	fprintf(stderr, "gunyah_vmm: cannot stop the guest: %s\n",
		strerror(errno));

	return false;
}

/* Ask the guest to shut down; return: false if that is not possible */
static bool ask_for_end(int vm)
{
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

	return false;
}

static time_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec;
}

static int earlier(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/**
 * struct request - has somebody asked for the end of the VM?
 * @made: somebody has
 * @limit: when the VM is stopped by force, 0 if there is no such time
 */
struct request {
	bool made;
	time_t limit;
};

/*
 * The first request asks the guest to shut down, the second stops it by force.
 * Return: false if neither is possible.
 */
static bool end_vm(int vm, struct request *request, unsigned int stop_timeout)
{
	bool asked = !request->made && ask_for_end(vm);

	request->made = true;
	request->limit = asked ? seconds() + stop_timeout : 0;
	console_ending();

	return asked || force_end(vm);
}

/* The guest was asked to shut down and has not; return: as end_vm() */
static bool lose_patience(int vm, struct request *request,
			  unsigned int stop_timeout)
{
	fprintf(stderr,
		"gunyah_vmm: the guest has not shut down in %u s; stopping it by force\n",
		stop_timeout);
	request->limit = 0;

	return force_end(vm);
}

/**
 * wait_for_end() - wait until the VM has ended, and serve its console
 * @vm: file descriptor of the VM
 * @stop_timeout: how long the VM may take to shut down when asked, in seconds
 * @log: its log, or NULL
 *
 * Return: how the wait has ended.
 */
enum end wait_for_end(int vm, unsigned int stop_timeout,
		      const struct shlog *log)
{
	struct pollfd fds[2 + CONSOLE_FDS];
	struct request request = {};
	int timeout;
	bool end;

	for (;;) {
		timeout = console_prepare(fds + 2);
		if (log)
			timeout = earlier(timeout, LOG_INTERVAL);
		if (request.limit)
			timeout = earlier(timeout, 1000);
		fds[0] = (struct pollfd) { .fd = vm, .events = POLLIN };
		fds[1] = (struct pollfd) { .fd = signals, .events = POLLIN };
		if (poll(fds, ARRAY_SIZE(fds), timeout) < 0)
			die("poll: %s", strerror(errno));

		if (log)
			shlog_print(log);
		if (fds[0].revents)
			return request.made ? END_ON_REQUEST : END_BY_ITSELF;
		if (request.limit && seconds() >= request.limit &&
		    !lose_patience(vm, &request, stop_timeout))
			return END_REFUSED;

		end = read_signals();
		if ((!console_handle(fds + 2) || end) &&
		    !end_vm(vm, &request, stop_timeout))
			return END_REFUSED;
	}
}

/**
 * end_requested() - was there a signal while no VM ran?
 *
 * Return: true if a signal asks for the end of this program.
 */
bool end_requested(void)
{
	return read_signals();
}
