/* line_io: the system calls of a line, plain or through OpenSSL. Inside load only. */
#ifndef SNUG_LOAD_LINE_IO_H
#define SNUG_LOAD_LINE_IO_H

#include "load/line.h"

enum line_io {
    LINE_IO_DONE,      /* *out_len bytes (>= 1) went through; secure: the handshake is over */
    LINE_IO_LATER,     /* the socket is not ready */
    LINE_IO_WANTS_OUT, /* TLS: only when the socket takes output */
    LINE_IO_ENDED,     /* the server ended its side */
    LINE_IO_FAILED,    /* line_io_why says why */
};

/* The context of all lines: certificates are checked against the system's authorities, unless insecure.
 * errors: ERR_NOMEM */
MUST_USE enum err line_io_context(bool insecure, struct ssl_ctx_st **out);
void line_io_context_free(struct ssl_ctx_st *tls);

/* Gives a connected line its TLS. False: no memory. */
bool line_io_secure_begin(struct lines *s, struct line *l);
enum line_io line_io_secure(struct line *l);

enum line_io line_io_read(struct line *l, unsigned char *to, size_t size, size_t *out_len);
enum line_io line_io_write(struct line *l, const unsigned char *from, size_t len, size_t *out_len);

/* Frees TLS and closes the descriptor. */
void line_io_close(struct line *l);

/* After LINE_IO_FAILED: a sentence without its end. Static, or until the next call. */
const char *line_io_why(const struct line *l);

#endif
