/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exception entries, and the one copy routine that may fault. */
	.text

/* One stub a vector, 0 to 31 and 240 to 255: [vector][error code] as trap_common expects them. Vectors 8, 10-14, 17, 21, 29
 * and 30 push an error code themselves (SDM 3A, 6.15). */
	.macro stub n
	.balign 16
	.if \n == 8 || (\n >= 10 && \n <= 14) || \n == 17 || \n == 21 || \n == 29 || \n == 30
	.else
	push $0
	.endif
	push $\n
	jmp trap_common
	.endm

	.balign 16
	.globl trap_stubs               /* 16 bytes each */
trap_stubs:
	.set i, 0
	.rept 32
	stub i
	.set i, i + 1
	.endr
	.set i, 0xf0                    /* LAPIC_FIRST_VECTOR */
	.rept 16
	stub i
	.set i, i + 1
	.endr

	/* struct trap_frame of boot/trap.h, from the top down */
trap_common:
	push %rax
	push %rcx
	push %rdx
	push %rbx
	push %rbp
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi
	mov %rsp, %rbx
	and $-16, %rsp
	call trap
	mov %rbx, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rbp
	pop %rbx
	pop %rdx
	pop %rcx
	pop %rax
	add $16, %rsp                   /* vector, error code */
	iretq

	.globl nmi_unblock
nmi_unblock:
	pop %rax
	mov %rsp, %rcx
	mov %ss, %edx
	push %rdx
	push %rcx
	pushfq
	mov %cs, %edx
	push %rdx
	push %rax
	iretq

/* size_t copy_faulty(void *dst, const void *src, size_t n): copy n bytes (a multiple of 8), return 0;
 * a fault on a load returns n instead. A machine check on poisoned memory is precise only for plain
 * loads, hence no string instruction. trap() sends any fault in [copy_faulty_start,
 * copy_faulty_end) to copy_faulty_fixup. */
	.globl copy_faulty, copy_faulty_start, copy_faulty_end, copy_faulty_fixup
	.balign 16
copy_faulty:
	mov %rdx, %rcx
	shr $5, %rcx
	jz 2f
copy_faulty_start:
1:	mov (%rsi), %r8
	mov 8(%rsi), %r9
	mov 16(%rsi), %r10
	mov 24(%rsi), %r11
	mov %r8, (%rdi)
	mov %r9, 8(%rdi)
	mov %r10, 16(%rdi)
	mov %r11, 24(%rdi)
	add $32, %rsi
	add $32, %rdi
	dec %rcx
	jnz 1b
2:	mov %edx, %ecx
	and $31, %ecx
	shr $3, %ecx
	jz 4f
3:	mov (%rsi), %r8
	mov %r8, (%rdi)
	add $8, %rsi
	add $8, %rdi
	dec %ecx
	jnz 3b
copy_faulty_end:
4:	xor %eax, %eax
	ret
copy_faulty_fixup:
	mov %rdx, %rax
	ret
