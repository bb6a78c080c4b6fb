// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protections of lent memory that a test can turn off
 */

#include <linux/compiler.h>
#include <linux/moduleparam.h>

#include "weaken.h"

static uint weaken;
module_param(weaken, uint, 0600);
MODULE_PARM_DESC(weaken, "For tests only: protections of lent memory to leave out");

/**
 * gunyah_weakened() - whether a protection is turned off
 * @what: the protection
 *
 * Context: Any.
 * Return: true if a test wants to see what happens without it.
 */
bool gunyah_weakened(enum gunyah_weaken what)
{
	return READ_ONCE(weaken) & what;
}
