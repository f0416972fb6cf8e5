/* outside: what others do to clients from any thread: subscribe, unsubscribe, disconnect, refresh.
 *
 * An act walks through the reactors; each does it to those of its clients that are meant. The answer comes once, when all
 * have acted; with an error from the walk itself (ERR_BUSY, ERR_CLOSED) the first of them may have: acting again is
 * harmless. What an act needs is copied. */
#ifndef SNUG_SESSION_OUTSIDE_H
#define SNUG_SESSION_OUTSIDE_H

#include "base/err.h"
#include "base/text.h"

struct sessions;

/* Whose clients are meant. */
struct client_choice {
    struct text user;            /* their id; "": clients of nobody */
    struct text client, session; /* of one of them, as the connect reply has it; empty: all */
};

/* On a reactor, or on the caller's thread before the act returns: it must not block. */
struct acted {
    void *owner;
    /* e: of the walk, or the first of a client; count: clients it was done to */
    void (*done)(void *owner, enum err e, unsigned count);
};

/* A subscription that the server makes; raw JSON where the protocol has JSON. */
struct server_subscription {
    struct text channel;
    bool recover; /* what came after the position is told too */
    uint64_t offset;
    struct text epoch;
    struct text chan_info;
    struct text data;   /* for the push that tells the client */
    int64_t expires_ms; /* since 1970; 0: with the connection */
};

/* It lives as long as the connection. Who has one already keeps it.
 * errors (of all acts; then no answer comes): ERR_NOMEM
 * errors of a client: ERR_UNKNOWN_CHANNEL, ERR_LIMIT, those of hub_subscribe */
MUST_USE enum err sessions_subscribe(struct sessions *s, const struct client_choice *who,
                                     const struct server_subscription *wanted, struct acted acted);

/* Also of one the client made itself. */
MUST_USE enum err sessions_unsubscribe(struct sessions *s, const struct client_choice *who,
                                       struct text channel, struct acted acted);

struct disconnection {
    unsigned code;             /* 3000..4999 */
    struct text reason;        /* at most 123 bytes */
    const struct text *spared; /* ids of clients that stay */
    size_t spared_count;
};

/* Also of clients that have not said connect yet, where a cookie has told who they are. */
MUST_USE enum err sessions_disconnect(struct sessions *s, const struct client_choice *who,
                                      const struct disconnection *how, struct acted acted);

/* Another end of the connection, which the client is told; one that has passed closes it with 3005.
 * in: expires_ms since 1970; 0: no end of its own */
MUST_USE enum err sessions_refresh(struct sessions *s, const struct client_choice *who,
                                   int64_t expires_ms, struct acted acted);

#endif
