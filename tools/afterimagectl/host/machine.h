/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine says of itself: its crash reservation, lockdown, and which of its devices the
 * capture kernel has a driver for. */
#ifndef AFTERIMAGECTL_MACHINE_H
#define AFTERIMAGECTL_MACHINE_H

#include "ctl.h"

#define PCI_NAME 16 /* "0000:00:03.0" and its NUL */

struct reservation {
	u64 size;     /* bytes; 0: there is none */
	bool armed;   /* a capture kernel is loaded */
	bool low_too; /* crashkernel=,high without ,low: 256 MiB below 4 GiB went with it */
};

/* 0, or -errno, told: a kernel without kexec. */
int machine_reservation(struct reservation *r);

/* Where the kernel keeps its VMCOREINFO note (/sys/kernel/vmcoreinfo). 0, or -ENOENT, untold. */
int machine_vmcoreinfo(u64 *pa, u64 *len);

enum lockdown { LOCKDOWN_NONE, LOCKDOWN_INTEGRITY, LOCKDOWN_CONFIDENTIALITY };
enum lockdown machine_lockdown(void);

/* The image to be loaded, by its bzImage and PE headers. */
struct image {
	u32 init_size; /* bytes of memory it takes */
	bool is_signed;
};

/* 0, or -errno, told: it cannot be read or is no bzImage. */
int image_read(const char *path, struct image *image);

enum loader { LOADER_FILE, LOADER_LOAD }; /* kexec_file_load(2), kexec_load(2) */

/* About how many bytes of reservation the image needs with what the loader puts beside it, to whole
 * pages; errs on the large side. */
u64 machine_needs(const struct image *image, enum loader loader);

/* The PCI function behind a network interface or block device (a partition's is its disk's). 0 or
 * -ENODEV, untold: it is none. */
int machine_pci_of_net(const char *name, char pci[PCI_NAME]);
int machine_pci_of_disk(unsigned int major, unsigned int minor, char pci[PCI_NAME]);

/* Does the capture kernel have a driver for it? */
bool machine_drives_net(const char *pci);
bool machine_drives_disk(const char *pci);

/* One number of /proc/meminfo, in bytes; 0: not there. */
u64 machine_meminfo(const char *key);

#endif
