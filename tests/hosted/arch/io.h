/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's stand-in for kernel/arch/io.h: a test defines the functions it needs, and so is the
 * device behind the ports and registers. */
#ifndef AFTERIMAGE_ARCH_IO_H
#define AFTERIMAGE_ARCH_IO_H

#include "base.h"

void outb(u16 port, u8 v);
void outw(u16 port, u16 v);
void outl(u16 port, u32 v);
u8 inb(u16 port);
u16 inw(u16 port);
u32 inl(u16 port);

u8 mmio_read8(const volatile void *reg);
u16 mmio_read16(const volatile void *reg);
u32 mmio_read32(const volatile void *reg);
void mmio_write8(volatile void *reg, u8 v);
void mmio_write16(volatile void *reg, u16 v);
void mmio_write32(volatile void *reg, u32 v);
void mmio_write64(volatile void *reg, u64 v);
u64 mmio_read64(const volatile void *reg);
void mmio_write64_whole(volatile void *reg, u64 v);

static inline void dma_wmb(void) { __sync_synchronize(); }
static inline void dma_rmb(void) { __sync_synchronize(); }
static inline void dma_mb(void) { __sync_synchronize(); }

#endif
