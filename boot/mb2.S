/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel as GRUB loads it: a Multiboot2 header (specification 2.0) and a 32-bit entry that goes to
 * 64-bit mode and jumps to the same entry as kexec does.
 *
 *   stub page   header, code, GDT       MULTIBOOT2_STUB_BYTES
 *   payload     build/afterimage.payload and its .bss, AFTERIMAGE_INIT_SIZE
 *   tables      identity page tables    MULTIBOOT2_TABLES_BYTES, in force until the payload has its own
 *
 * GRUB may put it anywhere from 64 MiB to 4 GiB, so nothing below knows its address: %ebp holds where
 * `stub` came to lie, and every symbol is used as its distance from there. */
#include "../kernel/config/multiboot2.h"

#define ARCH_I386 0                     /* 3.1.2: 32-bit protected mode, whatever the ELF class */
#define TAG_END 0
#define TAG_INFORMATION_REQUEST 1
#define TAG_MODULE_ALIGN 6
#define TAG_RELOCATABLE 10
#define OPTIONAL 1                      /* flag: a loader that cannot do it may load us all the same */
#define PREFER_LOW 1
/* Not below 16 MiB, where ISA-era DMA may still land; and in a small machine what Linux allocated first
 * lies right above that, and at the top of RAM (docs/grub.md): 64 MiB is out of the way. */
#define LOWEST 0x4000000
#define LAST_32BIT 0xffffffff
#define ALIGN_2M 0x200000

#define INFO_CMDLINE 1                  /* 3.6: kinds of information */
#define INFO_MODULES 3
#define INFO_MEMORY_MAP 6
#define INFO_RSDP_OLD 14
#define INFO_RSDP_NEW 15
#define INFO_EFI_MEMORY_MAP 17

#define CPUID_EXTENDED 0x80000000
#define CPUID_FEATURES 0x80000001
#define CPUID_LONG_MODE (1 << 29)       /* EDX */
#define MSR_EFER 0xc0000080
#define EFER_LME (1 << 8)
#define CR0_PE_MP_ET_NE_PG 0x80000033   /* as purgatory leaves it */
#define CR4_PAE (1 << 5)

#define PTE_P_RW 0x003
#define PTE_P_RW_PS 0x083               /* a 2 MiB page */
#define TABLE_BYTES 4096
#define DIRECTORIES 4                   /* 1 GiB each */

#define SEL_CODE64 0x10                 /* the selectors kexec's purgatory uses */
#define SEL_DATA 0x18

#define ENTRY64 0x200                   /* Linux boot protocol: payload + 0x200 */
#define COM1 0x3f8
#define RESET_CONTROL 0xcf9
#define RESET_FULL 0x06

	.section .stub, "awx"
	.code32
stub:
	.balign 8
header:
	.long MULTIBOOT2_HEADER_MAGIC, ARCH_I386, header_end - header
	.long -(MULTIBOOT2_HEADER_MAGIC + ARCH_I386 + (header_end - header))
	.balign 8
1:	.word TAG_INFORMATION_REQUEST, OPTIONAL /* 3.1.4 */
	.long 2f - 1b
	.long INFO_CMDLINE, INFO_MODULES, INFO_MEMORY_MAP, INFO_RSDP_OLD, INFO_RSDP_NEW
	.long INFO_EFI_MEMORY_MAP
2:	.balign 8
	.word TAG_MODULE_ALIGN, OPTIONAL        /* 3.1.11: to pages */
	.long 8
	.balign 8
	.word TAG_RELOCATABLE, OPTIONAL         /* 3.1.14 */
	.long 24, LOWEST, LAST_32BIT, ALIGN_2M, PREFER_LOW
	.balign 8
	.word TAG_END, 0
	.long 8
header_end:

	.globl mb2_entry
/* 3.3: EAX = magic, EBX = the information, flat 32-bit segments, paging and interrupts off; ESP, GDTR
 * and IDTR are undefined. */
mb2_entry:
	cli
	cld
	cmp $MULTIBOOT2_BOOT_MAGIC, %eax
	jne give_up

	/* Where are we? The one safe stack is the information's reserved word (3.6.1). */
	lea 8(%ebx), %esp
	call 1f
1:	pop %ebp
	sub $1b - stub, %ebp
	lea stack_end - stub(%ebp), %esp
	mov %ebx, %esi

	mov $CPUID_EXTENDED, %eax
	cpuid
	cmp $CPUID_FEATURES, %eax
	jb no_long_mode
	mov $CPUID_FEATURES, %eax
	cpuid
	test $CPUID_LONG_MODE, %edx
	jz no_long_mode

	/* Identity mapping of the first 4 GiB: root, one directory-pointer table, four directories. */
	lea tables - stub(%ebp), %edi
	mov %edi, %ebx
	xor %eax, %eax
	mov $MULTIBOOT2_TABLES_BYTES / 4, %ecx
	rep stosl
	lea TABLE_BYTES + PTE_P_RW(%ebx), %eax
	mov %eax, (%ebx)
	xor %ecx, %ecx
1:	add $TABLE_BYTES, %eax
	mov %eax, TABLE_BYTES(%ebx, %ecx, 8)
	inc %ecx
	cmp $DIRECTORIES, %ecx
	jb 1b
	mov $PTE_P_RW_PS, %eax
	xor %ecx, %ecx
1:	mov %eax, 2 * TABLE_BYTES(%ebx, %ecx, 8)
	add $ALIGN_2M, %eax
	inc %ecx
	cmp $DIRECTORIES * 512, %ecx
	jb 1b

	/* SDM 3A, 9.8.5: PAE, root, LME, then paging. */
	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov %ebx, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME, %eax
	wrmsr
	mov $CR0_PE_MP_ET_NE_PG, %eax
	mov %eax, %cr0

	lea gdt - stub(%ebp), %eax
	mov %eax, gdt_base - stub(%ebp)
	lgdt gdt_limit - stub(%ebp)
	pushl $SEL_CODE64
	lea long_mode - stub(%ebp), %eax
	push %eax
	lret

/* A CPU without long mode (or a loader that is none): say so on the serial port, as much as its FIFO
 * takes, and reset. */
no_long_mode:
	lea message - stub(%ebp), %esi
	mov $message_end - message, %ecx
	mov $COM1, %edx
	rep outsb
give_up:
	mov $RESET_CONTROL, %edx
	mov $RESET_FULL, %al
	out %al, %dx
1:	hlt
	jmp 1b
message:
	.ascii "not 64-bit CPU\r\n"
message_end:

	.code64
long_mode:
	mov $SEL_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov %eax, %fs
	mov %eax, %gs
	mov %esi, %esi                  /* zero the upper half, undefined after the mode switch */
	mov %ebp, %eax
	add $payload + ENTRY64 - stub, %rax
	push %rax
	mov $MULTIBOOT2_BOOT_MAGIC, %edi
	xor %eax, %eax
	xor %ebx, %ebx
	xor %ecx, %ecx
	xor %edx, %edx
	xor %ebp, %ebp
	xor %r8d, %r8d
	xor %r9d, %r9d
	xor %r10d, %r10d
	xor %r11d, %r11d
	xor %r12d, %r12d
	xor %r13d, %r13d
	xor %r14d, %r14d
	xor %r15d, %r15d
	ret                             /* to payload + ENTRY64 */

	.balign 8
gdt:	.quad 0, 0
	.quad 0x00af9b000000ffff        /* SEL_CODE64 */
	.quad 0x00cf93000000ffff        /* SEL_DATA */
gdt_end:
gdt_limit:
	.word gdt_end - gdt - 1
gdt_base:
	.long 0

	.balign 16
	.skip 64
stack_end:
	.org MULTIBOOT2_STUB_BYTES

payload:
	.incbin "build/afterimage.payload"
	.balign TABLE_BYTES
payload_end:

	.section .room, "aw", @nobits
	.balign TABLE_BYTES
	.skip AFTERIMAGE_INIT_SIZE - (payload_end - payload)
tables:
	.skip MULTIBOOT2_TABLES_BYTES
