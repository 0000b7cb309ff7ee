/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port I/O, MMIO accesses and barriers: with cpu.h the only seam at which host tests put fakes. */
#ifndef AFTERIMAGE_ARCH_IO_H
#define AFTERIMAGE_ARCH_IO_H

#include "base.h"

static inline void outb(u16 port, u8 v) { __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port)); }
static inline void outw(u16 port, u16 v) { __asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(port)); }
static inline void outl(u16 port, u32 v) { __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port)); }

static inline u8 inb(u16 port)
{
	u8 v;
	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u16 inw(u16 port)
{
	u16 v;
	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u32 inl(u16 port)
{
	u32 v;
	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

/* MMIO registers: `reg` is an uncached address from map_mmio(). */
static inline u8 mmio_read8(const volatile void *reg) { return *(const volatile u8 *)reg; }
static inline u16 mmio_read16(const volatile void *reg) { return *(const volatile u16 *)reg; }
static inline u32 mmio_read32(const volatile void *reg) { return *(const volatile u32 *)reg; }
static inline void mmio_write8(volatile void *reg, u8 v) { *(volatile u8 *)reg = v; }
static inline void mmio_write16(volatile void *reg, u16 v) { *(volatile u16 *)reg = v; }
static inline void mmio_write32(volatile void *reg, u32 v) { *(volatile u32 *)reg = v; }

/* virtio 1.x wants 64-bit fields written as two 32-bit halves (4.1.3.1); AHCI accepts the same. */
static inline void mmio_write64(volatile void *reg, u64 v)
{
	mmio_write32(reg, (u32)v);
	mmio_write32((volatile u8 *)reg + 4, (u32)(v >> 32));
}

/* One access, where half a value would be wrong. */
static inline u64 mmio_read64(const volatile void *reg) { return *(const volatile u64 *)reg; }
static inline void mmio_write64_whole(volatile void *reg, u64 v) { *(volatile u64 *)reg = v; }

/* Order our stores to DMA memory against the device's view; x86 keeps store order itself. */
static inline void dma_wmb(void) { __asm__ volatile("" ::: "memory"); }
static inline void dma_rmb(void) { __asm__ volatile("" ::: "memory"); }
/* Full barrier: store then load of another location (virtio 2.7.7.2 notification suppression). */
static inline void dma_mb(void) { __asm__ volatile("mfence" ::: "memory"); }

#endif
