// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real-time clocks of guests: a PL031 without alarm, which cannot be set by the
 * guest. It shows the seconds since 1970, or those since the start of the system
 * counter if nobody has told it the time.
 */
#include "guest.h"

#define NSEC_PER_SEC	1000000000UL

#define RTC_DR		0x000	/* seconds */
#define RTC_CR		0x00c	/* bit 0: it runs */
#define RTC_ID		0xfe0	/* PeriphID 0 to 3 and PCellID 0 to 3 */

static const u8 rtc_id[] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static u64 rtc_seconds(const struct vm *vm)
{
	u64 ticks = timer_now() - vm->rtc_counter;

	return (vm->rtc_time + ticks % hyp.timer_hz * NSEC_PER_SEC /
		hyp.timer_hz) / NSEC_PER_SEC + ticks / hyp.timer_hz;
}

bool rtc_mmio(struct vcpu *vcpu, u64 ipa, bool write, u64 *val)
{
	const struct vm *vm = vcpu->vm;
	u64 offset = ipa - vm->rtc_ipa;

	if (!vm->rtc_ipa || ipa < vm->rtc_ipa || offset >= PAGE_SIZE)
		return false;
	if (write)
		return true;
	*val = 0;
	if (offset == RTC_DR)
		*val = (u32)rtc_seconds(vm);
	else if (offset == RTC_CR)
		*val = 1;
	else if (offset >= RTC_ID && !(offset & 3))
		*val = rtc_id[(offset - RTC_ID) / 4];
	return true;
}

/* rm_ops, see rm.h */

int plat_rtc_create(u16 vmid, u64 ipa)
{
	vm_get(vmid)->rtc_ipa = ipa;
	return RM_HYP_OK;
}

void plat_rtc_set(u16 vmid, u64 time, u64 counter)
{
	struct vm *vm = vm_get(vmid);

	vm->rtc_time = time;
	vm->rtc_counter = counter;
}
