/* Compiled apart, with CivetWeb's own flags: see third_party/CivetWeb.cmake. */
#define _GNU_SOURCE
#include <sys/socket.h>

/* CivetWeb wants a listener and shall have none: its socket is bound to nothing and listens to nobody. */
#define bind(fd, name, len) 0
#define listen(fd, backlog) 0
#include "civetweb.c"
#undef bind
#undef listen
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef snprintf
#undef vsnprintf

#include "base/log.h"
#include "base/thread_role.h"
#include "http/civetweb_socket.h"
#include "http/gate.h"
#include "http/plain_head.h"

#include <sys/eventfd.h>
#include <sys/syscall.h>

#define HEAD_MAX_BYTES 16384
#define SEND_MS 30000

/* The fields that are relied on below; a version that moves them shall not compile, or fail the tests of the hand-over. */
_Static_assert(sizeof(struct mg_header) == sizeof(struct door_header), "headers are borrowed");
_Static_assert(offsetof(struct mg_header, value) == offsetof(struct door_header, value), "as is");
_Static_assert(sizeof(((struct mg_connection *)0)->client.sock) == sizeof(int), "a descriptor");
_Static_assert(sizeof(((struct mg_connection *)0)->data_len) == sizeof(int), "a length");
_Static_assert(sizeof(((struct mg_connection *)0)->content_len) == sizeof(int64_t), "a length");
_Static_assert(MG_MAX_HEADERS == PLAIN_HEADERS_MAX, "what one request may have");
_Static_assert(sizeof(union gate_name) <= sizeof(union usa), "a peer's name fits");
_Static_assert(sizeof(struct sockaddr_in6) + sizeof(void *) <= sizeof(union usa),
               "a pointer fits behind a name");

struct door {
    struct door_options options;
    struct mg_context *ctx;
    struct gate *gate;
    struct mg_connection *own; /* for what the gate's thread answers itself */
    bool started;
    char last_words[200]; /* what CivetWeb said while it started */
};

static struct door *door_of(const struct mg_connection *conn)
{
    return mg_get_user_data(mg_get_context(conn));
}

static struct gate_conn *gate_conn_of(const struct mg_connection *conn)
{
    return mg_get_user_connection_data(conn);
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
        .body_came = gate_conn_of(conn)->end.body_came,
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
    d->options.request(d->options.ctx, &r);
    gate_conn_of(conn)->keep = door_keeps(conn);
    conn->must_close = 1; /* the gate waits for the next request, CivetWeb not */
    return conn->status_code > 0 ? conn->status_code : 200;
}

/* CivetWeb says 400 to whatever is no request. */
static int what_is_wrong(const struct mg_connection *conn)
{
    const struct mg_request_info *ri = &conn->request_info;
    if (!ri->http_version || !ri->request_method)
        return 400;
    if (strcmp(ri->request_method, "CONNECT") == 0 || strcmp(ri->request_method, "TRACE") == 0)
        return 405;
    return is_valid_http_method(ri->request_method) ? 400 : 501;
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

/* ---- between the gate and a connection of CivetWeb's: that of a worker, or `own` */

/* As an accepted socket looks to CivetWeb. Nobody asks for its own name: the last bytes of that are the way to c. */
static struct socket socket_of(struct gate_conn *c)
{
    struct socket s = {.sock = c->fd, .in_use = 1};
    memcpy(&s.rsa, &c->peer, sizeof c->peer);
    memcpy((char *)&s.lsa + sizeof s.lsa - sizeof c, &c, sizeof c);
    return s;
}

/* Nothing is left of it that CivetWeb could look at, read or close. */
static void let_go(struct mg_connection *conn)
{
    conn->buf = NULL;
    conn->buf_size = conn->data_len = 0;
    conn->ssl = NULL;
    conn->client.sock = INVALID_SOCKET;
}

/* A new connection: all that came for it is at hand, so that CivetWeb does not read. The byte behind it is a NUL. */
static void on_begin(const struct mg_connection *k, void **out_data)
{
    struct mg_connection *conn = (struct mg_connection *)k;
    struct gate_conn *c;
    memcpy(&c, (char *)&conn->client.lsa + sizeof conn->client.lsa - sizeof c, sizeof c);
    mg_free(conn->buf); /* a worker's own, the first time */
    if (c->file.left >
        0) { /* no request: it is this worker's turn to send. CivetWeb finds nobody there, and goes on */
        let_go(conn);
        *out_data = NULL;
        gate_send_more(c);
        gate_return(door_of(conn)->gate, c);
        return;
    }
    conn->buf = c->in.data;
    conn->data_len = (int)c->in.len;
    conn->buf_size = (int)c->in.len + 1;
    conn->ssl = c->ssl;
    conn->client.is_ssl = conn->request_info.is_ssl = c->ssl != NULL;
    c->keep = c->drain = false;
    *out_data = c;
}

/* Gives it back to the gate, with what came behind the request. CivetWeb finds nothing to close. */
static void finish(struct mg_connection *conn, struct gate_conn *c)
{
    int64_t end = conn->request_len + conn->content_len;
    size_t behind = c->keep && end < conn->data_len ? (size_t)(conn->data_len - end) : 0;
    if (behind > 0)
        memmove(c->in.data, c->in.data + end, behind);
    c->in.len = behind;
    let_go(conn);
    mg_set_user_connection_data(conn, NULL);
    gate_return(door_of(conn)->gate, c);
}

/* A parsed request for "*" or for another host is closed without a word: say it here. */
static void on_close(const struct mg_connection *k)
{
    struct mg_connection *conn = (struct mg_connection *)k;
    struct gate_conn *c = gate_conn_of(conn);
    if (!c)
        return;
    if (conn->client.sock != INVALID_SOCKET && conn->request_len > 0 && conn->request_state == 0 &&
        conn->request_info.request_method) {
        c->keep = false;
        (void)on_error(conn, 400, "");
    }
    finish(conn, c);
}

/* The queue of CivetWeb, without its waiting for room. */
static bool give(void *ctx, struct gate_conn *c)
{
    struct mg_context *mg = ((struct door *)ctx)->ctx;
    pthread_mutex_lock(&mg->thread_mutex);
    bool fits = mg->sq_head - mg->sq_tail < mg->sq_size;
    if (fits) {
        mg->squeue[mg->sq_head % mg->sq_size] = socket_of(c);
        mg->sq_head++;
        pthread_cond_signal(&mg->sq_full);
    }
    pthread_mutex_unlock(&mg->thread_mutex);
    return fits;
}

static void use_own(struct mg_connection *own, struct gate_conn *c)
{
    own->client = socket_of(c);
    sockaddr_to_string(own->request_info.remote_addr, sizeof own->request_info.remote_addr,
                       &own->client.rsa);
}

/* Takes c over without CivetWeb's reading it. */
static void begin_here(struct mg_connection *own, struct gate_conn *c)
{
    void *data;
    use_own(own, c);
    on_begin(own, &data);
    mg_set_user_connection_data(own, data);
    reset_per_request_attributes(own);
}

/* Answers a request whose head is a plain one, which CivetWeb takes longer to find out. False: nothing has happened. */
static bool serve_plain(struct mg_connection *own, struct gate_conn *c)
{
    struct plain_head head;
    struct mg_request_info *ri = &own->request_info;
    if (!plain_head_read(c->in.data, c->end.head, &head))
        return false;
    begin_here(own, c);
    ri->request_method = own->buf;
    ri->request_uri = ri->local_uri = ri->local_uri_raw = head.path;
    ri->query_string = head.query;
    ri->http_version = head.version;
    ri->num_headers = (int)head.count;
    for (unsigned i = 0; i < head.count; i++)
        ri->http_headers[i] = (struct mg_header){head.headers[i].name, head.headers[i].value};
    own->request_len = (int)c->end.head;
    own->content_len = 0; /* quick ones have no body */
    (void)on_request(own);
    finish(own, c);
    return true;
}

/* As a worker does. */
static void serve_here(void *ctx, struct gate_conn *c)
{
    struct mg_connection *own = ((struct door *)ctx)->own;
    if (serve_plain(own, c))
        return;
    use_own(own, c);
    init_connection(own);
    own->connection_type = CONNECTION_TYPE_REQUEST;
    own->protocol_type = PROTOCOL_TYPE_HTTP1;
    process_new_connection(own);
}

static void refuse_here(void *ctx, struct gate_conn *c, int status)
{
    struct door *d = ctx;
    struct mg_connection *own = d->own;
    begin_here(own, c);
    own->must_close = 1;
    c->drain = true;
    struct door_request r = request_of(own);
    if (d->options.refuse)
        d->options.refuse(d->options.ctx, &r, status);
    else
        (void)gate_write(d->gate, c,
                         TEXT("HTTP/1.1 400 Refused\r\nConnection: close\r\n"
                              "Content-Length: 0\r\n\r\n"),
                         TEXT_NONE);
    finish(own, c);
}

/* ---- CivetWeb's life */

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

/* A descriptor that is never readable takes the place of CivetWeb's listener, in one step: its thread waits there until the
 * end and does nothing else. The number is not watched by the thread sanitizer this way: these are bare system calls. */
static bool silence(struct mg_context *ctx)
{
    long silent = syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
    long done =
        silent < 0 ? -1 : syscall(SYS_dup3, silent, ctx->listening_sockets[0].sock, O_CLOEXEC);
    if (silent >= 0)
        (void)syscall(SYS_close, silent);
    return done >= 0;
}

static bool start_workers(struct door *d)
{
    char workers[12], head[12];
    (void)snprintf(workers, sizeof workers, "%u", d->options.workers);
    (void)snprintf(head, sizeof head, "%d", d->options.head_timeout_ms);
    const char *options[] = {"listening_ports",
                             "127.0.0.1:0",
                             "num_threads",
                             workers,
                             "request_timeout_ms",
                             head,
                             "enable_keep_alive",
                             "yes",
                             "connection_queue",
                             "1024",
                             "max_request_size",
                             "1024", /* of a buffer that is never used */
                             "decode_url",
                             "no",
                             "decode_query_string",
                             "no",
                             "enable_auth_domain_check",
                             "no",
                             "enable_directory_listing",
                             "no",
                             "access_control_allow_origin",
                             "",
                             NULL};
    struct mg_callbacks callbacks = {.init_connection = on_begin,
                                     .begin_request = on_request,
                                     .http_error = on_error,
                                     .connection_close = on_close,
                                     .log_message = on_log,
                                     .init_thread = on_thread,
                                     .exit_thread = on_thread_end};
    struct mg_init_data init = {
        .callbacks = &callbacks, .user_data = d, .configuration_options = options};
    d->ctx = mg_start2(&init, NULL);
    return d->ctx && silence(d->ctx);
}

static bool make_own(struct door *d)
{
    d->own = calloc(1, sizeof *d->own);
    if (!d->own || pthread_mutex_init(&d->own->mutex, &pthread_mutex_attr) != 0)
        return false;
    d->own->phys_ctx = d->ctx;
    d->own->dom_ctx = &d->ctx->dd;
    d->own->request_info.user_data = d;
    return true;
}

static enum err make_gate(struct door *d, char error[256])
{
    const struct door_options *o = &d->options;
    struct gate_options go = {
        .listen = o->listen,
        .listen_count = o->listen_count,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
        .head_ms = o->head_timeout_ms,
        .body_ms = o->body_timeout_ms,
        .idle_ms = o->keep_alive_timeout_ms,
        .send_ms = o->send_timeout_ms ? o->send_timeout_ms : SEND_MS,
        .waiting_max = o->waiting_max,
        .address_max = o->address_max,
        .rules = {HEAD_MAX_BYTES, o->body_max_bytes, o->quick_path},
        .give = give,
        .serve = serve_here,
        .refuse = refuse_here,
        .ctx = d,
    };
    return gate_new(&go, &d->gate, error);
}

enum err door_start(const struct door_options *options, struct door **out_door, char error[256])
{
    struct door *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_NOMEM;
    d->options = *options;
    mg_init_library(0);
    enum err e = make_gate(d, error);
    if (e == ERR_OK && !start_workers(d)) {
        (void)snprintf(error, 256, "%s", d->last_words[0] ? d->last_words : "cannot start");
        e = ERR_IO;
    }
    if (e == ERR_OK && !make_own(d))
        e = ERR_NOMEM;
    d->started = true; /* before others read it */
    if (e == ERR_OK)
        e = gate_start(d->gate);
    if (e != ERR_OK) {
        door_free(d);
        return e;
    }
    *out_door = d;
    return ERR_OK;
}

void door_close(struct door *d)
{
    gate_close(d->gate);
}

unsigned door_busy(const struct door *d)
{
    return gate_busy(d->gate);
}

/* The gate's thread uses what mg_stop frees, and workers give back to the gate. */
struct door *door_free(struct door *d)
{
    if (!d)
        return NULL;
    if (d->gate)
        gate_stop(d->gate);
    mg_stop(d->ctx);
    gate_free(d->gate);
    mg_exit_library();
    if (d->own) {
        reset_per_request_attributes(d->own); /* frees what the last one left */
        (void)pthread_mutex_destroy(&d->own->mutex);
    }
    free(d->own);
    free(d);
    return NULL;
}

int door_port(const struct door *d, unsigned i)
{
    return i < d->options.listen_count ? gate_port(d->gate, i) : 0;
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
    return !unread && !gate_closes(door_of(conn)->gate) && should_keep_alive(conn);
}

void door_end(struct mg_connection *conn)
{
    conn->must_close = 1;
}

bool door_write(struct mg_connection *conn, struct text head, struct text body)
{
    conn->request_state = 10; /* CivetWeb's word for: something was sent */
    bool good = gate_write(door_of(conn)->gate, gate_conn_of(conn), head, body);
    if (!good)
        conn->must_close = 1;
    return good;
}

void door_send_file(struct mg_connection *conn, int fd, int64_t at, int64_t len)
{
    gate_send_file(gate_conn_of(conn), fd, at, len);
}

void door_drain(struct mg_connection *conn)
{
    gate_conn_of(conn)->drain = true;
}

/* close_connection() then finds no socket and no TLS, must_close ends the loop of requests, and data_len leaves it
 * nothing to look at. What the gate's TLS context holds is counted by OpenSSL and outlives the door. */
bool door_detach(struct mg_connection *conn, struct door_socket *out)
{
    int early = conn->data_len - conn->request_len;
    if (early < 0 || !gate_take(door_of(conn)->gate, gate_conn_of(conn), &out->fd, &out->ssl))
        return false;
    out->early = (struct text){conn->buf + conn->request_len, (size_t)early};
    conn->client.sock = INVALID_SOCKET;
    conn->ssl = NULL;
    conn->data_len = conn->request_len;
    conn->must_close = 1;
    conn->status_code = 101;
    return true;
}
