/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bzImage header in front of the payload (Linux Documentation/arch/x86/boot.rst, protocol 2.15).
 * Only its fields count: the real-mode code it stands for is never run, loaders enter the payload at
 * +0x200 in 64-bit mode.
 *
 * The file is a PE32+ image as well (Microsoft PE format, Authenticode), for nothing but its signature:
 * a locked-down kernel checks it in kexec_file_load. One section holds the payload, so that every byte
 * behind the headers is signed; firmware that starts it gets EFI_UNSUPPORTED back. */
#define SETUP_SECTS 1
#define HEADERS_SIZE ((SETUP_SECTS + 1) * 512)

#define PE_MACHINE_AMD64 0x8664
#define PE_FILE_EXECUTABLE_IMAGE 0x0002
#define PE_FILE_LARGE_ADDRESS_AWARE 0x0020
#define PE_FILE_DEBUG_STRIPPED 0x0200
#define PE_OPT_MAGIC_PE32PLUS 0x020b
#define PE_SUBSYSTEM_EFI_APPLICATION 10
#define PE_DLL_NX_COMPAT 0x0100
#define PE_FILE_ALIGNMENT 512
#define PE_SECTION_ALIGNMENT 4096
#define PE_DIRECTORIES 6                /* the fifth is the certificate table, which the signer fills in */
#define PE_SCN_CODE_EXECUTE_READ 0x60000020
#define PAYLOAD_RVA PE_SECTION_ALIGNMENT
#define ALIGN_UP(x, a) (((x) + (a) - 1) / (a) * (a))
#define XLF_KERNEL_64 0x01
#define XLF_CAN_BE_LOADED_ABOVE_4G 0x02
#define XLF_5LEVEL 0x20
#define LOADED_HIGH 0x01

	.section .header, "a"
file_start:
	.ascii "MZ"
	.org 0x3c
	.long pe_header - file_start
pe_header:
	.ascii "PE\0\0"
	.word PE_MACHINE_AMD64
	.word 1                  /* sections */
	.long 0, 0, 0            /* time: none, for the same bytes at each build; no symbols */
	.word section_table - optional_header
	.word PE_FILE_EXECUTABLE_IMAGE | PE_FILE_LARGE_ADDRESS_AWARE | PE_FILE_DEBUG_STRIPPED
optional_header:
	.word PE_OPT_MAGIC_PE32PLUS
	.byte 0, 0               /* linker version */
	.long PAYLOAD_SIZE, 0, 0 /* of code, of data, of bss */
	.long PAYLOAD_RVA        /* entry: the payload's first bytes, boot/entry.S */
	.long PAYLOAD_RVA        /* base of code */
	.quad 0                  /* preferred address: none */
	.long PE_SECTION_ALIGNMENT, PE_FILE_ALIGNMENT
	.word 0, 0, 0, 0, 0, 0   /* versions: system, image, subsystem */
	.long 0
	.long ALIGN_UP(PAYLOAD_RVA + PAYLOAD_SIZE, PE_SECTION_ALIGNMENT)
	.long HEADERS_SIZE
	.long 0                  /* checksum: not looked at */
	.word PE_SUBSYSTEM_EFI_APPLICATION, PE_DLL_NX_COMPAT
	.quad 0, 0, 0, 0         /* stack and heap */
	.long 0
	.long PE_DIRECTORIES
	.fill PE_DIRECTORIES, 8, 0
section_table:
	.ascii ".text\0\0\0"
	.long PAYLOAD_SIZE, PAYLOAD_RVA
	.long PAYLOAD_SIZE, HEADERS_SIZE
	.long 0, 0, 0            /* no relocations, no line numbers */
	.long PE_SCN_CODE_EXECUTE_READ

	.org 0x1f1
	.byte SETUP_SECTS
	.word 0                  /* root_flags */
	.long PAYLOAD_SIZE / 16  /* syssize */
	.word 0                  /* ram_size */
	.word 0                  /* vid_mode */
	.word 0                  /* root_dev */
	.word 0xaa55             /* boot_flag */
	.byte 0xeb, header_end - 1f /* jump: its offset tells where the header ends */
1:	.ascii "HdrS"
	.word 0x020f             /* version */
	.long 0                  /* realmode_swtch */
	.word 0                  /* start_sys_seg */
	.word 0                  /* kernel_version */
	.byte 0                  /* type_of_loader */
	.byte LOADED_HIGH
	.word 0                  /* setup_move_size */
	.long 0x100000           /* code32_start */
	.long 0, 0               /* ramdisk_image, ramdisk_size */
	.long 0                  /* bootsect_kludge */
	.word 0                  /* heap_end_ptr */
	.byte 0, 0               /* ext_loader_ver, ext_loader_type */
	.long 0                  /* cmd_line_ptr */
	.long 0x7fffffff         /* initrd_addr_max */
	.long 0x1000             /* kernel_alignment */
	.byte 1                  /* relocatable_kernel */
	.byte 12                 /* min_alignment, as a power of two */
	.word XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G | XLF_5LEVEL
	.long 2047               /* cmdline_size */
	.long 0                  /* hardware_subarch */
	.quad 0                  /* hardware_subarch_data */
	.long 0, 0               /* payload_offset, payload_length: no compressed kernel inside */
	.quad 0                  /* setup_data */
	.quad 0                  /* pref_address: anywhere */
	.long INIT_SIZE
	.long 0                  /* handover_offset */
	.long 0                  /* kernel_info_offset */
header_end:
	.org HEADERS_SIZE
