/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's stand-in for kernel/arch/cpu.h: only what hardware-independent files use. */
#ifndef AFTERIMAGE_ARCH_CPU_H
#define AFTERIMAGE_ARCH_CPU_H

#include "base.h"

#define MSR_APIC_BASE 0x1b
#define MSR_EFER 0xc0000080
#define EFER_NXE (1u << 11)
#define CR4_PGE  (1ul << 7)
#define CR4_LA57 (1ul << 12)

static inline void cpu_relax(void) {}
u64 rdtsc(void);
u64 rdmsr(u32 msr);
void wrmsr(u32 msr, u64 v);
void cpuid(u32 leaf, u32 sub, u32 r[4]);
u64 read_cr3(void);
void write_cr3(u64 v);
u64 read_cr4(void);
void write_cr4(u64 v);
void write_cr8(u64 v);
void invlpg(pa_t va);
void irqs_on(void);
void irqs_off(void);
void clflush(const void *p);
void cpu_stop(void) NORETURN;
void cpu_triple_fault(void);

#endif
