#include "http/tls_files.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

bool tls_files_use(SSL_CTX *tls, const char *cert, const char *key, char words[256])
{
    key = key ? key : cert;
    if (SSL_CTX_use_certificate_chain_file(tls, cert) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(tls) == 1)
        return true;
    const char *why = ERR_reason_error_string(ERR_peek_error());
    (void)snprintf(words, 256, "cannot use the certificate %.75s with the key %.75s: %.60s", cert,
                   key, why ? why : "unknown reason");
    ERR_clear_error();
    return false;
}

bool tls_files_check(const char *cert, const char *key, char words[256])
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    (void)snprintf(words, 256, "cannot be looked at: out of memory");
    bool good = tls && tls_files_use(tls, cert, key, words);
    SSL_CTX_free(tls);
    return good;
}
