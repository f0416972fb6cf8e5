/* The page and its files. */
#include "http/api.h"
#include "http/inside.h"

#include <stdio.h>

/* 'self' as a source of connections is the WebSocket of the same host too. */
static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'";

static const char *const coding_names[CODING_COUNT] = {NULL, "gzip", "br"};

ON(role_http)
static void send_file(struct visit *v, const struct page_file *f, const char *vary)
{
    unsigned offered = 0;
    for (int e = 0; e < CODING_COUNT; e++)
        offered |= f->copies[e].bytes.data ? 1u << e : 0;
    enum coding e = coding_choose(header_get(v->r, "Accept-Encoding"), offered);
    const struct page_copy *copy = &f->copies[e];
    char more[128];
    int len = snprintf(more, sizeof more, "ETag: %s\r\nVary: %s\r\n", copy->etag, vary);
    bool same = etag_matches(header_get(v->r, "If-None-Match"), text_of(copy->etag));
    answer(v, &(struct answer){
                  .status = same ? 304 : 200,
                  .type = same ? NULL : f->type,
                  .body = copy->bytes,
                  .cache = f->forever ? "public, max-age=31536000, immutable" : "no-cache",
                  .policy = page_policy,
                  .encoded = same ? NULL : coding_names[e],
                  .more = {more, (size_t)len},
              });
}

/* Every path of the page is the same document; the page itself looks at the path. */
void page_handler(struct visit *v)
{
    const struct page_file *f = pages_index(v->http->pages, header_cookie(v->r, "snug_theme"));
    if (f)
        send_file(v, f, "Accept-Encoding, Cookie");
    else
        answer_words(v, 404, "This build of Snug has no page.", TEXT_NONE);
}

#define DOCS_MAX_BYTES ((size_t)1 << 20)

void docs_handler(struct visit *v)
{
    const struct http_options *o = &v->http->options;
    const struct method_set api = api_methods(v);
    struct text style = pages_named("/assets/docs."), icon = pages_named("/assets/icon.");
    char head[256] = "";
    if (style.len > 0 && icon.len > 0)
        (void)snprintf(head, sizeof head,
                       "<link rel=\"stylesheet\" href=\"%.*s\"><link rel=\"icon\" href=\"%.*s\">",
                       TEXT_ARG(style), TEXT_ARG(icon));
    struct buf html;
    buf_init(&html, DOCS_MAX_BYTES);
    if (o->docs)
        o->docs(o->methods, &api, text_of(head), &html);
    if (html.err == ERR_OK && html.len > 0)
        answer(v, &(struct answer){.status = 200,
                                   .type = "text/html; charset=utf-8",
                                   .body = buf_text(&html),
                                   .cache = "no-cache",
                                   .policy = page_policy});
    else
        answer_words(v, o->docs ? 503 : 404,
                     o->docs ? err_text(html.err) : "There is no such page.", TEXT_NONE);
    buf_fini(&html);
}

void asset_handler(struct visit *v)
{
    if (strcmp(v->r->path, "/index.html") == 0)
        page_handler(v);
    else
        send_file(v, pages_find(v->http->pages, text_of(v->r->path)), "Accept-Encoding");
}
