/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a TCP peer says it has of the stream above what it acknowledges (RFC 2018). */
#include "sack.h"

#include <string.h>

#include "bytes.h"

#define OPT_END       0u /* RFC 9293, 3.1 */
#define OPT_NOP       1u
#define OPT_SACK_PERM 4u /* RFC 2018, 2 */
#define OPT_SACK      5u /* RFC 2018, 3 */

void sack_add(struct sacks *s, u32 from, u32 to)
{
	unsigned int i = 0, j;

	while (i < s->count && seq_before(s->block[i].to, from))
		i++;
	for (j = i; j < s->count && !seq_before(to, s->block[j].from); j++) {
		from = seq_earlier(from, s->block[j].from);
		to = seq_later(to, s->block[j].to);
	}
	if (i == j && s->count == SACKS_MAX)
		return;
	memmove(&s->block[i + 1], &s->block[j], (s->count - j) * sizeof(s->block[0]));
	s->block[i] = (struct sack){ from, to };
	s->count = s->count - (j - i) + 1;
}

void sack_trim(struct sacks *s, u32 una)
{
	unsigned int gone = 0;

	while (gone < s->count && !seq_before(una, s->block[gone].to))
		gone++;
	s->count -= gone;
	memmove(s->block, &s->block[gone], s->count * sizeof(s->block[0]));
}

u32 sack_bytes_above(const struct sacks *s, u32 seq)
{
	u32 sum = 0;

	for (unsigned int i = 0; i < s->count; i++)
		if (seq_before(seq, s->block[i].to))
			sum += s->block[i].to - seq_later(seq, s->block[i].from);
	return sum;
}

/* The next option of that kind, its value in *value; false: no more. */
static bool option_next(struct bytes *b, u8 wanted, struct bytes *value)
{
	while (bytes_left(b)) {
		u8 kind = bytes_u8(b), n;
		const u8 *p;

		if (kind == OPT_END)
			return false;
		if (kind == OPT_NOP)
			continue;
		n = bytes_u8(b);
		p = n < 2 ? NULL : bytes_take(b, n - 2u);
		if (!p)
			return false;
		*value = bytes_of(p, n - 2u);
		if (kind == wanted)
			return true;
	}
	return false;
}

bool sack_permitted(const u8 *opt, u32 len)
{
	struct bytes b = bytes_of(opt, len), value;

	return option_next(&b, OPT_SACK_PERM, &value);
}

void sack_read(struct sacks *s, const u8 *opt, u32 len, u32 una, u32 nxt)
{
	struct bytes b = bytes_of(opt, len), value;
	u32 sent = seq_before(una, nxt) ? nxt - una : 0;

	while (option_next(&b, OPT_SACK, &value)) {
		while (bytes_left(&value) >= sizeof(struct sack)) {
			const u8 *edges = bytes_take(&value, sizeof(struct sack));
			u32 from = get_be32(edges), to = get_be32(edges + 4);

			/* by distance: of three numbers that wrap each can come before the next one */
			if (from != una && from - una < to - una && to - una <= sent)
				sack_add(s, from, to);
		}
	}
}
