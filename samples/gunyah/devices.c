// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's devices and their addresses
 */
#include "console.h"
#include "devices.h"
#include "uart.h"
#include "vm.h"

static struct uart uart;
static struct vm_irq uart_irq;
static struct virtio_device *virtio[MAX_VIRTIO];
static unsigned int virtio_count;
static struct virtio_device *console;
static bool verbose;

static void uart_transmit(__u8 byte)
{
	console_write(&byte, 1);
}

static void uart_interrupt(void)
{
	vm_raise_irq(&uart_irq);
}

/**
 * devices_create() - create the devices of a VM
 * @cfg: describes the VM
 * @window: the part of its memory that devices can access
 */
void devices_create(const struct config *cfg, const struct window *window)
{
	unsigned int i;

	verbose = cfg->verbose;
	uart_init(&uart, uart_transmit);
	for (i = 0; i < cfg->num_disks; i++)
		virtio[virtio_count++] = virtio_blk_create(&cfg->disks[i], i,
							   window);
	if (cfg->virtio_console) {
		console = virtio_console_create(window);
		virtio[virtio_count++] = console;
	}
}

/**
 * devices_connect() - add the devices' interrupts and notifications to the VM
 * @vm: file descriptor of the VM
 */
void devices_connect(int vm)
{
	unsigned int i;

	vm_add_irq(vm, &uart_irq, UART_SPI);
	uart.interrupt = uart_interrupt;
	for (i = 0; i < virtio_count; i++)
		virtio_connect(virtio[i], vm, VIRTIO_BASE + i * VIRTIO_SIZE,
			       VIRTIO_SPI + i);
}

/**
 * devices_start() - start the threads of the devices that have one
 */
void devices_start(void)
{
	unsigned int i;

	for (i = 0; i < virtio_count; i++)
		virtio_start(virtio[i]);
}

/**
 * devices_stop() - stop the threads
 */
void devices_stop(void)
{
	unsigned int i;

	for (i = 0; i < virtio_count; i++)
		virtio_stop(virtio[i]);
}

/**
 * devices_count() - count events without exits
 * @kicks: set to the number of notifications by ioeventfds
 * @irqs: set to the number of interrupts by irqfds
 */
void devices_count(__u64 *kicks, __u64 *irqs)
{
	unsigned int i;

	*kicks = 0;
	*irqs = uart_irq.count;
	for (i = 0; i < virtio_count; i++) {
		*kicks += virtio[i]->kicks;
		*irqs += virtio[i]->irq.count;
	}
}

/* Find the virtio device at an address, and convert the address to an offset */
static struct virtio_device *find_virtio(__u64 *addr)
{
	__u64 offset = *addr - VIRTIO_BASE;

	if (offset / VIRTIO_SIZE >= virtio_count)
		return NULL;
	*addr = offset % VIRTIO_SIZE;

	return virtio[offset / VIRTIO_SIZE];
}

static bool is_uart(__u64 addr)
{
	bool found = addr - UART_BASE < UART_SIZE;

	if (!found && verbose)
		fprintf(stderr, "gunyah_vmm: no device at %#llx\n",
			(unsigned long long)addr);

	return found;
}

/**
 * devices_read() - the VM reads an address that has no memory
 * @addr: guest physical address
 * @len: number of bytes, up to 8
 *
 * Return: what it reads.
 */
__u64 devices_read(__u64 addr, unsigned int len)
{
	struct virtio_device *dev = find_virtio(&addr);

	if (dev)
		return virtio_read(dev, addr, len);

	return is_uart(addr) ? uart_read(&uart, addr - UART_BASE) : 0;
}

/**
 * devices_write() - the VM writes to an address that has no memory
 * @addr: guest physical address
 * @len: number of bytes, up to 8
 * @value: what it writes
 */
void devices_write(__u64 addr, unsigned int len, __u64 value)
{
	struct virtio_device *dev = find_virtio(&addr);

	if (dev)
		virtio_write(dev, addr, len, value);
	else if (is_uart(addr))
		uart_write(&uart, addr - UART_BASE, value);
}

/**
 * devices_input_room() - room for input
 *
 * Return: number of bytes.
 */
size_t devices_input_room(void)
{
	return console ? virtio_console_room(console) : uart_room(&uart);
}

/**
 * devices_input() - add input for the VM
 * @bytes: the bytes
 * @count: number of them; those that do not fit are dropped
 */
void devices_input(const __u8 *bytes, size_t count)
{
	if (console)
		virtio_console_receive(console, bytes, count);
	else
		uart_receive(&uart, bytes, count);
}
