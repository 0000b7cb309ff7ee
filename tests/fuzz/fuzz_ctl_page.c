/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a receiver shows: a path that anybody may ask for, and an info.json and a log that came out of a dump. No path is
 * made of what was asked for, and a page consists of our own tags whatever stands between them. Input: how long path
 * and info.json are, path, info.json, log. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define openat(dir, path, flags) ((void)(dir), asked_file(path))
static int asked_file(const char *path);
#include "receive/http.c"
#undef openat

#define FOLDER "192.0.2.1-20261122T111746Z"

static struct receiver rc;
static unsigned int status;
static char *body;
static size_t body_size;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

/* The one dump's log, and nothing else; it cannot be opened. */
static int asked_file(const char *path)
{
	expect(!strcmp(path, FOLDER "/vmcore-dmesg.txt") || !strcmp(path, FOLDER "/vmcore-dmesg-incomplete.txt"));
	return -1;
}

/* libmicrohttpd: the one answer. */
struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *buffer, enum MHD_ResponseMemoryMode mode)
{
	free(body);
	body = malloc(size);
	memcpy(body, buffer, size);
	body_size = size;
	if (mode == MHD_RESPMEM_MUST_FREE)
		free(buffer);
	return (struct MHD_Response *)&rc;
}

struct MHD_Response *MHD_create_response_from_fd64(uint64_t size, int fd) { return (void)size, (void)fd, abort(), NULL; }
enum MHD_Result MHD_add_response_header(struct MHD_Response *r, const char *header, const char *content)
{
	return (void)r, (void)header, (void)content, MHD_YES;
}
enum MHD_Result MHD_queue_response(struct MHD_Connection *c, unsigned int code, struct MHD_Response *r)
{
	(void)c;
	expect(r != NULL);
	status = code;
	return MHD_YES;
}
void MHD_destroy_response(struct MHD_Response *r) { (void)r; }
struct MHD_Daemon *MHD_start_daemon(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback apc, void *apc_cls,
                                    MHD_AccessHandlerCallback dh, void *dh_cls, ...)
{
	return (void)flags, (void)port, (void)apc, (void)apc_cls, (void)dh, (void)dh_cls, NULL;
}
void MHD_stop_daemon(struct MHD_Daemon *d) { (void)d; }
enum MHD_Result MHD_run(struct MHD_Daemon *d) { return (void)d, MHD_NO; }
enum MHD_Result MHD_get_timeout(struct MHD_Daemon *d, MHD_UNSIGNED_LONG_LONG *ms) { return (void)d, *ms = 0, MHD_NO; }
const union MHD_DaemonInfo *MHD_get_daemon_info(struct MHD_Daemon *d, enum MHD_DaemonInfoType type, ...)
{
	return (void)d, (void)type, NULL;
}

int room_look(struct room *room, int dir, const struct limits *l)
{
	(void)dir, (void)l;
	*room = (struct room){ .free = 1 << 30, .size = 1ull << 40, .floor = 1 << 20 };
	return 0;
}

double reception_share(struct reception *r) { return (void)r, 0.5; }

static bool one_of(const char *words, const char *p, size_t n)
{
	for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ')
		if (strcspn(w, " ") == n && !memcmp(w, p, n))
			return true;
	return false;
}

/* <name attribute="value"...>, of names that page.c has. What follows it. */
static const char *tag(const char *p, const char *end)
{
	static const char tags[] = "!DOCTYPE html head meta title link body header h1 h2 h3 main ul li a p b span time "
				   "progress dl dt dd code pre footer";
	static const char attributes[] = "html lang charset name content http-equiv rel href class max value";
	size_t n;

	p += *p == '/';
	n = strcspn(p, " >");
	expect(one_of(tags, p, n));
	for (p += n; p < end && *p == ' '; p += n) {
		n = strcspn(++p, "= >");
		expect(one_of(attributes, p, n));
		p += n;
		n = 0;
		if (*p != '=')
			continue;
		expect(p[1] == '"');
		n = 2 + strcspn(p + 2, "\"<>");
		expect(p[n++] == '"');
	}
	expect(p < end && *p == '>');
	return p + 1;
}

static void check_page(void)
{
	char *page = malloc(body_size + 1);
	const char *end = page + body_size;

	memcpy(page, body, body_size);
	page[body_size] = '\0';
	expect(strlen(page) == body_size);
	for (const char *p = page; p < end;) {
		p += strcspn(p, "<>");
		if (p == end)
			break;
		expect(*p == '<');
		p = tag(p + 1, end);
	}
	free(page);
}

static void ask(const char *url)
{
	size_t upload = 0;
	void *context = NULL;

	status = 0;
	expect(answer(&rc, NULL, url, "GET", "HTTP/1.1", NULL, &upload, &context) == MHD_YES && !status);
	expect(answer(&rc, NULL, url, "GET", "HTTP/1.1", NULL, &upload, &context) == MHD_YES);
	expect(status == MHD_HTTP_OK || status == MHD_HTTP_NOT_FOUND);
	if (status == MHD_HTTP_OK && (!strcmp(url, "/") || !strncmp(url, DUMP_PREFIX, strlen(DUMP_PREFIX))))
		check_page();
}

static void add(const char *text, size_t size)
{
	json_t *dump = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);

	rc.catalog.dumps = json_array();
	if (!json_is_object(dump)) {
		json_decref(dump);
		return;
	}
	json_object_set_new(dump, "folder", json_string(FOLDER)); /* as catalog.c does */
	json_array_append_new(rc.catalog.dumps, dump);
}

static void show_log(const json_t *dump, const char *log, size_t size)
{
	struct answer a;

	if (!dump)
		return;
	expect(answer_begin(&a, NULL));
	page_dump(a.file, dump, log, size, true);
	expect(answer_send(&a, TYPE_HTML) == MHD_YES);
	check_page();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	size_t url_len = bytes_u8(&in), info_len = bytes_le16(&in);
	char url[256] = "";
	const u8 *info;

	url_len = MIN(url_len, bytes_left(&in));
	memcpy(url, in.bad ? data : bytes_take(&in, url_len), in.bad ? 0 : url_len);
	info_len = MIN(info_len, bytes_left(&in));
	info = bytes_take(&in, info_len);
	for (unsigned int i = 0; i < STAGES; i++)
		TAILQ_INIT(&rc.stage[i].list);
	add((const char *)info, info ? info_len : 0);
	ask("/");
	ask("/dump/" FOLDER);
	ask("/dump/" FOLDER "/log");
	ask("/index.json");
	ask("/metrics");
	ask(url);
	show_log(json_array_get(rc.catalog.dumps, 0), (const char *)in.pos, bytes_left(&in));
	json_decref(rc.catalog.dumps);
	return 0;
}
