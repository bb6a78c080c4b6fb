// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of the kernel's command line that are for the hypervisor
 */
#include <stdlib.h>
#include <string.h>

#include "hyp.h"

#define PREFIX		"gunyah_hyp."
#define MAX_ARGS	2048
#define MAX_DIGITS	10	/* of 32 bits */

/**
 * struct word - gunyah_hyp.@name=value
 * @name: what is in front of the equals sign
 * @values: the words that it can have for a value, separated by "|"; NULL if
 *	its value is a number
 * @number: set to the number, or to the position in @values, from 0 on
 * @help: what it is for
 */
struct word {
	const char *name;
	const char *values;
	u32 *number;
	const char *help;
};

static const struct word words[] = {
	{ "generation", "2023|2024", &hyp.generation,
	  "what the firmware can do: as published, or as later firmware" },
	{ "caps", "small|random", &hyp.random_caps,
	  "capability ids: integers from 0, or random 64-bit numbers" },
	{ "rm", "debug|prod|later", &hyp.build,
	  "which build of the firmware; later: survives VMs that the hypervisor schedules" },
	{ "reset", "vm|none", &hyp.no_reset,
	  "none: the resource manager cannot reset a VM" },
	{ "late", NULL, &hyp.late,
	  "how often it refuses what comes right after the end of a VM" },
	{ "boot_context", "0|1", &hyp.boot_context,
	  "1: the host can set registers of a VM before its start" },
	{ "dt", "published|binding|none", &hyp.dt,
	  "form of /hypervisor: the published one, the binding's plain one, no node" },
	{ "bus", "simple|none", &hyp.no_bus,
	  "none: /hypervisor is no simple-bus" },
	{ "psci", "smc|hvc", &hyp.psci_hvc,
	  "how the devicetree tells the host to call PSCI" },
	{ "identity", "gunyah|hvc|other|api|msgq|none", &hyp.identity,
	  "what the host is told: hvc: nothing by smc; other: another hypervisor; "
	  "api, msgq: an unknown version, no message queues; none: hvc is undefined" },
	{ "firmware", "none|held|ready", &hyp.firmware,
	  "firmware of protected VMs: none; one that is not to be used yet; one" },
	{ "info_fault", NULL, &hyp.info_fault,
	  "what is wrong with the info area, see gunyah_testctl.h" },
	{ "log", "none|semihost", &hyp.semihost,
	  "whether to write a log; semihost is the default" },
	{ "max_entries", NULL, &hyp.max_entries,
	  "memory entries that the resource manager has room for" },
	{ "max_vdevices", NULL, &hyp.max_vdevices,
	  "virtual devices that the resource manager has room for" },
	{ "platform", "qemu|qcom", &hyp.qcom,
	  "qcom: the host has to tell secure firmware who gets memory" },
	{ "races", NULL, &hyp.races.seed,
	  "seed of races that happen at random, 0: there are none" },
	{ "seed", NULL, &hyp.seed,
	  "seed of all other random numbers" },
};

static bool set_number(u32 *number, const char *value)
{
	char *end;
	u64 val = strtoul(value, &end, 10);

	if (end == value || *end || end - value > MAX_DIGITS ||
	    val > UINT32_MAX)
		return false;
	*number = val;
	return true;
}

static bool set_choice(const struct word *word, const char *value)
{
	const char *choice = word->values;
	size_t len = strlen(value);
	u32 i = 0;

	for (;;) {
		const char *end = strchr(choice, '|');
		size_t n = end ? (size_t)(end - choice) : strlen(choice);

		if (n == len && !strncmp(choice, value, n)) {
			*word->number = i;
			return true;
		}
		if (!end)
			return false;
		choice = end + 1;
		i++;
	}
}

static bool parse_word(const char *arg)
{
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *word = &words[i];
		size_t n = strlen(word->name);

		if (strncmp(arg, word->name, n) || arg[n] != '=')
			continue;
		return word->values ? set_choice(word, arg + n + 1) :
				      set_number(word->number, arg + n + 1);
	}
	return false;
}

/* Stops the machine: a test that a misspelt word leaves out seems to pass */
static void __noreturn refuse(const char *arg)
{
	console_printf("The words of the test hypervisor:");
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *word = &words[i];

		console_printf(PREFIX "%s=%s: %s", word->name,
			       word->values ?: "N", word->help);
	}
	panic("unknown word or value: %s", arg);
}

/**
 * options_parse() - set options in struct hyp
 * @bootargs: the command line
 */
void options_parse(const char *bootargs)
{
	static char args[MAX_ARGS];
	size_t len = strlen(bootargs) + 1;
	char *arg = args;

	if (len > MAX_ARGS)
		panic("the command line is longer than %u bytes", MAX_ARGS - 1);
	memcpy(args, bootargs, len);
	while (arg) {
		char *end = strchr(arg, ' ');

		if (end)
			*end++ = 0;
		if (!strncmp(arg, PREFIX, strlen(PREFIX)) &&
		    !parse_word(arg + strlen(PREFIX)))
			refuse(arg);
		arg = end;
	}
}
