#include "load/line_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

enum err line_io_context(bool insecure, struct ssl_ctx_st **out)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        return ERR_NOMEM;
    (void)SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* each line is a new client */
    if (!insecure) {
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
        (void)SSL_CTX_set_default_verify_paths(tls); /* none there: each certificate is refused */
    }
    *out = tls;
    return ERR_OK;
}

void line_io_context_free(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}

bool line_io_secure_begin(struct lines *s, struct line *l)
{
    const char *host = s->options->target.host;
    l->ssl = SSL_new(s->tls);
    if (!l->ssl || SSL_set_fd(l->ssl, l->fd) != 1)
        return false;
    SSL_set_connect_state(l->ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(l->ssl), host) == 1)
        return true; /* an address is no name to ask for */
    return SSL_set1_host(l->ssl, host) == 1 && SSL_set_tlsext_host_name(l->ssl, host) == 1;
}

static enum line_io tls_result(struct line *l, int result)
{
    if (result > 0)
        return LINE_IO_DONE;
    switch (SSL_get_error(l->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return LINE_IO_LATER;
    case SSL_ERROR_WANT_WRITE:
        return LINE_IO_WANTS_OUT;
    case SSL_ERROR_ZERO_RETURN:
        return LINE_IO_ENDED;
    default:
        return LINE_IO_FAILED;
    }
}

enum line_io line_io_secure(struct line *l)
{
    ERR_clear_error();
    return tls_result(l, SSL_do_handshake(l->ssl));
}

static enum line_io plain_result(ssize_t n, size_t *out_len)
{
    if (n > 0) {
        *out_len = (size_t)n;
        return LINE_IO_DONE;
    }
    if (n == 0)
        return LINE_IO_ENDED;
    return errno == EAGAIN || errno == EINTR ? LINE_IO_LATER : LINE_IO_FAILED;
}

enum line_io line_io_read(struct line *l, unsigned char *to, size_t size, size_t *out_len)
{
    if (!l->ssl)
        return plain_result(recv(l->fd, to, size, 0), out_len);
    ERR_clear_error();
    return tls_result(l, SSL_read_ex(l->ssl, to, size, out_len));
}

enum line_io line_io_write(struct line *l, const unsigned char *from, size_t len, size_t *out_len)
{
    if (!l->ssl)
        return plain_result(send(l->fd, from, len, MSG_NOSIGNAL), out_len);
    ERR_clear_error();
    return tls_result(l, SSL_write_ex(l->ssl, from, len, out_len));
}

void line_io_close(struct line *l)
{
    SSL_free(l->ssl);
    l->ssl = NULL;
    if (l->fd >= 0)
        (void)close(l->fd);
    l->fd = -1;
}

const char *line_io_why(const struct line *l)
{
    if (l->ssl) {
        long verdict = SSL_get_verify_result(l->ssl);
        if (verdict != X509_V_OK && SSL_get_verify_mode(l->ssl) != SSL_VERIFY_NONE)
            return X509_verify_cert_error_string(verdict);
        unsigned long code = ERR_peek_error();
        if (code != 0) {
            const char *reason = ERR_reason_error_string(code);
            return reason ? reason : "TLS failed";
        }
    }
    return errno ? strerrordesc_np(errno) : "the connection broke";
}
