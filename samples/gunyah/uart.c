// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model of Arm's PL011 UART
 *
 * The model has what a console needs: bytes are sent at once, so the transmit
 * FIFO is always empty; there is no DMA, no modem control, and the baud rate has
 * no effect. The interrupt is edge-triggered in the VM, because the VMM does not
 * learn when the VM has handled one. So uart->interrupt() is called when the line
 * rises, and when there is a new reason while it is up.
 */
#include <string.h>

#include "uart.h"

#define UARTDR		0x000
#define UARTRSR		0x004
#define UARTFR		0x018
#define UARTILPR	0x020
#define UARTIBRD	0x024
#define UARTFBRD	0x028
#define UARTLCR_H	0x02c
#define UARTCR		0x030
#define UARTIFLS	0x034
#define UARTIMSC	0x038
#define UARTRIS		0x03c
#define UARTMIS		0x040
#define UARTICR		0x044
#define UARTID		0xfe0		/* 8 words to the end of the page */

#define DR_OE		0x800
#define RSR_OE		0x008
#define FR_RXFE		0x010
#define FR_RXFF		0x040
#define FR_TXFE		0x080
#define IRQ_RX		0x010
#define IRQ_TX		0x020
#define IRQ_RT		0x040

#define CR_RESET	0x300		/* transmitter and receiver on */
#define IFLS_RESET	0x12

/* Peripheral 0x011 of Arm, revision r1p5; PrimeCell */
static const __u8 id[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static unsigned int fill(const struct uart *uart)
{
	return uart->head - uart->tail;
}

static __u16 raw_irqs(const struct uart *uart)
{
	__u16 irqs = uart->tx_irq ? IRQ_TX : 0;

	/* Raise both, because the model has no receive timeout */
	if (fill(uart))
		irqs |= IRQ_RX | IRQ_RT;

	return irqs;
}

/* @more: there is a further reason for an interrupt */
static void update_irq(struct uart *uart, bool more)
{
	bool level = raw_irqs(uart) & uart->imsc;
	bool rises = level && (!uart->irq || more);

	uart->irq = level;
	if (rises && uart->interrupt)
		uart->interrupt();
}

static __u32 read_byte(struct uart *uart)
{
	__u32 value = 0;

	if (fill(uart))
		value = uart->fifo[uart->tail++ % UART_FIFO_SIZE];
	if (uart->overrun)
		value |= DR_OE;
	uart->overrun = false;

	return value;
}

static __u32 flags(const struct uart *uart)
{
	__u32 value = FR_TXFE;

	if (!fill(uart))
		value |= FR_RXFE;
	if (fill(uart) == UART_FIFO_SIZE)
		value |= FR_RXFF;

	return value;
}

static __u32 read_register(struct uart *uart, unsigned int offset)
{
	if (offset >= UARTID)
		return id[(offset - UARTID) / 4 % sizeof(id)];

	switch (offset) {
	case UARTDR:
		return read_byte(uart);
	case UARTRSR:
		return uart->overrun ? RSR_OE : 0;
	case UARTFR:
		return flags(uart);
	case UARTIBRD:
		return uart->ibrd;
	case UARTFBRD:
		return uart->fbrd;
	case UARTLCR_H:
		return uart->lcr_h;
	case UARTCR:
		return uart->cr;
	case UARTIFLS:
		return uart->ifls;
	case UARTIMSC:
		return uart->imsc;
	case UARTRIS:
		return raw_irqs(uart);
	case UARTMIS:
		return raw_irqs(uart) & uart->imsc;
	default:
		return 0;
	}
}

static void write_register(struct uart *uart, unsigned int offset, __u32 value)
{
	switch (offset) {
	case UARTDR:
		uart->transmit(value);
		uart->tx_irq = true;
		break;
	case UARTRSR:
		uart->overrun = false;
		break;
	case UARTIBRD:
		uart->ibrd = value;
		break;
	case UARTFBRD:
		uart->fbrd = value & 0x3f;
		break;
	case UARTLCR_H:
		uart->lcr_h = value & 0xff;
		break;
	case UARTCR:
		uart->cr = value;
		break;
	case UARTIFLS:
		uart->ifls = value & 0x3f;
		break;
	case UARTIMSC:
		uart->imsc = value & 0x7ff;
		break;
	case UARTICR:
		/* Receive interrupts stay raised while there are bytes */
		if (value & IRQ_TX)
			uart->tx_irq = false;
		break;
	}
}

/**
 * uart_init() - initialise a UART to its state after reset
 * @uart: the UART
 * @transmit: function that takes the bytes that the VM sends
 */
void uart_init(struct uart *uart, void (*transmit)(__u8 byte))
{
	memset(uart, 0, sizeof(*uart));
	pthread_mutex_init(&uart->lock, NULL);
	uart->transmit = transmit;
	uart->cr = CR_RESET;
	uart->ifls = IFLS_RESET;
}

/**
 * uart_read() - the VM reads a register
 * @uart: the UART
 * @offset: offset in the UART's page
 *
 * Return: what it reads.
 */
__u32 uart_read(struct uart *uart, unsigned int offset)
{
	__u32 value;

	pthread_mutex_lock(&uart->lock);
	value = read_register(uart, offset);
	update_irq(uart, false);
	pthread_mutex_unlock(&uart->lock);

	return value;
}

/**
 * uart_write() - the VM writes a register
 * @uart: the UART
 * @offset: offset in the UART's page
 * @value: what it writes
 */
void uart_write(struct uart *uart, unsigned int offset, __u32 value)
{
	pthread_mutex_lock(&uart->lock);
	write_register(uart, offset, value);
	update_irq(uart, offset == UARTIMSC);
	pthread_mutex_unlock(&uart->lock);
}

/**
 * uart_receive() - add input for the VM
 * @uart: the UART
 * @bytes: the bytes
 * @count: number of them; those that do not fit are dropped
 */
void uart_receive(struct uart *uart, const __u8 *bytes, size_t count)
{
	pthread_mutex_lock(&uart->lock);
	for (; count && fill(uart) < UART_FIFO_SIZE; count--)
		uart->fifo[uart->head++ % UART_FIFO_SIZE] = *bytes++;
	if (count)
		uart->overrun = true;
	update_irq(uart, true);
	pthread_mutex_unlock(&uart->lock);
}

/**
 * uart_room() - room for input
 * @uart: the UART
 *
 * Return: number of bytes.
 */
size_t uart_room(struct uart *uart)
{
	size_t room;

	pthread_mutex_lock(&uart->lock);
	room = UART_FIFO_SIZE - fill(uart);
	pthread_mutex_unlock(&uart->lock);

	return room;
}
