/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver's files that parse messages and devicetrees take from the
 * kernel, for a program with one thread
 *
 * The Makefile makes a header of each name that they include, and all of these
 * include this one.
 */
#ifndef GUNYAH_FUZZ_SHIM_H
#define GUNYAH_FUZZ_SHIM_H

#include <asm-generic/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint16_t __le16;
typedef uint32_t __le32;
typedef uint64_t __le64;
typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef int32_t __s32;
typedef uint64_t __u64;

#define __user
#define __aligned(n)		__attribute__((aligned(n)))
#define __maybe_unused		__attribute__((unused))
#define __packed		__attribute__((packed))
#define fallthrough		__attribute__((fallthrough))
#define IS_ENABLED(option)	0

/* Numbers; the build machine is little endian */
#define cpu_to_le16(x)		((u16)(x))
#define cpu_to_le32(x)		((u32)(x))
#define cpu_to_le64(x)		((u64)(x))
#define le16_to_cpu(x)		(x)
#define le32_to_cpu(x)		(x)
#define le64_to_cpu(x)		(x)
#define le32_to_cpup(p)		(*(p))

#define SHIM_GET(name, type, swap)					\
static inline type get_unaligned_##name(const void *p)			\
{									\
	type value;							\
									\
	memcpy(&value, p, sizeof(value));				\
	return swap(value);						\
}
SHIM_GET(le16, u16, )
SHIM_GET(le32, u32, )
SHIM_GET(le64, u64, )
SHIM_GET(be32, u32, __builtin_bswap32)
SHIM_GET(be64, u64, __builtin_bswap64)

#define BIT(n)			(1UL << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(!((x) & ((__typeof__(x))(a) - 1)))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define clamp(x, lo, hi)	((x) < (lo) ? (lo) : (x) > (hi) ? (hi) : (x))
#define swap(a, b)		do {					\
	__typeof__(a) __tmp = (a);					\
									\
	(a) = (b);							\
	(b) = __tmp;							\
} while (0)
#define check_add_overflow(a, b, sum)	__builtin_add_overflow(a, b, sum)
#define check_mul_overflow(a, b, prod)	__builtin_mul_overflow(a, b, prod)
static inline size_t shim_struct_size(size_t head, size_t entry, size_t n)
{
	size_t size;

	return __builtin_mul_overflow(entry, n, &size) ||
	       __builtin_add_overflow(head, size, &size) ? SIZE_MAX : size;
}
#define struct_size(p, member, n)					\
	shim_struct_size(sizeof(*(p)), sizeof((p)->member[0]), n)
#define container_of(p, type, member)					\
	((type *)((char *)(p) - offsetof(type, member)))
#define static_assert(...)	SHIM_ASSERT(__VA_ARGS__, "")
#define SHIM_ASSERT(cond, ...)	_Static_assert(cond, "")
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))

/* A warning is a finding */
#define WARN_ON_ONCE(cond)	((cond) ? abort(), true : false)
#define pr_warn(...)		shim_print(__VA_ARGS__)
#define pr_info(...)		shim_print(__VA_ARGS__)
#define pr_err(...)		shim_print(__VA_ARGS__)
#define pr_warn_ratelimited(...)	shim_print(__VA_ARGS__)
__attribute__((format(printf, 1, 2)))
static inline void shim_print(const char *format, ...) { (void)format; }

/* Memory. The nth allocation fails, see shim_fail_alloc. */
#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
extern unsigned int shim_fail_alloc;
static inline void *shim_alloc(size_t size)
{
	if (shim_fail_alloc && !--shim_fail_alloc)
		return NULL;
	return calloc(1, size);
}
#define kzalloc(size, flags)		shim_alloc(size)
#define kvmalloc(size, flags)		shim_alloc(size)
#define kvcalloc(n, size, flags)	shim_alloc((size_t)(n) * (size))
#define kfree(p)			free((void *)(p))
#define kvfree(p)			free((void *)(p))
static inline void *kvmemdup(const void *from, size_t len, int flags)
{
	void *p = shim_alloc(len);

	(void)flags;
	return p ? memcpy(p, from, len) : NULL;
}
#define PAGE_SHIFT		12
#define PAGE_ALIGNED(x)		IS_ALIGNED((u64)(x), 1 << PAGE_SHIFT)
#define strnlen(s, n)		strnlen((const char *)(s), n)
#define PFN_PHYS(pfn)		((u64)(pfn) << PAGE_SHIFT)
#define ERR_PTR(error)		((void *)(long)(error))
#define IS_ERR(p)		((unsigned long)(p) >= -4095UL)

/* linux/cleanup.h */
#define __free(name)		__attribute__((cleanup(__free_##name)))
#define DEFINE_FREE(name, type, code)					\
static inline void __free_##name(void *p)				\
{									\
	type _T = *(type *)p;						\
									\
	code;								\
}
DEFINE_FREE(kfree, void *, free(_T))
DEFINE_FREE(kvfree, void *, free(_T))
static inline void *shim_take(void *p)
{
	void *value = *(void **)p;

	*(void **)p = NULL;
	return value;
}
#define no_free_ptr(p)		((__typeof__(p))shim_take(&(p)))

/* Locks: taking one twice, and freeing one that is not held, is a finding */
typedef struct { bool held; } spinlock_t;
struct mutex { bool held; };
#define spin_lock_init(lock)	((lock)->held = false)
#define mutex_init(lock)	((lock)->held = false)
#define lockdep_assert_held(lock)	((lock)->held ? (void)0 : abort())
static inline bool *shim_lock(bool *held)
{
	if (*held)
		abort();
	*held = true;
	return held;
}
static inline void shim_unlock(bool **held)
{
	if (*held && !**held)
		abort();
	if (*held)
		**held = false;
}
#define SHIM_JOIN2(a, b)	a##b
#define SHIM_JOIN(a, b)		SHIM_JOIN2(a, b)
#define SHIM_SCOPE(name)						\
	bool *name __attribute__((cleanup(shim_unlock), unused))
#define guard(kind)		SHIM_GUARD_
#define SHIM_GUARD_(lock)						\
	SHIM_SCOPE(SHIM_JOIN(scope, __LINE__)) = shim_lock(&(lock)->held)
#define scoped_guard(kind, lock)					\
	for (SHIM_SCOPE(scope) = shim_lock(&(lock)->held), *once = scope; \
	     once; once = NULL)

/* References, completions, time, work */
struct kref { int count; };
typedef struct { int count; } refcount_t;
#define kref_init(ref)			((ref)->count = 1)
#define kref_get(ref)			((ref)->count++)
#define kref_put(ref, release)		(--(ref)->count ? 0 : (release(ref), 1))
#define refcount_set(ref, n)		((ref)->count = (n))
#define refcount_inc_not_zero(ref)	((ref)->count ? (ref)->count++ : 0)
#define refcount_dec_and_test(ref)	(!--(ref)->count)
struct completion { bool done; };
#define init_completion(c)		((c)->done = false)
#define complete(c)			((c)->done = true)
#define wait_for_completion(c)		((c)->done ? (void)0 : abort())
unsigned long wait_for_completion_timeout(struct completion *done,
					  unsigned long left);
extern unsigned long jiffies;
#define HZ			250
#define MSEC_PER_SEC		1000
#define msecs_to_jiffies(ms)	(((unsigned long)(ms) + 3) / 4)
#define cond_resched()		((void)0)
#define get_random_u16()	((u16)7)
struct work_struct { void (*fn)(struct work_struct *work); bool queued; };
#define INIT_WORK(work, f)	((work)->fn = (f), (work)->queued = false)
#define queue_work(queue, work)	((work)->queued = true)
#define cancel_work_sync(work)	((work)->queued = false)

#define module_param_named(name, variable, type, mode)
#define MODULE_PARM_DESC(name, text)

/* Lists */
struct list_head { struct list_head *next, *prev; };
static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}
static inline void list_add_tail(struct list_head *entry,
				 struct list_head *head)
{
	entry->next = head;
	entry->prev = head->prev;
	head->prev->next = entry;
	head->prev = entry;
}
static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
}
#define list_for_each_entry(p, head, member)				\
	for (p = container_of((head)->next, __typeof__(*p), member);	\
	     &p->member != (head);					\
	     p = container_of(p->member.next, __typeof__(*p), member))
#define list_for_each_entry_safe(p, n, head, member)			\
	for (p = container_of((head)->next, __typeof__(*p), member),	\
	     n = container_of(p->member.next, __typeof__(*p), member);	\
	     &p->member != (head);					\
	     p = n,							\
	     n = container_of(n->member.next, __typeof__(*n), member))
struct miscdevice { int minor; };

/* trace.h: every event is a function that does nothing */
#define TP_PROTO(...)		__VA_ARGS__
#define TRACE_EVENT(name, proto, ...)					\
static inline void __maybe_unused trace_##name(proto) {}
#define DECLARE_EVENT_CLASS(name, ...)
#define DEFINE_EVENT(class, name, proto, ...)				\
static inline void __maybe_unused trace_##name(proto) {}

#endif /* GUNYAH_FUZZ_SHIM_H */
