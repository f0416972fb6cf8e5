/* gate: the listeners and every connection that waits: for a client's handshake, for the rest of a request, for its next
 * one, for it to take an answer. One thread and one epoll do the waiting; a worker gets a connection when a request is
 * whole, and gives it back when the answer is written; if a file follows, it gets it again for each turn that the socket takes
 * more. So no silent or slow client holds a worker.
 *
 * A connection belongs to the gate, or, from `give`, `serve` or `refuse` until gate_return, to whoever was called.
 * Invariant: each is in exactly one list of the gate; lists and counts change under its lock. The thread never blocks.
 * Bounds: connections in all and of one address, descriptors, bytes of requests and answers that wait. Full: the oldest
 * idle connection makes room, else the new one gets 503 (over TLS: nothing). */
#ifndef SNUG_HTTP_GATE_H
#define SNUG_HTTP_GATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/thread_role.h"
#include "http/request_end.h"

#include <netinet/in.h>

struct gate;
struct gate_address; /* what all connections of one address have taken */
struct ssl_st;

#define GATE_LISTENERS_MAX 16
#define GATE_ANSWER_MAX ((size_t)17 << 20) /* of an answer that a client has not taken yet */

/* What an answer goes on with, behind what was written. */
struct gate_file {
    int fd; /* owned while left > 0 */
    int64_t at, left;
    bool waits; /* the socket took no more */
};

union gate_name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum gate_list {
    GATE_HEAD,   /* for TLS, or a head */
    GATE_BODY,   /* the head is there */
    GATE_IDLE,   /* between two requests */
    GATE_SEND,   /* for the client to take the answer */
    GATE_LINGER, /* for the client to have seen the last one */
    GATE_READY,  /* for a worker: their queue was full, or there is more of a file to send */
    GATE_BACK,   /* for the gate's thread to look at what came behind a request */
    GATE_WORK,   /* with a worker, or in their queue */
    GATE_DEAD,   /* closed; freed at the end of the turn */
    GATE_LISTS
};

struct gate_conn {
    /* ---- for whoever has the connection */
    int fd;             /* -1: taken out of the gate */
    struct ssl_st *ssl; /* NULL: plain */
    union gate_name peer;
    struct buf in;          /* the request, and what came behind it */
    struct request_end end; /* of the request at the begin of `in` */
    bool keep;              /* by the worker: another request may come */
    bool drain;             /* by the worker: the client may still be sending */
    /* ---- the gate's */
    struct buf out; /* of the answer, not sent yet */
    size_t out_at;
    struct gate_file file; /* read by whoever has the connection */
    size_t charged;        /* bytes counted for it */
    struct gate_conn *next, *previous;
    struct gate_address *address; /* NULL: not counted */
    int64_t until_ms;
    uint8_t list;     /* enum gate_list; behind the gate's lock, read by whose thread it is on */
    bool registered;  /* with epoll */
    bool handshaking; /* TLS */
    bool continued;   /* was told to send its body */
    bool refused;     /* came over a limit: only lingers */
};

struct gate_options {
    const char *listen; /* "127.0.0.1:8080,[::1]:8080s": a trailing s is TLS */
    unsigned listen_count;
    const char *tls_cert, *tls_key;
    int head_ms, body_ms, idle_ms, send_ms;
    unsigned waiting_max; /* connections in all; 0: as many as descriptors allow */
    /* Of one address (IPv6: of one /64); 0: 1,024, and any number of this machine's own. */
    unsigned address_max;
    struct request_rules rules;
    /* On the gate's thread, which has role http. `give`: for a worker; false: their queue is full, try again later.
     * serve: a quick request, answered here; must not wait. refuse: answer with this status (400, 408, 413, 431), here. */
    bool (*give)(void *ctx, struct gate_conn *c);
    void (*serve)(void *ctx, struct gate_conn *c);
    void (*refuse)(void *ctx, struct gate_conn *c, int status);
    void *ctx;
};

/* Opens the listeners; nothing is accepted before gate_start.
 * errors: ERR_IO with a sentence's end in error; ERR_NOMEM */
MUST_USE enum err gate_new(const struct gate_options *options, struct gate **out_gate,
                           char error[256]);
MUST_USE enum err gate_start(struct gate *g);

/* Accepts no more: the ports are free when it returns. Closes what waits for a request; what is being answered goes on,
 * its connections end then. */
void gate_close(struct gate *g);

/* Ends the thread; what is given back from now on is closed. */
void gate_stop(struct gate *g);

/* After gate_stop, when nobody has a connection any more: closes what is left. NULL is welcome. Returns NULL. */
struct gate *gate_free(struct gate *g);

int gate_port(const struct gate *g, unsigned i);

/* Requests that are being answered now. thread: any */
unsigned gate_busy(struct gate *g);

/* True after gate_close. thread: any */
bool gate_closes(const struct gate *g);

/* ---- for whoever has the connection; any thread */

/* Sends what the socket takes, keeps the rest for later. Nothing may be kept when the connection is to be taken out.
 * False: the client is gone, or too much waits. */
bool gate_write(struct gate *g, struct gate_conn *c, struct text head, struct text body);

/* Behind what was written: sends `len` bytes of the file from `at` on, in turns. What the socket takes is sent now; what it does not
 * take is not kept but read again when it takes more (send_ms at most between two times), by a worker, because the gate's thread
 * must not wait for a disk. Takes fd, in every case: it is closed with the last byte or with the connection. Nobody may change
 * the file. */
void gate_send_file(struct gate_conn *c, int fd, int64_t at, int64_t len);

/* The next turn, for who was given a connection with file.left > 0: it is no request. gate_return follows. */
void gate_send_more(struct gate_conn *c);

/* Takes socket and TLS out of the gate. False: there is something to be sent before; nothing changed. */
bool gate_take(struct gate *g, struct gate_conn *c, int *out_fd, struct ssl_st **out_ssl);

/* Gives the connection back; `in` has what came behind the request. It is not the caller's any more. */
void gate_return(struct gate *g, struct gate_conn *c);

#endif
