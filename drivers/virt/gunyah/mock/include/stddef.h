/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the resource manager model takes from <stddef.h>
 */

#ifndef _GUNYAH_MOCK_STDDEF_H
#define _GUNYAH_MOCK_STDDEF_H

#include <linux/stddef.h>
#include <linux/types.h>

#endif /* _GUNYAH_MOCK_STDDEF_H */
