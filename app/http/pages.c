#include "http/pages.h"

#include "base/buf.h"
#include "http/http.h"
#include "http/web_assets.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { THEME_SYSTEM, THEME_LIGHT, THEME_DARK, THEME_COUNT };

struct pages {
    struct page_file *files;             /* as web_assets */
    struct page_file index[THEME_COUNT]; /* path NULL: no page */
    struct buf themed[THEME_COUNT][2];   /* what index[] points to: plain, gzip */
};

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
};

const char *page_type(struct text path)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct text ending = text_of(types[i].ending);
        if (path.len >= ending.len && text_is(text_after(path, path.len - ending.len), ending))
            return types[i].type;
    }
    return "application/octet-stream";
}

static const struct web_asset *find_asset(struct text path)
{
    for (size_t i = 0; i < web_assets_count; i++)
        if (text_is(path, text_of(web_assets[i].path)))
            return &web_assets[i];
    return NULL;
}

bool pages_have(struct text path)
{
    return find_asset(path) != NULL;
}

struct text pages_named(const char *begin)
{
    for (size_t i = 0; i < web_assets_count; i++)
        if (text_starts(text_of(web_assets[i].path), text_of(begin)))
            return text_of(web_assets[i].path);
    return TEXT_NONE;
}

static struct text bytes_of(const unsigned char *data, size_t len)
{
    return (struct text){(const char *)data, len};
}

/* One tag for each encoding of the same bytes: they are different representations. */
static void tag(struct page_file *f)
{
    static const char mark[CODING_COUNT] = {'p', 'g', 'b'};
    unsigned char hash[crypto_generichash_BYTES_MIN];
    char hex[2 * sizeof hash + 1];
    struct text plain = f->copies[CODING_PLAIN].bytes;
    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)plain.data, plain.len, NULL,
                             0);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    for (int e = 0; e < CODING_COUNT; e++)
        (void)snprintf(f->copies[e].etag, sizeof f->copies[e].etag, "\"%.16s-%c\"", hex, mark[e]);
}

static void fill(struct page_file *f, const struct web_asset *a)
{
    struct text path = text_of(a->path);
    f->path = a->path;
    f->type = page_type(path);
    f->forever = text_starts(path, TEXT("/assets/"));
    f->copies[CODING_PLAIN].bytes = bytes_of(a->plain, a->plain_len);
    f->copies[CODING_GZIP].bytes = bytes_of(a->gzip, a->gzip_len);
    f->copies[CODING_BROTLI].bytes = bytes_of(a->brotli, a->brotli_len);
    tag(f);
}

static void compress_gzip(struct text plain, struct buf *out)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        out->err = ERR_NOMEM;
        return;
    }
    size_t most = deflateBound(&z, plain.len);
    char *to = buf_space(out, most);
    if (to) {
        z.next_in = (Bytef *)plain.data;
        z.avail_in = (uInt)plain.len;
        z.next_out = (Bytef *)to;
        z.avail_out = (uInt)most;
        if (deflate(&z, Z_FINISH) == Z_STREAM_END)
            buf_grown(out, most - z.avail_out);
        else
            out->err = ERR_INTERNAL;
    }
    (void)deflateEnd(&z);
}

/* The page before the first paint: no script may set the theme, and none is there yet. */
static enum err make_theme(struct pages *p, int theme, const char *name)
{
    static const char from[] = "<html lang=\"en\"";
    struct page_file *f = &p->index[theme];
    *f = p->index[THEME_SYSTEM];
    struct text page = f->copies[CODING_PLAIN].bytes;
    const char *at = memmem(page.data, page.len, from, sizeof from - 1);
    if (!at)
        return ERR_OK; /* a page that has no themes */
    struct buf *plain = &p->themed[theme][0], *gzip = &p->themed[theme][1];
    size_t head = (size_t)(at - page.data) + sizeof from - 1;
    buf_add(plain, page.data, head);
    buf_add_format(plain, " data-theme=\"%s\"", name);
    buf_add_text(plain, text_after(page, head));
    if (plain->err == ERR_OK)
        compress_gzip(buf_text(plain), gzip);
    if (plain->err != ERR_OK || gzip->err != ERR_OK)
        return ERR_NOMEM;
    f->copies[CODING_PLAIN].bytes = buf_text(plain);
    f->copies[CODING_GZIP].bytes = buf_text(gzip);
    f->copies[CODING_BROTLI].bytes = (struct text){NULL, 0};
    tag(f);
    return ERR_OK;
}

enum err pages_new(struct pages **out_pages)
{
    struct pages *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    for (int i = 0; i < THEME_COUNT; i++)
        for (int k = 0; k < 2; k++)
            buf_init(&p->themed[i][k], (size_t)1 << 22);
    enum err e = ERR_NOMEM;
    p->files = calloc(web_assets_count + 1, sizeof *p->files);
    if (!p->files)
        goto done;
    e = ERR_OK;
    for (size_t i = 0; i < web_assets_count; i++) {
        fill(&p->files[i], &web_assets[i]);
        if (strcmp(web_assets[i].path, "/index.html") == 0)
            p->index[THEME_SYSTEM] = p->files[i];
    }
    if (p->index[THEME_SYSTEM].path)
        e = make_theme(p, THEME_LIGHT, "light");
    if (p->index[THEME_SYSTEM].path && e == ERR_OK)
        e = make_theme(p, THEME_DARK, "dark");
    if (e == ERR_OK) {
        *out_pages = p;
        p = NULL;
    }
done:
    pages_free(p);
    return e;
}

struct pages *pages_free(struct pages *p)
{
    if (!p)
        return NULL;
    for (int i = 0; i < THEME_COUNT; i++)
        for (int k = 0; k < 2; k++)
            buf_fini(&p->themed[i][k]);
    free(p->files);
    free(p);
    return NULL;
}

const struct page_file *pages_index(const struct pages *p, struct text theme)
{
    int which = text_is(theme, TEXT("light"))  ? THEME_LIGHT
                : text_is(theme, TEXT("dark")) ? THEME_DARK
                                               : THEME_SYSTEM;
    return p->index[which].path ? &p->index[which] : NULL;
}

const struct page_file *pages_find(const struct pages *p, struct text path)
{
    const struct web_asset *a = find_asset(path);
    return a ? &p->files[a - web_assets] : NULL;
}

static char build[64];
static pthread_once_t build_once = PTHREAD_ONCE_INIT;

static void find_build(void)
{
    static const char mark[] = "name=\"snug-build\" content=\"";
    const struct web_asset *a = find_asset(TEXT("/index.html"));
    const char *at = a ? memmem(a->plain, a->plain_len, mark, sizeof mark - 1) : NULL;
    if (!at)
        return;
    at += sizeof mark - 1;
    const char *end = memchr(at, '"', a->plain_len - (size_t)(at - (const char *)a->plain));
    if (end)
        text_copy(build, sizeof build, (struct text){at, (size_t)(end - at)});
}

const char *http_page_build(void)
{
    (void)pthread_once(&build_once, find_build);
    return build;
}
