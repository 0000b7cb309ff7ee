// SPDX-License-Identifier: GPL-2.0-or-later
// Opens dumps, and finds in them who crashed and when.
#include <errno.h>
#include <string.h>

#include "vmcore/dump.h"

#define KERNEL_IMAGE_VA  0xffffffff80000000ull /* where the kernel's image is mapped */
#define KERNEL_IMAGE_MAX (1 * GIB)

/* "[    0.000000] Linux version ...": what dump.format=dmesg sends. */
static bool begins_log(const u8 *p, u64 len)
{
	bool point = false;

	if (len < CONTAINER_SNIFF || p[0] != '[')
		return false;
	for (size_t i = 1; i < CONTAINER_SNIFF; i++) {
		point |= p[i] == '.';
		if (p[i] != '.' && p[i] != ' ' && (p[i] < '0' || p[i] > '9'))
			return false;
	}
	return point || p[CONTAINER_SNIFF - 1] != ' ';
}

enum container container_sniff(const u8 *p, u64 len)
{
	if (len >= SELFMAG && !memcmp(p, ELFMAG, SELFMAG))
		return CONTAINER_ELF;
	if (len >= 8 && !memcmp(p, KDUMP_SIGNATURE, 8))
		return CONTAINER_KDUMP;
	return begins_log(p, len) ? CONTAINER_DMESG : CONTAINER_UNKNOWN;
}

const char *container_name(enum container c)
{
	static const char *const name[] = { "unknown", "elf", "kdump", "dmesg" };

	return name[c];
}

/* The node's name lies in the kernel's image, which vmcoreinfo tells how to find. */
static void find_nodename(struct dump *d)
{
	u64 va, offset, phys_base;
	u8 name[KDUMP_UTS_LEN];

	if (!notes_number(&d->notes, "SYMBOL(init_uts_ns)", 16, &va) ||
	    !notes_number(&d->notes, "OFFSET(uts_namespace.name)", 10, &offset) ||
	    !notes_number(&d->notes, "NUMBER(phys_base)", 10, &phys_base))
		return;
	va += offset + KDUMP_UTS_LEN; /* struct new_utsname: sysname, nodename, ... */
	if (va < KERNEL_IMAGE_VA || va - KERNEL_IMAGE_VA >= KERNEL_IMAGE_MAX)
		return;
	if (!dump_read_phys(d, va - KERNEL_IMAGE_VA + phys_base, name, sizeof(name)))
		clean_text(d->nodename, sizeof(d->nodename), name, sizeof(name));
}

static void find_identity(struct dump *d)
{
	if (d->container == CONTAINER_KDUMP) {
		memcpy(d->nodename, d->kdump.nodename, sizeof(d->nodename));
		memcpy(d->release, d->kdump.release, sizeof(d->release));
		d->crash_time = d->kdump.time;
	}
	if (!d->release[0])
		notes_text(&d->notes, "OSRELEASE", d->release, sizeof(d->release));
	if (!d->crash_time && !notes_number(&d->notes, "CRASHTIME", 10, &d->crash_time))
		d->crash_time = 0;
	if (!d->nodename[0])
		find_nodename(d);
}

static int open_flattened(struct dump *d, const struct input *in, struct why *why)
{
	u8 start[FLAT_SNIFF];
	int err;

	d->in = *in;
	if (input_read(in, 0, start, sizeof(start)) || !flat_sniff(start))
		return 0;
	err = flat_map_build(&d->map, in, &d->flat_why);
	if (err)
		return refuse(why, err, "flattened: %s",
			      d->flat_why.text[0] ? d->flat_why.text : strerror(-err));
	d->flattened = true;
	d->in = flat_map_view(&d->map, in);
	return 0;
}

int dump_open(struct dump *d, const struct input *in, struct why *why)
{
	u8 start[CONTAINER_SNIFF] = { 0 };
	u64 len;
	int err;

	memset(d, 0, sizeof(*d));
	err = open_flattened(d, in, why);
	if (err)
		return err;
	len = MIN(d->in.size, (u64)sizeof(start));
	err = input_read(&d->in, 0, start, len);
	if (err)
		return refuse(why, err, "%s", strerror(-err));
	d->container = container_sniff(start, len);
	switch (d->container) {
	case CONTAINER_ELF:
		err = elfcore_open(&d->elf, &d->in, why);
		if (!err)
			elfcore_notes(&d->elf, &d->in, &d->notes);
		break;
	case CONTAINER_KDUMP:
		err = kdump_open(&d->kdump, &d->in, why);
		if (err)
			break;
		kdump_notes(&d->kdump, &d->in, &d->notes);
		d->pages = kdump_pages_new(&d->kdump);
		if (!d->pages)
			err = refuse(why, -ENOMEM, "no memory");
		break;
	case CONTAINER_DMESG:
		return refuse(why, -EMEDIUMTYPE, "a kernel's log, no memory");
	case CONTAINER_UNKNOWN:
		return refuse(why, -EMEDIUMTYPE, "no dump container that is known here");
	}
	find_identity(d); /* a cut dump may tell as well */
	return err;
}

void dump_close(struct dump *d)
{
	elfcore_close(&d->elf);
	kdump_pages_free(d->pages);
	notes_free(&d->notes);
	flat_map_free(&d->map);
	memset(d, 0, sizeof(*d));
}

static int kdump_read_phys(const struct dump *d, pa_t pa, u8 *buf, u64 len)
{
	while (len) {
		u64 n = MIN(len, PAGE_SIZE - (pa & PAGE_MASK));
		const u8 *page;
		int err = kdump_pages_get(d->pages, &d->in, pa >> PAGE_SHIFT, &page);

		if (err)
			return err;
		memcpy(buf, page + (pa & PAGE_MASK), n);
		buf += n;
		pa += n;
		len -= n;
	}
	return 0;
}

int dump_read_phys(const struct dump *d, pa_t pa, void *buf, u64 len)
{
	if (d->container == CONTAINER_KDUMP)
		return d->pages ? kdump_read_phys(d, pa, buf, len) : -ENODATA;
	return elfcore_read_phys(&d->elf, &d->in, pa, buf, len);
}
