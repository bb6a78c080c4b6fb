/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wire format of the resource manager's RPC protocol: numbers and accessors
 */
#ifndef GUNYAH_RM_WIRE_H
#define GUNYAH_RM_WIRE_H

#include <stdint.h>

/* Packets */
#define RM_HDR_SIZE		8
#define RM_HDR_VERSION		0x21	/* version 1, header of two words */
#define RM_PACKET_PAYLOAD	(RM_MSG_SIZE - RM_HDR_SIZE)
#define RM_MAX_FRAGMENTS	62	/* continuation packets of a message */
#define RM_MAX_PAYLOAD		((RM_MAX_FRAGMENTS + 1) * RM_PACKET_PAYLOAD)
#define RM_MAX_BODY		(RM_MAX_PAYLOAD - 4)	/* of a reply */
#define RM_LIST_MAX		512

/** enum rm_packet_type - types of packets */
enum rm_packet_type {
	RM_TYPE_CONTINUATION = 0,
	RM_TYPE_REQUEST = 1,
	RM_TYPE_REPLY = 2,
	RM_TYPE_NOTIFICATION = 3,
};

/** enum rm_error - errors in replies */
enum rm_error {
	RM_OK = 0,
	RM_ERR_UNIMPLEMENTED = 0xffffffff,
	RM_ERR_NOMEM = 1,
	RM_ERR_NORESOURCE = 2,
	RM_ERR_DENIED = 3,
	RM_ERR_MSG = 4,
	RM_ERR_BUSY = 5,
	RM_ERR_ARG = 6,
	RM_ERR_HANDLE = 7,
	RM_ERR_VALIDATE = 8,
	RM_ERR_MAP = 9,
	RM_ERR_MEM = 0xa,
	RM_ERR_MEM_INUSE = 0xb,
	RM_ERR_MEM_RELEASED = 0xc,
	RM_ERR_VMID = 0xd,
	RM_ERR_LOOKUP = 0xe,
	RM_ERR_IRQ = 0xf,
	RM_ERR_IRQ_INUSE = 0x10,
	RM_ERR_IRQ_RELEASED = 0x11,
	RM_ERR_VM_STATE = 0x14,
};

/* Messages */
#define RM_MEM_DONATE_ID	0x51000010
#define RM_MEM_ACCEPT_ID	0x51000011
#define RM_MEM_LEND_ID		0x51000012
#define RM_MEM_SHARE_ID		0x51000013
#define RM_MEM_RELEASE_ID	0x51000014
#define RM_MEM_RECLAIM_ID	0x51000015
#define RM_MEM_NOTIFY_ID	0x51000017
#define RM_MEM_APPEND_ID	0x51000018
#define RM_FW_MILESTONE_ID	0x51000020
#define RM_FW_SET_FIRMWARE_ID	0x51000021
#define RM_VM_ALLOC_ID		0x56000001
#define RM_VM_DEALLOC_ID	0x56000002
#define RM_VM_START_ID		0x56000004
#define RM_VM_STOP_ID		0x56000005
#define RM_VM_RESET_ID		0x56000006
#define RM_VM_CONFIG_ID		0x56000009
#define RM_VM_AUTH_ID		0x5600000a
#define RM_VM_INIT_ID		0x5600000b
#define RM_VM_GET_ID_ID		0x56000010
#define RM_VM_LOOKUP_URI_ID	0x56000011
#define RM_VM_LOOKUP_GUID_ID	0x56000012
#define RM_VM_LOOKUP_NAME_ID	0x56000013
#define RM_VM_GET_OWNER_ID	0x56000015
#define RM_VM_GET_STATE_ID	0x56000017
#define RM_VM_GET_CRASH_ID	0x56000019
#define RM_VM_GET_RESOURCES_ID	0x56000020
#define RM_VM_GET_VMID_ID	0x56000024
#define RM_VM_GET_PEERS_ID	0x56000025
#define RM_VM_SET_TIME_BASE_ID	0x56000030
#define RM_VM_SET_BOOT_ID	0x56000031
#define RM_VM_SET_FW_MEM_ID	0x56000032
#define RM_VM_SET_PAGING_ID	0x56000033
#define RM_VM_SET_LAYOUT_ID	0x56000034
#define RM_VM_IRQ_ACCEPT_ID	0x56000050
#define RM_VM_IRQ_LEND_ID	0x56000051
#define RM_VM_IRQ_RELEASE_ID	0x56000052
#define RM_VM_IRQ_RECLAIM_ID	0x56000053
#define RM_VM_IRQ_NOTIFY_ID	0x56000054
#define RM_VM_IRQ_UNMAP_ID	0x56000055
#define RM_VM_SET_STATUS_ID	0x56000080
#define RM_CONSOLE_OPEN_ID	0x56000081
#define RM_CONSOLE_CLOSE_ID	0x56000082
#define RM_CONSOLE_WRITE_ID	0x56000083
#define RM_CONSOLE_FLUSH_ID	0x56000084
#define RM_VM_EXIT_ID		0x56000085
#define RM_VM_SET_CRASH_ID	0x56000086
#define RM_HOST_GET_TYPE_ID	0x560000a0
#define RM_IPA_RESERVE_ID	0x560000b0

/* Notifications */
#define RM_N_MEM_SHARED		0x51100011
#define RM_N_MEM_RELEASED	0x51100012
#define RM_N_MEM_ACCEPTED	0x51100013
#define RM_N_MEM_RECALL		0x51100014
#define RM_N_VM_EXITED		0x56100001
#define RM_N_VM_SHUTDOWN	0x56100002
#define RM_N_VM_STATUS		0x56100008
#define RM_N_IRQ_LENT		0x56100011
#define RM_N_IRQ_RELEASED	0x56100012
#define RM_N_IRQ_ACCEPTED	0x56100013
#define RM_N_CONSOLE_CHARS	0x56100080

/** enum rm_vm_state - states of a VM */
enum rm_vm_state {
	RM_STATE_NONE = 0,
	RM_STATE_INIT = 1,
	RM_STATE_READY = 2,
	RM_STATE_RUNNING = 3,
	RM_STATE_PAUSED = 4,
	RM_STATE_LOAD = 5,
	RM_STATE_AUTH = 6,
	RM_STATE_INIT_FAILED = 8,
	RM_STATE_EXITED = 9,
	RM_STATE_RESETTING = 10,
	RM_STATE_RESET = 11,
};

/* Exit types of VM_EXITED that are not an enum rm_halt */
#define RM_EXIT_SELF		0	/* VM_EXIT request */
#define RM_EXIT_STOPPED		7	/* forced VM_STOP */
#define RM_EXIT_SMC64		0x8000	/* flag of a RESET2 */

/** enum rm_auth - how a VM is authenticated */
enum rm_auth {
	RM_AUTH_NONE = 0,
	RM_AUTH_PLATFORM = 1,
	RM_AUTH_ANDROID = 2,
};

/** enum rm_boot_set - register sets of VM_SET_BOOT_CONTEXT */
enum rm_boot_set {
	RM_BOOT_X = 0,		/* X0..X30 */
	RM_BOOT_PC = 1,
	RM_BOOT_SP = 2,		/* SP_EL0, SP_EL1 */
};

/** enum rm_layout - ranges of VM_SET_ADDRESS_LAYOUT */
enum rm_layout {
	RM_LAYOUT_IMAGE = 0,
	RM_LAYOUT_FIRMWARE = 1,
	RM_LAYOUTS
};

#define RM_MEM_TYPE_NORMAL	0
#define RM_MEM_TYPE_IO		1

#define RM_CREATE_SANITIZE	1
#define RM_CREATE_APPEND	2
#define RM_APPEND_LAST		1
#define RM_RECLAIM_SANITIZE	1

#define RM_ACCEPT_SANITIZED	1	/* validate: was sanitized */
#define RM_ACCEPT_VALIDATE_ACL	2
#define RM_ACCEPT_VALIDATE_LABEL 4
#define RM_ACCEPT_MAP_OTHER	8
#define RM_ACCEPT_CONTIGUOUS	16
#define RM_ACCEPT_SANITIZE	32	/* on reclaim */
#define RM_ACCEPT_DONE		128

#define RM_NOTIFY_SHARED	1
#define RM_NOTIFY_RELEASED	2
#define RM_NOTIFY_ACCEPTED	4
#define RM_NOTIFY_RECALL	8

#define RM_IRQ_LENT		1
#define RM_IRQ_RELEASED		2
#define RM_IRQ_ACCEPTED		4

#define RM_IPA_FIXED		0	/* the caller names the ranges */
#define RM_IPA_ALLOCATE		1	/* the resource manager finds them */

#define RM_ATTR_DEVICE		1
#define RM_ATTR_MAX		3

/** enum rm_resource_type - types of hypervisor resources */
enum rm_resource_type {
	RM_RES_BELL_TX = 0,
	RM_RES_BELL_RX = 1,
	RM_RES_MSGQ_TX = 2,
	RM_RES_MSGQ_RX = 3,
	RM_RES_VCPU = 4,
	RM_RES_RTC = 7,
	RM_RES_MEMEXTENT = 9,
	RM_RES_ADDRSPACE = 10,
};

#define RM_RES_ENTRY_SIZE	44

/* Fields on the wire are little endian and may stand at any address */
static inline uint16_t rm_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t rm_get32(const uint8_t *p)
{
	return rm_get16(p) | (uint32_t)rm_get16(p + 2) << 16;
}

static inline uint64_t rm_get64(const uint8_t *p)
{
	return rm_get32(p) | (uint64_t)rm_get32(p + 4) << 32;
}

static inline void rm_put16(uint8_t *p, uint16_t v)
{
	p[0] = v & 0xff;
	p[1] = v >> 8;
}

static inline void rm_put32(uint8_t *p, uint32_t v)
{
	rm_put16(p, v & 0xffff);
	rm_put16(p + 2, v >> 16);
}

static inline void rm_put64(uint8_t *p, uint64_t v)
{
	rm_put32(p, v & 0xffffffff);
	rm_put32(p + 4, v >> 32);
}

#endif /* GUNYAH_RM_WIRE_H */
