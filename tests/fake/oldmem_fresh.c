/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/dump/source/oldmem.c as each test wants it: a way to forget what earlier tests forbade. */
#include "kernel/dump/source/oldmem.c"

#include "fake/oldmem_fresh.h"

void oldmem_forget(void)
{
	n_forbidden = 0;
	n_bad = 0;
	overflow = false;
}
