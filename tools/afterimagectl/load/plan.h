/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What will be loaded: the configuration, settled on this machine as it is now. */
#ifndef AFTERIMAGECTL_PLAN_H
#define AFTERIMAGECTL_PLAN_H

#include "conf/conf.h"
#include "area/diskarea.h"
#include "area/runs.h"
#include "load/way.h"

#define PLAN_WORDS 2000 /* what cmdline_size of the image leaves beside the loader's own words */

#define PLAN_MAP   EXTENT_MAP_MAX

enum plan_kind { PLAN_TCP, PLAN_DISK, PLAN_FILE, PLAN_CONSOLE };

struct plan_target {
	enum plan_kind kind;
	const char *text;     /* as configured */
	int err;              /* why it is left out of the words, told; 0: it is in */
	struct way way;       /* PLAN_TCP */
	struct diskarea area; /* PLAN_DISK, PLAN_FILE */
	struct runs extents;  /* PLAN_FILE: on its disk */
};

struct plan {
	const struct conf *conf;
	struct image image;
	struct reservation reservation;
	enum lockdown lockdown;
	enum loader loader;
	struct plan_target target[CONF_TARGETS];
	unsigned int n_target, n_good;
	char words[PLAN_WORDS]; /* the capture kernel's command line */
	char map[PLAN_MAP];     /* and its initrd, the extent map; empty: none is needed */
};

/* Settle everything. A target that cannot be settled is told and left out; 0 when one is left, the
 * image can be read and there is a kexec; else -errno, told. Whether the machine will take it
 * (size, rights, lockdown) is another question: plan_fits(). */
int plan_make(struct plan *p, const struct conf *c);

/* About how many bytes of reservation it takes. */
u64 plan_needs(const struct plan *p);

/* Has the capture kernel a driver for what the target is behind? */
bool plan_drives(const struct plan_target *t);

/* Would kexec refuse it? 0, or -errno, told. */
int plan_fits(const struct plan *p);

#endif
