// SPDX-License-Identifier: GPL-2.0-only
/*
 * hello DTB: start a VM that writes "Hello, world" to a device, byte by
 * byte, and powers off. Documentation/virt/gunyah/vm-manager.rst explains it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/gunyah.h>

#define MEM_BASE	0x80000000	/* as in hello.dts */
#define MEM_SIZE	0x200000
#define DTB_OFFSET	0x100000
#define DTB_MAX		0x5000
#define DTB_ROOM	0x10000		/* the resource manager adds to it */
#define OUTPUT		0x10000000	/* a register: bytes for standard output */

static const struct {
	__u32 code[10];
	char text[14];
} guest = {
	{
		0x10000141,	/*	adr	x1, text		*/
		0xd2a20002,	/*	mov	x2, #0x10000000		*/
		0x38401423,	/* next: ldrb	w3, [x1], #1		*/
		0x34000063,	/*	cbz	w3, off			*/
		0x39000043,	/*	strb	w3, [x2]		*/
		0x17fffffd,	/*	b	next			*/
		0x52800100,	/* off:	mov	w0, #0x8		*/
		0x72b08000,	/*	movk	w0, #0x8400, lsl #16	*/
		0xd4000002,	/*	hvc	#0  // PSCI SYSTEM_OFF	*/
		0x14000000,	/*	b	.			*/
	},
	"Hello, world\n",	/* text: */
};

/* The program ends if a call has failed */
static int check(int result, const char *what)
{
	if (result < 0)
		err(1, "%s", what);
	return result;
}

static void *lend_memory(int vm, const char *dtb_path)
{
	char *mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct gh_userspace_memory_region region = {
		.flags = GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE |
			 GH_MEM_ALLOW_EXEC | GH_MEM_LENT,
		.guest_phys_addr = MEM_BASE,
		.memory_size = MEM_SIZE,
		.userspace_addr = (uintptr_t)mem,
	};
	struct gh_vm_dtb_config dtb = {
		.guest_phys_addr = MEM_BASE + DTB_OFFSET,
		.size = DTB_ROOM,
	};
	int fd = check(open(dtb_path, O_RDONLY | O_CLOEXEC), dtb_path);

	if (mem == MAP_FAILED)
		err(1, "mmap");
	memcpy(mem, &guest, sizeof(guest));
	if (check(read(fd, mem + DTB_OFFSET, DTB_ROOM), dtb_path) > DTB_MAX)
		errx(1, "%s: too large", dtb_path);
	close(fd);

	check(ioctl(vm, GH_VM_SET_USER_MEM_REGION, &region), "cannot lend memory");
	check(ioctl(vm, GH_VM_SET_DTB_CONFIG, &dtb), "cannot set the devicetree");
	return mem;
}

static void start_vm(int vm)
{
	struct gh_vm_status status = {};
	int tries = 20;

	while (ioctl(vm, GH_VM_START)) {
		/* The firmware may still be releasing other VMs */
		if (errno == EAGAIN && --tries) {
			usleep(100000);
			continue;
		}
		warn("cannot start the VM");
		check(ioctl(vm, GH_VM_GET_STATUS, &status), "GH_VM_GET_STATUS");
		errx(1, "start_reason %u, start_step %u, rm_error %#x",
		     status.start_reason, status.start_step, status.rm_error);
	}
}

static void access_device(struct gh_vcpu_run *run)
{
	if (!run->mmio.is_write)
		memset(run->mmio.data, 0, sizeof(run->mmio.data));
	else if (run->mmio.phys_addr == OUTPUT)
		check(write(STDOUT_FILENO, run->mmio.data, 1), "standard output");
}

static void run_vcpu(int vcpu, struct gh_vcpu_run *run)
{
	do {
		while (ioctl(vcpu, GH_VCPU_RUN))
			if (errno != EINTR)
				err(1, "cannot run the vCPU");
		if (run->exit_reason == GH_VCPU_EXIT_MMIO)
			access_device(run);
	} while (run->exit_reason != GH_VCPU_EXIT_STATUS);
}

int main(int argc, char **argv)
{
	struct gh_fn_vcpu_arg arg = { .id = 0 };
	struct gh_fn_desc desc = { GH_FN_VCPU, sizeof(arg), (uintptr_t)&arg };
	struct gh_vcpu_stats stats = {};
	struct gh_vm_status status = {};
	struct gh_info info = {};
	struct gh_vcpu_run *run;
	int gunyah, vm, vcpu;
	void *mem;

	if (argc != 2)
		errx(1, "usage: hello DTB");
	gunyah = check(open("/dev/gunyah", O_RDWR | O_CLOEXEC), "/dev/gunyah");
	check(ioctl(gunyah, GH_GET_INFO, &info), "not this driver's /dev/gunyah");

	vm = check(ioctl(gunyah, GH_CREATE_VM, 0UL), "cannot create a VM");
	mem = lend_memory(vm, argv[1]);
	vcpu = check(ioctl(vm, GH_VM_ADD_FUNCTION, &desc), "cannot add a vCPU");
	run = mmap(NULL, ioctl(vcpu, GH_VCPU_MMAP_SIZE), PROT_READ | PROT_WRITE,
		   MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		err(1, "cannot map the run page");
	start_vm(vm);
	munmap(mem, MEM_SIZE);	/* it is the VM's */
	run_vcpu(vcpu, run);

	check(ioctl(vcpu, GH_VCPU_GET_STATS, &stats), "GH_VCPU_GET_STATS");
	warnx("%llu MMIO writes", stats.mmio_write);
	check(ioctl(vm, GH_VM_GET_STATUS, &status), "GH_VM_GET_STATUS");
	if (status.exit_type != GH_VM_EXIT_PLATFORM_OFF)
		errx(1, "the VM has ended with exit type %u", status.exit_type);
	return 0;
}
