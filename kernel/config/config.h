/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, parsed: what the operator and the loader want (contract: interfaces, "Kernel
 * command line"). */
#ifndef AFTERIMAGE_CONFIG_H
#define AFTERIMAGE_CONFIG_H

#include "base.h"
#include "log.h"
#include "drivers/pci/pci.h"
#include "drivers/power.h"
#include "dump/codec/codec.h"

#define CMDLINE_MAX 4096
#define CONFIG_TARGETS 8
#define CONFIG_IPS 4

/* Addresses are in network order, IPv4 in the first four bytes. */
enum ip_autoconf { IP_STATIC, IP_DHCP, IP_AUTO6 };

/* One ip= word. */
struct ip_config {
	enum ip_autoconf autoconf;
	bool v6;             /* the address family it serves */
	u8 client[16];
	u8 gateway[16];
	bool has_client;
	bool has_gateway;
	u8 prefix_len;       /* of client */
};

enum target_kind { TARGET_TCP, TARGET_DISK, TARGET_CONSOLE };

struct target {
	enum target_kind kind;
	const char *text;    /* as given, for the console; points into the command line copy */
	u16 text_len;
	bool v6;             /* TARGET_TCP */
	u8 host[16];
	u16 port;
	u8 uuid[16];         /* TARGET_DISK */
	bool in_file;        /* TARGET_DISK: file:UUID, by the extent map */
};

enum dump_format { FORMAT_ELF, FORMAT_KDUMP, FORMAT_DMESG };
enum nic_by { NIC_ANY, NIC_PCI, NIC_MAC };

struct config {
	pa_t elfcorehdr;     /* 0: none given */
	pa_t acpi_rsdp;      /* 0: none given */
	pa_t vmcoreinfo;     /* the note with its header, */
	u64 vmcoreinfo_len;  /* 0: none given */
	struct {             /* memmap=: the ranges our image should lie in */
		pa_t start;
		u64 len;
	} memmap[16];
	unsigned int n_memmap;
	u8 consoles;         /* bit n: ttySn */
	u32 baud[4];         /* of ttySn; 0: leave it as programmed */
	struct ip_config ip[CONFIG_IPS];
	unsigned int n_ip;
	struct target target[CONFIG_TARGETS];
	unsigned int n_target;
	enum nic_by nic_by;
	struct pci_addr nic_pci;
	u8 nic_mac[6];
	bool has_gwmac;
	u8 gwmac[6];
	u16 vlan;            /* 0: none */
	u16 mtu;             /* 0: the device's or 1500 */
	enum dump_format format;
	u8 level;            /* as the format has it where none is given */
	bool has_level;
	enum codec codec;    /* of FORMAT_KDUMP */
	enum power_action final, failure;
	u32 timeout_s;       /* 0: none */
	u32 stall_s;
	bool overwrite;
	bool quiesce;
	enum log_level log_level;
};

/* Set *c to the defaults and read console= and dump.log= alone, without a word: what must be known
 * before anything can be said. */
void config_early(struct config *c, const char *text);

/* Parse `text` (NUL-terminated, kept by the caller as long as the config: targets point into it).
 * *c comes from config_early(). Every oddity is reported through log_info and the default used;
 * never fails. */
void config_parse(struct config *c, const char *text);

#endif
