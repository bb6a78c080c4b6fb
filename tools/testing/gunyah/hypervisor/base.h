/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor: types, registers, and what a C library would have
 */
#ifndef GUNYAH_TEST_BASE_H
#define GUNYAH_TEST_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../rm/rm.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define PAGE_SHIFT		12
#define PAGE_SIZE		BIT(PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT(n)			(1UL << (n))
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (63 - (h))))
#define min(a, b) ({						\
	__typeof__(a) a_ = (a);					\
	__typeof__(b) b_ = (b);					\
	a_ < b_ ? a_ : b_;					\
})
#define max(a, b) ({						\
	__typeof__(a) a_ = (a);					\
	__typeof__(b) b_ = (b);					\
	a_ > b_ ? a_ : b_;					\
})
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define __unused		__attribute__((unused))
#define __noreturn		__attribute__((noreturn))
#define __aligned(n)		__attribute__((aligned(n)))
#define __printf(a, b)		__attribute__((format(printf, a, b)))

/* System registers by their architectural (or S3_..) name */
#define read_sysreg(r) ({					\
	u64 val_;						\
	asm volatile("mrs %0, " #r : "=r" (val_));		\
	val_;							\
})
#define write_sysreg(v, r) do {					\
	u64 val_ = (u64)(v);					\
								\
	asm volatile("msr " #r ", %x0" : : "rZ" (val_) : "memory"); \
} while (0)

static inline void isb(void)
{
	asm volatile("isb" : : : "memory");
}

static inline void dsb_nsh(void)
{
	asm volatile("dsb nsh" : : : "memory");
}

static inline void dsb_ish(void)
{
	asm volatile("dsb ish" : : : "memory");
}

static inline void dsb_ishst(void)
{
	asm volatile("dsb ishst" : : : "memory");
}

static inline u32 read32(u64 addr)
{
	return *(volatile u32 *)addr;
}

static inline u64 read64(u64 addr)
{
	return *(volatile u64 *)addr;
}

static inline void write32(u64 addr, u32 val)
{
	*(volatile u32 *)addr = val;
}

static inline void write64(u64 addr, u64 val)
{
	*(volatile u64 *)addr = val;
}

/* Error codes of the hypercall interface, as returned in x0 */
enum gh_error {
	GH_UNIMPLEMENTED	= -1,
	GH_RETRY		= -2,
	GH_OK			= 0,
	GH_ARG_INVALID		= 1,
	GH_ARG_SIZE		= 2,
	GH_ARG_ALIGN		= 3,
	GH_NOMEM		= 10,
	GH_NORESOURCES		= 11,
	GH_ADDR_OVERFLOW	= 20,
	GH_ADDR_UNDERFLOW	= 21,
	GH_ADDR_INVALID		= 22,
	GH_DENIED		= 30,
	GH_BUSY			= 31,
	GH_IDLE			= 32,
	GH_OBJECT_STATE		= 33,
	GH_OBJECT_CONFIG	= 34,
	GH_FAILURE		= 36,
	GH_VIRQ_BOUND		= 40,
	GH_VIRQ_NOT_BOUND	= 41,
	GH_CAP_NULL		= 50,
	GH_CAP_REVOKED		= 51,
	GH_CAP_WRONG_TYPE	= 52,
	GH_CAP_RIGHTS		= 53,
	GH_CAP_FULL		= 54,
	GH_MSGQ_EMPTY		= 60,
	GH_MSGQ_FULL		= 61,
	GH_NOT_OWNER		= 111,
	GH_MAPPINGS_FULL	= 120,
	GH_EXTENT_TYPE		= 121,
	GH_MAPPING_EXISTS	= 200,
};

/* lib.c, log.c */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *s, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
u64 random64(void);
u64 random_next(u64 *state);
void log_printf(const char *fmt, ...) __printf(1, 2);
void console_printf(const char *fmt, ...) __printf(1, 2);
void __noreturn panic(const char *fmt, ...) __printf(1, 2);

/* alloc.c: zeroed memory or NULL; multiples of a page are page aligned */
void alloc_init(u64 start, u64 end);
void *alloc(size_t size);
void free(void *ptr, size_t size);

#endif /* GUNYAH_TEST_BASE_H */
