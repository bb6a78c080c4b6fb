/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model of Arm's PL011 UART
 */
#ifndef GUNYAH_VMM_UART_H
#define GUNYAH_VMM_UART_H

#include <pthread.h>

#include "device.h"

/**
 * struct uart - a UART
 * @device: common part of all devices
 * @lock: protects the rest
 * @irq: level of the interrupt line
 * @tx_irq: raw state of the transmit interrupt
 * @imsc: interrupt mask
 * @ibrd: integer baud rate divisor
 * @fbrd: fractional baud rate divisor
 * @lcr_h: line control
 * @cr: control
 * @ifls: interrupt FIFO levels
 */
struct uart {
	struct device device;
	pthread_mutex_t lock;
	bool irq;
	bool tx_irq;
	__u16 imsc;
	__u16 ibrd;
	__u16 fbrd;
	__u16 lcr_h;
	__u16 cr;
	__u16 ifls;
};

#endif /* GUNYAH_VMM_UART_H */
