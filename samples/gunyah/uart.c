// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model of Arm's PL011 UART
 *
 * The model has what a console needs: bytes are sent at once, so the transmit
 * FIFO is always empty; input that the VM does not read waits in the console, so
 * the receive FIFO never overruns; there is no DMA, no modem control, and the baud
 * rate has no effect. The interrupt is edge-triggered in the VM, because the VMM does not
 * learn when the VM has handled one. So an interrupt is sent when the line rises,
 * and when there is a new reason while it is up.
 */
#include <string.h>

#include "console.h"
#include "dt_write.h"
#include "layout.h"
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

#define FR_RXFE		0x010
#define FR_TXFE		0x080
#define IRQ_RX		0x010
#define IRQ_TX		0x020
#define IRQ_RT		0x040

#define CR_RESET	0x300		/* transmitter and receiver on */
#define IFLS_RESET	0x12

/* Peripheral 0x011 of Arm, revision r1p5; PrimeCell */
static const __u8 id[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static bool has_input(const struct uart *uart)
{
	return console_is_of(&uart->device) && console_pending();
}

static __u16 raw_irqs(const struct uart *uart)
{
	__u16 irqs = uart->tx_irq ? IRQ_TX : 0;

	/* Raise both, because the model has no receive timeout */
	if (has_input(uart))
		irqs |= IRQ_RX | IRQ_RT;

	return irqs;
}

/* @more: there is a further reason for an interrupt */
static void update_irq(struct uart *uart, bool more)
{
	bool level = raw_irqs(uart) & uart->imsc;
	bool rises = level && (!uart->irq || more);

	uart->irq = level;
	if (rises)
		vm_raise_irq(&uart->device.irq);
}

static __u32 read_register(struct uart *uart, unsigned int offset)
{
	__u8 byte = 0;

	if (offset >= UARTID)
		return id[(offset - UARTID) / 4 % sizeof(id)];

	switch (offset) {
	case UARTDR:
		if (has_input(uart))
			console_get(&byte, 1);
		return byte;
	case UARTFR:
		return FR_TXFE | (has_input(uart) ? 0 : FR_RXFE);
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
		uart->tx_irq = true;
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

static __u64 uart_read(struct device *dev, unsigned int offset,
		       unsigned int len)
{
	struct uart *uart = (struct uart *)dev;
	__u32 value;

	(void)len;
	pthread_mutex_lock(&uart->lock);
	value = read_register(uart, offset);
	update_irq(uart, false);
	pthread_mutex_unlock(&uart->lock);

	return value;
}

static void uart_write(struct device *dev, unsigned int offset,
		       unsigned int len, __u64 value)
{
	struct uart *uart = (struct uart *)dev;
	__u8 byte = value;

	(void)len;
	/* May wait, so not with the lock */
	if (offset == UARTDR)
		console_write(&byte, 1);
	pthread_mutex_lock(&uart->lock);
	write_register(uart, offset, value);
	update_irq(uart, offset == UARTIMSC);
	pthread_mutex_unlock(&uart->lock);
}

static void input(struct device *dev)
{
	struct uart *uart = (struct uart *)dev;

	pthread_mutex_lock(&uart->lock);
	update_irq(uart, true);
	pthread_mutex_unlock(&uart->lock);
}

static void make_node(const struct device *dev, void *dt,
		      const struct layout *layout)
{
	const __u64 reg[] = { dev->base, DEVICE_SIZE };
	const __u32 clocks[] = { CLOCK_PHANDLE, CLOCK_PHANDLE };
	const __u32 spi[] = { SPI, dev->spi, EDGE_RISING };

	(void)layout;
	begin(dt, "apb-pclk");
	put_string(dt, "compatible", "fixed-clock");
	put_u32(dt, "#clock-cells", 0);
	put_u32(dt, "clock-frequency", 24000000);
	put_u32(dt, "phandle", CLOCK_PHANDLE);
	end(dt);

	begin_at(dt, "serial", dev->base);
	PUT_STRINGS(dt, "compatible", "arm,pl011\0arm,primecell");
	PUT_U64S(dt, "reg", reg);
	PUT_U32S(dt, "interrupts", spi);
	PUT_U32S(dt, "clocks", clocks);
	PUT_STRINGS(dt, "clock-names", "uartclk\0apb_pclk");
	end(dt);
}

/* Until a virtio console exists, earlycon prints to the UART */
static const char *cmdline(const struct device *dev,
			   const struct layout *layout)
{
	(void)layout;

	return console_is_of(dev) ? "console=ttyAMA0" : "earlycon";
}

static void uart_connect(struct device *dev, int vm, const struct window *window)
{
	(void)window;
	vm_add_irq(vm, &dev->irq, dev->spi);
}

static void destroy(struct device *dev)
{
	struct uart *uart = (struct uart *)dev;

	console_disconnect(dev);
	vm_remove_irq(&dev->irq);
	pthread_mutex_destroy(&uart->lock);
	free(uart);
}

static const struct device_ops uart_ops = {
	.make_node = make_node,
	.cmdline = cmdline,
	.read = uart_read,
	.write = uart_write,
	.connect = uart_connect,
	.destroy = destroy,
};

/**
 * uart_create() - create a UART in its state after reset
 * @arg: not used
 * @index: always 0
 *
 * Return: the device.
 */
struct device *uart_create(const char *arg, unsigned int index)
{
	struct uart *uart = calloc(1, sizeof(*uart));

	(void)arg;
	(void)index;
	if (!uart)
		die("no memory for a UART");
	uart->device.ops = &uart_ops;
	uart->device.irq.fd = -1;
	pthread_mutex_init(&uart->lock, NULL);
	uart->cr = CR_RESET;
	uart->ifls = IFLS_RESET;
	console_connect(&(struct console_user) {
		.dev = &uart->device,
		.input = input,
	});

	return &uart->device;
}
