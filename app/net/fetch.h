/* fetch: one request by HTTP or HTTPS (libcurl), with a deadline and a bound: a document (GET) of where an option leads, and a few
 * bytes (POST) to where somebody's browser wants to be told. Nothing else goes out.
 *
 * What somebody may name leads to public addresses alone, by https: looked at is the address that is connected to, so a name
 * cannot hide another, and no proxy is asked, which could lead anywhere. Certificates are checked against the system's
 * authorities (SSL_CERT_FILE and SSL_CERT_DIR name others); for what an option names, proxies come from the environment as curl
 * reads it. A document's redirect may lead from http to https, never back; a POST's is not followed. */
#ifndef SNUG_NET_FETCH_H
#define SNUG_NET_FETCH_H

#include "base/buf.h"
#include "base/thread_role.h"

#include <stdatomic.h>

#define FETCH_WHY_SIZE 256

struct fetch_options {
    const char *url;
    int64_t deadline_ms;     /* for everything, from the name to the last byte */
    const char *accept;      /* media type; NULL: any */
    const atomic_bool *stop; /* true: give up within about a second; NULL: never */
};

/* True if the text is an http or https URL with a host. */
bool fetch_can(const char *url);

/* Appends the body to out_body, whose cap is the bound. thread: may block until the deadline
 * out: a sentence for people in why, on failure
 * errors: ERR_IO no answer, no trust, or a status other than 200; ERR_TIMEOUT; ERR_LIMIT; ERR_CLOSED stop; ERR_NOMEM */
MUST_USE enum err fetch_get(const struct fetch_options *options, struct buf *out_body,
                            char why[FETCH_WHY_SIZE]) ON(role_task);

#define FETCH_ORIGIN_SIZE 300

struct fetch_place {
    bool secure; /* https */
    char origin
        [FETCH_ORIGIN_SIZE]; /* "https://push.example", with the port if it is not the usual one */
};

/* Where a URL leads.
 * errors: ERR_BAD_REQUEST not http or https, no host or one that is too long, a user or a fragment in it; ERR_NOMEM */
MUST_USE enum err fetch_place_of(const char *url, struct fetch_place *out);

struct fetch_post {
    const char *url;
    const char *const *headers; /* "TTL: 60", ended by NULL */
    struct text body;
    int64_t deadline_ms;
    bool anywhere;           /* an option allows it: also http, and addresses that are not public */
    const atomic_bool *stop; /* as above */
};

struct fetch_answer {
    unsigned status;
    int64_t retry_after_s; /* 0: not said */
};

/* Sends it; of the answer only status and Retry-After are kept, whatever the status. thread: may block until the deadline
 * out: a sentence for people in why, on failure; it may name the address
 * errors: ERR_DENIED http, or an address that is not public; ERR_IO no answer, or no trust; ERR_TIMEOUT; ERR_CLOSED stop;
 * ERR_NOMEM */
MUST_USE enum err fetch_post(const struct fetch_post *post, struct fetch_answer *out,
                             char why[FETCH_WHY_SIZE]) ON(role_task);

#endif
