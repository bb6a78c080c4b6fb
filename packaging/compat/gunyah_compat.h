/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver uses of Linux 6.12 and Debian's 6.1 does not have
 *
 * Included in front of each file of the module package, and nowhere else. Each
 * substitute does what the function of that name does in 6.12, as far as the
 * driver needs it.
 */

#ifndef _GUNYAH_COMPAT_H
#define _GUNYAH_COMPAT_H

/* As in each file of the driver, which is too late if headers come before it */
#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "the module package is for Linux 6.1 and 6.12"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)

#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/rcuwait.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))

#define MAX_PAGE_ORDER		(MAX_ORDER - 1)

#define overflows_type(n, type)	((n) != (type)(n))

static inline void *kvmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kvmalloc(len, gfp);

	if (copy)
		memcpy(copy, src, len);
	return copy;
}

/* The mmap_lock is held for writing, or nobody else has the VMA yet */
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vma->vm_flags &= ~flags;
}

#define eventfd_signal(ctx)	eventfd_signal(ctx, 1)

/* Nobody asks for the pages' VMAs */
#define get_user_pages(start, nr, flags, pages) \
	get_user_pages(start, nr, flags, pages, NULL)
#define pin_user_pages(start, nr, flags, pages) \
	pin_user_pages(start, nr, flags, pages, NULL)

/*
 * Pages to be pinned for long are faulted in first if userfaultfd has to bring
 * them: 6.1 would not wait. What may only be read is copied first, as if it were
 * written, unless it is shared: it would be another page after a write.
 */
static inline int gunyah_pin_user_pages(unsigned long start, int nr,
					unsigned int flags, struct page **pages)
{
	int ret, forced;

	ret = pin_user_pages_fast(start, nr, flags, pages);
	if (ret == -EFAULT && flags & FOLL_LONGTERM) {
		nr = get_user_pages_unlocked(start, nr, pages,
					     flags & FOLL_WRITE);
		if (nr <= 0)
			return nr ?: -EFAULT;
		release_pages(pages, nr);
		ret = pin_user_pages_fast(start, nr, flags, pages);
	}
	if (ret <= 0 || (flags & (FOLL_LONGTERM | FOLL_WRITE)) != FOLL_LONGTERM)
		return ret;
	unpin_user_pages(pages, ret);
	forced = pin_user_pages_fast(start, ret, flags | FOLL_WRITE | FOLL_FORCE,
				     pages);
	return forced != -EFAULT ? forced :
		pin_user_pages_fast(start, ret, flags, pages);
}

#define pin_user_pages_fast gunyah_pin_user_pages

static inline struct file *get_file_active(struct file **place)
{
	struct file *file;

	rcu_read_lock();
	file = READ_ONCE(*place);
	if (file && !get_file_rcu(file))
		file = NULL;
	rcu_read_unlock();
	return file;
}

/*
 * A file with an inode of its own, on the file system of the anonymous inodes,
 * which a file without one leads to.
 */
static inline struct file *
anon_inode_create_getfile(const char *name, const struct file_operations *fops,
			  void *priv, int flags, const struct inode *context)
{
	static const struct file_operations guide_fops;
	struct file *guide, *file;
	struct inode *inode;

	guide = anon_inode_getfile(name, &guide_fops, NULL, flags);
	if (IS_ERR(guide))
		return guide;
	inode = alloc_anon_inode(file_inode(guide)->i_sb);
	if (IS_ERR(inode)) {
		file = ERR_CAST(inode);
		goto out;
	}
	inode->i_flags &= ~S_PRIVATE;
	__module_get(fops->owner);
	file = alloc_file_pseudo(inode, guide->f_path.mnt, name,
				 flags & (O_ACCMODE | O_NONBLOCK), fops);
	if (IS_ERR(file)) {
		iput(inode);
		module_put(fops->owner);
	} else {
		file->f_mapping = inode->i_mapping;
		file->private_data = priv;
	}
out:
	fput(guide);
	return file;
}

#define rcuwait_wait_event_timeout(w, condition, state, timeout)	\
({									\
	struct rcuwait *__w = (w);					\
	long __ret = (timeout);						\
									\
	prepare_to_rcuwait(__w);					\
	for (;;) {							\
		set_current_state(state);				\
		if (___wait_cond_timeout(condition))			\
			break;						\
		if (signal_pending_state(state, current)) {		\
			__ret = -EINTR;					\
			break;						\
		}							\
		__ret = schedule_timeout(__ret);			\
	}								\
	finish_rcuwait(__w);						\
	__ret;								\
})

DEFINE_CLASS(mutex_intr, struct mutex *, if (_T) mutex_unlock(_T),
	     mutex_lock_interruptible(_T) ? NULL : _T, struct mutex *_T)

#define scoped_cond_guard(name, fail, args...)				\
	for (CLASS(name, scope)(args), *done = NULL; !done;		\
	     done = (void *)1)						\
		if (!scope)						\
			fail;						\
		else

#endif /* before 6.12 */

#endif /* _GUNYAH_COMPAT_H */
