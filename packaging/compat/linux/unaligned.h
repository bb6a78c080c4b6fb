/* SPDX-License-Identifier: GPL-2.0-only */
/* The name that Linux 6.12 has for it */
#include <asm/unaligned.h>
