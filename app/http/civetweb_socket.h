/* civetweb_socket: what this room wants of CivetWeb, and nothing else of it: workers, a parsed request, bytes in and out,
 * and the way to take a socket out of it.
 *
 * civetweb_socket.c is the only file that sees CivetWeb's inside (Debian's pinned source, compiled into it). The rest of
 * the room decides: routes, bodies, answers. The waiting is the gate's (gate.h): a worker gets a request that is whole,
 * and never waits for a client to take an answer.
 * thread: a connection's functions on the thread that runs its request */
#ifndef SNUG_HTTP_CIVETWEB_SOCKET_H
#define SNUG_HTTP_CIVETWEB_SOCKET_H

#include "base/err.h"
#include "base/text.h"

struct door;          /* listeners and their workers */
struct mg_connection; /* CivetWeb's */
struct ssl_st;

struct door_header {
    const char *name, *value;
};

/* A request's head, parsed; borrowed until `request` returns. */
struct door_request {
    struct mg_connection *conn;
    const char *method;
    const char *path;  /* as it came, not decoded, without the query */
    const char *query; /* behind the "?"; "" if there is none */
    bool http_1_0;
    bool
        tidy; /* nothing but CRLF lines "Name: value"; else what CivetWeb skipped could be read otherwise elsewhere */
    bool secure;      /* TLS */
    bool body_came;   /* there is a body and all of it is at hand */
    char address[46]; /* of the peer */
    const struct door_header *headers;
    unsigned headers_count;
};

struct door_options {
    const char *listen; /* "127.0.0.1:8080,[::1]:8080s": a trailing s is TLS */
    unsigned listen_count;
    unsigned workers;
    const char *tls_cert, *tls_key;
    int head_timeout_ms;       /* to the end of a request's head; over TLS from the connection on */
    int body_timeout_ms;       /* from there to the end of its body */
    int keep_alive_timeout_ms; /* from an answer to the next request's first byte */
    int send_timeout_ms;       /* for the client to take an answer; 0: 30,000 */
    /* Of the body of a POST or PUT: a worker gets the request when it has come; one that says it is longer comes at once, to be
     * refused. 0: `request` reads bodies by itself. */
    size_t body_max_bytes;
    unsigned waiting_max, address_max; /* connections: gate.h */
    /* A path at which `request` does not wait for anybody, if it opens a WebSocket and has no cookie: such requests are
     * answered on the gate's own thread. NULL: none. */
    const char *quick_path;
    /* Answers one request. On a worker, or see quick_path; in role http. */
    void (*request)(void *ctx, struct door_request *r);
    /* Answers what is no request: only conn, method ("" unknown), secure and address are set. Must not wait. NULL: a
     * few words are sent. */
    void (*refuse)(void *ctx, struct door_request *r, int status);
    void *ctx;
};

/* errors: ERR_IO with the end of a sentence in error; ERR_NOMEM */
MUST_USE enum err door_start(const struct door_options *options, struct door **out_door,
                             char error[256]);

/* Accepts no more: the ports are free at once. Requests that are being answered go on, their connections end then; the
 * others are closed. */
void door_close(struct door *d);

/* Requests that are being answered now, to the last byte. thread: any */
unsigned door_busy(const struct door *d);

/* Ends the workers; a request that still runs is waited for, but its answer may be cut. NULL is welcome. Returns NULL. */
struct door *door_free(struct door *d);

/* The port of the i-th listener. */
int door_port(const struct door *d, unsigned i);

/* Raw bytes behind the head: what came with it first. Returns how many; 0: none yet, ask again before your deadline;
 * -1: the client is gone. */
int door_read(struct mg_connection *conn, void *out, size_t len, int timeout_ms);

/* The body has been read to its end: the connection may serve another request. */
void door_body_done(struct mg_connection *conn);

/* Whether the connection stays after this request: the client wants it, and no body is left unread. */
bool door_keeps(const struct mg_connection *conn);

/* The connection ends after this request. */
void door_end(struct mg_connection *conn);

/* Sends both pieces: what the socket does not take now the gate sends later. False: the client is gone, or more waits for
 * it than may; the connection ends. */
bool door_write(struct mg_connection *conn, struct text head, struct text body);

/* Sends `len` bytes of the file from `at` on, behind what was written: as much as the socket takes now, the rest when the client
 * has taken that, on whichever worker is free then. Takes fd, which nobody may write to, in every case; no door_write after it. */
void door_send_file(struct mg_connection *conn, int fd, int64_t at, int64_t len);

/* The connection ends after this answer, but not before the client has had a moment to see it: what it still sends is
 * thrown away. Else the system would answer its bytes with a reset, which can overtake the answer. */
void door_drain(struct mg_connection *conn);

struct door_socket {
    int fd;
    struct ssl_st *ssl; /* NULL: plain; does not close fd */
    struct text early;  /* borrowed until `request` returns */
};

/* Takes the socket out of CivetWeb and the gate, after the last byte was written: the caller owns fd and ssl.
 * False: there is something that the client has not taken; nothing changed. */
bool door_detach(struct mg_connection *conn, struct door_socket *out);

#endif
