/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One outgoing TCP connection over lwIP that sends by reference, in segments far larger than the
 * MSS where the device cuts them. */
#ifndef AFTERIMAGE_STREAM_H
#define AFTERIMAGE_STREAM_H

#include "config/config.h"
#include "recovery.h"

struct tcp_pcb;

struct stream {
	struct tcp_pcb *pcb; /* NULL: none (any more) */
	int error;           /* why it is gone: -ECONNREFUSED, -ECONNRESET, -EPIPE; 0: closed properly */
	bool connected;      /* the handshake was completed */
	bool peer_fin;
	bool big;            /* the device cuts: segments up to big_mss */
	u16 mss, big_mss;
	u64 given;           /* bytes handed to TCP */
	u64 acked;           /* bytes the peer has acknowledged */
	u64 done;            /* bytes that TCP will not send again: whole segments acknowledged */
	u32 last_ack;        /* pcb->lastack when `acked` was counted */
	u64 started_us;
	u64 asked_us;        /* when the neighbours were asked for again */
	struct recovery recovery;
};

/* Send a SYN. `big`: the device cuts segments of this family. -ENOMEM, -EHOSTUNREACH. */
int stream_start(struct stream *s, const struct target *t, bool big);

/* To be called after each ether_poll(): counts acknowledgements and keeps TCP moving where lwIP alone
 * would stop. */
void stream_tend(struct stream *s);

/* How many of `want` bytes may be given now; 0: wait. Never more than the windows let out at once,
 * so a segment never waits for a window smaller than itself. */
u32 stream_room(const struct stream *s, u64 want);

/* Give len bytes (at most stream_room()) by reference: unchanged until `done` has counted them.
 * -EAGAIN: no buffers now. */
int stream_give(struct stream *s, const void *p, u32 len);

/* Send what was given; without `now` only if it is worth a frame. */
void stream_push(struct stream *s, bool now);

/* TCP sequence number of stream offset `off`. */
u32 stream_seq(const struct stream *s, u64 off);

/* FIN behind everything given; then poll until stream_closed(). */
void stream_close(struct stream *s);
bool stream_fin_acked(const struct stream *s);

/* RST, and forget it. */
void stream_abort(struct stream *s);

/* Forget it without a word: after stream_fin_acked(). */
void stream_forget(struct stream *s);

#endif
