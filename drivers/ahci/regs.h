/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers and memory structures of the Serial ATA AHCI 1.3.1 specification, by its own names. */
#ifndef AFTERIMAGE_AHCI_REGS_H
#define AFTERIMAGE_AHCI_REGS_H

#include "base.h"

#define AHCI_ABAR 5 /* the BAR of the registers (2.1.11) */

/* Generic host control (3.1). */
#define HBA_CAP      0x00
#define HBA_CAP_SCLO (1u << 24) /* command list override */
#define HBA_CAP_S64A (1u << 31) /* 64-bit addressing */
#define HBA_GHC      0x04
#define HBA_GHC_HR   (1u << 0)  /* HBA reset */
#define HBA_GHC_IE   (1u << 1)  /* interrupt enable */
#define HBA_GHC_AE   (1u << 31) /* AHCI enable */
#define HBA_PI       0x0c /* ports implemented */
#define HBA_CAP2     0x24
#define HBA_CAP2_BOH (1u << 0) /* BIOS/OS handoff */
#define HBA_BOHC     0x28
#define HBA_BOHC_BOS (1u << 0) /* BIOS owned semaphore */
#define HBA_BOHC_OOS (1u << 1) /* OS owned semaphore */
#define HBA_BOHC_BB  (1u << 4) /* BIOS busy */

/* Port registers (3.3): port p's begin at HBA_PORT(p). */
#define HBA_PORTS            32u
#define HBA_PORT_BYTES       0x80u
#define HBA_PORT(p)          (0x100u + HBA_PORT_BYTES * (p))
#define PORT_CLB             0x00
#define PORT_CLBU            0x04
#define PORT_FB              0x08
#define PORT_FBU             0x0c
#define PORT_IS              0x10
#define PORT_IS_PCS          (1u << 6)  /* port connect change */
#define PORT_IS_OFS          (1u << 24) /* overflow */
#define PORT_IS_IFS          (1u << 27) /* interface fatal error */
#define PORT_IS_HBDS         (1u << 28) /* host bus data error */
#define PORT_IS_HBFS         (1u << 29) /* host bus fatal error */
#define PORT_IS_TFES         (1u << 30) /* task file error */
#define PORT_IE              0x14
#define PORT_CMD             0x18
#define PORT_CMD_ST          (1u << 0)  /* start */
#define PORT_CMD_SUD         (1u << 1)  /* spin-up device */
#define PORT_CMD_POD         (1u << 2)  /* power on device */
#define PORT_CMD_CLO         (1u << 3)  /* command list override */
#define PORT_CMD_FRE         (1u << 4)  /* FIS receive enable */
#define PORT_CMD_FR          (1u << 14) /* FIS receive running */
#define PORT_CMD_CR          (1u << 15) /* command list running */
#define PORT_CMD_ICC_ACTIVE  (1u << 28)
#define PORT_TFD             0x20
#define PORT_TFD_ERR         (1u << 0)
#define PORT_TFD_DRQ         (1u << 3)
#define PORT_TFD_DF          (1u << 5)
#define PORT_TFD_BSY         (1u << 7)
#define PORT_SIG             0x24
#define PORT_SIG_ATA         0x00000101u
#define PORT_SIG_ATAPI       0xeb140101u
#define PORT_SIG_PM          0x96690101u /* port multiplier */
#define PORT_SSTS            0x28
#define PORT_SSTS_DET        0xfu
#define PORT_SSTS_DET_DEVICE 1u /* of 0 none, 1 no communication, 3 established, 4 offline */
#define PORT_SSTS_DET_UP     3u /* device present, communication established */
#define PORT_SCTL            0x2c
#define PORT_SCTL_DET_NONE   0u
#define PORT_SCTL_DET_INIT   1u        /* COMRESET while it stays 1 */
#define PORT_SCTL_IPM_OFF    (3u << 8) /* no transitions to partial or slumber */
#define PORT_SERR            0x30
#define PORT_CI              0x38

#define PORT_ALL_ONES 0xffffffffu /* what a controller that is gone answers */

/* Command list entry (4.2.2). */
struct ahci_header {
	u32 flags; /* AHCI_HEADER_*, PRDTL from bit 16 */
	u32 prdbc; /* bytes transferred, by the HBA */
	u32 ctba;  /* command table, 128 byte aligned */
	u32 ctbau;
	u32 reserved[4];
} PACKED;

#define AHCI_HEADER_CFL(bytes) ((u32)(bytes) / 4) /* length of the command FIS */
#define AHCI_HEADER_W          (1u << 6)          /* memory to device */
#define AHCI_HEADER_C          (1u << 10)         /* clear BSY on R_OK */
#define AHCI_HEADER_PRDTL(n)   ((u32)(n) << 16)

/* Physical region descriptor (4.2.3.3). */
struct ahci_prd {
	u32 dba;
	u32 dbau;
	u32 reserved;
	u32 dbc; /* bytes - 1, odd */
} PACKED;

#define AHCI_PRD_MAX (4 * MIB)
#define AHCI_PRDS    128u /* as many as fit our one page, of 65535 */

/* Received FISes (4.2.1): offset of the last register - device to host FIS. */
#define AHCI_FIS_D2H 0x40

/* Register - host to device FIS (Serial ATA 3.x, 10.5.5). */
struct fis_h2d {
	u8 type;
	u8 flags;
	u8 command;
	u8 features;
	u8 lba0, lba1, lba2;
	u8 device;
	u8 lba3, lba4, lba5;
	u8 features_exp;
	u8 count;
	u8 count_exp;
	u8 icc;
	u8 control;
	u8 auxiliary[4];
} PACKED;

#define FIS_H2D        0x27
#define FIS_D2H        0x34 /* register - device to host */
#define FIS_H2D_C      (1u << 7) /* this is a command, not device control */
#define FIS_DEVICE_LBA (1u << 6)

struct ahci_table {
	union {
		struct fis_h2d fis;
		u8 cfis[64];
	};
	u8 acmd[16];
	u8 reserved[48];
	struct ahci_prd prdt[AHCI_PRDS];
} PACKED;

_Static_assert(sizeof(struct ahci_header) == 32, "4.2.2");
_Static_assert(sizeof(struct ahci_prd) == 16, "4.2.3.3");
_Static_assert(sizeof(struct fis_h2d) == 20, "five dwords");
_Static_assert(offsetof(struct ahci_table, prdt) == 0x80, "4.2.3");

/* ATA commands (ACS-4, 7). */
#define ATA_IDENTIFY_DEVICE 0xec
#define ATA_READ_DMA_EXT    0x25
#define ATA_WRITE_DMA_EXT   0x35
#define ATA_FLUSH_CACHE_EXT 0xea
#define ATA_MAX_SECTORS     65536u /* of one command; as count 0 */

/* IDENTIFY DEVICE data, in words (ACS-4, 7.12.7). */
#define ATA_ID_BYTES                512u
#define ATA_ID_GENERAL              0
#define ATA_ID_GENERAL_NOT_ATA      (1u << 15)
#define ATA_ID_COMMANDS2            83
#define ATA_ID_COMMANDS2_LBA48      (1u << 10)
#define ATA_ID_ENABLED1             85
#define ATA_ID_ENABLED1_WRITE_CACHE (1u << 5)
#define ATA_ID_CAPACITY48           100 /* four words */
#define ATA_ID_SECTOR               106
#define ATA_ID_SECTOR_LONG          (1u << 12) /* words 117..118 count */
#define ATA_ID_SECTOR_WORDS         117        /* two words: logical sector in words */
#define ATA_ID_VALID_MASK           0xc000u    /* of words 83 and 106 */
#define ATA_ID_VALID                0x4000u

#endif
