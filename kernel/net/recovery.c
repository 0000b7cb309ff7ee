/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loss recovery by selective acknowledgements (RFC 2018, RFC 6675), or without them as NewReno does
 * (RFC 6582), in place of lwIP's, which resends a whole segment of up to 60 KiB for a lost frame and waits
 * for its timer when anything else is lost. Here only what is missing is sent again. lwIP's queues are
 * read, never changed; its own fast retransmission and its timer are kept from running. */
#include "recovery.h"

#include "clock.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"

#define DUP_THRESH    3u  /* segments that overtake a hole before it counts as lost */
#define WINDOW_MSS    10u /* never less on the way: what any new connection may send, RFC 6928 */
#define PATIENCE_US   (50 * MS) /* and two round trips; a peer may hold back an ACK for 40 ms */
#define BACKOFF_MAX   6u

#define HOLE_PROBES   3u  /* in vain, then short ones */
#define HOLES_MAX     2u  /* times that these alone came through: the path takes no others */
#define SHORT_V4      536u  /* of the smallest packets that a path must take: RFC 879, */
#define SHORT_V6      1220u /* RFC 8200, 5 */

/* RFC 5681, 2: what is a duplicate acknowledgement. */
static bool is_duplicate(const struct tcp_pcb *pcb, const struct tcp_hdr *hdr, u32 data)
{
	return hdr->ackno == pcb->lastack && pcb->unacked && !data &&
	       (u32)SND_WND_SCALE(pcb, hdr->wnd) == pcb->snd_wnd;
}

void recovery_heard(struct recovery *r, struct tcp_pcb *pcb, const struct tcp_hdr *hdr, u32 len, u32 data)
{
	u32 above = seq_later(hdr->ackno, pcb->lastack);

	if (TCPH_FLAGS(hdr) & TCP_SYN)
		r->sack = sack_permitted((const u8 *)(hdr + 1), len);
	else if (r->sack)
		sack_read(&r->has, (const u8 *)(hdr + 1), len, above, pcb->snd_nxt);
	else if (is_duplicate(pcb, hdr, data))
		r->dups++;
	pcb->dupacks = 0; /* lwIP never sees the third */
}

/* --- sending again */

/* The bytes of a segment from `skip` on as pbufs behind p, at most n: the payload is where it was. */
static u32 piece_fill(struct pbuf *p, const struct tcp_seg *seg, u32 skip, u32 n)
{
	u32 sum = 0;

	skip += (u32)((const u8 *)seg->tcphdr + TCPH_HDRLEN_BYTES(seg->tcphdr) - (const u8 *)seg->p->payload);
	for (const struct pbuf *q = seg->p; q && sum < n; q = q->next) {
		u32 len = skip < q->len ? MIN(q->len - skip, n - sum) : 0;
		struct pbuf *ref;

		if (!len) {
			skip -= q->len;
			continue;
		}
		ref = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_ROM);
		if (!ref)
			break;
		((struct pbuf_rom *)ref)->payload = (const u8 *)q->payload + skip;
		pbuf_cat(p, ref);
		sum += len;
		skip = 0;
	}
	return sum;
}

/* Send at most n bytes from seq on again, within one of lwIP's segments; how much sequence space it
 * was, 0: not now. */
static u32 piece_send(const struct tcp_pcb *pcb, u32 seq, u32 n)
{
	const struct tcp_seg *seg = pcb->unacked;
	struct netif *netif = ip_route(&pcb->local_ip, &pcb->remote_ip);
	struct tcp_hdr *hdr;
	struct pbuf *p;
	u32 skip, got;
	bool fin;
	err_t err;

	while (seg && !seq_before(seq, lwip_ntohl(seg->tcphdr->seqno) + TCP_TCPLEN(seg)))
		seg = seg->next;
	if (!seg || !netif || seq_before(seq, lwip_ntohl(seg->tcphdr->seqno)))
		return 0;
	skip = seq - lwip_ntohl(seg->tcphdr->seqno);
	p = pbuf_alloc(PBUF_IP, TCP_HLEN, PBUF_RAM);
	if (!p)
		return 0;
	got = skip < seg->len ? piece_fill(p, seg, skip, MIN(n, seg->len - skip)) : 0;
	fin = (TCPH_FLAGS(seg->tcphdr) & TCP_FIN) && skip + got == seg->len;
	if (!got && !fin) {
		pbuf_free(p);
		return 0;
	}
	hdr = p->payload;
	hdr->src = lwip_htons(pcb->local_port);
	hdr->dest = lwip_htons(pcb->remote_port);
	hdr->seqno = lwip_htonl(seq);
	hdr->ackno = lwip_htonl(pcb->rcv_nxt);
	TCPH_HDRLEN_FLAGS_SET(hdr, TCP_HLEN / 4, TCP_ACK | (fin ? TCP_FIN : 0));
	hdr->wnd = lwip_htons((u16_t)pcb->rcv_ann_wnd);
	hdr->chksum = 0;
	hdr->urgp = 0;
	IF__NETIF_CHECKSUM_ENABLED(netif, NETIF_CHECKSUM_GEN_TCP)
		hdr->chksum = ip_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, &pcb->local_ip, &pcb->remote_ip);
	err = ip_output_if(p, &pcb->local_ip, &pcb->remote_ip, pcb->ttl, pcb->tos, IP_PROTO_TCP, netif);
	pbuf_free(p);
	return err == ERR_OK ? got + fin : 0;
}

/* Lost bytes that were not sent again in this round. The first of them are [*seq, *end). */
static u32 lost_bytes(const struct recovery *r, u32 una, u32 *seq, u32 *end)
{
	u32 at = seq_later(una, r->resent_to), sum = 0;

	*seq = *end = at;
	for (unsigned int i = 0; i <= r->has.count && seq_before(at, r->lost_to); i++) {
		u32 hole_end = i < r->has.count ? seq_earlier(r->has.block[i].from, r->lost_to) : r->lost_to;

		if (seq_before(at, hole_end)) {
			if (!sum) {
				*seq = at;
				*end = hole_end;
			}
			sum += hole_end - at;
		}
		if (i < r->has.count)
			at = seq_later(at, r->has.block[i].to);
	}
	return sum;
}

static void resend(struct recovery *r, struct tcp_pcb *pcb, u32 sacked, u32 mss, u32 piece)
{
	u32 seq, end, lost = lost_bytes(r, pcb->lastack, &seq, &end);
	u32 flight = pcb->snd_nxt - pcb->lastack, way = flight - MIN(flight, sacked + lost);

	while (lost && way < r->window) {
		u32 room = MAX(r->window - way, mss);
		u32 n = piece_send(pcb, seq, MIN(MIN(end - seq, room), piece));

		if (!n)
			break;
		r->resent_to = seq + n;
		way += n;
		lost = lost_bytes(r, pcb->lastack, &seq, &end);
	}
	/* lwIP counts from lastack on: what it may send is what may be on the way besides */
	pcb->cwnd = r->window + sacked + lost;
}

/* --- what is lost */

static void round_begin(struct recovery *r, const struct tcp_pcb *pcb)
{
	r->resent_to = pcb->lastack;
	r->round_to = pcb->snd_nxt;
}

/* As CUBIC does (RFC 9438, 4.6): three tenths less, once for all that was lost of one window. */
static void begin(struct recovery *r, struct tcp_pcb *pcb, u32 mss)
{
	r->active = true;
	r->point = pcb->snd_nxt;
	r->window = MIN(pcb->cwnd, pcb->snd_nxt - pcb->lastack);
	r->window = MAX(r->window / 10 * 7, WINDOW_MSS * mss);
	r->ssthresh = r->window;
	r->timed_us = 0;
	pcb->rttest = 0;
	round_begin(r, pcb);
}

static void end(struct recovery *r, struct tcp_pcb *pcb)
{
	r->active = false;
	pcb->cwnd = r->window;
	pcb->ssthresh = r->ssthresh;
	pcb->bytes_acked = 0;
}

/* Holes that enough was received behind. Without SACK the first one, and, when that is filled, the next
 * one as the peer's acknowledgement comes to it. */
static void lost_by_ack(struct recovery *r, const struct tcp_pcb *pcb, u32 mss)
{
	u32 above = 0;

	if (!r->sack && (r->active || r->dups >= DUP_THRESH))
		r->lost_to = seq_later(r->lost_to, seq_earlier(pcb->lastack + mss, pcb->snd_nxt));
	for (unsigned int i = r->has.count; i--;) {
		above += r->has.block[i].to - r->has.block[i].from;
		if (above >= DUP_THRESH * mss) {
			r->lost_to = seq_later(r->lost_to, r->has.block[i].from);
			return;
		}
	}
}

/* Nothing was heard for too long: one piece is sent again, to hear what the peer has (as RFC 8985's tail
 * loss probe; nothing may be lost, the peer or the CPU only slow). When it has that piece and no more, or
 * nothing at all is heard, everything was lost. */
static void lost_by_time(struct recovery *r, struct tcp_pcb *pcb, u64 now, u32 mss)
{
	u64 patience = PATIENCE_US + 2ull * r->rtt_us;

	if (now - r->progress_us < patience << MIN(r->probes, BACKOFF_MAX))
		return;
	r->progress_us = now;
	if (r->probes || r->probe_to == pcb->lastack) {
		if (!r->active)
			begin(r, pcb, mss);
		r->lost_to = pcb->snd_nxt;
		r->window = WINDOW_MSS * mss;
		round_begin(r, pcb);
	} else {
		(void)piece_send(pcb, pcb->lastack, mss);
		r->resent_to = seq_later(r->resent_to, pcb->lastack + mss);
	}
	r->probe_to = pcb->lastack + mss;
	r->probes++;
}

static u32 short_mss(const struct tcp_pcb *pcb)
{
	return IP_IS_V6_VAL(pcb->remote_ip) ? SHORT_V6 : SHORT_V4;
}

/* A path that drops long frames without a word (RFC 2923, 2.1; what ICMP says of it is not believed:
 * anybody may say it). The MSS from now on. */
static u32 hole_watch(struct recovery *r, const struct tcp_pcb *pcb, u32 acked, u32 mss)
{
	u32 small = short_mss(pcb);

	if (!acked || mss <= small)
		return mss;
	if (r->probes >= HOLE_PROBES) {
		r->holes++;
		r->short_to = r->resent_to;
	} else if (seq_before(r->short_to, pcb->lastack)) {
		r->holes = 0;
	}
	return r->holes < HOLES_MAX ? mss : small;
}

static void rtt_measure(struct recovery *r, const struct tcp_pcb *pcb, u64 now)
{
	if (r->timed_us && !seq_before(pcb->lastack, r->timed_seq)) {
		r->rtt_us = (u32)((r->rtt_us * 7ull + (now - r->timed_us)) / 8);
		r->timed_us = 0;
	}
	if (!r->timed_us && !r->active) {
		r->timed_seq = pcb->snd_nxt;
		r->timed_us = now;
	}
}

void recovery_start(struct recovery *r, const struct tcp_pcb *pcb, u32 rtt_us)
{
	r->rtt_us = rtt_us;
	r->seen_ack = r->lost_to = r->resent_to = pcb->lastack;
	r->probe_to = r->short_to = pcb->lastack - 1;
	r->progress_us = clock_us();
}

u32 recovery_tend(struct recovery *r, struct tcp_pcb *pcb, u32 mss, u32 piece)
{
	u32 una = pcb->lastack, acked = una - r->seen_ack, sacked;
	u64 now = clock_us();

	if (pcb->rtime < 0)
		return mss;
	pcb->rtime = 0;
	sack_trim(&r->has, una);
	if (acked)
		r->dups = 0;
	sacked = r->sack ? sack_bytes_above(&r->has, una) : r->dups * mss;
	rtt_measure(r, pcb, now);
	mss = hole_watch(r, pcb, acked, mss);
	if (acked || sacked != r->seen_sacked || !pcb->unacked) {
		r->progress_us = now;
		r->probes = 0;
		r->seen_ack = una;
		r->seen_sacked = sacked;
	}
	r->lost_to = seq_later(r->lost_to, una);
	if (r->active)
		r->window = MAX(r->window, MIN(r->window + acked, r->ssthresh));
	if (r->active && !seq_before(una, r->point))
		end(r, pcb);
	if (!pcb->unacked)
		return mss;
	lost_by_ack(r, pcb, mss);
	lost_by_time(r, pcb, now, mss);
	if (!r->active && seq_before(una, r->lost_to))
		begin(r, pcb, mss);
	if (!r->active)
		return mss;
	/* overtaken again: what was sent in this round, too */
	if (sack_bytes_above(&r->has, r->round_to) >= DUP_THRESH * mss)
		round_begin(r, pcb);
	if (r->probes >= HOLE_PROBES)
		piece = MIN(piece, short_mss(pcb));
	resend(r, pcb, sacked, mss, piece);
	return mss;
}
