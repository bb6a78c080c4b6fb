// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lives of VMs in which each message and each hypercall fails once
 *
 * A scenario runs without a fault first, which tells its fault points: messages,
 * hypercalls, interrupts. Then each of them goes wrong, in one run each. After
 * that the errno is one that the documentation lists, nothing is left behind, and
 * another VM starts at once.
 *
 * Everything here needs the test hypervisor. With GUNYAH_TEST_LONG=1 every fault
 * happens at each point of every scenario, else some of them. GUNYAH_SWEEP=NAME
 * is for one scenario only.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "message.h"
#include "sweep.h"

#define SWEEP_TIMEOUT	20000

/* A turn of the resource manager takes RM_WORK_DELAY_DEFAULT us: one second */
#define LATE_TURNS	50000
#define REORDER_TURNS	500

/* ---- kinds of faults ---- */

struct fault;

/**
 * struct family - how faults of a kind are planned
 * @arm: let the @nth event from now on go wrong
 * @hit: what has gone wrong, 0: nothing has
 * @exact: the fault-free run tells the number of events
 */
struct family {
	void (*arm)(const struct fault *fault, unsigned int nth);
	__u32 (*hit)(void);
	bool exact;
};

/**
 * struct fault - something that goes wrong
 * @name: for messages
 * @family: how it is planned
 * @action: of the resource manager
 * @value: argument of the action, error of the hypercall, or value of the quirk
 * @where: message, or register of the quirk
 * @harmless: nothing fails because of it
 * @silent: the driver waits for something that does not come
 * @kills: the resource manager is dead afterwards
 * @untold: the driver is not told how the VM has ended
 * @keeps: the firmware may keep something for good, or for a long time
 */
struct fault {
	const char *name;
	const struct family *family;
	enum rm_fault_action action;
	__u64 value;
	__u32 where;
	bool harmless;
	bool silent;
	bool kills;
	bool untold;
	bool keeps;
};

static void arm_message(const struct fault *fault, unsigned int nth)
{
	testctl_fault(fault->action, fault->where, nth, fault->value);
}

static __u32 message_hit(void)
{
	return testctl_read(GH_TESTCTL_FAULT_HIT);
}

static const struct family messages = { arm_message, message_hit, true };
static const struct family notes = { arm_message, message_hit };

static void arm_hypercall(const struct fault *fault, unsigned int nth)
{
	testctl_hvc_fault(GH_TESTCTL_HVC_ANY, nth, fault->value);
}

static __u32 hypercall_hit(void)
{
	__u32 nr = testctl_read(GH_TESTCTL_HVC_HIT);

	return nr == GH_TESTCTL_HVC_ANY ? 0 : nr;
}

static const struct family hypercalls = { arm_hypercall, hypercall_hit };

static void arm_interrupt(const struct fault *fault, unsigned int nth)
{
	testctl_write(GH_TESTCTL_LOST_IRQ_NTH, nth);
}

static __u32 interrupt_hit(void)
{
	return !testctl_read(GH_TESTCTL_LOST_IRQ_NTH);
}

static const struct family interrupts = { arm_interrupt, interrupt_hit };

static void arm_state(const struct fault *fault, unsigned int nth)
{
	testctl_write(GH_TESTCTL_VCPU_STATE_VALUE, fault->value);
	testctl_write(GH_TESTCTL_VCPU_STATE_NTH, nth);
}

static __u32 state_hit(void)
{
	return !testctl_read(GH_TESTCTL_VCPU_STATE_NTH);
}

static const struct family states = { arm_state, state_hit };

static bool quirk_on;

static void arm_quirk(const struct fault *fault, unsigned int nth)
{
	quirk_on = nth == 1;
	if (quirk_on)
		testctl_write(fault->where, fault->value);
}

static __u32 quirk_hit(void)
{
	return quirk_on;
}

static const struct family quirks = { arm_quirk, quirk_hit };

/* ---- the faults ---- */

#define REFUSAL(err)							\
	{ .name = "refused: " #err, .family = &messages,		\
	  .action = RM_FAULT_FAIL, .value = RM_ERR_##err }

static const struct fault refusals[] = {
	REFUSAL(DENIED),
	REFUSAL(NORESOURCE),
	REFUSAL(BUSY),
	REFUSAL(NOMEM),
	REFUSAL(ARGUMENT_INVALID),
	REFUSAL(UNIMPLEMENTED),
	REFUSAL(VM_STATE),
	REFUSAL(HANDLE_INVALID),
	REFUSAL(MEM_INUSE),
	REFUSAL(VMID_INVALID),
	{ .name = "refused: unknown error", .family = &messages,
	  .action = RM_FAULT_FAIL, .value = 0x12345678 },
	{ .name = "refused, VM ruined", .family = &messages,
	  .action = RM_FAULT_REFUSE, .value = RM_ERR_DENIED },
	{ .name = "refused, but done", .family = &messages,
	  .action = RM_FAULT_FAIL_AFTER, .value = RM_ERR_BUSY },
};

#define ODD(text, act, val, ...)					\
	{ .name = "reply " text, .family = &messages, .action = act,	\
	  .value = val, __VA_ARGS__ }

static const struct fault replies[] = {
	ODD("lost", RM_FAULT_DROP_REPLY, 0, .silent = true),
	ODD("garbled", RM_FAULT_CORRUPT_REPLY, RM_FAULT_CORRUPT_ALL(0xff)),
	ODD("too short", RM_FAULT_SHORT_REPLY, 4),
	ODD("twice", RM_FAULT_DUP_REPLY, 0, .harmless = true),
	ODD("with a wrong sequence number", RM_FAULT_WRONG_SEQ, 0,
	    .harmless = true),
	ODD("with a wrong message id", RM_FAULT_WRONG_ID, 0, .harmless = true),
	ODD("a bit late", RM_FAULT_DELAY_REPLY, 5, .harmless = true),
	ODD("much too late", RM_FAULT_DELAY_REPLY, LATE_TURNS, .silent = true),
	ODD("overtaken", RM_FAULT_REORDER_REPLY, REORDER_TURNS,
	    .harmless = true),
	ODD("too long", RM_FAULT_LONG_REPLY, 4),
	ODD("without content", RM_FAULT_SHORT_REPLY, 0, .silent = true),
	ODD("cut in the error code", RM_FAULT_SHORT_REPLY, 2, .silent = true),
	ODD("without its first packet", RM_FAULT_LOSE_PACKET, 0,
	    .silent = true),
	ODD("with one wrong bit", RM_FAULT_CORRUPT_REPLY,
	    RM_FAULT_CORRUPT(4, 1)),
};

static const struct fault deaths[] = {
	{ .name = "death", .family = &messages, .action = RM_FAULT_DIE,
	  .silent = true, .kills = true, .untold = true, .keeps = true },
};

static const struct fault lost_notes[] = {
	{ .name = "state not notified", .family = &notes,
	  .action = RM_FAULT_DROP_REPLY, .where = RM_VM_STATUS_NOTE,
	  .harmless = true },
	{ .name = "exit not notified", .family = &notes,
	  .action = RM_FAULT_DROP_REPLY, .where = RM_VM_EXITED_NOTE,
	  .untold = true },
};

#define CALL_FAILS(err)							\
	{ .name = "hypercall: " #err, .family = &hypercalls,		\
	  .value = HVC_ERR_##err }

static const struct fault failing_calls[] = {
	CALL_FAILS(ARGUMENT),
	CALL_FAILS(DENIED),
	CALL_FAILS(BUSY),
	CALL_FAILS(RETRY),
	CALL_FAILS(CAP),
	CALL_FAILS(MSGQ_FULL),
	CALL_FAILS(MSGQ_EMPTY),
	CALL_FAILS(NOMEM),
	{ .name = "hypercall: unknown error", .family = &hypercalls,
	  .value = 999 },
	{ .name = "hypercall: unimplemented", .family = &hypercalls,
	  .value = ~0ULL },
};

static const struct fault lost_interrupts[] = {
	{ .name = "interrupt lost", .family = &interrupts, .harmless = true },
};

static const struct fault odd_states[] = {
	{ .name = "state unknown", .family = &states, .value = 0x55 },
	{ .name = "state huge", .family = &states, .value = 0xffffffff },
	{ .name = "state suddenly \"off\"", .family = &states, .value = 2 },
};

#define QUIRK(text, reg, val, ...)					\
	{ .name = text, .family = &quirks, .where = reg, .value = val,	\
	  __VA_ARGS__ }

static const struct fault odd_behaviour[] = {
	QUIRK("interrupts without a reason", GH_TESTCTL_QUIRK_EXTRA_IRQS, 100,
	      .harmless = true),
	QUIRK("reset fails once", GH_TESTCTL_QUIRK_FAIL_RESET, 1,
	      .harmless = true),
	QUIRK("reset fails again and again", GH_TESTCTL_QUIRK_FAIL_RESET, 1000,
	      .harmless = true),
	QUIRK("exit told late", GH_TESTCTL_EXIT_DELAY, 20000,
	      .harmless = true),
	QUIRK("reset never completes", GH_TESTCTL_QUIRK_LOST_RESET, 1,
	      .harmless = true, .keeps = true),
};

/* ---- what is not asked for ---- */

/* A name of what the firmware has given comes with this reply only */
static bool names_something(__u32 msg)
{
	return msg == RM_VM_ALLOC_VMID_MSG || msg == RM_MEM_LEND_MSG ||
	       msg == RM_MEM_SHARE_MSG;
}

/* Lies about which no host can know, or after which memory is lost by intention */
static bool hopeless(const struct fault *fault, __u32 msg)
{
	if (fault->family != &messages)
		return false;
	if (fault->action == RM_FAULT_FAIL_AFTER)
		return names_something(msg);
	if (fault->action != RM_FAULT_FAIL)
		return false;
	switch (msg) {
	case RM_VM_GET_STATE_MSG:
		return fault->value == RM_ERR_NORESOURCE;
	case RM_VM_RESET_MSG:
		return fault->value == RM_ERR_UNIMPLEMENTED;
	case RM_MEM_RECLAIM_MSG:
		return fault->value == RM_ERR_HANDLE_INVALID;
	default:
		return false;
	}
}

static bool keeps(const struct fault *fault, __u32 hit)
{
	if (fault->keeps)
		return true;
	return fault->family == &messages && !fault->harmless &&
	       fault->action != RM_FAULT_FAIL &&
	       fault->action != RM_FAULT_REFUSE && names_something(hit);
}

/* ---- one point ---- */

/**
 * struct point - a run of a scenario with a fault
 * @scenario: the scenario
 * @fault: the fault
 * @nth: where it happens
 * @hit: what it has hit, 0: nothing
 */
struct point {
	const struct scenario *scenario;
	const struct fault *fault;
	unsigned int nth;
	__u32 hit;
};

static unsigned int points_swept;

static bool complain(const struct point *point, const struct sweep *s,
		     const char *what)
{
	fprintf(stderr, "# %s, %s, point %u (%x): %s: %s: %s\n",
		point->scenario->name, point->fault->name, point->nth,
		point->hit, what, sweep_call_name(s->call), strerror(s->error));
	return false;
}

/*
 * The end of a VM that the resource manager has not told of. If no vCPU runs in the
 * host nothing makes the driver look for a message whose interrupt is lost.
 */
static bool untold(const struct point *point, const struct sweep *s)
{
	const struct fault *fault = point->fault;

	if (s->call != SWEEP_GUEST)
		return false;
	if (s->error == ETIME && point->scenario->cfg.scheduled &&
	    (fault->family == &interrupts || fault->family == &hypercalls))
		return true;
	return fault->untold &&
	       (s->error == ETIME || s->exit_type == GH_VM_EXIT_UNKNOWN);
}

static bool result_ok(const struct point *point, const struct sweep *s)
{
	if (s->call == SWEEP_NOTHING || (point->hit && untold(point, s)))
		return true;
	if (!point->hit || point->fault->harmless)
		return complain(point, s, "must not fail");
	return sweep_documented(s) || complain(point, s, "not documented");
}

/* Calls fail at once, with the right error */
static bool dead_is_told(const struct point *point, const struct sweep *s)
{
	long long start = now_ms();
	struct sweep next;

	/* Whoever has not waited for an answer does not know yet */
	sweep_run(&next, &scenarios[0]);
	sweep_run(&next, &scenarios[0]);
	if (next.call != SWEEP_CREATE_VM || next.error != ESHUTDOWN)
		return complain(point, &next, "silence was not noticed");
	if (now_ms() - start > limit_ms(8000))
		return complain(point, s, "silence takes too long");
	return true;
}

/*
 * Firmware that could not configure a VM can neither reset nor release it: its VMID
 * is lost, and nothing else.
 */
static bool loses_vmid(const struct point *point)
{
	return point->fault->action == RM_FAULT_REFUSE &&
	       point->hit == RM_VM_CONFIG_IMAGE_MSG;
}

/* Until nothing changes any more */
static void settle(struct leak_state *state)
{
	struct leak_state now;
	unsigned int i;

	leak_read(state);
	for (i = 0; i < 5; i++) {
		usleep(1000000);
		leak_read(&now);
		if (memcmp(&now, state, sizeof(now)))
			i = 0;
		*state = now;
	}
}

/* At most one VM with its memory */
static bool little_lost(const struct leak_state *before,
			const struct leak_state *now)
{
	return now->taint == before->taint &&
	       now->counters[LEAK_VMIDS] <= before->counters[LEAK_VMIDS] + 1 &&
	       now->counters[LEAK_VMS] <= before->counters[LEAK_VMS] + 1 &&
	       now->counters[LEAK_PARCELS] <=
			before->counters[LEAK_PARCELS] + SWEEP_VMS;
}

static bool all_back(const struct point *point, const struct leak_state *before)
{
	struct leak_state now;
	bool ok;

	if (loses_vmid(point)) {
		now = *before;
		now.counters[LEAK_VMIDS]++;
		ok = leak_check(&now, BACK_MS);
		testctl_write(GH_TESTCTL_RM_FORGET, 1);
		return ok;
	}
	if (!keeps(point->fault, point->hit))
		return leak_check(before, BACK_MS);
	settle(&now);
	/* There are not many VMIDs */
	testctl_write(GH_TESTCTL_RM_FORGET, 1);
	return little_lost(before, &now);
}

static bool after_fault(const struct point *point, const struct sweep *s,
			const struct leak_state *before)
{
	int err = vm_one_life();

	if (err) {
		fprintf(stderr, "# another VM: %s\n", strerror(err));
		return complain(point, s, "nothing works");
	}
	return all_back(point, before) || complain(point, s, "leaks");
}

/* A VM whose end shows the driver that the resource manager is back */
static bool beacon_end(struct vm *beacon)
{
	struct gh_vm_status status;
	bool ok = beacon->fd < 0 || !vm_finish(beacon, &status);

	vm_close(beacon);
	return ok;
}

static bool sweep_point(struct point *point)
{
	const struct fault *fault = point->fault;
	struct vm_config cfg = {};
	struct leak_state before;
	struct param timeout = {};
	struct vm beacon;
	struct sweep s;
	bool ok = true;

	leak_read(&before);
	vm_init(&beacon);
	if (fault->kills && vm_build(&beacon, &cfg, VM_STARTED))
		return false;
	/* A reply that is lost is not worth a long wait */
	if (fault->silent)
		short_timeout(&timeout);
	fault->family->arm(fault, point->nth);
	sweep_run(&s, point->scenario);
	point->hit = fault->family->hit();
	if (fault->kills && point->hit)
		ok = dead_is_told(point, &s);
	testctl_reset();
	param_restore(&timeout);
	if (!beacon_end(&beacon))
		ok = complain(point, &s, "the resource manager is not back");
	if (!point->hit)
		return ok && result_ok(point, &s);
	points_swept++;
	return ok & result_ok(point, &s) & after_fault(point, &s, &before);
}

/* ---- all points ---- */

#define MAX_POINTS	GH_TESTCTL_RM_SEEN_MAX

/* Messages of a run without a fault; returns their number, 0: it has failed */
static unsigned int fault_free(const struct scenario *scenario, __u32 *msg)
{
	struct sweep s;
	unsigned int n;

	testctl_reset();
	if (sweep_run(&s, scenario)) {
		fprintf(stderr, "# %s: %s: %s\n", scenario->name,
			sweep_call_name(s.call), strerror(s.error));
		return 0;
	}
	for (n = 0; n < MAX_POINTS; n++) {
		msg[n] = testctl_read(GH_TESTCTL_RM_SEEN(n + 1));
		if (!msg[n])
			break;
	}
	return n;
}

/**
 * struct plan - a part of the sweep
 * @name: of its figure
 * @faults: faults
 * @n: number of them
 * @scenario: the only one, NULL: all
 * @all: each fault at each point, else one after the other
 * @step: distance of points, 0: 1
 */
struct plan {
	const char *name;
	const struct fault *faults;
	unsigned int n;
	const char *scenario;
	bool all;
	unsigned int step;
};

static bool sweep_fault(const struct scenario *scenario,
			const struct fault *fault, const struct plan *plan,
			const __u32 *msg, unsigned int num_msgs)
{
	struct point point = { .scenario = scenario, .fault = fault };
	bool exact = fault->family->exact, ok = true;
	unsigned int row = scenario - scenarios;
	unsigned int which = fault - plan->faults;
	/* Other points in each scenario, and other faults there */
	unsigned int nth = 1 + row % plan->step;

	for (; !exact || nth <= num_msgs; nth += plan->step) {
		if (exact && hopeless(fault, msg[nth - 1]))
			continue;
		if (!plan->all && (nth / plan->step + 3 * row) % plan->n != which)
			continue;
		point.nth = nth;
		ok &= sweep_point(&point);
		if (exact && !point.hit) {
			fprintf(stderr, "# %s, %s: point %u was not reached\n",
				scenario->name, fault->name, nth);
			ok = false;
		}
		if (!exact && !point.hit)
			break;
	}
	return ok;
}

static bool sweep_scenario(const struct scenario *scenario,
			   const struct plan *plan)
{
	unsigned int i, n, swept = points_swept;
	__u32 msg[MAX_POINTS];
	bool ok = true;

	n = fault_free(scenario, msg);
	/* One that is never started sends nothing */
	if (!n && strcmp(scenario->name, "never_started"))
		return false;
	for (i = 0; i < plan->n; i++)
		ok &= sweep_fault(scenario, &plan->faults[i], plan, msg, n);
	printf("# %s: %u messages, %u faults\n", scenario->name, n,
	       points_swept - swept);
	return ok;
}

static bool sweep_all(struct plan plan)
{
	long long start = now_ms();
	bool ok = true;
	unsigned int i;

	if (test_is_long()) {
		plan.scenario = NULL;
		plan.all = true;
		plan.step = 1;
	}
	plan.step = plan.step ?: 1;
	points_swept = 0;
	for (i = 0; i < num_scenarios; i++)
		if (sweep_wanted(&scenarios[i]) &&
		    (!plan.scenario ||
		     !strcmp(plan.scenario, scenarios[i].name)))
			ok &= sweep_scenario(&scenarios[i], &plan);
	printf("# figure sweep_%s %u\n", plan.name, points_swept);
	printf("# %lld ms\n", now_ms() - start);
	return ok && points_swept;
}

FIXTURE(sweep)
{
	struct leak_state leak;
	struct param entries;
};

FIXTURE_SETUP(sweep)
{
	SKIP_WITHOUT_GUNYAH(return);
	SKIP_WITHOUT_TESTCTL(return);
	testctl_reset();
	catch_sigusr1();
	sweep_limits_runs = true;
	/* What is lost for good counts; the firmware forgets it */
	ASSERT_CALL(param_set(&self->entries, ENTRIES_PARAM, "1000000"));
	leak_read(&self->leak);
	/* A machine that is not used leaves no memory behind */
	ASSERT_EQ(0, vm_one_life());
	ASSERT_TRUE(leak_check(&self->leak, 0));
	sweep_forget_memory();
}

FIXTURE_TEARDOWN(sweep)
{
	testctl_reset();
	EXPECT_EQ(0, vm_one_life());
	param_restore(&self->entries);
	EXPECT_TRUE(sweep_memory_freed());
}

FIXTURE_VARIANT(sweep)
{
	struct plan plan;
};

FIXTURE_VARIANT_ADD(sweep, refusals)
{
	.plan = {
		.name = "refusals", .faults = refusals, .n = ARRAY_SIZE(refusals),
		.step = 4,
	},
};

FIXTURE_VARIANT_ADD(sweep, replies)
{
	.plan = {
		.name = "replies", .faults = replies, .n = ARRAY_SIZE(replies),
		.scenario = "lent",
	},
};

FIXTURE_VARIANT_ADD(sweep, deaths)
{
	.plan = {
		.name = "deaths", .faults = deaths, .n = ARRAY_SIZE(deaths),
		.scenario = "lent", .step = 6,
	},
};

FIXTURE_VARIANT_ADD(sweep, notifications)
{
	.plan = {
		.name = "notifications", .faults = lost_notes, .n = ARRAY_SIZE(lost_notes),
		.scenario = "lent", .all = true,
	},
};

FIXTURE_VARIANT_ADD(sweep, hypercalls)
{
	.plan = {
		.name = "hypercalls", .faults = failing_calls, .n = ARRAY_SIZE(failing_calls),
		.scenario = "functions", .step = 4,
	},
};

FIXTURE_VARIANT_ADD(sweep, interrupts)
{
	.plan = {
		.name = "interrupts", .faults = lost_interrupts, .n = ARRAY_SIZE(lost_interrupts),
		.scenario = "functions", .step = 4,
	},
};

FIXTURE_VARIANT_ADD(sweep, states)
{
	.plan = {
		.name = "states", .faults = odd_states, .n = ARRAY_SIZE(odd_states),
		.scenario = "functions", .all = true,
	},
};

FIXTURE_VARIANT_ADD(sweep, behaviour)
{
	.plan = {
		.name = "behaviour", .faults = odd_behaviour, .n = ARRAY_SIZE(odd_behaviour),
		.scenario = "regions", .all = true,
	},
};

TEST_F_TIMEOUT(sweep, points, SWEEP_TIMEOUT)
{
	EXPECT_TRUE(sweep_all(variant->plan));
}

GUNYAH_TEST_MAIN
