// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command line of the sample VMM
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "layout.h"

#define DEFAULT_BASE	0x80000000ULL
#define DEFAULT_SIZE	(128ULL << 20)
#define MAX_STOP_TIMEOUT	86400

enum {
	OPT_SHARE = 256,
	OPT_LEND,
	OPT_LAZY,
	OPT_DEVICE,
	OPT_DUMP_DTB,
	OPT_RESTART,
	OPT_STOP_TIMEOUT,
	OPT_CONTROL,
	OPT_CONNECT,
	OPT_DEVICES,	/* and following: rows of the table of devices */
};

static const struct argp_option options[] = {
	{ "image", 'i', "FILE", 0,
	  "Linux kernel of the VM: arm64 Image, also as gzip or EFI zboot", 1 },
	{ "ramdisk", 'r', "FILE", 0, "Its initial ramdisk", 1 },
	{ "dtb", 'd', "FILE", 0,
	  "Its devicetree, made if not given; decides --base, --cpus, --sched", 1 },
	{ "cmdline", 'c', "TEXT", 0, "Kernel command line", 1 },
	{ "memory", 'm', "SIZE", 0,
	  "Size of the VM's memory, a multiple of 2M (128M)", 2 },
	{ "base", 'b', "ADDRESS", 0,
	  "Where the VM sees its memory, a multiple of 2M from 1G on (0x80000000)", 2 },
	{ "lend", OPT_LEND, NULL, 0,
	  "Lend the memory: the host has no access to it (the default)", 2 },
	{ "lazy", OPT_LAZY, NULL, 0,
	  "Lend each page only when the VM accesses it, if the firmware can do that", 2 },
	{ "share", OPT_SHARE, NULL, 0,
	  "Share it; not every resource manager accepts that", 2 },
	{ "cpus", 'n', "COUNT", 0, "Number of virtual CPUs, up to 32 (1)", 3 },
	{ "sched", 's', "WHO", 0,
	  "Scheduler of the vCPUs: 'proxy' (this program; the default) or 'hypervisor'", 3 },
	{ "restart", OPT_RESTART, NULL, 0,
	  "Create the VM again when it wants a reset", 5 },
	{ "stop-timeout", OPT_STOP_TIMEOUT, "SECONDS", 0,
	  "Stop a VM by force that has not shut down by then (30)", 5 },
	{ "control", OPT_CONTROL, "PATH", 0,
	  "Create a socket that takes commands", 5 },
	{ "connect", OPT_CONNECT, "PATH", 0,
	  "Send a command to such a socket, print the answer and leave", 5 },
	{ "verbose", 'v', NULL, 0, "Print more, on standard error", 5 },
	{ "dump-dtb", OPT_DUMP_DTB, "FILE", 0,
	  "Write the VM's devicetree to FILE and leave", 5 },
	{ "device", OPT_DEVICE, "FILE", 0,
	  "Device file of the driver (/dev/gunyah)", 5 },
	{ 0 }
};

static const char doc[] =
	"Run a virtual machine on the Gunyah hypervisor.\v\n"
	"SIZE, ADDRESS and COUNT are decimal, or hexadecimal after 0x;\n"
	"K, M and G stand for KiB, MiB and GiB.\n"
	"\n"
	"If the console is on a terminal, Ctrl-A x ends the VM, Ctrl-A Ctrl-A is\n"
	"one Ctrl-A for it. A VM that the hypervisor schedules has no devices.\n"
	"Instead of a console it has a log in shared memory, whose address is on\n"
	"its kernel command line as shlog=ADDRESS.\n"
	"\n"
	"Ctrl-A x, SIGINT, SIGTERM, SIGHUP and SIGQUIT ask the VM to shut down,\n"
	"which Linux does if the gunyah driver is loaded in it. The second one\n"
	"stops it by force, and so does the end of --stop-timeout.\n"
	"\n"
	"A VM whose memory is lent has 8 MiB more, which are shared, for the\n"
	"requests to virtio devices. Its kernel needs\n"
	"CONFIG_DMA_RESTRICTED_POOL for that.\n"
	"\n"
	"Commands for --connect, while the VM runs:\n"
	"  add-memory SIZE@LABEL[,ro][,lend][,plug]  give it memory: the guest\n"
	"                has it as /dev/gunyah-mem-LABEL, or with lend,plug as\n"
	"                memory of its kernel\n"
	"  add-memory FILE@LABEL[,ro]  share the pages of a file on tmpfs\n"
	"  remove-memory LABEL  take back what the guest has released\n"
	"  status, stop (as SIGTERM), kill (stop it by force)\n"
	"\n"
	"Exit status:\n"
	"  0  the VM has switched itself off\n"
	"  1  an error of this program: option, file, device, running a vCPU\n"
	"  2  the VM could not be started\n"
	"  3  the VM wants to be restarted, and there is no --restart\n"
	"  4  the VM has crashed: fault, watchdog, hardware error, crash message\n"
	"  5  the VM was stopped, by this program or otherwise by the host\n"
	"  6  the VM has ended in another way";

/* Options so far, and whether those with a default were given */
struct parsed {
	struct config *cfg;
	bool base;
	bool cpus;
	bool sched;
};

static __u64 parse_number(struct argp_state *state, const char *what,
			  const char *arg)
{
	__u64 value;
	const char *wrong = read_number(arg, &value);

	if (wrong)
		argp_error(state, "%s: '%s' is %s", what, arg, wrong);

	return value;
}

static void check(struct argp_state *state, const struct parsed *parsed)
{
	const struct config *cfg = parsed->cfg;

	if (cfg->connect && !cfg->command)
		argp_error(state, "--connect: a command is missing");
	if (cfg->connect)
		return;
	if (!cfg->image)
		argp_error(state, "--image is missing");
	if (cfg->dtb && (parsed->base || parsed->cpus || parsed->sched))
		argp_error(state,
			   "--base, --cpus and --sched cannot be used with --dtb, which decides them");
	/* The resource manager would silently round the address up */
	if (cfg->base % SZ_2M)
		argp_error(state, "--base: not a multiple of 2M");
	if (cfg->base < MMIO_END)
		argp_error(state, "--base: must be at least %#llx", MMIO_END);
	if (cfg->size < SZ_2M)
		argp_error(state, "--memory: must be at least 2M");
	if (cfg->size % SZ_2M)
		argp_error(state, "--memory: not a multiple of 2M");
	/* Small enough that sums of them do not overflow */
	if (cfg->base >> 52 || cfg->size >> 40)
		argp_error(state, "--base or --memory: too large");
	if (cfg->lazy && (cfg->share || cfg->sched == SCHED_HYPERVISOR))
		argp_error(state,
			   "--lazy: not with --share, nor if the hypervisor schedules");
	if (!cfg->cpus || cfg->cpus > MAX_VCPUS)
		argp_error(state, "--cpus: from 1 to %d", MAX_VCPUS);
}

static error_t parse_device(int key, char *arg, struct argp_state *state)
{
	struct parsed *parsed = state->input;
	struct config *cfg = parsed->cfg;
	const struct device_kind *kind = NULL;
	unsigned int i, index = 0;

	if (key >= OPT_DEVICES)
		kind = devices_kind(key - OPT_DEVICES);
	if (!kind)
		return ARGP_ERR_UNKNOWN;

	for (i = 0; i < cfg->num_devices; i++)
		index += cfg->devices[i].kind == kind;
	if (index == kind->max)
		argp_error(state, "--%s: at most %u", kind->option, kind->max);
	if (cfg->num_devices == MAX_DEVICES)
		argp_error(state, "at most %d devices", MAX_DEVICES);
	cfg->devices[cfg->num_devices++] = (struct device_option) {
		.kind = kind, .arg = arg, .index = index,
	};

	return 0;
}

/* Options with numbers, and for memory and vCPUs */
static error_t parse_size(int key, char *arg, struct argp_state *state)
{
	struct parsed *parsed = state->input;
	struct config *cfg = parsed->cfg;
	__u64 n;

	switch (key) {
	case 'm':
		cfg->size = parse_number(state, "--memory", arg);
		break;
	case 'b':
		cfg->base = parse_number(state, "--base", arg);
		parsed->base = true;
		break;
	case 'n':
		n = parse_number(state, "--cpus", arg);
		/* 0 is refused later */
		cfg->cpus = n > MAX_VCPUS ? 0 : n;
		parsed->cpus = true;
		break;
	case 's':
		if (!strcmp(arg, "proxy"))
			cfg->sched = SCHED_PROXY;
		else if (!strcmp(arg, "hypervisor"))
			cfg->sched = SCHED_HYPERVISOR;
		else
			argp_error(state, "--sched: 'proxy' or 'hypervisor'");
		parsed->sched = true;
		break;
	case OPT_STOP_TIMEOUT:
		n = parse_number(state, "--stop-timeout", arg);
		if (n > MAX_STOP_TIMEOUT)
			argp_error(state, "--stop-timeout: at most %d",
				   MAX_STOP_TIMEOUT);
		cfg->stop_timeout = n;
		break;
	case OPT_SHARE:
		cfg->share = true;
		break;
	case OPT_LEND:
		cfg->share = false;
		break;
	case OPT_LAZY:
		cfg->lazy = true;
		break;
	default:
		return parse_device(key, arg, state);
	}

	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parsed *parsed = state->input;
	struct config *cfg = parsed->cfg;

	switch (key) {
	case 'i':
		cfg->image = arg;
		break;
	case 'r':
		cfg->ramdisk = arg;
		break;
	case 'd':
		cfg->dtb = arg;
		break;
	case 'c':
		cfg->cmdline = arg;
		break;
	case OPT_RESTART:
		cfg->restart = true;
		break;
	case 'v':
		cfg->verbose = true;
		break;
	case OPT_DUMP_DTB:
		cfg->dump_dtb = arg;
		break;
	case OPT_DEVICE:
		cfg->device = arg;
		break;
	case OPT_CONTROL:
		cfg->control = arg;
		break;
	case OPT_CONNECT:
		cfg->connect = arg;
		break;
	case ARGP_KEY_ARG:
		if (!cfg->connect)
			argp_error(state, "'%s' is not an option", arg);
		/* The rest is the command */
		cfg->command = state->argv + state->next - 1;
		cfg->num_words = state->argc - state->next + 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_END:
		check(state, parsed);
		break;
	default:
		return parse_size(key, arg, state);
	}

	return 0;
}

/* Return: all options, with those of the devices, in memory of their own */
static struct argp_option *list_options(void)
{
	const struct device_kind *kind;
	struct argp_option *list, *next;
	unsigned int i, count = 0;

	while (devices_kind(count))
		count++;
	list = calloc(ARRAY_SIZE(options) + count, sizeof(*list));
	if (!list)
		die("no memory for the options");

	/* The table ends with an empty row, and so does the list */
	memcpy(list, options, sizeof(options));
	next = list + ARRAY_SIZE(options) - 1;
	for (i = 0; i < count; i++) {
		kind = devices_kind(i);
		if (kind->option)
			*next++ = (struct argp_option) {
				kind->option, OPT_DEVICES + i, kind->arg, 0,
				kind->help, 4,
			};
	}

	return list;
}

/**
 * parse_options() - read the command line
 * @cfg: filled in
 * @argc: of main()
 * @argv: of main()
 *
 * Does not return if the command line is wrong.
 */
void parse_options(struct config *cfg, int argc, char **argv)
{
	struct argp_option *all = list_options();
	const struct argp argp = {
		.options = all,
		.parser = parse_option,
		.doc = doc,
	};
	struct parsed parsed = { .cfg = cfg };

	*cfg = (struct config) {
		.device = "/dev/gunyah",
		.base = DEFAULT_BASE,
		.size = DEFAULT_SIZE,
		.cpus = 1,
		.stop_timeout = 30,
		.sched = SCHED_PROXY,
	};

	argp_err_exit_status = EXIT_VMM;
	argp_parse(&argp, argc, argv, 0, NULL, &parsed);
	free(all);
}
