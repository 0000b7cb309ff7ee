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

/* Called for every exception and NMI. Returns for an NMI and for a fault in copy_faulty. */
void trap(struct trap_frame *f);

size_t copy_faulty(void *dst, const void *src, size_t n);

#endif
