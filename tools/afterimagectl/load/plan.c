// SPDX-License-Identifier: GPL-2.0-or-later
// From the configuration to the capture kernel's command line.
#include "load/plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "area/filearea.h"

static int add(struct plan *p, const char *fmt, ...) PRINTF(2, 3);
static int add_line(struct plan *p, const char *fmt, ...) PRINTF(2, 3);

/* One more line of the extent map. 0 or -E2BIG. */
static int add_line(struct plan *p, const char *fmt, ...)
{
	size_t have = strlen(p->map), room = sizeof(p->map) - have;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->map + have, room, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < room ? 0 : -E2BIG;
}

/* docs/area-format.md, "The extent map". */
static int add_extents(struct plan *p, const struct plan_target *t)
{
	int err = *p->map ? 0 : add_line(p, "%s\n", EXTENT_MAP_TITLE);

	if (!err)
		err = add_line(p, "area %s %u\n", t->area.uuid, t->extents.n);
	for (unsigned int i = 0; i < t->extents.n && !err; i++)
		err = add_line(p, "extent %llu %llu\n", t->extents.run[i].device, t->extents.run[i].length);
	return err;
}

/* One more word. 0 or -E2BIG. */
static int add(struct plan *p, const char *fmt, ...)
{
	size_t have = strlen(p->words), room = sizeof(p->words) - have;
	va_list ap;
	int n;

	if (room < 3)
		return -E2BIG;
	if (have)
		p->words[have++] = ' ', room--;
	va_start(ap, fmt);
	n = vsnprintf(p->words + have, room, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < room ? 0 : -E2BIG;
}

static int add_scalar(struct plan *p, const char *name, const char *value)
{
	return *value ? add(p, "dump.%s=%s", name, value) : 0;
}

static int add_mac(struct plan *p, const char *name, const u8 mac[6])
{
	return add(p, "%s%02x:%02x:%02x:%02x:%02x:%02x", name, mac[0], mac[1], mac[2], mac[3],
		   mac[4], mac[5]);
}

/* ip= in Linux's form: IPv6 in brackets, its netmask a prefix length. */
static int add_static_ip(struct plan *p, const struct way *w)
{
	const struct route *r = &w->route;
	char own[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN + 2] = "", mask[INET_ADDRSTRLEN];
	struct in_addr bits = { htonl(r->prefix_len ? ~0u << (32 - r->prefix_len) : ~0u) };

	inet_ntop(r->family, r->source, own, sizeof(own));
	if (r->has_gateway)
		inet_ntop(r->family, r->gateway, gateway, sizeof(gateway));
	if (r->family == AF_INET)
		return add(p, "ip=%s::%s:%s::%s:off", own, gateway,
			   inet_ntop(AF_INET, &bits, mask, sizeof(mask)), w->ifname);
	return add(p, r->has_gateway ? "ip=[%s]::[%s]:%u::%s:off" : "ip=[%s]::%s:%u::%s:off", own,
		   gateway, r->prefix_len ? r->prefix_len : 128, w->ifname);
}

/* The NIC and what is behind it, of the first network target; the capture kernel has one for all.
 */
static int add_nic(struct plan *p, const struct way *w)
{
	int err = add(p, "dump.nic=PCI:%s", w->pci);

	if (!err && w->vlan)
		err = add(p, "dump.vlan=%u", w->vlan);
	if (!err)
		err = add(p, "dump.mtu=%u", w->mtu);
	if (!err && w->has_gwmac)
		err = add_mac(p, "dump.gwmac=", w->gwmac);
	return err;
}

static int add_network(struct plan *p)
{
	const struct way *first = NULL;
	bool done[2] = { false, false };
	int err = 0;

	for (unsigned int i = 0; i < p->n_target && !err; i++) {
		const struct way *w = &p->target[i].way;
		bool v6 = w->route.family == AF_INET6;

		if (p->target[i].kind != PLAN_TCP || p->target[i].err)
			continue;
		if (!first)
			err = add_nic(p, w);
		else if (strcmp(first->pci, w->pci) || first->vlan != w->vlan)
			say("target %s goes through %s, but the capture kernel uses one network "
			    "device: %s",
			    p->target[i].text, w->ifname, first->ifname);
		if (!first)
			first = w;
		if (!err && !done[v6] && !strcmp(p->conf->ip, "auto"))
			err = add_static_ip(p, w);
		done[v6] = true;
	}
	if (!err && first && strcmp(p->conf->ip, "auto"))
		err = add(p, "ip=%s", p->conf->ip);
	return err;
}

/* A file: whose extents the capture kernel is told, and whose disk it must have a driver for. */
static int settle_file(struct plan_target *t)
{
	const char *path = t->text + strlen("file:");
	dev_t disk;
	int err = diskarea_find(&t->area, path);

	if (!err)
		err = filearea_locate(path, &t->extents, &disk);
	if (!err)
		(void)machine_pci_of_disk(major(disk), minor(disk), t->area.pci);
	return err;
}

static int settle_target(struct plan_target *t, const struct conf *c)
{
	if (!strncmp(t->text, "tcp:", 4)) {
		t->kind = PLAN_TCP;
		return way_settle(&t->way, t->text, c->interface);
	}
	if (!strncmp(t->text, "disk:", 5)) {
		t->kind = PLAN_DISK;
		return diskarea_find(&t->area, t->text + 5);
	}
	if (!strncmp(t->text, "file:", 5)) {
		t->kind = PLAN_FILE;
		return settle_file(t);
	}
	t->kind = PLAN_CONSOLE;
	return 0;
}

static int add_target(struct plan *p, const struct plan_target *t)
{
	switch (t->kind) {
	case PLAN_TCP:
		return add(p, "dump.to=%s", t->way.target);
	case PLAN_DISK:
		return add(p, "dump.to=disk:%s", t->area.uuid);
	case PLAN_FILE:
		return add_extents(p, t) ? -E2BIG : add(p, "dump.to=file:%s", t->area.uuid);
	default:
		return add(p, "dump.to=%s", t->text);
	}
}

static int add_scalars(struct plan *p)
{
	const struct conf *c = p->conf;
	const struct {
		const char *name, *value;
	} scalars[] = {
		{ "format", c->format },
		{ "level", c->level },
		{ "compress", c->compress },
		{ "final", c->final_action },
		{ "failure", c->failure_action },
		{ "timeout", c->timeout },
		{ "stall", c->stall },
		{ "overwrite", c->overwrite },
		{ "quiesce", c->quiesce },
		{ "log", c->log },
	};
	int err = 0;

	for (unsigned int i = 0; i < c->n_console && !err; i++)
		err = add(p, "console=%s", c->console[i]);
	for (size_t i = 0; i < ARRAY_SIZE(scalars) && !err; i++)
		err = add_scalar(p, scalars[i].name, scalars[i].value);
	if (!err && *c->append)
		err = add(p, "%s", c->append);
	return err;
}

/* For an elfcorehdr whose own way to the note is spoilt. */
static int add_vmcoreinfo(struct plan *p)
{
	u64 pa, len;

	return machine_vmcoreinfo(&pa, &len) ? 0 : add(p, "dump.vmcoreinfo=0x%llx@0x%llx", len, pa);
}

int plan_make(struct plan *p, const struct conf *c)
{
	int err;

	memset(p, 0, sizeof(*p));
	p->conf = c;
	p->n_target = c->n_target;
	p->lockdown = machine_lockdown();
	if (!c->n_target)
		return say_fail(-EINVAL, "%s names no target", CONF_PATH);
	err = machine_reservation(&p->reservation);
	if (!err)
		err = image_read(c->image, &p->image);
	if (err)
		return err;
	p->loader = strcmp(c->loader, "load") ? LOADER_FILE : LOADER_LOAD;
	for (unsigned int i = 0; i < c->n_target && !err; i++) {
		struct plan_target *t = &p->target[i];

		t->text = c->target[i];
		t->err = settle_target(t, c);
		if (t->err)
			continue;
		p->n_good++;
		err = add_target(p, t);
	}
	if (!err && !p->n_good)
		return say_fail(-EHOSTUNREACH, "no target could be settled");
	if (!err)
		err = add_network(p);
	if (!err)
		err = add_vmcoreinfo(p);
	if (!err)
		err = add_scalars(p);
	if (err)
		say("the command line is longer than %u bytes, or the files are in too many pieces",
		    PLAN_WORDS - 1);
	return err;
}

u64 plan_needs(const struct plan *p)
{
	return machine_needs(&p->image, p->loader) + ALIGN_UP(strlen(p->map), PAGE_SIZE);
}

bool plan_drives(const struct plan_target *t)
{
	if (t->kind == PLAN_TCP)
		return machine_drives_net(t->way.pci);
	return t->kind == PLAN_CONSOLE || (t->area.pci[0] && machine_drives_disk(t->area.pci));
}

int plan_fits(const struct plan *p)
{
	u64 needs = plan_needs(p), advice = MAX(ALIGN_UP(needs, 256 * KIB), 2 * MIB) / KIB;

	if (geteuid())
		return say_fail(-EPERM, "only root may load a capture kernel");
	if (!p->reservation.size)
		return say_fail(-ENOMEM, "no memory is reserved: boot with crashkernel=%lluK",
				advice);
	if (p->image.init_size > p->reservation.size || needs > p->reservation.size)
		return say_fail(-ENOMEM,
				"%llu KiB are reserved and about %llu KiB are needed: boot with "
				"crashkernel=%lluK",
				p->reservation.size / KIB, needs / KIB, advice);
	if (p->lockdown != LOCKDOWN_NONE && p->loader == LOADER_LOAD)
		return say_fail(
		    -EPERM,
		    "this kernel is locked down: `loader load` is not allowed, use `loader auto`");
	if (p->lockdown != LOCKDOWN_NONE && !p->image.is_signed)
		return say_fail(
		    -EPERM, "this kernel is locked down and %s is not signed (docs/secure-boot.md)",
		    p->conf->image);
	return 0;
}
