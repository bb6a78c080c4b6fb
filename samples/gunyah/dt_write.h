/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a devicetree from front to back
 */
#ifndef GUNYAH_VMM_DT_WRITE_H
#define GUNYAH_VMM_DT_WRITE_H

#include <linux/types.h>

#include "gunyah_vmm.h"

#define GIC_PHANDLE	1
#define CLOCK_PHANDLE	2
#define POOL_PHANDLE	3

/* Types of interrupts */
#define SPI		0
#define EDGE_RISING	1

/* A property from an array */
#define PUT_U32S(dt, name, values) \
	put_u32s(dt, name, values, sizeof(values) / sizeof((values)[0]))
#define PUT_U64S(dt, name, values) \
	put_u64s(dt, name, values, sizeof(values) / sizeof((values)[0]))
/* A property from a string literal with several strings, separated by \0 */
#define PUT_STRINGS(dt, name, values) \
	put_bytes(dt, name, values, sizeof(values))

void begin(void *dt, const char *name);
void begin_at(void *dt, const char *name, __u64 addr);
void end(void *dt);
void put_bytes(void *dt, const char *name, const void *bytes, int size);
void put_empty(void *dt, const char *name);
void put_string(void *dt, const char *name, const char *value);
void put_u32(void *dt, const char *name, __u32 value);
void put_u32s(void *dt, const char *name, const __u32 *values, int count);
void put_u64s(void *dt, const char *name, const __u64 *values, int count);

#endif /* GUNYAH_VMM_DT_WRITE_H */
