/* pages: the embedded page and its files, ready to be sent: for each encoding its bytes and its ETag. */
#ifndef SNUG_HTTP_PAGES_H
#define SNUG_HTTP_PAGES_H

#include "base/err.h"
#include "base/text.h"
#include "http/headers.h"

struct pages;

/* One file in one encoding. */
struct page_copy {
    struct text bytes; /* data NULL: not in this encoding */
    char etag[24];     /* with its quotes */
};

struct page_file {
    const char *path;
    const char *type; /* Content-Type */
    bool forever;     /* the name has a hash: what it is called never changes */
    struct page_copy copies[CODING_COUNT];
};

/* Makes the ETags, and index.html in both themes. errors: ERR_NOMEM */
MUST_USE enum err pages_new(struct pages **out_pages);
struct pages *pages_free(struct pages *p);

/* index.html for the theme of a cookie: "light", "dark", anything else: the system's. NULL: this build has no page. */
const struct page_file *pages_index(const struct pages *p, struct text theme);

/* A file by its path; NULL: none. */
const struct page_file *pages_find(const struct pages *p, struct text path);

/* The path of the file whose path begins so ("/assets/docs."); empty: none. */
struct text pages_named(const char *begin);

/* True if the binary has that file. */
bool pages_have(struct text path);

/* The Content-Type of a file name. */
const char *page_type(struct text path);

#endif
