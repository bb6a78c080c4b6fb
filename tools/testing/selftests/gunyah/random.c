// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs need that try at random: a seed, a time, and to survive faults
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "random.h"

/**
 * random_seed() - where random numbers begin
 * @variable: of the environment, which can choose it
 *
 * Return: the seed.
 */
__u64 random_seed(const char *variable)
{
	const char *text = getenv(variable);
	struct timespec ts;

	if (text)
		return strtoull(text, NULL, 0);
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_nsec;
}

/**
 * random_ms() - how long to try
 * @variable: of the environment, which can have a number of seconds
 * @seconds: otherwise
 *
 * Return: time in ms.
 */
long long random_ms(const char *variable, unsigned int seconds)
{
	const char *text = getenv(variable);

	return (text ? atoll(text) : seconds) * 1000;
}

static __thread sigjmp_buf jump;
static __thread bool armed;

/* Where a signal has interrupted this thread */
static void *fault_pc(const ucontext_t *context)
{
#ifdef __aarch64__
	return (void *)context->uc_mcontext.pc;
#else
	return NULL;
#endif
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	if (!armed) {
		/* Whoever looks for the fault has nothing but this */
		dprintf(STDOUT_FILENO, "# signal %d, code %d, address %p, pc %p\n",
			sig, info->si_code, info->si_addr, fault_pc(context));
		_exit(100 + sig);
	}
	siglongjmp(jump, 1);
}

/**
 * guard_catch() - make guarded() work, in all threads
 *
 * Other faults end the process, with 100 and the number of the signal.
 */
void guard_catch(void)
{
	struct sigaction action = {
		.sa_sigaction = on_fault, .sa_flags = SA_NODEFER | SA_SIGINFO,
	};

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

/**
 * guarded() - call a function that accesses memory which may be lent
 * @fn: the function
 * @arg: its argument
 *
 * Return: whether it came to its end.
 */
bool guarded(void (*fn)(void *arg), void *arg)
{
	bool done = false;

	if (!sigsetjmp(jump, 1)) {
		armed = true;
		fn(arg);
		done = true;
	}
	armed = false;
	return done;
}
