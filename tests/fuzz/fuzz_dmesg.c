/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hostile log: the input lies where the ring (or log_buf) and its head are. Whatever is in it,
 * the decoding ends, and what comes out is text. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "dump/linux/dmesg.h"
#include "fake/kernel.h"
#include "fake/memory.h"

#define AT   0x300000ull /* in the kernel image: SYMBOL(prb), and behind it the input */
#define HEAD (AT + 8)

static u64 lines, bytes;

/* No control characters but white space, and not without end. */
static int take(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		if ((text[i] < ' ' && (text[i] < '\t' || text[i] > '\r')) || text[i] > '~')
			abort();
		lines += text[i] == '\n';
	}
	bytes += len;
	return bytes > 32 * KIB ? -ENOSPC : 0; /* more of the same teaches nothing */
}

static void see(const char *line)
{
	if (strlen(line) >= DMESG_LINE_MAX)
		abort();
	for (; *line; line++)
		if (*line < ' ' || *line > '~')
			abort();
}

static void say_prb(void)
{
	static const char *const line[] = {
		"OFFSET(printk_ringbuffer.desc_ring)=0",
		"OFFSET(printk_ringbuffer.text_data_ring)=48", "OFFSET(prb_desc_ring.count_bits)=0",
		"OFFSET(prb_desc_ring.descs)=8", "OFFSET(prb_desc_ring.infos)=16",
		"OFFSET(prb_desc_ring.head_id)=24", "OFFSET(prb_desc_ring.tail_id)=32",
		"SIZE(prb_desc)=24", "OFFSET(prb_desc.state_var)=0",
		"OFFSET(prb_desc.text_blk_lpos)=8", "OFFSET(prb_data_blk_lpos.begin)=0",
		"OFFSET(prb_data_blk_lpos.next)=8", "SIZE(printk_info)=24",
		"OFFSET(printk_info.ts_nsec)=8", "OFFSET(printk_info.text_len)=16",
		"OFFSET(prb_data_ring.size_bits)=0", "OFFSET(prb_data_ring.data)=8",
		"OFFSET(atomic_long_t.counter)=0",
	};

	kernel_say("SYMBOL(prb)=%llx", KERNEL_VA + AT);
	for (size_t i = 0; i < ARRAY_SIZE(line); i++)
		kernel_say("%s", line[i]);
}

static void say_printk_log(void)
{
	kernel_say("SYMBOL(log_buf)=%llx", KERNEL_VA + HEAD);
	kernel_say("SYMBOL(log_buf_len)=%llx", KERNEL_VA + HEAD + 8);
	kernel_say("SYMBOL(log_first_idx)=%llx", KERNEL_VA + HEAD + 12);
	kernel_say("SYMBOL(log_next_idx)=%llx", KERNEL_VA + HEAD + 16);
	kernel_say("SIZE(printk_log)=16");
	kernel_say("OFFSET(printk_log.ts_nsec)=0");
	kernel_say("OFFSET(printk_log.len)=8");
	kernel_say("OFFSET(printk_log.text_len)=10");
}

/* One for each form of the log, made once; then what an input wrote is undone. */
static void machine(bool prb)
{
	static const u8 zero[PAGE_SIZE];
	static bool made[2];

	mem_use(prb);
	if (made[prb]) {
		mem_back();
		return;
	}
	made[prb] = true;
	kernel_begin(4);
	for (u64 at = 0; at < 4 * PAGE_SIZE; at += PAGE_SIZE)
		mem_write(KERNEL_PA + AT + at, zero, PAGE_SIZE);
	if (prb)
		say_prb();
	else
		say_printk_log();
	kernel_write64(KERNEL_PA + AT, KERNEL_VA + HEAD);
	kernel_end();
	mem_mark();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	int err;

	if (size < 60 || size > 8192)
		return 0;
	/* a ring of more descriptors than this only costs time */
	if (data[0] & 1 && get_le32(data + 1) > 12)
		return 0;
	machine(data[0] & 1);
	mem_write(KERNEL_PA + HEAD, data + 1, size - 1);
	kernel_again();
	lines = bytes = 0;
	err = dmesg_decode(take, NULL);
	if (err && err != -EFAULT && err != -ENOSPC)
		abort();
	if (!err && dmesg_lines(10, see))
		abort();
	return 0;
}
