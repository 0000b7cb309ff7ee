/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The extent map: a text beside our image, read line by line as hostile input. */
#include "dump/disk/extent_map.h"

#include <string.h>

#include "config/config_net.h"
#include "map.h"

#define LINE_BYTES 96 /* the longest line, its newline included, has 54 */

static struct {
	pa_t pa;
	u64 len;
} text;

void extent_map_set(pa_t pa, u64 len)
{
	text.pa = pa;
	text.len = MIN(len, EXTENT_MAP_MAX);
}

/* The line at *off, without its newline; *off moves behind it. False: the end, or no line. */
static bool next_line(u64 *off, char buf[LINE_BYTES], struct word *line)
{
	u64 room = MIN(text.len - *off, (u64)LINE_BYTES);

	peek(buf, text.pa + *off, room);
	for (u64 n = 0; n < room; n++) {
		if (buf[n] != '\n')
			continue;
		*line = (struct word){ buf, n };
		*off += n + 1;
		return true;
	}
	return false;
}

/* "UUID COUNT": the count, if it is this area's. */
static void parse_area(struct word w, const u8 uuid[16], u64 *count)
{
	struct word name = word_cut(&w, ' ');
	u8 other[16];

	if (w.p && !area_uuid_parse(name.p, name.len, other) && !memcmp(other, uuid, sizeof(other)))
		(void)parse_number(w, AREA_MAX_EXTENTS, count);
}

/* "START LENGTH" */
static bool parse_extent(struct word w, struct extent *e)
{
	struct word start = word_cut(&w, ' ');

	return w.p && parse_number(start, ~0ull, &e->start) && parse_number(w, ~e->start, &e->length) &&
	       (e->start | e->length) % AREA_BLOCK == 0 && e->length > AREA_BLOCK;
}

static int failed(char reason[EXTENT_REASON_MAX], int err, const char *why)
{
	format(reason, EXTENT_REASON_MAX, "the extent map %s: afterimagectl load makes one", why);
	return err;
}

int extent_map_read(const u8 uuid[16], struct extent e[AREA_MAX_EXTENTS], char reason[EXTENT_REASON_MAX])
{
	u64 off = 0, want = 0, got = 0;
	char buf[LINE_BYTES];
	struct word line;

	if (!text.len)
		return failed(reason, -ENOENT, "is missing");
	if (!next_line(&off, buf, &line) || !word_is(line, EXTENT_MAP_TITLE))
		return failed(reason, -EBADMSG, "is of no known form");
	while ((!want || got < want) && next_line(&off, buf, &line)) {
		struct word name = word_cut(&line, ' ');

		if (!want && word_is(name, "area"))
			parse_area(line, uuid, &want);
		else if (want && (!word_is(name, "extent") || !parse_extent(line, &e[got])))
			break;
		else
			got += want != 0;
	}
	if (!want)
		return failed(reason, -ENOENT, "does not have this area");
	return got == want ? (int)got : failed(reason, -EBADMSG, "is damaged");
}
