/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bzImage header in front of the payload (Linux Documentation/arch/x86/boot.rst, protocol 2.15).
 * Only its fields count: the real-mode code it stands for is never run, loaders enter the payload at
 * +0x200 in 64-bit mode. */
#define SETUP_SECTS 1
#define XLF_KERNEL_64 0x01
#define XLF_CAN_BE_LOADED_ABOVE_4G 0x02
#define XLF_5LEVEL 0x20
#define LOADED_HIGH 0x01

	.section .header, "a"
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
	.org (SETUP_SECTS + 1) * 512
