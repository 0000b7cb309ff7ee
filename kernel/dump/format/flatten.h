/* SPDX-License-Identifier: GPL-2.0-or-later */
/* makedumpfile's flattened format: a sink that seeks, made of one that cannot. */
#ifndef AFTERIMAGE_FLATTEN_H
#define AFTERIMAGE_FLATTEN_H

#include "dump/sink.h"

/* Wrap a stream: the start block is written with the first byte; each write() and write_span()
 * becomes one record (offset, size: big endian) at its offset; finish(0) writes the end record before
 * the stream's own finish. accepted, settled and reason are the stream's. One at a time. Has
 * SINK_SEEK, and SINK_TAKES_SPAN if the stream has it. Callers never write a byte twice. */
struct sink *flatten_begin(struct sink *stream);

/* Readers want few and large records: the next writes, which must be exactly the len bytes from off
 * on in ascending order, become one. `s` is flatten_begin()'s. */
int flatten_record(struct sink *s, u64 off, u64 len);

#define FLATTEN_END_BYTES 16u /* that finish(0) adds */

#endif
