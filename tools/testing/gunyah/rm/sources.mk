# SPDX-License-Identifier: GPL-2.0-only
# Sources of the resource manager model; libfdt is linked besides
RM_SRCS := rm.c log.c rpc.c peer.c ipa.c parcel.c accept.c mem_msg.c vm.c vm_info.c \
	config.c config_cpu.c dt.c vdev.c vm_dt.c start.c boot.c firmware.c reset.c \
	resource.c console.c irq.c paging.c
