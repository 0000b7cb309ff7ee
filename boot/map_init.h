/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one call into the page tables that only boot makes. */
#ifndef AFTERIMAGE_MAP_INIT_H
#define AFTERIMAGE_MAP_INIT_H

/* Build tables that map our image alone (text read-only and executable, rodata read-only, the rest
 * writable and NX, no guard page) and switch to them, keeping the paging depth found. */
void map_init(void);

#endif
