/* conn_io: the system calls of a connection, plain or through OpenSSL, with one set of answers. For conn,
 * and for whoever has a socket before it is a conn. */
#ifndef SNUG_NET_CONN_IO_H
#define SNUG_NET_CONN_IO_H

#include "net/outbox.h"

struct ssl_st;

enum io {
    IO_DONE,        /* at least one byte went through */
    IO_LATER,       /* the socket is not ready */
    IO_WANTS_READ,  /* TLS: a write waits for input */
    IO_WANTS_WRITE, /* TLS: a read waits for output */
    IO_ENDED,       /* the peer ended its side in order */
    IO_FAILED,
};

/* Reads once into `to`. */
enum io conn_io_read(int fd, struct ssl_st *ssl, unsigned char *to, size_t size, size_t *out_len);

/* One sendmsg of what the outbox has. last: our side ends right behind it, so that the system waits with a packet that is
 * not full, for the end that goes into it. */
enum io conn_io_write(int fd, const struct outbox *o, bool last, size_t *out_sent) ON(role_reactor);

/* One TLS record, gathered in `room`. */
enum io conn_io_write_tls(struct ssl_st *ssl, const struct outbox *o, unsigned char *room,
                          size_t size, size_t *out_sent) ON(role_reactor);

/* Ends our side in order: the peer reads an end after the last byte. */
void conn_io_shut(int fd, struct ssl_st *ssl);

/* Frees both; ssl may be NULL. */
void conn_io_close(int fd, struct ssl_st *ssl);

#endif
