/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/afterimage.conf (docs/man/afterimage.conf.5): what the operator wants. */
#ifndef AFTERIMAGECTL_CONF_H
#define AFTERIMAGECTL_CONF_H

#include <stdio.h>

#include "ctl.h"

#define CONF_PATH     "/etc/afterimage.conf"
#define CONF_TARGETS  8 /* as many as the capture kernel takes */
#define CONF_CONSOLES 4
#define CONF_TEXT     256

struct conf {
	char target[CONF_TARGETS][CONF_TEXT];
	unsigned int n_target;
	char console[CONF_CONSOLES][CONF_TEXT];
	unsigned int n_console;
	char image[CONF_TEXT];     /* what is loaded */
	char loader[CONF_TEXT];    /* auto, file, load */
	char interface[CONF_TEXT]; /* empty: the one the route goes through */
	char ip[CONF_TEXT]; /* auto: settled at load time; dhcp, auto6, none, or a value of ip= */
	char format[CONF_TEXT], level[CONF_TEXT], compress[CONF_TEXT];
	char final_action[CONF_TEXT], failure_action[CONF_TEXT];
	char timeout[CONF_TEXT], stall[CONF_TEXT], overwrite[CONF_TEXT], quiesce[CONF_TEXT];
	char log[CONF_TEXT];
	char append[CONF_TEXT];   /* more words for the command line */
	char path[CONF_TEXT];     /* where saved dumps go */
	char keep[CONF_TEXT];     /* how many of them; 0: all */
	char min_free[CONF_TEXT]; /* of their file system: "N%" or bytes with K, M, G, T */
	char hooks[CONF_TEXT];    /* folder of programs run with a saved dump's folder */
};

void conf_default(struct conf *c);

/* One `key value`. 0; -ENOENT: no such key; -EINVAL: not a value of it; -E2BIG: one too many. */
int conf_set(struct conf *c, const char *key, const char *value, struct why *why);

/* All of a file, each bad line told. 0, -EINVAL when a line was bad, else what opening gave, told.
 */
int conf_read(struct conf *c, const char *path);

/* As a file that conf_read() takes: what differs from the defaults. */
void conf_print(const struct conf *c, FILE *f);

/* Is it "10%" or bytes with K, M, G, T? */
bool conf_is_amount(const char *text);

/* "10%" of total, or bytes; of what conf_is_amount(). */
u64 conf_bytes(const char *text, u64 total);

#endif
