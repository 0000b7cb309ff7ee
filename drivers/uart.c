/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 16550 UART, polled (National PC16550D data sheet). The waits count looks, not time: the console
 * must work before the clock does and after anything failed. */
#include "drivers/uart.h"

#include <arch/io.h>
#include <linux/serial_reg.h>

#define UART_CLOCK 115200u /* divisor 1 */
/* A look is one port read, about 1 us on real machines: far more than a character's time at 9600. */
#define LOOKS_PER_CHAR 20000u

static const u16 port_of[UART_PORTS] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };

static struct {
	u8 ports; /* in use, bit n: ttySn */
	u8 stuck; /* did not take a character in time: not waited for again until it does */
} uart = { .ports = 1 };

static bool wait_lsr(u16 port, u8 bits, unsigned int looks)
{
	while (looks--)
		if ((inb(port + UART_LSR) & bits) == bits)
			return true;
	return false;
}

static void put(unsigned int n, char c)
{
	u16 port = port_of[n];
	u8 bit = (u8)(1 << n);

	if (!wait_lsr(port, UART_LSR_THRE, uart.stuck & bit ? 1 : LOOKS_PER_CHAR)) {
		uart.stuck |= bit;
		return;
	}
	uart.stuck &= (u8)~bit;
	outb(port + UART_TX, (u8)c);
}

static bool present(u16 port)
{
	u8 old = inb(port + UART_SCR), seen;

	outb(port + UART_SCR, 0x5a);
	seen = inb(port + UART_SCR);
	outb(port + UART_SCR, old);
	return seen == 0x5a;
}

void uart_init(u8 mask, const u32 baud[UART_PORTS])
{
	uart.ports = 0;
	for (unsigned int n = 0; n < UART_PORTS; n++) {
		u16 port = port_of[n];

		if (!(mask & 1 << n) || !present(port))
			continue;
		outb(port + UART_IER, 0);
		outb(port + UART_FCR, UART_FCR_ENABLE_FIFO);
		outb(port + UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
		if (baud[n]) {
			u16 divisor = (u16)MAX(UART_CLOCK / baud[n], 1u);

			outb(port + UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
			outb(port + UART_DLL, (u8)divisor);
			outb(port + UART_DLM, (u8)(divisor >> 8));
			outb(port + UART_LCR, UART_LCR_WLEN8);
		}
		uart.ports |= (u8)(1 << n);
	}
}

void uart_write(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (unsigned int n = 0; n < UART_PORTS; n++)
			if (uart.ports & 1 << n)
				put(n, s[i]);
}

void uart_drain(void)
{
	for (unsigned int n = 0; n < UART_PORTS; n++)
		if ((uart.ports & ~uart.stuck) & 1 << n)
			wait_lsr(port_of[n], UART_LSR_TEMT, 16 * LOOKS_PER_CHAR);
}
