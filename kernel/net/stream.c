/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One outgoing TCP connection over lwIP that sends by reference, in segments far larger than the
 * MSS where the device cuts them. */
#include "stream.h"

#include <string.h>

#include "address.h"
#include "clock.h"
#include "ether.h"
#include "life/failure.h"
#include "log.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip_hooks.h"

#define MSS_MIN      64          /* below this a peer is only wasting our time */
#define BIG_BYTES    61440u      /* with its headers still a 16-bit IP length */
#define SMALL_BYTES  1400u       /* lwIP can split such a segment in its largest pool */
#define PIECES_MAX   20u         /* pbufs in a segment, within ether.c's and the device's limit */
#define FRESH_MSS    10u         /* initial window in segments, RFC 6928 */
#define BATCH_MSS    4u          /* without a cutting device: frames worth one notification */
#define STUCK_TRIES  3u          /* in vain: perhaps the next hop is another machine now */
#define ASK_US       SEC
#define RTX_CLAMP    3           /* bounds the backoff: the stall deadline decides, not a count */

static void mss_set(struct stream *s, u16_t mss)
{
	s->pcb->mss = s->mss = mss;
	s->big_mss = s->big ? (u16)(BIG_BYTES / mss * mss) : mss;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct stream *s = arg;

	(void)err;
	if (pcb->mss < MSS_MIN) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	s->connected = true;
	mss_set(s, pcb->mss);
	s->last_ack = pcb->lastack;
	pcb->cwnd = MAX(pcb->cwnd, FRESH_MSS * s->mss);
	recovery_start(&s->recovery, pcb, (u32)(clock_us() - s->started_us));
	return ERR_OK;
}

s8_t net_tcp_heard(struct tcp_pcb *pcb, const struct tcp_hdr *hdr, u16_t len, u16_t data)
{
	struct stream *s = pcb->callback_arg;

	if (s && s->pcb == pcb)
		recovery_heard(&s->recovery, pcb, hdr, len, data);
	return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct stream *s = arg;

	s->done += len;
	/* The byte of a window probe was the last: lwIP's next tick would assert that there is more. */
	if (!pcb->unsent)
		pcb->persist_backoff = 0;
	return ERR_OK;
}

/* Nothing is expected of the peer: what it says is thrown away. */
static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct stream *s = arg;

	(void)err;
	if (!p) {
		s->peer_fin = true;
		return ERR_OK;
	}
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

/* lwIP has freed the pcb already. */
static void on_error(void *arg, err_t err)
{
	struct stream *s = arg;

	s->pcb = NULL;
	if (err == ERR_CLSD) { /* LAST_ACK: the peer closed first and has everything now, our FIN too */
		s->error = 0;
		s->acked = s->done = s->given;
	} else if (err == ERR_RST) {
		s->error = s->connected ? -ECONNRESET : -ECONNREFUSED;
	} else {
		s->error = -EPIPE;
	}
}

static void stream_drop(struct stream *s, bool reset)
{
	struct tcp_pcb *pcb = s->pcb;

	if (!pcb)
		return;
	tcp_arg(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_recv(pcb, NULL);
	s->pcb = NULL;
	tcp_abandon(pcb, reset);
}

int stream_start(struct stream *s, const struct target *t, bool big)
{
	ip_addr_t to = address_of(t->host, t->v6);
	struct tcp_pcb *pcb = tcp_new_ip_type(t->v6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
	err_t err;

	if (!pcb)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	s->pcb = pcb;
	s->big = big;
	s->started_us = clock_us();
	tcp_arg(pcb, s);
	tcp_sent(pcb, on_sent);
	tcp_recv(pcb, on_received);
	tcp_err(pcb, on_error);
	err = tcp_connect(pcb, &to, t->port, on_connected);
	if (err == ERR_OK)
		return 0;
	stream_drop(s, false);
	return err == ERR_RTE ? -EHOSTUNREACH : -ENOMEM;
}

/* Slow start by bytes acknowledged without lwIP's limit of two segments an ACK: a receiver that
 * coalesces answers 60 KiB with one ACK. */
static void grow_window(struct stream *s, u32 acked)
{
	struct tcp_pcb *pcb = s->pcb;
	u32 counted = MIN(acked, 2u * s->mss);

	if (pcb->cwnd < pcb->ssthresh && !(pcb->flags & TF_INFR) && !s->recovery.active)
		pcb->cwnd = MIN(pcb->cwnd + acked - counted, pcb->ssthresh);
}

/* lwIP does not expect segments larger than a window. Behind a retransmission timeout the congestion
 * window is one MSS, and it neither sends a larger segment nor starts a timer for it: a stall for
 * ever. Nothing being in flight, the segment at the head may always go. A peer that shrank its window
 * below such a segment takes of it what fits. */
static void unstick(struct tcp_pcb *pcb)
{
	struct tcp_seg *head = pcb->unsent;
	tcpwnd_size_t peer = pcb->snd_wnd;

	if (pcb->unacked || !head || !head->len)
		return;
	if (pcb->cwnd < head->len)
		pcb->cwnd = head->len;
	if (peer && peer < head->len && head->len > pcb->mss)
		pcb->snd_wnd = head->len;
	tcp_output(pcb);
	pcb->snd_wnd = peer;
}

static void stuck_check(struct stream *s)
{
	u32 tries = MAX(s->recovery.probes, (u32)s->pcb->nrtx);
	u64 now = clock_us();

	if (tries < STUCK_TRIES || now < s->asked_us + ASK_US)
		return;
	s->asked_us = now;
	ether_ask_neighbours();
}

void stream_tend(struct stream *s)
{
	struct tcp_pcb *pcb = s->pcb;

	if (!pcb)
		return;
	if (s->connected) {
		u32 acked = pcb->lastack - s->last_ack, mss;

		acked = (u32)MIN((u64)acked, s->given - s->acked); /* a FIN counts as one, too */
		s->last_ack = pcb->lastack;
		s->acked += acked;
		grow_window(s, acked);
		mss = recovery_tend(&s->recovery, pcb, s->mss, s->big_mss);
		if (mss < s->mss) {
			log_info("frames of %u bytes vanish on the way: segments of %u bytes", s->mss, mss);
			mss_set(s, (u16_t)mss);
			ether_set_gso_size(s->big ? s->mss : 0);
		}
	}
	pcb->nrtx = MIN(pcb->nrtx, (u8_t)RTX_CLAMP);
	stuck_check(s);
	pcb->persist_probe = 0;
	unstick(pcb);
	if (pcb->flags & TF_NAGLEMEMERR) /* a frame found no room in the device */
		tcp_output(pcb);
}

u32 stream_room(const struct stream *s, u64 want)
{
	const struct tcp_pcb *pcb = s->pcb;
	u32 window, flight, room, most;

	if (!pcb)
		return 0;
	most = (u32)MIN(want, (u64)BIG_BYTES); /* tcp_write() counts in 16 bits */
	window = MIN(pcb->cwnd, pcb->snd_wnd);
	flight = pcb->snd_lbb - pcb->lastack;
	if (!flight && window < s->mss) { /* lwIP's persist timer needs something to probe with */
		room = MIN((u32)s->mss, SMALL_BYTES);
		return MIN(room, most);
	}
	room = window > flight ? window - flight : 0;
	room = MIN(room, pcb->snd_buf);
	if (room >= most)
		return most;
	/* rather wait for more ACKs than cut the window into crumbs */
	if (flight && room < window / 16)
		return 0;
	return room > s->mss ? room - room % s->mss : room;
}

/* May more follow in the queue? tcp_write() fills its last segment first: not beyond so many pieces, and
 * none that is longer than a segment may be by now, which it has no case for: since it was made, frames of
 * its size were seen to vanish, or the peer has opened a window of 0 a little. */
static bool queue_takes_more(const struct stream *s)
{
	const struct tcp_seg *seg = s->pcb->unsent;
	u32 longest = MIN((u32)s->big_mss, s->pcb->snd_wnd_max / 2);

	while (seg && seg->next)
		seg = seg->next;
	return !seg || (pbuf_clen(seg->p) < PIECES_MAX && seg->len <= (longest ? longest : s->big_mss));
}

int stream_give(struct stream *s, const void *p, u32 len)
{
	struct tcp_pcb *pcb = s->pcb;
	err_t err;

	if (!queue_takes_more(s)) {
		tcp_output(pcb);
		if (!queue_takes_more(s))
			return -EAGAIN;
	}
	/* lwIP counts congestion in MSS, so the large one is only shown to the cutting of segments */
	pcb->mss = s->big_mss;
	err = tcp_write(pcb, p, (u16_t)len, 0);
	pcb->mss = s->mss;
	if (err != ERR_OK)
		return -EAGAIN;
	s->given += len;
	return 0;
}

void stream_push(struct stream *s, bool now)
{
	struct tcp_pcb *pcb = s->pcb;
	u32 waiting, enough;

	if (!pcb)
		return;
	waiting = pcb->snd_lbb - pcb->snd_nxt;
	enough = s->big ? s->big_mss : BATCH_MSS * s->mss;
	if (now || waiting >= enough || pcb->snd_nxt == pcb->lastack || !stream_room(s, enough))
		tcp_output(pcb);
}

u32 stream_seq(const struct stream *s, u64 off)
{
	return s->pcb ? s->pcb->snd_lbb - (u32)(s->given - off) : 0;
}

void stream_close(struct stream *s)
{
	if (s->pcb)
		tcp_shutdown(s->pcb, 0, 1);
}

bool stream_fin_acked(const struct stream *s)
{
	return !s->pcb || s->pcb->state == FIN_WAIT_2 || s->pcb->state == TIME_WAIT;
}

void stream_abort(struct stream *s)
{
	static const char *const names[] = { "CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
		                             "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
		                             "CLOSING",     "LAST-ACK",   "TIME-WAIT" };

	if (s->pcb)
		failure_device("TCP %s, %llu of %llu bytes acknowledged, window %u, sent again %u times",
		               names[s->pcb->state], s->acked, s->given, s->pcb->snd_wnd, s->pcb->nrtx);
	else
		failure_device("TCP closed, error %d, %llu of %llu bytes acknowledged", -s->error, s->acked,
		               s->given);
	stream_drop(s, true);
}

void stream_forget(struct stream *s) { stream_drop(s, false); }
