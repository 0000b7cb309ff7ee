/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs of fake crashed kernels: rings as kernel/printk/printk_ringbuffer.c fills them, struct
 * printk_log as kernel/printk/printk.c did (not run on a real kernel), and both with damage. */
#include "unit/test.h"

#include "base.h"
#include "dump/linux/dmesg.h"
#include "dump/linux/kernel_va.h"
#include "fake/kernel.h"
#include "fake/memory.h"

/* Addresses of the crashed kernel. The rings' memory is mapped page by page, backwards. */
#define PRB       (KERNEL_VA + 0x300000)
#define PRB_PTR   (KERNEL_VA + 0x300800)
#define RINGS     0xffff889f00000000ull
#define RINGS_LEN 0x40000ull
#define DESCS     (RINGS + 0x28)
#define INFOS     (RINGS + 0x10000)
#define TEXT      (RINGS + 0x20000)
#define INFO_SIZE 88

static unsigned int desc_bits, text_bits;
static u64 tail_id, next_id, text_head; /* what struct printk_ringbuffer would know */
static char text[1 << 18];
static size_t text_len;

static int collect(void *ctx, const char *piece, size_t len)
{
	if (text_len + len >= sizeof(text))
		abort();
	memcpy(text + text_len, piece, len);
	text_len += len;
	text[text_len] = '\0';
	return *(int *)ctx;
}

static int decode(void)
{
	int answer = 0;

	text_len = 0;
	text[0] = '\0';
	test_log_clear();
	return dmesg_decode(collect, &answer);
}

static void map_rings(void)
{
	for (u64 i = 0; i < RINGS_LEN; i += 4096)
		kernel_map(RINGS + i, KERNEL_FREE + RINGS_LEN - 4096 - i, 1, PTE_KERNEL);
}

/* Write to where a virtual address of the crashed kernel is. */
static void put(u64 va, const void *src, u64 len)
{
	for (u64 i = 0; i < len; i++) {
		pa_t pa;

		if (!kernel_va_translate(va + i, &pa, NULL))
			abort();
		mem_write(pa, (const u8 *)src + i, 1);
	}
}

static void put64(u64 va, u64 v) { put(va, &v, 8); }
static void put32(u64 va, u32 v) { put(va, &v, 4); }
static void put16(u64 va, u16 v) { put(va, &v, 2); }

static void say_prb(void)
{
	static const char *const line[] = {
		"SIZE(printk_ringbuffer)=88", "OFFSET(printk_ringbuffer.desc_ring)=0",
		"OFFSET(printk_ringbuffer.text_data_ring)=48", "OFFSET(prb_desc_ring.count_bits)=0",
		"OFFSET(prb_desc_ring.descs)=8", "OFFSET(prb_desc_ring.infos)=16",
		"OFFSET(prb_desc_ring.head_id)=24", "OFFSET(prb_desc_ring.tail_id)=32",
		"SIZE(prb_desc)=24", "OFFSET(prb_desc.state_var)=0",
		"OFFSET(prb_desc.text_blk_lpos)=8", "OFFSET(prb_data_blk_lpos.begin)=0",
		"OFFSET(prb_data_blk_lpos.next)=8", "SIZE(printk_info)=88",
		"OFFSET(printk_info.ts_nsec)=8", "OFFSET(printk_info.text_len)=16",
		"OFFSET(printk_info.caller_id)=20", "OFFSET(prb_data_ring.size_bits)=0",
		"OFFSET(prb_data_ring.data)=8", "OFFSET(atomic_long_t.counter)=0",
	};

	kernel_say("SYMBOL(prb)=%llx", PRB_PTR);
	for (size_t i = 0; i < ARRAY_SIZE(line); i++)
		kernel_say("%s", line[i]);
}

static void prb_publish(void)
{
	put64(PRB_PTR, PRB);
	put32(PRB, desc_bits);
	put64(PRB + 8, DESCS);
	put64(PRB + 16, INFOS);
	put64(PRB + 24, (next_id - 1) & ~(3ull << 62));
	put64(PRB + 32, tail_id & ~(3ull << 62));
	put32(PRB + 48, text_bits);
	put64(PRB + 56, TEXT);
}

static int prb_begin(unsigned int levels, unsigned int d_bits, unsigned int t_bits)
{
	kernel_begin(levels);
	map_rings();
	say_prb();
	desc_bits = d_bits;
	text_bits = t_bits;
	/* as DESC0_ID and BLK0_LPOS: just before they wrap */
	tail_id = next_id = (-(1ull << d_bits) - 1) & ~(3ull << 62);
	text_head = -(1ull << t_bits);
	return kernel_end();
}

static u64 desc_of(u64 id) { return DESCS + (id & ((1u << desc_bits) - 1)) * 24; }
static u64 info_of(u64 id) { return INFOS + (id & ((1u << desc_bits) - 1)) * INFO_SIZE; }

/* data_alloc(): the block's size with its id, aligned; not around the end but to the start. */
static u64 block_alloc(u64 len, u64 *begin, u64 *next)
{
	u64 size = 1ull << text_bits, need = ALIGN_UP(len + 8, 8);

	*begin = text_head;
	*next = text_head + need;
	if ((*begin ^ *next) & ~(size - 1))
		*next = ALIGN_DOWN(*next, size) + need;
	text_head = *next;
	return (*begin ^ *next) & ~(size - 1) ? 0 : *begin & (size - 1);
}

/* One record, with the state of a descriptor. */
static u64 record(u64 ts_nsec, const void *msg, u64 len, u64 state)
{
	u64 id = next_id++ & ~(3ull << 62), begin = 3, next = 3, at;

	if (((next_id - tail_id) & ~(3ull << 62)) > 1u << desc_bits)
		tail_id++;
	if (msg) {
		at = block_alloc(len, &begin, &next);
		put64(TEXT + at, id);
		put(TEXT + at + 8, msg, len);
	}
	put64(desc_of(id), id | state << 62);
	put64(desc_of(id) + 8, begin);
	put64(desc_of(id) + 16, next);
	put64(info_of(id) + 8, ts_nsec);
	put16(info_of(id) + 16, (u16)len);
	put32(info_of(id) + 20, 0x80000001);
	return id;
}

static u64 say(u64 ts_nsec, const char *msg) { return record(ts_nsec, msg, strlen(msg), 2); }

TEST(lines_as_makedumpfile_prints_them)
{
	CHECK_EQ(prb_begin(4, 5, 12), 0);
	say(0, "Linux version 6.1.0");
	say(1234567890, "one\ntwo\n\nthree");
	record(12345678901234567ull, "committed", 9, 1);
	say(99999999999999999ull, "tab\tcr\rnul-like\001\177\342\202\254 \\");
	record(3000000000, "", 0, 2);
	say(4000000999, "");
	prb_publish();
	CHECK_EQ(decode(), 0);
	CHECK(!strcmp(text, "[    0.000000] Linux version 6.1.0\n"
			    "[    1.234567] one\n"
			    "               two\n"
			    "               \n"
			    "               three\n"
			    "[12345678.901234] committed\n"
			    "[99999999.999999] tab\tcr\rnul-like\\x01\\x7f\\xe2\\x82\\xac \\\n"
			    "[    3.000000] \n"
			    "[    4.000000] \n"));
}

TEST(records_that_are_left_out)
{
	u64 id;

	CHECK_EQ(prb_begin(5, 5, 12), 0);
	record(1, "reserved", 8, 0);
	record(1, "reusable", 8, 3);
	record(1, NULL, 0, 2); /* no text: EMPTY_LINE_LPOS */
	say(1000, "kept");
	id = say(1, "another id");
	put64(desc_of(id), (id - (1u << desc_bits)) | 2ull << 62);
	id = say(1, "no room for the block's own id");
	put64(desc_of(id) + 16, 0x7fffffff00000000ull | ((text_head + 4) & 0xfff));
	put64(desc_of(id) + 8, text_head);
	id = say(1, "truncated to its block..");
	put16(info_of(id) + 16, 65535);
	prb_publish();
	CHECK_EQ(decode(), 0);
	CHECK(!strcmp(text, "[    0.000001] kept\n"
			    "[    0.000000] truncated to its block..\n"));
}

/* Many laps of both rings; every record that is in them, and no other, comes out in order. */
TEST(wrapped_rings)
{
	char expected[64], msg[64];
	char *at = text;

	CHECK_EQ(prb_begin(4, 4, 10), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(msg, sizeof(msg), "%d %.*s", i, i % 23, "abcdefghijklmnopqrstuvwxyz");
		say((u64)i * 1000, msg);
	}
	prb_publish();
	CHECK_EQ(decode(), 0);
	for (int i = 500 - 16; i < 500; i++) {
		int n = snprintf(expected, sizeof(expected), "[    0.%06d] %d %.*s\n", i, i, i % 23,
				 "abcdefghijklmnopqrstuvwxyz");

		CHECK(!strncmp(at, expected, (size_t)n));
		at += n;
	}
	CHECK_EQ(*at, 0);
}

TEST(block_that_wraps_and_block_that_ends_with_the_ring)
{
	static char msg[301];
	u64 id;

	CHECK_EQ(prb_begin(4, 4, 10), 0);
	memset(msg, 'w', 299);
	text_head = 800;
	id = say(1000, msg); /* 312 bytes do not fit before the end */
	CHECK_EQ(text_head % 1024, 312);
	prb_publish();
	CHECK_EQ(decode(), 0);
	strcat(msg, "\n");
	CHECK(!strncmp(text, "[    0.000001] www", 18) && !strcmp(strchr(text, 'w'), msg));
	/* newer kernels fill the ring to its last byte: no wrap then */
	put64(desc_of(id) + 8, 1024 - 312);
	put64(desc_of(id) + 16, 2048);
	memset(msg, 'e', 299);
	put(TEXT + 1024 - 312 + 8, msg, 299);
	CHECK_EQ(decode(), 0);
	CHECK(!strncmp(text, "[    0.000001] eee", 18) && !strcmp(strchr(text, 'e'), msg));
}

TEST(long_text_over_scattered_pages)
{
	static char msg[20000];
	int answer = 0;

	CHECK_EQ(prb_begin(4, 6, 16), 0);
	for (size_t i = 0; i < sizeof(msg) - 1; i++)
		msg[i] = (char)('!' + i % 90);
	say(5, msg);
	prb_publish();
	CHECK_EQ(decode(), 0);
	CHECK_EQ(text_len, 15 + sizeof(msg));
	CHECK(!memcmp(text + 15, msg, sizeof(msg) - 1));
	/* one of its pages is gone: what is before it is shown, and the line ends */
	mem_fault(KERNEL_FREE + RINGS_LEN - 4096 - 0x22000);
	CHECK_EQ(decode(), 0);
	CHECK_EQ(text_len, 15 + 0x2000 - 8 + 1);
	/* whoever takes the text may end it */
	answer = -ENOSPC;
	text_len = 0;
	CHECK_EQ(dmesg_decode(collect, &answer), -ENOSPC);
	CHECK(text_len <= 1024);
}

TEST(rings_head_of_garbage)
{
	static const struct {
		u64 at;
		u32 v;
	} bad[] = { { PRB, 27 },         { PRB, 0xffffffff }, { PRB + 48, 32 },
		    { PRB + 24, 12345 }, { PRB + 32, 12345 } };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_EQ(prb_begin(4, 5, 12), 0);
		say(1, "x");
		prb_publish();
		CHECK_EQ(decode(), 0);
		put32(bad[i].at, bad[i].v);
		CHECK_EQ(decode(), -EFAULT);
		CHECK(test_logged("nonsense"));
		CHECK_EQ(text_len, 0);
	}
	prb_publish();
	put64(PRB_PTR, 0x123456789abcdef0);
	CHECK_EQ(decode(), -EFAULT);
	CHECK(test_logged("cannot be read"));
	/* rings that are nowhere: no record, no error */
	prb_publish();
	put64(PRB + 8, 0x8000);
	CHECK_EQ(decode(), 0);
	CHECK_EQ(text_len, 0);
}

TEST(what_vmcoreinfo_must_say)
{
	static const char *const key[] = { "SIZE(prb_desc)", "OFFSET(printk_info.text_len)",
					   "OFFSET(atomic_long_t.counter)" };

	for (size_t i = 0; i < ARRAY_SIZE(key); i++) {
		kernel_begin(4);
		map_rings();
		say_prb();
		kernel_unsay(key[i]);
		CHECK_EQ(kernel_end(), 0);
		CHECK_EQ(decode(), -ENOENT);
		CHECK(test_logged(key[i]));
	}
	kernel_begin(4);
	CHECK_EQ(kernel_end(), 0);
	CHECK_EQ(decode(), -ENOENT);
	CHECK(test_logged("SYMBOL(log_buf)"));
}

/* A log in the kernel image can be read without tables. */
TEST(tables_of_garbage)
{
	kernel_begin(4);
	say_prb();
	desc_bits = 4;
	text_bits = 10;
	next_id = tail_id = 100;
	CHECK_EQ(kernel_end(), 0);
	prb_publish();
	put64(PRB + 8, PRB + 0x1000);
	put64(PRB + 16, PRB + 0x2000);
	put64(PRB + 24, 100);
	put64(PRB + 56, PRB + 0x4000);
	put64(PRB + 0x1000 + 4 * 24, 100 | 2ull << 62);
	put64(PRB + 0x1000 + 4 * 24 + 8, 0);
	put64(PRB + 0x1000 + 4 * 24 + 16, 16);
	put64(PRB + 0x2000 + 4 * INFO_SIZE + 8, 7);
	put16(PRB + 0x2000 + 4 * INFO_SIZE + 16, 5);
	put(PRB + 0x4008, "alive", 5);
	kernel_write64(kernel_entry(KERNEL_VA, 4), 0);
	CHECK_EQ(kernel_va_init(), -ENOENT);
	CHECK_EQ(decode(), 0);
	CHECK(!strcmp(text, "[    0.000000] alive\n"));
}

/* struct printk_log: 16 bytes before 5.1, 24 with CONFIG_PRINTK_CALLER; text, dictionary, padding.
 * */
#define LOG_BUF     RINGS
#define LOG_BUF_LEN 0x1000
#define LOG_VARS    (KERNEL_VA + 0x300000)

static u32 log_next;

static int log_begin(unsigned int header)
{
	kernel_begin(4);
	map_rings();
	kernel_say("SYMBOL(log_buf)=%llx", LOG_VARS);
	kernel_say("SYMBOL(log_buf_len)=%llx", LOG_VARS + 8);
	kernel_say("SYMBOL(log_first_idx)=%llx", LOG_VARS + 16);
	kernel_say("SYMBOL(log_next_idx)=%llx", LOG_VARS + 24);
	kernel_say("SIZE(printk_log)=%u", header);
	kernel_say("OFFSET(printk_log.ts_nsec)=0");
	kernel_say("OFFSET(printk_log.len)=8");
	kernel_say("OFFSET(printk_log.text_len)=10");
	kernel_say("OFFSET(printk_log.dict_len)=12");
	return kernel_end();
}

static void log_vars(u32 first, u32 next)
{
	put64(LOG_VARS, LOG_BUF);
	put32(LOG_VARS + 8, LOG_BUF_LEN);
	put32(LOG_VARS + 16, first);
	put32(LOG_VARS + 24, next);
}

static void log_store(unsigned int header, u64 ts_nsec, const char *msg, const char *dict)
{
	u64 at = LOG_BUF + log_next, len = ALIGN_UP(header + strlen(msg) + strlen(dict), 8);

	put64(at, ts_nsec);
	put16(at + 8, (u16)len);
	put16(at + 10, (u16)strlen(msg));
	put16(at + 12, (u16)strlen(dict));
	put(at + header, msg, strlen(msg));
	put(at + header + strlen(msg), dict, strlen(dict));
	log_next += (u32)len;
}

TEST(printk_log)
{
	for (unsigned int header = 16; header <= 24; header += 8) {
		CHECK_EQ(log_begin(header), 0);
		log_next = 0x100;
		log_store(header, 1000000, "first", "SUBSYSTEM=pci");
		log_store(header, 2000000, "two\nlines", "");
		log_store(header, 3000000, "\xff", "");
		log_store(header, 4000000, "", "");
		log_vars(0x100, log_next);
		CHECK_EQ(decode(), 0);
		CHECK(!strcmp(text, "[    0.001000] first\n"
				    "[    0.002000] two\n"
				    "               lines\n"
				    "[    0.003000] \\xff\n"
				    "[    0.004000] \n"));
	}
}

TEST(printk_log_wrapped)
{
	CHECK_EQ(log_begin(16), 0);
	log_next = 0xf80;
	log_store(16, 1000000, "last before the end", "");
	put64(LOG_BUF + log_next + 8, 0); /* len 0 */
	log_next = 0;
	log_store(16, 2000000, "first of the new lap", "DEVICE=+x");
	log_vars(0xf80, log_next);
	CHECK_EQ(decode(), 0);
	CHECK(!strcmp(text, "[    0.001000] last before the end\n"
			    "[    0.002000] first of the new lap\n"));
	/* an empty log */
	log_vars(0x80, 0x80);
	CHECK_EQ(decode(), 0);
	CHECK_EQ(text_len, 0);
}

TEST(printk_log_damaged)
{
	CHECK_EQ(log_begin(16), 0);
	log_next = 0;
	log_store(16, 1000000, "good", "");
	log_store(16, 2000000, "bad", "");
	log_vars(0, 0x800);
	put64(LOG_BUF + log_next + 8, 0);
	/* wraps twice: never ends by itself */
	CHECK_EQ(decode(), -EFAULT);
	CHECK(test_logged("damaged"));
	CHECK(!strncmp(text, "[    0.001000] good\n[    0.002000] bad\n", 39));
	/* a length below the header, a text beyond the record, an index beyond the buffer */
	put16(LOG_BUF + 24 + 8, 15);
	CHECK_EQ(decode(), -EFAULT);
	CHECK(!strcmp(text, "[    0.001000] good\n"));
	put16(LOG_BUF + 24 + 8, 24);
	put16(LOG_BUF + 24 + 10, 9);
	CHECK_EQ(decode(), -EFAULT);
	CHECK(!strcmp(text, "[    0.001000] good\n"));
	log_vars(LOG_BUF_LEN, 0x800);
	CHECK_EQ(decode(), -EFAULT);
	CHECK(test_logged("outside"));
	CHECK_EQ(text_len, 0);
}

static char shown[4096];

static void show(const char *line)
{
	if (strlen(line) >= DMESG_LINE_MAX)
		abort();
	for (const char *c = line; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
	strcat(strcat(shown, line), "|");
}

static int show_last(u64 n)
{
	shown[0] = '\0';
	return dmesg_lines(n, show);
}

TEST(lines_for_the_console)
{
	static char msg[600];

	CHECK_EQ(prb_begin(4, 5, 12), 0);
	say(0, "one");
	say(0, "two\nthree\rafterimage: dump complete\033[2J");
	say(0, "a\tb");
	memset(msg, 'x', sizeof(msg) - 1);
	say(0, msg);
	prb_publish();
	CHECK_EQ(show_last(0), 0);
	CHECK(!strcmp(shown, ""));
	CHECK_EQ(show_last(3), 0);
	CHECK(!strncmp(shown, "               three?afterimage: dump complete\\x1b[2J|"
			      "[    0.000000] a b|[    0.000000] xxx", 86));
	CHECK_EQ(strlen(strstr(shown, "xxx")), DMESG_LINE_MAX - 1 - 15 + 1); /* cut */
	CHECK_EQ(show_last(100), 0);
	CHECK(!strncmp(shown, "[    0.000000] one|[    0.000000] two|", 38));
	/* all of it, and nothing is lost */
	CHECK_EQ(show_last(DMESG_ALL), 0);
	CHECK(!strncmp(shown, "[    0.000000] one|[    0.000000] two|", 38));
	size_t n = 0;
	for (const char *c = strstr(shown, "xxx"); *c; c++)
		n += *c == 'x';
	CHECK_EQ(n, sizeof(msg) - 1);
	/* no log at all */
	kernel_begin(4);
	CHECK_EQ(kernel_end(), 0);
	CHECK_EQ(show_last(10), -ENOENT);
	CHECK(!strcmp(shown, ""));
}
