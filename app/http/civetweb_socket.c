/* Compiled apart, with CivetWeb's own flags: see third_party/CivetWeb.cmake. */
#include "civetweb.c"
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef snprintf
#undef vsnprintf

#include "base/env.h"
#include "base/log.h"
#include "base/thread_role.h"
#include "http/civetweb_socket.h"

#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

/* The fields that are relied on below; a version that moves them shall not compile, or fail the tests of the hand-over. */
_Static_assert(sizeof(struct mg_header) == sizeof(struct door_header), "headers are borrowed");
_Static_assert(offsetof(struct mg_header, value) == offsetof(struct door_header, value), "as is");
_Static_assert(sizeof(((struct mg_connection *)0)->client.sock) == sizeof(int), "a descriptor");
_Static_assert(sizeof(((struct mg_connection *)0)->data_len) == sizeof(int), "a length");
_Static_assert(sizeof(((struct mg_connection *)0)->content_len) == sizeof(int64_t), "a length");
_Static_assert(MG_MAX_HEADERS == 64, "what one request may have");

struct door {
    struct door_options options;
    struct mg_context *ctx;
    struct mg_server_port ports[16];
    atomic_uint busy;
    bool started;
    char last_words[200]; /* what CivetWeb said while it started */
};

static struct door *door_of(const struct mg_connection *conn)
{
    return mg_get_user_data(mg_get_context(conn));
}

/* ---- is the head what it seems? The parser put NULs over separators and stops at lines it does not understand, so
 * the pieces must lie exactly behind each other, from the first byte to the last. */

static const char *end_of(const char *s)
{
    return s + strlen(s);
}

static bool line_ends(const char *end)
{
    return end[0] == 0 && end[1] == 0; /* were \r and \n; a bare \n leaves one NUL */
}

static bool is_tidy(const struct mg_connection *conn)
{
    const struct mg_request_info *ri = &conn->request_info;
    const char *version = ri->http_version - 5; /* "HTTP/" */
    const char *uri_end = ri->query_string ? end_of(ri->query_string) : end_of(ri->request_uri);
    if (ri->request_method != conn->buf || end_of(ri->request_method) + 1 != ri->request_uri ||
        uri_end + 1 != version || !line_ends(end_of(version)))
        return false;
    if (ri->num_headers == 0)
        return end_of(version) + 4 == conn->buf + conn->request_len;
    const char *at = end_of(version) + 2;
    for (int i = 0; i < ri->num_headers; i++) {
        const struct mg_header *h = &ri->http_headers[i];
        const char *colon = end_of(h->name);
        if (h->name != at || (colon[1] == 0 && h->value != colon + 1))
            return false; /* a line was skipped, or "Name :" */
        const char *end = end_of(h->value);
        if (!line_ends(end))
            return false;
        at = end + 2;
    }
    /* at is at the empty line, whose \n became a NUL too */
    return at + 2 == conn->buf + conn->request_len && at[0] == '\r';
}

/* ---- callbacks */

static struct door_request request_of(struct mg_connection *conn)
{
    struct door_request r = {
        .conn = conn,
        .method = conn->request_info.request_method ? conn->request_info.request_method : "",
        .path = "",
        .query = "",
        .secure = conn->ssl != NULL,
    };
    text_copy(r.address, sizeof r.address, text_of(conn->request_info.remote_addr));
    return r;
}

/* Sees every request before CivetWeb looks for handlers, and answers it. */
static int on_request(struct mg_connection *conn)
{
    struct door *d = door_of(conn);
    conn->protocol_type = PROTOCOL_TYPE_HTTP1; /* upgrades are ours */
    struct door_request r = request_of(conn);
    const struct mg_request_info *ri = &conn->request_info;
    r.path = ri->local_uri_raw;
    r.query = ri->query_string ? ri->query_string : "";
    r.http_1_0 = strcmp(ri->http_version, "1.0") == 0;
    r.tidy = is_tidy(conn);
    r.headers = (const struct door_header *)ri->http_headers;
    r.headers_count = (unsigned)ri->num_headers;
    atomic_fetch_add(&d->busy, 1);
    d->options.request(d->options.ctx, &r);
    atomic_fetch_sub(&d->busy, 1);
    if (!door_keeps(conn))
        conn->must_close = 1; /* CivetWeb would wait for the rest of a body */
    return conn->status_code > 0 ? conn->status_code : 200;
}

/* CivetWeb says 400 to whatever is no request. */
static int what_is_wrong(const struct mg_connection *conn)
{
    const struct mg_request_info *ri = &conn->request_info;
    if (ri->http_version && ri->request_method) {
        if (strcmp(ri->request_method, "CONNECT") == 0 || strcmp(ri->request_method, "TRACE") == 0)
            return 405;
        return is_valid_http_method(ri->request_method) ? 400 : 501;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (conn->data_len >= conn->buf_size)
        return 431;
    double limit_s = door_of(conn)->options.head_timeout_ms / 1000.0;
    return mg_difftimespec(&now, &conn->req_time) >= limit_s ? 408 : 400;
}

static int on_error(struct mg_connection *conn, int status, const char *message)
{
    (void)message;
    struct door *d = door_of(conn);
    struct door_request r = request_of(conn);
    conn->must_close = 1;
    if (!d->options.refuse)
        return 1; /* CivetWeb answers */
    if (status == 400 || status == 411)
        status = what_is_wrong(conn);
    d->options.refuse(d->options.ctx, &r, status);
    return 0; /* answered */
}

/* A parsed request for "*" or for another host is closed without a word: say it here. */
static void on_close(const struct mg_connection *c)
{
    struct mg_connection *conn = (struct mg_connection *)c;
    if (conn->client.sock != INVALID_SOCKET && conn->request_len > 0 && conn->request_state == 0 &&
        conn->num_bytes_sent == 0 && conn->request_info.request_method)
        (void)on_error(conn, 400, "");
}

static int on_log(const struct mg_connection *conn, const char *message)
{
    struct door *d = door_of(conn);
    if (d && !d->started && d->last_words[0])
        return 1; /* the first word says why, the others what follows */
    if (d && !d->started)
        text_copy(d->last_words, sizeof d->last_words, text_of(message));
    else
        log_event(LOG_DEBUG, "civetweb", KV_STR("text", message));
    return 1;
}

/* Chain and key from their own files; CivetWeb wants them in one. */
static int on_tls(void *ssl_ctx, void *user_data)
{
    const struct door *d = user_data;
    const char *key = d->options.tls_key ? d->options.tls_key : d->options.tls_cert;
    SSL_CTX *tls = ssl_ctx;
    (void)SSL_CTX_set_session_id_context(tls, (const unsigned char *)"snug", 4);
    if (SSL_CTX_use_certificate_chain_file(tls, d->options.tls_cert) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(tls) == 1)
        return 1;
    unsigned long why = ERR_peek_error();
    (void)snprintf(((struct door *)user_data)->last_words, sizeof d->last_words,
                   "cannot use the certificate %s with the key %s: %s", d->options.tls_cert, key,
                   why ? ERR_reason_error_string(why) : "unknown reason");
    ERR_clear_error();
    return -1;
}

NO_THREAD_CHECK static void *on_thread(const struct mg_context *ctx, int type)
{
    (void)ctx;
    if (type == 1)
        role_enter(&role_http);
    return NULL;
}

NO_THREAD_CHECK static void on_thread_end(const struct mg_context *ctx, int type, void *user)
{
    (void)ctx, (void)user;
    if (type == 1)
        role_leave(&role_http);
}

/* ---- start and end */

static bool start(struct door *d)
{
    char workers[12], head[12], keep[12];
    (void)snprintf(workers, sizeof workers, "%u", d->options.workers);
    (void)snprintf(head, sizeof head, "%d", d->options.head_timeout_ms);
    (void)snprintf(keep, sizeof keep, "%d", d->options.keep_alive_timeout_ms);
    const char *options[] = {"listening_ports",
                             d->options.listen,
                             "num_threads",
                             workers,
                             "request_timeout_ms",
                             head,
                             "keep_alive_timeout_ms",
                             keep,
                             "enable_keep_alive",
                             "yes",
                             "tcp_nodelay",
                             "1",
                             "connection_queue",
                             "1024",
                             "listen_backlog",
                             "4096",
                             "max_request_size",
                             "16384",
                             "decode_url",
                             "no",
                             "decode_query_string",
                             "no",
                             "enable_auth_domain_check",
                             "no",
                             "enable_directory_listing",
                             "no",
                             "ssl_protocol_version",
                             "4",
                             "ssl_short_trust",
                             "no",
                             "access_control_allow_origin",
                             "",
                             NULL};
    struct mg_callbacks callbacks = {.begin_request = on_request,
                                     .http_error = on_error,
                                     .connection_close = on_close,
                                     .log_message = on_log,
                                     .init_ssl = d->options.tls_cert ? on_tls : NULL,
                                     .init_thread = on_thread,
                                     .exit_thread = on_thread_end};
    struct mg_init_data init = {
        .callbacks = &callbacks, .user_data = d, .configuration_options = options};
    d->ctx = mg_start2(&init, NULL);
    return d->ctx && mg_get_server_ports(d->ctx, 16, d->ports) == (int)d->options.listen_count;
}

enum err door_start(const struct door_options *options, struct door **out_door, char error[256])
{
    struct door *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_NOMEM;
    d->options = *options;
    mg_init_library(options->tls_cert ? MG_FEATURES_TLS : 0);
    if (!start(d)) {
        (void)snprintf(error, 256, "%s", d->last_words[0] ? d->last_words : "cannot start");
        door_free(d);
        return ERR_IO;
    }
    d->started = true;
    *out_door = d;
    return ERR_OK;
}

/* A descriptor that is never readable takes the place of each listener, in one step: the loop that polls and accepts on
 * the number finds nothing there any more, until it closes it behind CivetWeb's stop flag. That flag's order is not seen
 * by the thread sanitizer, as this object is compiled without it; so these are bare system calls, which it does not
 * watch either. */
void door_close(struct door *d)
{
    for (unsigned i = 0; i < d->ctx->num_listening_sockets; i++) {
        long silent = syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (silent < 0)
            continue; /* it then listens until door_free */
        (void)syscall(SYS_dup3, silent, d->ctx->listening_sockets[i].sock, O_CLOEXEC);
        (void)syscall(SYS_close, silent);
    }
}

unsigned door_busy(const struct door *d)
{
    return atomic_load(&((struct door *)d)->busy);
}

struct door *door_free(struct door *d)
{
    if (!d)
        return NULL;
    mg_stop(d->ctx);
    mg_exit_library();
    free(d);
    return NULL;
}

int door_port(const struct door *d, unsigned i)
{
    return i < d->options.listen_count ? d->ports[i].port : 0;
}

/* ---- one connection */

int door_read(struct mg_connection *conn, void *out, size_t len, int timeout_ms)
{
    int64_t kept = conn->data_len - conn->request_len - conn->consumed_content;
    int n;
    if (kept > 0) {
        n = kept < (int64_t)len ? (int)kept : (int)len;
        memcpy(out, conn->buf + conn->request_len + conn->consumed_content, (size_t)n);
    } else {
        n = pull_inner(NULL, conn, out, (int)len, timeout_ms / 1000.0);
        if (n < 0)
            return n == -1 ? 0 : -1;
    }
    conn->consumed_content += n;
    return n;
}

void door_body_done(struct mg_connection *conn)
{
    if (conn->is_chunked)
        conn->is_chunked = 4; /* CivetWeb's word for: read to the end */
    conn->content_len = conn->consumed_content;
}

bool door_keeps(const struct mg_connection *conn)
{
    bool unread = conn->is_chunked ? conn->is_chunked != 4
                                   : conn->request_len + conn->content_len > conn->data_len &&
                                         conn->consumed_content < conn->content_len;
    return !unread && STOP_FLAG_IS_ZERO(&conn->phys_ctx->stop_flag) && should_keep_alive(conn);
}

void door_end(struct mg_connection *conn)
{
    conn->must_close = 1;
}

/* Sends what it can. Returns 0: wait for `events` first; -1: over. */
static int send_some(struct mg_connection *conn, struct text t, bool more, short *events)
{
    *events = POLLOUT;
    if (!conn->ssl) {
        ssize_t n = send(conn->client.sock, t.data, t.len, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
        return n >= 0 ? (int)n : errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    ERR_clear_error();
    int n = SSL_write(conn->ssl, t.data, t.len > INT_MAX ? INT_MAX : (int)t.len);
    if (n > 0)
        return n;
    int why = SSL_get_error(conn->ssl, n);
    if (why == SSL_ERROR_WANT_READ)
        *events = POLLIN;
    return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? 0 : -1;
}

static bool send_all(struct mg_connection *conn, struct text t, bool more, int64_t until_ms)
{
    while (t.len > 0) {
        struct pollfd wait = {.fd = conn->client.sock};
        int n = send_some(conn, t, more, &wait.events);
        if (n < 0)
            return false;
        t = text_after(t, (size_t)n);
        conn->num_bytes_sent += n;
        int64_t left_ms = until_ms - env_monotonic_ms(&env_real);
        if (n > 0)
            continue;
        if (left_ms <= 0 || !STOP_FLAG_IS_ZERO(&conn->phys_ctx->stop_flag))
            return false; /* door_free does not wait for a client that does not read */
        (void)poll(&wait, 1,
                   left_ms < SOCKET_TIMEOUT_QUANTUM ? (int)left_ms : SOCKET_TIMEOUT_QUANTUM);
    }
    return true;
}

bool door_write(struct mg_connection *conn, struct text head, struct text body, int timeout_ms)
{
    int64_t until_ms = env_monotonic_ms(&env_real) + timeout_ms;
    conn->request_state = 10; /* CivetWeb's word for: something was sent */
    bool sent =
        send_all(conn, head, body.len > 0, until_ms) && send_all(conn, body, false, until_ms);
    if (!sent)
        conn->must_close = 1;
    return sent;
}

void door_drain(struct mg_connection *conn, size_t bytes, int timeout_ms)
{
    char scrap[4096];
    int64_t until_ms = env_monotonic_ms(&env_real) + timeout_ms;
    if (!conn->ssl)
        (void)shutdown(conn->client.sock, SHUT_WR);
    for (size_t seen = 0; seen < bytes;) {
        int64_t left_ms = until_ms - env_monotonic_ms(&env_real);
        /* Not door_read: what is no request has no end of its head (request_len is negative). */
        int n = left_ms > 0 ? pull_inner(NULL, conn, scrap, sizeof scrap, (double)left_ms / 1000.0)
                            : -1;
        if (n <= 0)
            return;
        seen += (size_t)n;
    }
}

/* close_connection() then finds no socket and no TLS, must_close ends the loop of requests, and data_len leaves it
 * nothing to look at. What CivetWeb's TLS context holds is counted by OpenSSL and outlives mg_stop. */
bool door_detach(struct mg_connection *conn, struct door_socket *out)
{
    int early = conn->data_len - conn->request_len;
    if (conn->client.sock == INVALID_SOCKET || early < 0)
        return false;
    out->fd = conn->client.sock;
    out->ssl = conn->ssl;
    out->early = (struct text){conn->buf + conn->request_len, (size_t)early};
    if (conn->ssl) {
        SSL_set_app_data(conn->ssl, NULL); /* pointed to this worker's connection */
        SSL_set_mode(conn->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    }
    conn->client.sock = INVALID_SOCKET;
    conn->ssl = NULL;
    conn->data_len = conn->request_len;
    conn->must_close = 1;
    conn->status_code = 101;
    return true;
}
