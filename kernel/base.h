/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types, error codes and small macros that every file may use. Includes nothing of ours. */
#ifndef AFTERIMAGE_BASE_H
#define AFTERIMAGE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/errno.h> /* errors are int: 0 or a negative errno, logged once where they are born */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64; /* %llu everywhere, as in Linux */
typedef long long s64;
typedef int s32;
typedef u64 pa_t; /* a physical address; equal to the virtual one wherever we map anything */

#define KIB ((u64)1 << 10)
#define MIB ((u64)1 << 20)
#define GIB ((u64)1 << 30)

#define PAGE_SHIFT 12
#define PAGE_SIZE ((u64)4096)
#define PAGE_MASK (PAGE_SIZE - 1)
#define LOW_16M (16 * MIB) /* ISA-era DMA may still land below: we never live there */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN_DOWN(x, a) ((x) & ~((u64)(a) - 1))
#define ALIGN_UP(x, a) ALIGN_DOWN((u64)(x) + (u64)(a) - 1, a)
/* Each argument once; __COUNTER__ keeps nested uses from shadowing each other. */
#define MIN(a, b) PICK_(a, b, <, __COUNTER__)
#define MAX(a, b) PICK_(a, b, >, __COUNTER__)
#define PICK_(a, b, op, n) PICK__(a, b, op, n)
#define PICK__(a, b, op, n)                                                                        \
	({                                                                                         \
		__typeof__(a) _a##n = (a);                                                         \
		__typeof__(b) _b##n = (b);                                                         \
		_a##n op _b##n ? _a##n : _b##n;                                                    \
	})

#define PACKED __attribute__((packed))
#define ALIGNED(n) __attribute__((aligned(n)))
#define NORETURN __attribute__((noreturn))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
/* Not reset by a second life (linker.ld): stacks, page and descriptor tables, records. */
#define KEEP __attribute__((section(".keep")))
#define KEEP_PAGES __attribute__((section(".keep.page"), aligned(4096)))
/* Memory that shares its place with that of groups which are never in use at the same time; linker.ld
 * says which. Whoever begins to use it finds garbage. */
#define OVERLAY(group) __attribute__((section(".overlay." #group)))
#define MUST_CHECK __attribute__((warn_unused_result))

/* Do [a, a+alen) and [b, b+blen) share a byte? Safe against wrap-around of the sums. */
static inline bool ranges_overlap(u64 a, u64 alen, u64 b, u64 blen)
{
	return alen && blen && (a >= b ? a - b < blen : b - a < alen);
}

#endif
