/* fetch: one document by HTTP or HTTPS (libcurl), with a deadline and a bound. For what an option names, and nothing else
 * goes out.
 *
 * Certificates are checked against the system's authorities (SSL_CERT_FILE and SSL_CERT_DIR name others), proxies come
 * from the environment as curl reads it. A redirect may lead from http to https, never back. */
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

#endif
