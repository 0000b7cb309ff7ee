/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of a bench run: one process that stamps the guest's console lines, the first and last
 * byte of a dump at a TCP port, and the growth of a disk file, all by one monotonic clock. The same
 * for both sides of every comparison.
 *
 *   witness -c CONSOLE -e EVENTS [-p PROGRESS] [-l ADDRESS -s STORE [-z]] [-d DISK]
 *
 * CONSOLE and DISK may appear later. With -l a free port is taken and told on standard output; what
 * comes is kept in STORE (-z: zeros as holes, for runs without a clock). Runs until SIGTERM. EVENTS
 * gets lines MICROSECONDS WORD REST:
 *   console LINE                    time of the line's first byte
 *   accept PEER, first, last BYTES, eof BYTES, reset BYTES    of each connection
 *   disk-first, disk-last BYTES     allocated bytes changed after "Kernel panic" was seen
 * and PROGRESS lines MICROSECONDS BYTES, about one a millisecond: so many bytes of the dump were
 * here by then (kdump_pages reads it).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS     1000000 /* console and disk are looked at this often */
#define PROGRESS_US 1000
#define RECV_BYTES  (1u << 20)
#define PIECE       4096u

static FILE *events, *progress;
static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t stop;

static const char *store_path;
static bool store_sparse;
static int listener = -1;

static const char *disk_path;
static bool panic_seen;

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void event(uint64_t us, const char *word, const char *rest)
{
	pthread_mutex_lock(&events_lock);
	fprintf(events, "%llu %s %s\n", (unsigned long long)us, word, rest);
	fflush(events);
	pthread_mutex_unlock(&events_lock);
}

static void event_bytes(uint64_t us, const char *word, uint64_t bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	event(us, word, text);
}

/* Written by one thread only: the receiver's, or where there is none the main one. */
static void progress_bytes(uint64_t us, uint64_t bytes, bool end)
{
	static uint64_t last;

	if (!progress || (!end && us - last < PROGRESS_US))
		return;
	last = us;
	fprintf(progress, "%llu %llu\n", (unsigned long long)us, (unsigned long long)bytes);
	if (end)
		fflush(progress);
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* --- the receiver */

static bool is_zero(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

static void store(int fd, const uint8_t *p, size_t len, uint64_t off)
{
	while (len) {
		size_t n = len;
		ssize_t done;

		if (store_sparse) {
			n = PIECE - off % PIECE;
			if (n > len)
				n = len;
		}
		done = store_sparse && is_zero(p, n) ? (ssize_t)n : pwrite(fd, p, n, (off_t)off);
		if (done <= 0)
			fail("store");
		p += done;
		off += (uint64_t)done;
		len -= (size_t)done;
	}
}

static void receive(int conn)
{
	static uint8_t buf[RECV_BYTES];
	uint64_t bytes = 0, last = 0;
	ssize_t n;
	int fd = open(store_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		fail(store_path);
	if (progress) { /* a second try begins at byte 0 */
		rewind(progress);
		if (ftruncate(fileno(progress), 0))
			fail("progress");
	}
	while ((n = recv(conn, buf, sizeof(buf), 0)) > 0) {
		last = now_us();
		if (!bytes)
			event(last, "first", "");
		store(fd, buf, (size_t)n, bytes);
		bytes += (uint64_t)n;
		progress_bytes(last, bytes, false);
	}
	if (ftruncate(fd, (off_t)bytes) || close(fd))
		fail(store_path);
	if (bytes) {
		event_bytes(last, "last", bytes);
		progress_bytes(last, bytes, true);
	}
	event_bytes(now_us(), n ? "reset" : "eof", bytes);
}

static void *receiver(void *unused)
{
	(void)unused;
	for (;;) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);
		char text[INET_ADDRSTRLEN];
		int conn = accept(listener, (struct sockaddr *)&peer, &len);

		if (conn < 0)
			continue;
		inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text));
		event(now_us(), "accept", text);
		receive(conn);
		close(conn);
	}
	return NULL;
}

static void receiver_start(const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	pthread_t thread;

	if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
		fail(address);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(listener, 4) || getsockname(listener, (struct sockaddr *)&at, &len))
		fail("listen");
	if (pthread_create(&thread, NULL, receiver, NULL))
		fail("thread");
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
}

/* --- console and disk */

static void console_bytes(const char *buf, ssize_t n)
{
	static char line[512];
	static size_t len;
	static uint64_t started;

	for (ssize_t i = 0; i < n; i++) {
		if (!len)
			started = now_us();
		if (buf[i] != '\n' && buf[i] != '\r') {
			if (len < sizeof(line) - 1)
				line[len++] = buf[i];
			continue;
		}
		line[len] = '\0';
		if (len)
			event(started, "console", line);
		panic_seen |= strstr(line, "Kernel panic - not syncing") != NULL;
		len = 0;
	}
}

static void console_look(const char *path)
{
	static int fd = -1;
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		fd = open(path, O_RDONLY);
	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		console_bytes(buf, n);
}

static void disk_look(bool last)
{
	static uint64_t base, seen, seen_us;
	static bool based;
	struct stat st;

	if (disk_path && panic_seen && !stat(disk_path, &st)) {
		uint64_t bytes = (uint64_t)st.st_blocks * 512;

		if (!based)
			base = seen = bytes;
		based = true;
		if (bytes != seen) {
			seen_us = now_us();
			if (seen == base)
				event_bytes(seen_us, "disk-first", bytes - base);
			seen = bytes;
			progress_bytes(seen_us, seen - base, false);
		}
	}
	if (last && seen_us) {
		event_bytes(seen_us, "disk-last", seen - base);
		progress_bytes(seen_us, seen - base, true);
	}
}

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	const char *console = NULL, *address = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "c:e:p:l:s:zd:")) != -1) {
		switch (opt) {
		case 'c':
			console = optarg;
			break;
		case 'e':
			events = fopen(optarg, "w");
			break;
		case 'p':
			progress = fopen(optarg, "w");
			break;
		case 'l':
			address = optarg;
			break;
		case 's':
			store_path = optarg;
			break;
		case 'z':
			store_sparse = true;
			break;
		case 'd':
			disk_path = optarg;
			break;
		default:
			return 2;
		}
	}
	if (!console || !events || (address && (!store_path || disk_path)))
		return 2;
	signal(SIGTERM, on_term);
	if (address)
		receiver_start(address);
	while (!stop) {
		nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
		console_look(console);
		disk_look(false);
	}
	console_look(console);
	disk_look(true);
	return fclose(events) ? 1 : 0;
}
