/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the resource manager model takes from <stdbool.h>
 */

#ifndef _GUNYAH_MOCK_STDBOOL_H
#define _GUNYAH_MOCK_STDBOOL_H

#include <linux/types.h>

#endif /* _GUNYAH_MOCK_STDBOOL_H */
