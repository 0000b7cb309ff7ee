/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptor tables, exceptions, and the copy that survives a fault. */
#ifndef AFTERIMAGE_TRAP_H
#define AFTERIMAGE_TRAP_H

#include "base.h"

/* What trap_common (trap.S) leaves on the stack. */
struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss; /* pushed by the CPU */
};

/* Load our own GDT, TSS (IST stacks for NMI, #DF, #MC and #PF) and IDT; then allow machine checks. */
void trap_init(void);

/* Called for every exception, NMI and interrupt; what it returns to is in the frame. */
void trap(struct trap_frame *f);

/* Let the trap return to `to`, on the empty main stack, interrupts off. */
void trap_return_to(struct trap_frame *f, void (*to)(void));

/* Return by IRET: a CPU that was entered within an NMI handler is deaf to NMIs until one (SDM 3A,
 * 6.7.1). */
void nmi_unblock(void);

size_t copy_faulty(void *dst, const void *src, size_t n);

#endif
