/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resource manager model: what its files offer each other
 *
 * Layers, calls go down only:
 *
 *	rm.c					events in, dispatch, faults
 *	vm.c start.c boot.c reset.c console.c	VMs: requests and life cycle
 *	mem_msg.c resource.c firmware.c irq.c	other requests
 *	config.c vdev.c vm_dt.c			devicetrees, virtual devices
 *	accept.c parcel.c ipa.c paging.c	memory
 *	rpc.c peer.c				packets, VMs and their peers
 *	log.c					the log, and death
 */
#ifndef GUNYAH_RM_CORE_H
#define GUNYAH_RM_CORE_H

#include "rm_types.h"

/* rm.c */
bool rm_loses(struct rm *rm, uint32_t id);
uint32_t rm_error_of(int hyp_error);

/* log.c */
void rm_log(struct rm *rm, const char *text, uint64_t value);
uint32_t rm_refuse(struct rm *rm, uint32_t err, const char *why);
void rm_pass_over(struct rm *rm, const char *what, uint64_t value);
void rm_log_refusal(struct rm *rm, const struct rm_call *call, uint32_t err);
void rm_die(struct rm *rm, const char *why);
void rm_panic(struct rm *rm, const char *why);

/* peer.c: VMs by VMID and by name, and their peers */
struct rm_vm *vm_get(struct rm *rm, uint32_t vmid);
const char *vm_name(const struct rm *rm, const struct rm_vm *vm);
const char *vm_uri(const struct rm_vm *vm);
struct rm_vm *vm_by_name(struct rm *rm, const char *name);
void vm_make_peers(struct rm_vm *a, struct rm_vm *b);
void vm_drop_peers(struct rm *rm, struct rm_vm *vm);
bool vm_is_peer(const struct rm_vm *vm, uint16_t vmid);

/* rpc.c */
void rpc_init(struct rm_chan *chan);
void rpc_drop(struct rm *rm, struct rm_chan *chan);
bool rpc_receive(struct rm_vm *vm, const uint8_t *packet, size_t len,
		 struct rm_call *call);
struct rm_msg *rpc_message(struct rm *rm, uint16_t vmid, uint8_t type,
			   uint32_t id, uint16_t seq, size_t len);
void rpc_free(struct rm *rm, struct rm_msg *msg);
void rpc_queue(struct rm *rm, struct rm_msg *msg);
void rpc_delay(struct rm *rm, struct rm_msg *msg);
bool rpc_tick(struct rm *rm);
void rpc_flush(struct rm *rm, struct rm_vm *vm);
void rpc_notify(struct rm *rm, uint16_t vmid, uint32_t id, const void *data,
		size_t len);
void rpc_notify_peer(struct rm *rm, uint16_t vmid, uint32_t id,
		     const void *data, size_t len);

/* ipa.c: a VM's address space */
bool ipa_reserve(struct rm *rm, struct rm_vm *vm, uint64_t ipa, uint64_t size);
void ipa_release(struct rm *rm, struct rm_vm *vm, uint64_t ipa, uint64_t size);
bool ipa_memory_ok(const struct rm_vm *vm, uint64_t ipa, uint64_t size);
bool ipa_alloc(struct rm *rm, struct rm_vm *vm, uint64_t size, uint64_t align,
	       uint64_t *ipa);
void ipa_free_all(struct rm *rm, struct rm_vm *vm);

/* paging.c */
bool paging_blocks(const struct rm_vm *vm, uint64_t start, uint64_t end);
uint64_t paging_skip(const struct rm_vm *vm, uint64_t start, uint64_t end);
uint32_t paging_config(struct rm *rm, struct rm_vm *vm);
bool paging_create(struct rm *rm, struct rm_vm *vm);
bool paging_in_use(struct rm *rm, const struct rm_vm *vm);
void paging_destroy(struct rm *rm, struct rm_vm *vm);
void paging_free(struct rm *rm, struct rm_vm_config *cfg);
uint32_t vm_set_paging(struct rm *rm, struct rm_call *call);
uint32_t vm_set_layout(struct rm *rm, struct rm_call *call);

/* parcel.c */
struct rm_parcel *parcel_find(struct rm *rm, uint32_t handle);
struct rm_parcel *parcel_new(struct rm *rm, uint32_t nacl, uint32_t nattr);
void parcel_free(struct rm *rm, struct rm_parcel *p);
void parcel_link(struct rm *rm, struct rm_parcel *p);
void parcel_unlink(struct rm *rm, struct rm_parcel *p);
uint32_t parcel_add(struct rm *rm, struct rm_parcel *p, const uint8_t *sgl,
		    uint32_t count);
void parcel_give_back(struct rm *rm, struct rm_parcel *p, bool sanitize);
uint32_t parcel_owned_by(struct rm *rm, uint16_t vmid);
struct rm_acl *parcel_acl(struct rm_parcel *p, uint16_t vmid);
bool parcel_accepted(const struct rm_parcel *p);
int parcel_read(struct rm *rm, struct rm_parcel *p, uint64_t offset,
		void *buf, size_t len);
int parcel_write(struct rm *rm, struct rm_parcel *p, uint64_t offset,
		 const void *buf, size_t len);

/* accept.c */
uint32_t accept_at(struct rm *rm, struct rm_parcel *p, struct rm_vm *vm,
		   uint64_t base);
uint32_t accept_anywhere(struct rm *rm, struct rm_parcel *p, struct rm_vm *vm);
uint32_t accept_auto(struct rm *rm, struct rm_parcel *p, struct rm_vm *vm);
void accept_undo(struct rm *rm, struct rm_parcel *p, struct rm_acl *acl);
bool accept_matches(struct rm_parcel *p, struct rm_acl *acl,
		    uint64_t ipa, uint64_t size);
uint32_t mem_accept(struct rm *rm, struct rm_call *call);
uint32_t mem_release(struct rm *rm, struct rm_call *call);

/* mem_msg.c */
uint32_t list_parse(struct rm *rm, const uint8_t **p, size_t *left,
		    size_t entry_size, struct rm_list *list);
bool acl_same(const struct rm_parcel *p, const struct rm_list *acl);
bool attrs_same(const struct rm_parcel *p, const struct rm_list *list);
uint32_t mem_create(struct rm *rm, struct rm_call *call);
uint32_t mem_append(struct rm *rm, struct rm_call *call);
uint32_t mem_reclaim(struct rm *rm, struct rm_call *call);
uint32_t mem_notify(struct rm *rm, struct rm_call *call);
void mem_notify_released(struct rm *rm, const struct rm_parcel *p,
			 uint16_t vmid, uint32_t id);

/* config.c: what a VM's devicetree says about it */
uint32_t config_parse(struct rm *rm, struct rm_vm *vm, const void *fdt);
int config_vm_node(const void *fdt);

/* config_cpu.c */
uint32_t config_parse_cpus(struct rm *rm, struct rm_vm *vm, const void *fdt);
uint32_t config_parse_gic(struct rm *rm, struct rm_vm *vm, const void *fdt);
int config_next_cpu(const void *fdt, int cpu);
int config_gic_node(struct rm *rm, const void *fdt);

/* dt.c: reading devicetrees */
uint64_t dt_cells(const uint8_t *p, int cells);
int dt_string(const void *fdt, int node, const char *name, char *buf,
	      size_t size);
int dt_number(const void *fdt, int node, const char *name, int cells,
	      uint64_t *value);
int dt_exact_subnode(const void *fdt, int node, const char *name);
bool dt_reg(const void *fdt, int node, unsigned int index, uint64_t *addr,
	    uint64_t *size);
bool dt_valid(struct rm *rm, const void *fdt, size_t size);

/* vdev.c */
uint32_t vdev_parse_all(struct rm *rm, struct rm_vm *vm, const void *fdt);
uint32_t vdev_create_all(struct rm *rm, struct rm_vm *vm);
bool vdev_destroy_one(struct rm *rm, struct rm_vm *vm);
struct rm_vdev *vdev_find_shm(struct rm_vm *vm, uint32_t label);

/* vm_dt.c */
uint32_t vm_dt_patch(struct rm *rm, struct rm_vm *vm, void *fdt);

/* start.c */
uint32_t vm_init(struct rm *rm, struct rm_call *call);
uint32_t vm_start(struct rm *rm, struct rm_call *call);
bool start_is_private(const struct rm_parcel *p, uint16_t vmid);

/* boot.c */
void boot_defaults(const struct rm_vm_config *cfg, struct rm_boot_regs *regs);
uint32_t boot_power_on(struct rm *rm, struct rm_vm *vm);
uint32_t vm_set_boot(struct rm *rm, struct rm_call *call);

/* reset.c */
uint32_t vm_reset(struct rm *rm, struct rm_call *call);
bool reset_turn(struct rm *rm);
void config_free(struct rm *rm, struct rm_vm *vm);

/* vm.c */
struct rm_vm *vm_owned(struct rm *rm, struct rm_call *call, uint32_t *err);
void vm_set_state(struct rm *rm, struct rm_vm *vm, uint8_t state);
void vm_kill_vcpus(struct rm *rm, struct rm_vm *vm);
bool vm_halts(struct rm *rm);
uint32_t vm_alloc(struct rm *rm, struct rm_call *call);
uint32_t vm_dealloc(struct rm *rm, struct rm_call *call);
uint32_t vm_stop(struct rm *rm, struct rm_call *call);
uint32_t vm_config(struct rm *rm, struct rm_call *call);
uint32_t vm_auth(struct rm *rm, struct rm_call *call);
uint32_t vm_exit(struct rm *rm, struct rm_call *call);

/* vm_info.c */
uint32_t vm_get_state(struct rm *rm, struct rm_call *call);
uint32_t vm_set_status(struct rm *rm, struct rm_call *call);
uint32_t vm_get_id(struct rm *rm, struct rm_call *call);
uint32_t vm_lookup(struct rm *rm, struct rm_call *call);
uint32_t vm_lookup_guid(struct rm *rm, struct rm_call *call);
uint32_t vm_get_owner(struct rm *rm, struct rm_call *call);
uint32_t vm_get_vmid(struct rm *rm, struct rm_call *call);
uint32_t vm_get_peers(struct rm *rm, struct rm_call *call);
uint32_t vm_get_crash(struct rm *rm, struct rm_call *call);
uint32_t vm_set_crash(struct rm *rm, struct rm_call *call);
uint32_t vm_set_time_base(struct rm *rm, struct rm_call *call);
uint32_t vm_host_type(struct rm *rm, struct rm_call *call);
uint32_t vm_ipa_reserve(struct rm *rm, struct rm_call *call);

/* resource.c */
uint32_t vm_get_resources(struct rm *rm, struct rm_call *call);

/* console.c */
uint32_t console_open(struct rm *rm, struct rm_call *call);
uint32_t console_write(struct rm *rm, struct rm_call *call);
uint32_t console_flush(struct rm *rm, struct rm_call *call);

/* irq.c */
uint32_t irq_lend(struct rm *rm, struct rm_call *call);
uint32_t irq_accept(struct rm *rm, struct rm_call *call);
uint32_t irq_release(struct rm *rm, struct rm_call *call);
uint32_t irq_reclaim(struct rm *rm, struct rm_call *call);
uint32_t irq_notify(struct rm *rm, struct rm_call *call);
uint32_t irq_unmap(struct rm *rm, struct rm_call *call);
void irq_forget(struct rm *rm, uint16_t vmid);

/* firmware.c */
uint32_t fw_milestone(struct rm *rm, struct rm_call *call);
uint32_t fw_set_firmware(struct rm *rm, struct rm_call *call);
uint32_t vm_set_fw_mem(struct rm *rm, struct rm_call *call);
uint32_t fw_accept(struct rm *rm, struct rm_vm *vm);
uint32_t fw_load(struct rm *rm, struct rm_vm *vm);

static inline void *rm_alloc(struct rm *rm, size_t size)
{
	return rm->ops->alloc(rm->ctx, size);
}

static inline void rm_free(struct rm *rm, void *ptr, size_t size)
{
	if (ptr)
		rm->ops->free(rm->ctx, ptr, size);
}

static inline bool rm_page_aligned(uint64_t v)
{
	return !(v & (RM_PAGE_SIZE - 1));
}

static inline uint64_t rm_align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

/* Room for @len more bytes in the reply; NULL: it does not fit */
static inline uint8_t *rm_out(struct rm_call *call, size_t len)
{
	uint8_t *p = call->out + call->out_len;

	if (len > RM_MAX_BODY - call->out_len)
		return NULL;
	memset(p, 0, len);
	call->out_len += len;
	return p;
}

static inline void rm_out32(struct rm_call *call, uint32_t v)
{
	uint8_t *p = rm_out(call, 4);

	if (p)
		rm_put32(p, v);
}

#endif /* GUNYAH_RM_CORE_H */
