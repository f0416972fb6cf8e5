#include "http/inside.h"

#include "base/log.h"
#include "http/cross_origin.h"
#include "http/hygiene.h"
#include "http/routes.h"
#include "http/stream.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define HEAD_TIMEOUT_MS 10000
#define KEEP_ALIVE_MS 75000 /* KEEP_ALIVE_S */
#define STOP_WAIT_MS 2000   /* for requests that run */
#define STOP_GIVE_UP_MS 1500
#define DESCRIPTORS_KEPT 256U /* for files, listeners, requests: not for WebSockets */

/* ---- one request */

static unsigned method_of(const char *method)
{
    if (strcmp(method, "GET") == 0)
        return METHOD_GET | METHOD_GET_ALONE;
    if (strcmp(method, "HEAD") == 0)
        return METHOD_GET;
    if (strcmp(method, "OPTIONS") == 0)
        return METHOD_OPTIONS;
    if (strcmp(method, "PUT") == 0)
        return METHOD_PUT;
    return strcmp(method, "POST") == 0 ? METHOD_POST : 0;
}

ON(role_http) static void answer_method(struct visit *v, const char *allowed)
{
    char more[64];
    int len = snprintf(more, sizeof more, "Allow: %s\r\n", allowed);
    answer_words(v, 405, "This method is not for this address.", (struct text){more, (size_t)len});
}

ON(role_http) static void serve(struct visit *v)
{
    const struct door_request *r = v->r;
    const struct route *route = route_find(text_of(r->path));
    if (route && !stream_is_served(v->http, route))
        route = NULL;
    unsigned method = method_of(r->method);
    if (method == 0 || (method == METHOD_OPTIONS && !route))
        answer_method(v, route ? route_allows(route) : "GET, HEAD, POST");
    else if ((method & (METHOD_POST | METHOD_PUT)) && header_count(r, "Origin") > 0 &&
             !origin_allowed(header_get(r, "Origin"), header_get(r, "Host"), v->secure,
                             v->http->options.allowed_origins))
        answer_words(v, 403, "Pages of this origin may not call.", TEXT_NONE);
    else if (!route)
        answer_words(v, 404, "There is nothing at this address.", TEXT_NONE);
    else if (!(route->methods & method))
        answer_method(v, route_allows(route));
    else if (method == METHOD_OPTIONS)
        cross_origin_ask(v, route);
    else
        route->handler(v);
}

static void on_request(void *ctx, struct door_request *r)
{
    role_assert(&role_http);
    struct head head = head_read(r);
    struct visit v = {
        .http = ctx,
        .r = r,
        .secure = head_is_secure(r),
        .head = strcmp(r->method, "HEAD") == 0,
        .body_bytes = head.body_bytes,
        .chunked = head.chunked,
        .body_read = !head.chunked && head.body_bytes == 0 && !head.fault,
    };
    head_address(r, v.address);
    if (head.fault) {
        door_end(r->conn);
        answer_words(&v, 400, head.fault, TEXT_NONE);
    } else {
        serve(&v);
    }
}

static void on_refuse(void *ctx, struct door_request *r, int status)
{
    role_assert(&role_http);
    struct visit v = {.http = ctx, .r = r};
    const char *words = status == 405   ? "This method is not allowed here."
                        : status == 408 ? "The request did not come in time."
                        : status == 413 ? "The body is too long."
                        : status == 431 ? "The request's head is too long."
                        : status == 503 ? "The server has too much to keep at the moment."
                        : status == 501 ? "This method is not known here."
                        : status == 505 ? "Speak HTTP/1.1."
                                        : "This is not a request that can be understood.";
    door_end(r->conn);
    answer_words(&v, status, words,
                 status == 405   ? TEXT("Allow: GET, HEAD, POST\r\n")
                 : status == 503 ? TEXT("Retry-After: 1\r\n")
                                 : TEXT_NONE);
}

/* ---- start */

/* "127.0.0.1:8080", "[::1]:0", "localhost:80": nothing that CivetWeb could read in another way. */
static bool is_address(const char *s)
{
    const char *colon = strrchr(s, ':');
    if (!colon || colon == s || strlen(s) > 60)
        return false;
    struct text host = {s, (size_t)(colon - s)};
    bool brackets = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (brackets)
        host = (struct text){s + 1, host.len - 2};
    size_t good = strspn(host.data, brackets ? "0123456789abcdefABCDEF:." : "0123456789.");
    if (good < host.len && !text_is(host, TEXT("localhost")))
        return false;
    int64_t port = text_id(text_of(colon + 1));
    return strcmp(colon + 1, "0") == 0 || (port > 0 && port <= 65535);
}

bool http_is_loopback(const char *s)
{
    return strncmp(s, "127.", 4) == 0 || strncmp(s, "[::1]:", 6) == 0 ||
           strncmp(s, "localhost:", 10) == 0;
}

static void make_url(struct http *h, const char *first)
{
    struct text host = {first, (size_t)(strrchr(first, ':') - first)};
    if (text_is(host, TEXT("0.0.0.0")))
        host = TEXT("127.0.0.1");
    else if (text_is(host, TEXT("[::]")))
        host = TEXT("[::1]");
    (void)snprintf(h->url, sizeof h->url, "%s://%.*s:%d", h->options.tls_cert ? "https" : "http",
                   TEXT_ARG(host), http_port(h, 0));
}

static unsigned connections_allowed(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
        files.rlim_cur < DESCRIPTORS_KEPT + DESCRIPTORS_KEPT)
        return DESCRIPTORS_KEPT;
    return files.rlim_cur > 1000000 ? 1000000 : (unsigned)files.rlim_cur - DESCRIPTORS_KEPT;
}

static enum err join_listeners(struct http *h, const struct http_options *o, struct buf *out,
                               char error[256])
{
    h->loopback_only = true;
    for (unsigned i = 0; i < o->listen_count; i++) {
        if (!is_address(o->listen[i])) {
            (void)snprintf(error, 256, "listen: \"%.60s\" is not ADDRESS:PORT.", o->listen[i]);
            return ERR_BAD_REQUEST;
        }
        h->loopback_only &= http_is_loopback(o->listen[i]);
        buf_add_format(out, "%s%s%s", i ? "," : "", o->listen[i], o->tls_cert ? "s" : "");
    }
    buf_add_char(out, 0);
    return out->err;
}

/* The longest body that any route reads. */
static size_t body_max(const struct http_options *o)
{
    size_t commands = 2 * o->message_max_bytes + 1024;
    return commands > BODY_MAX_BYTES ? commands : BODY_MAX_BYTES;
}

static enum err open_door(struct http *h, const struct http_options *o, char error[256])
{
    struct buf listen;
    buf_init(&listen, 1024);
    enum err e = join_listeners(h, o, &listen, error);
    if (e == ERR_OK) {
        struct door_options door = {
            .listen = listen.data,
            .listen_count = o->listen_count,
            .workers = o->workers,
            .tls_cert = o->tls_cert,
            .tls_key = o->tls_key,
            .head_timeout_ms = HEAD_TIMEOUT_MS,
            .body_timeout_ms = BODY_MS,
            .keep_alive_timeout_ms = KEEP_ALIVE_MS,
            .send_timeout_ms = ANSWER_MS,
            .body_max_bytes = body_max(o),
            .waiting_max = o->waiting_max,
            .address_max = o->address_max,
            .quick_path = "/connection/websocket",
            .request = on_request,
            .refuse = on_refuse,
            .ctx = h,
        };
        char why[200] = "";
        e = door_start(&door, &h->door, error);
        if (e == ERR_IO && text_copy(why, sizeof why, text_of(error)))
            (void)snprintf(error, 256, "The server cannot listen: %s.", why);
    }
    buf_fini(&listen);
    return e;
}

enum err http_start(const struct http_options *options, struct http **out_http, char error[256])
{
    (void)snprintf(error, 256, "%s", err_text(ERR_NOMEM));
    struct http *h = calloc(1, sizeof *h);
    if (!h)
        return ERR_NOMEM;
    enum err e = ERR_NOMEM;
    h->options = *options;
    h->started_ms = env_monotonic_ms(options->env);
    atomic_init(&h->give_up_ms, INT64_MAX);
    h->allowed_origins = text_dup(options->allowed_origins);
    h->api_key = text_dup(options->api_key);
    h->pending = pending_pool_new(options->env, options->pending_max ? options->pending_max : 64);
    if (h->options.connections_max == 0)
        h->options.connections_max = connections_allowed();
    h->admission = admission_new(&(struct admission_options){
        .env = options->env,
        .level = options->level,
        .connections_max = h->options.connections_max,
        .address_connections_max = options->address_connections_max,
        .per_s = options->connection_rate,
        .address = options->address_connects,
    });
    if (!h->allowed_origins || !h->api_key || !h->pending || !h->admission ||
        pages_new(&h->pages) != ERR_OK)
        goto done;
    h->options.allowed_origins = text_of(h->allowed_origins);
    h->options.api_key = text_of(h->api_key);
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    e = open_door(h, options, error);
    if (e != ERR_OK)
        goto done;
    make_url(h, options->listen[0]);
    *out_http = h;
    h = NULL;
done:
    http_stop(h);
    return e;
}

/* ---- end */

/* Requests that run are let finish: mg_stop would cut their answers. */
static void wait_for_requests(struct http *h)
{
    const struct env *env = &env_real;
    int64_t now_ms = env_monotonic_ms(env), until_ms = now_ms + STOP_WAIT_MS;
    atomic_store(&h->give_up_ms, now_ms + STOP_GIVE_UP_MS);
    while (door_busy(h->door) > 0 && env_monotonic_ms(env) < until_ms) {
        struct timespec moment = {.tv_nsec = 5000000};
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
    }
}

struct http *http_stop(struct http *h)
{
    if (!h)
        return NULL;
    if (h->door) {
        door_close(h->door);
        wait_for_requests(h);
    }
    door_free(h->door);
    pages_free(h->pages);
    pending_pool_free(h->pending);
    admission_free(h->admission);
    free(h->allowed_origins);
    free(h->api_key);
    free(h);
    return NULL;
}

int http_port(const struct http *h, unsigned i)
{
    return door_port(h->door, i);
}

const char *http_url(const struct http *h)
{
    return h->url;
}
