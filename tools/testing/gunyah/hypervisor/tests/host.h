/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs at EL1 in the place of Linux: hypercalls, and requests to the
 * resource manager
 */
#ifndef GUNYAH_TEST_HOST_H
#define GUNYAH_TEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../include/gunyah_testctl.h"
#include "../../rm/rm.h"
#include "../../rm/rm_wire.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define NO_REPLY	0xdeaddeadu

/* host.S */
void hvc(u64 *regs);
u64 semihosting(u64 op, const void *arg);
extern u64 host_aborts[2];	/* number, syndrome of the last one */
extern const u8 vm_dtb[], vm_dtb_end[];

/* host.c */
extern u64 result[8];		/* registers after the last hypercall */
extern u8 body[1024];		/* of the last reply */
extern u32 failures;

u64 gunyah_call(u32 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g);
u32 rm_call(u32 id, const void *payload, size_t len);
u32 rm_call_vm(u32 id, u16 vmid);
bool wait_status(u8 state);
u64 testctl(u32 offset);
void set_testctl(u32 offset, u64 val);
void check(const char *file, int line, const char *what, u64 got, u64 want);
void begin(const char *name);

#define CHECK_EQ(a, b)	check(__FILE__, __LINE__, #a, a, b)

/* The test */
void host_test(void);

static inline void write64(u64 addr, u64 val)
{
	*(volatile u64 *)addr = val;
}

static inline u64 read64(u64 addr)
{
	return *(volatile u64 *)addr;
}

#endif /* GUNYAH_TEST_HOST_H */
