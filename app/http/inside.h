/* inside: what the files of this room share: the object behind http.h, and one visit: a request on its worker,
 * or, for an upgrade without a cookie, on the gate's thread, which must not wait. */
#ifndef SNUG_HTTP_INSIDE_H
#define SNUG_HTTP_INSIDE_H

#include "base/future.h"
#include "base/thread_role.h"
#include "http/admission.h"
#include "http/civetweb_socket.h"
#include "http/http.h"
#include "http/pages.h"
#include "http/pending.h"

#include <stdatomic.h>

#define BODY_MAX_BYTES ((size_t)1 << 20)
#define BODY_MS 20000   /* for a whole body to come */
#define ANSWER_MS 30000 /* for a whole answer to be taken */
/* For the next request to begin: an idle connection costs a descriptor and no worker. Longer than proxies keep theirs. */
#define KEEP_ALIVE_S "75"
#define WAIT_SLICE_MS 100 /* between two looks whether the server stops */

struct http {
    struct http_options options; /* texts and strings point into this object */
    struct door *door;
    struct pages *pages;
    struct admission *admission;
    struct pending_pool *pending;
    bool loopback_only; /* every listener is: /metrics is open */
    char *allowed_origins, *api_key;
    char url[80];
    int64_t started_ms;      /* monotonic */
    atomic_llong give_up_ms; /* monotonic; INT64_MAX: not stopping. Waits end then */
};

struct visit {
    struct http *http;
    const struct door_request *r;
    bool secure;        /* TLS, here or at a proxy */
    char address[46];   /* of the client, maybe as a proxy says */
    bool head;          /* HEAD: as GET, without the body of the answer */
    int64_t body_bytes; /* announced */
    bool chunked;
    bool body_read;
    char retry[40]; /* "Retry-After: 5\r\n" of a connection that was refused */
};

/* ---- answers */

struct answer {
    int status;
    const char *type; /* Content-Type; NULL: none */
    struct text body;
    const char *cache;   /* Cache-Control; NULL: "no-store" */
    const char *policy;  /* Content-Security-Policy; NULL: nothing is allowed */
    const char *encoded; /* Content-Encoding; NULL: none */
    struct text more;    /* further header lines, each with \r\n */
    bool goes_on;        /* the body has no length: it ends with the connection */
    int64_t file_bytes;  /* of the body, behind `body`: answer_file */
};

/* Sends one complete answer. */
void answer(struct visit *v, const struct answer *a) ON(role_http);

/* The same with a->file_bytes of the file from `at` on as its body, in pieces, as the client takes them (gate.h). Takes fd. */
void answer_file(struct visit *v, const struct answer *a, int fd, int64_t at) ON(role_http);

/* Sends the head of one that goes on; its body is for whoever takes the socket. False: the client is gone. */
MUST_USE bool answer_begin(struct visit *v, const struct answer *a) ON(role_http);

/* A sentence as plain text; `more` as in struct answer. */
void answer_words(struct visit *v, int status, const char *sentence, struct text more)
    ON(role_http);

/* What a method came to, as JSON; `status` 0: that of the outcome. */
void answer_outcome(struct visit *v, int status, const struct outcome *o) ON(role_http);

/* An error as JSON; words NULL: those of `e`. */
void answer_error(struct visit *v, int status, enum err e, const char *words) ON(role_http);

/* The words of a status: "Not Found". */
const char *status_name(int status);

/* ---- what came with the request */

/* Reads the body into `out`, whose cap is the limit.
 * errors: ERR_LIMIT too long, nothing is read if it was announced; ERR_BAD_REQUEST wrong chunks; ERR_TIMEOUT;
 * ERR_CLOSED the client is gone; ERR_NOMEM */
MUST_USE enum err body_read(struct visit *v, struct buf *out) ON(role_http);

/* The same; false: it could not be read, and that was answered. */
bool body_read_or_answer(struct visit *v, struct buf *out) ON(role_http);

/* True when the server stops and this visit has had its time. */
bool visit_gives_up(const struct visit *v);

/* future_take that also ends when the server stops: ERR_CLOSED. */
MUST_USE enum err visit_wait(struct visit *v, struct future *f, int64_t timeout_ms,
                             void **out_value) ON(role_http);

/* Who asks: a bearer token if there is one, else the cookie. Neither: ERR_OK with user_id 0.
 * errors: of accounts_token for a bad token, of accounts_cookie for a bad cookie; ERR_BUSY, ERR_CLOSED, ERR_TIMEOUT,
 * ERR_NOMEM: not known now */
MUST_USE enum err who_asks(struct visit *v, struct identity *out) ON(role_http);
MUST_USE enum err who_has_cookie(struct visit *v, struct identity *out) ON(role_http);

/* Whether the request has the API key: X-API-Key, or "Authorization: apikey KEY". */
bool visit_has_key(const struct visit *v) ON(role_http);

/* The caller of a method. */
struct actor actor_of(const struct visit *v, const struct identity *who);

/* ---- the handlers of the route table; each answers once */
void page_handler(struct visit *v) ON(role_http);
void docs_handler(struct visit *v) ON(role_http);
void asset_handler(struct visit *v) ON(role_http);
void files_handler(struct visit *v) ON(role_http);
void rpc_handler(struct visit *v) ON(role_http);
void api_handler(struct visit *v) ON(role_http);
void upgrade_handler(struct visit *v) ON(role_http);
void http_stream_handler(struct visit *v) ON(role_http);
void sse_handler(struct visit *v) ON(role_http);
void emulation_handler(struct visit *v) ON(role_http);
void metrics_handler(struct visit *v) ON(role_http);
void healthz_handler(struct visit *v) ON(role_http);
void readyz_handler(struct visit *v) ON(role_http);

#endif
