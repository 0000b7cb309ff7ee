/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's stand-in for kernel/arch/cpu.h: only what hardware-independent files use. */
#ifndef AFTERIMAGE_ARCH_CPU_H
#define AFTERIMAGE_ARCH_CPU_H

#include "base.h"

static inline void cpu_relax(void) {}
u64 rdtsc(void);
void cpu_stop(void) NORETURN;
void cpu_triple_fault(void);

#endif
