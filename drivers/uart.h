/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial console: 16550 ports ttyS0..ttyS3, polled, never waited for longer than a bound. */
#ifndef AFTERIMAGE_UART_H
#define AFTERIMAGE_UART_H

#include "base.h"

#define UART_PORTS 4

/* Use the ports of the mask (bit n: ttySn) from now on. Ports that are not there are left out.
 * baud[n]: 0 keeps what is programmed. */
void uart_init(u8 mask, const u32 baud[UART_PORTS]);

void uart_write(const char *s, size_t n);

/* Let the transmitters run empty, within a bound: before a reset. */
void uart_drain(void);

#endif
