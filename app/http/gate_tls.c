#include "http/gate_inside.h"
#include "http/tls_files.h"

#include <openssl/err.h>
#include <stdio.h>

/* An idle connection keeps no buffers. */
SSL_CTX *gate_tls_new(const char *cert, const char *key, char error[256])
{
    ERR_clear_error();
    (void)snprintf(error, 256, "cannot start TLS: out of memory");
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls && SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_session_id_context(tls, (const unsigned char *)"snug", 4) == 1 &&
        tls_files_use(tls, cert, key, error)) {
        (void)SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE);
        (void)SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
        error[0] = 0;
        return tls;
    }
    SSL_CTX_free(tls);
    return NULL;
}
