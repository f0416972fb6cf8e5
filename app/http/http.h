/* http: the door. Its gate waits for clients; workers serve the page, POST /rpc/<method>, /metrics and the health
 * questions, and check upgrades; an accepted WebSocket's socket leaves the door and belongs to whoever `hand_over` gives
 * it to.
 *
 * A worker may wait, with a deadline; nothing here ever waits on a reactor. Every refusal is a complete HTTP answer.
 * Invariant: a socket is either the door's or was handed over, exactly once. */
#ifndef SNUG_HTTP_HTTP_H
#define SNUG_HTTP_HTTP_H

#include "accounts/accounts.h"
#include "base/bucket.h"
#include "base/buf.h"
#include "base/env.h"
#include "base/method.h"
#include "wire/form.h"
#include "wire/ws_deflate.h"

struct files;
struct http;
struct http_pending;
struct http_place;
struct hub;
struct level_state;
struct sessions;
struct ssl_st; /* OpenSSL's SSL */
struct ws_manager;
struct ws_registry;

/* A connection that was just let in: a WebSocket whose 101 is on its way, or an answer that streams and whose head is. */
struct http_upgrade {
    int fd;             /* owned by the callee: connected, non-blocking, close-on-exec */
    struct ssl_st *ssl; /* owned by the callee, after the handshake; NULL: plain TCP */
    struct form form;   /* what the client understands */
    struct text
        early; /* a WebSocket's bytes behind the request; a stream's connect command; borrowed until return */
    struct ws_deflate deflate; /* agreed on; zero: nothing */
    struct identity who;       /* of the cookie; user_id 0: none, a token must follow */
    struct ws_manager
        *manager; /* the user's, one reference owned by the callee; NULL without a cookie */
    struct http_place *place; /* among all open sockets. Owned by the callee: http_place_leave */
    struct http_pending *pending; /* a place among those who have not connected yet. See below */
    bool secure;                  /* came over TLS, here or at a proxy */
    char address[46];             /* of the client, maybe as a proxy on this machine says */
    char client[96]; /* "Firefox, Linux", or "" when the user agent says nothing known */
};

struct http_options {
    const struct env *env;
    const char *const *listen; /* "127.0.0.1:8080", "[::1]:0"; borrowed until http_start returns */
    unsigned listen_count;     /* 1..LISTEN_MAX of snug.h */
    unsigned workers;          /* 16 */
    const char *tls_cert, *tls_key; /* PEM files; cert NULL: plain HTTP; key NULL: it is in cert */
    const struct method_table *methods;
    struct accounts *accounts;
    struct ws_registry *registry;
    const struct level_state
        *level;          /* from shedding on nobody new is let in; NULL: always normal */
    struct files *files; /* NULL: there are none */
    struct hub *hub;     /* of the server API, as are the next two */
    struct sessions *sessions;
    const char *version;
    struct text allowed_origins;     /* patterns joined by spaces, a star for any part; copied */
    struct text api_key;             /* for /api and /metrics; empty: none; copied */
    struct ws_deflate_rules deflate; /* of WebSockets; zero: none is compressed */
    unsigned
        pending_max; /* upgrades that have not connected yet, of an address without cookie or of a person: 64 */
    unsigned connections_max;             /* open sockets; 0: what the descriptor limit allows */
    unsigned address_connections_max;     /* of one address; 0: any number */
    unsigned connection_rate;             /* new ones a second; 0: any number */
    struct bucket_limit address_connects; /* new ones of one address; burst 0: any number */
    unsigned
        waiting_max; /* connections at the door: idle, or with a request. 0: what the descriptor limit allows */
    unsigned
        address_max; /* of these, of one address. 0: 1,024, but any number of this machine's own */
    int64_t call_deadline_ms; /* of a method: 25,000 */
    bool http_stream, sse;    /* whether these transports are served */
    size_t message_max_bytes; /* of one message of a client: 65,536 */
    const char *node;         /* what the connect replies of streams call this server; borrowed */
    /* Takes the commands of the stream whose connect reply had this session. On a worker. Texts are borrowed.
     * errors: ERR_BAD_REQUEST no such session can be; ERR_BUSY, ERR_CLOSED, ERR_NOMEM */
    enum err (*command)(void *ctx, struct text session, struct text commands);
    /* On a worker, or on the gate's thread; the door has let go of the socket. Must not wait. */
    void (*hand_over)(void *ctx, const struct http_upgrade *u);
    /* Writes /docs. NULL: there is none. On a worker. */
    void (*docs)(const struct method_table *methods, const struct method_set *api, struct text head,
                 struct buf *out);
    /* Sets gauges that nobody else keeps, for /metrics. NULL: none. On a worker. */
    void (*measure)(void *ctx);
    /* For /readyz: true, or false with the reasons, one a line, in `why`. On a worker. */
    bool (*ready)(void *ctx, struct buf *why);
    void *ctx;
};

/* Listens and serves. Everything borrowed by `options` but the strings must outlive http_stop.
 * out: a sentence for people in error on failure
 * errors: ERR_IO an address cannot be listened on, a certificate cannot be read; ERR_BAD_REQUEST an address has a
 * wrong form; ERR_NOMEM */
MUST_USE enum err http_start(const struct http_options *options, struct http **out_http,
                             char error[256]);

/* Accepts no more, lets requests that run finish (2 s at most, then they get 503), ends the workers, frees. Handed-over
 * sockets are not touched. NULL is welcome. Returns NULL. */
struct http *http_stop(struct http *h);

/* The port of the i-th listener: the real one where 0 was asked for. */
int http_port(const struct http *h, unsigned i);

/* "http://127.0.0.1:8080" of the first listener, without a slash at the end; an address for all (0.0.0.0, [::]) gives
 * that of the loopback. Borrowed for the life of h. */
const char *http_url(const struct http *h);

/* Gives back the place of an upgrade: when it has connected, or has closed. Call once.
 * NULL is welcome. Also after http_stop. Returns NULL. thread: any */
struct http_pending *http_pending_done(struct http_pending *p);

/* Gives back the place of an open socket, when it is closed. Call once.
 * NULL is welcome. Also after http_stop. Returns NULL. thread: any */
struct http_place *http_place_leave(struct http_place *p);

/* The build of the embedded page (its <meta name="snug-build">), for the connect reply; "" without a page. Static. */
const char *http_page_build(void);

/* Whether a listen address, ADDRESS:PORT, is one that only this machine reaches. */
bool http_is_loopback(const char *listen);

#endif
