/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's libfdt, under the name that it has elsewhere
 */

#ifndef _GUNYAH_MOCK_LIBFDT_H
#define _GUNYAH_MOCK_LIBFDT_H

#include <linux/libfdt.h>

#endif /* _GUNYAH_MOCK_LIBFDT_H */
