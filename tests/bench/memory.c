/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump of a machine of any size takes beside the image: kernel/dump/ on the host, an
 * elfcorehdr of up to 16 TiB and 8192 CPUs in the fake memory of tests/fake, and a sink that only
 * counts. Prints a line for each machine, tab separated:
 *   GIB CPUS HEADER_BYTES DUMP_BYTES HEAP_BYTES STACK_BYTES HEADER_SECONDS DUMP_SECONDS
 * and fails if anything was allocated, or the stack grew with the machine. The way it is built
 * shows that the code under test does not even refer to an allocator (tests/bench/memory). */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "dump/dump.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define CORE_HEADER (256 * MIB) /* elfcorehdr and notes lie in a hole of the RAM ranges */
#define NOTES (272 * MIB)
#define NOTE_STRIDE 4096
#define RANGES 128
#define PRSTATUS_BYTES 336
#define STACK_BYTES (256 * 1024)
#define STACK_PAINT 0xa5
#define STACK_SLACK 256 /* alignment and spills may differ a little from run to run */

struct machine {
	u64 gib;
	u32 cpus;
};

struct count_sink {
	struct sink sink;
	u64 bytes;
};

static const struct machine machines[] = { { 1, 2 }, { 1024, 512 }, { 16384, 8192 } };

static u8 stack[STACK_BYTES];
static ucontext_t back, inside;
static double header_seconds, dump_seconds;
static struct dump_stats stats;
static struct count_sink counter;
static int failed;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int count_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	(void)off;
	(void)buf;
	((struct count_sink *)s)->bytes += len;
	return 0;
}

static int count_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	(void)off;
	(void)pa;
	((struct count_sink *)s)->bytes += len;
	return 0;
}

static const struct sink_ops count_ops = { .write = count_write, .write_span = count_span };

/* A note for each CPU, a vmcoreinfo, RAM in ranges with holes between them. Returns the header's
 * bytes. */
static u64 machine_make(const struct machine *m)
{
	static const u8 prstatus[PRSTATUS_BYTES];
	u64 piece = m->gib * GIB / RANGES;
	struct corehdr c;

	mem_reset();
	mem_limit = 1ull << 52;
	corehdr_begin(&c, CORE_HEADER);
	for (u32 cpu = 0; cpu < m->cpus; cpu++) {
		pa_t at = NOTES + (u64)cpu * NOTE_STRIDE;
		pa_t end = note_write(at, "CORE", NT_PRSTATUS, prstatus, sizeof(prstatus));

		mem_write(end, "\0\0\0\0\0\0\0\0\0\0\0", 12);
		corehdr_note(&c, at, end + 12 - at);
	}
	corehdr_vmcoreinfo(&c, NOTES + (u64)m->cpus * NOTE_STRIDE,
	                   "OSRELEASE=6.12.0\nPAGESIZE=4096\n");
	for (u32 i = 0; i < RANGES; i++)
		corehdr_load(&c, GIB + i * (piece + GIB), piece);
	return sizeof(struct elf64_hdr) + c.n * sizeof(struct elf64_phdr);
}

/* On a stack of its own: all that the image does with the headers and the memory they describe. */
static void dump_all(void)
{
	struct source_summary sum;
	double from = now();

	if (source_init_elfcorehdr(CORE_HEADER))
		failed = 1;
	source_summarise(&sum);
	stats.total = elf_size();
	header_seconds = now() - from;
	from = now();
	if (elf_write(&counter.sink, &stats) || counter.bytes != stats.total)
		failed = 1;
	dump_seconds = now() - from;
}

static size_t stack_used(void)
{
	size_t at = 0;

	while (at < sizeof(stack) && stack[at] == STACK_PAINT)
		at++;
	return sizeof(stack) - at;
}

static size_t machine_run(const struct machine *m)
{
	u64 header_bytes = machine_make(m);
	size_t before = mallinfo2().uordblks, heap;

	memset(stack, STACK_PAINT, sizeof(stack));
	memset(&stats, 0, sizeof(stats));
	counter = (struct count_sink){ .sink = { .ops = &count_ops, .caps = SINK_TAKES_SPAN } };
	getcontext(&inside);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = sizeof(stack);
	inside.uc_link = &back;
	makecontext(&inside, dump_all, 0);
	swapcontext(&back, &inside);
	heap = mallinfo2().uordblks - before;
	printf("%llu\t%u\t%llu\t%llu\t%zu\t%zu\t%.4f\t%.3f\n", m->gib, m->cpus, header_bytes,
	       counter.bytes, heap, stack_used(), header_seconds, dump_seconds);
	if (heap)
		failed = 1;
	return stack_used();
}

int main(void)
{
	size_t first = 0;

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		size_t used = machine_run(&machines[i]);

		if (!i)
			first = used;
		if (used > first + STACK_SLACK)
			failed = 1;
	}
	mem_reset();
	return failed;
}
