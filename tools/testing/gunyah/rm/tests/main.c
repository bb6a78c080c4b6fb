// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the unit tests of the resource manager model, reports in KTAP
 */
#include "fake.h"

int checks_failed;
const char *case_name = "";

static unsigned int passed, failed;
static int failed_before;

/**
 * begin_case() - a test case begins
 * @name: its name
 */
void begin_case(const char *name)
{
	case_name = name;
	failed_before = checks_failed;
}

/** end_case() - a test case ends: report it */
void end_case(void)
{
	bool ok = checks_failed == failed_before;

	if (ok)
		passed++;
	else
		failed++;
	/* As the kernel's tests report, for whoever runs them together */
	printf("%s %u %s\n", ok ? "ok" : "not ok", passed + failed, case_name);
	case_name = "";
}

/**
 * run() - run a function as a test case
 * @name: its name
 * @fn: the function
 */
void run(const char *name, void (*fn)(void))
{
	begin_case(name);
	fn();
	end_case();
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_rpc();
	test_ids();
	test_mem();
	test_accept();
	test_notify();
	test_vm();
	test_console();
	test_init();
	test_vdev();
	test_start();
	test_boot();
	test_paging();
	test_dt();
	test_firmware();
	test_life();
	test_fault();
	test_kill();
	test_variant();
	test_random();
	printf("1..%u\n", passed + failed);
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
