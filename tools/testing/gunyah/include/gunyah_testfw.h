/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware of protected VMs that the test hypervisor has with
 * gunyah_hyp.firmware=ready
 *
 * It leaves a record of how it was started in its own memory, and goes on with
 * the image at the address in X1, with all registers but X3 to X5 as they were. A
 * VM in which something is wrong with it ends by SYSTEM_RESET2 with the reset type
 * GH_TESTFW_FAILED.
 */
#ifndef GUNYAH_TESTFW_H
#define GUNYAH_TESTFW_H

#define GH_TESTFW_SIZE		0x2000
#define GH_TESTFW_FAILED	0x80000bad

/* The record, offsets from the start of the firmware */
#define GH_TESTFW_X0		0x800
#define GH_TESTFW_X1		0x808
#define GH_TESTFW_X2		0x810
#define GH_TESTFW_ADDRESS	0x818	/* where it has run */
#define GH_TESTFW_EL		0x820	/* CurrentEL */
#define GH_TESTFW_RUNS		0x828	/* incremented: 0 in the image */

/* Its last 8 bytes */
#define GH_TESTFW_END		(GH_TESTFW_SIZE - 8)
#define GH_TESTFW_END_VALUE	0x656e696665687420

#endif /* GUNYAH_TESTFW_H */
