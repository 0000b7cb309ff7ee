// SPDX-License-Identifier: GPL-2.0-or-later
// Answers requests for the receiver's page, index and metrics.
#include "receive/http.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmcore/crashlog.h"
#include "receive/metrics.h"
#include "receive/page.h"

#define CONNECTION_BYTES (32 * KIB) /* for a request's header and an answer's */
#define CONNECTION_S     15         /* of silence */
#define LOG_SHOWN        (1 * MIB)  /* of a log in a page: its end */
#define DUMP_PREFIX      "/dump/"
#define LOG_SUFFIX       "/log"

#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_TEXT "text/plain; charset=utf-8"

/* Nothing is loaded but our style sheet, nothing runs, nothing is sent. */
static const char *const headers[][2] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
	  "frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

/* An answer in the making. */
struct answer {
	struct MHD_Connection *connection;
	FILE *file; /* what is printed there */
	char *text;
	size_t size;
};

static enum MHD_Result send_response(struct MHD_Connection *c, unsigned int status,
				     struct MHD_Response *response, const char *type)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_text(struct MHD_Connection *c, unsigned int status, const char *text,
				 const char *type)
{
	return send_response(c, status,
			     MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
							     MHD_RESPMEM_PERSISTENT),
			     type);
}

static enum MHD_Result send_not_found(struct MHD_Connection *c)
{
	return send_text(c, MHD_HTTP_NOT_FOUND, "not found\n", TYPE_TEXT);
}

static bool answer_begin(struct answer *a, struct MHD_Connection *c)
{
	*a = (struct answer){ .connection = c };
	a->file = open_memstream(&a->text, &a->size);
	return a->file;
}

static enum MHD_Result answer_send(struct answer *a, const char *type)
{
	struct MHD_Response *response;

	if (fclose(a->file)) {
		free(a->text);
		return MHD_NO;
	}
	response = MHD_create_response_from_buffer(a->size, a->text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(a->text);
	return send_response(a->connection, MHD_HTTP_OK, response, type);
}

/* A dump's log; its folder is one that the index knows. -1: there is none. */
static int open_log(const struct receiver *rc, const char *folder, u64 *size)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/" CRASHLOG_NAME, folder);
	fd = openat(rc->store.dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/" CRASHLOG_INCOMPLETE, folder);
		fd = openat(rc->store.dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	}
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	*size = fd < 0 ? 0 : (u64)st.st_size;
	return fd;
}

static enum MHD_Result send_log(struct MHD_Connection *c, const struct receiver *rc,
				const char *folder)
{
	struct MHD_Response *response;
	u64 size;
	int fd = open_log(rc, folder, &size);

	if (fd < 0)
		return send_not_found(c);
	response = MHD_create_response_from_fd64(size, fd);
	if (!response)
		close(fd);
	return send_response(c, MHD_HTTP_OK, response, TYPE_TEXT);
}

static enum MHD_Result send_dump(struct MHD_Connection *c, const struct receiver *rc,
				 const json_t *dump)
{
	u64 size = 0, shown = 0;
	int fd = open_log(rc, dump_text(dump, "folder"), &size);
	char *log = fd < 0 ? NULL : malloc(LOG_SHOWN);
	struct answer a;

	if (log) {
		struct input in = input_of_file(fd, 0, size);

		shown = MIN(size, LOG_SHOWN);
		if (input_read(&in, size - shown, log, shown))
			shown = 0;
	}
	if (fd >= 0)
		close(fd);
	if (!answer_begin(&a, c)) {
		free(log);
		return MHD_NO;
	}
	page_dump(a.file, dump, log, shown, shown < size);
	free(log);
	return answer_send(&a, TYPE_HTML);
}

static struct reception *find_live(const struct receiver *rc, const char *folder)
{
	struct reception *r;

	for (unsigned int i = STAGE_STREAMING; i < STAGES; i++)
		TAILQ_FOREACH (r, &rc->stage[i].list, link)
			if (!strcmp(r->folder, folder))
				return r;
	return NULL;
}

/* FOLDER or FOLDER/log; a folder is what the index knows and nothing else: no path is made of what
 * was asked for. */
static enum MHD_Result send_below_dump(struct MHD_Connection *c, struct receiver *rc,
				       const char *name)
{
	char folder[NAME_MAX + 1];
	const char *slash = strchr(name, '/');
	size_t n = slash ? (size_t)(slash - name) : strlen(name);
	struct reception *r;
	const json_t *dump;
	struct answer a;

	if (n >= sizeof(folder) || (slash && strcmp(slash, LOG_SUFFIX)))
		return send_not_found(c);
	snprintf(folder, sizeof(folder), "%.*s", (int)n, name);
	dump = catalog_find(&rc->catalog, folder);
	if (dump)
		return slash ? send_log(c, rc, dump_text(dump, "folder")) : send_dump(c, rc, dump);
	r = slash ? NULL : find_live(rc, folder);
	if (!r)
		return send_not_found(c);
	if (!answer_begin(&a, c))
		return MHD_NO;
	page_live(a.file, r);
	return answer_send(&a, TYPE_HTML);
}

static enum MHD_Result send_printed(struct MHD_Connection *c, struct receiver *rc,
				    void (*print)(FILE *f, struct receiver *rc), const char *type)
{
	struct answer a;

	if (!answer_begin(&a, c))
		return MHD_NO;
	print(a.file, rc);
	return answer_send(&a, type);
}

static enum MHD_Result send_index(struct MHD_Connection *c, struct receiver *rc)
{
	char *text = catalog_print(&rc->catalog);
	struct MHD_Response *response;

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(text);
	return send_response(c, MHD_HTTP_OK, response, "application/json");
}

/* MHD_AccessHandlerCallback */
static enum MHD_Result answer(void *receiver, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **context)
{
	static int begun; /* its address: the request's header has come */
	struct receiver *rc = receiver;

	(void)version, (void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return send_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n", TYPE_TEXT);
	if (!*context) {
		*context = &begun;
		return MHD_YES;
	}
	if (*upload_size) /* who sends us anything is not heard */
		return MHD_NO;
	if (!strcmp(url, "/"))
		return send_printed(c, rc, page_index, TYPE_HTML);
	if (!strcmp(url, "/metrics"))
		return send_printed(c, rc, metrics_print, "text/plain; version=0.0.4");
	if (!strcmp(url, "/index.json"))
		return send_index(c, rc);
	if (!strcmp(url, "/style.css"))
		return send_text(c, MHD_HTTP_OK, page_style, "text/css; charset=utf-8");
	if (!strncmp(url, DUMP_PREFIX, strlen(DUMP_PREFIX)))
		return send_below_dump(c, rc, url + strlen(DUMP_PREFIX));
	return send_not_found(c);
}

/* A stranger's malformed request is no message of ours. */
static void say_nothing(void *context, const char *fmt, va_list args)
{
	(void)context, (void)fmt, (void)args;
}

struct MHD_Daemon *http_open(struct receiver *rc, int listener)
{
	struct MHD_Daemon *http = MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, answer, rc,
	    MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, listener,
	    MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)CONNECTION_S,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);

	if (!http)
		say("the web page cannot be served");
	return http;
}

void http_close(struct MHD_Daemon *http)
{
	if (http)
		MHD_stop_daemon(http);
}

int http_descriptor(struct MHD_Daemon *http)
{
	return MHD_get_daemon_info(http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int http_patience_ms(struct MHD_Daemon *http)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (!http || !MHD_get_timeout(http, &ms))
		return -1;
	return (int)MIN(ms, (MHD_UNSIGNED_LONG_LONG)INT_MAX);
}

void http_run(struct MHD_Daemon *http)
{
	if (http)
		MHD_run(http);
}
