#include "net/conn_io.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECES_MAX 64

static enum io io_of_errno(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? IO_LATER : IO_FAILED;
}

static enum io io_of_ssl(SSL *ssl, int result, bool reading)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return reading ? IO_LATER : IO_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return reading ? IO_WANTS_WRITE : IO_LATER;
    case SSL_ERROR_ZERO_RETURN:
        return IO_ENDED;
    default:
        return IO_FAILED;
    }
}

enum io conn_io_read(int fd, struct ssl_st *ssl, unsigned char *to, size_t size, size_t *out_len)
{
    if (ssl) {
        ERR_clear_error(); /* SSL_get_error looks at what others left */
        int n = SSL_read(ssl, to, size > INT_MAX ? INT_MAX : (int)size);
        if (n <= 0)
            return io_of_ssl(ssl, n, true);
        *out_len = (size_t)n;
        return IO_DONE;
    }
    ssize_t n = recv(fd, to, size, MSG_DONTWAIT);
    if (n < 0)
        return io_of_errno();
    *out_len = (size_t)n;
    return n == 0 ? IO_ENDED : IO_DONE;
}

enum io conn_io_write(int fd, const struct outbox *o, bool last, size_t *out_sent)
{
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (last ? MSG_MORE : 0);
    ssize_t n;
    if (o->count == 1) { /* most often; then send is cheaper */
        struct text only = outbox_first(o);
        n = send(fd, only.data, only.len, flags);
    } else {
        struct iovec pieces[PIECES_MAX];
        struct msghdr message = {.msg_iov = pieces};
        message.msg_iovlen = (size_t)outbox_pieces(o, pieces, PIECES_MAX);
        n = sendmsg(fd, &message, flags);
    }
    if (n < 0)
        return io_of_errno();
    *out_sent = (size_t)n;
    return IO_DONE;
}

/* A write that OpenSSL could not finish must come again with the same bytes: the front of the outbox only gets
 * longer, and SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER lets another connection use the same room meanwhile. */
enum io conn_io_write_tls(struct ssl_st *ssl, const struct outbox *o, unsigned char *room,
                          size_t size, size_t *out_sent)
{
    size_t len = outbox_copy(o, room, size);
    ERR_clear_error();
    (void)SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    int n = SSL_write(ssl, room, (int)len);
    if (n <= 0)
        return io_of_ssl(ssl, n, false);
    *out_sent = (size_t)n;
    return IO_DONE;
}

void conn_io_shut(int fd, struct ssl_st *ssl)
{
    if (ssl) {
        ERR_clear_error();
        (void)SSL_shutdown(
            ssl); /* close_notify; if it does not fit now, the end of TCP has to do */
    }
    (void)shutdown(fd, SHUT_WR);
}

void conn_io_close(int fd, struct ssl_st *ssl)
{
    if (ssl)
        SSL_free(ssl);
    (void)close(fd);
}
