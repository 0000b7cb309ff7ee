/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: every parameter of the contract, good, bad and repeated. */
#include "unit/test.h"

#include "config/config.h"

static struct config c;

static const struct config *parsed(const char *text)
{
	test_log_clear();
	config_early(&c, text);
	config_parse(&c, text);
	return &c;
}

static bool quiet(const char *text)
{
	parsed(text);
	return !test_logged("\n");
}

/* Reported by name, and everything as if it had not been there. */
static bool refused(const char *text)
{
	struct config plain;

	config_early(&plain, "");
	config_parse(&plain, "");
	parsed(text);
	return test_logged("not understood, ignored") && test_logged(text) &&
	       !memcmp(&plain, &c, sizeof(c));
}

TEST(defaults)
{
	CHECK(quiet(""));
	CHECK(!c.elfcorehdr && !c.acpi_rsdp && !c.n_memmap && c.consoles == 1 && !c.n_ip &&
	      !c.n_target);
	CHECK(c.nic_by == NIC_ANY && !c.has_gwmac && !c.vlan && !c.mtu && c.format == FORMAT_KDUMP);
	CHECK(c.codec == CODEC_LZO);
	CHECK(c.final == POWER_REBOOT && c.failure == POWER_REBOOT && !c.timeout_s &&
	      c.stall_s == 300);
	CHECK(!c.overwrite && c.quiesce && c.log_level == LOG_INFO && c.level == 31);
}

TEST(a_production_command_line_does_no_harm)
{
	CHECK(quiet("BOOT_IMAGE=/boot/vmlinuz-6.1.0 root=UUID=abcd ro quiet splash crashkernel=2M "
		    "console=tty0 console=ttyS0,115200n8 nmi_watchdog=1 dump dumpfile=x "
		    "dyndbg=\"file a b\" "
		    "elfcorehdr=0x3f05d000 -- init args"));
	CHECK_EQ(c.elfcorehdr, 0x3f05d000);
	CHECK_EQ(c.baud[0], 115200);
}

TEST(unknown_words_of_ours_are_reported)
{
	parsed("dump.speed=11 other.thing=1 dump.too");
	CHECK(test_logged("dump.speed: no such parameter, ignored"));
	CHECK(test_logged("dump.too: no such parameter"));
	CHECK(!test_logged("other"));
	CHECK(refused("dump.level")); /* known, but without a value */
	CHECK(quiet("dumpling=1 xdump.to=1 DUMP.TO=1"));
}

TEST(elfcorehdr)
{
	CHECK_EQ(parsed("elfcorehdr=1032564K")->elfcorehdr, 1032564ull << 10);
	CHECK_EQ(parsed("elfcorehdr=0x3f05d000")->elfcorehdr, 0x3f05d000);
	CHECK_EQ(parsed("elfcorehdr=16K@0x3f05d000")->elfcorehdr, 0x3f05d000);
	CHECK_EQ(parsed("elfcorehdr=0x4000@1032564K")->elfcorehdr, 1032564ull << 10);
	CHECK_EQ(parsed("elfcorehdr=017605350000")->elfcorehdr, 017605350000);
	CHECK_EQ(parsed("elfcorehdr=9G")->elfcorehdr, 9ull << 30);
	CHECK_EQ(parsed("elfcorehdr=0x1000 x elfcorehdr=0x2000")->elfcorehdr, 0x2000);
	CHECK_EQ(parsed("elfcorehdr=0x1000 elfcorehdr=junk")->elfcorehdr, 0x1000);
	CHECK_EQ(parsed("elfcorehdr=\"0x1000\"")->elfcorehdr, 0x1000);
	CHECK(refused("elfcorehdr=") && refused("elfcorehdr=x") && refused("elfcorehdr=1K@"));
	CHECK(refused("elfcorehdr=0x1000z") && refused("elfcorehdr=0x1000@0x2000@") &&
	      refused("elfcorehdr"));
	CHECK(refused("elfcorehdr=18446744073709551616") && refused("elfcorehdr=16E"));
}

TEST(acpi_rsdp)
{
	CHECK_EQ(parsed("acpi_rsdp=0xf59e0")->acpi_rsdp, 0xf59e0);
	CHECK_EQ(parsed("acpi_rsdp=f59e0")->acpi_rsdp, 0xf59e0); /* Linux: base 16 in any case */
	CHECK_EQ(parsed("acpi_rsdp=3FB7E014")->acpi_rsdp, 0x3fb7e014);
	CHECK_EQ(parsed("acpi_rsdp=1 acpi_rsdp=2")->acpi_rsdp, 2);
	CHECK(refused("acpi_rsdp=") && refused("acpi_rsdp=0x") && refused("acpi_rsdp=f59g0"));
	CHECK(refused("acpi_rsdp=10000000000000000"));
}

TEST(vmcoreinfo)
{
	CHECK_EQ(parsed("dump.vmcoreinfo=0x1024@0x4c5d000")->vmcoreinfo, 0x4c5d000);
	CHECK_EQ(parsed("dump.vmcoreinfo=0x1024@0x4c5d000")->vmcoreinfo_len, 0x1024);
	CHECK_EQ(parsed("dump.vmcoreinfo=4K@5G")->vmcoreinfo_len, 4096);
	CHECK(refused("dump.vmcoreinfo=0x4c5d000") && refused("dump.vmcoreinfo=0x1024@"));
	CHECK(refused("dump.vmcoreinfo=@0x4c5d000") && refused("dump.vmcoreinfo=1K@2Kx"));
	CHECK_EQ(parsed("dump.level=1")->vmcoreinfo_len, 0);
}

TEST(memmap)
{
	parsed("memmap=exactmap memmap=640K@0 memmap=1M@0x3f000000");
	CHECK_EQ(c.n_memmap, 2);
	CHECK(c.memmap[0].start == 0 && c.memmap[0].len == 640 * KIB);
	CHECK(c.memmap[1].start == 0x3f000000 && c.memmap[1].len == MIB);
	parsed("memmap=exactmap,640K@4K,1M@16M");
	CHECK(c.n_memmap == 2 && c.memmap[0].start == 4096 && c.memmap[1].start == LOW_16M);
	CHECK_EQ(parsed("memmap=1M@16M memmap=exactmap")->n_memmap, 0);
	CHECK(quiet("memmap=64K#0x1000 memmap=64K$0x1000 memmap=4G!8G memmap=512M") && !c.n_memmap);
	CHECK(refused("memmap=") && refused("memmap=@16M") && refused("memmap=1M@") &&
	      refused("memmap=1M@x"));
	parsed(
	    "memmap=1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1,1@1");
	CHECK_EQ(c.n_memmap, ARRAY_SIZE(c.memmap));
}

TEST(console)
{
	CHECK(parsed("console=ttyS1")->consoles == 2);
	CHECK(parsed("console=ttyS0 console=ttyS3,9600")->consoles == 9 && c.baud[3] == 9600 &&
	      !c.baud[0]);
	CHECK(parsed("console=ttyS2,115200n8")->consoles == 4 && c.baud[2] == 115200);
	CHECK(quiet(
	    "console=tty0 console=efifb console=vga console=hvc0 console=ttyS4 console=ttyS"));
	CHECK_EQ(c.consoles, 1);
	CHECK(refused("console=ttyS0,fast") && refused("console=ttyS0,0") &&
	      refused("console=ttyS0,230400"));
	/* found before anything is parsed in earnest */
	config_early(&c, "dump.log=debug console=ttyS1,19200 dump.to=nonsense");
	CHECK(c.consoles == 2 && c.baud[1] == 19200 && c.log_level == LOG_DEBUG && !c.n_target);
}

TEST(ip)
{
	parsed("ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off ip=[2001:db8::2]:::64 ip=dhcp");
	CHECK_EQ(c.n_ip, 3);
	CHECK(!c.ip[0].v6 && c.ip[1].v6 && c.ip[2].autoconf == IP_DHCP);
	CHECK(refused("ip=10.0.2.999::::") && refused("ip=off"));
	CHECK_EQ(parsed("ip=x ip=dhcp ip=10.0.2.15::::::")->n_ip, 2);
	parsed("ip=dhcp ip=dhcp ip=dhcp ip=dhcp ip=auto6");
	CHECK_EQ(c.n_ip, CONFIG_IPS);
	CHECK(test_logged("auto6 left out"));
}

TEST(targets_in_order)
{
	char text[512] = "";

	parsed("dump.to=tcp://10.0.2.2:7117 dump.to=nonsense "
	       "dump.to=disk:0123abcd-4567-89ef-0123-456789abcdef "
	       "dump.to=console:");
	CHECK(test_logged("dump.to=nonsense: not understood"));
	CHECK_EQ(c.n_target, 3);
	CHECK(c.target[0].kind == TARGET_TCP && c.target[1].kind == TARGET_DISK &&
	      c.target[2].kind == TARGET_CONSOLE);
	CHECK(c.target[0].text_len == 19 && !strncmp(c.target[0].text, "tcp://10.0.2.2:7117 ", 20));
	CHECK(parsed("dump.to=\"tcp://10.0.2.2:7117\"")->n_target == 1 &&
	      c.target[0].text_len == 19);
	CHECK(parsed("\"dump.to=tcp://10.0.2.2:7117\"")->n_target == 1 &&
	      c.target[0].text_len == 19);
	for (int i = 0; i < CONFIG_TARGETS + 2; i++)
		strcat(text, "dump.to=tcp://10.0.2.2:7117 ");
	CHECK_EQ(parsed(text)->n_target, CONFIG_TARGETS);
	CHECK(test_logged("more than 8 targets"));
	CHECK(refused("dump.to=http://10.0.2.2:80") && refused("dump.to=") && refused("dump.to"));
}

TEST(network)
{
	CHECK(parsed("dump.nic=PCI:0000:00:03.0")->nic_by == NIC_PCI && c.nic_pci.dev == 3);
	CHECK(parsed("dump.nic=PCI:0000:00:03.0 dump.nic=MAC:52:54:00:12:34:56")->nic_by ==
	      NIC_MAC);
	CHECK(refused("dump.nic=eth0"));
	CHECK(parsed("dump.vlan=1")->vlan == 1 && parsed("dump.vlan=4094")->vlan == 4094);
	CHECK(parsed("dump.vlan=7 dump.vlan=9")->vlan == 9);
	CHECK(refused("dump.vlan=0") && refused("dump.vlan=4095") && refused("dump.vlan=x"));
	CHECK(parsed("dump.mtu=9000")->mtu == 9000 && parsed("dump.mtu=576")->mtu == 576);
	CHECK(refused("dump.mtu=575") && refused("dump.mtu=65536") && refused("dump.mtu=-1"));
	CHECK(parsed("dump.gwmac=52:54:00:12:34:56")->has_gwmac && c.gwmac[5] == 0x56);
	CHECK(refused("dump.gwmac=52:54:00:12:34") && !c.has_gwmac);
	CHECK(parsed("dump.gwmac=52:54:00:12:34:56 dump.gwmac=1:2:3:4:5:x")->gwmac[0] == 0x52);
	CHECK(parsed("dump.nic=MAC:52:54:00:12:34:56 dump.nic=MAC:1:2:3")->nic_mac[0] == 0x52);
}

TEST(formats)
{
	CHECK(quiet("dump.format=elf dump.level=0 dump.compress=none"));
	CHECK(c.format == FORMAT_ELF && c.level == 0 && c.codec == CODEC_NONE);
	CHECK(quiet("dump.format=kdump") && c.format == FORMAT_KDUMP && c.level == 31);
	CHECK(quiet("dump.format=elf") && c.level == 0);
	CHECK(quiet("dump.level=17 dump.format=elf") && c.level == 17);
	CHECK(quiet("dump.format=dmesg") && c.format == FORMAT_DMESG);
	CHECK(refused("dump.format=raw"));
	CHECK(quiet("dump.level=0") && c.level == 0);
	CHECK(refused("dump.level=32") && refused("dump.level=-1"));
	CHECK(quiet("dump.compress=zstd") && c.codec == CODEC_ZSTD);
	CHECK(quiet("dump.compress=zlib") && c.codec == CODEC_ZLIB);
	CHECK(refused("dump.compress=lz4"));
}

TEST(ends)
{
	CHECK(parsed("dump.final=poweroff dump.failure=halt")->final == POWER_POWEROFF);
	CHECK_EQ(c.failure, POWER_HALT);
	CHECK(parsed("dump.final=poweroff dump.final=reboot")->final == POWER_REBOOT);
	CHECK(parsed("dump.final=halt dump.final=never")->final == POWER_HALT); /* the valid one */
	CHECK(refused("dump.final=never") && refused("dump.failure=") &&
	      refused("dump.final=Reboot"));
	CHECK_EQ(parsed("dump.timeout=600")->timeout_s, 600);
	CHECK_EQ(parsed("dump.timeout=600 dump.timeout=0")->timeout_s, 0);
	CHECK(refused("dump.timeout=-1") && refused("dump.timeout=1h") &&
	      refused("dump.timeout=99999999999999999999"));
	CHECK_EQ(parsed("dump.stall=10")->stall_s, 10);
	CHECK(refused("dump.stall=0"));
	CHECK(parsed("dump.overwrite=1")->overwrite &&
	      !parsed("dump.overwrite=1 dump.overwrite=0")->overwrite);
	CHECK(!parsed("dump.quiesce=0")->quiesce && refused("dump.quiesce=2") &&
	      refused("dump.overwrite=yes"));
	CHECK(parsed("dump.log=quiet")->log_level == LOG_QUIET && refused("dump.log=loud"));
}

TEST(spaces_and_quotes)
{
	CHECK_EQ(parsed(" \t dump.stall=10\n\t ")->stall_s, 10);
	CHECK_EQ(parsed("x=\"a dump.stall=10 b\"")->stall_s, 300); /* inside another's value */
	CHECK_EQ(parsed("dump.stall=\"10\"")->stall_s, 10);
	CHECK_EQ(parsed("dump.stall=\"10")->stall_s, 10); /* as Linux: to the end */
	CHECK(refused("dump.stall=1\"0\"") && refused("dump.stall=\"\"") &&
	      refused("dump.stall=\""));
	CHECK(quiet("\"") && quiet("\"\"") && quiet("=") && quiet("=x") && quiet("\"=\""));
}

TEST(a_full_line)
{
	static char text[CMDLINE_MAX];

	memset(text, 'x', sizeof(text) - 1);
	CHECK(quiet(text));
	memcpy(text + sizeof(text) - 1 - 14, " dump.stall=10", 14);
	CHECK(quiet(text));
	CHECK_EQ(c.stall_s, 10);
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "dump.to=", 8);
	parsed(text);
	CHECK(test_logged("dump.to=xxx") && !c.n_target);
}
