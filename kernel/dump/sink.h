/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a container's bytes go: the contract between the dump loop and its targets. */
#ifndef AFTERIMAGE_SINK_H
#define AFTERIMAGE_SINK_H

#include "base.h"

enum {
	SINK_SEEK = 1u << 0,       /* any offset in any order; else off must equal the bytes so far */
	SINK_TAKES_SPAN = 1u << 1, /* the device fetches old RAM itself (write_span) */
};

/* Errors: -ETIME the run's budget is over, -ETIMEDOUT stalled, -ECONNRESET/-EPIPE the peer broke the
 * connection, -EIO the device failed, -EREMOTEIO the device broke on a span (try again in copy
 * mode), -ENOSPC. After an error only finish() is called. The sink has logged the reason and keeps
 * it in `reason` for the `target ...: failed:` line. */
struct sink {
	const struct sink_ops *ops;
	unsigned int caps;
	char reason[120];  /* why it failed, for the console; empty if it did not */
	u64 accepted;      /* container bytes handed to the sink so far */
	u64 settled;       /* of these, acknowledged by the peer or written to the medium: progress */
};

struct sink_ops {
	/* `len` bytes at container offset `off`; the buffer may be reused as soon as this returns.
	 * Waits (polling the device, under the stall deadline) until there is room. */
	int (*write)(struct sink *s, u64 off, const void *buf, u32 len);

	/* len bytes of old RAM at pa (both multiples of 4 KiB, oldmem_dma_ok() is true for it), by
	 * reference: old RAM does not change, so nothing has to be kept. Only with SINK_TAKES_SPAN. */
	int (*write_span)(struct sink *s, u64 off, pa_t pa, u64 len);

	/* As write, for what makes readers believe in other bytes: on the medium it does not appear before
	 * all that was written until now. NULL: bytes arrive in order, write will do. Nothing else may be
	 * written to the same place until finish(). */
	int (*write_later)(struct sink *s, u64 off, const void *buf, u32 len);

	/* status 0: the container is whole: flush, close, confirm; the result says whether the
	 * target holds it. status < 0: the dump failed: break off so that what arrived is
	 * recognisable as incomplete (reset, never FIN; area stays 'in progress'). The device is
	 * reset and its bus mastering cleared in both cases. -ECANCELED: so it is, and the sink's own
	 * memory may be damaged: a medium is not written to any more. */
	int (*finish)(struct sink *s, int status);
};

#endif
