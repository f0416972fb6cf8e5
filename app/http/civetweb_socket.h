/* civetweb_socket: what this room wants of CivetWeb, and nothing else of it: listeners, workers, a parsed request
 * head, raw bytes in and out, and the way to take a socket out of it.
 *
 * civetweb_socket.c is the only file that sees CivetWeb's inside (Debian's pinned source, compiled into it). The rest of
 * the room decides: routes, bodies, answers. That is also the seam for an acceptor of our own: it would hand workers a
 * socket whose whole head has come, and nothing above this header would notice.
 * thread: a connection's functions on the worker that runs its request */
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
    char address[46]; /* of the peer */
    const struct door_header *headers;
    unsigned headers_count;
};

struct door_options {
    const char *listen; /* "127.0.0.1:8080,[::1]:8080s": a trailing s is TLS */
    unsigned listen_count;
    unsigned workers;
    const char *tls_cert, *tls_key;
    int head_timeout_ms;       /* to the end of a request's head */
    int keep_alive_timeout_ms; /* the same for a connection's later requests */
    /* Answers one request. On a worker, in role http. */
    void (*request)(void *ctx, struct door_request *r);
    /* Answers what is no request: only conn, method ("" unknown), secure and address are set. NULL: CivetWeb does. */
    void (*refuse)(void *ctx, struct door_request *r, int status);
    void *ctx;
};

/* errors: ERR_IO with CivetWeb's words in error; ERR_NOMEM */
MUST_USE enum err door_start(const struct door_options *options, struct door **out_door,
                             char error[256]);

/* Accepts no more: the ports are free at once. Connections that are there go on. */
void door_close(struct door *d);

/* Requests that are being answered now. thread: any */
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

/* Sends both pieces within timeout_ms; false: the client is gone or too slow, or the door ends; the connection ends. */
bool door_write(struct mg_connection *conn, struct text head, struct text body, int timeout_ms);

/* After the answer: no more from us, and what the client still sends is thrown away until it has seen the answer, at
 * most `bytes` and timeout_ms. Else the system would answer its bytes with a reset, which can overtake the answer. */
void door_drain(struct mg_connection *conn, size_t bytes, int timeout_ms);

struct door_socket {
    int fd;
    struct ssl_st *ssl; /* NULL: plain; does not close fd */
    struct text early;  /* borrowed until `request` returns */
};

/* Takes the socket out of CivetWeb, after the last byte was written: the caller owns fd and ssl, CivetWeb forgets them.
 * False: nothing to take, nothing changed. */
bool door_detach(struct mg_connection *conn, struct door_socket *out);

#endif
