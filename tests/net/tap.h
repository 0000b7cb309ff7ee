/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A netdev over a TAP device with virtio headers, in a network namespace of its own; the other end
 * is the host's TCP. What can go wrong on a wire and in a device goes wrong here on request. */
#ifndef AFTERIMAGE_TEST_TAP_H
#define AFTERIMAGE_TEST_TAP_H

#include "base.h"
#include "drivers/netdev.h"

#define TAP_NICS 2

#define ALL_OFFLOADS (NETDEV_CSUM | NETDEV_TSO4 | NETDEV_TSO6)

/* Opens each test (of test.h): a healthy NIC with these offloads. */
#define WITH_TAP(caps)                                                                             \
	do {                                                                                       \
		SKIP_UNLESS(tap_available(), "needs root and a TAP device");                       \
		tap_reset(caps);                                                                   \
	} while (0)

/* The stretch of "old RAM" that the tests send: the CPU cannot read it at its address (spans must
 * go by reference), the device and the test read it at ram. */
#define RAM_BYTES (64u << 20)
extern u8 *ram;
extern pa_t ram_pa;
extern unsigned long ram_reads; /* calls of oldmem_read() */

/* Are these the stream's bytes from offset off? The stream is ram over and over. */
bool ram_equal(const u8 *p, u64 off, u64 len);

struct tap_faults {
	unsigned int seed;
	unsigned int lose, duplicate, reorder; /* each in 1/10000 of the frames, both directions */
	unsigned int reorder_by; /* frames that overtake a late one; 0: one */
	unsigned int lag;     /* polls before a sent frame is read from memory and given back */
	bool mute;            /* everything sent is lost */
	u64 mute_until_us;    /* the same until then */
	u64 broken_after;     /* payload bytes after which the device fails; 0: never */
};

extern struct tap_nic {
	unsigned int caps;
	bool present, link;
	bool dead;            /* has link, but nothing sent on it arrives anywhere */
	u16 mtu;
	u16 vlan;             /* the wire is a trunk: only frames tagged with this go out and come in */
} tap_nic[TAP_NICS];
extern struct tap_faults tap_faults;
extern struct tap_counts {
	u64 frames, big, lost, wrong; /* wrong: payload that was not the stream's when the device read it */
	u64 syn, fin, rst;
	u64 kicks;
	u64 untagged;         /* frames without the tag that the wire wants */
} tap;

/* What tap_available() does besides: make the device; 0, or -1 with errno. Make the "old RAM". */
int tap_open(const char *name);
void ram_make(void);

/* Namespace, TAP and addresses 10.9.0.1/24, fd09::1/64; false where that is not allowed. */
bool tap_available(void);

/* Everything back to one healthy NIC with these offloads. */
void tap_reset(unsigned int caps);

/* test clock: runs this many times as fast as the real one */
extern unsigned int clock_speed;

#endif
