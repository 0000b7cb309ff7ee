/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Own descriptor tables, and what happens on an exception (Intel SDM 3A, chapters 3, 6 and 7). */
#include "boot/trap.h"

#include <arch/cpu.h>

#include "boot/start.h"
#include "drivers/lapic.h"
#include "heartbeat.h"
#include "life/life.h"
#include "log.h"

#define EXCEPTIONS 32
#define VECTORS 256
#define VEC_NMI 2
#define VEC_DF 8
#define VEC_GP 13
#define VEC_PF 14
#define VEC_MC 18

#define STUB_BYTES 16 /* trap.S */

#define SEL_CODE 0x10
#define SEL_DATA 0x18
#define SEL_TSS 0x20

#define PF_WRITE (1u << 1) /* SDM 3A, figure 4-12 */
#define RFLAGS_FIXED 0x2 /* the bit that is always set */

#define GATE_INTERRUPT 0x8e00 /* present, DPL 0, 64-bit interrupt gate */

#define MSR_MCG_CAP 0x179
#define MSR_MCG_STATUS 0x17a
#define MSR_MC0_STATUS 0x401
#define MCG_CAP_COUNT 0xffu
#define MCG_CAP_SER (1u << 24)
#define MCG_STATUS_RIPV (1u << 0)
#define MCI_STATUS_VAL (1ull << 63)
#define MCI_STATUS_UC (1ull << 61)
#define MCI_STATUS_PCC (1ull << 57)
#define MCI_STATUS_AR (1ull << 55) /* AMD: TCC, the same for us */

#define IST_BYTES 1024 /* tools/stack-depth */

struct idt_gate {
	u16 offset_0;
	u16 selector;
	u16 ist_type; /* ist in bits 2:0, type and present bit in 15:8 */
	u16 offset_16;
	u32 offset_32;
	u32 zero;
} PACKED;

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} PACKED;

struct table_reg {
	u16 limit;
	u64 base;
} PACKED;

enum ist { IST_NONE, IST_NMI, IST_DF, IST_MC, IST_PF, IST_COUNT };

extern const char trap_stubs[];
extern const char copy_faulty_start[], copy_faulty_end[], copy_faulty_fixup[];

static KEEP u64 gdt[6];
static KEEP struct idt_gate idt[VECTORS];
static KEEP struct tss tss;
static KEEP ALIGNED(16) u8 ist_stack[IST_COUNT - 1][IST_BYTES];

static void gdt_load(void)
{
	u64 base = (u64)&tss;
	struct table_reg reg = { .limit = sizeof(gdt) - 1, .base = (u64)gdt };

	gdt[SEL_CODE / 8] = 0x00af9b000000ffff;
	gdt[SEL_DATA / 8] = 0x00cf93000000ffff;
	/* 64-bit TSS, available (type 9), present; base split as SDM figure 7-4 has it */
	gdt[SEL_TSS / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
	                   (base >> 24 & 0xff) << 56;
	gdt[SEL_TSS / 8 + 1] = base >> 32;
	for (int i = IST_NMI; i < IST_COUNT; i++)
		tss.ist[i - 1] = (u64)ist_stack[i - 1] + IST_BYTES;
	tss.iomap_base = sizeof(tss);

	__asm__ volatile("lgdt %0\n\t"
	                 "mov %1, %%ds\n\tmov %1, %%es\n\tmov %1, %%ss\n\t"
	                 "mov %3, %%fs\n\tmov %3, %%gs\n\t"
	                 "pushq %2\n\t"
	                 "lea 1f(%%rip), %%rax\n\t"
	                 "push %%rax\n\t"
	                 "lretq\n"
	                 "1:\tltr %w4\n\t"
	                 :
	                 : "m"(reg), "r"((u32)SEL_DATA), "i"(SEL_CODE), "r"(0), "r"((u32)SEL_TSS)
	                 : "rax", "memory");
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_GS_BASE, 0);
}

static void idt_load(void)
{
	static const u8 ist_of[VECTORS] = { /* an interrupt stays on the main stack */
		[VEC_NMI] = IST_NMI, [VEC_DF] = IST_DF, [VEC_MC] = IST_MC, [VEC_PF] = IST_PF,
	};
	struct table_reg reg = { .limit = sizeof(idt) - 1, .base = (u64)idt };

	for (unsigned int v = 0; v < VECTORS; v++) {
		unsigned int ours = v < EXCEPTIONS ? v : EXCEPTIONS + v - LAPIC_FIRST_VECTOR;
		u64 to = (u64)trap_stubs + STUB_BYTES * ours;

		if (v >= EXCEPTIONS && v < LAPIC_FIRST_VECTOR)
			continue;

		idt[v] = (struct idt_gate){
			.offset_0 = (u16)to,
			.selector = SEL_CODE,
			.ist_type = GATE_INTERRUPT | ist_of[v],
			.offset_16 = (u16)(to >> 16),
			.offset_32 = (u32)(to >> 32),
		};
	}
	__asm__ volatile("lidt %0" ::"m"(reg));
}

static bool in_copy_faulty(u64 rip)
{
	return rip >= (u64)copy_faulty_start && rip < (u64)copy_faulty_end;
}

/* Clears the banks, so that the next one is seen; life_end() where execution cannot go on. SDM 3B 16.10:
 * RIPV says that the saved RIP is good, PCC in a bank that the processor's state is not. Data that was
 * consumed is asked for again on return: only the copy knows how to do without. Everything else was found
 * in passing, or is another CPU's. */
static void machine_check(struct trap_frame *f)
{
	static KEEP char why[96];
	u64 cap = rdmsr(MSR_MCG_CAP), state = rdmsr(MSR_MCG_STATUS);
	bool lost = !(state & MCG_STATUS_RIPV), consumed = false, in_copy = in_copy_faulty(f->rip);

	format(why, sizeof(why), "machine check: no bank, state 0x%llx", state);
	for (unsigned int i = 0; i < (cap & MCG_CAP_COUNT); i++) {
		u64 st = rdmsr(MSR_MC0_STATUS + 4 * i);

		if (!(st & MCI_STATUS_VAL))
			continue;
		lost |= !!(st & MCI_STATUS_PCC);
		if ((st & MCI_STATUS_UC) && ((st & MCI_STATUS_AR) || (in_copy && !(cap & MCG_CAP_SER))))
			consumed = true;
		if (st & MCI_STATUS_UC)
			format(why, sizeof(why), "machine check: bank %u 0x%llx, state 0x%llx", i, st, state);
		wrmsr(MSR_MC0_STATUS + 4 * i, 0);
	}
	wrmsr(MSR_MCG_STATUS, 0);
	if (lost)
		life_no_second();
	if (consumed && !lost && in_copy)
		f->rip = (u64)copy_faulty_fixup;
	else if (consumed || lost)
		life_end(f, why);
}

void trap(struct trap_frame *f)
{
	if (f->vector == VEC_NMI) /* a button, a watchdog, SERR: none of them changes what we do */
		return;
	if (f->vector >= LAPIC_FIRST_VECTOR) {
		const char *stuck = heartbeat_stuck();

		lapic_interrupt(f->vector);
		if (stuck)
			life_end(f, stuck);
		return;
	}
	if (f->vector == VEC_MC) {
		machine_check(f);
		return;
	}
	/* its loads may fault; a store that does would be one to old RAM */
	if ((f->vector == VEC_GP || (f->vector == VEC_PF && !(f->error & PF_WRITE))) &&
	    in_copy_faulty(f->rip)) {
		f->rip = (u64)copy_faulty_fixup;
		return;
	}
	life_end(f, NULL);
}

void trap_return_to(struct trap_frame *f, void (*to)(void))
{
	f->rip = (u64)to;
	f->rsp = (u64)main_stack_end - 8; /* as a call leaves it */
	f->rflags = RFLAGS_FIXED;
	f->cs = SEL_CODE;
	f->ss = SEL_DATA;
}

void trap_init(void)
{
	gdt_load();
	idt_load();
	write_cr4(read_cr4() | CR4_MCE);
}
