/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of kdump-compressed dumps, decompressed by the distribution's libraries: nothing is shared
 * with the capture kernel's compressors, so that each is the other's proof. */
#ifndef AFTERIMAGECTL_PAGE_DECODE_H
#define AFTERIMAGECTL_PAGE_DECODE_H

#include "base.h"
#include "input.h"
#include "vmcore/kdump.h"

/* Read and decode the page that a descriptor speaks of. 0; -EBADMSG: the bytes do not decode to
 * exactly one page, or the descriptor cannot be meant; -EOPNOTSUPP: a codec that is not known here
 * (snappy); -ENODATA: not in the file; or the error of reading. */
int page_decode(const struct input *in, const struct kdump_page *p, u8 out[PAGE_SIZE]);

#endif
