/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of the resource manager model: a platform made of arrays, a
 * client that speaks the protocol, and a few macros
 */
#ifndef GUNYAH_RM_TEST_FAKE_H
#define GUNYAH_RM_TEST_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../rm.h"
#include "../rm_wire.h"

#define HOST_BASE	0x40000000ULL
#ifndef HOST_PAGES
#define HOST_PAGES	(320u << 10)	/* 1.25 GiB */
#endif
#ifndef GUEST_PAGES
#define GUEST_PAGES	0x100000u	/* of [1 GiB, 5 GiB) */
#endif
#define MAX_OBJECTS	512
#define MAX_MSGS	1024
#define NO_REPLY	0xdeaddeadu

/**
 * struct page - a page of the host
 * @data: content; NULL: zeroes
 * @taken: 1 + enum rm_mem_kind; 0: not in a parcel
 * @owner_rights: what the host keeps
 * @maps: guests that have it mapped
 * @sanitized: it was zeroed when it was given back
 */
struct page {
	uint8_t *data;
	uint8_t taken;
	uint8_t owner_rights;
	uint8_t maps;
	uint8_t sanitized;
};

/**
 * struct fake_vm - a guest's machine
 * @exists: it exists
 * @gic: it has an interrupt controller
 * @vmmio: it has a VMMIO range
 * @more_vmmio: size of its second one
 * @paging: it has demand paging
 * @pages: pages that it has from the host
 * @rtc: address of its real-time clock, 0: it has none
 * @rtc_time: what that was set to, in nanoseconds ...
 * @rtc_counter: ... when the system counter had this value
 * @num_vcpus: vCPUs that its interrupt controller is for
 * @map: 1 + host page by guest page
 * @rights: rights by guest page
 * @vcpu: its vCPUs
 */
struct fake_vm {
	bool exists;
	bool gic;
	bool vmmio;
	uint64_t more_vmmio;
	bool paging;
	uint64_t pages;
	uint64_t rtc;
	uint64_t rtc_time;
	uint64_t rtc_counter;
	unsigned int num_vcpus;
	uint32_t *map;
	uint8_t *rights;
	struct {
		bool exists, on, killed, proxy, psci;
		uint32_t affinity, timeslice;
		struct rm_boot_regs regs;
	} vcpu[8];
};

/**
 * struct fake_object - a doorbell or message queue
 * @exists: it exists
 * @params: as it was asked for
 */
struct fake_object {
	bool exists;
	struct rm_object_params params;
};

/**
 * struct message - a message that the model has sent, put together
 * @to: receiver
 * @type: enum rm_packet_type
 * @seq: sequence id
 * @id: message id
 * @len: bytes of @data
 * @data: payload
 */
struct message {
	uint16_t to;
	uint8_t type;
	uint16_t seq;
	uint32_t id;
	size_t len;
	uint8_t *data;
};

/**
 * struct fake - a platform, the model on it, and a client
 * @rm: the model
 * @pages: the host's memory
 * @vm: guests by VMID
 * @object: doorbells and message queues by handle
 * @objects: how many there are
 * @next_cap: capability that is given out next
 * @next_virq: interrupt that is given out next
 * @blocks: allocations of the model
 * @heap: bytes in them
 * @largest: the largest one so far
 * @allocs: allocations so far
 * @acl_asked: regions for which the platform was asked for its consent
 * @acl_last: the last entry of the last ACL
 * @fail_alloc: the nth from now on fails; 0: none
 * @fail_op: this op fails; NULL: none
 * @fail_error: in this way
 * @taken: pages in parcels
 * @dirty: mappings changed since mem_sync()
 * @dirty_send: a message went out while @dirty
 * @kicks: calls of kick() so far
 * @contiguous: pages in a contiguous piece of memory; 0: everything is one
 * @map_calls: calls of mem_map() so far
 * @blocked: queues towards the VMs are full
 * @room: packets that still fit if @blocked
 * @msg: messages that have arrived
 * @msgs: how many
 * @packets: packets that have arrived so far
 * @bad_packets: packets that did not fit together so far
 * @seq: sequence id of the last request
 * @body: body of its reply
 * @body_len: length of that
 * @refusals: lines about refusals in the log so far
 * @deaths: lines about deaths
 * @line: last line of either kind
 * @panicked: the hypervisor was killed
 */
struct fake {
	struct rm *rm;
	struct page *pages;
	struct fake_vm vm[256];
	struct fake_object object[MAX_OBJECTS];
	unsigned int objects;
	uint64_t next_cap;
	uint32_t next_virq;
	struct block *blocks;
	size_t heap;
	size_t largest;
	unsigned int allocs;
	unsigned int acl_asked;
	struct rm_grant acl_last;
	unsigned int fail_alloc;
	const char *fail_op;
	int fail_error;
	unsigned int taken;
	bool dirty;
	bool dirty_send;
	unsigned int kicks;
	unsigned int contiguous;
	unsigned long map_calls;
	bool blocked;
	unsigned int room;
	struct message msg[MAX_MSGS];
	unsigned int msgs;
	unsigned int packets;
	unsigned int bad_packets;
	uint16_t seq;
	uint8_t body[RM_MAX_PAYLOAD];
	size_t body_len;
	unsigned int refusals;
	unsigned int deaths;
	char line[256];
	bool panicked;
};

struct fake *fake_new(const struct rm_config *config);
void fake_free(struct fake *f);
uint8_t *fake_mem(struct fake *f, uint64_t ipa);
void fake_write(struct fake *f, uint64_t ipa, const void *buf, size_t len);
void fake_read(struct fake *f, uint64_t ipa, void *buf, size_t len);
bool fake_mapped(struct fake *f, uint16_t vmid, uint64_t ipa, uint64_t host);

void forget(struct fake *f);
void send_packets(struct fake *f, uint16_t from, uint32_t id, uint16_t seq,
		  const void *data, size_t len);
uint32_t call_from(struct fake *f, uint16_t from, uint32_t id,
		   const void *data, size_t len);
uint32_t call(struct fake *f, uint32_t id, const void *data, size_t len);
uint32_t call_vm(struct fake *f, uint32_t id, uint16_t vmid);
const struct message *find_msg(struct fake *f, uint8_t type, uint32_t id,
			       unsigned int nth);
int msg_index(struct fake *f, uint8_t type, uint32_t id, unsigned int nth);
void work(struct fake *f);
bool is_dead(struct fake *f);
bool died_of(struct fake *f, const char *why);

/* Memory messages */

/**
 * struct acl - an ACL entry
 * @vmid: VM
 * @rights: its rights
 */
struct acl {
	uint16_t vmid;
	uint8_t rights;
};

/**
 * struct region - a memory region
 * @ipa: start
 * @size: bytes
 */
struct region {
	uint64_t ipa;
	uint64_t size;
};

/**
 * struct create - a MEM_DONATE, MEM_LEND or MEM_SHARE to send
 * @id: message id
 * @type: memory type
 * @reserved: byte that should be zero
 * @flags: RM_CREATE_*
 * @label: label
 * @nacl: number of @acl
 * @acl: ACL
 * @nsgl: number of @sgl
 * @sgl: regions
 * @nattr: number of attributes
 * @attr: pairs of attribute and VMID
 * @no_attr_list: the list of attributes is left out
 * @extra: bytes added or removed at the end
 */
struct create {
	uint32_t id;
	uint8_t type;
	uint8_t reserved;
	uint8_t flags;
	uint32_t label;
	unsigned int nacl;
	struct acl acl[3];
	unsigned int nsgl;
	const struct region *sgl;
	unsigned int nattr;
	uint16_t attr[4];
	bool no_attr_list;
	int extra;
};

size_t build_create(const struct create *c, uint8_t *buf);
uint32_t create(struct fake *f, const struct create *c, uint32_t *handle);
uint32_t lend(struct fake *f, uint16_t vmid, uint32_t label, uint64_t ipa,
	      uint64_t size, uint32_t *handle);
uint32_t share(struct fake *f, uint16_t vmid, uint32_t label, uint64_t ipa,
	       uint64_t size, uint32_t *handle);
uint32_t append(struct fake *f, uint32_t handle, uint8_t flags,
		const struct region *sgl, unsigned int n);
uint32_t reclaim(struct fake *f, uint32_t handle);

/* VM messages */
uint32_t alloc_vmid(struct fake *f, uint16_t wanted, uint16_t *vmid);
uint32_t config_image(struct fake *f, uint16_t vmid, uint16_t auth,
		      uint32_t handle, uint64_t dt_offset, uint64_t dt_size);
uint32_t stop(struct fake *f, uint16_t vmid, uint8_t flags);
uint8_t vm_state(struct fake *f, uint16_t vmid);
unsigned int resources(struct fake *f, uint16_t vmid);

/* Devicetrees: a good one, that tests then edit */
#define DT_CAPACITY	0x20000
#define DT_SIZE		0x4000
void *dt_base(void);
void dt_add_bell(void *dt, const char *name, uint32_t label, uint32_t spi,
		 uint32_t type);
void dt_add_rpc(void *dt, bool console);
void dt_add_shm(void *dt, const char *name, uint32_t label, uint64_t base);
int dt_vdev(void *dt, const char *name, const char *type);
void dt_set_cpus(void *dt, unsigned int n, bool psci);
void dt_make_static(void *dt, unsigned int n);
void dt_finish(void *dt);

/* A VM on its way; image of 2 MiB at IMAGE_IPA, devicetree at its page 16 */
#define IMAGE_IPA	0x41000000ULL
#define IMAGE_SIZE	0x200000ULL
#define GUEST_BASE	0x80000000ULL
#define DT_OFFSET	0x10000ULL

/**
 * struct guest - a VM on its way
 * @vmid: VMID; 0: none yet
 * @auth: enum rm_auth
 * @image: handle of the image parcel
 * @label: its label
 * @share_image: share it, do not lend it
 * @image_ipa: where it is; 0: IMAGE_IPA
 * @dt: devicetree; NULL: dt_base()
 * @dt_size: room for it; 0: DT_SIZE
 */
struct guest {
	uint16_t vmid;
	uint16_t auth;
	uint32_t image;
	uint32_t label;
	bool share_image;
	uint64_t image_ipa;
	void *dt;
	uint64_t dt_size;
};

uint32_t guest_load(struct fake *f, struct guest *g);
uint32_t guest_config(struct fake *f, struct guest *g);
uint32_t guest_init(struct fake *f, struct guest *g);
uint32_t guest_start(struct fake *f, struct guest *g);
uint32_t guest_reset(struct fake *f, struct guest *g);
void guest_remove(struct fake *f, struct guest *g);
const void *guest_dt(struct fake *f, const struct guest *g, void *buf);

/* Tests */
extern int checks_failed;
extern const char *case_name;

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			printf("%s:%d: %s: %s\n", __FILE__, __LINE__,	\
			       case_name, #cond);			\
			checks_failed++;				\
		}							\
	} while (0)

#define CHECK_EQ(a, b)							\
	do {								\
		unsigned long long a_ = (a), b_ = (b);			\
		if (a_ != b_) {						\
			printf("%s:%d: %s: %s is %#llx, not %#llx\n",	\
			       __FILE__, __LINE__, case_name, #a, a_, b_); \
			checks_failed++;				\
		}							\
	} while (0)

void run(const char *name, void (*fn)(void));
#define RUN(fn)	run(#fn, fn)

/* What is in a devicetree; the macros compare properties */
int node_at(const void *dt, const char *path);
bool prop_is(const void *dt, const char *path, const char *name,
	     const void *value, size_t len);
bool cells_are(const void *dt, const char *path, const char *name,
	       unsigned int count, const uint32_t *cells);

#define CELLS(dt, path, name, ...)					\
	CHECK(cells_are(dt, path, name,					\
			sizeof((uint32_t[]){ __VA_ARGS__ }) / 4,	\
			(uint32_t[]){ __VA_ARGS__ }))
#define LIST(dt, path, name, list)					\
	CHECK(prop_is(dt, path, name, list, sizeof(list)))

#define COUNT(t)	(sizeof(t) / sizeof((t)[0]))

#define TABLE(t, fn)							\
	do {								\
		__typeof__(t) *t_ = &(t);				\
		size_t i_;						\
									\
		for (i_ = 0; i_ < COUNT(*t_); i_++)			\
			fn(&(*t_)[i_]);					\
	} while (0)

/* One row of a table, counted as a test of its own */
void begin_case(const char *name);
void end_case(void);

void test_rpc(void);
void test_mem(void);
void test_accept(void);
void test_vm(void);
void test_init(void);
void test_vdev(void);
void test_start(void);
void test_boot(void);
void test_paging(void);
void test_dt(void);
void test_life(void);
void test_fault(void);
void test_kill(void);
void test_variant(void);
void test_ids(void);
void test_notify(void);
void test_console(void);
void test_firmware(void);
void test_random(void);

#endif /* GUNYAH_RM_TEST_FAKE_H */
