/* SPDX-License-Identifier: GPL-2.0-only */
/* What libfdt takes from <stdlib.h>; see lib.c */
#ifndef HYP_STDLIB_H
#define HYP_STDLIB_H

unsigned long strtoul(const char *s, char **end, int base);

#endif /* HYP_STDLIB_H */
