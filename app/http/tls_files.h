/* tls_files: a server's certificate from the files that the configuration names. thread: any */
#ifndef SNUG_HTTP_TLS_FILES_H
#define SNUG_HTTP_TLS_FILES_H

#include <stdbool.h>

struct ssl_ctx_st;

/* Chain and private key, which must belong together. in: key: NULL: it is in the same file.
 * out: if false, words without an end, to be put behind a name */
bool tls_files_use(struct ssl_ctx_st *tls, const char *cert, const char *key, char words[256]);

/* The same for nobody: whether the files are good. */
bool tls_files_check(const char *cert, const char *key, char words[256]);

#endif
