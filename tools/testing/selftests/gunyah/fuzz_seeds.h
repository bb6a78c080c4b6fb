/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs for gunyah_fuzz.c, as fuzz_print() writes them: what it begins with,
 * and what has found something once
 */
#ifndef GUNYAH_TEST_FUZZ_SEEDS_H
#define GUNYAH_TEST_FUZZ_SEEDS_H

static const char *const fuzz_seeds[] = {
	/* A VM that runs, in lent memory */
	"map 0 0 200000; image 0 1; create_vm; region 0 5 f 80000000 200000; "
	"dtb 0 80008000 8000; vcpu; run_page; start; run 0 7; stop 0 1",
	/* In shared memory, with two vCPUs, and functions of all kinds */
	"map 0 3 200000; image 0 2; create_vm; region 0 5 7 80000000 200000; "
	"dtb 0 80008000 8000; vcpu; vcpu 0 1 1; run_page; event; "
	"irqfd 0 0 14; event 1; ioeventfd 0 1 1000 4 1 2; start; sync; "
	"run 0 7; run@1 1 7; event_write@2 0 1; remove_irqfd@2 0 14; "
	"remove_ioeventfd@2 0 1000 4 1 2; remove_vcpu@2 0 1; stop@2",
	/* A memory file, mapped twice, lent by a region of a running VM */
	"map 0 0 200000; image 0 3; create_file 0 10000; map_file 1 0 10000; "
	"map_file 2 0 10000; create_vm; region 0 5 f 80000000 200000; "
	"dtb 0 80008000 8000; vcpu; start; sync; "
	"region@1 0 6 f 100000000 10000 1; touch@2 2 0 1 1; run 0 3; "
	"get_region@1 0 6; remove_region@1 0 6; close@2 200",
	/* Everything is closed while it starts */
	"map 0 1 200000; image 0 4; create_vm; region 0 5 f 80000000 200000; "
	"dtb 0 80008000 8000; vcpu; sync; start; close@1; close@2 100",
	/* A copy of the process has a VM in lent memory */
	"map 0 0 200000; image 0 5; create_vm; region 0 5 f 80000000 200000; "
	"dtb 0 80008000 8000; vcpu; run_page; start; fork 2; "
	"fork 4; fork@1 b; memory@2 0 0 10000 8; touch@2",
};

#endif /* GUNYAH_TEST_FUZZ_SEEDS_H */
