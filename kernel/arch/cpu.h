/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU instructions that C cannot express. */
#ifndef AFTERIMAGE_ARCH_CPU_H
#define AFTERIMAGE_ARCH_CPU_H

#include "base.h"

#define MSR_APIC_BASE 0x1b
#define MSR_EFER 0xc0000080
#define MSR_PAT 0x277
#define MSR_GS_BASE 0xc0000101
#define MSR_FS_BASE 0xc0000100

#define EFER_NXE (1u << 11)
#define CR0_MP (1ul << 1)
#define CR0_EM (1ul << 2)
#define CR0_TS (1ul << 3)
#define CR0_NE (1ul << 5)
#define CR0_WP (1ul << 16)
#define CR4_PGE (1ul << 7)
#define CR4_MCE (1ul << 6)
#define CR4_OSFXSR (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)
#define CR4_LA57 (1ul << 12)
#define CR4_OSXSAVE (1ul << 18)

static inline void cpu_relax(void) { __asm__ volatile("pause" ::: "memory"); }
static inline void cpu_halt(void) { __asm__ volatile("cli; hlt" ::: "memory"); }

static inline void irqs_on(void) { __asm__ volatile("sti" ::: "memory"); }
static inline void irqs_off(void) { __asm__ volatile("cli" ::: "memory"); }

/* Into our own trap handler. */
static inline NORETURN void cpu_trap(void)
{
	__asm__ volatile("ud2" ::: "memory");
	__builtin_unreachable();
}

/* The end: an NMI may wake the CPU, nothing else does. */
static inline NORETURN void cpu_stop(void)
{
	__asm__ volatile("1: cli; hlt; jmp 1b" ::: "memory");
	__builtin_unreachable();
}

/* An exception without an IDT shuts the CPU down, which resets the machine. */
static inline NORETURN void cpu_triple_fault(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} PACKED none;

	__asm__ volatile("lidt %0; int3" ::"m"(none) : "memory");
	__builtin_unreachable();
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;
	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return lo | (u64)hi << 32;
}

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;
	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return lo | (u64)hi << 32;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

static inline void cpuid(u32 leaf, u32 sub, u32 r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(sub));
}

#define DEFINE_CR(n)                                                                               \
	static inline u64 read_cr##n(void)                                                         \
	{                                                                                          \
		u64 v;                                                                             \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v)::"memory");                        \
		return v;                                                                          \
	}                                                                                          \
	static inline void write_cr##n(u64 v) { __asm__ volatile("mov %0, %%cr" #n ::"r"(v) : "memory"); }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
DEFINE_CR(8)
#undef DEFINE_CR

/* Write the cache line back to memory, for a device that does not look into caches. */
static inline void clflush(const void *p) { __asm__ volatile("clflush (%0)" ::"r"(p) : "memory"); }

static inline void invlpg(pa_t va) { __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory"); }

#endif
