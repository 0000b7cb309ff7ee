/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a network card does to a frame behind a virtio header: cut it into segments, finish its sum. */
#ifndef AFTERIMAGE_WIRE_SEGMENT_H
#define AFTERIMAGE_WIRE_SEGMENT_H

#include <linux/virtio_net.h>

#include "base.h"

#define FRAME_MAX (68u * 1024) /* with its virtio header */

typedef void segment_fn(void *arg, const u8 *packet, u32 len);

/* `packet` is a virtio header and an Ethernet frame, as a TAP device gives it. Calls `each` with what
 * leaves a card: a header of zeros and a frame of its own, of segments or whole, with finished sums.
 * A frame whose header makes no sense is passed on as it is. */
void segment_cut(const u8 *packet, u32 len, segment_fn *each, void *arg);

/* Would segment_cut() change it? */
bool segment_pending(const u8 *packet);

#endif
