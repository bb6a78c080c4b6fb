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
 * @name: what is in front of the equals sign; several rows may have the same
 * @off: value that clears @flag
 * @on: value that sets it
 * @flag: what the word sets, NULL if its value is a number
 * @number: what the word sets then
 * @help: what it is for
 */
struct word {
	const char *name;
	const char *off;
	const char *on;
	bool *flag;
	u32 *number;
	const char *help;
};

static const struct word words[] = {
	{ "caps", "small", "random", &hyp.random_caps, NULL,
	  "capability ids: integers from 0, or random 64-bit numbers" },
	{ "rm", "debug", "prod", &hyp.rm_prod, NULL,
	  "which build of the firmware; debug is the default" },
	{ "rm", "debug", "later", &hyp.rm_later, NULL,
	  "later: survives VMs that the hypervisor schedules" },
	{ "reset", "vm", "none", &hyp.no_reset, NULL,
	  "none: the resource manager cannot reset a VM" },
	{ "late", NULL, NULL, NULL, &hyp.late,
	  "how often it refuses what comes right after the end of a VM" },
	{ "boot_context", "0", "1", &hyp.boot_context, NULL,
	  "1: the host can set registers of a VM before its start" },
	{ "dt", "published", "binding", &hyp.dt_binding, NULL,
	  "form of /hypervisor: the published one, or the binding's plain one" },
	{ "bus", "simple", "none", &hyp.no_bus, NULL,
	  "none: /hypervisor is no simple-bus" },
	{ "log", "none", "semihost", &hyp.semihost, NULL,
	  "whether to write a log; semihost is the default" },
	{ "max_entries", NULL, NULL, NULL, &hyp.max_entries,
	  "memory entries that the resource manager has room for" },
	{ "max_vdevices", NULL, NULL, NULL, &hyp.max_vdevices,
	  "virtual devices that the resource manager has room for" },
	{ "races", NULL, NULL, NULL, &hyp.races.seed,
	  "seed of races that happen at random, 0: there are none" },
	{ "seed", NULL, NULL, NULL, &hyp.seed,
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

static bool set_flag(const struct word *word, const char *value)
{
	bool on = !strcmp(value, word->on);

	if (!on && strcmp(value, word->off))
		return false;
	*word->flag = on;
	return true;
}

static bool parse_word(const char *arg)
{
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *word = &words[i];
		size_t n = strlen(word->name);

		if (strncmp(arg, word->name, n) || arg[n] != '=')
			continue;
		if (word->flag ? set_flag(word, arg + n + 1) :
				 set_number(word->number, arg + n + 1))
			return true;
	}
	return false;
}

/* Stops the machine: a test that a misspelt word leaves out seems to pass */
static void __noreturn refuse(const char *arg)
{
	console_printf("The words of the test hypervisor:");
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *word = &words[i];

		if (word->flag)
			console_printf(PREFIX "%s=%s|%s: %s", word->name,
				       word->off, word->on, word->help);
		else
			console_printf(PREFIX "%s=N: %s", word->name,
				       word->help);
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
