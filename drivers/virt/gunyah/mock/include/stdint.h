/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the resource manager model takes from <stdint.h>
 */

#ifndef _GUNYAH_MOCK_STDINT_H
#define _GUNYAH_MOCK_STDINT_H

#include <linux/limits.h>
#include <linux/types.h>

#define UINT16_MAX	U16_MAX
#define UINT32_MAX	U32_MAX
#define UINT64_MAX	U64_MAX

#endif /* _GUNYAH_MOCK_STDINT_H */
