/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model of Arm's PL011 UART
 */
#ifndef GUNYAH_VMM_UART_H
#define GUNYAH_VMM_UART_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* Larger than the 32 of the hardware, so that pasted text fits */
#define UART_FIFO_SIZE	4096

/**
 * struct uart - a UART
 * @lock: protects the rest
 * @transmit: called for each byte that the VM sends
 * @interrupt: called to send an interrupt, with @lock held; may be NULL
 * @fifo: ring of the bytes that the VM has not read
 * @head: number of bytes that were put into @fifo
 * @tail: number of bytes that were taken out of it
 * @overrun: a byte was lost since the VM last checked
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
	pthread_mutex_t lock;
	void (*transmit)(__u8 byte);
	void (*interrupt)(void);
	__u8 fifo[UART_FIFO_SIZE];
	unsigned int head;
	unsigned int tail;
	bool overrun;
	bool irq;
	bool tx_irq;
	__u16 imsc;
	__u16 ibrd;
	__u16 fbrd;
	__u16 lcr_h;
	__u16 cr;
	__u16 ifls;
};

void uart_init(struct uart *uart, void (*transmit)(__u8 byte));
__u32 uart_read(struct uart *uart, unsigned int offset);
void uart_write(struct uart *uart, unsigned int offset, __u32 value);
void uart_receive(struct uart *uart, const __u8 *bytes, size_t count);
size_t uart_room(struct uart *uart);

#endif /* GUNYAH_VMM_UART_H */
