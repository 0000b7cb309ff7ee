/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP options of a hostile peer, and the scoreboard they fill, against a plain model: a bit for each sequence number.
 * Input: where the window lies, then what happens: a segment's options, an acknowledgement, a question. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "net/sack.h"

#define SPAN   256u /* sequence numbers that the model knows */
#define OPTIONS_MAX 40u /* bytes */
#define BLOCKS_MAX  ((OPTIONS_MAX - 2) / 8)
#define EVENTS 48u  /* more teach nothing new */

static u32 base;
static bool has[SPAN];

static void expect(bool ok)
{
	if (!ok)
		abort();
}

/* Ascending, apart, none empty, and nothing that the peer did not say; all that it said as long as there
 * was room. */
static void check(const struct sacks *s, u32 una, bool lossy)
{
	static bool seen[SPAN];
	u32 last = 0;

	memset(seen, 0, sizeof(seen));
	expect(s->count <= SACKS_MAX);
	for (unsigned int i = 0; i < s->count; i++) {
		u32 from = s->block[i].from - base, to = s->block[i].to - base;

		expect(from < to && to <= SPAN && (!i || from > last));
		last = to;
		memset(seen + from, 1, to - from);
	}
	if (!lossy)
		expect(!memcmp(seen + (una - base), has + (una - base), SPAN - (una - base)));
	for (u32 i = una - base; lossy && i < SPAN; i++)
		expect(has[i] || !seen[i]);
}

/* What RFC 9293 and RFC 2018 say, word for word, into the model. */
static bool model_read(const u8 *opt, u32 len, u32 una, u32 nxt)
{
	bool permitted = false;
	u32 n;

	for (u32 at = 0; at < len && opt[at]; at += n) {
		n = opt[at] == 1 ? 1 : at + 1 < len ? opt[at + 1] : 0;
		if (!n || (n < 2 && opt[at] != 1) || n > len - at)
			break;
		permitted |= opt[at] == 4;
		for (u32 b = 2; opt[at] == 5 && b + 8 <= n; b += 8) {
			u32 from = get_be32(opt + at + b) - base, to = get_be32(opt + at + b + 4) - base;

			if (from <= una - base || from >= to || to > nxt - base) /* also where una is beyond nxt */
				continue;
			memset(has + from, 1, to - from);
		}
	}
	return permitted;
}

static u32 model_bytes(u32 from)
{
	u32 sum = 0;

	for (u32 i = from - base; i < SPAN; i++)
		sum += has[i];
	return sum;
}

/* A segment: up to 40 bytes of options; with bit 7 of the first their numbers count from `base`, so that some fit.
 * True: there may have been no room for one of its blocks, even if a later one has made some since. */
static bool segment(struct sacks *s, struct bytes *in, u32 una, u32 nxt)
{
	u8 how = bytes_u8(in), n = how % (OPTIONS_MAX + 1), *opt;
	const u8 *p = bytes_take(in, MIN((size_t)n, bytes_left(in)));
	u32 len = p ? (u32)(in->pos - p) : 0;
	bool full = s->count + BLOCKS_MAX > SACKS_MAX;

	opt = malloc(len); /* no byte behind them */
	if (p)
		memcpy(opt, p, len);
	for (u32 at = 0; (how & 128) && at + 2 < len; at += MAX(opt[at + 1], 2u))
		for (u32 b = 2; opt[at] == 5 && b + 4 <= opt[at + 1] && at + b + 4 <= len; b += 4)
			put_be32(opt + at + b, base + get_be32(opt + at + b) % (SPAN + 8));
	expect(sack_permitted(opt, len) == model_read(opt, len, una, nxt));
	sack_read(s, opt, len, una, nxt);
	free(opt);
	return full;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct sacks s = { .count = 0 };
	bool lossy = false;
	u32 una, nxt;

	memset(has, 0, sizeof(has));
	una = base = bytes_le32(&in);
	nxt = base + bytes_le16(&in) % (SPAN + 1);
	for (unsigned int i = 0; i < EVENTS && bytes_left(&in); i++) {
		u8 what = bytes_u8(&in);
		u32 n = bytes_u8(&in);

		switch (what % 8) {
		case 7: /* who acknowledges what was not sent says nothing */
			lossy |= segment(&s, &in, nxt + n, nxt);
			break;
		case 0:
			una += MIN(n, nxt - una);
			sack_trim(&s, una);
			break;
		case 1:
			nxt += MIN(n, base + SPAN - nxt);
			break;
		default:
			lossy |= segment(&s, &in, una, nxt);
		}
		memset(has, 0, una - base);
		check(&s, una, lossy);
		expect(lossy || sack_bytes_above(&s, una + MIN(n, nxt - una)) == model_bytes(una + MIN(n, nxt - una)));
	}
	return 0;
}
