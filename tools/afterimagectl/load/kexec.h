/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading and unloading through kexec(8), and what this program remembers of it. */
#ifndef AFTERIMAGECTL_KEXEC_H
#define AFTERIMAGECTL_KEXEC_H

#include "load/plan.h"

#define ARMED_PATH "/run/afterimage/armed" /* three lines: time, image, command line; then the extent map */
#define MAP_PATH   "/run/afterimage/map"

struct armed {
	u64 time; /* Unix seconds */
	char image[CONF_TEXT];
	char words[PLAN_WORDS];
	char map[PLAN_MAP];
};

/* Load the plan's image; p->loader becomes what it was loaded by. 0 or -errno, told. */
int kexec_load(struct plan *p);

/* 0 or -errno, told. */
int kexec_unload(void);

/* NULL: what is loaded is what p says; else in words what is not as it should be. */
const char *kexec_mismatch(const struct plan *p);

/* What kexec_load() last left. 0 or -ENOENT, untold: something else loaded what is loaded. */
int kexec_armed(struct armed *a);

#endif
