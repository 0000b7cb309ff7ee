// SPDX-License-Identifier: GPL-2.0-or-later
// What this machine says of itself.
#include "host/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "drivers/pci/ids.h"
#include "host/sysfile.h"

#define PAGE 4096ull

/* What the loaders put beside the image (Linux kernel/kexec_file.c, arch/x86/kernel/crash.c;
 * kexec-tools kexec/arch/i386/crashdump-x86.c), in pages. */
#define PAGES_BOTH                                                                                 \
	12 /* purgatory, boot_params, command line, EFI map, control code, vmcoreinfo              \
	    */
#define PAGES_TABLES     4 /* identity mapping with pages of 1 GiB; without, one more for each GiB */
#define PAGES_KEXEC_LOAD 169 /* low 640 KiB backed up, a larger purgatory, elfcorehdr of 16 KiB */
#define PHDR_BYTES       56ull
#define PHDRS_SPARE      32ull /* ranges of RAM, kernel text, VMCOREINFO */

#define HDR_JUMP        0x200 /* offsets in a bzImage: Documentation/arch/x86/boot.rst */
#define HDR_MAGIC       0x202
#define HDR_INIT_SIZE   0x260
#define HDR_END         0x264
#define PE_OFFSET       0x3c       /* Microsoft PE format: where the PE header is; */
#define PE_CERTIFICATES (24 + 144) /* in it, the certificate table's address and size of PE32+ */

int machine_reservation(struct reservation *r)
{
	char cmdline[4096];
	u64 loaded = 0;
	int err = sys_read_number("/sys/kernel/kexec_crash_size", &r->size);
	const char *high;

	if (err)
		return say_error(err, "/sys/kernel/kexec_crash_size (a kernel without kexec?)");
	(void)sys_read_number("/sys/kernel/kexec_crash_loaded", &loaded);
	r->armed = loaded != 0;
	if (sys_read("/proc/cmdline", cmdline, sizeof(cmdline)))
		cmdline[0] = '\0';
	high = strstr(cmdline, "crashkernel=");
	r->low_too = high && strstr(high, ",high") && !strstr(cmdline, ",low");
	return 0;
}

int machine_vmcoreinfo(u64 *pa, u64 *len)
{
	unsigned long long addr, size; /* both hexadecimal: kernel/ksysfs.c vmcoreinfo_show */
	char text[64];

	if (sys_read("/sys/kernel/vmcoreinfo", text, sizeof(text)) ||
	    sscanf(text, "%llx %llx", &addr, &size) != 2 || !addr || !size)
		return -ENOENT;
	*pa = addr;
	*len = size;
	return 0;
}

enum lockdown machine_lockdown(void)
{
	char text[64];

	if (sys_read("/sys/kernel/security/lockdown", text, sizeof(text)))
		return LOCKDOWN_NONE;
	if (strstr(text, "[confidentiality]"))
		return LOCKDOWN_CONFIDENTIALITY;
	return strstr(text, "[integrity]") ? LOCKDOWN_INTEGRITY : LOCKDOWN_NONE;
}

int image_read(const char *path, struct image *image)
{
	u8 head[1024];
	int fd = open(sys_path(path), O_RDONLY | O_CLOEXEC);
	ssize_t n;
	u32 pe;

	if (fd < 0)
		return say_error(-errno, "%s", path);
	n = read(fd, head, sizeof(head));
	close(fd);
	if (n != sizeof(head) || memcmp(head + HDR_MAGIC, "HdrS", 4))
		return say_fail(-ENOEXEC, "%s is no image that kexec loads", path);
	image->init_size = get_le32(head + HDR_INIT_SIZE);
	pe = get_le32(head + PE_OFFSET);
	image->is_signed = !memcmp(head, "MZ", 2) && pe <= sizeof(head) - PE_CERTIFICATES - 8 &&
			   get_le32(head + pe + PE_CERTIFICATES + 4);
	return 0;
}

static bool cpu_has_gib_pages(void)
{
	FILE *f = sys_open("/proc/cpuinfo");
	char line[4096];
	bool has = false;

	while (f && !has && fgets(line, sizeof(line), f))
		has = !strncmp(line, "flags", 5) && strstr(line, " pdpe1gb");
	if (f)
		fclose(f);
	return has;
}

/* The elfcorehdr, which kernels that follow hotplug (>= 6.6) make as large as it can ever become.
 */
static u64 elfcorehdr_bytes(void)
{
	u64 bytes;

	if (!sys_read_number("/sys/kernel/crash_elfcorehdr_size", &bytes))
		return bytes;
	return ((u64)sysconf(_SC_NPROCESSORS_CONF) + PHDRS_SPARE) * PHDR_BYTES + PAGE;
}

u64 machine_needs(const struct image *image, enum loader loader)
{
	u64 pages = PAGES_BOTH + PAGES_TABLES;

	if (!cpu_has_gib_pages())
		pages += machine_meminfo("MemTotal") / GIB + 1;
	if (loader == LOADER_LOAD)
		pages += PAGES_KEXEC_LOAD;
	return ALIGN_UP(image->init_size, PAGE) + ALIGN_UP(elfcorehdr_bytes(), PAGE) + pages * PAGE;
}

/* "0000:00:03.0" */
static bool is_pci_name(const char *s)
{
	static const char form[] = "xxxx:xx:xx.x";

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'x' ? !strchr("0123456789abcdef", s[i]) || !s[i] : s[i] != form[i])
			return false;
	return s[sizeof(form) - 1] == '/' || !s[sizeof(form) - 1];
}

/* The last PCI function on the way to a device: what is behind it (virtio0, ata1/host0) is its own.
 */
static int pci_of(const char *link, char pci[PCI_NAME])
{
	char real[PATH_MAX];

	pci[0] = '\0';
	if (!realpath(sys_path(link), real))
		return -ENODEV;
	for (const char *s = real; (s = strchr(s, '/')); s++)
		if (is_pci_name(s + 1))
			snprintf(pci, PCI_NAME, "%.12s", s + 1);
	return pci[0] ? 0 : -ENODEV;
}

int machine_pci_of_net(const char *name, char pci[PCI_NAME])
{
	char link[64];

	snprintf(link, sizeof(link), "/sys/class/net/%.15s/device", name);
	return pci_of(link, pci);
}

int machine_pci_of_disk(unsigned int major, unsigned int minor, char pci[PCI_NAME])
{
	char link[64];

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major, minor);
	return pci_of(link, pci);
}

static u32 pci_number(const char *pci, const char *file)
{
	char path[80];
	u64 value;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", pci, file);
	return sys_read_number(path, &value) ? 0 : (u32)value;
}

bool machine_drives_net(const char *pci)
{
	return virtio_net_takes((u16)pci_number(pci, "vendor"), (u16)pci_number(pci, "device"));
}

bool machine_drives_disk(const char *pci)
{
	return ahci_takes(pci_number(pci, "class"));
}

u64 machine_meminfo(const char *key)
{
	FILE *f = sys_open("/proc/meminfo");
	unsigned long long kib, found = 0;
	char line[128], name[64];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %llu kB", name, &kib) == 2 && !strcmp(name, key))
			found = kib * KIB;
	if (f)
		fclose(f);
	return found;
}
