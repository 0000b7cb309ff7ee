/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the loader's jump to the first line of C.
 *
 * 64-bit mode, interrupts off, the loader's identity page tables, RSI = boot_params (kexec) or the
 * multiboot2 information with RDI = its magic number; nothing else is relied on. */
	.code64
	.section .head, "ax"

	/* The 32-bit entry would be here, and nobody uses it. UEFI firmware that is told to start the file
	 * begins here: this is no EFI application, only signed like one (boot/header.S). */
	movabs $0x8000000000000003, %rax /* EFI_UNSUPPORTED */
	ret
	.org 0x200

	.globl entry64
entry64:
	cli
	cld
	mov %rsi, %r12
	mov %rdi, %r13

	/* .bss and .keep: the loader zeroed them, but a second opinion costs nothing */
	lea __bss_start(%rip), %rdi
	lea __keep_end(%rip), %rcx
	sub %rdi, %rcx
	xor %eax, %eax
	rep stosb

	/* Self-relocation: linked at 0, so every R_X86_64_RELATIVE adds the load address. */
	lea __image_start(%rip), %rbp
	lea __rela_start(%rip), %rsi
	lea __rela_end(%rip), %rdx
1:	cmp %rdx, %rsi
	jae 2f
	mov (%rsi), %rdi                /* r_offset */
	mov 16(%rsi), %rax              /* r_addend */
	add %rbp, %rax
	mov %rax, (%rbp, %rdi)
	add $24, %rsi                   /* sizeof(Elf64_Rela); the build checks the types */
	jmp 1b
2:
	lea __data_start(%rip), %rsi
	lea __data_end(%rip), %rcx
	sub %rsi, %rcx
	lea __pristine_start(%rip), %rdi
	rep movsb

	lea main_stack_end(%rip), %rsp
	xor %ebp, %ebp
	mov %r12, %rdi
	mov %r13, %rsi
	call start
3:	cli
	hlt
	jmp 3b

	/* As after entry, but on our own tables; .keep stays. */
	.globl second_life
second_life:
	cli
	cld
	lea main_stack_end(%rip), %rsp
	lea __pristine_start(%rip), %rsi
	lea __data_start(%rip), %rdi
	lea __data_end(%rip), %rcx
	sub %rdi, %rcx
	rep movsb
	lea __bss_start(%rip), %rdi
	lea __bss_end(%rip), %rcx
	sub %rdi, %rcx
	xor %eax, %eax
	rep stosb
	xor %ebp, %ebp
	call start_again
	jmp 3b

	/* A guard page lies below the main stack: boot/start.c leaves it unmapped. */
	.section .keep.page, "aw", @nobits
	.balign 4096
	.globl main_stack_guard
main_stack_guard:
	.skip 4096
	.globl main_stack
main_stack:
	.skip 10240                     /* tools/stack-depth */
	.globl main_stack_end
main_stack_end:
