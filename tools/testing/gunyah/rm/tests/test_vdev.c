// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM_INIT: descriptions of virtual devices
 */
#include "edit.h"

EDIT(bell) { dt_add_bell(dt, "bell", 1, 5, 1); }

EDIT(bell_no_label)
{
	bell(dt);
	del(dt, CONFIG "/vdevices/bell", "label");
}

EDIT(bell_qcom_label)
{
	bell_no_label(dt);
	num(dt, CONFIG "/vdevices/bell", "qcom,label", 1);
}

EDIT(bell_no_peer)
{
	bell(dt);
	del(dt, CONFIG "/vdevices/bell", "peer-default");
}

EDIT(bell_peer_name)
{
	bell_no_peer(dt);
	str(dt, CONFIG "/vdevices/bell", "peer", "vm-name:HLOS");
}

EDIT(bell_peer_other)
{
	bell_no_peer(dt);
	str(dt, CONFIG "/vdevices/bell", "peer", "vm-name:other");
}

EDIT(bell_generate)
{
	bell(dt);
	str(dt, CONFIG "/vdevices/bell", "generate", "bell");
}

EDIT(bell_push)
{
	bell(dt);
	fdt_setprop(dt, at(dt, CONFIG "/vdevices/bell"), "push-compatible",
		    "a\0b\0c\0d\0e\0f", 12);
}

EDIT(bell_push_seven)
{
	bell(dt);
	fdt_setprop(dt, at(dt, CONFIG "/vdevices/bell"), "push-compatible",
		    "a\0b\0c\0d\0e\0f\0g", 14);
}

EDIT(bell_push_no_string)
{
	bell(dt);
	num(dt, CONFIG "/vdevices/bell", "push-compatible", 0x61626364);
}

EDIT(unknown_vdev) { dt_vdev(dt, "x", "teapot"); }

EDIT(virtio) { dt_vdev(dt, "x", "virtio-mmio"); }

EDIT(queue)
{
	num(dt, "/", "x", 0);
	dt_vdev(dt, "q", "message-queue");
	num(dt, CONFIG "/vdevices/q", "label", 3);
}

EDIT(queue_sender)
{
	queue(dt);
	mark(dt, CONFIG "/vdevices/q", "is-sender");
}

EDIT(queue_both)
{
	queue_sender(dt);
	mark(dt, CONFIG "/vdevices/q", "is-receiver");
}

EDIT(queue_peer)
{
	queue_sender(dt);
	del(dt, CONFIG "/vdevices/q", "peer-default");
	str(dt, CONFIG "/vdevices/q", "peer", "vm-name:HLOS");
}

EDIT(queue_depth)
{
	queue_sender(dt);
	num(dt, CONFIG "/vdevices/q", "queue-depth", 0);
}

EDIT(queue_size)
{
	queue_sender(dt);
	num(dt, CONFIG "/vdevices/q", "message-size", 1 << 20);
}

EDIT(rpc_size)
{
	dt_add_rpc(dt, false);
	num(dt, CONFIG "/vdevices/rm-rpc", "message-size", 64);
}

EDIT(two_rpcs)
{
	dt_add_rpc(dt, false);
	dt_vdev(dt, "again", "rm-rpc");
}

EDIT(shm) { dt_add_shm(dt, "shm", 7, 0x90000000); }

EDIT(shm_allocate) { dt_add_shm(dt, "shm", 7, 0); }

EDIT(shm_no_memory)
{
	shm(dt);
	rename_node(dt, CONFIG "/vdevices/shm/memory", "memorx");
}

EDIT(shm_two_memories)
{
	shm(dt);
	node(dt, CONFIG "/vdevices/shm", "memory@1");
}

EDIT(shm_no_label)
{
	shm(dt);
	del(dt, CONFIG "/vdevices/shm/memory", "label");
}

EDIT(shm_own_label)
{
	shm_no_label(dt);
	num(dt, CONFIG "/vdevices/shm", "label", 7);
}

EDIT(shm_both)
{
	shm(dt);
	mark(dt, CONFIG "/vdevices/shm/memory", "allocate-base");
}

EDIT(shm_neither)
{
	shm(dt);
	del(dt, CONFIG "/vdevices/shm/memory", "base");
}

EDIT(shm_unaligned)
{
	shm(dt);
	num64(dt, CONFIG "/vdevices/shm/memory", "base", 0x90000010);
}

EDIT(shm_dma_base)
{
	shm(dt);
	num(dt, CONFIG "/vdevices/shm", "dma_base", 0);
}

EDIT(shm_empty)
{
	shm(dt);
	fdt_del_node(dt, at(dt, CONFIG "/vdevices/shm/memory"));
}

EDIT(vdev_no_string) { num(dt, CONFIG "/vdevices", "vdevice-type", 0x61626364); }

EDIT(generate_long)
{
	char path[300] = "/hypervisor/";

	bell(dt);
	memset(path + 12, 'x', 260);
	str(dt, CONFIG "/vdevices/bell", "generate", path);
}

EDIT(shm_no_peer)
{
	shm(dt);
	del(dt, CONFIG "/vdevices/shm", "peer-default");
}

static const struct init_row rows[] = {
	{ "doorbell", bell, 0 },
	{ "doorbell, no label", bell_no_label, 0 },
	{ "doorbell, qcom,label", bell_qcom_label, 0 },
	{ "doorbell, no peer", bell_no_peer, 0xa },
	{ "doorbell, owner by name", bell_peer_name, 0 },
	{ "doorbell, another VM", bell_peer_other, 0 },
	{ "generate relative", bell_generate, 0 },
	{ "push-compatible 6", bell_push, 0 },
	{ "push-compatible 7", bell_push_seven, 6 },
	{ "push-compatible no string", bell_push_no_string, 6 },
	{ "vdevice-type unknown", unknown_vdev, 0 },
	{ "virtio-mmio", virtio, 2 },
	{ "queue", queue, 6 },
	{ "queue, sender", queue_sender, 0 },
	{ "queue, sender and receiver", queue_both, 6 },
	{ "queue, peer by name", queue_peer, 0xa },
	{ "queue-depth", queue_depth, 6 },
	{ "message-size", queue_size, 6 },
	{ "rm-rpc message-size", rpc_size, 2 },
	{ "two rm-rpc", two_rpcs, 6 },
	{ "shm", shm, 0 },
	{ "shm allocate-base", shm_allocate, 0 },
	{ "shm, no memory", shm_no_memory, 0xa },
	{ "shm, two memories", shm_two_memories, 0xa },
	{ "shm, no label", shm_no_label, 0xa },
	{ "shm, own label", shm_own_label, 0 },
	{ "shm, base twice", shm_both, 0xa },
	{ "shm, no base", shm_neither, 0xa },
	{ "shm, base unaligned", shm_unaligned, 0xa },
	{ "shm, no peer", shm_no_peer, 0xa },
	{ "shm, dma_base", shm_dma_base, 0xa },
	{ "shm, nothing in it", shm_empty, 0xa },
	{ "vdevice-type no string", vdev_no_string, 6 },
	{ "generate too long", generate_long, 6 },
};

/** test_vdev() - descriptions of virtual devices */
void test_vdev(void)
{
	TABLE(rows, init_row);
}
