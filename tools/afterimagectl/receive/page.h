/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receiver's pages, as HTML without scripts. */
#ifndef AFTERIMAGECTL_PAGE_H
#define AFTERIMAGECTL_PAGE_H

#include "receive/receiver.h"

extern const char page_style[]; /* the style sheet */

/* What is coming, and what is there. */
void page_index(FILE *f, struct receiver *rc);

/* One dump, with the end of its log (`size` bytes, maybe none; `cut`: not from the beginning). */
void page_dump(FILE *f, const json_t *dump, const char *log, size_t size, bool cut);

/* One that is coming. */
void page_live(FILE *f, struct reception *r);

#endif
