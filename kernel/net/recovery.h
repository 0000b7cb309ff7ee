/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loss recovery by selective acknowledgements, in place of lwIP's, which knows none for what it sends. */
#ifndef AFTERIMAGE_RECOVERY_H
#define AFTERIMAGE_RECOVERY_H

#include "base.h"
#include "sack.h"

struct tcp_hdr;
struct tcp_pcb;

struct recovery {
	bool sack;         /* the peer tells what it has; otherwise only that it misses something */
	bool active;       /* something was lost: until `point` is acknowledged */
	struct sacks has;  /* what the peer has above lastack */
	u32 dups;          /* acknowledgements of nothing new, of a peer without SACK */
	u32 lost_to;       /* what the peer does not have below this is lost */
	u32 resent_to;     /* of that, below this was sent again in this round */
	u32 round_to;      /* what had been sent when the round began */
	u32 point;
	u32 window;        /* bytes on the way at most while active */
	u32 ssthresh;
	u32 seen_ack, seen_sacked;
	u64 progress_us;   /* when either moved last, or something was done about it */
	unsigned int probes; /* since then */
	u32 probe_to;      /* end of the last one */
	u32 timed_seq;     /* its acknowledgement ends a measurement of the round trip */
	u64 timed_us;      /* 0: none */
	unsigned int holes; /* times that only short frames came through */
	u32 short_to;      /* what was sent in them the last time */
	u32 rtt_us;        /* smoothed */
};

/* A connection has been made, its handshake took rtt_us. */
void recovery_start(struct recovery *r, const struct tcp_pcb *pcb, u32 rtt_us);

/* To be called after each poll: sends again what was lost, in pieces of at most `piece` bytes a frame,
 * and sets the pcb's congestion window meanwhile. Returns the MSS to use from now on: `mss`, or a
 * smaller one, since frames of that size vanish and shorter ones do not. */
MUST_CHECK u32 recovery_tend(struct recovery *r, struct tcp_pcb *pcb, u32 mss, u32 piece);

/* A segment came in, with `data` bytes of data and the first `len` bytes of its options behind the header
 * (whose fields lwIP has put into host order already); lwIP has not seen it yet. */
void recovery_heard(struct recovery *r, struct tcp_pcb *pcb, const struct tcp_hdr *hdr, u32 len, u32 data);

#endif
