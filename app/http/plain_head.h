/* plain_head: a request's head as nearly everybody writes it, read in one walk: "GET /path?query HTTP/1.1", then lines
 * "Name: value", each ended by CRLF. Whatever else HTTP allows, or does not, is for CivetWeb to judge. Pure. */
#ifndef SNUG_HTTP_PLAIN_HEAD_H
#define SNUG_HTTP_PLAIN_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#define PLAIN_HEADERS_MAX 64

struct plain_head {
    char *path;
    char *query;   /* behind the "?"; NULL: there is none */
    char *version; /* "1.1" */
    struct {
        char *name, *value;
    } headers[PLAIN_HEADERS_MAX];
    unsigned count;
};

/* in: the head with the empty line at its end. out: pieces of it, each ended by a NUL where its separator was, as CivetWeb
 * leaves them. False: it is not of this form, and no byte has changed. */
bool plain_head_read(char *bytes, size_t len, struct plain_head *out);

#endif
