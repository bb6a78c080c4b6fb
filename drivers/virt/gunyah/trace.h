/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of the Gunyah driver: integers only, no content of guest memory
 */

#undef TRACE_SYSTEM
#define TRACE_SYSTEM gunyah

#if !defined(_GUNYAH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _GUNYAH_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#define gunyah_show_rm_msg(id)						\
	__print_symbolic(id,						\
		{ 0x00000000, "PING" },					\
		{ 0x51000012, "MEM_LEND" },				\
		{ 0x51000013, "MEM_SHARE" },				\
		{ 0x51000015, "MEM_RECLAIM" },				\
		{ 0x51000017, "MEM_NOTIFY" },				\
		{ 0x51000018, "MEM_APPEND" },				\
		{ 0x56000001, "VM_ALLOC_VMID" },			\
		{ 0x56000002, "VM_DEALLOC_VMID" },			\
		{ 0x56000004, "VM_START" },				\
		{ 0x56000005, "VM_STOP" },				\
		{ 0x56000006, "VM_RESET" },				\
		{ 0x56000009, "VM_CONFIG_IMAGE" },			\
		{ 0x5600000b, "VM_INIT" },				\
		{ 0x56000017, "VM_GET_STATE" },				\
		{ 0x56000019, "VM_GET_CRASH_MSG" },			\
		{ 0x56000020, "VM_GET_HYP_RESOURCES" },			\
		{ 0x56000024, "VM_GET_VMID" },				\
		{ 0x56000030, "VM_SET_TIME_BASE" },			\
		{ 0x56000031, "VM_SET_BOOT_CONTEXT" },			\
		{ 0x56000032, "VM_SET_FIRMWARE_MEM" },			\
		{ 0x56000033, "VM_SET_DEMAND_PAGING" },			\
		{ 0x56000034, "VM_SET_ADDRESS_LAYOUT" })

#define gunyah_show_rm_notification(id)					\
	__print_symbolic(id,						\
		{ 0x51100011, "MEM_SHARED" },				\
		{ 0x51100012, "MEM_RELEASED" },				\
		{ 0x51100013, "MEM_ACCEPTED" },				\
		{ 0x51100014, "MEM_RECALL" },				\
		{ 0x56100001, "VM_EXITED" },				\
		{ 0x56100002, "VM_SHUTDOWN" },				\
		{ 0x56100008, "VM_STATUS" },				\
		{ 0x56100011, "VM_IRQ_LENT" },				\
		{ 0x56100012, "VM_IRQ_RELEASED" },			\
		{ 0x56100013, "VM_IRQ_ACCEPTED" },			\
		{ 0x56100080, "VM_CONSOLE_CHARS" })

#define gunyah_show_rm_error(error)					\
	__print_symbolic(error,						\
		{ 0x00000000, "OK" },					\
		{ 0x00000001, "NOMEM" },				\
		{ 0x00000002, "NORESOURCE" },				\
		{ 0x00000003, "DENIED" },				\
		{ 0x00000004, "MSG_INVALID" },				\
		{ 0x00000005, "BUSY" },					\
		{ 0x00000006, "ARG_INVALID" },				\
		{ 0x00000007, "HANDLE_INVALID" },			\
		{ 0x00000008, "VALIDATE_FAILED" },			\
		{ 0x00000009, "MAP_FAILED" },				\
		{ 0x0000000a, "MEM_INVALID" },				\
		{ 0x0000000b, "MEM_INUSE" },				\
		{ 0x0000000c, "MEM_RELEASED" },				\
		{ 0x0000000d, "VMID_INVALID" },				\
		{ 0x0000000e, "LOOKUP_FAILED" },			\
		{ 0x0000000f, "IRQ_INVALID" },				\
		{ 0x00000010, "IRQ_INUSE" },				\
		{ 0x00000011, "IRQ_RELEASED" },				\
		{ 0x00000012, "IN_USE" },				\
		{ 0x00000013, "IRQ_NOT_MAPPED" },			\
		{ 0x00000014, "VM_STATE" },				\
		{ 0xffffffff, "UNIMPLEMENTED" })

/* In the order of enum gunyah_rm_bad_packet */
#define gunyah_show_rm_bad_packet(reason)				\
	__print_symbolic(reason,					\
		{ 0, "too short" },					\
		{ 1, "too long" },					\
		{ 2, "unknown version" },				\
		{ 3, "a request" },					\
		{ 4, "too many fragments" },				\
		{ 5, "fragment without a message" },			\
		{ 6, "fragment of another message" },			\
		{ 7, "fragment is too short" },				\
		{ 8, "message is incomplete" },				\
		{ 9, "reply without a call" },				\
		{ 10, "reply without error code" })

/*
 * rm.c: calls to the resource manager
 */

TRACE_EVENT(gunyah_rm_call_begin,
	TP_PROTO(u32 msg_id, u16 seq, size_t len),
	TP_ARGS(msg_id, seq, len),
	TP_STRUCT__entry(
		__field(u32, msg_id)
		__field(u16, seq)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->msg_id = msg_id;
		__entry->seq = seq;
		__entry->len = len;
	),
	TP_printk("seq=%u msg=%s (0x%08x) len=%u", __entry->seq,
		  gunyah_show_rm_msg(__entry->msg_id), __entry->msg_id,
		  __entry->len)
);

TRACE_EVENT(gunyah_rm_call_end,
	TP_PROTO(u32 msg_id, u16 seq, u32 rm_error, int ret),
	TP_ARGS(msg_id, seq, rm_error, ret),
	TP_STRUCT__entry(
		__field(u32, msg_id)
		__field(u32, rm_error)
		__field(int, ret)
		__field(u16, seq)
	),
	TP_fast_assign(
		__entry->msg_id = msg_id;
		__entry->rm_error = rm_error;
		__entry->ret = ret;
		__entry->seq = seq;
	),
	TP_printk("seq=%u msg=%s (0x%08x) rm_error=%s (0x%x) ret=%d",
		  __entry->seq, gunyah_show_rm_msg(__entry->msg_id),
		  __entry->msg_id, gunyah_show_rm_error(__entry->rm_error),
		  __entry->rm_error, __entry->ret)
);

TRACE_EVENT(gunyah_rm_notification,
	TP_PROTO(u32 msg_id, size_t len),
	TP_ARGS(msg_id, len),
	TP_STRUCT__entry(
		__field(u32, msg_id)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->msg_id = msg_id;
		__entry->len = len;
	),
	TP_printk("msg=%s (0x%08x) len=%u",
		  gunyah_show_rm_notification(__entry->msg_id),
		  __entry->msg_id, __entry->len)
);

TRACE_EVENT(gunyah_rm_bad_packet,
	TP_PROTO(int reason, size_t len),
	TP_ARGS(reason, len),
	TP_STRUCT__entry(
		__field(int, reason)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->reason = reason;
		__entry->len = len;
	),
	TP_printk("reason=%s (%d) len=%u",
		  gunyah_show_rm_bad_packet(__entry->reason), __entry->reason,
		  __entry->len)
);

/*
 * vm.c, parcel.c, vcpu.c: state of VMs, memory, vCPUs
 */

#define gunyah_show_vm_state(state)					\
	__print_symbolic(state,						\
		{ 0, "NEW" }, { 1, "STARTING" }, { 2, "RUNNING" },	\
		{ 3, "EXITED" }, { 4, "FAILED" })

TRACE_EVENT(gunyah_vm_state,
	TP_PROTO(u16 vmid, u32 state, int ret),
	TP_ARGS(vmid, state, ret),
	TP_STRUCT__entry(
		__field(u16, vmid)
		__field(u32, state)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->vmid = vmid;
		__entry->state = state;
		__entry->ret = ret;
	),
	TP_printk("vmid=%u state=%s ret=%d", __entry->vmid,
		  gunyah_show_vm_state(__entry->state), __entry->ret)
);

TRACE_EVENT(gunyah_mem_parcel,
	TP_PROTO(u16 vmid, u32 label, u32 handle, bool lent, u64 entries,
		 u64 size, int ret),
	TP_ARGS(vmid, label, handle, lent, entries, size, ret),
	TP_STRUCT__entry(
		__field(u64, entries)
		__field(u64, size)
		__field(u32, label)
		__field(u32, handle)
		__field(int, ret)
		__field(u16, vmid)
		__field(bool, lent)
	),
	TP_fast_assign(
		__entry->entries = entries;
		__entry->size = size;
		__entry->label = label;
		__entry->handle = handle;
		__entry->ret = ret;
		__entry->vmid = vmid;
		__entry->lent = lent;
	),
	TP_printk("vmid=%u label=%u handle=0x%x %s entries=%llu size=0x%llx ret=%d",
		  __entry->vmid, __entry->label, __entry->handle,
		  __entry->lent ? "lent" : "shared", __entry->entries,
		  __entry->size, __entry->ret)
);

TRACE_EVENT(gunyah_mem_reclaim,
	TP_PROTO(u16 vmid, u32 handle, int ret),
	TP_ARGS(vmid, handle, ret),
	TP_STRUCT__entry(
		__field(u32, handle)
		__field(int, ret)
		__field(u16, vmid)
	),
	TP_fast_assign(
		__entry->handle = handle;
		__entry->ret = ret;
		__entry->vmid = vmid;
	),
	TP_printk("vmid=%u handle=0x%x ret=%d", __entry->vmid,
		  __entry->handle, __entry->ret)
);

/* paging.c */

TRACE_EVENT(gunyah_page_fault,
	TP_PROTO(u16 vmid, u64 addr, int ret),
	TP_ARGS(vmid, addr, ret),
	TP_STRUCT__entry(
		__field(u64, addr)
		__field(int, ret)
		__field(u16, vmid)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->ret = ret;
		__entry->vmid = vmid;
	),
	TP_printk("vmid=%u addr=0x%llx ret=%d", __entry->vmid, __entry->addr,
		  __entry->ret)
);

TRACE_EVENT(gunyah_page_back,
	TP_PROTO(u16 vmid, u64 addr, u64 size, int ret),
	TP_ARGS(vmid, addr, size, ret),
	TP_STRUCT__entry(
		__field(u64, addr)
		__field(u64, size)
		__field(int, ret)
		__field(u16, vmid)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->size = size;
		__entry->ret = ret;
		__entry->vmid = vmid;
	),
	TP_printk("vmid=%u addr=0x%llx size=0x%llx ret=%d", __entry->vmid,
		  __entry->addr, __entry->size, __entry->ret)
);

TRACE_EVENT(gunyah_mem_busy,
	TP_PROTO(unsigned long pfn, u64 offset, int refs),
	TP_ARGS(pfn, offset, refs),
	TP_STRUCT__entry(
		__field(u64, offset)
		__field(unsigned long, pfn)
		__field(int, refs)
	),
	TP_fast_assign(
		__entry->offset = offset;
		__entry->pfn = pfn;
		__entry->refs = refs;
	),
	TP_printk("offset=0x%llx pfn=0x%lx refs=%d", __entry->offset,
		  __entry->pfn, __entry->refs)
);

/* In the order of enum gunyah_vcpu_state */
#define gunyah_show_vcpu_state(state)					\
	__print_symbolic(state,						\
		{ 0, "READY" }, { 1, "EXPECTS_WAKEUP" },		\
		{ 2, "POWERED_OFF" }, { 3, "BLOCKED" },			\
		{ 4, "MMIO_READ" }, { 5, "MMIO_WRITE" },		\
		{ 6, "FAULT" }, { 7, "PAGE_FAULT" },			\
		{ 0x100, "SYSTEM_RESET" })

TRACE_EVENT(gunyah_vcpu_exit,
	TP_PROTO(u16 vmid, u32 vcpu, u32 error, u64 state, u64 data0,
		 u64 data1),
	TP_ARGS(vmid, vcpu, error, state, data0, data1),
	TP_STRUCT__entry(
		__field(u64, state)
		__field(u64, data0)
		__field(u64, data1)
		__field(u32, vcpu)
		__field(u32, error)
		__field(u16, vmid)
	),
	TP_fast_assign(
		__entry->state = state;
		__entry->data0 = data0;
		__entry->data1 = data1;
		__entry->vcpu = vcpu;
		__entry->error = error;
		__entry->vmid = vmid;
	),
	TP_printk("vmid=%u vcpu=%u error=%u state=%s (0x%llx) data=0x%llx,0x%llx",
		  __entry->vmid, __entry->vcpu, __entry->error,
		  gunyah_show_vcpu_state(__entry->state), __entry->state,
		  __entry->data0, __entry->data1)
);

/*
 * irqfd.c, ioeventfd.c. The errors are those of enum gunyah_error.
 */

DECLARE_EVENT_CLASS(gunyah_irqfd,
	TP_PROTO(u16 vmid, u32 label, int error),
	TP_ARGS(vmid, label, error),
	TP_STRUCT__entry(
		__field(u32, label)
		__field(int, error)
		__field(u16, vmid)
	),
	TP_fast_assign(
		__entry->label = label;
		__entry->error = error;
		__entry->vmid = vmid;
	),
	TP_printk("vmid=%u label=%u error=%d", __entry->vmid, __entry->label,
		  __entry->error)
);

DEFINE_EVENT(gunyah_irqfd, gunyah_irqfd_ring,
	TP_PROTO(u16 vmid, u32 label, int error),
	TP_ARGS(vmid, label, error));

DEFINE_EVENT(gunyah_irqfd, gunyah_irqfd_mask,
	TP_PROTO(u16 vmid, u32 label, int error),
	TP_ARGS(vmid, label, error));

TRACE_EVENT(gunyah_ioeventfd,
	TP_PROTO(u16 vmid, u64 addr, u32 len),
	TP_ARGS(vmid, addr, len),
	TP_STRUCT__entry(
		__field(u64, addr)
		__field(u32, len)
		__field(u16, vmid)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->len = len;
		__entry->vmid = vmid;
	),
	TP_printk("vmid=%u addr=0x%llx len=%u", __entry->vmid, __entry->addr,
		  __entry->len)
);

#endif /* _GUNYAH_TRACE_H */

/* This part must be outside protection */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
